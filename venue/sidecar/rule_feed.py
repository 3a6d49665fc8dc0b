"""What happens to risk rules, handed to whoever follows it live: breaches, thresholds, ports that shut, changes.

    replica ── a rule's happening ──▶ RuleFeed ── events ──▶ RuleSubscription (bounded) ──▶ one follower
                exposures, now and then ──▶ only to who follows them

Happenings are rare, so they are kept whether anybody follows or not: who lost its connection goes on where it was. An
exposure is a state, of which only the latest is worth anything: followers get all at the beginning, then what changed.
A record may bring many happenings about, and a connection may break between two: each has its number in the record.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.risk.rule_diary import RuleHappening, RuleHappeningKind
from venue.calls import amount, moment
from venue.eqrc.history import MONEY, ConsumptionQuery, ConsumptionRow, consumption
from venue.sidecar.feed import EVENTS_KEPT, Subscription
from venue.sidecar.story import Event

if TYPE_CHECKING:
    from venue.sidecar.auth.identity import Identity
    from venue.sidecar.replica import Replica

EXPOSURE: Final = "exposure"
KINDS: Final = {kind: kind.name.lower() for kind in RuleHappeningKind}
"""What each happening is called."""
RULE_KINDS: Final = (*KINDS.values(), EXPOSURE)
"""What may be followed."""
EXPOSURE_SECONDS: Final = 0.25
"""Seconds from one look at the exposures to the next, while somebody follows them."""
DOLLARS: Final = frozenset({"MAXIMUM_NOTIONAL", "FAT_FINGER", "MARKET_IMPACT", "open", "executed", "notional"})
"""What figures are money of; all others are counts."""
Position = tuple[int, int]
"""How far a follower has come: a record, and which of its events was the last."""
ALL_OF_IT: Final = 2**63
"""The place behind the last event of a record, however many it has."""


def facts(happening: RuleHappening) -> dict[str, Any]:
    """Give a happening as an event tells it."""
    is_money = happening.rule_type == MONEY or happening.subject in DOLLARS
    figures = {"current": happening.current, "limit": happening.limit}
    told: dict[str, Any] = {
        "exchange": happening.exchange,
        "mpid": happening.mpid,
        "port": happening.port,
        "groupId": happening.group_id,
        "ruleId": happening.rule_id or None,
        "type": happening.rule_type or None,
        "subject": happening.subject,
        "time": moment(happening.moment),
    }
    if happening.revision is not None:
        change = {"revision": happening.revision.name, "user": happening.user}
        return told | change | {"oldValue": happening.old, "newValue": happening.new}
    for name, figure in figures.items():
        told[name] = amount(figure) if is_money and figure is not None else figure
    return told | {"symbol": happening.symbol or None, "user": happening.user or None}


class RuleSubscription(Subscription):
    """The events that wait for one follower, of what that may see."""

    def __init__(self, kinds: frozenset[str], identity: Identity) -> None:
        super().__init__(kinds, identity.mpids)
        self.identity = identity

    def wants(self, event: Event) -> bool:
        """Whether the follower asked for such events and may see this one."""
        return event.kind in self.kinds and self.identity.sees_port(event.mpid, event.data["port"])

    def key_of(self, event: Event) -> object:
        """Give what an event takes the place of: an exposure that of the same rule before."""
        return (EXPOSURE, event.data["ruleId"]) if event.kind == EXPOSURE else object()


def place_of(event: Event) -> Position:
    """Give the place of an event of a record."""
    return event.record, event.part


class RuleFeed:
    """Hands events to its subscribers."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        self.subscriptions: dict[RuleSubscription, None] = {}
        self.kept: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self.since: Position = (0, ALL_OF_IT)
        """The place behind which every event is kept."""
        self._task: asyncio.Task[None] | None = None
        self._exposures: dict[str, ConsumptionRow] = {}
        replica.begun.append(self.begin)
        if replica.applied:
            self.begin()

    def begin(self) -> None:
        """Listen to the machine that the replica has begun with: what it tells comes anew."""
        machine = self.replica.machine
        machine.engine.rules.diary.listeners.append(self.note)
        self.kept.clear()
        self.since = (machine.number, ALL_OF_IT)
        for subscription in self.subscriptions:
            subscription.reset(machine.number)

    def note(self, happening: RuleHappening) -> None:
        """Take what happened."""
        record, before = self.replica.machine.number, self.kept[-1] if self.kept else None
        part = before.part + 1 if before is not None and before.record == record else 1
        event = Event(record, KINDS[happening.kind], facts(happening), happening.mpid, part)
        if len(self.kept) == EVENTS_KEPT:
            self.since = place_of(self.kept[0])
        self.kept.append(event)
        self._hand_on(event)

    def _hand_on(self, event: Event) -> None:
        for subscription in self.subscriptions:
            if subscription.wants(event):
                subscription.put(event)

    def open(self, kinds: Collection[str], after: Position | None, identity: Identity) -> RuleSubscription:
        """Begin to follow: from now on, or with what is kept behind `after`. `leave` must follow."""
        subscription = RuleSubscription(frozenset(kinds), identity)
        if after is not None:
            if self.since <= after and after[0] <= self.replica.applied:
                for event in self.kept:
                    if place_of(event) > after and subscription.wants(event):
                        subscription.put(event)
            else:
                subscription.reset(self.replica.applied)
        self.subscriptions[subscription] = None
        if EXPOSURE in subscription.kinds:
            self._look_at_exposures()
            for row in self._exposures.values():
                event = self._exposure(row)
                if subscription.wants(event):
                    subscription.put(event)
            if self._task is None:
                self._task = asyncio.get_running_loop().create_task(self._watch())
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """End a subscription."""
        self.subscriptions = {one: None for one in self.subscriptions if one is not subscription}
        if self._task is not None and not any(EXPOSURE in one.kinds for one in self.subscriptions):
            self._task.cancel()
            self._task = None
            self._exposures = {}

    def close(self) -> None:
        """End every subscription."""
        for subscription in list(self.subscriptions):
            subscription.end()
            self.leave(subscription)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(EXPOSURE_SECONDS)
            for row in self._look_at_exposures():
                self._hand_on(self._exposure(row))

    def _look_at_exposures(self) -> list[ConsumptionRow]:
        """See what is used now; gives what changed since the last look."""
        engine = self.replica.machine.engine
        now = {row.rule_id: row for row in consumption(engine, ConsumptionQuery(), lambda _mpid, _port: True)}
        changed = [row for rule_id, row in now.items() if self._exposures.get(rule_id) != row]
        self._exposures = now
        return changed

    def _exposure(self, row: ConsumptionRow) -> Event:
        return Event(self.replica.applied, EXPOSURE, msgspec.to_builtins(row), row.mpid)
