"""SoupBinTCP 3.00, 4.00 and 4.10: the server's end, and what both ends share. `wire.soup_client` is the client's end.

A connection is a machine with no socket, clock or task of its own: bytes and times (integer nanoseconds) go in, events
and bytes come out, so two of them joined back to back make a whole login without either a port or a wait.

The theory. TCP carries packets of two length bytes, a type letter and a payload. A client logs in once, naming the
session and the number of the next message it wants. From then on the server sends the session's messages, numbered by
counting alone: each Sequenced Data packet is one more than the last, in a stream that outlives the connection. What
the client sends is not numbered and may be lost with the socket. Silence means death, so both ends break it.

What may be sent when is said by two tables, one for each sender; the other end takes exactly that. Whatever is absent
is refused: the machine queues a last word (a Debug packet with the reason, or Login Rejected for a login that cannot
be read), reports a `Violation` and is deaf from then on. Both ends go through the same four states.

Not here: the sequenced stream is kept elsewhere as packets from `sequenced`, and whoever drives the server writes
slices of it and reports `wrote`. Who may log in, and from which number, is for the driver to decide, as late as it
likes. After each call the driver sends `bytes_to_send`, and hangs up once the state is CLOSED.

For editors: `receive` is on the order path. The common chunk, one whole data packet, must stay a handful of steps.
Source: SoupBinTCP 3.00 (2017) §1-2 and its 4.00 and 4.10 additions; where they are silent, docs/soupbintcp.md decides.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from typing import ClassVar, Final, TypeAlias

PACKET_LENGTH_MAX: Final = 0xFFFF
"""The largest Packet Length that two bytes can say; it counts the type letter and the payload."""
HELD_BYTES_MAX: Final = 262_144
"""Bytes kept behind a login that is not answered yet: what one read of a socket may bring."""
SEQUENCE_MAX: Final = 2**64 - 1
NEVER: Final = 2**63 - 1
"""The time of a tick that is not needed."""
SHORT: Final = 256
MILLISECOND: Final = 1_000_000


class PacketType(IntEnum):
    """The letter after the length."""

    DEBUG = ord("+")
    LOGIN_ACCEPTED = ord("A")
    SERVER_HEARTBEAT = ord("H")
    LOGIN_REJECTED = ord("J")
    LOGIN_REQUEST = ord("L")
    LOGOUT_REQUEST = ord("O")
    CLIENT_HEARTBEAT = ord("R")
    SEQUENCED_DATA = ord("S")
    UNSEQUENCED_DATA = ord("U")
    END_OF_SESSION = ord("Z")


class State(Enum):
    """How far a connection is, seen from either end."""

    CONNECTED = "connected"
    LOGGING_IN = "logging in"
    LOGGED_IN = "logged in"
    CLOSED = "closed"


Table: TypeAlias = dict[tuple[State, int], State]

CLIENT_MAY_SEND: Final[Table] = {
    (State.CONNECTED, PacketType.DEBUG): State.CONNECTED,
    (State.CONNECTED, PacketType.LOGIN_REQUEST): State.LOGGING_IN,
    (State.LOGGING_IN, PacketType.DEBUG): State.LOGGING_IN,
    (State.LOGGING_IN, PacketType.UNSEQUENCED_DATA): State.LOGGING_IN,
    (State.LOGGING_IN, PacketType.CLIENT_HEARTBEAT): State.LOGGING_IN,
    (State.LOGGING_IN, PacketType.LOGOUT_REQUEST): State.CLOSED,
    (State.LOGGED_IN, PacketType.DEBUG): State.LOGGED_IN,
    (State.LOGGED_IN, PacketType.UNSEQUENCED_DATA): State.LOGGED_IN,
    (State.LOGGED_IN, PacketType.CLIENT_HEARTBEAT): State.LOGGED_IN,
    (State.LOGGED_IN, PacketType.LOGOUT_REQUEST): State.CLOSED,
}
SERVER_MAY_SEND: Final[Table] = {
    (State.CONNECTED, PacketType.DEBUG): State.CONNECTED,
    (State.LOGGING_IN, PacketType.DEBUG): State.LOGGING_IN,
    (State.LOGGING_IN, PacketType.SERVER_HEARTBEAT): State.LOGGING_IN,
    (State.LOGGING_IN, PacketType.LOGIN_ACCEPTED): State.LOGGED_IN,
    (State.LOGGING_IN, PacketType.LOGIN_REJECTED): State.CLOSED,
    (State.LOGGED_IN, PacketType.DEBUG): State.LOGGED_IN,
    (State.LOGGED_IN, PacketType.SEQUENCED_DATA): State.LOGGED_IN,
    (State.LOGGED_IN, PacketType.UNSEQUENCED_DATA): State.LOGGED_IN,
    (State.LOGGED_IN, PacketType.SERVER_HEARTBEAT): State.LOGGED_IN,
    (State.LOGGED_IN, PacketType.END_OF_SESSION): State.CLOSED,
}
LENGTHS: Final[dict[int, tuple[int, ...]]] = {
    PacketType.LOGIN_REQUEST: (47, 52),  # 52 since 4.10, with a Heartbeat Timeout
    PacketType.LOGIN_ACCEPTED: (31,),
    PacketType.LOGIN_REJECTED: (2,),
}
"""The Packet Lengths of those whose payload is read field by field."""
LOGGED_IN: Final = State.LOGGED_IN  # a name that the order path finds faster
CLOSED: Final = State.CLOSED


@dataclass(frozen=True)
class SoupSettings:
    """An end's timers in nanoseconds, and the largest Packet Length it takes.

    `silence_floor_ns` is the least that a 4.10 login may ask for, since a healthy client is silent for a second.
    """

    heartbeat_interval_ns: int = 1_000_000_000
    silence_limit_ns: int = 15_000_000_000
    silence_floor_ns: int = 2_000_000_000
    login_wait_ns: int = 30_000_000_000
    packet_length_max: int = 1024


# --------------------------------------------------------------------------------------------------------------- events


class LoginRejectReason(StrEnum):
    """The two reasons against a login."""

    NOT_AUTHORIZED = "A"
    SESSION_NOT_AVAILABLE = "S"


@dataclass(frozen=True)
class LoginRequest:
    """To be answered by `accept` or `reject`. A blank session is the current one; the names are in upper case."""

    username: str
    password: str = field(repr=False)
    session: str
    sequence: int
    heartbeat_timeout_ns: int | None


@dataclass(frozen=True)
class LogoutRequest:
    """The client leaves; the connection is closed, the session goes on."""


@dataclass(frozen=True)
class LoginAccepted:
    """The session joined, and the number of the next sequenced message."""

    session: str
    sequence: int


@dataclass(frozen=True)
class LoginRejected:
    """The server closes the connection."""

    reason: LoginRejectReason


@dataclass(frozen=True)
class UnsequencedReceived:
    """A message from the server outside the stream (since 4.00): not numbered, not repeated."""

    payload: bytes


@dataclass(frozen=True)
class EndOfSession:
    """The last message of the session has been sent; a new session will have a new name."""


@dataclass(frozen=True)
class DebugReceived:
    """Text for people; bytes beyond ASCII are spelled out."""

    text: str


@dataclass(frozen=True)
class Violation:
    """The peer broke the protocol."""

    reason: str


@dataclass(frozen=True)
class PeerSilent:
    """Nothing came for as long as the limit."""


@dataclass(frozen=True)
class LoginTimedOut:
    """The login, or at the client's end its answer, did not come in time."""


