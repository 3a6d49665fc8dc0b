"""`portcullis bench NAME`: each bench as a command with options of its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from venue import build
from venue.bench import pictures, report
from venue.bench.beside import rtt_beside
from venue.bench.callgrind import callgrind
from venue.bench.engine import engine as measure_engine
from venue.bench.figures import Figures
from venue.bench.pause import pause as measure_pause
from venue.bench.profile import profile
from venue.bench.recovery import recovery as measure_recovery
from venue.bench.rtt import rtt as measure_rtt
from venue.bench.scale import FULL, QUICK
from venue.bench.scale import scale as measure_scale
from venue.bench.soak import soak as measure_soak
from venue.bench.throughput import throughput as measure_throughput
from venue.service_settings import Durability

LEVELS = click.Choice(["disk", "process", "memory"])
MANY = click.IntRange(1, 10_000_000)
ROUNDS = click.IntRange(1, 1_000)
IN_MEMORY = click.option(
    "--durability", type=LEVELS, default="memory", show_default=True, help="The venue's durability."
)
ON_DISK = click.option("--durability", type=LEVELS, default="disk", show_default=True, help="The venue's durability.")


WRITE = click.option(
    "--write",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write figures.json, the curves, and the tables of performance.md there.",
)


class Benches(click.Group):
    """The benches; a name that is none of theirs is answered with those there are."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the bench meant."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            names = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"no bench is called {args[0]}; there are {names}", ctx)
        return super().resolve_command(ctx, args)


