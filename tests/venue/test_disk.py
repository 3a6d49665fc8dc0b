"""A disk that fills up: refusals come before any failure, cancels pass, orders are taken again when space returns."""

import shutil
from itertools import count
from pathlib import Path

import pytest
from disks import lacks, small_disk

from ouch import codec
from venue import config as configuration
from venue.disk import MEBIBYTE, RESERVE, SpaceWatch
from venue.log import read_log
from venue.machine import Machine
from venue.recovery import recover, replay

LOW = 0x000A
LACKS = lacks("mount", "-t", "tmpfs", "none", "/mnt")


class Room:
    """Tells the venue how much is free."""

    def __init__(self, mebibytes):
        self.mebibytes = mebibytes
        self.error = None

    def __call__(self, _directory):
        if self.error is not None:
            raise self.error
        return self.mebibytes * MEBIBYTE


# ------------------------------------------------------------------------------------------------------ the watch

LOOKS = [
    # free MiB, low?, reserve there?; low begins below 8, enough is 8 + 2 + 2
    (12, False, True),
    (8, False, True),
    (7, True, False),
    (9, True, False),
    (11, True, False),
    (12, False, True),
    (9, False, True),
    (0, True, False),
]


def test_low_begins_at_the_limit_and_ends_above_it_with_room_for_the_reserve(tmp_path):
    room = Room(0)
    watch = SpaceWatch(tmp_path, 8 * MEBIBYTE, low=False, free=room)
    for free, low, reserved in LOOKS:
        room.mebibytes = free
        assert watch.look() is low, free
        assert (tmp_path / RESERVE).exists() is reserved, free
    room.mebibytes = 100
    watch.look()
    status = (tmp_path / RESERVE).stat()
    assert (status.st_size, status.st_blocks * 512 >= status.st_size) == (2 * MEBIBYTE, True)
    watch.give_back()
    assert not (tmp_path / RESERVE).exists()


@pytest.mark.parametrize("low", [False, True])
def test_between_the_limits_what_was_so_stays_so(tmp_path, low):
    watch = SpaceWatch(tmp_path, 8 * MEBIBYTE, low=low, free=Room(10))
    assert watch.look() is low
    assert not (tmp_path / RESERVE).exists()


def test_a_disk_that_cannot_be_asked_changes_nothing(tmp_path):
    room = Room(100)
    watch = SpaceWatch(tmp_path, 8 * MEBIBYTE, low=False, free=room)
    assert watch.look() is False
    room.error = OSError("as this test wants it")
    assert watch.look() is False
    room.error, room.mebibytes = None, 1
    assert watch.look() is True
    room.error = OSError("again")
    assert watch.look() is True


def test_a_reserve_that_cannot_be_made_is_tried_again(tmp_path):
    (tmp_path / RESERVE).symlink_to(tmp_path / "absent" / "file")
    watch = SpaceWatch(tmp_path, 8 * MEBIBYTE, low=True, free=Room(100))
    assert watch.look() is False
    (tmp_path / RESERVE).unlink()
    assert watch.look() is False
    assert (tmp_path / RESERVE).is_file()


# ------------------------------------------------------------------------------------------------------ the venue


@pytest.fixture
def roomy(host, demo_config):
    """Host a venue whose disk has so many MiB, with the limit at 8."""

    def roomy(mebibytes, data=None, durability="process"):
        hosted = host(demo_config(("low_disk_mb = 256", "low_disk_mb = 8"), durability=durability), data, start=False)
        hosted.room = hosted.venue.free = Room(mebibytes)
        return hosted.start()

    return roomy


def look(venue, mebibytes):
    venue.room.mebibytes = mebibytes
    venue.call(venue.venue.space.look)


def refused(client, number, **details):
    client.enter(number, **details)
    assert client.expect("J")[2] == LOW


def test_orders_and_replacements_are_refused_and_cancels_pass_until_space_returns(roomy, connect):
    venue = roomy(100)
    client = connect(venue, name="IN19T6")
    for number in (1, 2, 3, 4):
        client.enter(number)
    client.take(5)
    look(venue, 7)
    assert not (venue.data / "log" / RESERVE).exists()
    refused(client, 5)
    client.send(client.replacement(1, 6))
    assert client.expect("J")[2] == LOW
    client.send(client.cancel(1), codec.pack_modify_order(2, b"B", 50, b""))
    assert [client.expect("C")[1], client.expect("M")[1]] == [1, 2]
    client.send(codec.pack_mass_cancel(7, b"INET", b" " * 8, b""))
    assert [message[:1] for message in client.take(4)] == [b"C", b"C", b"C", b"X"]
    look(venue, 11)
    refused(client, 8)
    look(venue, 12)
    assert (venue.data / "log" / RESERVE).exists()
    client.enter(9)
    client.expect("A")


