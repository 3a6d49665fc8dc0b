"""Nordic OUCH 5 as explaining has it: letters that US orders have in the fixed part are options here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, cast

from engine.api import MARKET_PRICE, MAXIMUM_BOOK_QUANTITY, Cross, Order, Reject, Scope
from ouch import nordic_codec as codec
from ouch import nordic_codes as codes
from ouch import nordic_messages
from ouch.nordic import NordicOuchPort
from ouch.nordic_terms import (
    CROSSES,
    DISPLAYS,
    PARTIES,
    TIMES_IN_FORCE,
    option_fault,
    order_attributes,
    order_terms,
    parties_fault,
)
from venue.explain.dialect import Dialect, Finding, Key, LetterFault, finding

if TYPE_CHECKING:
    from venue.explain.reader import Reader
    from venue.explain.request import Request
    from wire.record import BadOption

NEUTRAL: Final[dict[str, Any]] = {
    "execution_within_firm": 0,
    "investment_decision": 0,
    "client_id": 0,
    "party_role_qualifier": 0,
    "capacity": codes.Capacity.OWN_ACCOUNT.wire,
    "algo_indicator": codes.AlgoIndicator.NO.wire,
}
"""What an order may say of those behind it, in the order of the message."""
SIDES: Final = tuple(side.wire for side in codes.Side)
SELF_TRADE: Final = frozenset({codec.TAG_STP_ACTION, codec.TAG_STP_LEVEL, codec.TAG_STP_TRADER_GROUP})
"""Options that are judged together."""
NAMES: Final[dict[str, Key]] = {
    "symbol": "order_book",
    "time_in_force": codec.TAG_TIME_IN_FORCE,
    "display": codec.TAG_DISPLAY,
    "cross_type": codec.TAG_CROSS_TYPE,
}
LETTER_CHOICES: Final[dict[Key, tuple[Any, ...]]] = {
    "side": SIDES,
    "capacity": tuple(capacity.wire for capacity in codes.Capacity),
    "algo_indicator": tuple(indicator.wire for indicator in codes.AlgoIndicator),
    "party_role_qualifier": (0,),
}
OPTION_CHOICES: Final[dict[Key, tuple[bytes, ...]]] = {
    codec.TAG_TIME_IN_FORCE: tuple(TIMES_IN_FORCE),
    codec.TAG_DISPLAY: tuple(DISPLAYS),
    codec.TAG_CROSS_TYPE: tuple(CROSSES),
}
ALLOWED: Final[dict[Reject, tuple[str, ...]]] = {
    Reject.INVALID_SIDE: tuple(side.value for side in codes.Side),
    Reject.INVALID_TIME_IN_FORCE: tuple(letter.decode() for letter in TIMES_IN_FORCE),
    Reject.INVALID_DISPLAY: tuple(letter.decode() for letter in DISPLAYS),
    Reject.INVALID_CROSS: tuple(letter.decode() for letter in CROSSES),
    Reject.INVALID_CAPACITY: tuple(capacity.value for capacity in codes.Capacity),
}


class NordicDialect(Dialect):
    """The dialect of Copenhagen, Helsinki, Iceland and Stockholm."""

    protocol = nordic_messages.NORDIC
    codec = codec
    port = NordicOuchPort
    names = NAMES
    label = codec.TAG_ORDER_REFERENCE
    label_width = 10
    book = "order_book"
    market_prices = (MARKET_PRICE,)
    round_lot = 1
    maximum_quantity = MAXIMUM_BOOK_QUANTITY
    longest_expire_time = 0xFFFF
    letter_choices = LETTER_CHOICES
    option_choices = OPTION_CHOICES
    groups = (
        ((codec.TAG_FIRM, "firm"),),
        ((codec.TAG_MIN_QTY, "minimum_quantity"),),
        ((codec.TAG_MAX_FLOOR, "max_floor"), (codec.TAG_RANDOM_RESERVE, "random_reserve")),
        ((codec.TAG_PEG_TYPE, "price_type"), (codec.TAG_PEG_DIFFERENCE, "peg_offset")),
        ((codec.TAG_EXPIRE_TIME, "expire_time"),),
    )
    any_field = ("quantity", "price", codec.TAG_TIME_IN_FORCE, codec.TAG_DISPLAY, "side")
    allowed = ALLOWED
    plain = order_terms(b"B", b"0", b"Y", Cross.CONTINUOUS, PARTIES.pack(*NEUTRAL.values()))
    currency = "units of the currency"

    def scope(self, reader: Reader, request: Request) -> Scope | None:
        """See `Dialect`."""
        port = cast("NordicOuchPort", reader.reading)
        return port.scope_of(request.values["order_book"], request.values["user"])

    def book_named(self, request: Request) -> str:
        """See `Dialect`."""
        return str(request.values.get("order_book", ""))

    def option_fault(self, bad: BadOption) -> Reject:
        """See `Dialect`."""
        return option_fault(bad)

    def letter_faults(self, request: Request, original: Order | None) -> Iterator[LetterFault]:
        """See `Dialect`."""
        if original is not None:  # a Replace has no letters
            return
        if request.values["side"] not in SIDES:
            yield finding(Reject.INVALID_SIDE, "side"), "side", SIDES[0]
        for name, neutral in NEUTRAL.items():
            fault = parties_fault(PARTIES.pack(*(NEUTRAL | {name: request.values[name]}).values()))
            if fault is not None:
                yield finding(fault, name), name, neutral

    def option_faults(self, reader: Reader, request: Request) -> Iterator[Finding]:
        """See `Dialect`."""
        together = {tag: value for tag, value in request.options.items() if tag in SELF_TRADE}
        asked: list[tuple[tuple[Key, ...], dict[int, int | bytes]]] = [
            ((tag,), {tag: value}) for tag, value in sorted(request.options.items()) if tag not in SELF_TRADE
        ]
        if together:
            asked.append((tuple(sorted(together)), together))
        port = cast("NordicOuchPort", reader.reading)
        for keys, options in asked:
            found = order_attributes(options, reader.port.plain, port.at_close)
            if isinstance(found, Reject):
                yield finding(found, *keys)
