"""The single writer: every change of the market happens in here, one call at a time, with the time given.

The path of an order: `enter` asks `fault` (could this order stand at all?), then `admit` (may it now, from this
port, under these risk rules?), tells the port that it is accepted, matches it, and lets the rest of it rest. Nothing
is written before the last check has spoken, so a refused order leaves no trace but its message count.

Rules for editors: no clock, no randomness, no floats, no iteration over sets, nothing awaited. The same records give
the same events, numbers and state. What operators ask is in `commands.py`, snapshots are in `state.py`.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Final

from engine.api import (
    MARKET_PRICE,
    MARKET_PRICE_ALTERNATIVE,
    MAXIMUM_PRICE,
    MAXIMUM_QUANTITY,
    PLAIN,
    REFUSALS,
    SECOND,
    CancelReason,
    Configure,
    Cross,
    Liquidity,
    Order,
    OrderAttributes,
    OrderEntry,
    OrderTerms,
    Port,
    PriceType,
    Refusal,
    Reject,
    Scope,
    Side,
    TimeInForce,
)
from engine.book import BookSide, Market, Security, Trade, shrink, unlink
from engine.risk.eqrc import PORT_CHECKS, RuleBook

BUY: Final = Side.BUY
AFTER_HOURS: Final = TimeInForce.AFTER_HOURS
GOOD_TILL_TIME: Final = TimeInForce.GOOD_TILL_TIME
IMMEDIATE_OR_CANCEL: Final = TimeInForce.IMMEDIATE_OR_CANCEL
NOT_LISTED: Final = Reject.INVALID_SYMBOL
NEVER: Final = 2**62 - 1
"""A deadline that does not come, in the year 2116; compiled code compares it as a plain machine word."""
DAY: Final = 86_400 * SECOND
TAKES_ANY: Final = -MARKET_PRICE
"""The worst key that a market-priced order takes: below every price's key on either side."""
SPARE_DEADLINES: Final = 64
"""How many deadlines of orders that are gone are kept, beside as many as there are live ones."""
LONGEST_EXPIRE_TIME: Final = 86_399
"""Seconds: an order that is good till a time ends within the day."""
SIDE_CHANGES: Final = frozenset(
    {
        (Side.SELL, Side.SELL_SHORT_EXEMPT),
        (Side.SELL, Side.SELL_SHORT),
        (Side.SELL_SHORT_EXEMPT, Side.SELL_SHORT),
    }
)
"""How the kind of a resting sale may change (OUCH 5.0 §2.5, Modify)."""


