"""US flows with every control: what the whole of the US Equities Risk Checks costs an order, against a free port.

Each of many ports has a rule of every type, which makes nineteen controls, and none of them stops an order. Two ports
of one venue send the same buys: the first of those, and one of which no rule says anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs

from engine.api import RuleEntry
from venue.bench.configurations import FREE_PORTS, UNREACHED, firm, port_name, tables, typed
from venue.bench.inside import InsideSession, InsideVenue, feed_at_once
from venue.bench.orders import Trader
from venue.clock import Clock
from venue.eqrc.settings import to_engine
from venue.reference import market_command

if TYPE_CHECKING:
    from venue.bench.engine import Timed

PORTS = 2_000
"""Ports with rules."""
GUARDED, FREE = port_name(0), FREE_PORTS[0]
"""The port whose orders meet every control, and the one whose orders meet none."""
EXCHANGE = "NASDAQ"
HIGH = 90_000_000_000
"""More dollars than any bench sends, in thousands of them."""
RANGES = 6
STEPS = {"watch": HIGH, "warn": HIGH, "action": HIGH}
OTHER_SYMBOLS = ["AMD", "TSLA"]
"""What the lists name: nothing that the bench trades."""
SETTINGS: dict[str, dict[str, Any]] = {
    "max-notional": {"limit": HIGH},
    "max-shares": {"limit": 900_000},
    "adv": {"percent": 255, "minimumVolume": 100_000_000},
    "order-type": {
        "rejectIso": True,
        "rejectShortSale": True,
        "rejectNonAuctionMarket": True,
        "rejectPreMarket": True,
        "rejectPostMarket": True,
        "rejectShortSaleExempt": True,
        "rejectIpoMarketBuy": True,
    },
    "shares-located": {"requireLocate": True, "includeShortSaleExempt": True, "brokers": ["ABCD"]},
    "restricted-stock": {"enabled": True},
    "hard-to-borrow": {"enabled": True},
    "fat-finger": {"ranges": [{"amount": 150, "percent": 90}] * RANGES},
    "market-impact": {"enabled": True},
    "order-rate": {
        "maxDuplicates": UNREACHED,
        "duplicateWindow": 1,
        "maxPortMessages": UNREACHED,
        "portWindow": 1,
        "maxSymbolMessages": UNREACHED,
        "symbolWindow": 1,
    },
    "gross-exposure": {"open": STEPS, "executed": STEPS, "notional": STEPS, "breachAction": "CANCEL_ALL"},
}
"""The settings of each type of rule, as over REST."""
LISTS = ("restricted-stock", "hard-to-borrow")
"""Types that name symbols."""


def bodies(number: int) -> list[dict[str, Any]]:
    """Give the rules of a port with rules, counted from 0, as they are asked for over REST."""
    entity = {"exchange": EXCHANGE, "mpid": firm(number), "port": port_name(number)}
    return [
        {"type": name, **entity, "settings": settings} | ({"symbols": OTHER_SYMBOLS} if name in LISTS else {})
        for name, settings in SETTINGS.items()
    ]


def rules(ports: int) -> tuple[RuleEntry, ...]:
    """Give the rules of so many ports as the engine has them."""
    settings = {name: to_engine(name, given) for name, given in SETTINGS.items()}
    return tuple(
        RuleEntry(
            f"{port_name(number)}-{name}",
            name,
            *(EXCHANGE, firm(number), port_name(number)),
            tuple(OTHER_SYMBOLS) if name in LISTS else (),
            settings[name],
        )
        for number in range(ports)
        for name in SETTINGS
    )


class EqrcDesk:
    """A US venue in process with rules for many ports; one of them, and the free one, are logged in."""

    def __init__(self, directory: Path, clock: Clock | None = None, ports: int = PORTS) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        config = typed(tables(ports, ruled=0))
        venue = InsideVenue(config, directory, clock)
        venue.command(structs.replace(market_command(config), rules=rules(ports)))
        self.sessions = {"eqrc_off": InsideSession(venue, FREE), "eqrc_on": InsideSession(venue, GUARDED)}
        self.traders = {"eqrc_off": Trader(), "eqrc_on": Trader()}

    def batches(self, how_many: int) -> Iterator[Timed]:
        """Give the same orders to the port without rules and to the one with all of them."""
        for name, session in self.sessions.items():
            trader = self.traders[name]
            yield name, session, trader.buys(how_many)
            feed_at_once(session, trader.cancels())
