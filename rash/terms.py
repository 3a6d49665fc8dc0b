"""What the fields of a RASHport order mean to the engine, read once for all orders that agree in them.

Everything but token, shares, symbol, price and customer makes a *kind* of order: what its terms and attributes are, or
what is wrong with it. Values that no document lists, or that this venue does not serve, are refused with the closest
reason. Displays that are kinds of orders (midpoint peg, post only) mean what OUCH's options of those names mean.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec import structs

from engine.api import (
    MAXIMUM_PRICE,
    PLAIN,
    Cross,
    Display,
    OrderAttributes,
    OrderTerms,
    PriceType,
    Reject,
    Side,
    TimeInForce,
)
from rash import codes

IMMEDIATE: Final = 0
MARKET_HOURS: Final = 99_998
SYSTEM_HOURS: Final = 99_999
LONGEST: Final = 86_399
"""Seconds: an order that is good for a time ends within the day."""
ORDER_FIELDS: Final = 21
"""Fields that both messages of an order begin with."""
SIDES: Final = {b"B": Side.BUY, b"S": Side.SELL, b"T": Side.SELL_SHORT, b"E": Side.SELL_SHORT_EXEMPT}
CAPACITIES: Final = frozenset(capacity.wire for capacity in codes.Capacity)
SWEEPS: Final = {b"N": False, b"Y": True, b"y": True}
CROSSES: Final = {
    b"N": Cross.CONTINUOUS,
    b"O": Cross.OPENING,
    b"C": Cross.CLOSING,
    b"R": Cross.RETAIL,
    b"E": Cross.EXTENDED_LIFE,
    b"A": Cross.AFTER_HOURS_CLOSE,
    b"I": Cross.INTRADAY,
}
PEGS: Final = {
    b"N": PriceType.LIMIT,
    b"P": PriceType.MARKET_PEG,
    b"R": PriceType.PRIMARY_PEG,
    b"M": PriceType.MIDPOINT_PEG,
    b"Q": PriceType.MARKET_MAKER_PEG,
}
MARKET_PEG: Final = b"P"
DISCRETION_PEGS: Final = {letter: PEGS[letter] for letter in (b"N", b"P", b"R", b"M")}
SIGNS: Final = {b"+": 1, b"-": -1, b" ": 1}
BOOK_ONLY: Final = frozenset({b"", b"INET"})
"""Routes that are none."""
CUSTOMER_TYPES: Final = frozenset({b"R", b"N", b" "})
TRADE_NOWS: Final = frozenset({b"B", b"N", b" "})
LOCATED: Final = {b"Y": True, b"N": False, b" ": False}


class Shown(NamedTuple):
    """What a display letter says beside who sees the order."""

    display: Display
    post_only: bool = False
    midpoint: bool = False
    imbalance_only: bool = False
    fault: Reject | None = None


DISPLAYS: Final = {
    b"Y": Shown(Display.VISIBLE),
    b"N": Shown(Display.HIDDEN),
    b"n": Shown(Display.HIDDEN),
    b"A": Shown(Display.ATTRIBUTABLE),
    b"I": Shown(Display.VISIBLE, imbalance_only=True),
    b"P": Shown(Display.VISIBLE, post_only=True),
    b"L": Shown(Display.ATTRIBUTABLE, post_only=True),
    b"M": Shown(Display.HIDDEN, midpoint=True),
    b"m": Shown(Display.HIDDEN, midpoint=True),
    b"W": Shown(Display.HIDDEN, fault=Reject.PEGGING_NOT_SERVED),
    b"B": Shown(Display.HIDDEN, fault=Reject.PEGGING_NOT_SERVED),
    b"C": Shown(Display.HIDDEN, fault=Reject.PEGGING_NOT_SERVED),
    b"c": Shown(Display.HIDDEN, fault=Reject.PEGGING_NOT_SERVED),
    b"O": Shown(Display.VISIBLE, fault=Reject.RETAIL_NOT_SERVED),
    b"T": Shown(Display.VISIBLE, fault=Reject.RETAIL_NOT_SERVED),
    b"Q": Shown(Display.HIDDEN, fault=Reject.RETAIL_NOT_SERVED),
    b"R": Shown(Display.HIDDEN, fault=Reject.RETAIL_NOT_SERVED),
    b"d": Shown(Display.VISIBLE, fault=Reject.INVALID_CROSS),
}
"""The display letters; trade now is taken and not used."""


class OrderFields(NamedTuple):
    """The fields that make a kind of order, as on the wire, numbers read."""

    side: bytes
    time_in_force: int
    firm: bytes
    display: bytes
    minimum_quantity: int
    max_floor: int
    peg_type: bytes
    peg_sign: bytes
    peg_difference: int
    discretion_price: int
    discretion_peg_type: bytes
    discretion_sign: bytes
    discretion_difference: int
    capacity: bytes
    random_reserve: int
    route: bytes
    intermarket_sweep: bytes
    cross_type: bytes
    customer_type: bytes
    trade_now: bytes
    shares_located: bytes
    is_free: bool
    """Whether the price is 0."""


class OrderKind:
    """What orders of one kind are to the engine; with a `fault` they may be nothing that could trade.

    One that `has_no_limit` takes any price where its own is 0: a market order, or a peg. `time_in_force` is what is
    taken, on the wire. What begins with `answer` is what Accepted says of all orders of the kind; its port writes it.
    """

    __slots__ = (
        "answer_cross",
        "answer_details",
        "answer_letter",
        "answer_terms",
        "attributes",
        "fault",
        "has_no_limit",
        "terms",
        "time_in_force",
    )

    def __init__(
        self,
        terms: OrderTerms,
        attributes: OrderAttributes,
        fault: Reject | None,
        has_no_limit: bool,
        time_in_force: int,
    ) -> None:
        self.terms = terms
        self.attributes = attributes
        self.fault = fault
        self.has_no_limit = has_no_limit
        self.time_in_force = time_in_force
        self.answer_letter = b"A"
        self.answer_terms = self.answer_details = self.answer_cross = b""


_terms: Final[dict[OrderTerms, OrderTerms]] = {}
"""The terms met so far, one shared object for equal ones."""


def order_kind(fields: OrderFields, mpid: bytes, base: OrderAttributes) -> OrderKind:
    """Work out what a kind of order means; `base` are the attributes of the port's orders that say nothing."""
    faults: list[Reject] = [Reject.FIRM_NOT_AUTHORIZED] if fields.firm.strip() not in (b"", mpid) else []
    if fields.side not in SIDES:
        faults.append(Reject.INVALID_SIDE)
    time_in_force, taken = read_time_in_force(fields, faults)
    shown = DISPLAYS.get(fields.display)
    if shown is None or shown.fault is not None:
        faults.append(Reject.INVALID_DISPLAY if shown is None else shown.fault or Reject.INVALID_DISPLAY)
        shown = DISPLAYS[b"Y"]
    changes = read_attributes(fields, shown, faults)
    if fields.capacity not in CAPACITIES:
        faults.append(Reject.INVALID_CAPACITY)
    if fields.intermarket_sweep not in SWEEPS:
        faults.append(Reject.INVALID_INTERMARKET_SWEEP)
    if fields.cross_type not in CROSSES:
        faults.append(Reject.INVALID_CROSS)
    tail = (
        (fields.customer_type, CUSTOMER_TYPES),
        (fields.trade_now, TRADE_NOWS),
        (fields.shares_located, LOCATED),
    )
    if any(letter not in known for letter, known in tail):
        faults.append(Reject.INVALID_ATTRIBUTE)
    is_market = fields.peg_type == MARKET_PEG and fields.is_free and not fields.peg_difference
    terms = OrderTerms(
        SIDES.get(fields.side, Side.BUY),
        time_in_force,
        shown.display,
        CROSSES.get(fields.cross_type, Cross.CONTINUOUS),
        SWEEPS.get(fields.intermarket_sweep, False),
        (fields.side, b"%05d" % taken, fields.display, fields.capacity, fields.intermarket_sweep, fields.cross_type),
    )
    has_no_limit = is_market or "price_type" in changes
    attributes = structs.replace(base, **changes) if changes else base
    return OrderKind(_terms.setdefault(terms, terms), attributes, faults[0] if faults else None, has_no_limit, taken)


