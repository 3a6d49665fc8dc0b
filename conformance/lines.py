"""A connection in SoupTCP, spoken as if it were SoupBinTCP: packets of that within, lines of ASCII outside.

A line that is not as SoupTCP has it becomes a packet that is not as SoupBinTCP has it, and so a fault: one with a
carriage return before its end, or a Login Accepted that does not have as many digits as the login had.
"""

from __future__ import annotations

import asyncio
from typing import Final

from conformance.connection import Connection
from conformance.declarations import soup
from conformance.link import Link

NAMES: Final = 26
"""Bytes of a login before its sequence number: who, the password, the session."""
SESSION: Final = 10
DIGITS: Final = 10
"""Those of a sequence number in SoupTCP 2.00; 3.00 has 20."""
PACKET_DIGITS: Final = 20


class LineConnection(Connection):
    """A connection that sends and reads lines."""

    @staticmethod
    async def ends(target: tuple[str, int]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect, and read what comes as packets."""
        reader, writer = await Link.ends(target)
        return PacketReader(reader), writer

    async def send(self, data: bytes, pieces: int = 0) -> None:
        """Send packets as lines."""
        lines = list(map(as_line, soup.cut(data)))
        for line in lines:
            if line.startswith(b"L"):
                assert isinstance(self.reader, PacketReader)
                self.reader.digits = len(line) - 1 - NAMES - 1
        await self.send_as_it_is(b"".join(lines), pieces)

    async def send_as_it_is(self, data: bytes, pieces: int = 0) -> None:
        """Send bytes."""
        await super().send(data, pieces)

    async def let_go(self) -> None:
        """Write in one go what was held back."""
        data, self.held = bytes(self.held or b""), None
        await self.send_as_it_is(data)


class PacketReader(asyncio.StreamReader):
    """Reads lines, and gives packets; what does not end in a line feed is kept. `digits` are those of the login."""

    def __init__(self, lines: asyncio.StreamReader) -> None:
        super().__init__()
        self.lines = lines
        self.rest = b""
        self.digits = DIGITS

    async def read(self, n: int = -1) -> bytes:
        """Read whole lines; nothing is the end."""
        while True:
            data = await self.lines.read(n)
            *whole, self.rest = (self.rest + data).split(b"\n")
            if whole or not data:
                return b"".join(as_packet(line, self.digits) for line in whole) if data else self.rest


def as_line(packet: soup.Packet) -> bytes:
    """Give a client's packet as a line; a login's number has ten digits there, unless more are written out."""
    payload = packet.payload
    if packet.letter == "L":
        payload = payload[:NAMES] + payload[NAMES:].strip().rjust(DIGITS)
    return packet.letter.encode("ascii") + payload + b"\n"


def as_packet(line: bytes, digits: int = DIGITS) -> bytes:
    """Give a server's line as a packet; an empty sequenced one is the end of the session."""
    if line == b"S":
        return soup.pack("Z")
    payload = line[1:]
    if line[:1] == b"A" and len(payload) == SESSION + digits:
        payload = payload[:SESSION] + payload[SESSION:].rjust(PACKET_DIGITS)
    elif line[:1] == b"A":
        payload += b"?"  # never the length of a packet's
    return soup.pack(line[:1].decode("latin-1") or " ", payload)
