"""The US risk checks of one order: every boundary, and the figures that a refusal gives."""

import pytest
from trading import Market
from words import (
    MARKET,
    Rejected,
    Replaced,
    buy,
    max_notional,
    max_shares,
    restricted,
    sell,
    short,
    short_exempt,
    ticks,
)

from engine.api import MARKET_PRICE_ALTERNATIVE, PRICE_SCALE, Refusal, Reject

SHARES = pytest.mark.section("EQRC", "3.1.2 Maximum shares per order")
NOTIONAL = pytest.mark.section("EQRC", "3.1.1 Maximum notional value per order")
RESTRICTED = pytest.mark.section("EQRC", "3.1.9 Restricted stock list")


def verdict(market, ticket):
    """Why the order is refused, None when it is not."""
    event = market.enter(ticket)[0]
    return event.reason if isinstance(event, Rejected) else None


# Maximum shares.


@SHARES
@pytest.mark.parametrize(
    ("limit", "quantity", "refused"),
    [
        (500_000, 499_999, False),
        (500_000, 500_000, False),
        (500_000, 500_001, True),
        (0, 1, True),
        (1, 1, False),
        (1, 2, True),
        (999_998, 999_998, False),
        (999_998, 999_999, True),
        (999_999, 999_999, False),
        (None, 999_999, False),
    ],
)
@pytest.mark.parametrize("make", [buy, sell, short, short_exempt])
def test_maximum_shares(limit, quantity, refused, make):
    market = Market(*([] if limit is None else [max_shares(limit)]))
    assert verdict(market, make(quantity, at="10.00")) == (Reject.MAXIMUM_SHARES if refused else None)


@SHARES
@pytest.mark.parametrize("how", [{"at": MARKET}, {"at": "10.00", "ioc": True}, {"at": "10.00", "hidden": True}])
def test_every_kind_of_order_is_held_to_maximum_shares(how):
    market = Market(max_shares(100))
    assert verdict(market, buy(101, **how)) == Reject.MAXIMUM_SHARES
    assert verdict(market, buy(100, **how)) is None


@SHARES
def test_maximum_shares_tells_its_figures():
    market = Market(max_shares(5_000, name="R-7"))
    market.enter(buy(5_001, at="10.00"))
    assert market.refusal == Refusal(Reject.MAXIMUM_SHARES, limit=5_000, observed=5_001, rule="R-7")


@SHARES
def test_a_replacement_is_held_to_maximum_shares_with_its_total():
    market = Market(max_shares(100))
    market.enter(buy(50, at="10.00"))
    assert market.replace(1, buy(101, at="10.00")) == [Rejected(Reject.MAXIMUM_SHARES)]
    assert market.replace(1, buy(100, at="10.00")) == [Replaced(3, 1, 100, "10.00")]


# Maximum notional.


@NOTIONAL
@pytest.mark.parametrize(
    ("limit", "quantity", "at", "refused"),
    [
        (20_000_000, 99_999, "200.00", False),
        (20_000_000, 100_000, "200.00", False),
        (20_000_000, 100_001, "200.00", True),
        (20_000_000, 100_000, "200.01", True),
        (20_000_000, 100_000, "199.99", False),
        (1_000, 999_999, "0.0010", False),
        (1_000, 999_999, "0.0011", True),
        (0, 1, "0.0001", True),
        (199_999_791_000, 999_999, "199999.99", False),
        (199_999_790_000, 999_999, "199999.99", True),
        (None, 999_999, "199999.99", False),
    ],
)
@pytest.mark.parametrize("make", [buy, sell, short, short_exempt])
def test_maximum_notional(limit, quantity, at, refused, make):
    market = Market(*([] if limit is None else [max_notional(limit)]))
    assert verdict(market, make(quantity, at=at)) == (Reject.MAXIMUM_NOTIONAL if refused else None)


@NOTIONAL
def test_maximum_notional_tells_its_figures():
    market = Market(max_notional(1_000, name="N-1"))
    market.enter(buy(101, at="10.00"))
    assert market.refusal == Refusal(
        Reject.MAXIMUM_NOTIONAL,
        limit=1_000 * PRICE_SCALE,
        observed=1_010 * PRICE_SCALE,
        reference=ticks("10.00"),
        source="limit price",
        rule="N-1",
    )


