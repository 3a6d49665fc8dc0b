"""The commands `portcullis tail` and `portcullis replay`: what a venue's log says, line by line or in the end."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
import msgspec

from venue.exits import DATA, FAILED, say
from venue.follower import log_directory
from venue.last_started import last_started
from venue.machine import Machine
from venue.recovery import replay as replay_log
from venue.tail import Follower, line


@click.command()
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
        return say(FAILED, f"nothing to tail in {directory}: {why}")
    if not no_follow and not (directory / "ports.json").exists():
        say(0, f"no venue runs on {directory} now: printing its log, then waiting (Ctrl-C ends it, --no-follow too)")
    with tempfile.TemporaryDirectory() as spill:
        for entry in Follower(Machine(Path(spill))).follow(records, forever=not no_follow):
            text = msgspec.json.encode(entry).decode() if as_json else line(entry)
            click.echo(text)
    return 0


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
def replay(directory: Path) -> int:
    """Re-run the log of DIRECTORY with no ports open; print how many records it has and the state's hash.

    \b
    Example:
      portcullis replay venue-data
    """
    if not (directory / "log").is_dir():
        return say(FAILED, f"there is no log in {directory}")
    with tempfile.TemporaryDirectory() as spill:
        machine = Machine(Path(spill))
        replay_log(directory, machine)
        click.echo(f"records {machine.number}")
        click.echo(f"state {machine.hash()}")
    return 0
