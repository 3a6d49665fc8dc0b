"""What ends a command without being a fault of ours: which exit code it has, and how it is said.

For editors: only `venue.cli` imports this, and only once something has failed, for it loads most of the venue.
"""

from __future__ import annotations

from venue.app import PortTaken
from venue.config import ConfigError
from venue.exits import BAD_CONFIGURATION, FAILED, LOG_DAMAGED, PORT_TAKEN
from venue.log import DirectoryInUse
from venue.record import LogDamaged


def explained(error: Exception) -> tuple[int, str] | None:
    """Give the exit code and the text of a failure; None where it is a fault of ours."""
    if isinstance(error, ConfigError):
        return BAD_CONFIGURATION, f"bad configuration: {error}"
    if isinstance(error, PortTaken):
        return PORT_TAKEN, f"port taken: {error}; choose others with --port-base N, or 0 for free ones"
    if isinstance(error, LogDamaged):
        return LOG_DAMAGED, f"{error}\nNothing was mended. Keep the directory as evidence; start on another one."
    if isinstance(error, DirectoryInUse):
        return FAILED, f"{error}; stop it first, or name another directory with --data"
    return None
