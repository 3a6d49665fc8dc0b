"""`[[rule]]` tables: settings of every type, as over REST, and what is wrong with them by its key."""

import pytest

from venue import config
from venue.config import ConfigError
from venue.reference import market_command

EQRC = pytest.mark.section("EQRC", "2 Entity matrix")
RULE = '\n[[rule]]\ntype = "{}"\nexchange = "NASDAQ"\nmpid = "INET"\n{}\n'


@EQRC
@pytest.mark.parametrize(
    ("kind", "lines", "key"),
    [
        ("max-shares", "settings = { limit = 5.5 }", "settings.limit"),
        ("max-shares", 'symbols = ["AMD"]\nsettings = { limit = 5 }', "symbols"),
        ("adv", "settings = { percent = 256 }", "settings.percent"),
        ("order-type", "settings = { rejectIso = 1 }", "settings.rejectIso"),
        ("shares-located", 'settings = { brokers = ["LONGER"] }', "settings.brokers[0]"),
        ("hard-to-borrow", "", "symbols"),
        ("gross-exposure", "settings = { open = { warn = 5, action = 4 } }", "settings.open.action"),
        ("gross-exposure", 'settings = { breachAction = "STOP" }', "settings.breachAction"),
        ("gross-exposure", "settings = { close = { warn = 5 } }", "settings.close"),
    ],
)
def test_a_bad_rule_names_its_key(kind, lines, key):
    with pytest.raises(ConfigError) as error:
        config.parse(config.sample() + RULE.format(kind, lines))
    assert error.value.key == f"rule[5].{key}"


@pytest.mark.parametrize(
    ("settings", "folded"),
    [
        ("{ percent = 10 }", (0, 100_000)),
        ("{ percent = 2.5, amount = 1.25 }", (12_500, 25_000)),
        ("{ amount = 0.0001 }", (1, 0)),
        ("{}", (0, 0)),
    ],
)
def test_amounts_and_percentages_reach_the_engine_exactly(settings, folded):
    parsed = config.parse(config.sample().replace("{ percent = 10 }", settings, 1))
    fat_finger = next(rule for rule in market_command(parsed).rules if rule.type == "fat-finger")
    assert fat_finger.settings["ranges"][0] == folded
    assert fat_finger.settings["ranges"][1] == (0, 100_000)


def test_what_a_rule_of_the_file_leaves_out_is_as_over_rest():
    settings = "settings = { open = { watch = 1, action = 30000 }, notional = { warn = 7 } }"
    parsed = config.parse(config.sample() + RULE.format("gross-exposure", settings))
    assert market_command(parsed).rules[-1].settings == {
        "open_watch": 1,
        "open_action": 30_000,
        "notional_warn": 7,
        "breach_action": "REJECT",
    }


def test_a_rule_is_for_no_drop_port_as_over_rest():
    with pytest.raises(ConfigError) as error:
        config.parse(config.sample() + RULE.format("max-shares", 'port = "INDRP1"\nsettings = { limit = 5 }'))
    assert (error.value.key, str(error.value)) == (
        "rule[5].port",
        "rule[5].port: INDRP1 is a Drop port, which enters no orders",
    )


def test_a_rule_of_a_firm_that_has_drop_ports_only_would_hold_nobody():
    drop = '\n[[port]]\nname = "XDRP1"\nmpid = "XDRP"\nservice = "drop.us"\n'
    with pytest.raises(ConfigError) as error:
        config.parse(
            config.sample() + drop + RULE.format("max-shares", "settings = { limit = 5 }").replace("INET", "XDRP")
        )
    assert error.value.key == "rule[5].mpid"
