"""From where it may be asked, and how often from one address: looked at before anything else of a request.

The address is that of the connection. No header that claims another (X-Forwarded-For and its like) is believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from venue.http_settings import HttpSettings
from venue.listener import plain_address
from venue.problem import Problem
from venue.sidecar.auth.limits import Buckets, network_of

Networks = Sequence[IPv4Network | IPv6Network]


def address_of(request: web.Request) -> IPv4Address | IPv6Address:
    """Give the address that a request comes from; raises `Problem` 403 where its connection is gone."""
    if request.remote is None:
        raise Problem(403, "the connection has no address")
    return plain_address(request.remote)


class Sources:
    """The networks from which each path may be asked."""

    def __init__(self, settings: HttpSettings) -> None:
        self._everywhere = None if settings.allow is None else _networks(settings.allow)
        self._under = {prefix.rstrip("/"): _networks(some) for prefix, some in (settings.allow_under or {}).items()}

    def admits(self, address: IPv4Address | IPv6Address, *paths: str) -> bool:
        """Whether these paths may all be asked from this address."""
        if self._everywhere is not None and not _within(address, self._everywhere):
            return False
        return all(
            _within(address, networks)
            for prefix, networks in self._under.items()
            if any(path == prefix or path.startswith(f"{prefix}/") for path in paths)
        )


def guard(sources: Sources, addresses: Buckets) -> Middleware:
    """Give the middleware that refuses other networks (403), and whoever asks too often from one address (429)."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        address = address_of(request)
        resource = request.match_info.route.resource  # what the router made of the path, however that was written
        if not sources.admits(address, request.path, request.path if resource is None else resource.canonical):
            raise Problem(403, f"{request.path[:200]} may not be asked from {address}")
        addresses.take(network_of(address))
        return await handler(request)

    return guarded


def _networks(texts: Sequence[str]) -> Networks:
    return [ip_network(text) for text in texts]


def _within(address: IPv4Address | IPv6Address, networks: Networks) -> bool:
    return any(address in network for network in networks)
