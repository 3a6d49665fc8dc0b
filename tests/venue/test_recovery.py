"""Starting again: what changed while the venue was down (the file, the date, the time) and what a crash left behind."""

import asyncio
import shutil
import threading
import time
from datetime import date

import pytest

from ouch import codec
from venue import app, snapshot
from venue.clock import RealClock
from venue.log import SqliteLog, read_log
from venue.machine import Machine
from venue.record import Kind, LogDamaged
from venue.recovery import recover, replay
from venue.tail import Follower
from wire.soup_terms import LoginAccepted, LoginRejected, LoginRejectReason

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
AAPL_ENTRY = """[[symbol]]
symbol = "AAPL"
previous_close = "200.0000"
"""
NEW_SYMBOL = """[[symbol]]
symbol = "NEW"
previous_close = "50.0000"

"""
PORT_ENTRY = """[[port]]
name = "IN24T4"
mpid = "INET"
service = "ouch.nasdaq"
password = "NTFTEST"

"""
NEW_PORT = PORT_ENTRY.replace("IN24T4", "IN99T9")


@pytest.fixture
def crashed(tmp_path):
    """The directory of a running venue as it would be found after `kill -9`."""

    def crashed(hosted, name="crashed"):
        hosted.wait_for_disk()
        return shutil.copytree(hosted.data, tmp_path / name, ignore=shutil.ignore_patterns("*.sock", "lock"))

    return crashed


@pytest.fixture
def again(host, crashed):
    """Stop a venue, or take what a crash would leave of it, and start one on that."""

    def again(hosted, after, config=None, clock=None):
        data = hosted.data
        if after == "a crash":
            data = crashed(hosted)
        hosted.stop()
        return host(config=config, data=data, clock=clock or hosted.clock)

    return again


after = pytest.mark.parametrize("after", ["a stop", "a crash"])


# ------------------------------------------------------------------------------------------------ another configuration


@after
def test_a_new_symbol_can_be_traded_and_everything_else_stands(host, connect, again, demo_config, after):
    venue = host()
    client = connect(venue, name="IN19T6")
    client.enter(1)
    client.enter(2, symbol="NEW", price=500_000)
    assert [message[:1] for message in client.take(3)] == [b"S", b"A", b"J"]
    venue = again(venue, after, demo_config((AAPL_ENTRY, NEW_SYMBOL + AAPL_ENTRY)))
    client = connect(venue, name="IN19T6")
    assert client.settle()[0] == 3
    client.enter(3, symbol="NEW", price=500_000)
    client.expect("A")
    assert venue.ask("books/nasdaq/NEW").body["previousClose"] == "50.0000"
    assert venue.ask("books/nasdaq/AAPL").body["bids"] == [{"price": "190.0000", "quantity": 100}]


@after
def test_a_new_port_gets_its_start_of_day_and_trades_the_same_day(host, connect, again, demo_config, after):
    venue = host()
    connect(venue, name="IN19T6").expect("S")
    config = demo_config((PORT_ENTRY, NEW_PORT + PORT_ENTRY))
    venue = again(venue, after, config)
    client = connect(venue)
    assert client.login("IN99T9") == LoginAccepted("261119PI00", 1)
    assert client.expect("S")[1] == b"S"
    client.enter(1)
    assert client.expect("A")[1] == 1
    assert connect(venue, name="IN24T4").settle()[0] == 1
    venue.stop()
    client = connect(host(config, venue.data), name="IN99T9")
    assert client.session == "261119PI00"
    assert [message[:1] for message in client.take(2)] == [b"S", b"A"]


@after
def test_a_rule_that_was_removed_holds_nobody(host, connect, again, demo_config, after):
    venue = host()
    client = connect(venue, name="IN30T1")
    client.expect("S")
    client.enter(1, quantity=5_001, price=1_900_000)
    assert client.expect("J")[2] == 0x0031
    venue = again(venue, after, demo_config(("{ limit = 5000 } ", "{ limit = 6000 } ")))
    client = connect(venue, name="IN30T1", sequence=3)
    client.enter(2, quantity=5_001, price=1_900_000)
    client.expect("A")


