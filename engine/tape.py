"""What the tape says of a US security: the reference price of its bands (LULD), and whether it has fallen by 10 %.

The reference is the price of the last cross, at first the previous close. The mean of the trades of the last five
minutes takes its place when it is a percent or more away, but not before the reference has stood for 30 seconds. Bands
(`engine.bands`) follow; those that operators set stand until they clear them or the day ends. When the national best
bid is at the upper band, or the offer at the lower one, for 15 seconds, trading pauses (`engine.limit_state`).

A trade at 10 % or more below the previous close restricts short sales for the rest of the day and the next one (Reg SHO
Rule 201): those that are not exempt then have to be priced above the national best bid.

A tape takes notes only, since trades and quotes come in the middle of a match. What follows of them is done when its
timer comes, which is before anything else happens. Each trade counts once, by its whole second.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from engine.api import MAXIMUM_PRICE, SECOND, Order, Phase, Side
from engine.bands import is_far, mean, price_bands
from engine.deadlines import Deadlines, Timed

if TYPE_CHECKING:
    from engine.book import Book, BookSide
    from engine.engine import Engine
    from engine.market import Security

WINDOW: Final = 300
"""Seconds over which trades are counted."""
STANDS: Final = 30 * SECOND
"""How long a reference price stands at the least."""
LIMIT_STATE: Final = 15 * SECOND
"""How long a limit state lasts before trading pauses."""
LATE: Final = 25 * 60 * SECOND
"""How long before the close bands are wider."""
DAYS_RESTRICTED: Final = 2
"""The day on which a price falls, and the next one."""


class Tape(Timed):
    """The tape of one security.

    `bands` are the books that are held to the bands, `tests` those whose short sales are; `since` is when the reference
    took effect, `seconds` are the trades that count: second, number, and sum of prices. `is_set` says that operators
    set the bands. `limited_since` is when the limit state began, `paused_until` when the pause ends, 0 = there is none.
    `now` is the time of the latest that has happened in a book of the security: quotes do not say when they change.
    """

    __slots__ = (
        "bands",
        "count",
        "days_restricted",
        "deadlines",
        "is_set",
        "leverage",
        "limited_since",
        "now",
        "paused_until",
        "reference",
        "seconds",
        "security",
        "since",
        "tests",
        "tier",
        "total",
    )

    def __init__(self, security: Security, deadlines: Deadlines) -> None:
        super().__init__()
        self.security = security
        self.deadlines = deadlines
        self.bands: list[Book] = []
        self.tests: list[Book] = []
        self.tier, self.leverage = 2, 1
        self.reference = security.previous_close
        self.since = 0
        self.seconds: deque[tuple[int, int, int]] = deque()
        self.count = self.total = 0
        self.is_set = False
        self.limited_since = self.paused_until = 0
        self.days_restricted = 0
        self.now = 0

    @property
    def timer_name(self) -> tuple[str, str]:
        """See `Timed`."""
        return "", self.security.symbol

    # What it hears.

    def traded(self, book: Book, price: int, is_cross: bool, now: int) -> None:
        """Take note of a trade; outside the regular hours only a cross counts."""
        self.now = now
        if not is_cross and book.phase is not Phase.CONTINUOUS:
            return
        close = self.security.previous_close
        if self.tests and close is not None and 10 * price <= 9 * close:
            self.days_restricted = DAYS_RESTRICTED
        if not self.bands:
            return
        if is_cross:
            self.begin_at(price, now)
            self.look_soon()
            return
        second = now // SECOND
        if self.seconds and self.seconds[-1][0] == second:
            _, count, total = self.seconds.pop()
            self.seconds.append((second, count + 1, total + price))
        else:
            self.seconds.append((second, 1, price))
        self.count += 1
        self.total += price
        self._forget(now)
        if self.is_due():
            self.look_soon(max(now, self.since + STANDS))

    def quoted(self) -> None:
        """Take note of a change of the national best bid or offer."""
        if self.bands:
            self.look_soon()

    def look_soon(self, moment: int = 0) -> None:
        """See that somebody looks at what was noted."""
        moment = moment or self.now or 1
        if not self.timer or moment < self.timer:
            self.deadlines.set_timer(self, moment)

    def revise(self, prices: dict[str, int | None], now: int) -> None:
        """Take note of prices that operators have set."""
        self.now = now
        if "previous_close" in prices:
            self.begin_at(self.security.previous_close, now)
        if "luld_lower" in prices or "luld_upper" in prices:
            self.is_set = self.security.luld_lower is not None or self.security.luld_upper is not None
        self.look_soon(now)

    def next_day(self, now: int) -> None:
        """Begin a day with the close of the one before."""
        self.begin_at(self.security.previous_close, 0)
        self.is_set = False
        self.limited_since = 0
        self.days_restricted = max(self.days_restricted - 1, 0)
        self.look_soon(now)

    # The reference and the bands.

    def begin_at(self, reference: int | None, now: int) -> None:
        """Begin with a reference price, as if nothing had traded yet."""
        self.reference, self.since = reference, now
        self.seconds.clear()
        self.count = self.total = 0

    def _forget(self, now: int) -> None:
        first = now // SECOND - WINDOW
        while self.seconds and self.seconds[0][0] <= first:
            _, count, total = self.seconds.popleft()
            self.count -= count
            self.total -= total

    def is_due(self) -> bool:
        """Whether the mean of the trades is to take the place of the reference, as soon as that may be."""
        return bool(self.count) and (self.reference is None or is_far(self.total, self.count, self.reference))

    def renew(self, now: int) -> None:
        """Bring the reference and the bands up to `now`."""
        self.now = now
        self._forget(now)
        if self.is_due() and now >= self.since + STANDS:
            self.reference, self.since = mean(self.total, self.count), now
        security = self.security
        if not self.bands or self.is_set:
            return
        if self.reference is None or security.previous_close is None:
            security.luld_lower = security.luld_upper = None
            return
        is_late = self.close(now) - LATE <= now < self.close(now)
        lower, upper = price_bands(self.reference, security.previous_close, self.tier, self.leverage, is_late)
        security.luld_lower, security.luld_upper = lower or None, upper

    def close(self, now: int) -> int:
        """Give the end of the regular hours of the day, which is when the after hours of its market begin."""
        market = self.bands[0].market
        return market.midnight + market.after_hours_open

    def is_limited(self) -> bool:
        """Whether the national best bid is at the upper band, or the offer at the lower one, and they do not cross."""
        security = self.security
        bid, offer, lower, upper = security.bid, security.offer, security.luld_lower, security.luld_upper
        if bid is not None and offer is not None and bid >= offer:
            return False
        return (bid is not None and upper is not None and bid >= upper) or (
            offer is not None and lower is not None and offer <= lower
        )

    def next_moment(self, now: int) -> int:
        """Give when to look again, if nothing is noted until then; 0 = never."""
        moments = [self.paused_until, self.limited_since and self.limited_since + LIMIT_STATE]
        if self.bands:
            moments += [self.close(now) - LATE, self.close(now)]
            if self.is_due():
                moments.append(self.since + STANDS)
        return min((moment for moment in moments if moment > now), default=0)

    # What it asks of orders.

    def hold(self, order: Order, now: int) -> None:
        """Price an order where it may be: no farther than the band of its side, a short sale above the best bid."""
        self.now = now
        if order.price > MAXIMUM_PRICE or order.scope.book.phase is not Phase.CONTINUOUS:
            return
        order.price = self.permitted_price(order, order.price)

    def permitted_price(self, order: Order, price: int) -> int:
        """Give the price, no better than one for the other side, at which an order may be."""
        security, book = self.security, order.scope.book
        lower, upper = (security.luld_lower, security.luld_upper) if book in self.bands else (None, None)
        if order.terms.is_buy:
            return price if upper is None else min(price, upper)
        if lower is not None:
            price = max(price, lower)
        if self.is_restricted(order) and security.bid is not None:
            price = max(price, security.tick_above(security.bid))
        return price

    def permits(self, order: Order, price: int) -> bool:
        """Whether an order may trade at a price now."""
        if order.scope.book.phase is not Phase.CONTINUOUS:
            return True
        return self.permitted_price(order, price) == price

    def is_restricted(self, order: Order) -> bool:
        """Whether an order is a short sale that has to be priced above the national best bid."""
        is_short = order.terms.side is Side.SELL_SHORT
        return is_short and self.days_restricted > 0 and order.scope.book in self.tests

    def last_permitted(self, order: Order, contra: BookSide, limit: int) -> int:
        """Give the limit, as a key of the other side, down to which an order with a limit trades."""
        worst = self.permitted_price(order, MAXIMUM_PRICE if order.terms.is_buy else 0)
        return max(limit, worst * contra.sign) if order.scope.book.phase is Phase.CONTINUOUS else limit


def place_tapes(engine: Engine, now: int) -> None:
    """Give each US security a tape where one of its markets needs it, with the terms of the configuration."""
    configuration = engine.configuration
    if configuration is None:
        return
    entries = {entry.symbol: entry for entry in configuration.symbols}
    for symbol, security in engine.securities.items():
        if security.entry is None:
            books = {book.market.key: book for book in security.books}
            listed = [entry for entry in configuration.markets if entry.key in books]
            bands = [books[entry.key] for entry in listed if entry.bands]
            tests = [books[entry.key] for entry in listed if entry.short_sale_test]
            _place_tape(engine, security, bands, tests, now)
            entry = entries.get(symbol)
            if security.tape is not None and entry is not None:
                security.tape.tier, security.tape.leverage = entry.tier, entry.leverage


def _place_tape(engine: Engine, security: Security, bands: list[Book], tests: list[Book], now: int) -> None:
    tape = security.tape
    if tape is None and not bands and not tests:
        return
    if tape is None:
        tape = security.tape = Tape(security, engine)
    tape.bands, tape.tests = bands, tests
    for book in security.books:
        book.guards = tape if book in bands or book in tests else None
    if bands or tests:
        tape.look_soon(max(now, 1))
    else:
        engine.set_timer(tape, 0)
        security.tape = None
    for book in security.books:
        book.settle(engine.storage_low)
