"""Drop ports in the configuration file: what they hear, what they guard, and the faults that this may have.

A Drop port is a `[[port]]` of a service that speaks a Drop protocol. It hears the order entry ports that it names, or
all of its firm's, in every market of its own kind (US, or Nordic).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from engine.api import DropEntry

if TYPE_CHECKING:
    from venue.access import Fault
    from venue.config import Config
    from venue.service_settings import PortSettings

DROP_PROTOCOLS: Final = frozenset({"fix-drop-us", "fix-drop-nordic", "ouch-drop-nordic"})
"""The protocols of services whose ports tell of other ports' orders and take none."""
OF_DROP: Final[dict[str, object]] = {"drop_ports": (), "include_rejects": None, "guards": (), "guard_on_restart": True}
"""The keys that are for Drop ports only, and what each is where it is left out."""
OF_ORDER_ENTRY: Final[dict[str, object]] = {
    "aiq_strategy": "N",
    "fat_finger": False,
    "max_orders_per_second": 0,
    "cancel_on_breach": False,
    "cancel_on_disconnect": False,
}
"""The keys that are not."""


def drop_entry(port: PortSettings, protocol: str) -> DropEntry | None:
    """Give what a port hears and guards, None where it is none that drops."""
    if protocol not in DROP_PROTOCOLS:
        return None
    return DropEntry(port.drop_ports, port.include_rejects, port.guards, port.guard_on_restart)


def drop_faults(config: Config) -> Iterator[Fault]:
    """Give the faults of what the file says of Drop ports."""
    services = {service.key: service for service in config.service}
    rule_books: dict[str | None, str] = {market.key: market.rule_book for market in config.market}
    kinds = {port.name: rule_books[services[port.service].market] for port in config.port}
    heard = {port.name for port in config.port if services[port.service].protocol not in DROP_PROTOCOLS}
    accounts = {account.name for account in config.account}
    for i, port in enumerate(config.port):
        key = f"port[{i}]"
        if port.name in heard:
            yield from _misplaced(key, port, OF_DROP, "is for Drop ports only")
            continue
        yield from _misplaced(key, port, OF_ORDER_ENTRY, "is for order entry; a Drop port takes no orders")
        for j, name in enumerate(port.drop_ports):
            if name not in heard or kinds[name] != kinds[port.name]:
                yield f"{key}.drop_ports[{j}]", f"{name} is no order entry port of the same kind of market"
        for j, name in enumerate(port.guards):
            if name not in accounts:
                yield f"{key}.guards[{j}]", f"there is no [[account]] {name}"
            elif kinds[port.name] != "prm":
                yield f"{key}.guards[{j}]", f"{port.name} is a US port, and {name} a Nordic account"


def _misplaced(key: str, port: PortSettings, defaults: dict[str, object], why: str) -> Iterator[Fault]:
    for name, default in defaults.items():
        if getattr(port, name) != default:
            yield f"{key}.{name}", f"this key {why}"
