"""SoupBinTCP: the client's end, for tests, benches and tools. How an end works stands in `wire.soup`.

Events: the session's messages as plain bytes, everything else as the objects of `wire.soup_terms`. A message's number
is counted, as on the wire: `LoginAccepted` tells that of the first, and each message is one more. `next_sequence` is
the number of the next one to come, and with `session` it is what the next login asks for after a lost connection.
"""

from __future__ import annotations

from typing import Final

from wire.soup import LOGGED_IN, SoupEndpoint
from wire.soup_terms import (
    CLIENT_MAY_SEND,
    MILLISECOND,
    NEVER,
    PACKET_LENGTH_MAX,
    SERVER_MAY_SEND,
    EndOfSession,
    Event,
    LoginAccepted,
    LoginRejected,
    LoginRejectReason,
    PacketType,
    SoupSettings,
    UnsequencedReceived,
    read_number,
    unsequenced,
)

CLIENT_SETTINGS: Final = SoupSettings(packet_length_max=PACKET_LENGTH_MAX)
REJECT_REASONS: Final = {reason.value.encode("ascii"): reason for reason in LoginRejectReason}


def field_of(text: str, size: int) -> bytes:
    """Write a text field, padded on the right. Raises `ValueError` for one that is too long or not ASCII."""
    if len(text) > size:
        raise ValueError(f"{text!r} is longer than {size}")
    return text.encode("ascii").ljust(size)


class SoupClient(SoupEndpoint):
    """The client's end of one connection."""

    MAY_SEND = CLIENT_MAY_SEND
    MAY_RECEIVE = SERVER_MAY_SEND

    __slots__ = ("_login_wait_ns", "next_sequence", "session")

    def __init__(self, settings: SoupSettings, now: int) -> None:
        super().__init__(settings, now, PacketType.SEQUENCED_DATA, PacketType.CLIENT_HEARTBEAT)
        self._login_wait_ns = settings.login_wait_ns
        self.session = ""
        self.next_sequence = 0

    def login(
        self,
        username: str,
        password: str,
        now: int,
        *,
        session: str = "",
        sequence: int = 1,
        heartbeat_timeout_ns: int | None = None,
    ) -> None:
        """Ask for a session from a number on; with a heartbeat timeout, whole milliseconds, in the form of 4.10.

        Raises `ValueError` for what does not fit into its field.
        """
        names = field_of(username, 6) + field_of(password, 10)
        payload = names + field_of(f"{session:>10}", 10) + field_of(f"{sequence:>20}", 20)
        if heartbeat_timeout_ns is not None:
            payload += field_of(f"{heartbeat_timeout_ns // MILLISECOND:>5}", 5)
        self._send(PacketType.LOGIN_REQUEST, payload, now)
        self._login_due = now + self._login_wait_ns

    def send(self, payload: bytes, now: int) -> None:
        """Send a message, at the earliest right behind the login."""
        if self.state is LOGGED_IN:
            self._output += unsequenced(payload)
            self._sent_at = now
        else:
            self._send(PacketType.UNSEQUENCED_DATA, payload, now)

    def logout(self, now: int) -> None:
        """Leave; what the server has sent and has not arrived yet is not told any more."""
        self._send(PacketType.LOGOUT_REQUEST, b"", now)

    def receive(self, data: bytes, now: int) -> list[Event]:
        """Tell what came, in its order, and count the messages."""
        events = super().receive(data, now)
        for event in events:
            if type(event) is bytes:
                self.next_sequence += 1
        return events

    def _take(self, kind: int, payload: bytes, now: int) -> Event | None:
        if kind == PacketType.UNSEQUENCED_DATA:
            return UnsequencedReceived(payload)
        if kind == PacketType.END_OF_SESSION:
            return EndOfSession()
        if kind == PacketType.LOGIN_ACCEPTED:
            return self._accepted(payload, now)
        if kind == PacketType.LOGIN_REJECTED:
            reason = REJECT_REASONS.get(payload)
            return self._refuse(kind, "no such reason", now) if reason is None else LoginRejected(reason)
        return super()._take(kind, payload, now)

    def _accepted(self, payload: bytes, now: int) -> Event:
        sequence = read_number(payload[10:])
        if sequence is None:
            return self._refuse(PacketType.LOGIN_ACCEPTED, "the number in Login Accepted cannot be read", now)
        self._login_due = NEVER
        self.session = payload[:10].strip(b" ").decode("latin-1")
        self.next_sequence = sequence
        return LoginAccepted(self.session, sequence)
