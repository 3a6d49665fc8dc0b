"""Closes connections on which nothing is being served: slow requests, idle ones, and the oldest of too many.

aiohttp bounds the length of a request's head, not the time that it takes to come. So a connection has so many seconds
until a request of it is being served, from its start or from its last answer, however much it sends meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

IDLE_SECONDS = 20.0
"""How long a connection may be open without a request being served on it."""
LOOK_SECONDS = 1.0
CONNECTIONS = 512
"""Connections at one time; beyond, those that wait longest without a request are closed."""

log = structlog.get_logger()


class Patience:
    """Watches a server's connections, on each of which requests are served one after another."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS, connections: int = CONNECTIONS) -> None:
        self.idle_seconds = idle_seconds
        self.most = connections
        self.serving: dict[RequestHandler, None] = {}
        self.idle_since: dict[RequestHandler, float] = {}
        self.task: asyncio.Task[None] | None = None

    @contextmanager
    def serves(self, connection: RequestHandler) -> Iterator[None]:
        """Note that a request of this connection is being served while the block runs."""
        self.serving[connection] = None
        try:
            yield
        finally:
            del self.serving[connection]
            self.idle_since[connection] = asyncio.get_running_loop().time()

    def watch(self, server: web.Server) -> None:
        """Begin to look."""
        self.task = asyncio.create_task(self._watch(server))

    async def stop(self) -> None:
        """Look no more."""
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task

    async def _watch(self, server: web.Server) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look(server, asyncio.get_running_loop().time())

    def look(self, server: web.Server, now: float) -> None:
        """Close what waits too long; `now` is in seconds of the loop."""
        connections = dict.fromkeys(server.connections)
        self.idle_since = {
            connection: self.idle_since.get(connection, now)
            for connection in connections
            if connection not in self.serving
        }
        longest = sorted(self.idle_since, key=self.idle_since.__getitem__)
        crowd = longest[: max(len(connections) - self.most, 0)]
        for connection in longest:
            if connection in crowd or now - self.idle_since[connection] >= self.idle_seconds:
                connection.force_close()


PATIENCE = web.AppKey("patience", Patience)


@web.middleware
async def noted(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Note which connection is being served."""
    with request.app[PATIENCE].serves(request.protocol):
        return await handler(request)
