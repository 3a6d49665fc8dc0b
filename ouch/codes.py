"""The letters and numbers that OUCH 5.0's fields may hold (Nasdaq US, revision 1.05), each with its meaning.

They belong to the tables in `messages.py`; run `python -m ouch.generate` after every change here.
"""

from wire.record import Code, NumberCode


class Side(Code):
    """Which way an order trades (6.1)."""

    BUY = "B", "buy"
    SELL = "S", "sell"
    SELL_SHORT = "T", "sell short"
    SELL_SHORT_EXEMPT = "E", "sell short, exempt from the short sale price test"


class TimeInForce(Code):
    """How long an order lives (6.2)."""

    DAY = "0", "market hours of the day"
    IOC = "3", "immediate or cancel"
    GTX = "5", "extended hours"
    GTT = "6", "good till time; needs the option expire_time"
    AFTER_HOURS = "E", "after hours; on Enter Order only"


class Display(Code):
    """Who sees an order (6.3)."""

    VISIBLE = "Y", "visible"
    HIDDEN = "N", "hidden"
    ATTRIBUTABLE = "A", "visible with the firm's name"
    CONFORMANT = "Z", "conformant; from the host only"


class Capacity(Code):
    """For whom the member trades (6.4)."""

    AGENCY = "A", "agency"
    PRINCIPAL = "P", "principal"
    RISKLESS = "R", "riskless principal"
    OTHER = "O", "other"


class IntermarketSweep(Code):
    """Whether an order is an intermarket sweep order (6.5)."""

    ELIGIBLE = "Y", "eligible"
    NOT_ELIGIBLE = "N", "not eligible"


class CrossType(Code):
    """In which market an order takes part (6.6)."""

    CONTINUOUS = "N", "continuous market"
    OPENING = "O", "opening cross"
    CLOSING = "C", "closing cross"
    HALT_IPO = "H", "halt or IPO cross"
    SUPPLEMENTAL = "S", "supplemental order"
    RETAIL = "R", "retail; BX only"
    EXTENDED_LIFE = "E", "extended life"
    AFTER_HOURS_CLOSE = "A", "after-hours close"


class OrderState(Code):
    """What is left of an order that was just accepted or replaced (6.6)."""

    LIVE = "L", "live"
    DEAD = "D", "dead: accepted and canceled in one step, nothing more follows"


class EventCode(Code):
    """What happened to the trading day (6.6)."""

    START_OF_DAY = "S", "start of day: orders are accepted from here on"
    END_OF_DAY = "E", "end of day: no new orders, while breaks and cancels may still come"


class CancelReason(Code):
    """Why shares left the book without a trade (6.7)."""

    REGULATORY = "D", "regulatory restriction, such as a trade-through rule"
    CLOSED = "E", "a day order that came after the closing cross of its symbol"
    POST_ONLY_MARKET_RULES = "F", "post only, and market rules would have repriced it"
    POST_ONLY_DISPLAYED = "G", "post only, and a displayed contra order would have repriced it"
    HALTED = "H", "an on-open order whose halt outlasted the opening cross"
    IMMEDIATE = "I", "remainder of an immediate-or-cancel order"
    COLLARS = "K", "market collars"
    SELF_MATCH = "Q", "self-match prevention"
    SUPERVISORY = "S", "supervisory, by the exchange's staff"
    TIMEOUT = "T", "its time in force ran out"
    USER_REQUESTED = "U", "requested by the user"
    OPEN_PROTECTION = "X", "opening price protection"
    SYSTEM = "Z", "canceled by the system"
    CAPITAL_RAISE = "e", "direct-listing capital raise above the shares on offer"


