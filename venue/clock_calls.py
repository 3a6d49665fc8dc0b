"""The venue's clock as operators see it and set it: real or manual, and moved ahead where it is manual."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from engine.engine import NEVER
from venue.calls import Body, Count, Reply, moment
from venue.changes import Answer, Call
from venue.clock import nanoseconds
from venue.problem import Problem
from venue.timekeeper import ClockRefused, Timekeeper

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
LONGEST_MOVE = timedelta(days=366)
"""How far a clock is moved at once: beyond it, a year was misspelled."""
Moment = Annotated[str, msgspec.Meta(description="RFC 3339, UTC", examples=["2026-11-20T15:29:30.000000000Z"])]


class ClockBody(Body, frozen=True):
    """Exactly one of the three."""

    mode: Literal["real", "manual"] | msgspec.UnsetType = msgspec.UNSET
    advance_ms: (
        Annotated[int, msgspec.Meta(ge=0, le=int(LONGEST_MOVE / timedelta(milliseconds=1)))] | msgspec.UnsetType
    ) = msgspec.UNSET
    advance_to: Annotated[datetime, msgspec.Meta(tz=True)] | msgspec.UnsetType = msgspec.UNSET


class ClockSet(Reply, frozen=True):
    """How venue time passes and what it is; `fired` is how many moments came while it was moved there."""

    mode: Literal["real", "manual"]
    time: Moment
    fired: Count


class ClockView(Reply, frozen=True):
    """How venue time passes, what it is, the trading day, and what comes next.

    `nextDeadline` is when the next order, or volatility call, ends, `nextScheduled` when the venue does `scheduled` by
    itself, as a call of that name would.
    """

    mode: Literal["real", "manual"]
    time: Moment
    trading_date: str
    next_deadline: Moment | None
    next_scheduled: Moment | None
    scheduled: str | None


async def set_clock(call: Call) -> Answer:
    """Let venue time follow the machine's clock or stand, or move it: all that is due on the way comes in order."""
    body: ClockBody = call.body
    keeper = call.venue.timekeeper
    if sum(value is not msgspec.UNSET for value in msgspec.structs.astuple(body)) != 1:
        raise Problem(422, "give exactly one of mode, advanceMs, advanceTo")
    fired = 0
    try:
        if body.mode is not msgspec.UNSET:
            keeper.set_mode(body.mode)
        else:
            fired = await keeper.advance(target_of(body, keeper))
    except ClockRefused as refused:
        raise Problem(409, str(refused), named(body)) from refused
    now, _ = call.venue.clock.now()
    machine = call.venue.machine
    return Answer(200, ClockSet(machine.clock, exactly(now), fired), machine.number)


def named(body: ClockBody) -> str:
    """Give the one field that a body has."""
    (name,) = msgspec.to_builtins(body)  # what is not set is not there
    return str(name)


def target_of(body: ClockBody, keeper: Timekeeper) -> int:
    """Give the venue time to which a body moves the clock."""
    now, _ = keeper.journal.clock.now()
    if body.advance_ms is not msgspec.UNSET:
        target = now + body.advance_ms * MILLISECOND
    else:
        assert isinstance(body.advance_to, datetime)
        target = nanoseconds(body.advance_to)
    if target - now > int(LONGEST_MOVE.total_seconds()) * SECOND:
        raise Problem(422, f"that is more than {LONGEST_MOVE.days} days ahead", named(body))
    if target >= NEVER:
        raise Problem(422, f"venue time ends before {exactly(NEVER)}", named(body))
    return target


def show_clock(call: Call) -> Answer:
    """Show venue time as it is now, the trading day, and what comes next."""
    venue = call.venue
    now, _ = venue.clock.now()
    engine, schedule = venue.machine.engine, venue.timekeeper.schedule
    engine.forget_deadlines()
    view = ClockView(
        venue.machine.clock,
        exactly(now),
        engine.date,
        None if engine.next_deadline == NEVER else exactly(engine.next_deadline),
        None if schedule.next == NEVER else exactly(schedule.next),
        None if schedule.first is None or schedule.next == NEVER else schedule.first.name,
    )
    return Answer(200, view)


def exactly(time: int) -> str:
    """Give a venue time to the nanosecond."""
    return moment(time, digits=9)
