"""What PRM asks of the orders of one port, user and order book, folded together when settings change."""

from __future__ import annotations

from typing import Final

from engine.api import MARKET_PRICE, Order, Refusal, Reject
from engine.risk.accounts import Account
from engine.risk.counters import CurrencyState, FlowState
from engine.risk.limits import Band, Check

THRESHOLD_SCALE: Final = 100 * 10_000 * 100
"""What a threshold (1/10,000 %) times a multiplier (%) has to be divided by."""


class Protection:
    """What PRM asks of the orders of one port, user and order book: every setting that holds for them folded together.

    `aggressive` and `passive` are thresholds times multipliers, None where such prices are not checked; `buys` and
    `sells` are what they let pass at the reference price seen last. Limits of 0 are none. `blow_through` keeps an order
    from setting off a volatility guard. `armed` are the checks that may object at some time, `in_trading` those of them
    that may in continuous trading while nothing is locked or shut. Up to `quantity_within` and `value_within` an order
    at a limit price meets no objection there but for its price; -1 where there may always be one. `money` are the
    account's counters in the book's currency, `flow` those of its orders in the book; None without an account.
    """

    __slots__ = (
        "account",
        "aggressive",
        "armed",
        "blow_through",
        "buys",
        "fat_finger_in_auctions",
        "flow",
        "in_trading",
        "is_declared",
        "market_order_prevention",
        "market_order_protection",
        "maximum_auction_quantity",
        "maximum_auction_value",
        "maximum_quantity",
        "maximum_value",
        "money",
        "passive",
        "quantity_within",
        "restricted_segment",
        "restricted_symbol",
        "sells",
        "value_within",
    )

    def __init__(self, account: Account | None, is_declared: bool) -> None:
        self.account = account
        self.money: CurrencyState | None = None
        self.flow: FlowState | None = None
        self.is_declared = is_declared
        self.armed: tuple[Check, ...] = ()
        self.in_trading: tuple[Check, ...] = ()
        self.quantity_within = -1
        self.value_within = -1
        self.blow_through = False
        self.maximum_quantity = 0
        self.maximum_value = 0
        self.maximum_auction_quantity = 0
        self.maximum_auction_value = 0
        self.fat_finger_in_auctions = False
        self.market_order_prevention = False
        self.market_order_protection = False
        self.restricted_segment = False
        self.restricted_symbol = False
        self.aggressive: int | None = None
        self.passive: int | None = None
        self.buys = Band()
        self.sells = Band()


def protection_of(order: Order) -> Protection:
    """Give what PRM asks of an order of a Nordic port."""
    protection = order.scope.protection
    assert protection is not None
    return protection


def settle(protection: Protection, reference: int) -> None:
    """Work out which prices pass at a reference price: exactly at the threshold still does."""
    aggressive = _farthest(protection.aggressive, reference)
    passive = _farthest(protection.passive, reference)
    buys, sells = protection.buys, protection.sells
    buys.reference = sells.reference = reference
    buys.lowest, buys.highest = reference - passive, reference + aggressive
    sells.lowest, sells.highest = reference - aggressive, reference + passive


def _farthest(threshold: int | None, reference: int) -> int:
    return MARKET_PRICE if threshold is None else threshold * reference // THRESHOLD_SCALE


def refuse(
    protection: Protection,
    reason: Reject,
    limit: int | None = None,
    observed: int | None = None,
    reference: int | None = None,
    source: str | None = None,
) -> Refusal:
    """Give a refusal by the account's own settings."""
    assert protection.account is not None
    return Refusal(reason, limit, observed, reference, source, protection.account.name)
