"""A look at what the engine tells its ports, taken in the replica while somebody follows it live, and only there.

A `Tap` stands in front of a port's own sink, notes what happened, and passes it on: the port does not notice, and when
nobody follows there is none.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.api import (
    BrokenTradeReason,
    CancelReason,
    Liquidity,
    Order,
    Port,
    SelfMatchPrevention,
    Sink,
    SystemEvent,
)
from engine.book import Book, Ladder
from engine.engine import Engine


class Touched(NamedTuple):
    """Something of an order has changed; `original` is the order whose place it took, `number` its new one, if any."""

    order: Order
    original: Order | None = None
    number: int = 0


class Filled(NamedTuple):
    """One side of a trade: price in ticks, venue time in nanoseconds."""

    order: Order
    quantity: int
    price: int
    liquidity: Liquidity
    match: int
    time: int


class Broke(NamedTuple):
    """A trade does not stand: told of each of its sides."""

    market: str
    match: int
    reason: BrokenTradeReason


Note = Touched | Filled | Broke


class Top(NamedTuple):
    """The best displayed prices of a book, in ticks, and what is displayed there; None and 0 where there is nothing."""

    bid: int | None
    bid_size: int
    ask: int | None
    ask_size: int


class Seen:
    """What the taps of a machine saw since it was last taken, in order, and of which books it was."""

    def __init__(self) -> None:
        self.books: dict[Book, None] = {}
        self.notes: list[Note] = []
        self.taps: list[Tap] = []

    def stand_by(self, engine: Engine) -> None:
        """Stand in front of every port that has no tap yet."""
        ports = list(engine.ports.values())
        for port in ports[len(self.taps) :]:
            tap = Tap(port, self)
            port.sink = tap
            self.taps.append(tap)

    def stand_again(self, engine: Engine) -> None:
        """Stand in front of every port, of those too that have another sink since."""
        for port, tap in zip(engine.ports.values(), self.taps, strict=False):
            sink: Sink = port.sink
            while isinstance(sink, Tap) and sink is not tap:
                sink = sink.sink
            if sink is not tap:
                tap.sink, port.sink = port.sink, tap
        self.stand_by(engine)

    def step_aside(self, engine: Engine) -> None:
        """Let every port be told directly again."""
        for port, tap in zip(engine.ports.values(), self.taps, strict=False):
            port.sink = tap.sink
        self.taps.clear()
        self.forget()

    def forget(self) -> None:
        """Let go of what was seen."""
        self.books.clear()
        self.notes.clear()

    def touched(self, order: Order, original: Order | None = None, number: int = 0) -> None:
        """Note that something of an order has changed."""
        self.books[order.scope.book] = None
        self.notes.append(Touched(order, original, number))


class Tap:
    """Stands in front of one port's sink; it is a `Sink` itself."""

    def __init__(self, port: Port, seen: Seen) -> None:
        self.port = port
        self.sink: Sink = port.sink
        self.seen = seen

    def accepted(self, order: Order, dead: bool, now: int) -> None:
        """See `Sink`."""
        self.seen.touched(order)
        self.sink.accepted(order, dead, now)

    def replaced(self, order: Order, original: Order, dead: bool, now: int) -> None:
        """See `Sink`."""
        self.seen.touched(order, original)
        self.sink.replaced(order, original, dead, now)

    def modified(self, order: Order, now: int) -> None:
        """See `Sink`."""
        self.seen.touched(order)
        self.sink.modified(order, now)

    def canceled(self, order: Order, quantity: int, reason: CancelReason, now: int) -> None:
        """See `Sink`."""
        self.seen.touched(order)
        self.sink.canceled(order, quantity, reason, now)

    def executed(self, order: Order, quantity: int, price: int, liquidity: Liquidity, match: int, now: int) -> None:
        """See `Sink`."""
        self.seen.books[order.scope.book] = None
        self.seen.notes.append(Filled(order, quantity, price, liquidity, match, now))
        self.sink.executed(order, quantity, price, liquidity, match, now)

    def prevented(
        self,
        order: Order,
        removed: int,
        quantity: int,
        price: int,
        liquidity: Liquidity,
        strategy: SelfMatchPrevention,
        now: int,
    ) -> None:
        """See `Sink`."""
        self.seen.touched(order)
        self.sink.prevented(order, removed, quantity, price, liquidity, strategy, now)

    def restated(self, order: Order, displayed: int, number: int, now: int) -> None:
        """See `Sink`."""
        self.seen.touched(order, None, number)
        self.sink.restated(order, displayed, number, now)

    def repriced(self, order: Order, number: int, now: int) -> None:
        """See `Sink`."""
        self.seen.touched(order, None, number)
        self.sink.repriced(order, number, now)

    def carried_over(self, order: Order, now: int) -> None:
        """See `Sink`."""
        self.seen.touched(order)
        self.sink.carried_over(order, now)

    def cancel_pending(self, order: Order, now: int) -> None:
        """See `Sink`."""
        self.sink.cancel_pending(order, now)

    def cancel_rejected(self, order: Order, now: int) -> None:
        """See `Sink`."""
        self.sink.cancel_rejected(order, now)

    def mass_canceled(self, request: bytes, now: int) -> None:
        """See `Sink`."""
        self.sink.mass_canceled(request, now)

    def broken(self, key: int, cl_ord_id: bytes, match: int, reason: BrokenTradeReason, now: int) -> None:
        """See `Sink`."""
        self.seen.notes.append(Broke(self.port.market, match, reason))
        self.sink.broken(key, cl_ord_id, match, reason, now)

    def system_event(self, event: SystemEvent, now: int) -> None:
        """See `Sink`."""
        self.sink.system_event(event, now)


def top_of(book: Book) -> Top:
    """Give a book's best displayed prices."""
    bid, bid_size = _best(book.buys.shown)
    ask, ask_size = _best(book.sells.shown)
    return Top(bid, bid_size, ask, ask_size)


def _best(ladder: Ladder) -> tuple[int | None, int]:
    if not ladder.keys:
        return None, 0
    level = ladder.levels[ladder.keys[-1]]
    return level.price, level.quantity
