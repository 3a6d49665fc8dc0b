"""The table of endpoints says for each row who may call it, and is described as it is served."""

import json

import msgspec
import pytest
import schemathesis

from venue.operations import ROUTES
from venue.problem import TITLES
from venue.roles import MEANINGS
from venue.sidecar.rest import documents
from venue.sidecar.rest.endpoints import Empty, Scope
from venue.sidecar.rest.openapi import APIS, describe, described
from venue.sidecar.rest.tables import ENDPOINTS

TABLE = (*ENDPOINTS, *documents.endpoints(ENDPOINTS))
WITHOUT_TOKEN = {"/healthz", "/readyz", "/version", "/metrics", "/openapi"}
BASE = "http://127.0.0.1:7420"


def rows(**wanted):
    return [
        pytest.param(row, id=f"{row.verb} {row.path}")
        for row in TABLE
        if all(getattr(row, name) == value for name, value in wanted.items())
    ]


def test_what_needs_no_token_is_what_probes_and_the_page_need():
    public = {row.path for row in TABLE if row.roles is None}
    assert {path for path in public if not path.startswith(("/docs", "/openapi/"))} == WITHOUT_TOKEN
    assert all(row.verb == "GET" for row in TABLE if row.roles is None)


@pytest.mark.parametrize("row", rows())
def test_every_other_row_asks_for_roles_that_there_are(row):
    assert row.roles is None or (row.roles and row.roles <= set(MEANINGS))
    assert row.roles is not None or row.scope is Scope.ALL


def test_no_row_stands_twice():
    keys = [(row.verb, row.path) for row in TABLE]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("row", rows())
def test_what_goes_into_a_row_is_a_struct_that_refuses_unknown_fields(row):
    for kind in (row.query, row.body):
        assert kind is None or kind.__struct_config__.forbid_unknown_fields, kind
    assert set(row.statuses) <= set(TITLES)


def test_every_operation_is_served():
    assert {(row.verb, row.path) for row in TABLE} >= {(route.verb, f"/ops/{route.path}") for route in ROUTES}


@pytest.mark.parametrize("api", described(ENDPOINTS), ids=lambda api: api.key)
def test_a_description_is_valid(api):
    document = json.loads(msgspec.json.encode(describe(api, ENDPOINTS, BASE)))
    schemathesis.openapi.from_dict(document).validate()
    assert document["openapi"].startswith("3.1.")
    assert {(verb.upper(), path) for path, verbs in document["paths"].items() for verb in verbs} == {
        (row.verb, row.path) for row in ENDPOINTS if row.api == api.key
    }


@pytest.mark.parametrize("api", described(ENDPOINTS), ids=lambda api: api.key)
def test_every_reference_in_a_description_leads_somewhere(api):
    document = json.loads(msgspec.json.encode(describe(api, ENDPOINTS, BASE)))

    def walk(part):
        if isinstance(part, dict):
            if "$ref" in part:
                target = document
                for name in part["$ref"].removeprefix("#/").split("/"):
                    target = target[name]
            part = list(part.values())
        for inner in part if isinstance(part, list) else ():
            walk(inner)

    walk(document)


@pytest.mark.parametrize("row", [row for row in ENDPOINTS if row.examples], ids=lambda row: row.path)
def test_every_example_of_a_body_is_one(row):
    for example in row.examples:
        msgspec.convert(example, row.body)


def test_descriptions_are_of_apis_that_have_rows():
    ptr = ["ptr-clearing", "ptr-correspondent", "ptr-counterparty"]
    assert [api.key for api in described(ENDPOINTS)] == ["ops", "market-data", "eqrc", *ptr]
    assert len({api.key for api in APIS}) == len(APIS)
    assert {row.api for row in ENDPOINTS} <= {api.key for api in APIS} | {"status"}


@pytest.mark.parametrize("row", rows(verb="GET"))
def test_a_look_takes_no_body(row):
    assert row.body is None


@pytest.mark.parametrize("row", [row for row in TABLE if row.query not in (None, Empty)], ids=lambda row: row.path)
def test_a_query_has_bounds_on_how_much_is_answered(row):
    names = row.query.__struct_encode_fields__
    assert ("limit" in names) == ("after" in names) or row.media == "text/event-stream"
