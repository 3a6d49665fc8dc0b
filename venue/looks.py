"""What may be looked at: books, orders, ports.

A look needs a `Machine` and nothing else, so whoever has one, the venue itself or a replica of it, shows the same. It
shows what that machine has applied, changes nothing and is no record.
"""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any, Literal, NamedTuple, cast

import msgspec

from engine.api import PRM, CommandRefused, Cross, Order, Phase
from engine.auction import expected, reference_price
from engine.book import Book, Ladder
from engine.commands import find_books
from engine.cross_price import coming_cross, indication
from engine.endpoint import Endpoint
from engine.phases import CALLS, phase_name
from engine.risk.rule_terms import PERCENT_SCALE
from fix.endpoint import FixEndpoint
from fix.session_state import State
from venue.calls import LONGEST_NUMBER, Count, Percent, Price, Query, Reply, dollars, moment
from venue.machine import Machine
from venue.problem import Problem

ORDERS_AT_ONCE = 500
"""Orders in one answer: a few milliseconds."""
DEPTH = 10
"""Price levels that a look at a book shows on each side."""


PhaseName = Literal[
    "CLOSED",
    "PRE_OPEN",
    "OPENING_CALL",
    "CONTINUOUS",
    "INTRADAY_CALL",
    "VOLATILITY_CALL",
    "HALT",
    "HALT_RELEASE_CALL",
    "CLOSING_CALL",
    "TRADING_AT_CLOSE",
    "POST_TRADE",
    "MARKET",
    "PRE_MARKET",
    "POST_MARKET",
    "QUOTATION",
]
"""The phases that there are; which of them a market has stands in `engine.phases`."""
StageName = Literal["LATE", "NO_MARKET_ORDERS", "NO_LIMIT_ORDERS"]
"""How near a US cross is, where it is near."""


Moment = Annotated[str, msgspec.Meta(description="RFC 3339, UTC", examples=["2026-11-20T15:29:30.000000000Z"])]


class Look(NamedTuple):
    """A look as a route's function gets it: the machine, the path's values, the query as its type has it."""

    machine: Machine
    path: dict[str, str]
    query: Any


class Level(Reply, frozen=True):
    """A price level: all that is open at one price."""

    price: Price
    quantity: Count


class Hidden(Reply, frozen=True):
    """The best levels of what is not displayed."""

    bids: list[Level]
    asks: list[Level]


class Indicative(Reply, frozen=True):
    """What a call would trade if it ended now; `imbalance` is what would be left over, on the side `B` or `S`.

    Without a price nothing would trade: the book is not crossed. Of a US cross, `reference` is the best price from the
    bid to the offer, and `far` the price that the orders which are for the cross alone would have.
    """

    price: Price | None
    paired: Count
    imbalance: Count
    imbalance_side: Literal["B", "S"] | None
    reference: Price | None
    extended: bool = False
    far: Price | None = None


class Prices(Reply, frozen=True):
    """A security's prices; `bid` and `offer` are the NBBO, null what is not known.

    The thresholds of fat finger and of the volatility guards, in percent, and the opening's `reference` are a Nordic
    order book's.
    """

    last: Price | None
    previous_close: Price | None
    bid: Price | None
    offer: Price | None
    luld_lower: Price | None
    luld_upper: Price | None
    adv: Count
    fat_finger_aggressive: Percent | None = None
    fat_finger_passive: Percent | None = None
    reference: Price | None = None
    static_guard: Percent | None = None
    dynamic_guard: Percent | None = None
    official_open: Price | None = None
    official_close: Price | None = None


class BookView(Reply, frozen=True):
    """A book: its phase, its security's prices, and the best levels of each side, best first.

    The last four are a Nordic order book's name, market, currency and segment.
    """

    venue: str
    book: str
    phase: PhaseName
    last: Price | None
    previous_close: Price | None
    bid: Price | None
    offer: Price | None
    luld_lower: Price | None
    luld_upper: Price | None
    adv: Count
    bids: list[Level]
    asks: list[Level]
    hidden: Hidden
    indicative: Indicative | None = None
    fat_finger_aggressive: Percent | None = None
    fat_finger_passive: Percent | None = None
    symbol: str | None = None
    mic: str | None = None
    currency: str | None = None
    segment: Count | None = None
    reference: Price | None = None
    static_guard: Percent | None = None
    dynamic_guard: Percent | None = None
    ends_at: Moment | None = None
    limit_state: bool = False
    short_sales_restricted: bool = False
    official_open: Price | None = None
    official_close: Price | None = None


class OrdersQuery(Query, frozen=True):
    """Which orders: of one port or of all, those after a cursor, so many at most."""

    port: str | None = None
    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=ORDERS_AT_ONCE)] = ORDERS_AT_ONCE


