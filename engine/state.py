"""The engine's whole state as plain data, and back: what snapshots hold and what the state hash is taken over.

Two engines that saw the same records give equal data here, whether they replayed all of them or started from a
snapshot. So nothing derived stands in it (folded limits, levels, sorted prices) and nothing that depends on how the
state was reached (ring capacities, expired deadlines).
"""

from __future__ import annotations

from typing import Final

import msgspec

from engine.account_state import AccountState, dump_account, load_account
from engine.api import (
    PLAIN,
    CancelReason,
    Configure,
    Cross,
    CrossStage,
    Order,
    OrderAttributes,
    OrderTerms,
    Phase,
    PortEntry,
    Reject,
    Side,
)
from engine.band_cancel import BandCancel, LevelName
from engine.book import Book, Reserve
from engine.commands import Connect, add_port, set_crosses, set_rules, take_configuration
from engine.conditions import owner_of
from engine.engine import Engine
from engine.exposure_commands import load_exposures
from engine.following import is_parked, pegs_of, set_parked
from engine.guards import place_guards
from engine.market import Market
from engine.mass_cancel import MassCancel
from engine.orders import LiveOrders, TermsState, is_live
from engine.prm_commands import recount, take_accounts
from engine.risk.order_flow import FlowTimes
from engine.risk.prm import scope_key
from engine.rule_state import RulesState, dump_rules, dump_trails, load_rules, load_trails
from engine.security_state import SecurityState, dump_security, load_security, load_tapes
from engine.tape import place_tapes

AUDIT: Final = "audit of "
"""What stands before a member's name where its rows of the audit stand among the trades of markets."""


class OrderState(msgspec.Struct, array_like=True, frozen=True):
    """A part of a resting order; within its price and ladder, parts are listed first come first.

    The reserve of an order stands behind what the order displays, and says the same of it but for the quantity.
    """

    port: str
    key: int
    cl_ord_id: bytes
    terms: TermsState
    attributes: OrderAttributes
    entered: OrderAttributes
    size: int
    quantity: int
    price: int
    order_reference_number: int
    expires_at: int
    is_reserve: bool
    user: str = ""
    limit: int = 0  # of a peg, whose price is another
    is_parked: bool = False
    counted_at: int = 0


class TradesState(msgspec.Struct, array_like=True, frozen=True):
    """What identifies a market's trades of today, and which of them are broken."""

    length: int
    sha256: bytes
    broken: list[int]


class BookState(msgspec.Struct, array_like=True, frozen=True):
    """One book's orders, whether it is halted, and the phase that it is in where it is not; how long a call goes on.

    The last five are a US book's: whether orders for market hours are held, how near its cross is, and what is late.
    """

    halted: bool
    orders: list[OrderState]
    phase: Phase = Phase.CONTINUOUS
    extended_until: int = 0
    extended_to: Phase = Phase.CONTINUOUS
    timer: int = 0
    held: bool = False
    stage: CrossStage = CrossStage.OPEN
    late_reference: int | None = None
    late_cancels: tuple[tuple[str, int, bool], ...] = ()
    stage_of: Cross = Cross.CONTINUOUS


class MarketState(msgspec.Struct, array_like=True, frozen=True):
    """One market's numbers, books by symbol and trades of the day."""

    midnight: int
    after_hours: tuple[int, int]
    order_reference_number: int
    match_number: int
    books: dict[str, BookState]
    trades: TradesState
    rule_book: str = "eqrc"


class PortState(msgspec.Struct, array_like=True, frozen=True):
    """What a port may do, the times of the messages in its rate windows, and its live orders, oldest first."""

    entry: PortEntry
    index: int
    disabled: bool
    rate_limited: bool
    rate_rule: str
    windows: list[tuple[str, list[int]]]
    orders: list[int]
    fat_finger: bool = False
    maximum_orders: int = 0
    cancel_on_breach: bool = False
    cancel_only: bool = False
    cancel_on_disconnect: bool = False
    rate_warned: bool = False
    switched_off: bool = False
    rate_reason: Reject = Reject.PORT_MESSAGE_RATE
    rate_bound: int = 0
    flows: tuple[tuple[str, FlowTimes], ...] = ()


