"""What operations may set of a port: it only cancels, or its orders end with its connection; until it is set anew."""

import shutil

import pytest

from ouch import codec
from venue.machine import Machine
from venue.recovery import replay

DISABLED = 0x000C
NAME = "IN19T6"
TARGET = f"ports/{NAME}"


@pytest.fixture
def venue(host):
    return host()


@pytest.fixture
def client(venue, connect):
    client = connect(venue, name=NAME)
    client.expect("S")
    return client


def shown(venue):
    (port,) = (item for item in venue.ask("ports").body["items"] if item["port"] == NAME)
    return port["cancelOnly"], port["cancelOnDisconnect"]


def set_port(venue, **body):
    response = venue.ask(TARGET, body)
    assert response.status == 200, response.body
    return response.body


def enter(client, count, first=1):
    """Let so many orders rest."""
    for start in range(first, first + count, 500):
        numbers = range(start, min(start + 500, first + count))
        client.send(*(client.order(number) for number in numbers))
        client.take(len(numbers))


def test_a_subset_is_set_and_the_rest_stays(venue):
    assert shown(venue) == (False, False)
    assert set_port(venue, cancelOnly=True) == {
        "port": NAME,
        "fatFinger": False,
        "maxOrdersPerSecond": 0,
        "cancelOnBreach": False,
        "cancelOnly": True,
        "cancelOnDisconnect": False,
    }
    set_port(venue, cancelOnDisconnect=True)
    assert shown(venue) == (True, True)
    set_port(venue, cancelOnly=False, cancelOnDisconnect=False)
    assert shown(venue) == (False, False)


def test_a_cancel_only_port_enters_nothing_and_cancels(venue, connect, client):
    enter(client, 3)
    set_port(venue, cancelOnly=True)
    client.enter(4)
    assert client.expect("J")[1:3] == (4, DISABLED)
    client.send(client.replacement(1, 5, 200))
    assert client.expect("J")[1:3] == (5, DISABLED)
    client.send(client.cancel(1))
    assert client.expect("C")[1:4] == (1, 100, b"U")
    client.send(client.cancel(2, 40))
    assert client.expect("C")[1:4] == (2, 60, b"U")
    other = connect(venue, name="IN24T4")
    other.expect("S")
    other.enter(1)
    other.expect("A")
    seller = connect(venue, name="AK01T1")
    seller.expect("S")
    seller.enter(1, b"S", quantity=40)
    seller.take(2)
    assert client.expect("E")[1:3] == (2, 40), "what rests still trades"
    set_port(venue, cancelOnly=False)
    client.enter(6)
    client.expect("A")


def test_enabling_order_entry_does_not_lift_it(venue, client):
    set_port(venue, cancelOnly=True)
    client.send(codec.pack_enable_order_entry(1, b"INET", b""))
    client.expect("K")
    client.enter(2)
    assert client.expect("J")[2] == DISABLED


def test_without_the_setting_orders_outlive_the_connection(venue, connect, client):
    enter(client, 2)
    client.logout()
    again = connect(venue, name=NAME, sequence=4)
    assert again.settle()[1] == []
    assert len(venue.ask(f"orders?port={NAME}").body["items"]) == 2


@pytest.mark.parametrize("leave", ["logout", "close"])
def test_orders_end_with_the_connection_by_system(venue, connect, client, leave):
    set_port(venue, cancelOnDisconnect=True)
    enter(client, 3)
    other = connect(venue, name="IN24T4")
    other.expect("S")
    other.enter(1)
    other.expect("A")
    getattr(client, leave)()
    again = connect(venue)
    while again.login(NAME, sequence=5).__class__.__name__ != "LoginAccepted":  # the close is on its way
        again = connect(venue)
    assert [again.expect("C")[1:4] for _ in range(3)] == [(number, 100, b"Z") for number in (1, 2, 3)]
    assert again.settle()[1] == [], "nobody asked, so nobody is answered"
    assert [item["port"] for item in venue.ask("orders").body["items"]] == ["IN24T4"]
    assert venue.ask("books/nasdaq/AAPL").body["bids"] == [{"price": "190.0000", "quantity": 100}]


def test_many_orders_end_in_slices_before_the_port_is_heard_again(venue, connect, client, tmp_path):
    set_port(venue, cancelOnDisconnect=True)
    enter(client, 1_700)
    client.logout()
    again = connect(venue, name=NAME, sequence=1_702)
    again.enter(1_701)
    assert [again.expect("C")[1] for _ in range(1_700)] == list(range(1, 1_701))
    assert again.expect("A")[1] == 1_701
    venue.wait_for_disk()
    machine = Machine(tmp_path)
    replay(venue.data, machine)
    assert machine.hash() == venue.hash()


def test_orders_end_where_the_venue_was_killed_under_the_connection(venue, host, connect, client, tmp_path):
    set_port(venue, cancelOnDisconnect=True)
    enter(client, 2)
    venue.wait_for_disk()
    data = shutil.copytree(venue.data, tmp_path / "crashed", ignore=shutil.ignore_patterns("*.sock", "lock"))
    venue.stop()
    again = connect(host(data=data), name=NAME, sequence=4)
    assert [again.expect("C")[1:4] for _ in range(2)] == [(1, 100, b"Z"), (2, 100, b"Z")]


def test_the_settings_outlive_the_day_and_a_restart(venue, host, connect):
    set_port(venue, cancelOnly=True, cancelOnDisconnect=True)
    venue.ask("trading-day/next")
    assert shown(venue) == (True, True)
    wanted = venue.hash()
    venue.stop()
    again = host()
    assert again.hash() == wanted
    assert shown(again) == (True, True)
    client = connect(again, name=NAME)
    client.expect("S")
    client.enter(1)
    assert client.expect("J")[2] == DISABLED


@pytest.mark.parametrize(
    ("target", "body", "status", "field"),
    [
        (TARGET, {}, 422, None),
        (TARGET, {"cancelOnly": None}, 422, "cancelOnly"),
        (TARGET, {"cancelOnly": "yes"}, 422, "cancelOnly"),
        (TARGET, {"fatFinger": True}, 409, "port"),
        (TARGET, {"maxOrdersPerSecond": 100, "cancelOnly": True}, 409, "port"),
        (TARGET, {"maxOrdersPerSecond": -1}, 422, "maxOrdersPerSecond"),
        (TARGET, {"explainInText": True}, 422, "explainInText"),
        ("ports/NOBODY", {"cancelOnly": True}, 404, "port"),
    ],
)
def test_a_bad_setting_changes_nothing(venue, target, body, status, field):
    before = venue.hash()
    response = venue.ask(target, body)
    assert response.status == status, response.body
    assert [error["field"] for error in response.body.get("errors", ())] == ([] if field is None else [field])
    assert venue.hash() == before
