"""The sliding window: how many messages came within the last second (or any span), exactly and in constant time."""

from __future__ import annotations

from array import array
from typing import Final

SMALLEST_CAPACITY: Final = 16


class SlidingWindow:
    """Counts arrivals in the half-open span `(now - span, now]`: one that is exactly `span` old is out.

    The times lie in a ring that grows only while its oldest time is still inside the span, so it never holds more
    than twice what arrived within one span, whatever the limit.
    """

    __slots__ = ("count", "limit", "next", "span", "times")

    def __init__(self, limit: int, span: int) -> None:
        self.limit = limit
        self.span = span
        self.times = array("q", bytes(8 * SMALLEST_CAPACITY))
        self.next = 0
        self.count = 0

    def arrive(self, now: int) -> bool:
        """Count an arrival at `now` (nanoseconds, never going back); tell whether it is one more than the limit allows.

        Only the newest `limit` arrivals need be known: the new one is over when the `limit`-th before it is inside.
        """
        times = self.times
        capacity = len(times)
        if self.count == capacity and times[self.next] > now - self.span:
            self._grow()
            times = self.times
            capacity = len(times)
        times[self.next] = now
        self.next = self.next + 1 if self.next + 1 < capacity else 0
        if self.count < capacity:
            self.count += 1
        if self.count <= self.limit:
            return False
        return times[self.next - 1 - self.limit] > now - self.span

    def _grow(self) -> None:
        ordered = self.times[self.next :] + self.times[: self.next]
        self.next = len(ordered)
        self.times = ordered + array("q", bytes(8 * len(ordered)))

    def inside(self) -> list[int]:
        """Give the times that still count at the newest arrival, oldest first: the window's whole state."""
        size = len(self.times)
        start = self.next - self.count
        times = [self.times[(start + i) % size] for i in range(self.count)]
        return [time for time in times if time > times[-1] - self.span]

    def resume(self, times: list[int]) -> None:
        """Take the state that `inside` gave back into a new window."""
        for time in times:
            self.arrive(time)

    def clear(self) -> None:
        """Forget every arrival."""
        self.next = self.count = 0
