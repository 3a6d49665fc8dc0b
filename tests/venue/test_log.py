"""What was acknowledged is in the log; where it is not, the log says so."""

import os
import random
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import timedelta

import pytest
from logs import DAY, contents, engine, expected, fill, fingerprints, opened, record, run_to_its_end

from venue import snapshot
from venue.log import DirectoryInUse, Fenced, LogReader, MemoryLog, SqliteLog, read_log
from venue.record import LogDamaged
from venue.wal import sqlite_errors


@pytest.mark.parametrize("durability", ["disk", "process"])
def test_what_was_appended_is_read_back_also_after_a_restart(tmp_path, durability):
    log = opened(tmp_path, durability)
    assert (log.first, log.last, log.day) == (1, 0, DAY)
    assert log.append([record(1)], 1) == 1
    assert log.append([record(number) for number in range(2, 101)], 1) == 100
    assert list(log.read(1)) == expected(1, 100)
    assert list(log.read(60)) == expected(60, 100)
    assert list(log.read(101)) == []
    log.close()
    assert [path.name for path in sorted((tmp_path / "log").iterdir())] == [f"{DAY}.db", "acknowledged"]
    log = opened(tmp_path, durability)
    assert (log.first, log.last, log.epoch) == (1, 100, 2)
    fill(log, 1)
    assert list(log.read(1)) == expected(1, 103)
    log.close()


def test_numbers_and_chain_go_on_over_days(tmp_path):
    log = opened(tmp_path)
    for day in range(1, 5):
        fill(log, 2 if day != 3 else 0)  # a day without a record
        log.roll(DAY + timedelta(day))
    fill(log, 1)
    assert list(log.read(1)) == expected(1, 21)
    assert list(log.read(8)) == expected(8, 21)
    log.roll(DAY)
    log.roll(DAY + timedelta(4))
    assert log.day == DAY + timedelta(4), "a day that has begun, or is over, is not begun again"
    log.close()
    assert contents(tmp_path) == expected(1, 21)
    assert len(list((tmp_path / "log").glob("*.db"))) == 5


def test_after_old_days_were_removed_numbers_begin_later(tmp_path):
    run_to_its_end(tmp_path, until=300, roll_every=100)
    (tmp_path / "log" / "2026-11-20.db").unlink()
    with closing(opened(tmp_path)) as log:
        assert (log.first, log.last) == (101, 300)
        assert list(log.read(1)) == expected(101, 300)


@pytest.mark.parametrize("kept", [1, 2])
def test_a_missing_day_in_the_middle_is_damage(tmp_path, kept):
    run_to_its_end(tmp_path, until=400, roll_every=100)
    (tmp_path / "log" / f"2026-11-2{kept}.db").unlink()
    for read in (contents, lambda directory: list(read_log(directory))):
        with pytest.raises(LogDamaged, match="the day before it ends at") as caught:
            read(tmp_path)
        assert caught.value.record_number == kept * 100 + 1


def test_the_newest_day_missing_is_damage(tmp_path):
    run_to_its_end(tmp_path, until=150, roll_every=100)
    for path in (tmp_path / "log").glob("2026-11-21.db*"):
        path.unlink()
    with pytest.raises(LogDamaged, match="acknowledged up to record 150") as caught:
        contents(tmp_path)
    assert caught.value.record_number == 101


def test_all_days_missing_is_damage(tmp_path):
    run_to_its_end(tmp_path, until=20)
    for path in (tmp_path / "log").glob("*.db*"):
        path.unlink()
    with pytest.raises(LogDamaged, match="acknowledged up to record 20"):
        contents(tmp_path)


def test_a_snapshot_ahead_of_the_log_is_damage(tmp_path):
    with closing(opened(tmp_path)) as log:
        fill(log, 1)
        log.snapshot(3, b"state")
    assert next(snapshot.newest_first(tmp_path / "snapshots"), None) == (3, b"state")
    assert contents(tmp_path) == expected(1, 3)
    shutil.rmtree(tmp_path / "log")
    with pytest.raises(LogDamaged, match="snapshot of record 3"):
        contents(tmp_path)


