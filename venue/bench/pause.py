"""The longest pauses: what a neighbour waits at worst while others do what is large.

A probe sends an order each millisecond from a port of its own and notes its worst round trip in each scene: nothing
else going on (the machine's own hiccups), a mixed flow, a book that fills with orders of one session, that session's
stream as it outgrows memory, the kill switch over many open orders, many logins at once. What the machine itself does
is in all of them; so the longest single steps are measured too, in processor time (`venue.bench.steps`).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from venue.bench.clients import Pipeline, pour, receive
from venue.bench.configurations import firm, port_name, tables
from venue.bench.figures import Figures, Say, pinned, processors
from venue.bench.orders import CANCELED_LENGTH, CYCLE_ANSWER_BYTES, cycle, cycles, enters, joined, mass_cancel
from venue.bench.probe import probe
from venue.bench.sessions import SPARE_DESCRIPTORS, allow_descriptors, crowd
from venue.bench.steps import longest_steps
from venue.bench.venues import VenueProcess, venue

IDLE_SECONDS = 1.0
TRADERS = 4
CYCLES_IN_FLIGHT = 2
TURNS_SHARE = 20
"""For so many filling orders there is one turn of the mixed flow."""
SPILL_SHARE = 5
"""The last one in so many of the filling orders is counted as the scene in which the stream outgrows memory."""
PROBE, FILLER, KILLER, FIRST_TRADER = 0, 1, 2, 3
FIRST_OF_CROWD = FIRST_TRADER + TRADERS


def pause(
    say: Say, durability: str = "memory", orders: int = 1_200_000, killed: int = 10_000, logins: int = 500
) -> Figures:
    """Play the scenes one after the other, and ask the probe after each."""
    client, server = processors()
    allow_descriptors(logins + SPARE_DESCRIPTORS)
    figures: Figures = {
        "bench": "pause",
        "durability": durability,
        "processors": f"clients on {client}, server on {server}",
    }
    with ExitStack() as stack:
        stack.enter_context(pinned(client))
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-bench-")))
        settings = tables(ports=FIRST_OF_CROWD + logins, ruled=FIRST_OF_CROWD, durability=durability)
        running = stack.enter_context(venue(settings, directory, server))
        make_open = stack.enter_context(crowd(running.address, client, FIRST_OF_CROWD))
        seen = stack.enter_context(probe(running.address, port_name(PROBE), client))
        filler = Pipeline(stack.enter_context(running.connect(port_name(FILLER))))
        filled = enters(1, orders)
        spilling = orders - orders // SPILL_SHARE
        scenes: list[tuple[str, Callable[[], float]]] = [
            ("idle", idle),
            ("trading", lambda: trade(running, orders // TURNS_SHARE)),
            ("filling", lambda: pour([filler], [joined(filled[:spilling])])),
            ("spilling", lambda: pour([filler], [joined(filled[spilling:])])),
            ("kill_switch", lambda: kill(running, killed)),
            ("logins", lambda: timed(make_open, logins)),
        ]
        for name, scene in scenes:
            seen()
            seconds = scene()
            saw = seen()
            say(f"{name}: {seconds:.2f} s, {saw}")
            figures |= {f"{name}_s": round(seconds, 3), f"{name}_worst_pause_ms": saw["worst_ms"]}
            figures[f"{name}_p50_ms"] = saw["p50_ms"]
    say("longest steps")
    figures |= longest_steps(orders, orders // TURNS_SHARE, killed)
    return figures | {"filled": orders, "killed": killed, "logins": logins}


def idle() -> float:
    """Do nothing for a while."""
    time.sleep(IDLE_SECONDS)
    return IDLE_SECONDS


def trade(running: VenueProcess, turns: int) -> float:
    """Let several sessions trade the mixed flow; gives the seconds that it took."""
    each = max(turns // TRADERS, 1)
    with ExitStack() as stack:
        connections = [
            stack.enter_context(running.connect(port_name(FIRST_TRADER + number))) for number in range(TRADERS)
        ]
        length = len(joined(cycle(1)))
        pipelines = [Pipeline(connection, length, CYCLE_ANSWER_BYTES, CYCLES_IN_FLIGHT) for connection in connections]
        requests: Sequence[bytes] = [joined(cycles(1, each))] * TRADERS
        return pour(pipelines, requests)


def kill(running: VenueProcess, orders: int) -> float:
    """Let orders rest and cancel them all with one message; gives the seconds until the last of them is canceled."""
    with running.connect(port_name(KILLER)) as connection:
        pour([Pipeline(connection)], [joined(enters(1, orders))])
        start = time.perf_counter()
        connection.sendall(mass_cancel(orders + 1, firm(KILLER)))
        receive(connection, orders * CANCELED_LENGTH)
        return time.perf_counter() - start


def timed(make_open: Callable[[int], None], logins: int) -> float:
    """Let a crowd log in; gives the seconds that it took."""
    start = time.perf_counter()
    make_open(logins)
    return time.perf_counter() - start
