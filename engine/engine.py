"""The single writer: every change of the market happens in here, one call at a time, with the time given.

The path of an order: `enter` asks `fault` (could this order stand at all?), then `admit` (may it now, from this
port, under these risk rules?), tells the port that it is accepted, matches it, and lets the rest of it rest. Nothing
is written before the last check has spoken, so a refused order leaves no trace but that it is counted.

Rules for editors: no clock, no randomness, no floats, no iteration over sets, nothing awaited. The same records give
the same events, numbers and state. What operators ask is in `commands.py`, snapshots are in `state.py`.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from engine.api import (
    MARKET_PRICE,
    MARKET_PRICE_ALTERNATIVE,
    MAXIMUM_PRICE,
    MAXIMUM_QUANTITY,
    PLAIN,
    PRM,
    REFUSALS,
    CancelReason,
    Configure,
    Cross,
    Order,
    OrderAttributes,
    OrderEntry,
    OrderTerms,
    Port,
    Refusal,
    Reject,
    Scope,
    Side,
    TimeInForce,
)
from engine.band_cancel import BandCancel
from engine.book import Book
from engine.deadlines import NEVER
from engine.details import attribute_fault
from engine.following import follow
from engine.market import Market, Security
from engine.mass_cancel import MassCancel
from engine.rates import Rates
from engine.risk.counters import FlowState
from engine.risk.eqrc import PORT_CHECKS, is_within
from engine.risk.exposures import Exposures
from engine.risk.kind_checks import kind_of_sale
from engine.risk.prm import Account, PrmRuleBook, Protection, excuses, is_reduction, scope_key, verdict
from engine.risk.rule_book import UNLIMITED, RuleBook
from engine.risk.rules import Rules
from engine.terms import Origin
from engine.timely import change_fault, is_late, untimely
from engine.trades import MemoryStore, OpenStore, Trade

__all__ = ["NEVER", "Engine"]

CONTINUOUS: Final = Cross.CONTINUOUS
GOOD_TILL_TIME: Final = TimeInForce.GOOD_TILL_TIME
NOT_LISTED: Final = Reject.INVALID_SYMBOL
SIDE_CHANGES: Final = frozenset(
    {
        (Side.SELL, Side.SELL_SHORT_EXEMPT),
        (Side.SELL, Side.SELL_SHORT),
        (Side.SELL_SHORT_EXEMPT, Side.SELL_SHORT),
    }
)
"""How the kind of a resting sale may change (OUCH 5.0 §2.5, Modify)."""


class Engine(Rates, OrderEntry):
    """All markets of one venue, their ports and their rules."""

    def __init__(self, open_store: OpenStore = MemoryStore) -> None:
        super().__init__()
        self.open_store = open_store
        self.markets: dict[str, Market] = {}
        self.securities: dict[str, Security] = {}
        self.ports: dict[str, Port] = {}
        self.rule_book = RuleBook()
        self.rules = Rules(open_store)
        self.prm = PrmRuleBook(open_store)
        self.configuration: Configure | None = None
        self.date = ""
        self.days = 0
        self.midnights: dict[str, int] = {}
        self.after_hours: dict[str, tuple[int, int]] = {}
        self.local_midnights: dict[str, int] = {}
        self.timetables: dict[str, int] = {}
        self.mass_cancels: deque[MassCancel | BandCancel] = deque()
        self.exposures = Exposures(self.ports, self.markets, self.mass_cancels, self.rules.diary)

    def market(self, key: str, rule_book: str) -> Market:
        """Give the market of that name, made on first use."""
        if key not in self.markets:
            self.markets[key] = Market(key, self.open_store, rule_book)
        return self.markets[key]

    # What a port asks.

    def scope(self, port: Port, symbol: str, user: str = "") -> Scope | None:
        """Give the port's scope in `symbol`, made on first use; nobody can make more than the venue knows users.

        One that is listed no more has its scopes too: a port that traded it before answers like one that never did.
        """
        key = scope_key(symbol, user)
        scope = port.scopes.get(key)
        if scope is None:
            book = self.markets[port.market].books.get(symbol)
            if book is None:
                return None
            scope = self.open_scope(port, book, user)
            if scope.is_declared:
                port.scopes[key] = scope
        return scope

    def open_scope(self, port: Port, book: Book, user: str) -> Scope:
        """Make a scope, with what its market's rule book says of it."""
        if port.rule_book == PRM:
            scope = Scope(port, book, UNLIMITED, user)
            scope.protection = self.prm.protection(scope)
            return scope
        return Scope(port, book, self.rule_book.limits(port, book), user)

    def count_refused(self, scope: Scope, now: int) -> None:
        """Count an order that came to nothing at its port (PRM guide 3.12), as one does that is refused here."""
        protection = scope.protection
        if protection is None or protection.account is None or protection.flow is None:
            return
        if self.prm.arrived(protection.account, protection.flow, now):
            self.lock_by_rate(protection.account, protection.flow, now)

    def fault(self, order: Order) -> Refusal | None:
        """Check an order's own details, in this order: symbol, quantity, price, terms, attributes."""
        book = order.scope.book
        if book.closed is NOT_LISTED:
            return REFUSALS[NOT_LISTED]
        if not 0 < order.size <= MAXIMUM_QUANTITY and not book.is_nordic_size(order.size):
            return REFUSALS[Reject.INVALID_QUANTITY]
        price = order.price
        if price <= MAXIMUM_PRICE:
            if price <= 0:
                return REFUSALS[Reject.INVALID_PRICE]
            floor, tick = book.security.ticks[0]
            if price % tick if price >= floor else not book.security.on_tick(price):
                return REFUSALS[Reject.INVALID_TICK]
        elif price not in (MARKET_PRICE, MARKET_PRICE_ALTERNATIVE):
            return REFUSALS[Reject.INVALID_PRICE]
        terms = order.terms
        if terms.cross is not CONTINUOUS and terms.cross not in book.market.crosses:
            return REFUSALS[Reject.RETAIL_NOT_SERVED if terms.cross is Cross.RETAIL else Reject.INVALID_CROSS]
        if order.attributes is not PLAIN or terms.time_in_force is GOOD_TILL_TIME:
            reject = attribute_fault(order)
            if reject is not None:
                return REFUSALS[reject]
        return None

    def admit(self, order: Order, now: int, original: Order | None = None) -> Refusal | None:
        """Check whether a faultless order may enter now: the market first, then the port, then the order's risk.

        One that is to take the place of an `original` is no duplicate.
        """
        scope = order.scope
        book = scope.book
        if book.closed is not None:
            return REFUSALS[book.closed]
        if order.terms.timed:
            reject = untimely(order, now)
            if reject is not None:
                return REFUSALS[reject]
        port = order.port
        if port.guarded:
            if scope.protection is not None:
                return verdict(order)
            if port.flows:
                self.count(order, now, original is None)
            if port.closed:
                for port_check in PORT_CHECKS:
                    refusal = port_check(port)
                    if refusal is not None:
                        return refusal
        armed = scope.limits.armed
        if armed and not is_within(order):
            for check in armed:
                refusal = check(order)
                if refusal is not None:
                    return refusal
        exposure = port.exposure
        return None if exposure is None or not exposure.shut else exposure.refusal(order)

    def enter(self, order: Order, now: int) -> Refusal | None:
        """Check, book and match a new order, or say why not."""
        protection = order.scope.protection
        if protection is not None:
            return self._enter_guarded(order, protection, now)
        refusal = self.fault(order)
        if refusal is None:
            refusal = self.admit(order, now)
        if refusal is None:
            self.work(order, None, now)
            if order.scope.book.pegs is not None:
                follow(self, order.scope.book, now)
        else:
            self.refused(order, refusal, now, None)
        return refusal

    def _enter_guarded(self, order: Order, protection: Protection, now: int) -> Refusal | None:
        """Do the same for an order of a Nordic port, and what follows of it for its account."""
        account, flow = protection.account, protection.flow
        is_over = account is not None and flow is not None and self.prm.arrived(account, flow, now)
        refusal, quantity, price = self.fault(order), order.size, order.price  # which a peg does not keep
        if refusal is None:
            refusal = self.admit(order, now)
        if refusal is None:
            self.work(order, None, now)
            if order.scope.book.pegs is not None:
                follow(self, order.scope.book, now)
        else:
            self.prm.refused(order, refusal, now)
        if account is not None and flow is not None:
            if refusal is None and self.prm.came(account, flow, order.terms.side, price, quantity, now):
                self.prm.restrict(account, flow.order_book, Origin.REPEATED_ORDER, now)
                self.protect(account.entry.mpid)
            if is_over:
                self.lock_by_rate(account, flow, now)
        return refusal

    def lock_by_rate(self, account: Account, flow: FlowState, now: int) -> None:
        """Lock an account whose orders in one symbol came too fast (PRM guide 3.12): its orders may end with it."""
        self.prm.lock_by_rate(account, flow, now)
        if account.settings.cancel_on_symbol_rate:
            self.cancel_accounts({account.name: account.entry.mpid}, now)

    def protect(self, mpid: str | None = None) -> None:
        """Fold PRM's settings anew for every scope, or those of one member; to be called when any has changed."""
        for port in self.ports.values():
            if port.rule_book == PRM and mpid in (None, port.mpid):
                for scope in port.scopes.values():
                    scope.protection = self.prm.protection(scope)

    def replace(self, original: Order, order: Order, now: int) -> Refusal | None:
        """Put a faultless `order` in the place of `original` with a new time priority, or say why not."""
        if original.terms.timed:
            fault = change_fault(original)
            if fault is not None:
                return REFUSALS[fault]
        executed = original.size - original.open
        assert order.size > executed
        order.quantity = order.size - executed
        protection = order.scope.protection
        if protection is not None:
            return self._replace_guarded(original, order, protection, now)
        refusal = self.admit(order, now, original)
        if refusal is None:
            exposure = order.port.exposure
            if exposure is not None:
                exposure.gives_way(original)
            self.leave(original)
            self.work(order, original, now)
            if exposure is not None:
                exposure.settle(original, now)
            if order.scope.book.pegs is not None:
                follow(self, order.scope.book, now)
        else:
            self.refused(order, refusal, now, original)
        return refusal

    def _replace_guarded(self, original: Order, order: Order, protection: Protection, now: int) -> Refusal | None:
        """Do the same for an order of a Nordic port; one that only takes shares off counts towards no rate."""
        account, flow, open_before = protection.account, protection.flow, original.open
        is_over = (
            account is not None
            and flow is not None
            and not is_reduction(original, order)
            and self.prm.arrived(account, flow, now)
        )
        refusal = self.admit(order, now)
        if refusal is not None and excuses(refusal, original, order):
            refusal = None
        if refusal is None:
            self.prm.left(original, open_before)
            self.leave(original)
            self.work(order, original, now)
            if order.scope.book.pegs is not None:
                follow(self, order.scope.book, now)
        else:
            self.prm.refused(order, refusal, now)
        if is_over and account is not None and flow is not None:
            self.lock_by_rate(account, flow, now)
        return refusal

    def cancel_to(self, order: Order, size: int, now: int) -> None:
        """Cut `order` down to `size` shares, executions included, keeping its priority; 0 ends it."""
        present = order.open
        remaining = size - (order.size - present)
        removed = present - remaining if remaining > 0 else present
        if removed > 0:
            if order.terms.timed and is_late(order):
                self.hold_back_cancel(order, is_whole=removed == present, now=now)
                return
            self.cancel(order, removed, CancelReason.USER, now)

    def modify(
        self, order: Order, terms: OrderTerms, attributes: OrderAttributes, size: int, now: int
    ) -> Refusal | None:
        """Change the kind of a sale and cut its size, keeping priority, or say why not; 0 ends the order."""
        if order.scope.protection is not None and size >= order.size:
            return self._confirm(order, now)
        if order.port.flows:
            self.count(order, now, is_new=False)
        if order.port.rate_limited:
            return REFUSALS[order.port.rate_reason]
        if order.terms.timed:
            fault = change_fault(order)
            if fault is not None:
                return REFUSALS[fault]
        if terms.side != order.terms.side and (order.terms.side, terms.side) not in SIDE_CHANGES:
            return REFUSALS[Reject.INVALID_SIDE]
        removed = order.size - size
        if removed < 0:
            return REFUSALS[Reject.INVALID_QUANTITY]
        if removed >= order.open:
            self.cancel(order, order.open, CancelReason.USER, now)
            return None
        if terms.side != order.terms.side and self.rule_book.settle(order.scope).armed:
            sale = Order(order.port, order.scope, terms, attributes, size, order.price, order.cl_ord_id, order.key)
            refusal = kind_of_sale(sale)
            if refusal is not None:
                self.refused(sale, refusal, now, order)
                return refusal
        if order.port.exposure is not None and attributes.group_id != order.attributes.group_id:
            order.port.exposure.changes_group(order, attributes.group_id, now)
        order.terms = terms
        order.attributes = attributes
        order.size = size
        if removed:
            self.reduce(order, removed)
            if order.scope.protection is not None:
                self.prm.left(order, removed)
            if order.port.exposure is not None:
                order.port.exposure.left(order, removed, now)
        if order.reserve is not None:
            order.reserve.terms, order.reserve.attributes = terms, attributes
        order.port.sink.modified(order, now)
        return None

    def _confirm(self, order: Order, now: int) -> Refusal | None:
        """Tell that an order of a Nordic port is as it was, or say why it may not be changed, even to that.

        To each check it is a new order (PRM guide 3.6), and it counts as one that comes in its symbol.
        """
        refusal = self.admit(order, now)
        if refusal is None:
            order.port.sink.modified(order, now)
        else:
            self.prm.refused(order, refusal, now)
        self.count_refused(order.scope, now)
        return refusal

    def set_entry(self, port: Port, enabled: bool) -> None:
        """Block or unblock new orders of the port until the end of the day (OUCH 5.0 §3.6, 3.7)."""
        port.disabled = not enabled
        port.settle()

    def trade(self, port: Port, match: int) -> Trade | None:
        """Give a trade of today on the port's market."""
        return self.markets[port.market].trades.find(match)
