"""What an order costs in process: nanoseconds from received bytes to bytes to write.

Each round goes through every kind of message, in batches of 64, which is what a pipelining client has in flight: by
turns a batch comes as one read of the socket, and one packet a read, as of a client that waits for each answer
(`alone`). A batch's mean counts once. A round gives the median of its batches, a run the smallest of its medians:
what the code costs where nothing else disturbs it. Orders come from a port that carries every check of the demo; the
other port, whose orders it meets, carries none. A venue beside it has every US control on each of 2,000 ports and none
on another, a Nordic one has one port with all of PRM and one without.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from venue.bench.configurations import FREE_PORTS, port_name, tables, typed
from venue.bench.eqrc import PORTS, EqrcDesk
from venue.bench.figures import Figures, Say, median, no_collection, pinned, processors, ratio
from venue.bench.inside import InsideSession, InsideVenue, feed, feed_at_once
from venue.bench.nordic import NordicDesk
from venue.bench.orders import BUY, CYCLE_MESSAGES, SELL, Trader, buy_price, enter, joined, sell_price
from venue.clock import Clock

BATCH = 64
"""Orders that are timed together, and in flight together."""
ALONE = ("add", "cross", "cancel", "replace")
"""Kinds that are also measured one packet a read."""
RESTING = 1_000
"""Orders that lie in the book throughout, half on each side."""
Timed = tuple[str, InsideSession, list[bytes]]
"""A batch: what it measures, whose it is, and its packets."""


class Desk:
    """A venue in process with three logged in ports: with every check, without any, and the one they both meet."""

    def __init__(self, directory: Path, clock: Clock | None = None) -> None:
        venue = InsideVenue(typed(tables()), directory, clock)
        self.checked, self.unchecked, self.other = (InsideSession(venue, name) for name in (port_name(0), *FREE_PORTS))
        self.orders = {session: Trader() for session in (self.checked, self.unchecked, self.other)}
        maker = self.orders[self.other].numbers
        for _ in range(RESTING // 2):
            number = next(maker)
            self.other.data_received(enter(number, BUY, buy_price(number)))
            number = next(maker)
            self.other.data_received(enter(number, SELL, sell_price(number)))

    def batches(self) -> Iterator[Timed]:
        """Give one batch of each kind in turn; each leaves the book to the next one as it should be."""
        checked = self.orders[self.checked]
        yield "add", self.checked, checked.buys(BATCH)
        yield "replace", self.checked, checked.replaces()
        yield "cancel", self.checked, checked.cancels()
        feed_at_once(self.other, self.orders[self.other].at_the_close(SELL, BATCH))
        yield "cross", self.checked, checked.at_the_close(BUY, BATCH)
        yield "reject", self.checked, checked.too_large(BATCH)
        yield "mixed", self.checked, checked.mixed(BATCH // CYCLE_MESSAGES)
        yield from self.risk_batches()

    def risk_batches(self) -> Iterator[Timed]:
        """Give the same orders, none of which risk stops, to the port without checks and to the one with all."""
        for name, session in (("risk_off", self.unchecked), ("risk_on", self.checked)):
            trader = self.orders[session]
            yield name, session, trader.buys(BATCH)
            feed_at_once(session, trader.cancels())


class Desks:
    """A US desk, and beside it one with every US control and a Nordic one."""

    def __init__(self, directory: Path, clock: Clock | None = None, ports: int = PORTS) -> None:
        self.us = Desk(directory, clock)
        self.eqrc = EqrcDesk(directory / "eqrc", clock, ports)
        self.nordic = NordicDesk(directory / "nordic", clock)

    def batches(self) -> Iterator[Timed]:
        """Give one batch of each kind in turn."""
        yield from self.us.batches()
        yield from self.eqrc.batches(BATCH)
        yield from self.nordic.batches(BATCH)


def engine(say: Say, rounds: int = 20, batches: int = 20) -> Figures:
    """Measure every kind in turn."""
    _, processor = processors()
    best: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as directory, pinned(processor):
        desk = Desks(Path(directory))
        with no_collection():
            for turn in range(1 + rounds):
                medians = one_round(desk.batches, batches)
                if turn:  # the first one warms up
                    best = {name: min(value, best.get(name, value)) for name, value in medians.items()}
                say(f"round {turn + 1} of {1 + rounds}")
    return {
        "bench": "engine",
        "processors": f"everything on {processor}",
        "orders": rounds * batches * BATCH,
        **{f"{name}_ns": best[name] for name in sorted(best)},
        "risk_ratio": ratio(best["risk_on"], best["risk_off"]),
        "eqrc_ratio": ratio(best["eqrc_on"], best["eqrc_off"]),
        "prm_ratio": ratio(best["prm_on"], best["prm_off"]),
    }


def one_round(kinds: Callable[[], Iterator[Timed]], batches: int) -> dict[str, float]:
    """Time batches of every kind in turn, as one read and as many; gives each one's median."""
    times: dict[str, list[float]] = {}
    for turn in range(2 * batches):
        for name, session, packets in kinds():
            if turn % 2 == 0:
                times.setdefault(name, []).append(feed(session, [joined(packets)]) / len(packets))
            elif name in ALONE:
                times.setdefault(f"{name}_alone", []).append(feed(session, packets))
            else:
                feed_at_once(session, packets)
    return {name: median(values, 0) for name, values in times.items()}
