"""Passwords: how they are kept, and how one is checked without holding anybody up.

A password is kept as an argon2id hash (RFC 9106), which takes some 30 ms and 19 MiB to check. That is far too long for
the loop, so one worker thread does it, one at a time. Who waits for the thread is served by turns, one source address
after the other: a crowd of wrong passwords from one address delays another address by one check, not by a crowd's.

Once a password was found right, the port remembers it by a fast hash under a key that only this process has, so the
next login costs a microsecond. Passwords that stand in the configuration in the clear are remembered like that from
the start. SoupBinTCP passwords know no upper and lower case, and are all given upper case here; what people and
programs log in with over HTTP is taken as it is (`exact`).
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

from argon2.exceptions import Argon2Error
from argon2.low_level import Type, hash_secret, verify_secret

TIME_COST, MEMORY_KIB, PARALLELISM = 2, 19_456, 1
"""What `portcullis config hash` asks of argon2id: the least that OWASP's password storage sheet recommends."""
TIME_COST_MAX, MEMORY_KIB_MAX, PARALLELISM_MAX = 10, 262_144, 4
"""What a hash from elsewhere may ask at most, so that one login cannot keep the thread or the memory."""
SALT_BYTES, DIGEST_BYTES = 16, 32
ENCODED = re.compile(
    r"\$argon2id\$v=19\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,9})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})",
    re.ASCII,
)


class BadHash(Exception):  # noqa: N818 - it reads as what is so
    """A text that is no argon2id hash, or one that is too costly."""


class Cost(NamedTuple):
    """What a hash costs to check: the same for all that one command made."""

    time: int
    memory_kib: int
    parallelism: int


USUAL_COST = Cost(TIME_COST, MEMORY_KIB, PARALLELISM)


def in_bytes(password: str, exact: bool) -> bytes:
    """Give what is hashed of a password: of a port's the upper case, else the password itself."""
    return (password if exact else password.upper()).encode()


def hash_password(password: str, exact: bool = False) -> str:
    """Make the hash that `password_hash` and `secret_hash` take."""
    salt = secrets.token_bytes(SALT_BYTES)
    return hash_secret(in_bytes(password, exact), salt, *USUAL_COST, DIGEST_BYTES, Type.ID).decode()


def cost_of(text: str) -> Cost:
    """Give what a hash costs to check; raises `BadHash`."""
    found = ENCODED.fullmatch(text)
    if found is None or not all(map(_is_base64, found.groups()[3:])):
        raise BadHash("it is no argon2id hash")
    cost = Cost(int(found[2]), int(found[1]), int(found[3]))
    if cost.time > TIME_COST_MAX or cost.memory_kib > MEMORY_KIB_MAX or cost.parallelism > PARALLELISM_MAX:
        raise BadHash(f"it costs more than m={MEMORY_KIB_MAX},t={TIME_COST_MAX},p={PARALLELISM_MAX}")
    if cost.memory_kib < 8 * cost.parallelism:
        raise BadHash("argon2 needs an m of eight times p at least")
    return cost


def _is_base64(part: str) -> bool:
    """Whether argon2 can read it: whole bytes, no bits left over."""
    try:
        return _base64(b64decode(part + "=" * (-len(part) % 4))) == part
    except ValueError:
        return False


def _base64(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")


def dummy(cost: Cost) -> str:
    """Make a hash of this cost that no password is known to fit: what is checked where there is no real one."""
    salt, digest = (_base64(bytes(size)) for size in (SALT_BYTES, DIGEST_BYTES))
    return f"$argon2id$v=19$m={cost.memory_kib},t={cost.time},p={cost.parallelism}${salt}${digest}"


class Remembered:
    """The right passwords that this process has met, by name: a keyed hash of each, never the password."""

    def __init__(self, exact: bool = False) -> None:
        self._exact = exact
        self._key = secrets.token_bytes(32)
        self._known: dict[str, bytes] = {}

    def remember(self, name: str, password: str) -> None:
        """Note that this is the password of `name`."""
        self._known[name] = self._digest(password)

    def matches(self, name: str, password: str) -> bool:
        """Whether this is the remembered password of `name`."""
        return hmac.compare_digest(self._known.get(name, b""), self._digest(password))

    def _digest(self, password: str) -> bytes:
        return blake2b(in_bytes(password, self._exact), key=self._key).digest()


class Check:
    """One password that waits for the thread, or is there. `found` gets the answer, or None where it was dropped."""

    __slots__ = ("address", "dropped", "found", "hash", "password")

    def __init__(self, address: str, password: str, hash_: str | None, found: Callable[[bool | None], None]) -> None:
        self.address = address
        self.password = password
        self.hash = hash_
        self.found = found
        self.dropped = False


class Verifier:
    """The thread that checks passwords against argon2 hashes, and who waits for it.

    Whatever it is asked, it walks one check of each cost that the known hashes have (they all have the same, where one
    command made them): against the hash asked for, or against a dummy. So time does not tell what was wrong.

    For editors: all but `verify` belongs to the loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, hashes: Iterable[str], exact: bool = False) -> None:
        self._loop = loop
        self._exact = exact
        self._dummies = {cost: dummy(cost) for cost in {cost_of(text): None for text in hashes} or {USUAL_COST: None}}
        self._lines: dict[str, deque[Check]] = {}
        self._busy = False
        self._closed = False
        self._thread = ThreadPoolExecutor(1, "passwords")

    @property
    def waiting(self) -> int:
        """How many checks wait for the thread."""
        return sum(map(len, self._lines.values()))

    def submit(self, check: Check) -> None:
        """Check a password when its address has its turn; `check.found` is called on the loop with the answer."""
        self._lines.setdefault(check.address, deque()).append(check)
        self._next()

    def close(self) -> None:
        """Check nothing more and answer nobody."""
        self._closed = True
        self._lines.clear()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def verify(self, password: str, hash_: str | None) -> bool:
        """Check a password against a hash, or against none; in the thread."""
        cost = None if hash_ is None else cost_of(hash_)
        secret = in_bytes(password, self._exact)
        right = False
        for each, fake in self._dummies.items():
            if each == cost and hash_ is not None:
                right = is_of(secret, hash_)
            else:
                is_of(secret, fake)
        return right

    def _next(self) -> None:
        """Give the thread the first check of the address whose turn it is; that address goes to the end."""
        while self._lines and not self._busy and not self._closed:
            address = next(iter(self._lines))
            line = self._lines.pop(address)
            check = line.popleft()
            if line:
                self._lines[address] = line
            if check.dropped:
                check.found(None)
                continue
            self._busy = True
            future = self._loop.run_in_executor(self._thread, self.verify, check.password, check.hash)
            future.add_done_callback(partial(self._found, check))

    def _found(self, check: Check, future: asyncio.Future[bool]) -> None:
        self._busy = False
        if not self._closed and not future.cancelled():
            check.found(future.result())
            self._next()


def is_of(secret: bytes, hash_: str) -> bool:
    """Whether a hash is that of a password: one walk of argon2, however it ends."""
    try:
        return verify_secret(hash_.encode(), secret, Type.ID)
    except Argon2Error:  # another password; or memory was short, which lets nobody in
        return False
