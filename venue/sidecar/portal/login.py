"""How people come in and leave: the venue's own login page, by authorization code with PKCE, as the client `portal`.

    /portal ─▶ /portal/login ─▶ /auth/authorize ─▶ /portal/callback ─▶ a session, and the page that was asked for

What is remembered between the second step and the fourth is bound to the browser by a cookie of its own, so that nobody
is logged in as somebody else by an address that was sent to them.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from venue.problem import Problem
from venue.sidecar.auth.codes import challenge_of
from venue.sidecar.auth.identity import AUTH, all_roles
from venue.sidecar.auth.principals import CLIENT
from venue.sidecar.portal.views import render
from venue.sidecar.portal.visit import html, query_fields

if TYPE_CHECKING:
    from venue.sidecar.portal.serving import Portal

CLIENT_ID = "portal"
CALLBACK = "/portal/callback"
PENDING_SECONDS = 600
PENDING_KEPT = 1_000
OWN_PAGE = re.compile(r"/portal/[A-Za-z0-9/_-]{0,200}(\?[A-Za-z0-9_.,:=&%+-]{0,400})?")
"""Where somebody may be sent after the login: a page of the portal."""
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Whose name may stand on the login page before anything is typed."""


@dataclass(frozen=True)
class Pending:
    """A login that has begun: what only we know of it, and the browser that it is of."""

    verifier: str
    browser: str
    redirect_uri: str
    page: str
    began: float


class Logins:
    """The logins that have begun, by their `state`."""

    def __init__(self) -> None:
        self.pending: OrderedDict[str, Pending] = OrderedDict()

    def begin(self, redirect_uri: str, page: str, now: float) -> tuple[str, Pending]:
        """Begin one; gives its state."""
        state = secrets.token_urlsafe(32)
        browser, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        begun = self.pending[state] = Pending(verifier, browser, redirect_uri, page, now)
        if len(self.pending) > PENDING_KEPT:
            self.pending.popitem(last=False)
        return state, begun

    def take(self, state: str, browser: str, now: float) -> Pending | None:
        """Give a login that has begun in this browser, once."""
        begun = self.pending.pop(state, None)
        if begun is None or now - begun.began >= PENDING_SECONDS:
            return None
        return begun if hmac.compare_digest(begun.browser.encode(), browser.encode(errors="replace")) else None


def is_open(request: web.Request) -> bool:
    """Whether people can log in: the configuration has the client."""
    client = request.app[AUTH].principals.find(f"{CLIENT}:{CLIENT_ID}")
    return client is not None and any(uri.endswith(CALLBACK) for uri in client.redirect_uris)


def welcome(portal: Portal, request: web.Request, trouble: str = "", status: int = 200) -> web.Response:
    """Show who is not logged in what this is, and how to come in."""
    page = request.query.get("next", "")
    config = portal.sidecar.config
    onward = {"next": page} if OWN_PAGE.fullmatch(page) else {}
    people = config.person if config.venue.show_logins else ()
    text = render(
        "welcome.html",
        venue=config.venue.name,
        people=[guest(portal, person.name, person.mpids, person.roles, onward) for person in people],
        trouble=trouble,
        has_ended=bool(request.cookies.get(portal.cookie)) and not trouble,
        is_open=is_open(request),
        query=f"?{urlencode(onward)}" if onward else "",
    )
    return html(text, status)


def guest(
    portal: Portal, name: str, mpids: Sequence[str] | None, roles: Sequence[str], onward: Mapping[str, str]
) -> dict[str, Any]:
    """Give a row of the door's table: who may log in, the pages that are theirs to see, and the way in."""
    held = all_roles(frozenset(roles))
    return {
        "name": name,
        "firms": ", ".join(mpids or ("all",)),
        "pages": ", ".join(page.title for page in portal.pages if page.roles & held),
        "roles": ", ".join(roles),
        "way": f"/portal/login?{urlencode({'as': name, **onward})}",
    }


async def log_in(portal: Portal, request: web.Request) -> web.StreamResponse:
    """Send the browser to the login page."""
    auth = request.app[AUTH]
    client = auth.principals.find(f"{CLIENT}:{CLIENT_ID}")
    uris = () if client is None else [uri for uri in client.redirect_uris if urlsplit(uri).path == CALLBACK]
    if not uris:
        raise Problem(503, f"nobody can log in: the configuration has no client {CLIENT_ID} with {CALLBACK}")
    here = [uri for uri in uris if urlsplit(uri).netloc == request.host]
    redirect_uri = (here or uris)[0]
    page = request.query.get("next", "")
    state, begun = portal.logins.begin(redirect_uri, page if OWN_PAGE.fullmatch(page) else "", portal.now())
    asked = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": challenge_of(begun.verifier),
        "code_challenge_method": "S256",
    }
    if NAME.fullmatch(name := request.query.get("as", "")):
        asked["login_hint"] = name
    response = web.Response(status=303, headers={"Location": f"/auth/authorize?{urlencode(asked)}"})
    portal.set_cookie(response, portal.login_cookie, begun.browser, PENDING_SECONDS, strict=False)
    return response


async def come_back(portal: Portal, request: web.Request) -> web.StreamResponse:
    """Take the code with which the login page has sent somebody back, and begin a session."""
    auth, answer = request.app[AUTH], query_fields(request)
    begun = portal.logins.take(answer.get("state", ""), request.cookies.get(portal.login_cookie, ""), portal.now())
    if begun is None or answer.get("iss") != auth.issuer:
        return welcome(portal, request, "That login was begun too long ago, or in another browser.", 403)
    if "code" not in answer:
        return welcome(portal, request, "Nobody has logged in.")
    grant = auth.codes.take(answer["code"], CLIENT_ID, begun.redirect_uri, begun.verifier)
    person = None if grant is None else auth.principals.find(grant.subject)
    if grant is None or person is None or person.credential != grant.credential:
        return welcome(portal, request, "That login is not good any more. Please log in again.", 403)
    session = portal.sessions.begin(person, grant.roles)
    response = web.Response(status=303, headers={"Location": begun.page or "/portal"})
    portal.set_cookie(response, portal.cookie, session.key, None)
    portal.set_cookie(response, portal.login_cookie, "", 0, strict=False)
    return response
