"""RASHport as tables: 1.1, with the byte that 1.2 may have at the end of an order, and 1.0 as what differs from it.

This file and `codes.py` are the one place where the protocol is written down. `python -m rash.generate` makes the
codecs, the reference pages and the golden vectors from them; run it after every change here.

Everything is ASCII. 1.1 and 1.2 come in SoupBinTCP, 1.0 in SoupTCP. The place of Shares Located is this venue's choice:
of 1.2 it is known that an order can say so, and no more (docs/differences.md).
"""

from typing import Any, Final

from rash.codes import (
    BreakReason,
    CancelReason,
    Capacity,
    CrossType,
    CustomerType,
    Display,
    EventCode,
    Liquidity,
    Located,
    PegType,
    Side,
    Sign,
    Sweep,
    TradeNow,
)
from wire.record import Direction, Protocol, alpha, code, derived, digits, message, tail

IN, OUT = Direction.IN, Direction.OUT
LETTER_AT: Final = 8
"""Where the letter of a host's message stands: behind the time."""
NEW_NAME: Final = "The client's name for the order, unique on the port and day."
MATCH: Final = "Number of the trade."
TIME: Final = "Milliseconds since midnight in New York."


@message("O", section="4.1 Enter Order", direction=IN)
class EnterOrder:
    """Ask for a new order."""

    token: str = alpha(14, NEW_NAME)
    side: Side = code(Side, "Buy or sell.")
    shares: int = digits(6, "1 to 999,999.")
    symbol: str = alpha(8, "Stock.")
    price: int = digits(10, "Limit; of a peg 0 is none.", label="price")
    time_in_force: int = digits(5, "Seconds, 0 immediate or cancel, 99998 market hours, 99999 system hours.")
    firm: str = alpha(4, "MPID; blanks are the port's.")
    display: Display = code(Display, "Who may see it.")
    minimum_quantity: int = digits(6, "0 is none.")
    max_floor: int = digits(6, "Displayed shares of a reserve order; 0 is all.")
    peg_type: PegType = code(PegType, "What its price follows.")
    peg_sign: Sign = code(Sign, "Sign of the difference.")
    peg_difference: int = digits(10, "Distance from what it follows.", label="price")
    discretion_price: int = digits(10, "How far it trades beyond its price; 0 is no discretion.", label="price")
    discretion_peg_type: PegType = code(PegType, "What the discretion follows.")
    discretion_sign: Sign = code(Sign, "Sign of the difference.")
    discretion_difference: int = digits(10, "Distance from what the discretion follows.", label="price")
    capacity: Capacity = code(Capacity, "Capacity of the firm.")
    random_reserve: int = digits(6, "By how much the displayed size may vary; 0 is not at all.")
    route: str = alpha(4, "Routing strategy; blanks or INET are this book only.")
    customer_id: str = alpha(32, "Customer or terminal, given back as it came.")
    customer_type: CustomerType = tail(code(CustomerType, "Whose order it is."))
    trade_now: TradeNow = tail(code(TradeNow, "Taken and not used."))
    shares_located: Located = tail(code(Located, "1.2 only: whether shares have been located."))


EnterOrderWithCross: Any = derived(
    derived(EnterOrder, without=("customer_type", "trade_now", "shares_located")),
    letter="Q",
    name="EnterOrderWithCross",
    doc="Ask for a new order that may be for a cross, or an inter-market sweep.",
    behind={
        "intermarket_sweep": code(Sweep, "Inter-market sweep."),
        "cross_type": code(CrossType, "The cross that it is for."),
        "customer_type": tail(code(CustomerType, "Whose order it is.")),
        "trade_now": tail(code(TradeNow, "Taken and not used.")),
        "shares_located": tail(code(Located, "1.2 only: whether shares have been located.")),
    },
)


@message("X", section="4.3 Cancel Order", direction=IN)
class CancelOrder:
    """Make an order smaller, or end it. The only answer is Canceled."""

    token: str = alpha(14, "The order's.")
    shares: int = digits(6, "New intended size, executions included; 0 cancels the rest.")


@message("S", section="5 System Event", direction=OUT, letter_at=LETTER_AT)
class SystemEvent:
    """The day begins, or ends."""

    timestamp: int = digits(8, TIME)
    event_code: EventCode = code(EventCode, "Which.")


