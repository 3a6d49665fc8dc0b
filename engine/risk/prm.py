"""Nordic pre-trade risk management (PRM): what a member's accounts and ports allow, held against each order.

A user belongs to one PRM account at the most. All that the checks of one port, one user and one order book need is
folded into one `Protection` when settings change: limits by the currency of the book, lists, thresholds already
multiplied. An order then meets the checks that are armed for it, in the order of `CHECKS`; the first that objects gives
the reason. Checks read and decide; only the engine writes. Counters run whether or not there is a limit.

A replacement is a new order to every check. One that only takes shares off an order is held by none of them, as long as
its user may trade there at all.

Sources: PRM guide 3.1 to 3.11; the sections stand with each check. "Above" a limit is strictly more, and a limit of 0
is none. Values are 1/10,000 of the book's currency, percentages 1/10,000 of a percent, and compared exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import structs

from engine.api import (
    MARKET_PRICE,
    MARKET_PRICE_ALTERNATIVE,
    PRM,
    PRM_CHECKS,
    REFUSALS,
    SECOND,
    AccountEntry,
    Cross,
    CurrencyLimits,
    MemberEntry,
    Order,
    OrderAttributes,
    Phase,
    Port,
    Refusal,
    Reject,
    Scope,
    Side,
)
from engine.risk.counters import CurrencyState
from engine.risk.diary import Diary, HappeningKind
from engine.risk.limits import NO_LIMIT, Band, Check
from engine.risk.notices import Notify
from engine.risk.restrictions import Restrictions
from engine.risk.windows import SlidingWindow
from engine.terms import Origin
from engine.trades import MemoryStore, OpenStore

BUY: Final = Side.BUY
CONTINUOUS: Final = Cross.CONTINUOUS
TRADING: Final = Phase.CONTINUOUS
UNLIMITED: Final = CurrencyLimits()
THRESHOLD_SCALE: Final = 100 * 10_000 * 100
"""What a threshold (1/10,000 %) times a multiplier (%) has to be divided by."""


class Account:
    """A PRM account as it is now. `settings` are today's, `persistent` those that the next day begins with.

    `blocked_by` is the Drop port whose safeguard blocked it, "" where somebody did: the venue's operations, or with
    `by_operations` false its own member. `canceled` tells that its orders were canceled with a block, `changed_at` the
    venue time of the last change of today, 0 for none. `currencies` is what it traded and has open today, by currency.
    """

    __slots__ = (
        "blocked",
        "blocked_by",
        "by_operations",
        "canceled",
        "changed_at",
        "currencies",
        "entry",
        "name",
        "persistent",
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
        self.restrictions = Restrictions()
        self.by_operations = False
        self.canceled = False
        self.changed_at = 0

    def unblock(self) -> None:
        """Let its orders enter again, as far as the block is concerned."""
        self.blocked = self.canceled = self.by_operations = False
        self.blocked_by = ""

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


class Protection:
    """What PRM asks of the orders of one port, user and order book: every setting that holds for them folded together.

    `aggressive` and `passive` are thresholds times multipliers, None where such prices are not checked; `buys` and
    `sells` are what they let pass at the reference price seen last. Limits of 0 are none.
    """

    __slots__ = (
        "account",
        "aggressive",
        "armed",
        "buys",
        "is_declared",
        "maximum_quantity",
        "maximum_value",
        "passive",
        "restricted_segment",
        "restricted_symbol",
        "sells",
    )

    def __init__(self, account: Account | None, is_declared: bool) -> None:
        self.account = account
        self.is_declared = is_declared
        self.armed: tuple[Check, ...] = ()
        self.maximum_quantity = 0
        self.maximum_value = 0
        self.restricted_segment = False
        self.restricted_symbol = False
        self.aggressive: int | None = None
        self.passive: int | None = None
        self.buys = Band()
        self.sells = Band()


def protection_of(order: Order) -> Protection:
    """Give what PRM asks of an order of a Nordic port."""
    protection = order.scope.protection
    assert protection is not None
    return protection


# Who may trade at all.


def unknown_user(order: Order) -> Refusal | None:
    """User of an order (PRM guide 3.1): refuse one who is not declared for the port's member."""
    return None if protection_of(order).is_declared else REFUSALS[Reject.UNKNOWN_USER]


def entry_disabled(order: Order) -> Refusal | None:
    """Order entry of a port: refuse what enters through one that is disabled, may only cancel, or is no more."""
    port = order.port
    return REFUSALS[Reject.ENTRY_DISABLED] if port.disabled or port.withdrawn or port.cancel_only else None


