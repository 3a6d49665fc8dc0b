"""/ptr-api: Post-Trade Risk for clearing firms, correspondents and counterparties, each with the verbs that are theirs.

    POST …/poll, …/configurations     a query with a body          GET …/access, …/counterparty-access, …/stream
    PUT clearing/configurations       limits                       PUT correspondent/counterparty-access   opting out

What changes something goes to the engine process (`venue.ptr.routes`) once it is plain that it is the caller's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from aiohttp import web

from engine.clearing_relation import Relation
from venue.calls import Body, Query
from venue.problem import Problem
from venue.ptr import export, views
from venue.ptr.terms import LimitsBody, Permission, SettingType
from venue.settings import Mpid
from venue.sidecar.auth.identity import AUTH
from venue.sidecar.auth.source import address_of
from venue.sidecar.clearing import Shown
from venue.sidecar.clearing_events import COUNTERPARTY_KINDS, PTR_KINDS
from venue.sidecar.events import events
from venue.sidecar.rest.endpoints import EVENT_STREAM, Ask, Endpoint, Handler, Reply, Scope
from venue.sidecar.rest.operations import carry_out
from venue.sidecar.rest.serving import SIDECAR
from venue.sidecar.rest.user_types import CLEARING, CORRESPONDENT, COUNTERPARTY, Caller, UserType, calling, has, is_near

ROOT: Final = "/ptr-api"
CSV: Final = "text/csv"
ENVIRONMENT: Final = "X-Environment"
Mpids = Annotated[tuple[Mpid, ...], msgspec.Meta(min_length=1, max_length=1_000)]
Typed = Callable[[UserType, Ask], Awaitable[Reply | web.StreamResponse]]


class ListBody(Body, frozen=True):
    """Whose: null stands for all that are open. So many at most, those behind the correspondent `after`."""

    mpids: Mpids | None = None
    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=5_000)] = 1_000


class PollBody(ListBody, frozen=True):
    """Whose, and with `withAlerts` only those who were told of something today."""

    with_alerts: bool = False


class SettingBody(Body, frozen=True):
    """Limits to set, of one correspondent: what is left out keeps its value, null takes a limit off."""

    correspondent: Mpid
    setting_type: SettingType
    limits: LimitsBody


class AccessBody(Body, frozen=True):
    """Whether a counterparty may see; `correspondent` is needed only by who is more than one."""

    counterparty: Mpid
    permitted: bool
    correspondent: Mpid | None = None


class StreamQuery(Query, frozen=True):
    """Which events: kinds with commas between them, all without; those behind a record, the next ones without."""

    kinds: str = ""
    after: Annotated[int, msgspec.Meta(ge=0, le=10**18 - 1)] | None = None


class AuditQuery(Query, frozen=True):
    """Of which correspondent; those behind a row, so many at most."""

    correspondent: Mpid | None = None
    after: Annotated[int, msgspec.Meta(ge=0, le=10**18 - 1)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 500


def number(ask: Ask) -> int:
    """Give the record as of which an answer is so."""
    return ask.sidecar.replica.machine.number


def page(relations: list[Relation], body: ListBody) -> tuple[list[Relation], str | None]:
    """Give the relations of a page, and what stands for the last one where there are more."""
    behind = [relation for relation in relations if relation.entry.correspondent > body.after]
    items = behind[: body.limit]
    return items, items[-1].entry.correspondent if len(behind) > len(items) else None


async def access(user_type: UserType, ask: Ask) -> Reply:
    """List the relations that are open to the caller: who clears for whom, with which counterparties."""
    caller = await calling(ask, user_type)
    mpids = caller.mpids
    items = []
    for relation in caller.relations():
        counterparties: Iterable[str] = relation.entry.counterparties
        if user_type is COUNTERPARTY:
            counterparties = user_type.parties(relation, mpids)
        items.append(views.relation_view(relation, counterparties))
    return Reply(views.RelationList(number(ask), items), number(ask))


async def configurations(user_type: UserType, ask: Ask) -> Reply:
    """Give limits: those of today, and those from the next trading day on."""
    caller = await calling(ask, user_type)
    relations, following = page(caller.selected(ask.body.mpids), ask.body)
    items = [views.configuration_view(relation) for relation in relations]
    return Reply(views.ConfigurationList(number(ask), items, following), number(ask))


async def poll(user_type: UserType, ask: Ask) -> Reply:
    """Give what correspondents traded today, beside their limits.

    The answer has an `ETag`. With that in `If-None-Match` what is still so is answered with 304, at next to no cost.
    As `text/csv` it is a line for each correspondent, all of them in one file.
    """
    caller = await calling(ask, user_type)
    body: PollBody = ask.body
    as_csv = ask.wants(CSV)
    told = caller.house.answer((user_type.key, caller.mpids, body, as_csv), lambda: tell(caller, body, as_csv=as_csv))
    as_of = number(ask)
    if ask.has(told.etag):
        return Reply(None, as_of, 304, media=CSV if as_csv else "application/json", etag=told.etag)
    if as_csv:
        return Reply(export.polled(map(views.poll_view, told.relations)), as_of, media=CSV, etag=told.etag)
    items = [caller.house.shown(relation, polled).item for relation in told.relations]
    return Reply({"asOf": as_of, "items": items, "next": told.following}, as_of, etag=told.etag)


class Polled(NamedTuple):
    """An answer to a poll: of which relations, what stands for the last one where there are more, and its mark."""

    relations: list[Relation]
    following: str | None
    etag: str


def tell(caller: Caller, body: PollBody, *, as_csv: bool) -> Polled:
    """Make the answer to a poll; raises `Problem` 403."""
    chosen = caller.selected(body.mpids)
    if body.with_alerts:
        chosen = [relation for relation in chosen if relation.alerts]
    relations, following = (chosen, None) if as_csv else page(chosen, body)
    shown = (caller.house.shown(relation, polled) for relation in relations)
    return Polled(relations, following, mark(shown, following, as_csv=as_csv))


def polled(relation: Relation) -> bytes:
    """Give a relation's item of a poll as JSON."""
    return msgspec.json.encode(views.poll_view(relation))


