"""The extension's requests that look: hello, lists, subscriptions. An answer is entries, then one End of Reply.

Lists that go through accounts are told in slices (`prmproto.listing`): here stands what each has to tell of an account.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from engine.administration import Account, Origin
from engine.api import CurrencyLimits
from prmproto import checks, codec, listing
from prmproto import codes as letters
from prmproto.changes import CHANGES, LETTERS
from prmproto.codes import CounterMode, ErrorCode, LimitId, RestrictionKind, YesNo
from prmproto.counters import MILLISECOND, bounded, currencies_of
from prmproto.listing import List
from prmproto.state import Row

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
ROWS_MAX: Final = 500
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
LIMIT_FIELDS: Final = tuple((limit.wire, limit.name.lower()) for limit in LimitId)
SEGMENT: Final = "segment"
"""A segment's row among those of order books, which have the names of their origins."""
UNTOLD: Final = "untold"
"""The row of a currency that is subscribed to, but in which there is nothing to tell yet."""
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


def text(field: bytes) -> str:
    """Give a name that a message has."""
    return field.rstrip(b" ").decode("latin-1")


def wire(account: Account) -> bytes:
    """Give an account's name as messages have it."""
    return account.name.encode("ascii").ljust(6)


def once(port: PrmPort, account: Account, message: bytes) -> list[Row]:
    """Give the only row of an account of which all is told at once."""
    return [("", "")]


def listed(port: PrmPort, message: bytes, now: int) -> None:
    """Begin a list of which nothing but the account can be wrong."""
    request, name = codec.unpack_account_list(message)  # the others have the same shape
    listing.begin(port, request, name, message, now)


def tell_account(port: PrmPort, account: Account, row: Row, message: bytes, now: int) -> int:
    """Tell an account."""
    request, _ = codec.unpack_account_list(message)
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


def users_of(port: PrmPort, account: Account, message: bytes) -> list[Row]:
    """Give an account's users."""
    return [(user, "") for user in account.entry.users]


def tell_user(port: PrmPort, account: Account, row: Row, message: bytes, now: int) -> int:
    """Tell a user of an account."""
    request, _ = codec.unpack_user_list(message)
    kind = letters.Listing.EXCLUDED if account.entry.is_exclusion else letters.Listing.INCLUDED
    port.send(codec.pack_user_entry(request, wire(account), row[0].encode("ascii").ljust(6), kind.wire))
    return 1


def tell_checks(port: PrmPort, account: Account, row: Row, message: bytes, now: int) -> int:
    """Tell the checks of an account."""
    request, _ = codec.unpack_check_list(message)
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
    port.looked_at += sum(map(len, account.restrictions.listed.values()))
    return len(found)


def is_told(port: PrmPort, request: int, name: bytes, currency: str) -> bool:
    """Whether there is a currency to tell of an account, or of all; says so where there is none."""
    error = ErrorCode.OK
    if not currency:
        return True
    if not port.administration.is_currency(currency):
        error = ErrorCode.NO_SUCH_CURRENCY
    elif name.strip(b" "):
        account = port.account(name)
        if not isinstance(account, ErrorCode) and currency not in currencies_of(account):
            error = ErrorCode.NO_SETTING
    if error:
        port.send(codec.pack_end_of_reply(request, 0, error))
    return not error


def money_of(port: PrmPort, account: Account, message: bytes) -> list[Row]:
    """Give the currencies of an account, or the one that is asked for."""
    currency = text(message[CURRENCY])
    return [(one, "") for one in currencies_of(account) if currency in ("", one)]


def limit_list(port: PrmPort, message: bytes, now: int) -> None:
    """List limits."""
    request, name, currency = codec.unpack_limit_list(message)
    if is_told(port, request, name, text(currency)):
        listing.begin(port, request, name, message, now)


def tell_limits(port: PrmPort, account: Account, row: Row, message: bytes, now: int) -> int:
    """Tell the limits of an account in a currency."""
    request, _, _ = codec.unpack_limit_list(message)
    currency = row[0]
    today = account.settings.limits.get(currency, UNLIMITED)
    persistent = account.persistent.limits.get(currency, UNLIMITED)
    for limit, field in LIMIT_FIELDS:
        value, next_day = getattr(today, field) or 0, getattr(persistent, field) or 0
        figures = bounded(value), bounded(next_day)
        switches = YES if value else NO, YES if value != next_day else NO
        what = wire(account), currency.encode("ascii"), limit
        port.send(codec.pack_limit_entry(request, *what, switches[0], *figures, switches[1]))
    return len(LIMIT_FIELDS)


def counter_list(port: PrmPort, message: bytes, now: int) -> None:
    """List counters, and go on telling them where that is asked for."""
    request, name, code, mode, interval = codec.unpack_counter_list(message)
    currency, account = text(code), text(name)
    if mode not in {one.wire for one in CounterMode}:
        port.extension_reject(message, ErrorCode.OUT_OF_RANGE, MODE_AT)
        return
    if mode == CounterMode.UNSUBSCRIBE.wire:
        port.counters.unsubscribe(account, currency)
        port.send(codec.pack_end_of_reply(request, 0, ErrorCode.OK))
        return
    is_begun = is_told(port, request, name, currency) and listing.begin(port, request, name, message, now)
    if is_begun and mode == CounterMode.SUBSCRIBE.wire:  # nothing is told by it before the answer's end
        port.counters.subscribe(account, currency, interval * MILLISECOND)


