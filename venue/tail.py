"""Following a venue by its log, read-only and in a process of its own: what came in, what was said, and why not.

Each record is applied to a machine of our own, so what it said is exactly what the clients were sent. An entry names
its record, as everything that explains the venue does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from engine.api import CommandRefused, Refusal
from ouch import messages
from ouch.terms import REASONS
from venue.log import LogReader
from venue.machine import Machine
from venue.operations import dollars
from venue.record import Kind, Record
from wire.record import Direction, Malformed

POLL_SECONDS = 0.1
SOUP_HEADER = 3
"""Bytes of a packet before its message."""
PRICES = frozenset({"price", "execution_price", "display_price", "discretion_price"})
Entry = dict[str, Any]

_decoder = msgspec.msgpack.Decoder()


def follow(directory: Path, machine: Machine, forever: bool) -> Iterator[Entry]:
    """Yield an entry for each input and each output, from the first record kept; then wait for more."""
    with LogReader(directory) as reader:
        while True:
            for number, record in reader.read():
                if number == machine.number + 1:
                    yield from entries(machine, number, record)
            if not forever:
                return
            time.sleep(POLL_SECONDS)


def entries(machine: Machine, number: int, record: Record) -> Iterator[Entry]:
    """Apply one record; yield what came in and what was said."""
    before = [stream.count for stream in machine.streams]
    sessions = [stream.session for stream in machine.streams]
    for port in machine.ports:
        port.refusal = None
    refused = machine.apply(record)
    machine.touched.clear()
    head = {"record": number, "time": moment(record.venue_time)}
    yield {**head, "direction": "in", **_input(machine, record, refused)}
    for index, stream in enumerate(machine.streams):
        stream.untouched = True
        known = index < len(before) and stream.session == sessions[index]
        name = machine.ports[index].port.name
        for sequence in range(before[index] + 1 if known else 1, stream.count + 1):
            packet = stream.packet(sequence)
            entry = {**head, "direction": "out", "port": name, "sequence": sequence}
            yield {**entry, **describe(Direction.OUT, packet[SOUP_HEADER:], machine.ports[index].refusal, number)}


def _input(machine: Machine, record: Record, refused: CommandRefused | None) -> Entry:
    if record.kind == Kind.MESSAGE:
        return {"port": machine.ports[record.port].port.name, **describe(Direction.IN, record.payload, None, 0)}
    if record.kind == Kind.COMMAND:
        name, *_ = _decoder.decode(record.payload)
        return {"command": name} | ({"refused": str(refused)} if refused else {})
    entry: Entry = {"event": Kind(record.kind).name.lower()}
    if record.kind != Kind.TIMER:
        entry["port"] = machine.ports[record.port].port.name
    return entry


def describe(direction: Direction, message: bytes, refusal: Refusal | None, number: int) -> Entry:
    """Give an OUCH message as names and values."""
    try:
        decoded = messages.OUCH.decode(direction, message)
    except Malformed as malformed:
        return {"message": "undecodable", "why": str(malformed), "bytes": message.hex()}
    fields = {name: _value(name, getattr(decoded, name)) for name in decoded.__dataclass_fields__}
    if not fields.get("options"):
        fields.pop("options", None)
    fields.pop("timestamp", None)
    entry: Entry = {"message": type(decoded).__name__, **fields}
    if isinstance(decoded, messages.Rejected) and refusal is not None:
        entry["reason"] = f"0x{REASONS[refusal.reason]:04X}"
        entry["why"] = {"id": f"R{number}", **why(refusal)}
    return entry


def why(refusal: Refusal) -> Entry:
    """Give what a refusal has to tell."""
    facts = {"check": refusal.reason.name, **{name: getattr(refusal, name) for name in refusal._fields[1:]}}
    if facts["reference"] is not None:
        facts["reference"] = dollars(facts["reference"])
    return {name: value for name, value in facts.items() if value is not None}


def _value(name: str, value: Any) -> Any:
    if name in PRICES and isinstance(value, int):
        return dollars(value)
    if isinstance(value, dict):
        return {str(key): part for key, part in value.items()}
    return str(value) if isinstance(value, str) else value


def moment(venue_time: int) -> str:
    """Give a time as RFC 3339 has it, to the microsecond."""
    return datetime.fromtimestamp(venue_time / 1e9, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


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
