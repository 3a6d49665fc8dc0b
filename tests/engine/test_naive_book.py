"""The engine held against a market that is too simple to be wrong: one list, sorted anew for each trade."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from scripts import days
from scripts import trading as trading_actions
from trading import Market, label
from words import MARKET, Accepted, Canceled, Executed, Modified, Rejected, Replaced, Where, ticks, whole

from engine.api import SECOND, CancelReason, Display, Liquidity, Reject, Side, TimeInForce

SIDE_CHANGES = {(1, 3), (1, 2), (3, 2)}


class NaiveMarket:
    """One exchange, two symbols, valid orders, no risk rules."""

    def __init__(self, now):
        self.now, self.last_key, self.references, self.matches = now, 0, 0, 0
        self.resting, self.events = [], []

    def contra(self, order):
        """What `order` would trade with, first come first, price before display before time."""
        toward = 1 if order.buys else -1
        return sorted(
            (
                other
                for other in self.resting
                if (other.symbol, other.buys) == (order.symbol, not order.buys)
                and (order.at == MARKET or (other.price - order.price) * toward <= 0)
            ),
            key=lambda other: (other.price * toward, other.hidden, other.reference),
        )

    def work(self, order, announce):
        self.references += 1
        order.reference = self.references
        matching, must_go = self.contra(order), order.ioc or order.at == MARKET
        announce(dead=must_go and not matching)
        if matching and order.post_only:
            hidden = matching[0].hidden
            return self.cancel_shares(
                order, order.open, CancelReason.POST_ONLY_RULE if hidden else CancelReason.POST_ONLY_DISPLAYED
            )
        for other in matching:
            if order.open:
                self.trade(order, other)
        if order.open and not must_go:
            self.resting.append(order)
        elif order.open and matching:
            self.cancel_shares(order, order.open, CancelReason.IMMEDIATE_OR_CANCEL)
        return None

    def trade(self, order, other):
        self.matches += 1
        shares = min(order.open, other.open)
        added = Liquidity.ADDED_HIDDEN if other.hidden else Liquidity.ADDED
        for party, liquidity in ((order, Liquidity.REMOVED), (other, added)):
            party.open -= shares
            self.say(Executed(party.key, shares, other.at, liquidity, self.matches), party)
        if not other.open:
            self.resting.remove(other)

    # What the tests ask, as of a Market.

    def enter(self, ticket):
        return self.step(lambda: self.try_enter(ticket))

    def try_enter(self, ticket):
        self.last_key += 1
        order = self.order(ticket, ticket.symbol, ticket.by)
        self.work(order, lambda dead: self.say(Accepted(order.key, order.open, order.at, dead), order))

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
        order.open = order.size - executed
        self.resting.remove(original)
        self.work(order, lambda dead: self.say(Replaced(order.key, key, order.open, order.at, dead), order))

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
            order.side, order.open, order.size = side, order.open - (order.size - to), to
            self.say(Modified(order.key, order.open, side), order)

    def mass_cancel(self, by, symbol, side, group):
        return self.step(
            lambda: [
                self.cancel_shares(order, order.open, CancelReason.USER)
                for order in sorted(self.resting, key=lambda order: order.key)
                if order.port == by
                and symbol in ("", order.symbol)
                and side in (None, order.side)
                and group in (None, order.group)
            ]
        )

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
        return SimpleNamespace(
            key=self.last_key,
            port=port,
            symbol=symbol,
            side=ticket.side,
            buys=ticket.side == Side.BUY,
            at=ticket.at,
            price=ticks(ticket.at),
            hidden=ticket.display == Display.HIDDEN,
            ioc=ticket.time_in_force == TimeInForce.IMMEDIATE_OR_CANCEL,
            post_only=ticket.attributes.post_only,
            group=ticket.attributes.group_id,
            size=ticket.quantity,
            open=ticket.quantity,
            deadline=self.now + lives if lives else float("inf"),
        )

    def find(self, key):
        return next((order for order in self.resting if order.key == key), None)

    def cancel_shares(self, order, shares, reason, now=None):
        order.open -= shares
        order.size -= shares
        if not order.open and order in self.resting:
            self.resting.remove(order)
        self.say(Canceled(order.key, shares, reason), order, now)

    def say(self, event, order, now=None):
        where = Where(order.port, self.now if now is None else now, order.reference)
        self.events.append(replace(event, where=where))


def without_figures(events):
    """Whole events, refusals by their reasons: the naive market has no figures."""
    return whole(replace(event, refusal=None) if isinstance(event, Rejected) else event for event in events)


@pytest.mark.section("Portcullis", "Price, display, time")
@given(days(trading_actions(), 80))
def test_the_engine_trades_as_the_naive_market_does(actions):
    market = Market()
    naive = NaiveMarket(market.now)
    for action in actions:
        mine, theirs = action.act(market, naive)
        assert without_figures(mine) == without_figures(theirs)
    assert {(order.port, order.key): order.open for order in naive.resting} == market.open
    assert all(market.find(order.key).cl_ord_id == label(order.key) for order in naive.resting)
