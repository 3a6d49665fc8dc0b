"""The US dialect of OUCH 5.0, revision 1.05, for NASDAQ, BX and PSX: its messages read and written.

Validation goes in this order: length, number, side, time in force, display, capacity, sweep, cross, symbol, options,
then the engine's (quantity, price, what is served, market, port, risk). The first fault gives the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import structs

from engine.api import (
    PLAIN,
    REFUSALS,
    BrokenTradeReason,
    CancelReason,
    Display,
    Liquidity,
    Order,
    OrderAttributes,
    OrderEntry,
    OrderTerms,
    Port,
    Refusal,
    Reject,
    SelfMatchPrevention,
    SystemEvent,
)
from engine.endpoint import PacketStream
from ouch import codec, codes
from ouch.port import CHANNEL_SHIFT, NUMBER_MASK, Handler, OuchPort
from ouch.terms import (
    AIQ_LETTERS,
    BROKEN_TRADE_REASONS,
    CANCEL_REASONS,
    KNOWN_TERMS,
    LIQUIDITY_FLAGS,
    REASONS,
    SIDES,
    SYSTEM_EVENTS,
    OptionValues,
    accepted_letters,
    option_fault,
    order_attributes,
    order_terms,
    replaced_letters,
)
from wire.record import BadOption

UNKNOWN_SYMBOL: Final = Reject.INVALID_SYMBOL
LIVE: Final = b"L"
DEAD: Final = b"D"
AFTER_HOURS: Final = b"E"
DISPLAY_REFRESH: Final = codes.RestatedReason.REFRESH.wire
REPRICED: Final = codes.RestatedReason.REPRICED.wire
HIDDEN: Final = Display.HIDDEN
UNSEEN: Final = codes.Display.HIDDEN.wire
NO_OPTIONS: Final[OptionValues] = {}
SPELLED: Final[dict[str, bytes]] = {}
"""The symbols met so far, as they stand on the wire: no more than the venue has listed."""


class UsOuchPort(OuchPort):
    """The US dialect: NASDAQ, BX and PSX."""

    def __init__(
        self,
        port: Port,
        engine: OrderEntry,
        open_stream: Callable[[], PacketStream],
        ignored: Callable[[Port, str, bytes], None],
    ) -> None:
        super().__init__(port, engine, open_stream, ignored)
        self.handlers = HANDLERS
        self.uncounted = UNCOUNTED

    # From the client.

    def enter_order(self, message: bytes, now: int) -> None:
        """Enter Order (OUCH 5.0 §3.1): Accepted, Rejected, or silence for a stale number."""
        (
            number,
            side,
            quantity,
            symbol,
            price,
            time_in_force,
            display,
            capacity,
            sweep,
            cross,
            cl_ord_id,
            appendage,
        ) = codec.unpack_enter_order(message)
        channel = 0
        letters = (side, time_in_force, display, capacity, sweep, cross)
        attributes = self.port.plain
        bad: Reject | None = None
        if appendage:
            channel, options, bad = read_options(appendage, codec.ENTER_ORDER_OPTIONS)
            found = bad if bad is not None else order_attributes(options, attributes, self.port)
            if isinstance(found, Reject):
                bad = found
            else:
                attributes = found
                letters = accepted_letters(letters, attributes)
        if number <= self.numbers.get(channel, 0):
            return
        self.numbers[channel] = number
        terms = KNOWN_TERMS.get(letters) or order_terms(letters)
        scope = self.scopes.get(symbol) or self.scope(symbol)
        refusal: Refusal | None
        if bad is None and scope is not None and isinstance(terms, OrderTerms):
            key = channel << CHANNEL_SHIFT | number
            order = Order(self.port, scope, terms, attributes, quantity, price, cl_ord_id, key)
            refusal = self.engine.enter(order, now)
        elif isinstance(terms, Reject):
            refusal = REFUSALS[terms]
        else:
            is_listed = scope is not None and scope.book.closed is not UNKNOWN_SYMBOL  # a scope outlives its listing
            refusal = REFUSALS[bad if bad is not None and is_listed else UNKNOWN_SYMBOL]
        if refusal is not None:
            self.reject(channel, number, cl_ord_id, refusal, now)

    def replace_order(self, message: bytes, now: int) -> None:
        """Replace Order Request (OUCH 5.0 §3.2): the four outcomes of §2.5."""
        original_number, number, quantity, price, time_in_force, display, sweep, cl_ord_id, appendage = (
            codec.unpack_replace_order(message)
        )
        channel, options = 0, NO_OPTIONS
        bad: Reject | None = None
        if appendage:
            channel, options, bad = read_options(appendage, codec.REPLACE_ORDER_OPTIONS)
        original = self.live(channel, original_number)
        if original is None or number <= self.numbers.get(channel, 0):
            return
        side, _, _, capacity, _, cross = original.terms.letters
        letters = (side, time_in_force, display, capacity, sweep, cross)
        attributes = original.entered
        if appendage or attributes is not PLAIN:
            base = structs.replace(attributes, shares_located=False, locate_broker=b"", options=())
            found = bad if bad is not None else order_attributes(options, base, self.port)
            letters = replaced_letters(letters, options, found)
            if isinstance(found, Reject):
                bad = found
            else:
                attributes = found
        terms = KNOWN_TERMS.get(letters) or order_terms(letters)
        if bad is not None or not isinstance(terms, OrderTerms) or time_in_force == AFTER_HOURS:
            self.engine.cancel_to(original, 0, now)
            return
        key = channel << CHANNEL_SHIFT | number
        order = Order(self.port, original.scope, terms, attributes, quantity, price, cl_ord_id, key)
        order.entered = original.entered
        fault = self.engine.fault(order)
        if terms.side is not original.terms.side and terms.is_buy != original.terms.is_buy:
            fault = REFUSALS[Reject.INVALID_SIDE]
        refusal = self.supersede(original, order, fault, now)
        if refusal is not None:
            self.reject(channel, number, cl_ord_id, refusal, now)

    def cancel_order(self, message: bytes, now: int) -> None:
        """Cancel Order Request (OUCH 5.0 §3.3): cut to an intended size; Canceled, or silence."""
        number, quantity, appendage = codec.unpack_cancel_order(message)
        channel, _, bad = read_options(appendage, codec.CANCEL_ORDER_OPTIONS)
        order = self.live(channel, number)
        if bad is not None:
            self.ignored(self.port, "a Cancel Order with an option that may not stand in it", message)
        elif order is not None:
            self.engine.cancel_to(order, quantity, now)

    def modify_order(self, message: bytes, now: int) -> None:
        """Modify Order Request (OUCH 5.0 §3.4): Modified, Canceled where nothing is left, or silence."""
        number, side, quantity, appendage = codec.unpack_modify_order(message)
        channel, options, bad = read_options(appendage, codec.MODIFY_ORDER_OPTIONS)
        order = self.live(channel, number)
        if order is None:
            return
        _, *letters = order.terms.letters
        terms = order_terms((side, *letters))  # type: ignore[arg-type]  # six letters, as they came
        attributes = bad if bad is not None else order_attributes(options, order.attributes, self.port)
        if isinstance(terms, Reject) or isinstance(attributes, Reject):
            self.ignored(self.port, "a Modify Order whose side or options may not stand in it", message)
            return
        refusal = self.engine.modify(order, terms, attributes, quantity, now)
        if refusal is not None:
            self.ignored(self.port, f"a Modify Order that may not be done: {refusal.reason.name}", message)

    def mass_cancel(self, message: bytes, now: int) -> None:
        """Mass Cancel Request (OUCH 5.0 §3.5): a Canceled for each order that matches, then the response."""
        number, firm, symbol, appendage = codec.unpack_mass_cancel(message)
        channel, options, bad = read_options(appendage, codec.MASS_CANCEL_OPTIONS)
        if not self.take_number(channel, number):
            return
        letter = options.get(codec.TAG_SIDE)
        side = SIDES.get(letter) if isinstance(letter, bytes) else None
        if bad is not None or not self.is_own(firm) or (letter is not None and side is None):
            self.ignored(self.port, "a Mass Cancel for another firm, or with a bad option", message)
            return
        group_id = options.get(codec.TAG_GROUP_ID)
        assert group_id is None or isinstance(group_id, int)
        self.engine.mass_cancel(self.port, symbol.rstrip(b" ").decode("latin-1"), side, group_id, message, now)

    def disable_order_entry(self, message: bytes, now: int) -> None:
        """Disable Order Entry Request (OUCH 5.0 §3.6)."""
        number, firm, appendage = codec.unpack_disable_order_entry(message)
        echo = self.set_entry(number, firm, appendage, message, enabled=False)
        if echo is not None:
            self.send(codec.pack_disable_order_entry_response(now - self.port.midnight, number, firm, echo))

    def enable_order_entry(self, message: bytes, now: int) -> None:
        """Enable Order Entry Request (OUCH 5.0 §3.7)."""
        number, firm, appendage = codec.unpack_enable_order_entry(message)
        echo = self.set_entry(number, firm, appendage, message, enabled=True)
        if echo is not None:
            self.send(codec.pack_enable_order_entry_response(now - self.port.midnight, number, firm, echo))

    def set_entry(self, number: int, firm: bytes, appendage: bytes, message: bytes, *, enabled: bool) -> bytes | None:
        """Carry out either of the two; gives the options to echo, or None where there is no answer."""
        channel, options, bad = read_options(appendage, codec.DISABLE_ORDER_ENTRY_OPTIONS)
        if not self.take_number(channel, number):
            return None
        if bad is not None or not self.is_own(firm):
            self.ignored(self.port, "order entry of another firm, or a bad option", message)
            return None
        self.engine.set_entry(self.port, enabled)
        return codec.pack_options(options)

    def account_query(self, message: bytes, now: int) -> None:
        """Account Query Request (OUCH 5.0 §3.8): the next free number of the port or of a channel."""
        (appendage,) = codec.unpack_account_query(message)
        channel, _, bad = read_options(appendage, codec.ACCOUNT_QUERY_OPTIONS)
        if bad is not None:
            self.ignored(self.port, "an Account Query with an option that may not stand in it", message)
            return
        following = min(self.numbers.get(channel, 0) + 1, NUMBER_MASK)
        timestamp = now - self.port.midnight
        self.send(codec.pack_account_query_response(timestamp, following, channel_option(channel)))

    def is_own(self, firm: bytes) -> bool:
        """Whether `firm` is the port's own MPID."""
        return firm.rstrip(b" ") == self.port.mpid.encode("ascii")

    # To the client.

    def code_of(self, reason: Reject) -> tuple[str, str]:
        """See `Endpoint`."""
        return f"0x{REASONS[reason]:04X}", REASONS[reason].text

    def reject(self, channel: int, number: int, cl_ord_id: bytes, refusal: Refusal, now: int) -> None:
        """Rejected (OUCH 5.0 §4.8), for Enter and Replace only."""
        self.refusal = refusal
        timestamp = now - self.port.midnight
        reason = REASONS[refusal.reason]
        self.send(codec.pack_rejected(timestamp, number, reason, cl_ord_id, channel_option(channel)))

    def accepted(self, order: Order, dead: bool, now: int) -> None:
        """Order Accepted (OUCH 5.0 §4.2)."""
        side, time_in_force, display, capacity, sweep, cross = order.terms.letters
        symbol, attributes = order.scope.book.symbol, order.attributes
        message = codec.pack_order_accepted(
            now - self.port.midnight,
            order.key & NUMBER_MASK,
            side,
            order.quantity,
            SPELLED.get(symbol) or spell(symbol),
            order.price,
            time_in_force,
            display,
            order.order_reference_number,
            capacity,
            sweep,
            cross,
            DEAD if dead else LIVE,
            order.cl_ord_id,
            b"" if attributes is PLAIN else echo(attributes, codec.ORDER_ACCEPTED_OPTIONS),
        )
        self.send(message)

    def replaced(self, order: Order, original: Order, dead: bool, now: int) -> None:
        """Order Replaced (OUCH 5.0 §4.3): the quantity is what is now open."""
        side, time_in_force, display, capacity, sweep, cross = order.terms.letters
        symbol, attributes = order.scope.book.symbol, order.attributes
        message = codec.pack_order_replaced(
            now - self.port.midnight,
            original.key & NUMBER_MASK,
            order.key & NUMBER_MASK,
            side,
            order.quantity,
            SPELLED.get(symbol) or spell(symbol),
            order.price,
            time_in_force,
            display,
            order.order_reference_number,
            capacity,
            sweep,
            cross,
            DEAD if dead else LIVE,
            order.cl_ord_id,
            b"" if attributes is PLAIN else echo(attributes, codec.ORDER_REPLACED_OPTIONS),
        )
        self.send(message)

    def modified(self, order: Order, now: int) -> None:
        """Order Modified (OUCH 5.0 §4.12); options are echoed only to a channel (§2.4)."""
        number = order.key & NUMBER_MASK
        side = order.terms.letters[0]
        options = b"" if order.key == number else echo(order.attributes, codec.ORDER_MODIFIED_OPTIONS)
        self.send(codec.pack_order_modified(now - self.port.midnight, number, side, order.open, options))

    def canceled(self, order: Order, quantity: int, reason: CancelReason, now: int) -> None:
        """Order Canceled (OUCH 5.0 §4.4)."""
        key = order.key
        number = key & NUMBER_MASK
        options = b"" if key == number else channel_option(key >> CHANNEL_SHIFT)
        letter = CANCEL_REASONS[reason]
        self.send(codec.pack_order_canceled(now - self.port.midnight, number, quantity, letter, options))

    def executed(self, order: Order, quantity: int, price: int, liquidity: Liquidity, match: int, now: int) -> None:
        """Order Executed (OUCH 5.0 §4.6)."""
        number, options = order.key, b""
        if number > NUMBER_MASK:
            number, options = number & NUMBER_MASK, channel_option(number >> CHANNEL_SHIFT)
        timestamp, flag = now - self.port.midnight, LIQUIDITY_FLAGS[liquidity]
        self.send(codec.pack_order_executed(timestamp, number, quantity, price, flag, match, options))

    def prevented(
        self,
        order: Order,
        removed: int,
        quantity: int,
        price: int,
        liquidity: Liquidity,
        strategy: SelfMatchPrevention,
        now: int,
    ) -> None:
        """AIQ Canceled (OUCH 5.0 §4.5), or without details a plain Order Canceled (§6.9)."""
        if not strategy.details:
            self.canceled(order, removed, CancelReason.SELF_MATCH, now)
            return
        timestamp = now - self.port.midnight
        number, options = order.key & NUMBER_MASK, channel_option(order.key >> CHANNEL_SHIFT)
        reason, flag = CANCEL_REASONS[CancelReason.SELF_MATCH], LIQUIDITY_FLAGS[liquidity]
        letter = AIQ_LETTERS[strategy]
        self.send(codec.pack_aiq_canceled(timestamp, number, removed, reason, quantity, price, flag, letter, options))

    def cancel_pending(self, order: Order, now: int) -> None:
        """Cancel Pending (OUCH 5.0 §4.9)."""
        options = channel_option(order.key >> CHANNEL_SHIFT)
        self.send(codec.pack_cancel_pending(now - self.port.midnight, order.key & NUMBER_MASK, options))

    def cancel_rejected(self, order: Order, now: int) -> None:
        """Cancel Reject (OUCH 5.0 §4.10)."""
        options = channel_option(order.key >> CHANNEL_SHIFT)
        self.send(codec.pack_cancel_reject(now - self.port.midnight, order.key & NUMBER_MASK, options))

    def restated(self, order: Order, displayed: int, number: int, now: int) -> None:
        """Order Restated (OUCH 5.0 §4.13): a reserve order displays more again."""
        options: OptionValues = {codec.TAG_SECONDARY_ORD_REF_NUM: number, codec.TAG_DISPLAY_QUANTITY: displayed}
        if order.key >> CHANNEL_SHIFT:
            options[codec.TAG_USER_REF_IDX] = order.key >> CHANNEL_SHIFT
        timestamp = now - self.port.midnight
        echo = codec.pack_options(options)
        self.send(codec.pack_order_restated(timestamp, order.key & NUMBER_MASK, DISPLAY_REFRESH, echo))

    def repriced(self, order: Order, number: int, now: int) -> None:
        """Tell of a new price: for a displayed peg by Order Restated (§4.13), for others by Priority Update (§4.11)."""
        where = now - self.port.midnight, order.key & NUMBER_MASK
        channel = channel_option(order.key >> CHANNEL_SHIFT)
        options: OptionValues = {codec.TAG_DISPLAY_QUANTITY: 0}  # of one that stands aside; a hidden one is not told so
        if order.terms.display is not HIDDEN:
            if number:
                options = {codec.TAG_DISPLAY_QUANTITY: order.quantity, codec.TAG_DISPLAY_PRICE: order.price}
                options[codec.TAG_SECONDARY_ORD_REF_NUM] = number
            self.send(codec.pack_order_restated(*where, REPRICED, codec.pack_options(options) + channel))
        elif number:
            self.send(codec.pack_order_priority_update(*where, order.price, UNSEEN, number, channel))

    def mass_canceled(self, request: bytes, now: int) -> None:
        """Mass Cancel Response (OUCH 5.0 §4.14): the request's own words."""
        number, firm, symbol, appendage = codec.unpack_mass_cancel(request)
        _, options, _ = read_options(appendage, codec.MASS_CANCEL_OPTIONS)
        echo = codec.pack_options(options)
        self.send(codec.pack_mass_cancel_response(now - self.port.midnight, number, firm, symbol, echo))

    def broken(self, key: int, cl_ord_id: bytes, match: int, reason: BrokenTradeReason, now: int) -> None:
        """Broken Trade (OUCH 5.0 §4.7)."""
        options = channel_option(key >> CHANNEL_SHIFT)
        letter = BROKEN_TRADE_REASONS[reason]
        timestamp = now - self.port.midnight
        self.send(codec.pack_broken_trade(timestamp, key & NUMBER_MASK, match, letter, cl_ord_id, options))

    def system_event(self, event: SystemEvent, now: int) -> None:
        """System Event (OUCH 5.0 §4.1): a day starts with a new stream and new numbers, and with this message."""
        if event == SystemEvent.START_OF_DAY:
            self.stream = self.open_stream()
            self.numbers.clear()
        self.send(codec.pack_system_event(now - self.port.midnight, SYSTEM_EVENTS[event]))

    def carried_over(self, order: Order, now: int) -> None:
        """See `Sink`. No time in force of this dialect lets an order outlive its day (OUCH 5.0 §3.1)."""
        raise AssertionError(f"order {order.key} of {self.port.name} is good till canceled")


