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
from typing import TYPE_CHECKING, Final

from engine.api import (
    MAXIMUM_BOOK_QUANTITY,
    MAXIMUM_PRICE,
    PLAIN,
    Cross,
    CrossStage,
    Display,
    Order,
    Phase,
    Reject,
    Side,
    TimeInForce,
)
from engine.deadlines import Timed
from engine.phases import EXTENDED_HOURS, GATHERING, JOINS, REASONS

if TYPE_CHECKING:
    from engine.guards import Guards
    from engine.market import Market, Security
    from engine.pegs import Pegs
    from engine.tape import Tape

BUY: Final = Side.BUY
HIDDEN: Final = Display.HIDDEN
CONTINUOUS: Final = Cross.CONTINUOUS
TRADING_AT_CLOSE: Final = Phase.TRADING_AT_CLOSE
DAY: Final = TimeInForce.DAY
WAITING: Final = 1
AT_MARKET: Final = 2
AT_CLOSE: Final = 3
PARKED: Final = 4
"""The queues of orders that stand aside: those that wait for their call, in a call those without a price, those in line
to trade at the closing price, and pegs without a price."""


class Level:
    """The queue of orders at one price: `head` came first, `quantity` is their sum in shares, `pegged` that of pegs."""

    __slots__ = ("head", "key", "ladder", "pegged", "quantity", "tail")

    def __init__(self, ladder: Ladder, key: int) -> None:
        self.ladder = ladder
        self.key = key
        self.quantity = 0
        self.pegged = 0
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
        if order.attributes is not PLAIN:
            self.count(level, order)

    def count(self, level: Level, order: Order) -> None:
        """Note what is special about an order that has come."""
        if order.attributes.conditional:
            self.side.conditional += 1
        if order.attributes.pegged:
            level.pegged += order.quantity
        if order.attributes.discretionary and not isinstance(self, Aside):
            self.side.discretionary[order] = None

    def next_key(self, key: int) -> int | None:
        """Give the live price next after `key`, away from the best."""
        place = bisect_left(self.keys, key)
        return self.keys[place - 1] if place else None

    def orders(self) -> Iterator[Order]:
        """Go through all orders, best price and first come first."""
        for key in reversed(self.keys):
            yield from self.levels[key].orders()


class Aside(Ladder):
    """Orders of one side that stand in no price's queue: a queue for each thing that they may wait for."""

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
        self.count(level, order)


class BookSide:
    """All buys, or all sells, of a book.

    `discretionary` are the orders of it that trade beyond their price.

    `best` is the level that trades next: the better price, and at one price the displayed orders. `conditional` counts
    the orders that price and time alone do not match. `aside` are orders without a place in the queue of a price, made
    with the first of them.
    """

    __slots__ = ("aside", "best", "conditional", "discretionary", "hidden", "security", "shown", "sign")

    def __init__(self, security: Security, sign: int) -> None:
        self.security = security
        self.sign = sign
        self.best: Level | None = None
        self.conditional = 0
        self.aside: Aside | None = None
        self.discretionary: dict[Order, None] = {}
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

    def head_at_close(self) -> Order | None:
        """Give the order that trades next at the closing price."""
        level = None if self.aside is None else self.aside.levels.get(AT_CLOSE)
        return None if level is None else level.head

    def set_aside(self, order: Order, key: int) -> None:
        """Let `order` stand aside, waiting for its call or at the market price."""
        if self.aside is None:
            self.aside = Aside(self, is_displayed=False)
        self.aside.put(order, key)


