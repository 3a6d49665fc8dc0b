"""Opens a day's SQLite file for reading, after a look at its write-ahead file that SQLite itself does not take.

SQLite recovers from a `-wal` by following its frames until the first one that fails its checksum, and takes that for
the end. After a crash that is right. After damage it silently drops every commit behind the damaged frame, although
each of them was acknowledged. So the frames behind the first bad one are looked at here.

A frame's checksum goes on from the one before it, so nothing behind a bad frame can be proved good. What is left are
the two salts, 64 bits that change whenever the file is started over and that every frame repeats. A frame at the right
place with the present salts and a page number was written in the file's present life; chance or older contents do not
produce it (stale frames carry other salts and are no damage).

Then it matters how a commit is written: all its frames, the last marked as commit, then a flush, and only then the
next commit's first frame. A power cut may store the frames of the *last* commit in any mixture, its mark included,
and nobody was told of it. But a frame behind a commit mark proves that the flush had returned. Hence the rule:

    damage  =  a bad frame, at or behind it a commit mark, and behind that mark any frame, all of the present salts

What the rule leaves open is the very last commit, where unfinished and damaged look the same, and the one before it
when it is its own commit mark that was hit. The log settles that by its mark of what it acknowledged (see `venue.log`).

Source: "WAL-mode File Format" and "Database File Format" section 4, sqlite.org.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
import time
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from struct import Struct
from typing import BinaryIO, Final, NamedTuple

from venue.record import LogDamaged, Point

_HEADER: Final = Struct(">IIIIIIII")
"""Magic, format version, page size, checkpoint count, salts, checksum."""
_FRAME: Final = Struct(">II8sII")
"""Page number, pages in the database after a commit (0 inside one), salts, checksum."""
_MAGIC: Final = 0x377F0682
"""The last bit set: checksums read words big-endian, else little-endian."""
_VERSION: Final = 3007000
_SHORTEST: Final = 4096
"""A day's file has a page at the least."""

_AT: Final = "SELECT chain FROM commits WHERE last = ?"
_BEFORE: Final = "SELECT last, chain FROM commits WHERE last < ? ORDER BY last DESC LIMIT 1"
# A page at a time: an open read transaction keeps the writer from starting its write-ahead file over.
_AFTER: Final = "SELECT last, first, chain, blob FROM commits WHERE last > ? ORDER BY last LIMIT 64"

# The machine's state, not the file's: nothing is known to be wrong with the log.
_NOT_DAMAGE: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)

_LOOKS: Final = 5
_PAUSE_SECONDS: Final = 0.02


class Scan(NamedTuple):
    """What a write-ahead file holds.

    `frames` valid ones lead up to the first bad one. `proof` is the place, counted from 1, of a frame that shows an
    acknowledged commit at or behind the bad frame; None when nothing that was acknowledged is missing.
    """

    salts: bytes
    frames: int
    proof: int | None


class _BadHeader(Exception):  # noqa: N818 - never leaves this module
    """The file's first 32 bytes fail their own checksum."""


class DayFile:
    """One day's file, opened for reading only; `expected` is the record to name when the file tells nothing itself.

    Raises `LogDamaged` wherever it can't be what was written.
    """

    def __init__(self, path: Path, newest: bool, expected: int = 0) -> None:
        self.path = path
        size = path.stat().st_size
        if size < _SHORTEST:
            # SQLite would take this for a new database, and delete the write-ahead file beside it.
            raise LogDamaged(expected, f"{path.name} is {f'only {size:,} bytes long' if size else 'empty'}")
        if not os.access(path, os.R_OK, effective_ids=True):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        damage = find_damage(path)
        # A closed day without a write-ahead file never changes, and opened as immutable it gets no `-shm` either.
        immutable = "" if newest or _holds_something(Path(f"{path}-wal")) else "&immutable=1"
        uri = f"{path.absolute().as_uri()}?mode=ro{immutable}"
        with ExitStack() as undo, sqlite_errors(expected, path.name):
            self._db = undo.enter_context(
                closing(sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False))
            )
            self._db.text_factory = _text
            self.epoch, self.start = self._head(expected)
            if damage is not None:
                raise LogDamaged(self.before(None).number + 1, damage)
            undo.pop_all()

    def before(self, number: int | None) -> Point:
        """Return the end of the last commit that ends before `number`, None for the last one at all."""
        with sqlite_errors(self.start.number + 1, self.path.name):
            row = self._db.execute(_BEFORE, (2**63 - 1 if number is None else number,)).fetchone()
        match row:
            case None:
                return self.start
            case (int(last), bytes(chain)):
                return Point(last, chain)
        raise LogDamaged(self.start.number + 1, f"{self.path.name} holds a row of other types")

    def after(self, end: Point) -> list[tuple[object, ...]]:
        """Return the next rows (last, first, chain, blob) behind a commit's end, at most a page of them."""
        with sqlite_errors(end.number + 1, self.path.name):
            return self._db.execute(_AFTER, (end.number,)).fetchall()

    def must_hold(self, mark: Point) -> None:
        """Raise `LogDamaged` when no commit of this day, nor its beginning, is the one that was acknowledged last."""
        with sqlite_errors(mark.number, self.path.name):
            held = self._db.execute(_AT, (mark.number,)).fetchall()
        if held != [(mark.chain,)] and mark != self.start:
            raise LogDamaged(mark.number, f"{self.path.name} does not hold the commit that was acknowledged")

    def must_continue(self, end: Point) -> None:
        """Raise `LogDamaged` when this day does not go on from where the one before it ended."""
        if self.start.number != end.number:
            reason = f"{self.path.name} goes on from record {self.start.number}, the day before it ends at {end.number}"
            raise LogDamaged(end.number + 1, reason)
        if self.start.chain != end.chain:
            raise LogDamaged(end.number + 1, f"{self.path.name} does not go on from the chain of the day before it")

    def close(self) -> None:
        """Close the file; read-only, so nothing is written."""
        self._db.close()

    def _head(self, expected: int) -> tuple[int, Point]:
        match self._db.execute("SELECT epoch, last, chain FROM head").fetchall():
            case [(int(epoch), int(number), bytes(chain))]:
                return epoch, Point(number, chain)
        raise LogDamaged(expected, f"{self.path.name} does not begin as a day of the log does")


