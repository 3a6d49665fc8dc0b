"""A venue's engine as traders and operators meet it: orders in, events out, every book audited after every step.

    market.enter(buy(100, at="10.00")) == [Accepted(1, 100, "10.00")]

A `Market` numbers orders 1, 2, 3… over all ports. The audit holds the books against the events alone: what was
accepted and neither traded nor left must be what rests.
"""

import msgspec
from audit import audit
from words import (
    HOUR,
    MARKETS,
    MIDNIGHT,
    PORTS,
    SYMBOLS,
    TODAY,
    Accepted,
    Broken,
    Canceled,
    CancelPending,
    CancelRejected,
    CarriedOver,
    Day,
    Executed,
    MassCanceled,
    Modified,
    Prevented,
    Rejected,
    Replaced,
    Repriced,
    Restated,
    Where,
    dollars,
    ticks,
)

from engine.api import (
    SECOND,
    BrokenTradeReason,
    BustTrade,
    Configure,
    CrossStage,
    NextDay,
    Order,
    OrderTerms,
    Refusal,
    Reject,
    ReleasePort,
    SetHalt,
    SetPhase,
    SetPrices,
    SetStorage,
)
from engine.commands import handle
from engine.engine import Engine
from engine.following import is_parked
from engine.state import EngineState, dump, dump_trades, load


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
        event = Modified(order.key, order.open, order.terms.side, self.where(order, now))
        self.market.hear(event, order, order.open)

    def canceled(self, order, quantity, reason, now):
        self.market.hear(Canceled(order.key, quantity, reason, self.where(order, now)), order, -quantity)

    def executed(self, order, quantity, price, liquidity, match, now):
        event = Executed(order.key, quantity, dollars(price), liquidity, match, self.where(order, now))
        self.market.hear(event, order, -quantity)

    def prevented(self, order, removed, quantity, price, liquidity, strategy, now):
        where = self.where(order, now)
        event = Prevented(order.key, removed, quantity, dollars(price), liquidity, strategy, where)
        self.market.hear(event, order, -removed)

    def cancel_pending(self, order, now):
        self.market.events.append(CancelPending(order.key, self.where(order, now)))

    def cancel_rejected(self, order, now):
        self.market.events.append(CancelRejected(order.key, self.where(order, now)))

    def restated(self, order, displayed, number, now):
        assert displayed == order.quantity
        self.market.events.append(Restated(order.key, displayed, Where(self.port.name, now, number)))

    def repriced(self, order, number, now):
        assert is_parked(order) is (number == 0)
        price = dollars(order.price) if number else None
        self.market.events.append(Repriced(order.key, price, Where(self.port.name, now, number)))

    def mass_canceled(self, request, now):
        self.market.events.append(MassCanceled(request, Where(self.port.name, now)))

    def broken(self, key, cl_ord_id, match, reason, now):
        assert cl_ord_id == label(key)
        self.market.events.append(Broken(key, match, reason, Where(self.port.name, now)))

    def system_event(self, event, now):
        self.market.events.append(Day(event, Where(self.port.name, now)))

    def carried_over(self, order, now):
        assert order.open == self.market.open[self.port.name, order.key]
        self.market.events.append(CarriedOver(order.key, order.open, self.where(order, now)))


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
            scope = self.engine.scope(port, ticket.symbol, ticket.user)
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
            scope = self.engine.scope(original.port, original.scope.book.symbol, ticket.user) or original.scope
            order = self.order(original.port, scope, ticket)
            if self.engine.fault(order) is not None or order.size <= original.size - original.open:
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
                terms = order.terms if side is None else OrderTerms(side, *order.terms.state[1:])
                size = order.size if to is None else to
                self.refuse(self.engine.modify(order, terms, order.attributes, size, self.now))
        return step.events

    def mass_cancel(self, by="IN1", symbol="", side=None, group=None):
        with Step(self) as step:
            port = self.engine.ports[by]
            self.engine.finish(port, self.now)
            self.engine.mass_cancel(port, symbol, side, group, b"", self.now)
        return step.events

    def disconnect(self, by="IN1"):
        """The port loses its connection."""
        with Step(self) as step:
            self.engine.disconnected(self.engine.ports[by], self.now)
        return step.events

    def work_off(self):
        """The next slice of a mass cancel that is not done."""
        with Step(self) as step:
            self.engine.work_off_next(self.now)
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

    def configure(self, *rules, symbols=SYMBOLS, ports=PORTS, markets=MARKETS, firms=()):
        return self.do(Configure(tuple(markets), tuple(symbols), tuple(ports), rules, firms))

    def next_day(self, date):
        return self.do(NextDay(date, date, {entry.key: self.now - 10 * HOUR for entry in MARKETS}))

    def prices(self, symbol="ZWZZT", **prices):
        ticked = {name: None if price is None else ticks(price) for name, price in prices.items()}
        return self.do(SetPrices(symbol, ticked))

    def halt(self, symbol="ZWZZT", exchange="nasdaq", halted=True):
        return self.do(SetHalt(exchange, symbol, halted))

    def phase(self, phase, symbol="ZWZZT", exchange="nasdaq", stage=CrossStage.OPEN):
        return self.do(SetPhase(exchange, symbol, phase, stage=stage))

    def storage(self, low):
        return self.do(SetStorage(low))

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
        copy = object.__new__(type(self))
        copy.engine = Engine()
        copy.events = list(self.events)
        copy.open = dict(self.open)
        copy.audited, copy.now, copy.last_key = self.audited, self.now, self.last_key
        state = msgspec.msgpack.decode(self.state(), type=EngineState)
        load(copy.engine, state, dump_trades(self.engine), copy.connect)
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
            assert order.reserve is None, "a dangling reserve"


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
