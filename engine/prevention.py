"""What self-match prevention does in the place of a trade (OUCH 5.0 §6.9); `engine.conditions` tells when it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.orders import Order
from engine.terms import Liquidity, SelfMatchAction, SelfMatchPrevention

if TYPE_CHECKING:
    from engine.matching import Matching

REMOVED: Final = Liquidity.REMOVED


def prevent(
    matching: Matching,
    order: Order,
    resting: Order,
    owner: Order,
    quantity: int,
    added: Liquidity,
    strategy: SelfMatchPrevention,
    now: int,
) -> None:
    """Do what a strategy of self-match prevention says instead of trading `quantity` (OUCH 5.0 §6.9).

    What it removes counts as executed where a replacement names the size of the chain (OUCH 5.0 §2.5).
    """
    price, is_guarded = resting.price, order.scope.protection is not None
    if strategy.action is SelfMatchAction.CANCEL_OLDEST:
        removed = owner.open
        matching.leave(owner)
        owner.quantity = 0
        if is_guarded:
            matching.prm.left(owner, removed)
        if owner.port.exposure is not None:
            owner.port.exposure.left(owner, removed, now)
        owner.port.sink.prevented(owner, removed, quantity, price, added, strategy, now)
        return
    removed = order.quantity if strategy.action is SelfMatchAction.CANCEL_NEWEST else quantity
    order.quantity -= removed
    if is_guarded:
        matching.prm.left(order, removed)
    if order.port.exposure is not None:
        order.port.exposure.left(order, removed, now)
    if strategy.action is not SelfMatchAction.DECREMENT_BOTH:
        order.port.sink.prevented(order, removed, quantity, price, REMOVED, strategy, now)
        return
    matching.take(resting, owner, quantity)
    if is_guarded:
        matching.prm.left(owner, quantity)
    if owner.port.exposure is not None:
        owner.port.exposure.left(owner, quantity, now)
    order.port.sink.prevented(order, removed, quantity, price, REMOVED, strategy, now)
    owner.port.sink.prevented(owner, quantity, quantity, price, added, strategy, now)
