"""Looking back: who asked for what, and the state's hash."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import Annotated, Any

import msgspec

from venue.calls import Count, Query, Reply, moment
from venue.desk import Desk, Entry
from venue.looks import Look

ENTRIES_AT_ONCE = 500


class AuditQuery(Query, frozen=True):
    """Which operations: those before record `after`, so many at most, of one actor or of all."""

    after: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=ENTRIES_AT_ONCE)] = 100
    actor: str | None = None


class AuditEntry(Reply, frozen=True):
    """An operation: its record, when it was asked for in venue time and on the wall clock, by whom, and the status.

    `body` is null where there was none, or where it was not one that the call takes.
    """

    record: Count
    venue_time: str
    wall_time: str
    actor: str
    verb: str
    target: str
    body: Any
    status: Annotated[int, msgspec.Meta(ge=200, le=599)]


class AuditList(Reply, frozen=True):
    """The last operations, newest first; `next` is what to give as `after` for the ones before them."""

    as_of: Count
    items: list[AuditEntry]
    next: str | None = None


class StateView(Reply, frozen=True):
    """The hash of the whole state after a record: two machines that have it in common are the same."""

    record: Count
    state_hash: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


def show_audit(look: Look) -> AuditList:
    """List the last operations, newest first."""
    query: AuditQuery = look.query
    wanted = (
        entry
        for entry in newest_first(look.machine.desk)
        if (query.after is None or entry.record < query.after) and query.actor in (None, entry.actor)
    )
    entries = list(islice(wanted, query.limit + 1))
    items = [describe(entry) for entry in entries[: query.limit]]
    return AuditList(look.machine.number, items, str(items[-1].record) if len(entries) > len(items) else None)


def newest_first(desk: Desk) -> Iterator[Entry]:
    """Give the operations of a desk, those done and those refused."""
    return merge(reversed(desk.done), reversed(desk.refused), key=lambda entry: entry.record, reverse=True)


def describe(entry: Entry) -> AuditEntry:
    """Give one operation."""
    return AuditEntry(
        record=entry.record,
        venue_time=moment(entry.venue_time),
        wall_time=moment(entry.wall_time),
        actor=entry.actor,
        verb=entry.verb,
        target=entry.target,
        body=msgspec.json.decode(entry.body) if entry.body else None,
        status=entry.status,
    )


def show_state(look: Look) -> StateView:
    """Hash the whole state, now: everything else waits for it, a second and more where a million orders rest."""
    return StateView(look.machine.number, look.machine.hash())
