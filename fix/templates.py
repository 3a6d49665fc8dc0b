"""The short way to an ExecutionReport: its text as one template for all orders of a kind, with room for what differs.

What reports seldom say (a refusal, a restatement, a bust) goes the long way, `fix.reports.execution_report`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.api import MARKET_PRICE_ALTERNATIVE
from fix.order_dialect import OrderDialect
from fix.reports import EchoField, price_text

PRICE_FIELDS_MAX: Final = 65_536
"""Prices whose field is kept at hand."""
ROOM: Final = (
    *((6, b"6=%b\x01"), (11, b"11=%b\x01"), (14, b"14=%d\x01"), (17, b"17=%b\x01"), (31, b"%b"), (37, b"37=%d\x01")),
    *((38, b"38=%d\x01"), (39, b"39=%b\x01"), (41, b"%b"), (44, b"%b"), (58, b"%b"), (60, b"60=%b\x01")),
    *((150, b"150=%b\x01"), (151, b"151=%d\x01"), (527, b"%b"), (1003, b"%b"), (9882, b"%b")),
)
"""What differs, in the order of tags: AvgPx, ClOrdID, CumQty, ExecID, LastPx with LastShares, OrderID, OrderQty,
OrdStatus, OrigClOrdID, Price, Text, TransactTime, ExecType, LeavesQty, the trade's number twice, LiquidityFlag. What
has no tag in its room comes as a whole field, or as nothing."""
ZEROS: Final = b"31=0.0\x0132=0\x01"
NEW: Final = {6: b"6=0.0\x01", 14: b"14=0\x01", 39: b"39=0\x01", 150: b"150=0\x01"}
"""What each report of a new order says; what else it leaves open: ClOrdID, ExecID, OrderID, OrderQty, Price,
TransactTime, LeavesQty."""
NOT_NEW: Final = frozenset({31, 41, 58, 527, 1003, 9882})
"""What such a report has no place for, but where all reports have zeros for the first."""
_price_fields: Final[dict[int, bytes]] = {}


def zeros(dialect: OrderDialect) -> bytes:
    """Give LastPx and LastShares of a report that is no fill, in a dialect where they stand on every report."""
    return ZEROS if dialect.style.zeros and dialect.version.has_exec_trans_type else b""


def make_template(dialect: OrderDialect, echo: Iterable[EchoField], *, is_new: bool = False) -> bytes:
    """Make the template of the reports on orders with that echo; none for a version without ExecType.

    With `is_new` it is that of the report of a new order, the most frequent: the same, filled in as far as it can be.
    """
    version = dialect.version
    if not version.has_exec_type:
        return b""
    taken = {tag for tag, _ in ROOM}
    parts = list(ROOM)
    if is_new:
        parts = [(tag, NEW.get(tag, text)) for tag, text in ROOM if tag not in NOT_NEW]
        parts.append((31, zeros(dialect)))
    parts += [(tag, text.replace(b"%", b"%%")) for tag, text in echo if tag not in taken]
    if version.has_exec_trans_type:
        parts.append((20, b"20=0\x01"))
    return b"".join([text for _, text in sorted(parts)])


def price_field(ticks: int) -> bytes:
    """Spell Price (44), nothing where any price is taken."""
    text = _price_fields.get(ticks)
    if text is None:
        if len(_price_fields) >= PRICE_FIELDS_MAX:
            _price_fields.clear()
        text = b"44=%b\x01" % price_text(ticks) if ticks < MARKET_PRICE_ALTERNATIVE else b""
        _price_fields[ticks] = text
    return text
