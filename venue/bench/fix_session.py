"""A client's FIX 4.2 session on a raw socket, whatever acceptor is at the other end."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime

SOH = b"\x01"
ORDER = b"11=%08d\x0121=1\x0138=100\x0140=2\x0144=190.00\x0154=1\x0155=AAPL\x0160=20260101-00:00:00\x01"
"""A NewOrderSingle to buy 100 AAPL at 190, which rests."""


class FixSession:
    """A session that is logged on, with both numbers from 1. Messages are made before the clock starts."""

    def __init__(self, connection: socket.socket, sender: str, target: str) -> None:
        self.connection = connection
        self.ends = sender.encode("ascii"), target.encode("ascii")
        self.number = 0
        self.orders = 0
        self.connection.sendall(self.message(b"A", b"98=0\x01108=3600\x01141=Y\x01"))
        answer = self.receive()
        if b"\x0135=A\x01" not in answer:
            raise ConnectionError(f"the logon was refused: {answer!r}")

    def message(self, kind: bytes, fields: bytes) -> bytes:
        """Make the next message."""
        self.number += 1
        now = f"{datetime.now(UTC):%Y%m%d-%H:%M:%S}".encode("ascii")
        body = b"35=%b\x0134=%d\x0149=%b\x0152=%b\x0156=%b\x01%b" % (
            *(kind, self.number, self.ends[0], now, self.ends[1]),
            fields,
        )
        whole = b"8=FIX.4.2\x019=%d\x01%b" % (len(body), body)
        return b"%b10=%03d\x01" % (whole, sum(whole) % 256)

    def receive(self) -> bytes:
        """Read one message."""
        data = self.connection.recv(4096)
        while data[-8:-4] != b"\x0110=" or data[-1:] != SOH:
            piece = self.connection.recv(4096)
            if not piece:
                raise ConnectionError(f"the acceptor closed the connection: {data!r}")
            data += piece
        return data

    def enters(self, how_many: int) -> list[bytes]:
        """Make New Order Singles, each with a ClOrdID of its own."""
        first, self.orders = self.orders, self.orders + how_many
        return [self.message(b"D", ORDER % (first + n)) for n in range(how_many)]

    def round_trips(self, requests: Sequence[bytes]) -> list[float]:
        """Send one request at a time and wait for its answer; gives each one's microseconds."""
        send, receive, clock = self.connection.sendall, self.receive, time.perf_counter_ns
        times: list[float] = []
        for request in requests:
            start = clock()
            send(request)
            receive()
            times.append((clock() - start) / 1000)
        return times

    def answer_length(self) -> int:
        """Send an order, and give how many bytes its report has; raises `ConnectionError` where it is refused."""
        (request,) = self.enters(1)
        self.connection.sendall(request)
        report = self.receive()
        if b"\x01150=0\x01" not in report:
            raise ConnectionError(f"an order was refused: {report!r}")
        return len(report)
