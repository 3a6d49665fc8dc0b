"""Clients of a bench: raw sockets that log in, wait for one answer, or keep many orders in flight.

Answers are counted by their bytes, which is the cheapest that a client can do: it must not be what is measured.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from venue.bench.orders import ACCEPTED_LENGTH, ENTER_LENGTH, login

IN_FLIGHT = 64
"""Orders that each pipelining session has unanswered."""
PATIENCE_SECONDS = 60.0
"""How long a client waits before it says that an answer is missing."""
LOGIN_ACCEPTED_LENGTH = 33
SYSTEM_EVENT_LENGTH = 13


def receive(connection: socket.socket, length: int) -> bytes:
    """Read exactly so many bytes."""
    data = b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise ConnectionError("the server closed the connection")
        data += piece
    return data


def log_in(address: tuple[str, int], name: str, password: str, sequence: int = 1) -> socket.socket:
    """Connect and log in; gives the connection once everything due is read that was sent before."""
    connection = socket.create_connection(address)
    connection.settimeout(PATIENCE_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(login(name, password, sequence))
    answer = receive(connection, 3)
    if answer[2:3] != b"A":
        raise ConnectionError(f"the login of {name} was refused: {answer!r}")
    receive(connection, LOGIN_ACCEPTED_LENGTH - 3)
    if sequence == 1:
        receive(connection, SYSTEM_EVENT_LENGTH)
    return connection


def round_trips(
    connection: socket.socket, requests: Sequence[bytes], answer_length: int = ACCEPTED_LENGTH
) -> list[float]:
    """Send one request at a time and wait for its answer; gives each one's microseconds."""
    send, read, clock = connection.sendall, connection.recv, time.perf_counter_ns
    times: list[float] = []
    for request in requests:
        start = clock()
        send(request)
        answer = read(4096)
        if len(answer) != answer_length:
            answer += receive(connection, answer_length - len(answer))
        times.append((clock() - start) / 1000)
    return times


def settle(connection: socket.socket, request: bytes) -> None:
    """Send one request and read up to its answer, past heartbeats that came before it."""
    connection.sendall(request)
    kind = b""
    while kind != b"S":
        header = receive(connection, 3)
        kind = header[2:]
        receive(connection, int.from_bytes(header[:2], "big") - 1)


class Pipeline:
    """One session of a load: requests and answers of fixed sizes, so many of them in flight."""

    def __init__(
        self,
        connection: socket.socket,
        request_length: int = ENTER_LENGTH,
        answer_length: int = ACCEPTED_LENGTH,
        in_flight: int = IN_FLIGHT,
    ) -> None:
        self.connection = connection
        self.request_length = request_length
        self.answer_length = answer_length
        self.in_flight = in_flight
        self.requests = memoryview(b"")
        self.sent = 0
        self.awaited = 0
        self.received = 0

    def begin(self, requests: bytes) -> None:
        """Send as many requests as may be in flight."""
        self.requests = memoryview(requests)
        self.awaited = len(requests) // self.request_length * self.answer_length
        self.received = 0
        self.sent = min(self.in_flight * self.request_length, len(requests))
        self.connection.sendall(self.requests[: self.sent])

    def go_on(self, buffer: bytearray) -> bool:
        """Read what came and send as many requests as were answered; gives whether all are."""
        length = self.connection.recv_into(buffer)
        if not length:
            raise ConnectionError("the server closed the connection")
        self.received += length
        answered = self.received // self.answer_length
        end = min((answered + self.in_flight) * self.request_length, len(self.requests))
        if end > self.sent:
            self.connection.sendall(self.requests[self.sent : end])
            self.sent = end
        if self.received > self.awaited:
            raise ConnectionError("the server sent more than was awaited")
        return self.received == self.awaited


@contextmanager
def polled(connections: Iterable[socket.socket]) -> Iterator[select.epoll]:
    """Watch connections for something to read."""
    with select.epoll() as poll:
        for connection in connections:
            poll.register(connection, select.EPOLLIN)
        yield poll


def pour(pipelines: Sequence[Pipeline], requests: Sequence[bytes]) -> float:
    """Send each pipeline its requests, wait until all are answered; gives the seconds that it took."""
    by_descriptor = {pipeline.connection.fileno(): pipeline for pipeline in pipelines}
    buffer = bytearray(1 << 18)
    left = len(pipelines)
    with polled(pipeline.connection for pipeline in pipelines) as poll:
        start = time.perf_counter()
        for pipeline, mine in zip(pipelines, requests, strict=True):
            pipeline.begin(mine)
        while left:
            ready = poll.poll(PATIENCE_SECONDS)
            if not ready:
                raise TimeoutError(f"answers are missing after {PATIENCE_SECONDS:.0f} s without one")
            for descriptor, _ in ready:
                if by_descriptor[descriptor].go_on(buffer):
                    left -= 1
        return time.perf_counter() - start
