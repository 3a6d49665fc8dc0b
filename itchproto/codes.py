"""The letters that the fields of TotalView-ITCH 5.0 may hold, each with its meaning.

They belong to the tables in `messages.py`; run `python -m itchproto.generate` after every change here.
"""

from wire.record import Code


class EventCode(Code):
    """Where the day is."""

    START_OF_MESSAGES = "O", "start of messages, the first of the day"
    START_OF_SYSTEM_HOURS = "S", "start of system hours: orders are taken"
    START_OF_MARKET_HOURS = "Q", "start of market hours"
    END_OF_MARKET_HOURS = "M", "end of market hours"
    END_OF_SYSTEM_HOURS = "E", "end of system hours: no new orders"
    END_OF_MESSAGES = "C", "end of messages, the last of the day"


class MarketCategory(Code):
    """Where a stock is listed."""

    GLOBAL_SELECT = "Q", "Nasdaq Global Select Market"
    GLOBAL_MARKET = "G", "Nasdaq Global Market"
    CAPITAL_MARKET = "S", "Nasdaq Capital Market"
    NYSE = "N", "NYSE"
    NYSE_AMERICAN = "A", "NYSE American"
    NYSE_ARCA = "P", "NYSE Arca"
    CBOE_BZX = "Z", "Cboe BZX"
    IEX = "V", "IEX"
    NYSE_TEXAS = "M", "NYSE Texas"
    NOT_AVAILABLE = " ", "not available"


class FinancialStatus(Code):
    """How the issuer of a Nasdaq-listed stock is doing."""

    NORMAL = "N", "normal"
    DEFICIENT = "D", "deficient"
    DELINQUENT = "E", "delinquent"
    BANKRUPT = "Q", "bankrupt"
    SUSPENDED = "S", "suspended"
    DEFICIENT_AND_BANKRUPT = "G", "deficient and bankrupt"
    DEFICIENT_AND_DELINQUENT = "H", "deficient and delinquent"
    DELINQUENT_AND_BANKRUPT = "J", "delinquent and bankrupt"
    ALL_THREE = "K", "deficient, delinquent and bankrupt"
    CREATIONS_SUSPENDED = "C", "creations or redemptions of an ETP are suspended"
    NOT_AVAILABLE = " ", "not available"


class YesNo(Code):
    """Yes or no."""

    YES = "Y", "yes"
    NO = "N", "no"


class YesNoUnknown(Code):
    """Yes, no, or not available."""

    YES = "Y", "yes"
    NO = "N", "no"
    NOT_AVAILABLE = " ", "not available"


class IssueClassification(Code):
    """What kind of security a stock is."""

    AMERICAN_DEPOSITARY_SHARE = "A", "American depositary share"
    BOND = "B", "bond"
    COMMON_STOCK = "C", "common stock"
    DEPOSITORY_RECEIPT = "F", "depository receipt"
    RULE_144A = "I", "144A"
    LIMITED_PARTNERSHIP = "L", "limited partnership"
    NOTES = "N", "notes"
    ORDINARY_SHARE = "O", "ordinary share"
    PREFERRED_STOCK = "P", "preferred stock"
    OTHER = "Q", "other securities"
    RIGHT = "R", "right"
    BENEFICIAL_INTEREST = "S", "shares of beneficial interest"
    CONVERTIBLE_DEBENTURE = "T", "convertible debenture"
    UNIT = "U", "unit"
    UNITS_OF_BENEFICIAL_INTEREST = "V", "units of beneficial interest"
    WARRANT = "W", "warrant"


class Authenticity(Code):
    """Whether a stock is a real one."""

    LIVE = "P", "live"
    TEST = "T", "test"


class IpoFlag(Code):
    """Whether a stock is newly listed."""

    YES = "Y", "a new IPO"
    NO = "N", "no new IPO"
    NEWLY_LISTED = "Z", "newly listed without an IPO"
    NOT_AVAILABLE = " ", "not available"


