"""What operators and the venue itself ask of the engine, as plain data: each is a record, and so is kept.

Units stand in `engine.terms`; what comes of each is told in `engine.commands`. Others import these names from
`engine.api`.

For editors: records outlive versions, so fields are only ever appended. This module stays apart from `engine.api`
because mypyc, which compiles that one, drops the keywords of a class statement, and a Struct's meaning is in them.
"""

from __future__ import annotations

import msgspec

from engine.clearing_commands import ClearingEntry
from engine.rule_instructions import (
    ChangeList,
    CreateRule,
    DeleteRule,
    RegisterGroups,
    RuleEntry,
    SafetySwitch,
    Unbreach,
    UpdateRule,
)
from engine.terms import SECOND, BrokenTradeReason, CrossStage, Phase, SelfMatchPrevention


class DropEntry(msgspec.Struct, array_like=True, frozen=True):
    """What a Drop port hears: all order entry ports of the port's own firm, or the `ports` named, in every market.

    `include_rejects` says whether refused orders are told too, None leaves that to the ports' protocols. `guards` are
    the PRM accounts that are blocked, with an end of all their orders, when its connection goes; `guard_on_restart`
    says whether that holds for a connection that went with the venue.
    """

    ports: tuple[str, ...] = ()
    include_rejects: bool | None = None
    guards: tuple[str, ...] = ()
    guard_on_restart: bool = True


class PortEntry(msgspec.Struct, array_like=True, frozen=True):
    """An order entry port; `protocol` names the dialect that it speaks.

    `self_match_prevention` is for orders that do not choose a strategy themselves. The next three are PRM's: whether
    continuous fat finger is on, how many orders a second the port may send (0 = no limit), and whether its orders are
    canceled when it sends more. With `cancel_on_disconnect` they end with the connection. `drop` makes it a Drop port.
    `settings` are the protocol's own, carried for the port and never read here. `routing` lets its orders ask for a
    route. With `names_brokers` orders can say who located shares, and so are held to lists of those.
    """

    name: str
    mpid: str
    market: str
    protocol: str
    self_match_prevention: SelfMatchPrevention | None = None
    fat_finger: bool = False
    maximum_orders: int = 0
    cancel_on_breach: bool = False
    cancel_on_disconnect: bool = False
    drop: DropEntry | None = None
    settings: bytes = b""
    routing: bool = False
    names_brokers: bool = True

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
    """Reference data of a security: prices in ticks, None = not known; `tier` and `leverage` are for its bands."""

    symbol: str
    previous_close: int | None
    luld_lower: int | None
    luld_upper: int | None
    average_daily_volume: int
    ticks: tuple[tuple[int, int], ...]
    tier: int = 2
    leverage: int = 1


class VolatilityEntry(msgspec.Struct, array_like=True, frozen=True):
    """How a market's volatility guards work: how long the calls last that they begin, in nanoseconds.

    Each is longer by a random time of up to `random_end`. `dynamic_multiplier` widens dynamic guards, in percent.
    """

    dynamic_call: int = 60 * SECOND
    static_call: int = 180 * SECOND
    random_end: int = 0
    dynamic_multiplier: int = 100


class MarketEntry(msgspec.Struct, array_like=True, frozen=True):
    """A market of the venue; times of day are nanoseconds since its midnight.

    `rule_book` names the risk checks of its orders: `eqrc`, the US ones, or `prm`, the Nordic ones. A US market with
    `crosses` opens, closes and resumes by them; `bands` and `short_sale_test` say whether price bands (LULD) and Rule
    201 of Reg SHO hold there.
    """

    key: str
    after_hours_open: int
    after_hours_close: int
    rule_book: str = "eqrc"
    volatility: VolatilityEntry = VolatilityEntry()
    crosses: bool = False
    bands: bool = False
    short_sale_test: bool = False


class BookEntry(msgspec.Struct, array_like=True, frozen=True):
    """Reference data of a Nordic order book, which one market has, by its `order_book` id as text.

    `symbol` is its name among people. Prices are ticks, percentages 1/10,000 of a percent, None = not known: how far
    continuous fat finger lets a price go, how far an opening may move before its call is extended, and the volatility
    guards.
    """

    order_book: str
    market: str
    symbol: str
    mic: str
    currency: str
    segment: int
    previous_close: int | None
    ticks: tuple[tuple[int, int], ...]
    fat_finger_aggressive: int | None = None
    fat_finger_passive: int | None = None
    extension: int | None = None
    static_guard: int | None = None
    dynamic_guard: int | None = None


