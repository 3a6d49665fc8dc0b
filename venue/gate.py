"""No byte leaves before the record that caused it is durable: the gate, and the thread that makes records durable.

The engine runs ahead of the disk. What it says goes into streams at once and waits at the gate, tagged with its
record. The writer thread turns all that is queued into one commit and reports "durable to n"; the gate then moves
each stream's `released` and calls its listener. So a slow disk delays answers and never the loop.

    loop:    submit(batch) ... hold(number, touched)                         durable(number) -> listeners
    thread:            append -> report(number) -> (the venue's hand-over to the loop) ----^

When a commit fails, nothing is released ever again and the process ends: what was not released never happened.

For editors: `Gate` belongs to the loop and has no locks. Of `Writer`, only the underscored methods run in the thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import date
from os import sched_yield
from queue import SimpleQueue
from threading import Thread
from typing import Final

from venue.log import EventLog
from venue.record import HEADER_LENGTH, Record
from venue.stream import Stream

EVERYTHING: Final = 2**62 - 1
"""A record's number that never comes; compiled code compares it as a plain machine word."""
COMMIT_RECORDS = 8192
"""Records after which a group commit takes no further batch."""
COMMIT_BYTES = 2**20
"""Bytes after which a group commit takes no further batch; well below what makes SQLite write a commit in pieces."""

_Item = tuple[list[Record], int] | date | None
"""What the thread is given: a batch and its size, a roll to a day, or the stop."""


class Gate:
    """Holds back what streams and callers have to say until its record is durable.

    An open gate (`memory` mode) treats every record as durable already: nothing waits.
    """

    def __init__(self, is_open: bool = False) -> None:
        self._durable = EVERYTHING if is_open else 0
        self._closed = False
        self._waiting: deque[tuple[int, Stream | None, int, Callable[[], None] | None]] = deque()
        self._grown: dict[Stream, None] = {}

    @property
    def waiting(self) -> int:
        """How many releases wait."""
        return len(self._waiting)

    def is_durable(self, number: int) -> bool:
        """Whether what follows from record `number` may leave."""
        return number <= self._durable and not self._closed

    def hold(self, number: int, touched: list[Stream]) -> None:
        """Hold what the touched streams got, up to their present ends, until record `number` is durable.

        Numbers never fall. Empties `touched`, the list that the streams enter themselves in.
        """
        if number <= self._durable and not self._waiting and not self._closed:
            while touched:
                stream = touched.pop()
                stream.untouched = True
                stream.settle()
                stream.released = stream.length
                listener = stream.listener
                if listener is not None:
                    listener()
            return
        for stream in touched:
            stream.untouched = True
            stream.settle()
            self._waiting.append((number, stream, stream.length, None))
        touched.clear()
        if number <= self._durable:
            self._release(number)

    def call_when_durable(self, number: int, callback: Callable[[], None]) -> None:
        """Call back once record `number` is durable, in order with the streams' releases; at once if it is."""
        self._waiting.append((number, None, 0, callback))
        if number <= self._durable:
            self._release(number)

    def durable(self, number: int) -> None:
        """Release everything up to record `number`."""
        if number > self._durable:
            self._durable = number
        self._release(number)

    def close(self) -> None:
        """Release nothing ever again: a commit failed, so what waits never happened."""
        self._closed = True
        self._waiting.clear()
        self._grown.clear()

    def _release(self, number: int) -> None:
        waiting = self._waiting
        if self._closed:
            waiting.clear()
            return
        while waiting and waiting[0][0] <= number:
            _, stream, end, callback = waiting.popleft()
            if stream is not None:
                stream.released = end
                self._grown[stream] = None
            elif callback is not None:
                # What streams were given before this answer goes out before it.
                self._tell_listeners()
                callback()
        self._tell_listeners()

    def _tell_listeners(self) -> None:
        """Call each grown stream's listener once, however many releases there were: one write, not many."""
        while self._grown:
            stream = next(iter(self._grown))
            del self._grown[stream]
            if stream.listener is not None:
                stream.listener()


