"""The Post-Trade Risk page: what a clearing firm, a correspondent or a counterparty may see of each relation, and do.

A clearing firm sets limits, decides about held trades and kills; a correspondent says which counterparties may look; a
counterparty looks. Each change is a call of `/ptr-api` under the person's own name, after a second step that shows what
was and what will be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from venue.clearing_settings import HIGHEST_LIMIT
from venue.problem import Problem
from venue.ptr import export, views
from venue.sidecar.auth.identity import Identity
from venue.sidecar.portal.page import Look, Page, Region, Route
from venue.sidecar.portal.prm_view import value_of_limit
from venue.sidecar.portal.ptr_view import (
    HELP,
    KILL,
    KIND_LEVELS,
    LEVEL_WORDS,
    LIMITS,
    PERCENT,
    SETTING_TYPES,
    TYPE_NAMES,
    USER_TYPES,
    row_of,
    shown,
)
from venue.sidecar.portal.visit import Visit, attached, new_key, refusal
from venue.sidecar.rest.user_types import CLEARING, CORRESPONDENT, Caller, UserType

if TYPE_CHECKING:
    from engine.clearing_relation import Relation
    from venue.sidecar.context import Sidecar

ROLES = frozenset(one.role for one in USER_TYPES.values())
DECISIONS = {"allow": "Allow", "inhibit": "Inhibit"}


def types_of(identity: Identity) -> list[UserType]:
    """Give the user types that somebody has."""
    return [one for one in USER_TYPES.values() if identity.may((one.role,))]


def caller_of(sidecar: Sidecar, identity: Identity, key: str) -> Caller:
    """Give somebody as a user type; raises `Problem` 403 for a type that is not theirs."""
    user_type = USER_TYPES.get(key)
    if user_type is None or not identity.may((user_type.role,)):
        raise Problem(403, f"{identity.subject} is no {TYPE_NAMES.get(key, key[:40]).lower()}")
    return Caller(sidecar, identity, user_type)


async def relations_content(sidecar: Sidecar, look: Look) -> Mapping[str, Any]:
    """Give the list of all relations: arguments are the user type and the chosen correspondent."""
    if len(look.arguments) != 2:
        raise Problem(404, "relations are named with a user type", "part")
    key, chosen = look.arguments
    caller = caller_of(sidecar, look.identity, key)
    return {"rows": list(map(row_of, caller.relations())), "chosen": chosen, "user_type": key, "words": LEVEL_WORDS}


async def relation_content(sidecar: Sidecar, look: Look) -> Mapping[str, Any]:
    """Give a relation's state: arguments are the user type and the correspondent."""
    if len(look.arguments) != 2:
        raise Problem(404, "a relation is named with a user type", "part")
    key, correspondent = look.arguments
    caller = caller_of(sidecar, look.identity, key)
    relation = caller.relation(correspondent)
    acts = sidecar.config.ptr.ext
    return {
        "one": shown(caller, caller.house.clearing, relation, acts=acts),
        "user_type": key,
        "sets": caller.user_type is CLEARING,
        "acts": acts and caller.user_type is CLEARING,
        "words": LEVEL_WORDS,
        "kinds": KIND_LEVELS,
        "names": LIMITS,
        "help": HELP,
        "percent": PERCENT,
        "kill": KILL,
    }


async def show(visit: Visit) -> web.StreamResponse:
    """Show the page: as the user type and with the correspondent that the query names, or the first."""
    known = types_of(visit.identity)
    key = visit.query.get("type", known[0].key)
    caller = caller_of(visit.sidecar, visit.identity, key)
    if visit.sidecar.clearing is None:
        return visit.show("ptr_none.html", says="Nobody clears for anybody here: the configuration has no relations.")
    relations = caller.relations()
    types = {one.key: TYPE_NAMES[one.key] for one in known}
    if not relations:
        says = "No relation is open to you as a "
        return visit.show("ptr_none.html", says=f"{says}{TYPE_NAMES[key].lower()}.", types=types, user_type=key)
    names = [relation.entry.correspondent for relation in relations]
    chosen = visit.query.get("correspondent", names[0])
    arguments = (key, chosen)
    return visit.show(
        "ptr.html",
        types=types,
        user_type=key,
        relations=await relations_content(visit.sidecar, Look("ptr-relations", arguments, visit.identity)),
        relation=await relation_content(visit.sidecar, Look("ptr-relation", arguments, visit.identity)),
    )


def open_relation(visit: Visit, user_type: UserType) -> Relation:
    """Give the relation of the path, open to the visitor as this user type; raises `Problem` 403."""
    return caller_of(visit.sidecar, visit.identity, user_type.key).relation(visit.path["correspondent"])


# Limits, in two steps.


