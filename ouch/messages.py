"""OUCH 5.0 (Nasdaq US, revision 1.05) as tables: 8 messages in, 17 out, 26 options, letters and reject reasons.

This file is the one place where the protocol is written down. `python -m ouch.generate` makes the codec, the reference
page, the golden vectors and the definition for Nasdaq's own client library from it; run it after every change here.

Units throughout: prices are ticks of 1/10,000 (189.1234 is 1,891,234), quantities are shares, times are nanoseconds
since midnight. Every message starts with its letter; letters mean different things in the two directions. Revision
1.05 of 2025-10-07 added options 29 and 30, reject 0x0040 and four liquidity flags.
"""

from typing import Final

from wire.record import (
    Code,
    Direction,
    NumberCode,
    Option,
    Options,
    Protocol,
    alpha,
    always,
    code,
    conditional,
    message,
    number,
    optional,
    price,
    timestamp,
    u8,
    u16,
    u32,
    u64,
)

IN, OUT = Direction.IN, Direction.OUT

PRICE_TICKS_MAX: Final = 1_999_999_900  # the highest limit price, $199,999.99
MARKET_PRICES: Final = (0x7FFFFFFF, 2_000_000_000)  # either value asks for a market order
QUANTITY_MAX: Final = 999_999  # of one order, and of a whole chain of replacements


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


OPTIONS = (
    Option(1, "secondary_ord_ref_num", u64("Another reference of the order, used on market data.")),
    Option(2, "firm", alpha(4, "Firm, upper case; blank is the port's default.")),
    Option(3, "min_qty", u32("Least shares to execute at once, a round lot; 0 is none.")),
    Option(4, "customer_type", code(CustomerType, "Retail designation.")),
    Option(5, "max_floor", u32("Shares to display; 0 is all.")),
    Option(6, "price_type", code(PriceType, "What the price follows; `L` when absent.")),
    Option(7, "peg_offset", price("Distance from the peg.", width=4, signed=True)),
    Option(9, "discretion_price", price("How far the order may trade beyond its price; 0 is none.")),
    Option(10, "discretion_price_type", code(DiscretionPriceType, "What that price follows; `L` when absent.")),
    Option(11, "discretion_peg_offset", price("Distance of the discretion price from its peg.", width=4, signed=True)),
    Option(12, "post_only", code(PostOnly, "Whether the order may only add; `N` when absent.")),
    Option(13, "random_reserves", u32("Range in shares by which a refreshed display varies; 0 is none.")),
    Option(14, "route", alpha(4, "Routing strategy. Older revisions took it on Enter Order.")),
    Option(15, "expire_time", u32("Seconds to live, below 86,400; needed for time in force `6`; 0 is none.")),
    Option(16, "trade_now", code(TradeNow, "Whether the resting order may remove.")),
    Option(17, "handle_inst", code(HandleInst, "Handling of cross and retail orders.")),
    Option(18, "bbo_weight", code(BBOWeight, "Weight of the order at the best price on entry.")),
    Option(22, "display_quantity", u32("Shares now displayed.")),
    Option(23, "display_price", price("Price now displayed.")),
    Option(24, "group_id", u16("The client's own group, for Mass Cancel; 0 is none.")),
    Option(25, "shares_located", code(SharesLocated, "Short sale: shares located; `N` when absent.")),
    Option(26, "locate_broker", alpha(4, "Short sale: who located the shares.")),
    Option(27, "side", code(Side, "New side of a replacement, or the one side to cancel.")),
    Option(28, "user_ref_idx", u8("Channel with its own UserRefNum sequence, 1 to 255; 0 is none.")),
    Option(29, "aiq_strategy", code(AIQStrategy, "Self-match prevention.")),
    Option(30, "aiq_group_id", alpha(2, "Self-match group; `**` is the port's default.")),
)


