"""The packets of MoldUDP64 1.00: a header, and blocks of a length and a message each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.declarations.kinds import Alpha, Number
from conformance.declarations.message import Dissection

HEADER: Final = 20
END: Final = 0xFFFF
BLOCK_LENGTH: Final = 2
COUNTS: Final = {0: "a heartbeat", END: "the end of the session"}


def looks_like(data: bytes) -> bool:
    """Whether a datagram is a header, or one with blocks that fill it."""
    if len(data) < HEADER or Alpha(10).fault(data[:10]) or not data[:1].strip():
        return False
    *_, end = ends(data)
    return end == len(data)


def count_of(data: bytes) -> int:
    """Give the message count; 0 and the end of a session have no blocks, nor has a request."""
    count = int.from_bytes(data[18:20], "big")
    return 0 if count == END or len(data) == HEADER else count


def ends(data: bytes) -> Iterator[int]:
    """Give where the header and each block end, as far as their lengths can be read; -1 where one cannot."""
    at = HEADER
    yield at
    for _ in range(count_of(data)):
        if at + BLOCK_LENGTH > len(data):
            yield -1
            return
        at += BLOCK_LENGTH + int.from_bytes(data[at : at + BLOCK_LENGTH], "big")
        if at > len(data):
            yield -1
            return
        yield at


def dissect(data: bytes) -> Dissection:
    """Take the header apart."""
    found = Dissection()
    at = 0
    for name, kind in (("Session", Alpha(10)), ("SequenceNumber", Number(8)), ("MessageCount", Number(2, COUNTS))):
        raw = data[at : at + kind.size]
        if len(raw) < kind.size:
            found.spoil(at, name, raw, f"{len(raw)} of {kind.size} bytes, then the packet ends")
            return found
        found.values[name] = found.put(at, name, kind, raw)
        at += kind.size
    return found
