"""SoupTCP 2.00 and 3.00: the server's end. It is SoupBinTCP's older sister, whose packets are lines of ASCII.

A packet is a type letter, a payload without a line feed, and a line feed. What may be sent when is the same as in
SoupBinTCP (`wire.soup_terms`), but that a session ends with a sequenced packet that holds nothing. Sequence numbers
have 10 digits in 2.00 and 20 in 3.00: a login may have either, and is answered in its own width.

The machine is `wire.soup`'s with another way to cut and to frame: the same calls, the same events, the same driver.
For editors: `receive` is on the order path, as there.
"""

from __future__ import annotations

from typing import Final

from wire.soup import LOGGED_IN, SoupServer
from wire.soup_terms import (
    HELD_BYTES_MAX,
    NEVER,
    Event,
    LoginRejectReason,
    LoginRequest,
    LogoutRequest,
    PacketType,
    SoupSettings,
    State,
    read_name,
    read_number,
)

LINE_FEED: Final = b"\n"
END: Final = ord("\n")
LOGIN_LENGTHS: Final = (36, 46)
"""Payload bytes of a login, in 2.00 and 3.00."""
NUMBER_AT: Final = 26
"""Where a login's payload has its sequence number, which goes on to its end."""
LETTERS: Final = {PacketType.END_OF_SESSION: PacketType.SEQUENCED_DATA}
"""Packets whose letter is another one's here."""


def line(kind: int, payload: bytes = b"") -> bytes:
    """Frame a payload."""
    assert END not in payload, "a line feed within a packet"
    return bytes((kind,)) + payload + LINE_FEED


def sequenced_line(payload: bytes) -> bytes:
    """Frame a message of the stream; never an empty one, which would end the session."""
    assert payload, "an empty message in the stream"
    return line(PacketType.SEQUENCED_DATA, payload)


class SoupTcpServer(SoupServer):
    """The server's end of one connection. Events are those of `SoupServer`."""

    __slots__ = ("_number_width",)

    def __init__(self, settings: SoupSettings, now: int) -> None:
        super().__init__(settings, now)
        self._number_width = LOGIN_LENGTHS[0] - NUMBER_AT

    def receive(self, data: bytes, now: int) -> list[Event]:
        """Tell what came, in its order; the beginning of a line is kept until its rest is there."""
        self._heard_at = now
        if self.state is LOGGED_IN and not self._partial:
            size = len(data)
            if 1 < size <= self._packet_length_max and data[0] == self._data and data.find(LINE_FEED) == size - 1:
                return [data[1:-1]]
        return self._read(data, now)

    def accept(self, session: str, next_sequence: int, now: int) -> list[Event]:
        """Let the client in, and tell what it sent behind its login; the stream may be written after this."""
        assert len(session) <= 10, "session names have up to 10 characters"
        number = f"{session:>10}{next_sequence:>{self._number_width}}".encode("ascii")
        self._send(PacketType.LOGIN_ACCEPTED, number, now)
        self._heard_at = now  # the wait was ours
        held, self._held = bytes(self._held), bytearray()
        return self._read(held, now)

    def _read(self, data: bytes, now: int) -> list[Event]:
        if self.state is not State.LOGGING_IN:
            events = self._lines(data, now)
        else:
            events = []
            self._held += data
        if self.state is State.LOGGING_IN and len(self._partial) + len(self._held) > HELD_BYTES_MAX:
            self._held = bytearray()
            events.append(self._refuse(-1, "too much sent before the login was answered", now))
        return events

    def _lines(self, data: bytes, now: int) -> list[Event]:
        """Cut whole lines off the front."""
        events: list[Event] = []
        if self.state is State.CLOSED:
            return events
        data = self._partial + data
        at, fault = 0, ""
        while self._listens() and not fault:
            end = data.find(LINE_FEED, at)
            if end < 0:
                kind = data[at] if at < len(data) else -1
                fault = self._fault(kind, len(data) - at, is_whole=False)
                break
            kind = data[at] if end > at else -1
            fault = self._fault(kind, end - at, is_whole=True)
            if not fault:
                self.state = self.MAY_RECEIVE[self.state, kind]
                if kind == self._data:
                    events.append(data[at + 1 : end])
                else:
                    event = self._take(kind, data[at + 1 : end], now)
                    if event is not None:
                        events.append(event)
                at = end + 1
        if fault:
            events.append(self._refuse(kind, fault, now))
        self._partial = data[at:] if self.state is not State.CLOSED else b""
        return events

    def _fault(self, kind: int, length: int, is_whole: bool = True) -> str:
        """Say what is wrong with a line, or with the beginning of one; its length counts the letter."""
        if kind < 0:
            return "an empty line" if is_whole else ""
        if (self.state, kind) not in self.MAY_RECEIVE:
            return f"packet type {chr(kind)!a} must not be sent when {self.state.value}"
        if length >= self._packet_length_max:
            return f"a line of more than {self._packet_length_max} bytes"
        if is_whole and kind == PacketType.LOGIN_REQUEST and length - 1 not in LOGIN_LENGTHS:
            return f"a login of {length} bytes"
        return ""

    def _take(self, kind: int, payload: bytes, now: int) -> Event | None:
        if kind == PacketType.LOGOUT_REQUEST:
            return LogoutRequest()
        if kind != PacketType.LOGIN_REQUEST:
            return super()._take(kind, payload, now)
        self._number_width = len(payload) - NUMBER_AT
        sequence = read_number(payload[NUMBER_AT:])
        if sequence is None:
            return self._refuse(kind, "a number in the login cannot be read", now)
        self._login_due = NEVER
        session = payload[16:NUMBER_AT].strip(b" ").decode("latin-1")
        return LoginRequest(read_name(payload[:6]), read_name(payload[6:16]), session, sequence, None)

    def _send(self, kind: int, payload: bytes, now: int) -> None:
        """Queue a line; see `SoupEndpoint`."""
        if self.state is State.CLOSED:
            return
        following = self.MAY_SEND.get((self.state, kind))
        assert following is not None, f"packet type {chr(kind)} must not be sent when {self.state.value}"
        self._output += line(LETTERS.get(PacketType(kind), kind), payload.replace(LINE_FEED, b" "))
        self._sent_at = now
        self.state = following

    def reject(self, reason: LoginRejectReason, now: int) -> None:
        """Turn the client away; what it sent behind its login is dropped."""
        self._send(PacketType.LOGIN_REJECTED, reason.value.encode("ascii"), now)
        self._partial, self._held = b"", bytearray()
