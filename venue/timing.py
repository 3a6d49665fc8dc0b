"""How busy the venue is and how long orders take: figures for monitoring that cost the order path nothing.

Times are sampled: some hundred times a second at most, and only while somebody has asked within the last minute, the
next messages that come are timed, from their read to the end of matching and to the release of their output. Where
none come nothing wakes up. Busy time is what the processor spent on the loop's thread.

For editors: all of this belongs to the loop.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from venue.calls import Count, Reply

if TYPE_CHECKING:
    from venue.app import Venue

SAMPLE_SECONDS: Final = 0.01
"""Seconds between a sample and the arming of the next."""
WATCHED_SECONDS: Final = 60.0
"""Seconds after the last question for which samples are taken."""
TICK_SECONDS: Final = 1.0
"""The span of each figure of capacity and lag."""
MICROSECOND: Final = 1_000
BUCKETS: Final = tuple(
    digit * power * MICROSECOND for power in (1, 10, 100, 1_000, 10_000, 100_000) for digit in (1, 2, 5)
)
"""Upper ends of the histograms' buckets in nanoseconds, 1 µs to 0.5 s; one more takes what is longer."""
NANOSECONDS: Final = 1_000_000_000

Seconds = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class HistogramView(Reply, frozen=True):
    """Times in buckets: `counts` has those up to each of `bounds` and above the one before, then those above all."""

    bounds: list[Seconds]
    counts: list[Count]
    count: Count
    sum: Seconds


class Metrics(Reply, frozen=True):
    """The engine process in figures: `capacityUsed` of the last whole second, `capacityUsedMost` of the last minute's.

    `busySeconds` is the processor time of the loop's thread since the start, `ahead` what is not durable yet.
    """

    record: Count
    up_seconds: Seconds
    busy_seconds: Seconds
    capacity_used: Share
    capacity_used_most: Share
    loop_lag_seconds: Seconds
    loop_lag_seconds_most: Seconds
    ahead_records: Count
    ahead_bytes: Count
    connections: Count
    logged_in: Count
    matching: HistogramView
    gateway_to_gateway: HistogramView


class Histogram:
    """Counts of times by bucket."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.sum = 0

    def add(self, nanoseconds: int, count: int = 1) -> None:
        """Count a time, or several of one length."""
        self.counts[bisect_left(BUCKETS, nanoseconds)] += count
        self.sum += nanoseconds * count

    def view(self) -> HistogramView:
        """Give it as it is told."""
        bounds = [bound / NANOSECONDS for bound in BUCKETS]
        return HistogramView(bounds, list(self.counts), sum(self.counts), self.sum / NANOSECONDS)


class Timing:
    """Takes the figures of one running venue. The first question starts the samples, a minute without one ends them."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.loop = venue.loop
        self.matching = Histogram()
        self.gateway_to_gateway = Histogram()
        self.began = self.asked = self.loop.time()
        self.busy_before = time.thread_time()
        self.looked = self.began
        self.timer: asyncio.TimerHandle | None = None
        self.due = 0.0
        self.is_sampling = False
        self.used: deque[float] = deque([0.0], maxlen=round(WATCHED_SECONDS / TICK_SECONDS))
        self.lags: deque[float] = deque([0.0], maxlen=self.used.maxlen)

    def metrics(self) -> Metrics:
        """Give the figures, and go on taking them for a while."""
        self.asked = self.loop.time()
        if self.timer is None:
            self._look()  # over all the time that nobody asked
            self._tick_later()
        if not self.is_sampling:
            self._arm()
        venue, writer = self.venue, self.venue.journal.writer
        return Metrics(
            record=venue.machine.number,
            up_seconds=self.asked - self.began,
            busy_seconds=time.thread_time(),
            capacity_used=self.used[-1],
            capacity_used_most=max(self.used),
            loop_lag_seconds=self.lags[-1],
            loop_lag_seconds_most=max(self.lags),
            ahead_records=0 if writer is None else writer.unflushed_records,
            ahead_bytes=0 if writer is None else writer.unflushed_bytes,
            connections=len(venue.connections),
            logged_in=len(venue.logged_in),
            matching=self.matching.view(),
            gateway_to_gateway=self.gateway_to_gateway.view(),
        )

    def stop(self) -> None:
        """Take no more figures."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    @property
    def is_watched(self) -> bool:
        """Whether somebody asked a short while ago."""
        return self.venue.live and self.loop.time() - self.asked < WATCHED_SECONDS

    # Capacity and lag, once a second.

    def _tick_later(self) -> None:
        self.due = self.loop.time() + TICK_SECONDS
        self.timer = self.loop.call_later(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        self.timer = None
        self.lags.append(max(self.loop.time() - self.due, 0.0))
        self._look()
        if self.is_watched:
            self._tick_later()

    def _look(self) -> None:
        """Note the share of the time since the last look in which the thread was busy."""
        now, busy = self.loop.time(), time.thread_time()
        if now > self.looked:
            self.used.append(min(max((busy - self.busy_before) / (now - self.looked), 0.0), 1.0))
        self.looked, self.busy_before = now, busy

    # Samples, each armed a while after the one before was taken.

    def _arm(self) -> None:
        self.is_sampling = self.is_watched and self.venue.journal.arm(self._matched)

    def _matched(self, came: int, count: int) -> Callable[[], None] | None:
        """Take a sample: `count` messages that came at wall time `came` are matched. Gives what is left to do."""
        self.loop.call_later(SAMPLE_SECONDS, self._arm)
        spent = time.time_ns() - came
        if count < 1 or spent < 0:  # something else came first, or the clock was set back in between
            return None
        self.matching.add(spent // count, count)
        return lambda: self._released(came, count)

    def _released(self, came: int, count: int) -> None:
        spent = time.time_ns() - came
        if spent >= 0:
            self.gateway_to_gateway.add(spent, count)
