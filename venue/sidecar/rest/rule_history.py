"""/rules-api and /history-api: the audit of rules, breaches and usage by day and month, and what is used now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web

from engine.engine import Engine
from engine.risk.rule_diary import Tally, TallyKey
from venue.calls import LONGEST_NUMBER, Query
from venue.eqrc import history
from venue.eqrc.views import page
from venue.roles import AUDIT_READ, HISTORY_READ, RULES_READ
from venue.sidecar.auth.identity import AUTH
from venue.sidecar.events import rule_events
from venue.sidecar.rest.endpoints import EVENT_STREAM, Ask, Endpoint, Handler, Reply, Scope
from venue.sidecar.rest.reports import CSV
from venue.sidecar.rest.rules import API, ROOT, begin, engine_of
from venue.sidecar.rule_feed import RULE_KINDS

HISTORY_ROOT: Final = "/history-api/"
READ_AUDIT: Final = frozenset((AUDIT_READ,))
HISTORY: Final = frozenset((HISTORY_READ,))
SHOWN: Final = frozenset((RULES_READ, HISTORY_READ))


async def show_audit(ask: Ask) -> Reply:
    """Tell who changed which rule; as CSV where `Accept` says so, all rows in one file."""
    number = await begin(ask)
    found = history.audit(engine_of(ask), ask.query, ask.sees)
    if wants(ask.request, CSV):
        return Reply(history.audit_file(found), number, media=f"{CSV}; charset=utf-8")
    items, after = page(found, ask.query.limit, history.cursor_of)
    return Reply(history.AuditRows(number, [history.audit_row(each.row) for each in items], after), number)


def wants(request: web.Request, media: str) -> bool:
    """Whether a caller asks for a medium, and not for JSON."""
    kinds = {kind.partition(";")[0].strip().lower() for kind in request.headers.get("Accept", "").split(",")}
    return media in kinds and "application/json" not in kinds


def showing(kept: Callable[[Engine], dict[TallyKey, Tally]]) -> Handler:
    """Give the handler that tells what was counted, by day or month."""

    async def handler(ask: Ask) -> Reply:
        number = await begin(ask)
        rows = history.tallies(kept(engine_of(ask)), ask.query, ask.sees)
        items, after = behind(rows, ask, history.tally_cursor)
        return Reply(history.Tallies(number, items, after), number)

    return handler


def used(engine: Engine) -> dict[TallyKey, Tally]:
    """Give what was used: of the days that are over, and of this one."""
    return engine.rules.diary.used | engine.exposures.used_today()


def behind(rows: Iterable[Any], ask: Ask, cursor: Callable[[Any], str]) -> tuple[list[Any], str | None]:
    """Give the page behind the query's cursor."""
    return page((row for row in rows if cursor(row) > ask.query.after), ask.query.limit, cursor)


async def show_consumption(ask: Ask) -> Reply:
    """Tell what the entities of exposure rules use now."""
    number = await begin(ask)
    items, after = behind(history.consumption(engine_of(ask), ask.query, ask.sees), ask, history.consumption_cursor)
    return Reply(history.Consumptions(number, items, after), number)


class StreamQuery(Query, frozen=True):
    """Which events: kinds with commas between them, all without; those behind a record, the next ones without."""

    kinds: str = ""
    after: Annotated[int, msgspec.Meta(ge=0, le=10**LONGEST_NUMBER - 1)] | None = None


async def follow(ask: Ask) -> web.StreamResponse:
    """Send what happens to rules as it happens, until the caller leaves."""
    ask.scoped = True  # each event is looked at
    still = partial(ask.request.app[AUTH].still, ask.request, ask.identity)
    return await rule_events(ask.request, ask.sidecar, ask.identity, still)


def row(path: str, handler: Handler, answer: Any, query: Any, summary: str, roles: frozenset[str]) -> Endpoint:
    """Give the endpoint of a look."""
    endpoint = Endpoint(API, "GET", path, summary, handler, answer, roles, Scope.OWN, query, errors=(404,))
    return endpoint._replace(description=query.__doc__ or "")


STREAM = Endpoint(
    api=API,
    verb="GET",
    path=f"{ROOT}stream",
    summary="Follow breaches and exposures",
    handler=follow,
    answer=None,
    roles=frozenset((RULES_READ,)),
    scope=Scope.OWN,
    query=StreamQuery,
    description=f"Server-Sent Events: {', '.join(RULE_KINDS)}. `Last-Event-ID` goes on where a stream broke off.",
    media=EVENT_STREAM,
)

HISTORY_ENDPOINTS = (
    STREAM,
    row(
        *(f"{ROOT}audit", show_audit, history.AuditRows, history.AuditQuery, "Tell who changed which rule", READ_AUDIT),
    )._replace(also=(CSV,)),
    row(
        *(f"{ROOT}breaches", showing(lambda engine: engine.rules.diary.breaches), history.Tallies, history.TallyQuery),
        *("Tell how often rules were breached", SHOWN),
    ),
    row(
        *(f"{ROOT}consumption", show_consumption, history.Consumptions, history.ConsumptionQuery),
        *("Tell what is used now", frozenset((RULES_READ,))),
    ),
    row(
        *(f"{HISTORY_ROOT}utilization", showing(used), history.Tallies, history.TallyQuery),
        *("Tell what was used by day or month", HISTORY),
    ),
)