@message("O", section="3.1 Enter Order", direction=IN)
class EnterOrder:
    """Ask for a new order. Answered by Accepted, by Rejected, or not at all when the number is not a new one."""

    user_ref_num: int = u32("New number, above every earlier one of the port or channel; gaps are fine.")
    side: Side = code(Side, "Which way.")
    quantity: int = u32("Shares, 1 to 999,999.")
    symbol: str = alpha(8, "Symbol.")
    price: int = price("Limit, at most $199,999.99; $214,748.3647 (0x7FFFFFFF) or $200,000 asks for a market order.")
    time_in_force: TimeInForce = code(TimeInForce, "How long.")
    display: Display = code(Display, "`Y`, `N` or `A`.")
    capacity: Capacity = code(Capacity, "For whom.")
    intermarket_sweep: IntermarketSweep = code(IntermarketSweep, "InterMarket Sweep Eligibility.")
    cross_type: CrossType = code(CrossType, "Which market.")
    cl_ord_id: str = alpha(14, "ClOrdID, the client's own label: letters, digits, spaces; need not be unique.")
    options: Options = always(2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 24, 25, 26, 28, 29, 30)


@message("U", section="3.2 Replace Order Request", direction=IN)
class ReplaceOrder:
    """Change a live order at the cost of its place in the queue.

    Options left out keep the values of the Enter, except shares_located and locate_broker.
    """

    orig_user_ref_num: int = u32("Number of the Enter, or of the last Replace of the chain.")
    user_ref_num: int = u32("New number.")
    quantity: int = u32("Shares the whole chain may execute, 1 to 999,999, executed ones included.")
    price: int = price("New limit.")
    time_in_force: TimeInForce = code(TimeInForce, "`0`, `3`, `5` or `6`.")
    display: Display = code(Display, "`Y`, `N` or `A`.")
    intermarket_sweep: IntermarketSweep = code(IntermarketSweep, "InterMarket Sweep Eligibility.")
    cl_ord_id: str = alpha(14, "Label of the replacement.")
    options: Options = always(3, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 25, 26, 27, 28, 29, 30)


@message("X", section="3.3 Cancel Order Request", direction=IN)
class CancelOrder:
    """Shrink an order to a size, or end it. A cancel without effect is not answered."""

    user_ref_num: int = u32("The live order.")
    quantity: int = u32("New intended total in shares, not an amount to remove; 0 cancels what is left.")
    options: Options = optional(28)


@message("M", section="3.4 Modify Order Request", direction=IN)
class ModifyOrder:
    """Change a sell's kind or shrink an order, keeping its place in the queue."""

    user_ref_num: int = u32("The live order.")
    side: Side = code(Side, "New side: `S` to `E`, `S` to `T`, `E` to `T`, or as it was.")
    quantity: int = u32("New intended total in shares; 0 cancels.")
    options: Options = optional(25, 26, 28)


@message("C", section="3.5 Mass Cancel Request", direction=IN)
class MassCancel:
    """Cancel a firm's orders of this account, all or by symbol, side and group."""

    user_ref_num: int = u32("New number.")
    firm: str = alpha(4, "Firm, upper case.")
    symbol: str = alpha(8, "One symbol; blank is every symbol.")
    options: Options = always(24, 27, 28)


@message("D", section="3.6 Disable Order Entry Request", direction=IN)
class DisableOrderEntry:
    """Block new orders of a firm on this account."""

    user_ref_num: int = u32("New number.")
    firm: str = alpha(4, "Firm, upper case.")
    options: Options = always(28)


@message("E", section="3.7 Enable Order Entry Request", direction=IN)
class EnableOrderEntry:
    """Let new orders of a firm through again."""

    user_ref_num: int = u32("New number.")
    firm: str = alpha(4, "Firm, upper case.")
    options: Options = always(28)


@message("Q", section="3.8 Account Query Request", direction=IN)
class AccountQuery:
    """Ask for the next free number of the port, or of the channel in user_ref_idx."""

    options: Options = optional(28)


