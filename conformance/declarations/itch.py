"""TotalView-ITCH 5.0 and the end of a GLIMPSE 5.0 snapshot, declared from their documents: all go out."""

from __future__ import annotations

from typing import Final

from conformance.declarations.kinds import Alpha, Digits, FinePrice, Kind, Letter, Nanoseconds, Number, Price
from conformance.declarations.message import Dialect, Message

U2, U4, U8 = Number(2), Number(4), Number(8)
PRICE: Final = Price(4)
TIME: Final = Nanoseconds(6)
STOCK: Final = Alpha(8)
MPID: Final = Alpha(4)
YES_NO: Final = Letter({"Y": "yes", "N": "no"})
MAYBE: Final = Letter({"Y": "yes", "N": "no", " ": "not available"})
SIDE: Final = Letter({"B": "buy", "S": "sell"})
EVENTS: Final = {
    "O": "start of messages",
    "S": "start of system hours",
    "Q": "start of market hours",
    "M": "end of market hours",
    "E": "end of system hours",
    "C": "end of messages",
}
CATEGORIES: Final = {
    "Q": "Nasdaq Global Select Market",
    "G": "Nasdaq Global Market",
    "S": "Nasdaq Capital Market",
    "N": "NYSE",
    "A": "NYSE American",
    "P": "NYSE Arca",
    "Z": "Cboe BZX",
    "V": "IEX",
    "M": "NYSE Texas",
    " ": "not available",
}
STATUSES: Final = dict(
    zip(
        "NDEQSGHJKC ",
        (
            *("normal", "deficient", "delinquent", "bankrupt", "suspended", "deficient and bankrupt"),
            *("deficient and delinquent", "delinquent and bankrupt", "all three", "creations suspended"),
            "not available",
        ),
        strict=True,
    )
)
CLASSES: Final = dict(
    zip(
        "ABCFILNOPQRSTUVW",
        (
            *("American depositary share", "bond", "common stock", "depository receipt", "144A"),
            *("limited partnership", "notes", "ordinary share", "preferred stock", "other", "right"),
            *("shares of beneficial interest", "convertible debenture", "unit", "units of beneficial interest"),
            "warrant",
        ),
        strict=True,
    )
)
STATES: Final = {"H": "halted", "P": "paused", "Q": "quotation only", "T": "trading"}
CROSSES: Final = {
    "O": "opening cross",
    "C": "closing cross",
    "H": "halt or IPO cross",
    "A": "extended trading close",
    "I": "intraday and post-close cross",
}
DIRECTIONS: Final = {"B": "buy", "S": "sell", "N": "none", "O": "too few orders", "P": "paused"}
VARIATIONS: Final = {
    "L": "less than 1 %",
    **{digit: f"{digit} to {digit}.99 %" for digit in "123456789"},
    "A": "10 to 19.99 %",
    "B": "20 to 29.99 %",
    "C": "30 % or more",
    " ": "cannot be calculated",
}
_HEADER: Final[dict[str, Kind]] = {"StockLocate": U2, "TrackingNumber": U2, "Timestamp": TIME}
_ORDER: Final[dict[str, Kind]] = {"OrderReference": U8, "Side": SIDE, "Shares": U4, "Stock": STOCK, "Price": PRICE}


def _message(letter: str, name: str, **fields: Kind) -> tuple[str, Message]:
    return letter, Message(letter, name, "", {**_HEADER, **fields})


