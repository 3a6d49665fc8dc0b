"""Why a FIX port refuses, cancels or breaks: the engine's reasons in a report's own words.

Words and codes of risk checks are this venue's choice where no source settles them; FIX up to 4.2 knows only
OrdRejReasons 0 to 8, so there Text (58) and ExtendedReasonCode (22204) say more. ExtendedReasonCode is the number that
OUCH 5.0 has for the same risk check, and stands on US ports only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from engine.api import BrokenTradeReason, CancelReason, Liquidity, Reject
from fix.versions import Version


class Reason(NamedTuple):
    """One reason: OrdRejReason (103) up to 4.2, in 4.4 and in 5.0 SP2; Text (58); ExtendedReasonCode (22204) or 0."""

    codes: tuple[int, int, int]
    text: bytes
    extended: int = 0

    def code(self, version: Version) -> int:
        """Give the OrdRejReason in a version; 0, broker or exchange option, where it has no such value."""
        code = self.codes[version.era]
        return code if code in version.order_rejects else 0


OTHER: Final = (0, 99, 99)
NOT_SUPPORTED: Final = (0, 11, 11)
QUANTITY: Final = (0, 13, 13)
PRICE: Final = (0, 99, 18)
CLOSED: Final = (2, 2, 2)

REASONS: Final = {
    Reject.INVALID_SIDE: Reason(NOT_SUPPORTED, b"Invalid side"),
    Reject.INVALID_QUANTITY: Reason(QUANTITY, b"Invalid quantity"),
    Reject.INVALID_SYMBOL: Reason((1, 1, 1), b"Invalid Stock"),
    Reject.INVALID_PRICE: Reason(PRICE, b"Invalid Price"),
    Reject.INVALID_TICK: Reason(PRICE, b"Invalid Price"),
    Reject.INVALID_TIME_IN_FORCE: Reason(NOT_SUPPORTED, b"Invalid time in force"),
    Reject.INVALID_DISPLAY: Reason(NOT_SUPPORTED, b"Invalid display type"),
    Reject.INVALID_CAPACITY: Reason(NOT_SUPPORTED, b"Invalid capacity"),
    Reject.INVALID_INTERMARKET_SWEEP: Reason(NOT_SUPPORTED, b"Invalid intermarket sweep"),
    Reject.INVALID_CROSS: Reason(NOT_SUPPORTED, b"Not allowed in this cross"),
    Reject.CALL_MISSED: Reason((0, 4, 4), b"Not allowed in this cross"),
    Reject.REPLACE_NOT_ALLOWED: Reason(OTHER, b"Replace not allowed"),
    Reject.CANCEL_PENDING: Reason(OTHER, b"Cancel pending"),
    Reject.NO_CLOSING_REFERENCE: Reason(OTHER, b"No closing reference price"),
    Reject.INVALID_PRICE_TYPE: Reason(NOT_SUPPORTED, b"Invalid peg type"),
    Reject.INVALID_MINIMUM_QUANTITY: Reason(QUANTITY, b"Invalid minimum quantity"),
    Reject.INVALID_MAX_FLOOR: Reason(QUANTITY, b"Invalid max floor"),
    Reject.INVALID_SELF_MATCH_PREVENTION: Reason(OTHER, b"Invalid self-match prevention"),
    Reject.INVALID_EXPIRE_TIME: Reason(OTHER, b"Invalid expire time"),
    Reject.INVALID_ATTRIBUTE: Reason(OTHER, b"Invalid value"),
    Reject.PEGGING_NOT_SERVED: Reason(NOT_SUPPORTED, b"Pegged orders are not supported"),
    Reject.ROUTING_NOT_SERVED: Reason(NOT_SUPPORTED, b"Routing is not supported"),
    Reject.RETAIL_NOT_SERVED: Reason(NOT_SUPPORTED, b"Retail orders are not supported"),
    Reject.DISCRETION_NOT_SERVED: Reason(NOT_SUPPORTED, b"Discretionary orders are not supported"),
    Reject.AFTER_HOURS_CLOSED: Reason(CLOSED, b"Market is closed"),
    Reject.FIRM_NOT_AUTHORIZED: Reason(OTHER, b"Firm not authorized"),
    Reject.HALTED: Reason(CLOSED, b"Halted"),
    Reject.MARKET_CLOSED: Reason(CLOSED, b"Market is closed"),
    Reject.LOW_DISK_SPACE: Reason(OTHER, b"System is not available"),
    Reject.ENTRY_DISABLED: Reason((0, 0, 0), b"Reject All enabled"),
    Reject.QUOTE_UNAVAILABLE: Reason(OTHER, b"No quote for peg"),
    Reject.CROSSED_MARKET: Reason(OTHER, b"Midpoint peg in a crossed market"),
    # US risk checks.
    Reject.PORT_MESSAGE_RATE: Reason(OTHER, b"Exceeded order rate", 41),
    Reject.RESTRICTED_STOCK: Reason(OTHER, b"Restricted symbol list reject", 34),
    Reject.MAXIMUM_SHARES: Reason((3, 13, 13), b"Exceeded shares limit", 49),
    Reject.MAXIMUM_NOTIONAL: Reason((3, 3, 20), b"Exceeded dollar value limit", 48),
    Reject.FAT_FINGER: Reason((0, 99, 16), b"Invalid Price", 38),
    Reject.SYMBOL_MESSAGE_RATE: Reason(OTHER, b"Exceeded order rate in a symbol", 40),
    Reject.DUPLICATE_ORDER: Reason(OTHER, b"Exceeded duplicate order limit", 42),
    Reject.HARD_TO_BORROW: Reason((0, 99, 23), b"Hard to borrow list reject", 35),
    Reject.INTERMARKET_SWEEP_NOT_ALLOWED: Reason(OTHER, b"ISO orders not allowed", 36),
    Reject.SHORT_SALE_NOT_ALLOWED: Reason(OTHER, b"Short sales not allowed", 43),
    Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED: Reason(OTHER, b"Short sales exempt not allowed", 47),
    Reject.MARKET_ORDER_NOT_ALLOWED: Reason(OTHER, b"Market orders not allowed", 44),
    Reject.PRE_MARKET_NOT_ALLOWED: Reason(OTHER, b"Pre-market orders not allowed", 45),
    Reject.POST_MARKET_NOT_ALLOWED: Reason(OTHER, b"Post-market orders not allowed", 46),
    Reject.IPO_MARKET_BUY_NOT_ALLOWED: Reason(OTHER, b"IPO market buy orders not allowed", 51),
    Reject.LOCATE_REQUIRED: Reason((0, 99, 23), b"Easy to Borrow (ETB) reject", 39),
    Reject.LOCATE_BROKER: Reason((0, 99, 23), b"Easy to Borrow (ETB) reject", 39),
    Reject.AVERAGE_DAILY_VOLUME: Reason((3, 13, 13), b"Exceeded average daily volume limit", 37),
    Reject.MARKET_IMPACT: Reason((0, 99, 16), b"Market impact reject", 33),
    Reject.GROSS_EXPOSURE: Reason((3, 3, 20), b"Exceeded gross exposure limit", 32),
    # Nordic risk checks.
    Reject.UNKNOWN_USER: Reason((0, 15, 15), b"Unknown user"),
    Reject.ACCOUNT_BLOCKED: Reason((0, 0, 0), b"Reject All enabled"),
    Reject.PORT_ORDER_RATE: Reason(OTHER, b"Exceeded order rate"),
    Reject.RESTRICTED_SEGMENT: Reason(OTHER, b"Restricted segment reject"),
    Reject.RESTRICTED_SYMBOL: Reason(OTHER, b"Restricted symbol list reject"),
    Reject.MAXIMUM_ORDER_QUANTITY: Reason((3, 13, 13), b"Exceeded shares limit"),
    Reject.MAXIMUM_ORDER_VALUE: Reason((3, 3, 20), b"Exceeded dollar value limit"),
    Reject.CONTINUOUS_FAT_FINGER: Reason((0, 99, 16), b"Invalid Price"),
    Reject.ACCOUNT_ORDER_RATE: Reason(OTHER, b"Exceeded order rate in a symbol"),
    Reject.LOCKED_IN_CURRENCY: Reason((3, 3, 20), b"Exceeded accumulated value limit"),
    Reject.MAXIMUM_AUCTION_QUANTITY: Reason((3, 13, 13), b"Exceeded shares limit in auctions"),
    Reject.MAXIMUM_AUCTION_VALUE: Reason((3, 3, 20), b"Exceeded value limit in auctions"),
    Reject.AUCTION_FAT_FINGER: Reason((0, 99, 16), b"Invalid Price in auction"),
    Reject.MARKET_ORDER_PREVENTION: Reason(OTHER, b"Market orders not allowed in auctions"),
    Reject.MARKET_ORDER_EQUILIBRIUM: Reason(OTHER, b"Market order moves the equilibrium price too far"),
    Reject.MARKET_ORDER_REFERENCE: Reason(OTHER, b"Market order moves the price too far from its reference"),
}
"""What a report says for each of the engine's reasons; total, which a test holds it to."""


