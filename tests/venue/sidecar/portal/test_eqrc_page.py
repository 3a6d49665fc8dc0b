"""The rules page without a browser: whose rules, who may change what, forms and their refusals, words at thresholds."""

import csv
import io
from decimal import Decimal

import pytest

from venue.sidecar.portal.eqrc_forms import settings_of, texts_of
from venue.sidecar.portal.eqrc_terms import LABELS, TABS, TYPE_NAMES, columns_of, fields_of
from venue.sidecar.portal.eqrc_view import band, setting_cells

PAGE = "/portal/eqrc"
MONITOR = pytest.mark.section("EQRC", "4 Monitoring")
EXAMPLES = {
    "max-shares": {"limit": 500},
    "max-notional": {"limit": 20_000},
    "adv": {"percent": 12.5, "minimumVolume": None},
    "order-type": {field.name: field.name == "rejectIso" for field in fields_of("order-type")},
    "shares-located": {"requireLocate": True, "includeShortSaleExempt": False, "brokers": ["ABCD", "EF"]},
    "restricted-stock": {"enabled": True},
    "hard-to-borrow": {"enabled": False},
    "market-impact": {"enabled": True},
    "fat-finger": {
        "ranges": [{"amount": 0.5 * place, "percent": place} for place in range(6)],
        "includeAuction": False,
        "includeIso": True,
        "aggressiveOnly": False,
    },
    "order-rate": {
        "maxDuplicates": 2,
        "duplicateWindow": 5,
        "maxPortMessages": None,
        "portWindow": 1,
        "maxSymbolMessages": 0,
        "symbolWindow": 1,
    },
    "gross-exposure": {
        "open": {"watch": 1, "warn": None, "action": 3},
        "executed": {"watch": None, "warn": None, "action": None},
        "notional": {"watch": None, "warn": 9_223_372_036_854_775_807, "action": None},
        "breachAction": "CANCEL_ALL",
    },
}


@MONITOR
@pytest.mark.parametrize(
    ("current", "limits", "passed", "words"),
    [
        (200_000_000, (1_000_000_000, 2_000_000_000, 3_000_000_000), 0, "20% of Watch"),
        (16_000_000, (10_000_000, 15_000_000, 20_000_000), 2, "80% of Action"),
        (68_500_000, (25_000_000, 30_000_000, 35_000_000), 3, "195.71% of Action"),
        (10_000, (10_000, 20_000, 30_000), 0, "100% of Watch"),
        (10_001, (10_000, 20_000, 30_000), 1, "50.00% of Warn"),
        (0, (10_000, None, None), 0, "0% of Watch"),
        (30_001, (None, None, 30_000), 3, "100.00% of Action"),
        (12_000, (10_000, None, 30_000), 1, "40% of Action"),
    ],
)
def test_an_exposure_is_held_against_the_threshold_that_comes_next(current, limits, passed, words):
    assert band(Decimal(current), limits)[:2] == (passed, words)


def test_every_kind_of_rule_has_a_tab_a_name_and_words_for_its_settings():
    assert sorted(kind for tab in TABS.values() for kind in tab.types) == sorted(TYPE_NAMES) == sorted(LABELS)
    for tab in TABS.values():
        keys = [column.key for column in columns_of(tab)]
        assert len(set(keys)) == len(keys)
    assert sorted(EXAMPLES) == sorted(TYPE_NAMES)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_form_says_what_stands_in_it(kind):
    settings = EXAMPLES[kind]
    texts = texts_of(kind, settings)
    said = settings_of(kind, texts, is_new=False)
    if kind == "fat-finger":
        said["ranges"] = [{part: float(text) for part, text in one.items()} for one in said["ranges"]]
    if kind == "adv":
        said["percent"] = float(said["percent"])
    assert said == settings
    shown = setting_cells(kind, settings)
    for tab in TABS.values():
        if tab.types == (kind,):
            assert {column.key for column in columns_of(tab)} >= set(shown)


