"""The tables of the configuration file about market data on the wire: who may read it, and where it goes over UDP.

Its services, `itch-5.0-us` and `glimpse-5.0-us`, are the second process's, one of each for a market. Their readers are
no ports: they send nothing, and one login may be used by many at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from venue.settings import Name6, Settings

if TYPE_CHECKING:
    from venue.access import Fault
    from venue.config import Config
    from venue.service_settings import ServiceSettings

ITCH: Final = "itch-5.0-us"
GLIMPSE: Final = "glimpse-5.0-us"
FEEDS: Final = (ITCH, GLIMPSE)
"""Protocols of the second process that are of a market."""
UdpPort = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class MoldSettings(Settings, frozen=True):
    """Where a feed goes over MoldUDP64: an address and port, one or a group, and where lost messages are asked for.

    `requests` is a port of the venue's host, 0 takes a free one. Groups are reached on this machine alone.
    """

    address: Annotated[str, msgspec.Meta(min_length=2, max_length=45)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)]
    requests: UdpPort = 0


class SubscriberSettings(Settings, frozen=True):
    """A login of market data: its name, its password or a hash of it, of which `services`; without any, of all."""

    name: Name6
    password: Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,10}\Z")] | None = None
    password_hash: str | None = None
    services: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] | None = None
    addresses: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] | None = None

    def reads(self, service: ServiceSettings) -> bool:
        """Whether it is a login of a service."""
        return service.protocol in FEEDS and (self.services is None or service.key in self.services)


def feed_faults(config: Config) -> Iterator[Fault]:
    """Give the faults of market data's services and logins."""
    seen: dict[tuple[str, str | None], str] = {}
    us_markets = [market.key for market in config.market if market.rule_book == "eqrc"]
    feeds = {service.key: service for service in config.service if service.protocol in FEEDS}
    for i, service in enumerate(config.service):
        key = f"service[{i}]"
        if service.mold is not None:
            yield from _mold_faults(config, key, service)
        if service.protocol not in FEEDS:
            continue
        if service.market is None:
            yield f"{key}.market", "this key is required"
        elif service.market not in us_markets:
            yield f"{key}.market", f"{service.protocol} is for US markets"
        place = service.protocol, service.market
        if place in seen:
            yield f"{key}.protocol", f"{seen[place]} is one of {service.market} already, and one is all there is"
        seen[place] = service.key
        if config.web_service is None:
            yield f"{key}.protocol", 'it is served by the second process, which needs a service of protocol "http"'
    names: dict[str, None] = {}
    for i, subscriber in enumerate(config.subscriber):
        if subscriber.name in names:
            yield f"subscriber[{i}].name", f"{subscriber.name} stands twice"
        names[subscriber.name] = None
        for service_key in subscriber.services or ():
            if service_key not in feeds:
                known = ", ".join(feeds) or "none"
                yield f"subscriber[{i}].services", f"{service_key} serves no market data; there are {known}"


def _mold_faults(config: Config, key: str, service: ServiceSettings) -> Iterator[Fault]:
    if service.protocol != ITCH:
        yield f"{key}.mold", f"{service.protocol} does not go over UDP"
    assert service.mold is not None
    try:
        address = ip_address(service.mold.address)
    except ValueError:
        yield f"{key}.mold.address", f"{service.mold.address} is no address"
        return
    if not (address.is_loopback or address.is_multicast or config.venue.allow_plain_tcp):
        way_out = "take a loopback address or a group, or set venue.allow_plain_tcp = true"
        yield f"{key}.mold.address", f"{address} is another machine, and everybody on the way could read it; {way_out}"
