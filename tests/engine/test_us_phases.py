"""US phases: what enters, rests and ends in pre-market, market hours, post-market, a halt and a quotation period."""

import pytest
from trading import Market
from words import (
    HOUR,
    MARKET,
    TOMORROW,
    Accepted,
    Canceled,
    Executed,
    Rejected,
    Replaced,
    accepted,
    buy,
    sell,
    trade,
)

from engine.api import CancelReason, CommandRefused, Cross, Liquidity, Phase, Reject, TimeInForce

PHASES = pytest.mark.section("Market model", "2.1 Sessions")
PRE, MARKET_HOURS, POST, QUOTATION = Phase.PRE_MARKET, Phase.CONTINUOUS, Phase.POST_MARKET, Phase.QUOTATION
EXTENDED, AFTER = TimeInForce.EXTENDED_HOURS, TimeInForce.AFTER_HOURS


@pytest.fixture
def market():
    return Market()


def book(market, exchange="nasdaq"):
    return market.engine.markets[exchange].books["ZWZZT"]


@PHASES
def test_in_pre_market_extended_orders_trade_and_orders_for_market_hours_are_held(market):
    market.phase(PRE)
    held = buy(100, at="10.00")
    assert market.enter(held) == [accepted(1, held)]
    resting = buy(100, at="9.99", time_in_force=EXTENDED)
    market.enter(resting)
    assert market.enter(sell(50, at="9.99", ioc=True)) == [Accepted(3, 50, "9.99"), *trade(3, 2, 50, "9.99", 1)]
    assert market.enter(sell(10, at="10.00", ioc=True)) == [Accepted(4, 10, "10.00", dead=True)]
    good_till_time = sell(10, at="9.99", good_for=60)
    assert market.enter(good_till_time)[1:] == trade(5, 2, 10, "9.99", 2)
    assert market.security().bid == 99_900


@PHASES
@pytest.mark.parametrize("exchange", ["nasdaq", "bx"])
def test_what_was_held_goes_on_in_market_hours(market, exchange):
    by = "IN1" if exchange == "nasdaq" else "INB"
    market.phase(PRE, exchange=exchange)
    market.enter(buy(100, at="10.00", by=by))
    market.enter(buy(50, at="9.98", by=by))
    assert market.phase(MARKET_HOURS, exchange=exchange) == []
    assert [order.key for order in book(market, exchange).buys.shown.orders()] == [1, 2]
    assert market.enter(sell(100, at="10.00", by=by))[1:] == trade(3, 1, 100, "10.00", 1)


@PHASES
def test_a_market_without_crosses_releases_what_was_held_one_after_the_other(market):
    market.phase(PRE, exchange="bx")
    market.enter(sell(100, at="10.01", by="AKB", time_in_force=EXTENDED))
    market.enter(buy(60, at="10.02", by="INB"))
    market.enter(buy(60, at=MARKET, by="INB"))
    market.enter(buy(60, at="10.02", by="INB", post_only=True))
    market.enter(sell(100, at="10.02", by="AKB"))
    assert market.phase(MARKET_HOURS, exchange="bx") == [
        *trade(2, 1, 60, "10.01", 1),
        *trade(3, 1, 40, "10.01", 2),
        Canceled(3, 20, CancelReason.IMMEDIATE_OR_CANCEL),
        *trade(5, 4, 60, "10.02", 3),
    ]
    assert market.enter(buy(1, at="10.00", by="INB", cross=Cross.CLOSING)) == [Rejected(Reject.INVALID_CROSS)]


@PHASES
def test_orders_for_market_hours_end_with_them_and_later_ones_do_so_at_once(market):
    market.enter(buy(100, at="10.00"))
    market.enter(buy(100, at="9.99", time_in_force=EXTENDED))
    market.enter(buy(100, at="9.98", good_for=86_000))
    assert market.phase(POST) == [Canceled(1, 100, CancelReason.EXPIRED)]
    late = buy(100, at="9.97")
    assert market.enter(late) == [accepted(4, late), Canceled(4, 100, CancelReason.MARKET_HOURS_OVER)]
    assert market.replace(2, buy(80, at="9.96")) == [
        Replaced(5, 2, 80, "9.96"),
        Canceled(5, 80, CancelReason.MARKET_HOURS_OVER),
    ]
    assert market.enter(sell(30, at="9.98", time_in_force=EXTENDED))[1:] == trade(6, 3, 30, "9.98", 1)


@PHASES
def test_after_hours_are_those_of_the_clock_and_the_post_market(market):
    order = buy(10, at="9.00", time_in_force=AFTER)
    assert market.enter(order) == [Rejected(Reject.AFTER_HOURS_CLOSED)]
    market.phase(POST)
    assert market.enter(order) == [accepted(2, order)]
    market.phase(PRE)
    assert market.enter(order) == [Rejected(Reject.AFTER_HOURS_CLOSED)]
    market.wait(7 * HOUR // 10**9)
    assert market.enter(order) == [accepted(4, order)]


@PHASES
def test_a_halt_before_the_opening_leaves_held_orders_and_ends_those_for_the_opening(market):
    market.phase(PRE)
    market.enter(buy(100, at="10.00"))
    market.enter(buy(100, at="10.00", cross=Cross.OPENING))
    assert market.phase(Phase.HALT) == []
    assert market.enter(buy(100, at="10.00")) == [Rejected(Reject.HALTED)]
    copy = market.reloaded()
    for one in (market, copy):
        assert one.phase(MARKET_HOURS) == [Canceled(2, 100, CancelReason.HALT_OUTLASTED_CROSS)]
        assert one.enter(sell(100, at="10.00"))[1:] == trade(4, 1, 100, "10.00", 1)


@PHASES
def test_a_halt_that_ends_before_the_opening_changes_nothing(market):
    market.phase(PRE)
    market.enter(buy(100, at="10.00", cross=Cross.OPENING))
    market.enter(sell(100, at="10.00"))
    assert market.phase(Phase.HALT) == market.phase(PRE) == []
    flag = Liquidity.OPENING_CALL
    assert market.phase(MARKET_HOURS) == [Executed(1, 100, "10.00", flag, 1), Executed(2, 100, "10.00", flag, 1)]


@PHASES
def test_back_in_pre_market_orders_for_market_hours_are_held_again(market):
    market.enter(buy(100, at="10.00", max_floor=40))
    assert market.phase(PRE) == []
    assert market.security().bid is None
    assert market.enter(sell(100, at="10.00", ioc=True)) == [Accepted(2, 100, "10.00", dead=True)]
    market.phase(MARKET_HOURS)
    assert market.security().bid == 100_000
    assert book(market).buys.shown.levels[100_000].quantity == 40


@PHASES
@pytest.mark.parametrize("phase", [PRE, POST, QUOTATION])
def test_a_phase_outlives_the_day_and_a_snapshot(market, phase):
    market.phase(phase)
    market.next_day(TOMORROW)
    assert market.reloaded().state() == market.state()
    market.enter(buy(100, at="10.00", time_in_force=EXTENDED))
    assert book(market).phase is phase
    assert market.reloaded().state() == market.state()


@PHASES
def test_no_nordic_phase_is_a_us_one(market):
    with pytest.raises(CommandRefused):
        market.phase(Phase.OPENING_CALL)
