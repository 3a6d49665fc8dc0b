"""What becomes of an order that would trade where a volatility guard stands, and of the book.

The order trades up to the last price that is permitted. Then continuous trading stops: the rest of the order waits in
the book for the volatility call that begins, at the market price where it had none; that of an immediate order is
canceled, like at any other time. The call ends by itself, or with the next phase that somebody asks for. An order under
blow-through protection (PRM guide 3.10) sets off no guard: it stops there, and its rest is canceled.

The random part of a call's length follows from the day's session, the book and the moment, so that a replay has the
same.

Source: the INET Nordic market model; what it leaves open is in docs/differences.md.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from engine.api import CancelReason, Order, Phase, SelfMatchAction, TimeInForce
from engine.book import Book, BookSide
from engine.conditions import improved, is_enough, is_too_small, owner_of, partners, reachable, self_match
from engine.crosses import Crosses
from engine.deadlines import Timed
from engine.guards import Guards

IMMEDIATE_OR_CANCEL: Final = TimeInForce.IMMEDIATE_OR_CANCEL


class Interruptions(Crosses):
    """The part of the engine that interrupts continuous trading."""

    def __init__(self) -> None:
        super().__init__()
        self.session = ""
        self.storage_low = False

    def work_guarded(
        self, order: Order, original: Order | None, contra: BookSide, limit: int, rests: bool, now: int
    ) -> bool:
        """See `Matching`."""
        attributes, guards = order.attributes, order.scope.book.guards
        if not isinstance(guards, Guards):
            return False
        guards.follow()
        if not guards.are_met(contra, limit):
            return False
        takes = improved(order, limit) if attributes.post_only else limit
        stopped = partner(order, contra, takes) if is_enough(order, contra, takes) else None
        if stopped is None:
            return False
        permitted = guards.last_permitted(contra, takes)
        trades = guards.permit(stopped.price) and is_enough(order, contra, permitted)
        protection = order.scope.protection
        is_protected = protection is not None and protection.blow_through
        is_immediate = order.terms.time_in_force is IMMEDIATE_OR_CANCEL
        dead = is_immediate and not trades and not is_protected
        self.tell_entry(order, original, dead, now)
        if trades:
            self._match_conditional(order, contra, permitted, now)
            stopped = partner(order, contra, takes)
            if stopped is None:  # what is left there is the owner's own
                self._match_conditional(order, contra, takes, now)
        if attributes.post_only and stopped is None:
            self.drop_in_contact(order, contra, limit, now)
        if not order.quantity:
            return True
        if stopped is None:
            self.leave_rest(order, rests, now)
        elif is_protected:
            self._drop(order, CancelReason.BLOW_THROUGH, now)
        else:
            beyond = next(part.price for part in partners(contra, takes) if not guards.permit(part.price))
            if is_immediate and not dead:
                self._drop(order, CancelReason.IMMEDIATE_OR_CANCEL, now)
            elif dead and protection is not None:
                self.prm.left(order, order.quantity)
            self._interrupt(order.scope.book, beyond, now)
            if not is_immediate:
                self.take_in(order, now)
        return True

    def meet(self, order: Order, now: int) -> None:
        """See `Matching`."""
        book = order.scope.book
        contra = book.sells if order.terms.is_buy else book.buys
        limit = order.price * contra.sign
        best = contra.best
        if (
            best is None
            or best.key < limit
            or (book.guards is not None and self.meet_guarded(order, contra, limit, now))
        ):
            return
        if not contra.conditional and not order.attributes.conditional:
            self._match(order, contra, limit, now)
        elif reachable(order, contra, limit) is not None and is_enough(order, contra, limit):
            self._match_conditional(order, contra, limit, now)

    def meet_guarded(self, order: Order, contra: BookSide, limit: int, now: int) -> bool:
        """Trade a peg that moves where guards keep it from a trade; else give False, and do nothing.

        The rest of it is parked for the call, that of one under protection canceled.
        """
        guards = order.scope.book.guards
        if not isinstance(guards, Guards) or not guards.are_met(contra, limit) or not is_enough(order, contra, limit):
            return False
        stopped = partner(order, contra, limit)
        if stopped is None:
            return False
        permitted = guards.last_permitted(contra, limit)
        if guards.permit(stopped.price) and is_enough(order, contra, permitted):
            self._match_conditional(order, contra, permitted, now)
            stopped = partner(order, contra, limit)
        if stopped is None:  # what is left there is the owner's own
            self._match_conditional(order, contra, limit, now)
            return True
        if order.quantity:
            protection = order.scope.protection
            if protection is not None and protection.blow_through:
                self.leave(order)
                self._drop(order, CancelReason.BLOW_THROUGH, now)
            else:
                beyond = next(part.price for part in partners(contra, limit) if not guards.permit(part.price))
                self._interrupt(order.scope.book, beyond, now)
        return True

    def _interrupt(self, book: Book, price: int, now: int) -> None:
        """Begin the volatility call of a book that would have traded at a price."""
        guards = book.guards
        assert isinstance(guards, Guards)
        random_end = drawn(guards.volatility.random_end, self.session, book.market.key, book.symbol, str(now))
        self.enter_phase(book, Phase.VOLATILITY_CALL, now, self.storage_low)
        self.set_timer(book, now + guards.length(price) + random_end)

    def time_is_up(self, timed: Timed, now: int) -> None:
        """Let continuous trading go on when a volatility call ends by itself."""
        assert isinstance(timed, Book)
        assert timed.phase is Phase.VOLATILITY_CALL
        self.enter_phase(timed, Phase.CONTINUOUS, now, self.storage_low)


def partner(order: Order, contra: BookSide, limit: int) -> Order | None:
    """Give the first part of the other side with which an order would trade, None where there is none for it."""
    left = order.quantity
    for part in partners(contra, limit) if left else ():
        owner = owner_of(part)
        if is_too_small(order, owner):
            continue
        strategy = self_match(order, owner)
        if strategy is None:
            return part
        if strategy.action is SelfMatchAction.DECREMENT_BOTH:
            left -= part.quantity
        if left <= 0 or strategy.action is SelfMatchAction.CANCEL_NEWEST:
            return None
    return None


def drawn(longest: int, *seed: str) -> int:
    """Draw a time of up to `longest` nanoseconds: the same for the same seed."""
    return int.from_bytes(sha256(" ".join(seed).encode()).digest()[:8], "big") % (longest + 1)
