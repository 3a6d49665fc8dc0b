"""Post-Trade Risk, cell by cell: which verbs there are, who may use them, and for which MPIDs."""

import asyncio
from itertools import product

import pytest
from clearing_floor import ClearingFloor
from clearing_service import serving

from venue.sidecar.rest.ptr import PTR_ENDPOINTS, ROOT
from venue.sidecar.rest.ptr_actions import PTR_ACTIONS

pytestmark = [
    pytest.mark.section("PTR", "3.1 User types and APIs"),
    pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey"),  # plain keys serve us as well
]

VERBS = ("GET", "POST", "PUT", "DELETE", "PATCH")
TYPES = ("clearing", "correspondent", "counterparty")
CLIENTS = {"clearing": "workx-ptr-api", "correspondent": "workx-ptr-corr", "counterparty": "workx-ptr-cpty"}
TABLE = {
    ("access", "clearing"): {"GET"},
    ("access", "correspondent"): {"GET"},
    ("access", "counterparty"): {"GET"},
    ("configurations", "clearing"): {"PUT", "POST"},
    ("configurations", "correspondent"): {"POST"},
    ("configurations", "counterparty"): {"POST"},
    ("poll", "clearing"): {"POST"},
    ("poll", "correspondent"): {"POST"},
    ("poll", "counterparty"): {"POST"},
    ("counterparty-access", "correspondent"): {"GET", "PUT"},
}
"""The service's own table: an API, a user type, its verbs."""
ROWS = [row for row in (*PTR_ENDPOINTS, *PTR_ACTIONS) if not row.path.endswith("/stream")]
BODIES = {
    ("PUT", "configurations"): {"correspondent": "INET", "settingType": "INTRA", "limits": {"aggregateBuy": 1}},
    ("PUT", "counterparty-access"): {"counterparty": "AKAM", "permitted": True},
    ("POST", "kill"): {"correspondent": "INET", "on": False},
}
PLACES = {"{tradeId}": "nasdaq-1-B"}


@pytest.fixture
async def service(tmp_path):
    """The service, after a trade."""
    floor = ClearingFloor(tmp_path)
    floor.trade("B", 100)
    async with serving(floor, asyncio.get_running_loop()) as service:
        yield service
    floor.close()


def last(path):
    return path.rsplit("/", 1)[1]


def sample(row):
    """A path and a body that its own user type may send."""
    path = row.path
    for name, value in PLACES.items():
        path = path.replace(name, value)
    return path, BODIES.get((row.verb, last(path)))


def test_the_rows_are_those_of_the_services_table():
    served = {}
    for row in PTR_ENDPOINTS:
        _, _, kind, api = row.path.split("/")
        if api not in ("stream", "audit"):
            served.setdefault((api, kind), set()).add(row.verb)
    assert served == TABLE


async def test_every_verb_that_the_table_does_not_have_is_405_for_everybody(service):
    wrong = []
    for (api, kind), verbs in TABLE.items():
        for verb in VERBS:
            status = (await service.ask(CLIENTS[kind], verb, f"{ROOT}/{kind}/{api}", BODIES.get((verb, api)))).status
            if (status == 405) == (verb in verbs):
                wrong.append((verb, kind, api, status))
    assert not wrong


async def test_each_row_is_open_to_its_user_type_and_to_no_other(service):
    wrong = []
    for row in ROWS:
        path, body = sample(row)
        (role,) = row.roles
        for kind, client in CLIENTS.items():
            answered = await service.ask(client, row.verb, path, body)
            expected = {200, 404} if role == f"ptr-{kind}" else {403}
            if answered.status not in expected or answered.headers["X-Environment"] != "NTF":
                wrong.append((client, row.verb, path, answered.status))
        strangers = [await service.ask(client, row.verb, path, body) for client in ("eqrc-inet", "member-gp29")]
        wrong += [(row.verb, path, answered.status) for answered in strangers if answered.status != 403]
    assert not wrong


async def test_without_a_good_token_it_is_401_and_from_elsewhere_403_before_a_token_is_looked_at(service):
    wrong = []
    for row in ROWS:
        path, body = sample(row)
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic bnRmOng="}):
            here = await service.ask(None, row.verb, path, body, **headers)
            there = await service.ask(None, row.verb, path, body, source="127.0.0.2", **headers)
            told = here.headers["X-Environment"], there.headers["X-Environment"]
            if (here.status, there.status, *told) != (401, 403, "NTF", "NTF"):
                wrong.append((row.verb, path, here.status, there.status))
        if (await service.ask("workx-ptr-api", row.verb, path, body, source="127.0.0.2")).status != 403:
            wrong.append((row.verb, path, "with a token"))
    assert not wrong


