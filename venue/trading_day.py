"""The venue's trading days: which day comes when, by the markets' calendars, and what opens it.

A trading day is a label. A venue has one when any of its markets trades. Where `venue.roll_at` is set, the label
follows the clock in the first market's zone: before noon that time opens the day of its date, from noon on it ends that
day and opens the next; on a date on which nobody trades nothing happens. A label that has run ahead of the clock waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Final

from engine.api import NextDay
from engine.engine import NEVER, Engine
from venue.calendar import DEFAULTS, load, minutes, trading_day_from
from venue.clock import local_date, local_midnight, local_moment
from venue.config import Config
from venue.reference import time_of_day
from venue.schedule import Appointment

NOON: Final = 12 * 60
MINUTE: Final = 60_000_000_000
DAY: Final = 86_400_000_000_000
"""Nanoseconds."""
DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class TradingDays:
    """What a configuration says of days."""

    def __init__(self, config: Config) -> None:
        self.markets = config.market
        self.zone = config.market[0].timezone
        self.calendars = {market.key: load(market.calendar or DEFAULTS[market.key]) for market in config.market}
        roll_at = config.venue.roll_at
        self.roll_at = None if roll_at is None else minutes(roll_at)

    def first(self, now: int) -> date:
        """Give the day to open at a start: today, where nobody trades the next, where today was ended the one after."""
        day = self._from(local_date(now, self.zone))
        if self.roll_at is not None and self.roll_at >= NOON and now >= local_moment(day, self.roll_at, self.zone):
            return self.following(day)
        return day

    def following(self, day: date) -> date:
        """Give the next trading day after a day."""
        return self._from(day + timedelta(days=1))

    def _from(self, day: date) -> date:
        return trading_day_from(day, self.calendars.values())

    def roll(self, day: date) -> tuple[int, date]:
        """Tell when a day ends by itself (`NEVER` where it does not), and which day begins then."""
        if self.roll_at is None:
            return NEVER, self.following(day)
        if self.roll_at < NOON:
            opened = self.following(day)
            return local_moment(opened, self.roll_at, self.zone), opened
        ended = self._from(day)
        return local_moment(ended, self.roll_at, self.zone), self.following(ended)

    def command(self, day: date, now: int, known: Iterable[str]) -> NextDay:
        """Give the command that opens a day, for the configuration's markets and those that the engine has `known`.

        Hours count from the local midnight before this moment, timestamps from that of a zone of their own where the
        market has one; on a half day after hours are as much earlier as the market closes earlier.
        """
        zones = {str(market.key): market.timezone for market in self.markets}
        timestamps = {str(market.key): market.timestamps or market.timezone for market in self.markets}
        keys = dict.fromkeys((*zones, *known))
        midnights = {key: local_midnight(now, timestamps.get(key, self.zone)) for key in keys}
        hours_from = {
            key: midnight for key, zone in zones.items() if (midnight := local_midnight(now, zone)) != midnights[key]
        }
        after_hours: dict[str, tuple[int, int]] = {}
        for market in self.markets:
            early = self.calendars[market.key].minutes_early(day) * MINUTE
            if early:
                opens, closes = map(time_of_day, market.after_hours)
                after_hours[market.key] = max(opens - early, 0), max(closes - early, 0)
        return NextDay(day.isoformat(), f"{day:%y%m%d}{moment_of_day(now)}", midnights, after_hours, hours_from)


class DayRoll(Appointment):
    """Opens the next trading day when `venue.roll_at` has come."""

    name = "trading-day/next"

    def __init__(self, days: TradingDays, engine: Engine, open_day: Callable[[date], None]) -> None:
        self.days = days
        self.engine = engine
        self.open_day = open_day

    def due(self) -> int:
        """See `Appointment`."""
        return self.days.roll(date.fromisoformat(self.engine.date))[0] if self.engine.date else NEVER

    def keep(self) -> None:
        """See `Appointment`."""
        self.open_day(self.days.roll(date.fromisoformat(self.engine.date))[1])


def moment_of_day(now: int) -> str:
    """Give how much of the day has passed, in four digits of base 36, a twentieth of a second each.

    It tells two sessions of one date apart, so that what a client saw of a venue which lost its memory is never taken
    for the beginning of another's.
    """
    passed = now % DAY * 36**4 // DAY
    return "".join(DIGITS[passed // 36**place % 36] for place in (3, 2, 1, 0))
