"""Every path of the rules API with every role, for the caller's own MPID, another one, and a port: cell by cell."""

import http.client

import pytest
from callers import PATIENCE, Caller

from venue.roles import AUDIT_READ, HISTORY_READ, PRM_READ, RULES_READ, RULES_WRITE, UNBREACH
from venue.sidecar.rest.endpoints import EVENT_STREAM
from venue.sidecar.rest.tables import ENDPOINTS

ROWS = [row for row in ENDPOINTS if row.api == "eqrc"]
ROLES = (RULES_READ, RULES_WRITE, AUDIT_READ, UNBREACH, HISTORY_READ, PRM_READ)
OWN, OTHER, PORT = "INET", "AKAM", "IN19T6"
EXCHANGE = {"exchange": "NASDAQ"}
LIMIT = {"settings": {"limit": 5000}}
LISTED = {"symbols": ["IBM"]}
EMAILS = {"emails": ["risk@inet.example"]}
MORE = {
    "POST /rules-api/rules": {"type": "max-shares", **LIMIT},
    "POST /rules-api/safety-switch": {"portAction": "ENABLE"},
    "POST /rules-api/alert/configuration": {"ruleType": "max-shares", **EMAILS},
    **{
        f"{verb} /rules-api/lists/{name}": LISTED
        for name in ("restricted", "short-sale")
        for verb in ("POST", "DELETE")
    },
}
"""What a body says beside whom it is about."""
FILTERED = {
    "/rules-api/rules",
    "/rules-api/lists/restricted",
    "/rules-api/lists/short-sale",
    "/rules-api/alert/configuration",
    "/rules-api/breaches",
    "/rules-api/consumption",
    "/history-api/utilization",
}
"""Lists of which each item says whose it is."""


