"""FIX ports as operators see them: their sessions, their settings, and what the followers of the log are told."""

import pytest

from venue.machine import Machine
from venue.tail import Follower, line


@pytest.fixture
def venue(host):
    return host()


def port(venue, name):
    return next(item for item in venue.ask("ports").body["items"] if item["port"] == name)


def test_a_session_is_shown_with_its_numbers(venue, fix):
    assert port(venue, "INFX01")["fix"] == {
        "version": "",
        "nextIncoming": 1,
        "nextOutgoing": 1,
        "state": "disconnected",
        "askedFor": False,
    }
    client = fix(venue, "INFX01")
    client.logon()
    client.send("1", (112, "X"), number=4)
    client.expect("2")
    shown = port(venue, "INFX01")
    assert (shown["loggedIn"], shown["sequence"]) == (True, 2)
    assert shown["fix"] == {
        "version": "FIX.4.2",
        "nextIncoming": 2,
        "nextOutgoing": 3,
        "state": "logged on",
        "askedFor": True,
    }
    assert "fix" not in port(venue, "IN19T6") or port(venue, "IN19T6")["fix"] is None


def test_orders_end_with_the_connection_where_operations_say_so(venue, fix):
    client = fix(venue, "INFX01")
    client.logon()
    client.send("D", *client.order("A"))
    client.expect("8")
    assert venue.ask("ports/INFX01", {"cancelOnDisconnect": True}, verb="PUT").status == 200
    client.close()
    venue.wait_for_leavers()
    assert venue.ask("orders?port=INFX01").body["items"] == []
    back = fix(venue, "INFX01")
    back.number = 3
    back.logon()
    back.send("2", (7, 3), (16, 0))
    canceled = back.expect("8")
    assert (canceled[34], canceled[150], canceled[43]) == ("3", "4", "Y")


def test_a_logon_that_was_refused_is_no_connection_whose_end_cancels_orders(venue, fix):
    client = fix(venue, "INFX01")
    client.logon()
    client.send("D", *client.order("A"))
    client.expect("8")
    client.close()
    venue.wait_for_leavers()
    venue.ask("ports/INFX01", {"cancelOnDisconnect": True}, verb="PUT")
    low = fix(venue, "INFX01")
    low.send("A", (98, 0), (108, 30), number=1)
    assert low.expect("5")[58] == "MsgSeqNum too low, expecting 3 but received 1"
    low.read_to_end()
    venue.wait_for_leavers()
    assert len(venue.ask("orders?port=INFX01").body["items"]) == 1


def test_a_port_that_its_rate_shut_is_freed(host, fix, demo_config):
    rate = 'port = "IN30T1"\nsettings = { maxPortMessages = 100, portWindow = 1 }'
    venue = host(demo_config((rate, rate.replace("IN30T1", "INFX01").replace("100", "1"))))
    client = fix(venue, "INFX01")
    client.logon()
    for name in "ABC":
        client.send("D", *client.order(name))
    assert [client.expect("8")[39] for _ in range(3)] == ["0", "8", "8"]
    assert port(venue, "INFX01")["rateLimited"]
    assert venue.ask("ports/INFX01/release", {}).status == 200
    client.send("D", *client.order("D"))
    assert client.expect("8")[39] == "0"


def test_the_log_is_told_in_the_names_of_fix(venue, fix, tmp_path):
    client = fix(venue, "INFX01")
    client.logon()
    client.send("D", *client.order("A"))
    client.expect("8")
    client.send("D", *client.order("B", symbol="NOSUCH"))
    client.expect("8")
    client.close()
    venue.wait_for_leavers()
    entries = [
        entry for entry in Follower(Machine(tmp_path)).follow(venue.data, False) if entry.get("port") == "INFX01"
    ]
    told = [(entry["direction"], entry.get("message") or entry["event"]) for entry in entries]
    assert told == [
        ("in", "Logon"),
        ("out", "Logon"),
        ("in", "NewOrderSingle"),
        ("out", "ExecutionReport"),
        ("in", "NewOrderSingle"),
        ("out", "ExecutionReport"),
        ("in", "disconnect"),
    ]
    assert (entries[3]["ClOrdID"], entries[3]["sequence"]) == ("A", 2)
    assert entries[5]["why"]["check"] == "INVALID_SYMBOL"
    assert "ClOrdID=B" in line(entries[5])
