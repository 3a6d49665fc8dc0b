"""Price bands that move away from thousands of orders: the market impact rule ends them in slices."""

import pytest
from banded import BandedMarket
from trading import Market
from words import TOMORROW, Accepted, Canceled, Executed, Rejected, buy, market_impact, sell, whole

from engine.api import CancelAction, CancelReason, Phase, PortAction, Reject, SafetySwitch
from engine.mass_cancel import ORDERS_A_SLICE
from engine.safety_switch import is_done

IMPACT = pytest.mark.section("EQRC", "3.1.14 Market impact")
SNAPSHOT = pytest.mark.section("Portcullis", "Snapshots")
ENDED = CancelReason.SUPERVISORY
FIRM = market_impact(), market_impact("bx", exchange="BX", port="INB")


def crowded(count, ports=("IN1", "IN2", "AK1"), *, kind=Market):
    """Buys at 10.30, 10.29, 10.28 in turn, of one port after another; AKAM has no rule."""
    market = kind(*FIRM, audited=False)
    market.prices(luld_lower="9.50", luld_upper="10.50")
    for number in range(count):
        market.enter(buy(1, at=f"10.{30 - number % 3}", by=ports[number % len(ports)]))
    return market


def rest(market):
    """What the slices say that are left."""
    slices = []
    while market.engine.mass_cancels:
        slices.append(market.work_off())
    return slices


