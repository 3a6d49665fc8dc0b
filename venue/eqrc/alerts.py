"""Who is told of breaches by mail: alert configurations, which the desk keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from engine.api import CommandRefused, RuleEntry
from engine.rule_commands import must_be_an_entity
from venue import desk
from venue.changes import Answer, Call
from venue.eqrc.calls import user_of
from venue.eqrc.terms import AlertBody, AlertChange, AlertKey, AlertRemoved
from venue.eqrc.views import alert_view
from venue.eqrc.window import must_be_open
from venue.problem import Problem

if TYPE_CHECKING:
    from engine.engine import Engine

ALERTS_MAX = 10_000
"""Alert configurations at one time."""


def make_alert(call: Call) -> Answer:
    """Have mail sent of breaches of some rules: of an MPID, or its port or group, on an exchange."""
    must_be_open(call)
    body: AlertBody = call.body
    machine = call.venue.machine
    must_be_there(machine.engine, body)
    if len(machine.desk.alerts) >= ALERTS_MAX:
        raise Problem(409, f"there are {ALERTS_MAX:,} alert configurations already, which is the most")
    entity = body.exchange, body.mpid, body.port, body.group_id
    emails = tuple(dict.fromkeys(body.emails))
    name = f"alert-{machine.number + 1}"
    alert = desk.Alert(name, body.rule_type, *entity, emails, body.enabled, user_of(call))
    return Answer(200, alert_view(alert), change=alert)


def must_be_there(engine: Engine, body: AlertBody) -> None:
    """Raise `Problem` where nobody is what the alert is about."""
    if body.group_id is not None and body.port is not None:
        raise Problem(422, "an alert is for a port or for a group", "groupId")
    try:
        must_be_an_entity(
            engine, RuleEntry("", body.rule_type, body.exchange, body.mpid, body.port, (), {}, body.group_id)
        )
    except CommandRefused as refused:
        raise Problem(422, str(refused), refused.field) from refused


def change_alert(call: Call) -> Answer:
    """Change to whom mail goes, or whether it does."""
    must_be_open(call)
    body: AlertChange = call.body
    alert = find_alert(call, body.id)
    emails = alert.emails if isinstance(body.emails, msgspec.UnsetType) else tuple(dict.fromkeys(body.emails))
    enabled = alert.enabled if isinstance(body.enabled, msgspec.UnsetType) else body.enabled
    changed = replace(alert, emails=emails, enabled=enabled, user=user_of(call))
    return Answer(200, alert_view(changed), change=changed)


def remove_alert(call: Call) -> Answer:
    """Remove an alert configuration, which the body names, or the query."""
    must_be_open(call)
    name = alert_id(call.body, call.query.id)
    find_alert(call, name)
    return Answer(200, AlertRemoved(name), change=desk.AlertGone(name))


def alert_id(body: AlertKey, asked: str | None) -> str:
    """Give the id that a call names."""
    if isinstance(body.id, str):
        if asked not in (None, body.id):
            raise Problem(422, "the body names another one than the query", "id")
        return body.id
    if asked is None:
        raise Problem(422, "id is required, in the query or in the body", "id")
    return asked


def find_alert(call: Call, name: str) -> desk.Alert:
    """Give an alert configuration; raises `Problem` 404 where there is none of that id."""
    alert = call.venue.machine.desk.alerts.get(name)
    if alert is None:
        raise missing_alert(name)
    return alert


def missing_alert(name: str) -> Problem:
    """Give what is said of an alert configuration that there is not."""
    return Problem(404, f"no such alert configuration: {name[:64]}", "id")
