"""Nordic flows: what the whole of PRM costs an order over Nordic OUCH, against a member that has no account.

Two ports of one venue send the same buys, none of which is refused. One is of a member whose account has everything
on: limits in every currency, all seven counters, orders a second of the port and of the symbol, repeated orders, fat
finger, lists. The other's member has no account, so that no setting of PRM is there to be looked at.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ouch import nordic_codec
from venue import config as configuration
from venue.bench.configurations import PASSWORD, RARELY_MS, UNREACHED, typed
from venue.bench.inside import InsideSession, InsideVenue, feed_at_once
from venue.clock import Clock
from wire.soup import unsequenced

if TYPE_CHECKING:
    from venue.bench.engine import Timed

SERVICE = "ouch.nordic"
GUARDED, FREE = "BPRM01", "BFREE1"
"""The port whose orders meet all of PRM, and the one whose orders meet nothing of it."""
USERS = {GUARDED: b"BP29U1", FREE: b"BF30U1"}
"""Who sends each port's orders."""
BOOK = 101
"""Its previous close is 100, its fat finger lets passive prices go 10 % away."""
BEST_BUY = 995_000
PRICES = 500
"""How many cents below the best price the orders lie; neighbours in time are no repeated orders."""
ACCEPTED_LENGTH = 60
"""Bytes on the wire of an Order Accepted without options."""
CURRENCIES = ("SEK", "EUR", "DKK", "ISK")
COUNTERS = ("total_risk", "total_traded", "total_open", "traded_buy", "traded_sell", "open_buy", "open_sell")
HIGH = "90000000000"
"""More money than any bench sends."""
A_SECOND = 1_000_000
"""More orders than any bench sends within one."""


def nordic_tables(durability: str = "memory") -> dict[str, Any]:
    """Make a configuration with the two ports."""
    demo = tomllib.loads(configuration.sample())
    limits: dict[str, Any] = dict.fromkeys((*COUNTERS, "max_value", "max_value_auction"), HIGH)
    limits |= {"max_quantity": UNREACHED, "max_quantity_auction": UNREACHED, "blow_through": True}
    account = {
        "name": "BP29PR",
        "mpid": "BP29",
        "limits": dict.fromkeys(CURRENCIES, limits),
        "restricted_symbols": [901],
        "restricted_segments": [300, 400],
        "repeated_order_limit": UNREACHED,
        "restrict_on_repeated_order": True,
        "symbol_rate": A_SECOND,
        "cancel_on_symbol_rate": True,
        **dict.fromkeys(("fat_finger_in_auctions", "market_order_prevention", "market_order_protection"), True),
    }
    guards = {"fat_finger": True, "max_orders_per_second": A_SECOND, "cancel_on_breach": True}
    ports: dict[str, dict[str, Any]] = {GUARDED: {"mpid": "BP29"} | guards, FREE: {"mpid": "BF30"}}
    return {
        "venue": demo["venue"] | {"name": "bench", "port_base": 0, "show_logins": False, "durability": durability},
        "soupbintcp": demo["soupbintcp"]
        | {"heartbeat_interval_ms": RARELY_MS, "client_silence_limit_ms": RARELY_MS, "second_login": "take-over"},
        "market": [market for market in demo["market"] if market["key"] == "nordic"],
        "service": [entry for entry in demo["service"] if entry["key"] == SERVICE],
        "port": [{"name": name, "service": SERVICE, "password": PASSWORD} | own for name, own in ports.items()],
        "symbol": [],
        "book": demo["book"],
        "member": [{"mpid": ports[name]["mpid"], "users": [user.decode()]} for name, user in USERS.items()],
        "account": [account],
    }


class NordicTrader:
    """One Nordic port's orders: numbers that rise, and which of them rest."""

    def __init__(self, port: str) -> None:
        self.user = USERS[port]
        self.numbers = count(1)
        self.resting: list[int] = []

    def buys(self, how_many: int) -> list[bytes]:
        """Make buys that rest. Each is answered by one Order Accepted."""
        fresh = [next(self.numbers) for _ in range(how_many)]
        self.resting += fresh
        return [self._enter(number) for number in fresh]

    def cancels(self) -> list[bytes]:
        """Make a cancel for each resting order."""
        numbers, self.resting = self.resting, []
        return [unsequenced(nordic_codec.pack_cancel_order(number, 0, self.user)) for number in numbers]

    def _enter(self, number: int) -> bytes:
        price = BEST_BUY - number * 7 % PRICES * 100
        labels = (71, 72, 73, 0b111101, b"2", b"-", b"")
        return unsequenced(nordic_codec.pack_enter_order(number, b"B", 100, BOOK, price, self.user, *labels))


class NordicDesk:
    """A Nordic venue in process with both ports logged in."""

    def __init__(self, directory: Path, clock: Clock | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        venue = InsideVenue(typed(nordic_tables()), directory, clock)
        self.sessions = {"prm_off": InsideSession(venue, FREE), "prm_on": InsideSession(venue, GUARDED)}
        self.traders = {"prm_off": NordicTrader(FREE), "prm_on": NordicTrader(GUARDED)}

    def batches(self, how_many: int) -> Iterator[Timed]:
        """Give the same orders to the port without PRM and to the one with all of it."""
        for name, session in self.sessions.items():
            trader = self.traders[name]
            yield name, session, trader.buys(how_many)
            feed_at_once(session, trader.cancels())
