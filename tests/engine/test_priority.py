"""Who trades with whom, at what price, and what is left: price, displayed before hidden, time."""

import pytest
from trading import Market
from words import MARKET, Accepted, Canceled, buy, sell, short, short_exempt, trade, whole

from engine.api import CancelReason, Display, Liquidity, Side

ENTER = pytest.mark.section("OUCH 5.0", "2.5 Enter")
DEAD = pytest.mark.section("OUCH 5.0", "2.6 Dead on entry")
MARKET_PRICED = pytest.mark.section("OUCH 5.0", "2.6 Market price in continuous trading")
LIQUIDITY = pytest.mark.section("OUCH 5.0", "2.6 Liquidity flags")


@ENTER
def test_an_order_with_nobody_to_trade_with_rests(market):
    assert market.enter(buy(100, at="10.00")) == [Accepted(1, 100, "10.00")]
    assert market.find(1).quantity == 100


@ENTER
def test_orders_whose_prices_do_not_meet_do_not_trade(market):
    market.enter(buy(100, at="9.99"))
    assert market.enter(sell(100, at="10.00")) == [Accepted(2, 100, "10.00")]


@ENTER
@pytest.mark.parametrize("maker_buys", [True, False])
def test_a_trade_is_made_at_the_price_of_the_order_that_was_there_first(market, maker_buys):
    resting, incoming = (
        (buy(100, at="10.00"), sell(100, at="9.90"))
        if maker_buys
        else (
            sell(100, at="10.00"),
            buy(100, at="10.10"),
        )
    )
    market.enter(resting)
    assert market.enter(incoming) == [Accepted(2, 100, incoming.at), *trade(2, 1, 100, "10.00", match=1)]
    assert market.open == {}


@ENTER
def test_the_better_price_trades_first_then_the_next_until_the_limit(market):
    market.enter(sell(100, at="10.02"))
    market.enter(sell(100, at="10.00"))
    market.enter(sell(100, at="10.01"))
    assert market.enter(buy(250, at="10.01")) == [
        Accepted(4, 250, "10.01"),
        *trade(4, 2, 100, "10.00", match=1),
        *trade(4, 3, 100, "10.01", match=2),
    ]
    assert market.find(4).quantity == 50
    assert market.find(1).quantity == 100


@ENTER
def test_the_better_bid_trades_first(market):
    market.enter(buy(100, at="9.98"))
    market.enter(buy(100, at="10.00"))
    assert market.enter(sell(200, at="9.98"))[1:] == [
        *trade(3, 2, 100, "10.00", match=1),
        *trade(3, 1, 100, "9.98", match=2),
    ]


@ENTER
def test_at_one_price_the_first_come_trades_first(market):
    for _ in range(3):
        market.enter(sell(100, at="10.00"))
    assert market.enter(buy(250, at="10.00"))[1:] == [
        *trade(4, 1, 100, "10.00", match=1),
        *trade(4, 2, 100, "10.00", match=2),
        *trade(4, 3, 50, "10.00", match=3),
    ]
    assert market.enter(buy(50, at="10.00"))[1:] == trade(5, 3, 50, "10.00", match=4)


@ENTER
def test_at_one_price_a_later_displayed_order_trades_before_a_hidden_one(market):
    market.enter(sell(100, at="10.00", hidden=True))
    market.enter(sell(100, at="10.00"))
    assert market.enter(buy(150, at="10.00"))[1:] == [
        *trade(3, 2, 100, "10.00", match=1),
        *trade(3, 1, 50, "10.00", match=2, hidden=True),
    ]


@ENTER
@pytest.mark.parametrize("maker_buys", [True, False])
def test_a_hidden_order_at_a_better_price_trades_before_a_displayed_one(market, maker_buys):
    make, take = (buy, sell) if maker_buys else (sell, buy)
    worse, better = ("9.99", "10.00") if maker_buys else ("10.00", "9.99")
    market.enter(make(100, at=worse))
    market.enter(make(100, at=better, hidden=True))
    assert market.enter(take(150, at=worse))[1:] == [
        *trade(3, 2, 100, better, match=1, hidden=True),
        *trade(3, 1, 50, worse, match=2),
    ]


@ENTER
def test_an_attributable_order_is_displayed(market):
    market.enter(sell(100, at="10.00", hidden=True))
    market.enter(sell(100, at="10.00", display=Display.ATTRIBUTABLE))
    assert market.enter(buy(100, at="10.00"))[1:] == trade(3, 2, 100, "10.00", match=1)


@LIQUIDITY
@pytest.mark.parametrize(("hidden", "added"), [(False, Liquidity.ADDED), (True, Liquidity.ADDED_HIDDEN)])
@pytest.mark.parametrize("taker_hidden", [False, True])
def test_the_flag_tells_who_added_and_whether_it_was_hidden(market, hidden, added, taker_hidden):
    market.enter(sell(100, at="10.00", hidden=hidden))
    _, took, gave = market.enter(buy(100, at="10.00", hidden=taker_hidden))
    assert (took.liquidity, gave.liquidity) == (Liquidity.REMOVED, added)


@ENTER
@pytest.mark.parametrize("kind", [sell, short, short_exempt])
def test_every_kind_of_sale_trades_with_buys(market, kind):
    market.enter(kind(100, at="10.00"))
    assert market.enter(buy(40, at="10.00"))[1:] == trade(2, 1, 40, "10.00", match=1)
    market.cancel(1)
    market.enter(buy(100, at="10.00"))
    assert market.enter(kind(100, at="10.00"))[1:] == trade(4, 3, 100, "10.00", match=2)


