"""Every file of a venue's directory damaged in every way: the start refuses and says what, or has all of it.

The directory is that of a venue that traded on three days and was then killed: two closed days, the present one with
commits in its write-ahead file, the mark, two snapshots. A start reads it as the venue does (`SqliteLog`, `recover`).
"""

import os
import random
import shutil
import tempfile
from collections import Counter
from contextlib import closing, contextmanager
from itertools import takewhile

import pytest
from logs import fingerprints

from venue.log import SqliteLog
from venue.machine import Machine
from venue.record import LogDamaged
from venue.recovery import recover

DAYS = ("2026-11-19", "2026-11-20", "2026-11-23")
PRESENT = f"log/{DAYS[-1]}.db"
REGION = 64
NOBODY = 65534


def life(host, connect, data, price):
    """Let a venue trade for three days, and keep its directory as a kill would leave it."""
    venue = host(data=data)
    for day in DAYS:
        clients = [connect(venue, name=name) for name in ("IN19T6", "AK01T1")]
        for number in range(1, 31):
            for client, side in zip(clients, (b"B", b"S"), strict=True):
                client.enter(number, side, price=price + number * 100, quantity=number)
                client.take(2 if number == 1 else 1)
        for client in clients:
            client.settle()  # its answer comes when all of the client's orders are written
        if day != DAYS[-1]:
            assert venue.ask("trading-day/next").status == 200
    venue.wait_for_disk()
    while venue.call(lambda: len(venue.venue.snapshots.under_way)):
        pass
    killed = shutil.copytree(
        venue.data, data.with_suffix(".killed"), ignore=shutil.ignore_patterns("*.sock", "lock", "reserve")
    )
    state = venue.call(lambda: (venue.venue.machine.number, venue.venue.machine.hash()))
    venue.stop()
    return killed, state


@pytest.fixture
def killed(host, connect, tmp_path):
    """The directory, and the number of records and the state hash that a start has to come to."""
    return life(host, connect, tmp_path / "one", 1_900_000)


@pytest.fixture
def other(host, connect, tmp_path, clock):
    """Another venue's, as like the first as can be."""
    clock.moment += 1
    return life(host, connect, tmp_path / "two", 1_800_000)[0]


def start(directory):
    """Start on a directory and do nothing; gives what was wrong, or number and hash."""
    machine = Machine(directory)
    try:
        with closing(SqliteLog(directory, "process")) as log:
            recover(directory, machine)
            log.fence(log.epoch + 1)
    except LogDamaged as problem:
        return problem
    return machine.number, machine.hash()


def files(directory):
    """The files that hold anything, by their names from the directory on."""
    found = [path for folder in ("log", "snapshots") for path in (directory / folder).iterdir()]
    return sorted(str(path.relative_to(directory)) for path in found if path.stat().st_size)


def flip(data, at, _rng):
    return data[:at] + bytes([data[at] ^ 0x04]) + data[at + 1 :]


def zero(data, at, _rng):
    return data[:at] + bytes(min(REGION, len(data) - at)) + data[at + REGION :]


def garbage(data, at, rng):
    return data[:at] + rng.randbytes(min(REGION, len(data) - at)) + data[at + REGION :]


def cut(data, at, _rng):
    return data[:at]


def places(data, name, rng):
    """Where to damage a file: its beginning and end, the head of each page or frame, and anywhere."""
    step, first = (4120, 32) if name.endswith("-wal") else (4096, 0)
    heads = [base + at for base in range(first, len(data), step) for at in (0, 8, 16, 100)]
    wanted = [
        0,
        1,
        8,
        16,
        24,
        28,
        40,
        44,
        60,
        96,
        len(data) - 1,
        len(data) // 2,
        *rng.sample(heads, min(14, len(heads))),
    ]
    wanted += [rng.randrange(len(data)) for _ in range(6)]
    return sorted({at for at in wanted if 0 <= at < len(data)})


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_damage_to_any_file_loses_anything_in_silence(killed, tmp_path, seed):
    source, wanted = killed
    rng, copy = random.Random(seed), tmp_path / "copy"
    outcomes = {}
    for name in files(source):
        data = (source / name).read_bytes()
        tally = outcomes[name] = Counter()
        for change in (flip, zero, garbage, cut):
            for at in places(data, name, rng):
                damaged = change(data, at, rng)
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(source, copy)
                (copy / name).write_bytes(damaged)
                before = fingerprints(copy)
                result = start(copy)
                where = f"{name}: {change.__name__} at {at} of {len(data)}"
                if isinstance(result, LogDamaged):
                    tally["refused"] += 1
                    assert 0 <= result.record_number <= wanted[0] + 1, where
                    assert fingerprints(copy) == before, f"{where}: the evidence was changed"
                else:
                    tally["whole"] += 1
                    assert result == wanted, where
    for name, tally in outcomes.items():
        print(f"{name}: {dict(tally)}")
    assert all(outcomes[PRESENT + ending]["refused"] for ending in ("", "-wal"))
    assert not any(tally["refused"] for name, tally in outcomes.items() if name.endswith(("-shm", "acknowledged")))


def remove(path):
    path.unlink()


def empty(path):
    path.write_bytes(b"")


def rename(path):
    path.rename(path.with_name(f"moved-{path.name}"))


def directory_in_its_place(path):
    path.unlink()
    path.mkdir()


def double(path):
    shutil.copy(path, path.with_name("2026-11-24" + path.name[10:]))