@contextmanager
def ended_by_a_signal() -> Iterator[None]:
    """Take a SIGTERM like an interrupt meanwhile: what was started is ended, and what was written is removed."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@click.group(cls=Benches)
@click.pass_context
def bench(context: click.Context) -> None:
    """Measure a venue on this machine, always beside something else in the same run.

    Progress goes to stderr; one JSON object comes last, on stdout. What the figures mean stands in docs/performance.md.

    \b
    Examples:
      portcullis bench rtt --durability disk
      portcullis bench throughput --sessions 32 --all-levels
      portcullis bench engine --callgrind
      portcullis bench soak --minutes 5
    """
    context.with_resource(ended_by_a_signal())


@bench.command()
@IN_MEMORY
@click.option(
    "--protocol",
    type=click.Choice(["ouch", "fix", "rash", "ouch-nordic", "ouch-eqrc"]),
    default="ouch",
    show_default=True,
    help="What the client speaks.",
)
@click.option("--rounds", type=ROUNDS, default=20, show_default=True, help="Rounds of 500 orders, by turns.")
@click.option("--sidecar", is_flag=True, help="Beside a second process that runs, and one that is killed, instead.")
def rtt(durability: Durability, protocol: str, rounds: int, sidecar: bool) -> None:
    """Round trip of one order, beside a bare echo.

    Where the Python module quickfix is installed, a QuickFIX acceptor is measured too; at disk a bare fdatasync. Over
    ouch-nordic orders that meet all of PRM are measured beside orders that meet none of it, with ouch-eqrc those that
    meet every US control, of which 2,000 ports have all.

    \b
    Examples:
      portcullis bench rtt
      portcullis bench rtt --protocol fix
      portcullis bench rtt --protocol rash
      portcullis bench rtt --protocol ouch-nordic
      portcullis bench rtt --protocol ouch-eqrc
      portcullis bench rtt --sidecar
    """
    if sidecar and protocol != "ouch":
        raise click.UsageError("a second process is measured beside ouch only")
    if sidecar:
        _print(rtt_beside(_say, durability, rounds))
        return
    _print(measure_rtt(_say, durability, rounds, protocol))


@bench.command()
@IN_MEMORY
@click.option("--all-levels", is_flag=True, help="A venue of each durability by turns, as ratios to memory.")
@click.option("--sessions", type=click.IntRange(1, 1_000), default=8, show_default=True, help="Sessions that pipeline.")
@click.option("--rounds", type=ROUNDS, default=15, show_default=True, help="Rounds, by turns.")
@click.option("--orders", type=MANY, default=20_000, show_default=True, help="Orders of a round.")
def throughput(durability: Durability, all_levels: bool, sessions: int, rounds: int, orders: int) -> None:
    """Orders a second with many in flight, beside an echo.

    \b
    Example:
      portcullis bench throughput --sessions 1
    """
    _print(measure_throughput(_say, durability, sessions, rounds, orders, all_levels))


@bench.command()
@click.option("--rounds", type=ROUNDS, default=20, show_default=True, help="Rounds of 2,000 orders a kind, by turns.")
@click.option("--callgrind", "instructions", is_flag=True, help="Count instructions with valgrind instead.")
@click.option("--profile", "profiled", is_flag=True, help="Tell where the time goes instead.")
def engine(rounds: int, instructions: bool, profiled: bool) -> None:
    """Cost of each kind of order in process, bytes to bytes.

    \b
    Examples:
      portcullis bench engine
      portcullis bench engine --callgrind
    """
    if instructions and profiled:
        raise click.UsageError("--callgrind and --profile are two different runs")
    if profiled and build.describe() != "pure":
        raise click.UsageError("--profile sees no compiled function; run it with the plain build, .venv/bin/portcullis")
    if instructions:
        _print(callgrind(_say, batches=min(rounds, 5)))
    else:
        _print(profile() if profiled else measure_engine(_say, rounds))


@bench.command()
@click.option("--quick", is_flag=True, help="Small sizes only: shows that it works.")
@click.option(
    "--pictures", "directory", type=click.Path(path_type=Path, file_okay=False), help="Draw the curves there."
)
def scale(quick: bool, directory: Path | None) -> None:
    """Cost of an order as the venue fills, as ratios.

    \b
    Example:
      portcullis bench scale --pictures docs
    """
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
    figures = measure_scale(_say, QUICK if quick else FULL)
    if directory is not None:
        for file in pictures.write(figures, directory):
            _say(f"wrote {file}")
    _print(figures)


@bench.command()
@ON_DISK
@click.option("--records", type=MANY, default=100_000, show_default=True, help="Records in the log.")
@click.option("--rounds", type=ROUNDS, default=3, show_default=True, help="Starts of each kind, by turns.")
def recovery(durability: Durability, records: int, rounds: int) -> None:
    """Seconds from a start, or from kill -9, to an answer.

    \b
    Example:
      portcullis bench recovery --records 1000000
    """
    if durability == "memory":
        raise click.BadParameter("memory keeps nothing to recover", param_hint="--durability")
    _print(measure_recovery(_say, durability, records, rounds))


@bench.command()
@IN_MEMORY
@click.option(
    "--orders",
    type=click.IntRange(100, 10_000_000),
    default=1_200_000,
    show_default=True,
    help="Orders that fill the book.",
)
@click.option(
    "--killed", type=click.IntRange(1, 900_000), default=10_000, show_default=True, help="Orders of the kill switch."
)
@click.option("--logins", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Logins at once.")
def pause(durability: Durability, orders: int, killed: int, logins: int) -> None:
    """Worst wait of a neighbour while others do a lot.

    \b
    Example:
      portcullis bench pause
    """
    _print(measure_pause(_say, durability, orders, killed, logins))


@bench.command()
@ON_DISK
@click.option("--minutes", type=click.FloatRange(0.01, 1_440), default=20, show_default=True, help="How long.")
@click.option("--days", type=click.IntRange(1, 1_000), default=2, show_default=True, help="Trading days in that time.")
@WRITE
def soak(durability: Durability, minutes: float, days: int, directory: Path | None) -> None:
    """Run for long at a fifth of capacity: answers, memory.

    \b
    Example:
      portcullis bench soak --minutes 20
    """
    figures = measure_soak(_say, durability, minutes, days)
    _write({"soak": figures | {"date": report.today()}}, directory)
    _print(figures)


@bench.command("all")
@click.option("--quick", is_flag=True, help="Small sizes only: shows that it works.")
@click.option(
    "--compiled",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The program of a compiled build, to be measured beside.",
)
@WRITE
def everything(quick: bool, compiled: Path | None, directory: Path | None) -> None:
    """All of them but soak, and the tables of the documentation.

    \b
    Example:
      portcullis bench all --compiled .venv-compiled/bin/portcullis --write docs
    """
    figures = report.measure(_say, quick, compiled)
    _write(figures, directory)
    _print(figures)


def _write(figures: Figures, directory: Path | None) -> None:
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        for file in report.write(figures, directory):
            _say(f"wrote {file}")


def _say(text: str) -> None:
    click.echo(text, err=True)


def _print(figures: Figures) -> None:
    click.echo(msgspec.json.encode(figures).decode())