# Locks.


def account_blocked(order: Order) -> Refusal | None:
    """Account block (PRM guide 3.18): refuse every order of an account that is blocked."""
    account = protection_of(order).account
    if account is None or not account.blocked:
        return None
    return Refusal(Reject.ACCOUNT_BLOCKED, rule=account.name)


def port_order_rate(order: Order) -> Refusal | None:
    """Maximum orders per second per port (PRM guide 3.11): refuse on a port that went over it, until it is released."""
    port = order.port
    if not port.rate_limited:
        return None
    limit = port.maximum_orders or None
    return Refusal(Reject.PORT_ORDER_RATE, limit, None if limit is None else limit + 1, rule=port.name)


# What an order may be.


def restricted_segment(order: Order) -> Refusal | None:
    """Restricted market segments (PRM guide 3.8): refuse any order in a book of a listed segment."""
    protection = protection_of(order)
    return _refuse(protection, Reject.RESTRICTED_SEGMENT) if protection.restricted_segment else None


def restricted_symbol(order: Order) -> Refusal | None:
    """Restricted symbols (PRM guide 3.7): refuse any order in a listed book."""
    protection = protection_of(order)
    return _refuse(protection, Reject.RESTRICTED_SYMBOL) if protection.restricted_symbol else None


def maximum_order_quantity(order: Order) -> Refusal | None:
    """Maximum order quantity (PRM guide 3.4): refuse when  quantity > limit of the currency."""
    protection = protection_of(order)
    limit = protection.maximum_quantity
    if not limit or order.size <= limit:
        return None
    return _refuse(protection, Reject.MAXIMUM_ORDER_QUANTITY, limit, order.size)


def maximum_order_value(order: Order) -> Refusal | None:
    """Maximum order value (PRM guide 3.5): refuse when  quantity x valuation price > limit of the currency."""
    protection = protection_of(order)
    limit = protection.maximum_value
    if not limit:
        return None
    price, source = valuation_price(order)
    if price is None or price * order.size <= limit:
        return None
    return _refuse(protection, Reject.MAXIMUM_ORDER_VALUE, limit, price * order.size, price, source)


def continuous_fat_finger(order: Order) -> Refusal | None:
    """Fat finger in continuous trading (PRM guide 3.2): refuse when  |price - last| > threshold x multiplier x last.

    A price that reaches the last paid one is aggressive, any other passive, each with its own threshold of the book and
    multiplier of the member. Without a last paid price the previous close is compared with; without either, and for
    orders without a limit price or for a call, there is nothing to compare.
    """
    protection = protection_of(order)
    price = order.price
    book = order.scope.book
    if price >= MARKET_PRICE_ALTERNATIVE or order.terms.cross is not CONTINUOUS or book.phase is not TRADING:
        return None
    security = book.security
    reference = security.last if security.last is not None else security.previous_close
    if reference is None:
        return None
    band = protection.buys if order.terms.side is BUY else protection.sells
    if band.reference != reference:
        settle(protection, reference)
    if band.lowest <= price <= band.highest:
        return None
    limit = band.highest - reference if price > reference else reference - band.lowest
    source = "last paid" if security.last is not None else "previous close"
    return Refusal(Reject.CONTINUOUS_FAT_FINGER, limit, abs(price - reference), reference, source, rule=order.port.name)


CHECKS: Final = (
    unknown_user,
    entry_disabled,
    account_blocked,
    port_order_rate,
    restricted_segment,
    restricted_symbol,
    maximum_order_quantity,
    maximum_order_value,
    continuous_fat_finger,
)
"""What is asked of each order, in order of precedence."""
REASONS: Final = PRM_CHECKS | {Reject.UNKNOWN_USER}
"""The reasons that only PRM has."""


def verdict(order: Order) -> Refusal | None:
    """Ask the checks that are armed for an order; the first that objects gives the reason."""
    for check in protection_of(order).armed:
        refused = check(order)
        if refused is not None:
            return refused
    return None


def excuses(refused: Refusal, original: Order, order: Order) -> bool:
    """Whether PRM lets a replacement be after all: one that only takes shares off its original (PRM guide 3.6)."""
    return refused.reason in PRM_CHECKS and is_reduction(original, order)


