"""What becomes of orders and books under price bands (LULD) and the short sale price test (Reg SHO Rule 201).

In the regular hours an order is priced within the bands when it enters, and a short sale above the national best bid;
without a price it trades as far as that, and the rest of it is canceled like anywhere else. When the bands move, orders
that rest beyond them are canceled; a firm's market impact rule cancels its own, then and as market hours begin. After
15 seconds in a limit state the books go into quotation for five minutes, and a halt cross ends the pause; one that
would end in the last ten minutes lasts until the market closes.

Sources: the plan to address extraordinary market volatility, Nasdaq's rules for it, Rule 201 of Regulation SHO.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.api import MAXIMUM_PRICE, SECOND, CancelReason, Order, Phase, Port
from engine.auction import is_waiting
from engine.band_cancel import BandCancel, is_held_to_bands
from engine.book import Book, BookSide, Reserve
from engine.conditions import is_enough
from engine.deadlines import Timed
from engine.following import is_parked
from engine.interruption import Interruptions, partner
from engine.market import Security
from engine.orders import is_live
from engine.risk.price_checks import beyond_bands, meets_bands
from engine.tape import LIMIT_STATE, Tape

if TYPE_CHECKING:
    from collections import deque

    from engine.mass_cancel import MassCancel
    from engine.risk.rule_book import RuleBook

PAUSE: Final = 300 * SECOND
"""How long trading pauses."""
UNTIL_THE_CLOSE: Final = 600 * SECOND
"""How long before the close no pause ends."""
AFTER_THE_CLOSE: Final = SECOND
"""When such a pause ends by itself, so that whoever closes the market comes first."""


class LimitStates(Interruptions):
    """The part of the engine that keeps US books within their bands."""

    ports: dict[str, Port]
    rule_book: RuleBook
    mass_cancels: deque[MassCancel | BandCancel]

    def hold_to_bands(self, order: Order, now: int) -> None:
        """See `Matching`."""
        tape = order.scope.book.security.tape
        if tape is not None:
            tape.hold(order, now)

    def work_guarded(
        self, order: Order, original: Order | None, contra: BookSide, limit: int, rests: bool, now: int
    ) -> bool:
        """See `Matching`: under bands it is orders without a price that do not get as far as they might."""
        tape = order.scope.book.security.tape
        if tape is None:
            return super().work_guarded(order, original, contra, limit, rests, now)
        permitted = tape.last_permitted(order, contra, limit)
        if permitted <= limit or order.attributes.post_only or order.attributes.route:
            return False
        trades = is_enough(order, contra, permitted) and partner(order, contra, permitted) is not None
        self.tell_entry(order, original, not trades, now)
        if trades:
            self._match_conditional(order, contra, permitted, now)
            self._drop(order, CancelReason.IMMEDIATE_OR_CANCEL, now)
        return True

    def time_is_up(self, timed: Timed, now: int) -> None:
        """See `Deadlines`."""
        if isinstance(timed, Tape):
            self._look(timed, max(now, timed.now))  # what it notes may come before it hears the time
        else:
            super().time_is_up(timed, now)

    def _look(self, tape: Tape, now: int) -> None:
        """Do what follows of what a tape has noted."""
        self._renew(tape, now)
        if not any(book.phase is Phase.QUOTATION for book in tape.bands):
            tape.paused_until = 0  # operators ended the pause
        if tape.paused_until and now >= tape.paused_until:
            self._resume(tape, now)
            self._renew(tape, now)
        trading = [book for book in tape.bands if book.phase is Phase.CONTINUOUS]
        for book in trading:
            self._end_beyond(book, now)
        if tape.paused_until or not trading or not tape.is_limited():
            tape.limited_since = 0
        else:
            tape.limited_since = tape.limited_since or now
            if now >= tape.limited_since + LIMIT_STATE:
                self._pause(tape, trading, now)
        self.set_timer(tape, tape.next_moment(now))

    def _renew(self, tape: Tape, now: int) -> None:
        """Bring a tape's bands up to now, and see to what moves with them."""
        security = tape.security
        before = security.luld_lower, security.luld_upper
        tape.renew(now)
        if (security.luld_lower, security.luld_upper) != before:
            self.bands_moved(security, now)

    def bands_moved(self, security: Security, now: int) -> None:
        """Cancel orders that come to lie beyond the price bands, where a risk rule says so (EQRC guide 3.1.14).

        They go in slices; but at once where the market would end all others beyond the bands in the same breath.
        """
        if not self.rule_book.impacts:
            return
        for port in self.ports.values():
            scope = port.scopes.get(security.symbol)
            if scope is not None:
                scope.limits.buys.reference = scope.limits.sells.reference = 0  # what was within may be so no longer
        for book in sorted(security.books, key=lambda book: book.market.key):
            if is_held_to_bands(book):
                for order in self._beyond(book):
                    self._end_by_rule(order, now)
        self._begin_beyond(security, now)

    def _begin_beyond(self, security: Security, now: int) -> None:
        """Begin to end what rules end beyond the bands: a slice now if nothing else waits, the others by records."""
        waiting = [left for left in self.mass_cancels if isinstance(left, BandCancel)]
        for left in waiting:
            if left.security is security:
                self.mass_cancels.remove(left)
        band_cancel = BandCancel(security)
        band_cancel.begin()
        if not band_cancel.is_done():
            self.mass_cancels.append(band_cancel)
            if not waiting:
                self.end_beyond(band_cancel, now)

    def end_beyond(self, band_cancel: BandCancel, now: int) -> None:
        """Do the next slice of what rules end beyond the bands."""
        for order in band_cancel.slice():
            if beyond_bands(order) is not None and not is_waiting(order) and not is_parked(order):
                self._end_by_rule(order, now)
        if band_cancel.is_done():
            self.mass_cancels.remove(band_cancel)

    def finish_beyond(self, now: int) -> None:
        """Do all that is left of what rules end beyond the bands."""
        for left in list(self.mass_cancels):
            while isinstance(left, BandCancel) and left in self.mass_cancels:
                self.end_beyond(left, now)

    def _end_by_rule(self, order: Order, now: int) -> None:
        """Cancel an order beyond the bands, where a market impact rule holds it to them."""
        if meets_bands(order) and self.rule_book.settle(order.scope).market_impact is not None:
            self.cancel(order, order.open, CancelReason.SUPERVISORY, now)

    def _sort_out(self, book: Book, left: Phase, now: int) -> None:
        """See `Crosses`; a rule ends what market hours find beyond the bands, before it trades (EQRC guide 3.1.14)."""
        if book.phase is Phase.CONTINUOUS and self.rule_book.impacts:
            for order in list(book.orders()):
                if not isinstance(order, Reserve) and beyond_bands(order) is not None:
                    self._end_by_rule(order, now)
        super()._sort_out(book, left, now)

    def _end_beyond(self, book: Book, now: int) -> None:
        """Cancel orders that rest beyond the bands, in the order of their queues."""
        for order in self._beyond(book):
            self.cancel(order, order.open, CancelReason.REGULATORY, now)

    @staticmethod
    def _beyond(book: Book) -> list[Order]:
        """Give the orders that rest beyond the bands, in the order of their queues."""
        lower, upper = book.security.luld_lower, book.security.luld_upper
        beyond: list[Order] = []
        if upper is not None and book.buys.best is not None and book.buys.best.price > upper:
            beyond += [order for order in book.buys.orders() if upper < order.price <= MAXIMUM_PRICE]
        if lower is not None and book.sells.best is not None and book.sells.best.price < lower:
            beyond += [order for order in book.sells.orders() if order.price < lower]
        return [
            order
            for order in beyond
            if not isinstance(order, Reserve) and is_live(order) and not is_waiting(order) and not is_parked(order)
        ]

    def _pause(self, tape: Tape, trading: list[Book], now: int) -> None:
        """Let trading pause."""
        close, ends = tape.close(now), now + PAUSE
        tape.limited_since = 0
        tape.paused_until = close + AFTER_THE_CLOSE if close - UNTIL_THE_CLOSE < ends and now < close else ends
        for book in trading:
            self.enter_phase(book, Phase.QUOTATION, now, self.storage_low)

    def _resume(self, tape: Tape, now: int) -> None:
        """Let trading go on: the halt cross makes the reference price, if there is one."""
        tape.paused_until = 0
        tape.begin_at(tape.reference, now)
        for book in tape.bands:
            if book.phase is Phase.QUOTATION:
                self.enter_phase(book, Phase.CONTINUOUS, now, self.storage_low)
