"""Configurations of any size, for the venues of benches.

Every port but the free ones carries the demo's risk rules, as a firm of its own, with a message rate that no bench
reaches: the rate is counted and compared all the same. Heartbeats are so rare that they come into no count of bytes,
except where a bench asks for them.
"""

from __future__ import annotations

import tomllib
from typing import Any

import msgspec

from venue import config as configuration
from venue.config import Config

SERVICE = "ouch.nasdaq"
FIX_SERVICE = "fix.nasdaq"
RASH_SERVICE = "rash.nasdaq"
SERVICES = {"fix": FIX_SERVICE, "rash": RASH_SERVICE}
"""Of protocols that are not US OUCH."""
COMP_ID = "INET"
"""What the FIX service goes by."""
PASSWORD = "NTFTEST"  # noqa: S105 - of venues that live for one bench
FREE_PORTS = ("FREE01", "FREE02")
"""Ports without rules, each of a firm of its own."""
RARELY_MS = 3_600_000
UNREACHED = 1_000_000_000
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def port_name(number: int) -> str:
    """Give the name of a port with rules, counted from 0."""
    return f"B{number:05d}"


def firm(number: int) -> str:
    """Give the MPID of a port with rules, counted from 0."""
    return "F" + "".join(DIGITS[number // 36**place % 36] for place in (2, 1, 0))


def free_firm(name: str) -> str:
    """Give the MPID of a free port."""
    return f"FR{name[-2:]}"


def symbol_name(number: int) -> str:
    """Give the name of an additional symbol, counted from 0."""
    return f"S{number:05d}"


def tables(
    ports: int = 1,
    symbols: int = 0,
    ruled: int | None = None,
    heartbeat_interval_ms: int = RARELY_MS,
    durability: str = "memory",
    protocol: str = "ouch",
) -> dict[str, Any]:
    """Make a configuration with so many ports and additional symbols; the first `ruled` ports (all) carry the rules."""
    service = SERVICES.get(protocol, SERVICE)
    secret = {} if protocol == "fix" else {"password": PASSWORD}
    demo = tomllib.loads(configuration.sample())
    ruled = ports if ruled is None else ruled
    model = next(symbol for symbol in demo["symbol"] if symbol["symbol"] == "AAPL")
    names = [(port_name(number), firm(number)) for number in range(ports)]
    names += [(name, free_firm(name)) for name in FREE_PORTS]
    template = [rule for rule in demo["rule"] if rule["port"] == "IN30T1"]
    rules = [
        rule | {"port": name, "mpid": mpid, "settings": rule["settings"] | _unreached(rule)}
        for name, mpid in names[:ruled]
        for rule in template
    ]
    return {
        "venue": demo["venue"] | {"name": "bench", "port_base": 0, "show_logins": False, "durability": durability},
        "soupbintcp": demo["soupbintcp"]
        | {
            "heartbeat_interval_ms": heartbeat_interval_ms,
            "client_silence_limit_ms": RARELY_MS,
            "second_login": "take-over",  # who comes back at once need not wait until his leaving was noticed
        },
        "market": [market for market in demo["market"] if market["key"] == "nasdaq"],
        "service": [entry for entry in demo["service"] if entry["key"] == service],
        "port": [{"name": name, "mpid": mpid, "service": service} | secret for name, mpid in names],
        "symbol": demo["symbol"] + [model | {"symbol": symbol_name(number)} for number in range(symbols)],
        "rule": rules,
    }


def _unreached(rule: dict[str, Any]) -> dict[str, int]:
    return {"maxPortMessages": UNREACHED} if rule["type"] == "order-rate" else {}


def typed(settings: dict[str, Any]) -> Config:
    """Give a configuration as the venue knows it, without the checks across tables that a file gets."""
    return msgspec.convert(settings, Config)
