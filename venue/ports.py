"""The one asyncio protocol that drives a SoupBinTCP session: bytes in, bytes out, time, and nothing else.

It feeds the session machine, hands logins and messages to the venue, and writes what the gate has released of the
port's stream. A reader that is slow holds back nobody: at most `WRITE_PIECE` beyond the transport's own limit is
unsent, the rest stays in the stream, and after a while the connection is closed; the client logs in again and replays.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from time import monotonic_ns
from typing import TYPE_CHECKING, Final, cast

import structlog

from venue.config import PortSettings, ServiceSettings
from venue.record import Kind
from wire.soup import (
    DebugReceived,
    Event,
    LoginRejectReason,
    LoginRequest,
    LoginTimedOut,
    LogoutRequest,
    PeerSilent,
    SoupServer,
    Violation,
)

if TYPE_CHECKING:
    from venue.app import Venue
    from venue.stream import Stream

WRITE_PIECE: Final = 256 * 1024
"""Bytes of a stream handed to the transport at a time."""
WRITE_LIMIT: Final = 1024 * 1024
"""Unsent bytes at which the transport tells us to wait."""
NANOSECONDS: Final = 1_000_000_000

log = structlog.get_logger()


class SoupConnection(asyncio.Protocol):
    """One client connection, from accept to close."""

    transport: asyncio.Transport

    def __init__(self, venue: Venue, service: ServiceSettings) -> None:
        self.venue = venue
        self.service = service
        self.journal = venue.journal
        self.loop = venue.loop
        self.session = SoupServer(venue.soup_settings, monotonic_ns())
        self.port: PortSettings | None = None
        self.index = -1
        self.stream: Stream | None = None
        self.sent = 0
        self.paused = False
        self.closing = False
        self.why = "the client closed the connection"
        self.timer: asyncio.TimerHandle | None = None
        self.patience: asyncio.TimerHandle | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the session's timers."""
        self.transport = cast("asyncio.Transport", transport)
        if not self.venue.live:
            self.closing = True
            self.transport.abort()
            return
        self.transport.set_write_buffer_limits(high=WRITE_LIMIT)
        self.venue.connections[self] = None
        self.tick()

    def data_received(self, data: bytes) -> None:
        """Take all packets of a chunk at one time, commit them as one batch."""
        if self.closing or (self.stream is not None and self.stream.ended):
            return
        events = self.session.receive(data, monotonic_ns())
        if len(events) == 1 and type(events[0]) is bytes:
            self.feed(events)
        elif events:
            self.take(events)
        if self.journal.writer is not None and self.journal.is_ahead:
            self.venue.wait_for_disk(self)

    def take(self, events: list[Event]) -> None:
        """Handle what the session made of the bytes.

        Messages go first: what ends a session is always the last event, and all else may be heard later.
        """
        self.feed([event for event in events if type(event) is bytes])
        for event in events:
            if type(event) is not bytes:
                self.handle(event)

    def feed(self, messages: Sequence[Event]) -> None:
        """Apply messages at one time, and commit them as one batch."""
        self.journal.messages(self.index, cast("Sequence[bytes]", messages), self.journal.clock.now())
        self.journal.commit()

    def handle(self, event: Event) -> None:
        """Handle anything but a message."""
        match event:
            case LoginRequest():
                self.login(event)
            case LogoutRequest():
                self.close("logged out")
            case Violation() | PeerSilent() | LoginTimedOut():
                self.close(str(event))
            case DebugReceived():
                log.debug("debug packet", port=self.name, text=event.text)
            case _:
                pass

    def pause_writing(self) -> None:
        """Stop writing: the client does not keep up. It has a while to catch up."""
        self.paused = True
        self.be_patient()

    def be_patient(self) -> None:
        """Drop the connection unless the client reads within a while."""
        limit = self.venue.config.soupbintcp.slow_reader_limit_ms / 1000
        self.patience = self.loop.call_later(limit, self.drop, "does not read")

    def resume_writing(self) -> None:
        """Go on writing where we stopped."""
        self.paused = False
        if self.patience is not None and not self.closing:
            self.patience.cancel()
            self.patience = None
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the port; that it is free again is a record."""
        self.closing = True
        for timer in (self.timer, self.patience):
            if timer is not None:
                timer.cancel()
        self.venue.connections.pop(self, None)
        if self.port is not None:
            name = self.name
            self.leave()
            log.info("disconnected", port=name, why=self.why if exc is None else str(exc))

    # Logging in and out.

    def login(self, request: LoginRequest) -> None:
        """Answer a Login Request (SoupBinTCP 3.00 §2.2.1): the answer waits for the login's record."""
        port = self.venue.port_of(self.service, request.username)
        password = "" if port is None else port.password.upper()
        if not hmac.compare_digest(request.password.encode(), password.encode()) or port is None:
            self.refuse(LoginRejectReason.NOT_AUTHORIZED, request, "unknown user or wrong password")
            return
        index = self.venue.index_of(port)
        stream = self.venue.machine.streams[index]
        if request.session not in ("", stream.session):
            self.refuse(
                LoginRejectReason.SESSION_NOT_AVAILABLE, request, f"session {request.session} is over or unknown"
            )
            return
        settings = self.venue.config.soupbintcp
        sequence = self.starting_number(request.sequence, stream.count)
        if sequence > stream.count + 1:
            if settings.sequence_beyond_next == "refuse":
                self.refuse(LoginRejectReason.SESSION_NOT_AVAILABLE, request, f"no sequence number {sequence} yet")
                return
            sequence = stream.count + 1
        present = self.venue.logged_in.get(port.name)
        if present is not None:
            if settings.second_login == "refuse":
                self.refuse(LoginRejectReason.SESSION_NOT_AVAILABLE, request, "the port is logged on already")
                return
            present.leave()
            present.drop("another login took the port over")
        self.port, self.index, self.stream = port, index, stream
        self.venue.logged_in[port.name] = self
        self.journal.record(Kind.LOGIN, index, b"", self.journal.clock.now())
        self.journal.commit()
        self.transport.pause_reading()
        self.journal.gate.call_when_durable(self.venue.machine.number, lambda: self.admit(stream, sequence))

    def starting_number(self, requested: int, count: int) -> int:
        """Give the first number to send; a requested 0 asks for the most recent message."""
        if requested:
            return requested
        return count if count and self.venue.config.soupbintcp.sequence_zero == "last" else count + 1

    def admit(self, stream: Stream, sequence: int) -> None:
        """Accept the login, replay from `sequence`, and take what the client sent behind its request."""
        if self.closing or self.port is None:
            return
        log.info("logged in", port=self.name, session=stream.session, sequence=sequence)
        self.transport.resume_reading()
        waiting = self.session.accept(stream.session, sequence, monotonic_ns())
        self.sent = stream.offset_of(sequence)
        stream.listener = self.flush
        if self.timer is not None:
            self.timer.cancel()
        self.tick()
        self.flush()
        if waiting and not self.closing and not stream.ended:
            self.take(waiting)

    def refuse(self, code: LoginRejectReason, request: LoginRequest, why: str) -> None:
        """Reject the login and close."""
        log.info("login rejected", service=self.service.key, username=request.username, why=why)
        self.session.reject(code, monotonic_ns())
        self.close(why)

    def leave(self) -> None:
        """Give the port up."""
        if self.port is None:
            return
        if self.stream is not None and self.stream.listener == self.flush:
            self.stream.listener = None
        self.venue.logged_in.pop(self.port.name, None)
        self.port = self.stream = None
        if not self.journal.closed:
            self.journal.record(Kind.DISCONNECT, self.index, b"", self.journal.clock.now())
            self.journal.commit()

    @property
    def name(self) -> str:
        """The port that is logged in, for the log."""
        return "" if self.port is None else self.port.name

    # Writing.

    def flush(self) -> None:
        """Write what has been released of the stream, as far as the client keeps up; `Z` after its end."""
        stream = self.stream
        if stream is None or self.closing:
            return
        sent, released = self.sent, stream.released
        while sent < released and not self.paused:
            end = released if released - sent <= WRITE_PIECE else sent + WRITE_PIECE
            self.transport.write(stream.slice(sent, end))
            self.sent = sent = end
            self.session.wrote(monotonic_ns())
        if stream.ended and sent == stream.length and not self.paused:
            self.session.end_of_session(monotonic_ns())
            self.close("the session is over")

    def write_session(self) -> None:
        """Write what the session machine itself has to say."""
        data = self.session.bytes_to_send()
        if data:
            self.transport.write(data)

    def tick(self) -> None:
        """Let the session send heartbeats and notice silence; come back when it next wants to."""
        now = monotonic_ns()
        if self in self.venue.waiting_for_disk:
            self.session.receive(b"", now)  # it is we who do not listen
        for event in self.session.tick(now):
            self.handle(event)
        if not self.closing:
            if not self.paused:
                self.write_session()
            self.timer = self.loop.call_later(max(self.session.next_tick - now, 0) / NANOSECONDS, self.tick)

    def close(self, why: str) -> None:
        """Write what is left to say, then close."""
        if not self.closing:
            self.why = why
            if not self.paused:  # else a packet of the stream may be half written
                self.write_session()
            self.closing = True
            self.transport.close()
            if self.patience is None:
                self.be_patient()

    def drop(self, why: str) -> None:
        """Close at once, whatever is unsent."""
        self.why = why
        log.warning("dropped", port=self.name, why=why)
        self.closing = True
        self.transport.abort()
