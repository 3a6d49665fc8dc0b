"""Pegs: what their price follows, when it moves, and what they trade with when it has moved."""

import nordic
import pytest
from trading import Market
from words import (
    MARKET,
    TOMORROW,
    Accepted,
    Canceled,
    Executed,
    Rejected,
    Replaced,
    Repriced,
    buy,
    fat_finger,
    sell,
    trade,
)

from engine.api import CancelReason, Display, Liquidity, Phase, PriceType, Reject

pytestmark = pytest.mark.section("OUCH 5.0", "6.10 PriceType")

PRIMARY, MARKET_PEG, MIDPOINT = PriceType.PRIMARY_PEG, PriceType.MARKET_PEG, PriceType.MIDPOINT_PEG
FIXED = PriceType.MIDPOINT


def primary(way, quantity, at=MARKET, **rest):
    return way(quantity, at, price_type=PRIMARY, **rest)


def market_peg(way, quantity, at=MARKET, **rest):
    return way(quantity, at, price_type=MARKET_PEG, **rest)


def midpoint(way, quantity, at=MARKET, *, price_type=MIDPOINT, **rest):
    return way(quantity, at, price_type=price_type, hidden=True, **rest)


def quoted(bid="10.00", offer="10.10", **rest):
    """A market with an order of 100 shares on each side, numbers 1 and 2."""
    market = Market(**rest)
    market.enter(buy(100, at=bid, by="AK1"))
    market.enter(sell(100, at=offer, by="AK1"))
    return market


def price_of(market, key):
    return market.find(key).price


# What is followed.


@pytest.mark.parametrize(
    ("ticket", "at"),
    [
        (primary(buy, 100), "10.00"),
        (primary(sell, 100), "10.10"),
        (primary(buy, 100, "9.95"), "9.95"),
        (primary(sell, 100, "10.20"), "10.20"),
        (primary(buy, 100, peg_offset=-200), "9.98"),
        (primary(sell, 100, peg_offset=-200), "10.08"),
        (primary(buy, 100, peg_offset=-250), "9.97"),
        (primary(sell, 100, peg_offset=250), "10.13"),
        (market_peg(buy, 100, peg_offset=-100), "10.09"),
        (market_peg(sell, 100, peg_offset=100), "10.01"),
        (midpoint(buy, 100), "10.05"),
        (midpoint(sell, 100, peg_offset=1), "10.0501"),
        (midpoint(buy, 100, "10.02"), "10.02"),
        (midpoint(sell, 100, "10.07"), "10.07"),
    ],
    ids=repr,
)
def test_a_peg_stands_at_its_quote_and_offset_within_its_limit(ticket, at):
    assert quoted().enter(ticket) == [Accepted(3, 100, at)]


@pytest.mark.parametrize(("way", "at"), [(buy, "10.0049"), (sell, "10.005")])
def test_half_a_tick_of_the_midpoint_goes_to_the_other_side(way, at):
    market = quoted("10.0000", "10.01")
    market.prices(outside_bid="9.9999")
    assert market.enter(midpoint(way, 100)) == [Accepted(3, 100, at)]


def test_a_primary_peg_follows_its_own_side_up_and_down():
    market = quoted()
    market.enter(primary(buy, 100, "10.03"))
    assert market.enter(buy(10, at="10.02", by="AK1"))[1:] == [Repriced(3, "10.02")]
    assert market.enter(buy(10, at="10.04", by="AK1"))[1:] == [Repriced(3, "10.03")]
    assert market.cancel(5)[1:] == [Repriced(3, "10.02")]
    assert market.cancel(4)[1:] == [Repriced(3, "10.00")]


def test_pegs_do_not_follow_pegs_and_hidden_orders():
    market = quoted()
    market.enter(primary(buy, 100))
    market.enter(buy(100, at="10.05", hidden=True))
    assert price_of(market, 3) == 100_000
    assert market.cancel(1)[1:] == [Repriced(3, None)]


def test_pegs_follow_their_own_book_and_not_another_market():
    market = quoted()
    market.enter(primary(buy, 100))
    assert len(market.enter(buy(10, at="10.05", by="AKB"))) == 1


def test_an_outside_quote_takes_the_place_of_the_book_on_its_side():
    market = quoted()
    market.enter(primary(buy, 100))
    market.enter(midpoint(sell, 100))
    assert market.prices(outside_bid="10.02") == [Repriced(3, "10.02"), Repriced(4, "10.06")]
    assert market.prices(outside_bid=None) == [Repriced(3, "10.00"), Repriced(4, "10.05")]


def test_the_fixed_midpoint_stays_where_it_came():
    market = quoted()
    market.enter(midpoint(buy, 100, price_type=FIXED))
    assert len(market.enter(buy(10, at="10.02", by="AK1"))) == 1
    assert price_of(market, 3) == 100_500


