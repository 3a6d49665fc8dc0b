"""The PRM administration protocol as tables: the base protocol, version 1.00 of 2026-02-10, and with it the extension.

This file and `extension.py` are the one place where the protocol is written down. `python -m prmproto.generate` makes
the codec, the reference page and the golden vectors from them; run it after every change here.

Requests come in unsequenced packets of SoupBinTCP 3.0, answers and all else in sequenced ones. All messages have a
fixed length. Values are 1/10,000 of the currency, quantities shares, times nanoseconds since midnight UTC. In a request
-1 of a number and `?` of a letter keep the present value; the answer has the values that result. A request in which
everything is kept is how a setting is read.
"""

from prmproto import extension
from prmproto.codes import Block, LockState, RejectReason, Restriction, Switch
from wire.record import Direction, Protocol, alpha, code, i32, i64, message, price, timestamp, u16, u32, u64

IN, OUT = Direction.IN, Direction.OUT
NUMBER = "New number, the next one expected or above it."
ANSWERED = "Of the request."
ACCOUNT = "PRM account."


@message("Q", section="", direction=IN)
class AccountQuery:
    """Ask which number is expected next. Uses up none."""


@message("C", section="", direction=IN)
class ModifyAccountSettings:
    """Change the settings of an account, for today; block or unblock it."""

    user_ref_num: int = u32(NUMBER)
    account: str = alpha(6, ACCOUNT)
    repeated_orders: int = i32("How many identical orders in a row are too many; 0 is off, -1 keeps.")
    restrict_on_repeated: Switch = code(Switch, "Whether repeated orders restrict their symbol.")
    market_order_prevention: Switch = code(Switch, "Market order restriction in auctions.")
    fat_finger_in_auctions: Switch = code(Switch, "Fat finger in auctions.")
    market_order_protection: Switch = code(Switch, "Market order protection in calls.")
    block: Block = code(Block, "Block, unblock, or block and cancel.")


@message("R", section="", direction=IN)
class ModifyOrderBookRestriction:
    """Restrict an order book for today, or lift what restricts it."""

    user_ref_num: int = u32(NUMBER)
    account: str = alpha(6, ACCOUNT)
    order_book: int = u32("The order book's number.")
    state: Restriction = code(Restriction, "Restricted or not.")


@message("S", section="", direction=IN)
class ModifySegmentRestriction:
    """Restrict a market segment for today, or lift what restricts it."""

    user_ref_num: int = u32(NUMBER)
    account: str = alpha(6, ACCOUNT)
    segment: int = u16("The segment's number.")
    state: Restriction = code(Restriction, "Restricted or not.")


@message("L", section="", direction=IN)
class ModifyLimitSettings:
    """Change the limits of a currency, for today: 0 is no limit, -1 keeps."""

    user_ref_num: int = u32(NUMBER)
    account: str = alpha(6, ACCOUNT)
    currency: str = alpha(3, "ISO currency.")
    maximum_quantity: int = i64("Maximum order quantity, shares.")
    maximum_value: int = price("Maximum order value.", signed=True)
    reserved: int = u64("Not used; comes back as it was sent.")
    total_risk: int = price("Total risk value.", signed=True)
    traded_buy: int = price("Traded buy value.", signed=True)
    traded_sell: int = price("Traded sell value.", signed=True)
    total_traded: int = price("Total traded value.", signed=True)
    open_buy: int = price("Open orders buy value.", signed=True)
    open_sell: int = price("Open orders sell value.", signed=True)
    total_open: int = price("Total open orders value.", signed=True)
    maximum_quantity_auction: int = i64("Maximum order quantity in auctions; 0: the general one holds there too.")
    maximum_value_auction: int = price("Maximum order value in auctions; 0: as above.", signed=True)


@message("F", section="", direction=IN)
class ModifyAccountCurrency:
    """Lock or unlock an account in a currency, and switch blow-through protection, for today."""

    user_ref_num: int = u32(NUMBER)
    account: str = alpha(6, ACCOUNT)
    currency: str = alpha(3, "ISO currency.")
    reject_all: Switch = code(Switch, "Whether all orders in the currency are rejected: the lock of its limits.")
    blow_through: Switch = code(Switch, "Blow-through protection.")


@message("Q", section="", direction=OUT)
class AccountQueryResponse:
    """The number that is expected next."""

    next_user_ref_num: int = u32("1 at the start of the day.")


@message("C", section="", direction=OUT)
class AccountSettingsResponse:
    """The settings of an account as they are now."""

    user_ref_num: int = u32(ANSWERED)
    account: str = alpha(6, ACCOUNT)
    repeated_orders: int = i32("How many identical orders in a row are too many; 0 is off.")
    restrict_on_repeated: Switch = code(Switch, "Whether repeated orders restrict their symbol.")
    market_order_prevention: Switch = code(Switch, "Market order restriction in auctions.")
    fat_finger_in_auctions: Switch = code(Switch, "Fat finger in auctions.")
    market_order_protection: Switch = code(Switch, "Market order protection in calls.")
    block: Block = code(Block, "Whether the account is blocked, never `?`.")


