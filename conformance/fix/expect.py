"""What a scenario expects of one FIX message, and how what came differs from it, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.fix.frames import Frame
from conformance.fix.shapes import EXACT, NONE
from conformance.fix.tags import MESSAGES, TRAILER, Version, is_header, name_of
from conformance.fix.values import Numbers, Values


@dataclass
class Expectation:
    """A message that is to come: its type, the fields that follow from what was sent, and those that are written."""

    name: str
    kind: str
    implied: Mapping[int, str]
    written: Mapping[int, str]
    values: Values
    numbers: Numbers
    version: Version
    is_exact: bool = True

    @property
    def fields(self) -> dict[int, str]:
        """All that is expected, what is written before what is implied."""
        return {**self.implied, **self.written}


Difference = tuple[str, str, str]
"""A field's name, what was expected, what came."""


def compare(expectation: Expectation, frame: Frame) -> list[Difference]:
    """Give what is different; nothing where it fits. Only a message that fits gives values to new names."""
    if frame.kind != expectation.kind:
        came = MESSAGES.get(frame.kind, frame.kind)
        return [("MsgType", MESSAGES[expectation.kind], came)] * 3  # further off than any field
    values, numbers = expectation.values, expectation.numbers
    remembered = dict(values.remembered)
    differences: list[Difference] = []
    for tag, wanted in expectation.fields.items():
        got = frame.values.get(tag)
        if tag == 58 and tag not in expectation.written and not expectation.is_exact:
            continue  # texts are a server's own
        resolved = values.literal(wanted) if values.knows(wanted) else wanted
        if resolved == NONE:
            differences += [(name_of(tag), NONE, got)] if got is not None else []
        elif got is None:
            if NONE in resolved.split("|"):
                continue
            differences += [(name_of(tag), values.show(wanted, numbers), "missing")]
        elif not values.fits(wanted, got, tag, numbers):
            differences += [(name_of(tag), values.show(wanted, numbers), got)]
    if expectation.is_exact and frame.kind in EXACT:
        differences += unasked(expectation, frame)
    if differences:
        values.remembered = remembered
    return differences


def unasked(expectation: Expectation, frame: Frame) -> list[Difference]:
    """Give the fields of a message of the session layer that nobody expected."""
    expected = expectation.fields
    return [
        (name_of(one.tag), NONE, one.value)
        for one in frame.fields
        if one.tag not in expected and one.tag not in TRAILER and not is_header(one.tag, expectation.version)
    ]