Event: TypeAlias = (
    bytes  # the payload of the peer's data packet: unsequenced from a client, sequenced from a server
    | LoginRequest
    | LogoutRequest
    | LoginAccepted
    | LoginRejected
    | UnsequencedReceived
    | EndOfSession
    | DebugReceived
    | Violation
    | PeerSilent
    | LoginTimedOut
)

# -------------------------------------------------------------------------------------------------------------- packets


def packet(kind: int, payload: bytes = b"") -> bytes:
    """Frame a payload."""
    assert len(payload) < PACKET_LENGTH_MAX, "two bytes cannot say this length"
    return struct.pack(">HB", 1 + len(payload), kind) + payload


SEQUENCED_HEADERS: Final = [packet(PacketType.SEQUENCED_DATA, bytes(size))[:3] for size in range(SHORT)]
UNSEQUENCED_HEADERS: Final = [packet(PacketType.UNSEQUENCED_DATA, bytes(size))[:3] for size in range(SHORT)]


def sequenced(payload: bytes) -> bytes:
    """Frame a message of the stream. An empty one may not be: it would take a number and say nothing."""
    assert payload, "a sequenced message holds something"
    size = len(payload)
    return SEQUENCED_HEADERS[size] + payload if size < SHORT else packet(PacketType.SEQUENCED_DATA, payload)


def unsequenced(payload: bytes) -> bytes:
    """Frame a message outside the stream."""
    size = len(payload)
    return UNSEQUENCED_HEADERS[size] + payload if size < SHORT else packet(PacketType.UNSEQUENCED_DATA, payload)


def number(digits: bytes) -> int | None:
    """Read a number padded with spaces or zeros on either side; None for anything else, and beyond 64 bits."""
    digits = digits.strip(b" ")
    if not digits.isdigit():
        return None
    value = int(digits)
    return value if value <= SEQUENCE_MAX else None


