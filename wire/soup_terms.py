"""The words of SoupBinTCP: packet types, states, what may be sent when, settings, events, and how packets are spelled.

The tables below are the whole of what is legal; docs/soupbintcp.md draws them, and a test holds the drawing to them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from typing import Final, TypeAlias

PACKET_LENGTH_MAX: Final = 0xFFFF
"""The largest Packet Length that two bytes can say; it counts the type letter and the payload."""
HELD_BYTES_MAX: Final = 262_144
"""Bytes kept behind a login that is not answered yet: about what one read of a socket may bring."""
NUMBER_MAX: Final = 2**64 - 1
"""The largest sequence number that is read."""
NEVER: Final = 2**63 - 1
"""The time of a tick that nobody needs."""
SHORT: Final = 256
"""Payloads below this many bytes have their header ready."""
MILLISECOND: Final = 1_000_000


class PacketType(IntEnum):
    """The letter behind the length."""

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
"""The Packet Lengths of what is read field by field; a payload where none belongs is passed over."""


@dataclass(frozen=True)
class SoupSettings:
    """An end's timers in nanoseconds, and the largest Packet Length it takes.

    `silence_floor_ns` is the least that a 4.10 login gets, whatever it asks: a healthy client is silent for a second.
    """

    heartbeat_interval_ns: int = 1_000_000_000
    silence_limit_ns: int = 15_000_000_000
    silence_floor_ns: int = 2_000_000_000
    login_wait_ns: int = 30_000_000_000
    packet_length_max: int = 1024


class LoginRejectReason(StrEnum):
    """The two reasons against a login."""

    NOT_AUTHORIZED = "A"
    SESSION_NOT_AVAILABLE = "S"


# --------------------------------------------------------------------------------------- events at the server's end


@dataclass(frozen=True)
class LoginRequest:
    """To be answered by `accept` or `reject`. Names are in upper case; a blank session is the current one."""

    username: str
    password: str = field(repr=False)
    session: str
    sequence: int
    heartbeat_timeout_ns: int | None


@dataclass(frozen=True)
class LogoutRequest:
    """The client leaves. The connection is closed, the session goes on."""


# --------------------------------------------------------------------------------------- events at the client's end


@dataclass(frozen=True)
class LoginAccepted:
    """The session joined, and the number of the next sequenced message."""

    session: str
    sequence: int


@dataclass(frozen=True)
class LoginRejected:
    """The connection is closed."""

    reason: LoginRejectReason


@dataclass(frozen=True)
class UnsequencedReceived:
    """A message outside the stream (since 4.00): it has no number and is not repeated."""

    payload: bytes


@dataclass(frozen=True)
class EndOfSession:
    """The last message of the session has come. The next session has another name."""


# --------------------------------------------------------------------------------------------- events at either end


@dataclass(frozen=True)
class DebugReceived:
    """A line for people; bytes beyond ASCII are spelled out."""

    text: str


@dataclass(frozen=True)
class Violation:
    """The peer broke the protocol. The connection is closed."""

    reason: str


@dataclass(frozen=True)
class PeerSilent:
    """Nothing came for as long as the limit. The connection is closed."""


@dataclass(frozen=True)
class LoginTimedOut:
    """No login, or at the client's end no answer to it, came in time. The connection is closed."""


Event: TypeAlias = (
    bytes  # a message: from a client the payload of Unsequenced Data, from a server that of Sequenced Data
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

# -------------------------------------------------------------------------------------------------------------- bytes


def packet(kind: int, payload: bytes = b"") -> bytes:
    """Frame a payload."""
    assert len(payload) < PACKET_LENGTH_MAX, "longer than two bytes can say"
    return struct.pack(">HB", 1 + len(payload), kind) + payload


SEQUENCED_HEADERS: Final = [packet(PacketType.SEQUENCED_DATA, bytes(size))[:3] for size in range(SHORT)]
UNSEQUENCED_HEADERS: Final = [packet(PacketType.UNSEQUENCED_DATA, bytes(size))[:3] for size in range(SHORT)]


def sequenced(payload: bytes) -> bytes:
    """Frame a message of the stream; never an empty one, which would use up a number and say nothing."""
    assert payload, "an empty message in the stream"
    size = len(payload)
    return SEQUENCED_HEADERS[size] + payload if size < SHORT else packet(PacketType.SEQUENCED_DATA, payload)


def unsequenced(payload: bytes) -> bytes:
    """Frame a message outside the stream."""
    size = len(payload)
    return UNSEQUENCED_HEADERS[size] + payload if size < SHORT else packet(PacketType.UNSEQUENCED_DATA, payload)


def read_number(text: bytes) -> int | None:
    """Read digits, padded on either side; None for anything else, a blank included, and beyond 64 bits."""
    digits = text.strip(b" ")
    value = int(digits) if digits.isdigit() else NUMBER_MAX + 1
    return value if value <= NUMBER_MAX else None


def read_name(text: bytes) -> str:
    """Read a username or password, in which case has no meaning."""
    return text.strip(b" ").upper().decode("latin-1")


def read_login(payload: bytes) -> LoginRequest | None:
    """Read a login of either length; None where one of its numbers is none."""
    sequence = read_number(payload[26:46])
    timeout_ms = read_number(payload[46:] or b"0")
    if sequence is None or timeout_ms is None:
        return None
    session = payload[16:26].strip(b" ").decode("latin-1")
    timeout_ns = timeout_ms * MILLISECOND if len(payload) > 46 else None
    return LoginRequest(read_name(payload[:6]), read_name(payload[6:16]), session, sequence, timeout_ns)
