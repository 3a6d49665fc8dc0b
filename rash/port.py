"""A RASHport port: Enter Order, Enter Order With Cross and Cancel Order become orders and what happens to them.

A token names one order of the port's day. Whoever sends one again is met with silence, whatever the message holds:
so a client may send again what it has no answer to. A refused order has used up its token too. There is no replace; a
cancel names the size that the order shall have, and where there is nothing to do there is no answer.

What is wrong with an order is found in this order: its length, characters and numbers, its token, its firm, its symbol,
its other fields, then the engine's (quantity, price, what is served, market, port, risk). The first fault gives the
letter. RASHport tells nobody of a reserve that displays more, of a peg that moves, or of a cancel that waits for a
cross (RASHport 1.1 §5): those stay untold.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

from engine.api import (
    MARKET_PRICE,
    MAXIMUM_PRICE,
    REFUSALS,
    BrokenTradeReason,
    CancelReason,
    Liquidity,
    Order,
    OrderEntry,
    Port,
    Refusal,
    Reject,
    Scope,
    SelfMatchPrevention,
    Sink,
    SystemEvent,
)
from engine.endpoint import Endpoint, PacketStream
from engine.watch import Listener, Notes, Refused
from rash import codec
from rash.reasons import (
    BREAK_LETTERS,
    CANCEL_LETTERS,
    CONFLICTING_ROUTE,
    EVENT_LETTERS,
    EXPOSURES,
    LIQUIDITY_LETTERS,
    UNKNOWN_ROUTE,
    WORDS,
    letters,
)
from rash.settings import CURRENT, read_settings
from rash.terms import ORDER_FIELDS, SIDES, OrderFields, OrderKind, order_kind
from rash.version import ENTER_WITH_CROSS, Version
from wire.record import Malformed

TOKEN_LENGTH: Final = 14
TOKEN_END: Final = 1 + TOKEN_LENGTH
MILLISECOND: Final = 1_000_000
LAST_TIME: Final = 99_999_999
"""The latest time that eight digits hold: a venue that is left running for longer stays at it."""
NUMBERS: Final = 1_000_000_000
"""Numbers have nine digits; of greater ones the last nine are told."""
PRINTABLE: Final = bytes(range(0x20, 0x7F))
NO_LETTER: Final = b" "
PLAIN_CROSS: Final = (b"N", b"N")
"""Sweep and cross of an order whose message has neither."""
KINDS_MAX: Final = 4_096
"""Kinds of orders that are remembered."""
TAIL_FIELDS: Final = 3
"""Fields at the end of an order that may be left off, in the version that has most."""
UNUSED: Final = 0
"""The key of a token that named no order: it was refused."""
_PAST: Final = struct.Struct(">14sQ")
Handler = Callable[[Any, bytes, int], None]


class RashPort(Endpoint, Sink):
    """A port of any version. `refused_to` are Drop ports that are told of refused orders, through `notes`."""

    def __init__(
        self,
        port: Port,
        engine: OrderEntry,
        open_stream: Callable[[], PacketStream],
        ignored: Callable[[Port, str, bytes], None],
        version: Version,
    ) -> None:
        super().__init__(port)
        self.engine = engine
        self.open_stream = open_stream
        self.ignored = ignored
        self.version = version
        self.handlers: dict[int, Handler] = HANDLERS
        self.scopes: dict[bytes, Scope] = {}
        self.tokens: dict[bytes, int] = {}
        """Every token of the day, with the key of its order."""
        self.kinds: dict[bytes, OrderKind] = {}
        """The kinds of orders met so far, by what those of one kind have in common."""
        self.free_kinds: dict[bytes, OrderKind] = {}
        """The same for orders whose price is 0."""
        self.base = port.plain
        self.mpid = port.mpid.encode("ascii").ljust(4)
        self.asked = b""
        """The order that is entering, its shares and price filled with zeros; its price."""
        self.asked_price = 0
        self.kind: OrderKind | None = None
        self.refused_to: tuple[Listener, ...] = ()
        self.notes: Notes | None = None
        self.read_settings()

    def configured(self) -> None:
        """Take over what a new configuration says of the port."""
        self.read_settings()

    def read_settings(self) -> None:
        """Work out the letters, and how long an order may be."""
        settings = read_settings(self.port.entry.settings)
        self.settings = settings
        self.letters = letters(settings)
        more = int(settings.locate and self.version.has_locate)
        self.longest = {kind: length + more for kind, length in self.version.longest.items()}
        self.forget_kinds()

    # From the client.

    def receive(self, message: bytes, now: int) -> None:
        """Take one message from the client; whatever it holds, nothing is raised."""
        kind = message[0] if message else -1
        if self.port.windows and kind in self.longest:
            self.engine.arrived(self.port, now)
        handler = self.handlers.get(kind)
        if handler is None:
            self.ignored(self.port, "no such message", message)
            return
        try:
            check_text(message)
            handler(self, message, now)
        except Malformed as malformed:
            self.spoil(message, str(malformed), now)

    def spoil(self, message: bytes, why: str, now: int) -> None:
        """Answer a message that cannot be read: an order whose token can be is refused, all else is ignored."""
        token = message[1:TOKEN_END]
        is_token = len(token) == TOKEN_LENGTH and token.strip() and not token.translate(None, PRINTABLE)
        if message[0] not in self.longest or not is_token:
            self.ignored(self.port, why, message)
        elif token not in self.tokens:
            self.tokens[token] = UNUSED
            self.asked = b""
            self.reject(token, REFUSALS[Reject.INVALID_ATTRIBUTE], now)

    def enter_order(self, whole: bytes, now: int) -> None:
        """Enter Order, with and without Cross (RASHport 1.1 §4.1, 4.2): Accepted, Rejected, or silence."""
        token = whole[1:TOKEN_END]
        if token in self.tokens:
            return
        message, letter, version = whole, whole[0], self.version
        if not version.shortest[letter] <= len(message) <= self.longest[letter] or token.isspace():
            raise Malformed(f"an order of {len(message)} bytes, or without a token")
        digits, price_digits = message[version.shares : version.symbol], message[version.price : version.terms]
        if digits.isdigit() and price_digits.isdigit():
            shares, price = int(digits), int(price_digits)
        else:
            shares, price = read_number(digits), read_number(price_digits)
            message = message[: version.shares] + b"%06d" % shares + message[version.symbol : version.price]
            message += b"%010d" % price + whole[version.terms :]
        common = message[:1] + message[version.side : version.shares] + message[version.terms : version.customer]
        common += message[version.tail :]
        if self.base is not self.port.plain:
            self.base = self.port.plain
            self.forget_kinds()
        kinds = self.kinds if price else self.free_kinds
        kind = self.kind = kinds.get(common) or self.learn(message, common)
        symbol = message[version.symbol : version.price]
        scope = self.scopes.get(symbol) or self.scope(symbol)
        self.asked, self.asked_price = message, price
        refusal: Refusal | None
        if kind.fault is not None and (scope is not None or kind.fault is Reject.FIRM_NOT_AUTHORIZED):
            self.tokens[token] = UNUSED
            refusal = REFUSALS[kind.fault]
        elif scope is None:
            self.tokens[token] = UNUSED
            refusal = REFUSALS[Reject.INVALID_SYMBOL]
        else:
            key = self.tokens[token] = self.numbers[0] = self.numbers.get(0, 0) + 1
            if price == 0 and kind.has_no_limit:
                price = MARKET_PRICE
            elif price > MAXIMUM_PRICE:
                price = 0  # some of those mean the market to the engine
            order = Order(self.port, scope, kind.terms, kind.attributes, shares, price, token, key)
            refusal = self.engine.enter(order, now)
        if refusal is not None:
            self.reject(token, refusal, now)

    def learn(self, message: bytes, common: bytes) -> OrderKind:
        """Work out a kind of order from the first that is of it, and remember it."""
        version = self.version
        values = version.unpack[message[0]](message)
        token, side, shares, symbol, price = values[:5]
        end = values[ORDER_FIELDS:]
        is_with_cross = message[0] == ENTER_WITH_CROSS
        cross, tail = (end[:2], end[2:]) if is_with_cross else (PLAIN_CROSS, end)
        blanks = [NO_LETTER] * (TAIL_FIELDS - len(tail))
        fields = OrderFields._make((side, *values[5 : ORDER_FIELDS - 1], *cross, *tail, *blanks, price == 0))
        kind = order_kind(fields, self.mpid.strip(), self.port.plain)
        taken = kind.time_in_force, self.mpid, values[7], 0, *values[8:ORDER_FIELDS]
        answer = version.pack_accepted(0, token, side, shares, symbol, price, *taken)
        kind.answer_terms = answer[version.answer_terms : version.answer_reference]
        kind.answer_details = answer[version.answer_details : version.answer_customer]
        if is_with_cross:
            kind.answer_letter, kind.answer_cross = b"R", b"%b%b" % cross
        if len(self.kinds) + len(self.free_kinds) >= KINDS_MAX:
            self.forget_kinds()
        (self.free_kinds if price == 0 else self.kinds)[common] = kind
        return kind

    def forget_kinds(self) -> None:
        """Work out anew what orders mean."""
        self.kinds.clear()
        self.free_kinds.clear()

    def cancel_order(self, message: bytes, now: int) -> None:
        """Cancel Order (RASHport 1.1 §4.3): cut to an intended size; Canceled, or silence."""
        token, shares = codec.unpack_cancel_order(message)
        order = self.live(token)
        if order is not None:
            self.engine.cancel_to(order, shares, now)

    def live(self, token: bytes) -> Order | None:
        """Give the live order of that token."""
        key = self.tokens.get(token, UNUSED)
        return self.port.orders.find(key) if key else None

    def scope(self, symbol: bytes) -> Scope | None:
        """Give the scope of a symbol as it stands on the wire."""
        scope = self.scopes.get(symbol)
        if scope is None:
            scope = self.engine.scope(self.port, symbol.rstrip(b" ").decode("ascii"))
            if scope is not None:
                self.scopes[symbol] = scope
        return scope

    # To the client.

    def send(self, message: bytes) -> None:
        """Put one message into the port's sequenced stream."""
        stream = self.stream
        stream.pending.append(self.version.frame(message))
        if stream.untouched:
            stream.touch()

    def time(self, now: int) -> int:
        """Give a moment as messages have it."""
        return min((now - self.port.midnight) // MILLISECOND, LAST_TIME)

    def letter_of(self, reason: Reject) -> str:
        """Give the letter for a reason to refuse: of the last refusal, where it is that, in all its detail."""
        if reason.name not in self.settings.reasons:
            if reason is Reject.ROUTING_NOT_SERVED and self.port.entry.routing:
                posts = self.kind is not None and self.kind.attributes.post_only
                return CONFLICTING_ROUTE if posts else UNKNOWN_ROUTE
            refusal = self.refusal
            if reason is Reject.GROSS_EXPOSURE and refusal is not None and self.settings.letters == CURRENT:
                return EXPOSURES.get(refusal.source or "", self.letters[reason])
        return self.letters[reason]

    def code_of(self, reason: Reject) -> tuple[str, str]:
        """See `Endpoint`."""
        letter = self.letter_of(reason)
        return letter, WORDS[self.settings.letters].get(letter, "")

    def reject(self, token: bytes, refusal: Refusal, now: int) -> None:
        """Say Rejected (RASHport 1.1 §5)."""
        self.refusal = refusal
        self.send(codec.pack_rejected(self.time(now), token, self.letter_of(refusal.reason).encode("ascii")))
        if self.refused_to and self.notes is not None and self.asked:
            _, side, shares, symbol, price = self.version.unpack[self.asked[0]](self.asked)[:5]
            if price == 0 and self.kind is not None and self.kind.has_no_limit:
                price = MARKET_PRICE
            name, key, wall = symbol.rstrip(b" ").decode("ascii"), self.tokens[token], self.notes.times.wall_time
            note = Refused(token, key, name, SIDES.get(side), shares, price, refusal, now, wall)
            self.notes.add(self.refused_to, self.port, note)

    def accepted(self, order: Order, dead: bool, now: int) -> None:
        """Say Accepted (RASHport 1.1 §5.1) in the shape of what it answers, and Canceled of what is gone at once."""
        asked, kind, version = self.asked, self.kind, self.version
        assert kind is not None
        if order.price == self.asked_price:
            said = asked[1 : version.terms]
        else:
            limit = order.limit
            said = asked[1 : version.price] + b"%010d" % (limit if limit <= MAXIMUM_PRICE else 0)
        message = b"%08d%b%b%b%09d%b%b%b" % (
            self.time(now),
            kind.answer_letter,
            said,
            kind.answer_terms,
            order.order_reference_number % NUMBERS,
            kind.answer_details,
            asked[version.customer : version.tail],
            kind.answer_cross,
        )
        self.send(message)
        if dead:
            self.canceled(order, order.open, CancelReason.IMMEDIATE_OR_CANCEL, now)

    def replaced(self, order: Order, original: Order, dead: bool, now: int) -> None:
        """See `Sink`. No message of this protocol asks for it."""
        raise AssertionError(f"{self.port.name} has asked for no replacement")

    def modified(self, order: Order, now: int) -> None:
        """See `Sink`. No message of this protocol asks for it."""
        raise AssertionError(f"{self.port.name} has asked for no change")

    def canceled(self, order: Order, quantity: int, reason: CancelReason, now: int) -> None:
        """Say Canceled (RASHport 1.1 §5)."""
        self.send(codec.pack_canceled(self.time(now), order.cl_ord_id, quantity, CANCEL_LETTERS[reason]))

    def executed(self, order: Order, quantity: int, price: int, liquidity: Liquidity, match: int, now: int) -> None:
        """Say Executed (RASHport 1.1 §5)."""
        letter = LIQUIDITY_LETTERS[liquidity]
        self.send(codec.pack_executed(self.time(now), order.cl_ord_id, quantity, price, letter, match % NUMBERS))

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
        """Tell of a self-match as Canceled (RASHport 1.1 §7.1)."""
        self.canceled(order, removed, CancelReason.SELF_MATCH, now)

    def cancel_pending(self, order: Order, now: int) -> None:
        """See `Sink`. It stays untold until the cross is over."""

    def cancel_rejected(self, order: Order, now: int) -> None:
        """See `Sink`. It stays untold."""

    def restated(self, order: Order, displayed: int, number: int, now: int) -> None:
        """See `Sink`. It stays untold."""

    def repriced(self, order: Order, number: int, now: int) -> None:
        """See `Sink`. It stays untold."""

    def mass_canceled(self, request: bytes, now: int) -> None:
        """See `Sink`. No message of this protocol asks for it."""
        raise AssertionError(f"{self.port.name} has asked for no mass cancel")

    def broken(self, key: int, cl_ord_id: bytes, match: int, reason: BrokenTradeReason, now: int) -> None:
        """Say Broken Trade (RASHport 1.1 §5)."""
        self.send(codec.pack_broken_trade(self.time(now), cl_ord_id, match % NUMBERS, BREAK_LETTERS[reason]))

    def system_event(self, event: SystemEvent, now: int) -> None:
        """Say System Event (RASHport 1.1 §5): a day starts with a new stream, new tokens, and this message."""
        if event == SystemEvent.START_OF_DAY:
            self.stream = self.open_stream()
            self.numbers.clear()
            self.tokens.clear()
        self.send(codec.pack_system_event(self.time(now), EVENT_LETTERS[event]))

    def carried_over(self, order: Order, now: int) -> None:
        """See `Sink`. No time in force of this protocol lets an order outlive its day."""
        raise AssertionError(f"order {order.key} of {self.port.name} is good till canceled")

    # Snapshots.

    def dump(self) -> bytes:
        """See `Endpoint`."""
        return b"".join([_PAST.pack(token, key) for token, key in self.tokens.items()])

    def load(self, state: bytes, wall_times: list[int]) -> None:
        """See `Endpoint`."""
        self.tokens.update(dict(_PAST.iter_unpack(state)))


def read_number(digits: bytes) -> int:
    """Read a number, which blanks may stand before. Raises `Malformed`."""
    if not digits.isdigit():
        digits = digits.lstrip(b" ")
        if not digits.isdigit():
            raise Malformed(f"{digits!r} stands for a number")
    return int(digits)


def check_text(message: bytes) -> None:
    """Raise `Malformed` where a message holds what may not stand in one."""
    if message.translate(None, PRINTABLE):
        raise Malformed("it has characters that may not stand in a message")


HANDLERS: Final[dict[int, Handler]] = {
    codec.ENTER_ORDER: RashPort.enter_order,
    codec.ENTER_ORDER_WITH_CROSS: RashPort.enter_order,
    codec.CANCEL_ORDER: RashPort.cancel_order,
}
