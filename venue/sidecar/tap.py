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
    SelfMatchPrevention,
    Sink,
    SystemEvent,
)
from engine.book import Book, Ladder
from engine.engine import Engine


class TradeSeen(NamedTuple):
    """A trade as it happened: price in ticks, venue time in nanoseconds."""

    market: str
    symbol: str
    quantity: int
    price: int
    match: int
    time: int


class Top(NamedTuple):
    """The best displayed prices of a book, in ticks, and what is displayed there; None and 0 where there is nothing."""

    bid: int | None
    bid_size: int
    ask: int | None
    ask_size: int


class Seen:
    """What the taps of a machine saw since it was last taken: books that may have another top, and trades."""

    def __init__(self) -> None:
        self.books: dict[Book, None] = {}
        self.trades: list[TradeSeen] = []
        self.taps: list[Tap] = []
        self._last = ("", 0)

    def stand_by(self, engine: Engine) -> None:
        """Stand in front of every port that has no tap yet."""
        ports = list(engine.ports.values())
        for port in ports[len(self.taps) :]:
            tap = Tap(port.sink, self)
            port.sink = tap
            self.taps.append(tap)

    def step_aside(self, engine: Engine) -> None:
        """Let every port be told directly again."""
        for port, tap in zip(engine.ports.values(), self.taps, strict=False):
            port.sink = tap.sink
        self.taps.clear()
        self.books.clear()
        self.trades.clear()

    def traded(self, order: Order, quantity: int, price: int, match: int, now: int) -> None:
        """Note a trade when the first of its two sides is told."""
        book = order.scope.book
        self.books[book] = None
        trade = book.market.key, match
        if trade != self._last:
            self._last = trade
            self.trades.append(TradeSeen(book.market.key, book.symbol, quantity, price, match, now))


class Tap:
    """Stands in front of one port's sink; it is a `Sink` itself."""

    def __init__(self, sink: Sink, seen: Seen) -> None:
        self.sink = sink
        self.seen = seen

    def accepted(self, order: Order, dead: bool, now: int) -> None:
        """See `Sink`."""
        self.seen.books[order.scope.book] = None
        self.sink.accepted(order, dead, now)

    def replaced(self, order: Order, original: Order, dead: bool, now: int) -> None:
        """See `Sink`."""
        self.seen.books[order.scope.book] = None
        self.sink.replaced(order, original, dead, now)

    def modified(self, order: Order, now: int) -> None:
        """See `Sink`."""
        self.seen.books[order.scope.book] = None
        self.sink.modified(order, now)

    def canceled(self, order: Order, quantity: int, reason: CancelReason, now: int) -> None:
        """See `Sink`."""
        self.seen.books[order.scope.book] = None
        self.sink.canceled(order, quantity, reason, now)

    def executed(self, order: Order, quantity: int, price: int, liquidity: Liquidity, match: int, now: int) -> None:
        """See `Sink`."""
        self.seen.traded(order, quantity, price, match, now)
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
        self.seen.books[order.scope.book] = None
        self.sink.prevented(order, removed, quantity, price, liquidity, strategy, now)

    def restated(self, order: Order, displayed: int, number: int, now: int) -> None:
        """See `Sink`."""
        self.seen.books[order.scope.book] = None
        self.sink.restated(order, displayed, number, now)

    def carried_over(self, order: Order, now: int) -> None:
        """See `Sink`."""
        self.seen.books[order.scope.book] = None
        self.sink.carried_over(order, now)

    def mass_canceled(self, request: bytes, now: int) -> None:
        """See `Sink`."""
        self.sink.mass_canceled(request, now)

    def broken(self, key: int, cl_ord_id: bytes, match: int, reason: BrokenTradeReason, now: int) -> None:
        """See `Sink`."""
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
