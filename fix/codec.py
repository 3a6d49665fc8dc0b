"""FIX tag=value: bytes cut into frames, a frame into fields, fields into bytes.

A frame is `8=…|9=…|35=…| … |10=nnn|`, where BodyLength (9) counts from behind its own field up to CheckSum (10), and
CheckSum is the sum of all bytes before it, modulo 256. What is not such a frame is garbled: it is dropped without a
word, its number stays unused, and the peer learns of it by the gap (FIX 4.2 volume 2, "Garbled messages").

For editors: all of this is on the order path. Values stay bytes; whoever needs a number reads it.
"""

from __future__ import annotations

from typing import Final
from zlib import adler32

SOH: Final = b"\x01"
FRAME_LENGTH_MAX: Final = 16_384
"""The longest message that is taken, 8 to 10, in bytes."""
SECOND: Final = 1_000_000_000


class Message:
    """One frame taken apart: all fields in their order, and the first value of each tag."""

    __slots__ = ("begin_string", "fields", "frame", "msg_type", "values")

    def __init__(
        self,
        frame: bytes,
        begin_string: bytes,
        msg_type: bytes,
        fields: list[tuple[bytes, bytes]],
        values: dict[bytes, bytes],
    ) -> None:
        self.frame = frame
        self.begin_string = begin_string
        self.msg_type = msg_type
        self.fields = fields
        self.values = values


def parse(frame: bytes) -> Message | None:
    """Take a frame apart; None for a field without `=` or a tag that is no number."""
    fields: list[tuple[bytes, bytes]] = []
    values: dict[bytes, bytes] = {}
    for part in frame[:-1].split(SOH):
        tag, equals, value = part.partition(b"=")
        if not equals or not tag.removeprefix(b"-").isdigit():
            return None
        fields.append((tag, value))
        values.setdefault(tag, value)
    begin_string, msg_type = values.get(b"8"), values.get(b"35")
    if begin_string is None or msg_type is None:
        return None
    return Message(frame, begin_string, msg_type, fields, values)


class Framer:
    """Cuts what arrives into whole frames whose BodyLength and CheckSum hold, and drops the rest."""

    __slots__ = ("_partial", "garbled")

    def __init__(self) -> None:
        self.garbled = 0
        """How many times something was dropped."""
        self._partial = b""

    def receive(self, data: bytes) -> list[bytes]:
        """Give the frames that are complete now; the beginning of one is kept until its rest is there."""
        raise NotImplementedError


def field(tag: bytes, value: bytes) -> bytes:
    """Spell one field."""
    return b"%b=%b\x01" % (tag, value)


def frame(begin_string: bytes, body: bytes) -> bytes:
    """Put BeginString, BodyLength and CheckSum around the fields from MsgType on."""
    content = b"8=%b\x019=%d\x01%b" % (begin_string, len(body), body)
    return b"%b10=%03d\x01" % (content, check_sum(content))


def check_sum(data: bytes) -> int:
    """Give the sum of all bytes modulo 256."""
    if len(data) <= 256:  # where the low half of Adler-32 cannot have wrapped: it is the sum, plus one
        return adler32(data) - 1 & 0xFF
    return sum(data) & 0xFF


def utc_timestamp(wall: int) -> bytes:
    """Spell a time, nanoseconds since the Unix epoch, as UTCTimestamp to the millisecond: 20261121-18:00:00.000."""
    raise NotImplementedError


def read_utc_timestamp(text: bytes) -> int:
    """Read a UTCTimestamp with any number of decimals up to nine, in nanoseconds; -1 when it is none."""
    raise NotImplementedError
