"""The audit report of PRM as a file: one a member and trading day, `reports/GP29/PRM_Audit_GP29_20261120.csv`.

Its columns and words are the guide's (PRM guide 3.20): dates and times are those of Stockholm, the hour without a zero
before it, and what there is not is `N/A`. A day without anything to tell has the header only. Cells that a spreadsheet
would take for a formula have an apostrophe before them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from venue.occasions import STOCKHOLM
from wire.csv_text import printable, written

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.risk.diary import AuditRow

FOLDER: Final = "reports"
COLUMNS: Final = ("MPID", "PrmAccount", "Action", "Item", "Currency", "OldValue", "NewValue", "Date", "Time")
SECOND: Final = 1_000_000_000
ZONE: Final = ZoneInfo(STOCKHOLM)


def audit_name(mpid: str, date: str) -> str:
    """Give the name of a member's report of a trading day (YYYY-MM-DD), from the data directory."""
    return f"{FOLDER}/{mpid}/PRM_Audit_{mpid}_{date.replace('-', '')}.csv"


def audit_text(mpid: str, rows: Iterable[AuditRow]) -> bytes:
    """Give a member's report."""
    lines = []
    for row in rows:
        seconds, nanoseconds = divmod(row.moment, SECOND)
        local = datetime.fromtimestamp(seconds, UTC).astimezone(ZONE)
        time = f"{local.hour}:{local:%M:%S}.{nanoseconds:09}"
        cells = row.account, row.action, row.item, row.currency, row.old, row.new
        lines.append((mpid, *map(printable, cells), f"{local:%Y-%m-%d}", time))
    return written(COLUMNS, lines, "\n")


def write_audit(data: Path, engine: Engine, mpid: str = "") -> list[Path]:
    """Write the reports of the present trading day, of one member or all; gives their files. Raises `OSError`."""
    paths = []
    for member in [mpid] if mpid else sorted(engine.prm.members):
        path = data / audit_name(member, engine.date)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".unfinished")
        aside.write_bytes(audit_text(member, engine.prm.diary.rows(member)))
        aside.rename(path)
        paths.append(path)
    return paths
