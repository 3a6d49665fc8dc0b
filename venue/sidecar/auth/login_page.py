"""`/auth/authorize`: the page on which people log in for a client, and what it does with what they typed.

A request that does not name a known client and one of its addresses, to the letter, is answered on the page: nobody is
ever sent to an address that the configuration does not have. Everything else goes back to the client, as RFC 6749
(4.1.2) and RFC 9207 have it: a code, or the word for what is wrong. PKCE with S256 is required of everyone.

The page needs no script. Its form carries a seal (see `Seals`), so that no other site can post it in somebody's name.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode, urlsplit

from aiohttp import web
from jinja2 import Environment, StrictUndefined

from venue.problem import Problem
from venue.roles import MEANINGS
from venue.sidecar.auth.codes import CHALLENGE, Grant
from venue.sidecar.auth.forms import BadForm, fields, read_form
from venue.sidecar.auth.identity import AUTH
from venue.sidecar.auth.principals import CLIENT, Principal
from venue.sidecar.auth.source import address_of

if TYPE_CHECKING:
    from venue.sidecar.auth.wiring import Auth

PARAMETERS = ("response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method", "scope")
"""What a client says in the address of the page; the page's form carries it on."""
HINT = "login_hint"
"""Where a client says who is about to log in, as OpenID Connect Core (3.1.2.1) has it."""
LONGEST_NAME = 64
LONGEST_STATE = 1_024
STATE = re.compile(rf"[ -~]{{0,{LONGEST_STATE}}}")
COOKIE = "portcullis-login"
COOKIE_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")
SEAL_SECONDS = 600
"""How long a page may stay open before it has to be loaded again."""
PAGES = resources.files("venue.sidecar.auth").joinpath("pages")
STYLE = PAGES.joinpath("login.css").read_text(encoding="utf-8")
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
PAGE = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
    PAGES.joinpath("login.html").read_text(encoding="utf-8")
)


class Asked(NamedTuple):
    """What a client asks for, checked so far that its user may be sent back to it."""

    client: Principal
    redirect_uri: str
    state: str
    parameters: dict[str, str]


class Astray(Exception):  # noqa: N818 - it reads as what is so
    """A request from which nobody may be sent on: what is wrong with it."""


class SentBack(Exception):  # noqa: N818 - it reads as what is so
    """A request that is refused to its client: RFC 6749's word for why, and ours."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


class Seals:
    """Ties a page to the browser that asked for it, and to what it was asked for, for a while.

    The seal is a keyed hash of both and of the time, under a key that only this process has.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._key = secrets.token_bytes(32)
        self._now = now

    def make(self, cookie: str, parameters: Mapping[str, str]) -> str:
        """Seal a page."""
        stamp = str(int(self._now()))
        return f"{stamp}.{self._hash(stamp, cookie, parameters)}"

    def holds(self, seal: str, cookie: str, parameters: Mapping[str, str]) -> bool:
        """Whether this is the seal of such a page, and not an old one."""
        stamp, _, given = seal.partition(".")
        expected = self._hash(stamp, cookie, parameters)
        if not hmac.compare_digest(given.encode(), expected.encode()):
            return False
        return self._now() - int(stamp) < SEAL_SECONDS

    def _hash(self, stamp: str, cookie: str, parameters: Mapping[str, str]) -> str:
        text = urlencode([("stamp", stamp), ("cookie", cookie), *sorted(parameters.items())])
        return hmac.new(self._key, text.encode(), sha256).hexdigest()


async def authorize(request: web.Request) -> web.StreamResponse:
    """Show the page."""
    auth = request.app[AUTH]
    try:
        given = fields(request.rel_url.raw_query_string)
        asked = read(auth, given)
    except (Astray, BadForm) as astray:
        return show(request, status=400, trouble=str(astray))
    try:
        check(asked)
    except SentBack as refused:
        return send_back(auth, asked, error=refused.error, error_description=str(refused))
    return show(request, asked, name=given.get(HINT, ""))


async def log_in(request: web.Request) -> web.StreamResponse:
    """Take what was typed: send back with a code, or show the page again."""
    auth = request.app[AUTH]
    try:
        form = await read_form(request)
        asked = read(auth, form)
        typed = form.get("name", "")
    except (Astray, BadForm) as astray:
        return show(request, status=400, trouble=str(astray))
    try:
        roles = check(asked)
    except SentBack as refused:
        return send_back(auth, asked, error=refused.error, error_description=str(refused))
    if not is_from_our_page(request, form, asked):
        return show(request, asked, 403, "This page was open for too long. Please log in again.", name=typed)
    if form.get("action") == "cancel":
        return send_back(auth, asked, error="access_denied", error_description="the user did not log in")
    try:
        person = await auth.logins.person(typed, form.get("password", ""), address_of(request))
    except Problem as problem:  # too many have failed, or wait
        text = f"Too many logins have failed. Please wait {problem.headers['Retry-After']} seconds."
        return show(request, asked, problem.status, text, problem.headers, name=typed)
    if person is None:
        return show(request, asked, 403, "Name or password is wrong.", name=typed)
    granted = roles & person.roles if roles else person.roles
    if not granted:
        return send_back(auth, asked, error="invalid_scope", error_description="the user has none of these roles")
    challenge = asked.parameters["code_challenge"]
    grant = Grant(person.subject, person.credential, granted, asked.client.name, asked.redirect_uri, challenge)
    return send_back(auth, asked, code=auth.codes.give(grant))


