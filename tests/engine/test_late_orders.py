"""What is late for a US cross: what is still taken and at which price, and that nothing of it may change any more."""

import pytest
from trading import Market
from words import (
    MARKET,
    Accepted,
    Canceled,
    CancelPending,
    CancelRejected,
    Executed,
    Rejected,
    accepted,
    buy,
    sell,
    symbol_entry,
)

from engine.api import CancelReason, CommandRefused, Cross, CrossStage, Liquidity, Phase, Reject, TimeInForce

LATE_RULES = pytest.mark.section("Market model", "2.1 Deadlines")
PENDING = pytest.mark.section("OUCH 5.0", "2.5 Cancel Pending / Cancel Reject")
PRE, MARKET_HOURS, POST = Phase.PRE_MARKET, Phase.CONTINUOUS, Phase.POST_MARKET
OPENING, CLOSING = Cross.OPENING, Cross.CLOSING
LATE, NO_MARKET, NO_LIMIT = CrossStage.LATE, CrossStage.NO_MARKET_ORDERS, CrossStage.NO_LIMIT_ORDERS
EXTENDED = TimeInForce.EXTENDED_HOURS
MISSED = [Rejected(Reject.CALL_MISSED)]


@pytest.fixture
def market():
    return Market()


def near(market, stage, phase=MARKET_HOURS):
    return market.phase(phase, stage=stage)


@LATE_RULES
@pytest.mark.parametrize(
    ("stage", "market_order", "limit_order"), [(LATE, True, True), (NO_MARKET, False, True), (NO_LIMIT, False, False)]
)
@pytest.mark.parametrize(("phase", "cross"), [(PRE, OPENING), (MARKET_HOURS, CLOSING)])
def test_kinds_of_orders_have_their_deadlines(market, phase, cross, stage, market_order, limit_order):
    market.phase(phase)
    near(market, stage, phase)
    for ticket, taken in (
        (buy(1, at=MARKET, cross=cross), market_order),
        (buy(1, at="9.00", cross=cross), limit_order),
        (buy(1, at="9.00", cross=cross, imbalance_only=True), True),
        (buy(1, at="9.00"), True),
    ):
        events = market.enter(ticket)
        assert events == ([accepted(market.last_key, ticket)] if taken else MISSED)


@LATE_RULES
def test_a_late_order_for_the_opening_is_held_to_the_reference_or_the_close_and_becomes_imbalance_only(market):
    """The more aggressive of the two counts."""
    market.phase(PRE)
    market.enter(buy(100, at="10.00", time_in_force=EXTENDED))
    market.enter(sell(100, at="10.20", time_in_force=EXTENDED))
    near(market, NO_MARKET, PRE)
    assert market.engine.markets["nasdaq"].books["ZWZZT"].late_reference == 101_000
    assert market.enter(buy(10, at="10.50", cross=OPENING)) == [Accepted(3, 10, "10.10")]
    assert market.enter(buy(10, at="9.50", cross=OPENING)) == [Accepted(4, 10, "9.50")]
    assert market.enter(sell(10, at="9.00", cross=OPENING)) == [Accepted(5, 10, "10.00")]
    assert market.enter(buy(10, at="10.50", cross=OPENING, ioc=True)) == [Accepted(6, 10, "10.10")]
    kinds = {order.key: order.attributes.imbalance_only for order in market.engine.ports["IN1"].orders.values()}
    assert kinds == {1: False, 2: False, 3: True, 4: True, 5: True, 6: False}
    assert market.reloaded().state() == market.state()


@LATE_RULES
def test_a_late_order_for_the_closing_is_held_to_the_first_reference_price(market):
    market.enter(buy(100, at="10.00"))
    market.enter(sell(100, at="10.00", hidden=True, by="AK1", post_only=True))
    market.enter(sell(100, at="10.20"))
    near(market, LATE)
    market.cancel(1)
    market.enter(buy(100, at="9.00"))
    near(market, NO_MARKET)
    assert market.enter(buy(10, at="11.00", cross=CLOSING)) == [Accepted(5, 10, "10.10")]
    assert market.enter(sell(10, at="9.00", cross=CLOSING)) == [Accepted(6, 10, "10.10")]
    flag = Liquidity.CLOSING_CALL
    assert market.phase(POST)[:2] == [Executed(5, 10, "10.10", flag, 1), Executed(6, 10, "10.10", flag, 1)]


@LATE_RULES
def test_without_any_price_to_hold_it_to_a_late_order_for_the_closing_is_refused():
    market = Market(symbols=[symbol_entry("ZWZZT")])
    near(market, LATE)
    assert market.enter(buy(10, at="9.00", cross=CLOSING)) == [Rejected(Reject.NO_CLOSING_REFERENCE)]
    assert market.enter(buy(10, at=MARKET, cross=CLOSING)) == [accepted(2, buy(10, at=MARKET))]


