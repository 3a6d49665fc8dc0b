"""The checks of Nordic pre-trade risk management (PRM), in order of precedence.

An order meets those that are armed for it, in the order of `CHECKS`; the first that objects gives the reason. Checks
read and decide; only the engine writes.

A replacement is a new order to every check. One that only takes shares off an order is held by none of them, as long as
its user may trade there at all.

Sources: PRM guide 3.1 to 3.11; the sections stand with each check. "Above" a limit is strictly more, and a limit of 0
is none. Values are 1/10,000 of the book's currency, percentages 1/10,000 of a percent, and compared exactly.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from engine.api import (
    MARKET_PRICE_ALTERNATIVE,
    PRM_CHECKS,
    REFUSALS,
    Cross,
    Order,
    OrderAttributes,
    Phase,
    Refusal,
    Reject,
    Side,
)
from engine.risk.auction_checks import (
    auction_fat_finger,
    is_in_call,
    market_order_equilibrium,
    market_order_prevention,
    market_order_reference,
    maximum_auction_quantity,
    maximum_auction_value,
)
from engine.risk.protection import Protection, protection_of, refuse, settle
from engine.risk.valuation import valuation_price
from engine.terms import Lock

BUY: Final = Side.BUY
CONTINUOUS: Final = Cross.CONTINUOUS
TRADING: Final = Phase.CONTINUOUS


# Who may trade at all.


def unknown_user(order: Order) -> Refusal | None:
    """User of an order (PRM guide 3.1): refuse one who is not declared for the port's member."""
    return None if protection_of(order).is_declared else REFUSALS[Reject.UNKNOWN_USER]


def entry_disabled(order: Order) -> Refusal | None:
    """Order entry of a port: refuse what enters through one that is disabled, may only cancel, or is no more."""
    port = order.port
    return REFUSALS[Reject.ENTRY_DISABLED] if port.disabled or port.withdrawn or port.cancel_only else None


# Locks.


def account_blocked(order: Order) -> Refusal | None:
    """Account block (PRM guide 3.18): refuse every order of an account that is blocked."""
    account = protection_of(order).account
    if account is None or not account.blocked:
        return None
    return Refusal(Reject.ACCOUNT_BLOCKED, rule=account.name)


def account_order_rate(order: Order) -> Refusal | None:
    """Maximum orders per second per symbol (PRM guide 3.12): refuse an account that went over it, in all books."""
    protection = protection_of(order)
    account = protection.account
    if account is None or not account.rate_locked:
        return None
    limit = account.settings.symbol_rate or None
    observed = None if limit is None else limit + 1  # the order that locked it was one too many
    return refuse(protection, Reject.ACCOUNT_ORDER_RATE, limit, observed, source=account.rate_locked)


def port_order_rate(order: Order) -> Refusal | None:
    """Maximum orders per second per port (PRM guide 3.11): refuse on a port that went over it, until it is released."""
    port = order.port
    if not port.rate_limited:
        return None
    limit = port.maximum_orders or None
    return Refusal(Reject.PORT_ORDER_RATE, limit, None if limit is None else limit + 1, rule=port.name)


def locked_in_currency(order: Order) -> Refusal | None:
    """Daily accumulated values (PRM guide 3.6): refuse in a currency in which the account is locked.

    The figures are those of the counter that locked it first; there are none where somebody did.
    """
    protection = protection_of(order)
    money = protection.money
    if money is None or not money.locked:
        return None
    lock = money.locked[0]
    name = lock.name.lower()
    source = name.replace("_", " ")
    if lock is Lock.BY_HAND:
        return refuse(protection, Reject.LOCKED_IN_CURRENCY, source=source)
    limit = getattr(money.limits, name) or None
    return refuse(protection, Reject.LOCKED_IN_CURRENCY, limit, money.values()[lock], source=source)


# What an order may be.


def restricted_segment(order: Order) -> Refusal | None:
    """Restricted market segments (PRM guide 3.8): refuse any order in a book of a listed segment."""
    protection = protection_of(order)
    return refuse(protection, Reject.RESTRICTED_SEGMENT) if protection.restricted_segment else None


def restricted_symbol(order: Order) -> Refusal | None:
    """Restricted symbols (PRM guide 3.7): refuse any order in a listed book."""
    protection = protection_of(order)
    return refuse(protection, Reject.RESTRICTED_SYMBOL) if protection.restricted_symbol else None


def maximum_order_quantity(order: Order) -> Refusal | None:
    """Maximum order quantity (PRM guide 3.4): refuse when  quantity > limit of the currency.

    In a call that of auctions holds in its place, where one is set.
    """
    protection = protection_of(order)
    limit = protection.maximum_quantity
    if not limit or order.size <= limit or (protection.maximum_auction_quantity and is_in_call(order)):
        return None
    return refuse(protection, Reject.MAXIMUM_ORDER_QUANTITY, limit, order.size)