class LiquidityFlag(Code):
    """What an execution did to the book, and where: Nasdaq (N), BX (B), PSX (P) (6.8)."""

    ADDED = "A", "added (N B P)"
    REMOVED = "R", "removed (N B P)"
    ADDED_HIDDEN = "J", "added, non-displayed (N B P)"
    ADDED_MIDPOINT = "k", "added by a midpoint order (N B P)"
    REMOVED_MIDPOINT = "m", "removed at the midpoint (N B P)"
    ADDED_HIDDEN_RESERVE = "u", "added, non-displayed, by a reserve order (N B P)"
    RETAIL_ADDED = "e", "retail-designated, added displayed (N B)"
    MIDPOINT_PASSIVE = "N", "passive midpoint execution (N B)"
    IMPROVED_NBBO = "7", "displayed, added, improved the NBBO (N B)"
    SET_QBBO = "8", "displayed, added, set the QBBO while joining the NBBO (N B)"
    OPENING_CROSS = "O", "opening cross (N)"
    OPENING_IMBALANCE = "M", "opening cross, imbalance-only order (N)"
    CLOSING_CROSS = "C", "closing cross (N)"
    CLOSING_IMBALANCE = "L", "closing cross, imbalance-only order (N)"
    HALT_IPO_CROSS = "H", "halt or IPO cross (N)"
    HALT_CROSS = "K", "halt cross (N)"
    AFTER_HOURS_CROSS = "i", "after-hours closing cross (N)"
    EXTENDED_LIFE = "n", "midpoint extended-life order (N)"
    SUPPLEMENTAL = "0", "supplemental order (N)"
    RPI_PROVIDED = "j", "retail price improving order provided liquidity (B)"
    RPI_PROVIDED_HIDDEN = "1", "the same, without a published retail indicator (B)"
    REMOVED_IMPROVING_HIDDEN = "p", "removed price-improving non-displayed liquidity (B)"
    RETAIL_REMOVED_MIDPOINT = "q", "retail order removed midpoint liquidity other than RPI (B)"
    RETAIL_REMOVED_RPI = "r", "retail order removed RPI liquidity (B)"
    RETAIL_REMOVED_IMPROVING = "t", "retail order removed other price-improving non-displayed liquidity (B)"
    UNSTATED_2 = "2", "in the value set of revision 1.05; no public meaning found"
    UNSTATED_3 = "3", "in the value set of revision 1.05; no public meaning found"
    UNSTATED_5 = "5", "in the value set of revision 1.05; no public meaning found"
    UNSTATED_9 = "9", "in the value set of revision 1.05; no public meaning found"


class AIQStrategy(Code):
    """Self-match prevention: whose orders must not meet, and which of the two yields (6.9).

    The letters for affiliates, for any match and for "use the remover's" follow the order of the published list.
    """

    FIRM_BOTH_NO_DETAILS = "Y", "firm: decrement both, without details"
    FIRM_BOTH = "D", "firm: decrement both"
    FIRM_OLDEST = "O", "firm: cancel the oldest"
    FIRM_NEWEST = "W", "firm: cancel the newest"
    FIRM_REMOVER = "R", "firm: use the remover's strategy"
    ORGANIZATION_BOTH_NO_DETAILS = "y", "organization: decrement both, without details"
    ORGANIZATION_BOTH = "d", "organization: decrement both"
    ORGANIZATION_OLDEST = "o", "organization: cancel the oldest"
    ORGANIZATION_NEWEST = "w", "organization: cancel the newest"
    ORGANIZATION_REMOVER = "r", "organization: use the remover's strategy"
    AFFILIATE_BOTH_NO_DETAILS = "Z", "affiliate: decrement both, without details"
    AFFILIATE_BOTH = "E", "affiliate: decrement both"
    AFFILIATE_OLDEST = "P", "affiliate: cancel the oldest"
    AFFILIATE_NEWEST = "X", "affiliate: cancel the newest"
    AFFILIATE_REMOVER = "S", "affiliate: use the remover's strategy"
    ANY_BOTH_NO_DETAILS = "0", "any match: decrement both, without details"
    ANY_BOTH = "1", "any match: decrement both"
    ANY_OLDEST = "2", "any match: cancel the oldest"
    ANY_NEWEST = "4", "any match: cancel the newest"
    ANY_REMOVER = "5", "any match: use the remover's strategy"
    DISABLED = "N", "no prevention"
    PORT_DEFAULT = "*", "the port's default; from the client only"


