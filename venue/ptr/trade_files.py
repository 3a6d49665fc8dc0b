"""Files of reported trades: bytes to trades, each with its line, and the file that answers one.

    Reporting,Contra,Side,Symbol,Quantity,Price
    INET,AKAM,B,AAPL,100,200.00

UTF-8 text; columns are separated by commas and may be quoted as in RFC 4180. A line that begins with `#`, or is empty,
says nothing; the first other one is the header. A file is taken whole or not at all: one row that is not right, and
none of it counts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ftpdrop.formats import BYTES_MAX, BadFile
from ftpdrop.loader import defused
from venue.calls import read
from venue.problem import Problem
from venue.ptr.terms import MOST_TRADES, TradeBody

HEADER: Final = ("Reporting", "Contra", "Side", "Symbol", "Quantity", "Price")
RESULT: Final = ("Line", *HEADER, "Result")
SHOWN_CHARACTERS: Final = 40
"""Characters of somebody's text that an answer repeats."""


class Row(NamedTuple):
    """A row: its line, its columns, the trade that it tells of, and what is wrong where it tells of none."""

    line: int
    columns: tuple[str, ...]
    trade: TradeBody | None
    fault: str = ""


def read_trades(data: bytes) -> list[Row]:
    """Read a file; raises `BadFile` where it cannot be read as a whole."""
    if len(data) > BYTES_MAX:
        raise BadFile(f"it has {len(data):,} bytes; {BYTES_MAX:,} are all there may be")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(f"it is not UTF-8 text: {error.reason} at byte {error.start}") from error
    lines = _lines(text)
    _, header = next(lines, (0, ""))
    if header != ",".join(HEADER):
        raise BadFile(f"its header is {header[:SHOWN_CHARACTERS]!r}, not {','.join(HEADER)}")
    rows: list[Row] = []
    for number, line in lines:
        if len(rows) == MOST_TRADES:
            raise BadFile(f"it has more than {MOST_TRADES:,} rows")
        rows.append(_row(number, line))
    if not rows:
        raise BadFile("it has no rows")
    return rows


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines that say something, with their numbers."""
    for number, line in enumerate(text.split("\n"), 1):
        content = line.removesuffix("\r")
        if content.strip() and not content.startswith("#"):
            yield number, content


def _row(number: int, line: str) -> Row:
    """Read a row: on one line, so that an open quote takes no others along."""
    try:
        columns = tuple(column.strip() for column in next(csv.reader([line], strict=True)))
    except csv.Error as error:
        return Row(number, (line,), None, f"it cannot be read: {error}")
    if len(columns) != len(HEADER):
        return Row(number, columns, None, f"it has {len(columns)} columns, not {len(HEADER)}")
    fields: dict[str, str | int] = dict(zip((name.lower() for name in HEADER), columns, strict=True))
    quantity = columns[HEADER.index("Quantity")]
    if quantity.isascii() and quantity.isdecimal():
        fields["quantity"] = int(quantity)
    try:
        return Row(number, columns, read(fields, TradeBody))
    except Problem as problem:
        return Row(number, columns, None, f"{problem.field}: {problem}" if problem.field else str(problem))


def answer(summary: str, rows: Sequence[Row], results: Sequence[str]) -> bytes:
    """Give the file that answers a file: in its first row what became of the whole, then of each row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(RESULT)
    writer.writerow(("", *("" for _ in HEADER), defused(summary)))
    for row, result in zip(rows, results, strict=False):
        shown = [defused(column[:SHOWN_CHARACTERS]) for column in (*row.columns, *HEADER)[: len(HEADER)]]
        shown = shown if len(row.columns) == len(HEADER) else ["" for _ in HEADER]
        writer.writerow((row.line, *shown, defused(result)))
    return text.getvalue().encode("utf-8", "replace")
