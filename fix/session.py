"""The FIX session: logon, sequence numbers, resend, heartbeats, rejects and logout, for all versions and both ends.

A machine without socket, clock or task: frames and times go in, packets of its stream and effects come out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fix.codec import Message
from fix.session_state import Effect, Role, SessionState, State
from fix.settings import FixSettings


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

    def fault(self, message: Message) -> tuple[int, bytes, bytes] | None:
        """Give the first fault: SessionRejectReason, the tag to blame (b"" for none), the text."""


class Application(Protocol):
    """Whom a session hands its application messages to."""

    served: frozenset[bytes]
    """The types that are taken; any other is answered with BusinessMessageReject."""

    def application(self, message: Message, now: int) -> None:
        """Take a message that is valid and in sequence."""


class Session:
    """One session, over all its connections.

    `incoming` is the number expected next; the next outgoing one is the stream's count + 1. `effects` is what the
    driver does, in order, once the record that caused it is durable; whoever drives the session empties it.
    """

    def __init__(
        self,
        settings: FixSettings,
        comp_id: bytes,
        open_stream: Callable[[], PacketStream],
        application: Application,
        field_check: Callable[[bytes], FieldCheck],
        role: Role = Role.ACCEPTOR,
    ) -> None:
        """Make a session with the peer of that CompID. `field_check` gives a version's check, by BeginString."""
        self.settings = settings
        self.comp_id = comp_id
        self.open_stream = open_stream
        self.application = application
        self.field_check = field_check
        self.role = role
        self.state = State.DISCONNECTED
        self.incoming = 1
        self.effects: list[Effect] = []
        self.stream: PacketStream

    @property
    def is_logged_on(self) -> bool:
        """Whether the peer is there: from its Logon's answer until it, or we, hang up."""
        return self.state in {State.LOGGED_ON, State.LOGGING_OUT}

    @property
    def next_tick(self) -> int:
        """The wall time at which `tick` finds something due, if nothing is received or sent before; else `NEVER`."""
        raise NotImplementedError

    def refusal(self, message: Message, wall: int) -> str:
        """Say why a connection's first message is no Logon to answer: hang up without a word. "" lets it in.

        Changes nothing. Whether the identity is connected, and who may log on from where, is the caller's to know.
        """
        raise NotImplementedError

    def logon(self, frame: bytes, now: int, wall: int) -> None:
        """Take the Logon of a new connection, which `refusal` let in."""
        raise NotImplementedError

    def log_on(self, wall: int, reset: bool = False, fields: bytes = b"") -> None:
        """Send an initiator's Logon on a new connection; `fields` go in behind EncryptMethod and HeartBtInt."""
        raise NotImplementedError

    def receive(self, frame: bytes, now: int, wall: int) -> None:
        """Take any later frame; whatever it holds, nothing is raised."""
        raise NotImplementedError

    def tick(self, now: int, wall: int) -> None:
        """Do what is due: a Heartbeat, a TestRequest, hanging up on silence or on a Logout without an answer."""
        raise NotImplementedError

    def disconnected(self, wall: int) -> None:
        """Note that the connection is gone; both numbers stay."""
        raise NotImplementedError

    def log_out(self, text: bytes, wall: int) -> None:
        """Send Logout, and hang up on its answer or after a while; no effect on who is not logged on."""
        raise NotImplementedError

    def start_day(self, wall: int) -> None:
        """Begin a day: a new stream, and both numbers from 1. Whoever is still logged on is hung up on."""
        raise NotImplementedError

    def send(self, msg_type: bytes, body: bytes, wall: int, sender_sub: bytes = b"", header: bytes = b"") -> None:
        """Send a message under the next number, whether anybody is there or not.

        `body` are encoded fields in the order of their tags, `header` those that stand behind TargetCompID (57, 115 …).
        """
        raise NotImplementedError

    def dump(self) -> SessionState:
        """Give all that a replay would rebuild, but for the stream."""
        raise NotImplementedError

    def load(self, state: SessionState) -> None:
        """Take over a dumped state; the stream is set by the caller."""
        raise NotImplementedError
