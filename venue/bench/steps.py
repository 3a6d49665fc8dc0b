"""The longest single steps, in processor time: pauses of our own making, whatever else the machine does.

While the venue takes one message, everybody waits. In process, and without sockets, each message is timed by the time
that the processor spends on it, so that another program's turn does not count: what is left is growth of tables, a
stream's block going to its file, a message that asks for much. On a virtual machine it is also what the host takes away
without a word, so a loop that does nothing but read the clock is timed for as long: `machine_longest_step_ms`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path
from time import thread_time_ns

from venue.bench.configurations import firm, port_name, tables, typed
from venue.bench.figures import Figures, no_collection, pinned, processors
from venue.bench.inside import InsideSession, InsideVenue
from venue.bench.orders import BUY, CYCLE_NUMBERS, buy_price, cycle, enter, mass_cancel

TRADER, FILLER, KILLER = range(3)


def longest_steps(orders: int, turns: int, killed: int) -> Figures:
    """Let one port trade, one fill a book until its stream outgrows memory, one pull the kill switch."""
    with (
        tempfile.TemporaryDirectory(prefix="portcullis-bench-") as directory,
        pinned(processors()[1]),
        no_collection(),
    ):
        venue = InsideVenue(typed(tables(ports=3)), Path(directory))
        trader, filler, killer = (InsideSession(venue, port_name(number)) for number in (TRADER, FILLER, KILLER))
        mixed = chain.from_iterable(cycle(1 + turn * CYCLE_NUMBERS) for turn in range(turns))
        longest(killer, islice(_buys(), killed))
        start = thread_time_ns()
        steps: Figures = {
            "trading_longest_step_ms": longest(trader, mixed),
            "filling_longest_step_ms": longest(filler, islice(_buys(), orders)),
            "kill_switch_longest_step_ms": longest(killer, [mass_cancel(killed + 1, firm(KILLER))]),
        }
        return steps | {"machine_longest_step_ms": longest_of_nothing(thread_time_ns() - start)}


def longest(session: InsideSession, packets: Iterable[bytes]) -> float:
    """Give the milliseconds of processor time that the worst of these packets took."""
    receive, clock = session.data_received, thread_time_ns
    worst = 0
    for packet in packets:
        start = clock()
        receive(packet)
        taken = clock() - start
        worst = max(worst, taken)
    return round(worst / 1e6, 3)


def longest_of_nothing(nanoseconds: int) -> float:
    """Give the milliseconds from one look at the clock to the next, at worst, in so much processor time."""
    clock = thread_time_ns
    worst, before = 0, clock()
    end = before + nanoseconds
    while before < end:
        now = clock()
        worst = max(worst, now - before)
        before = now
    return round(worst / 1e6, 3)


def _buys() -> Iterable[bytes]:
    """Make buys that rest, without end."""
    number = 0
    while True:
        number += 1
        yield enter(number, BUY, buy_price(number))
