"""An Enter Order or a Replace Order taken apart, so that it can be asked again with some of its fields changed."""

from __future__ import annotations

from typing import Any, Self

from venue.explain.answer import Value, camel
from venue.explain.dialect import UNSOUND, Dialect, Key
from wire.record import BadOption


class Request:
    """A message of a dialect by its fields.

    `values` are as on the wire, by declared name, `options` the sound ones by tag.
    `appendage` is the appendage as it came where something in it may not stand there, and `bad` says what.
    """

    __slots__ = ("appendage", "bad", "dialect", "letter", "options", "values")

    def __init__(
        self,
        dialect: Dialect,
        letter: bytes,
        values: dict[str, Any],
        options: dict[int, int | bytes],
        appendage: bytes = b"",
        bad: BadOption | None = None,
    ) -> None:
        self.dialect = dialect
        self.letter = letter
        self.values = values
        self.options = options
        self.appendage = appendage
        self.bad = bad

    @classmethod
    def read(cls, dialect: Dialect, message: bytes) -> Self:
        """Take an Enter or a Replace apart. Raises `Malformed`."""
        letter = message[:1]
        *values, appendage = dialect.unpack(letter, message)
        named = dict(zip((field.name for field in dialect.declared(letter).layout.fields), values, strict=True))
        try:
            return cls(dialect, letter, named, dialect.codec.unpack_options(appendage, dialect.options_of(letter)))
        except BadOption as bad:
            return cls(dialect, letter, named, bad.options, appendage, bad)

    def pack(self) -> bytes:
        """Give the message's bytes."""
        appendage = self.appendage if self.bad is not None else self.dialect.codec.pack_options(self.options)
        return self.dialect.pack(self.letter, *self.values.values(), appendage)

    def get(self, key: Key) -> Any:
        """Give a field's value, None for an option that is not there."""
        if isinstance(key, int):
            return self.options.get(key)
        return self.appendage if key == UNSOUND else self.values[key]

    def has(self, key: Key) -> bool:
        """Whether a message of this kind has such a field."""
        if isinstance(key, int):
            return key in self.dialect.options_of(self.letter)
        return key in self.values or (key == UNSOUND and self.bad is not None)

    def changed(self, key: Key, value: Any) -> Request:
        """Give the request with another value of one field; None leaves an option out, and all that is unsound."""
        if key == UNSOUND:
            return Request(self.dialect, self.letter, self.values, self.options)
        if isinstance(key, str):
            return Request(
                self.dialect, self.letter, {**self.values, key: value}, self.options, self.appendage, self.bad
            )
        options = {tag: present for tag, present in self.options.items() if tag != key}
        if value is not None:
            options[key] = value
        return Request(self.dialect, self.letter, self.values, options)

    @property
    def channel(self) -> int:
        """The channel (UserRefIdx) that the message names, 0 for none."""
        channel = 0 if self.dialect.channel is None else self.options.get(self.dialect.channel, 0)
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
        title: str = self.dialect.declared(self.letter).__name__
        return title

    @property
    def label(self) -> bytes:
        """The client's own label of the order, empty for none."""
        label: bytes = self.get(self.dialect.label) or b""
        return label

    def fields(self) -> dict[str, Value]:
        """Give the fixed part as an answer shows it."""
        return {camel(name): self.dialect.show(name, value) for name, value in self.values.items()}

    def shown_options(self) -> dict[str, Value]:
        """Give the options as an answer shows them; an appendage that is not sound also as its bytes."""
        dialect = self.dialect
        shown = {dialect.name_of(tag): dialect.show(tag, value) for tag, value in sorted(self.options.items())}
        return shown | ({"appendage": self.appendage.hex()} if self.bad is not None else {})
