"""The operations desk and the order flow without a browser: what they show and do, and what is told of mistakes."""

import pytest

from venue.sidecar.portal.flow_page import percentiles
from venue.timing import HistogramView


@pytest.fixture
def desk(visit):
    return visit("desk")


def test_the_desk_shows_clock_books_ports_and_mail(desk):
    words = desk.get("/portal/desk").words
    for text in ("Venue time", "ERIC B", "AAPL", "IN19T6", "ouch.nordic", "No mail yet", "Explain a reject"):
        assert text in words
    for part in ("desk-clock", "desk-ports", "desk-books", "desk-mail", "tail:trade,reject", "times", "figures"):
        assert desk.part(f"/portal/part?part={part}").status == 200, part


def test_a_phase_is_of_a_book_or_of_all_of_a_venue(desk, operator):
    dialog = desk.part("/portal/desk/phase/nasdaq/AAPL")
    assert "Now Market" in dialog.words
    assert desk.post("/portal/desk/phase/nasdaq/AAPL", {"phase": "HALT"}).status == 200
    assert operator.get("/ops/books/nasdaq/AAPL").json["phase"] == "HALT"
    assert desk.post("/portal/desk/phase/nasdaq/-", {"phase": "MARKET"}).status == 200
    assert operator.get("/ops/books/nasdaq/AAPL").json["phase"] == "MARKET"
    assert desk.post("/portal/desk/phase/nasdaq/AAPL", {"phase": "OPENING_CALL"}).status == 422
    assert desk.part("/portal/desk/phase/nasdaq/NOPE").status == 404
    assert desk.part("/portal/desk/phase/nope/-").status == 404


def test_prices_change_in_two_steps_and_an_empty_field_clears(desk, operator):
    path = "/portal/desk/prices/nasdaq/MSFT"
    present = desk.part(path).page.fields
    assert "Those are the prices that it has." in desk.post(f"{path}/review", present).words
    review = desk.post(f"{path}/review", present | {"luldLower": "", "last": "401.5"})
    assert "400.0000 401.5" in review.words
    now = {"old.last": "400.0000", "old.luldLower": present["luldLower"]}
    assert review.page.fields == {"last": "401.5", "luldLower": ""} | now
    assert desk.post(path, review.page.fields).status == 200
    shown = operator.get("/ops/books/nasdaq/MSFT").json
    assert (shown["last"], shown["luldLower"], shown["luldUpper"]) == ("401.5000", None, "420.0000")


def test_prices_that_cannot_be_are_told_beside_their_fields_with_all_that_was_typed(desk, operator):
    path = "/portal/desk/prices/nordic/102"
    present = desk.part(path).page.fields
    wrong = {"last": "many", "bid": "1.23456", "staticGuard": "nan", "previousClose": "77"}
    for address in (f"{path}/review", path):
        told = desk.post(address, present | wrong | {f"old.{name}": value for name, value in present.items()})
        assert (told.status, told.page.having("aria-invalid")) == (200, ["true"] * 3)
        assert told.page.fields == present | wrong
    assert desk.post(f"{path}/review", {"last": "12"}).status == 200, "a form may leave prices out"
    over = desk.post(path, {"staticGuard": "1001", "old.staticGuard": present["staticGuard"]})
    assert (over.status, over.page.fields["staticGuard"]) == (200, "1001")
    us = desk.post("/portal/desk/prices/nasdaq/IBM/review", {"adv": "1.5"})
    assert "Give a whole number." in us.words
    assert operator.get("/ops/books/nordic/102").json["last"] == present["last"]


def test_a_price_that_somebody_else_changed_in_between_is_not_set(desk, operator):
    path = "/portal/desk/prices/nasdaq/TSLA"
    mine = desk.post(f"{path}/review", {"last": "251"}).page.fields
    theirs = desk.post(f"{path}/review", {"last": "252"}).page.fields
    assert desk.post(path, theirs).headers["HX-Trigger"] == "portal-done"
    refused = desk.post(path, mine)
    assert "It has changed in between." in refused.words
    assert refused.page.fields["last"] == "251"
    assert operator.get("/ops/books/nasdaq/TSLA").json["last"] == "252.0000"


