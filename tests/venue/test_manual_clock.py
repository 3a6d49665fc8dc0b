"""A manual clock: venue time stands until an operator moves it, and all that is due on the way comes at its moment."""

import threading
from itertools import pairwise

import pytest

from engine.engine import NEVER
from ouch import codec
from venue import timekeeper
from venue.log import read_log
from venue.machine import Machine
from venue.record import Kind
from venue.recovery import replay

MANUAL = pytest.mark.section("Portcullis", "Manual clock")
SECOND = 1_000_000_000
NOON = 12 * 3_600 * SECOND
START = "2026-11-19T17:00:00"


@pytest.fixture
def standing(demo_config):
    """The demo on a manual clock, with some changes."""

    def standing(*changes, **options):
        settings = "\n".join([*(f"{key} = {value}" for key, value in options.items()), 'clock = "manual"'])
        return demo_config(("low_disk_mb", f"{settings}\nlow_disk_mb"), *changes)

    return standing


class Halfway:
    """A move of the clock that has come so far, and goes on when it is let."""

    def __init__(self):
        self.reached = threading.Event()
        self.left = threading.Event()


@pytest.fixture
def halfway(monkeypatch):
    """Let each move wait where others have their first turn; a turn comes after every order."""
    place = Halfway()
    let_others = timekeeper.Timekeeper._everyone_else

    async def wait(self):
        place.reached.set()
        await let_others(self)
        while not place.left.is_set():
            await let_others(self)

    monkeypatch.setattr(timekeeper, "ORDERS_A_TURN", 1)
    monkeypatch.setattr(timekeeper.Timekeeper, "_everyone_else", wait)
    return place


def good_for(client, number, seconds, **details):
    client.enter(number, tif=b"6", options=codec.pack_option(codec.TAG_EXPIRE_TIME, seconds), **details)
    return client.expect("A")


def advance(venue, milliseconds):
    answer = venue.ask("clock", {"advanceMs": milliseconds})
    assert answer.status == 200, answer.body
    return answer.body


def records(venue):
    venue.wait_for_disk()
    return [record for _, record in read_log(venue.data)]


@MANUAL
def test_time_stands_whatever_the_machine_s_clock_says(host, connect, standing, clock):
    venue = host(standing())
    client = connect(venue, name="IN19T6")
    assert client.expect("S")[0] == NOON
    clock.moment += 5 * SECOND
    client.enter(1)
    assert client.expect("A")[0] == NOON
    assert {record.venue_time for record in records(venue)} == {clock.moment - 5 * SECOND}
    assert records(venue)[-1].wall_time == clock.moment, "wall time does not stand"


@MANUAL
def test_what_is_due_comes_at_its_own_moment_in_order_and_before_what_comes_after_it(host, connect, standing):
    venue = host(standing())
    client = connect(venue, name="IN19T6")
    client.expect("S")
    for number, seconds in ((1, 3), (2, 1), (3, 2), (4, 1), (5, 60)):
        good_for(client, number, seconds)
    assert advance(venue, 2_500) == {"mode": "manual", "time": f"{START[:-2]}02.500000000Z", "fired": 2}
    assert [client.expect("C")[:2] for _ in range(3)] == [
        (NOON + 1 * SECOND, 2),
        (NOON + 1 * SECOND, 4),
        (NOON + 2 * SECOND, 3),
    ]
    client.enter(6)
    assert client.expect("A")[0] == NOON + 2_500_000_000
    assert advance(venue, 500)["fired"] == 1, "a deadline of the very moment has come"
    assert client.expect("C")[:2] == (NOON + 3 * SECOND, 1)


@MANUAL
def test_each_moment_is_a_record_of_its_own_and_the_last_has_the_time_that_was_asked_for(host, connect, standing):
    venue = host(standing())
    client = connect(venue, name="IN19T6")
    client.expect("S")
    good_for(client, 1, 2)
    good_for(client, 2, 1)
    start = records(venue)[-1].venue_time
    advance(venue, 5_000)
    advance(venue, 0)
    timers = [record.venue_time - start for record in records(venue) if record.kind == Kind.TIMER]
    assert timers == [SECOND, 2 * SECOND, 5 * SECOND]


