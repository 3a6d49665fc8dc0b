"""Who asks: a client or a person, with the roles and the MPIDs that its token opens.

What the roles mean stands in `venue.roles`. Whose data: where a request names an MPID (in its path, query or body)
that is not the asker's, it is refused with 403. Where it names a thing by an id that tells no MPID (a rule, a reject,
a trade), it gets the same 404 as for an id that there is not, since a 403 would tell that there is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from aiohttp import web

from venue.problem import Problem
from venue.roles import MEANINGS, OPERATIONS

if TYPE_CHECKING:
    from venue.sidecar.auth.wiring import Auth

AUTH: web.AppKey[Auth] = web.AppKey("auth")


class Identity(NamedTuple):
    """Who asks: `client:ID` or `person:NAME`, what that may do, and with whose data (None: everybody's).

    With `ports`, of an MPID's data only what is of these ports is open.
    Who has the role `operations` has every role.
    """

    subject: str
    roles: frozenset[str]
    mpids: frozenset[str] | None
    ports: frozenset[str] | None = None

    def may(self, roles: Iterable[str], mpid: str | None = None) -> bool:
        """Whether one of these roles is there, and the data of this MPID, where one is named, is open."""
        return not self.roles.isdisjoint(roles) and (mpid is None or self.sees(mpid))

    def sees(self, mpid: str) -> bool:
        """Whether the data of an MPID is open."""
        return self.mpids is None or mpid in self.mpids

    def sees_port(self, mpid: str, port: str | None) -> bool:
        """Whether the data of a port of an MPID is open; None is what is of the MPID as a whole."""
        return self.sees(mpid) and (self.ports is None or port in self.ports)


def authenticate(request: web.Request) -> Identity:
    """Tell who asks, by the bearer token; raises `Problem` 401 without a good one, 429 from who asks too often."""
    return request.app[AUTH].identify(request)


def require(identity: Identity, roles: Iterable[str], mpid: str | None = None) -> None:
    """Let go on who has one of these roles, and the MPID where the request names one; else raises `Problem` 403."""
    wanted = sorted(roles)
    if not identity.may(wanted):
        raise Problem(403, f"{identity.subject} does not have the role {' or '.join(wanted)}")
    if mpid is not None and not identity.sees(mpid):
        raise Problem(403, f"{identity.subject} has no part in what is {mpid}'s")


def conceal(identity: Identity, mpid: str, missing: Problem, port: str | None = None) -> None:
    """Raise `missing`, what is said of an id that there is not, where a found thing's MPID or port is another's."""
    if not identity.sees_port(mpid, port):
        raise missing


def all_roles(roles: Iterable[str]) -> frozenset[str]:
    """Give what roles come to: `operations` opens all."""
    given = frozenset(roles)
    return frozenset(MEANINGS) if OPERATIONS in given else given


def shortest(roles: Iterable[str]) -> frozenset[str]:
    """Give the fewest roles that come to the same."""
    given = frozenset(roles)
    return frozenset({OPERATIONS}) if OPERATIONS in given else given
