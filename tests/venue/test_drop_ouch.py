"""OUCH Drop over TCP: every message of the ports that it hears, behind their names, for whoever comes whenever."""

import shutil

import pytest
from drops import cancel, order, replacement, told_by

from fix.heard import HeardFixPort
from fix.port import FixOrderPort
from ouch import codec as us
from ouch import nordic_codec as codec
from ouch.drop import CopiedNordicPort
from ouch.nordic import NordicOuchPort
from ouch.us import UsOuchPort
from venue import config as configuration
from venue import tail
from venue.machine import Machine
from venue.recovery import replay

OUCH_DROP = pytest.mark.section("Portcullis", "OUCH Drop")
PORTS = ("GP29O1", "GP29O2", "GP30O1")
DROP = 'service = "drop.ouch.nordic"\npassword = "NTFTEST"\n'


@pytest.fixture
def traders(connect):
    """Log in on order entry ports."""

    def traders(venue, *names):
        return [connect(venue, "ouch.nordic", name) for name in names]

    return traders


@pytest.fixture
def drop(connect):
    """Log in on the Drop port."""

    def drop(venue, **login):
        return connect(venue, "drop.ouch.nordic", "GP29D2", **login)

    return drop


def letters(messages):
    return [(message[:6].decode().rstrip(), chr(message[6])) for message in messages]


@OUCH_DROP
def test_each_message_of_the_firms_ports_comes_behind_the_ports_name_in_the_order_in_which_it_happened(
    host, traders, drop
):
    venue = host()
    first, second, other = traders(venue, *PORTS)
    watcher = drop(venue)
    first.send(order(1), order(2, price=990_000), cancel(2, 40), order(3, user="GP29U2"))
    first.take(5)
    other.send(order(1, side=b"S", quantity=150, user="GP30U1"))
    other.take(4)
    second.send(order(1, price=980_000), replacement(1, 2, 200, price=981_000))
    second.take(3)
    first.take(2)
    expected = [("GP29O1", "S"), ("GP29O2", "S"), *[("GP29O1", letter) for letter in "AACAEE"]]
    told = watcher.take(len(expected) + 2)
    assert letters(told) == [*expected, ("GP29O2", "A"), ("GP29O2", "U")]
    assert told_by("GP29O1", told) == first.received
    assert told_by("GP29O2", told) == second.received


@OUCH_DROP
@pytest.mark.parametrize("asked", [False, True], ids=["not asked for", "asked for"])
def test_rejects_come_where_they_are_asked_for(host, demo_config, traders, drop, asked):
    venue = host(demo_config((DROP, f"{DROP}include_rejects = true\n")) if asked else None)
    (trader,) = traders(venue, "GP29O1")
    watcher = drop(venue)
    trader.send(order(1, user="NOBODY"), cancel(7), order(2))
    assert [chr(message[0]) for message in trader.take(4)] == ["S", "J", "I", "A"]
    expected = "SJIA" if asked else "SA"
    told = watcher.take(len(expected) + 1)
    assert told_by("GP29O1", told) == [message for message in trader.received if chr(message[0]) in expected]


@OUCH_DROP
def test_who_comes_late_has_the_whole_day_or_what_is_missing_of_it(host, traders, drop):
    venue = host()
    (trader,) = traders(venue, "GP29O1")
    trader.send(*(order(number, price=900_000) for number in range(1, 51)))
    trader.take(51)
    watcher = drop(venue)
    told = watcher.take(52)
    assert told_by("GP29O1", told) == trader.received
    watcher.logout()
    again = drop(venue, sequence=50)
    assert again.take(3) == told[49:]


@OUCH_DROP
def test_what_its_client_sends_does_nothing(host, traders, drop):
    venue = host()
    watcher = drop(venue)
    watcher.take(2)
    watcher.send(order(1), b"nonsense", us.pack_account_query(b""))
    (trader,) = traders(venue, "GP29O1")
    trader.send(order(1))
    trader.take(2)
    assert letters(watcher.take()) == [("GP29O1", "A")]
    assert venue.ask("orders?port=GP29D2").body["items"] == []
    venue.wait_for_disk()
    entries = list(tail.Follower(Machine(venue.data)).follow(venue.data, forever=False))
    assert [entry["message"] for entry in entries if entry.get("port") == "GP29D2" and "message" in entry] == [
        "ignored"
    ] * 3