@message("S", section="4.1 System Event", direction=OUT)
class SystemEvent:
    """The trading day starts or ends."""

    timestamp: int = timestamp()
    event_code: EventCode = code(EventCode, "Which of the two.")


@message("A", section="4.2 Order Accepted", direction=OUT)
class OrderAccepted:
    """An order was taken, with the values it has now: they may differ from those entered."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("Number of the Enter.")
    side: Side = code(Side, "As entered.")
    quantity: int = u32("Shares accepted.")
    symbol: str = alpha(8, "Symbol.")
    price: int = price("Price accepted, the entered one or better.")
    time_in_force: TimeInForce = code(TimeInForce, "Accepted, as entered or shorter.")
    display: Display = code(Display, "Accepted; `Z` stands here too.")
    order_reference_number: int = u64("The host's number for the order, unique over the day.")
    capacity: Capacity = code(Capacity, "As entered.")
    intermarket_sweep: IntermarketSweep = code(IntermarketSweep, "InterMarket Sweep Eligibility.")
    cross_type: CrossType = code(CrossType, "Which market.")
    order_state: OrderState = code(OrderState, "Live, or dead on arrival.")
    cl_ord_id: str = alpha(14, "ClOrdID, as entered.")
    options: Options = always(2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 25, 28, 29, 30)


@message("U", section="4.3 Order Replaced", direction=OUT)
class OrderReplaced:
    """A replacement was taken; the old order is gone."""

    timestamp: int = timestamp()
    orig_user_ref_num: int = u32("The order replaced.")
    user_ref_num: int = u32("The replacement.")
    side: Side = code(Side, "Side of the replacement.")
    quantity: int = u32("Shares now exposed: the total asked for less what had executed.")
    symbol: str = alpha(8, "Symbol.")
    price: int = price("Price accepted.")
    time_in_force: TimeInForce = code(TimeInForce, "Accepted.")
    display: Display = code(Display, "Accepted; `Z` stands here too.")
    order_reference_number: int = u64("The host's new number for the order.")
    capacity: Capacity = code(Capacity, "As entered.")
    intermarket_sweep: IntermarketSweep = code(IntermarketSweep, "InterMarket Sweep Eligibility.")
    cross_type: CrossType = code(CrossType, "Which market.")
    order_state: OrderState = code(OrderState, "Live, or replaced and canceled in one step.")
    cl_ord_id: str = alpha(14, "Label of the replacement.")
    options: Options = always(2, 3, 5, 6, 12, 15, 16, 17, 18, 28, 29, 30)


@message("C", section="4.4 Order Canceled", direction=OUT)
class OrderCanceled:
    """Shares of an order left the book; whether any remain is the client's subtraction."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    quantity: int = u32("Shares removed by this event alone.")
    reason: CancelReason = code(CancelReason, "Why.")
    options: Options = conditional(28)


@message("D", section="4.5 AIQ Canceled", direction=OUT)
class AIQCanceled:
    """Self-match prevention took shares from an order, with the details of the trade that did not happen."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    decrement_shares: int = u32("Shares removed by this event alone.")
    reason: CancelReason = code(CancelReason, "Always `Q`.")
    quantity_prevented: int = u32(
        "Shares kept from trading; may differ from the decrement when the oldest is canceled."
    )
    execution_price: int = price("Price the trade would have had.")
    liquidity_flag: LiquidityFlag = code(LiquidityFlag, "Flag the trade would have had.")
    aiq_strategy: AIQStrategy = code(AIQStrategy, "Strategy that decided.")
    options: Options = conditional(28)


@message("E", section="4.6 Order Executed", direction=OUT)
class OrderExecuted:
    """Part or all of an order traded."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    quantity: int = u32("Shares of this execution alone.")
    price: int = price("Price of the trade.")
    liquidity_flag: LiquidityFlag = code(LiquidityFlag, "Added, removed, crossed.")
    match_number: int = u64("The trade's number, the same on both sides.")
    options: Options = always(28)


