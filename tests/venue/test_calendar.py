"""Trading days: the files say what exchange-calendars says, and what they do not know is a weekday."""

import warnings
from datetime import date
from importlib import resources
from typing import get_args, get_type_hints

import pytest

from venue.calendar import DEFAULTS, NAMES, WEEKDAYS, load, trading_day_from
from venue.calendars.__main__ import generate
from venue.service_settings import MarketSettings

CALENDAR = pytest.mark.section("Portcullis", "Calendar")


@CALENDAR
@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_what_the_generator_writes(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas' own
        wanted = generate(name)
    present = resources.files("venue").joinpath(f"calendars/{name}.json").read_text(encoding="utf-8")
    assert present == wanted, "python -m venue.calendars writes it anew"


@CALENDAR
@pytest.mark.parametrize(
    ("name", "day", "trades"),
    [
        ("XNAS", "2026-11-25", True),
        ("XNAS", "2026-11-26", False),  # Thanksgiving
        ("XNAS", "2026-11-27", True),
        ("XNAS", "2026-11-28", False),
        ("XNAS", "2025-01-09", False),  # a day of mourning
        ("XNYS", "2026-07-03", False),
        ("XSTO", "2026-06-19", False),  # Midsummer's eve
        ("XHEL", "2026-01-06", False),
        ("XCSE", "2026-05-15", False),
        ("XICE", "2026-06-17", False),
        ("XSTO", "2026-11-26", True),
        (WEEKDAYS, "2026-12-25", True),
        (WEEKDAYS, "2026-12-26", False),
    ],
)
def test_a_market_trades_on_weekdays_that_are_no_holidays(name, day, trades):
    assert load(name).trades(date.fromisoformat(day)) is trades


@CALENDAR
@pytest.mark.parametrize(
    ("name", "day", "minutes"),
    [("XNAS", "2026-11-27", 180), ("XNAS", "2026-11-25", 0), ("XSTO", "2026-01-05", 270), (WEEKDAYS, "2026-11-27", 0)],
)
def test_a_half_day_ends_so_many_minutes_early(name, day, minutes):
    assert load(name).minutes_early(date.fromisoformat(day)) == minutes


@CALENDAR
def test_a_venue_trades_when_any_of_its_markets_does():
    thanksgiving = date(2026, 11, 26)
    assert trading_day_from(thanksgiving, [load("XNAS")]) == date(2026, 11, 27)
    assert trading_day_from(thanksgiving, [load("XNAS"), load("XSTO")]) == thanksgiving
    assert trading_day_from(date(2026, 12, 24), [load("XSTO"), load("XCSE")]) == date(2026, 12, 28)


@CALENDAR
@pytest.mark.parametrize("beyond", [date(2031, 1, 1), date(2023, 12, 25)])
def test_beyond_the_years_of_a_file_every_weekday_counts_and_it_is_said_once(beyond, capsys):
    calendar = load("XNAS")
    assert not calendar.trades(date(2030, 12, 25))
    assert calendar.trades(beyond)
    assert not calendar.trades(date(2031, 1, 4))
    assert calendar.trades(beyond)
    said = capsys.readouterr().out
    assert said.count("the calendar ends") == 1
    assert "XNAS" in said


@CALENDAR
def test_every_market_that_a_venue_may_have_has_a_calendar():
    assert set(DEFAULTS) == set(get_args(get_type_hints(MarketSettings)["key"]))
    assert set(DEFAULTS.values()) <= set(NAMES)