def test_the_clock_stops_moves_and_runs(desk, operator):
    path = "/portal/desk/clock"
    assert desk.post(path, {"do": "manual"}).status == 200
    before = operator.get("/ops/clock").json["time"]
    assert "Move ahead" in desk.part(path).words
    assert desk.post(path, {"do": "advance", "seconds": "0"}).status == 200
    for seconds, said in (("-1", "Give whole seconds."), ("99999999", "It must be at most 31622400000")):
        told = desk.post(path, {"do": "advance", "seconds": seconds})
        assert said in told.words
        assert told.page.fields["seconds"] == seconds
    assert operator.get("/ops/clock").json["time"] == before
    assert desk.post(path, {"do": "real"}).status == 200


def test_two_who_end_the_same_day_end_it_once(desk):
    form = desk.part("/portal/desk/clock").page.fields
    assert form["day"]
    late = desk.post("/portal/desk/clock", {"do": "next-day", "day": "2001-01-01", "key": "late"})
    assert (late.status, "nother trading day has begun" in late.words) == (409, True)
    assert desk.part("/portal/desk/clock").page.fields["day"] == form["day"]


def test_a_ports_settings_are_switched(desk, operator):
    path = "/portal/desk/port/IN24T4"
    assert "Cancel only is off" in desk.part(path).words
    assert desk.post(path, {"setting": "cancelOnly", "to": "true"}).status == 200
    (port,) = [one for one in operator.get("/ops/ports").json["items"] if one["port"] == "IN24T4"]
    assert port["cancelOnly"]
    assert desk.post(path, {"setting": "cancelOnly", "to": "false"}).status == 200
    assert desk.post(path, {"setting": "release"}).status == 200
    assert desk.post(path, {"setting": "another"}).status == 422
    assert desk.part("/portal/desk/port/NOPE").status == 404


def test_a_change_of_the_desk_is_audited_under_the_operators_name(desk, operator):
    desk.post("/portal/desk/phase/bx/AAPL", {"phase": "MARKET"})
    newest = operator.get("/ops/audit?limit=1").json["items"][0]
    assert (newest["actor"], newest["target"]) == ("person:desk", "phase")


def test_operations_are_for_operators(visit):
    for name in ("gp29-risk", "inet-risk", "clrg-risk"):
        visitor = visit(name)
        assert visitor.post("/portal/desk/phase/nordic/101", {"phase": "HALT"}).status == 403
        assert visitor.part("/portal/part?part=desk-ports").status == 403


def test_the_sample_flow_is_for_who_may_change_its_account(visit):
    for name in ("gp29-view", "inet-risk", "clrg-risk"):
        assert "Run sample flow" not in visit(name).get("/portal/flow").words
        assert visit(name).post("/portal/flow/sample").status == 403
    assert "Run sample flow" in visit("gp29-risk").get("/portal/flow").words


def test_what_there_is_not_is_told(desk):
    assert desk.get("/portal/flow?book=nordic:999").status == 404
    assert desk.get("/portal/flow?book=nonsense").status == 404
    assert desk.part("/portal/flow/explain/R999999").status == 404
    assert desk.part("/portal/flow/explain?port=IN19T6&order=7").status == 404
    assert desk.part("/portal/part?part=nothing").status == 404


def test_percentiles_are_the_ends_of_the_buckets_that_they_lie_in():
    times = HistogramView([0.000_1, 0.000_2, 0.000_5], [50, 40, 9, 1], 100, 0.01)
    assert percentiles("x", times).figures == ("100", "200", "500")
    assert percentiles("x", HistogramView([0.1], [0, 0], 0, 0.0)).figures == ("", "", "")
    assert percentiles("x", HistogramView([0.1], [0, 5], 5, 3.0)).figures == ("", "", "")
