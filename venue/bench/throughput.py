"""Orders a second through TCP, many in flight, beside an echo that only cuts packets.

Server and client have a processor each (the same, where there is but one). Each session keeps so many orders in
flight, all of them rest, each is answered by one Accepted; answers are counted by their bytes. The same client sends
the same bytes to the echo.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from venue.bench.clients import IN_FLIGHT, Pipeline, pour
from venue.bench.configurations import port_name, tables
from venue.bench.echoes import connected, echo_server
from venue.bench.figures import Figures, Say, median, pinned, processors, ratio
from venue.bench.orders import enters, joined
from venue.bench.venues import venue

WARM_UP_ROUNDS = 2
LEVELS = ("memory", "process", "disk")


def throughput(
    say: Say,
    durability: str = "memory",
    sessions: int = 8,
    rounds: int = 15,
    orders: int = 20_000,
    all_levels: bool = False,
) -> Figures:
    """Measure echo and venue in turns, `orders` a round; `all_levels` measures a venue of each durability."""
    client, server = processors()
    levels: Sequence[str] = LEVELS if all_levels else (durability,)
    each = max(orders // sessions, 1)
    with ExitStack() as stack:
        stack.enter_context(pinned(client))
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-bench-")))
        loads: dict[str, list[Pipeline]] = {}
        echo = stack.enter_context(echo_server("packets", server))
        loads["echo"] = [Pipeline(stack.enter_context(connected(echo))) for _ in range(sessions)]
        for level in levels:
            settings = tables(ports=sessions, durability=level)
            running = stack.enter_context(venue(settings, directory / level, server))
            loads[level] = [
                Pipeline(stack.enter_context(running.connect(port_name(number)))) for number in range(sessions)
            ]
        rates: dict[str, list[float]] = {name: [] for name in loads}
        for turn in range(WARM_UP_ROUNDS + rounds):
            requests = [joined(enters(1 + turn * each, each))] * sessions
            for name, pipelines in loads.items():
                seconds = pour(pipelines, requests)
                if turn >= WARM_UP_ROUNDS:
                    rates[name].append(each * sessions / seconds)
            say(f"round {turn + 1} of {WARM_UP_ROUNDS + rounds}")
    per_second = {name: median(values, 0) for name, values in rates.items()}
    first = levels[0]
    figures: Figures = {
        "bench": "throughput",
        "durability": first,
        "processors": f"client on {client}, servers on {server}",
        "sessions": sessions,
        "in_flight": IN_FLIGHT,
        "orders": len(rates[first]) * each * sessions,
        "orders_per_s": per_second[first],
        "echo_per_s": per_second["echo"],
        "ratio": ratio(per_second[first], per_second["echo"]),
    }
    for level in levels[1:]:
        figures[f"{level}_per_s"] = per_second[level]
        figures[f"{level}_ratio"] = ratio(per_second[level], per_second[first])
    return figures
