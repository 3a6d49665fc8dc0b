"""The letters, bits and numbers that the fields of Nordic OUCH 5 may hold, each with its meaning.

They belong to the tables in `nordic_messages.py`; run `python -m ouch.generate` after every change here. The numbers of
Rejected are ours: the exchange's are not public. A configuration may put others in their place (`reject_codes` of a
service).
"""

from typing import Final

from wire.record import Code, NumberCode


class Side(Code):
    """Which way an order trades."""

    BUY = "B", "buy"
    SELL = "S", "sell"


class TimeInForce(Code):
    """How long an order lives (option time_in_force); a day without one."""

    DAY = "0", "the day"
    GTC = "1", "good till canceled"
    IOC = "3", "immediate or cancel"
    GTT = "6", "good till time; needs the option expire_time"
    AUCTION = "B", "good for auction"


class Display(Code):
    """Who sees an order, and in which book it stands (option display); visible without one."""

    VISIBLE = "Y", "visible"
    HIDDEN = "N", "hidden"
    AUCTION_ON_DEMAND = "A", "auction on demand"
    MID = "M", "Nordic@Mid"
    PURE_STREAM = "S", "PureStream"
    VOLUME_DISCOVERY = "V", "auction volume discovery"


class CrossType(Code):
    """In which auction an order takes part (option cross_type)."""

    CLOSING = "C", "closing auction"
    OPENING = "O", "opening auction"
    INTRADAY = "I", "intraday auction"
    HALT = "H", "auction after a halt"
    ANY = "A", "any auction"


class Capacity(Code):
    """For whom the member trades, with MiFID's trading capacity."""

    CLIENT = "1", "client (AOTC)"
    OWN_ACCOUNT = "2", "own account (DEAL)"
    MARKET_MAKER = "3", "market maker (DEAL)"
    ISSUER_HOLDING_CLIENT = "4", "issuer holding (AOTC)"
    PRICE_STABILIZING_CLIENT = "6", "price stabilizing (AOTC)"
    RISKLESS_PRINCIPAL = "7", "riskless principal (MTCH)"
    ISSUER_HOLDING = "8", "issuer holding (DEAL)"
    PRICE_STABILIZING = "9", "price stabilizing (DEAL)"


class AlgoIndicator(Code):
    """Whether an algorithm made the order."""

    NO = "-", "no algorithm"
    YES = "H", "an algorithm"


class DEAIndicator(Code):
    """Who sent the order electronically (option dea_indicator)."""

    CUSTOMER = "1", "a customer"
    OWN_FIRM = "2", "the own firm"
    OTHER_BROKER = "3", "another broker"
    CUSTOMER_OR_OWN = "4", "a customer or the own firm"
    DIRECT_OR_SPONSORED = "5", "direct or sponsored access"


class PegType(Code):
    """What a pegged order's price follows (option peg_type)."""

    MID = "M", "midpoint"
    MARKET = "P", "market"
    PRIMARY = "R", "primary"


class STPAction(Code):
    """What self-trade prevention does (option stp_action)."""

    CANCEL_PASSIVE = "1", "cancel the passive order"
    CANCEL_AGGRESSIVE = "2", "cancel the aggressive order"
    CANCEL_BOTH = "3", "cancel both"
    TRANSFER = "4", "let them trade as a transfer"


class STPLevel(Code):
    """Whose orders must not trade with one another (option stp_level)."""

    TRADER = "1", "same MPID and trader"
    MPID = "2", "same MPID"
    GROUP = "3", "same trader group"


class OrderCondition(Code):
    """What an order is beside its price (option order_condition)."""

    MARKET_MAKER_W = "W", "market maker"
    MARKET_MAKER_U = "U", "market maker"
    TOP_OF_BOOK = "P", "top of book"
    DARK_LIT_SWEEP = "Q", "dark-lit sweep"
    TRADE_NOW = "T", "trade now"
    SWEEP_X = "x", "sweep"
    SWEEP_Y = "y", "sweep"
    SWEEP_Z = "z", "sweep"


class EventCode(Code):
    """What happened to the trading day."""

    START_OF_DAY = "S", "start of day: orders are accepted from here on"
    END_OF_DAY = "E", "end of day: no new orders"


class CancelReason(Code):
    """Why shares left the book without a trade."""

    USER_REQUESTED = "U", "requested by the user"
    IMMEDIATE = "I", "remainder of an immediate-or-cancel order"
    TIMEOUT = "T", "its time in force ran out"
    SUPERVISORY = "S", "supervisory, by the exchange's staff"
    SELF_TRADE = "Q", "self-trade prevention"
    LARGE_IN_SCALE = "L", "hidden peg below large-in-scale"
    BAD_QUOTE = "N", "bad quote"
    STATE = "R", "state management"
    FIRM_UP = "F", "PureStream firm-up"
    PRICE = "P", "price"
    BLOW_THROUGH = "B", "blow-through protection; no such letter is public"


class LiquidityFlag(Code):
    """Where an execution happened."""

    CONTINUOUS = "A", "continuous trading"
    AUCTION = "C", "auction"
    AUCTION_ON_DEMAND = "P", "auction on demand"
    CLOSING_PRICE = "G", "trading at closing price"
    MID = "M", "Nordic@Mid"
    PURE_STREAM = "S", "PureStream"
    VOLUME_DISCOVERY = "V", "auction volume discovery"


