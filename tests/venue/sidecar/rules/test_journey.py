"""A firm's two days under rules that it made over REST, over real processes, with a crash in the middle."""

import csv
import io

import pytest
from callers import Caller, wait_until_ready
from watching import mails

RULES = "/rules-api/rules"
INET = {"exchange": "NASDAQ", "mpid": "INET"}
RISK = "risk@inet.example"
THRESHOLDS = {"watch": 10_000, "warn": 20_000, "action": 30_000}
TOO_MANY, EXPOSED, LISTED = 0x0031, 0x0020, 0x0022
COLUMNS = ["Revision Date", "Revision Type", "User", "Rule", "Field", "Old Value", "New Value"]


class Journey:
    """The venue, who asks it, and what was made."""

    def __init__(self, venue):
        self.venue = venue
        self.operator = wait_until_ready(Caller(venue.addresses["http"]))
        self.inet = Caller(venue.addresses["http"], "eqrc-inet")

    def make(self, **body):
        answered = self.inet.post(RULES, INET | body)
        assert answered.status == 200, answered.content
        return answered.json["id"]

    def get(self, path, **headers):
        answered = self.inet.get(path, **headers)
        assert answered.status == 200, answered.content
        return answered


@pytest.mark.section("EQRC", "3.3 Lifecycle")
def test_rules_hold_from_the_next_day_on_over_every_protocol_and_a_crash(launch, connect, fix, follow, tmp_path):
    data = tmp_path / "data"
    there = Journey(launch("--durability", "process", data=data, sidecar=True))
    shares = there.make(type="max-shares", settings={"limit": 500})
    exposure = there.make(type="gross-exposure", settings={"open": THRESHOLDS, "breachAction": "CANCEL_ALL"})
    listed = there.inet.post("/rules-api/lists/restricted", INET | {"symbols": ["IBM"]}).json["ruleId"]
    for rule_type in ("max-shares", "gross-exposure"):
        alert = INET | {"ruleType": rule_type, "emails": [RISK]}
        assert there.inet.post("/rules-api/alert/configuration", alert).status == 200
    early = connect(there.venue, name="IN19T6")
    early.expect("S")
    early.enter(1, b"B", 501)
    early.expect("A")
    assert there.operator.post("/ops/trading-day/next").status == 200

    stream = follow(there.inet)
    assert stream.wait_for("exposure", ruleId=exposure)["level"] == "NONE"
    assert there.get(f"{RULES}/{shares}").json["status"] == "ACTIVE"
    trader = connect(there.venue, name="IN19T6")
    trader.expect("S")
    trader.enter(1, b"B", 501)
    assert TOO_MANY in trader.expect("J")
    trader.enter(2, b"S", 1, symbol="IBM")
    assert LISTED in trader.expect("J")
    breach = stream.wait_for("breach", type="max-shares")
    assert (breach["mpid"], breach["port"], breach["ruleId"]) == ("INET", "IN19T6", shares)
    assert (breach["current"], breach["limit"]) == (501, 500)
    client = fix(there.venue, "INFX01")
    client.logon()
    client.send("D", *client.order("F1", quantity=501, t47="A"))
    assert client.expect("8")[39] == "8"
    (mail,) = [one for one in mails(there.operator, "BREACH of max-shares") if "IN19T6" in one["subject"]]
    assert (mail["to"], mail["subject"]) == (
        [RISK],
        "EQRC: BREACH of max-shares for INET at NASDAQ, port IN19T6",
    )
    assert "Current: 501\nLimit: 500" in mail["text"]
    assert there.inet.put(f"{RULES}/{shares}", {"settings": {"limit": 400}}).status == 200
    trader.enter(3, b"B", 401)
    assert TOO_MANY in trader.expect("J")
    trader.enter(4, b"B", 100, price=1_900_000)
    trader.expect("A")
    stream.wait_for("watch", subject="open")
    used = there.get("/rules-api/consumption").json["items"]
    assert [(row["ruleId"], row["open"], row["level"]) for row in used] == [(exposure, "19000.0000", "WATCH")]

    there.venue.kill()
    there = Journey(launch("--durability", "process", data=data, sidecar=True))
    assert there.get(f"{RULES}/{shares}").json["settings"] == {"limit": 400}
    stream = follow(there.inet)
    assert stream.wait_for("exposure", ruleId=exposure)["open"] == "19000.0000"
    trader = connect(there.venue, name="IN19T6")
    trader.settle()
    trader.enter(5, b"B", 100, price=1_900_000)
    trader.expect("A")
    action = stream.wait_for("action")
    assert (action["subject"], action["current"], action["limit"]) == ("open", "38000.0000", "30000.0000")
    assert {trader.expect("C")[1] for _ in range(2)} == {4, 5}
    stream.wait_for("unlock")
    subjects = {one["subject"] for one in mails(there.operator, "ACTION of gross-exposure")}
    assert subjects == {"EQRC: ACTION of gross-exposure for INET at NASDAQ"}

    trader.enter(6, b"B", 100, price=1_900_000)
    trader.expect("A")
    seller = connect(there.venue, name="AK01T1")
    seller.settle()
    seller.enter(1, b"S", 100, price=1_900_000)
    stream.wait_for("exposure", executed="19000.0000")
    (row,) = there.get("/history-api/utilization?period=monthly").json["items"]
    assert (row["type"], row["mpid"], row["count"], row["total"]) == ("gross-exposure", "INET", 1, "19000.0000")

    days = there.get("/rules-api/breaches?period=daily&mpid=INET").json["items"]
    counts = {(row["type"], row["port"]): row["count"] for row in days}
    assert counts == {
        ("max-shares", "IN19T6"): 2,
        ("max-shares", "INFX01"): 1,
        ("restricted-stock", "IN19T6"): 1,
        ("gross-exposure", None): 1,
    }
    months = there.get("/rules-api/breaches?period=monthly&type=max-shares").json["items"]
    assert {row["date"] for row in months} == {days[0]["date"][:7]}
    rows = list(csv.reader(io.StringIO(there.get("/rules-api/audit", Accept="text/csv").content.decode())))
    assert rows[0] == COLUMNS
    changes = [tuple(row[1:]) for row in rows[1:]]
    user = "client:eqrc-inet"
    assert ("CREATE", user, shares, "limit", "", "500") in changes
    assert ("ACTIVATE", user, shares, "status", "CONFIGURED", "ACTIVE") in changes
    assert ("UPDATE", user, shares, "limit", "500", "400") in changes
    assert {row[3] for row in rows[1:]} == {shares, exposure, listed}
    items = there.get("/rules-api/audit").json["items"]
    assert [tuple(item.values()) for item in items] == [tuple(row) for row in rows[1:]]