class LuldTier(Code):
    """How wide the price bands of a stock are."""

    ONE = "1", "tier 1"
    TWO = "2", "tier 2"
    NOT_AVAILABLE = " ", "not available"


class TradingState(Code):
    """What may be done with a stock."""

    HALTED = "H", "halted on all US markets"
    PAUSED = "P", "paused (a stock listed on Nasdaq)"
    QUOTATION = "Q", "quotation only"
    TRADING = "T", "trading"


class RegShoAction(Code):
    """Whether short sales are held to prices above the best bid (Rule 201)."""

    NONE = "0", "no restriction"
    INTRADAY = "1", "restricted since a fall of today"
    REMAINS = "2", "the restriction of the day before remains"


class MarketMakerMode(Code):
    """How a market maker quotes."""

    NORMAL = "N", "normal"
    PASSIVE = "P", "passive"
    SYNDICATE = "S", "syndicate"
    PRE_SYNDICATE = "R", "pre-syndicate"
    PENALTY = "L", "penalty"


class ParticipantState(Code):
    """Whether a market participant takes part in a stock."""

    ACTIVE = "A", "active"
    EXCUSED = "E", "excused or withdrawn"
    WITHDRAWN = "W", "withdrawn"
    SUSPENDED = "S", "suspended"
    DELETED = "D", "deleted"


class BreachedLevel(Code):
    """Which level of the market-wide circuit breaker was breached."""

    ONE = "1", "level 1"
    TWO = "2", "level 2"
    THREE = "3", "level 3"


class IpoQualifier(Code):
    """How certain the release of an IPO is."""

    ANTICIPATED = "A", "anticipated release time"
    CANCELED = "C", "canceled or postponed"


class MarketCode(Code):
    """One of three market centres."""

    NASDAQ = "Q", "Nasdaq"
    BX = "B", "BX"
    PSX = "X", "PSX"


class OperationalAction(Code):
    """Whether one market centre has stopped."""

    HALTED = "H", "halted there"
    LIFTED = "T", "lifted"


class Side(Code):
    """Which way an order trades."""

    BUY = "B", "buy"
    SELL = "S", "sell, short or not"


class CrossType(Code):
    """Which cross it is."""

    OPENING = "O", "opening cross"
    CLOSING = "C", "closing cross"
    HALT_IPO = "H", "halt or IPO cross"
    EXTENDED_TRADING_CLOSE = "A", "extended trading close"
    INTRADAY = "I", "intraday and post-close cross (retired)"


class ImbalanceDirection(Code):
    """On which side shares are left over."""

    BUY = "B", "buy imbalance"
    SELL = "S", "sell imbalance"
    NONE = "N", "no imbalance"
    INSUFFICIENT = "O", "too few orders to calculate"
    PAUSED = "P", "paused"


class PriceVariation(Code):
    """How far the near price is from the reference price."""

    UNDER_1 = "L", "less than 1 %"
    FROM_1 = "1", "1 to 1.99 %"
    FROM_2 = "2", "2 to 2.99 %"
    FROM_3 = "3", "3 to 3.99 %"
    FROM_4 = "4", "4 to 4.99 %"
    FROM_5 = "5", "5 to 5.99 %"
    FROM_6 = "6", "6 to 6.99 %"
    FROM_7 = "7", "7 to 7.99 %"
    FROM_8 = "8", "8 to 8.99 %"
    FROM_9 = "9", "9 to 9.99 %"
    FROM_10 = "A", "10 to 19.99 %"
    FROM_20 = "B", "20 to 29.99 %"
    FROM_30 = "C", "30 % or more"
    NOT_CALCULABLE = " ", "cannot be calculated"


class InterestFlag(Code):
    """On which side retail price improvement is to be had."""

    BUY = "B", "on the buy side"
    SELL = "S", "on the sell side"
    BOTH = "A", "on both sides"
    NONE = "N", "on none"
