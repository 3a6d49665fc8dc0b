"""Volatility guards of a Nordic order book: how far a trade may be from what was paid before, in continuous trading.

The dynamic guard holds a trade's price against the last paid one, as it was before the incoming order; the static guard
against the day's reference, which is the opening price, and without an opening trade the previous close. A price is
beyond a guard when it is more than so many percent away. `engine.interruption` tells what becomes of an order that
would trade there.

Source: the INET Nordic market model. Thresholds are 1/10,000 of a percent, multipliers percent, and compared exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.api import MARKET_PRICE, VolatilityEntry

if TYPE_CHECKING:
    from engine.book import Book, BookSide
    from engine.engine import Engine
    from engine.market import Security
    from engine.orders import Order

WHOLE: Final = 100 * 10_000 * 100
"""What a threshold (1/10,000 %) times a multiplier (%) has to be divided by."""
UNMULTIPLIED: Final = 100
USUAL: Final = VolatilityEntry()
ANY_PRICE: Final = MARKET_PRICE
"""Above every price, and its negative below every one."""


class Guards:
    """The guards of a book: it trades from `lower` to `upper`, prices in ticks, both included.

    They follow the last paid price, as `last` has it, when an order is about to trade, so that a trade itself costs
    nothing, and all that order trades is held to what was paid before it; for pegs see `engine.following`. To be made
    anew when a threshold, the reference or the previous close changes.
    """

    __slots__ = ("dynamic", "last", "lower", "security", "static_lower", "static_upper", "upper", "volatility")

    def __init__(self, security: Security, volatility: VolatilityEntry) -> None:
        self.security = security
        self.volatility = volatility
        self.dynamic = (security.dynamic_guard or 0) * volatility.dynamic_multiplier
        self.static_lower, self.static_upper = -ANY_PRICE, ANY_PRICE
        reference = static_reference(security)
        if security.static_guard is not None and reference is not None:
            self.static_lower, self.static_upper = span(reference, security.static_guard * UNMULTIPLIED)
        self.lower, self.upper = self.static_lower, self.static_upper
        self.last = 0
        self.follow()

    def follow(self) -> None:
        """Let the dynamic guard go by the last paid price of now."""
        security = self.security
        last = security.last
        if last is None or security.dynamic_guard is None or last == self.last:
            return
        self.last = last
        lower, upper = span(last, self.dynamic)
        self.lower = lower if lower > self.static_lower else self.static_lower
        self.upper = upper if upper < self.static_upper else self.static_upper

    def are_met(self, contra: BookSide, limit: int) -> bool:
        """Whether an order that would trade with the other side, down to a limit, is kept from some of it."""
        best = contra.best
        assert best is not None
        if contra.sign > 0:
            return limit < self.lower or best.key > self.upper
        return limit < -self.upper or best.key > -self.lower

    def permit(self, price: int) -> bool:
        """Whether the book trades at a price."""
        return self.lower <= price <= self.upper

    def permitted_price(self, order: Order, price: int) -> int:
        """Give how far the discretion of an order goes that would go to a price."""
        return min(price, self.upper) if order.terms.is_buy else max(price, self.lower)

    def last_permitted(self, contra: BookSide, limit: int) -> int:
        """Give the limit, as a key of the other side, down to which an order with a limit trades."""
        return max(limit, self.lower if contra.sign > 0 else -self.upper)

    def length(self, price: int) -> int:
        """Give how long a call lasts that a price began: the static guard's where it is beyond that."""
        volatility = self.volatility
        is_static = not self.static_lower <= price <= self.static_upper
        return volatility.static_call if is_static else volatility.dynamic_call


def span(reference: int, share: int) -> tuple[int, int]:
    """Give the lowest and the highest price that are no farther from a reference than a share of it."""
    away = reference * share // WHOLE
    return reference - away, reference + away


def static_reference(security: Security) -> int | None:
    """Give the price that the static guard compares with."""
    return security.previous_close if security.guard_reference is None else security.guard_reference


def place_guards(engine: Engine) -> None:
    """Put the guards of all Nordic order books in place, as their thresholds and prices are now."""
    for security in engine.securities.values():
        if security.entry is not None:
            place_guards_of(engine, security)


def place_guards_of(engine: Engine, security: Security) -> None:
    """Put the guards of one Nordic order book in place."""
    markets = () if engine.configuration is None else engine.configuration.markets
    is_guarded = security.static_guard is not None or security.dynamic_guard is not None
    for book in security.books:
        volatility = next((entry.volatility for entry in markets if entry.key == book.market.key), USUAL)
        book.guards = Guards(security, volatility) if is_guarded else None


def renew_reference(book: Book, price: int, is_opening: bool) -> None:
    """Take note of the price of a call: the opening's is the day's reference for the static guard.

    So is one that the static guard would not let trade, or it would begin another call at once.
    """
    security = book.security
    guards = book.guards if isinstance(book.guards, Guards) else None
    if is_opening or (guards is not None and not guards.static_lower <= price <= guards.static_upper):
        security.guard_reference = price
        if guards is not None:
            book.guards = Guards(security, guards.volatility)