class OrderView(Reply, frozen=True):
    """A live order; `quantity` is what is open, `displayed` what of it is shown, `price` dollars or `MARKET`."""

    port: str
    user_ref_num: Count
    user_ref_idx: Count
    cl_ord_id: str
    venue: str
    book: str
    side: str
    price: Price | None
    quantity: Count
    displayed: Count
    executed: Count
    display: str
    time_in_force: str
    order_reference_number: Count
    user: str | None = None


class OrderList(Reply, frozen=True):
    """Live orders as of a record; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[OrderView]
    next: str | None = None


class FixSessionView(Reply, frozen=True):
    """A FIX port's session: its version, once one was spoken, and the numbers that come next in each direction.

    `asked_for` says whether messages are missing that were asked for again.
    """

    version: str
    next_incoming: Count
    next_outgoing: Count
    state: str
    asked_for: bool


class PortView(Reply, frozen=True):
    """A port: whose it is, whether somebody is logged in, its session, what it may do. `fix` is for FIX ports."""

    port: str
    mpid: str
    venue: str
    logged_in: bool
    session: str
    sequence: Count
    live_orders: Count
    entry_disabled: bool
    rate_limited: bool
    cancel_only: bool = False
    cancel_on_disconnect: bool = False
    fix: FixSessionView | None = None


class PortList(Reply, frozen=True):
    """Every port, as of a record."""

    as_of: Count
    items: list[PortView]
    next: str | None = None


def show_book(look: Look) -> BookView:
    """Show a book's phase, prices and best levels."""
    book = find_book(look.machine, look.path)
    entry = book.security.entry
    return BookView(
        venue=book.market.key,
        book=book.symbol,
        phase=cast(PhaseName, phase_name(book)),
        **msgspec.structs.asdict(book_prices(book)),
        bids=levels(book.buys.shown),
        asks=levels(book.sells.shown),
        indicative=indicative(book),
        hidden=Hidden(levels(book.buys.hidden), levels(book.sells.hidden)),
        symbol=None if entry is None else entry.symbol,
        mic=None if entry is None else entry.mic,
        currency=None if entry is None else entry.currency,
        segment=None if entry is None else entry.segment,
        ends_at=ends_at(book),
        limit_state=is_in_limit_state(book),
        short_sales_restricted=is_short_sale_restricted(book),
    )


def is_in_limit_state(book: Book) -> bool:
    """Whether a US book is kept from trading by its price bands, and may pause."""
    tape = book.security.tape
    return tape is not None and book in tape.bands and tape.limited_since > 0


def is_short_sale_restricted(book: Book) -> bool:
    """Whether short sales of a US book are held to prices above the national best bid."""
    tape = book.security.tape
    return tape is not None and book in tape.tests and tape.days_restricted > 0


def ends_at(book: Book) -> str | None:
    """Give when a book's volatility call, or pause, ends by itself."""
    tape = book.security.tape
    paused = 0 if tape is None or book.phase is not Phase.QUOTATION or book not in tape.bands else tape.paused_until
    return moment(book.timer or paused) if book.timer or paused else None


def show_orders(look: Look) -> OrderList:
    """List the live orders of one port, or of all, by port and key: so many at a time, since the venue waits for it."""
    ports = look.machine.engine.ports
    query: OrdersQuery = look.query
    wanted, cursor = query.port, query.after
    if wanted is not None and wanted not in ports:
        raise Problem(404, f"no such port: {wanted}", "port")
    name, _, key = cursor.partition(":")
    if cursor and not (name in ports and key.isascii() and key.isdecimal() and len(key) <= LONGEST_NUMBER):
        raise Problem(422, f"{cursor} is not the `next` of another answer", "after")
    asked = [port for port in ports.values() if wanted in (None, port.name)]
    if cursor:
        asked = [port for port in asked if port.index >= ports[name].index]
    following = (order for port in asked for order in port.orders.after(int(key) if port.name == name else 0))
    orders = list(islice(following, query.limit + 1))
    more = len(orders) > query.limit
    orders = orders[: query.limit]
    following_cursor = f"{orders[-1].port.name}:{orders[-1].key}" if more else None
    return OrderList(look.machine.number, [describe(order) for order in orders], following_cursor)


