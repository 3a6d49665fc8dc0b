"""Kill -9 in the middle of trading: what was acknowledged is there afterwards, once, in its place, and nothing else is.

Real processes, real sockets, real SIGKILL. Two clients trade with each other as fast as they can; the venue dies at a
random moment, is started again on the same data, and each client holds what it had received against the replay.
"""

import random
import shutil
import signal
import time

import pytest
from traders import NAMES, Trader, check_trades, live_orders

from venue.log import read_log
from venue.machine import Machine
from venue.recovery import recover

pytestmark = pytest.mark.slow


def trade_until_killed(venue, traders, rng):
    """Trade for a random while, then kill; the clients read what is still on its way to them."""
    end = time.monotonic() + rng.uniform(0.005, 0.12)
    while time.monotonic() < end:
        for trader in traders:
            trader.trade(rng.randrange(1, 30))
            trader.client.read(0 if rng.random() < 0.7 else 0.001)
            trader.listen()
    for trader in traders:
        trader.trade(rng.randrange(0, 60))
    venue.kill()
    for trader in traders:
        trader.client.read_to_end()
        trader.listen()
        trader.client.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("durability", "rounds"), [("process", 10), ("process", 8), ("disk", 5)])
def test_nothing_acknowledged_is_lost_or_doubled_by_a_kill(launch, connect, seed, durability, rounds):
    rng = random.Random(seed)
    traders = [Trader(name, rng) for name in NAMES]
    lost = doubled = 0
    for _ in range(rounds):
        venue = launch("--durability", durability)
        for trader in traders:
            one, two = trader.come_back(connect, venue)
            lost, doubled = lost + one, doubled + two
        for trader in traders:
            assert live_orders(venue, trader.name) == trader.believes()
        trade_until_killed(venue, traders, rng)
    venue = launch("--durability", durability)
    for trader in traders:
        one, two = trader.come_back(connect, venue)
        lost, doubled = lost + one, doubled + two
    trades = check_trades(traders)
    told = sum(len(trader.told) for trader in traders)
    print(f"{rounds} kills, {durability}: {told} messages, {trades} trades, {lost} lost, {doubled} doubled")
    assert (lost, doubled) == (0, 0)
    assert trades > rounds
    assert venue.stop() == 0


def test_a_venue_killed_while_it_starts_starts_the_next_time(launch, connect, seed):
    rng = random.Random(seed)
    for _ in range(10):
        venue = launch("--durability", "process", wait=False)
        time.sleep(rng.uniform(0.15, 0.4))
        venue.kill()
    venue = launch("--durability", "process")
    client = connect(venue, name="IN19T6")
    assert client.expect("S")[1] == b"S"
    client.enter(1)
    client.expect("A")


def two_lines(result):
    """The record number and the hash that `portcullis replay` printed."""
    assert result.returncode == 0, result.stderr
    first, second = result.stdout.splitlines()
    assert first.startswith("records ")
    assert second.startswith("state ")
    return int(first.removeprefix("records ")), second.removeprefix("state ")


def test_replay_after_a_kill_and_after_a_clean_stop_gives_equal_state(launch, connect, portcullis, tmp_path, seed):
    rng = random.Random(seed)
    traders = [Trader(name, rng) for name in NAMES]
    venue = launch("--durability", "process")
    for trader in traders:
        trader.come_back(connect, venue)
    trade_until_killed(venue, traders, rng)
    killed = two_lines(portcullis("replay", venue.data))
    assert two_lines(portcullis("replay", venue.data)) == killed, "a replay changes nothing"
    aside = shutil.copytree(venue.data, tmp_path / "aside", ignore=shutil.ignore_patterns("*.sock"))
    assert two_lines(portcullis("replay", aside)) == killed

    venue = launch("--durability", "process", data=aside)
    assert venue.stop(signal.SIGINT) == 0
    stopped = two_lines(portcullis("replay", aside))
    assert stopped[0] > killed[0], "the lost connections are records"
    assert stopped[1] == killed[1], "and who is connected is not part of the state"

    machine = Machine(tmp_path)
    for number, record in read_log(aside):
        machine.apply(record)
        if number == killed[0]:
            assert machine.hash() == killed[1]
    assert (machine.number, machine.hash()) == stopped
    from_snapshot = Machine(tmp_path)
    recover(aside, from_snapshot)
    assert (from_snapshot.number, from_snapshot.hash()) == stopped

    venue = launch("--durability", "process", data=aside)  # starts from the snapshot, and adds to it
    for trader in traders:
        assert trader.come_back(connect, venue) == (0, 0)
        trader.trade(200)
        trader.client.settle()
    assert venue.stop() == 0
    from_snapshot = Machine(tmp_path)
    recover(aside, from_snapshot)
    assert two_lines(portcullis("replay", aside)) == (from_snapshot.number, from_snapshot.hash())
