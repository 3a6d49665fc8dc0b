"""What was acknowledged is in the log; where it is not, the log says so."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import date, timedelta
from hashlib import sha256

import pytest

from venue import snapshot
from venue.log import DirectoryInUse, Fenced, LogReader, MemoryLog, SqliteLog, read_log
from venue.record import Kind, LogDamaged, Record, encode_batch, next_chain
from venue.wal import sqlite_errors

DAY = date(2026, 11, 20)

# Appends until it is killed, or up to a number and then kills itself; prints each number it may acknowledge.
ENGINE = """
import os, sys
from datetime import date, timedelta
from pathlib import Path
from venue.log import SqliteLog
from venue.record import Record
directory, durability, pages, until, roll_every = sys.argv[1:]
log = SqliteLog(Path(directory), durability, int(pages))
log.fence(log.epoch + 1)
if log.day is None:
    log.roll(date(2026, 11, 20))
while log.last < int(until):
    numbers = range(log.last + 1, min(log.last + 1 + (log.last * 7) % 5, int(until)) + 1)
    log.append([Record(1, n % 9, n, n, b"record %d " % n * (n % 40)) for n in numbers], log.epoch)
    sys.stdout.write(f"{log.last}\\n")
    sys.stdout.flush()
    if int(roll_every) and log.last % int(roll_every) == 0:
        log.roll(log.day + timedelta(1))
os.kill(os.getpid(), 9)
"""


def record(number):
    """Return the record that the engine above writes under a number."""
    return Record(1, number % 9, number, number, b"record %d " % number * (number % 40))


def expected(first, last):
    return [(number, record(number)) for number in range(first, last + 1)]


def engine(directory, durability="process", pages=64, until=10**9, roll_every=0):
    arguments = [str(value) for value in (directory, durability, pages, until, roll_every)]
    return subprocess.Popen([sys.executable, "-c", ENGINE, *arguments], stdout=subprocess.PIPE, text=True)


def run_to_its_end(directory, **options):
    """Let an engine write, be killed, and return the last number it acknowledged."""
    process = engine(directory, **options)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    return int(output.split()[-1])


def contents(directory):
    """Return all that a start and a replay see."""
    with closing(SqliteLog(directory, "process")) as log:
        return list(log.read(1))


def opened(directory, durability="process"):
    log = SqliteLog(directory, durability)
    log.fence(log.epoch + 1)
    if log.day is None:
        log.roll(DAY)
    return log


def fill(log, count, size=3):
    for _ in range(count):
        log.append([record(log.last + 1 + at) for at in range(size)], log.epoch)


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
    with pytest.raises(ValueError, match="can't roll"):
        log.roll(DAY)
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
    assert snapshot.load_newest(tmp_path / "snapshots") == (3, b"state")
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


# --- damage


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The directory of an engine that was killed: two days, commits in the database and in the write-ahead file."""
    directory = tmp_path_factory.mktemp("killed")
    assert run_to_its_end(directory, pages=24, until=400, roll_every=150) == 400
    assert (directory / "log" / "2026-11-22.db-wal").stat().st_size > 8 * 4096
    return directory


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, killed):
    """The same after a clean stop: everything in the databases."""
    directory = tmp_path_factory.mktemp("stopped") / "data"
    shutil.copytree(killed, directory)
    assert contents(directory) == expected(1, 400)
    return directory


def outcome(directory):
    try:
        return contents(directory)
    except LogDamaged as problem:
        return problem


def damaged_copies(source, target, name, positions, change):
    """Yield position and what a start finds for each position changed, each in a fresh copy."""
    data = (source / "log" / name).read_bytes()
    for position in positions:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        (target / "log" / name).write_bytes(change(data, position))
        yield position, outcome(target)


def flip(data, position):
    return data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]


def flip_one_bit(data, position):
    return data[:position] + bytes([data[position] ^ 0x01]) + data[position + 1 :]


def cut(data, position):
    return data[:position]


def samples(path, count):
    """Return positions all over a file: the densely meant first bytes, page and frame heads, and a stride."""
    size = path.stat().st_size
    heads = [base + offset for base in range(0, size, 4096) for offset in (0, 3, 5, 8)]
    frames = [base + offset for base in range(32, size, 4120) for offset in (3, 7, 9, 17)]
    rng = random.Random(size)
    pool = sorted({at for at in (*heads, *frames, *range(0, size, 211)) if at < size} | set(range(0, 100, 3)))
    return sorted(rng.sample(pool, min(count, len(pool))))


@pytest.mark.parametrize("change", [flip, flip_one_bit, cut])
@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("killed", "2026-11-20.db"),
        ("killed", "2026-11-22.db"),
        ("killed", "2026-11-22.db-wal"),
        ("stopped", "2026-11-22.db"),
    ],
)
def test_no_damage_loses_an_acknowledged_record_in_silence(request, tmp_path, state, name, change):
    source = request.getfixturevalue(state)
    positions = samples(source / "log" / name, 80)
    found = 0
    for position, result in damaged_copies(source, tmp_path / "copy", name, positions, change):
        if isinstance(result, LogDamaged):
            found += 1
            assert 0 <= result.record_number <= 401
        else:
            assert result == expected(1, 400), position
    assert found > len(positions) // 4


