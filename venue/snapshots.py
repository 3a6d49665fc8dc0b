"""Snapshots of a running venue: made on the loop, written off it, once the record that they stand for is durable."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from venue.gate import Gate
from venue.log import SqliteLog
from venue.machine import Machine

log = structlog.get_logger()


class Snapshots:
    """Writes snapshots of `machine` into `kept`; `under_way` are those that are not written yet."""

    def __init__(self, loop: asyncio.AbstractEventLoop, kept: SqliteLog, machine: Machine, gate: Gate) -> None:
        self.under_way: dict[asyncio.Future[None], None] = {}
        self._loop = loop
        self._kept = kept
        self._machine = machine
        self._gate = gate

    def keep(self) -> None:
        """Have the present state written once its record is durable.

        For moments at which it is small: no orders rest, and nothing was sent in the new sessions yet.
        """
        number, blob = self._machine.number, self._machine.snapshot()
        self._gate.call_when_durable(number, partial(self._write, number, blob))

    async def settle(self) -> None:
        """Wait until those under way are written."""
        await asyncio.gather(*self.under_way, return_exceptions=True)

    async def keep_last(self) -> None:
        """Write the state in which the venue ends; all of its records are durable."""
        self._write(self._machine.number, self._machine.snapshot())
        await self.settle()

    def _write(self, number: int, blob: bytes) -> None:
        writing = self._loop.run_in_executor(None, self._kept.snapshot, number, blob)
        self.under_way[writing] = None
        writing.add_done_callback(self._written)

    def _written(self, writing: asyncio.Future[None]) -> None:
        del self.under_way[writing]
        error = writing.exception()
        if error is not None:  # it only saves time at the next start
            log.warning("no snapshot", error=str(error))
