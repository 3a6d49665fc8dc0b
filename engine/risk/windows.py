"""The sliding window: how many messages came within the last second (or any span), exactly, and cheap while few do."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

SMALLEST_ROOM: Final = 16
"""Arrivals, at least, between two looks at what is inside, unless the limit is near."""
FORGOTTEN_A_TIME: Final = 8_192
"""Times that are forgotten, at most, at one look: to free a hundred thousand takes milliseconds."""


class SlidingWindow:
    """Counts arrivals in the half-open span `(now - span, now]`: one that is exactly `span` old is out.

    An arrival only goes behind the `times` of the others. What is inside, from place `first` on, is looked at when
    there are `room` times: when more may be inside than the limit, or twice as many as at the last look. So there are
    never more than a small multiple of what arrived within one span, whatever the limit.
    """

    __slots__ = ("first", "limit", "room", "span", "times")

    def __init__(self, limit: int, span: int) -> None:
        self.limit = limit
        self.span = span
        self.times: list[int] = []
        self.first = self.room = 0

    def arrive(self, now: int) -> bool:
        """Count an arrival at `now` (nanoseconds, never going back); tell whether it is one more than the limit.

        The order path does the same in its own lines, which saves a call.
        """
        times = self.times
        times.append(now)
        return len(times) >= self.room and self.is_over(now)

    def is_over(self, now: int) -> bool:
        """Look at what is inside at the newest arrival; tell whether it is more than the limit."""
        times = self.times
        first = bisect_right(times, now - self.span, self.first)
        inside = len(times) - first
        next_look = max(inside, SMALLEST_ROOM)
        if first > inside:
            forgotten = min(first, FORGOTTEN_A_TIME)
            del times[:forgotten]
            first -= forgotten
            if first > inside:
                next_look = FORGOTTEN_A_TIME // 2  # arrivals: fewer than are forgotten at the next
        self.first = first
        self.room = min(first + self.limit + 1, len(times) + next_look)
        return inside > self.limit

    def allow(self, limit: int) -> None:
        """Take another limit, from the next arrival on."""
        self.limit = limit
        self.room = 0

    def holds(self, count: int) -> bool:
        """Tell whether as many arrivals count at the newest one, itself included; 1 at the least."""
        times = self.times
        return count <= len(times) and times[-count] > times[-1] - self.span

    def inside(self) -> list[int]:
        """Give the times that still count at the newest arrival, oldest first: the window's whole state."""
        times = self.times
        return times[bisect_right(times, times[-1] - self.span) :] if times else []

    def resume(self, times: list[int]) -> None:
        """Take the state that `inside` gave back into a new window."""
        for time in times:
            self.arrive(time)

    def clear(self) -> None:
        """Forget every arrival."""
        self.times = []
        self.first = self.room = 0
