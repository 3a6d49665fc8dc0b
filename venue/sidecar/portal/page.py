"""What a page is: its place in the navigation, what it serves, and its regions, the parts that are live.

For editors: a new page is a module with a `PAGE` and its line in `pages.py`. Its templates extend `base.html`. Whoever
has none of `roles` does not see it and gets 403; what a function changes it still has to allow (`Visit.require`), and a
template shows no button for what would be refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from aiohttp import web

from venue.sidecar.auth.identity import Identity

if TYPE_CHECKING:
    from venue.sidecar.context import Sidecar
    from venue.sidecar.portal.visit import Visit

Show = Callable[["Visit"], Awaitable[web.StreamResponse]]
"""Answers a request that has been let in."""


class Look(NamedTuple):
    """Who looks at a region, with what arguments: two looks that are equal see the same."""

    region: str
    arguments: tuple[str, ...]
    identity: Identity


Content = Callable[["Sidecar", Look], Awaitable[Mapping[str, Any]]]
"""Gives what a region's template needs; raises `Problem` where the look is not allowed."""


class Region(NamedTuple):
    """A part of a page that is shown anew as the venue changes. An element names it by `data-live`.

    The template's outermost element has that attribute and an id. `roles` are those of who may look. What changes
    without a record (mail, the clock, figures) is looked at every `seconds`. One that `hears` shows events.
    """

    name: str
    template: str
    content: Content
    roles: frozenset[str]
    seconds: float = 0.0
    hears: bool = False


class Route(NamedTuple):
    """Something that a page serves beside itself: a dialog, a change, a file."""

    verb: str
    path: str
    serve: Show


class Page(NamedTuple):
    """A page; `path` is below /portal/. `icon` is a name of `templates/icons.html`."""

    key: str
    title: str
    summary: str
    icon: str
    roles: frozenset[str]
    show: Show
    routes: tuple[Route, ...] = ()
    regions: tuple[Region, ...] = ()

    @property
    def path(self) -> str:
        """Where it is."""
        return f"/portal/{self.key}"
