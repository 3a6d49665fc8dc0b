"""One reader of market data over SoupBinTCP: its login, its stream, and what becomes of it when it does not keep up.

Two kinds: of `ITCH` the stream of the day, which goes on; of `GLIMPSE` a snapshot of the present, made at the login,
and then the end. A reader sends nothing but its login, heartbeats and logout.

A slow reader harms nobody: what it has not read stays in the stream, most of it on disk; at most `WRITE_PIECE` beyond
the transport's limit is unsent, and after a while the connection is closed. The client comes back and goes on.
"""

from __future__ import annotations

import asyncio
from functools import partial
from time import monotonic_ns
from typing import TYPE_CHECKING, Final, cast

import structlog

from venue.admission import Attempt, Refused, Verdict
from venue.connection import NANOSECONDS, WRITE_LIMIT, WRITE_PIECE
from venue.feed_settings import GLIMPSE
from venue.stream import Stream
from wire.soup import (
    Event,
    LoginRejectReason,
    LoginRequest,
    LoginTimedOut,
    LogoutRequest,
    PeerSilent,
    SoupServer,
    Violation,
    sequenced,
)

if TYPE_CHECKING:
    from venue.service_settings import ServiceSettings
    from venue.sidecar.itch.feed import ItchFeed
    from venue.sidecar.itch.server import FeedServer

PACKETS_AT_ONCE: Final = 4_096
"""Packets of a snapshot that a stream takes over at a time."""

log = structlog.get_logger()


