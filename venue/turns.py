"""Turns of the loop for what may wait: one at a time, however many ask, so that orders come in between each two."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Turns:
    """A queue of pieces of work, of which each pass of the loop does one."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: deque[Callable[[], None]] = deque()
        self.is_planned = False

    def ask(self, work: Callable[[], None]) -> None:
        """Queue a piece of work behind those that were asked for before."""
        self.waiting.append(work)
        self.plan()

    def plan(self) -> None:
        """See that the next piece is done."""
        if self.waiting and not self.is_planned:
            self.is_planned = True
            self.loop.call_soon(self.take)

    def take(self) -> None:
        """Do one piece; what it asks for itself comes behind the others."""
        self.is_planned = False
        work = self.waiting.popleft()
        try:
            work()
        finally:
            self.plan()
