"""Market data over HTTP: to whoever has a role, exact as of a record, and followed from there without a gap."""

import http.client
import json

import pytest
from callers import PATIENCE

from venue.sidecar.feed import EVENTS_WAITING, MARKET_KINDS, ORDER_EVENTS_WAITING, Event, Feed, Subscription
from venue.sidecar.replica import Replica

KINDS = "order,trade,top,phase"


def follow(caller, path, until):
    """Follow events until one is of some kind; gives them as kind, id and data."""
    connection = http.client.HTTPConnection(*caller.address, timeout=PATIENCE)
    if caller.token is None:
        caller.login()
    connection.request("GET", path, headers={"Authorization": f"Bearer {caller.token}"})
    response = connection.getresponse()
    assert response.status == 200, response.read()
    told, fields = [], {}
    try:
        while not told or told[-1][0] != until:
            name, _, value = response.readline().decode().rstrip("\n").partition(":")
            if not name and "event" in fields:
                told.append((fields["event"], int(fields["id"]), json.loads(fields["data"])))
            fields = fields | {name: value.strip()} if name else {}
    finally:
        response.close()
        connection.close()
    return told


@pytest.fixture
def traders(demo, connect):
    """A buyer and a seller at nasdaq, past the start of the day."""
    traders = [connect(demo, name=name) for name in ("IN19T6", "AK01T1")]
    yield traders
    for trader in traders:
        trader.socket.close()


def last_number(operator, port):
    ports = operator.get("/ops/ports").json["items"]
    return next(item["sequence"] for item in ports if item["port"] == port)


@pytest.mark.parametrize("client", ["ntf-operator", "member-gp29", "eqrc-inet-ro", "workx-ptr-cpty"])
def test_whoever_has_a_role_sees_what_everybody_sees(caller, client):
    one = caller(client)
    answered = one.get("/market-data/books?limit=2")
    assert answered.status == 200
    assert [item["symbol"] for item in answered.json["items"]] == ["AAPL", "AMD"]
    assert answered.json["asOf"] == int(answered.headers["X-As-Of"])
    assert one.get("/market-data/trades/nasdaq").status == 200


@pytest.mark.parametrize("path", ["books", "books/nasdaq/AAPL", "trades/nasdaq", "events"])
def test_nobody_sees_any_of_it_without_a_token(anybody, path):
    assert anybody.get(f"/market-data/{path}").status == 401


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("books?venue=nyse", 404, "venue"),
        ("books/nasdaq/NONE", 404, "book"),
        ("books/nasdaq/AAPL?depth=1001", 422, "depth"),
        ("trades/nyse", 404, "venue"),
        ("trades/nasdaq?book=NONE", 404, "book"),
        ("events?kinds=session", 422, "kinds"),
        ("events?venue=nyse", 404, "venue"),
        ("events?venue=nasdaq&book=NONE", 404, "book"),
        ("events?book=AAPL", 422, "venue"),
    ],
)
def test_what_is_not_there_is_refused_by_its_field(operator, path, status, field):
    answered = operator.get(f"/market-data/{path}")
    assert (answered.status, answered.fields) == (status, [field])


def test_books_come_page_by_page_and_each_once(operator):
    whole = operator.get("/market-data/books").json["items"]
    found, after = [], ""
    while after is not None:
        page = operator.get(f"/market-data/books?limit=7&after={after}").json
        found += page["items"]
        after = page["next"]
    assert found == whole
    assert [item["symbol"] for item in operator.get("/market-data/books?venue=nordic").json["items"]] == [
        *("101", "102", "201", "301", "401", "901")
    ]


