"""The rules made over REST as plain data, and back: their part of snapshots and of the state hash."""

from __future__ import annotations

import msgspec

from engine.engine import Engine
from engine.exposure_commands import ExposureDump, dump_exposures
from engine.risk.rule_diary import Tally, TallyKey
from engine.rule_instructions import RuleState

TRAIL = "rules of "
"""What stands before an MPID where its rows stand among the trades of markets."""


class RulesState(msgspec.Struct, array_like=True, frozen=True):
    """The rules in the order in which they were made, the groups, what identifies the trails, and the tallies."""

    rules: tuple[RuleState, ...] = ()
    groups: dict[str, tuple[int, ...]] = {}
    trails: dict[str, tuple[int, bytes]] = {}
    breaches: tuple[tuple[TallyKey, Tally], ...] = ()
    used: tuple[tuple[TallyKey, Tally], ...] = ()
    exposures: tuple[ExposureDump, ...] = ()


def dump_rules(engine: Engine) -> RulesState:
    """Give the state of the rules."""
    rules, diary = engine.rules, engine.rules.diary
    return RulesState(
        tuple(rules.states.values()),
        dict(sorted(rules.groups.items())),
        diary.digests(),
        tuple(sorted(diary.breaches.items())),
        tuple(sorted(diary.used.items())),
        dump_exposures(engine),
    )


def load_rules(engine: Engine, state: RulesState) -> None:
    """Bring a new engine's rules to a state; the rule book is made after this."""
    rules = engine.rules
    rules.states = {rule.rule.rule_id: rule for rule in state.rules}
    rules.groups = dict(state.groups)
    rules.diary.load_tallies(dict(state.breaches), dict(state.used), engine.date)


def dump_trails(engine: Engine) -> dict[str, bytes]:
    """Give the trails, under the names of their MPIDs behind `TRAIL`."""
    return {TRAIL + mpid: rows for mpid, rows in engine.rules.diary.dump().items()}


def load_trails(engine: Engine, rows: dict[str, bytes]) -> None:
    """Take what `dump_trails` gave, from among other rows."""
    engine.rules.diary.load({key.removeprefix(TRAIL): data for key, data in rows.items() if key.startswith(TRAIL)})
