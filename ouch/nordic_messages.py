"""Nordic OUCH 5 (INET Nordic: Copenhagen, Helsinki, Iceland, Stockholm) as tables: messages, options, letters, numbers.

This file is the one place where the protocol is written down. `python -m ouch.generate` makes the codec, the reference
page and the golden vectors from it; run it after every change here. No text of this protocol is public: layouts and
values are those of models of its revisions 5.01 and 5.02, in which Enter, Replace, Cancel and Accepted agree from two
sources, and the rest has one.

Units throughout: prices are ticks of 1/10,000 in 4 bytes (100.0000 is 1,000,000), quantities are shares, times are
nanoseconds since midnight UTC. Every message starts with its letter; letters mean different things in the two
directions. An order book is known by its number, and every order names its user.
"""

from typing import Final

from ouch.nordic_codes import (
    AlgoIndicator,
    BrokenTradeReason,
    CancelReason,
    Capacity,
    CrossType,
    DEAIndicator,
    Display,
    EventCode,
    InstructionStatus,
    LiquidityFlag,
    OrderCondition,
    PegType,
    PendingReason,
    RefreshReason,
    RejectReason,
    RestatedReason,
    Side,
    STPAction,
    STPLevel,
    TimeInForce,
)
from wire.record import (
    Direction,
    Option,
    Options,
    Protocol,
    alpha,
    always,
    code,
    message,
    number,
    price,
    timestamp,
    u8,
    u16,
    u32,
    u64,
)

IN, OUT = Direction.IN, Direction.OUT

OPTIONS = (
    Option(1, "clearing_account", alpha(12, "Clearing account.")),
    Option(2, "clearing_account_type", alpha(1, "Type of the clearing account; no list of letters is public.")),
    Option(3, "clearing_firm", alpha(4, "Clearing firm.")),
    Option(4, "client_reference", alpha(15, "The client's reference.")),
    Option(5, "cross_type", code(CrossType, "In which auction.")),
    Option(6, "dea_indicator", code(DEAIndicator, "Direct electronic access.")),
    Option(7, "display", code(Display, "`Y` when absent.")),
    Option(8, "display_price", price("Price now displayed.", width=4)),
    Option(9, "display_quantity", u32("Shares now displayed.")),
    Option(10, "expire_time", u16("Seconds to live; needed for time in force `6`; 0 is none.")),
    Option(11, "firm", alpha(4, "MPID; blank is the port's own.")),
    Option(12, "liquidity_provision", alpha(1, "MiFID's liquidity provision; no list of letters is public.")),
    Option(13, "max_floor", u32("Shares to display; 0 is all.")),
    Option(14, "min_qty", u32("Least shares to execute at once; 0 is none.")),
    Option(15, "order_reference", alpha(10, "The client's own label of the order.")),
    Option(16, "orig_entry_date", u32("Day on which an order carried over was entered, yyyymmdd.")),
    Option(17, "orig_order_ref_num", u64("The host's number of an order carried over on the day of its entry.")),
    Option(18, "peg_difference", price("Distance from the peg.", width=4, signed=True)),
    Option(19, "peg_type", code(PegType, "What the price follows.")),
    Option(20, "random_reserve", u32("Range in shares by which a refreshed display varies; 0 is none.")),
    Option(21, "secondary_order_ref", u64("Another reference of the order, used on market data.")),
    Option(22, "stp_action", code(STPAction, "Self-trade prevention: what is done.")),
    Option(23, "stp_level", code(STPLevel, "Self-trade prevention: with whom; `2` when absent.")),
    Option(24, "stp_trader_group", alpha(2, "Self-trade prevention: the group of level `3`.")),
    Option(25, "time_in_force", code(TimeInForce, "`0` when absent.")),
    Option(26, "trading_at_closing_price", alpha(1, "Trading at closing price; no list of letters is public.")),
    Option(27, "order_condition", code(OrderCondition, "Market makers, top of book, sweeps.")),
    Option(28, "cumulative_quantity", u32("Shares that an order carried over has executed before.")),
    Option(29, "customer_order_capacity", alpha(1, "Customer order capacity; no list of letters is public.")),
    Option(30, "target_strategy", alpha(1, "PureStream: strategy.")),
    Option(31, "min_rate", u16("PureStream: least rate.")),
    Option(32, "max_rate", u16("PureStream: most rate.")),
    Option(33, "conditional_type", alpha(1, "Conditional order.")),
    Option(34, "firm_up_id", u32("Number of the firm-up that an order answers.")),
)
FROM_HOST: Final = frozenset({8, 9, 16, 17, 21, 28})  # options that only the host sends
EVERY: Final = tuple(option.tag for option in OPTIONS)
ON_ENTER: Final = tuple(tag for tag in EVERY if tag not in FROM_HOST)


