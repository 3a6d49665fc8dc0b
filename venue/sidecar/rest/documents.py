"""/docs and /openapi: the descriptions of what is served, and Swagger UI to try it, from files of our own.

The page's parts are files beside this module: ours in `pages`, Swagger UI's in `swagger` as its package holds them
(SHA256SUMS there). They are read once; nothing is asked of any other machine, which the page's policy enforces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from importlib import resources

import msgspec
from aiohttp import web

from venue.problem import Problem
from venue.sidecar.rest.endpoints import PUBLIC, Ask, Endpoint, Handler, Reply
from venue.sidecar.rest.openapi import Api, describe, described

PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What the page may load. Swagger UI sets styles on elements, hence `unsafe-inline` for styles alone."""
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
}
FILES = {
    "": "pages/index.html",
    "docs.js": "pages/docs.js",
    "docs.css": "pages/docs.css",
    "swagger-ui.css": "swagger/swagger-ui.css",
    "swagger-ui-bundle.js": "swagger/swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js": "swagger/swagger-ui-standalone-preset.js",
    "oauth2-redirect.html": "swagger/oauth2-redirect.html",
    "oauth2-redirect.js": "swagger/oauth2-redirect.js",
    "favicon-32x32.png": "swagger/favicon-32x32.png",
}
"""What /docs serves, by the last part of its path."""


class Description(msgspec.Struct, frozen=True):
    """Where an API's description is."""

    key: str
    title: str
    url: str


class Descriptions(msgspec.Struct, frozen=True):
    """The APIs that are described."""

    items: list[Description]


def endpoints(table: Sequence[Endpoint]) -> list[Endpoint]:
    """Give the rows of the page, and of the descriptions of a table."""
    apis = described(table)
    descriptions = Descriptions([Description(api.key, api.title, f"/openapi/{api.key}.json") for api in apis])
    rows = [public("/openapi", "List the descriptions", partial(give, Reply(descriptions)), answer=Descriptions)]
    for api in apis:
        path = f"/openapi/{api.key}.json"
        rows.append(public(path, f"Describe: {api.title}", describing(api, table), answer=dict))
    for name, path in FILES.items():
        media = KINDS["." + path.rpartition(".")[2]]
        summary = "Part of the page" if name else "Try the calls in a browser"
        part = public(f"/docs/{name}" if name else "/docs", summary, file(path, media), media=media)
        rows.append(part._replace(query=None))  # a log-in comes back with its code in the query, for the page to read
    return rows


def public(
    path: str, summary: str, handler: Handler, *, answer: object = None, media: str = "application/json"
) -> Endpoint:
    """Give a row that needs no token."""
    return Endpoint("docs", "GET", path, summary, handler, answer, PUBLIC, media=media)


async def give(reply: Reply, _ask: Ask) -> Reply:
    """Answer what is always the same."""
    return reply


def describing(api: Api, table: Sequence[Endpoint]) -> Handler:
    """Give the handler of an API's description."""

    async def handler(ask: Ask) -> Reply:
        try:
            base = ask.sidecar.config.http.url or str(ask.request.url.origin())  # a browser goes back to where it is
        except ValueError:
            raise Problem(400, "the header Host names no host", "Host") from None
        return Reply(describe(api, table, base.rstrip("/")))

    return handler


def file(path: str, kind: str) -> Handler:
    """Give the handler of a file of the page, which a browser may keep until it changes."""
    content = resources.files(__package__).joinpath(path).read_bytes()
    mark = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {
        "Content-Type": kind,
        "Content-Security-Policy": PAGE_POLICY,
        "Cache-Control": "no-cache",
        "ETag": mark,
    }

    async def handler(ask: Ask) -> web.StreamResponse:
        if mark in ask.request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        return web.Response(body=content, headers=headers)

    return handler
