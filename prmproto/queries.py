"""The extension's requests that look: hello, lists, subscriptions. An answer is entries, then one End of Reply."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Final

from engine.administration import Account, Origin
from engine.api import CurrencyLimits
from prmproto import checks, codec
from prmproto import codes as letters
from prmproto.changes import CHANGES, LETTERS
from prmproto.codes import CounterMode, ErrorCode, LimitId, RestrictionKind, YesNo
from prmproto.counters import MILLISECOND, bounded, currencies_of

if TYPE_CHECKING:
    from prmproto.port import PrmPort

MAJOR, MINOR = 1, 0
LISTS, COUNTERS, EVENTS, AUDIT = 1, 2, 4, 8
FEATURES: Final = LISTS | COUNTERS | EVENTS | AUDIT
"""The features of every login. One that may change something has `CHANGES` as well."""
FEATURES_OF: Final = {
    codec.ACCOUNT_LIST: LISTS,
    codec.USER_LIST: LISTS,
    codec.CHECK_LIST: LISTS,
    codec.LIMIT_LIST: LISTS,
    codec.COUNTER_LIST: LISTS,
    codec.RESTRICTION_LIST: LISTS,
    codec.SUBSCRIBE_EVENTS: EVENTS,
    codec.AUDIT_LIST: AUDIT,
}
"""Which feature a query is of; counters are a list when they are asked for once."""
ROWS_MAX: Final = 1_000
"""Rows of the audit that one answer has; the next one asks from the number behind the last."""
ROWS_LOOKED_AT_MAX: Final = 20_000
ORIGINS: Final = {
    Origin.PERSISTENT: letters.Origin.PERSISTENT,
    Origin.FILE: letters.Origin.FILE,
    Origin.MANUAL: letters.Origin.MANUAL,
    Origin.REPEATED_ORDER: letters.Origin.REPEATED,
}
MASKABLE: Final = frozenset({Origin.PERSISTENT, Origin.FILE})
YES, NO = YesNo.YES.wire, YesNo.NO.wire
NAME_LENGTH: Final = 16
UNLIMITED: Final = CurrencyLimits()
MAJOR_AT, MODE_AT, KIND_AT = 5, 14, 11
CURRENCY: Final = slice(11, 14)
"""Where fields lie that may be to blame."""
SIXTEEN_BITS: Final = 0xFFFF


def hello(port: PrmPort, message: bytes, now: int) -> None:
    """Begin the extension."""
    request, major, minor, asked = codec.unpack_hello(message)
    if major != MAJOR:
        port.extension_reject(message, ErrorCode.VERSION, MAJOR_AT)
        return
    granted = asked & (FEATURES if port.settings.is_read_only else FEATURES | CHANGES)
    port.said_hello, port.minor, port.features = True, minor, granted
    role = letters.Role.READ_ONLY if port.settings.is_read_only else letters.Role.ADMIN
    answer = codec.pack_hello_response(
        request,
        MAJOR,
        MINOR,
        granted,
        port.port.mpid.encode("ascii").ljust(4),
        role.wire,
        int(port.administration.date.replace("-", "") or 0),
        min(len(port.accounts()), SIXTEEN_BITS),
        port.next_number_told,
    )
    port.send(answer)


def is_granted(port: PrmPort, message: bytes) -> bool:
    """Whether hello granted what a query is of, as far as it is of anything."""
    kind = message[0]
    feature = FEATURES_OF.get(kind, 0)
    if kind == codec.COUNTER_LIST and message[MODE_AT : MODE_AT + 1] != CounterMode.SNAPSHOT.wire:
        feature = COUNTERS
    return feature & port.features == feature


def reply(port: PrmPort, request: int, name: bytes, entries: Callable[[Account], int]) -> None:
    """Answer a query of one account or of all: `entries` sends those of an account, and gives how many."""
    accounts = chosen(port, name)
    if isinstance(accounts, ErrorCode):
        port.send(codec.pack_end_of_reply(request, 0, accounts))
    else:
        port.send(codec.pack_end_of_reply(request, sum(map(entries, accounts)), ErrorCode.OK))


def chosen(port: PrmPort, name: bytes) -> list[Account] | ErrorCode:
    """Give the accounts that a query is about."""
    if not name.strip(b" "):
        return port.accounts()
    account = port.account(name)
    return account if isinstance(account, ErrorCode) else [account]


def wire(account: Account) -> bytes:
    """Give an account's name as messages have it."""
    return account.name.encode("ascii").ljust(6)