def read_options(appendage: bytes, allowed: frozenset[int]) -> tuple[int, OptionValues, Reject | None]:
    """Read an appendage: the channel, the sound options, and the reason against the first bad one."""
    if not appendage:
        return 0, NO_OPTIONS, None
    try:
        options, bad = codec.unpack_options(appendage, allowed), None
    except BadOption as bad_option:
        options, bad = bad_option.options, option_fault(bad_option)
    channel = options.get(codec.TAG_USER_REF_IDX, 0)
    assert isinstance(channel, int)
    return channel, options, bad


HANDLERS: Final[dict[int, Handler]] = {
    codec.ENTER_ORDER: UsOuchPort.enter_order,
    codec.REPLACE_ORDER: UsOuchPort.replace_order,
    codec.CANCEL_ORDER: UsOuchPort.cancel_order,
    codec.MODIFY_ORDER: UsOuchPort.modify_order,
    codec.MASS_CANCEL: UsOuchPort.mass_cancel,
    codec.DISABLE_ORDER_ENTRY: UsOuchPort.disable_order_entry,
    codec.ENABLE_ORDER_ENTRY: UsOuchPort.enable_order_entry,
    codec.ACCOUNT_QUERY: UsOuchPort.account_query,
}
UNCOUNTED: Final = frozenset({codec.CANCEL_ORDER, codec.MASS_CANCEL})
"""Messages that do not count towards a port's rate."""


def channel_option(channel: int) -> bytes:
    """Give the appendage that names a channel; none for the port's plain sequence."""
    return codec.pack_option(codec.TAG_USER_REF_IDX, channel) if channel else b""


def echo(attributes: OrderAttributes, allowed: frozenset[int]) -> bytes:
    """Give the options that the client sent and the answer may carry, ascending by tag (OUCH 5.0 §2.6)."""
    return codec.pack_options({tag: value for tag, value in attributes.options if tag in allowed})


def spell(symbol: str) -> bytes:
    """Spell a symbol as it stands on the wire, and remember how."""
    return SPELLED.setdefault(symbol, symbol.encode("ascii").ljust(8))
