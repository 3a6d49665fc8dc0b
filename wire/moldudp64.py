"""MoldUDP64 1.00: packets of numbered messages over UDP, and the requests for those that got lost.

    session 10 characters | sequence number u64 | message count u16 | blocks: length u16 | message

A packet carries whole messages, the first of which has the packet's number. With a count of 0 it is a heartbeat, with
`END` it says that the session is over; both have the number that comes next. A request is a header alone: the number
from which on messages are wanted, and how many; the answer is an ordinary packet, with as many as fit. All numbers are
big-endian.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Final, NamedTuple

from wire.record import Malformed

HEAD: Final = Struct(">10sQH")
LENGTH: Final = Struct(">H")
HEARTBEAT: Final = 0
END: Final = 0xFFFF
"""The count that says that the session is over: a packet has one message less at the most."""
PAYLOAD_MAX: Final = 1400
"""Bytes of a packet, so that it is never cut up on its way."""


class Downstream(NamedTuple):
    """A packet from the server: `sequence` is the number of its first message, or the one that comes next."""

    session: str
    sequence: int
    messages: tuple[bytes, ...]
    is_end: bool = False


class Request(NamedTuple):
    """What a client asks for again: so many messages from a number on."""

    session: str
    sequence: int
    wanted: int


def pack_packet(session: str, sequence: int, messages: Iterable[bytes]) -> bytes:
    """Write a packet of messages; of none, a heartbeat."""
    blocks = [LENGTH.pack(len(message)) + message for message in messages]
    assert len(blocks) < END
    return _head(session, sequence, len(blocks)) + b"".join(blocks)


def pack_end(session: str, sequence: int) -> bytes:
    """Write that a session is over, in which `sequence` would come next."""
    return _head(session, sequence, END)


def pack_request(session: str, sequence: int, count: int) -> bytes:
    """Write a request."""
    return _head(session, sequence, count)


def _head(session: str, sequence: int, count: int) -> bytes:
    name = session.encode("ascii").ljust(10)
    assert len(name) == 10
    return HEAD.pack(name, sequence, count)


def unpack_packet(data: bytes) -> Downstream:
    """Read a packet. Raises `Malformed` where it is cut short; what is behind it is passed over."""
    if len(data) < HEAD.size:
        raise Malformed(f"a packet of {len(data)} bytes")
    name, sequence, count = HEAD.unpack_from(data)
    messages: list[bytes] = []
    at = HEAD.size
    for _ in range(0 if count == END else count):
        start = at + LENGTH.size
        at = start + int.from_bytes(data[start - LENGTH.size : start], "big")
        if at > len(data) or start > len(data):
            raise Malformed(f"message {len(messages) + 1} of {count} is cut off")
        messages.append(data[start:at])
    return Downstream(name.decode("latin-1").rstrip(" "), sequence, tuple(messages), count == END)


def unpack_request(data: bytes) -> Request | None:
    """Read a request, None where it is none: nobody is told so, since anybody may send anything."""
    if len(data) != HEAD.size:
        return None
    name, sequence, count = HEAD.unpack(data)
    if not sequence or not 0 < count < END:
        return None
    return Request(name.decode("latin-1").rstrip(" "), sequence, count)


def fitting(messages: Iterable[bytes], payload_max: int = PAYLOAD_MAX) -> list[bytes]:
    """Give as many of the first messages as one packet takes; one that is too long for any goes alone."""
    chosen: list[bytes] = []
    size = HEAD.size
    for message in messages:
        size += LENGTH.size + len(message)
        if chosen and (size > payload_max or len(chosen) == END - 1):
            break
        chosen.append(message)
    return chosen
