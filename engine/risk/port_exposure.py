"""How gross exposure is counted, from the engine's own events: each port has what its orders count towards.

    rests, is priced anew ─▶ booked     trades ─▶ traded, traded_away     gone ─▶ left

An order counts as open from when it rests, at the price at which it does: what trades or ends at once was never open.
One that rests without a price counts at the contra side of the NBBO, else the last sale, else the previous close, as
they are then; a peg that stands aside counts as it did before. A trade counts as it was, and stays counted if it is
broken. What the away market fills counts for `ROUTED` alone; nothing rests there.

A port of which no rule asks this has no `PortExposure`, and its orders meet no more than the question whether it has.

Source: EQRC guide 3.1.17 to 3.1.19.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.api import MAXIMUM_PRICE, PLAIN, Order, Port, Refusal, Reject, Side
from engine.risk.exposure import ExposureState, Threshold
from engine.routing import unfilled

if TYPE_CHECKING:
    from engine.market import Security
    from engine.risk.exposures import Exposures

BUY: Final = Side.BUY


class PortExposure:
    """What the orders of a port count towards; `shut` is how many of that are breached.

    `states` are those of every order, `by_group` those of an order of a group, `routed` and `routed_by_group` the same
    of what goes away.
    """

    __slots__ = ("by_group", "exposures", "port", "routed", "routed_by_group", "shut", "states")

    def __init__(self, exposures: Exposures, port: Port) -> None:
        self.exposures = exposures
        self.port = port
        self.states: tuple[ExposureState, ...] = ()
        self.by_group: dict[int, tuple[ExposureState, ...]] = {}
        self.routed: tuple[ExposureState, ...] = ()
        self.routed_by_group: dict[int, tuple[ExposureState, ...]] = {}
        self.shut = 0

    def states_of(self, order: Order) -> tuple[ExposureState, ...]:
        """Give what an order counts towards."""
        if self.by_group and order.attributes is not PLAIN:
            return self.by_group.get(order.attributes.group_id, self.states)
        return self.states

    def routed_states_of(self, order: Order) -> tuple[ExposureState, ...]:
        """Give what counts that goes away of an order."""
        return self.routed_by_group.get(order.attributes.group_id, self.routed)

    def booked(self, order: Order, now: int) -> None:
        """Count an order that has come to rest, or has another price than it had."""
        price = order.price if order.price <= MAXIMUM_PRICE else booked_price(order)
        change = (price - order.counted_at) * (order.quantity if order.reserve is None else order.open)
        order.counted_at = price
        if change < 0:
            self.closed(order, -change, now)
        elif change:
            for state in self.states if order.attributes is PLAIN else self.states_of(order):
                state.open += change
                state.slack -= change
                if state.slack < 0:
                    self.exposures.look(state, now, self.port, raises=True)

    def left(self, order: Order, quantity: int, now: int) -> None:
        """Count shares that are open no more, and did not trade."""
        change = quantity * order.counted_at
        if change:
            self.closed(order, change, now)

    def gives_way(self, original: Order) -> None:
        """Count an order no more that is about to be replaced; `settle` must follow, once its successor is in.

        In between no level falls, or a replacement as large as its original would pass the same threshold again.
        """
        change = original.open * original.counted_at
        for state in self.states_of(original):
            state.open -= change

    def settle(self, original: Order, now: int) -> None:
        """Look at what an order counted towards that was replaced."""
        for state in self.states_of(original):
            if state.is_raised:
                self.exposures.look(state, now, self.port, raises=False)

    def changes_group(self, order: Order, group_id: int, now: int) -> None:
        """Count a resting order for another group, to be told before it is of that."""
        left, joined = self.states_of(order), self.by_group.get(group_id, self.states)
        change = order.open * order.counted_at
        for state in left:
            if state not in joined:
                state.open -= change
                self.exposures.look(state, now, self.port, raises=False)
        for state in joined:
            if state not in left:
                state.open += change
                self.exposures.look(state, now, self.port, raises=True)

    def closed(self, order: Order, change: int, now: int) -> None:
        """Take away from what is open."""
        for state in self.states_of(order):
            state.open -= change
            if state.is_raised:
                self.exposures.look(state, now, self.port, raises=False)

    def traded(self, order: Order, quantity: int, price: int, now: int) -> None:
        """Count a trade of an order."""
        value, closed = quantity * price, quantity * order.counted_at
        for state in self.states_of(order):
            state.open -= closed
            state.traded(value, now)
            if state.slack < 0 or state.is_raised:
                self.exposures.look(state, now, self.port, raises=True)

    def traded_away(self, order: Order, quantity: int, price: int, now: int) -> None:
        """Count what the away market filled."""
        self.left(order, quantity, now)
        for state in self.routed_states_of(order):
            state.traded(quantity * price, now)
            if state.slack < 0:
                self.exposures.look(state, now, self.port, raises=True)

    def refusal(self, order: Order) -> Refusal | None:
        """Give why an order may not enter: the first breach of what it counts towards."""
        for state in self.states_of(order):
            if state.breach is not None:
                return refused(state, state.breach)
        if order.attributes.route:
            for state in self.routed_states_of(order):
                if state.breach is not None and unfilled(order):
                    return refused(state, state.breach)
        return None


def booked_price(order: Order) -> int:
    """Give the price at which an order counts that rests: 0 where nothing gives it one."""
    if order.price <= MAXIMUM_PRICE:
        return order.price
    security: Security = order.scope.book.security
    quote = security.offer if order.terms.side is BUY else security.bid
    if quote is None:
        quote = security.last if security.last is not None else security.previous_close
    return quote or 0


def gross_exposure(order: Order) -> Refusal | None:
    """Gross exposure (EQRC guide 3.1.17 to 3.1.19): refuse every order of an entity that is breached.

    It is breached from the order or trade on that brought  open, executed or notional > Action.
    """
    exposure = order.port.exposure
    return None if exposure is None or not exposure.shut else exposure.refusal(order)


def refused(state: ExposureState, breach: Threshold) -> Refusal:
    """Give the refusal for a breach."""
    which = breach.amount.name.lower()
    return Refusal(Reject.GROSS_EXPOSURE, breach.action, state.amount(breach.amount), source=which, rule=breach.rule)
