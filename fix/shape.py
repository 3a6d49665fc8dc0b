"""The shape of a message, its tags in their order, held to the tables: all that can be said without the values.

A reader is made for each kind of message. It tells header from body from trailer, finds repeating groups and their
entries, and for each field the check that its value must pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, Literal, NamedTuple

from fix.codec import DATA_TAGS, Texts
from fix.dictionary import Composition, Dictionary
from fix.faults import Fault, Reason, fault
from fix.formats import FORMATS, SEVERAL, Check, at_most, filled_at_most, one_of, remembered, some_of

Mode = Literal["lenient", "strict", "strict-all"]
"""How much is refused; see `fix/validation.py`."""
Tags = tuple[bytes, ...]

USER_TAGS_FROM: Final = b"5000"
HEADER: Final = 0
BODY: Final = 1
TRAILER: Final = 2
HELD: Final = frozenset({b"8", b"34", b"35", b"49", b"52", b"56"})
"""The header fields that a session has held to more than their checks ask before it takes an order: it knows the
version, the type and both CompIDs, MsgSeqNum is the number that is next, and SendingTime close to the clock."""


class Rule(NamedTuple):
    """What the value of a field must pass: that it is in range (when that is said), and spelled as its type wants."""

    tag: bytes
    is_in_range: Check | None
    is_well_spelled: Check
    passes: Check
    """Both at once, as one call: a value that is in range is well spelled."""


@dataclass(slots=True)
class Shape:
    """What is known of all messages with the same tags in the same order."""

    misplaced: Fault | None = None
    """Of header, body and trailer, of an unknown tag, of one that does not belong here: what is said first of all."""
    missing: Fault | None = None
    twice: Fault | None = None
    disorder: Fault | None = None
    rules: list[Rule | None] = field(default_factory=list)
    """By position; None for a tag that is left alone."""
    counts: dict[int, int] = field(default_factory=dict)
    """How many entries a repeating group has, by the position of the field that says so."""
    data: list[tuple[int, int]] = field(default_factory=list)
    """The positions of a length and of the data that it is the length of."""
    checks: tuple[Check, ...] = ()
    checks_left: tuple[Check, ...] = ()
    """Those of the tags that are not `HELD`; `left` gives their texts."""
    left: Callable[[Texts], Sequence[bytes]] = list
    is_sound: bool = False
    """Whether a message of this shape is well made if each of its values passes the check of its position."""


def rule_of(dictionary: Dictionary, tag: bytes) -> Rule:
    """Say what the value of a field must pass."""
    said = dictionary.field(tag)
    is_well_spelled = FORMATS[said.kind]
    if said.values:
        is_in_range = some_of(said.values) if said.kind in SEVERAL else one_of(said.values)
    elif said.length_max:
        is_in_range = at_most(said.length_max)
    else:
        return Rule(tag, None, is_well_spelled, remembered(is_well_spelled))
    if said.values:
        both = remembered(is_in_range)
    elif is_well_spelled is len:
        both = filled_at_most(said.length_max)
    else:
        both = remembered(lambda text: is_in_range(text) and is_well_spelled(text))
    return Rule(tag, is_in_range, is_well_spelled, both)


def is_user_tag(tag: bytes) -> bool:
    """Say whether a tag is in the range that users agree on among themselves: 5000 and up."""
    return tag[:1] not in {b"0", b"-"} and (len(tag) > 4 or (len(tag) == 4 and tag >= USER_TAGS_FROM))


def counts_to(entries: int) -> Check:
    """Give the check that a count says so many, leading zeros or none."""
    digits = b"%d" % entries if entries else b""
    return lambda text: text.isdigit() and text.lstrip(b"0") == digits


def leave_alone(_text: bytes) -> bool:
    """Take what is not looked at."""
    return True


class ShapeReader:
    """Reads the shapes of one kind of message, in one mode."""

    def __init__(self, session: Dictionary, application: Dictionary, msg_type: bytes, mode: Mode) -> None:
        kind = session.types.get(msg_type)
        self.is_admin = kind is not None and kind.is_admin
        self.mode = mode
        self.session = session
        self.dictionary = session if kind is not None else application
        self.sections = (session.header, self.dictionary.composition(msg_type), session.trailer)
        self.all = Composition()
        self.section_of: dict[bytes, int] = {}
        for number, section in reversed([*enumerate(self.sections)]):
            self.section_of.update(dict.fromkeys(every_tag(section), number))
        for section in self.sections:
            self.all.fields.update(section.fields)
            self.all.groups.update(section.groups)
        self.required = [
            tag for section in self.sections for tag in sorted(section.fields, key=int) if section.fields[tag]
        ]
        self._rules: dict[bytes, Rule] = {}

    def read(self, tags: Tags) -> Shape:
        """Give the shape of a message with these tags."""
        return _Reading(self, tags).shape

    def is_left_alone(self, tag: bytes) -> bool:
        """Say whether a tag that does not belong here is nothing to reject."""
        return self.mode == "lenient" or (self.mode == "strict" and not self.is_admin and is_user_tag(tag))

    def rule(self, tag: bytes) -> Rule:
        """Say what the value of a field must pass."""
        known = self._rules.get(tag)
        if known is None:
            where = self.dictionary if self.section_of[tag] == BODY else self.session
            known = self._rules[tag] = rule_of(where, tag)
        return known


class _Reading:
    """One shape as it is read: a walk over the tags that are not left alone."""

    def __init__(self, reader: ShapeReader, tags: Tags) -> None:
        self.reader = reader
        self.tags = tags
        self.shape = Shape(rules=[None] * len(tags))
        self.strangers: dict[int, Reason] = {}
        self.at = 0
        self.places = self._places()
        self._walk(reader.all, reader.required, outer=None)
        self._pair_data()
        self._settle()

    def _places(self) -> list[int]:
        """Find the positions that there is something to say about; note what is out of order or unknown."""
        places, state = [], HEADER
        for position, tag in enumerate(self.tags):
            section = self.reader.section_of.get(tag, BODY)
            if tag not in self.reader.section_of:
                if self.reader.is_left_alone(tag):
                    continue
                is_known = self.reader.dictionary.has_field(tag)
                self.strangers[position] = Reason.TAG_NOT_DEFINED if is_known else Reason.INVALID_TAG
            else:
                places.append(position)
            if section < state and self.shape.misplaced is None:
                self.shape.misplaced = fault(Reason.TAG_OUT_OF_ORDER, tag)
            state = section if section > state else state
        return places

    def _walk(self, composition: Composition, required: Sequence[bytes], outer: Composition | None) -> None:
        """Go over the fields of the message, or of one entry of a group, up to the first that is not of it."""
        seen: set[bytes] = set()
        while self.at < len(self.places):
            position = self.places[self.at]
            tag = self.tags[position]
            if outer is not None and (tag not in composition.fields or tag in seen):
                break
            self.at += 1
            if tag not in composition.fields:  # a group's field without its group
                if not self.reader.is_left_alone(tag):
                    self.strangers[position] = Reason.TAG_NOT_DEFINED
                continue
            if tag in seen and self.shape.twice is None:
                self.shape.twice = fault(Reason.TAG_TWICE, tag)
            seen.add(tag)
            self.shape.rules[position] = self.reader.rule(tag)
            if tag in composition.groups:
                self.shape.counts[position] = self._entries(composition.groups[tag], composition)
        for tag in required:
            if tag not in seen and (self.shape.missing is None or outer is None):
                self.shape.missing = fault(Reason.REQUIRED_TAG_MISSING, tag)
                break

    def _entries(self, entry: Composition, outer: Composition) -> int:
        """Go over the entries of a group and count them."""
        first = next(iter(entry.fields))
        required = [tag for tag, is_required in entry.fields.items() if is_required]
        entries = 0
        while self.at < len(self.places):
            tag = self.tags[self.places[self.at]]
            if tag not in entry.fields or (entries and tag != first and tag in outer.fields):
                break
            if tag != first and self.shape.disorder is None:
                self.shape.disorder = fault(Reason.GROUP_OUT_OF_ORDER, tag)
            entries += 1
            self._walk(entry, required, outer)
        return entries

    def _pair_data(self) -> None:
        for one, next_one in zip(self.places, self.places[1:], strict=False):
            if DATA_TAGS.get(self.tags[one]) == self.tags[next_one]:
                self.shape.data.append((one, next_one))

    def _settle(self) -> None:
        shape = self.shape
        for reason in (Reason.INVALID_TAG, Reason.TAG_NOT_DEFINED):
            found = [position for position, what in self.strangers.items() if what is reason]
            if found and shape.misplaced is None:
                shape.misplaced = fault(reason, self.tags[min(found)])
        shape.checks = tuple(leave_alone if rule is None else rule.passes for rule in shape.rules)
        for position, entries in shape.counts.items():
            shape.checks = (*shape.checks[:position], counts_to(entries), *shape.checks[position + 1 :])
        left = [position for position, tag in enumerate(self.tags) if tag not in HELD]
        if len(left) > 1:
            shape.left = itemgetter(*left)
            shape.checks_left = tuple(shape.checks[position] for position in left)
        faults = (shape.misplaced, shape.missing, shape.twice, shape.disorder)
        shape.is_sound = not any(faults) and not shape.data


def every_tag(composition: Composition) -> set[bytes]:
    """Give the tags of a composition and of the entries of its groups."""
    return set(composition.fields).union(*(every_tag(entry) for entry in composition.groups.values()))
