"""Logins of members to their files: the right password of a member that has one, and later after failures.

As with ports and people, a name that nobody has takes as long to refuse as a wrong password, and who fails too often
from one address is not looked at for a while. A check is a walk of argon2, one at a time, so ask in a thread.
"""

from __future__ import annotations

import threading
import time

import structlog

from venue.admission import Backoff
from venue.config import Config
from venue.passwords import USUAL_COST, Remembered, dummy, is_of

LONGEST_NAME = 64

log = structlog.get_logger()


class MemberLogins:
    """Says whether a login is right; any thread may ask."""

    def __init__(self, config: Config) -> None:
        self._hashes = {member.mpid: member.password_hash for member in config.member if member.password_hash}
        self._remembered = Remembered(exact=True)
        for member in config.member:
            if member.password is not None:
                self._remembered.remember(member.mpid, member.password)
        self._backoff = Backoff(config.login)
        self._dummy = dummy(USUAL_COST)
        self._lock = threading.Lock()

    def is_right(self, mpid: str, password: str, address: str) -> bool:
        """Whether it is the member's password, and its address has not failed too often."""
        pair = address, mpid[: LONGEST_NAME + 1]
        with self._lock:
            if self._backoff.wait(pair, time.monotonic()) > 0:
                return False
            right = self._check(mpid, password)
            if right:
                self._backoff.forgive(pair)
            else:
                self._backoff.fail(pair, time.monotonic())
                log.info("login to files failed", who=pair[1], address=address)
            return right

    def _check(self, mpid: str, password: str) -> bool:
        if self._remembered.matches(mpid, password):
            return True
        hash_ = self._hashes.get(mpid)
        if not is_of(password.encode("utf-8", "replace"), hash_ or self._dummy) or hash_ is None:
            return False
        self._remembered.remember(mpid, password)
        return True
