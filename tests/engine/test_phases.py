"""Phases of the day: which a market has, what enters in each, and that they outlive days, configurations, snapshots."""

import pytest
from nordic import ERIC, VOLV, NordicMarket, buy, sell
from words import TOMORROW, Rejected, accepted, trade
from words import buy as us_buy

from engine.api import CommandRefused, Phase, Reject, SetHalt
from engine.phases import NORDIC_PHASES, US_PHASES, phase_name, phases_of

PHASES = pytest.mark.section("Market model", "1.2 Phases")
REFUSING = [
    (Phase.HALT, Reject.HALTED),
    (Phase.CLOSED, Reject.MARKET_CLOSED),
    (Phase.POST_TRADE, Reject.MARKET_CLOSED),
]


@pytest.fixture
def market():
    return NordicMarket()


def eric(market):
    return market.engine.markets["nordic"].books[ERIC]


@PHASES
@pytest.mark.parametrize(("phase", "reason"), REFUSING)
def test_a_phase_that_takes_no_orders_says_why_and_lets_cancels_pass(market, phase, reason):
    first, second = buy(100, at="100.00"), buy(100, at="99.00")
    market.enter(first)
    market.enter(second)
    assert market.phase(phase) == []
    assert market.enter(sell(100, at="100.00")) == [Rejected(reason)]
    assert market.replace(2, buy(50, at="99.00")) == [Rejected(reason)]
    assert [event.quantity for event in market.cancel(2)] == [100]
    assert market.phase(Phase.CONTINUOUS) == []
    assert market.enter(sell(100, at="100.00"))[1:] == trade(5, 1, 100, "100.00", 1)


@PHASES
def test_a_phase_is_of_one_book_or_of_a_whole_market(market):
    market.phase(Phase.CLOSED)
    other = buy(100, at="250.00", book=VOLV)
    assert market.enter(other) == [accepted(1, other)]
    market.phase(Phase.POST_TRADE, None)
    assert market.enter(other) == [Rejected(Reject.MARKET_CLOSED)]
    ours = us_buy(100, at="10.00")
    assert market.enter(ours) == [accepted(3, ours)]


@PHASES
@pytest.mark.parametrize(("phase", "reason"), REFUSING)
def test_a_phase_outlives_the_day_a_configuration_and_a_snapshot(market, phase, reason):
    market.phase(phase)
    market.next_day(TOMORROW)
    market.configure()
    for one in (market, market.reloaded()):
        assert one.enter(buy(100, at="100.00")) == [Rejected(reason)]
    assert market.state() == market.reloaded().state()


@PHASES
def test_a_full_disk_is_told_only_where_the_phase_takes_orders(market):
    market.storage(low=True)
    assert market.enter(buy(100, at="100.00")) == [Rejected(Reject.LOW_DISK_SPACE)]
    market.phase(Phase.CLOSED)
    assert market.enter(buy(100, at="100.00")) == [Rejected(Reject.MARKET_CLOSED)]
    market.phase(Phase.CONTINUOUS)
    assert market.enter(buy(100, at="100.00")) == [Rejected(Reject.LOW_DISK_SPACE)]


@PHASES
def test_a_market_is_in_no_phase_that_it_does_not_have(market):
    with pytest.raises(CommandRefused) as refused:
        market.phase(Phase.POST_TRADE, "ZWZZT", "nasdaq")
    assert refused.value.field == "phase"
    for rule_book, phases in (("prm", NORDIC_PHASES), ("eqrc", US_PHASES)):
        assert phases_of(rule_book) == phases
        assert len(set(phases.values())) == len(phases)


@PHASES
@pytest.mark.parametrize("name", NORDIC_PHASES)
def test_a_phase_has_the_name_that_operators_give_it(market, name):
    market.phase(NORDIC_PHASES[name])
    assert phase_name(eric(market)) == name


@PHASES
def test_an_old_record_halts_and_resumes(market):
    market.do(SetHalt("nordic", ERIC, halted=True))
    assert eric(market).phase is Phase.HALT
    market.do(SetHalt("nordic", ERIC, halted=False))
    assert eric(market).phase is Phase.CONTINUOUS
