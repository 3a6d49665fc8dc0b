"""The US risk checks of an order's price: how far it is from the market, and whether it is beyond the price bands.

Source: EQRC guide 3.1.13, 3.1.14. Prices are ticks, percentages are compared by cross-multiplication.
"""

from __future__ import annotations

from typing import Final

from engine.api import (
    MARKET_PRICE_ALTERNATIVE,
    MAXIMUM_PRICE,
    PLAIN,
    PRICE_SCALE,
    Cross,
    Order,
    Phase,
    PriceType,
    Refusal,
    Reject,
    Side,
)
from engine.market import Security
from engine.risk.limits import Band, FatFinger, Limits
from engine.risk.rule_terms import PERCENT_SCALE
from engine.risk.size_checks import contra_quote

RANGE_FLOORS: Final = tuple(dollars * PRICE_SCALE for dollars in (1, 10, 50, 100, 500))
"""Where the fat finger's price ranges 2 to 6 begin, in ticks."""
BUY: Final = Side.BUY
CONTINUOUS: Final = Cross.CONTINUOUS
MARKET_HOURS: Final = Phase.CONTINUOUS
MARKET_MAKER_PEG: Final = PriceType.MARKET_MAKER_PEG


def fat_finger(order: Order) -> Refusal | None:
    """Fat finger (EQRC guide 3.1.13): refuse when  |limit price - reference| > the tighter of amount and percent.

    The reference is the contra side of the NBBO, else the previous close. Market orders have no limit price, and market
    maker pegs are not held to it.
    """
    price = order.price
    if price >= MARKET_PRICE_ALTERNATIVE or order.attributes.price_type is MARKET_MAKER_PEG:
        return None
    scope = order.scope
    security: Security = scope.book.security
    is_buy = order.terms.side is BUY
    reference = security.offer if is_buy else security.bid
    if reference is None:
        reference = security.previous_close
        if reference is None:
            return None
    band = scope.limits.buys if is_buy else scope.limits.sells
    if band.reference != reference:
        settle(band, scope.limits, security, reference, is_buy)
    if band.lowest <= price <= band.highest:
        return None
    return beyond_fat_finger(order, reference)


def beyond_fat_finger(order: Order, reference: int) -> Refusal | None:
    """Give the refusal by the first rule that holds for an order and that it is beyond, None where there is none."""
    terms = order.terms
    distance = order.price - reference if terms.side is BUY else reference - order.price
    place = price_range(reference) - 1
    for rule in order.scope.limits.fat_finger:
        if (terms.intermarket_sweep and not rule.include_intermarket_sweep) or (
            terms.cross is not CONTINUOUS and not rule.include_auction
        ):
            continue
        if distance < 0 and rule.aggressive_only:
            continue
        limit = farthest(rule, place, reference)
        if limit is not None and abs(distance) > limit:
            quote, source = contra_quote(order)
            source = "previous close" if quote is None else source
            return Refusal(Reject.FAT_FINGER, limit, abs(distance), reference, source, rule.rule)
    return None


def farthest(rule: FatFinger, place: int, reference: int) -> int | None:
    """Give how many ticks from its reference a rule lets a price be; None where it sets neither amount nor percent."""
    amount, percent = rule.ranges[place]
    by_percent = percent * reference // (100 * PERCENT_SCALE)
    if amount and percent:
        return min(amount, by_percent)
    return amount or (by_percent if percent else None)


def settle(band: Band, limits: Limits, security: Security, reference: int, is_buy: bool) -> None:
    """Work out which prices pass every check of prices at a reference price, whatever else an order says.

    None of them is the market's, so that an order at the market price is always asked for more.
    """
    aggressive = passive = MARKET_PRICE_ALTERNATIVE
    place = price_range(reference) - 1
    for rule in limits.fat_finger:
        limit = farthest(rule, place, reference)
        if limit is not None:
            aggressive = min(aggressive, limit)
            passive = passive if rule.aggressive_only else min(passive, limit)
    band.reference = reference
    band.lowest = reference - (passive if is_buy else aggressive)
    band.highest = min(reference + (aggressive if is_buy else passive), MAXIMUM_PRICE)
    if limits.market_impact is not None:
        if is_buy and security.luld_upper is not None:
            band.highest = min(band.highest, security.luld_upper)
        elif not is_buy and security.luld_lower is not None:
            band.lowest = max(band.lowest, security.luld_lower)


def price_range(reference: int) -> int:
    """Give the fat finger range, 1 to 6, of a reference price: below $1, then from $1, $10, $50, $100 and $500."""
    place = 1
    for floor in RANGE_FLOORS:
        if reference < floor:
            break
        place += 1
    return place


def market_impact(order: Order) -> Refusal | None:
    """Market impact (EQRC guide 3.1.14): refuse a buy above the upper price band, and a sale below the lower one.

    Only limit-priced orders of continuous trading in market hours are held to it. One that rests and comes to lie
    beyond the bands, because they have moved or market hours have begun, is canceled (`engine.limit_state`).
    """
    bound = order.scope.limits.market_impact
    if bound is None or not meets_bands(order):
        return None
    band = beyond_bands(order)
    if band is None:
        return None
    source = "upper price band" if order.terms.side is BUY else "lower price band"
    return Refusal(Reject.MARKET_IMPACT, band, order.price, band, source, bound.rule)


def meets_bands(order: Order) -> bool:
    """Whether an order is one that the market impact check looks at: a limit order of market hours, for no cross."""
    attributes = order.attributes
    return (
        order.price <= MAXIMUM_PRICE
        and order.terms.cross is CONTINUOUS
        and order.scope.book.phase is MARKET_HOURS
        and (attributes is PLAIN or not attributes.pegged)
    )


def beyond_bands(order: Order) -> int | None:
    """Give the price band that an order is beyond, None where it is not."""
    security: Security = order.scope.book.security
    if order.terms.side is BUY:
        upper = security.luld_upper
        return upper if upper is not None and order.price > upper else None
    lower = security.luld_lower
    return lower if lower is not None and order.price < lower else None
