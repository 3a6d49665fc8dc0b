"""The words of an order: its terms and attributes, what may come of it, and every reason to refuse it.

Units, everywhere: prices are ticks of 1/10,000 of the currency, quantities are shares, times are nanoseconds
(venue time: since the Unix epoch). One number space, no floats. Ports import these names from `engine.api`.

For editors: an `IntEnum` member's number goes into records and snapshots, so members are only ever appended.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

import msgspec

PRICE_SCALE: Final = 10_000
"""Ticks in one unit of currency."""
MAXIMUM_PRICE: Final = 1_999_999_900
"""Highest limit price, 199,999.9900."""
MARKET_PRICE: Final = 0x7FFF_FFFF
"""The price of an order that takes any price."""
MARKET_PRICE_ALTERNATIVE: Final = 2_000_000_000
"""200,000.0000, which OUCH 5.0 also reads as a market order."""
MAXIMUM_QUANTITY: Final = 999_999
"""Most shares in one order, and in one chain of replacements, of a US security."""
MAXIMUM_BOOK_QUANTITY: Final = 0xFFFF_FFFF
"""The same of a Nordic order book: all that four bytes hold."""
ROUND_LOT: Final = 100
"""Shares of a normal unit of trading."""
SECOND: Final = 1_000_000_000
"""Nanoseconds."""
AWAY_MARKET: Final = b"AWAY"
"""The simulated market that routed orders go to: its name in reports, and as the route of an order directed to it."""


class Side(IntEnum):
    """Which way, and for a sale whose shares."""

    BUY = 0
    SELL = 1
    SELL_SHORT = 2
    SELL_SHORT_EXEMPT = 3


class TimeInForce(IntEnum):
    """How long an order may rest."""

    DAY = 0
    IMMEDIATE_OR_CANCEL = 1
    EXTENDED_HOURS = 2
    GOOD_TILL_TIME = 3
    AFTER_HOURS = 4
    GOOD_TILL_CANCEL = 5
    AUCTION = 6


class Display(IntEnum):
    """Who may see a resting order."""

    VISIBLE = 0
    HIDDEN = 1
    ATTRIBUTABLE = 2


class Cross(IntEnum):
    """The call or cross that an order is meant for; `CONTINUOUS` is none."""

    CONTINUOUS = 0
    OPENING = 1
    CLOSING = 2
    HALT = 3
    SUPPLEMENTAL = 4
    RETAIL = 5
    EXTENDED_LIFE = 6
    AFTER_HOURS_CLOSE = 7
    INTRADAY = 8
    ANY_CALL = 9


class PriceType(IntEnum):
    """What an order's price follows; `LIMIT` is its own, `MIDPOINT` the midpoint as it was on entry."""

    LIMIT = 0
    MARKET_PEG = 1
    MIDPOINT_PEG = 2
    PRIMARY_PEG = 3
    MARKET_MAKER_PEG = 4
    MIDPOINT = 5


MIDPOINTS: Final = frozenset({PriceType.MIDPOINT_PEG, PriceType.MIDPOINT})
"""The price types that trade at the midpoint."""


class Liquidity(IntEnum):
    """What an execution did to the book, or in which call it was; `ROUTED` is one on the away market.

    `CLOSING_PRICE` is one after the closing call, at its price.
    """

    ADDED = 0
    REMOVED = 1
    ADDED_HIDDEN = 2
    ADDED_RESERVE = 3
    ROUTED = 4
    OPENING_CALL = 5
    INTRADAY_CALL = 6
    UNSCHEDULED_CALL = 7
    CLOSING_CALL = 8
    CLOSING_PRICE = 9
    OPENING_IMBALANCE = 10
    CLOSING_IMBALANCE = 11
    ADDED_MIDPOINT = 12
    REMOVED_MIDPOINT = 13


class CancelReason(IntEnum):
    """Why shares left the book without trading."""

    USER = 0
    IMMEDIATE_OR_CANCEL = 1
    EXPIRED = 2
    SUPERVISORY = 3
    SYSTEM = 4
    POST_ONLY_DISPLAYED = 5
    POST_ONLY_RULE = 6
    SELF_MATCH = 7
    CALL_OVER = 8
    BLOW_THROUGH = 9
    MARKET_HOURS_OVER = 10
    HALT_OUTLASTED_CROSS = 11
    OPEN_PROTECTION = 12
    REGULATORY = 13


class SelfMatchLevel(IntEnum):
    """Whose orders an order must not trade with."""

    FIRM = 0
    ORGANIZATION = 1
    AFFILIATE = 2
    ANY = 3


class SelfMatchAction(IntEnum):
    """What is done instead; `USE_REMOVER` leaves it to the incoming order's own strategy."""

    DECREMENT_BOTH = 0
    CANCEL_OLDEST = 1
    CANCEL_NEWEST = 2
    USE_REMOVER = 3


