"""The file of an account's restricted symbols: bytes to rows, each with its line (PRM guide 3.19).

    OrderBookId,Symbol,MIC
    ,ERIC B,XSTO
    301,,

UTF-8 text of lines that end with LF or CR LF; columns are separated by commas and may be quoted as in RFC 4180. A line
that begins with `#`, or is empty, says nothing. The first other one is the header; then comes a row for each symbol,
with its order book's id, or its symbol and MIC, or all three where they agree. A row that cannot be read is skipped. A
file that cannot be read as a whole is refused as a whole.

The account comes from the file's name alone, `GP29PR_RestrictedSymbols.csv`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

HEADER: Final = ("OrderBookId", "Symbol", "MIC")
ROWS_MAX: Final = 20_000
"""Rows of a file, those that are skipped included."""
BYTES_MAX: Final = 2 * 1024 * 1024
"""Bytes of a file: a hundred for each row."""
NAME: Final = re.compile(r"([A-Z0-9]{6})_RestrictedSymbols\.csv")
RESULT_SUFFIX: Final = ".result.csv"
ORDER_BOOK_ID: Final = re.compile(r"[0-9]{1,10}")
SHOWN_CHARACTERS: Final = 40
"""Characters of somebody's text that an answer repeats."""


class BadFile(Exception):  # noqa: N818 - it reads as what is so
    """A file that is refused as a whole, and why."""


class Row(NamedTuple):
    """A row that can be read: an id as text without leading zeros, a symbol and a MIC; each may be empty."""

    line: int
    order_book: str
    symbol: str
    mic: str


class Skipped(NamedTuple):
    """A row that says nothing that can be followed, with its columns as they are, and why."""

    line: int
    columns: tuple[str, ...]
    reason: str


def file_name(account: str) -> str:
    """Give the name of an account's file."""
    return f"{account}_RestrictedSymbols.csv"


def result_name(name: str) -> str:
    """Give the name of the file that answers a file."""
    return name.removesuffix(".csv") + RESULT_SUFFIX


def is_list(name: str) -> bool:
    """Whether a file of this name is meant as a list: neither an answer of ours nor an upload that goes on."""
    return name.endswith(".csv") and not name.endswith(RESULT_SUFFIX) and not name.startswith(".")


def read(data: bytes) -> list[Row | Skipped]:
    """Read a file; raises `BadFile`."""
    if not data:
        raise BadFile(f"it is empty; a list without symbols has the header {','.join(HEADER)}")
    return [_row(number, line) for number, line in lines_below(HEADER, data, ROWS_MAX)]


def lines_below(header: Sequence[str], data: bytes, rows_max: int) -> Iterator[tuple[int, str]]:
    """Give the lines of a file that are rows, with their numbers; raises `BadFile` where it is refused as a whole."""
    if len(data) > BYTES_MAX:
        raise BadFile(f"it has {len(data):,} bytes; {BYTES_MAX:,} are all there may be")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(f"it is not UTF-8 text: {error.reason} at byte {error.start}") from error
    lines = _lines(text)
    _, first = next(lines, (0, ""))
    if first != ",".join(header):
        raise BadFile(f"its header is {first[:SHOWN_CHARACTERS]!r}, not {','.join(header)}")
    for count, numbered in enumerate(lines):
        if count == rows_max:
            raise BadFile(f"it has more than {rows_max:,} rows")
        yield numbered


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines that say something, with their numbers."""
    for number, line in enumerate(text.split("\n"), 1):
        content = line.removesuffix("\r")
        if content.strip() and not content.startswith("#"):
            yield number, content


def _row(number: int, line: str) -> Row | Skipped:
    """Read a row: on one line, so that an open quote takes no others along."""
    if not line.isprintable():
        return Skipped(number, (line,), "it has characters that cannot be printed")
    try:
        columns = tuple(column.strip() for column in next(csv.reader([line], strict=True)))
    except csv.Error as error:
        return Skipped(number, (line,), f"it cannot be read: {error}")
    if len(columns) != len(HEADER):
        return Skipped(number, columns, f"it has {len(columns)} columns, not {len(HEADER)}")
    order_book, symbol, mic = columns
    if order_book and not ORDER_BOOK_ID.fullmatch(order_book):
        return Skipped(number, columns, f"{order_book[:SHOWN_CHARACTERS]!r} is no order book id")
    if bool(symbol) is not bool(mic):
        return Skipped(number, columns, "a symbol and a MIC go together")
    if not order_book and not symbol:
        return Skipped(number, columns, "it names neither an order book id nor a symbol and MIC")
    return Row(number, str(int(order_book)) if order_book else "", symbol, mic)
