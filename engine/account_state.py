"""PRM accounts as plain data, and back: their part of snapshots and of the state hash.

What is open is not among it: it is counted anew from the orders that rest.
"""

from __future__ import annotations

from typing import Final

import msgspec

from engine.api import AccountSettings, Side
from engine.risk.counters import CurrencyState, FlowState
from engine.risk.prm import Account
from engine.risk.restrictions import DAY_LISTS, Restrictions
from engine.terms import Lock

LOW_BITS: Final = 62
LOW: Final = (1 << LOW_BITS) - 1


class RestrictionsState(msgspec.Struct, array_like=True, frozen=True):
    """Order books that a PRM account's file, its member and repeated orders restricted, and those released: since when.

    Each is by order book, with the venue time.
    """

    file: dict[str, int] = {}
    manual: dict[str, int] = {}
    repeated_order: dict[str, int] = {}
    released: dict[str, int] = {}


class MoneyState(msgspec.Struct, array_like=True, frozen=True):
    """What an account traded today in a currency, by which counters it is locked, and of which it was warned.

    Of values too large for one integer of msgpack, the last two have what stands above the lower `LOW_BITS` bits.
    """

    traded_buy: int
    traded_sell: int
    locked: tuple[Lock, ...]
    warned: tuple[Lock, ...]
    traded_buy_above: int = 0
    traded_sell_above: int = 0


class OrdersState(msgspec.Struct, array_like=True, frozen=True):
    """An account's orders in an order book: when they came within a second, and how often the last did in a row."""

    times: list[int]
    side: Side
    price: int
    quantity: int
    repeats: int
    warned: bool


class AccountState(msgspec.Struct, array_like=True, frozen=True):
    """A PRM account's settings of today and of the days to come, whether it is blocked, and by which Drop port.

    `money` and `orders` are what it did today, by currency and by order book, as far as it did something.
    """

    settings: AccountSettings
    persistent: AccountSettings
    blocked: bool
    blocked_by: str = ""
    restrictions: RestrictionsState = RestrictionsState()
    canceled: bool = False
    by_operations: bool = False
    changed_at: int = 0
    rate_locked: str = ""
    money: dict[str, MoneyState] = {}
    orders: dict[str, OrdersState] = {}


def dump_account(account: Account) -> AccountState:
    """Give the state of an account."""
    return AccountState(
        account.settings,
        account.persistent,
        account.blocked,
        account.blocked_by,
        _dump_restrictions(account.restrictions),
        account.canceled,
        account.by_operations,
        account.changed_at,
        account.rate_locked,
        {name: _dump_money(money) for name, money in account.currencies.items() if is_used(money)},
        {name: _dump_orders(flow) for name, flow in account.flows.items() if is_kept(flow)},
    )


def is_used(money: CurrencyState) -> bool:
    """Whether counters say more than that nothing was traded."""
    return bool(money.traded_buy or money.traded_sell or money.locked or money.warned)


def is_kept(flow: FlowState) -> bool:
    """Whether orders in a book say more than that none came."""
    return bool(flow.quantity or flow.warned or flow.window.inside())


def _dump_money(money: CurrencyState) -> MoneyState:
    buy, sell = money.traded_buy, money.traded_sell
    return MoneyState(buy & LOW, sell & LOW, money.locked, money.warned, buy >> LOW_BITS, sell >> LOW_BITS)


def _dump_orders(flow: FlowState) -> OrdersState:
    return OrdersState(flow.window.inside(), flow.side, flow.price, flow.quantity, flow.repeats, flow.warned)


def _dump_restrictions(restrictions: Restrictions) -> RestrictionsState:
    file, manual, repeated_order = (restrictions.listed[origin] for origin in DAY_LISTS)
    return RestrictionsState(file, manual, repeated_order, restrictions.released)


def load_account(account: Account, state: AccountState) -> None:
    """Bring a new account to `state`."""
    account.settings, account.persistent = state.settings, state.persistent
    account.blocked, account.blocked_by = state.blocked, state.blocked_by
    account.canceled, account.by_operations = state.canceled, state.by_operations
    account.changed_at = state.changed_at
    kept = state.restrictions
    account.restrictions.listed = dict(zip(DAY_LISTS, (kept.file, kept.manual, kept.repeated_order), strict=True))
    account.restrictions.released = kept.released
    account.rate_locked = state.rate_locked
    for currency, counted in state.money.items():
        money = account.money(currency)
        money.traded_buy = counted.traded_buy | counted.traded_buy_above << LOW_BITS
        money.traded_sell = counted.traded_sell | counted.traded_sell_above << LOW_BITS
        money.locked, money.warned = counted.locked, counted.warned
    for order_book, orders in state.orders.items():
        flow = account.flow(order_book)
        flow.window.resume(orders.times)
        flow.side, flow.price, flow.quantity = orders.side, orders.price, orders.quantity
        flow.repeats, flow.warned = orders.repeats, orders.warned
