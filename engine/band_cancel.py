"""What price bands leave behind, where a firm's market impact rule ends it: looked at in slices, best prices first.

Which levels it is about is settled when the bands move, which orders of a level when its turn comes. An order ends
where it is still beyond the bands by then, and a rule still says so. What is entered meanwhile the check holds to the
new bands. Ports are heard all along, and may trade with orders that are to go, change or cancel them. When the bands
move again, it begins anew.

Source: EQRC guide 3.1.14.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from engine.api import MAXIMUM_PRICE
from engine.mass_cancel import ORDERS_A_SLICE
from engine.orders import Order, is_live
from engine.terms import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.book import Book, BookSide, Ladder
    from engine.market import Security

LevelName = tuple[str, bool, bool, int]
"""Where a level is: market, whether it buys, whether it is displayed, and its key there."""
MARKET_HOURS: Final = Phase.CONTINUOUS


class BandCancel:
    """What is left of it for a security: `orders` of the present level and the `levels` after it, the next ones last.

    None stands for an order that is gone: it counts in a slice too.
    """

    __slots__ = ("levels", "orders", "security")

    def __init__(self, security: Security) -> None:
        self.security = security
        self.orders: list[Order | None] = []
        self.levels: list[LevelName] = []

    def begin(self) -> None:
        """Settle which levels it is about: those beyond the bands, in books whose market does not keep to them."""
        names: list[LevelName] = []
        for book in sorted(self.security.books, key=lambda book: book.market.key):
            if book.phase is MARKET_HOURS and not is_held_to_bands(book):
                names += levels_beyond(book)
        self.levels = names[::-1]

    def slice(self) -> Iterator[Order]:
        """Go through those of the next orders that are still there."""
        for _ in range(ORDERS_A_SLICE):
            if self.is_done():
                return
            order = self.orders.pop()
            if order is not None and is_live(order):
                yield order

    def is_done(self) -> bool:
        """Tell whether nothing is left to look at, going on to the next level where this one is through."""
        while not self.orders and self.levels:
            market, is_buy, is_displayed, key = self.levels.pop()
            book = next(book for book in self.security.books if book.market.key == market)
            level = ladder_of(book.buys if is_buy else book.sells, is_displayed).levels.get(key)
            if level is not None:
                self.orders = [*level.orders()]
                self.orders.reverse()
        return not self.orders

    def names(self) -> list[tuple[str, int]]:
        """Give the orders as plain data, port and key; what is gone has no port."""
        return [
            (order.port.name, order.key) if order is not None and is_live(order) else ("", 0) for order in self.orders
        ]


def is_held_to_bands(book: Book) -> bool:
    """Whether a book's market keeps all its orders within the bands, whoever's they are."""
    tape = book.security.tape
    return tape is not None and book in tape.bands


def levels_beyond(book: Book) -> list[LevelName]:
    """Give the levels of a book that are beyond the price bands, best first."""
    names: list[LevelName] = []
    lower, upper = book.security.luld_lower, book.security.luld_upper
    for side, band in ((book.buys, upper), (book.sells, lower)):
        if band is None:
            continue
        for ladder in (side.shown, side.hidden):
            keys = reversed(ladder.keys[bisect_right(ladder.keys, band * side.sign) :])
            where = book.market.key, side.sign > 0, ladder.is_displayed
            names += [(*where, key) for key in keys if key <= MAXIMUM_PRICE]
    return names


def ladder_of(side: BookSide, is_displayed: bool) -> Ladder:
    """Give the displayed or the hidden levels of a side."""
    return side.shown if is_displayed else side.hidden
