"""The US risk checks of how much an order is: shares, value, and its part of what is traded in a day.

Source: EQRC guide 3.1.1 to 3.1.3. Values are ticks x shares.
"""

from __future__ import annotations

from typing import Final

from engine.api import MARKET_PRICE_ALTERNATIVE, Order, Refusal, Reject, Side
from engine.market import Security

BUY: Final = Side.BUY


def maximum_shares(order: Order) -> Refusal | None:
    """Maximum shares per order (EQRC guide 3.1.2): refuse when  shares > limit."""
    bound = order.scope.limits.maximum_shares
    if bound is None or order.size <= bound.limit:
        return None
    return Refusal(Reject.MAXIMUM_SHARES, bound.limit, order.size, rule=bound.rule)


def maximum_notional(order: Order) -> Refusal | None:
    """Maximum notional value per order (EQRC guide 3.1.1): refuse when  booked price x shares > limit.

    A market order is valued at the contra side of the NBBO, else the last sale, else the previous close; without any
    of them there is nothing to multiply and it passes. A sale priced below the national best bid counts at that bid,
    which is what it brings.
    """
    bound = order.scope.limits.maximum_notional
    if bound is None:
        return None
    limit, size = bound.limit, order.size
    if order.price * size <= limit and order.terms.side is BUY:
        return None
    price, source = booked_price(order)
    if price is None or price * size <= limit:
        return None
    return Refusal(Reject.MAXIMUM_NOTIONAL, bound.limit, price * order.size, price, source, bound.rule)


def average_daily_volume(order: Order) -> Refusal | None:
    """Percentage of the average daily volume (EQRC guide 3.1.3): refuse when  shares > percent x volume.

    The volume is the security's 20-day average, or the rule's minimum where that is more; what is not a whole share
    of the limit is left off, so a volume of 0 lets nothing pass.
    """
    bound = order.scope.limits.volume
    if bound is None or order.size <= bound.limit:
        return None
    volume: int = order.scope.book.security.average_daily_volume
    source = f"average daily volume of {volume:,}"
    return Refusal(Reject.AVERAGE_DAILY_VOLUME, bound.limit, order.size, source=source, rule=bound.rule)


def booked_price(order: Order) -> tuple[int | None, str]:
    """Give the price at which an order counts, and where it comes from."""
    security: Security = order.scope.book.security
    price = order.price
    if price < MARKET_PRICE_ALTERNATIVE:
        bid = security.bid
        if bid is None or bid <= price or order.terms.side is BUY:
            return price, "limit price"
        return bid, "national best bid"
    quote, source = contra_quote(order)
    if quote is None:
        quote, source = security.last, "last sale"
    if quote is None:
        quote, source = security.previous_close, "previous close"
    return quote, source


def contra_quote(order: Order) -> tuple[int | None, str]:
    """Give the side of the NBBO that `order` would trade with, and its name."""
    security: Security = order.scope.book.security
    if order.terms.side is BUY:
        return security.offer, "national best offer"
    return security.bid, "national best bid"