def written(value: int | bool | None) -> str:
    """Write a limit as forms have it: empty for none."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None else str(value)


def present(visit: Visit) -> tuple[str, str, str, str]:
    """Give the limit of a path, its name, today's value and the next day's."""
    relation, limit = open_relation(visit, CLEARING), visit.path["limit"]
    if limit not in LIMITS:
        raise Problem(404, f"there is no limit {limit[:40]}", "limit")
    today = written(value_of_limit(views.limits_view(relation.today), limit))
    return limit, LIMITS[limit], today, written(value_of_limit(views.limits_view(relation.next_day), limit))


def limit_form(visit: Visit, value: str, setting_type: str, trouble: str) -> web.StreamResponse:
    """Show the form, with what is wrong with the value that it has."""
    limit, name, today, following = present(visit)
    return visit.show(
        "ptr_limit.html",
        correspondent=visit.path["correspondent"],
        limit=limit,
        name=name,
        today=today,
        following=following,
        value=value,
        setting_type=setting_type,
        types=SETTING_TYPES,
        trouble=trouble,
        is_switch=limit == KILL,
        is_percent=limit == PERCENT,
        help=HELP[limit],
    )


async def ask_limit(visit: Visit) -> web.StreamResponse:
    """Ask for a new value."""
    _, _, today, _ = present(visit)
    return limit_form(visit, today, "BOTH", "")


def given(limit: str, form: Mapping[str, str]) -> str:
    """Give a form's value as `written` has it."""
    if limit == KILL:
        return "on" if form.get("on") == "1" else "off"
    return form.get("value", "").strip().replace(",", "").replace(" ", "") if form.get("on") == "1" else ""


def wrong_with(value: str, limit: str, *, is_set: bool) -> str:
    """Say what is wrong with a value, before the call itself looks at it."""
    if limit == KILL:
        return "" if value in {"on", "off"} else "Choose on or off."
    if not is_set:
        return ""
    if not (value.isascii() and value.isdigit()):
        return "Give a whole number, such as 50000000."
    if limit == PERCENT:
        return "" if len(value) <= 3 and 1 <= int(value) <= 100 else "Give a percentage from 1 to 100."
    return "" if len(value) <= 15 and int(value) <= HIGHEST_LIMIT else f"Give at most {HIGHEST_LIMIT:,}."


async def review_limit(visit: Visit) -> web.StreamResponse:
    """Show the old values and the new one, or what is wrong with it."""
    form = await visit.form()
    limit, name, today, following = present(visit)
    value, setting_type = given(limit, form), form.get("settingType", "")
    trouble = wrong_with(value, limit, is_set=form.get("on") == "1")
    if setting_type not in SETTING_TYPES:
        trouble = "Choose when it holds."
    changes = {
        "Today": (today, value if setting_type != "NEXT_DAY" else today),
        "Next trading day": (following, value if setting_type != "INTRA" else following),
    }
    if not trouble and all(old == new for old, new in changes.values()):
        trouble = "Those are the values it has."
    if trouble:
        return limit_form(visit, value, setting_type, trouble)
    return visit.show(
        "ptr_confirm.html",
        correspondent=visit.path["correspondent"],
        limit=limit,
        name=name,
        changes=changes,
        today=today,
        following=following,
        value=value,
        setting_type=setting_type,
        is_dollars=limit not in {PERCENT, KILL},
        key=new_key(),
    )


async def set_limit(visit: Visit) -> web.StreamResponse:
    """Make the change that was confirmed, or show the form again with why it is not made."""
    form = await visit.form()
    limit, name, today, following = present(visit)
    text, correspondent = form.get("value", ""), visit.path["correspondent"]
    trouble = wrong_with(text, limit, is_set=bool(text))
    if not trouble and (today, following) != (form.get("today"), form.get("following")):
        trouble = "It has changed in between: look at it again."
    if not trouble:
        value: int | bool | None = text == "on" if limit == KILL else int(text) if text else None
        body = {"correspondent": correspondent, "settingType": form.get("settingType", ""), "limits": {limit: value}}
        try:
            await visit.call("PUT", "/ptr-api/clearing/configurations", body=body, key=form.get("key", ""))
        except Problem as problem:
            trouble = refusal(problem)
    if trouble:
        return limit_form(visit, text, form.get("settingType", ""), trouble)
    return visit.done(f"{correspondent}, {name}: set to {f'{int(text):,}' if text.isdigit() else text or 'none'}.")


# Kills, held trades, counterparties.


async def ask_kill(visit: Visit) -> web.StreamResponse:
    """Ask whether a correspondent's trades shall be killed, or no longer."""
    relation = open_relation(visit, CLEARING)
    return visit.show(
        "ptr_kill.html", correspondent=relation.entry.correspondent, is_on=bool(relation.kill), key=new_key()
    )


