"""An Enter Order or a Replace Order taken apart, so that it can be asked again with some of its fields changed."""

from __future__ import annotations

from typing import Any, Final, Self

from ouch import codec, messages
from venue.calls import amount, dollars
from venue.explain.answer import Value, camel
from wire.record import BadOption

ENTER: Final = b"O"
REPLACE: Final = b"U"
Key = str | int
"""A field of the fixed part by its declared name, or an option by its tag."""
UNSOUND: Final = "options"
"""The key of what in an appendage may not stand there."""
_DECLARED: Final[dict[bytes, Any]] = {ENTER: messages.EnterOrder, REPLACE: messages.ReplaceOrder}
_UNPACK: Final[dict[bytes, Any]] = {ENTER: codec.unpack_enter_order, REPLACE: codec.unpack_replace_order}
_PACK: Final[dict[bytes, Any]] = {ENTER: codec.pack_enter_order, REPLACE: codec.pack_replace_order}
_ALLOWED: Final = {ENTER: codec.ENTER_ORDER_OPTIONS, REPLACE: codec.REPLACE_ORDER_OPTIONS}
MARKET_CODES: Final = (0x7FFF_FFFF, 2_000_000_000)


class Request:
    """A message by its fields; `values` are as on the wire, by declared name, `options` the sound ones by tag.

    `appendage` is the appendage as it came where something in it may not stand there, and `bad` says what.
    """

    __slots__ = ("appendage", "bad", "letter", "options", "values")

    def __init__(
        self,
        letter: bytes,
        values: dict[str, Any],
        options: dict[int, int | bytes],
        appendage: bytes = b"",
        bad: BadOption | None = None,
    ) -> None:
        self.letter = letter
        self.values = values
        self.options = options
        self.appendage = appendage
        self.bad = bad

    @classmethod
    def read(cls, message: bytes) -> Self:
        """Take a message apart. Raises `Malformed`, and `KeyError` for one of another kind."""
        letter = message[:1]
        *values, appendage = _UNPACK[letter](message)
        named = dict(zip((field.name for field in _DECLARED[letter].layout.fields), values, strict=True))
        try:
            return cls(letter, named, codec.unpack_options(appendage, _ALLOWED[letter]))
        except BadOption as bad:
            return cls(letter, named, bad.options, appendage, bad)

    def pack(self) -> bytes:
        """Give the message's bytes."""
        appendage = self.appendage if self.bad is not None else codec.pack_options(self.options)
        message: bytes = _PACK[self.letter](*self.values.values(), appendage)
        return message

    def get(self, key: Key) -> Any:
        """Give a field's value, None for an option that is not there."""
        if isinstance(key, int):
            return self.options.get(key)
        return self.appendage if key == UNSOUND else self.values[key]

    def has(self, key: Key) -> bool:
        """Whether a message of this kind has such a field."""
        return key in self.values or (key in _ALLOWED[self.letter] if isinstance(key, int) else self.bad is not None)

    def changed(self, key: Key, value: Any) -> Request:
        """Give the request with another value of one field; None leaves an option out, and all that is unsound."""
        if key == UNSOUND:
            return Request(self.letter, self.values, self.options)
        if isinstance(key, str):
            return Request(self.letter, {**self.values, key: value}, self.options, self.appendage, self.bad)
        options = {tag: present for tag, present in self.options.items() if tag != key}
        if value is not None:
            options[key] = value
        return Request(self.letter, self.values, options)

    @property
    def channel(self) -> int:
        """The channel (UserRefIdx) that the message names, 0 for none."""
        channel = self.options.get(codec.TAG_USER_REF_IDX, 0)
        assert isinstance(channel, int)
        return channel

    @property
    def number(self) -> int:
        """The new UserRefNum."""
        number: int = self.values["user_ref_num"]
        return number

    @property
    def title(self) -> str:
        """The message's declared name."""
        title: str = _DECLARED[self.letter].__name__
        return title

    def fields(self) -> dict[str, Value]:
        """Give the fixed part as an answer shows it."""
        return {camel(name): show(name, value) for name, value in self.values.items()}

    def shown_options(self) -> dict[str, Value]:
        """Give the options as an answer shows them; an appendage that is not sound also as its bytes."""
        shown = {name_of(tag): show(tag, value) for tag, value in sorted(self.options.items())}
        return shown | ({"appendage": self.appendage.hex()} if self.bad is not None else {})


def name_of(key: Key) -> str:
    """Give a field's name as an answer shows it; an option is called `options.minQty`."""
    if isinstance(key, str):
        return camel(key)
    option = messages.OUCH.options.get(key)
    return f"options.{camel(option.name) if option is not None else key}"


def show(key: Key, value: Any) -> Value:
    """Give a field's value as an answer shows it."""
    if isinstance(value, bytes):
        return value.hex() if key == UNSOUND else value.decode("latin-1").rstrip(" ")
    if value is None or key not in PRICES:
        return value  # type: ignore[no-any-return]  # a number of the wire, or nothing
    return dollars(value) if key == "price" and value in MARKET_CODES else amount(value)


PRICES: Final[frozenset[Key]] = frozenset(
    {"price", codec.TAG_PEG_OFFSET, codec.TAG_DISCRETION_PRICE, codec.TAG_DISCRETION_PEG_OFFSET}
)
