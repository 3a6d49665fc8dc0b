"""Dialogs of the rules page beside rules: the safety switch, the end of a breach, alerts, the audit's file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from venue.eqrc import history, views
from venue.eqrc.routes import ALERT
from venue.problem import Problem
from venue.roles import AUDIT_READ, RULES_WRITE, UNBREACH
from venue.sidecar.portal.eqrc_forms import faults_of, words_of
from venue.sidecar.portal.eqrc_rules import CHANGED, engine_of, type_asked
from venue.sidecar.portal.eqrc_terms import TYPE_NAMES
from venue.sidecar.portal.eqrc_view import known_to
from venue.sidecar.portal.visit import Visit, attached, new_key
from venue.sidecar.rest.reading import of_texts

CANCELS: Final = {
    "NONE": "Leave open orders",
    "ALL": "Cancel all open orders",
    "NON_CROSS": "Cancel all but cross orders",
}
PORTS: Final = {"NONE": "Leave the ports as they are", "DISABLE": "Disable", "ENABLE": "Enable"}
ALERTS_PATH: Final = f"/{ALERT}"
ENTITY: Final = ("exchange", "mpid", "port")
ALERT_FIELDS: Final = {"ruleType", "exchange", "mpid", "port", "groupId", "emails"}


# The safety switch.


async def ask_switch(visit: Visit) -> web.StreamResponse:
    """Ask what the safety switch shall do, and to whom."""
    visit.require(RULES_WRITE)
    return switch_form(visit, dict(visit.query), "")


def switch_form(visit: Visit, values: Mapping[str, str], trouble: str) -> web.StreamResponse:
    """Show the form, with what is wrong with it."""
    return visit.show(
        "eqrc_switch.html",
        values=values,
        known=known_to(engine_of(visit), visit.identity),
        takes_whole=visit.identity.ports is None,
        cancels=CANCELS,
        ports=PORTS,
        trouble=trouble,
    )


def switch_asked(form: Mapping[str, str]) -> dict[str, Any]:
    """Give the switch's call as a form says it."""
    return {
        "exchange": form.get("exchange", ""),
        "mpid": form.get("mpid", ""),
        "port": form.get("port") or None,
        "cancelAction": form.get("cancelAction", "NONE"),
        "portAction": form.get("portAction", "NONE"),
    }


async def review_switch(visit: Visit) -> web.StreamResponse:
    """Say what the switch is about to do."""
    visit.require(RULES_WRITE)
    form = await visit.form()
    asked = switch_asked(form)
    known = known_to(engine_of(visit), visit.identity)
    if asked["exchange"] not in known.exchanges or asked["mpid"] not in known.mpids:
        return switch_form(visit, form, "Choose an exchange and an MPID.")
    if asked["port"] in known.ports and known.ports[asked["port"]] != (asked["mpid"], asked["exchange"]):
        mpid, exchange = known.ports[asked["port"]]
        return switch_form(visit, form, f"Port {asked['port']} is {mpid}'s, at {exchange}.")
    if asked["cancelAction"] not in CANCELS or asked["portAction"] not in PORTS:
        raise Problem(422, "choose what the switch shall do")
    if asked["cancelAction"] == asked["portAction"] == "NONE":
        return switch_form(visit, form, "Choose a Cancel Action or a Port Action.")
    return visit.show(
        "eqrc_switch_confirm.html",
        asked=asked,
        cancel=CANCELS[asked["cancelAction"]],
        action=PORTS[asked["portAction"]],
        ports=[asked["port"]]
        if asked["port"]
        else [name for name, place in known.ports.items() if place == (asked["mpid"], asked["exchange"])],
        key=new_key(),
    )


async def throw_switch(visit: Visit) -> web.StreamResponse:
    """Throw the safety switch."""
    form = await visit.form()
    body = switch_asked(form)
    reply = await visit.call("POST", "/rules-api/safety-switch", body=body, key=form.get("key", ""))
    count = reply.body["cancelled"]
    does = {"DISABLE": "disabled", "ENABLE": "enabled"}.get(body["portAction"])
    said = [f"{count:,} order{'' if count == 1 else 's'} cancelled"] if body["cancelAction"] != "NONE" else []
    said += [f"{', '.join(reply.body['ports'])} {does}"] if does else []
    return visit.done(f"Safety switch, {body['mpid']} at {body['exchange']}: {'; '.join(said)}.")


# The end of a breach.


async def ask_unbreach(visit: Visit) -> web.StreamResponse:
    """Ask whether a breach of an exposure shall be lifted."""
    visit.require(UNBREACH)
    entity = {name: visit.query.get(name, "") for name in (*ENTITY, "groupId")}
    return visit.show("eqrc_unbreach.html", entity=entity, key=new_key())


async def unbreach(visit: Visit) -> web.StreamResponse:
    """Lift a breach of an exposure."""
    form = await visit.form()
    group = form.get("groupId", "")
    body = {
        "exchange": form.get("exchange", ""),
        "mpid": form.get("mpid", ""),
        "port": form.get("port") or None,
        "groupId": int(group) if group.isascii() and group.isdigit() and len(group) < 6 else None,
    }
    await visit.call("POST", "/rules-api/unbreach", body=body, key=form.get("key", ""))
    return visit.done(f"{body['mpid']} at {body['exchange']}: the breach is lifted.")


