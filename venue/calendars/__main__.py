"""Writes the calendar files from exchange-calendars, which the venue itself never needs: `python -m venue.calendars`.

A file has the weekdays on which its market is closed, and the days on which it closes early. Beyond what it covers
nobody knows; `venue.calendar` tells what is done then.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec

from venue.calendar import NAMES, SATURDAY, Year, YearsFile

FIRST = date(2024, 1, 1)
LAST = date(2030, 12, 31)


def generate(name: str) -> str:
    """Give the text of one calendar's file."""
    # For whoever writes the files, and for nobody else; it has no types.
    from exchange_calendars import get_calendar  # type: ignore[import-untyped]  # noqa: PLC0415 - see above

    calendar: Any = get_calendar(name, start=str(FIRST), end=str(LAST))
    open_days = {session.date() for session in calendar.sessions}
    years: dict[str, Year] = {}
    day = FIRST
    while day <= LAST:
        year = years.setdefault(str(day.year), Year([], {}))
        if day.weekday() < SATURDAY and day not in open_days:
            year.holidays.append(day)
        day += timedelta(days=1)
    for session in calendar.early_closes:
        close = calendar.session_close(session).astimezone(calendar.tz)
        years[str(session.year)].early_closes[session.date().isoformat()] = f"{close:%H:%M}"
    close = next(time for _, time in reversed(calendar.close_times))
    file = YearsFile(str(calendar.tz), f"{close:%H:%M}", FIRST, LAST, years)
    return msgspec.json.format(msgspec.json.encode(file), indent=1).decode() + "\n"


def main() -> None:
    """Write every file anew, beside this one."""
    for name in NAMES:
        path = Path(__file__).with_name(f"{name}.json")
        path.write_text(generate(name), encoding="utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
