"""What each reason to refuse means in a trader's words, with places for its figures.

Two total tables, by reason: what was wrong (`FAULTS`), and for what no change of the order can help, who must do what
(`OUTSIDE`). Figures stand in braces under the names that `facts` in `describe` gives.
"""

from __future__ import annotations

from typing import Final

from engine.api import Reject

FAULTS: Final[dict[Reject, str]] = {
    Reject.INVALID_SIDE: "side {observed} is not one that may be sent here ({allowed})",
    Reject.INVALID_QUANTITY: "a quantity of {observed} is outside of {lowest} to {limit} shares",
    Reject.INVALID_SYMBOL: "{symbol} is not listed at {exchange}",
    Reject.INVALID_PRICE: "a price of {observed} is neither from 0.0001 to {limit} nor one that means the market",
    Reject.INVALID_TICK: "a price of {observed} is not a multiple of the tick of {limit} that {symbol} has there",
    Reject.INVALID_TIME_IN_FORCE: "time in force {observed} is not one that may be sent here ({allowed})",
    Reject.INVALID_DISPLAY: "display {observed} is not one that may be sent here ({allowed})",
    Reject.INVALID_CAPACITY: "capacity {observed} is not one that may be sent here ({allowed})",
    Reject.INVALID_INTERMARKET_SWEEP: "inter-market sweep eligibility {observed} is neither Y nor N",
    Reject.INVALID_CROSS: "with {fields} the order asks for a cross that this market does not serve",
    Reject.INVALID_PRICE_TYPE: "{fields} names no price type that there is, is an offset to none, or cannot be read",
    Reject.INVALID_MINIMUM_QUANTITY: "a minimum quantity of {observed} must be whole round lots of {lot}, no more than "
    "the order's {quantity} shares, and the order hidden or immediate or cancel",
    Reject.INVALID_MAX_FLOOR: "a displayed part of {observed} shares must be from 1 to {largest}, more than its random "
    "reserve, and of an order that is displayed",
    Reject.INVALID_SELF_MATCH_PREVENTION: "{fields} names no self-match prevention that there is, or cannot be read",
    Reject.INVALID_EXPIRE_TIME: "an expire time of {observed} seconds is not from 1 to {limit}; time in force 6 "
    "needs one",
    Reject.INVALID_ATTRIBUTE: "{fields} may not stand as sent: unknown, doubled, of the wrong size, value or message",
    Reject.PEGGING_NOT_SERVED: "with {fields} the order asks for a peg that this market does not serve: one of market "
    "makers, post only, routed, or for a cross",
    Reject.QUOTE_UNAVAILABLE: "with {fields} the order follows a quote, and {symbol} has none at {exchange} that it "
    "could follow",
    Reject.CROSSED_MARKET: "with {fields} the order follows the midpoint of {symbol}, whose bid is above its offer",
    Reject.ROUTING_NOT_SERVED: "with {fields} the order asks for routing, which this market does not serve",
    Reject.RETAIL_NOT_SERVED: "cross type R asks for the retail program, which this market does not serve",
    Reject.AFTER_HOURS_CLOSED: "time in force E may enter from {limit}, and it was {observed}",
    Reject.FIRM_NOT_AUTHORIZED: "{port} may enter orders for {allowed} and not for {observed}",
    Reject.HALTED: "{symbol} is halted at {exchange}",
    Reject.CALL_MISSED: "orders for this call or cross are not taken now: it is over, too near, or not to come",
    Reject.REPLACE_NOT_ALLOWED: "the cross that the order is for is so near that nothing of it may change",
    Reject.CANCEL_PENDING: "the order is canceled after its cross, and nothing of it may change until then",
    Reject.NO_CLOSING_REFERENCE: "there is no price that a late order for the closing cross could be held to",
    Reject.MARKET_CLOSED: "{symbol} takes no orders at {exchange} in this phase of its day",
    Reject.ENTRY_DISABLED: "order entry of {port} is disabled",
    Reject.PORT_MESSAGE_RATE: "{port} sent {observed} messages in a window that may hold {limit} (rule {rule}), and is "
    "shut since {shut_at}",
    Reject.RESTRICTED_STOCK: "{symbol} is on the restricted list of {rule}",
    Reject.MAXIMUM_SHARES: "{observed} shares are more than the {limit} that rule {rule} allows",
    Reject.MAXIMUM_NOTIONAL: "{quantity} shares at {reference} ({source}) are ${observed}, more than the ${limit} that "
    "rule {rule} allows",
    Reject.FAT_FINGER: "{price} is ${observed} away from {reference} ({source}), and rule {rule} allows ${limit}",
    Reject.SYMBOL_MESSAGE_RATE: "{port} sent {observed} messages in {symbol} in a window that may hold {limit} (rule "
    "{rule}), and is shut",
    Reject.DUPLICATE_ORDER: "{port} sent the same order {observed} times in a window that may hold {limit} (rule "
    "{rule}), and is shut",
    Reject.HARD_TO_BORROW: "{symbol} is on the hard to borrow list of {rule}, and the order sells short",
    Reject.INTERMARKET_SWEEP_NOT_ALLOWED: "rule {rule} allows no inter-market sweep orders",
    Reject.SHORT_SALE_NOT_ALLOWED: "rule {rule} allows no short sales",
    Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED: "rule {rule} allows no short sales that are exempt",
    Reject.MARKET_ORDER_NOT_ALLOWED: "rule {rule} allows orders at the market price for a cross only",
    Reject.PRE_MARKET_NOT_ALLOWED: "rule {rule} allows no orders that may trade before market hours",
    Reject.POST_MARKET_NOT_ALLOWED: "rule {rule} allows no orders that may trade after market hours",
    Reject.IPO_MARKET_BUY_NOT_ALLOWED: "rule {rule} allows no purchase at the market price before {symbol} has opened",
    Reject.LOCATE_REQUIRED: "rule {rule} asks short sales to say that their shares are located",
    Reject.LOCATE_BROKER: "rule {rule} does not list the broker who located the shares",
    Reject.AVERAGE_DAILY_VOLUME: "{observed} shares are more than the {limit} that rule {rule} allows of the average "
    "daily volume",
    Reject.MARKET_IMPACT: "{price} is beyond {reference} ({source}), and rule {rule} is on",
    Reject.GROSS_EXPOSURE: "the {source} exposure of ${observed} is over the ${limit} of rule {rule}",
    Reject.DISCRETION_NOT_SERVED: "with {fields} the order asks for discretion that this market does not serve: of a "
    "reserve, post only, routed, or for a cross",
    Reject.LOW_DISK_SPACE: "the venue has little room left on its disk and takes nothing new",
    Reject.UNKNOWN_USER: "user {observed} is not declared for the member of {port} ({allowed})",
    Reject.ACCOUNT_BLOCKED: "account {rule} is blocked",
    Reject.PORT_ORDER_RATE: "{port} sent more than {limit} orders, changes and cancels within a second, and is shut",
    Reject.RESTRICTED_SEGMENT: "{symbol} is of a market segment that account {rule} may not trade",
    Reject.RESTRICTED_SYMBOL: "{symbol} is on the restricted list of account {rule}",
    Reject.MAXIMUM_ORDER_QUANTITY: "{observed} shares are more than the {limit} that account {rule} allows",
    Reject.MAXIMUM_ORDER_VALUE: "{quantity} shares at {reference} ({source}) are {observed}, more than the {limit} of "
    "account {rule}",
    Reject.CONTINUOUS_FAT_FINGER: "{price} is {observed} away from {reference} ({source}), and {limit} is allowed",
    Reject.ACCOUNT_ORDER_RATE: "account {rule} sent more than {limit} orders and changes within a second in {source}, "
    "and is locked in every book",
    Reject.LOCKED_IN_CURRENCY: "account {rule} is locked in the currency of {symbol} ({source})",
    Reject.MAXIMUM_AUCTION_QUANTITY: "{observed} shares are more than the {limit} that account {rule} allows in a call",
    Reject.MAXIMUM_AUCTION_VALUE: "{quantity} shares at {reference} ({source}) are {observed}, more than the {limit} "
    "that account {rule} allows in a call",
    Reject.AUCTION_FAT_FINGER: "{price} is {observed} away from {reference} ({source}), and {limit} is allowed in a "
    "call",
    Reject.MARKET_ORDER_PREVENTION: "account {rule} enters no orders at the market price in a call",
    Reject.MARKET_ORDER_EQUILIBRIUM: "the order would move the equilibrium price {observed} from {reference}, and "
    "{limit} is allowed",
    Reject.MARKET_ORDER_REFERENCE: "the order would bring the equilibrium price {observed} away from {reference} "
    "({source}), and {limit} is allowed",
}
"""What was wrong; total, which a test holds it to."""
UNSOUND_OPTION: Final = "{unsound}"
"""Instead of a reason's words where nothing but the way in which an option stands is at fault."""
NOTHING_LEFT: Final = "a new total of {observed} leaves nothing open, since {limit} have executed"
"""Instead of a bad quantity's words where a Replace names no more than what has executed."""
SIDE_FLIPPED: Final = "a Replace may change the kind of a sale, and never turn a purchase into a sale or back"
AFTER_HOURS_REPLACED: Final = "a Replace may not ask for time in force E"