def swap_with(day):
    def swap(path):
        aside, there = path.with_name("aside"), path.with_name(f"{day}.db")
        path.rename(aside)
        there.rename(path)
        aside.rename(there)

    return swap


TABLE = [
    # file, what is done to it, what the start says: a part of the reason, or None where it has everything
    (f"log/{DAYS[0]}.db", remove, None),
    (f"log/{DAYS[0]}.db", empty, "is empty"),
    (f"log/{DAYS[0]}.db", rename, None),
    (f"log/{DAYS[0]}.db", swap_with(DAYS[1]), "goes on from record"),
    (f"log/{DAYS[1]}.db", remove, "goes on from record"),
    (f"log/{DAYS[1]}.db", empty, "is empty"),
    (f"log/{DAYS[1]}.db", rename, "goes on from record"),
    (f"log/{DAYS[1]}.db", double, "goes on from record"),
    (PRESENT, remove, "the log ends before"),
    (PRESENT, empty, "is empty"),
    (PRESENT, rename, "the log ends before"),
    (PRESENT, double, "goes on from record"),
    (f"{PRESENT}-wal", remove, "the log ends before"),
    (f"{PRESENT}-wal", empty, "the log ends before"),
    (f"{PRESENT}-wal", rename, "the log ends before"),
    (f"{PRESENT}-shm", remove, None),
    (f"{PRESENT}-shm", empty, None),
    ("log/acknowledged", remove, None),
    ("log/acknowledged", empty, None),
    ("snapshots/newest", remove, None),
    ("snapshots/newest", empty, None),
    ("snapshots/newest", rename, None),
    ("snapshots/older", remove, None),
    ("snapshots/older", empty, None),
]


def named(directory, name):
    """The file that a row of the table means."""
    if name.startswith("snapshots/"):
        return sorted((directory / "snapshots").iterdir())[-1 if name.endswith("newest") else 0]
    return directory / name


@pytest.mark.slow
def test_files_that_are_gone_empty_moved_or_doubled(killed, tmp_path):
    source, wanted = killed
    for row, (name, change, reason) in enumerate(TABLE):
        copy = shutil.copytree(source, tmp_path / f"row-{row}")
        change(named(copy, name))
        check(start(copy), wanted, reason, f"{name}: {change.__name__}")


def check(result, wanted, reason, where):
    if reason is None:
        assert result == wanted, where
    else:
        assert isinstance(result, LogDamaged), f"{where}: it started"
        assert reason in str(result), where
        assert "log damaged at record" in str(result)


@pytest.mark.slow
def test_files_of_another_venue_are_noticed(killed, other, tmp_path):
    source, wanted = killed
    assert files(source) == files(other)
    for row, name in enumerate(files(source)):
        copy = shutil.copytree(source, tmp_path / f"row-{row}")
        shutil.copy(other / name, copy / name)
        result = start(copy)
        if name.endswith("-shm"):
            assert result == wanted, name
        elif name == max(files(source)) or name.endswith((".db", "-wal", "acknowledged")):
            assert isinstance(result, LogDamaged), name
        else:
            assert result == wanted, f"{name}: the older snapshot is not needed"
    together = shutil.copytree(source, tmp_path / "together")
    for ending in ("", "-wal"):
        shutil.copy(other / (PRESENT + ending), together / (PRESENT + ending))
    assert isinstance(start(together), LogDamaged)


@pytest.mark.slow
def test_both_snapshots_gone_the_log_alone_tells_it_all(killed, tmp_path):
    source, wanted = killed
    copy = shutil.copytree(source, tmp_path / "copy")
    shutil.rmtree(copy / "snapshots")
    assert start(copy) == wanted
    (copy / "log" / f"{DAYS[0]}.db").unlink()
    assert "no snapshot stands in" in str(start(copy)) or "goes on with record" in str(start(copy))


def test_a_snapshot_that_is_newer_than_the_log_is_refused(killed, tmp_path):
    source, _ = killed
    copy = shutil.copytree(source, tmp_path / "copy")
    newest = named(copy, "snapshots/newest")
    shutil.copy(newest, newest.with_name(f"{10**6:020d}.snapshot"))
    assert "there is a snapshot of record 1000000, but the log ends before it" in str(start(copy))


@pytest.mark.slow
def test_the_whole_log_gone_is_noticed_by_its_snapshots(killed, tmp_path):
    source, _ = killed
    copy = shutil.copytree(source, tmp_path / "copy")
    shutil.rmtree(copy / "log")
    assert "there is a snapshot of record" in str(start(copy))


@contextmanager
def without_rights(directory):
    """Run the block as a user whom permissions hold, and who owns the directory."""
    if os.geteuid() != 0:
        yield
        return
    for parent in takewhile(lambda parent: not parent.stat().st_mode & 0o001, directory.parents):
        parent.chmod(parent.stat().st_mode | 0o011)
    for each in (directory, *directory.rglob("*")):
        os.chown(each, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(not tempfile.gettempdir().startswith("/tmp"), reason="others must be let into the test's folder")
@pytest.mark.parametrize(
    "name", [PRESENT, f"{PRESENT}-wal", f"log/{DAYS[1]}.db", "snapshots/newest", "log/acknowledged"]
)
def test_a_file_that_may_not_be_read_is_no_damage_and_is_named(killed, tmp_path, name):
    source, _ = killed
    copy = shutil.copytree(source, tmp_path / "copy")
    path = named(copy, name)
    path.chmod(0)
    with without_rights(copy), pytest.raises(PermissionError, match=path.name):
        start(copy)
