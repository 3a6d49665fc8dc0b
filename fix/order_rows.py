"""Where an order has what: worked out once for each row of tags, so that most orders are read without a dictionary.

A client sends the same few rows over and over. Where all of an order's parts stand follows from its row, and what it
has in common with others of its kind are a few texts of it, which were met before.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Final

from fix.codec import Message, Row, Texts
from fix.details import Values
from fix.order_dialect import OrderDialect

ROWS_MAX: Final = 64
"""Rows of a port that are remembered; with more of them, all are learned anew."""
KINDS_MAX: Final = 256
"""The same for the kinds of order of one row."""
PARTS: Final = (b"11", b"38", b"44")
"""What each order has of its own: ClOrdID, OrderQty, Price."""


class OrderRow:
    """One row of tags that an order of a dialect may have.

    `parts` gives the texts of `PARTS`, and `kind` those of all tags that the dialect lets an order keep. It is `plain`
    where it has these and no tag that only few orders carry; of any other row, a message's own values tell.
    """

    __slots__ = ("is_plain", "kind", "known", "parts")

    def __init__(self, row: Row, dialect: OrderDialect) -> None:
        tags = set(row.tags)
        kept = [row.tags.index(tag) for tag in dialect.carried if tag in tags]
        is_remembered = row.session is not None  # no tag twice, no data field
        self.is_plain = is_remembered and bool(kept) and tags.issuperset(PARTS) and tags.isdisjoint(dialect.others)
        self.parts: Callable[[Texts], tuple[bytes, bytes, bytes]]
        self.kind: Callable[[Texts], object]
        if self.is_plain:
            self.parts = itemgetter(*map(row.tags.index, PARTS))
            self.kind = itemgetter(*kept)
        self.known: dict[object, Values] = {}

    def learn(self, kind: object, values: Values) -> None:
        """Remember what an order of this row and kind keeps."""
        if len(self.known) >= KINDS_MAX:
            self.known.clear()
        self.known[kind] = values


class OrderRows:
    """The rows that came on one port, in one version of its dialect."""

    __slots__ = ("dialect", "known")

    def __init__(self, dialect: OrderDialect) -> None:
        self.dialect = dialect
        self.known: dict[bytes, OrderRow] = {}

    def row(self, message: Message) -> OrderRow:
        """Give the row of a message."""
        name = message.row.name
        row = self.known.get(name)
        if row is None:
            if len(self.known) >= ROWS_MAX:
                self.known.clear()
            row = self.known[name] = OrderRow(message.row, self.dialect)
        return row
