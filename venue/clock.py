"""The venue's clock, real or manual. Venue time never goes back; wall time is what it is.

Both are nanoseconds since the Unix epoch. The engine never reads a clock: it is told the time with each record.

A manual clock stands still until it is moved by command. A real one is the machine's. Where that is behind venue time
(it was set back, or ran ahead before), venue time goes on at half pace until the machine has caught up. Standing still
would be simpler, but then a rate that is counted over a second would count for as long as the clock was set back, and
no order's time would ever be up.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Where the venue gets its time."""

    def now(self) -> tuple[int, int]:
        """Give venue time and wall time; venue time is never below what was given before."""

    def resume(self, venue_time: int) -> None:
        """Start no earlier than `venue_time`, the last one on record."""


class RealClock(Clock):
    """Venue time is the machine's time, and goes on at half pace while that is behind."""

    def __init__(self) -> None:
        self.latest = 0
        self.behind_since = 0

    def now(self) -> tuple[int, int]:
        """Give venue time and wall time from one reading."""
        wall_time = time.time_ns()
        if wall_time >= self.latest:
            self.latest = wall_time
            self.behind_since = 0
        else:
            self._creep()
        return self.latest, wall_time

    def _creep(self) -> None:
        """Go on by half of what has passed since the last reading, as the clock has it that is never set."""
        reading = time.monotonic_ns()
        if self.behind_since:
            self.latest += (reading - self.behind_since) // 2
        self.behind_since = reading

    def resume(self, venue_time: int) -> None:
        """Start no earlier than `venue_time`."""
        self.latest = max(self.latest, venue_time)


class ManualClock(Clock):
    """Venue time stands still at `moment` until it is moved; wall time is what the other clock has."""

    def __init__(self, machine: Clock, moment: int) -> None:
        self.machine = machine
        self.moment = moment

    def now(self) -> tuple[int, int]:
        """Give venue time, which stands, and wall time, which does not."""
        _, wall_time = self.machine.now()
        return self.moment, wall_time

    def resume(self, venue_time: int) -> None:
        """Stand no earlier than at `venue_time`."""
        self.moment = max(self.moment, venue_time)


def nanoseconds(moment: datetime) -> int:
    """Give a moment as nanoseconds since the Unix epoch, exactly."""
    passed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return ((passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds) * 1_000


def local_date(moment: int, zone: str) -> date:
    """Give the date in a time zone at a moment."""
    return datetime.fromtimestamp(moment // 1_000_000_000, UTC).astimezone(ZoneInfo(zone)).date()


def local_midnight(moment: int, zone: str) -> int:
    """Give the midnight in a time zone before a moment."""
    day = local_date(moment, zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return int(midnight.timestamp()) * 1_000_000_000


def local_moment(day: date, minutes: int, zone: str) -> int:
    """Give the moment at which so many minutes of a day show on the clocks of a time zone."""
    shown = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + timedelta(minutes=minutes)
    return int(shown.timestamp()) * 1_000_000_000
