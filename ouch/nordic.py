"""The Nordic dialect of OUCH 5: its messages read and written.

Validation goes in this order: length, number, order book, side, capacity, algo indicator, roles, options, then the
engine's (quantity, price, what is served, market, user, port, risk). The first fault gives the reason.

What is told of an order beside its price and size (short codes, options) comes with every Enter Order and is nearly
always what came before, so a port keeps the `Manner` of each wording that it has read: up to `MANNERS_MAX` of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from engine.api import (
    MARKET_PRICE_ALTERNATIVE,
    REFUSALS,
    BrokenTradeReason,
    CancelReason,
    Liquidity,
    Order,
    OrderAttributes,
    OrderEntry,
    Port,
    Refusal,
    Reject,
    Scope,
    SelfMatchPrevention,
    SystemEvent,
)
from engine.endpoint import PacketStream
from ouch import nordic_codec as codec
from ouch import nordic_codes as codes
from ouch.nordic_terms import (
    BLOW_THROUGH,
    BLOW_THROUGH_LETTER,
    BROKEN_TRADE_REASONS,
    CANCEL_NOT_ALLOWED,
    CANCEL_REASONS,
    CLOSING_PRICE,
    CLOSING_PRICE_LETTER,
    GOOD_TILL_CANCELED,
    LIQUIDITY_ATTRIBUTES,
    MARKETS,
    NO_OPTIONS,
    PARTIES,
    REASONS,
    SYSTEM_EVENTS,
    Manner,
    OptionValues,
    option_fault,
    order_manner,
    parties_fault,
    replaced_manner,
)
from ouch.port import NUMBER_MASK, Handler, OuchPort
from wire.record import BadOption

_settings: msgspec.msgpack.Decoder[dict[str, int]] = msgspec.msgpack.Decoder(dict[str, int])
CHANNEL: Final = 0
"""This dialect has one sequence of numbers."""
UNKNOWN_SYMBOL: Final = Reject.INVALID_SYMBOL
BUY: Final = codes.Side.BUY.wire
SELL: Final = codes.Side.SELL.wire
MANNERS_MAX: Final = 4_096
BOOK_AT: Final = 10
BOOK_END: Final = 14
MANNER_AT: Final = 24
PARTIES_END: Final = 15
"""Where Enter Order has its book, and what tells its manner: parties up to there, then the appendage."""
DISPLAY_REFRESH: Final = codes.RestatedReason.REFRESH.wire
REPRICED: Final = codes.RestatedReason.REPRICED.wire
INSTRUCTION_REJECTED: Final = codes.InstructionStatus.REJECTED.wire
ANONYMOUS: Final = b"    "
TRADING_MODE, CATEGORY, LAST_MARKET, BENCHMARK = b"2", b"-", b" ", b"-"
"""What every trade of continuous trading is, in the letters of post-trade transparency (MMT)."""
NO_ALGORITHM: Final = codes.AlgoIndicator.NO.wire


class NordicOuchPort(OuchPort):
    """The dialect of Copenhagen, Helsinki, Iceland and Stockholm.

    `manners` are the wordings read so far, for orders of a port whose plain attributes are `base`. `codes` are the
    configuration's numbers for reasons to refuse, by name, and `at_close` its letter for orders that take part in
    trading at the closing price.
    """

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
        self.manners: dict[bytes, Manner] = {}
        self.base: OrderAttributes = port.plain
        self.codes: dict[str, int] = {}
        self.at_close = CLOSING_PRICE_LETTER.encode()
        self.blow_through = BLOW_THROUGH_LETTER.encode()
        self.configured()

    def configured(self) -> None:
        """Take over the numbers that a configuration has for reasons, and its letters."""
        settings = self.port.entry.settings
        self.codes = _settings.decode(settings) if settings else {}
        self.at_close = bytes([self.codes.pop(CLOSING_PRICE, ord(CLOSING_PRICE_LETTER))])
        self.blow_through = bytes([self.codes.pop(BLOW_THROUGH, ord(BLOW_THROUGH_LETTER))])
        self.manners.clear()

    # From the client.

    def enter_order(self, message: bytes, now: int) -> None:
        """Enter Order: Accepted, Rejected, or silence for a stale number."""
        number, side, quantity, order_book, price, user, _, _, _, _, _, _, appendage = codec.unpack_enter_order(message)
        if number <= self.numbers.get(CHANNEL, 0):
            return
        self.numbers[CHANNEL] = number
        scope = self.scopes.get(message[BOOK_AT:BOOK_END] + user)
        if scope is None:
            scope = self.scope_of(order_book, user)
        refusal: Refusal | None
        if scope is None or scope.book.closed is UNKNOWN_SYMBOL:  # a scope outlives its listing
            refusal = REFUSALS[UNKNOWN_SYMBOL]
        elif side not in (BUY, SELL):
            refusal = REFUSALS[Reject.INVALID_SIDE]
        else:
            manner = self.manner(message[MANNER_AT:], appendage)
            if isinstance(manner, Reject):
                refusal = REFUSALS[manner]
            elif price == MARKET_PRICE_ALTERNATIVE:
                refusal = REFUSALS[Reject.INVALID_PRICE]
            else:
                terms = manner.buys if side == BUY else manner.sells
                order = Order(self.port, scope, terms, manner.attributes, quantity, price, manner.label, number)
                refusal = self.engine.enter(order, now)
                if refusal is not None:
                    self.reject(number, refusal, now)
                return
        if scope is not None:
            self.engine.count_refused(scope, now)
        self.reject(number, refusal, now)

    def manner(self, wording: bytes, appendage: bytes) -> Manner | Reject:
        """Give how an order is to be handled, or what is wrong with it."""
        if self.base is not self.port.plain:
            self.base = self.port.plain
            self.manners.clear()
        known = self.manners.get(wording)
        if known is not None:
            return known
        parties = wording[:PARTIES_END]
        fault = parties_fault(parties)
        if fault is not None:
            return fault
        options, fault = read_options(appendage, codec.ENTER_ORDER_OPTIONS)
        found = order_manner(parties, options, self.base, self.at_close) if fault is None else fault
        if isinstance(found, Manner):
            if len(self.manners) >= MANNERS_MAX:
                self.manners.clear()
            self.manners[wording] = found
        return found

    def replace_order(self, message: bytes, now: int) -> None:
        """Replace Order: Replaced, Rejected, Canceled where its details are faulty, or silence.

        Faulty details of an undeclared user end nothing: who may not cancel an order has no other way to do it.
        """
        original_number, number, quantity, price, user, appendage = codec.unpack_replace_order(message)
        original = self.live(CHANNEL, original_number)
        if original is None or number <= self.numbers.get(CHANNEL, 0):
            return
        scope = self.scope_of(int(original.scope.book.symbol), user) or original.scope
        options, fault = read_options(appendage, codec.REPLACE_ORDER_OPTIONS)
        manner = replaced_manner(original, options, self.at_close) if fault is None else fault
        if isinstance(manner, Reject):
            if scope.is_declared:
                self.engine.cancel_to(original, 0, now)
                self.engine.count_refused(scope, now)
            else:
                self.refuse_user(number, now)
            return
        terms = manner.buys if original.terms.is_buy else manner.sells
        order = Order(self.port, scope, terms, manner.attributes, quantity, price, manner.label, number)
        order.entered = original.entered
        refusal = self.engine.fault(order)
        if price == MARKET_PRICE_ALTERNATIVE:
            refusal = REFUSALS[Reject.INVALID_PRICE]
        if not scope.is_declared and (refusal is not None or order.size <= original.size - original.open):
            self.refuse_user(number, now)
            return
        is_faulty = refusal is not None
        refusal = self.supersede(original, order, refusal, now)
        if is_faulty:
            self.engine.count_refused(scope, now)
        if refusal is not None:
            self.reject(number, refusal, now)

    def refuse_user(self, number: int, now: int) -> None:
        """Reject a faulty Replace of somebody who may not end the order by it; its number is used up."""
        self.numbers[CHANNEL] = number
        self.reject(number, REFUSALS[Reject.UNKNOWN_USER], now)

    def cancel_order(self, message: bytes, now: int) -> None:
        """Cancel Order: cut to an intended size; Canceled, or Cancel Rejected."""
        number, size, user = codec.unpack_cancel_order(message)
        order = self.live(CHANNEL, number)
        if order is None:
            reason = self.code(CANCEL_NOT_ALLOWED, codes.RejectReason.CANCEL_NOT_ALLOWED)
        elif not self.is_declared(order, user):
            reason = self.reason(Reject.UNKNOWN_USER)
        elif size >= order.size:
            reason = self.reason(Reject.INVALID_QUANTITY)
        else:
            self.engine.cancel_to(order, size, now)
            return
        self.send(codec.pack_cancel_rejected(now - self.port.midnight, number, reason))

    def account_query(self, message: bytes, now: int) -> None:
        """Account Query: the next free number."""
        codec.unpack_account_query(message)
        following = min(self.numbers.get(CHANNEL, 0) + 1, NUMBER_MASK)
        self.send(codec.pack_account_query_response(now - self.port.midnight, following))

    def market_maker_instruction(self, message: bytes, now: int) -> None:
        """Market-making instruction: refused, since the venue holds nobody to quotes."""
        number, order_book, instruction, add_remove, firm, user = codec.unpack_market_maker_instruction(message)
        if self.take_number(CHANNEL, number):
            echo = (number, order_book, instruction, add_remove, firm, user)
            response = codec.pack_market_maker_response(now - self.port.midnight, *echo, INSTRUCTION_REJECTED)
            self.send(response)

    def scope_of(self, order_book: int, user: bytes) -> Scope | None:
        """Give the scope of an order book and a user as it stands on the wire; kept where the user is declared."""
        place = order_book.to_bytes(4, "big") + user
        scope = self.scopes.get(place)
        if scope is None:
            scope = self.engine.scope(self.port, str(order_book), user.rstrip(b" ").decode("latin-1"))
            if scope is not None and scope.is_declared:
                self.scopes[place] = scope
        return scope

    def is_declared(self, order: Order, user: bytes) -> bool:
        """Whether a user may cancel an order: whoever entered it, though declared no more, and all who are declared."""
        if user.rstrip(b" ") == order.user.encode("latin-1"):
            return True
        scope = self.scope_of(int(order.scope.book.symbol), user)
        return scope is None or scope.is_declared

    # To the client.

    def reason(self, reject: Reject) -> int:
        """Give the number of a reason."""
        return self.code(reject.name, REASONS[reject])

    def code(self, name: str, usual: int) -> int:
        """Give the configuration's number for a reason, or the usual one."""
        return self.codes.get(name, usual)

    def code_of(self, reason: Reject) -> tuple[str, str]:
        """See `Endpoint`."""
        return f"0x{self.reason(reason):04X}", REASONS[reason].text

    def reject(self, number: int, refusal: Refusal, now: int) -> None:
        """Rejected, for Enter and Replace only."""
        self.refusal = refusal
        self.send(codec.pack_rejected(now - self.port.midnight, number, self.reason(refusal.reason)))

    def accepted(self, order: Order, dead: bool, now: int) -> None:
        """Tell of an order that is in (Accepted); none is said to be dead at once, but Canceled follows."""
        self.accept(order, order.quantity, echo(order.attributes), now)
        if dead:
            self.canceled(order, order.quantity, CancelReason.IMMEDIATE_OR_CANCEL, now)

    def accept(self, order: Order, quantity: int, appendage: bytes, now: int) -> None:
        """Tell of an order that is in."""
        side, _, _, parties = order.terms.letters
        execution, investment, client, roles, capacity, algo = PARTIES.unpack(parties)
        message = codec.pack_order_accepted(
            now - self.port.midnight,
            order.key,
            order.price,
            order.order_reference_number,
            side,
            int(order.scope.book.symbol),
            quantity,
            spell(order.user),
            execution,
            investment,
            client,
            roles,
            capacity,
            algo,
            appendage,
        )
        self.send(message)

    def replaced(self, order: Order, original: Order, dead: bool, now: int) -> None:
        """Tell of a replacement (Replaced) with what is now open; Canceled follows for one that is dead at once."""
        message = codec.pack_order_replaced(
            now - self.port.midnight,
            original.key,
            order.key,
            order.price,
            order.order_reference_number,
            order.terms.letters[0],
            int(order.scope.book.symbol),
            order.quantity,
            spell(order.user),
            echo(order.attributes),
        )
        self.send(message)
        if dead:
            self.canceled(order, order.quantity, CancelReason.IMMEDIATE_OR_CANCEL, now)

    def canceled(self, order: Order, quantity: int, reason: CancelReason, now: int) -> None:
        """Tell of shares that left (Canceled)."""
        letter = self.blow_through if reason is CancelReason.BLOW_THROUGH else CANCEL_REASONS[reason]
        self.send(codec.pack_order_canceled(now - self.port.midnight, order.key, quantity, letter))

    def executed(self, order: Order, quantity: int, price: int, liquidity: Liquidity, match: int, now: int) -> None:
        """Tell of a trade (Executed); the other side stays anonymous."""
        market, mode = MARKETS[liquidity]
        message = codec.pack_order_executed(
            now - self.port.midnight,
            order.key,
            quantity,
            price,
            market,
            match,
            ANONYMOUS,
            mode,
            CATEGORY,
            order.terms.letters[3][-1:],
            LIQUIDITY_ATTRIBUTES[liquidity],
            LAST_MARKET,
            BENCHMARK,
        )
        self.send(message)

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
        """Self-trade prevention: a Canceled like any other."""
        self.canceled(order, removed, CancelReason.SELF_MATCH, now)

    def restated(self, order: Order, displayed: int, number: int, now: int) -> None:
        """Restated: a reserve order displays more again."""
        options: OptionValues = {codec.TAG_SECONDARY_ORDER_REF: number, codec.TAG_DISPLAY_QUANTITY: displayed}
        appendage = codec.pack_options(options)
        self.send(codec.pack_order_restated(now - self.port.midnight, order.key, DISPLAY_REFRESH, appendage))

    def repriced(self, order: Order, number: int, now: int) -> None:
        """Restated: a peg has another price, or without options none; of a hidden one only the price is told."""
        options: OptionValues = {}
        if number:
            options = {codec.TAG_DISPLAY_PRICE: order.price, codec.TAG_SECONDARY_ORDER_REF: number}
            if order.is_displayed:
                options[codec.TAG_DISPLAY_QUANTITY] = order.quantity
        appendage = codec.pack_options(options)
        self.send(codec.pack_order_restated(now - self.port.midnight, order.key, REPRICED, appendage))

    def broken(self, key: int, cl_ord_id: bytes, match: int, reason: BrokenTradeReason, now: int) -> None:
        """Broken Trade."""
        letters = BROKEN_TRADE_REASONS[reason], TRADING_MODE, CATEGORY, NO_ALGORITHM
        self.send(codec.pack_broken_trade(now - self.port.midnight, key, match, *letters))

    def system_event(self, event: SystemEvent, now: int) -> None:
        """System Event: a day starts with a new stream and new numbers, and with this message."""
        if event == SystemEvent.START_OF_DAY:
            self.stream = self.open_stream()
            self.numbers.clear()
        self.send(codec.pack_system_event(now - self.port.midnight, SYSTEM_EVENTS[event]))

    def carried_over(self, order: Order, now: int) -> None:
        """Tell of an order of an earlier day by an Accepted with its origin; its number stays taken, and all below."""
        attributes = order.attributes
        options = dict(attributes.options)
        options[codec.TAG_TIME_IN_FORCE] = GOOD_TILL_CANCELED
        options[codec.TAG_ORIG_ENTRY_DATE] = attributes.entry_date
        options[codec.TAG_ORIG_ORDER_REF_NUM] = attributes.entry_number
        if order.size > order.open:
            options[codec.TAG_CUMULATIVE_QUANTITY] = order.size - order.open
        self.numbers[CHANNEL] = max(self.numbers.get(CHANNEL, 0), order.key)
        self.accept(order, order.open, codec.pack_options(options), now)

    def modified(self, order: Order, now: int) -> None:
        """See `Sink`. This dialect has no message that asks for it."""
        raise AssertionError(f"order {order.key} of {self.port.name} was modified")

    def cancel_pending(self, order: Order, now: int) -> None:
        """See `Sink`. No cancel waits for a call."""
        raise AssertionError(f"a cancel of order {order.key} of {self.port.name} waits")

    def cancel_rejected(self, order: Order, now: int) -> None:
        """See `Sink`. No cancel is refused for a call."""
        raise AssertionError(f"a cancel of order {order.key} of {self.port.name} was refused")

    def mass_canceled(self, request: bytes, now: int) -> None:
        """See `Sink`. This dialect has no message that asks for it."""
        raise AssertionError(f"{self.port.name} asked for no mass cancel")


