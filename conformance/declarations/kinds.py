"""Kinds of fields: how a value stands in bytes, how a person writes it, what it means, and what cannot be right.

A value is an `int` or a `str`. Text keeps its padding, so that wrong padding is seen. Each kind has its construct in
`format`; reading and writing bytes is left to that.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

import construct

Value: TypeAlias = int | str
TICKS = 10_000
"""A dollar, or a krona, in prices with four implied decimals."""
MARKET_PRICE = 0x7FFF_FFFF
US_MARKET_PRICE = 2_000_000_000
FINE_TICKS = 100_000_000
"""The same with eight."""
INTEGERS = {
    1: construct.Int8ub,
    2: construct.Int16ub,
    4: construct.Int32ub,
    6: construct.BytesInteger(6),
    8: construct.Int64ub,
}


class Kind(ABC):
    """A kind of field: `size` bytes, read and written by the construct `format`."""

    size: int
    format: Any

    def parse(self, raw: bytes) -> Value:
        """Give the value of as many bytes as the kind has."""
        value: Value = self.format.parse(raw)
        return value

    def build(self, value: Value) -> bytes:
        """Give a value's bytes."""
        raw: bytes = self.format.build(value)
        return raw

    @abstractmethod
    def read(self, text: str) -> Value:
        """Read a value as a person writes it; ValueError says what is wrong with it."""

    @abstractmethod
    def show(self, value: Value) -> str:
        """Write a value for a person, as `read` takes it."""

    def meaning(self, value: Value) -> str:
        """Say what a value means, where its writing does not say it."""
        return ""

    def fault(self, raw: bytes) -> str:
        """Say why these bytes cannot be right, or nothing."""
        return ""


class Number(Kind):
    """An unsigned number, big-endian; `named` gives some values a meaning."""

    def __init__(self, size: int, named: Mapping[int, str] | None = None) -> None:
        self.size = size
        self.format = INTEGERS[size]
        self.named = named or {}

    def read(self, text: str) -> Value:
        """Read digits, or hexadecimal ones behind 0x."""
        value = int(text, 0)
        if not 0 <= value < 1 << 8 * self.size:
            raise ValueError(f"{text} does not fit into {self.size} bytes")
        return value

    def show(self, value: Value) -> str:
        """Write it in digits."""
        return str(value)

    def meaning(self, value: Value) -> str:
        """Give the meaning of a named value."""
        return self.named.get(value, "") if isinstance(value, int) else ""


class Code(Number):
    """A number that is one of a list, written in hexadecimal."""

    def show(self, value: Value) -> str:
        """Write it as 0x001D."""
        return f"0x{value:0{2 * self.size}X}"

    def fault(self, raw: bytes) -> str:
        """Complain of a number that is not listed."""
        return "" if not self.named or self.parse(raw) in self.named else "not a listed value"


class Price(Number):
    """A price with four implied decimals; `market` is the price of an order without one."""

    def read(self, text: str) -> Value:
        """Read dollars and up to four decimals, `market`, or the number itself behind 0x."""
        if text == "market":
            return MARKET_PRICE
        if text.startswith("0x"):
            return super().read(text)
        try:
            ticks = Decimal(text) * TICKS
        except InvalidOperation:
            raise ValueError(f"{text} is not a price") from None
        if ticks != int(ticks):
            raise ValueError(f"{text} has more than four decimals")
        return super().read(str(int(ticks)))

    def show(self, value: Value) -> str:
        """Write dollars and four decimals."""
        assert isinstance(value, int)
        return f"{value // TICKS}.{value % TICKS:04}"

    def meaning(self, value: Value) -> str:
        """Say which prices are those of market orders."""
        return "market" if value in (MARKET_PRICE, US_MARKET_PRICE) else ""


class Signed(Kind):
    """A signed number: four bytes, two's complement."""

    def __init__(self) -> None:
        self.size = 4
        self.format = construct.Int32sb

    def read(self, text: str) -> Value:
        """Read digits, perhaps behind a sign."""
        value = int(text, 0)
        if not -(1 << 31) <= value < 1 << 31:
            raise ValueError(f"{text} does not fit into 4 bytes")
        return value

    def show(self, value: Value) -> str:
        """Write it in digits."""
        return str(value)


class SignedPrice(Signed):
    """A price difference: a signed number with four implied decimals."""

    def read(self, text: str) -> Value:
        """Read a difference in dollars."""
        ticks = Decimal(text) * TICKS
        if ticks != int(ticks):
            raise ValueError(f"{text} has more than four decimals")
        return super().read(str(int(ticks)))

    def show(self, value: Value) -> str:
        """Write it with its sign."""
        assert isinstance(value, int)
        return f"{'-' if value < 0 else ''}{abs(value) // TICKS}.{abs(value) % TICKS:04}"


class FinePrice(Number):
    """A price with eight implied decimals."""

    def __init__(self) -> None:
        super().__init__(8)

    def show(self, value: Value) -> str:
        """Write dollars and eight decimals."""
        assert isinstance(value, int)
        return f"{value // FINE_TICKS}.{value % FINE_TICKS:08}"


