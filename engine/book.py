"""One order book: price first, displayed before hidden, then time.

Each side keeps its displayed and its hidden orders on two ladders, so "displayed before hidden" is a comparison of
two best prices, and the best displayed price (a part of the NBBO) is one look-up. A ladder's price levels lie in a
dict; the live prices also in a sorted list with the best *last*, where orders come and go. Within a level orders
form a doubly linked queue: nothing here costs more in a deep book than in a shallow one.

Prices on a ladder are keys: the price for buys, its negative for sells, so that "better" is "greater" on both sides. An
order trades with the other side's levels down to its own price as a key of that side.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Final

from engine.api import Display, Order, Port, Reject, Side

BUY: Final = Side.BUY
HIDDEN: Final = Display.HIDDEN

Party = tuple[Port, int, bytes]
"""One side of a trade: its port, and the key and label of its order."""


class Trade:
    """One execution between two orders, kept for the day so that it can be broken."""

    __slots__ = ("broken", "incoming", "match_number", "price", "quantity", "resting", "symbol", "time")

    def __init__(
        self, match_number: int, symbol: str, incoming: Party, resting: Party, quantity: int, price: int, time: int
    ) -> None:
        self.match_number = match_number
        self.symbol = symbol
        self.incoming = incoming
        self.resting = resting
        self.quantity = quantity
        self.price = price
        self.time = time
        self.broken = False


class Level:
    """The queue of orders at one price: `head` came first, `quantity` is their sum in shares."""

    __slots__ = ("head", "key", "ladder", "quantity", "tail")

    def __init__(self, ladder: Ladder, key: int) -> None:
        self.ladder = ladder
        self.key = key
        self.quantity = 0
        self.head: Order | None = None
        self.tail: Order | None = None

    @property
    def price(self) -> int:
        """The level's price in ticks."""
        return self.key * self.ladder.sign


class Ladder:
    """The price levels of one side, displayed or hidden; `sign` is 1 for buys and -1 for sells."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def add(self, order: Order) -> None:
        """Queue `order` behind all others at its price."""
        key = order.price * self.sign
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level(self, key)
            insort(self.keys, key)
        tail = level.tail
        if tail is None:
            level.head = order
        else:
            tail.after = order
            order.before = tail
        level.tail = order
        level.quantity += order.quantity
        order.level = level

    def orders(self) -> Iterator[Order]:
        """Go through all orders, best price and first come first."""
        for key in reversed(self.keys):
            order = self.levels[key].head
            while order is not None:
                yield order
                order = order.after


class BookSide:
    """All buys, or all sells, of a book."""

    __slots__ = ("hidden", "shown", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.shown = Ladder(sign)
        self.hidden = Ladder(sign)

    def best(self) -> Level | None:
        """Give the level that trades next: the better price, and at one price the displayed orders."""
        shown = self.shown.keys
        hidden = self.hidden.keys
        if not hidden:
            return self.shown.levels[shown[-1]] if shown else None
        if not shown or hidden[-1] > shown[-1]:
            return self.hidden.levels[hidden[-1]]
        return self.shown.levels[shown[-1]]

    def orders(self) -> Iterator[Order]:
        """Go through all orders, displayed ones first."""
        yield from self.shown.orders()
        yield from self.hidden.orders()


class Security:
    """What is one thing across the markets that list a symbol: its prices and its best bid and offer."""

    __slots__ = (
        "average_daily_volume",
        "books",
        "last",
        "listed",
        "luld_lower",
        "luld_upper",
        "outside_bid",
        "outside_offer",
        "previous_close",
        "symbol",
        "ticks",
    )

    def __init__(self, symbol: str, ticks: tuple[tuple[int, int], ...]) -> None:
        self.symbol = symbol
        self.ticks = ticks
        self.books: list[Book] = []
        self.listed = True
        self.previous_close: int | None = None
        self.last: int | None = None
        self.outside_bid: int | None = None
        self.outside_offer: int | None = None
        self.luld_lower: int | None = None
        self.luld_upper: int | None = None
        self.average_daily_volume = 0

    def best_bid(self) -> int | None:
        """Give the national best bid: the outside quote where one is set, else the best displayed of all books."""
        if self.outside_bid is not None:
            return self.outside_bid
        best: int | None = None
        for book in self.books:
            keys = book.buys.shown.keys
            if keys and (best is None or keys[-1] > best):
                best = keys[-1]
        return best

    def best_offer(self) -> int | None:
        """Give the national best offer, found like the bid."""
        if self.outside_offer is not None:
            return self.outside_offer
        best: int | None = None
        for book in self.books:
            keys = book.sells.shown.keys
            if keys and (best is None or keys[-1] > best):
                best = keys[-1]
        return None if best is None else -best

    def on_tick(self, price: int) -> bool:
        """Whether `price` is a multiple of the tick of its price range (ranges are listed highest first)."""
        for floor, tick in self.ticks:
            if price >= floor:
                return price % tick == 0
        return False


class Market:
    """One exchange of the venue: its books, and its own numbers for orders and trades."""

    __slots__ = (
        "after_hours_close",
        "after_hours_open",
        "books",
        "key",
        "match_number",
        "midnight",
        "order_reference_number",
        "trades",
    )

    def __init__(self, key: str) -> None:
        self.key = key
        self.books: dict[str, Book] = {}
        self.trades: dict[int, Trade] = {}
        self.order_reference_number = 0
        self.match_number = 0
        self.midnight = 0
        self.after_hours_open = 0
        self.after_hours_close = 0


class Book:
    """One security's orders in one market. `closed` is why nothing may enter, None when it may."""

    __slots__ = ("buys", "closed", "halted", "market", "security", "sells", "symbol")

    def __init__(self, market: Market, security: Security) -> None:
        self.market = market
        self.security = security
        self.symbol = security.symbol
        self.buys = BookSide(1)
        self.sells = BookSide(-1)
        self.halted = False
        self.closed: Reject | None = None

    def settle(self) -> None:
        """Work out anew why nothing may enter; to be called when the book is halted or resumed, or delisted."""
        self.closed = None if self.security.listed else Reject.INVALID_SYMBOL
        if self.halted and self.closed is None:
            self.closed = Reject.HALTED

    def add(self, order: Order) -> None:
        """Let `order` rest, last in the queue of its price."""
        terms = order.terms
        side = self.buys if terms.side is BUY else self.sells
        (side.hidden if terms.display is HIDDEN else side.shown).add(order)

    def orders(self) -> Iterator[Order]:
        """Go through all resting orders: buys then sells, each in ladder order."""
        yield from self.buys.orders()
        yield from self.sells.orders()


def unlink(order: Order) -> None:
    """Take a resting order off its level, and an empty level off its ladder. All links are cut: no cycle is left."""
    level = order.level
    assert level is not None
    before, after = order.before, order.after
    if before is None:
        level.head = after
    else:
        before.after = after
    if after is None:
        level.tail = before
    else:
        after.before = before
    order.before = order.after = order.level = None
    level.quantity -= order.quantity
    if level.head is None:
        ladder = level.ladder
        keys = ladder.keys
        if keys[-1] == level.key:
            keys.pop()
        else:
            del keys[bisect_left(keys, level.key)]
        del ladder.levels[level.key]


def shrink(order: Order, quantity: int) -> None:
    """Take `quantity` shares off a resting order that keeps its place."""
    assert order.level is not None
    order.quantity -= quantity
    order.level.quantity -= quantity
