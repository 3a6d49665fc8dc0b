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
    """Every port's, by its index. A record is counted once, whatever machine applies it again later."""

    def __init__(self) -> None:
        self.ports: list[PortCounts] = []
        self._latest = 0
        self._indexes: dict[Stream, int] = {}

    def came(self, record: Record, machine: Machine) -> None:
        """Count a record that was just applied."""
        if machine.number > self._latest:
            self._latest = machine.number
            if record.kind == Kind.MESSAGE:
                self.of(record.port).incoming.add(1, record.wall_time // NANOSECONDS)

    def sent(self, machine: Machine) -> None:
        """Count what was sent since the streams were settled, which they are about to be."""
        present = {stream: index for index, stream in enumerate(machine.streams)}
        known = self._indexes | present
        self._indexes = present  # those of a day that is over are known once more, for what they end with
        if machine.number < self._latest:
            return
        second = machine.wall_time // NANOSECONDS
        for stream in machine.touched:
            if stream in known:
                counts = self.of(known[stream])
                counts.outgoing.add(len(stream.pending), second)
                rejected = sum(packet[HEADER_LENGTH] == REJECTED for packet in stream.pending)
                if rejected:
                    counts.rejected.add(rejected, second)

    def of(self, index: int) -> PortCounts:
        """Give a port's."""
        while len(self.ports) <= index:
            self.ports.append(PortCounts())
        return self.ports[index]
