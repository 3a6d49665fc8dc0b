"""A reader of ITCH as the kit keeps it: every message held to its form, and to a book that is built of those before it.

What stands of each message, whatever a scenario is about: a stock is told of before anything about it, and every later
message about it has its locate; an order's number is used once, and nothing more leaves an order than it displays; no
time goes back; what was told once is told again byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from conformance.declarations.itch import ITCH
from conformance.declarations.kinds import Value
from conformance.declarations.message import Dissection, dissect
from conformance.declarations.soup import Packet
from conformance.standing import Account, Market

FEED: Final = "feed"
TAKES: Final = ("OrderExecuted", "OrderExecutedWithPrice", "OrderCancel")


@dataclass
class Reader(Account):
    """A login of ITCH: the stocks by locate, and the displayed orders by number, each with its locate and shares.

    Of a `snapshot` only the form counts: it tells what is so, and another one tells it again with other numbers.
    """

    is_snapshot: bool = False
    stocks: dict[int, Value] = field(default_factory=dict)
    orders: dict[int, tuple[int, int]] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    crosses: set[int] = field(default_factory=set)
    time: int = 0

    def joined(self, session: str, market: Market) -> None:
        """Note the session; in another one all is new."""
        if self.session and session != self.session:
            self.stocks.clear()
            self.orders.clear()
            self.used.clear()
            self.crosses.clear()
            self.next_sequence, self.time = 1, 0
        self.session = session

    def unwrap(self, packet: Packet) -> tuple[str, Packet]:
        """Say that what a packet brings is of the feed."""
        return FEED, packet

    def look_at(self, payload: bytes, sequence: int | None, market: Market) -> list[str]:
        """Say which standing rules a message breaks, and remember it."""
        if sequence is None:
            return ["ITCH: a message that is not sequenced"]
        if not self.is_snapshot:
            known = self.repeated(payload, sequence)
            if known is not None:
                return known
        found = dissect(ITCH, payload, inbound=False)
        faults = found.faults or ([] if self.is_snapshot else list(self.rules(found, sequence)))
        return [f"ITCH: message {sequence}: {found.name}: {fault}" for fault in faults]

    def rules(self, found: Dissection, sequence: int) -> list[str]:
        """Say which rules a new message breaks; it is the one behind those that came before."""
        values = found.values
        if sequence == 1 and (found.name, values.get("EventCode")) != ("SystemEvent", "O"):
            return ["the first message of a session is its start"]
        time = number(values, "Timestamp")
        if time < self.time:
            return [f"its time goes back from {self.time} to {time}"]
        self.time = time
        return self.stock_rules(found) or self.order_rules(found)

    def stock_rules(self, found: Dissection) -> list[str]:
        """Locates: of stocks that were told of, or none."""
        values, locate = found.values, number(found.values, "StockLocate")
        stock = values.get("Stock")
        if found.name == "StockDirectory":
            if locate in self.stocks:
                return [f"locate {locate} is {self.stocks[locate]!r} already"]
            self.stocks[locate] = stock or ""
        elif found.name in ("SystemEvent", "MWCBDeclineLevel", "MWCBStatus"):
            return [f"locate {locate}, and no stock is concerned"] if locate else []
        elif locate not in self.stocks:
            return [f"locate {locate} was not told of"]
        elif stock is not None and stock != self.stocks[locate]:
            return [f"locate {locate} is {self.stocks[locate]!r}, not {stock!r}"]
        return []

    def order_rules(self, found: Dissection) -> list[str]:
        """Orders: numbers that are new, or of one that is displayed; no more shares than there are."""
        values, locate = found.values, number(found.values, "StockLocate")
        if found.name == "Trade" and (values["OrderReference"], values["Side"]) != (0, "B"):
            return ["a trade with an order that is not displayed has reference 0 and side B"]
        if found.name == "CrossTrade":
            match = number(values, "MatchNumber")
            if match in self.crosses:
                return [f"match number {match} is another cross's"]
            self.crosses.add(match)
        if found.name in ("AddOrder", "AddOrderMPID"):
            return self.add(locate, number(values, "OrderReference"), number(values, "Shares"))
        if found.name == "OrderReplace":
            return self.take(locate, number(values, "OriginalReference"), None) or self.add(
                locate, number(values, "OrderReference"), number(values, "Shares")
            )
        if found.name == "OrderDelete":
            return self.take(locate, number(values, "OrderReference"), None)
        if found.name in TAKES:
            return self.take(locate, number(values, "OrderReference"), number(values, "Shares"))
        return []

    def add(self, locate: int, reference: int, shares: int) -> list[str]:
        """Take an order in."""
        if reference in self.used:
            return [f"order {reference} is added a second time"]
        self.used.add(reference)
        self.orders[reference] = (locate, shares)
        return [] if shares else [f"order {reference} displays nothing"]

    def take(self, locate: int, reference: int, shares: int | None) -> list[str]:
        """Take shares off an order, None: all of it."""
        if reference not in self.orders:
            return [f"there is no order {reference}"]
        of, left = self.orders.pop(reference)
        if of != locate:
            return [f"order {reference} is of locate {of}, not {locate}"]
        if shares is None:
            return []
        if not 0 < shares <= left:
            return [f"{shares} shares leave order {reference}, which displays {left}"]
        if shares < left:
            self.orders[reference] = (locate, left - shares)
        return []


def number(values: dict[str, Value], name: str) -> int:
    """Give a number of a message that is whole."""
    value = values[name]
    assert isinstance(value, int)
    return value
