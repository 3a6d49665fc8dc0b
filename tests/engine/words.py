"""A trader's words: orders, what is heard of them, and the rules of a firm.

Prices are dollars as text, `MARKET` for a market order. Events compare by what a trader sees; `whole` gives them with
their times, ports and reference numbers too.
"""

from dataclasses import astuple, dataclass, field
from decimal import Decimal

import msgspec

from engine.api import (
    MARKET_PRICE,
    PLAIN,
    SECOND,
    BrokenTradeReason,
    CancelReason,
    Cross,
    Display,
    Liquidity,
    MarketEntry,
    OrderAttributes,
    OrderTerms,
    PortEntry,
    Refusal,
    Reject,
    RuleEntry,
    SelfMatchPrevention,
    Side,
    SymbolEntry,
    SystemEvent,
    TimeInForce,
)

MARKET = "market"
HOUR = 3600 * SECOND
MIDNIGHT = 1_795_150_800 * SECOND
TODAY = "2026-11-20"
TOMORROW = "2026-11-23"
TICKS = ((10_000, 100), (1, 1))
AFTER_HOURS = (16 * HOUR, 20 * HOUR)
MARKETS = tuple(MarketEntry(key, *AFTER_HOURS, crosses=key == "nasdaq") for key in ("nasdaq", "bx", "psx"))
PORTS = (
    PortEntry("IN1", "INET", "nasdaq", "ouch-us"),
    PortEntry("IN2", "INET", "nasdaq", "ouch-us"),
    PortEntry("INB", "INET", "bx", "ouch-us"),
    PortEntry("INP", "INET", "psx", "ouch-us"),
    PortEntry("AK1", "AKAM", "nasdaq", "ouch-us"),
    PortEntry("AKB", "AKAM", "bx", "ouch-us"),
    PortEntry("AKP", "AKAM", "psx", "ouch-us"),
)


def ticks(price):
    """Dollars as text to ticks; numbers are ticks already."""
    if price == MARKET:
        return MARKET_PRICE
    return int(Decimal(price) * 10_000) if isinstance(price, str) else price


def dollars(price):
    """Ticks to dollars as text, at least two decimals."""
    if price == MARKET_PRICE:
        return MARKET
    whole, fraction = divmod(price, 10_000)
    digits = f"{fraction:04d}"
    return f"{whole}.{digits[:2]}{digits[2:].rstrip('0')}"


def symbol_entry(symbol, close=None, ticks_table=TICKS, volume=0):
    previous_close = None if close is None else ticks(close)
    return SymbolEntry(symbol, previous_close, None, None, volume, ticks_table)


SYMBOLS = (
    symbol_entry("ZWZZT", "10.00"),
    symbol_entry("AAPL", "200.00"),
    symbol_entry("AMD", "20.00"),
    symbol_entry("NEWCO"),
)


# What a trader asks.


@dataclass(frozen=True)
class Ticket:
    side: Side
    quantity: int
    at: str | int
    symbol: str = "ZWZZT"
    by: str = "IN1"
    time_in_force: TimeInForce = TimeInForce.DAY
    display: Display = Display.VISIBLE
    cross: Cross = Cross.CONTINUOUS
    intermarket_sweep: bool = False
    attributes: OrderAttributes = PLAIN
    user: str = ""

    @property
    def terms(self):
        letters = (b"BSTE"[self.side : self.side + 1],)
        return OrderTerms(self.side, self.time_in_force, self.display, self.cross, self.intermarket_sweep, letters)


def ticket(side, quantity, at, *, ioc=False, gtc=False, hidden=False, good_for=None, **rest):
    """An order. `good_for` is a life in seconds; other names are fields of the ticket or of its attributes."""
    attributes = {name: rest.pop(name) for name in list(rest) if name in OrderAttributes.__struct_fields__}
    if good_for is not None:
        rest["time_in_force"] = TimeInForce.GOOD_TILL_TIME
        attributes["expire_time"] = good_for
    if ioc:
        rest["time_in_force"] = TimeInForce.IMMEDIATE_OR_CANCEL
    if gtc:
        rest["time_in_force"] = TimeInForce.GOOD_TILL_CANCEL
    if hidden:
        rest["display"] = Display.HIDDEN
    return Ticket(side, quantity, at, attributes=OrderAttributes(**attributes) if attributes else PLAIN, **rest)


def buy(quantity, at, **rest):
    return ticket(Side.BUY, quantity, at, **rest)


def sell(quantity, at, **rest):
    return ticket(Side.SELL, quantity, at, **rest)


def short(quantity, at, **rest):
    return ticket(Side.SELL_SHORT, quantity, at, **rest)


def short_exempt(quantity, at, **rest):
    return ticket(Side.SELL_SHORT_EXEMPT, quantity, at, **rest)


# What a trader hears.


@dataclass(frozen=True)
class Event:
    order: int


@dataclass(frozen=True)
class Where:
    """Which port was told, when, and the order's reference number."""

    port: str = ""
    now: int = 0
    reference: int = 0


