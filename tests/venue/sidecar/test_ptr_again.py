"""Post-Trade Risk asked for the same again: a decision or a bust whose answer was lost, and files of all there is."""

import pytest
from clearing_service import opened
from msgspec.structs import replace

from venue.sidecar.auth.identity import Identity
from venue.sidecar.rest.ptr import Followed
from venue.sidecar.rest.user_types import CLEARING as CLEARING_FIRM
from venue.sidecar.rest.user_types import Caller

pytestmark = [
    pytest.mark.section("PTR", "3.2 Semantics"),
    pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey"),  # plain keys serve us as well
]
CLEARING, OPERATOR = "workx-ptr-api", "ntf-operator"
LIMITS = {"correspondent": "INET", "settingType": "INTRA", "limits": {"perTrade": 1_000}}
TRADE = {"reporting": "INET", "contra": "AKAM", "side": "B", "symbol": "AAPL", "quantity": 1, "price": "200.00"}


@pytest.fixture
async def service(tmp_path):
    async with opened(tmp_path, perTrade=1_000) as service:
        yield service


async def twice(service, who, path, body=None):
    """Ask twice under one key; gives what was answered, and whether it said that it had been."""
    answers = [await service.ask(who, "POST", path, body, Idempotency_Key="k") for _ in range(2)]
    return [(answered.status, answered.headers.get("Idempotent-Replayed"), answered.json) for answered in answers]


@pytest.mark.parametrize(
    ("who", "path", "body"),
    [
        (CLEARING, "/ptr-api/ext/held/nasdaq-1-B/allow", None),
        (CLEARING, "/ptr-api/ext/held/nasdaq-1-B/inhibit", None),
        (OPERATOR, "/ops/clearing/held/nasdaq-1-B/decision", {"allow": True}),
    ],
)
async def test_a_decision_asked_for_again_under_its_key_is_answered_as_before(service, who, path, body):
    service.floor.trade("B", 10)
    await service.catch_up()
    first, again = await twice(service, who, path, body)
    assert first[:2] == (200, None)
    assert again == (200, "true", first[2])
    assert (await service.ask(who, "POST", path, body, Idempotency_Key="other")).status == 409
    other = await service.ask(CLEARING, "POST", "/ptr-api/ext/held/nasdaq-2-B/allow", Idempotency_Key="k")
    assert other.status == 404


async def test_a_key_of_one_decision_is_none_of_the_other(service):
    service.floor.trade("B", 10)
    await service.catch_up()
    path = "/ptr-api/ext/held/nasdaq-1-B"
    assert (await service.ask(CLEARING, "POST", f"{path}/allow", Idempotency_Key="k")).status == 200
    answered = await service.ask(CLEARING, "POST", f"{path}/inhibit", Idempotency_Key="k")
    assert (answered.status, answered.fields) == (422, ["Idempotency-Key"])
    assert service.house.clearing.legs["nasdaq-1-B"].standing.name == "ALLOWED"


async def test_a_reported_trade_taken_back_again_under_its_key_is_answered_as_before(service):
    name = (await service.ask(OPERATOR, "POST", "/ops/trf/trades", TRADE)).json["tradeId"]
    first, again = await twice(service, OPERATOR, f"/ops/trf/trades/{name}/bust", {})
    assert first == (200, None, {"tradeId": name, "broken": True})
    assert again == (200, "true", first[2])
    assert (await service.ask(OPERATOR, "POST", f"/ops/trf/trades/{name}/bust", {})).status == 404


async def test_a_file_of_totals_or_of_the_audit_is_whole_whatever_a_page_has(service):
    await service.ask(CLEARING, "PUT", "/ptr-api/clearing/configurations", LIMITS | {"limits": {"maxTrade": 5}})
    polled = await service.ask(CLEARING, "POST", "/ptr-api/clearing/poll", {"limit": 1}, Accept="text/csv")
    assert [line[:4] for line in polled.content.decode().splitlines()[1:]] == ["AKAM", "INET"]
    audited = await service.ask(CLEARING, "GET", "/ptr-api/clearing/audit?limit=1", Accept="text/csv")
    assert len(audited.content.decode().splitlines()) == 3


@pytest.mark.parametrize(
    "path",
    [
        "trf/trades/nonsense/bust",
        "trf/trades/trf-999999/bust",
        "clearing/held/trf-999999-1-B/decision",
        "clearing/held/nasdaq-1-X/decision",
    ],
)
async def test_the_engine_process_too_refuses_an_id_that_can_be_none(service, path):
    body = {} if path.endswith("bust") else {"allow": True}
    answered = await service.engine.ask("POST", path, body)
    assert (answered.status, answered.body["errors"][0]["field"]) == (404, "tradeId")


async def test_what_a_former_clearing_firm_did_is_not_shown_to_the_one_that_clears_now(service):
    clearing = service.house.clearing
    taken = [replace(entry, firm="CLRB") for entry in service.floor.machine.engine.configuration.clearing]
    granted = {"id": "next", "userTypes": {"clearing": ["CLRB", "INET"]}, "networks": ["127.0.0.1"]}
    await service.login("next", (await service.ask(OPERATOR, "POST", "/ops/ptr/subscriptions", granted)).json["secret"])
    followed = Followed(Caller(service.sidecar, Identity("client:x", frozenset(), None), CLEARING_FIRM), lambda: True)
    assert "CLRG-INET" in followed
    clearing.configure(taken, 0)
    assert "CLRG-INET" not in followed
    assert "CLRB-INET" in followed
    shown = {who: (await service.ask(who, "GET", "/ptr-api/clearing/audit")).items for who in (CLEARING, "next")}
    assert [row["field"] for row in shown[CLEARING]] == ["today.perTrade"], "the firm that did it"
    assert shown["next"] == []


async def test_a_stream_tells_nothing_where_its_subscription_may_not_ask_from_there_any_more(service):
    granted = {"id": "narrow", "userTypes": {"clearing": ["CLRG", "INET"]}, "networks": ["127.0.0.1"]}
    secret = (await service.ask(OPERATOR, "POST", "/ops/ptr/subscriptions", granted)).json["secret"]
    headers = {"Authorization": f"Bearer {await service.login('narrow', secret)}"}
    url = service.server.make_url("/ptr-api/clearing/stream")
    async with service.session("127.0.0.1").get(url, headers=headers) as stream:
        assert (await stream.content.readline()).startswith(b": as of")
        (followed,) = service.sidecar.feed.subscriptions
        assert "CLRG-INET" in followed.mpids
        elsewhere = {"networks": ["10.0.0.1"]}
        assert (await service.ask(OPERATOR, "PUT", "/ops/ptr/subscriptions/narrow", elsewhere)).status == 200
        assert "CLRG-INET" not in followed.mpids
