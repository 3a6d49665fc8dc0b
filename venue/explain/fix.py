"""FIX as explaining has it: fields are tags, quantity and price are read as numbers, the rest are options by tag.

What a port would say to a changed order is asked of a second port with the same tables, whose engine decides and does
nothing, as with OUCH.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, Self, cast

from engine.api import (
    MARKET_PRICE,
    MARKET_PRICE_ALTERNATIVE,
    MAXIMUM_BOOK_QUANTITY,
    MAXIMUM_QUANTITY,
    PRM,
    REFUSALS,
    ROUND_LOT,
    Cross,
    Display,
    Order,
    OrderAttributes,
    OrderTerms,
    Refusal,
    Reject,
    Scope,
    Side,
    TimeInForce,
)
from engine.endpoint import Endpoint
from engine.engine import Engine
from fix.amounts import read_price, read_quantity
from fix.codec import field, frame, parse, read_number
from fix.details import Details
from fix.ledger import FixOrder, Ledger
from fix.port import FixOrderPort
from venue.explain.dialect import ENTER, REPLACE, Dialect, Finding, Group, Key, LetterFault, Wanted, finding
from venue.explain.reader import NOTHING_WAIVED, Judge, Reader, Verdict, not_noted
from venue.explain.request import Request

if TYPE_CHECKING:
    from venue.explain.answer import Outcome
    from wire.record import BadOption

LETTERS: Final = {b"D": ENTER, b"G": REPLACE}
TITLES: Final = {ENTER: "NewOrderSingle", REPLACE: "OrderCancelReplaceRequest"}
AROUND: Final = frozenset({b"8", b"9", b"10", b"34", b"35", b"43", b"49", b"52", b"56", b"57", b"60", b"97", b"122"})
"""Tags that are no part of an order."""
NUMBERS: Final = {110: "minimum_quantity", 111: "max_floor"}
NO_SUCH_TAG: Final = -1
"""The tag of what orders have in other protocols only."""
GROUPS: Final[tuple[Group, ...]] = (
    ((115, "firm"),),
    (
        (18, "price_type"),
        (211, "peg_offset"),
        (40, "price_type"),
        (9140, "price_type"),
        (9140, "post_only"),
        (9303, "route"),
    ),
    (
        *((9392, "discretion_price"), (9391, "discretion_price_type")),
        *((389, "discretion_peg_offset"), (111, "max_floor"), (9140, "post_only"), (9303, "route")),
    ),
    ((110, "minimum_quantity"),),
    ((111, "max_floor"), (NO_SUCH_TAG, "random_reserve")),
    ((9303, "route"), (100, "route"), (76, "route")),
    ((NO_SUCH_TAG, "expire_time"), (126, "expires_at")),
)


NAMES: Final[dict[str, Key]] = {"time_in_force": 59, "display": 9140, "cross_type": 9355}
LETTER_CHOICES: Final[dict[Key, tuple[bytes, ...]]] = {"side": ()}
OPTION_CHOICES: Final[dict[Key, tuple[bytes, ...]]] = {40: (b"2",)}
ALLOWED: Final[dict[Reject, tuple[str, ...]]] = {}


class FixRequest(Request):
    """A NewOrderSingle or an OrderCancelReplaceRequest by its fields; `fields_sent` are all of them as they came."""

    __slots__ = ("fields_sent", "is_market")

    def __init__(self, dialect: Dialect, letter: bytes, fields: list[tuple[bytes, bytes]]) -> None:
        named = dict(reversed(fields))
        self.fields_sent = fields
        self.is_market = named.get(b"40") == b"1"
        price = MARKET_PRICE if self.is_market else read_price(named.get(b"44", b""))
        values: dict[str, Any] = {
            "cl_ord_id": named.get(b"11", b""),
            "symbol": named.get(b"55", b""),
            "quantity": read_quantity(named.get(b"38", b"")) or 0,
            "price": price or 0,
            "side": named.get(b"54", b""),
        }
        if letter == REPLACE:
            values["orig_cl_ord_id"] = named.get(b"41", b"")
        if b"50" in named:
            values["user"] = named[b"50"]
        options: dict[int, int | bytes] = {}
        for tag, value in named.items():
            number = read_number(tag)
            if number >= 0 and tag not in AROUND and number not in {11, 38, 41, 44, 50, 54, 55}:
                shares = read_quantity(value) if number in NUMBERS else None
                options[number] = value if shares is None else shares
        super().__init__(dialect, letter, values, options)

    @classmethod
    def read(cls, dialect: Dialect, message: bytes) -> Self:
        """Take an order or a replace apart. Raises `KeyError` for another message."""
        parsed = parse(message)
        assert parsed is not None
        return cls(dialect, LETTERS[parsed.msg_type], parsed.fields)

    def pack(self) -> bytes:
        """Give a frame of the message."""
        begin_string = self.fields_sent[0][1]
        return frame(begin_string, b"".join([field(*sent) for sent in self.fields_sent[2:-1]]))

    def has(self, key: Key) -> bool:
        """See `Request`."""
        return key in self.options if isinstance(key, int) else key in self.values

    def changed(self, key: Key, value: Any) -> FixRequest:
        """See `Request`."""
        tag = {"quantity": b"38", "price": b"44"}[key] if isinstance(key, str) else b"%d" % key
        fields = self.fields_sent
        if tag == b"44" and value >= MARKET_PRICE_ALTERNATIVE:
            return self
        text = (
            b"%d.%04d" % divmod(value, 10_000) if tag == b"44" else b"%d" % value if isinstance(value, int) else value
        )
        kept = [one for one in fields[:-1] if one[0] != tag]
        changed = kept if text is None else [*kept, (tag, text)]
        return FixRequest(self.dialect, self.letter, [*changed, fields[-1]])

    @property
    def title(self) -> str:
        """The message's name."""
        return TITLES[self.letter]

    @property
    def label(self) -> bytes:
        """The ClOrdID."""
        label: bytes = self.values["cl_ord_id"]
        return label


