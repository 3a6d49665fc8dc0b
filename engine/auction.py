"""Calls: orders are gathered without a trade, then all that can trade does so at one price, the equilibrium price.

The price is the one with the most executable volume; of several the one with the smallest surplus; where buys are left
over at all of those the highest, where sales are the lowest; else the nearest to the reference price, and of two that
are equally near the higher. Orders without a price come first, then price, displayed before hidden, time.

An order that is tied to a call waits aside until that call begins, takes its place at the end of its price's queue
then, and leaves with the call. So does an immediate or cancel order, and one without a price: neither can rest
afterwards. Orders with a minimum quantity take no part, and self-match prevention does not hold in a call.

Source: the INET Nordic market model, of which the order of precedence and the use of an equilibrium price are public;
ties and what is left over are this venue's decisions (docs/differences.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

from engine.api import MAXIMUM_PRICE, PLAIN, CancelReason, Cross, Liquidity, Order, Phase, TimeInForce
from engine.book import AT_MARKET, WAITING, Aside, Book, BookSide, Reserve, unlink
from engine.closing_price import ClosingPrice
from engine.conditions import needs_refill, owner_of
from engine.following import is_parked, resume, suspend
from engine.guards import renew_reference
from engine.phases import CALLS, GATHERING, JOINS, OVER, TRADING

IMMEDIATE_OR_CANCEL: Final = TimeInForce.IMMEDIATE_OR_CANCEL
WHOLE: Final = 100 * 10_000
"""A hundred percent, in 1/10,000 of a percent."""
OPENINGS: Final = (Phase.PRE_OPEN, Phase.OPENING_CALL)
NO_CROSSES: Final[frozenset[Cross]] = frozenset()


class Equilibrium(NamedTuple):
    """What a call would trade: at which price (ticks), how many shares, and how many are left over, sales negative."""

    price: int
    volume: int
    surplus: int


class Interest(NamedTuple):
    """What one side of a call would trade: shares without a price, and shares at each price."""

    at_market: int
    at_limit: dict[int, int]


def interest(side: BookSide) -> Interest:
    """Give what one side of a book brings to a call."""
    at_market = sum(order.quantity for order in without_price(side))
    at_limit: dict[int, int] = {}
    for ladder in (side.shown, side.hidden):
        for level in ladder.levels.values():
            quantity = level.quantity
            if side.conditional:
                quantity = sum(part.quantity for part in level.orders() if takes_part(part))
            if quantity:
                at_limit[level.price] = at_limit.get(level.price, 0) + quantity
    return Interest(at_market, at_limit)


def with_order(found: Interest, order: Order) -> Interest:
    """Give what a side would bring with one more order."""
    if order.price > MAXIMUM_PRICE:
        return Interest(found.at_market + order.quantity, found.at_limit)
    at_limit = dict(found.at_limit)
    at_limit[order.price] = at_limit.get(order.price, 0) + order.quantity
    return Interest(found.at_market, at_limit)


def equilibrium(buys: Interest, sells: Interest, reference: int | None) -> Equilibrium | None:
    """Give the equilibrium price, None where nothing can trade.

    Prices that may become it are those of the orders and the `reference`, which counts if it is on tick (else give
    None). Without a reference the highest of equally good prices is taken.
    """
    prices = sorted({*buys.at_limit, *sells.at_limit, *(() if reference is None else (reference,))})
    best: list[Equilibrium] = []
    demand = buys.at_market + sum(buys.at_limit.values())
    supply = sells.at_market
    for price in prices:
        supply += sells.at_limit.get(price, 0)
        found = Equilibrium(price, min(demand, supply), demand - supply)
        demand -= buys.at_limit.get(price, 0)
        if not found.volume:
            continue
        rank = (-found.volume, abs(found.surplus))
        known = (-best[0].volume, abs(best[0].surplus)) if best else rank
        if rank < known:
            best.clear()
        if rank <= known:
            best.append(found)
    if not best:
        return None
    if all(found.surplus < 0 for found in best):
        return best[0]
    if reference is None or all(found.surplus > 0 for found in best):
        return best[-1]
    return min(best, key=lambda found: (abs(found.price - reference), -found.price))


def reference_price(book: Book, phase: Phase) -> int | None:
    """Give the price that a call's result is held against: in the opening the previous close, later the last sale."""
    security = book.security
    if phase in OPENINGS:
        return security.previous_close if security.reference is None else security.reference
    return security.last if security.last is not None else security.previous_close


def settle_official(book: Book, found: Equilibrium | None) -> None:
    """Keep what the opening and the closing call of a Nordic book have made of its day.

    The opening price is that of the call's trades. The closing price is too; where the call had none, it is the last
    sale's, of an earlier day if need be.
    """
    security = book.security
    if security.entry is None:
        return
    if book.phase is Phase.CLOSING_CALL:
        security.official_close = reference_price(book, book.phase) if found is None else found.price
    elif book.phase in OPENINGS and found is not None and security.official_open is None:
        security.official_open = found.price


def expected(book: Book) -> Equilibrium | None:
    """Give what a book would trade if its call ended now."""
    reference = reference_price(book, book.phase)
    if reference is not None and not book.security.on_tick(reference):
        reference = None
    return equilibrium(interest(book.buys), interest(book.sells), reference)


def without_price(side: BookSide) -> Iterator[Order]:
    """Go through the orders of a call that take any price, first come first."""
    level = None if side.aside is None else side.aside.levels.get(AT_MARKET)
    return iter(()) if level is None else (part for part in level.orders() if takes_part(part))


def takes_part(part: Order) -> bool:
    """Whether a part of an order may trade in a call."""
    return part.attributes is PLAIN or not part.attributes.minimum_quantity


