"""The one asyncio protocol that drives a SoupBinTCP session: bytes in, bytes out, time, and nothing else.

It feeds the session machine, hands logins and messages to the venue, and writes what the gate has released of the
port's stream. A reader that is slow holds back nobody: at most `WRITE_PIECE` beyond the transport's own limit is
unsent, the rest stays in the stream, and after a while the connection is closed; the client logs in again and replays.
"""

from __future__ import annotations

import asyncio
from functools import partial
from time import monotonic_ns
from typing import TYPE_CHECKING, Final, cast

import structlog

from venue.admission import Attempt, Refused, Verdict
from venue.config import PortSettings, ServiceSettings
from venue.record import WITH_THE_VENUE, Kind
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

READ_PIECE: Final = 8 * 1024
"""Bytes taken from one connection before the others have their turn: some 160 orders, a millisecond or two."""
MESSAGES_A_TURN: Final = 200
"""The same for messages: those that came behind a login may be more."""
ONLY_MESSAGES: Final = {bytes}
WRITE_PIECE: Final = 256 * 1024
"""Bytes of a stream handed to the transport at a time."""
WRITE_LIMIT: Final = 1024 * 1024
"""Unsent bytes at which the transport tells us to wait."""
NANOSECONDS: Final = 1_000_000_000

log = structlog.get_logger()


class SoupConnection(asyncio.Protocol):
    """One client connection, from accept to close."""

    transport: asyncio.Transport

    def __init__(self, venue: Venue, service: ServiceSettings, address: str) -> None:
        self.venue = venue
        self.service = service
        self.address = address
        self.is_made = False
        self.attempt: Attempt | None = None
        self.journal = venue.journal
        self.loop = venue.loop
        self.session = SoupServer(venue.soup_settings, monotonic_ns())
        self.port: PortSettings | None = None
        self.index = -1
        self.stream: Stream | None = None
        self.sent = 0
        self.unread = b""
        self.held: list[Event] = []
        self.is_behind = False
        self.is_logging_in = False
        self.paused = False
        self.closing = False
        self.why = "the client closed the connection"
        self.timer: asyncio.TimerHandle | None = None
        self.patience: asyncio.TimerHandle | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the session's timers."""
        self.transport = cast("asyncio.Transport", transport)
        self.is_made = True
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
        if self.is_behind:
            self.unread += data
            return
        if len(data) > READ_PIECE:
            data, self.unread = data[:READ_PIECE], data[READ_PIECE:]
        events = self.session.receive(data, monotonic_ns())
        if len(events) == 1 and type(events[0]) is bytes:
            if not self.journal.messages(self.index, cast("list[bytes]", events)):
                self.held = events
        elif events:
            self.take(events)
        if self.unread or self.held:
            self.fall_behind()
        if self.journal.writer is not None and self.journal.is_ahead:
            self.venue.wait_for_disk(self)

    def take(self, events: list[Event]) -> None:
        """Apply messages at one time as one batch, and hold what has to wait for its turn.

        Messages go first: what ends a session is always the last event, and all else may be heard later.
        """
        others: list[Event] = []
        if set(map(type, events)) != ONLY_MESSAGES:
            others = [event for event in events if type(event) is not bytes]
            events = [event for event in events if type(event) is bytes]
        if events:
            turn = events if len(events) <= MESSAGES_A_TURN else events[:MESSAGES_A_TURN]
            count = self.journal.messages(self.index, cast("list[bytes]", turn))
            if count < len(events):
                self.held = events[count:] + others
                return
        for event in others:
            self.handle(event)

    # Taking turns.

    def fall_behind(self) -> None:
        """Read no more until what was read is worked off: a turn of ours, a turn of everyone else's."""
        if not self.is_behind:
            self.is_behind = True
            self.transport.pause_reading()
        self.loop.call_soon(self.catch_up)

    def catch_up(self) -> None:
        """Work off some of what was read; a port that waits for its own mass cancel just comes back."""
        if self.closing or self.is_waiting or (self.stream is not None and self.stream.ended):
            return
        if self.held:
            if not self.venue.machine.is_busy(self.index):
                held, self.held = self.held, []
                self.take(held)
        else:
            data, self.unread = self.unread[:READ_PIECE], self.unread[READ_PIECE:]
            self.take(self.session.receive(data, monotonic_ns()))
        if self.journal.writer is not None and self.journal.is_ahead:
            self.venue.wait_for_disk(self)
        self.is_behind = bool(self.held or self.unread)
        self.listen()

    @property
    def is_waiting(self) -> bool:
        """Whether what was read has to wait for a login's record, or for the disk."""
        return self.is_logging_in or self in self.venue.waiting_for_disk

    def listen(self) -> None:
        """Go on with what was read, or read on, unless there is a reason to wait."""
        if self.closing or self.is_waiting:
            return
        if self.is_behind:
            self.loop.call_soon(self.catch_up)
        else:
            self.transport.resume_reading()

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
        why = self.why if exc is None or self.closing else str(exc)
        self.closing = True
        self.give_place_back()
        if self.attempt is not None:
            self.venue.door.forget(self.attempt)
        for timer in (self.timer, self.patience):
            if timer is not None:
                timer.cancel()
        self.venue.connections.pop(self, None)
        if self.port is not None:
            name = self.name
            self.leave()
            log.info("disconnected", port=name, why=why)

    def give_place_back(self) -> None:
        """Be counted no longer among the connections of our address."""
        self.venue.crowd.leave(self.address)

    # Logging in and out.

    def login(self, request: LoginRequest) -> None:
        """Ask who it is (SoupBinTCP 3.00 §2.2.1); the answer may take a while."""
        answer = partial(self.authorize, request)
        self.attempt = self.venue.door.ask(self.service.key, request.username, request.password, self.address, answer)

    def authorize(self, request: LoginRequest, verdict: Verdict) -> None:
        """Answer a Login Request, now that we know who it is: the answer waits for the login's record."""
        if self.closing:
            return
        if isinstance(verdict, Refused):
            self.refuse(LoginRejectReason.NOT_AUTHORIZED, request, verdict.why)
            return
        port = verdict.port
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
        self.is_logging_in = True
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
        log.info("logged in", port=self.name, address=self.address, session=stream.session, sequence=sequence)
        self.is_logging_in = False
        self.listen()
        waiting = self.session.accept(stream.session, sequence, monotonic_ns())
        self.sent = stream.offset_of(sequence)
        stream.listener = self.flush
        if self.timer is not None:
            self.timer.cancel()
        self.tick()
        self.flush()
        if waiting and not self.closing and not stream.ended:
            self.take(waiting)
            if self.held and not self.is_behind:
                self.fall_behind()

    def refuse(self, code: LoginRejectReason, request: LoginRequest, why: str) -> None:
        """Reject the login and close."""
        log.info("login rejected", service=self.service.key, username=request.username, address=self.address, why=why)
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
            why = b"" if self.venue.live else WITH_THE_VENUE
            self.journal.record(Kind.DISCONNECT, self.index, why, self.journal.clock.now())
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
        if self.is_behind or self in self.venue.waiting_for_disk:
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