@MANUAL
def test_deadlines_of_orders_that_are_gone_do_not_count(host, connect, standing):
    venue = host(standing())
    client = connect(venue, name="IN19T6")
    client.expect("S")
    good_for(client, 1, 2)
    client.send(client.cancel(1))
    client.expect("C")
    assert venue.ask("clock").body["nextDeadline"] is None
    assert advance(venue, 5_000)["fired"] == 0


@MANUAL
@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, None),
        ({"mode": "manual", "advanceMs": 1}, 422, None),
        ({"mode": "fast"}, 422, "mode"),
        ({"mode": None}, 422, "mode"),
        ({"advanceMs": -1}, 422, "advanceMs"),
        ({"advanceMs": 1.5}, 422, "advanceMs"),
        ({"advanceMs": 10**12}, 422, "advanceMs"),
        ({"advanceTo": "2026-11-20T15:29:30"}, 422, "advanceTo"),
        ({"advanceTo": "tomorrow"}, 422, "advanceTo"),
        ({"advanceTo": "2028-11-20T15:29:30Z"}, 422, "advanceTo"),
        ({"advanceTo": "2026-11-19T16:59:59Z"}, 409, "advanceTo"),
        ({"advance": 5}, 422, "advance"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(host, standing, body, status, field):
    venue = host(standing())
    before = records(venue)
    answer = venue.ask("clock", body)
    assert answer.status == status
    assert [error["field"] for error in answer.body.get("errors", [])] == ([] if field is None else [field])
    assert records(venue) == before


@MANUAL
@pytest.mark.parametrize("body", [{"advanceMs": 2_000}, {"advanceTo": "2116-02-20T23:53:39Z"}])
def test_a_clock_is_not_moved_beyond_the_end_of_time(host, standing, clock, body):
    clock.moment = NEVER - SECOND
    venue = host(standing())
    answer = venue.ask("clock", body)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, *body)
    assert advance(venue, 999)["fired"] == 0


@MANUAL
def test_a_real_clock_is_not_moved(host):
    venue = host()
    answer = venue.ask("clock", {"advanceMs": 1})
    assert (answer.status, answer.body["errors"][0]["field"]) == (409, "advanceMs")
    assert venue.ask("clock").body["mode"] == "real"


@MANUAL
def test_a_real_clock_may_be_made_to_stand_and_to_go_again_once_the_machine_s_is_not_behind(host, connect, clock):
    venue = host()
    client = connect(venue, name="IN19T6")
    client.expect("S")
    good_for(client, 1, 30)
    assert venue.ask("clock", {"mode": "manual"}).body == {"mode": "manual", "time": f"{START}.000000000Z", "fired": 0}
    assert venue.ask("clock", {"mode": "manual"}).status == 200, "it stands already"
    advance(venue, 10_000)
    refused = venue.ask("clock", {"mode": "real"})
    assert (refused.status, refused.body["errors"][0]["field"]) == (409, "mode")
    assert "10.000 s ahead" in refused.body["detail"]
    clock.moment += 40 * SECOND
    assert venue.ask("clock", {"mode": "real"}).body["time"] == "2026-11-19T17:00:40.000000000Z"
    assert client.expect("C")[:2] == (NOON + 30 * SECOND, 1), "what has come meanwhile comes at once"
    clock.moment += SECOND
    client.enter(2)
    assert client.expect("A")[0] == NOON + 41 * SECOND


@MANUAL
def test_the_clock_shows_its_time_the_day_and_what_comes_next(host, connect, standing):
    venue = host(standing(roll_at='"20:30"'))
    client = connect(venue, name="IN19T6")
    shown = {
        "mode": "manual",
        "time": f"{START}.000000000Z",
        "tradingDate": "2026-11-19",
        "nextDeadline": None,
        "nextScheduled": "2026-11-20T01:30:00.000000000Z",
        "scheduled": "trading-day/next",
    }
    assert venue.ask("clock").body == shown
    good_for(client, 1, 30) if client.expect("S") else None
    assert venue.ask("clock").body == shown | {"nextDeadline": "2026-11-19T17:00:30.000000000Z"}


