"""TotalView-ITCH 5.0 as tables: its 23 messages, and the one with which a GLIMPSE 5.0 snapshot ends.

This file is the one place where the protocol is written down. `python -m itchproto.generate` makes the codec, the
reference page and the golden vectors from it; run it after every change here.

All messages are the venue's. Prices are ticks of 1/10,000 in four bytes, quantities shares, times nanoseconds since
midnight in six bytes. Every message has one length; readers pass over types that they do not know and bytes behind what
they do. Over SoupBinTCP one message is one packet, over MoldUDP64 one block.
"""

from dataclasses import dataclass
from typing import Any, Final, dataclass_transform

from itchproto.codes import (
    Authenticity,
    BreachedLevel,
    CrossType,
    EventCode,
    FinancialStatus,
    ImbalanceDirection,
    InterestFlag,
    IpoFlag,
    IpoQualifier,
    IssueClassification,
    LuldTier,
    MarketCategory,
    MarketCode,
    MarketMakerMode,
    OperationalAction,
    ParticipantState,
    PriceVariation,
    RegShoAction,
    Side,
    TradingState,
    YesNo,
    YesNoUnknown,
)
from wire.record import (
    Direction,
    Protocol,
    alpha,
    code,
    fine_price,
    message,
    price,
    timestamp48,
    u16,
    u32,
    u64,
)

OUT: Final = Direction.OUT
STOCK: Final = "The stock's symbol."
REFERENCE: Final = "The order's reference number."
MATCH: Final = "The number of the trade, one number space for all trades of the day."


@dataclass_transform(frozen_default=True, field_specifiers=(u16, timestamp48))
def header(cls: Any) -> Any:
    """Declare the fields with which messages begin."""
    return dataclass(frozen=True, slots=True)(cls)


@header
class Header:
    """What all messages of ITCH begin with."""

    stock_locate: int = u16("The stock's number of this day; 0 where no stock is concerned.")
    tracking_number: int = u16("The venue's own; always 0.")
    timestamp: int = timestamp48()


@message("S", section="", direction=OUT)
class SystemEvent(Header):
    """Where the day is. No stock is concerned."""

    event_code: EventCode = code(EventCode, "What begins or ends.")


@message("R", section="", direction=OUT)
class StockDirectory(Header):
    """A stock of the day, and its locate: comes before any other message about it."""

    stock: str = alpha(8, STOCK)
    market_category: MarketCategory = code(MarketCategory, "Where it is listed.")
    financial_status: FinancialStatus = code(FinancialStatus, "How its issuer is doing.")
    round_lot_size: int = u32("Shares of a round lot.")
    round_lots_only: YesNo = code(YesNo, "Whether only round lots are taken.")
    issue_classification: IssueClassification = code(IssueClassification, "What kind of security it is.")
    issue_sub_type: str = alpha(2, "The kind in more detail; `Z` where none applies.")
    authenticity: Authenticity = code(Authenticity, "Whether it is a real one.")
    short_sale_threshold: YesNoUnknown = code(YesNoUnknown, "Whether Rule 203(b)(3) restricts short sales.")
    ipo_flag: IpoFlag = code(IpoFlag, "Whether it is newly listed.")
    luld_tier: LuldTier = code(LuldTier, "How wide its price bands are.")
    etp_flag: YesNoUnknown = code(YesNoUnknown, "Whether it is an exchange traded product.")
    etp_leverage_factor: int = u32("How many times it follows its index, rounded down; 0 for what is no ETP.")
    inverse: YesNo = code(YesNo, "Whether it follows its index inversely.")


@message("H", section="", direction=OUT)
class StockTradingAction(Header):
    """What may be done with a stock from now on. One that is absent at the start of the day counts as halted."""

    stock: str = alpha(8, STOCK)
    trading_state: TradingState = code(TradingState, "What may be done.")
    reserved: str = alpha(1, "A space.")
    reason: str = alpha(4, "Why, such as `LUDP`; blank where it is not known.")


