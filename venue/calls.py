"""What calls take and what they answer, as types: the bases of every body, query and answer, and what they are made of.

Names are camelCase outside, prices are strings of dollars, every whole number has its bounds, so that the OpenAPI
documents can be made of the types.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from engine.api import MARKET_PRICE_ALTERNATIVE, PRICE_SCALE
from venue.hints import hint
from venue.problem import Problem

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A whole number in an answer: of records, shares, orders."""
Price = Annotated[str, msgspec.Meta(description="Dollars with four decimals", examples=["201.5000"])]
"""A price in an answer."""
Percent = Annotated[float, msgspec.Meta(ge=0, le=1_000, description="Percent, up to four decimals", examples=[10])]
"""A percentage in a body or an answer."""
LONGEST_NUMBER = 18
"""Digits of a number in a path or a cursor."""


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A body that has no fields, and the base of those that have."""

    @classmethod
    def field(cls, name: str) -> str:
        """Give the name that a field has in the body."""
        return dict(zip(cls.__struct_fields__, cls.__struct_encode_fields__, strict=True))[name]


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What may stand behind the question mark: nothing, and the base of what may."""


class Reply(msgspec.Struct, frozen=True, rename="camel"):
    """The base of every answer."""


def read(body: Any, into: type[Any], *, is_text: bool = False) -> Any:
    """Read plain data into a type; raises `Problem` 422 with the field to blame.

    `is_text` says that every value is text still, as in a query.
    """
    try:
        return msgspec.convert(body, into, strict=not is_text)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        field = path.rstrip("`").lstrip(".")
        if "field `" in message:
            field = f"{field}.{message.split('`')[-2]}".lstrip(".")
        raise Problem(422, message + hint(field, into), field) from error


def dollars(price: int | None) -> str | None:
    """Give a price, or a signed offset, as people write it."""
    if price is None:
        return None
    if price >= MARKET_PRICE_ALTERNATIVE:
        return "MARKET"
    return amount(price)


def amount(ticks: int) -> str:
    """Give an amount of money, which may be large or negative, in dollars."""
    sign, ticks = ("-", -ticks) if ticks < 0 else ("", ticks)
    return f"{sign}{ticks // PRICE_SCALE}.{ticks % PRICE_SCALE:04d}"


def moment(time: int, digits: int = 6) -> str:
    """Give nanoseconds since the Unix epoch as RFC 3339 has it, cut to so many digits of a second: microseconds."""
    seconds, nanoseconds = divmod(time, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{f'{nanoseconds:09d}'[:digits]}Z"