def test_only_what_was_changed_is_asked_for():
    present = texts_of("gross-exposure", EXAMPLES["gross-exposure"])
    assert not settings_of("gross-exposure", present, is_new=False, present=present)
    said = settings_of("gross-exposure", present | {"open.warn": "2", "open.watch": ""}, is_new=False, present=present)
    assert said == {"open": {"watch": None, "warn": 2}}
    ranges = texts_of("fat-finger", EXAMPLES["fat-finger"])
    assert not settings_of("fat-finger", ranges, is_new=False, present=ranges)
    said = settings_of("fat-finger", ranges | {"ranges[5].percent": "6"}, is_new=False, present=ranges)
    assert [one["percent"] for one in said["ranges"]] == ["0", "1", "2", "3", "4", "6"]


def rule_named(visitor, tab, text):
    """The id of the newest rule of a tab whose row has a text."""
    rows = list(csv.reader(io.StringIO(visitor.get(f"{PAGE}/export?tab={tab}").text)))
    return next(row[0] for row in reversed(rows) if text in row and row[0].startswith("rule-"))


def make(visitor, kind, **fields):
    form = {"type": kind, "exchange": "NASDAQ", "mpid": "INET", "port": ""}
    return visitor.post(f"{PAGE}/rule/new", form | fields)


def delete(visitor, rule, when="now"):
    """Delete a rule by its dialog, as it is shown now."""
    shown = visitor.part(f"{PAGE}/rule/delete?rule={rule}")
    assert "Yes, delete now" in shown.words
    return visitor.post(f"{PAGE}/rule/delete", shown.page.fields | {"when": when})


def test_each_tab_shows_its_rules_and_those_of_the_configuration_can_only_be_copied(visit):
    risk = visit("inet-risk")
    for tab in TABS:
        assert risk.get(f"{PAGE}?tab={tab}").status == 200
    page = risk.get(f"{PAGE}?tab=fat-finger")
    assert "Active (configuration)" in page.words
    asked = page.page.having("hx-get")
    assert f"{PAGE}/rule/new?copy=config-4-fat-finger" in asked
    assert not any("edit?rule=config" in one or "delete?rule=config" in one for one in asked)
    assert risk.part(f"{PAGE}/rule/edit?rule=config-4-fat-finger").status == 409
    assert risk.post(f"{PAGE}/rule/delete", {"rule": "config-4-fat-finger"}).status == 409


def test_a_rule_is_made_changed_copied_and_deleted_as_the_guide_has_it(visit):
    risk = visit("inet-risk")
    assert make(risk, "max-shares", port="IN24T4", limit="700000").headers["HX-Trigger"] == "portal-done"
    made = rule_named(risk, "order-type", "At most 700,000 shares")
    page = risk.get(f"{PAGE}?tab=order-type&port=IN24T4").words
    assert "Configured (next day)" in page
    form = risk.part(f"{PAGE}/rule/edit?rule={made}")
    assert "Next Day (Configured)" in form.words
    hidden = form.page.fields
    assert "That is what it says." in risk.post(f"{PAGE}/rule/edit", hidden).words
    assert risk.post(f"{PAGE}/rule/edit", hidden | {"limit": "600000"}).status == 200
    late = risk.post(f"{PAGE}/rule/edit", hidden | {"limit": "5", "key": "other"})
    assert "It has changed in between" in late.words
    assert late.page.fields["limit"] == "5", "what was typed is kept"
    assert risk.part(f"{PAGE}/rule/edit?rule={made}").page.fields["limit"] == "600000"
    copy = risk.part(f"{PAGE}/rule/new?copy={made}").page.fields
    assert (copy["limit"], copy["type"]) == ("600000", "max-shares")
    assert make(risk, "max-shares", limit=copy["limit"], port="IN19T6").status == 200
    for rule in (made, rule_named(risk, "order-type", "IN19T6")):
        assert delete(risk, rule).headers["HX-Trigger"] == "portal-done"
        assert risk.part(f"{PAGE}/rule/edit?rule={rule}").status == 404