def _text(value: bytes) -> str:
    """Read a text, where damage has made one of something else: never an error, never of a type that is expected."""
    return value.decode("latin-1")


@contextmanager
def sqlite_errors(number: int, name: str) -> Iterator[None]:
    """Turn what SQLite says of a damaged file of that name into `LogDamaged` at record `number`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if code & 0xFF in _NOT_DAMAGE and code != sqlite3.SQLITE_IOERR_SHORT_READ:
            raise
        raise LogDamaged(number, f"{name}: SQLite: {error}") from error


def find_damage(database: Path) -> str | None:
    """Return what its write-ahead file lost, None when SQLite will find all that was committed.

    Opens the `-wal` only, never the database itself: closing any descriptor of that would drop the locks which SQLite
    holds for this process. An engine may be writing at the same time, and then a frame can be read half written; so a
    finding counts only when a second look, a moment later, finds the same.
    """
    finding: object = None
    for _ in range(_LOOKS):
        before, finding = finding, _look(database)
        if finding is None:
            return None
        if finding == before:
            break
        time.sleep(_PAUSE_SECONDS)
    else:
        return None  # five different findings in a row: something is writing, and SQLite will sort it out
    if isinstance(finding, Scan):
        return (
            f"{database.name}-wal: frame {finding.frames + 1} is damaged, "
            f"yet frame {finding.proof} shows that later commits were acknowledged"
        )
    return f"{database.name}-wal: its header is damaged, so all its commits would be lost"


def scan(file: BinaryIO) -> Scan | None:
    """Return what an open write-ahead file holds, None when it is as good as empty."""
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    if header == bytes(_HEADER.size) and not any(file.read()):
        return None
    file.seek(_HEADER.size)
    magic, version, page_size, _, _, _, sum1, sum2 = _HEADER.unpack(header)
    salts = header[16:24]
    swap = (magic & 1 == 1) == (sys.byteorder == "little")
    sums = _checksum(header[:24], 0, 0, swap)
    if magic & ~1 != _MAGIC or version != _VERSION or sums != (sum1, sum2):
        if file.read(1):
            raise _BadHeader
        return None
    frames = 0
    while len(frame := file.read(_FRAME.size + page_size)) == _FRAME.size + page_size:
        page, _, frame_salts, sum1, sum2 = _FRAME.unpack_from(frame)
        sums = _checksum(frame[:8], *sums, swap)
        sums = _checksum(frame[_FRAME.size :], *sums, swap)
        if page == 0 or frame_salts != salts or sums != (sum1, sum2):
            break
        frames += 1
    return Scan(salts, frames, _proof(file, frames, page_size, salts))


def _holds_something(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def _look(database: Path) -> object:
    """Return a finding to compare with the next look's, None when all is well."""
    try:
        with Path(f"{database}-wal").open("rb") as file:
            found = scan(file)
    except FileNotFoundError:
        return None
    except _BadHeader:
        return "header"
    return found if found is not None and found.proof is not None else None


def _proof(file: BinaryIO, bad: int, page_size: int, salts: bytes) -> int | None:
    """Return the 1-based index of the first frame of the present salts behind a commit mark at or behind `bad`."""
    size = _FRAME.size + page_size
    marked = False
    index = bad
    while True:
        file.seek(_HEADER.size + index * size)
        header = file.read(_FRAME.size)
        if len(header) < _FRAME.size:
            return None
        page, pages, frame_salts, _, _ = _FRAME.unpack(header)
        index += 1
        if page and frame_salts == salts:
            if marked:
                return index
            marked = pages != 0


def _checksum(data: bytes, sum1: int, sum2: int, swap: bool) -> tuple[int, int]:
    """Return SQLite's rolling checksum over 32-bit words, taken in pairs."""
    words = array("I", data)
    if swap:
        words.byteswap()
    pairs = iter(words)
    for even, odd in zip(pairs, pairs, strict=True):
        sum1 = (sum1 + even + sum2) & 0xFFFFFFFF
        sum2 = (sum2 + odd + sum1) & 0xFFFFFFFF
    return sum1, sum2
