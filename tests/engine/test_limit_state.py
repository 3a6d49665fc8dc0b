"""Markets under price bands: what is priced within them, how they move, limit states and pauses."""

import pytest
from banded import BandedMarket
from hypothesis import given
from hypothesis import strategies as st
from words import (
    HOUR,
    MARKET,
    MARKETS,
    MIDNIGHT,
    TOMORROW,
    Accepted,
    Canceled,
    Executed,
    buy,
    sell,
    ticks,
    trade,
)

from engine.api import CancelReason, Cross, Liquidity, Phase, TimeInForce

BANDS = pytest.mark.section("Market model", "2.2 LULD")
MINUTE = 60
ENDED = CancelReason.REGULATORY


class PartlyBandedMarket(BandedMarket):
    """One of the exchanges has bands, and all make the national quote."""

    MARKETS = (BandedMarket.MARKETS[0], *MARKETS[1:])


@pytest.fixture
def market():
    market = BandedMarket()
    market.wait()
    return market


@BANDS
def test_bands_begin_around_the_previous_close(market):
    assert market.bands == ("9.50", "10.50")


@BANDS
def test_a_limit_beyond_the_band_is_accepted_at_the_band(market):
    assert market.enter(buy(100, at="11.00")) == [Accepted(1, 100, "10.50")]
    assert market.enter(sell(50, at="9.00", by="AKB")) == [Accepted(2, 50, "9.50")]
    assert market.enter(sell(50, at="12.00", by="AK1")) == [Accepted(3, 50, "12.00")]


@BANDS
def test_nothing_trades_outside_the_bands(market):
    market.enter(sell(100, at="10.51", by="AK1"))
    assert market.enter(buy(100, at=MARKET)) == [Accepted(2, 100, MARKET, dead=True)]
    assert market.enter(buy(100, at="10.60", ioc=True)) == [Accepted(3, 100, "10.50", dead=True)]
    market.enter(sell(100, at="10.50", by="AK1"))
    assert market.enter(buy(300, at=MARKET)) == [
        Accepted(5, 300, MARKET),
        *trade(5, 4, 100, "10.50", 1),
        Canceled(5, 200, CancelReason.IMMEDIATE_OR_CANCEL),
    ]


@BANDS
def test_a_mean_that_is_a_percent_away_becomes_the_reference_when_that_has_stood_for_thirty_seconds(market):
    market.trade_at("10.09")
    assert market.bands == ("9.50", "10.50"), "0.9 percent"
    market.trade_at("10.20")
    assert market.security().tape.reference == ticks("10.145"), "the previous close has stood for long"
    assert market.bands == ("9.64", "10.65")
    market.trade_at("10.60")
    assert market.bands == ("9.64", "10.65")
    market.wait(29)
    assert market.bands == ("9.64", "10.65")
    market.wait(1)
    assert market.security().tape.reference == (ticks("10.09") + ticks("10.20") + ticks("10.60") + 1) // 3


@BANDS
def test_trades_count_for_five_minutes(market):
    market.trade_at("10.09")
    market.wait(300)
    market.trade_at("10.12")
    assert market.security().tape.reference == ticks("10.12")


@BANDS
def test_orders_that_bands_leave_behind_are_canceled(market):
    market.enter(sell(100, at="9.55", by="AKB", hidden=True))
    market.enter(buy(100, at="9.70", by="IN2"))
    market.prices(luld_lower="9.60", luld_upper="9.65")
    assert market.wait() == [Canceled(2, 100, ENDED), Canceled(1, 100, ENDED)]


@BANDS
def test_bands_of_operations_stand_until_they_are_cleared_or_the_day_ends(market):
    market.prices(luld_lower="5.00", luld_upper="20.00")
    market.trade_at("15.00")
    market.wait(60)
    assert market.bands == ("5.00", "20.00")
    market.prices(luld_lower=None, luld_upper=None)
    market.wait()
    assert market.bands == ("14.25", "15.75")
    market.prices(luld_lower="5.00", luld_upper="20.00")
    market.next_day(TOMORROW)
    market.wait()
    assert market.bands == ("14.25", "15.75")


