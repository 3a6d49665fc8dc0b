"""A dialogue with the demo venue: OUCH bytes go in, what the ports say comes out, decoded and as lines of text.

    venue.enter("buy", 100, "10.00") == ["accepted 1: buy 100 ZWZZT at 10.00"]

A `Venue` numbers what it sends 1, 2, 3… on each port and channel; a test that is about numbers gives them itself.
Prices are dollars as text or ticks as numbers. An option is given by its name or, under `options`, by its tag.

Messages are written and read by the declarations, not by the server's codec, and whatever a port says must be the very
bytes that the declarations would write: the rules of framing and appendage hold for every message of every test.
"""

import sys
from decimal import Decimal
from pathlib import Path

import demo
import msgspec
import pytest

from engine.api import BrokenTradeReason, BustTrade, NextDay, ReleasePort, SetHalt, SetPhase, SetPrices
from ouch import messages
from ouch.messages import OUCH, OUT, decode, encode
from venue import config
from venue.machine import Machine
from venue.record import Kind, Record

sys.path.append(str(Path(__file__).parent))  # test modules cannot import each other by package here
pytest.register_assert_rewrite("nordic_venue")

SECOND = 1_000_000_000
MIDNIGHT = 1_795_150_800 * SECOND
TODAY = "2026-11-20"
SIDES = {"buy": "B", "sell": "S", "short": "T", "exempt": "E"}
SIDE_NAMES = {letter: name for name, letter in SIDES.items()}
MARKET = "market"
TAGS = {option.name: tag for tag, option in OUCH.options.items()} | {"idx": 28}


def ticks(price):
    if price == MARKET:
        return 0x7FFF_FFFF
    return int(Decimal(price) * 10_000) if isinstance(price, str) else price


def dollars(price):
    if price == 0x7FFF_FFFF:
        return MARKET
    whole, fraction = divmod(price, 10_000)
    digits = f"{fraction:04d}"
    return f"{whole}.{digits[:2]}{digits[2:].rstrip('0')}"


def time_of_day(text):
    """HH:MM[:SS[.fraction]] as nanoseconds since midnight."""
    hours, minutes, *seconds = text.split(":")
    return int((int(hours) * 3600 + int(minutes) * 60 + Decimal(seconds[0] if seconds else 0)) * SECOND)


def line(record):
    """What a message says, as one line; its options stand last, `tag=value`."""
    match record:
        case messages.SystemEvent():
            return "start of day" if record.event_code == "S" else "end of day"
        case messages.OrderAccepted() | messages.OrderReplaced():
            word = f"accepted {record.user_ref_num}"
            if isinstance(record, messages.OrderReplaced):
                word = f"replaced {record.orig_user_ref_num} by {record.user_ref_num}"
            said = f"{word}: {SIDE_NAMES[record.side]} {record.quantity} {record.symbol} at {dollars(record.price)}"
            if record.order_state == "D":
                said += ", dead"
        case messages.OrderCanceled():
            said = f"canceled {record.user_ref_num}: {record.quantity} {record.reason}"
        case messages.AIQCanceled():
            what = f"{record.quantity_prevented} at {dollars(record.execution_price)} {record.liquidity_flag}"
            gone = f"{record.decrement_shares} {record.reason} {record.aiq_strategy}"
            said = f"aiq canceled {record.user_ref_num}: {gone}, {what}"
        case messages.CancelPending():
            said = f"cancel pending {record.user_ref_num}"
        case messages.CancelReject():
            said = f"cancel rejected {record.user_ref_num}"
        case messages.OrderRestated():
            said = f"restated {record.user_ref_num}: {record.reason}"
        case messages.OrderExecuted():
            what = f"{record.quantity} at {dollars(record.price)} {record.liquidity_flag}"
            said = f"executed {record.user_ref_num}: {what}, trade {record.match_number}"
        case messages.BrokenTrade():
            said = f"broken {record.user_ref_num}: trade {record.match_number} {record.reason}"
        case messages.Rejected():
            said = f"rejected {record.user_ref_num}: 0x{record.reason:04X}"
        case messages.OrderModified():
            said = f"modified {record.user_ref_num}: {SIDE_NAMES[record.side]} {record.quantity}"
        case messages.MassCancelResponse():
            said = f"mass canceled {record.user_ref_num}: {record.firm} {record.symbol or 'all'}"
        case messages.DisableOrderEntryResponse():
            said = f"disabled {record.user_ref_num}: {record.firm}"
        case messages.EnableOrderEntryResponse():
            said = f"enabled {record.user_ref_num}: {record.firm}"
        case messages.AccountQueryResponse():
            said = f"next {record.next_user_ref_num}"
        case _:
            raise AssertionError(f"the port never says {record}")
    return said + "".join(f" {tag}={value}" for tag, value in record.options.items())


