"""What operators and the venue itself ask of the engine, one function a command.

Each command is a record, so each either changes the state as a whole or raises `CommandRefused` and changes nothing:
check first, then write.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from engine.api import (
    MAXIMUM_PRICE,
    PLAIN,
    PRM,
    BlockAccount,
    BustTrade,
    CancelAccount,
    CancelReason,
    Command,
    CommandRefused,
    Configure,
    Cross,
    LockCurrency,
    MarketEntry,
    NextDay,
    Order,
    OrderAttributes,
    Phase,
    Port,
    PortEntry,
    ReleaseAccount,
    ReleasePort,
    SetAccount,
    SetFileList,
    SetHalt,
    SetMember,
    SetPhase,
    SetPort,
    SetPrices,
    SetStorage,
    Sink,
    SymbolEntry,
    SystemEvent,
    TimeInForce,
)
from engine.book import Book, Reserve
from engine.engine import Engine
from engine.exposure_commands import settle_exposures
from engine.following import follow, resume, suspend
from engine.guards import place_guards, place_guards_of
from engine.market import Market, Security
from engine.phases import TRADING, crosses_of, set_phase
from engine.prm_commands import (
    block_account,
    cancel_account,
    check_prm,
    list_books,
    lock_currency,
    protect,
    recount,
    release_account,
    reset_accounts,
    set_account,
    set_file_list,
    set_member,
    set_port,
    take_accounts,
    take_port,
)
from engine.risk.rule_book import RuleBook
from engine.risk.rule_terms import PERCENT_SCALE
from engine.routing import AWAY_PORT
from engine.rule_commands import handle_rules, set_windows
from engine.safety_switch import OPERATIONS, let_free
from engine.tape import place_tapes
from engine.volumes import take_volumes

Connect = Callable[[Port], Sink]
"""Makes the sink of a new port."""
PRICES = ("last", "previous_close", "outside_bid", "outside_offer", "luld_lower", "luld_upper", "reference")
"""The prices of a security that operators may set, in ticks."""
THRESHOLDS = ("fat_finger_aggressive", "fat_finger_passive", "static_guard", "dynamic_guard")
"""The thresholds of a Nordic order book that operators may set, in 1/10,000 of a percent."""
US_PRICES = frozenset({*PRICES, "average_daily_volume"} - {"reference"})
NORDIC_PRICES = frozenset({"last", "previous_close", "outside_bid", "outside_offer", "reference", *THRESHOLDS})
HIGHEST_THRESHOLD = 1_000 * PERCENT_SCALE


def handle(engine: Engine, command: Command, now: int, connect: Connect) -> None:
    """Carry out `command` at venue time `now`; raises `CommandRefused` where it cannot be done."""
    match command:
        case Configure():
            configure(engine, command, now, connect)
        case NextDay():
            next_day(engine, command, now)
        case SetPrices():
            set_prices(engine, command, now)
        case SetPhase():
            set_phase(engine, command, find_books(engine, command.market, command.symbol), now)
        case SetHalt(market, symbol, halted):
            phase = Phase.HALT if halted else Phase.CONTINUOUS
            set_phase(engine, SetPhase(market, symbol, phase), find_books(engine, market, symbol), now)
        case BustTrade():
            bust_trade(engine, command, now)
        case ReleasePort():
            release_port(engine, command, now)
        case SetStorage():
            set_storage(engine, command.low)
        case SetPort():
            set_port(engine, command)
        case SetMember():
            set_member(engine, command, now)
        case SetAccount():
            set_account(engine, command, now)
        case BlockAccount():
            block_account(engine, command, now)
        case CancelAccount():
            cancel_account(engine, command, now)
        case LockCurrency():
            lock_currency(engine, command, now)
        case ReleaseAccount():
            release_account(engine, command, now)
        case SetFileList():
            set_file_list(engine, command, now)
        case _:
            handle_rules(engine, command, now)


def configure(engine: Engine, command: Configure, now: int, connect: Connect) -> None:
    """Take new reference data and rules. What today's state already says stands unless its entry is new or changed.

    Ports and symbols that the configuration no longer names keep their orders and history, but take no new orders.
    """
    keys = {entry.key for entry in command.markets} | set(engine.markets)
    for port_entry in command.ports:
        if port_entry.market not in keys:
            raise CommandRefused("market", f"port {port_entry.name} is of no market that there is: {port_entry.market}")
        port = engine.ports.get(port_entry.name)
        if port is not None and port.entry.identity != port_entry.identity:
            raise CommandRefused("port", f"{port.name} is {port.mpid}'s at {port.market}; a port does not change hands")
    for market_entry in command.markets:
        if engine.date and market_entry.key not in engine.midnights:
            raise CommandRefused("market", f"{market_entry.key} can be added from the next trading day on")
    check_prm(engine, command)
    for rule in command.rules:
        if rule.rule_id in engine.rules.states:
            raise CommandRefused("rule", f"{rule.rule_id} was made over REST; call the one of the file something else")
    known = {} if engine.configuration is None else {entry.symbol: entry for entry in engine.configuration.symbols}
    for market_entry in command.markets:
        market = engine.market(market_entry.key, market_entry.rule_book)
        market.midnight = hours_from(engine, market.key)
        set_after_hours(engine, market_entry)
    set_crosses(engine, command)
    bands = {symbol: (security.luld_lower, security.luld_upper) for symbol, security in engine.securities.items()}
    for security in engine.securities.values():
        security.listed = False
    for entry in command.symbols:
        _list(engine, entry, known.get(entry.symbol))
    list_books(engine, command)
    set_storage(engine, engine.storage_low)
    take_accounts(engine, command, now)
    for port_entry in command.ports:
        if port_entry.name not in engine.ports:
            port = add_port(engine, port_entry, connect)
            if engine.date:
                port.sink.system_event(SystemEvent.START_OF_DAY, now)
    take_configuration(engine, command)
    place_guards(engine)
    place_tapes(engine, now)
    set_rules(engine)
    settle_exposures(engine, now)
    recount(engine)
    for symbol, before in bands.items():
        security = engine.securities[symbol]
        if (security.luld_lower, security.luld_upper) != before:
            engine.bands_moved(security, now)


def add_port(engine: Engine, entry: PortEntry, connect: Connect) -> Port:
    """Open a port; its index, by which records name it, is never given to another."""
    port = engine.ports[entry.name] = Port(entry, len(engine.ports), engine.markets[entry.market].rule_book)
    port.midnight = engine.midnights.get(entry.market, 0)
    port.sink = connect(port)
    return port


def take_configuration(engine: Engine, configuration: Configure) -> None:
    """Let ports be as a configuration says; those that it does not name take nothing new."""
    engine.configuration = configuration
    entries = {entry.name: entry for entry in configuration.ports}
    firms = {firm.mpid: firm for firm in configuration.firms}
    for port in engine.ports.values():
        entry = entries.get(port.name, port.entry)
        take_port(port, entry)
        port.entry = entry
        port.withdrawn = port.name not in entries
        port.settle()
        firm = firms.get(port.mpid)
        port.organization = port.mpid if firm is None else firm.organization
        port.affiliation = port.mpid if firm is None else firm.affiliation
        prevention = port.entry.self_match_prevention
        port.plain = PLAIN if prevention is None else OrderAttributes(self_match_prevention=prevention)


def _list(engine: Engine, entry: SymbolEntry, before: SymbolEntry | None) -> None:
    security = engine.securities.get(entry.symbol)
    if security is None:
        security = engine.securities[entry.symbol] = Security(entry.symbol, entry.ticks)
    if before is None or entry.previous_close != before.previous_close:
        security.previous_close = security.last = entry.previous_close
        if security.tape is not None:
            security.tape.begin_at(entry.previous_close, 0)
    if before is None or (entry.luld_lower, entry.luld_upper) != (before.luld_lower, before.luld_upper):
        security.luld_lower, security.luld_upper = entry.luld_lower, entry.luld_upper
    if before is None or entry.average_daily_volume != before.average_daily_volume:
        security.given_volume = entry.average_daily_volume or None
        security.settle_volume()
    security.ticks = entry.ticks
    security.listed = True
    for market in engine.markets.values():
        if market.rule_book != PRM and entry.symbol not in market.books:
            market.open_book(security)


def set_rules(engine: Engine) -> None:
    """Put all rules in force, those of the configuration first; message windows go on with what was counted."""
    legacy = () if engine.configuration is None else engine.configuration.rules
    engine.rule_book = RuleBook([*legacy, *engine.rules.active()])
    for port in engine.ports.values():
        for scope in port.scopes.values():
            scope.limits = engine.rule_book.stale
        set_windows(engine, port)
    protect(engine)


def hours_from(engine: Engine, market: str) -> int:
    """Give the midnight that a market's hours count from today."""
    return engine.local_midnights.get(market, engine.midnights.get(market, 0))


