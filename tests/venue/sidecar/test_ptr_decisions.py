"""Decisions about held and reported trades: each about one that there is, each made once, however it comes in."""

import asyncio

import msgspec
import pytest
from clearing_service import opened

from engine.clearing import Clearing
from engine.clearing_commands import DecideHeldTrade, ReportTrades, TradeReport
from engine.clearing_state import ClearingState, Standing
from venue.ptr import inquiry
from venue.ptr.views import legs_of
from venue.unix_sockets import reachable

pytestmark = [
    pytest.mark.section("PTR", "3.2 Semantics"),
    pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey"),  # plain keys serve us as well
]
CLEARING, OPERATOR = "workx-ptr-api", "ntf-operator"
TRADE = {"reporting": "INET", "contra": "AKAM", "side": "B", "symbol": "AAPL", "quantity": 1, "price": "200.00"}
PAIRS = 40


@pytest.fixture
async def service(tmp_path):
    async with opened(tmp_path, perTrade=1_000) as service:
        yield service


async def hold(service, count=1):
    """Have so many trades held: nasdaq-1-B, nasdaq-2-B and so on."""
    for _ in range(count):
        service.floor.trade("B", 10)
    await service.catch_up()


def audited(service, *actions):
    """Which trades the audit says were decided about, each as often as it says so."""
    return sorted(row.field for row in service.house.clearing.audit if row.action in actions)


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("clearing/held/nasdaq-9-B/decision", {"allow": True}, "nasdaq-9-B"),
        ("clearing/held/nasdaq-9-B/decision", {"allow": False}, "nasdaq-9-B"),
        ("clearing/held/nasdaq-1-S/decision", {"allow": True}, "nasdaq-1-S"),  # AKAM's side counted: it is not held
        ("clearing/held/trf-1-B/decision", {"allow": True}, "trf-1-B"),
        ("trf/trades/trf-1/bust", {}, "trf-1"),
    ],
)
async def test_the_socket_names_a_trade_that_there_is_not_and_writes_nothing_down(service, path, body, name):
    await hold(service)
    before = service.floor.machine.number
    answered = await service.engine.ask("POST", path, body)
    assert answered.status == 404
    assert name in answered.body["detail"]
    assert answered.body["errors"][0]["field"] == "tradeId"
    assert service.floor.machine.number == before


async def test_the_socket_says_how_a_trade_stands_that_was_decided_already(service):
    await hold(service)
    path = "clearing/held/nasdaq-1-B/decision"
    assert (await service.engine.ask("POST", path, {"allow": False})).status == 200
    again = await service.engine.ask("POST", path, {"allow": True})
    assert (again.status, again.body["detail"]) == (409, "nasdaq-1-B is INHIBITED already")
    reported = await service.engine.ask("POST", "trf/trades", TRADE)
    path = f"trf/trades/{reported.body['tradeId']}/bust"
    statuses = [(await service.engine.ask("POST", path, {})).status for _ in range(2)]
    assert statuses == [200, 404]


WAYS = {
    "ops": lambda name, allow: (OPERATOR, f"/ops/clearing/held/{name}/decision", {"allow": allow}),
    "ext": lambda name, allow: (CLEARING, f"/ptr-api/ext/held/{name}/{'allow' if allow else 'inhibit'}", None),
}


@pytest.mark.parametrize(("first", "second"), [("ops", "ops"), ("ops", "ext"), ("ext", "ext")])
@pytest.mark.parametrize("alike", [True, False])
async def test_of_two_decisions_about_one_trade_at_one_moment_one_is_made(service, first, second, alike):
    await hold(service, PAIRS)
    await service.login(OPERATOR)
    await service.login(CLEARING)
    names = [f"nasdaq-{number}-B" for number in range(1, PAIRS + 1)]
    asked = [call for name in names for call in (WAYS[first](name, True), WAYS[second](name, alike))]
    answers = await asyncio.gather(*(service.ask(who, "POST", path, body) for who, path, body in asked))
    for one, other in zip(answers[::2], answers[1::2], strict=True):
        assert sorted((one.status, other.status)) == [200, 409]
        lost = max(one, other, key=lambda answered: answered.status)
        assert lost.headers["Content-Type"] == "application/problem+json"
        assert lost.fields == ["tradeId"]
    assert audited(service, "ALLOW", "INHIBIT") == sorted(names)


