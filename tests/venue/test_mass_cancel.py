"""The kill switch at a real venue: 10,000 orders go in slices, and whatever happens in between, each goes once.

A venue is held by a handle that stands where that of the next slice would: it then does a slice when it is told to, so
that a test may do something between two of them.
"""

import shutil
from collections import Counter

import pytest

from engine.mass_cancel import ORDERS_A_SLICE
from ouch import codec
from venue import tail
from venue.log import read_log
from venue.machine import Machine
from venue.record import Kind
from venue.recovery import recover

SLICES = pytest.mark.section("Portcullis", "Mass cancel in slices")
KILL_SWITCH = pytest.mark.section("OUCH 5.0", "2.5 Mass Cancel")

MANY = 10_000
FEW = 3 * ORDERS_A_SLICE + 7
NAME, OTHER, THIRD = "IN19T6", "AK01T1", "IN24T4"
FIRMS = {NAME: b"INET", OTHER: b"AKAM", THIRD: b"INET"}


def mass_cancel(number, name=NAME):
    return codec.pack_mass_cancel(number, FIRMS[name], b" " * 8, b"")


def book(client, count):
    """Have `count` orders rest, numbered from 1; the day's start is taken with them."""
    client.expect("S")
    for first in range(1, count + 1, 500):
        numbers = range(first, min(first + 500, count + 1))
        client.send(*(client.order(number) for number in numbers))
        assert [message[:1] for message in client.take(len(numbers))] == [b"A"] * len(numbers)


def canceled(messages):
    """The orders that these messages, Canceleds all, say are gone: 100 shares each, for the user asked."""
    gone = []
    for message in messages:
        assert message[:1] == b"C", message
        _, number, quantity, reason, _ = codec.unpack_order_canceled(message)
        assert (quantity, reason) == (100, b"U")
        gone.append(number)
    return gone


def hold(venue):
    """Let no slice be done until `slice_` or `go_on`."""

    venue.call(stand_in, venue)


def stand_in(venue):
    if venue.venue.slice is not None:
        venue.venue.slice.cancel()
    venue.venue.slice = venue.loop.call_later(3_600, lambda: None)


def slice_(venue, count=1):
    """Do the next slices, and no more."""

    def one():
        venue.venue._work_off()  # what the loop would have called
        stand_in(venue)

    for _ in range(count):
        venue.call(one)
    venue.wait_for_disk()


def go_on(venue):
    """Let the rest be done as ever."""
    venue.call(venue.venue._work_off)


def slices(venue):
    """How many slices the log has as records of their own."""
    venue.wait_for_disk()
    return sum(record.kind == Kind.SLICE for _, record in read_log(venue.data))


@pytest.fixture
def held(host, connect):
    """A venue that has done the first of four slices, and the client that asked for it."""
    venue = host()
    client = connect(venue, name=NAME)
    book(client, FEW)
    hold(venue)
    client.send(mass_cancel(FEW + 1))
    assert canceled(client.take(ORDERS_A_SLICE)) == list(range(1, ORDERS_A_SLICE + 1))
    return venue, client


def rest_of(client, first=ORDERS_A_SLICE + 1, count=FEW):
    """Take what is still to come, which ends with the response."""
    assert canceled(client.take(count - first + 1)) == list(range(first, count + 1))
    assert client.expect("X")[1] == count + 1


# All of it.


@KILL_SWITCH
@SLICES
@pytest.mark.timeout(120)
def test_ten_thousand_orders_go_one_by_one_and_then_the_response_comes(host, connect):
    venue = host()
    client = connect(venue, name=NAME)
    book(client, MANY)
    client.send(mass_cancel(MANY + 1))
    rest_of(client, 1, MANY)
    assert slices(venue) == MANY // ORDERS_A_SLICE - 1, "the first is the request's own record"
    assert venue.ask(f"orders?port={NAME}").body["items"] == []


# In between.


