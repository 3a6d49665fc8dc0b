"""One FIX connection to the server under test: its bytes in both directions, cut into frames and looked at.

A connection sends a Heartbeat when it has said nothing for the interval of its Logon, until it falls silent.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Final

from conformance.fix.frames import Frame, compose, cut
from conformance.fix.standing import Account
from conformance.fix.values import timestamp
from conformance.link import Link, Wire

BEAT: Final = 0.9
"""Which part of the interval is let pass before a Heartbeat."""
IDLE_SECONDS: Final = 0.25


class FixConnection(Link[Frame]):
    """A FIX connection of a party; `interval` is that of its Logon in seconds, 0 for no Heartbeats."""

    account: Account
    interval: float

    @classmethod
    async def open(cls, party: str, account: Account, log: deque[Wire], began: float) -> FixConnection:
        """Connect."""
        self = cls(party, log, began, await cls.ends(account.target))
        self.account, self.interval = account, 0.0
        self.tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._beat())]
        return self

    def header(self, kind: str) -> dict[int, str]:
        """Give the header of the next message."""
        account = self.account
        desk = {50: account.desk} if account.desk and kind in "DFG" else {}
        return desk | {
            8: account.version.begin,
            35: kind,
            34: str(account.outgoing),
            49: account.user,
            52: timestamp(milliseconds=account.version.rank >= 42),
            56: account.venue,
        }

    async def say(self, kind: str, fields: dict[int, str]) -> None:
        """Send a message with the next number."""
        data = compose((self.header(kind) | fields).items())
        self.account.outgoing += 1
        await self.send(data)

    async def _read(self) -> None:
        """Take what comes until the server hangs up."""
        rest = b""
        try:
            while data := await self.reader.read(1 << 16):
                self._log(is_sent=False, data=data)
                rest += data
                frames, taken = cut(rest)
                rest = rest[taken:]
                for frame in frames:
                    self.take(frame)
                self.news.set()
            if rest:
                self.faults.append(f"the stream ends within a message: {rest!r}")
        except ConnectionError:
            pass
        self.is_over, self.is_logged_in = True, False
        self.news.set()

    def take(self, frame: Frame) -> None:
        """Check a frame, and put it where somebody looks."""
        if not self.account.is_placed:
            self.account.incoming, self.account.is_placed = frame.number, True
        self.faults += self.account.look(frame)
        if frame.kind == "A":
            self.is_logged_in = self.account.was_on = True
        elif frame.kind == "5":
            self.is_logged_in = False
        self.inbox.append(frame)

    async def _beat(self) -> None:
        """Say that somebody is there."""
        while not self.is_over:
            wait = self.interval * BEAT
            await asyncio.sleep(max(0.01, self.sent_at + wait - time.monotonic()) if wait else IDLE_SECONDS)
            due = wait and time.monotonic() - self.sent_at >= wait
            if due and self.is_logged_in and not self.is_silent and self.held is None:
                await self.say("0", {})
            elif due:
                self.sent_at = time.monotonic()
