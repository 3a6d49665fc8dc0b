"""What an endpoint is: one row for each path and verb, from which it is served, checked and described.

The tables of rows are in the modules beside this one (`operations`, `status`, `explanations`); `tables.py` joins
them. A row says who may call it (`roles`, and by `scope` whose things it shows), and what goes in and comes out as
msgspec structs, so that nothing is checked by hand that the row already says.

For editors: a row has roles or is `PUBLIC`. With `Scope.OWN` its handler must say through `Ask.conceal` whose
things it is about to show; the server refuses to answer for a handler that did not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from aiohttp import web

from venue.problem import Problem
from venue.sidecar.auth.identity import Identity, conceal

if TYPE_CHECKING:
    from venue.sidecar.context import Sidecar

PUBLIC: Final[frozenset[str] | None] = None
"""Roles of a row that needs no token."""
IDEMPOTENCY_KEY = "Idempotency-Key"
EVENT_STREAM = "text/event-stream"
NOBODY = Identity("", frozenset(), frozenset())
"""Who calls a public endpoint."""


class Scope(Enum):
    """Whose things an endpoint shows or changes."""

    ALL = auto()
    """Everybody's: only for callers that are held to no MPID."""
    OWN = auto()
    """The caller's own: the handler names the MPID through `Ask.conceal`."""
    PUBLIC = auto()
    """Nobody's: whoever has one of the roles sees all of it."""


class Empty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A query that takes nothing."""


class Reply(NamedTuple):
    """What is answered: a struct or plain data, the record as of which it is so, whether it was said before.

    With an `etag` the caller may ask whether it is still so, and keeps what he has where that is not another.
    """

    body: Any
    as_of: int = 0
    status: int = 200
    replayed: bool = False
    media: str = "application/json"
    etag: str = ""


@dataclass
class Ask:
    """A call as a handler gets it: `path`, `query` and `body` are read and typed, the caller is known."""

    sidecar: Sidecar
    request: web.Request
    identity: Identity
    path: dict[str, str]
    query: Any
    body: Any
    key: str = ""
    scoped: bool = False

    def wants(self, media: str) -> bool:
        """Whether the caller names these media and does not take JSON."""
        kinds = {kind.partition(";")[0].strip().lower() for kind in self.request.headers.get("Accept", "").split(",")}
        return media in kinds and "application/json" not in kinds

    def has(self, etag: str) -> bool:
        """Whether what the caller has is what this names, be it weak or strong (RFC 9110, 13.1.2)."""
        given = ",".join(self.request.headers.getall("If-None-Match", []))
        kept = {text.strip().removeprefix("W/") for text in given.split(",")}
        return etag.removeprefix("W/") in kept or "*" in kept

    def conceal(self, mpid: str, missing: Problem, port: str | None = None) -> None:
        """Go on only where what was found is the caller's; otherwise it is as `missing` as what there is not.

        `port` is the one whose it is, None where it is of the MPID as a whole.
        """
        self.scoped = True
        conceal(self.identity, mpid, missing, port)

    def sees(self, mpid: str, port: str | None) -> bool:
        """Whether what is of an MPID, and of a port or (None) of the MPID as a whole, is the caller's."""
        self.scoped = True
        return self.identity.sees_port(mpid, port)

    def sees_mpid(self, mpid: str) -> bool:
        """Whether anything of an MPID is the caller's."""
        self.scoped = True
        return self.identity.sees(mpid)


Handler = Callable[[Ask], Awaitable[Reply | web.StreamResponse]]


class Endpoint(NamedTuple):
    """One row. `query` and `body` are structs that refuse unknown fields; `answer` is None where it is not JSON.

    `query` None leaves the query to whoever reads it, such as a page's script.

    `errors` are the statuses beside those that every endpoint of its kind has (`statuses` gives them all). A POST that
    `only_asks` changes nothing: its body is a query. `also` are media that may be asked for in place of `media`.
    """

    api: str
    verb: str
    path: str
    summary: str
    handler: Handler
    answer: Any
    roles: frozenset[str] | None
    scope: Scope = Scope.ALL
    query: type[msgspec.Struct] | None = Empty
    body: type[msgspec.Struct] | None = None
    errors: tuple[int, ...] = ()
    description: str = ""
    media: str = "application/json"
    examples: tuple[Any, ...] = ()
    only_asks: bool = False
    also: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether it changes something."""
        return self.verb != "GET" and not self.only_asks

    @property
    def names(self) -> list[str]:
        """The names in the path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    @property
    def statuses(self) -> list[int]:
        """Every status of a refusal that this endpoint may answer."""
        found = {403, 406, 422, 429, 500, 503, *self.errors}
        if self.roles is not None:
            found.add(401)
        if self.changes or self.body is not None:
            found |= {400, 408, 413, 415}
        if self.changes:
            found.add(409)
        if self.body is None:
            found.add(400)
        if self.names:
            found.add(404)
        return sorted(found)
