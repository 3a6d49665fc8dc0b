"""What a PRM account did today: its accumulated values by currency, and its orders by order book.

Counters run whether or not there is a limit, so that one which is set at noon sees what the morning brought.

Sources: PRM guide 3.6 and Appendix I (accumulated values), 3.12 (orders a second), 3.13 (repeated orders).
"""

from __future__ import annotations

from typing import Final

from engine.api import SECOND, CurrencyLimits, Side
from engine.risk.limits import NO_LIMIT
from engine.risk.windows import SlidingWindow
from engine.terms import Lock

UNLIMITED: Final = CurrencyLimits()
COUNTERS: Final = tuple(lock for lock in Lock if lock is not Lock.BY_HAND)
"""The seven, in the order of `CurrencyState.values`."""
BUY: Final = Side.BUY
WARNING_NUMERATOR: Final = 4
WARNING_DENOMINATOR: Final = 5
"""A counter warns when it reaches four fifths of its limit, and has to be compared exactly."""


class CurrencyState:
    """The counters of an account in a currency, in 1/10,000 of it, gross and of today; `locked` is by which of them.

    `bounds` are the counters that have a limit, each with it and with the value that warns of it, `warned` those of
    which was warned today. Before `slack` more is counted none of them is reached, and none need be looked at.
    """

    __slots__ = (
        "bounds",
        "currency",
        "limits",
        "locked",
        "open_buy",
        "open_sell",
        "slack",
        "traded_buy",
        "traded_sell",
        "warned",
    )

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.traded_buy = 0
        self.traded_sell = 0
        self.open_buy = 0
        self.open_sell = 0
        self.locked: tuple[Lock, ...] = ()
        self.warned: tuple[Lock, ...] = ()
        self.limits = UNLIMITED
        self.bounds: tuple[tuple[Lock, int, int], ...] = ()
        self.slack = 0

    @property
    def total_risk(self) -> int:
        """All that was traded, and all that is open."""
        return self.traded_buy + self.traded_sell + self.open_buy + self.open_sell

    @property
    def total_traded(self) -> int:
        """All that was traded."""
        return self.traded_buy + self.traded_sell

    @property
    def total_open(self) -> int:
        """All that is open."""
        return self.open_buy + self.open_sell

    def values(self) -> tuple[int, ...]:
        """Give the seven counters, by `Lock`."""
        traded_buy, traded_sell, open_buy, open_sell = self.traded_buy, self.traded_sell, self.open_buy, self.open_sell
        traded, open_ = traded_buy + traded_sell, open_buy + open_sell
        return traded + open_, traded, open_, traded_buy, traded_sell, open_buy, open_sell

    def take_limits(self, limits: CurrencyLimits) -> None:
        """Compare with other limits from the next order or trade on."""
        if limits != self.limits:
            self.limits = limits
            found = [(lock, getattr(limits, lock.name.lower())) for lock in COUNTERS]
            self.bounds = tuple((lock, limit, warning(limit)) for lock, limit in found if limit)
            self.slack = 0

    def open(self, side: Side, value: int) -> None:
        """Add to what is open, or take away from it."""
        if side is BUY:
            self.open_buy += value
        else:
            self.open_sell += value

    def next_day(self) -> None:
        """Begin anew, without a lock."""
        self.traded_buy = self.traded_sell = self.open_buy = self.open_sell = self.slack = 0
        self.locked = self.warned = ()


class FlowState:
    """An account's orders in one order book: their times within a second, and how often the last came in a row.

    `side`, `price` and `quantity` are those of the last new order that was accepted, `repeats` counts those just like
    it since; a `quantity` of 0 is none yet. `warned` tells that the rate reached 80 % of its limit today.
    """

    __slots__ = ("order_book", "price", "quantity", "repeats", "side", "warned", "window")

    def __init__(self, order_book: str) -> None:
        self.order_book = order_book
        self.window = SlidingWindow(NO_LIMIT, SECOND)
        self.side = BUY
        self.price = 0
        self.quantity = 0
        self.repeats = 0
        self.warned = False

    def count(self, side: Side, price: int, quantity: int) -> int:
        """Count a new order that was accepted; gives how often it has come again in a row."""
        if quantity == self.quantity and price == self.price and side is self.side:
            self.repeats += 1
        else:
            self.side, self.price, self.quantity, self.repeats = side, price, quantity, 0
        return self.repeats


def warning(limit: int) -> int:
    """Give the value at which a counter warns: the least that is 80 % of the limit or more."""
    return -(-limit * WARNING_NUMERATOR // WARNING_DENOMINATOR)


def warns(window: SlidingWindow) -> bool:
    """Whether so many have arrived in a window that it warns of its limit."""
    limit = window.limit
    if limit * WARNING_NUMERATOR > len(window.times) * WARNING_DENOMINATOR:
        return False  # there are not so many
    return window.holds(warning(limit))