def flag_of(order: Order, flags: tuple[Liquidity, Liquidity]) -> Liquidity:
    """Give what an order's executions are told as: the second is for imbalance-only orders."""
    return flags[order.attributes is not PLAIN and order.attributes.imbalance_only]


class Auctions(ClosingPrice):
    """The part of the engine that ends calls."""

    def enter_phase(self, book: Book, phase: Phase, now: int, storage_low: bool, is_next: bool = False) -> None:
        """Bring a book into a phase. A call that ends uncrosses; one that is halted keeps its orders for the next.

        With `is_next` a call that is to begin is another one than that which the book is in, if of the same kind.
        """
        left = book.phase
        if left in TRADING and phase not in TRADING:
            suspend(book, now)
        if left is Phase.TRADING_AT_CLOSE and phase is not left:
            self.end_at_close(book, now)
        changes = left is not phase or is_next
        if changes and phase is not Phase.HALT and (left in CALLS or (phase is Phase.CONTINUOUS and left is not phase)):
            found = self._uncross(book, now)
            settle_official(book, found)
            if found is not None:
                renew_reference(book, found.price, is_opening=left in OPENINGS)
            self._end_call(book, now)
        book.phase = phase
        if book.timer:
            self.set_timer(book, 0)
        book.settle(storage_low)
        over = OVER.get(phase, NO_CROSSES)
        for order in list(book.orders() if left in JOINS else book.orders_aside()):
            if order.terms.cross is Cross.CONTINUOUS or isinstance(order, Reserve):
                continue
            if order.terms.cross in over:
                self.cancel(order, order.open, CancelReason.CALL_OVER, now)
            elif book.waits(order) is not is_waiting(order):
                self._move(order)
        if phase is Phase.TRADING_AT_CLOSE and left is not phase:
            self.begin_at_close(book, now)
        if phase in TRADING:
            resume(self, book, now)

    @staticmethod
    def is_extended(book: Book) -> bool:
        """Whether a call that would end now is extended, once: its price is farther from the reference than allowed."""
        entry = book.security.entry
        if book.phase not in CALLS or book.extended_until or book.timer or entry is None or entry.extension is None:
            return False
        found, reference = expected(book), reference_price(book, book.phase)
        if found is None or reference is None:
            return False
        return abs(found.price - reference) * WHOLE > entry.extension * reference

    def _uncross(self, book: Book, now: int) -> Equilibrium | None:
        """Trade what can trade at the equilibrium price, in both sides' order of precedence; gives what it was."""
        found = expected(book)
        if found is None:
            return None
        liquidity = GATHERING.get(book.phase, Liquidity.UNSCHEDULED_CALL)
        buys, sells = self._precedence(book.buys, found.price), self._precedence(book.sells, found.price)
        self._pair(buys, sells, found, (liquidity, liquidity), now)
        return found

    def _pair(
        self,
        buys: Iterator[Order],
        sells: Iterator[Order],
        found: Equilibrium,
        flags: tuple[Liquidity, Liquidity],
        now: int,
    ) -> None:
        """Trade the volume of a call or cross at its price; `flags` tell of orders, and of imbalance-only ones."""
        buy, sell = next(buys), next(sells)
        buyer, seller = owner_of(buy), owner_of(sell)
        of_buyer, of_seller = flag_of(buyer, flags), flag_of(seller, flags)
        touched: dict[Order, None] = {}
        price, left = found.price, found.volume
        while True:
            quantity = buy.quantity if buy.quantity < sell.quantity else sell.quantity
            if left < quantity:
                quantity = left
            left -= quantity
            self.take(buy, buyer, quantity)
            self.take(sell, seller, quantity)
            self._trade(buyer, seller, quantity, price, of_seller, now, of_buyer)
            if buyer.reserve is not None:
                touched[buyer] = None
            if seller.reserve is not None:
                touched[seller] = None
            if not left:
                break
            if not buy.quantity:
                buy = next(buys)
                buyer = owner_of(buy)
                of_buyer = flag_of(buyer, flags)
            if not sell.quantity:
                sell = next(sells)
                seller = owner_of(sell)
                of_seller = flag_of(seller, flags)
        for owner in touched:
            if needs_refill(owner):
                self._refill(owner, now)

    @staticmethod
    def _precedence(side: BookSide, price: int) -> Iterator[Order]:
        """Go through what trades at a price, who comes first first."""
        return chain(without_price(side), filter(takes_part, side.queue(price * side.sign)))

    def _end_call(self, book: Book, now: int) -> None:
        """Cancel what is left of the orders that were for this call only, in the order of their queues."""
        joined = JOINS.get(book.phase, NO_CROSSES)
        for order in list(book.orders()):
            if isinstance(order, Reserve) or is_waiting(order):
                continue
            if order.terms.time_in_force is IMMEDIATE_OR_CANCEL:
                self.cancel(order, order.open, CancelReason.IMMEDIATE_OR_CANCEL, now)
            elif order.terms.cross in joined or (order.price > MAXIMUM_PRICE and not is_parked(order)):
                self.cancel(order, order.open, CancelReason.CALL_OVER, now)

    def _move(self, order: Order) -> None:
        """Let an order that is tied to a call stand where the new phase has it; its reserve is divided anew."""
        unlink(order)
        reserve = order.reserve
        if reserve is not None:
            unlink(reserve)
            order.quantity += reserve.quantity
            order.reserve = None
        self.stand(order)


def is_waiting(order: Order) -> bool:
    """Whether an order stands aside until its call begins."""
    level = order.level
    return level is not None and level.key == WAITING and isinstance(level.ladder, Aside)