class Book(Timed):
    """One security's orders in one market. `closed` is why nothing may enter, None when it may.

    `gathers` says whether what enters is for a call or the closing price, not for continuous trading; a call that is
    extended goes on until `extended_until` (0 = none), and the phase after it is `extended_to`. `timer` is
    when a call that a guard began ends by itself (0 = none), and `guards` are what is asked before it trades. `pegs` is
    None where there are none.

    It is `apart` where what enters, or some of it, does not simply trade, or its security's tape is to hear of it.
    Orders for market hours are `held` from a pre-market on until the market opens.

    Near the cross `stage_of`, `stage` says how near, `late_reference` is the price that late orders are held to (None
    where there is none), and `late_cancels` has the orders whose cancel had to wait (True) or was refused (False), by
    port and key.
    """

    __slots__ = (
        "apart",
        "buys",
        "closed",
        "extended_to",
        "extended_until",
        "gathers",
        "guards",
        "held",
        "label",
        "late_cancels",
        "late_reference",
        "market",
        "pegs",
        "phase",
        "security",
        "sells",
        "stage",
        "stage_of",
        "symbol",
    )

    def __init__(self, market: Market, security: Security) -> None:
        super().__init__()
        self.market = market
        self.security = security
        self.symbol = security.symbol
        self.label = security.symbol.encode("ascii")
        self.buys = BookSide(security, 1)
        self.sells = BookSide(security, -1)
        self.phase = Phase.CONTINUOUS
        self.closed: Reject | None = None
        self.gathers = self.apart = self.held = False
        self.stage, self.stage_of = CrossStage.OPEN, CONTINUOUS
        self.late_reference: int | None = None
        self.late_cancels: dict[tuple[str, int], bool] = {}
        self.extended_until = 0
        self.extended_to = Phase.CONTINUOUS
        self.guards: Guards | Tape | None = None
        self.pegs: Pegs | None = None

    @property
    def timer_name(self) -> tuple[str, str]:
        """See `Timed`."""
        return self.market.key, self.symbol

    def settle(self, storage_low: bool) -> None:
        """Work out anew what may enter; to be called when the phase, or a reason against it, comes or goes."""
        self.gathers = self.phase in GATHERING or self.phase is TRADING_AT_CLOSE
        self.apart = self.gathers or self.phase in EXTENDED_HOURS or self.security.tape is not None
        if not self.security.listed:
            self.closed = Reject.INVALID_SYMBOL
        else:
            self.closed = REASONS.get(self.phase, Reject.LOW_DISK_SPACE if storage_low else None)

    def forget_stage(self) -> None:
        """Forget how near a cross was, which is over."""
        self.stage, self.stage_of, self.late_reference = CrossStage.OPEN, CONTINUOUS, None
        self.late_cancels.clear()

    def is_nordic_size(self, size: int) -> bool:
        """Whether a Nordic order book takes an order of so many shares."""
        return self.security.entry is not None and 0 < size <= MAXIMUM_BOOK_QUANTITY

    def add(self, order: Order) -> None:
        """Let `order` rest, last in the queue of its price."""
        terms = order.terms
        side = self.buys if terms.side is BUY else self.sells
        (side.hidden if terms.display is HIDDEN else side.shown).add(order)

    def waits(self, order: Order) -> bool:
        """Whether `order` is tied to a call that this phase is not, or for market hours that have not begun."""
        cross = order.terms.cross
        if cross is CONTINUOUS:
            return self.held and order.terms.time_in_force is DAY
        return not (self.gathers and cross in JOINS[self.phase])

    def is_at_close(self, order: Order) -> bool:
        """Whether `order` may trade at the closing price now: it wants to, and its limit and conditions let it."""
        close, attributes = self.security.official_close, order.attributes
        if self.phase is not TRADING_AT_CLOSE or close is None:
            return False
        if not attributes.closing_price or attributes.minimum_quantity:
            return False
        return order.price > MAXIMUM_PRICE or (
            order.price >= close if order.terms.side is BUY else order.price <= close
        )

    def place(self, order: Order) -> None:
        """Let `order` rest where the phase has it: in the queue of its price, or aside."""
        key = WAITING if self.waits(order) else AT_MARKET if order.price > MAXIMUM_PRICE else 0
        if self.phase is TRADING_AT_CLOSE and self.is_at_close(order):
            key = AT_CLOSE
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
    if order.attributes is not PLAIN:
        if order.attributes.conditional:
            ladder.side.conditional -= 1
        if order.attributes.pegged:
            level.pegged -= order.quantity
        if order.attributes.discretionary:
            ladder.side.discretionary.pop(order, None)
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
    if order.attributes is not PLAIN and order.attributes.pegged:
        order.level.pegged -= quantity
