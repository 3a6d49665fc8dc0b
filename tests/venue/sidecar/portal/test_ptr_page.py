"""The Post-Trade Risk page: what each user type sees and may do, totals against limits, and a whole journey."""

import csv
import io

import pytest
from browsers import needs_chromium
from callers import Caller
from playwright.sync_api import expect

from venue.ptr.terms import LimitsView
from venue.sidecar.portal.ptr_view import total_of

PTR = pytest.mark.section("PTR", "User types")
TRADE = {"reporting": "INET", "contra": "AKAM", "side": "B", "symbol": "AAPL", "quantity": 100, "price": "200.00"}


def today(limit, percent=70):
    return LimitsView(limit, None, None, None, None, percent, False)


@PTR
@pytest.mark.parametrize(
    ("current", "limit", "percent", "used", "level"),
    [
        ("0.0000", 20_000, 70, "0.00", "normal"),
        ("13999.9999", 20_000, 70, "70.00", "normal"),
        ("14000.0000", 20_000, 70, "70.00", "near"),
        ("20000.0000", 20_000, 70, "100.00", "near"),
        ("20000.0001", 20_000, 70, "100.00", "breached"),
        ("20000.0000", 20_000, None, "100.00", "normal"),
        ("0.0000", 0, 70, "0.00", "normal"),
        ("0.0001", 0, 70, "100.00", "breached"),
        ("5.0000", None, 70, "", "unused"),
    ],
)
def test_a_total_is_over_its_limit_beyond_it_and_near_from_its_percentage_on(current, limit, percent, used, level):
    shown = total_of("aggregateBuy", current, today(limit, percent))
    assert (shown.percent, shown.level) == (used, level)


@pytest.fixture(scope="module")
def operations(demo):
    """Ask the operations for something, as their client."""
    caller = Caller(demo.addresses["http"])

    def operations(verb, path, body):
        answered = caller.call(verb, f"/ops/{path}", body)
        assert answered.status == 200, answered.json

    return operations


def limits(operations, correspondent="INET", **changes):
    operations("PUT", f"clearing/{correspondent}/limits", {"settingType": "BOTH", "limits": changes})


@PTR
def test_each_user_type_sees_what_is_open_to_it_and_no_button_that_would_fail(visit):
    clearing = visit("clrg-risk").get("/portal/ptr?correspondent=INET")
    assert "Clearing firm CLRG" in clearing.words
    assert "Kill trades" in clearing.words
    assert [path for path in clearing.page.having("href") if "type=clearing" in path] == [
        f"/portal/ptr?type=clearing&correspondent={one}" for one in ("AKAM", "INET")
    ]
    for person, others in (("inet-corr", "AKAM"), ("akam-cpty", "AKAM")):
        shown = visit(person).get("/portal/ptr")
        assert "Correspondent INET" in shown.words
        assert "Kill trades" not in shown.words
        assert not [path for path in shown.page.having("hx-get") if "/clearing/" in path]
        assert visit(person).get(f"/portal/ptr?correspondent={others}").status == 403
        assert visit(person).get("/portal/ptr?type=clearing").status == 403
        assert visit(person).part("/portal/part?part=ptr-relation:clearing:INET").status == 403
        for path in ("clearing/INET/limit/perTrade", "clearing/INET/kill", "audit"):
            assert visit(person).get(f"/portal/ptr/{path}").status == 403
        for path in ("clearing/INET/limit/perTrade", "clearing/INET/kill", "clearing/INET/held/trf-1-B/allow"):
            assert visit(person).post(f"/portal/ptr/{path}", {"on": "1", "today": "", "following": ""}).status == 403
    assert visit("clrg-risk").post("/portal/ptr/correspondent/INET/counterparty/AKAM", {"permitted": "0"}).status == 403
    assert visit("gp29-risk").get("/portal/ptr").status == 403


@PTR
def test_a_correspondent_opts_a_counterparty_out_and_in_again(visit):
    path = "/portal/ptr/correspondent/INET/counterparty/AKAM"
    assert "Opt AKAM out?" in visit("inet-corr").part(path).words
    assert visit("inet-corr").post(path, {"permitted": "0"}).status == 200
    assert "No relation is open" in visit("akam-cpty").get("/portal/ptr").words
    assert visit("akam-cpty").part("/portal/part?part=ptr-relation:counterparty:INET").status == 403
    assert "opted out" in visit("inet-corr").get("/portal/ptr").words
    assert visit("inet-corr").post(path, {"permitted": "1"}).status == 200
    assert "Correspondent INET" in visit("akam-cpty").get("/portal/ptr").words
    assert visit("inet-corr").part("/portal/ptr/correspondent/INET/counterparty/CLRG").status == 404


