"""What every FIX port is: a session, and a port of the engine beside it. Order entry, echo and Drop are subclasses.

A subclass names the application types it takes in `served`, takes them in `application`, is told by the engine what
happened as its port's sink, and sends with `self.session.send`. What it has to keep beyond the session it gives in
`port_state`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from engine.api import OrderEntry, Port, SystemEvent
from engine.endpoint import NumberedStream, Orderless
from fix.codec import Message
from fix.session import FieldCheck, Session
from fix.session_state import EndpointState
from fix.settings import read_settings
from fix.validation import validator

_states: msgspec.msgpack.Decoder[EndpointState] = msgspec.msgpack.Decoder(EndpointState)
_encoder = msgspec.msgpack.Encoder()
_WALL_TIMES: Final = re.compile(rb"(?<=\x01)(?:52|122|10)=[^\x01]*\x01")


class Times(Protocol):
    """Whoever knows the wall time of the present record, and the number of the last one before its batch."""

    wall_time: int
    number: int


class FixEndpoint(Orderless):
    """A FIX port as the venue drives it. `served` are the application types that it takes."""

    def __init__(
        self,
        port: Port,
        engine: OrderEntry,
        open_stream: Callable[[], NumberedStream],
        ignored: Callable[[Port, str, bytes], None],
        times: Times,
    ) -> None:
        super().__init__(port)
        self.served: frozenset[bytes] = frozenset()
        self.engine = engine
        self.open_stream = open_stream
        self.ignored = ignored
        self.times = times
        self.settings = read_settings(port.entry.settings)
        self.session = Session(self.settings, port.name.encode("ascii"), open_stream, self, self.field_check)
        self.prepare()

    def field_check(self, begin_string: bytes) -> FieldCheck:
        """Give what holds a version's messages to the port's dialect."""
        return validator(begin_string, self.settings.dialect, self.settings.validation)

    def configured(self) -> None:
        """Take over what a new configuration says of the port."""
        self.settings = read_settings(self.port.entry.settings)
        self.session.configure(self.settings)
        self.prepare()

    def prepare(self) -> None:
        """Read the tables of all versions that the port speaks, before anybody logs on."""
        for version in self.settings.begin_strings:
            validator(version.encode("ascii"), self.settings.dialect, self.settings.validation).prepare(self.served)

    # Records.

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
        return self.session.disconnected(self.times.wall_time)

    def log_out(self, text: bytes, now: int) -> None:
        """Log the client out."""
        self.session.log_out(text, self.times.wall_time)

    # The session's application, and the port's sink.

    def application(self, message: Message, now: int) -> None:
        """Take an application message that is valid and in sequence."""
        raise NotImplementedError

    def system_event(self, event: SystemEvent, now: int) -> None:
        """Begin and end the session with the trading day."""
        if event == SystemEvent.START_OF_DAY:
            self.session.start_day(self.times.wall_time)
        else:
            self.session.log_out(b"End of trading day", self.times.wall_time)

    def settle(self) -> None:
        """Let go of what was meant for a connection: for who has none."""
        self.session.effects.clear()

    def packets(self, stream: NumberedStream) -> Callable[[int], bytes]:
        """Give what a packet of a stream is, by its number, when it is asked for again."""
        return stream.packet

    # Snapshots.

    def resume(self, stream: NumberedStream) -> None:
        """Go on with a stream that was restored."""
        self.session.stream = stream

    def digest(self, stream: NumberedStream) -> bytes:
        """Give the SHA-256 of what was sent, without SendingTime, OrigSendingTime and the CheckSum over them."""
        return stream.digest(timeless)

    def dump(self) -> bytes:
        """Give the canonical bytes of all that a replay rebuilds, but for the stream and wall times."""
        return _encoder.encode(EndpointState(self.session.dump(), self.port_state()))

    def wall_times(self) -> list[int]:
        """Give the session's."""
        return self.session.wall_times()

    def load(self, state: bytes, wall_times: list[int]) -> None:
        """Take over a dumped state."""
        dumped = _states.decode(state)
        self.session.load(dumped.session, wall_times)
        self.load_port_state(dumped.port)

    def port_state(self) -> bytes:
        """Give what the port keeps beside its session, in one canonical form."""
        return b""

    def load_port_state(self, state: bytes) -> None:
        """Take what `port_state` gave."""


def timeless(packets: bytes) -> bytes:
    """Give messages without what the wall clock says in them."""
    return _WALL_TIMES.sub(b"", packets)
