"""SoupBinTCP 3.00, 4.00 and 4.10: the server's end, and what both ends share. The client's is `wire.soup_client`.

An end is a machine without socket, clock or task: bytes and times (integer nanoseconds) go in, events and bytes come
out. Two of them back to back make a whole login with no port and no wait.

The theory. TCP carries packets: two bytes of length, a type letter, a payload. A client logs in once and names the
session and the number of the next message it wants; from then on the server sends that session's messages, numbered
by counting alone, in a stream that outlives the connection. What the client sends is not numbered and may be lost with
the socket. A peer that says nothing for long is gone, so both ends break every silence with a heartbeat.

What may be sent when is a table for each sender (`wire.soup_terms`), and the other end takes exactly that. Whatever is
absent is refused: the machine queues a last word (a Debug packet with the reason, or Login Rejected for a login that
cannot be read), reports a `Violation` and hears nothing more. So does it when time is up.

The driver's part: after each call it sends `bytes_to_send`, and hangs up once `state` is CLOSED. It decides who may
log in and from which number, as late as it likes; what comes meanwhile is held. It keeps the stream as packets from
`sequenced`, writes whole ones of it itself, after what `accept` and before what `end_of_session` queues, and says
`wrote`.

For editors: `receive` is on the order path. A chunk that is one whole message must stay a handful of steps.
Source: SoupBinTCP 3.00 (2017) with the additions of 4.00 and 4.10; where they are silent, see docs/soupbintcp.md.
"""

from __future__ import annotations

from typing import ClassVar, Final

from wire.soup_terms import (
    CLIENT_MAY_SEND,
    HELD_BYTES_MAX,
    LENGTHS,
    NEVER,
    PACKET_LENGTH_MAX,
    SERVER_MAY_SEND,
    DebugReceived,
    Event,
    LoginRejectReason,
    LoginRequest,
    LoginTimedOut,
    LogoutRequest,
    PacketType,
    PeerSilent,
    SoupSettings,
    State,
    Table,
    Violation,
    packet,
    read_login,
    sequenced,
    unsequenced,
)

__all__ = [
    "NEVER",
    "DebugReceived",
    "Event",
    "LoginRejectReason",
    "LoginRequest",
    "LoginTimedOut",
    "LogoutRequest",
    "PacketType",
    "PeerSilent",
    "SoupEndpoint",
    "SoupServer",
    "SoupSettings",
    "State",
    "Violation",
    "packet",
    "sequenced",
    "unsequenced",
]

LOGGED_IN: Final = State.LOGGED_IN  # the order path finds these sooner than the members of a class
CLOSED: Final = State.CLOSED


class SoupEndpoint:
    """What both ends do alike: cut bytes into packets, hold the peer and themselves to the tables, watch the time.

    Heartbeats go out, and silence is judged, from login to end only: some peers take the first packet for the answer
    to their login. Earlier heartbeats are legal and taken.
    """

    MAY_SEND: ClassVar[Table]
    MAY_RECEIVE: ClassVar[Table]

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
        assert settings.packet_length_max <= PACKET_LENGTH_MAX, "longer than two bytes can say"
        self.state: State = State.CONNECTED
        self._data = int(data)
        self._heartbeat = int(heartbeat)
        self._heartbeat_interval_ns = settings.heartbeat_interval_ns
        self._silence_limit_ns = settings.silence_limit_ns
        self._packet_length_max = settings.packet_length_max
        self._login_due: int = NEVER
        self._heard_at = self._sent_at = now
        self._partial = b""
        self._output = bytearray()

    def receive(self, data: bytes, now: int) -> list[Event]:
        """Tell what came, in its order; the beginning of a packet is kept until its rest is there."""
        self._heard_at = now
        if self.state is LOGGED_IN and not self._partial:
            size = len(data)
            if (
                2 < size <= self._packet_length_max + 2
                and data[2] == self._data
                and (data[0] << 8 | data[1]) == size - 2
            ):
                return [data[3:]]
        return self._read(data, now)

    def tick(self, now: int) -> list[Event]:
        """Do what is due: a heartbeat, or giving the peer up."""
        if self.state is CLOSED:
            return []
        if now >= self._login_due:
            self._close("no login in time", now)
            return [LoginTimedOut()]
        if self.state is LOGGED_IN:
            if now - self._heard_at >= self._silence_limit_ns:
                self._close("silent for too long", now)
                return [PeerSilent()]
            if now - self._sent_at >= self._heartbeat_interval_ns:
                self._send(self._heartbeat, b"", now)
        return []

    @property
    def next_tick(self) -> int:
        """When `tick` will find something due, if nothing is received or sent before."""
        if self.state is not LOGGED_IN:
            return NEVER if self.state is CLOSED else self._login_due
        heartbeat_due = self._sent_at + self._heartbeat_interval_ns
        silent_at = self._heard_at + self._silence_limit_ns
        return heartbeat_due if heartbeat_due < silent_at else silent_at

    @property
    def heard_at(self) -> int:
        """When something came last, on the clock that the session is told the time of."""
        return self._heard_at

    def wrote(self, now: int) -> None:
        """Note that packets framed elsewhere went out: no heartbeat is needed for a while."""
        self._sent_at = now

    def debug(self, text: str, now: int) -> None:
        """Say something to people."""
        self._send(PacketType.DEBUG, text.encode("ascii", "replace"), now)

    def bytes_to_send(self) -> bytes:
        """Hand over what is to be sent."""
        output = bytes(self._output)
        self._output.clear()
        return output

    def _read(self, data: bytes, now: int) -> list[Event]:
        events: list[Event] = []
        if self.state is CLOSED:
            return events
        if self._partial:
            data = self._partial + data
        message, length_max, logged_in = self._data, self._packet_length_max, self.state is LOGGED_IN
        at, end = 0, len(data)
        while end - at > 1:
            length = data[at] << 8 | data[at + 1]
            after = at + 2 + length
            if logged_in and after <= end and 0 < length <= length_max and data[at + 2] == message:
                events.append(data[at + 3 : after])
                at = after
                continue
            in_bounds = 0 < length <= length_max
            kind = data[at + 2] if in_bounds and end - at > 2 else -1
            fault = self._fault(kind, length) if in_bounds else f"packet length {length}"
            if fault:
                events.append(self._refuse(kind, fault, now))
            if fault or kind < 0 or after > end:
                break
            self.state = self.MAY_RECEIVE[self.state, kind]
            event = self._take(kind, data[at + 3 : after], now)
            if event is not None:
                events.append(event)
            at = after
            if not self._listens():
                break
            logged_in = self.state is LOGGED_IN
        self._partial = data[at:] if self.state is not CLOSED else b""
        return events

    def _listens(self) -> bool:
        return self.state is not CLOSED

    def _fault(self, kind: int, length: int) -> str:
        """Say what is wrong with a packet, from its header alone; -1 is a type that has not come yet."""
        if kind < 0:
            return ""
        if (self.state, kind) not in self.MAY_RECEIVE:
            return f"packet type {chr(kind)!a} must not be sent when {self.state.value}"
        if length not in LENGTHS.get(kind, (length,)):
            return f"packet length {length} with type {chr(kind)!a}"
        return ""

    def _take(self, kind: int, payload: bytes, now: int) -> Event | None:
        """Tell what a packet means, once the table has let it in."""
        return DebugReceived(payload.decode("ascii", "backslashreplace")) if kind == PacketType.DEBUG else None

    def _send(self, kind: int, payload: bytes, now: int) -> None:
        """Queue a packet. On a closed connection nobody hears it: an answer may come too late, and that is no fault."""
        if self.state is CLOSED:
            return
        following = self.MAY_SEND.get((self.state, kind))
        assert following is not None, f"packet type {chr(kind)} must not be sent when {self.state.value}"
        self._output += packet(kind, payload)
        self._sent_at = now
        self.state = following

    def _refuse(self, kind: int, reason: str, now: int) -> Event:
        self._close(reason, now)
        return Violation(reason)

    def _close(self, reason: str, now: int) -> None:
        self.debug(reason, now)
        self.state = CLOSED
        self._partial = b""


