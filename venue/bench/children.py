"""Processes of a bench's own: a module of `venue.bench` that prints lines, and answers each line it is sent."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from venue.bench.figures import pinned


class Child:
    """A running module."""

    def __init__(self, module: str, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.module = module
        self.stdin, self.stdout = process.stdin, process.stdout

    def read(self) -> str:
        """Give the next line that it prints; raises `OSError` when it has ended."""
        line = self.stdout.readline()
        if not line:
            raise OSError(f"{self.module} ended before it answered; what it said stands above")
        return line.strip()

    def ask(self, line: object = "") -> str:
        """Send it a line and give its answer."""
        self.stdin.write(f"{line}\n")
        self.stdin.flush()
        return self.read()


def answer(line: object) -> None:
    """Print a line for the parent: what the modules themselves use."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def child(module: str, *arguments: object, processor: int) -> Iterator[Child]:
    """Run a module of `venue.bench` in a process of its own, on one processor, for as long as it is needed."""
    command = [sys.executable, "-P", "-m", f"venue.bench.{module}", *map(str, arguments)]
    with pinned(processor):
        process = subprocess.Popen(  # noqa: S603 - our own
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # whoever interrupts the bench interrupts its parent, which ends them all
        )
    try:
        yield Child(module, process)
    finally:
        process.kill()
        process.communicate()
