"""Breaches that are lifted, changed or come again while the orders that a breach ends are still going."""

import pytest
from trading import Market
from words import TOMORROW, Accepted, Rejected, buy, gross_exposure, whole

from engine.api import CancelAction, CommandRefused, CreateRule, DeleteRule, PortAction, Reject, SafetySwitch, Unbreach
from engine.mass_cancel import ORDERS_A_SLICE
from engine.rule_instructions import UpdateRule

pytestmark = pytest.mark.section("EQRC", "3.1.17 Gross exposure: breaches")

MANY = 2 * ORDERS_A_SLICE
LIFT = Unbreach("NASDAQ", "INET", None, None, "gross-exposure", "ann")
SWITCH = SafetySwitch("NASDAQ", "INET", "IN1", CancelAction.ALL, PortAction.NONE, "ann")


@pytest.fixture
def going():
    """A market whose rule for open orders was breached by the last of many, of which a slice is gone."""
    market = Market(audited=False)
    market.do(CreateRule(gross_exposure(open=(None, None, MANY), action="CANCEL_ALL", name="open"), "ann"))
    market.next_day(TOMORROW)
    for _ in range(MANY + 1):
        market.enter(buy(1, at="1.00"))
    assert market.enter(buy(1, at="1.00")) == [Rejected(Reject.GROSS_EXPOSURE)]
    return market


def both(market, act):
    """Do the same in this market and in one that starts from its snapshot; both say and become the same."""
    other = market.reloaded()
    assert other.state() == market.state()
    assert whole(act(other)) == whole(act(market))
    assert other.state() == market.state()


def work_off(market):
    events = []
    while market.engine.mass_cancels:
        events += market.work_off()
    return events


def test_unbreach_lets_orders_in_and_calls_nothing_back(going):
    going.do(LIFT)
    going.work_off()
    assert isinstance(going.enter(buy(1, at="2.00", by="IN2"))[0], Accepted)
    both(going, work_off)
    assert set(going.open) == {("IN2", going.last_key)}, "it came after the breach"


def test_a_breach_that_comes_again_before_the_first_is_done_ends_what_came_between_too(going):
    going.do(LIFT)
    going.work_off()
    assert isinstance(going.enter(buy(1, at="2000.00", by="IN2"))[0], Accepted)
    assert going.enter(buy(1, at="1.00", by="IN2")) == [Rejected(Reject.GROSS_EXPOSURE)]
    both(going, work_off)
    assert not going.open
    assert isinstance(going.enter(buy(1, at="1.00"))[0], Accepted), "and then it is over"


@pytest.mark.parametrize(
    "command",
    [DeleteRule("open", next_day=False, user="ann"), UpdateRule("open", {"open_action": None}), SWITCH, LIFT],
    ids=["deleted", "without a threshold", "with the safety switch", "lifted"],
)
def test_whatever_is_done_to_it_meanwhile_each_order_ends_once_and_entry_goes_on(going, command):
    going.work_off()
    going.do(command)
    told = work_off(going)
    assert len({event.order for event in told}) == len(told)
    assert not going.open
    assert isinstance(going.enter(buy(1, at="1.00"))[0], Accepted)
    assert going.engine.ports["IN1"].mass_cancel is None
    assert going.reloaded().state() == going.state()


def test_thresholds_that_come_and_go_are_not_counted_anew():
    """A look at each order and trade of the day would hold everybody up, as often as somebody asks for it."""
    market = Market()
    market.do(CreateRule(gross_exposure(name="open"), "ann"))
    market.next_day(TOMORROW)
    (state,) = market.engine.exposures.states.values()
    market.enter(buy(100, at="10.00"))
    for dollars in (999, None, 1_000, None, 500):
        market.do(UpdateRule("open", {"open_action": dollars}))
        assert market.reloaded().state() == market.state()
        is_over = dollars is not None and dollars < 1_000
        assert (state.breach is not None) is is_over
    assert market.engine.exposures.states[state.entity] is state
    market.do(DeleteRule("open", next_day=False, user="ann"))
    assert not market.engine.exposures.states


def test_what_is_not_breached_any_more_may_be_lifted_again(going):
    work_off(going)
    before = going.state()
    assert going.do(LIFT) == []
    assert going.state() == before
    going.do(DeleteRule("open", next_day=False, user="ann"))
    with pytest.raises(CommandRefused):
        going.do(LIFT)