def set_after_hours(engine: Engine, entry: MarketEntry) -> None:
    """Give a market its after hours: those of the day where it has its own, else the usual ones."""
    market = engine.markets[entry.key]
    usual = entry.after_hours_open, entry.after_hours_close
    market.after_hours_open, market.after_hours_close = engine.after_hours.get(entry.key, usual)


def set_crosses(engine: Engine, configuration: Configure) -> None:
    """Give each market the crosses that a configuration says; one that it does not name has none any more."""
    having = {entry.key for entry in configuration.markets if entry.crosses}
    for market in engine.markets.values():
        market.crosses = crosses_of(market.rule_book, market.key in having)


def next_day(engine: Engine, command: NextDay, now: int) -> None:
    """End the open day (its orders expire, its numbers and locks go) and start the next with what is carried over."""
    if command.date <= engine.date:
        raise CommandRefused("date", f"the trading day is {engine.date}; the next one must be later")
    missing = [key for key in engine.markets if key not in command.midnights]
    if missing:
        raise CommandRefused("midnights", f"there is none for {', '.join(missing)}")
    ended = engine.date
    if ended:
        end_day(engine, now)
    engine.date, engine.session = command.date, command.session
    engine.days += 1
    engine.timetables.clear()
    engine.midnights = dict(command.midnights)
    engine.local_midnights, engine.after_hours = dict(command.local_midnights), dict(command.after_hours)
    take_volumes(engine)
    for market in engine.markets.values():
        market.midnight = hours_from(engine, market.key)
        market.next_day()
        for book in market.books.values():
            book.forget_stage()
    for entry in () if engine.configuration is None else engine.configuration.markets:
        set_after_hours(engine, entry)
    for security in engine.securities.values():
        close = security.official_close
        if close is None:
            close = security.last if security.last is not None else security.previous_close
        security.previous_close = security.last = close
        security.reference = security.official_open = security.official_close = security.guard_reference = None
        if security.tape is not None:
            security.tape.next_day(now)
    place_guards(engine)
    for port in engine.ports.values():
        port.midnight = command.midnights[port.market]
        port.disabled = port.switched_off = False
        let_free(engine, port, "", now)
        port.sink.system_event(SystemEvent.START_OF_DAY, now)
    engine.prm.diary.next_day()
    engine.exposures.next_day()
    engine.rules.next_day(engine.date, now)
    set_rules(engine)
    settle_exposures(engine, now)
    reset_accounts(engine)
    carry_over(engine, ended, now)
    engine.exposures.begin_day(now)