class Engine(OrderEntry):
    """All markets of one venue, their ports and their rules."""

    def __init__(self) -> None:
        self.markets: dict[str, Market] = {}
        self.securities: dict[str, Security] = {}
        self.ports: dict[str, Port] = {}
        self.rule_book = RuleBook()
        self.configuration: Configure | None = None
        self.date = ""
        self.session = ""
        self.days = 0
        self.deadlines: list[tuple[int, int, Order]] = []
        self.next_deadline = NEVER
        self.deadlines_set = 0
        self.deadlines_live = 0
        self.midnights: dict[str, int] = {}

    # What a port asks.

    def scope(self, port: Port, symbol: str) -> Scope | None:
        """Give the port's scope in `symbol`, made on first use."""
        scope = port.scopes.get(symbol)
        if scope is None:
            book = self.markets[port.market].books.get(symbol)
            if book is None or not book.security.listed:
                return None
            scope = port.scopes[symbol] = Scope(port, book, self.rule_book.limits(port, symbol))
        return scope

    def arrived(self, port: Port, now: int) -> None:
        """Count a message towards the port's rate (EQRC guide 3.1.15); the one over the limit shuts the port."""
        if port.rate_limited:
            return
        for rule, window in port.windows:
            if window.arrive(now) and not port.rate_limited:
                port.rate_limited, port.rate_rule = True, rule

    def fault(self, order: Order) -> Refusal | None:
        """Check an order's own details, in this order: symbol, quantity, price, terms, attributes."""
        book = order.scope.book
        if book.closed is NOT_LISTED:
            return REFUSALS[NOT_LISTED]
        if not 0 < order.size <= MAXIMUM_QUANTITY:
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
        if terms.cross:
            return REFUSALS[Reject.RETAIL_NOT_SERVED if terms.cross == Cross.RETAIL else Reject.INVALID_CROSS]
        if order.attributes is not PLAIN or terms.time_in_force is GOOD_TILL_TIME:
            reject = attribute_fault(order.attributes, terms, order.port)
            if reject is not None:
                return REFUSALS[reject]
        return None

    def admit(self, order: Order, now: int) -> Refusal | None:
        """Check whether a faultless order may enter now: the market first, then the port, then the order's risk."""
        scope = order.scope
        book = scope.book
        if book.closed is not None:
            return REFUSALS[book.closed]
        if order.terms.time_in_force is AFTER_HOURS:
            market = book.market
            if not market.after_hours_open <= (now - market.midnight) % DAY < market.after_hours_close:
                return REFUSALS[Reject.AFTER_HOURS_CLOSED]
        port = order.port
        if port.disabled or port.rate_limited or port.withdrawn:
            for port_check in PORT_CHECKS:
                refusal = port_check(port)
                if refusal is not None:
                    return refusal
        for check in scope.limits.armed:
            refusal = check(order)
            if refusal is not None:
                return refusal
        return None

    def enter(self, order: Order, now: int) -> Refusal | None:
        """Check, book and match a new order, or say why not."""
        refusal = self.fault(order)
        if refusal is None:
            refusal = self.admit(order, now)
        if refusal is None:
            self._work(order, None, now)
        return refusal

    def replace(self, original: Order, order: Order, now: int) -> Refusal | None:
        """Put a faultless `order` in the place of `original` with a new time priority, or say why not."""
        executed = original.size - original.quantity
        assert order.size > executed
        refusal = self.admit(order, now)
        if refusal is None:
            order.quantity = order.size - executed
            self._leave(original)
            self._work(order, original, now)
        return refusal

    def cancel_to(self, order: Order, size: int, now: int) -> None:
        """Cut `order` down to `size` shares, executions included, keeping its priority; 0 ends it."""
        remaining = size - (order.size - order.quantity)
        removed = order.quantity - remaining if remaining > 0 else order.quantity
        if removed > 0:
            self.cancel(order, removed, CancelReason.USER, now)

    def modify(
        self, order: Order, terms: OrderTerms, attributes: OrderAttributes, size: int, now: int
    ) -> Refusal | None:
        """Change the kind of a sale and cut its size, keeping priority, or say why not; 0 ends the order."""
        if order.port.rate_limited:
            return REFUSALS[Reject.PORT_MESSAGE_RATE]
        if terms.side != order.terms.side and (order.terms.side, terms.side) not in SIDE_CHANGES:
            return REFUSALS[Reject.INVALID_SIDE]
        removed = order.size - size
        if removed < 0:
            return REFUSALS[Reject.INVALID_QUANTITY]
        if removed >= order.quantity:
            self.cancel(order, order.quantity, CancelReason.USER, now)
            return None
        order.terms = terms
        order.attributes = attributes
        order.size = size
        shrink(order, removed)
        order.port.sink.modified(order, now)
        return None

    def mass_cancel(self, port: Port, symbol: str, side: Side | None, group_id: int | None, now: int) -> int:
        """End the port's orders that match, oldest first; gives how many."""
        matching = [
            order
            for order in port.orders.values()
            if symbol in ("", order.scope.book.symbol)
            and side in (None, order.terms.side)
            and group_id in (None, order.attributes.group_id)
        ]
        for order in matching:
            self.cancel(order, order.quantity, CancelReason.USER, now)
        return len(matching)

    def set_entry(self, port: Port, enabled: bool) -> None:
        """Block or unblock new orders of the port until the end of the day (OUCH 5.0 §3.6, 3.7)."""
        port.disabled = not enabled

    # What time does.

    def advance(self, now: int) -> None:
        """End the orders whose time is up, each at its own moment; comes before anything else that happens at `now`."""
        deadlines = self.deadlines
        while deadlines and deadlines[0][0] <= now:
            deadline, _, order = heappop(deadlines)
            if order.level is not None:
                self.cancel(order, order.quantity, CancelReason.EXPIRED, deadline)
        self.next_deadline = deadlines[0][0] if deadlines else NEVER

    def set_deadline(self, order: Order, deadline: int) -> None:
        """Remember when a good-till-time order ends; equal times end in the order in which they were set."""
        order.expires_at = deadline
        self.deadlines_set += 1
        self.deadlines_live += 1
        heappush(self.deadlines, (deadline, self.deadlines_set, order))
        self.next_deadline = self.deadlines[0][0]

    # How the book changes.

    def cancel(self, order: Order, quantity: int, reason: CancelReason, now: int) -> None:
        """Take `quantity` shares of a resting order out of the market, all of them ends it."""
        if quantity == order.quantity:
            self._leave(order)
            order.quantity = 0
        else:
            shrink(order, quantity)
        order.size -= quantity
        order.port.sink.canceled(order, quantity, reason, now)

    def _leave(self, order: Order) -> None:
        unlink(order)
        del order.port.orders[order.key]
        if order.expires_at:
            self.deadlines_live -= 1
            if len(self.deadlines) > 2 * self.deadlines_live + SPARE_DEADLINES:
                self.deadlines[:] = [entry for entry in self.deadlines if entry[2].level is not None]
                heapify(self.deadlines)

    def _work(self, order: Order, original: Order | None, now: int) -> None:
        """Give an admitted order its number, tell its port, trade it as far as it goes, and let the rest of it rest.

        What must not rest (immediate or cancel, market-priced) and finds nothing is dead at once (OUCH 5.0 §2.6).
        """
        book = order.scope.book
        market = book.market
        market.order_reference_number = order.order_reference_number = market.order_reference_number + 1
        terms = order.terms
        contra = book.sells if terms.side is BUY else book.buys
        price = order.price
        limit = price * contra.sign if price <= MAXIMUM_PRICE else TAKES_ANY
        level = contra.best()
        trades = level is not None and level.key >= limit
        rests = terms.time_in_force is not IMMEDIATE_OR_CANCEL and price <= MAXIMUM_PRICE
        dead = not rests and not trades
        if original is None:
            order.port.sink.accepted(order, dead, now)
        else:
            order.port.sink.replaced(order, original, dead, now)
        if trades:
            assert level is not None
            if order.attributes.post_only:
                displayed = level.ladder is contra.shown
                reason = CancelReason.POST_ONLY_DISPLAYED if displayed else CancelReason.POST_ONLY_RULE
                self._drop(order, reason, now)
                return
            self._match(order, contra, limit, now)
        if rests:
            if order.quantity:
                self._rest(order, now)
        elif order.quantity and not dead:
            self._drop(order, CancelReason.IMMEDIATE_OR_CANCEL, now)

    def _rest(self, order: Order, now: int) -> None:
        """Put an order on its book, behind all others at its price."""
        order.port.orders[order.key] = order
        order.scope.book.add(order)
        if order.terms.time_in_force is GOOD_TILL_TIME:
            self.set_deadline(order, now + order.attributes.expire_time * SECOND)

    @staticmethod
    def _drop(order: Order, reason: CancelReason, now: int) -> None:
        """Cancel what is open of an order that never rested."""
        quantity = order.quantity
        order.quantity = 0
        order.size -= quantity
        order.port.sink.canceled(order, quantity, reason, now)

    def _match(self, order: Order, contra: BookSide, limit: int, now: int) -> None:
        """Trade with the best of the other side, at its price, while there is quantity and the price allows."""
        book = order.scope.book
        market = book.market
        sink = order.port.sink
        level = contra.best()
        while order.quantity and level is not None and level.key >= limit:
            resting = level.head
            assert resting is not None
            quantity = resting.quantity if resting.quantity < order.quantity else order.quantity
            price = resting.price
            order.quantity -= quantity
            if quantity == resting.quantity:
                self._leave(resting)
                resting.quantity = 0
            else:
                shrink(resting, quantity)
            market.match_number = match = market.match_number + 1
            book.security.last = price
            market.trades[match] = Trade(
                match,
                book.symbol,
                (order.port, order.key, order.cl_ord_id),
                (resting.port, resting.key, resting.cl_ord_id),
                quantity,
                price,
                now,
            )
            sink.executed(order, quantity, price, Liquidity.REMOVED, match, now)
            added = Liquidity.ADDED_HIDDEN if level.ladder is contra.hidden else Liquidity.ADDED
            resting.port.sink.executed(resting, quantity, price, added, match, now)
            level = contra.best()


