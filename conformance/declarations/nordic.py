"""INET Nordic OUCH 5: messages and options as far as they are known.

Enter, Replace, Cancel and Accepted have two sources, the rest one. Prices have four bytes.
"""

from __future__ import annotations

from typing import Final

from conformance.declarations import nordic_codes as codes
from conformance.declarations.kinds import Alpha, Bits, Code, Kind, Letter, Nanoseconds, Number, Price, Signed
from conformance.declarations.message import Appendage, Dialect, Message, Option

U1, U2, U4, U8 = Number(1), Number(2), Number(4), Number(8)
PRICE: Final = Price(4)
SIDE: Final = Letter(codes.SIDES)
USER: Final = Alpha(6)
FIRM: Final = Alpha(4)
ANY_LETTER: Final = Alpha(1)
REASON: Final = Code(2)
ALGO: Final = Letter(codes.ALGO)
ALWAYS, NEVER = Appendage.ALWAYS, Appendage.NEVER

OPTIONS: Final = {
    option.tag: option
    for option in (
        Option(1, "ClearingAccount", Alpha(12)),
        Option(2, "ClearingAccountType", ANY_LETTER),
        Option(3, "ClearingFirm", FIRM),
        Option(4, "ClientReference", Alpha(15)),
        Option(5, "CrossType", Letter(codes.CROSS_TYPES)),
        Option(6, "DEAIndicator", Letter(codes.DEA)),
        Option(7, "Display", Letter(codes.DISPLAYS)),
        Option(8, "DisplayPrice", PRICE),
        Option(9, "DisplayQuantity", U4),
        Option(10, "ExpireTime", U2),
        Option(11, "Firm", FIRM),
        Option(12, "LiquidityProvision", ANY_LETTER),
        Option(13, "MaxFloor", U4),
        Option(14, "MinQty", U4),
        Option(15, "OrderReference", Alpha(10)),
        Option(16, "OrigEntryDate", U4),
        Option(17, "OrigOrderRefNum", U8),
        Option(18, "PegDifference", Signed()),
        Option(19, "PegType", Letter(codes.PEGS)),
        Option(20, "RandomReserve", U4),
        Option(21, "SecondaryOrderRef", U8),
        Option(22, "STPAction", Letter(codes.STP_ACTIONS)),
        Option(23, "STPLevel", Letter(codes.STP_LEVELS)),
        Option(24, "STPTraderGroup", Alpha(2)),
        Option(25, "TimeInForce", Letter(codes.TIMES_IN_FORCE)),
        Option(26, "TradingAtClosingPrice", ANY_LETTER),
        Option(27, "OrderCondition", Letter(codes.ORDER_CONDITIONS)),
        Option(28, "CumulativeQuantity", U4),
        Option(29, "CustomerOrderCapacity", ANY_LETTER),
        Option(30, "TargetStrategy", ANY_LETTER),
        Option(31, "MinRate", U2),
        Option(32, "MaxRate", U2),
        Option(33, "ConditionalType", ANY_LETTER),
        Option(34, "FirmUpID", U4),
    )
}
ANY_OPTION: Final = frozenset(OPTIONS)
ON_REPLACE: Final = frozenset((1, 2, 3, 4, 5, 7, 10, 13, 14, 15, 20, 25, 27, 30, 31, 32))


def _in(
    letter: str,
    name: str,
    fields: dict[str, Kind],
    appendage: Appendage = NEVER,
    options: frozenset[int] = frozenset(),
) -> tuple[str, Message]:
    return letter, Message(letter, name, "8.2", fields, appendage, options)


def _out(
    letter: str,
    name: str,
    fields: dict[str, Kind],
    appendage: Appendage = NEVER,
    options: frozenset[int] = frozenset(),
) -> tuple[str, Message]:
    return _in(letter, name, {"Timestamp": Nanoseconds(), **fields}, appendage, options)


_PARTIES: Final[dict[str, Kind]] = {
    "ExecutionWithinFirm": Number(4, codes.EXECUTION_SHORT_CODES),
    "InvestmentDecision": U4,
    "ClientID": Number(4, codes.CLIENT_SHORT_CODES),
    "PartyRoleQualifier": Bits(codes.PARTY_ROLES, codes.PARTY_ROLES_RESERVED),
    "Capacity": Letter(codes.CAPACITIES),
    "Algo": ALGO,
}
_ORDER: Final[dict[str, Kind]] = {
    "OrderReferenceNumber": U8,
    "Side": SIDE,
    "OrderBook": U4,
    "Quantity": U4,
    "User": USER,
}
_INSTRUCTION: Final[dict[str, Kind]] = {
    "UserRefNum": U4,
    "OrderBook": U4,
    "Instruction": ANY_LETTER,
    "AddRemove": ANY_LETTER,
    "Firm": FIRM,
    "User": USER,
}

