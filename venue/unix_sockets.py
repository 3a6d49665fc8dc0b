"""Sockets in the data directory: for the owner of the directory alone, however long its path is."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

LONGEST_SOCKET_PATH = 100
"""Beyond this a Unix socket's path has no room in its address, and goes through the directory's descriptor."""


class reachable:  # noqa: N801 - used like a function, in a with statement
    """The address of a Unix socket at `path`, short enough for the kernel while the block runs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.directory = -1

    def __enter__(self) -> str:
        if len(os.fsencode(self.path)) <= LONGEST_SOCKET_PATH:
            return str(self.path)
        self.directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self.directory}/{self.path.name}"

    def __exit__(self, *_: object) -> None:
        if self.directory >= 0:
            os.close(self.directory)


def bound(path: Path) -> socket.socket:
    """Bind a socket at `path` that its owner alone may connect to; what one that was killed left there is replaced."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with reachable(path) as address:
        bound.bind(address)
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    return bound
