"""The power fails: an ext4 file system stops writing in the middle of trading, journal and all, and is mounted again.

What the kernel had not flushed is lost then, whatever the venue believed. Two clients trade; the file system is shut
down (EXT4_IOC_SHUTDOWN without flushing its journal), the venue is killed, the disk is unmounted and mounted again,
which recovers its journal, and the venue is started on what is there. A kill alone loses nothing of the page cache.
"""

import random
import shutil
import time
from collections import Counter
from contextlib import suppress

import pytest
from disks import journaled_disk, lacks
from traders import NAMES, Trader

from venue import config as configuration
from venue import exits
from venue.log import read_log
from venue.machine import Machine
from venue.record import LogDamaged
from venue.recovery import recover, replay

LACKS = lacks("sh", "-c", "command -v mkfs.ext4 >/dev/null || { echo mkfs.ext4 is not installed >&2; exit 1; }")
if not LACKS:
    LACKS = lacks("losetup", "--find")
pytestmark = [
    pytest.mark.root,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(LACKS), reason=f"no power can be cut here: {LACKS}"),
]


@pytest.fixture
def disk(tmp_path):
    """An ext4 disk of 64 MiB. Mounting takes one place of the kernel's at a time."""
    with journaled_disk(tmp_path).mounted() as disk:
        yield disk


@pytest.fixture
def start(disk, launch, tmp_path):
    """Start the demo on that disk, with 4 MiB as its limit."""
    file = tmp_path / "small.toml"
    file.write_text(configuration.sample().replace("low_disk_mb = 256", "low_disk_mb = 4"))

    def start(durability, wait=True):
        arguments = ("--config", str(file), "--durability", durability)
        return launch(*arguments, command="serve", data=disk.directory / "data", wait=wait)

    return start


def trade_until_the_power_fails(disk, venue, traders, rng, last_act):
    """Trade for a while, then cut the power, then kill what still runs; the clients read what had been sent."""
    with suppress(BrokenPipeError, ConnectionError):  # the venue ends by itself when a flush fails
        end = time.monotonic() + rng.uniform(0.01, 0.4)
        while time.monotonic() < end:
            for trader in traders:
                trader.trade(rng.randrange(1, 10))
                trader.client.read(0.001)
                trader.listen()
        last_act(venue)
        for trader in traders:
            trader.trade(rng.randrange(0, 60))
    disk.cut_power()
    with suppress(BrokenPipeError, ConnectionError):
        for trader in traders:
            trader.trade(20)
    venue.kill()
    for trader in traders:
        trader.client.read_to_end()
        trader.listen()
        trader.client.close()
    disk.unmount()
    disk.mount()


def nothing(_venue):
    """No last act."""


def test_what_was_answered_survives_a_power_cut(disk, start, connect, seed, tmp_path):
    rng = random.Random(seed)
    traders = [Trader(name, rng) for name in NAMES]
    rounds, lost, doubled = 8, 0, 0
    for _ in range(rounds):
        venue = start("disk")
        for trader in traders:
            one, two = trader.come_back(connect, venue)
            lost, doubled = lost + one, doubled + two
        trade_until_the_power_fails(disk, venue, traders, rng, nothing)
    venue = start("disk")
    for trader in traders:
        assert trader.come_back(connect, venue) == (0, 0)
    told = sum(len(trader.told) for trader in traders)
    print(f"{rounds} power cuts: {told} messages, {lost} lost, {doubled} doubled")
    assert (lost, doubled) == (0, 0)
    assert venue.stop() == 0
    machines = [Machine(tmp_path), Machine(tmp_path)]
    recover(venue.data, machines[0])
    replay(venue.data, machines[1])
    assert machines[0].hash() == machines[1].hash()


def roll_the_day(venue):
    """Ask for the next day, and cut the power before the answer, or after it."""
    venue.ask("trading-day/next")


def streams_of(data, spill):
    """Every message of each port in each session, by replaying the log."""
    machine, sent = Machine(spill), {}
    for _, record in read_log(data):
        machine.apply(record)
        for port, stream in zip(machine.ports, machine.streams, strict=True):
            sent[port.port.name, stream.session] = stream
    return {name: [stream.packet(number)[3:] for number in range(1, stream.count + 1)] for name, stream in sent.items()}


