"""One input of the venue as it is kept: when it came, through which port, and its bytes.

A record is evidence first: a message is stored as it was received, so no second encoding can differ from the first.
Records travel in batches, one batch per group commit. On disk each is a fixed header and its payload:

    kind u8 | port u16 | venue time i64 | wall time i64 | payload length u32 | CRC-32 u32 | payload

all little-endian; the CRC covers every other byte. A record's number is not stored: it is the batch's first number
plus its place in the batch, so no record can claim another's place.

Batches are chained: each carries a SHA-256 over the previous batch's and its own bytes, so one that was changed, lost
or put in from elsewhere shows.

For editors: logs outlive versions. Kinds are only ever appended, and the header never changes its shape.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from hashlib import sha256
from struct import Struct
from typing import Final, NamedTuple
from zlib import crc32

_FIELDS: Final = Struct("<BHqqI")
_HEADER: Final = Struct("<BHqqII")
_CRC: Final = Struct("<I")

WITH_THE_VENUE: Final = b"restart"
"""The bytes of a `DISCONNECT` that came because the venue stopped, or had ended; others have none."""
HEADER_LENGTH: Final = _HEADER.size
"""Bytes that a record takes beyond its payload."""


class LogDamaged(Exception):  # noqa: N818 - the name states what is so, as the operator reads it
    """The log does not hold what was acknowledged, or holds something else.

    `record_number` is the first record in doubt, 0 when that can't be told.
    """

    def __init__(self, record_number: int, reason: str) -> None:
        super().__init__(f"log damaged at record {record_number or 'unknown'}: {reason}")
        self.record_number = record_number
        self.reason = reason


class Kind(IntEnum):
    """What sort of input a record is."""

    MESSAGE = 1
    """Bytes as a port received them."""
    COMMAND = 2
    """An operation, msgpack."""
    TIMER = 3
    """A deadline that came, with nothing to add: the time is the record's."""
    LOGIN = 4
    """A client is let in; its bytes are the message that asked for it, where the port's protocol keeps that."""
    DISCONNECT = 5
    SLICE = 6
    """The next slice of a mass cancel."""
    OPERATION = 7
    """Who asked for the records before it, and what the answer was, msgpack."""
    SESSION_TIMER = 8
    """A moment at which a port's session has something to do by itself."""
    LOGOUT = 9
    """The venue ends a port's session; its bytes are what the client is told."""


class Record(NamedTuple):
    """One input. Times are nanoseconds since the Unix epoch; `port` is the venue's index of the port."""

    kind: int
    port: int
    venue_time: int
    wall_time: int
    payload: bytes


class Point(NamedTuple):
    """A place in the log: a record's number and the chain up to and including its batch."""

    number: int
    chain: bytes


ORIGIN: Final = Point(0, bytes(32))
"""Before the first record."""


def encode_batch(records: Iterable[Record]) -> bytes:
    """Return the bytes of all records, in order.

    Raises `struct.error` for a field that does not fit its width.
    """
    parts: list[bytes] = []
    add = parts.append
    pack_fields, pack_crc, crc = _FIELDS.pack, _CRC.pack, crc32
    for kind, port, venue_time, wall_time, payload in records:
        fields = pack_fields(kind, port, venue_time, wall_time, len(payload))
        add(fields)
        add(pack_crc(crc(payload, crc(fields))))
        add(payload)
    return b"".join(parts)


def decode_batch(blob: bytes, first: int) -> list[Record]:
    """Return the records of a batch whose first record has number `first`.

    Raises `LogDamaged` with the number of the record that is cut short or fails its CRC.
    """
    records: list[Record] = []
    offset, size = 0, len(blob)
    while offset < size:
        start = offset + HEADER_LENGTH
        if start > size:
            raise LogDamaged(first + len(records), "cut short inside its header")
        kind, port, venue_time, wall_time, length, expected = _HEADER.unpack_from(blob, offset)
        end = start + length
        if end > size:
            raise LogDamaged(first + len(records), f"cut short: {size - start} of {length} payload bytes")
        payload = blob[start:end]
        if crc32(payload, crc32(blob[offset : offset + _FIELDS.size])) != expected:
            raise LogDamaged(first + len(records), "CRC-32 differs")
        records.append(Record(kind, port, venue_time, wall_time, payload))
        offset = end
    return records


def next_chain(chain: bytes, blob: bytes) -> bytes:
    """Return the chain after a batch, from the chain before it."""
    digest = sha256(chain)
    digest.update(blob)
    return digest.digest()


def verify_commit(end: Point, row: tuple[object, ...]) -> tuple[Point, list[Record]]:
    """Return a commit's end and records, having held its row (last, first, chain, blob) against the end before it.

    Raises `LogDamaged`, with the very record where that can be told, else with the first of the commit.
    """
    match row:
        case (int(last), int(first), bytes(chain), bytes(blob)):
            pass
        case _:
            raise LogDamaged(end.number + 1, "its row holds values of other types")
    if first != end.number + 1:
        raise LogDamaged(end.number + 1, f"the next commit begins with record {first}")
    records = decode_batch(blob, first)
    if chain != next_chain(end.chain, blob):
        raise LogDamaged(first, f"the chain does not hold for records {first} to {last}")
    if last != end.number + len(records):
        raise LogDamaged(first, f"a commit of records {first} to {last} holds {len(records)}")
    return Point(last, chain), records
