"""Following a venue by its log, read-only and in a process of its own: what came in, what was said, and why not.

Each record is applied to a machine of our own, so what it said is exactly what the clients were sent. An entry names
its record, as everything that explains the venue does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from engine.api import CommandRefused, Refusal, Reject
from engine.endpoint import Endpoint
from ouch import messages, nordic_messages
from prmproto import messages as prm_messages
from rash import messages as rash_messages
from venue import follower, told_fix
from venue.calls import amount, dollars, moment
from venue.machine import Machine
from venue.record import Kind, Record
from venue.stream import Stream
from wire.record import Direction, Malformed, Protocol

POLL_SECONDS = 0.1
PRICES = frozenset(
    {
        *("price", "execution_price", "display_price", "discretion_price"),
        *("peg_difference", "discretion_difference"),
    }
)
IN_DOLLARS = frozenset(
    {
        Reject.MAXIMUM_NOTIONAL,
        Reject.FAT_FINGER,
        Reject.MARKET_IMPACT,
        Reject.GROSS_EXPOSURE,
        Reject.MAXIMUM_ORDER_VALUE,
        Reject.CONTINUOUS_FAT_FINGER,
        Reject.LOCKED_IN_CURRENCY,
        Reject.MAXIMUM_AUCTION_VALUE,
        Reject.AUCTION_FAT_FINGER,
        Reject.MARKET_ORDER_EQUILIBRIUM,
        Reject.MARKET_ORDER_REFERENCE,
    }
)
"""The checks whose limit is money, of whatever currency."""
OF_A_PORT = frozenset({Kind.LOGIN, Kind.DISCONNECT, Kind.SESSION_TIMER, Kind.LOGOUT})
"""Records that are about one port, beside messages."""
Entry = dict[str, Any]

_decoder = msgspec.msgpack.Decoder()


class Follower:
    """Applies records to a machine of its own and tells what came in and what was said."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.told: dict[Stream, int] = {}
        self.endpoints: dict[Stream, Endpoint] = {}

    def follow(self, directory: Path, forever: bool) -> Iterator[Entry]:
        """Yield an entry for each input and each output, from the first record kept; then wait for more."""
        with follower.Follower(directory, self.machine) as log:
            for stream, port in zip(self.machine.streams, self.machine.ports, strict=True):
                self.told[stream], self.endpoints[stream] = stream.count, port
            while True:
                for record in log.read():
                    yield from self.entries(record)
                if not (forever and (directory / "log").is_dir()):  # one in memory mode goes with its venue
                    return
                time.sleep(POLL_SECONDS)

    def entries(self, record: Record) -> Iterator[Entry]:
        """Apply one record; yield what came in and what was said, also on streams that it ended."""
        machine = self.machine
        refused = machine.apply(record)
        head = {"record": machine.number, "time": moment(record.venue_time)}
        yield {**head, "direction": "in", **_input(machine, record, refused)}
        refusal = machine.ports[record.port].refusal if record.kind == Kind.MESSAGE else None
        machine.drops.notes.settle()
        for stream in machine.touched:
            stream.untouched = True
            if stream not in self.endpoints:
                self.endpoints[stream] = machine.ports[machine.streams.index(stream)]
            endpoint = self.endpoints[stream]
            first = self.told.get(stream, 0) + 1
            if endpoint.port.entry.drop is not None:  # what Drop ports tell was told above
                first = stream.count + 1
            for sequence in range(first, stream.count + 1):
                entry = {**head, "direction": "out", "port": endpoint.port.name, "sequence": sequence}
                yield {**entry, **said(endpoint, stream.packet(sequence), refusal, machine.number)}
            self.told[stream] = stream.count
            if stream.ended:
                del self.told[stream], self.endpoints[stream]
        machine.touched.clear()


def _input(machine: Machine, record: Record, refused: CommandRefused | None) -> Entry:
    if record.kind == Kind.MESSAGE:
        endpoint = machine.ports[record.port]
        return {"port": endpoint.port.name, **heard(endpoint, record.payload)}
    if record.kind == Kind.COMMAND:
        name, *_ = _decoder.decode(record.payload)
        return {"command": name} | ({"refused": str(refused)} if refused else {})
    if record.kind == Kind.OPERATION:
        actor, verb, target, _, status, *_ = _decoder.decode(record.payload)
        return {"event": "operation", "actor": actor, "verb": verb, "target": target, "status": status}
    entry: Entry = {"event": Kind(record.kind).name.lower().replace("_", "-")}
    if record.kind in OF_A_PORT:
        endpoint = machine.ports[record.port]
        entry["port"] = endpoint.port.name
        if record.kind == Kind.LOGIN and record.payload:
            entry |= heard(endpoint, record.payload)
        elif record.kind == Kind.LOGOUT:
            entry["text"] = record.payload.decode("latin-1")
    return entry


class Dialect(NamedTuple):
    """How the messages of a protocol are told: as names and values, without what frames them in a stream."""

    header: int
    """Bytes of a packet of the stream before its message."""
    describe: Callable[[Direction, bytes], Entry]
    refuses: Callable[[Entry], bool]
    """Tells a message that refuses an order."""