@MANUAL
def test_message_rates_count_by_venue_time_so_nothing_gets_old_while_it_stands(host, connect, standing):
    venue = host(standing(("maxPortMessages = 100,", "maxPortMessages = 3,")))
    client = connect(venue, name="IN30T1")
    client.expect("S")
    for number in range(1, 5):
        client.enter(number, price=2_000_000)
    assert [message[:1] for message in client.take(4)] == [b"A", b"A", b"A", b"J"]
    venue.ask("ports/IN30T1/release", {})
    for number in range(5, 25):
        advance(venue, 334)
        client.enter(number, price=2_000_000)
        client.expect("A")


@MANUAL
def test_after_hours_follow_venue_time(host, connect, standing):
    venue = host(standing())
    client = connect(venue, name="IN19T6")
    client.expect("S")
    heard = []
    for number, to in enumerate(("20:59:59.999999", "21:00:00", "00:59:59.999999", "01:00:00"), 1):
        day = "2026-11-19" if to > "12" else "2026-11-20"
        assert venue.ask("clock", {"advanceTo": f"{day}T{to}Z"}).status == 200
        client.enter(number, tif=b"E")
        heard += [message[:1] for message in client.take(1)]
    assert heard == [b"J", b"A", b"A", b"J"]


# Long moves.


@MANUAL
def test_everyone_else_has_a_turn_during_a_long_move(host, connect, standing, halfway):
    venue = host(standing())
    client, other = connect(venue, name="IN19T6"), connect(venue, name="AK01T1")
    client.send(*(timed(number, number) for number in range(1, 301)))
    client.take(301)
    other.expect("S")
    answers = []
    mover = threading.Thread(target=lambda: answers.append(advance(venue, 300_000)))
    mover.start()
    assert halfway.reached.wait(10)
    stamps = []
    for number in range(1, 11):
        other.enter(number)
        stamps.append(other.expect("A")[0])
    halfway.left.set()
    mover.join()
    other.enter(11)
    stamps.append(other.expect("A")[0])
    assert answers[0]["fired"] == 300
    assert NOON < stamps[0] < stamps[-1] == NOON + 300 * SECOND
    assert all(one <= two for one, two in pairwise(stamps))
    canceled = [codec.unpack_order_canceled(message)[:2] for message in client.take(300)]
    assert canceled == [(NOON + number * SECOND, number) for number in range(1, 301)]


def timed(number, seconds):
    option = codec.pack_option(codec.TAG_EXPIRE_TIME, seconds)
    return codec.pack_enter_order(
        *(number, b"B", 100, b"AAPL    ", 1_900_000, b"6", b"Y", b"P", b"N", b"N", b" " * 14, option)
    )


@MANUAL
def test_a_second_move_and_another_mode_have_to_wait_for_the_first(host, connect, standing, halfway):
    venue = host(standing())
    client = connect(venue, name="IN19T6")
    client.send(*(timed(number, number) for number in range(1, 11)))
    client.take(11)
    mover = threading.Thread(target=advance, args=(venue, 10_000))
    mover.start()
    assert halfway.reached.wait(10)
    refused = [venue.ask("clock", body) for body in ({"advanceMs": 1}, {"mode": "real"}, {"mode": "manual"})]
    looked = venue.ask("clock")
    halfway.left.set()
    mover.join()
    assert looked.status == 200
    assert looked.body["time"] < venue.ask("clock").body["time"], "it was looked at on the way"
    assert [answer.status for answer in refused] == [409] * 3
    assert advance(venue, 1)["fired"] == 0


@MANUAL
def test_a_mass_cancel_is_done_before_time_goes_on(host, connect, standing):
    venue = host(standing())
    client = connect(venue, name="IN19T6")
    client.send(*(timed(number, 1) for number in range(1, 1_801)))
    client.take(1_801)
    client.send(codec.pack_mass_cancel(2_000, b"INET", b" " * 8, b""))
    client.take(500)
    assert advance(venue, 2_000)["fired"] == 0
    assert {codec.unpack_order_canceled(message)[0] for message in client.take(1_300)} == {NOON}