@after
def test_a_port_that_left_the_file_cannot_log_in_but_its_order_still_trades(host, connect, again, demo_config, after):
    venue = host()
    client = connect(venue, name="IN24T4")
    client.expect("S")
    client.enter(1)
    client.expect("A")
    venue = again(venue, after, demo_config((PORT_ENTRY, "")))
    assert connect(venue).login("IN24T4") == LoginRejected(LoginRejectReason.NOT_AUTHORIZED)
    other = connect(venue, name="AK01T1")
    other.expect("S")
    other.enter(1, b"S", price=1_900_000)
    other.expect("A")
    assert other.expect("E")[2:4] == (100, 1_900_000)
    venue = again(venue, "a stop", demo_config())
    late = connect(venue, name="IN24T4")
    assert [message[:1] for message in late.take(3)] == [b"S", b"A", b"E"], "and it is told when the port is back"


@after
def test_an_equal_configuration_is_no_record(host, connect, again, after):
    venue = host()
    connect(venue, name="IN19T6").logout()
    venue.wait_for_leavers()
    before = venue.call(lambda: venue.venue.machine.number)
    venue = again(venue, after)
    assert venue.venue.recovered == before
    assert venue.call(lambda: venue.venue.machine.number) == before


# ------------------------------------------------------------------------------------------------- another date or time


@after
@pytest.mark.parametrize(("days", "opened"), [(1, "2026-11-20"), (2, "2026-11-23"), (40, "2026-12-29")])
def test_a_later_date_opens_that_day_at_the_start(host, connect, clock, again, after, days, opened):
    venue = host()
    client = connect(venue, name="IN19T6")
    client.enter(1)
    client.take(2)
    clock.moment += days * DAY
    venue = again(venue, after)
    assert venue.call(lambda: venue.venue.machine.engine.date) == opened
    assert venue.ask("orders").body["items"] == []
    stale = connect(venue)
    assert stale.login("IN19T6", session="261119PI00") == LoginRejected(LoginRejectReason.SESSION_NOT_AVAILABLE)
    fresh = connect(venue)
    accepted = fresh.login("IN19T6")
    assert (accepted.session[:6], accepted.sequence) == (opened[2:].replace("-", ""), 1)
    assert fresh.expect("S")[1] == b"S"
    assert fresh.settle() == (1, [])


@after
def test_timestamps_count_from_the_midnight_before_the_day_was_opened(host, connect, clock, again, after):
    noon = 12 * 3600 * SECOND
    venue = host()
    assert connect(venue, name="IN19T6").expect("S")[0] == noon
    clock.moment += DAY
    venue = again(venue, after)
    assert connect(venue, name="IN19T6").expect("S")[0] == noon


@after
def test_an_earlier_clock_does_not_take_the_venue_back(host, connect, clock, again, after):
    venue = host()
    client = connect(venue, name="IN19T6")
    client.enter(1)
    stamps = [client.expect("S")[0], client.expect("A")[0]]
    clock = type(clock)(clock.moment - 3 * DAY)  # another process: its clock knows nothing of the one before
    venue = again(venue, after, clock=clock)
    assert venue.call(lambda: venue.venue.machine.engine.date) == "2026-11-19"
    client = connect(venue, name="IN19T6", session="261119PI00", sequence=3)
    client.enter(2)
    assert client.expect("A")[0] == stamps[-1]
    clock.moment += 3 * DAY + SECOND
    client.enter(3)
    assert client.expect("A")[0] == stamps[-1] + SECOND
    times = [record.venue_time for _, record in read_log(venue.data)]
    assert times == sorted(times)


def test_the_real_clock_takes_up_where_the_log_ended(host, connect, clock, monkeypatch):
    host().stop()
    monkeypatch.setattr("venue.clock.time.time_ns", lambda: clock.moment - DAY)
    venue = host(clock=RealClock())
    assert connect(venue, name="IN19T6").settle()[0] == 1
    (*_, (_, last)) = read_log(venue.data)
    assert last.wall_time == clock.moment - DAY
    assert 0 <= last.venue_time - clock.moment < 60 * SECOND, "the moments since the start, at half pace"


