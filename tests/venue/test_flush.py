"""The disk fails at one of a venue's writes or flushes, whichever: it ends, and what it had answered is there.

A library that is preloaded into the venue (`failing_disk.c`) counts its writes, flushes and truncations below the data
directory and lets the n-th fail, and all that follow. A first run without a failure tells what call each number is.
"""

import errno
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from venue.log import read_log
from venue.machine import Machine

COMPILER = shutil.which("gcc") or shutil.which("cc")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(COMPILER is None, reason="no C compiler to build the library that lets writes fail"),
]
NAMES = ("IN19T6", "AK01T1")


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    path = tmp_path_factory.mktemp("library") / "failing_disk.so"
    source = Path(__file__).with_name("failing_disk.c")
    subprocess.run([COMPILER, "-shared", "-fPIC", "-Wall", "-Werror", "-o", path, source, "-ldl"], check=True)
    return path


class Run:
    """One venue's life: a day's trading, the next day's, a stop. `told` is what each client got in each session."""

    def __init__(self, launch, connect, environment, data):
        self.launch, self.connect, self.environment, self.data = launch, connect, environment, data
        self.told = {}
        self.venue = None

    def live(self, library, **failing):
        """Run to the end, or until the disk fails; gives the exit code."""
        self.environment |= {
            "LD_PRELOAD": str(library),
            "FAILING_DIRECTORY": f"{self.data}/",
            "FAILING_NOTE": f"{self.data}.note",
            **{f"FAILING_{name}": str(value) for name, value in failing.items()},
        }
        self.venue = self.launch(data=self.data, wait=False)
        for name in [name for name in self.environment if name.startswith(("LD_", "FAILING_"))]:
            del self.environment[name]
        with suppress(AssertionError, OSError):  # the venue's end, wherever it comes
            self.venue.ready()
            self.trade()
            with suppress(TypeError):  # no answer
                self.venue.ask("trading-day/next")
            self.trade()
            self.venue.process.send_signal(signal.SIGTERM)
        code = self.venue.process.wait(15)
        # A venue that is ending for a failure no longer handles signals.
        return 1 if code == -signal.SIGTERM and "cannot go on" in self.venue.errors.read_text() else code

    def trade(self):
        """Enter orders that trade with each other, one commit each."""
        clients = [self.connect(self.venue, name=name) for name in NAMES]
        try:
            for number in range(1, 41):
                for client, side in zip(clients, (b"B", b"S"), strict=True):
                    client.enter(number, side, quantity=100 + number)
                    client.take(2 if number == 1 else 1)
        finally:
            for client, name in zip(clients, NAMES, strict=True):
                while client.read(0.05):
                    pass
                self.told[name, client.session] = client.received
                client.close()

    @property
    def notes(self):
        """Number, call and path of each call, or of the one that failed."""
        with suppress(FileNotFoundError):
            return [line.split(" ", 2) for line in Path(f"{self.data}.note").read_text().splitlines()]
        return []

    def check(self):
        """Hold what clients were told against the log, and start again on it."""
        sent = {}
        machine = Machine(self.data)
        for _, record in read_log(self.data):
            machine.apply(record)
            for port, stream in zip(machine.ports, machine.streams, strict=True):
                sent[port.port.name, stream.session] = stream
        for name, told in self.told.items():
            stream = sent[name]
            assert [stream.packet(number)[3:] for number in range(1, len(told) + 1)] == told, name
        again = self.launch(data=self.data)
        for name in NAMES:
            client = self.connect(again, name=name)
            told = self.told.get((name, client.session), [])
            assert client.take(len(told)) == told
            number = client.settle()[0]
            client.enter(number, price=10_000)
            client.expect("A")
            client.close()
        assert again.stop() == 0


@pytest.fixture
def run(launch, connect, environment, tmp_path):
    return lambda name: Run(launch, connect, environment, tmp_path / name)


def kind_of(path):
    """The sort of file that a path is."""
    if "#" in path or "deleted" in path:
        return "without a name"
    if path == "log":
        return "the folder"
    for ending in ("-wal", "-shm", "-journal"):
        if path.endswith(ending):
            return ("a new day's " if "unfinished" in path else "") + ending
    return {
        ".db": "the day's file",
        ".unfinished": "snapshot" if "snapshots" in path else "ports.json" if "ports" in path else "a new day's file",
        ".json": "ports.json",
    }.get(Path(path).suffix, Path(path).name)


def chosen(notes, rng, count):
    """Numbers of calls to fail: first and last of each kind, and others at random."""
    kinds = {}
    for number, call, path in notes:
        kinds.setdefault((call, kind_of(path)), []).append(int(number))
    ends = {numbers[at] for numbers in kinds.values() for at in (0, -1)}
    rest = sorted({int(number) for number, _, _ in notes} - ends)
    return sorted(ends | set(rng.sample(rest, min(max(count - len(ends), 0), len(rest)))))


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("error", "part"),  # an I/O error at each of the chosen calls; of the other failures a third, each another
    [(errno.EIO, 0), (errno.EIO, 1), (errno.EIO, 2), (errno.ENOSPC, 1), (0, 2)],
    ids=["EIO-0", "EIO-1", "EIO-2", "ENOSPC", "short"],
)
def test_whichever_write_or_flush_fails_what_was_answered_is_there(run, library, seed, error, part):
    rng = random.Random(seed)
    whole = run("whole")
    assert whole.live(library) == 0
    whole.check()
    seen, codes = Counter(), Counter()
    for number in chosen(whole.notes, random.Random(seed), 24)[part::3]:
        failing = run(f"fails-at-{number}")
        once = {"ONCE": 1} if rng.random() < 0.3 else {}
        started = time.monotonic()
        code = failing.live(library, AT=number, ERROR=error, **once)
        errors = failing.venue.errors.read_text()
        note = failing.notes[0] if failing.notes else ("", "nothing", "")
        where = f"call {number}, {note[1]} of {kind_of(note[2])}, exit code {code}, {time.monotonic() - started:.1f} s"
        print(where)
        seen[note[1], kind_of(note[2])] += 1
        codes[code] += 1
        assert code in (0, 1), f"{where}\n{errors}"
        assert "Traceback" not in errors, f"{where}\n{errors}"
        assert sum(line.startswith("portcullis: ") for line in errors.splitlines()) == code, f"{where}\n{errors}"
        failing.check()
    print(f"{sum(seen.values())} runs, exit codes {dict(codes)}, failed calls: {dict(seen)}")
    if error:  # a write that is short is gone on with, but for the mark's
        assert codes[1] > codes[0]