@BANDS
def test_they_double_in_the_last_twenty_five_minutes(market):
    market.wait(5 * 3_600 + 35 * MINUTE - 1)
    assert market.bands == ("9.50", "10.50")
    market.wait(1)
    assert market.bands == ("9.00", "11.00")
    market.wait(25 * MINUTE)
    assert market.bands == ("9.50", "10.50")


@BANDS
def test_fifteen_seconds_in_a_limit_state_pause_trading_for_five_minutes(market):
    market.enter(buy(100, at="10.60"))
    market.wait(14)
    assert market.phases == [Phase.CONTINUOUS] * 3
    market.wait(1)
    assert market.phases == [Phase.QUOTATION] * 3
    market.enter(sell(100, at="10.30", by="AK1"))
    assert market.wait(299) == []
    fills = market.wait(1)
    assert [(event.order, event.liquidity) for event in fills if isinstance(event, Executed)] == [
        (1, Liquidity.UNSCHEDULED_CALL),
        (2, Liquidity.UNSCHEDULED_CALL),
    ]
    assert market.phases == [Phase.CONTINUOUS] * 3
    assert market.security().tape.reference == market.security().last


@BANDS
@pytest.mark.parametrize("leave", ["cancel", "trade", "bands"])
def test_a_limit_state_that_ends_in_time_pauses_nothing(market, leave):
    market.enter(sell(100, at="9.50"))
    market.wait(10)
    if leave == "cancel":
        market.cancel(1)
    elif leave == "trade":
        market.enter(buy(100, at="9.50", by="AK1"))
    else:
        market.prices(luld_lower="9.40", luld_upper="10.40")
    market.wait(10)
    assert market.phases == [Phase.CONTINUOUS] * 3


@BANDS
def test_an_outside_quote_at_the_band_is_a_limit_state_too(market):
    market.prices(outside_bid="10.50")
    market.wait()
    market.wait(15)
    assert market.phases == [Phase.QUOTATION] * 3


@BANDS
def test_a_pause_in_the_last_ten_minutes_lasts_until_the_close(market):
    market.wait(5 * 3_600 + 47 * MINUTE)
    market.prices(outside_bid="11.00")
    market.wait()
    market.wait(15)
    assert market.book().phase is Phase.QUOTATION
    market.prices(outside_bid=None)
    market.wait(13 * MINUTE - 15)
    assert market.now == MIDNIGHT + 16 * HOUR
    assert market.book().phase is Phase.QUOTATION
    market.wait(1)
    assert market.book().phase is Phase.CONTINUOUS


@BANDS
def test_operations_may_end_a_pause_and_keep_a_book_halted_after_it(market):
    market.prices(outside_bid="10.50")
    market.wait()
    market.wait(15)
    market.prices(outside_bid=None)
    market.phase(Phase.CONTINUOUS, exchange="bx")
    market.phase(Phase.HALT, exchange="psx")
    market.wait(300)
    assert market.phases == [Phase.CONTINUOUS, Phase.CONTINUOUS, Phase.HALT]


@BANDS
def test_a_pause_that_operations_end_may_be_followed_by_another(market):
    market.prices(outside_bid="10.50")
    market.wait()
    market.wait(15)
    market.phase(Phase.CONTINUOUS, symbol=None)
    for exchange in ("bx", "psx"):
        market.phase(Phase.CONTINUOUS, symbol=None, exchange=exchange)
    market.prices(outside_bid="10.60")
    market.wait()
    market.wait(15)
    assert market.phases == [Phase.QUOTATION] * 3


@BANDS
def test_timers_do_not_pile_up(market):
    for _ in range(500):
        market.enter(buy(100, at="10.00"))
        market.cancel(market.last_key)
    assert len(market.engine.timer_moments) < 200


