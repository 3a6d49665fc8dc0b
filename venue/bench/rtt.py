"""The round trip of one order, Enter to Accepted or NewOrderSingle to ExecutionReport, beside a bare uvloop echo.

Clients and servers share one processor: across two, the idle wake-ups of a loopback hide every difference. Over Nordic
OUCH the orders meet all of PRM, and those of a port without an account take turns with them; so do those of a US port
with every control, in a venue with as many rules as a large one, and of one without.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from venue.bench import eqrc
from venue.bench import quickfix_acceptor as quickfix
from venue.bench.clients import round_trips
from venue.bench.configurations import port_name, tables
from venue.bench.echoes import connected, echo_server
from venue.bench.figures import Figures, Say, median, pinned, processors, quantile, ratio
from venue.bench.nordic import ACCEPTED_LENGTH as NORDIC_ACCEPTED_LENGTH
from venue.bench.nordic import FREE, GUARDED, NordicTrader, nordic_tables
from venue.bench.orders import ACCEPTED_LENGTH, enters
from venue.bench.rash import ACCEPTED_LENGTH as RASH_ACCEPTED_LENGTH
from venue.bench.rash import enters as rash_enters
from venue.bench.venues import VenueProcess, venue

ORDERS_A_ROUND = 500
WARM_UP_ROUNDS = 2
FLUSHES_A_ROUND = 50


class Ouch:
    """A client that enters orders over OUCH."""

    def __init__(self, running: VenueProcess, stack: ExitStack, port: str = port_name(0)) -> None:
        self.connection = stack.enter_context(running.connect(port))
        self.answer_length = ACCEPTED_LENGTH
        self.entered = 0

    def enters(self, how_many: int) -> list[bytes]:
        """Make the next orders."""
        first, self.entered = self.entered + 1, self.entered + how_many
        return enters(first, how_many)

    def round_trips(self, requests: list[bytes]) -> list[float]:
        """Send one at a time; gives each one's microseconds."""
        return round_trips(self.connection, requests)


class Fix:
    """A client that enters orders over FIX."""

    def __init__(self, running: VenueProcess, stack: ExitStack) -> None:
        self.session = running.fix_session(port_name(0))
        stack.enter_context(self.session.connection)
        self.answer_length = self.session.answer_length()

    def enters(self, how_many: int) -> list[bytes]:
        """Make the next orders."""
        return self.session.enters(how_many)

    def round_trips(self, requests: list[bytes]) -> list[float]:
        """Send one at a time; gives each one's microseconds."""
        return self.session.round_trips(requests)


class Rash:
    """A client that enters orders over RASHport 1.1."""

    answer_length = RASH_ACCEPTED_LENGTH

    def __init__(self, running: VenueProcess, stack: ExitStack) -> None:
        self.connection = stack.enter_context(running.connect(port_name(0)))
        self.entered = 0

    def enters(self, how_many: int) -> list[bytes]:
        """Make the next orders."""
        first, self.entered = self.entered + 1, self.entered + how_many
        return rash_enters(first, how_many)

    def round_trips(self, requests: list[bytes]) -> list[float]:
        """Send one at a time; gives each one's microseconds."""
        return round_trips(self.connection, requests, self.answer_length)


class Nordic:
    """A client that enters orders over Nordic OUCH, from the port with all of PRM or another."""

    answer_length = NORDIC_ACCEPTED_LENGTH

    def __init__(self, running: VenueProcess, stack: ExitStack, port: str = GUARDED) -> None:
        self.connection = stack.enter_context(running.connect(port))
        self.enters = NordicTrader(port).buys

    def round_trips(self, requests: list[bytes]) -> list[float]:
        """Send one at a time; gives each one's microseconds."""
        return round_trips(self.connection, requests, self.answer_length)


Client = Ouch | Fix | Nordic | Rash
CLIENTS: dict[str, type[Client]] = {"ouch": Ouch, "fix": Fix, "ouch-nordic": Nordic, "ouch-eqrc": Ouch, "rash": Rash}
"""By what they speak, and to which venue."""
CHAINS = {"ouch-nordic": "prm", "ouch-eqrc": "eqrc"}
"""The checks that are measured against none."""


