"""The round trip of one session while others are logged in and idle: they send heartbeats and are sent some.

The others live in a process of their own, on the other processor where there is one. It is
`python -m venue.bench.sessions HOST PORT FIRST`: for each number it reads, it makes as many sessions open, on the ports
from the FIRST on, and answers.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

import uvloop

from venue.bench.children import answer, child
from venue.bench.clients import round_trips, settle
from venue.bench.configurations import PASSWORD, port_name, tables
from venue.bench.figures import median, pinned, processors
from venue.bench.orders import enters, login
from venue.bench.venues import venue

HEARTBEAT = b"\x00\x01R"
HEARTBEAT_SECONDS = 1.0
SPARE_DESCRIPTORS = 100
AT_ONCE = 100
"""Logins that are under way at the same time."""


def round_trips_in_a_crowd(sizes: Sequence[int], turns: int, orders: int) -> list[float]:
    """Measure at each number of open sessions, in turns; gives each one's median in microseconds."""
    allow_descriptors(sizes[-1] + SPARE_DESCRIPTORS)
    other, processor = processors()
    settings = tables(ports=sizes[-1], ruled=1, heartbeat_interval_ms=int(HEARTBEAT_SECONDS * 1000))
    times: list[list[float]] = [[] for _ in sizes]
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-bench-")))
        stack.enter_context(pinned(processor))
        running = stack.enter_context(venue(settings, directory, processor))
        make_open = stack.enter_context(crowd(running.address, other, first_port=1))
        probe = stack.enter_context(running.connect(port_name(0)))
        first = 1
        for _ in range(turns):
            for size, mine in zip(sizes, times, strict=True):
                make_open(size - 1)
                settle(probe, *enters(first, 1))
                mine.extend(round_trips(probe, enters(first + 1, orders)))
                first += 1 + orders
    return [median(mine) for mine in times]


def allow_descriptors(wanted: int) -> None:
    """Let this process, and what it starts, have so many open files. Raises `OSError` where that is not allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        if hard < wanted:
            raise OSError(f"{wanted:,} open files are needed, {hard:,} are allowed: raise it with ulimit -n {wanted}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def crowd(address: tuple[str, int], processor: int, first_port: int) -> Iterator[Callable[[int], None]]:
    """Run a crowd in a process of its own; gives how to tell it how many of it are to be logged in."""
    with child("sessions", *address, first_port, processor=processor) as members:

        def make_open(many: int) -> None:
            members.ask(many)

        yield make_open


# What runs in the crowd's process.


class Idle(asyncio.Protocol):
    """One session that logs in and says nothing but heartbeats."""

    def __init__(self, name: str, answered: asyncio.Future[bool]) -> None:
        self.name = name
        self.answered = answered

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Log in."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(login(self.name, PASSWORD))

    def data_received(self, data: bytes) -> None:
        """Note the answer to the login; nothing else matters."""
        if not self.answered.done():
            self.answered.set_result(data[2:3] == b"A")


async def log_in(address: tuple[str, int], number: int) -> Idle:
    """Log one session in."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[bool] = loop.create_future()
    _, idle = await loop.create_connection(lambda: Idle(port_name(number), answered), *address)
    if not await answered:
        raise ConnectionError(f"the login of {idle.name} was refused")
    return idle


async def serve(address: tuple[str, int], first_port: int) -> None:
    """Make as many sessions open as each line says."""
    loop = asyncio.get_running_loop()
    members: list[Idle] = []
    beating = asyncio.create_task(beat(members))
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        wanted = int(line)
        while len(members) > wanted:
            members.pop().transport.close()
        while len(members) < wanted:
            batch = range(len(members), min(len(members) + AT_ONCE, wanted))
            members += await asyncio.gather(*(log_in(address, first_port + number) for number in batch))
        answer(len(members))
    beating.cancel()


async def beat(members: list[Idle]) -> None:
    """Send every session's heartbeats."""
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        for member in members:
            member.transport.write(HEARTBEAT)


if __name__ == "__main__":
    uvloop.run(serve((sys.argv[1], int(sys.argv[2])), int(sys.argv[3])))
