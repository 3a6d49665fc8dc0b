"""Room for connections: each takes a file descriptor, and so do the log and every stream that is spilled to a file.

A log that finds no descriptor ends the venue, so connections may never take the last ones: the limit of this process
is raised towards what the configuration may need, and where it cannot be raised far enough the cap is lowered. The
kernel's table of our open files is made that large at once: whenever it has to double it, all threads wait for 10 to
20 ms.
"""

from __future__ import annotations

import fcntl
import os
import resource
from contextlib import suppress
from pathlib import Path

import msgspec

from venue.config import Config

OWN_DESCRIPTORS = 128
"""What the venue itself opens at most: log, snapshot, listeners, operations, the interpreter's files."""


def make_room(config: Config) -> tuple[Config, str]:
    """Raise the limit of open files, and give the configuration that fits, and what to say. Raises `OSError`."""
    fits, text = _raise_limit(config)
    _widen_table(fits)
    return fits, text


def _raise_limit(config: Config) -> tuple[Config, str]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    reserved = _reserved(config)
    wanted = config.venue.max_connections
    needed = reserved + wanted
    if _covers(soft, needed):
        return config, ""
    allowed = needed if _covers(hard, needed) else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    fits = allowed - reserved
    if fits >= wanted:
        return config, ""
    remedy = f"raise the hard limit to {needed:,} (`ulimit -Hn {needed}` as root, LimitNOFILE={needed} in a unit)"
    if fits < 1:
        raise OSError(f"this process may open {hard:,} files, which leaves none for connections; {remedy}")
    venue = msgspec.structs.replace(config.venue, max_connections=fits)
    text = f"at most {fits:,} connections, not {wanted:,}: this process may open {hard:,} files. To have more {remedy}"
    return msgspec.structs.replace(config, venue=venue), f"{text}; to live with it set venue.max_connections = {fits}"


def _reserved(config: Config) -> int:
    spools = 2 * len(config.port) + len(config.market)  # a stream has one for packets and one for lengths
    return OWN_DESCRIPTORS + len(config.service) + spools


def _widen_table(config: Config) -> None:
    """Have the table of open files made as large as it may have to be, by taking a high descriptor for a moment."""
    highest = _reserved(config) + config.venue.max_connections - 1
    with suppress(OSError), Path(os.devnull).open("rb") as some:  # somebody else has the last ones: then it grows later
        os.close(fcntl.fcntl(some, fcntl.F_DUPFD_CLOEXEC, highest))


def _covers(limit: int, needed: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= needed