class MassCancelState(msgspec.Struct, array_like=True, frozen=True):
    """What is left of a mass cancel: keys of orders that are gone by now count in a slice too, so they stand here."""

    port: str
    symbol: str
    side: Side | None
    group_id: int | None
    request: bytes
    keys: list[int]
    pages: list[int]
    reason: CancelReason = CancelReason.USER
    accounts: tuple[str, ...] = ()
    waiting: bool = False  # for another one of the same port, or for its first slice
    spares_crosses: bool = False


class BandCancelState(msgspec.Struct, array_like=True, frozen=True):
    """What is left beyond price bands, and its place among the mass cancels; orders as port and key."""

    place: int
    symbol: str
    orders: list[tuple[str, int]]
    levels: list[LevelName]


class EngineState(msgspec.Struct, frozen=True):
    """Everything."""

    configuration: Configure
    date: str
    session: str
    days: int
    midnights: dict[str, int]
    securities: dict[str, SecurityState]
    markets: dict[str, MarketState]
    ports: dict[str, PortState]
    deadlines: list[tuple[str, int]]
    mass_cancels: list[MassCancelState]
    storage_low: bool
    after_hours: dict[str, tuple[int, int]] = {}
    local_midnights: dict[str, int] = {}
    accounts: dict[str, AccountState] = {}
    multipliers: dict[str, tuple[int, int]] = {}  # of Nordic members: aggressive and passive
    timetables: dict[str, int] = {}  # the last entry of each that was kept today
    audit: dict[str, tuple[int, bytes]] = {}  # what identifies the rows of each Nordic member
    rules: RulesState = RulesState()
    band_cancels: list[BandCancelState] = []


def dump(engine: Engine) -> EngineState | None:
    """Give the engine's state; None before it was configured."""
    if engine.configuration is None:
        return None
    return EngineState(
        engine.configuration,
        engine.date,
        engine.session,
        engine.days,
        engine.midnights,
        {symbol: dump_security(security) for symbol, security in engine.securities.items()},
        {key: _dump_market(market) for key, market in engine.markets.items()},
        {
            name: PortState(
                port.entry,
                port.index,
                port.disabled,
                port.rate_limited,
                port.rate_rule,
                [(rule, window.inside()) for rule, window in port.windows],
                list(port.orders),
                port.fat_finger,
                port.maximum_orders,
                port.cancel_on_breach,
                port.cancel_only,
                port.cancel_on_disconnect,
                port.rate_warned,
                port.switched_off,
                port.rate_reason,
                port.rate_bound,
                tuple((flow.rule, flow.inside()) for flow in port.flows),
            )
            for name, port in engine.ports.items()
        },
        [(order.port.name, order.key) for _, _, order in sorted(engine.deadlines) if is_live(order)],
        [
            MassCancelState(
                left.port.name,
                left.symbol,
                left.side,
                left.group_id,
                left.request,
                left.keys,
                left.pages,
                left.reason,
                left.accounts,
                left.port.mass_cancel is not left,
                left.spares_crosses,
            )
            for left in engine.mass_cancels
            if isinstance(left, MassCancel)
        ],
        engine.storage_low,
        engine.after_hours,
        engine.local_midnights,
        {name: dump_account(account) for name, account in engine.prm.accounts.items()},
        {mpid: (member.aggressive, member.passive) for mpid, member in engine.prm.members.items()},
        engine.timetables,
        engine.prm.diary.digests(),
        dump_rules(engine),
        [
            BandCancelState(place, left.security.symbol, left.names(), left.levels)
            for place, left in enumerate(engine.mass_cancels)
            if isinstance(left, BandCancel)
        ],
    )


def _dump_market(market: Market) -> MarketState:
    return MarketState(
        market.midnight,
        (market.after_hours_open, market.after_hours_close),
        market.order_reference_number,
        market.match_number,
        {symbol: _dump_book(book) for symbol, book in market.books.items()},
        TradesState(market.trades.store.length, market.trades.store.digest(), list(market.trades.broken)),
        market.rule_book,
    )


