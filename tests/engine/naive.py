"""A market that is too simple to be wrong: one list of orders, sorted anew for each order that comes.

Written from the rules alone, as an oracle for the engine: one exchange, two symbols, valid orders, no risk rules. Each
order has a part that queues where its display says and perhaps a part that it holds back; whether a minimum quantity
can be had is found by trying it out on a copy of everything.
"""

from copy import deepcopy
from dataclasses import dataclass, replace

from words import (
    MARKET,
    Accepted,
    Canceled,
    Executed,
    MassCanceled,
    Modified,
    Prevented,
    Rejected,
    Replaced,
    Restated,
    Where,
    ticks,
)

from engine.api import (
    SECOND,
    CancelReason,
    Display,
    Liquidity,
    Reject,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
    Side,
    TimeInForce,
)

SIDE_CHANGES = {(1, 3), (1, 2), (3, 2)}
GOLDEN = 0x9E37_79B9_7F4A_7C15
FRONT, HELD = 0, 1


@dataclass(eq=False)
class NaiveOrder:
    """`parts` are the shares at the front and held back, `since` when each of them came to its queue."""

    key: int
    port: str
    symbol: str
    ticket: object
    side: Side
    size: int
    parts: list
    deadline: float
    reference: int = 0
    since: tuple = (0, 0)

    @property
    def open(self):
        return sum(self.parts)

    @property
    def buys(self):
        return self.side is Side.BUY

    @property
    def wants(self):
        """The fewest shares that it trades at once."""
        return min(self.ticket.attributes.minimum_quantity, self.open)

    def unseen(self, part):
        return part == HELD or self.ticket.display == Display.HIDDEN

    def take(self, part, shares):
        self.parts[part] -= shares

    def cut(self, shares):
        """What it holds back goes first."""
        held = min(shares, self.parts[HELD])
        self.take(HELD, held)
        self.take(FRONT, shares - held)


