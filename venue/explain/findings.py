"""All that is wrong with a message: every check asked by itself, in the order in which the venue asks.

The venue stops at the first check that objects. Here each of them is asked about its own part of the message, with the
venue's own functions, while all other parts stand at values that nobody objects to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from engine.api import PLAIN, REFUSALS, Order, OrderAttributes, Refusal, Reject, TimeInForce
from engine.timely import change_fault
from venue.explain.dialect import ENTER, UNSOUND, Finding, Group, Key, variant
from venue.explain.reader import Reader, obstacles
from venue.explain.request import Request

KEYS: Final[dict[Reject, tuple[str, ...]]] = {
    Reject.HALTED: (),
    Reject.MARKET_CLOSED: (),
    Reject.CALL_MISSED: ("cross_type",),
    Reject.NO_CLOSING_REFERENCE: ("cross_type",),
    Reject.LOW_DISK_SPACE: (),
    Reject.AFTER_HOURS_CLOSED: ("time_in_force",),
    Reject.ENTRY_DISABLED: (),
    Reject.PORT_MESSAGE_RATE: (),
    Reject.RESTRICTED_STOCK: (),
    Reject.MAXIMUM_SHARES: ("quantity",),
    Reject.MAXIMUM_NOTIONAL: ("quantity", "price"),
    Reject.FAT_FINGER: ("price",),
    Reject.SYMBOL_MESSAGE_RATE: (),
    Reject.DUPLICATE_ORDER: ("quantity", "price"),
    Reject.HARD_TO_BORROW: ("side",),
    Reject.INTERMARKET_SWEEP_NOT_ALLOWED: ("intermarket_sweep",),
    Reject.SHORT_SALE_NOT_ALLOWED: ("side",),
    Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED: ("side",),
    Reject.MARKET_ORDER_NOT_ALLOWED: ("price",),
    Reject.PRE_MARKET_NOT_ALLOWED: (),
    Reject.POST_MARKET_NOT_ALLOWED: ("time_in_force",),
    Reject.IPO_MARKET_BUY_NOT_ALLOWED: ("side", "price"),
    Reject.AVERAGE_DAILY_VOLUME: ("quantity",),
    Reject.MARKET_IMPACT: ("price",),
    Reject.GROSS_EXPOSURE: (),
    Reject.UNKNOWN_USER: (),
    Reject.ACCOUNT_BLOCKED: (),
    Reject.PORT_ORDER_RATE: (),
    Reject.RESTRICTED_SEGMENT: (),
    Reject.RESTRICTED_SYMBOL: (),
    Reject.MAXIMUM_ORDER_QUANTITY: ("quantity",),
    Reject.MAXIMUM_ORDER_VALUE: ("quantity", "price"),
    Reject.CONTINUOUS_FAT_FINGER: ("price",),
    Reject.ACCOUNT_ORDER_RATE: (),
    Reject.LOCKED_IN_CURRENCY: (),
    Reject.MAXIMUM_AUCTION_QUANTITY: ("quantity",),
    Reject.MAXIMUM_AUCTION_VALUE: ("quantity", "price"),
    Reject.AUCTION_FAT_FINGER: ("price",),
    Reject.MARKET_ORDER_PREVENTION: (),
    Reject.MARKET_ORDER_EQUILIBRIUM: ("quantity",),
    Reject.MARKET_ORDER_REFERENCE: ("quantity",),
}
"""Which fields the checks of book, port and rules read; of one that is not named here, all that could matter."""
VALUED: Final = frozenset({Reject.MAXIMUM_NOTIONAL, Reject.MAXIMUM_ORDER_VALUE, Reject.MAXIMUM_AUCTION_VALUE})
"""Checks that multiply with the price, and so can only be asked where there is one."""


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
    dialect = request.dialect
    clean = request
    for finding, key, value in dialect.letter_faults(request, original):
        yield finding
        clean = clean.changed(key, value)
    if original is not None:
        yield from dialect.replace_faults(request, original)
    elif dialect.scope(reader, request) is None:
        yield Finding(REFUSALS[Reject.INVALID_SYMBOL], (dialect.book,))
    if request.bad is not None:
        yield Finding(REFUSALS[dialect.option_fault(request.bad)], (UNSOUND,))
        clean = clean.changed(UNSOUND, None)
    for finding in dialect.option_faults(reader, request):
        yield finding
        for key in finding.keys:
            clean = clean.changed(key, None)
    order = reader.ask(clean.pack()).order
    if order is None:
        yield from _plain_faults(request)
        return
    for refusal, keys in _detail_faults(reader, order, request):
        yield Finding(refusal, keys)
    late = None if original is None else change_fault(original)
    if late is not None:
        yield Finding(REFUSALS[late], ())
    for refusal in obstacles(reader.engine, order, reader.now, is_new=original is None):
        if refusal.reason not in VALUED or dialect.has_price(order.price):
            names = KEYS.get(refusal.reason)
            keys = dialect.any_field if names is None else tuple(map(dialect.key, names))
            yield Finding(refusal, keys)


def original_of(reader: Reader, request: Request) -> Order | None:
    """Give the live order that a Replace names, None where there is none, and for an Enter."""
    return None if request.letter == ENTER else reader.original(request)


def _plain_faults(request: Request) -> Iterator[Finding]:
    """Ask what can be asked where there is no book to ask about: quantity and price."""
    if not 0 < request.values["quantity"] <= request.dialect.maximum_quantity:
        yield Finding(REFUSALS[Reject.INVALID_QUANTITY], ("quantity",))
    if not request.dialect.has_price(request.values["price"]):
        yield Finding(REFUSALS[Reject.INVALID_PRICE], ("price",))


def _detail_faults(reader: Reader, order: Order, request: Request) -> Iterator[tuple[Refusal, tuple[Key, ...]]]:
    """Ask the engine about an order's size, price, cross and attributes, one after the other."""
    fault, dialect = reader.engine.fault, request.dialect
    floor, tick = order.scope.book.security.ticks[0]
    price, plain = max(floor, tick), dialect.plain
    variants: tuple[tuple[Order, tuple[Key, ...]], ...] = (
        (variant(order, plain, PLAIN, order.size, price), ("quantity",)),
        (variant(order, plain, PLAIN, dialect.round_lot, order.price), ("price",)),
    )
    for asked, keys in variants:
        refusal = fault(asked)
        if refusal is not None and refusal.reason is Reject.INVALID_SYMBOL:
            yield refusal, (dialect.book,)
            return
        if refusal is not None:
            yield refusal, keys
    crossing = dialect.cross_terms(order) if request.has("cross_type") else None
    if crossing is not None:
        refusal = fault(variant(order, crossing, PLAIN, dialect.round_lot, price))
        if refusal is not None:
            yield refusal, ("cross_type",)
    size = order.size if 0 < order.size <= dialect.maximum_quantity else dialect.maximum_quantity
    terms = dialect.without_cross(order)
    last: list[tuple[Refusal, tuple[Key, ...]]] = []
    for group in dialect.groups:
        attributes = attributes_of(order, group)
        if attributes.imbalance_only:  # which says something of the cross and the price
            refusal = fault(variant(order, order.terms, attributes, size, order.price))
        else:
            refusal = fault(variant(order, terms, attributes, size, price))
        if refusal is not None:
            found = refusal, dialect.fault_keys(refusal.reason, group)
            if refusal.reason is Reject.INVALID_EXPIRE_TIME:  # every group has it, and the venue asks for it last
                last.append(found)
            else:
                yield found
    yield from last


def attributes_of(order: Order, group: Group) -> OrderAttributes:
    """Give an order's attributes with those of one group only, and how long it lives."""
    names = {name for _, name in group}
    if order.terms.time_in_force is TimeInForce.GOOD_TILL_TIME:
        names.add("expire_time")
    return structs.replace(PLAIN, **{name: getattr(order.attributes, name) for name in names})
