"""`portcullis bench NAME`: each bench as a command with options of its own."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from venue.bench.figures import Figures
from venue.bench.rtt import rtt as measure_rtt
from venue.bench.throughput import throughput as measure_throughput

DURABILITY = click.option(
    "--durability", type=click.Choice(["disk", "process", "memory"]), default="memory", show_default=True
)
COUNT = click.IntRange(1, 10_000_000)


class Benches(click.Group):
    """The benches; a name that is none is answered with those there are."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the bench meant."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise click.UsageError(f"no bench is called {args[0]!r}; there are {', '.join(self.list_commands(ctx))}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Benches)
def bench() -> None:
    """Measure this machine's venue, always as ratios within one run.

    Progress goes to stderr; one JSON object comes last, on stdout. What the figures mean: docs/performance.md.

    \b
    Examples:
      portcullis bench rtt
      portcullis bench throughput --sessions 32 --all-levels
    """


def _say(text: str) -> None:
    click.echo(text, err=True)


def _print(figures: Figures) -> None:
    click.echo(msgspec.json.encode(figures).decode())
