"""The HTTP application: the table of endpoints, each path with its methods, under what guards all of them.

Patience (slow callers) ─▶ guarded (problems, log) ─▶ venue.sidecar.auth (addresses, rates) ─▶ a row of the table
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from venue.sidecar.auth import add_auth
from venue.sidecar.portal import add_portal
from venue.sidecar.rest import documents
from venue.sidecar.rest.endpoints import EVENT_STREAM, Endpoint
from venue.sidecar.rest.patience import IDLE_SECONDS, PATIENCE, Patience, noted
from venue.sidecar.rest.ptr import name_environment
from venue.sidecar.rest.serving import SIDECAR, Next, allow, finish, guarded, serve
from venue.sidecar.rest.tables import ENDPOINTS

if TYPE_CHECKING:
    from venue.sidecar.context import Sidecar

HEAD_LINE = 8_190
"""Bytes of a request's first line, and of one header."""
HEADERS = 64
"""Headers of a request."""
NOT_HTTP = (HttpProcessingError, web.RequestPayloadError)
"""What aiohttp raises for what is not HTTP, or not encoded as it says."""
FRONTS = {"/": "/portal", "/docs/": "/docs"}
"""Bare addresses, and the pages that they lead to."""
GRACE_SECONDS = 1.0
"""How long requests in progress have when the server ends."""


def make_app(sidecar: Sidecar, endpoints: Sequence[Endpoint] = ENDPOINTS) -> web.Application:
    """Give the application, with its guards."""
    app = web.Application(middlewares=[noted, guarded], client_max_size=sidecar.config.http.largest_body_bytes)
    app[SIDECAR] = sidecar
    app[PATIENCE] = Patience()
    app.on_response_prepare.append(finish)
    app.on_response_prepare.append(name_environment)
    app.on_cleanup.append(stop_watching)
    add_auth(app, sidecar)
    add_endpoints(app, [*endpoints, *documents.endpoints(endpoints)])
    add_portal(app, sidecar)
    for path, page in FRONTS.items():
        app.router.add_get(path, front(page))
    return app


def front(page: str) -> Next:
    """Give the function that sends whoever opens a bare address in a browser to its page."""

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=303, headers={"Location": page})

    return handler


def add_endpoints(app: web.Application, endpoints: Sequence[Endpoint]) -> None:
    """Put rows into the application: with each path its methods, HEAD where there is GET, and OPTIONS."""
    paths: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, []).append(endpoint)
    for path, rows in paths.items():
        resource = app.router.add_resource(path)
        methods = [row.verb for row in rows]
        for row in rows:
            resource.add_route(row.verb, serve(row))
            if row.verb == "GET" and row.media != EVENT_STREAM:  # which would have no end to tell the head of
                resource.add_route("HEAD", serve(row))
                methods.append("HEAD")
        resource.add_route("OPTIONS", allow(methods))


async def make_runner(app: web.Application) -> web.AppRunner:
    """Give what serves the application on any socket until its `cleanup`, which lets what is being served end."""
    logger = logging.getLogger("venue.sidecar.http")
    logger.addFilter(tells)
    runner = web.AppRunner(
        app,
        logger=logger,
        access_log=None,
        keepalive_timeout=IDLE_SECONDS,
        shutdown_timeout=GRACE_SECONDS,
        lingering_time=GRACE_SECONDS,
        max_line_size=HEAD_LINE,
        max_field_size=HEAD_LINE,
        max_headers=HEADERS,
    )
    await runner.setup()
    assert runner.server is not None
    app[PATIENCE].watch(runner.server)
    return runner


def tells(line: logging.LogRecord) -> bool:
    """Whether a line of aiohttp's is worth a place in the log: what came was not HTTP is not, it has been answered."""
    return line.exc_info is None or not isinstance(line.exc_info[1], NOT_HTTP)


async def stop_watching(app: web.Application) -> None:
    """Look no more at connections."""
    await app[PATIENCE].stop()
