"""RASHport as explaining has it: token, side, shares, symbol and price are fields, all else is options with defaults.

An option's tag is its place in `rash.terms.OrderFields`. One that says what most orders say counts as left out, so that
a proposal to leave it out is one to send the usual value. What a port would say to a changed order is asked of a second
port with the same version and settings, whose engine decides and does nothing, as with OUCH.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Self, cast

from engine.api import (
    MARKET_PRICE,
    MAXIMUM_QUANTITY,
    PLAIN,
    ROUND_LOT,
    Cross,
    Display,
    Order,
    OrderTerms,
    Reject,
    Scope,
    TimeInForce,
)
from engine.api import Side as EngineSide
from engine.endpoint import Endpoint
from engine.engine import Engine
from rash import codec, codec_10
from rash.port import RashPort
from rash.terms import (
    DISPLAYS,
    LONGEST,
    MARKET_HOURS,
    ORDER_FIELDS,
    SIDES,
    SYSTEM_HOURS,
    OrderFields,
    OrderKind,
    order_kind,
)
from rash.version import VERSION_10
from venue.explain.answer import Value, camel
from venue.explain.dialect import ENTER, Dialect, Finding, Group, Key, LetterFault, Wanted, finding
from venue.explain.reader import NOTHING_WAIVED, Deaf, Judge, Reader, Verdict, not_noted
from venue.explain.request import Request

if TYPE_CHECKING:
    from venue.explain.answer import Outcome
    from wire.record import BadOption

LETTER_AT: Final = 8
"""Where a message to the client has its letter."""
WITH_CROSS: Final = b"Q"
TOKEN_WIDTH: Final = 14
SYMBOL_WIDTH: Final = 8
TAGS: Final = {name: tag for tag, name in enumerate(OrderFields._fields)}
USUAL: Final = OrderFields(
    *(b"B", MARKET_HOURS, b"    ", b"Y", 0, 0, b"N", b"+", 0, 0, b"N", b"+", 0, b"A", 0, b"    "),
    *(b"N", b"N", b" ", b" ", b" "),
    is_free=False,
)
"""What a field says that says nothing special."""
OF_CROSS: Final = (TAGS["intermarket_sweep"], TAGS["cross_type"])
TAIL: Final = (TAGS["customer_type"], TAGS["trade_now"], TAGS["shares_located"])
DIGITS: Final = {"quantity": 6, "price": 10} | {
    TAGS[name]: 6 for name in ("minimum_quantity", "max_floor", "random_reserve")
}
NO_SUCH_TAG: Final = -1
"""The tag of what orders have in other protocols only."""
DISPLAY: Final = TAGS["display"]
TIME_IN_FORCE: Final = TAGS["time_in_force"]
PRICES: Final[frozenset[Key]] = frozenset(
    {"price", TAGS["peg_difference"], TAGS["discretion_price"], TAGS["discretion_difference"]}
)
GROUPS: Final[tuple[Group, ...]] = (
    ((TAGS["firm"], "firm"),),
    (
        *((TAGS["peg_type"], "price_type"), (TAGS["peg_difference"], "peg_offset")),
        *((DISPLAY, "price_type"), (DISPLAY, "post_only"), (TAGS["route"], "route")),
    ),
    (
        *((TAGS["discretion_price"], "discretion_price"), (TAGS["discretion_peg_type"], "discretion_price_type")),
        *((TAGS["discretion_difference"], "discretion_peg_offset"), (TAGS["max_floor"], "max_floor")),
        *((DISPLAY, "post_only"), (TAGS["route"], "route")),
    ),
    ((TAGS["minimum_quantity"], "minimum_quantity"),),
    ((TAGS["max_floor"], "max_floor"), (TAGS["random_reserve"], "random_reserve")),
    ((DISPLAY, "imbalance_only"), (TAGS["cross_type"], "imbalance_only")),
    ((TAGS["route"], "route"),),
    ((NO_SUCH_TAG, "expire_time"), (TIME_IN_FORCE, "expires_at")),
)
LETTER_CHOICES: Final[dict[Key, tuple[bytes, ...]]] = {"side": (b"B", b"S", b"T", b"E")}
OPTION_CHOICES: Final[dict[Key, tuple[Any, ...]]] = {DISPLAY: (b"N",), TIME_IN_FORCE: (0,)}
ALLOWED: Final[dict[Reject, tuple[str, ...]]] = {
    Reject.INVALID_SIDE: ("B", "S", "T", "E"),
    Reject.INVALID_TIME_IN_FORCE: ("0", f"1 to {LONGEST:,}", f"{MARKET_HOURS:,}", f"{SYSTEM_HOURS:,}"),
    Reject.INVALID_DISPLAY: tuple(letter.decode() for letter, shown in DISPLAYS.items() if shown.fault is None),
    Reject.INVALID_CAPACITY: ("A", "P", "R", "O"),
    Reject.INVALID_INTERMARKET_SWEEP: ("Y", "N", "y"),
}
NAMES: Final[dict[str, Key]] = {"time_in_force": TIME_IN_FORCE, "display": DISPLAY, "cross_type": TAGS["cross_type"]}


class RashRequest(Request):
    """An order of either kind by its fields; `kind` is its letter, `customer` what only its sender reads."""

    __slots__ = ("customer", "kind")

    kind: bytes
    customer: bytes

    @classmethod
    def read(cls, dialect: Dialect, message: bytes) -> Self:
        """Take an order apart. Raises `Malformed`, and `KeyError` for another message."""
        assert isinstance(dialect, RashDialect)
        kind = message[:1]
        fields = dialect.codec.UNPACK_INBOUND[{b"O": codec.ENTER_ORDER, b"Q": codec.ENTER_ORDER_WITH_CROSS}[kind]](
            message
        )
        token, side, shares, symbol, price = fields[:5]
        end = fields[ORDER_FIELDS:]
        cross, tail = (end[:2], end[2:]) if kind == WITH_CROSS else ((b"N", b"N"), end)
        said = [side, *fields[5 : ORDER_FIELDS - 1], *cross, *tail, *(b" ",) * (len(TAIL) - len(tail))]
        options = {tag: value for tag, value in enumerate(said) if tag and value != USUAL[tag]}
        request = cls(dialect, ENTER, {}, options)
        request.kind, request.customer = kind, fields[ORDER_FIELDS - 1]
        request.values = {
            "token": token,
            "side": side,
            "quantity": shares,
            "symbol": symbol.ljust(SYMBOL_WIDTH),
            "price": price,
        }
        if price == 0 and order_kind(request.fields_of(), dialect.mpid, dialect.base).has_no_limit:
            request.values["price"] = MARKET_PRICE
        return request

    def fields_of(self, *tags: int) -> OrderFields:
        """Give what makes the order's kind, or only those fields of it, and the usual values for the others."""
        said = {tag: value for tag, value in self.options.items() if not tags or tag in tags}
        values: list[Any] = [said.get(tag, usual) for tag, usual in enumerate(USUAL)]
        values[0] = self.values.get("side", b"B") if not tags else b"B"
        values[-1] = self.values.get("price") in (0, MARKET_PRICE)
        return OrderFields._make(values)

    def kind_of(self, *tags: int) -> OrderKind:
        """Give what that means."""
        dialect = self.dialect
        assert isinstance(dialect, RashDialect)
        return order_kind(self.fields_of(*tags), dialect.mpid, dialect.base)

    def pack(self) -> bytes:
        """Give the message's bytes."""
        dialect, fields, values = self.dialect, self.fields_of(), self.values
        assert isinstance(dialect, RashDialect)
        price = 0 if values["price"] == MARKET_PRICE and self.kind_of().has_no_limit else values["price"]
        symbol = values["symbol"][: dialect.symbol_width]
        cross = (fields.intermarket_sweep, fields.cross_type) if self.kind == WITH_CROSS else ()
        tail = (fields.customer_type, fields.trade_now, fields.shares_located)[: dialect.tails[self.kind]]
        middle = fields[1:16]
        pack = dialect.codec.pack_enter_order_with_cross if self.kind == WITH_CROSS else dialect.codec.pack_enter_order
        said = values["token"], values["side"], values["quantity"], symbol, price
        packed: bytes = pack(*said, *middle, self.customer, *cross, *tail)
        return packed[: dialect.longest[self.kind]]

    def has(self, key: Key) -> bool:
        """See `Request`."""
        if isinstance(key, str):
            return key in self.values
        return 0 < key < len(USUAL) - 1 and (key not in OF_CROSS or self.kind == WITH_CROSS)

    def changed(self, key: Key, value: Any) -> RashRequest:
        """See `Request`. A number that has no room in its field is not taken."""
        digits = DIGITS.get(key)
        if digits is not None and value is not None and not 0 <= value < 10**digits:
            return self
        changed = RashRequest(self.dialect, self.letter, self.values, self.options)
        changed.kind, changed.customer = self.kind, self.customer
        if isinstance(key, str):
            changed.values = {**self.values, key: value}
            return changed
        changed.options = {tag: present for tag, present in self.options.items() if tag != key}
        if value is not None and value != USUAL[key]:
            changed.options[key] = value
        return changed

    @property
    def title(self) -> str:
        """The message's name."""
        return "EnterOrderWithCross" if self.kind == WITH_CROSS else "EnterOrder"

    def fields(self) -> dict[str, Value]:
        """Give the fields as an answer shows them."""
        return {self.dialect.name_of(name): self.dialect.show(name, value) for name, value in self.values.items()}


