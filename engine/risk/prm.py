"""Nordic pre-trade risk management (PRM): what a member's accounts and ports allow, held against each order.

A user belongs to one PRM account at the most. All that the checks of one port, one user and one order book need is
folded into one `Protection` when settings change: limits by the currency of the book, lists, thresholds already
multiplied. What an order meets is in `engine.risk.prm_checks`. Counters run whether or not there is a limit.

Source: PRM guide 3.1 to 3.16.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.api import PRM, PRM_CHECKS, SECOND, Order, Port, Refusal, Reject, Scope
from engine.risk.accounts import Account, Member
from engine.risk.counters import UNLIMITED
from engine.risk.counting import Counting
from engine.risk.diary import HappeningKind
from engine.risk.limits import NO_LIMIT
from engine.risk.prm_checks import (
    CHECKS,
    IN_CALLS,
    LIMITS,
    LOCKS,
    REASONS,
    excuses,
    is_reduction,
    unknown_user,
    verdict,
)
from engine.risk.protection import Protection, protection_of
from engine.risk.valuation import valuation_price
from engine.risk.windows import SlidingWindow
from engine.terms import Origin
from engine.trades import MemoryStore, OpenStore

__all__ = [
    "CHECKS",
    "REASONS",
    "Account",
    "Member",
    "PrmRuleBook",
    "Protection",
    "excuses",
    "is_reduction",
    "scope_key",
    "valuation_price",
    "verdict",
]


class PrmRuleBook(Counting):
    """All accounts and members, and which account covers each declared user (by MPID and user)."""

    def __init__(self, open_store: OpenStore = MemoryStore) -> None:
        super().__init__(open_store)
        self.accounts: dict[str, Account] = {}
        self.members: dict[str, Member] = {}
        self.users: dict[tuple[str, str], Account | None] = {}

    def cover(self) -> None:
        """Find anew which account covers each user: those named, or but those named, or with none named all."""
        self.users = {(member.mpid, user): None for member in self.members.values() for user in member.entry.users}
        for account in self.accounts.values():
            entry = account.entry
            users: Iterable[str] = entry.users
            if entry.is_exclusion or not entry.users:
                member = self.members.get(entry.mpid)
                excluded = frozenset(entry.users)
                users = () if member is None else [user for user in member.entry.users if user not in excluded]
            for user in users:
                if (entry.mpid, user) in self.users:
                    self.users[entry.mpid, user] = account

    def protection(self, scope: Scope) -> Protection:
        """Fold what holds for a scope."""
        port, security = scope.port, scope.book.security
        account = self.users.get((port.mpid, scope.user))
        folded = Protection(account, (port.mpid, scope.user) in self.users)
        book = security.entry
        assert book is not None
        if account is not None:
            settings = account.settings
            limits = settings.limits.get(book.currency, UNLIMITED)
            folded.money = account.money(book.currency)
            folded.money.take_limits(limits)
            folded.flow = account.flow(book.order_book)
            folded.flow.window.allow(settings.symbol_rate or NO_LIMIT)
            folded.blow_through = limits.blow_through
            folded.maximum_quantity = limits.maximum_quantity
            folded.maximum_value = limits.maximum_value
            folded.maximum_auction_quantity = limits.maximum_quantity_auction or 0
            folded.maximum_auction_value = limits.maximum_value_auction or 0
            folded.fat_finger_in_auctions = settings.fat_finger_in_auctions
            folded.market_order_prevention = settings.market_order_prevention
            folded.market_order_protection = settings.market_order_protection
            folded.restricted_segment = book.segment in settings.restricted_segments
            folded.restricted_symbol = account.is_restricted(book.order_book)
        member = self.members.get(port.mpid)
        if port.fat_finger and member is not None:
            aggressive, passive = security.fat_finger_aggressive, security.fat_finger_passive
            folded.aggressive = None if aggressive is None else aggressive * member.aggressive
            folded.passive = None if passive is None else passive * member.passive
        is_armed = (
            *(True, True, account is not None, account is not None, True, account is not None),
            *(folded.restricted_segment, folded.restricted_symbol),
            *(folded.maximum_quantity > 0, folded.maximum_auction_quantity > 0),
            *(folded.maximum_value > 0, folded.maximum_auction_value > 0),
            folded.aggressive is not None or folded.passive is not None,
            *(folded.fat_finger_in_auctions, folded.market_order_prevention),
            *(folded.market_order_protection, folded.market_order_protection),
        )
        folded.armed = tuple(check for check, armed in zip(CHECKS, is_armed, strict=True) if armed)
        idle = (*LOCKS, *IN_CALLS, *((unknown_user,) if folded.is_declared else ()))
        folded.in_trading = tuple(check for check in folded.armed if check not in idle)
        if LIMITS.issuperset(folded.in_trading):
            folded.quantity_within = folded.maximum_quantity or NO_LIMIT
            folded.value_within = folded.maximum_value or NO_LIMIT
        return folded

    def refused(self, order: Order, refusal: Refusal, now: int) -> None:
        """Note that an order of an account was refused, where it was a check of PRM that did."""
        account = protection_of(order).account
        if account is None or refusal.reason not in PRM_CHECKS:
            return
        entry = order.scope.book.security.entry
        assert entry is not None
        subject = "symbol_rate" if refusal.reason is Reject.ACCOUNT_ORDER_RATE else ""
        if refusal.reason is Reject.LOCKED_IN_CURRENCY:
            subject = account.money(entry.currency).locked[0].name.lower()
        told = self.diary.of(account, HappeningKind.REJECT, now)._replace(
            subject=subject,
            currency=entry.currency,
            order_book=entry.order_book,
            user=order.user,
            port=order.port.name,
            current=refusal.observed or 0,
            limit=refusal.limit or 0,
            reason=refusal.reason,
        )
        self.diary.tell(told)

    def restrict(self, account: Account, order_book: str, origin: Origin, now: int) -> None:
        """Restrict an order book for an account until it is released or the day ends; scopes are to be folded anew."""
        was_restricted = account.is_restricted(order_book)
        account.restrictions.restrict(origin, order_book, now)
        self.tell_restriction(account, order_book, was_restricted, now)

    def tell_restriction(self, account: Account, order_book: str, was_restricted: bool, now: int) -> None:
        """Tell that an order book is restricted for an account, or is so no longer, where that is new."""
        is_restricted = account.is_restricted(order_book)
        if is_restricted is was_restricted:
            return
        account.changed_at = now
        kind = HappeningKind.RESTRICTED if is_restricted else HappeningKind.RELEASED
        old, new = ("N", "Y") if is_restricted else ("Y", "N")
        self.diary.tell(self.diary.of(account, kind, now)._replace(order_book=order_book, old=old, new=new))

    @staticmethod
    def order_windows(port: Port) -> tuple[tuple[str, SlidingWindow], ...]:
        """Give the new window that counts a port's orders within a second, with a limit or without."""
        return ((PRM, SlidingWindow(port.maximum_orders or NO_LIMIT, SECOND)),)


def scope_key(symbol: str, user: str) -> str:
    """Give the name under which a port keeps the scope of a symbol and, where its orders name one, a user."""
    return f"{symbol} {user}" if user else symbol
