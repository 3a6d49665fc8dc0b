"""The configuration of Post-Trade Risk: who clears for whom, and what a client may see as which user type."""

import pytest

from engine.clearing_commands import ClearingEntry, ClearingLimits
from venue import config
from venue.config import ConfigError
from venue.reference import market_command

FIRST = 'correspondent = "INET"\ncounterparties = ["AKAM"] '
CLIENT = 'id = "workx-ptr-corr"\nsecret = "workx-ptr-corr!xxxxxxxxxxxxxxxxx"\n'
BAD = [
    ('environment = "NTF"', 'environment = "TEST"', "ptr.environment"),
    ("ext = true", "ext = 1", "ptr.ext"),
    ("ext = true", "extt = true", "ptr.extt"),
    (FIRST, 'correspondent = "INE"\n', "clearing[0].correspondent"),
    (FIRST, 'correspondent = "CLRG"\n', "clearing[0].correspondent"),
    (FIRST, 'correspondent = "AKAM"\n', "clearing[1].correspondent"),
    (FIRST, 'correspondent = "INET"\ncounterparties = ["INET"]', "clearing[0].counterparties[0]"),
    (FIRST, 'correspondent = "INET"\ncounterparties = ["AKAM", "AKAM"]', "clearing[0].counterparties[1]"),
    ('emails = ["risk@clrg.example"]\ncorr', 'emails = ["nobody"]\ncorr', "clearing[0].emails[0]"),
    (FIRST, f"{FIRST}\nlimits = {{ aggregate_buy = -1 }} ", "clearing[0].limits.aggregate_buy"),
    (FIRST, f"{FIRST}\nlimits = {{ pre_alert_percent = 0 }} ", "clearing[0].limits.pre_alert_percent"),
    (FIRST, f"{FIRST}\nlimits = {{ per_trades = 1 }} ", "clearing[0].limits.per_trades"),
    (CLIENT, f'{CLIENT}networks = ["here"]\n', "client[4].networks[0]"),
    (CLIENT, f"{CLIENT}networks = []\n", "client[4].networks"),
    (CLIENT, f'{CLIENT}mpids_by_role = {{ prm-read = ["INET"] }}\n', "client[4].mpids_by_role.prm-read"),
]


def changed(old, new):
    text = config.sample()
    assert old in text, old
    return text.replace(old, new, 1)


def test_the_demo_has_a_firm_that_clears_for_two():
    inet, akam = market_command(config.parse(config.sample())).clearing
    ends = ("risk@clrg.example",)
    assert inet == ClearingEntry("CLRG", "INET", ("AKAM",), ClearingLimits(), ends, ("risk@inet.example",))
    assert akam == ClearingEntry("CLRG", "AKAM", (), ClearingLimits(), ends, ("risk@akam.example",))


def test_limits_of_the_file_are_what_a_relation_begins_with():
    text = changed(FIRST, f"{FIRST}\nlimits = {{ aggregate_buy = 5, kill_on_breach = true }} ")
    limits = market_command(config.parse(text)).clearing[0].limits
    assert limits == ClearingLimits(aggregate_buy=5, pre_alert_percent=70, kill_on_breach=True)


@pytest.mark.parametrize(("old", "new", "key"), BAD, ids=[row[2] for row in BAD])
def test_what_cannot_be_is_refused_by_its_key(old, new, key):
    with pytest.raises(ConfigError) as refused:
        config.parse(changed(old, new))
    assert refused.value.key == key
