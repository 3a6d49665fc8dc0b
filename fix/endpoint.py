"""What every FIX port is: a session, and a port of the engine beside it. Order entry, echo and Drop are subclasses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.api import OrderEntry, Port
from engine.endpoint import Endpoint, NumberedStream
from fix.codec import Message
from fix.session import Session


class Times(Protocol):
    """Whoever knows the wall time of the present record."""

    wall_time: int


class FixEndpoint(Endpoint):
    """A FIX port as the venue drives it. `served` are the application types that it takes."""

    served: frozenset[bytes] = frozenset()

    def __init__(
        self,
        port: Port,
        engine: OrderEntry,
        open_stream: Callable[[], NumberedStream],
        ignored: Callable[[Port, str, bytes], None],
        times: Times,
    ) -> None:
        super().__init__(port)
        self.engine = engine
        self.open_stream = open_stream
        self.ignored = ignored
        self.times = times
        self.session: Session

    def receive(self, message: bytes, now: int) -> None:
        """Take one frame; whatever it holds, nothing is raised."""
        self.session.receive(message, now, self.times.wall_time)

    def logon(self, message: bytes, now: int) -> None:
        """Take the Logon of a new connection."""
        self.session.logon(message, now, self.times.wall_time)

    def tick(self, now: int) -> None:
        """Do what the session has due."""
        self.session.tick(now, self.times.wall_time)

    def disconnected(self, now: int) -> bool:
        """Note that the connection is gone; gives whether its Logon had been answered by one of ours."""
        self.session.disconnected(self.times.wall_time)
        return True

    def log_out(self, text: bytes, now: int) -> None:
        """Log the client out."""
        self.session.log_out(text, self.times.wall_time)

    def application(self, message: Message, now: int) -> None:
        """Take an application message that is valid and in sequence."""
        raise NotImplementedError

    def resume(self, stream: NumberedStream) -> None:
        """Go on with a stream that was restored."""
        self.session.stream = stream

    def dump(self) -> bytes:
        """Give the canonical bytes of all that a replay rebuilds, but for the stream."""
        raise NotImplementedError

    def load(self, state: bytes) -> None:
        """Take over a dumped state."""
        raise NotImplementedError
