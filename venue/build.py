"""Which modules mypyc compiles when asked to, and which of them run compiled: what `portcullis --version` tells.

The order path is one source for two builds: plain Python, the reference, and the same files turned into a C extension.
`setup.py` reads the list below from this file.

For editors: docs/compiled.md tells what may not stand in a compiled module, tests/test_compiled.py holds them to it.
"""

from __future__ import annotations

import platform
from importlib import metadata
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec

COMPILED = (
    "wire.soup_terms",
    "wire.soup",
    "wire.soup_client",
    "engine.orders",
    "engine.port",
    "engine.api",
    "engine.endpoint",
    "engine.watch",
    "engine.trades",
    "engine.book",
    "engine.market",
    "engine.risk.windows",
    "engine.risk.limits",
    "engine.risk.kind_checks",
    "engine.risk.size_checks",
    "engine.risk.price_checks",
    "engine.risk.order_flow",
    "engine.risk.eqrc",
    "engine.risk.folding",
    "engine.risk.rule_book",
    "engine.risk.valuation",
    "engine.risk.counters",
    "engine.risk.accounts",
    "engine.risk.protection",
    "engine.risk.counting",
    "engine.risk.auction_checks",
    "engine.risk.prm_checks",
    "engine.risk.prm",
    "engine.pegs",
    "engine.conditions",
    "engine.following",
    "engine.routing",
    "engine.prevention",
    "engine.details",
    "engine.deadlines",
    "engine.guards",
    "engine.timely",
    "engine.matching",
    "engine.closing_price",
    "engine.auction",
    "engine.cross_price",
    "engine.crosses",
    "engine.interruption",
    "engine.band_cancel",
    "engine.bands",
    "engine.tape",
    "engine.limit_state",
    "engine.mass_cancel",
    "engine.mass_cancels",
    "engine.rates",
    "engine.engine",
    "ouch.codec",
    "ouch.terms",
    "ouch.port",
    "ouch.us",
    "ouch.nordic_codec",
    "ouch.nordic_terms",
    "ouch.nordic",
    "ouch.drop",
    "wire.soup_tcp",
    "rash.port",
    "prmproto.port",  # its base is compiled, and no plain class may stand on that
    "fix.amounts",
    "fix.codec",
    "fix.speaker",
    "fix.numbers",
    "fix.handshake",
    "fix.session",
    "fix.resend",
    "fix.endpoint",
    "fix.echo",
    "fix.templates",
    "fix.ledger",
    "fix.order_rows",
    "fix.order_reports",
    "fix.port",
    "fix.drop_reports",
    "fix.drop",
    "fix.heard",
    "venue.clock",
    "venue.record",
    "venue.spool",
    "venue.stream",
    "venue.gate",
    "venue.drops",
    "venue.machine",
    "venue.journal",
    "venue.connection",
    "venue.ports",
    "venue.prm_ports",  # the same
    "venue.rash_ports",
    "venue.fix_ports",
)
"""The order path, from socket to socket."""


def describe() -> str:
    """Say how the order path runs: `pure`, `compiled`, or which of it is not."""
    plain = [name for name in COMPILED if not _origin(name).endswith(tuple(EXTENSION_SUFFIXES))]
    if not plain:
        return "compiled"
    return "pure" if len(plain) == len(COMPILED) else f"compiled but for {', '.join(plain)}"


def _origin(name: str) -> str:
    """Give the file that a module was, or would be, loaded from."""
    spec = find_spec(name)
    return "" if spec is None else str(spec.origin)


def version_line() -> str:
    """Give version, Python, event loop, and whether the code is compiled."""
    python, loop = platform.python_version(), metadata.version("uvloop")
    return f"portcullis {metadata.version('portcullis')}, Python {python}, uvloop {loop}, {describe()}"
