"""One connection to the server under test: its bytes in both directions, cut into packets and looked at.

A connection sends a heartbeat when it has said nothing for a second, like any good client, until it falls silent.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

from conformance.declarations import soup
from conformance.declarations.soup import Packet
from conformance.link import Link, Wire
from conformance.standing import Account, Market, look

HEARTBEAT_SECONDS: Final = 0.9


@dataclass
class Received:
    """A packet that came; `sequence` where it was a sequenced one, `port` where a Drop port told of that one."""

    packet: Packet
    sequence: int | None
    at: float
    port: str = ""


class Connection(Link[Received]):
    """A SoupBinTCP connection of a party.

    `session_before` and `sequence_before` are the session and the next sequence number as they were when it was opened:
    what a login asks for, and its answer is held against.
    """

    account: Account
    market: Market
    session_before: str
    sequence_before: int
    next_sequence: int

    @classmethod
    async def open(cls, party: str, account: Account, market: Market, log: deque[Wire], began: float) -> Connection:
        """Connect."""
        self = cls(party, log, began, await cls.ends(account.target))
        self.account, self.market = account, market
        self.session_before, self.sequence_before = account.session, account.next_sequence
        self.next_sequence = 0
        self.tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._beat())]
        return self

    async def _read(self) -> None:
        """Take what comes until the server hangs up."""
        rest = b""
        try:
            while data := await self.reader.read(1 << 16):
                self._log(is_sent=False, data=data)
                rest += data
                taken = 0
                for packet in soup.cut(rest):
                    self._take(packet)
                    taken = packet.offset + 3 + len(packet.payload)
                rest = rest[taken:]
                if rest[:2] == b"\0\0":
                    self.faults.append("SoupBinTCP 1.1: a Packet Length of 0")
                    break
                self.news.set()
            if rest:
                self.faults.append(f"SoupBinTCP 1.1: the stream ends within a packet: {rest.hex()}")
        except ConnectionError:
            pass
        self.is_over, self.is_logged_in = True, False
        self.news.set()

    def _take(self, packet: Packet) -> None:
        """Count and check a packet, and put it where somebody looks."""
        sequence = None
        if packet.letter == "S":
            sequence, self.next_sequence = self.next_sequence, self.next_sequence + 1
        self.faults += look(packet, sequence, self.account, self.market, is_logged_in=self.is_logged_in)
        if packet.letter == "A":
            found = soup.dissect(packet).values
            number = found.get("Sequence")
            self.is_logged_in = True
            self.next_sequence = number if isinstance(number, int) else 0
            self.account.joined(str(found.get("Session", "")).strip(), self.market)
        if sequence is not None:
            self.account.next_sequence = max(self.account.next_sequence, self.next_sequence)
        port, packet = ("", packet) if sequence is None else self.account.unwrap(packet)
        self.inbox.append(Received(packet, sequence, time.monotonic(), port))

    async def _beat(self) -> None:
        """Say that somebody is there."""
        while not self.is_over:
            await asyncio.sleep(max(0.01, self.sent_at + HEARTBEAT_SECONDS - time.monotonic()))
            due = time.monotonic() - self.sent_at >= HEARTBEAT_SECONDS
            if due and self.is_logged_in and not self.is_silent and self.held is None:
                await self.send(soup.pack("R"))
            elif due:
                self.sent_at = time.monotonic()