@ENTER
def test_kinds_of_sale_share_one_queue(market):
    market.enter(short(100, at="10.00"))
    market.enter(sell(100, at="10.00"))
    assert market.enter(buy(100, at="10.00"))[1:] == trade(3, 1, 100, "10.00", match=1)


@ENTER
def test_orders_of_one_firm_trade_with_each_other(market):
    market.enter(sell(100, at="10.00", by="IN1"))
    assert market.enter(buy(100, at="10.00", by="IN1"))[1:] == trade(2, 1, 100, "10.00", match=1)


@ENTER
def test_each_side_of_a_trade_is_told_at_its_own_port(market):
    market.enter(sell(100, at="10.00", by="AK1"))
    took, gave = market.enter(buy(100, at="10.00", by="IN2"))[1:]
    assert (took.where.port, gave.where.port) == ("IN2", "AK1")
    assert took.where.now == gave.where.now == market.now


@ENTER
def test_reference_numbers_rise_by_one_and_a_refused_order_takes_none(market):
    first = market.enter(buy(100, at="10.00"))[0]
    market.enter(buy(0, at="10.00"))
    second = market.enter(buy(100, at="10.00"))[0]
    assert (first.where.reference, second.where.reference) == (1, 2)


# Orders that must not rest.


@DEAD
@pytest.mark.parametrize("at", ["10.00", MARKET, 2_000_000_000])
def test_an_immediate_order_that_finds_nothing_is_accepted_dead_and_nothing_follows(market, at):
    [accepted] = market.enter(buy(100, at=at, ioc=True))
    assert (accepted.quantity, accepted.dead) == (100, True)
    assert market.open == {}


@DEAD
@pytest.mark.parametrize(("offer", "dead"), [("10.00", False), ("10.01", True)])
def test_an_immediate_order_is_dead_when_the_best_price_is_beyond_its_limit(market, offer, dead):
    market.enter(sell(100, at=offer))
    assert market.enter(buy(100, at="10.00", ioc=True))[0].dead is dead


@DEAD
def test_an_immediate_order_that_fills_in_part_loses_the_rest(market):
    market.enter(sell(60, at="10.00"))
    assert market.enter(buy(100, at="10.00", ioc=True)) == [
        Accepted(2, 100, "10.00"),
        *trade(2, 1, 60, "10.00", match=1),
        Canceled(2, 40, CancelReason.IMMEDIATE_OR_CANCEL),
    ]
    assert market.open == {}


@DEAD
def test_an_immediate_order_that_fills_needs_no_cancel(market):
    market.enter(sell(100, at="10.00"))
    assert market.enter(buy(100, at="10.00", ioc=True)) == [
        Accepted(2, 100, "10.00"),
        *trade(2, 1, 100, "10.00", match=1),
    ]


@MARKET_PRICED
@pytest.mark.parametrize("at", [MARKET, 2_000_000_000])
@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_a_market_order_takes_every_price_and_never_rests(market, at, side):
    make, take = (sell, buy) if side == Side.BUY else (buy, sell)
    market.enter(make(100, at="0.0001"))
    market.enter(make(100, at="199999.99"))
    first, second = (1, 2) if side == Side.BUY else (2, 1)
    prices = {1: "0.0001", 2: "199999.99"}
    events = market.enter(take(300, at=at))
    assert events[1:] == [
        *trade(3, first, 100, prices[first], match=1),
        *trade(3, second, 100, prices[second], match=2),
        Canceled(3, 100, CancelReason.IMMEDIATE_OR_CANCEL),
    ]
    assert market.open == {}


@MARKET_PRICED
@pytest.mark.parametrize(("at", "echoed"), [(MARKET, MARKET), (2_000_000_000, "200000.00")])
def test_the_price_of_a_market_order_is_echoed_as_sent_and_a_day_order_dies_too(market, at, echoed):
    assert market.enter(buy(100, at=at)) == [Accepted(1, 100, echoed, dead=True)]


# Books.

BOOKS = pytest.mark.section("Portcullis", "One book for each symbol and exchange")


@BOOKS
def test_symbols_have_books_of_their_own(market):
    market.enter(sell(100, at="10.00", symbol="ZWZZT"))
    assert market.enter(buy(100, at="10.00", symbol="AMD")) == [Accepted(2, 100, "10.00")]


@BOOKS
def test_exchanges_have_books_and_numbers_of_their_own(market):
    sellers = ["AK1", "AKB", "AKP"]
    accepted = [market.enter(sell(100, at="10.00", by=port))[0] for port in sellers]
    assert [event.where.reference for event in accepted] == [1, 1, 1]
    for resting, buyer in enumerate(["IN1", "INB", "INP"], start=1):
        events = market.enter(buy(100, at="10.00", by=buyer))
        assert events[1:] == trade(events[0].order, resting, 100, "10.00", match=1)
        assert events[0].where.reference == 2
    assert market.open == {}


@BOOKS
def test_two_ports_may_use_the_same_number_for_their_orders(market):
    market.enter(buy(100, at="9.00", by="IN1"))
    market.last_key = 0
    market.enter(buy(200, at="9.00", by="AK1"))
    assert market.open == {("IN1", 1): 100, ("AK1", 1): 200}
    market.mass_cancel(by="AK1")
    assert market.open == {("IN1", 1): 100}


@BOOKS
def test_the_same_orders_give_the_same_events_to_the_last_detail():
    def morning(market):
        market.enter(sell(100, at="10.00", by="AK1", good_for=60))
        market.enter(buy(30, at="10.00"))
        market.wait(61)
        return whole(market.events)

    assert morning(Market()) == morning(Market())
