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
from pathlib import Path
from typing import Any

from venue.bench.children import answer, child
from venue.bench.clients import PATIENCE_SECONDS
from venue.bench.fix_session import FixSession

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
CONNECT_SECONDS = 20


def is_installed() -> bool:
    """Whether there is a QuickFIX to measure."""
    return importlib.util.find_spec("quickfix") is not None


@contextmanager
def session(directory: Path, processor: int) -> Iterator[FixSession]:
    """Run an acceptor in a process of its own on one processor; give a session with it."""
    with (
        child("quickfix_acceptor", directory, processor=processor) as acceptor,
        _connected(int(acceptor.read())) as connection,
    ):
        yield FixSession(connection, "BENCH", "VENUE")


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
