"""PRM accounts and Nordic members as they are now, beside what the configuration says of them (PRM guide 3.1)."""

from __future__ import annotations

from engine.api import AccountEntry, MemberEntry
from engine.risk.counters import CurrencyState, FlowState
from engine.risk.restrictions import Restrictions
from engine.terms import Origin


class Account:
    """A PRM account as it is now. `settings` are today's, `persistent` those that the next day begins with.

    `blocked_by` is the Drop port whose safeguard blocked it, "" where somebody did: the venue's operations, or with
    `by_operations` false its own member. `canceled` tells that its orders were canceled with a block, `changed_at` the
    venue time of the last change of today, 0 for none. `currencies` is what it traded and has open today, by currency,
    `flows` what it sent, by order book; `rate_locked` is the one in which its orders came too fast, "" where none did.
    """

    __slots__ = (
        "blocked",
        "blocked_by",
        "by_operations",
        "canceled",
        "changed_at",
        "currencies",
        "entry",
        "flows",
        "name",
        "persistent",
        "rate_locked",
        "restrictions",
        "settings",
    )

    def __init__(self, entry: AccountEntry) -> None:
        self.entry = entry
        self.name = entry.account
        self.settings = self.persistent = entry.settings
        self.blocked = False
        self.blocked_by = ""
        self.currencies: dict[str, CurrencyState] = {}
        self.flows: dict[str, FlowState] = {}
        self.rate_locked = ""
        self.restrictions = Restrictions()
        self.by_operations = False
        self.canceled = False
        self.changed_at = 0

    def unblock(self) -> None:
        """Let its orders enter again, as far as the block is concerned."""
        self.blocked = self.canceled = self.by_operations = False
        self.blocked_by = ""

    def money(self, currency: str) -> CurrencyState:
        """Give its counters in a currency."""
        found = self.currencies.get(currency)
        if found is None:
            found = self.currencies[currency] = CurrencyState(currency)
        return found

    def flow(self, order_book: str) -> FlowState:
        """Give what it sent in an order book."""
        found = self.flows.get(order_book)
        if found is None:
            found = self.flows[order_book] = FlowState(order_book)
        return found

    def next_day(self) -> None:
        """Begin a day: with the persistent settings, and without blocks, locks and what was counted."""
        self.settings = self.persistent
        self.unblock()
        self.changed_at = 0
        self.restrictions.next_day()
        self.rate_locked = ""
        self.flows.clear()
        for money in self.currencies.values():
            money.next_day()

    @property
    def restricted(self) -> dict[Origin, tuple[str, ...]]:
        """Today's restricted symbols by where each entry came from, masked ones included; a copy, for looking at."""
        found = {origin: tuple(sorted(listed)) for origin, listed in self.restrictions.listed.items()}
        return {Origin.PERSISTENT: self.settings.restricted_symbols, **found}

    def is_restricted(self, order_book: str) -> bool:
        """Whether the account may not trade an order book today."""
        return self.restrictions.holds(order_book, self.settings.restricted_symbols)


class Member:
    """A Nordic member as it is now: its fat finger multipliers, in percent."""

    __slots__ = ("aggressive", "entry", "mpid", "passive")

    def __init__(self, entry: MemberEntry) -> None:
        self.entry = entry
        self.mpid = entry.mpid
        self.aggressive = entry.fat_finger_multiplier_aggressive
        self.passive = entry.fat_finger_multiplier_passive
