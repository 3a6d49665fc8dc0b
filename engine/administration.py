"""What the PRM protocol may ask of the engine: to look at PRM accounts, and to change them for today.

Changes go the way of the operations' commands, but none of them outlives the day, and none may switch off what
sponsored access keeps on. Each is carried out as a whole or refused with `CommandRefused`, whose `field` is one of
`REFUSED` and says what stood in the way.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import structs

from engine.api import BlockAccount, BookEntry, CommandRefused, CurrencyLimits, Origin, Port
from engine.engine import Engine
from engine.mass_cancel import account_of
from engine.prm_commands import (
    block_account,
    must_stay_guarded,
    protect,
    release_symbol,
    restrict_symbol,
    tell_changes,
)
from engine.risk.counters import CurrencyState
from engine.risk.diary import AuditRow, Happening, HappeningKind, Listener
from engine.risk.prm import Account
from engine.terms import Lock

__all__ = [
    "Account",
    "Administration",
    "AuditRow",
    "CurrencyState",
    "Happening",
    "HappeningKind",
    "Lock",
    "Origin",
]

REFUSED: Final = ("currency", "setting", "book", "segment", "mandatory", "operations")
"""What `CommandRefused.field` may be: no such currency, book or segment, none set, or not the member's to change."""


class Administration:
    """The accounts of the venue's Nordic members."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # Looking.

    @property
    def date(self) -> str:
        """The trading day, as YYYY-MM-DD."""
        return self.engine.date

    def account(self, name: str) -> Account | None:
        """Give an account."""
        return self.engine.prm.accounts.get(name)

    def accounts(self, mpid: str) -> list[Account]:
        """Give the accounts of a member."""
        return [account for account in self.engine.prm.accounts.values() if account.entry.mpid == mpid]

    def state(self, account: Account, currency: str) -> CurrencyState:
        """Give what an account traded and has open in a currency, nothing where it did not begin."""
        return account.currencies.get(currency) or CurrencyState(currency)

    def multipliers(self, mpid: str) -> tuple[int, int]:
        """Give a member's fat finger multipliers, in percent."""
        member = self.engine.prm.members.get(mpid)
        return (0, 0) if member is None else (member.aggressive, member.passive)

    def ports(self, mpid: str) -> list[Port]:
        """Give the ports of a member."""
        return [port for port in self.engine.ports.values() if port.mpid == mpid]

    def book(self, order_book: str) -> BookEntry | None:
        """Give an order book."""
        security = self.engine.securities.get(order_book)
        return None if security is None else security.entry

    def is_segment(self, segment: int) -> bool:
        """Whether some order book is of a segment."""
        return any(one.entry is not None and one.entry.segment == segment for one in self.engine.securities.values())

    def is_currency(self, currency: str) -> bool:
        """Whether some order book is in a currency."""
        return any(one.entry is not None and one.entry.currency == currency for one in self.engine.securities.values())

    def hear(self, listener: Listener) -> None:
        """Tell a listener what happens to accounts, from now on."""
        self.engine.prm.diary.listeners.append(listener)

    def audit_count(self, mpid: str) -> int:
        """Give how many rows of today's audit a member has."""
        return self.engine.prm.diary.count(mpid)

    def audit(self, mpid: str, first: int) -> Any:
        """Give a member's rows of today's audit from one number on."""
        return self.engine.prm.diary.rows(mpid, first)

    # Changing.

    def configured(self, account: Account, currency: str) -> CurrencyLimits:
        """Give an account's limits of today in a currency; refuses one that does not exist or is not set."""
        if not self.is_currency(currency):
            raise CommandRefused("currency", f"no order book is in {currency}")
        limits = account.settings.limits.get(currency)
        if limits is None:
            raise CommandRefused("setting", f"{account.name} has no limits in {currency}")
        return limits

    def set_limits(self, account: Account, currency: str, changes: dict[str, Any], now: int) -> CurrencyLimits:
        """Change limits of a currency; gives those that result."""
        before = self.configured(account, currency)
        after = structs.replace(before, **changes)
        if after != before:
            self._take(account, {"limits": {**account.settings.limits, currency: after}}, now)
        return after

    def set_settings(self, account: Account, changes: dict[str, Any], now: int) -> None:
        """Change settings of an account."""
        self._take(account, changes, now)

    def _take(self, account: Account, changes: dict[str, Any], now: int) -> None:
        before = account.settings
        after = structs.replace(before, **changes)
        try:
            must_stay_guarded(self.engine, account, before, after)
        except CommandRefused as refused:
            raise CommandRefused("mandatory", str(refused)) from refused
        account.settings = after
        tell_changes(self.engine, account, before, after, now, by_operations=False)
        if after != before:
            protect(self.engine, account.entry.mpid)

    def block(self, account: Account, now: int, *, cancel: bool) -> None:
        """Block an account, or end the orders of one that is blocked."""
        block_account(self.engine, BlockAccount(account.name, True, cancel, by_operations=False), now)

    def unblock(self, account: Account, now: int) -> None:
        """Lift a block; who is locked by an order rate as well cannot (PRM guide 3.12)."""
        block_account(self.engine, BlockAccount(account.name, False, by_operations=False), now)

    def lock(self, account: Account, currency: str, now: int) -> None:
        """Let nothing new of an account enter in a currency."""
        self.configured(account, currency)
        money = account.money(currency)
        if Lock.BY_HAND not in money.locked:
            self.engine.prm.lock(account, money, now, by_operations=False)

    def unlock(self, account: Account, currency: str, now: int) -> None:
        """Let orders of an account enter in a currency again; the next one over a limit locks it anew."""
        self.configured(account, currency)
        self.engine.prm.unlock(account, account.money(currency), now, by_operations=False)

    def restrict_book(self, account: Account, order_book: str, now: int, *, restricted: bool) -> None:
        """Restrict an order book for an account, or lift whatever restricts it."""
        if self.book(order_book) is None:
            raise CommandRefused("book", f"no such order book: {order_book}")
        if restricted:
            restrict_symbol(self.engine, account, order_book, now, Origin.MANUAL)
        else:
            release_symbol(self.engine, account, order_book, now)

    def restrict_segment(self, account: Account, segment: int, now: int, *, restricted: bool) -> None:
        """Restrict a market segment for an account, or lift what restricts it."""
        if not self.is_segment(segment):
            raise CommandRefused("segment", f"no such segment: {segment}")
        present = account.settings.restricted_segments
        if restricted is (segment in present):
            return
        changed = (*present, segment) if restricted else tuple(one for one in present if one != segment)
        account.settings = structs.replace(account.settings, restricted_segments=changed)
        account.changed_at = now
        diary = self.engine.prm.diary
        kind = HappeningKind.RESTRICTED if restricted else HappeningKind.RELEASED
        old, new = ("N", "Y") if restricted else ("Y", "N")
        diary.tell(diary.of(account, kind, now)._replace(subject=str(segment), old=old, new=new))
        protect(self.engine, account.entry.mpid)

    def cancel(self, account: Account, order_book: str, now: int) -> int:
        """End an account's open orders, in one order book or with "" in all; gives how many there are.

        They go in slices, as with a block; those counted are all gone before the member's ports are heard again.
        """
        if order_book and self.book(order_book) is None:
            raise CommandRefused("book", f"no such order book: {order_book}")
        count = sum(
            account_of(order) == account.name and order_book in ("", order.scope.book.symbol)
            for port in self.ports(account.entry.mpid)
            for order in port.orders.values()
        )
        if count:
            self.engine.cancel_accounts({account.name: account.entry.mpid}, now, order_book)
        return count