def attribute_fault(attributes: OrderAttributes, terms: OrderTerms, port: Port) -> Reject | None:
    """Find what an order's attributes ask that is wrong, or that the market does not serve yet."""
    if attributes.firm and attributes.firm.decode("ascii", "replace") != port.mpid:
        return Reject.FIRM_NOT_AUTHORIZED
    if attributes.price_type != PriceType.LIMIT or attributes.peg_offset:
        return Reject.PEGGING_NOT_SERVED
    if (
        attributes.discretion_price
        or attributes.discretion_peg_offset
        or attributes.discretion_price_type != PriceType.LIMIT
    ):
        return Reject.DISCRETION_NOT_SERVED
    if attributes.minimum_quantity:
        return Reject.INVALID_MINIMUM_QUANTITY
    if attributes.max_floor or attributes.random_reserve:
        return Reject.INVALID_MAX_FLOOR
    if attributes.self_match_prevention:
        return Reject.INVALID_SELF_MATCH_PREVENTION
    if attributes.handling_instruction:
        return Reject.INVALID_CROSS
    if attributes.route:
        return Reject.ROUTING_NOT_SERVED
    if attributes.expire_time > LONGEST_EXPIRE_TIME or (
        terms.time_in_force is GOOD_TILL_TIME and not attributes.expire_time
    ):
        return Reject.INVALID_EXPIRE_TIME
    return None
