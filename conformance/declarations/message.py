"""A message's declaration, and what is done with it: bytes are taken apart field by field, values are put together.

A message is a letter, fields of fixed size and perhaps an appendage of options, as every dialect of OUCH 5.0 has it
(2.2, 2.4, 5 of the OUCH 5.0 document). Whatever the bytes, `dissect` gives cells and faults and never raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, Final

import construct

from conformance.declarations.kinds import Kind, Value

OPTION_LENGTH: Final = "option length"
OPTION_TAG: Final = "option tag"


class Appendage(Enum):
    """Whether the two bytes of Appendage Length, and options behind them, are there."""

    NEVER = "never there"
    ALWAYS = "always there"
    OPTIONAL = "may be left off"
    CONDITIONAL = "there only in answer to a message with a UserRefIdx"


@dataclass(frozen=True)
class Option:
    """One kind of TagValue element."""

    tag: int
    name: str
    kind: Kind


@dataclass(frozen=True)
class Message:
    """One message: its letter, its name, its section, its fields, and its options' tags.

    So many fields stand `before` the letter, and so many at the end, its `tail`, may be left off.
    """

    letter: str
    name: str
    section: str
    fields: Mapping[str, Kind]
    appendage: Appendage = Appendage.NEVER
    options: frozenset[int] = frozenset()
    letter_name: str = "Type"
    before: int = 0
    tail: int = 0

    @cached_property
    def format(self) -> Any:
        """The fixed part as a construct."""
        letter = self.letter.encode("ascii")
        fields = [name / kind.format for name, kind in self.fields.items()]
        fields.insert(self.before, self.letter_name / construct.Const(letter))
        return construct.Struct(*fields)

    @cached_property
    def size(self) -> int:
        """Bytes of the fixed part."""
        size: int = self.format.sizeof()
        return size


@dataclass(frozen=True)
class Dialect:
    """The messages of a protocol by letter and direction, and its options by tag.

    Those of a server have their letter at `letter_at`.
    """

    key: str
    title: str
    inbound: Mapping[str, Message]
    outbound: Mapping[str, Message]
    options: Mapping[int, Option]
    letter_at: int = 0

    @cached_property
    def options_by_name(self) -> Mapping[str, Option]:
        """The options by the names that people write, in lower case."""
        return {option.name.lower(): option for option in self.options.values()}

    def named(self, name: str, *, inbound: bool) -> Message | None:
        """Find a message by its name, in any case."""
        messages = self.inbound if inbound else self.outbound
        return next((message for message in messages.values() if message.name.lower() == name.lower()), None)


@dataclass(frozen=True)
class Cell:
    """A field as it was met: where, what it is called, its bytes, its value and meaning, and what is wrong with it."""

    offset: int
    name: str
    raw: bytes
    value: str = ""
    meaning: str = ""
    fault: str = ""


@dataclass
class Dissection:
    """A message taken apart. `options` is None where there is no appendage at all."""

    message: Message | None = None
    cells: list[Cell] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)
    options: dict[str, Value] | None = None
    faults: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The message's name, or that it has none."""
        return self.message.name if self.message else "unknown message"

    def put(self, offset: int, name: str, kind: Kind, raw: bytes) -> Value:
        """Note a field that is whole."""
        value = kind.parse(raw)
        fault = kind.fault(raw)
        self.cells.append(Cell(offset, name, raw, kind.show(value), kind.meaning(value), fault))
        if fault:
            self.faults.append(f"{name} at offset {offset}: {fault} ({kind.show(value)})")
        return value

    def spoil(self, offset: int, name: str, raw: bytes, fault: str) -> None:
        """Note bytes that cannot be read."""
        self.cells.append(Cell(offset, name, raw, fault=fault))
        self.faults.append(f"{name} at offset {offset}: {fault}")


