"""What the PRM page shows of an account: its counters against their thresholds, what blocks or locks it, in words.

Sources: PRM guide, Appendix II (the web page), 3.6 (accumulated values), 3.9, 3.12 and 3.18 (blocks and locks).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from venue.prm_calls import AccountView, CountersView

if TYPE_CHECKING:
    from venue.machine import Machine

COUNTERS = {
    "totalRisk": "Total Risk Value",
    "totalTraded": "Total Traded Value",
    "totalOpen": "Total Open Orders Value",
    "tradedBuy": "Traded Buy Value",
    "tradedSell": "Traded Sell Value",
    "openBuy": "Open Orders Buy Value",
    "openSell": "Open Orders Sell Value",
}
"""The seven accumulated values by their names in a body, as the guide's page calls them."""
ORDER_LIMITS = {
    "maxQuantity": "Max Order Quantity",
    "maxValue": "Max Order Value",
    "maxQuantityAuction": "Max Order Quantity in Auctions",
    "maxValueAuction": "Max Order Value in Auctions",
}
"""What one order may be."""
QUANTITIES = frozenset({"maxQuantity", "maxQuantityAuction"})
LIMITS = COUNTERS | ORDER_LIMITS
SWITCHES = {
    "restrictOnRepeatedOrder": "Trigger Restrict Symbol On Repeated Order Generation",
    "marketOrderProtection": "In Auction Market Order Protection",
    "marketOrderPrevention": "In Auction Market Order Prevention",
    "fatFingerInAuctions": "In Auction Fat Finger Protection",
}
"""The protection settings, which are on or off."""
REPEATED = "repeatedOrderLimit"
SETTINGS = {REPEATED: "Repeated Order Generation"} | SWITCHES
HELP = {
    REPEATED: "How often the same order may come again in a row; 0 switches the check off.",
    "restrictOnRepeatedOrder": "A symbol in which the limit is reached is restricted for the account.",
    "marketOrderProtection": "In a call, a market order may move the equilibrium price only so far.",
    "marketOrderPrevention": "In a call, no market orders.",
    "fatFingerInAuctions": "In a call, prices may be only so far from the reference.",
}
NEAR = Decimal(80)
FULL = Decimal(100)
LEVELS = ("unused", "normal", "near", "breached")
"""How near a counter is to its threshold, from the least."""
LEVEL_WORDS = {"unused": "Not used", "normal": "Under 80 %", "near": "80 % or more", "breached": "Breached"}


class Tile(NamedTuple):
    """A counter: its current value and its threshold in the currency, how much of it is used in percent."""

    key: str
    name: str
    current: str
    threshold: str | None
    percent: str
    level: str
    width: str


class Money(NamedTuple):
    """An account in a currency: its counters, what an order may be, and what locks it there."""

    currency: str
    tiles: list[Tile]
    orders: list[tuple[str, str, Any]]
    locked: list[str]
    blow_through: bool
    level: str


class Row(NamedTuple):
    """An account in the list of all: what is nearest to its threshold."""

    account: str
    mpid: str
    status: str
    locked: list[str]
    level: str
    percent: str
    nearest: str


def tile(key: str, current: str, threshold: str | None) -> Tile:
    """Hold a counter against its threshold; it is reached where they are equal."""
    if threshold is None:
        return Tile(key, COUNTERS[key], current, None, "0.00", "unused", "0")
    used = Decimal(current) * 100 / Decimal(threshold)
    level = "breached" if used >= FULL else "near" if used >= NEAR else "normal"
    return Tile(key, COUNTERS[key], current, threshold, f"{used:.2f}", level, f"{min(used, FULL):.2f}")


def money_of(view: AccountView, currency: str, *, unlimited: bool) -> Money:
    """Give an account in a currency; counters without a threshold only where they are asked for."""
    limits = view.today.limits.get(currency)
    counters = view.counters.get(currency)
    tiles = [tile(key, value_of(counters, key), value_of_limit(limits, key)) for key in COUNTERS]
    shown = [one for one in tiles if unlimited or one.threshold is not None]
    orders = [(key, name, value_of_limit(limits, key)) for key, name in ORDER_LIMITS.items()]
    locked = [] if counters is None else counters.locked
    level = max((one.level for one in tiles), key=LEVELS.index)
    is_shown = [one for one in orders if unlimited or one[2] is not None]
    return Money(currency, shown, is_shown, locked, limits is not None and limits.blow_through, level)


def value_of(counters: CountersView | None, key: str) -> str:
    """Give a counter's value."""
    return "0.0000" if counters is None else str(getattr(counters, snake(key)))


def value_of_limit(limits: Any, key: str) -> Any:
    """Give a limit, a setting or a counter by its name in a body, None where there is none."""
    return None if limits is None else getattr(limits, snake(key))


def snake(key: str) -> str:
    """Give a body's name as a struct has it."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


def status_of(view: AccountView) -> str:
    """Give an account's status as the guide's page spells it."""
    if not view.blocked:
        return "Active"
    return "Blocked and cancelled" if view.canceled else "Blocked"


def row_of(view: AccountView) -> Row:
    """Give an account as the list of all shows it."""
    nearest: tuple[Decimal, str, str] = (Decimal(-1), "unused", "")
    locked = [currency for currency, counters in view.counters.items() if counters.locked]
    for currency in view.today.limits:
        for one in money_of(view, currency, unlimited=False).tiles:
            nearest = max(nearest, (Decimal(one.percent), one.level, f"{one.name}, {currency}"))
    percent, level, name = nearest
    if locked or view.rate_locked or view.blocked:
        level = "breached"
    return Row(view.account, view.mpid, status_of(view), locked, level, f"{max(percent, Decimal(0)):.2f}", name)


def currencies_of(machine: Machine) -> tuple[str, ...]:
    """Give the currencies that order books are in."""
    books = (security.entry for security in machine.engine.securities.values())
    return tuple(sorted({book.currency for book in books if book is not None}))


def used(view: AccountView, known: Iterable[str]) -> tuple[str, ...]:
    """Give the currencies in which an account has limits, or counters that say something."""
    return tuple(one for one in known if one in view.today.limits or one in view.counters)