def read(auth: Auth, given: Mapping[str, str]) -> Asked:
    """Tell for which client somebody comes, and where to go back to; raises `Astray`."""
    parameters = {name: given[name] for name in PARAMETERS if name in given}
    client = auth.principals.find(f"{CLIENT}:{parameters.get('client_id', '')}")
    if client is None or not client.redirect_uris:
        raise Astray("The application that sent you here is not known to this venue (client_id).")
    redirect_uri = parameters.get("redirect_uri", "")
    if redirect_uri not in client.redirect_uris:
        raise Astray("The application wants you back at an address that is not one of its own (redirect_uri).")
    return Asked(client, redirect_uri, parameters.get("state", ""), parameters)


def check(asked: Asked) -> frozenset[str]:
    """Check the rest of what a client asks for; gives the roles that it names, none for all. Raises `SentBack`."""
    parameters = asked.parameters
    if not STATE.fullmatch(asked.state):
        raise SentBack("invalid_request", f"state is at most {LONGEST_STATE} printable ASCII characters")
    if parameters.get("response_type") != "code":
        raise SentBack("unsupported_response_type", "response_type must be code")
    if parameters.get("code_challenge_method") != "S256":
        raise SentBack("invalid_request", "code_challenge_method must be S256")
    if not CHALLENGE.fullmatch(parameters.get("code_challenge", "")):
        raise SentBack("invalid_request", "code_challenge must be 43 characters of base64url")
    roles = frozenset(parameters.get("scope", "").split())
    if not roles <= MEANINGS.keys():
        raise SentBack("invalid_scope", "scope names a role that there is not")
    return roles


def is_from_our_page(request: web.Request, form: Mapping[str, str], asked: Asked) -> bool:
    """Whether a form was posted from a page that this process gave to this browser."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        return False
    return request.app[AUTH].seals.holds(form.get("seal", ""), request.cookies.get(COOKIE, ""), asked.parameters)


def send_back(auth: Auth, asked: Asked, **answer: str) -> web.Response:
    """Send the browser back to the client with an answer."""
    state = {"state": asked.state} if asked.state and STATE.fullmatch(asked.state) else {}
    query = urlencode({**answer, **state, "iss": auth.issuer})
    separator = "&" if "?" in asked.redirect_uri else "?"
    headers = {"Location": f"{asked.redirect_uri}{separator}{query}", "Cache-Control": "no-store"}
    return web.Response(status=303, headers=headers | {"Referrer-Policy": "no-referrer"})


def show(
    request: web.Request,
    asked: Asked | None = None,
    status: int = 200,
    trouble: str = "",
    headers: Mapping[str, str] | None = None,
    *,
    name: str = "",
) -> web.Response:
    """Show the page, or without anything asked only what is wrong; `name` stands in its field already."""
    auth = request.app[AUTH]
    cookie = request.cookies.get(COOKIE, "")
    if not COOKIE_VALUE.fullmatch(cookie):
        cookie = secrets.token_urlsafe(32)
    text = PAGE.render(
        venue=auth.venue,
        style=STYLE,
        asked=asked,
        host=None if asked is None else urlsplit(asked.redirect_uri).netloc,
        trouble=trouble,
        name=name[:LONGEST_NAME],
        seal="" if asked is None else auth.seals.make(cookie, asked.parameters),
    )
    response = web.Response(text=text, content_type="text/html", status=status, headers=headers)
    response.headers.update(guards(asked))
    if asked is not None:
        is_secure = auth.issuer.startswith("https:")
        response.set_cookie(COOKIE, cookie, path="/auth/authorize", httponly=True, samesite="Lax", secure=is_secure)
    return response


def guards(asked: Asked | None) -> dict[str, str]:
    """Give the headers that keep a page from being framed, scripted, cached, or posted elsewhere."""
    forms = "'none'"
    if asked is not None:  # browsers hold the redirection that follows a form to this, too
        parts = urlsplit(asked.redirect_uri)
        forms = f"'self' {parts.scheme}://{parts.netloc}"
    policy = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action {forms}"
    return {
        "Content-Security-Policy": f"{policy}; frame-ancestors 'none'; base-uri 'none'",
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",  # no-referrer would have browsers leave out where a form comes from
        "Cache-Control": "no-store",
    }