# Moving.


def test_a_peg_that_moves_goes_behind_those_that_are_there():
    market = quoted()
    market.enter(primary(buy, 100))
    market.enter(buy(10, at="10.02", by="AK1"))
    market.enter(sell(60, at="10.02", by="AK1"))
    assert price_of(market, 3) == 100_000
    market.enter(sell(100, at="10.00", by="AK1"))
    assert market.find(1) is None
    assert market.find(3).open == 50


def test_a_peg_whose_price_stays_keeps_its_place():
    market = quoted()
    market.enter(primary(buy, 100, "10.00"))
    market.enter(buy(100, at="10.00", by="AK1"))
    market.enter(buy(10, at="10.02", by="AK1"))
    market.cancel(5)
    market.cancel(1)
    assert market.enter(sell(100, at="10.00", by="AK1"))[1:] == [
        *trade(6, 3, 100, "10.00", 1),
    ]


def test_pegs_move_in_the_order_in_which_they_came():
    market = quoted()
    market.enter(primary(buy, 100))
    market.enter(market_peg(buy, 100, peg_offset=-100))
    market.enter(primary(buy, 100, peg_offset=-100))
    events = market.enter(buy(10, at="10.01", by="AK1"))
    assert events[1:] == [Repriced(3, "10.01"), Repriced(5, "10.00")]
    assert [event.where.reference for event in events[1:]] == [7, 8]


def test_a_market_peg_without_an_offset_takes_one_level_after_another_up_to_its_limit():
    market = quoted()
    market.enter(sell(100, at="10.12", by="AK1"))
    market.enter(sell(100, at="10.14", by="AK1"))
    assert market.enter(market_peg(buy, 350, "10.13"))[1:] == [
        *trade(5, 2, 100, "10.10", 1),
        *trade(5, 3, 100, "10.12", 2),
        Repriced(5, "10.13"),
    ]


def test_a_resting_peg_that_becomes_marketable_trades_as_the_one_that_comes():
    market = quoted()
    market.enter(midpoint(buy, 100))
    assert market.enter(sell(30, at="10.06", hidden=True, by="AK1"))[1:] == []
    assert market.prices(outside_bid="10.04") == [
        *trade(3, 4, 30, "10.06", 1, hidden=True),
        Repriced(3, "10.07"),
    ]


def test_pegs_never_trade_at_prices_that_are_old():
    """At the second one's old price the first one would have bought cheaper."""
    market = quoted()
    market.enter(midpoint(buy, 100))
    market.enter(midpoint(sell, 40, "10.06"))
    assert market.prices(outside_bid="10.08") == [
        Executed(4, 40, "10.09", Liquidity.REMOVED_MIDPOINT, 1),
        Executed(3, 40, "10.09", Liquidity.ADDED_MIDPOINT, 1),
        Repriced(3, "10.09"),
    ]


def test_two_midpoint_pegs_trade_at_the_midpoint():
    market = quoted()
    market.enter(midpoint(buy, 100))
    assert market.enter(midpoint(sell, 40, by="AK1"))[1:] == [
        Executed(4, 40, "10.05", Liquidity.REMOVED_MIDPOINT, 1),
        Executed(3, 40, "10.05", Liquidity.ADDED_MIDPOINT, 1),
    ]


def test_a_reserve_moves_as_a_whole():
    market = quoted()
    market.enter(primary(buy, 500, max_floor=100))
    assert market.enter(buy(10, at="10.02", by="AK1"))[1:] == [Repriced(3, "10.02")]
    order = market.find(3)
    assert (order.quantity, order.reserve.quantity, order.reserve.price) == (100, 400, 100_200)
    market.cancel(1)
    assert market.cancel(4)[1:] == [Repriced(3, None)]
    assert (order.open, order.reserve) == (500, None)


def test_no_risk_check_is_asked_again():
    market = quoted()
    market.enter(primary(buy, 100))
    market.configure(fat_finger("0.01"))
    market.enter(buy(10, at="10.09", by="AK1"))
    assert price_of(market, 3) == 100_900


# Without a price.


@pytest.mark.parametrize("ticket", [primary(buy, 100), market_peg(sell, 100), midpoint(buy, 100)], ids=repr)
def test_a_peg_needs_a_quote_to_enter(ticket):
    market = Market()
    market.enter(sell(100, at="10.00", by="AK1"))
    assert market.enter(ticket) == [Rejected(Reject.QUOTE_UNAVAILABLE)]


def test_a_midpoint_peg_does_not_enter_a_crossed_market():
    market = quoted()
    market.prices(outside_bid="10.20")
    assert market.enter(midpoint(buy, 100)) == [Rejected(Reject.CROSSED_MARKET)]
    market.prices(outside_bid="10.10")
    assert market.enter(midpoint(buy, 100, "10.05")) == [Accepted(4, 100, "10.05")]


