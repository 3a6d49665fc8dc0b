"""Subscriptions to Post-Trade Risk: clients that operations grant, each with its user types, MPIDs and networks.

A subscription is a client made at run time whose roles are user types, each with an MPID list of its own, and that may
ask from its networks only. Its secret is told once.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec.structs import replace

from venue.access import network_of
from venue.calls import Body, Count, Query, Reply
from venue.changes import Answer, Call
from venue.clients import (
    CLIENTS_MAX,
    NOT_TOLD,
    TOLD,
    ClientId,
    ClientRemoved,
    ClientSecret,
    find_client,
    remove_client,
    with_secret,
)
from venue.desk import Client, sorted_clients
from venue.looks import Look
from venue.problem import Problem
from venue.roles import PTR_CLEARING, PTR_CORRESPONDENT, PTR_COUNTERPARTY
from venue.settings import Mpid

USER_TYPES: Final = {
    "clearing": PTR_CLEARING,
    "correspondent": PTR_CORRESPONDENT,
    "counterparty": PTR_COUNTERPARTY,
}
"""The role of each user type."""
Mpids = Annotated[tuple[Mpid, ...], msgspec.Meta(min_length=1, max_length=1_000)]
Networks = Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=100)]
Unset = msgspec.UnsetType
UNSET = msgspec.UNSET


class UserTypes(Body, frozen=True):
    """The MPIDs of each user type; of a clearing firm its own, and those of its correspondents that are open."""

    clearing: Mpids | None = None
    correspondent: Mpids | None = None
    counterparty: Mpids | None = None

    @property
    def by_role(self) -> dict[str, tuple[str, ...]]:
        """The MPIDs by role, of the user types that there are."""
        found = {role: getattr(self, name) for name, role in USER_TYPES.items()}
        return {role: tuple(dict.fromkeys(mpids)) for role, mpids in found.items() if mpids is not None}


class SubscriptionBody(Body, frozen=True):
    """A new subscription: its id, what it may see as which user type, and from where it may ask."""

    id: ClientId
    user_types: UserTypes
    networks: Networks


class SubscriptionChange(Body, frozen=True):
    """What is to be different of a subscription; what is left out stays."""

    user_types: UserTypes | Unset = UNSET
    networks: Networks | Unset = UNSET


class SubscriptionView(Reply, frozen=True):
    """A subscription."""

    id: str
    user_types: dict[str, tuple[str, ...]]
    networks: tuple[str, ...]


class SubscriptionSecret(Reply, frozen=True):
    """A subscription and its secret; asked for again under the same idempotency key, the secret is null."""

    id: str
    user_types: dict[str, tuple[str, ...]]
    networks: tuple[str, ...]
    secret: str | None
    note: str


class SubscriptionsQuery(Query, frozen=True):
    """Which subscriptions: those after an id, so many at most."""

    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 500


class SubscriptionList(Reply, frozen=True):
    """The subscriptions, by id; `next` is what to give as `after` for the following ones."""

    as_of: Count
    items: list[SubscriptionView]
    next: str | None = None


def view(client: Client) -> SubscriptionView:
    """Give a subscription as an answer shows it."""
    types = {name: client.mpids_by_role[role] for name, role in USER_TYPES.items() if role in client.mpids_by_role}
    return SubscriptionView(client.client_id, types, client.networks)


def show_subscriptions(look: Look) -> SubscriptionList:
    """List the subscriptions that were granted."""
    query: SubscriptionsQuery = look.query
    clients = [client for client in sorted_clients(look.machine.desk.clients) if client.networks]
    following = [client for client in clients if client.client_id > query.after]
    items = [view(client) for client in following[: query.limit]]
    return SubscriptionList(look.machine.number, items, items[-1].id if len(following) > len(items) else None)


def grant(call: Call) -> Answer:
    """Grant a subscription; its secret is told this once."""
    body: SubscriptionBody = call.body
    clients = call.venue.machine.desk.clients
    if body.id in clients or any(client.id == body.id for client in call.venue.config.client):
        raise Problem(409, f"there is a client {body.id} already", "id")
    if len(clients) >= CLIENTS_MAX:
        raise Problem(409, f"there are {CLIENTS_MAX:,} clients already, which is the most")
    check_networks(body.networks)
    return told(given(Client(body.id, (), (), b"", networks=body.networks), body.user_types))


def change(call: Call) -> Answer:
    """Change what a subscription may see, or from where it may ask: at once."""
    body: SubscriptionChange = call.body
    client = find(call)
    if isinstance(body.user_types, UserTypes):
        client = given(client, body.user_types)
    if not isinstance(body.networks, Unset):
        check_networks(body.networks)
        client = replace(client, networks=body.networks)
    return Answer(200, view(client), change=client)


def renew(call: Call) -> Answer:
    """Give a subscription a new secret, told this once; the one before stays good until the next, or is ended."""
    client = find(call)
    return told(replace(client, former_sha256=client.secret_sha256))


def revoke(call: Call) -> Answer:
    """Revoke a subscription: it gets no new token, and those that it has end at once."""
    find(call)
    answer = remove_client(call)
    assert isinstance(answer.body, ClientRemoved)
    return answer


def find(call: Call) -> Client:
    """Give the subscription that a path names."""
    client = find_client(call)
    if not client.networks:
        raise Problem(404, f"no such subscription: {client.client_id}", "id")
    return client


def given(client: Client, types: UserTypes) -> Client:
    """Give a client with the roles and MPIDs of its user types."""
    by_role = types.by_role
    if not by_role:
        raise Problem(422, f"give at least one of {', '.join(USER_TYPES)}", "userTypes")
    mpids = tuple(dict.fromkeys(mpid for some in by_role.values() for mpid in some))
    return replace(client, roles=tuple(by_role), mpids=mpids, mpids_by_role=by_role)


def check_networks(networks: tuple[str, ...]) -> None:
    """Raise `Problem` 422 where one of them is none."""
    for i, text in enumerate(networks):
        try:
            network_of(text)
        except ValueError as error:
            raise Problem(422, str(error), f"networks[{i}]") from None


def told(client: Client) -> Answer:
    """Make a secret for a subscription: told in the answer, hashed in the record."""
    answer = with_secret(client)
    made = answer.body
    assert isinstance(made, ClientSecret)
    shown = view(client)
    secret = SubscriptionSecret(shown.id, shown.user_types, shown.networks, made.secret, TOLD)
    return answer._replace(body=secret, kept=replace(secret, secret=None, note=NOT_TOLD))
