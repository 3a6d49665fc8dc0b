"""The PRM administration protocol: the messages of the base protocol, and of the extension by lower-case letters."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

import construct

from conformance.declarations.kinds import Alpha, Kind, Letter, Nanoseconds, Number, Value
from conformance.declarations.message import Dialect, Message

SCALE: Final = 10_000
KEEP, KEEP_WORD = -1, "keep"
SIGNED: Final[dict[int, Any]] = {4: construct.Int32sb, 8: construct.Int64sb}


class SignedNumber(Kind):
    """A signed number; `keep` is -1, which keeps the present value."""

    scale = 1

    def __init__(self, size: int) -> None:
        self.size = size
        self.format = SIGNED[size]

    def read(self, text: str) -> Value:
        """Read a number, `keep`, or the number as it is on the wire behind 0x or -0x."""
        if text == KEEP_WORD:
            return KEEP
        if "0x" in text:
            return int(text, 16)
        try:
            value = Decimal(text) * self.scale
        except InvalidOperation:
            raise ValueError(f"{text} is not a number") from None
        if value != int(value) or not -(1 << 8 * self.size - 1) <= value < 1 << 8 * self.size - 1:
            raise ValueError(f"{text} does not fit into the field")
        return int(value)

    def show(self, value: Value) -> str:
        """Write it as `read` takes it."""
        assert isinstance(value, int)
        if value == KEEP:
            return KEEP_WORD
        return str(value) if self.scale == 1 else str(Decimal(value) / self.scale)


class Money(SignedNumber):
    """An amount with four implied decimals."""

    scale = SCALE

    def __init__(self) -> None:
        super().__init__(8)


U1, U2, U4, U8 = Number(1), Number(2), Number(4), Number(8)
S4, S8, MONEY = SignedNumber(4), SignedNumber(8), Money()
ACCOUNT, CURRENCY, TIME = Alpha(6), Alpha(3), Nanoseconds()
SWITCHES: Final = {"Y": "on", "N": "off"}
SWITCH = Letter(SWITCHES)
ASKED_SWITCH = Letter(SWITCHES | {"?": "as it is"})
BLOCKS: Final = {"B": "blocked", "U": "not blocked", "C": "blocked and canceled"}
STATES: Final = {"A": "restricted", "I": "not restricted"}
STATE = Letter(STATES)
ASKED_STATE = Letter(STATES | {"?": "as it is"})
REASON = Letter({"C": "invalid currency", "A": "invalid account", "N": "no setting", "U": "unauthorized"})
LIMIT_ID = Letter(dict.fromkeys("QVqwRTObsBS", ""))
COUNTER_ID = Letter(dict.fromkeys("RTObsBS", ""))
REPEATED: Final = {"RepeatedOrders": S4}
CHECKS: Final = ("RestrictOnRepeated", "MarketOrderPrevention", "FatFingerInAuctions", "MarketOrderProtection")
LIMITS: Final = {
    "MaxQuantity": S8,
    "MaxValue": MONEY,
    "Unused": U8,
    **dict.fromkeys(("TotalRisk", "TradedBuy", "TradedSell", "TotalTraded", "OpenBuy", "OpenSell", "TotalOpen"), MONEY),
    "MaxQuantityAuction": S8,
    "MaxValueAuction": MONEY,
}
VALUES: Final = ("TotalRisk", "TradedBuy", "TradedSell", "TotalTraded", "OpenBuy", "OpenSell", "TotalOpen")
NUMBERED: Final = {"UserRefNum": U4}
OF_ACCOUNT: Final = {**NUMBERED, "Account": ACCOUNT}
TOLD: Final = {**NUMBERED, "Timestamp": TIME, "Account": ACCOUNT}
ASKED: Final = {"ReqId": U4, "Account": ACCOUNT}


def _message(letter: str, name: str, section: str, /, **fields: Kind) -> Message:
    return Message(letter, name, section, fields)


INBOUND: Final = (
    _message("Q", "AccountQuery", "2.2"),
    _message(
        *("C", "ModifyAccountSettings", "2.2"),
        **OF_ACCOUNT,
        **REPEATED,
        **dict.fromkeys(CHECKS, ASKED_SWITCH),
        Block=Letter(BLOCKS | {"?": "as it is"}),
    ),
    _message("R", "ModifyOrderBookRestriction", "2.2", **OF_ACCOUNT, OrderBook=U4, State=ASKED_STATE),
    _message("S", "ModifySegmentRestriction", "2.2", **OF_ACCOUNT, Segment=U2, State=ASKED_STATE),
    _message("L", "ModifyLimitSettings", "2.2", **OF_ACCOUNT, Currency=CURRENCY, **LIMITS),
    _message(
        *("F", "ModifyAccountCurrency", "2.2"),
        **OF_ACCOUNT,
        Currency=CURRENCY,
        RejectAll=ASKED_SWITCH,
        BlowThrough=ASKED_SWITCH,
    ),
    _message("h", "Hello", "3.2", ReqId=U4, Major=U1, Minor=U1, Features=U4),
    _message("a", "AccountList", "3.3", **ASKED),
    _message("u", "UserList", "3.3", **ASKED),
    _message("k", "CheckList", "3.3", **ASKED),
    _message("l", "LimitList", "3.4", **ASKED, Currency=CURRENCY),
    _message("v", "CounterList", "3.4", **ASKED, Currency=CURRENCY, Mode=Alpha(1), Interval=U4),
    _message("o", "RestrictionList", "3.5", **ASKED, Kind=Alpha(1)),
    _message("x", "CancelOrders", "3.6", **OF_ACCOUNT, Scope=Alpha(1), OrderBook=U4),
    _message("s", "SubscribeEvents", "3.7", **ASKED, Mask=U4),
    _message("d", "AuditList", "3.7", **ASKED, From=U8),
)
OUTBOUND: Final = (
    _message("Q", "AccountQueryResponse", "2.3", NextUserRefNum=U4),
    _message(
        *("C", "AccountSettingsResponse", "2.3"),
        **OF_ACCOUNT,
        **REPEATED,
        **dict.fromkeys(CHECKS, SWITCH),
        Block=Letter(BLOCKS),
    ),
    _message("R", "OrderBookRestrictionResponse", "2.3", **TOLD, OrderBook=U4, State=STATE),
    _message("S", "SegmentRestrictionResponse", "2.3", **TOLD, Segment=U2, State=STATE),
    _message("L", "LimitSettingsResponse", "2.3", **OF_ACCOUNT, Currency=CURRENCY, **LIMITS),
    _message(
        *("F", "AccountCurrencyResponse", "2.3"), **OF_ACCOUNT, Currency=CURRENCY, RejectAll=SWITCH, BlowThrough=SWITCH
    ),
    _message("J", "Rejected", "2.3", **NUMBERED, Reason=REASON),
    _message("P", "PortRateBreach", "2.3", Timestamp=TIME),
    _message(
        "B", "AccountRateBreach", "2.3", Timestamp=TIME, State=Letter({"A": "locked", "I": "free"}), Account=ACCOUNT
    ),
    _message(
        *("V", "AccumulatedValues", "2.3"),
        Account=ACCOUNT,
        Currency=CURRENCY,
        LastUpdate=TIME,
        **dict.fromkeys(VALUES, MONEY),
    ),
    _message(
        *("h", "HelloResponse", "3.2"),
        ReqId=U4,
        Major=U1,
        Minor=U1,
        Features=U4,
        MPID=Alpha(4),
        Role=Letter({"A": "admin", "R": "read-only"}),
        TradingDate=U4,
        Accounts=U2,
        NextUserRefNum=U4,
    ),
    _message("e", "EndOfReply", "3.2", ReqId=U4, Count=U4, Status=U2),
    _message("j", "ExtensionReject", "3.2", IdKind=Letter({"Q": "query", "M": "change"}), Id=U4, Error=U2, Offset=U2),
    _message(
        *("a", "AccountEntry", "3.3"),
        **ASKED,
        MPID=Alpha(4),
        Status=Letter({"A": "active", "B": "blocked", "C": "blocked and canceled"}),
        Lock=Letter({"-": "none", "S": "symbol rate"}),
        Cause=Letter({"-": "none", "M": "manual", "D": "Drop", "O": "operations"}),
        Scope=Letter({"I": "inclusion", "E": "exclusion", "*": "all"}),
        Sponsored=SWITCH,
        **REPEATED,
        **dict.fromkeys(CHECKS, SWITCH),
        Users=U2,
        Currencies=U2,
        Locked=U2,
        LastChange=TIME,
    ),
    _message("u", "UserEntry", "3.3", **ASKED, User=Alpha(6), Listing=Letter({"I": "included", "E": "excluded"})),
    _message(
        *("k", "CheckEntry", "3.3"),
        **ASKED,
        Check=Letter(dict.fromkeys("123456789ABCDEFG", "")),
        Enabled=SWITCH,
        Scope=Letter({"A": "account", "P": "port", "M": "MPID"}),
        Editable=SWITCH,
        Mandatory=SWITCH,
        First=U4,
        Second=U8,
    ),
    _message(
        *("l", "LimitEntry", "3.4"),
        **ASKED,
        Currency=CURRENCY,
        Limit=LIMIT_ID,
        Enabled=SWITCH,
        Today=S8,
        Persistent=S8,
        Changed=SWITCH,
    ),
    _message(
        *("v", "CounterEntry", "3.4"),
        ReqId=U4,
        Timestamp=TIME,
        Account=ACCOUNT,
        Currency=CURRENCY,
        Counter=COUNTER_ID,
        Current=MONEY,
        Limit=MONEY,
        Percent=U4,
        Level=Letter(dict.fromkeys("0123", "")),
        Locked=SWITCH,
        Reserved=Alpha(1),
    ),
    _message(
        *("o", "RestrictionEntry", "3.5"),
        **ASKED,
        Kind=Letter({"O": "order book", "S": "segment"}),
        Id=U4,
        Name=Alpha(16),
        Origin=Letter({"P": "persistent", "F": "file", "M": "manual", "R": "repeated order"}),
        State=STATE,
        Since=TIME,
        Reserved=U8,
    ),
    _message("x", "CancelOrdersResponse", "3.6", **TOLD, Count=U4),
    _message(
        *("b", "Event", "3.7"),
        Number=U8,
        Timestamp=TIME,
        Account=ACCOUNT,
        Kind=Letter(dict.fromkeys("WBUKNRrTDCJ", "")),
        Subject=Alpha(1),
        Currency=CURRENCY,
        OrderBook=U4,
        User=Alpha(6),
        Port=Alpha(10),
        Current=S8,
        Limit=S8,
        Reason=U4,
        Reserved=U2,
    ),
    _message(
        *("d", "AuditEntry", "3.7"),
        ReqId=U4,
        Number=U8,
        Timestamp=TIME,
        MPID=Alpha(4),
        Account=ACCOUNT,
        Action=Alpha(20),
        Item=Alpha(60),
        Currency=CURRENCY,
        Old=Alpha(20),
        New=Alpha(20),
    ),
)
PRM: Final = Dialect(
    "prm",
    "PRM protocol",
    {message.letter: message for message in INBOUND},
    {message.letter: message for message in OUTBOUND},
    {},
)
