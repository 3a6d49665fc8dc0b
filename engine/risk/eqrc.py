"""US Equities Risk Checks: the rules a firm sets for its MPIDs and ports, held against each order on its way in.

A rule names an exchange and an MPID, perhaps a port, perhaps symbols. When rules change, everything that applies to
one port in one symbol is folded into one `Limits` object; where several levels set the same limit the most
restrictive wins. An order then meets only the checks that are armed for it, in the order of `CHECKS`; the first that
objects gives the reason. Checks read and decide; only the engine writes.

Sources: EQRC guide 3.1; OUCH 5.0 §7 for the reasons. Values are ticks of 1/10,000 dollar, money that is compared is
exact, percentages are compared by cross-multiplication.
"""

from __future__ import annotations

from typing import Final

from engine.api import (
    MARKET_PRICE_ALTERNATIVE,
    PRICE_SCALE,
    REFUSALS,
    Cross,
    Order,
    Port,
    Refusal,
    Reject,
    Scope,
    Side,
)
from engine.market import Security
from engine.risk.limits import Band, FatFinger, Limits
from engine.risk.rule_terms import PERCENT_SCALE
from engine.routing import unfilled

RANGE_FLOORS: Final = tuple(dollars * PRICE_SCALE for dollars in (1, 10, 50, 100, 500))
"""Where the fat finger's price ranges 2 to 6 begin, in ticks."""
BUY: Final = Side.BUY
CONTINUOUS: Final = Cross.CONTINUOUS


def entry_disabled(port: Port) -> Refusal | None:
    """Port disablement (EQRC guide 3.2, OUCH 5.0 §2.5): refuse what would enter or replace on a disabled port."""
    return REFUSALS[Reject.ENTRY_DISABLED] if port.disabled or port.withdrawn or port.cancel_only else None


def port_message_rate(port: Port) -> Refusal | None:
    """Port message rate (EQRC guide 3.1.15): a port that went over its rate stays shut until it is released."""
    if not port.rate_limited:
        return None
    window = dict(port.windows).get(port.rate_rule)
    limit = None if window is None else window.limit
    observed = None if limit is None else limit + 1  # the message that shut the port was one too many
    return Refusal(Reject.PORT_MESSAGE_RATE, limit, observed, rule=port.rate_rule)


PORT_CHECKS: Final = (entry_disabled, port_message_rate)
"""What is asked of the port before anything of the order, in order of precedence."""


def restricted_stock(order: Order) -> Refusal | None:
    """Restricted stock list (EQRC guide 3.1.9): refuse every side of a listed symbol."""
    bound = order.scope.limits.restricted
    if bound is None:
        return None
    return Refusal(Reject.RESTRICTED_STOCK, rule=bound.rule)


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


def fat_finger(order: Order) -> Refusal | None:
    """Fat finger (EQRC guide 3.1.13): refuse when  |limit price - reference| > the tighter of amount and percent.

    The reference is the contra side of the NBBO, else the previous close. Market orders have no limit price.
    """
    price = order.price
    if price >= MARKET_PRICE_ALTERNATIVE:
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
        settle(band, scope.limits, reference, is_buy)
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


def settle(band: Band, limits: Limits, reference: int, is_buy: bool) -> None:
    """Work out which prices pass every fat finger rule at a reference price, whatever else an order says."""
    aggressive = passive = MARKET_PRICE_ALTERNATIVE
    place = price_range(reference) - 1
    for rule in limits.fat_finger:
        limit = farthest(rule, place, reference)
        if limit is not None:
            aggressive = min(aggressive, limit)
            passive = passive if rule.aggressive_only else min(passive, limit)
    band.reference = reference
    band.lowest = reference - (passive if is_buy else aggressive)
    band.highest = reference + (aggressive if is_buy else passive)


def routed_part(order: Order) -> Refusal | None:
    """Hold what of an order would go away to the rules whose exchange is `ROUTED` (EQRC guide 2)."""
    limits = order.scope.limits.routed
    if limits is None or not order.attributes.route:
        return None
    size = unfilled(order)
    if not size:
        return None
    scope = Scope(order.port, order.scope.book, limits, order.scope.user)
    part = Order(order.port, scope, order.terms, order.attributes, size, order.price, order.cl_ord_id, order.key)
    for check in limits.armed:
        refusal = check(part)
        if refusal is not None:
            return refusal
    return None


CHECKS: Final = (restricted_stock, maximum_shares, maximum_notional, fat_finger, routed_part)
"""What is asked of each order, in order of precedence."""


def is_within(order: Order) -> bool:
    """Tell whether an order is so far within every limit that no check need be asked; False only means: ask them.

    For editors: an order that any of `CHECKS` refuses must never be within. A kind of limit that this does not look at
    sets `shares_within` to -1 in `fold`.
    """
    scope = order.scope
    limits, security, price = scope.limits, scope.book.security, order.price
    if order.terms.side is BUY:
        band, reference = limits.buys, security.offer
    else:
        band, reference = limits.sells, security.bid
        if reference is not None and price < reference:
            return False  # it may count at more than its price
    if reference is None:
        reference = security.previous_close
    if band.reference != reference:
        if reference is None:
            return False
        settle(band, limits, reference, order.terms.side is BUY)
    size = order.size
    return (
        band.lowest <= price <= band.highest and size <= limits.shares_within and price * size <= limits.notional_within
    )


def price_range(reference: int) -> int:
    """Give the fat finger range, 1 to 6, of a reference price: below $1, then from $1, $10, $50, $100 and $500."""
    place = 1
    for floor in RANGE_FLOORS:
        if reference < floor:
            break
        place += 1
    return place


def contra_quote(order: Order) -> tuple[int | None, str]:
    """Give the side of the NBBO that `order` would trade with, and its name."""
    security: Security = order.scope.book.security
    if order.terms.side is BUY:
        return security.offer, "national best offer"
    return security.bid, "national best bid"


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
