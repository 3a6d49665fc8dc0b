"""A dialogue with the demo's Nordic ports: Nordic OUCH 5 goes in, what the ports say comes out as lines of text.

    nordic.enter("buy", 100, "100.00") == ["accepted 1: buy 100 101 at 100.0000 for GP29U1"]

Messages are written and read by the declarations, and whatever a port says must be the bytes that those would write.
"""

from decimal import Decimal

import demo
import msgspec

from engine.api import (
    BlockAccount,
    BrokenTradeReason,
    BustTrade,
    NextDay,
    ReleasePort,
    SetAccount,
    SetHalt,
    SetPhase,
    SetPort,
)
from ouch import nordic_messages as messages
from ouch.nordic_messages import NORDIC, OUT, decode, encode
from venue.machine import Machine
from venue.record import Kind, Record

SECOND = 1_000_000_000
MIDNIGHT = 1_795_132_800 * SECOND
"""2026-11-20, UTC."""
TODAY, TOMORROW = "2026-11-20", "2026-11-23"
OURS, GUARDED, THEIRS, EXCLUDED = "GP29O1", "GP29O2", "GP30O1", "GP31O1"
PORTS = (OURS, GUARDED, THEIRS, EXCLUDED)
USERS = {OURS: "GP29U5", GUARDED: "GP29U5", THEIRS: "GP30U1", EXCLUDED: "GP31U9"}
"""Of each port a user whom no account covers, or one that has no limits."""
SIDES = {"buy": "B", "sell": "S"}
SIDE_NAMES = {letter: name for name, letter in SIDES.items()}
TAGS = {option.name: tag for tag, option in NORDIC.options.items()}
PARTIES = {
    "execution_within_firm": 71,
    "investment_decision": 72,
    "client_id": 73,
    "party_role_qualifier": 0b111101,
    "capacity": "1",
    "algo_indicator": "H",
}
MARKET = "market"


def ticks(price):
    if price == MARKET:
        return 0x7FFF_FFFF
    return int(Decimal(price) * 10_000) if isinstance(price, str) else price


def money(price):
    return MARKET if price == 0x7FFF_FFFF else f"{price // 10_000}.{price % 10_000:04d}"


def line(said):
    """What a message says; its options stand last."""
    match said:
        case messages.SystemEvent():
            return "start of day" if said.event_code == "S" else "end of day"
        case messages.OrderAccepted() | messages.OrderReplaced():
            word = f"accepted {said.user_ref_num}"
            if isinstance(said, messages.OrderReplaced):
                word = f"replaced {said.orig_user_ref_num} by {said.user_ref_num}"
            what = f"{SIDE_NAMES[said.side]} {said.quantity} {said.order_book} at {money(said.price)}"
            text = f"{word}: {what} for {said.user}"
        case messages.OrderCanceled():
            return f"canceled {said.user_ref_num}: {said.quantity} {said.reason}"
        case messages.OrderExecuted():
            what = f"{said.quantity} at {money(said.price)} {said.liquidity_attributes:#04x}"
            return f"executed {said.user_ref_num}: {what}, trade {said.match_number}"
        case messages.BrokenTrade():
            return f"broken {said.user_ref_num}: trade {said.match_number} {said.reason}"
        case messages.Rejected():
            return f"rejected {said.user_ref_num}: 0x{said.reason:04X}"
        case messages.CancelRejected():
            return f"cancel rejected {said.user_ref_num}: 0x{said.reason:04X}"
        case messages.OrderRestated():
            text = f"restated {said.user_ref_num}: {said.reason}"
        case messages.AccountQueryResponse():
            return f"next {said.next_user_ref_num}"
        case messages.MarketMakerResponse():
            return f"instruction {said.user_ref_num}: {said.status}"
        case _:
            raise AssertionError(f"the port never says {said}")
    return text + "".join(f" {NORDIC.options[tag].name}={value}" for tag, value in said.options.items())


