"""The words of the PRM audit: which action and item a happening is told as (PRM guide 3.20).

The guide shows `Limit Change`, `Account Change`, `Breach Lock`, `Order Reject` and `Multiplier Update`, and some items;
the others are ours in the same style.
"""

from __future__ import annotations

from typing import Final

from engine.terms import Reject

NOT_AVAILABLE: Final = "N/A"
LIMITS: Final = {
    "maximum_quantity": "Max Order Quantity",
    "maximum_value": "Max Order Value",
    "maximum_quantity_auction": "Max Order Quantity In Auctions",
    "maximum_value_auction": "Max Order Value In Auctions",
    "total_risk": "Total Risk Value",
    "total_traded": "Total Traded Value",
    "total_open": "Total Open Orders Value",
    "traded_buy": "Traded Buy Value",
    "traded_sell": "Traded Sell Value",
    "open_buy": "Open Order Buy Value",
    "open_sell": "Open Order Sell Value",
    "blow_through": "Blow Through Protection",
}
"""A change of a field of `CurrencyLimits`."""
SETTINGS: Final = {
    "restricted_symbols": "Restricted Symbols",
    "restricted_segments": "Restricted Market Segments",
    "repeated_order_limit": "Repeated Order Generation",
    "restrict_on_repeated_order": "Trigger Restrict Symbol On Repeated Order Generation",
    "market_order_prevention": "In Auction Market Order Prevention",
    "market_order_protection": "In Auction Market Order Protection",
    "fat_finger_in_auctions": "In Auction Fat Finger Protection",
    "symbol_rate": "Max Orders Per Second Per Symbol",
    "cancel_on_symbol_rate": "Cancel Orders On Symbol Rate Breach",
    "emails": "E-mail Recipients",
}
"""A change of a field of `AccountSettings`."""
MULTIPLIERS: Final = {
    "fat_finger_multiplier_aggressive": "Fat Finger Multiplier Aggressive",
    "fat_finger_multiplier_passive": "Fat Finger Multiplier Passive",
}
"""A change of a member's multiplier, told of each of its accounts."""
BREACHES: Final = {
    "total_risk": "Over Daily Total Risk Value",
    "total_traded": "Over Daily Trade Total Value",
    "total_open": "Over Daily Open Order Total Value",
    "traded_buy": "Over Daily Trade Buy/Sell Value",
    "traded_sell": "Over Daily Trade Buy/Sell Value",
    "open_buy": "Over Daily Open Order Buy/Sell Value",
    "open_sell": "Over Daily Open Order Buy/Sell Value",
    "symbol_rate": "Over Max Orders Per Second Per Symbol",
    "port_rate": "Over Max Orders Per Second Per Port",
    "by_hand": "Reject All Orders",
}
"""A lock, and an order refused because of it."""
REJECTS: Final = {
    "RESTRICTED_SYMBOL": "Restricted Symbol",
    "RESTRICTED_SEGMENT": "Restricted Market Segment",
    "MAXIMUM_ORDER_QUANTITY": "Over Max Order Quantity",
    "MAXIMUM_ORDER_VALUE": "Over Max Order Value",
    "ACCOUNT_BLOCKED": "Account Blocked",
    "PORT_ORDER_RATE": BREACHES["port_rate"],
}
"""A refused order, by the check; one that has no words of its own is called as the check is."""
SIMPLE: Final = {
    "BLOCK": ("Account Block", NOT_AVAILABLE),
    "DROP": ("Account Block", "FIX Drop Disconnect"),
    "UNBLOCK": ("Account Unblock", NOT_AVAILABLE),
}
NOT_AUDITED: Final = frozenset({Reject.CONTINUOUS_FAT_FINGER})
"""The refused orders that the report leaves out."""


def wording(kind: str, subject: str, order_book: str, reason: Reject | None) -> tuple[str, str] | None:
    """Give a happening's action and item, None where the audit leaves it out."""
    if kind == "CHANGE":
        if subject in LIMITS:
            return "Limit Change", LIMITS[subject]
        if subject in MULTIPLIERS:
            return "Multiplier Update", MULTIPLIERS[subject]
        return "Account Change", SETTINGS[subject]
    if kind in {"BREACH", "UNLOCK"}:
        return ("Breach Lock" if kind == "BREACH" else "Breach Unlock"), BREACHES.get(subject, NOT_AVAILABLE)
    if kind in {"RESTRICTED", "RELEASED"}:
        return (
            "Restriction Change",
            f"Restricted {'Symbol' if order_book else 'Market Segment'} {order_book or subject}",
        )
    if kind == "REJECT":
        if reason is None or reason in NOT_AUDITED:
            return None
        return "Order Reject", BREACHES.get(subject) or REJECTS.get(reason.name, reason.name.replace("_", " ").title())
    return SIMPLE.get(kind)