class Intake:
    """What the journal hands its records to: nothing of it waits for a disk where nothing else is said."""

    @property
    def unflushed_records(self) -> int:
        """Records submitted and not yet durable."""
        return 0

    @property
    def unflushed_bytes(self) -> int:
        """Their size in the log."""
        return 0

    def submit(self, batch: list[Record]) -> None:
        """Take the next records; the list is ours from here on. Never blocks."""

    def roll(self, day: date) -> None:
        """Let what is submitted from now on belong to a later trading day."""


class Collector(Intake):
    """Collects records until somebody fetches them; `filled` is called with the first."""

    def __init__(self, filled: Callable[[], None]) -> None:
        self.records: list[Record] = []
        self._filled = filled

    def submit(self, batch: list[Record]) -> None:
        """See `Intake`."""
        if not self.records:
            self._filled()
        self.records += batch


class Writer(Intake):
    """The log's writer thread: `start` it, `submit` batches from the loop, `stop` it.

    `report(n)` says that all up to record n is durable. `failed(problem)` is called once, and the thread ends; of
    what was queued then nothing is written. Both are called in the thread, so both must only hand over to the loop.
    """

    def __init__(
        self, log: EventLog, epoch: int, report: Callable[[int], None], failed: Callable[[Exception], None]
    ) -> None:
        self._log = log
        self._epoch = epoch
        self._report = report
        self._failed = failed
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._runner = Thread(target=self._run, name="log-writer", daemon=True)
        # Each of these has one writer, the loop for the first pair and the thread for the second: no lock needed.
        self._submitted_records = self._submitted_bytes = 0
        self._written_records = self._written_bytes = 0

    @property
    def unflushed_records(self) -> int:
        """Records submitted and not yet durable."""
        return self._submitted_records - self._written_records

    @property
    def unflushed_bytes(self) -> int:
        """Their size in the log."""
        return self._submitted_bytes - self._written_bytes

    def start(self) -> None:
        """Start the thread."""
        self._runner.start()

    def submit(self, batch: list[Record]) -> None:
        """Queue records for the next commit; the list is the writer's from here on. Never blocks."""
        size = len(batch) * HEADER_LENGTH + sum([len(payload) for _, _, _, _, payload in batch])
        self._submitted_records += len(batch)
        self._submitted_bytes += size
        self._queue.put((batch, size))

    def roll(self, day: date) -> None:
        """Let what is submitted from now on belong to a later trading day."""
        self._queue.put(day)

    def stop(self) -> None:
        """Write what is queued and end the thread; returns when it has. After a failure there is nothing to write."""
        self._queue.put(None)
        self._runner.join()

    def _run(self) -> None:
        take, is_empty = self._queue.get, self._queue.empty
        try:
            going = True
            while going:
                items = [take()]
                sched_yield()  # whoever goes on with the loop may have more for this commit: fewer, larger ones
                while not is_empty():
                    items.append(take())
                going = self._process(items)
        except Exception as problem:  # noqa: BLE001 - whatever it is, nothing more may be released, and the venue says so
            self._failed(problem)

    def _process(self, items: list[_Item]) -> bool:
        """Write all that was queued in as few commits as the bounds allow; returns False at a stop."""
        batch: list[Record] = []
        size = 0
        for item in items:
            if isinstance(item, tuple):
                batch += item[0]
                size += item[1]
                if len(batch) < COMMIT_RECORDS and size < COMMIT_BYTES:
                    continue
            self._commit(batch, size)
            batch, size = [], 0
            if item is None:
                return False
            if isinstance(item, date):
                self._log.roll(item)
        self._commit(batch, size)
        return True

    def _commit(self, batch: list[Record], size: int) -> None:
        if not batch:
            return
        number = self._log.append(batch, self._epoch)
        self._report(number)
        self._log.tend()
        self._written_records += len(batch)  # only now: what is not tended to yet counts as run-ahead too
        self._written_bytes += size
