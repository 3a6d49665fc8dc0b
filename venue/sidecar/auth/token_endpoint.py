"""`POST /auth/token`: a client's secret, or a code from the login page, against a token (RFC 6749, RFC 7636, RFC 9068).

Errors have the form of RFC 6749, 5.2. A client shows its id and secret by HTTP Basic or in the body, one of the two;
one without a secret gives its id in the body. Only too many requests and too large a body are problems as elsewhere.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from aiohttp import web

from venue.sidecar.auth.forms import BadForm, read_form
from venue.sidecar.auth.identity import AUTH
from venue.sidecar.auth.principals import CLIENT, Principal
from venue.sidecar.auth.source import address_of
from venue.sidecar.auth.tokens import Issued

if TYPE_CHECKING:
    from venue.sidecar.auth.wiring import Auth

CLIENT_CREDENTIALS, AUTHORIZATION_CODE = "client_credentials", "authorization_code"
GRANT_TYPES = (CLIENT_CREDENTIALS, AUTHORIZATION_CODE)
UNCACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
CHALLENGE = 'Basic realm="portcullis", charset="UTF-8"'


class Refused(Exception):  # noqa: N818 - it reads as what is so
    """A request that gets no token: RFC 6749's word for why, and ours."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


async def token(request: web.Request) -> web.StreamResponse:
    """Answer a request for a token."""
    try:
        issued = await _issue(request.app[AUTH], request)
    except (Refused, BadForm) as refused:
        error = refused.error if isinstance(refused, Refused) else "invalid_request"
        is_client = error == "invalid_client"
        headers = UNCACHED | ({"WWW-Authenticate": CHALLENGE} if is_client else {})
        body = {"error": error, "error_description": str(refused)}
        return web.json_response(body, status=401 if is_client else 400, headers=headers)
    answer = {
        "access_token": issued.token,
        "token_type": "Bearer",
        "expires_in": issued.seconds,
        "scope": issued.scope,
    }
    return web.json_response(answer, headers=UNCACHED)


async def _issue(auth: Auth, request: web.Request) -> Issued:
    if request.rel_url.raw_query_string:
        raise Refused("invalid_request", "parameters belong into the body, not into the address")
    form = await read_form(request)
    grant_type = _wanted(form, "grant_type")
    if grant_type not in GRANT_TYPES:
        raise Refused("unsupported_grant_type", f"grant_type is {' or '.join(GRANT_TYPES)}")
    client = await _client(auth, request, form)
    if grant_type == CLIENT_CREDENTIALS:
        if client.is_public:
            raise Refused("unauthorized_client", "a client without a secret gets tokens for people only")
        return auth.tokens.issue(client, client.name, _roles(form, client))
    if not client.redirect_uris:
        raise Refused("unauthorized_client", "the client has no redirect_uris, so nobody can log in for it")
    return _for_code(auth, client, form)


def _wanted(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        raise Refused("invalid_request", f"{name} is required")
    return form[name]


def _roles(form: dict[str, str], client: Principal) -> frozenset[str]:
    """Give the roles that the token shall have: those of `scope`, all without it."""
    asked = frozenset(form.get("scope", "").split())
    if not asked <= client.roles:
        raise Refused("invalid_scope", "the client does not have every role that scope names")
    return asked or client.roles


async def _client(auth: Auth, request: web.Request, form: dict[str, str]) -> Principal:
    """Tell which client asks; raises `Refused`. A field without a value counts as left out (RFC 6749, 3.2)."""
    headers = request.headers.getall("Authorization", [])
    if not headers and not form.get("client_secret"):
        client = auth.principals.find(f"{CLIENT}:{_wanted(form, 'client_id')}")
        if client is None or not client.is_public:
            raise Refused("invalid_client", "the client is unknown, or has to show its secret")
        return client
    if not headers:
        client_id, secret = _wanted(form, "client_id"), form["client_secret"]
    elif len(headers) > 1 or form.get("client_secret"):
        raise Refused("invalid_request", "a client shows its secret in one way")
    else:
        client_id, secret = _basic(headers[0])
        if (form.get("client_id") or client_id) != client_id:
            raise Refused("invalid_request", "the body names another client than the header")
    client = await auth.logins.client(client_id, secret, address_of(request))
    if client is None:
        raise Refused("invalid_client", "the client is unknown, or its secret is another")
    return client


def _basic(header: str) -> tuple[str, str]:
    """Read HTTP Basic, whose parts are form-encoded (RFC 6749, 2.3.1); one that is not reads the same here."""
    scheme, _, encoded = header.partition(" ")
    not_basic = Refused("invalid_client", "the Authorization header is not HTTP Basic")
    if scheme.lower() != "basic":
        raise not_basic
    try:
        client_id, colon, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
        pair = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:  # binascii.Error and UnicodeDecodeError are some
        raise not_basic from None
    if not (client_id and colon):
        raise not_basic
    return pair


def _for_code(auth: Auth, client: Principal, form: dict[str, str]) -> Issued:
    """Give the token of the person who has logged in for this client."""
    code, redirect_uri, verifier = (_wanted(form, name) for name in ("code", "redirect_uri", "code_verifier"))
    grant = auth.codes.take(code, client.name, redirect_uri, verifier)
    person = None if grant is None else auth.principals.find(grant.subject)
    if grant is None or person is None or person.credential != grant.credential:
        raise Refused(
            "invalid_grant", "the code is unknown, used, too old, or another client's; or its verifier is wrong"
        )
    roles = grant.roles & person.roles
    issued = auth.tokens.issue(person, client.name, roles)
    grant.token = issued.jti
    return issued
