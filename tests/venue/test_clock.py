"""The venue's clock never goes back; dates and midnights are the market's, also where its clocks change."""

from datetime import UTC, date, datetime

import pytest

from venue.clock import RealClock, local_date, local_midnight, weekday_from

NEW_YORK = "America/New_York"
HOUR = 3_600_000_000_000


def moment(text):
    """Nanoseconds of a UTC time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


@pytest.fixture
def machine_time(monkeypatch):
    """What the machine's clock says next."""
    readings = []
    monkeypatch.setattr("venue.clock.time.time_ns", lambda: readings.pop(0))
    return readings


def test_venue_time_stands_still_while_the_machine_goes_back(machine_time):
    clock = RealClock()
    machine_time += [100, 200, 150, 199, 201]
    assert [clock.now() for _ in range(5)] == [(100, 100), (200, 200), (200, 150), (200, 199), (201, 201)]


def test_a_clock_resumes_no_earlier_than_the_last_record(machine_time):
    clock = RealClock()
    clock.resume(500)
    clock.resume(400)
    machine_time += [100, 501]
    assert [clock.now() for _ in range(2)] == [(500, 100), (501, 501)]


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


@pytest.mark.parametrize(
    ("day", "weekday"),
    [
        (date(2026, 11, 20), date(2026, 11, 20)),
        (date(2026, 11, 21), date(2026, 11, 23)),
        (date(2026, 11, 22), date(2026, 11, 23)),
        (date(2027, 1, 2), date(2027, 1, 4)),
    ],
)
def test_a_weekend_waits_for_monday(day, weekday):
    assert weekday_from(day) == weekday
