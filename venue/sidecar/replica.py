"""The copy of the venue's machine: the same code over the same records, a moment behind.

Whatever it shows is exact as of its last record. It applies a few milliseconds' worth at a time, so that who asks over
HTTP is answered meanwhile, looks for more now and then, and at once while somebody waits for a record.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from typing import Protocol

import structlog

from engine.risk.diary import Listener
from venue.follower import Follower, first_of_day
from venue.machine import Machine
from venue.mark import read_mark
from venue.record import Kind, LogDamaged, Record
from venue.recovery import SETTLE_EVERY
from venue.sidecar.counts import Counts

SLICE_SECONDS = 0.004
"""How long records are applied before others have their turns,"""
TURNS = 8
"""and how many of the loop's: from its head to its answer a request takes several, and should not wait for as many
slices. Where nobody asks, all of them take some fifty microseconds."""
LOOK_SECONDS = 0.001
"""Seconds to the next look at the log while somebody waits for a record,"""
SHORTEST_PAUSE = 0.01
"""the same after something came,"""
LONGEST_PAUSE = 0.1
"""and after nothing has come for a while."""
CLOCK_EVERY = 16
"""Records between two looks at how long a slice has taken."""

Applied = Callable[[Record], None]
"""Told of each record that was applied."""


class Fold(Protocol):
    """What is made of every record of a day: it has to see all of them."""

    def begin(self, machine: Machine) -> None:
        """Follow a machine, from where it stands."""

    def applied(self, record: Record) -> None:
        """Take in a record that the machine has just applied."""


log = structlog.get_logger()


class Replica:
    """Follows the log in `records`; what its machine spills goes to `folder`. `run` it; for others it is read-only.

    `machine` is another one after a rebuild, so nobody keeps it. `engine_record` is the last record that the engine is
    known to have made durable: it stands beside the log, or where `is_told` somebody has to say so. It begins before
    the record behind `looked_at`, which somebody still has to see.

    `begun` is told when it begins with a machine, `before` and `after` of each command as it is applied, `listeners` of
    what happens to PRM accounts. Where there are `folds`, to be added before it runs, it begins with the day.
    """

    def __init__(self, records: Path, folder: Path, *, is_told: bool = False, looked_at: int | None = None) -> None:
        self.records = records
        self.folder = folder
        self.listeners: list[Listener] = []
        self.before: list[Applied] = []
        self.after: list[Applied] = []
        self.begun: list[Callable[[], None]] = []
        self.machine = Machine(folder)
        self.engine_record = 0
        self.caught_up = asyncio.Event()
        self.counts = Counts()
        self.told: Applied | None = None
        self.folds: list[Fold] = []
        self._follower: Follower | None = None
        self._from_newest = True
        self._looked_at = looked_at
        self._knows_engine = not is_told
        self._limit: int | None = None
        self._wake = asyncio.Event()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    @property
    def applied(self) -> int:
        """The last record applied."""
        return self.machine.number

    @property
    def lag(self) -> int:
        """Records that are durable and not applied yet."""
        return max(self.engine_record - self.machine.number, 0)

    @property
    def lag_ms(self) -> float:
        """How old, in milliseconds of wall time, the state is that is shown; 0 where it is the present one."""
        if not self.lag:
            return 0.0
        return max(time.time_ns() - self.machine.wall_time, 0) / 1e6

    async def reached(self, number: int) -> None:
        """Wait until record `number` is applied."""
        if self.applied >= number:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (number, next(self._order), waiter))
        self._wake.set()
        await waiter

    async def run(self) -> None:
        """Follow the log for ever. Raises `LogDamaged`, `OSError`."""
        pause = SHORTEST_PAUSE
        while True:
            if await self.catch_up():
                pause = SHORTEST_PAUSE
            else:
                pause = LOOK_SECONDS if self._waiting else min(pause * 2, LONGEST_PAUSE)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):  # `wait_for` of Python 3.11 may swallow our cancellation
                    await self._wake.wait()
            self._wake.clear()

    def look(self) -> None:
        """Look at the log at once: there is more."""
        self._wake.set()

    def engine_is_at(self, number: int) -> None:
        """Take note of how far the engine is."""
        self.engine_record = max(self.engine_record, number)
        self._knows_engine = True

    def rebuild(self) -> None:
        """Begin anew, with the first record that is kept: no snapshot is trusted that stands for records we have."""
        self.close()
        self.machine = Machine(self.folder)
        self.machine.engine.prm.diary.listeners.extend(self.listeners)
        self._from_newest = False
        self.caught_up.clear()
        self._wake.set()

    def hold(self, number: int | None) -> None:
        """Apply nothing behind record `number` until further notice; None lifts it."""
        self._limit = number
        self._wake.set()

    def close(self) -> None:
        """Let go of the log."""
        if self._follower is not None:
            self._follower.close()
            self._follower = None

    async def catch_up(self) -> bool:
        """Apply what is in the log by now, in slices; gives whether there was any."""
        if self._follower is None:
            self._follow()
        assert self._follower is not None
        if self.applied and not (self.records / "log").is_dir():
            raise LogDamaged(self.applied + 1, f"the log of {self.records} is gone")
        before, follower = self.applied, self._follower
        records = follower.read()
        while follower is self._follower and self._slice(records):
            for _ in range(TURNS):
                await asyncio.sleep(0)
        self.engine_record = max(self.engine_record, self.applied)
        if not self.caught_up.is_set() and self._knows_engine and self.applied >= self.engine_record:
            self.caught_up.set()
        return self.applied > before

    def _follow(self) -> None:
        """Begin to follow the log: where there are folds, not behind the beginning of the day."""
        at_most = self._looked_at
        first = first_of_day(self.records) if self.folds else None
        if first is not None:
            at_most = first if at_most is None else min(at_most, first)
        self._follower = Follower(self.records, self.machine, from_newest=self._from_newest, at_most=at_most)
        for fold in self.folds:
            fold.begin(self.machine)
        for begin in self.begun:
            begin()

    def _slice(self, records: Iterator[Record]) -> bool:
        """Apply records for a while; gives whether there may be more."""
        machine, told = self.machine, self.told
        mark = read_mark(self.records / "log")
        self.engine_record = max(self.engine_record, machine.number if mark is None else mark.number)
        end = time.monotonic() + SLICE_SECONDS
        limit = self._limit
        more = limit is None or machine.number < limit
        while more:
            record = next(records, None)
            if record is None:
                more = False
                break
            is_command = record.kind == Kind.COMMAND
            if is_command:
                self._tell(self.before, record)
            machine.apply(record)
            if is_command:
                self._tell(self.after, record)
            self.counts.came(record, machine)
            for fold in self.folds:
                fold.applied(record)
            number = machine.number
            if told is not None:
                told(record)
            elif number % SETTLE_EVERY == 0:
                self.settle()
            if number == limit:
                more = False
            elif number % CLOCK_EVERY == 0 and time.monotonic() > end:
                break
        self.settle()
        self._call()
        return more

    @staticmethod
    def _tell(listeners: list[Applied], record: Record) -> None:
        for told in listeners:
            told(record)

    def listen(self, listener: Listener) -> None:
        """Have what happens to PRM accounts given to `listener`, of every record from now on."""
        self.listeners.append(listener)
        self.machine.engine.prm.diary.listeners.append(listener)

    def settle(self) -> None:
        """Let the streams put away what they got: nobody here sends it."""
        self.machine.drops.notes.settle()
        if self.machine.touched:
            self.counts.sent(self.machine)
        for stream in self.machine.touched:
            stream.untouched = True
            stream.settle()
        self.machine.touched.clear()
        for endpoint in self.machine.ports:
            endpoint.settle()

    def _call(self) -> None:
        """Let those go on whose record was applied."""
        while self._waiting and self._waiting[0][0] <= self.applied:
            _, _, waiter = heappop(self._waiting)
            if not waiter.done():
                waiter.set_result(None)
