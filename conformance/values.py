"""What a scenario writes in the place of a value: read for sending, and held against what came.

`n1` is the first free UserRefNum of the party's port, `n2` the one behind it; `@` is the run's price, `$name` a
parameter or a value remembered, `next` the number of the next sequenced message, `session` the session last joined.
Each may be followed by +N or -N.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from conformance.declarations.kinds import Kind, Price, Signed, Value
from conformance.scenario import PARAMETER

TERM: Final = re.compile(r"(n\d+|@|next|session|\$[a-z][a-z_]*)([+-](?:[\d.]+|\$[a-z][a-z_]*))?$")


class ValueFault(Exception):  # noqa: N818 - the name states what is so
    """A scenario asks for a value that there is not."""


@dataclass(frozen=True)
class Place:
    """Where a party is: its first free UserRefNum, its next sequence number, its session."""

    base: int | None = None
    following: int = 0
    session: str = ""


@dataclass
class Values:
    """The names of one scenario as it runs: parameters, and what was remembered on the way."""

    parameters: dict[str, str]
    remembered: dict[str, Value] = field(default_factory=dict)

    def term(self, text: str, kind: Kind, place: Place) -> Value:
        """Give the value that `text` stands for in a field of this kind."""
        found = TERM.match(text)
        if not found:
            return self.literal(text, kind)
        what, plus = found[1], found[2] or "+0"
        value: Value
        if re.fullmatch(r"n\d+", what):
            if place.base is None:
                raise ValueFault(f"{what} before the party has logged in")
            value = place.base + int(what[1:]) - 1
        elif what == "@":
            value = self.literal(self.parameters["price"], kind)
        elif what == "next":
            value = place.following
        elif what == "session":
            value = self.literal(place.session, kind)
        else:
            value = self.named(what[1:], kind)
        if plus == "+0":
            return value
        if not isinstance(value, int):
            raise ValueFault(f"{what} is not a number: {value!r}")
        return value + self.difference(plus, kind)

    def difference(self, plus: str, kind: Kind) -> int:
        """Give what is added, in the units of the field."""
        sign = -1 if plus[0] == "-" else 1
        amount: Value = self.named(plus[2:], kind) if plus[1] == "$" else self.literal(plus[1:], kind)
        if not isinstance(amount, int):
            raise ValueFault(f"{plus} is not a number")
        return sign * amount

    def named(self, name: str, kind: Kind) -> Value:
        """Give a remembered value, or a parameter."""
        if name in self.remembered:
            value = self.remembered[name]
            return self.literal(value.strip(" "), kind) if isinstance(value, str) else value
        if name not in self.parameters:
            raise ValueFault(f"${name} is not known yet")
        return self.literal(self.parameters[name], kind)

    def word(self, text: str) -> str:
        """Give a remembered value or a parameter as text; any other text as it is."""
        if not PARAMETER.fullmatch(text):
            return text
        value = self.remembered.get(text[1:], self.parameters.get(text[1:]))
        if value is None:
            raise ValueFault(f"{text} is not known yet")
        return str(value).strip()

    @staticmethod
    def literal(text: str, kind: Kind) -> Value:
        """Read a value as it is written."""
        try:
            return kind.read(text)
        except (ValueError, ArithmeticError) as error:
            raise ValueFault(str(error)) from None

    def knows(self, text: str) -> bool:
        """Whether `text` is no name that is still to be given a value."""
        name = text[1:] if PARAMETER.fullmatch(text) else None
        return name is None or name in self.remembered or name in self.parameters

    def fits(self, wanted: str, got: Value, kind: Kind, place: Place) -> bool:
        """Whether a value that came is the one wanted; the first time a `$name` is met, it takes the value."""
        if wanted == "any":
            return True
        if wanted[:1] in "!<>" and len(wanted) > 1:
            bound = self.term(wanted[1:], kind, place)
            if wanted[0] == "!":
                return got != bound
            assert isinstance(got, int)
            assert isinstance(bound, int)
            return got < bound if wanted[0] == "<" else got > bound
        if not self.knows(wanted):
            self.remembered[wanted[1:]] = got
            return True
        return any(got == self.term(one, kind, place) for one in (wanted.split("|") if wanted != "|" else "|"))

    def show(self, wanted: str, kind: Kind, place: Place) -> str:
        """Write what was wanted as a person reads it."""
        if wanted == "any" or not self.knows(wanted) or wanted[:1] in "!<>" or "|" in wanted:
            return wanted
        return kind.show(self.term(wanted, kind, place))


def as_number(text: str, values: Values) -> Decimal:
    """Give a side of a `check` as a number."""
    value = values.term(text, Price(8) if "." in text else _Plain(), Place())
    return Decimal(str(value))


class _Plain(Signed):
    """Numbers as they are written."""

    def read(self, text: str) -> Value:
        """Read digits."""
        return int(text)
