"""What an order's attributes ask of a match: minimum quantity, reserve, self-match prevention, price improvement.

Pure questions about one incoming order and the other side of its book; nothing is changed here but by `hold_back`.
Rules without a source in OUCH 5.0 follow Nasdaq's Equity 4, Rules 4702 (post only), 4703 (minimum quantity, reserve),
4757 (self-match).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.api import (
    MARKET_PRICE,
    MAXIMUM_PRICE,
    PRICE_SCALE,
    ROUND_LOT,
    Liquidity,
    Order,
    OrderAttributes,
    Port,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
)
from engine.book import BookSide, Reserve
from engine.guards import Guards
from engine.pegs import reach
from engine.terms import MIDPOINTS

MARKET_LIMIT: Final = -MARKET_PRICE
"""The worst key that a market-priced order takes: below every price's key on either side."""
NO_LIMIT_MET: Final = MARKET_PRICE
"""A limit that no price reaches."""
IMPROVEMENT: Final = 100
"""Ticks by which a post-only order must be improved to trade: one cent."""
_MIXER: Final = 0x9E37_79B9_7F4A_7C15
"""2^64 over the golden ratio: spreads successive numbers evenly."""


def minimum(order: Order) -> int:
    """Give the fewest shares that an order will trade at once: never more than it has open."""
    return min(order.attributes.minimum_quantity, order.open)


def is_too_small(incoming: Order, resting: Order) -> bool:
    """Whether an incoming order is too small for a resting one's minimum quantity."""
    return minimum(resting) > incoming.quantity


def reachable(order: Order, contra: BookSide, limit: int) -> Order | None:
    """Give the first of the other side that an incoming order would meet, None where there is nothing for it."""
    for resting in partners(contra, limit):
        if not is_too_small(order, owner_of(resting)):
            return resting
    return None


def partners(contra: BookSide, limit: int) -> Iterator[Order]:
    """Go through what may trade at `limit` or better: by precedence, then who only would go so far, by age."""
    yield from contra.queue(limit)
    if contra.discretionary and not is_beyond_guards(contra, limit):
        for order in sorted(contra.discretionary, key=number_of):
            if order.level is not None and order.price * contra.sign < limit <= reach(order) * contra.sign:
                yield order


def is_beyond_guards(contra: BookSide, limit: int) -> bool:
    """Whether a limit is where a volatility guard stands, so that no discretion is met there."""
    guards = next(iter(contra.discretionary)).scope.book.guards
    return isinstance(guards, Guards) and not guards.permit(limit * contra.sign)


def number_of(order: Order) -> int:
    """Give an order's number, which tells when it came."""
    return order.order_reference_number


def limit_of(order: Order, contra: BookSide) -> int:
    """Give how far an order with a price trades, as a key of the other side."""
    return reach(order) * contra.sign


def price_between(order: Order, owner: Order, contra: BookSide, limit: int) -> int:
    """Give the price of a trade: the resting order's, or of its discretion no more than the incoming one needs."""
    if owner.price * contra.sign >= limit or not owner.attributes.discretionary:
        return owner.price
    return max(limit, min(order.price, reach(owner), key=lambda price: price * contra.sign) * contra.sign) * contra.sign


def is_enough(order: Order, contra: BookSide, limit: int) -> bool:
    """Whether an incoming order's minimum quantity can be had now, from as many orders as it takes."""
    wanted = minimum(order)
    if not wanted:
        return True
    remaining, found = order.quantity, 0
    for resting in partners(contra, limit):
        owner = owner_of(resting)
        if minimum(owner) > remaining:
            continue
        quantity = min(resting.quantity, remaining)
        strategy = self_match(order, owner)
        if strategy is None:
            found += quantity
            remaining -= quantity
        elif strategy.action is SelfMatchAction.DECREMENT_BOTH:
            remaining -= quantity
        elif strategy.action is SelfMatchAction.CANCEL_NEWEST:
            return False
        if found >= wanted:
            return True
    return False