class PriceType(Code):
    """What the price follows (6.10)."""

    LIMIT = "L", "limit"
    MARKET_PEG = "P", "market peg"
    MIDPOINT_PEG = "M", "midpoint peg"
    PRIMARY_PEG = "R", "primary peg"
    MARKET_MAKER_PEG = "Q", "market-maker peg"
    MIDPOINT = "m", "midpoint"


class DiscretionPriceType(Code):
    """What the discretion price follows: the first four of the price types (6.10)."""

    LIMIT = "L", "limit"
    MARKET_PEG = "P", "market peg"
    MIDPOINT_PEG = "M", "midpoint peg"
    PRIMARY_PEG = "R", "primary peg"


class HandleInst(Code):
    """How a cross or retail order is to be handled (6.11)."""

    IMBALANCE_ONLY = "I", "imbalance only; crosses O and C"
    RETAIL_1 = "O", "retail type 1; cross R"
    RETAIL_2 = "T", "retail type 2; cross R"
    RETAIL_PRICE_IMPROVEMENT = "Q", "retail price improvement; cross R"
    EXTENDED_LIFE_CONTINUOUS = "B", "extended life plus continuous; cross E"
    CAPITAL_RAISE = "D", "direct-listing capital raise; cross H"
    NONE = " ", "none"


class BBOWeight(Code):
    """How much the order weighed at the best price on entry (6.12)."""

    UP_TO_0_2 = "0", "0 to 0.2 %"
    UP_TO_1 = "1", "0.2 to 1 %"
    UP_TO_2 = "2", "1 to 2 %"
    ABOVE_2 = "3", "above 2 %"
    SET_QBBO = "S", "set the QBBO while joining the NBBO"
    IMPROVED_NBBO = "N", "improved the NBBO on entry"
    UNSPECIFIED = " ", "unspecified"


class CustomerType(Code):
    """Whether an order is retail-designated (5, option 4)."""

    RETAIL = "R", "retail-designated"
    NOT_RETAIL = "N", "not retail-designated"
    PORT_DEFAULT = " ", "the port's default"


class PostOnly(Code):
    """Whether an order may only add liquidity (5, option 12)."""

    POST_ONLY = "P", "post only"
    MAY_REMOVE = "N", "may remove"


class TradeNow(Code):
    """Whether a resting order may turn to remove (5, option 16)."""

    YES = "Y", "yes"
    NO = "N", "no"
    PORT_DEFAULT = " ", "the port's default"


class SharesLocated(Code):
    """Whether shares for a short sale were located (5, option 25)."""

    LOCATED = "Y", "located"
    NOT_LOCATED = "N", "not located"


class BrokenTradeReason(Code):
    """Why a trade was undone (4.7)."""

    ERRONEOUS = "E", "erroneous"
    CONSENT = "C", "both sides consented"
    SUPERVISORY = "S", "supervisory, by the exchange's staff"
    EXTERNAL = "X", "broken by a third party"


class RestatedReason(Code):
    """Why an order shows itself differently (4.13)."""

    REFRESH = "R", "display of a reserve order refreshed"
    REPRICED = "P", "displayed price changed"


