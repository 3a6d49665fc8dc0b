"""Quantities and prices as FIX spells them, in the engine's units."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from engine.api import PRICE_SCALE

DECIMALS: Final = 4
"""Decimals of a price that the engine can hold."""
DIGITS_MAX: Final = 18
"""Digits of the longest number that is read; whatever is longer is refused anyway."""
KEPT: Final = 1_024
"""Texts whose number is remembered: clients say the same sizes, and prices of a few books, over and over."""


@lru_cache(KEPT)
def read_quantity(text: bytes) -> int | None:
    """Read a whole number of shares, which may have decimals if they are zero; None for any other number."""
    whole, _, decimals = text.partition(b".")
    if not whole.isdigit() or len(whole) > DIGITS_MAX or decimals.strip(b"0"):
        return None
    return int(whole)


@lru_cache(KEPT)
def read_price(text: bytes) -> int | None:
    """Read a price in ticks; None for one that is negative or finer than a tick."""
    whole, _, decimals = text.partition(b".")
    if len(decimals) > DECIMALS:
        decimals = decimals.rstrip(b"0")
    if not (whole + decimals).isdigit() or len(whole) > DIGITS_MAX or len(decimals) > DECIMALS:
        return None
    return int(whole or b"0") * PRICE_SCALE + int(decimals.ljust(DECIMALS, b"0"))