# Alerts.


def alert_of(visit: Visit, name: str) -> Any:
    """Give an alert configuration that its visitor sees; raises `Problem` 404 for any other."""
    alert = visit.sidecar.replica.machine.desk.alerts.get(name)
    if alert is None or not visit.identity.sees_port(alert.mpid, alert.port):
        raise Problem(404, f"no such alert configuration: {name[:64]}", "alert")
    return views.alert_view(alert)


def as_it_is(alert: Any) -> str:
    """Give an alert configuration as its form keeps it, to see whether somebody else changes it in between."""
    return " ".join((*alert.emails, "on" if alert.enabled else "off"))


def alert_form(visit: Visit, name: str, values: Mapping[str, str], faults: Mapping[str, str]) -> web.StreamResponse:
    """Show the form of an alert: a new one where it has no name."""
    alert = alert_of(visit, name) if name else None
    return visit.show(
        "eqrc_alert.html",
        alert=alert,
        was=as_it_is(alert) if name else "",
        texts=values,
        faults=faults,
        types=TYPE_NAMES,
        known=known_to(engine_of(visit), visit.identity),
        takes_whole=visit.identity.ports is None,
        key=new_key(),
    )


async def ask_alert(visit: Visit) -> web.StreamResponse:
    """Ask who shall be told by mail."""
    visit.require(RULES_WRITE)
    name = visit.query.get("alert", "")
    values = dict(visit.query) | {"enabled": "1"}
    if name:
        alert = alert_of(visit, name)
        values = {"emails": "\n".join(alert.emails), "enabled": "1" if alert.enabled else ""}
    return alert_form(visit, name, values, {})


async def set_alert(visit: Visit) -> web.StreamResponse:
    """Have somebody told by mail, or others."""
    form = await visit.form()
    name, group = form.get("alert", ""), form.get("groupId", "").strip()
    body: dict[str, Any] = {"emails": words_of(form.get("emails", "")), "enabled": form.get("enabled") == "1"}
    if name:
        alert = alert_of(visit, name)
        if form.get("was") != as_it_is(alert):
            return alert_form(visit, name, form, {"": "It has changed in between: look at it again."})
        body["id"] = alert.id
    else:
        body |= {field: form.get(field, "") for field in ("exchange", "mpid")} | {"port": form.get("port") or None}
        body |= {"ruleType": type_asked(form.get("ruleType", ""))}
        if group:
            body["groupId"] = int(group) if group.isascii() and group.isdigit() and len(group) < 6 else group
    try:
        await visit.call("PUT" if name else "POST", ALERTS_PATH, body=body, key=form.get("key", ""))
    except Problem as problem:
        return alert_form(visit, name, form, faults_of(problem, ALERT_FIELDS))
    told = "mail goes out" if body["enabled"] else "no mail goes out"
    return visit.done(f"Alert configuration saved: {told}.")


async def ask_delete_alert(visit: Visit) -> web.StreamResponse:
    """Ask whether an alert configuration goes."""
    visit.require(RULES_WRITE)
    return delete_form(visit, alert_of(visit, visit.query.get("alert", "")), "")


def delete_form(visit: Visit, alert: Any, trouble: str) -> web.StreamResponse:
    """Show the alert configuration that goes, and what is wrong with that."""
    return visit.show(
        "eqrc_alert_delete.html",
        alert=alert,
        name=TYPE_NAMES[alert.rule_type],
        was=as_it_is(alert),
        trouble=trouble,
        key=new_key(),
    )


async def delete_alert(visit: Visit) -> web.StreamResponse:
    """Delete an alert configuration."""
    visit.require(RULES_WRITE)
    form = await visit.form()
    alert = alert_of(visit, form.get("alert", ""))
    if form.get("was") != as_it_is(alert):
        return delete_form(visit, alert, CHANGED)
    await visit.call("DELETE", ALERTS_PATH, body={"id": alert.id}, key=form.get("key", ""))
    return visit.done(f"{alert.id}: deleted. Nobody is told by it any more.")


# The audit.


async def ask_audit(visit: Visit) -> web.StreamResponse:
    """Ask of which days, and of whom, the audit's file shall tell."""
    visit.require(AUDIT_READ)
    known = known_to(engine_of(visit), visit.identity)
    return visit.show("eqrc_audit.html", values=dict(visit.query), known=known)


async def audit(visit: Visit) -> web.StreamResponse:
    """Give who changed which rule, as a file."""
    visit.require(AUDIT_READ)
    engine = engine_of(visit)
    asked = {name: value for name, value in visit.query.items() if value}
    found = history.audit(engine, of_texts(asked, history.AuditQuery), visit.identity.sees_port)
    return attached(f"EQRC_audit_{engine.date}.csv", history.audit_file(found))
