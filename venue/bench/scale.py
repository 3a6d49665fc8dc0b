"""How the cost of one order grows with what the venue holds, as ratios to the smallest.

In process: an order is entered and canceled while ever more orders rest in its book, ever more symbols are traded by
turns, ever more firms trade by turns. Each size lives in a process of its own, all at once on one processor, and they
are measured in turns. With sockets: the round trip of one session while ever more others are logged in and idle.

A size's process is `python -m venue.bench.scale KIND SIZE ORDERS DIRECTORY`: it prints a line when it is ready, and for
each line it reads the nanoseconds of one order.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter_ns
from typing import NamedTuple

from venue.bench.children import answer, child
from venue.bench.configurations import FREE_PORTS, port_name, symbol_name, tables, typed
from venue.bench.figures import Figures, Say, no_collection, processors, quantile, ratio, resident_bytes
from venue.bench.inside import InsideSession, InsideVenue
from venue.bench.orders import BUY, SYMBOL, Trader, buy_price, cancel, enter
from venue.bench.sessions import round_trips_in_a_crowd


class Sizes(NamedTuple):
    """What is measured: sizes of each kind, smallest first, and how often."""

    resting: Sequence[int]
    symbols: Sequence[int]
    firms: Sequence[int]
    sessions: Sequence[int]
    rounds: int
    orders: int


FULL = Sizes(
    resting=(10, 100, 1_000, 10_000, 100_000, 1_000_000),
    symbols=(10, 100, 1_000, 20_000),
    firms=(1, 10, 100, 1_000, 10_000),
    sessions=(1, 10, 100, 500, 2_000),
    rounds=30,
    orders=500,
)
QUICK = Sizes(resting=(10, 1_000), symbols=(10, 50), firms=(1, 20), sessions=(1, 10), rounds=2, orders=50)
IN_PROCESS = ("resting", "symbols", "firms")
CROWD_TURNS = 3
UNDISTURBED_PERCENT = 25
"""Rounds that others disturb lie above this share of all."""
Packet = tuple[Callable[[bytes], None], bytes]
"""What a session receives, and its way in."""


def scale(say: Say, sizes: Sizes = FULL) -> Figures:
    """Measure every kind."""
    _, processor = processors()
    figures: Figures = {"bench": "scale", "processors": f"client and server on {processor}, idle sessions elsewhere"}
    for kind in IN_PROCESS:
        many: Sequence[int] = getattr(sizes, kind)
        say(f"{kind}: {', '.join(f'{size:,}' for size in many)}")
        figures |= curve(kind, "ns", many, in_turns(kind, many, sizes.rounds, sizes.orders, processor))
    most = sizes.resting[-1]
    say(f"memory of {most:,} resting orders")
    with (
        tempfile.TemporaryDirectory(prefix="portcullis-bench-") as directory,
        child("scale", "memory", most, 1, directory, processor=processor) as one,
    ):
        figures["bytes_per_resting_order"] = round(float(one.read()) / most)
    say(f"sessions: {', '.join(f'{size:,}' for size in sizes.sessions)}")
    times = round_trips_in_a_crowd(sizes.sessions, CROWD_TURNS, sizes.rounds * sizes.orders // CROWD_TURNS)
    return figures | curve("sessions", "us", sizes.sessions, times)


def curve(kind: str, unit: str, sizes: Sequence[int], costs: Sequence[float]) -> Figures:
    """Give a kind's figures: each size with its cost and its ratio to the smallest, and the last ratio by itself."""
    points = [
        {"size": size, unit: cost, "ratio": ratio(cost, costs[0])} for size, cost in zip(sizes, costs, strict=True)
    ]
    return {kind: points, f"{kind}_ratio": points[-1]["ratio"]}


