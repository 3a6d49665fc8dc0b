"""How fast orders come on a port: messages in each symbol, and the same order again and again.

Both count on arrival, whatever becomes of the message; the one that is too many shuts the port until somebody frees it
(the safety switch, operations, the next day). Messages of the port as a whole are counted in `Port.windows`.

Source: EQRC guide 3.1.15, 3.1.16.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from engine.api import SECOND, Order, Refusal, Reject, RuleEntry
from engine.risk.windows import SlidingWindow

OrderKey = tuple[str, int, int, int]
"""What makes orders duplicates: symbol, side, price and size. The side is a plain int, which is hashed faster."""
FlowTimes = tuple[dict[str, list[int]], list[tuple[int, OrderKey]]]
"""What a flow has counted: the times of messages by symbol, and of orders, oldest first."""
FORGOTTEN_A_TIME: Final = 2
"""Keys that are forgotten, at most, when an order comes: more than one, so that they become fewer."""


class OrderFlow:
    """What one order rate rule counts on a port; None is no limit.

    `symbols` are the messages in each symbol. `young` and `old` are the times of the orders that were the same, oldest
    first: what came since `turned`, and what did not. Once that is a span ago nothing old counts any more; it is
    `spent` and forgotten bit by bit, and what was young is old.
    """

    __slots__ = (
        "duplicate_limit",
        "duplicate_span",
        "old",
        "rule",
        "spent",
        "symbol_limit",
        "symbol_span",
        "symbols",
        "turned",
        "young",
    )

    def __init__(self, rule: RuleEntry) -> None:
        self.rule = rule.rule_id
        self.symbol_limit = number(rule, "max_symbol_messages")
        self.symbol_span = (number(rule, "symbol_window") or 1) * SECOND
        self.duplicate_limit = number(rule, "max_duplicates")
        self.duplicate_span = (number(rule, "duplicate_window") or 1) * SECOND
        self.symbols: dict[str, SlidingWindow] = {}
        self.young: dict[OrderKey, list[int]] = {}
        self.old: dict[OrderKey, list[int]] = {}
        self.spent: list[dict[OrderKey, list[int]]] = []
        self.turned = 0

    def arrive(self, order: Order, now: int, is_new: bool) -> Reject | None:
        """Count a message about an order, perhaps a new one; give what it is one too many of, None where of nothing."""
        limit, symbol = self.symbol_limit, order.scope.book.symbol
        if limit is not None:
            window = self.symbols.get(symbol)
            if window is None:
                window = self.symbols[symbol] = SlidingWindow(limit, self.symbol_span)
            arrivals = window.times
            arrivals.append(now)
            if len(arrivals) >= window.room and window.is_over(now):
                return Reject.SYMBOL_MESSAGE_RATE
        limit = self.duplicate_limit
        if limit is None or not is_new:
            return None
        start = now - self.duplicate_span
        if self.turned <= start:
            self._turn(now)
        if self.spent:
            self._forget()
        key = symbol, +order.terms.side, order.price, order.size
        times = self.young.get(key)
        if times is None:
            times = self.young[key] = self.old.pop(key, [])
            del times[: bisect_right(times, start)]
        times.append(now)
        return Reject.DUPLICATE_ORDER if len(times) > limit and count_after(times, start) > limit else None

    def limit_of(self, reason: Reject) -> int:
        """Give the limit that a message went over."""
        return (self.symbol_limit if reason is Reject.SYMBOL_MESSAGE_RATE else self.duplicate_limit) or 0

    def verdict(self, order: Order, now: int, is_new: bool) -> Refusal | None:
        """Say whether a message about an order, perhaps a new one, would be one too many, without counting it."""
        limit, window = self.symbol_limit, self.symbols.get(order.scope.book.symbol)
        arrivals = [] if window is None else window.inside()
        if limit is not None and count_after(arrivals, now - self.symbol_span) >= limit:
            return Refusal(Reject.SYMBOL_MESSAGE_RATE, limit, limit + 1, rule=self.rule)
        key = order.scope.book.symbol, +order.terms.side, order.price, order.size
        limit, times = self.duplicate_limit, self.young.get(key) or self.old.get(key, [])
        if is_new and limit is not None and count_after(times, now - self.duplicate_span) >= limit:
            return Refusal(Reject.DUPLICATE_ORDER, limit, limit + 1, rule=self.rule)
        return None

    def _turn(self, now: int) -> None:
        """Let what came since the last turn be old: what was old is over."""
        if self.old:
            self.spent.append(self.old)
        self.young, self.old, self.turned = {}, self.young, now

    def _forget(self) -> None:
        """Forget a few orders that are over."""
        over = self.spent[-1]
        for _ in range(min(FORGOTTEN_A_TIME, len(over))):
            over.popitem()
        if not over:
            self.spent.pop()

    def clear(self) -> None:
        """Count from nothing."""
        self.symbols.clear()
        self.young, self.old, self.spent = {}, {}, []

    # Snapshots.

    def inside(self) -> FlowTimes:
        """Give what still counts at the newest arrival: the times of messages by symbol, and of orders."""
        symbols = {symbol: window.inside() for symbol, window in sorted(self.symbols.items())}
        orders = sorted((time, key) for like in (self.old, self.young) for key, times in like.items() for time in times)
        start = orders[-1][0] - self.duplicate_span if orders else 0
        return symbols, [(time, key) for time, key in orders if time > start]

    def resume(self, times: FlowTimes) -> None:
        """Take what `inside` gave into a new flow, whatever its limits are."""
        symbols, orders = times
        if self.symbol_limit is not None:
            for symbol, arrivals in symbols.items():
                window = self.symbols[symbol] = SlidingWindow(self.symbol_limit, self.symbol_span)
                window.resume(arrivals)
        if self.duplicate_limit is not None:
            for time, key in orders:
                self.young.setdefault(key, []).append(time)


def count_after(times: list[int], start: int) -> int:
    """Give how many of some times, in their order, are after another."""
    return len(times) - bisect_right(times, start)


def number(rule: RuleEntry, name: str) -> int | None:
    """Give a setting that is a number, None where it is off."""
    value = rule.settings.get(name)
    return value if isinstance(value, int) else None
