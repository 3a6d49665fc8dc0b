"""US phases and crosses: what a change of phase trades, cancels, holds and lets go.

    PRE_MARKET ─▶ MARKET         the opening cross; orders for market hours, held until then, take part and go on
    MARKET ─▶ POST_MARKET        the closing cross; orders for market hours end
    QUOTATION ─▶ any but HALT    the halt or IPO cross; the closing cross where it leads to POST_MARKET

A cross is an uncross of the continuous book together with the orders that stand aside for it, at one price
(`engine.cross_price`). What is left of an order that is tied to it ends with it. On a market without crosses orders
that were held enter the book one after the other.

For editors: what may enter when, and what is late, stands in `engine.timely`.
"""

from __future__ import annotations

from typing import Final

from engine.api import MAXIMUM_PRICE, PRM, CancelReason, Cross, CrossStage, Liquidity, Order, Phase, TimeInForce
from engine.auction import NO_CROSSES, Auctions, is_waiting
from engine.book import Book, Reserve
from engine.conditions import MARKET_LIMIT, is_enough, reachable
from engine.cross_price import (
    NO_PRICE,
    cross_interest,
    cross_price,
    current,
    is_valid_opening,
    participants,
)
from engine.following import is_parked, resume, suspend
from engine.market import Security
from engine.phases import NEXT_CROSS, TRADING, US_OVER
from engine.routing import away_price, trade_away

FLAGS: Final = {
    Cross.OPENING: (Liquidity.OPENING_CALL, Liquidity.OPENING_IMBALANCE),
    Cross.CLOSING: (Liquidity.CLOSING_CALL, Liquidity.CLOSING_IMBALANCE),
    Cross.HALT: (Liquidity.UNSCHEDULED_CALL, Liquidity.UNSCHEDULED_CALL),
}
"""What is told of the trades of a cross: of orders in general, and of imbalance-only ones."""
STOPPED: Final = frozenset({Phase.HALT, Phase.QUOTATION})
"""The phases of a book that has been halted."""


def cross_between(left: Phase, entered: Phase) -> Cross | None:
    """Give the cross that a change of phase brings, None where it brings none."""
    if left is Phase.PRE_MARKET and entered is Phase.CONTINUOUS:
        return Cross.OPENING
    if entered is Phase.POST_MARKET and left in (Phase.CONTINUOUS, Phase.QUOTATION):
        return Cross.CLOSING
    if left is Phase.QUOTATION:
        return None if entered is Phase.HALT else Cross.HALT
    return Cross.HALT if left in (Phase.HALT, Phase.CLOSED) and entered in TRADING else None


