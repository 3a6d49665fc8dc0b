"""Whose limit a Nordic refusal was: an account or a port, with the settings that were in force."""

from __future__ import annotations

from engine.api import Port, Reject
from engine.book import Book
from engine.engine import Engine
from engine.risk.prm import Account
from venue.calls import amount
from venue.explain.answer import Rule


def account_rule(account: Account, book: Book | None) -> Rule:
    """Give a PRM account with today's limits in the book's currency; a limit of 0 is none."""
    settings: dict[str, object] = {"blocked": account.blocked}
    entry = None if book is None else book.security.entry
    if entry is not None:
        limits = account.settings.limits.get(entry.currency)
        settings["currency"] = entry.currency
        settings["maxQuantity"] = 0 if limits is None else limits.maximum_quantity
        settings["maxValue"] = amount(0 if limits is None else limits.maximum_value)
    settings["restrictedSymbols"] = list(account.settings.restricted_symbols)
    settings["restrictedSegments"] = list(account.settings.restricted_segments)
    is_configured = account.settings == account.entry.settings
    return Rule(
        id=account.name, type="account", origin="configuration" if is_configured else "operations", settings=settings
    )


def port_rule(engine: Engine, port: Port, reason: Reject, book: Book | None) -> Rule:
    """Give a port with what PRM has set for it: its order rate, or its fat finger and what that follows from."""
    settings: dict[str, object] = {"maxOrdersPerSecond": port.maximum_orders, "cancelOnBreach": port.cancel_on_breach}
    member = engine.prm.members.get(port.mpid)
    if reason is Reject.CONTINUOUS_FAT_FINGER and member is not None and book is not None:
        aggressive, passive = book.security.fat_finger_aggressive, book.security.fat_finger_passive
        settings = {
            "fatFinger": port.fat_finger,
            "fatFingerAggressive": None if aggressive is None else amount(aggressive),
            "fatFingerPassive": None if passive is None else amount(passive),
            "fatFingerMultiplierAggressive": member.aggressive,
            "fatFingerMultiplierPassive": member.passive,
        }
    entry = port.entry
    now, configured = (
        (port.fat_finger, port.maximum_orders, port.cancel_on_breach),
        (entry.fat_finger, entry.maximum_orders, entry.cancel_on_breach),
    )
    origin = "configuration" if now == configured else "operations"
    return Rule(id=port.name, type="port", origin=origin, settings=settings)