class NaiveMarket:
    """`firms` gives firm, organization and affiliation of each port."""

    def __init__(self, now, firms):
        self.now, self.firms, self.last_key, self.references, self.matches, self.times = now, firms, 0, 0, 0, 0
        self.resting, self.events = [], []

    # Who trades with whom.

    def queue(self, order, limit):
        """Parts of the other side at `limit` or better, first come first, price before display before time."""
        toward = 1 if order.buys else -1
        parts = [
            (ticks(other.ticket.at) * toward, other.unseen(part), other.since[part], other, part)
            for other in self.resting
            for part in (FRONT, HELD)
            if (other.symbol, other.buys) == (order.symbol, not order.buys) and other.parts[part]
        ]
        return [
            (other, part)
            for price, _, _, other, part in sorted(parts, key=lambda entry: entry[:3])
            if limit is None or price <= limit * toward
        ]

    def contact(self, order, limit):
        """What it would meet first, None where there is nothing for it."""
        return next(((other, part) for other, part in self.queue(order, limit) if other.wants <= order.open), None)

    def has_enough(self, order, limit):
        """Whether it would get its minimum, by trying."""
        if not order.wants:
            return True
        rehearsal, actor = deepcopy((self, order))
        before = rehearsal.matches
        rehearsal.events.clear()
        rehearsal.match(actor, limit)
        bought = [event for event in rehearsal.events if isinstance(event, Executed) and event.order == order.key]
        assert rehearsal.matches == before + len(bought)
        return sum(event.quantity for event in bought) >= order.wants

    def work(self, order, announce):
        order.reference = self.number()
        limit = None if order.ticket.at == MARKET else ticks(order.ticket.at)
        must_go = order.ticket.time_in_force == TimeInForce.IMMEDIATE_OR_CANCEL or limit is None
        meets = self.contact(order, limit) is not None
        goes_on = meets and (order.ticket.attributes.post_only or self.has_enough(order, limit))
        announce(dead=must_go and not goes_on)
        if goes_on and order.ticket.attributes.post_only:
            self.improve(order, limit)
        elif goes_on:
            self.match(order, limit)
        if order.open and not must_go:
            self.rest(order)
        elif order.open and goes_on:
            self.cancel_shares(order, order.open, CancelReason.IMMEDIATE_OR_CANCEL)

    def improve(self, order, limit):
        better = None if limit is None else limit - 100 * (1 if order.buys else -1)
        if better is not None and limit >= 10_000 and self.has_enough(order, better):
            self.match(order, better)
        met = self.contact(order, limit) if order.open else None
        if met is not None:
            other, part = met
            reason = CancelReason.POST_ONLY_RULE if other.unseen(part) else CancelReason.POST_ONLY_DISPLAYED
            self.cancel_shares(order, order.open, reason)

    def match(self, order, limit):
        met = []
        for other, part in self.queue(order, limit):
            if order.open and other.parts[part] and other.wants <= order.open:
                self.meet(order, other, part)
                met += [other] if other not in met else []
        self.resting = [other for other in self.resting if other.open]
        for other in met:
            least = 100 if other.ticket.attributes.max_floor >= 100 else 1
            if other.parts[HELD] and other.parts[FRONT] < least:
                self.refill(other)

    def meet(self, order, other, part):
        shares = min(order.open, other.parts[part])
        added = Liquidity.ADDED
        if other.unseen(part):
            added = Liquidity.ADDED_RESERVE if part == HELD else Liquidity.ADDED_HIDDEN
        strategy = self.kept_apart(order, other)
        if strategy is None:
            self.matches += 1
            order.take(FRONT, shares)
            other.take(part, shares)
            for party, liquidity in ((order, Liquidity.REMOVED), (other, added)):
                self.say(Executed(party.key, shares, other.ticket.at, liquidity, self.matches), party)
            return
        told = []
        if strategy.action == SelfMatchAction.CANCEL_OLDEST:
            told = [(other, other.open, added)]
            other.parts = [0, 0]
        elif strategy.action == SelfMatchAction.CANCEL_NEWEST:
            told = [(order, order.open, Liquidity.REMOVED)]
            order.parts = [0, 0]
        else:
            told = [(order, shares, Liquidity.REMOVED), (other, shares, added)]
            order.take(FRONT, shares)
            other.take(part, shares)
        for party, gone, liquidity in told:
            self.say(Prevented(party.key, gone, shares, other.ticket.at, liquidity, strategy), party)

    def kept_apart(self, order, other):
        mine, theirs = order.ticket.attributes, other.ticket.attributes
        if mine.self_match_group != theirs.self_match_group:
            return None
        asked = [
            strategy if strategy is not None and self.are_one(strategy.level, order.port, other.port) else None
            for strategy in (mine.self_match_prevention, theirs.self_match_prevention)
        ]
        named = [strategy for strategy in asked if strategy and strategy.action != SelfMatchAction.USE_REMOVER]
        if named:
            return named[0]
        return SelfMatchPrevention(asked[0].level, SelfMatchAction.DECREMENT_BOTH) if asked[0] else None

    def are_one(self, level, one, other):
        if level == SelfMatchLevel.ANY:
            return True
        return self.firms[one][level] == self.firms[other][level]

    # Resting.

    def number(self):
        self.references += 1
        return self.references

    def time(self):
        self.times += 1
        return self.times

    def display(self, order, number):
        attributes = order.ticket.attributes
        floor, spread = attributes.max_floor, attributes.random_reserve
        sizes = list(range(floor - spread, floor + spread - 99, 100)) if spread else []
        if not sizes:
            return floor
        return max(sizes[(number * GOLDEN >> 32) % 2**32 % len(sizes)], min(floor, 100))

    def rest(self, order):
        front = order.open
        if order.ticket.attributes.max_floor:
            front = min(front, self.display(order, order.reference))
        order.parts = [front, order.open - front]
        order.since = self.time(), self.time()
        self.resting.append(order)

    def refill(self, order):
        number = self.number()
        moved = min(self.display(order, number) - order.parts[FRONT], order.parts[HELD])
        order.take(HELD, moved)
        order.take(FRONT, -moved)
        order.since = self.time(), order.since[HELD]
        self.events.append(Restated(order.key, order.parts[FRONT], Where(order.port, self.now, number)))

    # What the tests ask, as of a Market.

    def enter(self, ticket):
        return self.step(lambda: self.try_enter(ticket))

    def try_enter(self, ticket):
        self.last_key += 1
        order = self.order(ticket, ticket.symbol, ticket.by)
        self.work(order, lambda dead: self.say(Accepted(order.key, order.open, ticket.at, dead), order))

    def replace(self, key, ticket):
        return self.step(lambda: self.try_replace(key, ticket))

    def try_replace(self, key, ticket):
        original = self.find(key)
        if original is None:
            return
        self.last_key += 1
        executed = original.size - original.open
        if ticket.quantity <= executed:
            self.cancel_shares(original, original.open, CancelReason.USER)
            return
        order = self.order(ticket, original.symbol, original.port)
        order.parts[FRONT] -= executed
        self.resting.remove(original)
        self.work(order, lambda dead: self.say(Replaced(order.key, key, order.open, ticket.at, dead), order))

    def cancel(self, key, to):
        return self.step(lambda: self.try_cancel(self.find(key), to))

    def try_cancel(self, order, to):
        if order is not None and to < order.size:
            self.cancel_shares(order, min(order.open, order.size - to), CancelReason.USER)

    def modify(self, key, side, to):
        return self.step(lambda: self.try_modify(self.find(key), side, to))

    def try_modify(self, order, side, to):
        if order is None:
            return
        side = order.side if side is None else side
        to = order.size if to is None else to
        if side != order.side and (order.side, side) not in SIDE_CHANGES:
            self.events.append(Rejected(Reject.INVALID_SIDE))
        elif to > order.size:
            self.events.append(Rejected(Reject.INVALID_QUANTITY))
        elif to <= order.size - order.open:
            self.cancel_shares(order, order.open, CancelReason.USER)
        else:
            order.cut(order.size - to)
            order.side, order.size = side, to
            self.say(Modified(order.key, order.open, side), order)

    def mass_cancel(self, by, symbol, side, group):
        return self.step(lambda: self.try_mass_cancel(by, symbol, side, group))

    def try_mass_cancel(self, by, symbol, side, group):
        for order in sorted(self.resting, key=lambda order: order.key):
            matches = symbol in ("", order.symbol) and side in (None, order.side)
            if order.port == by and matches and group in (None, order.ticket.attributes.group_id):
                self.cancel_shares(order, order.open, CancelReason.USER)
        self.events.append(MassCanceled(b"", Where(by, self.now)))

    def wait(self, seconds, nanoseconds):
        self.now += seconds * SECOND + nanoseconds
        return self.step(lambda: None)

    # The machinery.

    def step(self, act):
        first = len(self.events)
        for order in sorted(self.resting, key=lambda order: (order.deadline, order.reference)):
            if order.deadline <= self.now:
                self.cancel_shares(order, order.open, CancelReason.EXPIRED, order.deadline)
        act()
        return self.events[first:]

    def order(self, ticket, symbol, port):
        lives = ticket.attributes.expire_time * SECOND
        deadline = self.now + lives if lives else float("inf")
        return NaiveOrder(
            self.last_key, port, symbol, ticket, ticket.side, ticket.quantity, [ticket.quantity, 0], deadline
        )

    def find(self, key):
        return next((order for order in self.resting if order.key == key), None)

    def cancel_shares(self, order, shares, reason, now=None):
        order.cut(shares)
        order.size -= shares
        if not order.open and order in self.resting:
            self.resting.remove(order)
        self.say(Canceled(order.key, shares, reason), order, now)

    def say(self, event, order, now=None):
        where = Where(order.port, self.now if now is None else now, order.reference)
        self.events.append(replace(event, where=where))
