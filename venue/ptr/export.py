"""Post-Trade Risk as CSV, for spreadsheets: a line for each item, with a header, and nothing that one would run."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import msgspec

from venue.ptr.views import AuditView, PollView
from wire.csv_text import written

POLL_COLUMNS: Final = (
    *("Correspondent", "Buy", "Sell", "Net"),
    *("Aggregate Buy", "Aggregate Sell", "Aggregate Net", "Per Trade", "Max Trade"),
    *("Pre-Alert Percent", "Kill On Breach", "Alerts", "Held Trades"),
)
AUDIT_COLUMNS: Final = ("At", "User", "Action", "Clearing Firm", "Correspondent", "Field", "Old Value", "New Value")


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
        totals = map(Decimal, (item.buy, item.sell, item.net))
        rows.append((item.correspondent, *totals, *limits, alerts, item.held_trades))
    return written(POLL_COLUMNS, rows)


def audited(items: Iterable[AuditView]) -> bytes:
    """Give rows of the audit as CSV."""
    return written(AUDIT_COLUMNS, map(msgspec.structs.astuple, items))
