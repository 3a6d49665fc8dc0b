"""The way to the engine process: calls over DIR/engine.sock, as `portcullis ops` makes them, without waiting for each.

Nothing else changes anything. Each call has a connection of its own, so that one which waits for the disk holds up no
other.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec

from venue.control import LENGTH_BYTES, PATIENCE_SECONDS, Response
from venue.unix_sockets import reachable

CALLS_AT_ONCE = 32
"""Calls that are with the engine process at a time; others wait their turn."""
GLANCE_SECONDS = 0.05
"""Seconds from one glance to the next: who glances meanwhile shares that one."""


class EngineGone(OSError):  # noqa: N818 - it reads as what is so
    """The engine process does not answer. Where it `was_asked`, whether a change was made is not known."""

    def __init__(self, reason: str, *, was_asked: bool) -> None:
        super().__init__(reason)
        self.was_asked = was_asked


class EngineClient:
    """Calls the engine process of the venue whose directory is `data`."""

    def __init__(self, data: Path) -> None:
        self.path = data / "engine.sock"
        self._turn = asyncio.Semaphore(CALLS_AT_ONCE)
        self._glances: dict[str, tuple[float, asyncio.Task[Response]]] = {}

    async def ask(self, verb: str, target: str, body: Any = msgspec.UNSET, actor: str = "", key: str = "") -> Response:
        """Make one call and give its answer: a change is durable by then. Raises `EngineGone`.

        `actor` is who asks, `key` the idempotency key where there is one.
        """
        request = {"verb": verb, "target": target, "actor": actor, "key": key}
        asked = {name: value for name, value in request.items() if value}
        if body is not msgspec.UNSET:
            asked["body"] = body
        async with self._turn:
            try:
                reader, writer = await self.connect()
            except OSError as error:
                raise EngineGone(f"the engine process cannot be reached: {error}", was_asked=False) from error
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    return await self._exchange(reader, writer, msgspec.json.encode(asked))
            except (OSError, EOFError) as error:  # a timeout is an OSError too
                why = str(error) or f"nothing came for {PATIENCE_SECONDS} s"
                raise EngineGone(f"the engine process did not answer: {why}", was_asked=True) from error
            finally:
                writer.close()

    async def glance(self, target: str) -> Response:
        """Look, together with whoever looks at this moment: probes, which need no token, cost orders next to nothing.

        Whoever waits may give up: the look goes on for the others. Raises `EngineGone`.
        """
        now = asyncio.get_running_loop().time()
        begins, look = self._glances.get(target, (0.0, None))
        if look is None or look.done():
            begins = max(now, begins + GLANCE_SECONDS)
            look = asyncio.create_task(self._look(target, begins - now))
            look.add_done_callback(lambda done: done.cancelled() or done.exception())  # those who asked may have left
            self._glances[target] = begins, look
        return await asyncio.shield(look)

    async def _look(self, target: str, pause: float) -> Response:
        if pause > 0:
            await asyncio.sleep(pause)
        return await self.ask("GET", target)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Response:
        writer.write(len(request).to_bytes(LENGTH_BYTES, "big") + request)
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
        return msgspec.json.decode(await reader.readexactly(length), type=Response)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection. Raises `OSError`."""
        with reachable(self.path) as address:
            return await asyncio.open_unix_connection(address)
