"""Post-Trade Risk over HTTP: what is shown, set and decided, over two days, and what it costs to ask again."""

import asyncio
import json

import pytest
from clearing_floor import ClearingFloor
from clearing_service import opened, serving

from engine.clearing_commands import ReportTrades, TradeReport
from venue.sidecar.clearing_events import COUNTERPARTY_KINDS

pytestmark = [
    pytest.mark.section("PTR", "3.2 Semantics"),
    pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey"),  # plain keys serve us as well
]

CLEARING, CORRESPONDENT, COUNTERPARTY = "workx-ptr-api", "workx-ptr-corr", "workx-ptr-cpty"
CONFIGURATIONS = "/ptr-api/clearing/configurations"
NONE = {
    **dict.fromkeys(("aggregateBuy", "aggregateSell", "aggregateNet", "perTrade", "maxTrade")),
    "preAlertPercent": 70,
    "killOnBreach": False,
}


@pytest.fixture
async def service(tmp_path):
    async with opened(tmp_path) as service:
        yield service


async def inet(service, client=CLEARING, kind="clearing"):
    """INET's item of a poll."""
    (item,) = (await service.poll(client, kind, mpids=["INET"])).items
    return item


async def put(service, kind="INTRA", **limits):
    """Set limits of INET."""
    body = {"correspondent": "INET", "settingType": kind, "limits": limits}
    return await service.ask(CLEARING, "PUT", CONFIGURATIONS, body)


async def test_all_three_see_the_same_totals_grow_trade_by_trade(service):
    for quantity in (100, 50):
        service.floor.trade("B", quantity)
        await service.catch_up()
    service.floor.trade("S", 10, 201)
    await service.catch_up()
    item = await inet(service)
    assert item == {
        "correspondent": "INET",
        "buy": "30000.0000",
        "sell": "2010.0000",
        "net": "27990.0000",
        "today": NONE,
        "alerts": [],
        "heldTrades": 0,
    }
    assert await inet(service, CORRESPONDENT, "correspondent") == item
    assert await inet(service, COUNTERPARTY, "counterparty") == item


async def test_access_tells_who_clears_for_whom(service):
    relation = {"relationId": "CLRG-INET", "clearingFirm": "CLRG", "correspondent": "INET", "counterparties": ["AKAM"]}
    for client, kind, count in ((CLEARING, "clearing", 2), (CORRESPONDENT, "correspondent", 1)):
        items = (await service.ask(client, "GET", f"/ptr-api/{kind}/access")).items
        assert len(items) == count
        assert relation | {"status": "ACTIVE"} in items
    await service.ask(CLEARING, "POST", "/ptr-api/ext/kill", {"correspondent": "INET", "on": True})
    answered = await service.ask(COUNTERPARTY, "GET", "/ptr-api/counterparty/access")
    assert answered.items == [relation | {"status": "KILLED"}]


async def test_today_and_the_next_day_over_two_days(service):
    intra = (await put(service, aggregateBuy=30_000)).json
    assert (intra["today"]["aggregateBuy"], intra["nextDay"]["aggregateBuy"]) == (30_000, None)
    later = (await put(service, "NEXT_DAY", aggregateBuy=10_000, perTrade=5_000)).json
    assert (later["today"]["aggregateBuy"], later["nextDay"]["aggregateBuy"]) == (30_000, 10_000)
    both = (await put(service, "BOTH", aggregateSell=7_000, preAlertPercent=50)).json
    assert both["today"] == NONE | {"aggregateBuy": 30_000, "aggregateSell": 7_000, "preAlertPercent": 50}
    service.floor.trade("B", 100)
    await service.catch_up()
    assert [alert["limit"] for alert in (await inet(service))["alerts"]] == ["aggregateBuy"]
    service.floor.next_day()
    await service.catch_up()
    item = await inet(service)
    tomorrow = NONE | {"aggregateBuy": 10_000, "aggregateSell": 7_000, "perTrade": 5_000, "preAlertPercent": 50}
    assert (item["buy"], item["alerts"], item["today"]) == ("0.0000", [], tomorrow)
    (item,) = (await service.ask(CORRESPONDENT, "POST", "/ptr-api/correspondent/configurations")).items
    assert item == {"correspondent": "INET", "today": tomorrow, "nextDay": tomorrow}
    service.floor.trade("B", 30)
    service.floor.trade("B", 25)
    service.floor.trade("B", 25)
    await service.catch_up()
    item = await inet(service)
    assert (item["buy"], item["heldTrades"]) == ("10000.0000", 1)
    assert [alert["kind"] for alert in item["alerts"]] == ["PRE_ALERT"]
    rows = (await service.ask(CLEARING, "GET", "/ptr-api/clearing/audit?correspondent=INET")).items
    activated = [(row["field"], row["newValue"]) for row in rows if row["action"] == "ACTIVATE"]
    assert activated == [("today.aggregateBuy", "10000"), ("today.perTrade", "5000")]


