"""The application that answers over HTTP."""

from __future__ import annotations

from aiohttp import web

from venue.sidecar.context import Sidecar

SIDECAR = web.AppKey("sidecar", Sidecar)


def make_app(sidecar: Sidecar) -> web.Application:
    """Give the application."""
    app = web.Application()
    app[SIDECAR] = sidecar
    app.router.add_get("/healthz", healthz)
    return app


async def healthz(request: web.Request) -> web.Response:
    """Say that this process lives, and how far it is."""
    replica = request.app[SIDECAR].replica
    return web.json_response({"status": "ok", "asOf": replica.applied, "lag": replica.lag})
