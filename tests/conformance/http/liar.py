"""A proxy before an HTTP service that may lie: each answer goes through `spoil`, which changes it or does not."""

import asyncio
import json
from contextlib import suppress


class Said:
    """An answer on its way: what was asked, and status, headers and body, which a liar may change."""

    def __init__(self, asked, status, headers, body):
        self.verb, self.path = asked.split(" ")[:2]
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @json.setter
    def json(self, value):
        self.body = json.dumps(value).encode()


class HttpLiar:
    """Stands before `target`."""

    def __init__(self, target, spoil):
        self.target, self.spoil, self.memory = target, spoil, {}
        self.tasks, self.ends = set(), []

    async def start(self):
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        self.address = self.server.sockets[0].getsockname()[:2]
        return self

    async def stop(self):
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for end in self.ends:
            end.close()
        await asyncio.sleep(0)

    def accept(self, reader, writer):
        self.ends.append(writer)
        self.tasks.add(asyncio.create_task(self.serve(reader, writer)))

    async def serve(self, reader, writer):
        with suppress(OSError, EOFError):
            head = await reader.readuntil(b"\r\n\r\n")
            asked, headers = parts(head)
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            up_reader, up = await asyncio.open_connection(*self.target)
            self.ends.append(up)
            up.write(head + body)
            answer = await up_reader.readuntil(b"\r\n\r\n")
            first, headers = parts(answer)
            if headers.get("content-type", "").startswith("text/event-stream"):
                await self.stream(answer, up_reader, writer)
            else:
                content = await up_reader.readexactly(int(headers.get("content-length", 0)))
                said = Said(asked, int(first.split(" ")[1]), headers, content)
                self.spoil(said, self.memory)
                said.headers["content-length"] = len(said.body)
                lines = "".join(f"{name}: {value}\r\n" for name, value in said.headers.items())
                writer.write(f"HTTP/1.1 {said.status} Said\r\n{lines}\r\n".encode() + said.body)
            await writer.drain()
            up.close()
        writer.close()

    async def stream(self, answer, reader, writer):
        """Hand a stream on, or what a liar makes of each piece."""
        writer.write(answer)
        tell = getattr(self.spoil, "stream", lambda data: data)
        while data := await reader.read(1 << 16):
            writer.write(tell(data))
            await writer.drain()


def parts(head):
    """The first line and the headers, whose names are in lower case."""
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    return first, {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
