"""Many hands on the same rule, key, list or port at one time, and requests of a size that nobody needs."""

import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

RULES = "/rules-api/rules"
INET = {"exchange": "NASDAQ", "mpid": "INET"}
SHARES = INET | {"type": "max-shares", "settings": {"limit": 5000}}
KEYS = pytest.mark.section("EQRC", "3.3 Rule lifecycle")


@pytest.fixture
def at_once(inet):
    """Make calls at one time, each on a connection of its own; gives the answers in the order of the calls."""
    inet.login()

    def at_once(*calls):
        with ThreadPoolExecutor(len(calls)) as hands:
            return [made.result() for made in [hands.submit(inet.call, *call) for call in calls]]

    return at_once


@KEYS
def test_a_rule_that_is_changed_and_deleted_at_one_time_is_changed_whole_and_then_gone(at_once, inet):
    rule = f"{RULES}/{inet.post(RULES, SHARES).json['id']}"
    changes = [("PUT", rule, {"settings": {"limit": limit}}) for limit in range(6)]
    answers = at_once(*changes, *[("DELETE", rule)] * 3)
    changed = [(answer.status, answer.json.get("settings")) for answer in answers[:6]]
    assert all(answer in ((200, {"limit": limit}), (404, None)) for limit, answer in enumerate(changed)), changed
    assert Counter(answer.status for answer in answers[6:]) == {200: 1, 404: 2}
    assert inet.get(rule).status == 404


@KEYS
def test_under_one_key_at_one_time_one_rule_is_made_and_other_bodies_are_refused(at_once, inet):
    key = secrets.token_hex(8)
    same = at_once(*[("POST", RULES, SHARES, key)] * 6)
    made = {answer.json["id"] for answer in same if answer.status == 200}
    assert len(made) == 1
    assert {answer.status for answer in same} <= {200, 409}, "409: the first is still under way"
    others = at_once(*[("POST", RULES, SHARES | {"settings": {"limit": limit}}, key) for limit in range(3)])
    assert [(answer.status, answer.fields) for answer in others] == [(422, ["Idempotency-Key"])] * 3
    elsewhere = at_once(("DELETE", f"{RULES}/{min(made)}", None, key), ("POST", "/rules-api/unbreach", INET, key))
    assert [answer.status for answer in elsewhere] == [422, 422], "nor is it good for another call"
    assert inet.call("DELETE", f"{RULES}/{min(made)}").status == 200


@pytest.mark.section("EQRC", "3.2 Safety switch")
def test_the_switch_works_while_lists_are_loaded_and_breaches_lifted(at_once, inet):
    switch, lists = "/rules-api/safety-switch", "/rules-api/lists/restricted"
    port = INET | {"port": "IN24T4"}
    calls = []
    for symbol in ("AAPL", "IBM", "MSFT"):
        calls.append(("POST", switch, port | {"cancelAction": "ALL", "portAction": "DISABLE"}))
        calls.append(("POST", lists, port | {"symbols": [symbol]}))
        calls.append(("POST", "/rules-api/unbreach", port | {"type": "order-rate"}))
    answers = at_once(*calls)
    assert {answer.status for answer in answers} == {200}, [answer.content for answer in answers]
    (found,) = inet.get(f"{lists}?port=IN24T4").json["items"]
    assert sorted(found["symbols"]) == ["AAPL", "IBM", "MSFT"]
    assert inet.post(switch, port | {"portAction": "ENABLE"}).status == 200
    assert inet.call("DELETE", f"{RULES}/{found['ruleId']}").status == 200


@pytest.mark.section("EQRC", "3.1.9 Restricted stock list")
def test_a_call_names_no_more_symbols_than_there_may_be_and_each_counts_once(inet):
    many = inet.post("/rules-api/lists/restricted", INET | {"symbols": ["AAPL"] * 100_000})
    assert (many.status, many.fields) == (422, ["symbols"])
    body = INET | {"type": "restricted-stock", "port": "IN24T4", "symbols": ["IBM"] * 500}
    made = inet.post(RULES, body).json
    assert made["symbols"] == ["IBM"]
    assert inet.call("DELETE", f"{RULES}/{made['id']}").status == 200


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("unbreach", {"type": "fat-finger"}, "gross-exposure or order-rate"),
        ("safety-switch", {"exchange": "ROUTED", "portAction": "ENABLE"}, "NASDAQ, BX or PSX"),
        ("safety-switch", {"portAction": "SHUT"}, "NONE, DISABLE or ENABLE"),
        ("rules", {"type": "max-loss"}, "order-rate or gross-exposure"),
    ],
)
def test_a_word_that_is_none_is_refused_with_those_that_are(inet, path, body, words):
    refused = inet.post(f"/rules-api/{path}", INET | body)
    assert refused.status == 422
    assert refused.json["detail"].endswith(words)
