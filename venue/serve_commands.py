"""The commands `portcullis demo` and `portcullis serve`: a venue in this process, from its start to its last signal."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import click
import msgspec
import structlog
import uvloop

from venue import config as configuration
from venue.admission import asks_none
from venue.app import Venue
from venue.build import version_line
from venue.clock import RealClock
from venue.config import Config
from venue.descriptors import make_room
from venue.exits import DATA, FAILED, INTERRUPTED, say
from venue.feed_settings import FEEDS
from venue.file_settings import BESIDE
from venue.http_settings import ClientSettings, PersonSettings
from venue.last_started import remember
from venue.roles import OPERATIONS
from venue.service_settings import Durability, PortSettings
from venue.stderr import LogWriter, log_through

SAME_SIGNAL_SECONDS = 0.1
DURABILITIES = click.Choice(["disk", "process", "memory"])


@click.command()
@click.option("--port-base", type=click.IntRange(0, 65_000), help="First port (default 7400); 0 takes free ones.")
@DATA
@click.option("--durability", type=DURABILITIES, help="What an acknowledgement survives (default disk).")
def demo(port_base: int | None, data: Path | None, durability: Durability | None) -> int:
    """Start the demo venue on 127.0.0.1, by default in a fresh temporary directory.

    \b
    Examples:
      portcullis demo
      portcullis demo --port-base 0 --data /tmp/venue --durability process
    """
    config = _override(configuration.parse(configuration.sample()), port_base, durability)
    return run(config, data or Path(tempfile.mkdtemp(prefix="portcullis-")))


@click.command()
@click.option("--config", "file", type=click.Path(path_type=Path), required=True, help="The configuration file.")
@click.option("--port-base", type=click.IntRange(0, 65_000), help="First port, in place of the file's.")
@DATA
@click.option("--durability", type=DURABILITIES, help="What an acknowledgement survives, in place of the file's.")
def serve(file: Path, port_base: int | None, data: Path | None, durability: Durability | None) -> int:
    """Start a venue of your own, by default with its data in ./portcullis-data.

    \b
    Example:
      portcullis serve --config my.toml --data venue-data
    """
    return run(_override(configuration.load(file), port_base, durability), data or Path("portcullis-data"))


def _override(config: Config, port_base: int | None, durability: Durability | None) -> Config:
    changes: dict[str, Any] = {"port_base": port_base, "durability": durability}
    given = {key: value for key, value in changes.items() if value is not None}
    return msgspec.structs.replace(config, venue=msgspec.structs.replace(config.venue, **given))


def run(config: Config, data: Path) -> int:
    """Run a venue until a signal ends it; gives the exit code."""
    config, remark = make_room(config)
    if remark:
        say(0, remark)
    lines = LogWriter()
    log_through(
        lines,
        structlog.processors.TimeStamper(fmt="%H:%M:%S.%f", utc=False),
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(_run(Venue(config, data.resolve(), RealClock()), lines))
        finally:
            lines.drain()


async def _run(venue: Venue, lines: LogWriter) -> int:
    """Start, say so, wait for a signal or a failure, stop."""
    loop = asyncio.get_running_loop()
    signals: asyncio.Queue[int] = asyncio.Queue()
    with EarlySignals() as early:
        await venue.start()
        early.hand_over(loop, signals)
    trouble = remember(venue.data)
    if trouble:
        say(0, trouble)
    lines.drain()
    click.echo(banner(venue), err=True)
    gc.collect()
    gc.freeze()
    gc.disable()
    signalled: asyncio.Future[object] = asyncio.ensure_future(signals.get())
    await asyncio.wait((signalled, venue.failed), return_when=asyncio.FIRST_COMPLETED)
    if venue.failed.done():
        lines.drain()
        return say(FAILED, f"the venue cannot go on: {venue.failed.result()!r}. Nothing more was acknowledged.")
    stopping = asyncio.ensure_future(venue.stop())
    again = asyncio.ensure_future(_second(signals))
    await asyncio.wait({stopping, again}, return_when=asyncio.FIRST_COMPLETED)
    if not stopping.done():
        os._exit(INTERRUPTED)
    again.cancel()
    stopping.result()
    if venue.failed.done():
        return say(FAILED, f"the last records could not be written: {venue.failed.result()!r}. They were not answered.")
    kept = "" if venue.writer is None else f", kept in {venue.data}"
    lines.write(f"stopped after {venue.machine.number:,} records{kept}\n")
    return 0


class EarlySignals:
    """Signals while a venue starts, which may take a while and does not let the loop run.

    The first one is noted: the venue stops as soon as it has started. A second one ends the program at once.
    """

    def __init__(self) -> None:
        self.first: float | None = None
        self.before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT):
            self.before[number] = signal.signal(number, self.take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def hand_over(self, loop: asyncio.AbstractEventLoop, signals: asyncio.Queue[int]) -> None:
        """Let the loop take signals from now on, with no moment in between at which one would kill."""
        for number in self.before:
            loop.add_signal_handler(number, signals.put_nowait, number)
        self.before.clear()
        if self.first is not None:
            signals.put_nowait(signal.SIGTERM)

    def take(self, number: int, frame: object) -> None:
        """Note the first, obey the second."""
        now = time.monotonic()
        if self.first is None:
            self.first = now
        elif now - self.first > SAME_SIGNAL_SECONDS:
            os._exit(INTERRUPTED)


async def _second(signals: asyncio.Queue[int]) -> None:
    """Wait for another signal. One that follows at once is the same: `uv run` passes on what its group got too."""
    await asyncio.sleep(SAME_SIGNAL_SECONDS)
    while not signals.empty():
        signals.get_nowait()
    await signals.get()


def banner(venue: Venue) -> str:
    """Give what a stranger needs to know: what runs, where, and how to log on."""
    settings = venue.config.venue
    engine = venue.machine.engine
    data = os.fsencode(venue.data).decode("utf-8", "replace")
    lines = [
        "",
        f"  {settings.name}    {version_line()}",
        f"  data {data}  ({settings.durability})    trading day {engine.date}, session {engine.session}",
    ]
    if venue.recovered:
        lines.append(f"  recovered {venue.recovered:,} records")
    lines.append("")
    logins = "logins (SoupBinTCP user or FIX CompID / password)" if settings.show_logins else ""
    lines.append(f"  {'service':<17}{'address':<24}{logins}")
    tls = {service.key: " TLS" for service in venue.config.service if service.tls}
    for key, (host, port) in venue.addresses.items():
        logins = ""
        if settings.show_logins:
            logins = _logins([port for port in venue.config.port if port.service == key])
            logins = _beside_logins(venue.config, key) or logins
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if venue.config.web_service is not None and key == venue.config.web_service.key:
            address = f"http{'s' if key in tls else ''}://{address}"
            logins = _web_logins(venue.config) if settings.show_logins else ""
        lines.append(f"  {key:<17}{address + tls.get(key, ''):<24}{logins}".rstrip())
    lines += [
        "",
        "  portcullis tail   follows it      portcullis ops ports   looks inside      Ctrl-C   stops it",
        "Ready",
    ]
    return "\n".join(lines)


def _logins(ports: list[PortSettings]) -> str:
    """Give user names and passwords, a password that all share only once."""
    passwords = {_password(port) for port in ports}
    if len(passwords) == 1:
        return "  ".join(port.name for port in ports) + f" / {passwords.pop()}"
    return "  ".join(f"{port.name} / {_password(port)}" for port in ports) or "none"


def _password(port: PortSettings) -> str:
    return port.password or ("no password" if asks_none(port) else "(hashed)")


def _beside_logins(config: Config, key: str) -> str:
    """Give the logins of a service of the second process, "" where the service is none; it may have none."""
    protocol = next(service.protocol for service in config.service if service.key == key)
    if protocol in FEEDS:
        readers = [f"{reader.name} / {reader.password or '(hashed)'}" for reader in config.subscriber]
        return "  ".join(readers) or "no logins"
    if protocol not in BESIDE:
        return ""
    members = [member for member in config.member if member.password is not None]
    if protocol == "smtp-sink" or not members:
        return "no logins"
    return "  ".join(f"{member.mpid} / {member.password}" for member in members)


def _web_logins(config: Config) -> str:
    """Give one login of a program and one of a person: of those who may most, where there are some."""

    def may_most(one: ClientSettings | PersonSettings) -> bool:
        return OPERATIONS in one.roles

    clients = sorted((client for client in config.client if client.secret), key=may_most, reverse=True)
    people = sorted((person for person in config.person if person.password), key=may_most, reverse=True)
    return "  ".join(
        [f"client {client.id} / {client.secret}" for client in clients[:1]]
        + [f"person {person.name} / {person.password}" for person in people[:1]]
    )