class NordicVenue:
    """The demo on an ordinary morning. What is asked returns what the asking port said."""

    def __init__(self, directory, profile=None):
        self.machine = Machine(directory, self._note)
        self.directory = directory
        self.records, self.ignored = [], []
        self.midnight, self.now = MIDNIGHT, MIDNIGHT + 10 * 3_600 * SECOND
        self.last, self.streams = {}, {}
        self.configure(profile)
        self.day(TODAY)
        for name in PORTS:
            assert self.said(name) == ["start of day"]

    # What operators do.

    def configure(self, profile=None):
        return self.do(demo.market(profile))

    def day(self, date=TOMORROW):
        self.last.clear()
        return self.do(
            NextDay(date, date.replace("-", ""), dict.fromkeys(("nasdaq", "bx", "psx", "nordic"), self.midnight))
        )

    def halt(self, book="101", *, halted=True):
        return self.do(SetHalt("nordic", book, halted))

    def phase(self, phase, book="101"):
        return self.do(SetPhase("nordic", book, phase))

    def bust(self, match, reason=BrokenTradeReason.ERRONEOUS):
        return self.do(BustTrade("nordic", match, reason))

    def block(self, account, *, blocked=True):
        return self.do(BlockAccount(account, blocked))

    def set_account(self, account, **how):
        return self.do(SetAccount(account, **how))

    def set_port(self, port, **how):
        return self.do(SetPort(port, **how))

    def release(self, port):
        return self.do(ReleasePort(port))

    def do(self, command):
        return self.apply(Kind.COMMAND, 0, msgspec.msgpack.encode(command))

    def wait(self, seconds):
        self.now += int(seconds * SECOND)
        self.apply(Kind.TIMER, 0, b"")

    # What a client sends.

    def enter(self, side="buy", quantity=100, at="100.00", *, by=OURS, number=None, book=101, user=None, **rest):
        """Fields of those behind the order go by their names, and so do options."""
        parties = {name: rest.pop(name, value) for name, value in PARTIES.items()}
        options = {TAGS[name]: value for name, value in rest.items()}
        order = messages.EnterOrder(
            user_ref_num=self.number(by, number),
            side=SIDES.get(side, side),
            quantity=quantity,
            order_book=book,
            price=ticks(at),
            user=USERS[by] if user is None else user,
            options=options,
            **parties,
        )
        return self.send(encode(order), by)

    def replace(self, original, quantity=100, at="100.00", *, by=OURS, number=None, user=None, **options):
        options = {TAGS[name]: value for name, value in options.items()}
        user = USERS[by] if user is None else user
        number = self.number(by, number)
        return self.send(encode(messages.ReplaceOrder(original, number, quantity, ticks(at), user, options)), by)

    def cancel(self, number, to=0, *, by=OURS, user=None):
        return self.send(encode(messages.CancelOrder(number, to, USERS[by] if user is None else user)), by)

    def query(self, by=OURS):
        return self.send(encode(messages.AccountQuery()), by)

    def send(self, message, by=OURS):
        self.apply(Kind.MESSAGE, self.index(by), message)
        return self.said(by)

    def number(self, by, number):
        number = self.last.get(by, 0) + 1 if number is None else number
        self.last[by] = max(self.last.get(by, 0), number)
        return number

    # What the ports say.

    def said(self, port=OURS):
        """What the port said since it was last listened to."""
        return [line(record) for record in self.heard(port)]

    def heard(self, port=OURS):
        """The same as decoded messages."""
        return [decode(OUT, message) for message in self.spoken(port)]

    def spoken(self, port=OURS):
        """The same as bytes, which must be those that the declarations would write."""
        present = self.machine.streams[self.index(port)]
        stream, count = self.streams.get(port, (present, 0))
        packets = [stream.packet(number) for number in range(count + 1, stream.count + 1)]
        if stream is not present:
            packets += [present.packet(number) for number in range(1, present.count + 1)]
        self.streams[port] = present, present.count
        for packet in packets:
            assert packet[:3] == (len(packet) - 2).to_bytes(2, "big") + b"S"
            assert encode(decode(OUT, packet[3:])) == packet[3:]
        return [packet[3:] for packet in packets]

    def index(self, port):
        return self.machine.engine.ports[port].index

    # The machinery.

    def apply(self, kind, port, payload):
        record = Record(kind, port, self.now, self.now, payload)
        self.records.append(record)
        return self.machine.apply(record)

    def _note(self, port, why, message):
        self.ignored.append((port.name, why, message))