MPIDS = {
    "clearing": {"INET": 1, "AKAM": 1, "CLRG": 2, "OTHR": None, "ZZZZ": None},
    "correspondent": {"INET": 1, "AKAM": None, "CLRG": None, "ZZZZ": None},
    "counterparty": {"AKAM": 1, "INET": 1, "CLRG": None, "ZZZZ": None},
}
"""For each user type of the demo how many relations an MPID opens; None is 403."""


async def test_an_mpid_that_is_not_of_the_user_types_list_is_403_whether_there_is_one_or_not(service):
    wrong = []
    for api, (kind, mpids) in product(("poll", "configurations"), MPIDS.items()):
        for mpid, count in mpids.items():
            answered = await service.ask(CLIENTS[kind], "POST", f"{ROOT}/{kind}/{api}", {"mpids": [mpid]})
            found = len(answered.items) if answered.status == 200 else answered.status
            if found != (403 if count is None else count):
                wrong.append((kind, mpid, found))
        several = await service.ask(CLIENTS[kind], "POST", f"{ROOT}/{kind}/{api}", {"mpids": [*mpids]})
        assert (several.status, several.fields) == (403, ["mpids"]), "nothing in part"
    assert not wrong


async def grant(service, name="acme", networks=("127.0.0.1",), **types):
    body = {"id": name, "userTypes": types, "networks": list(networks)}
    answered = await service.ask("ntf-operator", "POST", "/ops/ptr/subscriptions", body)
    assert answered.status == 200, answered.content
    await service.login(name, answered.json["secret"])
    return answered.json


async def test_a_subscription_of_several_user_types_has_a_list_of_mpids_for_each(service):
    made = await grant(service, clearing=["CLRG", "AKAM"], correspondent=["INET"])
    assert len(made["secret"]) == 32
    seen = {}
    for kind in TYPES:
        answered = await service.poll("acme", kind)
        seen[kind] = [item["correspondent"] for item in answered.items] if answered.status == 200 else answered.status
    assert seen == {"clearing": ["AKAM"], "correspondent": ["INET"], "counterparty": 403}
    assert (await service.poll("acme", "clearing", mpids=["INET"])).status == 403
    assert (await service.poll("acme", "correspondent", mpids=["AKAM"])).status == 403
    body = BODIES["PUT", "configurations"]
    assert (await service.ask("acme", "PUT", f"{ROOT}/clearing/configurations", body)).status == 403
    body = body | {"correspondent": "AKAM"}
    assert (await service.ask("acme", "PUT", f"{ROOT}/clearing/configurations", body)).status == 200


async def test_what_is_taken_from_a_subscription_ends_at_once_and_its_secret_is_told_once(service):
    await grant(service, clearing=["CLRG", "INET"])
    path = "/ops/ptr/subscriptions/acme"
    listed = await service.ask("ntf-operator", "GET", "/ops/ptr/subscriptions")
    assert listed.items == [{"id": "acme", "userTypes": {"clearing": ["CLRG", "INET"]}, "networks": ["127.0.0.1"]}]
    assert b"secret" not in listed.content
    assert (await service.poll("acme")).status == 200
    change = {"userTypes": {"correspondent": ["INET"]}}
    assert (await service.ask("ntf-operator", "PUT", path, change)).status == 200
    assert (await service.poll("acme")).status == 403
    assert (await service.ask("ntf-operator", "PUT", path, {"networks": ["10.0.0.0/8"]})).status == 200
    await service.login("acme", (await service.ask("ntf-operator", "POST", f"{path}/secret")).json["secret"])
    assert (await service.poll("acme", "correspondent")).status == 403, "it is not where it may ask from"
    assert (await service.ask("ntf-operator", "DELETE", path)).status == 200
    assert (await service.poll("acme", "correspondent")).status == 401
    assert (await service.ask("ntf-operator", "DELETE", path)).status == 404


WRONG_GRANTS = [
    ({"userTypes": {}}, 422, "userTypes"),
    ({"userTypes": {"clearing": []}}, 422, "userTypes.clearing"),
    ({"userTypes": {"clearng": ["CLRG"]}}, 422, "userTypes.clearng"),
    ({"networks": []}, 422, "networks"),
    ({"networks": ["127.0.0.1", "here"]}, 422, "networks[1]"),
    ({"id": "workx-ptr-api"}, 409, "id"),
    ({"id": "Acme"}, 422, "id"),
]


