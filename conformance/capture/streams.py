"""TCP streams put together again from segments: by connection and direction, in order, what came twice once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.capture.packets import Datagram, Segment, datagram, frames, segment

WINDOW = 1 << 31


@dataclass
class Stream:
    """What one end of a connection sent. `chunks` are its bytes by the place of each first one, gaps noted between."""

    source: str
    target: str
    start: int | None = None
    pieces: list[tuple[int, bytes]] = field(default_factory=list)
    connection: int = 0

    def add(self, sequence: int, data: bytes) -> None:
        """Take a segment's bytes, at their distance from the first one seen."""
        if self.start is None:
            self.start = sequence
        at = (sequence - self.start) & 0xFFFF_FFFF
        if at >= WINDOW:
            at -= 1 << 32
        if data:
            self.pieces.append((at, data))

    def parts(self) -> list[tuple[bytes, int]]:
        """Give the runs of bytes without a gap, each with the number of bytes missing before it."""
        found: list[tuple[bytearray, int]] = []
        end = 0
        for index, (at, data) in enumerate(sorted(self.pieces, key=lambda piece: piece[0])):
            gap = at - end
            if index == 0 or gap > 0:
                found.append((bytearray(data), max(0, gap) if index else 0))
                end = at + len(data)
            elif at + len(data) > end:
                found[-1][0].extend(data[end - at :])
                end = at + len(data)
        return [(bytes(data), gap) for data, gap in found]


def reassemble(segments: Iterable[Segment]) -> list[Stream]:
    """Put streams together, in the order of their first segments; a new SYN on old ports is a new connection."""
    open_ones: dict[tuple[str, str], Stream] = {}
    streams: list[Stream] = []
    connections = 0
    for one in segments:
        key = (one.source, one.target)
        stream = open_ones.get(key)
        if stream is None or (one.is_first and stream.start != one.sequence and stream.pieces):
            other = open_ones.get((one.target, one.source))
            is_answer = other is not None and (stream is None or other.connection > stream.connection)
            if not is_answer:
                connections += 1
            stream = Stream(one.source, one.target, connection=other.connection if is_answer and other else connections)
            open_ones[key] = stream
            streams.append(stream)
        stream.add(one.sequence, one.data)
    return [stream for stream in streams if stream.pieces]


def read_capture(data: bytes) -> list[Stream]:
    """Give the streams of a capture file."""
    found = (segment(link, frame) for link, frame in frames(data))
    return reassemble(one for one in found if one is not None)


def read_datagrams(data: bytes) -> list[Datagram]:
    """Give the UDP datagrams of a capture file."""
    found = (datagram(link, frame) for link, frame in frames(data))
    return [one for one in found if one is not None]
