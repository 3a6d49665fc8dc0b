"""US OUCH 5.0, revision 1.05: every message in both directions and every option (sections 3, 4 and 5)."""

from __future__ import annotations

from typing import Final

from conformance.declarations import us_codes as codes
from conformance.declarations.kinds import Alpha, Code, Kind, Letter, Nanoseconds, Number, Price, SignedPrice
from conformance.declarations.message import Appendage, Dialect, Message, Option

U1, U2, U4, U8 = Number(1), Number(2), Number(4), Number(8)
PRICE: Final = Price(8)
SYMBOL: Final = Alpha(8, "every symbol")
FIRM: Final = Alpha(4, "the port's")
CL_ORD_ID: Final = Alpha(14)
SIDE: Final = Letter(codes.SIDES)
TIME_IN_FORCE: Final = Letter(codes.TIMES_IN_FORCE)
YES_NO: Final = Letter(codes.YES_NO)
ALWAYS, OPTIONAL, CONDITIONAL = Appendage.ALWAYS, Appendage.OPTIONAL, Appendage.CONDITIONAL

OPTIONS: Final = {
    option.tag: option
    for option in (
        Option(1, "SecondaryOrdRefNum", U8),
        Option(2, "Firm", FIRM),
        Option(3, "MinQty", U4),
        Option(4, "CustomerType", Letter(codes.CUSTOMER_TYPES)),
        Option(5, "MaxFloor", U4),
        Option(6, "PriceType", Letter(codes.PRICE_TYPES)),
        Option(7, "PegOffset", SignedPrice()),
        Option(9, "DiscretionPrice", PRICE),
        Option(10, "DiscretionPriceType", Letter(codes.DISCRETION_PRICE_TYPES)),
        Option(11, "DiscretionPegOffset", SignedPrice()),
        Option(12, "PostOnly", Letter(codes.POST_ONLY)),
        Option(13, "RandomReserves", U4),
        Option(14, "Route", Alpha(4)),
        Option(15, "ExpireTime", Number(4)),
        Option(16, "TradeNow", Letter(codes.TRADE_NOW)),
        Option(17, "HandleInst", Letter(codes.HANDLING)),
        Option(18, "BBOWeightIndicator", Letter(codes.BBO_WEIGHTS)),
        Option(22, "DisplayQuantity", U4),
        Option(23, "DisplayPrice", PRICE),
        Option(24, "GroupID", U2),
        Option(25, "SharesLocated", YES_NO),
        Option(26, "LocateBroker", Alpha(4)),
        Option(27, "Side", SIDE),
        Option(28, "UserRefIdx", Number(1, {0: "none"})),
        Option(29, "AIQStrategy", Letter(codes.AIQ_STRATEGIES)),
        Option(30, "AIQGroupID", Alpha(2)),
    )
}
"""Option 27 is called like a field, which no message has beside it."""


def _in(
    letter: str, name: str, section: str, fields: dict[str, Kind], appendage: Appendage, *options: int
) -> tuple[str, Message]:
    return letter, Message(letter, name, section, fields, appendage, frozenset(options))


def _out(
    letter: str, name: str, section: str, fields: dict[str, Kind], appendage: Appendage, *options: int
) -> tuple[str, Message]:
    return _in(letter, name, section, {"Timestamp": Nanoseconds(), **fields}, appendage, *options)


INBOUND: Final = dict(
    (
        _in(
            *("O", "EnterOrder", "3.1"),
            {
                "UserRefNum": U4,
                "Side": SIDE,
                "Quantity": U4,
                "Symbol": SYMBOL,
                "Price": PRICE,
                "TimeInForce": TIME_IN_FORCE,
                "Display": Letter(codes.DISPLAYS),
                "Capacity": Letter(codes.CAPACITIES),
                "InterMarketSweep": YES_NO,
                "CrossType": Letter(codes.CROSS_TYPES),
                "ClOrdID": CL_ORD_ID,
            },
            ALWAYS,
            *(2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 24, 25, 26, 28, 29, 30),
        ),
        _in(
            *("U", "ReplaceOrder", "3.2"),
            {
                "OrigUserRefNum": U4,
                "UserRefNum": U4,
                "Quantity": U4,
                "Price": PRICE,
                "TimeInForce": TIME_IN_FORCE,
                "Display": Letter(codes.DISPLAYS),
                "InterMarketSweep": YES_NO,
                "ClOrdID": CL_ORD_ID,
            },
            ALWAYS,
            *(3, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 25, 26, 27, 28, 29, 30),
        ),
        _in("X", "CancelOrder", "3.3", {"UserRefNum": U4, "Quantity": U4}, OPTIONAL, 28),
        _in("M", "ModifyOrder", "3.4", {"UserRefNum": U4, "Side": SIDE, "Quantity": U4}, OPTIONAL, 25, 26, 28),
        _in("C", "MassCancel", "3.5", {"UserRefNum": U4, "Firm": FIRM, "Symbol": SYMBOL}, ALWAYS, 24, 27, 28),
        _in("D", "DisableOrderEntry", "3.6", {"UserRefNum": U4, "Firm": FIRM}, ALWAYS, 28),
        _in("E", "EnableOrderEntry", "3.7", {"UserRefNum": U4, "Firm": FIRM}, ALWAYS, 28),
        _in("Q", "AccountQuery", "3.8", {}, OPTIONAL, 28),
    )
)