@message("O", section="", direction=IN)
class EnterOrder:
    """Ask for a new order. Answered by Accepted, by Rejected, or not at all when the number is not a new one."""

    user_ref_num: int = u32("New number, above every earlier one of the port; gaps are fine.")
    side: Side = code(Side, "Which way.")
    quantity: int = u32("Shares, 1 to 4,294,967,295.")
    order_book: int = u32("The order book's number.")
    price: int = price("Limit, at most 199,999.9900; 214,748.3647 (0x7FFFFFFF) asks for a market order.", width=4)
    user: str = alpha(6, "The user, one of the member's.")
    execution_within_firm: int = u32("Short code of who decides on execution; 3 is NORE (nobody within the firm).")
    investment_decision: int = u32("Short code of who decided on the investment.")
    client_id: int = u32("Short code of the client; 0 is NONE, 1 AGGR (aggregated), 2 PNAL (pending allocation).")
    party_role_qualifier: int = u8("Two bits each from the lowest: client, investment and execution decision.")
    capacity: Capacity = code(Capacity, "For whom.")
    algo_indicator: AlgoIndicator = code(AlgoIndicator, "Whether an algorithm made it.")
    options: Options = always(*ON_ENTER)


@message("U", section="", direction=IN)
class ReplaceOrder:
    """Change a live order at the cost of its place in the queue. Options left out keep the values of the Enter."""

    orig_user_ref_num: int = u32("Number of the Enter, or of the last Replace of the chain.")
    user_ref_num: int = u32("New number.")
    quantity: int = u32("Shares the whole chain may execute, executed ones included.")
    price: int = price("New limit.", width=4)
    user: str = alpha(6, "The user, one of the member's.")
    options: Options = always(1, 2, 3, 4, 5, 7, 10, 13, 14, 15, 20, 25, 27, 30, 31, 32)


@message("X", section="", direction=IN)
class CancelOrder:
    """Shrink an order to a size, or end it. Answered by Canceled or Cancel Rejected."""

    user_ref_num: int = u32("The live order.")
    quantity: int = u32("New intended total in shares, not an amount to remove; 0 cancels what is left.")
    user: str = alpha(6, "The user, one of the member's.")


@message("Q", section="", direction=IN)
class AccountQuery:
    """Ask for the next free number of the port."""


@message("M", section="", direction=IN)
class MarketMakerInstruction:
    """Tell of a market maker's obligation in an order book."""

    user_ref_num: int = u32("New number.")
    order_book: int = u32("The order book's number.")
    instruction: str = alpha(1, "Which instruction; no list of letters is public.")
    add_remove: str = alpha(1, "Whether it begins or ends; no list of letters is public.")
    firm: str = alpha(4, "MPID.")
    user: str = alpha(6, "The user, one of the member's.")


@message("S", section="", direction=OUT)
class SystemEvent:
    """The trading day starts or ends."""

    timestamp: int = timestamp()
    event_code: EventCode = code(EventCode, "Which of the two.")


@message("A", section="", direction=OUT)
class OrderAccepted:
    """An order was taken; at the start of a day, one that is carried over from the day before rests again.

    One that never rests and finds nothing is accepted, and canceled in the message behind.
    """

    timestamp: int = timestamp()
    user_ref_num: int = u32("Number of the Enter.")
    price: int = price("Price accepted.", width=4)
    order_reference_number: int = u64("The host's number for the order, unique over the day.")
    side: Side = code(Side, "As entered.")
    order_book: int = u32("The order book's number.")
    quantity: int = u32("Shares accepted.")
    user: str = alpha(6, "As entered.")
    execution_within_firm: int = u32("As entered.")
    investment_decision: int = u32("As entered.")
    client_id: int = u32("As entered.")
    party_role_qualifier: int = u8("As entered.")
    capacity: Capacity = code(Capacity, "As entered.")
    algo_indicator: AlgoIndicator = code(AlgoIndicator, "As entered.")
    options: Options = always(*EVERY)


@message("U", section="", direction=OUT)
class OrderReplaced:
    """A replacement was taken; the old order is gone."""

    timestamp: int = timestamp()
    orig_user_ref_num: int = u32("The order replaced.")
    user_ref_num: int = u32("The replacement.")
    price: int = price("Price accepted.", width=4)
    order_reference_number: int = u64("The host's new number for the order.")
    side: Side = code(Side, "As entered.")
    order_book: int = u32("The order book's number.")
    quantity: int = u32("Shares now exposed: the total asked for less what had executed.")
    user: str = alpha(6, "User of the replacement.")
    options: Options = always(*EVERY)


@message("C", section="", direction=OUT)
class OrderCanceled:
    """Shares of an order left the book; whether any remain is the client's subtraction."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    quantity: int = u32("Shares removed by this event alone.")
    reason: CancelReason = code(CancelReason, "Why.")


@message("P", section="", direction=OUT)
class CancelPending:
    """A cancel waits for the end of an auction on demand."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    reason: str = alpha(1, "Why; no list of letters is public.")