def owner_of(resting: Order) -> Order:
    """Give the order that a part on the book belongs to."""
    return resting.displayed if isinstance(resting, Reserve) else resting


def added_by(resting: Order, owner: Order) -> Liquidity:
    """Give what a trade with a part of a resting order is to its owner."""
    if resting.is_displayed:
        return Liquidity.ADDED
    if owner is not resting:
        return Liquidity.ADDED_RESERVE
    return Liquidity.ADDED_MIDPOINT if owner.attributes.price_type in MIDPOINTS else Liquidity.ADDED_HIDDEN


def removed_by(added: Liquidity) -> Liquidity:
    """Give what the same trade is to the order that came."""
    return Liquidity.REMOVED_MIDPOINT if added is Liquidity.ADDED_MIDPOINT else Liquidity.REMOVED


def self_match(incoming: Order, resting: Order) -> SelfMatchPrevention | None:
    """Give the strategy that keeps two orders from trading, None where they may.

    Either order may ask for it, within one group. The incoming order's own strategy comes first; the resting one's
    holds where the incoming has none for the pair, or leaves it to the other.
    """
    ours, theirs = incoming.attributes, resting.attributes
    mine, other = ours.self_match_prevention, theirs.self_match_prevention
    if (mine is None and other is None) or ours.self_match_group != theirs.self_match_group:
        return None
    if mine is not None and not _is_one(mine.level, incoming.port, resting.port):
        mine = None
    if mine is not None and mine.action is not SelfMatchAction.USE_REMOVER:
        return mine
    if other is not None and not _is_one(other.level, incoming.port, resting.port):
        other = None
    if other is not None and other.action is not SelfMatchAction.USE_REMOVER:
        return other
    return None if mine is None else SelfMatchPrevention(mine.level, SelfMatchAction.DECREMENT_BOTH)


def _is_one(level: SelfMatchLevel, port: Port, other: Port) -> bool:
    """Whether two ports are one participant at a level."""
    match level:
        case SelfMatchLevel.FIRM:
            return port.mpid == other.mpid
        case SelfMatchLevel.ORGANIZATION:
            return port.organization == other.organization
        case SelfMatchLevel.AFFILIATE:
            return port.affiliation == other.affiliation
        case SelfMatchLevel.ANY:
            return True


def improved(order: Order, limit: int) -> int:
    """Give the limit at which a post-only order is improved by a cent; below a dollar it never trades on entry."""
    if not PRICE_SCALE <= order.price <= MAXIMUM_PRICE:
        return NO_LIMIT_MET
    return limit + IMPROVEMENT


def display_size(attributes: OrderAttributes, number: int, lot: int = ROUND_LOT) -> int:
    """Give how many shares a reserve order displays next, 0 for one without a reserve.

    With a random reserve: one of the sizes a round `lot` apart in the range, chosen by the order's newest number, so
    that a replay chooses the same.
    """
    size, spread = attributes.max_floor, attributes.random_reserve
    choices = 2 * spread // lot
    if not choices:
        return size
    chosen = (number * _MIXER >> 32 & 0xFFFF_FFFF) % choices
    return max(size - spread + chosen * lot, min(size, lot))


def needs_refill(order: Order) -> bool:
    """Whether a reserve order displays less than a round lot (or nothing, where it displays less by itself)."""
    if order.reserve is None:
        return False
    lot = order.scope.book.security.round_lot
    return order.quantity < (lot if order.attributes.max_floor >= lot else 1)


def hold_back(order: Order) -> None:
    """Put on the book what an order with a reserve does not display."""
    book, attributes = order.scope.book, order.attributes
    displayed = display_size(attributes, order.order_reference_number, book.security.round_lot)
    if displayed and displayed < order.quantity:
        reserve = order.reserve = Reserve(order, order.quantity - displayed)
        order.quantity = displayed
        book.add_reserve(reserve)
