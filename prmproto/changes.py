"""The requests that change something: each uses up a number, is answered with what results, and ends with the day.

What stands in the way is asked in this order: the number, the account, the values, what the login may do, and what the
engine refuses. A request in which all is kept changes nothing: it reads, and a login that may only look may ask it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from engine.administration import Account
from engine.api import CommandRefused
from prmproto import codec
from prmproto.codes import Block, CancelScope, ErrorCode, RejectReason, Restriction, Switch
from prmproto.messages import LIMITS

if TYPE_CHECKING:
    from prmproto.port import PrmPort

CHANGES: Final = 16
"""The feature of the extension's own changes, which hello grants; the base protocol's need no hello."""
KEEP: Final = -1
KEEP_LETTER: Final = b"?"
BASE_REASONS: Final = {
    ErrorCode.NO_SUCH_ACCOUNT: RejectReason.INVALID_ACCOUNT,
    ErrorCode.NO_SUCH_CURRENCY: RejectReason.INVALID_CURRENCY,
    ErrorCode.NO_SETTING: RejectReason.NO_SETTING,
    ErrorCode.NO_SUCH_BOOK: RejectReason.NO_SETTING,
    ErrorCode.OUT_OF_RANGE: RejectReason.NO_SETTING,
    ErrorCode.NOT_AUTHORIZED: RejectReason.UNAUTHORIZED,
    ErrorCode.MANDATORY: RejectReason.UNAUTHORIZED,
    ErrorCode.NOT_EDITABLE: RejectReason.UNAUTHORIZED,
    ErrorCode.OPERATIONS_ONLY: RejectReason.UNAUTHORIZED,
    ErrorCode.SEQUENCE_GAP: RejectReason.UNAUTHORIZED,
    ErrorCode.READ_ONLY: RejectReason.UNAUTHORIZED,
}
"""What the base protocol's Rejected says for each error."""
REFUSALS: Final = {
    "currency": ErrorCode.NO_SUCH_CURRENCY,
    "setting": ErrorCode.NO_SETTING,
    "book": ErrorCode.NO_SUCH_BOOK,
    "segment": ErrorCode.NO_SUCH_BOOK,
    "mandatory": ErrorCode.MANDATORY,
    "operations": ErrorCode.OPERATIONS_ONLY,
}
"""What a refusal of the engine is called."""
SWITCHES: Final = {Switch.ON.wire: True, Switch.OFF.wire: False}
LETTERS: Final = {True: Switch.ON.wire, False: Switch.OFF.wire}
RESTRICTIONS: Final = {Restriction.ACTIVE.wire: True, Restriction.INACTIVE.wire: False}
BLOCKS: Final = frozenset(one.wire for one in Block)
SETTINGS: Final = (
    "restrict_on_repeated_order",
    "market_order_prevention",
    "fat_finger_in_auctions",
    "market_order_protection",
)
"""The switches of Modify Account Settings, in wire order."""
UNSET_AS_NONE: Final = frozenset({"maximum_quantity_auction", "maximum_value_auction"})
ORDERS_A_ROW: Final = 10
"""So many orders are looked at as fast as a row of the audit."""
UNUSED_AT: Final = 2
Change = Callable[[Account], bytes]


def carry_out(
    port: PrmPort,
    number: int,
    name: bytes,
    reads: bool,
    change: Change,
    reject: Callable[[ErrorCode], None],
    *,
    is_sound: bool = True,
    is_granted: bool = True,
) -> None:
    """Take a request's number, and carry it out or say why not; `reads` tells that it changes nothing."""
    if number > port.next_number and port.settings.strict:
        reject(ErrorCode.SEQUENCE_GAP)
        return
    if not port.take_number(number):
        return
    account = port.account(name)
    if isinstance(account, ErrorCode):
        reject(account)
    elif not is_sound:
        reject(ErrorCode.OUT_OF_RANGE)
    elif port.settings.is_read_only and not reads:
        reject(ErrorCode.READ_ONLY)
    elif not is_granted:
        reject(ErrorCode.NOT_AUTHORIZED)
    else:
        try:
            answer = change(account)
        except CommandRefused as refused:
            reject(REFUSALS[refused.field])
        else:
            port.send(answer)


