"""What may be asked of the engine, what it answers, and why not: all that a port knows of the market.

A port turns its protocol's bytes into an `Order`, hands it to the engine through `OrderEntry` and is told what
happened through its `Sink`. Nothing here knows a protocol, a socket or a clock. Units stand in `engine.terms`, whose
names ports import from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from engine.instructions import (
    AccountEntry,
    AccountSettings,
    BlockAccount,
    BookEntry,
    BustTrade,
    CancelAccount,
    Command,
    CommandRefused,
    Configure,
    CurrencyLimits,
    DropEntry,
    FirmEntry,
    LockCurrency,
    MarketEntry,
    MemberEntry,
    NextDay,
    PortEntry,
    ReleaseAccount,
    ReleasePort,
    SetAccount,
    SetFileList,
    SetHalt,
    SetMember,
    SetPhase,
    SetPort,
    SetPrices,
    SetStorage,
    SymbolEntry,
    VolatilityEntry,
)
from engine.orders import PLAIN, Order, OrderTerms
from engine.port import PRM, Port, Scope
from engine.rule_instructions import (
    CancelAction,
    ChangeList,
    CreateRule,
    DeleteRule,
    PortAction,
    RegisterGroups,
    RuleEntry,
    RuleState,
    RuleStatus,
    SafetySwitch,
    Unbreach,
    UpdateRule,
)
from engine.terms import (
    AWAY_MARKET,
    MARKET_PRICE,
    MARKET_PRICE_ALTERNATIVE,
    MAXIMUM_BOOK_QUANTITY,
    MAXIMUM_PRICE,
    MAXIMUM_QUANTITY,
    PRICE_SCALE,
    PRM_CHECKS,
    RISK_CHECKS,
    ROUND_LOT,
    SECOND,
    BrokenTradeReason,
    CancelReason,
    Cross,
    CrossStage,
    Display,
    Liquidity,
    OrderAttributes,
    Origin,
    Phase,
    PriceType,
    Refusal,
    Reject,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
    Side,
    SystemEvent,
    TimeInForce,
)

if TYPE_CHECKING:
    from engine.trades import Trade

__all__ = [
    "AWAY_MARKET",
    "MARKET_PRICE",
    "MARKET_PRICE_ALTERNATIVE",
    "MAXIMUM_BOOK_QUANTITY",
    "MAXIMUM_PRICE",
    "MAXIMUM_QUANTITY",
    "PLAIN",
    "PRICE_SCALE",
    "PRM",
    "PRM_CHECKS",
    "REFUSALS",
    "RISK_CHECKS",
    "ROUND_LOT",
    "SECOND",
    "AccountEntry",
    "AccountSettings",
    "BlockAccount",
    "BookEntry",
    "BrokenTradeReason",
    "BustTrade",
    "CancelAccount",
    "CancelAction",
    "CancelReason",
    "ChangeList",
    "Command",
    "CommandRefused",
    "Configure",
    "CreateRule",
    "Cross",
    "CrossStage",
    "CurrencyLimits",
    "DeleteRule",
    "Display",
    "DropEntry",
    "FirmEntry",
    "Liquidity",
    "LockCurrency",
    "MarketEntry",
    "MemberEntry",
    "NextDay",
    "Order",
    "OrderAttributes",
    "OrderEntry",
    "OrderTerms",
    "Origin",
    "Phase",
    "Port",
    "PortAction",
    "PortEntry",
    "PriceType",
    "Refusal",
    "RegisterGroups",
    "Reject",
    "ReleaseAccount",
    "ReleasePort",
    "RuleEntry",
    "RuleState",
    "RuleStatus",
    "SafetySwitch",
    "Scope",
    "SelfMatchAction",
    "SelfMatchLevel",
    "SelfMatchPrevention",
    "SetAccount",
    "SetFileList",
    "SetHalt",
    "SetMember",
    "SetPhase",
    "SetPort",
    "SetPrices",
    "SetStorage",
    "Side",
    "Sink",
    "SymbolEntry",
    "SystemEvent",
    "TimeInForce",
    "Unbreach",
    "UpdateRule",
    "VolatilityEntry",
]


REFUSALS: Final = tuple(Refusal(reason) for reason in Reject)
"""A plain refusal for each reason, for the checks that have no figures to tell."""


class Sink(Protocol):
    """Where a port is told what happened to its orders, in the order in which it happened.

    `now` is venue time. Each call is made once and is final; the engine asks nothing of a sink.
    """

    def accepted(self, order: Order, dead: bool, now: int) -> None:
        """Tell that `order` is in; `dead` when it is gone in the same step and nothing follows."""

    def replaced(self, order: Order, original: Order, dead: bool, now: int) -> None:
        """Tell that `order` took the place of `original`."""

    def modified(self, order: Order, now: int) -> None:
        """Tell that `order` has a new side or fewer shares and its old place."""

    def canceled(self, order: Order, quantity: int, reason: CancelReason, now: int) -> None:
        """Tell that `quantity` shares of `order` left; the order is gone when none are open."""

    def executed(self, order: Order, quantity: int, price: int, liquidity: Liquidity, match: int, now: int) -> None:
        """Tell that `quantity` shares of `order` traded at `price`; the order is gone when none are open."""

    def prevented(
        self,
        order: Order,
        removed: int,
        quantity: int,
        price: int,
        liquidity: Liquidity,
        strategy: SelfMatchPrevention,
        now: int,
    ) -> None:
        """Tell that `removed` shares of `order` left, so that `quantity` would not trade with its owner's others."""

    def cancel_pending(self, order: Order, now: int) -> None:
        """Tell that `order`, which may not be canceled so near to its cross, is canceled after it."""

    def cancel_rejected(self, order: Order, now: int) -> None:
        """Tell that `order` may not be made smaller so near to its cross."""

    def restated(self, order: Order, displayed: int, number: int, now: int) -> None:
        """Tell that `order` displays more of its reserve again: `displayed` shares in all, under a new `number`."""

    def repriced(self, order: Order, number: int, now: int) -> None:
        """Tell that a peg stands at another price now, under a new `number`; 0: it has none, and stands aside."""

    def mass_canceled(self, request: bytes, now: int) -> None:
        """Tell that all orders which a mass cancel asked for are gone."""

    def broken(self, key: int, cl_ord_id: bytes, match: int, reason: BrokenTradeReason, now: int) -> None:
        """Tell that the trade `match` of the order `key` does not stand."""

    def system_event(self, event: SystemEvent, now: int) -> None:
        """Tell that the trading day starts or ends."""

    def carried_over(self, order: Order, now: int) -> None:
        """Tell, once the day has started, that `order` goes on in it under a new order reference number."""


