"""How commands end: the exit codes, the line that says why, and which code each failure has.

Data goes to stdout, everything else to stderr.
"""

from __future__ import annotations

from pathlib import Path

import click

FAILED, USAGE, BAD_CONFIGURATION, PORT_TAKEN, LOG_DAMAGED, INTERRUPTED = 1, 2, 3, 4, 5, 130
DATA = click.option("--data", "data", type=click.Path(path_type=Path, file_okay=False), help="The venue's directory.")


def say(code: int, text: str) -> int:
    """Tell a person; gives the exit code back."""
    click.echo(f"portcullis: {text}", err=True)
    return code
