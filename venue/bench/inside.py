"""A venue in this process: the order path from received bytes to bytes to write, without sockets.

It does what a `SoupConnection` does with what it receives, in `memory` durability: session, journal, machine, gate,
and the stream's slice that would be written. What is left out are the event loop and the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import monotonic_ns, perf_counter_ns

from engine.api import Command, NextDay
from venue.bench.configurations import PASSWORD
from venue.bench.orders import joined, login
from venue.clock import Clock, RealClock, local_date, local_midnight
from venue.config import Config
from venue.gate import Gate
from venue.journal import Journal
from venue.machine import Machine
from venue.reference import market_command
from wire.soup import SoupServer, SoupSettings


class InsideVenue:
    """The venue of a configuration, its day open."""

    def __init__(self, config: Config, directory: Path, clock: Clock | None = None) -> None:
        self.clock = clock or RealClock()
        self.machine = Machine(directory)
        self.gate = Gate(is_open=True)
        self.journal = Journal(self.machine, self.gate, None, self.clock, _break, *[_ignore] * 3)
        now, _ = self.clock.now()
        market = config.market[0]
        day = local_date(now, market.timezone)
        self.command(NextDay(day.isoformat(), "BENCH", {market.key: local_midnight(now, market.timezone)}))
        self.command(market_command(config))

    def command(self, command: Command) -> None:
        """Carry out what must not be refused."""
        refused = self.journal.command(command)
        assert refused is None, refused


class InsideSession:
    """One client's connection to a venue in this process. `written` is what it was last answered."""

    def __init__(self, venue: InsideVenue, name: str) -> None:
        self.journal = venue.journal
        self.index = venue.machine.engine.ports[name].index
        self.stream = venue.machine.streams[self.index]
        self.session = SoupServer(SoupSettings(), monotonic_ns())
        self.session.receive(login(name, PASSWORD), monotonic_ns())
        self.session.accept(self.stream.session, self.stream.count + 1, monotonic_ns())
        self.sent = self.stream.length
        self.stream.listener = self.flush
        self.written = b""

    def data_received(self, data: bytes) -> None:
        """Take a chunk, as `SoupConnection.data_received` does."""
        events = self.session.receive(data, monotonic_ns())
        self.journal.messages(self.index, events)  # type: ignore[arg-type]  # only messages are sent here

    def flush(self) -> None:
        """Take what has been released of the stream, as `SoupConnection.flush` does."""
        stream = self.stream
        released = stream.released
        self.written = stream.slice(self.sent, released)
        self.sent = released
        self.session.wrote(monotonic_ns())


def feed(session: InsideSession, packets: Sequence[bytes]) -> float:
    """Let a session receive one packet after the other; gives the nanoseconds of one."""
    receive = session.data_received
    start = perf_counter_ns()
    for packet in packets:
        receive(packet)
    return (perf_counter_ns() - start) / len(packets)


def feed_at_once(session: InsideSession, packets: Sequence[bytes]) -> None:
    """Let a session receive packets that nobody times."""
    session.data_received(joined(packets))


def _break(error: Exception) -> None:
    raise error


def _ignore() -> None:
    """Deadlines are nobody's concern here."""
