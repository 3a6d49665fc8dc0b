"""FTP for members that have no SFTP: their lists to write and read, in a thread with a loop of its own.

With `tls = true` the service is FTPS: no login and no file goes in the clear. It needs the extra `ftp`.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import structlog
from pyftpdlib.authorizers import AuthenticationFailed
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import DTPHandler, FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from venue.service_settings import TlsSettings
from venue.sidecar.files import FOLDER
from venue.sidecar.homes import LARGEST_UPLOAD, UPLOAD, Home
from venue.sidecar.member_logins import MemberLogins

MAY: Final = "elrdfw"
"""Enter, list, read, remove, rename, write."""
CONNECTIONS_MAX: Final = 50
CONNECTIONS_PER_ADDRESS: Final = 10
SILENT_SECONDS: Final = 60
TURN_SECONDS: Final = 0.2
"""How often the thread looks whether it is to end."""
END_SECONDS: Final = 2.0
RESET: Final = ("426 Connection reset; transfer aborted.", logging.getLogger("pyftpdlib").debug)

log = structlog.get_logger()


class Members:
    """Who may log in, and where each one's files are: pyftpdlib's authorizer."""

    def __init__(self, data: Path, logins: MemberLogins) -> None:
        self.data = data
        self.logins = logins

    def validate_authentication(self, username: str, password: str, handler: Any) -> None:
        """Let a member in, or raise `AuthenticationFailed`."""
        if not self.logins.is_right(username, password, str(handler.remote_ip)):
            raise AuthenticationFailed("Authentication failed.")
        log.info("login to files", who=username, address=str(handler.remote_ip), over="ftp")

    def get_home_dir(self, username: str) -> str:
        """Give a member's folder."""
        return str(self.data / FOLDER / username)

    def has_perm(self, username: str, perm: str, path: str | None = None) -> bool:
        """Whether a member may do something; hidden files are uploads of others' making, and ours."""
        return perm in MAY and not (path is not None and Path(path).name.startswith("."))

    def get_perms(self, username: str) -> str:
        """Give what a member may do."""
        return MAY

    def get_msg_login(self, username: str) -> str:
        """Greet a member."""
        return "Login successful."

    def get_msg_quit(self, username: str) -> str:
        """Say goodbye."""
        return "Goodbye."

    def impersonate_user(self, username: str, password: str) -> None:
        """Stay who we are."""

    def terminate_impersonation(self, username: str) -> None:
        """Stay who we are."""


class Bounded:
    """A file that is being written, up to a length."""

    def __init__(self, descriptor: int, aside: Path) -> None:
        self.file = os.fdopen(descriptor, "wb")
        self.name = str(aside)
        self.closed = False

    def write(self, data: bytes) -> int:
        """Write a piece. Raises `OSError` beyond the length."""
        if self.file.tell() + len(data) > LARGEST_UPLOAD:
            raise OSError(f"a file has {LARGEST_UPLOAD:,} bytes at the most")
        return self.file.write(data)

    def close(self) -> None:
        """Be done."""
        self.closed = True
        self.file.close()


class Folder(AbstractedFS):  # type: ignore[misc]  # pyftpdlib has no types
    """A member's folder: pyftpdlib lets no path out of it; an upload lies beside its name until it is complete."""

    def open(self, filename: str, mode: str) -> Any:
        """Open a file to read it, or to write it anew."""
        home = Home(Path(self.cmd_channel.authorizer.data), self.cmd_channel.username)
        name = Path(filename).name
        if Path(filename).parent != Path(self.root):
            raise FileNotFoundError(errno.ENOENT, "a home has no folders")
        if mode == "rb":
            return os.fdopen(home.reader(name), "rb")
        if mode != "wb":
            raise PermissionError(1, "a file is written anew, from its beginning")
        descriptor, aside = home.begin(name)
        self.cmd_channel.uploads[str(aside)] = name
        return Bounded(descriptor, aside)

    def listdir(self, path: str) -> list[str]:
        """List a folder, without what is hidden."""
        return [name for name in super().listdir(path) if not name.startswith(".")]


class Whole:
    """What a data connection is beside pyftpdlib's: one that is reset has not brought its file to an end."""

    def handle_close(self: Any) -> None:
        """Take the end of a file, where it is one."""
        if self.receive and not self._closed and not is_connected(self.socket):
            self._resp = RESET
            self.close()
        else:
            super().handle_close()  # type: ignore[misc]  # of the class that it is mixed with

    def close(self: Any) -> None:
        """End; a connection that was reset before it was taken ends the upload that waits for it."""
        if not self._closed and not self.connected and (waiting := self.cmd_channel.taken_over()):
            (self.file_obj, self.cmd), self.receive = waiting, True
            self._resp = RESET
        super().close()  # type: ignore[misc]  # the same


