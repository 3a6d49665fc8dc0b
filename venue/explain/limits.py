"""Whose limit a Nordic refusal was: an account or a port, with the settings that were in force."""

from __future__ import annotations

from typing import Final

from engine.api import CurrencyLimits, Port, Reject
from engine.book import Book
from engine.engine import Engine
from engine.risk.counters import COUNTERS
from engine.risk.prm import Account
from venue.calls import amount
from venue.explain.answer import Rule
from venue.prm_calls import LOCKS

NONE: Final = CurrencyLimits()


def account_rule(account: Account, book: Book | None) -> Rule:
    """Give a PRM account with today's limits in the book's currency; a limit of 0 is none.

    Restricted symbols are those that are so now, whoever restricted them.
    """
    today = account.settings
    settings: dict[str, object] = {
        "blocked": account.blocked,
        "blockedBy": account.blocked_by,
        "rateLocked": account.rate_locked,
    }
    entry = None if book is None else book.security.entry
    if entry is not None:
        limits, state = today.limits.get(entry.currency, NONE), account.currencies.get(entry.currency)
        settings |= {
            "currency": entry.currency,
            "locked": [] if state is None else [LOCKS[lock] for lock in state.locked],
            "maxQuantity": limits.maximum_quantity,
            "maxValue": amount(limits.maximum_value),
            "maxQuantityAuction": limits.maximum_quantity_auction or 0,
            "maxValueAuction": amount(limits.maximum_value_auction or 0),
        }
        counters = {LOCKS[counter]: amount(getattr(limits, counter.name.lower())) for counter in COUNTERS}
        settings |= {**counters, "blowThrough": limits.blow_through}
    listed = dict.fromkeys(name for names in account.restricted.values() for name in names)
    settings |= {
        "restrictedSymbols": [name for name in listed if account.is_restricted(name)],
        "restrictedSegments": list(today.restricted_segments),
        "repeatedOrderLimit": today.repeated_order_limit,
        "restrictOnRepeatedOrder": today.restrict_on_repeated_order,
        "marketOrderPrevention": today.market_order_prevention,
        "marketOrderProtection": today.market_order_protection,
        "fatFingerInAuctions": today.fat_finger_in_auctions,
        "symbolRate": today.symbol_rate,
        "cancelOnSymbolRate": today.cancel_on_symbol_rate,
    }
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
