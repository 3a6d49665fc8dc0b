"""What a configuration may leave open to whom: faults of it, each as the key and what is wrong.

Beyond this machine (an address that is not loopback) passwords and orders must not travel in the clear, and passwords
that everybody knows are none: both need a setting that says "I mean it". A port has one password or one hash of it,
and so has a person; a client has one secret or one hash of it, or none and addresses to send people back to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import islice
from typing import TYPE_CHECKING

from venue.http_settings import ClientSettings, PersonSettings
from venue.passwords import USUAL_COST, BadHash, cost_of, is_of
from venue.roles import MEANINGS, ports_fault

if TYPE_CHECKING:
    from venue.config import Config
    from venue.feed_settings import SubscriberSettings
    from venue.nordic_settings import MemberSettings
    from venue.service_settings import PortSettings

KNOWN_PASSWORD = "NTFTEST"  # noqa: S105 - the demo's, which everybody can read
"""The password of the demo's ports and people."""
KNOWN_SECRET_LENGTH = 32
HASHES_TRIED = 50
"""Hashes that are held against the known passwords: two seconds at most."""

WEB_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?P<path>/[!$-\[\]-~]*)?"
)
"""An address that nobody can misread: printable ASCII, nobody's name before the host, no backslash, no `#`."""
OWN_PATH = re.compile(r"/(?:[!$-.0-\[\]-~][!$-\[\]-~]*)?")

Fault = tuple[str, str]


def known_secret(client_id: str) -> str:
    """Give the secret that a client of the demo has: everybody can tell it from the name."""
    return f"{client_id}!".ljust(KNOWN_SECRET_LENGTH, "x")


def reach_fault(config: Config, addresses: Iterable[IPv4Address | IPv6Address]) -> Fault | None:
    """Say what is wrong with listening on these addresses."""
    venue = config.venue
    if all(address.is_loopback for address in addresses):
        return None
    plain = [service.key for service in config.service if not service.tls and service.protocol != "sftp"]
    if plain and not venue.allow_plain_tcp:
        way_out = "give every [[service]] tls = true (and [tls] its files), or set venue.allow_plain_tcp = true"
        risk = f"{plain[0]} would take passwords and orders in the clear"
        return "venue.host", f"{venue.host} can be reached from other machines, and {risk}; {way_out}"
    if venue.allow_known_logins:
        return None
    way_out = f"while other machines can reach {venue.host}; change it, or set venue.allow_known_logins = true"
    if venue.show_logins:
        return "venue.show_logins", f"passwords must not be shown {way_out}"
    for key in known_logins(config):
        return key, f"it is the demo's, which everybody knows, and must not be used {way_out}"
    for i, port in enumerate(config.port):
        if port.password is None and port.password_hash is None and port.addresses is None:
            return f"port[{i}].password", f"without it, or addresses, anybody could log in {way_out}"
    return None


def known_logins(config: Config) -> Iterator[str]:
    """Give the keys of passwords and secrets that everybody knows: those in the clear, then the first of the hashes."""
    hashes: list[tuple[str, str, str]] = []
    """Key, hash, and what it may not be the hash of."""
    entries: list[tuple[str, PortSettings | PersonSettings | MemberSettings | SubscriberSettings]] = []
    entries += [(f"port[{i}]", port) for i, port in enumerate(config.port)]
    entries += [(f"person[{i}]", person) for i, person in enumerate(config.person)]
    entries += [(f"member[{i}]", member) for i, member in enumerate(config.member)]
    entries += [(f"subscriber[{i}]", subscriber) for i, subscriber in enumerate(config.subscriber)]
    for key, entry in entries:
        if entry.password is not None and entry.password.upper() == KNOWN_PASSWORD:
            yield f"{key}.password"
        if entry.password_hash is not None:
            hashes.append((f"{key}.password_hash", entry.password_hash, KNOWN_PASSWORD))
    for i, client in enumerate(config.client):
        if client.secret == known_secret(client.id):
            yield f"client[{i}].secret"
        if client.secret_hash is not None:
            hashes.append((f"client[{i}].secret_hash", client.secret_hash, known_secret(client.id)))
    cheap = (each for each in hashes if cost_of(each[1]) <= USUAL_COST)
    yield from (key for key, text, known in islice(cheap, HASHES_TRIED) if _is_hash_of(text, known))


@lru_cache(HASHES_TRIED)  # the same file is looked at when it is read and when the venue binds
def _is_hash_of(text: str, known: str) -> bool:
    return is_of(known.encode(), text)


def login_fault(key: str, port: PortSettings | SubscriberSettings, needs_password: bool = True) -> Fault | None:
    """Say what is wrong with how a port, or a reader of market data, logs in.

    A FIX port may have no password: its CompID and address must do.
    """
    fault = None
    if needs_password or port.password is not None or port.password_hash is not None:
        fault = _secret_fault(key, "password", port.password, port.password_hash)
    return fault or _networks_fault(f"{key}.addresses", port.addresses)


