"""What tests of the log share: records, an engine that appends until it is killed, a log's contents."""

import shutil
import signal
import subprocess
import sys
from contextlib import closing
from datetime import date
from hashlib import sha256

import pytest

from venue.log import SqliteLog
from venue.record import Record

DAY = date(2026, 11, 20)

# Appends until it is killed, or up to a number and then kills itself; prints each number it may acknowledge.
ENGINE = """
import os, sys
from datetime import date, timedelta
from hashlib import sha256
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
    log.tend()
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
        log.tend()


def fingerprints(directory):
    """Return the hash of each file that holds records."""
    kept = [path for path in (directory / "log").iterdir() if path.suffix in (".db", ".db-wal") and path.stat().st_size]
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in kept}


@pytest.fixture(scope="session")
def killed(tmp_path_factory):
    """The directory of an engine that was killed: two days, commits in the database and in the write-ahead file."""
    directory = tmp_path_factory.mktemp("killed")
    assert run_to_its_end(directory, pages=24, until=400, roll_every=150) == 400
    assert (directory / "log" / "2026-11-22.db-wal").stat().st_size > 8 * 4096
    return directory


@pytest.fixture(scope="session")
def stopped(tmp_path_factory, killed):
    """The same after a clean stop: everything in the databases."""
    directory = tmp_path_factory.mktemp("stopped") / "data"
    shutil.copytree(killed, directory)
    opened(directory).close()
    assert contents(directory) == expected(1, 400)
    return directory