class Venue:
    """The demo venue on an ordinary morning, 10:00. What is asked returns what the asking port said."""

    PORT = "IN19T6"
    OTHER = "AK01T1"
    RISK = "IN30T1"
    EVERY = ("IN19T6", "IN24T4", "IN30T1", "AK01T1", "IN21T7", "AK21T1", "IN20T9", "AK20T1")

    def __init__(self, directory, profile=None, *, opened=True):
        self.directory = directory
        self.machine = Machine(directory, self._note)
        self.records = []
        self.ignored = []
        self.now = self.midnight = MIDNIGHT
        self.clock("10:00")
        self.last = {}
        self.streams = {}
        self.configure(profile)
        if opened:
            self.day(TODAY)
            for name in self.EVERY:
                assert self.said(name) == ["start of day"]

    # What operators do.

    def configure(self, profile=None):
        """Put a configuration file in force, the demo's unless another is given."""
        return self.do(demo.market(profile))

    def delist(self, symbol):
        """Put the demo's configuration in force, but without a symbol."""
        tables = config.sample().split("[[symbol]]")
        kept = [table for table in tables if f'symbol = "{symbol}"' not in table]
        assert len(kept) == len(tables) - 1
        return self.configure("[[symbol]]".join(kept))

    def day(self, date, midnight=None):
        self.midnight = self.midnight if midnight is None else midnight
        self.last.clear()
        return self.do(
            NextDay(date, date.replace("-", ""), dict.fromkeys(("nasdaq", "bx", "psx", "nordic"), self.midnight))
        )

    def halt(self, symbol="ZWZZT", market="nasdaq", *, halted=True):
        return self.do(SetHalt(market, symbol, halted))

    def phase(self, phase, symbol="ZWZZT", market="nasdaq", **how):
        self.do(SetPhase(market, symbol, phase, **how))

    def bust(self, match, reason=BrokenTradeReason.ERRONEOUS, market="nasdaq"):
        return self.do(BustTrade(market, match, reason))

    def release(self, port):
        return self.do(ReleasePort(port))

    def prices(self, symbol, **prices):
        return self.do(SetPrices(symbol, {name: ticks(price) for name, price in prices.items()}))

    def do(self, command):
        return self.apply(Kind.COMMAND, 0, msgspec.msgpack.encode(command))

    # Time.

    def clock(self, text):
        """Set the time of day; nothing happens yet."""
        self.now = self.midnight + time_of_day(text)

    def wait(self, seconds=0, nanoseconds=0):
        self.now += int(seconds * SECOND) + nanoseconds

    def timer(self):
        """Let the venue look at its clock."""
        self.apply(Kind.TIMER, 0, b"")

    # What a client sends.

    def enter(self, side="buy", quantity=100, at="10.00", symbol="ZWZZT", *, by=PORT, number=None, label="", **rest):
        """`appendage` gives the options as bytes; letters of the fixed part go by their names in the declaration."""
        fields = {name: rest.pop(name, letter) for name, letter in self.LETTERS.items()}
        appendage = rest.pop("appendage", b"")
        options = self.options(rest)
        order = messages.EnterOrder(
            user_ref_num=self.number(by, options, number),
            side=SIDES.get(side, side),
            quantity=quantity,
            symbol=symbol,
            price=ticks(at),
            cl_ord_id=label,
            options=options,
            **fields,
        )
        return self.send(with_appendage(encode(order), appendage), by)

    LETTERS = {  # noqa: RUF012 - read only
        "time_in_force": "0",
        "display": "Y",
        "capacity": "A",
        "intermarket_sweep": "N",
        "cross_type": "N",
    }

    def replace(self, original, quantity=100, at="10.00", *, side=None, by=PORT, number=None, label="", **rest):
        names = ("time_in_force", "display", "intermarket_sweep")
        fields = {name: rest.pop(name, self.LETTERS[name]) for name in names}
        appendage = rest.pop("appendage", b"")
        options = self.options(rest, side)
        request = messages.ReplaceOrder(
            orig_user_ref_num=original,
            user_ref_num=self.number(by, options, number),
            quantity=quantity,
            price=ticks(at),
            cl_ord_id=label,
            options=options,
            **fields,
        )
        return self.send(with_appendage(encode(request), appendage), by)

    def cancel(self, number, to=0, *, by=PORT, **options):
        return self.send(encode(messages.CancelOrder(number, to, self.options(options))), by)

    def modify(self, number, side="sell", to=100, *, by=PORT, **options):
        request = messages.ModifyOrder(number, SIDES.get(side, side), to, self.options(options))
        return self.send(encode(request), by)

    def mass_cancel(self, symbol="", *, firm="INET", side=None, by=PORT, number=None, **options):
        options = self.options(options, side)
        number = self.number(by, options, number)
        return self.send(encode(messages.MassCancel(number, firm, symbol, options)), by)

    def disable(self, *, firm="INET", by=PORT, number=None, **options):
        options = self.options(options)
        number = self.number(by, options, number)
        return self.send(encode(messages.DisableOrderEntry(number, firm, options)), by)

    def enable(self, *, firm="INET", by=PORT, number=None, **options):
        options = self.options(options)
        number = self.number(by, options, number)
        return self.send(encode(messages.EnableOrderEntry(number, firm, options)), by)

    def query(self, *, by=PORT, **options):
        return self.send(encode(messages.AccountQuery(self.options(options))), by)

    def send(self, message, by=PORT):
        self.apply(Kind.MESSAGE, self.index(by), message)
        return self.said(by)

    @staticmethod
    def options(named, side=None):
        options = dict(named.pop("options", {}))
        options |= {TAGS[name]: value for name, value in named.items()}
        return options if side is None else options | {27: SIDES.get(side, side)}

    def number(self, by, options, number):
        sequence = by, options.get(28, 0)
        number = self.last.get(sequence, 0) + 1 if number is None else number
        self.last[sequence] = max(self.last.get(sequence, 0), number)
        return number

    # What the ports say.

    def said(self, port=PORT):
        """What the port said since it was last listened to."""
        return [line(record) for record in self.heard(port)]

    def heard(self, port=PORT):
        """The same as decoded messages."""
        return [decode(OUT, message) for message in self.spoken(port)]

    def spoken(self, port=PORT):
        """The same as bytes, which must be those that the declarations would write."""
        index = self.index(port)
        present = self.machine.streams[index]
        stream, count = self.streams.get(port, (present, 0))
        packets = [stream.packet(number) for number in range(count + 1, stream.count + 1)]
        if stream is not present:
            packets += [present.packet(number) for number in range(1, present.count + 1)]
        self.streams[port] = present, present.count
        for packet in packets:
            assert packet[:3] == (len(packet) - 2).to_bytes(2, "big") + b"S"
            assert encode(decode(OUT, packet[3:])) == packet[3:]
        return [packet[3:] for packet in packets]

    def silent(self, *ports):
        """Whether none of these ports (or none at all) has said anything new."""
        return not any(self.spoken(name) for name in ports or self.EVERY)

    def index(self, port):
        return self.machine.engine.ports[port].index

    # The machinery.

    def apply(self, kind, port, payload):
        record = Record(kind, port, self.now, self.now, payload)
        self.records.append(record)
        return self.machine.apply(record)

    def _note(self, port, why, message):
        self.ignored.append((port.name, why, message))


def with_appendage(message, appendage):
    if not appendage:
        return message
    assert message.endswith(b"\0\0"), "options by name or as bytes, not both"
    return message[:-2] + len(appendage).to_bytes(2, "big") + appendage


@pytest.fixture(scope="session")
def new_venue(tmp_path_factory):
    """Makes venues; of the session's scope, so that tests of many examples may take it."""
    directory = tmp_path_factory.mktemp("venue")
    return lambda *given, **named: Venue(directory, *given, **named)


@pytest.fixture
def venue(new_venue):
    return new_venue()


@pytest.fixture
def nordic(tmp_path):
    """The demo's Nordic ports, see `nordic_venue`."""
    from nordic_venue import NordicVenue  # noqa: PLC0415 - found through the line at the top

    return NordicVenue(tmp_path)
