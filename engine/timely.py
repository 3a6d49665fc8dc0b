"""Orders that are taken at some times only: for a call or cross, or for after hours; and what is late for a cross.

As a cross comes near, a book goes through stages (`engine.terms.CrossStage`), by its timetable or by operations:

    LATE              what is tied to it can be neither canceled nor changed any more; late limit orders are held to a
                      price, and late ones for the opening that could rest on become imbalance-only
    NO_MARKET_ORDERS  none without a price is taken any more
    NO_LIMIT_ORDERS   none but imbalance-only ones is

A stage belongs to the cross that a phase leads to: the opening in pre-market, the closing in market hours. It lasts
until that cross is over, through halts too.

Source: the deadlines of NASDAQ's opening and closing cross; OUCH 5.0, 2.5, "Cancel Pending / Cancel Reject".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from engine.api import MAXIMUM_PRICE, SECOND, Cross, CrossStage, Order, Phase, Reject, TimeInForce
from engine.phases import is_missed

if TYPE_CHECKING:
    from engine.book import Book

DAY: Final = 86_400 * SECOND


def untimely(order: Order, now: int) -> Reject | None:
    """Find why an order that is taken at some times only is not taken now, if so."""
    return Reject.AFTER_HOURS_CLOSED if is_too_early(order, now) else cross_fault(order)


def is_too_early(order: Order, now: int) -> bool:
    """Whether an order is for after hours, and those are not now."""
    book = order.scope.book
    if order.terms.time_in_force is not TimeInForce.AFTER_HOURS or book.phase is Phase.POST_MARKET:
        return False
    market = book.market
    return not market.after_hours_open <= (now - market.midnight) % DAY < market.after_hours_close


def cross_fault(order: Order) -> Reject | None:
    """Find why an order that is tied to a call or cross is not taken now, if so."""
    cross = order.terms.cross
    if cross not in order.scope.book.market.crosses:
        return None
    if is_missed(cross, order.scope.book):
        return Reject.CALL_MISSED
    return too_late(order) if is_late(order) else None


def is_late(order: Order) -> bool:
    """Whether the cross that an order is tied to is so near that nothing of it may change."""
    book = order.scope.book
    return book.stage is not CrossStage.OPEN and order.terms.cross is book.stage_of


def change_fault(order: Order) -> Reject | None:
    """Find why nothing of an order may change so near to its cross, if so."""
    if not is_late(order):
        return None
    is_pending = order.scope.book.late_cancels.get((order.port.name, order.key), False)
    return Reject.CANCEL_PENDING if is_pending else Reject.REPLACE_NOT_ALLOWED


def too_late(order: Order) -> Reject | None:
    """Find why an order that is late for its cross cannot be taken, if so."""
    book = order.scope.book
    if order.attributes.imbalance_only:
        return None
    last = CrossStage.NO_LIMIT_ORDERS if order.price <= MAXIMUM_PRICE else CrossStage.NO_MARKET_ORDERS
    if book.stage >= last:
        return Reject.CALL_MISSED
    is_priced = order.price <= MAXIMUM_PRICE and order.terms.cross is Cross.CLOSING
    return Reject.NO_CLOSING_REFERENCE if is_priced and book.late_reference is None else None


def hold_to_stage(order: Order) -> None:
    """Give a late limit order the price that it is held to, and the instruction that it can still have."""
    attributes, terms = order.attributes, order.terms
    if not is_late(order) or attributes.imbalance_only or order.price > MAXIMUM_PRICE:
        return
    bounds = late_bounds(order.scope.book, terms.cross)
    if bounds:
        order.price = min(order.price, max(bounds)) if terms.is_buy else max(order.price, min(bounds))
    if terms.cross is Cross.OPENING and terms.time_in_force is not TimeInForce.IMMEDIATE_OR_CANCEL:
        order.attributes = structs.replace(attributes, imbalance_only=True)


def late_bounds(book: Book, cross: Cross) -> list[int]:
    """Give the prices of which the more aggressive holds a late limit order, in ticks."""
    known = [book.late_reference]
    if cross is Cross.OPENING:
        known.append(book.security.previous_close)
    return [price for price in known if price is not None]