@pytest.mark.parametrize(
    ("kind", "fields", "blamed", "words"),
    [
        ("max-shares", {"limit": "1000000"}, "f-limit", "Must be from 0 to 999,999"),
        ("max-shares", {"limit": "many"}, "f-limit", "Must be a whole number"),
        ("max-shares", {}, "f-limit", "Is required"),
        ("max-notional", {"limit": "20000500"}, "f-limit", "Must be a multiple of 1,000"),
        ("adv", {"percent": "256"}, "f-percent", "Must be from 0 to 255"),
        ("order-rate", {"port": "IN19T6", "portWindow": "31"}, "f-portWindow", "Must be from 1 to 30"),
        ("order-rate", {}, "port", "name the port"),
        ("fat-finger", {"ranges[2].percent": "501"}, "f-ranges2-percent", "Must be from 0 to 500"),
        ("gross-exposure", {"open.watch": "5", "open.warn": "4"}, "f-open-warn", "Must not be under the one before"),
        ("gross-exposure", {"groupId": "9"}, "group", "group"),
        ("restricted-stock", {"symbols": "NOSUCH"}, "symbols", "NOSUCH"),
        ("shares-located", {"brokers": "ABCDE"}, "f-brokers", "Must be 1 to 4 letters or digits"),
        ("max-shares", {"limit": "5", "exchange": "XETRA"}, "at", "XETRA"),
    ],
)
def test_what_is_refused_is_told_beside_its_field(visit, kind, fields, blamed, words):
    answered = make(visit("inet-risk"), kind, **fields)
    assert answered.status == 200
    assert "HX-Trigger" not in answered.headers
    assert words in answered.words
    invalid = [found["id"] for _, found in answered.page.tags if found.get("aria-invalid") == "true"]
    assert invalid == [blamed]


def test_who_may_only_look_sees_nothing_to_press_and_may_press_nothing(visit):
    viewer = visit("inet-view")
    for tab in TABS:
        page = viewer.get(f"{PAGE}?tab={tab}").page
        asked = {*page.having("hx-get"), *page.having("hx-post")}
        assert asked == {f"{PAGE}/layout?tab={tab}", "/portal/logout"}
    rule = "config-4-fat-finger"
    for path in ("rule/new?type=adv", f"rule/edit?rule={rule}", "switch", "unbreach", "alert", "audit", "audit/file"):
        assert viewer.part(f"{PAGE}/{path}").status == 403, path
    for path in ("rule/new", "rule/edit", "rule/delete", "switch/review", "switch", "unbreach", "alert"):
        form = {"type": "adv", "rule": rule, "exchange": "NASDAQ", "mpid": "INET", "ruleType": "adv"}
        form |= {"portAction": "ENABLE", "emails": "a@b.example", "percent": "5"}
        assert viewer.post(f"{PAGE}/{path}", form).status == 403, path


def test_what_is_of_another_firm_is_as_missing_as_what_there_is_not(visit):
    risk = visit("inet-risk")
    assert make(visit("desk"), "max-shares", mpid="AKAM", limit="5").status == 200
    theirs = rule_named(visit("desk"), "order-type", "AKAM")
    assert theirs not in risk.get(f"{PAGE}?tab=order-type").text
    for rule in (theirs, "rule-none"):
        for path in ("edit?rule", "delete?rule", "new?copy"):
            assert risk.part(f"{PAGE}/rule/{path}={rule}").status == 404
    refused = make(risk, "max-shares", mpid="AKAM", limit="5")
    assert refused.status == 404
    assert risk.post(f"{PAGE}/switch", {"exchange": "NASDAQ", "mpid": "AKAM", "portAction": "DISABLE"}).status == 404
    assert risk.part("/portal/part?part=eqrc-rules:::AK01T1:order-type:").status == 200, "filtered by nothing it knows"
    assert delete(visit("desk"), theirs).headers["HX-Trigger"] == "portal-done"


def active(operator, risk):
    """Make a rule, and let the next trading day begin."""
    allowed = {field.name: "1" for field in fields_of("order-type") if field.name != "rejectIso"}
    assert make(risk, "order-type", exchange="PSX", **allowed).status == 200
    assert operator.post("/ops/trading-day/next").status == 200
    return rule_named(risk, "order-type", "PSX")


