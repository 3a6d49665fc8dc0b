"""The log: every input of the venue, in order, each durable before anything it caused may leave.

One SQLite file per trading day, `log/DATE.db`, in write-ahead mode, with one row per group commit. Each row carries a
SHA-256 over the previous row's and its own bytes; a day's file begins with the number and the chain that it continues
from. So a row that was changed, lost or put in from elsewhere shows, across days too. Old days may be removed by the
operator from the front; numbers then begin later.

What a chain can't show is that its end is missing. The *mark* does: after each commit the writer notes the number and
chain it is about to acknowledge in `log/acknowledged`, unflushed (about a microsecond, and `kill -9` does not lose it).
After a power cut the mark may be older than the log, which is fine; a log that is older than its mark has lost what
was acknowledged. (In `process` durability a power cut may do just that: nothing else was promised.)

Readers in other processes open the files read-only and only ever create SQLite's own `-shm`. They list the days
*before* they drain the one they are in: the writer closes a day before it creates the next, so once a later file was
seen, what the drained one holds is all it ever will.

For editors: within the engine process never open and close a `.db` file other than through SQLite (see `venue.wal`).
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Final, Literal, Protocol, Self

from venue import snapshot
from venue.disk import RESERVE
from venue.mark import MARK, pack_mark, read_mark
from venue.record import ORIGIN, LogDamaged, Point, Record, encode_batch, next_chain, verify_commit
from venue.wal import DayFile, sqlite_errors

Durability = Literal["disk", "process"]

PAGE: Final = 4096
PAGES_A_COMMIT: Final = 2
"""Pages that a commit takes beside its blob's: the leaf that names it, and what is begun of the next."""
CHECKPOINT_PAGES: Final = 256
"""Pages in the write-ahead file, or so, after which they are moved to the database: 1 MiB."""
_WAL_BYTES_KEPT: Final = 4 * 2**20
"""What a write-ahead file that a slow reader let grow is cut back to, once it can be."""

_SCHEMA: Final = """
CREATE TABLE head (epoch INTEGER NOT NULL, last INTEGER NOT NULL, chain BLOB NOT NULL);
CREATE TABLE commits (last INTEGER PRIMARY KEY, first INTEGER NOT NULL, chain BLOB NOT NULL, blob BLOB NOT NULL);
"""
# One statement is one transaction: the epoch is checked in the very transaction that writes.
_APPEND: Final = "INSERT INTO commits SELECT ?, ?, ?, ? FROM head WHERE epoch = ?"


class Fenced(Exception):  # noqa: N818 - the name states what is so
    """Another engine has taken the log over with a higher epoch; nothing was written."""


class DirectoryInUse(Exception):  # noqa: N818 - the name states what is so
    """Another engine runs on this data directory."""


class EventLog(Protocol):
    """Where records go. One writer; numbers begin at 1 and have no gaps."""

    @property
    def last(self) -> int:
        """Number of the last record, 0 when there is none."""

    @property
    def epoch(self) -> int:
        """The present writer's epoch, 0 before the first `fence`."""

    def append(self, batch: list[Record], epoch: int) -> int:
        """Write a batch as one commit and return its last record's number; durable when it returns. Blocks.

        Raises `Fenced` for an epoch that is no longer the present one, and whatever the store raises; after that the
        log must not be appended to again.
        """

    def tend(self) -> None:
        """Do what keeps the store small, if it is time: after a commit was answered, so that nobody waits for it."""

    def read(self, first: int) -> Iterator[tuple[int, Record]]:
        """Yield number and record from number `first` (or the first one kept) to the end. Raises `LogDamaged`."""

    def snapshot(self, number: int, blob: bytes) -> None:
        """Keep the state after record `number`."""

    def fence(self, epoch: int) -> None:
        """Make `epoch` the present one, so that writers of a lower one are refused. Raises `Fenced` unless higher."""

    def roll(self, day: date) -> None:
        """Let what is appended from now on belong to a later trading day."""

    def close(self) -> None:
        """Leave the log in order; nothing may be called afterwards."""


