"""Logins of clients and people: whose secret is right, after the same work whoever asks, and later after failures.

As for ports (`venue.admission`): an unknown name and a wrong secret get the same answer after the same walk of an
argon2 hash in the thread; the right secret of one who is known to this process is found by a fast hash. After some
failures the next login of the same name from the same address has to wait, twice as long after each further one: it
is not looked at, and is told when to come back. Logins of such a pair are looked at one after the other. The addresses
of an IPv6 network of 64 bits count as one: who asks has all of them.

For editors: all of it belongs to the loop but the thread inside `Verifier`. What grows has a bound.
"""

from __future__ import annotations

import asyncio
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address

import structlog

from venue.admission import Backoff, Burst, Pair
from venue.passwords import Check, Remembered, Verifier
from venue.service_settings import LoginSettings
from venue.sidecar.auth.limits import network_of, too_many
from venue.sidecar.auth.principals import CLIENT, PERSON, Principal, Principals

WAITING_MOST = 200
"""Logins that are looked at or wait their turn; one more is told to come back."""
WAITING_MOST_PER_PAIR = 20
COME_BACK_SECONDS = 5
LONGEST_NAME = 64
"""Characters by which names are told apart here: no name of ours is longer."""

log = structlog.get_logger()


class Line:
    """The logins of one pair, of which one at a time is looked at."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.length = 0


class Logins:
    """Looks at logins."""

    def __init__(self, settings: LoginSettings, principals: Principals) -> None:
        self._principals = principals
        self._remembered = Remembered(exact=True)
        for principal in principals.configured:
            if principal.secret is not None:
                self._remembered.remember(principal.subject, principal.secret)
        self._backoff = Backoff(settings)
        self._lines: dict[Pair, Line] = {}
        self._waiting = 0

    @cached_property
    def _verifier(self) -> Verifier:
        hashes = [principal.secret_hash for principal in self._principals.configured if principal.secret_hash]
        return Verifier(asyncio.get_running_loop(), hashes, exact=True)

    @cached_property
    def _unseen(self) -> Burst:
        return Burst(asyncio.get_running_loop(), "logins refused unseen")

    async def client(self, client_id: str, secret: str, address: IPv4Address | IPv6Address) -> Principal | None:
        """Give the client whose id and secret these are; raises `Problem` 429 from who has to wait."""
        return await self._log_in(CLIENT, client_id, secret, network_of(address))

    async def person(self, name: str, password: str, address: IPv4Address | IPv6Address) -> Principal | None:
        """Give the person whose name and password these are; raises `Problem` 429 from who has to wait."""
        return await self._log_in(PERSON, name, password, network_of(address))

    def close(self) -> None:
        """Look at no more."""
        self._unseen.say()
        self._verifier.close()

    async def _log_in(self, kind: str, name: str, secret: str, address: str) -> Principal | None:
        """Look at a login when its pair has its turn."""
        pair = (address, f"{kind}:{name[: LONGEST_NAME + 1]}")
        line = self._lines.get(pair) or Line()
        if self._waiting >= WAITING_MOST or line.length >= WAITING_MOST_PER_PAIR:
            raise too_many("too many logins wait", COME_BACK_SECONDS)
        self._lines[pair] = line
        line.length += 1
        self._waiting += 1
        try:
            async with line.turn:
                return await self._look(pair, kind, name, secret)
        finally:
            self._waiting -= 1
            line.length -= 1
            if not line.length:
                del self._lines[pair]

    async def _look(self, pair: Pair, kind: str, name: str, secret: str) -> Principal | None:
        loop = asyncio.get_running_loop()
        wait = self._backoff.wait(pair, loop.time())
        address, subject = pair
        if wait > 0:
            self._unseen.add(f"too many have failed from {address}")
            raise too_many("too many logins have failed", wait)
        principal = await self._find(kind, name, secret, address)
        if principal is None:
            self._backoff.fail(pair, loop.time())
            log.info("login failed", who=subject, address=address)
            return None
        self._backoff.forgive(pair)
        return principal

    async def _find(self, kind: str, name: str, secret: str, address: str) -> Principal | None:
        """Find who this is, at once where the secret is known to be right, else after the thread's work."""
        subject = f"{kind}:{name}"
        principal = self._principals.find(subject)
        if self._remembered.matches(subject, secret) and principal is not None:
            return principal
        if kind == CLIENT and (made := self._principals.verify(name, secret)) is not None:
            return made
        right: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        hash_ = None if principal is None else principal.secret_hash
        check = Check(address, secret, hash_, lambda found: None if right.done() else right.set_result(found))
        self._verifier.submit(check)
        try:
            if not await right or principal is None:
                return None
        finally:
            check.dropped = True
        self._remembered.remember(subject, secret)
        return principal
