"""When rules may be written: on trading days, from half past four in the morning to half past eight in the evening.

Times are those on the wall in New York. Who reads may always; the safety switch and the lifting of breaches are no
changes of rules. A venue may leave the window open (`[rules] write_window = "always"`).

Source: EQRC guide 3.3.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from venue.calendar import Calendar, load
from venue.problem import Problem

if TYPE_CHECKING:
    from venue.changes import Call

EASTERN: Final = ZoneInfo("America/New_York")
OPENS: Final = time(4, 30)
CLOSES: Final = time(20, 30)
CALENDAR: Final = "XNAS"
SECOND: Final = 1_000_000_000


@lru_cache(1)
def calendar() -> Calendar:
    """Give the calendar of the trading days."""
    return load(CALENDAR)


def is_open(moment: int) -> bool:
    """Whether rules may be written at a moment, in nanoseconds since the Unix epoch."""
    there = datetime.fromtimestamp(moment // SECOND, EASTERN)
    return calendar().trades(there.date()) and OPENS <= there.time() < CLOSES


def opens_after(moment: int) -> datetime:
    """Give when the window opens next, after a moment at which it is closed."""
    there = datetime.fromtimestamp(moment // SECOND, EASTERN)
    day = there.date() if there.time() < OPENS else there.date() + timedelta(days=1)
    while not calendar().trades(day):
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, EASTERN)


def must_be_open(call: Call) -> None:
    """Raise `Problem` 409 where rules may not be written now."""
    if call.venue.config.rules.write_window == "always":
        return
    now, _ = call.venue.journal.clock.now()
    if not is_open(now):
        opens = opens_after(now)
        raise Problem(409, f"rules cannot be written now; they can again from {opens.isoformat(timespec='minutes')} on")
