"""What operators and the venue itself ask of the engine, as plain data: each is a record, and so is kept.

Units stand in `engine.terms`; what comes of each is told in `engine.commands`. Others import these names from
`engine.api`.

For editors: records outlive versions, so fields are only ever appended. This module stays apart from `engine.api`
because mypyc, which compiles that one, drops the keywords of a class statement, and a Struct's meaning is in them.
"""

from __future__ import annotations

import msgspec

from engine.terms import BrokenTradeReason, SelfMatchPrevention


class PortEntry(msgspec.Struct, array_like=True, frozen=True):
    """An order entry port; `protocol` names the dialect that it speaks.

    `self_match_prevention` is for orders that do not choose a strategy themselves.
    """

    name: str
    mpid: str
    market: str
    protocol: str
    self_match_prevention: SelfMatchPrevention | None = None

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What may not change while the port exists."""
        return self.name, self.mpid, self.market, self.protocol


class FirmEntry(msgspec.Struct, array_like=True, frozen=True):
    """A firm that belongs with others: self-match prevention takes one `organization`, or `affiliation`, as one."""

    mpid: str
    organization: str
    affiliation: str


class SymbolEntry(msgspec.Struct, array_like=True, frozen=True):
    """Reference data of a security: prices in ticks, None = not known."""

    symbol: str
    previous_close: int | None
    luld_lower: int | None
    luld_upper: int | None
    average_daily_volume: int
    ticks: tuple[tuple[int, int], ...]


class MarketEntry(msgspec.Struct, array_like=True, frozen=True):
    """A market of the venue; times of day are nanoseconds since its midnight."""

    key: str
    after_hours_open: int
    after_hours_close: int


class RuleEntry(msgspec.Struct, array_like=True, frozen=True):
    """An EQRC rule, with settings of its type's own.

    Limits are shares or whole dollars as over REST; a fat finger's ranges are (ticks, 1/10,000 of a percent).
    """

    rule_id: str
    type: str
    exchange: str
    mpid: str
    port: str | None
    symbols: tuple[str, ...]
    settings: dict[str, int | bool | tuple[tuple[int, int], ...]]


class Configure(msgspec.Struct, array_like=True, frozen=True, tag="configure"):
    """The venue's reference data and rules, whole: what the configuration file says of the market."""

    markets: tuple[MarketEntry, ...]
    symbols: tuple[SymbolEntry, ...]
    ports: tuple[PortEntry, ...]
    rules: tuple[RuleEntry, ...]
    firms: tuple[FirmEntry, ...] = ()


class NextDay(msgspec.Struct, array_like=True, frozen=True, tag="next-day"):
    """End the trading day, if one is open, and start `date` (YYYY-MM-DD).

    `session` names the day's sequenced streams; `midnights` are each market's zero of timestamps. `after_hours` are
    the hours of the day's own, where they are not the usual ones: from and to, in nanoseconds since midnight.
    """

    date: str
    session: str
    midnights: dict[str, int]
    after_hours: dict[str, tuple[int, int]] = {}


class SetPrices(msgspec.Struct, array_like=True, frozen=True, tag="set-prices"):
    """Set some of a security's prices (ticks, None clears) and its average daily volume."""

    symbol: str
    prices: dict[str, int | None]


class SetHalt(msgspec.Struct, array_like=True, frozen=True, tag="set-halt"):
    """Halt or resume one book of a market, or all of them (`symbol` None)."""

    market: str
    symbol: str | None
    halted: bool


class BustTrade(msgspec.Struct, array_like=True, frozen=True, tag="bust-trade"):
    """Break a trade of today."""

    market: str
    match_number: int
    reason: BrokenTradeReason


class ReleasePort(msgspec.Struct, array_like=True, frozen=True, tag="release-port"):
    """Free a port that its message rate shut."""

    port: str


class SetStorage(msgspec.Struct, array_like=True, frozen=True, tag="set-storage"):
    """Say whether the room for what the venue writes down is low: then nothing new enters, and cancels pass."""

    low: bool


Command = Configure | NextDay | SetPrices | SetHalt | BustTrade | ReleasePort | SetStorage
"""What operators and the venue itself ask; each is one record."""


class CommandRefused(Exception):  # noqa: N818 - a refusal, not a fault of ours: the caller is told and nothing changed
    """A command that cannot be carried out: `field` is what to blame, the message says what to do.

    `missing` tells that the field names something that is not there.
    """

    def __init__(self, field: str, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.field = field
        self.missing = missing
