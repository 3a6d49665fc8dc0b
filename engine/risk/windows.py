"""The sliding window: how many messages came within the last second (or any span), exactly and in constant time."""

from __future__ import annotations

from typing import Final

SMALLEST_CAPACITY: Final = 16
LONG_AGO: Final = -(2**62)
"""What stands in places that no arrival has taken: never inside."""


class SlidingWindow:
    """Counts arrivals in the half-open span `(now - span, now]`: one that is exactly `span` old is out.

    The times lie in a ring that grows only while its oldest time is still inside the span, so it never holds more
    than twice what arrived within one span, whatever the limit. `next` is the place of the oldest, which goes next.
    """

    __slots__ = ("limit", "next", "span", "times")

    def __init__(self, limit: int, span: int) -> None:
        self.limit = limit
        self.span = span
        self.times = empty_ring()
        self.next = 0

    def arrive(self, now: int) -> bool:
        """Count an arrival at `now` (nanoseconds, never going back); tell whether it is one more than the limit allows.

        Only the newest `limit` arrivals need be known: the new one is over when the `limit`-th before it is inside.
        """
        times, place, start = self.times, self.next, now - self.span
        if times[place] > start:
            times = self._grow()
            place = self.next
        times[place] = now
        limit, length = self.limit, len(times)
        self.next = place + 1 if place + 1 < length else 0
        return limit < length and times[place - limit] > start

    def holds(self, count: int) -> bool:
        """Tell whether as many arrivals count at the newest one, itself included."""
        times = self.times
        newest = times[self.next - 1]
        return count <= len(times) and times[self.next - count] > newest - self.span

    def _grow(self) -> list[int]:
        ordered = self.times[self.next :] + self.times[: self.next]
        self.next = len(ordered)
        self.times = ordered + [LONG_AGO] * len(ordered)
        return self.times

    def inside(self) -> list[int]:
        """Give the times that still count at the newest arrival, oldest first: the window's whole state."""
        ordered = self.times[self.next :] + self.times[: self.next]
        return [time for time in ordered if time != LONG_AGO and time > ordered[-1] - self.span]

    def resume(self, times: list[int]) -> None:
        """Take the state that `inside` gave back into a new window."""
        for time in times:
            self.arrive(time)

    def clear(self) -> None:
        """Forget every arrival."""
        self.times = empty_ring()
        self.next = 0


def empty_ring() -> list[int]:
    """Give a ring in which nothing has arrived."""
    return [LONG_AGO] * SMALLEST_CAPACITY
