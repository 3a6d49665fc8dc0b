"""A connection to a PRM port: SoupBinTCP as to any other, closed over what cannot be read, and with counters in time.

What has become of accounts is told by polling: a few times a second the port is asked whether counters are other than
they were told last, and only where they are a record is made that tells them. So an order costs nothing for it.
"""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import TYPE_CHECKING, Final

from prmproto.port import PrmPort
from venue.connection import NANOSECONDS
from venue.ports import SoupConnection
from venue.record import Kind
from wire.soup import Event, State

if TYPE_CHECKING:
    from venue.app import Venue
    from venue.service_settings import ServiceSettings
    from venue.stream import Stream

LOOK_SECONDS: Final = 0.1
"""Between two looks at counters: ten messages a second at the most."""
LOOK_SHARE: Final = 20
"""A look at very many accounts is followed by a rest so many times as long: orders come first."""


class PrmConnection(SoupConnection):
    """One client of a PRM port."""

    def __init__(self, venue: Venue, service: ServiceSettings, address: str) -> None:
        super().__init__(venue, service, address)
        self.look: asyncio.TimerHandle | None = None
        self.has_fault = False

    @property
    def endpoint(self) -> PrmPort:
        """The port that is logged in."""
        endpoint = self.venue.machine.ports[self.index]
        assert isinstance(endpoint, PrmPort)
        return endpoint

    def admit(self, stream: Stream, sequence: int) -> None:
        """Accept the login, and begin to look at counters."""
        super().admit(stream, sequence)
        if not self.closing:
            self.look = self.loop.call_later(LOOK_SECONDS, self.look_at_counters)

    def data_received(self, data: bytes) -> None:
        """Take what was read, and close over what the port could not read."""
        super().data_received(data)
        self.close_over_fault()

    def take(self, events: list[Event]) -> None:
        """Take what was read before, likewise."""
        super().take(events)
        self.close_over_fault()

    def close_over_fault(self) -> None:
        """Where the port could not read something, close once all that it said before is on its way."""
        if self.port is None or self.closing or self.is_logging_in or self.has_fault or not self.endpoint.fault:
            return
        self.has_fault = True
        self.transport.pause_reading()
        self.journal.gate.call_when_durable(self.venue.machine.number, self.say_fault)

    def say_fault(self) -> None:
        """Say what the port could not read, and close."""
        if self.port is None or self.closing:
            return
        self.flush()
        fault = self.endpoint.fault
        if self.session.state is State.LOGGED_IN:
            self.session.debug(fault, monotonic_ns())
        self.close(fault)

    def look_at_counters(self) -> None:
        """Tell counters that have changed, and come back in a while."""
        if self.port is None or self.closing or self.journal.closed:
            return
        began = monotonic_ns()
        times = self.journal.clock.now()
        if self.endpoint.is_due(times[0]):
            self.journal.record(Kind.SESSION_TIMER, self.index, b"", times)
            self.journal.commit()
        spent = (monotonic_ns() - began) / NANOSECONDS
        self.look = self.loop.call_later(max(LOOK_SECONDS, spent * LOOK_SHARE), self.look_at_counters)

    def leave(self) -> None:
        """Give the port up, and look no more."""
        if self.look is not None:
            self.look.cancel()
            self.look = None
        super().leave()
