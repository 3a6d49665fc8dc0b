"""What is live is rendered once for all who look at it, and not more often than people can see."""

import pytest
import structlog

from venue.problem import Problem
from venue.sidecar.auth.identity import Identity
from venue.sidecar.portal import live
from venue.sidecar.portal.live import Hub, Watcher
from venue.sidecar.portal.page import Region

ROLES = frozenset({"prm-read"})
ONE = Identity("person:one", ROLES, frozenset({"GP29"}))
PAGES = 50
UPDATES_A_SECOND = 20


class Venue:
    """What a hub sees of the second process: records that come, and the feed."""

    def __init__(self):
        self.replica = self.feed = self
        self.applied = 1
        self.opened = self.left = 0

    def open(self, kinds):
        assert not kinds
        self.opened += 1
        return object()

    def leave(self, _):
        self.left += 1


async def content(sidecar, look):
    if look.arguments == ("gone",):
        raise Problem(404, "it went")
    if look.arguments == ("broken",):
        raise ZeroDivisionError
    return {"data": [sidecar.applied, *look.arguments]}


@pytest.fixture
async def hub():
    regions = {
        "counters": Region("counters", "data", content, ROLES),
        "clock": Region("clock", "data", content, ROLES, seconds=1.0),
        "tail": Region("tail", "data", content, ROLES, hears=True),
    }
    hub = Hub(Venue(), regions)
    yield hub
    await hub.close()


def join(hub, *keys, identity=ONE):
    watcher = Watcher({key: hub.look(key, identity) for key in keys})
    hub.watchers[watcher] = None  # as `join` does; the beats are the test's own
    return watcher


async def test_fifty_pages_at_twenty_updates_a_second_are_rendered_four_times_a_second(hub):
    """Each beat renders a look once, however many look and however many records came since the last one."""
    watchers = [join(hub, "counters:GP29P1", identity=Identity(f"person:{i % 2}", *ONE[1:])) for i in range(PAGES)]
    seconds, beats = 10, round(1 / live.BEAT_SECONDS)
    sent = 0
    for beat in range(seconds * beats):
        hub.sidecar.applied += UPDATES_A_SECOND // beats
        await hub.beat(beat * live.BEAT_SECONDS)
        sent += sum(len(watcher.take()) for watcher in watchers)
    people = 2
    assert hub.rendered == people * seconds * beats
    assert sent == PAGES * seconds * beats
    assert sent < PAGES * seconds * UPDATES_A_SECOND / 4


async def test_where_nothing_comes_nothing_is_rendered(hub):
    watcher = join(hub, "counters:GP29P1")
    for _ in range(20):
        await hub.beat(0.0)
    assert (hub.rendered, len(watcher.take())) == (1, 1)


async def test_who_reads_slowly_gets_the_latest_and_nothing_else(hub):
    watcher = join(hub, "counters:GP29P1", "counters:GP29Q1")
    for _ in range(100):
        hub.sidecar.applied += 1
        await hub.beat(0.0)
    assert watcher.take() == {"counters:GP29P1": '[101,"GP29P1"]', "counters:GP29Q1": '[101,"GP29Q1"]'}


async def test_what_goes_by_time_is_looked_at_by_time(hub):
    join(hub, "clock")
    for tenth in range(31):
        hub.sidecar.applied += 1
        await hub.beat(tenth / 10)
    assert hub.rendered == 4


async def test_what_went_leaves_the_others_as_they_are(hub):
    watcher = join(hub, "counters:gone", "counters:GP29P1")
    await hub.beat(0.0)
    assert list(watcher.take()) == ["counters:GP29P1"]


async def test_a_fault_in_one_part_leaves_the_others_live_and_stands_in_the_log(hub):
    watcher = join(hub, "counters:broken", "counters:GP29P1")
    with structlog.testing.capture_logs() as lines:
        await hub.beat(0.0)
    assert list(watcher.take()) == ["counters:GP29P1"]
    assert [line["part"] for line in lines] == ["counters"]


async def test_events_are_made_while_somebody_looks_at_them(hub):
    join(hub, "counters:GP29P1")
    await hub.beat(0.0)
    assert hub.sidecar.opened == 0
    reading = join(hub, "tail:trade")
    await hub.beat(0.0)
    await hub.beat(0.0)
    assert (hub.sidecar.opened, hub.sidecar.left) == (1, 0)
    hub.leave(reading)
    await hub.beat(0.0)
    assert hub.sidecar.left == 1


async def test_a_part_is_for_those_whose_roles_open_it_and_pages_are_bounded(hub):
    for key, status in (("nothing", 404), ("counters:" + "x" * 400, 404)):
        with pytest.raises(Problem) as refused:
            hub.look(key, ONE)
        assert refused.value.status == status
    with pytest.raises(Problem, match="may not look"):
        hub.look("counters:GP29P1", Identity("person:other", frozenset({"ptr-clearing"}), None))
    for _ in range(live.WATCHERS_MAX):
        join(hub, "counters:GP29P1")
    with pytest.raises(Problem, match="open already"):
        hub.join(Watcher({}))
