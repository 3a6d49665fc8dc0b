"""What becomes of a file's rows: the order books that they mean, and the answer that the member finds beside the file.

A row of a book that there is not is skipped, as one is that names two at once, and the others hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ftpdrop.formats import SHOWN_CHARACTERS, Row, Skipped
from wire.csv_text import printable, written

COLUMNS: Final = ("Line", "OrderBookId", "Symbol", "MIC", "Result")


class BookName(NamedTuple):
    """An order book as a row may name it."""

    order_book: str
    symbol: str
    mic: str


class Books:
    """The order books that there are, by id, and by symbol and MIC."""

    def __init__(self, books: Iterable[BookName]) -> None:
        self.by_id = {book.order_book: book for book in books}
        self.by_name = {(book.symbol, book.mic): book for book in self.by_id.values()}


class Loaded(NamedTuple):
    """What a file restricts: order book ids, each once, in the file's order; and what came of each row."""

    order_books: tuple[str, ...]
    answers: tuple[tuple[int, BookName, str], ...]
    """Line, what it names, and what came of it."""

    @property
    def skipped(self) -> int:
        """How many rows restrict nothing."""
        return len(self.answers) - len(self.order_books)


def load(rows: Sequence[Row | Skipped], books: Books) -> Loaded:
    """Find the order books that rows mean."""
    found: dict[str, int] = {}
    answers = []
    for row in rows:
        named, book, reason = _find(row, books)
        if book is not None and book.order_book in found:
            reason = f"order book {book.order_book} stands in line {found[book.order_book]} already"
        elif book is not None:
            found[book.order_book] = row.line
        answers.append((row.line, book or named, f"skipped: {reason}" if reason else "restricted"))
    return Loaded(tuple(found), tuple(answers))


def _find(row: Row | Skipped, books: Books) -> tuple[BookName, BookName | None, str]:
    """Give what a row names, the book that it means, and why it means none."""
    if isinstance(row, Skipped):
        order_book, symbol, mic = (*row.columns, "", "", "")[:3]
        return BookName(order_book, symbol, mic), None, row.reason
    named = BookName(row.order_book, row.symbol, row.mic)
    by_name = books.by_name.get((row.symbol, row.mic)) if row.symbol else None
    if row.symbol and by_name is None:
        name, mic = row.symbol[:SHOWN_CHARACTERS], row.mic[:SHOWN_CHARACTERS]
        return named, None, f"there is no order book {name} at {mic}"
    if not row.order_book:
        return named, by_name, ""
    by_id = books.by_id.get(row.order_book)
    if by_id is None:
        return named, None, f"there is no order book {row.order_book}"
    if by_name is not None and by_name is not by_id:
        return named, None, f"order book {row.order_book} is {by_id.symbol} at {by_id.mic}"
    return named, by_id, ""


def answer(summary: str, loaded: Loaded | None) -> bytes:
    """Give the file that answers a file: in its first row what became of the whole, then of each row."""
    rows: list[tuple[object, ...]] = [("", "", "", "", printable(summary))]
    for line, named, result in () if loaded is None else loaded.answers:
        rows.append((line, *(printable(cell[:SHOWN_CHARACTERS]) for cell in named), printable(result)))
    return written(COLUMNS, rows, "\n")
