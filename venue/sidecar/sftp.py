"""SFTP for members: their lists to write, their reports to read, each in a home of its own (`venue.sidecar.homes`).

The server's key is made at the first start and kept in DIR/sidecar/ssh-key, mode 0600, so that clients find the same
server again. There is SFTP and nothing else: no shell, no command, no forwarding.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Final, cast

import asyncssh
import structlog
from asyncssh import FXF_APPEND, FXF_READ, FXF_TRUNC, FXF_WRITE, SFTPAttrs, SFTPName
from asyncssh.channel import SSHChannel
from asyncssh.stream import SSHServerStreamSession

from venue.sidecar.homes import LARGEST_UPLOAD, Home
from venue.sidecar.member_logins import MemberLogins
from venue.sidecar.start import FOLDER

SFTP_VERSION: Final = 3
"""What OpenSSH speaks, and every client."""
KEY_FILE: Final = "ssh-key"
LOGIN_SECONDS: Final = 30
SILENT_SECONDS: Final = 30
"""Seconds of silence after which a client is asked whether it is there; the third time without an answer it is gone."""
CONNECTIONS_MAX: Final = 50
TRIES_MAX: Final = 3
"""Passwords that may be tried on one connection."""

log = structlog.get_logger()


def host_key(data: Path) -> asyncssh.SSHKey:
    """Give the server's key, made where there is none that can be read. Raises `OSError`."""
    path = data / FOLDER / KEY_FILE
    try:
        return asyncssh.read_private_key(path)
    except FileNotFoundError:
        pass
    except (OSError, asyncssh.KeyImportError) as error:
        log.warning("the key of SFTP is made anew", why=str(error), file=str(path))
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".unfinished")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.export_private_key())
    aside.rename(path)
    return key


class Sftp:
    """The server. `listen` on the sockets that were handed over, `close` it."""

    def __init__(self, data: Path, logins: MemberLogins) -> None:
        self.data = data
        self.logins = logins
        self.connections = 0
        self.thread = ThreadPoolExecutor(1, "sftp-logins")
        self._acceptors: list[asyncssh.SSHAcceptor] = []

    async def listen(self, sockets: list[socket.socket]) -> None:
        """Serve on sockets. Raises `OSError`."""
        key = host_key(self.data)
        for handed in sockets:
            acceptor = await asyncssh.listen(
                sock=handed,
                server_factory=partial(Session, self),
                server_host_keys=[key],
                allow_scp=False,
                agent_forwarding=False,
                x11_forwarding=False,
                allow_pty=False,
                encoding=None,
                login_timeout=LOGIN_SECONDS,
                keepalive_interval=SILENT_SECONDS,
                server_version="Portcullis",
                error_handler=_failed,
            )
            self._acceptors.append(acceptor)

    def close(self) -> None:
        """Serve no more."""
        for acceptor in self._acceptors:
            acceptor.close()
        self.thread.shutdown(wait=False, cancel_futures=True)


def _failed(_connection: object, error: Exception | None) -> None:
    """Note a connection that came to nothing."""
    log.debug("an SFTP connection ended before its login", why=str(error))


class Session(asyncssh.SSHServer):
    """One connection: its login."""

    def __init__(self, server: Sftp) -> None:
        self.server = server
        self.address = ""
        self.tries = 0
        self.connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Let a connection in where there is room."""
        self.server.connections += 1
        self.connection = conn
        self.address = str(conn.get_extra_info("peername", ("",))[0])
        if self.server.connections > CONNECTIONS_MAX:
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self.server.connections -= 1

    def session_requested(self) -> Transfers:
        """Give a connection a channel to speak SFTP on."""
        return Transfers(self.server.data)

    def begin_auth(self, username: str) -> bool:
        """Ask everybody for a login."""
        return True

    def password_auth_supported(self) -> bool:
        """Take passwords, and nothing else."""
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        """Say whether a password is right; who was wrong too often is hung up on."""
        ask = self.server.logins.is_right
        loop = asyncio.get_running_loop()
        if await loop.run_in_executor(self.server.thread, ask, username, password, self.address):
            log.info("login to files", who=username, address=self.address)
            return True
        self.tries += 1
        if self.tries >= TRIES_MAX and self.connection is not None:
            self.connection.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "too many logins failed")
        return False


class Transfers(SSHServerStreamSession[bytes]):
    """One channel, and the files that are open on it."""

    def __init__(self, data: Path) -> None:
        super().__init__(None, self._files, SFTP_VERSION)
        self.data = data

    def _files(self, channel: SSHChannel[bytes]) -> Files:
        home = Home(self.data, str(channel.get_extra_info("username")))
        return Files(channel, home, self)


class Upload:
    """A file that is being written, beside the name that it is to have."""

    def __init__(self, home: Home, path: str) -> None:
        self.home = home
        self.path = path
        self.is_whole = True
        self.descriptor, self.aside = home.begin(path)

    def write(self, offset: int, data: bytes) -> int:
        """Write a piece; a file of which one could not be written is never whole."""
        try:
            if offset + len(data) > LARGEST_UPLOAD:
                raise asyncssh.SFTPFailure(f"a file has {LARGEST_UPLOAD:,} bytes at the most")
            if os.pwrite(self.descriptor, data, offset) != len(data):
                raise asyncssh.SFTPFailure("there is no room")
        except (OSError, asyncssh.SFTPError):
            self.is_whole = False
            raise
        return len(data)

    def close(self) -> None:
        """Let it have its name."""
        if not self.is_whole:
            self.drop()
            raise asyncssh.SFTPFailure("the file could not be written, and what had its name stays")
        os.close(self.descriptor)
        self.home.complete(self.aside, self.path)

    def drop(self) -> None:
        """Forget it: its end never came."""
        os.close(self.descriptor)
        self.aside.unlink(missing_ok=True)


class Download:
    """A file that is being read."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def close(self) -> None:
        """Be done with it."""
        os.close(self.descriptor)

    drop = close


