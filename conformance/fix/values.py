"""What a FIX scenario writes in the place of a value: read for sending, and held against what came.

`n1`, `n2` are names for orders, other ones in each scenario; `@` is the run's price, `next` the number of the next
message to send, `last` that of the last one sent, `awaited` that of the next message to come, `gap` that of the first
one missed while away, `now` and `now-200` moments in seconds from here; `$name` is a parameter or a value remembered,
also within a text. In what is sent `|` ends a field: what follows it stands there as it is written.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from conformance.fix.tags import NUMBERS
from conformance.scenario import PARAMETER
from conformance.values import ValueFault

TERM: Final = re.compile(r"(n\d+|@|next|last|awaited|gap|now|seconds)([+-][\d.]+)?$")


@dataclass
class Numbers:
    """The next number that a party sends, the last one that it sent, the first that it missed, the next to come."""

    following: int = 1
    last: int = 0
    gap: int = 0
    awaited: int = 1


def timestamp(offset: Decimal | int = 0, *, milliseconds: bool = True) -> str:
    """Give a moment, some seconds from now, as SendingTime has it."""
    moment = datetime.now(UTC) + timedelta(seconds=float(offset))
    text = moment.strftime("%Y%m%d-%H:%M:%S")
    return f"{text}.{moment.microsecond // 1000:03}" if milliseconds else text


@dataclass
class Values:
    """The names of one scenario as it runs: parameters, names of orders, and what was remembered on the way."""

    parameters: dict[str, str]
    prefix: str = "N"
    remembered: dict[str, str] = field(default_factory=dict)

    def text(self, written: str, numbers: Numbers) -> str:
        """Give what stands for a value, with | for the end of a field."""
        first, *others = written.split("|")
        pieces = [self.term(first, numbers)]
        for other in others:
            tag, equals, value = other.partition("=")
            pieces.append(f"{tag}{equals}{self.term(value, numbers)}" if equals else other)
        return "\x01".join(pieces)

    def term(self, written: str, numbers: Numbers) -> str:
        """Give the value of a term: a name of an order, a price, a number, a moment, or the text itself."""
        written = self.literal(written)
        found = TERM.match(written)
        if not found:
            return written
        what, plus = found[1], Decimal(found[2] or 0)
        match what:
            case "@":
                return str(Decimal(self.literal("$price")) + plus)
            case "next":
                return str(numbers.following + int(plus))
            case "last":
                return str(numbers.last + int(plus))
            case "gap":
                return str(numbers.gap + int(plus))
            case "awaited":
                return str(numbers.awaited + int(plus))
            case "now" | "seconds":
                return timestamp(plus, milliseconds=what == "now")
            case _:
                return f"{self.prefix}{what}".upper() if not plus else written

    def literal(self, written: str) -> str:
        """Give a text with the values of the names in it."""
        return PARAMETER.sub(lambda name: self.named(name[1]), written)

    def named(self, name: str) -> str:
        """Give a remembered value, or a parameter."""
        value = self.remembered.get(name, self.parameters.get(name))
        if value is None:
            raise ValueFault(f"${name} is not known yet")
        return value

    def knows(self, written: str) -> bool:
        """Whether `written` is no name that is still to be given a value."""
        name = written[1:] if PARAMETER.fullmatch(written) else None
        return name is None or name in self.remembered or name in self.parameters

    def fits(self, wanted: str, got: str, tag: int, numbers: Numbers) -> bool:
        """Whether a value that came is the one wanted; the first time a `$name` is met, it takes the value."""
        if "any" in wanted.split("|"):
            return True
        if wanted[:1] in "!<>" and len(wanted) > 1:
            bound = self.term(wanted[1:], numbers)
            if wanted[0] == "!":
                return not same(bound, got, tag)
            left, right = as_number(got), as_number(bound)
            return left < right if wanted[0] == "<" else left > right
        if not self.knows(wanted):
            self.remembered[wanted[1:]] = got
            return True
        if wanted.startswith("*") and wanted.endswith("*") and len(wanted) > 2:
            return self.literal(wanted[1:-1]).lower() in got.lower()
        return any(same(self.term(one, numbers), got, tag) for one in wanted.split("|"))

    def show(self, wanted: str, numbers: Numbers) -> str:
        """Write what was wanted as a person reads it."""
        if wanted == "any" or not self.knows(wanted) or wanted[:1] in "!<>" or "|" in wanted:
            return wanted
        return self.term(wanted, numbers)


def as_number(text: str) -> Decimal:
    """Read a number."""
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueFault(f"{text!r} is not a number") from None


def same(wanted: str, got: str, tag: int) -> bool:
    """Whether two values are the same: numbers may be written in several ways."""
    if wanted == got:
        return True
    if tag in NUMBERS:
        with suppress(InvalidOperation):
            return Decimal(wanted) == Decimal(got)
    return False
