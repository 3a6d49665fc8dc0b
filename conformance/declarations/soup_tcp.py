"""The packets of SoupTCP 2.00 and 3.00: lines of ASCII, each a type letter, a payload and a line feed."""

from __future__ import annotations

import re
from typing import Final

from conformance.declarations.kinds import Alpha, Digits, Kind, Letter
from conformance.declarations.message import Dissection, Message, dissect_fixed
from conformance.declarations.soup import REJECT_REASONS

CARRIERS: Final = ("S", "U")
"""Lines whose payload is a message."""
LINE_FEED: Final = b"\n"
BEGINS: Final = re.compile(
    rb"(?:L[ -~]{36}(?:[ -~]{10})?|A[ -~]{20}(?:[ -~]{10})?|U[OQX][ -~]+|S[0-9]{8}[A-Z][ -~]+)\n"
)
"""What a stream of such lines begins with that carries RASHport."""


def _packet(letter: str, name: str, **fields: Kind) -> Message:
    return Message(letter, name, "2.2", fields, letter_name="PacketType")


def _login(letter: str, name: str, digits: int) -> Message:
    return _packet(
        letter,
        name,
        Username=Alpha(6),
        Password=Alpha(10),
        Session=Alpha(10, "the current one"),
        Sequence=Digits(digits),
    )


def _accepted(digits: int) -> Message:
    return _packet("A", "LoginAccepted", Session=Alpha(10, left=True), Sequence=Digits(digits, strict=True))


BY_LENGTH: Final = {
    ("L", 37): _login("L", "LoginRequest", 10),
    ("L", 47): _login("L", "LoginRequest", 20),
    ("A", 21): _accepted(10),
    ("A", 31): _accepted(20),
}
PLAIN: Final = {
    packet.letter: packet
    for packet in (
        _packet("J", "LoginRejected", Reason=Letter(REJECT_REASONS)),
        _packet("+", "Debug"),
        _packet("S", "SequencedData"),
        _packet("U", "UnsequencedData"),
        _packet("H", "ServerHeartbeat"),
        _packet("R", "ClientHeartbeat"),
        _packet("O", "LogoutRequest"),
    )
}
END_OF_SESSION: Final = _packet("S", "EndOfSession")


def looks_like(data: bytes) -> bool:
    """Whether bytes begin like a stream of such lines."""
    return BEGINS.match(data) is not None


def dissect(line: bytes) -> Dissection:
    """Take a line apart, without its line feed, all but the message that it may carry."""
    letter = line[:1].decode("latin-1")
    declared = BY_LENGTH.get((letter, len(line))) or PLAIN.get(letter)
    if line == b"S":
        declared = END_OF_SESSION
    if declared is None:
        found = Dissection()
        found.spoil(0, "PacketType", line, "no packet has this letter, or this length")
        return found
    found = dissect_fixed(declared, line)
    rest = line[declared.size :]
    if rest and letter == "+":
        found.put(declared.size, "Text", Alpha(len(rest)), rest)
        found.faults.clear()
    elif rest and letter not in CARRIERS:
        found.spoil(declared.size, "rest", rest, "more bytes than the packet has")
    return found
