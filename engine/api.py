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
    Command,
    CommandRefused,
    Configure,
    CurrencyLimits,
    DropEntry,
    FirmEntry,
    MarketEntry,
    MemberEntry,
    NextDay,
    PortEntry,
    ReleasePort,
    RuleEntry,
    SetAccount,
    SetHalt,
    SetMember,
    SetPhase,
    SetPort,
    SetPrices,
    SetStorage,
    SymbolEntry,
)
from engine.orders import LiveOrders
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
    Display,
    Liquidity,
    OrderAttributes,
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
    from engine.book import Book, Level
    from engine.mass_cancel import MassCancel
    from engine.risk.limits import Limits
    from engine.risk.prm import Protection
    from engine.risk.windows import SlidingWindow
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
    "CancelReason",
    "Command",
    "CommandRefused",
    "Configure",
    "Cross",
    "CurrencyLimits",
    "Display",
    "DropEntry",
    "FirmEntry",
    "Liquidity",
    "MarketEntry",
    "MemberEntry",
    "NextDay",
    "Order",
    "OrderAttributes",
    "OrderEntry",
    "OrderTerms",
    "Phase",
    "Port",
    "PortEntry",
    "PriceType",
    "Refusal",
    "Reject",
    "ReleasePort",
    "RuleEntry",
    "Scope",
    "SelfMatchAction",
    "SelfMatchLevel",
    "SelfMatchPrevention",
    "SetAccount",
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
]


PRM: Final = "prm"
"""The rule book of Nordic markets, by which each order is asked for more than its price and size."""
PLAIN: Final = OrderAttributes()
"""The attributes of an order that carries none."""
REFUSALS: Final = tuple(Refusal(reason) for reason in Reject)
"""A plain refusal for each reason, for the checks that have no figures to tell."""
TermsState = tuple[Side, TimeInForce, Display, Cross, bool, tuple[bytes, ...]]
"""An order's terms as plain data."""


class OrderTerms:
    """The coded terms of an order, shared by all orders that have them; never changed.

    `letters` are the codes as the port's protocol spells them, carried for the port and never read here.
    """

    __slots__ = ("cross", "display", "intermarket_sweep", "letters", "side", "state", "time_in_force")

    def __init__(
        self,
        side: Side,
        time_in_force: TimeInForce,
        display: Display,
        cross: Cross,
        intermarket_sweep: bool,
        letters: tuple[bytes, ...],
    ) -> None:
        self.side = side
        self.time_in_force = time_in_force
        self.display = display
        self.cross = cross
        self.intermarket_sweep = intermarket_sweep
        self.letters = letters
        self.state: TermsState = (side, time_in_force, display, cross, intermarket_sweep, letters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OrderTerms) and self.state == other.state

    def __hash__(self) -> int:
        return hash(self.state)

    @property
    def is_buy(self) -> bool:
        """Whether the order buys."""
        return self.side is Side.BUY


class Order:
    """One order, or one replacement in a chain: a replacement is an order of its own with a new time priority.

    `size` is what the whole chain may execute, `open` what of it still may, so `size - open` has executed (or was
    taken by self-match prevention). `quantity` is the same as `open`, but of an order with a `reserve` it is the
    displayed part.
    `key` is the port's own number for it, unique among the port's live orders; `cl_ord_id` the client's label.
    `entered` are the attributes that the chain's first order came with.
    """

    __slots__ = (
        "after",
        "attributes",
        "before",
        "cl_ord_id",
        "entered",
        "expires_at",
        "key",
        "level",
        "order_reference_number",
        "port",
        "price",
        "quantity",
        "reserve",
        "scope",
        "size",
        "terms",
    )

    def __init__(
        self,
        port: Port,
        scope: Scope,
        terms: OrderTerms,
        attributes: OrderAttributes,
        size: int,
        price: int,
        cl_ord_id: bytes,
        key: int,
    ) -> None:
        self.port = port
        self.scope = scope
        self.terms = terms
        self.attributes = attributes
        self.entered = attributes
        self.size = size
        self.quantity = size
        self.price = price
        self.cl_ord_id = cl_ord_id
        self.key = key
        self.order_reference_number = 0
        self.expires_at = 0
        self.level: Level | None = None
        self.before: Order | None = None
        self.after: Order | None = None
        self.reserve: Order | None = None

    @property
    def open(self) -> int:
        """Shares that may still trade, displayed or not."""
        return self.quantity if self.reserve is None else self.quantity + self.reserve.quantity

    @property
    def user(self) -> str:
        """The user who sent it, where the port's protocol names one."""
        return self.scope.user

    @property
    def is_displayed(self) -> bool:
        """Whether this part of an order stands on the displayed side of the book."""
        return self.level is not None and self.level.ladder.is_displayed


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

    def restated(self, order: Order, displayed: int, number: int, now: int) -> None:
        """Tell that `order` displays more of its reserve again: `displayed` shares in all, under a new `number`."""

    def mass_canceled(self, request: bytes, now: int) -> None:
        """Tell that all orders which a mass cancel asked for are gone."""

    def broken(self, key: int, cl_ord_id: bytes, match: int, reason: BrokenTradeReason, now: int) -> None:
        """Tell that the trade `match` of the order `key` does not stand."""

    def system_event(self, event: SystemEvent, now: int) -> None:
        """Tell that the trading day starts or ends."""

    def carried_over(self, order: Order, now: int) -> None:
        """Tell, once the day has started, that `order` goes on in it under a new order reference number."""


