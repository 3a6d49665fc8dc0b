"""Files of reported trades: bytes to trades, each with its line, and the file that answers one.

    Reporting,Contra,Side,Symbol,Quantity,Price
    INET,AKAM,B,AAPL,100,200.00

UTF-8 text; columns are separated by commas and may be quoted as in RFC 4180. A line that begins with `#`, or is empty,
says nothing; the first other one is the header. A file is taken whole or not at all: one row that is not right, and
none of it counts.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Final, NamedTuple

from ftpdrop.formats import SHOWN_CHARACTERS, BadFile, lines_below
from venue.calls import LONGEST_NUMBER, read
from venue.problem import Problem
from venue.ptr.terms import MOST_TRADES, TradeBody
from wire.csv_text import printable, written

HEADER: Final = ("Reporting", "Contra", "Side", "Symbol", "Quantity", "Price")
RESULT: Final = ("Line", *HEADER, "Result")


class Row(NamedTuple):
    """A row: its line, its columns, the trade that it tells of, and what is wrong where it tells of none."""

    line: int
    columns: tuple[str, ...]
    trade: TradeBody | None
    fault: str = ""


def read_trades(data: bytes) -> list[Row]:
    """Read a file; raises `BadFile` where it cannot be read as a whole."""
    rows = [_row(number, line) for number, line in lines_below(HEADER, data, MOST_TRADES)]
    if not rows:
        raise BadFile("it has no rows")
    return rows


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
    if quantity.isascii() and quantity.isdecimal() and len(quantity) <= LONGEST_NUMBER:
        fields["quantity"] = int(quantity)
    try:
        return Row(number, columns, read(fields, TradeBody))
    except Problem as problem:
        return Row(number, columns, None, f"{problem.field}: {problem}" if problem.field else str(problem))


def answer(summary: str, rows: Sequence[Row], results: Sequence[str]) -> bytes:
    """Give the file that answers a file: in its first row what became of the whole, then of each row."""
    blank = ("",) * len(HEADER)
    told: list[tuple[object, ...]] = [("", *blank, printable(summary))]
    for row, result in zip(rows, results, strict=False):
        columns = row.columns if len(row.columns) == len(HEADER) else blank
        told.append((row.line, *(printable(column[:SHOWN_CHARACTERS]) for column in columns), printable(result)))
    return written(RESULT, told, "\n")
