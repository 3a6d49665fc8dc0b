"""Frames of tag=value: cut from a stream, taken apart, and judged by the rules that hold for any FIX message.

The rules are those of the standard's message format: BeginString, BodyLength and MsgType come first and in that order,
BodyLength counts from behind its own SOH to the SOH before CheckSum, CheckSum is the sum of all bytes before it modulo
256 in three digits, header comes before body before trailer, and no field is empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import simplefix

from conformance.fix.tags import IN_GROUPS, TRAILER, VERSIONS, Version, is_header, name_of

SOH: Final = b"\x01"
START: Final = re.compile(rb"8=FIX[^\x01]*\x01")
LENGTH: Final = re.compile(rb"8=[^\x01]*\x019=(\d{1,9})\x01")
END: Final = re.compile(rb"\x0110=[^\x01]*\x01")
TRAILER_LENGTH: Final = 7
VERSION_BY_BEGIN: Final = {version.begin: version for version in VERSIONS.values()}


class Field(NamedTuple):
    """A field of a frame: where it stands, its tag (-1 where it has none) and its value."""

    offset: int
    tag: int
    value: str
    raw: bytes


@dataclass(frozen=True)
class Frame:
    """One message as it came: its place in the stream, and its bytes."""

    offset: int
    data: bytes

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """All fields in order."""
        found = []
        at = 0
        for raw in self.data.removesuffix(SOH).split(SOH):
            tag, equals, value = raw.partition(b"=")
            number = int(tag) if equals and re.fullmatch(rb"-?\d+", tag) else -1
            found.append(Field(at, number, (value if number != -1 else raw).decode("latin-1"), raw))
            at += len(raw) + 1
        return tuple(found)

    @cached_property
    def values(self) -> dict[int, str]:
        """The first value of each tag."""
        values: dict[int, str] = {}
        for field in self.fields:
            values.setdefault(field.tag, field.value)
        return values

    @property
    def kind(self) -> str:
        """The MsgType."""
        return self.values.get(35, "")

    @property
    def number(self) -> int:
        """The MsgSeqNum; -1 where there is none."""
        text = self.values.get(34, "")
        return int(text) if text.isdigit() else -1

    @property
    def is_again(self) -> bool:
        """Whether it says that it may have been sent before."""
        return self.values.get(43) == "Y"

    def body(self, version: Version) -> list[tuple[int, str]]:
        """Give the fields between header and trailer."""
        return [
            (field.tag, field.value)
            for field in self.fields
            if not is_header(field.tag, version) and field.tag not in TRAILER
        ]


def cut(data: bytes) -> tuple[list[Frame], int]:
    """Cut whole frames off the front of a stream; gives how many bytes they took, with anything between them.

    BodyLength says where a frame ends; where no CheckSum stands there, the next CheckSum does.
    """
    frames = []
    at = 0
    while start := START.search(data, at):
        if start.start() > at:
            frames.append(Frame(at, data[at : start.start()]))
        at = start.start()
        head = LENGTH.match(data, at)
        end = head.end() + int(head[1]) if head else 0
        by_length = head is not None and data[end - 1 : end + 3] == b"\x0110=" and data[end + 6 : end + 7] == SOH
        if by_length:
            end += TRAILER_LENGTH
        elif head is not None and end + TRAILER_LENGTH > len(data) and not END.search(data, at):
            break
        else:
            found = END.search(data, at)
            if not found:
                break
            end = found.end()
        frames.append(Frame(at, data[at:end]))
        at = end
    return frames, at


def faults(frame: Frame) -> list[str]:
    """Say what is wrong with the form of a frame, whatever it says."""
    data, fields = frame.data, frame.fields
    if not START.match(data):
        return [f"bytes between messages: {data[:40]!r}"]
    found = []
    if [field.tag for field in fields[:3]] != [8, 9, 35]:
        found.append(f"BeginString, BodyLength and MsgType are not the first three fields: {fields[:3]}")
        return found
    trailer = END.search(data, max(0, len(data) - 16))
    if fields[-1].tag != 10 or trailer is None:
        return [f"the last field is {name_of(fields[-1].tag)}, not CheckSum"]
    said = frame.values[9]
    counted = trailer.start() + 1 - (fields[1].offset + len(fields[1].raw) + 1)
    if said != str(counted):
        found.append(f"BodyLength is {said}, not {counted}")
    total = sum(data[: trailer.start() + 1]) % 256
    if fields[-1].value != f"{total:03}":
        found.append(f"CheckSum is {fields[-1].value}, not {total:03}")
    return found + field_faults(frame)


def field_faults(frame: Frame) -> list[str]:
    """Say which fields are malformed, empty, in the wrong part, or stand twice."""
    found = []
    version = VERSION_BY_BEGIN.get(frame.values[8], VERSIONS["4.2"])
    seen = set()
    part = 0
    for tag, value, raw in ((field.tag, field.value, field.raw) for field in frame.fields):
        if tag < 1:
            found.append(f"{raw!r} is no field")
            continue
        if not value:
            found.append(f"{name_of(tag)} ({tag}) has no value")
        if tag in seen and tag not in IN_GROUPS:
            found.append(f"{name_of(tag)} ({tag}) stands twice")
        seen.add(tag)
        belongs = 0 if is_header(tag, version) else 2 if tag in TRAILER else 1
        if belongs < part:
            found.append(f"{name_of(tag)} ({tag}) stands behind a field of the {('', 'body', 'trailer')[part]}")
        part = max(part, belongs)
    return found


def compose(pairs: Iterable[tuple[int, str]], *, check_sum: str = "", body_length: str = "") -> bytes:
    """Put a frame together, fields in the order given; CheckSum and BodyLength are right unless they are told."""
    message = simplefix.FixMessage()
    for tag, value in pairs:
        message.append_pair(tag, value.encode("latin-1"))
    data: bytes = message.encode()
    return spoilt(data, check_sum, body_length) if check_sum or body_length else data


def spoilt(data: bytes, check_sum: str, body_length: str) -> bytes:
    """Give a frame another BodyLength (with the CheckSum that fits it) or another CheckSum."""
    if body_length:
        data = re.sub(rb"\x019=\d+\x01", f"\x019={body_length}\x01".encode("latin-1"), data, count=1)
    return closed(data[: data.rindex(b"\x0110=") + 1], check_sum)


def closed(data: bytes, check_sum: str = "") -> bytes:
    """Close a frame with its CheckSum, or another one."""
    return data + f"10={check_sum or f'{sum(data) % 256:03}'}\x01".encode("latin-1")


def raw(text: str) -> bytes:
    """Put a frame together from fields as they are written, with | for SOH; BodyLength and CheckSum are added."""
    data = text.rstrip("|").replace("|", "\x01").encode("latin-1") + SOH
    first, _, rest = data.partition(SOH)
    if b"\x019=" not in data:
        data = first + f"\x019={len(rest)}\x01".encode("latin-1") + rest
    return data if b"\x0110=" in data else closed(data)