def account_list(port: PrmPort, message: bytes, now: int) -> None:
    """List accounts."""
    request, name = codec.unpack_account_list(message)

    def entries(account: Account) -> int:
        entry, settings = account.entry, account.settings
        locked = sum(bool(state.locked) for state in account.currencies.values())
        answer = codec.pack_account_entry(
            request,
            wire(account),
            entry.mpid.encode("ascii").ljust(4),
            checks.status(account).wire,
            checks.lock(account).wire,
            checks.block_cause(account).wire,
            checks.scope(account).wire,
            YES if entry.sponsored_ports else NO,
            settings.repeated_order_limit,
            LETTERS[settings.restrict_on_repeated_order],
            LETTERS[settings.market_order_prevention],
            LETTERS[settings.fat_finger_in_auctions],
            LETTERS[settings.market_order_protection],
            min(len(entry.users), SIXTEEN_BITS),
            min(len(settings.limits), SIXTEEN_BITS),
            min(locked, SIXTEEN_BITS),
            port.since_midnight(account.changed_at),
        )
        port.send(answer)
        return 1

    reply(port, request, name, entries)


def user_list(port: PrmPort, message: bytes, now: int) -> None:
    """List the users of accounts."""
    request, name = codec.unpack_user_list(message)

    def entries(account: Account) -> int:
        listing = letters.Listing.EXCLUDED if account.entry.is_exclusion else letters.Listing.INCLUDED
        for user in account.entry.users:
            port.send(codec.pack_user_entry(request, wire(account), user.encode("ascii").ljust(6), listing.wire))
        return len(account.entry.users)

    reply(port, request, name, entries)


def check_list(port: PrmPort, message: bytes, now: int) -> None:
    """List the checks of accounts."""
    request, name = codec.unpack_check_list(message)

    def entries(account: Account) -> int:
        found = checks.checks(port.administration, account)
        for check in found:
            answer = codec.pack_check_entry(
                request,
                wire(account),
                check.check.wire,
                YES if check.enabled else NO,
                check.scope.wire,
                YES if check.editable else NO,
                YES if check.mandatory else NO,
                check.first,
                check.second,
            )
            port.send(answer)
        return len(found)

    reply(port, request, name, entries)


def in_currency(
    port: PrmPort, request: int, name: bytes, currency: str, entries: Callable[[Account, str], int]
) -> bool:
    """Answer a query of one currency or of all; gives whether it could be."""
    if currency:
        error = ErrorCode.OK
        if not port.administration.is_currency(currency):
            error = ErrorCode.NO_SUCH_CURRENCY
        elif name.strip(b" "):
            account = port.account(name)
            if not isinstance(account, ErrorCode) and currency not in currencies_of(account):
                error = ErrorCode.NO_SETTING
        if error:
            port.send(codec.pack_end_of_reply(request, 0, error))
            return False

    def all_of(account: Account) -> int:
        return sum(entries(account, one) for one in currencies_of(account) if currency in ("", one))

    reply(port, request, name, all_of)
    return not isinstance(chosen(port, name), ErrorCode)


def limit_list(port: PrmPort, message: bytes, now: int) -> None:
    """List limits."""
    request, name, code = codec.unpack_limit_list(message)

    def entries(account: Account, currency: str) -> int:
        today = account.settings.limits.get(currency, UNLIMITED)
        persistent = account.persistent.limits.get(currency, UNLIMITED)
        for limit in LimitId:
            field = limit.name.lower()
            value, next_day = getattr(today, field) or 0, getattr(persistent, field) or 0
            figures = bounded(value), bounded(next_day)
            switches = YES if value else NO, YES if value != next_day else NO
            what = wire(account), currency.encode("ascii"), limit.wire
            port.send(codec.pack_limit_entry(request, *what, switches[0], *figures, switches[1]))
        return len(LimitId)

    in_currency(port, request, name, code.rstrip(b" ").decode("latin-1"), entries)


def counter_list(port: PrmPort, message: bytes, now: int) -> None:
    """List counters, and go on telling them where that is asked for."""
    request, name, code, mode, interval = codec.unpack_counter_list(message)
    currency, account = (text.rstrip(b" ").decode("latin-1") for text in (code, name))
    if mode not in {one.wire for one in CounterMode}:
        port.extension_reject(message, ErrorCode.OUT_OF_RANGE, MODE_AT)
        return
    if mode == CounterMode.UNSUBSCRIBE.wire:
        port.counters.unsubscribe(account, currency)
        port.send(codec.pack_end_of_reply(request, 0, ErrorCode.OK))
        return

    def entries(account: Account, currency: str) -> int:
        return port.counters.entry(account, port.administration.state(account, currency), request, now)

    if in_currency(port, request, name, currency, entries) and mode == CounterMode.SUBSCRIBE.wire:
        port.counters.subscribe(account, currency, interval * MILLISECOND)
        port.counters.known(account, currency, now)


