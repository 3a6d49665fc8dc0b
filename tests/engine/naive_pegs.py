"""A market with pegs that is too simple to be wrong: one list of orders, one symbol, looked through from end to end."""

from dataclasses import dataclass

from words import MARKET, Accepted, Canceled, Executed, Rejected, Repriced, dollars, ticks

from engine.api import CancelReason, Liquidity, PriceType, Reject

MIDPOINTS = (PriceType.MIDPOINT_PEG, PriceType.MIDPOINT)


@dataclass(eq=False)
class NaivePeg:
    """An order; `price` is None while it stands aside, `since` when it came to its queue."""

    key: int
    buys: bool
    quantity: int
    limit: int | None
    kind: PriceType
    offset: int
    hidden: bool
    price: int | None = None
    since: int = 0

    @property
    def follows(self):
        return self.kind is not PriceType.LIMIT

    def better(self, one, other):
        """The price that is better for this order."""
        return min(one, other) if self.buys else max(one, other)


class NaivePegs:
    """What is asked of it answers as a `Market` would."""

    def __init__(self):
        self.orders, self.events = [], []
        self.last_key = self.matches = self.times = 0
        self.outside = {True: None, False: None}
        self.seen = None

    # Quotes and prices.

    def quote(self):
        return tuple(self.best(buys) if self.outside[buys] is None else self.outside[buys] for buys in (True, False))

    def best(self, buys):
        prices = [o.price for o in self.orders if o.buys is buys and not o.follows and not o.hidden]
        return (max if buys else min)(prices, default=None)

    def price_of(self, order, quote):
        bid, offer = quote
        if order.kind is PriceType.LIMIT:
            return order.limit
        if order.kind is PriceType.MIDPOINT and order.price is not None:
            return order.price
        if order.kind in MIDPOINTS:
            if bid is None or offer is None or bid > offer:
                return None
            double = bid + offer
            price = (double // 2 if order.buys else -(-double // 2)) + order.offset
        else:
            own = order.kind is PriceType.PRIMARY_PEG
            reference = (bid if order.buys else offer) if own else (offer if order.buys else bid)
            if reference is None:
                return None
            cents = (reference + order.offset) / 100
            price = int(cents // 1 if order.buys else -(-cents // 1)) * 100
        return price if order.limit is None else order.better(price, order.limit)

    # What is asked.

    def enter(self, ticket):
        first = len(self.events)
        self.last_key += 1
        attributes, limit = ticket.attributes, None if ticket.at == MARKET else ticks(ticket.at)
        order = NaivePeg(
            self.last_key,
            ticket.terms.is_buy,
            ticket.quantity,
            limit,
            attributes.price_type,
            attributes.peg_offset,
            ticket.display == 1,
        )
        quote = self.quote()
        if not any(other.follows for other in self.orders):
            self.seen = quote
        order.price = self.price_of(order, quote)
        if order.follows and order.price is None:
            crossed = order.kind in MIDPOINTS and None not in quote
            self.events.append(Rejected(Reject.CROSSED_MARKET if crossed else Reject.QUOTE_UNAVAILABLE))
            return self.events[first:]
        immediate = ticket.time_in_force == 1 or order.price is None
        dead = immediate and not self.partners(order)
        at = ticket.at if order.price is None else dollars(order.price)
        self.events.append(Accepted(order.key, order.quantity, at, dead))
        self.trade(order)
        if immediate and order.quantity and not dead:
            self.events.append(Canceled(order.key, order.quantity, CancelReason.IMMEDIATE_OR_CANCEL))
        if order.quantity and not immediate:
            self.rest(order)
        self.follow()
        return self.events[first:]

    def cancel(self, key, to):
        first = len(self.events)
        order = next((order for order in self.orders if order.key == key), None)
        if order is not None:
            self.orders.remove(order)
            self.events.append(Canceled(key, order.quantity))
            self.follow()
        return self.events[first:]

    def prices(self, symbol, **prices):
        first = len(self.events)
        for name, price in prices.items():
            self.outside[name == "outside_bid"] = None if price is None else ticks(price)
        self.follow()
        return self.events[first:]

    # The machinery.

    def rest(self, order):
        self.times += 1
        order.since = self.times
        self.orders.append(order)

    def partners(self, order):
        """Those that it could trade with, who comes first first."""
        toward = 1 if order.buys else -1
        found = [
            other
            for other in self.orders
            if other.buys is not order.buys
            and other.price is not None
            and (order.price is None or other.price * toward <= order.price * toward)
        ]
        return sorted(found, key=lambda other: (other.price * toward, other.hidden, other.since))

    def trade(self, order):
        before = order.quantity
        for other in self.partners(order):
            shares = min(order.quantity, other.quantity)
            if not shares:
                break
            self.matches += 1
            order.quantity -= shares
            other.quantity -= shares
            middle = other.kind in MIDPOINTS
            removed = Liquidity.REMOVED_MIDPOINT if middle else Liquidity.REMOVED
            hidden = Liquidity.ADDED_MIDPOINT if middle else Liquidity.ADDED_HIDDEN
            added = hidden if other.hidden else Liquidity.ADDED
            at = dollars(other.price)
            self.events.append(Executed(order.key, shares, at, removed, self.matches))
            self.events.append(Executed(other.key, shares, at, added, self.matches))
            if not other.quantity:
                self.orders.remove(other)
        return order.quantity != before

    def pegs(self):
        return sorted((order for order in self.orders if order.follows), key=lambda order: order.key)

    def follow(self):
        if self.quote() == self.seen or not self.pegs():
            return
        before = {}
        again = True
        while again:
            again = False
            self.seen = self.quote()
            wanted = {order: self.price_of(order, self.seen) for order in self.pegs()}
            moving = [order for order, price in wanted.items() if price != order.price]
            for order in moving:
                before.setdefault(order, order.price)
                order.price = None
            for order in moving:
                if wanted[order] is None:
                    continue
                order.price = wanted[order]
                self.orders.remove(order)
                traded = self.trade(order)
                if order.quantity:
                    self.rest(order)
                if traded:
                    again = True
                    break
        for order in self.pegs():
            if order.price is None and before.get(order) is not None:
                self.events.append(Repriced(order.key, None))
            elif order.price is not None and order in before:
                self.events.append(Repriced(order.key, dollars(order.price)))
        self.follow()
