"""Clients of the HTTP service that are made while the venue runs, beside those of the configuration.

A secret is made here, outside the machine, told once in the answer and kept as a hash only: the record, the audit and
the answer that an idempotency key gives again are without it.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from venue.calls import Body, Count, Query, Reply
from venue.changes import Answer, Call
from venue.desk import Client, ClientGone, hash_secret, sorted_clients
from venue.looks import Look
from venue.problem import Problem
from venue.roles import MEANINGS, ports_fault
from venue.settings import Mpid, Name6

CLIENTS_MAX = 1_000
"""Clients made at run time."""
SECRET_BYTES = 24
"""Random bytes of a secret, 192 bits; as text they are 32 letters, digits, `-` and `_`."""
TOLD = "the secret is told this once: it is kept as a hash only"
NOT_TOLD = "the secret was told once, in the first answer; POST clients/{id}/secret makes another"

ClientId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}\Z")]
Role = Annotated[str, msgspec.Meta(max_length=64)]


class ClientBody(Body, frozen=True):
    """A new client: its id, what it may do, and for which MPIDs, and ports of them, null being every one."""

    id: ClientId
    roles: Annotated[tuple[Role, ...], msgspec.Meta(min_length=1, max_length=len(MEANINGS))]
    mpids: Annotated[tuple[Mpid, ...], msgspec.Meta(min_length=1, max_length=1_000)] | None = None
    ports: Annotated[tuple[Name6, ...], msgspec.Meta(min_length=1, max_length=1_000)] | None = None


class ClientsQuery(Query, frozen=True):
    """Which clients: those after an id, so many at most."""

    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 500


class ClientView(Reply, frozen=True):
    """A client: what it may do, and for which MPIDs and ports of them, null being every one.

    `rotating` tells that it has two secrets, the last one and the one before.
    """

    id: str
    roles: tuple[str, ...]
    mpids: tuple[str, ...] | None
    ports: tuple[str, ...] | None = None
    rotating: bool = False


class ClientList(Reply, frozen=True):
    """The clients that were made at run time, by id; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[ClientView]
    next: str | None = None


class ClientSecret(Reply, frozen=True):
    """A client and its secret; asked for again under the same idempotency key, the secret is null."""

    id: str
    roles: tuple[str, ...]
    mpids: tuple[str, ...] | None
    secret: str | None
    note: str
    ports: tuple[str, ...] | None = None


class FormerSecretEnded(Reply, frozen=True):
    """A client whose last secret is its only one: tokens that were got with the one before it end at once."""

    id: str
    rotating: Literal[False] = False


class ClientRemoved(Reply, frozen=True):
    """A client that is no more: it gets no new token, and those that it has end at once."""

    id: str
    removed: Literal[True] = True


def show_clients(look: Look) -> ClientList:
    """List the clients that were made at run time."""
    query: ClientsQuery = look.query
    following = [client for client in sorted_clients(look.machine.desk.clients) if client.client_id > query.after]
    items = [view(client) for client in following[: query.limit]]
    return ClientList(look.machine.number, items, items[-1].id if len(following) > len(items) else None)


def view(client: Client) -> ClientView:
    """Give a client as an answer shows it."""
    return ClientView(client.client_id, client.roles, client.mpids, client.ports, bool(client.former_sha256))


def make_client(call: Call) -> Answer:
    """Make a client; its secret is told this once."""
    body: ClientBody = call.body
    for role in body.roles:
        if role not in MEANINGS:
            raise Problem(422, f"no such role: {role}; there are {', '.join(MEANINGS)}", "roles")
    if any(client.id == body.id for client in call.venue.config.client):
        raise Problem(409, f"the configuration has a client {body.id}", "id")
    clients = call.venue.machine.desk.clients
    if body.id in clients:
        raise Problem(409, f"there is a client {body.id} already", "id")
    if len(clients) >= CLIENTS_MAX:
        raise Problem(409, f"there are {CLIENTS_MAX:,} clients already, which is the most")
    if body.ports is not None and (fault := ports_fault(body.roles, body.mpids)):
        raise Problem(422, fault, "ports")
    return with_secret(Client(body.id, tuple(dict.fromkeys(body.roles)), body.mpids, b"", b"", body.ports))


def renew_secret(call: Call) -> Answer:
    """Give a client a new secret, told this once.

    The one before it stays good beside it, so that the client can go over without a pause, until the next new one, or
    until it is ended.
    """
    client = find_client(call)
    return with_secret(replace(client, former_sha256=client.secret_sha256))


def end_former_secret(call: Call) -> Answer:
    """End the secret that a client had before its last one."""
    client = find_client(call)
    if not client.former_sha256:
        raise Problem(409, f"client {client.client_id} has one secret", "id")
    return Answer(200, FormerSecretEnded(client.client_id), change=replace(client, former_sha256=b""))


def remove_client(call: Call) -> Answer:
    """Remove a client that was made at run time."""
    client = find_client(call)
    return Answer(200, ClientRemoved(client.client_id), change=ClientGone(client.client_id))


def find_client(call: Call) -> Client:
    """Give the client that a path names."""
    name = call.path["id"]
    client = call.venue.machine.desk.clients.get(name)
    if client is None:
        if any(configured.id == name for configured in call.venue.config.client):
            raise Problem(409, f"client {name} stands in the configuration: change it there", "id")
        raise Problem(404, f"no such client: {name}", "id")
    return client


def with_secret(client: Client) -> Answer:
    """Make a secret for a client: told in the answer, hashed in the record."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    told = ClientSecret(client.client_id, client.roles, client.mpids, secret, TOLD, client.ports)
    return Answer(
        200,
        told,
        kept=replace(told, secret=None, note=NOT_TOLD),
        change=replace(client, secret_sha256=hash_secret(secret)),
    )