class MemberEntry(msgspec.Struct, array_like=True, frozen=True):
    """A Nordic member: its users, and the multipliers of its ports' fat finger thresholds, in percent."""

    mpid: str
    users: tuple[str, ...] = ()
    fat_finger_multiplier_aggressive: int = 100
    fat_finger_multiplier_passive: int = 100


class CurrencyLimits(msgspec.Struct, array_like=True, frozen=True):
    """What an account may do in the order books of one currency, 0 = no limit.

    Quantities are shares, values 1/10,000 of the currency. The first two hold for one order, in calls those of
    auctions where they are set. The seven after them hold for what the account traded and has open in a day.
    `blow_through` keeps its orders from setting off a volatility guard.
    """

    maximum_quantity: int = 0
    maximum_value: int = 0
    maximum_quantity_auction: int | None = None
    maximum_value_auction: int | None = None
    total_risk: int = 0
    total_traded: int = 0
    total_open: int = 0
    traded_buy: int = 0
    traded_sell: int = 0
    open_buy: int = 0
    open_sell: int = 0
    blow_through: bool = False


class AccountSettings(msgspec.Struct, array_like=True, frozen=True):
    """What PRM holds the orders of an account to: limits by currency, and what may not be traded at all.

    `repeated_order_limit` is how often the same order may come again (0 = no limit), `restrict_on_repeated_order`
    whether its symbol is restricted then. The next three hold in calls: market orders are refused, or refused where
    they move the price too far, and fat finger is on. `symbol_rate` is how many orders a second may come in one symbol
    (0 = no limit), `cancel_on_symbol_rate` whether the account's orders are canceled when more do. `emails` are who is
    told of it all.
    """

    limits: dict[str, CurrencyLimits] = {}
    restricted_symbols: tuple[str, ...] = ()
    restricted_segments: tuple[int, ...] = ()
    repeated_order_limit: int = 0
    restrict_on_repeated_order: bool = False
    market_order_prevention: bool = False
    market_order_protection: bool = False
    fat_finger_in_auctions: bool = False
    symbol_rate: int = 0
    cancel_on_symbol_rate: bool = False
    emails: tuple[str, ...] = ()


class AccountEntry(msgspec.Struct, array_like=True, frozen=True):
    """A PRM account of a member: it covers the `users` named, or with `is_exclusion` all but those; with none, all.

    `sponsored_ports` are those of sponsored access, on which checks cannot be switched off.
    """

    account: str
    mpid: str
    users: tuple[str, ...]
    is_exclusion: bool
    settings: AccountSettings
    sponsored_ports: tuple[str, ...] = ()


class Configure(msgspec.Struct, array_like=True, frozen=True, tag="configure"):
    """The venue's reference data and rules, whole: what the configuration file says of the market.

    A symbol is listed on every market whose rule book is `eqrc`, a book on its own market.
    """

    markets: tuple[MarketEntry, ...]
    symbols: tuple[SymbolEntry, ...]
    ports: tuple[PortEntry, ...]
    rules: tuple[RuleEntry, ...]
    firms: tuple[FirmEntry, ...] = ()
    books: tuple[BookEntry, ...] = ()
    members: tuple[MemberEntry, ...] = ()
    accounts: tuple[AccountEntry, ...] = ()
    clearing: tuple[ClearingEntry, ...] = ()


class NextDay(msgspec.Struct, array_like=True, frozen=True, tag="next-day"):
    """End the trading day, if one is open, and start `date` (YYYY-MM-DD).

    `session` names the day's sequenced streams; `midnights` are each market's zero of timestamps, and of its hours
    where it does not stand in `local_midnights`. `after_hours` are the hours of the day's own, where they are not the
    usual ones: from and to, in nanoseconds since midnight.
    """

    date: str
    session: str
    midnights: dict[str, int]
    after_hours: dict[str, tuple[int, int]] = {}
    local_midnights: dict[str, int] = {}


class SetPrices(msgspec.Struct, array_like=True, frozen=True, tag="set-prices"):
    """Set some of a security's prices (ticks), average daily volume and thresholds (1/10,000 %); None clears."""

    symbol: str
    prices: dict[str, int | None]


class SetHalt(msgspec.Struct, array_like=True, frozen=True, tag="set-halt"):
    """Halt or resume one book of a market, or all of them (`symbol` None): what `SetPhase` says of two phases."""

    market: str
    symbol: str | None
    halted: bool


class SetPhase(msgspec.Struct, array_like=True, frozen=True, tag="set-phase"):
    """Bring one book of a market, or all of them (`symbol` None), or those of `symbols`, into a phase.

    One that a timetable asks for names it, and its `position` there. With an `extension` (nanoseconds) a call whose
    price is too far from its reference goes on for so long. A `stage` changes no phase: it holds for the books that are
    in the phase, until they leave it.
    """

    market: str
    symbol: str | None
    phase: Phase
    symbols: tuple[str, ...] = ()
    timetable: str = ""
    position: int = 0
    extension: int = 0
    stage: CrossStage = CrossStage.OPEN


