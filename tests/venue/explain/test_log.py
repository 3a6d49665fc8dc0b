"""Explaining from a log: it changes nothing, whatever record it is asked for, and says what is wrong with the log."""

import shutil
import sqlite3
import threading
from contextlib import closing

import pytest

from venue.explain.replay import explain
from venue.log import read_log
from venue.problem import Problem
from venue.record import Kind, LogDamaged


@pytest.fixture
def venue(host):
    return host()


@pytest.fixture
def refused(venue, connect):
    """A venue on which an order was refused, and its record."""
    client = connect(venue, name="IN30T1")
    client.enter(1)
    client.take(2)
    venue.wait_for_disk()
    client.enter(2, quantity=5_001)
    client.take(1)
    venue.wait_for_disk()
    return venue, max(orders(venue))


def orders(venue):
    """The records of Enter Orders."""
    return [number for number, record in read_log(venue.data) if record.payload[:1] == b"O"]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".db-shm"}


def test_explaining_changes_neither_the_log_nor_the_venue(refused):
    venue, number = refused
    before, state = contents(venue.data / "log"), venue.hash()
    assert explain(venue.data, number).check == "MAXIMUM_SHARES"
    assert (contents(venue.data / "log"), venue.hash()) == (before, state)


@pytest.mark.parametrize(("kind", "what"), [(Kind.COMMAND, "an operation"), (Kind.LOGIN, "a login")])
def test_a_record_that_is_no_message_says_what_it_is(refused, kind, what):
    venue, _ = refused
    number = next(number for number, record in read_log(venue.data) if record.kind == kind)
    with pytest.raises(Problem, match=what) as raised:
        explain(venue.data, number)
    assert raised.value.status == 404


@pytest.mark.parametrize(("number", "word"), [(0, "numbered from 1"), (-3, "numbered from 1"), (10**9, "ends with")])
def test_a_record_that_there_is_not_is_a_problem(refused, number, word):
    venue, _ = refused
    with pytest.raises(Problem, match=word):
        explain(venue.data, number)


def test_orders_may_flow_meanwhile(refused, connect):
    venue, number = refused
    client = connect(venue, name="IN19T6")
    done = threading.Event()

    def trade():
        following = 1
        while not done.is_set():
            client.enter(following, quantity=100)
            client.take(1)
            following += 1

    trading = threading.Thread(target=trade)
    trading.start()
    try:
        explained = [explain(venue.data, number) for _ in range(5)]
    finally:
        done.set()
        trading.join()
    assert len({one.summary for one in explained}) == 1
    assert client.sequence > 2


def test_a_record_before_the_damage_is_explained_and_one_behind_it_is_not(refused, tmp_path):
    venue, number = refused
    venue.stop()
    damaged = tmp_path / "damaged"
    shutil.copytree(venue.data / "log", damaged / "log")
    (day,) = (damaged / "log").glob("*.db")
    with closing(sqlite3.connect(day)) as db:
        held = "SELECT last, blob FROM commits WHERE first <= ? AND last >= ?"
        last, blob = db.execute(held, (number, number)).fetchone()
        db.execute("UPDATE commits SET blob = ? WHERE last = ?", (blob[:-1] + bytes([blob[-1] ^ 1]), last))
        db.commit()
    assert explain(damaged, min(orders(venue))).outcome == "accepted"
    with pytest.raises(LogDamaged, match=f"record {number}"):
        explain(damaged, number)


def test_a_record_whose_day_was_removed_is_gone(venue, connect):
    client = connect(venue, name="IN30T1")
    client.enter(1, quantity=5_001)
    client.take(2)
    venue.ask("trading-day/next")
    client.read_to_end()
    client = connect(venue, name="IN30T1")
    client.enter(1, quantity=5_001)
    client.take(2)
    venue.wait_for_disk()
    numbers = orders(venue)
    venue.stop()
    min((venue.data / "log").glob("*.db")).unlink()
    assert explain(venue.data, numbers[1]).check == "MAXIMUM_SHARES"
    with pytest.raises(Problem, match="gone"):
        explain(venue.data, numbers[0])
