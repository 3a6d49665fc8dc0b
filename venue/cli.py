"""The command line: `portcullis demo`, `serve`, `config`, `tail`, `explain`, `replay`, `ops`, `prm`, `bench`, the kit.

Data goes to stdout, everything else to stderr. Exit codes: 0 fine, 1 failed at run time, 2 usage, 3 bad
configuration, 4 port taken, 5 log damaged, 130 interrupted (a second signal, or a client command's first).
"""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import signal
import sqlite3
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any, Self

import click
import msgspec
import structlog
import uvloop

from venue import build
from venue import config as configuration
from venue.admission import asks_none
from venue.app import PortTaken, Venue
from venue.bench.command import bench
from venue.clock import RealClock
from venue.config import Config, ConfigError
from venue.config_commands import config
from venue.conformance_commands import conform, decode
from venue.control import Response, Verb, ask
from venue.descriptors import make_room
from venue.explain.command import explain
from venue.feed_settings import FEEDS
from venue.file_settings import BESIDE
from venue.follower import log_directory
from venue.http_settings import ClientSettings, PersonSettings
from venue.last_started import last_started, remember
from venue.log import DirectoryInUse
from venue.machine import Machine
from venue.prm_command import prm
from venue.record import LogDamaged
from venue.recovery import replay as replay_log
from venue.roles import OPERATIONS
from venue.service_settings import Durability, PortSettings
from venue.stderr import LogWriter, log_through
from venue.tail import Follower, line

FAILED, USAGE, BAD_CONFIGURATION, PORT_TAKEN, LOG_DAMAGED, INTERRUPTED = 1, 2, 3, 4, 5, 130
SAME_SIGNAL_SECONDS = 0.1
DURABILITIES = click.Choice(["disk", "process", "memory"])
DATA = click.option("--data", "data", type=click.Path(path_type=Path, file_okay=False), help="The venue's directory.")


def main() -> None:
    """Run the command line; every failure is one readable line and its exit code."""
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except ConfigError as error:
        code = _say(BAD_CONFIGURATION, f"bad configuration: {error}")
    except PortTaken as error:
        code = _say(PORT_TAKEN, f"port taken: {error}; choose others with --port-base N, or 0 for free ones")
    except LogDamaged as error:
        code = _say(LOG_DAMAGED, f"{error}\nNothing was mended. Keep the directory as evidence; start on another one.")
    except DirectoryInUse as error:
        code = _say(FAILED, f"{error}; stop it first, or name another directory with --data")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FAILED
    except sqlite3.Error as error:
        code = _say(FAILED, f"the log cannot be used: {error}; see that the disk works and has room")
    except OSError as error:
        code = _say(FAILED, str(error))
    sys.exit(code if isinstance(code, int) else 0)


def _say(code: int, text: str) -> int:
    click.echo(f"portcullis: {text}", err=True)
    return code


def version_line() -> str:
    """Give version, Python, event loop, and whether the code is compiled."""
    python, loop = platform.python_version(), metadata.version("uvloop")
    return f"portcullis {metadata.version('portcullis')}, Python {python}, uvloop {loop}, {build.describe()}"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(message="%(version)s", version=version_line())
def cli() -> None:
    """Portcullis: a trading venue's test facility in a box.

    \b
    Examples:
      portcullis demo                          a venue with demo ports, symbols and rules on 127.0.0.1
      portcullis tail                          what comes in and what is answered, live
      portcullis explain IN30T1 7              why that order was refused, and what would pass
      portcullis ops books/nasdaq/AAPL         a look at a book
      portcullis prm accounts                  PRM accounts as a risk desk sees them
      portcullis conform ouch --list           what a server can be held to, this one or another
      portcullis config init > my.toml         a configuration to make your own
      portcullis serve --config my.toml --data venue-data
    """


cli.add_command(config)
cli.add_command(conform)
cli.add_command(decode)


@cli.command()
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