@IMPACT
def test_10_000_orders_end_in_slices_the_best_prices_first():
    market = crowded(10_000, ("IN1", "IN2"))
    slices = [market.prices(luld_upper="10.20"), *rest(market)]
    assert [len(told) for told in slices] == [ORDERS_A_SLICE] * (10_000 // ORDERS_A_SLICE)
    assert {event.reason for told in slices for event in told} == {ENDED}
    gone = [event.order - 1 for told in slices for event in told]
    assert gone == sorted(range(10_000), key=lambda number: (number % 3, number))
    assert not market.open


@IMPACT
def test_a_slice_looks_at_no_more_orders_than_it_has_place_for_whoever_they_are():
    market = crowded(6 * ORDERS_A_SLICE, ("AK1", "AK1", "AK1", "AK1", "IN1"))
    slices = [market.prices(luld_upper="10.20"), *rest(market)]
    assert [len(told) for told in slices] == [ORDERS_A_SLICE // 5] * 6
    assert {port for port, _ in market.open} == {"AK1"}


@IMPACT
def test_new_orders_obey_the_new_bands_before_the_old_ones_are_gone():
    market = crowded(3 * ORDERS_A_SLICE, ("IN1",))
    market.prices(luld_upper="10.20")
    left = dict(market.open)
    assert len(left) == 2 * ORDERS_A_SLICE
    assert market.enter(buy(1, at="10.21")) == [Rejected(Reject.MARKET_IMPACT)]
    last = max(key for _, key in left)
    assert market.replace(last, buy(1, at="10.25")) == [Rejected(Reject.MARKET_IMPACT)]
    (accepted,) = market.enter(buy(1, at="10.20"))
    assert market.replace(last, buy(1, at="10.20"))[0].order == market.last_key
    assert sum(map(len, rest(market))) == 2 * ORDERS_A_SLICE - 1, "what was replaced is within the bands"
    assert set(market.open) == {("IN1", accepted.order), ("IN1", market.last_key)}


@IMPACT
def test_what_is_to_go_may_trade_or_be_canceled_until_its_turn_comes():
    market = crowded(2 * ORDERS_A_SLICE, ("IN1",))
    market.prices(luld_upper="10.20")
    left = {key for _, key in market.open}
    told = market.enter(sell(1, at="9.90", by="AK1"))
    assert [type(event) for event in told] == [Accepted, Executed, Executed]
    traded = {event.order for event in told} & left
    market.cancel(max(left))
    told = [event.order for events in rest(market) for event in events]
    assert sorted(told) == sorted(left - traded - {max(left)})
    assert not market.open


@IMPACT
def test_bands_that_move_again_begin_anew_and_spare_what_is_within_them():
    market = crowded(3 * ORDERS_A_SLICE, ("IN1",))
    market.prices(luld_upper="10.20")
    assert market.prices(luld_upper="10.28") == [], "what waits has its turn"
    assert len(market.engine.mass_cancels) == 1
    told = [event for events in rest(market) for event in events]
    assert len(told) == ORDERS_A_SLICE, "those at 10.30 are gone, those at 10.28 stay"
    assert len(market.open) == ORDERS_A_SLICE
    market.prices(luld_upper=None, luld_lower=None)
    assert not market.engine.mass_cancels


@IMPACT
@pytest.mark.parametrize("end", ["rule", "halt"])
def test_a_rule_that_is_lifted_and_a_halt_spare_what_had_not_its_turn(end):
    market = crowded(2 * ORDERS_A_SLICE, ("IN1",))
    market.prices(luld_upper="10.20")
    if end == "rule":
        market.configure()
    else:
        market.phase(Phase.HALT)
    assert [*filter(None, rest(market))] == []
    assert len(market.open) == ORDERS_A_SLICE
    if end == "halt":
        assert len(market.phase(Phase.CONTINUOUS)) == ORDERS_A_SLICE


@IMPACT
def test_the_day_does_not_end_before_it_is_done():
    market = crowded(2 * ORDERS_A_SLICE + 1, ("IN1",))
    market.prices(luld_upper="10.20")
    told = market.next_day(TOMORROW)
    assert [event.reason for event in told if isinstance(event, Canceled)] == [ENDED] * (ORDERS_A_SLICE + 1)
    assert not market.engine.mass_cancels


@IMPACT
def test_it_takes_turns_with_a_safety_switch_and_neither_waits_for_the_other():
    market = crowded(4 * ORDERS_A_SLICE, ("IN1", "IN2"))
    market.prices(luld_upper="10.20")
    market.do(SafetySwitch("NASDAQ", "INET", "IN2", CancelAction.ALL, PortAction.NONE, "ann"))
    assert isinstance(market.enter(buy(1, at="10.00"))[0], Accepted)
    other = market.reloaded()
    assert other.state() == market.state()
    told = [event.order for events in rest(market) for event in events]
    assert len(told) == len(set(told))
    assert is_done(market.engine, "NASDAQ", "INET", None)
    assert set(market.open) == {("IN1", market.last_key)}


@IMPACT
@SNAPSHOT
def test_a_restart_in_the_middle_goes_on_where_it_was():
    market = crowded(6 * ORDERS_A_SLICE)
    for number in range(ORDERS_A_SLICE):
        market.enter(buy(1, at="10.40", by="INB", hidden=bool(number % 2)))
    market.prices(luld_upper="10.20")
    market.work_off()
    for key in sorted(key for port, key in market.open if port == "IN2")[::7]:
        market.cancel(key)  # gone before its turn: it counts in a slice all the same
    other = market.reloaded()
    assert other.state() == market.state()
    while market.engine.mass_cancels:
        assert whole(other.work_off()) == whole(market.work_off())
        assert other.state() == market.state()
    assert not other.engine.mass_cancels
    assert {port for port, _ in other.open} == {port for port, _ in market.open} == {"AK1"}


@IMPACT
@pytest.mark.section("Market model", "2.2 LULD")
def test_a_market_that_keeps_all_orders_within_the_bands_ends_them_at_once():
    """Nothing may trade outside them there, so nothing may wait."""
    market = BandedMarket(*FIRM, audited=False)
    market.wait()
    for number in range(2 * ORDERS_A_SLICE):
        market.enter(buy(1, at="10.30", by="IN1" if number % 2 else "AK1"))
    told = market.prices(luld_upper="10.20", luld_lower="9.50") + market.wait()
    reasons = [event.reason for event in told if isinstance(event, Canceled)]
    assert sorted(reasons) == sorted([ENDED] * ORDERS_A_SLICE + [CancelReason.REGULATORY] * ORDERS_A_SLICE)
    assert not market.engine.mass_cancels
    assert not market.open
