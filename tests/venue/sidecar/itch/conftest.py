"""Feeds served in the test's own loop, from a venue that runs in a thread."""

import asyncio
import contextlib
import socket
import struct
from contextlib import AsyncExitStack

import msgspec
import pytest

from venue.sidecar.itch.server import FeedServer
from venue.sidecar.replica import Replica

PATIENCE = 20.0


class Reader:
    """A client of a feed, over SoupBinTCP."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def ask(self, sequence=1, user="ITCH01", password="NTFTEST", session=""):
        """Send a login."""
        text = f"{user:<6}{password:<10}{session:>10}{sequence:>20}".encode()
        self.writer.write(struct.pack(">HB", 1 + len(text), ord("L")) + text)

    async def login(self, sequence=1, **login):
        """Log in; gives the answer."""
        self.ask(sequence, **login)
        return await self.next()

    async def next(self):
        """Give the next packet that is no heartbeat, as its letter and payload; None at the end."""
        while True:
            try:
                async with asyncio.timeout(PATIENCE):
                    length = int.from_bytes(await self.reader.readexactly(2), "big")
                    packet = await self.reader.readexactly(length)
            except (asyncio.IncompleteReadError, ConnectionError):
                return None
            if packet != b"H":
                return packet[:1].decode(), packet[1:]

    async def messages(self, count):
        """Give the next messages."""
        found = [await self.next() for _ in range(count)]
        assert {letter for letter, _ in found} <= {"S"}
        return [payload for _, payload in found]

    async def to_end(self):
        """Give all packets up to the end of the connection."""
        found = []
        while (packet := await self.next()) is not None:
            found.append(packet)
        return found


class Served:
    """A venue's feeds: the server, the replica that it is of, and where it listens."""

    def __init__(self, server, replica, addresses):
        self.server, self.replica, self.addresses = server, replica, addresses
        self.writers = []

    async def connect(self, service="itch.nasdaq"):
        """Connect a client."""
        reader, writer = await asyncio.open_connection(*self.addresses[service])
        self.writers.append(writer)
        return Reader(reader, writer)


@pytest.fixture
async def serve(demo_config, tmp_path):
    """Serve the feeds of a hosted venue; changes are to the sample, as (old, new)."""
    async with AsyncExitStack() as undo:

        async def serve(venue, *changes, mold=None):
            config = demo_config(*changes, sidecar=True)
            if mold is not None:
                services = [
                    msgspec.structs.replace(service, mold=mold) if service.key == "itch.nasdaq" else service
                    for service in config.service
                ]
                config = msgspec.structs.replace(config, service=tuple(services))
            replica = Replica(venue.data, tmp_path)
            undo.callback(replica.close)
            server, sockets = FeedServer(config, replica, tmp_path), {}
            for service in server.services:
                bound = sockets[service.key] = socket.socket()
                bound.bind(("127.0.0.1", 0))
                bound.listen()
                bound.setblocking(False)
            served = Served(server, replica, {key: bound.getsockname() for key, bound in sockets.items()})
            await server.listen(lambda key: [sockets[key]], undo)
            await replica.catch_up()
            replica.engine_is_at(replica.applied)
            running = asyncio.create_task(replica.run())
            undo.push_async_callback(stop, running, served)
            return served

        yield serve


async def stop(running, served):
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    for connection in list(served.server.connections):
        connection.transport.abort()
    for writer in served.writers:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
