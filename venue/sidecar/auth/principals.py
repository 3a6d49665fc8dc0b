"""Who there is: the configuration's clients and people, and the clients that operations have made at run time.

Each has a subject, by which tokens and the audit name it: `client:ID` or `person:NAME`. Its `credential` is a text that
differs as soon as its secret does; tokens are bound to it (see `tokens`), and it never leaves this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from venue.config import Config
from venue.desk import hash_secret
from venue.sidecar.auth.identity import all_roles

if TYPE_CHECKING:
    from venue.desk import Client, Desk

CLIENT, PERSON = "client", "person"


class Principal(NamedTuple):
    """A client or a person. Without `secret` and `secret_hash` it is a browser's client, or one of the desk's.

    `former` is the credential of the secret before the last one, while that is good.
    """

    subject: str
    roles: frozenset[str]
    mpids: frozenset[str] | None
    credential: str
    secret: str | None = None
    secret_hash: str | None = None
    redirect_uris: tuple[str, ...] = ()
    ports: frozenset[str] | None = None
    former: str = ""
    mpids_by_role: Mapping[str, frozenset[str]] = MappingProxyType({})
    networks: tuple[str, ...] = ()

    @property
    def credentials(self) -> tuple[str, ...]:
        """What tokens may be bound to."""
        return (self.credential, self.former) if self.former else (self.credential,)

    @property
    def name(self) -> str:
        """The id or name alone."""
        return self.subject.partition(":")[2]

    @property
    def is_public(self) -> bool:
        """Whether it is a client that has no secret, since it could not keep one."""
        return not self.credential


class Principals:
    """Finds clients and people. `desk` gives the present desk, which knows the clients made at run time.

    It raises `Problem` 503 while there is none: an old one may hold clients that were removed.

    `origins` are the beginnings of this venue's own addresses: a redirect that is a path is one of them and that path.
    """

    def __init__(self, config: Config, desk: Callable[[], Desk], origins: Iterable[str]) -> None:
        self._desk = desk
        self._configured: dict[str, Principal] = {}
        own = tuple(origins)
        for client in config.client:
            self._add(
                Principal(
                    f"{CLIENT}:{client.id}",
                    all_roles(client.roles),
                    _some(client.mpids),
                    client.secret or client.secret_hash or "",
                    client.secret,
                    client.secret_hash,
                    tuple(address for uri in client.redirect_uris for address in _absolute(uri, own)),
                    _some(client.ports),
                    "",
                    _by_role(client.mpids_by_role or {}),
                    client.networks or (),
                )
            )
        for person in config.person:
            credential = person.password or person.password_hash or ""
            known = Principal(f"{PERSON}:{person.name}", all_roles(person.roles), _some(person.mpids), credential)
            known = known._replace(secret=person.password, secret_hash=person.password_hash)
            self._add(known._replace(ports=_some(person.ports)))

    def _add(self, principal: Principal) -> None:
        self._configured[principal.subject] = principal

    @property
    def configured(self) -> Iterable[Principal]:
        """Those that stand in the configuration."""
        return self._configured.values()

    def find(self, subject: str) -> Principal | None:
        """Give who this is at present."""
        known = self._configured.get(subject)
        kind, _, name = subject.partition(":")
        if known is not None or kind != CLIENT:
            return known
        made = self._desk().clients.get(name)
        return None if made is None else _made(made)

    def verify(self, client_id: str, secret: str) -> Principal | None:
        """Give the client made at run time whose secret this is; one of the configuration's has its own."""
        if f"{CLIENT}:{client_id}" in self._configured:
            return None
        made = self._desk().verify(client_id, secret)
        return None if made is None else _made(made)._replace(credential=hash_secret(secret).hex())


def _made(client: Client) -> Principal:
    credential = client.secret_sha256.hex()
    made = Principal(f"{CLIENT}:{client.client_id}", all_roles(client.roles), _some(client.mpids), credential)
    made = made._replace(ports=_some(client.ports), former=client.former_sha256.hex())
    return made._replace(mpids_by_role=_by_role(client.mpids_by_role), networks=client.networks)


def _some(names: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _by_role(mpids: Mapping[str, Iterable[str]]) -> Mapping[str, frozenset[str]]:
    return {role: frozenset(some) for role, some in mpids.items()}


def _absolute(uri: str, origins: tuple[str, ...]) -> list[str]:
    return [f"{origin}{uri}" for origin in origins] if uri.startswith("/") else [uri]
