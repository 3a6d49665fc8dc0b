"""Scenarios of REST calls: what is sent, what fits, and which answers break a rule whatever a scenario says."""

import pytest

from conformance.http.answers import Answer, Memory, look
from conformance.http.language import Http
from conformance.http.values import Names, compose, differences
from conformance.runner import Outcome, Run, perform
from conformance.scenario import ScenarioError
from conformance.suites import Suite, read
from venue.access import known_secret

REST = Suite("rest", "REST calls", Http({"we": "user", "viewer": "viewer_user"}))
HEAD = "title    Rest\nsection  1\nscenario One\n"
RULE = {"id": "R1", "type": "max-shares", "settings": {"limit": 5000}, "symbols": ["AMD"]}
LIST = {"asOf": 7, "items": [RULE, RULE | {"id": "R2", "type": "adv"}], "next": None}
BOOK = """
    we log in
    we send GET Path=/ops/books/$venue/$book
    we get 200 book=$book bids.count=0 last=$last Content-Type=application/json
    we send PUT Path=/ops/books/$venue/$book/prices last=201.5 Idempotency-Key=$key
    we get 422 errors.0.field=last
    we send PUT Path=/ops/books/$venue/$book/prices last='"201.5000"'
    we get 200 last=201.5000
    we send STREAM Path=/ops/events kinds=session
    we get 200
    we send GET Path=/ops/orders port=IN19T6
    we get 200 items.-.port=IN19T6
    we log out
    we send GET Path=/ops/ports
    we get 401 WWW-Authenticate=~Bearer
    we connect
    we send GET Path=/ops/ports
    we get 401
"""


@pytest.fixture
def play(venue):
    """Play lines against the venue's HTTP service; gives the result."""

    async def play(lines, **parameters):
        users = {"we": ("ntf-operator", known_secret("ntf-operator"))}
        run = Run(REST, tuple(venue.services["http"]), users, parameters)
        (result,) = await perform(run, read(REST, "test.txt", HEAD + lines), lambda _: None)
        return result

    return play


async def test_a_scenario_of_rest_calls_is_played(play):
    result = await play(BOOK, venue="nasdaq", book="MSFT", key="k1")
    assert result.outcome is Outcome.PASSED, result.failure and (result.failure, result.failure.differences)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("we log in\n    we send GET Path=/ops/ports\n    we get 404", "status"),
        ("we log in\n    we send GET Path=/ops/ports\n    we get 200 items.*.port=NOBODY", "items.*"),
        ("we log in\n    we send GET Path=/ops/ports\n    we get 200 items.-.port=IN19T6", "items.-"),
        ("we log in\n    we send GET Path=/ops/clock\n    we get 200 mode=manual", "mode"),
    ],
)
async def test_what_is_not_as_wanted_is_found_out_by_name(play, lines, why):
    result = await play(f"    {lines}\n")
    assert result.outcome is Outcome.FAILED
    assert [name for name, _, _ in result.failure.differences] == [why]


@pytest.mark.parametrize("line", ["we send FETCH Path=/a", "we get soon", "we log on", "we send bytes 00"])
def test_what_rest_does_not_have_is_found_out_when_a_suite_is_read(line):
    with pytest.raises(ScenarioError):
        read(REST, "test.txt", f"{HEAD}    {line}\n")


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({"items.0.id": "R1", "items.1.type": "adv"}, True),
        ({"items.*.id": "R2", "items.*.type": "adv"}, True),
        ({"items.*.id": "R2", "items.*.type": "max-shares"}, False),
        ({"items.-.id": "R3"}, True),
        ({"items.-.id": "R2"}, False),
        ({"items.count": "2", "next": "null", "asOf": ">6"}, True),
        ({"items.count": "!2"}, False),
        ({"items.0.settings.limit": "5000"}, True),
        ({"items.0.settings.limit": "<5000"}, False),
        ({"items.0.symbols": "~AMD"}, True),
        ({"items.0.symbols": '["AMD"]'}, True),
        ({"items.0.port": "absent"}, True),
        ({"items.0.port": "any"}, False),
        ({"items.0.type": "adv|max-shares"}, True),
        ({"items.0.id": "$id", "items.*.id": "$id"}, True),
        ({"items.0.id": "$id", "items.1.id": "$id"}, False),
        ({"nothing.*.there": "1"}, False),
    ],
)
def test_values_are_held_against_what_came(fields, fits):
    assert (list(differences(Names({}), fields, LIST)) == []) is fits


def test_dotted_names_make_a_body():
    fields = {"type": "max-shares", "settings.limit": 5, "settings.on": True}
    assert compose(fields) == {"type": "max-shares", "settings": {"limit": 5, "on": True}}


def told(status, body, media="application/json"):
    return list(look(Answer(status, {"content-type": media}, body), "we", Memory({"we": 5})))


PROBLEM = "application/problem+json"
REFUSAL = b'{"type": "about:blank", "title": "No", "status": 404, "detail": "none"}'


@pytest.mark.parametrize(
    ("answer", "faults"),
    [
        ((404, REFUSAL, PROBLEM), 0),
        ((404, REFUSAL), 1),
        ((403, REFUSAL, PROBLEM), 1),
        ((404, b"no", "text/plain"), 1),
        ((404, b'{"status": 404, "errors": [{}]}', PROBLEM), 4),
        ((200, b"{", "application/json"), 1),
        ((200, b'{"asOf": 5, "items": [], "next": null}'), 0),
        ((200, b'{"asOf": 4, "items": [], "next": null}'), 1),
        ((200, b'{"items": {}, "next": 1}'), 3),
    ],
)
def test_every_answer_is_held_to_what_every_answer_should_be(answer, faults):
    assert len(told(*answer)) == faults
