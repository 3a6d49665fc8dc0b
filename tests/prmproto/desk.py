"""A dialogue with the demo's PRM ports: requests go in by their names, answers come out decoded.

    desk.settings(block="B") == [AccountSettingsResponse(1, "GP29PR", 0, "N", "N", "N", "N", "B")]

Messages are written and read by the declarations, and whatever a port says must be the bytes that those would write.
What a request does not name, it keeps.
"""

from pathlib import Path

import demo
import msgspec

from engine.api import NextDay
from engine.risk.counters import CurrencyState
from ouch import nordic_codec as ouch
from prmproto import extension, messages
from prmproto.messages import LIMITS, OUT, PRM, decode, encode
from venue.machine import Machine
from venue.record import Kind, Record

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
MIDNIGHT = 1_795_132_800 * SECOND
TODAY, TOMORROW = "2026-11-20", "2026-11-23"
ADMIN, VIEWER, OTHER, ORDERS = "GP29A1", "GP29A2", "GP31A1", "GP29O1"
MARKETS = ("nasdaq", "bx", "psx", "nordic")
PARTIES = 71, 72, 73, 0b111101, b"1", b"H"
MORNING = 10 * 3_600 * SECOND


class Desk:
    """The demo on an ordinary morning, with every PRM port logged in. What is asked returns what the port said."""

    def __init__(self, directory: Path, profile=None, logged_in=(ADMIN, VIEWER, OTHER)):
        self.directory = directory
        self.records, self.ignored = [], []
        self.machine = Machine(directory, lambda port, why, message: self.ignored.append((port.name, why, message)))
        self.now = MIDNIGHT + MORNING
        self.numbers, self.heard_of, self.order = {}, {}, 0
        self.do(demo.market(profile))
        self.day(TODAY)
        for name in logged_in:
            self.log_in(name)

    # The venue.

    def day(self, date=TOMORROW):
        self.numbers.clear()
        return self.do(NextDay(date, date.replace("-", ""), dict.fromkeys(MARKETS, self.now - MORNING)))

    def do(self, command):
        return self.apply(Kind.COMMAND, 0, msgspec.msgpack.encode(command))

    def wait(self, seconds):
        self.now += int(seconds * SECOND)

    def log_in(self, name=ADMIN):
        self.apply(Kind.LOGIN, self.index(name), b"")
        return self.said(name)

    def leave(self, name=ADMIN):
        self.apply(Kind.DISCONNECT, self.index(name), b"")

    def tick(self, name=ADMIN):
        """The port's timer, which makes a record only where a look through the accounts finds what is to be told."""
        port = self.machine.ports[self.index(name)]
        is_due, place = port.counters.look(0, self.now)
        while place and not is_due:
            is_due, place = port.counters.look(place, self.now)
        if is_due and port.logged_in:
            self.apply(Kind.SESSION_TIMER, self.index(name), b"")
        return self.said(name)

    def account(self, name="GP29PR"):
        return self.machine.engine.prm.accounts[name]

    def count(self, name="GP29PR", currency="SEK", **values):
        """Let an account have traded or open this much, in 1/10,000 of the currency."""
        state = self.account(name).currencies.setdefault(currency, CurrencyState(currency))
        for counter, value in values.items():
            setattr(state, counter, value)

    def enter(self, quantity=100, price=1_000_000, *, side=b"B", book=101, user="GP29U1", by=ORDERS):
        """An order of a member: its answer is the letter of the first message."""
        self.order += 1
        message = ouch.pack_enter_order(self.order, side, quantity, book, price, user.encode().ljust(6), *PARTIES, b"")
        self.apply(Kind.MESSAGE, self.index(by), message)
        return self.order

    def open_orders(self, port=ORDERS):
        return sorted(self.machine.engine.ports[port].orders)

    # Requests of the base protocol.

    def settings(self, account="GP29PR", *, repeated=-1, switches="????", block="?", by=ADMIN, number=None):
        request = messages.ModifyAccountSettings(self.number(by, number), account, repeated, *switches, block)
        return self.send(request, by)

    def book(self, state="A", book=101, account="GP29PR", *, by=ADMIN, number=None):
        return self.send(messages.ModifyOrderBookRestriction(self.number(by, number), account, book, state), by)

    def segment(self, state="A", segment=100, account="GP29PR", *, by=ADMIN, number=None):
        return self.send(messages.ModifySegmentRestriction(self.number(by, number), account, segment, state), by)

    def limits(self, account="GP29PR", currency="SEK", *, by=ADMIN, number=None, **limits):
        values = dict.fromkeys(LIMITS, -1) | {"reserved": 0} | limits
        return self.send(messages.ModifyLimitSettings(self.number(by, number), account, currency, **values), by)

    def currency(self, account="GP29PR", currency="SEK", *, lock="?", blow_through="?", by=ADMIN, number=None):
        number = self.number(by, number)
        return self.send(messages.ModifyAccountCurrency(number, account, currency, lock, blow_through), by)

    def query(self, by=ADMIN):
        return self.send(messages.AccountQuery(), by)

    # Requests of the extension.

    def hello(self, by=ADMIN, major=1, minor=0, features=31):
        return self.send(extension.Hello(9, major, minor, features), by)

    def ask(self, record, *rest, by=ADMIN, request=5):
        """A query; its answer without the End of Reply, whose status and count must be what there is."""
        *entries, end = self.send(record(request, *rest), by)
        assert isinstance(end, extension.EndOfReply)
        assert (end.request, end.count, end.status) == (request, len(entries), 0)
        return entries

    def refused(self, record, *rest, by=ADMIN):
        """The status of a query that is refused."""
        (end,) = self.send(record(5, *rest), by)
        assert (end.request, end.count) == (5, 0)
        return end.status

    def cancel(self, account="GP29PR", scope="A", book=0, *, by=ADMIN, number=None):
        return self.send(extension.CancelOrders(self.number(by, number), account, scope, book), by)

    def number(self, by, number):
        number = self.numbers.get(by, 0) + 1 if number is None else number
        self.numbers[by] = max(self.numbers.get(by, 0), number)
        return number

    def send(self, record, by=ADMIN):
        return self.send_bytes(encode(record), by)

    def send_bytes(self, message, by=ADMIN):
        self.apply(Kind.MESSAGE, self.index(by), message)
        return self.said(by)

    # What ports say.

    def said(self, name=ADMIN):
        """What a port said since it was last listened to."""
        stream = self.machine.streams[self.index(name)]
        before, count = self.heard_of.get(name, (stream, 0))
        packets = [stream.packet(number) for number in range(1 + count * (stream is before), stream.count + 1)]
        self.heard_of[name] = stream, stream.count
        for packet in packets:
            assert packet[:3] == (len(packet) - 2).to_bytes(2, "big") + b"S"
            assert encode(decode(OUT, packet[3:])) == packet[3:]
            assert len(packet) - 3 == PRM.by_letter[OUT, chr(packet[3])].fixed
        return [decode(OUT, packet[3:]) for packet in packets]

    def index(self, port):
        return self.machine.engine.ports[port].index

    def apply(self, kind, port, payload):
        record = Record(kind, port, self.now, self.now, payload)
        self.records.append(record)
        return self.machine.apply(record)

    def streams(self):
        return [stream.digest() for stream in self.machine.streams]
