"""A long run at a fifth of what the venue can do: whether it loses an answer, whether its memory grows.

Several sessions send the mixed flow, which leaves the book as it was. Every answer of the day can be replayed and every
trade broken, but most of that lies on disk: memory must not grow once streams and trades have begun to spill. It is
looked at every few seconds, through trading days and their ends; the first fifth of the run warms up.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from venue.bench.clients import PATIENCE_SECONDS, Pipeline, polled, pour
from venue.bench.configurations import port_name, tables
from venue.bench.figures import Figures, Say, pinned, processors
from venue.bench.orders import (
    CYCLE_ANSWER_BYTES,
    CYCLE_ANSWERS,
    CYCLE_MESSAGES,
    CYCLE_NUMBERS,
    cycle,
    cycles,
    joined,
)
from venue.bench.venues import VenueProcess, venue

SESSIONS = 4
SHARE = 5
"""The soak runs at one in so many of the measured capacity."""
CYCLES_IN_FLIGHT = 6
TICK_SECONDS = 0.01
SAMPLE_SECONDS = 5.0
MIB = 2**20
SEQUENCED_DATA = ord("S")


class Sample(NamedTuple):
    """A look at the venue's memory, so many seconds after the beginning."""

    seconds: float
    resident: int


class Day(NamedTuple):
    """What one trading day came to."""

    cycles: int
    unanswered: int


class Answers:
    """Counts the answers in what a session receives."""

    def __init__(self) -> None:
        self.count = 0
        self.partial = b""

    def receive(self, data: bytes) -> None:
        """Count whole packets with a message in them."""
        data = self.partial + data
        at, end = 0, len(data)
        while end - at > 1:
            after = at + 2 + (data[at] << 8 | data[at + 1])
            if after > end:
                break
            self.count += data[at + 2] == SEQUENCED_DATA
            at = after
        self.partial = data[at:]


def soak(
    say: Say, durability: str = "disk", minutes: float = 20, days: int = 2, capacity_turns: int = 20_000
) -> Figures:
    """Measure what the venue can do, then run it at a fifth of that, day after day."""
    client, server = processors()
    with ExitStack() as stack:
        stack.enter_context(pinned(client))
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-bench-")))
        running = stack.enter_context(venue(tables(ports=SESSIONS, durability=durability), directory, server))
        capacity = measured_capacity(running, capacity_turns)
        say(f"capacity: {capacity * CYCLE_MESSAGES:,.0f} messages a second")
        running.next_day()
        lived: list[Day] = []
        samples: list[Sample] = []
        start = time.perf_counter()
        for number in range(days):
            lived.append(one_day(say, running, capacity / SHARE, minutes * 60 / days, start, samples))
            say(f"day {number + 1} of {days}: {lived[-1]}")
            running.next_day()
    warm = [sample for sample in samples if sample.seconds >= samples[-1].seconds / 5]
    return {
        "bench": "soak",
        "durability": durability,
        "processors": f"client on {client}, server on {server}",
        "minutes": minutes,
        "days": days,
        "capacity_per_s": round(capacity * CYCLE_MESSAGES),
        "messages": sum(day.cycles for day in lived) * CYCLE_MESSAGES,
        "answers": sum(day.cycles * CYCLE_ANSWERS - day.unanswered for day in lived),
        "unanswered": sum(day.unanswered for day in lived),
        "samples": len(samples),
        "warm_rss_mib": round(warm[0].resident / MIB, 1),
        "last_rss_mib": round(warm[-1].resident / MIB, 1),
        "most_rss_mib": round(max(sample.resident for sample in samples) / MIB, 1),
        "growth_mib_per_hour": round(slope(warm) * 3600 / MIB, 2),
    }


def slope(samples: list[Sample]) -> float:
    """Give how many bytes memory grows in a second, by least squares."""
    middle = sum(sample.seconds for sample in samples) / len(samples)
    mean = sum(sample.resident for sample in samples) / len(samples)
    spread = sum((sample.seconds - middle) ** 2 for sample in samples)
    together = sum((sample.seconds - middle) * (sample.resident - mean) for sample in samples)
    return together / spread if spread else 0.0


def measured_capacity(running: VenueProcess, turns: int) -> float:
    """Give the turns of the mixed flow that the venue does in a second when all sessions send as fast as they can."""
    with ExitStack() as stack:
        length = len(joined(cycle(1)))
        pipelines = [
            Pipeline(stack.enter_context(connection), length, CYCLE_ANSWER_BYTES, CYCLES_IN_FLIGHT)
            for connection in (running.connect(port_name(number)) for number in range(SESSIONS))
        ]
        each = max(turns // SESSIONS, 1)
        return each * SESSIONS / pour(pipelines, [joined(cycles(1, each))] * SESSIONS)


def one_day(
    say: Say, running: VenueProcess, cycles_per_second: float, seconds: float, begun: float, samples: list[Sample]
) -> Day:
    """Log in, keep the pace until the day is over, wait for the last answer; adds to the samples of the run."""
    with ExitStack() as stack:
        connections = [stack.enter_context(running.connect(port_name(number))) for number in range(SESSIONS)]
        by_descriptor = {connection.fileno(): (connection, Answers()) for connection in connections}
        total = int(seconds * cycles_per_second)
        sent = answered = 0
        start = heard = time.perf_counter()
        next_sample = 0.0
        with polled(connections) as poll:
            while (sent < total or answered < sent * CYCLE_ANSWERS) and time.perf_counter() - heard < PATIENCE_SECONDS:
                passed = time.perf_counter() - start
                while sent < min(int(passed * cycles_per_second), total):
                    turn, session = divmod(sent, SESSIONS)
                    connections[session].sendall(joined(cycle(1 + turn * CYCLE_NUMBERS)))
                    sent += 1
                for descriptor, _ in poll.poll(TICK_SECONDS):
                    connection, answers = by_descriptor[descriptor]
                    data = connection.recv(1 << 18)
                    if not data:
                        raise ConnectionError("the venue closed a connection")
                    answers.receive(data)
                    heard = time.perf_counter()
                answered = sum(answers.count for _, answers in by_descriptor.values())
                if passed >= next_sample:
                    next_sample += min(SAMPLE_SECONDS, seconds / 10)
                    samples.append(Sample(time.perf_counter() - begun, running.resident()))
                    say(f"{passed:7.0f} s  {samples[-1].resident / MIB:8.1f} MiB  {answered:,} answers")
        return Day(sent, sent * CYCLE_ANSWERS - answered)