def test_a_peg_that_loses_its_quote_stands_aside_until_there_is_one():
    market = quoted()
    market.enter(primary(buy, 100))
    assert market.cancel(1) == [Canceled(1, 100), Repriced(3, None)]
    assert market.enter(sell(100, at="9.00", ioc=True, by="AK1")) == [Accepted(4, 100, "9.00", dead=True)]
    assert market.enter(buy(10, at="9.90", by="AK1"))[1:] == [Repriced(3, "9.90")]


def test_a_peg_that_replaces_the_only_order_it_could_follow_stands_aside():
    market = Market()
    market.enter(buy(100, at="10.00"))
    assert market.replace(1, primary(buy, 100)) == [Replaced(2, 1, 100, MARKET)]
    assert market.enter(buy(10, at="9.00", by="AK1"))[1:] == [Repriced(2, "9.00")]


def test_an_immediate_peg_takes_what_stands_at_its_price():
    market = quoted()
    assert market.enter(market_peg(buy, 150, ioc=True)) == [
        Accepted(3, 150, "10.10"),
        *trade(3, 2, 100, "10.10", 1),
        Canceled(3, 50, CancelReason.IMMEDIATE_OR_CANCEL),
    ]


# Phases and days.


def test_a_halt_parks_pegs_and_trading_prices_them_again():
    market = quoted()
    market.enter(primary(buy, 100))
    assert market.halt() == [Repriced(3, None)]
    assert market.halt(halted=False) == [Repriced(3, "10.00")]


def test_pegs_take_no_part_in_calls_and_are_priced_after_them():
    market = nordic.NordicMarket()
    market.phase(Phase.OPENING_CALL)
    market.enter(nordic.buy(100, "101.00", price_type=PRIMARY))
    market.enter(nordic.buy(100, "100.00", by="C1", user="GP30U1"))
    market.enter(nordic.sell(40, "100.00", by="C1", user="GP30U1"))
    events = market.phase(Phase.CONTINUOUS)
    assert events[-1] == Repriced(1, "100.00")
    assert [event.order for event in events if isinstance(event, Executed)] == [2, 3]


def test_a_peg_that_is_good_till_canceled_is_priced_anew_in_the_next_day():
    market = quoted()
    market.enter(primary(buy, 100, gtc=True))
    market.enter(buy(10, at="9.80", gtc=True, by="AK1"))
    market.enter(primary(buy, 100))
    events = market.next_day(TOMORROW)
    assert [event for event in events if isinstance(event, Repriced)] == [Repriced(3, "9.80")]


def test_pegs_go_on_from_a_snapshot():
    market = quoted()
    market.enter(primary(buy, 100))
    market.enter(midpoint(sell, 100, good_for=60))
    market.enter(primary(sell, 500, max_floor=100))
    market.enter(midpoint(buy, 100, "9.00", by="AK1"))
    other = market.reloaded()
    assert other.state() == market.state()
    for venue in (market, other):
        venue.enter(buy(10, at="10.04", by="AK1"))
        venue.cancel(2)
    assert other.state() == market.state()
    third = other.reloaded()
    assert third.state() == other.state()
    assert third.enter(sell(10, at="10.20", by="AK1")) == market.enter(sell(10, at="10.20", by="AK1"))
    assert third.wait(60) == market.wait(60)
    assert third.state() == market.state()


def test_a_book_forgets_pegs_that_are_gone():
    market = quoted()
    for _ in range(300):
        market.enter(primary(buy, 100))
        market.cancel(market.last_key)
    book = market.find(1).scope.book
    assert len(book.pegs.limits) < 100
    market.cancel(1)
    assert book.pegs is None


# What is refused.


@pytest.mark.parametrize(
    ("ticket", "reason"),
    [
        (buy(100, "10.00", peg_offset=100), Reject.INVALID_PRICE_TYPE),
        (buy(100, "10.00", price_type=PriceType.MARKET_MAKER_PEG), Reject.PEGGING_NOT_SERVED),
        (primary(buy, 100, post_only=True), Reject.PEGGING_NOT_SERVED),
        (buy(100, MARKET, price_type=MIDPOINT), Reject.INVALID_DISPLAY),
        (buy(100, MARKET, price_type=FIXED, display=Display.ATTRIBUTABLE), Reject.INVALID_DISPLAY),
        (primary(buy, 100, "10.005"), Reject.INVALID_TICK),
        (primary(buy, 100, max_floor=100, hidden=True), Reject.INVALID_MAX_FLOOR),
    ],
    ids=repr,
)
def test_what_cannot_be_a_peg_is_refused(ticket, reason):
    assert quoted().enter(ticket) == [Rejected(reason)]
