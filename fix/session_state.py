"""A FIX session's words: its states, what it asks of whoever drives it, and what of it a snapshot keeps.

This module stays apart from `fix.session` because mypyc drops the keywords of a class statement, and a Struct's meaning
is in them.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple, TypeAlias

import msgspec

NEVER: Final = 2**63 - 1
"""The time of a tick that nobody needs."""


class Role(Enum):
    """Who listens and who calls; everything but the Logon is the same for both."""

    ACCEPTOR = "acceptor"
    INITIATOR = "initiator"


class State(Enum):
    """How far a session's connection is. The numbers outlive it."""

    DISCONNECTED = "disconnected"
    LOGGING_ON = "logging on"
    """An initiator that has sent its Logon."""
    LOGGED_ON = "logged on"
    LOGGING_OUT = "logging out"
    """Our Logout is out, its answer is not here yet."""


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
    """All of a session that its stream does not hold. Times are wall nanoseconds, 0 for none.

    `incoming` is the number expected next, `begin_string` the version that the day's first Logon fixed. `queue` holds
    frames above a gap, by number, an empty one where the message was acted upon already; `gap_end` is the last number
    that was asked for again, 0 when nothing is missing.
    """

    state: str = State.DISCONNECTED.value
    incoming: int = 1
    begin_string: bytes = b""
    application_version: bytes = b""
    heartbeat_ns: int = 0
    sent_at: int = 0
    heard_at: int = 0
    is_tested: bool = False
    logout_due: int = 0
    gap_end: int = 0
    queue: list[tuple[int, bytes]] = []
