"""The official opening and closing price: what a Nordic book's calls, or a US one's crosses, made of the day."""

import pytest
from nordic import ERIC, NordicMarket, buy, sell
from trading import Market
from words import TOMORROW
from words import buy as buy_here
from words import sell as sell_here

from engine.api import Cross, Phase

SECTION = pytest.mark.section("Market model", "1.3 Calls")


@pytest.fixture
def market():
    return NordicMarket()


def official(market):
    """Opening and closing price, in ticks."""
    security = market.engine.securities[ERIC]
    return security.official_open, security.official_close


def trade(market, at):
    """Let ten shares of each side meet."""
    market.enter(buy(10, at=at))
    market.enter(sell(10, at=at))


@SECTION
@pytest.mark.parametrize("phase", [Phase.PRE_OPEN, Phase.OPENING_CALL], ids=lambda phase: phase.name)
def test_the_opening_price_is_that_of_the_opening_call_s_trades(market, phase):
    market.phase(phase)
    trade(market, "101.00")
    assert official(market) == (None, None)
    market.phase(Phase.CONTINUOUS)
    trade(market, "102.00")
    assert official(market) == (1_010_000, None)


@SECTION
def test_an_opening_without_trades_makes_no_price_nor_does_a_call_of_another_kind(market):
    market.phase(Phase.OPENING_CALL)
    market.phase(Phase.CONTINUOUS)
    market.phase(Phase.VOLATILITY_CALL)
    trade(market, "102.00")
    market.phase(Phase.CONTINUOUS)
    assert official(market) == (None, None)


@SECTION
def test_a_second_opening_of_the_day_leaves_the_first_price(market):
    for at in ("101.00", "103.00"):
        market.phase(Phase.OPENING_CALL)
        trade(market, at)
        market.phase(Phase.CONTINUOUS)
    assert official(market) == (1_010_000, None)


@SECTION
@pytest.mark.parametrize(("in_the_call", "close"), [("104.00", 1_040_000), (None, 1_020_000)])
def test_the_closing_price_is_that_of_the_closing_call_else_of_the_last_sale(market, in_the_call, close):
    trade(market, "102.00")
    market.phase(Phase.CLOSING_CALL)
    if in_the_call is not None:
        trade(market, in_the_call)
    market.phase(Phase.POST_TRADE)
    assert official(market) == (None, close)


@SECTION
def test_without_any_sale_the_previous_close_goes_on(market):
    market.phase(Phase.CLOSING_CALL)
    market.phase(Phase.POST_TRADE)
    assert official(market) == (None, 1_000_000)


@SECTION
def test_the_next_day_begins_with_the_official_close_as_previous_close_and_last(market):
    market.phase(Phase.OPENING_CALL)
    trade(market, "101.00")
    market.phase(Phase.CLOSING_CALL)
    trade(market, "103.00")
    market.phase(Phase.POST_TRADE)
    market.prices(ERIC, last="150.00")
    copy = market.reloaded()
    for found in (market, copy):
        assert official(found) == (1_010_000, 1_030_000)
        found.next_day(TOMORROW)
        security = found.engine.securities[ERIC]
        assert (security.previous_close, security.last) == (1_030_000, 1_030_000)
        assert official(found) == (None, None)


@pytest.mark.section("Market model", "2.1 Crosses")
@pytest.mark.parametrize(("in_the_cross", "close"), [("10.03", 100_300), (None, 100_200)])
def test_of_a_us_security_they_are_those_of_its_crosses_else_the_last_sale(in_the_cross, close):
    market = Market()
    security = market.security()
    prices = ["10.01", "10.02", in_the_cross]
    for phase, at in zip((Phase.PRE_MARKET, Phase.CONTINUOUS, Phase.POST_MARKET), prices, strict=True):
        if phase is Phase.POST_MARKET and at is not None:
            market.enter(buy_here(10, at=at, cross=Cross.CLOSING))
            market.enter(sell_here(10, at=at, cross=Cross.CLOSING))
        market.phase(phase)
        if phase is not Phase.POST_MARKET:
            market.enter(buy_here(10, at=at))
            market.enter(sell_here(10, at=at))
    assert (security.official_open, security.official_close) == (100_100, close)
    assert market.reloaded().security().official_close == close
    market.next_day(TOMORROW)
    assert (security.previous_close, security.official_open) == (close, None)
