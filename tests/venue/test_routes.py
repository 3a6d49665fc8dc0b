"""The table of calls: types that make schemas, verbs that may be named, looks that need a machine alone."""

import msgspec
import pytest

from venue.looks import Look
from venue.machine import Machine
from venue.operations import ROUTES, find, read_query
from venue.problem import TITLES, Problem, ProblemDetails

UNKNOWN = msgspec.UNSET


@pytest.fixture
def venue(host):
    return host()


def nodes(schema):
    """Every part of a schema."""
    if isinstance(schema, dict):
        yield schema
        for part in schema.values():
            yield from nodes(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from nodes(part)


def test_every_type_makes_a_schema_in_which_each_whole_number_is_bounded():
    types = {kind for route in ROUTES for kind in (route.body, route.answer, route.query) if kind is not None}
    types = [*sorted(types, key=lambda kind: kind.__name__), ProblemDetails]
    assert len({kind.__name__ for kind in types}) == len(types)
    _, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    for part in nodes(components):
        if part.get("type") == "integer":
            assert "minimum" in part, part
            assert "maximum" in part, part
    assert all(components[kind.__name__].get("description") for kind in types)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.verb} {route.path}")
def test_every_call_has_one_function_a_summary_and_examples_that_fit(route):
    assert (route.look is None) != (route.serve is None)
    assert route.summary
    assert (route.body is None) == (route.verb in ("GET", "DELETE")) == (not route.examples)
    assert set(route.problems) <= set(TITLES)
    for example in route.examples:
        msgspec.convert(example, route.body)


def test_a_look_needs_a_machine_and_nothing_else(tmp_path):
    route, values = find("GET", "ports")
    look = Look(Machine(tmp_path), values, read_query(route, {}))
    assert msgspec.to_builtins(route.look(look)) == {"asOf": 0, "items": [], "next": None}


@pytest.mark.parametrize(
    ("verb", "target", "body", "status"),
    [
        ("GET", "ports", UNKNOWN, 200),
        ("GET", "books/nasdaq/AAPL", UNKNOWN, 200),
        ("GET", "ports", {}, 400),
        ("POST", "ports", {}, 405),
        ("PUT", "phase", {"venue": "nasdaq", "phase": "MARKET"}, 405),
        ("POST", "phase", {"venue": "nasdaq", "phase": "MARKET"}, 200),
        ("POST", "phase", UNKNOWN, 422),
        ("GET", "trading-day/next", UNKNOWN, 405),
        ("POST", "ports/IN30T1/release", UNKNOWN, 200),
        ("DELETE", "nowhere", UNKNOWN, 404),
        ("PATCH", "ports", UNKNOWN, 400),
    ],
)
def test_a_request_may_name_its_verb(venue, verb, target, body, status):
    response = venue.ask(target, body, verb)
    assert response.status == status, response.body
    if status == 405:
        assert verb in response.body["detail"]


@pytest.mark.parametrize("phase", ["LUNCH", "CONTINUOUS", "POST_TRADE"])
def test_a_phase_that_the_market_does_not_have_is_refused_and_told_those_it_has(venue, phase):
    response = venue.ask("phase", {"venue": "nasdaq", "book": "AAPL", "phase": phase})
    assert (response.status, response.body["errors"][0]["field"]) == (422, "phase")
    assert all(name in response.body["detail"] for name in ("CLOSED", "HALT", "MARKET"))


def test_a_query_is_held_to_its_type(venue, connect):
    client = connect(venue, name="IN19T6")
    client.send(*(client.order(number) for number in range(1, 4)))
    client.take(4)
    first = venue.ask("orders?limit=2").body
    assert [item["userRefNum"] for item in first["items"]] == [1, 2]
    second = venue.ask(f"orders?limit=2&after={first['next']}").body
    assert [item["userRefNum"] for item in second["items"]] == [3]
    assert second["next"] is None
    for limit in ("0", "501", "-1", "two", "1.5", "", "9" * 5000):
        response = venue.ask(f"orders?limit={limit}")
        assert (response.status, response.body["errors"][0]["field"]) == (422, "limit")


def test_a_problem_names_the_fields_that_are_to_blame():
    problem = Problem(422, "no such port: X", "port", headers={"Retry-After": "1"})
    assert msgspec.json.decode(msgspec.json.encode(problem.body())) == {
        "type": "about:blank",
        "title": "Invalid body",
        "status": 422,
        "detail": "no such port: X",
        "errors": [{"field": "port", "message": "no such port: X"}],
    }
    assert "errors" not in msgspec.to_builtins(Problem(404, "gone").body())
