"""The checks of PRM that hold while a call gathers orders: what an order may be there, and how far it may move a price.

A call is every phase of `engine.phases.CALLS`; before it, in pre-open, none of these is asked. Orders are asked when
they enter or are changed, not when a call begins. Percentages are 1/10,000 of a percent, and compared exactly.

Sources: PRM guide 3.3 (fat finger in auctions), 3.4 and 3.5 (their own maximum quantity and value), 3.14 and 3.15
(market orders).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.api import MARKET_PRICE_ALTERNATIVE, MAXIMUM_PRICE, Cross, Order, Phase, PriceType, Refusal, Reject, Side
from engine.auction import WHOLE, Interest, equilibrium, expected, interest, reference_price, with_order
from engine.phases import CALLS
from engine.risk.protection import protection_of, refuse
from engine.risk.valuation import valuation_price

BUY: Final = Side.BUY
EQUILIBRIUM_MODIFIER: Final = 50
"""Percent of a book's extension threshold by which one market order may move the equilibrium price (PRM guide 3.15)."""
REFERENCE_MODIFIER: Final = 100
OPENING_MODIFIER: Final = 500
"""Percent of it by which the equilibrium price may lie from its reference then: in the opening call, and in others."""


def is_in_call(order: Order) -> bool:
    """Whether an order's book gathers orders for a call."""
    return order.scope.book.phase in CALLS


def maximum_auction_quantity(order: Order) -> Refusal | None:
    """Maximum order quantity in auctions (PRM guide 3.4): refuse when  quantity > limit of the currency, in a call."""
    protection = protection_of(order)
    limit = protection.maximum_auction_quantity
    if not limit or order.size <= limit or not is_in_call(order):
        return None
    return refuse(protection, Reject.MAXIMUM_AUCTION_QUANTITY, limit, order.size)


def maximum_auction_value(order: Order) -> Refusal | None:
    """Maximum order value in auctions (PRM guide 3.5): refuse when  quantity x valuation price > limit, in a call."""
    protection = protection_of(order)
    limit = protection.maximum_auction_value
    if not limit or not is_in_call(order):
        return None
    price, source = valuation_price(order)
    if price is None or price * order.size <= limit:
        return None
    return refuse(protection, Reject.MAXIMUM_AUCTION_VALUE, limit, price * order.size, price, source)


def auction_fat_finger(order: Order) -> Refusal | None:
    """Fat finger in auctions (PRM guide 3.3): refuse when  |price - reference| > static volatility guard x reference.

    The reference is the previous close in the opening call, and in every other the last paid price. Orders without a
    limit price are not compared.
    """
    protection, book = protection_of(order), order.scope.book
    price, security = order.price, order.scope.book.security
    if not protection.fat_finger_in_auctions or price >= MARKET_PRICE_ALTERNATIVE or book.phase not in CALLS:
        return None
    reference, source = security.previous_close, "previous close"
    if book.phase is not Phase.OPENING_CALL and security.last is not None:
        reference, source = security.last, "last paid"
    guard = security.static_guard
    if guard is None or reference is None or abs(price - reference) * WHOLE <= guard * reference:
        return None
    limit = guard * reference // WHOLE
    return refuse(protection, Reject.AUCTION_FAT_FINGER, limit, abs(price - reference), reference, source)


def market_order_prevention(order: Order) -> Refusal | None:
    """Market order restriction (PRM guide 3.14): refuse orders at the market price, or pegged to it, in a call.

    Those for the closing call may come at any time.
    """
    protection, terms = protection_of(order), order.terms
    if not protection.market_order_prevention or terms.cross is Cross.CLOSING or not is_in_call(order):
        return None
    if order.price <= MAXIMUM_PRICE and order.attributes.price_type is not PriceType.MARKET_PEG:
        return None
    return refuse(protection, Reject.MARKET_ORDER_PREVENTION)


class Movement(NamedTuple):
    """What an order would do to a call: the equilibrium price without it, None where there is none, and with it."""

    before: int | None
    after: int


def market_order_equilibrium(order: Order) -> Refusal | None:
    """Market order protection, EP to EP (PRM guide 3.15): refuse what moves the equilibrium price too far at once.

    Too far is more than half of the book's extension threshold, up for a buy and down for a sale. In an uncrossed book
    there is no price to begin from.
    """
    found = movement(order)
    if found is None or found.before is None:
        return None
    reason = Reject.MARKET_ORDER_EQUILIBRIUM
    return too_far(order, reason, found.after, found.before, EQUILIBRIUM_MODIFIER, "equilibrium price")


def market_order_reference(order: Order) -> Refusal | None:
    """Market order protection, EP to reference (PRM guide 3.15): refuse what brings the price too far from there.

    Too far is more than the extension threshold of the book, in the opening call five times that.
    """
    found = movement(order)
    book = order.scope.book
    reference = reference_price(book, book.phase)
    if found is None or reference is None:
        return None
    is_opening = book.phase is Phase.OPENING_CALL
    modifier = OPENING_MODIFIER if is_opening else REFERENCE_MODIFIER
    source = "previous close"
    if is_opening and book.security.reference is not None:
        source = "reference price"
    elif not is_opening and book.security.last is not None:
        source = "last paid"
    return too_far(order, Reject.MARKET_ORDER_REFERENCE, found.after, reference, modifier, source)


def movement(order: Order) -> Movement | None:
    """Give what a market order would do to the call that its book is in, None where nothing is asked of it.

    Nothing is asked of what waits for another call, nor where nobody stands on the other side.
    """
    protection, book = protection_of(order), order.scope.book
    if not protection.market_order_protection or order.price <= MAXIMUM_PRICE or book.phase not in CALLS:
        return None
    entry = book.security.entry
    if entry is None or entry.extension is None or book.waits(order):
        return None
    is_buy = order.terms.side is BUY
    ours, theirs = interest(book.buys if is_buy else book.sells), interest(book.sells if is_buy else book.buys)
    if not theirs.at_market and not theirs.at_limit:
        return None
    joined: Interest = with_order(ours, order)
    reference = reference_price(book, book.phase)
    if reference is not None and not book.security.on_tick(reference):
        reference = None
    after = equilibrium(joined, theirs, reference) if is_buy else equilibrium(theirs, joined, reference)
    if after is None:
        return None
    before = expected(book)
    return Movement(None if before is None else before.price, after.price)


def too_far(order: Order, reason: Reject, price: int, reference: int, modifier: int, source: str) -> Refusal | None:
    """Refuse where a price lies too far from a reference, on the side to which an order moves it."""
    entry = order.scope.book.security.entry
    assert entry is not None
    assert entry.extension is not None
    moved = price - reference if order.terms.side is BUY else reference - price
    allowed = entry.extension * modifier * reference
    if moved * WHOLE * 100 <= allowed:
        return None
    return refuse(protection_of(order), reason, allowed // (WHOLE * 100), moved, reference, source)
