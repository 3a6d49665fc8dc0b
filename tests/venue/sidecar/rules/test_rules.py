"""Rules over REST: made for the next day, changed at once, deleted, listed; every refusal names the field to blame."""

import pytest

RULES = "/rules-api/rules"
INET = {"exchange": "NASDAQ", "mpid": "INET"}
SHARES = INET | {"type": "max-shares", "settings": {"limit": 5000}}
RANGES = [{"amount": 0.5, "percent": 10}, *[{"amount": 0, "percent": 7.5}] * 5]
EXPOSURE = {"watch": 10_000, "warn": 20_000, "action": 30_000}
EVERY_TYPE = {
    "max-shares": {"limit": 5000},
    "max-notional": {"limit": 20_000_000},
    "adv": {"percent": 2.5, "minimumVolume": 10_000},
    "order-type": {
        "rejectIso": True,
        "rejectShortSale": False,
        "rejectNonAuctionMarket": True,
        "rejectPreMarket": False,
        "rejectPostMarket": False,
        "rejectShortSaleExempt": True,
        "rejectIpoMarketBuy": True,
    },
    "shares-located": {"requireLocate": True, "includeShortSaleExempt": True, "brokers": ["ABCD", "XY"]},
    "restricted-stock": {"enabled": True},
    "hard-to-borrow": {"enabled": False},
    "market-impact": {"enabled": True},
    "fat-finger": {"ranges": RANGES, "includeAuction": True, "includeIso": False, "aggressiveOnly": True},
    "order-rate": {
        "maxDuplicates": 2,
        "duplicateWindow": 5,
        "maxPortMessages": 100,
        "portWindow": 1,
        "maxSymbolMessages": 0,
        "symbolWindow": 30,
    },
    "gross-exposure": {
        "open": EXPOSURE,
        "executed": {"watch": None, "warn": None, "action": 7000},
        "notional": {"watch": None, "warn": None, "action": None},
        "breachAction": "CANCEL_NON_CROSS",
    },
}
LISTS = ("restricted-stock", "hard-to-borrow")


@pytest.fixture
def make(inet):
    """Make rules, which are deleted afterwards; gives each as it was answered."""
    made = []

    def make(**body):
        answered = inet.post(RULES, SHARES | body)
        assert answered.status == 200, answered.content
        made.append(answered.json["id"])
        return answered.json

    yield make
    for rule_id in made:
        inet.call("DELETE", f"{RULES}/{rule_id}?effective=now")


@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_a_rule_of_every_type_is_given_back_as_it_was_made(make, inet, kind):
    more = {"symbols": ["AMD", "SPCE"]} if kind in LISTS else {}
    port = "IN19T6" if kind == "order-rate" else None
    rule = make(type=kind, settings=EVERY_TYPE[kind], port=port, **more)
    assert rule["status"] == "CONFIGURED"
    assert rule["settings"] == EVERY_TYPE[kind]
    assert (rule["exchange"], rule["mpid"], rule["port"], rule["groupId"]) == ("NASDAQ", "INET", port, None)
    assert rule["symbols"] == more.get("symbols", [])
    assert rule["createdBy"] == rule["changedBy"] == "client:eqrc-inet"
    shown = inet.get(f"{RULES}/{rule['id']}")
    assert shown.json == rule


def test_a_configured_rule_changes_as_it_waits_and_keeps_what_is_left_out(make, inet):
    rule = make(type="order-rate", port="IN19T6", settings={"maxPortMessages": 100, "maxDuplicates": 3})
    changed = inet.put(f"{RULES}/{rule['id']}", {"settings": {"maxPortMessages": 50, "maxDuplicates": None}})
    assert changed.status == 200
    assert changed.json["settings"] == rule["settings"] | {"maxPortMessages": 50, "maxDuplicates": None}
    assert changed.json["status"] == "CONFIGURED"
    refused = inet.put(f"{RULES}/{rule['id']}?effective=now", {"settings": {"maxPortMessages": 50}})
    assert (refused.status, refused.fields) == (409, ["effective"])


def test_a_configured_rule_goes_at_once_when_it_is_deleted(make, inet):
    rule = make()
    deleted = inet.call("DELETE", f"{RULES}/{rule['id']}")
    assert (deleted.status, deleted.json) == (200, {"id": rule["id"], "effective": "now"})
    assert inet.get(f"{RULES}/{rule['id']}").status == 404
    assert inet.call("DELETE", f"{RULES}/{rule['id']}").status == 404


def test_under_one_key_a_rule_is_made_once(inet):
    first, again = (inet.post(RULES, SHARES, key="only-once") for _ in range(2))
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    other = inet.post(RULES, SHARES | {"settings": {"limit": 1}}, key="only-once")
    assert (other.status, other.fields) == (422, ["Idempotency-Key"])
    inet.call("DELETE", f"{RULES}/{first.json['id']}")


