"""What a start from a snapshot must not forget: whatever decides what is said later is what a replay has too."""

import re
import shutil
import sqlite3

import pytest

from engine.mass_cancel import ORDERS_A_SLICE
from ouch import codec
from venue import app, config, log
from venue.machine import Machine
from venue.recovery import replay

NAME, OTHER = "IN19T6", "AK01T1"


@pytest.fixture
def replayed(tmp_path):
    """The machine that a replay of a venue's records gives."""

    def replayed(venue):
        machine = Machine(tmp_path)
        replay(venue.data, machine)
        return machine

    return replayed


def test_a_stop_amid_a_mass_cancel_changes_nothing_of_what_follows(host, connect, monkeypatch, replayed):
    """Orders that were to go have traded meanwhile: the next slices must be cut where a replay cuts them."""
    monkeypatch.setattr(app.Venue, "_slices_wait", lambda _venue: None)  # slices come when they are told to
    count = 3 * ORDERS_A_SLICE + 7
    venue = host()
    client = connect(venue, name=NAME)
    client.send(*(client.order(number) for number in range(1, count + 1)))
    client.settle()
    client.send(codec.pack_mass_cancel(count + 1, b"INET", b" " * 8, b""))
    client.take(ORDERS_A_SLICE)
    connect(venue, name=OTHER).enter(1, b"S", quantity=50 * 100)
    client.take(50)
    venue.stop()
    again = host()
    again.call(again.venue._work_off)
    other = connect(again, name=OTHER)
    other.enter(2, b"S", quantity=900 * 100)
    other.settle()
    for _ in range(3):
        again.call(again.venue._work_off)
    again.wait_for_disk()
    live, streams = again.hash(), [stream.digest() for stream in again.venue.machine.streams]
    again.stop()
    machine = replayed(again)
    assert [stream.digest() for stream in machine.streams] == streams
    assert not machine.engine.mass_cancels
    assert machine.number == again.venue.machine.number
    assert live != ""


IMPACT = """[[rule]]
type = "market-impact"
exchange = "NASDAQ"
mpid = "INET"
settings = { enabled = true }

# --- Nordic order books"""


@pytest.mark.section("EQRC", "3.1.14 Market impact")
def test_a_stop_or_a_crash_while_orders_beyond_the_bands_go_changes_nothing_of_what_follows(
    host, connect, demo_config, monkeypatch, replayed, tmp_path
):
    """Either start goes on where the last slice ended; one has a snapshot, the other what a kill leaves: the log."""
    monkeypatch.setattr(app.Venue, "_slices_wait", lambda _venue: None)  # slices come when they are told to
    config = demo_config(("# --- Nordic order books", IMPACT))
    venue = host(config)
    client = connect(venue, name=NAME)
    client.send(*(client.order(number) for number in range(1, 3 * ORDERS_A_SLICE + 8)))
    client.settle()
    venue.ask("books/nasdaq/AAPL/prices", {"luldLower": "170.0000", "luldUpper": "185.0000"}, verb="PUT")
    venue.call(venue.venue._work_off)
    venue.wait_for_disk()
    left = shutil.copytree(venue.data, tmp_path / "left", ignore=shutil.ignore_patterns("*.sock", "lock", "*.json"))
    venue.stop()
    ends = []
    for data in (venue.data, left):
        again = host(config, data=data)
        assert len(again.venue.machine.engine.mass_cancels) == 1
        for _ in range(2):
            again.call(again.venue._work_off)
        again.wait_for_disk()
        assert again.ask(f"orders?port={NAME}").body["items"] == []
        ends.append((again.hash(), [stream.digest() for stream in again.venue.machine.streams]))
        again.stop()
        machine = replayed(again)
        assert not machine.engine.mass_cancels
        assert [stream.digest() for stream in machine.streams] == ends[-1][1]
    assert ends[0] == ends[1]


def test_a_symbol_that_is_no_longer_listed_is_unknown_before_and_after_a_restart(host, connect, demo_config, replayed):
    venue = host()
    client = connect(venue, name=NAME)
    client.enter(1, tif=b"3")
    client.settle()
    venue.stop()
    listing = re.search(r'\[\[symbol\]\]\nsymbol = "AAPL"\n(.*\n)*?\n', config.sample())[0]
    again = host(demo_config((listing, "")))
    machine = again.venue.machine
    count = again.call(lambda: machine.streams[machine.engine.ports[NAME].index].count)
    client = connect(again, name=NAME, sequence=count + 1)
    client.enter(2, options=codec.pack_option(codec.TAG_AIQ_STRATEGY, b"!"))
    _, messages = client.settle()
    assert codec.unpack_rejected(messages[-1])[2] == 0x0017
    again.wait_for_disk()
    live = again.hash()
    again.stop()
    assert [stream.count for stream in replayed(again).streams] == [
        stream.count for stream in again.venue.machine.streams
    ]
    assert live == again.venue.machine.hash()


def test_a_snapshot_knows_who_was_logged_on(host, connect, tmp_path):
    venue = host()
    client = connect(venue, name=NAME)
    client.settle()
    machine = Machine(tmp_path)
    machine.restore(venue.call(venue.venue.machine.snapshot))
    assert machine.connected == venue.venue.machine.connected != {}


def test_a_replay_lets_go_of_the_streams_of_days_that_are_over(host, replayed):
    venue = host()
    for _ in range(5):
        venue.ask("trading-day/next", {})
    venue.wait_for_disk()
    venue.stop()
    machine = replayed(venue)
    assert len(machine.touched) <= len(machine.streams)


def test_a_day_that_opens_on_a_full_disk_takes_the_reserve(host, monkeypatch):
    venue = host()
    reserve, create = venue.data / "log" / "reserve", log._create_day

    def no_room(path, start, epoch):
        if reserve.exists():
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        create(path, start, epoch)

    monkeypatch.setattr(log, "_create_day", no_room)
    assert reserve.exists()
    assert venue.ask("trading-day/next", {}).status == 200
    venue.wait_for_disk()
    assert not reserve.exists()