def test_an_active_rule_is_changed_now_or_for_the_next_day_and_says_what_waits(visit, operator):
    risk, path = visit("inet-risk"), f"{PAGE}/rule/edit"
    rule = active(operator, risk)

    def form(**changes):
        page = risk.part(f"{path}?rule={rule}").page
        ticked = {found["name"]: "1" for tag, found in page.tags if tag == "input" and "checked" in found}
        hidden = {name: page.fields[name] for name in ("key", "rule", "changed")}
        return {name: text for name, text in (hidden | ticked | changes).items() if text}

    assert risk.post(path, form(rejectShortSale="", nextDay="1")).status == 200
    assert "Short Sale Orders Enabled?: off" in risk.part(f"{path}?rule={rule}").words
    assert "Active, changes next day" in risk.get(f"{PAGE}?tab=order-type").words
    assert risk.post(path, form(rejectPreMarket="")).status == 200
    waiting = risk.part(f"{path}?rule={rule}").words
    assert "Short Sale Orders Enabled?: off" in waiting, "a change of something else leaves what waits"
    assert "Pre Market Trading Enabled?: off" not in waiting
    assert risk.post(path, form(nextDay="1")).status == 200
    assert "From the next trading day on" not in risk.part(f"{path}?rule={rule}").words.replace("On: from", "")
    assert delete(risk, rule, "next-day").headers["HX-Trigger"] == "portal-done"
    page = risk.get(f"{PAGE}?tab=order-type")
    assert "Active, ends with the day" in page.words
    assert f"{path}?rule={rule}" not in page.page.having("hx-get")
    assert delete(risk, rule).headers["HX-Trigger"] == "portal-done"


def test_a_rule_that_somebody_has_changed_in_between_is_not_deleted_unseen(visit):
    risk, desk = visit("inet-risk"), visit("desk")
    assert make(risk, "max-shares", port="IN24T4", limit="4321").status == 200
    rule = rule_named(risk, "order-type", "At most 4,321 shares")
    shown = risk.part(f"{PAGE}/rule/delete?rule={rule}")
    assert "4321" in shown.words
    edit = desk.part(f"{PAGE}/rule/edit?rule={rule}").page.fields
    assert desk.post(f"{PAGE}/rule/edit", edit | {"limit": "1234"}).headers["HX-Trigger"] == "portal-done"
    late = risk.post(f"{PAGE}/rule/delete", shown.page.fields | {"when": "now"})
    assert "It has changed in between" in late.words
    assert "1234" in late.words, "what it says now is shown"
    assert "HX-Trigger" not in late.headers
    assert risk.post(f"{PAGE}/rule/delete", {"rule": rule, "when": "now"}).headers.get("HX-Trigger") is None
    again = risk.post(f"{PAGE}/rule/delete", late.page.fields | {"when": "now"})
    assert again.headers["HX-Trigger"] == "portal-done"
    assert risk.part(f"{PAGE}/rule/edit?rule={rule}").status == 404


def test_columns_are_kept_for_each_person(visit):
    risk = visit("inet-risk")
    assert "Include ISO" in risk.get(f"{PAGE}?tab=fat-finger").words
    shown = {column.key: "1" for column in columns_of(TABS["fat-finger"]) if column.key != "includeIso"}
    kept = risk.post(f"{PAGE}/layout", shown | {"tab": "fat-finger"})
    assert (kept.status, kept.headers["HX-Refresh"]) == (204, "true")
    (line,) = kept.headers.get_all("Set-Cookie")
    assert {"HttpOnly", "SameSite=Strict", "Path=/portal/eqrc"} <= set(line.split("; "))
    assert "Include ISO" not in risk.get(f"{PAGE}?tab=fat-finger").words
    desk = visit("desk")
    assert "Include ISO" in desk.send("GET", f"{PAGE}?tab=fat-finger", cookies=risk.cookies | desk.cookies).words