def test_a_rule_deleted_under_a_key_is_deleted_once_and_told_of_again(inet):
    rule_id = inet.post(RULES, SHARES).json["id"]
    first, again = (inet.call("DELETE", f"{RULES}/{rule_id}", key="gone") for _ in range(2))
    assert (first.status, again.status, first.json) == (200, 200, again.json)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert inet.call("DELETE", f"{RULES}/{rule_id}").status == 404
    other = inet.call("DELETE", f"{RULES}/config-1-max-shares", key="gone")
    assert (other.status, other.fields) == (422, ["Idempotency-Key"])


def test_a_copy_is_as_its_model_but_for_what_is_said(make, inet):
    model = make(type="order-rate", port="IN19T6", settings={"maxPortMessages": 100, "portWindow": 3})
    body = INET | {"copyOf": model["id"], "port": "IN24T4", "settings": {"portWindow": 2}}
    copied = inet.post(RULES, body)
    assert copied.json["settings"] == model["settings"] | {"portWindow": 2}
    assert copied.json["port"] == "IN24T4"
    inet.call("DELETE", f"{RULES}/{copied.json['id']}")
    refused = inet.post(RULES, INET | {"copyOf": "none", "type": "max-shares"})
    assert refused.status == 404
    assert inet.post(RULES, body | {"type": "adv"}).fields == ["type"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"settings": {"limit": 1_000_000}}, "settings.limit"),
        ({"settings": {"limit": -1}}, "settings.limit"),
        ({"settings": {"limit": 1.5}}, "settings.limit"),
        ({"settings": {"limit": "5000"}}, "settings.limit"),
        ({"settings": {"limit": True}}, "settings.limit"),
        ({"settings": {}}, "settings.limit"),
        ({"settings": {"limits": 5}}, "settings.limits"),
        ({"settings": []}, "settings"),
        ({"type": "max-notional", "settings": {"limit": 20_000_500}}, "settings.limit"),
        ({"type": "max-notional", "settings": {"limit": 2**63}}, "settings.limit"),
        ({"settings": {"limit": 2**64}}, "settings.limit"),
        ({"settings": {"limit": -(10**400)}}, "settings.limit"),
        ({"type": "adv", "settings": {"percent": 1e18}}, "settings.percent"),
        ({"type": "adv", "settings": {"percent": "1e999999999"}}, "settings.percent"),
        ({"type": "adv", "settings": {"percent": "1e-999999999"}}, "settings.percent"),
        ({"type": "adv", "settings": {"percent": 5, "minimumVolume": 10**25}}, "settings.minimumVolume"),
        (
            {"type": "fat-finger", "settings": {"ranges": [{"amount": 10**16}, *RANGES[:5]]}},
            "settings.ranges[0].amount",
        ),
        ({"type": "gross-exposure", "settings": {"open": {"watch": 2**64}}}, "settings.open.watch"),
        ({"type": "shares-located", "settings": {"brokers": ["ABCD"] * 501}}, "settings.brokers"),
        ({"type": "adv", "settings": {"percent": 255.1}}, "settings.percent"),
        ({"type": "adv", "settings": {"percent": 1.00001}}, "settings.percent"),
        ({"type": "adv", "settings": {"percent": 5, "minimumVolume": -1}}, "settings.minimumVolume"),
        ({"type": "order-type", "settings": {"rejectIso": 1}}, "settings.rejectIso"),
        ({"type": "shares-located", "settings": {"brokers": ["TOOLONG"]}}, "settings.brokers[0]"),
        ({"type": "shares-located", "settings": {"brokers": [1]}}, "settings.brokers"),
        ({"type": "fat-finger", "settings": {"ranges": RANGES[:5]}}, "settings.ranges"),
        ({"type": "fat-finger", "settings": {"ranges": [*RANGES[:5], {"percent": 501}]}}, "settings.ranges[5].percent"),
        ({"type": "fat-finger", "settings": {"ranges": [*RANGES[:5], {"amount": -1}]}}, "settings.ranges[5].amount"),
        ({"type": "fat-finger", "settings": {"ranges": [*RANGES[:5], {"dollars": 1}]}}, "settings.ranges[5]"),
        ({"type": "order-rate", "settings": {"maxPortMessages": 1}}, "port"),
        ({"type": "order-rate", "port": "IN19T6", "settings": {"portWindow": 31}}, "settings.portWindow"),
        ({"type": "order-rate", "port": "IN19T6", "settings": {"portWindow": 0}}, "settings.portWindow"),
        ({"type": "gross-exposure", "settings": {"open": EXPOSURE | {"warn": 5}}}, "settings.open.warn"),
        ({"type": "gross-exposure", "settings": {"open": EXPOSURE | {"watch": 0}}}, "settings.open.watch"),
        ({"type": "gross-exposure", "settings": {"open": 5}}, "settings.open"),
        ({"type": "gross-exposure", "settings": {"breachAction": "SHOUT"}}, "settings.breachAction"),
        ({"type": "restricted-stock", "settings": {}}, "symbols"),
        ({"type": "restricted-stock", "settings": {}, "symbols": ["AMD", "NOSUCH"]}, "symbols[1]"),
        ({"type": "max-loss"}, "type"),
        ({"symbols": ["AMD"]}, "symbols"),
        ({"groupId": 7}, "groupId"),
        ({"type": "gross-exposure", "settings": {}, "groupId": 7}, "groupId"),
        ({"port": "IN21T7"}, "port"),
        ({"port": "NOPE"}, "port"),
        ({"port": "INDRP1"}, "port"),
        ({"exchange": "XETRA"}, "exchange"),
        ({"mpid": "toolong"}, "mpid"),
        ({"limit": 1}, "limit"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_the_field(inet, change, field):
    answered = inet.post(RULES, SHARES | change)
    assert (answered.status, answered.fields) == (422, [field])
    assert answered.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"settings": {"limit": 1_000_000}}, "settings.limit"),
        ({"settings": {"limit": None}}, "settings.limit"),
        ({"settings": {"percent": 1}}, "settings.percent"),
        ({"symbols": ["AMD"]}, "symbols"),
        ({}, "settings"),
        ({"mpid": "INET"}, "mpid"),
    ],
)
def test_a_change_that_cannot_be_leaves_the_rule_as_it_was(make, inet, body, field):
    rule = make()
    answered = inet.put(f"{RULES}/{rule['id']}", body)
    assert (answered.status, answered.fields) == (422, [field])
    assert inet.get(f"{RULES}/{rule['id']}").json == rule