@message("B", section="4.7 Broken Trade", direction=OUT)
class BrokenTrade:
    """An execution reported before is undone."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    match_number: int = u64("The trade.")
    reason: BrokenTradeReason = code(BrokenTradeReason, "Why.")
    cl_ord_id: str = alpha(14, "The order's label.")
    options: Options = conditional(28)


@message("J", section="4.8 Rejected", direction=OUT)
class Rejected:
    """An Enter or Replace was refused; its number is used up."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("Number of the refused Enter or Replace.")
    reason: RejectReason = number(RejectReason, "Why.")
    cl_ord_id: str = alpha(14, "Label of the refused order.")
    options: Options = conditional(28)


@message("P", section="4.9 Cancel Pending", direction=OUT)
class CancelPending:
    """A cross order cannot go now; what is left of it goes right after the cross."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    options: Options = conditional(28)


@message("I", section="4.10 Cancel Reject", direction=OUT)
class CancelReject:
    """A cross order cannot be shrunk now, and nothing is scheduled."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    options: Options = conditional(28)


@message("T", section="4.11 Order Priority Update", direction=OUT)
class OrderPriorityUpdate:
    """An order took a new place in the queue."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    price: int = price("Its limit.")
    display: Display = code(Display, "Its new display.")
    order_reference_number: int = u64("The host's new number for the order.")
    options: Options = conditional(28)


@message("M", section="4.12 Order Modified", direction=OUT)
class OrderModified:
    """A Modify took effect."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    side: Side = code(Side, "Side it has now.")
    quantity: int = u32("Shares outstanding.")
    options: Options = conditional(25, 26, 28)


@message("R", section="4.13 Order Restated", direction=OUT)
class OrderRestated:
    """An order shows itself differently; what changed is in the options."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    reason: RestatedReason = code(RestatedReason, "Why.")
    options: Options = always(1, 22, 23, 28)


@message("X", section="4.14 Mass Cancel Response", direction=OUT)
class MassCancelResponse:
    """A Mass Cancel was done; it echoes the request."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("Number of the request.")
    firm: str = alpha(4, "Firm.")
    symbol: str = alpha(8, "Symbol; blank is every symbol.")
    options: Options = always(24, 27, 28)


@message("G", section="4.15 Disable Order Entry Response", direction=OUT)
class DisableOrderEntryResponse:
    """New orders of the firm are blocked."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("Number of the request.")
    firm: str = alpha(4, "Firm.")
    options: Options = always(28)


@message("K", section="4.16 Enable Order Entry Response", direction=OUT)
class EnableOrderEntryResponse:
    """New orders of the firm are let through."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("Number of the request.")
    firm: str = alpha(4, "Firm.")
    options: Options = always(28)


@message("Q", section="4.17 Account Query Response", direction=OUT)
class AccountQueryResponse:
    """The next free number."""

    timestamp: int = timestamp()
    next_user_ref_num: int = u32("Next free number of the port or channel.")
    options: Options = conditional(28)


INBOUND = (
    EnterOrder,
    ReplaceOrder,
    CancelOrder,
    ModifyOrder,
    MassCancel,
    DisableOrderEntry,
    EnableOrderEntry,
    AccountQuery,
)
OUTBOUND = (
    SystemEvent,
    OrderAccepted,
    OrderReplaced,
    OrderCanceled,
    AIQCanceled,
    OrderExecuted,
    BrokenTrade,
    Rejected,
    CancelPending,
    CancelReject,
    OrderPriorityUpdate,
    OrderModified,
    OrderRestated,
    MassCancelResponse,
    DisableOrderEntryResponse,
    EnableOrderEntryResponse,
    AccountQueryResponse,
)
OUCH = Protocol("OUCH 5.0", (*INBOUND, *OUTBOUND), OPTIONS)
encode, decode = OUCH.encode, OUCH.decode
