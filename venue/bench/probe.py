"""A client that notices pauses: one order at a time, a millisecond apart, in a process of its own.

An answer counts as come when the kernel took it from the venue: that the probe itself has to wait for its processor,
which it may share with a whole crowd of clients, is no pause of the venue's.

It is `python -m venue.bench.probe HOST PORT NAME`; for each line it reads it prints what it saw since.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from venue.bench.children import answer, child
from venue.bench.clients import log_in, receive
from venue.bench.configurations import PASSWORD
from venue.bench.figures import Figures, quantile
from venue.bench.orders import ACCEPTED_LENGTH, enters

PACE_SECONDS = 0.001
SO_TIMESTAMPNS = 35
"""Linux's option, and its message, that tells when bytes came; the socket module does not name it."""
TIMESTAMP = struct.Struct("@qq")
"""Seconds and nanoseconds of the real-time clock."""


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
        connection.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        for number in count(1):
            times.append(wait(connection, *enters(number, 1)))
            if select.select([sys.stdin], [], [], PACE_SECONDS)[0]:
                if not sys.stdin.readline():
                    return
                seen = {
                    "orders": len(times),
                    "p50_ms": quantile(times, 50, 3),
                    "p99_ms": quantile(times, 99, 3),
                    "worst_ms": round(max(times), 3),
                }
                times.clear()
                answer(json.dumps(seen))


def wait(connection: socket.socket, request: bytes) -> float:
    """Send one order; gives the milliseconds until the kernel had its answer (the probe, where it does not tell)."""
    start = time.clock_gettime_ns(time.CLOCK_REALTIME)
    connection.sendall(request)
    data, told, _, _ = connection.recvmsg(ACCEPTED_LENGTH, socket.CMSG_SPACE(TIMESTAMP.size))
    come = time.clock_gettime_ns(time.CLOCK_REALTIME)
    for level, kind, value in told:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = TIMESTAMP.unpack(value)
            come = seconds * 1_000_000_000 + nanoseconds
    receive(connection, ACCEPTED_LENGTH - len(data))
    return (come - start) / 1e6


if __name__ == "__main__":
    watch((sys.argv[1], int(sys.argv[2])), sys.argv[3])