class RashReader(Reader):
    """A second reader of a port's orders: it knows no tokens, so none is used."""

    def __init__(self, port: Endpoint, engine: Engine, now: int, dialect: Dialect) -> None:
        own = cast("RashPort", port)
        self.port = port.port
        self.engine = engine
        self.now = now
        self.used = {}
        self.judge = Judge(engine)
        self.second = RashPort(port.port, self.judge, Deaf, not_noted, own.version)
        self.second.stream = Deaf()

    def original(self, request: Request) -> Order | None:
        """Give none: there is no replace."""
        return None

    def ask(self, message: bytes, waived: frozenset[Reject] = NOTHING_WAIVED) -> Verdict:
        """Say what would come of a message."""
        judge, second = self.judge, self.second
        judge.begin(waived)
        second.tokens.clear()
        second.numbers.clear()
        second.refusal = None
        second.receive(message, self.now)
        return Verdict(judge.passes, second.refusal, judge.canceled, judge.order, judge.original)


class RashDialect(Dialect):
    """Either version; `of` gives it with what one port has."""

    codec = codec
    is_numbered = False
    label = "token"
    label_width = TOKEN_WIDTH
    book = "symbol"
    price_keys = PRICES
    market_prices = (MARKET_PRICE,)
    round_lot = ROUND_LOT
    maximum_quantity = MAXIMUM_QUANTITY
    longest_expire_time = LONGEST
    letter_choices = LETTER_CHOICES
    option_choices = OPTION_CHOICES
    groups = GROUPS
    any_field = ("quantity", "price", TIME_IN_FORCE, DISPLAY)
    allowed = ALLOWED
    plain = OrderTerms(EngineSide.BUY, TimeInForce.DAY, Display.VISIBLE, Cross.CONTINUOUS, False, ())
    currency = "dollars"
    names = NAMES

    def of(self, endpoint: Endpoint) -> RashDialect:
        """Give the dialect as a port has it."""
        port = cast("RashPort", endpoint)
        dialect, is_old = RashDialect(), port.version is VERSION_10
        dialect.codec = codec_10 if is_old else codec
        dialect.symbol_width = 6 if is_old else SYMBOL_WIDTH
        dialect.tails = {b"O": 1, WITH_CROSS: 2} if is_old else {b"O": 3, WITH_CROSS: 3}
        dialect.longest = {bytes((kind,)): length for kind, length in port.longest.items()}
        dialect.mpid = port.mpid.strip()
        dialect.base = port.port.plain
        return dialect

    def __init__(self) -> None:
        self.symbol_width = SYMBOL_WIDTH
        self.tails: dict[bytes, int] = {}
        self.longest: dict[bytes, int] = {}
        self.mpid = b""
        self.base = PLAIN

    def matching(self, number: int | None, channel: int, label: bytes) -> Wanted:
        """See `Dialect`. Orders have tokens and no numbers."""
        token = label.ljust(TOKEN_WIDTH)
        return lambda message: number is None and message[:1] in (b"O", b"Q") and message.startswith(token, 1)

    def outcome(self, said: list[bytes], request: Request | None) -> Outcome:
        """See `Dialect`."""
        letters = {message[LETTER_AT : LETTER_AT + 1] for message in said}
        if b"J" in letters:
            return "rejected"
        if not letters:
            return "silent"
        return "accepted" if letters & {b"A", b"R"} else "other"

    def name_of(self, key: Key) -> str:
        """See `Dialect`."""
        if isinstance(key, int):
            return camel(OrderFields._fields[key])
        return "shares" if key == "quantity" else camel(key)

    def show(self, key: Key, value: Any) -> Value:
        """See `Dialect`. What is left out says what is usual."""
        return super().show(key, USUAL[key] if value is None and isinstance(key, int) else value)

    def options_of(self, letter: bytes) -> frozenset[int]:
        """See `Dialect`."""
        return frozenset(range(1, len(USUAL) - 1))

    def scope(self, reader: Reader, request: Request) -> Scope | None:
        """See `Dialect`."""
        return reader.engine.scope(reader.port, request.values["symbol"].decode("latin-1").rstrip(" "))

    def book_named(self, request: Request) -> str:
        """See `Dialect`."""
        symbol: bytes = request.values["symbol"]
        return symbol.decode("latin-1").rstrip()

    def option_fault(self, bad: BadOption) -> Reject:
        """See `Dialect`."""
        return Reject.INVALID_ATTRIBUTE

    def letter_faults(self, request: Request, original: Order | None) -> Iterator[LetterFault]:
        """See `Dialect`."""
        if request.values["side"] not in SIDES:
            yield finding(Reject.INVALID_SIDE, "side"), "side", b"B"

    def option_faults(self, reader: Reader, request: Request) -> Iterator[Finding]:
        """See `Dialect`."""
        assert isinstance(request, RashRequest)
        found: list[Reject] = []
        for tag in sorted(request.options):
            kind = request.kind_of(tag)
            cross = kind.terms.cross
            if kind.fault is not None:
                found.append(kind.fault)
                yield finding(kind.fault, tag)
            elif cross not in (Cross.CONTINUOUS, *reader.engine.markets[reader.port.market].crosses):
                yield finding(Reject.RETAIL_NOT_SERVED if cross is Cross.RETAIL else Reject.INVALID_CROSS, tag)
        whole = request.changed("side", b"B").kind_of()
        if whole.fault is not None and whole.fault not in found:  # two fields that do not go together
            yield finding(whole.fault, TAGS["peg_type"], DISPLAY)

    def fault_keys(self, reason: Reject, group: Group) -> tuple[Key, ...]:
        """See `Dialect`."""
        tags = tuple(dict.fromkeys(tag for tag, _ in group if tag != NO_SUCH_TAG))  # a display stands for several
        if reason is Reject.INVALID_EXPIRE_TIME:
            return (TIME_IN_FORCE,)
        if reason is Reject.INVALID_TIME_IN_FORCE:
            return (*tags, TIME_IN_FORCE)
        if reason is Reject.INVALID_MINIMUM_QUANTITY:
            return *tags, "quantity", DISPLAY, TIME_IN_FORCE
        return (*tags, DISPLAY, TIME_IN_FORCE) if reason is Reject.INVALID_MAX_FLOOR else tags

    def without_cross(self, order: Order) -> OrderTerms:
        """See `Dialect`."""
        terms = order.terms
        return OrderTerms(terms.side, terms.time_in_force, terms.display, Cross.CONTINUOUS, False, ())
