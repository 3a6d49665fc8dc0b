"""Alerts of Post-Trade Risk as mails: to the clearing firm and to the correspondent, each limit once a day.

A limit that was changed is another one. The words are ours, in the manner of PRM's.
"""

from __future__ import annotations

from typing import Final

from engine.clearing_state import BY_HAND, Alert, AlertKind, Told
from venue.calls import amount, moment
from venue.sidecar.notices import Notifier

PREFIX: Final = "Nasdaq PTR: "
LIMITS: Final = {
    "aggregate_buy": "Aggregate Buy",
    "aggregate_sell": "Aggregate Sell",
    "aggregate_net": "Aggregate Net",
    "max_trade": "Max Trade",
    BY_HAND: "All Trades",
}
WORDS: Final = {AlertKind.PRE_ALERT: "alert", AlertKind.BREACH: "BREACH", AlertKind.KILL: "KILL"}
MEANINGS: Final = {
    AlertKind.PRE_ALERT: "A total of the day has reached the pre-alert percentage of its limit.",
    AlertKind.BREACH: "A total of the day is over its limit.",
    AlertKind.KILL: "All further trades of the correspondent are killed until that is lifted.",
}
KILLED_TRADE: Final = "A trade was over the largest that may be, and is killed."


class ClearingNotices:
    """Has mails made of alerts: a listener of the house."""

    def __init__(self, notifier: Notifier) -> None:
        self.notifier = notifier

    def tell(self, told: Told) -> None:
        """Have both sides told of an alert; what else happens is no mail."""
        alert, entry = told.alert, told.entry
        if alert is None:
            return
        for side, recipients in (("firm", entry.emails), ("correspondent", entry.correspondent_emails)):
            key = f"PTR:{alert.kind.name}:{entry.relation}:{alert.limit}:{alert.threshold}:{side}"
            self.notifier.add(key, recipients, subject(alert, entry.firm, entry.correspondent), text(told, alert))


def subject(alert: Alert, firm: str, correspondent: str) -> str:
    """Give a mail's subject."""
    return f"{PREFIX}{LIMITS[alert.limit]} {WORDS[alert.kind]} for correspondent {correspondent} of {firm}"


def text(told: Told, alert: Alert) -> str:
    """Give a mail's text."""
    is_trade = alert.limit == "max_trade"
    lines = {
        "Clearing firm": told.entry.firm,
        "Correspondent": told.entry.correspondent,
        "Limit": "" if alert.limit == BY_HAND else f"{LIMITS[alert.limit]} {amount(alert.threshold)}",
        "Observed": "" if alert.limit == BY_HAND else amount(alert.observed),
        "Time": moment(alert.at),
    }
    facts = [f"{name}: {value}" for name, value in lines.items() if value]
    return "\n".join([KILLED_TRADE if is_trade else MEANINGS[alert.kind], "", *facts, ""])
