"""Orders that may leave their book: what it cannot fill goes to a simulated away market, which fills or returns it.

An order with a route trades on its own book first, as any other does. What is left of it then goes away, once: when it
enters, and when it is replaced. The away market fills all of that at the outside quote which operations have set, if
there is one on the side that is asked and the order's price allows it; else it returns it, and the rest of the order
rests or ends as if it had no route. An order that is *directed* (its route is the away market's own name) skips its
book, and is immediate or cancel.

What goes away is held to the risk rules whose exchange is `ROUTED`, beside those of the order's own exchange
(`engine/risk/eqrc.py`). The names of the strategies are the exchanges'; here they all do the same.

For editors: nothing here changes anything but `trade_away`. The outside quote has no size, and a fill there is none of
our own trades: it moves neither our book nor our last price.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.api import MAXIMUM_PRICE, Order, Reject, SelfMatchAction, TimeInForce
from engine.book import BookSide
from engine.conditions import MARKET_LIMIT, is_enough, minimum, owner_of, partners, self_match
from engine.market import Security
from engine.terms import AWAY_MARKET, Liquidity
from engine.trades import PENDING_MAX, pack_trade

if TYPE_CHECKING:
    from engine.matching import Matching

STRATEGIES: Final = frozenset(
    {
        *(b"SCAN", b"STGY", b"SKIP", b"SKNY", b"MOPP", b"DOTI", b"DOTZ", b"LIST", b"CART", b"MIDP"),
        *(b"QDRK", b"QCST", b"SAVE", b"QSAV", b"SOLV", b"TFTY", b"QTFY"),
        *(b"BSCN", b"BSTG", b"BMOP", b"BTFY", b"BDRK", b"BCST", b"BCRT"),
        *(b"PSCN", b"PSTG", b"PMOP", b"PTFY", b"PDRK", b"PCST", b"PCRT"),
        *(b"DCAN", b"DIVE", b"DMID", b"DNGY", b"MANN", b"STGV"),
    }
)
"""The routes that begin on the order's own book: Nasdaq's strategies, those of BX and PSX, those of INET Nordic."""
AWAY_PORT: Final = 0xFFFF
"""The index, in a trade, of the party that is no port of the venue."""


def routing_fault(order: Order) -> Reject | None:
    """Find what is wrong with an order's route: that its port may ask for none, or one that there is not."""
    attributes = order.attributes
    if not order.port.entry.routing or attributes.post_only:
        return Reject.ROUTING_NOT_SERVED
    if attributes.route == AWAY_MARKET:
        is_immediate = order.terms.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL
        return None if is_immediate else Reject.INVALID_TIME_IN_FORCE
    return None if attributes.route in STRATEGIES else Reject.ROUTING_NOT_SERVED


def away_price(order: Order) -> int | None:
    """Give the price at which the away market would fill an order now, None where it would return it."""
    security: Security = order.scope.book.security
    quote = security.outside_offer if order.terms.is_buy else security.outside_bid
    if quote is None or (security.tape is not None and not security.tape.permits(order, quote)):
        return None
    if order.price > MAXIMUM_PRICE:
        return quote
    return quote if (quote <= order.price if order.terms.is_buy else quote >= order.price) else None


def unfilled(order: Order) -> int:
    """Give how many shares of an order that is about to enter its book would leave open: what would go away."""
    contra: BookSide = order.scope.book.sells if order.terms.is_buy else order.scope.book.buys
    limit = order.price * contra.sign if order.price <= MAXIMUM_PRICE else MARKET_LIMIT
    remaining = order.quantity
    if order.attributes.route == AWAY_MARKET or not is_enough(order, contra, limit):
        return remaining
    for resting in partners(contra, limit):
        owner = owner_of(resting)
        if minimum(owner) > remaining:
            continue
        strategy = self_match(order, owner)
        if strategy is None or strategy.action is SelfMatchAction.DECREMENT_BOTH:
            remaining -= min(resting.quantity, remaining)
        elif strategy.action is SelfMatchAction.CANCEL_NEWEST:
            return 0
        if not remaining:
            break
    return remaining


def trade_away(matching: Matching, order: Order, price: int, now: int) -> None:
    """Let the away market fill all that is open of an order, under a number of the order's own market.

    To PRM that is no trade (PRM guide 3.6), but open no more; US rules count it for `ROUTED`.
    """
    market = order.scope.book.market
    market.match_number = match = market.match_number + 1
    quantity, order.quantity = order.quantity, 0
    if order.scope.protection is not None:
        matching.prm.left(order, quantity)
    port, label = order.port, order.scope.book.label
    if port.exposure is not None:
        port.exposure.traded_away(order, quantity, price, now)
    market.trades.pending.append(
        pack_trade(port.index, order.key, order.cl_ord_id, AWAY_PORT, 0, b"", label, quantity, price, now)
    )
    if len(market.trades.pending) == PENDING_MAX:
        market.trades.settle()
    port.sink.executed(order, quantity, price, Liquidity.ROUTED, match, now)
