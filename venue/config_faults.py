"""All that is wrong with a configuration file, in one pass, each fault with its line.

The conversion of a file ends at its first fault. What was refused is taken apart here, table by table and key by key,
until each part is right or no smaller one is to blame. Only where all values are right it is seen whether they fit
together.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import msgspec

from venue.config import Config, ConfigError, named_fault
from venue.config_checks import faults as faults_between

HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"""\s*([\w."'-]+(?:\s*\.\s*[\w."'-]+)*)\s*=""")
PART = re.compile(r"(.*?)(?:\.[^.\[]+|\[\d+\])$")


class Located(NamedTuple):
    """A fault, and the line (from 1) that it is about; 0 where that cannot be told."""

    line: int
    fault: ConfigError


def all_faults(text: str) -> list[Located]:
    """Give the faults of a configuration; what `config.parse` raises is the first."""
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        return [Located(int(line[1]) if line else 0, ConfigError("", f"not TOML: {error}"))]
    found = list(_faults_of(tables, Config, ""))
    if not found:
        stumbles: list[Exception] = []
        pairs = list(dict.fromkeys(faults_between(msgspec.convert(tables, Config), stumbles.append)))
        if stumbles and not pairs:
            raise stumbles[0]
        found = [ConfigError(*fault) for fault in pairs]
    lines = lines_of(text)
    return [Located(line_of(lines, fault.key), fault) for fault in found]


def _faults_of(value: object, kind: Any, path: str) -> Iterator[ConfigError]:
    """Give what is wrong with a value: the faults of its parts, or its own where each of them is right."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        parts = list(_parts(value, kind, path))
        if parts:
            yield from parts
            return
        message, _, inside = str(error).partition(" - at `$")
        yield named_fault(message, path + inside.rstrip("`"))


def _parts(value: object, kind: Any, path: str) -> Iterator[ConfigError]:
    """Give the faults of a value's parts, as far as its kind tells of what kinds these are."""
    kind = _plain(kind)
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        for name, part in value.items():
            if name in fields:
                yield from _faults_of(part, fields[name].type, f"{path}.{name}")
            else:
                yield named_fault(f"Object contains unknown field `{name}`", path, list(fields))
        for name, field in fields.items():
            if field.required and name not in value:
                yield named_fault(f"Object missing required field `{name}`", path)
    elif isinstance(value, list) and get_origin(kind) is tuple and get_args(kind)[1:] == (Ellipsis,):
        for i, part in enumerate(value):
            yield from _faults_of(part, get_args(kind)[0], f"{path}[{i}]")
    elif isinstance(value, dict) and get_origin(kind) is dict:
        for name, part in value.items():
            yield from _faults_of(part, get_args(kind)[1], f"{path}.{name}")


def _plain(kind: Any) -> Any:
    """Give a kind without its bounds, and without the None that it may be besides."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, UnionType):
        kinds = [one for one in get_args(kind) if one is not type(None)]
        return _plain(kinds[0]) if len(kinds) == 1 else kind
    return kind


# Lines.


def lines_of(text: str) -> dict[str, int]:
    """Give the line of each table, entry and key of a file, by the names that faults have for them."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := HEADER.match(line):
            table = within = _table(header[2], counts, is_entry=header[1] == "[[")
            while within:  # what it lies in may have no header of its own
                found.setdefault(within, number)
                within = _outer(within)
        elif key := KEY.match(line):
            found.setdefault(f"{table}.{_bare(key[1])}".lstrip("."), number)
    return found


def _table(header: str, counts: dict[str, int], *, is_entry: bool) -> str:
    """Give the name of a table: an entry's has its place among those of its parent."""
    table = ""
    *parents, last = _bare(header).split(".")
    for name in parents:
        table = f"{table}.{name}".lstrip(".")
        if table in counts:
            table = f"{table}[{counts[table]}]"
    table = f"{table}.{last}".lstrip(".")
    if is_entry:
        counts[table] = counts.get(table, -1) + 1
        table = f"{table}[{counts[table]}]"
    return table


def _bare(name: str) -> str:
    return re.sub(r"[\s\"']", "", name)


def line_of(lines: dict[str, int], key: str) -> int:
    """Give the line of a key, or of what it would be in; 0 where there is none."""
    while key and key not in lines:
        key = _outer(key)
    return lines.get(key, 0)


def _outer(key: str) -> str:
    """Give what a key lies in, "" for the file."""
    shorter = PART.match(key)
    return shorter[1] if shorter else ""
