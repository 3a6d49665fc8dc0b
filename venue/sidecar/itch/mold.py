"""The feed over MoldUDP64: packets to one address or a group as it grows, and again to whoever asks.

Messages have the numbers that they have over SoupBinTCP. What is sent may get lost, and is asked for again; while
nothing happens a heartbeat tells which number comes next, and for a while after a session its end. Requests of the
session before are still answered. What is no request, or asks for what is not there, is not answered.

A group is reached on this machine alone (its packets have no hop to go).
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address
from typing import Any, Final

import structlog

from venue.feed_settings import MoldSettings
from venue.sidecar.itch.day import ItchDay
from venue.sidecar.itch.feed import ItchFeed
from venue.sidecar.itch.writer import Writer
from venue.sidecar.replica import Replica
from wire.moldudp64 import END, PAYLOAD_MAX, fitting, pack_end, pack_packet, unpack_request

HEARTBEAT_SECONDS: Final = 1.0
ENDS: Final = 10
"""How often, a second apart, the end of a session is told."""
READ_AHEAD: Final = PAYLOAD_MAX // 21
"""More messages than a packet takes: the shortest have 19 bytes and a length."""
PACKETS_A_TURN: Final = 64
"""Packets sent before others have their turn, and the sockets of readers theirs."""

log = structlog.get_logger()


class MoldPublisher(asyncio.DatagramProtocol):
    """Sends a feed to an address, and answers requests. `open` it, `flush` it when there is more, `close` it."""

    def __init__(self, feed: ItchFeed, settings: MoldSettings, replica: Replica) -> None:
        self.feed = feed
        self.replica = replica
        self.target = settings.address, settings.port
        self.requests = settings.requests
        self.before: Writer | None = None
        self.ends = 0
        self.session = ""
        self.next = 1
        self.is_quiet = True
        self._socket: socket.socket | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._more: asyncio.Handle | None = None
        self._loop = asyncio.get_running_loop()

    async def open(self, host: str) -> None:
        """Take the socket that sends, and the port of requests. Raises `OSError`."""
        address = ip_address(self.target[0])
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        out = self._socket = socket.socket(family, socket.SOCK_DGRAM)
        out.setblocking(False)
        if address.is_multicast and family == socket.AF_INET:
            out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
            out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        elif address.is_multicast:
            out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 0)
        self._transport, _ = await self._loop.create_datagram_endpoint(lambda: self, (host, self.requests))
        self.requests = self._transport.get_extra_info("sockname")[1]
        log.info("market data over UDP", address=self.target[0], port=self.target[1], requests=self.requests)
        self._beat()

    def close(self) -> None:
        """Send no more."""
        for handle in (self._timer, self._more):
            if handle is not None:
                handle.cancel()
        if self._transport is not None:
            self._transport.close()
        if self._socket is not None:
            self._socket.close()

    # Sending.

    def flush(self) -> None:
        """Send what is new, from the first moment at which the feed is at the present."""
        day = self.feed.day
        if day is None or not self.replica.caught_up.is_set():
            return
        writer = day.writer
        if writer.session != self.session:
            self.session, self.next = writer.session, 1 if self.session else writer.next
        for _ in range(PACKETS_A_TURN):
            if self.next >= writer.next:
                return
            messages = some(writer, self.next, READ_AHEAD)
            self._send(pack_packet(self.session, self.next, messages))
            self.next += len(messages)
            self.is_quiet = False
        if self._more is None:
            self._more = self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._more = None
        self.flush()

    def over(self, day: ItchDay) -> None:
        """Send a session to its end, and tell for a while that it is over."""
        writer = day.writer
        while self.session == writer.session and self.next < writer.next:
            messages = some(writer, self.next, READ_AHEAD)
            self._send(pack_packet(self.session, self.next, messages))
            self.next += len(messages)
        self.before, self.ends = writer, ENDS
        self._send(pack_end(writer.session, writer.next))

    def _beat(self) -> None:
        """Tell what comes next, where nothing was sent for a while."""
        self._timer = self._loop.call_later(HEARTBEAT_SECONDS, self._beat)
        if self.ends and self.before is not None:
            self.ends -= 1
            self._send(pack_end(self.before.session, self.before.next))
        if self.session and self.is_quiet:
            self._send(pack_packet(self.session, self.next, ()))
        self.is_quiet = True
        self.flush()

    def _send(self, packet: bytes) -> None:
        """Send a packet; what the machine has no room for is lost, as on any line."""
        assert self._socket is not None
        try:
            self._socket.sendto(packet, self.target)
        except OSError as error:
            log.debug("a packet of market data is lost", why=str(error))

    # Requests.

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Answer a request with as many messages as one packet takes."""
        request = unpack_request(data)
        if request is None or self._transport is None:
            return
        writers = [self.before, None if self.feed.day is None else self.feed.day.writer]
        for writer in writers:
            if writer is not None and writer.session == request.session and request.sequence < writer.next:
                messages = some(writer, request.sequence, min(request.wanted, READ_AHEAD))
                self._transport.sendto(pack_packet(writer.session, request.sequence, messages), addr)
                return

    def error_received(self, exc: Exception) -> None:
        """Let be that somebody who asked is gone."""


def some(writer: Writer, first: int, most: int) -> list[bytes]:
    """Give messages from a number on, as many as a packet takes."""
    assert most < END
    assert first < writer.next
    last = min(first + most, writer.next)
    return fitting(writer.message(number) for number in range(first, last))
