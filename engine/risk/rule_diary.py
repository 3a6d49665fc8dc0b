"""What happened to a firm's risk rules: told as it happens, and kept as trail, as breaches and as what was used.

    a rule changes, an order is refused, an exposure passes a threshold ─▶ RuleDiary ─┬▶ a row of the MPID's trail
                                                                                      ├▶ a tally of its day
                                                                                      └▶ every listener

The engine that trades and every copy that follows its log keep the same; listeners stand in a copy only, where they
send mail and streams. A row of the trail has the columns of the audit (EQRC guide 4); its number is its place among
those of its MPID, from 1. Rows and tallies are kept for thirteen months.

For editors: a tally of a check costs a refused order one look-up, and an order that passes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

from engine.orders import Order
from engine.terms import SECOND, Refusal, Reject
from engine.trades import MemoryStore, OpenStore, Store

_ROW: Final = Struct(">qB80s64s32s128s128s6s6sh")
ROWS_A_LOOK: Final = 64
"""Rows taken from a store at a time."""
KEPT_NS: Final = 396 * 86_400 * SECOND
"""How long rows and tallies are kept: thirteen months, in nanoseconds of venue time."""

EXPOSURE: Final = "gross-exposure"
"""The type of the rules whose tallies are money."""
RULE_TYPES: Final = {
    Reject.MAXIMUM_SHARES: "max-shares",
    Reject.MAXIMUM_NOTIONAL: "max-notional",
    Reject.AVERAGE_DAILY_VOLUME: "adv",
    Reject.INTERMARKET_SWEEP_NOT_ALLOWED: "order-type",
    Reject.SHORT_SALE_NOT_ALLOWED: "order-type",
    Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED: "order-type",
    Reject.MARKET_ORDER_NOT_ALLOWED: "order-type",
    Reject.PRE_MARKET_NOT_ALLOWED: "order-type",
    Reject.POST_MARKET_NOT_ALLOWED: "order-type",
    Reject.IPO_MARKET_BUY_NOT_ALLOWED: "order-type",
    Reject.LOCATE_REQUIRED: "shares-located",
    Reject.LOCATE_BROKER: "shares-located",
    Reject.RESTRICTED_STOCK: "restricted-stock",
    Reject.HARD_TO_BORROW: "hard-to-borrow",
    Reject.MARKET_IMPACT: "market-impact",
    Reject.FAT_FINGER: "fat-finger",
    Reject.PORT_MESSAGE_RATE: "order-rate",
    Reject.SYMBOL_MESSAGE_RATE: "order-rate",
    Reject.DUPLICATE_ORDER: "order-rate",
    Reject.GROSS_EXPOSURE: EXPOSURE,
}
"""The type of the rule that refuses for a reason."""


class RuleHappeningKind(IntEnum):
    """What happened."""

    BREACH = 0  # an order was refused
    WATCH = 1  # an exposure went over its first threshold
    WARN = 2  # over its second
    ACTION = 3  # over its third: what the rule says is done
    UNLOCK = 4  # it is under the third again, or was told to count as if
    SHUT = 5  # a port went over a rate, or the safety switch closed it
    FREE = 6  # it is open again
    REVISION = 7  # a rule was made, changed, deleted, or is in force from now on


class RevisionType(IntEnum):
    """What was done to a rule."""

    CREATE = 0
    UPDATE = 1
    DELETE = 2
    ACTIVATE = 3


class RuleHappening(NamedTuple):
    """One of them, at venue time `moment`.

    `subject` is what it is about: the check that refused, the exposure (open, executed, notional) that passed
    `limit`, the setting that was changed from `old` to `new` by `user`. Figures are in the check's own units.
    """

    kind: RuleHappeningKind
    exchange: str
    mpid: str
    moment: int
    port: str | None = None
    group_id: int | None = None
    rule_id: str = ""
    rule_type: str = ""
    subject: str = ""
    current: int | None = None
    limit: int | None = None
    symbol: str = ""
    user: str = ""
    old: str = ""
    new: str = ""
    revision: RevisionType | None = None


class Revision(NamedTuple):
    """A row of an MPID's trail; `moment` is venue time."""

    number: int
    moment: int
    type: RevisionType
    user: str
    rule_id: str
    field: str
    old: str
    new: str
    exchange: str
    port: str | None
    group_id: int | None


class TallyKey(NamedTuple):
    """What is counted of a day (yyyy-mm-dd): a check, or what a rule's type measures, of one port or group or all."""

    date: str
    rule_type: str
    subject: str
    exchange: str
    mpid: str
    port: str = ""
    group_id: int = -1


class Tally(NamedTuple):
    """How often it was (`times`), what it came to in its own units, and when it was last."""

    times: int
    total: int
    last: int


Listener = Callable[[RuleHappening], None]


class Refusals:
    """Orders of a port that one rule refused for one reason, since somebody last looked at the tallies."""

    __slots__ = ("key", "last", "times")

    def __init__(self, key: TallyKey, now: int) -> None:
        self.key = key
        self.times = 1
        self.last = now


