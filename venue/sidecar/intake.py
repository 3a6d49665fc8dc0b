"""The records of a venue in `memory` mode, as the second process gets them: over engine.sock, into a log of its own.

So that whatever reads a log (the replica, `portcullis tail`, an explanation) reads this one in the same way. It lies in
the second process's folder, outlives it if it ends alone, and goes with the venue.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec

from venue.control import LENGTH_BYTES
from venue.log import SqliteLog
from venue.record import LogDamaged, decode_batch
from venue.relay import HEAD, LAST, TARGET
from venue.sidecar.engine import EngineClient
from venue.sidecar.replica import Replica


class Intake:
    """Takes the venue's records into a log in `folder`: `run` it, `close` it."""

    def __init__(self, folder: Path, engine: EngineClient, replica: Replica) -> None:
        self._engine = engine
        self._replica = replica
        try:
            self._log = SqliteLog(folder, "process")
        except LogDamaged:  # derived data: the engine process has all of it
            shutil.rmtree(folder / "log")
            self._log = SqliteLog(folder, "process")
        self._log.fence(self._log.epoch + 1)

    async def run(self) -> None:
        """Take what comes, for ever. Raises `OSError` and `EOFError` when the engine process is gone."""
        reader, writer = await self._engine.connect()
        try:
            request = msgspec.json.encode({"target": f"{TARGET}{self._log.last}"})
            writer.write(len(request).to_bytes(LENGTH_BYTES, "big") + request)
            (last,) = LAST.unpack(await reader.readexactly(LAST.size))
            self._replica.engine_is_at(last)
            while True:
                first, length = HEAD.unpack(await reader.readexactly(HEAD.size))
                self._take(first, await reader.readexactly(length))
        finally:
            writer.close()

    def close(self) -> None:
        """Leave the log in order."""
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self, first: int, blob: bytes) -> None:
        """Keep what is new of a batch, and let the replica know."""
        if first > self._log.last + 1:
            raise LogDamaged(self._log.last + 1, f"the engine process goes on with record {first}")
        records = decode_batch(blob, first)
        self._replica.engine_is_at(first + len(records) - 1)
        records = records[self._log.last + 1 - first :]
        if not records:
            return
        if self._log.day is None:
            self._log.roll(datetime.fromtimestamp(records[0].wall_time / 1e9, UTC).date())
        self._log.append(records, self._log.epoch)
        self._log.tend()
        self._replica.look()