class FixJudge(Judge):
    """A judge who lets an order get smaller where the engine would."""

    def modify(
        self, order: Order, terms: OrderTerms, attributes: OrderAttributes, size: int, now: int
    ) -> Refusal | None:
        """Say whether an order may get smaller."""
        self.original = order
        if order.port.rate_limited and Reject.PORT_MESSAGE_RATE not in self.waived:
            return REFUSALS[Reject.PORT_MESSAGE_RATE]
        self.passes = True
        return None


class Silent:
    """A stream that keeps nothing of what a port says."""

    count = 0
    untouched = True

    def __init__(self) -> None:
        self.pending: list[bytes] = []

    def touch(self) -> None:
        """Take no notice."""

    def digest(self, timeless: Callable[[bytes], bytes] | None = None) -> bytes:
        """Give none: nobody asks."""
        return b""

    def append(self, packet: bytes) -> None:
        """Take no notice."""

    def packet(self, sequence: int) -> bytes:
        """Give nothing: there is nothing."""
        raise IndexError(sequence)


class Still:
    """A time that does not pass, in a batch of its own."""

    wall_time = 0
    number = 0


class FixReader(Reader):
    """A second reader of a FIX port's orders."""

    def __init__(self, port: Endpoint, engine: Engine, now: int, dialect: Dialect) -> None:
        fix_port = cast("FixOrderPort", port)
        self.port = port.port
        self.engine = engine
        self.now = now
        self.judge = FixJudge(engine)
        self.orders = fix_port.ledger.orders
        self.reading_fix = FixOrderPort(port.port, self.judge, Silent, not_noted, Still())
        self.reading_fix.session.stream = Silent()
        self.reading_fix.speak(fix_port.begin_string)

    def original(self, request: Request) -> Order | None:
        """Give the live order that a replace names, None where there is none, and for a new order."""
        named = self.orders.get(request.values.get("orig_cl_ord_id", b""))
        return self.port.orders.find(named.key) if isinstance(named, FixOrder) else None

    def scope(self, request: Request) -> Scope | None:
        """Give what a new order asks to trade."""
        return self.details(request).scope

    def details(self, request: Request, *tags: int) -> Details:
        """Give what a request's fields mean, or only those that every order has and some others."""
        named = {b"%d" % tag: value for tag, value in request.options.items() if not tags or tag in tags}
        texts = {tag: b"%d" % value if isinstance(value, int) else value for tag, value in named.items()}
        texts |= {
            b"55": request.values["symbol"],
            b"54": request.values["side"],
            b"50": request.values.get("user", b""),
        }
        return self.reading_fix.read(tuple(map(texts.get, self.reading_fix.dialect.tags)))

    def ask(self, message: bytes, waived: frozenset[Reject] = NOTHING_WAIVED) -> Verdict:
        """Say what would come of a message."""
        judge, reading = self.judge, self.reading_fix
        parsed = parse(message)
        assert parsed is not None
        judge.begin(waived)
        reading.refusal = None
        reading.ledger = Ledger()
        name = parsed.values.get(b"41", b"")
        original = self.orders.get(name)
        if isinstance(original, FixOrder):
            reading.ledger.orders[name] = original
        reading.handlers[parsed.msg_type](reading, parsed, self.now)
        return Verdict(judge.passes, reading.refusal, judge.canceled, judge.order, judge.original)