def settings_of(protocol: str, durability: str, ports: int) -> dict[str, Any]:
    """Give the configuration of the venue that a protocol is measured with."""
    if protocol == "ouch-nordic":
        return nordic_tables(durability)
    if protocol == "ouch-eqrc":
        return tables(ports, ruled=0, durability=durability) | {"rules": {"write_window": "always"}}
    return tables(durability=durability, protocol=protocol)


def unguarded_client(running: VenueProcess, stack: ExitStack, protocol: str) -> Client | None:
    """Give who enters orders that no check holds, where a protocol's checks are measured against none."""
    if protocol == "ouch-nordic":
        return Nordic(running, stack, FREE)
    return Ouch(running, stack, eqrc.FREE) if protocol == "ouch-eqrc" else None


def rtt(
    say: Say, durability: str = "memory", rounds: int = 20, protocol: str = "ouch", ports: int = eqrc.PORTS
) -> Figures:
    """Measure in turns: echo, order, where installed a QuickFIX acceptor, at `disk` a bare flush.

    With `ouch-eqrc` so many `ports` have rules of every type.
    """
    _, processor = processors()
    with ExitStack() as stack:
        stack.enter_context(pinned(processor))
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-bench-")))
        running = stack.enter_context(venue(settings_of(protocol, durability, ports), directory, processor))
        if protocol == "ouch-eqrc":
            say(f"making {len(eqrc.SETTINGS)} rules for each of {ports} ports")
            running.make_rules(body for number in range(ports) for body in eqrc.bodies(number))
        client = CLIENTS[protocol](running, stack)
        free = unguarded_client(running, stack, protocol)
        address = stack.enter_context(echo_server("bare", processor, client.answer_length))
        echo = stack.enter_context(connected(address))
        fix = stack.enter_context(quickfix.session(directory, processor)) if quickfix.is_installed() else None
        echoes: list[float] = []
        orders: list[float] = []
        fixes: list[float] = []
        flushes: list[float] = []
        unguarded: list[float] = []
        for turn in range(WARM_UP_ROUNDS + rounds):
            if turn == WARM_UP_ROUNDS:
                for times in (echoes, orders, fixes, flushes, unguarded):
                    times.clear()
            requests = client.enters(ORDERS_A_ROUND)
            echoes += round_trips(echo, requests, client.answer_length)
            orders += client.round_trips(requests)
            if free is not None:
                unguarded += free.round_trips(free.enters(ORDERS_A_ROUND))
            if fix is not None:
                fixes += fix.round_trips(fix.enters(ORDERS_A_ROUND))
            if durability == "disk":
                flushes += bare_flushes(directory / "flush", FLUSHES_A_ROUND)
            say(f"round {turn + 1} of {WARM_UP_ROUNDS + rounds}")
    echo_p50, order_p50 = median(echoes), median(orders)
    figures: Figures = {
        "bench": "rtt",
        "protocol": protocol,
        "durability": durability,
        "processors": f"client and servers on {processor}",
        "orders": len(orders),
        "echo_p50_us": echo_p50,
        "order_p50_us": order_p50,
        "order_p99_us": quantile(orders, 99),
        "ratio": ratio(order_p50, echo_p50),
    }
    if fixes:
        figures["quickfix_p50_us"] = median(fixes)
        figures["quickfix_ratio"] = ratio(order_p50, median(fixes))
    if unguarded:
        figures[f"{CHAINS[protocol]}_off_p50_us"] = median(unguarded)
        figures[f"{CHAINS[protocol]}_ratio"] = ratio(order_p50, median(unguarded))
    if flushes:
        figures["fdatasync_p50_us"] = median(flushes)
    return figures


def bare_flushes(path: Path, count: int) -> list[float]:
    """Append and flush 4 KiB at a time: what the disk itself costs, in microseconds."""
    times: list[float] = []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for _ in range(count):
            start = time.perf_counter_ns()
            os.write(descriptor, bytes(4096))
            os.fdatasync(descriptor)
            times.append((time.perf_counter_ns() - start) / 1000)
    finally:
        os.close(descriptor)
    return times
