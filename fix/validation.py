"""Is a message well made? The checks of the FIX session layer on fields, in their order; the first that fails answers.

    11  MsgType is none of the version's
    14  a header field behind one of the body, or one of the body behind the trailer's
     0  a tag that the version does not have
     2  a tag that this message does not take
     4  a tag without a value
     1  a required tag is not there: first the header's, then the body's, then those of a group's entries
     5  a value that is not one of those listed, or longer than it may be; a length that is not that of its data
     6  a value that is not spelled as its type wants
    13  a tag twice outside a repeating group
    16  a group's count is not the number of its entries
    15  an entry of a group does not begin with the group's first field

What is required only at times (a price on a limit order) is for the application to miss; CompIDs, numbers and how far
SendingTime may be from the clock are the session's.

How much is refused depends on the mode. `strict-all` refuses each tag that the tables do not have. `strict`, which is
the default, leaves alone what it does not know of the tags from 5000 on, which users agree on among themselves, in all
but the session's own messages. `lenient` leaves alone every tag that is unknown, or that the message does not take.
What is left alone is not looked at.

For editors: a client sends the same few shapes of message over and over. What follows from the tags alone is worked
out once for a shape; a message then costs one look-up, and one call for each of its fields, all made from C.

Source: FIX 4.2 volume 2, "Reject", and FIXT 1.1. Where the standard has no order of the checks, it is ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from operator import call
from typing import Final

from fix.codec import Message, Row, Texts
from fix.dictionary import Dictionary, dictionaries
from fix.faults import Fault, Reason, fault
from fix.shape import Mode, Shape, ShapeReader

SHAPES_MAX: Final = 256
"""How many shapes of one kind of message are kept; with more of them, all are worked out anew."""
INVALID_MSG_TYPE: Final = fault(Reason.INVALID_MSG_TYPE)


class Validator:
    """Holds messages to a version's dictionary, or to a dialect of it, in one mode. Any number of sessions share it."""

    def __init__(self, session: Dictionary, application: Dictionary, mode: Mode) -> None:
        self.session = session
        self.application = application
        self.mode: Mode = mode
        self._kinds: dict[bytes, _Kind] = {}

    def is_type(self, msg_type: bytes) -> bool:
        """Say whether the version has such a message, whoever serves it."""
        return self.session.is_type(msg_type) or self.application.is_type(msg_type)

    def is_admin(self, msg_type: bytes) -> bool:
        """Say whether a message is the session's own, and not the application's."""
        kind = self.session.types.get(msg_type)
        return kind is not None and kind.is_admin

    def prepare(self, served: Iterable[bytes]) -> None:
        """Take the tables of the session's messages and of some others apart now, so that none of them has to wait.

        An order of FIX 5.0 SP2 takes ten milliseconds, in which nobody else would be served.
        """
        for msg_type in (*filter(self.is_admin, self.session.types), *filter(self.application.is_type, served)):
            if msg_type not in self._kinds:
                self._kinds[msg_type] = self._kind(msg_type)

    def _kind(self, msg_type: bytes) -> _Kind:
        return _Kind(ShapeReader(self.session, self.application, msg_type, self.mode))

    def fault(self, message: Message) -> Fault | None:
        """Give the first thing that is wrong with a message's fields, if any is."""
        shape = self.shape(message)
        if shape is None:
            return INVALID_MSG_TYPE
        if shape.is_sound and all(map(call, shape.checks, message.texts)):
            return None
        return first_fault(shape, message.texts)

    def fault_behind_header(self, message: Message) -> Fault | None:
        """Do the same for a message in which the session has found each of `fix.shape.HELD` right: those pass."""
        shape = self.shape(message)
        if shape is not None and shape.is_sound and all(map(call, shape.checks_left, shape.left(message.texts))):
            return None
        return self.fault(message)

    def shape(self, message: Message) -> Shape | None:
        """Give the shape of a message; None for a type that there is not."""
        kind = self._kinds.get(message.msg_type)
        if kind is None:
            if not self.is_type(message.msg_type):
                return None
            kind = self._kinds[message.msg_type] = self._kind(message.msg_type)
        row = message.row
        return kind.shapes.get(row.name) or kind.learn(row)


class _Kind:
    """One kind of message and the shapes of it that came so far."""

    __slots__ = ("reader", "shapes")

    def __init__(self, reader: ShapeReader) -> None:
        self.reader = reader
        self.shapes: dict[bytes, Shape] = {}

    def learn(self, row: Row) -> Shape:
        if len(self.shapes) >= SHAPES_MAX:
            self.shapes.clear()
        shape = self.shapes[row.name] = self.reader.read(row.tags)
        return shape


def first_fault(shape: Shape, texts: Texts) -> Fault | None:
    """Go through the checks in their order, with the values, until one fails."""
    if shape.misplaced is not None:
        return shape.misplaced
    ruled = [(rule, text) for rule, text in zip(shape.rules, texts, strict=True) if rule is not None]
    for rule, text in ruled:
        if not text:
            return fault(Reason.TAG_WITHOUT_VALUE, rule.tag)
    if shape.missing is not None:
        return shape.missing
    for rule, text in ruled:
        if rule.is_in_range is not None and not rule.is_in_range(text):
            return fault(Reason.VALUE_INCORRECT, rule.tag)
    for rule, text in ruled:
        if not rule.is_well_spelled(text):
            return fault(Reason.INCORRECT_FORMAT, rule.tag)
    return _disagreement(shape, texts) or shape.twice or _miscount(shape, texts) or shape.disorder


def _disagreement(shape: Shape, texts: Texts) -> Fault | None:
    """Find a length that is not that of the data behind it."""
    for length, data in shape.data:
        rule = shape.rules[length]
        if rule is not None and int(texts[length]) != len(texts[data]):
            return fault(Reason.VALUE_INCORRECT, rule.tag)
    return None


def _miscount(shape: Shape, texts: Texts) -> Fault | None:
    """Find a group that does not have as many entries as its count says."""
    for position, entries in sorted(shape.counts.items()):
        rule = shape.rules[position]
        if rule is not None and int(texts[position]) != entries:
            return fault(Reason.INCORRECT_GROUP_COUNT, rule.tag)
    return None


@cache
def validator(begin_string: bytes, dialect: str, mode: Mode) -> Validator:
    """Give the validator of a version in a dialect (`standard`: the version as it is) and a mode."""
    session, application = dictionaries(begin_string.decode("ascii"), dialect)
    return Validator(session, application, mode)
