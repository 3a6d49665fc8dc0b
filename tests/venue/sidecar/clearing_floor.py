"""A venue whose records a replica follows, for tests of Post-Trade Risk: in process, on a real log.

`floor.trade("B", 100)`      INET buys 100 AAPL at 200 of AKAM (at another price where one is given)
`await floor.house()`        Post-Trade Risk of a replica that begins as a start of the second process does

Found through the folder's place at the end of the path.
"""

from datetime import date
from functools import cache
from itertools import count

import msgspec

from engine.api import BrokenTradeReason, BustTrade, NextDay
from ouch import codec
from venue import config, reference
from venue.log import SqliteLog
from venue.machine import Machine
from venue.record import Kind, Record
from venue.sidecar.clearing import House, seen_until
from venue.sidecar.replica import Replica

SECOND = 1_000_000_000
MORNING = (1_795_150_800 + 10 * 3_600) * SECOND
DAYS = ("2026-11-20", "2026-11-23", "2026-11-24")
MARKETS = ("nasdaq", "bx", "psx", "nordic")
PORTS = {"nasdaq": ("IN19T6", "AK01T1"), "bx": ("IN21T7", "AK21T1"), "psx": ("IN20T9", "AK20T1")}


@cache
def configured(changes):
    """The demo's configuration, with changes of its text (pairs of old and new)."""
    text = config.sample()
    for old, new in changes:
        assert old in text, f"the sample has no {old}"
        text = text.replace(old, new)
    return config.parse(text)


class ClearingFloor:
    """The machine of an engine process, its log, and replicas of it."""

    def __init__(self, data, *changes):
        self.config = configured(changes)
        self.data = data
        self.machine = Machine(data)
        self.log = SqliteLog(data, "process")
        self.log.fence(1)
        self.log.roll(date.fromisoformat(DAYS[0]))
        self.now, self.numbers, self.days, self.replicas = MORNING, count(1), iter(DAYS), []
        self.next_day()
        self.do(reference.market_command(self.config))

    def apply(self, kind, port, payload):
        self.now += SECOND
        record = Record(kind, port, self.now, self.now, payload)
        refused = self.machine.apply(record)
        self.machine.settle()
        self.log.append([record], 1)
        return refused

    def do(self, command):
        return self.apply(Kind.COMMAND, 0, msgspec.msgpack.encode(command))

    def next_day(self):
        day = next(self.days)
        if self.machine.number:
            self.log.roll(date.fromisoformat(day))
        return self.do(NextDay(day, day.replace("-", ""), dict.fromkeys(MARKETS, MORNING)))

    def enter(self, port, side, quantity, dollars):
        order = codec.pack_enter_order(
            *(next(self.numbers), side.encode(), quantity, b"AAPL    ", round(dollars * 10_000)),
            *(b"0", b"Y", b"P", b"N", b"N", b"".ljust(14), b""),
        )
        self.apply(Kind.MESSAGE, self.machine.engine.ports[port].index, order)

    def trade(self, side, quantity, dollars=200, market="nasdaq"):
        """INET trades with what AKAM has just put on the book; gives the match number."""
        mine, other = PORTS[market]
        self.enter(other, "S" if side == "B" else "B", quantity, dollars)
        self.enter(mine, side, quantity, dollars)
        return self.machine.engine.markets[market].match_number

    def bust(self, match, market="nasdaq"):
        return self.do(BustTrade(market, match, BrokenTradeReason.SUPERVISORY))

    def snapshot(self):
        """What the engine process keeps when it stops, or opens a day."""
        self.log.snapshot(self.machine.number, self.machine.snapshot())

    async def house(self, *, follow=True):
        """Post-Trade Risk as a start of the second process begins it, caught up."""
        folder = self.data / f"replica{len(self.replicas)}"
        folder.mkdir()
        replica = Replica(self.data, folder, looked_at=seen_until(self.data))
        self.replicas.append(replica)
        house = House(self.data, replica)
        if follow:
            await replica.catch_up()
        return house

    def close(self):
        for replica in self.replicas:
            replica.close()
        self.log.close()


def totals(house, correspondent="INET"):
    """A correspondent's buys, sells and net, in dollars."""
    relation = house.clearing.relations[correspondent]
    return relation.buy / 10_000, relation.sell / 10_000, relation.net / 10_000