class FeedConnection(asyncio.Protocol):
    """One connection, from accept to close."""

    transport: asyncio.Transport

    def __init__(self, server: FeedServer, service: ServiceSettings, feed: ItchFeed) -> None:
        self.server = server
        self.service = service
        self.feed = feed
        self.session = SoupServer(server.soup_settings, monotonic_ns())
        self.loop = asyncio.get_running_loop()
        self.address = ""
        self.name = ""
        self.stream: Stream | None = None
        self.sent = 0
        self.paused = False
        self.closing = False
        self.has_place = False
        self.attempt: Attempt | None = None
        self.login: asyncio.Task[None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.patience: asyncio.TimerHandle | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the session's timers, where there is room for one more."""
        self.transport = cast("asyncio.Transport", transport)
        self.address = str((transport.get_extra_info("peername") or ("",))[0])
        self.has_place = self.server.crowd.enter(self.address)
        if not self.has_place:
            self.closing = True
            self.transport.abort()
            return
        self.transport.set_write_buffer_limits(high=WRITE_LIMIT)
        self.server.connections[self] = None
        self.tick()

    def data_received(self, data: bytes) -> None:
        """Hear what the session makes of it; messages have no meaning here."""
        if not self.closing:
            self.take(self.session.receive(data, monotonic_ns()))

    def pause_writing(self) -> None:
        """Stop writing: the client does not keep up. It has a while to catch up."""
        self.paused = True
        limit = self.server.config.soupbintcp.slow_reader_limit_ms / 1000
        self.patience = self.loop.call_later(limit, self.drop, "does not read")

    def resume_writing(self) -> None:
        """Go on writing where we stopped."""
        self.paused = False
        if self.patience is not None and not self.closing:
            self.patience.cancel()
            self.patience = None
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        self.closing = True
        self.server.connections.pop(self, None)
        if self.has_place:
            self.server.crowd.leave(self.address)
        if self.attempt is not None:
            self.server.door.forget(self.attempt)
            self.attempt = None
        if self.login is not None:
            self.login.cancel()
        for timer in (self.timer, self.patience):
            if timer is not None:
                timer.cancel()
        self.leave()

    def leave(self) -> None:
        """Let go of the stream; a snapshot is nobody else's."""
        if self.stream is not None and self.service.protocol == GLIMPSE:
            self.stream.close()
        self.stream = None

    # The session.

    def take(self, events: list[Event]) -> None:
        """Handle what the session tells."""
        for event in events:
            match event:
                case LoginRequest():
                    ask = partial(self.authorize, event)
                    name, word = event.username, event.password
                    self.attempt = self.server.door.ask(self.service.key, name, word, self.address, ask)
                case LogoutRequest():
                    self.close("logged out")
                case Violation() | PeerSilent() | LoginTimedOut():
                    self.close(str(event))
                case _:
                    pass

    def authorize(self, request: LoginRequest, verdict: Verdict) -> None:
        """Take the answer to a login: who may come in waits until the feed is at the present."""
        if self.closing:
            return
        if isinstance(verdict, Refused):
            self.refuse(LoginRejectReason.NOT_AUTHORIZED, request, verdict.why)
            return
        self.login = self.loop.create_task(self.admit(request))

    async def admit(self, request: LoginRequest) -> None:
        """Let a reader in, from the message that it asks for, or say why not."""
        await self.server.replica.caught_up.wait()
        day, unavailable = self.feed.day, LoginRejectReason.SESSION_NOT_AVAILABLE
        if day is None:
            self.refuse(unavailable, request, "there is no session")
        elif request.session not in ("", day.writer.session):
            self.refuse(unavailable, request, f"session {request.session} is over or unknown")
        elif self.service.protocol == GLIMPSE:
            if request.sequence > 1:
                self.refuse(unavailable, request, "a snapshot begins with message 1")
            else:
                self.begin(request, self.snapshot(), 1)
        else:
            stream = day.writer.stream
            sequence = self.starting_number(request.sequence, stream.count)
            if sequence is None:
                self.refuse(unavailable, request, f"no sequence number {request.sequence} yet")
            else:
                self.begin(request, stream, sequence)

    def starting_number(self, requested: int, count: int) -> int | None:
        """Give the first number to send, None where it is not there yet; 0 asks for the newest."""
        settings = self.server.config.soupbintcp
        if requested == 0:
            return count if count and settings.sequence_zero == "last" else count + 1
        if requested <= count + 1:
            return requested
        return None if settings.sequence_beyond_next == "refuse" else count + 1

    def snapshot(self) -> Stream:
        """Give a stream of the present state, as GLIMPSE tells it."""
        assert self.feed.day is not None
        stream = Stream(self.feed.day.writer.session, [], self.feed.folder)
        for message in self.feed.day.snapshot(names_last=self.service.snapshot_number == "last"):
            stream.pending.append(sequenced(message))
            if len(stream.pending) == PACKETS_AT_ONCE:
                stream.settle()
        stream.settle()
        stream.ended = True
        return stream

    def begin(self, request: LoginRequest, stream: Stream, sequence: int) -> None:
        """Accept the login, and send from there on."""
        self.name, self.stream = request.username, stream
        log.info("reader of market data", service=self.service.key, username=self.name, sequence=sequence)
        waiting = self.session.accept(stream.session, sequence, monotonic_ns())
        self.sent = stream.offset_of(sequence)
        if self.timer is not None:
            self.timer.cancel()
        self.tick()
        self.flush()
        self.take(waiting)

    def refuse(self, code: LoginRejectReason, request: LoginRequest, why: str) -> None:
        """Reject the login and close."""
        log.info("login rejected", service=self.service.key, username=request.username, address=self.address, why=why)
        self.session.reject(code, monotonic_ns())
        self.close(why)

    # Writing.

    def flush(self) -> None:
        """Write what the stream has, as far as the client keeps up; `Z` after its end."""
        stream = self.stream
        if stream is None or self.closing:
            return
        while self.sent < stream.length and not self.paused:
            end = min(stream.length, self.sent + WRITE_PIECE)
            self.transport.write(stream.slice(self.sent, end))
            self.sent = end
            self.session.wrote(monotonic_ns())
        if stream.ended and self.sent == stream.length and not self.paused:
            self.session.end_of_session(monotonic_ns())
            self.close("the session is over")

    def tick(self) -> None:
        """Let the session send heartbeats and notice silence; come back when it next wants to."""
        now = monotonic_ns()
        self.take(self.session.tick(now))
        if not self.closing:
            if not self.paused:
                self.write_session()
            self.timer = self.loop.call_later(max(self.session.next_tick - now, 0) / NANOSECONDS, self.tick)

    def write_session(self) -> None:
        """Write what the session machine itself has to say."""
        data = self.session.bytes_to_send()
        if data:
            self.transport.write(data)

    def close(self, why: str) -> None:
        """Close when what was written has left."""
        if self.closing:
            return
        if not self.paused:  # else a packet of the stream may be half written
            self.write_session()
        self.closing = True
        self.transport.close()
        log.info("reader of market data left", service=self.service.key, username=self.name, why=why)
        if self.patience is None:
            self.patience = self.loop.call_later(
                self.server.config.soupbintcp.slow_reader_limit_ms / 1000, self.transport.abort
            )

    def drop(self, why: str) -> None:
        """Close at once, whatever is unsent."""
        log.warning("dropped", service=self.service.key, username=self.name, why=why)
        self.closing = True
        self.transport.abort()
