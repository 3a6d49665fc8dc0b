"""Rows as CSV (RFC 4180) that a spreadsheet may open and a terminal show: texts of others stay texts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet takes for a formula."""


def written(titles: Iterable[str], rows: Iterable[Iterable[object]], end: str = "\r\n") -> bytes:
    """Give lines of CSV, the titles first. No text is a formula, so a signed number is no text; None is empty."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator=end)
    writer.writerow(titles)
    writer.writerows([defused(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return file.getvalue().encode("utf-8", "replace")


def defused(cell: str) -> str:
    """Give a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def printable(text: str) -> str:
    """Give a text without what a terminal would obey: clients may send any byte."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