def reasons(changed: Mapping[str, tuple[int, str, int]]) -> Mapping[Reject, Reason]:
    """Give all reasons, with those that a port's settings change by name: OrdRejReason, Text, ExtendedReasonCode."""
    others = {
        Reject[name]: Reason((code, code, code), text.encode("ascii"), extended)
        for name, (code, text, extended) in changed.items()
    }
    return {**REASONS, **others} if others else REASONS


DUPLICATE_CL_ORD_ID: Final = Reason((6, 6, 6), b"Duplicate ClOrdID")
INVALID_CL_ORD_ID: Final = Reason(OTHER, b"Invalid ClOrdID")
INVALID_CURRENCY: Final = Reason(OTHER, b"Invalid currency")
LOCATE_REQUIRED: Final = Reason((0, 99, 23), b"Easy to Borrow (ETB) reject", 39)
"""What a port itself refuses before the engine is asked."""


class CancelFault(NamedTuple):
    """Why a cancel or replace request is refused: CxlRejReason (102) up to 4.2 and later, and Text (58)."""

    codes: tuple[int, int]
    text: bytes

    def code(self, version: Version) -> int | None:
        """Give the CxlRejReason in a version, None where it has no such value."""
        code = self.codes[version.era > 0]
        return code if code in version.cancel_rejects else None