class Nanoseconds(Number):
    """A time of day in nanoseconds since midnight."""

    def __init__(self, size: int = 8) -> None:
        super().__init__(size)

    def meaning(self, value: Value) -> str:
        """Give the time as a clock shows it."""
        assert isinstance(value, int)
        seconds, nanoseconds = divmod(value, 1_000_000_000)
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{nanoseconds:09}"


class Alpha(Kind):
    """Text, padded with spaces on the right; on the left where `left` says so."""

    def __init__(self, size: int, meaning: str = "", *, left: bool = False) -> None:
        self.size = size
        self.blank = meaning
        self.left = left
        self.format = construct.ExprAdapter(
            construct.Bytes(size), lambda raw, _: raw.decode("latin-1"), lambda text, _: text.encode("latin-1")
        )

    def read(self, text: str) -> Value:
        """Read text, and pad it."""
        if len(text) > self.size:
            raise ValueError(f"{text!r} is longer than {self.size} characters")
        return text.rjust(self.size) if self.left else text.ljust(self.size)

    def show(self, value: Value) -> str:
        """Write it in quotes, with its padding."""
        return ascii(value)

    def meaning(self, value: Value) -> str:
        """Say what blanks stand for."""
        return self.blank if isinstance(value, str) and not value.strip(" ") else ""

    def fault(self, raw: bytes) -> str:
        """Complain of bytes that are no text, and of padding on the wrong side."""
        if any(not 0x20 <= byte < 0x7F for byte in raw):
            return "not printable ASCII"
        ragged = raw[-1:] == b" " if self.left else raw[:1] == b" "
        return f"not padded on the {'left' if self.left else 'right'}" if ragged and raw.strip(b" ") else ""


class Letter(Kind):
    """One character that is one of a list."""

    def __init__(self, named: Mapping[str, str]) -> None:
        self.size = 1
        self.named = named
        self.format = Alpha(1).format

    def read(self, text: str) -> Value:
        """Read one character, listed or not: a test may want to send what is not."""
        if len(text) != 1:
            raise ValueError(f"{text!r} is not one character")
        return text

    def show(self, value: Value) -> str:
        """Write it bare, a blank in quotes."""
        text = str(value)
        return text if text.isascii() and text.isprintable() and text.strip() else ascii(text)

    def meaning(self, value: Value) -> str:
        """Give the listed meaning."""
        return self.named.get(str(value), "")

    def fault(self, raw: bytes) -> str:
        """Complain of a character that is not listed."""
        return "" if raw.decode("latin-1") in self.named else "not a listed value"


class Digits(Kind):
    """A number in ASCII digits. Anything else stays text, since a test may want to send it.

    A server pads on the left; of a client's padding nobody complains.
    """

    def __init__(self, size: int, *, strict: bool = False) -> None:
        self.size = size
        self.strict = strict
        self.format = construct.ExprAdapter(construct.Bytes(size), self._decode, self._encode)

    @staticmethod
    def _decode(raw: bytes, _: object) -> Value:
        text = raw.decode("latin-1")
        return int(text) if re.fullmatch(r" *[0-9]+ *", text) else text

    def _encode(self, value: Value, _: object) -> bytes:
        text = value if isinstance(value, str) else str(value).rjust(self.size)
        return text.encode("latin-1")

    def read(self, text: str) -> Value:
        """Read digits, or any other text, which is then padded on the right."""
        if len(text) > self.size:
            raise ValueError(f"{text!r} is longer than {self.size} characters")
        return int(text) if re.fullmatch("[1-9][0-9]*|0", text) else text.ljust(self.size)

    def show(self, value: Value) -> str:
        """Write the number, or the text that is none in quotes."""
        return str(value) if isinstance(value, int) else ascii(value)

    def fault(self, raw: bytes) -> str:
        """Complain of what is no number, and where it matters of padding on the right."""
        if not isinstance(self.parse(raw), int):
            return "not a number in digits"
        return "not padded on the left" if self.strict and raw[-1:] == b" " else ""


class Bits(Number):
    """One byte of bits; `fields` names some of them: (lowest bit, number of bits, name, meanings)."""

    def __init__(self, fields: tuple[tuple[int, int, str, Mapping[int, str]], ...], reserved: int = 0) -> None:
        super().__init__(1)
        self.fields = fields
        self.reserved = reserved

    def show(self, value: Value) -> str:
        """Write it in hexadecimal."""
        return f"0x{value:02X}"

    def meaning(self, value: Value) -> str:
        """Name what is set."""
        assert isinstance(value, int)
        parts = []
        for lowest, count, name, meanings in self.fields:
            part = value >> lowest & (1 << count) - 1
            if part or 0 in meanings:
                parts.append(f"{name} {meanings.get(part, part)}" if meanings else name)
        return ", ".join(parts)

    def fault(self, raw: bytes) -> str:
        """Complain of bits that must be zero, and of values that are not listed."""
        if raw[0] & self.reserved:
            return "reserved bits are set"
        for lowest, count, name, meanings in self.fields:
            part = raw[0] >> lowest & (1 << count) - 1
            if meanings and part and part not in meanings:
                return f"{name} {part} is not a listed value"
        return ""