async def test_a_limit_that_is_left_out_keeps_its_value_and_null_takes_one_off(service):
    await put(service, "BOTH", aggregateBuy=5, perTrade=6, killOnBreach=True)
    answered = await put(service, perTrade=None, killOnBreach=None)
    assert answered.json["today"] == NONE | {"aggregateBuy": 5}
    assert answered.json["nextDay"] == NONE | {"aggregateBuy": 5, "perTrade": 6, "killOnBreach": True}


WRONG_LIMITS = [
    ({"limits": {}}, "limits"),
    ({"limits": {"agregateBuy": 1}}, "limits.agregateBuy"),
    ({"limits": {"aggregateBuy": -1}}, "limits.aggregateBuy"),
    ({"limits": {"aggregateBuy": 1.5}}, "limits.aggregateBuy"),
    ({"limits": {"aggregateBuy": 10**14 + 1, "perTrade": 1}}, "limits.aggregateBuy"),
    ({"limits": {"preAlertPercent": 0}}, "limits.preAlertPercent"),
    ({"limits": {"preAlertPercent": 101}}, "limits.preAlertPercent"),
    ({"limits": {"killOnBreach": 1}}, "limits.killOnBreach"),
    ({"settingType": "TOMORROW"}, "settingType"),
    ({"correspondent": "inet"}, "correspondent"),
]


async def test_limits_that_are_not_right_change_nothing_and_name_the_field(service):
    right = {"correspondent": "INET", "settingType": "BOTH", "limits": {"perTrade": 1}}
    for change, field in WRONG_LIMITS:
        answered = await service.ask(CLEARING, "PUT", CONFIGURATIONS, right | change)
        assert (answered.status, answered.fields) == (422, [field])
    assert service.house.clearing.audited == 0


async def test_a_change_under_an_idempotency_key_is_made_once(service):
    body = {"correspondent": "INET", "settingType": "BOTH", "limits": {"perTrade": 1}}
    answers = [await service.ask(CLEARING, "PUT", CONFIGURATIONS, body, Idempotency_Key="k") for _ in range(2)]
    assert [answered.status for answered in answers] == [200, 200]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert service.house.clearing.audited == 2


async def test_a_held_trade_is_allowed_or_inhibited_once(service):
    await put(service, perTrade=1_000)
    for _ in range(2):
        service.floor.trade("B", 10)
    await service.catch_up()
    held = (await service.ask(CLEARING, "GET", "/ptr-api/ext/held")).items
    assert [(leg["tradeId"], leg["role"], leg["contra"], leg["amount"]) for leg in held] == [
        ("nasdaq-1-B", "EXECUTING", "AKAM", "2000.0000"),
        ("nasdaq-2-B", "EXECUTING", "AKAM", "2000.0000"),
    ]
    allowed = await service.ask(CLEARING, "POST", "/ptr-api/ext/held/nasdaq-1-B/allow")
    inhibited = await service.ask(CLEARING, "POST", "/ptr-api/ext/held/nasdaq-2-B/inhibit")
    assert (allowed.json["standing"], inhibited.json["standing"]) == ("ALLOWED", "INHIBITED")
    for decision in ("allow", "inhibit"):
        again = await service.ask(CLEARING, "POST", f"/ptr-api/ext/held/nasdaq-1-B/{decision}")
        assert (again.status, again.fields) == (409, ["tradeId"])
    item = await inet(service)
    assert (item["buy"], item["heldTrades"]) == ("2000.0000", 0)
    decided = (await service.ask(CLEARING, "GET", "/ptr-api/ext/held?standing=INHIBITED")).items
    assert [leg["tradeId"] for leg in decided] == ["nasdaq-2-B"]