def counters_of(port: PrmPort, account: Account, message: bytes) -> list[Row]:
    """Give the currencies of an account, and those of which a subscription has nothing to tell yet."""
    rows = money_of(port, account, message)
    if message[MODE_AT : MODE_AT + 1] == CounterMode.SUBSCRIBE.wire:
        currency, told = text(message[CURRENCY]), {one for one, _ in rows}
        rows += [(one, UNTOLD) for one in account.currencies if one not in told and currency in ("", one)]
    return rows


def tell_counters(port: PrmPort, account: Account, row: Row, message: bytes, now: int) -> int:
    """Tell the counters of an account in a currency: by a subscription, what comes next is their next change."""
    request, _, _, mode, _ = codec.unpack_counter_list(message)
    currency, is_untold = row
    if mode == CounterMode.SUBSCRIBE.wire:
        port.counters.known(account, currency, now)
    return 0 if is_untold else port.counters.entry(account, port.administration.state(account, currency), request, now)


def restriction_list(port: PrmPort, message: bytes, now: int) -> None:
    """List what is restricted, an entry for each origin."""
    request, name, kind = codec.unpack_restriction_list(message)
    if kind not in {one.wire for one in RestrictionKind}:
        port.extension_reject(message, ErrorCode.OUT_OF_RANGE, KIND_AT)
        return
    listing.begin(port, request, name, message, now)


def restrictions_of(port: PrmPort, account: Account, message: bytes) -> list[Row]:
    """Give the order books that an account may not trade, by who says so, and the segments."""
    _, _, kind = codec.unpack_restriction_list(message)
    rows: list[Row] = []
    if kind != RestrictionKind.SEGMENT.wire:
        rows += [(origin.name, book) for origin, listed in account.restricted.items() for book in listed]
    if kind != RestrictionKind.ORDER_BOOK.wire:
        segments = {*account.settings.restricted_segments, *account.persistent.restricted_segments}
        rows += [(SEGMENT, str(segment)) for segment in sorted(segments)]
    return rows


def tell_restriction(port: PrmPort, account: Account, row: Row, message: bytes, now: int) -> int:
    """Tell a restriction, or nothing where it has gone meanwhile."""
    request, _, _ = codec.unpack_restriction_list(message)
    if row[0] == SEGMENT:
        segment = int(row[1])
        is_persistent = segment in account.persistent.restricted_segments
        found = letters.Origin.PERSISTENT if is_persistent else letters.Origin.MANUAL
        kind, symbol, since = RestrictionKind.SEGMENT, "", 0
        holds = segment in account.settings.restricted_segments
    else:
        origin, order_book = Origin[row[0]], row[1]
        restrictions = account.restrictions
        since = restrictions.listed.get(origin, {}).get(order_book, 0)
        if origin is not Origin.PERSISTENT and order_book not in restrictions.listed.get(origin, {}):
            return 0
        entry = port.administration.book(order_book)
        kind, found, symbol = RestrictionKind.ORDER_BOOK, ORIGINS[origin], "" if entry is None else entry.symbol
        holds = not (origin in MASKABLE and order_book in restrictions.released)
    state = letters.Restriction.ACTIVE if holds else letters.Restriction.INACTIVE
    called = symbol.encode("ascii", "replace")[:NAME_LENGTH].ljust(NAME_LENGTH)
    what = wire(account), kind.wire, int(row[1]), called, found.wire, state.wire
    port.send(codec.pack_restriction_entry(request, *what, port.since_midnight(since), 0))
    return 1


def subscribe_events(port: PrmPort, message: bytes, now: int) -> None:
    """Go on telling events."""
    request, name, mask = codec.unpack_subscribe_events(message)
    accounts = listing.chosen(port, name)
    status = accounts if isinstance(accounts, ErrorCode) else ErrorCode.OK
    if not status:
        port.events.subscribe(name.rstrip(b" ").decode("latin-1"), mask)
    port.send(codec.pack_end_of_reply(request, 0, status))


def audit_list(port: PrmPort, message: bytes, now: int) -> None:
    """List rows of today's audit: as many as one answer may have."""
    request, name, first = codec.unpack_audit_list(message)
    accounts = listing.chosen(port, name)
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
    codec.ACCOUNT_LIST: listed,
    codec.USER_LIST: listed,
    codec.CHECK_LIST: listed,
    codec.LIMIT_LIST: limit_list,
    codec.COUNTER_LIST: counter_list,
    codec.RESTRICTION_LIST: restriction_list,
    codec.SUBSCRIBE_EVENTS: subscribe_events,
    codec.AUDIT_LIST: audit_list,
}
LISTS_OF: Final = {
    codec.ACCOUNT_LIST: List(once, tell_account),
    codec.USER_LIST: List(users_of, tell_user),
    codec.CHECK_LIST: List(once, tell_checks),
    codec.LIMIT_LIST: List(money_of, tell_limits),
    codec.COUNTER_LIST: List(counters_of, tell_counters),
    codec.RESTRICTION_LIST: List(restrictions_of, tell_restriction),
}
"""What is told in slices, by the request."""