async def test_of_two_who_take_back_one_report_at_one_moment_one_does(service):
    made = [await service.ask(OPERATOR, "POST", "/ops/trf/trades", TRADE) for _ in range(3)]
    paths = [f"/ops/trf/trades/{one.json['tradeId']}/bust" for one in made for _ in range(2)]
    answers = await asyncio.gather(*(service.ask(OPERATOR, "POST", path) for path in paths))
    statuses = [one.status for one in answers]
    assert [sorted(pair) for pair in zip(statuses[::2], statuses[1::2], strict=True)] == [[200, 404]] * 3


async def test_a_trade_that_is_broken_between_question_and_decision_is_not_decided(service, monkeypatch):
    await hold(service)
    ask, found = service.engine.inquiry._ask, []

    async def asked(question):
        found.append((await ask(question)).status)
        if len(found) == 1:
            service.floor.bust(1)
            await service.catch_up()
        return await ask(question) if len(found) > 1 else inquiry.Finding(200)

    monkeypatch.setattr(service.engine.inquiry, "_ask", asked)
    answered = await service.ask(CLEARING, "POST", "/ptr-api/ext/held/nasdaq-1-B/allow")
    assert (answered.status, answered.json["detail"]) == (409, "nasdaq-1-B is BROKEN already")
    assert audited(service, "ALLOW") == []


async def test_without_the_second_process_nothing_is_decided_and_that_is_said(service, monkeypatch):
    await hold(service)
    (service.floor.data / inquiry.SOCKET).unlink()
    monkeypatch.setattr(inquiry, "PATIENCE_SECONDS", 0.2)
    before = service.floor.machine.number
    answered = await service.engine.ask("POST", "clearing/held/nasdaq-1-B/decision", {"allow": True})
    assert answered.status == 503
    assert "nothing was done" in answered.body["detail"]
    assert service.floor.machine.number == before


@pytest.mark.parametrize(
    "line", [b"\n", b"{}\n", b"x" * 100_000 + b"\n", b'{"trade_id": 1, "is_report": true, "behind": 0}\n']
)
async def test_garbage_on_the_socket_of_questions_hurts_nobody(service, line):
    path = service.floor.data / inquiry.SOCKET
    assert path.stat().st_mode & 0o777 == 0o600
    with reachable(path) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    writer.write(line)
    assert await reader.read() == b""
    writer.close()
    await hold(service)
    assert (await service.ask(CLEARING, "POST", "/ptr-api/ext/held/nasdaq-1-B/allow")).status == 200


class Counted(dict):
    """Sides of trades, which counts how many were looked at."""

    looks = 0

    def __getitem__(self, name):
        self.looks += 1
        return super().__getitem__(name)

    def values(self):
        self.looks += len(self)
        return super().values()

    def items(self):
        self.looks += len(self)
        return super().items()


async def test_a_list_of_what_is_held_looks_at_that_and_at_nothing_that_is_held_no_more(service):
    every = [f"trf-x-{number}-B" for number in range(1, 501)]
    service.floor.do(ReportTrades((TradeReport("INET", "AKAM", True, "AAPL", 10, 2_000_000),) * 500, "trf-x"))
    await service.catch_up()
    clearing = service.house.clearing
    clearing.legs = Counted(clearing.legs)
    for gone in (every[:200], every[200:490]):
        for name in gone:
            clearing.apply(DecideHeldTrade(name, True), 0)
        left = len(clearing.relations["INET"].held)
        clearing.legs.looks = 0
        held = (await service.ask(CLEARING, "GET", "/ptr-api/ext/held")).items
        assert (len(held), clearing.legs.looks) == (left, left)
    decided = (await service.ask(CLEARING, "GET", "/ptr-api/ext/held?standing=ALLOWED&correspondent=INET")).items
    assert [leg["tradeId"] for leg in decided] == sorted(every[:490])


async def test_what_is_held_is_listed_alike_behind_a_restart(service):
    await hold(service, 3)
    await service.ask(CLEARING, "POST", "/ptr-api/ext/held/nasdaq-2-B/allow")
    clearing, again = service.house.clearing, Clearing()
    again.load(msgspec.convert(msgspec.to_builtins(clearing.dump()), ClearingState))
    for standing in (None, *Standing):
        before, after = (legs_of(fold, fold.relations["INET"], standing) for fold in (clearing, again))
        assert before == after
    assert list(again.relations["INET"].legs) == ["nasdaq-1-B", "nasdaq-2-B", "nasdaq-3-B"]
