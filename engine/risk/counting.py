"""How PRM counts what accounts do, from the engine's own events, and what follows of it: warnings and locks.

    accepted ─▶ entered ─▶ open            executed ─▶ traded ─▶ open to traded           gone ─▶ left ─▶ open

The engine calls here for each of them, so what traded and what was counted cannot differ. An order counts as open whole
and before it trades, even if it never rests, at the price of `engine.risk.valuation`, and stays counted at that price
however the venue may re-price it. What it trades counts at the price of the trade.

A counter that *reaches* its limit locks the account in the currency. The order that brought it there is in, or has
traded; the next is refused, and no more than that one comes through, since one engine takes in the orders of all
ports. A cancel never locks, nor does a change of limits: only an order or a trade does, and after somebody lifted a
lock the next one that finds the counter at its limit.

Sources: PRM guide 3.6 and Appendix I, 3.12, 3.13, 3.16. Trades on away markets are not counted, and broken trades stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.api import MARKET_PRICE_ALTERNATIVE, PRM, Order, Port, Side
from engine.risk.accounts import Account
from engine.risk.counters import CurrencyState, FlowState, warning, warns
from engine.risk.diary import Diary, Happening, HappeningKind
from engine.risk.limits import NO_LIMIT
from engine.risk.protection import Protection
from engine.risk.valuation import valuation_price
from engine.terms import Lock
from engine.trades import OpenStore

BUY: Final = Side.BUY


class Counting:
    """The part of PRM's rule book that counts; `diary` is told what happens to accounts."""

    def __init__(self, open_store: OpenStore) -> None:
        self.diary = Diary(open_store)

    # Accumulated values.

    def entered(self, order: Order, protection: Protection, now: int) -> None:
        """Count an order that is in, whole, before it trades."""
        money = protection.money
        if money is None:
            return
        price = order.price
        if price >= MARKET_PRICE_ALTERNATIVE:
            price = valuation_price(order)[0] or 0
        order.counted_at = price
        value = price * order.open
        if order.terms.side is BUY:
            money.open_buy += value
        else:
            money.open_sell += value
        money.slack -= value
        if money.slack <= 0:
            self.reach(protection, money, now)

    def traded(self, order: Order, quantity: int, price: int, now: int) -> None:
        """Count a trade of an order."""
        protection: Protection | None = order.scope.protection
        if protection is None or protection.money is None:
            return
        money, value = protection.money, quantity * price
        if order.terms.side is BUY:
            money.open_buy -= quantity * order.counted_at
            money.traded_buy += value
        else:
            money.open_sell -= quantity * order.counted_at
            money.traded_sell += value
        money.slack -= value
        if money.slack <= 0:
            self.reach(protection, money, now)

    def left(self, order: Order, quantity: int) -> None:
        """Count shares that are open no more, and did not trade."""
        protection: Protection | None = order.scope.protection
        if protection is not None and protection.money is not None:
            protection.money.open(order.terms.side, -quantity * order.counted_at)

    def reach(self, protection: Protection, money: CurrencyState, now: int) -> None:
        """Look which counters have reached their limit, or 80 % of it, after an order or a trade."""
        account = protection.account
        assert account is not None
        values = money.values()
        slack = NO_LIMIT
        for lock, limit, warns_at in money.bounds:
            value = values[lock]
            slack = min(slack, (limit if value >= warns_at else warns_at) - value)
            if value < warns_at:
                continue
            if lock not in money.warned:
                money.warned = (*money.warned, lock)
                self.tell_limit(account, money, lock, limit, now, HappeningKind.WARNING)
            if value >= limit and lock not in money.locked:
                money.locked = (*money.locked, lock)
                self.tell_limit(account, money, lock, limit, now, HappeningKind.BREACH)
        money.slack = slack

    def tell_limit(
        self, account: Account, money: CurrencyState, lock: Lock, limit: int, now: int, kind: HappeningKind
    ) -> None:
        """Tell that a counter reached its limit, or 80 % of it."""
        told, current = self.diary.of(account, kind, now), money.values()[lock]
        subject = lock.name.lower()
        self.diary.tell(told._replace(subject=subject, currency=money.currency, current=current, limit=limit))

    def lock(self, account: Account, money: CurrencyState, now: int, *, by_operations: bool = True) -> None:
        """Lock an account in a currency by hand."""
        money.locked = (*money.locked, Lock.BY_HAND)
        account.changed_at = now
        told = self.diary.of(account, HappeningKind.BREACH, now)
        self.diary.tell(told._replace(subject="by_hand", currency=money.currency, by_operations=by_operations))

    def unlock(self, account: Account, money: CurrencyState, now: int, *, by_operations: bool = True) -> None:
        """Lift an account's lock in a currency; the next order or trade that finds a counter at its limit locks it."""
        for lock in money.locked:
            account.changed_at = now
            told = self.diary.of(account, HappeningKind.UNLOCK, now)
            subject = lock.name.lower()
            self.diary.tell(told._replace(subject=subject, currency=money.currency, by_operations=by_operations))
        money.locked = ()
        money.slack = 0

    def recount(self, accounts: Iterable[Account], ports: Iterable[Port], *, values_anew: bool = True) -> None:
        """Count all that rests anew: accounts or currencies of orders are other ones, or a day begins.

        What was counted at nothing is given a value then, where there is one; after a start it stays as it was.
        """
        for account in accounts:
            for money in account.currencies.values():
                money.open_buy = money.open_sell = money.slack = 0
        for port in ports:
            for order in port.orders.values() if port.rule_book == PRM else ():
                protection = order.scope.protection
                if protection is not None and protection.money is not None:
                    if values_anew and not order.counted_at:
                        order.counted_at = valuation_price(order)[0] or 0
                    protection.money.open(order.terms.side, order.open * order.counted_at)

    # Orders.

    def arrived(self, account: Account, flow: FlowState, now: int) -> bool:
        """Count an order's arrival towards the rate of its symbol; tell whether it is one more than the limit allows.

        Whatever comes of the order, it counts.
        """
        is_over = flow.window.arrive(now)
        if not flow.warned and warns(flow.window):
            flow.warned = True
            self.tell_rate(account, flow, now, HappeningKind.WARNING)
        return is_over and not account.rate_locked

    def tell_rate(self, account: Account, flow: FlowState, now: int, kind: HappeningKind) -> None:
        """Tell that the orders in a symbol went over an account's limit within a second, or reached 80 % of it."""
        told, limit = self.diary.of(account, kind, now), flow.window.limit
        current = limit + 1 if kind is HappeningKind.BREACH else warning(limit)
        self.diary.tell(told._replace(subject="symbol_rate", order_book=flow.order_book, current=current, limit=limit))

    def tell_port_rate(self, port: Port, now: int, kind: HappeningKind) -> None:
        """Tell that a port's messages went over its limit within a second, or reached 80 % of it."""
        limit = port.maximum_orders
        current = limit + 1 if kind is HappeningKind.RATE else warning(limit)
        told = Happening(kind, port.mpid, "", now, "port_rate", port=port.name, current=current, limit=limit)
        self.diary.tell(told)

    def lock_by_rate(self, account: Account, flow: FlowState, now: int) -> None:
        """Lock a whole account, whose orders in one symbol came too fast."""
        account.rate_locked = flow.order_book
        account.changed_at = now
        self.tell_rate(account, flow, now, HappeningKind.BREACH)

    def release_rate(self, account: Account, now: int) -> None:
        """Lift the lock of an account whose orders came too fast; its rates are counted anew from here."""
        if not account.rate_locked:
            return
        told = self.diary.of(account, HappeningKind.UNLOCK, now)
        self.diary.tell(told._replace(subject="symbol_rate", order_book=account.rate_locked, by_operations=True))
        account.rate_locked = ""
        account.changed_at = now
        for flow in account.flows.values():
            flow.window.clear()

    def came(self, account: Account, flow: FlowState, side: Side, price: int, quantity: int, now: int) -> bool:
        """Count a new order that was accepted, as it was sent; tell whether its symbol is to be restricted for it."""
        repeats = flow.count(side, price, quantity)
        limit = account.settings.repeated_order_limit
        if not limit or repeats < limit:
            return False
        told = self.diary.of(account, HappeningKind.REPEATED, now)
        self.diary.tell(told._replace(order_book=flow.order_book, current=repeats, limit=limit))
        return account.settings.restrict_on_repeated_order