def end_day(engine: Engine, now: int) -> None:
    """Expire what rests for the day, then tell each port that the day is over."""
    engine.finish_beyond(now)
    for security in engine.securities.values():
        for book in security.books:
            suspend(book, now, told=False)
    for port in engine.ports.values():
        engine.finish_all(port, now)
        for order in list(port.orders.values()):
            if not outlives_the_day(order):
                engine.cancel(order, order.open, CancelReason.EXPIRED, now)
    engine.deadlines.clear()
    engine.advance(now)
    for _, market in sorted(engine.markets.items()):
        for _, book in sorted(market.books.items()):
            if book.phase is Phase.TRADING_AT_CLOSE:
                engine.end_at_close(book, now)
    for port in engine.ports.values():
        port.sink.system_event(SystemEvent.END_OF_DAY, now)


def outlives_the_day(order: Order) -> bool:
    """Whether an order rests on when its day ends: none of a call does, and nobody could end it whose port is gone."""
    terms = order.terms
    good_till_cancel = terms.time_in_force is TimeInForce.GOOD_TILL_CANCEL and terms.cross is Cross.CONTINUOUS
    may_rest = good_till_cancel and (order.price <= MAXIMUM_PRICE or order.attributes.pegged)
    return may_rest and not order.port.withdrawn and order.scope.book.security.listed


def carry_over(engine: Engine, ended: str, now: int) -> None:
    """Give the orders that rest on new numbers, book by book in the order of their queues, and tell their ports.

    Those that rested on for the first time remember the day that `ended`, and their number in it.

    Markets and books go by name: how they lie in memory is another thing after a start from a snapshot.
    """
    for _, market in sorted(engine.markets.items()):
        for _, book in sorted(market.books.items()):
            for part in book.orders():
                if not isinstance(part, Reserve):
                    if not part.attributes.entry_date:
                        remember_entry(part, int(ended.replace("-", "")))
                    market.order_reference_number = part.order_reference_number = market.order_reference_number + 1
                    part.port.sink.carried_over(part, now)
            if book.pegs is not None:
                book.pegs.sort()
                if book.phase in TRADING:
                    resume(engine, book, now)