@message("R", section="", direction=OUT)
class OrderBookRestrictionResponse:
    """Whether an order book is restricted now."""

    user_ref_num: int = u32(ANSWERED)
    timestamp: int = timestamp()
    account: str = alpha(6, ACCOUNT)
    order_book: int = u32("The order book's number.")
    state: Restriction = code(Restriction, "Restricted by any origin, or not.")


@message("S", section="", direction=OUT)
class SegmentRestrictionResponse:
    """Whether a market segment is restricted now."""

    user_ref_num: int = u32(ANSWERED)
    timestamp: int = timestamp()
    account: str = alpha(6, ACCOUNT)
    segment: int = u16("The segment's number.")
    state: Restriction = code(Restriction, "Restricted by any origin, or not.")


@message("L", section="", direction=OUT)
class LimitSettingsResponse:
    """The limits of a currency as they are now; 0 is none."""

    user_ref_num: int = u32(ANSWERED)
    account: str = alpha(6, ACCOUNT)
    currency: str = alpha(3, "ISO currency.")
    maximum_quantity: int = i64("Maximum order quantity, shares.")
    maximum_value: int = price("Maximum order value.", signed=True)
    reserved: int = u64("As it was sent.")
    total_risk: int = price("Total risk value.", signed=True)
    traded_buy: int = price("Traded buy value.", signed=True)
    traded_sell: int = price("Traded sell value.", signed=True)
    total_traded: int = price("Total traded value.", signed=True)
    open_buy: int = price("Open orders buy value.", signed=True)
    open_sell: int = price("Open orders sell value.", signed=True)
    total_open: int = price("Total open orders value.", signed=True)
    maximum_quantity_auction: int = i64("Maximum order quantity in auctions; 0 is not set.")
    maximum_value_auction: int = price("Maximum order value in auctions; 0 is not set.", signed=True)


@message("F", section="", direction=OUT)
class AccountCurrencyResponse:
    """Whether an account is locked in a currency now, and whether blow-through protection is on."""

    user_ref_num: int = u32(ANSWERED)
    account: str = alpha(6, ACCOUNT)
    currency: str = alpha(3, "ISO currency.")
    reject_all: Switch = code(Switch, "Whether all orders in the currency are rejected.")
    blow_through: Switch = code(Switch, "Blow-through protection.")


@message("J", section="", direction=OUT)
class Rejected:
    """A request was refused. Its number is used up."""

    user_ref_num: int = u32(ANSWERED)
    reason: RejectReason = code(RejectReason, "Why.")


@message("P", section="", direction=OUT)
class PortRateBreach:
    """Too many requests came within a second; those above the limit were not processed. One a breach."""

    timestamp: int = timestamp()


@message("B", section="", direction=OUT)
class AccountRateBreach:
    """An order rate locked an account, or it is free again."""

    timestamp: int = timestamp()
    state: LockState = code(LockState, "Locked or free.")
    account: str = alpha(6, ACCOUNT)


@message("V", section="", direction=OUT)
class AccumulatedValues:
    """What an account has traded and has open in a currency today; unasked, after it has changed."""

    account: str = alpha(6, ACCOUNT)
    currency: str = alpha(3, "ISO currency.")
    last_update: int = timestamp()
    total_risk: int = price("Trades and open orders.")
    traded_buy: int = price("Trades, buy.")
    traded_sell: int = price("Trades, sell.")
    total_traded: int = price("Trades.")
    open_buy: int = price("Open orders, buy.")
    open_sell: int = price("Open orders, sell.")
    total_open: int = price("Open orders.")


LIMITS = (
    "maximum_quantity",
    "maximum_value",
    "total_risk",
    "traded_buy",
    "traded_sell",
    "total_traded",
    "open_buy",
    "open_sell",
    "total_open",
    "maximum_quantity_auction",
    "maximum_value_auction",
)
"""The limits of Modify Limit Settings, in wire order, the unused field left out."""
INBOUND = (
    AccountQuery,
    ModifyAccountSettings,
    ModifyOrderBookRestriction,
    ModifySegmentRestriction,
    ModifyLimitSettings,
    ModifyAccountCurrency,
)
OUTBOUND = (
    AccountQueryResponse,
    AccountSettingsResponse,
    OrderBookRestrictionResponse,
    SegmentRestrictionResponse,
    LimitSettingsResponse,
    AccountCurrencyResponse,
    Rejected,
    PortRateBreach,
    AccountRateBreach,
    AccumulatedValues,
)
PRM = Protocol("PRM", (*INBOUND, *extension.INBOUND, *OUTBOUND, *extension.OUTBOUND))
encode, decode = PRM.encode, PRM.decode
