"""All that is wrong with a message: every check asked by itself, in the order in which the venue asks.

The venue stops at the first check that objects. Here each of them is asked about its own part of the message, with the
venue's own functions, while all other parts stand at values that nobody objects to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import structs

from engine.api import (
    MARKET_PRICE,
    MARKET_PRICE_ALTERNATIVE,
    MAXIMUM_PRICE,
    MAXIMUM_QUANTITY,
    PLAIN,
    REFUSALS,
    ROUND_LOT,
    Order,
    OrderAttributes,
    OrderTerms,
    Refusal,
    Reject,
    TimeInForce,
)
from ouch import codec
from ouch.terms import Letters, option_fault, order_attributes, order_terms
from venue.explain.reader import Reader, obstacles
from venue.explain.request import ENTER, UNSOUND, Key, Request

NEUTRAL: Final[Letters] = (b"B", b"0", b"Y", b"A", b"N", b"N")
LETTERS: Final = ("side", "time_in_force", "display", "capacity", "intermarket_sweep", "cross_type")
AFTER_HOURS: Final = b"E"
GROUPS: Final[tuple[tuple[tuple[int, str], ...], ...]] = (
    ((codec.TAG_FIRM, "firm"),),
    ((codec.TAG_PRICE_TYPE, "price_type"), (codec.TAG_PEG_OFFSET, "peg_offset")),
    (
        (codec.TAG_DISCRETION_PRICE, "discretion_price"),
        (codec.TAG_DISCRETION_PRICE_TYPE, "discretion_price_type"),
        (codec.TAG_DISCRETION_PEG_OFFSET, "discretion_peg_offset"),
    ),
    ((codec.TAG_MIN_QTY, "minimum_quantity"),),
    ((codec.TAG_MAX_FLOOR, "max_floor"), (codec.TAG_RANDOM_RESERVES, "random_reserve")),
    ((codec.TAG_HANDLE_INST, "handling_instruction"),),
    ((codec.TAG_ROUTE, "route"),),
    ((codec.TAG_EXPIRE_TIME, "expire_time"),),
)
"""Options that are judged together, and the attributes that hold them, in order of precedence."""
KEYS: Final[dict[Reject, tuple[Key, ...]]] = {
    Reject.INVALID_SYMBOL: ("symbol",),
    Reject.HALTED: (),
    Reject.LOW_DISK_SPACE: (),
    Reject.AFTER_HOURS_CLOSED: ("time_in_force",),
    Reject.ENTRY_DISABLED: (),
    Reject.PORT_MESSAGE_RATE: (),
    Reject.RESTRICTED_STOCK: (),
    Reject.MAXIMUM_SHARES: ("quantity",),
    Reject.MAXIMUM_NOTIONAL: ("quantity", "price"),
    Reject.FAT_FINGER: ("price",),
    Reject.UNKNOWN_USER: (),
    Reject.ACCOUNT_BLOCKED: (),
    Reject.PORT_ORDER_RATE: (),
    Reject.RESTRICTED_SEGMENT: (),
    Reject.RESTRICTED_SYMBOL: (),
    Reject.MAXIMUM_ORDER_QUANTITY: ("quantity",),
    Reject.MAXIMUM_ORDER_VALUE: ("quantity", "price"),
    Reject.CONTINUOUS_FAT_FINGER: ("price",),
}
"""Which fields the checks of book, port and rules read; of one that is not named here, all that could matter."""
ANY_FIELD: Final[tuple[Key, ...]] = ("quantity", "price", "time_in_force", "display", "intermarket_sweep", "side")


class Finding(NamedTuple):
    """One check's objection, and the fields that it is about."""

    refusal: Refusal
    keys: tuple[Key, ...]


