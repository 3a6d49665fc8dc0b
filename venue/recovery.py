"""Bringing a machine to where a log ends: from the newest snapshot at a start, from the first record for a replay."""

from __future__ import annotations

from pathlib import Path

from venue import snapshot
from venue.log import read_log
from venue.machine import Machine
from venue.record import LogDamaged


def recover(directory: Path, machine: Machine) -> None:
    """Bring a new machine to the end of the log, starting from the newest snapshot. Raises `LogDamaged`."""
    newest = snapshot.load_newest(directory / "snapshots")
    if newest is not None:
        machine.restore(newest[1])
    _apply(directory, machine)


def replay(directory: Path, machine: Machine) -> None:
    """Bring a new machine to the end of the log through every record that is kept. Raises `LogDamaged`."""
    first = next(iter(read_log(directory, 1)), None)
    if first is not None and first[0] > 1:
        for number, blob in snapshot.load_all(directory / "snapshots"):
            if number >= first[0] - 1:
                machine.restore(blob)
                break
        else:
            raise LogDamaged(first[0], "the records before it are gone, and no snapshot stands in for them")
    _apply(directory, machine)


def _apply(directory: Path, machine: Machine) -> None:
    for number, record in read_log(directory, machine.number + 1):
        if number != machine.number + 1:
            raise LogDamaged(machine.number + 1, f"the log goes on with record {number}")
        machine.apply(record)
