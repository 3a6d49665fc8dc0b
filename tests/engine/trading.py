"""The engine in a trader's words: orders in, events out, and every book audited after every step.

    market.enter(buy(100, at="10.00")) == [Accepted(1, 100, "10.00")]

A `Market` numbers orders 1, 2, 3… over all ports. Prices are dollars as text, `MARKET` for a market order. Events
compare by what a trader sees; `whole` gives them with their times, ports and reference numbers too. The audit holds
the books against the events alone: what was accepted and neither traded nor left must be what rests.
"""

from dataclasses import astuple, dataclass, field
from decimal import Decimal

import msgspec

from engine.api import (
    MARKET_PRICE,
    PLAIN,
    SECOND,
    BrokenTradeReason,
    BustTrade,
    CancelReason,
    Configure,
    Cross,
    Display,
    Liquidity,
    MarketEntry,
    NextDay,
    Order,
    OrderAttributes,
    OrderTerms,
    PortEntry,
    Refusal,
    Reject,
    ReleasePort,
    RuleEntry,
    SetHalt,
    SetPrices,
    Side,
    SymbolEntry,
    SystemEvent,
    TimeInForce,
)
from engine.commands import handle
from engine.engine import Engine
from engine.state import EngineState, dump, load

MARKET = "market"
HOUR = 3600 * SECOND
MIDNIGHT = 1_795_150_800 * SECOND
TODAY = "2026-11-20"
TOMORROW = "2026-11-23"
TICKS = ((10_000, 100), (1, 1))
AFTER_HOURS = (16 * HOUR, 20 * HOUR)
MARKETS = tuple(MarketEntry(key, *AFTER_HOURS) for key in ("nasdaq", "bx", "psx"))
PORTS = (
    PortEntry("IN1", "INET", "nasdaq", "ouch-us"),
    PortEntry("IN2", "INET", "nasdaq", "ouch-us"),
    PortEntry("INB", "INET", "bx", "ouch-us"),
    PortEntry("INP", "INET", "psx", "ouch-us"),
    PortEntry("AK1", "AKAM", "nasdaq", "ouch-us"),
    PortEntry("AKB", "AKAM", "bx", "ouch-us"),
    PortEntry("AKP", "AKAM", "psx", "ouch-us"),
)


def ticks(price):
    """Dollars as text to ticks; numbers are ticks already."""
    if price == MARKET:
        return MARKET_PRICE
    return int(Decimal(price) * 10_000) if isinstance(price, str) else price


def dollars(price):
    """Ticks to dollars as text, at least two decimals."""
    if price == MARKET_PRICE:
        return MARKET
    whole, fraction = divmod(price, 10_000)
    digits = f"{fraction:04d}"
    return f"{whole}.{digits[:2]}{digits[2:].rstrip('0')}"


def symbol_entry(symbol, close=None, ticks_table=TICKS, volume=0):
    previous_close = None if close is None else ticks(close)
    return SymbolEntry(symbol, previous_close, None, None, volume, ticks_table)


SYMBOLS = (
    symbol_entry("ZWZZT", "10.00"),
    symbol_entry("AAPL", "200.00"),
    symbol_entry("AMD", "20.00"),
    symbol_entry("NEWCO"),
)


# What a trader asks.


@dataclass(frozen=True)
class Ticket:
    side: Side
    quantity: int
    at: str | int
    symbol: str = "ZWZZT"
    by: str = "IN1"
    time_in_force: TimeInForce = TimeInForce.DAY
    display: Display = Display.VISIBLE
    cross: Cross = Cross.CONTINUOUS
    intermarket_sweep: bool = False
    attributes: OrderAttributes = PLAIN

    @property
    def terms(self):
        letters = (b"BSTE"[self.side : self.side + 1],)
        return OrderTerms(self.side, self.time_in_force, self.display, self.cross, self.intermarket_sweep, letters)


def ticket(side, quantity, at, *, ioc=False, hidden=False, good_for=None, **rest):
    """An order. `good_for` is a life in seconds; other names are fields of the ticket or of its attributes."""
    attributes = {name: rest.pop(name) for name in list(rest) if name in OrderAttributes.__struct_fields__}
    if good_for is not None:
        rest["time_in_force"] = TimeInForce.GOOD_TILL_TIME
        attributes["expire_time"] = good_for
    if ioc:
        rest["time_in_force"] = TimeInForce.IMMEDIATE_OR_CANCEL
    if hidden:
        rest["display"] = Display.HIDDEN
    return Ticket(side, quantity, at, attributes=OrderAttributes(**attributes) if attributes else PLAIN, **rest)