@after
@pytest.mark.parametrize("late", [0, 1, 3600])
def test_an_order_whose_time_ended_while_the_venue_was_down_expires_at_its_own_moment(
    host, connect, clock, again, after, late
):
    venue = host()
    client = connect(venue, name="IN19T6")
    for number, seconds in ((1, 60), (2, 30), (3, 40_000)):
        client.enter(number, tif=b"6", options=codec.pack_option(codec.TAG_EXPIRE_TIME, seconds))
    start = client.expect("S")[0]
    client.take(3)
    session, sequence = client.session, client.sequence
    clock.moment += (60 + late) * SECOND
    venue = again(venue, after)
    client = connect(venue, name="IN19T6", session=session, sequence=sequence)
    assert client.expect("C")[:4] == (start + 30 * SECOND, 2, 100, b"T")
    assert client.expect("C")[:4] == (start + 60 * SECOND, 1, 100, b"T")
    assert client.settle() == (4, [])
    assert [item["userRefNum"] for item in venue.ask("orders").body["items"]] == [3]


def test_a_deadline_that_passes_on_a_quiet_venue_is_a_record_of_its_own(host, connect, clock, again):
    venue = host()
    client = connect(venue, name="IN19T6")
    client.enter(1, tif=b"6", options=codec.pack_option(codec.TAG_EXPIRE_TIME, 30))
    start = client.expect("S")[0]
    client.expect("A")
    session = client.session
    client.logout()
    clock.moment += 45 * SECOND
    venue = again(venue, "a stop")
    (*_, (_, last)) = read_log(venue.data)
    client = connect(venue, name="IN19T6", session=session, sequence=3)
    assert client.expect("C")[:2] == (start + 30 * SECOND, 1)
    assert Kind.TIMER in [record.kind for _, record in read_log(venue.data)]
    assert last.venue_time <= clock.moment


# ------------------------------------------------------------------------------------------------- what a crash leaves


def test_a_crash_right_after_the_first_file_was_made(host, connect, tmp_path):
    log = SqliteLog(tmp_path / "data", "process")
    log.roll(date(2026, 11, 19))
    log.close()
    assert connect(host(), name="IN19T6").settle()[0] == 1


@pytest.mark.parametrize("days", [0, 1])
def test_a_crash_between_the_new_days_file_and_its_first_record(host, connect, clock, days):
    venue = host()
    connect(venue, name="IN19T6").logout()
    venue.stop()
    log = SqliteLog(venue.data, "process")
    log.roll(date(2026, 11, 20))
    log.close()
    clock.moment += days * DAY
    venue = host()
    client = connect(venue, name="IN19T6")
    client.enter(1)
    assert [message[:1] for message in client.take(2)] == [b"S", b"A"]
    if not days:
        assert venue.ask("trading-day/next").status == 200
        client.read_to_end()
        client = connect(venue, name="IN19T6")
        client.enter(1)
        client.take(2)
    assert venue.ask("ports").body["items"][0]["session"].startswith("261120")


def test_whoever_was_connected_is_disconnected_first(host, connect, crashed):
    venue = host()
    clients = [connect(venue, name=name) for name in ("IN19T6", "AK01T1")]
    data = crashed(venue)
    before = venue.call(lambda: venue.venue.machine.number)
    again = host(data=data)
    records = [record for number, record in read_log(data) if number > before]
    assert [record.kind for record in records] == [Kind.DISCONNECT, Kind.DISCONNECT]
    assert again.call(lambda: again.venue.machine.connected) == {}
    assert len(clients) == 2


