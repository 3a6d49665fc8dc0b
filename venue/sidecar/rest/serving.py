"""Serves a row of the table: who calls, whether they may, what they sent, the handler, and its answer as JSON.

    source list ─▶ rate limit ─▶ token ─▶ role ─▶ query and body ─▶ handler (whose MPID) ─▶ JSON or problem+json

The first two are of `venue.sidecar.auth`. Whatever goes wrong comes out as a problem, of the portal as a page; a fault
of ours is logged with the request's id and tells nothing of the inside.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec
import structlog
from aiohttp import web

from venue.problem import Problem
from venue.sidecar.auth.identity import Identity, authenticate, require
from venue.sidecar.engine import EngineGone
from venue.sidecar.rest import problems
from venue.sidecar.rest.endpoints import NOBODY, Ask, Endpoint, Reply, Scope
from venue.sidecar.rest.problems import LONGEST_PATH
from venue.sidecar.rest.reading import check_accept, read_body, read_key, read_query

if TYPE_CHECKING:
    from venue.sidecar.context import Sidecar

SIDECAR: web.AppKey[Sidecar] = web.AppKey("sidecar")
REQUEST_ID = re.compile(r"[!-~]{1,64}")
AS_OF = "X-As-Of"
REPLAYED = "Idempotent-Replayed"
JSON_POLICY = "default-src 'none'; frame-ancestors 'none'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": JSON_POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What every answer says unless its endpoint says otherwise."""
YEAR = 31_536_000
LATE_SECONDS = 1.0
"""How long a body may take without its caller being looked at anew: his token may have expired, or been taken away."""
LEFT = 499
"""In the log, the status of a request whose caller did not wait for the answer."""

log = structlog.get_logger()
Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serve(endpoint: Endpoint) -> Next:
    """Give the function by which aiohttp serves a row."""

    async def handler(request: web.Request) -> web.StreamResponse:
        identity = admit(request, endpoint)
        check_accept(request, endpoint)
        query = None if endpoint.query is None else read_query(request.rel_url.raw_query_string, endpoint.query)
        began = time.monotonic()
        body = None if endpoint.body is None else await read_body(request, endpoint.body)
        if time.monotonic() - began > LATE_SECONDS:  # what he showed with the head may be worth nothing any more
            identity = admit(request, endpoint)
        key = read_key(request) if endpoint.changes else ""
        ask = Ask(request.app[SIDECAR], request, identity, dict(request.match_info), query, body, key)
        reply = await endpoint.handler(ask)
        assert ask.scoped or endpoint.scope is not Scope.OWN, f"{endpoint.path} did not say whose things it shows"
        return reply if isinstance(reply, web.StreamResponse) else respond(reply)

    return handler


def admit(request: web.Request, endpoint: Endpoint) -> Identity:
    """Tell who calls, and go on only where he may."""
    identity = NOBODY if endpoint.roles is None else authenticate(request)
    request["subject"] = identity.subject or None
    request["public"] = endpoint.roles is None
    check_role(endpoint, identity)
    return identity


def check_role(endpoint: Endpoint, identity: Identity) -> None:
    """Go on only where one of the caller's roles is one of the row's, and no MPID holds them where none may."""
    if endpoint.roles is None:
        return
    require(identity, endpoint.roles)
    if endpoint.scope is Scope.ALL and identity.mpids is not None:
        raise Problem(
            403, f"this shows every MPID's, {identity.subject} is held to {', '.join(sorted(identity.mpids))}"
        )


def respond(reply: Reply) -> web.Response:
    """Make the response of a handler's answer."""
    body = reply.body if isinstance(reply.body, bytes | None) else msgspec.json.encode(reply.body)
    response = web.Response(status=reply.status, body=body, headers={"Content-Type": reply.media})
    if reply.etag:
        response.headers["ETag"] = reply.etag
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Authorization, Accept"
    if reply.as_of:
        response.headers[AS_OF] = str(reply.as_of)
    if reply.replayed:
        response.headers[REPLAYED] = "true"
    return response


def allow(methods: list[str]) -> Next:
    """Give the function that tells which methods a path takes."""
    allowed = ", ".join(sorted({*methods, "OPTIONS"}))

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=204, headers={"Allow": allowed, "Accept-Post": "application/json"})

    return handler


@web.middleware
async def guarded(request: web.Request, handler: Next) -> web.StreamResponse:
    """Turn what goes wrong into problems, and say in one line of the log what was asked."""
    began = time.perf_counter()
    given = request.headers.get("X-Request-Id", "")
    request["id"] = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    status = LEFT
    try:
        response = await attempt(request, handler)
        status = response.status
    finally:
        milliseconds = round((time.perf_counter() - began) * 1000, 1)
        say = log.debug if request.get("public") and status < 400 else log.info
        say(
            "http",
            id=request["id"],
            method=request.method,
            path=request.rel_url.raw_path[:LONGEST_PATH],
            status=status,
            ms=milliseconds,
            caller=request.get("subject"),
        )
    return response


async def attempt(request: web.Request, handler: Next) -> web.StreamResponse:
    """Give the handler's answer, or the problem's."""
    try:
        return await handler(request)
    except Problem as problem:
        return problems.tell(request, problem)
    except web.HTTPException as error:
        if error.status < 400:  # a redirection is an answer
            raise
        return problems.tell(request, problems.of_http(error, request))
    except EngineGone as gone:
        return problems.tell(request, Problem(503, str(gone)))
    except Exception:
        if request.transport is None:
            raise  # who asked has left: there is nobody to answer
        log.exception("fault", id=request["id"], method=request.method, path=request.rel_url.raw_path[:LONGEST_PATH])
        return problems.tell(request, Problem(500, f"a fault of the venue's own; its log has it under {request['id']}"))


async def finish(request: web.Request, response: web.StreamResponse) -> None:
    """Put on every answer what all of them say."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "portcullis"
    response.headers["X-Request-Id"] = request.get("id") or secrets.token_hex(8)  # aiohttp's own have none
    if request.secure:
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR}"
