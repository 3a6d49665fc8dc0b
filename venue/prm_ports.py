"""A connection to a PRM port: SoupBinTCP as to any other, closed over what cannot be read, and with counters in time.

What has become of accounts is told by polling: a few times a second the port is asked whether counters are other than
they were told last, and only where they are a record is made that tells them. So an order costs nothing for it.

What is long, such as the limits of very many accounts, is told in slices, each a record and a turn of the loop.
Meanwhile the port is not heard, and everybody else is. All PRM ports share their turns, one a pass of the loop: many
that ask at once wait for one another, and orders for none but the one whose turn it is.
"""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import TYPE_CHECKING, Final

from prmproto.codec import AUDIT_LIST
from prmproto.port import PrmPort
from prmproto.queries import LISTS_OF
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
REQUESTS_A_TURN: Final = 8
"""Requests that are carried out before others have their turn: one may look through all order books of the venue."""
LONG: Final = frozenset(bytes((kind,)) for kind in (*LISTS_OF, AUDIT_LIST))
"""Requests of whose answers each has a turn of its own, or many."""
LOOK_SHARE: Final = 20
"""A look at very many accounts is followed by a rest so many times as long: orders come first."""


class PrmConnection(SoupConnection):
    """One client of a PRM port."""

    def __init__(self, venue: Venue, service: ServiceSettings, address: str) -> None:
        super().__init__(venue, service, address)
        self.look: asyncio.Handle | None = None
        self.has_asked = False
        self.place = self.spent = 0
        self.has_fault = False

    @property
    def endpoint(self) -> PrmPort:
        """The port that is logged in."""
        endpoint = self.venue.machine.ports[self.index]
        assert isinstance(endpoint, PrmPort)
        return endpoint

    def admit(self, stream: Stream, sequence: int) -> None:
        """Accept the login, go on with what it is told of counters, and begin to look at these."""
        super().admit(stream, sequence)
        self.follow()
        if not self.closing:
            self.look = self.loop.call_later(LOOK_SECONDS, self.look_at_counters)

    def data_received(self, data: bytes) -> None:
        """Take what was read; behind a long answer, what comes has to wait."""
        super().data_received(data)
        self.follow()

    def take(self, events: list[Event]) -> None:
        """Take a few requests, none behind one whose answer may be long; what is left has its turn behind that."""
        few = events[:REQUESTS_A_TURN]
        place = next((i for i, event in enumerate(few) if type(event) is bytes and event[:1] in LONG), None)
        turn = few if place is None else few[: place + 1]
        super().take(turn)
        self.held += events[len(turn) :]
        self.follow()

    def catch_up(self) -> None:
        """Work off some of what was read, unless an answer is under way: its end comes back here."""
        if not self.is_answering:
            super().catch_up()
            self.follow()

    def follow(self) -> None:
        """See that what is told in slices goes on, with everyone else's turn in between, and read nothing meanwhile."""
        self.close_over_fault()
        if self.port is None or self.closing or self.is_logging_in:
            return
        if self.is_answering and not self.is_behind:
            self.fall_behind()
        if self.endpoint.is_under_way and not self.has_asked:
            self.has_asked = True
            self.venue.prm_turns.ask(self.go_on)

    @property
    def is_answering(self) -> bool:
        """Whether an answer is under way."""
        return self.port is not None and not self.is_logging_in and self.endpoint.listing is not None

    def go_on(self) -> None:
        """Record that the next slice was told."""
        self.has_asked = False
        if self.port is None or self.closing or self.journal.closed:
            return
        was_answering, began = self.is_answering, monotonic_ns()
        self.journal.record(Kind.SESSION_TIMER, self.index, b"", self.journal.clock.now())
        self.journal.commit()
        if not was_answering:
            self.spent += monotonic_ns() - began
        self.follow()
        if was_answering and not self.is_answering:
            self.listen()

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
        """Look through counters, a slice at a time; tell what has changed, and come back in a while."""
        if self.port is None or self.closing or self.journal.closed:
            return
        if not self.endpoint.is_under_way:
            began = monotonic_ns()
            is_due, self.place = self.endpoint.counters.look(self.place, self.journal.clock.now()[0])
            self.spent += monotonic_ns() - began
            if self.place and not is_due:
                self.look = None
                self.venue.prm_turns.ask(self.look_at_counters)
                return
            self.place = 0
            if is_due:
                self.go_on()
        rest, self.spent = self.spent * LOOK_SHARE / NANOSECONDS, 0
        self.look = self.loop.call_later(max(LOOK_SECONDS, rest), self.look_at_counters)

    def leave(self) -> None:
        """Give the port up, and look no more."""
        if self.look is not None:
            self.look.cancel()
            self.look = None
        super().leave()
