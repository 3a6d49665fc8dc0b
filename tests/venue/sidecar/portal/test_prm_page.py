"""The PRM page without a browser: whose accounts, who may change what, and how values are held against thresholds."""

import csv
import io

import pytest

from venue.sidecar.portal.prm_view import tile

GUIDE = pytest.mark.section("PRM", "Appendix II Web page")


@GUIDE
@pytest.mark.parametrize(
    ("current", "threshold", "percent", "level"),
    [
        ("48900.0000", "70000.0000", "69.86", "normal"),
        ("32100.0000", "32200.0000", "99.69", "near"),
        ("16100.0000", "10000.0000", "161.00", "breached"),
        ("0.0000", "555555.0000", "0.00", "normal"),
        ("799.9999", "1000.0000", "80.00", "normal"),
        ("800.0000", "1000.0000", "80.00", "near"),
        ("999.9999", "1000.0000", "100.00", "near"),
        ("1000.0000", "1000.0000", "100.00", "breached"),
        ("1000.0000", None, "0.00", "unused"),
    ],
)
def test_a_counter_has_its_percentage_and_its_colour(current, threshold, percent, level):
    shown = tile("totalOpen", current, threshold)
    assert (shown.percent, shown.level) == (percent, level)


@GUIDE
def test_an_account_shows_its_details_and_its_currencies(visit):
    words = visit("gp29-view").get("/portal/prm?account=GP29P1").words
    for text in ("Account GP29P1", "Membership GP29", "Status Active", "Export PRM Parameters", "Reload now"):
        assert text in words
    for text in ("Total Risk Value", "Total Traded Value", "Total Open Orders Value"):
        assert text in words
    assert "Traded Buy Value" not in words
    everything = visit("gp29-view").get("/portal/prm?account=GP29P1&chosen=1&currency=SEK&unlimited=1").words
    assert "Traded Buy Value" in everything
    assert "No currency is shown" in visit("gp29-view").get("/portal/prm?account=GP29P1&chosen=1").words


def test_an_account_of_anothers_is_as_missing_as_one_that_there_is_not(visit):
    for account in ("GP31P8", "NOBODY"):
        assert visit("gp29-risk").get(f"/portal/prm?account={account}").status == 404
        assert visit("gp29-risk").part(f"/portal/part?part=prm-account:{account}:SEK:0").status == 404
        assert visit("gp29-risk").get(f"/portal/prm/{account}/export").status == 404
        assert visit("gp29-risk").post(f"/portal/prm/{account}/act", {"action": "cancel"}).status == 404
    assert visit("desk").get("/portal/prm?account=GP31P8").status == 200


def test_who_may_only_look_sees_nothing_to_press_and_may_press_nothing(visit):
    viewer = visit("gp29-view")
    page = viewer.get("/portal/prm?account=GP29P1").page
    asked = [*page.having("hx-get"), *page.having("hx-post")]
    assert asked == ["/portal/logout"]
    for path in ("ask/block", "limit/SEK/totalOpen", "limit/-/repeatedOrderLimit", "unlock/SEK"):
        assert viewer.part(f"/portal/prm/GP29P1/{path}").status == 403
    for path in ("act", "limit/SEK/totalOpen/review", "limit/SEK/totalOpen", "unlock/SEK"):
        assert viewer.post(f"/portal/prm/GP29P1/{path}", {"action": "cancel", "on": "1", "value": "5"}).status == 403


@GUIDE
def test_a_threshold_is_changed_in_two_steps_with_the_old_and_the_new_value(visit):
    risk, path = visit("gp29-risk"), "/portal/prm/GP29Q1/limit/SEK/tradedBuy"
    assert "Manage threshold for Traded Buy Value" in risk.part(path).words
    review = risk.post(f"{path}/review", {"on": "1", "value": "88,888"})
    assert "Old value: 0 , New value: 88888" in review.words
    assert "Yes, I am sure" in review.words
    form = review.page.fields
    done = risk.post(path, form)
    assert (done.status, done.headers["HX-Trigger"]) == (200, "portal-done")
    again = risk.post(path, form | {"key": "another"})
    assert "has changed in between" in again.words
    assert again.page.fields["value"] == "88888", "what was typed is kept"
    back = risk.post(f"{path}/review", {})
    assert "Old value: 88888 , New value: 0" in back.words
    assert risk.post(path, back.page.fields).status == 200


