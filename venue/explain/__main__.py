"""Explaining in a process of its own: `python -P -m venue.explain RECORDS QUERY`, both answered and refused as JSON.

A replay keeps a processor busy for as long as it takes, so whoever serves others meanwhile has it done here.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

import msgspec

from venue.explain.answer import Explanation
from venue.explain.find import Order, explain_order
from venue.explain.replay import explain
from venue.problem import Problem
from venue.record import LogDamaged

NICENESS = 5
"""How much this process stands back behind the one that asked."""


class Query(msgspec.Struct, frozen=True):
    """What to explain: a record, or an order by its client's name for it."""

    record: int | None = None
    order: Order | None = None


class Refused(msgspec.Struct, frozen=True):
    """A problem, as it goes through the pipe."""

    status: int
    detail: str
    field: str


class Told(msgspec.Struct, frozen=True):
    """One of the two."""

    explanation: Explanation | None = None
    problem: Refused | None = None


def answer(records: Path, query: Query) -> Told:
    """Answer a query about a log."""
    try:
        if query.order is not None:
            return Told(explanation=explain_order(records, query.order))
        return Told(explanation=explain(records, query.record or 0))
    except Problem as problem:
        return Told(problem=Refused(problem.status, str(problem), problem.errors[0].field if problem.errors else ""))
    except (LogDamaged, OSError, sqlite3.Error) as error:
        return Told(problem=Refused(503, f"the log cannot be read: {error}", ""))


def main() -> int:
    """Answer the query of the command line."""
    os.nice(NICENESS)
    records, query = sys.argv[1:]
    told = answer(Path(records), msgspec.json.decode(query, type=Query))
    sys.stdout.buffer.write(msgspec.json.encode(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
