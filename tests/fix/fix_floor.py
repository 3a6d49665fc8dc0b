"""A trading floor for FIX order ports: an engine with the demo's market, FIX clients and OUCH clients beside them.

    floor.client("INFX01").enter("A1", "buy", 100, "10.00") == ["0/0 A1 0+100"]

A report is a line: ExecType and OrdStatus, ClOrdID (`<` the one before), CumQty + LeavesQty, a fill's quantity and
price, Text and OrdRejReason. An OrderCancelReject is a line too: `9 C1<A1 unknown: 102=1 39=8 'Unknown order'`.
Ports in `routing` may send orders away. `reports` are the whole messages, by tag. It is an ordinary morning.
"""

from __future__ import annotations

from decimal import Decimal

import demo
import msgspec
from msgspec import structs

from engine import commands, state
from engine.api import (
    BustTrade,
    NextDay,
    PortEntry,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
    SetHalt,
    SetPhase,
    SetPort,
    SetPrices,
)
from engine.engine import Engine
from fix.codec import frame, parse, utc_timestamp
from fix.port import FixOrderPort
from fix.settings import FixSettings, encode_settings

SECOND = 1_000_000_000
MIDNIGHT = 1_795_150_800 * SECOND
MARKETS = ("nasdaq", "bx", "psx", "nordic")
SIDES = {"buy": "1", "sell": "2", "short": "5", "exempt": "6"}
US = ("INFX01", "AKFX01", "INFL01", "IN30F1")
NORDIC = ("GP29F1", "GP30F1")
US_VERSIONS = ("FIX.4.2", "FIX.4.0", "FIX.4.1", "FIX.4.4")
NORDIC_VERSIONS = ("FIX.4.2", "FIX.4.4", "FIXT.1.1")


class Packets:
    """A stream in memory."""

    def __init__(self):
        self.packets = []
        self.pending = []
        self.untouched = True

    @property
    def count(self):
        return len(self.packets)

    def append(self, packet):
        self.packets.append(packet)

    def packet(self, sequence):
        return self.packets[sequence - 1]

    def touch(self):
        """Nobody waits for it."""


class Floor:
    """The market and who trades on it. `settings` are those of FIX ports, by name."""

    RULES = "IN30F1"

    def __init__(self, settings=None, kind=FixOrderPort, routing=()):
        self.kind = kind
        self.routing = routing
        self.now = self.midnight = MIDNIGHT
        self.now += 36_000 * SECOND
        self.wall_time = self.now
        self.number = 0
        self.ports = {}
        self.streams = {}
        self.clients = {}
        self.engine = Engine()
        self.settings = {name: self.default(name) for name in (*US, *NORDIC)} | (settings or {})
        self.market = self.configuration()
        self.do(self.market)
        self.day("2026-11-20")

    @staticmethod
    def default(name, **changes):
        dialect = "nordic" if name in NORDIC else "flite" if name == "INFL01" else "inet"
        versions = NORDIC_VERSIONS if dialect == "nordic" else US_VERSIONS
        comp_id = "INORD" if dialect == "nordic" else "INET"
        return structs.replace(FixSettings(venue_comp_id=comp_id, dialect=dialect, begin_strings=versions), **changes)

    def configuration(self):
        """The demo's market, with FIX ports and the rules of the demo's port with rules on one of them."""
        market = demo.market()
        books = tuple(structs.replace(book, static_guard=None, dynamic_guard=None) for book in market.books)
        entries = []
        for name in self.settings:
            nordic = name in NORDIC
            entries.append(
                PortEntry(
                    name,
                    name[:4] if nordic else {"IN": "INET", "AK": "AKAM"}[name[:2]],
                    "nordic" if nordic else "nasdaq",
                    "fix-nordic" if nordic else "fix-us",
                    settings=encode_settings(self.settings[name]),
                    routing=name in self.routing,
                )
            )
        rules = [structs.replace(rule, port=self.RULES) if rule.port == "IN30T1" else rule for rule in market.rules]
        return structs.replace(market, ports=tuple(entries), rules=tuple(rules), books=books)

    def connect(self, port):
        name = port.name

        def open_stream():
            self.streams[name] = Packets()
            return self.streams[name]

        made = self.ports[name] = self.kind(port, self.engine, open_stream, lambda *_: None, self)
        return made

    # What operators do.

    def do(self, command):
        commands.handle(self.engine, command, self.now, self.connect)

    def day(self, date):
        self.do(NextDay(date, date.replace("-", ""), dict.fromkeys(MARKETS, self.midnight)))
        for client in self.clients.values():
            client.incoming = client.heard = 0

    def halt(self, symbol="ZWZZT", *, halted=True):
        self.do(SetHalt("nasdaq", symbol, halted))

    def phase(self, phase, symbol="101", market="nordic"):
        self.do(SetPhase(market, symbol, phase))

    def bust(self, match, reason=0, market="nasdaq"):
        self.do(BustTrade(market, match, reason))

    def prices(self, symbol, **prices):
        self.do(SetPrices(symbol, {name: int(Decimal(price) * 10_000) for name, price in prices.items()}))

    def set_port(self, name, **changes):
        self.do(SetPort(name, **changes))

    def prevent_self_match(self):
        """Let orders of one firm take each other down from here on."""
        strategy = SelfMatchPrevention(SelfMatchLevel.FIRM, SelfMatchAction.DECREMENT_BOTH)
        entries = [structs.replace(entry, self_match_prevention=strategy) for entry in self.market.ports]
        self.do(structs.replace(self.market, ports=tuple(entries)))

    def wait(self, seconds):
        self.now += int(seconds * SECOND)
        self.wall_time = self.now
        if self.now >= self.engine.next_deadline:
            self.engine.advance(self.now)

    def client(self, name, version=None, **more):
        """The client of a port, logged on; it keeps to the version of its first logon."""
        if name not in self.clients:
            version = version or self.settings[name].begin_strings[0]
            self.clients[name] = Client(self, name, version, **more)
        return self.clients[name]

    # Snapshots.

    def dump(self):
        """All that a replay rebuilds, as bytes."""
        ports = [(name, port.dump(), self.streams[name].packets) for name, port in sorted(self.ports.items())]
        return msgspec.msgpack.encode([state.dump(self.engine), ports])

    def restored(self):
        """Another floor in the same state, brought there from what was dumped."""
        other = Floor.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.ports, other.streams, other.clients, other.engine = {}, {}, {}, Engine()
        trades = state.dump_trades(self.engine)
        state.load(other.engine, state.dump(self.engine), trades, other.connect)
        for name, port in other.ports.items():
            other.streams[name] = Packets()
            other.streams[name].packets = list(self.streams[name].packets)
            port.resume(other.streams[name])
            port.load(self.ports[name].dump(), self.ports[name].wall_times())
        for name, client in self.clients.items():
            other.clients[name] = client.moved(other)
        return other