async def test_a_grant_that_is_not_right_grants_nothing_and_names_the_field(service):
    right = {"id": "acme", "userTypes": {"clearing": ["CLRG", "INET"]}, "networks": ["127.0.0.1"]}
    for change, status, field in WRONG_GRANTS:
        answered = await service.ask("ntf-operator", "POST", "/ops/ptr/subscriptions", right | change)
        assert (answered.status, answered.fields) == (status, [field])
    assert service.floor.machine.desk.clients == {}


async def test_a_client_made_without_networks_is_no_subscription(service):
    body = {"id": "plain", "roles": ["ptr-clearing"], "mpids": ["CLRG", "INET"]}
    assert (await service.ask("ntf-operator", "POST", "/ops/clients", body)).status == 200
    assert (await service.ask("ntf-operator", "DELETE", "/ops/ptr/subscriptions/plain")).status == 404


async def test_a_counterparty_that_is_opted_out_sees_nothing_from_that_moment(service):
    path = f"{ROOT}/correspondent/counterparty-access"
    assert [item["correspondent"] for item in (await service.poll("workx-ptr-cpty", "counterparty")).items] == ["INET"]
    out = await service.ask("workx-ptr-corr", "PUT", path, {"counterparty": "AKAM", "permitted": False})
    assert out.json == {"counterparty": "AKAM", "permitted": False, "correspondent": "INET"}
    for api in ("poll", "configurations"):
        url = f"{ROOT}/counterparty/{api}"
        assert (await service.ask("workx-ptr-cpty", "POST", url, {"mpids": ["INET"]})).status == 403
        assert (await service.ask("workx-ptr-cpty", "POST", url)).items == []
    assert (await service.ask("workx-ptr-cpty", "GET", f"{ROOT}/counterparty/access")).items == []
    assert (await service.ask("workx-ptr-corr", "GET", path)).items == [out.json]
    await service.ask("workx-ptr-corr", "PUT", path, {"counterparty": "AKAM", "permitted": True})
    assert len((await service.poll("workx-ptr-cpty", "counterparty")).items) == 1


async def test_who_is_no_counterparty_can_be_let_in_by_nobody(service):
    path = f"{ROOT}/correspondent/counterparty-access"
    for name in ("ZZZZ", "INET", "CLRG"):
        answered = await service.ask("workx-ptr-corr", "PUT", path, {"counterparty": name, "permitted": True})
        assert (answered.status, answered.fields) == (422, ["counterparty"])


async def test_operations_have_every_user_type_with_every_mpid(service):
    for kind in TYPES:
        answered = await service.poll("ntf-operator", kind)
        assert answered.status == 200
        assert {item["correspondent"] for item in answered.items} >= {"INET"}


CONFIGURED = (
    'roles = ["ptr-correspondent"]\nmpids = ["INET"]\n\n[[client]]\nid = "workx-ptr-cpty"',
    """roles = ["ptr-correspondent", "ptr-clearing"]
mpids = ["INET"]
mpids_by_role = { ptr-clearing = ["CLRG", "AKAM"] }
networks = ["127.0.0.1", "10.0.0.0/8"]

[[client]]
id = "workx-ptr-cpty"
""",
)
"""The correspondent's client acts for a clearing firm too, and may ask from some networks only."""


async def test_a_client_of_the_configuration_has_lists_and_networks_too(tmp_path):
    floor = ClearingFloor(tmp_path, CONFIGURED, ('"/ptr-api" = ["127.0.0.1"', '"/ptr-api" = ["127.0.0.0/8"'))
    async with serving(floor, asyncio.get_running_loop()) as service:
        for kind, correspondent in (("correspondent", "INET"), ("clearing", "AKAM")):
            answered = await service.poll("workx-ptr-corr", kind)
            assert [item["correspondent"] for item in answered.items] == [correspondent]
        elsewhere = await service.ask("workx-ptr-corr", "GET", f"{ROOT}/correspondent/access", source="127.0.0.2")
        assert elsewhere.status == 403
        others = await service.ask("workx-ptr-api", "GET", f"{ROOT}/clearing/access", source="127.0.0.2")
        assert others.status == 200, "who has no networks may ask from wherever the venue lets in"
    floor.close()
