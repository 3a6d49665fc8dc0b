"""The price of a US cross, and what it rests on: who takes part, in which order of precedence, and how far it may go.

The price is the one with the most executable volume; of several the one with the smallest imbalance; of several the
nearest to the midpoint of bid and offer, in a halt or IPO cross to the last sale; of two equally near the higher. Any
price on tick may become it, not only those of orders. Orders without a price go first, then price; at one price
displayed ones, then hidden ones, then imbalance-only ones; then time, in which orders of the book and those for the
cross are one queue.

An imbalance-only order buys at the bid at the most, and sells at the offer at the least. A closing cross is kept
within a distance of the quote; an opening one is void where its price is too far from everything that is known.

Source: the opening and closing cross of NASDAQ (Equity 4, Rules 4752 to 4754), as far as public summaries tell; ties
and what is missing are this venue's decisions (docs/differences.md).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import Final, NamedTuple

from engine.api import MAXIMUM_PRICE, PRICE_SCALE, SECOND, Cross, Display, Order
from engine.auction import Equilibrium, Interest, interest, is_waiting, takes_part
from engine.book import Book, BookSide
from engine.conditions import owner_of
from engine.following import is_parked
from engine.phases import NEXT_CROSS

THRESHOLD: Final = PRICE_SCALE // 2
"""Ticks that a cross may always be away from a price: 50 cents."""
THRESHOLD_PARTS: Final = 10
"""Or the tenth part of that price, if that is more."""
RECENT: Final = 15 * 60 * SECOND
"""How old the sale may be that an opening price is held against, in nanoseconds."""
NO_PRICE: Final = -1
"""Stands for the price of an order without one."""
SHOWN, HIDDEN, LAST = range(3)
"""At one price, who goes first."""


class Part(NamedTuple):
    """A part of an order in a cross: who goes first has the smaller `rank`; `price` is ticks, or `NO_PRICE`."""

    rank: tuple[int, int, int]
    price: int
    order: Order


class Indication(NamedTuple):
    """What a cross would do now: with the orders of the book, and the price that those for the cross alone would have.

    `current` is where the figures of an imbalance message are taken: the best price from the bid to the offer.
    """

    near: Equilibrium | None
    far: Equilibrium | None
    current: Equilibrium | None


def coming_cross(book: Book) -> Cross | None:
    """Give the cross that a US book's phase leads to, None where there is none."""
    if book.gathers:
        return Cross.HALT
    return NEXT_CROSS.get(book.phase) if book.market.crosses else None


def joins(order: Order, cross: Cross) -> bool:
    """Whether an order that stands aside takes part in a cross."""
    tied = order.terms.cross
    if is_parked(order):
        return False
    return not is_waiting(order) or tied is cross or (tied is Cross.CONTINUOUS and cross is Cross.OPENING)


def participants(side: BookSide, cross: Cross) -> list[Part]:
    """Give the parts of orders that take part in a cross, who goes first first."""
    found = [] if side.aside is None else [part_of(order, side) for order in side.aside.orders() if joins(order, cross)]
    for place, ladder in ((SHOWN, side.shown), (HIDDEN, side.hidden)):
        for level in ladder.levels.values():
            time = 0
            for order in level.orders():
                time = max(time, owner_of(order).order_reference_number)  # a refilled part goes behind who was there
                found.append(Part((-level.key, place, time), level.price, order))
    return sorted((part for part in found if takes_part(part.order)), key=rank_of)


def rank_of(part: Part) -> tuple[int, int, int]:
    """Give what sorts the parts of a cross."""
    return part.rank


def part_of(order: Order, side: BookSide) -> Part:
    """Give the part in a cross of an order that stands aside, whole."""
    number, price = order.order_reference_number, order.price
    if price > MAXIMUM_PRICE:
        return Part((-MAXIMUM_PRICE - 1, SHOWN, number), NO_PRICE, order)
    place = LAST if order.attributes.imbalance_only else HIDDEN if order.terms.display is Display.HIDDEN else SHOWN
    key = price * side.sign
    if order.attributes.imbalance_only and side.shown.keys:
        key = min(key, side.shown.keys[-1])
    return Part((-key, place, number), key * side.sign, order)


def cross_interest(side: BookSide, cross: Cross) -> Interest:
    """Give what one side brings to a cross."""
    return added(interest(side), [part_of(order, side) for order in waiting(side) if joins(order, cross)])


def waiting(side: BookSide) -> list[Order]:
    """Give the orders of one side that wait for a cross, or for the opening."""
    aside = [] if side.aside is None else side.aside.orders()
    return [order for order in aside if is_waiting(order) and takes_part(order)]


def added(found: Interest, parts: list[Part]) -> Interest:
    """Give what one side brings together with more parts."""
    at_market, at_limit = found.at_market, dict(found.at_limit)
    for part in parts:
        quantity = part.order.quantity
        if part.price == NO_PRICE:
            at_market += quantity
        else:
            at_limit[part.price] = at_limit.get(part.price, 0) + quantity
    return Interest(at_market, at_limit)


def quote(book: Book) -> tuple[int | None, int | None]:
    """Give a book's own best displayed bid and offer."""
    bids, offers = book.buys.shown.keys, book.sells.shown.keys
    return (bids[-1] if bids else None), (-offers[-1] if offers else None)


def doubled_reference(book: Book, cross: Cross) -> int | None:
    """Give twice the price that settles ties: the midpoint; without a quote, or in a halt, the last sale or close."""
    prices = [] if cross is Cross.HALT else [price for price in quote(book) if price is not None]
    if prices:
        return prices[0] + prices[-1]
    security = book.security
    price = security.last if security.last is not None else security.previous_close
    return None if price is None else 2 * price