def test_a_stale_epoch_is_fenced_and_nothing_is_written(tmp_path):
    with closing(opened(tmp_path)) as log:
        fill(log, 1)
        log.fence(7)
        for epoch in (1, 8):
            with pytest.raises(Fenced):
                log.append([record(4)], epoch)
        for epoch in (6, 7):
            with pytest.raises(Fenced):
                log.fence(epoch)
        assert log.append([record(4)], 7) == 4
        log.roll(DAY + timedelta(1))
        with pytest.raises(Fenced):
            log.append([record(5)], 1)
    with closing(SqliteLog(tmp_path)) as log:
        assert (log.epoch, list(log.read(1))) == (7, expected(1, 4))


def test_an_epoch_set_behind_the_writers_back_is_seen_in_the_same_transaction(tmp_path):
    with closing(opened(tmp_path)) as log:
        with closing(sqlite3.connect(tmp_path / "log" / f"{DAY}.db", isolation_level=None)) as other:
            other.execute("UPDATE head SET epoch = 2")
        with pytest.raises(Fenced):
            log.append([record(1)], 1)
        assert list(log.read(1)) == []


def test_two_engines_never_share_a_directory(tmp_path):
    log = opened(tmp_path)
    with pytest.raises(DirectoryInUse, match=f"another engine runs on {tmp_path}"):
        SqliteLog(tmp_path)
    log.close()
    process = engine(tmp_path)
    assert process.stdout.readline()
    with pytest.raises(DirectoryInUse):
        SqliteLog(tmp_path)
    process.kill()
    process.communicate()
    SqliteLog(tmp_path).close()


@pytest.mark.parametrize(("durability", "pages"), [("disk", 256), ("process", 256), ("process", 8)])
def test_after_kill_9_everything_acknowledged_is_there(tmp_path, durability, pages):
    rng = random.Random()
    acknowledged = 0
    for _ in range(6):
        process = engine(tmp_path, durability, pages, roll_every=100)
        process.stdout.readline()
        time.sleep(rng.uniform(0, 0.15))
        process.kill()
        output, _ = process.communicate()
        acknowledged = max([acknowledged, *map(int, output.split()[:-1])])
        if rng.random() < 0.5:
            for path in (tmp_path / "log").glob("*-shm"):
                path.unlink()
        found = contents(tmp_path) if rng.random() < 0.5 else list(read_log(tmp_path))
        assert len(found) >= acknowledged
        assert found == expected(1, len(found))


def test_after_a_full_disk_everything_acknowledged_is_there(tmp_path):
    log = opened(tmp_path)
    log._db.execute("PRAGMA max_page_count = 30")  # what SQLite then says is what it says of a full disk
    with pytest.raises(sqlite3.OperationalError, match="full"):
        fill(log, 10**4)
    acknowledged = log.last
    log.close()
    assert acknowledged > 30
    assert contents(tmp_path) == expected(1, acknowledged)


def test_a_failed_roll_leaves_no_day_behind(tmp_path):
    with closing(opened(tmp_path)) as log:
        fill(log, 1)
    (tmp_path / "log" / "2026-11-21.unfinished").write_bytes(b"half a day")
    (tmp_path / "log" / "2026-11-21.unfinished-wal").write_bytes(b"")
    assert contents(tmp_path) == expected(1, 3)
    assert not list((tmp_path / "log").glob("*.unfinished*"))


# --- readers in other processes