def _dump_book(book: Book) -> BookState:
    halted = book.phase is Phase.HALT
    orders = [_dump_order(order) for order in book.orders()]
    phase = Phase.CONTINUOUS if halted else book.phase
    late_cancels = tuple((port, key, is_whole) for (port, key), is_whole in book.late_cancels.items())
    late = book.held, book.stage, book.late_reference, late_cancels, book.stage_of
    return BookState(halted, orders, phase, book.extended_until, book.extended_to, book.timer, *late)


def _dump_order(part: Order) -> OrderState:
    order = owner_of(part)
    is_pegged = order.attributes is not PLAIN and order.attributes.pegged
    return OrderState(
        order.port.name,
        order.key,
        order.cl_ord_id,
        order.terms.state,
        order.attributes,
        order.entered,
        order.size,
        part.quantity,
        order.price,
        order.order_reference_number,
        order.expires_at,
        part is not order,
        order.user,
        order.limit if is_pegged else 0,
        is_pegged and is_parked(order),
        order.counted_at,
    )


def dump_trades(engine: Engine) -> dict[str, bytes]:
    """Give today's trades of every market and rows of the audit as they are kept, which `load` wants beside the state.

    The rows stand under the members' names behind `AUDIT`, those of US risk rules as `engine.rule_state` says.
    """
    stores = [(key, market.trades.store) for key, market in sorted(engine.markets.items())]
    trades = {key: store.slice(0, store.length) for key, store in stores}
    return trades | {AUDIT + mpid: rows for mpid, rows in engine.prm.diary.dump().items()} | dump_trails(engine)


def load(engine: Engine, state: EngineState, trades: dict[str, bytes], connect: Connect) -> None:
    """Bring a new engine to `state`."""
    engine.configuration = state.configuration
    engine.date, engine.session, engine.days = state.date, state.session, state.days
    engine.midnights, engine.after_hours = state.midnights, state.after_hours
    engine.local_midnights = state.local_midnights
    engine.storage_low = state.storage_low
    engine.timetables = state.timetables
    for symbol, security_state in state.securities.items():
        engine.securities[symbol] = load_security(symbol, security_state)
    for key, market_state in state.markets.items():
        market = engine.market(key, market_state.rule_book)
        _load_market(market, market_state)
        market.trades.pending.append(trades[key])
        market.trades.settle()
        for symbol, book_state in market_state.books.items():
            book = market.open_book(engine.securities[symbol])
            book.phase = Phase.HALT if book_state.halted else book_state.phase
            book.extended_until, book.extended_to = book_state.extended_until, book_state.extended_to
            if book_state.timer:
                engine.set_timer(book, book_state.timer)
            book.held, book.stage, book.stage_of = book_state.held, book_state.stage, book_state.stage_of
            book.late_reference = book_state.late_reference
            book.late_cancels = {(port, key): is_whole for port, key, is_whole in book_state.late_cancels}
            book.settle(state.storage_low)
    for port_state in sorted(state.ports.values(), key=lambda port_state: port_state.index):
        port = add_port(engine, port_state.entry, connect)
        port.disabled = port_state.disabled
        port.rate_limited, port.rate_rule = port_state.rate_limited, port_state.rate_rule
        port.rate_warned, port.switched_off = port_state.rate_warned, port_state.switched_off
        port.rate_reason, port.rate_bound = port_state.rate_reason, port_state.rate_bound
        port.fat_finger, port.maximum_orders = port_state.fat_finger, port_state.maximum_orders
        port.cancel_on_breach = port_state.cancel_on_breach
        port.cancel_only, port.cancel_on_disconnect = port_state.cancel_only, port_state.cancel_on_disconnect
    _load_accounts(engine, state)
    engine.prm.diary.load({key.removeprefix(AUDIT): rows for key, rows in trades.items() if key.startswith(AUDIT)})
    load_rules(engine, state.rules)
    load_trails(engine, trades)
    set_crosses(engine, state.configuration)
    take_configuration(engine, state.configuration)
    place_guards(engine)
    place_tapes(engine, 0)
    set_rules(engine)
    for name, port_state in state.ports.items():
        port = engine.ports[name]
        for (_, window), (_, times) in zip(port.windows, port_state.windows, strict=True):
            window.resume(times)
        flow_times = dict(port_state.flows)
        for flow in port.flows:
            flow.resume(flow_times[flow.rule])
    _load_orders(engine, state)
    load_tapes(engine, state.securities)
    recount(engine, values_anew=False)
    load_exposures(engine, state.rules.exposures)


