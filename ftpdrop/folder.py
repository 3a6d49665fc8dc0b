"""A member's folder: which lists lie there, and their bytes, without trusting what a member may have put there.

Files are opened by name within the folder, never through a link, and never anything but a plain file. What was read is
given only where the file was the same before and after.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from ftpdrop.formats import BYTES_MAX, BadFile, is_list

FILES_MAX: Final = 1_000
"""Files of a folder that are looked at beside those expected, by name: the others wait until these are gone."""
TRIES: Final = 3
"""How often a file that is replaced while it is read is read anew."""
READABLE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITABLE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Look(NamedTuple):
    """A file as it lies there: what tells one version of it from another, and when it last changed (Unix time, ns)."""

    inode: int
    size: int
    changed_at: int


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    """Open a folder, which is no link; raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def lists(folder: Path, expected: Container[str] = ()) -> dict[str, Look]:
    """Give what lies in a folder under names of lists, by name; raises `OSError`.

    However many others there are, those that are expected are among them: a list that is not found restricts nothing.
    """
    found = {}
    with opened(folder) as descriptor:
        with os.scandir(descriptor) as entries:
            names = sorted(filter(is_list, (entry.name for entry in entries)))
        others = [name for name in names if name not in expected][:FILES_MAX]
        for name in sorted([*others, *(name for name in names if name in expected)]):
            with suppress(FileNotFoundError):  # it has just gone
                found[name] = _look(os.stat(name, dir_fd=descriptor, follow_symlinks=False))
    return found


def read_list(folder: Path, name: str) -> tuple[Look, bytes]:
    """Give a file's bytes, and the version that they are of; raises `BadFile`, and `OSError` where it is gone."""
    with opened(folder) as descriptor:
        for _ in range(TRIES):
            before = _look(_plain(os.stat(name, dir_fd=descriptor, follow_symlinks=False)))
            data = _bytes(descriptor, name)
            if before == _look(os.stat(name, dir_fd=descriptor, follow_symlinks=False)):
                return before, data
    raise BadFile("it is replaced or written while it is read")


def _bytes(folder: int, name: str) -> bytes:
    try:
        descriptor = os.open(name, READABLE, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BadFile(f"it cannot be opened: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        _plain(os.fstat(descriptor))
        return file.read(BYTES_MAX + 1)


def _plain(status: os.stat_result) -> os.stat_result:
    """Give the status of a plain file of a size that may be; raises `BadFile`."""
    if stat.S_ISLNK(status.st_mode):
        raise BadFile("it is a link, and links are not followed")
    if not stat.S_ISREG(status.st_mode):
        raise BadFile("it is no plain file")
    if status.st_size > BYTES_MAX:
        raise BadFile(f"it has {status.st_size:,} bytes; {BYTES_MAX:,} are all there may be")
    return status


def _look(status: os.stat_result) -> Look:
    return Look(status.st_ino, status.st_size, status.st_mtime_ns)


def write_beside(folder: Path, name: str, data: bytes) -> None:
    """Put a file of ours into a folder, whole or not at all, in the place of what has its name; raises `OSError`."""
    aside = f".{name[-200:]}.unfinished"
    with opened(folder) as directory:
        with suppress(FileNotFoundError):
            os.unlink(aside, dir_fd=directory)
        try:
            with os.fdopen(os.open(aside, WRITABLE, 0o644, dir_fd=directory), "wb") as file:
                file.write(data)
            os.rename(aside, name, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError:
            with suppress(OSError):
                os.unlink(aside, dir_fd=directory)
            raise
