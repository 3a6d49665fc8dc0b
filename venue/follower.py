"""Following a log with a machine of one's own, read-only: where to begin, and which record comes next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Self

from venue.log import LogReader, day_files
from venue.machine import Machine
from venue.record import LogDamaged, Record
from venue.recovery import begin, begin_at_newest
from venue.sidecar.start import FOLDER
from venue.wal import DayFile


def log_directory(data: Path) -> Path | None:
    """Give the directory whose log tells of the venue in `data`, None where none does.

    It is `data` itself, but for a venue in `memory` mode, whose second process keeps one in a folder of its own.
    """
    derived = max((data / FOLDER).glob("*/log"), default=None)
    if derived is not None:
        return derived.parent
    return data if (data / "log").is_dir() else None


def first_of_day(directory: Path) -> int | None:
    """Give the first record of the newest day in a log, which opens that day; None where there is no day yet.

    Raises `LogDamaged`.
    """
    days = day_files(directory / "log")
    if not days:
        return None
    with closing(DayFile(days[-1], newest=True)) as day:
        return day.start.number + 1


class Follower:
    """Gives a new machine the records of the log in `directory`, one after the other, for whoever applies them.

    With `from_newest` it begins at the newest snapshot, else with the first record that is kept; with `at_most` no
    snapshot after that record is taken. Close it, or use it in `with`. Raises `LogDamaged`.
    """

    def __init__(
        self, directory: Path, machine: Machine, *, from_newest: bool = False, at_most: int | None = None
    ) -> None:
        self.machine = machine
        if from_newest:
            begin_at_newest(directory, machine, at_most)
        else:
            begin(directory, machine)
        self._begun = machine.number
        self._reader = LogReader(directory, max(self._begun, 1))

    def read(self) -> Iterator[Record]:
        """Yield each record that is in the log by now: apply it before the next is asked for. Call again for more."""
        machine = self.machine
        for number, record in self._reader.read():
            if number <= self._begun:
                self._must_be_its_own(number, record)
                continue
            if number != machine.number + 1:
                raise LogDamaged(machine.number + 1, f"the log goes on with record {number}")
            yield record

    def close(self) -> None:
        """Close the log."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _must_be_its_own(self, number: int, record: Record) -> None:
        """Raise `LogDamaged` where the snapshot that we began at was made of another log.

        Its last record's times, to the nanosecond, are as good as a signature.
        """
        machine = self.machine
        if number == self._begun and (record.venue_time, record.wall_time) != (machine.venue_time, machine.wall_time):
            raise LogDamaged(number, f"snapshots: the one of record {number} was made of another log")