class Files(asyncssh.SFTPServer):
    """SFTP's requests, each by the home of the member that logged in. What is not here is not served."""

    def __init__(self, channel: SSHChannel[bytes], home: Home, transfers: Transfers) -> None:
        super().__init__(cast("asyncssh.SSHServerChannel[bytes]", channel))
        self.home = home
        self.transfers = transfers
        self.open_files: dict[Upload | Download, None] = {}

    def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        """Open a file to read it, or to write it anew."""
        name = text(path)
        opened: Upload | Download
        if not pflags & FXF_WRITE:
            opened = Download(self.home.reader(name))
        elif pflags & (FXF_READ | FXF_APPEND) or not pflags & FXF_TRUNC:
            raise asyncssh.SFTPOpUnsupported("a file is written anew, from its beginning")
        else:
            opened = Upload(self.home, name)
        self.open_files[opened] = None
        return opened

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Read a piece."""
        assert isinstance(file_obj, Download)
        return os.pread(file_obj.descriptor, size, offset)

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write a piece."""
        assert isinstance(file_obj, Upload)
        return file_obj.write(offset, data)

    def close(self, file_obj: object) -> None:
        """Be done with a file: an upload has its name now.

        What is open when the client is gone is closed too, before `exit`, but nobody said that it is complete.
        """
        assert isinstance(file_obj, Upload | Download)
        del self.open_files[file_obj]
        if self.transfers.at_eof(None):
            file_obj.drop()
        else:
            file_obj.close()

    def exit(self) -> None:
        """Forget what was not closed."""
        while self.open_files:
            opened, _ = self.open_files.popitem()
            opened.drop()

    def stat(self, path: bytes) -> os.stat_result:
        """Give the status of a file or folder."""
        return self.home.status(text(path))

    lstat = stat

    def fstat(self, file_obj: object) -> os.stat_result:
        """Give the status of an open file."""
        assert isinstance(file_obj, Upload | Download)
        return os.fstat(file_obj.descriptor)

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Let modes and times be as they are: clients like to set them, and nothing here goes by them."""
        self.home.status(text(path))

    lsetstat = setstat

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """See `setstat`."""

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        """List a folder."""
        for name, status in self.home.names(text(path)):
            yield SFTPName(name.encode(), attrs=SFTPAttrs.from_local(status))

    def realpath(self, path: bytes) -> bytes:
        """Give a path as it is in the home."""
        return os.path.normpath("/" + str(PurePosixPath("/", text(path)))).replace("//", "/").encode()

    def remove(self, path: bytes) -> None:
        """Remove a file."""
        self.home.remove(text(path))

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Give a file a name that there is not."""
        self.home.rename(text(oldpath), text(newpath), replaces=False)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Give a file a name, in the place of what has it."""
        self.home.rename(text(oldpath), text(newpath), replaces=True)

    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Make no folder."""
        raise asyncssh.SFTPPermissionDenied("a home has no folders of one's own")

    def rmdir(self, path: bytes) -> None:
        """Remove none."""
        raise asyncssh.SFTPPermissionDenied("a home has no folders of one's own")

    def readlink(self, path: bytes) -> bytes:
        """Know no links."""
        raise asyncssh.SFTPOpUnsupported("a home has no links")

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        """Make none."""
        raise asyncssh.SFTPPermissionDenied("a home has no links")

    link = symlink

    def statvfs(self, path: bytes) -> Any:
        """Tell nothing of the disk."""
        raise asyncssh.SFTPOpUnsupported("the disk is nobody's business")

    def fstatvfs(self, file_obj: object) -> Any:
        """See `statvfs`."""
        raise asyncssh.SFTPOpUnsupported("the disk is nobody's business")


def text(path: bytes) -> str:
    """Give a path as text."""
    try:
        return path.decode()
    except UnicodeDecodeError as error:
        raise asyncssh.SFTPNoSuchFile("a name is UTF-8 text") from error
