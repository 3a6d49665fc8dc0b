"""What a snapshot holds of a security."""

from __future__ import annotations

import msgspec

from engine.api import BookEntry
from engine.commands import PRICES
from engine.engine import Engine
from engine.market import Security
from engine.tape import Tape


class TapeState(msgspec.Struct, array_like=True, frozen=True):
    """What a security's tape has noted, and when somebody looks at it."""

    reference: int | None
    since: int
    seconds: list[tuple[int, int, int]]
    is_set: bool
    limited_since: int
    paused_until: int
    days_restricted: int
    now: int
    timer: int


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
    tape: TapeState | None = None
    volumes: tuple[int, ...] = ()
    given_volume: int | None = None


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
        None if security.tape is None else _dump_tape(security.tape),
        security.volumes,
        security.given_volume,
    )


def _dump_tape(tape: Tape) -> TapeState:
    return TapeState(
        tape.reference,
        tape.since,
        list(tape.seconds),
        tape.is_set,
        tape.limited_since,
        tape.paused_until,
        tape.days_restricted,
        tape.now,
        tape.timer,
    )


def load_tapes(engine: Engine, securities: dict[str, SecurityState]) -> None:
    """Bring the tapes of securities that have one to their states."""
    for symbol, state in securities.items():
        tape, noted = engine.securities[symbol].tape, state.tape
        if tape is not None and noted is not None:
            tape.reference, tape.since, tape.is_set = noted.reference, noted.since, noted.is_set
            tape.seconds.extend(noted.seconds)
            tape.count = sum(count for _, count, _ in noted.seconds)
            tape.total = sum(total for _, _, total in noted.seconds)
            tape.limited_since, tape.paused_until = noted.limited_since, noted.paused_until
            tape.days_restricted, tape.now = noted.days_restricted, noted.now
            engine.set_timer(tape, noted.timer)


def load_security(symbol: str, state: SecurityState) -> Security:
    """Bring a new security to a state."""
    security = Security(symbol, state.ticks, state.entry)
    for name, price in state.prices.items():
        setattr(security, name, price)
    security.quote(1)
    security.quote(-1)
    security.average_daily_volume = state.average_daily_volume
    security.volumes, security.given_volume = state.volumes, state.given_volume
    if not state.volumes and state.average_daily_volume:
        security.given_volume = state.average_daily_volume  # of before there was any other
    security.listed = state.listed
    security.fat_finger_aggressive, security.fat_finger_passive = state.thresholds
    security.official_open, security.official_close = state.official
    security.static_guard, security.dynamic_guard = state.guards
    security.guard_reference = state.guard_reference
    return security
