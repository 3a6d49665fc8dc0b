"""The machine's clock is set while a venue runs, or while it is down: time on record never goes back, nothing sticks.

The clock here is the real one (`RealClock`) over readings that a test sets: `wall` may be set at will, `passed` is the
machine's clock that never is.
"""

from itertools import pairwise

import pytest

from ouch import codec
from venue import timekeeper
from venue.clock import RealClock
from venue.log import read_log
from venue.record import Kind

SECOND = 1_000_000_000
HOUR = 3_600 * SECOND


class Machine:
    """The machine's two clocks."""

    def __init__(self, moment):
        self.wall = moment
        self.passed = SECOND

    def let_pass(self, nanoseconds):
        self.wall += nanoseconds
        self.passed += nanoseconds


@pytest.fixture
def machine(clock, monkeypatch):
    """Clocks that stand at a Thursday's noon in New York; a venue looks at them every 10 ms while a deadline waits."""
    machine = Machine(clock.moment)
    monkeypatch.setattr("venue.clock.time.time_ns", lambda: machine.wall)
    monkeypatch.setattr("venue.clock.time.monotonic_ns", lambda: machine.passed)
    monkeypatch.setattr(timekeeper, "CLOCK_LOOK", 0.01)
    return machine


def good_for(client, number, seconds):
    client.enter(number, tif=b"6", options=codec.pack_option(codec.TAG_EXPIRE_TIME, seconds))
    return client.expect("A")


def times(venue):
    """Venue and wall time of every record."""
    venue.wait_for_disk()
    return [(record.venue_time, record.wall_time) for _, record in read_log(venue.data)]


@pytest.mark.parametrize("step", [-5 * HOUR, -1, 1, 5 * HOUR])
def test_timestamps_never_go_back_and_go_on_when_the_clock_is_set(host, connect, machine, step):
    venue = host(clock=RealClock())
    client = connect(venue, name="IN19T6")
    stamps = [client.expect("S")[0]]
    for number in range(1, 11):
        machine.let_pass(SECOND)
        if number == 5:
            machine.wall += step
        client.enter(number)
        stamps.append(client.expect("A")[0])
    assert all(one <= two for one, two in pairwise(stamps))
    assert stamps[10] >= stamps[5] + 5 * SECOND // 2, "at half pace at the least"
    on_record = times(venue)
    assert all(one[0] <= two[0] for one, two in pairwise(on_record))
    assert on_record[-1][1] == machine.wall, "the wall's time is what it is"


def test_a_rate_does_not_shut_a_port_because_the_clock_was_set_back(host, connect, machine, demo_config):
    venue = host(demo_config(("maxPortMessages = 100,", "maxPortMessages = 3,")), clock=RealClock())
    client = connect(venue, name="IN30T1")
    client.expect("S")
    machine.wall -= 3 * HOUR
    for number in range(1, 31):
        machine.let_pass(SECOND)
        client.enter(number, price=2_000_000)
        client.expect("A")
    for number in range(31, 34):
        client.enter(number, price=2_000_000)
    assert [message[:1] for message in client.take(3)] == [b"A", b"J", b"J"], "and it still is a rate"


def test_an_order_expires_though_the_clock_was_set_back(host, connect, machine):
    venue = host(clock=RealClock())
    client = connect(venue, name="IN19T6")
    start = client.expect("S")[0]
    good_for(client, 1, 30)
    machine.wall -= 3 * HOUR
    client.enter(2)
    client.expect("A")
    machine.let_pass(59 * SECOND)
    assert client.settle() == (3, [])
    machine.let_pass(2 * SECOND)
    assert client.expect("C")[:4] == (start + 30 * SECOND, 1, 100, b"T")


def test_an_order_expires_at_once_when_the_clock_is_set_forward_beyond_its_time(host, connect, machine):
    venue = host(clock=RealClock())
    client = connect(venue, name="IN19T6")
    start = client.expect("S")[0]
    good_for(client, 1, 3_600)
    machine.wall += 2 * HOUR  # nobody says anything: the venue has to see it by itself
    assert client.expect("C")[:4] == (start + HOUR, 1, 100, b"T")
    venue.wait_for_disk()
    assert Kind.TIMER in [record.kind for _, record in read_log(venue.data)]


@pytest.mark.parametrize("hours", [-30, -3, 3])
def test_a_start_with_a_clock_that_was_set_goes_on_where_the_log_ended(host, connect, machine, hours):
    venue = host(clock=RealClock())
    client = connect(venue, name="IN19T6")
    session = client.session
    client.enter(1)
    first = [client.expect("S")[0], client.expect("A")[0]][-1]
    date = venue.call(lambda: venue.venue.machine.engine.date)
    venue.stop()
    machine.wall += hours * HOUR
    machine.passed = 5 * SECOND  # another boot
    venue = host(data=venue.data, clock=RealClock())
    assert venue.call(lambda: venue.venue.machine.engine.date) == date, "a date behind the trading date opens no day"
    client = connect(venue, name="IN19T6", session=session, sequence=3)
    machine.let_pass(2 * SECOND)
    client.enter(2)
    second = client.expect("A")[0]
    assert second == first + (hours * HOUR + 2 * SECOND if hours > 0 else SECOND)
    on_record = times(venue)
    assert all(one[0] <= two[0] for one, two in pairwise(on_record))


def test_a_clock_that_was_days_ahead_and_is_set_right_leaves_the_day_open_and_the_next_later(host, connect, machine):
    machine.wall += 50 * 24 * HOUR
    venue = host(clock=RealClock())
    connect(venue, name="IN19T6").settle()
    ahead = venue.call(lambda: venue.venue.machine.engine.date)
    venue.stop()
    machine.wall -= 50 * 24 * HOUR
    venue = host(data=venue.data, clock=RealClock())
    assert venue.call(lambda: venue.venue.machine.engine.date) == ahead
    assert venue.ask("trading-day/next").body["date"] > ahead
    wanted = venue.hash()
    venue.stop()
    assert host(data=venue.data, clock=RealClock()).hash() == wanted
