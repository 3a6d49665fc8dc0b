"""The packets of SoupBinTCP 3.00, 4.00 and 4.10, and how a stream of bytes is cut into them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import construct

from conformance.declarations.kinds import Alpha, Digits, Kind, Letter
from conformance.declarations.message import Dissection, Message, dissect_fixed

PACKET_LENGTH = construct.Int16ub
REJECT_REASONS: Final = {"A": "not authorized", "S": "session not available"}

_login = {
    "Username": Alpha(6),
    "Password": Alpha(10),
    "Session": Alpha(10, "the current one"),
    "Sequence": Digits(20),
}


def _packet(letter: str, name: str, **fields: Kind) -> Message:
    return Message(letter, name, "1.2", fields, letter_name="PacketType")


LOGIN_REQUEST: Final = _packet("L", "LoginRequest", **_login)
LOGIN_REQUEST_410: Final = _packet("L", "LoginRequest410", **_login, HeartbeatTimeout=Digits(5))
LOGIN_ACCEPTED: Final = _packet("A", "LoginAccepted", Session=Alpha(10, left=True), Sequence=Digits(20, strict=True))
LOGIN_REJECTED: Final = _packet("J", "LoginRejected", Reason=Letter(REJECT_REASONS))
DEBUG: Final = _packet("+", "Debug")
SEQUENCED: Final = _packet("S", "SequencedData")
UNSEQUENCED: Final = _packet("U", "UnsequencedData")
SERVER_HEARTBEAT: Final = _packet("H", "ServerHeartbeat")
CLIENT_HEARTBEAT: Final = _packet("R", "ClientHeartbeat")
END_OF_SESSION: Final = _packet("Z", "EndOfSession")
LOGOUT_REQUEST: Final = _packet("O", "LogoutRequest")

FROM_CLIENT: Final = {
    packet.name: packet
    for packet in (LOGIN_REQUEST, LOGIN_REQUEST_410, DEBUG, UNSEQUENCED, CLIENT_HEARTBEAT, LOGOUT_REQUEST)
}
FROM_SERVER: Final = {
    packet.name: packet
    for packet in (
        *(LOGIN_ACCEPTED, LOGIN_REJECTED, DEBUG, SEQUENCED, UNSEQUENCED, SERVER_HEARTBEAT),
        END_OF_SESSION,
    )
}
CARRIERS: Final = ("S", "U")
"""Packets whose payload is a message."""
CLIENT_LETTERS: Final = frozenset(packet.letter for packet in FROM_CLIENT.values())
SERVER_LETTERS: Final = frozenset(packet.letter for packet in FROM_SERVER.values())
LETTERS: Final = CLIENT_LETTERS | SERVER_LETTERS
_by_letter = {packet.letter: packet for packet in (*FROM_SERVER.values(), *reversed(FROM_CLIENT.values()))}


@dataclass(frozen=True)
class Packet:
    """A packet: its place in the stream, its letter and its payload."""

    offset: int
    letter: str
    payload: bytes

    @property
    def data(self) -> bytes:
        """The whole packet."""
        return pack(self.letter, self.payload)


def pack(letter: str, payload: bytes = b"") -> bytes:
    """Frame a payload."""
    length: bytes = PACKET_LENGTH.build(1 + len(payload))
    return length + letter.encode("latin-1") + payload


def cut(data: bytes) -> Iterator[Packet]:
    """Cut the whole packets off the front of a stream; stops at half a packet and at a length of 0."""
    at = 0
    while len(data) - at >= 3:
        length = PACKET_LENGTH.parse(data[at : at + 2])
        if length == 0 or len(data) - at < 2 + length:
            return
        yield Packet(at, chr(data[at + 2]), data[at + 3 : at + 2 + length])
        at += 2 + length


def dissect(packet: Packet) -> Dissection:
    """Take a packet apart, all but the message that it may carry."""
    declared = _by_letter.get(packet.letter)
    data = packet.letter.encode("latin-1") + packet.payload
    if declared is None:
        found = Dissection()
        found.spoil(0, "PacketType", data[:1], "no packet has this letter")
        return found
    if declared is LOGIN_REQUEST and len(data) >= LOGIN_REQUEST_410.size:
        declared = LOGIN_REQUEST_410
    found = dissect_fixed(declared, data)
    rest = data[declared.size :]
    if rest and declared is DEBUG:
        found.put(declared.size, "Text", Alpha(len(rest)), rest)
        found.faults.clear()
    elif rest and declared.letter not in CARRIERS:
        found.spoil(declared.size, "rest", rest, "more bytes than the packet has")
    return found
