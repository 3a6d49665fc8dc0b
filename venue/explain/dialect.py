"""What explaining has to know of a protocol of order entry: where its messages have what, and what may stand there.

A `Dialect` is tables, and a few questions whose answers are in the messages' own words. Fields are known by the names
of US OUCH 5.0; `key` gives the place where a dialect has one of them: a field of the fixed part, or an option.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.api import MAXIMUM_PRICE, PLAIN, REFUSALS, Order, OrderAttributes, OrderTerms, Refusal, Reject, Scope
from venue.calls import amount, dollars
from venue.explain.answer import Value, camel

if TYPE_CHECKING:
    from engine.endpoint import Endpoint
    from ouch.port import OuchPort
    from venue.explain.answer import Outcome
    from venue.explain.reader import Reader
    from venue.explain.request import Request
    from wire.record import BadOption, Protocol

REJECTED: Final = b"J"
ENTER: Final = b"O"
REPLACE: Final = b"U"
Key = str | int
"""A field of the fixed part by its declared name, or an option by its tag."""
UNSOUND: Final = "options"
"""The key of what in an appendage may not stand there."""


class Finding(NamedTuple):
    """One check's objection, and the fields that it is about."""

    refusal: Refusal
    keys: tuple[Key, ...]


LetterFault = tuple[Finding, Key, Any]
"""An objection to a letter, its field, and a value of that field that nobody objects to."""
Wanted = Callable[[bytes], bool]
"""Whether a message's bytes are those of an order that is looked for."""
Group = tuple[tuple[int, str], ...]
"""Options that are judged together, and the attributes that hold them."""
SAME_NAMES: Final[dict[str, Key]] = {}


