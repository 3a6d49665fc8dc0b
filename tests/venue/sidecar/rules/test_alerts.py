"""Who is told of breaches by mail: configurations over REST, for whom they are, and what mails say."""

import pytest

from engine.risk.rule_diary import RuleHappening, RuleHappeningKind
from venue.desk import Alert
from venue.sidecar.rule_mail import subject, text, told_of

PATH = "/rules-api/alert/configuration"
INET = {"exchange": "NASDAQ", "mpid": "INET"}
ALERT = INET | {"ruleType": "gross-exposure", "emails": ["a@inet.example", "a@inet.example", "b@inet.example"]}
KINDS = RuleHappeningKind


def test_an_alert_is_made_changed_and_removed(inet):
    made = inet.post(PATH, ALERT).json
    assert made["emails"] == ["a@inet.example", "b@inet.example"]
    assert (made["enabled"], made["port"], made["groupId"]) == (True, None, None)
    changed = inet.put(PATH, {"id": made["id"], "enabled": False})
    assert changed.json == made | {"enabled": False}
    assert made["id"] in [item["id"] for item in inet.get(f"{PATH}?ruleType=gross-exposure").json["items"]]
    assert inet.call("DELETE", PATH, {"id": made["id"]}).json == {"id": made["id"], "removed": True}
    assert inet.call("DELETE", f"{PATH}?id={made['id']}").status == 404
    assert inet.put(PATH, {"id": made["id"], "enabled": True}).status == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"emails": []}, "emails"),
        ({"emails": ["nobody"]}, "emails[0]"),
        ({"emails": ["a@b.example\r\nBcc: c@d.example"]}, "emails[0]"),
        ({"ruleType": "max-loss"}, "ruleType"),
        ({"port": "IN21T7"}, "port"),
        ({"groupId": 7}, "groupId"),
        ({"groupId": 7, "port": "IN19T6"}, "groupId"),
    ],
)
def test_an_alert_that_cannot_be_is_refused_by_the_field(inet, change, field):
    refused = inet.post(PATH, ALERT | change)
    assert (refused.status, refused.fields) == (422, [field])


def test_a_removal_says_what(inet):
    assert inet.call("DELETE", PATH).fields == ["id"]
    assert inet.call("DELETE", f"{PATH}?id=a", {"id": "b"}).fields == ["id"]


def happening(kind=KINDS.ACTION, **more):
    facts = {"exchange": "NASDAQ", "mpid": "INET", "moment": 0, "rule_type": "gross-exposure", "subject": "open"}
    return RuleHappening(kind, **facts | {"current": 300_010_000, "limit": 300_000_000} | more)


def alert(**more):
    facts = {"alert_id": "a", "rule_type": "gross-exposure", "exchange": "NASDAQ", "mpid": "INET", "port": None}
    return Alert(**facts | {"group_id": None, "emails": ("a@inet.example",), "enabled": True} | more)


@pytest.mark.parametrize(
    ("one", "told", "fits"),
    [
        (alert(), happening(), True),
        (alert(), happening(port="IN19T6"), True),
        (alert(), happening(group_id=7), True),
        (alert(port="IN19T6"), happening(port="IN19T6"), True),
        (alert(port="IN19T6"), happening(), False),
        (alert(port="IN19T6"), happening(port="IN24T4"), False),
        (alert(group_id=7), happening(group_id=8), False),
        (alert(enabled=False), happening(), False),
        (alert(rule_type="adv"), happening(), False),
        (alert(exchange="BX"), happening(), False),
        (alert(mpid="AKAM"), happening(), False),
    ],
)
def test_a_mail_goes_to_whom_it_is_about(one, told, fits):
    assert list(told_of([one], told)) == ([one] if fits else [])


def test_a_mail_says_what_it_is_about_in_dollars():
    assert subject(happening(group_id=7)) == "EQRC: ACTION of gross-exposure for INET at NASDAQ, group 7"
    lines = text(happening(rule_id="rule-5")).splitlines()
    assert {"Rule: rule-5", "Check: open", "Current: 30001.0000", "Limit: 30000.0000"} <= set(lines)
    shut = happening(
        KINDS.SHUT, rule_type="order-rate", subject="PORT_MESSAGE_RATE", port="P\r\n1", current=101, limit=100
    )
    assert subject(shut) == "EQRC: PORT SHUT of order-rate for INET at NASDAQ, port P??1"
    assert "Current: 101" in text(shut)
