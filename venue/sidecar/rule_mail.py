"""What happens to risk rules as mails: to whom the alert configurations say, once a day for each threshold and check.

Gross exposure sends one mail for WARN and one for ACTION; every other type one where its check refuses an order, or
shuts a port. An alert for an MPID is for all of its ports and groups, one for a port or a group for that alone.

Source: EQRC guide 4 (alerts). The words are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from engine.risk.rule_diary import RuleHappening, RuleHappeningKind
from venue.sidecar.notices import one_line
from venue.sidecar.rule_feed import facts

if TYPE_CHECKING:
    from venue.desk import Alert
    from venue.sidecar.notices import Notifier

WORDS: Final = {
    RuleHappeningKind.BREACH: "BREACH",
    RuleHappeningKind.WARN: "WARN",
    RuleHappeningKind.ACTION: "ACTION",
    RuleHappeningKind.SHUT: "PORT SHUT",
}
MEANINGS: Final = {
    RuleHappeningKind.BREACH: "A risk rule has refused an order.",
    RuleHappeningKind.WARN: "An exposure has passed its second threshold.",
    RuleHappeningKind.ACTION: "An exposure has passed its highest threshold, and what the rule says is done.",
    RuleHappeningKind.SHUT: "A risk rule has shut a port.",
}
TOLD: Final = {
    "type": "Rule type",
    "ruleId": "Rule",
    "subject": "Check",
    "exchange": "Exchange",
    "mpid": "MPID",
    "port": "Port",
    "groupId": "Group",
    "symbol": "Symbol",
    "current": "Current",
    "limit": "Limit",
    "time": "Time",
}
"""What a mail's text says, by the names that events have."""


class RuleNotifier:
    """Makes mails of what the replica's rules are told, and has the notifier keep them."""

    def __init__(self, notifier: Notifier) -> None:
        self.notifier = notifier
        self.replica = notifier.replica
        self.replica.begun.append(self.begin)
        if self.replica.applied:
            self.begin()

    def begin(self) -> None:
        """Listen to the machine that the replica has begun with."""
        self.replica.machine.engine.rules.diary.listeners.append(self.note)

    def note(self, told: RuleHappening) -> None:
        """Take what happened; what records told that were looked at before is there already."""
        if told.kind not in WORDS:
            return
        for alert in told_of(self.replica.machine.desk.alerts.values(), told):
            about = f"{told.subject}:{told.port or ''}:{told.group_id or ''}:{told.rule_id}"
            key = f"{told.kind.name}:{alert.alert_id}:{told.exchange}:{about}"
            self.notifier.add(key, alert.emails, subject(told), text(told))


def told_of(alerts: Iterable[Alert], told: RuleHappening) -> Iterator[Alert]:
    """Give the alert configurations that a happening is for."""
    for alert in alerts:
        of_rule = (alert.rule_type, alert.exchange, alert.mpid) == (told.rule_type, told.exchange, told.mpid)
        of_part = alert.port in (None, told.port) and alert.group_id in (None, told.group_id)
        if alert.enabled and of_rule and of_part:
            yield alert


def subject(told: RuleHappening) -> str:
    """Give a mail's subject."""
    part = f", port {told.port}" if told.port else f", group {told.group_id}" if told.group_id else ""
    return one_line(f"EQRC: {WORDS[told.kind]} of {told.rule_type} for {told.mpid} at {told.exchange}{part}")


def text(told: RuleHappening) -> str:
    """Give a mail's text."""
    found = facts(told)
    lines = [f"{word}: {one_line(str(found[name]))}" for name, word in TOLD.items() if found.get(name) is not None]
    return "\n".join([MEANINGS[told.kind], "", *lines, ""])