class BustTrade(msgspec.Struct, array_like=True, frozen=True, tag="bust-trade"):
    """Break a trade of today."""

    market: str
    match_number: int
    reason: BrokenTradeReason


class ReleasePort(msgspec.Struct, array_like=True, frozen=True, tag="release-port"):
    """Free a port that its message rate shut."""

    port: str


class SetPort(msgspec.Struct, array_like=True, frozen=True, tag="set-port"):
    """Change some settings of a port, for good; None leaves one as it is, `maximum_orders` 0 takes it off.

    The first three are PRM's.
    """

    port: str
    fat_finger: bool | None = None
    maximum_orders: int | None = None
    cancel_on_breach: bool | None = None
    cancel_only: bool | None = None
    cancel_on_disconnect: bool | None = None


class SetMember(msgspec.Struct, array_like=True, frozen=True, tag="set-member"):
    """Change some of a Nordic member's fat finger multipliers (percent), for good; None leaves one as it is."""

    mpid: str
    fat_finger_multiplier_aggressive: int | None = None
    fat_finger_multiplier_passive: int | None = None


class SetAccount(msgspec.Struct, array_like=True, frozen=True, tag="set-account"):
    """Change some settings of a PRM account: `today`, which ends with the day, from the `next_day` on, or both.

    `limits` are by currency and name of `CurrencyLimits`; None leaves any other setting as it is. `by_operations` tells
    who asked: operations, or the account's own member.
    """

    account: str
    limits: dict[str, dict[str, int | bool | None]] = {}
    restricted_symbols: tuple[str, ...] | None = None
    restricted_segments: tuple[int, ...] | None = None
    today: bool = True
    next_day: bool = True
    repeated_order_limit: int | None = None
    restrict_on_repeated_order: bool | None = None
    market_order_prevention: bool | None = None
    market_order_protection: bool | None = None
    fat_finger_in_auctions: bool | None = None
    symbol_rate: int | None = None
    cancel_on_symbol_rate: bool | None = None
    emails: tuple[str, ...] | None = None
    by_operations: bool = True


class BlockAccount(msgspec.Struct, array_like=True, frozen=True, tag="block-account"):
    """Block a PRM account until the end of the day, or unblock it: its orders stay, and may be canceled.

    With `cancel`, a block ends them all too. A member (`by_operations` false) lifts no block of the operations.
    """

    account: str
    blocked: bool
    cancel: bool = False
    by_operations: bool = True


class CancelAccount(msgspec.Struct, array_like=True, frozen=True, tag="cancel-account"):
    """End all open orders of a PRM account, without a block."""

    account: str


class LockCurrency(msgspec.Struct, array_like=True, frozen=True, tag="lock-currency"):
    """Lift the lock of a PRM account in a currency, whatever locked it, or lock it there by hand."""

    account: str
    currency: str
    locked: bool
    by_operations: bool = True


class ReleaseAccount(msgspec.Struct, array_like=True, frozen=True, tag="release-account"):
    """Free a PRM account whose orders in one symbol came too fast."""

    account: str


class SetFileList(msgspec.Struct, array_like=True, frozen=True, tag="set-file-list"):
    """Let the file of a PRM account's restricted symbols say what it says now; None: there is no file any more."""

    account: str
    order_books: tuple[str, ...] | None


class SetStorage(msgspec.Struct, array_like=True, frozen=True, tag="set-storage"):
    """Say whether the room for what the venue writes down is low: then nothing new enters, and cancels pass."""

    low: bool


Command = (
    Configure
    | NextDay
    | SetPrices
    | SetHalt
    | SetPhase
    | BustTrade
    | ReleasePort
    | SetStorage
    | SetPort
    | SetMember
    | SetAccount
    | BlockAccount
    | SetFileList
    | LockCurrency
    | ReleaseAccount
    | CancelAccount
    | CreateRule
    | UpdateRule
    | DeleteRule
    | ChangeList
    | RegisterGroups
    | SafetySwitch
    | Unbreach
)
"""What operators and the venue itself ask; each is one record."""


class CommandRefused(Exception):  # noqa: N818 - a refusal, not a fault of ours: the caller is told and nothing changed
    """A command that cannot be carried out: `field` is what to blame, the message says what to do.

    `missing` tells that the field names something that is not there.
    """

    def __init__(self, field: str, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.field = field
        self.missing = missing
