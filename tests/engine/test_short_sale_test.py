"""Rule 201 of Regulation SHO: short sales of what has fallen by ten percent are priced above the best bid."""

import pytest
from trading import Market
from words import MARKET, MARKETS, TOMORROW, Accepted, Canceled, buy, sell, short, short_exempt, trade

from engine.api import CancelReason, MarketEntry, Phase

RULE_201 = pytest.mark.section("Market model", "2.3 Short sales")


def with_test(entry):
    values = {name: getattr(entry, name) for name in entry.__struct_fields__}
    return MarketEntry(**values | {"short_sale_test": entry.key != "psx"})


class TestedMarket(Market):
    """ZWZZT closed at 10.00; short sales are tested on two of the three exchanges."""

    __test__ = False

    def configure(self, *rules, markets=MARKETS, **how):
        return super().configure(*rules, markets=tuple(map(with_test, markets)), **how)

    def fall_to(self, price):
        """A trade at a price, and a bid of 8.90 beside it."""
        self.enter(buy(100, at=price, by="AK1"))
        self.enter(sell(100, at=price))
        self.enter(buy(100, at="8.90", by="AK1"))

    @property
    def is_restricted(self):
        return self.security().tape.days_restricted > 0


@pytest.fixture
def market():
    return TestedMarket()


@RULE_201
@pytest.mark.parametrize(("price", "is_restricted"), [("9.01", False), ("9.00", True)])
def test_a_trade_at_ten_percent_below_the_previous_close_restricts_short_sales(market, price, is_restricted):
    market.fall_to(price)
    assert market.is_restricted is is_restricted


@RULE_201
def test_a_short_sale_is_priced_above_the_best_bid_and_neither_trades_nor_stands_at_it(market):
    market.fall_to("9.00")
    assert market.enter(short(100, at="8.50")) == [Accepted(4, 100, "8.91")]
    assert market.enter(short(100, at="8.90", by="INB")) == [Accepted(5, 100, "8.91")]
    assert market.enter(short(100, at="9.50")) == [Accepted(6, 100, "9.50")]
    assert market.enter(short(100, at="8.50", ioc=True)) == [Accepted(7, 100, "8.91", dead=True)]
    assert market.enter(short(100, at=MARKET)) == [Accepted(8, 100, MARKET, dead=True)]


@RULE_201
def test_it_may_trade_above_the_best_bid(market):
    market.fall_to("9.00")
    market.enter(buy(100, at="8.95", by="AK1", hidden=True))
    assert market.enter(short(150, at=MARKET)) == [
        Accepted(5, 150, MARKET),
        *trade(5, 4, 100, "8.95", 2, hidden=True),
        Canceled(5, 50, CancelReason.IMMEDIATE_OR_CANCEL),
    ]


@RULE_201
def test_what_was_displayed_above_the_bid_may_be_met_by_it(market):
    market.fall_to("9.00")
    market.enter(short(100, at="8.50"))
    assert market.enter(buy(100, at="8.91", by="AK1"))[1:] == trade(5, 4, 100, "8.91", 2)


@RULE_201
@pytest.mark.parametrize("make", [sell, short_exempt])
def test_long_and_exempt_sales_are_free(market, make):
    market.fall_to("9.00")
    assert market.enter(make(100, at="8.50"))[1:] == trade(4, 3, 100, "8.90", 2)


@RULE_201
def test_so_are_short_sales_of_other_securities_of_other_exchanges_and_without_a_bid(market):
    market.fall_to("9.00")
    assert market.enter(short(100, at="18.00", symbol="AMD")) == [Accepted(4, 100, "18.00")]
    assert market.enter(short(100, at="8.50", by="INP")) == [Accepted(5, 100, "8.50")]
    market.cancel(3)
    assert market.enter(short(100, at="8.00")) == [Accepted(6, 100, "8.00")]


@RULE_201
def test_an_outside_bid_is_the_national_best(market):
    market.fall_to("9.00")
    market.prices(outside_bid="8.99")
    assert market.enter(short(100, at="8.95")) == [Accepted(4, 100, "9.00")]


@RULE_201
def test_a_short_sale_that_was_held_for_the_market_hours_never_stands_at_the_bid(market):
    market.fall_to("9.00")
    market.phase(Phase.PRE_MARKET)
    low, high = short(100, at="8.90", by="INB"), short(100, at="8.91", by="INB")
    market.phase(Phase.PRE_MARKET, exchange="bx")
    assert market.enter(low) == [Accepted(4, 100, "8.90")]
    assert market.enter(high) == [Accepted(5, 100, "8.91")]
    market.phase(Phase.CONTINUOUS)
    assert market.phase(Phase.CONTINUOUS, exchange="bx") == [Canceled(4, 100, CancelReason.REGULATORY)]


@RULE_201
def test_it_lasts_for_the_rest_of_the_day_and_the_next_one(market):
    market.fall_to("9.00")
    other = market.reloaded()
    assert other.state() == market.state()
    market.next_day(TOMORROW)
    assert market.is_restricted
    other.next_day(TOMORROW)
    assert other.state() == market.state()
    market.next_day("2026-11-24")
    assert not market.is_restricted
