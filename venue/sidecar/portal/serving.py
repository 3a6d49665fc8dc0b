"""Serves pages: who asks by the session's cookie, whether another site made them ask, whether the page is theirs.

    source list, rate limit (venue.sidecar.auth) ─▶ session ─▶ CSRF ─▶ role ─▶ the page's function ─▶ markup

A change needs the session's `csrf` in a header that only our own script can set, and must not come from another site as
browsers tell it (`Sec-Fetch-Site`, `Origin`); the cookie itself is not sent along from other sites (SameSite). Whatever
goes wrong is answered as a page, or beside the page where a part of it was asked for (`trouble`).
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from venue.problem import Problem
from venue.sidecar.auth.identity import AUTH
from venue.sidecar.change import present
from venue.sidecar.engine import EngineGone
from venue.sidecar.portal.live import Hub
from venue.sidecar.portal.login import Logins
from venue.sidecar.portal.page import Page, Show
from venue.sidecar.portal.sessions import Sessions
from venue.sidecar.portal.trouble import PART, VISIT, trouble
from venue.sidecar.portal.visit import Visit
from venue.sidecar.rest.serving import SIDECAR, Next

if TYPE_CHECKING:
    from venue.sidecar.auth.wiring import Auth
    from venue.sidecar.context import Sidecar

CSRF_HEADER = "X-CSRF-Token"
OUR_SITE = ("same-origin", "none")
BY_ITSELF = ("/portal/live", "/portal/part")
"""What a page asks for without its person."""
SHOWN = "HX-Current-URL"
"""The header by which it says of which page that is."""


class NotLoggedIn(Exception):  # noqa: N818 - it reads as what is so
    """There is no session."""


class Portal:
    """What all pages share. `now` is real time, in seconds."""

    def __init__(
        self, sidecar: Sidecar, auth: Auth, pages: tuple[Page, ...], now: Callable[[], float] = time.time
    ) -> None:
        self.sidecar = sidecar
        self.now = now
        self.pages = pages
        self.sessions = Sessions(auth.principals, now)
        self.logins = Logins()
        self.hub = Hub(sidecar, {region.name: region for page in pages for region in page.regions})
        issuer = urlsplit(auth.issuer)
        self.is_secure = issuer.scheme == "https"
        suffix = issuer.port or (443 if self.is_secure else 80)
        self.cookie = f"portcullis-session-{suffix}"  # cookies know no ports: two venues on a machine need two names
        self.login_cookie = f"portcullis-login-{suffix}"

    def set_cookie(
        self, response: web.StreamResponse, name: str, value: str, seconds: int | None, *, strict: bool = True
    ) -> None:
        """Set a cookie that no script can read, for the portal's paths; without `seconds` it ends with the browser."""
        same_site = "Strict" if strict else "Lax"
        response.set_cookie(
            name, value, path="/portal", httponly=True, samesite=same_site, secure=self.is_secure, max_age=seconds
        )

    def enter(self, request: web.Request, page: Page | None = None) -> Visit:
        """Let somebody in who has a session; raises `NotLoggedIn`, or `Problem` 429 for who asks too often."""
        is_use = request.path not in BY_ITSELF
        session = self.sessions.find(request.cookies.get(self.cookie, ""), is_use=is_use)
        if session is None:
            raise NotLoggedIn
        identity = self.sessions.identity(session)
        request["subject"] = identity.subject
        request.app[AUTH].callers.take(identity.subject)
        nav = tuple(one for one in self.pages if identity.may(one.roles))
        visit = request[VISIT] = Visit(request, self.sidecar, session, identity, page, nav)
        return visit


PORTAL: web.AppKey[Portal] = web.AppKey("portal")


def serve(show: Show, page: Page | None = None) -> Next:
    """Give the function by which aiohttp serves a part of a page."""

    async def served(request: web.Request) -> web.StreamResponse:
        portal = request.app[PORTAL]
        try:
            visit = portal.enter(request, page)
            if request.method not in ("GET", "HEAD"):
                check_sender(visit)
            if page is not None:
                visit.require(*page.roles)
            await present(request.app[SIDECAR])
            return await show(visit)
        except NotLoggedIn:
            return to_the_door(request)
        except Problem as problem:
            return trouble(request, problem)
        except EngineGone as gone:
            return trouble(request, Problem(503, str(gone)))

    return served


def check_sender(visit: Visit) -> None:
    """Go on only where the request is of a page of this session; raises `Problem` 403."""
    request = visit.request
    origin = request.headers.get("Origin")
    is_ours = request.headers.get("Sec-Fetch-Site", "same-origin") in OUR_SITE and (
        origin is None or origin.partition("://")[2] == request.host
    )
    given = request.headers.get(CSRF_HEADER, "")
    if not is_ours or not hmac.compare_digest(given.encode(errors="replace"), visit.session.csrf.encode()):
        raise Problem(403, "this was not sent by a page of your session: reload the page and try again")


def to_the_door(request: web.Request) -> web.Response:
    """Send who is not logged in to where one logs in, and afterwards back: of a part to the page that asked for it."""
    page = request.path_qs if request.method == "GET" else ""
    if PART in request.headers:
        shown = urlsplit(request.headers.get(SHOWN, ""))
        page = shown._replace(scheme="", netloc="", fragment="").geturl() if shown.netloc == request.host else ""
    door = f"/portal?{urlencode({'next': page})}" if page else "/portal"
    if PART in request.headers:
        return web.Response(status=401, headers={"HX-Redirect": door})
    return web.Response(status=303, headers={"Location": door})
