"""The replica: the same state at the same record, whatever came before, and waited for by record."""

import asyncio
import random
from contextlib import suppress

import pytest

from engine.api import Phase
from venue.control import Response
from venue.problem import Problem
from venue.record import LogDamaged
from venue.sidecar.change import change
from venue.sidecar.comparison import Comparison
from venue.sidecar.context import Sidecar
from venue.sidecar.engine import EngineClient, EngineGone
from venue.sidecar.feed import Feed
from venue.sidecar.replica import Replica


@pytest.fixture
def replica(tmp_path):
    """Make a replica of a venue."""
    made = []

    def replica(data, **arguments):
        folder = tmp_path / f"replica{len(made)}"
        folder.mkdir()
        made.append(Replica(data, folder, **arguments))
        return made[-1]

    yield replica
    for one in made:
        one.close()


@pytest.fixture
async def running():
    """Let something run beside the test."""
    tasks = []

    def running(coroutine):
        tasks.append(asyncio.get_running_loop().create_task(coroutine))
        return tasks[-1]

    yield running
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


def trade(connect, venue, seed, count=300):
    """A random flow of two traders: orders of both sides, replacements, cancels."""
    draw = random.Random(seed)
    traders = [connect(venue, name=name) for name in ("IN19T6", "AK01T1")]
    number = 0
    for _ in range(count // 10):
        for client in traders:
            messages = []
            for _ in range(5):
                number += 1
                side, price = draw.choice((b"B", b"S")), draw.randrange(190, 210) * 10_000
                messages.append(client.order(number, side, draw.randrange(1, 500), price=price))
                if draw.random() < 0.3:
                    messages.append(client.cancel(draw.randrange(1, number + 1)))
                elif draw.random() < 0.2:
                    number += 1
                    messages.append(client.replacement(draw.randrange(1, number), number, price=price))
            client.send(*messages)
            client.settle()
    return traders


class Engine:
    """The engine process of a `Host`, asked for its state; where `lies`, it gives another."""

    def __init__(self, venue, lies=0):
        self.venue = venue
        self.lies = lies

    async def ask(self, verb, target, *_):
        assert (verb, target) == ("GET", "state")
        record, state_hash = self.venue.call(lambda: (self.venue.venue.machine.number, self.venue.venue.machine.hash()))
        self.lies -= 1
        return Response(200, {"record": record, "stateHash": "0" * 64 if self.lies >= 0 else state_hash}, 0)


async def test_after_a_random_flow_both_states_are_one(host, connect, replica, running, seed):
    venue = host()
    follower = replica(venue.data)
    running(follower.run())
    trade(connect, venue, seed)
    outcome = await Comparison(follower, Engine(venue), Feed(follower)).compare()
    assert (outcome.equal, outcome.engine) == (True, outcome.replica)
    assert venue.ask("trading-day/next").status == 200
    venue.wait_for_leavers()
    trade(connect, venue, seed + 1)
    comparison = Comparison(follower, Engine(venue), Feed(follower))
    assert (await comparison.compare()).equal
    assert (comparison.made, comparison.differences, comparison.is_trusted) == (1, 0, True)
    venue.stop()
    later = replica(venue.data)
    await later.catch_up()
    assert (later.applied, later.lag, later.lag_ms) == (venue.venue.machine.number, 0, 0.0)
    assert later.machine.hash() == venue.venue.machine.hash(), "begun at the snapshot"


async def test_a_replica_that_differs_is_built_anew_once_and_one_that_differs_again_is_not_trusted(
    host, connect, replica, running
):
    venue = host()
    follower = replica(venue.data)
    running(follower.run())
    trade(connect, venue, 1, 100)
    comparison = Comparison(follower, Engine(venue, lies=1), Feed(follower))
    before = follower.machine
    subscription = comparison.feed.open()
    assert not (await comparison.compare()).equal
    assert follower.machine is not before
    assert "reset" in [event.kind for event in subscription.take()]
    assert (comparison.is_trusted, comparison.differences) == (True, 1)
    comparison.engine = Engine(venue, lies=1)
    before = follower.machine
    assert not (await comparison.compare()).equal
    assert (comparison.is_trusted, comparison.differences) == (False, 2)
    assert follower.machine is before
    assert (await comparison.compare()).equal
    comparison.feed.close()


@pytest.mark.parametrize("bound", ["FEW_ORDERS", "FEW_BYTES"])
async def test_of_itself_a_replica_is_compared_only_while_that_costs_the_engine_little(
    host, connect, replica, running, monkeypatch, bound
):
    venue = host()
    connect(venue, name="IN19T6").enter(1)
    follower = replica(venue.data)
    running(follower.run())
    await follower.reached(4)
    comparison = Comparison(follower, Engine(venue), Feed(follower))
    assert comparison._is_cheap()
    monkeypatch.setattr(f"venue.sidecar.comparison.{bound}", 0)
    assert not comparison._is_cheap()
    assert (await comparison.compare()).equal, "it may be asked for"


async def test_who_waits_for_a_record_goes_on_when_it_is_applied(host, connect, replica, running):
    venue = host()
    follower = replica(venue.data)
    running(follower.run())
    await follower.caught_up.wait()
    number = follower.applied
    await follower.reached(number)
    waiters = [running(follower.reached(number + more)) for more in (3, 1, 2)]
    connect(venue, name="IN19T6").enter(1)
    async with asyncio.timeout(10):
        await asyncio.gather(waiters[1], waiters[2])
    assert not waiters[0].done()
    assert follower.applied == number + 2


async def test_nothing_is_applied_behind_the_record_at_which_a_replica_is_held(host, connect, replica):
    venue = host()
    follower = replica(venue.data)
    trade(connect, venue, 2, 100)
    venue.wait_for_disk()
    for limit in (1, 7, 50):
        follower.hold(limit)
        await follower.catch_up()
        assert follower.applied == limit
        assert follower.lag == venue.venue.machine.number - limit
        assert follower.lag_ms > 0
    follower.hold(None)
    await follower.catch_up()
    assert follower.machine.hash() == venue.hash()


async def test_a_damaged_log_ends_the_replica(host, connect, replica):
    venue = host()
    trade(connect, venue, 3, 100)
    venue.stop()
    for snapshot in (venue.data / "snapshots").iterdir():
        snapshot.unlink()
    (day,) = (venue.data / "log").glob("*.db")
    data = bytearray(day.read_bytes())
    place = data.index(b"AAPL    ")
    data[place] ^= 1
    day.write_bytes(data)
    with pytest.raises(LogDamaged):
        await replica(venue.data).run()


async def test_a_log_that_is_gone_ends_the_replica(host, replica):
    venue = host()
    venue.stop()
    follower = replica(venue.data)
    await follower.catch_up()
    (venue.data / "log").rename(venue.data / "elsewhere")
    with pytest.raises(LogDamaged, match="is gone"):
        await follower.run()


async def test_a_replica_that_has_to_be_told_is_caught_up_only_then(host, replica):
    venue = host()
    venue.wait_for_disk()
    follower = replica(venue.data, is_told=True)
    await follower.catch_up()
    assert not follower.caught_up.is_set()
    follower.engine_is_at(follower.applied)
    await follower.catch_up()
    assert follower.caught_up.is_set()


# ------------------------------------------------------------------------------------------------------------- changes


@pytest.fixture
async def sidecar(host, replica, running):
    venue = host()
    follower = replica(venue.data)
    running(follower.run())
    return venue, Sidecar(None, venue.data, venue.data, {}, follower, EngineClient(venue.data), Feed(follower))


async def test_a_change_is_answered_when_it_shows(sidecar):
    _, ours = sidecar
    body = {"venue": "nasdaq", "book": "AAPL", "phase": "HALT"}
    answer = await change(ours, "POST", "phase", body, "somebody", "key-1")
    assert (answer.status, answer.body["phase"]) == (200, "HALT")
    assert ours.replica.applied >= answer.record > 0
    assert ours.replica.machine.engine.markets["nasdaq"].books["AAPL"].phase is Phase.HALT
    again = await change(ours, "POST", "phase", body, "somebody", "key-1")
    assert (again.status, again.record) == (200, answer.record)
    refused = await change(ours, "POST", "phase", body | {"venue": "nyse"})
    assert refused.status in (404, 422)


async def test_a_change_that_does_not_show_in_time_says_what_is_known(sidecar, monkeypatch):
    _, ours = sidecar
    monkeypatch.setattr("venue.sidecar.change.APPLIED_SECONDS", 0.01)
    await ours.replica.caught_up.wait()
    ours.replica.hold(ours.replica.applied)
    answer = await change(ours, "POST", "phase", {"venue": "nasdaq", "phase": "HALT"})
    assert (answer.status, answer.body["status"]) == (503, 503)
    assert f"record {answer.record} is durable" in answer.body["detail"]


async def test_without_an_engine_nothing_is_done_and_that_is_said(sidecar):
    venue, ours = sidecar
    venue.stop()
    answer = await change(ours, "POST", "phase", {"venue": "nasdaq", "phase": "HALT"})
    assert answer.status == 503
    assert "nothing was done" in answer.body["detail"]
    with pytest.raises(EngineGone) as gone:
        await ours.engine.ask("GET", "ports")
    assert not gone.value.was_asked
    with pytest.raises(Problem) as problem:
        await ours.comparison.compare()
    assert problem.value.status == 503
