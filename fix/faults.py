"""What can be wrong with a message's fields: SessionRejectReason (373), and the words that go with it (58).

The words are the standard's, and clients and tools compare them: never reword one (FIX 4.2 volume 2, FIX 4.4 volume 2).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple


class Reason(IntEnum):
    """SessionRejectReason: FIX 4.2 has those up to 11."""

    INVALID_TAG = 0
    REQUIRED_TAG_MISSING = 1
    TAG_NOT_DEFINED = 2
    TAG_WITHOUT_VALUE = 4
    VALUE_INCORRECT = 5
    INCORRECT_FORMAT = 6
    COMP_ID_PROBLEM = 9
    SENDING_TIME_ACCURACY = 10
    INVALID_MSG_TYPE = 11
    TAG_TWICE = 13
    TAG_OUT_OF_ORDER = 14
    GROUP_OUT_OF_ORDER = 15
    INCORRECT_GROUP_COUNT = 16


TEXTS: Final = {
    Reason.INVALID_TAG: b"Invalid tag number",
    Reason.REQUIRED_TAG_MISSING: b"Required tag missing",
    Reason.TAG_NOT_DEFINED: b"Tag not defined for this message type",
    Reason.TAG_WITHOUT_VALUE: b"Tag specified without a value",
    Reason.VALUE_INCORRECT: b"Value is incorrect (out of range) for this tag",
    Reason.INCORRECT_FORMAT: b"Incorrect data format for value",
    Reason.COMP_ID_PROBLEM: b"CompID problem",
    Reason.SENDING_TIME_ACCURACY: b"SendingTime accuracy problem",
    Reason.INVALID_MSG_TYPE: b"Invalid MsgType",
    Reason.TAG_TWICE: b"Tag appears more than once",
    Reason.TAG_OUT_OF_ORDER: b"Tag specified out of required order",
    Reason.GROUP_OUT_OF_ORDER: b"Repeating group fields out of order",
    Reason.INCORRECT_GROUP_COUNT: b"Incorrect NumInGroup count for repeating group",
}


class Fault(NamedTuple):
    """What is wrong: SessionRejectReason, the tag to blame (b"" when there is none), the text."""

    reason: int
    tag: bytes
    text: bytes


def fault(reason: Reason, tag: bytes = b"") -> Fault:
    """Make a fault with the words that belong to its reason."""
    return Fault(int(reason), tag, TEXTS[reason])
