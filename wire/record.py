"""Declare a fixed-width message once; its codec, reference page and vectors follow.

A message is a class under `@message`, its fields in wire order, each with its kind and a line of meaning:

    @message("X", section="3.3 Cancel Order Request", direction=Direction.IN)
    class CancelOrder:
        '''Shrink an order, or end it.'''
        user_ref_num: int = u32("The live order.")
        quantity: int = u32("New intended total, shares; 0 cancels the rest.")
        options: Options = optional(28)

What comes out is a plain frozen dataclass, typed for mypy. Offsets and lengths are computed, never written. A set of
messages and their options make a `Protocol`; a second dialect or another protocol is another set, declared with the
same words. All integers are big-endian and text is padded on the right with spaces.

`encode` and `decode` below walk the declaration field by field: slow, forgiving to read, for tools and tests, and the
second opinion on the generated codec, which shares no line with them. The server uses the codec only.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property, partial
from typing import Any, Self, TypeVar, cast, dataclass_transform

T = TypeVar("T")
Options = dict[int, int | str | bytes]  # by tag; bytes only where the declaration does not know the tag or its size


class Malformed(ValueError):  # noqa: N818 -- it reads as the verdict on the bytes
    """These bytes are not a message: a length is wrong, so nothing in them can be trusted."""


class OptionFault(StrEnum):
    """What is wrong with an option whose message is otherwise sound."""

    UNKNOWN = "is not defined"
    DUPLICATE = "stands twice"
    SIZE = "has a value of the wrong size"
    PLACE = "may not stand in this message"


class BadOption(ValueError):  # noqa: N818 -- see Malformed
    """The appendage can be read, but one option in it may not stand as it does; `options` holds the sound ones."""

    def __init__(self, tag: int, reason: OptionFault, options: dict[int, int | bytes]) -> None:
        super().__init__(f"option {tag} {reason}")
        self.tag, self.reason, self.options = tag, reason, options


class Code(StrEnum):
    """The letters that a one-byte field may hold, each with its meaning: `BUY = "B", "buy"`."""

    text: str
    wire: bytes

    def __new__(cls, letter: str, text: str) -> Self:
        """Make the member from its letter and its meaning."""
        member = str.__new__(cls, letter)
        member._value_, member.text, member.wire = letter, text, letter.encode("ascii")
        return member


class NumberCode(IntEnum):
    """The numbers that an integer field may hold, each with its meaning: `HALTED = 7, "Halted"`."""

    text: str

    def __new__(cls, number: int, text: str) -> Self:
        """Make the member from its number and its meaning."""
        member = int.__new__(cls, number)
        member._value_, member.text = number, text
        return member


@dataclass(frozen=True)
class Kind:
    """How a field's bytes are read: its name for people, its `struct` letter, and its values where they are listed."""

    label: str
    format: str
    codes: type[Code] | type[NumberCode] | None = None

    @cached_property
    def size(self) -> int:
        """How many bytes the field takes."""
        return struct.calcsize(">" + self.format)

    @property
    def is_text(self) -> bool:
        """Text of any width, single letters included."""
        return self.format[-1] in "sc"

    @property
    def is_split(self) -> bool:
        """An integer of a size that `struct` has no letter for: it is read as two parts, the high one first."""
        return len(self.format) > 1 and not self.is_text

    @property
    def is_signed(self) -> bool:
        """An integer that may be negative."""
        return self.format.islower() and not self.is_text

    def to_bytes(self, value: Any) -> bytes:
        """Write one value; too long a text or too great a number is a ValueError or OverflowError."""
        if not self.is_text:
            return int(value).to_bytes(self.size, "big", signed=self.is_signed)
        text = str(value).encode("latin-1").ljust(self.size)
        if len(text) != self.size:
            raise ValueError(f"{value!r} is longer than {self.size}")
        return text

    def from_bytes(self, data: bytes) -> Any:
        """Read one value; a letter or number outside the listed ones stays a plain str or int."""
        value = data.decode("latin-1") if self.is_text else int.from_bytes(data, "big", signed=self.is_signed)
        if self.codes is None:
            return value.rstrip(" ") if isinstance(value, str) else value
        try:
            return cast("Any", self.codes)(value)
        except ValueError:
            return value


class Digits(Kind):
    """A number in decimal digits of a fixed width, zeros in front; blanks in front are taken too."""

    def __init__(self, label: str, width: int) -> None:
        super().__init__(label, f"{width}s")

    @property
    def is_text(self) -> bool:
        """It is a number, whatever its bytes are."""
        return False

    def to_bytes(self, value: Any) -> bytes:
        """Write one value; one that has more digits is a ValueError."""
        text = b"%0*d" % (self.size, value)
        if len(text) != self.size or value < 0:
            raise ValueError(f"{value!r} does not have {self.size} digits")
        return text

    def from_bytes(self, data: bytes) -> Any:
        """Read one value. Raises `Malformed`."""
        digits = data.lstrip(b" ")
        if not digits.isdigit():
            raise Malformed(f"{data!r} is no number")
        return int(digits)


