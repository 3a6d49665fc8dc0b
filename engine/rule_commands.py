"""What is asked of the engine about the US Equities Risk Checks: rules, lists and groups.

As in `engine.commands`, each either changes the state as a whole or raises `CommandRefused` and changes nothing: check
first, then write. A rule that changes is put into the rule book at once, and only what it is about is folded anew.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from engine.engine import Engine
from engine.exposure_commands import change_exposure, unbreach
from engine.instructions import CommandRefused
from engine.port import PRM, Port
from engine.risk.rule_book import ROUTED
from engine.risk.rule_diary import RevisionType
from engine.risk.rule_terms import DEFAULTS, Fault, entity_fault, fault
from engine.risk.rules import DELETED, NEXT_DAY, merged, next_entry
from engine.rule_instructions import (
    LIST_TYPES,
    ChangeList,
    CreateRule,
    DeleteRule,
    RegisterGroups,
    RuleCommand,
    RuleEntry,
    RuleSettings,
    RuleState,
    RuleStatus,
    SafetySwitch,
    Unbreach,
    UpdateRule,
)
from engine.safety_switch import switch, unshut

OF_THE_FILE: Final = "config-"
"""How the rules of the configuration file are called that have no id of their own."""
HIGHEST_GROUP: Final = 0x7FFF
"""A group id is a positive short integer."""


def handle_rules(engine: Engine, command: RuleCommand, now: int) -> None:
    """Carry out a command about rules at venue time `now`; raises `CommandRefused` where it cannot be done."""
    match command:
        case CreateRule():
            create_rule(engine, command, now)
        case UpdateRule():
            update_rule(engine, command, now)
        case DeleteRule():
            delete_rule(engine, command, now)
        case ChangeList():
            change_list(engine, command, now)
        case RegisterGroups():
            register_groups(engine, command)
            engine.exposures.regroup(command.mpid, engine.rules.groups[command.mpid])
        case Unbreach(rule_type="gross-exposure"):
            unbreach(engine, command, now)
        case Unbreach(rule_type="order-rate"):
            unshut(engine, command, now)
        case Unbreach():
            raise CommandRefused("type", "there is a breach to lift of gross-exposure and order-rate only")
        case SafetySwitch():
            switch(engine, command, now)


# Rules.


def create_rule(engine: Engine, command: CreateRule, now: int) -> None:
    """Make a rule, which begins with the next trading day."""
    rules, asked = engine.rules, command.rule
    rule = structs.replace(asked, settings=merged(DEFAULTS.get(asked.type, {}), asked.settings))
    known = rules.states.get(rule.rule_id)
    if known is not None and known.rule == rule and known.created_by == command.user:
        return  # asked for again: it is as asked
    if rule.rule_id.startswith(OF_THE_FILE):
        raise CommandRefused("id", f"ids that begin with {OF_THE_FILE} are of the configuration file")
    if not rule.rule_id or known is not None or rule.rule_id in engine.rule_book.by_id:
        raise CommandRefused("id", f"there is a rule {rule.rule_id or 'without an id'} already")
    must_be_sound(entity_fault(rule))
    must_be_an_entity(engine, rule)
    must_be_symbols(engine, rule.symbols)
    must_be_sound(fault(rule.type, rule.settings))
    rules.states[rule.rule_id] = RuleState(rule, RuleStatus.CONFIGURED, now, now, command.user, command.user)
    rules.tell(rule, RevisionType.CREATE, "status", ("", RuleStatus.CONFIGURED.name), command.user, now)
    rules.tell_changes(None, rule, RevisionType.CREATE, command.user, now)


def update_rule(engine: Engine, command: UpdateRule, now: int) -> None:
    """Change a rule: one that waits as it waits, one that holds at once or from the next trading day on."""
    state = find_rule(engine, command.rule_id)
    before = state.rule
    if state.ending:
        raise CommandRefused("id", f"rule {before.rule_id} is deleted from the next trading day on")
    if command.symbols is not None:
        if before.type not in LIST_TYPES:
            raise CommandRefused("symbols", f"a rule of type {before.type} has no list of symbols")
        must_be_symbols(engine, command.symbols, before.symbols)
    symbols = before.symbols if command.symbols is None else tuple(dict.fromkeys(command.symbols))
    after = structs.replace(before, symbols=symbols, settings=merged(before.settings, command.settings))
    waits = state.status is RuleStatus.CONFIGURED
    if waits and not command.next_day:
        raise CommandRefused("effective", f"rule {before.rule_id} is CONFIGURED: it changes from the next day on")
    must_be_sound(fault(before.type, {**after.settings, **command.settings}))
    if waits or not command.next_day:
        kept: RuleSettings = {name: value for name, value in state.pending.items() if name not in command.settings}
        waiting = state.pending_symbols if command.symbols is None else None
        must_be_sound(fault(before.type, merged(after.settings, kept)))
        changed = structs.replace(state, rule=after, pending=kept, pending_symbols=waiting)
        _put(engine, changed, command.user, now)
        engine.rules.tell_changes(before, after, RevisionType.UPDATE, command.user, now)
        was, will_be = next_entry(structs.replace(state, rule=after)), next_entry(changed)
        engine.rules.tell_changes(was, will_be, RevisionType.UPDATE, command.user, now, NEXT_DAY)  # what this gives up
        return
    pending = {**state.pending, **command.settings}
    must_be_sound(fault(before.type, merged(before.settings, pending)))
    waiting = state.pending_symbols if command.symbols is None else symbols
    changed = structs.replace(state, pending=pending, pending_symbols=waiting)
    _put(engine, changed, command.user, now)
    was, will_be = next_entry(state), next_entry(changed)
    engine.rules.tell_changes(was, will_be, RevisionType.UPDATE, command.user, now, NEXT_DAY)


def delete_rule(engine: Engine, command: DeleteRule, now: int) -> None:
    """Delete a rule now, or one that holds from the next trading day on."""
    state = find_rule(engine, command.rule_id)
    rule = state.rule
    if command.next_day and state.status is RuleStatus.ACTIVE:
        if not state.ending:
            _put(engine, structs.replace(state, ending=True), command.user, now)
            change = state.status.name, DELETED
            engine.rules.tell(rule, RevisionType.DELETE, "status", change, command.user, now, NEXT_DAY)
        return
    del engine.rules.states[rule.rule_id]
    if state.status is RuleStatus.ACTIVE:
        take_out_rule(engine, rule)
        change_exposure(engine, rule, now)
    engine.rules.tell(rule, RevisionType.DELETE, "status", (state.status.name, DELETED), command.user, now)


def change_list(engine: Engine, command: ChangeList, now: int) -> None:
    """Put symbols on a list and take others off, from the next trading day on.

    What is taken off is so from every list of the entity: there may be several.
    """
    if command.rule_type not in LIST_TYPES:
        raise CommandRefused("type", f"there are lists of {' and '.join(sorted(LIST_TYPES))}")
    if not command.add and not command.remove:
        raise CommandRefused("symbols", "name at least one")
    place = command.rule_type, command.exchange, command.mpid, command.port
    lists = engine.rules.find_lists(*place)
    if not lists:
        if not command.add:
            must_be_an_entity(engine, RuleEntry("", *place, (), {}))
            raise CommandRefused("symbols", "there is no such list", missing=True)
        symbols = tuple(dict.fromkeys(command.add))
        create_rule(engine, CreateRule(RuleEntry(command.rule_id, *place, symbols, {}), command.user), now)
        return
    must_be_symbols(engine, command.add, listed_next(lists[0]))
    for state in lists:
        relist(engine, state, command.add if state is lists[0] else (), frozenset(command.remove), command.user, now)


def listed_next(state: RuleState) -> tuple[str, ...]:
    """Give the symbols of a list on the next trading day."""
    return state.rule.symbols if state.pending_symbols is None else state.pending_symbols


def relist(engine: Engine, state: RuleState, add: tuple[str, ...], remove: frozenset[str], user: str, now: int) -> None:
    """Let a list have other symbols from the next trading day on; there may be thousands that stay."""
    before = listed_next(state)
    after = tuple(symbol for symbol in dict.fromkeys([*before, *add]) if symbol not in remove)
    if after == before:
        return
    gone = tuple(symbol for symbol in before if symbol in remove)
    come = after[len(before) - len(gone) :]
    was, will_be = (structs.replace(state.rule, symbols=symbols) for symbols in (gone, come))
    if state.status is RuleStatus.CONFIGURED:
        _put(engine, structs.replace(state, rule=structs.replace(state.rule, symbols=after)), user, now)
        engine.rules.tell_changes(was, will_be, RevisionType.UPDATE, user, now)
    else:
        _put(engine, structs.replace(state, pending_symbols=after), user, now)
        engine.rules.tell_changes(was, will_be, RevisionType.UPDATE, user, now, NEXT_DAY)


def _put(engine: Engine, state: RuleState, user: str, now: int) -> None:
    """Keep what a rule is now; one that holds is put in force."""
    before = engine.rules.states[state.rule.rule_id]
    engine.rules.states[state.rule.rule_id] = structs.replace(state, changed=now, changed_by=user)
    if state.status is RuleStatus.ACTIVE and state.rule != before.rule:
        put_rule(engine, state.rule, before.rule)
        change_exposure(engine, state.rule, now)


def put_rule(engine: Engine, rule: RuleEntry, before: RuleEntry) -> None:
    """Put a rule in force that was another `before`; only the scopes that it is about are folded anew."""
    engine.rule_book.put(rule)
    _touch(engine, rule, {*rule.symbols, *before.symbols})


def take_out_rule(engine: Engine, rule: RuleEntry) -> None:
    """Let a rule hold no longer."""
    engine.rule_book.take_out(rule)
    _touch(engine, rule, {*rule.symbols})


def _touch(engine: Engine, rule: RuleEntry, symbols: set[str]) -> None:
    port = None if rule.port is None else engine.ports.get(rule.port)
    engine.rule_book.let_stale(engine.ports.values() if port is None else (port,), rule, sorted(symbols))
    if rule.type == "order-rate" and port is not None:
        set_windows(engine, port)


def set_windows(engine: Engine, port: Port) -> None:
    """Give a port the windows of its rate rules; they go on with what was counted."""
    counted = dict(port.windows)
    longest = max(counted.values(), key=lambda window: window.span, default=None)
    rule_book = engine.rule_book
    port.windows = engine.prm.order_windows(port) if port.rule_book == PRM else rule_book.message_windows(port)
    for rule, window in port.windows:
        before = counted.get(rule, longest)
        if before is not None:
            window.resume(before.inside())
    flows = {flow.rule: flow.inside() for flow in port.flows}
    port.flows = () if port.rule_book == PRM else rule_book.order_flows(port)
    for flow in port.flows:
        if flow.rule in flows:
            flow.resume(flows[flow.rule])
    port.settle()


def register_groups(engine: Engine, command: RegisterGroups) -> None:
    """Say which group ids an MPID has; one that a rule names stays."""
    must_be_a_firm(engine, command.mpid)
    for place, group_id in enumerate(command.group_ids):
        if not 0 < group_id <= HIGHEST_GROUP:
            raise CommandRefused(f"groupIds[{place}]", f"a group id is from 1 to {HIGHEST_GROUP:,}, not {group_id}")
    for state in engine.rules.states.values():
        rule = state.rule
        if rule.mpid == command.mpid and rule.group_id is not None and rule.group_id not in command.group_ids:
            raise CommandRefused("groupIds", f"rule {rule.rule_id} is for group {rule.group_id}: delete it first")
    engine.rules.groups[command.mpid] = tuple(sorted(set(command.group_ids)))


# What is there.


def find_rule(engine: Engine, rule_id: str) -> RuleState:
    """Give a rule; raises `CommandRefused` where there is none of that id, or it is of the configuration file."""
    state = engine.rules.states.get(rule_id)
    if state is not None:
        return state
    if rule_id in engine.rule_book.by_id:
        raise CommandRefused("id", f"rule {rule_id} is of the configuration file, and is changed there")
    raise CommandRefused("id", f"no such rule: {rule_id}", missing=True)


def must_be_sound(found: Fault | None) -> None:
    """Raise `CommandRefused` for a fault."""
    if found is not None:
        raise CommandRefused(found.field, found.message)


def must_be_an_entity(engine: Engine, rule: RuleEntry) -> None:
    """Raise `CommandRefused` where a rule is for an exchange, MPID, port or group that there is not."""
    must_be_an_exchange(engine, rule.exchange, is_routed=True)
    must_be_a_firm(engine, rule.mpid)
    if rule.exchange == ROUTED and rule.type == "order-rate":
        raise CommandRefused("exchange", "messages are counted where they come in: name an exchange")
    if rule.port is not None:
        port = engine.ports.get(rule.port)
        if port is None or port.mpid != rule.mpid or port.withdrawn:
            raise CommandRefused("port", f"{rule.mpid} has no port {rule.port}", missing=True)
        if port.entry.drop is not None:
            raise CommandRefused("port", f"{rule.port} is a Drop port, which enters no orders")
        if rule.exchange not in (ROUTED, port.exchange):
            raise CommandRefused("port", f"{rule.port} is at {port.exchange}")
    if rule.group_id is not None and rule.group_id not in engine.rules.groups.get(rule.mpid, ()):
        raise CommandRefused("groupId", f"{rule.mpid} has not registered a group {rule.group_id}")


def must_be_an_exchange(engine: Engine, name: str, *, is_routed: bool = False) -> None:
    """Raise `CommandRefused` where no market of US equities is called so."""
    known = [key.upper() for key, market in engine.markets.items() if market.rule_book != PRM]
    known += [ROUTED] if is_routed else []
    if name not in known:
        raise CommandRefused("exchange", f"no such exchange: {name}; there are {', '.join(known)}")


def must_be_a_firm(engine: Engine, mpid: str) -> None:
    """Raise `CommandRefused` where an MPID has no port in any market of US equities."""
    if not any(port.mpid == mpid and port.rule_book != PRM for port in engine.ports.values()):
        raise CommandRefused("mpid", f"no such MPID: {mpid}", missing=True)


def must_be_symbols(engine: Engine, symbols: tuple[str, ...], known: tuple[str, ...] = ()) -> None:
    """Raise `CommandRefused` where a symbol is not one of US equities; one that is `known` may have been."""
    for place, symbol in enumerate(symbols):
        security = engine.securities.get(symbol)
        if (security is None or security.entry is not None) and symbol not in known:
            raise CommandRefused(f"symbols[{place}]", f"no such symbol: {symbol}")
