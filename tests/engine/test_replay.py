"""The same commands give the same events and the same state, from the first one or from a snapshot."""

import gc

import pytest
from hypothesis import given
from scripts import days, operating
from trading import Market
from words import buy, sell, whole

from engine.api import Order

REPLAY = pytest.mark.section("Portcullis", "Replay")
SNAPSHOT = pytest.mark.section("Portcullis", "Snapshots")

PORTS = ("IN1", "AK1", "INB")


@REPLAY
@given(days(operating(PORTS), 60))
def test_the_same_commands_give_the_same_events_and_state(actions):
    first, second = Market(), Market()
    for action in actions:
        action.act(first)
    for action in actions:
        action.act(second)
    assert whole(first.events) == whole(second.events)
    assert first.state() == second.state()


@SNAPSHOT
@given(before=days(operating(PORTS), 60), after=days(operating(PORTS), 30))
def test_a_venue_that_starts_from_a_snapshot_is_the_same_venue(before, after):
    market = Market()
    for action in before:
        action.act(market)
    other = market.reloaded()
    assert other.state() == market.state()
    for action in after:
        mine, theirs = action.act(market, other)
        assert whole_or_refused(mine) == whole_or_refused(theirs)
        assert other.state() == market.state()


def whole_or_refused(answer):
    return answer if answer and isinstance(answer[0], str) else whole(answer)


@pytest.mark.section("Portcullis", "Garbage")
def test_orders_that_are_gone_leave_nothing_behind():
    """Automatic collection is off in a running venue: whatever hangs in a cycle would stay."""

    def orders():
        return sum(isinstance(thing, Order) for thing in gc.get_objects())

    market = Market()
    gc.collect()
    gc.disable()
    try:
        before = orders()
        for at in ("10.00", "10.00", "10.01", "9.99"):
            market.enter(buy(100, at=at))
            market.enter(buy(100, at=at, hidden=True))
        market.replace(1, buy(100, at="9.00"))
        market.cancel(3)
        market.modify(4, to=50)
        market.enter(sell(10_000, at="9.00", ioc=True))
        market.mass_cancel()
        assert market.open == {}
        assert orders() == before
    finally:
        gc.enable()


@pytest.mark.section("Portcullis", "Garbage")
def test_deadlines_of_orders_that_are_gone_do_not_pile_up():
    market = Market()
    for _ in range(1_000):
        market.enter(buy(100, at="10.00", good_for=86_399))
        market.mass_cancel()
    assert len(market.engine.deadlines) < 500
