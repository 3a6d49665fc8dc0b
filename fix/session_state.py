"""A FIX session's words: its states and what may come in each, what it asks of its driver, what a snapshot keeps of it.

This module stays apart from `fix.session` because mypyc drops the keywords of a class statement, and a Struct's meaning
is in them.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple, TypeAlias

import msgspec

NEVER: Final = 2**63 - 1
"""The time of a tick that nobody needs."""

HEARTBEAT: Final = b"0"
TEST_REQUEST: Final = b"1"
RESEND_REQUEST: Final = b"2"
REJECT: Final = b"3"
SEQUENCE_RESET: Final = b"4"
LOGOUT: Final = b"5"
LOGON: Final = b"A"
APPLICATION: Final = b""
"""Stands for every other type."""


class State(Enum):
    """How far a session's connection is. The numbers outlive it."""

    DISCONNECTED = "disconnected"
    LOGGING_ON = "logging on"
    """An initiator that has sent its Logon."""
    LOGGED_ON = "logged on"
    LOGGING_OUT = "logging out"
    """Our Logout is out, its answer is not here yet."""


MAY_RECEIVE: Final[dict[tuple[State, bytes], State]] = {
    (State.LOGGING_ON, LOGON): State.LOGGED_ON,
    (State.LOGGING_ON, LOGOUT): State.DISCONNECTED,
    (State.LOGGED_ON, HEARTBEAT): State.LOGGED_ON,
    (State.LOGGED_ON, TEST_REQUEST): State.LOGGED_ON,
    (State.LOGGED_ON, RESEND_REQUEST): State.LOGGED_ON,
    (State.LOGGED_ON, REJECT): State.LOGGED_ON,
    (State.LOGGED_ON, SEQUENCE_RESET): State.LOGGED_ON,
    (State.LOGGED_ON, LOGOUT): State.DISCONNECTED,
    (State.LOGGED_ON, LOGON): State.LOGGED_ON,  # with ResetSeqNumFlag, or as a duplicate
    (State.LOGGED_ON, APPLICATION): State.LOGGED_ON,
    (State.LOGGING_OUT, HEARTBEAT): State.LOGGING_OUT,
    (State.LOGGING_OUT, TEST_REQUEST): State.LOGGING_OUT,
    (State.LOGGING_OUT, RESEND_REQUEST): State.LOGGING_OUT,
    (State.LOGGING_OUT, REJECT): State.LOGGING_OUT,
    (State.LOGGING_OUT, SEQUENCE_RESET): State.LOGGING_OUT,
    (State.LOGGING_OUT, LOGOUT): State.DISCONNECTED,
    (State.LOGGING_OUT, APPLICATION): State.LOGGING_OUT,
}
"""What may come when, and the state that follows; on anything absent we hang up. A new connection of an acceptor is
DISCONNECTED until its Logon, which is judged before it comes to the session (`fix.logon.refusal`)."""


class NewStream(NamedTuple):
    """From here on the connection carries `session.stream`, from packet `first` on.

    The first effect of every Logon, and of a reset inside a session; there what stood in the stream before, up to
    packet `behind`, is to be written first.
    """

    first: int
    behind: int


class Replay(NamedTuple):
    """Send the packets `first` to `last` again, as `fix.resend.resend` spells them with the time `wall`.

    To be done when the stream was written up to packet `behind`; what is behind that waits until the replay is over.
    A replay takes the place of one that still runs.
    """

    first: int
    last: int
    wall: int
    behind: int


class HangUp(NamedTuple):
    """Close the connection when the stream was written up to packet `behind`, for the reason `why`; write no more."""

    why: str
    behind: int


Effect: TypeAlias = NewStream | Replay | HangUp


class SessionState(msgspec.Struct, array_like=True, frozen=True):
    """All of a session that its stream does not hold, but for wall times: `Session.wall_times`.

    `incoming` is the number expected next, `begin_string` the version spoken, b"" as long as none was. `queue` holds
    frames above a gap, by number, an empty one where the message was acted upon already; `gap_end` is the last number
    of the gap that was asked for, 0 when nothing is missing. `has_been_on`: this connection's Logon was a good one.
    """

    state: str = State.DISCONNECTED.value
    incoming: int = 1
    begin_string: bytes = b""
    application_version: bytes = b""
    heartbeat_ns: int = 0
    is_tested: bool = False
    gap_end: int = 0
    queue: list[tuple[int, bytes]] = []
    has_been_on: bool = False


class EndpointState(msgspec.Struct, array_like=True, frozen=True):
    """A FIX port's session, and what the port itself has to keep, in a form of its own."""

    session: SessionState = SessionState()
    port: bytes = b""
