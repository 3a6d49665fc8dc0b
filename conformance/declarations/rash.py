"""RASHport: the messages of 1.1, of its form with Customer Type and Trade Now, and of 1.0 (sections 4 and 5)."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Final

import construct

from conformance.declarations.kinds import TICKS, Alpha, Kind, Letter, Value
from conformance.declarations.message import Dialect, Message

LETTER_AT: Final = 8
"""Where a server's message has its letter: behind the time."""


class Zeros(Kind):
    """A number in decimal digits, filled with zeros."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.format = construct.ExprAdapter(construct.Bytes(size), self._decode, self._encode)

    @staticmethod
    def _decode(raw: bytes, _: object) -> Value:
        return int(raw) if raw.isdigit() else raw.decode("latin-1")

    def _encode(self, value: Value, _: object) -> bytes:
        return (value if isinstance(value, str) else f"{value:0{self.size}}").encode("latin-1")

    def read(self, text: str) -> Value:
        """Read digits; any other text is sent as it is, since a test may want to."""
        if len(text) > self.size:
            raise ValueError(f"{text!r} is longer than {self.size} characters")
        return int(text) if text.isdigit() else text.ljust(self.size)

    def show(self, value: Value) -> str:
        """Write the number, or the text that is none in quotes."""
        return str(value) if isinstance(value, int) else ascii(value)

    def fault(self, raw: bytes) -> str:
        """Complain of what is no digit."""
        return "" if raw.isdigit() else "not a number filled with zeros"


class ZerosPrice(Zeros):
    """A price: six digits and four decimals."""

    def __init__(self) -> None:
        super().__init__(10)

    def read(self, text: str) -> Value:
        """Read dollars and up to four decimals."""
        try:
            ticks = Decimal(text) * TICKS
        except InvalidOperation:
            return super().read(text)
        if ticks != int(ticks) or not 0 <= ticks < 10**self.size:
            raise ValueError(f"{text} does not fit into the field")
        return int(ticks)

    def show(self, value: Value) -> str:
        """Write dollars and four decimals."""
        return f"{value // TICKS}.{value % TICKS:04}" if isinstance(value, int) else ascii(value)


class Milliseconds(Zeros):
    """A time of day in milliseconds since midnight."""

    def __init__(self) -> None:
        super().__init__(LETTER_AT)

    def meaning(self, value: Value) -> str:
        """Give the time as a clock shows it."""
        if not isinstance(value, int):
            return ""
        seconds, milliseconds = divmod(value, 1000)
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"


class Token(Alpha):
    """A token: text; one that is a number is read as one, so that scenarios can count."""

    def __init__(self) -> None:
        super().__init__(14)
        self.format = construct.ExprAdapter(construct.Bytes(14), self._decode, self._encode)

    @staticmethod
    def _decode(raw: bytes, _: object) -> Value:
        text = raw.decode("latin-1")
        return int(text) if re.fullmatch("[1-9][0-9]* *", text) else text

    @staticmethod
    def _encode(value: Value, _: object) -> bytes:
        return str(value).ljust(14).encode("latin-1")

    def read(self, text: str) -> Value:
        """Read a number, or text."""
        return int(text) if re.fullmatch("[1-9][0-9]{0,13}", text) else super().read(text)

    def show(self, value: Value) -> str:
        """Write it as it stands, what is no number in quotes."""
        return str(value) if isinstance(value, int) else super().show(value)


TOKEN, SHARES, PRICE, FIRM, ROUTE, CUSTOMER = Token(), Zeros(6), ZerosPrice(), Alpha(4), Alpha(4), Alpha(32)
TIME, NUMBER, TIME_IN_FORCE = Milliseconds(), Zeros(9), Zeros(5)
SIDE = Letter({"B": "buy", "S": "sell", "T": "sell short", "E": "sell short exempt"})
DISPLAY = Letter(dict.fromkeys("YNAIPWMLOTQRBmnCcd", "") | {"Y": "displayed", "N": "not displayed", "P": "post only"})
PEG = Letter({"N": "none", "P": "market", "R": "primary", "M": "midpoint", "Q": "market maker", "I": "indicative"})
SIGN = Letter({"+": "up", "-": "down"})
CAPACITY = Letter({"A": "agency", "P": "principal", "R": "riskless principal", "O": "other"})
SWEEP = Letter({"Y": "sweep", "N": "none", "y": "trade-at sweep"})
CROSS = Letter({"N": "none", "O": "opening", "C": "closing", "R": "retail", "E": "extended life", "A": "", "I": ""})
CUSTOMER_TYPE = Letter({"R": "retail", "N": "not retail", " ": "the port's"})
TRADE_NOW = Letter({"B": "yes", "N": "no", " ": "the port's"})
LOCATED = Letter({"Y": "located", "N": "not located", " ": "not located"})
EVENT = Letter({"S": "start of day", "E": "end of day"})
CANCELED = Letter(dict.fromkeys("UITSDQKEZAJCqHXFG", "") | {"U": "user", "I": "immediate", "T": "timeout"})
REJECTED = Letter(dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz{", ""))
LIQUIDITY = Letter(dict.fromkeys("ARJXkmPDFGSUYET78jrtOMCLHKBNW0def456gnvwQZqp1u", "") | {"A": "added", "R": "removed"})
BREAK = Letter({"E": "erroneous", "C": "consent", "S": "supervisory", "X": "external"})


def _details(symbol: int, *, is_answer: bool) -> dict[str, Kind]:
    """Give the fields that orders and their answers have in common."""
    return {
        "Token": TOKEN,
        "Side": SIDE,
        "Shares": SHARES,
        "Symbol": Alpha(symbol),
        "Price": PRICE,
        "TimeInForce": TIME_IN_FORCE,
        "Firm": FIRM,
        "Display": DISPLAY,
        **({"OrderReference": NUMBER} if is_answer else {}),
        "MinimumQuantity": SHARES,
        "MaxFloor": SHARES,
        "PegType": PEG,
        "PegSign": SIGN,
        "PegDifference": PRICE,
        "DiscretionPrice": PRICE,
        "DiscretionPegType": PEG,
        "DiscretionSign": SIGN,
        "DiscretionDifference": PRICE,
        "Capacity": CAPACITY,
        "RandomReserve": SHARES,
        "Route": ROUTE,
        "CustomerID": CUSTOMER,
    }


def _dialect(key: str, version: str, symbol: int, tail: dict[str, Kind], cross_tail: dict[str, Kind]) -> Dialect:
    order, answer = _details(symbol, is_answer=False), {"Timestamp": TIME, **_details(symbol, is_answer=True)}
    cross: dict[str, Kind] = {"ISO": SWEEP, "CrossType": CROSS}
    told: dict[str, Kind] = {"Timestamp": TIME, "Token": TOKEN}
    inbound = (
        Message("O", "EnterOrder", "4.1", order | tail, tail=len(tail)),
        Message("Q", "EnterOrderWithCross", "4.2", order | cross | cross_tail, tail=len(cross_tail)),
        Message("X", "CancelOrder", "4.3", {"Token": TOKEN, "Shares": SHARES}),
    )
    outbound = (
        Message("S", "SystemEvent", "5", {"Timestamp": TIME, "Event": EVENT}, before=1),
        Message("A", "Accepted", "5.1", answer, before=1),
        Message("R", "AcceptedWithCross", "5.1", answer | cross, before=1),
        Message("C", "Canceled", "5", told | {"Shares": SHARES, "Reason": CANCELED}, before=1),
        Message("J", "Rejected", "5", told | {"Reason": REJECTED}, before=1),
        Message(
            *("E", "Executed", "5"),
            told | {"Shares": SHARES, "Price": PRICE, "Liquidity": LIQUIDITY, "MatchNumber": NUMBER},
            before=1,
        ),
        Message("B", "BrokenTrade", "5", told | {"MatchNumber": NUMBER, "Reason": BREAK}, before=1),
    )
    return Dialect(
        *(key, f"RASHport {version}", {message.letter: message for message in inbound}),
        *({message.letter: message for message in outbound}, {}),
        letter_at=LETTER_AT,
    )


_TAIL: Final[dict[str, Kind]] = {"CustomerType": CUSTOMER_TYPE, "TradeNow": TRADE_NOW}
RASH: Final = _dialect("rash", "1.1", 8, _TAIL, _TAIL)
RASH_10: Final = _dialect("rash-1.0", "1.0", 6, {"CustomerType": CUSTOMER_TYPE}, _TAIL)
READ: Final = _dialect("rash", "1.1", 8, _TAIL | {"SharesLocated": LOCATED}, _TAIL | {"SharesLocated": LOCATED})
"""1.1 as it is read: an order may have the byte that 1.2 adds."""
VERSIONS: Final = {"1.1": RASH, "1.0": RASH_10}
