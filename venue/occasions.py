"""What the second process does at moments of the venue's clock, as appointments: reading lists, writing reports.

The engine process only records that the moment has come (`venue.instructions.Occasion`), so a manual clock brings it as
the real one does, in order with everything else. Which one was kept last is state (`Engine.timetables`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from engine.api import CommandRefused
from engine.engine import NEVER, Engine
from venue.clock import Clock, local_moment
from venue.config import Config
from venue.instructions import Occasion
from venue.schedule import Appointment

STOCKHOLM: Final = "Europe/Stockholm"
"""Whose wall clock the guide means by CET."""
SECOND: Final = 1_000_000_000
MINUTE: Final = 60
SCAN: Final = "files/scan"
SCAN_EVERY: Final = 5 * MINUTE * SECOND
SCAN_FROM: Final = (7, 45)
AUDIT: Final = "reports/prm-audit"
AUDIT_AT: Final = 22 * MINUTE + 30
"""Minutes of the day."""
Carry = Callable[[Occasion], CommandRefused | None]
"""Makes a record of an occasion."""


class FileScan(Appointment):
    """Has lists read every five minutes from 07:45 to midnight. `name` is what operators see.

    A day that is opened later begins with a scan at once; what was missed is not made up for.
    """

    name = SCAN

    def __init__(self, engine: Engine, clock: Callable[[], Clock], carry: Carry) -> None:
        self.engine = engine
        self.clock = clock
        self.carry = carry

    def due(self) -> int:
        """See `Appointment`."""
        engine = self.engine
        if not engine.date:
            return NEVER
        last = engine.timetables.get(SCAN)
        following = min(engine.midnights.values()) // SCAN_EVERY if last is None else last + 1
        return next_scan(following * SCAN_EVERY)

    def keep(self) -> None:
        """See `Appointment`."""
        now, _ = self.clock().now()
        refused = self.carry(Occasion(SCAN, now // SCAN_EVERY))
        assert refused is None, refused


def next_scan(moment: int) -> int:
    """Give the first moment of a scan that is not before another, itself one of every five minutes."""
    local = datetime.fromtimestamp(moment // SECOND, UTC).astimezone(ZoneInfo(STOCKHOLM))
    if (local.hour, local.minute) >= SCAN_FROM:
        return moment
    hour, minute = SCAN_FROM
    return local_moment(local.date(), hour * MINUTE + minute, STOCKHOLM)


class AuditReport(Appointment):
    """Has the audit reports of the day written at 22:30; one that is opened later begins with them."""

    name = AUDIT

    def __init__(self, engine: Engine, carry: Carry) -> None:
        self.engine = engine
        self.carry = carry

    def due(self) -> int:
        """See `Appointment`."""
        engine = self.engine
        if not engine.date or AUDIT in engine.timetables:
            return NEVER
        return local_moment(date.fromisoformat(engine.date), AUDIT_AT, STOCKHOLM)

    def keep(self) -> None:
        """See `Appointment`."""
        refused = self.carry(Occasion(AUDIT, 0))
        assert refused is None, refused


def occasions(config: Config, engine: Engine, clock: Callable[[], Clock], carry: Carry) -> list[Appointment]:
    """Give the appointments of a venue: there are files and reports where there are members and a second process."""
    if config.web_service is None or not config.member:
        return []
    scans: list[Appointment] = [FileScan(engine, clock, carry)] if config.files.scan == "5m" else []
    return [*scans, AuditReport(engine, carry)]