class FixDialect(Dialect):
    """Any dialect of FIX; `of` gives it with what one port's version has."""

    is_numbered = False
    label = "cl_ord_id"
    label_width = 20
    book = "symbol"
    market_prices = (MARKET_PRICE,)
    round_lot = ROUND_LOT
    maximum_quantity = MAXIMUM_QUANTITY
    longest_expire_time = 0
    letter_choices = LETTER_CHOICES
    option_choices = OPTION_CHOICES
    groups = GROUPS
    any_field = ("quantity", "price", 59, 9140)
    allowed = ALLOWED
    plain = OrderTerms(Side.BUY, TimeInForce.DAY, Display.VISIBLE, Cross.CONTINUOUS, False, ())
    currency = "dollars"
    names = NAMES

    def of(self, endpoint: Endpoint) -> FixDialect:
        """Give the dialect as a port's market has it."""
        dialect = FixDialect()
        if endpoint.port.rule_book == PRM:
            dialect.round_lot, dialect.maximum_quantity = 1, MAXIMUM_BOOK_QUANTITY
            dialect.currency = "units of the currency"
        return dialect

    def matching(self, number: int | None, channel: int, label: bytes) -> Wanted:
        """See `Dialect`. FIX orders have no numbers."""
        wanted = b"\x0111=%b\x01" % label
        return lambda message: (
            number is None and wanted in message and (b"\x0135=D\x01" in message or b"\x0135=G\x01" in message)
        )

    def outcome(self, said: list[bytes], request: Request | None) -> Outcome:
        """See `Dialect`."""
        kinds = [values for values in map(_values, said) if values.get(b"35") in (b"8", b"9")]
        label = b"" if request is None else request.label
        if any(values[b"35"] == b"9" or (values[b"39"] == b"8" and values[b"11"] == label) for values in kinds):
            return "rejected"
        if request is None:
            return "other" if said else "silent"
        if request.letter == REPLACE and any(values.get(b"39") == b"4" and values[b"11"] == label for values in kinds):
            return "original-canceled"
        return "accepted" if kinds else "other" if said else "silent"

    def name_of(self, key: Key) -> str:
        """See `Dialect`."""
        return f"{key}" if isinstance(key, int) else super().name_of(key)

    def options_of(self, letter: bytes) -> frozenset[int]:
        """See `Dialect`."""
        return frozenset()

    def scope(self, reader: Reader, request: Request) -> Scope | None:
        """See `Dialect`."""
        assert isinstance(reader, FixReader)
        return reader.scope(request)

    def book_named(self, request: Request) -> str:
        """See `Dialect`."""
        symbol: bytes = request.values["symbol"]
        return symbol.decode("latin-1")

    def option_fault(self, bad: BadOption) -> Reject:
        """See `Dialect`."""
        return Reject.INVALID_ATTRIBUTE

    def letter_faults(self, request: Request, original: Order | None) -> Iterator[LetterFault]:
        """See `Dialect`. No part of a FIX message has to be there without saying what it is."""
        return iter(())

    def option_faults(self, reader: Reader, request: Request) -> Iterator[Finding]:
        """See `Dialect`."""
        assert isinstance(reader, FixReader)
        for tag in sorted(request.options):
            details = reader.details(request, tag)
            cross = Cross.CONTINUOUS if details.terms is None else details.terms.cross
            if cross not in (Cross.CONTINUOUS, *reader.engine.markets[reader.port.market].crosses):
                yield finding(Reject.RETAIL_NOT_SERVED if cross is Cross.RETAIL else Reject.INVALID_CROSS, tag)
            elif (
                details.fault is not None
                and details.fault.reason is None
                and details.fault.refusal.reason is not Reject.INVALID_SYMBOL
            ):
                yield Finding(details.fault.refusal, (tag,))
        whole = reader.details(request)
        if whole.fault is not None and whole.fault.reason is not None:
            yield Finding(whole.fault.refusal, (114,) if whole.fault.reason.extended else (15,))

    def fault_keys(self, reason: Reject, group: Group) -> tuple[Key, ...]:
        """See `Dialect`."""
        tags = tuple(tag for tag, _ in group if tag != NO_SUCH_TAG)
        if reason is Reject.INVALID_EXPIRE_TIME:
            return 59, 126
        if reason is Reject.INVALID_MINIMUM_QUANTITY:
            return *tags, "quantity", 9140, 59
        return (*tags, 9140, 59) if reason is Reject.INVALID_MAX_FLOOR else tags

    def without_cross(self, order: Order) -> OrderTerms:
        """See `Dialect`."""
        terms = order.terms
        return OrderTerms(terms.side, terms.time_in_force, terms.display, Cross.CONTINUOUS, False, ())


def _values(message: bytes) -> dict[bytes, bytes]:
    parsed = parse(message)
    return {} if parsed is None else parsed.values
