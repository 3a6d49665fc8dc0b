"""The letters that fields of RASHport may hold, each with its meaning.

They belong to the tables in `messages.py`; run `python -m rash.generate` after every change here. What stands here is
what the documents of NASDAQ name; which of it this venue serves stands in `terms.py`.
"""

from wire.record import Code


class Side(Code):
    """Which way, and for a sale whose shares."""

    BUY = "B", "buy"
    SELL = "S", "sell"
    SHORT = "T", "sell short"
    SHORT_EXEMPT = "E", "sell short exempt"


class Display(Code):
    """Who may see an order, and kinds of orders that are asked for here."""

    ANONYMOUS = "Y", "displayed without a name, price to comply"
    NOT_DISPLAYED = "N", "not displayed"
    ATTRIBUTABLE = "A", "displayed with the firm's name"
    IMBALANCE_ONLY = "I", "imbalance only, for a cross"
    POST_ONLY = "P", "post only"
    MIDPOINT_POST_ONLY = "W", "midpoint peg, post only"
    MIDPOINT = "M", "midpoint peg"
    POST_ONLY_ATTRIBUTABLE = "L", "post only, displayed with the firm's name"
    RETAIL_1 = "O", "retail order, type 1"
    RETAIL_2 = "T", "retail order, type 2"
    RETAIL_IMPROVEMENT = "Q", "retail price improvement"
    RETAIL_IMPROVEMENT_SILENT = "R", "retail price improvement without the indicator"
    EXTENDED_LIFE = "B", "midpoint extended life with continuous midpoint"
    MIDPOINT_TRADE_NOW = "m", "midpoint peg with trade now"
    NOT_DISPLAYED_TRADE_NOW = "n", "not displayed, midpoint trade now"
    CONTRA_MIDPOINT = "C", "contra midpoint only"
    CONTRA_MIDPOINT_POST_ONLY = "c", "contra midpoint only, post only"
    CAPITAL_RAISE = "d", "direct listing with a capital raise"


class PegType(Code):
    """What a price follows."""

    NONE = "N", "nothing"
    MARKET = "P", "the other side's best price; with price 0 and no difference a market order"
    PRIMARY = "R", "the own side's best price"
    MIDPOINT = "M", "the midpoint"
    MARKET_MAKER = "Q", "market maker peg"
    INDICATIVE = "I", "a fund's indicative value"


class Sign(Code):
    """Which way a difference of prices goes."""

    PLUS = "+", "up"
    MINUS = "-", "down"


class Capacity(Code):
    """In which capacity the firm trades."""

    AGENCY = "A", "agency"
    PRINCIPAL = "P", "principal"
    RISKLESS = "R", "riskless principal"
    OTHER = "O", "other"


class CustomerType(Code):
    """Whose order it is."""

    RETAIL = "R", "retail"
    NOT_RETAIL = "N", "not retail"


class TradeNow(Code):
    """Whether a resting order takes what would lock it."""

    YES = "B", "yes"
    NO = "N", "no"


class Located(Code):
    """Whether shares have been located for a short sale."""

    YES = "Y", "located"
    NO = "N", "not located"


class Sweep(Code):
    """Whether the order is an inter-market sweep."""

    YES = "Y", "sweep"
    NO = "N", "none"
    TRADE_AT = "y", "trade-at sweep; taken as a sweep"


class CrossType(Code):
    """The cross that an order is for."""

    NONE = "N", "none: live at once"
    OPENING = "O", "opening"
    CLOSING = "C", "closing"
    RETAIL = "R", "retail"
    EXTENDED_LIFE = "E", "extended life"
    AFTER_HOURS = "A", "extended trading close"
    INTRADAY = "I", "intraday"


class EventCode(Code):
    """The two ends of a day."""

    START_OF_DAY = "S", "start of day: always the first message"
    END_OF_DAY = "E", "end of day: no orders and no executions any more"


class CancelReason(Code):
    """Why shares left without trading."""

    USER = "U", "the user asked for it"
    IMMEDIATE = "I", "immediate or cancel"
    TIMEOUT = "T", "its time was over"
    SUPERVISORY = "S", "canceled by the venue's staff"
    REGULATORY = "D", "regulatory restriction, such as a trade-through"
    SELF_MATCH = "Q", "self-match prevention"
    COLLARS = "K", "price collars"
    CLOSED = "E", "the market is closed"
    SYSTEM = "Z", "canceled by the system"
    HALTED = "H", "halted past the opening cross"
    OPEN_PROTECTION = "X", "opening price protection"
    POST_ONLY_RULE = "F", "post only, and would have slid: market rules"
    POST_ONLY_DISPLAYED = "G", "post only, and would have slid: a displayed order stood there"


class Liquidity(Code):
    """What an execution did, or where it was."""

    ADDED = "A", "added"
    REMOVED = "R", "removed"
    ADDED_HIDDEN = "J", "added, not displayed"
    ROUTED = "X", "routed"
    ADDED_MIDPOINT = "k", "added at the midpoint"
    REMOVED_MIDPOINT = "m", "removed at the midpoint"
    OPENING_CROSS = "O", "opening cross"
    OPENING_IMBALANCE = "M", "opening cross, imbalance only"
    CLOSING_CROSS = "C", "closing cross"
    CLOSING_IMBALANCE = "L", "closing cross, imbalance only"
    HALT_CROSS = "H", "cross after a halt"
    HALT_CROSS_2 = "K", "cross after a halt"


class BreakReason(Code):
    """Why a trade was broken."""

    ERRONEOUS = "E", "clearly erroneous"
    CONSENT = "C", "both sides agreed"
    SUPERVISORY = "S", "broken by the venue's staff"
    EXTERNAL = "X", "broken by a third party"
