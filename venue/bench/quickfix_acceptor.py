"""A QuickFIX acceptor to be measured beside a venue, where the module `quickfix` is installed.

As little as an acceptor can be: FIX 4.2, no dictionary, no file, no log; each New Order Single is answered by an
Execution Report that says New. It checks no risk, keeps no book and writes nothing down. Run as
`python -m venue.bench.quickfix_acceptor DIRECTORY`; the port is printed, and the end of standard input ends it.
"""

from __future__ import annotations

import importlib.util
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from venue.bench.children import answer, child
from venue.bench.clients import PATIENCE_SECONDS

SETTINGS = """\
[DEFAULT]
ConnectionType=acceptor
SocketAcceptPort={port}
SocketAcceptHost=127.0.0.1
SocketNodelay=Y
SocketReuseAddress=Y
StartTime=00:00:00
EndTime=00:00:00
UseDataDictionary=N
ResetOnLogon=Y

[SESSION]
BeginString=FIX.4.2
SenderCompID=VENUE
TargetCompID=BENCH
"""
SOH = b"\x01"
CONNECT_SECONDS = 20


def is_installed() -> bool:
    """Whether there is a QuickFIX to measure."""
    return importlib.util.find_spec("quickfix") is not None


class Session:
    """A client's FIX session on a raw socket: messages are made before the clock starts."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.number = 0
        self.connection.sendall(self.message(b"A", b"98=0\x01108=3600\x01141=Y\x01"))
        answer = self.receive()
        if b"\x0135=A\x01" not in answer:
            raise ConnectionError(f"the QuickFIX acceptor refused the logon: {answer!r}")

    def message(self, kind: bytes, fields: bytes) -> bytes:
        """Make the next message."""
        self.number += 1
        now = f"{datetime.now(UTC):%Y%m%d-%H:%M:%S}".encode("ascii")
        body = b"35=%b\x0134=%d\x0149=BENCH\x0152=%b\x0156=VENUE\x01%b" % (kind, self.number, now, fields)
        whole = b"8=FIX.4.2\x019=%d\x01%b" % (len(body), body)
        return b"%b10=%03d\x01" % (whole, sum(whole) % 256)

    def receive(self) -> bytes:
        """Read one message."""
        data = self.connection.recv(4096)
        while data[-8:-4] != b"\x0110=" or data[-1:] != SOH:
            piece = self.connection.recv(4096)
            if not piece:
                raise ConnectionError("the QuickFIX acceptor closed the connection")
            data += piece
        return data

    def round_trips(self, how_many: int) -> list[float]:
        """Send one New Order Single at a time and wait for its report; gives each one's microseconds."""
        fields = b"11=%d\x0121=1\x0138=100\x0140=2\x0144=190.00\x0154=1\x0155=AAPL\x0160=20260101-00:00:00\x01"
        requests = [self.message(b"D", fields % (self.number + 1)) for _ in range(how_many)]
        send, receive, clock = self.connection.sendall, self.receive, time.perf_counter_ns
        times: list[float] = []
        for request in requests:
            start = clock()
            send(request)
            receive()
            times.append((clock() - start) / 1000)
        return times


@contextmanager
def session(directory: Path, processor: int) -> Iterator[Session]:
    """Run an acceptor in a process of its own on one processor; give a session with it."""
    with (
        child("quickfix_acceptor", directory, processor=processor) as acceptor,
        _connected(int(acceptor.read())) as connection,
    ):
        yield Session(connection)


def _connected(port: int) -> socket.socket:
    """Connect once the acceptor listens, which it does in a thread of its own."""
    end = time.monotonic() + CONNECT_SECONDS
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
            continue
        connection.settimeout(PATIENCE_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def accept(directory: Path) -> None:
    """Serve until standard input ends."""
    import quickfix as fix  # type: ignore[import-not-found]  # noqa: PLC0415 - only who has it installed measures it

    class Acceptor(fix.Application):  # type: ignore[misc]  # a library without types
        """Answers each New Order Single."""

        def onCreate(self, session_id: Any) -> None:  # noqa: N802 - the library's name
            """Take no note."""

        def onLogon(self, session_id: Any) -> None:  # noqa: N802 - the library's name
            """Take no note."""

        def onLogout(self, session_id: Any) -> None:  # noqa: N802 - the library's name
            """Take no note."""

        def toAdmin(self, message: Any, session_id: Any) -> None:  # noqa: N802 - the library's name
            """Take no note."""

        def fromAdmin(self, message: Any, session_id: Any) -> None:  # noqa: N802 - the library's name
            """Take no note."""

        def toApp(self, message: Any, session_id: Any) -> None:  # noqa: N802 - the library's name
            """Take no note."""

        def fromApp(self, message: Any, session_id: Any) -> None:  # noqa: N802 - the library's name
            """Answer that the order is new."""
            report = fix.Message()
            report.getHeader().setField(fix.StringField(35, "8"))
            number = message.getField(11)
            quantity = message.getField(38)
            fields = ((6, "0"), (11, number), (14, "0"), (17, number), (20, "0"), (37, number), (38, quantity))
            for tag, value in fields:
                report.setField(fix.StringField(tag, value))
            for tag, value in ((39, "0"), (150, "0"), (151, quantity)):
                report.setField(fix.StringField(tag, value))
            for tag in (44, 54, 55):
                report.setField(fix.StringField(tag, message.getField(tag)))
            fix.Session.sendToTarget(report, session_id)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = directory / "quickfix.cfg"
    file.write_text(SETTINGS.format(port=port), encoding="ascii")
    settings = fix.SessionSettings(str(file))
    application = Acceptor()
    acceptor = fix.SocketAcceptor(application, fix.MemoryStoreFactory(), settings)
    acceptor.start()
    answer(port)
    sys.stdin.read()
    acceptor.stop()


if __name__ == "__main__":
    accept(Path(sys.argv[1]))