class Phase(IntEnum):
    """What a book does at a time of the day: the first member is trading, what each of them means `engine.phases`."""

    CONTINUOUS = 0
    HALT = 1
    CLOSED = 2
    POST_TRADE = 3
    PRE_OPEN = 4
    OPENING_CALL = 5
    INTRADAY_CALL = 6
    VOLATILITY_CALL = 7
    HALT_RELEASE_CALL = 8
    CLOSING_CALL = 9
    TRADING_AT_CLOSE = 10
    PRE_MARKET = 11
    POST_MARKET = 12
    QUOTATION = 13


class CrossStage(IntEnum):
    """How near a cross is: each stage has the rules of those before it too (`engine.timely`)."""

    OPEN = 0
    LATE = 1
    NO_MARKET_ORDERS = 2
    NO_LIMIT_ORDERS = 3


class SystemEvent(IntEnum):
    """The two ends of a trading day."""

    START_OF_DAY = 0
    END_OF_DAY = 1


class BrokenTradeReason(IntEnum):
    """Why a trade was broken."""

    ERRONEOUS = 0
    CONSENT = 1
    SUPERVISORY = 2
    EXTERNAL = 3


class Origin(IntEnum):
    """Where an entry in the list of an account's restricted symbols comes from."""

    PERSISTENT = 0
    FILE = 1
    MANUAL = 2
    REPEATED_ORDER = 3


class Lock(IntEnum):
    """Why a PRM account may enter nothing in a currency: which accumulated counter reached its limit, or a decision.

    The names are those of the fields of `CurrencyLimits`.
    """

    TOTAL_RISK = 0
    TOTAL_TRADED = 1
    TOTAL_OPEN = 2
    TRADED_BUY = 3
    TRADED_SELL = 4
    OPEN_BUY = 5
    OPEN_SELL = 6
    BY_HAND = 7


class Reject(IntEnum):
    """Why an order was refused: one member per check, and each protocol maps them in one total table."""

    INVALID_SIDE = 0
    INVALID_QUANTITY = 1
    INVALID_SYMBOL = 2
    INVALID_PRICE = 3
    INVALID_TICK = 4
    INVALID_TIME_IN_FORCE = 5
    INVALID_DISPLAY = 6
    INVALID_CAPACITY = 7
    INVALID_INTERMARKET_SWEEP = 8
    INVALID_CROSS = 9
    INVALID_PRICE_TYPE = 10
    INVALID_MINIMUM_QUANTITY = 11
    INVALID_MAX_FLOOR = 12
    INVALID_SELF_MATCH_PREVENTION = 13
    INVALID_EXPIRE_TIME = 14
    INVALID_ATTRIBUTE = 15
    PEGGING_NOT_SERVED = 16
    ROUTING_NOT_SERVED = 17
    RETAIL_NOT_SERVED = 18
    AFTER_HOURS_CLOSED = 19
    FIRM_NOT_AUTHORIZED = 20
    HALTED = 21
    ENTRY_DISABLED = 22
    PORT_MESSAGE_RATE = 23
    RESTRICTED_STOCK = 24
    MAXIMUM_SHARES = 25
    MAXIMUM_NOTIONAL = 26
    FAT_FINGER = 27
    DISCRETION_NOT_SERVED = 28
    LOW_DISK_SPACE = 29
    UNKNOWN_USER = 30
    ACCOUNT_BLOCKED = 31
    PORT_ORDER_RATE = 32
    RESTRICTED_SEGMENT = 33
    RESTRICTED_SYMBOL = 34
    MAXIMUM_ORDER_QUANTITY = 35
    MAXIMUM_ORDER_VALUE = 36
    CONTINUOUS_FAT_FINGER = 37
    MARKET_CLOSED = 38
    CALL_MISSED = 39
    REPLACE_NOT_ALLOWED = 40
    CANCEL_PENDING = 41
    NO_CLOSING_REFERENCE = 42
    QUOTE_UNAVAILABLE = 43
    CROSSED_MARKET = 44
    ACCOUNT_ORDER_RATE = 45
    LOCKED_IN_CURRENCY = 46
    MAXIMUM_AUCTION_QUANTITY = 47
    MAXIMUM_AUCTION_VALUE = 48
    AUCTION_FAT_FINGER = 49
    MARKET_ORDER_PREVENTION = 50
    MARKET_ORDER_EQUILIBRIUM = 51
    MARKET_ORDER_REFERENCE = 52
    SYMBOL_MESSAGE_RATE = 53
    DUPLICATE_ORDER = 54
    HARD_TO_BORROW = 55
    INTERMARKET_SWEEP_NOT_ALLOWED = 56
    SHORT_SALE_NOT_ALLOWED = 57
    SHORT_SALE_EXEMPT_NOT_ALLOWED = 58
    MARKET_ORDER_NOT_ALLOWED = 59
    PRE_MARKET_NOT_ALLOWED = 60
    POST_MARKET_NOT_ALLOWED = 61
    IPO_MARKET_BUY_NOT_ALLOWED = 62
    LOCATE_REQUIRED = 63
    LOCATE_BROKER = 64
    AVERAGE_DAILY_VOLUME = 65
    MARKET_IMPACT = 66
    GROSS_EXPOSURE = 67