@pytest.mark.parametrize(
    ("limit", "value"),
    [("tradedBuy", "-1"), ("tradedBuy", "1.23456"), ("tradedBuy", "many"), ("maxQuantity", "1.5"), ("tradedBuy", "")],
)
def test_a_value_that_is_none_is_told_beside_its_field(visit, limit, value):
    answered = visit("gp29-risk").post(f"/portal/prm/GP29Q1/limit/SEK/{limit}/review", {"on": "1", "value": value})
    assert answered.status == 200
    assert "alert" in answered.page.having("role")


def test_what_the_venue_refuses_is_told_in_its_words(visit):
    """What guards sponsored access stays on, whoever asks."""
    risk, path = visit("gp29-risk"), "/portal/prm/GP29P1/limit/SEK/maxValue"
    review = risk.post(f"{path}/review", {})
    refused = risk.post(path, review.page.fields)
    assert "sponsored access" in refused.words
    assert "Manage threshold for Max Order Value" in refused.words
    assert "alert" in refused.page.having("role")


def test_what_is_refused_is_told_in_its_form_with_what_was_typed(visit):
    risk, path = visit("gp29-risk"), "/portal/prm/GP29Q1/limit/SEK/tradedSell"
    review = risk.post(f"{path}/review", {"on": "1", "value": "999999999999999"})
    refused = risk.post(path, review.page.fields)
    assert "A value is at most" in refused.words
    assert refused.page.fields["value"] == "999999999999999"


def test_equal_values_are_no_change_however_they_are_written(visit):
    for value in ("100000.00", "0100,000"):
        answered = visit("gp29-risk").post("/portal/prm/GP29P1/limit/SEK/totalOpen/review", {"on": "1", "value": value})
        assert "That is the value it has." in answered.words


@pytest.mark.parametrize(
    ("limit", "value"),
    [("SEK/maxQuantity", "abc"), ("SEK/maxQuantity", "9" * 5000), ("-/repeatedOrderLimit", "\N{SUPERSCRIPT TWO}")],
)
def test_a_value_that_never_saw_the_form_is_told_too(visit, limit, value):
    path = f"/portal/prm/GP29PR/limit/{limit}"
    refused = visit("gp29-risk").post(path, {"old": "0", "new": value})
    assert refused.status == 200
    assert "Type a number, such as 88888" in refused.words
    assert "true" in refused.page.having("aria-invalid")


@GUIDE
def test_a_block_is_lifted_by_its_member_unless_it_is_of_the_operations(visit):
    risk, desk, path = visit("gp29-risk"), visit("desk"), "/portal/prm/GP29PR/act"
    dialog = risk.part("/portal/prm/GP29PR/ask/block").words
    for text in ("Yes, Block account and cancel orders", "Yes, Block account", "Close"):
        assert text in dialog

    def page():
        return risk.get("/portal/prm?account=GP29PR").words

    assert risk.post(path, {"action": "keep"}).status == 200
    assert "Status Blocked Users" in page()
    assert "Unblock account" in page()
    assert "Cancel orders" in page()
    assert risk.post(path, {"action": "cancel"}).status == 200
    assert "Status Blocked and cancelled" in page()
    assert "Cancel orders" not in page()
    assert risk.post(path, {"action": "unblock"}).status == 200
    assert desk.post(path, {"action": "keep"}).status == 200
    assert "The venue's operations blocked it." in page()
    assert "Unblock account" not in page()
    assert risk.post(path, {"action": "unblock"}).status == 409
    assert desk.post(path, {"action": "unblock"}).status == 200
    assert "Status Active" in page()


def test_a_change_stands_in_the_audit_under_its_persons_name(visit, operator):
    risk, path = visit("gp29-risk"), "/portal/prm/GP29Q1/limit/-/fatFingerInAuctions"
    review = risk.post(f"{path}/review", {"on": "1"})
    assert risk.post(path, review.page.fields).status == 200
    newest = operator.get("/ops/audit?limit=1").json["items"][0]
    assert (newest["actor"], newest["target"]) == ("person:gp29-risk", "prm/accounts/GP29Q1")


@GUIDE
def test_the_persistent_parameters_are_exported(visit):
    assert "those of today may differ" in visit("gp29-view").get("/portal/prm?account=GP29P1").words
    answered = visit("gp29-view").get("/portal/prm/GP29P1/export")
    rows = list(csv.DictReader(io.StringIO(answered.text)))
    assert answered.headers["Content-Disposition"] == 'attachment; filename="PRM_Parameters_GP29P1.csv"'
    limits = {row["Item"]: row["Value"] for row in rows if row["Currency"] == "SEK"}
    assert limits["Total Open Orders Value"] == "100000.0000"
    assert limits["Traded Buy Value"] == "N/A"
    assert {row["Item"]: row["Value"] for row in rows}["In Auction Fat Finger Protection"] == "Y"
