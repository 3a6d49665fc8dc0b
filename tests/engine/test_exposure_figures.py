"""From when gross exposure is counted, and what is read of it."""

import msgspec
import pytest
from trading import Market
from words import MARKET, PORTS, TODAY, TOMORROW, buy, gross_exposure, sell

from engine.api import PriceType, Reject
from engine.risk.exposure import Entity, Level
from engine.risk.exposures import Consumption
from engine.risk.rule_diary import Tally, TallyKey

pytestmark = pytest.mark.section("EQRC", "3.1.17 Gross exposure: amounts")
INET = Entity("NASDAQ", "INET")
WIDE = gross_exposure(open=(None, None, 10**9))


def figures(market, entity=INET):
    """Open and executed of an entity, in dollars."""
    state = market.engine.exposures.states[entity]
    return state.open / 10_000, state.executed / 10_000


@pytest.fixture
def market():
    """INET's exposure at NASDAQ is counted; the other side is AK1."""
    return Market(WIDE)


def routing(*rules):
    """A market whose ports may route, with an outside offer of 10.02."""
    market = Market(*rules, ports=tuple(msgspec.structs.replace(entry, routing=True) for entry in PORTS))
    market.prices(outside_offer="10.02")
    return market


# From when.


def test_a_rule_set_at_noon_sees_the_morning():
    market = Market()
    market.enter(sell(60, at="10.00", by="AK1"))
    market.enter(buy(100, at="10.00"))
    market.enter(buy(5, at="10.00", by="INB"))
    market.bust(1)
    market.configure(WIDE, gross_exposure(name="port", port="IN2", open=(None, None, 10**9)))
    assert figures(market) == (400, 600)
    assert figures(market, Entity("NASDAQ", "INET", "IN2")) == (0, 0)
    market.enter(sell(40, at="10.00", by="AK1"))
    assert figures(market) == (0, 1_000)


def test_what_went_away_in_the_morning_is_seen_too():
    market = routing()
    market.enter(buy(100, at="10.05", route=b"SCAN"))
    market.do(msgspec.structs.replace(market.engine.configuration, rules=(WIDE,)))
    assert figures(market) == (0, 0)
    away = gross_exposure(exchange="ROUTED", executed=(None, None, 10**9))
    market.do(msgspec.structs.replace(market.engine.configuration, rules=(away,)))
    assert figures(market, Entity("ROUTED", "INET")) == (0, 1_002)


def test_without_a_rule_nothing_is_counted_and_with_it_gone_no_more():
    market = Market()
    market.enter(buy(100, at="10.00"))
    assert market.engine.exposures.states == {}
    assert all(port.exposure is None for port in market.engine.ports.values())
    market.configure(WIDE)
    market.configure()
    assert market.engine.exposures.states == {}
    assert all(port.exposure is None for port in market.engine.ports.values())
    market.cancel(1)


def test_a_rule_that_comes_back_counts_what_happened_meanwhile(market):
    market.enter(buy(100, at="10.00", by="AK1"))
    market.enter(buy(100, at=MARKET, price_type=PriceType.PRIMARY_PEG))
    market.configure()
    market.enter(buy(100, at="11.00", by="AK1"))
    market.configure(WIDE)
    assert figures(market) == (1_100, 0)


# What is read.


def test_consumption_tells_what_each_rule_s_entity_uses_and_how_far_it_is():
    rules = (
        gross_exposure(name="all", open=(100, 200, 10**9), executed=(None, None, 10**9)),
        gross_exposure(name="port", port="IN1", notional=(100, 10**6, 10**9)),
    )
    market = Market(*rules)
    market.enter(sell(10, at="10.00", by="AK1"))
    market.enter(buy(30, at="10.05"))
    assert list(market.engine.exposures.consumption()) == [
        Consumption("all", "NASDAQ", "INET", None, None, 2_010_000, 1_000_000, 3_010_000, Level.WARN),
        Consumption("port", "NASDAQ", "INET", "IN1", None, 2_010_000, 1_000_000, 3_010_000, Level.WATCH),
    ]


def test_what_was_executed_is_kept_as_used_day_by_day():
    group = gross_exposure(name="group", group=7, open=(None, None, 10**9))
    market = Market(WIDE, group)
    market.enter(sell(60, at="10.00", by="AK1"))
    market.wait(1)
    market.enter(buy(20, at="10.00"))
    market.enter(buy(30, at="10.00", group_id=7))
    traded = market.now
    of_all = TallyKey(TODAY, "gross-exposure", "executed", "NASDAQ", "INET")
    used = {of_all: Tally(2, 5_000_000, traded), of_all._replace(group_id=7): Tally(1, 3_000_000, traded)}
    assert market.engine.exposures.used_today() == used
    market.next_day(TOMORROW)
    copy = market.reloaded()
    for each in (market, copy):
        assert each.engine.exposures.used_today() == {}
        assert each.engine.rules.diary.used == used


def test_what_was_used_before_a_rule_came_is_found_in_the_trades():
    market = Market()
    market.enter(sell(60, at="10.00", by="AK1"))
    market.enter(buy(20, at="10.00"))
    market.enter(buy(30, at="10.00", by="IN2"))
    traded = market.now
    market.wait(1)
    market.configure(WIDE)
    assert list(market.engine.exposures.used_today().values()) == [Tally(2, 5_000_000, traded)]


def test_a_refusal_tells_the_threshold_and_the_exposure():
    market = Market(gross_exposure(open=(None, None, 1_000)))
    market.enter(buy(100, at="10.05"))
    market.enter(buy(1, at="1.00"))
    refusal = market.refusal
    assert (refusal.reason, refusal.rule) == (Reject.GROSS_EXPOSURE, "exposure")
    assert (refusal.limit, refusal.observed) == (1_000 * 10_000, 1_005 * 10_000)
