"""Members' homes, as SFTP and FTP show them: the lists of one member, and with SFTP its reports under `reports`.

    /GP29PR_RestrictedSymbols.csv      ─▶ DIR/ftp/GP29/…        to read, write, rename and remove
    /reports/PRM_Audit_GP29_….csv      ─▶ DIR/reports/GP29/…    to read

A home has no folders of a member's making and no links, so a path is a name, or a name under `reports`, and nothing
else. An upload is written beside its name and takes it when it is complete.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from ftpdrop.formats import BYTES_MAX
from venue.report_files import FOLDER as REPORTS
from venue.sidecar.files import FOLDER as LISTS

REPORTS_NAME: Final = "reports"
FILES_MAX: Final = 1_000
"""Files that a home may hold."""
LARGEST_UPLOAD: Final = 2 * BYTES_MAX
"""Bytes of an upload: a list of so many is refused, and its sender should learn why."""
LONGEST_NAME: Final = 200
UPLOAD: Final = ".upload-"
"""How the name of an upload begins that goes on."""


class Place(NamedTuple):
    """What a path of a home means: a folder on the disk, and a name in it, "" for the folder itself."""

    folder: Path
    name: str
    is_report: bool

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / self.name if self.name else self.folder


class Home:
    """The home of one member. Every method takes a path as the member writes it, and raises `OSError`."""

    def __init__(self, data: Path, mpid: str) -> None:
        self.lists = data / LISTS / mpid
        self.reports = data / REPORTS / mpid

    def place(self, path: str) -> Place:
        """Find what a path means; raises `FileNotFoundError` where it can be nothing of the home's."""
        names = [part for part in PurePosixPath("/", path).parts[1:] if part not in {"", "."}]
        if ".." in names:
            names = list(PurePosixPath(os.path.normpath("/" + "/".join(names))).parts[1:])
        is_report = names[:1] == [REPORTS_NAME]
        inner = names[1:] if is_report else names
        if len(inner) > 1 or any(name.startswith(".") or "\0" in name or len(name) > LONGEST_NAME for name in inner):
            raise _missing(path)
        return Place(self.reports if is_report else self.lists, inner[0] if inner else "", is_report)

    def status(self, path: str) -> os.stat_result:
        """Give the status of a file or folder, itself."""
        place = self.place(path)
        if not place.name:
            place.folder.mkdir(parents=True, exist_ok=True)
            return place.folder.stat()
        return _plain(os.lstat(place.path))

    def names(self, path: str) -> list[tuple[str, os.stat_result]]:
        """List a folder: plain files, and at the top the reports."""
        place = self.place(path)
        if place.name:
            raise NotADirectoryError(errno.ENOTDIR, "it is no folder", path)
        found = [] if place.is_report else [(REPORTS_NAME, self.status(f"/{REPORTS_NAME}"))]
        place.folder.mkdir(parents=True, exist_ok=True)
        for inner in sorted(place.folder.iterdir()):
            with suppress(FileNotFoundError):
                if not inner.name.startswith("."):
                    found.append((inner.name, _plain(inner.lstat())))
        return found

    def reader(self, path: str) -> int:
        """Open a file to read; gives its descriptor."""
        place = self._named(path)
        descriptor = os.open(place.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            _plain(os.fstat(descriptor))
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def begin(self, path: str) -> tuple[int, Path]:
        """Begin an upload; gives the descriptor to write to, and where it is until `complete`."""
        place = self._own(path)
        place.folder.mkdir(parents=True, exist_ok=True)
        if sum(1 for _ in place.folder.iterdir()) >= FILES_MAX:
            raise _denied(f"a home holds {FILES_MAX} files at the most")
        aside = place.folder / f"{UPLOAD}{secrets.token_hex(8)}"
        return os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), aside

    def complete(self, aside: Path, path: str) -> None:
        """Let an upload have its name."""
        try:
            aside.rename(self._own(path).path)
        except OSError:
            aside.unlink(missing_ok=True)
            raise

    def rename(self, old: str, new: str, *, replaces: bool) -> None:
        """Give a file another name."""
        source, target = self._own(old), self._own(new)
        if not replaces and os.path.lexists(target.path):
            raise FileExistsError(errno.EEXIST, "there is a file of that name", new)
        _plain(os.lstat(source.path))
        source.path.rename(target.path)

    def remove(self, path: str) -> None:
        """Remove a file."""
        place = self._own(path)
        _plain(os.lstat(place.path))
        place.path.unlink()

    def clear(self) -> None:
        """Remove what uploads left that did not end, because the process did."""
        with suppress(OSError):
            for left in self.lists.glob(f"{UPLOAD}*"):
                left.unlink(missing_ok=True)

    def _named(self, path: str) -> Place:
        place = self.place(path)
        if not place.name:
            raise IsADirectoryError(errno.EISDIR, "it is a folder", path)
        return place

    def _own(self, path: str) -> Place:
        """Give the place of a file that the member may change."""
        place = self._named(path)
        if place.is_report:
            raise _denied("reports are only to be read")
        return place


def _plain(status: os.stat_result) -> os.stat_result:
    """Give the status of a plain file; raises `PermissionError` for anything else."""
    if not stat.S_ISREG(status.st_mode):
        raise _denied("it is no plain file")
    return status


def _missing(path: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, "there is no such file", path)


def _denied(why: str) -> PermissionError:
    return PermissionError(errno.EACCES, why)
