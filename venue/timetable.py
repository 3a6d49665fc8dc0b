"""Phases that come by themselves: each timetable of the configuration, and calls that are extended, as appointments.

When an entry is due follows from the day's label, the day's session, which seeds what is random, and the last entry
that was kept, all of which are in the state: a restart finds the same moments, and another day has others. Entries
whose time has passed are kept at once, in order. A market's own calendar says whether it trades on the day of the
label, and how much earlier the end of a half day begins; entries that would come after that are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from hashlib import sha256
from typing import Final

from engine.api import Command, CommandRefused, CrossStage, SetPhase
from engine.engine import NEVER, Engine
from engine.phases import phases_of
from venue.calendar import DEFAULTS, load
from venue.clock import local_moment
from venue.config import Config
from venue.schedule import Appointment
from venue.timetable_settings import TimetableSettings

SECOND: Final = 1_000_000_000
MINUTE: Final = 60
Carry = Callable[[Command], CommandRefused | None]
"""Carries out a command as a record."""


def drawn(seconds: int, *seed: str) -> int:
    """Draw a time of up to so many seconds, in nanoseconds: the same for the same seed."""
    number = int.from_bytes(sha256(" ".join(seed).encode()).digest()[:8], "big")
    return number % (seconds * SECOND + 1)


class Timetable(Appointment):
    """One timetable, for the books that it names or those that no other does."""

    def __init__(self, settings: TimetableSettings, config: Config, engine: Engine, carry: Carry) -> None:
        market = next(market for market in config.market if market.key == settings.market)
        self.name = f"phase {settings.name}"
        self.settings = settings
        self.engine = engine
        self.carry = carry
        self.zone = settings.timezone or market.timezone
        self.calendar = load(settings.calendar or market.calendar or DEFAULTS[market.key])
        self.phases = phases_of(market.rule_book)
        others = {mic for other in config.timetable if other.market == market.key for mic in other.mics}
        books = [book for book in config.book if book.market == market.key]
        wanted = [book for book in books if (book.mic in settings.mics if settings.mics else book.mic not in others)]
        self.symbols = () if len(wanted) == len(books) else tuple(str(book.order_book) for book in wanted)
        self._day = ("", "")
        self._moments: list[int] = []

    def moments(self, label: str, session: str) -> list[int]:
        """Give when each entry begins on a day, `NEVER` for those that do not come."""
        day = date.fromisoformat(label)
        if not self.calendar.trades(day):
            return [NEVER] * len(self.settings.entries)
        midnight = local_moment(day, 0, self.zone)
        closing, early = self.settings.closing, self.calendar.minutes_early(day) * MINUTE
        end = self.settings.entries[closing].seconds - early if closing < len(self.settings.entries) else None
        found = []
        for i, entry in enumerate(self.settings.entries):
            seconds = entry.seconds - (early if i >= closing else 0)
            if i < closing and early and end is not None and seconds >= end:
                found.append(NEVER)
                continue
            start = local_moment(day, seconds // MINUTE, self.zone) + seconds % MINUTE * SECOND
            found.append(max(start, midnight) + drawn(entry.random_seconds, session, self.settings.name, str(i)))
        return found

    def next_entry(self) -> tuple[int, int]:
        """Give the moment and the place of the entry that comes next; `NEVER` where none does."""
        engine = self.engine
        if (engine.date, engine.session) != self._day:
            self._day = engine.date, engine.session
            self._moments = self.moments(*self._day) if engine.date else []
        following = range(engine.timetables.get(self.settings.name, -1) + 1, len(self._moments))
        return next(((self._moments[i], i) for i in following if self._moments[i] != NEVER), (NEVER, 0))

    def due(self) -> int:
        """See `Appointment`."""
        return self.next_entry()[0]

    def keep(self) -> None:
        """See `Appointment`."""
        _, position = self.next_entry()
        settings, session = self.settings, self.engine.session
        phase = self.phases[settings.entries[position].phase]
        longer = drawn(settings.extension_random_seconds, session, settings.name, "extension", str(position))
        extension = settings.extension_seconds * SECOND + longer if settings.extension_seconds else 0
        named = settings.entries[position].stage
        stage = CrossStage.OPEN if named is None else CrossStage[named]
        command = SetPhase(settings.market, None, phase, self.symbols, settings.name, position, extension, stage)
        refused = self.carry(command)
        assert refused is None, refused


class Extensions(Appointment):
    """Ends calls that were extended, each when its extension is over."""

    name = "call extension"

    def __init__(self, engine: Engine, carry: Carry) -> None:
        self.engine = engine
        self.carry = carry

    def _first(self) -> tuple[int, str, str]:
        """Give when the first one ends, and its market and book; equal times go by name."""
        extended = [
            (book.extended_until, market.key, book.symbol)
            for market in self.engine.markets.values()
            for book in market.books.values()
            if book.extended_until
        ]
        return min(extended, default=(NEVER, "", ""))

    def due(self) -> int:
        """See `Appointment`."""
        return self._first()[0]

    def keep(self) -> None:
        """See `Appointment`."""
        _, market, symbol = self._first()
        book = self.engine.markets[market].books[symbol]
        refused = self.carry(SetPhase(market, symbol, book.extended_to))
        assert refused is None, refused


def timetables(config: Config, engine: Engine, carry: Carry) -> list[Timetable]:
    """Give the appointments of all timetables."""
    return [Timetable(settings, config, engine, carry) for settings in config.timetable]
