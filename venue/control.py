"""DIR/engine.sock: where operators' calls come in, as frames of JSON.

A frame is a four-byte big-endian length and that many bytes. A request is {"verb": "PUT", "target":
"books/nasdaq/AAPL/prices", "body": …}; without "verb" a body tells a change from a look. An answer is {"status": 200,
"record": n, "body": …}. Only the owner of the data directory may connect. One connection may ask many times; answers
come in order.
"""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import structlog

from venue.clerk import Clerk, cut
from venue.problem import Problem
from venue.relay import asked_for
from venue.unix_sockets import bound, reachable

if TYPE_CHECKING:
    from venue.app import Venue

LARGEST_REQUEST = 1024 * 1024
LENGTH_BYTES = 4
PATIENCE_SECONDS = 60
"""How long a client waits for the venue's answer."""

Verb = Literal["GET", "POST", "PUT", "DELETE", ""]

log = structlog.get_logger()


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One call. `verb` is GET, POST, PUT or DELETE; where it is left out, a body tells a change from a look.

    `actor` is who asks, as the log and the audit name him, `key` the idempotency key.
    """

    target: str
    body: Any = msgspec.UNSET
    verb: Verb = ""
    actor: str = ""
    key: str = ""


class Response(msgspec.Struct, frozen=True):
    """Its answer; `replayed` where it is the one that the key had before, and nothing was done."""

    status: int
    body: Any
    record: int = 0
    replayed: bool | msgspec.UnsetType = msgspec.UNSET


class ControlServer:
    """Serves the calls of `venue.operations` on a Unix socket."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.clerk = Clerk(venue)
        self.server: asyncio.Server | None = None
        self.path = Path()
        self.tasks: dict[asyncio.Task[None], None] = {}

    async def start(self, path: Path) -> None:
        """Listen at `path`; what an earlier, killed venue left there is replaced."""
        self.path = path
        self.server = await asyncio.start_unix_server(self._serve, sock=bound(path))

    async def stop(self) -> None:
        """Stop listening and end what is being served."""
        if self.server is not None:
            self.server.close()
            self.path.unlink(missing_ok=True)
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks[task] = None
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
                if length > LARGEST_REQUEST:
                    problem = Problem(400, f"a request has at most {LARGEST_REQUEST:,} bytes, not {length:,}")
                    writer.write(frame(Response(400, problem.body())))
                    break
                request = await reader.readexactly(length)
                relay = self.venue.relay
                after = None if relay is None else asked_for(request)
                if relay is not None and after is not None:
                    await relay.serve(after, writer)
                    break
                writer.write(await self._reply(request))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the caller has left, or the venue ends: Python 3.11's streams would print a task that was cancelled
        finally:
            writer.close()
            self.tasks.pop(task, None)

    async def _reply(self, data: bytes) -> bytes:
        """Give the frame that answers a call. A fault of ours is answered too; what it was, only the log tells."""
        try:
            request = msgspec.json.decode(data, type=Request)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return frame(Response(400, Problem(400, f"not a request: {error}").body()))
        try:
            return frame(await self._answer(request))
        except Exception:
            log.exception("fault", verb=request.verb or None, target=cut(request.target))
            return frame(Response(500, Problem(500, "a fault of the venue's own; its log tells of it").body()))

    async def _answer(self, request: Request) -> Response:
        """Serve one call. A change is answered once its record is durable; a look shows what is applied by now."""
        try:
            answer = await self.clerk.serve(request.target, request.body, request.verb, request.actor, request.key)
        except Problem as problem:
            return Response(problem.status, problem.body())
        if answer.record:
            durable = asyncio.Event()
            self.venue.journal.gate.call_when_durable(answer.record, durable.set)
            await durable.wait()
        return Response(answer.status, answer.body, answer.record, answer.is_replayed or msgspec.UNSET)


def frame(message: Request | Response) -> bytes:
    """Give a message as it goes over the socket."""
    data = msgspec.json.encode(message)
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


def ask(
    directory: Path, target: str, body: Any = msgspec.UNSET, verb: Verb = "", actor: str = "", key: str = ""
) -> Response:
    """Send one call to the venue that runs on `directory`. Raises `OSError` where none does."""
    path = directory / "engine.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(PATIENCE_SECONDS)
        with reachable(path) as address:
            client.connect(address)
        client.sendall(frame(Request(target, body, verb, actor, key)))
        length = int.from_bytes(_receive(client, LENGTH_BYTES), "big")
        return msgspec.json.decode(_receive(client, length), type=Response)


def _receive(client: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = client.recv(length - len(data))
        if not piece:
            raise ConnectionError("the venue closed the connection: it stopped, or the request was too large")
        data += piece
    return data
