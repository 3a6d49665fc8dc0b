"""What a configuration may leave open to whom: faults of it, each as the key and what is wrong.

Beyond this machine (an address that is not loopback) passwords and orders must not travel in the clear, and passwords
that everybody knows are none: both need a setting that says "I mean it". A port has one password or one hash of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import TYPE_CHECKING

from venue.passwords import BadHash, cost_of

if TYPE_CHECKING:
    from venue.config import Config, PortSettings

KNOWN_PASSWORD = "NTFTEST"  # noqa: S105 - the demo's, which everybody can read
"""The password of the demo's ports."""

Fault = tuple[str, str]


def reach_fault(config: Config, addresses: Iterable[IPv4Address | IPv6Address]) -> Fault | None:
    """Say what is wrong with listening on these addresses."""
    venue = config.venue
    if all(address.is_loopback for address in addresses):
        return None
    plain = [service.key for service in config.service if not service.tls]
    if plain and not venue.allow_plain_tcp:
        way_out = "give every [[service]] tls = true (and [tls] its files), or set venue.allow_plain_tcp = true"
        risk = f"{plain[0]} would take passwords and orders in the clear"
        return "venue.host", f"{venue.host} can be reached from other machines, and {risk}; {way_out}"
    if venue.allow_known_logins:
        return None
    way_out = f"while other machines can reach {venue.host}; change it, or set venue.allow_known_logins = true"
    if venue.show_logins:
        return "venue.show_logins", f"passwords must not be shown {way_out}"
    for i, port in enumerate(config.port):
        if port.password is not None and port.password.upper() == KNOWN_PASSWORD:
            return f"port[{i}].password", f"it is the demo's, which everybody knows, and must not be used {way_out}"
    return None


def login_fault(key: str, port: PortSettings) -> Fault | None:
    """Say what is wrong with how a port logs in."""
    if port.password is None and port.password_hash is None:
        return f"{key}.password", "this key is required, or password_hash in its place"
    if port.password is not None and port.password_hash is not None:
        return f"{key}.password_hash", "a password stands beside it: one of the two must go"
    if port.password_hash is not None:
        try:
            cost_of(port.password_hash)
        except BadHash as error:
            return f"{key}.password_hash", f"{error}; `portcullis config hash` makes one"
    for i, text in enumerate(port.addresses or ()):
        try:
            ip_network(text)
        except ValueError as error:
            return f"{key}.addresses[{i}]", str(error)
    return None