def buy(quantity, at, **rest):
    return ticket(Side.BUY, quantity, at, **rest)


def sell(quantity, at, **rest):
    return ticket(Side.SELL, quantity, at, **rest)


def short(quantity, at, **rest):
    return ticket(Side.SELL_SHORT, quantity, at, **rest)


def short_exempt(quantity, at, **rest):
    return ticket(Side.SELL_SHORT_EXEMPT, quantity, at, **rest)


# What a trader hears.


@dataclass(frozen=True)
class Event:
    order: int


@dataclass(frozen=True)
class Where:
    """Which port was told, when, and the order's reference number."""

    port: str = ""
    now: int = 0
    reference: int = 0


@dataclass(frozen=True)
class Accepted(Event):
    quantity: int
    at: str
    dead: bool = False
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Replaced(Event):
    original: int
    quantity: int
    at: str
    dead: bool = False
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Modified(Event):
    quantity: int
    side: Side = Side.SELL
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Canceled(Event):
    quantity: int
    reason: CancelReason = CancelReason.USER
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Executed(Event):
    quantity: int
    at: str
    liquidity: Liquidity
    match: int
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Broken(Event):
    match: int
    reason: BrokenTradeReason
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Day:
    event: SystemEvent
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Rejected:
    reason: Reject
    refusal: Refusal | None = field(default=None, compare=False)


def trade(incoming, resting, quantity, at, match, *, hidden=False):
    """Both sides of one trade, the incoming order first."""
    added = Liquidity.ADDED_HIDDEN if hidden else Liquidity.ADDED
    return [
        Executed(incoming, quantity, at, Liquidity.REMOVED, match),
        Executed(resting, quantity, at, added, match),
    ]


def whole(events):
    """Events with everything in them, for holding two engines against each other."""
    return [(type(event).__name__, astuple(event)) for event in events]


class RecordingSink:
    """Turns what a port is told into events, and checks that it is told of its own orders only."""

    def __init__(self, market, port):
        self.market = market
        self.port = port

    def where(self, order, now):
        assert order.port is self.port
        return Where(self.port.name, now, order.order_reference_number)

    def accepted(self, order, dead, now):
        event = Accepted(order.key, order.quantity, dollars(order.price), dead, self.where(order, now))
        self.market.hear(event, order, 0 if dead else order.quantity)

    def replaced(self, order, original, dead, now):
        assert original.port is order.port
        assert (original.level, original.before, original.after) == (None, None, None)
        del self.market.open[self.port.name, original.key]
        event = Replaced(order.key, original.key, order.quantity, dollars(order.price), dead, self.where(order, now))
        self.market.hear(event, order, 0 if dead else order.quantity)

    def modified(self, order, now):
        self.market.open[self.port.name, order.key] = 0
        event = Modified(order.key, order.quantity, order.terms.side, self.where(order, now))
        self.market.hear(event, order, order.quantity)

    def canceled(self, order, quantity, reason, now):
        self.market.hear(Canceled(order.key, quantity, reason, self.where(order, now)), order, -quantity)

    def executed(self, order, quantity, price, liquidity, match, now):
        event = Executed(order.key, quantity, dollars(price), liquidity, match, self.where(order, now))
        self.market.hear(event, order, -quantity)

    def broken(self, key, cl_ord_id, match, reason, now):
        assert cl_ord_id == label(key)
        self.market.events.append(Broken(key, match, reason, Where(self.port.name, now)))

    def system_event(self, event, now):
        self.market.events.append(Day(event, Where(self.port.name, now)))


def label(key):
    return b"order-%d" % key