@message("Y", section="", direction=OUT)
class RegShoRestriction(Header):
    """Whether short sales of a stock are restricted."""

    stock: str = alpha(8, STOCK)
    action: RegShoAction = code(RegShoAction, "Whether, and since when.")


@message("L", section="", direction=OUT)
class MarketParticipantPosition(Header):
    """A market participant's standing in a stock."""

    mpid: str = alpha(4, "The participant.")
    stock: str = alpha(8, STOCK)
    primary_market_maker: YesNo = code(YesNo, "Whether it is a primary market maker.")
    mode: MarketMakerMode = code(MarketMakerMode, "How it quotes.")
    state: ParticipantState = code(ParticipantState, "Whether it takes part.")


@message("V", section="", direction=OUT)
class MwcbDeclineLevel(Header):
    """The levels of the market-wide circuit breaker. No stock is concerned."""

    level_1: int = fine_price("Level 1.")
    level_2: int = fine_price("Level 2.")
    level_3: int = fine_price("Level 3.")


@message("W", section="", direction=OUT)
class MwcbStatus(Header):
    """A level of the market-wide circuit breaker was breached. No stock is concerned."""

    breached_level: BreachedLevel = code(BreachedLevel, "Which one.")


@message("K", section="", direction=OUT)
class IpoQuotingPeriodUpdate(Header):
    """When quoting of an IPO begins."""

    stock: str = alpha(8, STOCK)
    release_time: int = u32("Seconds since midnight; 0 where it is canceled.")
    qualifier: IpoQualifier = code(IpoQualifier, "How certain it is.")
    ipo_price: int = price("The price of the IPO; 0 where it is canceled.", width=4)


@message("J", section="", direction=OUT)
class LuldAuctionCollar(Header):
    """Within which prices the auction after a pause is."""

    stock: str = alpha(8, STOCK)
    reference_price: int = price("What the collar is around.", width=4)
    upper_collar: int = price("The highest price.", width=4)
    lower_collar: int = price("The lowest price.", width=4)
    extension: int = u32("How often the auction was extended.")


@message("h", section="", direction=OUT)
class OperationalHalt(Header):
    """One market centre has stopped trading a stock, or goes on. Does not change the stock's trading state."""

    stock: str = alpha(8, STOCK)
    market_code: MarketCode = code(MarketCode, "Which one.")
    action: OperationalAction = code(OperationalAction, "Whether it stopped or goes on.")


@message("A", section="", direction=OUT)
class AddOrder(Header):
    """A displayed order, last in the queue of its price."""

    order_reference: int = u64(REFERENCE)
    side: Side = code(Side, "Which way.")
    shares: int = u32("Displayed shares.")
    stock: str = alpha(8, STOCK)
    price: int = price("Displayed price.", width=4)


@message("F", section="", direction=OUT)
class AddOrderWithMpid(Header):
    """The same of an order that is displayed with its firm's name."""

    order_reference: int = u64(REFERENCE)
    side: Side = code(Side, "Which way.")
    shares: int = u32("Displayed shares.")
    stock: str = alpha(8, STOCK)
    price: int = price("Displayed price.", width=4)
    attribution: str = alpha(4, "The firm.")


@message("E", section="", direction=OUT)
class OrderExecuted(Header):
    """Shares of a displayed order traded at its price."""

    order_reference: int = u64(REFERENCE)
    executed_shares: int = u32("Shares that traded.")
    match_number: int = u64(MATCH)


@message("C", section="", direction=OUT)
class OrderExecutedWithPrice(Header):
    """Shares of a displayed order traded at another price than its own, or in a cross."""

    order_reference: int = u64(REFERENCE)
    executed_shares: int = u32("Shares that traded.")
    match_number: int = u64(MATCH)
    printable: YesNo = code(YesNo, "No: the shares are in the print of a cross too.")
    execution_price: int = price("At which price.", width=4)


@message("X", section="", direction=OUT)
class OrderCancel(Header):
    """Some shares of a displayed order are gone; it keeps its place."""

    order_reference: int = u64(REFERENCE)
    canceled_shares: int = u32("Shares that are gone.")


@message("D", section="", direction=OUT)
class OrderDelete(Header):
    """All that was left of a displayed order is gone."""

    order_reference: int = u64(REFERENCE)


