"""Which checks an account has, and what it is like, as the extension's lists tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.administration import Account, Administration, Origin
from engine.api import CurrencyLimits
from prmproto.codes import AccountLock, BlockCause, CheckId, CheckScope, Scope, Status
from prmproto.counters import COUNTERS

if TYPE_CHECKING:
    from collections.abc import Iterable

OF_ACCOUNT, OF_PORT = CheckScope.ACCOUNT, CheckScope.PORT
COUNTER_FIELDS: Final = tuple(counter.name.lower() for counter in COUNTERS)


class Check(NamedTuple):
    """A check of an account: whether it is on, of what it is, whether it can be changed here or must stay on."""

    check: CheckId
    enabled: bool
    scope: CheckScope
    editable: bool
    mandatory: bool
    first: int = 0
    second: int = 0


def status(account: Account) -> Status:
    """Give whether an account is blocked."""
    if not account.blocked:
        return Status.ACTIVE
    return Status.BLOCKED_AND_CANCELED if account.canceled else Status.BLOCKED


def lock(account: Account) -> AccountLock:
    """Give what locks an account as a whole."""
    return AccountLock.SYMBOL_RATE if account.rate_locked else AccountLock.NONE


def block_cause(account: Account) -> BlockCause:
    """Give why an account is blocked."""
    if not account.blocked:
        return BlockCause.NONE
    if account.blocked_by:
        return BlockCause.DROP
    return BlockCause.OPERATIONS if account.by_operations else BlockCause.MANUAL


def scope(account: Account) -> Scope:
    """Give whom an account covers."""
    if not account.entry.users:
        return Scope.ALL
    return Scope.EXCLUSION if account.entry.is_exclusion else Scope.INCLUSION


def has(limits: Iterable[CurrencyLimits], *names: str) -> bool:
    """Whether some currency has one of these limits."""
    return any(getattr(one, name) for one in limits for name in names)


def checks(administration: Administration, account: Account) -> list[Check]:
    """Give all checks, whether the account has them or not."""
    mpid, settings = account.entry.mpid, account.settings
    limits = list(settings.limits.values())
    ports = administration.ports(mpid)
    aggressive, passive = administration.multipliers(mpid)
    sponsored = bool(account.entry.sponsored_ports)
    books = {book for listed in account.restricted.values() for book in listed if account.is_restricted(book)}
    guarding = [port for port in ports if port.entry.drop is not None and account.name in port.entry.drop.guards]
    port_rate = any(port.maximum_orders for port in ports)
    fat_finger = any(port.fat_finger for port in ports)
    file_list = bool(account.restrictions.listed[Origin.FILE])
    quantity = has(limits, "maximum_quantity", "maximum_quantity_auction")
    value = has(limits, "maximum_value", "maximum_value_auction")
    return [
        Check(CheckId.FAT_FINGER, fat_finger, OF_PORT, False, sponsored, aggressive, passive),
        Check(CheckId.AUCTION_FAT_FINGER, settings.fat_finger_in_auctions, OF_ACCOUNT, True, False),
        Check(CheckId.MAXIMUM_QUANTITY, quantity, OF_ACCOUNT, True, sponsored and not value),
        Check(CheckId.MAXIMUM_VALUE, value, OF_ACCOUNT, True, sponsored and not quantity),
        Check(CheckId.ACCUMULATED, has(limits, *COUNTER_FIELDS), OF_ACCOUNT, True, sponsored),
        Check(CheckId.RESTRICTED_SYMBOLS, bool(books), OF_ACCOUNT, True, False, len(books)),
        Check(
            CheckId.RESTRICTED_SEGMENTS,
            bool(settings.restricted_segments),
            OF_ACCOUNT,
            True,
            False,
            len(settings.restricted_segments),
        ),
        Check(CheckId.DROP, bool(guarding), OF_ACCOUNT, False, False, len(guarding)),
        Check(CheckId.BLOW_THROUGH, has(limits, "blow_through"), OF_ACCOUNT, True, False),
        Check(CheckId.PORT_RATE, port_rate, OF_PORT, False, sponsored and not settings.symbol_rate),
        Check(CheckId.SYMBOL_RATE, bool(settings.symbol_rate), OF_ACCOUNT, False, sponsored and not port_rate),
        Check(
            CheckId.REPEATED_ORDER,
            bool(settings.repeated_order_limit),
            OF_ACCOUNT,
            True,
            False,
            max(settings.repeated_order_limit, 0),
        ),
        Check(CheckId.MAIL, bool(settings.emails), OF_ACCOUNT, False, False),
        Check(CheckId.FILE_LIST, file_list, OF_ACCOUNT, False, False),
        Check(CheckId.MARKET_ORDER_PREVENTION, settings.market_order_prevention, OF_ACCOUNT, True, False),
        Check(CheckId.MARKET_ORDER_PROTECTION, settings.market_order_protection, OF_ACCOUNT, True, False),
    ]
