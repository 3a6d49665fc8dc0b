"""The flows that measure every US control: each order meets all of them, and none is stopped."""

import pytest

from engine.risk.exposure import Amount
from engine.risk.rule_terms import SETTINGS, fault
from venue.bench import eqrc
from venue.bench.configurations import tables, typed
from venue.bench.engine import BATCH
from venue.bench.inside import feed_at_once
from venue.bench.orders import ACCEPTED_LENGTH
from venue.bench.rtt import rtt, settings_of

CHECKS = [
    "order_type",
    "shares_located",
    "maximum_shares",
    "maximum_notional",
    "average_daily_volume",
    "fat_finger",
    "market_impact",
]
"""What is asked of an order in a symbol that is on no list, if it is not plainly within."""


def test_each_port_has_a_sound_rule_of_every_type():
    rules = eqrc.rules(2)
    assert {(rule.port, rule.type) for rule in rules} == {
        (port, name) for port in (eqrc.GUARDED, "B00001") for name in SETTINGS
    }
    assert [fault(rule.type, rule.settings) for rule in rules] == [None] * len(rules)
    assert len(eqrc.bodies(0)) == len(SETTINGS)


def test_each_order_is_accepted_with_every_control_and_with_none(tmp_path):
    desk = eqrc.EqrcDesk(tmp_path, ports=2)
    engine = desk.sessions["eqrc_on"].journal.machine.engine
    guarded, free = engine.ports[eqrc.GUARDED], engine.ports[eqrc.FREE]
    for name, session, packets in desk.batches(BATCH):
        first = session.stream.length
        feed_at_once(session, packets)
        assert session.stream.length - first == BATCH * ACCEPTED_LENGTH
        (state,) = guarded.exposure.states
        assert (name == "eqrc_on") == (state.open > 0)
    assert len(state.thresholds) == len(Amount)
    assert [check.__name__ for check in guarded.scopes["AAPL"].limits.armed] == CHECKS
    assert len(guarded.flows) == len(guarded.windows) == 1
    assert (free.flows, free.windows, free.exposure) == ((), (), None)
    assert free.scopes["AAPL"].limits.armed == ()


def test_the_venue_that_is_measured_from_outside_takes_rules_at_any_time():
    config = typed(settings_of("ouch-eqrc", "memory", 3))
    assert config.rules.write_window == "always"
    assert (len(config.port), config.rule) == (len(typed(tables(3)).port), ())


@pytest.mark.slow
def test_round_trips_are_measured_by_turns_with_those_of_a_port_without_rules():
    figures = rtt(lambda _: None, rounds=1, protocol="ouch-eqrc", ports=2)
    assert figures["eqrc_off_p50_us"] > 0
    assert figures["eqrc_ratio"] == round(figures["order_p50_us"] / figures["eqrc_off_p50_us"], 3)
