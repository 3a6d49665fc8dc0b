"""A seeded trading day in bytes, for two builds to agree on. As a script it prints, as JSON, what came of it.

    python tests/shared/flow.py SEED MESSAGES

Packets, cut anywhere, go through session, journal, port, engine, stream and gate of the demo's ports, with operators'
commands between them. Most messages are what traders send, many with a minimum quantity, a reserve, a strategy against
self-matches, or post-only; some are stale, faulty, at the edges of their fields, or no messages at all. Now and then a
trader enters more orders than one slice of a mass cancel takes, and cancels them.
"""

import json
import sys
import tempfile
from collections import Counter
from hashlib import sha256
from pathlib import Path
from random import Random

from engine.api import BrokenTradeReason, BustTrade, NextDay, ReleasePort, SetHalt, SetPrices
from engine.mass_cancel import ORDERS_A_SLICE
from ouch import codec
from ouch.terms import AIQ_STRATEGIES
from venue import build, config, reference
from venue.gate import Gate
from venue.journal import Journal
from venue.machine import Machine
from venue.record import Kind
from wire.soup import SoupServer, SoupSettings, State, packet, unsequenced

SECOND = 1_000_000_000
MIDNIGHT = 1_795_150_800 * SECOND
EDGES = (0, 1, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1)
WIDE_EDGES = (*EDGES, 2**32, 2**62 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
SYMBOLS = ("AAPL", "AAPL", "AAPL", "ZWZZT", "ZWZZT", "AMD", "NONE")
STRATEGIES = (*AIQ_STRATEGIES, b"*")
CROWD = ORDERS_A_SLICE + 100
CROWD_EVERY = 6_000
"""Messages from one crowd of orders to the next."""
DAYS = ("2026-11-20", "2026-11-23", "2026-11-24", "2026-11-25")
NO_LIMIT = SoupSettings(silence_limit_ns=2**62, login_wait_ns=2**62)


class Clock:
    """Gives the time that the day has come to."""

    def __init__(self):
        self.venue = MIDNIGHT

    def now(self):
        return self.venue, self.venue - 7

    def resume(self, venue_time):
        self.venue = max(self.venue, venue_time)


class Trader:
    """One port's client: what it sends, from its own numbers and those it used."""

    def __init__(self, rng, port):
        self.rng = rng
        self.port = port
        self.index = port.index
        self.mpid = port.mpid.encode()
        self.orders = port.orders
        self.number = 0
        self.session = SoupServer(NO_LIMIT, 0)
        self.session.receive(packet(ord("L"), f"{port.name:<6}{'':10}{'':10}{'1':>20}".encode()), 0)
        self.session.accept("S", 1, 0)

    @property
    def is_free(self):
        """Whether any number of orders would be taken."""
        return not (self.port.disabled or self.port.windows)

    def next(self):
        """Give a number: nearly always the next, now and then a stale one or one after a gap."""
        number = self.number + 1
        if self.rng.random() < 0.03:
            return self.rng.choice((self.number, self.number - 5, 0)) % 2**32
        if self.rng.random() < 0.03:
            number += self.rng.randrange(50)
        self.number = number
        return number

    def used(self):
        """Give the number of a live order, or now and then any of the recent past."""
        if self.orders and self.rng.random() < 0.8:
            return self.rng.choice(list(self.orders)[-40:]) % 2**32
        return max(self.number - self.rng.randrange(60), 0)

    def usually(self, value, *others):
        return value if self.rng.random() < 0.94 else self.rng.choice(others)

    def options(self, *tags):
        """Give an appendage: mostly none, else some of these options, seldom one that is damaged."""
        rng = self.rng
        if rng.random() < 0.75:
            return b""
        values = {
            codec.TAG_FIRM: rng.choice((self.mpid, self.mpid, b"XXXX")),
            codec.TAG_MIN_QTY: rng.choice((0, 1, 100, 2**32 - 1)),
            codec.TAG_MAX_FLOOR: rng.choice((0, 10, 100, 2**32 - 1)),
            codec.TAG_PRICE_TYPE: rng.choice((b"L", b"L", b"P", b"?")),
            codec.TAG_PEG_OFFSET: rng.choice((0, 1, -1, 2**31 - 1, -(2**31))),
            codec.TAG_POST_ONLY: rng.choice((b"P", b"P", b"N", b"?")),
            codec.TAG_EXPIRE_TIME: rng.choice((1, 30, 600, 86_399, 86_400, 2**32 - 1)),
            codec.TAG_GROUP_ID: rng.choice((0, 1, 2, 2**16 - 1)),
            codec.TAG_SHARES_LOCATED: rng.choice((b"Y", b"N")),
            codec.TAG_LOCATE_BROKER: b"BRKR",
            codec.TAG_SIDE: rng.choice((b"B", b"S", b"T", b"E", b"?")),
            codec.TAG_USER_REF_IDX: rng.choice((0, 1, 2, 255)),
            codec.TAG_AIQ_STRATEGY: rng.choice((*STRATEGIES, b"?")),
            codec.TAG_AIQ_GROUP_ID: rng.choice((b"G1", b"**", b"  ")),
            codec.TAG_RANDOM_RESERVES: rng.choice((0, 5, 100, 2**32 - 1)),
        }
        picked = rng.sample(tags, rng.randint(1, min(3, len(tags))))
        appendage = codec.pack_options({tag: values[tag] for tag in picked})
        return appendage if rng.random() < 0.97 else appendage[:-1] + b"\x00\x07"

    def condition(self):
        """Give a condition as a market takes it: the display that it wants, and its options."""
        rng = self.rng
        kind = rng.randrange(6)
        if kind == 0:
            return rng.choice((b"N", b"N", b"Y")), {codec.TAG_MIN_QTY: rng.choice((100, 200, 300))}
        if kind <= 2:
            floor = rng.choice((10, 100, 200))
            return b"Y", {codec.TAG_MAX_FLOOR: floor} | ({codec.TAG_RANDOM_RESERVES: 100} if floor == 200 else {})
        if kind == 3:
            return rng.choice((b"Y", b"N")), {codec.TAG_POST_ONLY: b"P"}
        group = {codec.TAG_AIQ_GROUP_ID: rng.choice((b"G1", b"**"))} if rng.random() < 0.2 else {}
        return rng.choice((b"Y", b"N")), {codec.TAG_AIQ_STRATEGY: rng.choice(STRATEGIES)} | group

    def enter(self):
        rng = self.rng
        display, appendage = self.usually(b"Y", b"N", b"N", b"A", b"?"), b""
        if rng.random() < 0.3:
            display, options = self.condition()
            if rng.random() < 0.3:
                options |= self.condition()[1]
            appendage = codec.pack_options(dict(sorted(options.items())))
        else:
            appendage = self.options(2, 3, 5, 6, 7, 12, 13, 15, 24, 25, 26, 27, 28, 29, 30)
        return codec.pack_enter_order(
            self.next(),
            self.usually(rng.choice((b"B", b"S")), b"T", b"E", b"?"),
            self.usually(rng.choice((1, 100, 100, 300, 5000)), 999_999, 1_000_000, *EDGES),
            rng.choice(SYMBOLS).encode().ljust(8),
            self.usually(1_900_000 + rng.randrange(-20, 20) * 100, 1_900_001, 2_000_000_000, 0x7FFF_FFFF, *WIDE_EDGES),
            self.usually(b"0", b"3", b"3", b"5", b"X", b"6", b"E", b"?"),
            display,
            self.usually(b"P", b"A", b"O", b"?"),
            self.usually(b"N", b"Y", b"?"),
            self.usually(b"N", b"O", b"R", b"?"),
            rng.choice((b"LABEL", b"", bytes(range(240, 254)))).ljust(14),
            appendage,
        )

    def crowd(self):
        """Give many orders away from the market, and the mass cancel that ends them."""
        for _ in range(CROWD):
            number = self.number = self.number + 1
            price = 1_500_000 + self.rng.randrange(100) * 100
            yield codec.pack_enter_order(
                number, b"B", 100, b"AMD     ", price, b"0", b"Y", b"P", b"N", b"N", b" " * 14, b""
            )
        self.number += 1
        yield codec.pack_mass_cancel(self.number, self.mpid, b" " * 8, b"")

    def replace(self):
        return codec.pack_replace_order(
            self.used(),
            self.next(),
            self.usually(self.rng.choice((100, 400)), *EDGES),
            self.usually(1_900_000 + self.rng.randrange(-20, 20) * 100, *WIDE_EDGES),
            self.usually(b"0", b"3", b"6", b"E"),
            self.usually(b"Y", b"N"),
            b"N",
            b"AGAIN".ljust(14),
            self.options(3, 5, 12, 13, 15, 26, 27, 28, 29, 30),
        )

    def cancel(self):
        return codec.pack_cancel_order(self.used(), self.rng.choice((0, 0, 50, *EDGES)), self.options(28, 24))

    def modify(self):
        side = self.rng.choice((b"B", b"S", b"T", b"E", b"?"))
        return codec.pack_modify_order(self.used(), side, self.rng.choice((50, 90, *EDGES)), self.options(25, 26, 28))

    def others(self):
        rng = self.rng
        firm = self.usually(self.mpid, b"XXXX")
        kind = rng.randrange(12)
        if kind == 0:
            return codec.pack_mass_cancel(self.next(), firm, rng.choice((b"", b"AAPL")).ljust(8), self.options(24, 27))
        if kind == 1:
            return codec.pack_disable_order_entry(self.next(), firm, self.options(28))
        if kind <= 4:
            return codec.pack_enable_order_entry(self.next(), firm, self.options(28))
        if kind <= 9:
            return codec.pack_account_query(self.options(28))
        if kind == 10:
            return rng.randbytes(rng.randrange(1, 60))
        return self.enter()[: rng.randrange(1, 50)]

    def message(self):
        (make,) = self.rng.choices(
            (self.enter, self.replace, self.cancel, self.modify, self.others), (60, 12, 12, 6, 10)
        )
        return make()


class Day:
    """The venue and its traders."""

    def __init__(self, seed, directory):
        self.rng = Random(seed)
        self.ignored = sha256()
        self.sent = sha256()
        self.letters = Counter()
        self.messages = self.slices = self.crowds = 0
        self.day = 0
        self.clock = Clock()
        self.machine = Machine(directory, self.note_ignored)
        self.journal = Journal(self.machine, Gate(is_open=True), None, self.clock, self.fail, *[lambda: None] * 3)
        self.command(reference.market_command(config.parse(config.sample())))
        self.next_day()
        self.traders = [Trader(self.rng, port) for port in self.machine.engine.ports.values()]

    def note_ignored(self, port, reason, message):
        self.ignored.update(repr((port.name, reason, message)).encode())

    @staticmethod
    def fail(error):
        raise error

    def command(self, command):
        assert self.journal.command(command) is None

    def next_day(self):
        """Take in what the streams hold, and open the next day, two minutes before after-hours trading begins."""
        self.take_streams()
        midnight = MIDNIGHT + self.day * 86_400 * SECOND
        self.clock.venue = midnight + (16 * 3600 - 120) * SECOND
        self.command(
            NextDay(DAYS[self.day], f"S{self.day}", dict.fromkeys(("nasdaq", "bx", "psx", "nordic"), midnight))
        )
        self.day += 1

    def take_streams(self):
        for endpoint, stream in zip(self.machine.ports, self.machine.streams, strict=True):
            assert stream.released == stream.length
            self.sent.update(stream.digest())
            if endpoint.port.entry.protocol == "ouch-5.0-us":
                self.letters.update(chr(stream.packet(number)[3]) for number in range(1, stream.count + 1))

    def stands(self, market, match_number):
        """Whether a trade is not broken."""
        return match_number not in self.machine.engine.markets[market].trades.broken

    def operate(self):
        """Do what an operator might."""
        rng = self.rng
        market, symbol = rng.choice(("nasdaq", "bx")), rng.choice(("AAPL", "ZWZZT"))
        last = self.machine.engine.markets[market].match_number
        trades = [number for number in range(max(last - 50, 0) + 1, last + 1) if self.stands(market, number)]
        kind = rng.randrange(6)
        if kind == 0:
            self.command(SetHalt(market, symbol, halted=True))
        elif kind <= 2:
            self.command(SetHalt(market, None, halted=False))
        elif kind == 3:
            self.command(SetPrices(symbol, {"last": rng.choice((1_900_000, None)), "outside_bid": None}))
        elif kind == 4 and trades:
            self.command(BustTrade(market, rng.choice(trades), rng.choice(list(BrokenTradeReason))))
        else:
            self.command(ReleasePort("IN30T1"))

    def work_off(self):
        """Do a slice of the mass cancels that are not done."""
        self.slices += 1
        self.journal.record(Kind.SLICE, 0, b"", self.clock.now())
        self.journal.commit()

    def step(self):
        """Let one trader send some messages, in pieces; each piece has its moment."""
        rng = self.rng
        if rng.random() < 0.02:
            self.operate()
        if self.machine.engine.mass_cancels and rng.random() < 0.3:
            self.work_off()
        trader = rng.choice(self.traders)
        if self.messages >= CROWD_EVERY * self.crowds and trader.is_free:
            self.crowds += 1
            messages = list(trader.crowd())
        else:
            messages = [trader.message() for _ in range(rng.choice((1, 1, 1, 2, 8)))]
        self.messages += len(messages)
        data = b"".join(unsequenced(message) for message in messages)
        cut = rng.randrange(len(data)) if rng.random() < 0.3 else 0
        for piece in (data[:cut], data[cut:]):
            self.clock.venue += rng.choice((0, 1, 1_000, 1_000_000, 5_000_000, 200_000_000))
            came = [event for event in trader.session.receive(piece, self.clock.venue) if isinstance(event, bytes)]
            while came:
                came = came[self.journal.messages(trader.index, came) :]
                if came:
                    self.work_off()
        assert trader.session.state is State.LOGGED_IN

    def run(self, messages):
        """Trade until so many messages were sent, over all the days, and a mass cancel took slices; gives what came."""
        while self.messages < messages or (not self.slices and self.messages < 4 * messages):
            self.step()
            if self.day < len(DAYS) and self.messages * len(DAYS) > messages * self.day:
                self.next_day()
        self.take_streams()
        return {
            "build": build.describe(),
            "messages": self.messages,
            "records": self.machine.number,
            "slices": self.slices,
            "state": self.machine.hash(),
            "streams": self.sent.hexdigest(),
            "ignored": self.ignored.hexdigest(),
            "snapshot": sha256(self.machine.snapshot()).hexdigest(),
            "letters": dict(sorted(self.letters.items())),
        }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        sys.stdout.write(json.dumps(Day(int(sys.argv[1]), Path(directory)).run(int(sys.argv[2]))) + "\n")
