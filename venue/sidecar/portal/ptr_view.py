"""What the Post-Trade Risk page shows of a relation: its totals against their limits, what was told, what is held.

Source: the facts of the service's user types, as docs/post-trade-risk.md tells them.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.clearing_state import BY_HAND, Standing
from venue.ptr import views
from venue.ptr.terms import LimitsView, Permission
from venue.sidecar.portal.prm_view import LEVELS, value_of_limit
from venue.sidecar.rest.user_types import CLEARING, CORRESPONDENT, COUNTERPARTY, Caller, UserType

if TYPE_CHECKING:
    from engine.clearing import Clearing
    from engine.clearing_relation import Relation

USER_TYPES: dict[str, UserType] = {one.key: one for one in (CLEARING, CORRESPONDENT, COUNTERPARTY)}
TYPE_NAMES = {
    CLEARING.key: "Clearing firm",
    CORRESPONDENT.key: "Correspondent",
    COUNTERPARTY.key: "Counterparty",
}
AGGREGATES = {"aggregateBuy": "Buy", "aggregateSell": "Sell", "aggregateNet": "Net"}
"""The totals of the day by their limits' names in a body."""
PERCENT = "preAlertPercent"
KILL = "killOnBreach"
LIMITS = {
    "aggregateBuy": "Aggregate buy",
    "aggregateSell": "Aggregate sell",
    "aggregateNet": "Aggregate net",
    "perTrade": "Per trade",
    "maxTrade": "Max trade",
    PERCENT: "Pre-alert",
    KILL: "Kill on breach",
}
HELP = {
    "aggregateBuy": "What is bought in a day, in dollars. What is more is a breach.",
    "aggregateSell": "What is sold in a day, in dollars. What is more is a breach.",
    "aggregateNet": "Bought less sold, whichever side is more, in dollars.",
    "perTrade": "One side of one trade. What is more is held until the clearing firm decides.",
    "maxTrade": "One side of one trade. What is more is killed: it is not cleared and does not count.",
    PERCENT: "Percent of each of the first three from which on both firms are told.",
    KILL: "A breach kills every trade behind it until the day ends or the kill is lifted.",
}
SETTING_TYPES = {
    "INTRA": "Intra: today only",
    "NEXT_DAY": "Next day: from the next trading day on",
    "BOTH": "Both: now and from then on",
}
LEVEL_WORDS = {"unused": "No limit", "normal": "Within", "near": "Pre-alert", "breached": "Breach"}
KIND_LEVELS = {"PRE_ALERT": "near", "BREACH": "breached", "KILL": "breached"}
FULL = Decimal(100)
ALERTS_SHOWN = 50
DECIDED_SHOWN = 25
"""Sides of trades that were decided, killed or broken today: the latest."""


class Total(NamedTuple):
    """A total of the day: in dollars, its limit, how much of it is used in percent, where the pre-alert lies."""

    key: str
    name: str
    current: str
    limit: int | None
    percent: str
    level: str
    width: str
    pre_alert: int | None


class Row(NamedTuple):
    """A relation in the list of all."""

    correspondent: str
    firm: str
    level: str
    percent: str
    says: str


class Shown(NamedTuple):
    """A relation as the page shows it. `limits` are a name in a body, a name, today's value and the next day's."""

    relation: views.RelationView
    totals: list[Total]
    limits: list[tuple[str, str, Any, Any]]
    alerts: list[views.AlertView]
    alerts_count: int
    held_count: int
    held: list[views.LegView]
    decided: list[views.LegView]
    permissions: list[Permission]
    kill_is_by_hand: bool


def total_of(key: str, current: str, today: LimitsView) -> Total:
    """Hold a total against its limit: over it is a breach, a percentage of it or more a pre-alert."""
    limit, percent, name = value_of_limit(today, key), today.pre_alert_percent, AGGREGATES[key]
    if limit is None:
        return Total(key, name, current, None, "", "unused", "0", None)
    amount = abs(Decimal(current))
    level = "normal"
    if amount > limit:
        level = "breached"
    elif percent is not None and amount and amount * 100 >= limit * percent:
        level = "near"
    used = amount * 100 / limit if limit else FULL if amount else Decimal(0)
    return Total(key, name, current, limit, f"{used:,.2f}", level, f"{min(used, FULL):.2f}", percent)


def totals_of(relation: Relation) -> list[Total]:
    """Give a relation's totals."""
    view = views.poll_view(relation)
    return [
        total_of(key, current, view.today)
        for key, current in zip(AGGREGATES, (view.buy, view.sell, view.net), strict=True)
    ]


def row_of(relation: Relation) -> Row:
    """Give a relation as the list of all shows it: what of it needs a look first."""
    totals = totals_of(relation)
    worst = max(totals, key=lambda one: (LEVELS.index(one.level), Decimal(one.percent.replace(",", "") or "-1")))
    level, held = worst.level, len(relation.held)
    says = "No limit of a day's totals" if worst.limit is None else worst.name
    if held:
        says, level = f"{held:,} held", max(level, "near", key=LEVELS.index)
    if relation.kill:
        says, level = "Killed: its trades are not cleared", "breached"
    entry = relation.entry
    return Row(entry.correspondent, entry.firm, level, worst.percent, says)


def shown(caller: Caller, clearing: Clearing, relation: Relation, *, acts: bool) -> Shown:
    """Give all that a caller sees of a relation; only a clearing firm that `acts` sees single trades."""
    user_type, entry = caller.user_type, relation.entry
    counterparties: Iterable[str] = entry.counterparties
    if user_type is COUNTERPARTY:
        counterparties = user_type.parties(relation, caller.mpids)
    today, following = views.limits_view(relation.today), views.limits_view(relation.next_day)
    legs = views.legs_of(clearing, relation, None) if user_type is CLEARING and acts else []
    held = [leg for leg in legs if leg.standing is Standing.HELD]
    decided = [leg for leg in legs if leg.standing is not Standing.HELD][: -DECIDED_SHOWN - 1 : -1]
    return Shown(
        views.relation_view(relation, counterparties),
        totals_of(relation),
        [(key, name, value_of_limit(today, key), value_of_limit(following, key)) for key, name in LIMITS.items()],
        [views.alert_view(alert) for alert in list(relation.alerts)[: -ALERTS_SHOWN - 1 : -1]],
        len(relation.alerts),
        len(relation.held),
        list(map(views.leg_view, held)),
        list(map(views.leg_view, decided)),
        [Permission(one, relation.permits(one), entry.correspondent) for one in entry.counterparties]
        if user_type is CORRESPONDENT
        else [],
        relation.kill == BY_HAND,
    )
