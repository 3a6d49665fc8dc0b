"""What may be wrong with an order's own attributes, whatever the market and the risk rules say."""

from __future__ import annotations

from typing import Final

from engine.api import (
    MAXIMUM_BOOK_QUANTITY,
    MAXIMUM_PRICE,
    MAXIMUM_QUANTITY,
    Cross,
    Display,
    Order,
    PriceType,
    Reject,
    TimeInForce,
)
from engine.pegs import entry_fault
from engine.routing import routing_fault
from engine.terms import MIDPOINTS

IMBALANCE_CROSSES: Final = frozenset({Cross.OPENING, Cross.CLOSING})
LONGEST_EXPIRE_TIME: Final = 86_399
"""Seconds: an order that is good till a time ends within the day."""


def attribute_fault(order: Order) -> Reject | None:
    """Find what an order's attributes ask that is wrong, or that the market does not serve yet."""
    attributes, terms = order.attributes, order.terms
    if attributes.firm and attributes.firm.decode("ascii", "replace") != order.port.mpid:
        return Reject.FIRM_NOT_AUTHORIZED
    if attributes.price_type is not PriceType.LIMIT or attributes.peg_offset:
        fault = peg_fault(order)
        if fault is not None:
            return fault
    if attributes.discretionary or attributes.discretion_peg_offset:
        fault = discretion_fault(order)
        if fault is not None:
            return fault
    if attributes.minimum_quantity and not minimum_quantity_fits(order):
        return Reject.INVALID_MINIMUM_QUANTITY
    if (attributes.max_floor or attributes.random_reserve) and not reserve_fits(order):
        return Reject.INVALID_MAX_FLOOR
    if attributes.handling_instruction or (attributes.imbalance_only and not imbalance_only_fits(order)):
        return Reject.INVALID_CROSS
    if attributes.route:
        fault = routing_fault(order)
        if fault is not None:
            return fault
    if attributes.expire_time > LONGEST_EXPIRE_TIME or (
        terms.time_in_force is TimeInForce.GOOD_TILL_TIME and not (attributes.expire_time or attributes.expires_at)
    ):
        return Reject.INVALID_EXPIRE_TIME
    return None


def imbalance_only_fits(order: Order) -> bool:
    """Whether an imbalance-only order has a limit, and is for the opening or the closing cross of a US market."""
    is_for_cross = order.terms.cross in IMBALANCE_CROSSES and order.scope.book.security.entry is None
    return is_for_cross and order.price <= MAXIMUM_PRICE


def peg_fault(order: Order) -> Reject | None:
    """Find what is wrong with a peg: it is for continuous trading, one of the midpoint is never displayed."""
    attributes, terms = order.attributes, order.terms
    match attributes.price_type:
        case PriceType.LIMIT:
            return Reject.INVALID_PRICE_TYPE  # an offset, and nothing that it is added to
        case PriceType.MARKET_MAKER_PEG:
            return Reject.PEGGING_NOT_SERVED
    if attributes.post_only or attributes.route or attributes.closing_price or terms.cross is not Cross.CONTINUOUS:
        return Reject.PEGGING_NOT_SERVED
    if attributes.price_type in MIDPOINTS and terms.display is not Display.HIDDEN:
        return Reject.INVALID_DISPLAY
    return entry_fault(order)


def discretion_fault(order: Order) -> Reject | None:
    """Find what is wrong with an order's discretion: it is for continuous trading, and of whole orders that rest."""
    attributes = order.attributes
    is_pegged = attributes.discretion_price_type is not PriceType.LIMIT
    if attributes.discretion_peg_offset and not is_pegged:
        return Reject.INVALID_PRICE_TYPE
    if attributes.post_only or attributes.route or attributes.max_floor or attributes.closing_price:
        return Reject.DISCRETION_NOT_SERVED
    if order.terms.cross is not Cross.CONTINUOUS:
        return Reject.DISCRETION_NOT_SERVED
    price = attributes.discretion_price
    if price > MAXIMUM_PRICE or (price and not order.scope.book.security.on_tick(price)):
        return Reject.INVALID_PRICE
    return None


def minimum_quantity_fits(order: Order) -> bool:
    """Whether a minimum quantity is whole round lots, of no more than the order, which is never displayed with it."""
    minimum = order.attributes.minimum_quantity
    if minimum % order.scope.book.security.round_lot or minimum > order.size:
        return False
    return order.terms.display is Display.HIDDEN or order.terms.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL


def reserve_fits(order: Order) -> bool:
    """Whether a reserve is asked for an order that is displayed, or never rests, and its random part is the smaller."""
    floor, spread = order.attributes.max_floor, order.attributes.random_reserve
    most = MAXIMUM_QUANTITY if order.scope.book.security.entry is None else MAXIMUM_BOOK_QUANTITY
    if not 0 < floor <= most or spread >= floor:
        return False
    return order.terms.display is not Display.HIDDEN or order.terms.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL
