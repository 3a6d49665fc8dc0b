"""The displayed orders of every book, and what becomes of each: what order events and the ITCH feed are made of.

    the taps' notes ─▶ Shown ─▶ Added, Executed, Reduced, Deleted, Replaced: what a displayed book can be built of

An order is known by the number under which it is displayed, which is its order reference number until a reserve is
displayed again, under a number of its own. What traded is told as it happened. All else is told at the end of a record,
by holding each order that something happened to against what was told of it last: so nothing is told that did not last,
and whatever the engine does to an order, the book that is built of the events is the engine's.

Nothing here changes anything. It is made in the replica, for whoever follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from engine.api import Display, Liquidity, Order, Side
from engine.book import Book, Level, Reserve
from engine.engine import Engine
from engine.orders import is_live
from venue.sidecar.tap import Filled, Touched


class Added(NamedTuple):
    """An order has a place at the end of its price's queue; `mpid` where it is attributed. Prices are ticks."""

    number: int
    side: str
    price: int
    quantity: int
    mpid: str | None


class Executed(NamedTuple):
    """Shares of it traded; `displayed` is its own price. Not `printed`: a cross tells of them too."""

    number: int
    quantity: int
    price: int
    match: int
    printed: bool
    displayed: int


class Reduced(NamedTuple):
    """Shares of it are gone, and it keeps its place."""

    number: int
    quantity: int


class Deleted(NamedTuple):
    """All that was left of it is gone."""

    number: int


class Replaced(NamedTuple):
    """Another has its place, at the end of a queue."""

    number: int
    new: int
    price: int
    quantity: int


Change = Added | Executed | Reduced | Deleted | Replaced
UNSEEN: Final = frozenset({Liquidity.ADDED_HIDDEN, Liquidity.ADDED_RESERVE, Liquidity.ADDED_MIDPOINT})
"""Executions of what was not displayed."""


class Line:
    """What was told of a displayed order last: its number, the order's own number then, price, shares still there.

    `whose` are its side and firm, which no replacement changes.
    """

    __slots__ = ("entered", "number", "price", "quantity", "whose")

    def __init__(self, number: int, order: Order) -> None:
        self.number = number
        self.entered = order.order_reference_number
        self.price = order.price
        self.quantity = order.quantity
        self.whose = whose(order)