class RuleDiary:
    """What is kept: a trail for each MPID that has one, and the tallies of `breaches` and of what was `used`.

    `refusals` are breaches that are in no tally yet, by the index of the port, the reason and the rule.
    """

    def __init__(self, open_store: OpenStore = MemoryStore) -> None:
        self.open_store = open_store
        self.listeners: list[Listener] = []
        self.trails: dict[str, Store] = {}
        self._breaches: dict[TallyKey, Tally] = {}
        self.refusals: dict[tuple[int, Reject, str | None], Refusals] = {}
        self.used: dict[TallyKey, Tally] = {}
        self.date = ""

    def tell(self, happening: RuleHappening) -> None:
        """Tell what happened; a revision is kept in the trail."""
        if happening.revision is not None:
            self._keep(happening)
        for listener in self.listeners:
            listener(happening)

    @property
    def breaches(self) -> dict[TallyKey, Tally]:
        """The tallies of breaches, with all orders that were refused: those add nothing to the money of exposures."""
        for entry in self.refusals.values():
            key, times, last = entry.key, entry.times, entry.last
            before = self._breaches.get(key, Tally(0, 0, 0))
            total = before.total if key.rule_type == EXPOSURE else before.total + times
            self._breaches[key] = Tally(before.times + times, total, max(before.last, last))
        self.refusals.clear()
        return self._breaches

    def refused(self, order: Order, refusal: Refusal, exchange: str, now: int) -> None:
        """Count an order that a rule refused, on the exchange that the rule is for, and tell it."""
        port = order.port
        place = port.index, refusal.reason, refusal.rule
        entry = self.refusals.get(place)
        if entry is None:
            who = exchange or port.exchange, port.mpid, port.name
            key = TallyKey(self.date, RULE_TYPES[refusal.reason], refusal.reason.name, *who)
            self.refusals[place] = Refusals(key, now)
        else:
            entry.times += 1
            entry.last = now
        if self.listeners:
            key = self.refusals[place].key
            told = RuleHappening(RuleHappeningKind.BREACH, key.exchange, port.mpid, now, port.name)
            told = told._replace(rule_id=refusal.rule or "", rule_type=key.rule_type, subject=key.subject)
            symbol = order.scope.book.symbol
            self.tell(told._replace(current=refusal.observed, limit=refusal.limit, symbol=symbol))

    @staticmethod
    def count(tallies: dict[TallyKey, Tally], key: TallyKey, amount: int, now: int) -> None:
        """Add to a tally: once more, and so much more."""
        before = tallies.get(key)
        if before is None:
            tallies[key] = Tally(1, amount, now)
        else:
            tallies[key] = Tally(before.times + 1, before.total + amount, now)

    def next_day(self, date: str, now: int) -> None:
        """Begin a day, and forget what is older than thirteen months."""
        tallied = self.breaches, self.used
        self.date = date
        oldest = f"{int(date[:4]) - 1}{date[4:7]}-01"
        for tallies in tallied:
            for key in [key for key in tallies if key.date < oldest]:
                del tallies[key]
        for mpid, trail in self.trails.items():
            first = next((row.number for row in self.rows(mpid) if row.moment > now - KEPT_NS), None)
            if first != 1:
                left = b"" if first is None else trail.slice((first - 1) * _ROW.size, trail.length)
                trail.close()
                self.trails[mpid] = self.open_store()
                self.trails[mpid].append(left)

    # The trail.

    def _keep(self, happening: RuleHappening) -> None:
        trail = self.trails.get(happening.mpid)
        if trail is None:
            trail = self.trails[happening.mpid] = self.open_store()
        texts = happening.user, happening.rule_id, happening.subject, happening.old, happening.new
        encoded = [text.encode("ascii", "replace") for text in texts]
        place = [text.encode("ascii", "replace") for text in (happening.exchange, happening.port or "")]
        group_id = 0 if happening.group_id is None else happening.group_id
        trail.append(_ROW.pack(happening.moment, happening.revision, *encoded, *place, group_id))

    def count_rows(self, mpid: str) -> int:
        """Give how many rows an MPID has."""
        trail = self.trails.get(mpid)
        return 0 if trail is None else trail.length // _ROW.size

    def rows(self, mpid: str, first: int = 1) -> Iterator[Revision]:
        """Give an MPID's rows from one number on."""
        size, at, count = _ROW.size, max(first, 1) - 1, self.count_rows(mpid)
        while at < count:
            last = min(at + ROWS_A_LOOK, count)
            data = self.trails[mpid].slice(at * size, last * size)
            for moment, kind, *packed, group_id in _ROW.iter_unpack(data):
                at += 1
                user, rule_id, field, old, new, *place = (text.rstrip(b"\0").decode("ascii") for text in packed)
                change = user, rule_id, field, old, new
                yield Revision(at, moment, RevisionType(kind), *change, place[0], place[1] or None, group_id or None)

    # Snapshots.

    def load_tallies(self, breaches: dict[TallyKey, Tally], used: dict[TallyKey, Tally], date: str) -> None:
        """Take the tallies of a snapshot."""
        self._breaches, self.used, self.date = breaches, used, date

    def digests(self) -> dict[str, tuple[int, bytes]]:
        """Give what identifies each trail: its length and SHA-256."""
        return {mpid: (trail.length, trail.digest()) for mpid, trail in sorted(self.trails.items())}

    def dump(self) -> dict[str, bytes]:
        """Give the rows of each MPID as they are kept."""
        return {mpid: trail.slice(0, trail.length) for mpid, trail in sorted(self.trails.items())}

    def load(self, rows: dict[str, bytes]) -> None:
        """Take what `dump` gave."""
        for mpid, data in rows.items():
            self.trails[mpid] = self.open_store()
            self.trails[mpid].append(data)
