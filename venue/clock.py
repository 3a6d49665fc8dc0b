"""The venue's clock. Venue time never goes back; wall time is what it is.

Both are nanoseconds since the Unix epoch. The engine never reads a clock: it is told the time with each record.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

SATURDAY: Final = 5


class Clock(Protocol):
    """Where the venue gets its time."""

    def now(self) -> tuple[int, int]:
        """Give venue time and wall time; venue time is never below what was given before."""

    def resume(self, venue_time: int) -> None:
        """Start no earlier than `venue_time`, the last one on record."""


class RealClock(Clock):
    """Venue time is the machine's time, held still while that goes back."""

    def __init__(self) -> None:
        self.latest = 0

    def now(self) -> tuple[int, int]:
        """Give venue time and wall time from one reading."""
        wall_time = time.time_ns()
        self.latest = max(self.latest, wall_time)
        return self.latest, wall_time

    def resume(self, venue_time: int) -> None:
        """Start no earlier than `venue_time`."""
        self.latest = max(self.latest, venue_time)


def local_date(moment: int, zone: str) -> date:
    """Give the date in a time zone at a moment."""
    return datetime.fromtimestamp(moment // 1_000_000_000, UTC).astimezone(ZoneInfo(zone)).date()


def local_midnight(moment: int, zone: str) -> int:
    """Give the midnight in a time zone before a moment."""
    day = local_date(moment, zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return int(midnight.timestamp()) * 1_000_000_000


def weekday_from(day: date) -> date:
    """Give `day`, or the Monday after it when it falls on a weekend."""
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day
