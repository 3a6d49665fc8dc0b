"""The venue joined: nothing is said before it is durable, nothing after a failure, and the loop waits for no disk."""

import json
import os
import random
import resource
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest

from ouch.port import OuchPort
from venue import journal
from venue.app import PortTaken
from venue.log import SqliteLog, read_log
from wire.soup_terms import LoginAccepted

DISK_ERROR = sqlite3.OperationalError("disk I/O error")


class Disk:
    """Stands between venue and log: holds commits back, or fails them."""

    def __init__(self, monkeypatch):
        self.append = SqliteLog.append
        self.free = threading.Event()
        self.free.set()
        self.error = None
        disk = self

        def append(log, batch, epoch):
            assert disk.free.wait(20)
            if disk.error is not None:
                raise disk.error
            return disk.append(log, batch, epoch)

        monkeypatch.setattr(SqliteLog, "append", append)

    def hold(self):
        self.free.clear()

    def release(self):
        self.free.set()


@pytest.fixture
def disk(monkeypatch):
    held = Disk(monkeypatch)
    yield held
    held.release()


def failure(venue):
    """What the venue failed with."""

    async def failed():
        return await venue.venue.failed

    return venue.run(failed())


# ------------------------------------------------------------------------------------------------------ the gate


def test_nothing_is_said_before_its_record_is_durable_and_then_in_order(host, connect, disk):
    venue = host()
    client, other = (connect(venue, name=name) for name in ("IN19T6", "AK01T1"))
    for one in (client, other):
        one.expect("S")
    disk.hold()
    client.send(client.order(1), client.order(2), client.cancel(1))
    client.read(0.2)
    other.enter(1, b"S", price=1_900_000)
    other.read(0.2)
    assert (list(client.unread), list(other.unread)) == ([], [])
    assert len(venue.ask("orders?port=IN19T6").body["items"]) == 0, "the engine is ahead: order 2 has traded"
    disk.release()
    assert [message[:1] for message in client.take(4)] == [b"A", b"A", b"C", b"E"]
    assert [message[:1] for message in other.take(2)] == [b"A", b"E"]


def test_a_slow_disk_delays_answers_and_never_heartbeats_or_looks(host, connect, disk, demo_config):
    venue = host(demo_config(("heartbeat_interval_ms = 1000", "heartbeat_interval_ms = 50")))
    client = connect(venue, name="IN19T6")
    client.expect("S")
    disk.hold()
    client.enter(1)
    start = time.monotonic()
    assert all(client.read(1) for _ in range(3)), "heartbeats"
    assert venue.ask("ports").status == 200
    assert time.monotonic() - start < 5
    assert not client.unread
    disk.release()
    client.expect("A")


def test_a_login_is_answered_once_it_is_durable(host, connect, disk):
    venue = host()
    disk.hold()
    client = connect(venue)
    client.machine.login("IN19T6", "NTFTEST", 0)
    client.machine.send(client.order(1), 0)
    client.flush()
    assert not client.read(0.2)
    disk.release()
    assert client.wait_for(LoginAccepted) == LoginAccepted(venue.venue.machine.engine.session, 1)
    assert [message[:1] for message in client.take(2)] == [b"S", b"A"]


def test_a_change_by_an_operator_is_answered_once_it_is_durable(host, disk):
    venue = host()
    disk.hold()
    threading.Timer(0.3, disk.release).start()
    start = time.monotonic()
    response = venue.ask("phase", {"venue": "nasdaq", "phase": "HALT"})
    assert time.monotonic() - start > 0.2
    assert response.record == venue.venue.log.last


def test_orders_are_read_no_further_than_the_run_ahead(host, connect, disk, monkeypatch):
    monkeypatch.setattr(journal, "RUN_AHEAD_RECORDS", 2_000)
    venue = host()
    client = connect(venue, name="IN19T6")
    client.expect("S")
    disk.hold()
    count = 100_000
    messages = [client.order(number, price=10_000) for number in range(1, count + 1)]
    sender = threading.Thread(target=lambda: [client.send(*messages[at : at + 500]) for at in range(0, count, 500)])
    sender.start()
    numbers = [0, 1]
    while numbers[-1] != numbers[-2]:
        time.sleep(0.2)
        numbers.append(venue.call(lambda: venue.venue.machine.number))
    assert numbers[-1] < count / 2, "the rest waits in the socket"
    assert venue.ask("ports").status == 200
    disk.release()
    answers = client.take(count)
    sender.join()
    assert {answer[:1] for answer in answers} == {b"A"}


# ------------------------------------------------------------------------------------------------------ failures


def test_after_a_failed_flush_nothing_more_is_said_and_what_was_said_is_there(host, connect, disk):
    venue = host()
    client, other = (connect(venue, name=name) for name in ("IN19T6", "AK01T1"))
    other.expect("S")
    client.enter(1)
    assert [message[:1] for message in client.take(2)] == [b"S", b"A"]
    disk.error = DISK_ERROR
    client.enter(2)
    assert failure(venue) is DISK_ERROR
    disk.error = None
    client.enter(3)
    other.enter(1, b"S", price=1_900_000)
    late = connect(venue)
    late.machine.login("IN24T4", "NTFTEST", 0)
    late.flush()
    for one in (client, other, late):
        one.read(0.2)
        assert not one.unread
    assert not any(isinstance(event, LoginAccepted) for event in late.events)
    assert sum(record.payload[:1] == b"O" for _, record in read_log(venue.data)) == 1
    venue.stop()

    venue = host()
    again = connect(venue, name="IN19T6")
    assert again.settle() == (2, client.received)
    assert [item["userRefNum"] for item in venue.ask("orders").body["items"]] == [1]


