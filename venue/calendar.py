"""Which days a market trades, and when it closes early: read from the files of `venue/calendars`.

A file covers some years. Beyond them every weekday counts as a trading day, which is said once in the venue's own
lines, so that a venue that is left running, or whose clock is moved far ahead, still goes on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from importlib import resources
from typing import Final

import msgspec
import structlog

SATURDAY: Final = 5
NAMES: Final = ("XCSE", "XHEL", "XICE", "XNAS", "XNYS", "XSTO")
"""The calendars that there are, by the market's MIC."""
WEEKDAYS: Final = "none"
"""The name of the calendar that has no holidays."""
DEFAULTS: Final = {"nasdaq": "XNAS", "bx": "XNAS", "psx": "XNAS", "nordic": "XSTO"}
"""The calendar of a market that names none, by the market's key."""
MINUTES_AN_HOUR: Final = 60

log = structlog.get_logger()


class Year(msgspec.Struct):
    """A year's weekdays without trading, and its days that end early (date: HH:MM)."""

    holidays: list[date]
    early_closes: dict[str, str]


class YearsFile(msgspec.Struct):
    """A calendar file: `close` is the usual end of the trading hours, HH:MM in `timezone`."""

    timezone: str
    close: str
    first: date
    last: date
    years: dict[str, Year]


class Calendar:
    """A market's trading days from `first` to `last`, and all weekdays before and after."""

    def __init__(self, name: str, file: YearsFile) -> None:
        self.name = name
        self.first = file.first
        self.last = file.last
        self.close = file.close
        self.holidays = {day for year in file.years.values() for day in year.holidays}
        self.early_closes = {day: time for year in file.years.values() for day, time in year.early_closes.items()}
        self.has_warned = name == WEEKDAYS

    def trades(self, day: date) -> bool:
        """Whether the market trades on a day."""
        if not self.first <= day <= self.last and not self.has_warned:
            self.has_warned = True
            covers = f"{self.first} to {self.last}"
            log.warning("the calendar ends: every weekday counts", calendar=self.name, covers=covers, day=str(day))
        return day.weekday() < SATURDAY and day not in self.holidays

    def minutes_early(self, day: date) -> int:
        """Give how many minutes before its usual time the market closes on a day."""
        early = self.early_closes.get(day.isoformat())
        return 0 if early is None else minutes(self.close) - minutes(early)


def load(name: str) -> Calendar:
    """Read the calendar of a name: one of `NAMES`, or `WEEKDAYS`."""
    if name == WEEKDAYS:
        return Calendar(name, YearsFile("UTC", "24:00", date.min, date.max, {}))
    data = resources.files("venue").joinpath(f"calendars/{name}.json").read_bytes()
    return Calendar(name, msgspec.json.decode(data, type=YearsFile))


def trading_day_from(day: date, calendars: Iterable[Calendar]) -> date:
    """Give the first day, from `day` on, on which any of the markets trades."""
    among = list(calendars)
    while not any(market.trades(day) for market in among):
        day += timedelta(days=1)
    return day


def minutes(time_of_day: str) -> int:
    """Give an HH:MM as minutes since midnight."""
    hours, rest = time_of_day.split(":")
    return int(hours) * MINUTES_AN_HOUR + int(rest)
