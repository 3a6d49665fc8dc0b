"""Finding the record of an order by what its client calls it: UserRefNum, or ClOrdID, on a port.

The log is read from its newest day back, a few commits at a time. What has the right number or label in its bytes is
then looked into, all of it in one replay: a number may have been sent twice, and only one of them was taken.
"""

from __future__ import annotations

import tempfile
from collections import deque
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from engine.api import Configure
from venue import snapshot
from venue.explain.answer import Explanation
from venue.explain.dialect import ENTER, REPLACE, Dialect, Wanted
from venue.explain.dialects import DIALECTS
from venue.explain.replay import bring, look_into
from venue.explain.request import Request
from venue.instructions import Instruction
from venue.log import LogReader
from venue.machine import Machine
from venue.machine_state import MachineState, Snapshot
from venue.problem import Problem
from venue.record import Kind
from venue.recovery import SETTLE_EVERY
from venue.wal import DayFile
from wire.record import Malformed

LABEL_MAX: Final = 20
"""Bytes of the longest label that any dialect has."""
CANDIDATES_MAX: Final = 16
"""Messages of one number or label that are looked into, the newest of a day."""
DAYS: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].db"
NUMBER_MAX: Final = 2**32 - 1
CHANNEL_MAX: Final = 255
_commands: msgspec.msgpack.Decoder[Instruction] = msgspec.msgpack.Decoder(Instruction)


class Order(NamedTuple):
    """How a client names an order: by UserRefNum, in a channel (0 for none), or by ClOrdID; `day` None is any."""

    port: str
    user_ref_num: int | None = None
    user_ref_idx: int = 0
    cl_ord_id: str | None = None
    day: date | None = None

    def __str__(self) -> str:
        if self.cl_ord_id is not None:
            return f"ClOrdID {self.cl_ord_id!r} of {self.port}"
        channel = f" in channel {self.user_ref_idx}" if self.user_ref_idx else ""
        return f"order {self.user_ref_num} of {self.port}{channel}"

    @property
    def field(self) -> str:
        """The name of what it is known by, as a query has it."""
        return "userRefNum" if self.cl_ord_id is None else "clOrdId"


class Day(NamedTuple):
    """A day that is kept: its date, its first record, and the first of the day after it (None for the newest)."""

    date: date
    first: int
    end: int | None


def find(directory: Path, order: Order) -> int:
    """Give the record in which an order was refused. Raises `Problem` where there is none, `LogDamaged`."""
    return explain_order(directory, order).record


def explain_order(directory: Path, order: Order) -> Explanation:
    """Explain why an order was refused. Raises `Problem` where there is none, or it was accepted, `LogDamaged`."""
    check_name(order)
    index, dialect = port_of(directory, order.port)
    check_label(order, dialect.label_width)
    wanted = matching(order, dialect)
    days = [day for day in kept_days(directory) if order.day in (None, day.date)]
    if order.day is not None and not days:
        raise Problem(404, f"no trading day {order.day} is kept", "day")
    for day in reversed(days):
        numbers = scan(directory, day, index, wanted)
        if numbers:
            return choose(order, look_into_all(directory, numbers))
    raise Problem(404, f"there is no {order} in the log", order.field)


def choose(order: Order, found: list[Explanation]) -> Explanation:
    """Give the newest that was refused, else the newest that was not answered with what was asked for."""
    for outcomes in (("rejected",), ("original-canceled",), ("accepted",), ("silent", "ignored", "other")):
        newest = next((one for one in reversed(found) if one.outcome in outcomes), None)
        if newest is not None:
            if newest.outcome == "accepted":
                detail = f"{order} was accepted ({newest.id}), so there is nothing to explain"
                raise Problem(409, detail, order.field)
            return newest
    raise AssertionError("an outcome that is in no group")


def check_name(order: Order) -> None:
    """Refuse what can be no order's name. Raises `Problem`."""
    if (order.user_ref_num is None) == (order.cl_ord_id is None):
        raise Problem(422, "name the order by either userRefNum or clOrdId", "userRefNum")
    if not 0 <= order.user_ref_idx <= CHANNEL_MAX:
        raise Problem(422, f"a userRefIdx is from 0 to {CHANNEL_MAX}, not {order.user_ref_idx}", "userRefIdx")
    if order.user_ref_num is not None and not 0 < order.user_ref_num <= NUMBER_MAX:
        raise Problem(422, f"a userRefNum is from 1 to {NUMBER_MAX:,}, not {order.user_ref_num}", "userRefNum")
    check_label(order, LABEL_MAX)