@SLICES
def test_another_port_is_served_between_two_slices(held, connect):
    venue, client = held
    other = connect(venue, name=OTHER)
    other.expect("S")
    other.enter(1, b"S", 150)
    assert other.expect("A")[1] == 1
    trades = [codec.unpack_order_executed(message)[1:4] for message in other.take(2)]
    assert trades == [(1, 100, 1_900_000), (1, 50, 1_900_000)]
    assert slices(venue) == 0
    go_on(venue)
    taken = client.take(2)
    assert [codec.unpack_order_executed(message)[1:3] for message in taken] == [
        (ORDERS_A_SLICE + 1, 100),
        (ORDERS_A_SLICE + 2, 50),
    ]
    (partly,) = client.take()
    assert codec.unpack_order_canceled(partly)[1:3] == (ORDERS_A_SLICE + 2, 50)
    rest_of(client, ORDERS_A_SLICE + 3)


@SLICES
def test_what_comes_behind_it_in_the_same_write_is_handled_after_it(host, connect):
    venue = host()
    client = connect(venue, name=NAME)
    book(client, FEW)
    client.send(mass_cancel(FEW + 1), client.order(FEW + 2), client.cancel(FEW + 2), client.QUERY)
    rest_of(client, 1)
    assert [message[:1] for message in client.take(3)] == [b"A", b"C", b"Q"]
    assert slices(venue) == 3


@SLICES
def test_what_comes_behind_it_in_a_later_write_waits_too(held, connect):
    """And does not have the rest of it done at once, at the cost of everybody else."""
    venue, client = held
    number = venue.call(lambda: venue.venue.machine.number)
    client.send(client.order(FEW + 2), client.QUERY)
    other = connect(venue, name=OTHER)
    assert other.settle()[0] == 1
    slice_(venue)
    assert canceled(client.take(ORDERS_A_SLICE))[-1] == 2 * ORDERS_A_SLICE
    assert venue.call(lambda: venue.venue.machine.number) == number + 3, "a login, a query and a slice"
    go_on(venue)
    rest_of(client, 2 * ORDERS_A_SLICE + 1)
    assert client.expect("A")[1] == FEW + 2
    assert client.expect("Q")[1] == FEW + 3
    assert slices(venue) == 3


@SLICES
def test_two_ports_at_once_take_turns(host, connect):
    venue = host()
    clients = {name: connect(venue, name=name) for name in (NAME, THIRD)}
    for client in clients.values():
        book(client, FEW)
    hold(venue)
    for name, client in clients.items():
        client.send(mass_cancel(FEW + 1, name))
        assert len(canceled(client.take(ORDERS_A_SLICE))) == ORDERS_A_SLICE
    for turn in (1, 2):
        slice_(venue)
        first = turn * ORDERS_A_SLICE + 1
        assert canceled(clients[NAME].take(ORDERS_A_SLICE))[0] == first
        slice_(venue)
        assert canceled(clients[THIRD].take(ORDERS_A_SLICE))[0] == first
    go_on(venue)
    for client in clients.values():
        rest_of(client, 3 * ORDERS_A_SLICE + 1)
    assert slices(venue) == 6


@SLICES
def test_tail_tells_each_slice_and_what_came_of_it(held, tmp_path):
    venue, client = held
    go_on(venue)
    rest_of(client)
    venue.wait_for_disk()
    entries = list(tail.Follower(Machine(tmp_path)).follow(venue.data, forever=False))
    parts = [entry for entry in entries if entry.get("event") == "slice"]
    assert [entry.keys() for entry in parts] == [{"record", "time", "direction", "event"}] * 3
    said = Counter(entry["record"] for entry in entries if entry["direction"] == "out" and entry["port"] == NAME)
    assert [said[entry["record"]] for entry in parts] == [ORDERS_A_SLICE, ORDERS_A_SLICE, 7 + 1]


# What may end in between.


@SLICES
def test_a_port_that_leaves_gets_the_rest_when_it_is_back_and_is_held_until_then(held, connect):
    venue, client = held
    session = client.session
    client.send(client.order(FEW + 2))
    client.close()
    venue.wait_for_leavers()
    client = connect(venue, name=NAME, session=session, sequence=1 + FEW + ORDERS_A_SLICE + 1)
    client.send(client.QUERY)
    slice_(venue)
    assert len(canceled(client.take(ORDERS_A_SLICE))) == ORDERS_A_SLICE
    go_on(venue)
    rest_of(client, 2 * ORDERS_A_SLICE + 1)
    assert client.expect("Q")[1] == FEW + 2, "what was not heard when it left is not heard any more"
    assert slices(venue) == 3


