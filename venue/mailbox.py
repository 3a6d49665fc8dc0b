"""The second process's own tables: mail that waits or went out, the demo's inbox, and how far the log was looked at.

They are no state of the venue: a replay does not rebuild them. `DIR/mail.db` belongs to the second process; the engine
process opens it to look. A notice is kept before the record that it came with counts as looked at, and once a day, so
one that is met twice is one mail: nothing is lost and nothing is doubled, however a process ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple, Self

import msgspec

MAILBOX: Final = "mail.db"
ITEMS_MAX: Final = 1_000
"""Mails of the inbox that are shown, and kept."""
KEPT_DAYS: Final = 30
"""Days for which mail that is done with is kept."""
DAY: Final = 86_400.0
BUSY_SECONDS: Final = 5.0
TABLES: Final = """
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY, record INTEGER NOT NULL, date TEXT NOT NULL, key TEXT NOT NULL, recipients TEXT NOT NULL,
    subject TEXT NOT NULL, text TEXT NOT NULL, made_at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL, done_at REAL, error TEXT NOT NULL DEFAULT '', UNIQUE (date, key));
CREATE TABLE IF NOT EXISTS inbox (
    id INTEGER PRIMARY KEY, sender TEXT NOT NULL, recipients TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
    at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS looked_at (one INTEGER PRIMARY KEY CHECK (one = 1), record INTEGER NOT NULL);
"""


class Draft(NamedTuple):
    """A mail as it is made: the record that it came with, the trading day, and what makes it one of a kind that day."""

    record: int
    date: str
    key: str
    recipients: tuple[str, ...]
    subject: str
    text: str


class Waiting(NamedTuple):
    """A mail that is to go out; `tries` have failed so far. `made_at` is real time, in seconds since the Unix epoch."""

    number: int
    record: int
    date: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    made_at: float
    tries: int


class Received(NamedTuple):
    """A mail of the inbox; `at` is real time, in seconds since the Unix epoch."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    at: float


class Mailbox:
    """The tables in `folder`, for the one process that writes them. Raises `sqlite3.Error`."""

    def __init__(self, folder: Path) -> None:
        self._tables = sqlite3.connect(folder / MAILBOX, isolation_level=None, timeout=BUSY_SECONDS)
        self._tables.execute("PRAGMA journal_mode=WAL")
        self._tables.execute("PRAGMA synchronous=FULL")
        self._tables.executescript(TABLES)
        row = self._tables.execute("SELECT record FROM looked_at").fetchone()
        self.looked_at: int | None = None if row is None else int(row[0])
        """The last record whose notices are all kept, None where no log was looked at yet."""

    def close(self) -> None:
        """Let go of the tables."""
        self._tables.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def keep(self, drafts: Iterable[Draft], looked_at: int, now: float) -> int:
        """Keep mails that are not there yet, together with how far the log was looked at; gives how many are new."""
        before = self._tables.total_changes
        self._tables.execute("BEGIN IMMEDIATE")
        try:
            self._tables.executemany(
                "INSERT OR IGNORE INTO outbox (record, date, key, recipients, subject, text, made_at, due_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (one.record, one.date, one.key, _listed(one.recipients), one.subject, one.text, now, now)
                    for one in drafts
                ],
            )
            new = self._tables.total_changes - before
            self._tables.execute("INSERT OR REPLACE INTO looked_at VALUES (1, ?)", (looked_at,))
        except BaseException:
            self._tables.execute("ROLLBACK")
            raise
        self._tables.execute("COMMIT")
        self.looked_at = looked_at
        return new

    def due(self, now: float, most: int) -> list[Waiting]:
        """Give the mails that are to be sent now, oldest first."""
        rows = self._tables.execute(
            "SELECT id, record, date, recipients, subject, text, made_at, tries FROM outbox"
            " WHERE done_at IS NULL AND due_at <= ? ORDER BY id LIMIT ?",
            (now, most),
        )
        return [Waiting(number, record, date, _names(to), *rest) for number, record, date, to, *rest in rows]

    def done(self, number: int, now: float, error: str = "") -> None:
        """Note that a mail is done with: sent, or with an error given up."""
        self._tables.execute("UPDATE outbox SET done_at = ?, error = ? WHERE id = ?", (now, error, number))

    def later(self, number: int, due_at: float, error: str) -> None:
        """Note that a mail could not be sent, and when it is tried again."""
        self._tables.execute(
            "UPDATE outbox SET tries = tries + 1, due_at = ?, error = ? WHERE id = ?", (due_at, error, number)
        )

    def narrow(self, number: int, recipients: tuple[str, ...]) -> None:
        """Note to whom alone a mail is still to go."""
        self._tables.execute("UPDATE outbox SET recipients = ? WHERE id = ?", (_listed(recipients), number))

    def receive(self, mail: Received) -> None:
        """Put a mail into the inbox; the oldest go where there are too many."""
        values = mail.sender, _listed(mail.recipients), mail.subject, mail.text, mail.at
        self._tables.execute("INSERT INTO inbox (sender, recipients, subject, text, at) VALUES (?, ?, ?, ?, ?)", values)
        self._tables.execute("DELETE FROM inbox WHERE id <= (SELECT max(id) FROM inbox) - ?", (ITEMS_MAX,))

    def forget(self, now: float) -> None:
        """Forget mail that was done with long ago."""
        self._tables.execute("DELETE FROM outbox WHERE done_at < ?", (now - KEPT_DAYS * DAY,))


def read_inbox(folder: Path) -> list[Received]:
    """Give the inbox in `folder`, oldest first: empty where there is none. Raises `sqlite3.Error`."""
    path = folder / MAILBOX
    if not path.is_file():
        return []
    with closing(sqlite3.connect(f"file:{_quoted(path)}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as tables:
        rows = tables.execute("SELECT sender, recipients, subject, text, at FROM inbox ORDER BY id")
        return [Received(sender, _names(to), *rest) for sender, to, *rest in rows]


def _quoted(path: Path) -> str:
    return path.resolve().as_uri().removeprefix("file:")


def _listed(names: tuple[str, ...]) -> str:
    return msgspec.json.encode(names).decode()


def _names(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])