def describe_ouch(protocol: Protocol, direction: Direction, message: bytes) -> Entry:
    """Give an OUCH message as names and values."""
    try:
        decoded = protocol.decode(direction, message)
    except Malformed as malformed:
        return {"message": "undecodable", "why": str(malformed), "bytes": message.hex()}
    fields = {name: _value(name, getattr(decoded, name)) for name in decoded.__dataclass_fields__}
    if not fields.get("options"):
        fields.pop("options", None)
    fields.pop("timestamp", None)
    return {"message": type(decoded).__name__, **fields}


def describe_rash(protocol: Protocol, direction: Direction, message: bytes) -> Entry:
    """Give a RASHport message as names and values, without the fields in which it says nothing."""
    entry = describe_ouch(protocol, direction, message.removesuffix(b"\n"))
    quiet = ("", 0, "0.0000", "+")
    return {name: value for name, value in entry.items() if value not in quiet or name in ("shares", "price")}


def describe_fix(direction: Direction, frame: bytes) -> Entry:  # noqa: ARG001 - see `Dialect`
    """Give a FIX message by the names of its type and its fields."""
    return told_fix.told(frame)


def refuses_in_ouch(entry: Entry) -> bool:
    """Whether a message is OUCH's Rejected."""
    return bool(entry["message"] == "Rejected")


def refuses_in_fix(entry: Entry) -> bool:
    """Whether a message refuses an order, a cancel or a replace in FIX."""
    is_refused = entry["message"] == "ExecutionReport" and entry.get("OrdStatus") == "8"
    return is_refused or entry["message"] == "OrderCancelReject"


def refuses_nothing(entry: Entry) -> bool:  # noqa: ARG001 - see `Dialect`
    """Say so of every message."""
    return False


def describe_ignored(direction: Direction, message: bytes) -> Entry:  # noqa: ARG001 - see `Dialect`
    """Give a message that nobody reads."""
    return {"message": "ignored", "bytes": message.hex()}


DIALECTS = {
    "ouch-5.0-us": Dialect(3, partial(describe_ouch, messages.OUCH), refuses_in_ouch),
    "ouch-5.0-nordic": Dialect(3, partial(describe_ouch, nordic_messages.NORDIC), refuses_in_ouch),
    "prm-nordic": Dialect(3, partial(describe_ouch, prm_messages.PRM), refuses_nothing),
    "rash-1.0": Dialect(1, partial(describe_rash, rash_messages.RASH_10), refuses_in_ouch),
    "rash-1.1": Dialect(3, partial(describe_rash, rash_messages.RASH), refuses_in_ouch),
    "ouch-drop-nordic": Dialect(3, describe_ignored, refuses_nothing),
}
"""How each protocol is told, but for those of FIX, which are all told in one way."""
FIX = Dialect(0, describe_fix, refuses_in_fix)


def dialect_of(endpoint: Endpoint) -> Dialect:
    """Give how a port's messages are told."""
    return DIALECTS.get(endpoint.port.entry.protocol, FIX)


def heard(endpoint: Endpoint, message: bytes) -> Entry:
    """Give a message that a port received as names and values."""
    return dialect_of(endpoint).describe(Direction.IN, message)


def said(endpoint: Endpoint, packet: bytes, refusal: Refusal | None, number: int) -> Entry:
    """Give a packet that a port sent as names and values: of a refusal in record `number` with its whole reason."""
    dialect = dialect_of(endpoint)
    entry = dialect.describe(Direction.OUT, packet[dialect.header :])
    if refusal is not None and dialect.refuses(entry):
        entry["reason"], _ = endpoint.code_of(refusal.reason)
        entry["why"] = {"id": f"R{number}", **why(refusal)}
    return entry


def why(refusal: Refusal) -> Entry:
    """Give what a refusal has to tell."""
    facts = {"check": refusal.reason.name, **{name: getattr(refusal, name) for name in refusal._fields[1:]}}
    money = ("limit", "observed", "reference") if refusal.reason in IN_DOLLARS else ("reference",)
    for name in money:
        if facts[name] is not None:
            facts[name] = amount(facts[name])
    return {name: value for name, value in facts.items() if value is not None}


def _value(name: str, value: Any) -> Any:
    if name == "reason" and isinstance(value, int):
        return f"0x{value:04X}"
    if name in PRICES and isinstance(value, int):
        return dollars(value)
    if isinstance(value, dict):
        return {str(key): part for key, part in value.items()}
    return str(value) if isinstance(value, str) else value


def line(entry: Entry) -> str:
    """Give an entry as one line for people."""
    arrow = {"in": "▶", "out": "◀"}[entry["direction"]]
    rest = dict(entry)
    for key in ("record", "time", "direction", "port", "sequence", "message", "event", "command"):
        rest.pop(key, None)
    what = entry.get("message") or entry.get("event") or f"command {entry['command']}"
    facts = " ".join(f"{key}={_plain(value)}" for key, value in rest.items() if value not in ("", None, {}))
    clock = entry["time"][11:-1]
    return f"{entry['record']:>8} {clock} {arrow} {entry.get('port', ''):<6} {what:<18} {facts}".rstrip()


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_plain(part)}" for key, part in value.items()) + "}"
    return str(value)