_ORDER_TAIL: Final[dict[str, Kind]] = {
    "Side": SIDE,
    "Quantity": U4,
    "Symbol": SYMBOL,
    "Price": PRICE,
    "TimeInForce": TIME_IN_FORCE,
    "Display": Letter(codes.DISPLAYS_OUT),
    "OrderReferenceNumber": U8,
    "Capacity": Letter(codes.CAPACITIES),
    "InterMarketSweep": YES_NO,
    "CrossType": Letter(codes.CROSS_TYPES),
    "OrderState": Letter(codes.ORDER_STATES),
    "ClOrdID": CL_ORD_ID,
}

OUTBOUND: Final = dict(
    (
        _out("S", "SystemEvent", "4.1", {"Event": Letter(codes.EVENTS)}, Appendage.NEVER),
        _out(
            *("A", "Accepted", "4.2", {"UserRefNum": U4, **_ORDER_TAIL}, ALWAYS),
            *(2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 25, 28, 29, 30),
        ),
        _out(
            *("U", "Replaced", "4.3", {"OrigUserRefNum": U4, "UserRefNum": U4, **_ORDER_TAIL}, ALWAYS),
            *(2, 3, 5, 6, 12, 15, 16, 17, 18, 28, 29, 30),
        ),
        _out(
            *("C", "Canceled", "4.4"),
            {"UserRefNum": U4, "Quantity": U4, "Reason": Letter(codes.CANCEL_REASONS)},
            *(CONDITIONAL, 28),
        ),
        _out(
            *("D", "AIQCanceled", "4.5"),
            {
                "UserRefNum": U4,
                "Decrement": U4,
                "Reason": Letter({"Q": "self-match prevention"}),
                "Prevented": U4,
                "ExecutionPrice": PRICE,
                "Liquidity": Letter(codes.LIQUIDITY_FLAGS),
                "Strategy": Letter(codes.AIQ_STRATEGIES),
            },
            *(CONDITIONAL, 28),
        ),
        _out(
            *("E", "Executed", "4.6"),
            {
                "UserRefNum": U4,
                "Quantity": U4,
                "Price": PRICE,
                "Liquidity": Letter(codes.LIQUIDITY_FLAGS),
                "MatchNumber": U8,
            },
            *(ALWAYS, 28),
        ),
        _out(
            *("B", "BrokenTrade", "4.7"),
            {
                "UserRefNum": U4,
                "MatchNumber": U8,
                "Reason": Letter(codes.BROKEN_TRADE_REASONS),
                "ClOrdID": CL_ORD_ID,
            },
            *(CONDITIONAL, 28),
        ),
        _out(
            *("J", "Rejected", "4.8"),
            {"UserRefNum": U4, "Reason": Code(2, codes.REJECT_REASONS), "ClOrdID": CL_ORD_ID},
            *(CONDITIONAL, 28),
        ),
        _out("P", "CancelPending", "4.9", {"UserRefNum": U4}, CONDITIONAL, 28),
        _out("I", "CancelReject", "4.10", {"UserRefNum": U4}, CONDITIONAL, 28),
        _out(
            *("T", "PriorityUpdate", "4.11"),
            {"UserRefNum": U4, "Price": PRICE, "Display": Letter(codes.DISPLAYS_OUT), "OrderReferenceNumber": U8},
            *(CONDITIONAL, 28),
        ),
        _out("M", "Modified", "4.12", {"UserRefNum": U4, "Side": SIDE, "Quantity": U4}, CONDITIONAL, 25, 26, 28),
        _out(
            *("R", "Restated", "4.13", {"UserRefNum": U4, "Reason": Letter(codes.RESTATED_REASONS)}, ALWAYS),
            *(1, 22, 23, 28),
        ),
        _out(
            *("X", "MassCancelResponse", "4.14", {"UserRefNum": U4, "Firm": FIRM, "Symbol": SYMBOL}, ALWAYS),
            *(24, 27, 28),
        ),
        _out("G", "DisableResponse", "4.15", {"UserRefNum": U4, "Firm": FIRM}, ALWAYS, 28),
        _out("K", "EnableResponse", "4.16", {"UserRefNum": U4, "Firm": FIRM}, ALWAYS, 28),
        _out("Q", "AccountQueryResponse", "4.17", {"NextUserRefNum": U4}, CONDITIONAL, 28),
    )
)

US: Final = Dialect("ouch-us", "OUCH 5.0 (Nasdaq US), revision 1.05", INBOUND, OUTBOUND, OPTIONS)
