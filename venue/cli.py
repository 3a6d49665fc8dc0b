"""The command line: `portcullis demo`, `serve`, `config`, `tail`, `explain`, `replay`, `ops`, `prm`, `bench`, the kit.

Data goes to stdout, everything else to stderr. Exit codes: 0 fine, 1 failed at run time, 2 usage, 3 bad
configuration, 4 port taken, 5 log damaged, 130 interrupted (a second signal, or a client command's first).

For editors: what a command needs is loaded when it is called, so that `--version` and `--help` take no second. Whatever
is imported here is loaded by all of them.
"""

from __future__ import annotations

import os
import pkgutil
import sqlite3
import sys
from typing import NamedTuple

import click

from venue.build import version_line
from venue.exits import FAILED, INTERRUPTED, say


class Line(NamedTuple):
    """A command: the module that has it by its name, and the sentence that `--help` begins with."""

    module: str
    help: str


COMMANDS = {
    "bench": Line(
        "venue.bench.command", "Measure a venue on this machine, always beside something else in the same run."
    ),
    "config": Line(
        "venue.config_commands",
        "Print a sample configuration, check one, show what it comes to, or hash a password for one.",
    ),
    "conform": Line(
        "venue.conformance_commands",
        "Hold any server to its documents: plays a SUITE of scenarios over the wire and reports rule by rule.",
    ),
    "decode": Line(
        "venue.conformance_commands",
        "Take SoupBinTCP, OUCH, RASHport, PRM, ITCH, MoldUDP64 and FIX bytes apart: a line a field.",
    ),
    "demo": Line(
        "venue.serve_commands", "Start the demo venue on 127.0.0.1, by default in a fresh temporary directory."
    ),
    "explain": Line(
        "venue.explain.command", "Say why an order was refused: which check, by how much, and what would pass."
    ),
    "ops": Line(
        "venue.ops_command",
        "Ask a running venue: NAME is a path with its values filled in; without JSON it looks, with JSON it changes.",
    ),
    "prm": Line("venue.prm_command", "Look at a member's PRM accounts and change them for today, as its risk desk."),
    "replay": Line(
        "venue.log_commands",
        "Re-run the log of DIRECTORY with no ports open; print how many records it has and the state's hash.",
    ),
    "serve": Line("venue.serve_commands", "Start a venue of your own, by default with its data in ./portcullis-data."),
    "tail": Line("venue.log_commands", "Print what comes in and what is answered: all of the log, then live."),
}


class Commands(click.Group):
    """The commands of `COMMANDS`, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give their names."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = pkgutil.resolve_name(f"{COMMANDS[cmd_name].module}:{cmd_name}")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print them all, and load none."""
        width = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, click.Command(name, help=line.help).get_short_help_str(width))
                    for name, line in sorted(COMMANDS.items())
                ]
            )


def main() -> None:
    """Run the command line; every failure is one readable line and its exit code."""
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FAILED
    except sqlite3.Error as error:
        code = say(FAILED, f"the log cannot be used: {error}; see that the disk works and has room")
    except OSError as error:
        code = say(FAILED, str(error))
    except Exception as error:
        from venue.failures import explained  # noqa: PLC0415 - it loads most of the venue

        failure = explained(error)
        if failure is None:
            raise
        code = say(*failure)
    sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
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
