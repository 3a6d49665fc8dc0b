"""All gross exposures of the venue: whose there are, and what follows of them: levels, breaches, cancels.

Where no rule asks for it nothing is counted. The first rule of an entity finds what is open in the orders that rest,
and what was executed in the trades of the day, so that it sees the morning too. The trades do not say of which group an
order was: what a group has executed counts from when it is registered. From then on every order and trade moves the
states that it belongs to, three at the most: its MPID's, its port's and its group's (`engine.risk.port_exposure`).

A breach refuses every order of the entity from the next on; the one that breached stands. Where a rule has it cancel,
open orders go in slices, each a record of its own, the first of which comes after what was read together.

Source: EQRC guide 3.1.17 to 3.1.19.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.api import CancelAction, CancelReason, Port, RuleEntry
from engine.mass_cancel import MassCancel
from engine.risk.exposure import (
    GROSS_EXPOSURE,
    STEPS,
    Amount,
    Crossing,
    Entity,
    ExposureState,
    Level,
    Threshold,
    entity_of,
    thresholds_of,
)
from engine.risk.port_exposure import PortExposure, booked_price
from engine.risk.rule_diary import RuleDiary, RuleHappening, RuleHappeningKind, Tally, TallyKey
from engine.routing import AWAY_PORT

if TYPE_CHECKING:
    from engine.band_cancel import BandCancel
    from engine.market import Market

ROUTED: Final = "ROUTED"
"""The exchange of what goes to the away market."""
KINDS: Final = {
    Level.WATCH: RuleHappeningKind.WATCH,
    Level.WARN: RuleHappeningKind.WARN,
    Level.ACTION: RuleHappeningKind.ACTION,
}
"""As what it is told that a threshold was passed."""
NOTHING: Final = Tally(0, 0, 0)
Levels = tuple[tuple[str, Amount, Level], ...]
"""The levels of a state's thresholds, by rule and amount, where they are not NONE."""