class Client:
    """A FIX client. `symbol` and `user` are what its orders say unless told otherwise."""

    def __init__(self, floor, name, version="FIX.4.2", *, user=None, symbol=None):
        self.floor, self.name, self.version = floor, name, version
        nordic = name in NORDIC
        self.target = "INORD" if nordic else "INET"
        self.user = user or (f"{name[:4]}U1" if nordic else None)
        self.symbol = symbol or ("101" if nordic else "ZWZZT")
        self.incoming = self.heard = 0
        self.log_on()

    def moved(self, floor):
        other = Client.__new__(Client)
        other.__dict__.update(self.__dict__)
        other.floor = floor
        return other

    def log_on(self):
        fields = {98: "0", 108: "30"}
        if self.version == "FIXT.1.1":
            fields[1137] = "9"
        self.floor.ports[self.name].logon(self.frame("A", fields), self.floor.now)
        assert self.reports()[-1][35] == "A"

    # What it sends.

    def enter(self, name, side="buy", quantity=100, at="10.00", **fields):
        """NewOrderSingle; fields by their tags as `t18`, None leaves one out; without a price a market order."""
        said = {11: name, 21: "1", 38: str(quantity), 40: "2" if at else "1", 54: SIDES[side], 55: self.symbol}
        said |= {44: at} if at else {}
        said |= {114: "N"} if side in {"short", "exempt"} else {}
        return self.say("D", said, fields)

    def cancel(self, name, original, side="buy", **fields):
        """OrderCancelRequest."""
        return self.say("F", {11: name, 41: original, 54: SIDES[side], 55: self.symbol}, fields)

    def replace(self, name, original, side="buy", quantity=100, at="10.00", **fields):
        """OrderCancelReplaceRequest."""
        said = {11: name, 41: original, 21: "1", 38: str(quantity), 40: "2", 44: at, 54: SIDES[side], 55: self.symbol}
        return self.say("G", said, fields)

    def say(self, msg_type, fields, more=None):
        """Send a message of any kind; gives what the port said to it."""
        self.send(msg_type, fields, more)
        return self.said()

    def send(self, msg_type, fields, more=None):
        said = {60: utc_timestamp(self.floor.now).decode()} | fields
        said |= {50: self.user} if self.user else {}
        said |= {int(tag[1:]): value for tag, value in (more or {}).items()}
        self.floor.ports[self.name].receive(self.frame(msg_type, said), self.floor.now)
        self.floor.number += 1

    def frame(self, msg_type, fields):
        self.incoming += 1
        header = {35: msg_type, 34: self.incoming, 49: self.name, 56: self.target}
        header[52] = utc_timestamp(self.floor.wall_time).decode()
        header |= {tag: fields[tag] for tag in (50, 57, 97, 115, 116, 144) if tag in fields}
        whole = header | {tag: value for tag, value in fields.items() if tag not in header}
        text = "".join(
            value if tag in {453, 2593} else f"{tag}={value}\x01" for tag, value in whole.items() if value is not None
        )
        return frame(self.version.encode(), text.encode())

    # What it hears.

    def reports(self):
        """The messages since it last listened, by tag; groups keep their first entry."""
        packets = self.floor.streams[self.name].packets
        new, self.heard = packets[self.heard :], len(packets)
        return [{int(tag): value.decode() for tag, value in parse(packet).values.items()} for packet in new]

    def said(self):
        """The same as lines."""
        return [line(report) for report in self.reports()]


def line(report):
    if report[35] == "9":
        names, state_of = f"{report[11]}<{report[41]}", f"39={report[39]}"
        return f"9 {names} {report.get(434, '-')}: 102={report.get(102, '-')} {state_of} '{report[58]}'"
    if report[35] != "8":
        return f"{report[35]} {report.get(371, '-')} {report.get(373, '-')} '{report.get(58, '')}'"
    said = f"{report.get(150, '-')}/{report[39]} {report[11]}"
    if report.get(41, report[11]) != report[11]:
        said += f"<{report[41]}"
    said += f" {report[14]}+{report.get(151, '-')}"
    if report.get(32, "0") != "0":
        said += f" {report[32]}@{report[31]} {report.get(9882, '-')}"
    if 58 in report:
        said += f" '{report[58]}'"
    if 103 in report:
        said += f" 103={report[103]}"
    return said
