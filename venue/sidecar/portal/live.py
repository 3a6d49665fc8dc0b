"""Live parts of pages: rendered once for all who look at the same, and sent where they have changed.

    replica ── records ──▶ Hub ── a few times a second, each look once ──▶ Watcher (latest of each region) ──▶ a browser

However fast records come, a look is rendered at most `1 / BEAT_SECONDS` times a second, and for each distinct look
once: fifty pages of one person on one account cost as much as one. Of a region only the latest waits for a browser that
reads slowly. While nobody looks nothing is done.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
import structlog
from aiohttp import web

from venue.problem import Problem
from venue.sidecar.auth.identity import Identity
from venue.sidecar.engine import EngineGone
from venue.sidecar.feed import Subscription
from venue.sidecar.portal.page import Look, Region
from venue.sidecar.portal.views import render

if TYPE_CHECKING:
    from venue.sidecar.context import Sidecar

BEAT_SECONDS = 0.25
"""Seconds between two looks at what has changed."""
ALIVE_SECONDS = 10.0
"""Seconds without anything new after which a browser is told that the stream lives."""
STILL_SECONDS = 1.0
"""Seconds after which it is looked at anew whether a session goes on."""
SLOWEST_SECONDS = 30.0
"""How long a browser may take to read before it is left."""
WATCHERS_MAX = 200
REGIONS_MAX = 16
"""Regions of one page."""
LONGEST_KEY = 400
TICKER = "data"
"""Where a region's content has this, it is sent as it is and no markup is made of it."""

log = structlog.get_logger()


class Watcher:
    """A browser that looks at some regions: what of them it was sent, and what waits for it."""

    def __init__(self, looks: Mapping[str, Look]) -> None:
        self.looks = looks
        self.sent: dict[str, str] = {}
        self.waiting: dict[str, str] = {}
        self.more = asyncio.Event()

    def offer(self, key: str, text: str) -> None:
        """Let a region's text wait, where it is another than the last."""
        if self.sent.get(key) != text:
            self.sent[key] = self.waiting[key] = text
            self.more.set()

    def take(self) -> dict[str, str]:
        """Give what waits."""
        waiting, self.waiting = self.waiting, {}
        self.more.clear()
        return waiting


