"""Post-Trade Risk's fold on its first day, and how it is told of things.

    Day(per_trade=100).trade(101).decide("nasdaq-1-B", allow=True).totals() == (101, 0, 101)

Found through the folder's place at the end of the path.
"""

import msgspec

from engine.clearing import Clearing
from engine.clearing_commands import (
    ClearingEntry,
    ClearingLimits,
    DecideHeldTrade,
    ReportTrades,
    SetClearingLimits,
    SetKill,
    TradeReport,
)
from engine.clearing_state import Execution

DOLLAR = 10_000
ENTRIES = (
    ClearingEntry("CLRG", "INET", ("AKAM", "ZZZZ")),
    ClearingEntry("CLRG", "AKAM"),
)


class Day:
    """A fold on its first day, and how it is told of things."""

    def __init__(self, **limits):
        self.told = []
        self.fold = Clearing(self.told.append)
        self.fold.next_day(1, "2026-11-20", 0)
        self.fold.configure([msgspec.structs.replace(ENTRIES[0], limits=ClearingLimits(**limits)), ENTRIES[1]], 0)
        self.now = self.match = self.reported = 0

    def trade(self, quantity, dollars=1, *, is_buy=True, incoming="INET", resting="AKAM"):
        self.now += 1
        self.match += 1
        price = int(dollars * DOLLAR)
        self.last = Execution("nasdaq", self.match, incoming, is_buy, resting, "AAPL", quantity, price)
        self.fold.executed(self.last, self.now)
        return self

    def report(self, quantity, dollars=1, *, reporting="INET", contra="AKAM", is_buy=True):
        self.now += 1
        self.reported += 1
        report = TradeReport(reporting, contra, is_buy, "AAPL", quantity, int(dollars * DOLLAR))
        self.fold.apply(ReportTrades((report,), f"trf-{self.reported}"), self.now)
        return self

    def set(self, correspondent="INET", *, today=True, next_day=False, **limits):
        self.now += 1
        self.fold.apply(SetClearingLimits(correspondent, limits, today, next_day, "client:x"), self.now)
        return self

    def decide(self, trade_id, *, allow):
        self.fold.apply(DecideHeldTrade(trade_id, allow, "client:x"), self.now)
        return self

    def kill(self, *, on):
        self.fold.apply(SetKill("INET", on, "client:x"), self.now)
        return self

    def bust(self, execution=None):
        self.fold.bust(execution or self.last, self.now)
        return self

    def totals(self, correspondent="INET"):
        relation = self.fold.relations[correspondent]
        return relation.buy // DOLLAR, relation.sell // DOLLAR, relation.net // DOLLAR

    @property
    def alerts(self):
        return [(alert.kind.name, alert.limit) for alert in self.fold.relations["INET"].alerts]

    @property
    def held(self):
        return list(self.fold.relations["INET"].held)
