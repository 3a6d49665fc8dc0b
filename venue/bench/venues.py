"""Venues for benches: a configuration of any size, and a venue of it in a process of its own.

Every port but the free ones carries the demo's risk rules, as a firm of its own, with a message rate that no bench
reaches: the rate is counted and compared all the same. Heartbeats are so rare that they come into no count of bytes,
except where a bench asks for them.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from venue import config as configuration
from venue.bench.clients import log_in
from venue.bench.figures import pinned, resident_bytes
from venue.config import Config
from venue.control import ask

START_SECONDS = 120
"""How long a venue may take to start: it may have a long log to recover."""
SERVICE = "ouch.nasdaq"
PASSWORD = "NTFTEST"  # noqa: S105 - of venues that live for one bench
FREE_PORTS = ("FREE01", "FREE02")
"""Ports without rules, each of a firm of its own."""
RARELY_MS = 3_600_000
UNREACHED = 1_000_000_000
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def port_name(number: int) -> str:
    """Give the name of a port with rules, counted from 0."""
    return f"B{number:05d}"


def firm(number: int) -> str:
    """Give the MPID of a port with rules, counted from 0."""
    return "F" + "".join(DIGITS[number // 36**place % 36] for place in (2, 1, 0))


def free_firm(name: str) -> str:
    """Give the MPID of a free port."""
    return f"FR{name[-2:]}"


def symbol_name(number: int) -> str:
    """Give the name of an additional symbol, counted from 0."""
    return f"S{number:05d}"


def tables(
    ports: int = 1,
    symbols: int = 0,
    ruled: int | None = None,
    heartbeat_interval_ms: int = RARELY_MS,
    durability: str = "memory",
) -> dict[str, Any]:
    """Make a configuration with so many ports and additional symbols; the first `ruled` ports (all) carry the rules."""
    demo = tomllib.loads(configuration.sample())
    ruled = ports if ruled is None else ruled
    model = next(symbol for symbol in demo["symbol"] if symbol["symbol"] == "AAPL")
    names = [(port_name(number), firm(number)) for number in range(ports)]
    names += [(name, free_firm(name)) for name in FREE_PORTS]
    template = [rule for rule in demo["rule"] if rule["port"] == "IN30T1"]
    rules = [
        rule | {"port": name, "mpid": mpid, "settings": rule["settings"] | _unreached(rule)}
        for name, mpid in names[:ruled]
        for rule in template
    ]
    return {
        "venue": demo["venue"] | {"name": "bench", "port_base": 0, "show_logins": False, "durability": durability},
        "soupbintcp": demo["soupbintcp"]
        | {
            "heartbeat_interval_ms": heartbeat_interval_ms,
            "client_silence_limit_ms": RARELY_MS,
            "second_login": "take-over",  # who comes back at once need not wait until his leaving was noticed
        },
        "market": [market for market in demo["market"] if market["key"] == "nasdaq"],
        "service": [service for service in demo["service"] if service["key"] == SERVICE],
        "port": [{"name": name, "mpid": mpid, "service": SERVICE, "password": PASSWORD} for name, mpid in names],
        "symbol": demo["symbol"] + [model | {"symbol": symbol_name(number)} for number in range(symbols)],
        "rule": rules,
    }


def _unreached(rule: dict[str, Any]) -> dict[str, int]:
    return {"maxPortMessages": UNREACHED} if rule["type"] == "order-rate" else {}


def typed(settings: dict[str, Any]) -> Config:
    """Give a configuration as the venue knows it, without the checks across tables that a file gets."""
    return msgspec.convert(settings, Config)


class VenueProcess:
    """A venue in a process of its own, on one processor."""

    def __init__(self, settings: dict[str, Any], directory: Path, processor: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.file = directory / "bench.toml"
        self.file.write_text(tomli_w.dumps(settings), encoding="utf-8")
        self.data = directory / "data"
        self.errors = directory / "stderr"
        self.environment = os.environ | {"XDG_STATE_HOME": str(directory)}  # the last venue of the user's is not ours
        self.processor = processor
        self.process: subprocess.Popen[bytes]
        self.address: tuple[str, int]

    def start(self) -> VenueProcess:
        """Start it, and wait until every port listens."""
        arguments = ["serve", "--config", str(self.file), "--data", str(self.data)]
        command = [sys.executable, "-c", "from venue.cli import main; main()", *arguments]
        with self.errors.open("ab") as errors, pinned(self.processor):
            self.process = subprocess.Popen(command, stderr=errors, env=self.environment)  # noqa: S603 - our own
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with suppress(FileNotFoundError):
                published = json.loads((self.data / "ports.json").read_text(encoding="utf-8"))
                if published["pid"] == self.process.pid:
                    host, port = published["services"][SERVICE]
                    self.address = (host, port)
                    return self
            time.sleep(0.002)
        raise OSError(f"the venue did not start: {self.errors.read_text(encoding='utf-8', errors='replace')[-400:]}")

    def connect(self, name: str, sequence: int = 1, service: str = PASSWORD) -> socket.socket:
        """Give a connection that is logged in; what the port was sent before is read and dropped."""
        return log_in(self.address, name, service, sequence)

    def resident(self) -> int:
        """Give the bytes of memory that it has in use."""
        return resident_bytes(self.process.pid)

    def next_day(self) -> None:
        """End the trading day and open the next."""
        response = ask(self.data, "trading-day/next", {})
        if response.status >= 400:
            raise OSError(f"the trading day did not end: {response.body}")

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
