"""The services of market data on the wire: listeners that were handed over, feeds that the replica keeps going.

Replica ─▶ ItchFeed (one for each market) ─▶ FeedConnection (SoupBinTCP: ITCH, GLIMPSE), MoldPublisher (UDP)
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import structlog

from venue.admission import Crowd, Door
from venue.config import Config
from venue.feed_settings import FEEDS
from venue.listener import BACKLOG
from venue.service_settings import PortSettings, ServiceSettings
from venue.sidecar.itch.connection import FeedConnection
from venue.sidecar.itch.day import ItchDay
from venue.sidecar.itch.feed import ItchFeed
from venue.sidecar.itch.mold import MoldPublisher
from venue.sidecar.replica import Replica
from venue.tls import server_context
from wire.soup import SoupSettings

READERS_MAX = 256
"""Connections at a time."""
NO_FIRM = ""

log = structlog.get_logger()


class FeedServer:
    """Serves the feeds of a venue. Make it before the replica runs, `listen`, and `close` it."""

    def __init__(self, config: Config, replica: Replica, folder: Path) -> None:
        self.config = config
        self.replica = replica
        self.services = [service for service in config.service if service.protocol in FEEDS]
        soup = config.soupbintcp
        self.soup_settings = SoupSettings(
            heartbeat_interval_ns=soup.heartbeat_interval_ms * 1_000_000,
            silence_limit_ns=soup.client_silence_limit_ms * 1_000_000,
            login_wait_ns=soup.login_wait_ms * 1_000_000,
        )
        self.connections: dict[FeedConnection, None] = {}
        self.publishers: list[MoldPublisher] = []
        self.feeds: dict[str, ItchFeed] = {}
        self.crowd: Crowd
        self.door: Door
        self._loop: asyncio.AbstractEventLoop
        self._grown: asyncio.Handle | None = None
        for service in self.services:
            assert service.market is not None
            if service.market not in self.feeds:
                feed = self.feeds[service.market] = ItchFeed(service.market, folder)
                feed.grown, feed.ended = self._grow, partial(self._over, feed)
                replica.folds.append(feed)

    async def listen(self, handed: Callable[[str], list[socket.socket]], undo: AsyncExitStack) -> None:
        """Serve on the sockets that were handed over. Raises `OSError`."""
        self._loop = asyncio.get_running_loop()
        self.crowd = Crowd(self._loop, READERS_MAX, READERS_MAX)
        self.door = Door(self._loop, self.config, logins(self.config, self.services))
        undo.callback(self.close)
        context: ssl.SSLContext | None = server_context(self.config)
        for service in self.services:
            assert service.market is not None
            feed = self.feeds[service.market]
            for listening in handed(service.key):
                server = await self._loop.create_server(
                    partial(FeedConnection, self, service, feed),
                    sock=listening,
                    ssl=context if service.tls else None,
                    backlog=BACKLOG,
                )
                undo.callback(server.close)
            if service.mold is not None:
                publisher = MoldPublisher(feed, service.mold, self.replica)
                await publisher.open(self.config.venue.host)
                self.publishers.append(publisher)

    def close(self) -> None:
        """Serve nobody any more."""
        for connection in list(self.connections):
            connection.close("the venue stops")
        for publisher in self.publishers:
            publisher.close()
        self.door.close()
        self.crowd.refused.say()

    def _grow(self) -> None:
        """See that what there is more of is sent, when the replica lets others have their turn."""
        if self._grown is None and (self.connections or self.publishers):
            self._grown = self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send what there is."""
        self._grown = None
        for connection in list(self.connections):
            connection.flush()
        for publisher in self.publishers:
            publisher.flush()

    def _over(self, feed: ItchFeed, day: ItchDay) -> None:
        """Let go of a session: one that is over is sent to its end, one that is made anew is begun anew by clients."""
        is_over = day.writer.stream.ended
        for publisher in self.publishers:
            if publisher.feed is feed and is_over:
                publisher.over(day)
        for connection in list(self.connections):
            if connection.feed is feed and connection.stream is day.writer.stream:
                if is_over:
                    connection.flush()
                else:
                    connection.drop("the feed is made anew")


def logins(config: Config, services: list[ServiceSettings]) -> list[PortSettings]:
    """Give the logins of market data as the door knows logins, one for each service of each."""
    return [
        PortSettings(
            name=reader.name,
            mpid=NO_FIRM,
            service=service.key,
            password=reader.password,
            password_hash=reader.password_hash,
            addresses=reader.addresses,
        )
        for reader in config.subscriber
        for service in services
        if reader.reads(service)
    ]
