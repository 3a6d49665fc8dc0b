"""Rules of gross exposure made over REST: when they begin, change and end, and what becomes of a breach then."""

import msgspec
import pytest
from trading import Market
from words import TOMORROW, Accepted, Rejected, buy, gross_exposure, sell

from engine.api import CreateRule, DeleteRule, RegisterGroups, Reject, UpdateRule
from engine.risk.exposure import Entity

pytestmark = [
    pytest.mark.section("EQRC", "3.1.17 Gross exposure: breaches"),
    pytest.mark.section("EQRC", "3.3 Life of a rule"),
]
INET = Entity("NASDAQ", "INET")
RULE = gross_exposure("rule-1", open=(None, None, 1_000))
REFUSED = [Rejected(Reject.GROSS_EXPOSURE)]


@pytest.fixture
def breached():
    """A market on the day on which a rule holds, and an order has breached it."""
    market = Market()
    market.do(CreateRule(RULE))
    market.enter(buy(200, at="10.00"))
    market.enter(buy(1, at="1.00"))
    assert market.engine.exposures.states == {}, "it waits for the next day"
    market.next_day(TOMORROW)
    market.enter(buy(101, at="10.00"))
    assert market.enter(buy(1, at="1.00")) == REFUSED
    return market


def is_open(market):
    market.enter(buy(1, at="0.01"))
    return isinstance(market.events[-1], Accepted)


def held(market):
    """The same of the market and of one that starts from its snapshot."""
    copy = market.reloaded()
    assert copy.state() == market.state()
    answers = {is_open(copy), is_open(market)}
    assert len(answers) == 1
    return answers.pop()


def test_a_rule_holds_from_its_first_day_on_and_after_a_start(breached):
    assert not held(breached)


def test_a_change_of_a_rule_that_holds_frees_at_once_and_one_for_the_next_day_does_not(breached):
    breached.do(UpdateRule("rule-1", {"open_action": 2_000}, next_day=True))
    assert not held(breached)
    breached.do(UpdateRule("rule-1", {"open_action": 3_000}))
    assert held(breached)


def test_a_tighter_threshold_breaches_at_once(breached):
    breached.do(UpdateRule("rule-1", {"open_action": 2_000}))
    assert held(breached)
    breached.do(UpdateRule("rule-1", {"open_action": 500}))
    assert not held(breached)


@pytest.mark.parametrize("settings", [{"open_action": None, "open_watch": 1}, {"open_action": None}])
def test_a_threshold_that_is_taken_off_holds_nobody(breached, settings):
    breached.do(UpdateRule("rule-1", settings))
    assert held(breached)


def test_a_rule_that_is_deleted_now_frees_and_is_counted_no_more(breached):
    breached.do(DeleteRule("rule-1", next_day=False))
    assert breached.engine.exposures.states == {}
    assert breached.engine.ports["IN1"].exposure is None
    assert held(breached)


def test_a_rule_that_is_deleted_from_the_next_day_on_holds_until_then(breached):
    breached.do(DeleteRule("rule-1"))
    assert not held(breached)
    breached.next_day("2026-11-24")
    assert breached.engine.exposures.states == {}
    assert held(breached)


def test_the_rule_of_a_group_that_is_deleted_leaves_the_group_counted():
    market = Market()
    market.do(RegisterGroups("INET", (7,)))
    market.do(CreateRule(msgspec.structs.replace(RULE, group_id=7)))
    market.next_day(TOMORROW)
    market.enter(buy(101, at="10.00", group_id=7))
    assert market.enter(buy(1, at="1.00", group_id=7)) == REFUSED
    market.do(DeleteRule("rule-1", next_day=False))
    assert market.enter(buy(1, at="1.00", group_id=7)) == [Accepted(3, 1, "1.00")]
    state = market.engine.exposures.states[Entity("NASDAQ", "INET", None, 7)]
    assert state.open == 1_011 * 10_000
    assert market.reloaded().state() == market.state()


def test_a_second_rule_of_the_entity_joins_the_first():
    market = Market(gross_exposure("configured", open=(None, None, 5_000)))
    market.do(CreateRule(RULE))
    market.enter(sell(200, at="10.00", gtc=True))
    market.next_day(TOMORROW)
    assert market.enter(buy(1, at="1.00")) == REFUSED
    assert market.refusal.rule == "rule-1"
    market.do(DeleteRule("rule-1", next_day=False))
    assert held(market)
    assert [threshold.rule for threshold in market.engine.exposures.states[INET].thresholds] == ["configured"]