def remember_entry(order: Order, date: int) -> None:
    """Note on which day an order was entered, and its number in it."""
    number = order.order_reference_number
    order.attributes = structs.replace(order.attributes, entry_date=date, entry_number=number)
    if order.reserve is not None:
        order.reserve.attributes = order.attributes


def set_prices(engine: Engine, command: SetPrices, now: int) -> None:
    """Set or clear some of a security's prices and thresholds."""
    security = engine.securities.get(command.symbol)
    if security is None:
        raise CommandRefused("book", f"no such book: {command.symbol}", missing=True)
    kind, names = ("US security", US_PRICES) if security.entry is None else ("Nordic order book", NORDIC_PRICES)
    for name, price in command.prices.items():
        if name not in names:
            raise CommandRefused(name, f"a {kind} has no such price: {name}")
        if name in PRICES and price is not None and not 0 < price <= MAXIMUM_PRICE:
            raise CommandRefused(name, f"a price is from 1 to {MAXIMUM_PRICE:,} ticks, not {price:,}")
        if name in THRESHOLDS and price is not None and not 0 <= price <= HIGHEST_THRESHOLD:
            raise CommandRefused(name, f"a threshold is from 0 to {HIGHEST_THRESHOLD // PERCENT_SCALE} percent")
    for name, price in command.prices.items():
        setattr(security, "given_volume" if name == "average_daily_volume" else name, price)
    if "average_daily_volume" in command.prices:
        security.settle_volume()
        engine.rule_book.let_symbol_stale(engine.ports.values(), security.symbol)
    if security.tape is not None:
        security.tape.revise(command.prices, now)
    security.quote(1)
    security.quote(-1)
    if security.entry is not None:
        if "reference" in command.prices:
            security.guard_reference = security.official_open if security.reference is None else security.reference
        place_guards_of(engine, security)
    if not command.prices.keys().isdisjoint(THRESHOLDS):
        protect(engine)
    if "luld_lower" in command.prices or "luld_upper" in command.prices:
        engine.bands_moved(security, now)
    for book in sorted(security.books, key=lambda book: book.market.key):
        follow(engine, book, now)


def set_storage(engine: Engine, low: bool) -> None:
    """Close every book to what is new while room is low, and settle what each is open to."""
    engine.storage_low = low
    for security in engine.securities.values():
        for book in security.books:
            book.settle(low)


def find_market(engine: Engine, key: str) -> Market:
    """Give a market; raises `CommandRefused` where there is none of that name."""
    market = engine.markets.get(key)
    if market is None:
        known = ", ".join(engine.markets)
        raise CommandRefused("venue", f"no such venue: {key}; this one has {known}", missing=True)
    return market


def find_books(engine: Engine, market_key: str, symbol: str | None) -> list[Book]:
    """Give one book of a market, or with `symbol` None all of them."""
    market = find_market(engine, market_key)
    if symbol is None:
        return list(market.books.values())
    if symbol not in market.books:
        raise CommandRefused("book", f"no such book at {market_key}: {symbol}", missing=True)
    return [market.books[symbol]]


def bust_trade(engine: Engine, command: BustTrade, now: int) -> None:
    """Break one of today's trades: both sides that are ours are told, the book does not change."""
    market = find_market(engine, command.market)
    trade = market.trades.find(command.match_number)
    if trade is None:
        raise CommandRefused("matchNumber", f"no trade {command.match_number} at {command.market} today", missing=True)
    if command.match_number in market.trades.broken:
        raise CommandRefused("matchNumber", f"trade {command.match_number} at {command.market} is broken already")
    market.trades.broken[command.match_number] = None
    ports = list(engine.ports.values())
    for party in (trade.incoming, trade.resting):
        if party.port != AWAY_PORT:
            ports[party.port].sink.broken(party.key, party.cl_ord_id, command.match_number, command.reason, now)


def release_port(engine: Engine, command: ReleasePort, now: int) -> None:
    """Free a port that its message rate shut; the rate is counted anew from here."""
    port = engine.ports.get(command.port)
    if port is None:
        raise CommandRefused("port", f"no such port: {command.port}", missing=True)
    let_free(engine, port, OPERATIONS, now)
