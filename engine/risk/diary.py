"""What happened to PRM accounts today: told as it happens to who administers them, and kept as the day's audit.

    a change, a lock, a refused order ─▶ Diary.tell ─▶ a row of the member's trail
                                                  └──▶ every listener

Whatever changes an account tells it here, in the engine that trades as in every copy that follows its log: a listener
of the one answers risk desks (`prmproto.events`), a listener of the other sends mail (PRM guide 3.16). A row has
the columns and words of the audit report (PRM guide 3.20), which `engine.risk.audit_words` has; a row's number is its
place in the member's trail, from 1. Rows are packed, so that a day of a million refused orders needs no million
objects, and go to a `Store`, as trades do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.risk.audit_words import NOT_AVAILABLE, wording
from engine.terms import Reject
from engine.trades import MemoryStore, OpenStore, Store

if TYPE_CHECKING:
    from engine.risk.prm import Account

_ROW: Final = Struct(">q6s20s60s3s20s20s")
ROWS_A_LOOK: Final = 64
"""Rows taken from a store at a time."""


class HappeningKind(IntEnum):
    """What happened."""

    WARNING = 0  # a counter or a rate, of an account or a port, reached 80 % of its limit
    BREACH = 1  # a limit locked the account in its currency, or as a whole
    UNLOCK = 2
    BLOCK = 3
    UNBLOCK = 4
    RESTRICTED = 5  # an order book or a segment
    RELEASED = 6
    RATE = 7  # a port went over its rate
    DROP = 8  # a Drop port's safeguard blocked the account
    CHANGE = 9  # a limit or a setting
    REJECT = 10  # an order
    REPEATED = 11  # the same order came once too often


class Happening(NamedTuple):
    """One of them: `subject` is the field of `CurrencyLimits` or `AccountSettings` that it is about, "" for none.

    A port's rate, `port_rate`, has no account.

    `moment` is venue time, `current` and `limit` are figures in the subject's own units; `old` and `new` are what a
    change was from and to, as the report writes it. `by_operations` tells who did it.
    """

    kind: HappeningKind
    mpid: str
    account: str
    moment: int
    subject: str = ""
    currency: str = ""
    order_book: str = ""
    user: str = ""
    port: str = ""
    current: int = 0
    limit: int = 0
    reason: Reject | None = None
    old: str = NOT_AVAILABLE
    new: str = NOT_AVAILABLE
    by_operations: bool = False


class AuditRow(NamedTuple):
    """A row of a member's trail; `moment` is venue time."""

    number: int
    moment: int
    account: str
    action: str
    item: str
    currency: str
    old: str
    new: str


Listener = Callable[[Happening], None]


class Diary:
    """The happenings of the day: `listeners` are told, `trails` keep the rows of each member that has some."""

    def __init__(self, open_store: OpenStore = MemoryStore) -> None:
        self.open_store = open_store
        self.listeners: list[Listener] = []
        self.trails: dict[str, Store] = {}

    def tell(self, happening: Happening) -> None:
        """Tell what happened, and keep it where it belongs into the audit."""
        words = wording(happening.kind.name, happening.subject, happening.order_book, happening.reason)
        if words is not None:
            action, item = words
            trail = self.trails.get(happening.mpid)
            if trail is None:
                trail = self.trails[happening.mpid] = self.open_store()
            texts = action, item, happening.currency or NOT_AVAILABLE, happening.old, happening.new
            encoded = [text.encode("ascii", "replace") for text in (happening.account, *texts)]
            trail.append(_ROW.pack(happening.moment, *encoded))
        for listener in self.listeners:
            listener(happening)

    def of(self, account: Account, kind: HappeningKind, now: int) -> Happening:
        """Begin to tell what happened to an account."""
        return Happening(kind, account.entry.mpid, account.name, now)

    def count(self, mpid: str) -> int:
        """Give how many rows a member has today."""
        trail = self.trails.get(mpid)
        return 0 if trail is None else trail.length // _ROW.size

    def rows(self, mpid: str, first: int = 1) -> Iterator[AuditRow]:
        """Give a member's rows of today from one number on."""
        size, at, count = _ROW.size, max(first, 1) - 1, self.count(mpid)
        while at < count:
            last = min(at + ROWS_A_LOOK, count)
            data = self.trails[mpid].slice(at * size, last * size)
            for moment, *texts in _ROW.iter_unpack(data):
                at += 1
                account, action, item, currency, old, new = (text.rstrip(b"\0").decode("ascii") for text in texts)
                yield AuditRow(at, moment, account, action, item, currency, old, new)

    def next_day(self) -> None:
        """Begin the trails of a new day."""
        for trail in self.trails.values():
            trail.close()
        self.trails = {}

    # Snapshots.

    def digests(self) -> dict[str, tuple[int, bytes]]:
        """Give what identifies each trail: its length and SHA-256."""
        return {mpid: (trail.length, trail.digest()) for mpid, trail in sorted(self.trails.items())}

    def dump(self) -> dict[str, bytes]:
        """Give the rows of each member as they are kept."""
        return {mpid: trail.slice(0, trail.length) for mpid, trail in sorted(self.trails.items())}

    def load(self, rows: dict[str, bytes]) -> None:
        """Take what `dump` gave."""
        for mpid, data in rows.items():
            self.trails[mpid] = self.open_store()
            self.trails[mpid].append(data)