class Market:
    """One engine and its ports. What is asked returns the events that it caused, due expiries first."""

    def __init__(self, *rules, symbols=SYMBOLS, ports=PORTS, audited=True):
        self.engine = Engine()
        self.events = []
        self.open = {}
        self.audited = audited
        self.now = MIDNIGHT + 10 * HOUR
        self.last_key = 0
        self.configure(*rules, symbols=symbols, ports=ports)
        self.next_day(TODAY)

    # Orders.

    def enter(self, ticket):
        with Step(self) as step:
            self.last_key += 1
            port = self.engine.ports[ticket.by]
            self.engine.arrived(port, self.now)
            scope = self.engine.scope(port, ticket.symbol)
            if scope is None:
                self.refuse(Refusal(Reject.INVALID_SYMBOL))
            else:
                self.refuse(self.engine.enter(self.order(port, scope, ticket), self.now))
        return step.events

    def replace(self, key, ticket):
        """Replace as an OUCH port does: faulty details, or nothing left to trade, end the original."""
        with Step(self) as step:
            original = self.find(key)
            if original is None:
                return []
            self.last_key += 1
            self.engine.arrived(original.port, self.now)
            order = self.order(original.port, original.scope, ticket)
            if self.engine.fault(order) is not None or order.size <= original.size - original.quantity:
                self.engine.cancel_to(original, 0, self.now)
            else:
                self.refuse(self.engine.replace(original, order, self.now))
        return step.events

    def cancel(self, key, to=0):
        with Step(self) as step:
            order = self.find(key)
            if order is not None:
                self.engine.cancel_to(order, to, self.now)
        return step.events

    def modify(self, key, side=None, to=None):
        with Step(self) as step:
            order = self.find(key)
            if order is not None:
                self.engine.arrived(order.port, self.now)
                terms = order.terms if side is None else msgspec.structs.replace(order.terms, side=side)
                size = order.size if to is None else to
                self.refuse(self.engine.modify(order, terms, order.attributes, size, self.now))
        return step.events

    def mass_cancel(self, by="IN1", symbol="", side=None, group=None):
        with Step(self) as step:
            port = self.engine.ports[by]
            count = self.engine.mass_cancel(port, symbol, side, group, self.now)
            assert count == len(self.events) - step.first
        return step.events

    def set_entry(self, by, enabled):
        with Step(self) as step:
            self.engine.arrived(self.engine.ports[by], self.now)
            self.engine.set_entry(self.engine.ports[by], enabled)
        return step.events

    def message(self, by="IN1"):
        """Any message that counts towards the rate and does nothing."""
        self.engine.arrived(self.engine.ports[by], self.now)

    def wait(self, seconds=0, nanoseconds=0):
        self.now += int(seconds * SECOND) + nanoseconds
        with Step(self) as step:
            pass
        return step.events

    # Operators.

    def do(self, command):
        with Step(self) as step:
            handle(self.engine, command, self.now, self.connect)
        return step.events

    def configure(self, *rules, symbols=SYMBOLS, ports=PORTS, markets=MARKETS):
        return self.do(Configure(markets, symbols, ports, rules))

    def next_day(self, date):
        return self.do(NextDay(date, date, {entry.key: self.now - 10 * HOUR for entry in MARKETS}))

    def prices(self, symbol="ZWZZT", **prices):
        ticked = {name: None if price is None else ticks(price) for name, price in prices.items()}
        return self.do(SetPrices(symbol, ticked))

    def halt(self, symbol="ZWZZT", exchange="nasdaq", halted=True):
        return self.do(SetHalt(exchange, symbol, halted))

    def bust(self, match, reason=BrokenTradeReason.ERRONEOUS, exchange="nasdaq"):
        return self.do(BustTrade(exchange, match, reason))

    def release(self, port="IN1"):
        return self.do(ReleasePort(port))

    # Looking inside.

    @property
    def refusal(self):
        """The last refusal, with its figures."""
        return next(event.refusal for event in reversed(self.events) if isinstance(event, Rejected))

    def find(self, key):
        return next((port.orders[key] for port in self.engine.ports.values() if key in port.orders), None)

    def security(self, symbol="ZWZZT"):
        return self.engine.securities[symbol]

    def state(self):
        """The canonical bytes that the state hash is taken over."""
        return msgspec.msgpack.encode(dump(self.engine), order="sorted")

    def reloaded(self):
        """A second market whose engine starts from the snapshot of this one."""
        copy = object.__new__(Market)
        copy.engine = Engine()
        copy.events = list(self.events)
        copy.open = dict(self.open)
        copy.audited, copy.now, copy.last_key = self.audited, self.now, self.last_key
        load(copy.engine, msgspec.msgpack.decode(self.state(), type=EngineState), copy.connect)
        return copy

    # The machinery.

    def connect(self, port):
        return RecordingSink(self, port)

    def order(self, port, scope, ticket):
        key = self.last_key
        return Order(port, scope, ticket.terms, ticket.attributes, ticket.quantity, ticks(ticket.at), label(key), key)

    def refuse(self, refusal):
        if refusal is not None:
            self.events.append(Rejected(refusal.reason, refusal))

    def hear(self, event, order, shares):
        self.events.append(event)
        name = order.port.name, order.key
        self.open[name] = self.open.get(name, 0) + shares
        assert self.open[name] >= 0
        if not self.open[name]:
            del self.open[name]
            assert (order.level, order.before, order.after) == (None, None, None), "a dangling link"


