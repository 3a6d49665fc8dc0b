"""Damage in a write-ahead file is told from a crash, by what lies behind the first bad frame."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from venue.wal import find_damage, scan

PAGE = 4096
FRAME = 24 + PAGE
COMMITS = 12


def frame_at(index):
    """Return where the frame with that number, from 0, begins."""
    return 32 + index * FRAME


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A database as `kill -9` leaves it: twelve commits of three frames or more in the write-ahead file."""
    source, copy = tmp_path_factory.mktemp("live") / "day.db", tmp_path_factory.mktemp("killed") / "day.db"
    with closing(sqlite3.connect(source, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, blob BLOB)")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for _ in range(COMMITS):
            db.execute("INSERT INTO t (blob) VALUES (?)", (os.urandom(2 * PAGE),))
        shutil.copy(f"{source}-wal", f"{copy}-wal")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        source_bytes = source.read_bytes()
    copy.write_bytes(source_bytes)
    return copy


@pytest.fixture
def database(killed, tmp_path):
    shutil.copytree(killed.parent, tmp_path / "copy")
    return tmp_path / "copy" / "day.db"


def wal_of(database):
    return Path(f"{database}-wal")


def commit_ends(data):
    """Return for each commit the index of its last frame."""
    frames = (len(data) - 32) // FRAME
    return [at for at in range(frames) if data[frame_at(at) + 4 : frame_at(at) + 8] != bytes(4)]


def flip(data, position):
    return data[:position] + bytes([data[position] ^ 0x20]) + data[position + 1 :]


def test_a_sound_file_is_followed_to_its_end(database):
    data = wal_of(database).read_bytes()
    with wal_of(database).open("rb") as file:
        found = scan(file)
    assert (found.frames, found.proof) == ((len(data) - 32) // FRAME, None)
    assert len(commit_ends(data)) == COMMITS
    assert find_damage(database) is None


def test_any_byte_of_a_commit_with_another_behind_it_is_damage(database):
    data = wal_of(database).read_bytes()
    ends = commit_ends(data)
    # Up to the last commit but two, a lost commit mark included: two whole ones remain behind it.
    for position in [
        *range(32),
        *range(32, frame_at(ends[-3] + 1), 997),
        *range(32, 56),
        *range(frame_at(5), frame_at(5) + 24),
    ]:
        wal_of(database).write_bytes(flip(data, position))
        assert find_damage(database) is not None, position


def test_a_flip_in_the_last_commit_looks_like_a_crash(database):
    data = wal_of(database).read_bytes()
    start = frame_at(commit_ends(data)[-2] + 1)
    for position in range(start, len(data), 997):
        wal_of(database).write_bytes(flip(data, position))
        assert find_damage(database) is None, position


def test_a_file_cut_anywhere_is_a_crash(database):
    data = wal_of(database).read_bytes()
    for length in (*range(0, 60, 7), *range(0, len(data), 1999)):
        wal_of(database).write_bytes(data[:length])
        assert find_damage(database) is None, length


@pytest.mark.parametrize("lost", [0, 1])
def test_a_power_cut_may_store_the_last_commit_in_any_mixture(database, lost):
    data = wal_of(database).read_bytes()
    hole = frame_at(commit_ends(data)[-2] + 1 + lost)
    wal_of(database).write_bytes(data[:hole] + bytes(FRAME) + data[hole + FRAME :])
    assert find_damage(database) is None


def test_a_hole_in_an_earlier_commit_is_damage(database):
    data = wal_of(database).read_bytes()
    hole = frame_at(commit_ends(data)[3] + 1)
    wal_of(database).write_bytes(data[:hole] + bytes(FRAME) + data[hole + FRAME :])
    assert "shows that later commits were acknowledged" in find_damage(database)


def test_frames_from_before_the_file_was_started_over_are_no_damage(database):
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("PRAGMA wal_checkpoint(RESTART)")
        db.execute("INSERT INTO t (blob) VALUES (?)", (b"one small commit in front of the old ones",))
        data = wal_of(database).read_bytes()
        saved = wal_of(database).with_name("saved")
        saved.write_bytes(data)
    with saved.open("rb") as file:
        found = scan(file)
    assert 0 < found.frames < (len(data) - 32) // FRAME
    assert found.proof is None
    wal_of(database).write_bytes(flip(data, frame_at(found.frames) + 100))
    assert find_damage(database) is None


def test_without_a_write_ahead_file_nothing_is_wrong(database):
    wal_of(database).unlink()
    assert find_damage(database) is None
    wal_of(database).write_bytes(b"")
    assert find_damage(database) is None


def test_sqlite_itself_says_nothing_which_is_why_this_exists(database):
    data = wal_of(database).read_bytes()
    wal_of(database).write_bytes(flip(data, frame_at(commit_ends(data)[3]) + 500))
    assert find_damage(database) is not None
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
