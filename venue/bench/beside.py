"""The round trip of one order while a second process follows the venue, while that is killed, and without one.

Three venues by turns, each on the clients' processor as in `venue.bench.rtt`; what is not the order path, the second
process and the thread that starts it, has the other. In its rounds the second process of one venue is killed again and
again, and started again by its venue, with the orders in flight.
"""

from __future__ import annotations

import os
import signal
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Self

from venue.bench.clients import round_trips
from venue.bench.configurations import port_name, tables
from venue.bench.figures import Figures, Say, median, pinned, processors, quantile, ratio
from venue.bench.orders import enters
from venue.bench.rtt import ORDERS_A_ROUND, WARM_UP_ROUNDS
from venue.bench.venues import VenueProcess, venue

HTTP = {"key": "http", "offset": 20, "protocol": "http"}
KILL_SECONDS = 0.05
"""Seconds between two looks at whether there is a second process to kill."""
NAMES = ("absent", "running", "killed")


def rtt_beside(say: Say, durability: str = "memory", rounds: int = 20) -> Figures:
    """Measure in turns: a venue without a second process, one with it, one whose second process is killed."""
    other, processor = processors()
    with ExitStack() as stack:
        stack.enter_context(pinned(processor))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-bench-")))
        venues, clients = {}, {}
        for name in NAMES:
            settings = tables(durability=durability)
            if name != "absent":
                settings["service"] = [*settings["service"], HTTP]
            running = venues[name] = stack.enter_context(venue(settings, folder / name, processor))
            set_aside(running, other)
            clients[name] = stack.enter_context(running.connect(port_name(0)))
        times: dict[str, list[float]] = {name: [] for name in NAMES}
        kills = 0
        for turn in range(WARM_UP_ROUNDS + rounds):
            requests = enters(1 + turn * ORDERS_A_ROUND, ORDERS_A_ROUND)
            for name in NAMES:
                with Killer(venues[name], on=name == "killed") as killer:
                    trips = round_trips(clients[name], requests)
                if turn >= WARM_UP_ROUNDS:
                    times[name] += trips
                    kills += killer.kills
            say(f"round {turn + 1} of {WARM_UP_ROUNDS + rounds}")
    figures: Figures = {
        "bench": "rtt",
        "protocol": "ouch",
        "durability": durability,
        "processors": f"client and venues on {processor}, second processes on {other}",
        "orders": len(times["absent"]),
        "kills": kills,
    }
    for name in NAMES:
        figures[f"{name}_p50_us"] = median(times[name])
        figures[f"{name}_p99_us"] = quantile(times[name], 99)
    for name in NAMES[1:]:
        figures[f"{name}_ratio"] = ratio(median(times[name]), median(times["absent"]))
    return figures


def set_aside(running: VenueProcess, processor: int) -> None:
    """Let all of a venue but its loop, and its second process, now and later, run on another processor."""
    engine = running.process.pid
    for task in Path(f"/proc/{engine}/task").iterdir():
        if int(task.name) != engine:
            os.sched_setaffinity(int(task.name), {processor})
    for pid in second_processes(engine):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(ProcessLookupError):
                os.sched_setaffinity(int(task.name), {processor})


def second_processes(engine: int) -> list[int]:
    """Give the processes that a venue has started."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            _, parent = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[:2]
            if int(parent) == engine:
                found.append(int(path.parent.name))
    return found


class Killer:
    """Kills a venue's second process, as often as there is one, while the block runs and where it is `on`."""

    def __init__(self, running: VenueProcess, *, on: bool) -> None:
        self.engine = running.process.pid
        self.kills = 0
        self.over = Event()
        self.thread = Thread(target=self._run) if on else None

    def __enter__(self) -> Self:
        if self.thread is not None:
            self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        if self.thread is not None:
            self.thread.join()

    def _run(self) -> None:
        while not self.over.is_set():
            for pid in second_processes(self.engine):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.kills += 1
            self.over.wait(KILL_SECONDS)
