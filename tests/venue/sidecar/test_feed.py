"""Live events: made of the records alone, each once, to whom they belong, resumed where they were left."""

import json

import pytest
from aiohttp import ClientSession, web

from ouch import nordic_codec
from ouch.nordic_messages import EnterOrder, encode
from venue.sidecar.context import Sidecar
from venue.sidecar.events import events
from venue.sidecar.feed import EVENTS_WAITING, KINDS, Event, Feed, Subscription
from venue.sidecar.replica import Replica


@pytest.fixture
def replica(tmp_path):
    """Make a replica of a venue, caught up."""
    made = []

    async def replica(venue):
        venue.wait_for_disk()
        folder = tmp_path / f"replica{len(made)}"
        folder.mkdir()
        replica = Replica(venue.data, folder)
        made.append(replica)
        await replica.catch_up()
        return replica

    yield replica
    for one in made:
        one.close()


async def test_a_nordic_refusal_is_told_with_its_number(host, connect, replica):
    venue = host()
    follower = await replica(venue)
    feed = Feed(follower)
    feed.open()
    client = connect(venue, "ouch.nordic", "GP29O1")
    order = EnterOrder(1, "B", 100_001, 101, 10_000, "GP29U1", 0, 0, 0, 0, "2", "-", {})
    client.send(encode(order))
    client.take(2)
    venue.wait_for_disk()
    await follower.catch_up()
    (event,) = [event for event in feed.kept if event.kind == "reject"]
    expected = {"port": "GP29O1", "userRefNum": 1, "reason": "0x0107", "check": "MAXIMUM_ORDER_QUANTITY"}
    assert event.data.items() >= expected.items()
    assert event.mpid == "GP29"


async def test_trades_tops_rejects_and_sessions_are_told_once_each_with_its_record(host, connect, replica):
    venue = host()
    follower = await replica(venue)
    feed = Feed(follower)
    subscription = feed.open()
    client, other = (connect(venue, name=name) for name in ("IN30T1", "AK01T1"))
    client.enter(1, price=2_000_000)
    client.take(2)
    other.enter(1, b"S", quantity=40, price=2_000_000)
    other.take(3)
    client.enter(2, quantity=5_001)
    client.take(2)
    client.send(client.cancel(1))
    client.take(1)
    venue.wait_for_disk()
    await follower.catch_up()
    told = list(feed.kept)
    first = follower.applied - 5
    assert [(event.record - first, event.kind) for event in told] == [
        (0, "session"), (1, "session"), (2, "top"), (3, "trade"), (3, "top"), (4, "reject"), (5, "top"),
    ]  # fmt: skip
    assert told[0].data["event"] == "login"
    assert {event.data["mpid"] for event in told[:2]} == {"INET", "AKAM"}
    top, trade, after, reject, empty = told[2:]
    assert top.data.items() >= {"venue": "nasdaq", "symbol": "AAPL", "bid": "200.0000", "bidSize": 100}.items()
    assert (top.data["ask"], top.data["askSize"]) == (None, 0)
    assert trade.data == {
        "venue": "nasdaq",
        "symbol": "AAPL",
        "price": "200.0000",
        "quantity": 40,
        "matchNumber": 1,
        "trading": "CONTINUOUS",
        "hidden": False,
        "time": "2026-11-19T17:00:00.000000Z",
    }
    assert (after.data["bidSize"], empty.data["bid"]) == (60, None)
    assert reject.data == {
        "port": "IN30T1",
        "mpid": "INET",
        "userRefNum": 2,
        "clOrdId": "",
        "reason": "0x0031",
        "check": "MAXIMUM_SHARES",
        "id": f"R{reject.record}",
        "time": "2026-11-19T17:00:00.000000Z",
    }
    assert subscription.take() == [*told[:2], trade, reject, empty], "of a book's tops the latest alone waits"
    feed.leave(subscription)


async def test_what_a_call_would_trade_is_told_as_it_changes_until_it_is_over(host, connect, replica):
    venue = host()
    follower = await replica(venue)
    feed = Feed(follower)
    subscription = feed.open(["indicative"])
    buyer, seller = (connect(venue, "ouch.nordic", name) for name in ("GP29O1", "GP30O1"))
    for client in (buyer, seller):
        client.take(1)
    body = {"venue": "nordic", "book": "101", "phase": "CLOSING_CALL"}
    venue.ask("phase", body)
    for client, side, quantity, user in ((buyer, b"B", 100, b"GP29U5"), (seller, b"S", 60, b"GP30U1")):
        order = (1, side, quantity, 101, 1_010_000, user, 0, 0, 0, 0, b"1", b"-", b"")
        client.send(nordic_codec.pack_enter_order(*order))
        client.take(1)
    venue.ask("phase", body | {"phase": "POST_TRADE"})
    venue.wait_for_disk()
    await follower.catch_up()
    told = [event for event in feed.kept if event.kind == "indicative"]
    shown = ("phase", "price", "paired", "imbalance", "imbalanceSide", "reference")
    assert [tuple(event.data[name] for name in shown) for event in told] == [
        ("CLOSING_CALL", None, 0, 0, None, "100.0000"),
        ("CLOSING_CALL", "101.0000", 60, 40, "B", "100.0000"),
        ("POST_TRADE", None, 0, 0, None, None),
    ]
    assert told[0].data["symbol"] == "101"
    assert subscription.take() == told[-1:], "only the latest waits"
    feed.leave(subscription)


