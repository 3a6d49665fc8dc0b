"""What a scenario writes in the place of JSON: dotted names for what lies inside, values as JSON or as plain text.

`settings.limit=5000` is `{"settings": {"limit": 5000}}`; a value that reads as JSON is that, any other is text.
`$name` is a parameter or a value remembered, anywhere in a value. Of an answer `items.0.id` is the first item's,
`items.*.id` one item's (the same for all such fields of a line), `items.-.id` no item's, and `items.count` how many.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.scenario import PARAMETER
from conformance.values import ValueFault

ABSENT: Final = object()
SOME, NONE, COUNT = "*", "-", "count"


@dataclass
class Names:
    """The names of one scenario as it runs: parameters, and what was remembered on the way."""

    parameters: Mapping[str, str]
    remembered: dict[str, Any] = field(default_factory=dict)

    def text(self, text: str) -> str:
        """Put values in the place of names."""
        return PARAMETER.sub(lambda found: as_text(self.value(found[1])), text)

    def value(self, name: str) -> Any:
        """Give what a name stands for."""
        if name in self.remembered:
            return self.remembered[name]
        if name not in self.parameters:
            raise ValueFault(f"${name} is not known yet")
        return self.parameters[name]

    def read(self, text: str) -> Any:
        """Give the value that a text stands for: what was remembered as it was, else JSON, else the text."""
        if PARAMETER.fullmatch(text) and text[1:] in self.remembered:
            return self.remembered[text[1:]]
        whole = self.text(text)
        try:
            return json.loads(whole)
        except ValueError:
            return whole

    def knows(self, text: str) -> bool:
        """Whether a text is no name that is still to be given a value."""
        name = text[1:] if PARAMETER.fullmatch(text) else None
        return name is None or name in self.remembered or name in self.parameters

    def fits(self, wanted: str, got: Any) -> bool:
        """Whether a value that came is the one wanted; the first time a `$name` is met, it takes the value."""
        if wanted in ("any", "absent"):
            return (got is ABSENT) is (wanted == "absent")
        if got is ABSENT:
            return False
        if wanted[:1] in "!<>~" and len(wanted) > 1:
            return self.compares(wanted[0], self.read(wanted[1:]), got)
        if not self.knows(wanted):
            self.remembered[wanted[1:]] = got
            return True
        choices = wanted.split("|") if wanted != "|" else ["|"]
        return any(got == self.text(one) or equal(self.read(one), got) for one in choices)

    @staticmethod
    def compares(how: str, bound: Any, got: Any) -> bool:
        """Hold a value against a bound: another one, less, more, or one that contains it."""
        if how == "!":
            return not equal(bound, got)
        if how == "~":
            return bound in got if isinstance(got, list) else str(bound) in as_text(got)
        if not isinstance(got, int | float) or not isinstance(bound, int | float):
            return False
        return got < bound if how == "<" else got > bound


def equal(wanted: Any, got: Any) -> bool:
    """Whether two values are the same: 1 is neither 1.0 nor true."""
    return type(wanted) is type(got) and bool(wanted == got)


def as_text(value: Any) -> str:
    """Write a value as it stands in a path or a query."""
    return value if isinstance(value, str) else json.dumps(value)


def compose(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Put together an object of dotted names."""
    whole: dict[str, Any] = {}
    for name, value in fields.items():
        *outer, last = name.split(".")
        place = whole
        for part in outer:
            place = place.setdefault(part, {})
        place[last] = value
    return whole


def look_up(data: Any, name: str) -> Any:
    """Give what lies at a dotted name, ABSENT where there is nothing."""
    for part in name.split("."):
        if isinstance(data, dict) and part in data:
            data = data[part]
        elif isinstance(data, list) and part.isdigit() and int(part) < len(data):
            data = data[int(part)]
        elif isinstance(data, list) and part == COUNT:
            data = len(data)
        else:
            return ABSENT
    return data


def differences(names: Names, fields: Mapping[str, str], data: Any) -> Iterator[tuple[str, str, str]]:
    """Give where an answer is not as wanted: the name, what was wanted, what came."""
    groups: dict[tuple[str, str], dict[str, str]] = {}
    for name, wanted in fields.items():
        for mark in (SOME, NONE):
            head, found, tail = name.partition(f".{mark}.")
            if found:
                groups.setdefault((head, mark), {})[tail] = wanted
                break
        else:
            got = look_up(data, name)
            if not names.fits(wanted, got):
                yield name, wanted, "nothing" if got is ABSENT else json.dumps(got)
    for (head, mark), wanteds in groups.items():
        yield from in_list(names, head, mark, wanteds, look_up(data, head))


def in_list(
    names: Names, head: str, mark: str, wanteds: Mapping[str, str], items: Any
) -> Iterator[tuple[str, str, str]]:
    """See that one item of a list is as wanted, or that none is."""
    wanted = " ".join(f"{name}={text}" for name, text in wanteds.items())
    if not isinstance(items, list):
        yield head, "a list", json.dumps(None if items is ABSENT else items)
        return
    for item in items:
        before = dict(names.remembered)
        if all(names.fits(text, look_up(item, name)) for name, text in wanteds.items()):
            if mark == NONE:
                yield f"{head}.{mark}", f"no item with {wanted}", json.dumps(item)
            return
        names.remembered = before
    if mark == SOME:
        yield f"{head}.{mark}", wanted, f"none of {len(items)} items"