def base_reject(port: PrmPort, number: int) -> Callable[[ErrorCode], None]:
    """Give how the base protocol refuses a request."""

    def reject(error: ErrorCode) -> None:
        port.send(codec.pack_rejected(number, BASE_REASONS[error].wire))

    return reject


def account_query(port: PrmPort, message: bytes, now: int) -> None:
    """Say which number is expected next."""
    port.send(codec.pack_account_query_response(port.next_number_told))


def account_settings(port: PrmPort, message: bytes, now: int) -> None:
    """Change settings of an account; block it or lift a block."""
    number, name, repeated, *letters, block = codec.unpack_modify_account_settings(message)
    changes: dict[str, Any] = {
        setting: SWITCHES[letter] for setting, letter in zip(SETTINGS, letters, strict=True) if letter in SWITCHES
    }
    if repeated != KEEP:
        changes["repeated_order_limit"] = repeated
    is_sound = (
        repeated >= KEEP and block in BLOCKS and all(letter in SWITCHES or letter == KEEP_LETTER for letter in letters)
    )

    def change(account: Account) -> bytes:
        administration = port.administration
        if block == Block.UNBLOCK.wire:
            administration.unblock(account, now)
        if changes:
            administration.set_settings(account, changes, now)
        if block in {Block.BLOCK.wire, Block.BLOCK_AND_CANCEL.wire}:
            administration.block(account, now, cancel=block == Block.BLOCK_AND_CANCEL.wire)
        settings = account.settings
        return codec.pack_account_settings_response(
            number,
            name,
            settings.repeated_order_limit,
            LETTERS[settings.restrict_on_repeated_order],
            LETTERS[settings.market_order_prevention],
            LETTERS[settings.fat_finger_in_auctions],
            LETTERS[settings.market_order_protection],
            status_of(account).wire,
        )

    reads = not changes and block == KEEP_LETTER
    carry_out(port, number, name, reads, change, base_reject(port, number), is_sound=is_sound)


def status_of(account: Account) -> Block:
    """Give whether an account is blocked, as an answer says it."""
    if not account.blocked:
        return Block.UNBLOCK
    return Block.BLOCK_AND_CANCEL if account.canceled else Block.BLOCK


def book_restriction(port: PrmPort, message: bytes, now: int) -> None:
    """Restrict an order book, or release it."""
    number, name, order_book, letter = codec.unpack_modify_order_book_restriction(message)

    def change(account: Account) -> bytes:
        book, administration = str(order_book), port.administration
        if letter != KEEP_LETTER:
            administration.restrict_book(account, book, now, restricted=RESTRICTIONS[letter])
        elif administration.book(book) is None:
            raise CommandRefused("book", f"no such order book: {book}")
        state = Restriction.ACTIVE if account.is_restricted(book) else Restriction.INACTIVE
        time = port.since_midnight(now)
        return codec.pack_order_book_restriction_response(number, time, name, order_book, state.wire)

    is_sound = letter in RESTRICTIONS or letter == KEEP_LETTER
    reject = base_reject(port, number)
    carry_out(port, number, name, letter == KEEP_LETTER, change, reject, is_sound=is_sound)


def segment_restriction(port: PrmPort, message: bytes, now: int) -> None:
    """Restrict a market segment, or release it."""
    number, name, segment, letter = codec.unpack_modify_segment_restriction(message)

    def change(account: Account) -> bytes:
        administration = port.administration
        if letter != KEEP_LETTER:
            administration.restrict_segment(account, segment, now, restricted=RESTRICTIONS[letter])
        elif not administration.is_segment(segment):
            raise CommandRefused("segment", f"no such segment: {segment}")
        is_restricted = segment in account.settings.restricted_segments
        state = Restriction.ACTIVE if is_restricted else Restriction.INACTIVE
        return codec.pack_segment_restriction_response(number, port.since_midnight(now), name, segment, state.wire)

    is_sound = letter in RESTRICTIONS or letter == KEEP_LETTER
    reject = base_reject(port, number)
    carry_out(port, number, name, letter == KEEP_LETTER, change, reject, is_sound=is_sound)


