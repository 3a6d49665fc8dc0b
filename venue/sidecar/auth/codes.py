"""Authorization codes: what a browser carries from the login page to its client, good once, for a minute.

A code is bound to the client, the address that people are sent back to, and the challenge (PKCE, S256 only) whose
answer only that client knows. Whatever is tried with it, it is used up; a second try also ends the token that the first
one got, since then two have the code. Codes are kept in memory alone: a second process that is started anew knows none.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

CODE_SECONDS = 60
CODES_KEPT = 10_000
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass
class Grant:
    """What a code stands for. `token` is the id of the token that it got: None while it is unused, "" if none."""

    subject: str
    credential: str
    roles: frozenset[str]
    client: str
    redirect_uri: str
    challenge: str
    ends: float = 0.0
    token: str | None = None


class Codes:
    """The codes of the last minutes. `now` is real time; `revoke` ends a token by its id."""

    def __init__(self, now: Callable[[], float], revoke: Callable[[str], None]) -> None:
        self._now = now
        self._revoke = revoke
        self._grants: OrderedDict[str, Grant] = OrderedDict()

    def __len__(self) -> int:
        return len(self._grants)

    def give(self, grant: Grant) -> str:
        """Make a code for a grant."""
        code = secrets.token_urlsafe(32)
        grant.ends = self._now() + CODE_SECONDS
        self._grants[code] = grant
        if len(self._grants) > CODES_KEPT:
            self._grants.popitem(last=False)
        return code

    def take(self, code: str, client: str, redirect_uri: str, verifier: str) -> Grant | None:
        """Use a code up; gives its grant where everything fits. The caller notes in `token` what it got for it."""
        grant = self._grants.get(code)
        if grant is None:
            return None
        if grant.token is not None:
            if grant.token:
                self._revoke(grant.token)
            return None
        grant.token = ""
        fits = (
            self._now() < grant.ends
            and hmac.compare_digest(grant.client.encode(), client.encode())
            and hmac.compare_digest(grant.redirect_uri.encode(), redirect_uri.encode())
            and VERIFIER.fullmatch(verifier) is not None
            and hmac.compare_digest(grant.challenge, challenge_of(verifier))
        )
        return grant if fits else None


def challenge_of(verifier: str) -> str:
    """Give the S256 challenge of a verifier (RFC 7636, 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
