"""What Drop ports are to be told of other ports' orders: noted when it happens, told when there is time.

    engine ─▶ Watch ─▶ the port's own sink          Notes.settle ─▶ Listener.take ─▶ the Drop port's stream
                └────▶ Notes

A `Watch` stands before the sink of a port that somebody hears; a port that nobody hears has none, and pays nothing. It
notes what an order looks like at that moment, since orders change. What a Drop port makes of a note may depend on
notes before it and on nothing else, so its stream is the same whenever `settle` is called: in small pieces behind the
order ports' own output while the venue runs, in large ones in a replay. Drop ports settle before they do anything else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from engine.api import (
    PLAIN,
    BrokenTradeReason,
    CancelReason,
    Liquidity,
    Order,
    OrderAttributes,
    OrderEntry,
    OrderTerms,
    Port,
    Refusal,
    SelfMatchPrevention,
    Side,
    Sink,
    SystemEvent,
)

WAITING_MAX: Final = 1_024
"""Notes that may wait; with one more some are settled at once."""
NOTES_A_TURN: Final = 64
"""Notes settled in one go while the venue runs: less than a millisecond."""


class Times(Protocol):
    """Who knows the wall time of the present record."""

    wall_time: int


class Accepted(NamedTuple):
    """An order is in, with `open` shares; `dead` when that is all that will be told of it."""

    order: Order
    terms: OrderTerms
    attributes: OrderAttributes
    open: int
    dead: bool
    now: int
    wall: int


class Replaced(NamedTuple):
    """An order took the place of `original`, with `open` shares."""

    order: Order
    original: Order
    terms: OrderTerms
    attributes: OrderAttributes
    open: int
    dead: bool
    now: int
    wall: int


class Left(NamedTuple):
    """Shares of an order left without a trade, `open` are still there."""

    order: Order
    terms: OrderTerms
    attributes: OrderAttributes
    open: int
    quantity: int
    reason: CancelReason
    now: int
    wall: int


class Executed(NamedTuple):
    """Shares of an order traded at `price`, `open` are still there."""

    order: Order
    terms: OrderTerms
    attributes: OrderAttributes
    open: int
    quantity: int
    price: int
    liquidity: Liquidity
    match: int
    now: int
    wall: int


class Modified(NamedTuple):
    """An order has a new side or fewer shares, and `open` of them."""

    order: Order
    terms: OrderTerms
    attributes: OrderAttributes
    open: int
    now: int
    wall: int


class Restated(NamedTuple):
    """The venue tells of an order again under a new `number`: in a new day, with more displayed, at another price."""

    order: Order
    terms: OrderTerms
    attributes: OrderAttributes
    open: int
    number: int
    carried_over: bool
    now: int
    wall: int
    is_repriced: bool = False


class Broken(NamedTuple):
    """The trade `match` of an order, `quantity` shares at `price`, does not stand."""

    key: int
    cl_ord_id: bytes
    match: int
    quantity: int
    price: int
    reason: BrokenTradeReason
    now: int
    wall: int


class Refused(NamedTuple):
    """A new order did not enter; `side` is None where there is none of that letter."""

    cl_ord_id: bytes
    key: int
    symbol: str
    side: Side | None
    quantity: int
    price: int
    refusal: Refusal
    now: int
    wall: int


class Listener(Protocol):
    """A Drop port."""

    def take(self, port: Port, note: object) -> None:
        """Tell what happened at `port`: a note of this module, or one of the protocol's own, if it is one it hears."""


class Notes:
    """What Drop ports are still to be told, oldest first.

    `begun` is called with the first note that waits; until `settle` has told all, not again.
    """

    def __init__(self, times: Times) -> None:
        self.times = times
        self.waiting: deque[tuple[tuple[Listener, ...], Port, object]] = deque()
        self.begun: Callable[[], None] | None = None

    def add(self, listeners: tuple[Listener, ...], port: Port, note: object) -> None:
        """Note what happened at `port`, for these."""
        waiting = self.waiting
        waiting.append((listeners, port, note))
        if len(waiting) > WAITING_MAX:
            self.settle(NOTES_A_TURN)
        elif len(waiting) == 1 and self.begun is not None:
            self.begun()

    def settle(self, most: int = 2 * WAITING_MAX) -> None:
        """Tell `most` of what waits; without a number, all."""
        waiting = self.waiting
        while waiting and most:
            most -= 1
            listeners, port, note = waiting.popleft()
            for listener in listeners:
                listener.take(port, note)


