"""What every table of the configuration file is made of: the struct, and the types that several modules need."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from engine.api import PRICE_SCALE

Name6 = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{1,6}\Z")]
Symbol = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9.+=$^#@*~-]{1,8}( [A-Z0-9]{1,6})?\Z", max_length=8)]
Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Dollars = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,6}(\.[0-9]{1,4})?\Z")]
Ticks = tuple[tuple[Dollars, Dollars], ...]
"""From which price on prices are multiples of which, lowest first."""
Milliseconds = Annotated[int, msgspec.Meta(ge=1, le=86_400_000)]
Mpid = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{4}\Z")]
AccountName = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{6}\Z")]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the configuration file."""


def ticks(dollars: str) -> int:
    """Give a price in ticks of 1/10,000."""
    return int(Decimal(dollars) * PRICE_SCALE)


def ticks_fault(table: Ticks) -> str | None:
    """Say what is wrong with a tick table."""
    floors = [ticks(floor) for floor, _ in table]
    if not floors or floors[0] != 0 or floors != sorted(set(floors)) or not all(ticks(tick) for _, tick in table):
        return 'from prices must begin at "0" and rise, and each tick be above 0'
    return None