def mark(shown: Iterable[Shown], following: str | None, *, as_csv: bool) -> str:
    """Give what tells one answer to a poll from another: what it shows, not when, so that no other venue's is taken."""
    what = msgspec.json.encode([as_csv, following]) + b"".join(one.digest for one in shown)
    return f'W/"{sha256(what).hexdigest()[:32]}"'


async def set_configuration(ask: Ask) -> Reply:
    """Set limits of a correspondent: `INTRA` for today, `NEXT_DAY` from the next trading day on, or `BOTH`."""
    caller = await calling(ask, CLEARING)
    body: SettingBody = ask.body
    relation = caller.relation(body.correspondent)
    target = f"clearing/{body.correspondent}/limits"
    reply = await carry_out(ask, "PUT", target, {"settingType": body.setting_type, "limits": body.limits})
    return reply._replace(body=views.configuration_view(latest(caller, relation)))


def latest(caller: Caller, relation: Relation) -> Relation:
    """Give a relation as it is after a change, which may be of another state than before."""
    return caller.house.clearing.relations[relation.entry.correspondent]


async def permissions(ask: Ask) -> Reply:
    """List which counterparties may see the caller's totals and limits."""
    caller = await calling(ask, CORRESPONDENT)
    items = [
        Permission(counterparty, relation.permits(counterparty), relation.entry.correspondent)
        for relation in caller.relations()
        for counterparty in relation.entry.counterparties
    ]
    return Reply(views.PermissionList(number(ask), items), number(ask))


async def permit(ask: Ask) -> Reply:
    """Opt a counterparty out, or in again: it holds at once."""
    caller = await calling(ask, CORRESPONDENT)
    body: AccessBody = ask.body
    relations = caller.relations()
    if body.correspondent is not None:
        relation = caller.relation(body.correspondent)
    elif len(relations) == 1:
        relation = relations[0]
    else:
        raise Problem(422, "name the correspondent: the caller is more than one, or none", "correspondent")
    target = f"clearing/{relation.entry.correspondent}/counterparties/{body.counterparty}"
    return await carry_out(ask, "PUT", target, {"permitted": body.permitted})


async def audit(ask: Ask) -> Reply:
    """Give who did what, oldest first: limits, decisions, kills, permissions, what a new day activated.

    What was done for a firm that cleared formerly is that firm's to see, and not the next one's.

    As `text/csv` it is all of it in one file.
    """
    caller = await calling(ask, CLEARING)
    query: AuditQuery = ask.query
    if query.correspondent is not None:
        caller.relation(query.correspondent)
    mpids = caller.mpids
    clearing = caller.house.clearing
    first = clearing.audited - len(clearing.audit) + 1
    rows = [
        (i, row)
        for i, row in enumerate(clearing.audit, first)
        if i > query.after
        and (query.correspondent is None or query.correspondent == row.correspondent)
        and has(mpids, row.firm)
        and has(mpids, row.correspondent)
    ]
    if ask.wants(CSV):
        return Reply(export.audited(views.audit_view(row) for _, row in rows), number(ask), media=CSV)
    shown = [views.audit_view(row) for _, row in rows[: query.limit]]
    following = str(rows[query.limit - 1][0]) if len(rows) > query.limit else None
    return Reply(views.AuditList(number(ask), shown, following), number(ask))