@message("A", section="5.1 Accepted", direction=OUT, letter_at=LETTER_AT)
class Accepted:
    """An order is in, with the values that were taken, which may differ from those that were sent."""

    timestamp: int = digits(8, TIME)
    token: str = alpha(14, "The order's.")
    side: Side = code(Side, "Buy or sell.")
    shares: int = digits(6, "Shares.")
    symbol: str = alpha(8, "Stock.")
    price: int = digits(10, "Limit; 0 is none.", label="price")
    time_in_force: int = digits(5, "As taken.")
    firm: str = alpha(4, "MPID.")
    display: Display = code(Display, "Who may see it.")
    order_reference: int = digits(9, "The venue's number of the order.")
    minimum_quantity: int = digits(6, "0 is none.")
    max_floor: int = digits(6, "Displayed shares of a reserve order; 0 is all.")
    peg_type: PegType = code(PegType, "What its price follows.")
    peg_sign: Sign = code(Sign, "Sign of the difference.")
    peg_difference: int = digits(10, "Distance from what it follows.", label="price")
    discretion_price: int = digits(10, "0 is no discretion.", label="price")
    discretion_peg_type: PegType = code(PegType, "What the discretion follows.")
    discretion_sign: Sign = code(Sign, "Sign of the difference.")
    discretion_difference: int = digits(10, "Distance from what the discretion follows.", label="price")
    capacity: Capacity = code(Capacity, "Capacity of the firm.")
    random_reserve: int = digits(6, "0 is not at all.")
    route: str = alpha(4, "Routing strategy.")
    customer_id: str = alpha(32, "As it came.")


AcceptedWithCross: Any = derived(
    Accepted,
    letter="R",
    name="AcceptedWithCross",
    doc="The same in answer to Enter Order With Cross.",
    behind={
        "intermarket_sweep": code(Sweep, "Inter-market sweep."),
        "cross_type": code(CrossType, "The cross that it is for."),
    },
)


@message("C", section="5 Canceled", direction=OUT, letter_at=LETTER_AT)
class Canceled:
    """Shares of an order are gone without trading."""

    timestamp: int = digits(8, TIME)
    token: str = alpha(14, "The order's.")
    shares: int = digits(6, "Shares that left now.")
    reason: CancelReason = code(CancelReason, "Why.")


@message("J", section="5 Rejected", direction=OUT, letter_at=LETTER_AT)
class Rejected:
    """An order is not taken. Its token is used up."""

    timestamp: int = digits(8, TIME)
    token: str = alpha(14, "The order's.")
    reason: str = alpha(1, "Why: a letter of the port's table (docs/rash.md).")


@message("E", section="5 Executed", direction=OUT, letter_at=LETTER_AT)
class Executed:
    """Shares of an order have traded."""

    timestamp: int = digits(8, TIME)
    token: str = alpha(14, "The order's.")
    shares: int = digits(6, "Shares of this trade.")
    price: int = digits(10, "Price of this trade.", label="price")
    liquidity: Liquidity = code(Liquidity, "What it did, or where it was.")
    match_number: int = digits(9, MATCH)


@message("B", section="5 Broken Trade", direction=OUT, letter_at=LETTER_AT)
class BrokenTrade:
    """A trade does not stand. What was filled does not open again."""

    timestamp: int = digits(8, TIME)
    token: str = alpha(14, "The order's.")
    match_number: int = digits(9, MATCH)
    reason: BreakReason = code(BreakReason, "Why.")


_SHORT_SYMBOL: Final = {"symbol": alpha(6, "Stock.")}
_REST: Final = (CancelOrder, SystemEvent)
_ANSWERS: Final = (Canceled, Rejected, Executed, BrokenTrade)

RASH: Final = Protocol(
    "RASHport 1.1", (EnterOrder, EnterOrderWithCross, *_REST, Accepted, AcceptedWithCross, *_ANSWERS)
)
RASH_10: Final = Protocol(
    "RASHport 1.0",
    (
        derived(EnterOrder, changed=_SHORT_SYMBOL, without=("trade_now", "shares_located")),
        derived(EnterOrderWithCross, changed=_SHORT_SYMBOL, without=("shares_located",)),
        *_REST,
        derived(Accepted, changed=_SHORT_SYMBOL),
        derived(AcceptedWithCross, changed=_SHORT_SYMBOL),
        *_ANSWERS,
    ),
)
"""1.0: symbols of six characters, and less at the end of an order."""
