"""What a port has sent in one session: every framed packet since its first, kept for replay and resend.

The packets lie one behind the other in a spool, their lengths in another. Where the n-th begins is found from a
*mark*, which is kept for every 256th packet, by adding up the lengths from there. (Eight bytes a packet would be 160 MB
on a day of 20 million, a list of `bytes` 110 bytes a packet.)

Nothing here knows when bytes may leave. The gate moves `released`, and the connection sends up to there.

For editors: a port appends to `pending`, which is on the order path and so costs one list append a packet; `settle`
takes what is pending over, once for all that one read of a socket gave. Whatever looks at the packets settles first.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple, Self

from engine.endpoint import NumberedStream
from venue.spool import MEMORY_LIMIT, Spool

MARK_EVERY: Final = 256
"""Packets from one mark to the next."""
DIGESTED_AT_ONCE: Final = 16 * MARK_EVERY
"""Packets that are made timeless at a time."""
LENGTHS_KEPT: Final = 64 * MARK_EVERY
"""Lengths, four bytes each, that are moved to their spool at a time."""


class StreamDump(NamedTuple):
    """All of a stream, for a snapshot: `lengths` are the packets' lengths, u32 little-endian each."""

    session: str
    ended: bool
    lengths: bytes
    content: bytes


class Stream(NumberedStream):
    """The packets of one session, numbered from 1.

    `touched` is the list that the stream enters with its first packet since the gate last looked. `released` counts
    the bytes that may leave, and `listener` is called when it grew: the flush of whoever is connected.
    """

    __slots__ = (
        "_after_offset",
        "_after_sequence",
        "_content",
        "_digested",
        "_latest",
        "_lengths",
        "_marked",
        "_marks",
        "_older_lengths",
        "_timeless",
        "_touched",
        "ended",
        "length",
        "listener",
        "pending",
        "released",
        "session",
        "untouched",
    )

    def __init__(self, session: str, touched: list[Stream], directory: Path, memory_limit: int = MEMORY_LIMIT) -> None:
        self.session = session
        self.ended = False
        self.length = 0
        self.released = 0
        self.listener: Callable[[], None] | None = None
        self.untouched = True
        self.pending: list[bytes] = []
        self._touched = touched
        self._content = Spool(directory, memory_limit)
        self._older_lengths = Spool(directory, memory_limit)
        self._lengths = array("I")
        self._marks = array("Q")
        self._marked = 0
        self._digested = 0
        self._timeless = sha256()
        self._latest = b""
        self._after_sequence = 1
        self._after_offset = 0

    @property
    def count(self) -> int:
        """Packets so far, which is also the sequence number of the last one."""
        return len(self._marks) * MARK_EVERY + len(self._lengths) + len(self.pending)

    def touch(self) -> None:
        """Let the gate know that there is something pending; to be called with the first packet of a batch."""
        self.untouched = False
        self._touched.append(self)

    def append(self, packet: bytes) -> None:
        """Add the next packet."""
        self.pending.append(packet)
        if self.untouched:
            self.touch()

    def settle(self) -> None:
        """Take over what is pending."""
        pending = self.pending
        if len(pending) == 1:
            data = pending[0]
            self._lengths.append(len(data))
        else:
            data = b"".join(pending)
            self._lengths.extend(map(len, pending))
        pending.clear()
        self.length += len(data)
        self._latest = data
        self._content.append(data)
        if len(self._lengths) >= LENGTHS_KEPT:
            self._mark()

    def offset_of(self, sequence: int) -> int:
        """Return where a packet begins; `count` + 1 gives the end. Raises `IndexError` for any other number."""
        if not 1 <= sequence <= self.count + 1:
            raise IndexError(f"packet {sequence} of {self.count}")
        self.settle()
        place = (sequence - 1) // MARK_EVERY
        if place >= len(self._marks):
            return self._marked + sum(self._lengths[: sequence - 1 - len(self._marks) * MARK_EVERY])
        lengths = array("I", self._older_lengths.slice(4 * MARK_EVERY * place, 4 * (sequence - 1)))
        return self._marks[place] + sum(lengths)

    def packet(self, sequence: int) -> bytes:
        """Return one packet. Raises `IndexError` when there is none of that number.

        Whoever reads one after the other need not have each looked for: where the last one ended is known.
        """
        if not 1 <= sequence <= self.count:
            raise IndexError(f"packet {sequence} of {self.count}")
        start = self._after_offset if sequence == self._after_sequence else self.offset_of(sequence)
        end = start + self._length_of(sequence)
        self._after_sequence, self._after_offset = sequence + 1, end
        return self.slice(start, end)

    def _length_of(self, sequence: int) -> int:
        self.settle()
        place = sequence - 1 - len(self._marks) * MARK_EVERY
        if place >= 0:
            return self._lengths[place]
        return array("I", self._older_lengths.slice(4 * (sequence - 1), 4 * sequence))[0]

    def slice(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, wherever they are. Raises `IndexError` beyond the stream.

        The caller bounds the piece: a whole stream may be larger than memory.
        """
        if end == self.length and end - start == len(self._latest):
            return self._latest
        self.settle()
        return self._content.slice(start, end)

    def digest(self, timeless: Callable[[bytes], bytes] | None = None) -> bytes:
        """Return the SHA-256 of all bytes so far, of what `timeless` makes of runs of packets where it is given.

        That must be the same function each time. Costs only what came since the last call.
        """
        self.settle()
        if timeless is None:
            return self._content.digest()
        count = self.count
        while self._digested < count:
            last = min(self._digested + DIGESTED_AT_ONCE, count)
            data = self._content.slice(self.offset_of(self._digested + 1), self.offset_of(last + 1))
            self._timeless.update(timeless(data))
            self._digested = last
        return self._timeless.digest()

    def dump(self) -> StreamDump:
        """Return all of it. Equal streams give equal dumps, however much of each is in memory."""
        self.settle()
        lengths = array("I", self._older_lengths.slice(0, self._older_lengths.length)) + self._lengths
        if sys.byteorder == "big":
            lengths.byteswap()
        return StreamDump(self.session, self.ended, lengths.tobytes(), self._content.slice(0, self.length))

    @classmethod
    def load(cls, dump: StreamDump, touched: list[Stream], directory: Path, memory_limit: int = MEMORY_LIMIT) -> Self:
        """Return the dumped stream, all of it released: a snapshot is made of durable records only.

        Raises `ValueError` when the lengths do not add up to the content.
        """
        stream = cls(dump.session, touched, directory, memory_limit)
        stream._lengths = array("I", dump.lengths)
        if sys.byteorder == "big":
            stream._lengths.byteswap()
        stream.length = stream.released = sum(stream._lengths)
        if stream.length != len(dump.content):
            raise ValueError(f"the packets have {stream.length} bytes, the stream {len(dump.content)}")
        stream._content.append(dump.content)
        stream._mark()
        stream.ended = dump.ended
        return stream

    def close(self) -> None:
        """Give up the temporary files; nothing that was moved there can be read afterwards."""
        self._content.close()
        self._older_lengths.close()

    def _mark(self) -> None:
        """Mark every 256th packet, and move the lengths up to the last mark out."""
        full = len(self._lengths) // MARK_EVERY * MARK_EVERY
        for at in range(0, full, MARK_EVERY):
            self._marks.append(self._marked)
            self._marked += sum(self._lengths[at : at + MARK_EVERY])
        self._older_lengths.append(self._lengths[:full].tobytes())
        self._lengths = self._lengths[full:]