@BANDS
def test_the_price_of_a_cross_is_the_reference_at_once(market):
    market.phase(Phase.QUOTATION)
    market.enter(buy(100, at="10.04", cross=Cross.CONTINUOUS))
    market.enter(sell(100, at="10.04", by="AK1"))
    market.phase(Phase.CONTINUOUS)
    market.wait()
    assert market.security().tape.reference == ticks("10.04")


@BANDS
def test_a_start_from_a_snapshot_goes_on_where_the_tape_was(market):
    market.trade_at("10.08")
    market.enter(buy(100, at="10.60"))
    market.wait(5)
    other = market.reloaded()
    assert other.state() == market.state()
    for one in (market, other):
        one.trade_at("10.20")
        one.wait(10)
        one.wait(60)
    assert other.state() == market.state()
    assert market.phases == other.phases


@BANDS
@pytest.mark.parametrize("way", ["cancel", "replace", "other exchange", "pre-market there", "phase"])
def test_a_limit_state_begins_when_the_quote_comes_to_the_band_after_any_silence(way):
    market = PartlyBandedMarket()
    market.wait()
    market.enter(buy(100, at="9.00", by="AK1"))
    if way in ("cancel", "replace", "phase"):
        market.enter(sell(100, at="10.50", by="AKB"))
        market.enter(buy(100, at="10.50", by="IN1"))
    if way == "pre-market there":
        market.phase(Phase.PRE_MARKET, exchange="bx")
    market.wait(100)
    match way:
        case "cancel":
            market.cancel(2)
        case "replace":
            market.replace(2, sell(100, at="11.00", by="AKB"))
        case "phase":
            market.phase(Phase.CLOSED, exchange="bx")
            market.phase(Phase.PRE_MARKET, exchange="bx")
        case _:
            market.enter(buy(100, at="10.50", by="INB", time_in_force=TimeInForce.EXTENDED_HOURS))
    market.wait(14)
    assert market.book().phase is Phase.CONTINUOUS
    market.wait(1)
    assert market.book().phase is Phase.QUOTATION


@BANDS
def test_discretion_ends_at_the_band(market):
    market.enter(buy(100, at="10.00", discretion_price=ticks("11.00"), by="AK1"))
    assert len(market.enter(sell(10, at="10.60"))) == 1
    assert market.enter(sell(10, at="10.50"))[1:] == trade(3, 1, 10, "10.50", 1)


@BANDS
def test_what_was_held_beyond_the_bands_trades_within_them_and_ends(market):
    market.phase(Phase.PRE_MARKET, exchange="bx")
    market.enter(sell(50, at="10.40", by="AKB"))
    market.enter(buy(100, at="11.00", by="INB"))
    flags = trade(2, 1, 50, "10.40", 1)
    assert market.phase(Phase.CONTINUOUS, exchange="bx") == [*flags, Canceled(2, 50, ENDED)]


@BANDS
def test_a_market_that_is_switched_off_forgets_its_tapes(market):
    market.MARKETS = MARKETS
    market.configure()
    assert market.security().tape is None
    assert market.engine.timers == {}
    assert market.enter(buy(100, at="20.00")) == [Accepted(1, 100, "20.00")]


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(80, 120), st.integers(1, 3), st.booleans(), st.integers(0, 20)),
        max_size=25,
    )
)
def test_no_trade_of_the_regular_hours_is_outside_the_bands(orders):
    market = BandedMarket()
    market.wait()
    for is_buy, price, lots, at_market, seconds in orders:
        lower, upper = market.security().luld_lower, market.security().luld_upper
        was = market.book().phase
        at = MARKET if at_market else f"{price / 10:.2f}"
        for event in market.enter((buy if is_buy else sell)(lots * 100, at=at, by="IN1" if is_buy else "AK1")):
            if isinstance(event, Executed) and was is Phase.CONTINUOUS:
                assert lower <= ticks(event.at) <= upper
        market.wait()
        market.wait(seconds)
