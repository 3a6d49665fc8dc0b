"""A day that ends by itself, at `venue.roll_at`: on a real clock, over a restart, and never twice or for nothing."""

import time

import pytest

from venue import timekeeper
from venue.log import read_log
from venue.record import Kind
from venue.schedule import Schedule

ROLL = pytest.mark.section("Portcullis", "Trading day that rolls by itself")
SECOND = 1_000_000_000
HOUR = 3_600 * SECOND
EVENING = 8 * HOUR + HOUR // 2
"""From the noon at which the fake clock stands to 20:30."""


@pytest.fixture
def rolling(demo_config, monkeypatch):
    """The demo with a day that ends at 20:30; a venue looks at the clock every 10 ms."""
    monkeypatch.setattr(timekeeper, "CLOCK_LOOK", 0.01)
    return demo_config(("low_disk_mb", 'roll_at = "20:30"\nlow_disk_mb'))


def date_of(venue):
    return venue.call(lambda: venue.venue.machine.engine.date)


@ROLL
def test_a_real_clock_ends_the_day_when_the_time_has_come(host, connect, rolling, clock):
    venue = host(rolling)
    client = connect(venue, name="IN19T6")
    client.enter(1)
    client.take(2)
    clock.moment += EVENING - 1
    time.sleep(0.05)
    assert date_of(venue) == "2026-11-19"
    clock.moment += 1
    client.expect("C")
    assert client.expect("S")[1] == b"E"
    client.read_to_end()
    assert date_of(venue) == "2026-11-20"
    time.sleep(0.05)
    assert date_of(venue) == "2026-11-20", "once"
    assert connect(venue, name="IN19T6").settle()[0] == 1


@ROLL
def test_a_label_that_was_moved_ahead_waits_for_the_clock(host, rolling, clock):
    venue = host(rolling)
    venue.ask("trading-day/next", {})
    clock.moment += EVENING
    time.sleep(0.05)
    assert date_of(venue) == "2026-11-20"
    clock.moment += 24 * HOUR
    while date_of(venue) == "2026-11-20":
        time.sleep(0.001)
    assert date_of(venue) == "2026-11-23", "Friday evening opens Monday"


@ROLL
def test_a_start_after_the_time_opens_the_day_that_has_begun_and_no_other(host, rolling, clock):
    venue = host(rolling)
    venue.stop()
    clock.moment += EVENING + HOUR
    venue = host(rolling, data=venue.data)
    time.sleep(0.05)
    assert date_of(venue) == "2026-11-20"
    venue.stop()
    venue = host(rolling, data=venue.data)
    time.sleep(0.05)
    assert date_of(venue) == "2026-11-20"
    rolls = [
        record for _, record in read_log(venue.data) if record.kind == Kind.COMMAND and b"next-day" in record.payload
    ]
    assert len(rolls) == 2


@ROLL
def test_without_a_time_the_day_goes_on(host, clock):
    venue = host()
    clock.moment += 60 * HOUR
    assert venue.ask("clock").body["nextScheduled"] is None
    assert date_of(venue) == "2026-11-19"


class Errand:
    """An appointment every so many nanoseconds, which notes when it was kept."""

    def __init__(self, name, every, diary):
        self.name = name
        self.every = every
        self.diary = diary
        self.next = every

    def due(self):
        return self.next

    def keep(self):
        self.diary.append((self.next, self.name))
        self.next += self.every


def test_a_schedule_keeps_its_appointments_in_order_and_equal_ones_as_they_are_listed():
    diary = []
    schedule = Schedule([Errand("scan", 3, diary), Errand("report", 2, diary)])
    schedule.settle()
    while schedule.next <= 6:
        schedule.keep()
    assert diary == [(2, "report"), (3, "scan"), (4, "report"), (6, "scan"), (6, "report")]


def test_an_appointment_that_is_due_again_at_once_is_our_fault():
    errand = Errand("scan", 0, [])
    schedule = Schedule([errand])
    schedule.settle()
    with pytest.raises(AssertionError, match="scan is due again at once"):
        schedule.keep()