def test_a_failed_flush_ends_a_login_and_an_operation_that_wait(host, connect, disk):
    venue = host()
    disk.hold()
    client = connect(venue)
    client.machine.login("IN19T6", "NTFTEST", 0)
    client.flush()
    client.read(0.1)
    disk.error = DISK_ERROR
    disk.release()
    assert failure(venue) is DISK_ERROR
    client.read(0.2)
    assert not client.events


def test_a_fault_of_ours_stops_the_venue_before_its_record_is_written(host, connect):
    venue = host()
    client = connect(venue, name="IN19T6")
    client.enter(1)
    client.take(2)
    fault = ZeroDivisionError("as this test wants it")

    def fail(*_):
        raise fault

    for port in venue.venue.machine.ports:
        if isinstance(port, OuchPort):
            port.handlers = port.handlers | {ord("X"): fail}
    client.send(client.order(2), client.cancel(1), client.order(3))
    assert failure(venue) is fault
    client.read(0.2)
    assert not client.unread
    venue.stop()
    venue.faults.clear()
    again = connect(host(), name="IN19T6")
    assert again.settle() == (2, client.received)


def test_a_disk_that_is_full_ends_the_process_with_1_and_loses_nothing(launch, connect):
    venue = launch("--durability", "disk")
    client = connect(venue, name="IN19T6")
    client.expect("S")
    resource.prlimit(venue.process.pid, resource.RLIMIT_FSIZE, (150_000, 150_000))
    number = 0
    while not client.is_closed:
        number += 1
        try:
            client.enter(number)
        except OSError:
            break
        client.read(2)
    client.read_to_end()
    assert venue.process.wait(5) == 1
    assert "cannot go on" in venue.errors.read_text()
    assert 10 < len(client.received) <= number + 1
    again = connect(launch("--durability", "disk"), name="IN19T6")
    replay = again.settle()[1]
    assert replay[: len(client.received)] == client.received
    assert len(replay) <= number + 1


# ------------------------------------------------------------------------------------------------ starting, many


def test_ports_json_names_every_listener_of_this_process(host):
    venue = host()
    published = json.loads((venue.data / "ports.json").read_text())
    assert (published["ready"], published["pid"]) == (True, os.getpid())
    assert published["services"].keys() == {service.key for service in venue.venue.config.service}
    for address in published["services"].values():
        socket.create_connection(tuple(address)).close()
    venue.stop()
    assert not (venue.data / "ports.json").exists()


def listening_where_nobody_connects_from():
    """A server below the ports that connections of other tests come from: all of a venue's ports have to be free."""
    while True:
        with suppress(OSError):
            return socket.create_server(("127.0.0.1", random.randrange(20_000, 30_000)))


def test_a_taken_port_is_named_and_the_others_are_let_go(host, demo_config):
    with listening_where_nobody_connects_from() as taken:
        port = taken.getsockname()[1]
        config = demo_config(("port_base = 0", f"port_base = {port - 2}"))
        failing = host(config, start=False)
        with pytest.raises(PortTaken, match=f"ouch.bx: 127.0.0.1:{port} "):
            failing.start()
        socket.create_server(("127.0.0.1", port - 2)).close()
    assert not (failing.data / "log").exists()
    assert host(config).addresses["ouch.bx"] == ("127.0.0.1", port)


@pytest.mark.parametrize("was_killed", [True, False])
def test_where_a_venue_was_killed_the_next_one_waits_for_its_second_process_to_let_go(
    host, demo_config, tmp_path, was_killed
):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / "data").mkdir()
    left = {"ready": True, "pid": ended.pid if was_killed else os.getpid(), "services": {}}
    (tmp_path / "data" / "ports.json").write_text(json.dumps(left))
    with listening_where_nobody_connects_from() as taken:
        port = taken.getsockname()[1]
        venue = host(demo_config(("port_base = 0", f"port_base = {port - 2}")), start=False)
        if not was_killed:
            with pytest.raises(PortTaken):
                venue.start()
            return
        threading.Timer(0.2, taken.close).start()
        assert venue.start().addresses["ouch.bx"] == ("127.0.0.1", port)


def test_two_venues_in_one_process_do_not_know_each_other(host, connect, tmp_path):
    one, two = host(data=tmp_path / "one"), host(data=tmp_path / "two")
    for venue, price in ((one, 1_900_000), (two, 1_800_000)):
        client = connect(venue, name="IN19T6")
        client.enter(1, price=price)
        client.take(2)
    assert [venue.ask("orders").body["items"][0]["price"] for venue in (one, two)] == ["190.0000", "180.0000"]
    assert one.hash() != two.hash()


def test_equal_histories_give_equal_states_and_streams(host, connect, tmp_path, demo_config):
    states = set()
    streams = []
    for durability in ("process", "disk", "memory"):
        venue = host(demo_config(durability=durability), tmp_path / durability)
        client = connect(venue, name="IN19T6")
        client.send(*(client.order(number, b"BS"[number % 2 :][:1], quantity=number) for number in range(1, 50)))
        client.settle()
        states.add(venue.hash())
        streams.append(client.received)
    assert len(states) == 1
    assert streams[0] == streams[1] == streams[2]


def test_in_memory_mode_everything_works_and_nothing_is_kept(host, connect, demo_config):
    config = demo_config(durability="memory")
    venue = host(config)
    client = connect(venue, name="IN19T6")
    client.enter(1)
    session = client.session
    client.take(2)
    assert venue.ask("trading-day/next").status == 200
    client.read_to_end()
    client = connect(venue, name="IN19T6")
    assert client.session != session
    client.enter(1)
    client.take(2)
    venue.stop()
    assert [path.name for path in venue.data.iterdir()] == ["lock"]
    assert connect(host(config), name="IN19T6").settle()[0] == 1