async def follow(user_type: UserType, ask: Ask) -> web.StreamResponse:
    """Send alerts, and what becomes of trades and limits, as it happens."""
    caller = await calling(ask, user_type)
    auth = ask.request.app[AUTH]
    kinds = COUNTERPARTY_KINDS if user_type is COUNTERPARTY else PTR_KINDS
    near = partial(is_near, ask, address_of(ask.request))

    def still() -> bool:
        return near() and auth.still(ask.request, ask.identity)

    return await events(ask.request, ask.sidecar, Followed(caller, near), still, kinds)


class Followed:
    """Whose events a follower may have: of the relations that are open at that moment, to where it is."""

    def __init__(self, caller: Caller, is_near: Callable[[], bool]) -> None:
        self.caller = caller
        self.is_near = is_near

    @property
    def mpids(self) -> Followed:
        """The relations, by name, in the place of MPIDs."""
        return self

    def __contains__(self, name: object) -> bool:
        """Whether a relation is open now: one of a firm that cleared formerly is none."""
        correspondent = str(name).rpartition("-")[2]
        relation = self.caller.house.relation(correspondent)
        is_its = relation is not None and relation.entry.relation == name
        return is_its and correspondent in self.caller and self.is_near()


async def name_environment(request: web.Request, response: web.StreamResponse) -> None:
    """Say on every answer under /ptr-api, refusals included, in which environment it was given."""
    if request.path == ROOT or request.path.startswith(f"{ROOT}/"):
        response.headers[ENVIRONMENT] = request.app[SIDECAR].config.ptr.environment


def rows_of(user_type: UserType) -> list[Endpoint]:
    """Give the rows that every user type has."""
    roles = frozenset((user_type.role,))
    root = f"{ROOT}/{user_type.key}"

    def row(verb: str, path: str, summary: str, handler: Typed, answer: Any, **more: Any) -> Endpoint:
        serve = partial(handler, user_type)
        about = (handler.__doc__ or "").strip()
        what = user_type.api, verb, f"{root}/{path}", summary, serve, answer, roles, Scope.OWN
        return Endpoint(*what, description=about, errors=(404,), **more)

    return [
        row("GET", "access", "List relations", access, views.RelationList),
        row(
            *("POST", "configurations", "Ask for limits", configurations, views.ConfigurationList),
            body=ListBody,
            only_asks=True,
            examples=({"mpids": None}, {"mpids": ["INET"]}),
        ),
        row(
            *("POST", "poll", "Ask for totals", poll, views.PollList),
            body=PollBody,
            only_asks=True,
            also=(CSV,),
            examples=({"mpids": None}, {"mpids": ["INET"], "withAlerts": True}),
        ),
        row(
            *("GET", "stream", "Follow what happens", follow, None),
            query=StreamQuery,
            media=EVENT_STREAM,
        ),
    ]


def own_row(
    user_type: UserType,
    verb: str,
    path: str,
    summary: str,
    handler: Handler,
    answer: Any,
    **more: Any,
) -> Endpoint:
    """Give a row that one user type has."""
    roles = frozenset((user_type.role,))
    what = user_type.api, verb, f"{ROOT}/{path}", summary, handler, answer, roles, Scope.OWN
    return Endpoint(*what, description=(handler.__doc__ or "").strip(), errors=(404,), **more)


PTR_ENDPOINTS = (
    *rows_of(CLEARING),
    own_row(
        *(CLEARING, "PUT", "clearing/configurations", "Set limits", set_configuration, views.ConfigurationView),
        body=SettingBody,
        examples=({"correspondent": "INET", "settingType": "INTRA", "limits": {"aggregateBuy": 50_000_000}},),
    ),
    own_row(
        *(CLEARING, "GET", "clearing/audit", "Give the audit", audit, views.AuditList), query=AuditQuery, also=(CSV,)
    ),
    *rows_of(CORRESPONDENT),
    own_row(
        *(CORRESPONDENT, "GET", "correspondent/counterparty-access", "List permissions"),
        *(permissions, views.PermissionList),
    ),
    own_row(
        *(CORRESPONDENT, "PUT", "correspondent/counterparty-access", "Opt a counterparty out or in"),
        *(permit, Permission),
        body=AccessBody,
        examples=({"counterparty": "AKAM", "permitted": False},),
    ),
    *rows_of(COUNTERPARTY),
)