class BrokenTradeReason(Code):
    """Why a trade was undone; the letters of US OUCH 5.0, since no list is public."""

    ERRONEOUS = "E", "erroneous"
    CONSENT = "C", "both sides consented"
    SUPERVISORY = "S", "supervisory, by the exchange's staff"
    EXTERNAL = "X", "broken by a third party"


class RestatedReason(Code):
    """Why an order shows itself differently."""

    REFRESH = "R", "display of a reserve order refreshed"
    REPRICED = "P", "price changed"
    BOTH = "B", "both"


class RefreshReason(Code):
    """Why a market maker is asked to refresh its quotes."""

    PASSIVE = "P", "passive"
    AGGRESSIVE = "A", "aggressive"


class PendingReason(Code):
    """Why an order waits before it is taken up."""

    SPEED_BUMP = "S", "it has to wait"


class InstructionStatus(Code):
    """What became of a market maker's instruction; letters of our own, since no list is public."""

    ACCEPTED = "A", "accepted"
    REJECTED = "R", "rejected"


class RejectReason(NumberCode):
    """Why an order, a change of one or a cancel was refused; below 0x0100 as in US OUCH 5.0, from there on PRM's."""

    QUOTE_UNAVAILABLE = 0x0001, "Quote unavailable"
    MARKET_CLOSED = 0x0002, "Market closed"
    INVALID_DISPLAY = 0x0003, "Invalid display"
    INVALID_MAX_FLOOR = 0x0004, "Invalid max floor"
    INVALID_PRICE_TYPE = 0x0005, "Invalid peg type"
    HALTED = 0x0007, "Halted"
    INVALID_SIDE = 0x0009, "Invalid side"
    PROCESSING_ERROR = 0x000A, "Processing error"
    NOT_AUTHORIZED = 0x000C, "Not authorized"
    INVALID_MINIMUM_QUANTITY = 0x000D, "Invalid min quantity"
    OTHER = 0x000F, "Other"
    CANCEL_NOT_ALLOWED = 0x0010, "Cancel not allowed"
    PEGGING_NOT_SERVED = 0x0011, "Pegging not allowed"
    CROSSED_MARKET = 0x0012, "Crossed market"
    INVALID_QUANTITY = 0x0013, "Invalid quantity"
    INVALID_CROSS = 0x0014, "Invalid cross order"
    ROUTING_NOT_SERVED = 0x0016, "Routing not allowed"
    INVALID_SYMBOL = 0x0017, "Invalid order book"
    INVALID_PRICE = 0x001D, "Invalid price"
    INVALID_SELF_MATCH_PREVENTION = 0x0040, "Invalid self-trade prevention"
    ACCOUNT_BLOCKED = 0x0101, "PRM: account blocked"
    LOCKED_IN_CURRENCY = 0x0102, "PRM: account locked in the currency"
    ACCOUNT_ORDER_RATE = 0x0103, "PRM: account locked by its order rate"
    PORT_ORDER_RATE = 0x0104, "PRM: port locked by its order rate"
    RESTRICTED_SYMBOL = 0x0105, "PRM: restricted symbol"
    RESTRICTED_SEGMENT = 0x0106, "PRM: restricted segment"
    MAXIMUM_ORDER_QUANTITY = 0x0107, "PRM: above max order quantity"
    MAXIMUM_ORDER_VALUE = 0x0108, "PRM: above max order value"
    MAXIMUM_AUCTION_QUANTITY = 0x0109, "PRM: above max order quantity in auctions"
    MAXIMUM_AUCTION_VALUE = 0x010A, "PRM: above max order value in auctions"
    FAT_FINGER = 0x010B, "PRM: fat finger"
    AUCTION_FAT_FINGER = 0x010C, "PRM: fat finger in auctions"
    MARKET_ORDER_PREVENTION = 0x010D, "PRM: market orders not allowed in auctions"
    MARKET_ORDER_EQUILIBRIUM = 0x010E, "PRM: market order moves the equilibrium price too far"
    MARKET_ORDER_REFERENCE = 0x010F, "PRM: market order moves the price too far from its reference"


PARTY_ROLES: Final = (
    (0, "client", {0: "none", 1: "firm (LEI)", 3: "natural person"}),
    (2, "investment decision", {0: "none", 2: "algorithm", 3: "natural person"}),
    (4, "execution decision", {0: "none", 2: "algorithm", 3: "natural person"}),
)
"""Party Role Qualifier: the lowest of its two bits, whose role it is, and what they may say. Bits 6 and 7 are zero."""
CLIENT_SHORT_CODES: Final = {0: "NONE", 1: "AGGR", 2: "PNAL"}
"""Short codes of clients that mean no client: none, an aggregated order, an allocation that is pending."""
EXECUTION_SHORT_CODES: Final = {0: "none", 3: "NORE"}
"""Short codes of an execution decision that mean nobody: none given, or taken outside of the firm."""
SELF_TRADE, TOP_OF_BOOK, INTERNALIZED = 0x80, 0x40, 0x20
ADDED, REMOVED, AUCTION = 0x00, 0x08, 0x10
"""Bits of an execution's liquidity attributes: the last three exclude one another, the lowest three are zero."""
