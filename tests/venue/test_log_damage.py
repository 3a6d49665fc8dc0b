"""Whatever happens to the log's files, no acknowledged record is lost in silence."""

import random
import shutil
import sqlite3
from contextlib import closing

import pytest
from logs import DAY, contents, expected, fill, fingerprints, opened

from venue.log import SqliteLog
from venue.record import Kind, LogDamaged, Record, encode_batch, next_chain

# --- damage


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
        ("UPDATE commits SET last = 31 WHERE last = 30", 30, "does not hold the commit"),
        ("UPDATE commits SET last = 16 WHERE last = 15", 13, "holds 3"),
        ("UPDATE head SET chain = zeroblob(31)", 1, "chain"),
        ("UPDATE head SET last = 1", 2, "begins with record 1"),
        ("UPDATE head SET chain = CAST(x'bc00' AS TEXT)", 0, "does not begin as a day"),
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
