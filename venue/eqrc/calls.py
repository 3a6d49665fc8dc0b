"""What changes rules: made, changed, deleted, listed; the safety switch, and the end of a breach.

Each is a command, hence a record. What the engine refuses is told with the name of the field to blame, as it stands
over REST: 409 where the rule's own state is in the way, 422 where the call is wrong.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.instructions import CommandRefused
from engine.rule_instructions import (
    ChangeList,
    CreateRule,
    DeleteRule,
    RuleCommand,
    RuleEntry,
    RuleStatus,
    Unbreach,
    UpdateRule,
)
from venue.changes import Answer, Call
from venue.eqrc import views
from venue.eqrc.settings import to_engine
from venue.eqrc.terms import SYMBOLS_MAX, ListBody, RuleBody, RuleChange, RuleDeleted, UnbreachBody, Unbreached
from venue.eqrc.window import must_be_open
from venue.problem import Problem
from venue.route import OWNER

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.engine import Engine

OF_STATE: Final = ("id", "effective")
"""What a refusal blames where the state of the rule is in the way."""


def make_rule(call: Call) -> Answer:
    """Make a rule. It waits as CONFIGURED, and holds from the next trading day on."""
    must_be_open(call)
    body: RuleBody = call.body
    rule_type, symbols, settings = asked_for(call, body)
    rule_id = free_id(call, "rule")
    entity = body.exchange, body.mpid, body.port
    rule = RuleEntry(rule_id, rule_type, *entity, symbols, settings, body.group_id)
    return answer(call, rule_id, CreateRule(rule, user_of(call)))


def asked_for(call: Call, body: RuleBody) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """Give the type, symbols and settings of a new rule: as given, or as in the one that it is a copy of."""
    engine = call.venue.machine.engine
    rule_type, symbols = body.type, body.symbols
    settings = None if isinstance(body.settings, msgspec.UnsetType) else body.settings
    copied: dict[str, Any] = {}
    if body.copy_of is not None:
        model = views.find(engine, body.copy_of)
        if model is None:
            raise Problem(422, f"no such rule: {body.copy_of}", "copyOf")
        entry = views.entry_of(model)
        if rule_type not in (msgspec.UNSET, entry.type):
            raise Problem(422, f"rule {body.copy_of} is of type {entry.type}", "type")
        rule_type, copied = entry.type, dict(entry.settings)  # type: ignore[assignment]  # it was checked when it was made
        symbols = entry.symbols if isinstance(symbols, msgspec.UnsetType) else symbols
    if isinstance(rule_type, msgspec.UnsetType):
        raise Problem(422, "type is required", "type")
    given = {} if settings is None else to_engine(rule_type, settings)
    listed = () if isinstance(symbols, msgspec.UnsetType) else tuple(dict.fromkeys(symbols))
    must_be_few(len(listed), "copyOf")
    return rule_type, listed, {**copied, **given}


def change_rule(call: Call) -> Answer:
    """Change settings of a rule; those left out keep their value.

    An ACTIVE one changes at once, or where so asked from the next trading day on; a CONFIGURED one as it waits.
    """
    must_be_open(call)
    body: RuleChange = call.body
    rule_id = call.path["id"]
    rule = found(call.venue.machine.engine, rule_id)
    if isinstance(body.settings, msgspec.UnsetType) and isinstance(body.symbols, msgspec.UnsetType):
        raise Problem(422, "give settings or symbols", "settings")
    settings = {} if isinstance(body.settings, msgspec.UnsetType) else to_engine(rule.rule.type, body.settings)
    symbols = None if isinstance(body.symbols, msgspec.UnsetType) else body.symbols
    if symbols is not None:
        before = rule.rule.symbols if rule.pending_symbols is None else rule.pending_symbols
        must_be_few(max(len({*symbols} ^ {*listed}) for listed in (before, rule.rule.symbols)), "symbols")
    effective = call.query.effective
    next_day = effective == "next-day" or (effective is None and rule.status is RuleStatus.CONFIGURED)
    return answer(call, rule_id, UpdateRule(rule_id, settings, next_day, symbols, user_of(call)))


def must_be_few(count: int, field: str) -> None:
    """Raise `Problem` where more symbols come or go than one call may change, by a copy or in the place of others."""
    if count > SYMBOLS_MAX:
        what = f"{count:,} symbols would come or go, {SYMBOLS_MAX} are the most in one call: use the lists, in parts"
        raise Problem(422, what, field)


def delete_rule(call: Call) -> Answer:
    """Delete a rule: from the next trading day on, or where so asked now. A CONFIGURED one goes now."""
    must_be_open(call)
    rule_id = call.path["id"]
    rule = found(call.venue.machine.engine, rule_id)
    is_now = call.query.effective == "now" or rule.status is RuleStatus.CONFIGURED
    record = carry_out(call, DeleteRule(rule_id, not is_now, user_of(call)))
    return Answer(200, RuleDeleted(rule_id, "now" if is_now else "next-day"), record)


def changing_list(rule_type: str, *, adds: bool) -> Callable[[Call], Answer]:
    """Give the function that adds symbols to lists of a type, or takes them off."""
    function = partial(change_list, rule_type, adds)
    function.__doc__ = change_list.__doc__
    return function


def change_list(rule_type: str, adds: bool, call: Call) -> Answer:
    """Put symbols on a list, or take them off, from the next trading day on. The list is the rule of its entity."""
    must_be_open(call)
    body: ListBody = call.body
    symbols = tuple(dict.fromkeys(body.symbols))
    place = rule_type, body.exchange, body.mpid, body.port
    add, remove = (symbols, ()) if adds else ((), symbols)
    record = carry_out(call, ChangeList(*place, add, remove, free_id(call, "rule"), user_of(call)))
    rule = call.venue.machine.engine.rules.find_list(*place)
    assert rule is not None
    return Answer(200, views.list_view(rule), record)


def unbreach(call: Call) -> Answer:
    """Lift the present breach of an entity; the next order or trade above the threshold breaches again."""
    body: UnbreachBody = call.body
    entity = body.exchange, body.mpid, body.port, body.group_id
    record = carry_out(call, Unbreach(*entity, body.type, user_of(call)))
    return Answer(200, Unbreached(*entity, body.type), record)


def answer(call: Call, rule_id: str, command: RuleCommand) -> Answer:
    """Carry out a command about a rule, and give the rule as it now is."""
    record = carry_out(call, command)
    return Answer(200, views.view(call.venue.machine.engine.rules.states[rule_id]), record)


def carry_out(call: Call, command: RuleCommand) -> int:
    """Make a command of the call; gives its record's number."""
    refused: CommandRefused | None = call.venue.command(command)
    if refused is None:
        return call.venue.machine.number
    is_state = refused.field in OF_STATE
    status = 404 if refused.missing and refused.field in call.path else 409 if is_state else 422
    raise Problem(status, str(refused), refused.field)


def found(engine: Engine, rule_id: str) -> Any:
    """Give a rule that was made over REST; raises `Problem` where there is none of that id."""
    rule = engine.rules.states.get(rule_id)
    if rule is not None:
        return rule
    if rule_id in engine.rule_book.by_id:
        raise Problem(409, f"rule {rule_id} is of the configuration file, and is changed there", "id")
    raise missing(rule_id)


def missing(rule_id: str) -> Problem:
    """Give what is said of a rule that there is not."""
    return Problem(404, f"no such rule: {rule_id[:64]}", "id")


def free_id(call: Call, kind: str) -> str:
    """Give a new thing's id: that of the record that makes it, which no other one is."""
    engine, number = call.venue.machine.engine, call.venue.machine.number + 1
    rule_id = f"{kind}-{number}"
    while views.find(engine, rule_id) is not None:  # a configuration may call its rules so
        rule_id += "-1"
    return rule_id


def user_of(call: Call) -> str:
    """Give who asks, as the audit names him."""
    return call.actor or OWNER
