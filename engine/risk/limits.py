"""What a rule book holds an order to: limits as the checks read them, all levels folded into one object."""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from engine.api import Order, Refusal

NO_LIMIT: Final = 2**62 - 1
"""More than any order has; compiled code compares it as a plain machine word."""


class Limits:
    """What a rule book holds an order to, for one port in one symbol: every level folded together.

    `armed` are the checks that have something to compare, in the rule book's order of precedence. `buys` and `sells`
    are what the fat finger rules let pass at the reference price that they saw last. An order up to `shares_within` and
    `notional_within` (ticks x shares) is within every limit of that kind, whatever else it says. `routed` is what the
    part of an order that goes away is held to, beside this; None where nothing is said of that.
    `by_terms` says that a check reads more of an order than side, price and size, so that only an ordinary one can be
    within.
    """

    __slots__ = (
        "armed",
        "buys",
        "by_terms",
        "fat_finger",
        "hard_to_borrow",
        "locates",
        "market_impact",
        "maximum_notional",
        "maximum_shares",
        "notional_within",
        "order_types",
        "restricted",
        "routed",
        "sells",
        "shares_within",
        "volume",
    )

    def __init__(self) -> None:
        self.armed: tuple[Check, ...] = ()
        self.restricted: Bound | None = None
        self.maximum_shares: Bound | None = None
        self.maximum_notional: Bound | None = None
        self.fat_finger: tuple[FatFinger, ...] = ()
        self.buys = Band()
        self.sells = Band()
        self.shares_within = NO_LIMIT
        self.notional_within = NO_LIMIT
        self.routed: Limits | None = None
        self.by_terms = False
        self.hard_to_borrow: Bound | None = None
        self.order_types: OrderTypes | None = None
        self.locates: tuple[Locate, ...] = ()
        self.volume: Bound | None = None
        self.market_impact: Bound | None = None


class Bound(NamedTuple):
    """A limit and the rule that sets it."""

    limit: int
    rule: str


class OrderTypes(NamedTuple):
    """The kinds of orders that are refused, each by the rule that says so; None are not."""

    intermarket_sweep: str | None = None
    short_sale: str | None = None
    short_sale_exempt: str | None = None
    market: str | None = None
    pre_market: str | None = None
    post_market: str | None = None
    ipo_market_buy: str | None = None


class Locate(NamedTuple):
    """One rule of located shares: whether short sales need them, and from which brokers, where it lists any."""

    is_required: bool
    include_short_sale_exempt: bool
    brokers: tuple[bytes, ...]
    rule: str


class FatFingerRange(NamedTuple):
    """How far a price may lie from its reference: `amount` in ticks, `percent` in 1/10,000 of a percent; 0 is unset."""

    amount: int
    percent: int


class FatFinger(NamedTuple):
    """One fat finger rule, ready to compare: six ranges by reference price."""

    ranges: tuple[FatFingerRange, ...]
    include_auction: bool
    include_intermarket_sweep: bool
    aggressive_only: bool
    rule: str


class Band:
    """The prices, both ends included, that pass all fat finger rules at one reference price; 0 is none yet."""

    __slots__ = ("highest", "lowest", "reference")

    def __init__(self) -> None:
        self.reference = 0
        self.lowest = self.highest = 0


class Check(Protocol):
    """A risk check: reads, decides, changes nothing."""

    def __call__(self, order: Order) -> Refusal | None:
        """Give the refusal of `order`, or None where it may pass."""
