"""Trading at the closing price: after the closing call, orders trade at the official closing price and at no other.

Those that take part stand in a queue of their own on each side, first come first, whatever their limits say beyond
that they allow the closing price. Into it come, when the phase begins, the orders that asked for it when they were
entered, by price, display and time; and after them whatever is entered in the phase. What does not allow the closing
price, or has a minimum quantity, rests in its place on the book and does not trade. When the phase ends, orders with a
limit go back to the queue of their price, and those at the market price are canceled. Self-match prevention does not
hold, as in a call.

Source: the INET Nordic market model has the phase and Nordic OUCH 5 the option; the rest is this venue's decision
(docs/differences.md).
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from engine.api import MAXIMUM_PRICE, PLAIN, SECOND, CancelReason, Liquidity, Order, OrderAttributes, Phase, TimeInForce
from engine.book import AT_CLOSE, Book, Reserve, unlink
from engine.conditions import hold_back
from engine.following import is_parked
from engine.matching import BUY, GOOD_TILL_TIME, Matching

IMMEDIATE_OR_CANCEL: Final = TimeInForce.IMMEDIATE_OR_CANCEL
TRADING_AT_CLOSE: Final = Phase.TRADING_AT_CLOSE
LIQUIDITY: Final = Liquidity.CLOSING_PRICE
TAKES_PART: Final = OrderAttributes(closing_price=True)
"""What a plain order becomes that is entered in the phase."""


class ClosingPrice(Matching):
    """The part of the engine that trades at the closing price."""

    def _gather(self, order: Order, original: Order | None, now: int) -> bool:
        """Take in an order that is not for continuous trading: for a call, or to trade at the closing price."""
        if order.scope.book.phase is not TRADING_AT_CLOSE:
            return super()._gather(order, original, now)
        self._work_at_close(order, original, now)
        return True

    def _work_at_close(self, order: Order, original: Order | None, now: int) -> None:
        """Trade an order of the phase as far as it goes; what is left stands in line, unless it must not rest."""
        book = order.scope.book
        attributes = order.attributes
        order.attributes = TAKES_PART if attributes is PLAIN else structs.replace(attributes, closing_price=True)
        contra = book.sells if order.terms.side is BUY else book.buys
        trades = book.is_at_close(order) and contra.head_at_close() is not None
        rests = order.terms.time_in_force is not IMMEDIATE_OR_CANCEL
        dead = not rests and not trades
        if original is None:
            order.port.sink.accepted(order, dead, now)
        else:
            order.port.sink.replaced(order, original, dead, now)
        if trades:
            self._match_at_close(order, now)
        if dead:
            self.prm.left(order, order.quantity)
        elif not rests:
            self._drop(order, CancelReason.IMMEDIATE_OR_CANCEL, now)
        elif order.quantity:
            order.port.orders.add(order)
            self.stand(order)
            if order.terms.time_in_force is GOOD_TILL_TIME:
                self.set_deadline(order, attributes.expires_at or now + attributes.expire_time * SECOND)

    def _match_at_close(self, order: Order, now: int) -> None:
        """Trade an order with those of the other side that stand in line."""
        book = order.scope.book
        contra = book.sells if order.terms.side is BUY else book.buys
        price = book.security.official_close
        assert price is not None
        while order.quantity and (resting := contra.head_at_close()) is not None:
            quantity = min(order.quantity, resting.quantity)
            order.quantity -= quantity
            self.take(resting, resting, quantity)
            self._trade(order, resting, quantity, price, LIQUIDITY, now, LIQUIDITY)

    def begin_at_close(self, book: Book, now: int) -> None:
        """Let the orders of a book that asked for it stand in line, by price, display and time, and trade."""
        for order in list(book.orders()):
            if not isinstance(order, Reserve) and book.is_at_close(order):
                join(order)
                book.place(order)
        while (buy := book.buys.head_at_close()) is not None and (sell := book.sells.head_at_close()) is not None:
            price = book.security.official_close
            assert price is not None
            quantity = min(buy.quantity, sell.quantity)
            self.take(buy, buy, quantity)
            self.take(sell, sell, quantity)
            self._trade(buy, sell, quantity, price, LIQUIDITY, now, LIQUIDITY)

    def end_at_close(self, book: Book, now: int) -> None:
        """Let orders that may rest go back to the queues of their prices, and cancel those at the market price."""
        for order in list(book.orders_aside()):
            if order.price > MAXIMUM_PRICE and not is_parked(order):
                self.cancel(order, order.open, CancelReason.CALL_OVER, now)
            elif order.level is not None and order.level.key == AT_CLOSE:
                unlink(order)
                hold_back(order)
                book.add(order)


def join(order: Order) -> None:
    """Take a resting order off its place, all of it in one piece."""
    unlink(order)
    reserve = order.reserve
    if reserve is not None:
        unlink(reserve)
        order.quantity += reserve.quantity
        order.reserve = None
