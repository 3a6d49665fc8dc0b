"""What time does in the engine: it ends orders whose time is up, and what books do for a time only.

Each comes at its own moment, before anything else that happens then. `next_deadline` is the first of all of them, and
so all that the venue has to compare with the time of a record.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Final

from engine.api import Order
from engine.orders import is_live

NEVER: Final = 2**62 - 1
"""A deadline that does not come, in the year 2116; compiled code compares it as a plain machine word."""
SPARE_DEADLINES: Final = 64
"""How many deadlines of orders that are gone are kept, beside as many as there are live ones."""


class Timed:
    """Something that does what it does until `timer` only, 0 = for good."""

    __slots__ = ("timer",)

    def __init__(self) -> None:
        self.timer = 0

    @property
    def timer_name(self) -> tuple[str, str]:
        """What its timer goes by, among those of one moment too: the market, and there the symbol."""
        raise NotImplementedError


class Deadlines:
    """The deadlines of orders and the timers of books and tapes, each as a heap; timers by name too."""

    def __init__(self) -> None:
        self.deadlines: list[tuple[int, int, Order]] = []
        self.next_deadline = NEVER
        self.deadlines_set = 0
        self.deadlines_live = 0
        self.timers: dict[tuple[str, str], Timed] = {}
        self.timer_moments: list[tuple[int, tuple[str, str]]] = []
        self.next_timer = NEVER

    def expire(self, order: Order, deadline: int) -> None:
        """End an order whose time is up."""
        raise NotImplementedError

    def time_is_up(self, timed: Timed, now: int) -> None:
        """End what something does for a time only."""
        raise NotImplementedError

    def advance(self, now: int) -> None:
        """Do all that time brings up to `now`, an order's end before what a book does at the same moment."""
        while self.next_timer <= now:
            moment, name = self.timer_moments[0]
            self._expire_until(moment)
            timed = self.timers[name]
            self.set_timer(timed, 0)
            self.time_is_up(timed, moment)
        self._expire_until(now)

    def _expire_until(self, now: int) -> None:
        deadlines = self.deadlines
        while deadlines and deadlines[0][0] <= now:
            deadline, _, order = heappop(deadlines)
            if is_live(order):
                self.expire(order, deadline)
        self._settle()

    def _settle(self) -> None:
        """Find anew what comes first."""
        first = self.deadlines[0][0] if self.deadlines else NEVER
        self.next_deadline = first if first < self.next_timer else self.next_timer

    def forget_deadlines(self) -> None:
        """Let `next_deadline` be that of an order that is there: drop those before it, of orders that are gone."""
        deadlines = self.deadlines
        while deadlines and not is_live(deadlines[0][2]):
            heappop(deadlines)
        self._settle()

    def set_deadline(self, order: Order, deadline: int) -> None:
        """Remember when a good-till-time order ends; equal times end in the order in which they were set."""
        order.expires_at = deadline
        self.deadlines_set += 1
        self.deadlines_live += 1
        heappush(self.deadlines, (deadline, self.deadlines_set, order))
        self._settle()

    def drop_deadline(self) -> None:
        """Take note that an order with a deadline is gone."""
        self.deadlines_live -= 1
        if len(self.deadlines) > 2 * self.deadlines_live + SPARE_DEADLINES:
            self.deadlines[:] = [entry for entry in self.deadlines if is_live(entry[2])]
            heapify(self.deadlines)

    def set_timer(self, timed: Timed, moment: int) -> None:
        """Let something do what it does until `moment` only, 0 = for good; it has one timer at the most."""
        name = timed.timer_name
        timed.timer = moment
        if moment:
            self.timers[name] = timed
            heappush(self.timer_moments, (moment, name))
        else:
            self.timers.pop(name, None)
        moments = self.timer_moments
        if len(moments) > 2 * len(self.timers) + SPARE_DEADLINES:
            moments[:] = [(waiting.timer, name) for name, waiting in self.timers.items()]
            heapify(moments)
        while moments and not self._is_set(moments[0][0], moments[0][1]):
            heappop(moments)
        self.next_timer = moments[0][0] if moments else NEVER
        self._settle()

    def _is_set(self, moment: int, name: tuple[str, str]) -> bool:
        timed = self.timers.get(name)
        return timed is not None and timed.timer == moment
