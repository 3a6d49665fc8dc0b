"""The files that pages load: ours, and libraries as their packages hold them (`static/vendor`, SHA256SUMS there).

Each is read once and kept in two forms, as it is and packed. Pages name a file with the beginning of its hash, so a
browser may keep it for ever; under another hash, or none, it is asked for again each time.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib import resources
from typing import NamedTuple

from aiohttp import web

from venue.problem import Problem

STATIC = resources.files("venue.sidecar.portal").joinpath("static")
PREFIX = "/portal/static/"
KINDS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
FILES = {
    "portal.css": "portal.css",
    "portal.js": "portal.js",
    "flow.js": "flow.js",
    "icon.svg": "icon.svg",
    "htmx.min.js": "vendor/htmx.min.js",
    "idiomorph-ext.min.js": "vendor/idiomorph-ext.min.js",
    "uPlot.iife.min.js": "vendor/uPlot.iife.min.js",
    "uPlot.min.css": "vendor/uPlot.min.css",
}
"""What is served, by the last part of its path."""
HASH_CHARACTERS = 16
YEAR = 31_536_000


class Asset(NamedTuple):
    """A file: what it is, its two forms, and its hash."""

    kind: str
    content: bytes
    packed: bytes
    mark: str


@cache
def asset(name: str) -> Asset:
    """Give a file; raises `Problem` where there is none of that name."""
    if name not in FILES:
        raise Problem(404, f"there is no file {name[:80]}")
    content = STATIC.joinpath(FILES[name]).read_bytes()
    mark = hashlib.sha256(content).hexdigest()[:HASH_CHARACTERS]
    return Asset(KINDS[name.rpartition(".")[2]], content, gzip.compress(content, mtime=0), mark)


def address(name: str) -> str:
    """Give the address under which pages load a file."""
    return f"{PREFIX}{name}?v={asset(name).mark}"


async def serve_asset(request: web.Request) -> web.StreamResponse:
    """Serve a file."""
    found = asset(request.match_info["name"])
    tag = f'"{found.mark}"'
    is_dated = request.query.get("v") == found.mark
    headers = {
        "Content-Type": found.kind,
        "ETag": tag,
        "Vary": "Accept-Encoding",
        "Cache-Control": f"public, max-age={YEAR}, immutable" if is_dated else "no-cache",
    }
    request["public"] = True
    if tag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=found.packed, headers=headers | {"Content-Encoding": "gzip"})
    return web.Response(body=found.content, headers=headers)