class Dialect:
    """A dialect. The tables that differ stand with each; `names` are fields that it has elsewhere."""

    protocol: Protocol
    codec: ModuleType
    port: type[OuchPort]
    """The port class that reads its messages."""
    names = SAME_NAMES
    is_numbered = True
    """Whether orders have numbers that rise, and a stale one is met with silence."""
    channel: int | None = None
    label: Key
    label_width: int
    book: str
    price_keys: frozenset[Key] = frozenset({"price"})
    market_prices: tuple[int, ...]
    round_lot: int
    maximum_quantity: int
    longest_expire_time: int
    letter_choices: dict[Key, tuple[Any, ...]]
    """What may stand in the place of a letter, or bits, of the fixed part that were refused, the plainest first."""
    option_choices: dict[Key, tuple[bytes, ...]]
    """The same for options, which may be left out too."""
    groups: tuple[Group, ...]
    """Options that the engine judges, in order of precedence."""
    any_field: tuple[Key, ...]
    """What may matter to a check that does not say what it reads."""
    allowed: dict[Reject, tuple[str, ...]]
    """Letters that may be sent, where a letter is refused."""
    plain: OrderTerms
    """Terms that nobody objects to."""
    currency: str
    """What prices are in."""

    def key(self, name: str) -> Key:
        """Give the place of a field."""
        return self.names.get(name, name)

    def tag(self, name: str) -> int:
        """Give the tag of an option by its name in the engine."""
        return next(tag for group in self.groups for tag, attribute in group if attribute == name)

    def of(self, endpoint: Endpoint) -> Dialect:
        """Give the dialect as a port has it."""
        return self

    def matching(self, number: int | None, channel: int, label: bytes) -> Wanted | None:
        """Give the question whether a message is an order's, None where its declaration is enough to tell."""
        return None

    def outcome(self, said: list[bytes], request: Request | None) -> Outcome:
        """Say what came of a message that was not ignored, by what the port said."""
        letters = [message[:1] for message in said]
        if REJECTED in letters:
            return "rejected"
        if request is None:
            return "other" if letters else "silent"
        if not letters:
            return "silent"
        if request.letter == REPLACE and REPLACE not in letters:
            return "original-canceled"
        return "accepted"

    # Messages.

    def declared(self, letter: bytes) -> Any:
        """Give the declaration of Enter or Replace."""
        names = {record.letter: record.record for record in self.protocol.messages if record.direction == "in"}
        return names[letter.decode("ascii")]

    def options_of(self, letter: bytes) -> frozenset[int]:
        """Give the tags that Enter or Replace may carry."""
        found: frozenset[int] = self.codec.ENTER_ORDER_OPTIONS if letter == ENTER else self.codec.REPLACE_ORDER_OPTIONS
        return found

    def unpack(self, letter: bytes, message: bytes) -> tuple[Any, ...]:
        """Take Enter or Replace apart. Raises `Malformed`."""
        found: tuple[Any, ...] = (
            self.codec.unpack_enter_order(message) if letter == ENTER else self.codec.unpack_replace_order(message)
        )
        return found

    def pack(self, letter: bytes, *values: Any) -> bytes:
        """Put Enter or Replace together."""
        packed: bytes = (
            self.codec.pack_enter_order(*values) if letter == ENTER else self.codec.pack_replace_order(*values)
        )
        return packed

    def name_of(self, key: Key) -> str:
        """Give a field's name as an answer shows it; an option is called `options.minQty`."""
        if isinstance(key, str):
            return camel(key)
        option = self.protocol.options.get(key)
        return f"options.{camel(option.name) if option is not None else key}"

    def show(self, key: Key, value: Any) -> Value:
        """Give a field's value as an answer shows it."""
        if isinstance(value, bytes):
            return value.hex() if key == UNSOUND else value.decode("latin-1").rstrip(" ")
        if value is None or key not in self.price_keys:
            return value  # type: ignore[no-any-return]  # a number of the wire, or nothing
        return dollars(value) if key == "price" and value in self.market_prices else amount(value)

    def has_price(self, price: int) -> bool:
        """Whether a price is a limit or means the market."""
        return 0 < price <= MAXIMUM_PRICE or price in self.market_prices

    @abstractmethod
    def scope(self, reader: Reader, request: Request) -> Scope | None:
        """Give what an Enter asks to trade, None where there is none."""

    @abstractmethod
    def book_named(self, request: Request) -> str:
        """Give the name of the book that an Enter names, whether there is one or not."""

    # Checks.

    @abstractmethod
    def option_fault(self, bad: BadOption) -> Reject:
        """Give the reason against an option that may not stand as it does."""

    @abstractmethod
    def letter_faults(self, request: Request, original: Order | None) -> Iterator[LetterFault]:
        """Ask about each letter of the fixed part by itself."""

    @abstractmethod
    def option_faults(self, reader: Reader, request: Request) -> Iterator[Finding]:
        """Ask about each sound option by itself."""

    def replace_faults(self, request: Request, original: Order) -> Iterator[Finding]:
        """Ask what a Replace may not do to its original (OUCH 5.0 §2.5): these end it."""
        executed = original.size - original.open
        quantity = request.values["quantity"]
        if 0 < quantity <= executed:
            yield Finding(Refusal(Reject.INVALID_QUANTITY, executed, quantity), ("quantity",))

    def without_cross(self, order: Order) -> OrderTerms:
        """Give an order's terms as one of continuous trading."""
        return order.terms

    def cross_terms(self, order: Order) -> OrderTerms | None:
        """Give terms in which only an order's cross could be objected to, None where it has no field for it."""
        return None

    def fault_keys(self, reason: Reject, group: Group) -> tuple[Key, ...]:
        """Give the fields that an objection to attributes is about."""
        tags = tuple(tag for tag, _ in group)
        if reason is Reject.INVALID_EXPIRE_TIME:
            return self.key("time_in_force"), self.tag("expire_time")
        if reason is Reject.INVALID_MINIMUM_QUANTITY:
            return *tags, "quantity", self.key("display"), self.key("time_in_force")
        if reason is Reject.INVALID_MAX_FLOOR:
            return *tags, self.key("display"), self.key("time_in_force")
        return tags


def variant(order: Order, terms: OrderTerms, attributes: OrderAttributes, size: int, price: int) -> Order:
    """Give another order of the same port in the same book."""
    return Order(order.port, order.scope, terms, attributes, size, price, order.cl_ord_id, order.key)


def finding(reason: Reject, *keys: Key) -> Finding:
    """Give a finding that has no figures to tell."""
    return Finding(REFUSALS[reason], keys)


__all__ = ["ENTER", "PLAIN", "REPLACE", "UNSOUND", "Dialect", "Finding", "Group", "Key", "finding", "variant"]