def show_ports(look: Look) -> PortList:
    """List the ports: whose they are, whether somebody is logged in, what they may do."""
    machine = look.machine
    sessions = map(fix_session, machine.ports)
    items = [
        PortView(
            port=port.name,
            mpid=port.mpid,
            venue=port.market,
            logged_in=port.index in machine.connected and (fix is None or fix.state != State.DISCONNECTED.value),
            session=stream.session,
            sequence=stream.count,
            live_orders=len(port.orders),
            entry_disabled=port.disabled or port.switched_off,
            rate_limited=port.rate_limited,
            cancel_only=port.cancel_only,
            cancel_on_disconnect=port.cancel_on_disconnect,
            fix=fix,
        )
        for port, stream, fix in zip(machine.engine.ports.values(), machine.streams, sessions, strict=True)
    ]
    return PortList(machine.number, items)


def fix_session(endpoint: Endpoint) -> FixSessionView | None:
    """Show the session of a FIX port, None of another."""
    if not isinstance(endpoint, FixEndpoint):
        return None
    session = endpoint.session
    state = session.dump()
    version = session.begin_string.decode("ascii") if session.outgoing > 1 else ""
    return FixSessionView(version, session.incoming, session.outgoing, state.state, bool(state.gap_end))


def find_book(machine: Machine, path: dict[str, str]) -> Book:
    """Give the book that a path names."""
    try:
        (book,) = find_books(machine.engine, path["venue"], path["book"])
    except CommandRefused as refused:
        raise Problem(404, str(refused), refused.field) from refused
    return book


def is_indicative(book: Book) -> bool:
    """Whether a book has a call, or orders that wait for a cross: in pre-market all do."""
    if book.market.rule_book == PRM:
        return book.phase in CALLS
    cross = coming_cross(book)
    return cross is not None and (
        cross is not Cross.CLOSING or any(order.terms.cross is cross for order in book.orders_aside())
    )


def indicative(book: Book) -> Indicative | None:
    """Give what a book's call or next cross would trade if it came now, None where there is none."""
    if not is_indicative(book):
        return None
    if book.market.rule_book != PRM:
        return cross_indicative(book)
    is_extended = book.extended_until > 0
    found, reference = expected(book), dollars(reference_price(book, book.phase))
    if found is None:
        return Indicative(None, 0, 0, None, reference, is_extended)
    side: Literal["B", "S"] | None = "B" if found.surplus > 0 else "S" if found.surplus < 0 else None
    return Indicative(dollars(found.price), found.volume, abs(found.surplus), side, reference, is_extended)


def cross_indicative(book: Book) -> Indicative:
    """Give what a US book's next cross would trade if it came now."""
    cross = coming_cross(book)
    assert cross is not None
    near, far, current = indication(book, cross)
    found = near or current
    surplus = 0 if found is None else found.surplus
    side: Literal["B", "S"] | None = "B" if surplus > 0 else "S" if surplus < 0 else None
    return Indicative(
        price=None if near is None else dollars(near.price),
        paired=0 if near is None else near.volume,
        imbalance=abs(surplus),
        imbalance_side=side,
        reference=None if current is None else dollars(current.price),
        far=None if far is None else dollars(far.price),
    )


def book_prices(book: Book) -> Prices:
    """Give a security's prices as strings."""
    security = book.security
    return Prices(
        last=dollars(security.last),
        previous_close=dollars(security.previous_close),
        bid=dollars(security.bid),
        offer=dollars(security.offer),
        luld_lower=dollars(security.luld_lower),
        luld_upper=dollars(security.luld_upper),
        adv=security.average_daily_volume,
        fat_finger_aggressive=percent(security.fat_finger_aggressive),
        fat_finger_passive=percent(security.fat_finger_passive),
        reference=dollars(security.reference),
        static_guard=percent(security.static_guard),
        dynamic_guard=percent(security.dynamic_guard),
        official_open=dollars(security.official_open),
        official_close=dollars(security.official_close),
    )


def percent(threshold: int | None) -> float | None:
    """Give a threshold in percent."""
    return None if threshold is None else threshold / PERCENT_SCALE


def levels(ladder: Ladder) -> list[Level]:
    """Give a ladder's best levels."""
    best = [ladder.levels[key] for key in reversed(ladder.keys[-DEPTH:])]
    return [Level(dollars(level.price) or "", level.quantity) for level in best]


def describe(order: Order) -> OrderView:
    """Give one order."""
    return OrderView(
        port=order.port.name,
        user_ref_num=order.key & 0xFFFF_FFFF,
        user_ref_idx=order.key >> 32,
        cl_ord_id=order.cl_ord_id.decode("latin-1").rstrip(),
        venue=order.scope.book.market.key,
        book=order.scope.book.symbol,
        side=order.terms.side.name,
        price=dollars(order.price),
        quantity=order.open,
        displayed=order.quantity if order.is_displayed else 0,
        executed=order.size - order.open,
        display=order.terms.display.name,
        time_in_force=order.terms.time_in_force.name,
        order_reference_number=order.order_reference_number,
        user=order.user or None,
    )
