"""Post-Trade Risk as CSV, for spreadsheets: a line for each item, with a header, and nothing that one would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from venue.ptr.views import AuditView, PollView

POLL_COLUMNS: Final = (
    *("Correspondent", "Buy", "Sell", "Net"),
    *("Aggregate Buy", "Aggregate Sell", "Aggregate Net", "Per Trade", "Max Trade"),
    *("Pre-Alert Percent", "Kill On Breach", "Alerts", "Held Trades"),
)
AUDIT_COLUMNS: Final = ("At", "User", "Action", "Clearing Firm", "Correspondent", "Field", "Old Value", "New Value")
RUN: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet takes for a formula."""


def polled(items: Iterable[PollView]) -> bytes:
    """Give totals as CSV; an alert is its kind and its limit."""
    rows = []
    for item in items:
        today = item.today
        limits = (
            *(today.aggregate_buy, today.aggregate_sell, today.aggregate_net, today.per_trade, today.max_trade),
            *(today.pre_alert_percent, "true" if today.kill_on_breach else "false"),
        )
        alerts = "; ".join(f"{alert.kind} {alert.limit}" for alert in item.alerts)
        rows.append((item.correspondent, item.buy, item.sell, item.net, *limits, defused(alerts), item.held_trades))
    return written(POLL_COLUMNS, rows)


def audited(items: Iterable[AuditView]) -> bytes:
    """Give rows of the audit as CSV."""
    return written(
        AUDIT_COLUMNS,
        [
            tuple(
                map(
                    defused,
                    (
                        *(row.at, row.user, row.action, row.clearing_firm, row.correspondent),
                        *(row.field, row.old_value, row.new_value),
                    ),
                )
            )
            for row in items
        ],
    )


def written(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Give lines of CSV; what is None is empty."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return file.getvalue().encode()


def defused(text: str) -> str:
    """Give a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(RUN) else text
