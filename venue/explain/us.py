"""US OUCH 5.0 as explaining has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from engine.api import (
    MARKET_PRICE,
    MARKET_PRICE_ALTERNATIVE,
    MAXIMUM_QUANTITY,
    ROUND_LOT,
    Order,
    OrderTerms,
    Reject,
    Scope,
)
from engine.details import LONGEST_EXPIRE_TIME
from ouch import codec, messages
from ouch.terms import Letters, option_fault, order_attributes, order_terms
from ouch.us import UsOuchPort
from venue.explain.dialect import Dialect, Finding, Group, Key, LetterFault, finding

if TYPE_CHECKING:
    from venue.explain.reader import Reader
    from venue.explain.request import Request
    from wire.record import BadOption

NEUTRAL: Final[Letters] = (b"B", b"0", b"Y", b"A", b"N", b"N")
LETTERS: Final = ("side", "time_in_force", "display", "capacity", "intermarket_sweep", "cross_type")
AFTER_HOURS: Final = b"E"
CHOICES: Final[dict[Key, tuple[Any, ...]]] = {
    "side": (b"B", b"S", b"T", b"E"),
    "time_in_force": (b"0", b"3", b"5", b"6", b"E"),
    "display": (b"Y", b"N", b"A"),
    "capacity": (b"A", b"P", b"R", b"O"),
    "intermarket_sweep": (b"N", b"Y"),
    "cross_type": (b"N",),
}
GROUPS: Final[tuple[Group, ...]] = (
    ((codec.TAG_FIRM, "firm"),),
    ((codec.TAG_PRICE_TYPE, "price_type"), (codec.TAG_PEG_OFFSET, "peg_offset"), (codec.TAG_POST_ONLY, "post_only")),
    (
        (codec.TAG_DISCRETION_PRICE, "discretion_price"),
        (codec.TAG_DISCRETION_PRICE_TYPE, "discretion_price_type"),
        (codec.TAG_DISCRETION_PEG_OFFSET, "discretion_peg_offset"),
        (codec.TAG_MAX_FLOOR, "max_floor"),
        (codec.TAG_POST_ONLY, "post_only"),
    ),
    ((codec.TAG_MIN_QTY, "minimum_quantity"),),
    ((codec.TAG_MAX_FLOOR, "max_floor"), (codec.TAG_RANDOM_RESERVES, "random_reserve")),
    ((codec.TAG_HANDLE_INST, "handling_instruction"), (codec.TAG_HANDLE_INST, "imbalance_only")),
    ((codec.TAG_ROUTE, "route"),),
    ((codec.TAG_EXPIRE_TIME, "expire_time"),),
)
OPTION_CHOICES: Final[dict[Key, tuple[Any, ...]]] = {codec.TAG_AIQ_STRATEGY: (b"*",), codec.TAG_PRICE_TYPE: (b"L",)}
ALLOWED: Final[dict[Reject, tuple[str, ...]]] = {
    Reject.INVALID_SIDE: ("B", "S", "T", "E"),
    Reject.INVALID_TIME_IN_FORCE: ("0", "3", "5", "6", "E"),
    Reject.INVALID_DISPLAY: ("Y", "N", "A"),
    Reject.INVALID_CAPACITY: ("A", "P", "R", "O"),
    Reject.INVALID_INTERMARKET_SWEEP: ("Y", "N"),
    Reject.INVALID_CROSS: ("N",),
    Reject.RETAIL_NOT_SERVED: ("N",),
}


def _plain() -> OrderTerms:
    terms = order_terms(NEUTRAL)
    assert isinstance(terms, OrderTerms)
    return terms


class UsDialect(Dialect):
    """The dialect of NASDAQ, BX and PSX."""

    protocol = messages.OUCH
    codec = codec
    port = UsOuchPort
    channel = codec.TAG_USER_REF_IDX
    label = "cl_ord_id"
    label_width = 14
    book = "symbol"
    price_keys = frozenset({"price", codec.TAG_PEG_OFFSET, codec.TAG_DISCRETION_PRICE, codec.TAG_DISCRETION_PEG_OFFSET})
    market_prices = (MARKET_PRICE, MARKET_PRICE_ALTERNATIVE)
    round_lot = ROUND_LOT
    maximum_quantity = MAXIMUM_QUANTITY
    longest_expire_time = LONGEST_EXPIRE_TIME
    letter_choices = CHOICES
    option_choices = OPTION_CHOICES
    groups = GROUPS
    any_field = ("quantity", "price", "time_in_force", "display", "intermarket_sweep", "side")
    allowed = ALLOWED
    plain = _plain()
    currency = "dollars"

    def scope(self, reader: Reader, request: Request) -> Scope | None:
        """See `Dialect`."""
        return reader.reading.scope(request.values["symbol"])

    def book_named(self, request: Request) -> str:
        """See `Dialect`."""
        symbol: bytes = request.values.get("symbol", b"")
        return symbol.decode("latin-1").rstrip()

    def option_fault(self, bad: BadOption) -> Reject:
        """See `Dialect`."""
        return option_fault(bad)

    def letter_faults(self, request: Request, original: Order | None) -> Iterator[LetterFault]:
        """See `Dialect`."""
        letters: list[tuple[Key, bytes, Any]] = []
        inherited = dict(zip(LETTERS, NEUTRAL if original is None else original.terms.letters, strict=True))
        for name, neutral in zip(LETTERS, NEUTRAL, strict=True):
            key: Key = codec.TAG_SIDE if name == "side" and original is not None else name
            value = request.get(key) if request.has(key) else None
            letter = inherited[name] if value is None else value
            letters.append((key, letter, None if isinstance(key, int) else neutral))
        for place, (key, letter, neutral_value) in enumerate(letters):
            asked = [*NEUTRAL]
            asked[place] = letter
            found = order_terms((asked[0], asked[1], asked[2], asked[3], asked[4], asked[5]))
            if isinstance(found, Reject):
                yield finding(found, key), key, neutral_value
        if original is not None and request.values["time_in_force"] == AFTER_HOURS:
            yield finding(Reject.INVALID_TIME_IN_FORCE, "time_in_force"), "time_in_force", NEUTRAL[1]

    def replace_faults(self, request: Request, original: Order) -> Iterator[Finding]:
        """See `Dialect`."""
        side = request.options.get(codec.TAG_SIDE)
        if isinstance(side, bytes) and (side == b"B") != original.terms.is_buy and side in CHOICES["side"]:
            yield finding(Reject.INVALID_SIDE, codec.TAG_SIDE)
        yield from super().replace_faults(request, original)

    def option_faults(self, reader: Reader, request: Request) -> Iterator[Finding]:
        """See `Dialect`."""
        for tag, value in sorted(request.options.items()):
            found = order_attributes({tag: value}, reader.port.plain, reader.port)
            if isinstance(found, Reject):
                yield finding(found, tag)

    def without_cross(self, order: Order) -> OrderTerms:
        """See `Dialect`."""
        side, time_in_force, display, capacity, sweep, _ = order.terms.letters
        terms = order_terms((side, time_in_force, display, capacity, sweep, NEUTRAL[5]))
        assert isinstance(terms, OrderTerms)
        return terms

    def cross_terms(self, order: Order) -> OrderTerms | None:
        """See `Dialect`."""
        crossing = order_terms((*NEUTRAL[:5], order.terms.letters[5]))
        assert isinstance(crossing, OrderTerms)
        return crossing
