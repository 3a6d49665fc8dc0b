"""The tables of the configuration file that say who may ask over HTTP, from where, and how much.

A client is a program: it has a secret, or it runs in a browser and has none, only addresses to which people are sent
back. A person logs in on a page. What either may do are roles (`venue.roles`), for some MPIDs or for all.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from venue.settings import Mpid, Name6, Settings

PerSecond = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Networks = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
ClientId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
ClientSecret = Annotated[str, msgspec.Meta(pattern=r"^[!-$&-*,-~]{16,128}\Z")]
"""Without `%` and `+`, so that it reads the same whether a client has form-encoded it for HTTP Basic or not."""
PersonPassword = Annotated[str, msgspec.Meta(pattern=r"^[ -~]{1,128}\Z")]


class HttpSettings(Settings, frozen=True):
    """The HTTP service: from where it may be asked, how long tokens last, how much it takes."""

    url: str | None = None
    allow: Networks | None = None
    allow_under: dict[str, Networks] | None = None
    token_seconds: Annotated[int, msgspec.Meta(ge=10, le=3_600)] = 300
    client_requests_per_second: PerSecond = 200
    client_burst: PerSecond = 400
    address_requests_per_second: PerSecond = 400
    address_burst: PerSecond = 800
    largest_body_bytes: Annotated[int, msgspec.Meta(ge=1_024, le=67_108_864)] = 1_048_576


class ClientSettings(Settings, frozen=True):
    """A program that may ask for tokens. Without `mpids` it may see the data of all, with `ports` of these only.

    `mpids_by_role` are those of a role that has others; `networks` from where it may ask for Post-Trade Risk.
    """

    id: ClientId
    secret: ClientSecret | None = None
    secret_hash: str | None = None
    roles: tuple[str, ...] = ()
    mpids: Annotated[tuple[Mpid, ...], msgspec.Meta(min_length=1)] | None = None
    redirect_uris: tuple[str, ...] = ()
    ports: Annotated[tuple[Name6, ...], msgspec.Meta(min_length=1)] | None = None
    mpids_by_role: dict[str, Annotated[tuple[Mpid, ...], msgspec.Meta(min_length=1)]] | None = None
    networks: Networks | None = None


class PersonSettings(Settings, frozen=True):
    """Somebody who may log in on a page. Without `mpids` the data of all may be seen, with `ports` of these only."""

    name: ClientId
    roles: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    password: PersonPassword | None = None
    password_hash: str | None = None
    mpids: Annotated[tuple[Mpid, ...], msgspec.Meta(min_length=1)] | None = None
    ports: Annotated[tuple[Name6, ...], msgspec.Meta(min_length=1)] | None = None
