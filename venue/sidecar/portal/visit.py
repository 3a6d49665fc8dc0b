"""A visit: one request of somebody who has logged in, and what a page's function needs to answer it.

Pages call the rows of the REST table through `call`: the role is asked for, the body is read into the row's struct and
refused by its field, the change is audited under the person's name, as for a program that asks over HTTP.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from aiohttp import web

from venue.problem import Problem
from venue.sidecar.auth.forms import BadForm, fields, read_form
from venue.sidecar.auth.identity import Identity, require
from venue.sidecar.portal.page import Page
from venue.sidecar.portal.views import render
from venue.sidecar.rest.endpoints import Ask, Endpoint, Reply, Scope
from venue.sidecar.rest.operations import carry_out
from venue.sidecar.rest.reading import convert, of_texts
from venue.sidecar.rest.serving import check_role
from venue.sidecar.rest.tables import ENDPOINTS

if TYPE_CHECKING:
    from venue.sidecar.context import Sidecar
    from venue.sidecar.portal.sessions import Session

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load and do: files of ours alone, nothing inline."""
HTML = "text/html"
OF_FORMS = frozenset((409, 422))
"""Refusals that a form shows, with what was typed; any other is told beside the page."""
SHAPE = re.compile(
    r"Expected `(?P<kind>\w+)[^`]*`"
    r"(?: matching regex .*| (?P<long>of length )?(?P<how>[<>]=?) (?P<bound>[0-9.]+)|, got `[^`]+`)"
)
"""What a struct says of a value that does not fit."""
IN_BRACKETS = re.compile(r'\["([^"]*)"\]')
BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
DONE = "portal-done"
"""The event by which a page's script closes the dialog and shows the live parts anew."""


@cache
def rows() -> Mapping[tuple[str, str], Endpoint]:
    """Give the rows of the REST table by verb and path."""
    return {(row.verb, row.path): row for row in ENDPOINTS}


class Visit(NamedTuple):
    """A request that was let in: who asks, and on which page."""

    request: web.Request
    sidecar: Sidecar
    session: Session
    identity: Identity
    page: Page | None
    nav: tuple[Page, ...]

    @property
    def path(self) -> Mapping[str, str]:
        """The values of the path."""
        return self.request.match_info

    @property
    def query(self) -> Mapping[str, str]:
        """The values of the query; of one that stands twice the first."""
        return self.request.query

    def may(self, *roles: str, mpid: str | None = None) -> bool:
        """Whether one of these roles is there, and the data of this MPID, where one is named, is open."""
        return self.identity.may(roles, mpid)

    def require(self, *roles: str, mpid: str | None = None) -> None:
        """Go on only where one of these roles is there; else raises `Problem` 403."""
        require(self.identity, roles, mpid)

    async def form(self) -> dict[str, str]:
        """Give the form that was sent; raises `Problem`."""
        try:
            return await read_form(self.request)
        except BadForm as bad:
            raise Problem(422, str(bad)) from None

    def ask(self, path: Mapping[str, str], query: Any = None, body: Any = None, key: str = "") -> Ask:
        """Give the call that a REST handler gets."""
        return Ask(self.sidecar, self.request, self.identity, dict(path), query, body, key)

    async def call(
        self,
        verb: str,
        path: str,
        values: Mapping[str, str] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        key: str = "",
    ) -> Reply:
        """Call a row of the REST table: `path` is the row's own, with its names in braces and their `values` beside."""
        row = rows()[verb, path]
        check_role(row, self.identity)
        asked = None if row.query is None else of_texts(dict(query or {}), row.query)
        given = None if row.body is None else convert({} if body is None else body, row.body)
        ask = self.ask(values or {}, asked, given, key)
        reply = await row.handler(ask)
        assert isinstance(reply, Reply)
        assert ask.scoped or row.scope is not Scope.OWN, f"{path} did not say whose things it shows"
        return reply

    async def change(self, verb: str, target: str, body: Any, key: str = "") -> Reply:
        """Have an operation carried out for somebody who may not do all of them: the page has asked for its role."""
        return await carry_out(self.ask({}, key=key), verb, target, body)

    def show(self, template: str, status: int = 200, **values: Any) -> web.Response:
        """Answer with a template, as a page or a part of one."""
        text = render(template, visit=self, identity=self.identity, page=self.page, **values)
        return html(text, status)

    def done(self, text: str) -> web.Response:
        """Say that something was done: the dialog closes, what is live is shown anew."""
        response = html(render("toast.html", text=text, is_trouble=False))
        return told(response, DONE)


def html(text: str, status: int = 200) -> web.Response:
    """Answer with markup, under the portal's policy."""
    response = web.Response(text=text, status=status, content_type=HTML)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def attached(name: str, content: bytes) -> web.Response:
    """Answer with CSV as a file to keep."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return web.Response(body=content, content_type="text/csv", charset="utf-8", headers=headers)


def told(response: web.Response, *events: str) -> web.Response:
    """Have an answer's markup shown as a message beside the page, and tell the page's script of events."""
    response.headers["HX-Retarget"] = "#toasts"
    response.headers["HX-Reswap"] = "beforeend"
    if events:
        response.headers["HX-Trigger"] = ", ".join(events)
    return response


def refusal(problem: Problem) -> str:
    """Say why something typed was refused, for its form to show; raises what no form can tell."""
    if problem.status not in OF_FORMS:
        raise problem
    return plainly(str(problem))


def plainly(text: str) -> str:
    """Give what is said of a field as people read it, without the patterns that programs are told."""
    shape, _, meant = text.partition("; it must be ")
    found = SHAPE.fullmatch(shape)
    if found is not None:
        bound = f"{BOUNDS[found['how']]} {found['bound']}" if found["how"] else ""
        if found["long"]:
            text = f"each is {bound} characters long" if found["kind"] == "str" else f"there are to be {bound}"
        elif meant or bound:
            meant = IN_BRACKETS.sub(r"\1", meant)
            text = f"it must be {meant or bound}"
        else:
            text = "it is not of this form"
    return text[:1].upper() + text[1:]


def new_key() -> str:
    """Give a key under which a change is made once, however often its button is pressed."""
    return secrets.token_urlsafe(12)


def query_fields(request: web.Request) -> dict[str, str]:
    """Give the fields of a query, each once; raises `Problem`."""
    try:
        return fields(request.rel_url.raw_query_string)
    except BadForm as bad:
        raise Problem(422, str(bad)) from None


def some(values: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Give those of some values that are known, in the order in which they are known."""
    given = set(values)
    return tuple(one for one in known if one in given)
