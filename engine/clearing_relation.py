"""One clearing relation of Post-Trade Risk: a correspondent's totals of the day, held against its limits.

What is over a limit is `>` it; a pre-alert comes at `>=` its percentage of one, as the rule book has it ("equalled or
exceeded"). Percentages are compared by cross-multiplication, so nothing is ever rounded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from engine.clearing_commands import ClearingEntry, ClearingLimits
from engine.clearing_state import BY_HAND, Alert, AlertKind, Leg, RelationState, Standing, exact
from engine.terms import PRICE_SCALE

AGGREGATES: Final = ("aggregate_buy", "aggregate_sell", "aggregate_net")
"""The limits of a day's totals."""
QUIET, NEAR, OVER = 0, 1, 2
"""How a total stands to its limit."""
ALERTS_KEPT: Final = 1_000
"""Alerts of a relation that are kept of a day."""
KILLED_KEPT: Final = 1_000
"""Sides of killed trades that are kept to be shown; that they do not count is known of all."""
HUNDRED: Final = 100


class Relation:
    """One relation. `revision` tells one state of what is shown of it from another."""

    def __init__(self, entry: ClearingEntry) -> None:
        self.entry = entry
        self.today = self.next_day = entry.limits
        self.shut_out: dict[str, None] = {}
        self.buy = self.sell = 0
        self.levels = dict.fromkeys(AGGREGATES, QUIET)
        self.kill = ""
        self.alerts: deque[Alert] = deque(maxlen=ALERTS_KEPT)
        self.killed: deque[Leg] = deque(maxlen=KILLED_KEPT)
        self.legs: dict[str, None] = {}
        """Sides of its trades that did not simply count, but for those killed, by id, as they happened;"""
        self.held: dict[str, None] = {}
        """those of them that are held."""
        self.revision = 0
        self.listed = True
        self.since: dict[str, int] = {}
        """The executions of each market that were another clearing firm's today."""

    @property
    def net(self) -> int:
        """What was bought less what was sold, in ticks."""
        return self.buy - self.sell

    def permits(self, counterparty: str) -> bool:
        """Whether a counterparty may see this relation's totals and limits."""
        return counterparty in self.entry.counterparties and counterparty not in self.shut_out

    def total(self, limit: str) -> int:
        """Give what a limit of a day's totals is held against, in ticks."""
        return {"aggregate_buy": self.buy, "aggregate_sell": self.sell}.get(limit, abs(self.net))

    def standing_of(self, amount: int) -> tuple[Standing, str] | None:
        """Say whether a trade of this amount is killed or held, and for which limit; None: it counts."""
        if self.kill:
            return Standing.KILLED, self.kill
        if is_over(amount, self.today.max_trade):
            return Standing.KILLED, "max_trade"
        if is_over(amount, self.today.per_trade):
            return Standing.HELD, "per_trade"
        return None

    def add(self, amount: int, *, is_buy: bool) -> None:
        """Count an amount towards the day's totals; a negative one takes it back."""
        if is_buy:
            self.buy += amount
        else:
            self.sell += amount

    def settle(self, now: int) -> Iterator[Alert]:
        """Hold the totals against their limits; gives what is to be told, which is kept.

        A limit is told of when it is neared and when it is passed. One that its total falls back below, because a
        trade was broken or the limit raised, is told of again the next time.
        """
        for limit in AGGREGATES:
            before, level = self.levels[limit], self.level(limit)
            self.levels[limit] = level
            if before < NEAR <= level and self.today.pre_alert_percent is not None:
                yield self.note(AlertKind.PRE_ALERT, limit, now)
            if before < OVER <= level:
                yield self.note(AlertKind.BREACH, limit, now)
                yield from self.kill_for_breach(now, limit)

    def kill_for_breach(self, now: int, *limits: str) -> Iterator[Alert]:
        """Kill what comes from now on where one of these is breached and it is asked for; gives what is to be told."""
        breached = next((limit for limit in limits if self.levels[limit] >= OVER), "")
        if breached and self.today.kill_on_breach and not self.kill:
            self.kill = breached
            yield self.note(AlertKind.KILL, breached, now)

    def level(self, limit: str) -> int:
        """Say how a total stands to its limit."""
        threshold, total = getattr(self.today, limit), self.total(limit)
        if threshold is None or not total:
            return QUIET
        if is_over(total, threshold):
            return OVER
        percent = self.today.pre_alert_percent
        is_near = percent is not None and total * HUNDRED >= threshold * PRICE_SCALE * percent
        return NEAR if is_near else QUIET

    def note(self, kind: AlertKind, limit: str, now: int, observed: int | None = None) -> Alert:
        """Keep an alert, and give it."""
        threshold = 0 if limit == BY_HAND else getattr(self.today, limit) * PRICE_SCALE
        total = (0 if limit == BY_HAND else self.total(limit)) if observed is None else observed
        alert = Alert(kind, limit, now, threshold, exact(total))
        self.alerts.append(alert)
        return alert

    def killed_is_broken(self, trade_id: str) -> None:
        """Note that a trade is broken, where it is one of those killed that are kept."""
        for i, leg in enumerate(self.killed):
            if leg.trade_id == trade_id:
                self.killed[i] = replace(leg, standing=Standing.BROKEN)

    def begin_day(self) -> None:
        """Begin a day: with nothing traded, the limits that were kept, and no kill but one by hand."""
        self.today = self.next_day
        self.buy = self.sell = 0
        self.levels = dict.fromkeys(AGGREGATES, QUIET)
        self.kill = self.kill if self.kill == BY_HAND else ""
        self.alerts.clear()
        self.killed.clear()
        self.legs.clear()
        self.held.clear()
        self.since.clear()

    def take(self, entry: ClearingEntry) -> None:
        """Take a new configuration. Limits that were changed since stand unless the file's are others."""
        if entry.limits != self.entry.limits:
            self.today = self.next_day = entry.limits
        self.entry = entry
        self.listed = True

    def dump(self) -> RelationState:
        """Give all of it as plain data."""
        return RelationState(
            self.entry,
            self.today,
            self.next_day,
            list(self.shut_out),
            exact(self.buy),
            exact(self.sell),
            self.levels,
            self.kill,
            list(self.alerts),
            list(self.killed),
            self.revision,
            self.listed,
            self.since,
        )


def load_relation(state: RelationState) -> Relation:
    """Make a relation of its data."""
    relation = Relation(state.entry)
    relation.today, relation.next_day = state.today, state.next_day
    relation.shut_out.update(dict.fromkeys(state.shut_out))
    relation.buy, relation.sell, relation.kill = int(state.buy), int(state.sell), state.kill
    relation.levels.update(state.levels)
    relation.alerts.extend(state.alerts)
    relation.killed.extend(state.killed)
    relation.revision, relation.listed = state.revision, state.listed
    relation.since.update(state.since)
    return relation


def is_over(amount: int, dollars: int | None) -> bool:
    """Whether an amount in ticks is more than so many dollars; nothing is more than no limit."""
    return dollars is not None and amount > dollars * PRICE_SCALE


def changed(limits: ClearingLimits, values: dict[str, int | bool | None]) -> ClearingLimits:
    """Give limits with some of them changed."""
    fields = {name: getattr(limits, name) for name in limits.__struct_fields__}
    return ClearingLimits(**(fields | values))
