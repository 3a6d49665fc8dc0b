"""The desk's dialog of a book's prices: what is typed, what would change, and the change.

What is wrong stands beside its field, with all that was typed. A price that somebody else has changed since it was
shown is not set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiohttp import web

from venue.looks import book_prices, find_book
from venue.problem import Problem
from venue.sidecar.portal.eqrc_forms import faults_of
from venue.sidecar.portal.visit import Visit

PRICES: Final = {
    "last": "Last",
    "previousClose": "Previous close",
    "bid": "Bid elsewhere",
    "offer": "Offer elsewhere",
    "reference": "Reference",
    "luldLower": "LULD lower",
    "luldUpper": "LULD upper",
    "adv": "20-day volume (shares)",
    "fatFingerAggressive": "Fat finger aggressive (%)",
    "fatFingerPassive": "Fat finger passive (%)",
    "staticGuard": "Static guard (%)",
    "dynamicGuard": "Dynamic guard (%)",
}
"""Prices that may be set, by their names in a body."""
OF_US: Final = ("last", "previousClose", "bid", "offer", "luldLower", "luldUpper", "adv")
IN_PERCENT: Final = ("fatFingerAggressive", "fatFingerPassive", "staticGuard", "dynamicGuard")
OF_NORDIC: Final = ("last", "previousClose", "bid", "offer", "reference", *IN_PERCENT)
SHARES: Final = "adv"
PRICE: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,4})?")
PERCENTAGE: Final = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?")
WHOLE: Final = re.compile(r"[0-9]{1,15}")
OLD: Final = "old."
"""What stands before a price's name in the field that keeps what it was when it was shown."""
CHANGED: Final = "It has changed in between."


def prices_of(visit: Visit) -> dict[str, str]:
    """Give a book's prices as a form has them."""
    book = find_book(visit.sidecar.replica.machine, dict(visit.path))
    shown = msgspec.to_builtins(book_prices(book))
    names = OF_US if book.security.entry is None else OF_NORDIC
    return {name: "" if shown[name] is None else str(shown[name]) for name in names}


def prices_form(visit: Visit, values: Mapping[str, str], faults: Mapping[str, str]) -> web.StreamResponse:
    """Show the form, with what is wrong with what was typed."""
    return visit.show(
        "desk_prices.html", path=visit.path, present=prices_of(visit), values=values, names=PRICES, faults=faults
    )


async def ask_prices(visit: Visit) -> web.StreamResponse:
    """Ask for new prices of a book."""
    return prices_form(visit, prices_of(visit), {})


def wrong_with(name: str, text: str) -> str:
    """Say what is wrong with a price, before the call itself looks at it; an empty one clears."""
    if not text:
        return ""
    if name == SHARES:
        return "" if WHOLE.fullmatch(text) else "Give a whole number."
    if name in IN_PERCENT:
        return "" if PERCENTAGE.fullmatch(text) else "Give a percentage, such as 7.5."
    return "" if PRICE.fullmatch(text) else "Give a price with at most four decimals, such as 150.25."


async def review_prices(visit: Visit) -> web.StreamResponse:
    """Show what would change, or what is wrong with it."""
    form, present = await visit.form(), prices_of(visit)
    given = {name: form[name].strip() for name in present if name in form}
    changes = [(name, present[name], text) for name, text in given.items() if text != present[name]]
    faults = {name: trouble for name, _, text in changes if (trouble := wrong_with(name, text))}
    if faults or not changes:
        return prices_form(visit, present | given, faults or {"": "Those are the prices that it has."})
    return visit.show("desk_prices_confirm.html", path=visit.path, changes=changes, names=PRICES)


async def set_prices(visit: Visit) -> web.StreamResponse:
    """Set the prices that were confirmed, or show the form again with why they are not set."""
    form, present = await visit.form(), prices_of(visit)
    given = {name: form[name] for name in present if name in form}
    faults = {name: trouble for name, text in given.items() if (trouble := wrong_with(name, text))}
    faults |= {name: CHANGED for name in given if form.get(OLD + name, "") != present[name]}
    if not faults:
        body = {name: value_of(name, text) for name, text in given.items()}
        try:
            await visit.call("PUT", "/ops/books/{venue}/{book}/prices", visit.path, body=body)
        except Problem as problem:
            faults = faults_of(problem, set(given))
    if faults:
        return prices_form(visit, present | given, faults)
    return visit.done(f"{visit.path['venue']} {visit.path['book']}: prices set.")


def value_of(name: str, text: str) -> Any:
    """Give a price as a body has it, from a text that `wrong_with` has looked at."""
    if not text:
        return None
    return int(text) if name == SHARES else float(text) if name in IN_PERCENT else text
