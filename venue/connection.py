"""What every client connection is, whatever it speaks: a place in the crowd, turns with the others, patience, an end.

A protocol is a subclass: it takes what was read (`data_received`, `catch_up`), lets a port in, and writes what the gate
has released of the port's stream (`flush`). A reader that is slow holds back nobody: at most `WRITE_PIECE` beyond the
transport's own limit is unsent, the rest stays in the stream, and after a while the connection is closed; the client
comes back and has it sent again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

import structlog

from venue.record import WITH_THE_VENUE, Kind

if TYPE_CHECKING:
    from venue.admission import Attempt
    from venue.app import Venue
    from venue.service_settings import PortSettings, ServiceSettings
    from venue.stream import Stream

READ_PIECE: Final = 8 * 1024
"""Bytes taken from one connection before the others have their turn: some 160 orders, a millisecond or two."""
MESSAGES_A_TURN: Final = 200
"""The same for messages: those that came behind a login may be more."""
WRITE_PIECE: Final = 256 * 1024
"""Bytes of a stream handed to the transport at a time."""
WRITE_LIMIT: Final = 1024 * 1024
"""Unsent bytes at which the transport tells us to wait."""
NANOSECONDS: Final = 1_000_000_000

log = structlog.get_logger()


class Connection(asyncio.Protocol):
    """One client connection, from accept to close. A client that does not read has `slow_reader_limit_ms`."""

    transport: asyncio.Transport

    def __init__(self, venue: Venue, service: ServiceSettings, address: str, slow_reader_limit_ms: int) -> None:
        self.venue = venue
        self.service = service
        self.address = address
        self.slow_reader_limit_ms = slow_reader_limit_ms
        self.is_made = False
        self.attempt: Attempt | None = None
        self.journal = venue.journal
        self.loop = venue.loop
        self.port: PortSettings | None = None
        self.index = -1
        self.stream: Stream | None = None
        self.sent = 0
        self.unread = b""
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

    def pause_writing(self) -> None:
        """Stop writing: the client does not keep up. It has a while to catch up."""
        self.paused = True
        self.be_patient()

    def be_patient(self) -> None:
        """Drop the connection unless the client reads within a while."""
        self.patience = self.loop.call_later(self.slow_reader_limit_ms / 1000, self.drop, "does not read")

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
            self.attempt = None  # which knows us: nothing else would undo the cycle
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

    # What a protocol does in its own way.

    def tick(self) -> None:
        """Do what the session's timers ask, and come back when they next do."""
        raise NotImplementedError

    def catch_up(self) -> None:
        """Work off some of what was read."""
        raise NotImplementedError

    def flush(self) -> None:
        """Write what has been released of the stream, as far as the client keeps up."""
        raise NotImplementedError

    def attend(self) -> None:
        """Look what the session asks after a command of the venue's; a protocol whose sessions ask nothing passes."""

    def say_goodbye(self, why: str) -> None:
        """End the session in the protocol's own way, for a reason of the venue's."""
        raise NotImplementedError

    # Taking turns.

    def fall_behind(self) -> None:
        """Read no more until what was read is worked off: a turn of ours, a turn of everyone else's."""
        if not self.is_behind:
            self.is_behind = True
            self.transport.pause_reading()
        self.loop.call_soon(self.catch_up)

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

    # The port, and the end.

    @property
    def name(self) -> str:
        """The port that is logged in, for the log."""
        return "" if self.port is None else self.port.name

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

    def close(self, why: str) -> None:
        """Close when what was written has left."""
        if not self.closing:
            self.why = why
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
