"""What time does to orders: lives that end to the nanosecond, windows of the day."""

import pytest
from words import AFTER_HOURS, HOUR, MIDNIGHT, Canceled, Rejected, buy, sell, trade

from engine.api import SECOND, CancelReason, Reject, TimeInForce
from engine.engine import NEVER

GTT = pytest.mark.section("OUCH 5.0", "6.2 Good till time")
AFTER = pytest.mark.section("OUCH 5.0", "2.6 After hours")


@GTT
def test_an_order_lives_until_the_nanosecond_before_its_time(market):
    market.enter(buy(100, at="10.00", good_for=1))
    assert market.wait(nanoseconds=SECOND - 1) == []
    assert market.find(1).quantity == 100
    assert market.wait(nanoseconds=1) == [Canceled(1, 100, CancelReason.EXPIRED)]


@GTT
def test_an_order_ends_at_its_own_moment_and_before_what_comes_then(market):
    entered = market.now
    market.enter(sell(100, at="10.00", good_for=1))
    market.now += SECOND
    expired, accepted = market.enter(buy(100, at="10.00"))
    assert (type(expired), accepted.dead) == (Canceled, False)
    market.cancel(2)
    market.enter(sell(100, at="10.00", good_for=5))
    [expired] = market.wait(100)
    assert expired.where.now == entered + 6 * SECOND


@GTT
def test_orders_end_by_time_and_equal_times_in_the_order_in_which_they_came(market):
    market.enter(buy(100, at="9.00", good_for=3))
    market.enter(buy(100, at="10.00", good_for=2, by="AK1"))
    market.enter(buy(100, at="8.00", good_for=2))
    market.enter(sell(100, at="11.00", good_for=2, by="INB"))
    assert [event.order for event in market.wait(3)] == [2, 3, 4, 1]


@GTT
def test_only_what_is_still_open_ends(market):
    market.enter(buy(100, at="10.00", good_for=2))
    market.enter(sell(30, at="10.00"))
    market.cancel(1, to=90)
    assert market.wait(2) == [Canceled(1, 60, CancelReason.EXPIRED)]


@GTT
@pytest.mark.parametrize("gone", ["filled", "canceled", "replaced"])
def test_an_order_that_is_gone_does_not_end_again(market, gone):
    market.enter(buy(100, at="10.00", good_for=2))
    if gone == "filled":
        market.enter(sell(100, at="10.00"))
    elif gone == "canceled":
        market.cancel(1)
    else:
        market.replace(1, buy(100, at="10.00"))
    assert market.wait(2) == []


@GTT
def test_a_replacement_lives_anew(market):
    market.enter(buy(100, at="10.00", good_for=2))
    market.wait(1)
    market.replace(1, buy(100, at="10.00", good_for=2))
    assert market.wait(1) == []
    assert market.wait(nanoseconds=SECOND - 1) == []
    assert market.wait(nanoseconds=1) == [Canceled(2, 100, CancelReason.EXPIRED)]


@GTT
def test_the_engine_tells_when_to_call_it_next(market):
    assert market.engine.next_deadline == NEVER
    market.enter(buy(100, at="10.00", good_for=5))
    market.enter(buy(100, at="10.00", good_for=2))
    assert market.engine.next_deadline == market.now + 2 * SECOND
    market.wait(2)
    assert market.engine.next_deadline == market.now + 3 * SECOND
    market.wait(3)
    assert market.engine.next_deadline == NEVER


@GTT
def test_the_day_that_ends_takes_its_deadlines_along(market):
    market.enter(buy(100, at="10.00", good_for=5))
    market.next_day("2026-11-23")
    assert market.engine.next_deadline == NEVER
    assert market.engine.deadlines == []


@GTT
def test_an_order_that_trades_at_once_sets_no_deadline(market):
    market.enter(sell(100, at="10.00"))
    assert market.enter(buy(100, at="10.00", good_for=5))[1:] == trade(2, 1, 100, "10.00", match=1)
    assert market.engine.next_deadline == NEVER


OPEN, CLOSE = AFTER_HOURS


@AFTER
@pytest.mark.parametrize(
    ("time_of_day", "open_"),
    [
        (0, False),
        (10 * HOUR, False),
        (OPEN - 1, False),
        (OPEN, True),
        (CLOSE - 1, True),
        (CLOSE, False),
        (24 * HOUR, False),
    ],
)
def test_after_hours_orders_enter_from_the_opening_until_just_before_the_close(market, time_of_day, open_):
    market.now = MIDNIGHT + time_of_day
    events = market.enter(buy(100, at="10.00", time_in_force=TimeInForce.AFTER_HOURS))
    assert (events == [Rejected(Reject.AFTER_HOURS_CLOSED)]) is not open_
    assert bool(market.open) is open_


@AFTER
@pytest.mark.parametrize("time_in_force", [TimeInForce.DAY, TimeInForce.EXTENDED_HOURS])
def test_other_orders_enter_at_any_time(market, time_in_force):
    for time_of_day in (0, OPEN, CLOSE):
        market.now = MIDNIGHT + time_of_day
        market.enter(buy(100, at="10.00", time_in_force=time_in_force))
    assert len(market.open) == 3