class MemoryLog:
    """The log of `memory` mode: keeps no bytes, counts numbers, and holds its directory for one engine."""

    def __init__(self, directory: Path) -> None:
        self.last = 0
        self.epoch = 0
        self._held = ExitStack()
        self._held.enter_context(_locked(directory))

    def append(self, batch: list[Record], epoch: int) -> int:
        """Count a batch. Raises `Fenced`."""
        if epoch != self.epoch:
            raise Fenced(f"epoch {epoch} is not the present one, {self.epoch}")
        self.last += len(batch)
        return self.last

    def tend(self) -> None:
        """Do nothing: nothing is stored."""

    def read(self, first: int) -> Iterator[tuple[int, Record]]:
        """Yield nothing: nothing was kept."""
        return iter(())

    def snapshot(self, number: int, blob: bytes) -> None:
        """Keep nothing."""

    def fence(self, epoch: int) -> None:
        """See `EventLog.fence`."""
        if epoch <= self.epoch:
            raise Fenced(f"epoch {epoch} is not above the present one, {self.epoch}")
        self.epoch = epoch

    def roll(self, day: date) -> None:
        """Do nothing: there are no files."""

    def close(self) -> None:
        """Release the directory."""
        self._held.close()


class SqliteLog:
    """The log in SQLite files under `directory`/log, snapshots beside it under `directory`/snapshots.

    `durability`: "disk" flushes every commit and survives a power cut; "process" survives `kill -9` only.
    Raises `DirectoryInUse`, and `LogDamaged` when what the files hold is not what was acknowledged; the contents of
    the day files are checked by whoever reads them, from the first record read to the end.

    Nothing that was found is written to before `fence` or `roll`: until then whoever reads may still refuse the log,
    and it is evidence. A new log has no day: `roll` comes before the first `append`. After a `sqlite3.Error` or
    `OSError` from `append` the log must be given up: whether that commit is in the file is not known until it is opened
    again.
    """

    def __init__(
        self, directory: Path, durability: Durability = "disk", checkpoint_pages: int = CHECKPOINT_PAGES
    ) -> None:
        self._directory = directory
        self._synchronous = {"disk": "FULL", "process": "OFF"}[durability]
        self._checkpoint_pages = checkpoint_pages
        self._pages_waiting = 0
        self._folder = directory / "log"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._db: sqlite3.Connection | None = None
        self._mark: int | None = None
        self.first = 1
        self.epoch = 0
        self.day: date | None = None
        with ExitStack() as undo:
            undo.enter_context(_locked(directory))
            self._end = self._check()
            self._undo = undo.pop_all()

    @property
    def last(self) -> int:
        """Number of the last record, 0 when there is none."""
        return self._end.number

    def append(self, batch: list[Record], epoch: int) -> int:
        """See `EventLog.append`."""
        assert self._db is not None, "roll to a day first"
        assert batch, "a commit holds at least one record"
        number = self._end.number + len(batch)
        blob = encode_batch(batch)
        chain = next_chain(self._end.chain, blob)
        row = (number, self._end.number + 1, chain, blob, epoch)
        try:
            cursor = self._db.execute(_APPEND, row)
        except sqlite3.OperationalError as error:
            if not self._made_room(error):
                raise
            cursor = self._db.execute(_APPEND, row)
        if cursor.rowcount != 1:
            raise Fenced(f"epoch {epoch} is not the present one, {self.epoch}")
        self._end = Point(number, chain)
        self._acknowledge()
        self._pages_waiting += PAGES_A_COMMIT + len(blob) // PAGE
        return number

    def tend(self) -> None:
        """See `EventLog.tend`."""
        if self._db is not None and self._pages_waiting >= self._checkpoint_pages:
            self._pages_waiting = 0
            with suppress(sqlite3.OperationalError):  # nothing is lost with it: the commits stay where they are
                self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def read(self, first: int) -> Iterator[tuple[int, Record]]:
        """See `EventLog.read`."""
        return read_log(self._directory, first)

    def snapshot(self, number: int, blob: bytes) -> None:
        """Keep the state after record `number`. Raises `OSError`."""
        snapshot.write(self._directory / "snapshots", number, blob)

    def fence(self, epoch: int) -> None:
        """See `EventLog.fence`."""
        if epoch <= self.epoch:
            raise Fenced(f"epoch {epoch} is not above the present one, {self.epoch}")
        self._take_over()
        if self._db is not None:
            self._db.execute("UPDATE head SET epoch = ?", (epoch,))
        self.epoch = epoch

    def roll(self, day: date) -> None:
        """Close the day's file and begin the file of a later day.

        A day that has a file already goes on in it: the file may have been made just before a crash.
        """
        if self.day is not None and day <= self.day:
            return
        self._take_over()
        self._close_day()
        path = self._folder / f"{day}.db"
        try:
            _create_day(path, self._end, self.epoch)
        except sqlite3.OperationalError as error:
            if not self._made_room(error):
                raise
            self._remove_unfinished()
            _create_day(path, self._end, self.epoch)
        self._open_day(path)

    def close(self) -> None:
        """Move everything into the day's file, remove its write-ahead file and release the directory."""
        with self._undo:
            self._close_day()

    def _check(self) -> Point:
        """Check what can be checked without reading every record, and return where the log ends.

        All of it through read-only connections: SQLite writes when it closes.
        """
        self._remove_unfinished()
        (self._folder / RESERVE).unlink(missing_ok=True)
        end = None
        mark = read_mark(self._folder)
        days = day_files(self._folder)
        for path in days:
            expected = end.number + 1 if end else 0
            with closing(DayFile(path, path == days[-1], expected)) as day:
                if end is None:
                    self.first = day.start.number + 1
                else:
                    day.must_continue(end)
                end = day.before(None)
                if mark is not None and day.start.number <= mark.number <= end.number:
                    day.must_hold(mark)
                self.epoch, self.day = day.epoch, date.fromisoformat(path.stem)
        end = end or ORIGIN
        for _ in read_log(self._directory, end.number):  # the last commit, and the mark
            pass
        newest = snapshot.newest_number(self._directory / "snapshots")
        if newest > end.number:
            raise LogDamaged(end.number + 1, f"there is a snapshot of record {newest}, but the log ends before it")
        return end

    def _remove_unfinished(self) -> None:
        for leftover in self._folder.glob("*.unfinished*"):
            leftover.unlink()

    def _take_over(self) -> None:
        """Open the newest day for writing, and have SQLite put every day's write-ahead file into its database."""
        if self._mark is not None:
            return
        self._mark = os.open(self._folder / MARK, os.O_RDWR | os.O_CREAT, 0o644)
        self._undo.callback(os.close, self._mark)
        days = day_files(self._folder)
        for path in days[:-1]:
            if Path(f"{path}-wal").exists():  # a reader kept the file open when its day ended
                self._open_day(path)
                self._close_day()
        if days:
            self._open_day(days[-1])

    def _open_day(self, path: Path) -> None:
        self.day = date.fromisoformat(path.stem)
        with sqlite_errors(self._end.number + 1, path.name):
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute(f"PRAGMA synchronous = {self._synchronous}")
            self._db.execute("PRAGMA wal_autocheckpoint = 0")  # `tend` does it, when nobody waits for the commit
            self._db.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES_KEPT}")
            # Start the write-ahead file over: the remains of an unfinished commit must not lie behind new frames.
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _close_day(self) -> None:
        if self._db is not None:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.close()
            self._db = None

    def _made_room(self, error: sqlite3.OperationalError) -> bool:
        """Whether the disk was full (SQLite undoes what found no room) and the reserve could be given back."""
        full = error.sqlite_errorcode == sqlite3.SQLITE_FULL and (self._folder / RESERVE).exists()
        if full:
            (self._folder / RESERVE).unlink()
        return full

    def _acknowledge(self) -> None:
        assert self._mark is not None
        data = pack_mark(self._end)
        if os.pwrite(self._mark, data, 0) != len(data):
            raise OSError(errno.ENOSPC, "the mark was written in part only", str(self._folder / MARK))


