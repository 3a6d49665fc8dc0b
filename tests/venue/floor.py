"""A machine that tests of explanations trade on: it keeps its records, so that its last one can be explained.

floor.enter(quantity=5_001)          what the port said, decoded
floor.explain()                      that record, explained by a replay of all before it
floor.instead(message)               what would have been said to another message in its place
"""

import demo
import msgspec

from engine.api import NextDay
from ouch import messages
from ouch.messages import IN, OUCH, OUT, decode, encode
from venue.explain.replay import Look
from venue.machine import Machine
from venue.record import Kind, Record

SECOND = 1_000_000_000
MIDNIGHT = 1_795_150_800 * SECOND
MORNING = MIDNIGHT + 10 * 3_600 * SECOND
EVENING = MIDNIGHT + 17 * 3_600 * SECOND
DAYS = ("2026-11-20", "2026-11-23")
MARKETS = ("nasdaq", "bx", "psx", "nordic")
ENTER = {
    "user_ref_num": 1,
    "side": "B",
    "quantity": 100,
    "symbol": "ZWZZT",
    "price": 100_000,
    "time_in_force": "0",
    "display": "Y",
    "capacity": "A",
    "intermarket_sweep": "N",
    "cross_type": "N",
    "cl_ord_id": "",
    "options": {},
}
REPLACE = {
    "orig_user_ref_num": 1,
    "user_ref_num": 2,
    "quantity": 100,
    "price": 100_000,
    "time_in_force": "0",
    "display": "Y",
    "intermarket_sweep": "N",
    "cl_ord_id": "",
    "options": {},
}
TAGS = {option.name: tag for tag, option in OUCH.options.items()}


class Floor:
    """The demo's machine, or that of other rules, on a morning."""

    PORT = "IN30T1"

    def __init__(self, folder, rules=None):
        self.folder = folder
        self.machine = Machine(folder)
        self.records = []
        self.now = MORNING
        self.day = iter(DAYS)
        self.command = demo.market()
        if rules is not None:
            self.command = msgspec.structs.replace(self.command, rules=tuple(rules))
        self.do(self.command)
        self.next_day()

    def do(self, command):
        return self.apply(Kind.COMMAND, 0, msgspec.msgpack.encode(command))

    def next_day(self):
        day = next(self.day)
        return self.do(NextDay(day, day.replace("-", ""), dict.fromkeys(MARKETS, MIDNIGHT)))

    def apply(self, kind, port, payload):
        self.records.append(Record(kind, port, self.now, self.now, payload))
        return self.machine.apply(self.records[-1])

    def index(self, port):
        return self.machine.engine.ports[port].index

    def send(self, message, port=PORT):
        """What the port says to a message, decoded."""
        index = self.index(port)
        before = self.machine.streams[index].count
        self.apply(Kind.MESSAGE, index, message)
        return heard(self.machine, index, before)

    def enter(self, port=PORT, appendage=b"", **fields):
        options = {TAGS[name]: value for name, value in fields.pop("options", {}).items()}
        return self.send(
            with_appendage(encode(messages.EnterOrder(**{**ENTER, **fields, "options": options})), appendage), port
        )

    def replace(self, port=PORT, **fields):
        options = {TAGS[name]: value for name, value in fields.pop("options", {}).items()}
        return self.send(encode(messages.ReplaceOrder(**{**REPLACE, **fields, "options": options})), port)

    def query(self, port=PORT, times=1):
        for _ in range(times):
            self.send(encode(messages.AccountQuery({})), port)

    # Looking back.

    def before(self):
        """Another machine, at the record before the last."""
        machine = Machine(self.folder)
        for record in self.records[:-1]:
            machine.apply(record)
        return machine

    def look(self):
        """The last record looked into, by a machine that ends up where this one is."""
        look = Look(self.before(), self.records[-1])
        look.take()
        assert look.machine.hash() == self.machine.hash()
        return look

    def explain(self):
        return self.look().explanation()

    def instead(self, message, *commands):
        """What would have been said to another message in the place of the last, after some commands."""
        machine, (_, port, *times, _) = self.before(), self.records[-1]
        for command in commands:
            machine.apply(Record(Kind.COMMAND, 0, *times, msgspec.msgpack.encode(command)))
        before = machine.streams[port].count
        machine.apply(Record(Kind.MESSAGE, port, *times, message))
        return heard(machine, port, before)

    def last(self):
        """The last record's message."""
        return self.records[-1].payload


def heard(machine, port, before):
    """What a port has said since, decoded."""
    stream = machine.streams[port]
    return [decode(OUT, stream.packet(number)[3:]) for number in range(before + 1, stream.count + 1)]


def with_appendage(message, appendage):
    if not appendage:
        return message
    assert message.endswith(b"\0\0"), "options by name or as bytes, not both"
    return message[:-2] + len(appendage).to_bytes(2, "big") + appendage


def changed(message, changes):
    """A message with changes made as an explanation's JSON tells them: `[{"field", "value", …}]`."""
    record = decode(IN, message)
    fields = {name: getattr(record, name) for name in record.__dataclass_fields__}
    options, appendage = dict(fields.pop("options")), None
    for change in changes:
        name, value = change["field"], change["value"]
        if name == "options":
            appendage = bytes.fromhex(value)
        elif name.startswith("options."):
            tag = TAGS[snake(name.removeprefix("options."))]
            options.pop(tag, None)
            if value is not None:
                options[tag] = value
        else:
            fields[snake(name)] = round(float(value) * 10_000) if name == "price" else value
    if appendage is not None:
        return with_appendage(encode(type(record)(**fields, options={})), appendage)
    return encode(type(record)(**fields, options=options))


def snake(name):
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def told(explanation):
    """An explanation as who asks for it gets it."""
    return msgspec.json.decode(msgspec.json.encode(explanation))
