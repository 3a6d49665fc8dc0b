"""/rules-api: risk rules of US equities, their lists and alerts, the safety switch, for whom they are.

What changes something goes to the engine process (`venue.eqrc.routes`) once it is plain that the caller may ask that:
what is of another MPID, or of a port that the caller is not for, is as missing as what there is not.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from engine.engine import Engine
from venue.eqrc import terms, views
from venue.eqrc.alerts import alert_id, missing_alert
from venue.eqrc.calls import missing
from venue.eqrc.routes import ALERT, RULE_ROUTES
from venue.problem import Problem
from venue.roles import RULES_READ, RULES_WRITE, UNBREACH
from venue.route import Route
from venue.sidecar.change import present
from venue.sidecar.rest.endpoints import Ask, Endpoint, Handler, Reply, Scope
from venue.sidecar.rest.operations import changing

API: Final = "eqrc"
ROOT: Final = "/rules-api/"
READ: Final = frozenset((RULES_READ,))
WRITE: Final = frozenset((RULES_WRITE,))
LIFT: Final = frozenset((UNBREACH,))
KEY_MARGIN_NS: Final = 60 * 1_000_000_000
"""How much longer an idempotency key has to be good, in nanoseconds, to be taken for one that is."""
Check = Callable[[Ask], None]


def engine_of(ask: Ask) -> Engine:
    """Give the engine that the replica shows."""
    return ask.sidecar.replica.machine.engine


async def show_rules(ask: Ask) -> Reply:
    """List rules."""
    number = await begin(ask)
    items, after = views.page(views.rules(engine_of(ask), ask.query, ask.sees), ask.query.limit, cursor)
    return Reply(terms.RuleList(number, [views.view(rule) for rule in items], after), number)


def cursor(rule: Any) -> str:
    """Give what stands for a rule as the last one of a page."""
    return views.entry_of(rule).rule_id


async def begin(ask: Ask) -> int:
    """Wait until the replica shows the present, and see whom the query is about; gives the record as of which it is."""
    await present(ask.sidecar)
    ask.scoped = True  # what follows asks `sees` of each thing, where there is one
    mpid, port = getattr(ask.query, "mpid", None), getattr(ask.query, "port", None)
    if mpid is not None:
        own(ask, mpid, port, whole=True)
    return ask.sidecar.replica.machine.number


def own(ask: Ask, mpid: str, port: str | None, *, whole: bool = False) -> None:
    """Go on only where an MPID is the caller's, and the port; with `whole` that may be left out."""
    if not ask.sees_mpid(mpid):
        raise Problem(404, f"no such MPID: {mpid}", "mpid")
    if not ask.sees(mpid, port) and not (whole and port is None):
        raise Problem(404, f"no such port: {port}" if port else f"there is nothing of {mpid} as a whole", "port")


async def show_rule(ask: Ask) -> Reply:
    """Show a rule."""
    await present(ask.sidecar)
    rule_id = ask.path["id"]
    rule = known(ask, rule_id)
    return Reply(views.view(rule), ask.sidecar.replica.machine.number)


def known(ask: Ask, rule_id: str) -> Any:
    """Give a rule that is the caller's; raises `Problem` 404 for any other."""
    rule = views.find(engine_of(ask), rule_id)
    entry = None if rule is None else views.entry_of(rule)
    ask.conceal("" if entry is None else entry.mpid, missing(rule_id), None if entry is None else entry.port)
    if rule is None:
        raise missing(rule_id)
    return rule


def showing_lists(rule_type: str) -> Handler:
    """Give the handler that lists the lists of a type."""

    async def handler(ask: Ask) -> Reply:
        number = await begin(ask)
        found = views.lists(engine_of(ask), rule_type, ask.query, ask.sees)
        items, after = views.page(found, ask.query.limit, lambda each: each.rule_id)
        return Reply(terms.Lists(number, items, after), number)

    return handler


async def show_alerts(ask: Ask) -> Reply:
    """List who is told of breaches by mail."""
    number = await begin(ask)
    alerts = ask.sidecar.replica.machine.desk.alerts.values()
    items, after = views.page(views.alerts(alerts, ask.query, ask.sees), ask.query.limit, lambda each: each.id)
    return Reply(terms.Alerts(number, items, after), number)


# What changes something.


def of_path(ask: Ask) -> None:
    """See whose the rule is that the path names."""
    known(ask, ask.path["id"])


def of_body(ask: Ask) -> None:
    """See whom the body is about, and whose the rule is that it copies."""
    own(ask, ask.body.mpid, ask.body.port)
    model = getattr(ask.body, "copy_of", None)
    if model is not None:
        known(ask, model)


def of_alert(ask: Ask) -> None:
    """See whose the alert is that the body or the query names."""
    body = ask.body
    name = body.id if isinstance(body, terms.AlertChange) else alert_id(body, ask.query.id)
    alert = ask.sidecar.replica.machine.desk.alerts.get(name)
    ask.conceal("" if alert is None else alert.mpid, missing_alert(name), None if alert is None else alert.port)
    if alert is None:
        raise missing_alert(name)


def checked(route: Route, check: Check) -> Handler:
    """Give the handler of a change: first whether the caller may ask it at all, then the engine's answer."""
    carry_out: Callable[[Ask], Awaitable[Any]] = changing(route)

    async def handler(ask: Ask) -> Reply:
        await present(ask.sidecar)
        if has_answer(ask):
            ask.scoped = True
        else:
            check(ask)
        reply: Reply = await carry_out(ask)
        return reply

    return handler


def has_answer(ask: Ask) -> bool:
    """Whether the caller's own key stands for a call that was carried out: what it was about may be gone since.

    The engine process then gives the answer of that time, or refuses the key for another call; nothing is changed. A
    key that is soon too old counts as new here.
    """
    desk, soon = ask.sidecar.replica.machine.desk, time.time_ns() + KEY_MARGIN_NS
    return bool(ask.key) and desk.kept(ask.identity.subject, ask.key, soon) is not None


def change(route: Route) -> Endpoint:
    """Give the endpoint of one of the changes."""
    check = of_path if "{id}" in route.path else of_body
    if route.path == ALERT and route.verb != "POST":
        check = of_alert
    return Endpoint(
        api=API,
        verb=route.verb,
        path=f"/{route.path}",
        summary=route.summary,
        handler=checked(route, check),
        answer=route.answer,
        roles=LIFT if route.path.endswith("unbreach") else WRITE,
        scope=Scope.OWN,
        query=route.query,
        body=route.body,
        errors=route.problems,
        description=(route.serve.__doc__ or "").strip(),
        examples=route.examples,
    )


def look(path: str, handler: Handler, answer: Any, query: Any, summary: str, **more: Any) -> Endpoint:
    """Give the endpoint of a look."""
    row = Endpoint(API, "GET", ROOT + path, summary, handler, answer, READ, Scope.OWN, query, errors=(404,))
    return row._replace(description=query.__doc__ or "", **more)


RULE_ENDPOINTS = (
    look("rules", show_rules, terms.RuleList, terms.RulesQuery, "List rules"),
    Endpoint(
        *(API, "GET", f"{ROOT}rules/{{id}}", "Show a rule", show_rule, terms.RuleView, READ, Scope.OWN),
        errors=(404,),
    ),
    *(
        look(f"lists/{name}", showing_lists(kind), terms.Lists, terms.ListQuery, f"List the {name} lists")
        for name, kind in views.LISTS.items()
    ),
    look("alert/configuration", show_alerts, terms.Alerts, terms.AlertsQuery, "List who is told by mail"),
    *(change(route) for route in RULE_ROUTES),
)
