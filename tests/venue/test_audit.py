"""Looking back: the audit is newest first, in pages, holds no secret; the state's hash names its record."""

from datetime import datetime

import pytest

from venue.calls import moment

HALT = {"venue": "nasdaq", "book": "AAPL", "phase": "HALT"}


@pytest.fixture
def venue(host):
    return host()


def test_an_entry_tells_who_asked_what_when_and_what_came_of_it(venue, clock):
    clock.moment += 123_456_789
    response = venue.ask("phase", HALT, "POST", "client:a", "k")
    (entry,) = venue.ask("audit").body["items"]
    assert entry == {
        "record": response.record,
        "venueTime": "2026-11-19T17:00:00.123456Z",
        "wallTime": "2026-11-19T17:00:00.123456Z",
        "actor": "client:a",
        "verb": "POST",
        "target": "phase",
        "body": HALT,
        "status": 200,
    }


def test_on_a_manual_clock_it_tells_both_times(venue, clock):
    venue.ask("clock", {"mode": "manual"})
    clock.moment += 5_000_000_000
    venue.ask("phase", HALT)
    entry = venue.ask("audit").body["items"][0]
    assert (entry["venueTime"][11:19], entry["wallTime"][11:19]) == ("17:00:00", "17:00:05")
    assert venue.call(lambda: venue.venue.machine.venue_time) == clock.moment - 5_000_000_000


def test_refusals_of_named_actors_stand_in_it_and_looks_do_not(venue):
    venue.ask("ports", actor="client:a")
    venue.ask("ports/NOBODY/release", {}, "POST", "client:a")
    venue.ask("ports/NOBODY/release", {}, "POST")
    (entry,) = venue.ask("audit").body["items"]
    assert (entry["actor"], entry["target"], entry["body"], entry["status"]) == (
        *("client:a", "ports/NOBODY/release"),
        *({}, 404),
    )


def test_the_newest_come_first_in_pages_that_new_ones_do_not_move(venue):
    for number in range(5):
        venue.ask("phase", HALT | {"book": "NONE"} if number % 2 else HALT, "POST", f"client:{number}")
    first = venue.ask("audit?limit=2").body
    assert [entry["actor"] for entry in first["items"]] == ["client:4", "client:3"]
    venue.ask("phase", HALT)
    second = venue.ask(f"audit?limit=2&after={first['next']}").body
    assert [entry["actor"] for entry in second["items"]] == ["client:2", "client:1"]
    third = venue.ask(f"audit?limit=2&after={second['next']}").body
    assert ([entry["actor"] for entry in third["items"]], third["next"]) == (["client:0"], None)
    assert [entry["actor"] for entry in venue.ask("audit?actor=client:2").body["items"]] == ["client:2"]
    assert venue.ask("audit?actor=nobody").body["items"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "after=0", "after=x", "after=99999999999999999999", "to=1"])
def test_a_bad_question_names_its_field(venue, query):
    response = venue.ask(f"audit?{query}")
    assert (response.status, response.body["errors"][0]["field"]) == (422, query.partition("=")[0])


def test_the_state_is_that_of_the_record_beside_it(venue):
    shown = venue.ask("state").body
    assert shown == {"record": venue.call(lambda: venue.venue.machine.number), "stateHash": venue.hash()}
    venue.ask("phase", HALT)
    after = venue.ask("state").body
    assert after["record"] > shown["record"]
    assert after["stateHash"] != shown["stateHash"]


@pytest.mark.parametrize(
    ("time", "text"),
    [(0, "1970-01-01T00:00:00.000000Z"), (1_795_107_600_000_000_999, "2026-11-19T17:00:00.000000Z")],
)
def test_moments_are_cut_to_the_microsecond(time, text):
    assert moment(time) == text
    assert datetime.fromisoformat(text).tzinfo is not None