def read_time_in_force(fields: OrderFields, faults: list[Reject]) -> tuple[TimeInForce, int]:
    """Give a time in force, and the number for it that is taken: a displayed order with a minimum does not rest.

    (Equity 4, Rule 4703(e).)
    """
    number = fields.time_in_force
    if number == IMMEDIATE:
        return TimeInForce.IMMEDIATE_OR_CANCEL, number
    if number <= LONGEST:
        return TimeInForce.GOOD_TILL_TIME, number
    if number not in (MARKET_HOURS, SYSTEM_HOURS):
        faults.append(Reject.INVALID_TIME_IN_FORCE)
        return TimeInForce.DAY, number
    shown = DISPLAYS.get(fields.display)
    if fields.minimum_quantity and shown is not None and shown.display is not Display.HIDDEN:
        return TimeInForce.IMMEDIATE_OR_CANCEL, IMMEDIATE
    return (TimeInForce.DAY if number == MARKET_HOURS else TimeInForce.EXTENDED_HOURS), number


def read_attributes(fields: OrderFields, shown: Shown, faults: list[Reject]) -> dict[str, object]:
    """Give the attributes that a kind of order has beside its port's, and note what is wrong with them."""
    price_type, offset = PEGS.get(fields.peg_type), signed(fields.peg_sign, fields.peg_difference)
    beyond = DISCRETION_PEGS.get(fields.discretion_peg_type)
    beyond_offset = signed(fields.discretion_sign, fields.discretion_difference)
    if fields.peg_type == b"I" or fields.discretion_peg_type == b"I":
        faults.append(Reject.PEGGING_NOT_SERVED)
    elif price_type is None or offset is None or beyond is None or beyond_offset is None:
        faults.append(Reject.INVALID_PRICE_TYPE)
    if price_type is PriceType.MARKET_PEG and fields.is_free and not offset:
        price_type = PriceType.LIMIT  # a market order
    if shown.midpoint:
        if price_type not in (PriceType.LIMIT, PriceType.MIDPOINT_PEG):
            faults.append(Reject.INVALID_PRICE_TYPE)
        price_type = PriceType.MIDPOINT_PEG
    route = fields.route.strip()
    found: dict[str, object] = {
        "minimum_quantity": fields.minimum_quantity,
        "max_floor": fields.max_floor,
        "random_reserve": fields.random_reserve,
        "price_type": price_type or PriceType.LIMIT,
        "peg_offset": offset or 0,
        "discretion_price": fields.discretion_price,
        "discretion_price_type": beyond or PriceType.LIMIT,
        "discretion_peg_offset": beyond_offset or 0,
        "post_only": shown.post_only,
        "imbalance_only": shown.imbalance_only,
        "route": b"" if route in BOOK_ONLY else route,
        "expire_time": fields.time_in_force if fields.time_in_force <= LONGEST else 0,
        "shares_located": LOCATED.get(fields.shares_located, False),
    }
    return {name: value for name, value in found.items() if value != getattr(PLAIN, name)}


def signed(sign: bytes, difference: int) -> int | None:
    """Give a difference with its sign; None where there is no such sign, or the difference is beyond every price."""
    factor = SIGNS.get(sign)
    return None if factor is None or difference > MAXIMUM_PRICE else factor * difference