async def test_a_held_trade_of_another_firm_is_as_missing_as_one_that_never_was(service):
    await put(service, perTrade=1)
    service.floor.trade("B", 10)
    await service.catch_up()
    body = {"id": "other", "userTypes": {"clearing": ["CLRG", "AKAM"]}, "networks": ["127.0.0.1"]}
    made = await service.ask("ntf-operator", "POST", "/ops/ptr/subscriptions", body)
    await service.login("other", made.json["secret"])
    assert (await service.ask("other", "GET", "/ptr-api/ext/held")).items == []
    theirs = await service.ask("other", "POST", "/ptr-api/ext/held/nasdaq-1-B/allow")
    none = await service.ask("other", "POST", "/ptr-api/ext/held/nasdaq-9-B/allow")
    assert theirs.status == none.status == 404
    assert theirs.json["detail"].replace("nasdaq-1", "nasdaq-9") == none.json["detail"]
    assert (
        await service.ask("other", "POST", "/ptr-api/ext/kill", {"correspondent": "INET", "on": True})
    ).status == 403


async def test_where_the_configuration_does_not_say_so_there_is_no_ext(tmp_path):
    floor = ClearingFloor(tmp_path, ("ext = true  ", "ext = false "))
    async with serving(floor, asyncio.get_running_loop()) as service:
        for verb, path, body in (
            ("GET", "held", None),
            ("POST", "held/x/allow", None),
            ("POST", "held/x/inhibit", None),
            ("POST", "kill", {"correspondent": "INET", "on": True}),
        ):
            assert (await service.ask(CLEARING, verb, f"/ptr-api/ext/{path}", body)).status == 404
        assert service.engine.asked == []
        assert (await service.poll()).status == 200
    floor.close()


TRADE = {"reporting": "INET", "contra": "AKAM", "side": "S", "symbol": "AAPL", "quantity": 10, "price": "200.5"}


async def test_a_trade_that_is_reported_counts_until_it_is_taken_back(service):
    made = await service.ask("ntf-operator", "POST", "/ops/trf/trades", TRADE)
    assert made.json == TRADE | {"tradeId": made.json["tradeId"], "price": "200.5000"}
    assert (await inet(service))["sell"] == "2005.0000"
    path = f"/ops/trf/trades/{made.json['tradeId']}/bust"
    assert (await service.ask("ntf-operator", "POST", path)).status == 200
    assert (await service.ask("ntf-operator", "POST", path)).status == 404
    assert (await inet(service))["sell"] == "0.0000"


WRONG_REPORTS = [
    ({"quantity": 0}, "quantity"),
    ({"price": "0"}, "price"),
    ({"price": 200}, "price"),
    ({"side": "X"}, "side"),
    ({"contra": "INET"}, "contra"),
    ({"reporting": "XXXX", "contra": "YYYY"}, "reporting"),
    ({"symbol": "aapl"}, "symbol"),
]


async def test_one_report_that_is_not_right_and_none_of_its_batch_counts(service):
    for change, field in WRONG_REPORTS:
        one = await service.ask("ntf-operator", "POST", "/ops/trf/trades", TRADE | change)
        assert (one.status, one.fields) == (422, [field])
        batch = {"trades": [TRADE, TRADE | change]}
        many = await service.ask("ntf-operator", "POST", "/ops/trf/batches", batch)
        assert (many.status, many.fields) == (422, [f"trades[1].{field}"])
    assert (await inet(service))["sell"] == "0.0000"


