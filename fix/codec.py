"""FIX tag=value: bytes cut into frames, a frame into fields, fields into bytes.

A frame is `8=…|9=…|35=…| … |10=nnn|`: BodyLength (9) counts from behind its own field up to CheckSum (10), which is the
sum of all bytes before it, modulo 256. What is not such a frame is garbled: it is dropped without a word, its number
stays unused, and the peer learns of it by the gap (FIX 4.2 volume 2, "Garbled message" and "Recovery").

How much is dropped follows from what BodyLength says, right or wrong. Where it ends before or behind its message, all
is dropped up to the next CheckSum field, so a length that is too long takes the next message with it. Where there is
nothing to count by, reading resumes at the next `8=FIX`.

For editors: all of this is on the order path. Values stay bytes; whoever needs a number reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Final, TypeAlias
from zlib import adler32

SOH: Final = b"\x01"
FRAME_LENGTH_MAX: Final = 16_384
"""The longest message that is taken, 8 to 10, in bytes."""
START: Final = b"8=FIX"
HEAD_LENGTH_MAX: Final = 40
"""Bytes in which BodyLength has to stand: BeginString and a length padded with zeros fit."""
HEAD: Final = re.compile(rb"8=FIX[^\x01]*\x019=([0-9]{1,18})\x0135=")
TRAILER_LENGTH: Final = 7
SUM_BY_ADLER: Final = 256
"""Up to so many bytes the low half of Adler-32 cannot wrap, and is the sum of the bytes plus one: a tenth of `sum`."""
ASCII_BY_ADLER: Final = 512
"""The same for bytes below 128."""
TRAILERS: Final = [b"10=%03d\x01" % number for number in range(256)]
MSG_TYPE_TAG: Final = b"35="
INCOMPLETE: Final = 0
"""The answer about a frame whose end is not here yet."""
NUMBER_DIGITS_MAX: Final = 18
"""Digits of a number that is read; what is longer is none."""

SECOND: Final = 1_000_000_000
MILLISECOND: Final = 1_000_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_DELTA: Final = timedelta(seconds=1)
TIMESTAMP_LENGTH: Final = len(b"20261121-18:00:00")
POINT: Final = ord(".")
SCALES: Final = {TIMESTAMP_LENGTH + 4: 1_000_000, TIMESTAMP_LENGTH + 7: 1_000, TIMESTAMP_LENGTH + 10: 1}
"""Nanoseconds of the last digit, by the length of the whole."""

DATA_TAGS: Final[dict[bytes, bytes]] = {
    b"90": b"91",
    b"93": b"89",
    b"95": b"96",
    b"212": b"213",
    b"348": b"349",
    b"350": b"351",
    b"352": b"353",
    b"354": b"355",
    b"356": b"357",
    b"358": b"359",
    b"360": b"361",
    b"362": b"363",
    b"364": b"365",
    b"445": b"446",
    b"618": b"619",
    b"621": b"622",
    b"1184": b"1185",
    b"1397": b"1398",
    b"1401": b"1402",
    b"1403": b"1404",
    b"1468": b"1469",
    b"1525": b"1527",
}
"""Fields that tell how long the data field behind them is, which may hold any byte."""
LENGTH_TAGS: Final = frozenset(DATA_TAGS)


FIELD_ENDS: Final = b"=\x01" * (FRAME_LENGTH_MAX // 2)
"""What is left of well-formed fields without anything but `=` and SOH."""
NO_ENDS: Final = bytes(byte for byte in range(256) if byte not in b"=\x01")
HEAD_TAGS: Final = (b"8", b"9", b"35")
ROWS_MAX: Final = 1_000
ROW_LENGTH_MAX: Final = 64
"""How many rows of tags are remembered, and how many tags one may have; with more rows, all are learned anew."""
OFTEN: Final = 32
"""How often a row comes before a pattern is made for it, which takes a millisecond."""
SESSION_TAGS: Final = (b"34", b"49", b"52", b"56")
"""What a session looks at in every message: MsgSeqNum, SenderCompID, SendingTime, TargetCompID."""
Tags: TypeAlias = tuple[bytes, ...]
Texts: TypeAlias = Sequence[bytes]


class Row:
    """The tags of a message in their order; `name` is all of them in one, by which tables of rows are looked up.

    A row that comes often has a `pattern`, which takes frames of it apart at once. `session` gives the texts of
    `SESSION_TAGS`, None where one of them is missing or the row is none that is remembered.
    """

    __slots__ = ("name", "often", "pattern", "session", "tags")

    def __init__(self, name: bytes, tags: Tags) -> None:
        self.name = name
        self.tags = tags
        self.often = 0
        self.pattern: re.Pattern[bytes] | None = None
        self.session: Callable[[Texts], tuple[bytes, bytes, bytes, bytes]] | None = None

    def learn(self) -> None:
        """Find where everything stands; for a row without data fields in which no tag comes twice."""
        if set(SESSION_TAGS) <= set(self.tags):
            self.session = itemgetter(*map(self.tags.index, SESSION_TAGS))

    def count(self) -> None:
        """Note that the row has come again."""
        self.often += 1
        if self.often == OFTEN:
            self.pattern = re.compile(b"".join([re.escape(tag) + b"=([^\x01]*)\x01" for tag in self.tags]))


class Message:
    """One frame taken apart: the tags and texts of all fields in their order, and the first value of each tag.

    All are bytes as they came. Where `values` has fewer entries than `tags`, a tag came twice.
    """

    __slots__ = ("_values", "begin_string", "frame", "msg_type", "row", "texts")

    def __init__(self, frame: bytes, row: Row, texts: Texts, values: dict[bytes, bytes] | None) -> None:
        self.frame = frame
        self.begin_string = texts[0]
        self.msg_type = texts[2]
        self.row = row
        self.texts = texts
        self._values = values

    @property
    def tags(self) -> Tags:
        """The tags of all fields."""
        return self.row.tags

    @property
    def values(self) -> dict[bytes, bytes]:
        """The first value of each tag; made when it is first asked for, which many orders never are."""
        values = self._values
        if values is None:  # of a row that is remembered, in which no tag comes twice
            values = self._values = dict(zip(self.row.tags, self.texts))  # noqa: B905 -- of one length, and often
        return values

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """All fields in their order, 8 to 10."""
        return list(zip(self.tags, self.texts, strict=True))


def parse(frame: bytes, expected: Row | None = None) -> Message | None:
    """Take a frame apart; None for a field without `=` or a tag that is no number.

    A tag with a minus sign is a number, though of no field. `expected` is a row that the frame may be of: another is
    found as well, but not as fast.
    """
    if expected is not None and expected.pattern is not None:
        found = expected.pattern.fullmatch(frame)
        if found is not None:
            return Message(frame, expected, found.groups(), None)
    if frame[-1:] != SOH:
        return None
    if not FIELD_ENDS.startswith(frame.translate(None, NO_ENDS)):  # a value with `=` in it, or no field
        return _parse_slowly(frame)
    parts = frame.replace(b"=", SOH).split(SOH)
    row = _rows.get(SOH.join(parts[:-1:2]))
    if row is None:
        return _learn(frame, tuple(parts[:-1:2]), parts[1::2])
    row.count()
    return Message(frame, row, parts[1::2], None)


_rows: dict[bytes, Row] = {}
"""Rows of tags that came before and that a message may have: of numbers all, no tag twice, no data field. Clients send
the same few over and over, and tags that were looked up before are found faster."""


def _learn(frame: bytes, tags: Tags, texts: list[bytes]) -> Message | None:
    """Take apart a frame with a row of tags that is new, or not as simple as most."""
    values = dict(zip(reversed(tags), reversed(texts), strict=True))
    if not LENGTH_TAGS.isdisjoint(values):
        return _parse_slowly(frame)
    message = _message(frame, tags, texts, values)
    if message is not None and len(values) == len(tags) <= ROW_LENGTH_MAX:
        if len(_rows) >= ROWS_MAX:
            _rows.clear()
        message.row.learn()
        _rows[message.row.name] = message.row
    return message


def _parse_slowly(frame: bytes) -> Message | None:
    """Take a frame apart one field after the other, skipping over data fields by their length."""
    tags: list[bytes] = []
    texts: list[bytes] = []
    at, end = 0, len(frame)
    data_tag, length = b"", -1
    while at < end:
        equals = frame.find(b"=", at)
        tag = frame[at:equals]
        if equals < 0 or SOH in tag:
            return None
        after = equals + 1 + length if tag == data_tag and length >= 0 else end
        if frame[after : after + 1] != SOH:  # no data field, or not of the length that was told
            after = frame.find(SOH, equals)
        text = frame[equals + 1 : after]
        data_tag, length = DATA_TAGS.get(tag, b""), read_number(text)
        tags.append(tag)
        texts.append(text)
        at = after + 1
    return _message(frame, tuple(tags), texts, dict(zip(reversed(tags), reversed(texts), strict=True)))


def _message(frame: bytes, tags: Tags, texts: list[bytes], values: dict[bytes, bytes]) -> Message | None:
    is_headed = tags[:3] == HEAD_TAGS
    are_numbers = b"" not in values and all(tag.removeprefix(b"-").isdigit() for tag in tags)
    return Message(frame, Row(SOH.join(tags), tags), texts, values) if is_headed and are_numbers else None


class Framer:
    """Cuts what arrives into whole frames whose BodyLength and CheckSum hold, and drops the rest.

    What comes out does not depend on how the bytes were cut on their way here.
    """

    __slots__ = ("_is_dropping", "_partial", "garbled")

    def __init__(self) -> None:
        self.garbled = 0
        """How many times something was dropped, up to the next good frame each."""
        self._is_dropping = False
        self._partial = b""

    def receive(self, data: bytes) -> list[bytes]:
        """Give the frames that are complete now; the beginning of one is kept until its rest is there."""
        if self._partial:
            data = self._partial + data
        elif is_one_frame(data):  # as most often
            self._is_dropping = False
            return [data]
        frames: list[bytes] = []
        at, size = 0, len(data)
        while at < size:
            if not data.startswith(START, at):
                start = data.find(START, at)
                if start < 0:
                    start = size - _begun(data, at)
                if start > at:
                    self._drop()
                at = start
                if size - at < len(START):
                    break
            after = _frame_end(data, at)
            if after == INCOMPLETE:
                break
            if after > 0:
                frames.append(data[at:after])
                self._is_dropping = False
                at = after
            else:
                self._drop()
                at = -after
        self._partial = data[at:] if at else data
        return frames

    def _drop(self) -> None:
        self.garbled += not self._is_dropping
        self._is_dropping = True


def is_one_frame(data: bytes) -> bool:
    """Say whether this is one whole frame and no more: what `_frame_end` finds too, in half the time."""
    head = HEAD.match(data)
    if head is None:
        return False
    end = len(data) - TRAILER_LENGTH
    length = int(head[1])
    return (
        head.end(1) < HEAD_LENGTH_MAX
        and length < FRAME_LENGTH_MAX
        and head.end() - len(MSG_TYPE_TAG) + length == end
        and data[end - 1] == 1
        and data.endswith(TRAILERS[check_sum(data[:end])])
    )


def _frame_end(data: bytes, start: int) -> int:
    """Give the end of the frame that begins at `start`, `INCOMPLETE`, or, negative, where to go on behind no frame.

    Every answer follows from the bytes before the place that it names: more of them never change it.
    """
    size = len(data)
    head_end = start + HEAD_LENGTH_MAX
    version_end = data.find(SOH, start, head_end)
    length_end = data.find(SOH, version_end + 1, head_end)
    if version_end < 0 or length_end < 0:
        return INCOMPLETE if size < head_end else -(start + 1)
    body = length_end + 1
    if size < body + len(MSG_TYPE_TAG):
        return INCOMPLETE
    length = read_number(data[version_end + 3 : length_end])
    if not (
        data.startswith(b"9=", version_end + 1)
        and data.startswith(MSG_TYPE_TAG, body)
        and 0 < length < FRAME_LENGTH_MAX
    ):
        return -(start + 1)
    end = body + length
    after = end + TRAILER_LENGTH
    if size < after:
        return INCOMPLETE
    if data.startswith(TRAILERS[check_sum(data[start:end])], end) and data[end - 1] == 1:
        return after
    if data.startswith((b"10=", START), end):
        return -end
    trailer = data.find(b"\x0110=", end - 1, end + FRAME_LENGTH_MAX)
    trailer_end = data.find(SOH, trailer + 4, end + FRAME_LENGTH_MAX) if trailer > 0 else -1
    if trailer_end > 0:
        return -(trailer_end + 1)
    return INCOMPLETE if size < end + FRAME_LENGTH_MAX else -end


def _begun(data: bytes, at: int) -> int:
    """Say how many of the last bytes, from `at` on, may be the beginning of a frame."""
    for length in range(min(len(START) - 1, len(data) - at), 0, -1):
        if data.endswith(START[:length]):
            return length
    return 0


def field(tag: bytes, value: bytes) -> bytes:
    """Spell one field."""
    return b"%b=%b\x01" % (tag, value)


def frame(begin_string: bytes, body: bytes) -> bytes:
    """Put BeginString, BodyLength and CheckSum around the fields from MsgType on."""
    content = b"8=%b\x019=%d\x01%b" % (begin_string, len(body), body)
    return content + TRAILERS[check_sum(content)]


def check_sum(data: bytes) -> int:
    """Give the sum of all bytes modulo 256."""
    size = len(data)
    if size <= SUM_BY_ADLER or (size <= ASCII_BY_ADLER and data.isascii()):
        return adler32(data) - 1 & 0xFF
    total = 0
    for at in range(0, size, SUM_BY_ADLER):
        total += adler32(data[at : at + SUM_BY_ADLER]) - 1
    return total & 0xFF


def read_number(text: bytes) -> int:
    """Read a number without sign, leading zeros allowed; -1 when it is none or has too many digits."""
    return int(text) if text.isdigit() and len(text) <= NUMBER_DIGITS_MAX else -1


class _Clock:
    """The last time spelled and the last one read: a venue does both many times a second."""

    __slots__ = ("millisecond", "read_text", "read_time", "second", "second_text", "text")

    def __init__(self) -> None:
        self.millisecond = -1
        self.text = b""
        self.second = -1
        self.second_text = b""
        self.read_text = b""
        self.read_time = -1


_clock: Final = _Clock()


def utc_timestamp(wall: int) -> bytes:
    """Spell a time, nanoseconds since the Unix epoch, as UTCTimestamp to the millisecond: 20261121-18:00:00.000."""
    millisecond = wall // MILLISECOND
    if millisecond == _clock.millisecond:
        return _clock.text
    second, rest = divmod(millisecond, 1000)
    if second != _clock.second:
        moment = datetime.fromtimestamp(second, UTC)
        _clock.second_text = moment.strftime("%Y%m%d-%H:%M:%S").encode("ascii")
        _clock.second = second
    _clock.text = b"%b.%03d" % (_clock.second_text, rest)
    _clock.millisecond = millisecond
    return _clock.text


def read_utc_timestamp(text: bytes) -> int:
    """Read a UTCTimestamp with no, three, six or nine decimals, in nanoseconds since the epoch; -1 when it is none."""
    whole = text[:TIMESTAMP_LENGTH]
    if whole != _clock.read_text:
        second = _read_second(whole)
        _clock.read_time = second * SECOND if second >= 0 else -1
        _clock.read_text = whole
    time, length = _clock.read_time, len(text)
    if length == TIMESTAMP_LENGTH or time < 0:
        return time
    decimals = text[TIMESTAMP_LENGTH + 1 :]
    if text[TIMESTAMP_LENGTH] != POINT or not decimals.isdigit():
        return -1
    scale = SCALES.get(length)
    return time + int(decimals) * scale if scale is not None else -1


def _read_second(text: bytes) -> int:
    """Read YYYYMMDD-HH:MM:SS in seconds since the epoch; -1 when it is none. A leap second is the next one."""
    if len(text) != TIMESTAMP_LENGTH or text[8:9] + text[11:12] + text[14:15] != b"-::":
        return -1
    parts = text[:4], text[4:6], text[6:8], text[9:11], text[12:14], text[15:17]
    if not b"".join(parts).isdigit():
        return -1
    year, month, day, hour, minute, second = map(int, parts)
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return -1
    return (moment - EPOCH) // SECOND_DELTA + (second == 60) if second <= 60 else -1
