"""How the value of each type of field must be spelled (FIX 4.2 volume 1, "Data types"; FIX 5.0 SP2 volume 1).

A number has digits, and a decimal one a point among them at most; a minus may lead, a plus, a space or an exponent may
not. Leading zeros are fine: 002000.00 is two thousand.

For editors: one of these is called for each field of each order, so whatever can be a method of bytes or a look-up is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from types import FunctionType
from typing import Final

Check = Callable[[bytes], object]
"""Tells by a true value that a field may hold these bytes; none takes no bytes at all."""

POINT: Final = 0x2E
DIGITS_MAX: Final = 18
"""The most digits that a number may have: what int64 holds."""
DECIMAL_MAX: Final = DIGITS_MAX + 2
"""The most bytes of a number with decimals: its minus and its point are two."""
TIMES_OF_DAY: Final = frozenset({8, 12, 15, 18})
TIMESTAMPS: Final = frozenset({17, 21, 24, 27})
"""How long a time may be: to the second, or with milli-, micro- or nanoseconds."""
CLOCK: Final = rb"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)"
TEXTS_KEPT: Final = 512
"""Texts that a check remembers to be sound; with more of them, all are looked at anew."""
TEXT_KEPT_MAX: Final = 32
"""The longest of them."""
ZONE: Final = rb"(?:Z|[+-](?:0\d|1[0-4])(?::[0-5]\d)?)"
DAYS_OF_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
TIME_OF_DAY: Final = re.compile(CLOCK)
ZONED_TIME: Final = re.compile(rb"(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:\.\d{1,9})?)?" + ZONE)
ZONED_TIMESTAMP: Final = re.compile(rb"(\d{8})-(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:\.\d{1,9})?)?" + ZONE)


def is_integer(text: bytes) -> bool:
    """Say whether this is a whole number."""
    return (text.isdigit() or text.removeprefix(b"-").isdigit()) and len(text) <= DIGITS_MAX


def is_count(text: bytes) -> bool:
    """Say whether this is a whole number that is not negative."""
    return text.isdigit() and len(text) <= DIGITS_MAX


def is_decimal(text: bytes) -> bool:
    """Say whether this is a number, with or without decimals."""
    return len(text) <= DECIMAL_MAX and (
        text.replace(b".", b"", 1).isdigit() or text.removeprefix(b"-").replace(b".", b"", 1).isdigit()
    )


@lru_cache(maxsize=64)
def is_date(text: bytes) -> bool:
    """Say whether this is a day: YYYYMMDD."""
    if len(text) != 8 or not text.isdigit():
        return False
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    if not 1 <= month <= 12 or not 1 <= day <= DAYS_OF_MONTH[month - 1]:
        return False
    return (month, day) != (2, 29) or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


@lru_cache(maxsize=1024)
def is_second(text: bytes) -> bool:
    """Say whether this is a time to the second: YYYYMMDD-HH:MM:SS. Many messages of one second carry the same."""
    return is_date(text[:8]) and text[8:9] == b"-" and TIME_OF_DAY.fullmatch(text, 9) is not None


def is_utc_timestamp(text: bytes) -> bool:
    """Say whether this is a date and time of day in UTC, to the second or to three, six or nine decimals of it."""
    return is_second(text[:17]) and (
        len(text) == 17 or (len(text) in TIMESTAMPS and text[17] == POINT and text[18:].isdigit())
    )


def is_utc_time(text: bytes) -> bool:
    """Say whether this is a time of day in UTC, to the second or to three, six or nine decimals of it."""
    return TIME_OF_DAY.fullmatch(text, 0, 8) is not None and (
        len(text) == 8 or (len(text) in TIMES_OF_DAY and text[8] == POINT and text[9:].isdigit())
    )


def is_local_time(text: bytes) -> bool:
    """Say whether this is a time of day to the second."""
    return TIME_OF_DAY.fullmatch(text) is not None


def is_month(text: bytes) -> bool:
    """Say whether this is a month, a week of it or a day of it: YYYYMM, YYYYMMw2, YYYYMMDD."""
    if len(text) == 8 and text[6:7] == b"w":
        return text[7:] in {b"1", b"2", b"3", b"4", b"5"} and is_date(text[:6] + b"01")
    return is_date(text if len(text) == 8 else text + b"01")


def is_day_of_month(text: bytes) -> bool:
    """Say whether this is a day of a month: 1 to 31."""
    return text.isdigit() and len(text) <= 2 and 1 <= int(text) <= 31


def is_zoned_time(text: bytes) -> bool:
    """Say whether this is a time of day with its distance from UTC: HH:MM[:SS][Z | [ + | - hh[:mm]]]."""
    return ZONED_TIME.fullmatch(text) is not None


def is_zoned_timestamp(text: bytes) -> bool:
    """Say whether this is a date and time of day with its distance from UTC."""
    found = ZONED_TIMESTAMP.fullmatch(text)
    return found is not None and is_date(found[1])


def are_characters(text: bytes) -> bool:
    """Say whether these are single characters with a space between each two."""
    return all(len(part) == 1 for part in text.split(b" "))


def one_of(values: frozenset[bytes]) -> Check:
    """Give the check that a value is one of these."""
    return values.__contains__


def some_of(values: frozenset[bytes]) -> Check:
    """Give the check that each of the values that stand there with a space between is one of these."""
    return lambda text: text in values or values.issuperset(text.split(b" "))


def at_most(length: int) -> Check:
    """Give the check that a value is not longer than so many bytes."""
    return lambda text: len(text) <= length


def filled_at_most(length: int) -> Check:
    """Give the check that there is a value, and that it is not longer than so many bytes."""
    return lambda text: 0 < len(text) <= length


class Remembered(dict[bytes, object]):
    """The texts that a check has let pass lately: to find one again costs a quarter of checking it."""

    __slots__ = ("check",)

    def __init__(self, check: Check) -> None:
        super().__init__()
        self.check = check

    def __missing__(self, text: bytes) -> object:
        """Check a text that is new."""
        passes = self.check(text)
        if passes and len(text) <= TEXT_KEPT_MAX:
            if len(self) >= TEXTS_KEPT:
                self.clear()
            self[text] = passes
        return passes


def remembered(check: Check) -> Check:
    """Give a check that remembers, of one that is slower than a look-up: which is not a method of bytes or of a set."""
    return Remembered(check).__getitem__ if isinstance(check, FunctionType) else check


def is_anything(text: bytes) -> bool:
    """Take whatever stands there, if anything does."""
    return len(text) > 0


SEVERAL: Final = frozenset({"MULTIPLEVALUESTRING", "MULTIPLESTRINGVALUE", "MULTIPLECHARVALUE"})
"""The types that hold several values with a space between."""
FORMATS: Final[dict[str, Check]] = {
    **dict.fromkeys(("INT",), is_integer),
    **dict.fromkeys(("LENGTH", "NUMINGROUP", "SEQNUM", "TAGNUM"), is_count),
    **dict.fromkeys(("FLOAT", "QTY", "PRICE", "PRICEOFFSET", "AMT", "PERCENTAGE"), is_decimal),
    **dict.fromkeys(("STRING", "DATA", "XMLDATA", "CURRENCY", "COUNTRY", "EXCHANGE", "LANGUAGE", "XID", "XIDREF"), len),
    **dict.fromkeys(("MULTIPLEVALUESTRING", "MULTIPLESTRINGVALUE"), len),
    "MULTIPLECHARVALUE": are_characters,
    "CHAR": frozenset(bytes([byte]) for byte in range(0x21, 0x100)).__contains__,
    "BOOLEAN": frozenset({b"Y", b"N"}).__contains__,
    "UTCTIMESTAMP": is_utc_timestamp,
    "UTCTIMEONLY": is_utc_time,
    **dict.fromkeys(("UTCDATE", "UTCDATEONLY", "LOCALMKTDATE"), is_date),
    "LOCALMKTTIME": is_local_time,
    "MONTHYEAR": is_month,
    "DAYOFMONTH": is_day_of_month,
    "TZTIMEONLY": is_zoned_time,
    "TZTIMESTAMP": is_zoned_timestamp,
}
"""The check of each type's spelling. Free text may hold anything; codes of countries and the like are not looked up."""
