"""What a FIX session says: every message of ours goes out through `Speaker.send`, under the next number.

The header is spelled in one order, always: 8 9 35 34 49 50 52 56, then routing (57 97 115 116 128 129 142 to 145), 369,
and the body. Repeating a message adds 43 behind 34 and 122 behind the routing (`fix.resend`).

For editors: `send` is on the order path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from fix import rejects, tags
from fix.codec import MILLISECOND, TRAILERS, Message, check_sum, read_number, utc_timestamp
from fix.faults import Fault
from fix.session_state import LOGOUT, REJECT, Effect, HangUp, State
from fix.settings import FixSettings

SECONDS_LENGTH: Final = len("20261121-18:00:00")
"""A UTCTimestamp counts no milliseconds before FIX 4.2."""


class PacketStream(Protocol):
    """Takes the packets that a session sends, in order: packet n is the message with MsgSeqNum n."""

    @property
    def count(self) -> int:
        """Packets so far."""

    def append(self, packet: bytes) -> None:
        """Add the next packet."""

    def packet(self, sequence: int) -> bytes:
        """Return one packet. Raises `IndexError` when there is none of that number."""


class FieldCheck(Protocol):
    """What holds a message's fields to a dictionary."""

    def fault(self, message: Message) -> Fault | None:
        """Give the first thing that is wrong, if any is."""

    def fault_behind_header(self, message: Message) -> Fault | None:
        """Do the same for a message in which the session has found each of `fix.shape.HELD` right."""


class Application(Protocol):
    """Whom a session hands its application messages to."""

    served: frozenset[bytes]
    """The types that are taken; any other is answered with BusinessMessageReject."""

    def application(self, message: Message, now: int) -> None:
        """Take a message that is valid and in sequence."""


class Speaker:
    """The outgoing half of a session."""

    def __init__(
        self,
        settings: FixSettings,
        comp_id: bytes,
        open_stream: Callable[[], PacketStream],
        application: Application,
        field_check: Callable[[bytes], FieldCheck],
    ) -> None:
        self.settings = settings
        self.comp_id = comp_id
        self.own_comp_id = settings.venue_comp_id.encode("ascii")
        self.open_stream = open_stream
        self.application = application
        self.field_check = field_check
        self.state = State.DISCONNECTED
        self.incoming = 1
        self.outgoing = 1
        self.effects: list[Effect] = []
        self._stream: PacketStream
        self._sent_at = 0
        self._logout_due = 0
        self._has_been_on = False
        self.begin_string = b""
        self._speak(settings.begin_strings[0].encode("ascii"))

    @property
    def stream(self) -> PacketStream:
        """What was sent today: packet n is the message with MsgSeqNum n."""
        return self._stream

    @stream.setter
    def stream(self, stream: PacketStream) -> None:
        self._stream = stream
        self.outgoing = stream.count + 1

    def send(self, msg_type: bytes, body: bytes, wall: int, sender_sub: bytes = b"", header: bytes = b"") -> None:
        """Send a message under the next number, whether anybody is there or not.

        `body` are encoded fields in the order of their tags, `header` those that stand behind TargetCompID (57, 115 …).
        """
        sub = b"50=%b\x01" % sender_sub if sender_sub else b""
        if self.settings.last_processed:
            header += b"369=%d\x01" % (self.incoming - 1)
        number = self.outgoing
        inner = b"35=%b\x0134=%d\x01%b%b52=%b\x01%b%b%b" % (
            msg_type,
            number,
            self._from,
            sub,
            utc_timestamp(wall)[: self._time_length],
            self._to,
            header,
            body,
        )
        content = b"%b%d\x01%b" % (self._version, len(inner), inner)
        self._stream.append(content + TRAILERS[check_sum(content)])
        self.outgoing = number + 1
        self._sent_at = wall

    def _speak(self, begin_string: bytes) -> None:
        self.begin_string = begin_string
        self._version = b"8=%b\x019=" % begin_string
        self._time_length = SECONDS_LENGTH if begin_string in rejects.OLD_VERSIONS else None
        self._from = b"49=%b\x01" % self.own_comp_id
        self._to = b"56=%b\x01" % self.comp_id
        self._check = self.field_check(begin_string)

    def _reject(self, message: Message, fault: Fault, wall: int) -> None:
        """Refuse a message as such."""
        number = max(read_number(message.values.get(tags.MSG_SEQ_NUM, b"")), 0)
        body = rejects.reject(self.begin_string, number, message.msg_type, fault)
        self.send(REJECT, body, wall, header=rejects.route_back(self.begin_string, message.values))

    def _log_out_now(self, text: bytes, wall: int) -> None:
        """Say what is wrong and hang up at once."""
        self.send(LOGOUT, b"58=%b\x01" % text, wall)
        self._hang_up(text.decode("ascii", "backslashreplace"))

    def _hang_up(self, why: str) -> None:
        self.effects.append(HangUp(why, self.outgoing - 1))
        self._close()

    def log_out(self, text: bytes, wall: int) -> None:
        """Send Logout, and hang up on its answer or after a while; no effect on who is not logged on."""
        if self.state is not State.LOGGED_ON:
            return
        self.send(LOGOUT, b"58=%b\x01" % text if text else b"", wall)
        self.state = State.LOGGING_OUT
        self._logout_due = wall + self.settings.logout_wait_ms * MILLISECOND

    def disconnected(self, wall: int) -> bool:
        """Note that the connection is gone; both numbers stay. Gives whether it had got as far as logged on."""
        self._close()
        had_been_on, self._has_been_on = self._has_been_on, False
        return had_been_on

    def _close(self) -> None:
        """Hear nothing more on this connection."""
        self.state = State.DISCONNECTED
        self._logout_due = 0