def in_turns(kind: str, sizes: Sequence[int], rounds: int, orders: int, processor: int) -> list[float]:
    """Measure the sizes of one kind in turns, each in a process of its own; gives each one's lower quartile."""
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-bench-"))
        children = [
            stack.enter_context(child("scale", kind, size, orders, directory, processor=processor)) for size in sizes
        ]
        for one in children:
            one.read()
        times: list[list[float]] = [[] for _ in sizes]
        for turn in range(1 + rounds):
            for one, mine in zip(children, times, strict=True):
                time = float(one.ask())
                if turn:  # the first one warms up
                    mine.append(time)
    return [quantile(mine, UNDISTURBED_PERCENT, 0) for mine in times]


# What runs in a size's process.


class Deep:
    """A book in which ever as many orders rest: any one of them is canceled, and a new one is entered."""

    def __init__(self, size: int, directory: Path) -> None:
        self.session = InsideSession(InsideVenue(typed(tables()), directory), port_name(0))
        self.resting = fill(self.session, size)
        self.next = size + 1

    def packets(self, orders: int, chance: random.Random) -> list[Packet]:
        """Make a round."""
        made: list[Packet] = []
        receive = self.session.data_received
        for place in chance.choices(range(len(self.resting)), k=orders):
            made += [(receive, cancel(self.resting[place])), (receive, enter(self.next, BUY, buy_price(self.next)))]
            self.resting[place] = self.next
            self.next += 1
        return made


class Wide:
    """Many symbols, or many firms: an order is entered and canceled now here, now there."""

    def __init__(self, kind: str, size: int, directory: Path) -> None:
        if kind == "symbols":
            session, trader = InsideSession(InsideVenue(typed(tables(symbols=size)), directory), port_name(0)), Trader()
            names = [symbol_name(number).encode("ascii").ljust(8) for number in range(size)]
            self.places = [(session, trader, name) for name in names]
        else:
            venue = InsideVenue(typed(tables(ports=size)), directory)
            self.places = [(InsideSession(venue, port_name(number)), Trader(), SYMBOL) for number in range(size)]
        one_round(self._at(self.places))  # every place has had an order

    def packets(self, orders: int, chance: random.Random) -> list[Packet]:
        """Make a round."""
        return self._at(chance.choices(self.places, k=orders))

    @staticmethod
    def _at(places: Sequence[tuple[InsideSession, Trader, bytes]]) -> list[Packet]:
        """Make an order for each place: first they are all entered, then all canceled."""
        chosen = [(session.data_received, next(trader.numbers), symbol) for session, trader, symbol in places]
        made: list[Packet] = [
            (receive, enter(number, BUY, buy_price(number), symbol=symbol)) for receive, number, symbol in chosen
        ]
        return made + [(receive, cancel(number)) for receive, number, _ in chosen]


def fill(session: InsideSession, size: int) -> list[int]:
    """Let so many orders rest, at all prices; gives their numbers."""
    for number in range(1, size + 1):
        session.data_received(enter(number, BUY, buy_price(number)))
    return list(range(1, size + 1))


def one_round(packets: Sequence[Packet]) -> float:
    """Give the nanoseconds of one order, which is two packets: one that enters it, one that cancels it."""
    start = perf_counter_ns()
    for receive, packet in packets:
        receive(packet)
    return (perf_counter_ns() - start) * 2 / len(packets)


def memory(size: int, directory: Path) -> int:
    """Give the bytes that so many resting orders take; of what their client was sent, the newest few MiB are in it."""
    venue = InsideVenue(typed(tables()), directory)
    session = InsideSession(venue, FREE_PORTS[0])
    before = resident_bytes()
    fill(session, size)
    return resident_bytes() - before


def run_size(kind: str, size: int, orders: int, directory: Path) -> None:
    """Build a size, then measure a round for each line that is read."""
    chance = random.Random(size)  # noqa: S311 - which of many places comes next, the same in every run
    with no_collection():
        if kind == "memory":
            answer(memory(size, directory))
            return
        place = Deep(size, directory) if kind == "resting" else Wide(kind, size, directory)
        answer("ready")
        for _ in sys.stdin:
            answer(one_round(place.packets(orders, chance)))


if __name__ == "__main__":
    run_size(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
