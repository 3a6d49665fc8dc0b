"""Seconds from the start of a venue to its first Accepted: on an empty directory, and after `kill -9` with a long log.

The records are orders that all rest, which is the most that a record can leave behind. Each start has a copy of the
same directory, so that the second finds what the first found; the three kinds of start go by turns.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from venue.bench.clients import Pipeline, pour, settle
from venue.bench.configurations import FREE_PORTS, port_name, tables
from venue.bench.figures import Figures, Say, median, pinned, processors
from venue.bench.orders import enters, joined
from venue.bench.venues import VenueProcess, venue

KINDS = ("empty", "log", "snapshot")


def recovery(say: Say, durability: str = "disk", records: int = 100_000, rounds: int = 3) -> Figures:
    """Fill a log, kill the venue, start it; once with the log alone, once with a snapshot of a clean stop."""
    client, server = processors()
    settings = tables(durability=durability)
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with ExitStack() as stack:
        stack.enter_context(pinned(client))
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-bench-")))
        with venue(settings, directory / "origin", server) as origin:
            fill(origin, records)
            say(f"{records:,} records")
            origin.kill()
            _copy(origin.data, directory / "log")
            origin.start()
            origin.stop()  # a clean stop leaves a snapshot
            origin.start()
            origin.kill()
            _copy(origin.data, directory / "snapshot")
        for turn in range(rounds):
            for kind in KINDS:
                fresh = VenueProcess(settings, directory / f"{kind}-{turn}", server)
                if kind != "empty":
                    _copy(directory / kind, fresh.data)
                times[kind].append(first_accepted(fresh))
            say(f"round {turn + 1} of {rounds}")
    return {
        "bench": "recovery",
        "durability": durability,
        "processors": f"client on {client}, server on {server}",
        "records": records,
        **{f"{kind}_s": median(values, 3) for kind, values in times.items()},
    }


def fill(running: VenueProcess, records: int) -> None:
    """Let a port's orders rest, one record each."""
    with running.connect(port_name(0)) as connection:
        pour([Pipeline(connection)], [joined(enters(1, records))])


def first_accepted(stopped: VenueProcess) -> float:
    """Start a venue; gives the seconds until a client that waits for it has its first order accepted."""
    (request,) = enters(1, 1)
    start = time.perf_counter()
    try:
        stopped.start()
        with stopped.connect(FREE_PORTS[0]) as connection:
            settle(connection, request)
            return time.perf_counter() - start
    finally:
        stopped.kill()


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("engine.sock", "ports.json"))
