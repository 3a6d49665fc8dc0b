"""Hexadecimal text: with or without spaces and 0x, as xxd and hexdump -C print it, one dump or a message a line."""

from __future__ import annotations

import re
from typing import Final

DUMPED: Final = re.compile(r"^(?P<offset>[0-9A-Fa-f]{4,16}):?\s+(?P<rest>.*)$")
XXD: Final = re.compile(r"^((?:(?:[0-9A-Fa-f]{2}){1,8} )*(?:[0-9A-Fa-f]{2}){1,8})(?:  .*)?$")
COLUMNS: Final = re.compile(r"^((?:[0-9A-Fa-f]{2}\s{1,2})*[0-9A-Fa-f]{2})(?:\s*\|.*)?$")
PLAIN: Final = re.compile(r"^(?:0[xX])?[0-9A-Fa-f]+$")


class NotHexadecimal(Exception):  # noqa: N818 - the name states what is so
    """Text that holds something else; says in which line."""


def looks_like(data: bytes) -> bool:
    """Whether bytes are hexadecimal text."""
    try:
        return bool(read(data))
    except NotHexadecimal:
        return False


def read(data: bytes) -> list[bytes]:
    """Give the bytes of each line; an empty one is left out, and so is what follows a #."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise NotHexadecimal("not ASCII text") from None
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    full = [(number, line) for number, line in enumerate(lines, 1) if line]
    dump = read_dump([line for _, line in full])
    return dump if dump is not None else [read_line(number, line) for number, line in full]


def read_dump(lines: list[str]) -> list[bytes] | None:
    """Read lines that open with their offsets, which must be right; None where they do not."""
    found: list[bytes] = []
    at = 0
    for line in lines:
        match = DUMPED.match(line)
        if line == f"{at:08x}" and found:  # hexdump -C closes with the length
            continue
        if not match or int(match["offset"], 16) != at:
            return None
        rest = match["rest"].strip()
        columns = COLUMNS.match(rest) or XXD.match(rest)
        if not columns:
            return None
        raw = bytes.fromhex(columns[1])
        found.append(raw)
        at += len(raw)
    return [b"".join(found)] if found else None


def read_line(number: int, line: str) -> bytes:
    """Read a line of digits, in any grouping."""
    digits = ""
    for word in re.split(r"[\s:,]+", line):
        if not PLAIN.match(word):
            raise NotHexadecimal(f"line {number}: {word!r} is not hexadecimal")
        digits += word[2:] if word[:2].lower() == "0x" else word
    if len(digits) % 2:
        raise NotHexadecimal(f"line {number}: an odd number of digits")
    return bytes.fromhex(digits)