# Restarts.


@MANUAL
def test_a_start_stands_where_the_clock_stood(host, connect, standing, clock):
    venue = host(standing())
    client = connect(venue, name="IN19T6")
    client.expect("S")
    good_for(client, 1, 30)
    advance(venue, 12_345)
    clock.moment += 3 * 86_400 * SECOND
    venue.stop()
    venue = host(data=venue.data, config=standing())
    shown = venue.ask("clock").body
    assert (shown["mode"], shown["time"]) == ("manual", "2026-11-19T17:00:12.345000000Z")
    assert shown["tradingDate"] == "2026-11-19", "no day has passed"
    client = connect(venue, name="IN19T6", sequence=3)
    advance(venue, 20_000)
    assert client.expect("C")[:2] == (NOON + 30 * SECOND, 1)


@MANUAL
def test_the_configuration_is_asked_at_the_first_start_alone(host, standing, demo_config, clock):
    venue = host(demo_config())
    venue.stop()
    venue = host(standing(), data=venue.data)
    assert venue.ask("clock").body["mode"] == "real"
    venue.ask("clock", {"mode": "manual"})
    venue.stop()
    clock.moment += SECOND
    venue = host(demo_config(), data=venue.data)
    assert venue.ask("clock").body["mode"] == "manual"
    assert venue.ask("clock").body["time"] == f"{START}.000000000Z"


@MANUAL
def test_a_venue_that_is_killed_while_its_clock_is_manual_goes_on_at_the_same_time(launch, tmp_path, connect):
    config = tmp_path / "standing.toml"
    config.write_text(SAMPLE)
    venue = launch("--config", config, command="serve")
    client = connect(venue, name="IN19T6")
    client.expect("S")
    good_for(client, 1, 30)
    advance(venue, 20_000)
    venue.kill()
    venue = launch("--config", config, command="serve", data=venue.data)
    assert venue.ask("clock").body["time"] == "2026-11-20T12:00:20.000000000Z"
    client = connect(venue, name="IN19T6", sequence=3)
    assert advance(venue, 20_000)["fired"] == 1
    assert client.expect("C")[:2] == ((7 * 3_600 + 30) * SECOND, 1)


SAMPLE = """
[venue]
durability = "process"
clock = "manual"
clock_start = 2026-11-20T12:00:00Z

[[market]]
key = "nasdaq"

[[service]]
key = "ouch.nasdaq"
offset = 0
protocol = "ouch-5.0-us"
market = "nasdaq"

[[port]]
name = "IN19T6"
mpid = "INET"
service = "ouch.nasdaq"
password = "NTFTEST"

[[symbol]]
symbol = "AAPL"
"""


@MANUAL
def test_a_replay_stands_where_the_venue_stood(host, connect, standing, tmp_path):
    venue = host(standing())
    client = connect(venue, name="IN19T6")
    client.expect("S")
    good_for(client, 1, 5)
    advance(venue, 60_000)
    wanted = venue.hash()
    venue.wait_for_disk()
    machine = Machine(tmp_path)
    replay(venue.data, machine)
    assert (machine.hash(), machine.clock) == (wanted, "manual")
    assert machine.venue_time == venue.call(lambda: venue.venue.clock.now()[0])
    restored = Machine(tmp_path)
    restored.restore(venue.call(venue.venue.machine.snapshot))
    assert (restored.hash(), restored.clock, restored.venue_time) == (wanted, "manual", machine.venue_time)


@MANUAL
def test_in_memory_every_start_begins_where_the_configuration_says(host, demo_config):
    settings = 'clock = "manual"\nclock_start = "2026-11-20T09:30:00.5-05:00"\nlow_disk_mb'
    config = demo_config(("low_disk_mb", settings), durability="memory")
    for _ in range(2):
        venue = host(config)
        assert venue.ask("clock").body["time"] == "2026-11-20T14:30:00.500000000Z"
        assert venue.ask("ports").body["items"][0]["session"] == "261120LR09"
        venue.stop()
