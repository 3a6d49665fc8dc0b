"""An ExecutionReport told in one version, in the words of another: what one port told, another may have to tell.

What happened is found in the fields themselves, and told as `fix.reports` tells it in the other version; figures and
echoes stay. What the other version has no field for is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from engine.api import CancelReason
from fix.codec import SOH
from fix.dictionary import Composition, dictionaries
from fix.order_dialect import OrderDialect
from fix.reasons import CANCEL_LETTERS
from fix.reports import Event, states
from fix.versions import Version

Parts = dict[int, bytes]
"""The fields of a body as they stand on the wire, by tag; that of a count is followed by its group."""
NOTHING: Final = b"0"
BY_EXEC_TYPE: Final = {
    b"0": Event.NEW,
    b"4": Event.CANCELED,
    b"5": Event.REPLACED,
    b"6": Event.PENDING_CANCEL,
    b"8": Event.REJECTED,
    b"C": Event.EXPIRED,
    b"D": Event.RESTATED,
}
"""What is told by the ExecTypes that mean the same in every version, and by such OrdStatus where there is none."""


class Words:
    """The fields of an ExecutionReport in a version of a dialect: their `tags`, and what an entry of each group has."""

    def __init__(self, composition: Composition) -> None:
        self.tags = frozenset(map(int, composition.fields))
        self.groups = {tag: frozenset(members(entry)) for tag, entry in composition.groups.items()}


def members(entry: Composition) -> Iterator[bytes]:
    """Go through all tags that stand in a group, and in groups in it."""
    yield from entry.fields
    for inner in entry.groups.values():
        yield from members(inner)


@cache
def words(begin_string: bytes, dialect: str) -> Words:
    """Give the fields of an ExecutionReport in a version of a dialect."""
    _, application = dictionaries(begin_string.decode("ascii"), dialect)
    return Words(application.composition(b"8"))


def taken_apart(body: bytes, groups: dict[bytes, frozenset[bytes]]) -> Parts:
    """Give the parts of a body."""
    parts: Parts = {}
    count, inside = 0, frozenset[bytes]()
    for text in body.split(SOH)[:-1]:
        tag = text[: text.index(b"=")]
        if tag in inside:
            parts[count] += text + SOH
            continue
        count, inside = int(tag), groups.get(tag, frozenset())
        parts[count] = text + SOH
    return parts


def value(parts: Parts, tag: int) -> bytes:
    """Give the value of a field, nothing where there is none."""
    text = parts.get(tag, b"")
    return text[text.find(b"=") + 1 : -1]


def put(parts: Parts, tag: int, text: bytes) -> None:
    """Set a field."""
    parts[tag] = b"%d=%b\x01" % (tag, text)


def joined(parts: Parts) -> bytes:
    """Give the body that has these parts, in the order of their tags."""
    return b"".join([parts[tag] for tag in sorted(parts)])


def event_of(parts: Parts, version: Version) -> Event:
    """Find what a report tells."""
    exec_type = value(parts, 150)
    if exec_type == b"H" or value(parts, 20) == b"1":
        return Event.BROKEN
    is_fill = value(parts, 32) not in (b"", NOTHING)
    if exec_type == b"F" or (version.has_exec_trans_type and is_fill):
        return Event.TRADE
    event = BY_EXEC_TYPE.get(exec_type or value(parts, 39), Event.RESTATED)
    if event is Event.CANCELED and value(parts, 58) == CANCEL_LETTERS[CancelReason.EXPIRED]:
        return Event.EXPIRED
    return event


def leaves_of(parts: Parts, event: Event) -> int:
    """Give LeavesQty, which the oldest version does not tell."""
    if 151 in parts:
        return int(value(parts, 151))
    if event in {Event.CANCELED, Event.EXPIRED, Event.REJECTED}:
        return 0
    return max(int(value(parts, 38) or 0) - int(value(parts, 14)), 0)


def redraft(parts: Parts, source: Version, target: OrderDialect) -> None:
    """Put a report that was told in the version `source` into the words of another."""
    version, style = target.version, target.style
    event = event_of(parts, source)
    leaves = leaves_of(parts, event)
    exec_type, status = states(version, style, event, int(value(parts, 14)), leaves)
    put(parts, 39, status)
    put(parts, 150, exec_type)
    put(parts, 151, b"%d" % leaves)
    if version.has_exec_trans_type:
        put(parts, 20, b"1" if event is Event.BROKEN else b"0")
    else:
        parts.pop(20, None)
    if value(parts, 32) in (b"", NOTHING):
        parts.pop(31, None)
        parts.pop(32, None)
        if style.zeros and version.has_exec_trans_type:
            put(parts, 31, b"0.0")
            put(parts, 32, b"0")
    if 103 in parts and int(value(parts, 103)) not in version.order_rejects:
        put(parts, 103, b"0")
