"""Pegs: orders whose price follows the quotes of their book. What they follow, and at which price that puts them.

A primary peg follows the best price of its own side, a market peg that of the other side, a midpoint peg the middle of
both; an offset is added, the order's own price is the limit of it, and what is off tick goes to the tick that is worse
for the order (the midpoint may lie between two ticks). What is followed are displayed orders that are no pegs
themselves, in the order's own book, or the outside quote on a side where operations have set one: so a peg that moves
never moves another one. A peg without a price to follow, or outside of continuous trading, is *parked*: it stands aside
and takes no part until it has one.

Pure questions, but for `Pegs`, which is what a book keeps of its pegs; `engine.following` moves them. OUCH 5.0 §6.10
names the price types and the rules are RASHport's (1.1 §6.3); what neither says is this venue's (docs/differences.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.orders import Order, is_live
from engine.phases import TRADING
from engine.terms import MARKET_PRICE, MAXIMUM_PRICE, MIDPOINTS, Phase, PriceType, Reject

if TYPE_CHECKING:
    from engine.book import Book, BookSide
    from engine.market import Security

SPARE_PEGS: Final = 64
"""How many pegs that are gone are kept, beside as many as there are live ones."""
NO_PRICE: Final = 0
"""The price of what has none now."""


class Quote(NamedTuple):
    """What the pegs of a book follow: best bid and offer in ticks, None where there is none."""

    bid: int | None
    offer: int | None

    @property
    def is_crossed(self) -> bool:
        """Whether the bid is above the offer; one that is at it only locks the market."""
        return self.bid is not None and self.offer is not None and self.bid > self.offer


class Pegs:
    """The pegs of one book, each with its limit, in the order in which they came; some of them may be gone.

    `quote` is what they were priced at last, None while they are parked. `moved` are those that move right now, with
    the prices that they had, None while none do.
    """

    __slots__ = ("limits", "most", "moved", "quote")

    def __init__(self) -> None:
        self.limits: dict[Order, int] = {}
        self.quote: Quote | None = None
        self.moved: dict[Order, int] | None = None
        self.most = SPARE_PEGS

    def add(self, order: Order, limit: int) -> None:
        """Take a peg in; those that are gone go, now and then."""
        if len(self.limits) >= self.most:
            self.purge()
        self.limits[order] = limit

    def purge(self) -> None:
        """Forget the pegs that are gone."""
        self.limits = {order: limit for order, limit in self.limits.items() if is_live(order)}
        self.most = 2 * len(self.limits) + SPARE_PEGS

    def sort(self) -> None:
        """Put the pegs into the order of new numbers that they have."""
        self.purge()
        self.limits = dict(sorted(self.limits.items(), key=lambda entry: entry[0].order_reference_number))

    def live(self) -> list[Order]:
        """Give the pegs that are there, first come first."""
        return [order for order in self.limits if is_live(order)]


def read_quote(book: Book) -> Quote:
    """Give what the pegs of a book follow now."""
    security: Security = book.security
    bid, offer = security.outside_bid, security.outside_offer
    return Quote(
        best_followed(book.buys) if bid is None else bid,
        best_followed(book.sells) if offer is None else offer,
    )


def best_followed(side: BookSide) -> int | None:
    """Give the best displayed price of one side at which an order stands that is no peg."""
    shown = side.shown
    for key in reversed(shown.keys):
        level = shown.levels[key]
        if level.quantity > level.pegged:
            return level.price
    return None


def peg_price(order: Order, limit: int, quote: Quote) -> int:
    """Give the price, in ticks, at which a quote puts a peg with a limit; `NO_PRICE` where it gives none."""
    return price_at(order, order.attributes.price_type, order.attributes.peg_offset, limit, quote)


def reach(order: Order) -> int:
    """Give how far an order trades now, in ticks: its own price, or one that its discretion lets be better for others.

    One that follows a quote is worked out when it is asked for, so that its moves alone trade nothing. It ends where
    guards and bands do, and so sets off none.
    """
    attributes, price = order.attributes, order.price
    if not attributes.discretionary:
        return price
    beyond = attributes.discretion_price
    if attributes.discretion_price_type is not PriceType.LIMIT:
        quote, limit = read_quote(order.scope.book), beyond or MARKET_PRICE
        kind, offset = attributes.discretion_price_type, attributes.discretion_peg_offset
        beyond = price_at(order, kind, offset, limit, quote) or price
    guards = order.scope.book.guards
    if guards is not None and order.scope.book.phase is Phase.CONTINUOUS:
        beyond = guards.permitted_price(order, beyond)
    return max(price, beyond) if order.terms.is_buy else min(price, beyond)


def price_at(order: Order, kind: PriceType, offset: int, limit: int, quote: Quote) -> int:
    """Give the price at which a quote puts an order that follows it so; `NO_PRICE` where it gives none."""
    is_buy = order.terms.is_buy
    if kind in MIDPOINTS:
        price = midpoint(quote, offset, is_buy=is_buy)
    else:
        primary = kind is PriceType.PRIMARY_PEG
        reference = quote.bid if primary is is_buy else quote.offer
        if reference is None:
            return NO_PRICE
        price = to_tick(order.scope.book.security, reference + offset, is_buy=is_buy)
    if price <= 0:
        return NO_PRICE
    if limit <= MAXIMUM_PRICE:
        price = min(price, limit) if is_buy else max(price, limit)
    return price if price <= MAXIMUM_PRICE else NO_PRICE


def midpoint(quote: Quote, offset: int, *, is_buy: bool) -> int:
    """Give the middle of a quote and an offset, half a tick of 1/10,000 to the order's disadvantage."""
    bid, offer = quote
    if bid is None or offer is None or bid > offer:
        return NO_PRICE
    return (bid + offer + (not is_buy)) // 2 + offset


def to_tick(security: Security, price: int, *, is_buy: bool) -> int:
    """Give the nearest price on tick that is no better for whoever trades with the order's other side."""
    for floor, tick in security.ticks:
        if price >= floor:
            return price - price % tick if is_buy else price + -price % tick
    return price


def entry_fault(order: Order) -> Reject | None:
    """Say why a peg cannot enter now: while its book trades, it needs something to follow (OUCH 5.0 §7)."""
    book = order.scope.book
    if book.phase not in TRADING or book.waits(order):
        return Reject.QUOTE_UNAVAILABLE if order.attributes.price_type is PriceType.MIDPOINT else None
    quote = read_quote(book)
    if peg_price(order, order.price, quote) != NO_PRICE:
        return None
    is_crossed = quote.is_crossed and order.attributes.price_type in MIDPOINTS
    return Reject.CROSSED_MARKET if is_crossed else Reject.QUOTE_UNAVAILABLE