@SLICES
def test_the_day_s_end_has_the_rest_done_first(held):
    venue, client = held
    assert venue.ask("trading-day/next").status == 200
    rest_of(client)
    assert client.expect("S")[1] == b"E"
    client.read_to_end()


@SLICES
def test_a_clean_stop_leaves_the_rest_to_the_next_start(held, host, connect, tmp_path):
    venue, client = held
    session = client.session
    before = venue.hash()
    venue.stop()
    from_snapshot = Machine(tmp_path)
    recover(venue.data, from_snapshot)
    assert from_snapshot.hash() == before
    replayed = Machine(tmp_path)
    for _, record in read_log(venue.data):
        replayed.apply(record)
    assert (replayed.number, replayed.hash()) == (from_snapshot.number, before)
    again = host(data=venue.data)
    client = connect(again, name=NAME, session=session, sequence=1 + FEW + ORDERS_A_SLICE + 1)
    rest_of(client)
    client.enter(FEW + 2)
    assert client.expect("A")[1] == FEW + 2


@SLICES
@pytest.mark.parametrize("done", [0, 1, 2])
def test_a_venue_that_died_in_between_does_the_rest_at_its_next_start(held, host, connect, tmp_path, done):
    """What it leaves behind is what a kill would leave: a log with some of the slices."""
    venue, client = held
    slice_(venue, done)
    left = shutil.copytree(venue.data, tmp_path / "left", ignore=shutil.ignore_patterns("*.sock", "lock", "*.json"))
    again = host(data=left)
    back = connect(again, name=NAME)
    back.take(1 + FEW)
    rest_of(back, 1)
    assert back.settle() == (FEW + 2, [])
    go_on(venue)
    assert canceled(client.take(FEW - ORDERS_A_SLICE)) == list(range(ORDERS_A_SLICE + 1, FEW + 1))
    assert client.expect("X")[1] == FEW + 1
    assert client.settle() == (FEW + 2, [])
    assert again.hash() == venue.hash(), "as if it had not died"


def two_lines(result):
    """The record number and the hash that `portcullis replay` printed."""
    assert result.returncode == 0, result.stderr
    first, second = result.stdout.splitlines()
    return int(first.removeprefix("records ")), second.removeprefix("state ")


@SLICES
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("durability", "heard"), [("process", 1), ("process", 5_000), ("disk", 1), ("disk", 700)])
def test_kill_9_in_the_middle(launch, connect, portcullis, tmp_path, durability, heard):
    venue = launch("--durability", durability)
    client = connect(venue, name=NAME)
    session = client.session
    book(client, MANY)
    client.send(mass_cancel(MANY + 1), client.order(MANY + 2))
    client.take(heard)
    venue.kill()
    client.read_to_end()
    told = [*client.received]

    replayed = two_lines(portcullis("replay", venue.data))
    machine = Machine(tmp_path)
    for _, record in read_log(venue.data):
        machine.apply(record)
    assert (machine.number, machine.hash()) == replayed
    left = len(machine.engine.ports[NAME].orders)
    print(f"{durability}: killed with {left} orders left of {MANY}")

    venue = launch("--durability", durability)
    client = connect(venue, name=NAME, session=session, sequence=len(told) + 1)
    following, missed = client.settle()
    letters = Counter(message[:1] for message in told + missed)
    behind = following == MANY + 3
    assert letters == Counter({b"S": 1, b"A": MANY + behind, b"C": MANY, b"X": 1})
    after = (told + missed)[1 + MANY :]
    assert canceled(after[:MANY]) == list(range(1, MANY + 1))
    assert after[MANY][:1] == b"X"
    assert [item["userRefNum"] for item in venue.ask(f"orders?port={NAME}").body["items"]] == [MANY + 2] * behind
    assert venue.stop() == 0
    from_snapshot = Machine(tmp_path)
    recover(venue.data, from_snapshot)
    assert two_lines(portcullis("replay", venue.data)) == (from_snapshot.number, from_snapshot.hash())
