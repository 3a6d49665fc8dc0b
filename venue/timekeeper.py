"""What time brings, brought about: deadlines of the engine and the venue's appointments, each by a record.

While the clock is real, a timer of the loop waits for what is due next. While it is manual nothing waits: venue time
stands until an operator moves it, and then every deadline and appointment on the way comes at its own moment, in order,
a deadline before an appointment of the same moment. The last record of a move has the time that the clock stands at
then, so that a replay, or the next start, stands there too.

Which of the two it is is the machine's state (`Machine.clock`); the clock that goes with it is the journal's.
"""

from __future__ import annotations

import asyncio
from typing import Final

from engine.engine import NEVER
from venue.clock import Clock, ManualClock
from venue.instructions import ClockMode, SetClock
from venue.journal import Journal
from venue.record import Kind
from venue.schedule import Schedule

NANOSECONDS: Final = 1_000_000_000
CLOCK_LOOK = 1.0
"""Seconds between two looks at the clock while something is due: the machine's may be set, the loop's never is."""
ORDERS_A_TURN: Final = 500
"""Orders that a move of the clock ends before everyone else has a turn: a millisecond or two. A moment counts for
one at the least, and after an appointment the turn is over."""
DISK_PAUSE: Final = 0.01
"""Seconds between two looks at whether the disk has caught up with a move of the clock."""


class ClockRefused(Exception):  # noqa: N818 - a refusal, not a fault of ours: the caller is told and nothing changed
    """A change of the clock that cannot be made as things are."""


class Timekeeper:
    """Keeps a venue's deadlines and appointments; `real` is the machine's clock."""

    def __init__(self, journal: Journal, schedule: Schedule, real: Clock) -> None:
        self.journal = journal
        self.machine = journal.machine
        self.schedule = schedule
        self.real = real
        self.loop: asyncio.AbstractEventLoop | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.is_moving = False

    def resume(self) -> None:
        """Take up the clock that the machine's state asks for, where it stood."""
        if self.machine.clock == "manual":
            self.journal.clock = ManualClock(self.real, self.machine.venue_time)
        else:
            self.real.resume(self.machine.venue_time)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for what is due from now on."""
        self.loop = loop
        self.plan()

    def stop(self) -> None:
        """Wait for nothing any more; a move of the clock goes no further."""
        self.loop = None
        self.plan()

    @property
    def due(self) -> int:
        """The venue time of what comes next: it may have come already."""
        return min(self.machine.engine.next_deadline, self.schedule.next)

    # What is due.

    def plan(self) -> None:
        """See that what is due next is done when no record comes before it."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        due = self.due
        if due == NEVER or self.loop is None or self.is_moving:
            return
        now, _ = self.journal.clock.now()
        if self.machine.clock == "real" or due <= now:
            self.timer = self.loop.call_later(min(max(due - now, 0) / NANOSECONDS, CLOCK_LOOK), self._look)

    def _look(self) -> None:
        """Do what has come, and wait for the next."""
        self.timer = None
        if self.journal.closed:
            return
        now, _ = self.journal.clock.now()
        if now >= self.due:
            self._bring()
        if self.timer is None:
            self.plan()

    def _bring(self) -> None:
        """Record that the deadlines of now have come, then keep the appointments."""
        times = self.journal.clock.now()
        if times[0] >= self.machine.engine.next_deadline:
            self._record(times)
        while times[0] >= self.schedule.next and not self.journal.closed:
            self.schedule.keep()

    def _record(self, times: tuple[int, int]) -> None:
        self.journal.record(Kind.TIMER, 0, b"", times)
        self.journal.commit()

    # A manual clock.

    def set_mode(self, mode: ClockMode) -> None:
        """Let venue time follow the machine's clock, or stand; raises `ClockRefused`."""
        if self.is_moving:
            raise ClockRefused("the clock is being moved: wait until it stands")
        if mode == self.machine.clock:
            return
        now, wall_time = self.journal.clock.now()
        if mode == "real":
            if now > wall_time:
                ahead = (now - wall_time) / NANOSECONDS
                raise ClockRefused(f"venue time is {ahead:,.3f} s ahead of the machine's, and never goes back")
            self.real.resume(now)
            self.journal.clock = self.real
        else:
            self.journal.clock = ManualClock(self.real, now)
        self.journal.command(SetClock(mode))
        self.plan()

    async def advance(self, target: int) -> int:
        """Move a manual clock to `target`; gives how many moments came on the way. Raises `ClockRefused`.

        Whoever else wants something of the venue has a turn after so many orders, at the time that has come by then.
        The last record is left to be committed with whatever the caller adds (`Journal.end`).
        """
        clock = self.journal.clock
        if not isinstance(clock, ManualClock):
            raise ClockRefused("the clock is real: only a manual one is moved")
        if self.is_moving:
            raise ClockRefused("the clock is being moved already: wait until it stands")
        if target < clock.moment:
            raise ClockRefused("venue time never goes back")
        self.is_moving = True
        moments = 0
        try:
            while True:
                came, done = self._move(clock, target)
                moments += came
                if done:
                    return moments
                await self._everyone_else()
        finally:
            self.is_moving = False
            self.plan()

    def _move(self, clock: ManualClock, target: int) -> tuple[int, bool]:
        """Bring some of the moments up to `target`, the last ones with `target` itself; mass cancels come first."""
        engine, moments, left = self.machine.engine, 0, ORDERS_A_TURN
        while left > 0:
            if engine.mass_cancels or self.journal.is_ahead:
                return moments, False
            engine.forget_deadlines()
            due = max(self.due, clock.moment)
            if due > target:
                clock.moment = target
                if self.machine.venue_time < target:
                    self.journal.begin()
                    self._record(clock.now())
                return moments, True
            clock.moment = due
            before, kept = engine.deadlines_live, self.schedule.next <= due
            self._bring()
            moments += 1
            left = 0 if kept else left - max(before - engine.deadlines_live, 1)
        return moments, False

    async def _everyone_else(self) -> None:
        """Let everyone else have a turn, and the disk catch up; raises `ClockRefused` where the venue ends."""
        await asyncio.sleep(DISK_PAUSE if self.journal.is_ahead else 0)
        if self.journal.closed or self.loop is None:
            raise ClockRefused("the venue is ending")
