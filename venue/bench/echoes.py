"""The bare servers beside which a venue is measured: uvloop with nothing behind it, in a process of their own.

`bare` answers each piece of data with the bytes of one Accepted, or with as many as it is told. `packets` cuts the data
into SoupBinTCP packets, as every server of the protocol must, and answers each with as many bytes, all of a piece in
one write: what a server in Python could reach that did nothing else. Run as `python -m venue.bench.echoes KIND
[LENGTH]`; the port is printed.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import uvloop

from venue.bench.children import answer, child
from venue.bench.orders import ACCEPTED_LENGTH

ANSWER = bytes(ACCEPTED_LENGTH)


class BareEcho(asyncio.Protocol):
    """The bare echo of the same sizes: an Enter's bytes in, an Accepted's bytes out."""

    answer = ANSWER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer."""
        self.transport.write(self.answer)


class PacketEcho(asyncio.Protocol):
    """Cuts SoupBinTCP packets, keeps the beginning of one until its rest is there, answers each."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)
        self.partial = b""

    def data_received(self, data: bytes) -> None:
        """Answer each packet."""
        if self.partial:
            data = self.partial + data
        messages: list[bytes] = []
        at, end = 0, len(data)
        while end - at > 1:
            after = at + 2 + (data[at] << 8 | data[at + 1])
            if after > end:
                break
            messages.append(data[at + 3 : after])
            at = after
        self.partial = data[at:]
        if messages:
            self.transport.write(b"".join([ANSWER for _ in messages]))


KINDS: dict[str, type[asyncio.Protocol]] = {"bare": BareEcho, "packets": PacketEcho}


async def serve(kind: str, length: str = str(ACCEPTED_LENGTH)) -> None:
    """Serve an echo on a free port, which is printed."""
    BareEcho.answer = bytes(int(length))
    server = await asyncio.get_running_loop().create_server(KINDS[kind], "127.0.0.1", 0)
    answer(server.sockets[0].getsockname()[1])
    await server.serve_forever()


@contextmanager
def echo_server(kind: str, processor: int, length: int = ACCEPTED_LENGTH) -> Iterator[tuple[str, int]]:
    """Run an echo in a process of its own on one processor; gives its address. A bare one answers so many bytes."""
    with child("echoes", kind, length, processor=processor) as echo:
        yield "127.0.0.1", int(echo.read())


def connected(address: tuple[str, int]) -> socket.socket:
    """Give a connection to an echo."""
    connection = socket.create_connection(address)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


if __name__ == "__main__":
    uvloop.run(serve(*sys.argv[1:]))