class Hub:
    """Renders what somebody looks at, and hands it to all who do. `rendered` counts how often."""

    def __init__(self, sidecar: Sidecar, regions: Mapping[str, Region]) -> None:
        self.sidecar = sidecar
        self.regions = regions
        self.watchers: dict[Watcher, None] = {}
        self.rendered = 0
        self._texts: dict[Look, str] = {}
        self._due: dict[Look, float] = {}
        self._record = 0
        self._work: asyncio.Task[None] | None = None
        self._heard: Subscription | None = None

    def look(self, key: str, identity: Identity) -> Look:
        """Give what a key of a page (`name:argument:…`) looks at; raises `Problem`."""
        name, *arguments = key.split(":")
        region = self.regions.get(name)
        if region is None or len(key) > LONGEST_KEY:
            raise Problem(404, f"there is no part {key[:80]}")
        if not identity.may(region.roles):
            raise Problem(403, f"{identity.subject} may not look at {name}")
        return Look(name, tuple(arguments), identity)

    async def text(self, look: Look) -> str:
        """Render a look as it is now; raises `Problem`."""
        region = self.regions[look.region]
        content = await region.content(self.sidecar, look)
        self.rendered += 1
        if TICKER in content:
            return msgspec.json.encode(content[TICKER]).decode()
        return render(region.template, identity=look.identity, **content)

    def join(self, watcher: Watcher) -> None:
        """Let somebody look; `leave` must follow. Raises `Problem` where too many do."""
        if len(self.watchers) >= WATCHERS_MAX:
            raise Problem(503, f"{WATCHERS_MAX} pages are open already; this one is shown anew every 15 seconds")
        self.watchers[watcher] = None
        for key, look in watcher.looks.items():
            if look in self._texts:
                watcher.offer(key, self._texts[look])
        if self._work is None or self._work.done():
            self._record = 0
            self._work = asyncio.get_running_loop().create_task(self._run())

    def leave(self, watcher: Watcher) -> None:
        """Look no more."""
        self.watchers.pop(watcher, None)

    async def close(self) -> None:
        """Stop."""
        self.watchers.clear()
        if self._work is not None:
            self._work.cancel()
            with suppress(asyncio.CancelledError):
                await self._work

    async def _run(self) -> None:
        """Render what has changed while somebody looks."""
        while self.watchers:
            began = time.monotonic()
            try:
                await self.beat(began)
            except Exception:  # what looks on must go on looking
                log.exception("live parts failed")
            await asyncio.sleep(max(BEAT_SECONDS - (time.monotonic() - began), BEAT_SECONDS / 5))
        self._texts.clear()
        self._due.clear()
        self._hear(is_needed=False)

    def _hear(self, *, is_needed: bool) -> None:
        """Have events made, and kept by the feed, while somebody looks at what shows them."""
        if is_needed and self._heard is None:
            self._heard = self.sidecar.feed.open(())
        elif not is_needed and self._heard is not None:
            self.sidecar.feed.leave(self._heard)
            self._heard = None

    async def beat(self, now: float) -> None:
        """Render each look that may have changed, once, and offer it to those who look."""
        record = self.sidecar.replica.applied
        is_new = record != self._record
        self._record = record
        looks: dict[Look, list[tuple[Watcher, str]]] = {}
        for watcher in self.watchers:
            for key, look in watcher.looks.items():
                looks.setdefault(look, []).append((watcher, key))
        self._hear(is_needed=any(self.regions[look.region].hears for look in looks))
        for gone in self._texts.keys() - looks.keys():
            del self._texts[gone]
            self._due.pop(gone, None)
        for look, those in looks.items():
            seconds = self.regions[look.region].seconds
            if look in self._texts and not (is_new if not seconds else now >= self._due.get(look, 0.0)):
                text = self._texts[look]
            else:
                try:
                    text = self._texts[look] = await self.text(look)
                except (Problem, EngineGone):  # it went, or is not theirs any more: what is shown stays as it is
                    continue
                except Exception:  # a fault of ours in one part must not keep the others from what is new
                    log.exception("a live part failed", part=look.region)
                    continue
                self._due[look] = now + seconds
            for watcher, key in those:
                watcher.offer(key, text)


async def stream(request: web.Request, hub: Hub, identity: Identity, still: Callable[[], bool]) -> web.StreamResponse:
    """Send what changes of the regions that a page names (`part=`), until it leaves or its session ends."""
    keys = request.query.getall("part", [])[:REGIONS_MAX]
    watcher = Watcher({key: hub.look(key, identity) for key in keys})
    response = web.StreamResponse()
    response.content_type = "text/event-stream"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    hub.join(watcher)
    try:
        await response.prepare(request)
        looked = time.monotonic()
        await response.write(b"retry: 2000\n\n")
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(ALIVE_SECONDS):
                    await watcher.more.wait()
            if time.monotonic() - looked >= STILL_SECONDS:
                if not still():
                    await response.write(b"event: end\ndata: {}\n\n")
                    break
                looked = time.monotonic()
            record = hub.sidecar.replica.applied
            text = "".join(event(key, part, record) for key, part in watcher.take().items()) or ": \n\n"
            async with asyncio.timeout(SLOWEST_SECONDS):
                await response.write(text.encode())
    except (TimeoutError, ConnectionError):
        if request.transport is not None:
            request.transport.abort()
    finally:
        hub.leave(watcher)
    return response


def event(key: str, text: str, record: int) -> str:
    """Give a region as an event."""
    data = msgspec.json.encode({"part": key, "text": text, "record": record}).decode()
    return f"event: part\ndata: {data}\n\n"
