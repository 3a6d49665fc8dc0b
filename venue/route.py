"""A row of a table of calls: what may be asked of the venue, over engine.sock and over HTTP.

`venue.operations` joins the tables and serves them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from venue.calls import Body, Query, Reply

if TYPE_CHECKING:
    from venue.changes import Answer, Call
    from venue.looks import Look

OWNER = "owner"
"""Who asks where no actor is named: whoever may open engine.sock owns the data directory."""
LOOK = "GET"
END = "DELETE"
"""The verb that is never meant unless it is named."""


class Route(NamedTuple):
    """One call: `path` has its values in braces; `body` is None where there is none to give.

    A call has one of two functions: `look` needs a machine and nothing else, `serve` the running venue, and may take
    its time. `problems` are the statuses that its own errors have, `examples` bodies that it takes.
    """

    verb: str
    path: str
    body: type[Body] | None
    answer: type[Reply]
    summary: str
    look: Callable[[Look], Reply] | None = None
    serve: Callable[[Call], Answer | Awaitable[Answer]] | None = None
    query: type[Query] = Query
    problems: tuple[int, ...] = ()
    examples: tuple[dict[str, Any], ...] = ()