def limit_settings(port: PrmPort, message: bytes, now: int) -> None:
    """Change limits of a currency."""
    number, name, currency, *values = codec.unpack_modify_limit_settings(message)
    unused = values.pop(UNUSED_AT)
    changes = {
        limit: value or (None if limit in UNSET_AS_NONE else 0)
        for limit, value in zip(LIMITS, values, strict=True)
        if value != KEEP
    }

    def change(account: Account) -> bytes:
        limits = port.administration.set_limits(account, currency.decode("latin-1"), changes, now)
        result = [getattr(limits, limit) or 0 for limit in LIMITS]
        result.insert(UNUSED_AT, unused)
        return codec.pack_limit_settings_response(number, name, currency, *result)

    is_sound = all(value >= KEEP for value in values)
    carry_out(port, number, name, not changes, change, base_reject(port, number), is_sound=is_sound)


def account_currency(port: PrmPort, message: bytes, now: int) -> None:
    """Lock or unlock an account in a currency, and switch blow-through protection."""
    number, name, currency, lock, blow_through = codec.unpack_modify_account_currency(message)
    code = currency.decode("latin-1")

    def change(account: Account) -> bytes:
        administration = port.administration
        changes = {} if blow_through == KEEP_LETTER else {"blow_through": SWITCHES[blow_through]}
        limits = administration.set_limits(account, code, changes, now)
        if lock == Switch.ON.wire:
            administration.lock(account, code, now)
        elif lock == Switch.OFF.wire:
            administration.unlock(account, code, now)
        state = account.currencies.get(code)
        is_locked = state is not None and bool(state.locked)
        letters = LETTERS[is_locked], LETTERS[limits.blow_through]
        return codec.pack_account_currency_response(number, name, currency, *letters)

    is_sound = all(letter in SWITCHES or letter == KEEP_LETTER for letter in (lock, blow_through))
    reads = lock == blow_through == KEEP_LETTER
    carry_out(port, number, name, reads, change, base_reject(port, number), is_sound=is_sound)


def cancel_orders(port: PrmPort, message: bytes, now: int) -> None:
    """End open orders of an account without a block."""
    number, name, scope, order_book = codec.unpack_cancel_orders(message)
    is_one = scope == CancelScope.ORDER_BOOK.wire

    def change(account: Account) -> bytes:
        count = port.administration.cancel(account, str(order_book) if is_one else "", now)
        orders = sum(len(one.orders) for one in port.administration.ports(account.entry.mpid))
        port.looked_at = orders // ORDERS_A_ROW
        return codec.pack_cancel_orders_response(number, port.since_midnight(now), name, count)

    def reject(error: ErrorCode) -> None:
        port.extension_reject(message, error)

    is_sound, is_granted = is_one or scope == CancelScope.ALL.wire, bool(port.features & CHANGES)
    carry_out(port, number, name, False, change, reject, is_sound=is_sound, is_granted=is_granted)


HANDLERS: Final = {
    codec.ACCOUNT_QUERY: account_query,
    codec.MODIFY_ACCOUNT_SETTINGS: account_settings,
    codec.MODIFY_ORDER_BOOK_RESTRICTION: book_restriction,
    codec.MODIFY_SEGMENT_RESTRICTION: segment_restriction,
    codec.MODIFY_LIMIT_SETTINGS: limit_settings,
    codec.MODIFY_ACCOUNT_CURRENCY: account_currency,
    codec.CANCEL_ORDERS: cancel_orders,
}
