"""Rules that hold for every frame a FIX server sends, whatever a scenario is about: looked at as frames arrive.

An `Account` is what a session has seen: the numbers of both sides, the frames by number, a replay that is under way,
from which number on a Logon asked for one
(`wanted_from`), and the first number missed while away (`gap`). It lives as long as a run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from conformance.fix.frames import Frame, faults
from conformance.fix.reports import Reports
from conformance.fix.shapes import ADMIN
from conformance.fix.tags import HEADER_LATER, TRAILER, Version, is_header, name_of

MILLISECONDS: Final = re.compile(r"\d{8}-\d\d:\d\d:\d\d\.\d{3}$")
TIME: Final = re.compile(r"(\d{8}-\d\d:\d\d:\d\d)(\.\d{3,9})?$")
CLOCK_SECONDS: Final = 120
AGAIN: Final = frozenset((8, 9, 10, 43, 52, 97, 122, 369))
"""Fields that may differ when a message is sent again."""
UNORDERED: Final = HEADER_LATER | {122}
"""Fields of the header that may stand behind the others."""
REQUIRED: Final = {
    "A": (98, 108),
    "1": (112,),
    "2": (7, 16),
    "3": (45,),
    "4": (36,),
    "j": (45, 372, 380),
    "8": (6, 14, 17, 37, 39, 54, 55),
    "9": (11, 37, 39, 41),
}
"""The fields without which a message is none, beyond those of the header."""
REQUIRED_LATER: Final = {"8": (150, 151), "9": (434,)}
"""The same from FIX 4.1, and for the Order Cancel Reject from FIX 4.2 on."""


@dataclass
class Account:
    """A session: who, with whom, where; the next number of each side; what was seen of it."""

    user: str
    venue: str
    target: tuple[str, int]
    version: Version
    desk: str = ""
    is_exact: bool = True
    outgoing: int = 1
    incoming: int = 1
    is_placed: bool = False
    was_on: bool = False
    frames: dict[int, Frame] = field(default_factory=dict)
    replay: tuple[int, int] | None = None
    wanted_from: int = 0
    gap: int = 0
    reports: Reports = field(default_factory=Reports)

    def reset(self) -> None:
        """Begin again: both sides count from 1."""
        self.outgoing = self.incoming = 1
        self.frames.clear()
        self.replay = None

    def ask_again(self, first: int, last: int) -> None:
        """Note that messages were asked for once more."""
        end = last if 0 < last < self.incoming else self.incoming - 1
        self.replay = (max(1, first), end) if first <= end else None

    def look(self, frame: Frame) -> list[str]:
        """Say which standing rules a frame breaks, and remember it."""
        found = faults(frame)
        if found:
            return found
        found = self._header(frame) + self._content(frame)
        if found:
            return [f"message {frame.values.get(34, '')}: {fault}" for fault in found]
        found = self._again(frame) if frame.is_again else self._live(frame)
        return [f"message {frame.number}: {fault}" for fault in found]

    def _header(self, frame: Frame) -> list[str]:
        """See who speaks to whom, when, in which version."""
        values, found = frame.values, []
        wanted = {8: self.version.begin, 49: self.venue, 56: self.user}
        found += [
            f"{name_of(tag)} is {values.get(tag, 'missing')}, not {value}"
            for tag, value in wanted.items()
            if values.get(tag) != value
        ]
        if frame.number < 1 or values[34] != str(frame.number):
            found.append(f"MsgSeqNum is {values.get(34, 'missing')}")
        time = TIME.match(values.get(52, ""))
        if time is None:
            found.append(f"SendingTime is {values.get(52, 'missing')}")
        else:
            moment = datetime.strptime(time[1], "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
            if abs((datetime.now(UTC) - moment).total_seconds()) > CLOCK_SECONDS:
                found.append(f"SendingTime {values[52]} is more than {CLOCK_SECONDS} s from here")
            counts = MILLISECONDS.match(values[52]) is not None
            if self.is_exact and counts != (self.version.rank >= 42):
                found.append(f"SendingTime {values[52]} counts {'milliseconds' if counts else 'no milliseconds'}")
        if self.is_exact:
            found += self._order(frame)
        return found

    def _order(self, frame: Frame) -> list[str]:
        """See that header and body each come in the order of their tags (our reading)."""
        parts: list[list[int]] = [[], []]
        for one in frame.fields[3:]:
            if one.tag not in TRAILER and one.tag not in UNORDERED:
                parts[not is_header(one.tag, self.version)].append(one.tag)
        body = parts[1] if frame.kind in ADMIN else []
        for tags in (parts[0], body):
            for before, after in pairwise(tags):
                if after < before:
                    return [f"{name_of(after)} ({after}) stands behind {name_of(before)} ({before})"]
        return []

    def _content(self, frame: Frame) -> list[str]:
        """See that what must be there is there."""
        wanted = REQUIRED.get(frame.kind, ())
        if self.version.rank >= (42 if frame.kind == "9" else 41):
            wanted += REQUIRED_LATER.get(frame.kind, ())
        return [f"{name_of(tag)} ({tag}) is missing" for tag in wanted if tag not in frame.values]

    def _live(self, frame: Frame) -> list[str]:
        """See that a new message has the next number, and comes after a replay is through."""
        found = []
        if self.replay is not None:
            found.append(f"messages {self.replay[0]} to {self.replay[1]} were asked for again and did not come")
            self.replay = None
        if frame.kind == "A" and frame.number > self.incoming:
            self.gap = self.incoming
        elif frame.number != self.incoming:
            found.append(f"MsgSeqNum is {frame.number}, not {self.incoming}")
        self.incoming = frame.number + 1
        self.frames[frame.number] = frame
        if frame.kind == "A" and 0 < self.wanted_from <= frame.number:
            self.replay = (self.wanted_from, frame.number) if self.wanted_from < frame.number else None
        self.wanted_from = 0
        if frame.kind == "8":
            found += self.reports.look(frame, self.version)
        return found

    def _again(self, frame: Frame) -> list[str]:
        """See that what is sent again comes in its place, as it was, with the time of its first sending."""
        found = []
        first, now = frame.values.get(122), frame.values[52]
        if first is None or not TIME.match(first):
            found.append(f"OrigSendingTime is {first or 'missing'} with PossDupFlag=Y")
        elif first > now:
            found.append(f"OrigSendingTime {first} is after SendingTime {now}")
        if self.replay is None:
            return [*found, "nobody asked for it again"]
        position, end = self.replay
        if frame.number != position:
            found.append(f"the replay goes on at {position}, not {frame.number}")
        follows = frame.number + 1
        if frame.kind == "4" and frame.values.get(123) == "Y":
            follows = int(frame.values[36]) if frame.values[36].isdigit() else 0
            if follows <= frame.number:
                found.append(f"a gap fill leads back to {follows}")
            lost = [
                number
                for number in range(frame.number, follows)
                if number in self.frames and self.frames[number].kind not in ADMIN
            ]
            found += [f"message {number} is no administrative one, and is filled over" for number in lost[:1]]
        else:
            found += self._as_before(frame)
        self.replay = (follows, end) if follows <= end else None
        return found

    def _as_before(self, frame: Frame) -> list[str]:
        """See that what is sent again is what was sent."""
        if frame.kind in ADMIN - {"3"}:
            return [f"{frame.kind} is administrative, and is never sent again"]
        before = self.frames.setdefault(frame.number, frame)
        old, new = ([(one.tag, one.value) for one in each.fields if one.tag not in AGAIN] for each in (before, frame))
        found = [] if sorted(old) == sorted(new) else [f"differs from what was sent: {_difference(old, new)}"]
        if not before.is_again and frame.values.get(122) != before.values.get(52):
            found.append(f"OrigSendingTime is {frame.values.get(122)}, not {before.values.get(52)}")
        return found


def _difference(old: list[tuple[int, str]], new: list[tuple[int, str]]) -> str:
    """Name the first field that differs."""
    gone = next((one for one in old if one not in new), None)
    come = next((one for one in new if one not in old), None)
    return " became ".join(f"{one[0]}={one[1]}" if one else "nothing" for one in (gone, come))