class Secretive(Caller):
    """A caller by a secret of its own."""

    def __init__(self, address, client, secret):
        super().__init__(address, client)
        self.secret = secret

    def login(self):
        form = f"grant_type=client_credentials&client_id={self.client}&client_secret={self.secret}"
        answered = self.send("POST", "/auth/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
        assert answered.status == 200, answered.content
        self.token = answered.json["access_token"]
        return self


@pytest.fixture(scope="module")
def house(demo, operator):
    """What there is of each MPID, and a caller for each role: of the whole MPID, and of one port."""

    class House:
        def __init__(self):
            self.callers = {}
            for number, role in enumerate(ROLES):
                for held, ports in (("all", None), ("port", [PORT])):
                    if ports and role == PRM_READ:
                        continue
                    name = f"cell-{number}-{held}"
                    body = {"id": name, "roles": [role], "mpids": [OWN], "ports": ports}
                    secret = operator.post("/ops/clients", body).json["secret"]
                    self.callers[role, held] = Secretive(demo.addresses["http"], name, secret)

        def made(self, path, body):
            answered = operator.post(path, body)
            assert answered.status == 200, answered.content
            return answered.json["id"]

        def request(self, row, mpid, port):
            """Verb, path and body of a row, about a thing of an MPID, or of one port of it."""
            entity = EXCHANGE | {"mpid": mpid} | ({"port": port} if port else {})
            path, body = row.path, None
            if "{id}" in path:
                rule = {"type": "max-shares", **LIMIT}
                path = path.replace("{id}", self.made("/rules-api/rules", entity | rule))
                body = LIMIT if row.verb == "PUT" else None
            elif row.path.endswith("alert/configuration") and row.verb in ("PUT", "DELETE"):
                alert = entity | MORE["POST /rules-api/alert/configuration"]
                body = {"id": self.made("/rules-api/alert/configuration", alert)}
            elif row.verb == "GET":
                path += f"?mpid={mpid}" + (f"&port={port}" if port else "")
            else:
                body = entity | MORE.get(f"{row.verb} {row.path}", {})
            return row.verb, path, body

    return House()


def named(row):
    return f"{row.verb} {row.path}"


def passes(status):
    """Whether a call was let in: what it then comes to is no matter of access."""
    return status in (200, 409, 422)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_paths_for_its_own_mpid_and_nothing_else(house, role):
    wrong = []
    for row in ROWS:
        if row.media == EVENT_STREAM:
            continue
        caller = house.callers[role, "all"]
        own, other = (caller.call(*house.request(row, mpid, None)).status for mpid in (OWN, OTHER))
        fits = (passes(own) and other == 404) if role in row.roles else own == other == 403
        if not fits:
            wrong.append((named(row), own, other))
    assert not wrong


@pytest.mark.parametrize("role", [role for role in ROLES if role != PRM_READ])
def test_who_is_held_to_a_port_sees_and_changes_what_is_of_that_port_alone(house, role):
    wrong = []
    for row in ROWS:
        if row.media == EVENT_STREAM or role not in row.roles:
            continue
        caller = house.callers[role, "port"]
        port, sister = (caller.call(*house.request(row, OWN, name)).status for name in (PORT, "IN24T4"))
        whole = caller.call(*house.request(row, OWN, None)).status
        foreign = caller.call(*house.request(row, OTHER, "AK01T1")).status
        is_list = row.verb == "GET" and "{id}" not in row.path
        if not passes(port) or sister != 404 or foreign != 404 or (passes(whole) if not is_list else whole != 200):
            wrong.append((named(row), port, sister, whole, foreign))
    assert not wrong


@pytest.mark.parametrize("held", ["all", "port"])
@pytest.mark.parametrize("row", [row for row in ROWS if row.path in FILTERED and row.verb == "GET"], ids=named)
def test_what_is_listed_is_the_callers(house, operator, row, held):
    for mpid, port in ((OTHER, None), (OWN, PORT)):
        house.made("/rules-api/rules", EXCHANGE | {"mpid": mpid, "port": port, "type": "max-shares", **LIMIT})
    caller = house.callers[min(row.roles, key=ROLES.index), held]
    items = caller.get(row.path).json["items"]
    assert {item["mpid"] for item in items} <= {OWN}
    assert held == "all" or {item["port"] for item in items} <= {PORT}
    if row.path == "/rules-api/rules":
        assert OTHER in {item["mpid"] for item in operator.get(row.path).json["items"]}
        assert {item["port"] for item in items} >= {PORT}


@pytest.mark.parametrize("role", ROLES)
def test_the_stream_is_for_who_may_read_rules(house, role):
    caller = house.callers[role, "all"]
    if caller.token is None:
        caller.login()
    connection = http.client.HTTPConnection(*caller.address, timeout=PATIENCE)
    connection.request("GET", "/rules-api/stream", headers={"Authorization": f"Bearer {caller.token}"})
    response = connection.getresponse()
    assert response.status == (200 if role == RULES_READ else 403)
    response.close()
    connection.close()


def test_the_stream_tells_each_follower_of_what_it_may_see(house, follow, inet, operator):
    followers = {held: follow(house.callers[RULES_READ, held], "?kinds=revision") for held in ("all", "port")}
    made = []
    for mpid, port in ((OTHER, None), (OWN, "IN24T4"), (OWN, None), (OWN, PORT)):
        body = EXCHANGE | {"mpid": mpid, "port": port, "type": "max-shares", **LIMIT}
        made.append(house.made("/rules-api/rules", body))
    for held, seen in (("all", made[1:]), ("port", made[3:])):
        followers[held].wait_for("revision", ruleId=made[3])
        assert list(dict.fromkeys(event[2]["ruleId"] for event in followers[held].events)) == seen
    before = int(operator.get(f"/rules-api/rules/{made[0]}").headers["X-As-Of"])
    assert before
    events = followers["all"].events
    record = int(events[0][1].split(".")[0]) - 1
    again = follow(inet, f"?kinds=revision&after={record}")
    again.wait_for("revision", ruleId=made[3])
    assert again.events == events
    resumed = follow(inet, "?kinds=revision", events[0][1])
    resumed.wait_for("revision", ruleId=made[3])
    assert resumed.events[0] == events[1], "the next one, if it is of the same record or not"


def test_a_rule_of_another_is_as_missing_as_one_that_never_was(house, inet):
    rule_id = house.made("/rules-api/rules", EXCHANGE | {"mpid": OTHER, "type": "max-shares", **LIMIT})
    for path in ("/rules-api/rules/{}", "/rules-api/rules/{}"):
        theirs, nobodys = (inet.get(path.format(name)) for name in (rule_id, "rule-0"))
        assert theirs.status == nobodys.status == 404
        assert theirs.json["detail"].replace(rule_id, "rule-0") == nobodys.json["detail"]
    copied = inet.post("/rules-api/rules", EXCHANGE | {"mpid": OWN, "copyOf": rule_id})
    assert copied.status == 404
