"""What a snapshot holds of a security."""

from __future__ import annotations

import msgspec

from engine.api import BookEntry
from engine.commands import PRICES
from engine.market import Security


class SecurityState(msgspec.Struct, array_like=True, frozen=True):
    """One security's prices in ticks and reference data."""

    prices: dict[str, int | None]
    average_daily_volume: int
    ticks: tuple[tuple[int, int], ...]
    listed: bool
    entry: BookEntry | None = None
    thresholds: tuple[int | None, int | None] = (None, None)
    official: tuple[int | None, int | None] = (None, None)  # open and close
    guards: tuple[int | None, int | None] = (None, None)  # static and dynamic
    guard_reference: int | None = None


def dump_security(security: Security) -> SecurityState:
    """Give a security's state."""
    return SecurityState(
        {name: getattr(security, name) for name in PRICES},
        security.average_daily_volume,
        security.ticks,
        security.listed,
        security.entry,
        (security.fat_finger_aggressive, security.fat_finger_passive),
        (security.official_open, security.official_close),
        (security.static_guard, security.dynamic_guard),
        security.guard_reference,
    )


def load_security(symbol: str, state: SecurityState) -> Security:
    """Bring a new security to a state."""
    security = Security(symbol, state.ticks, state.entry)
    for name, price in state.prices.items():
        setattr(security, name, price)
    security.quote(1)
    security.quote(-1)
    security.average_daily_volume = state.average_daily_volume
    security.listed = state.listed
    security.fat_finger_aggressive, security.fat_finger_passive = state.thresholds
    security.official_open, security.official_close = state.official
    security.static_guard, security.dynamic_guard = state.guards
    security.guard_reference = state.guard_reference
    return security
