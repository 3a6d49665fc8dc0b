"""Post-only: trades on entry where its price is improved by a cent, and never locks or crosses what it would meet."""

import pytest
from words import (
    MARKET,
    Accepted,
    Canceled,
    Prevented,
    Replaced,
    Restated,
    buy,
    dollars,
    sell,
    ticket,
    ticks,
    trade,
)

from engine.api import CancelReason, SelfMatchAction, SelfMatchLevel, SelfMatchPrevention, Side

POST_ONLY = pytest.mark.section("OUCH 5.0", "6.7 Cancel reasons F and G")
IMPROVED = pytest.mark.section("Portcullis", "Post-only: price improvement")

DISPLAYED, HIDDEN = CancelReason.POST_ONLY_DISPLAYED, CancelReason.POST_ONLY_RULE
OTHER = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
BOTH_SIDES = pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
BOTH_DISPLAYS = pytest.mark.parametrize(
    ("hidden", "reason"), [(False, DISPLAYED), (True, HIDDEN)], ids=["displayed", "hidden"]
)


def post_only(side, quantity, at, **rest):
    return ticket(side, quantity, at, post_only=True, **rest)


@POST_ONLY
@BOTH_SIDES
@BOTH_DISPLAYS
def test_a_post_only_order_that_would_lock_is_accepted_then_canceled(market, side, hidden, reason):
    market.enter(ticket(OTHER[side], 100, "10.00", hidden=hidden))
    assert market.enter(post_only(side, 50, "10.00")) == [Accepted(2, 50, "10.00"), Canceled(2, 50, reason)]
    assert market.open == {("IN1", 1): 100}


@POST_ONLY
@BOTH_SIDES
def test_a_post_only_order_one_tick_away_rests_and_trades_later(market, side):
    away = "9.99" if side is Side.BUY else "10.01"
    market.enter(ticket(OTHER[side], 100, "10.00"))
    assert market.enter(post_only(side, 50, away)) == [Accepted(2, 50, away)]
    assert market.enter(ticket(OTHER[side], 50, away))[1:] == trade(3, 2, 50, away, match=1)


@POST_ONLY
def test_the_reason_is_that_of_the_order_it_would_trade_with_first(market):
    """Below a dollar, where nothing is improvement enough."""
    market.enter(sell(100, at="0.50"))
    market.enter(sell(100, at="0.50", hidden=True))
    assert market.enter(post_only(Side.BUY, 50, "0.50"))[1].reason == DISPLAYED
    market.enter(sell(100, at="0.49", hidden=True))
    assert market.enter(post_only(Side.BUY, 50, "0.50"))[1].reason == HIDDEN
    market.enter(sell(100, at="0.49"))
    assert market.enter(post_only(Side.BUY, 50, "0.50"))[1].reason == DISPLAYED


@POST_ONLY
def test_an_immediate_post_only_order_is_dead_alone_and_canceled_against_another(market):
    assert market.enter(buy(50, at="10.00", ioc=True, post_only=True)) == [Accepted(1, 50, "10.00", dead=True)]
    market.enter(sell(100, at="10.00"))
    assert market.enter(buy(50, at="10.00", ioc=True, post_only=True)) == [
        Accepted(3, 50, "10.00"),
        Canceled(3, 50, DISPLAYED),
    ]


@POST_ONLY
def test_a_market_priced_one_has_no_price_to_improve(market):
    assert market.enter(post_only(Side.BUY, 50, MARKET)) == [Accepted(1, 50, MARKET, dead=True)]
    market.enter(sell(100, at="10.00"))
    assert market.enter(post_only(Side.BUY, 50, MARKET)) == [Accepted(3, 50, MARKET), Canceled(3, 50, DISPLAYED)]


# Price improvement.


