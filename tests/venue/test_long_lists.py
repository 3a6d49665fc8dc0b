"""Lists of more symbols than a call may change: the engine serves no order while each is written down."""

import pytest

WHO = "client:eqrc-inet"
RULES = "rules-api/rules"
SECURITY = '[[symbol]]\nsymbol = "{}"\nprevious_close = "10.0000"\naverage_daily_volume = 0\n\n'
INET = {"exchange": "NASDAQ", "mpid": "INET"}
NAMES = [f"S{number:03}" for number in range(600)]


@pytest.fixture
def venue(host, demo_config):
    """A venue with 600 more symbols, all of them on a list."""
    place = "# --- Risk rules (US Equities Risk Checks)."
    more = "".join(SECURITY.format(name) for name in NAMES)
    venue = host(demo_config((place, more + place)))
    for part in (NAMES[:500], NAMES[500:]):
        assert venue.ask("rules-api/lists/restricted", INET | {"symbols": part}, "POST", WHO).status == 200
    return venue


@pytest.mark.section("EQRC", "3.1.9 Restricted stock list")
def test_no_call_brings_or_takes_more_than_500_symbols_by_a_copy_or_in_place_of_others(venue):
    (rule_id,) = venue.call(lambda: list(venue.venue.machine.engine.rules.states))
    copied = venue.ask(RULES, INET | {"port": "IN24T4", "copyOf": rule_id}, "POST", WHO)
    replaced = venue.ask(f"{RULES}/{rule_id}", {"symbols": ["IBM"]}, "PUT", WHO)
    assert [(refused.status, refused.body["errors"][0]["field"]) for refused in (copied, replaced)] == [
        (422, "copyOf"),
        (422, "symbols"),
    ]
    assert venue.call(lambda: venue.venue.machine.engine.rules.states[rule_id].rule.symbols) == tuple(NAMES)
    some = venue.ask(RULES, INET | {"port": "IN24T4", "copyOf": rule_id, "symbols": NAMES[:500]}, "POST", WHO)
    assert some.status == 200
    kept = venue.ask(f"{RULES}/{rule_id}", {"symbols": NAMES[400:]}, "PUT", WHO)
    assert kept.body["symbols"] == NAMES[400:]
