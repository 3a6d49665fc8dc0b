"""What a version of FIX, or a venue's dialect of one, takes: its fields, its messages and their groups, as tables.

`fix/dictionaries/` holds one text file for each version of the standard, `fix/dialects/` one for each dialect, which
says only what it has of its own: its rows stand in for those of the standard with the same MsgType, name or tag. All
are written in one small language:

    [header]        the standard header's composition; a dialect's is added to the standard's
    [trailer]       the same for the trailer
    [messages]      MsgType, name, `admin` or `app`, composition
    [components]    name, composition: fields that go together in many messages
    [fields]        tag, name, type, and the values it may have, when they are listed

    A composition is a row of tags. `11!` is required and `1` is not. `386(336 625)` is a repeating group: the field
    that counts its entries, and the members of an entry, of which the first one opens each entry. `@Parties` takes in
    a component; what the component requires is required only if the component is: `@Instrument!`.

    A type may bound the length of what it takes: `STRING/14`. A section may be for some versions only:
    `[messages FIX.4.2 FIX.4.4]`. A line that begins with a space goes on with the one before; `#` begins a comment.

A dialect's file also says what its orders mean, in sections that `fix/order_dialect.py` reads.

For editors: a file is read when the first session that needs it is set up, and a message's composition is taken apart
when the first of its kind comes, so a version with six thousand fields costs what is used of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

FIXT: Final = "FIXT.1.1"
VERSIONS: Final = ("FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.4", FIXT)
"""The BeginStrings that there are dictionaries for."""
APPLICATION_VERSION: Final = "FIX.5.0SP2"
"""Whose application messages go over FIXT.1.1 here."""


class Field(NamedTuple):
    """One field: its tag, name, type, the most bytes it may have (0: any) and its listed values (none: any)."""

    tag: bytes
    name: str
    kind: str
    length_max: int
    values: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Composition:
    """The fields of a header, a message or an entry of a repeating group."""

    fields: dict[bytes, bool] = field(default_factory=dict)
    """Every tag in its order, and whether it is required. The first one opens an entry, in a repeating group."""
    groups: dict[bytes, Composition] = field(default_factory=dict)
    """What an entry of each repeating group has, by the tag of the field that counts the entries."""


class MessageType(NamedTuple):
    """One kind of message: its MsgType, its name, and whether the session answers it or the application."""

    msg_type: bytes
    name: str
    is_admin: bool


class Dictionary:
    """One version of the standard, with or without a dialect's rows over it."""

    def __init__(self) -> None:
        self.types: dict[bytes, MessageType] = {}
        self.header = Composition()
        self.trailer = Composition()
        self._fields: dict[bytes, str] = {}
        self._messages: dict[bytes, str] = {}
        self._components: dict[str, str] = {}
        self._compositions: dict[bytes, Composition] = {}

    def is_type(self, msg_type: bytes) -> bool:
        """Say whether there is such a message."""
        return msg_type in self.types

    def has_field(self, tag: bytes) -> bool:
        """Say whether there is a field of that tag, in whatever message."""
        return tag in self._fields

    def tags(self) -> Iterator[bytes]:
        """Go through the tags of all fields."""
        return iter(self._fields)

    def field(self, tag: bytes) -> Field:
        """Give what is said of a field that there is."""
        name, kind, *listed = self._fields[tag].split()
        kind, _, length = kind.partition("/")
        return Field(tag, name, kind, int(length or 0), frozenset(value.encode() for value in listed))

    def composition(self, msg_type: bytes) -> Composition:
        """Give the fields of the body of a message that there is."""
        known = self._compositions.get(msg_type)
        if known is None:
            known = self._compositions[msg_type] = self._compose(self._messages[msg_type])
        return known

    def add(self, text: str, version: str, wanted: frozenset[str] = frozenset({"admin", "app"})) -> None:
        """Read tables for this version over what there is; of the messages only those of a `wanted` category."""
        for section, row in rows(text, version):
            match section:
                case "fields":
                    tag, _, said = row.partition(" ")
                    self._fields[tag.encode()] = said
                case "components":
                    name, _, said = row.partition(" ")
                    self._components[name] = said
                case "messages":
                    msg_type, name, category, *_ = row.split(maxsplit=3)
                    if category in wanted:
                        self.types[msg_type.encode()] = MessageType(msg_type.encode(), name, category == "admin")
                        self._messages[msg_type.encode()] = row.partition(category)[2]
                case "header" | "trailer" if "admin" in wanted:
                    self._extend(self.header if section == "header" else self.trailer, self._compose(row))
                case "header" | "trailer" | "values" | "contents" | "orders":
                    pass
                case _:
                    raise ValueError(f"no section of a dictionary: {section}")
        self._compositions.clear()

    def _compose(self, text: str) -> Composition:
        """Take a row of tags apart."""
        words = iter(text.replace("(", " ( ").replace(")", " ) ").split())
        return self._entry(words, is_required=True)

    def _entry(self, words: Iterator[str], *, is_required: bool) -> Composition:
        """Read tags up to the end of the row or of the group; `is_required` is whether what they require counts."""
        entry = Composition()
        tag = b""
        for word in words:
            if word == ")":
                break
            if word == "(":
                # Whether there is an entry at all is the count's; in an entry, what is required is.
                entry.groups[tag] = self._entry(words, is_required=True)
                continue
            name, needed = word.removesuffix("!"), word.endswith("!") and is_required
            if name.startswith("@"):
                parts = iter(self._components[name[1:]].replace("(", " ( ").replace(")", " ) ").split())
                self._extend(entry, self._entry(parts, is_required=needed))
            else:
                tag = name.encode()
                entry.fields[tag] = needed or entry.fields.get(tag, False)
        return entry

    def _extend(self, entry: Composition, other: Composition) -> None:
        for tag, needed in other.fields.items():
            entry.fields[tag] = needed or entry.fields.get(tag, False)
        entry.groups.update(other.groups)


def rows(text: str, version: str) -> Iterator[tuple[str, str]]:
    """Go through the rows that are for a version, each with the section it stands in."""
    section, is_wanted, row = "", True, ""
    for line in (*text.splitlines(), "[end]"):
        if line.startswith(" "):
            row += line
            continue
        if row and is_wanted:
            yield section, row
        row = ""
        if line.startswith("["):
            section, *versions = line[1:].rstrip("] ").split()
            is_wanted = not versions or version in versions
        elif not line.startswith("#"):
            row = line.rstrip()


def read_table(folder: str, name: str) -> str:
    """Read one of the tables that are shipped with the package; nothing when there is none of that name."""
    path = files("fix").joinpath(folder, f"{name}.txt")
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@cache
def dictionaries(begin_string: str, dialect: str = "standard") -> tuple[Dictionary, Dictionary]:
    """Give the dictionaries of a version in a dialect: of the session's messages, and of the application's.

    They are the same one up to FIX 4.4. With FIXT.1.1 the session layer became a standard of its own: what FIX 5.0 says
    of fields does not hold for a Heartbeat.
    """
    own = "" if dialect == "standard" else read_table("dialects", dialect)
    if begin_string != FIXT:
        both = Dictionary()
        both.add(read_table("dictionaries", begin_string), begin_string)
        both.add(own, begin_string)
        return both, both
    session, application = Dictionary(), Dictionary()
    session.add(read_table("dictionaries", FIXT), FIXT)
    session.add(own, FIXT, frozenset({"admin"}))
    application.add(read_table("dictionaries", APPLICATION_VERSION), FIXT, frozenset({"app"}))
    application.add(own, FIXT, frozenset({"app"}))
    return session, application
