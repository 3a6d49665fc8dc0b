"""Dialogs of the rules page that make, change and delete rules.

A form goes back to its person with what is wrong beside the field, as the call itself refused it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from engine.rule_instructions import RuleState
from venue.eqrc import views
from venue.eqrc.settings import to_rest
from venue.problem import Problem
from venue.roles import RULES_WRITE
from venue.sidecar.portal.eqrc_forms import faults_of, groups_of, settings_of, texts_of, words_of
from venue.sidecar.portal.eqrc_terms import (
    ACTIONS,
    TABS,
    TYPE_NAMES,
    fields_of,
    needs_symbols,
    takes_group,
    takes_symbols,
    takes_whole,
)
from venue.sidecar.portal.eqrc_view import known_to
from venue.sidecar.portal.visit import Visit, new_key

if TYPE_CHECKING:
    from engine.engine import Engine

RULES: Final = "/rules-api/rules"
RULE: Final = "/rules-api/rules/{id}"
ENTITY: Final = ("exchange", "mpid", "port", "groupId")
NEXT_DAY: Final = {"effective": "next-day"}
NOW: Final = {"effective": "now"}
OFF: Final = "off"
MARK_CHARACTERS: Final = 16
CHANGED: Final = "It has changed in between. What stands here is what it says now: delete it only if that shall go."
REPLACES: Final = "It has changed in between. What stands here would replace all of that: close it to look at it first."


def engine_of(visit: Visit) -> Engine:
    """Give the engine that the replica shows."""
    return visit.sidecar.replica.machine.engine


def rule_of(visit: Visit, rule_id: str) -> Any:
    """Give a rule that its visitor sees; raises `Problem` 404 for any other."""
    rule = views.find(engine_of(visit), rule_id)
    if rule is not None and visit.identity.sees_port(views.entry_of(rule).mpid, views.entry_of(rule).port):
        return rule
    raise Problem(404, f"no such rule: {rule_id[:64]}", "rule")


def writable(visit: Visit, rule_id: str) -> RuleState:
    """Give a rule that may be changed here; raises `Problem`."""
    visit.require(RULES_WRITE)
    rule = rule_of(visit, rule_id)
    if not isinstance(rule, RuleState):
        raise Problem(409, f"rule {rule_id} is of the configuration file, and is changed there")
    return rule


def type_asked(text: str) -> str:
    """Give a kind of rule that a form names; raises `Problem`."""
    if text not in TYPE_NAMES:
        raise Problem(404, f"there is no kind of rule called {text[:40]}", "type")
    return text


def form_of(
    visit: Visit, rule_type: str, values: Mapping[str, str], faults: Mapping[str, str], **more: Any
) -> web.Response:
    """Show a form, with what its fields have and what is wrong with them."""
    known = known_to(engine_of(visit), visit.identity)
    settings: dict[str, Any] = {
        "rule_id": "",
        "copied": "",
        "changed": "",
        "is_active": False,
        "waiting": [],
        "place": "",
    }
    return visit.show(
        "eqrc_form.html",
        rule_type=rule_type,
        name=TYPE_NAMES[rule_type],
        groups=groups_of(rule_type),
        texts=values,
        faults=faults,
        known=known,
        actions=ACTIONS,
        takes_symbols=needs_symbols(rule_type) if more.get("rule_id") else takes_symbols(rule_type),
        needs_symbols=needs_symbols(rule_type),
        takes_group=takes_group(rule_type),
        has_numbers=any(field.kind not in {"switch", "allowed", "words", "choice"} for field in fields_of(rule_type)),
        takes_whole=takes_whole(rule_type) and visit.identity.ports is None,
        key=new_key(),
        **(settings | more),
    )


# New, and copies.


async def ask_new(visit: Visit) -> web.StreamResponse:
    """Ask for a new rule: which kind, where a tab has several; or for a copy of one, with all that it says."""
    visit.require(RULES_WRITE)
    copied = visit.query.get("copy", "")
    entity = {name: visit.query.get(name, "") for name in ENTITY}
    if copied:
        entry = views.entry_of(rule_of(visit, copied))
        entity = dict(
            zip(ENTITY, (entry.exchange, entry.mpid, entry.port or "", str(entry.group_id or "")), strict=True)
        )
        texts = texts_of(entry.type, to_rest(entry.type, entry.settings)) | {"symbols": " ".join(entry.symbols)}
        return form_of(visit, entry.type, entity | texts, {}, copied=copied)
    tab = TABS.get(visit.query.get("tab", ""))
    types = (type_asked(visit.query.get("type", "")),) if tab is None else tab.types
    if len(types) != 1:
        return visit.show("eqrc_kind.html", types={one: TYPE_NAMES[one] for one in types}, entity=entity)
    blank = {field.name: "1" for field in fields_of(types[0]) if field.name in {"enabled", "includeIso"}}
    blank |= {field.name: "1" for field in fields_of(types[0]) if field.kind == "allowed" or "Window" in field.name}
    return form_of(visit, types[0], blank | entity, {})


async def make(visit: Visit) -> web.StreamResponse:
    """Make a rule, for the next trading day."""
    form = await visit.form()
    rule_type = type_asked(form.get("type", ""))
    group = form.get("groupId", "").strip()
    body: dict[str, Any] = {
        "type": rule_type,
        "exchange": form.get("exchange", ""),
        "mpid": form.get("mpid", ""),
        "port": form.get("port") or None,
        "settings": settings_of(rule_type, form, is_new=True),
    }
    if takes_group(rule_type) and group:
        body["groupId"] = int(group) if group.isascii() and group.isdigit() and len(group) < 6 else group
    if takes_symbols(rule_type):
        body["symbols"] = words_of(form.get("symbols", ""))
    try:
        reply = await visit.call("POST", RULES, body=body, key=form.get("key", ""))
    except Problem as problem:
        return form_of(visit, rule_type, form, faults_of(problem, names_in(rule_type)), copied=form.get("copied", ""))
    rule_id = reply.body["id"] if isinstance(reply.body, dict) else reply.body.id
    return visit.done(f"{TYPE_NAMES[rule_type]}, {rule_id}: configured. It holds from the next trading day on.")


def names_in(rule_type: str) -> set[str]:
    """Give the names of a form's fields."""
    return {field.name for field in fields_of(rule_type)} | {*ENTITY, "symbols"}


