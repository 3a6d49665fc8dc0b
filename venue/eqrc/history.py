"""What rules have done and what was done to them: the audit, breaches and usage by day and month, what is used now.

Source: EQRC guide 4. Days are trading days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple, cast

import msgspec

from engine.risk.rule_diary import Revision, Tally, TallyKey
from venue.calls import Count, Query, amount, moment
from venue.calls import Reply as Answer
from venue.eqrc.terms import (
    AT_ONCE,
    Cursor,
    Exchange,
    GroupId,
    Level,
    Limit,
    Money,
    RuleId,
    RuleType,
    Time,
)
from venue.eqrc.views import Sees, fits
from venue.settings import Mpid, Name6
from wire.csv_text import written

if TYPE_CHECKING:
    from engine.engine import Engine

Kind = Literal["CREATE", "UPDATE", "DELETE", "ACTIVATE"]
Period = Literal["daily", "monthly"]
Total = Annotated[
    str | int, msgspec.Meta(description="What it came to: a count, or dollars with four decimals", examples=[3])
]
COLUMNS: Final = ("Revision Date", "Revision Type", "User", "Rule", "Field", "Old Value", "New Value")
MONEY: Final = "gross-exposure"
"""The type of rules whose totals are money."""
ROWS_MAX: Final = 100_000
"""Rows of one file."""
MONTH: Final = 7
"""Characters of a date that say year and month."""


class AuditRow(Answer, frozen=True):
    """A change of a rule: when, what kind, who, which field of which rule, from what to what."""

    revision_date: Time
    revision_type: Kind
    user: str
    rule_id: str
    field: str
    old_value: str
    new_value: str


class AuditRows(Answer, frozen=True):
    """Changes, oldest first; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[AuditRow]
    next: str | None = None


class AuditQuery(
    Query, frozen=True, kw_only=True, rename={"from_": "from", "group_id": "groupId", "rule_id": "ruleId"}
):
    """Which changes: of an exchange, MPID, port, group or rule, from one day to another; all without any of these."""

    exchange: Exchange | None = None
    mpid: Mpid | None = None
    port: Name6 | None = None
    group_id: GroupId | None = None
    rule_id: RuleId | None = None
    from_: date | None = None
    to: date | None = None
    after: Cursor = ""
    limit: Limit = AT_ONCE


class TallyRow(Answer, frozen=True):
    """How often something was in a day or month, what it came to, and when it was last."""

    date: str
    type: RuleType
    exchange: Exchange
    mpid: str
    port: str | None
    group_id: Count | None
    count: Count
    total: Total
    last: Time


class Tallies(Answer, frozen=True):
    """Days or months, oldest first; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[TallyRow]
    next: str | None = None


class TallyQuery(Query, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Which of them: by day or month, of a type, an exchange, an MPID, a port, from one day to another."""

    period: Period = "daily"
    type: RuleType | None = None
    exchange: Exchange | None = None
    mpid: Mpid | None = None
    port: Name6 | None = None
    from_: date | None = None
    to: date | None = None
    after: Cursor = ""
    limit: Limit = AT_ONCE


class ConsumptionRow(Answer, frozen=True):
    """What the entity of a rule has open and has executed today, both together, and how far that is."""

    rule_id: str
    type: RuleType
    exchange: Exchange
    mpid: str
    port: str | None
    group_id: Count | None
    open: Money
    executed: Money
    notional: Money
    level: Level


