"""What orders have in common: all that one says but its ClOrdID, quantity and price, read once for orders that agree.

A client sends the same few kinds of order over and over. What their fields mean to the engine, which scope they are
of, and the text of their reports is worked out when the first of a kind comes; each further one costs a look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from msgspec import structs

from engine.api import (
    REFUSALS,
    Cross,
    Display,
    OrderAttributes,
    OrderEntry,
    OrderTerms,
    Port,
    PriceType,
    Refusal,
    Reject,
    Scope,
    Side,
    TimeInForce,
)
from fix.amounts import read_price, read_quantity
from fix.codec import Message, read_utc_timestamp
from fix.order_dialect import FAULTS, Changes, OrderDialect
from fix.reasons import INVALID_CURRENCY, LOCATE_REQUIRED, Reason
from fix.reports import EchoField

Values = tuple[bytes | None, ...]
"""The values of the tags that an order keeps, in the order of `OrderDialect.tags`."""
TERM_FIELDS: Final = frozenset({"side", "time_in_force", "display", "cross"})
SHORT_SALES: Final = frozenset({Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT})
GROUPS: Final = {
    b"453": frozenset({b"453", b"448", b"447", b"452", b"2376", b"802", b"523", b"803"}),
    b"2593": frozenset({b"2593", b"2594", b"2595"}),
}
"""The tags of the repeating groups that an order may have, by that of their count: carried as they came."""
MARKET: Final = b"1"
PEGGED: Final = b"P"
_terms: Final[dict[OrderTerms, OrderTerms]] = {}
"""The terms met so far, one shared object for equal ones."""


class Fault(NamedTuple):
    """What is wrong with an order: a reason that only FIX has, or None, and the engine's, the closest there is."""

    reason: Reason | None
    refusal: Refusal


def fault_of(reject: Reject) -> Fault:
    """Give a reason of the engine's own."""
    return Fault(None, REFUSALS[reject])


class Details:
    """One kind of order.

    `index` is its place among those that orders of the day have, -1 before the first. `base` are the attributes that it
    was read over. With `fault`, `terms` and `scope` may be nothing that could trade. `template` is the text of the
    reports with room for what differs, `new_template` that of the first of them, `header` what stands in their header
    (`fix.templates`).
    """

    __slots__ = (
        "attributes",
        "base",
        "echo",
        "expires_at",
        "fault",
        "fill_or_kill",
        "header",
        "index",
        "is_market",
        "is_pegged",
        "new_template",
        "scope",
        "symbol",
        "template",
        "terms",
        "values",
    )

    def __init__(self, values: Values) -> None:
        self.values = values
        self.index = -1
        self.symbol = b""
        self.scope: Scope | None = None
        self.terms: OrderTerms | None = None
        self.fault: Fault | None = None
        self.is_market = self.is_pegged = self.fill_or_kill = False
        self.expires_at = 0
        self.base: OrderAttributes
        self.attributes: OrderAttributes
        self.echo: tuple[EchoField, ...] = ()
        self.template = self.new_template = b""
        self.header = b""

    def refresh(self, other: Details) -> None:
        """Take over what was worked out anew from the same values."""
        self.values, self.symbol = other.values, other.symbol
        self.scope, self.terms, self.fault = other.scope, other.terms, other.fault
        self.base, self.attributes = other.base, other.attributes
        self.is_market, self.is_pegged, self.fill_or_kill = other.is_market, other.is_pegged, other.fill_or_kill
        self.expires_at, self.echo = other.expires_at, other.echo
        self.template, self.new_template, self.header = other.template, other.new_template, other.header