async def test_a_batch_of_reports_is_one_record(service):
    made = await service.ask("ntf-operator", "POST", "/ops/trf/batches", {"trades": [TRADE, TRADE]})
    first, second = (item["tradeId"] for item in made.items)
    assert (first[-2:], second[-2:]) == ("-1", "-2")
    assert (await inet(service))["sell"] == "4010.0000"
    await service.ask("ntf-operator", "POST", f"/ops/trf/trades/{second}/bust")
    assert (await inet(service))["sell"] == "2005.0000"


# ------------------------------------------------------------------------------------------------------- asking again


async def test_an_answer_that_is_still_so_is_304_until_something_of_it_changes(service):
    first = await service.ask(CORRESPONDENT, "POST", "/ptr-api/correspondent/poll")
    etag = first.headers["ETag"]

    async def again(client=CORRESPONDENT, kind="correspondent", **headers):
        return await service.ask(client, "POST", f"/ptr-api/{kind}/poll", If_None_Match=etag, **headers)

    kept = await again()
    assert (kept.status, kept.content, kept.headers["ETag"]) == (304, b"", etag)
    service.floor.enter("AK01T1", "B", 100, 150)  # an order that trades with nobody
    await service.catch_up()
    kept = await again()
    assert kept.status == 304
    assert int(kept.headers["X-As-Of"]) > int(first.headers["X-As-Of"])
    assert (await again(Accept="text/csv")).status == 200, "another form is another answer"
    assert (await again(CLEARING, "clearing")).status == 200, "another selection is another answer"
    service.floor.trade("B", 1)
    await service.catch_up()
    assert (await again()).status == 200


async def test_a_poll_costs_the_engine_nothing_and_makes_each_item_once(service, monkeypatch):
    made = []
    module = __import__("venue.sidecar.rest.ptr", fromlist=["views"])
    monkeypatch.setattr(module, "views", Counting(module.views, made))
    for _ in range(5):
        await service.poll()
    assert (len(made), service.engine.asked) == (2, [])
    service.floor.do(ReportTrades((TradeReport("INET", "OTHR", True, "AAPL", 1, 10_000),), "trf-1"))
    await service.catch_up()
    for _ in range(5):
        await service.poll()
    assert (len(made), service.engine.asked) == (3, [])


class Counting:
    """The module of views, which notes for whom it makes an item."""

    def __init__(self, views, made):
        self.views, self.made = views, made

    def poll_view(self, relation):
        self.made.append(relation.entry.correspondent)
        return self.views.poll_view(relation)

    def __getattr__(self, name):
        return getattr(self.views, name)


async def test_a_thousand_relations_are_polled_from_what_is_made_already(tmp_path):
    names = [f"{number:04d}" for number in range(1_000)]
    more = "".join(f'[[clearing]]\nfirm = "MANY"\ncorrespondent = "{name}"\n\n' for name in names)
    floor = ClearingFloor(tmp_path, ("# --- Who may ask over HTTP", f"{more}# --- Who may ask over HTTP"))
    async with serving(floor, asyncio.get_running_loop()) as service:
        first = await service.poll("ntf-operator")
        assert (len(first.items), first.json["next"]) == (1_000, "0999")
        made = dict(service.house._shown)
        again = await service.ask(
            "ntf-operator", "POST", "/ptr-api/clearing/poll", {}, If_None_Match=first.headers["ETag"]
        )
        assert (again.status, again.content) == (304, b"")
        second = await service.poll("ntf-operator")
        assert second.items == first.items
        assert all(service.house._shown[name] is one for name, one in made.items())
        assert service.engine.asked == []
    floor.close()


async def test_a_poll_takes_pages_and_those_who_were_told_of_something(service):
    first = await service.poll(limit=1)
    assert [item["correspondent"] for item in first.items] == ["AKAM"]
    rest = await service.poll(limit=1, after=first.json["next"])
    assert ([item["correspondent"] for item in rest.items], rest.json["next"]) == (["INET"], None)
    assert (await service.poll(withAlerts=True)).items == []
    await put(service, maxTrade=1)
    service.floor.trade("B", 1)
    await service.catch_up()
    (item,) = (await service.poll(withAlerts=True)).items
    assert [(alert["kind"], alert["limit"]) for alert in item["alerts"]] == [("KILL", "maxTrade")]


