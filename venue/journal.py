"""Where every input of the running venue passes: numbered, applied, handed to the log, its output held at the gate.

Inputs are applied one by one as they come (`record`); at the end of what one socket read gave, `commit` hands all of
them to the log as one batch and tags what the streams got with the last record's number. A fault of ours while
applying stops the venue before the batch reaches the log: what was not written never happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, cast

import msgspec

from engine.api import CommandRefused, NextDay
from engine.engine import NEVER
from venue.clock import Clock
from venue.gate import Gate, Intake
from venue.instructions import Instruction
from venue.machine import Machine
from venue.record import Kind, Record

RUN_AHEAD_RECORDS = 200_000
"""Records not yet durable beyond which order ports are no longer read."""
RUN_AHEAD_BYTES = 64 * 2**20
"""The same, in bytes."""

MESSAGE: Final = Kind.MESSAGE
Sample = Callable[[int, int], Callable[[], None] | None]
"""Told when the messages of one commit came (wall time) and how many they are, once they are matched.

It gives what to call when their output has left. Without messages (0, 0) it was disarmed.
"""
_encode = msgspec.msgpack.Encoder().encode


class Journal:
    """The way in. `writer` is None in `memory` mode where nobody follows: nothing is kept, the gate stands open.

    `deadline_moved` is called when the engine's next deadline is another one after a commit, `slices_wait` when part of
    a mass cancel is left to do, `commanded` when commands were carried out and committed, `broken` with an exception of
    ours once the journal takes no more.
    """

    def __init__(
        self,
        machine: Machine,
        gate: Gate,
        writer: Intake | None,
        clock: Clock,
        broken: Callable[[Exception], None],
        deadline_moved: Callable[[], None],
        slices_wait: Callable[[], None],
        commanded: Callable[[], None],
    ) -> None:
        self.machine = machine
        self.gate = gate
        self.writer = writer
        self.clock = clock
        self.broken = broken
        self.deadline_moved = deadline_moved
        self.slices_wait = slices_wait
        self.commanded = commanded
        self.deadline = NEVER
        self.batch: list[Record] = []
        self.closed = False
        self.silent = False
        self.sample: Sample | None = None
        self.sampled_from = 0

    def messages(self, port: int, payloads: Sequence[bytes]) -> int:
        """Apply the messages that a port received as one batch, now, and commit it; gives how many were applied.

        While the port's mass cancel is not done, the others have to be brought again.
        """
        machine = self.machine
        if machine.engine.mass_cancels and machine.is_busy(port):
            return 0
        now, wall_time = self.clock.now()
        try:
            count = machine.messages(port, payloads, now, wall_time)
        except Exception as error:
            self.break_off(error)
            raise
        if self.writer is not None:
            # Plain tuples: a named one takes four times as long to make, and the log only ever takes them apart.
            rows = [(MESSAGE, port, now, wall_time, payload) for payload in payloads[:count]]
            self.batch += cast("list[Record]", rows)
        self.commit()
        return count

    def record(self, kind: int, port: int, payload: bytes, times: tuple[int, int]) -> CommandRefused | None:
        """Apply one input of any kind that came at `times` (venue, wall); `commit` must follow."""
        if self.sample is not None:
            self.disarm()
        record = Record(kind, port, times[0], times[1], payload)
        try:
            refused = self.machine.apply(record)
        except Exception as error:
            self.break_off(error)
            raise
        if self.writer is not None:
            self.batch.append(record)
        return refused

    def command(self, command: Instruction) -> CommandRefused | None:
        """Carry out a command now, as a record of its own, and commit it."""
        if isinstance(command, NextDay) and self.writer is not None and self.machine.engine.date:
            if self.batch:  # what one operation recorded before the roll: it belongs to the day that ends
                self.writer.submit(self.batch)
                self.batch = []
            self.writer.roll(date.fromisoformat(command.date))
        refused = self.record(Kind.COMMAND, 0, _encode(command), self.clock.now())
        self.commit()
        if not self.silent:
            self.commanded()
        return refused

    def begin(self) -> None:
        """Let all that is recorded until `end` be one batch: nothing else may come in between."""
        if self.sample is not None:
            self.disarm()
        self.silent = True

    def end(self) -> None:
        """Commit all that was recorded since `begin`."""
        self.silent = self.closed
        self.commit()
        self.commanded()

    def commit(self) -> None:
        """Hand what was applied to the log, and hold its output until that is durable."""
        if self.silent:
            self._commit_sample()
            return
        if self.writer is not None and self.batch:
            self.writer.submit(self.batch)
            self.batch = []
        machine = self.machine
        if machine.touched:
            self.gate.hold(machine.number, machine.touched)
        if machine.engine.next_deadline != self.deadline:
            self.deadline = machine.engine.next_deadline
            self.deadline_moved()
        if machine.engine.mass_cancels:
            self.slices_wait()

    def arm(self, sample: Sample) -> bool:
        """Let `sample` be told of the next messages that are committed, or that something else came before them.

        Gives whether it is armed: not while an operation is under way, and not once the journal is closed.
        """
        if self.silent:
            return False
        self.sample, self.sampled_from = sample, self.machine.number
        self.silent = True
        return True

    def disarm(self) -> None:
        """Let go of what waits for messages: something else comes."""
        sample, self.sample = self.sample, None
        self.silent = self.closed
        if sample is not None:
            sample(0, 0)

    def _commit_sample(self) -> None:
        """Commit messages that a sample waits for; nothing where there is none, since the journal is closed or held."""
        sample, self.sample = self.sample, None
        if sample is None:
            return
        self.silent = False
        machine = self.machine
        released = sample(machine.wall_time, machine.number - self.sampled_from)
        self.commit()
        if released is not None:
            self.gate.call_when_durable(machine.number, released)

    def break_off(self, error: Exception) -> None:
        """Stop for a fault of ours, before what it touched reaches the log."""
        self.close()
        self.broken(error)

    def close(self) -> None:
        """Take nothing more and release nothing more."""
        self.closed = self.silent = True
        self.sample = None
        self.gate.close()

    @property
    def is_ahead(self) -> bool:
        """Whether so much waits for the disk that no more orders should be read."""
        writer = self.writer
        return writer is not None and (
            writer.unflushed_records > RUN_AHEAD_RECORDS or writer.unflushed_bytes > RUN_AHEAD_BYTES
        )