class Step:
    """One thing asked: expiries that are due come first, the audit comes last."""

    def __init__(self, market):
        self.market = market
        self.first = 0
        self.events = []

    def __enter__(self):
        self.first = len(self.market.events)
        self.market.engine.advance(self.market.now)
        return self

    def __exit__(self, kind, *_):
        self.events = self.market.events[self.first :]
        if kind is None and self.market.audited:
            audit(self.market)


def audit(market):
    """Hold the books against themselves, the ports and the events."""
    resting = {}
    for exchange in market.engine.markets.values():
        for book in exchange.books.values():
            for side in (book.buys, book.sells):
                for ladder in (side.shown, side.hidden):
                    for order in audit_ladder(ladder):
                        assert (order.terms.side == Side.BUY) == (side is book.buys)
                        assert (order.terms.display == Display.HIDDEN) == (ladder is side.hidden)
                        assert order.scope.book is book
                        resting[order.port.name, order.key] = order
            bids = [order.price for order in book.buys.orders()]
            offers = [order.price for order in book.sells.orders()]
            assert not bids or not offers or max(bids) < min(offers), "crossed"
    listed = {(name, key): order for name, port in market.engine.ports.items() for key, order in port.orders.items()}
    assert listed == resting
    assert {name: order.quantity for name, order in resting.items()} == market.open, "shares are not conserved"


def audit_ladder(ladder):
    assert ladder.keys == sorted(ladder.levels)
    orders = []
    for key, level in ladder.levels.items():
        assert (level.key, level.ladder, level.price) == (key, ladder, key * ladder.sign)
        queue, order = [], level.head
        while order is not None:
            assert order.before is (queue[-1] if queue else None)
            assert order.level is level
            assert order.price == level.price
            assert 0 < order.quantity <= order.size
            queue.append(order)
            order = order.after
        assert queue, "an empty level"
        assert level.tail is queue[-1]
        assert level.quantity == sum(order.quantity for order in queue)
        orders += queue
    return orders


# Risk rules.


def rule(kind, name, *, port=None, exchange="NASDAQ", mpid="INET", symbols=(), **settings):
    return RuleEntry(name, kind, exchange, mpid, port, symbols, settings)


def max_shares(limit, name="shares", **rest):
    return rule("max-shares", name, limit=limit, **rest)


def max_notional(limit, name="notional", **rest):
    """A limit in whole dollars."""
    return rule("max-notional", name, limit=limit, **rest)


def restricted(*symbols, name="restricted", enabled=True, **rest):
    return rule("restricted-stock", name, symbols=symbols, enabled=enabled, **rest)


def fat_finger(
    amount="0", percent="0", *, name="fat", ranges=None, auction=False, sweeps=True, aggressive_only=False, **rest
):
    """One amount (dollars) and percentage for all six ranges, or `ranges` of six such pairs."""
    pairs = tuple((ticks(dollar), int(Decimal(cent) * 10_000)) for dollar, cent in ranges or [(amount, percent)] * 6)
    return rule(
        "fat-finger",
        name,
        ranges=pairs,
        include_auction=auction,
        include_intermarket_sweep=sweeps,
        aggressive_only=aggressive_only,
        **rest,
    )


def message_rate(limit, window=1, name="rate", port="IN1", **rest):
    """At most `limit` messages in `window` seconds."""
    return rule("order-rate", name, port=port, max_port_messages=limit, port_window=window, **rest)