def _secret_fault(key: str, name: str, secret: str | None, hash_: str | None) -> Fault | None:
    """Say what is wrong with a password or secret, of which there is one, or one hash."""
    if secret is None and hash_ is None:
        return f"{key}.{name}", f"this key is required, or {name}_hash in its place"
    if secret is not None and hash_ is not None:
        return f"{key}.{name}_hash", f"a {name} stands beside it: one of the two must go"
    if hash_ is not None:
        try:
            cost_of(hash_)
        except BadHash as error:
            return f"{key}.{name}_hash", f"{error}; `portcullis config hash` makes one"
    return None


def network_of(text: str) -> IPv4Network | IPv6Network:
    """Give a network; raises `ValueError` for what is none, or one that no address is ever in.

    Addresses are looked at without their interface, and as IPv4 where they are that in IPv6.
    """
    network = ip_network(text)
    if isinstance(network, IPv6Network):
        address = network.network_address
        if address.scope_id is not None:
            raise ValueError(f"{text} names an interface: leave {address.scope_id} out")
        if address.ipv4_mapped is not None:
            raise ValueError(f"{text} is of IPv4: give it as such, {address.ipv4_mapped}")
    return network


def _networks_fault(key: str, networks: Iterable[str] | None) -> Fault | None:
    for i, text in enumerate(networks or ()):
        try:
            network_of(text)
        except ValueError as error:
            return f"{key}[{i}]", str(error)
    return None


def http_faults(config: Config) -> Iterator[Fault]:
    """Say what is wrong with who may ask over HTTP, and from where."""
    http = config.http
    yield from _some(_networks_fault("http.allow", http.allow))
    for prefix, networks in (http.allow_under or {}).items():
        if not prefix.startswith("/"):
            yield f"http.allow_under.{prefix}", "it must be the beginning of a path, such as /ptr-api"
        yield from _some(_networks_fault(f"http.allow_under.{prefix}", networks))
    address = None if http.url is None else WEB_ADDRESS.fullmatch(http.url)
    if http.url is not None and (address is None or address["path"]):
        yield "http.url", f"{http.url} is not http://HOST:PORT or https://HOST:PORT"
    for i, client in enumerate(config.client):
        yield from _client_faults(f"client[{i}]", client)
    for i, person in enumerate(config.person):
        yield from _some(_secret_fault(f"person[{i}]", "password", person.password, person.password_hash))
        yield from _role_faults(f"person[{i}]", person.roles)
        yield from _port_faults(f"person[{i}]", person)
    for i, member in enumerate(config.member):
        if member.password is not None or member.password_hash is not None:
            yield from _some(_secret_fault(f"member[{i}]", "password", member.password, member.password_hash))


def _some(fault: Fault | None) -> Iterator[Fault]:
    if fault is not None:
        yield fault


def _client_faults(key: str, client: ClientSettings) -> Iterator[Fault]:
    is_public = client.secret is None and client.secret_hash is None and client.redirect_uris
    if is_public and (client.roles or client.mpids):
        yield f"{key}.roles", "a client without a secret has none of its own: what it may do is what its user may"
    if not is_public:
        yield from _some(_secret_fault(key, "secret", client.secret, client.secret_hash))
        if not client.roles:
            yield f"{key}.roles", "this key is required, with one role at least"
    yield from _role_faults(key, client.roles)
    yield from _port_faults(key, client)
    for role in client.mpids_by_role or ():
        if role not in client.roles:
            yield f"{key}.mpids_by_role.{role}", f"the client has no role {role}"
    yield from _some(_networks_fault(f"{key}.networks", client.networks))
    for i, uri in enumerate(client.redirect_uris):
        if not _is_redirect(uri):
            yield (
                f"{key}.redirect_uris[{i}]",
                f"{uri} is neither a path of this venue, nor https, nor http on a loopback address, without #",
            )


def _role_faults(key: str, roles: Iterable[str]) -> Iterator[Fault]:
    for i, role in enumerate(roles):
        if role not in MEANINGS:
            yield f"{key}.roles[{i}]", f"{role} is no role; there are {', '.join(MEANINGS)}"


def _port_faults(key: str, who: ClientSettings | PersonSettings) -> Iterator[Fault]:
    if who.ports is not None and (fault := ports_fault(who.roles, who.mpids)):
        yield f"{key}.ports", fault


def _is_redirect(uri: str) -> bool:
    """Whether people may be sent there with a code."""
    if OWN_PATH.fullmatch(uri):
        return True
    address = WEB_ADDRESS.fullmatch(uri)
    return address is not None and (address["scheme"] == "https" or _is_loopback(address["host"]))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
