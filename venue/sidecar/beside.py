"""What the second process does beside HTTP: files in and out, mail, reports. Joined here, each part of it optional."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import structlog

from venue.config import Config
from venue.mailbox import MAILBOX, Mailbox
from venue.sidecar.context import Sidecar
from venue.sidecar.files import FileLists
from venue.sidecar.homes import Home
from venue.sidecar.mail import Postman, Server, Sink
from venue.sidecar.member_logins import MemberLogins
from venue.sidecar.notices import Notifier
from venue.sidecar.replica import Replica
from venue.sidecar.reports import Reports
from venue.sidecar.start import Start

Work = Callable[[], Coroutine[Any, Any, Any]]

log = structlog.get_logger()


def open_mailbox(config: Config, records: Path) -> Mailbox | None:
    """Open the mailbox of a venue that may have mail; one that is damaged is put aside. Raises `sqlite3.Error`."""
    if not config.account and not any(service.protocol == "smtp-sink" for service in config.service):
        return None
    records.mkdir(parents=True, exist_ok=True)
    try:
        return Mailbox(records)
    except sqlite3.DatabaseError as error:
        log.error("the mailbox is damaged, and begun anew", why=str(error))  # noqa: TRY400 - a line, not a traceback
        for path in records.glob(f"{MAILBOX}*"):
            if not path.name.endswith(".damaged"):
                path.rename(path.with_name(f"{path.name}.damaged"))
        return Mailbox(records)


async def join(start: Start, sidecar: Sidecar, mailbox: Mailbox | None, undo: AsyncExitStack) -> list[Work]:
    """Bring up what is configured; gives what has to run for it. Raises `OSError`."""
    work: list[Work] = []
    config = start.config
    if config.member:
        Reports(sidecar.data, sidecar.replica)
        work.append(FileLists(sidecar).run)
        await _file_servers(start, sidecar, undo)
    if mailbox is not None:
        work += await _mail(start, sidecar.replica, mailbox, undo)
    return work


async def _file_servers(start: Start, sidecar: Sidecar, undo: AsyncExitStack) -> None:
    """Serve members' files."""
    config, logins = start.config, MemberLogins(start.config)
    for member in config.member:
        Home(sidecar.data, member.mpid).clear()
    for service in config.service:
        sockets = _handed(start, service.key) if service.protocol in {"sftp", "ftp"} else []
        if not sockets:
            continue
        if service.protocol == "sftp":
            from venue.sidecar.sftp import Sftp  # noqa: PLC0415 - a third of a second that others need not wait

            sftp = Sftp(sidecar.data, logins)
            undo.callback(sftp.close)
            await sftp.listen(sockets)
        else:
            from venue.sidecar.ftp import Ftp  # noqa: PLC0415 - it comes as an extra

            ftp = Ftp(config, sidecar.data, logins, config.tls if service.tls else None)
            undo.callback(ftp.stop)
            ftp.start(sockets)


async def _mail(start: Start, replica: Replica, mailbox: Mailbox, undo: AsyncExitStack) -> list[Work]:
    """Take and send mail."""
    settings, server = start.config.mail, None
    for service in start.config.service:
        if service.protocol == "smtp-sink":
            sink, loop = Sink(mailbox), asyncio.get_running_loop()
            for handed in _handed(start, service.key):
                listening = await loop.create_server(sink.session, sock=handed)
                undo.callback(listening.close)
            server = Server(*start.addresses[service.key])
    if settings.server is not None:
        server = Server(settings.server, settings.port)
    notifier = Notifier(replica, mailbox)
    return [Postman(settings, server, mailbox, notifier).run]


def _handed(start: Start, key: str) -> list[socket.socket]:
    """Give the sockets of a service that were handed over."""
    return [socket.socket(fileno=descriptor) for descriptor in start.sockets.get(key, [])]