@NOTIONAL
@pytest.mark.parametrize("at", [MARKET, MARKET_PRICE_ALTERNATIVE])
@pytest.mark.parametrize("make", [buy, sell])
@pytest.mark.parametrize(
    ("prices", "at_most", "source"),
    [
        ({}, 100, "national best"),
        ({"outside_bid": None, "outside_offer": None}, 50, "last sale"),
        ({"outside_bid": None, "outside_offer": None, "last": None}, 40, "previous close"),
        ({"outside_bid": None, "outside_offer": None, "last": None, "previous_close": None}, 999_999, None),
    ],
    ids=["quote", "last", "close", "nothing"],
)
def test_a_market_order_is_valued_by_the_first_price_there_is(at, make, prices, at_most, source):
    market = Market(max_notional(1_000))
    quote = {"outside_bid": "10.00", "outside_offer": "10.00", "last": "20.00", "previous_close": "25.00"}
    market.prices(**(quote | prices))
    assert verdict(market, make(at_most, at=at)) is None
    if source is not None:
        assert verdict(market, make(at_most + 1, at=at)) == Reject.MAXIMUM_NOTIONAL
        assert market.refusal.source.startswith(source)


@NOTIONAL
def test_a_market_order_is_valued_at_the_other_sides_quote():
    market = Market(max_notional(1_000))
    market.prices(outside_bid="5.00", outside_offer="20.00")
    assert verdict(market, buy(51, at=MARKET)) == Reject.MAXIMUM_NOTIONAL
    assert market.refusal[3:5] == (ticks("20.00"), "national best offer")
    assert verdict(market, buy(50, at=MARKET)) is None
    assert verdict(market, sell(201, at=MARKET)) == Reject.MAXIMUM_NOTIONAL
    assert market.refusal[3:5] == (ticks("5.00"), "national best bid")
    assert verdict(market, sell(200, at=MARKET)) is None


@NOTIONAL
def test_the_last_sale_moves_with_each_trade():
    market = Market(max_notional(1_000))
    market.enter(sell(10, at="50.00", by="AK1"))
    market.enter(buy(10, at="50.00"))
    assert verdict(market, buy(20, at=MARKET)) is None
    assert verdict(market, buy(21, at=MARKET)) == Reject.MAXIMUM_NOTIONAL
    assert market.refusal[3:5] == (ticks("50.00"), "last sale")


@NOTIONAL
def test_before_the_first_trade_of_a_listing_its_value_is_the_previous_close():
    market = Market(max_notional(1_000))
    assert verdict(market, buy(101, at=MARKET)) == Reject.MAXIMUM_NOTIONAL
    assert market.refusal.reference == ticks("10.00")


@NOTIONAL
def test_a_sale_below_the_best_bid_counts_at_the_bid_which_is_what_it_brings():
    market = Market(max_notional(1_000))
    market.prices(outside_bid="20.00")
    assert verdict(market, sell(51, at="1.00")) == Reject.MAXIMUM_NOTIONAL
    assert market.refusal[3:5] == (ticks("20.00"), "national best bid")
    assert verdict(market, sell(50, at="1.00")) is None
    assert verdict(market, sell(48, at="21.00")) == Reject.MAXIMUM_NOTIONAL
    assert market.refusal[3:5] == (ticks("21.00"), "limit price")


@NOTIONAL
def test_a_limit_order_counts_at_its_own_price_whatever_the_quote():
    market = Market(max_notional(1_000))
    market.prices(outside_offer="5.00")
    assert verdict(market, buy(101, at="10.00")) == Reject.MAXIMUM_NOTIONAL


# Restricted stock.


@RESTRICTED
@pytest.mark.parametrize("make", [buy, sell, short, short_exempt])
@pytest.mark.parametrize("at", ["20.00", MARKET])
def test_every_side_of_a_listed_symbol_is_refused(make, at):
    market = Market(restricted("AMD", "TSLA", name="L-1"))
    assert verdict(market, make(1, at=at, symbol="AMD")) == Reject.RESTRICTED_STOCK
    assert market.refusal == Refusal(Reject.RESTRICTED_STOCK, rule="L-1")
    assert verdict(market, make(1, at=at, symbol="ZWZZT")) is None


@RESTRICTED
def test_a_list_that_is_off_refuses_nothing():
    assert verdict(Market(restricted("AMD", enabled=False)), buy(1, at="20.00", symbol="AMD")) is None


@RESTRICTED
def test_a_symbol_that_is_restricted_later_keeps_its_orders_and_their_cancels():
    market = Market()
    market.enter(buy(100, at="20.00", symbol="AMD"))
    market.configure(restricted("AMD"))
    assert market.replace(1, buy(100, at="19.00")) == [Rejected(Reject.RESTRICTED_STOCK)]
    assert market.cancel(1, to=50) != []
    assert market.open == {("IN1", 1): 50}