class SoupServer(SoupEndpoint):
    """The server's end of one connection. Events: messages as bytes, logins, logout, debug, and what closes it."""

    MAY_SEND = SERVER_MAY_SEND
    MAY_RECEIVE = CLIENT_MAY_SEND

    __slots__ = ("_held", "_silence_floor_ns")

    def __init__(self, settings: SoupSettings, now: int) -> None:
        super().__init__(settings, now, PacketType.UNSEQUENCED_DATA, PacketType.SERVER_HEARTBEAT)
        self._login_due = now + settings.login_wait_ns
        self._silence_floor_ns = settings.silence_floor_ns
        self._held = bytearray()

    def accept(self, session: str, next_sequence: int, now: int) -> list[Event]:
        """Let the client in, and tell what it sent behind its login; the stream may be written after this."""
        assert len(session) <= 10, "session names have up to 10 characters"
        self._send(PacketType.LOGIN_ACCEPTED, f"{session:>10}{next_sequence:>20}".encode("ascii"), now)
        self._heard_at = now  # the wait was ours
        held, self._held = bytes(self._held), bytearray()
        return self._read(held, now)

    def reject(self, reason: LoginRejectReason, now: int) -> None:
        """Turn the client away; what it sent behind its login is dropped."""
        self._send(PacketType.LOGIN_REJECTED, reason.value.encode("ascii"), now)
        self._partial, self._held = b"", bytearray()

    def end_of_session(self, now: int) -> None:
        """Say that the session has had its last message."""
        self._send(PacketType.END_OF_SESSION, b"", now)

    def _listens(self) -> bool:
        return self.state is not CLOSED and self.state is not State.LOGGING_IN

    def _read(self, data: bytes, now: int) -> list[Event]:
        events: list[Event] = []
        if self.state is State.LOGGING_IN:
            self._held += data
        else:
            events = super()._read(data, now)
        if self.state is State.LOGGING_IN and len(self._partial) + len(self._held) > HELD_BYTES_MAX:
            self._held = bytearray()
            events.append(self._refuse(-1, "too much sent before the login was answered", now))
        return events

    def _take(self, kind: int, payload: bytes, now: int) -> Event | None:
        if kind == PacketType.LOGOUT_REQUEST:
            return LogoutRequest()
        if kind != PacketType.LOGIN_REQUEST:
            return super()._take(kind, payload, now)
        login = read_login(payload)
        if login is None:
            return self._refuse(kind, "a number in the login cannot be read", now)
        self._login_due = NEVER
        if login.heartbeat_timeout_ns is not None:
            self._silence_limit_ns = max(login.heartbeat_timeout_ns, self._silence_floor_ns)
        return login

    def _refuse(self, kind: int, reason: str, now: int) -> Event:
        """Answer a login that cannot be read as one that is not authorized, and all else with the reason."""
        if kind == PacketType.LOGIN_REQUEST and self.state is not LOGGED_IN:
            self.state = State.LOGGING_IN
            self.reject(LoginRejectReason.NOT_AUTHORIZED, now)
        return super()._refuse(kind, reason, now)