def tick_below(book: Book, price: int) -> int:
    """Give the size of the tick under a price."""
    return next((tick for floor, tick in book.security.ticks if price > floor), 1)


def tick_above(book: Book, price: int) -> int:
    """Give the size of the tick over a price."""
    return next((tick for floor, tick in book.security.ticks if price >= floor), 1)


def candidates(book: Book, buys: Interest, sells: Interest, doubled: int | None, bounds: tuple[int, int]) -> list[int]:
    """Give the prices that may come out: where volume or imbalance change, next to them, and around the reference."""
    low, high = bounds
    turns = [*buys.at_limit, *sells.at_limit, low, high]
    if doubled is not None:
        turns.append(doubled // 2 - doubled // 2 % tick_above(book, doubled // 2))
    below = [price - tick_below(book, price) for price in turns]
    above = [price + tick_above(book, price) for price in turns]
    on_tick = book.security.on_tick
    prices = sorted({*turns, *below, *above})
    return [price for price in prices if low <= price <= high and 0 < price <= MAXIMUM_PRICE and on_tick(price)]


def best_price(prices: list[int], buys: Interest, sells: Interest, doubled: int | None) -> Equilibrium | None:
    """Give the best of some prices, None where nothing trades at any."""
    bid_prices, ask_prices = sorted(buys.at_limit), sorted(sells.at_limit)
    bought = [0, *accumulate(buys.at_limit[price] for price in bid_prices)]
    sold = [0, *accumulate(sells.at_limit[price] for price in ask_prices)]
    best: Equilibrium | None = None
    best_rank: tuple[int, int, int, int] | None = None
    for price in prices:
        demand = buys.at_market + bought[-1] - bought[bisect_left(bid_prices, price)]
        supply = sells.at_market + sold[bisect_right(ask_prices, price)]
        found = Equilibrium(price, min(demand, supply), demand - supply)
        distance = 0 if doubled is None else abs(2 * price - doubled)
        rank = (-found.volume, abs(found.surplus), distance, -price)
        if found.volume and (best_rank is None or rank < best_rank):
            best, best_rank = found, rank
    return best


def reach(price: int) -> int:
    """Give how far a cross may be away from a price, in ticks."""
    return max(THRESHOLD, price // THRESHOLD_PARTS)


def bounds_of(book: Book, cross: Cross) -> tuple[int, int]:
    """Give the lowest and highest price of a cross: only the closing has such, from the quote.

    Where orders were gathered until then there is none: they may be far across each other, and all of that trades.
    """
    bid, offer = quote(book)
    if cross is not Cross.CLOSING or book.gathers or bid is None or offer is None:
        return 1, MAXIMUM_PRICE
    return max(bid - reach(bid), 1), min(offer + reach(offer), MAXIMUM_PRICE)


def cross_price(book: Book, cross: Cross, buys: Interest, sells: Interest) -> Equilibrium | None:
    """Give the price of a cross, None where nothing can trade."""
    doubled = doubled_reference(book, cross)
    return best_price(candidates(book, buys, sells, doubled, bounds_of(book, cross)), buys, sells, doubled)


def indication(book: Book, cross: Cross) -> Indication:
    """Give what a book's next cross would do if it came now."""
    buys, sells = cross_interest(book.buys, cross), cross_interest(book.sells, cross)
    bought, sold = tied_interest(book.buys, cross), tied_interest(book.sells, cross)
    return Indication(
        cross_price(book, cross, buys, sells),
        cross_price(book, cross, bought, sold),
        current(book, cross, buys, sells),
    )


def tied_interest(side: BookSide, cross: Cross) -> Interest:
    """Give what the orders of one side that are tied to a cross bring to it."""
    tied = [part_of(order, side) for order in waiting(side) if order.terms.cross is cross]
    return added(Interest(0, {}), tied)


def current(book: Book, cross: Cross, buys: Interest, sells: Interest) -> Equilibrium | None:
    """Give the best price from the bid to the offer, and what pairs there; None where none is known.

    Without both of them it is the price of the cross, or without one the price that settles ties.
    """
    bid, offer = quote(book)
    doubled = doubled_reference(book, cross)
    if bid is None or offer is None or bid > offer:
        found = cross_price(book, cross, buys, sells)
        prices = [doubled // 2] if doubled is not None else []
    else:
        prices = candidates(book, buys, sells, doubled, (bid, offer))
        found = best_price(prices, buys, sells, doubled)
    nearest = min(prices, key=lambda price: abs(2 * price - (doubled or 0)), default=None)
    return found or (None if nearest is None else unpaired(nearest, buys, sells))


def unpaired(price: int, buys: Interest, sells: Interest) -> Equilibrium:
    """Give what is left over at a price at which nothing pairs."""
    demand = buys.at_market + sum(quantity for limit, quantity in buys.at_limit.items() if limit >= price)
    supply = sells.at_market + sum(quantity for limit, quantity in sells.at_limit.items() if limit <= price)
    return Equilibrium(price, min(demand, supply), demand - supply)


def is_valid_opening(book: Book, price: int, now: int) -> bool:
    """Whether an opening price is near enough to one of the previous close, a recent sale, and the quote."""
    known = [book.security.previous_close, recent_sale(book, now), *quote(book)]
    prices = [one for one in known if one is not None]
    return not prices or any(abs(price - one) <= reach(one) for one in prices)


def recent_sale(book: Book, now: int) -> int | None:
    """Give the price of the last sale on a book, where it is recent."""
    trades = book.market.trades
    for match_number in range(book.market.match_number, 0, -1):
        trade = trades.find(match_number)
        if trade is None or trade.time < now - RECENT:
            return None
        if trade.symbol == book.symbol:
            return trade.price
    return None
