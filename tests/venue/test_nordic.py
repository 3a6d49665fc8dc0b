"""Nordic OUCH 5 over TCP on the demo: two members trade, PRM refuses by number, GTC outlives the day and kill -9."""

import pytest

from ouch import nordic_messages as messages
from ouch.nordic_messages import OUT, decode, encode
from venue import recovery, tail
from venue.machine import Machine

NORDIC = pytest.mark.section("Nordic OUCH 5", "Over TCP")
SERVICE = "ouch.nordic"


def order(number, side="B", quantity=100, price=1_000_000, *, user="GP29U5", book=101, options=None):
    behind = (71, 72, 73, 0b111101, "2", "-")
    return encode(messages.EnterOrder(number, side, quantity, book, price, user, *behind, options or {}))


def cancel(number, quantity=0, user="GP29U5"):
    return encode(messages.CancelOrder(number, quantity, user))


def ask(client, message, count=1):
    """Send a message, and give what came of it, decoded."""
    client.send(message)
    said = [decode(OUT, answer) for answer in client.take(count)]
    return said[0] if count == 1 else said


@NORDIC
def test_two_members_trade_and_each_is_told_of_its_side(host, connect):
    venue = host()
    ours, theirs = (connect(venue, SERVICE, name) for name in ("GP29O1", "GP30O1"))
    for client in (ours, theirs):
        assert decode(OUT, client.take()[0]).event_code == "S"
    accepted = ask(ours, order(1, options={4: "REFERENCE", 15: "LBL"}))
    assert (accepted.order_book, accepted.user, accepted.client_id) == (101, "GP29U5", 73)
    assert accepted.options == {4: "REFERENCE", 15: "LBL"}
    _, removed = ask(theirs, order(1, "S", 60, user="GP30U1"), 2)
    (added,) = (decode(OUT, message) for message in ours.take())
    assert (added.quantity, added.price, added.match_number) == (60, 1_000_000, removed.match_number)
    assert (added.liquidity_attributes, removed.liquidity_attributes) == (0, 8)
    assert ask(ours, cancel(1)).quantity == 40
    assert ask(ours, cancel(1)) == messages.CancelRejected(added.timestamp, 1, 0x0010)
    assert venue.ask("books/nordic/101").body["last"] == "100.0000"
    assert venue.ask("orders?port=GP29O1").body["items"] == []


@NORDIC
def test_accounts_and_users_refuse_by_their_numbers(host, connect):
    venue = host()
    ours, guarded = (connect(venue, SERVICE, name) for name in ("GP29O1", "GP29O2"))
    ours.take(), guarded.take()
    assert ask(ours, order(1, user="NOBODY")).reason == 0x000C
    assert ask(ours, order(2, quantity=100_001, price=10_000, user="GP29U1")).reason == 0x0107
    assert ask(ours, order(3, quantity=100_000, price=1_000_100, user="GP29U2")).reason == 0x0108
    assert ask(guarded, order(1, price=1_050_100)).reason == 0x010B
    limits = {"currency": "SEK", "limits": {"maxQuantity": 50}}
    assert venue.ask("prm/accounts/GP29PR", limits, "PUT").status == 200
    assert ask(ours, order(4, quantity=51, user="GP29U1")).reason == 0x0107
    assert ask(ours, order(5, quantity=50, user="GP29U1")).quantity == 50
    change = venue.ask("ports/GP29O2", {"fatFinger": False}, "PUT")
    assert (change.status, "sponsored" in change.body["detail"]) == (409, True)
    for number in range(2, 103):
        guarded.send(order(number, quantity=1, price=990_000))
    said = [decode(OUT, message) for message in guarded.take(200)]
    assert said[-1].reason == 0x0104
    assert sum(isinstance(one, messages.OrderCanceled) and one.reason == "S" for one in said) == 99


@NORDIC
def test_what_was_sent_and_said_is_told_by_name(host, connect, tmp_path):
    venue = host()
    ours = connect(venue, SERVICE, "GP29O1")
    ours.take()
    ask(ours, order(1, quantity=100_001, price=990_000, user="GP29U1"))
    ask(ours, order(2, options={4: "REFERENCE"}))
    ask(ours, cancel(9))
    venue.wait_for_disk()
    entries = tail.Follower(Machine(tmp_path)).follow(venue.data, forever=False)
    *_, sent, rejected, _, accepted, _, failed = [entry for entry in entries if entry.get("port") == "GP29O1"]
    assert (sent["message"], sent["order_book"], sent["price"], sent["user"]) == (
        "EnterOrder",
        101,
        "99.0000",
        "GP29U1",
    )
    assert (rejected["message"], rejected["reason"]) == ("Rejected", "0x0107")
    assert rejected["why"] == {
        "id": rejected["why"]["id"],
        "check": "MAXIMUM_ORDER_QUANTITY",
        "limit": 100_000,
        "observed": 100_001,
        "rule": "GP29PR",
    }
    assert (accepted["message"], accepted["options"]) == ("OrderAccepted", {"4": "REFERENCE"})
    assert (failed["message"], failed["reason"]) == ("CancelRejected", "0x0010")
    assert "0x0107" in tail.line(rejected)


@NORDIC
def test_an_order_good_till_canceled_outlives_the_day_and_a_kill(launch, connect, tmp_path):
    venue = launch("--durability", "process")
    ours = connect(venue, SERVICE, "GP29O1")
    ours.take()
    first = ask(ours, order(1, quantity=500, options={25: "1", 15: "KEEP"}))
    ask(ours, order(2, options={25: "0"}))
    assert venue.ask("trading-day/next", {}).status == 200
    ours.take(2)
    ours.read_to_end()
    before = connect(venue, SERVICE, "GP29O1").take(2)
    venue.kill()
    replayed = [Machine(tmp_path), Machine(tmp_path)]
    for machine in replayed:
        recovery.replay(venue.data, machine)
    stream = replayed[0].streams[replayed[0].engine.ports["GP29O1"].index]
    assert [stream.packet(number)[3:] for number in (1, 2)] == before
    assert replayed[0].hash() == replayed[1].hash()

    venue = launch("--durability", "process")
    ours, theirs = (connect(venue, SERVICE, name) for name in ("GP29O1", "GP30O1"))
    assert ours.take(2) == before
    theirs.take()
    started, carried = (decode(OUT, message) for message in before)
    assert started.event_code == "S"
    assert (carried.user_ref_num, carried.quantity, carried.user) == (1, 500, "GP29U5")
    assert carried.options[17] == first.order_reference_number
    assert set(carried.options) == {15, 16, 17, 25}
    ask(theirs, order(1, "S", 200, user="GP30U1"), 2)
    (executed,) = (decode(OUT, message) for message in ours.take())
    assert (executed.user_ref_num, executed.quantity) == (1, 200)
    assert ask(ours, cancel(1)).quantity == 300
