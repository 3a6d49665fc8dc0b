"""Which modules mypyc compiles when asked to, and which of them run compiled: what `portcullis --version` tells.

The order path is one source for two builds: plain Python, the reference, and the same files turned into a C extension.
`setup.py` reads the list below from this file.

For editors: docs/compiled.md tells what may not stand in a compiled module, tests/test_compiled.py holds them to it.
"""

from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES

COMPILED = (
    "wire.soup_terms",
    "wire.soup",
    "wire.soup_client",
    "engine.api",
    "engine.book",
    "engine.risk.windows",
    "engine.risk.limits",
    "engine.risk.eqrc",
    "engine.engine",
    "ouch.codec",
    "ouch.terms",
    "ouch.port",
    "ouch.us",
    "venue.clock",
    "venue.record",
    "venue.stream",
    "venue.gate",
    "venue.machine",
    "venue.journal",
    "venue.ports",
)
"""The order path, from socket to socket."""


def describe() -> str:
    """Say how the order path runs, from the modules that are loaded: `pure`, `compiled`, or which of it is not."""
    loaded = [name for name in COMPILED if name in sys.modules]
    suffixes = tuple(EXTENSION_SUFFIXES)
    plain = [name for name in loaded if not str(sys.modules[name].__file__).endswith(suffixes)]
    if not plain:
        return "compiled"
    return "pure" if plain == loaded else f"compiled but for {', '.join(plain)}"
