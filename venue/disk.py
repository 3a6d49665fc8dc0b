"""Room on the disk: how much there is, when it is too little, and the reserve that lets cancels through then.

A full disk ends a venue, since what cannot be written must not be answered. So the venue looks ahead: while less than
`low` bytes are free, nothing new is taken and clients can still get out. That it is so is a record, since it decides
what orders are answered. The looking itself happens off the loop, about once a second, and never in an order's way.

The *reserve* is a file of allocated blocks beside the log. When space is low it is given back, so that what still
passes finds room even where something else goes on filling the disk. The log gives it back by itself when the disk was
filled between two looks. It is a quarter of `low`, and made anew when space returns.

    free space   0 ......... low .................. low + low/4 + reserve ......
                  low: nothing new      as it was          enough: orders enter

Between the two nothing changes (giving back the reserve must not look like space that returned).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

MEBIBYTE: Final = 2**20
LOOK_SECONDS: Final = 1.0
"""Seconds between two looks."""
RESERVE: Final = "reserve"
"""The reserve's name in the log's folder."""

FreeSpace = Callable[[Path], int]
"""Tells how many bytes are free for us on the disk that a directory is on. Raises `OSError`."""

log = structlog.get_logger()


def free_space(directory: Path) -> int:
    """Give the bytes that are free to a process without privileges. Raises `OSError`."""
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize


class SpaceWatch:
    """Watches the room for the log in `folder`: `look` about once a second, in a thread, and `give_back` at the end.

    `low_bytes` is where low begins, `low` what was so when the venue ended last.
    """

    def __init__(self, folder: Path, low_bytes: int, low: bool, free: FreeSpace = free_space) -> None:
        self.folder = folder
        self.low = low
        self.free = 0
        self._reserve = folder / RESERVE
        self._low_bytes = low_bytes
        self._reserve_bytes = low_bytes // 4
        self._enough_bytes = low_bytes + low_bytes // 4 + self._reserve_bytes
        self._free = free

    def look(self) -> bool:
        """Look once, give the reserve back or make it anew, and return whether space is low.

        Where the disk cannot be asked, what was so stays so: a failing disk shows in the log's own writes.
        """
        with suppress(OSError):
            self.free = self._free(self.folder)
            if self.free < self._low_bytes:
                self.low = True
                self.give_back()
            elif self.free >= self._enough_bytes:
                self.low = False
                if not self._reserve.exists():
                    self._make_reserve()
        return self.low

    def give_back(self) -> None:
        """Free the reserve's blocks. Raises `OSError`."""
        self._reserve.unlink(missing_ok=True)

    def _make_reserve(self) -> None:
        """Allocate the reserve. Where it cannot be had, the next look that finds room tries again."""
        descriptor = os.open(self._reserve, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._reserve_bytes)
        except OSError:
            self.give_back()
        finally:
            os.close(descriptor)


class SpaceKeeper:
    """Has what a `SpaceWatch` sees recorded: by `look` at the start, then once a second until it is stopped."""

    def __init__(self, watch: SpaceWatch, record: Callable[[bool], None]) -> None:
        self.watch = watch
        self._record = record
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._noted = watch.low

    def look(self) -> None:
        """Look now, on the loop."""
        self._note(self.watch.look())

    def start(self) -> None:
        """Look about once a second from now on, in a thread."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Look no more, and give the room back that was held."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        with suppress(OSError):  # it only takes room; the next start removes it
            self.watch.give_back()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            low = await loop.run_in_executor(None, self.watch.look)
            if not self._stopping.is_set():
                self._note(low)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._stopping.wait()

    def _note(self, low: bool) -> None:
        if low == self._noted:
            return
        self._noted = low
        self._record(low)
        free = f"{self.watch.free // MEBIBYTE:,} MiB free"
        if low:
            log.warning(
                "the disk is nearly full: new orders are refused, cancels pass",
                disk=free,
                folder=str(self.watch.folder),
            )
        else:
            log.info("the disk has room again: orders are taken", disk=free)