class Shown:
    """The displayed orders of an engine's books, as they were told; `begin` takes what is there as told.

    An order that was displayed before, and is so again, has the number that it had. Where that may not be, `renumber`
    gives it another; the engine has none for what has only moved.
    """

    def __init__(self, renumber: Callable[[], int] | None = None) -> None:
        self.books: dict[Book, dict[Order, Line]] = {}
        self.renumber = renumber
        self._known: dict[Order, None] = {}

    def begin(self, engine: Engine) -> None:
        """Take every order that is displayed now as told."""
        self.books.clear()
        for market in engine.markets.values():
            for book in market.books.values():
                self.books[book] = {order: line(order) for order in displayed(book)}

    def lines(self, book: Book) -> dict[Order, Line]:
        """Give what was told of a book's orders."""
        return self.books.setdefault(book, {})

    def filled(self, fill: Filled, *, printed: bool) -> Executed | None:
        """Tell that a displayed order traded, None of one that is not; a cross's trades are not `printed`."""
        known = self.lines(fill.order.scope.book).get(fill.order)
        if known is None or not known.quantity or fill.liquidity in UNSEEN:
            return None
        quantity = min(fill.quantity, known.quantity)
        known.quantity -= quantity
        return Executed(known.number, quantity, fill.price, fill.match, printed, known.price)

    def settle(self, notes: Iterable[Touched | Filled], changed: Iterable[Book]) -> Iterator[tuple[Book, Change]]:
        """Tell what else became of the orders of some notes, and of all orders of books that `changed` as a whole."""
        orders: dict[Order, None] = {}
        originals: dict[Order, Order] = {}
        numbers: dict[Order, int] = {}
        for note in notes:
            if isinstance(note, Touched):
                if note.original is not None:
                    originals[note.order] = note.original
                    orders[note.original] = None
                if note.number:
                    numbers[note.order] = note.number
            orders[note.order] = None
        for book in changed:
            orders |= dict.fromkeys([*self.lines(book), *displayed(book)])
        replaced = set(originals.values())
        told = [
            (order, change)
            for order in orders
            if order not in replaced
            for change in self._settle(order, first_of(order, originals), numbers.get(order, 0))
        ]
        yield from ((order.scope.book, change) for order, change in in_line(told))

    def _settle(self, order: Order, originals: list[Order], number: int) -> Iterator[Change]:
        """Tell what became of one order, which took the place of others."""
        lines = self.lines(order.scope.book)
        known = lines.pop(order, None)
        for original in originals:
            self._known.pop(original, None)
            before = lines.pop(original, None)
            if before is not None and before.quantity:
                known = before
        if not order.is_displayed:
            if order in self._known and not is_live(order):
                del self._known[order]
            if known is not None and known.quantity:
                yield Deleted(known.number)
            return
        present = line(order, number)
        if known is not None and not number and known.entered == present.entered:
            present.number = known.number  # that of a part of a reserve, it may be
        if known is not None and known.quantity and known.whose != present.whose:
            yield Deleted(known.number)
            known = None
        if self.renumber is not None:
            if not number and (order in self._known or (known is not None and known.number == present.number)):
                self._give_number(known, present, self.renumber)
            self._known[order] = None
        if known is None or not known.quantity:
            lines[order] = present
            yield added(order, present.number)
        elif (known.number, known.price) == (present.number, present.price) and present.quantity <= known.quantity:
            lines[order] = present
            if present.quantity < known.quantity:
                yield Reduced(known.number, known.quantity - present.quantity)
        else:
            lines[order] = present
            yield Replaced(known.number, present.number, order.price, order.quantity)

    @staticmethod
    def _give_number(known: Line | None, present: Line, renumber: Callable[[], int]) -> None:
        """Give an order that is displayed again, or has moved, a number that was not used."""
        if known is None or not known.quantity or present.price != known.price or present.quantity > known.quantity:
            present.number = renumber()

    def orders(self, book: Book) -> Iterator[Added]:
        """Give the displayed orders of a book in the order in which they trade, buys first."""
        lines = self.lines(book)
        return (added(order, lines[order].number) for order in displayed(book))


def in_line(told: list[tuple[Order, Change]]) -> list[tuple[Order, Change]]:
    """Give what was told so that orders which take a new place at one price do so in the order of its queue."""
    joining: dict[Level, dict[Order, int]] = {}
    for i, (order, change) in enumerate(told):
        if isinstance(change, Added | Replaced) and order.level is not None:
            joining.setdefault(order.level, {})[order] = i
    arranged = list(told)
    for level, places in joining.items():
        if len(places) > 1:
            queued = [order for order in level.orders() if order in places]
            for place, order in zip(sorted(places.values()), queued, strict=True):
                arranged[place] = told[places[order]]
    return arranged


def first_of(order: Order, originals: dict[Order, Order]) -> list[Order]:
    """Give the orders whose place an order took, the latest first."""
    found = []
    original = originals.get(order)
    while original is not None:
        found.append(original)
        original = originals.get(original)
    return found


def displayed(book: Book) -> Iterator[Order]:
    """Go through the displayed orders of a book, best and first first, buys before sells."""
    for side in (book.buys, book.sells):
        for order in side.shown.orders():
            assert not isinstance(order, Reserve)
            yield order


def line(order: Order, number: int = 0) -> Line:
    """Give what there is to tell of a displayed order, under a new number or its own."""
    return Line(number or order.order_reference_number, order)


def whose(order: Order) -> tuple[str, str | None]:
    """Give an order's side, and its firm where it is attributed."""
    attributed = order.terms.display is Display.ATTRIBUTABLE
    return "B" if order.terms.side is Side.BUY else "S", order.port.mpid if attributed else None


def added(order: Order, number: int) -> Added:
    """Tell of a displayed order as if it came now; of its firm only where the order says so."""
    side, mpid = whose(order)
    return Added(number, side, order.price, order.quantity, mpid)
