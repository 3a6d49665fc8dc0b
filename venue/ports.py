"""The one asyncio protocol that drives a SoupBinTCP session: bytes in, bytes out, time, and nothing else.

It feeds the session machine, hands logins and messages to the venue, and writes what the gate has released of the
port's stream. What it has in common with other protocols' connections is `venue.connection`.
"""

from __future__ import annotations

from functools import partial
from time import monotonic_ns
from typing import TYPE_CHECKING, Final, cast

import structlog

from venue.admission import Refused, Verdict
from venue.connection import MESSAGES_A_TURN, NANOSECONDS, READ_PIECE, WRITE_PIECE, Connection
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
    from venue.service_settings import ServiceSettings
    from venue.stream import Stream

ONLY_MESSAGES: Final = {bytes}

log = structlog.get_logger()


class SoupConnection(Connection):
    """One client connection that speaks SoupBinTCP."""

    def __init__(self, venue: Venue, service: ServiceSettings, address: str) -> None:
        super().__init__(venue, service, address, venue.config.soupbintcp.slow_reader_limit_ms)
        self.session: SoupServer = SoupServer(venue.soup_settings, monotonic_ns())
        self.held: list[Event] = []

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
            sequence = self.beyond_next(sequence, stream.count)
            if not sequence:
                why = f"no sequence number {request.sequence} yet"
                self.refuse(LoginRejectReason.SESSION_NOT_AVAILABLE, request, why)
                return
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

    def beyond_next(self, sequence: int, count: int) -> int:
        """Give the first number to send to who asks for one that is not there yet; 0 where that is refused."""
        return 0 if self.venue.config.soupbintcp.sequence_beyond_next == "refuse" else count + 1

    def place_of(self, stream: Stream, sequence: int) -> int:
        """Give where a packet of the stream begins."""
        return stream.offset_of(sequence)

    def admit(self, stream: Stream, sequence: int) -> None:
        """Accept the login, replay from `sequence`, and take what the client sent behind its request."""
        if self.closing or self.port is None:
            return
        log.info("logged in", port=self.name, address=self.address, session=stream.session, sequence=sequence)
        self.is_logging_in = False
        self.listen()
        waiting = self.session.accept(stream.session, sequence, monotonic_ns())
        self.sent = self.place_of(stream, sequence)
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

    def say_goodbye(self, why: str) -> None:
        """Close; the packet that ends a session for good (`Z`) is not for this."""
        self.close(why)

    def close(self, why: str) -> None:
        """Write what is left to say, then close."""
        if not self.closing and not self.paused:  # else a packet of the stream may be half written
            self.write_session()
        super().close(why)