@PENDING
def test_a_late_cancel_waits_for_the_end_of_the_cross_and_is_told_once(market):
    market.enter(buy(100, at="9.00", cross=CLOSING))
    near(market, LATE)
    assert market.cancel(1) == [CancelPending(1)]
    assert market.cancel(1) == market.cancel(1, to=50) == []
    copy = market.reloaded()
    assert copy.state() == market.state()
    for one in (market, copy):
        assert one.replace(1, buy(50, at="9.00", cross=CLOSING)) == [Rejected(Reject.CANCEL_PENDING)]
        assert one.phase(POST) == [Canceled(1, 100, CancelReason.USER)]


@PENDING
def test_a_late_cancel_of_a_part_is_refused_once_and_a_whole_one_still_waits(market):
    market.phase(PRE)
    market.enter(buy(100, at="9.00", cross=OPENING, ioc=True))
    market.enter(sell(40, at="9.00", cross=OPENING))
    near(market, NO_MARKET, PRE)
    assert market.cancel(1, to=50) == [CancelRejected(1)]
    assert market.cancel(1, to=50) == []
    assert market.modify(1, to=50) == [Rejected(Reject.REPLACE_NOT_ALLOWED)]
    assert market.replace(1, buy(50, at="9.00", cross=OPENING)) == [Rejected(Reject.REPLACE_NOT_ALLOWED)]
    assert market.cancel(1) == [CancelPending(1)]
    assert market.phase(MARKET_HOURS)[2:] == [Canceled(1, 60, CancelReason.USER)]


@PENDING
def test_a_late_mass_cancel_leaves_orders_for_the_cross_pending(market):
    market.enter(buy(100, at="9.00", cross=CLOSING))
    market.enter(buy(100, at="9.00"))
    near(market, LATE)
    assert market.mass_cancel()[:-1] == [CancelPending(1), Canceled(2, 100)]
    assert market.disconnect() == []


@PENDING
def test_orders_for_another_cross_and_those_of_the_book_may_change(market):
    market.phase(PRE)
    market.enter(buy(100, at="9.00", cross=CLOSING))
    market.enter(buy(100, at="9.00"))
    near(market, NO_LIMIT, PRE)
    assert market.cancel(1) == [Canceled(1, 100)]
    assert market.cancel(2) == [Canceled(2, 100)]


@LATE_RULES
def test_a_stage_is_of_its_phase_outlasts_halts_and_ends_with_the_cross_or_the_day(market):
    market.phase(PRE)
    near(market, NO_LIMIT, MARKET_HOURS)
    order = buy(1, at="9.00", cross=OPENING)
    assert market.enter(order) == [accepted(1, order)], "the book is not in that phase"
    near(market, NO_LIMIT, PRE)
    assert market.enter(order) == MISSED
    market.phase(Phase.HALT)
    assert market.reloaded().state() == market.state()
    assert market.cancel(1) == [CancelPending(1)]
    market.phase(PRE)
    assert market.enter(order) == MISSED
    market.next_day("2026-11-23")
    assert market.enter(order) == [accepted(4, order)]
    assert market.cancel(4) == [Canceled(4, 1)]


@LATE_RULES
@pytest.mark.parametrize("stopped", [Phase.HALT, Phase.QUOTATION])
def test_a_book_that_is_stopped_comes_near_to_its_cross_too(market, stopped):
    for ticket in (buy(10, at="10.00"), sell(10, at="10.10"), buy(5, at="9.00", cross=CLOSING)):
        market.enter(ticket)
    market.phase(stopped)
    near(market, LATE)
    near(market, NO_LIMIT, PRE)
    assert market.engine.markets["nasdaq"].books["ZWZZT"].late_reference is not None
    market.phase(MARKET_HOURS)
    if stopped is Phase.HALT:
        assert market.cancel(3) == [CancelPending(3)]
        assert market.enter(buy(1, at="11.00", cross=CLOSING)) == [Accepted(4, 1, "10.05")], "the midpoint"


@LATE_RULES
def test_only_what_leads_to_a_cross_has_stages(market):
    with pytest.raises(CommandRefused) as refused:
        near(market, LATE, POST)
    assert refused.value.field == "stage"


@LATE_RULES
def test_without_a_stage_there_are_no_deadlines(market):
    order = buy(1, at=MARKET, cross=CLOSING)
    assert market.enter(order) == [accepted(1, order)]
    assert market.cancel(1) == [Canceled(1, 1)]
