"""FIX for people: what a failure and its wire log show of a frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.fix.frames import Frame, cut
from conformance.fix.tags import MESSAGES, name_of
from conformance.link import Wire

PLUMBING: Final = frozenset((8, 9, 10, 35, 49, 52, 56))


def summary(frame: Frame) -> str:
    """Tell a frame in a line: its message and its fields, but for those that every message has."""
    name = MESSAGES.get(frame.kind, f"MsgType {frame.kind!a}" if frame.kind else "bytes that are no message")
    fields = " ".join(f"{name_of(one.tag)}={one.value}" for one in frame.fields if one.tag not in PLUMBING)
    return f"{name} {fields}"


def plain(data: bytes) -> str:
    """Write bytes with | for SOH, and what cannot be printed in hexadecimal."""
    text = data.replace(b"\x01", b"|").decode("latin-1")
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


def wire_lines(wire: Wire) -> Iterator[str]:
    """Tell one read or write: time, party, direction, each frame by name, then its bytes."""
    arrow = "-->" if wire.is_sent else "<--"
    head = f"{wire.seconds:8.3f} {wire.party:<7} {arrow}"
    frames, taken = cut(wire.data)
    for frame in frames:
        yield f"{head} {summary(frame)}  [{plain(frame.data)}]"
    if taken < len(wire.data):
        yield f"{head} {len(wire.data) - taken} bytes of a message  [{plain(wire.data[taken:])}]"
