"""A venue in a process of its own, as tests start, ask, stop and kill it."""

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from venue.control import ask

PORTCULLIS = Path(sys.executable).with_name("portcullis")
PATIENCE = 15.0


def patient_ask(data, target, body, verb="", actor="", key=""):
    """Make an operations call, and fail where no answer comes."""
    socket.setdefaulttimeout(PATIENCE)
    try:
        return ask(data, target, body, verb, actor, key)
    finally:
        socket.setdefaulttimeout(None)


class Process:
    """A venue in a process of its own. Its standard error is in `errors`."""

    def __init__(self, arguments, data, environment):
        self.data = data
        self.errors = data.parent / f"{data.name}.stderr"
        with self.errors.open("ab") as stderr:
            self.process = subprocess.Popen(
                [PORTCULLIS, *arguments, "--data", data], stdout=stderr, stderr=stderr, env=environment
            )

    def ready(self):
        """Wait until every port listens."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            with suppress(FileNotFoundError):
                published = json.loads((self.data / "ports.json").read_text())
                if published["pid"] == self.process.pid:
                    assert published["ready"] is True
                    self.addresses = published["services"]
                    return self
            time.sleep(0.005)
        raise AssertionError(f"did not start: exit code {self.process.returncode}\n{self.errors.read_text()}")

    def kill(self):
        """Kill it like a crash does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, number=signal.SIGTERM):
        """Stop it as an operator does; gives the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def ask(self, target, body=msgspec.UNSET, verb="", actor="", key=""):
        """Make an operations call."""
        return patient_ask(self.data, target, body, verb, actor, key)
