"""What is different between two settings of an account, in the words and figures of the audit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.api import PRICE_SCALE, AccountSettings, CurrencyLimits

SHARES = frozenset({"maximum_quantity", "maximum_quantity_auction"})
"""The limits that are no money."""


class Difference(NamedTuple):
    """One setting: `subject` is its field, `currency` that of a limit."""

    subject: str
    currency: str
    old: str
    new: str


def differences(before: AccountSettings, after: AccountSettings) -> Iterator[Difference]:
    """Give the settings that are not the same, limits first, by currency."""
    for currency in sorted({*before.limits, *after.limits}):
        old = before.limits.get(currency, CurrencyLimits())
        new = after.limits.get(currency, CurrencyLimits())
        for name in CurrencyLimits.__struct_fields__:
            values = getattr(old, name), getattr(new, name)
            if values[0] != values[1]:
                yield Difference(name, currency, *(limit_text(name, value) for value in values))
    for name in AccountSettings.__struct_fields__:
        values = getattr(before, name), getattr(after, name)
        if name != "limits" and values[0] != values[1]:
            yield Difference(name, "", *(setting_text(value) for value in values))


def limit_text(name: str, value: int | bool | None) -> str:
    """Give a limit as the report writes it: in units of its currency, without decimals that say nothing."""
    if isinstance(value, bool):
        return setting_text(value)
    if value is None:
        return "0"
    if name in SHARES:
        return str(value)
    units, rest = divmod(value, PRICE_SCALE)
    return f"{units}.{rest:04}".rstrip("0") if rest else str(units)


def setting_text(value: int | bool | tuple[object, ...]) -> str:
    """Give a setting as the report writes it; of a list, how many it has."""
    if isinstance(value, bool):
        return "Y" if value else "N"
    return str(len(value) if isinstance(value, tuple) else value)
