"""The tables of the configuration file about what leaves and enters beside orders: members' files, and mail.

Both are the second process's, as their services are: `sftp`, `ftp` and `smtp-sink`, each once at the most.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
import structlog

from venue.settings import Settings

if TYPE_CHECKING:
    from venue.access import Fault
    from venue.config import Config
    from venue.service_settings import ServiceSettings

log = structlog.get_logger()

BESIDE: Final = ("sftp", "ftp", "smtp-sink")
"""Protocols of the second process beside `http`."""
Email = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,190}\Z")]
DataPort = Annotated[int, msgspec.Meta(ge=1_024, le=65_535)]
MailSecret = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class FilesSettings(Settings, frozen=True):
    """When lists of restricted symbols are read: every five minutes from 07:45 in Stockholm, or as they change.

    `passive_ports` are the first and the last of those that FTP listens on for data; without them any that is free.
    """

    scan: Literal["5m", "watch"] = "5m"
    passive_ports: tuple[DataPort, DataPort] | None = None


class MailSettings(Settings, frozen=True):
    """The mail server that notifications go to: without one they go to this venue's own sink, if it has that."""

    server: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 587
    sender: Email = "prm@portcullis.example"
    starttls: Literal["require", "if-offered", "never"] = "require"
    user: MailSecret | None = None
    password: MailSecret | None = None


def is_served(service: ServiceSettings) -> bool:
    """Whether what a service needs is installed: FTP comes as an extra, and a venue without it says so and goes on."""
    if service.protocol != "ftp" or find_spec("pyftpdlib") is not None:
        return True
    log.info("there is no FTP: it comes with the extra ftp, and SFTP takes the same files", service=service.key)
    return False


def beside_faults(config: Config) -> Iterator[Fault]:
    """Give the faults of the second process's services and of mail."""
    seen: dict[str, str] = {}
    for i, service in enumerate(config.service):
        if service.protocol not in BESIDE:
            continue
        key = f"service[{i}]"
        if service.protocol in seen:
            yield f"{key}.protocol", f"{seen[service.protocol]} is one already, and one is all there is"
        seen[service.protocol] = service.key
        if service.market is not None:
            yield f"{key}.market", f"a service of {service.protocol} has no market"
        if config.web_service is None:
            yield f"{key}.protocol", 'it is served by the second process, which needs a service of protocol "http"'
        if service.tls and service.protocol != "ftp":
            yield f"{key}.tls", f"{service.protocol} takes no certificate"
    ports = config.files.passive_ports
    if ports is not None and ports[0] > ports[1]:
        yield "files.passive_ports", f"they go from the first to the last, not from {ports[0]} to {ports[1]}"
    mail = config.mail
    if (mail.user is None) is not (mail.password is None):
        yield "mail.password" if mail.password is None else "mail.user", "a user and a password go together"
    if mail.password is not None and mail.starttls != "require":
        yield "mail.starttls", "a password goes out only where TLS is required"