EQRC_CHECKS: Final = frozenset(
    {
        Reject.PORT_MESSAGE_RATE,
        Reject.RESTRICTED_STOCK,
        Reject.MAXIMUM_SHARES,
        Reject.MAXIMUM_NOTIONAL,
        Reject.FAT_FINGER,
        Reject.SYMBOL_MESSAGE_RATE,
        Reject.DUPLICATE_ORDER,
        Reject.HARD_TO_BORROW,
        Reject.INTERMARKET_SWEEP_NOT_ALLOWED,
        Reject.SHORT_SALE_NOT_ALLOWED,
        Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED,
        Reject.MARKET_ORDER_NOT_ALLOWED,
        Reject.PRE_MARKET_NOT_ALLOWED,
        Reject.POST_MARKET_NOT_ALLOWED,
        Reject.IPO_MARKET_BUY_NOT_ALLOWED,
        Reject.LOCATE_REQUIRED,
        Reject.LOCATE_BROKER,
        Reject.AVERAGE_DAILY_VOLUME,
        Reject.MARKET_IMPACT,
        Reject.GROSS_EXPOSURE,
    }
)
"""What the risk checks of US markets refuse for."""
PRM_CHECKS: Final = frozenset(
    {
        Reject.ACCOUNT_BLOCKED,
        Reject.PORT_ORDER_RATE,
        Reject.RESTRICTED_SEGMENT,
        Reject.RESTRICTED_SYMBOL,
        Reject.MAXIMUM_ORDER_QUANTITY,
        Reject.MAXIMUM_ORDER_VALUE,
        Reject.CONTINUOUS_FAT_FINGER,
        Reject.ACCOUNT_ORDER_RATE,
        Reject.LOCKED_IN_CURRENCY,
        Reject.MAXIMUM_AUCTION_QUANTITY,
        Reject.MAXIMUM_AUCTION_VALUE,
        Reject.AUCTION_FAT_FINGER,
        Reject.MARKET_ORDER_PREVENTION,
        Reject.MARKET_ORDER_EQUILIBRIUM,
        Reject.MARKET_ORDER_REFERENCE,
    }
)
"""What those of Nordic markets refuse for: none of it holds an order that only gets smaller."""
RISK_CHECKS: Final = EQRC_CHECKS | PRM_CHECKS
"""What any risk check refuses for."""


class Refusal(NamedTuple):
    """A refused order's whole reason: enough to tell a trader which number to change.

    `limit` and `observed` are in the check's own unit (shares, ticks, messages); `reference` is the price in ticks that
    the check compared with and `source` where that price came from; `rule` is the rule that set the limit.
    """

    reason: Reject
    limit: int | None = None
    observed: int | None = None
    reference: int | None = None
    source: str | None = None
    rule: str | None = None


class SelfMatchPrevention(msgspec.Struct, frozen=True, array_like=True):
    """A strategy of self-match prevention (AIQ); without `details` the owner is told of a plain cancel."""

    level: SelfMatchLevel
    action: SelfMatchAction
    details: bool = True


class OrderAttributes(msgspec.Struct, frozen=True, array_like=True):
    """The attributes that few orders carry. `engine.api.PLAIN` is the instance of an order that carries none.

    Fields are only ever appended, each with a default: snapshots keep them by their place.
    An order that is good till a time ends `expire_time` seconds after it came, or at the venue time `expires_at`.
    `options` are those that the last message for the order carried, by tag as its protocol has them, carried for the
    port. A replacement that leaves an attribute out keeps the value that the chain entered with.
    `entry_date` (yyyymmdd) and `entry_number` tell of an order that is carried over on which day it was entered, and
    what its order reference number was then. An order with `closing_price` takes part in trading at the closing price,
    one that is `imbalance_only` meets what a cross leaves over.
    """

    firm: bytes = b""
    minimum_quantity: int = 0
    max_floor: int = 0
    random_reserve: int = 0
    price_type: PriceType = PriceType.LIMIT
    peg_offset: int = 0
    discretion_price: int = 0
    discretion_price_type: PriceType = PriceType.LIMIT
    discretion_peg_offset: int = 0
    post_only: bool = False
    expire_time: int = 0
    group_id: int = 0
    shares_located: bool = False
    locate_broker: bytes = b""
    self_match_prevention: SelfMatchPrevention | None = None
    self_match_group: bytes = b""
    handling_instruction: bool = False
    route: bytes = b""
    options: tuple[tuple[int, int | bytes], ...] = ()
    entry_date: int = 0
    entry_number: int = 0
    expires_at: int = 0
    closing_price: bool = False
    imbalance_only: bool = False

    @property
    def conditional(self) -> bool:
        """Whether an order with these, incoming or resting, needs more than price and time to be matched."""
        return bool(
            self.minimum_quantity
            or self.max_floor
            or self.self_match_prevention is not None
            or self.price_type in MIDPOINTS
            or self.discretionary
        )

    @property
    def discretionary(self) -> bool:
        """Whether an order with these trades beyond its price, where somebody asks for it."""
        return self.discretion_price > 0 or self.discretion_price_type is not PriceType.LIMIT

    @property
    def pegged(self) -> bool:
        """Whether the price of an order with these comes from the quotes of its book."""
        return self.price_type is not PriceType.LIMIT
