"""At which price an order counts, for limits on its value and for what an account has open (PRM guide 3.5, 3.6)."""

from __future__ import annotations

from typing import Final

from engine.api import MARKET_PRICE_ALTERNATIVE, Order, Side

BUY: Final = Side.BUY


def valuation_price(order: Order) -> tuple[int | None, str]:
    """Give the price at which an order is valued, and where it comes from (PRM guide 3.5).

    That of a market order is the last paid price, else the previous close, or the best ask for a buy, the best bid for
    a sale, where that is higher.
    """
    if order.price < MARKET_PRICE_ALTERNATIVE:
        return order.price, "limit price"
    security = order.scope.book.security
    price, source = security.last, "last paid"
    if price is None:
        price, source = security.previous_close, "previous close"
    if order.terms.side is BUY:
        quote, name = security.offer, "best ask"
    else:
        quote, name = security.bid, "best bid"
    if quote is not None and (price is None or quote > price):
        return quote, name
    return price, source
