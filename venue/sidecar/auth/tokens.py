"""Access tokens: signed JWTs (RFC 9068) that tell who asks, and may be held against what is so at present.

A token ends after `http.token_seconds`. It ends at once where its client or person is no longer there or has another
secret by now (it carries a keyed hash of what the secret was), and where its code was used twice. Roles and MPIDs that
were taken away since are gone at once too; those that were added come with the next token.

For editors: whatever a token says is believed only after its signature was found to be by one of our own keys, ES256
alone. Nothing in its header chooses a key but `kid`, and an id that is not ours is no key.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from venue.sidecar.auth.identity import Identity, all_roles, shortest
from venue.sidecar.auth.keys import Key, Keys
from venue.sidecar.auth.principals import CLIENT, Principal, Principals

ALGORITHM = "ES256"
TYPE = "at+jwt"
AUDIENCE = "portcullis"
LEEWAY_SECONDS = 5
"""How far ahead of our clock a token's beginning may lie: that of a machine may be set back a little."""
LONGEST_SECONDS = 3_600
REVOKED_KEPT = 10_000


class BadToken(Exception):  # noqa: N818 - it reads as what is so
    """A token that opens nothing: what is wrong with it, for whoever sent it."""


class Claims(msgspec.Struct, frozen=True):
    """What a token says. Times are seconds since the Unix epoch; `bound` ties it to its subject's secret."""

    iss: str
    sub: str
    aud: str
    iat: int
    nbf: int
    exp: int
    jti: str
    client_id: str
    scope: str
    bound: str
    roles: tuple[str, ...]
    mpids: tuple[str, ...] | None
    ports: tuple[str, ...] | None = None


class Issued(NamedTuple):
    """A new token, with what the answer says of it."""

    token: str
    jti: str
    seconds: int
    scope: str


class Tokens:
    """Gives tokens and takes them. `now` is real time, in seconds since the Unix epoch."""

    def __init__(self, keys: Keys, principals: Principals, issuer: str, seconds: int, now: Callable[[], float]) -> None:
        self._keys = keys
        self._principals = principals
        self._issuer = issuer
        self._seconds = seconds
        self._now = now
        self._revoked: OrderedDict[str, None] = OrderedDict()

    def issue(self, subject: Principal, client_id: str, roles: Iterable[str]) -> Issued:
        """Give a token to a client, for itself or for the person who has logged in."""
        key = self._keys.signing()
        now, jti, granted = int(self._now()), secrets.token_urlsafe(16), sorted(shortest(roles))
        claims = Claims(
            iss=self._issuer,
            sub=subject.subject,
            aud=AUDIENCE,
            iat=now,
            nbf=now,
            exp=now + self._seconds,
            jti=jti,
            client_id=client_id,
            scope=" ".join(granted),
            bound=bind(key, jti, subject.credential),
            roles=tuple(granted),
            mpids=None if subject.mpids is None else tuple(sorted(subject.mpids)),
            ports=None if subject.ports is None else tuple(sorted(subject.ports)),
        )
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.kid}
        token = jwt.encode(header, msgspec.to_builtins(claims), key.pair, [ALGORITHM])
        return Issued(token, jti, self._seconds, claims.scope)

    def identify(self, token: str, *, at_any_age: bool = False) -> Identity:
        """Tell who asks with this token; raises `BadToken`."""
        claims, key = self._read(token)
        now = self._now()
        if claims.iss != self._issuer or claims.aud != AUDIENCE:
            raise BadToken("the token is not for this venue")
        if now >= claims.exp and not at_any_age:
            raise BadToken("the token has expired")
        if max(claims.nbf, claims.iat) > now + LEEWAY_SECONDS:
            raise BadToken("the token is not valid yet")
        if not 0 < claims.exp - claims.iat <= LONGEST_SECONDS:
            raise BadToken("the token lasts too long")
        subject = self._principals.find(claims.sub)
        client = self._principals.find(f"{CLIENT}:{claims.client_id}")
        if subject is None or client is None or not _is_bound(claims, key, subject):
            raise BadToken("the token's client or its secret is not there any more")
        if claims.jti in self._revoked:
            raise BadToken("the token was revoked")
        roles = subject.roles & all_roles(claims.roles)
        return Identity(claims.sub, roles, common(subject.mpids, claims.mpids), common(subject.ports, claims.ports))

    def revoke(self, jti: str) -> None:
        """End a token: its code was used a second time."""
        self._revoked[jti] = None
        if len(self._revoked) > REVOKED_KEPT:
            self._revoked.popitem(last=False)

    def _read(self, token: str) -> tuple[Claims, Key]:
        """Give what a token says, and the key that signed it; raises `BadToken`."""
        found: list[Key] = []

        def ours(signed: Any) -> ECKey:
            header = signed.headers()
            key = self._keys.find(header.get("kid"))
            if key is None or header.get("typ") != TYPE:
                raise BadToken("the token is not by a key of this venue")
            found.append(key)
            return key.pair

        try:
            read = jwt.decode(token, ours, [ALGORITHM])
            return msgspec.convert(read.claims, Claims), found[0]
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise BadToken("the token cannot be read, or is not by a key of this venue") from error


def _is_bound(claims: Claims, key: Key, subject: Principal) -> bool:
    """Whether a token was got with a secret that is still good."""
    bounds = [bind(key, claims.jti, credential) for credential in subject.credentials]
    return any([hmac.compare_digest(claims.bound, bound) for bound in bounds])  # noqa: C419 - all are looked at, in the same time


def bind(key: Key, jti: str, credential: str) -> str:
    """Give what ties a token to the secret behind it, and tells nobody anything of that who has not the key."""
    return hmac.new(key.secret, f"{jti} {credential}".encode(), sha256).hexdigest()


def common(present: frozenset[str] | None, given: tuple[str, ...] | None) -> frozenset[str] | None:
    """Give the MPIDs, or ports, that are open now and were when the token was given; None stands for all."""
    if present is None or given is None:
        return present if given is None else frozenset(given)
    return present.intersection(given)