def test_that_space_is_low_is_a_record_of_its_own_once_for_each_change(roomy, tmp_path):
    venue = roomy(100)
    before = venue.call(lambda: venue.venue.machine.number)
    for mebibytes in (100, 7, 7, 3, 9, 12, 12):
        look(venue, mebibytes)
    wanted = venue.hash()
    venue.stop()
    commands = [record.payload for number, record in read_log(venue.data) if number > before]
    assert [payload[-1] for payload in commands] == [0xC3, 0xC2], "msgpack's true and false"
    machine = Machine(tmp_path)
    replay(venue.data, machine)
    assert machine.hash() == wanted


@pytest.mark.parametrize("after", ["a stop", "a crash"])
def test_what_was_so_is_so_after_a_start_until_the_disk_says_otherwise(roomy, connect, after, tmp_path):
    venue = roomy(100)
    look(venue, 7)
    low = venue.hash()
    if after == "a stop":
        venue.stop()
        assert not (venue.data / "log" / RESERVE).exists()
    else:
        venue.wait_for_disk()
        venue.data = shutil.copytree(venue.data, tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock", "lock"))
        (venue.data / "log" / RESERVE).write_bytes(b"an earlier venue's")
    again = roomy(10, data=venue.data)
    assert again.hash() == low
    assert not (again.data / "log" / RESERVE).exists(), "an earlier venue's is given back at once"
    refused(connect(again, name="IN19T6", sequence=2), 1)
    again.stop()
    third = roomy(100, data=venue.data)
    client = connect(third, name="IN19T6", sequence=3)
    client.enter(2)
    client.expect("A")


def test_a_commit_that_finds_the_disk_full_is_written_into_the_room_of_the_reserve(roomy, connect, monkeypatch):
    venue = roomy(100)
    client = connect(venue, name="IN19T6")
    client.expect("S")
    reserve = venue.data / "log" / RESERVE
    limit = venue.call(page_limit, venue.venue.log, 0)
    unlink, given_back = Path.unlink, []

    def give_back(path, **how):
        if path == reserve:
            given_back.append(path)
            page_limit(venue.venue.log, limit)
        unlink(path, **how)

    monkeypatch.setattr(Path, "unlink", give_back)
    for number in range(1, 200):
        client.enter(number, price=10_000)
        client.expect("A")
    assert given_back == [reserve]
    monkeypatch.undo()
    reserve.unlink(missing_ok=True)
    venue.call(page_limit, venue.venue.log, 0)
    client.send(*(client.order(number, price=10_000) for number in range(200, 400)))

    async def failed():
        return await venue.venue.failed

    assert "full" in str(venue.run(failed()))
    assert not client.read(0.1)


def page_limit(log, more):
    """Let a log's database grow by no more than so many pages; gives the limit there was."""
    (pages,) = log._db.execute("PRAGMA page_count").fetchone()
    (limit,) = log._db.execute("PRAGMA max_page_count").fetchone()
    log._db.execute(f"PRAGMA max_page_count = {pages + more}")
    return limit


def test_a_start_on_a_disk_that_is_low_already_takes_no_orders_and_no_reserve(roomy, connect):
    venue = roomy(3)
    assert not (venue.data / "log" / RESERVE).exists()
    client = connect(venue, name="IN19T6")
    client.expect("S")
    refused(client, 1)
    look(venue, 100)
    client.enter(2)
    client.expect("A")


def test_the_venue_looks_by_itself(roomy, connect):
    venue = roomy(100)
    client = connect(venue, name="IN19T6")
    client.expect("S")
    venue.room.mebibytes = 1
    answer = b""
    for number in count(1):
        client.enter(number, price=10_000)
        (answer,) = client.take()
        if answer[:1] == b"J":
            break
    assert codec.unpack_rejected(answer)[2] == LOW


def test_memory_durability_looks_at_no_disk_and_keeps_no_reserve(roomy, connect):
    venue = roomy(0, durability="memory")
    client = connect(venue, name="IN19T6")
    client.enter(1)
    assert [message[:1] for message in client.take(2)] == [b"S", b"A"]
    assert not (venue.data / "log").exists()


# --------------------------------------------------------------------------------------- a real disk that really fills


@pytest.fixture
def disk(tmp_path):
    """A disk of 32 MiB."""
    with small_disk(tmp_path).mounted() as disk:
        yield disk


class Customer:
    """Enters orders, cancels them, and remembers all that it was told."""

    def __init__(self, connect):
        self.connect = connect
        self.told = []
        self.number = 0
        self.live = []

    def log_in(self, venue):
        """Log in where the connection ended, and hold all it was told so far against the replay."""
        client = self.client = self.connect(venue, name="IN19T6", sequence=len(self.told) + 1)
        self.number = client.settle()[0]
        self.told += client.received
        client.logout()
        client = self.client = self.connect(venue, name="IN19T6")
        assert client.take(len(self.told)) == self.told
        self.live = [item["userRefNum"] for item in venue.ask("orders?port=IN19T6").body["items"]]

    def take(self):
        """Note all that came."""
        self.told += self.client.unread
        self.client.unread.clear()

    def trade(self, until):
        """Enter orders, five at a time, until an answer is such a letter; gives that answer."""
        while True:
            self.client.send(*(self.client.order(self.number + at, price=10_000) for at in range(5)))
            self.number += 5
            answers = self.client.take(5)
            self.told += answers
            self.live += [codec.unpack_order_accepted(answer)[1] for answer in answers if answer[:1] == b"A"]
            for answer in answers:
                if answer[:1] == until:
                    return answer

    def cancel(self, wanted):
        """Cancel the oldest orders, one by one, as long as the venue answers; gives how many were canceled."""
        for done in range(wanted):
            self.client.send(self.client.cancel(self.live[0]))
            while not self.client.unread and not self.client.is_closed:
                self.client.read(0.5)
            if not self.client.unread:
                return done
            self.take()
            assert self.told[-1][:1] == b"C"
            del self.live[0]
        return wanted


@pytest.mark.root
@pytest.mark.slow
@pytest.mark.skipif(bool(LACKS), reason=f"no disk of 32 MiB can be mounted: {LACKS}")
@pytest.mark.parametrize("phase", ["room", "low", "full", "room again"])
@pytest.mark.parametrize("durability", ["disk", "process"])
def test_refusals_come_before_any_failure_and_a_kill_in_any_phase_loses_nothing(
    disk, launch, connect, tmp_path, phase, durability
):
    file = tmp_path / "small.toml"
    file.write_text(configuration.sample().replace("low_disk_mb = 256", "low_disk_mb = 8"))
    data = disk.directory / "data"

    def start():
        return launch("--config", str(file), "--durability", durability, command="serve", data=data)

    venue, customer = start(), Customer(connect)
    customer.log_in(venue)
    customer.trade(until=b"A")
    if phase != "room":
        disk.fill(free=7 * MEBIBYTE)
        assert codec.unpack_rejected(customer.trade(until=b"J"))[2] == LOW
        assert not (data / "log" / RESERVE).exists()
        assert customer.cancel(3) == 3
    if phase == "full":
        disk.fill(free=0)
        customer.cancel(len(customer.live))
    if phase == "room again":
        disk.clear()
        customer.trade(until=b"A")
    if venue.process.poll() is None:
        venue.kill()
    elif phase == "full":
        assert venue.process.wait() == 1
    customer.take()

    if phase == "full":
        disk.clear()
        disk.fill(free=7 * MEBIBYTE)
    venue = start()
    customer.log_in(venue)
    if phase in ("low", "full"):
        assert codec.unpack_rejected(customer.trade(until=b"J"))[2] == LOW
        assert customer.cancel(1) == 1
        disk.clear()
    customer.trade(until=b"A")
    assert venue.stop() == 0
    machines = [Machine(tmp_path), Machine(tmp_path)]
    recover(data, machines[0])
    replay(data, machines[1])
    assert machines[0].hash() == machines[1].hash()
    customer.log_in(start())


def test_a_reserve_that_would_not_go_does_not_keep_orders_out_for_ever(tmp_path, monkeypatch):
    room = [10_000]
    watch = SpaceWatch(tmp_path, 1_000, low=False, free=lambda _: room[0])
    assert watch.look() is False
    room[0] = 10
    with monkeypatch.context() as failing:
        failing.setattr(SpaceWatch, "give_back", lambda _: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        assert watch.look() is True
    room[0] = 10_000
    assert watch.look() is False