@message("N", section="", direction=OUT)
class ReplacePending:
    """A replacement waits for the end of an auction on demand."""

    timestamp: int = timestamp()
    orig_user_ref_num: int = u32("The order to be replaced.")
    user_ref_num: int = u32("The replacement.")
    reason: str = alpha(1, "Why; no list of letters is public.")


@message("E", section="", direction=OUT)
class OrderExecuted:
    """Part or all of an order traded."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    quantity: int = u32("Shares of this execution alone.")
    price: int = price("Price of the trade.", width=4)
    liquidity_flag: LiquidityFlag = code(LiquidityFlag, "Where it happened.")
    match_number: int = u32("The trade's number, the same on both sides.")
    contra_firm: str = alpha(4, "MPID of the other side; blank where it is not told.")
    trading_mode: str = alpha(1, "Trading mode as post-trade transparency has it (MMT): `2` is continuous trading.")
    category: str = alpha(1, "Transaction category (MMT): `-` is none.")
    algo_of_trade: str = alpha(1, "Algorithmic indicator (MMT): `H` or `-`.")
    liquidity_attributes: int = u8("Bits from the highest: self-trade, top of book, internalized, two of what it did.")
    last_market: str = alpha(1, "Market of the trade; blank is the order book's own.")
    benchmark: str = alpha(1, "Benchmark indicator (MMT): `-` is none.")


@message("B", section="", direction=OUT)
class BrokenTrade:
    """An execution reported before is undone."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    match_number: int = u32("The trade.")
    reason: BrokenTradeReason = code(BrokenTradeReason, "Why.")
    trading_mode: str = alpha(1, "As in the execution.")
    category: str = alpha(1, "As in the execution.")
    algo_of_trade: str = alpha(1, "Algorithmic indicator (MMT); `-`, since the order may be gone.")


@message("J", section="", direction=OUT)
class Rejected:
    """An Enter or Replace was refused; its number is used up."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("Number of the refused Enter or Replace.")
    reason: RejectReason = number(RejectReason, "Why.")


@message("I", section="", direction=OUT)
class CancelRejected:
    """A Cancel could not be carried out."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order that it named.")
    reason: RejectReason = number(RejectReason, "Why.")


@message("T", section="", direction=OUT)
class OrderRestated:
    """An order shows itself differently; what changed is in the options."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    reason: RestatedReason = code(RestatedReason, "Why.")
    options: Options = always(8, 9, 21)


@message("W", section="", direction=OUT)
class RefreshRequest:
    """A market maker is asked to refresh its quotes."""

    timestamp: int = timestamp()
    firm: str = alpha(4, "MPID.")
    order_book: int = u32("The order book's number.")
    reason: RefreshReason = code(RefreshReason, "Why.")


@message("Q", section="", direction=OUT)
class AccountQueryResponse:
    """The next free number."""

    timestamp: int = timestamp()
    next_user_ref_num: int = u32("Next free number of the port.")


@message("G", section="", direction=OUT)
class CarriedOrderCanceled:
    """An order that was to be carried over from an earlier day is gone, and never rested today ("GTC cancelled")."""

    timestamp: int = timestamp()
    original_date: int = u32("Day on which it was entered, yyyymmdd.")
    original_order_reference: int = u64("The host's number for it on that day.")
    reason: RejectReason = number(RejectReason, "Why.")


@message("R", section="", direction=OUT)
class MarketMakerResponse:
    """What became of a market maker's instruction, which it echoes."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("Number of the instruction.")
    order_book: int = u32("The order book's number.")
    instruction: str = alpha(1, "Which instruction.")
    add_remove: str = alpha(1, "Whether it begins or ends.")
    firm: str = alpha(4, "MPID.")
    user: str = alpha(6, "User.")
    status: InstructionStatus = code(InstructionStatus, "What became of it.")


@message("M", section="", direction=OUT)
class PendingOrder:
    """An order waits before it is taken up."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    reason: PendingReason = code(PendingReason, "Why.")


@message("D", section="", direction=OUT)
class StreamStatus:
    """The state of a PureStream order."""

    timestamp: int = timestamp()
    user_ref_num: int = u32("The order.")
    rate: int = u16("Its rate.")
    status: str = alpha(1, "Its state; no list of letters is public.")


INBOUND = (EnterOrder, ReplaceOrder, CancelOrder, AccountQuery, MarketMakerInstruction)
OUTBOUND = (
    SystemEvent,
    OrderAccepted,
    OrderReplaced,
    OrderCanceled,
    CancelPending,
    ReplacePending,
    OrderExecuted,
    BrokenTrade,
    Rejected,
    CancelRejected,
    OrderRestated,
    RefreshRequest,
    AccountQueryResponse,
    CarriedOrderCanceled,
    MarketMakerResponse,
    PendingOrder,
    StreamStatus,
)
NORDIC = Protocol("Nordic OUCH 5", (*INBOUND, *OUTBOUND), OPTIONS)
encode, decode = NORDIC.encode, NORDIC.decode