class Transfer(Whole, DTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """A data connection."""


class Handler(FTPHandler):  # type: ignore[misc]  # the same
    """One connection."""

    abstracted_fs = Folder
    dtp_handler = Transfer
    banner = "Portcullis"
    timeout = SILENT_SECONDS
    max_login_attempts = 3
    permit_foreign_addresses = False
    use_sendfile = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.uploads: dict[str, str] = {}
        super().__init__(*arguments, **named)

    def close(self) -> None:
        """End, and forget the uploads that have not come to an end."""
        super().close()
        for file in list(self.uploads):
            self.on_incomplete_file_received(file)

    def taken_over(self: Any) -> Any:
        """Give the upload that waits for a data connection, its file and command, or nothing: it waits no more."""
        waiting, self._in_dtp_queue = self._in_dtp_queue, None
        return waiting

    def ftp_STOU(self, line: str) -> None:  # noqa: N802 - pyftpdlib's name for the command
        """Give no file a name of the server's: who writes one knows its name."""
        self.respond("502 Command not implemented.")

    def on_file_received(self, file: str) -> None:
        """Let a complete upload have its name.

        Its end is that of its connection, as of a client that is no more: so that client has to be there still.
        """
        if is_gone(self.socket):
            self.on_incomplete_file_received(file)
            return
        name = self.uploads.pop(file, None)
        if name is not None:
            try:
                Home(Path(self.authorizer.data), self.username).complete(Path(file), name)
            except OSError as error:
                log.warning("an upload cannot have its name", file=name, why=str(error))

    def on_incomplete_file_received(self, file: str) -> None:
        """Forget an upload whose end never came."""
        self.uploads.pop(file, None)
        if Path(file).name.startswith(UPLOAD):
            with suppress(OSError):
                Path(file).unlink()


def is_connected(line: socket.socket) -> bool:
    """Whether a connection has not been reset."""
    try:
        line.getpeername()
    except OSError:
        return False
    return True


def is_gone(line: socket.socket) -> bool:
    """Whether the other side of a connection has ended it, as far as this one was told."""
    with socket.socket(fileno=os.dup(line.fileno())) as raw:  # below TLS, which has no way to look ahead
        try:
            return not raw.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True


class Ftp:
    """The server: `start` it on the sockets that were handed over, `stop` it."""

    def __init__(
        self, data: Path, logins: MemberLogins, tls: TlsSettings | None, passive_ports: tuple[int, int] | None = None
    ) -> None:
        logger = logging.getLogger("pyftpdlib")
        logger.addHandler(logging.NullHandler())  # one that has a handler is not given another, and a level, by itself
        logger.setLevel(logging.ERROR)
        self._authorizer = Members(data, logins)
        self._tls = tls
        self._passive_ports = None if passive_ports is None else range(passive_ports[0], passive_ports[1] + 1)
        self._loop = IOLoop()
        self._servers: list[FTPServer] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="ftp", daemon=True)

    def start(self, sockets: list[socket.socket]) -> None:
        """Serve on sockets. Raises `OSError`."""
        handler = type(
            "MemberHandler", (self._handler(),), {"authorizer": self._authorizer, "passive_ports": self._passive_ports}
        )
        for handed in sockets:
            server = FTPServer(handed, handler, ioloop=self._loop)
            server.max_cons, server.max_cons_per_ip = CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS
            self._servers.append(server)
        self._thread.start()

    def _handler(self) -> type[Any]:
        """Give the handler, behind TLS where the service has it."""
        if self._tls is None:
            return Handler
        from pyftpdlib.handlers import TLS_DTPHandler, TLS_FTPHandler  # noqa: PLC0415 - there only with pyopenssl

        transfer = type("TlsTransfer", (Whole, TLS_DTPHandler), {})
        files = {"certfile": self._tls.certificate, "keyfile": self._tls.key}
        required = {"tls_control_required": True, "tls_data_required": True}
        return type("TlsHandler", (Handler, TLS_FTPHandler), files | required | {"dtp_handler": transfer})

    def stop(self) -> None:
        """Serve no more, and wait for the thread."""
        self._ended.set()
        self._thread.join(END_SECONDS)

    def _serve(self) -> None:
        while not self._ended.is_set():
            self._loop.loop(TURN_SECONDS, blocking=False)
        for server in self._servers:
            server.close_all()