def maximum_order_value(order: Order) -> Refusal | None:
    """Maximum order value (PRM guide 3.5): refuse when  quantity x valuation price > limit of the currency.

    In a call that of auctions holds in its place, where one is set.
    """
    protection = protection_of(order)
    limit = protection.maximum_value
    if not limit or (protection.maximum_auction_value and is_in_call(order)):
        return None
    if order.price < MARKET_PRICE_ALTERNATIVE and order.price * order.size <= limit:
        return None  # as most are, and no look-up is needed
    price, source = valuation_price(order)
    if price is None or price * order.size <= limit:
        return None
    return refuse(protection, Reject.MAXIMUM_ORDER_VALUE, limit, price * order.size, price, source)


def continuous_fat_finger(order: Order) -> Refusal | None:
    """Fat finger in continuous trading (PRM guide 3.2): refuse when  |price - last| > threshold x multiplier x last.

    A price that reaches the last paid one is aggressive, any other passive, each with its own threshold of the book and
    multiplier of the member. Without a last paid price the previous close is compared with; without either, and for
    orders without a limit price or for a call, there is nothing to compare.
    """
    protection = protection_of(order)
    price = order.price
    book = order.scope.book
    if price >= MARKET_PRICE_ALTERNATIVE or order.terms.cross is not CONTINUOUS or book.phase is not TRADING:
        return None
    security = book.security
    reference = security.last if security.last is not None else security.previous_close
    if reference is None:
        return None
    band = protection.buys if order.terms.side is BUY else protection.sells
    if band.reference != reference:
        settle(protection, reference)
    if band.lowest <= price <= band.highest:
        return None
    limit = band.highest - reference if price > reference else reference - band.lowest
    source = "last paid" if security.last is not None else "previous close"
    return Refusal(Reject.CONTINUOUS_FAT_FINGER, limit, abs(price - reference), reference, source, rule=order.port.name)


CHECKS: Final = (
    unknown_user,
    entry_disabled,
    account_blocked,
    account_order_rate,
    port_order_rate,
    locked_in_currency,
    restricted_segment,
    restricted_symbol,
    maximum_order_quantity,
    maximum_auction_quantity,
    maximum_order_value,
    maximum_auction_value,
    continuous_fat_finger,
    auction_fat_finger,
    market_order_prevention,
    market_order_equilibrium,
    market_order_reference,
)
"""What is asked of each order, in order of precedence."""
LOCKS: Final = (entry_disabled, account_blocked, account_order_rate, port_order_rate, locked_in_currency)
"""Those that object only while a port is shut, or an account is blocked or locked."""
IN_CALLS: Final = (
    maximum_auction_quantity,
    maximum_auction_value,
    auction_fat_finger,
    market_order_prevention,
    market_order_equilibrium,
    market_order_reference,
)
"""Those that object only while a call gathers orders."""
LIMITS: Final = frozenset({maximum_order_quantity, maximum_order_value, continuous_fat_finger})
"""Those that `is_within` asks all at once."""
REASONS: Final = PRM_CHECKS | {Reject.UNKNOWN_USER}
"""The reasons that only PRM has."""


def verdict(order: Order) -> Refusal | None:
    """Ask the checks that are armed for an order; the first that objects gives the reason.

    In continuous trading, those for calls and locks are left out where none of them could object, and most orders are
    plainly within the limits that are left.
    """
    protection = protection_of(order)
    armed = protection.armed
    if order.scope.book.phase is TRADING and not is_locked(order, protection):
        armed = protection.in_trading
        if not armed or is_within(order, protection):
            return None
    for check in armed:
        refused = check(order)
        if refused is not None:
            return refused
    return None


def is_locked(order: Order, protection: Protection) -> bool:
    """Whether one of `LOCKS` could object: the port is shut, or the account blocked or locked."""
    port, account, money = order.port, protection.account, protection.money
    if port.rate_limited or port.disabled or port.withdrawn or port.cancel_only:
        return True
    if account is None or money is None:
        return False
    return bool(account.blocked or account.rate_locked or money.locked)


def is_within(order: Order, protection: Protection) -> bool:
    """Whether an order in continuous trading is within all of `LIMITS`, at the reference price that they saw last.

    Where it is not, the checks themselves have the word.
    """
    price = order.price
    if price >= MARKET_PRICE_ALTERNATIVE or order.size > protection.quantity_within:
        return False
    if price * order.size > protection.value_within:
        return False
    if protection.aggressive is None and protection.passive is None:
        return True
    security = order.scope.book.security
    band = protection.buys if order.terms.side is BUY else protection.sells
    reference = security.last if security.last is not None else security.previous_close
    return reference is not None and band.reference == reference and band.lowest <= price <= band.highest


def excuses(refused: Refusal, original: Order, order: Order) -> bool:
    """Whether PRM lets a replacement be after all: one that only takes shares off its original (PRM guide 3.6)."""
    return refused.reason in PRM_CHECKS and is_reduction(original, order)


def is_reduction(original: Order, order: Order) -> bool:
    """Whether a replacement is its original with fewer shares, whatever labels it carries."""
    return (
        order.size < original.size
        and order.price == original.limit
        and order.scope is original.scope
        and order.terms == original.terms
        and unlabeled(order.attributes) == unlabeled(original.attributes)
    )


def unlabeled(attributes: OrderAttributes) -> OrderAttributes:
    """Give attributes without what only labels an order: options as they were sent, and where it was carried from."""
    return structs.replace(attributes, options=(), entry_date=0, entry_number=0)
