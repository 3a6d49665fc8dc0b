"""Bringing a machine to where a log ends: from the newest snapshot at a start, from the first record for a replay."""

from __future__ import annotations

from pathlib import Path

import msgspec

from venue import snapshot
from venue.log import read_log
from venue.machine import Machine
from venue.record import LogDamaged, Record

SETTLE_EVERY = 1024
"""Records after which a replay lets the streams put away what they got."""


def recover(directory: Path, machine: Machine) -> None:
    """Bring a new machine to the end of the log, starting from the newest snapshot. Raises `LogDamaged`.

    A snapshot that this version cannot read is passed over: the log itself tells the same.
    """
    begin_at_newest(directory, machine)
    _apply(directory, machine)


def replay(directory: Path, machine: Machine) -> None:
    """Bring a new machine to the end of the log through every record that is kept. Raises `LogDamaged`."""
    begin(directory, machine)
    _apply(directory, machine)


def approach(directory: Path, machine: Machine, number: int) -> Record | None:
    """Bring a new machine to the record before `number`, and give that record, None where the log does not hold it.

    Then the machine is where the log ends, or where what is kept begins. The newest snapshot that is old enough
    shortens the way. Raises `LogDamaged`.
    """
    for kept, blob in snapshot.newest_first(directory / "snapshots"):
        if kept < number and _restored(machine, blob):
            break
    else:
        begin(directory, machine)
    return None if machine.number >= number else _apply(directory, machine, number)


def begin(directory: Path, machine: Machine) -> None:
    """Bring a new machine to where the first record that is kept goes on. Raises `LogDamaged`."""
    first = next((number for number, _ in read_log(directory, 1)), 1)
    if first == 1:
        return
    for number, blob in snapshot.load_all(directory / "snapshots"):
        if number >= first - 1 and _restored(machine, blob):
            return
    raise LogDamaged(first, "the records before it are gone, and no snapshot stands in for them")


def begin_at_newest(directory: Path, machine: Machine, at_most: int | None = None) -> None:
    """Bring a new machine to the newest snapshot that this version can read, if there is one.

    With `at_most` to the newest that does not stand for records behind that one, or to where what is kept begins.
    """
    for number, blob in snapshot.newest_first(directory / "snapshots"):
        if (at_most is None or number <= at_most) and _restored(machine, blob):
            return
    if at_most is not None:
        begin(directory, machine)


def _restored(machine: Machine, blob: bytes) -> bool:
    try:
        machine.restore(blob)
    except msgspec.ValidationError:
        return False
    return True


def _apply(directory: Path, machine: Machine, until: int = 0) -> Record | None:
    """Apply what the log has; with `until` up to before that record, which is given."""
    for number, record in read_log(directory, machine.number):
        if number == machine.number:
            # The record that a snapshot ends with: its times to the nanosecond are as good as a signature.
            if (record.venue_time, record.wall_time) != (machine.venue_time, machine.wall_time):
                raise LogDamaged(number, f"snapshots: the one of record {number} was made of another log")
            continue
        if number != machine.number + 1:
            raise LogDamaged(machine.number + 1, f"the log goes on with record {number}")
        if number == until:
            machine.settle()
            return record
        machine.apply(record)
        if number % SETTLE_EVERY == 0:
            machine.settle()
    machine.settle()
    return None
