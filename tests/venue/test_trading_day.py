"""Which trading day comes when: by the calendars of the markets, and by the time at which a day rolls by itself."""

from datetime import UTC, date, datetime

import pytest

from engine.engine import NEVER
from venue.clock import nanoseconds
from venue.trading_day import DAY, TradingDays

CALENDAR = pytest.mark.section("Portcullis", "Calendar")
ROLL = pytest.mark.section("Portcullis", "Trading day that rolls by itself")
HOUR = 3_600_000_000_000
AMERICAN = ('key = "nordic"', 'key = "nordic"\ncalendar = "XNAS"')


def new_york(text):
    """The moment of a winter's time in New York."""
    return nanoseconds(datetime.fromisoformat(f"{text}-05:00"))


@pytest.fixture
def days(demo_config):
    """The demo's days, rolling at a time or never; its Nordic market has the holidays of the others here."""

    def days(roll_at=None, *changes):
        rolling = () if roll_at is None else (("low_disk_mb", f'roll_at = "{roll_at}"\nlow_disk_mb'),)
        return TradingDays(demo_config(*rolling, AMERICAN, *changes))

    return days


@CALENDAR
def test_a_start_opens_today_or_the_next_trading_day(days):
    rows = [
        ("2026-11-19T12:00", "2026-11-19"),
        ("2026-11-19T23:59", "2026-11-19"),
        ("2026-11-26T09:00", "2026-11-27"),  # Thanksgiving
        ("2026-11-28T00:00", "2026-11-30"),  # Saturday
        ("2026-12-25T12:00", "2026-12-28"),  # Christmas, a Friday
    ]
    assert [str(days().first(new_york(moment))) for moment, _ in rows] == [day for _, day in rows]


@CALENDAR
def test_the_next_day_is_no_weekend_and_no_holiday_of_every_market(days):
    assert days().following(date(2026, 11, 25)) == date(2026, 11, 27)
    weekdays = days(None, ('key = "psx"', 'key = "psx"\ncalendar = "none"'))
    assert weekdays.following(date(2026, 11, 25)) == date(2026, 11, 26)


@CALENDAR
def test_half_days_move_after_hours_of_the_markets_that_have_them(days):
    two = days(
        None,
        ('key = "bx"', 'key = "bx"\ntimezone = "America/Chicago"\nafter_hours = ["15:00", "19:00"]'),
        ('key = "psx"', 'key = "psx"\ncalendar = "none"'),
    )
    half = two.command(date(2026, 11, 27), new_york("2026-11-27T04:00"), ())
    nordic = {"nordic": (13 * HOUR, 17 * HOUR)}
    assert half.after_hours == {"nasdaq": (13 * HOUR, 17 * HOUR), "bx": (12 * HOUR, 16 * HOUR)} | nordic
    assert two.command(date(2026, 11, 30), new_york("2026-11-30T04:00"), ()).after_hours == {}


@CALENDAR
def test_a_half_day_takes_no_market_back_beyond_its_midnight(days):
    early = days(None, ('["16:00", "20:00"]', '["02:00", "04:00"]'))
    assert early.command(date(2026, 11, 27), 0, ()).after_hours["nasdaq"] == (0, HOUR)


@CALENDAR
def test_a_day_is_opened_for_markets_that_the_configuration_does_not_name_any_more(days):
    command = days().command(date(2026, 11, 19), new_york("2026-11-19T12:00"), ["nasdaq", "gone"])
    midnights = dict.fromkeys(("nasdaq", "bx", "psx", "gone"), new_york("2026-11-19T00:00"))
    assert command.midnights == midnights | {"nordic": new_york("2026-11-18T19:00")}


@CALENDAR
def test_timestamps_may_count_from_the_midnight_of_another_zone_than_hours(days):
    command = days().command(date(2026, 11, 19), new_york("2026-11-19T12:00"), ())
    assert command.midnights["nordic"] == nanoseconds(datetime(2026, 11, 19, tzinfo=UTC))
    assert command.local_midnights == {"nordic": nanoseconds(datetime(2026, 11, 18, 23, tzinfo=UTC))}


@CALENDAR
def test_a_holiday_of_one_market_is_a_trading_day_of_another(demo_config):
    assert TradingDays(demo_config()).following(date(2026, 11, 25)) == date(2026, 11, 26)
    assert TradingDays(demo_config()).following(date(2026, 12, 23)) == date(2026, 12, 24)


@ROLL
def test_without_a_time_no_day_ends_by_itself(days):
    assert days().roll(date(2026, 11, 25)) == (NEVER, date(2026, 11, 27))


@ROLL
@pytest.mark.parametrize(
    ("roll_at", "day", "moment", "opened"),
    [
        ("20:30", "2026-11-24", "2026-11-24T20:30", "2026-11-25"),
        ("20:30", "2026-11-25", "2026-11-25T20:30", "2026-11-27"),
        ("20:30", "2026-11-27", "2026-11-27T20:30", "2026-11-30"),
        ("20:30", "2026-11-26", "2026-11-27T20:30", "2026-11-30"),  # a label that is no trading day
        ("12:00", "2026-11-24", "2026-11-24T12:00", "2026-11-25"),
        ("11:59", "2026-11-24", "2026-11-25T11:59", "2026-11-25"),
        ("03:00", "2026-11-24", "2026-11-25T03:00", "2026-11-25"),
        ("03:00", "2026-11-25", "2026-11-27T03:00", "2026-11-27"),
        ("00:00", "2026-11-27", "2026-11-30T00:00", "2026-11-30"),
    ],
)
def test_before_noon_a_time_opens_the_day_of_its_date_and_from_noon_on_it_ends_it(days, roll_at, day, moment, opened):
    assert days(roll_at).roll(date.fromisoformat(day)) == (new_york(moment), date.fromisoformat(opened))


@ROLL
def test_a_start_after_the_time_opens_the_day_that_has_begun_by_then(days):
    rows = [
        ("20:30", "2026-11-25T20:29:59", "2026-11-25"),
        ("20:30", "2026-11-25T20:30", "2026-11-27"),
        ("20:30", "2026-11-26T21:00", "2026-11-27"),
        ("03:00", "2026-11-25T02:00", "2026-11-25"),
        ("03:00", "2026-11-25T04:00", "2026-11-25"),
    ]
    assert [str(days(roll_at).first(new_york(moment))) for roll_at, moment, _ in rows] == [day for *_, day in rows]


@ROLL
def test_the_time_is_the_first_market_s_when_its_clocks_change_too(days):
    summer, winter = days("20:30").roll(date(2026, 10, 30))[0], days("20:30").roll(date(2026, 11, 2))[0]
    assert winter - summer == 3 * DAY + HOUR
    lost = days("02:30").roll(date(2026, 3, 6))[0]  # opens the Monday after the night that has no such time
    assert datetime.fromtimestamp(lost // 10**9, UTC) == datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
