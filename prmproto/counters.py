"""What a PRM port tells of accumulated values: all of them at login, then each when it has changed, and not too often.

Nothing on an order's way waits for this: whoever keeps the time asks a port a few times a second whether counters are
other than they were told last (`Counters.look`), and only then makes the record that tells them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from engine.administration import Account, CurrencyState
from engine.api import CurrencyLimits
from prmproto import codec
from prmproto.codes import Level, LimitId, YesNo
from prmproto.state import Sent, Subscription, Values

if TYPE_CHECKING:
    from prmproto.port import PrmPort

MILLISECOND: Final = 1_000_000
LEAST_INTERVAL: Final = 100 * MILLISECOND
"""Between two messages about one account and currency: ten a second."""
NOTHING: Final[Values] = (0, 0, 0, 0)
ACCOUNTS_A_SLICE: Final = 200
MESSAGES_A_SLICE: Final = 200
"""So many are looked through, and about so many messages told, before others have their turn: a millisecond or two."""
COUNTERS: Final = (
    LimitId.TOTAL_RISK,
    LimitId.TOTAL_TRADED,
    LimitId.TOTAL_OPEN,
    LimitId.TRADED_BUY,
    LimitId.TRADED_SELL,
    LimitId.OPEN_BUY,
    LimitId.OPEN_SELL,
)
"""The counters, in the order in which they are told."""
HIGHEST_PERCENT: Final = 0xFFFF_FFFF
UNLIMITED: Final = CurrencyLimits()
HIGHEST_VALUE: Final = 2**63 - 1
Key = tuple[str, str]


def values_of(state: CurrencyState) -> Values:
    """Give what an account traded and has open in a currency, as far as messages can tell it."""
    values = state.traded_buy, state.traded_sell, state.open_buy, state.open_sell
    if sum(values) <= HIGHEST_VALUE:
        return values
    traded_buy, traded_sell, open_buy, open_sell = map(bounded, values)
    return traded_buy, traded_sell, open_buy, open_sell


def currencies_of(account: Account) -> list[str]:
    """Give the currencies in which an account has limits or has counted something."""
    counted = {state.currency for state in account.currencies.values() if values_of(state) != NOTHING or state.locked}
    return sorted({*account.settings.limits, *counted})


class Counters:
    """A port's `subscriptions`, and what it was told last: `totals` to everyone, `entries` by subscription."""

    def __init__(self, port: PrmPort) -> None:
        self.port = port
        self.subscriptions: dict[Key, Subscription] = {}
        self.totals: dict[Key, Sent] = {}
        self.entries: dict[Key, Sent] = {}
        self.place = 0

    def load(self, subscriptions: list[Subscription], totals: list[Sent], entries: list[Sent]) -> None:
        """Go on from a snapshot."""
        self.subscriptions = {(one.account, one.currency): one for one in subscriptions}
        self.totals = {(sent.account, sent.currency): sent for sent in totals}
        self.entries = {(sent.account, sent.currency): sent for sent in entries}

    def forget(self) -> None:
        """Begin a new day."""
        self.subscriptions.clear()
        self.totals.clear()
        self.entries.clear()
        self.place = 0

    def subscribe(self, account: str, currency: str, interval: int) -> None:
        """Ask for counters whenever they change, in the place of what was asked for these before."""
        self.unsubscribe(account, currency)
        self.subscriptions[account, currency] = Subscription(account, currency, max(interval, LEAST_INTERVAL))

    def known(self, account: Account, currency: str, now: int) -> None:
        """Note that an account's counters are told now: what comes next is their next change."""
        state = account.currencies.get(currency)
        if state is not None:
            self.entries[account.name, currency] = Sent(account.name, currency, values_of(state), now)

    def unsubscribe(self, account: str, currency: str) -> None:
        """Ask for them no longer."""
        self.subscriptions.pop((account, currency), None)

    def interval(self, key: Key) -> int | None:
        """Give the least interval that somebody asked for, None where nobody asks for this."""
        account, currency = key
        found = map(self.subscriptions.get, (key, (account, ""), ("", currency), ("", "")))
        return min((one.interval for one in found if one is not None), default=None)

    def begin(self, now: int) -> None:
        """Tell a client that has just logged in all that is not nothing: a slice now, the others with the timer."""
        self.totals.clear()
        self.entries.clear()
        self.place = 0
        self.tell(now)

    def changed(self, account: Account, now: int) -> Iterator[tuple[CurrencyState, bool, bool]]:
        """Give what has changed of an account since it was told and may be told again: to everyone, by subscription.

        Who subscribed is told limits and locks too, which change with their account.
        """
        for _, state in sorted(account.currencies.items()):
            values, key = values_of(state), (account.name, state.currency)
            total = self.totals.get(key)
            is_total = values != NOTHING if total is None else values != total.values and is_over(total, now)
            is_entry = False
            if self.subscriptions:
                interval, entry = self.interval(key), self.entries.get(key)
                if interval is None:
                    pass
                elif entry is None:
                    is_entry = values != NOTHING
                elif values != entry.values or account.changed_at > entry.at:
                    is_entry = is_over(entry, now, interval)
            if is_total or is_entry:
                yield state, is_total, is_entry

    def look(self, place: int, now: int) -> tuple[bool, int]:
        """Look through a slice of accounts: whether something is to be told, and where the next slice begins, or 0."""
        accounts = self.port.accounts()
        end = place + ACCOUNTS_A_SLICE
        is_due = any(True for account in accounts[place:end] for _ in self.changed(account, now))
        return is_due, end if end < len(accounts) else 0

    def tell(self, now: int) -> None:
        """Tell what is due in the next slice of accounts, which ends early where that is much.

        `place` is where the one after it begins, 0 behind the last.
        """
        accounts, room = self.port.accounts(), MESSAGES_A_SLICE
        end = min(self.place + ACCOUNTS_A_SLICE, len(accounts))
        while self.place < end and room > 0:
            account = accounts[self.place]
            self.place += 1
            for state, is_total, is_entry in list(self.changed(account, now)):
                if is_total:
                    self.total(account, state, now)
                if is_entry:
                    self.entry(account, state, 0, now)
                room -= is_total + len(COUNTERS) * is_entry
        if self.place >= len(accounts):
            self.place = 0

    def total(self, account: Account, state: CurrencyState, now: int) -> None:
        """Tell everyone what an account has accumulated in a currency."""
        port = self.port
        names = account.name.encode("ascii").ljust(6), state.currency.encode("ascii").ljust(3)
        message = codec.pack_accumulated_values(
            *names,
            port.since_midnight(now),
            bounded(state.total_risk),
            bounded(state.traded_buy),
            bounded(state.traded_sell),
            bounded(state.total_traded),
            bounded(state.open_buy),
            bounded(state.open_sell),
            bounded(state.total_open),
        )
        port.send(message)
        self.totals[account.name, state.currency] = Sent(account.name, state.currency, values_of(state), now)

    def entry(self, account: Account, state: CurrencyState, request: int, now: int) -> int:
        """Tell an account's counters in a currency one by one; gives how many."""
        port = self.port
        limits = account.settings.limits.get(state.currency, UNLIMITED)
        for counter in COUNTERS:
            name = counter.name.lower()
            current, limit = getattr(state, name), getattr(limits, name)
            message = codec.pack_counter_entry(
                request,
                port.since_midnight(now),
                account.name.encode("ascii").ljust(6),
                state.currency.encode("ascii").ljust(3),
                counter.wire,
                bounded(current),
                bounded(limit),
                percent(current, limit),
                level(current, limit).wire,
                (YesNo.YES if state.locked else YesNo.NO).wire,
                b" ",
            )
            port.send(message)
        if not request:
            self.entries[account.name, state.currency] = Sent(account.name, state.currency, values_of(state), now)
        return len(COUNTERS)


def is_over(sent: Sent, now: int, interval: int = LEAST_INTERVAL) -> bool:
    """Whether so much time has passed since something was told."""
    return now - sent.at >= interval


def percent(current: int, limit: int) -> int:
    """Give a counter by its limit in 1/100 of a percent, rounded; for show, nothing is decided by it."""
    return min((current * 20_000 + limit) // (2 * limit), HIGHEST_PERCENT) if limit else 0


def level(current: int, limit: int) -> Level:
    """Give how near a counter is to its limit, compared exactly."""
    if not limit:
        return Level.UNUSED
    if current >= limit:
        return Level.BREACHED
    return Level.WARNING if current * 5 >= limit * 4 else Level.BELOW


def bounded(value: int) -> int:
    """Give the nearest value that a message can have: orders may be of any size at any price."""
    return min(value, HIGHEST_VALUE)