# Changes.


async def ask_edit(visit: Visit) -> web.StreamResponse:
    """Ask what changes of a rule."""
    rule = writable(visit, visit.query.get("rule", ""))
    return edit_form(visit, rule, None, {})


def texts_today(rule: RuleState) -> dict[str, str]:
    """Give what the fields of a rule say today."""
    entry = rule.rule
    return texts_of(entry.type, to_rest(entry.type, entry.settings)) | {"symbols": " ".join(entry.symbols)}


def texts_waiting(rule: RuleState) -> dict[str, str]:
    """Give the fields that say something else from the next trading day on, and what."""
    entry, today = rule.rule, texts_today(rule)
    then = texts_of(entry.type, to_rest(entry.type, {**entry.settings, **rule.pending}))
    then["symbols"] = today["symbols"] if rule.pending_symbols is None else " ".join(rule.pending_symbols)
    return {name: text for name, text in then.items() if text != today[name]}


def said(rule_type: str, texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Give some fields of a rule by their names on its form, with what they say in words."""
    fields = {field.name: field for field in fields_of(rule_type)}
    pairs = []
    for name, text in texts.items():
        field = fields.get(name)
        words = text if field is None or field.kind not in {"switch", "allowed"} else text and "on"
        pairs.append(("Symbols" if field is None else f"{field.group} {field.label}".strip(), words or OFF))
    return pairs


def mark_of(rule: RuleState) -> str:
    """Give what another state of a rule has another of: while the venue's clock stands, a change has no later time."""
    return hashlib.sha256(msgspec.msgpack.encode(rule)).hexdigest()[:MARK_CHARACTERS]


def edit_form(
    visit: Visit, rule: RuleState, values: Mapping[str, str] | None, faults: Mapping[str, str]
) -> web.StreamResponse:
    """Show the form of a rule, with what it says or what was typed."""
    entry, view = rule.rule, views.view(rule)
    if values is None:
        values = texts_today(rule)
    return form_of(
        visit,
        entry.type,
        values,
        faults,
        rule_id=entry.rule_id,
        changed=mark_of(rule),
        is_active=view.status == "ACTIVE",
        waiting=said(entry.type, texts_waiting(rule)),
        place=", ".join(text for text in (entry.exchange, entry.mpid, entry.port) if text)
        + ("" if entry.group_id is None else f", group {entry.group_id}"),
    )


async def edit(visit: Visit) -> web.StreamResponse:
    """Change a rule: now, or from the next trading day on."""
    form = await visit.form()
    rule = writable(visit, form.get("rule", ""))
    rule_type = rule.rule.type
    if form.get("changed") != mark_of(rule):
        return edit_form(visit, rule, form, {"": REPLACES})
    is_next_day = form.get("nextDay") == "1" or views.status_of(rule) == "CONFIGURED"
    present, waiting = texts_today(rule), texts_waiting(rule)
    if is_next_day:  # to say what is so today is a change of what waits
        present = {name: text for name, text in present.items() if name not in waiting}
    body: dict[str, Any] = {"settings": settings_of(rule_type, form, is_new=False, present=present)}
    symbols = words_of(form.get("symbols", ""))
    if needs_symbols(rule_type) and " ".join(symbols) != present.get("symbols"):
        body["symbols"] = symbols
    if not body["settings"] and "symbols" not in body:
        return edit_form(visit, rule, form, {"": "That is what it says."})
    values, query = {"id": rule.rule.rule_id}, NEXT_DAY if is_next_day else NOW
    try:
        await visit.call("PUT", RULE, values, query=query, body=body, key=form.get("key", ""))
    except Problem as problem:
        return edit_form(visit, rule, form, faults_of(problem, names_in(rule_type)))
    when = "from the next trading day on" if is_next_day else "now"
    return visit.done(f"{TYPE_NAMES[rule_type]}, {rule.rule.rule_id}: changed, {when}.")


async def ask_delete(visit: Visit) -> web.StreamResponse:
    """Ask whether a rule goes, and when."""
    return delete_form(visit, writable(visit, visit.query.get("rule", "")), "")


def delete_form(visit: Visit, rule: RuleState, trouble: str) -> web.StreamResponse:
    """Show what goes with a rule as it is now, and what is wrong with deleting it."""
    entry = rule.rule
    return visit.show(
        "eqrc_delete.html",
        rule=views.view(rule),
        name=TYPE_NAMES[entry.type],
        mark=mark_of(rule),
        says=[pair for pair in said(entry.type, texts_today(rule)) if pair[1] != OFF],
        waiting=said(entry.type, texts_waiting(rule)),
        trouble=trouble,
        key=new_key(),
    )


async def delete(visit: Visit) -> web.StreamResponse:
    """Delete a rule: now, or from the next trading day on."""
    form = await visit.form()
    rule = writable(visit, form.get("rule", ""))
    if form.get("changed") != mark_of(rule):
        return delete_form(visit, rule, CHANGED)
    query = NEXT_DAY if form.get("when") == "next-day" else NOW
    await visit.call("DELETE", RULE, {"id": rule.rule.rule_id}, query=query, key=form.get("key", ""))
    gone = "it ends with the trading day" if query is NEXT_DAY else "deleted"
    return visit.done(f"{TYPE_NAMES[rule.rule.type]}, {rule.rule.rule_id}: {gone}.")