class Scope:
    """One port in one order book, of a Nordic port one user of it: the single look-up of an incoming order.

    `protection` is what PRM asks of the orders, None where the market's rule book is another.
    """

    __slots__ = ("book", "limits", "port", "protection", "user")

    def __init__(self, port: Port, book: Book, limits: Limits, user: str = "") -> None:
        self.port = port
        self.book = book
        self.limits = limits
        self.user = user
        self.protection: Protection | None = None

    @property
    def is_declared(self) -> bool:
        """Whether the user may trade on the port. The scope of one who may not is made anew each time: keep none."""
        return self.protection is None or self.protection.is_declared


class Port:
    """An order entry port as the engine knows it: whose it is, what it may do, who hears of its orders.

    `organization` and `affiliation` are whose its firm is, for self-match prevention, and `plain` are the attributes of
    an order that brings none.
    `windows` count its messages, one for each rate rule (by rule); `rate_rule` is the one that it went over.
    `withdrawn` is a port that the configuration no longer names, `cancel_only` one that operations let enter nothing;
    with `cancel_on_disconnect` its orders end with its connection. `rule_book` is its market's; `fat_finger`,
    `maximum_orders` (0 = no limit) and `cancel_on_breach` are what PRM has set for it. `guarded` says whether any of
    this may stand in the way of an order: call `settle` when something changes.
    """

    __slots__ = (
        "affiliation",
        "cancel_on_breach",
        "cancel_on_disconnect",
        "cancel_only",
        "disabled",
        "entry",
        "exchange",
        "fat_finger",
        "guarded",
        "index",
        "market",
        "mass_cancel",
        "maximum_orders",
        "midnight",
        "mpid",
        "name",
        "orders",
        "organization",
        "plain",
        "rate_limited",
        "rate_rule",
        "rule_book",
        "scopes",
        "sink",
        "windows",
        "withdrawn",
    )

    sink: Sink

    def __init__(self, entry: PortEntry, index: int, rule_book: str = "eqrc") -> None:
        self.entry = entry
        self.name = entry.name
        self.mpid = self.organization = self.affiliation = entry.mpid
        self.market = entry.market
        self.exchange = entry.market.upper()
        self.index = index
        self.scopes: dict[str, Scope] = {}
        self.orders = LiveOrders()
        self.midnight = 0
        self.disabled = False
        self.rate_limited = False
        self.rate_rule = ""
        self.windows: tuple[tuple[str, SlidingWindow], ...] = ()
        self.withdrawn = False
        self.cancel_only = False
        self.cancel_on_disconnect = entry.cancel_on_disconnect
        self.mass_cancel: MassCancel | None = None
        self.plain = PLAIN
        self.rule_book = rule_book
        self.fat_finger = entry.fat_finger
        self.maximum_orders = entry.maximum_orders
        self.cancel_on_breach = entry.cancel_on_breach
        self.guarded = False
        self.settle()

    def settle(self) -> None:
        """Work out anew whether the port itself, or PRM, may stand in the way of its orders."""
        is_open = not (self.disabled or self.rate_limited or self.withdrawn or self.cancel_only)
        self.guarded = not is_open or self.rule_book == PRM


class OrderEntry(Protocol):
    """The engine as a port sees it. Times are venue time and never go back."""

    def scope(self, port: Port, symbol: str, user: str = "") -> Scope | None:
        """Give the port's scope in `symbol` (without padding), or None where its market has no such book.

        A Nordic order book's symbol is its id as text; its orders name a user, and one who is not declared is refused
        when they enter.
        """

    def arrived(self, port: Port, now: int) -> None:
        """Count a message towards the port's rate; shut the port when it is over. Which messages count is its own."""

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