INBOUND: Final = dict(
    (
        _in(
            *("O", "EnterOrder"),
            {
                "UserRefNum": U4,
                "Side": SIDE,
                "Quantity": U4,
                "OrderBook": U4,
                "Price": PRICE,
                "User": USER,
                **_PARTIES,
            },
            ALWAYS,
            ANY_OPTION,
        ),
        _in(
            *("U", "ReplaceOrder"),
            {"OrigUserRefNum": U4, "UserRefNum": U4, "Quantity": U4, "Price": PRICE, "User": USER},
            *(ALWAYS, ON_REPLACE),
        ),
        _in("X", "CancelOrder", {"UserRefNum": U4, "Quantity": U4, "User": USER}),
        _in("Q", "AccountQuery", {}),
        _in("M", "MarketMakerInstruction", _INSTRUCTION),
    )
)
OUTBOUND: Final = dict(
    (
        _out("S", "SystemEvent", {"Event": Letter(codes.EVENTS)}),
        _out("A", "Accepted", {"UserRefNum": U4, "Price": PRICE, **_ORDER, **_PARTIES}, ALWAYS, ANY_OPTION),
        _out(
            *("U", "Replaced", {"OrigUserRefNum": U4, "UserRefNum": U4, "Price": PRICE, **_ORDER}),
            *(ALWAYS, ANY_OPTION),
        ),
        _out("C", "Canceled", {"UserRefNum": U4, "Quantity": U4, "Reason": Letter(codes.CANCEL_REASONS)}),
        _out("P", "CancelPending", {"UserRefNum": U4, "Reason": ANY_LETTER}),
        _out("N", "ReplacePending", {"OrigUserRefNum": U4, "UserRefNum": U4, "Reason": ANY_LETTER}),
        _out(
            *("E", "Executed"),
            {
                "UserRefNum": U4,
                "Quantity": U4,
                "Price": PRICE,
                "Liquidity": Letter(codes.LIQUIDITY_FLAGS),
                "MatchNumber": U4,
                "ContraFirm": FIRM,
                "TradingMode": ANY_LETTER,
                "Category": ANY_LETTER,
                "AlgoOfTrade": ANY_LETTER,
                "LiquidityAttributes": Bits(codes.LIQUIDITY_ATTRIBUTES, 0x07),
                "LastMarket": ANY_LETTER,
                "Benchmark": ANY_LETTER,
            },
        ),
        _out(
            *("B", "BrokenTrade"),
            {
                "UserRefNum": U4,
                "MatchNumber": U4,
                "Reason": ANY_LETTER,
                "TradingMode": ANY_LETTER,
                "Category": ANY_LETTER,
                "AlgoOfTrade": ANY_LETTER,
            },
        ),
        _out("J", "Rejected", {"UserRefNum": U4, "Reason": REASON}),
        _out("I", "CancelRejected", {"UserRefNum": U4, "Reason": REASON}),
        _out("T", "Restated", {"UserRefNum": U4, "Reason": Letter(codes.RESTATED_REASONS)}, ALWAYS, ANY_OPTION),
        _out("W", "RefreshRequest", {"Firm": FIRM, "OrderBook": U4, "Reason": Letter(codes.REFRESH_REASONS)}),
        _out("Q", "AccountQueryResponse", {"NextUserRefNum": U4}),
        _out("G", "GTCCancelled", {"OriginalDate": U4, "OriginalOrderReference": U8, "Reason": REASON}),
        _out("R", "MarketMakerResponse", {**_INSTRUCTION, "Status": ANY_LETTER}),
        _out("M", "PendingOrder", {"UserRefNum": U4, "Reason": ANY_LETTER}),
        _out("D", "StreamStatus", {"UserRefNum": U4, "Rate": U2, "Status": ANY_LETTER}),
    )
)

NORDIC: Final = Dialect("ouch-nordic", "INET Nordic OUCH 5", INBOUND, OUTBOUND, OPTIONS)