class RejectReason(NumberCode):
    """Why an Enter or a Replace was refused (7.1); "Risk" marks the firm's own pre-trade limits."""

    QUOTE_UNAVAILABLE = 0x0001, "Quote unavailable"
    DESTINATION_CLOSED = 0x0002, "Destination closed"
    INVALID_DISPLAY = 0x0003, "Invalid display"
    INVALID_MAX_FLOOR = 0x0004, "Invalid max floor"
    INVALID_PEG_TYPE = 0x0005, "Invalid peg type"
    FAT_FINGER = 0x0006, "Fat finger"
    HALTED = 0x0007, "Halted"
    ISO_NOT_ALLOWED = 0x0008, "ISO not allowed"
    INVALID_SIDE = 0x0009, "Invalid side"
    PROCESSING_ERROR = 0x000A, "Processing error"
    CANCEL_PENDING = 0x000B, "Cancel pending"
    FIRM_NOT_AUTHORIZED = 0x000C, "Firm not authorized"
    INVALID_MIN_QUANTITY = 0x000D, "Invalid min quantity"
    NO_CLOSING_REFERENCE_PRICE = 0x000E, "No closing reference price"
    OTHER = 0x000F, "Other"
    CANCEL_NOT_ALLOWED = 0x0010, "Cancel not allowed"
    PEGGING_NOT_ALLOWED = 0x0011, "Pegging not allowed"
    CROSSED_MARKET = 0x0012, "Crossed market"
    INVALID_QUANTITY = 0x0013, "Invalid quantity"
    INVALID_CROSS_ORDER = 0x0014, "Invalid cross order"
    REPLACE_NOT_ALLOWED = 0x0015, "Replace not allowed"
    ROUTING_NOT_ALLOWED = 0x0016, "Routing not allowed"
    INVALID_SYMBOL = 0x0017, "Invalid symbol"
    TEST = 0x0018, "Test: a test account with a real symbol"
    LATE_LOC_TOO_AGGRESSIVE = 0x0019, "Late LOC too aggressive"
    RETAIL_NOT_ALLOWED = 0x001A, "Retail not allowed"
    INVALID_MIDPOINT_POST_ONLY_PRICE = 0x001B, "Invalid midpoint post-only price"
    INVALID_DESTINATION = 0x001C, "Invalid destination"
    INVALID_PRICE = 0x001D, "Invalid price"
    SHARES_EXCEED_THRESHOLD = 0x001E, "Shares exceed threshold"
    EXCEEDS_MAXIMUM_NOTIONAL = 0x001F, "Exceeds maximum allowed notional value"
    RISK_AGGREGATE_EXPOSURE = 0x0020, "Risk: aggregate exposure exceeded"
    RISK_MARKET_IMPACT = 0x0021, "Risk: market impact"
    RISK_RESTRICTED_STOCK = 0x0022, "Risk: restricted stock"
    RISK_SHORT_SELL_RESTRICTED = 0x0023, "Risk: short sell restricted"
    RISK_ISO_NOT_ALLOWED = 0x0024, "Risk: ISO not allowed"
    RISK_EXCEEDS_ADV = 0x0025, "Risk: exceeds ADV limit"
    RISK_FAT_FINGER = 0x0026, "Risk: fat finger"
    RISK_LOCATE_REQUIRED = 0x0027, "Risk: locate required"
    RISK_SYMBOL_RATE = 0x0028, "Risk: symbol message rate restriction"
    RISK_PORT_RATE = 0x0029, "Risk: port message rate restriction"
    RISK_DUPLICATE_RATE = 0x002A, "Risk: duplicate message rate restriction"
    RISK_SHORT_SELL_NOT_ALLOWED = 0x002B, "Risk: short sell not allowed"
    RISK_MARKET_ORDER_NOT_ALLOWED = 0x002C, "Risk: market order not allowed"
    RISK_PRE_MARKET_NOT_ALLOWED = 0x002D, "Risk: pre-market not allowed"
    RISK_POST_MARKET_NOT_ALLOWED = 0x002E, "Risk: post-market not allowed"
    RISK_SHORT_SELL_EXEMPT_NOT_ALLOWED = 0x002F, "Risk: short sell exempt not allowed"
    RISK_SINGLE_ORDER_NOTIONAL = 0x0030, "Risk: single order notional exceeded"
    RISK_MAX_QUANTITY = 0x0031, "Risk: max quantity exceeded"
    REG_SHO_STATE_NOT_AVAILABLE = 0x0032, "Reg SHO state not available"
    RISK_IPO_MARKET_BUY_NOT_ALLOWED = 0x0033, "Risk: IPO market buy not allowed"
    INVALID_AIQ = 0x0040, "Invalid AIQ"
