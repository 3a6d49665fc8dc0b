"""Templates, and how values are written: figures with their thousands apart, money without needless zeros, times.

Whatever stands in a template is escaped. There is no inline style and no inline script, so that the policy may forbid
them.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from venue.sidecar.portal.assets import address

NOTHING = "\N{EN DASH}"
"""What stands where there is no value."""
DECIMAL = re.compile(r"[0-9]+\.[0-9]+")


def number(value: float | str | None) -> str:
    """Write a whole number with its thousands apart."""
    return NOTHING if value is None else f"{int(value):,}"


def money(value: str | Decimal | None) -> str:
    """Write an amount with its thousands apart: two decimals, four where they say something."""
    if value is None:
        return NOTHING
    amount = Decimal(value)
    return f"{amount:,.2f}" if amount == round(amount, 2) else f"{amount:,.4f}"


def price(value: str | None) -> str:
    """Write a price: two decimals at least, four where they say something."""
    if value is None or value == "MARKET":
        return NOTHING if value is None else "Market"
    whole, _, decimals = value.partition(".")
    return f"{int(whole):,}.{decimals.rstrip('0').ljust(2, '0')}"


def figure(value: float | str | None) -> str:
    """Write what may be a figure or a word, as an explanation has it: a figure with its thousands apart."""
    if isinstance(value, str) and DECIMAL.fullmatch(value):
        return price(value)
    return NOTHING if value is None else f"{value:,}" if isinstance(value, int | float) else value


def clock(value: str | None) -> str:
    """Write the time of day of an RFC 3339 time, in UTC, to the millisecond."""
    return NOTHING if not value else value.partition("T")[2].rstrip("Z")[:12]


def words(value: str | None) -> str:
    """Write a name of ours (`PRE_MARKET`) as words."""
    return NOTHING if not value else value.replace("_", " ").replace("-", " ").capitalize()


def environment() -> Environment:
    """Give what renders templates."""
    made = Environment(
        loader=PackageLoader("venue.sidecar.portal"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"number": number, "money": money, "figure": figure, "price": price, "clock": clock, "words": words}
    made.globals |= {"asset": address}
    return made


ENVIRONMENT = environment()


def render(template: str, **values: Any) -> str:
    """Give a template's text."""
    return ENVIRONMENT.get_template(template).render(**values)