@dataclass(frozen=True)
class Accepted(Event):
    quantity: int
    at: str
    dead: bool = False
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Replaced(Event):
    original: int
    quantity: int
    at: str
    dead: bool = False
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Modified(Event):
    quantity: int
    side: Side = Side.SELL
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Canceled(Event):
    quantity: int
    reason: CancelReason = CancelReason.USER
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class CancelPending(Event):
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class CancelRejected(Event):
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Executed(Event):
    quantity: int
    at: str
    liquidity: Liquidity
    match: int
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Prevented(Event):
    """Shares that self-match prevention removed, and how many of them would have traded."""

    removed: int
    quantity: int
    at: str
    liquidity: Liquidity
    strategy: SelfMatchPrevention
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Restated(Event):
    """What a reserve order now displays."""

    displayed: int
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Repriced(Event):
    """The price at which a peg stands now, None where it stands aside."""

    at: str | None
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class CarriedOver(Event):
    """Shares that are open when an order goes on in the next day."""

    quantity: int
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class MassCanceled:
    request: bytes = b""
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Broken(Event):
    match: int
    reason: BrokenTradeReason
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Day:
    event: SystemEvent
    where: Where = field(default=Where(), compare=False)


@dataclass(frozen=True)
class Rejected:
    reason: Reject
    refusal: Refusal | None = field(default=None, compare=False)


def trade(incoming, resting, quantity, at, match, *, hidden=False, reserve=False):
    """Both sides of one trade, the incoming order first."""
    added = Liquidity.ADDED_HIDDEN if hidden else Liquidity.ADDED_RESERVE if reserve else Liquidity.ADDED
    return [
        Executed(incoming, quantity, at, Liquidity.REMOVED, match),
        Executed(resting, quantity, at, added, match),
    ]


def accepted(key, ticket, *, dead=False):
    """The Accepted of an order as it was entered."""
    return Accepted(key, ticket.quantity, ticket.at, dead)


def whole(events):
    """Events with everything in them, for holding two engines against each other."""
    return [(type(event).__name__, astuple(event)) for event in events]


# Risk rules.


def rule(kind, name, *, port=None, exchange="NASDAQ", mpid="INET", symbols=(), **settings):
    return RuleEntry(name, kind, exchange, mpid, port, symbols, settings)


def max_shares(limit, name="shares", **rest):
    return rule("max-shares", name, limit=limit, **rest)


def max_notional(limit, name="notional", **rest):
    """A limit in whole dollars."""
    return rule("max-notional", name, limit=limit, **rest)


def restricted(*symbols, name="restricted", enabled=True, **rest):
    return rule("restricted-stock", name, symbols=symbols, enabled=enabled, **rest)


def fat_finger(
    amount="0", percent="0", *, name="fat", ranges=None, auction=False, sweeps=True, aggressive_only=False, **rest
):
    """One amount (dollars) and percentage for all six ranges, or `ranges` of six such pairs."""
    pairs = tuple((ticks(dollar), int(Decimal(cent) * 10_000)) for dollar, cent in ranges or [(amount, percent)] * 6)
    return rule(
        "fat-finger",
        name,
        ranges=pairs,
        include_auction=auction,
        include_intermarket_sweep=sweeps,
        aggressive_only=aggressive_only,
        **rest,
    )


def message_rate(limit, window=1, name="rate", port="IN1", **rest):
    """At most `limit` messages in `window` seconds."""
    return rule("order-rate", name, port=port, max_port_messages=limit, port_window=window, **rest)


def gross_exposure(name="exposure", *, action="REJECT", group=None, **rest):
    """Thresholds in whole dollars, watch, warn and action, of `open`, `executed` and `notional`."""
    settings = {"breach_action": action}
    for amount in ("open", "executed", "notional"):
        for step, value in zip(("watch", "warn", "action"), rest.pop(amount, None) or (None,) * 3, strict=True):
            if value is not None:
                settings[f"{amount}_{step}"] = value
    return msgspec.structs.replace(rule("gross-exposure", name, **rest, **settings), group_id=group)


def volume_percent(percent, minimum=None, name="adv", **rest):
    """A percentage of the average daily volume, as text, and the least volume that it is taken of."""
    return rule("adv", name, percent=int(Decimal(percent) * 10_000), minimum_volume=minimum, **rest)


def hard_to_borrow(*symbols, name="hard", **rest):
    return rule("hard-to-borrow", name, symbols=symbols, enabled=True, **rest)


def order_types(*kinds, name="types", **rest):
    """Kinds of orders that are refused, named as in the settings: `short_sale`."""
    return rule("order-type", name, **{f"reject_{kind}": True for kind in kinds}, **rest)


def located(*brokers, name="located", required=True, exempt=False, **rest):
    settings = {"require_locate": required, "include_short_sale_exempt": exempt, "brokers": brokers}
    return rule("shares-located", name, **settings, **rest)


def market_impact(name="impact", **rest):
    return rule("market-impact", name, enabled=True, **rest)


def duplicates(limit, window=1, name="same", port="IN1", **rest):
    """At most `limit` orders that are the same in `window` seconds."""
    return rule("order-rate", name, port=port, max_duplicates=limit, duplicate_window=window, **rest)


def symbol_rate(limit, window=1, name="symbol-rate", port="IN1", **rest):
    """At most `limit` messages in one symbol in `window` seconds."""
    return rule("order-rate", name, port=port, max_symbol_messages=limit, symbol_window=window, **rest)
