"""A connection to the server under test, whatever it speaks: what is sent, held back and logged, and what has come.

A protocol adds how bytes are cut into what a scenario looks at, and which rules always stand (`connection`,
`fix.connection`).
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")
LOG_MAX: Final = 400
"""Lines of the wire log that are kept."""
NO_LINGERING: Final = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time at all: a close is then a reset."""


class Unreachable(Exception):  # noqa: N818 - the name states what is so
    """The server takes no connection."""


@dataclass(frozen=True)
class Wire:
    """A line of the wire log: when (seconds since the scenario began), which way, what bytes."""

    seconds: float
    party: str
    is_sent: bool
    data: bytes


def address(text: str) -> tuple[str, int]:
    """Read HOST:PORT."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


class Link(Generic[Item]):
    """A connection of a party. `inbox` has what nobody looked at yet, `faults` what broke a standing rule."""

    def __init__(
        self, party: str, log: deque[Wire], began: float, ends: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> None:
        self.party = party
        self.log = log
        self.began = began
        self.reader, self.writer = ends
        self.inbox: deque[Item] = deque()
        self.faults: list[str] = []
        self.is_over = False
        self.is_logged_in = False
        self.is_silent = False
        self.held: bytearray | None = None
        self.sent_at = time.monotonic()
        self.tasks: list[asyncio.Task[None]] = []
        self.news = asyncio.Event()

    @staticmethod
    async def ends(target: tuple[str, int]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect."""
        try:
            return await asyncio.wait_for(asyncio.open_connection(*target), 10)
        except (OSError, TimeoutError) as error:
            raise Unreachable(f"cannot connect to {target[0]}:{target[1]}: {error or 'no answer'}") from None

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

    async def more(self, until: float) -> bool:
        """Wait until something more was read, whatever has not been looked at yet; False where nothing came."""
        self.news.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.news.wait(), max(0.0, until - time.monotonic()))
        return self.news.is_set() and not self.is_over

    async def reset(self) -> None:
        """Have the connection torn down with a reset in the place of an orderly close."""
        end: socket.socket = self.writer.get_extra_info("socket")
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGERING)
        self.writer.transport.abort()
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        for task in self.tasks:
            task.cancel()
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()
        self.is_over, self.is_logged_in = True, False

    def _log(self, *, is_sent: bool, data: bytes) -> None:
        self.log.append(Wire(time.monotonic() - self.began, self.party, is_sent, data))
