"""The safety switch and the end of a breach over REST, with orders on the wire."""

import pytest

SWITCH = "/rules-api/safety-switch"
INET = {"exchange": "NASDAQ", "mpid": "INET"}
DISABLED = 0x000C
NAMES = ("IN19T6", "IN24T4")
PRICE = 1_850_000


@pytest.fixture
def join(demo, connect, operator):
    """Log in to a port behind all that it was told today."""

    def join(name):
        ports = operator.get("/ops/ports").json["items"]
        last = next(item["sequence"] for item in ports if item["port"] == name)
        return connect(demo, name=name, sequence=last + 1)

    return join


@pytest.fixture
def traders(join, inet):
    """Two clients of INET; the ports are open again afterwards."""
    traders = {name: join(name) for name in NAMES}
    numbers = {name: trader.settle()[0] for name, trader in traders.items()}
    yield traders, numbers
    inet.post(SWITCH, INET | {"cancelAction": "ALL", "portAction": "ENABLE"})


def rest(trader, number, count=2, **order):
    """Enter orders that rest."""
    for place in range(count):
        trader.enter(number + place, b"B", 100, price=PRICE, **order)
        trader.expect("A")


def test_all_orders_of_all_ports_end_and_the_ports_refuse_until_they_are_enabled(traders, inet):
    clients, numbers = traders
    for name in NAMES:
        rest(clients[name], numbers[name])
    thrown = inet.post(SWITCH, INET | {"cancelAction": "ALL", "portAction": "DISABLE"})
    assert thrown.status == 200, thrown.content
    assert thrown.json["cancelled"] == 4
    assert set(NAMES) <= set(thrown.json["ports"])
    for name in NAMES:
        assert [clients[name].expect("C")[1] for _ in range(2)] == [numbers[name], numbers[name] + 1]
        clients[name].enter(numbers[name] + 2, b"B", 100)
        assert DISABLED in clients[name].expect("J")
    assert inet.post(SWITCH, INET | {"portAction": "ENABLE"}).json["cancelled"] == 0
    rest(clients["IN19T6"], numbers["IN19T6"] + 3, 1)


def test_orders_of_many_slices_have_all_ended_when_the_switch_answers(traders, inet, operator):
    clients, numbers = traders
    trader, first = clients["IN24T4"], numbers["IN24T4"]
    count = 1_100
    for start in range(0, count, 100):
        trader.send(*(trader.order(first + start + place, price=PRICE) for place in range(100)))
        trader.take(100)
    thrown = inet.post(SWITCH, INET | {"port": "IN24T4", "cancelAction": "ALL"})
    assert thrown.json == {"cancelled": count, "ports": ["IN24T4"]}
    assert operator.get("/ops/orders?port=IN24T4").json["items"] == []
    assert {message[:1] for message in trader.take(count)} == {b"C"}


def test_one_port_alone(traders, inet):
    clients, numbers = traders
    for name in NAMES:
        rest(clients[name], numbers[name], 1)
    thrown = inet.post(SWITCH, INET | {"port": "IN24T4", "cancelAction": "NON_CROSS", "portAction": "DISABLE"})
    assert thrown.json == {"cancelled": 1, "ports": ["IN24T4"]}
    clients["IN24T4"].expect("C")
    rest(clients["IN19T6"], numbers["IN19T6"] + 1, 1)


def test_under_one_key_the_switch_is_thrown_once(traders, inet):
    clients, numbers = traders
    rest(clients["IN19T6"], numbers["IN19T6"], 1)
    body = INET | {"port": "IN19T6", "cancelAction": "ALL"}
    first = inet.post(SWITCH, body, key="thrown")
    clients["IN19T6"].expect("C")
    rest(clients["IN19T6"], numbers["IN19T6"] + 1, 1)
    again = inet.post(SWITCH, body, key="thrown")
    assert (again.json, again.headers["Idempotent-Replayed"]) == (first.json, "true")
    assert clients["IN19T6"].settle()[1] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "cancelAction"),
        ({"cancelAction": "SOME"}, "cancelAction"),
        ({"portAction": "ENABLE", "exchange": "ROUTED"}, "exchange"),
        ({"portAction": "ENABLE", "port": "IN21T7"}, "port"),
        ({"portAction": "ENABLE", "port": "AK01T1"}, "port"),
    ],
)
def test_what_the_switch_cannot_do_is_refused_by_the_field(inet, change, field):
    refused = inet.post(SWITCH, INET | change)
    assert (refused.status, refused.fields) == (422, [field])


def test_where_nothing_is_breached_there_is_nothing_to_lift(inet):
    for more in ({}, {"type": "adv"}):
        refused = inet.post("/rules-api/unbreach", INET | more)
        assert (refused.status, refused.fields) == (422, ["type"])


def test_a_port_that_a_rate_shut_is_freed(join, inet):
    trader = join("IN30T1")
    number, _ = trader.settle()
    trader.send(*(trader.order(number + place, price=1_900_000) for place in range(102)))
    shut = [trader.take()[0][:1] for _ in range(102)]
    assert b"J" in shut
    number, _ = trader.settle()
    trader.enter(number, b"B", 1)
    trader.expect("J")
    body = INET | {"port": "IN30T1", "type": "order-rate"}
    assert inet.post("/rules-api/unbreach", body).status == 200
    trader.enter(number + 1, b"B", 1)
    trader.expect("A")
    inet.post(SWITCH, INET | {"port": "IN30T1", "cancelAction": "ALL"})