RULE_CHANGED: Final = "rule {rule} would have to allow it"
ACCOUNT_CHANGED: Final = "account {rule} would have to allow it"
PORT_FREED: Final = "operations would have to release {port}, somebody to enable it by the safety switch, or the next \
trading day to begin; waiting does not free it"
NOT_SERVED: Final = "the market would have to serve it"
OUTSIDE: Final[dict[Reject, str]] = dict.fromkeys(Reject, NOT_SERVED) | {
    Reject.INVALID_SYMBOL: "{symbol} would have to be listed: it is not in the configuration of this venue",
    Reject.HALTED: "operations would have to resume {symbol} at {exchange}",
    Reject.CALL_MISSED: "{symbol} would have to be in another phase, or earlier in its day, at {exchange}",
    Reject.REPLACE_NOT_ALLOWED: "{symbol} would have to be earlier in its day at {exchange}",
    Reject.CANCEL_PENDING: "{symbol} would have to be earlier in its day at {exchange}",
    Reject.NO_CLOSING_REFERENCE: "{symbol} would have to have a quote, a last sale or a previous close at {exchange}",
    Reject.MARKET_CLOSED: "{symbol} would have to be in another phase of its day at {exchange}",
    Reject.QUOTE_UNAVAILABLE: "somebody would have to quote {symbol} at {exchange}, or operations from outside",
    Reject.CROSSED_MARKET: "the outside quote of {symbol} would have to go, or operations to set another",
    Reject.LOW_DISK_SPACE: "the venue would have to have more room on its disk",
    Reject.ENTRY_DISABLED: "order entry of {port} would have to be enabled again: by the client (Enable "
    "Order Entry), or by the next trading day",
    Reject.PORT_MESSAGE_RATE: PORT_FREED,
    Reject.RESTRICTED_STOCK: "{symbol} would have to be taken off the restricted list of {rule}",
    Reject.MAXIMUM_SHARES: RULE_CHANGED,
    Reject.MAXIMUM_NOTIONAL: RULE_CHANGED,
    Reject.FAT_FINGER: RULE_CHANGED,
    Reject.SYMBOL_MESSAGE_RATE: PORT_FREED,
    Reject.DUPLICATE_ORDER: PORT_FREED,
    Reject.HARD_TO_BORROW: "{symbol} would have to be taken off the hard to borrow list of {rule}",
    Reject.INTERMARKET_SWEEP_NOT_ALLOWED: RULE_CHANGED,
    Reject.SHORT_SALE_NOT_ALLOWED: RULE_CHANGED,
    Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED: RULE_CHANGED,
    Reject.MARKET_ORDER_NOT_ALLOWED: RULE_CHANGED,
    Reject.PRE_MARKET_NOT_ALLOWED: RULE_CHANGED,
    Reject.POST_MARKET_NOT_ALLOWED: RULE_CHANGED,
    Reject.IPO_MARKET_BUY_NOT_ALLOWED: RULE_CHANGED,
    Reject.LOCATE_REQUIRED: RULE_CHANGED,
    Reject.LOCATE_BROKER: RULE_CHANGED,
    Reject.AVERAGE_DAILY_VOLUME: RULE_CHANGED,
    Reject.MARKET_IMPACT: RULE_CHANGED,
    Reject.GROSS_EXPOSURE: "the exposure would have to be under the limit of rule {rule} again, or somebody to lift "
    "the breach",
    Reject.UNKNOWN_USER: "the configuration would have to name the user under the member of {port}",
    Reject.ACCOUNT_BLOCKED: "account {rule} would have to be unblocked, or the next trading day to begin",
    Reject.PORT_ORDER_RATE: "operations would have to release {port}, or the next trading day to begin; waiting does "
    "not free it",
    Reject.RESTRICTED_SEGMENT: ACCOUNT_CHANGED,
    Reject.RESTRICTED_SYMBOL: ACCOUNT_CHANGED,
    Reject.MAXIMUM_ORDER_QUANTITY: ACCOUNT_CHANGED,
    Reject.MAXIMUM_ORDER_VALUE: ACCOUNT_CHANGED,
    Reject.ACCOUNT_ORDER_RATE: "operations would have to release account {rule}, or the next trading day to begin",
    Reject.LOCKED_IN_CURRENCY: "account {rule} would have to be unlocked in the currency, or the next trading day to "
    "begin",
    Reject.MAXIMUM_AUCTION_QUANTITY: ACCOUNT_CHANGED,
    Reject.MAXIMUM_AUCTION_VALUE: ACCOUNT_CHANGED,
    Reject.AUCTION_FAT_FINGER: "the order book's static volatility guard would have to be wider",
    Reject.MARKET_ORDER_PREVENTION: ACCOUNT_CHANGED,
    Reject.MARKET_ORDER_EQUILIBRIUM: ACCOUNT_CHANGED,
    Reject.MARKET_ORDER_REFERENCE: ACCOUNT_CHANGED,
    Reject.CONTINUOUS_FAT_FINGER: "the order book's threshold, or the member's multiplier, would have to be wider",
}
"""Who would have to do what, where the order cannot be helped."""
CANCEL_ONLY: Final = "operations would have to let {port} enter orders again"
SWITCHED_OFF: Final = "somebody would have to enable {port} by the safety switch, or the next trading day to begin"
WITHDRAWN: Final = "the configuration would have to name {port} again"