async def kill(visit: Visit) -> web.StreamResponse:
    """Kill a correspondent's further trades, or lift that."""
    form, correspondent = await visit.form(), visit.path["correspondent"]
    is_on = form.get("on") == "1"
    body = {"correspondent": correspondent, "on": is_on}
    await visit.call("POST", "/ptr-api/ext/kill", body=body, key=form.get("key", ""))
    return visit.done(f"{correspondent}: {'its trades are killed from now on' if is_on else 'the kill is lifted'}.")


async def ask_decision(visit: Visit) -> web.StreamResponse:
    """Ask whether a held trade shall be allowed, or inhibited."""
    relation, name, decision = open_relation(visit, CLEARING), visit.path["trade"], visit.path["decision"]
    caller = caller_of(visit.sidecar, visit.identity, CLEARING.key)
    leg = caller.house.clearing.legs.get(name)
    if leg is None or leg.correspondent != relation.entry.correspondent or decision not in DECISIONS:
        raise Problem(404, f"{name[:40]} is not held")
    return visit.show("ptr_decision.html", leg=views.leg_view(leg), decision=decision, key=new_key())


async def decide(visit: Visit) -> web.StreamResponse:
    """Allow or inhibit a held trade."""
    form, name, decision = await visit.form(), visit.path["trade"], visit.path["decision"]
    if decision not in DECISIONS:
        raise Problem(404, "a held trade is allowed or inhibited")
    path = f"/ptr-api/ext/held/{{tradeId}}/{decision}"
    await visit.call("POST", path, {"tradeId": name}, key=form.get("key", ""))
    return visit.done(f"{name}: {'allowed, it counts' if decision == 'allow' else 'inhibited, it never counts'}.")


async def ask_permission(visit: Visit) -> web.StreamResponse:
    """Ask whether a counterparty may look, or no longer."""
    relation, counterparty = open_relation(visit, CORRESPONDENT), visit.path["counterparty"]
    if counterparty not in relation.entry.counterparties:
        raise Problem(404, f"{counterparty[:8]} is no counterparty of {relation.entry.correspondent}")
    return visit.show(
        "ptr_permission.html",
        correspondent=relation.entry.correspondent,
        counterparty=counterparty,
        is_permitted=relation.permits(counterparty),
        key=new_key(),
    )


async def permit(visit: Visit) -> web.StreamResponse:
    """Opt a counterparty out, or in again."""
    form, counterparty = await visit.form(), visit.path["counterparty"]
    is_permitted = form.get("permitted") == "1"
    body = {"counterparty": counterparty, "permitted": is_permitted, "correspondent": visit.path["correspondent"]}
    await visit.call("PUT", "/ptr-api/correspondent/counterparty-access", body=body, key=form.get("key", ""))
    return visit.done(f"{counterparty} {'may look' if is_permitted else 'no longer sees anything'}.")


# Files.


async def export_totals(visit: Visit) -> web.StreamResponse:
    """Give the totals of all relations that are open, as a file."""
    caller = caller_of(visit.sidecar, visit.identity, visit.path["type"])
    date = visit.sidecar.replica.machine.engine.date
    return attached(f"PTR_{caller.user_type.key}_{date}.csv", export.polled(map(views.poll_view, caller.relations())))


async def export_audit(visit: Visit) -> web.StreamResponse:
    """Give who did what, as a file."""
    reply = await visit.call("GET", "/ptr-api/clearing/audit", query={"limit": "10000"})
    rows = msgspec.convert(msgspec.to_builtins(reply.body), views.AuditList).items
    return attached(f"PTR_audit_{visit.sidecar.replica.machine.engine.date}.csv", export.audited(rows))


PAGE = Page(
    key="ptr",
    title="Post-Trade Risk",
    summary="What correspondents traded today, against the limits of their clearing firm",
    icon="clearing",
    roles=ROLES,
    show=show,
    routes=(
        Route("GET", "clearing/{correspondent}/limit/{limit}", ask_limit),
        Route("POST", "clearing/{correspondent}/limit/{limit}/review", review_limit),
        Route("POST", "clearing/{correspondent}/limit/{limit}", set_limit),
        Route("GET", "clearing/{correspondent}/kill", ask_kill),
        Route("POST", "clearing/{correspondent}/kill", kill),
        Route("GET", "clearing/{correspondent}/held/{trade}/{decision}", ask_decision),
        Route("POST", "clearing/{correspondent}/held/{trade}/{decision}", decide),
        Route("GET", "correspondent/{correspondent}/counterparty/{counterparty}", ask_permission),
        Route("POST", "correspondent/{correspondent}/counterparty/{counterparty}", permit),
        Route("GET", "audit", export_audit),
        Route("GET", "{type}/export", export_totals),
    ),
    regions=(
        Region("ptr-relations", "ptr_relations.html", relations_content, ROLES),
        Region("ptr-relation", "ptr_relation.html", relation_content, ROLES),
    ),
)