class OrderEntry(Protocol):
    """The engine as a port sees it. Times are venue time and never go back."""

    def scope(self, port: Port, symbol: str, user: str = "") -> Scope | None:
        """Give the port's scope in `symbol` (without padding), or None where its market has no such book.

        A Nordic order book's symbol is its id as text; its orders name a user, and one who is not declared is refused
        when they enter.
        """

    def arrived(self, port: Port, now: int) -> None:
        """Count a message towards the port's rate; shut the port when it is over. Which messages count is its own."""

    def count_refused(self, scope: Scope, now: int) -> None:
        """Count an order that its port refused by itself, and that the engine never sees, towards its symbol's rate."""

    def fault(self, order: Order) -> Refusal | None:
        """Say what is wrong with an order's own details, whatever the market and the risk rules say."""

    def enter(self, order: Order, now: int) -> Refusal | None:
        """Check, book and match a new order, or say why not: its details, then the market, then the risk rules."""

    def replace(self, original: Order, order: Order, now: int) -> Refusal | None:
        """Put `order`, whose details have no fault, in the place of `original`, or say why not.

        What has executed counts towards the new size, which must be larger. A refusal leaves the original untouched.
        """

    def cancel_to(self, order: Order, size: int, now: int) -> None:
        """Cut `order` down to an intended size, executions included; 0 ends it; a pointless cut does nothing."""

    def modify(
        self, order: Order, terms: OrderTerms, attributes: OrderAttributes, size: int, now: int
    ) -> Refusal | None:
        """Change the kind of sale or cut the size, keeping priority, or say why not."""

    def mass_cancel(
        self, port: Port, symbol: str, side: Side | None, group_id: int | None, request: bytes, now: int
    ) -> None:
        """End the port's orders that match (`symbol` "" = every one), in slices; `request` comes back when done."""

    def set_entry(self, port: Port, enabled: bool) -> None:
        """Block or unblock new orders of the port."""

    def trade(self, port: Port, match: int) -> Trade | None:
        """Give a trade of today on the port's market, None where there is none of that number."""
