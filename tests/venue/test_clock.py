"""The venue's clock never goes back; dates and midnights are the market's, also where its clocks change."""

import random
from datetime import UTC, date, datetime

import pytest

from venue.clock import RealClock, local_date, local_midnight

NEW_YORK = "America/New_York"
HOUR = 3_600_000_000_000


def moment(text):
    """Nanoseconds of a UTC time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


class Times:
    """What the machine's clocks say: `wall` may be set, `passed` only grows."""

    def __init__(self):
        self.wall = 1_000
        self.passed = 77

    def let_pass(self, nanoseconds):
        self.wall += nanoseconds
        self.passed += nanoseconds


@pytest.fixture
def machine(monkeypatch):
    times = Times()
    monkeypatch.setattr("venue.clock.time.time_ns", lambda: times.wall)
    monkeypatch.setattr("venue.clock.time.monotonic_ns", lambda: times.passed)
    return times


def test_venue_time_is_the_machines_while_that_goes_forward(machine):
    clock = RealClock()
    assert clock.now() == (1_000, 1_000)
    machine.let_pass(5)
    assert clock.now() == (1_005, 1_005)
    machine.wall += 3 * HOUR  # set forward
    assert clock.now() == (1_005 + 3 * HOUR, 1_005 + 3 * HOUR)


def test_venue_time_goes_on_at_half_pace_while_the_machine_is_behind_and_then_with_it(machine):
    clock = RealClock()
    clock.now()
    machine.wall -= 600
    assert clock.now() == (1_000, 400)
    machine.let_pass(100)
    assert clock.now() == (1_050, 500)
    machine.let_pass(500)
    assert clock.now() == (1_300, 1_000)
    machine.let_pass(300)
    assert clock.now() == (1_300, 1_300)
    machine.let_pass(100)
    assert clock.now() == (1_400, 1_400)
    machine.wall -= 50  # again: what passed while all was well does not count
    assert clock.now() == (1_400, 1_350)
    machine.let_pass(20)
    assert clock.now() == (1_410, 1_370)


def test_venue_time_never_goes_back_and_never_stands_still_for_long_whatever_is_set(machine):
    rng, clock, last = random.Random(3), RealClock(), 0
    for _ in range(2_000):
        before, passed = machine.wall, rng.randrange(1, 1_000)
        machine.let_pass(passed)
        if rng.random() < 0.05:
            machine.wall = max(before + rng.randrange(-5_000, 5_000), 1)
        now, wall = clock.now()
        assert wall == machine.wall
        assert now >= last
        assert now >= wall
        last = now
    machine.let_pass(100_000)
    assert clock.now()[0] == machine.wall


def test_a_clock_resumes_no_earlier_than_the_last_record(machine):
    clock = RealClock()
    clock.resume(5_000)
    clock.resume(4_000)
    assert clock.now() == (5_000, 1_000)
    machine.let_pass(10_000)
    assert clock.now() == (11_000, 11_000)


@pytest.mark.parametrize(
    ("utc", "day", "hours"),
    [
        ("2026-11-19T17:00:00", date(2026, 11, 19), 12),
        ("2026-11-20T04:59:59", date(2026, 11, 19), 23),
        ("2026-11-20T05:00:00", date(2026, 11, 20), 0),
        ("2026-07-01T03:59:59", date(2026, 6, 30), 23),
        ("2026-07-01T04:00:00", date(2026, 7, 1), 0),
        ("2026-03-08T16:00:00", date(2026, 3, 8), 11),  # noon by the wall, an hour less since midnight
        ("2026-11-01T17:00:00", date(2026, 11, 1), 13),  # noon again, an hour more
    ],
)
def test_dates_and_midnights_are_new_yorks(utc, day, hours):
    assert local_date(moment(utc), NEW_YORK) == day
    assert (moment(utc) - local_midnight(moment(utc), NEW_YORK)) // HOUR == hours
