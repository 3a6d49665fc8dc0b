"""The venue's log lines on stderr, which must never hold it up: a terminal that stops, a pipe that nobody reads.

Lines go into a bounded queue and a thread writes them. When the queue is full a line is dropped and counted; when
stderr is gone the rest is thrown away. The order path never waits for a log line, and never fails for one.
"""

from __future__ import annotations

import logging
import queue
import re
import sys
import threading
import time
from typing import TextIO, cast

import structlog

LINES_WAITING = 10_000
"""Lines that may wait to be written before more are dropped."""
DRAIN_SECONDS = 1.0
"""How long the end of the program waits for lines to be written."""
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a terminal may obey, but for the tabs and line ends that tracebacks have."""


class LogWriter:
    """A text file, as far as the logger is concerned, that never blocks and never fails."""

    def __init__(self) -> None:
        self.lines: queue.Queue[str] = queue.Queue(LINES_WAITING)
        self.dropped = 0
        threading.Thread(target=self._run, name="log-lines", daemon=True).start()

    def write(self, text: str) -> None:
        """Queue some text, or drop it."""
        try:
            self.lines.put_nowait(text)
        except queue.Full:
            self.dropped += 1

    def flush(self) -> None:
        """Do nothing: the thread flushes."""

    def drain(self) -> None:
        """Wait a moment until what is queued has been written."""
        end = time.monotonic() + DRAIN_SECONDS
        while self.lines.unfinished_tasks and time.monotonic() < end:
            time.sleep(0.005)

    def _run(self) -> None:
        while True:
            text = self.lines.get()
            dropped, self.dropped = self.dropped, 0
            try:
                if dropped:
                    sys.stderr.write(f"({dropped} log lines were dropped: stderr did not keep up)\n")
                sys.stderr.write(text)
                sys.stderr.flush()
            except (OSError, ValueError):
                pass  # nobody reads: the venue goes on
            finally:
                self.lines.task_done()


def log_through(lines: LogWriter, *renderers: structlog.typing.Processor) -> None:
    """Have every logger write its lines there, made by these renderers."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, show_controls, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", lines)),
        cache_logger_on_first_use=True,
    )


def show_controls(_logger: object, _method: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Have controls in a line's values shown, not obeyed: a client may have typed them."""
    for name, value in entry.items():
        if isinstance(value, str) and CONTROLS.search(value):
            entry[name] = CONTROLS.sub(lambda found: repr(found[0])[1:-1], value)
    return entry
