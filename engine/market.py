"""A security, which is one thing across the markets that list it, and a market with its books, numbers and trades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.api import ROUND_LOT, BookEntry
from engine.book import Book
from engine.phases import crosses_of
from engine.trades import OpenStore, Trades

if TYPE_CHECKING:
    from engine.tape import Tape


class Security:
    """What is one thing across the markets that list a symbol: its prices.

    `bid` and `offer` are the national best: the outside quote where one is set, else the best displayed of all books.
    A Nordic one has an `entry`, one book, the thresholds of continuous fat finger and of the volatility guards in
    1/10,000 of a percent, and a `reference` where its opening is held against another price than the previous close.
    `official_open` and `official_close` are what its calls made of this day, None until then; `guard_reference` is what
    its static guard goes by, where that is not the previous close. A US one has a `tape` where bands or the short sale
    price test are on.
    `average_daily_volume` is the `given_volume` of the configuration or of operations where there is one, else the mean
    of `volumes`, the shares of the last twenty days on which the venue itself traded it.
    """

    __slots__ = (
        "average_daily_volume",
        "bid",
        "books",
        "dynamic_guard",
        "entry",
        "fat_finger_aggressive",
        "fat_finger_passive",
        "given_volume",
        "guard_reference",
        "last",
        "listed",
        "luld_lower",
        "luld_upper",
        "offer",
        "official_close",
        "official_open",
        "outside_bid",
        "outside_offer",
        "previous_close",
        "reference",
        "round_lot",
        "static_guard",
        "symbol",
        "tape",
        "ticks",
        "volumes",
    )

    def __init__(self, symbol: str, ticks: tuple[tuple[int, int], ...], entry: BookEntry | None = None) -> None:
        self.symbol = symbol
        self.ticks = ticks
        self.entry = entry
        self.round_lot = ROUND_LOT if entry is None else 1
        self.books: list[Book] = []
        self.listed = True
        self.previous_close: int | None = None
        self.last: int | None = None
        self.outside_bid: int | None = None
        self.outside_offer: int | None = None
        self.luld_lower: int | None = None
        self.luld_upper: int | None = None
        self.average_daily_volume = 0
        self.given_volume: int | None = None
        self.volumes: tuple[int, ...] = ()
        self.bid: int | None = None
        self.offer: int | None = None
        self.fat_finger_aggressive: int | None = None
        self.fat_finger_passive: int | None = None
        self.reference: int | None = None
        self.static_guard: int | None = None
        self.dynamic_guard: int | None = None
        self.guard_reference: int | None = None
        self.tape: Tape | None = None
        self.official_open: int | None = None
        self.official_close: int | None = None

    def quote(self, sign: int) -> None:
        """Work out the national best bid (`sign` 1) or offer (-1) anew; to be called when a best price has changed."""
        best: int | None = None
        for book in self.books:
            keys = book.buys.shown.keys if sign > 0 else book.sells.shown.keys
            if keys and (best is None or keys[-1] > best):
                best = keys[-1]
        if sign > 0:
            self.bid = best if self.outside_bid is None else self.outside_bid
        else:
            price = None if best is None else -best
            self.offer = price if self.outside_offer is None else self.outside_offer
        if self.tape is not None:
            self.tape.quoted()

    def settle_volume(self) -> None:
        """Work out the average daily volume anew, in whole shares."""
        mean = sum(self.volumes) // len(self.volumes) if self.volumes else 0
        self.average_daily_volume = mean if self.given_volume is None else self.given_volume

    def on_tick(self, price: int) -> bool:
        """Whether `price` is a multiple of the tick of its price range (ranges are listed highest first)."""
        for floor, tick in self.ticks:
            if price >= floor:
                return price % tick == 0
        return False

    def tick_above(self, price: int) -> int:
        """Give the lowest price above `price` that is on tick."""
        tick = next(tick for floor, tick in self.ticks if price >= floor or floor == self.ticks[-1][0])
        return (price // tick + 1) * tick


class Market:
    """One exchange of the venue: its books, and its own numbers for orders and trades.

    `midnight` is where its hours count from; timestamps of its ports may count from another. `crosses` are the calls or
    crosses that orders may be tied to.
    """

    __slots__ = (
        "after_hours_close",
        "after_hours_open",
        "books",
        "crosses",
        "key",
        "match_number",
        "midnight",
        "open_store",
        "order_reference_number",
        "rule_book",
        "trades",
    )

    def __init__(self, key: str, open_store: OpenStore, rule_book: str = "eqrc") -> None:
        self.key = key
        self.rule_book = rule_book
        self.crosses = crosses_of(rule_book, has_crosses=False)
        self.books: dict[str, Book] = {}
        self.open_store = open_store
        self.trades = Trades(open_store())
        self.order_reference_number = 0
        self.match_number = 0
        self.midnight = 0
        self.after_hours_open = 0
        self.after_hours_close = 0

    def open_book(self, security: Security) -> Book:
        """Open a book of a security."""
        book = self.books[security.symbol] = Book(self, security)
        security.books.append(book)
        return book

    def next_day(self) -> None:
        """Begin the numbers and trades of a new day."""
        self.order_reference_number = self.match_number = 0
        self.trades.store.close()
        self.trades = Trades(self.open_store())