class Presence(StrEnum):
    """When a message carries an Appendage Length and the options it counts."""

    ALWAYS = "always, 0 when there are no options"
    OPTIONAL = "may be left off"
    CONDITIONAL = "left off, unless an option is echoed"
    NEVER = "never"


class Direction(StrEnum):
    """Who sends a message; letters are reused between the two."""

    IN = "in"
    OUT = "out"


def _declare(kind: Kind, doc: str) -> Any:
    return field(metadata={"kind": kind, "doc": doc})


u8 = partial(_declare, Kind("integer", "B"))
u16 = partial(_declare, Kind("integer", "H"))
u32 = partial(_declare, Kind("integer", "I"))
u64 = partial(_declare, Kind("integer", "Q"))
i32 = partial(_declare, Kind("signed integer", "i"))
i64 = partial(_declare, Kind("signed integer", "q"))
timestamp = partial(_declare, Kind("timestamp", "Q"), doc="Nanoseconds since midnight.")
timestamp48 = partial(_declare, Kind("timestamp", "HI"), doc="Nanoseconds since midnight.")
fine_price = partial(_declare, Kind("price of 8 decimals", "Q"))


def price(doc: str, *, width: int = 8, signed: bool = False) -> Any:
    """Price or amount in ticks of 1/10,000, 4 or 8 bytes."""
    letter = {4: "I", 8: "Q"}[width]
    return _declare(Kind("signed price" if signed else "price", letter.lower() if signed else letter), doc)


def alpha(size: int, doc: str) -> Any:
    """Text of a fixed width."""
    return _declare(Kind("alpha", f"{size}s"), doc)


def code(codes: type[Code], doc: str) -> Any:
    """One letter out of a list."""
    return _declare(Kind(codes.__name__, "c", codes), doc)


def number(codes: type[NumberCode], doc: str) -> Any:
    """One 2-byte number out of a list."""
    return _declare(Kind(codes.__name__, "H", codes), doc)


def digits(width: int, doc: str, *, label: str = "number") -> Any:
    """Declare a number in decimal digits."""
    return _declare(Digits(label, width), doc)


def tail(declared: Any) -> Any:
    """Make a field one that may be left off, with all that follows; blanks say the same as its absence."""
    return field(metadata={**declared.metadata, "tail": True})


def _appendage(presence: Presence, *tags: int) -> Any:
    return field(metadata={"presence": presence, "tags": tags})


always = partial(_appendage, Presence.ALWAYS)
optional = partial(_appendage, Presence.OPTIONAL)
conditional = partial(_appendage, Presence.CONDITIONAL)


@dataclass(frozen=True)
class Field:
    """One declared field at its place."""

    name: str
    kind: Kind
    doc: str
    offset: int
    is_tail: bool = False


class Option:
    """One length-tag-value element, declared by the same helpers as a field: `Option(2, "firm", alpha(4, "…"))`."""

    def __init__(self, tag: int, name: str, declared: Any) -> None:
        self.tag, self.name = tag, name
        self.kind: Kind = declared.metadata["kind"]
        self.doc: str = declared.metadata["doc"]