REFUSED_CODES: Final = (2, 99)
"""CxlRejReason of a replace that the order's own rules or a risk check refuse."""
TOO_LATE: Final = CancelFault((0, 0), b"Too late to cancel")
UNKNOWN_ORDER: Final = CancelFault((1, 1), b"Unknown order")
DUPLICATE_REQUEST: Final = CancelFault((2, 6), b"Duplicate ClOrdID")
NOT_THE_ORDERS: Final = CancelFault(REFUSED_CODES, b"Symbol or side is not the order's")
CANCEL_REFUSED: Final = CancelFault((0, 0), b"Too late for the cross")
ALREADY_PENDING: Final = CancelFault((3, 3), b"Cancel pending")
MAY_NOT_CHANGE: Final = CancelFault(REFUSED_CODES, b"May not be changed by a replace")

CANCEL_LETTERS: Final = {
    CancelReason.USER: b"U",
    CancelReason.IMMEDIATE_OR_CANCEL: b"I",
    CancelReason.EXPIRED: b"T",
    CancelReason.SUPERVISORY: b"S",
    CancelReason.SYSTEM: b"Z",
    CancelReason.POST_ONLY_DISPLAYED: b"G",
    CancelReason.POST_ONLY_RULE: b"F",
    CancelReason.SELF_MATCH: b"Q",
    CancelReason.CALL_OVER: b"T",
    CancelReason.BLOW_THROUGH: b"B",
    CancelReason.REGULATORY: b"D",
    CancelReason.MARKET_HOURS_OVER: b"E",
    CancelReason.HALT_OUTLASTED_CROSS: b"H",
    CancelReason.OPEN_PROTECTION: b"X",
}
"""Text (58) of a cancel that the client did not ask for."""
BREAK_LETTERS: Final = {
    BrokenTradeReason.ERRONEOUS: b"E",
    BrokenTradeReason.CONSENT: b"C",
    BrokenTradeReason.SUPERVISORY: b"S",
    BrokenTradeReason.EXTERNAL: b"X",
}
"""Text (58) of a bust."""
LIQUIDITY_FLAGS: Final = {
    Liquidity.ADDED: b"A",
    Liquidity.REMOVED: b"R",
    Liquidity.ADDED_HIDDEN: b"J",
    Liquidity.ADDED_RESERVE: b"u",
    Liquidity.ADDED_MIDPOINT: b"k",
    Liquidity.REMOVED_MIDPOINT: b"m",
    Liquidity.ROUTED: b"X",
    Liquidity.OPENING_CALL: b"O",
    Liquidity.INTRADAY_CALL: b"K",
    Liquidity.UNSCHEDULED_CALL: b"H",
    Liquidity.CLOSING_CALL: b"C",
    Liquidity.CLOSING_PRICE: b"C",
    Liquidity.OPENING_IMBALANCE: b"M",
    Liquidity.CLOSING_IMBALANCE: b"L",
}
"""LiquidityFlag (9882): OUCH's letters, and RASHport's for what was routed."""
