"""Ports of RASHport in the configuration file: their own keys, and the faults these may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from engine.api import Reject
from rash.settings import RashSettings, encode_settings
from venue.settings import Settings

if TYPE_CHECKING:
    from venue.access import Fault
    from venue.config import Config
    from venue.service_settings import PortSettings, ServiceSettings

RASH_10: Final = "rash-1.0"
"""RASHport over SoupTCP."""
RASH_11: Final = "rash-1.1"
"""RASHport over SoupBinTCP, also with the byte that 1.2 adds."""
RASH_PROTOCOLS: Final = frozenset({RASH_10, RASH_11})
Letter = Annotated[str, msgspec.Meta(pattern=r"^[!-~]\Z")]


class RashPortSettings(Settings, frozen=True):
    """A RASHport port's own keys.

    `letters` names the generation of letters that Rejected has for risk checks, `reasons` are those of single checks.
    With `locate` orders may say at their end that shares have been located. `routing` lets them ask for a route.
    """

    letters: Literal["current", "old"] = "current"
    locate: bool = False
    routing: bool = True
    reasons: dict[str, Letter] | None = None


def own_settings(port: PortSettings) -> RashPortSettings:
    """Give a port's own keys."""
    return port.rash or RashPortSettings()


def rash_entry(port: PortSettings) -> bytes:
    """Give what the engine carries for a port."""
    own = own_settings(port)
    return encode_settings(RashSettings(own.letters, own.locate, dict(own.reasons or {})))


def rash_faults(config: Config) -> Iterator[Fault]:
    """Give the faults of what the file says of RASHport."""
    services = {service.key: service for service in config.service}
    rule_books: dict[str, str] = {market.key: market.rule_book for market in config.market}
    for i, service in enumerate(config.service):
        if service.protocol in RASH_PROTOCOLS and rule_books.get(service.market or "") != "eqrc":
            yield f"service[{i}].market", f"{service.market} is no US market, and RASHport is for those"
    for i, port in enumerate(config.port):
        if port.rash is not None:
            yield from _port_faults(f"port[{i}].rash", port.rash, services[port.service])


def _port_faults(key: str, own: RashPortSettings, service: ServiceSettings) -> Iterator[Fault]:
    if service.protocol not in RASH_PROTOCOLS:
        yield key, f"{service.key} does not speak RASHport"
    if own.locate and service.protocol == RASH_10:
        yield f"{key}.locate", "orders of 1.0 cannot say so"
    for name in own.reasons or ():
        if name not in Reject.__members__:
            yield f"{key}.reasons.{name}", "no such reason; docs/risk-checks.md has them all"
