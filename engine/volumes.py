"""How much of a US security is traded in a day, and on average: what the percentage of the daily volume is taken of.

The venue's own trades of all its US markets make a security's day; those that were broken are none, nor are those on
the away market. The average is that of the last twenty days on which it traded here. Where the configuration or
operations give a volume, that is the consolidated figure, and stands.

For editors: a day is counted when it ends, from the trades that were kept, so that a trade itself costs nothing more.

Source: EQRC guide 3.1.3.
"""

from __future__ import annotations

from typing import Final

from engine.api import PRM
from engine.engine import Engine
from engine.routing import AWAY_PORT

DAYS: Final = 20
"""Days that an average is taken of."""


def take_volumes(engine: Engine) -> None:
    """Add the day that ends to what was traded of each security, and renew its average."""
    volumes: dict[str, int] = {}
    for market in engine.markets.values():
        if market.rule_book != PRM:
            for symbol, quantity in market.trades.quantities(AWAY_PORT):
                volumes[symbol] = volumes.get(symbol, 0) + quantity
    for symbol, volume in volumes.items():
        security = engine.securities[symbol]
        if volume:
            security.volumes = (*security.volumes, volume)[-DAYS:]
            security.settle_volume()