def read_options(appendage: bytes, allowed: frozenset[int]) -> tuple[OptionValues, Reject | None]:
    """Read an appendage: the sound options, and the reason against the first bad one."""
    if not appendage:
        return NO_OPTIONS, None
    try:
        return codec.unpack_options(appendage, allowed), None
    except BadOption as bad_option:
        return bad_option.options, option_fault(bad_option)


HANDLERS: Final[dict[int, Handler]] = {
    codec.ENTER_ORDER: NordicOuchPort.enter_order,
    codec.REPLACE_ORDER: NordicOuchPort.replace_order,
    codec.CANCEL_ORDER: NordicOuchPort.cancel_order,
    codec.ACCOUNT_QUERY: NordicOuchPort.account_query,
    codec.MARKET_MAKER_INSTRUCTION: NordicOuchPort.market_maker_instruction,
}
UNCOUNTED: Final = frozenset(HANDLERS) - {codec.ENTER_ORDER, codec.REPLACE_ORDER, codec.CANCEL_ORDER}
"""Messages that do not count towards a port's rate (PRM guide 3.11 counts entries, changes and cancels)."""


def echo(attributes: OrderAttributes) -> bytes:
    """Give the options that the client sent, ascending by tag."""
    return codec.pack_options(dict(attributes.options))


def spell(user: str) -> bytes:
    """Spell a user as on the wire."""
    return user.encode("latin-1").ljust(6)