def _load_accounts(engine: Engine, state: EngineState) -> None:
    take_accounts(engine, state.configuration, 0)
    for name, account_state in state.accounts.items():
        load_account(engine.prm.accounts[name], account_state)
    for mpid, (aggressive, passive) in state.multipliers.items():
        member = engine.prm.members[mpid]
        member.aggressive, member.passive = aggressive, passive


def _load_market(market: Market, state: MarketState) -> None:
    market.midnight = state.midnight
    market.after_hours_open, market.after_hours_close = state.after_hours
    market.order_reference_number = state.order_reference_number
    market.match_number = state.match_number
    market.trades.broken.update(dict.fromkeys(state.trades.broken))


def _load_orders(engine: Engine, state: EngineState) -> None:
    """Put the orders on their books in the order of each queue, into their ports in the order of entry."""
    known: dict[TermsState, OrderTerms] = {}
    for market_key, market_state in state.markets.items():
        for symbol, book_state in market_state.books.items():
            book = engine.markets[market_key].books[symbol]
            pegs: list[tuple[int, Order, int]] = []
            for order_state in book_state.orders:
                if order_state.is_reserve:
                    displayed = engine.ports[order_state.port].orders[order_state.key]
                    reserve = displayed.reserve = Reserve(displayed, order_state.quantity)
                    book.add_reserve(reserve)
                    continue
                order = _load_order(engine, book, order_state, known)
                order.port.orders.add(order)
                if order_state.is_parked:
                    set_parked(order)
                else:
                    book.place(order)
                if order_state.limit:
                    pegs.append((order.order_reference_number, order, order_state.limit))
            for _, order, limit in sorted(pegs):
                pegs_of(book).add(order, limit)
    for name, port_state in state.ports.items():
        port = engine.ports[name]
        by_key, port.orders = port.orders, LiveOrders()
        for key in port_state.orders:
            port.orders.add(by_key[key])
    for name, key in state.deadlines:
        order = engine.ports[name].orders[key]
        engine.set_deadline(order, order.expires_at)
    for left in state.mass_cancels:
        port = engine.ports[left.port]
        what = left.symbol, left.side, left.group_id, left.request, left.reason, left.accounts, left.spares_crosses
        mass_cancel = MassCancel(port, *what)
        mass_cancel.keys, mass_cancel.pages = left.keys, left.pages
        engine.mass_cancels.append(mass_cancel)
        if not left.waiting:
            port.mass_cancel = mass_cancel
    for beyond in state.band_cancels:
        band_cancel = BandCancel(engine.securities[beyond.symbol])
        band_cancel.orders = [engine.ports[port].orders[key] if port else None for port, key in beyond.orders]
        band_cancel.levels = beyond.levels
        engine.mass_cancels.insert(beyond.place, band_cancel)


def _load_order(engine: Engine, book: Book, state: OrderState, known: dict[TermsState, OrderTerms]) -> Order:
    port = engine.ports[state.port]
    key = scope_key(book.symbol, state.user)
    scope = port.scopes.get(key)
    if scope is None:
        scope = port.scopes[key] = engine.open_scope(port, book, state.user)
    terms = known.get(state.terms)
    if terms is None:
        terms = known[state.terms] = OrderTerms(*state.terms)
    attributes = PLAIN if state.attributes == PLAIN else state.attributes
    order = Order(port, scope, terms, attributes, state.size, state.price, state.cl_ord_id, state.key)
    order.entered = attributes if state.entered == state.attributes else state.entered
    order.quantity = state.quantity
    order.order_reference_number = state.order_reference_number
    order.expires_at = state.expires_at
    order.counted_at = state.counted_at
    return order
