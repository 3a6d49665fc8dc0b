"""One connection to the server under test: its bytes in both directions, cut into packets and looked at.

A connection sends a heartbeat when it has said nothing for a second, like any good client, until it falls silent.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from conformance.declarations import soup
from conformance.declarations.soup import Packet
from conformance.standing import Account, Market, look

HEARTBEAT_SECONDS: Final = 0.9
LOG_MAX: Final = 400
"""Lines of the wire log that are kept."""


class Unreachable(Exception):  # noqa: N818 - the name states what is so
    """The server takes no connection."""


@dataclass(frozen=True)
class Wire:
    """A line of the wire log: when (seconds since the connection), which way, what bytes."""

    seconds: float
    party: str
    is_sent: bool
    data: bytes


@dataclass
class Received:
    """A packet that came; `sequence` where it was a sequenced one."""

    packet: Packet
    sequence: int | None
    at: float


@dataclass
class Connection:
    """A connection of a party. `inbox` has what nobody looked at yet, `faults` what broke a standing rule.

    `session_before` and `sequence_before` are the session and the next sequence number as they were when it was opened:
    what a login asks for, and its answer is held against.
    """

    party: str
    account: Account
    market: Market
    log: deque[Wire]
    began: float
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    session_before: str
    sequence_before: int
    inbox: deque[Received] = field(default_factory=deque)
    faults: list[str] = field(default_factory=list)
    is_over: bool = False
    is_logged_in: bool = False
    is_silent: bool = False
    next_sequence: int = 0
    held: bytearray | None = None
    sent_at: float = 0.0
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def open(
        cls, party: str, account: Account, market: Market, target: tuple[str, int], log: deque[Wire], began: float
    ) -> Connection:
        """Connect."""
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(*target), 10)
        except (OSError, TimeoutError) as error:
            raise Unreachable(f"cannot connect to {target[0]}:{target[1]}: {error or 'no answer'}") from None
        self = cls(
            *(party, account, market, log, began, reader, writer),
            *(account.session, account.next_sequence),
        )
        self.sent_at = time.monotonic()
        self.tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._beat())]
        return self

    async def send(self, data: bytes, pieces: int = 0) -> None:
        """Write bytes: at once, or in pieces with the line to themselves, or later if held back."""
        if self.held is not None:
            self.held += data
            return
        self._log(is_sent=True, data=data)
        self.sent_at = time.monotonic()
        with suppress(ConnectionError):
            for at in range(0, len(data), pieces or max(1, len(data))):
                self.writer.write(data[at : at + (pieces or len(data))])
                await self.writer.drain()
                if pieces:
                    await asyncio.sleep(0.002)

    async def let_go(self) -> None:
        """Write in one go what was held back."""
        data, self.held = bytes(self.held or b""), None
        await self.send(data)

    async def wait(self, until: float) -> bool:
        """Wait for news until a moment; gives whether there is any."""
        if not self.inbox and not self.is_over and not self.faults:
            self.news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), max(0.0, until - time.monotonic()))
        return bool(self.inbox or self.is_over or self.faults)

    async def close(self) -> None:
        """Hang up."""
        for task in self.tasks:
            task.cancel()
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()
        self.is_over, self.is_logged_in = True, False

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
        self.inbox.append(Received(packet, sequence, time.monotonic()))

    async def _beat(self) -> None:
        """Say that somebody is there."""
        while not self.is_over:
            await asyncio.sleep(max(0.01, self.sent_at + HEARTBEAT_SECONDS - time.monotonic()))
            due = time.monotonic() - self.sent_at >= HEARTBEAT_SECONDS
            if due and self.is_logged_in and not self.is_silent and self.held is None:
                await self.send(soup.pack("R"))
            elif due:
                self.sent_at = time.monotonic()

    def _log(self, *, is_sent: bool, data: bytes) -> None:
        self.log.append(Wire(time.monotonic() - self.began, self.party, is_sent, data))
