"""The names of FIX: tags, messages, codes, and what each version has; read from the files in `tables`.

`fields.txt` has a line for each tag: its number, its name, `number` or `time` where its values are compared as such,
and names that it had in earlier versions. `messages.txt` has MsgType and name, `codes.txt` a tag and what its values
mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Final

HEADER: Final = frozenset(
    (8, 9, 35, 34, 43, 49, 50, 52, 56, 57, 90, 91, 97, 115, 116, 122, 128, 129, 142, 143, 144, 145)
)
HEADER_LATER: Final = frozenset((212, 213, 347, 369, 1128, 1129, 1156))
"""Header fields beyond FIX 4.1; 369 is one of FIX 4.2."""
TRAILER: Final = frozenset((10, 89, 93))
IN_GROUPS: Final = frozenset((448, 447, 452, 2376, 336, 375, 337, 372, 385, 802, 523, 803, 1324))
"""Tags that may stand several times in a message from a server, once in each member of a group."""


@dataclass(frozen=True)
class Version:
    """A version of FIX: what the command line calls it, its BeginString, and what of it there is."""

    key: str
    begin: str
    rank: int

    @property
    def is_fixt(self) -> bool:
        """Whether session and application have versions of their own."""
        return self.begin == "FIXT.1.1"

    @property
    def names_faults(self) -> bool:
        """Whether a Reject has the fields 371, 372 and 373, and unserved types get a BusinessMessageReject."""
        return self.rank >= 42


VERSIONS: Final = {
    version.key: version
    for version in (
        Version("4.0", "FIX.4.0", 40),
        Version("4.1", "FIX.4.1", 41),
        Version("4.2", "FIX.4.2", 42),
        Version("4.4", "FIX.4.4", 44),
        Version("5.0", "FIXT.1.1", 50),
    )
}


def _lines(name: str) -> list[list[str]]:
    text = (resources.files("conformance.fix") / "tables" / name).read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines()]


NAMES: Final[dict[int, str]] = {}
TAGS: Final[dict[str, int]] = {}
"""Tags by their names, present and former, in lower case."""
NUMBERS: Final[set[int]] = set()
for _number, _name, *_rest in _lines("fields.txt"):
    NAMES[int(_number)] = _name
    for _each in (_name, *(_rest[_rest.index("was") + 1 :] if "was" in _rest else ())):
        TAGS.setdefault(_each.lower(), int(_number))
    if "number" in _rest:
        NUMBERS.add(int(_number))
MESSAGES: Final = {key: name for key, name in _lines("messages.txt")}  # noqa: C416 - a line is a list, not a pair
TYPES: Final = {name.lower(): key for key, name in MESSAGES.items()}
CODES: Final = {
    int(tag): {key: meaning.replace("_", " ") for key, _, meaning in (word.partition("=") for word in words)}
    for tag, *words in _lines("codes.txt")
}


def tag_of(name: str) -> int | None:
    """Give the tag that a scenario names, by name or by number."""
    return int(name) if name.lstrip("-").isdigit() else TAGS.get(name.lower())


def name_of(tag: int) -> str:
    """Give the name of a tag, or the tag where it has none."""
    return NAMES.get(tag, str(tag))


def meaning(tag: int, value: str) -> str:
    """Say what a value of a tag means, where that is known."""
    if tag == 35:
        return MESSAGES.get(value, "")
    return CODES.get(tag, {}).get(value, "")


def is_header(tag: int, version: Version) -> bool:
    """Whether a tag belongs to the header."""
    return tag in HEADER or (tag in HEADER_LATER and version.rank >= 42)