@pytest.mark.parametrize("state", ["killed", "stopped"])
@pytest.mark.parametrize("shm", ["present", "missing", "damaged"])
def test_a_reader_never_changes_the_log(request, tmp_path, state, shm):
    copy = tmp_path / "copy"
    shutil.copytree(request.getfixturevalue(state), copy)
    for path in (copy / "log").glob("*-shm"):
        if shm == "missing":
            path.unlink()
        elif shm == "damaged":
            path.write_bytes(os.urandom(path.stat().st_size))
    before = fingerprints(copy)
    for first in (1, 200, 400, 401, 500):
        assert list(read_log(copy, first)) == expected(first, 400)
        assert fingerprints(copy) == before
    assert contents(copy) == expected(1, 400)


def test_a_reader_follows_a_running_engine_over_days(tmp_path):
    process = engine(tmp_path, roll_every=100, pages=16)
    acknowledged = int(process.stdout.readline())
    found = []
    with LogReader(tmp_path) as reader:
        deadline = time.monotonic() + 60
        while len(found) < 2500 and time.monotonic() < deadline:
            found += reader.read()
            assert len(found) >= acknowledged
            acknowledged = max(acknowledged, int(process.stdout.readline()))
        process.kill()
        output, _ = process.communicate()
        found += reader.read()
    assert len(found) >= max(2500, *map(int, output.split()[:-1]))
    assert found == expected(1, len(found))


def test_many_readers_come_and_go_while_the_engine_writes(tmp_path):
    process = engine(tmp_path, roll_every=200, pages=16)
    seen = int(process.stdout.readline())
    for _ in range(15):
        found = list(read_log(tmp_path, max(seen - 50, 1)))
        assert found == expected(max(seen - 50, 1), found[-1][0])
        assert found[-1][0] >= seen
        seen = int(process.stdout.readline())
    process.kill()
    process.communicate()


def test_a_slow_reader_does_not_hinder_the_day_roll(tmp_path):
    log = opened(tmp_path)
    fill(log, 100)
    with LogReader(tmp_path) as reader:
        records = reader.read()
        assert next(records) == (1, record(1))
        log.roll(DAY + timedelta(1))
        fill(log, 10)
        log.close()
        assert list(records) == expected(2, 300)
        assert list(reader.read()) == expected(301, 330)
    assert contents(tmp_path) == expected(1, 330)
    opened(tmp_path).close()
    assert sorted(path.name for path in (tmp_path / "log").iterdir() if path.name != "acknowledged") == [
        "2026-11-20.db",
        "2026-11-21.db",
    ]


def test_a_reader_goes_on_from_where_it_was_left(tmp_path):
    with closing(opened(tmp_path)) as log, LogReader(tmp_path, 2) as reader:
        fill(log, 4)
        for number, _ in reader.read():
            if number == 5:
                break
        assert list(reader.read()) == expected(6, 12)


def test_a_reader_of_nothing_yields_nothing(tmp_path):
    with LogReader(tmp_path) as reader:
        assert list(reader.read()) == []
        with closing(opened(tmp_path)) as log:
            assert list(reader.read()) == []
            fill(log, 1)
            assert list(reader.read()) == expected(1, 3)
            assert list(reader.read()) == []


def test_what_the_machine_refuses_is_no_damage(tmp_path):
    with pytest.raises(sqlite3.OperationalError, match="unable to open"), sqlite_errors(1, "absent.db"):
        sqlite3.connect(f"file:{tmp_path}/absent.db?mode=ro", uri=True)


def test_memory_mode_counts_and_keeps_nothing(tmp_path):
    log = MemoryLog(tmp_path)
    with pytest.raises(DirectoryInUse):
        MemoryLog(tmp_path)
    log.fence(1)
    log.roll(DAY)
    assert log.append([record(1), record(2)], 1) == 2
    assert log.append([record(3)], 1) == 3
    assert (log.last, list(log.read(1))) == (3, [])
    log.snapshot(3, b"state")
    log.fence(2)
    with pytest.raises(Fenced):
        log.append([record(4)], 1)
    with pytest.raises(Fenced):
        log.fence(2)
    log.close()
