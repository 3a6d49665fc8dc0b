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

from engine.api import (
    MAXIMUM_BOOK_QUANTITY,
    MAXIMUM_PRICE,
    PLAIN,
    ROUND_LOT,
    BookEntry,
    Cross,
    Display,
    Order,
    Phase,
    Reject,
    Side,
)
from engine.phases import GATHERING, JOINS, REASONS
from engine.trades import OpenStore, Trades

BUY: Final = Side.BUY
HIDDEN: Final = Display.HIDDEN
CONTINUOUS: Final = Cross.CONTINUOUS
WAITING: Final = 1
AT_MARKET: Final = 2
"""The two queues of orders that stand aside: those that wait for their call, and in a call those without a price."""


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

    def orders(self) -> Iterator[Order]:
        """Go through its orders, first come first; what was given may leave meanwhile."""
        order = self.head
        while order is not None:
            after = order.after
            yield order
            order = after


class Reserve(Order):
    """What a reserve order does not display: a part of it that queues among the hidden orders at its price."""

    __slots__ = ("displayed",)

    def __init__(self, displayed: Order, quantity: int) -> None:
        order = displayed
        super().__init__(
            order.port,
            order.scope,
            order.terms,
            order.attributes,
            quantity,
            order.price,
            order.cl_ord_id,
            order.key,
        )
        self.displayed = displayed


class Ladder:
    """The price levels of one side, displayed or hidden; `sign` is 1 for buys and -1 for sells."""

    __slots__ = ("is_displayed", "keys", "levels", "side", "sign")

    def __init__(self, side: BookSide, is_displayed: bool) -> None:
        self.side = side
        self.sign = side.sign
        self.is_displayed = is_displayed
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def add(self, order: Order) -> None:
        """Queue `order` behind all others at its price."""
        key = order.price * self.sign
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level(self, key)
            keys = self.keys
            if keys and key < keys[-1]:
                insort(keys, key)
            else:
                keys.append(key)
                self.side.settle(self)
        tail = level.tail
        if tail is None:
            level.head = order
        else:
            tail.after = order
            order.before = tail
        level.tail = order
        level.quantity += order.quantity
        order.level = level
        if order.attributes is not PLAIN and order.attributes.conditional:
            self.side.conditional += 1

    def next_key(self, key: int) -> int | None:
        """Give the live price next after `key`, away from the best."""
        place = bisect_left(self.keys, key)
        return self.keys[place - 1] if place else None

    def orders(self) -> Iterator[Order]:
        """Go through all orders, best price and first come first."""
        for key in reversed(self.keys):
            yield from self.levels[key].orders()


class Aside(Ladder):
    """Orders of one side that stand in no price's queue, and trade in calls only: two queues, by what they wait for."""

    __slots__ = ()

    def put(self, order: Order, key: int) -> None:
        """Queue `order` behind all others of a kind."""
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level(self, key)
            insort(self.keys, key)
        if level.tail is None:
            level.head = order
        else:
            level.tail.after = order
            order.before = level.tail
        level.tail = order
        level.quantity += order.quantity
        order.level = level
        if order.attributes.conditional:
            self.side.conditional += 1


class BookSide:
    """All buys, or all sells, of a book.

    `best` is the level that trades next: the better price, and at one price the displayed orders. `conditional` counts
    the orders that price and time alone do not match. `aside` are orders without a place in the queue of a price, made
    with the first of them.
    """

    __slots__ = ("aside", "best", "conditional", "hidden", "security", "shown", "sign")

    def __init__(self, security: Security, sign: int) -> None:
        self.security = security
        self.sign = sign
        self.best: Level | None = None
        self.conditional = 0
        self.aside: Aside | None = None
        self.shown = Ladder(self, is_displayed=True)
        self.hidden = Ladder(self, is_displayed=False)

    def settle(self, ladder: Ladder) -> None:
        """Find the best level anew, and the national best price; to be called when a ladder's best has changed."""
        shown, hidden = self.shown, self.hidden
        if hidden.keys and (not shown.keys or hidden.keys[-1] > shown.keys[-1]):
            self.best = hidden.levels[hidden.keys[-1]]
        else:
            self.best = shown.levels[shown.keys[-1]] if shown.keys else None
        if ladder.is_displayed:
            self.security.quote(self.sign)

    def queue(self, limit: int) -> Iterator[Order]:
        """Go through what trades at `limit` or better, best first; what was given may leave the book meanwhile."""
        ladders = (self.shown, self.hidden)
        bests = [ladder.keys[-1] for ladder in ladders if ladder.keys]
        while bests and (key := max(bests)) >= limit:
            for ladder in ladders:
                level = ladder.levels.get(key)
                order = None if level is None else level.head
                while order is not None:
                    after = order.after
                    yield order
                    order = after
            bests = [following for ladder in ladders if (following := ladder.next_key(key)) is not None]

    def orders(self) -> Iterator[Order]:
        """Go through all orders, displayed ones first, those aside last."""
        yield from self.shown.orders()
        yield from self.hidden.orders()
        yield from self.orders_aside()

    def orders_aside(self) -> Iterator[Order]:
        """Go through the orders that stand aside."""
        if self.aside is not None:
            yield from self.aside.orders()

    def set_aside(self, order: Order, key: int) -> None:
        """Let `order` stand aside, waiting for its call or at the market price."""
        if self.aside is None:
            self.aside = Aside(self, is_displayed=False)
        self.aside.put(order, key)