@cli.command()
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
        _say(0, remark)
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
        _say(0, trouble)
    lines.drain()
    click.echo(banner(venue), err=True)
    gc.collect()
    gc.freeze()
    gc.disable()
    signalled: asyncio.Future[object] = asyncio.ensure_future(signals.get())
    await asyncio.wait((signalled, venue.failed), return_when=asyncio.FIRST_COMPLETED)
    if venue.failed.done():
        lines.drain()
        return _say(FAILED, f"the venue cannot go on: {venue.failed.result()!r}. Nothing more was acknowledged.")
    stopping = asyncio.ensure_future(venue.stop())
    again = asyncio.ensure_future(_second(signals))
    await asyncio.wait({stopping, again}, return_when=asyncio.FIRST_COMPLETED)
    if not stopping.done():
        os._exit(INTERRUPTED)
    again.cancel()
    stopping.result()
    if venue.failed.done():
        return _say(
            FAILED, f"the last records could not be written: {venue.failed.result()!r}. They were not answered."
        )
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


@cli.command()
@DATA
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--no-follow", is_flag=True, help="Stop at the end of what is there.")
def tail(data: Path | None, as_json: bool, no_follow: bool) -> int:
    """Print what comes in and what is answered: all of the log, then live.

    \b
    Examples:
      portcullis tail
      portcullis tail --json --no-follow --data /tmp/venue | jq 'select(.message == "Rejected") | .why'
    """
    directory = last_started(data)
    records = log_directory(directory)
    if records is None:
        runs = (directory / "ports.json").exists()
        why = "its durability is memory, and no second process keeps its records" if runs else "there is no log"
        return _say(FAILED, f"nothing to tail in {directory}: {why}")
    if not no_follow and not (directory / "ports.json").exists():
        _say(0, f"no venue runs on {directory} now: printing its log, then waiting (Ctrl-C ends it, --no-follow too)")
    with tempfile.TemporaryDirectory() as spill:
        for entry in Follower(Machine(Path(spill))).follow(records, forever=not no_follow):
            text = msgspec.json.encode(entry).decode() if as_json else line(entry)
            click.echo(text)
    return 0


@cli.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
def replay(directory: Path) -> int:
    """Re-run the log of DIRECTORY with no ports open; print how many records it has and the state's hash.

    \b
    Example:
      portcullis replay venue-data
    """
    if not (directory / "log").is_dir():
        return _say(FAILED, f"there is no log in {directory}")
    with tempfile.TemporaryDirectory() as spill:
        machine = Machine(Path(spill))
        replay_log(directory, machine)
        click.echo(f"records {machine.number}")
        click.echo(f"state {machine.hash()}")
    return 0


@cli.command()
@DATA
@click.option("--verb", type=click.Choice(["GET", "POST", "PUT", "DELETE"]), help="Which call of the path is meant.")
@click.argument("name")
@click.argument("body", required=False, metavar="[JSON]")
def ops(data: Path | None, verb: Verb | None, name: str, body: str | None) -> int:
    """Ask a running venue: NAME is a path with its values filled in; without JSON it looks, with JSON it changes.

    \b
    Examples:
      portcullis ops ports
      portcullis ops 'orders?port=IN19T6'
      portcullis ops books/nasdaq/AAPL
      portcullis ops phase '{"venue": "nasdaq", "book": "AAPL", "phase": "HALT"}'
      portcullis ops books/nasdaq/AAPL/prices '{"last": "201.50", "offer": null}'
      portcullis ops trades/nasdaq/1/bust '{"reason": "E"}'
      portcullis ops ports/IN30T1/release '{}'
      portcullis ops trading-day/next '{}'
      portcullis ops --verb DELETE clients/desk-1
    """
    try:
        decoded = msgspec.UNSET if body is None else msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="JSON") from None
    directory = last_started(data)
    try:
        response: Response = ask(directory, name, decoded, verb or "")
    except (FileNotFoundError, ConnectionRefusedError):
        last = "" if data else " (the one started last; name another with --data)"
        return _say(FAILED, f"no venue runs on {directory}{last}")
    click.echo(msgspec.json.format(msgspec.json.encode(response.body), indent=2).decode())
    return 0 if response.status < 400 else FAILED


cli.add_command(explain)
cli.add_command(prm)
cli.add_command(bench)
