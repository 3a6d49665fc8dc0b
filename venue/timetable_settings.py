"""The tables of the configuration file that say when books change their phase by themselves.

An entry is a time of day and the phase that begins then, at a random moment of the seconds that follow where it has
such. A timetable is of one market, or there of the books of some MICs; no book has two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from engine.phases import phases_of
from venue.settings import Settings

if TYPE_CHECKING:
    from venue.access import Fault
    from venue.config import Config

Mic = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{4}\Z")]
Moment = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?\Z")]
RandomSeconds = Annotated[int, msgspec.Meta(ge=0, le=3_600)]
CLOSING: Final = ("CLOSING_CALL", "POST_TRADE", "POST_MARKET", "CLOSED")
"""The phases with which the end of a day begins, unless the day begins with them; and in MARKET, a stage."""


class EntrySettings(Settings, frozen=True):
    """When a phase begins, or up to so many seconds later; or in a US market a stage of the cross that it leads to."""

    at: Moment
    phase: str
    stage: Literal["LATE", "NO_MARKET_ORDERS", "NO_LIMIT_ORDERS"] | None = None
    random_seconds: RandomSeconds = 0

    @property
    def seconds(self) -> int:
        """Seconds from midnight."""
        hours, minutes, *seconds = map(int, self.at.split(":"))
        return hours * 3_600 + minutes * 60 + sum(seconds)


class TimetableSettings(Settings, frozen=True):
    """A day of a market, or of its books of some MICs; zone and calendar are the market's where they are left out.

    A call that is to end by it goes on for the extension where its price is too far from the reference.
    """

    market: str
    entries: Annotated[tuple[EntrySettings, ...], msgspec.Meta(min_length=1)]
    mics: tuple[Mic, ...] = ()
    timezone: str | None = None
    calendar: Literal["XCSE", "XHEL", "XICE", "XNAS", "XNYS", "XSTO", "none"] | None = None
    extension_seconds: RandomSeconds = 180
    extension_random_seconds: RandomSeconds = 5

    @property
    def name(self) -> str:
        """What records call it."""
        return f"{self.market} {' '.join(self.mics)}".strip()

    @property
    def closing(self) -> int:
        """The place of the entry with which the end of the day begins: on half days it and all after it are earlier."""
        for i, entry in enumerate(self.entries):
            if i and (entry.phase in CLOSING or (entry.stage is not None and entry.phase == "MARKET")):
                return i
        return len(self.entries)


def timetable_faults(config: Config) -> Iterator[Fault]:
    """Give the faults of the timetables."""
    rule_books = {market.key: market.rule_book for market in config.market}
    mics = {book.mic for book in config.book}
    taken: dict[tuple[str, str], str] = {}
    for i, timetable in enumerate(config.timetable):
        key = f"timetable[{i}]"
        if timetable.market not in rule_books:
            yield f"{key}.market", f"{timetable.market} is not defined; there are {', '.join(rule_books)}"
            return
        for mic in timetable.mics or ("",):
            if mic and mic not in mics:
                yield f"{key}.mics", f"there is no [[book]] of {mic}"
            if (timetable.market, mic) in taken:
                yield f"{key}.mics", f"{mic or timetable.market} has a timetable already"
            taken[timetable.market, mic] = key
        yield from _zone_faults(key, timetable)
        yield from _entry_faults(key, timetable, rule_books[timetable.market])


def _zone_faults(key: str, timetable: TimetableSettings) -> Iterator[Fault]:
    try:
        ZoneInfo(timetable.timezone or "UTC")
    except (KeyError, ValueError, OSError):
        yield f"{key}.timezone", f"no such time zone: {timetable.timezone}"


def _entry_faults(key: str, timetable: TimetableSettings, rule_book: str) -> Iterator[Fault]:
    known = phases_of(rule_book)
    latest = -1
    for i, entry in enumerate(timetable.entries):
        if entry.phase not in known:
            yield (
                f"{key}.entries[{i}].phase",
                f"{timetable.market} has no phase {entry.phase}; it has {', '.join(known)}",
            )
        if entry.stage is not None and entry.phase not in ("PRE_MARKET", "MARKET"):
            yield f"{key}.entries[{i}].stage", f"{entry.phase} leads to no cross; PRE_MARKET and MARKET do"
        if entry.seconds <= latest:
            yield f"{key}.entries[{i}].at", f"{entry.at} does not come after the entry before, and its random seconds"
        latest = entry.seconds + entry.random_seconds
