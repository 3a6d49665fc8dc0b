"""What a ResendRequest is answered with: application messages once more, runs of session messages as one gap fill.

A message comes again with its own number, PossDupFlag (43), its first SendingTime in OrigSendingTime (122) and a new
SendingTime (52), hence a new BodyLength and CheckSum; all else is as it was. The session's own messages would be wrong
by now, so a SequenceReset in gap fill mode leads past each run of them: its number is the run's first, its NewSeqNo
(36) the one behind the run (FIX 4.2 volume 2, "Resend Request" and "Sequence Reset").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from fix.codec import SOH, TRAILER_LENGTH, field, frame, utc_timestamp

SESSION_TYPES: Final = frozenset((b"0", b"1", b"2", b"3", b"4", b"5", b"A"))
"""The types of the session's own messages."""
NUMBERS_A_TURN: Final = 200
"""How many numbers are looked at before the others have their turn: a millisecond or two."""
HEADER_TAGS: Final = frozenset(
    (
        b"35",
        b"34",
        b"49",
        b"50",
        b"52",
        b"56",
        b"57",
        b"97",
        b"115",
        b"116",
        b"128",
        b"129",
        b"142",
        b"143",
        b"144",
        b"145",
    )
)
"""The header of a message that is sent for the first time, up to where OrigSendingTime goes."""


def resend(packet_of: Callable[[int], bytes], first: int, last: int, wall: int) -> Iterator[bytes]:
    """Give the frames that replay the packets `first` to `last`, one at a time and made when asked for.

    Now and then b"" comes instead of a frame, however few of them a long run of session messages gives: that much was
    a turn. `packet_of` gives the packet of a number, as it was sent; `wall` is the time for SendingTime.
    """
    time = utc_timestamp(wall)
    run, run_packet = 0, b""
    for number in range(first, last + 1):
        if (number - first + 1) % NUMBERS_A_TURN == 0:
            yield b""
        packet = packet_of(number)
        if msg_type_of(packet) in SESSION_TYPES:
            if not run:
                run, run_packet = number, packet
            continue
        if run:
            yield gap_fill(run_packet, run, number, time)
            run = 0
        yield repeated(packet, time)
    if run:
        yield gap_fill(run_packet, run, last + 1, time)


def msg_type_of(packet: bytes) -> bytes:
    """Give the type of a message that we made ourselves."""
    at = packet.index(b"\x0135=") + 4
    return packet[at : packet.index(SOH, at)]


def repeated(packet: bytes, time: bytes) -> bytes:
    """Spell a message that was sent before once more, its times as long as that one's."""
    begin_string, header, rest = _taken_apart(packet)
    sent_at = header[b"52"]
    header[b"34"] += b"\x0143=Y"
    header[b"52"] = time[: len(sent_at)]
    header[b"122"] = sent_at
    return frame(begin_string, b"".join(map(field, header, header.values())) + rest)


def gap_fill(packet: bytes, number: int, new_number: int, time: bytes) -> bytes:
    """Spell a gap fill from `number` up to `new_number`, between the same ends as the message `packet`."""
    begin_string, header, _ = _taken_apart(packet)
    time = time[: len(header[b"52"])]
    body = b"35=4\x0134=%d\x0143=Y\x0149=%b\x0152=%b\x0156=%b\x01122=%b\x0136=%d\x01123=Y\x01"
    return frame(begin_string, body % (number, header[b"49"], time, header[b"56"], time, new_number))


def _taken_apart(packet: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """Give a message's BeginString, its header from MsgType on, and what stands between that and CheckSum."""
    version_end = packet.index(SOH)
    header: dict[bytes, bytes] = {}
    at = packet.index(SOH, version_end + 1) + 1
    while True:
        equals = packet.index(b"=", at)
        tag = packet[at:equals]
        if tag not in HEADER_TAGS:
            return packet[2:version_end], header, packet[at:-TRAILER_LENGTH]
        end = packet.index(SOH, equals)
        header[tag] = packet[equals + 1 : end]
        at = end + 1
