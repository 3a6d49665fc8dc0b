"""A FIX order entry port that Drop ports hear: each ExecutionReport that it sends is noted for them.

For editors: nobody else pays for it. A port that is not heard is a `FixOrderPort` with a plain `Session`.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.api import OrderEntry, Port
from engine.endpoint import NumberedStream
from engine.watch import Listener, Notes
from fix.drop import Told
from fix.endpoint import Times
from fix.port import FixOrderPort
from fix.session import Application, FieldCheck, Session
from fix.settings import FixSettings


class HeardSession(Session):
    """A session whose ExecutionReports `listeners` are told of."""

    def __init__(
        self,
        settings: FixSettings,
        port: Port,
        open_stream: Callable[[], NumberedStream],
        application: Application,
        field_check: Callable[[bytes], FieldCheck],
        notes: Notes,
    ) -> None:
        super().__init__(settings, port.name.encode("ascii"), open_stream, application, field_check)
        self.port = port
        self.notes = notes
        self.listeners: tuple[Listener, ...] = ()

    def send(self, msg_type: bytes, body: bytes, wall: int, sender_sub: bytes = b"", header: bytes = b"") -> None:
        """Send a message under the next number, and note what it tells of an order."""
        super().send(msg_type, body, wall, sender_sub, header)
        if msg_type == b"8" and self.listeners:
            self.notes.add(self.listeners, self.port, Told(self.begin_string, body, wall))


class HeardFixPort(FixOrderPort):
    """An order entry port that Drop ports hear."""

    def __init__(
        self,
        port: Port,
        engine: OrderEntry,
        open_stream: Callable[[], NumberedStream],
        ignored: Callable[[Port, str, bytes], None],
        times: Times,
        notes: Notes,
    ) -> None:
        super().__init__(port, engine, open_stream, ignored, times)
        self.heard = HeardSession(self.settings, port, open_stream, self, self.field_check, notes)
        self.session = self.heard
