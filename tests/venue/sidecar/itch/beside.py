"""A market's ITCH feed beside the engine that it is of, read by the witness after every step."""

from witness import Reader

from engine.api import Display
from engine.routing import AWAY_PORT
from venue.record import Kind, Record
from venue.sidecar.itch.feed import ItchFeed


class Stage:
    """An engine as the feed looks at a machine."""

    def __init__(self, market):
        self.market = market
        self.engine = market.engine

    @property
    def venue_time(self):
        return self.market.now


class Follower:
    """A feed of an engine, and what its reader makes of it."""

    def __init__(self, machine, tmp_path, key="nasdaq"):
        self.machine = machine
        self.key = key
        self.feed = ItchFeed(key, tmp_path)
        self.feed.ended = self.session_over
        self.reader = Reader()
        self.read = 0
        self.old = []
        self.feed.begin(machine)
        self.take(self.feed.day)

    def session_over(self, day):
        self.take(day)
        assert self.reader.is_over
        assert not self.reader.orders
        self.old.append(self.reader)
        self.reader, self.read = Reader(), 0

    def take(self, day):
        told = []
        while self.read < day.writer.stream.count:
            self.read += 1
            told.append(self.reader.take(day.writer.message(self.read)))
        return told

    def step(self, kind=Kind.COMMAND):
        """Let the reader have what the last record brought about, and hold its book against the engine's."""
        now = self.machine.venue_time
        self.feed.applied(Record(kind, 0, now, now, b""))
        told = self.take(self.feed.day)
        assert self.reader.queues() == queues(self.machine.engine.markets[self.key])
        return told


def queues(market):
    """The engine's displayed queues."""
    return {
        (symbol, side, level.price): [
            (order.quantity, order.port.mpid if order.terms.display is Display.ATTRIBUTABLE else None)
            for order in level.orders()
        ]
        for symbol, book in market.books.items()
        for side, ladder in (("B", book.buys.shown), ("S", book.sells.shown))
        for level in ladder.levels.values()
    }


def traded(engine, key="nasdaq"):
    """Shares that traded on a market and were not broken; away trades are not its own."""
    market = engine.markets[key]
    found = [(number, market.trades.find(number)) for number in range(1, market.match_number + 1)]
    stands = [trade for number, trade in found if number not in market.trades.broken]
    return sum(trade.quantity for trade in stands if trade.resting.port != AWAY_PORT)


def snapshot_of(feed):
    """What GLIMPSE tells, read by the witness, and where it says to go on."""
    reader = Reader()
    *messages, end = feed.day.snapshot()
    reader.messages = 1  # its first message is the day's last event, whichever that was
    for message in messages:
        reader.last = 0
        reader.take(message)
    assert end[:1] == b"G"
    return reader, int(end[1:])
