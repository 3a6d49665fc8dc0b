"""FIX bytes for people: what `portcullis decode` prints of them, a line a field."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from conformance.declarations.message import Cell
from conformance.fix.frames import SOH, START, Frame, cut, faults
from conformance.fix.tags import MESSAGES, NAMES, meaning

FROM_CLIENT: Final = frozenset("DFGH")
FROM_SERVER: Final = frozenset("89j")
SEPARATORS: Final = (b"|", b"^A", b"\\x01", "␁".encode(), "\N{BROKEN BAR}".encode("latin-1"))
"""What logs print in the place of SOH."""


def looks_like(data: bytes) -> bool:
    """Whether bytes begin with a FIX message, or a line of a log that prints one."""
    return START.match(as_sent(data)) is not None


def as_sent(data: bytes) -> bytes:
    """Give the bytes of messages that a log has printed: another separator, a message a line."""
    start = data.find(b"8=FIX")
    if start < 0 or SOH in data:
        return data
    for separator in SEPARATORS:
        if re.match(rb"8=FIX[\w.]*" + re.escape(separator), data[start : start + 20]):
            lines = (line[at:].rstrip() for line in data.splitlines() if (at := line.find(b"8=FIX")) >= 0)
            return b"".join(line.replace(separator, SOH).rstrip(SOH) + SOH for line in lines)
    return data


def client_score(data: bytes) -> int:
    """Say how much a stream looks like a client's (above 0) or a server's (below)."""
    kinds = [frame.kind for frame in cut(data)[0]]
    return sum((kind in FROM_CLIENT) - (kind in FROM_SERVER) for kind in kinds)


def print_stream(
    data: bytes, say: Callable[[str], None], fault: Callable[[str], None], put: Callable[[Sequence[Cell], int], None]
) -> None:
    """Print the messages of a stream, and what is left at the end."""
    data = as_sent(data)
    frames, taken = cut(data)
    for frame in frames:
        print_frame(frame, say, fault, put)
    if taken < len(data):
        rest = data[taken:]
        fault(f"  {taken:6} {len(rest):4}  !! a message is cut off after {len(rest)} bytes: {rest[:48]!r}")


def print_frame(
    frame: Frame,
    say: Callable[[str], None],
    fault: Callable[[str], None],
    put: Callable[[Sequence[Cell], int], None],
) -> None:
    """Print one message: its fields, then what is wrong with it."""
    found = faults(frame)
    if not START.match(frame.data):
        fault(f"  {frame.offset:6} {len(frame.data):4}  !! {found[0]}")
        return
    name = MESSAGES.get(frame.kind, f"MsgType {frame.kind}")
    say(f"{frame.offset:8} {name}, {len(frame.data)} bytes, {frame.values.get(8, '')}")
    put([cell(*field) for field in frame.fields], frame.offset)
    for what in found:
        fault(f"  {frame.offset:6} {len(frame.data):4}  !! {what}")


def cell(offset: int, tag: int, value: str, raw: bytes) -> Cell:
    """Give a field as it is printed."""
    if tag == -1:
        return Cell(offset, "no field", raw, raw.decode("latin-1"))
    name = f"{tag} {NAMES.get(tag, '(no name)')}"
    return Cell(offset, name, raw, value or "(no value)", meaning(tag, value))