def test_a_snapshot_is_followed_from_its_record_on_without_a_gap(operator, traders):
    buyer, seller = traders
    for trader in traders:
        trader.take(1)
    buyer.enter(1, quantity=100, price=1_950_000)
    buyer.take(1)
    seller.enter(1, b"S", quantity=30, price=1_950_000)
    seller.take(2)
    buyer.enter(2, quantity=100, price=1_940_000)
    buyer.take(2)
    operator.post("/ops/phase", {"venue": "nasdaq", "book": "AAPL", "phase": "MARKET"})
    snapshot = operator.get("/market-data/books/nasdaq/AAPL?orders=true&depth=1").json
    assert [(level["price"], level["quantity"]) for level in snapshot["bids"]] == [("195.0000", 70)]
    shown = {(one["side"], one["price"], one["quantity"], one["mpid"]) for one in snapshot["orders"]}
    assert shown == {("B", "195.0000", 70, None), ("B", "194.0000", 100, None)}
    assert (snapshot["bid"], snapshot["bidSize"], snapshot["ask"], snapshot["last"]) == (
        *("195.0000", 70),
        *(None, "195.0000"),
    )
    seller.enter(2, b"S", quantity=70, price=1_950_000)
    seller.take(2)
    operator.post("/ops/phase", {"venue": "nasdaq", "book": "AAPL", "phase": "HALT"})
    path = f"/market-data/events?venue=nasdaq&book=AAPL&kinds={KINDS}&after={snapshot['asOf']}"
    told = follow(operator, path, "phase")
    assert [kind for kind, _, _ in told] == ["order", "trade", "top", "phase"]
    assert all(record > snapshot["asOf"] for _, record, _ in told)
    number = next(one["order"] for one in snapshot["orders"] if one["quantity"] == 70)
    data = told[0][2]
    assert (data["event"], data["order"], data["quantity"], data["printed"]) == ("execute", number, 70, True)
    assert told[3][2]["phase"] == "HALT"
    operator.post("/ops/phase", {"venue": "nasdaq", "book": "AAPL", "phase": "MARKET"})
    again = follow(operator, f"{path}&after={snapshot['asOf']}".replace(f"&after={snapshot['asOf']}", "", 1), "phase")
    assert again[: len(told)] == told
    trades = operator.get("/market-data/trades/nasdaq?book=AAPL").json
    assert [(trade["matchNumber"], trade["quantity"], trade["broken"]) for trade in trades["items"]] == [
        (1, 30, False),
        (2, 70, False),
    ]
    assert operator.get("/market-data/trades/nasdaq?book=MSFT").json["items"] == []
    assert operator.post("/ops/trades/nasdaq/1/bust", {"reason": "E"}).status == 200
    assert operator.get("/market-data/trades/nasdaq?limit=1").json["items"][0]["broken"]
    assert operator.get("/market-data/trades/nasdaq?limit=1").json["next"] == "1"
    path = f"/market-data/events?kinds=broken&after={snapshot['asOf']}"
    assert follow(operator, path, "broken")[-1][2]["matchNumber"] == 1


async def test_orders_are_told_of_since_somebody_asked_for_them(host, connect, tmp_path):
    venue = host()
    venue.wait_for_disk()
    replica = Replica(venue.data, tmp_path)
    await replica.catch_up()
    feed = Feed(replica)
    feed.open(["top"])
    client = connect(venue, name="IN19T6")
    client.enter(1)
    client.take(2)
    venue.wait_for_disk()
    await replica.catch_up()
    late = feed.open(["order"], replica.applied - 1)
    assert [event.kind for event in late.take()] == ["reset"]
    as_of = replica.applied
    (order,) = feed.orders().orders(replica.machine.engine.markets["nasdaq"].books["AAPL"])
    assert (order.number, order.quantity) == (1, 100)
    client.send(client.cancel(1))
    client.take(1)
    venue.wait_for_disk()
    await replica.catch_up()
    (deleted,) = feed.open(["order"], as_of).take()
    assert (deleted.data["event"], deleted.data["order"]) == ("delete", 1)
    feed.close()
    replica.close()


@pytest.mark.parametrize(("kinds", "most"), [(("trade",), EVENTS_WAITING), (MARKET_KINDS, ORDER_EVENTS_WAITING)])
def test_a_slow_reader_is_told_how_much_it_missed_and_keeps_nothing_waiting(kinds, most):
    subscription = Subscription(frozenset(kinds), None)
    for number in range(most):
        subscription.put(Event(number, "trade", {}))
    assert len(subscription.take()) == most
    for number in range(2 * most + 2):
        subscription.put(Event(number, "trade", {}))
    (reset, *_) = subscription.take()
    assert reset == Event(2 * most, "reset", {"record": 2 * most, "missed": 2 * most + 1})
    assert subscription.take() == []


def test_one_book_alone_is_followed_and_what_is_of_no_book_comes_too():
    subscription = Subscription(frozenset(MARKET_KINDS), None, "nasdaq", "AAPL")
    wanted = [
        ("top", {"venue": "nasdaq", "symbol": "AAPL"}, True),
        ("top", {"venue": "bx", "symbol": "AAPL"}, False),
        ("top", {"venue": "nasdaq", "symbol": "AMD"}, False),
        ("broken", {"venue": "nasdaq"}, True),
        ("day", {}, True),
        ("session", {}, False),
    ]
    assert [subscription.wants(Event(1, kind, data)) for kind, data, _ in wanted] == [each for _, _, each in wanted]