def name(text: bytes) -> str:
    """Read a user's name or password, in which case does not matter."""
    return text.strip(b" ").upper().decode("latin-1")


def login_request(payload: bytes) -> LoginRequest | None:
    """Read a login of either length; None when one of its numbers is not a number."""
    sequence = number(payload[26:46])
    timeout_ms = number(payload[46:51]) if len(payload) > 46 else 0
    if sequence is None or timeout_ms is None:
        return None
    session = payload[16:26].strip(b" ").decode("latin-1")
    timeout_ns = timeout_ms * MILLISECOND if len(payload) > 46 else None
    return LoginRequest(name(payload[:6]), name(payload[6:16]), session, sequence, timeout_ns)


# ----------------------------------------------------------------------------------------------------------------- ends


class SoupEndpoint:
    """What both ends do alike: cut the bytes into packets, hold the peer and themselves to the tables, watch the time.

    A heartbeat is sent, and silence judged, only between login and end: some clients take the first packet that comes
    for the answer to their login. Sooner ones are legal and taken.
    """

    SENDS: ClassVar[Table]
    TAKES: ClassVar[Table]

    __slots__ = (
        "_data",
        "_heard_at",
        "_heartbeat",
        "_heartbeat_interval_ns",
        "_login_due",
        "_output",
        "_packet_length_max",
        "_partial",
        "_sent_at",
        "_silence_limit_ns",
        "state",
    )

    def __init__(self, settings: SoupSettings, now: int, data: PacketType, heartbeat: PacketType) -> None:
        assert settings.packet_length_max <= PACKET_LENGTH_MAX, "two bytes cannot say this length"
        self.state: State = State.CONNECTED
        self._data: int = int(data)
        self._heartbeat = heartbeat
        self._heartbeat_interval_ns = settings.heartbeat_interval_ns
        self._silence_limit_ns = settings.silence_limit_ns
        self._packet_length_max = settings.packet_length_max
        self._login_due = NEVER
        self._heard_at = self._sent_at = now
        self._partial = b""
        self._output = bytearray()

    def receive(self, data: bytes, now: int) -> list[Event]:
        """Take what came, and tell what it means, in its order. A packet that is not complete yet is kept."""
        self._heard_at = now
        if self.state is LOGGED_IN and not self._partial:
            size = len(data)
            if (
                2 < size <= self._packet_length_max + 2
                and data[2] == self._data
                and (data[0] << 8 | data[1]) + 2 == size
            ):
                return [data[3:]]
        return self._parse(data, now)

    def tick(self, now: int) -> list[Event]:
        """Do what is due: send a heartbeat, or give the peer up."""
        if now >= self._login_due:
            return [self._give_up(LoginTimedOut(), "no login in time", now)]
        if self.state is LOGGED_IN:
            if now - self._heard_at >= self._silence_limit_ns:
                return [self._give_up(PeerSilent(), "silent for too long", now)]
            if now - self._sent_at >= self._heartbeat_interval_ns:
                self._send(self._heartbeat, b"", now)
        return []

    @property
    def next_tick(self) -> int:
        """When `tick` has something to do, unless bytes come or go first; NEVER if it has not."""
        if self.state is LOGGED_IN:
            heartbeat_at = self._sent_at + self._heartbeat_interval_ns
            silent_at = self._heard_at + self._silence_limit_ns
            return heartbeat_at if heartbeat_at < silent_at else silent_at
        return self._login_due

    def wrote(self, now: int) -> None:
        """Note that packets framed elsewhere were sent: they are as good as a heartbeat."""
        self._sent_at = now

    def debug(self, text: str, now: int) -> None:
        """Send a line for people; what is not ASCII becomes a question mark."""
        self._send(PacketType.DEBUG, text.encode("ascii", "replace"), now)

    def bytes_to_send(self) -> bytes:
        """Give away what is to be sent."""
        output = bytes(self._output)
        self._output.clear()
        return output

    def _parse(self, data: bytes, now: int) -> list[Event]:
        events: list[Event] = []
        if self._partial:
            data = self._partial + data
        at, end = 0, len(data)
        while self._reads() and at + 2 <= end:
            length = data[at] << 8 | data[at + 1]
            kind = data[at + 2] if at + 2 < end else None
            fault = self._fault(length, kind)
            if fault:
                events.append(self._refuse(kind, fault, now))
            after = at + 2 + length
            if fault or kind is None or after > end:
                break
            payload = data[at + 3 : after]
            at = after
            if kind == self._data and self.state is LOGGED_IN:
                events.append(payload)
            else:
                event = self._take(kind, payload, now)
                if event is not None:
                    events.append(event)
        self._partial = data[at:] if self.state is not CLOSED else b""
        return events
