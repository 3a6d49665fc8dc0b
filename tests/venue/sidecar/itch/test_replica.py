"""The feed of a replica: the same bytes whenever it begins, and the ends of sessions."""

import pytest

from engine.api import SetPhase
from engine.terms import Phase
from itchproto import codec
from venue.sidecar.itch.feed import ItchFeed
from venue.sidecar.replica import Replica

SAME = pytest.mark.section("TotalView-ITCH 5.0", "Sessions and sequence numbers")


@pytest.fixture
def follow(tmp_path):
    """Follow a venue's log with a replica of its own and a feed; gives them when they are at its end."""
    replicas = []

    async def follow(venue, key="nasdaq"):
        folder = tmp_path / f"replica-{len(replicas)}"
        folder.mkdir()
        replica = Replica(venue.data, folder)
        feed = ItchFeed(key, folder)
        replica.folds.append(feed)
        replicas.append(replica)
        await replica.catch_up()
        return replica, feed

    yield follow
    for replica in replicas:
        replica.close()


def content(feed):
    stream = feed.day.writer.stream
    return stream.slice(0, stream.length)


def trade(venue, connect, numbers):
    """Let two ports trade, so that displayed orders, trades and cancels are told of."""
    maker, taker = (connect(venue, name=name, sequence=0) for name in ("AK01T1", "IN19T6"))
    maker.settle()
    taker.settle()
    for number in numbers:
        maker.enter(number, b"S", 300)
        maker.expect("A")
        taker.enter(number, quantity=100)
        taker.take(2)
        maker.expect("E")
    maker.send(maker.cancel(numbers[-1]))
    maker.expect("C")
    maker.logout()
    taker.logout()
    venue.wait_for_leavers()


@SAME
async def test_the_bytes_are_the_same_whenever_a_replica_begins(host, connect, follow):
    venue = host()
    early, feed = await follow(venue)
    trade(venue, connect, [1, 2])
    venue.stop()
    venue = host(data=venue.data)  # with a snapshot of the middle of the day
    trade(venue, connect, [3, 4])
    await early.catch_up()
    _, late = await follow(venue)
    assert content(late) == content(feed)
    assert late.day.writer.stream.session == feed.day.writer.stream.session
    assert late.day.writer.stream.count > 26
    before, ended = feed.day, []
    feed.ended = ended.append
    early.rebuild()
    await early.catch_up()
    assert ended == [before]
    assert feed.day is not before
    assert content(feed) == content(late)


@SAME
async def test_a_day_that_begins_with_a_snapshot_is_what_it_was_for_who_saw_it_begin(host, connect, follow, clock):
    venue = host()
    early, feed = await follow(venue)
    trade(venue, connect, [1])
    first = feed.day
    await early.catch_up()
    clock.moment += 86_400 * 10**9
    venue.call(venue.venue.next_day)
    venue.call(venue.venue.command, SetPhase("nasdaq", "AAPL", Phase.HALT))
    trade_halted = connect(venue, name="IN19T6")
    trade_halted.logout()
    venue.wait_for_leavers()
    await early.catch_up()
    assert first.writer.stream.ended
    last = first.writer.message(first.writer.stream.count)
    assert codec.unpack_system_event(last)[3] == b"C"
    assert feed.day.writer.session == venue.venue.machine.engine.session
    venue.stop()
    venue = host(data=venue.data)
    late, again = await follow(venue)
    await early.catch_up()
    assert late.applied == early.applied
    assert content(again) == content(feed)