def find_faults(reader: Reader, request: Request) -> list[Finding]:
    """Give every check's objection to a message, by precedence, each reason once with all fields that it is about."""
    found: dict[Reject, Finding] = {}
    for refusal, keys in _ask_all(reader, request):
        known = found.get(refusal.reason)
        if known is None:
            found[refusal.reason] = Finding(refusal, keys)
        else:
            found[refusal.reason] = known._replace(keys=(*known.keys, *(key for key in keys if key not in known.keys)))
    return list(found.values())


def _ask_all(reader: Reader, request: Request) -> Iterator[Finding]:
    original = original_of(reader, request)
    if request.letter != ENTER and original is None:
        return
    clean = request
    for finding, key, value in _letter_faults(request, original):
        yield finding
        clean = clean.changed(key, value)
    if original is not None:
        yield from _replace_faults(request, original)
        if request.values["time_in_force"] == AFTER_HOURS:
            clean = clean.changed("time_in_force", NEUTRAL[1])
    elif (reader.reading.scope(request.values["symbol"])) is None:
        yield Finding(REFUSALS[Reject.INVALID_SYMBOL], KEYS[Reject.INVALID_SYMBOL])
    for finding in _option_faults(reader, request):
        yield finding
        for key in finding.keys:
            clean = clean.changed(key, None)
    order = reader.ask(clean.pack()).order
    if order is None:
        yield from _plain_faults(request)
        return
    for refusal, keys in _detail_faults(reader, order, request):
        yield Finding(refusal, keys)
    for refusal in obstacles(reader.engine, order, reader.now):
        if refusal.reason is not Reject.MAXIMUM_NOTIONAL or has_price(order.price):
            yield Finding(refusal, KEYS.get(refusal.reason, ANY_FIELD))


def original_of(reader: Reader, request: Request) -> Order | None:
    """Give the live order that a Replace names, None where there is none, and for an Enter."""
    if request.letter == ENTER:
        return None
    return reader.reading.live(request.channel, request.values["orig_user_ref_num"])


def has_price(price: int) -> bool:
    """Whether a price is a limit or means the market."""
    return 0 < price <= MAXIMUM_PRICE or price in (MARKET_PRICE, MARKET_PRICE_ALTERNATIVE)


def _letter_faults(request: Request, original: Order | None) -> Iterator[tuple[Finding, Key, bytes | None]]:
    """Ask about each letter by itself; with each bad one goes a field's value that is not."""
    letters: list[tuple[Key, bytes, bytes | None]] = []
    inherited = dict(zip(LETTERS, NEUTRAL if original is None else original.terms.letters, strict=True))
    for name, neutral in zip(LETTERS, NEUTRAL, strict=True):
        key: Key = codec.TAG_SIDE if name == "side" and original is not None else name
        value = request.get(key) if request.has(key) else None
        letters.append((key, inherited[name] if value is None else value, None if isinstance(key, int) else neutral))
    for place, (key, letter, neutral_value) in enumerate(letters):
        asked = [*NEUTRAL]
        asked[place] = letter
        found = order_terms((asked[0], asked[1], asked[2], asked[3], asked[4], asked[5]))
        if isinstance(found, Reject):
            yield Finding(REFUSALS[found], (key,)), key, neutral_value


def _replace_faults(request: Request, original: Order) -> Iterator[Finding]:
    """Ask what a Replace may not do to its original (OUCH 5.0 §2.5): these end it."""
    if request.values["time_in_force"] == AFTER_HOURS:
        yield Finding(REFUSALS[Reject.INVALID_TIME_IN_FORCE], ("time_in_force",))
    side = request.options.get(codec.TAG_SIDE)
    if isinstance(side, bytes) and (side == b"B") != original.terms.is_buy and side in (b"B", b"S", b"T", b"E"):
        yield Finding(REFUSALS[Reject.INVALID_SIDE], (codec.TAG_SIDE,))
    executed = original.size - original.open
    quantity = request.values["quantity"]
    if 0 < quantity <= executed:
        yield Finding(Refusal(Reject.INVALID_QUANTITY, executed, quantity), ("quantity",))


