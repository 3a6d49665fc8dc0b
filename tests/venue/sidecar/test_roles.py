"""Each client of the demo against each endpoint: what its roles and MPIDs open, and nothing else."""

import pytest

from venue import config
from venue.sidecar.rest import documents
from venue.sidecar.rest.endpoints import Scope
from venue.sidecar.rest.tables import ENDPOINTS

TABLE = (*ENDPOINTS, *documents.endpoints(ENDPOINTS))
CLIENTS = [client for client in config.parse(config.sample()).client if client.secret is not None]
SAMPLES = {"venue": "nasdaq", "book": "AAPL", "port": "NOPE", "matchNumber": "999999"}
"""Values for names in paths, which change nothing."""


def target(row):
    """A row's path with something in it."""
    path = row.path
    for name in row.names:
        path = path.replace(f"{{{name}}}", SAMPLES.get(name, "0"))
    return path


def may(client, row):
    """Whether a client may ask, as the configuration and the row say."""
    if "operations" not in client.roles and not row.roles.intersection(client.roles):
        return False
    return client.mpids is None or row.scope in (Scope.OWN, Scope.PUBLIC)


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.id)
def test_a_client_is_let_in_where_its_roles_and_mpids_say_so_and_nowhere_else(caller, client):
    calling = caller(client.id)
    wrong = []
    for row in TABLE:
        if row.roles is None or row.media == "text/event-stream":
            continue
        body = {"there is no": "such field"} if row.changes and row.body is not None else None
        status = calling.call(row.verb, target(row), body).status
        if (status == 403) == may(client, row):
            wrong.append((row.verb, row.path, status))
    assert not wrong


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.roles is not None], ids=lambda row: f"{row.verb} {row.path}"
)
@pytest.mark.parametrize("header", [None, "Bearer x", "Basic bnRmOng=", "Bearer eyJhbGciOiJub25lIn0.e30."])
def test_without_a_token_nothing_is_told_but_that_one_is_wanted(anybody, row, header):
    headers = {} if header is None else {"Authorization": header}
    answered = anybody.call(row.verb, target(row), {"nope": 1} if row.changes else None, **headers)
    assert answered.status == 401
    assert answered.headers["WWW-Authenticate"].startswith("Bearer")
    assert answered.headers["Content-Type"] == "application/problem+json"


def test_roles_are_looked_at_before_what_was_sent(caller):
    stranger = caller("eqrc-inet-ro")
    assert stranger.call("POST", "/ops/phase", {"nope": 1}).status == 403
    assert stranger.call("GET", "/ops/orders?nope=1").status == 403
    assert stranger.call("PUT", "/ops/books/nasdaq/ZZZ/prices", {}).status == 403