def check_label(order: Order, longest: int) -> None:
    """Refuse what can be no label of so many bytes. Raises `Problem`."""
    label = order.cl_ord_id
    if label is not None and (not label.strip() or len(label) > longest or not label.isascii()):
        raise Problem(422, f"a clOrdId is 1 to {longest} letters, digits and signs, not {label!r}", "clOrdId")


def matching(order: Order, dialect: Dialect) -> Wanted:
    """Make the question whether a message's bytes are those of an order."""
    label = (order.cl_ord_id or "").rstrip().encode("ascii")
    wanted = dialect.matching(order.user_ref_num, order.user_ref_idx, label)
    if wanted is not None:
        return wanted
    number = b"" if order.user_ref_num is None else order.user_ref_num.to_bytes(4, "big")
    offsets = {
        letter: next(field.offset for field in dialect.declared(letter).layout.fields if field.name == "user_ref_num")
        for letter in (ENTER, REPLACE)
    }

    def is_wanted(message: bytes) -> bool:
        offset = offsets.get(message[:1])
        if offset is None or label not in message or not message.startswith(number, offset):
            return False
        try:
            request = Request.read(dialect, message)
        except Malformed:
            return False
        return request.channel == order.user_ref_idx if number else request.label.rstrip(b" ") == label

    return is_wanted


def kept_days(directory: Path) -> list[Day]:
    """List the days of a log, oldest first. Raises `LogDamaged`."""
    paths = sorted((directory / "log").glob(DAYS))
    firsts: list[int] = []
    for path in paths:
        with closing(DayFile(path, path == paths[-1])) as day:
            firsts.append(day.start.number + 1)
    ends = [*firsts[1:], None]
    return [
        Day(date.fromisoformat(path.stem), first, end) for path, first, end in zip(paths, firsts, ends, strict=True)
    ]


def port_of(directory: Path, name: str) -> tuple[int, Dialect]:
    """Give the index by which records name a port, and its dialect. Raises `Problem`, `LogDamaged`."""
    index, protocol = index_of(directory, name)
    way = DIALECTS.get(protocol)
    if way is None:
        raise Problem(404, f"{name} speaks {protocol}, whose refusals are not explained", "port")
    return index, way.dialect


def index_of(directory: Path, name: str) -> tuple[int, str]:
    """Give a port's index and protocol: from the newest snapshot, else from the log's configurations."""
    known: dict[str, tuple[int, str]] = {}
    first = 1
    for number, blob in snapshot.newest_first(directory / "snapshots"):
        try:
            state = msgspec.msgpack.decode(msgspec.msgpack.decode(blob, type=Snapshot).state, type=MachineState)
        except msgspec.ValidationError:
            continue
        if state.engine is not None:
            known = {port: (entry.index, entry.entry.protocol) for port, entry in state.engine.ports.items()}
            first = number + 1
        break
    if name in known:
        return known[name]
    with LogReader(directory, first) as reader:
        for _, record in reader.read():
            if record.kind == Kind.COMMAND:
                command = _commands.decode(record.payload)
                if isinstance(command, Configure):
                    for port in command.ports:
                        known.setdefault(port.name, (len(known), port.protocol))
                    if name in known:
                        return known[name]
    raise Problem(404, f"there is no port {name}; this venue has {', '.join(sorted(known)) or 'none'}", "port")


def scan(directory: Path, day: Day, index: int, wanted: Wanted) -> list[int]:
    """Give the newest records of a day in which a port sent what is wanted, oldest first."""
    found: deque[int] = deque(maxlen=CANDIDATES_MAX)
    with LogReader(directory, day.first) as reader:
        for number, record in reader.read():
            if day.end is not None and number >= day.end:
                break
            if record.kind == Kind.MESSAGE and record.port == index and wanted(record.payload):
                found.append(number)
    return list(found)


def look_into_all(directory: Path, numbers: list[int]) -> list[Explanation]:
    """Explain several records, oldest first, in one replay."""
    first, *others = numbers
    with tempfile.TemporaryDirectory() as spill:
        machine = Machine(Path(spill))
        explanations = [look_into(machine, bring(directory, machine, first))]
        if not others:
            return explanations
        with LogReader(directory, first + 1) as reader:
            for number, record in reader.read():
                if number in others:
                    explanations.append(look_into(machine, record))
                    if number == others[-1]:
                        break
                else:
                    machine.apply(record)
                if number % SETTLE_EVERY == 0:
                    machine.settle()
        return explanations