def test_the_switch_asks_whose_ports_before_it_asks_whether_one_is_sure(visit):
    for whose in ({}, {"exchange": "NASDAQ", "mpid": "AKAM"}, {"exchange": "NOWHERE", "mpid": "INET"}):
        told = visit("inet-risk").post(f"{PAGE}/switch/review", {"cancelAction": "ALL"} | whose)
        assert "Choose an exchange and an MPID." in told.words


def test_people_are_told_no_patterns_of_programs(visit):
    entity = {"exchange": "NASDAQ", "mpid": "INET"}
    alert = entity | {"ruleType": "gross-exposure", "emails": "a@b.example"}
    rule = entity | {"type": "restricted-stock"}
    for path, form, said in (
        ("alert", alert | {"emails": "<b>@x.example"}, "It is not of this form"),
        ("alert", alert | {"groupId": "-1"}, "It is not of this form"),
        ("rule/new", rule | {"symbols": "<b>"}, "It must be a list of symbols, such as AAPL"),
        ("rule/new", rule | {"symbols": "A" * 99}, "Each is at most 8 characters long"),
        ("rule/new", rule | {"symbols": " ".join(f"A{i}" for i in range(501))}, "There are to be at most 500"),
    ):
        told = visit("inet-risk").post(f"{PAGE}/{path}", form)
        assert said in told.words
        assert "Expected" not in told.words
        assert "<b>" not in told.text


def test_an_alert_is_made_changed_and_deleted(visit):
    risk = visit("inet-risk")
    entity = {"exchange": "NASDAQ", "mpid": "INET", "ruleType": "fat-finger"}
    refused = risk.post(f"{PAGE}/alert", entity | {"emails": "nobody"})
    assert ("aria-invalid" in refused.text, "HX-Trigger" in refused.headers) == (True, False)
    assert risk.post(f"{PAGE}/alert", entity | {"emails": "a@b.example\nc@d.example", "enabled": "1"}).status == 200
    page = risk.get(f"{PAGE}?tab=alerts")
    assert "a@b.example, c@d.example" in page.words
    (edit,) = [one for one in page.page.having("hx-get") if "alert?alert=" in one]
    name = edit.partition("=")[2]
    form = risk.part(f"{PAGE}/alert?alert={name}").page.fields
    assert risk.post(f"{PAGE}/alert", form | {"emails": "e@f.example", "enabled": ""}).status == 200
    late = risk.post(f"{PAGE}/alert", form | {"emails": "late@f.example", "key": "late"})
    assert "It has changed in between" in late.words
    assert "late@f.example" in late.words, "what was typed is kept"
    assert "e@f.example no" in risk.get(f"{PAGE}?tab=alerts").words
    assert "It has changed in between" in risk.post(f"{PAGE}/alert/delete", {"alert": name, "was": form["was"]}).words
    shown = risk.part(f"{PAGE}/alert/delete?alert={name}").page.fields
    assert risk.post(f"{PAGE}/alert/delete", shown).headers["HX-Trigger"] == "portal-done"
    assert "Nobody is told of breaches by mail." in risk.get(f"{PAGE}?tab=alerts").words


def test_the_audit_is_a_file_of_what_was_done_here(visit):
    risk = visit("inet-risk")
    assert make(risk, "market-impact", enabled="1", exchange="BX").status == 200
    rule = rule_named(risk, "market-impact", "BX")
    assert delete(risk, rule).status == 200
    answered = risk.get(f"{PAGE}/audit/file?exchange=BX&mpid=INET&port=&from=&to=")
    rows = list(csv.reader(io.StringIO(answered.text)))
    assert rows[0] == ["Revision Date", "Revision Type", "User", "Rule", "Field", "Old Value", "New Value"]
    assert {(row[1], row[2]) for row in rows[1:] if row[3] == rule} == {
        ("CREATE", "person:inet-risk"),
        ("DELETE", "person:inet-risk"),
    }
    assert not list(csv.reader(io.StringIO(risk.get(f"{PAGE}/audit/file?exchange=ROUTED").text)))[1:]
