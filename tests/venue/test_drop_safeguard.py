"""The on-disconnect safeguard of a Drop port: what counts as a disconnect, what ends, what it takes to trade again."""

import os
import signal
import socket
import struct

import pytest
from drops import order

from ouch import nordic_codec as codec
from venue import config as configuration
from venue.machine import Machine
from venue.record import Kind
from venue.recovery import replay
from wire.soup_terms import LoginRejected

SAFEGUARD = pytest.mark.section("PRM", "3.9 On-disconnect safeguard")
DROP = 'service = "drop.ouch.nordic"\npassword = "NTFTEST"\n'
GUARDING = f'{DROP}guards = ["GP29P1"]\n'
BLOCKED = 0x0101
GUARDED, FREE = "GP29U3", "GP29U1"


@pytest.fixture
def guarded(demo_config):
    """A configuration whose OUCH Drop port guards GP29P1."""

    def guarded(extra="", durability="process"):
        return demo_config((DROP, GUARDING + extra), durability=durability)

    return guarded


@pytest.fixture
def booked(connect):
    """Log in on GP29O1 and let an order of the guarded account and one of another rest."""

    def booked(venue):
        trader = connect(venue, "ouch.nordic", "GP29O1")
        trader.send(order(1, user=GUARDED), order(2, user=FREE))
        assert [chr(message[0]) for message in trader.take(3)] == ["S", "A", "A"]
        return trader

    return booked


def watch(connect, venue):
    return connect(venue, "drop.ouch.nordic", "GP29D2")


def account(venue):
    body = venue.ask("prm/accounts/GP29P1").body
    return body["blocked"], body["blockedBy"]


def has_struck(trader, number=3):
    """Whether the guarded order has ended, the other not, and new ones of the account are refused."""
    trader.send(order(number, user=GUARDED), order(number + 1, user=FREE))
    canceled, rejected, accepted = trader.take(3)
    assert canceled[:1] + rejected[:1] + accepted[:1] == b"CJA"
    assert codec.unpack_order_canceled(canceled)[1:] == (1, 100, b"S")
    assert codec.unpack_rejected(rejected)[1:3] == (number, BLOCKED)


def has_not_struck(trader, number=3):
    trader.send(order(number, user=GUARDED))
    assert trader.take()[0][:1] == b"A"


def log_out(client):
    client.logout()


def hang_up(client):
    client.close()


def crash(client):
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@SAFEGUARD
@pytest.mark.parametrize("end", [log_out, hang_up, crash], ids=["a logout", "a closed line", "a crash"])
def test_a_connection_that_ends_blocks_the_account_and_ends_its_orders(host, guarded, connect, booked, end):
    venue = host(guarded())
    trader, watcher = booked(venue), watch(connect, venue)
    end(watcher)
    assert trader.take()[0][:1] == b"C"
    trader.unread.appendleft(trader.received[-1])
    has_struck(trader)
    assert account(venue) == (True, "GP29D2")


# Over FIX: GP29D1 of the demo guards the account as it stands.


def fix_watch(fix, venue, **how):
    client = fix(venue, "GP29D1", "drop.nordic", "INORD", "FIXT.1.1")
    client.logon(**how)
    return client


def fix_logout(client):
    client.send("5")
    client.expect("5")
    client.read_to_end()


@SAFEGUARD
@pytest.mark.parametrize("end", [fix_logout, hang_up, crash], ids=["a logout", "a closed line", "a crash"])
def test_a_fix_session_that_ends_blocks_the_account_and_ends_its_orders(host, fix, booked, end):
    venue = host()
    trader, watcher = booked(venue), fix_watch(fix, venue)
    end(watcher)
    assert trader.take()[0][:1] == b"C"
    trader.unread.appendleft(trader.received[-1])
    has_struck(trader)
    assert account(venue) == (True, "GP29D1")
    reports = fix(venue, "GP29D1", "drop.nordic", "INORD", "FIXT.1.1")
    reports.number = watcher.number
    reports.logon()
    reports.send("2", (7, 1), (16, 0))
    ended = [report for report in reports.settle() if report.get(150) == "4"]
    assert [(report[11], report[58]) for report in ended] == [("1", "S")]


@SAFEGUARD
def test_missing_heartbeats_end_a_fix_session(host, fix, connect):
    venue = host()
    fix_watch(fix, venue, heartbeat=1)
    trader = connect(venue, "ouch.nordic", "GP29O1")
    trader.send(order(1, user=GUARDED))
    while trader.take()[0][:1] != b"C":
        venue.clock.moment += 20_000_000
        trader.send(codec.pack_account_query())
    assert account(venue) == (True, "GP29D1")


@SAFEGUARD
def test_a_logon_that_is_refused_does_not_count(host, fix, booked):
    venue = host()
    trader = booked(venue)
    stranger = fix(venue, "GP29D1", "drop.nordic", "WRONG", "FIXT.1.1")
    stranger.send("A", (98, 0), (108, 30), (1137, 9))
    stranger.read_to_end()
    refused = fix(venue, "GP29D1", "drop.nordic", "INORD", "FIXT.1.1")
    refused.send("A", (98, 0), (108, -5), (1137, 9))
    assert "5" in {message[35] for message in refused.read_to_end()}
    has_not_struck(trader)
    assert account(venue) == (False, "")


