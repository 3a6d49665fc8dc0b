"""What every FIX port is: a session, and a port of the engine beside it. Order entry, echo and Drop are subclasses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.api import OrderEntry, Port
from fix.codec import Message
from fix.session import PacketStream, Session


class Times(Protocol):
    """Whoever knows the wall time of the present record."""

    wall_time: int


class FixEndpoint:
    """A FIX port as the venue drives it. `served` are the application types that it takes."""

    served: frozenset[bytes] = frozenset()

    def __init__(
        self,
        port: Port,
        engine: OrderEntry,
        open_stream: Callable[[], PacketStream],
        ignored: Callable[[Port, str, bytes], None],
        times: Times,
    ) -> None:
        self.port = port
        self.engine = engine
        self.open_stream = open_stream
        self.ignored = ignored
        self.times = times
        self.session: Session

    def receive(self, message: bytes, now: int) -> None:
        """Take one frame; whatever it holds, nothing is raised."""
        self.session.receive(message, now, self.times.wall_time)

    def logon(self, frame: bytes, now: int) -> None:
        """Take the Logon of a new connection."""
        self.session.logon(frame, now, self.times.wall_time)

    def tick(self, now: int) -> None:
        """Do what the session has due."""
        self.session.tick(now, self.times.wall_time)

    def disconnected(self, now: int) -> None:
        """Note that the connection is gone."""
        self.session.disconnected(self.times.wall_time)

    def log_out(self, text: bytes, now: int) -> None:
        """Log the client out."""
        self.session.log_out(text, self.times.wall_time)

    def application(self, message: Message, now: int) -> None:
        """Take an application message that is valid and in sequence."""
        raise NotImplementedError

    def dump(self) -> bytes:
        """Give the canonical bytes of all that a replay rebuilds, but for the stream."""
        raise NotImplementedError

    def load(self, state: bytes) -> None:
        """Take over a dumped state."""
        raise NotImplementedError
