"""What operators' commands mean for gross exposures, and their part of snapshots: thresholds, breaches, days.

As in `engine.commands`: check first, then write.
"""

from __future__ import annotations

from engine.engine import Engine
from engine.instructions import CommandRefused
from engine.risk.exposure import GROSS_EXPOSURE, Amount, Entity, Level, entity_of
from engine.risk.rule_diary import Tally
from engine.rule_instructions import RuleEntry, Unbreach

ExposureDump = tuple[str, str, str | None, int | None, Tally, tuple[tuple[str, Amount, Level], ...]]
"""An entity, what it has executed in ticks x shares, and its levels."""


def settle_exposures(engine: Engine, now: int) -> None:
    """Count what the rules that hold now ask for, all of them."""
    engine.exposures.settle(engine.rule_book.by_id.values(), engine.rules.groups, now)


def change_exposure(engine: Engine, rule: RuleEntry, now: int) -> None:
    """Count what the rules of one entity ask for, where a rule of it came, changed or went."""
    if rule.type == GROSS_EXPOSURE:
        entity = entity_of(rule)
        by_port = engine.rule_book.by_firm.get((rule.exchange, rule.mpid), {})
        rules = by_port.get(rule.port or "", {}).values()
        mine = [other for other in rules if other.type == GROSS_EXPOSURE and entity_of(other) == entity]
        engine.exposures.change(entity, mine, now)


def unbreach(engine: Engine, command: Unbreach, now: int) -> None:
    """Lift the present breach of an entity, if there is one."""
    entity = Entity(command.exchange, command.mpid, command.port, command.group_id)
    state = engine.exposures.states.get(entity)
    if state is None or not state.thresholds:
        raise CommandRefused("type", f"no rule of type {GROSS_EXPOSURE} is for this entity today", missing=True)
    engine.exposures.unbreach(entity, command.user, now)


def dump_exposures(engine: Engine) -> tuple[ExposureDump, ...]:
    """Give what snapshots have to say of exposures beside the orders: what is open is found in those."""
    return tuple((*entity, executed, levels) for entity, executed, levels in engine.exposures.dump())


def load_exposures(engine: Engine, dumped: tuple[ExposureDump, ...]) -> None:
    """Take what `dump_exposures` gave; the rules and the orders must be there."""
    states = [(Entity(*row[:4]), row[4], row[5]) for row in dumped]
    engine.exposures.load(engine.rule_book.by_id.values(), engine.rules.groups, states)
