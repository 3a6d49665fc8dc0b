"""What the second process does beside HTTP: feeds, files, mail, reports. Joined here, each part of it optional."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog

from venue.config import Config
from venue.feed_settings import FEEDS
from venue.mailbox import MAILBOX, Mailbox
from venue.service_settings import TlsSettings
from venue.sidecar.clearing import seen_until
from venue.sidecar.clearing_events import ClearingEvents
from venue.sidecar.clearing_inquiry import InquiryServer
from venue.sidecar.clearing_notices import ClearingNotices
from venue.sidecar.context import Sidecar
from venue.sidecar.files import FileLists
from venue.sidecar.homes import Home
from venue.sidecar.itch.server import FeedServer
from venue.sidecar.mail import Postman, Server, Sink
from venue.sidecar.member_logins import MemberLogins
from venue.sidecar.notices import Notifier
from venue.sidecar.reports import Reports
from venue.sidecar.rule_mail import RuleNotifier
from venue.sidecar.start import Start
from venue.sidecar.trf_files import TradeFiles

Work = Callable[[], Coroutine[Any, Any, Any]]

log = structlog.get_logger()


def open_mailbox(config: Config, records: Path) -> Mailbox | None:
    """Open the mailbox of a venue that may have mail; one that is damaged is put aside. Raises `sqlite3.Error`."""
    if (
        not config.account
        and not config.clearing
        and not any(service.protocol == "smtp-sink" for service in config.service)
    ):
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


def begin_at_most(config: Config, mailbox: Mailbox | None, records: Path) -> int | None:
    """Give the record that the replica begins with at the latest: somebody has to see those behind it; None: any."""
    seen = [] if mailbox is None or mailbox.looked_at is None else [mailbox.looked_at]
    if config.clearing:
        seen.append(seen_until(records))
    return min(seen, default=None)


async def join(start: Start, sidecar: Sidecar, mailbox: Mailbox | None, undo: AsyncExitStack) -> list[Work]:
    """Bring up what is configured; gives what has to run for it. Raises `OSError`."""
    work: list[Work] = []
    config = start.config
    if any(service.protocol in FEEDS for service in config.service):
        await FeedServer(config, sidecar.replica, start.folder).listen(partial(_handed, start), undo)
    if config.member:
        Reports(sidecar.data, sidecar.replica)
        work.append(FileLists(sidecar).run)
        work += _file_servers(start, sidecar)
    if mailbox is not None:
        work += await _mail(start, sidecar, mailbox, undo)
    if sidecar.clearing is not None:
        ClearingEvents(sidecar.clearing, sidecar.feed)
        inquiries = InquiryServer(sidecar.clearing)
        await inquiries.listen(sidecar.data)
        undo.callback(inquiries.close)
        undo.callback(sidecar.clearing.close)
        work += [sidecar.clearing.run, TradeFiles(sidecar).run]
    return work


def _file_servers(start: Start, sidecar: Sidecar) -> list[Work]:
    """Give what serves members' files."""
    logins = MemberLogins(start.config)
    for member in start.config.member:
        Home(sidecar.data, member.mpid).clear()
    work: list[Work] = []
    for service in start.config.service:
        sockets = _handed(start, service.key) if service.protocol in {"sftp", "ftp"} else []
        if sockets and service.protocol == "sftp":
            work.append(partial(_sftp, sockets, sidecar.data, logins))
        elif sockets:
            tls = start.config.tls if service.tls else None
            work.append(partial(_ftp, sockets, sidecar.data, logins, tls, start.config.files.passive_ports))
    return work


async def rung(sockets: list[socket.socket]) -> None:
    """Wait until somebody comes: what a server needs takes half a second to load, which nobody else is to wait for."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    for listening in sockets:
        loop.add_reader(listening, came.set)
    try:
        await came.wait()
    finally:
        for listening in sockets:
            loop.remove_reader(listening)


async def _sftp(sockets: list[socket.socket], data: Path, logins: MemberLogins) -> None:
    """Serve SFTP, for ever. Raises `OSError`."""
    await rung(sockets)
    module = await asyncio.get_running_loop().run_in_executor(None, import_module, "venue.sidecar.sftp")
    server = module.Sftp(data, logins)
    try:
        await server.listen(sockets)
        await asyncio.Event().wait()
    finally:
        server.close()


async def _ftp(
    sockets: list[socket.socket],
    data: Path,
    logins: MemberLogins,
    tls: TlsSettings | None,
    passive_ports: tuple[int, int] | None,
) -> None:
    """Serve FTP, for ever. Raises `OSError`."""
    await rung(sockets)
    module = await asyncio.get_running_loop().run_in_executor(None, import_module, "venue.sidecar.ftp")
    server = module.Ftp(data, logins, tls, passive_ports)
    try:
        server.start(sockets)
        await asyncio.Event().wait()
    finally:
        server.stop()


async def _mail(start: Start, sidecar: Sidecar, mailbox: Mailbox, undo: AsyncExitStack) -> list[Work]:
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
    notifier, house = Notifier(sidecar.replica, mailbox), sidecar.clearing
    RuleNotifier(notifier)
    if house is not None:
        house.listeners.append(ClearingNotices(notifier).tell)
        house.is_kept = notifier.has_kept
    return [Postman(settings, server, mailbox, notifier).run]


def _handed(start: Start, key: str) -> list[socket.socket]:
    """Give the sockets of a service that were handed over."""
    return [socket.socket(fileno=descriptor) for descriptor in start.sockets.get(key, [])]