def dissect_fixed(message: Message, data: bytes) -> Dissection:
    """Take the fixed part apart, as far as it goes."""
    found = Dissection(message)
    offset, last = 0, len(message.fields) - message.tail
    for place, (name, kind) in enumerate(message.fields.items()):
        if place == message.before:
            letter = Cell(offset, message.letter_name, data[offset : offset + 1], message.letter, message.name)
            found.cells.append(letter)
            offset += 1
        raw = data[offset : offset + kind.size]
        if not raw and place >= last:
            return found
        if len(raw) < kind.size:
            found.spoil(offset, name, raw, f"{len(raw)} of {kind.size} bytes, then the message ends")
            return found
        found.values[name] = found.put(offset, name, kind, raw)
        offset += kind.size
    if not message.fields:
        found.cells.append(Cell(0, message.letter_name, data[:1], message.letter, message.name))
    return found


def dissect(dialect: Dialect, data: bytes, *, inbound: bool) -> Dissection:
    """Take a message apart, whatever it holds."""
    messages = dialect.inbound if inbound else dialect.outbound
    at = 0 if inbound else dialect.letter_at
    message = messages.get(data[at : at + 1].decode("latin-1"))
    if message is None:
        found = Dissection()
        towards = "to the server" if inbound else "from the server"
        found.spoil(0, "Type", data, f"no message {towards} has this letter" if data else "an empty message")
        return found
    found = dissect_fixed(message, data)
    rest = data[message.size :]
    if found.faults and len(data) < message.size:
        return found
    if message.appendage is Appendage.NEVER:
        if rest:
            found.spoil(message.size, "rest", rest, "more bytes than the message has")
    elif rest:
        _appendage(dialect, message, rest, found)
    elif message.appendage is Appendage.ALWAYS:
        found.spoil(message.size, "AppendageLength", b"", "missing")
    return found


def _appendage(dialect: Dialect, message: Message, rest: bytes, found: Dissection) -> None:
    """Take Appendage Length and the options apart."""
    offset = message.size
    if len(rest) < 2:
        found.spoil(offset, "AppendageLength", rest, "1 of 2 bytes, then the message ends")
        return
    length = construct.Int16ub.parse(rest)
    fault = "" if length == len(rest) - 2 else f"{len(rest) - 2} bytes follow"
    found.cells.append(Cell(offset, "AppendageLength", rest[:2], str(length), "", fault))
    if fault:
        found.faults.append(f"AppendageLength at offset {offset}: {length}, but {fault}")
    found.options = {}
    at = 2
    while at < len(rest):
        size = rest[at]
        raw = rest[at : at + 1 + size]
        if size == 0 or len(raw) < 1 + size:
            why = "an option of no length" if size == 0 else f"an option of {size} bytes, of which {len(raw) - 1} came"
            found.spoil(offset + at, "option", rest[at:], why)
            return
        _option(dialect, message, offset + at, raw, found)
        at += 1 + size


def _option(dialect: Dialect, message: Message, offset: int, raw: bytes, found: Dissection) -> None:
    """Take one option apart."""
    assert found.options is not None
    tag, value = raw[1], raw[2:]
    option = dialect.options.get(tag)
    if option is None:
        found.spoil(offset, f"option {tag}", raw, "no option has this tag")
    elif len(value) != option.kind.size:
        found.spoil(offset, option.name, raw, f"{len(value)} bytes of value, not {option.kind.size}")
    elif tag not in message.options:
        found.spoil(offset, option.name, raw, f"may not stand in {message.name}")
    elif option.name in found.options:
        found.spoil(offset, option.name, raw, "stands twice")
    else:
        found.cells.append(Cell(offset, OPTION_LENGTH, raw[:1], str(raw[0])))
        found.cells.append(Cell(offset + 1, OPTION_TAG, raw[1:2], str(tag), option.name))
        found.options[option.name] = found.put(offset + 2, option.name, option.kind, value)


def build_option(option: Option, value: Value) -> bytes:
    """Put an option together."""
    raw = option.kind.build(value)
    return bytes((1 + len(raw), option.tag)) + raw


def build(message: Message, values: Mapping[str, Value], appendage: bytes | None) -> bytes:
    """Put a message together; `appendage` holds the options, None leaves its length off too."""
    fixed: bytes = message.format.build(dict(values))
    return fixed if appendage is None else fixed + construct.Int16ub.build(len(appendage)) + appendage