def is_reduction(original: Order, order: Order) -> bool:
    """Whether a replacement is its original with fewer shares, whatever labels it carries."""
    return (
        order.size < original.size
        and order.price == original.price
        and order.scope is original.scope
        and order.terms == original.terms
        and unlabeled(order.attributes) == unlabeled(original.attributes)
    )


def unlabeled(attributes: OrderAttributes) -> OrderAttributes:
    """Give attributes without what only labels an order: options as they were sent, and where it was carried from."""
    return structs.replace(attributes, options=(), entry_date=0, entry_number=0)


def valuation_price(order: Order) -> tuple[int | None, str]:
    """Give the price at which an order is valued, and where it comes from (PRM guide 3.5).

    That of a market order is the last paid price, else the previous close, or the best ask for a buy, the best bid for
    a sale, where that is higher.
    """
    if order.price < MARKET_PRICE_ALTERNATIVE:
        return order.price, "limit price"
    security = order.scope.book.security
    price, source = security.last, "last paid"
    if price is None:
        price, source = security.previous_close, "previous close"
    if order.terms.side is BUY:
        quote, name = security.offer, "best ask"
    else:
        quote, name = security.bid, "best bid"
    if quote is not None and (price is None or quote > price):
        return quote, name
    return price, source


def settle(protection: Protection, reference: int) -> None:
    """Work out which prices pass at a reference price: exactly at the threshold still does."""
    aggressive = _farthest(protection.aggressive, reference)
    passive = _farthest(protection.passive, reference)
    buys, sells = protection.buys, protection.sells
    buys.reference = sells.reference = reference
    buys.lowest, buys.highest = reference - passive, reference + aggressive
    sells.lowest, sells.highest = reference - aggressive, reference + passive


def _farthest(threshold: int | None, reference: int) -> int:
    return MARKET_PRICE if threshold is None else threshold * reference // THRESHOLD_SCALE


def _refuse(
    protection: Protection,
    reason: Reject,
    limit: int | None = None,
    observed: int | None = None,
    reference: int | None = None,
    source: str | None = None,
) -> Refusal:
    assert protection.account is not None
    return Refusal(reason, limit, observed, reference, source, protection.account.name)


class PrmRuleBook:
    """All accounts and members, and which account covers each declared user (by MPID and user).

    `notify` takes notices; nobody does in the engine that trades. `diary` is told what happens to accounts.
    """

    def __init__(self, open_store: OpenStore = MemoryStore) -> None:
        self.notify: Notify | None = None
        self.diary = Diary(open_store)
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
            folded.maximum_quantity = limits.maximum_quantity
            folded.maximum_value = limits.maximum_value
            folded.restricted_segment = book.segment in settings.restricted_segments
            folded.restricted_symbol = account.is_restricted(book.order_book)
        member = self.members.get(port.mpid)
        if port.fat_finger and member is not None:
            aggressive, passive = security.fat_finger_aggressive, security.fat_finger_passive
            folded.aggressive = None if aggressive is None else aggressive * member.aggressive
            folded.passive = None if passive is None else passive * member.passive
        is_armed = (
            *(True, True, account is not None, True),
            *(folded.restricted_segment, folded.restricted_symbol),
            *(folded.maximum_quantity > 0, folded.maximum_value > 0),
            folded.aggressive is not None or folded.passive is not None,
        )
        folded.armed = tuple(check for check, armed in zip(CHECKS, is_armed, strict=True) if armed)
        return folded

    def refused(self, order: Order, refusal: Refusal, now: int) -> None:
        """Note that an order of an account was refused, where it was a check of PRM that did."""
        account = protection_of(order).account
        if account is None or refusal.reason not in PRM_CHECKS:
            return
        entry = order.scope.book.security.entry
        assert entry is not None
        told = self.diary.of(account, HappeningKind.REJECT, now)._replace(
            currency=entry.currency,
            order_book=entry.order_book,
            user=order.user,
            port=order.port.name,
            current=refusal.observed or 0,
            limit=refusal.limit or 0,
            reason=refusal.reason,
        )
        self.diary.tell(told)

    @staticmethod
    def order_windows(port: Port) -> tuple[tuple[str, SlidingWindow], ...]:
        """Give the new window that counts a port's orders within a second, with a limit or without."""
        return ((PRM, SlidingWindow(port.maximum_orders or NO_LIMIT, SECOND)),)


def scope_key(symbol: str, user: str) -> str:
    """Give the name under which a port keeps the scope of a symbol and, where its orders name one, a user."""
    return f"{symbol} {user}" if user else symbol