@IMPROVED
@BOTH_SIDES
@BOTH_DISPLAYS
@pytest.mark.parametrize(
    ("price", "better_by", "trades"),
    [
        ("10.00", 0, False),
        ("10.00", 100, True),
        ("10.00", 200, True),
        ("1.00", 0, False),
        ("1.01", 0, False),
        ("1.01", 100, True),
        ("0.9999", 0, False),
        ("0.9999", 1, False),
        ("0.9999", 99, False),
        ("0.9999", 100, False),
        ("0.9999", 5_000, False),
    ],
)
def test_a_cent_or_more_at_a_dollar_or_more_trades(market, side, hidden, reason, price, better_by, trades):
    """The limit decides which prices count: a buy at $1.00 may be improved to below a dollar."""
    toward = 1 if side is Side.BUY else -1
    met = dollars(ticks(price) - better_by * toward)
    if ticks(met) >= 10_000:
        met = dollars(-(-ticks(met) // 100) * 100)  # whole cents from a dollar up
    market.enter(ticket(OTHER[side], 100, met, hidden=hidden))
    events = market.enter(post_only(side, 100, price))
    assert events[1:] == (trade(2, 1, 100, met, match=1, hidden=hidden) if trades else [Canceled(2, 100, reason)])


@IMPROVED
@pytest.mark.parametrize(("met", "trades"), [("0.9999", False), ("0.9901", False), ("0.99", True)])
def test_a_cent_is_a_hundred_ticks_below_a_dollar_too(market, met, trades):
    market.enter(sell(100, at=met))
    assert (len(market.enter(post_only(Side.BUY, 100, "1.00"))) == 3) == trades


@IMPROVED
@pytest.mark.parametrize(("price", "trades"), [("0.99", False), ("0.9901", False), ("1.00", True)])
def test_it_is_the_order_s_own_price_that_is_a_dollar_or_more(market, price, trades):
    market.enter(sell(100, at="0.98"))
    assert (len(market.enter(post_only(Side.BUY, 100, price))) == 3) == trades


@IMPROVED
@BOTH_SIDES
def test_it_trades_with_what_improves_and_is_canceled_for_what_would_still_lock(market, side):
    toward = 100 if side is Side.BUY else -100
    first, second = dollars(ticks("10.00") - 2 * toward), dollars(ticks("10.00") - toward)
    market.enter(ticket(OTHER[side], 100, first))
    market.enter(ticket(OTHER[side], 100, second, hidden=True))
    market.enter(ticket(OTHER[side], 100, "10.00"))
    assert market.enter(post_only(side, 300, "10.00"))[1:] == [
        *trade(4, 1, 100, first, match=1),
        *trade(4, 2, 100, second, match=2, hidden=True),
        Canceled(4, 100, DISPLAYED),
    ]


@IMPROVED
def test_it_rests_when_nothing_is_left_that_it_would_lock(market):
    market.enter(sell(100, at="9.99"))
    assert market.enter(post_only(Side.BUY, 300, "10.00"))[1:] == trade(2, 1, 100, "9.99", match=1)
    assert market.open == {("IN1", 2): 200}


@IMPROVED
def test_what_improves_is_taken_whole_before_the_lock_counts(market):
    market.enter(sell(100, at="9.99"))
    market.enter(sell(100, at="10.00"))
    assert market.enter(post_only(Side.BUY, 100, "10.00"))[1:] == trade(3, 1, 100, "9.99", match=1)
    assert market.open == {("IN1", 2): 100}


@IMPROVED
def test_an_immediate_one_is_told_of_what_is_left_as_any_other(market):
    market.enter(sell(100, at="9.99"))
    assert market.enter(post_only(Side.BUY, 300, "10.00", ioc=True))[1:] == [
        *trade(2, 1, 100, "9.99", match=1),
        Canceled(2, 200, CancelReason.IMMEDIATE_OR_CANCEL),
    ]


# With the other attributes.


@IMPROVED
def test_a_resting_minimum_that_is_too_large_is_no_lock(market):
    market.enter(sell(300, at="10.00", hidden=True, minimum_quantity=300))
    assert market.enter(post_only(Side.BUY, 299, "10.00", by="AK1")) == [Accepted(2, 299, "10.00")]
    assert market.enter(post_only(Side.BUY, 300, "10.00", by="AK1"))[1:] == [Canceled(3, 300, HIDDEN)]


@IMPROVED
@pytest.mark.parametrize(("least", "trades"), [(100, True), (200, False)])
def test_its_own_minimum_is_to_be_had_at_improved_prices(market, least, trades):
    market.enter(sell(100, at="9.99", by="AK1"))
    market.enter(sell(100, at="10.00", by="AK1"))
    events = market.enter(post_only(Side.BUY, 300, "10.00", hidden=True, minimum_quantity=least))
    expected = trade(3, 1, 100, "9.99", match=1) if trades else []
    assert events[1:] == [*expected, Canceled(3, 200 if trades else 300, DISPLAYED)]


@IMPROVED
def test_it_improves_on_a_reserve_whole_and_the_lock_is_its_display(market):
    market.enter(sell(500, at="9.99", max_floor=100, by="AK1"))
    assert market.enter(post_only(Side.BUY, 150, "10.00"))[1:] == [
        *trade(2, 1, 100, "9.99", match=1),
        *trade(2, 1, 50, "9.99", match=2, reserve=True),
        Restated(1, 100),
    ]
    assert market.enter(post_only(Side.BUY, 150, "9.99"))[1:] == [Canceled(3, 150, DISPLAYED)]


@IMPROVED
def test_self_match_prevention_comes_where_it_would_trade_and_a_lock_with_its_own_order_cancels_it(market):
    newest = SelfMatchPrevention(SelfMatchLevel.FIRM, SelfMatchAction.CANCEL_NEWEST)
    market.enter(sell(100, at="10.00"))
    assert market.enter(post_only(Side.BUY, 100, "10.00", self_match_prevention=newest))[1:] == [
        Canceled(2, 100, DISPLAYED)
    ]
    [prevented] = market.enter(post_only(Side.BUY, 100, "10.01", self_match_prevention=newest))[1:]
    assert (type(prevented), prevented.order, prevented.removed) == (Prevented, 3, 100)


@POST_ONLY
def test_a_replacement_may_become_post_only_or_cease_to_be(market):
    market.enter(sell(50, at="10.01"))
    market.enter(post_only(Side.BUY, 100, "10.00"))
    assert market.replace(2, buy(100, at="10.01")) == [
        Replaced(3, 2, 100, "10.01"),
        *trade(3, 1, 50, "10.01", match=1),
    ]
    market.enter(sell(50, at="10.02"))
    assert market.replace(3, post_only(Side.BUY, 100, "10.02")) == [
        Replaced(5, 3, 50, "10.02"),
        Canceled(5, 50, DISPLAYED),
    ]
    assert market.open == {("IN1", 4): 50}


def test_a_minimum_that_cannot_be_had_does_not_let_a_post_only_order_lock(market):
    market.enter(sell(100, at="10.00", by="AK1"))
    order = buy(300, at="10.00", hidden=True, minimum_quantity=200, post_only=True)
    events = market.enter(order)
    assert [type(event).__name__ for event in events] == ["Accepted", "Canceled"]
    assert events[-1].reason == CancelReason.POST_ONLY_DISPLAYED
