"""The venue last started by this user: a note of its directory, for commands that name none."""

from __future__ import annotations

import os
from pathlib import Path

import click


def _note() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "portcullis" / "last"


def remember(data: Path) -> str:
    """Note the venue last started; gives what to say where that cannot be done, which is no reason not to run."""
    note = _note()
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_bytes(os.fsencode(data) + b"\n")
    except OSError as error:
        return f"could not note this venue in {note}: {error.strerror}; name it with --data"
    return ""


def last_started(data: Path | None) -> Path:
    """Give the directory meant: the one named, else the venue last started by this user. Raises `click.UsageError`."""
    if data is not None:
        return data
    try:
        return Path(os.fsdecode(_note().read_bytes().rstrip(b"\n")))
    except OSError:
        raise click.UsageError("no venue was started yet by this user: name its directory with --data") from None
