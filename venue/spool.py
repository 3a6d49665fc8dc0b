"""Bytes that only ever grow, most of them on disk: what a day's streams and trades are kept in.

The newest lie in one growing tail, before it full blocks of 64 KiB; beyond a limit the oldest blocks go to an unlinked
temporary file, which is derived data: it dies with the process and replay rebuilds it. (One large bytearray could not
give up its oldest part without copying the rest.) So a day of any length takes a bounded amount of memory.

Where the disk does not take a block it stays in memory, and is tried again with the next: nothing is lost for want of
a file, and nothing that waits for its release is held up.
"""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

import structlog

from engine.trades import Store

BLOCK: Final = 2**16
"""Bytes moved to the temporary file at a time: few enough that nobody waits for it (a MiB took up to 13 ms)."""
MEMORY_LIMIT: Final = 4 * 2**20
"""Bytes of full blocks that one spool holds in memory."""

log = structlog.get_logger()


class Spool(Store):
    """One run of bytes. `length` is how many there are; the temporary file is made in `directory`."""

    __slots__ = (
        "_blocks",
        "_digest",
        "_digested",
        "_directory",
        "_file",
        "_memory_limit",
        "_spilled",
        "_stuck",
        "_tail",
        "length",
    )

    def __init__(self, directory: Path, memory_limit: int = MEMORY_LIMIT) -> None:
        self.length = 0
        self._directory = directory
        self._memory_limit = memory_limit
        self._tail = bytearray()
        self._blocks: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._spilled = 0
        self._stuck = False
        self._digest = sha256()
        self._digested = 0

    def append(self, data: bytes) -> None:
        """Add bytes."""
        self.length += len(data)
        self._tail += data
        if len(self._tail) >= BLOCK:
            self._settle()

    def slice(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, wherever they are. Raises `IndexError` beyond the end.

        The caller bounds the piece: the whole may be larger than memory.
        """
        if not 0 <= start <= end <= self.length:
            raise IndexError(f"bytes {start} to {end} of {self.length}")
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

    def close(self) -> None:
        """Give up the temporary file; nothing that was moved there can be read afterwards."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __del__(self) -> None:
        self.close()

    def _settle(self) -> None:
        """Cut full blocks off the tail, and move the oldest ones out when there are too many."""
        full = len(self._tail) // BLOCK * BLOCK
        self._blocks += [bytes(self._tail[at : at + BLOCK]) for at in range(0, full, BLOCK)]
        self._tail = self._tail[full:]
        moved = 0
        try:
            while len(self._blocks) - moved > self._memory_limit // BLOCK:
                self._spill(self._blocks[moved])
                moved += 1
            self._stuck = False
        except OSError as error:
            if not self._stuck:
                log.warning("older messages or trades stay in memory", error=str(error), data=str(self._directory))
            self._stuck = True
        del self._blocks[:moved]

    def _spill(self, block: bytes) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._directory, buffering=0)  # noqa: SIM115 - lives with the spool
        at = self._spilled * BLOCK
        view = memoryview(block)
        while view:
            written = os.pwrite(self._file.fileno(), view, at)
            view, at = view[written:], at + written
        self._spilled += 1

    def _from_block(self, index: int, start: int, end: int) -> bytes:
        """Return the part of a full block that lies within `start` and `end`."""
        base = index * BLOCK
        start, end = max(start - base, 0), min(end - base, BLOCK)
        if index >= self._spilled:
            return self._blocks[index - self._spilled][start:end]
        assert self._file is not None, "closed, and its oldest part with it"
        piece = os.pread(self._file.fileno(), end - start, base + start)
        if len(piece) != end - start:
            raise OSError(f"a temporary file in {self._directory} is shorter than what was moved there")
        return piece
