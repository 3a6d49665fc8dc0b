"""US Equities Risk Checks: the rules a firm sets for its MPIDs and ports, held against each order on its way in.

A rule names an exchange and an MPID, perhaps a port, perhaps symbols. What applies to one port in one symbol is folded
into one `Limits` object (`engine.risk.folding`); where several levels set the same limit the most restrictive wins. An
order then meets only the checks that are armed for it, in the order of `CHECKS`; the first that objects gives the
reason. Checks read and decide; only the engine writes.

    the port: disabled ─▶ a rate that shut it ─▶ the order: kind_checks ─▶ size_checks ─▶ price_checks ─▶ what goes away

Sources: EQRC guide 3.1; OUCH 5.0 §7 for the reasons. Values are ticks of 1/10,000 dollar, money that is compared is
exact, percentages are compared by cross-multiplication.
"""

from __future__ import annotations

from typing import Final

from engine.api import REFUSALS, Order, Phase, Port, Refusal, Reject, Scope, Side
from engine.risk.kind_checks import hard_to_borrow, order_type, restricted_stock, shares_located
from engine.risk.price_checks import fat_finger, market_impact, settle
from engine.risk.size_checks import average_daily_volume, maximum_notional, maximum_shares
from engine.routing import unfilled

BUY: Final = Side.BUY
MARKET_HOURS: Final = Phase.CONTINUOUS


def entry_disabled(port: Port) -> Refusal | None:
    """Port disablement (EQRC guide 3.2, OUCH 5.0 §2.5): refuse what would enter or replace on a disabled port."""
    return (
        REFUSALS[Reject.ENTRY_DISABLED]
        if port.disabled or port.switched_off or port.withdrawn or port.cancel_only
        else None
    )


def rate_shut(port: Port) -> Refusal | None:
    """Message rates and duplicates (EQRC guide 3.1.15, 3.1.16): a port that went over one stays shut until it is freed.

    The refusal is that of the rate which shut it.
    """
    if not port.rate_limited:
        return None
    if port.rate_reason is not Reject.PORT_MESSAGE_RATE:
        return Refusal(port.rate_reason, port.rate_bound, port.rate_bound + 1, rule=port.rate_rule)
    window = dict(port.windows).get(port.rate_rule)
    limit = None if window is None else window.limit
    observed = None if limit is None else limit + 1  # the message that shut the port was one too many
    return Refusal(Reject.PORT_MESSAGE_RATE, limit, observed, rule=port.rate_rule)


PORT_CHECKS: Final = (entry_disabled, rate_shut)
"""What is asked of the port before anything of the order, in order of precedence."""


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


CHECKS: Final = (
    *(restricted_stock, hard_to_borrow, order_type, shares_located),
    *(maximum_shares, maximum_notional, average_daily_volume, fat_finger, market_impact),
    routed_part,
)
"""What is asked of each order, in order of precedence."""


def is_within(order: Order) -> bool:
    """Tell whether an order is so far within every limit that no check need be asked; False only means: ask them.

    For editors: an order that any of `CHECKS` refuses must never be within. A kind of limit that this does not look at
    sets `shares_within` to -1 in `fold`, one that holds some kinds of orders only sets `by_terms`.
    """
    scope, terms = order.scope, order.terms
    limits, book, price = scope.limits, scope.book, order.price
    if limits.by_terms and (terms.unusual or book.phase is not MARKET_HOURS or order.attributes.route):
        return False
    security = book.security
    if terms.side is BUY:
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
        settle(band, limits, security, reference, terms.side is BUY)
    size = order.size
    return (
        band.lowest <= price <= band.highest and size <= limits.shares_within and price * size <= limits.notional_within
    )
