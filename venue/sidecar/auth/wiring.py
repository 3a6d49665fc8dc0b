"""Joins what decides who may ask into one object of the application, and puts its guards and paths there.

GET  /.well-known/openid-configuration, /auth/jwks     what there is, and the public keys
POST /auth/token                                       a secret or a code against a token
GET, POST /auth/authorize                              the login page
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from venue.problem import Problem
from venue.roles import MEANINGS
from venue.sidecar.auth.codes import Codes
from venue.sidecar.auth.identity import AUTH, Identity
from venue.sidecar.auth.keys import Keys
from venue.sidecar.auth.limits import Buckets
from venue.sidecar.auth.login_page import Seals, authorize, log_in
from venue.sidecar.auth.logins import Logins
from venue.sidecar.auth.principals import Principals
from venue.sidecar.auth.source import Sources, guard
from venue.sidecar.auth.token_endpoint import GRANT_TYPES, token
from venue.sidecar.auth.tokens import BadToken, Tokens

if TYPE_CHECKING:
    from venue.desk import Desk
    from venue.sidecar.context import Sidecar
    from venue.sidecar.replica import Replica

FOLDER = "sidecar"
"""Where in the data directory the keys are."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
CHALLENGE = 'Bearer realm="portcullis"'


class Auth:
    """All that decides who may ask. `now` is real time, in seconds since the Unix epoch."""

    def __init__(self, sidecar: Sidecar, now: Callable[[], float] = time.time) -> None:
        http = sidecar.config.http
        self.venue = sidecar.config.venue.name
        self.issuer = issuer_of(sidecar)
        self.principals = Principals(sidecar.config, partial(present_desk, sidecar.replica), origins_of(self.issuer))
        self.keys = Keys(sidecar.data / FOLDER, now)
        self.tokens = Tokens(self.keys, self.principals, self.issuer, http.token_seconds, now)
        self.codes = Codes(now, self.tokens.revoke)
        self.logins = Logins(sidecar.config.login, self.principals)
        self.seals = Seals(now)
        self.sources = Sources(http)
        self.addresses = Buckets(http.address_requests_per_second, http.address_burst)
        self.callers = Buckets(http.client_requests_per_second, http.client_burst)

    def still(self, request: web.Request, identity: Identity) -> bool:
        """Whether who asked this a while ago might ask the same now: nothing of it was taken away. Age is no matter."""
        try:
            token = token_in(request.headers.getall("Authorization", [""]))
            return self.tokens.identify(token, at_any_age=True) == identity
        except (BadToken, Problem):
            return False

    def identify(self, request: web.Request) -> Identity:
        """Tell who asks; raises `Problem` 401 without a good token, 429 from who asks too often."""
        headers = request.headers.getall("Authorization", [])
        if not headers:
            raise unauthorized("a token is required, in the header Authorization: Bearer TOKEN", CHALLENGE)
        try:
            identity = self.tokens.identify(token_in(headers))
        except BadToken as error:
            challenge = f'{CHALLENGE}, error="invalid_token", error_description="{error}"'
            raise unauthorized(str(error), challenge) from None
        self.callers.take(identity.subject)
        return identity


def present_desk(replica: Replica) -> Desk:
    """Give the desk as it is at present; raises `Problem` 503 while the replica catches up, with an old one."""
    if not replica.caught_up.is_set():
        raise Problem(503, "which clients there are is not known yet: the replica has not caught up with the log")
    return replica.machine.desk


def token_in(headers: list[str]) -> str:
    """Give the token of the Authorization headers; raises `BadToken`."""
    scheme, _, text = headers[0].partition(" ")
    if len(headers) > 1 or scheme != "Bearer" or not text:
        raise BadToken("the header must be there once, as Authorization: Bearer TOKEN")
    return text


def unauthorized(detail: str, challenge: str) -> Problem:
    """Give the problem of one who has not shown who asks."""
    return Problem(401, detail, headers={"WWW-Authenticate": challenge})


def add_auth(app: web.Application, sidecar: Sidecar, now: Callable[[], float] = time.time) -> None:
    """Add the guards and the paths. Whatever turns `Problem` into an answer is to stand before them."""
    auth = app[AUTH] = Auth(sidecar, now)
    app.middlewares.append(guard(auth.sources, auth.addresses))
    app.router.add_get("/.well-known/openid-configuration", metadata)
    app.router.add_get("/auth/jwks", jwks)
    app.router.add_post("/auth/token", token)
    app.router.add_get("/auth/authorize", authorize)
    app.router.add_post("/auth/authorize", log_in)
    app.on_cleanup.append(partial(close, auth))


async def close(auth: Auth, _: web.Application) -> None:
    """Let go of the thread."""
    auth.logins.close()


def issuer_of(sidecar: Sidecar) -> str:
    """Give the address by which the service is known: `http.url`, else the one that it binds."""
    config = sidecar.config
    if config.http.url is not None:
        return config.http.url
    service = config.web_service
    assert service is not None
    host, port = sidecar.addresses[service.key]
    return f"{'https' if service.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def origins_of(issuer: str) -> list[str]:
    """Give the beginnings of this venue's own addresses: on loopback a browser may know it by any of three names."""
    parts = urlsplit(issuer)
    hosts = {name.strip("[]") for name in LOOPBACK}
    if parts.hostname not in hosts:
        return [issuer]
    port = "" if parts.port is None else f":{parts.port}"
    return [f"{parts.scheme}://{host}{port}" for host in LOOPBACK]


async def jwks(request: web.Request) -> web.StreamResponse:
    """Give the public keys (RFC 7517)."""
    return web.json_response({"keys": request.app[AUTH].keys.public()})


async def metadata(request: web.Request) -> web.StreamResponse:
    """Say what there is (RFC 8414, at OpenID Connect's address). No identity tokens are given, so none are told of."""
    auth = request.app[AUTH]
    return web.json_response(
        {
            "issuer": auth.issuer,
            "authorization_endpoint": f"{auth.issuer}/auth/authorize",
            "token_endpoint": f"{auth.issuer}/auth/token",
            "jwks_uri": f"{auth.issuer}/auth/jwks",
            "scopes_supported": list(MEANINGS),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": list(GRANT_TYPES),
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
    )