@message("U", section="", direction=OUT)
class OrderReplace(Header):
    """A displayed order has another in its place, last in the queue of its price, of the same side, stock and firm."""

    original_order_reference: int = u64("The order that is gone.")
    new_order_reference: int = u64("The order in its place.")
    shares: int = u32("Displayed shares.")
    price: int = price("Displayed price.", width=4)


@message("P", section="", direction=OUT)
class Trade(Header):
    """A trade with an order that was not displayed."""

    order_reference: int = u64("Always 0.")
    side: Side = code(Side, "Always `B`.")
    shares: int = u32("Shares that traded.")
    stock: str = alpha(8, STOCK)
    price: int = price("At which price.", width=4)
    match_number: int = u64(MATCH)


@message("Q", section="", direction=OUT)
class CrossTrade(Header):
    """All that a cross traded, as one; 0 shares where it traded nothing."""

    shares: int = u64("Shares that traded.")
    stock: str = alpha(8, STOCK)
    cross_price: int = price("At which price; 0 where nothing traded.", width=4)
    match_number: int = u64(MATCH)
    cross_type: CrossType = code(CrossType, "Which cross.")


@message("B", section="", direction=OUT)
class BrokenTrade(Header):
    """A trade does not stand. The book does not change."""

    match_number: int = u64("The number of the trade.")


@message("I", section="", direction=OUT)
class NetOrderImbalance(Header):
    """What a cross would do if it came now."""

    paired_shares: int = u64("Shares that pair at the reference price.")
    imbalance_shares: int = u64("Shares that do not.")
    imbalance_direction: ImbalanceDirection = code(ImbalanceDirection, "On which side those are.")
    stock: str = alpha(8, STOCK)
    far_price: int = price("The price of the orders for the cross alone; 0 where there is none.", width=4)
    near_price: int = price("The price of those and of the book; 0 where there is none.", width=4)
    reference_price: int = price("Where shares are counted.", width=4)
    cross_type: CrossType = code(CrossType, "Which cross.")
    price_variation: PriceVariation = code(PriceVariation, "How far the near price is from the reference price.")


@message("N", section="", direction=OUT)
class RetailInterest(Header):
    """Whether retail orders in a stock find a better price."""

    stock: str = alpha(8, STOCK)
    interest_flag: InterestFlag = code(InterestFlag, "On which side.")


@message("O", section="", direction=OUT)
class DirectListingPriceDiscovery(Header):
    """The prices of a direct listing with a capital raise."""

    stock: str = alpha(8, STOCK)
    open_eligibility: YesNo = code(YesNo, "Whether it may be released for trading.")
    minimum_price: int = price("20 % below the registered range.", width=4)
    maximum_price: int = price("80 % above the registered range.", width=4)
    near_price: int = price("The price when the volatility test was passed.", width=4)
    near_time: int = u64("When that was, in nanoseconds since midnight.")
    lower_collar: int = price("10 % under the near price.", width=4)
    upper_collar: int = price("10 % over the near price.", width=4)


@message("G", section="", direction=OUT)
class EndOfSnapshot:
    """GLIMPSE only: the snapshot is complete. Has no header."""

    sequence_number: str = alpha(20, "The first message of ITCH behind the snapshot, in digits, spaces on the left.")


ITCH: Final = Protocol(
    "TotalView-ITCH 5.0",
    (
        SystemEvent,
        StockDirectory,
        StockTradingAction,
        RegShoRestriction,
        MarketParticipantPosition,
        MwcbDeclineLevel,
        MwcbStatus,
        IpoQuotingPeriodUpdate,
        LuldAuctionCollar,
        OperationalHalt,
        AddOrder,
        AddOrderWithMpid,
        OrderExecuted,
        OrderExecutedWithPrice,
        OrderCancel,
        OrderDelete,
        OrderReplace,
        Trade,
        CrossTrade,
        BrokenTrade,
        NetOrderImbalance,
        RetailInterest,
        DirectListingPriceDiscovery,
        EndOfSnapshot,
    ),
)
