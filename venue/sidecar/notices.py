"""Notices of the replica as mails: who is told, in which words, and once a day for each (PRM guide 3.16).

The subjects are the guide's where it shows them, those of rates are ours. Names that come from elsewhere are cut to one
printable line before they stand in one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from engine.risk.audit_words import BREACHES
from engine.risk.notices import Notice, NoticeKind
from venue.calls import moment
from venue.mailbox import Draft, Mailbox
from venue.sidecar.replica import Replica

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.risk.accounts import Account

PREFIX: Final = "Nasdaq PRM: "
LIMIT_WORDS: Final = {NoticeKind.LIMIT_WARNING: "alert", NoticeKind.LIMIT_BREACH: "BREACH"}
RATE_WORDS: Final = {NoticeKind.RATE_WARNING: "alert", NoticeKind.RATE_BREACH: "BREACH"}
MEANINGS: Final = {
    NoticeKind.LIMIT_WARNING: "An accumulated value has reached 80 % of its limit.",
    NoticeKind.LIMIT_BREACH: "An accumulated value has reached its limit: the account is locked in the currency.",
    NoticeKind.RATE_WARNING: "The orders within a second have reached 80 % of their limit.",
    NoticeKind.RATE_BREACH: "More orders came within a second than there may.",
    NoticeKind.REPEATED_ORDER: "The same order came again and again.",
}
LONGEST_NAME: Final = 64


def subject(notice: Notice, account: str, symbol: str) -> str:
    """Give a mail's subject; `symbol` is the name of the notice's order book."""
    if notice.kind in LIMIT_WORDS:
        reason = BREACHES.get(notice.reason, notice.reason)
        what = f"Accumulated Daily Limit {LIMIT_WORDS[notice.kind]} for PRM account {account}"
        return one_line(f"{PREFIX}{what} with reason {reason}, on currency {notice.currency}")
    if notice.kind is NoticeKind.REPEATED_ORDER:
        return one_line(f"{PREFIX}Repeated order BREACH on symbol {symbol} for PRM account {account}")
    where = f"for port {notice.port}" if notice.port else f"on symbol {symbol}"
    return one_line(f"{PREFIX}Order Rate Limit {RATE_WORDS[notice.kind]} for PRM account {account} {where}")


def text(notice: Notice, account: str, symbol: str) -> str:
    """Give a mail's text."""
    facts = {
        "Account": account,
        "Reason": BREACHES.get(notice.reason, notice.reason),
        "Currency": notice.currency,
        "Symbol": symbol,
        "Port": notice.port,
        "Time": moment(notice.moment),
    }
    lines = [f"{name}: {one_line(value)}" for name, value in facts.items() if value]
    return "\n".join([MEANINGS[notice.kind], "", *lines, ""])


def one_line(value: str) -> str:
    """Give a text without what could end a line or be taken for anything but text."""
    return "".join(character if " " <= character <= "~" else "?" for character in value)


class Notifier:
    """Makes mails of the replica's notices and keeps them in the mailbox: `keep` now and then, and at the end."""

    def __init__(self, replica: Replica, mailbox: Mailbox) -> None:
        self.replica = replica
        self.mailbox = mailbox
        self._drafts: dict[tuple[str, str], Draft] = {}
        replica.listen(self.note)

    def note(self, notice: Notice) -> None:
        """Take a notice; those of records that were looked at before are there already."""
        machine = self.replica.machine
        if machine.number < (self.mailbox.looked_at or 0):
            return
        engine = machine.engine
        for account in told_of(engine, notice):
            recipients = account.settings.emails
            key = f"{notice.kind.name}:{account.name}:{notice.currency}:{notice.reason}:{notice.symbol}:{notice.port}"
            if recipients and (engine.date, key) not in self._drafts:
                symbol = symbol_of(engine, notice.symbol)
                words = subject(notice, account.name, symbol), text(notice, account.name, symbol)
                self._drafts[engine.date, key] = Draft(machine.number, engine.date, key, recipients, *words)

    def keep(self, now: float) -> int:
        """Keep what has come; gives how many mails are new. Raises `sqlite3.Error`, and has it all still then."""
        applied, looked_at = self.replica.applied, self.mailbox.looked_at
        if not self._drafts and applied == looked_at:
            return 0
        new = self.mailbox.keep(self._drafts.values(), applied, now)
        self._drafts.clear()
        return new


def told_of(engine: Engine, notice: Notice) -> Iterator[Account]:
    """Give the accounts whose notice it is: of a port's rate the one of its sponsored access, or all of its member."""
    accounts = engine.prm.accounts
    if notice.account:
        if notice.account in accounts:
            yield accounts[notice.account]
        return
    port = engine.ports.get(notice.port)
    sponsors = [account for account in accounts.values() if notice.port in account.entry.sponsored_ports]
    yield from sponsors or [one for one in accounts.values() if port is not None and one.entry.mpid == port.mpid]


def symbol_of(engine: Engine, order_book: str) -> str:
    """Give an order book's name among people."""
    security = engine.securities.get(order_book)
    entry = None if security is None else security.entry
    return order_book[:LONGEST_NAME] if entry is None else entry.symbol[:LONGEST_NAME]