@SAFEGUARD
def test_the_end_of_the_day_logs_a_fix_session_out_and_is_no_disconnect_of_the_next(host, fix, connect, booked):
    venue = host()
    booked(venue)
    watcher = fix_watch(fix, venue)
    assert venue.ask("trading-day/next", {}).status == 200
    assert watcher.read_to_end()[-1][35] == "5"
    trader = connect(venue, "ouch.nordic", "GP29O2")
    trader.send(order(1, user=GUARDED))
    assert [chr(message[0]) for message in trader.take(2)] == ["S", "A"]
    assert account(venue) == (False, "")


@SAFEGUARD
def test_a_kill_counts_for_a_fix_session_whose_numbers_go_on(launch, fix, connect, booked):
    venue = launch("--durability", "process")
    booked(venue)
    fix_watch(fix, venue)
    venue.kill()
    venue = launch("--durability", "process", data=venue.data)
    trader = connect(venue, "ouch.nordic", "GP29O1")
    trader.take(3)
    has_struck(trader)
    assert account(venue) == (True, "GP29D1")
    again = fix(venue, "GP29D1", "drop.nordic", "INORD", "FIXT.1.1")
    again.number = 2
    assert int(again.logon()[34]) > 4


@SAFEGUARD
def test_silence_is_a_disconnect_too(host, demo_config, connect):
    quiet = ("client_silence_limit_ms = 15000", "client_silence_limit_ms = 300")
    venue = host(demo_config((DROP, GUARDING), quiet))
    watch(connect, venue)
    trader = connect(venue, "ouch.nordic", "GP29O1")
    trader.send(order(1, user=GUARDED))
    while trader.take()[0][:1] != b"C":
        trader.send(codec.pack_account_query())
    assert account(venue) == (True, "GP29D2")


@SAFEGUARD
def test_a_port_that_nobody_was_on_today_ends_nothing(host, guarded, connect, booked):
    venue = host(guarded())
    trader = booked(venue)
    stranger = connect(venue, "drop.ouch.nordic")
    assert isinstance(stranger.login("GP29D2", "WRONG"), LoginRejected)
    stranger.read_to_end()
    has_not_struck(trader)
    assert account(venue) == (False, "")


@SAFEGUARD
def test_who_comes_back_lifts_nothing_and_the_next_end_strikes_once_more(host, guarded, connect, booked):
    venue = host(guarded())
    trader = booked(venue)
    watch(connect, venue).logout()
    has_struck(trader)
    again = watch(connect, venue)
    trader.send(order(5, user=GUARDED))
    assert trader.take()[0][:1] == b"J"
    assert venue.ask("prm/accounts/GP29P1/release", {"what": "block"}).status == 200
    trader.send(order(6, user=GUARDED))
    assert trader.take()[0][:1] == b"A"
    again.logout()
    assert codec.unpack_order_canceled(trader.take()[0])[1:] == (6, 100, b"S")
    assert account(venue) == (True, "GP29D2")


@SAFEGUARD
def test_the_end_of_the_day_is_no_disconnect_of_the_next(host, guarded, connect, booked):
    venue = host(guarded())
    booked(venue)
    watcher = watch(connect, venue)
    assert venue.ask("trading-day/next", {}).status == 200
    watcher.read_to_end()
    trader = connect(venue, "ouch.nordic", "GP29O2")
    trader.send(order(1, user=GUARDED))
    assert [chr(message[0]) for message in trader.take(2)] == ["S", "A"]
    assert account(venue) == (False, "")


@SAFEGUARD
def test_it_is_one_record_that_a_replay_does_again(host, guarded, connect, booked):
    venue = host(guarded())
    trader = booked(venue)
    watch(connect, venue).logout()
    has_struck(trader)
    venue.wait_for_disk()
    machine = Machine(venue.data)
    replay(venue.data, machine)
    assert machine.hash() == venue.hash()
    ends = [record for _, record in venue.venue.log.read(1) if record.kind == Kind.DISCONNECT]
    assert len(ends) == 1


@SAFEGUARD
@pytest.mark.parametrize(
    ("how", "strict"),
    [("a stop", True), ("kill -9", True), ("kill -9", False)],
    ids=["a stop", "kill -9", "but not where it is set not to"],
)
def test_a_restart_of_the_venue_counts_by_default(launch, connect, booked, tmp_path, how, strict):
    text = configuration.sample().replace(DROP, GUARDING + ("" if strict else "guard_on_restart = false\n"))
    start = text.index('[[service]]\nkey = "http"')
    text = text[:start] + text[text.index("# --- Ports.", start) :]
    file = tmp_path / "guarded.toml"
    file.write_text(text.replace('durability = "disk"', 'durability = "process"'))
    venue = launch("--config", file, command="serve")
    booked(venue)
    watch(connect, venue)
    if how == "kill -9":
        venue.kill()
    else:
        os.kill(venue.process.pid, signal.SIGTERM)
        venue.process.wait(10)
    venue = launch("--config", file, command="serve", data=venue.data)
    trader = connect(venue, "ouch.nordic", "GP29O1")
    trader.take(3)
    if strict:
        has_struck(trader)
    else:
        has_not_struck(trader)
    assert account(venue) == (strict, "GP29D2" if strict else "")
