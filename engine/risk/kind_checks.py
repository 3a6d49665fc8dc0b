"""The US risk checks of what kind of order it is: its symbol, its type, and whose shares it sells.

Source: EQRC guide 3.1.4 to 3.1.12. Each check reads the order and the limits of its scope, and changes nothing.
"""

from __future__ import annotations

from typing import Final

from engine.api import MAXIMUM_PRICE, Cross, Order, Phase, Refusal, Reject, Side, TimeInForce

BUY: Final = Side.BUY
SHORT: Final = Side.SELL_SHORT
EXEMPT: Final = Side.SELL_SHORT_EXEMPT
CONTINUOUS: Final = Cross.CONTINUOUS
AFTER_MARKET_HOURS: Final = frozenset({TimeInForce.EXTENDED_HOURS, TimeInForce.AFTER_HOURS})
"""Times in force with which an order may trade after market hours, whenever it came."""


def restricted_stock(order: Order) -> Refusal | None:
    """Restricted stock list (EQRC guide 3.1.9): refuse every side of a listed symbol."""
    bound = order.scope.limits.restricted
    if bound is None:
        return None
    return Refusal(Reject.RESTRICTED_STOCK, rule=bound.rule)


def hard_to_borrow(order: Order) -> Refusal | None:
    """Hard to borrow list (EQRC guide 3.1.10): refuse a short sale of a listed symbol; one that is exempt passes."""
    bound = order.scope.limits.hard_to_borrow
    if bound is None or order.terms.side is not SHORT:
        return None
    return Refusal(Reject.HARD_TO_BORROW, rule=bound.rule)


def order_type(order: Order) -> Refusal | None:
    """Order type restrictions (EQRC guide 3.1.4 to 3.1.8, 3.1.16): refuse the kinds that a rule does not allow.

    An order trades outside market hours when it comes then and is for no cross, or when its time in force reaches past
    them; a book in its quotation period has not opened.
    """
    types = order.scope.limits.order_types
    if types is None:
        return None
    terms, phase = order.terms, order.scope.book.phase
    if types.intermarket_sweep is not None and terms.intermarket_sweep:
        return Refusal(Reject.INTERMARKET_SWEEP_NOT_ALLOWED, rule=types.intermarket_sweep)
    if types.short_sale is not None and terms.side is SHORT:
        return Refusal(Reject.SHORT_SALE_NOT_ALLOWED, rule=types.short_sale)
    if types.short_sale_exempt is not None and terms.side is EXEMPT:
        return Refusal(Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED, rule=types.short_sale_exempt)
    is_continuous, is_market = terms.cross is CONTINUOUS, order.price > MAXIMUM_PRICE
    if types.market is not None and is_continuous and is_market:
        return Refusal(Reject.MARKET_ORDER_NOT_ALLOWED, rule=types.market)
    if types.pre_market is not None and is_continuous and phase is Phase.PRE_MARKET:
        return Refusal(Reject.PRE_MARKET_NOT_ALLOWED, rule=types.pre_market)
    is_late = phase is Phase.POST_MARKET or terms.time_in_force in AFTER_MARKET_HOURS
    if types.post_market is not None and is_continuous and is_late:
        return Refusal(Reject.POST_MARKET_NOT_ALLOWED, rule=types.post_market)
    if types.ipo_market_buy is not None and terms.side is BUY and is_market and phase is Phase.QUOTATION:
        return Refusal(Reject.IPO_MARKET_BUY_NOT_ALLOWED, rule=types.ipo_market_buy)
    return None


def shares_located(order: Order) -> Refusal | None:
    """Shares located (EQRC guide 3.1.11, 3.1.12): refuse a short sale without a locate, or with one by another broker.

    Exempt short sales are held to it where the rule includes them. A list of brokers holds those that say they are
    located, or that name a broker, over protocols that can name one.
    """
    side = order.terms.side
    if side is not SHORT and side is not EXEMPT:
        return None
    attributes = order.attributes
    broker = attributes.locate_broker.strip()
    for locate in order.scope.limits.locates:
        if side is EXEMPT and not locate.include_short_sale_exempt:
            continue
        if locate.is_required and not attributes.shares_located:
            return Refusal(Reject.LOCATE_REQUIRED, rule=locate.rule)
        is_listed = not locate.brokers or broker in locate.brokers or not order.port.entry.names_brokers
        if not is_listed and (attributes.shares_located or broker):
            return Refusal(Reject.LOCATE_BROKER, rule=locate.rule)
    return None


def kind_of_sale(order: Order) -> Refusal | None:
    """Hold a resting sale that is to become another kind to what that is asked (EQRC guide 3.1.5)."""
    side, types = order.terms.side, order.scope.limits.order_types
    refusal = hard_to_borrow(order)
    if refusal is None and types is not None:
        if side is SHORT and types.short_sale is not None:
            return Refusal(Reject.SHORT_SALE_NOT_ALLOWED, rule=types.short_sale)
        if side is EXEMPT and types.short_sale_exempt is not None:
            return Refusal(Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED, rule=types.short_sale_exempt)
    return shares_located(order) if refusal is None else refusal
