"""Puts the portal into the application: its pages, its files, the stream of what is live, login and logout.

GET  /portal, /portal/login, /portal/callback      the door
POST /portal/logout                                the way out
GET  /portal/static/{name}                         files
GET  /portal/live                                  what changes, as Server-Sent Events
GET  /portal/part                                  one live part as it is now
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from venue.problem import Problem
from venue.sidecar.auth.identity import AUTH
from venue.sidecar.portal.assets import serve_asset
from venue.sidecar.portal.live import TICKER, stream
from venue.sidecar.portal.login import come_back, log_in, welcome
from venue.sidecar.portal.page import Page
from venue.sidecar.portal.pages import PAGES
from venue.sidecar.portal.serving import PORTAL, NotLoggedIn, Portal, serve
from venue.sidecar.portal.trouble import VISIT, is_by_person, trouble
from venue.sidecar.portal.visit import Visit, html
from venue.sidecar.rest.problems import FOR_PEOPLE

if TYPE_CHECKING:
    from venue.sidecar.context import Sidecar

Door = Callable[[Portal, web.Request], Awaitable[web.StreamResponse]]


def add_portal(
    app: web.Application, sidecar: Sidecar, pages: tuple[Page, ...] = PAGES, now: Callable[[], float] = time.time
) -> None:
    """Add the portal to an application that has its guards already."""
    portal = app[PORTAL] = Portal(sidecar, app[AUTH], pages, now)
    app[FOR_PEOPLE] = for_people
    router = app.router
    router.add_get("/portal", home)
    router.add_get("/portal/", home)
    router.add_get("/portal/login", at_the_door(log_in))
    router.add_get("/portal/callback", at_the_door(come_back))
    router.add_post("/portal/logout", serve(log_out))
    router.add_get("/portal/static/{name}", serve_asset)
    router.add_get("/portal/live", live)
    router.add_get("/portal/part", serve(part))
    for page in pages:
        router.add_get(page.path, serve(page.show, page))
        for route in page.routes:
            router.add_route(route.verb, f"{page.path}/{route.path}", serve(route.serve, page))
    router.add_get("/portal/{rest:.*}", at_the_door(nowhere))
    app.on_cleanup.append(partial(close, portal))


def for_people(request: web.Request, problem: Problem) -> web.Response | None:
    """Tell what went wrong to a person, with the navigation for who has logged in; None where a program asked."""
    if not is_by_person(request):
        return None
    if VISIT not in request and request.path.startswith("/portal/"):
        with suppress(NotLoggedIn, Problem):
            request.app[PORTAL].enter(request)
    return trouble(request, problem)


async def close(portal: Portal, _: web.Application) -> None:
    """Stop what is live, and the sample flow."""
    await portal.hub.close()
    await portal.sidecar.sample_flow.close()


def at_the_door(show: Door) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Give the function by which aiohttp serves somebody who is not logged in yet."""

    async def served(request: web.Request) -> web.StreamResponse:
        return await show(request.app[PORTAL], request)

    return served


async def home(request: web.Request) -> web.StreamResponse:
    """Send who is logged in to their first page, and show others the door."""
    portal = request.app[PORTAL]
    try:
        visit = portal.enter(request)
    except NotLoggedIn:
        return welcome(portal, request)
    except Problem as problem:
        return trouble(request, problem)
    if not visit.nav:
        return trouble(request, Problem(403, f"{visit.identity.subject} has no role that opens a page"))
    return web.Response(status=303, headers={"Location": visit.nav[0].path})


async def nowhere(_: Portal, request: web.Request) -> web.StreamResponse:
    """Say that there is no such page."""
    raise Problem(404, f"there is no page {request.path[:80]}")


async def log_out(visit: Visit) -> web.StreamResponse:
    """End the session."""
    portal = visit.request.app[PORTAL]
    portal.sessions.end(visit.session)
    response = web.Response(status=204, headers={"HX-Redirect": "/portal"})
    portal.set_cookie(response, portal.cookie, "", 0)
    return response


async def live(request: web.Request) -> web.StreamResponse:
    """Send what changes of the parts that a page names."""
    portal = request.app[PORTAL]
    try:
        visit = portal.enter(request)
    except NotLoggedIn:
        return web.Response(status=204)  # which tells a browser to try no more
    except Problem as problem:
        return trouble(request, problem)

    def still() -> bool:
        return portal.sessions.lives(visit.session) and portal.sessions.identity(visit.session) == visit.identity

    try:
        return await stream(request, portal.hub, visit.identity, still)
    except Problem as problem:
        return trouble(request, problem)


async def part(visit: Visit) -> web.StreamResponse:
    """Give one live part as it is now: what a page asks for every 15 seconds, and by its button."""
    hub = visit.request.app[PORTAL].hub
    look = hub.look(visit.query.get("part", ""), visit.identity)
    text = await hub.text(look)
    if hub.regions[look.region].template == TICKER:
        return web.Response(text=text, content_type="application/json")
    return html(text)
