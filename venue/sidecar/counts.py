"""Counts of each port's messages, taken while the replica applies records: in, out, and how many were rejected.

The engine process counts nothing for this. A count begins with the process, so it grows and starts anew, as Prometheus
expects of counters. `last_second` is what came in the last whole second of wall time before the latest record.
"""

from __future__ import annotations

from venue.machine import Machine
from venue.record import Kind, Record
from venue.stream import Stream
from wire.soup_terms import SEQUENCED_HEADERS

NANOSECONDS = 1_000_000_000
HEADER_LENGTH = len(SEQUENCED_HEADERS[1])
"""Bytes of a packet before its message."""
REJECTED = ord("J")


class Rate:
    """How many in the present second, and in the one before it."""

    __slots__ = ("before", "present", "second", "total")

    def __init__(self) -> None:
        self.second = self.present = self.before = self.total = 0

    def add(self, count: int, second: int) -> None:
        """Count what happened in a second, which is never before the last one told."""
        if second != self.second:
            self.before = self.present if second == self.second + 1 else 0
            self.present = 0
            self.second = second
        self.present += count
        self.total += count

    def last_second(self, now: int) -> int:
        """Give how many there were in the whole second before `now`, in seconds."""
        return self.before if now == self.second else self.present if now == self.second + 1 else 0


class PortCounts:
    """One port's."""

    __slots__ = ("incoming", "outgoing", "rejected")

    def __init__(self) -> None:
        self.incoming, self.outgoing, self.rejected = Rate(), Rate(), Rate()


class Counts:
    """Every port's, by its index, of the machine that applies the records."""

    def __init__(self) -> None:
        self.ports: list[PortCounts] = []
        self._indexes: dict[Stream, int] = {}
        self._sent: dict[Stream, int] = {}

    def applied(self, record: Record, machine: Machine) -> None:
        """Count a record that was just applied, and what was sent because of it: before the streams are settled."""
        second = record.wall_time // NANOSECONDS
        while len(self.ports) < len(machine.streams):
            self.ports.append(PortCounts())
        if record.kind == Kind.MESSAGE:
            self.ports[record.port].incoming.add(1, second)
        for stream in machine.touched:
            pending = stream.pending
            count = stream.count
            sent = self._sent.get(stream)
            if sent is None:
                self._meet(machine)
                sent = count - len(pending)
            if count > sent and stream in self._indexes:
                counts = self.ports[self._indexes[stream]]
                counts.outgoing.add(count - sent, second)
                rejected = sum(packet[HEADER_LENGTH] == REJECTED for packet in pending[sent - count :])
                if rejected:
                    counts.rejected.add(rejected, second)
            self._sent[stream] = count

    def _meet(self, machine: Machine) -> None:
        """Take note of which stream is which port's: those of days that are over are kept until they are settled."""
        present = {stream: index for index, stream in enumerate(machine.streams)}
        over = {stream: index for stream, index in self._indexes.items() if stream in machine.touched}
        self._indexes = over | present
        self._sent = {stream: count for stream, count in self._sent.items() if stream in self._indexes}
