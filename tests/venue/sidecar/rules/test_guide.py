"""The page about risk checks: every example is a rule that can be made, every control is there."""

import json
import re
from pathlib import Path

import pytest

from engine.risk.rule_terms import SETTINGS, rest_name

PAGE = (Path(__file__).parents[4] / "docs" / "us-equities-risk-checks.md").read_text()
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(\{.*?\})\n```", PAGE, re.DOTALL)]
RULES = [example for example in EXAMPLES if "type" in example and "id" not in example]
ALERTS = [example for example in EXAMPLES if "ruleType" in example]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["type"])
def test_every_example_is_a_rule(inet, rule):
    made = inet.post("/rules-api/rules", rule)
    assert made.status == 200, made.content
    assert (
        made.json["settings"].items()
        >= {name: value for name, value in rule["settings"].items() if not isinstance(value, dict)}.items()
    )
    inet.call("DELETE", f"/rules-api/rules/{made.json['id']}")


def test_every_example_of_an_alert_is_one(inet):
    assert ALERTS
    for alert in ALERTS:
        made = inet.post("/rules-api/alert/configuration", alert)
        assert made.status == 200, made.content
        assert inet.call("DELETE", f"/rules-api/alert/configuration?id={made.json['id']}").status == 200


@pytest.mark.parametrize("rule_type", SETTINGS)
def test_every_setting_stands_there(rule_type):
    names = {rest_name(name).partition(".")[0] for name in SETTINGS[rule_type]}
    assert f"`{rule_type}`" in PAGE
    assert {name for name in names if f"`{name}`" not in PAGE} == set()