class Exposures:
    """All exposures of the venue, by entity; `diary` is told of every crossing of a threshold."""

    def __init__(
        self,
        ports: dict[str, Port],
        markets: dict[str, Market],
        mass_cancels: deque[MassCancel | BandCancel],
        diary: RuleDiary,
    ) -> None:
        self.ports = ports
        self.markets = markets
        self.mass_cancels = mass_cancels
        self.diary = diary
        self.states: dict[Entity, ExposureState] = {}

    # What rules say.

    def settle(self, rules: Iterable[RuleEntry], groups: dict[str, tuple[int, ...]], now: int) -> None:
        """Take all rules that hold, and the groups of each MPID; tell what comes of thresholds that are others."""
        wanted = self.arrange(rules, groups)
        for entity, thresholds in wanted.items():
            state = self.states[entity]
            if state.take(thresholds):
                self.look(state, now, None, raises=True)

    def arrange(
        self,
        rules: Iterable[RuleEntry],
        groups: dict[str, tuple[int, ...]],
        others: Iterable[Entity] = (),
        *,
        is_booked: bool = False,
    ) -> dict[Entity, tuple[Threshold, ...]]:
        """Have a state for each entity that a rule holds, and each group, and `others`; give their thresholds."""
        wanted: dict[Entity, tuple[Threshold, ...]] = dict.fromkeys(others, ())
        for mpid, group_ids in groups.items():
            wanted |= dict.fromkeys(self.groups_of(mpid, group_ids), ())
        for rule in rules:
            if rule.type == GROSS_EXPOSURE:
                entity = entity_of(rule)
                wanted[entity] = (*wanted.get(entity, ()), *thresholds_of(rule))
        for entity in [entity for entity in self.states if entity not in wanted]:
            del self.states[entity]
        added = [entity for entity in wanted if entity not in self.states]
        for entity in added:
            self.states[entity] = ExposureState(entity)
        self.join(self.ports.values(), is_booked=is_booked)
        self.count(added)
        return wanted

    def groups_of(self, mpid: str, group_ids: Iterable[int]) -> list[Entity]:
        """Give the groups of an MPID, on each exchange where it has a port."""
        exchanges: dict[str, None] = {}
        for port in self.ports.values():
            if port.mpid == mpid:
                exchanges |= dict.fromkeys(exchanges_of(port))
        return [Entity(exchange, mpid, None, group_id) for exchange in exchanges for group_id in group_ids]

    def regroup(self, mpid: str, group_ids: Iterable[int]) -> None:
        """Count the groups that an MPID has, from now on, and no others; those that a rule holds stay."""
        wanted = self.groups_of(mpid, group_ids)
        for entity, state in list(self.states.items()):
            is_group = entity.mpid == mpid and entity.group_id is not None
            if is_group and not state.thresholds and entity not in wanted:
                del self.states[entity]
        added = [entity for entity in wanted if entity not in self.states]
        for entity in added:
            self.states[entity] = ExposureState(entity)
        self.join([port for port in self.ports.values() if port.mpid == mpid])
        self.count(added)

    def change(self, entity: Entity, rules: Iterable[RuleEntry], now: int) -> None:
        """Take the rules of one entity, all of them, where they are other ones; without any only a group is counted.

        A rule without a threshold is counted for, too: to begin takes a look at each order and trade of the day.
        """
        held = list(rules)
        thresholds = tuple(threshold for rule in held for threshold in thresholds_of(rule))
        state = self.states.get(entity)
        if state is None:
            if not held:
                return
            state = self.states[entity] = ExposureState(entity)
            self.join(self.members(entity))
            self.count([entity])
        if state.take(thresholds):
            self.look(state, now, None, raises=True)
        if not held and entity.group_id is None:
            del self.states[entity]
            self.join(self.members(entity))

    def unbreach(self, entity: Entity, user: str, now: int) -> bool:
        """Lift the breach of an entity; tells whether there was one."""
        state = self.states.get(entity)
        if state is None or state.breach is None:
            return False
        for crossing in state.lift():
            self.tell(state, crossing, user, now)
        self.shut(state, -1)
        return True

    def next_day(self) -> None:
        """Begin a day, with what rests on; what was executed in the one before is kept as used."""
        self.diary.used |= self.used_today()
        for state in self.states.values():
            if state.breach is not None:
                self.shut(state, -1)
            state.next_day()

    def begin_day(self, now: int) -> None:
        """Hold what has rested on to the thresholds; by name, since after a start they lie in another order."""
        for _, state in self.sorted():
            self.look(state, now, None, raises=True)

    # What follows.

    def look(self, state: ExposureState, now: int, port: Port | None, *, raises: bool) -> None:
        """See at which levels an entity is now, by the order or trade of a port; begin or end a breach."""
        was_breached = state.breach is not None
        for crossing in state.look(raises=raises):
            self.tell(state, crossing, "", now)
            if crossing.entered is Level.ACTION:
                self.cancel(state.entity, crossing.threshold.cancel, port)
        if was_breached is not (state.breach is not None):
            self.shut(state, -1 if was_breached else 1)

    def tell(self, state: ExposureState, crossing: Crossing, user: str, now: int) -> None:
        """Tell each threshold that an amount went over, and that it is under the highest again; count a breach."""
        threshold, entity = crossing.threshold, state.entity
        subject, current = threshold.amount.name.lower(), state.amount(threshold.amount)
        told = [level for level in STEPS if crossing.left < level <= crossing.entered and threshold.is_set(level)]
        if Level.ACTION in told:
            self.diary.count(self.diary.breaches, self.key(entity, threshold.amount), current, now)
        kinds = [(KINDS[level], threshold.step(level)) for level in told]
        if crossing.left is Level.ACTION:
            kinds = [(RuleHappeningKind.UNLOCK, threshold.action)]
        for kind, limit in kinds:
            who = entity.exchange, entity.mpid, now, entity.port, entity.group_id
            self.diary.tell(
                RuleHappening(kind, *who, threshold.rule, GROSS_EXPOSURE, subject, current, limit, user=user)
            )

    def shut(self, state: ExposureState, change: int) -> None:
        """Let the ports of an entity know that it is breached, or is so no more."""
        for port in self.members(state.entity):
            if port.exposure is not None:
                port.exposure.shut += change

    def cancel(self, entity: Entity, action: CancelAction, breaching: Port | None) -> None:
        """End the open orders of an entity, in slices: all, or all but those that wait for a cross.

        Away nothing rests. The `breaching` port may have an order that comes to rest only now.
        """
        if action is CancelAction.NONE or entity.exchange == ROUTED:
            return
        spares = action is CancelAction.NON_CROSS
        for port in self.members(entity):
            if len(port.orders) or port is breaching:
                reason, group_id = CancelReason.SUPERVISORY, entity.group_id
                self.mass_cancels.append(MassCancel(port, "", None, group_id, b"", reason, (), spares))

    # Who counts for what.

    def members(self, entity: Entity) -> list[Port]:
        """Give the ports whose orders count for an entity."""
        named = self.ports.values() if entity.port is None else [self.ports[entity.port]]
        return [port for port in named if port.mpid == entity.mpid and entity.exchange in exchanges_of(port)]

    def join(self, ports: Iterable[Port], *, is_booked: bool = False) -> None:
        """Find anew what the orders of ports count towards; those that counted towards nothing are all booked.

        With `is_booked` they know already at which price they count.
        """
        by_firm: dict[tuple[str, str], list[ExposureState]] = {}
        for entity, state in self.states.items():
            if entity.group_id is not None:
                by_firm.setdefault((entity.exchange, entity.mpid), []).append(state)
        for port in ports:
            own = self.states_for(port, port.exchange, by_firm)
            away = self.states_for(port, ROUTED, by_firm) if port.entry.routing else ((), {})
            if not any((*own, *away)):
                port.exposure = None
                continue
            if port.exposure is None:
                port.exposure = PortExposure(self, port)
                for order in () if is_booked else port.orders.values():
                    order.counted_at = booked_price(order)
            exposure = port.exposure
            exposure.states, exposure.by_group = own
            exposure.routed, exposure.routed_by_group = away
            groups = [states[-1] for states in (*exposure.by_group.values(), *exposure.routed_by_group.values())]
            every = (*exposure.states, *exposure.routed, *groups)
            exposure.shut = sum(state.breach is not None for state in every)

    def states_for(
        self, port: Port, exchange: str, by_firm: dict[tuple[str, str], list[ExposureState]]
    ) -> tuple[tuple[ExposureState, ...], dict[int, tuple[ExposureState, ...]]]:
        """Give the states of a port's orders on an exchange, and of those that are of a group."""
        entities = (Entity(exchange, port.mpid), Entity(exchange, port.mpid, port.name))
        states = tuple(self.states[entity] for entity in entities if entity in self.states)
        groups = {}
        for state in by_firm.get((exchange, port.mpid), ()):
            assert state.entity.group_id is not None
            groups[state.entity.group_id] = (*states, state)
        return states, groups

    def count(self, entities: Iterable[Entity]) -> None:
        """Count what is open and what was executed today of entities that were not counted before."""
        executed: dict[tuple[str, int], Tally] | None = None
        resting: dict[str, dict[int, int]] = {}
        for entity in entities:
            state = self.states[entity]
            for port in self.members(entity):
                if port.exchange == entity.exchange:
                    if port.name not in resting:
                        resting[port.name] = open_of(port)
                    by_group = resting[port.name]
                    state.open += (
                        sum(by_group.values()) if entity.group_id is None else by_group.get(entity.group_id, 0)
                    )
            if entity.group_id is None:
                executed = self.executed_today() if executed is None else executed
                for port in self.members(entity):
                    trades, total, last = executed.get((entity.exchange, port.index), NOTHING)
                    state.executed += total
                    state.trades += trades
                    state.last = max(state.last, last)

    def executed_today(self) -> dict[tuple[str, int], Tally]:
        """Give what each port, by exchange and index, has executed today, what went away apart."""
        totals: dict[tuple[str, int], Tally] = {}
        for market in self.markets.values():
            exchange = market.key.upper()
            for incoming, resting, value, time in market.trades.parties():
                parties = [(ROUTED, incoming)] if resting == AWAY_PORT else [(exchange, incoming), (exchange, resting)]
                for party in parties:
                    times, total, _ = totals.get(party, NOTHING)
                    totals[party] = Tally(times + 1, total + value, time)
        return totals

    # What is read.

    def sorted(self) -> list[tuple[Entity, ExposureState]]:
        """Give all states, by entity."""
        return sorted(self.states.items(), key=lambda item: key_of(item[0]))

    def consumption(self) -> Iterator[Consumption]:
        """Give what each rule's entity uses now, by entity and rule: the figures of `GET /rules-api/consumption`.

        Only rules that hold today are among them. Amounts are ticks x shares; the level is the highest of the rule's.
        """
        for entity, state in self.sorted():
            rules: dict[str, Level] = {}
            for threshold in state.thresholds:
                rules[threshold.rule] = max(threshold.level, rules.get(threshold.rule, Level.NONE))
            for rule, level in rules.items():
                yield Consumption(rule, *entity, state.open, state.executed, state.notional, level)

    def used_today(self) -> dict[TallyKey, Tally]:
        """Give what each entity of a rule has executed today, as the diary keeps it of earlier days."""
        used = {}
        for entity, state in self.sorted():
            if state.trades and state.thresholds:
                used[self.key(entity, Amount.EXECUTED)] = Tally(state.trades, state.executed, state.last)
        return used

    def key(self, entity: Entity, amount: Amount) -> TallyKey:
        """Give under what an entity's amount is counted today."""
        group_id = -1 if entity.group_id is None else entity.group_id
        name, place = amount.name.lower(), (entity.exchange, entity.mpid, entity.port or "")
        return TallyKey(self.diary.date, GROSS_EXPOSURE, name, *place, group_id)

    def dump(self) -> list[tuple[Entity, Tally, Levels]]:
        """Give what cannot be found in orders: what each entity has executed, and the levels."""
        return [
            (
                entity,
                Tally(state.trades, state.executed, state.last),
                tuple(
                    (threshold.rule, threshold.amount, threshold.level)
                    for threshold in state.thresholds
                    if threshold.level is not Level.NONE
                ),
            )
            for entity, state in self.sorted()
        ]

    def load(
        self,
        rules: Iterable[RuleEntry],
        groups: dict[str, tuple[int, ...]],
        states: Iterable[tuple[Entity, Tally, Levels]],
    ) -> None:
        """Take what `dump` gave, with the rules and the orders that there are; nothing is told.

        An entity whose last rule was deleted today is still counted.
        """
        dumped = [(Entity(*entity), executed, levels) for entity, executed, levels in states]
        wanted = self.arrange(rules, groups, [entity for entity, _, _ in dumped], is_booked=True)
        for entity, thresholds in wanted.items():
            self.states[entity].take(thresholds)
        for entity, executed, levels in dumped:
            state = self.states[entity]
            state.trades, state.executed, state.last = executed
            known = {(rule, amount): level for rule, amount, level in levels}
            for threshold in state.thresholds:
                threshold.level = Level(known.get((threshold.rule, threshold.amount), Level.NONE))
            assert not state.look(raises=False)
        self.join(self.ports.values())


class Consumption(NamedTuple):
    """What the entity of a rule uses, in ticks x shares, and the highest level that it has reached."""

    rule_id: str
    exchange: str
    mpid: str
    port: str | None
    group_id: int | None
    open: int
    executed: int
    notional: int
    level: Level


def open_of(port: Port) -> dict[int, int]:
    """Give what is open in the orders of a port, by group: one look at each order, however many groups there are."""
    by_group: dict[int, int] = {}
    for order in port.orders.values():
        group_id = order.attributes.group_id
        by_group[group_id] = by_group.get(group_id, 0) + order.open * order.counted_at
    return by_group


def exchanges_of(port: Port) -> tuple[str, ...]:
    """Give the exchanges on which the orders of a port may count."""
    return (port.exchange, ROUTED) if port.entry.routing else (port.exchange,)


def key_of(entity: Entity) -> tuple[str, str, str, int]:
    """Give what entities are sorted by."""
    group_id = -1 if entity.group_id is None else entity.group_id
    return entity.exchange, entity.mpid, entity.port or "", group_id