@dataclass(frozen=True)
class Layout:
    """Everything declared about one message."""

    record: type
    letter: str
    section: str
    direction: Direction
    fields: tuple[Field, ...]
    presence: Presence
    tags: tuple[int, ...]
    letter_at: int = 0
    """Bytes of fields before the type letter."""

    @property
    def title(self) -> str:
        """The message's name in words: `Enter Order`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", self.record.__name__)

    @property
    def number(self) -> str:
        """The number of its section, "" where its document is cited without one."""
        return self.section.partition(" ")[0]

    @property
    def fixed(self) -> int:
        """Bytes before the appendage: type letter and fields."""
        return 1 + sum(f.kind.size for f in self.fields)

    @property
    def shortest(self) -> int:
        """Bytes without the fields that may be left off."""
        return self.fixed - sum(f.kind.size for f in self.fields if f.is_tail)

    @property
    def is_digits(self) -> bool:
        """Whether numbers stand in it as digits."""
        return any(isinstance(f.kind, Digits) for f in self.fields)

    def around_letter(self) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
        """Give the fields before the type letter, and those behind it."""
        before = tuple(f for f in self.fields if f.offset < self.letter_at)
        return before, self.fields[len(before) :]


@dataclass_transform(frozen_default=True, field_specifiers=(
    u8, u16, u32, u64, i32, i64, price, timestamp, timestamp48, fine_price, alpha, code, number, digits, tail,
    always, optional, conditional,
))  # fmt: skip
def message(letter: str, *, section: str, direction: Direction, letter_at: int = 0) -> Callable[[type[T]], type[T]]:
    """Declare the class below as the message that this letter announces, behind fields of `letter_at` bytes."""

    def declare(cls: type[T]) -> type[T]:
        record: Any = dataclass(frozen=True, slots=True)(cls)
        fields: list[Field] = []
        presence, tags, offset = Presence.NEVER, (), 0 if letter_at else 1
        for name, declared in record.__dataclass_fields__.items():
            assert presence is Presence.NEVER, f"{cls.__name__}: the appendage comes last"
            if "kind" in declared.metadata:
                is_tail = declared.metadata.get("tail", False)
                assert is_tail or not fields or not fields[-1].is_tail, f"{cls.__name__}: {name} may be left off too"
                fields.append(Field(name, declared.metadata["kind"], declared.metadata["doc"], offset, is_tail))
                offset += fields[-1].kind.size
                if letter_at and offset == letter_at:
                    offset += 1
            else:
                presence, tags = declared.metadata["presence"], declared.metadata["tags"]
        record.layout = Layout(record, letter, section, direction, tuple(fields), presence, tags, letter_at)
        return cast("type[T]", record)

    return declare


def derived(
    record: Any,
    *,
    letter: str = "",
    name: str = "",
    doc: str = "",
    without: tuple[str, ...] = (),
    changed: dict[str, Any] | None = None,
    behind: dict[str, Any] | None = None,
) -> Any:
    """Declare a message as another one is, but for its letter, name and text, and some fields.

    Fields `without` are left out, `changed` ones are of another kind, those `behind` come last.
    """
    layout: Layout = record.layout
    declared = {field_name: field(metadata=part.metadata) for field_name, part in record.__dataclass_fields__.items()}
    declared = {key: (changed or {}).get(key, part) for key, part in declared.items() if key not in without}
    declared |= behind or {}
    types = {key: int if isinstance(part.metadata["kind"], Digits) else str for key, part in declared.items()}
    made = type(name or record.__name__, (), {**declared, "__doc__": doc or record.__doc__, "__annotations__": types})
    decorate: Callable[[type], type] = message(
        letter or layout.letter, section=layout.section, direction=layout.direction, letter_at=layout.letter_at
    )
    return decorate(made)


class Protocol:
    """A set of messages and the options they may carry."""

    def __init__(self, title: str, records: tuple[type, ...], options: tuple[Option, ...] = ()) -> None:
        self.title = title
        self.messages = tuple(cast("Layout", vars(record)["layout"]) for record in records)
        self.options = {option.tag: option for option in options}
        self.by_letter = {(layout.direction, layout.letter): layout for layout in self.messages}
        self.letter_at = {layout.direction: layout.letter_at for layout in self.messages}
        assert len(self.by_letter) == len(records), "one letter for two messages"
        assert len(self.options) == len(options), "one tag for two options"
        assert all(layout.letter_at == self.letter_at[layout.direction] for layout in self.messages), "letters stray"
        assert all(tag in self.options for layout in self.messages for tag in layout.tags), "a tag nobody declared"

    def encode(self, record: Any) -> bytes:
        """Write a message. An appendage that may be left off is, when it has no options."""
        layout: Layout = record.layout
        lead, rest = (
            b"".join(f.kind.to_bytes(getattr(record, f.name)) for f in part) for part in layout.around_letter()
        )
        body = lead + layout.letter.encode("ascii") + rest
        if layout.presence is Presence.NEVER or (not record.options and layout.presence is not Presence.ALWAYS):
            return body
        appendage = b""
        for tag, value in sorted(record.options.items()):
            data = value if isinstance(value, bytes) else self.options[tag].kind.to_bytes(value)
            appendage += bytes([1 + len(data), tag]) + data
        return body + len(appendage).to_bytes(2, "big") + appendage

    def decode(self, direction: Direction, message: bytes) -> Any:
        """Read any message in any form that carries its fields; Malformed only where the bytes run out.

        Forgiving, as readers of a host are asked to be: an absent appendage is an empty one, bytes after the
        appendage are passed over, an unlisted letter stays a str, an option not known here keeps its bytes.
        """
        at = self.letter_at.get(direction, 0)
        letter = message[at : at + 1]
        layout = self.by_letter.get((direction, letter.decode("latin-1")))
        if layout is None:
            raise Malformed(f"no message starts with {letter!r}")
        if len(message) < layout.shortest:
            raise Malformed(f"{layout.title} of {len(message)} bytes")
        message = message.ljust(layout.fixed)
        values = [f.kind.from_bytes(message[f.offset : f.offset + f.kind.size]) for f in layout.fields]
        if layout.presence is not Presence.NEVER:
            values.append(self._decode_options(message[layout.fixed :]))
        return layout.record(*values)

    def _decode_options(self, rest: bytes) -> Options:
        options: Options = {}
        end = 2 + int.from_bytes(rest[:2], "big")
        if rest and len(rest) < end:
            raise Malformed("Appendage Length goes beyond the message")
        at = 2
        while at < end:
            after = at + 1 + rest[at]
            if after == at + 1 or after > end:
                raise Malformed(f"the option at {at - 2} goes beyond the appendage")
            tag, data = rest[at + 1], rest[at + 2 : after]
            kind = self.options[tag].kind if tag in self.options else None
            options.setdefault(tag, kind.from_bytes(data) if kind is not None and kind.size == len(data) else data)
            at = after
        return options