@pytest.mark.parametrize("others", [0, 1])
def test_a_client_that_comes_while_the_venue_stops_is_not_served(host, connect, monkeypatch, others):
    venue = host()
    clients = [connect(venue, name="AK01T1") for _ in range(others)]
    for client in clients:
        client.expect("S")
    append, disk = SqliteLog.append, threading.Event()

    def slowly(log, batch, epoch):
        assert disk.wait(20)
        return append(log, batch, epoch)

    async def stop():
        stopping = asyncio.ensure_future(venue.venue.stop())
        client = connect(venue)  # the kernel takes the connection, the venue has not looked yet
        client.machine.login("IN19T6", "NTFTEST", 0)
        client.machine.send(client.order(1), 0)
        client.flush()
        clients.append(client)
        await stopping

    monkeypatch.setattr(SqliteLog, "append", slowly)
    threading.Timer(0.3, disk.set).start()
    start = time.monotonic()
    venue.run(stop())
    venue.is_running = False
    assert not clients[-1].received
    assert time.monotonic() - start < 1.5, "nobody is waited for who was not there"
    last = max(number for number, _ in read_log(venue.data))
    assert snapshot.newest_number(venue.data / "snapshots") == last
    assert host().venue.recovered == last


# ------------------------------------------------------------------------------------------------- snapshots and replay


def test_a_start_from_a_snapshot_gives_what_a_full_replay_gives(host, connect, clock, tmp_path):
    for turn in range(3):
        venue = host()
        first, second = (connect(venue, name=name) for name in ("IN19T6", "AK01T1"))
        for client, side in ((first, b"B"), (second, b"S")):
            client.settle()
            number = client.settle()[0]
            client.enter(number, side, quantity=150, price=2_000_000)
            client.enter(number + 1, side, price=1_900_000, tif=b"6", options=codec.pack_option(15, 50_000))
            client.settle()
        venue.ask("phase", {"venue": "nasdaq", "book": "MSFT", "phase": "HALT"})
        venue.ask("books/nasdaq/AAPL/prices", {"offer": f"20{turn}.0000"})
        if turn == 1:
            venue.ask("trading-day/next")
        venue.stop()
        clock.moment += 60 * SECOND
        machines = [Machine(tmp_path), Machine(tmp_path)]
        recover(venue.data, machines[0])
        replay(venue.data, machines[1])
        assert machines[0].number == machines[1].number
        assert machines[0].dump() == machines[1].dump()
        assert machines[0].snapshot() == machines[1].snapshot()
    assert next(snapshot.newest_first(venue.data / "snapshots"), None)[0] == machines[0].number
    assert len(list((venue.data / "snapshots").iterdir())) == 2


def test_old_days_may_be_removed_and_replay_starts_from_a_snapshot(host, connect, tmp_path):
    venue = host()
    connect(venue, name="IN19T6").settle()
    venue.stop()
    venue = host()
    venue.ask("trading-day/next")
    connect(venue, name="IN19T6").settle()
    wanted = venue.hash()
    venue.stop()
    venue = host()
    assert venue.hash() == wanted
    venue.stop()
    (venue.data / "log" / "2026-11-19.db").unlink()
    machine = Machine(tmp_path)
    replay(venue.data, machine)
    assert machine.hash() == wanted
    told = list(Follower(Machine(tmp_path)).follow(venue.data, forever=False))
    assert told, "what is kept can be followed"
    assert all(entry["record"] > 3 for entry in told)
    assert not [entry for entry in told if entry.get("sequence") == 1 and entry["record"] > 6], "nothing is told twice"
    assert host().hash() == wanted


def test_a_log_without_its_first_records_and_without_a_snapshot_is_damaged(host, tmp_path):
    venue = host()
    venue.ask("trading-day/next")
    venue.stop()
    shutil.rmtree(venue.data / "snapshots")
    (venue.data / "log" / "2026-11-19.db").unlink()
    for bring in (recover, replay):
        with pytest.raises(LogDamaged, match="record"):
            bring(venue.data, Machine(tmp_path))
    with pytest.raises(LogDamaged):
        host()


def test_a_start_that_fails_lets_go_of_ports_and_directory(host, monkeypatch):
    def fail(_directory, _machine):
        raise LogDamaged(7, "as this test wants it")

    with monkeypatch.context() as patch:
        patch.setattr(app, "recover", fail)
        failing = host(start=False)
        with pytest.raises(LogDamaged, match="7"):
            failing.start()
    assert host().ask("ports").status == 200
