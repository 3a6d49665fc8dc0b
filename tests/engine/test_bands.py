"""Price bands of US securities, as the table of previous close and tier has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from words import dollars, ticks

from engine.bands import is_far, mean, price_bands, to_the_cent

BANDS = pytest.mark.section("Market model", "2.2 LULD")


@BANDS
@pytest.mark.parametrize(
    ("reference", "close", "tier", "is_late", "lower", "upper"),
    [
        ("200.00", "200.00", 1, False, "190.00", "210.00"),
        ("200.00", "200.00", 1, True, "180.00", "220.00"),
        ("80.00", "80.00", 2, False, "72.00", "88.00"),
        ("80.00", "80.00", 2, True, "72.00", "88.00"),
        ("3.01", "3.01", 1, False, "2.86", "3.16"),
        ("3.00", "3.00", 1, False, "2.40", "3.60"),
        ("3.00", "3.00", 2, True, "1.80", "4.20"),
        ("3.01", "3.01", 2, True, "2.71", "3.31"),
        ("0.75", "0.75", 2, False, "0.60", "0.90"),
        ("0.74", "0.74", 1, False, "0.59", "0.89"),
        ("0.10", "0.10", 2, False, "0.03", "0.18"),
        ("0.10", "0.10", 2, True, "0.00", "0.25"),
        ("5.00", "0.50", 1, False, "4.85", "5.15"),
        ("0.50", "4.00", 1, False, "0.48", "0.53"),
    ],
)
def test_bands_go_by_the_previous_close_the_tier_and_the_time(reference, close, tier, is_late, lower, upper):
    found = price_bands(ticks(reference), ticks(close), tier, 1, is_late)
    assert tuple(map(dollars, found)) == (lower, upper)


@BANDS
def test_leverage_multiplies_the_percentage():
    assert price_bands(ticks("50.00"), ticks("50.00"), 2, 3, is_late=False) == (ticks("35.00"), ticks("65.00"))


@BANDS
@pytest.mark.parametrize(("hundredths", "rounded"), [(4_999, 0), (5_000, 100), (14_999, 100), (15_000, 200)])
def test_bands_are_rounded_to_the_cent(hundredths, rounded):
    assert to_the_cent(hundredths) == rounded


@BANDS
@pytest.mark.parametrize(
    ("total", "far"), [(3_029_999, False), (3_030_000, True), (2_970_001, False), (2_970_000, True)]
)
def test_a_mean_that_is_a_percent_away_is_far(total, far):
    assert is_far(total, 3, 1_000_000) is far


@given(st.lists(st.integers(1, 2_000_000_000), min_size=1, max_size=20))
def test_the_mean_is_the_nearest_tick(prices):
    assert abs(2 * mean(sum(prices), len(prices)) * len(prices) - 2 * sum(prices)) <= len(prices)