@OUCH_DROP
def test_a_day_has_a_stream_of_its_own_that_begins_with_every_ports_start(host, traders, drop):
    venue = host()
    (trader,) = traders(venue, "GP29O2")
    watcher = drop(venue)
    trader.send(order(1))
    trader.take(2)
    watcher.take(3)
    assert venue.ask("trading-day/next", {}).status == 200
    assert letters(watcher.take(3)) == [("GP29O2", "C"), ("GP29O1", "S"), ("GP29O2", "S")]
    watcher.read_to_end()
    again = drop(venue)
    assert again.session != watcher.session
    assert letters(again.take(2)) == [("GP29O1", "S"), ("GP29O2", "S")]


@OUCH_DROP
def test_a_port_may_be_named_and_then_no_other_is_heard(host, demo_config, traders, drop):
    venue = host(demo_config(('drop_ports = ["GP29O1", "GP29O2"]', 'drop_ports = ["GP29O2", "GP31O1"]')))
    first, second, stranger = traders(venue, "GP29O1", "GP29O2", "GP31O1")
    for client, user in ((first, "GP29U1"), (second, "GP29U1"), (stranger, "GP31U1")):
        client.send(order(1, user=user))
        client.take(2)
    watcher = drop(venue)
    expected = [("GP29O2", "S"), ("GP31O1", "S"), ("GP29O2", "A"), ("GP31O1", "A")]
    assert letters(watcher.take(4)) == expected


@OUCH_DROP
def test_who_is_not_heard_is_of_the_plain_class(host):
    machine = host().venue.machine
    kinds = {endpoint.port.name: type(endpoint) for endpoint in machine.ports}
    assert {kinds[name] for name in ("GP29O1", "GP29O2")} == {CopiedNordicPort}
    assert {kinds[name] for name in ("GP30O1", "GP31O1")} == {NordicOuchPort}
    assert (kinds["IN19T6"], kinds["AK01T1"]) == (UsOuchPort, UsOuchPort)
    assert (kinds["INFX01"], kinds["AKFX01"], kinds["GP30F1"]) == (HeardFixPort, FixOrderPort, FixOrderPort)
    watched = {endpoint.port.name for endpoint in machine.ports if endpoint.port.sink is not endpoint}
    firm = {"IN19T6", "IN24T4", "IN30T1", "IN21T7", "IN20T9", "INRS01", "INRS02"}
    assert watched == firm | {"GP29O1", "GP29O2", "GP29O9"}


@OUCH_DROP
def test_a_replay_and_a_restart_tell_the_same_to_the_byte(host, traders, drop, tmp_path):
    venue = host()
    first, other = traders(venue, "GP29O1", "GP30O1")
    for number in range(1, 301, 3):
        first.send(order(number), order(number + 1, price=990_000), cancel(number + 1))
        other.send(order(number, side=b"S", quantity=60, user="GP30U1"))
    for client in (other, first):
        client.send(codec.pack_account_query())
        while client.take()[0][:1] != b"Q":
            pass
    watcher = drop(venue)
    count = 1 + len(first.received)
    told = watcher.take(count)
    venue.wait_for_disk()
    wanted = venue.hash()
    copy = tmp_path / "copy"
    shutil.copytree(venue.data, copy, ignore=shutil.ignore_patterns("*.sock", "lock"))
    machine = Machine(tmp_path)
    replay(copy, machine)
    assert machine.hash() == wanted
    venue.stop()
    again = host(data=venue.data)
    watcher = drop(again)
    assert watcher.take(count) == told


@OUCH_DROP
def test_a_port_that_is_to_be_heard_from_now_on_goes_on_as_it_was(host, demo_config, traders, drop):
    plain = demo_config((configuration_of_drop(), ""))
    venue = host(plain)
    (trader,) = traders(venue, "GP29O1")
    trader.send(order(1), order(2))
    trader.take(3)
    venue.stop()
    venue = host(demo_config(), data=venue.data)
    (trader,) = traders(venue, "GP29O1")
    trader.take(3)
    trader.send(order(2), cancel(1), order(3))
    assert [chr(message[0]) for message in trader.take(2)] == ["C", "A"]
    watcher = drop(venue)
    assert letters(watcher.take(2)) == [("GP29O1", "C"), ("GP29O1", "A")]
    assert venue.hash() == replayed(venue)


def configuration_of_drop():
    text = configuration.sample()
    start = text.index('[[port]]\nname = "GP29D2"')
    return text[start : text.index("# --- Firms", start)]


def replayed(venue):
    venue.wait_for_disk()
    machine = Machine(venue.data)
    replay(venue.data, machine)
    return machine.hash()
