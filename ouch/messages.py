"""OUCH 5.0 (Nasdaq US, revision 1.05) as tables: 8 messages in, 17 out, 26 options, letters and reject reasons.

This file is the one place where the protocol is written down. `python -m ouch.generate` makes the codec, the reference
page, the golden vectors and the definition for Nasdaq's own client library from it; run it after every change here.

Units throughout: prices are ticks of 1/10,000 (189.1234 is 1,891,234), quantities are shares, times are nanoseconds
since midnight. Every message starts with its letter; letters mean different things in the two directions. Revision
1.05 of 2025-10-07 added options 29 and 30, reject 0x0040 and four liquidity flags.
"""

from typing import Final

from ouch.codes import (
    AIQStrategy,
    BBOWeight,
    BrokenTradeReason,
    CancelReason,
    Capacity,
    CrossType,
    CustomerType,
    DiscretionPriceType,
    Display,
    EventCode,
    HandleInst,
    IntermarketSweep,
    LiquidityFlag,
    OrderState,
    PostOnly,
    PriceType,
    RejectReason,
    RestatedReason,
    SharesLocated,
    Side,
    TimeInForce,
    TradeNow,
)
from wire.record import (
    Direction,
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