@PTR
@pytest.mark.parametrize(
    ("limit", "form", "trouble"),
    [
        ("aggregateBuy", {"on": "1", "value": "much"}, "Give a whole number"),
        ("aggregateBuy", {"on": "1", "value": ""}, "Give a whole number"),
        ("aggregateBuy", {"on": "1", "value": "9" * 16}, "Give at most"),
        ("preAlertPercent", {"on": "1", "value": "0"}, "Give a percentage from 1 to 100"),
        ("preAlertPercent", {"on": "1", "value": "70"}, "Those are the values it has"),
        ("killOnBreach", {}, "Those are the values it has"),
        ("perTrade", {"on": "1", "value": "5", "settingType": "SOON"}, "Choose when it holds"),
    ],
)
def test_a_limit_that_cannot_be_is_told_in_its_form(visit, limit, form, trouble):
    answered = visit("clrg-risk").post(
        f"/portal/ptr/clearing/AKAM/limit/{limit}/review", {"settingType": "BOTH"} | form
    )
    assert answered.status == 200
    assert trouble in answered.words


@PTR
def test_a_limit_that_somebody_else_changed_in_between_is_not_set(visit, operations):
    path = "/portal/ptr/clearing/AKAM/limit/maxTrade"
    form = {"on": "1", "value": "700", "settingType": "INTRA"}
    confirm = visit("clrg-risk").post(f"{path}/review", form).page.fields
    limits(operations, "AKAM", maxTrade=900_000)
    refused = visit("clrg-risk").post(path, confirm)
    assert (refused.status, "has changed in between" in refused.words) == (200, True)
    assert refused.page.fields["value"] == "700", "what was typed is kept"
    for value in ("-1", "1e5", "\N{SUPERSCRIPT TWO}", "9" * 5000):
        confirm = visit("clrg-risk").post(f"{path}/review", form).page.fields
        assert "Give a" in visit("clrg-risk").post(path, confirm | {"value": value}).words, value
    assert "does not count. 900,000 USD 900,000 USD" in visit("clrg-risk").get("/portal/ptr?correspondent=AKAM").words
    assert visit("clrg-risk").post(path, visit("clrg-risk").post(f"{path}/review", form).page.fields).status == 200
    rows = visit("clrg-risk").get("/portal/ptr?correspondent=AKAM").words
    assert "does not count. 700 USD 900,000 USD" in rows
    limits(operations, "AKAM", maxTrade=None)


@PTR
def test_totals_and_the_audit_are_files(visit, operations):
    totals = visit("inet-corr").get("/portal/ptr/correspondent/export")
    assert totals.headers["Content-Disposition"].startswith('attachment; filename="PTR_correspondent_')
    assert [row["Correspondent"] for row in csv.DictReader(io.StringIO(totals.text))] == ["INET"]
    limits(operations, "AKAM", aggregateNet=5)
    limits(operations, "AKAM", aggregateNet=None)
    audit = list(csv.DictReader(io.StringIO(visit("clrg-risk").get("/portal/ptr/audit").text)))
    assert {row["Action"] for row in audit} >= {"SET_LIMIT"}


@PTR
@pytest.mark.browser
@pytest.mark.timeout(180)
@needs_chromium
def test_a_clearing_firm_sets_limits_sees_them_neared_and_passed_decides_and_kills(browser, operations):
    limits(operations, aggregateBuy=None, perTrade=25_000, killOnBreach=True)
    with browser.tab("clrg-risk") as tab:
        page = tab.page
        tab.open("/portal/ptr?correspondent=INET")
        expect(page.locator("#live-state")).to_have_text("Live")
        page.get_by_role("button", name="Set the limit of Buy").click()
        page.get_by_label("New value (whole dollars)").fill("50,000")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("dialog")).to_contain_text("50,000")
        page.get_by_role("button", name="Yes, I am sure").click()
        buy = page.locator("#ptr-tile-aggregateBuy")
        expect(buy).to_contain_text("0.00 %")
        operations("POST", "trf/trades", TRADE)  # 20,000
        expect(buy).to_contain_text("40.00 %")
        operations("POST", "trf/trades", TRADE | {"quantity": 150})  # 30,000: over what one trade may be
        expect(page.locator("#ptr-relation")).to_contain_text("1 to decide")
        assert not tab.violations()
        page.get_by_role("button", name="Allow trf-").click()
        page.get_by_role("button", name="Yes, Allow").click()
        expect(buy).to_contain_text("100.00 %")
        expect(buy).to_contain_text("Pre-alert")
        operations("POST", "trf/trades", TRADE | {"quantity": 1})
        expect(buy).to_contain_text("Breach")
        expect(page.get_by_text("All further trades of INET are killed.")).to_be_visible()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            tab.shot(f"ptr-{scheme}-wide")
            assert not tab.violations()
        page.get_by_role("button", name="Lift the kill").click()
        page.get_by_role("button", name="Yes, Lift the kill").click()
        expect(page.locator(".details .badge")).to_have_text("Active")
    with browser.tab("inet-corr", size="phone") as tab:
        tab.open("/portal/ptr")
        assert tab.overflow <= 0
        assert not tab.violations()
        tab.shot("ptr-light-phone")