@pytest.mark.parametrize("act", ["day roll", "checkpoint", "stop"])
def test_what_was_answered_survives_a_power_cut_around(disk, start, connect, seed, tmp_path, act):
    """Around a day roll with its snapshot, a checkpoint of the write-ahead file, a stop with its snapshot."""
    rng = random.Random(seed)
    told = {}
    rounds = 4
    for number in range(rounds):
        venue = start("disk")
        clients = [connect(venue, name=name) for name in NAMES]
        for client in clients:
            client.settle()
        orders = {"day roll": 5, "checkpoint": 320, "stop": 5}[act]
        with suppress(AssertionError, OSError):
            for order in range(1, orders + number):
                for client in clients:
                    client.enter(100_000 * (number + 1) + order, price=10_000 + order)
                    client.take()
        roller = None
        if act == "day roll":
            roller = venue.ask if rng.random() < 0.5 else None
            if roller:
                roller("trading-day/next")
        if act == "stop":
            venue.process.terminate()
        time.sleep(rng.uniform(0, 0.05))  # somewhere in the middle of it
        disk.cut_power()
        with suppress(AssertionError, OSError, TypeError):
            if act == "day roll" and not roller:
                venue.ask("trading-day/next")
        venue.kill()
        for client in clients:
            client.read_to_end()
        disk.unmount()
        disk.mount()
        sent = streams_of(venue.data, tmp_path)
        for client, name in zip(clients, NAMES, strict=True):
            told.setdefault((name, client.session), []).append(client.received)
        for name, connections in told.items():
            for received in connections:
                assert sent[name][: len(received)] == received
    again = start("disk")
    assert again.stop() == 0
    machines = [Machine(tmp_path), Machine(tmp_path)]
    recover(again.data, machines[0])
    replay(again.data, machines[1])
    assert machines[0].hash() == machines[1].hash()


def test_with_process_durability_a_power_cut_leaves_a_prefix_or_a_refusal(disk, start, connect, seed, tmp_path):
    rng = random.Random(seed)
    outcomes = Counter()
    rounds = 7
    for _ in range(rounds):
        venue = start("process")
        traders = [Trader(name, rng) for name in NAMES]
        for trader in traders:
            trader.come_back(connect, venue)
        last_act = roll_the_day if rng.random() < 0.3 else nothing
        if rng.random() < 0.5:
            last_act = wait_for_the_kernel
        with suppress(KeyError):
            trade_until_the_power_fails(disk, venue, traders, rng, last_act)
        kept = {}
        with suppress(LogDamaged):
            kept = streams_of(venue.data, tmp_path)
        again = start("process", wait=False)
        try:
            again.ready()
        except AssertionError:
            assert again.process.wait() == exits.LOG_DAMAGED
            assert "log damaged at record" in again.errors.read_text()
            outcomes["refused"] += 1
        else:
            sent = streams_of(venue.data, tmp_path)
            for trader in traders:
                there = kept.get((trader.name, trader.session), [])
                common = min(len(there), len(trader.told))
                assert there[:common] == trader.told[:common]
                assert sent.get((trader.name, trader.session), [])[: len(there)] == there
                outcomes["whole" if len(there) >= len(trader.told) else "a prefix"] += 1
            again.kill()
        shutil.rmtree(venue.data)
    print(dict(outcomes))
    assert sum(outcomes.values()) >= rounds


def wait_for_the_kernel(_venue):
    """Let the kernel write some of what it holds."""
    time.sleep(0.2)


def test_a_log_that_a_power_cut_made_shorter_than_its_mark_names_the_gap(disk, start, connect):
    """The mark reached the disk, the records did not: that is no prefix to go on from."""
    venue = start("process")
    client = connect(venue, name="IN19T6")
    client.enter(1)
    client.take(2)
    mark = (venue.data / "log" / "acknowledged").read_bytes()
    disk.cut_power()
    venue.kill()
    disk.unmount()
    disk.mount()
    if not (venue.data / "log").is_dir():
        (venue.data / "log").mkdir(parents=True)
    (venue.data / "log" / "acknowledged").write_bytes(mark)
    again = start("process", wait=False)
    assert again.process.wait(15) == exits.LOG_DAMAGED
    with pytest.raises(LogDamaged):
        list(read_log(venue.data))
