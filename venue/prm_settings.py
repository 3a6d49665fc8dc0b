"""Ports of the PRM administration protocol in the configuration file: their own keys, and the faults these may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from prmproto.settings import PrmSettings, encode_settings
from venue.settings import AccountName, Settings

if TYPE_CHECKING:
    from venue.access import Fault
    from venue.config import Config
    from venue.service_settings import PortSettings

PRM_PROTOCOL: Final = "prm-nordic"
"""The protocol of services whose ports administer PRM accounts and enter no orders."""
OF_ORDER_ENTRY: Final[dict[str, object]] = {
    "aiq_strategy": "N",
    "fat_finger": False,
    "max_orders_per_second": 0,
    "cancel_on_breach": False,
    "cancel_on_disconnect": False,
}
"""The keys that such a port has no use for, and what each is where it is left out."""


class PrmPortSettings(Settings, frozen=True):
    """A PRM port's own keys. `accounts` are those that it administers, none named is all of its member.

    `strict` refuses a number above the next one expected.
    """

    role: Literal["admin", "read-only"] = "admin"
    accounts: tuple[AccountName, ...] = ()
    max_requests_per_second: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100
    strict: bool = False


def prm_entry(port: PortSettings) -> bytes:
    """Give what the engine carries for a PRM port."""
    own = port.prm or PrmPortSettings()
    settings = PrmSettings(own.role == "read-only", own.accounts, own.max_requests_per_second, own.strict)
    return encode_settings(settings)


def prm_faults(config: Config) -> Iterator[Fault]:
    """Give the faults of what the file says of PRM ports."""
    services = {service.key: service for service in config.service}
    owners = {account.name: account.mpid for account in config.account}
    for i, port in enumerate(config.port):
        key = f"port[{i}]"
        if services[port.service].protocol != PRM_PROTOCOL:
            if port.prm is not None:
                yield f"{key}.prm", f"{port.service} does not speak the PRM protocol"
            continue
        for name, default in OF_ORDER_ENTRY.items():
            if getattr(port, name) != default:
                yield f"{key}.{name}", "this key is for order entry; a PRM port enters no orders"
        for j, name in enumerate(port.prm.accounts if port.prm is not None else ()):
            if owners.get(name) != port.mpid:
                yield f"{key}.prm.accounts[{j}]", f"there is no [[account]] {name} of {port.mpid}"