class Consumptions(Answer, frozen=True):
    """What is used now, by entity and rule; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[ConsumptionRow]
    next: str | None = None


class ConsumptionQuery(Query, frozen=True):
    """Whose consumption; all without any of these."""

    exchange: Exchange | None = None
    mpid: Mpid | None = None
    port: Name6 | None = None
    group_id: GroupId | None = None
    level: Level | None = None
    after: Cursor = ""
    limit: Limit = AT_ONCE


# The audit.


class Found(NamedTuple):
    """A change that was found, and whose it is."""

    mpid: str
    row: Revision


def cursor_of(found: Found) -> str:
    """Give what stands for a change as the last one of a page."""
    return f"{found.mpid}:{found.row.number}"


def audit(engine: Engine, query: AuditQuery, sees: Sees) -> Iterator[Found]:
    """Give the changes that a query names, of those that a caller sees, by MPID and oldest first."""
    diary = engine.rules.diary
    at_mpid, _, at_number = query.after.partition(":")
    last = int(at_number) if at_number.isdecimal() else 0
    for mpid in sorted(diary.trails):
        if mpid < at_mpid or query.mpid not in (None, mpid):
            continue
        for row in diary.rows(mpid, last + 1 if mpid == at_mpid else 1):
            wanted = (
                (query.exchange, row.exchange),
                (query.port, row.port),
                (query.group_id, row.group_id),
                (query.rule_id, row.rule_id),
            )
            if fits(wanted) and sees(mpid, row.port) and is_between(query, moment(row.moment)[:10]):
                yield Found(mpid, row)


def is_between(query: AuditQuery | TallyQuery, day: str) -> bool:
    """Whether a day (yyyy-mm-dd, or yyyy-mm) is one of those that are asked for."""
    after_first = query.from_ is None or day >= query.from_.isoformat()[: len(day)]
    return after_first and (query.to is None or day <= query.to.isoformat()[: len(day)])


def audit_row(row: Revision) -> AuditRow:
    """Give a change as an answer shows it."""
    kind = cast(Kind, row.type.name)
    return AuditRow(moment(row.moment), kind, row.user, row.rule_id, row.field, row.old, row.new)


def audit_file(found: Iterable[Found]) -> bytes:
    """Give changes as CSV."""
    return written(COLUMNS, (msgspec.structs.astuple(audit_row(each.row)) for each in islice(found, ROWS_MAX)))


# Days and months.


def tallies(kept: dict[TallyKey, Tally], query: TallyQuery, sees: Sees) -> list[TallyRow]:
    """Give what was counted, of what a caller sees, by day or month and entity."""
    sums: dict[tuple[str, str, str, str, str, int], Tally] = {}
    for key, tally in kept.items():
        wanted = (
            (query.type, key.rule_type),
            (query.exchange, key.exchange),
            (query.mpid, key.mpid),
            (query.port, key.port or None),
        )
        if not fits(wanted) or not sees(key.mpid, key.port or None) or not is_between(query, key.date):
            continue
        day = key.date if query.period == "daily" else key.date[:MONTH]
        place = day, key.rule_type, key.exchange, key.mpid, key.port, key.group_id
        before = sums.get(place, Tally(0, 0, 0))
        sums[place] = Tally(before.times + tally.times, before.total + tally.total, max(before.last, tally.last))
    return sorted((tally_row(*place, tally) for place, tally in sums.items()), key=tally_cursor)


def tally_row(day: str, rule_type: str, exchange: str, mpid: str, port: str, group_id: int, tally: Tally) -> TallyRow:
    """Give what was counted as an answer shows it."""
    total = amount(tally.total) if rule_type == MONEY else tally.total
    place = cast(RuleType, rule_type), cast(Exchange, exchange), mpid, port or None
    group = None if group_id < 0 else group_id
    return TallyRow(day, *place, group, tally.times, total, moment(tally.last))


def tally_cursor(row: TallyRow) -> str:
    """Give what stands for a row as the last one of a page; cursors are in the order of rows."""
    return " ".join((row.date, row.type, row.exchange, row.mpid, row.port or "", f"{row.group_id or 0:05}"))


# What is used now.


def consumption(engine: Engine, query: ConsumptionQuery, sees: Sees) -> list[ConsumptionRow]:
    """Give what the entities of rules use now, of those that a caller sees."""
    rows = []
    for used in engine.exposures.consumption():
        row = ConsumptionRow(
            used.rule_id,
            "gross-exposure",
            cast(Exchange, used.exchange),
            used.mpid,
            used.port,
            used.group_id,
            amount(used.open),
            amount(used.executed),
            amount(used.notional),
            cast(Level, used.level.name),
        )
        wanted = (
            (query.exchange, row.exchange),
            (query.mpid, row.mpid),
            (query.port, row.port),
            (query.group_id, row.group_id),
            (query.level, row.level),
        )
        if fits(wanted) and sees(row.mpid, row.port):
            rows.append(row)
    return sorted(rows, key=consumption_cursor)


def consumption_cursor(row: ConsumptionRow) -> str:
    """Give what stands for a row as the last one of a page."""
    return " ".join((row.exchange, row.mpid, row.port or "", f"{row.group_id or 0:05}", row.rule_id))
