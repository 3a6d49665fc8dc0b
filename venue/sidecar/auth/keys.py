"""The keys that sign tokens: ES256 (P-256), made at first use and kept in DIR/sidecar/token-keys.json, mode 0600.

A second process that is started anew takes the tokens that the one before it gave, since it has the same keys. A key
signs for thirty days; then a new one does, and the old one is kept as long as tokens of it may be about. A file that
others could read, or that holds no keys, is replaced by a new one with a line in the log: tokens live for minutes, so
all that is lost is a login. To have new keys at once, remove the file and end the second process.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

KEY_FILE = "token-keys.json"
KEY_SECONDS = 30 * 86_400
"""How long a key signs."""
KEPT_SECONDS = 3_600 + 60
"""How long one that does not sign any more is kept: longer than any token lasts."""
CURVE = "P-256"
OTHERS = 0o077

log = structlog.get_logger()


class Kept(msgspec.Struct):
    """A key as the file has it: private, with the moment from which it signs, in seconds since the Unix epoch."""

    made: int
    key: dict[str, Any]


class Key(NamedTuple):
    """A key in use: from when it signs, the pair itself, and a secret that goes with it, to tie tokens with."""

    made: int
    pair: ECKey
    secret: bytes

    @property
    def kid(self) -> str:
        """The key's id, its thumbprint."""
        assert self.pair.kid is not None
        return self.pair.kid


class BadKeys(Exception):  # noqa: N818 - it reads as what is so
    """A file that cannot be taken for keys."""


class Keys:
    """The present key and the one before it. `now` is real time, in seconds since the Unix epoch."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self._path = folder / KEY_FILE
        self._now = now
        self._kept: list[Key] = []
        """Oldest first; the last one signs."""
        try:
            self._kept = _read(self._path)
        except FileNotFoundError:
            pass
        except (BadKeys, OSError) as error:
            log.warning("the keys of tokens are made anew", why=str(error), file=str(self._path))
        self._renew()

    def signing(self) -> Key:
        """Give the key that signs."""
        self._renew()
        return self._kept[-1]

    def find(self, kid: object) -> Key | None:
        """Give the key of this id, which is the present one or the one before."""
        self._renew()
        return next((key for key in self._kept if key.kid == kid), None)

    def public(self) -> list[dict[str, Any]]:
        """Give the public halves as a JWK set has them, the present one first."""
        self._renew()
        return [
            {**key.pair.as_dict(private=False), "use": "sig", "alg": "ES256", "kid": key.kid}
            for key in reversed(self._kept)
        ]

    def rotate(self) -> None:
        """Have a new key sign from now on."""
        self._kept = [*self._kept[-1:], _key(int(self._now()), ECKey.generate_key(CURVE, private=True))]
        self._write()

    def _renew(self) -> None:
        """Have a new key where the present one is too old, and let go of the one before when its tokens have ended."""
        now = self._now()
        if not self._kept or now - self._kept[-1].made >= KEY_SECONDS:
            self.rotate()
        elif len(self._kept) > 1 and now - self._kept[-1].made >= KEPT_SECONDS:
            self._kept = self._kept[-1:]
            self._write()

    def _write(self) -> None:
        """Replace the file; nobody else may ever read it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_suffix(".unfinished")
        aside.unlink(missing_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode([Kept(key.made, key.pair.as_dict(private=True)) for key in self._kept]))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._path)


def _key(made: int, pair: ECKey) -> Key:
    """Make a key for use of a pair; raises `BadKeys` where it is no private key of our kind."""
    if not pair.is_private or pair.curve_name != CURVE:
        raise BadKeys("the file holds other keys")
    pair.ensure_kid()
    private = pair.as_dict(private=True)["d"]
    return Key(made, pair, sha256(f"token binding {private}".encode()).digest())


def _read(path: Path) -> list[Key]:
    """Read the keys; raises `BadKeys`, `OSError`."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & OTHERS:
            raise BadKeys("others may read the file")
        data = file.read()
    try:
        return [_key(each.made, ECKey.import_key(each.key)) for each in msgspec.json.decode(data, type=list[Kept])]
    except (msgspec.MsgspecError, JoseError, ValueError, TypeError) as error:
        raise BadKeys("the file holds no keys") from error
