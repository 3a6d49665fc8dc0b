"""What Post-Trade Risk knows, as plain data: sides of trades that did not simply count, alerts, the audit, a snapshot.

Amounts are ticks of 1/10,000 dollars, times nanoseconds of venue time.

For editors: snapshots outlive versions, so fields are only ever appended, each with a default; the same holds for the
members of the enumerations.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

import msgspec

from engine.clearing_commands import ClearingEntry, ClearingLimits, TradeReport

BY_HAND: Final = "hand"
"""Why a correspondent's trades are killed, where a clearing firm said so; else it is the limit that was breached."""


Exact = int | str
"""An amount in ticks. More than eight bytes hold, which are all that a snapshot has for a number, is its digits."""
LARGEST_NUMBER: Final = 2**63 - 1


def exact(amount: int) -> Exact:
    """Give an amount as a snapshot can have it, however large: reports of a day may come to any sum."""
    return amount if abs(amount) <= LARGEST_NUMBER else str(amount)


class Standing(IntEnum):
    """What became of one side of a trade that did not simply count."""

    HELD = 0
    ALLOWED = 1
    INHIBITED = 2
    KILLED = 3
    BROKEN = 4


class AlertKind(IntEnum):
    """What is told when a limit is neared, or passed, or what came of that."""

    PRE_ALERT = 0
    BREACH = 1
    KILL = 2


class Leg(msgspec.Struct, array_like=True, frozen=True):
    """One side of a trade, as its correspondent's: `why` is the limit that held or killed it.

    `executing` is the side that entered the book, or that reported the trade; the other one is contra to it.
    """

    trade_id: str
    correspondent: str
    contra: str
    executing: bool
    is_buy: bool
    market: str
    symbol: str
    quantity: int
    price: int
    at: int
    standing: Standing = Standing.HELD
    why: str = ""

    @property
    def amount(self) -> int:
        """Quantity times price, in ticks."""
        return self.quantity * self.price


class Alert(msgspec.Struct, array_like=True, frozen=True):
    """Something to be told of a limit, by its name: what it was and what had come together, in ticks."""

    kind: AlertKind
    limit: str
    at: int
    threshold: int
    kept: Exact

    @property
    def observed(self) -> int:
        """What had come together."""
        return int(self.kept)


class AuditRow(msgspec.Struct, array_like=True, frozen=True):
    """Who did what to a relation, and what that changed."""

    at: int
    user: str
    action: str
    firm: str
    correspondent: str
    field: str
    old: str
    new: str


class Report(msgspec.Struct, array_like=True, frozen=True):
    """A trade that was reported today, and which of its sides simply counted."""

    report: TradeReport
    counted: int


class RelationState(msgspec.Struct, array_like=True, frozen=True):
    """All of one relation."""

    entry: ClearingEntry
    today: ClearingLimits
    next_day: ClearingLimits
    shut_out: list[str]
    buy: Exact
    sell: Exact
    levels: dict[str, int]
    kill: str
    alerts: list[Alert]
    killed: list[Leg]
    revision: int
    listed: bool
    since: dict[str, int] = {}


class ClearingState(msgspec.Struct, array_like=True, frozen=True):
    """All that Post-Trade Risk knows as of record `number`; `sides` tell of each market's executions of the day."""

    number: int
    days: int
    date: str
    revision: int
    relations: list[RelationState]
    sides: list[tuple[str, bytes]]
    legs: list[Leg]
    reports: list[tuple[str, Report]]
    broken: list[tuple[str, int]]
    audit: list[AuditRow]
    audited: int = 0


class Execution(NamedTuple):
    """An execution on one of the markets: the incoming order's MPID and side first, then who it traded with."""

    market: str
    match: int
    incoming: str
    is_buy: bool
    resting: str
    symbol: str
    quantity: int
    price: int


class Told(NamedTuple):
    """Something that is told as it happens: an alert, or one side of a trade, or that what is shown has changed."""

    kind: str
    entry: ClearingEntry
    now: int
    alert: Alert | None = None
    leg: Leg | None = None
