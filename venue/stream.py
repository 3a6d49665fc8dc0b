"""What a port has sent in one session: every framed packet since its first, kept for replay and resend.

One run of bytes with the place of each packet beside it. It is held as full blocks of 1 MiB and one growing tail: a
list of `bytes` would cost 110 bytes a packet, and one large bytearray could not give up its oldest part without
copying the rest. Beyond a limit the oldest blocks go to an unlinked temporary file, which is derived data: it dies
with the process and replay rebuilds it.

Nothing here knows when bytes may leave. The gate moves `released`, and the connection sends up to there.

For editors: `append` is on the order path. Whatever is not needed for each packet belongs into `_touch`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from array import array
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import IO, Final, NamedTuple, Self

from ouch.port import PacketStream

BLOCK: Final = 2**20
"""Bytes moved to the temporary file at a time."""
MEMORY_LIMIT: Final = 64 * 2**20
"""Bytes of full blocks that one stream holds in memory."""


class StreamDump(NamedTuple):
    """All of a stream, for a snapshot: `lengths` are the packets' lengths, u32 little-endian each."""

    session: str
    ended: bool
    lengths: bytes
    content: bytes


class Stream(PacketStream):
    """The packets of one session, numbered from 1.

    `touched` is the list that the stream enters with its first packet since the gate last looked. `released` counts
    the bytes that may leave, and `listener` is called when it grew: the flush of whoever is connected.
    """

    __slots__ = (
        "_blocks",
        "_digest",
        "_digested",
        "_directory",
        "_file",
        "_last",
        "_memory_limit",
        "_spilled",
        "_starts",
        "_tail",
        "_touched",
        "ended",
        "length",
        "listener",
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
        self._touched = touched
        self._directory = directory
        self._memory_limit = memory_limit
        self._starts = array("Q")
        self._tail = bytearray()
        self._blocks: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._spilled = 0
        self._digest = sha256()
        self._digested = 0
        self._last = b""

    @property
    def count(self) -> int:
        """Packets so far, which is also the sequence number of the last one."""
        return len(self._starts)

    def append(self, packet: bytes) -> None:
        """Add the next packet. Raises `OSError` when an old block could not be moved to the temporary file."""
        self._starts.append(self.length)
        self.length += len(packet)
        self._tail += packet
        self._last = packet
        if self.untouched:
            self._touch()

    def offset_of(self, sequence: int) -> int:
        """Return where a packet begins; `count` + 1 gives the end. Raises `IndexError` for any other number."""
        if sequence == len(self._starts) + 1:
            return self.length
        if sequence < 1:
            raise IndexError(f"packet {sequence} of {len(self._starts)}")
        return self._starts[sequence - 1]

    def packet(self, sequence: int) -> bytes:
        """Return one packet. Raises `IndexError` when there is none of that number."""
        return self.slice(self.offset_of(sequence), self.offset_of(sequence + 1))

    def slice(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, wherever they are. Raises `IndexError` beyond the stream.

        The caller bounds the piece: a whole stream may be larger than memory.
        """
        if not 0 <= start <= end <= self.length:
            raise IndexError(f"bytes {start} to {end} of {self.length}")
        if end == self.length and end - start == len(self._last):
            return self._last  # what a client that keeps up is owed, most of the time
        tail_start = self.length - len(self._tail)
        if start >= tail_start:
            return bytes(self._tail[start - tail_start : end - tail_start])
        parts = [
            self._from_block(at, start, end) for at in range(start // BLOCK, (min(end, tail_start) - 1) // BLOCK + 1)
        ]
        if end > tail_start:
            parts.append(bytes(self._tail[: end - tail_start]))
        return b"".join(parts)

    def digest(self) -> bytes:
        """Return the SHA-256 of all bytes so far. Costs only what came since the last call."""
        while self._digested < self.length:
            end = min(self._digested + BLOCK, self.length)
            self._digest.update(self.slice(self._digested, end))
            self._digested = end
        return self._digest.digest()

    def dump(self) -> StreamDump:
        """Return all of it. Equal streams give equal dumps, however much of each is in memory."""
        ends = self._starts[1:]
        ends.append(self.length)
        lengths = array("I", (end - start for start, end in zip(self._starts, ends, strict=False)))
        if sys.byteorder == "big":
            lengths.byteswap()
        return StreamDump(self.session, self.ended, lengths.tobytes(), self.slice(0, self.length))

    @classmethod
    def load(cls, dump: StreamDump, touched: list[Stream], directory: Path, memory_limit: int = MEMORY_LIMIT) -> Self:
        """Return the dumped stream, all of it released: a snapshot is made of durable records only.

        Raises `ValueError` when the lengths do not add up to the content.
        """
        stream = cls(dump.session, touched, directory, memory_limit)
        lengths = array("I", dump.lengths)
        if sys.byteorder == "big":
            lengths.byteswap()
        for length in lengths:
            stream._starts.append(stream.length)
            stream.length += length
        if stream.length != len(dump.content):
            raise ValueError(f"the packets have {stream.length} bytes, the stream {len(dump.content)}")
        stream._tail += dump.content
        stream._settle()
        stream.ended = dump.ended
        stream.released = stream.length
        return stream

    def close(self) -> None:
        """Give up the temporary file; nothing that was moved there can be read afterwards."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _touch(self) -> None:
        self.untouched = False
        self._touched.append(self)
        if len(self._tail) >= BLOCK:
            self._settle()

    def _settle(self) -> None:
        """Cut full blocks off the tail, and move the oldest ones out when there are too many."""
        full = len(self._tail) // BLOCK * BLOCK
        self._blocks += [bytes(self._tail[at : at + BLOCK]) for at in range(0, full, BLOCK)]
        self._tail = self._tail[full:]
        excess = len(self._blocks) - self._memory_limit // BLOCK
        for block in self._blocks[: max(excess, 0)]:
            self._spill(block)
            del self._blocks[0]

    def _spill(self, block: bytes) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._directory, buffering=0)  # noqa: SIM115 - lives with the stream
        at = self._spilled * BLOCK
        view = memoryview(block)
        while view:
            written = os.pwrite(self._file.fileno(), view, at)
            view, at = view[written:], at + written
        self._spilled += 1

    def _from_block(self, index: int, start: int, end: int) -> bytes:
        """Return the part of a full block that lies within `start` and `end` of the stream."""
        base = index * BLOCK
        start, end = max(start - base, 0), min(end - base, BLOCK)
        if index >= self._spilled:
            return self._blocks[index - self._spilled][start:end]
        assert self._file is not None, "closed, and its oldest part with it"
        piece = os.pread(self._file.fileno(), end - start, base + start)
        if len(piece) != end - start:
            raise OSError(f"the temporary file of session {self.session} is shorter than what was moved there")
        return piece