class Security:
    """What is one thing across the markets that list a symbol: its prices.

    `bid` and `offer` are the national best: the outside quote where one is set, else the best displayed of all books.
    A Nordic one has an `entry`, one book, the thresholds of continuous fat finger in 1/10,000 of a percent, and a
    `reference` where its opening is held against another price than the previous close.
    """

    __slots__ = (
        "average_daily_volume",
        "bid",
        "books",
        "entry",
        "fat_finger_aggressive",
        "fat_finger_passive",
        "last",
        "listed",
        "luld_lower",
        "luld_upper",
        "offer",
        "outside_bid",
        "outside_offer",
        "previous_close",
        "reference",
        "round_lot",
        "symbol",
        "ticks",
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
        self.bid: int | None = None
        self.offer: int | None = None
        self.fat_finger_aggressive: int | None = None
        self.fat_finger_passive: int | None = None
        self.reference: int | None = None

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

    def on_tick(self, price: int) -> bool:
        """Whether `price` is a multiple of the tick of its price range (ranges are listed highest first)."""
        for floor, tick in self.ticks:
            if price >= floor:
                return price % tick == 0
        return False


class Market:
    """One exchange of the venue: its books, and its own numbers for orders and trades.

    `midnight` is where its hours count from; timestamps of its ports may count from another.
    """

    __slots__ = (
        "after_hours_close",
        "after_hours_open",
        "books",
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


class Book:
    """One security's orders in one market. `closed` is why nothing may enter, None when it may.

    `gathers` says whether what enters stays untraded for a call; one that is extended goes on until `extended_until`
    (0 = none), and the phase after it is `extended_to`.
    """

    __slots__ = (
        "buys",
        "closed",
        "extended_to",
        "extended_until",
        "gathers",
        "label",
        "market",
        "phase",
        "security",
        "sells",
        "symbol",
    )

    def __init__(self, market: Market, security: Security) -> None:
        self.market = market
        self.security = security
        self.symbol = security.symbol
        self.label = security.symbol.encode("ascii")
        self.buys = BookSide(security, 1)
        self.sells = BookSide(security, -1)
        self.phase = Phase.CONTINUOUS
        self.closed: Reject | None = None
        self.gathers = False
        self.extended_until = 0
        self.extended_to = Phase.CONTINUOUS

    def settle(self, storage_low: bool) -> None:
        """Work out anew what may enter; to be called when the phase, or a reason against it, comes or goes."""
        self.gathers = self.phase in GATHERING
        if not self.security.listed:
            self.closed = Reject.INVALID_SYMBOL
        else:
            self.closed = REASONS.get(self.phase, Reject.LOW_DISK_SPACE if storage_low else None)

    def is_nordic_size(self, size: int) -> bool:
        """Whether a Nordic order book takes an order of so many shares."""
        return self.security.entry is not None and 0 < size <= MAXIMUM_BOOK_QUANTITY

    def add(self, order: Order) -> None:
        """Let `order` rest, last in the queue of its price."""
        terms = order.terms
        side = self.buys if terms.side is BUY else self.sells
        (side.hidden if terms.display is HIDDEN else side.shown).add(order)

    def waits(self, order: Order) -> bool:
        """Whether `order` is tied to a call that this phase is not."""
        cross = order.terms.cross
        return cross is not CONTINUOUS and not (self.gathers and cross in JOINS[self.phase])

    def place(self, order: Order) -> None:
        """Let `order` rest where the phase has it: in the queue of its price, or aside."""
        key = WAITING if self.waits(order) else AT_MARKET if order.price > MAXIMUM_PRICE else 0
        if key:
            (self.buys if order.terms.side is BUY else self.sells).set_aside(order, key)
        else:
            self.add(order)

    def add_reserve(self, reserve: Reserve) -> None:
        """Let the part of an order that is not displayed rest, last among the hidden ones of its price."""
        side = self.buys if reserve.terms.side is BUY else self.sells
        side.hidden.add(reserve)

    def orders(self) -> Iterator[Order]:
        """Go through all resting orders and reserves: buys then sells, each in ladder order."""
        yield from self.buys.orders()
        yield from self.sells.orders()

    def orders_aside(self) -> Iterator[Order]:
        """Go through the orders that stand aside: buys then sells."""
        yield from self.buys.orders_aside()
        yield from self.sells.orders_aside()


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
    ladder = level.ladder
    if order.attributes is not PLAIN and order.attributes.conditional:
        ladder.side.conditional -= 1
    if level.head is None:
        keys = ladder.keys
        del ladder.levels[level.key]
        if keys[-1] == level.key:
            keys.pop()
            ladder.side.settle(ladder)
        else:
            del keys[bisect_left(keys, level.key)]


def shrink(order: Order, quantity: int) -> None:
    """Take `quantity` shares off a resting order that keeps its place."""
    assert order.level is not None
    order.quantity -= quantity
    order.level.quantity -= quantity