class LogReader:
    """Reads a log from outside, also while an engine writes it and after one was killed; never changes it.

    `directory` is the data directory, `first` the number to begin with. Close it, or use it in `with`.
    """

    def __init__(self, directory: Path, first: int = 1) -> None:
        self._folder = directory / "log"
        self._wanted = first
        self._day: DayFile | None = None
        self._end = ORIGIN

    def read(self) -> Iterator[tuple[int, Record]]:
        """Yield number and record of all that is committed and was not yielded yet; call again to follow the log.

        May be left in the middle: the next call goes on from there.
        Every commit passed is held against its chain and its CRCs. Raises `LogDamaged`.
        """
        mark = read_mark(self._folder)
        later = True
        while later:
            days = day_files(self._folder)
            if self._day is None:
                later = self._begin(days)
            else:
                yield from self._drain(self._day, mark)
                later = self._cross(self._day, days)
        if mark is not None and mark.number > self._end.number:
            raise LogDamaged(self._end.number + 1, f"acknowledged up to record {mark.number}, but the log ends before")

    def close(self) -> None:
        """Close the file it is in."""
        if self._day is not None:
            self._day.close()
            self._day = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, days: list[Path]) -> bool:
        """Enter the day of the first record wanted, or the earliest day kept; returns whether there is one."""
        for path in reversed(days):
            day = DayFile(path, path == days[-1])
            if day.start.number < self._wanted or path == days[0]:
                self._day, self._end = day, day.before(self._wanted)
                return True
            day.close()
        return False

    def _drain(self, day: DayFile, mark: Point | None) -> Iterator[tuple[int, Record]]:
        while rows := day.after(self._end):
            for row in rows:
                end, records = verify_commit(self._end, row)
                if mark is not None and self._end.number < mark.number <= end.number and mark != end:
                    raise LogDamaged(mark.number, f"{day.path.name} does not hold the commit that was acknowledged")
                for number, record in enumerate(records, self._end.number + 1):
                    if number >= self._wanted:
                        self._wanted = number + 1
                        yield number, record
                self._end = end

    def _cross(self, day: DayFile, days: list[Path]) -> bool:
        """Go on to the day after this one, as listed before this one was drained; False when there is none."""
        later = [path for path in days if path.name > day.path.name]
        if not later:
            return False
        following = DayFile(later[0], later[0] == days[-1], self._end.number + 1)
        day.close()
        self._day = following
        following.must_continue(self._end)
        return True


def read_log(directory: Path, first: int = 1) -> Iterator[tuple[int, Record]]:
    """Yield number and record from number `first` (or the first one kept) to the present end. See `LogReader`."""
    with LogReader(directory, first) as reader:
        yield from reader.read()


def _create_day(path: Path, start: Point, epoch: int) -> None:
    """Create a day's file that goes on from `start`, whole or not at all, and flush it.

    It becomes a write-ahead one last: what a write-ahead file holds when SQLite closes may stay there without a word,
    and would not be renamed with it.
    """
    aside = path.with_suffix(".unfinished")
    with closing(sqlite3.connect(aside, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = FULL")
        db.executescript(_SCHEMA)
        db.execute("INSERT INTO head VALUES (?, ?, ?)", (epoch, *start))
        db.execute("PRAGMA journal_mode = WAL")
    aside.rename(path)
    snapshot.flush_directory(path.parent)


def day_files(folder: Path) -> list[Path]:
    """Give the files of the days in a log's folder: as ISO dates go, the order of the names is that of the days."""
    return sorted(folder.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].db"))


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Hold the data directory for this engine alone. Raises `DirectoryInUse`."""
    with (directory / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DirectoryInUse(f"another engine runs on {directory}") from None
        yield
