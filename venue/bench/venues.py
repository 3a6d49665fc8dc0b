"""A venue for a bench, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import tomli_w

from venue.bench.clients import PATIENCE_SECONDS, log_in
from venue.bench.configurations import COMP_ID, PASSWORD
from venue.bench.figures import pinned, resident_bytes
from venue.bench.fix_session import FixSession
from venue.control import ask

START_SECONDS = 120
"""How long a venue may take to start: it may have a long log to recover."""


class VenueProcess:
    """A venue in a process of its own, on one processor."""

    def __init__(self, settings: dict[str, Any], directory: Path, processor: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.file = directory / "bench.toml"
        self.file.write_text(tomli_w.dumps(settings), encoding="utf-8")
        self.data = directory / "data"
        self.errors = directory / "stderr"
        self.environment = os.environ | {"XDG_STATE_HOME": str(directory)}  # the last venue of the user's is not ours
        self.service = str(settings["service"][0]["key"])
        self.processor = processor
        self.process: subprocess.Popen[bytes]
        self.address: tuple[str, int]

    def start(self) -> VenueProcess:
        """Start it, and wait until every port listens."""
        arguments = ["serve", "--config", str(self.file), "--data", str(self.data)]
        command = [sys.executable, "-P", "-c", "from venue.cli import main; main()", *arguments]
        with self.errors.open("ab") as errors, pinned(self.processor):
            self.process = subprocess.Popen(  # noqa: S603 - our own
                command, stderr=errors, env=self.environment, start_new_session=True
            )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with suppress(FileNotFoundError):
                published = json.loads((self.data / "ports.json").read_text(encoding="utf-8"))
                if published["pid"] == self.process.pid:
                    host, port = published["services"][self.service]
                    self.address = (host, port)
                    return self
            time.sleep(0.002)
        raise OSError(f"the venue did not start: {self.errors.read_text(encoding='utf-8', errors='replace')[-400:]}")

    def connect(self, name: str, sequence: int = 1) -> socket.socket:
        """Give a connection that is logged in; what the port was sent before is read and dropped."""
        return log_in(self.address, name, PASSWORD, sequence)

    def fix_session(self, name: str) -> FixSession:
        """Give a FIX session that is logged on; whoever is done with it closes its connection."""
        connection = socket.create_connection(self.address)
        connection.settimeout(PATIENCE_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return FixSession(connection, name, COMP_ID)

    def resident(self) -> int:
        """Give the bytes of memory that it has in use."""
        return resident_bytes(self.process.pid)

    def next_day(self) -> None:
        """End the trading day and open the next."""
        response = ask(self.data, "trading-day/next", {})
        if response.status >= 400:
            raise OSError(f"the trading day did not end: {response.body}")

    def make_rules(self, bodies: Iterable[dict[str, Any]]) -> None:
        """Make rules of US markets, and begin the day from which they hold."""
        for body in bodies:
            response = ask(self.data, "rules-api/rules", body, "POST")
            if response.status >= 400:
                raise OSError(f"the rule was not made: {response.body}")
        self.next_day()

    def stop(self) -> None:
        """Stop it as an operator does."""
        self.process.terminate()
        self.process.wait()

    def kill(self) -> None:
        """Kill it like a crash does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


@contextmanager
def venue(settings: dict[str, Any], directory: Path, processor: int) -> Iterator[VenueProcess]:
    """Run a venue in a process of its own for as long as it is needed."""
    with ExitStack() as stack:
        started = VenueProcess(settings, directory, processor)
        stack.callback(lambda: started.kill() if hasattr(started, "process") else None)
        yield started.start()
