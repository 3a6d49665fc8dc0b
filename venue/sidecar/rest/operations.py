"""The operations over HTTP: the rows of `venue.operations` under /ops, which `portcullis ops` reaches as well.

What only looks is answered from the replica. What changes something goes to the engine and is answered once it is
durable and the replica has applied it, so that whoever looks afterwards sees it.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated
from urllib.parse import quote, urlencode

import msgspec
from aiohttp import web

from venue.calls import LONGEST_NUMBER, Body, Query
from venue.looks import Look
from venue.operations import ROUTES
from venue.problem import Problem, ProblemDetails
from venue.roles import OPERATIONS
from venue.route import Route
from venue.sidecar.auth.identity import AUTH
from venue.sidecar.change import change, present
from venue.sidecar.comparison import Outcome
from venue.sidecar.events import events
from venue.sidecar.feed import KINDS
from venue.sidecar.rest.endpoints import EVENT_STREAM, Ask, Empty, Endpoint, Handler, Reply

ROOT = "/ops/"
ROLES = frozenset((OPERATIONS,))


def looking(route: Route) -> Handler:
    """Give the handler of a row that only looks."""
    look = route.look
    assert look is not None

    async def handler(ask: Ask) -> Reply:
        await present(ask.sidecar)
        machine = ask.sidecar.replica.machine
        return Reply(look(Look(machine, ask.path, ask.query)), machine.number)

    return handler


def changing(route: Route) -> Handler:
    """Give the handler of a row that changes something."""

    async def handler(ask: Ask) -> Reply:
        target = "/".join(
            quote(ask.path[part[1:-1]], safe="") if part.startswith("{") else part for part in route.path.split("/")
        )
        body = msgspec.UNSET if ask.body is None else ask.body
        if asked := urlencode(given(ask.query)):
            target += f"?{asked}"
        return await carry_out(ask, route.verb, target, body)

    return handler


def given(query: msgspec.Struct) -> dict[str, object]:
    """Give the fields of a query that say something."""
    found = msgspec.to_builtins(query)
    return {name: value for name, value in found.items() if value is not None}


def endpoint(route: Route) -> Endpoint:
    """Give the endpoint of one of the operations."""
    return Endpoint(
        api="ops",
        verb=route.verb,
        path=ROOT + route.path,
        summary=route.summary,
        handler=looking(route) if route.look is not None else changing(route),
        answer=route.answer,
        roles=ROLES,
        query=Empty if route.query is None else route.query,
        body=route.body,
        errors=route.problems,
        description=((route.look or route.serve).__doc__ or "").strip(),
        examples=route.examples,
    )


async def carry_out(ask: Ask, verb: str, target: str, body: object) -> Reply:
    """Have the engine process make a change, and wait until the replica shows it."""
    response = await change(ask.sidecar, verb, target, body, ask.identity.subject, ask.key)
    if response.status >= 400:
        details = msgspec.convert(response.body, ProblemDetails)
        raise Problem(details.status, details.detail, errors=details.errors)
    return Reply(response.body, response.record, response.status, response.replayed is True)


class EventsQuery(Query, frozen=True):
    """Which events: kinds with commas between them, all without; those behind a record, the next ones without."""

    kinds: str = ""
    after: Annotated[int, msgspec.Meta(ge=0, le=10**LONGEST_NUMBER - 1)] | None = None


async def follow(ask: Ask) -> web.StreamResponse:
    """Send what happens as it happens, until the caller leaves."""
    auth = ask.request.app[AUTH]
    return await events(ask.request, ask.sidecar, ask.identity, partial(auth.still, ask.request, ask.identity))


EVENTS = Endpoint(
    api="ops",
    verb="GET",
    path=f"{ROOT}events",
    summary="Follow what happens",
    handler=follow,
    answer=None,
    roles=ROLES,
    query=EventsQuery,
    description=f"Server-Sent Events: {', '.join(KINDS)}. `Last-Event-ID` goes on where a stream broke off.",
    media=EVENT_STREAM,
)


async def compare(ask: Ask) -> Reply:
    """Hold the replica's state hash against the engine's at one record; where they differ it is built anew."""
    outcome = await ask.sidecar.comparison.compare()
    return Reply(outcome, outcome.record)


COMPARE = Endpoint(
    api="ops",
    verb="POST",
    path=f"{ROOT}replica/compare",
    summary="Compare the replica's state with the engine's",
    handler=compare,
    answer=Outcome,
    roles=ROLES,
    body=Body,
    description=compare.__doc__ or "",
)

OPERATION_ENDPOINTS = (*(endpoint(route) for route in ROUTES), EVENTS, COMPARE)
