"""A client that notices pauses: one order at a time, a millisecond apart, in a process of its own.

It is `python -m venue.bench.probe HOST PORT NAME`; for each line it reads it prints what it saw since.
"""

from __future__ import annotations

import json
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from venue.bench.children import answer, child
from venue.bench.clients import log_in, round_trips
from venue.bench.configurations import PASSWORD
from venue.bench.figures import Figures, quantile
from venue.bench.orders import enters

PACE_SECONDS = 0.001


@contextmanager
def probe(address: tuple[str, int], name: str, processor: int) -> Iterator[Callable[[], Figures]]:
    """Run a probe on a port; gives how to ask what it saw since it was last asked."""
    with child("probe", *address, name, processor=processor) as running:

        def seen() -> Figures:
            figures: Figures = json.loads(running.ask())
            return figures

        yield seen


def watch(address: tuple[str, int], name: str) -> None:
    """Send orders until standard input ends; a round trip's time is in milliseconds."""
    times: list[float] = []
    with log_in(address, name, PASSWORD) as connection:
        for number in count(1):
            times += round_trips(connection, enters(number, 1))
            if select.select([sys.stdin], [], [], PACE_SECONDS)[0]:
                if not sys.stdin.readline():
                    return
                milliseconds = [time / 1000 for time in times]
                times.clear()
                seen = {
                    "orders": len(milliseconds),
                    "p50_ms": quantile(milliseconds, 50, 3),
                    "p99_ms": quantile(milliseconds, 99, 3),
                    "worst_ms": round(max(milliseconds), 3),
                }
                answer(json.dumps(seen))


if __name__ == "__main__":
    watch((sys.argv[1], int(sys.argv[2])), sys.argv[3])
