"""The records of a venue in `memory` mode, for its second process: there is no log that it could read.

Every batch since the start is kept, encoded as in the log, in a spool: most of it in an unlinked temporary file, so
memory stays bounded however far behind the second process is. It asks on engine.sock for what comes behind a record,
and gets the number of the last record there is, then frames, and then a frame for each further batch:

    last u64 | first record u64 | length u32 | the batch, as `venue.record` encodes it | first record … for ever

with numbers big-endian.

Nothing is encoded in an order's way: what comes within `FLUSH_SECONDS` becomes a frame, or a few, in a turn of its own.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from pathlib import Path
from struct import Struct
from typing import Final

import msgspec

from venue.calls import LONGEST_NUMBER
from venue.gate import Collector
from venue.record import encode_batch
from venue.spool import Spool

FLUSH_SECONDS: Final = 0.01
"""How long records wait to become a frame."""
RECORDS_A_TURN: Final = 128
"""Records encoded before others have their turn: some 150 microseconds."""
PIECE: Final = 256 * 1024
"""Bytes sent to the second process at a time."""
MARK_BYTES: Final = 64 * 1024
"""Bytes from one frame whose place is known to the next."""
LAST: Final = Struct(">Q")
"""What an answer begins with."""
HEAD: Final = Struct(">QI")
"""What a frame begins with."""
TARGET: Final = "records?after="
"""How records are asked for, before the number of the last one that is there."""


class Relay:
    """Keeps the records since the start; `collector` is what the journal hands them to. `serve` sends them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, directory: Path) -> None:
        self.collector = Collector(self._begin)
        self.last = 0
        self._loop = loop
        self._spool = Spool(directory)
        self._marks = [1]
        self._offsets = [0]
        self._more = asyncio.Event()

    async def serve(self, after: int, writer: asyncio.StreamWriter) -> None:
        """Send every record behind number `after`, and go on as they come; ends only with the connection."""
        if after > self.last:
            return
        offset = self._find(after + 1)
        writer.write(LAST.pack(self.last))
        while True:
            while offset < self._spool.length:
                end = min(offset + PIECE, self._spool.length)
                writer.write(self._spool.slice(offset, end))
                await writer.drain()
                offset = end
            self._more.clear()
            await self._more.wait()

    def close(self) -> None:
        """Let go of what was kept."""
        self._spool.close()

    def _begin(self) -> None:
        """See that a frame is made, now that its first record has come."""
        self._loop.call_later(FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        """Make a frame of what came, or of the first part of it."""
        records = self.collector.records
        if len(records) > RECORDS_A_TURN:
            records, self.collector.records = records[:RECORDS_A_TURN], records[RECORDS_A_TURN:]
            self._loop.call_soon(self._flush)
        else:
            self.collector.records = []
        blob = encode_batch(records)
        if self._spool.length - self._offsets[-1] >= MARK_BYTES:
            self._marks.append(self.last + 1)
            self._offsets.append(self._spool.length)
        self._spool.append(HEAD.pack(self.last + 1, len(blob)) + blob)
        self.last += len(records)
        self._more.set()

    def _find(self, number: int) -> int:
        """Give where the frame with a record begins, or where it will: orders wait for it, so one read must do."""
        place = bisect_right(self._marks, number)
        begin = self._offsets[place - 1]
        end, beyond = self._spool.length, self.last + 1
        if place < len(self._marks):
            end, beyond = self._offsets[place], self._marks[place]
        part, at = self._spool.slice(begin, end), 0
        while at < len(part):
            _, length = HEAD.unpack_from(part, at)
            following = at + HEAD.size + length
            if number < (HEAD.unpack_from(part, following)[0] if following < len(part) else beyond):
                break
            at = following
        return begin + at


def asked_for(request: bytes) -> int | None:
    """Give the record behind which records are asked for, None where a request asks for something else."""
    try:
        target = msgspec.json.decode(request, type=dict[str, msgspec.Raw])["target"]
        text = msgspec.json.decode(target, type=str)
    except (msgspec.DecodeError, KeyError, UnicodeDecodeError, RecursionError):
        return None
    number = text.removeprefix(TARGET)
    is_number = number != text and number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER
    return int(number) if is_number else None
