"""A dialogue with the demo venue: RASHport bytes go in, what the ports say comes out, decoded and as lines of text.

    venue.enter("buy", 100, "10.00") == ["accepted T1: buy 100 ZWZZT at 10.00"]

Tokens are T1, T2, T3… on each port, unless a test gives one. Messages are written and read by the declarations, not by
the server's codec, and whatever a port says must be the very bytes that the declarations would write.
"""

from decimal import Decimal

import demo
import msgspec
import pytest

from engine.api import BrokenTradeReason, BustTrade, CrossStage, NextDay, Phase, RuleEntry, SetPhase, SetPrices
from rash.messages import IN, OUT, RASH, RASH_10
from venue import config
from venue.machine import Machine
from venue.record import Kind, Record

SECOND = 1_000_000_000
MIDNIGHT = 1_795_150_800 * SECOND
TODAY = "2026-11-20"
SIDES = {"buy": "B", "sell": "S", "short": "T", "exempt": "E"}
SIDE_NAMES = {letter: name for name, letter in SIDES.items()}
PLAIN = {
    "time_in_force": 99_998,
    "firm": "",
    "display": "Y",
    "minimum_quantity": 0,
    "max_floor": 0,
    "peg_type": "N",
    "peg_sign": "+",
    "peg_difference": 0,
    "discretion_price": 0,
    "discretion_peg_type": "N",
    "discretion_sign": "+",
    "discretion_difference": 0,
    "capacity": "A",
    "random_reserve": 0,
    "route": "",
    "customer_id": "",
    "intermarket_sweep": "N",
    "cross_type": "N",
    "customer_type": "",
    "trade_now": "",
    "shares_located": "",
}
PRICES = ("price", "peg_difference", "discretion_price", "discretion_difference")


def ticks(price):
    return int(Decimal(price) * 10_000) if isinstance(price, str) else price


def dollars(price):
    digits = f"{price % 10_000:04d}"
    return f"{price // 10_000}.{digits[:2]}{digits[2:].rstrip('0')}"


def line(record):
    """What a message says, as one line."""
    match type(record).__name__:
        case "SystemEvent":
            return "start of day" if record.event_code == "S" else "end of day"
        case "Accepted" | "AcceptedWithCross":
            word = "accepted" if type(record).__name__ == "Accepted" else "accepted with cross"
            side = SIDE_NAMES[record.side]
            return f"{word} {record.token}: {side} {record.shares} {record.symbol} at {dollars(record.price)}"
        case "Canceled":
            return f"canceled {record.token}: {record.shares} {record.reason}"
        case "Executed":
            what = f"{record.shares} at {dollars(record.price)} {record.liquidity}"
            return f"executed {record.token}: {what}, trade {record.match_number}"
        case "BrokenTrade":
            return f"broken {record.token}: trade {record.match_number} {record.reason}"
        case "Rejected":
            return f"rejected {record.token}: {record.reason}"
    raise AssertionError(record)


