"""Why a RASHport port refuses, cancels or breaks: the engine's reasons as letters.

Rejected has one letter for each reason, from one of two tables: the *current* generation, which the newest documents
of the exchange group have, or the *old* one of 1.0. The same letter means another check in each, so a port has one of
them, whole. Several checks share a letter; which one it was, the venue's log and `explain` tell. What no document
settles is this venue's choice (docs/differences.md), and a port may be set to say otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.api import BrokenTradeReason, CancelReason, Liquidity, Reject, SystemEvent
from rash import codes
from rash.settings import CURRENT, OLD, RashSettings

EXCHANGE_WORDS: Final = {
    "A": "advanced features not allowed",
    "B": "no quote for peg",
    "C": "market closed",
    "D": "invalid display",
    "E": "invalid peg",
    "F": "not marketable, conflicting instructions, or wrong cross type",
    "G": "destination not available",
    "H": "halted",
    "I": "invalid side",
    "J": "processing error",
    "K": "invalid minimum quantity",
    "L": "invalid firm",
    "M": "outside permitted times",
    "N": "invalid routing instructions",
    "O": "other",
    "P": "pegging not allowed",
    "Q": "invalid quantity",
    "R": "routing not allowed",
    "S": "invalid symbol",
    "T": "test mode",
    "U": "possible duplicate",
    "V": "invalid order type",
    "W": "invalid destination",
    "X": "invalid price",
    "Y": "no shares found for routing",
    "Z": "quantity exceeds threshold",
    "q": "midpoint peg in a crossed market",
}
"""What a letter says that is no risk check's, in both generations."""
CURRENT_WORDS: Final = EXCHANGE_WORDS | {
    "a": "restricted stock",
    "b": "short sell restricted",
    "d": "exceeds ADV limit",
    "e": "fat finger",
    "l": "locate required",
    "n": "max notional exceeded",
    "o": "order type restricted",
    "r": "market impact",
    "s": "open exposure exceeded",
    "u": "port message rate",
    "v": "symbol message rate",
    "w": "duplicate message rate",
    "x": "executed exposure exceeded",
    "y": "notional exposure exceeded",
}
OLD_WORDS: Final = EXCHANGE_WORDS | {
    "a": "bad format",
    "b": "no quote",
    "c": "invalid account",
    "d": "short sale",
    "e": "ISO",
    "f": "GTC",
    "g": "pre-market",
    "h": "post-market",
    "i": "delayed checking off",
    "j": "max shares",
    "k": "max value",
    "m": "reject all",
    "n": "fat finger",
    "o": "not on the easy-to-borrow list, or a late order without a reference price",
    "p": "PRM not available",
    "r": "snap in process",
    "s": "halted",
    "t": "on-open",
    "u": "on-close",
    "v": "program trading",
    "{": "not on the restricted list's allowed set",
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {CURRENT: CURRENT_WORDS, OLD: OLD_WORDS}
"""What each letter says, by generation."""

CURRENT_LETTERS: Final = {
    Reject.INVALID_SIDE: "I",
    Reject.INVALID_QUANTITY: "Q",
    Reject.INVALID_SYMBOL: "S",
    Reject.INVALID_PRICE: "X",
    Reject.INVALID_TICK: "X",
    Reject.INVALID_TIME_IN_FORCE: "V",
    Reject.INVALID_DISPLAY: "D",
    Reject.INVALID_CAPACITY: "O",
    Reject.INVALID_INTERMARKET_SWEEP: "F",
    Reject.INVALID_CROSS: "F",
    Reject.CALL_MISSED: "M",
    Reject.REPLACE_NOT_ALLOWED: "O",
    Reject.CANCEL_PENDING: "O",
    Reject.NO_CLOSING_REFERENCE: "F",
    Reject.INVALID_PRICE_TYPE: "E",
    Reject.INVALID_MINIMUM_QUANTITY: "K",
    Reject.INVALID_MAX_FLOOR: "Q",
    Reject.INVALID_SELF_MATCH_PREVENTION: "O",
    Reject.INVALID_EXPIRE_TIME: "V",
    Reject.INVALID_ATTRIBUTE: "O",
    Reject.PEGGING_NOT_SERVED: "P",
    Reject.ROUTING_NOT_SERVED: "R",
    Reject.RETAIL_NOT_SERVED: "A",
    Reject.DISCRETION_NOT_SERVED: "A",
    Reject.AFTER_HOURS_CLOSED: "M",
    Reject.FIRM_NOT_AUTHORIZED: "L",
    Reject.HALTED: "H",
    Reject.MARKET_CLOSED: "C",
    Reject.ENTRY_DISABLED: "L",
    Reject.LOW_DISK_SPACE: "J",
    Reject.QUOTE_UNAVAILABLE: "B",
    Reject.CROSSED_MARKET: "q",
    Reject.PORT_MESSAGE_RATE: "u",
    Reject.RESTRICTED_STOCK: "a",
    Reject.MAXIMUM_SHARES: "Z",
    Reject.MAXIMUM_NOTIONAL: "n",
    Reject.FAT_FINGER: "e",
    Reject.SYMBOL_MESSAGE_RATE: "v",
    Reject.DUPLICATE_ORDER: "w",
    Reject.HARD_TO_BORROW: "b",
    Reject.INTERMARKET_SWEEP_NOT_ALLOWED: "o",
    Reject.SHORT_SALE_NOT_ALLOWED: "o",
    Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED: "o",
    Reject.MARKET_ORDER_NOT_ALLOWED: "o",
    Reject.PRE_MARKET_NOT_ALLOWED: "o",
    Reject.POST_MARKET_NOT_ALLOWED: "o",
    Reject.IPO_MARKET_BUY_NOT_ALLOWED: "o",
    Reject.LOCATE_REQUIRED: "l",
    Reject.LOCATE_BROKER: "l",
    Reject.AVERAGE_DAILY_VOLUME: "d",
    Reject.MARKET_IMPACT: "r",
    Reject.GROSS_EXPOSURE: "y",
    # What follows are checks of Nordic markets, which no order of this protocol meets: the closest there is.
    Reject.UNKNOWN_USER: "L",
    Reject.ACCOUNT_BLOCKED: "L",
    Reject.PORT_ORDER_RATE: "u",
    Reject.RESTRICTED_SEGMENT: "a",
    Reject.RESTRICTED_SYMBOL: "a",
    Reject.MAXIMUM_ORDER_QUANTITY: "Z",
    Reject.MAXIMUM_ORDER_VALUE: "n",
    Reject.CONTINUOUS_FAT_FINGER: "e",
    Reject.ACCOUNT_ORDER_RATE: "v",
    Reject.LOCKED_IN_CURRENCY: "y",
    Reject.MAXIMUM_AUCTION_QUANTITY: "Z",
    Reject.MAXIMUM_AUCTION_VALUE: "n",
    Reject.AUCTION_FAT_FINGER: "e",
    Reject.MARKET_ORDER_PREVENTION: "o",
    Reject.MARKET_ORDER_EQUILIBRIUM: "o",
    Reject.MARKET_ORDER_REFERENCE: "o",
}
"""The current generation; total, which a test holds it to."""
OLD_LETTERS: Final = CURRENT_LETTERS | {
    Reject.NO_CLOSING_REFERENCE: "o",
    Reject.ENTRY_DISABLED: "m",
    Reject.PORT_MESSAGE_RATE: "m",
    Reject.RESTRICTED_STOCK: "{",
    Reject.MAXIMUM_SHARES: "j",
    Reject.MAXIMUM_NOTIONAL: "k",
    Reject.FAT_FINGER: "n",
    Reject.SYMBOL_MESSAGE_RATE: "m",
    Reject.DUPLICATE_ORDER: "U",
    Reject.HARD_TO_BORROW: "o",
    Reject.INTERMARKET_SWEEP_NOT_ALLOWED: "e",
    Reject.SHORT_SALE_NOT_ALLOWED: "d",
    Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED: "d",
    Reject.MARKET_ORDER_NOT_ALLOWED: "O",
    Reject.PRE_MARKET_NOT_ALLOWED: "g",
    Reject.POST_MARKET_NOT_ALLOWED: "h",
    Reject.IPO_MARKET_BUY_NOT_ALLOWED: "t",
    Reject.LOCATE_REQUIRED: "d",
    Reject.LOCATE_BROKER: "d",
    Reject.AVERAGE_DAILY_VOLUME: "j",
    Reject.MARKET_IMPACT: "O",
    Reject.GROSS_EXPOSURE: "k",
    Reject.UNKNOWN_USER: "c",
    Reject.ACCOUNT_BLOCKED: "m",
    Reject.PORT_ORDER_RATE: "m",
    Reject.RESTRICTED_SEGMENT: "{",
    Reject.RESTRICTED_SYMBOL: "{",
    Reject.MAXIMUM_ORDER_QUANTITY: "j",
    Reject.MAXIMUM_ORDER_VALUE: "k",
    Reject.CONTINUOUS_FAT_FINGER: "n",
    Reject.ACCOUNT_ORDER_RATE: "m",
    Reject.LOCKED_IN_CURRENCY: "k",
    Reject.MAXIMUM_AUCTION_QUANTITY: "j",
    Reject.MAXIMUM_AUCTION_VALUE: "k",
    Reject.AUCTION_FAT_FINGER: "n",
    Reject.MARKET_ORDER_PREVENTION: "t",
    Reject.MARKET_ORDER_EQUILIBRIUM: "t",
    Reject.MARKET_ORDER_REFERENCE: "t",
}
"""The old generation."""
LETTERS: Final[Mapping[str, Mapping[Reject, str]]] = {CURRENT: CURRENT_LETTERS, OLD: OLD_LETTERS}
EXPOSURES: Final = {"open": "s", "executed": "x", "notional": "y"}
"""In the current generation, each of the amounts that gross exposure limits has a letter."""
UNKNOWN_ROUTE: Final = "W"
"""Of a port that may route: the route is none that there is."""
CONFLICTING_ROUTE: Final = "N"
"""Of such a port: an order that only posts may not leave its book, whatever its route."""


def letters(settings: RashSettings) -> dict[Reject, str]:
    """Give all letters of a port."""
    return {**LETTERS[settings.letters], **{Reject[name]: letter for name, letter in settings.reasons.items()}}


CANCEL_LETTERS: Final = {
    CancelReason.USER: codes.CancelReason.USER.wire,
    CancelReason.IMMEDIATE_OR_CANCEL: codes.CancelReason.IMMEDIATE.wire,
    CancelReason.EXPIRED: codes.CancelReason.TIMEOUT.wire,
    CancelReason.SUPERVISORY: codes.CancelReason.SUPERVISORY.wire,
    CancelReason.SYSTEM: codes.CancelReason.SYSTEM.wire,
    CancelReason.POST_ONLY_DISPLAYED: codes.CancelReason.POST_ONLY_DISPLAYED.wire,
    CancelReason.POST_ONLY_RULE: codes.CancelReason.POST_ONLY_RULE.wire,
    CancelReason.SELF_MATCH: codes.CancelReason.SELF_MATCH.wire,
    CancelReason.CALL_OVER: codes.CancelReason.TIMEOUT.wire,
    CancelReason.REGULATORY: codes.CancelReason.REGULATORY.wire,
    CancelReason.BLOW_THROUGH: codes.CancelReason.COLLARS.wire,  # Nordic markets only: the closest there is
    CancelReason.MARKET_HOURS_OVER: codes.CancelReason.CLOSED.wire,
    CancelReason.HALT_OUTLASTED_CROSS: codes.CancelReason.HALTED.wire,
    CancelReason.OPEN_PROTECTION: codes.CancelReason.OPEN_PROTECTION.wire,
}
LIQUIDITY_LETTERS: Final = {
    Liquidity.ADDED: codes.Liquidity.ADDED.wire,
    Liquidity.REMOVED: codes.Liquidity.REMOVED.wire,
    Liquidity.ADDED_HIDDEN: codes.Liquidity.ADDED_HIDDEN.wire,
    Liquidity.ADDED_RESERVE: codes.Liquidity.ADDED_HIDDEN.wire,
    Liquidity.ADDED_MIDPOINT: codes.Liquidity.ADDED_MIDPOINT.wire,
    Liquidity.REMOVED_MIDPOINT: codes.Liquidity.REMOVED_MIDPOINT.wire,
    Liquidity.ROUTED: codes.Liquidity.ROUTED.wire,
    Liquidity.OPENING_CALL: codes.Liquidity.OPENING_CROSS.wire,
    Liquidity.OPENING_IMBALANCE: codes.Liquidity.OPENING_IMBALANCE.wire,
    Liquidity.CLOSING_CALL: codes.Liquidity.CLOSING_CROSS.wire,
    Liquidity.CLOSING_IMBALANCE: codes.Liquidity.CLOSING_IMBALANCE.wire,
    Liquidity.CLOSING_PRICE: codes.Liquidity.CLOSING_CROSS.wire,  # no US market trades at its closing price
    Liquidity.INTRADAY_CALL: codes.Liquidity.HALT_CROSS_2.wire,
    Liquidity.UNSCHEDULED_CALL: codes.Liquidity.HALT_CROSS.wire,
}
BREAK_LETTERS: Final = {
    BrokenTradeReason.ERRONEOUS: codes.BreakReason.ERRONEOUS.wire,
    BrokenTradeReason.CONSENT: codes.BreakReason.CONSENT.wire,
    BrokenTradeReason.SUPERVISORY: codes.BreakReason.SUPERVISORY.wire,
    BrokenTradeReason.EXTERNAL: codes.BreakReason.EXTERNAL.wire,
}
EVENT_LETTERS: Final = {
    SystemEvent.START_OF_DAY: codes.EventCode.START_OF_DAY.wire,
    SystemEvent.END_OF_DAY: codes.EventCode.END_OF_DAY.wire,
}