@pytest.mark.slow
@pytest.mark.parametrize("change", [flip, flip_one_bit])
@pytest.mark.parametrize("name", ["2026-11-22.db", "2026-11-22.db-wal", "2026-11-20.db"])
@pytest.mark.timeout(600)
def test_no_damage_loses_an_acknowledged_record_in_silence_at_many_places(tmp_path, killed, name, change):
    positions = samples(killed / "log" / name, 1500)
    for position, result in damaged_copies(killed, tmp_path / "copy", name, positions, change):
        assert isinstance(result, LogDamaged) or result == expected(1, 400), position


def test_without_the_mark_only_the_last_two_commits_can_go_unnoticed(tmp_path, killed):
    source = tmp_path / "source"
    shutil.copytree(killed, source)
    (source / "log" / "acknowledged").unlink()
    with closing(sqlite3.connect(f"file:{killed}/log/2026-11-22.db?mode=ro", uri=True)) as db:
        ends = [last for (last,) in db.execute("SELECT last FROM commits")]
    name = "2026-11-22.db-wal"
    for position, result in damaged_copies(source, tmp_path / "copy", name, samples(source / "log" / name, 150), flip):
        if not isinstance(result, LogDamaged):
            assert result == expected(1, len(result)), position
            assert len(result) in ends[-3:], position


def test_a_damaged_mark_proves_nothing(tmp_path, killed):
    for _, result in damaged_copies(killed, tmp_path / "copy", "acknowledged", range(44), flip):
        assert result == expected(1, 400)


def test_a_lost_write_ahead_file_is_damage(tmp_path, killed):
    shutil.copytree(killed, tmp_path / "copy")
    (tmp_path / "copy" / "log" / "2026-11-22.db-wal").unlink()
    assert isinstance(outcome(tmp_path / "copy"), LogDamaged)


def test_a_damaged_log_is_left_as_it_was_found(tmp_path, killed):
    copy = tmp_path / "copy"
    shutil.copytree(killed, copy)
    path = copy / "log" / "2026-11-22.db-wal"
    path.write_bytes(flip(path.read_bytes(), 32 + 4120 + 500))
    before = fingerprints(copy)
    with pytest.raises(LogDamaged) as caught:
        SqliteLog(copy)
    assert "frame 2 is damaged" in caught.value.reason
    assert fingerprints(copy) == before


@pytest.mark.parametrize("row", ["middle", "last"])
def test_a_row_rewritten_with_a_fitting_chain_is_found(tmp_path, row):
    with closing(opened(tmp_path)) as log:
        fill(log, 10)
    last = 15 if row == "middle" else 30
    with closing(sqlite3.connect(tmp_path / "log" / f"{DAY}.db", isolation_level=None)) as db:
        (chain,) = db.execute("SELECT chain FROM commits WHERE last = ?", (last - 3,)).fetchone()
        blob = encode_batch([Record(Kind.MESSAGE, 1, 1, 1, b"another %d" % at) for at in range(3)])
        db.execute("UPDATE commits SET blob = ?, chain = ? WHERE last = ?", (blob, next_chain(chain, blob), last))
    with pytest.raises(LogDamaged) as caught:
        contents(tmp_path)
    assert caught.value.record_number == (16 if row == "middle" else 30)


@pytest.mark.parametrize(
    ("change", "number", "reason"),
    [
        ("DELETE FROM commits WHERE last = 15", 13, "begins with record 16"),
        ("DELETE FROM commits WHERE last = 30", 28, "acknowledged up to record 30"),
        ("DELETE FROM commits WHERE last <= 6", 1, "begins with record 7"),
        ("UPDATE commits SET first = 'x' WHERE last = 15", 13, "other types"),
        ("UPDATE commits SET blob = x'00' WHERE last = 15", 13, "cut short"),
        ("UPDATE commits SET last = 31 WHERE last = 30", 28, "holds 3"),
        ("UPDATE head SET chain = zeroblob(31)", 1, "chain"),
        ("UPDATE head SET last = 1", 2, "begins with record 1"),
        ("DELETE FROM head", 0, "does not begin as a day"),
        ("DROP TABLE commits", 1, "no such table"),
    ],
)
def test_a_changed_table_names_the_record(tmp_path, change, number, reason):
    with closing(opened(tmp_path)) as log:
        fill(log, 10)
    with closing(sqlite3.connect(tmp_path / "log" / f"{DAY}.db", isolation_level=None)) as db:
        db.execute(change)
    with pytest.raises(LogDamaged, match=reason) as caught:
        contents(tmp_path)
    assert caught.value.record_number == number


# --- readers in other processes


def fingerprints(directory):
    """Return the hash of each file that holds records."""
    kept = [path for path in (directory / "log").iterdir() if path.suffix in (".db", ".db-wal") and path.stat().st_size]
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in kept}


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
    with pytest.raises(sqlite3.OperationalError, match="unable to open"), sqlite_errors(1):
        sqlite3.connect(f"file:{tmp_path}/absent.db?mode=ro", uri=True)


def test_memory_mode_counts_and_keeps_nothing():
    log = MemoryLog()
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
