"""User types of Post-Trade Risk: who may see which relations, by the MPID list that a subscription has for each type.

    role ─▶ network of the subscription ─▶ the type's own MPIDs ─▶ relations

A clearing firm sees a relation where both its own MPID and the correspondent's are in the list. A correspondent sees
its own. A counterparty sees that of a correspondent with whom it has an agreement, unless the correspondent has opted
it out, which holds at the next look. An MPID that is named and not open is refused with 403.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.clearing_relation import Relation
from venue.problem import Problem
from venue.roles import PTR_CLEARING, PTR_CORRESPONDENT, PTR_COUNTERPARTY
from venue.sidecar.auth.identity import AUTH, Identity
from venue.sidecar.auth.source import address_of
from venue.sidecar.change import present
from venue.sidecar.clearing import House
from venue.sidecar.rest.endpoints import Ask

if TYPE_CHECKING:
    from venue.sidecar.auth.principals import Principal
    from venue.sidecar.context import Sidecar

Find = Callable[[str], "Principal | None"]
Mpids = frozenset[str] | None
"""MPIDs that are open; None: all."""


def has(mpids: Mpids, mpid: str) -> bool:
    """Whether an MPID is open."""
    return mpids is None or mpid in mpids


def parties_clearing(relation: Relation, mpids: Mpids) -> Iterator[str]:
    """Give the clearing firm, where it and its correspondent are open."""
    entry = relation.entry
    if has(mpids, entry.firm) and has(mpids, entry.correspondent):
        yield entry.firm


def parties_correspondent(relation: Relation, mpids: Mpids) -> Iterator[str]:
    """Give the correspondent, where it is open."""
    if has(mpids, relation.entry.correspondent):
        yield relation.entry.correspondent


def parties_counterparty(relation: Relation, mpids: Mpids) -> Iterator[str]:
    """Give the counterparties that are open, and permitted."""
    for mpid in relation.entry.counterparties:
        if has(mpids, mpid) and relation.permits(mpid):
            yield mpid


class UserType(NamedTuple):
    """A user type: its name and part of the paths, its role, its API's key, and as whom it takes part in a relation."""

    name: str
    key: str
    role: str
    api: str
    parties: Callable[[Relation, Mpids], Iterator[str]]


CLEARING: Final = UserType("clearing firm", "clearing", PTR_CLEARING, "ptr-clearing", parties_clearing)
CORRESPONDENT: Final = UserType(
    "correspondent", "correspondent", PTR_CORRESPONDENT, "ptr-correspondent", parties_correspondent
)
COUNTERPARTY: Final = UserType(
    "counterparty", "counterparty", PTR_COUNTERPARTY, "ptr-counterparty", parties_counterparty
)


class Caller:
    """Somebody who asks as a user type. What is open is looked up each time, since it may change.

    `find` gives a subscription as it is now, with its own MPIDs for each type; None where nobody has such, as people.
    """

    def __init__(self, sidecar: Sidecar, identity: Identity, user_type: UserType, find: Find | None = None) -> None:
        self.sidecar = sidecar
        self.identity = identity
        self.user_type = user_type
        self.find = find

    @property
    def house(self) -> House:
        """Where Post-Trade Risk is kept; raises `Problem` 404 where nobody clears for anybody."""
        house = self.sidecar.clearing
        if house is None:
            raise Problem(404, "nobody clears for anybody here: the configuration has no [[clearing]]")
        return house

    @property
    def mpids(self) -> Mpids:
        """The MPIDs of the user type, as the subscription has them now."""
        principal = None if self.find is None else self.find(self.identity.subject)
        own = None if principal is None else principal.mpids_by_role.get(self.user_type.role)
        return self.identity.mpids if own is None else own

    def relations(self) -> list[Relation]:
        """Give the relations that are open, by correspondent."""
        mpids, known = self.mpids, self.house.clearing.relations
        parties = self.user_type.parties
        return [
            relation
            for _, relation in sorted(known.items())
            if relation.listed and next(parties(relation, mpids), None) is not None
        ]

    def selected(self, named: tuple[str, ...] | None) -> list[Relation]:
        """Give the open relations of these MPIDs, as correspondents or as the caller; raises `Problem` 403."""
        relations = self.relations()
        if named is None:
            return relations
        mpids, parties, chosen = self.mpids, self.user_type.parties, set(named)
        by_party = [(relation, {relation.entry.correspondent, *parties(relation, mpids)}) for relation in relations]
        known = set().union(*(some for _, some in by_party))
        for mpid in named:
            if mpid not in known and (mpids is None or mpid not in mpids):
                self.refuse(mpid, "mpids")
        return [relation for relation, some in by_party if some & chosen]

    def relation(self, correspondent: str) -> Relation:
        """Give the open relation of a correspondent; raises `Problem` 403."""
        for relation in self.relations():
            if relation.entry.correspondent == correspondent:
                return relation
        return self.refuse(correspondent, "correspondent")

    def refuse(self, mpid: str, field: str) -> Relation:
        """Raise `Problem` 403 for an MPID that is not open, or that there is not: which of the two is not told."""
        subject = self.identity.subject
        raise Problem(403, f"{mpid} is not open to {subject} as a {self.user_type.name}", field)

    def __contains__(self, correspondent: object) -> bool:
        """Whether the relation of a correspondent is open now."""
        relation = self.house.relation(str(correspondent))
        return relation is not None and next(self.user_type.parties(relation, self.mpids), None) is not None


def is_near(ask: Ask, address: IPv4Address | IPv6Address) -> bool:
    """Whether this is now an address of a network of the caller's own, or the caller has none."""
    principal = ask.request.app[AUTH].principals.find(ask.identity.subject)
    networks = () if principal is None else principal.networks
    return not networks or any(address in ip_network(text) for text in networks)


async def calling(ask: Ask, user_type: UserType) -> Caller:
    """Give who asks as a user type, from a network of its own, once what is shown is the present."""
    address = address_of(ask.request)
    if not is_near(ask, address):
        raise Problem(403, f"{ask.identity.subject} may not ask from {address}")
    await present(ask.sidecar)
    ask.scoped = True
    return Caller(ask.sidecar, ask.identity, user_type, ask.request.app[AUTH].principals.find)