def restriction_list(port: PrmPort, message: bytes, now: int) -> None:
    """List what is restricted, an entry for each origin."""
    request, name, kind = codec.unpack_restriction_list(message)
    if kind not in {one.wire for one in RestrictionKind}:
        port.extension_reject(message, ErrorCode.OUT_OF_RANGE, KIND_AT)
        return
    both = kind == RestrictionKind.ALL.wire

    def entries(account: Account) -> int:
        count = books(account) if both or kind == RestrictionKind.ORDER_BOOK.wire else 0
        return count + (segments(account) if both or kind == RestrictionKind.SEGMENT.wire else 0)

    def books(account: Account) -> int:
        found = [(origin, book) for origin, listed in account.restricted.items() for book in listed]
        for origin, order_book in found:
            entry = port.administration.book(order_book)
            symbol = "" if entry is None else entry.symbol
            is_masked = origin in MASKABLE and order_book in account.restrictions.released
            since = account.restrictions.listed.get(origin, {}).get(order_book, 0)
            put(account, RestrictionKind.ORDER_BOOK, int(order_book), symbol, ORIGINS[origin], not is_masked, since)
        return len(found)

    def segments(account: Account) -> int:
        today, persistent = account.settings.restricted_segments, account.persistent.restricted_segments
        found = sorted({*today, *persistent})
        for segment in found:
            origin = letters.Origin.PERSISTENT if segment in persistent else letters.Origin.MANUAL
            put(account, RestrictionKind.SEGMENT, segment, "", origin, segment in today, 0)
        return len(found)

    def put(
        account: Account, of: RestrictionKind, number: int, called: str, origin: letters.Origin, holds: bool, since: int
    ) -> None:
        state = letters.Restriction.ACTIVE if holds else letters.Restriction.INACTIVE
        text = called.encode("ascii", "replace")[:NAME_LENGTH].ljust(NAME_LENGTH)
        what = wire(account), of.wire, number, text, origin.wire, state.wire
        port.send(codec.pack_restriction_entry(request, *what, port.since_midnight(since), 0))

    reply(port, request, name, entries)


def subscribe_events(port: PrmPort, message: bytes, now: int) -> None:
    """Go on telling events."""
    request, name, mask = codec.unpack_subscribe_events(message)
    accounts = chosen(port, name)
    status = accounts if isinstance(accounts, ErrorCode) else ErrorCode.OK
    if not status:
        port.events.subscribe(name.rstrip(b" ").decode("latin-1"), mask)
    port.send(codec.pack_end_of_reply(request, 0, status))


def audit_list(port: PrmPort, message: bytes, now: int) -> None:
    """List rows of today's audit: as many as one answer may have."""
    request, name, first = codec.unpack_audit_list(message)
    accounts = chosen(port, name)
    if isinstance(accounts, ErrorCode):
        port.send(codec.pack_end_of_reply(request, 0, accounts))
        return
    names, count, mpid = {account.name for account in accounts}, 0, port.port.mpid
    for row in islice(port.administration.audit(mpid, first), ROWS_LOOKED_AT_MAX):
        if count == ROWS_MAX:
            break
        port.looked_at += 1
        if row.account in names:
            count += 1
            times = row.number, port.since_midnight(row.moment)
            texts = [
                text.encode("ascii").ljust(size) for text, size in zip(row[2:], (6, 20, 60, 3, 20, 20), strict=True)
            ]
            port.send(codec.pack_audit_entry(request, *times, mpid.encode("ascii").ljust(4), *texts))
    port.send(codec.pack_end_of_reply(request, count, ErrorCode.OK))


HANDLERS: Final = {
    codec.HELLO: hello,
    codec.ACCOUNT_LIST: account_list,
    codec.USER_LIST: user_list,
    codec.CHECK_LIST: check_list,
    codec.LIMIT_LIST: limit_list,
    codec.COUNTER_LIST: counter_list,
    codec.RESTRICTION_LIST: restriction_list,
    codec.SUBSCRIBE_EVENTS: subscribe_events,
    codec.AUDIT_LIST: audit_list,
}
