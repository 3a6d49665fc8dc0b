"""Sessions of people in the portal: a cookie that stands for who has logged in, until they leave or are idle too long.

A session is made of an authorization code (`login`), as a token is, and holds as much: it ends at once where its person
is not there any more or has another password, and loses roles and MPIDs that were taken away. It lives in this
process's memory alone, so a second process that is started anew asks people to log in again.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from venue.sidecar.auth.identity import Identity, all_roles
from venue.sidecar.auth.principals import Principal, Principals
from venue.sidecar.auth.tokens import common

IDLE_SECONDS = 4 * 3_600
"""Seconds after which a session ends in which its person asked for nothing; what a page asks for itself is none."""
LONGEST_SECONDS = 12 * 3_600
"""Seconds after which it ends however much is asked: a working day."""
SESSIONS_KEPT = 10_000
SESSIONS_OF_ONE = 50
"""Sessions that one person may have; the one that was idle for longest ends for the next."""


@dataclass
class Session:
    """Who has logged in, as it was then. `csrf` stands in every page of the session, and in what those send."""

    subject: str
    credential: str
    roles: frozenset[str]
    mpids: tuple[str, ...] | None
    ports: tuple[str, ...] | None
    began: float
    seen: float
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def name(self) -> str:
        """The person's name."""
        return self.subject.partition(":")[2]


class Sessions:
    """The sessions that there are. `now` is real time, in seconds."""

    def __init__(self, principals: Principals, now: Callable[[], float]) -> None:
        self._principals = principals
        self._now = now
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def begin(self, person: Principal, roles: frozenset[str]) -> Session:
        """Begin the session of a person, with these of the person's roles."""
        now = self._now()
        mpids, ports = (None if some is None else tuple(sorted(some)) for some in (person.mpids, person.ports))
        session = Session(person.subject, person.credential, roles, mpids, ports, now, now)
        theirs = [key for key, one in self._sessions.items() if one.subject == person.subject]
        if len(theirs) >= SESSIONS_OF_ONE:
            del self._sessions[theirs[0]]
        self._sessions[session.key] = session
        if len(self._sessions) > SESSIONS_KEPT:
            self._sessions.popitem(last=False)
        return session

    def find(self, key: str, *, is_use: bool = True) -> Session | None:
        """Give the session of a cookie, and note that it is used; None where there is none any more."""
        session = self._sessions.get(key)
        if session is None:
            return None
        if not self.lives(session):
            self.end(session)
            return None
        if is_use:
            session.seen = self._now()
            self._sessions.move_to_end(key)
        return session

    def lives(self, session: Session) -> bool:
        """Whether a session goes on: neither ended nor too old, its person there with the same password."""
        now = self._now()
        if now - session.seen >= IDLE_SECONDS or now - session.began >= LONGEST_SECONDS:
            return False
        person = self._principals.find(session.subject)
        return (
            session.key in self._sessions
            and person is not None
            and hmac.compare_digest(person.credential.encode(), session.credential.encode())
        )

    def identity(self, session: Session) -> Identity:
        """Give who asks in a session that lives, with what is allowed now and was then."""
        person = self._principals.find(session.subject)
        assert person is not None
        roles = person.roles & all_roles(session.roles)
        mpids, ports = common(person.mpids, session.mpids), common(person.ports, session.ports)
        return Identity(session.subject, roles, mpids, ports)

    def end(self, session: Session) -> None:
        """End a session."""
        self._sessions.pop(session.key, None)