class Reader:
    """Reads the fields that orders carry, for one port in one version of its dialect."""

    def __init__(self, dialect: OrderDialect, port: Port, engine: OrderEntry) -> None:
        self.dialect = dialect
        self.port = port
        self.engine = engine

    def read(self, values: Values) -> Details:
        """Work out what fields mean. What is wrong first stands in `fault`: symbol, then tag by tag."""
        details = Details(values)
        named = {tag: value for tag, value in zip(self.dialect.tags, values, strict=True) if value is not None}
        details.base = details.attributes = self.port.plain
        details.symbol = named.get(b"55", b"")
        order_type = named.get(b"40")
        details.is_market, details.is_pegged = order_type == MARKET, order_type == PEGGED
        details.scope = self.find_scope(named)
        details.echo = self.echo(named)
        details.header = self.header(named)
        changes: dict[str, object] = {}
        details.fault = self.read_values(named, changes) or self.read_contents(named, changes)
        self.settle(details, changes)
        if details.scope is None:
            details.fault = fault_of(Reject.INVALID_SYMBOL)
        elif details.fault is None:
            details.fault = self.other_fault(named, details)
        return details

    def others(self, message: Message) -> Values:
        """Give the values of the tags that few orders carry; a group stands whole in the place of its count."""
        values = message.values
        found = [values.get(tag) for tag in self.dialect.others]
        for place, tag in enumerate(self.dialect.others):
            if tag in GROUPS and tag in values:
                members = GROUPS[tag]
                found[place] = b"".join([b"%b=%b\x01" % field for field in message.fields if field[0] in members])
        return tuple(found)

    def merge(self, before: Values, said: Values) -> Values | bytes:
        """Give an order's values with what a replace says; the first tag that it may not change is an answer too."""
        dialect = self.dialect
        merged: list[bytes | None] = []
        for tag, old, new in zip(dialect.tags, before, said, strict=True):
            if new is None or new == old or (old is None and new == dialect.default.get(tag)):
                merged.append(old)
            elif tag in dialect.changes:
                merged.append(new)
            else:
                return tag
        return tuple(merged)

    @staticmethod
    def header(named: Mapping[bytes, bytes]) -> bytes:
        """Give the header fields by which what answers a message finds who sent it, in the order of tags."""
        return b"".join([b"%b=%b\x01" % (tag, named[source]) for source, tag in ROUTED_BACK if named.get(source)])

    def find_scope(self, named: dict[bytes, bytes]) -> Scope | None:
        """Give the scope of an order's symbol and user."""
        symbol = named.get(b"55", b"")
        suffix = named.get(b"65")
        try:
            text = (symbol if suffix is None else b"%b %b" % (symbol, suffix)).decode("ascii")
            user = named.get(self.dialect.user, b"").decode("ascii")
        except UnicodeDecodeError:
            return None
        return self.engine.scope(self.port, text, user)

    def read_values(self, named: dict[bytes, bytes], changes: dict[str, object]) -> Fault | None:
        """Take the meanings of coded values; a tag may have several, blanks between them."""
        for tag, meanings in self.dialect.values.items():
            for value in named.get(tag, b"").split(b" "):
                meaning: Changes | None = meanings.get(value)
                if meaning is not None:
                    changes.update(meaning)
                elif value and (tag not in self.dialect.contents):
                    return fault_of(FAULTS.get(tag, Reject.INVALID_ATTRIBUTE))
        return None

    def read_contents(self, named: dict[bytes, bytes], changes: dict[str, object]) -> Fault | None:
        """Take the numbers, times and texts."""
        for tag, (kind, name) in self.dialect.contents.items():
            value = named.get(tag)
            if value is None or value in self.dialect.values.get(tag, ()):
                continue
            content = READERS[kind](value)
            if content is None:
                return fault_of(FAULTS.get(tag, Reject.INVALID_ATTRIBUTE))
            changes[name] = content
        return None

    @staticmethod
    def settle(details: Details, changes: dict[str, object]) -> None:
        """Make terms and attributes of what was read."""
        details.fill_or_kill = bool(changes.pop("fill_or_kill", False))
        expires_at = changes.pop("expires_at", 0)
        assert isinstance(expires_at, int)
        side, time_in_force = changes.pop("side", Side.BUY), changes.pop("time_in_force", TimeInForce.DAY)
        if details.is_pegged:
            changes.setdefault("price_type", PriceType.PRIMARY_PEG)
        usual = Display.HIDDEN if changes.get("price_type") is PriceType.MIDPOINT_PEG else Display.VISIBLE
        display, cross = changes.pop("display", usual), changes.pop("cross", Cross.CONTINUOUS)
        sweep = bool(changes.pop("intermarket_sweep", False))
        assert isinstance(side, Side)
        assert isinstance(time_in_force, TimeInForce)
        assert isinstance(display, Display)
        assert isinstance(cross, Cross)
        if time_in_force is TimeInForce.GOOD_TILL_TIME and expires_at:
            details.expires_at = changes["expires_at"] = expires_at
        terms = OrderTerms(side, time_in_force, display, cross, sweep, ())
        details.terms = _terms.setdefault(terms, terms)
        if changes:
            details.attributes = structs.replace(details.base, **changes)

    def other_fault(self, named: dict[bytes, bytes], details: Details) -> Fault | None:
        """Find what one field asks of another: the locate of a short sale, the currency of a book."""
        scope, terms, dialect = details.scope, details.terms, self.dialect
        assert scope is not None
        assert terms is not None
        if dialect.located is not None and terms.side in SHORT_SALES:
            tag, value = dialect.located
            if named.get(tag) != value:
                return Fault(LOCATE_REQUIRED, REFUSALS[Reject.INVALID_ATTRIBUTE])
        currency, entry = dialect.currency, scope.book.security.entry
        if entry is not None:
            currency = entry.currency.encode("ascii")
        if named.get(b"15", currency) != currency:
            return Fault(INVALID_CURRENCY, REFUSALS[Reject.INVALID_ATTRIBUTE])
        if terms.time_in_force is TimeInForce.GOOD_TILL_TIME and not details.expires_at:
            return fault_of(Reject.INVALID_EXPIRE_TIME)
        return None

    def echo(self, named: dict[bytes, bytes]) -> tuple[EchoField, ...]:
        """Give the fields that every report about such an order has, by tag."""
        dialect = self.dialect
        said = dialect.default | {tag: value for tag, value in named.items() if tag in dialect.echo} | dialect.fixed
        for tag, (source, texts) in dialect.derived.items():
            text = texts.get(named.get(source, b""))
            if text is not None:
                said[tag] = text
        if dialect.firm:
            said[dialect.firm] = self.port.mpid.encode("ascii")
        fields = [(int(tag), value if tag in GROUPS else b"%b=%b\x01" % (tag, value)) for tag, value in said.items()]
        return tuple(sorted(fields))


def read_offset(text: bytes) -> int | None:
    """Read a difference of prices, in ticks."""
    ticks = read_price(text.removeprefix(b"-"))
    return -ticks if ticks is not None and text.startswith(b"-") else ticks


def read_time(text: bytes) -> int | None:
    """Read a UTCTimestamp in nanoseconds."""
    time = read_utc_timestamp(text)
    return None if time < 0 else time


ROUTED_BACK: Final = ((b"50", b"57"), (b"115", b"128"), (b"116", b"129"), (b"144", b"145"))
"""Who sent an order, and where its reports name that: ascending by the latter."""
READERS: Final[dict[str, Callable[[bytes], object]]] = {
    "shares": read_quantity,
    "price": read_price,
    "text": bytes,
    "offset": read_offset,
    "time": read_time,
}
"""Reads each kind of content; None is one that means nothing."""