OUTBOUND: Final = dict(
    (
        _message("S", "SystemEvent", EventCode=Letter(EVENTS)),
        _message(
            *("R", "StockDirectory"),
            Stock=STOCK,
            MarketCategory=Letter(CATEGORIES),
            FinancialStatus=Letter(STATUSES),
            RoundLotSize=U4,
            RoundLotsOnly=YES_NO,
            IssueClassification=Letter(CLASSES),
            IssueSubType=Alpha(2),
            Authenticity=Letter({"P": "live", "T": "test"}),
            ShortSaleThreshold=MAYBE,
            IPOFlag=Letter({"Y": "new IPO", "N": "no new IPO", "Z": "newly listed", " ": "not available"}),
            LULDTier=Letter({"1": "tier 1", "2": "tier 2", " ": "not available"}),
            ETPFlag=MAYBE,
            ETPLeverageFactor=U4,
            Inverse=YES_NO,
        ),
        _message(
            *("H", "StockTradingAction"),
            Stock=STOCK,
            TradingState=Letter(STATES),
            Reserved=Letter({" ": ""}),
            Reason=Alpha(4, "not available"),
        ),
        _message(
            *("Y", "RegSHORestriction"),
            Stock=STOCK,
            Action=Letter({"0": "no restriction", "1": "since a fall of today", "2": "remains"}),
        ),
        _message(
            *("L", "MarketParticipantPosition"),
            MPID=MPID,
            Stock=STOCK,
            PrimaryMarketMaker=YES_NO,
            Mode=Letter(
                dict(zip("NPSRL", ("normal", "passive", "syndicate", "pre-syndicate", "penalty"), strict=True))
            ),
            State=Letter(dict(zip("AEWSD", ("active", "excused", "withdrawn", "suspended", "deleted"), strict=True))),
        ),
        _message("V", "MWCBDeclineLevel", Level1=FinePrice(), Level2=FinePrice(), Level3=FinePrice()),
        _message("W", "MWCBStatus", BreachedLevel=Letter(dict.fromkeys("123", ""))),
        _message(
            *("K", "IPOQuotingPeriodUpdate"),
            Stock=STOCK,
            ReleaseTime=U4,
            Qualifier=Letter({"A": "anticipated", "C": "canceled or postponed"}),
            IPOPrice=PRICE,
        ),
        _message("J", "LULDAuctionCollar", Stock=STOCK, ReferencePrice=PRICE, Upper=PRICE, Lower=PRICE, Extension=U4),
        _message(
            *("h", "OperationalHalt"),
            Stock=STOCK,
            MarketCode=Letter({"Q": "Nasdaq", "B": "BX", "X": "PSX"}),
            Action=Letter({"H": "halted there", "T": "lifted"}),
        ),
        _message("A", "AddOrder", **_ORDER),
        _message("F", "AddOrderMPID", **_ORDER, Attribution=MPID),
        _message("E", "OrderExecuted", OrderReference=U8, Shares=U4, MatchNumber=U8),
        _message(
            *("C", "OrderExecutedWithPrice"),
            OrderReference=U8,
            Shares=U4,
            MatchNumber=U8,
            Printable=YES_NO,
            Price=PRICE,
        ),
        _message("X", "OrderCancel", OrderReference=U8, Shares=U4),
        _message("D", "OrderDelete", OrderReference=U8),
        _message("U", "OrderReplace", OriginalReference=U8, OrderReference=U8, Shares=U4, Price=PRICE),
        _message("P", "Trade", **_ORDER, MatchNumber=U8),
        _message("Q", "CrossTrade", Shares=U8, Stock=STOCK, Price=PRICE, MatchNumber=U8, CrossType=Letter(CROSSES)),
        _message("B", "BrokenTrade", MatchNumber=U8),
        _message(
            *("I", "NetOrderImbalance"),
            PairedShares=U8,
            ImbalanceShares=U8,
            Direction=Letter(DIRECTIONS),
            Stock=STOCK,
            FarPrice=PRICE,
            NearPrice=PRICE,
            ReferencePrice=PRICE,
            CrossType=Letter(CROSSES),
            PriceVariation=Letter(VARIATIONS),
        ),
        _message(
            "N", "RetailInterest", Stock=STOCK, InterestFlag=Letter({"B": "buy", "S": "sell", "A": "both", "N": "none"})
        ),
        _message(
            *("O", "DirectListingPriceDiscovery"),
            Stock=STOCK,
            OpenEligibility=YES_NO,
            MinimumPrice=PRICE,
            MaximumPrice=PRICE,
            NearPrice=PRICE,
            NearTime=Nanoseconds(8),
            LowerCollar=PRICE,
            UpperCollar=PRICE,
        ),
        ("G", Message("G", "EndOfSnapshot", "GLIMPSE", {"SequenceNumber": Digits(20)})),
    )
)

ITCH: Final = Dialect("itch", "TotalView-ITCH 5.0", {}, OUTBOUND, {})