class Crosses(Auctions):
    """The part of the engine that leads US books through their day."""

    def enter_phase(self, book: Book, phase: Phase, now: int, storage_low: bool, is_next: bool = False) -> None:
        """Bring a book into a phase; in a Nordic market see `Auctions`."""
        left = book.phase
        if book.market.rule_book == PRM or left is phase:
            super().enter_phase(book, phase, now, storage_low, is_next)
            return
        if book.security.tape is not None:
            book.security.tape.now = now
        suspend(book, now)
        if book.timer:
            self.set_timer(book, 0)
        cross = cross_between(left, phase)
        if left is Phase.QUOTATION and cross is Cross.CLOSING and cross not in book.market.crosses:
            cross = Cross.HALT  # or what was gathered would stay as it is, across each other
        if cross is Cross.HALT or (cross is not None and cross in book.market.crosses):
            self._cross(book, cross, now)
        book.phase = phase
        book.held = phase is Phase.PRE_MARKET or (book.held and phase in (Phase.HALT, Phase.CLOSED))
        book.settle(storage_low)
        self._sort_out(book, left, now)
        if book.stage_of in US_OVER.get(phase, NO_CROSSES) or NEXT_CROSS.get(phase, book.stage_of) is not book.stage_of:
            book.forget_stage()
        if phase in TRADING:
            resume(self, book, now)

    @staticmethod
    def enter_stage(book: Book, phase: Phase, stage: CrossStage) -> None:
        """Bring a book nearer to the cross to which a phase leads.

        The price that late orders are held to is that of the first late moment.
        """
        cross = NEXT_CROSS[phase]
        if book.stage_of is not cross:
            book.forget_stage()
            book.stage_of = cross
            found = current(book, cross, cross_interest(book.buys, cross), cross_interest(book.sells, cross))
            book.late_reference = None if found is None else found.price
        book.stage = stage

    def hold_back_cancel(self, order: Order, *, is_whole: bool, now: int) -> None:
        """Let a cancel that comes too near to the cross wait for its end, or where it is not whole refuse it; once."""
        late_cancels, name = order.scope.book.late_cancels, (order.port.name, order.key)
        told = late_cancels.get(name)
        if is_whole and not told:
            late_cancels[name] = True
            order.port.sink.cancel_pending(order, now)
        elif not is_whole and told is None:
            late_cancels[name] = False
            order.port.sink.cancel_rejected(order, now)

    def _cross(self, book: Book, cross: Cross, now: int) -> None:
        """Trade at the price of a cross, if there is one that may be; then end what is left of what was for it."""
        buys, sells = participants(book.buys, cross), participants(book.sells, cross)
        found = cross_price(book, cross, cross_interest(book.buys, cross), cross_interest(book.sells, cross))
        is_void = found is not None and cross is Cross.OPENING and not is_valid_opening(book, found.price, now)
        if found is not None and not is_void:
            price = found.price
            bought = [part.order for part in buys if part.price == NO_PRICE or part.price >= price]
            sold = [part.order for part in sells if part.price <= price]
            self._pair(iter(bought), iter(sold), found, FLAGS[cross], now)
        settle_official(book.security, cross, None if found is None or is_void else found.price)
        for order in list(book.orders()):
            if isinstance(order, Reserve):
                continue
            if order.terms.cross is cross:
                self._end(order, now, is_void=is_void)
            elif (
                not is_waiting(order) and not is_parked(order) and (order.price > MAXIMUM_PRICE or is_immediate(order))
            ):
                self._end(order, now)

    def _end(self, order: Order, now: int, *, is_void: bool = False) -> None:
        """Cancel what a cross has left of an order that was for it alone."""
        reason = CancelReason.OPEN_PROTECTION if is_void else CancelReason.CALL_OVER
        if is_pending(order):
            reason = CancelReason.USER
        elif not is_void and is_immediate(order):
            reason = CancelReason.IMMEDIATE_OR_CANCEL
        self.cancel(order, order.open, reason, now)

    def _sort_out(self, book: Book, left: Phase, now: int) -> None:
        """End, move and release orders as the phase that has begun has them."""
        over = US_OVER.get(book.phase, NO_CROSSES)
        released: list[Order] = []
        for order in list(book.orders()):
            if isinstance(order, Reserve):
                continue
            terms = order.terms
            if terms.cross in over:
                outlasted = terms.cross is Cross.OPENING and left in STOPPED
                reason = CancelReason.HALT_OUTLASTED_CROSS if outlasted else CancelReason.CALL_OVER
                self.cancel(order, order.open, CancelReason.USER if is_pending(order) else reason, now)
            elif is_over(order):
                self.cancel(order, order.open, CancelReason.EXPIRED, now)
            elif book.waits(order) is not is_waiting(order) and not is_parked(order):
                if terms.cross is Cross.CONTINUOUS and book.phase in TRADING and is_waiting(order):
                    released.append(order)
                else:
                    self._move(order)
        for order in sorted(released, key=number_of):
            self._release(order, now)

    def _release(self, order: Order, now: int) -> None:
        """Let an order that was held enter the book as if it came now, under its old number.

        Its price is not changed any more: what bands or the short sale price test forbid of it ends.
        """
        book, attributes = order.scope.book, order.attributes
        self.leave(order)
        contra = book.sells if order.terms.is_buy else book.buys
        rests = order.price <= MAXIMUM_PRICE
        limit = order.price * contra.sign if rests else MARKET_LIMIT
        tape = book.security.tape
        if tape is not None:
            limit = tape.last_permitted(order, contra, limit)
        if reachable(order, contra, limit) is not None:
            if attributes.post_only:
                self._match_post_only(order, contra, limit, now)
            elif is_enough(order, contra, limit):
                self._match_conditional(order, contra, limit, now)
        if order.quantity and attributes.route:
            price = away_price(order)
            if price is not None:
                trade_away(self, order, price, now)
        if order.quantity and rests and tape is not None and not tape.permits(order, order.price):
            self._drop(order, CancelReason.REGULATORY, now)
        elif order.quantity and rests:
            self._rest(order, now)
        else:
            self._drop(order, CancelReason.IMMEDIATE_OR_CANCEL, now)


def settle_official(security: Security, cross: Cross, price: int | None) -> None:
    """Keep the official opening or closing price: that of the cross; where a closing had none, the last sale's."""
    if cross is Cross.OPENING and price is not None and security.official_open is None:
        security.official_open = price
    elif cross is Cross.CLOSING:
        security.official_close = security.last if price is None else price


def is_pending(order: Order) -> bool:
    """Whether an order is to be canceled after its cross."""
    return order.scope.book.late_cancels.get((order.port.name, order.key), False)


def is_immediate(order: Order) -> bool:
    """Whether an order never rests."""
    return order.terms.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL


def is_over(order: Order) -> bool:
    """Whether an order is for market hours, and those are over."""
    terms = order.terms
    return terms.time_in_force is TimeInForce.DAY and order.scope.book.phase is Phase.POST_MARKET


def number_of(order: Order) -> int:
    """Give an order's number, by which orders that are released go."""
    return order.order_reference_number