async def test_totals_and_the_audit_are_exported_as_csv(service):
    await put(service, maxTrade=1_000_000)
    service.floor.trade("S", 100)
    await service.catch_up()
    answered = await service.ask(CLEARING, "POST", "/ptr-api/clearing/poll", {"mpids": ["INET"]}, Accept="text/csv")
    assert answered.headers["Content-Type"] == "text/csv"
    header, row = answered.content.decode().splitlines()
    totals = "Correspondent,Buy,Sell,Net,Aggregate Buy,Aggregate Sell,Aggregate Net,Per Trade,Max Trade"
    assert header == f"{totals},Pre-Alert Percent,Kill On Breach,Alerts,Held Trades"
    assert row == "INET,0.0000,20000.0000,-20000.0000,,,,,1000000,70,false,,0"
    answered = await service.ask(CLEARING, "GET", "/ptr-api/clearing/audit", Accept="text/csv")
    header, row = answered.content.decode().splitlines()
    assert header == "At,User,Action,Clearing Firm,Correspondent,Field,Old Value,New Value"
    assert row.split(",")[1:] == [
        "client:workx-ptr-api",
        "SET_LIMIT",
        "CLRG",
        "INET",
        "today.maxTrade",
        "none",
        "1000000",
    ]


async def test_the_audit_goes_on_behind_a_row(service):
    for limit in range(1, 4):
        await put(service, perTrade=limit)
    first = await service.ask(CLEARING, "GET", "/ptr-api/clearing/audit?limit=2")
    rest = await service.ask(CLEARING, "GET", f"/ptr-api/clearing/audit?limit=2&after={first.json['next']}")
    assert [row["newValue"] for row in [*first.items, *rest.items]] == ["1", "2", "3"]
    assert rest.json["next"] is None


# ------------------------------------------------------------------------------------------------------------- stream


async def read_events(response, count):
    """The next events of a stream."""
    found, fields = [], {}
    async for line in response.content:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "data":
            found.append((fields["event"], int(fields["id"]), json.loads(value)))
        fields[name] = value
        if len(found) == count:
            break
    return found


async def test_alerts_and_trades_are_told_as_they_happen_to_who_may_see_them_at_that_moment(service):
    streams = {}
    for client, kind in ((CLEARING, "clearing"), (CORRESPONDENT, "correspondent"), (COUNTERPARTY, "counterparty")):
        await service.login(client)
        url = service.server.make_url(f"/ptr-api/{kind}/stream")
        headers = {"Authorization": f"Bearer {service.tokens[client]}"}
        streams[kind] = await service.session("127.0.0.1").get(url, headers=headers)
        assert streams[kind].headers["X-Environment"] == "NTF"
    await put(service, aggregateBuy=20_000, perTrade=30_000)
    service.floor.trade("B", 101)
    service.floor.trade("B", 200)
    await service.catch_up()
    told = {kind: await read_events(stream, 3) for kind, stream in streams.items()}
    for those in told.values():
        kinds = [(event, data.get("kind")) for event, _, data in those]
        assert kinds == [("limits", None), ("alert", "PRE_ALERT"), ("alert", "BREACH")]
    alert = told["clearing"][2][2]
    assert (alert["limit"], alert["threshold"], alert["observed"]) == ("aggregateBuy", "20000.0000", "20200.0000")
    ((event, record, data),) = await read_events(streams["correspondent"], 1)
    assert (event, record, data["trade"]["tradeId"]) == ("held", service.floor.machine.number, "nasdaq-2-B")
    out = {"counterparty": "AKAM", "permitted": False}
    await service.ask(CORRESPONDENT, "PUT", "/ptr-api/correspondent/counterparty-access", out)
    await put(service, aggregateBuy=1)
    ((event, _, _),) = await read_events(streams["clearing"], 1)
    assert event == "held"
    ((event, _, _),) = await read_events(streams["clearing"], 1)
    assert event == "limits"
    (theirs,) = (one for one in service.sidecar.feed.subscriptions if one.kinds == frozenset(COUNTERPARTY_KINDS))
    assert theirs.take() == [], "who was opted out hears no more"
    for stream in streams.values():
        stream.close()
