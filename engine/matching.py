"""How books change: an order is worked against the other side, rests, is cut, leaves, and what time ends.

An order without conditions against a side without conditions takes the short way: best price, displayed first, time
(`_match`). Minimum quantity, reserve and self-match prevention, on either side, go the long way (`_match_conditional`)
through the queue of all that the price allows, because some of it may have to be passed over. Post only has a way of
its own (`_match_post_only`): it trades where the price is improved enough, and goes where it would lock or cross. So
has an order with a route (`_work_routed`): what its book leaves open of it may be filled away.

For editors: what is asked for is checked before it comes here; nothing in this module refuses anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.api import (
    AWAY_MARKET,
    MAXIMUM_PRICE,
    PLAIN,
    SECOND,
    CancelReason,
    Cross,
    Liquidity,
    Order,
    Phase,
    Side,
    TimeInForce,
)
from engine.book import BookSide, shrink, unlink
from engine.conditions import (
    MARKET_LIMIT,
    added_by,
    display_size,
    hold_back,
    improved,
    is_enough,
    is_too_small,
    limit_of,
    needs_refill,
    owner_of,
    partners,
    price_between,
    reachable,
    removed_by,
    self_match,
)
from engine.deadlines import Deadlines
from engine.following import follow, note_paid, park_again, take_peg
from engine.prevention import prevent
from engine.routing import away_price, trade_away
from engine.timely import hold_to_stage
from engine.trades import PENDING_MAX, pack_trade

if TYPE_CHECKING:
    from engine.risk.prm import PrmRuleBook

BUY: Final = Side.BUY
CONTINUOUS: Final = Cross.CONTINUOUS
DAY: Final = TimeInForce.DAY
GOOD_TILL_TIME: Final = TimeInForce.GOOD_TILL_TIME
IMMEDIATE_OR_CANCEL: Final = TimeInForce.IMMEDIATE_OR_CANCEL
ADDED: Final = Liquidity.ADDED
ADDED_HIDDEN: Final = Liquidity.ADDED_HIDDEN
REMOVED: Final = Liquidity.REMOVED
REMOVING: Final = frozenset({REMOVED, Liquidity.REMOVED_MIDPOINT})
"""What a trade outside of calls and crosses is to the order that came."""


class Matching(Deadlines):
    """The half of the engine that changes books; the other half decides what may. `prm` counts what happens."""

    prm: PrmRuleBook

    # What comes in.

    def work(self, order: Order, original: Order | None, now: int) -> None:
        """Give an admitted order its number, tell its port, trade it as far as it goes, and let the rest of it rest.

        What must not rest (immediate or cancel, market-priced) and finds nothing is dead at once (OUCH 5.0 §2.6).
        """
        book, market = order.scope.book, order.scope.book.market
        market.order_reference_number = order.order_reference_number = market.order_reference_number + 1
        terms, attributes, protection = order.terms, order.attributes, order.scope.protection
        if protection is not None:
            self.prm.entered(order, protection, now)
        if attributes is not PLAIN and attributes.pegged and not take_peg(self, order, original, now):
            if protection is not None and order.level is None:
                self.prm.left(order, order.quantity)
            return
        if (book.apart or terms.cross is not CONTINUOUS) and self._gather(order, original, now):
            return
        contra = book.sells if terms.side is BUY else book.buys
        limit, rests = MARKET_LIMIT, False
        if order.price <= MAXIMUM_PRICE:
            limit, rests = order.price * contra.sign, terms.time_in_force is not IMMEDIATE_OR_CANCEL
            if attributes is not PLAIN and attributes.discretionary:
                note_paid(book)
                limit = limit_of(order, contra)
        best = contra.best
        trades = best is not None and best.key >= limit
        may_stop = book.guards is not None and (trades or bool(contra.discretionary))
        if may_stop and self.work_guarded(order, original, contra, limit, rests, now):
            return
        conditional = contra.conditional or (
            attributes is not PLAIN and (attributes.conditional or attributes.route != b"")
        )
        if conditional:
            if attributes.route:
                self._work_routed(order, original, contra, limit, rests, now)
                return
            meets = reachable(order, contra, limit) is not None
            trades = meets and (attributes.post_only or is_enough(order, contra, limit))
        dead = not rests and not trades
        sink = order.port.sink
        if original is None:
            sink.accepted(order, dead, now)
        else:
            sink.replaced(order, original, dead, now)
        if trades:
            if attributes is not PLAIN and attributes.post_only:
                self._match_post_only(order, contra, limit, now)
            elif conditional:
                self._match_conditional(order, contra, limit, now)
            else:
                self._match(order, contra, limit, now)
        if rests:
            if order.quantity:
                self._rest(order, now)
        elif not dead:
            self._drop(order, CancelReason.IMMEDIATE_OR_CANCEL, now)
        elif protection is not None:
            self.prm.left(order, order.quantity)

    def work_guarded(
        self, order: Order, original: Order | None, contra: BookSide, limit: int, rests: bool, now: int
    ) -> bool:
        """Work an order whose book has guards, where they keep it from a trade; else give False, and do nothing."""
        raise NotImplementedError

    def hold_to_bands(self, order: Order, now: int) -> None:
        """Price a US order where price bands and the short sale price test let it be."""
        raise NotImplementedError

    def meet(self, order: Order, now: int) -> None:
        """Trade an order that has a new price with what it meets at that price, and let the rest of it be."""
        raise NotImplementedError

    def leave_rest(self, order: Order, rests: bool, now: int) -> None:
        """Let what is open of an order rest, or cancel it."""
        if rests:
            self._rest(order, now)
        else:
            self._drop(order, CancelReason.IMMEDIATE_OR_CANCEL, now)

    def _work_routed(
        self, order: Order, original: Order | None, contra: BookSide, limit: int, rests: bool, now: int
    ) -> None:
        """Work an order with a route: on its book, then away (`engine/routing.py`)."""
        is_directed = order.attributes.route == AWAY_MARKET
        meets = not is_directed and reachable(order, contra, limit) is not None and is_enough(order, contra, limit)
        price = away_price(order)
        dead = not rests and not meets and price is None
        self.tell_entry(order, original, dead, now)
        if meets:
            self._match_conditional(order, contra, limit, now)
        if order.quantity and price is not None:
            trade_away(self, order, price, now)
        if order.quantity and rests:
            self._rest(order, now)
        elif not dead:
            self._drop(order, CancelReason.IMMEDIATE_OR_CANCEL, now)
        elif order.scope.protection is not None:
            self.prm.left(order, order.quantity)

    def _gather(self, order: Order, original: Order | None, now: int) -> bool:
        """Take in an order for a call or cross, until which even what would never rest does so; tell its port.

        In extended hours orders for market hours are held for the opening, or are too late; False of any other there.
        """
        book, terms = order.scope.book, order.terms
        is_late = False
        if terms.cross is not CONTINUOUS:
            hold_to_stage(order)
        else:
            self.hold_to_bands(order, now)
            if not book.gathers:
                if book.phase is Phase.CONTINUOUS or terms.time_in_force is not DAY:
                    return False
                is_late = not book.held
        self.tell_entry(order, original, False, now)
        if is_late:
            self._drop(order, CancelReason.MARKET_HOURS_OVER, now)
        else:
            self.take_in(order, now)
        return True

    @staticmethod
    def tell_entry(order: Order, original: Order | None, dead: bool, now: int) -> None:
        """Tell an order's port that it is in."""
        if original is None:
            order.port.sink.accepted(order, dead, now)
        else:
            order.port.sink.replaced(order, original, dead, now)

    def take_in(self, order: Order, now: int) -> None:
        """Let an order wait for a call."""
        self.enlist(order, now)
        self.stand(order)

    def enlist(self, order: Order, now: int) -> None:
        """Let an order be among those of its port in the market, and end at its time."""
        order.port.orders.add(order)
        if order.port.exposure is not None:
            order.port.exposure.booked(order, now)
        if order.terms.time_in_force is GOOD_TILL_TIME:
            attributes = order.attributes
            self.set_deadline(order, attributes.expires_at or now + attributes.expire_time * SECOND)

    @staticmethod
    def stand(order: Order) -> None:
        """Put an order where the phase of its book has it; only in the queue of a price is a reserve held back."""
        book = order.scope.book
        if order.attributes.pegged and park_again(order):
            return
        if order.price <= MAXIMUM_PRICE and not book.waits(order) and not book.is_at_close(order):
            hold_back(order)
        book.place(order)

    def _rest(self, order: Order, now: int) -> None:
        """Put an order on its book, behind all others at its price; a reserve goes behind the hidden ones."""
        book = order.scope.book
        port, attributes = order.port, order.attributes
        port.orders.add(order)
        if port.exposure is not None:
            port.exposure.booked(order, now)
        if attributes is not PLAIN:
            hold_back(order)
        book.add(order)
        if order.terms.time_in_force is GOOD_TILL_TIME:
            self.set_deadline(order, attributes.expires_at or now + attributes.expire_time * SECOND)

    def _drop(self, order: Order, reason: CancelReason, now: int) -> None:
        """Cancel what is open of an order that never rested."""
        quantity = order.quantity
        if quantity:
            order.quantity = 0
            order.size -= quantity
            if order.scope.protection is not None:
                self.prm.left(order, quantity)
            if order.port.exposure is not None:
                order.port.exposure.left(order, quantity, now)
            order.port.sink.canceled(order, quantity, reason, now)

    # How it trades.

    def _match(self, order: Order, contra: BookSide, limit: int, now: int) -> None:
        """Trade with the best of the other side, at its price, while there is quantity and the price allows."""
        while order.quantity and (level := contra.best) is not None and level.key >= limit:
            resting = level.head
            assert resting is not None
            added = ADDED if level.ladder.is_displayed else ADDED_HIDDEN
            quantity = resting.quantity
            if quantity <= order.quantity:
                self.leave(resting)
                resting.quantity = 0
            else:
                quantity = order.quantity
                shrink(resting, quantity)
            order.quantity -= quantity
            self._trade(order, resting, quantity, resting.price, added, now)

    def _match_conditional(self, order: Order, contra: BookSide, limit: int, now: int) -> None:
        """Trade with what the conditions of both sides allow; displayed parts are refilled when it is done."""
        touched: dict[Order, None] = {}
        for resting in partners(contra, limit):
            if not order.quantity:
                break
            owner = owner_of(resting)
            if is_too_small(order, owner):
                continue
            added = added_by(resting, owner)
            quantity = resting.quantity if resting.quantity < order.quantity else order.quantity
            strategy = self_match(order, owner)
            if strategy is not None:
                prevent(self, order, resting, owner, quantity, added, strategy, now)
            else:
                order.quantity -= quantity
                self.take(resting, owner, quantity)
                price = price_between(order, owner, contra, limit)
                self._trade(order, owner, quantity, price, added, now, removed_by(added))
            if owner.reserve is not None:
                touched[owner] = None
        for owner in touched:
            if needs_refill(owner):
                self._refill(owner, now)

    def _match_post_only(self, order: Order, contra: BookSide, limit: int, now: int) -> None:
        """Trade only where the price is improved by a cent; cancel what would still lock or cross (Rule 4702)."""
        takes = improved(order, limit)
        if is_enough(order, contra, takes):
            self._match_conditional(order, contra, takes, now)
        self.drop_in_contact(order, contra, limit, now)

    def drop_in_contact(self, order: Order, contra: BookSide, limit: int, now: int) -> None:
        """Cancel what is open of a post-only order that would lock or cross."""
        contact = reachable(order, contra, limit)
        if contact is not None:
            displayed = contact.is_displayed
            self._drop(order, CancelReason.POST_ONLY_DISPLAYED if displayed else CancelReason.POST_ONLY_RULE, now)

    def _trade(
        self,
        order: Order,
        resting: Order,
        quantity: int,
        price: int,
        added: Liquidity,
        now: int,
        removed: Liquidity = REMOVED,
    ) -> None:
        """Give an execution its number, keep it for the day, and tell both ports: the incoming order's first.

        In a call neither comes in: the buy goes first, and `removed` says the same as `added`.
        """
        scope = order.scope
        book = scope.book
        market = book.market
        market.match_number = match = market.match_number + 1
        security = book.security
        security.last = price
        if security.tape is not None:
            security.tape.traded(book, price, removed not in REMOVING, now)
        if scope.protection is not None:
            self.prm.traded(order, quantity, price, now)
            self.prm.traded(resting, quantity, price, now)
        port, contra = order.port, resting.port
        if port.exposure is not None:
            port.exposure.traded(order, quantity, price, now)
        if contra.exposure is not None:
            contra.exposure.traded(resting, quantity, price, now)
        pending = market.trades.pending
        pending.append(
            pack_trade(
                port.index,
                order.key,
                order.cl_ord_id,
                contra.index,
                resting.key,
                resting.cl_ord_id,
                book.label,
                quantity,
                price,
                now,
            )
        )
        if len(pending) == PENDING_MAX:
            market.trades.settle()
        port.sink.executed(order, quantity, price, removed, match, now)
        contra.sink.executed(resting, quantity, price, added, match, now)

    def take(self, resting: Order, owner: Order, quantity: int) -> None:
        """Take shares off one part of a resting order; the order leaves with the last of its parts."""
        if quantity < resting.quantity:
            shrink(resting, quantity)
            return
        if resting is not owner:
            owner.reserve = None
        unlink(resting)
        resting.quantity = 0
        if not owner.quantity and owner.reserve is None:
            self.leave(owner)

    def _refill(self, order: Order, now: int) -> None:
        """Display more of a reserve order: under a new number, last in the queue of its price."""
        book = order.scope.book
        market = book.market
        reserve = order.reserve
        assert reserve is not None
        market.order_reference_number = number = market.order_reference_number + 1
        moved = min(display_size(order.attributes, number, book.security.round_lot) - order.quantity, reserve.quantity)
        if order.level is not None:
            unlink(order)
        if moved < reserve.quantity:
            shrink(reserve, moved)
        else:
            unlink(reserve)
            order.reserve = None
        order.quantity += moved
        book.add(order)
        order.port.sink.restated(order, order.quantity, number, now)

    # How it shrinks and goes.

    def cancel(self, order: Order, quantity: int, reason: CancelReason, now: int) -> None:
        """Take `quantity` shares of a resting order out of the market, all of them ends it."""
        book = order.scope.book
        if book.apart and book.security.tape is not None:
            book.security.tape.now = now
        if quantity == order.open:
            self.leave(order)
            order.quantity = 0
        else:
            self.reduce(order, quantity)
        order.size -= quantity
        if order.scope.protection is not None:
            self.prm.left(order, quantity)
        port = order.port
        if port.exposure is not None:
            port.exposure.left(order, quantity, now)
        port.sink.canceled(order, quantity, reason, now)
        if book.pegs is not None:
            follow(self, book, now)

    @staticmethod
    def reduce(order: Order, quantity: int) -> None:
        """Take some shares off a resting order that keeps its place: its reserve first, then what is displayed."""
        reserve = order.reserve
        if reserve is not None:
            if quantity < reserve.quantity:
                shrink(reserve, quantity)
                return
            quantity -= reserve.quantity
            unlink(reserve)
            order.reserve = None
        shrink(order, quantity)

    def leave(self, order: Order) -> None:
        """Take an order off its book and its port, with its reserve and its deadline."""
        if order.level is not None:  # it may be displayed no more, and wait for a refill
            unlink(order)
        if order.reserve is not None:
            unlink(order.reserve)
            order.reserve = None
        order.port.orders.remove(order.key)
        if order.expires_at:
            self.drop_deadline()

    # What time does.

    def expire(self, order: Order, deadline: int) -> None:
        """See `Deadlines`."""
        self.cancel(order, order.open, CancelReason.EXPIRED, deadline)