def test_a_rule_of_the_configuration_is_shown_and_changed_there(inet):
    (rule,) = inet.get(f"{RULES}?port=IN30T1&type=max-shares").json["items"]
    assert (rule["source"], rule["status"], rule["settings"]) == ("CONFIGURATION", "ACTIVE", {"limit": 5000})
    for verb, body in (("PUT", {"settings": {"limit": 1}}), ("DELETE", None)):
        refused = inet.call(verb, f"{RULES}/{rule['id']}", body)
        assert (refused.status, refused.fields) == (409, ["id"])
        assert "configuration" in refused.json["detail"]


def test_rules_are_listed_page_by_page_and_by_what_is_asked(make, inet):
    made = [make(settings={"limit": limit})["id"] for limit in range(5)]
    listed, after = [], ""
    while after is not None:
        page = inet.get(f"{RULES}?limit=2&after={after}")
        assert page.status == 200
        assert page.json["asOf"] == int(page.headers["X-As-Of"])
        listed += [rule["id"] for rule in page.json["items"]]
        after = page.json["next"]
    assert listed == sorted(set(listed))
    assert set(made) <= set(listed)
    for query, fits in (
        ("status=CONFIGURED&type=max-shares", lambda rule: rule["status"] == "CONFIGURED"),
        ("type=fat-finger", lambda rule: rule["type"] == "fat-finger"),
        ("exchange=BX", lambda rule: rule["exchange"] == "BX"),
        ("symbol=AMD", lambda rule: "AMD" in rule["symbols"]),
        ("mpid=INET&port=IN30T1", lambda rule: rule["port"] == "IN30T1"),
    ):
        items = inet.get(f"{RULES}?{query}").json["items"]
        assert all(map(fits, items)), query
        assert bool(items) is (query != "exchange=BX"), inet.get(f"{RULES}?{query}").json


def test_a_list_is_the_rule_of_its_entity(inet):
    path, whose = "/rules-api/lists/short-sale", INET | {"port": "IN24T4"}
    body = whose | {"symbols": ["TSLA", "SPCE"]}
    made = inet.post(path, body)
    assert (made.status, made.json["symbols"], made.json["status"]) == (200, ["TSLA", "SPCE"], "CONFIGURED")
    rule = inet.get(f"{RULES}/{made.json['ruleId']}").json
    assert (rule["type"], rule["symbols"]) == ("hard-to-borrow", ["TSLA", "SPCE"])
    fewer = inet.call("DELETE", path, whose | {"symbols": ["TSLA"]})
    assert (fewer.status, fewer.json["symbols"]) == (200, ["SPCE"])
    more = inet.post(path, whose | {"symbols": ["IBM"]})
    assert more.json["ruleId"] == made.json["ruleId"]
    assert inet.get(f"{path}?symbol=IBM").json["items"] == [more.json]
    assert inet.get("/rules-api/lists/restricted?mpid=INET&exchange=NASDAQ").json["items"][0]["port"] == "IN30T1"
    unknown = inet.post(path, whose | {"symbols": ["IBM", "NOSUCH"]})
    assert (unknown.status, unknown.fields) == (422, ["symbols[1]"])
    assert inet.call("DELETE", path, INET | {"exchange": "BX", "symbols": ["IBM"]}).status == 422
    inet.call("DELETE", f"{RULES}/{made.json['ruleId']}")
