"""Writing reports: when an occasion says so, and before a trading day that ends is forgotten.

Both are commands of the log, seen as the replica applies them, so a report tells of the records up to that command and
of no other, whoever writes it and however often. A disk that is full costs a report, and the log says so.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import structlog

from engine.api import NextDay
from venue.instructions import Instruction, Occasion
from venue.occasions import AUDIT
from venue.record import Record
from venue.report_files import write_audit
from venue.sidecar.replica import Replica

log = structlog.get_logger()
_decode = msgspec.msgpack.Decoder(Instruction).decode


class Reports:
    """Writes the reports of the venue in `data` as `replica` comes to them."""

    def __init__(self, data: Path, replica: Replica) -> None:
        self.data = data
        self.replica = replica
        replica.before.append(self._coming)
        replica.after.append(self._came)

    def _coming(self, record: Record) -> None:
        """Write the reports of a day that is about to end, with all that happened in it."""
        if isinstance(_decode(record.payload), NextDay) and self.replica.machine.engine.date:
            self._write()

    def _came(self, record: Record) -> None:
        command = _decode(record.payload)
        if isinstance(command, Occasion) and command.name == AUDIT:
            self._write(command.mpid)

    def _write(self, mpid: str = "") -> None:
        engine = self.replica.machine.engine
        if mpid and mpid not in engine.prm.members:
            return
        try:
            files = write_audit(self.data, engine, mpid)
        except OSError as error:
            log.error("an audit report cannot be written", why=str(error))  # noqa: TRY400 - a line, not a traceback
        else:
            if files:
                log.info("audit reports are written", date=engine.date, count=len(files))