class Venue:
    """The demo venue on an ordinary morning, 10:00. What is asked returns what the asking port said."""

    PORT = "INRS01"
    OLD = "INRS02"
    OTHER = "AK01R1"

    def __init__(self, directory, options="", rules="", keys="", locate=False):
        self.machine = Machine(directory, self._note)
        self.records, self.ignored = [], []
        self.now = MIDNIGHT + 10 * 3600 * SECOND
        self.last, self.heard = {}, {}
        self.configure(options, rules, keys, locate=locate)
        self.day(TODAY)
        for name in (self.PORT, self.OLD, self.OTHER):
            assert self.said(name) == ["start of day"]

    # What operators do.

    def configure(self, options="", rules="", keys="", *, locate=False):
        """Put the demo in force with a second 1.1 port; keys of [port.rash] and of [[port]] for INET's, and rules.

        `locate` is for its 1.1 port.
        """
        text = config.sample()
        for name in ("INRS01", "INRS02"):
            table = f'name = "{name}"\n'
            place = text.index("password", text.index(table))
            end = text.index("\n", place) + 1
            own = f"{options}\nlocate = true" if locate and name == self.PORT else options
            text = text[:end] + keys + (f"[port.rash]\n{own}\n" if own else "") + text[end:]
        other = '[[port]]\nname = "AK01R1"\nmpid = "AKAM"\nservice = "rash.nasdaq"\npassword = "NTFTEST"\n\n'
        text = text.replace("# The members of Nordic markets", f"{other}# The members of Nordic markets", 1)
        self.command = demo.market(text + rules)
        self.do(self.command)

    def rule(self, kind, symbols=(), port=None, **settings):
        """Add a rule of INET's at NASDAQ."""
        entry = RuleEntry(kind, kind, "NASDAQ", "INET", port, symbols, settings)
        self.command = msgspec.structs.replace(self.command, rules=(*self.command.rules, entry))
        self.do(self.command)

    def day(self, date):
        self.last.clear()
        self.do(NextDay(date, date.replace("-", ""), dict.fromkeys(("nasdaq", "bx", "psx", "nordic"), MIDNIGHT)))

    def phase(self, phase, symbol="ZWZZT", stage="OPEN"):
        self.do(SetPhase("nasdaq", symbol, Phase[phase], stage=CrossStage[stage]))

    def bust(self, match, reason=BrokenTradeReason.ERRONEOUS):
        self.do(BustTrade("nasdaq", match, reason))

    def prices(self, symbol="ZWZZT", **prices):
        self.do(SetPrices(symbol, {name: ticks(price) for name, price in prices.items()}))

    def do(self, command):
        refused = self.apply(Kind.COMMAND, 0, msgspec.msgpack.encode(command))
        assert refused is None, refused

    def wait(self, seconds):
        self.now += int(seconds * SECOND)

    def timer(self):
        self.apply(Kind.TIMER, 0, b"")

    # What a client sends.

    def protocol(self, by):
        return RASH_10 if by == self.OLD else RASH

    def message(self, letter, by=PORT, **fields):
        """A client's message by the declarations."""
        layout = self.protocol(by).by_letter[IN, letter]
        wanted = {field.name for field in layout.fields}
        return self.protocol(by).encode(layout.record(**{key: fields[key] for key in fields if key in wanted}))

    def enter(self, side="buy", shares=100, at="10.00", symbol="ZWZZT", *, by=PORT, token=None, length=None, **rest):
        """An order; it is sent with Cross where it says something that only stands there."""
        if token is None:
            self.last[by] = self.last.get(by, 0) + 1
            token = f"T{self.last[by]}"
        letter = rest.pop("letter", "Q" if {"intermarket_sweep", "cross_type"} & rest.keys() else "O")
        fields = PLAIN | {"token": token, "side": SIDES.get(side, side), "shares": shares, "symbol": symbol}
        fields |= {"price": at, **rest}
        fields |= {name: ticks(fields[name]) for name in PRICES}
        most = {"INRS02": 0}.get(by, 0) or (length or len(self.message(letter, by, **fields)) - (by != self.OLD))
        return self.send(self.message(letter, by, **fields)[:most], by)

    def cancel(self, token, to=0, *, by=PORT):
        return self.send(self.message("X", by, token=token, shares=to), by)

    def send(self, message, by=PORT):
        self.apply(Kind.MESSAGE, self.index(by), message)
        return self.said(by)

    # What the ports say.

    def said(self, port=PORT):
        """What the port said since it was last listened to."""
        return [line(record) for record in self.told(port)]

    def told(self, port=PORT):
        """The same as decoded messages."""
        protocol, found = self.protocol(port), []
        for message in self.spoken(port):
            found.append(protocol.decode(OUT, message))
            assert protocol.encode(found[-1]) == message
        return found

    def spoken(self, port=PORT):
        """The same as bytes, out of their frames."""
        present = self.machine.streams[self.index(port)]
        stream, count = self.heard.get(port, (present, 0))
        packets = [stream.packet(number) for number in range(count + 1, stream.count + 1)]
        if stream is not present:
            packets += [present.packet(number) for number in range(1, present.count + 1)]
        self.heard[port] = present, present.count
        if port == self.OLD:
            assert all(packet[:1] == b"S" and packet.endswith(b"\n") for packet in packets)
            return [packet[1:-1] for packet in packets]
        assert all(packet[:3] == (len(packet) - 2).to_bytes(2, "big") + b"S" for packet in packets)
        return [packet[3:] for packet in packets]

    def index(self, port):
        return self.machine.engine.ports[port].index

    def endpoint(self, port=PORT):
        return self.machine.ports[self.index(port)]

    def why(self, port=PORT):
        """Why the port last refused."""
        return self.endpoint(port).refusal.reason.name

    def apply(self, kind, port, payload):
        record = Record(kind, port, self.now, self.now, payload)
        self.records.append(record)
        return self.machine.apply(record)

    def _note(self, port, why, message):
        self.ignored.append((port.name, why, message))


@pytest.fixture(scope="session")
def new_venue(tmp_path_factory):
    directory = tmp_path_factory.mktemp("venue")
    return lambda *given, **named: Venue(directory, *given, **named)


@pytest.fixture
def venue(new_venue):
    return new_venue()