def _option_faults(reader: Reader, request: Request) -> Iterator[Finding]:
    """Ask about the appendage, then about each sound option by itself."""
    if request.bad is not None:
        yield Finding(REFUSALS[option_fault(request.bad)], (UNSOUND,))
    for tag, value in sorted(request.options.items()):
        found = order_attributes({tag: value}, reader.port.plain, reader.port)
        if isinstance(found, Reject):
            yield Finding(REFUSALS[found], (tag,))


def _plain_faults(request: Request) -> Iterator[Finding]:
    """Ask what can be asked where there is no book to ask about: quantity and price."""
    if not 0 < request.values["quantity"] <= MAXIMUM_QUANTITY:
        yield Finding(REFUSALS[Reject.INVALID_QUANTITY], ("quantity",))
    if not has_price(request.values["price"]):
        yield Finding(REFUSALS[Reject.INVALID_PRICE], ("price",))


def _detail_faults(reader: Reader, order: Order, request: Request) -> Iterator[tuple[Refusal, tuple[Key, ...]]]:
    """Ask the engine about an order's size, price, cross and attributes, one after the other."""
    fault = reader.engine.fault
    floor, tick = order.scope.book.security.ticks[0]
    price = max(floor, tick)
    plain = order_terms(NEUTRAL)
    assert isinstance(plain, OrderTerms)
    variants: tuple[tuple[Order, tuple[Key, ...]], ...] = (
        (variant(order, plain, PLAIN, order.size, price), ("quantity",)),
        (variant(order, plain, PLAIN, ROUND_LOT, order.price), ("price",)),
    )
    for asked, keys in variants:
        refusal = fault(asked)
        if refusal is not None and refusal.reason is Reject.INVALID_SYMBOL:
            yield refusal, KEYS[Reject.INVALID_SYMBOL]
            return
        if refusal is not None:
            yield refusal, keys
    if request.has("cross_type"):
        crossing = order_terms((*NEUTRAL[:5], order.terms.letters[5]))
        assert isinstance(crossing, OrderTerms)
        refusal = fault(variant(order, crossing, PLAIN, ROUND_LOT, price))
        if refusal is not None:
            yield refusal, ("cross_type",)
    size = order.size if 0 < order.size <= MAXIMUM_QUANTITY else MAXIMUM_QUANTITY
    side, time_in_force, display, capacity, sweep, _ = order.terms.letters
    terms = order_terms((side, time_in_force, display, capacity, sweep, NEUTRAL[5]))
    assert isinstance(terms, OrderTerms)
    for group in GROUPS:
        refusal = fault(variant(order, terms, attributes_of(order, group), size, price))
        if refusal is not None:
            yield refusal, _keys_of(refusal.reason, group)


def _keys_of(reason: Reject, group: tuple[tuple[int, str], ...]) -> tuple[Key, ...]:
    """Give the fields that an objection to attributes is about."""
    tags = tuple(tag for tag, _ in group)
    if reason is Reject.INVALID_EXPIRE_TIME:
        return ("time_in_force", codec.TAG_EXPIRE_TIME)
    if reason is Reject.INVALID_MINIMUM_QUANTITY:
        return (*tags, "quantity", "display", "time_in_force")
    if reason is Reject.INVALID_MAX_FLOOR:
        return (*tags, "display", "time_in_force")
    return tags


def attributes_of(order: Order, group: tuple[tuple[int, str], ...]) -> OrderAttributes:
    """Give an order's attributes with those of one group only, and how long it lives."""
    names = {name for _, name in group}
    if order.terms.time_in_force is TimeInForce.GOOD_TILL_TIME:
        names.add("expire_time")
    return structs.replace(PLAIN, **{name: getattr(order.attributes, name) for name in names})


def variant(order: Order, terms: OrderTerms, attributes: OrderAttributes, size: int, price: int) -> Order:
    """Give another order of the same port in the same book."""
    return Order(order.port, order.scope, terms, attributes, size, price, order.cl_ord_id, order.key)