class Watch:
    """Stands before the sink of one port; it is a `Sink` itself. The port's own sink always hears first."""

    def __init__(
        self, port: Port, engine: OrderEntry, sink: Sink, notes: Notes, listeners: tuple[Listener, ...]
    ) -> None:
        self.port = port
        self.engine = engine
        self.sink = sink
        self.notes = notes
        self.listeners = listeners

    def note(self, note: object) -> None:
        """Note something for all who hear the port."""
        self.notes.add(self.listeners, self.port, note)

    def accepted(self, order: Order, dead: bool, now: int) -> None:
        """See `Sink`."""
        self.sink.accepted(order, dead, now)
        self.note(
            Accepted(still(order), order.terms, order.attributes, order.open, dead, now, self.notes.times.wall_time)
        )

    def replaced(self, order: Order, original: Order, dead: bool, now: int) -> None:
        """See `Sink`."""
        self.sink.replaced(order, original, dead, now)
        wall = self.notes.times.wall_time
        self.note(Replaced(still(order), original, order.terms, order.attributes, order.open, dead, now, wall))

    def modified(self, order: Order, now: int) -> None:
        """See `Sink`."""
        self.sink.modified(order, now)
        wall = self.notes.times.wall_time
        self.note(Modified(still(order), order.terms, order.attributes, order.open, now, wall))

    def canceled(self, order: Order, quantity: int, reason: CancelReason, now: int) -> None:
        """See `Sink`."""
        self.sink.canceled(order, quantity, reason, now)
        self.note(self.left(order, quantity, reason, now))

    def left(self, order: Order, quantity: int, reason: CancelReason, now: int) -> Left:
        """Give the note of shares that left."""
        wall = self.notes.times.wall_time
        return Left(still(order), order.terms, order.attributes, order.open, quantity, reason, now, wall)

    def executed(self, order: Order, quantity: int, price: int, liquidity: Liquidity, match: int, now: int) -> None:
        """See `Sink`."""
        self.sink.executed(order, quantity, price, liquidity, match, now)
        what = still(order), order.terms, order.attributes, order.open
        self.note(Executed(*what, quantity, price, liquidity, match, now, self.notes.times.wall_time))

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
        self.sink.prevented(order, removed, quantity, price, liquidity, strategy, now)
        self.note(self.left(order, removed, CancelReason.SELF_MATCH, now))

    def restated(self, order: Order, displayed: int, number: int, now: int) -> None:
        """See `Sink`."""
        self.sink.restated(order, displayed, number, now)
        wall = self.notes.times.wall_time
        self.note(Restated(still(order), order.terms, order.attributes, order.open, number, False, now, wall))

    def repriced(self, order: Order, number: int, now: int) -> None:
        """See `Sink`."""
        self.sink.repriced(order, number, now)
        wall = self.notes.times.wall_time
        self.note(Restated(still(order), order.terms, order.attributes, order.open, number, False, now, wall, True))

    def carried_over(self, order: Order, now: int) -> None:
        """See `Sink`."""
        self.sink.carried_over(order, now)
        wall = self.notes.times.wall_time
        number = order.order_reference_number
        self.note(Restated(still(order), order.terms, order.attributes, order.open, number, True, now, wall))

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
        self.sink.broken(key, cl_ord_id, match, reason, now)
        trade = self.engine.trade(self.port, match)
        assert trade is not None
        wall = self.notes.times.wall_time
        self.note(Broken(key, cl_ord_id, match, trade.quantity, trade.price, reason, now, wall))

    def system_event(self, event: SystemEvent, now: int) -> None:
        """See `Sink`."""
        self.sink.system_event(event, now)


def still(order: Order) -> Order:
    """Give an order as it is now: the price of a peg moves on, and what is noted is told later."""
    if order.attributes is PLAIN or not order.attributes.pegged:
        return order
    size, price, name = order.size, order.price, order.cl_ord_id
    copy = Order(order.port, order.scope, order.terms, order.attributes, size, price, name, order.key)
    copy.quantity, copy.order_reference_number = order.quantity, order.order_reference_number
    return copy
