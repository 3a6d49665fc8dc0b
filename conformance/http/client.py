"""One who asks over HTTP: a connection for each request, a token, and streams of events that stay open."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections import deque
from contextlib import suppress
from urllib.parse import quote_plus

from conformance.http.answers import Answer, Memory, look
from conformance.link import Link, Wire

LARGEST: int = 64 * 1024 * 1024
PATIENCE_SECONDS = 30.0


class Client(Link[Answer]):
    """A client with its `user` (id and secret) and the `token` that it has; answers wait in `inbox`, `events` apart."""

    def __init__(
        self, party: str, log: deque[Wire], began: float, target: tuple[str, int], user: tuple[str, str], memory: Memory
    ) -> None:
        self.party, self.log, self.began = party, log, began
        self.target, self.user, self.memory = target, user, memory
        self.inbox: deque[Answer] = deque()
        self.events: deque[Answer] = deque()
        self.faults: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.news = asyncio.Event()
        self.writers: list[asyncio.StreamWriter] = []
        self.is_over = self.is_logged_in = self.is_silent = False
        self.token = ""

    async def log_in(self, path: str) -> Answer:
        """Ask for a token (RFC 6749 4.4)."""
        basic = b64encode(":".join(map(quote_plus, self.user)).encode()).decode()
        head = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        answer = await self.exchange("POST", path, head, b"grant_type=client_credentials")
        data = answer.data
        self.token = data.get("access_token", "") if isinstance(data, dict) else ""
        return answer

    async def ask(self, verb: str, path: str, headers: dict[str, str], body: bytes | None) -> None:
        """Send a request with the token, and put its answer into the inbox."""
        head = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            head["Content-Type"] = "application/json"
        answer = await self.exchange(verb, path, {**head, **headers}, body)
        self.faults += look(answer, self.party, self.memory)
        self.inbox.append(answer)
        self.news.set()

    async def exchange(self, verb: str, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        """Send a request on a connection of its own, and give the answer."""
        reader, writer = await self.ends(self.target)
        try:
            await self._write(writer, verb, path, {**headers, "Connection": "close"}, body)
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await read_head(reader)
                content = await read_content(reader, answer)
        except (OSError, EOFError, ValueError) as error:
            self.faults.append(f"{verb} {path} was not answered as HTTP has it: {error or type(error).__name__}")
            return Answer(0)
        finally:
            writer.close()
        whole = Answer(answer.status, answer.headers, content)
        self._log(is_sent=False, data=whole.summary.encode())
        return whole

    async def follow(self, path: str) -> None:
        """Open a stream of events, each of which comes into `events`; who may not is answered."""
        reader, writer = await self.ends(self.target)
        self.writers.append(writer)
        head = {"Authorization": f"Bearer {self.token}", "Accept": "text/event-stream"}
        await self._write(writer, "GET", path, head, None)
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await read_head(reader)
            if answer.media != "text/event-stream":
                whole = Answer(answer.status, answer.headers, await read_content(reader, answer))
                self.faults += look(whole, self.party, self.memory)
                self.inbox.append(whole)
                return
            self._log(is_sent=False, data=f"{answer.status} {answer.media}".encode())
            self.inbox.append(answer)
        is_chunked = answer.headers.get("transfer-encoding", "") == "chunked"
        self.tasks.append(asyncio.create_task(self._hear(reader, is_chunked=is_chunked)))

    async def _hear(self, reader: asyncio.StreamReader, *, is_chunked: bool) -> None:
        text = ""
        with suppress(OSError, EOFError, ValueError):
            while data := await (read_chunk(reader) if is_chunked else reader.read(65_536)):
                text += data.decode().replace("\r\n", "\n")
                *blocks, text = text.split("\n\n")
                for block in blocks:
                    self._heard(block)
        self.news.set()

    def _heard(self, block: str) -> None:
        """Take an event: lines of `name: value`; those that begin with a colon are comments."""
        lines = [line.partition(":") for line in block.splitlines() if not line.startswith(":")]
        fields = {name: value.removeprefix(" ") for name, _, value in lines}
        if "event" not in fields and "data" not in fields:
            return
        event = Answer(0, {"id": fields.get("id", "")}, fields.get("data", "").encode(), fields.get("event", "message"))
        self._log(is_sent=False, data=event.summary.encode())
        self.events.append(event)
        self.news.set()

    async def _write(
        self, writer: asyncio.StreamWriter, verb: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> None:
        host = f"{self.target[0]}:{self.target[1]}"
        fields = {"Host": host, **headers, **({} if body is None else {"Content-Length": str(len(body))})}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        shown = b"" if "Basic " in head or body is None else body
        self._log(is_sent=True, data=f"{verb} {path} ".encode() + shown)
        self.sent_at = time.monotonic()
        writer.write(f"{verb} {path} HTTP/1.1\r\n{head}\r\n".encode() + (body or b""))
        await writer.drain()

    async def close(self) -> None:
        """Leave all streams."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for writer in self.writers:
            writer.close()
        self.is_over, self.is_logged_in = True, False


async def read_head(reader: asyncio.StreamReader) -> Answer:
    """Read a status line and headers; raises `ValueError`, `EOFError`."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError(f"{first!r} is no status line")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(rest[:3]), headers)


async def read_content(reader: asyncio.StreamReader, head: Answer) -> bytes:
    """Read the body that goes with a head."""
    if head.headers.get("transfer-encoding") == "chunked":
        content = b""
        while piece := await read_chunk(reader):
            content += piece
        return content
    length = head.headers.get("content-length")
    if length is None:
        return await reader.read(LARGEST)
    return await reader.readexactly(int(length))


async def read_chunk(reader: asyncio.StreamReader) -> bytes:
    """Read a piece of a chunked body, empty at its end."""
    size = int((await reader.readline()).split(b";")[0], 16)
    data = await reader.readexactly(size)
    await reader.readexactly(2)
    return data
