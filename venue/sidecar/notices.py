"""What happens to accounts as mails: who is told, in which words, and once a day for each (PRM guide 3.16).

The subjects are the guide's where it shows them, those of rates are ours. Names that come from elsewhere are cut to one
printable line before they stand in one.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from engine.risk.audit_words import BREACHES
from engine.risk.diary import Happening, HappeningKind
from engine.terms import Lock
from venue.calls import moment
from venue.mailbox import Draft, Mailbox
from venue.sidecar.replica import Replica

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.risk.accounts import Account

PREFIX: Final = "Nasdaq PRM: "
WORDS: Final = {HappeningKind.WARNING: "alert", HappeningKind.BREACH: "BREACH", HappeningKind.RATE: "BREACH"}
RATES: Final = frozenset({"symbol_rate", "port_rate"})
"""What a rate is called; every other subject that mails are about is an accumulated value, and a lock by hand none."""
MEANINGS: Final = {
    "alert": "An accumulated value has reached 80 % of its limit.",
    "BREACH": "An accumulated value has reached its limit: the account is locked in the currency.",
    "rate alert": "The orders within a second have reached 80 % of their limit.",
    "rate BREACH": "More orders came within a second than there may.",
    "repeated": "The same order came again and again.",
}
LONGEST_NAME: Final = 64
BY_HAND: Final = Lock.BY_HAND.name.lower()


def subject(told: Happening, account: str, symbol: str) -> str:
    """Give a mail's subject; `symbol` is the name of the order book that it is about."""
    if told.kind is HappeningKind.REPEATED:
        return one_line(f"{PREFIX}Repeated order BREACH on symbol {symbol} for PRM account {account}")
    word = WORDS[told.kind]
    if told.subject in RATES:
        where = f"for port {told.port}" if told.port else f"on symbol {symbol}"
        return one_line(f"{PREFIX}Order Rate Limit {word} for PRM account {account} {where}")
    what = f"Accumulated Daily Limit {word} for PRM account {account}"
    return one_line(f"{PREFIX}{what} with reason {BREACHES[told.subject]}, on currency {told.currency}")


def text(told: Happening, account: str, symbol: str) -> str:
    """Give a mail's text."""
    is_rate = told.subject in RATES
    word = WORDS.get(told.kind, "repeated")
    facts = {
        "Account": account,
        "Reason": "" if is_rate else BREACHES.get(told.subject, ""),
        "Currency": told.currency,
        "Symbol": symbol,
        "Port": told.port,
        "Time": moment(told.moment),
    }
    lines = [f"{name}: {one_line(value)}" for name, value in facts.items() if value]
    return "\n".join([MEANINGS[f"rate {word}" if is_rate else word], "", *lines, ""])


def one_line(value: str) -> str:
    """Give a text without what could end a line or be taken for anything but text."""
    return "".join(character if " " <= character <= "~" else "?" for character in value)


class Notifier:
    """Makes mails of what the replica's accounts are told and keeps them in the mailbox: `keep` now and at the end."""

    def __init__(self, replica: Replica, mailbox: Mailbox) -> None:
        self.replica = replica
        self.mailbox = mailbox
        self._drafts: dict[tuple[str, str], Draft] = {}
        replica.listen(self.note)

    def note(self, told: Happening) -> None:
        """Take what happened; what records told that were looked at before is there already."""
        machine = self.replica.machine
        is_mail = told.kind is HappeningKind.REPEATED or (told.kind in WORDS and told.subject != BY_HAND)
        if not is_mail or machine.number < (self.mailbox.looked_at or 0):
            return
        engine = machine.engine
        for account in told_of(engine, told):
            recipients = account.settings.emails
            about = f"{told.subject}:{told.currency}:{told.order_book}:{told.port}"
            key = f"{told.kind.name}:{account.name}:{about}"
            if recipients and (engine.date, key) not in self._drafts:
                symbol = symbol_of(engine, told.order_book)
                words = subject(told, account.name, symbol), text(told, account.name, symbol)
                self._drafts[engine.date, key] = Draft(machine.number, engine.date, key, recipients, *words)

    def add(self, key: str, recipients: tuple[str, ...], subject: str, text: str) -> None:
        """Have another mail made of what happened at the present record, once a day for each `key`."""
        machine = self.replica.machine
        name = machine.engine.date, key
        if recipients and name not in self._drafts and machine.number >= (self.mailbox.looked_at or 0):
            self._drafts[name] = Draft(machine.number, *name, recipients, subject, text)

    def has_kept(self, number: int) -> bool:
        """Whether all mails of records up to this one are kept; where not, they are now if that can be done."""
        with suppress(sqlite3.Error):
            self.keep(time.time())
        return (self.mailbox.looked_at or 0) >= number

    def keep(self, now: float) -> int:
        """Keep what has come; gives how many mails are new. Raises `sqlite3.Error`, and has it all still then."""
        applied, looked_at = self.replica.applied, self.mailbox.looked_at
        if not self._drafts and applied == looked_at:
            return 0
        new = self.mailbox.keep(self._drafts.values(), applied, now)
        self._drafts.clear()
        return new


def told_of(engine: Engine, told: Happening) -> Iterator[Account]:
    """Give the accounts that a mail is about: for a port's rate that of its sponsored access, or all of its member."""
    accounts = engine.prm.accounts
    if told.account:
        if told.account in accounts:
            yield accounts[told.account]
        return
    port = engine.ports.get(told.port)
    sponsors = [account for account in accounts.values() if told.port in account.entry.sponsored_ports]
    yield from sponsors or [one for one in accounts.values() if port is not None and one.entry.mpid == port.mpid]


def symbol_of(engine: Engine, order_book: str) -> str:
    """Give an order book's name among people."""
    security = engine.securities.get(order_book)
    entry = None if security is None else security.entry
    return order_book[:LONGEST_NAME] if entry is None else entry.symbol[:LONGEST_NAME]
