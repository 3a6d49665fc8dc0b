"""When rules may be written: on trading days from 04:30 to 20:30 in New York, with daylight saving and holidays."""

from datetime import UTC, datetime

import msgspec
import pytest

from venue.eqrc.window import is_open, opens_after

GUIDE = pytest.mark.section("EQRC", "3.3 Availability")
RULE = {"type": "max-shares", "exchange": "NASDAQ", "mpid": "INET", "settings": {"limit": 5}}


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


@GUIDE
@pytest.mark.parametrize(
    ("moment", "fits"),
    [
        ("2026-11-20 09:29:59", False),  # a Friday in winter: New York is five hours behind
        ("2026-11-20 09:30:00", True),
        ("2026-11-21 01:29:59", True),
        ("2026-11-21 01:30:00", False),
        ("2026-11-21 15:00:00", False),  # Saturday
        ("2026-11-22 15:00:00", False),
        ("2026-11-23 15:00:00", True),
        ("2026-11-26 15:00:00", False),  # Thanksgiving
        ("2026-07-01 08:29:59", False),  # in summer four hours
        ("2026-07-01 08:30:00", True),
        ("2026-07-02 00:29:59", True),
        ("2026-07-02 00:30:00", False),
    ],
)
def test_the_window_is_open_on_trading_days_by_the_clock_in_new_york(moment, fits):
    assert is_open(at(moment)) is fits


@GUIDE
@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-20 09:00:00", "2026-11-20T04:30-05:00"),
        ("2026-11-21 02:00:00", "2026-11-23T04:30-05:00"),
        ("2026-11-26 15:00:00", "2026-11-27T04:30-05:00"),
        ("2026-03-06 02:00:00", "2026-03-06T04:30-05:00"),
        ("2026-03-07 02:00:00", "2026-03-09T04:30-04:00"),
    ],
)
def test_it_is_told_when_it_opens_next(moment, opens):
    assert opens_after(at(moment)).isoformat(timespec="minutes") == opens


@GUIDE
def test_beyond_the_window_rules_are_read_only_and_the_switch_works(host, demo_config, clock):
    settings = demo_config()
    rules = msgspec.structs.replace(settings.rules, write_window="hours")
    clock.moment = at("2026-11-20 15:00:00")
    venue = host(msgspec.structs.replace(settings, rules=rules))
    made = venue.ask("rules-api/rules", RULE, "POST", "client:eqrc-inet")
    assert made.status == 200, made.body
    rule_id = made.body["id"]
    clock.moment = at("2026-11-21 01:30:00")
    for target, body, verb in (
        ("rules-api/rules", RULE, "POST"),
        (f"rules-api/rules/{rule_id}", {"settings": {"limit": 6}}, "PUT"),
        (f"rules-api/rules/{rule_id}", msgspec.UNSET, "DELETE"),
        ("rules-api/lists/restricted", {"exchange": "NASDAQ", "mpid": "INET", "symbols": ["IBM"]}, "POST"),
        ("rules-api/lists/restricted", {"exchange": "NASDAQ", "mpid": "INET", "symbols": ["IBM"]}, "DELETE"),
    ):
        refused = venue.ask(target, body, verb, "client:eqrc-inet")
        assert refused.status == 409, (target, verb)
        assert "2026-11-23T04:30-05:00" in refused.body["detail"]
    switch = {"exchange": "NASDAQ", "mpid": "INET", "portAction": "ENABLE"}
    assert venue.ask("rules-api/safety-switch", switch, "POST", "client:eqrc-inet").status == 200
