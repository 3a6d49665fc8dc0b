"""What Post-Trade Risk shows of a relation: to its clearing firm, its correspondent and its counterparties."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec

from engine.clearing import Clearing
from engine.clearing_commands import ClearingLimits
from engine.clearing_relation import Relation
from engine.clearing_state import Alert, AlertKind, AuditRow, Leg, Standing, Told
from venue.calls import Count, Reply, amount, moment
from venue.ptr.terms import Amount, LimitsView, Permission

AlertName = Literal["PRE_ALERT", "BREACH", "KILL"]
KINDS: Final[dict[AlertKind, AlertName]] = {
    AlertKind.PRE_ALERT: "PRE_ALERT",
    AlertKind.BREACH: "BREACH",
    AlertKind.KILL: "KILL",
}
StandingName = Literal["HELD", "ALLOWED", "INHIBITED", "KILLED", "BROKEN"]
STANDINGS: Final[dict[Standing, StandingName]] = {
    Standing.HELD: "HELD",
    Standing.ALLOWED: "ALLOWED",
    Standing.INHIBITED: "INHIBITED",
    Standing.KILLED: "KILLED",
    Standing.BROKEN: "BROKEN",
}


class RelationView(Reply, frozen=True):
    """A relation: `status` tells whether its trades are killed."""

    relation_id: str
    clearing_firm: str
    correspondent: str
    counterparties: list[str]
    status: Literal["ACTIVE", "KILLED"]


class RelationList(Reply, frozen=True):
    """The relations that are open to the caller."""

    as_of: Count
    items: list[RelationView]
    next: str | None = None


class ConfigurationView(Reply, frozen=True):
    """A correspondent's limits, today's and those from the next trading day on."""

    correspondent: str
    today: LimitsView
    next_day: LimitsView


class ConfigurationList(Reply, frozen=True):
    """Limits of correspondents; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[ConfigurationView]
    next: str | None = None


class AlertView(Reply, frozen=True):
    """An alert: which limit it was, and when."""

    kind: AlertName
    limit: str
    at: str


class PollView(Reply, frozen=True):
    """What a correspondent traded today, beside the limits of today."""

    correspondent: str
    buy: Amount
    sell: Amount
    net: Amount
    today: LimitsView
    alerts: list[AlertView]
    held_trades: Count


class PollList(Reply, frozen=True):
    """Totals of correspondents; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[PollView]
    next: str | None = None


class PermissionList(Reply, frozen=True):
    """The counterparties of the caller's correspondents."""

    as_of: Count
    items: list[Permission]
    next: str | None = None


class LegView(Reply, frozen=True):
    """One side of a trade that did not simply count, as its correspondent's; `why` is the limit that it was over."""

    trade_id: str
    correspondent: str
    contra: str
    role: Literal["EXECUTING", "CONTRA"]
    side: Literal["B", "S"]
    market: str
    symbol: str
    quantity: Count
    price: str
    amount: Amount
    at: str
    standing: StandingName
    why: str


class LegList(Reply, frozen=True):
    """Sides of trades; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[LegView]
    next: str | None = None


class AuditView(Reply, frozen=True):
    """Who did what, and what that changed."""

    at: str
    user: str
    action: str
    clearing_firm: str
    correspondent: str
    field: str
    old_value: str
    new_value: str


class AuditList(Reply, frozen=True):
    """Rows of the audit, oldest first; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[AuditView]
    next: str | None = None


def limit_name(field: str) -> str:
    """Give a limit's name as bodies have it."""
    names = dict(zip(LimitsView.__struct_fields__, LimitsView.__struct_encode_fields__, strict=True))
    return names.get(field, field)


def limits_view(limits: ClearingLimits) -> LimitsView:
    """Give limits as they are shown."""
    return LimitsView(**msgspec.structs.asdict(limits))


def relation_view(relation: Relation, counterparties: Iterable[str]) -> RelationView:
    """Give a relation, with those of its counterparties that the caller is to see."""
    entry = relation.entry
    status: Literal["ACTIVE", "KILLED"] = "KILLED" if relation.kill else "ACTIVE"
    return RelationView(entry.relation, entry.firm, entry.correspondent, list(counterparties), status)


def configuration_view(relation: Relation) -> ConfigurationView:
    """Give a relation's limits."""
    return ConfigurationView(relation.entry.correspondent, limits_view(relation.today), limits_view(relation.next_day))


def alert_view(alert: Alert) -> AlertView:
    """Give an alert."""
    return AlertView(KINDS[alert.kind], limit_name(alert.limit), moment(alert.at))


def poll_view(relation: Relation) -> PollView:
    """Give what a relation's correspondent traded."""
    return PollView(
        relation.entry.correspondent,
        amount(relation.buy),
        amount(relation.sell),
        amount(relation.net),
        limits_view(relation.today),
        [alert_view(alert) for alert in relation.alerts],
        len(relation.held),
    )


def leg_view(leg: Leg) -> LegView:
    """Give one side of a trade."""
    return LegView(
        leg.trade_id,
        leg.correspondent,
        leg.contra,
        "EXECUTING" if leg.executing else "CONTRA",
        "B" if leg.is_buy else "S",
        leg.market,
        leg.symbol,
        leg.quantity,
        amount(leg.price),
        amount(leg.amount),
        moment(leg.at),
        STANDINGS[leg.standing],
        limit_name(leg.why),
    )


def audit_view(row: AuditRow) -> AuditView:
    """Give a row of the audit."""
    scope, dot, field = row.field.partition(".")
    name = f"{limit_name(scope)}{dot}{limit_name(field)}" if dot else limit_name(row.field)
    if dot:
        name = f"{'nextDay' if scope == 'next_day' else scope}.{limit_name(field)}"
    return AuditView(moment(row.at), row.user, row.action, row.firm, row.correspondent, name, row.old, row.new)


def legs_of(clearing: Clearing, relation: Relation, standing: Standing | None) -> list[Leg]:
    """Give the sides of a relation's trades that did not simply count, as they happened; the latest of those killed.

    What is held costs what is held, whatever else there was today.
    """
    is_held = standing is Standing.HELD
    mine = [clearing.legs[name] for name in (relation.held if is_held else relation.legs)]
    every = sorted(mine if is_held else [*mine, *relation.killed], key=lambda leg: (leg.at, leg.trade_id))
    return [leg for leg in every if standing is None or leg.standing is standing]


def event_facts(told: Told) -> dict[str, Any]:
    """Give something that happened as the live stream tells it."""
    facts: dict[str, Any] = {"correspondent": told.entry.correspondent, "clearingFirm": told.entry.firm}
    if told.alert is not None:
        alert = told.alert
        facts |= {"kind": alert.kind.name, "limit": limit_name(alert.limit)}
        facts |= {"threshold": amount(alert.threshold), "observed": amount(alert.observed)}
    if told.leg is not None:
        facts |= {"trade": msgspec.to_builtins(leg_view(told.leg))}
    return facts | {"at": moment(told.now)}
