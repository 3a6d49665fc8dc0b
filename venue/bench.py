"""Benches: how far an order is from a bare echo, measured side by side in one run.

Client and servers share one processor: across two, the idle wake-ups of a loopback hide every difference. Rounds of
both kinds alternate, so a machine that changes its speed changes both. Figures are microseconds.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

import uvloop

from ouch import codec
from venue import config
from wire.soup import unsequenced

ORDERS_A_ROUND = 500
WARM_UP_ROUNDS = 2
START_SECONDS = 20
PORT, PASSWORD, SYMBOL = "IN30T1", "NTFTEST", b"AAPL    "
ENTER_LENGTH, ACCEPTED_LENGTH = 50, 67
"""Bytes on the wire of an Enter Order and an Order Accepted without options."""
Say = Callable[[str], None]
Figures = dict[str, float | int | str]


class Echo(asyncio.Protocol):
    """The bare echo of the same sizes: an Enter's bytes in, an Accepted's bytes out."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)
        self.answer = bytes(ACCEPTED_LENGTH)

    def data_received(self, data: bytes) -> None:
        """Answer."""
        self.transport.write(self.answer)


async def serve_echo() -> None:
    """Serve the echo on a free port, which is printed."""
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def echo_server() -> Iterator[socket.socket]:
    """Run the echo in a process of its own; give a connection to it."""
    with subprocess.Popen([sys.executable, "-P", "-m", "venue.bench"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            with socket.create_connection(("127.0.0.1", int(process.stdout.readline()))) as connection:
                yield connection
        finally:
            process.kill()


@contextmanager
def venue_server(durability: str, directory: Path) -> Iterator[socket.socket]:
    """Run a venue in a process of its own; give a connection that is logged in to a port with every check on.

    It is the demo with a message rate that no bench reaches: the rate is counted and compared all the same.
    """
    file = directory / "bench.toml"
    text = config.sample().replace("maxPortMessages = 100", "maxPortMessages = 1000000000")
    file.write_text(
        text.replace("client_silence_limit_ms = 15000", "client_silence_limit_ms = 3600000"), encoding="utf-8"
    )
    data = directory / "data"
    arguments = ["serve", "--config", str(file), "--port-base", "0", "--data", str(data), "--durability", durability]
    environment = os.environ | {"XDG_STATE_HOME": str(directory)}
    command = [sys.executable, "-P", "-c", "from venue.cli import main; main()", *arguments]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) as process:  # noqa: S603 - our own
        try:
            address = _address(data / "ports.json", process)
            with socket.create_connection(address) as connection:
                login = f"L{PORT:<6}{PASSWORD:<10}{'':10}{'1':>20}".encode()
                connection.sendall(len(login).to_bytes(2, "big") + login)
                accepted = _receive(connection, 33)
                assert accepted[2:3] == b"A", f"login rejected: {accepted!r}"
                _receive(connection, 13)
                yield connection
        finally:
            process.kill()


def _address(path: Path, process: subprocess.Popen[bytes]) -> tuple[str, int]:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if path.exists():
            host, port = json.loads(path.read_text(encoding="utf-8"))["services"]["ouch.nasdaq"]
            return host, port
        time.sleep(0.02)
    raise OSError(f"the venue did not start within {START_SECONDS} s")


def _receive(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise ConnectionError("the server closed the connection")
        data += piece
    return data


def enters(first: int, count: int) -> list[bytes]:
    """Make Enter Orders that rest: buys of 100 shares at many prices below the market."""
    return [
        unsequenced(
            codec.pack_enter_order(
                number,
                b"B",
                100,
                SYMBOL,
                1_900_000 + number % 500 * 100,
                b"0",
                b"Y",
                b"P",
                b"N",
                b"N",
                b"BENCH         ",
                b"",
            )
        )
        for number in range(first, first + count)
    ]


def round_trips(connection: socket.socket, requests: list[bytes]) -> list[float]:
    """Send one request at a time and wait for its answer; gives each one's microseconds."""
    send, receive, clock = connection.sendall, connection.recv, time.perf_counter_ns
    times: list[float] = []
    for request in requests:
        start = clock()
        send(request)
        answer = receive(4096)
        if len(answer) != ACCEPTED_LENGTH:
            answer += _receive(connection, ACCEPTED_LENGTH - len(answer))
        times.append((clock() - start) / 1000)
    return times


def rtt(durability: str, rounds: int, say: Say) -> Figures:
    """Measure the round trip of an order, Enter to Accepted, beside a bare uvloop echo."""
    processors = os.sched_getaffinity(0)
    with ExitStack() as stack:
        os.sched_setaffinity(0, {max(processors)})
        stack.callback(os.sched_setaffinity, 0, processors)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-bench-")))
        echo = stack.enter_context(echo_server())
        venue = stack.enter_context(venue_server(durability, directory))
        for connection in (echo, venue):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        echoes: list[float] = []
        orders: list[float] = []
        flushes: list[float] = []
        for turn in range(WARM_UP_ROUNDS + rounds):
            requests = enters(1 + turn * ORDERS_A_ROUND, ORDERS_A_ROUND)
            echo_times, order_times = round_trips(echo, requests), round_trips(venue, requests)
            if turn >= WARM_UP_ROUNDS:
                echoes += echo_times
                orders += order_times
                if durability == "disk":
                    flushes += bare_flushes(directory / "flush", 50)
            say(f"round {turn + 1} of {WARM_UP_ROUNDS + rounds}")
    echo_p50, order_p50 = statistics.median(echoes), statistics.median(orders)
    figures: Figures = {
        "bench": "rtt",
        "durability": durability,
        "orders": len(orders),
        "echo_p50_us": round(echo_p50, 2),
        "order_p50_us": round(order_p50, 2),
        "order_p99_us": round(statistics.quantiles(orders, n=100)[98], 2),
        "ratio": round(order_p50 / echo_p50, 3),
    }
    if flushes:
        figures["fdatasync_p50_us"] = round(statistics.median(flushes), 2)
    return figures


def bare_flushes(path: Path, count: int) -> list[float]:
    """Append and flush 4 KiB at a time: what the disk itself costs."""
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


BENCHES: dict[str, Callable[[str, int, Say], Figures]] = {"rtt": rtt}
"""What `portcullis bench NAME` can measure."""

if __name__ == "__main__":
    uvloop.run(serve_echo())
