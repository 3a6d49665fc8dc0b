"""The end of a day is a good moment for a snapshot: a start from it reads no record of the days before."""

import shutil
import threading

import pytest

from venue import snapshot
from venue.log import SqliteLog, read_log
from venue.machine import Machine
from venue.record import Kind
from venue.recovery import recover, replay


@pytest.fixture
def traded(host, connect):
    """A venue on which two ports traded, and which went on to the next day."""
    venue = host()
    clients = [connect(venue, name=name) for name in ("IN19T6", "AK01T1")]
    for number in range(1, 51):
        for client, side in zip(clients, (b"B", b"S"), strict=True):
            client.enter(number, side, price=1_900_000 + number * 100)
            client.take(2 if number == 1 else 1)
    assert venue.ask("trading-day/next").status == 200
    wait_for_snapshot(venue)
    return venue


def wait_for_snapshot(venue):
    """Wait until what is being written is written."""
    while venue.call(lambda: len(venue.venue.snapshots.under_way) + venue.venue.journal.gate.waiting):
        pass


def crash(venue, tmp_path):
    """The directory as `kill -9` would leave it."""
    venue.wait_for_disk()
    return shutil.copytree(venue.data, tmp_path / "crashed", ignore=shutil.ignore_patterns("*.sock", "lock"))


def test_the_state_after_the_roll_is_kept_while_the_venue_runs(traded, tmp_path):
    (roll,) = (
        n for n, record in read_log(traded.data) if record.kind == Kind.COMMAND and b"2026-11-20" in record.payload
    )
    assert snapshot.newest_number(traded.data / "snapshots") == roll
    machine = Machine(tmp_path)
    (blob,) = (blob for number, blob in snapshot.newest_first(traded.data / "snapshots") if number == roll)
    machine.restore(blob)
    at_once = {"ouch-5.0-us": 1, "ouch-5.0-nordic": 1, "rash-1.0": 1, "rash-1.1": 1, "ouch-drop-nordic": 2}
    begun = [at_once.get(port.port.entry.protocol, 0) for port in machine.ports]
    assert [stream.count for stream in machine.streams] == begun, "the new sessions alone"
    assert not any(port.orders for port in machine.engine.ports.values())


def test_a_venue_that_is_killed_after_the_roll_starts_without_the_days_before(traded, host, connect, tmp_path):
    client = connect(traded, name="IN19T6")
    client.enter(1)
    told = client.take(2)
    wanted = traded.hash()
    data = crash(traded, tmp_path)
    traded.stop()
    (data / "log" / "2026-11-19.db").unlink()  # whatever is not read is not missed
    again = host(data=data)
    assert again.hash() == wanted
    assert connect(again, name="IN19T6").take(2) == told


def test_no_record_before_the_snapshot_is_applied(traded, tmp_path, monkeypatch):
    data = crash(traded, tmp_path)
    applied = []
    apply = Machine.apply

    def counting(machine, record):
        applied.append(record)
        return apply(machine, record)

    monkeypatch.setattr(Machine, "apply", counting)
    machines = [Machine(tmp_path), Machine(tmp_path)]
    recover(data, machines[0])
    behind = machines[0].number - snapshot.newest_number(data / "snapshots")
    assert len(applied) == behind < 10
    replay(data, machines[1])
    assert len(applied) == behind + machines[1].number
    assert machines[0].hash() == machines[1].hash()


def test_two_are_kept_over_many_days(traded):
    for _ in range(4):
        assert traded.ask("trading-day/next").status == 200
        wait_for_snapshot(traded)
    assert len(list((traded.data / "snapshots").iterdir())) == 2
    assert len(list((traded.data / "log").glob("*.db"))) == 6, "one log file a day"


def test_a_day_that_opens_at_the_start_is_kept_too(traded, host, clock):
    traded.stop()
    before = snapshot.newest_number(traded.data / "snapshots")
    clock.moment += 5 * 86_400_000_000_000
    venue = host(data=traded.data)
    wait_for_snapshot(venue)
    assert snapshot.newest_number(venue.data / "snapshots") > before


def test_it_is_written_only_once_its_record_is_durable_and_never_after_a_failure(host, monkeypatch):
    venue = host()
    disk, failing = threading.Event(), OSError("as this test wants it")

    def append(_log, _batch, _epoch):
        assert disk.wait(20)
        raise failing

    monkeypatch.setattr("venue.log.SqliteLog.append", append)
    venue.call(venue.venue.next_day)
    assert snapshot.newest_number(venue.data / "snapshots") == 0
    disk.set()

    async def failed():
        return await venue.venue.failed

    assert venue.run(failed()) is failing
    assert snapshot.newest_number(venue.data / "snapshots") == 0


def test_one_that_cannot_be_written_is_a_warning_and_nothing_else(host, connect, capfd):
    venue = host()
    (venue.data / "snapshots").write_text("in the way")
    assert venue.ask("trading-day/next").status == 200
    wait_for_snapshot(venue)
    client = connect(venue, name="IN19T6")
    client.enter(1)
    client.take(2)
    venue.stop()
    assert capfd.readouterr().out.count("no snapshot") == 2
    (venue.data / "snapshots").unlink()
    assert connect(host(data=venue.data), name="IN19T6").settle()[0] == 2


def test_a_start_opens_the_day_and_configures_it_in_one_commit(host, monkeypatch):
    batches = []
    append = SqliteLog.append

    def noting(log, batch, epoch):
        batches.append([record[4] for record in batch if record[0] == Kind.COMMAND])
        return append(log, batch, epoch)

    monkeypatch.setattr(SqliteLog, "append", noting)
    host()
    assert [b"next-day" in payload for payload in batches[0]] == [True, False]
    assert [b"configure" in payload for payload in batches[0]] == [False, True]