async def test_a_new_day_is_told_and_watching_changes_nothing(host, connect, replica):
    venue = host()
    follower = await replica(venue)
    feed = Feed(follower)
    subscription = feed.open(["session"])
    connect(venue, name="IN19T6").enter(1)
    assert venue.ask("trading-day/next").status == 200
    venue.wait_for_leavers()
    await follower.catch_up()
    days = [event.data for event in subscription.take() if event.data["event"] == "day"]
    assert [(day["date"], bool(day["session"])) for day in days] == [("2026-11-20", True)]
    assert follower.machine.hash() == venue.hash()
    feed.close()
    assert follower.told is None
    assert follower.machine.hash() == venue.hash()


async def test_who_comes_back_gets_what_was_missed_and_who_was_away_too_long_starts_over(host, connect, replica):
    venue = host()
    follower = await replica(venue)
    feed = Feed(follower)
    feed.leave(feed.open())
    begin = follower.applied
    client = connect(venue, name="IN30T1")
    for number in range(1, 6):
        client.enter(number, quantity=5_001)
    client.take(6)
    venue.wait_for_disk()
    await follower.catch_up()
    assert [event.record for event in feed.open(KINDS, begin).take()] == [*range(begin + 1, begin + 7)]
    assert [event.record for event in feed.open(["reject"], begin + 5).take()] == [begin + 6]
    assert feed.open(KINDS, begin + 6).take() == []
    for unknown in (begin - 1, begin + 7):
        assert feed.open(KINDS, unknown).take() == [Event(begin + 6, "reset", {"record": begin + 6})]
    feed.close()


def test_of_a_slow_follower_only_the_latest_tops_wait_and_beyond_the_bound_a_reset():
    subscription = Subscription(frozenset(KINDS), None)
    for number in range(1, 10 * EVENTS_WAITING):
        subscription.put(Event(number, "top", {"venue": "nasdaq", "symbol": f"S{number % 7}"}))
    assert [event.record for event in subscription.take()] == [*range(10 * EVENTS_WAITING - 7, 10 * EVENTS_WAITING)]
    for number in range(EVENTS_WAITING + 1):
        subscription.put(Event(number, "trade", {}))
    subscription.put(Event(number + 1, "trade", {}))
    assert [event.kind for event in subscription.take()] == ["reset", "trade"]


def test_rejects_and_sessions_are_shown_to_their_own_trades_and_tops_to_all():
    own, foreign = Event(1, "reject", {}, "INET"), Event(2, "session", {}, "AKAM")
    public = Event(3, "trade", {})
    assert all(Subscription(frozenset(KINDS), None).wants(event) for event in (own, foreign, public))
    inet = Subscription(frozenset(KINDS), frozenset({"INET"}))
    assert [inet.wants(event) for event in (own, foreign, public)] == [True, False, True]
    assert not Subscription(frozenset({"top"}), None).wants(public)


class Somebody:
    mpids = None


@pytest.fixture
async def serve():
    """Serve the events of a venue over HTTP; gives the address."""
    runners = []

    async def serve(follower):
        sidecar = Sidecar(None, None, None, {}, follower, None, Feed(follower))
        app = web.Application()

        async def answer(request):
            return await events(request, sidecar, Somebody())

        app.router.add_get("/events", answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        runners.append((sidecar, runner))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/events"

    yield serve
    for sidecar, runner in runners:
        sidecar.feed.close()
        await runner.cleanup()


async def next_event(response):
    """The next event of a stream, as its fields."""
    fields = {}
    async for line in response.content:
        if line == b"\n":
            if "event" in fields:
                return fields
            fields = {}
            continue
        name, _, value = line.decode().rstrip("\n").partition(":")
        fields[name] = value.strip()
    return None


async def test_over_http_each_event_has_its_record_as_id_and_a_follower_goes_on_behind_the_last(
    host, connect, replica, serve
):
    venue = host()
    follower = await replica(venue)
    address = await serve(follower)
    async with ClientSession() as session:
        async with session.get(address, params={"kinds": "top,reject"}) as response:
            assert response.headers["Content-Type"] == "text/event-stream"
            client = connect(venue, name="IN30T1")
            client.enter(1)
            client.enter(2, quantity=5_001)
            client.take(3)
            venue.wait_for_disk()
            await follower.catch_up()
            top = await next_event(response)
            assert (top["event"], json.loads(top["data"])["bid"]) == ("top", "190.0000")
        async with session.get(address, headers={"Last-Event-ID": top["id"]}) as response:
            reject = await next_event(response)
            assert (reject["event"], int(reject["id"])) == ("reject", int(top["id"]) + 1)
        async with session.get(address, headers={"Last-Event-ID": "999999"}) as response:
            assert (await next_event(response))["event"] == "reset"
