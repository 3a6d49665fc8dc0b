"""US crosses: who takes part, at which price, in which order of precedence, and what is left afterwards."""

import pytest
from trading import Market
from words import (
    MARKET,
    Canceled,
    Executed,
    Rejected,
    accepted,
    buy,
    restricted,
    sell,
    short,
    symbol_entry,
)

from engine.api import (
    CancelReason,
    Cross,
    Liquidity,
    Phase,
    Reject,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
    TimeInForce,
)
from engine.cross_price import indication

CROSSES = pytest.mark.section("Market model", "2.1 Crosses")
PRE, MARKET_HOURS, POST, QUOTATION = Phase.PRE_MARKET, Phase.CONTINUOUS, Phase.POST_MARKET, Phase.QUOTATION
OPENING, CLOSING, HALT = Cross.OPENING, Cross.CLOSING, Cross.HALT
EXTENDED = TimeInForce.EXTENDED_HOURS
FLAGS = {OPENING: Liquidity.OPENING_CALL, CLOSING: Liquidity.CLOSING_CALL, HALT: Liquidity.UNSCHEDULED_CALL}
OVER, IMMEDIATE = CancelReason.CALL_OVER, CancelReason.IMMEDIATE_OR_CANCEL


@pytest.fixture
def market():
    market = Market()
    market.phase(PRE)
    return market


def book(market):
    return market.engine.markets["nasdaq"].books["ZWZZT"]


def crossed(buyer, seller, quantity, at, match, kind=OPENING, bought=None, sold=None):
    """Both sides of one trade of a cross, the buy first."""
    return [
        Executed(buyer, quantity, at, bought or FLAGS[kind], match),
        Executed(seller, quantity, at, sold or FLAGS[kind], match),
    ]


@CROSSES
def test_the_opening_trades_the_book_held_orders_and_those_for_it_at_one_price(market):
    market.enter(buy(100, at="10.00", time_in_force=EXTENDED))
    market.enter(sell(100, at="10.04", time_in_force=EXTENDED))
    for_opening = buy(150, at="10.05", cross=OPENING)
    assert market.enter(for_opening) == [accepted(3, for_opening)]
    market.enter(sell(80, at="10.01"))
    assert market.phase(MARKET_HOURS) == [
        *crossed(3, 4, 80, "10.04", 1),
        *crossed(3, 2, 70, "10.04", 2),
    ]
    assert market.security().last == 100_400
    assert (market.security().bid, market.security().offer) == (100_000, 100_400)


@CROSSES
def test_what_is_left_of_orders_for_a_cross_ends_with_it_and_held_orders_stay(market):
    market.enter(buy(100, at="10.00", cross=OPENING))
    market.enter(buy(100, at=MARKET, cross=OPENING, ioc=True))
    market.enter(buy(100, at=MARKET))
    market.enter(buy(100, at="9.90"))
    market.enter(buy(100, at="9.80", cross=CLOSING))
    assert market.phase(MARKET_HOURS) == [
        Canceled(1, 100, OVER),
        Canceled(2, 100, IMMEDIATE),
        Canceled(3, 100, IMMEDIATE),
    ]
    assert sorted(key for _, key in market.open) == [4, 5]


@CROSSES
def test_orders_on_close_wait_for_the_closing_and_the_book_takes_part(market):
    market.phase(MARKET_HOURS)
    market.enter(sell(50, at="10.02"))
    market.enter(buy(50, at="10.00"))
    assert market.enter(buy(80, at=MARKET, cross=CLOSING)) == [accepted(3, buy(80, at=MARKET))]
    market.enter(sell(20, at="9.99", cross=CLOSING))
    assert market.enter(sell(10, at="9.99", ioc=True))[1:2] == [Executed(5, 10, "10.00", Liquidity.REMOVED, 1)]
    assert market.phase(POST) == [
        *crossed(3, 4, 20, "10.02", 2, CLOSING),
        *crossed(3, 1, 50, "10.02", 3, CLOSING),
        Canceled(3, 10, OVER),
        Canceled(2, 40, CancelReason.EXPIRED),
    ]


@CROSSES
def test_a_quotation_period_gathers_and_ends_with_the_halt_cross(market):
    market.phase(MARKET_HOURS)
    market.prices(last="10.00")
    market.enter(buy(100, at="9.90"))
    market.phase(Phase.HALT)
    market.phase(QUOTATION)
    market.enter(buy(60, at="10.10"))
    market.enter(sell(40, at="9.95", cross=HALT))
    market.enter(sell(10, at="9.95", ioc=True))
    market.enter(sell(90, at="10.20", cross=HALT))
    assert indication(book(market), HALT).near == (100_000, 50, 10)
    assert market.phase(MARKET_HOURS) == [
        *crossed(2, 3, 40, "10.00", 1, HALT),
        *crossed(2, 4, 10, "10.00", 2, HALT),
        Canceled(5, 90, OVER),
    ]
    assert market.security().bid == 101_000


@CROSSES
def test_an_issue_whose_quotation_period_opens_it_trades_at_the_most_shares(market):
    market = Market(symbols=[symbol_entry("ZWZZT")])
    market.phase(QUOTATION)
    market.enter(buy(100, at=MARKET, cross=HALT))
    market.enter(buy(200, at="12.00"))
    market.enter(sell(250, at="11.00", cross=HALT))
    assert market.phase(MARKET_HOURS) == [*crossed(1, 3, 100, "12.00", 1, HALT), *crossed(2, 3, 150, "12.00", 2, HALT)]


@CROSSES
@pytest.mark.parametrize(
    ("phase", "taken"),
    [(PRE, {OPENING, CLOSING}), (MARKET_HOURS, {CLOSING}), (QUOTATION, {CLOSING, HALT}), (POST, set())],
)
def test_orders_for_a_cross_are_taken_while_it_comes(market, phase, taken):
    market.phase(phase)
    for cross in (OPENING, CLOSING, HALT):
        (event,) = market.enter(buy(1, at="9.00", cross=cross))
        assert event == accepted(event.order, buy(1, at="9.00")) if cross in taken else Rejected(Reject.CALL_MISSED)
    assert market.enter(buy(1, at="9.00", cross=Cross.RETAIL)) == [Rejected(Reject.RETAIL_NOT_SERVED)]
    assert market.enter(buy(1, at="9.00", cross=Cross.SUPPLEMENTAL)) == [Rejected(Reject.INVALID_CROSS)]


@CROSSES
def test_risk_rules_hold_orders_for_a_cross_too():
    market = Market(restricted("ZWZZT"))
    market.phase(PRE)
    assert market.enter(buy(1, at="9.00", cross=OPENING)) == [Rejected(Reject.RESTRICTED_STOCK)]


# Price.

LADDERS = {
    "the most shares": ([(100, "10.02"), (50, "10.00")], [(80, "10.00"), (40, "10.01")], ("10.02", 100)),
    "the smallest imbalance": ([(100, "10.02"), (30, "10.00")], [(100, "10.00"), (5, "10.02")], ("10.01", 100)),
    "a price between orders": ([(100, "10.10"), (50, "10.00")], [(100, "10.00"), (50, "10.10")], ("10.05", 100)),
    "nearest to the reference": ([(100, "10.20")], [(100, "10.00")], ("10.10", 100)),
    "of two as near the higher": ([(100, "10.11")], [(100, "10.10")], ("10.11", 100)),
    "only orders without a price": ([(50, MARKET)], [(30, MARKET)], ("10.10", 30)),
}


@CROSSES
@pytest.mark.parametrize("name", LADDERS)
def test_the_price_of_a_cross(market, name):
    buys, sells, (at, volume) = LADDERS[name]
    middle = {"a price between orders": "10.05", "of two as near the higher": "10.105"}.get(name, "10.10")
    market.prices(last=middle)
    for quantity, price in buys:
        market.enter(buy(quantity, at=price, cross=OPENING))
    for quantity, price in sells:
        market.enter(sell(quantity, at=price, cross=OPENING))
    found = indication(book(market), OPENING)
    assert found.near == found.far
    fills = [event for event in market.phase(MARKET_HOURS) if isinstance(event, Executed)]
    assert ({fill.at for fill in fills}, sum(fill.quantity for fill in fills)) == ({at}, 2 * volume)


@CROSSES
def test_ties_go_to_the_midpoint_of_the_books_own_quote(market):
    market.enter(buy(1, at="10.10", time_in_force=EXTENDED))
    market.enter(sell(1, at="10.20", time_in_force=EXTENDED))
    market.enter(buy(100, at="11.00", cross=OPENING))
    market.enter(sell(100, at="9.00", cross=OPENING))
    assert indication(book(market), OPENING).far == (101_500, 100, 0)
    assert market.phase(MARKET_HOURS) == crossed(3, 4, 100, "10.15", 1)


@CROSSES
@pytest.mark.parametrize(
    ("quote", "lowest", "highest"), [(("10.00", "10.10"), "9.00", "11.11"), (("1.00", "1.01"), "0.50", "1.51")]
)
def test_a_closing_cross_keeps_within_ten_percent_or_fifty_cents_of_the_quote(quote, lowest, highest):
    for side, other, bound in ((buy, sell, highest), (sell, buy, lowest)):
        market = Market(symbols=[symbol_entry("ZWZZT", "1.00")])
        market.enter(buy(1, at=quote[0]))
        market.enter(sell(1, at=quote[1]))
        market.enter(side(100, at=MARKET, cross=CLOSING))
        market.enter(other(100, at=bound, cross=CLOSING))
        assert {event.at for event in market.phase(POST) if isinstance(event, Executed)} == {bound}
        market = Market(symbols=[symbol_entry("ZWZZT", "1.00")])
        market.enter(buy(1, at=quote[0]))
        market.enter(sell(1, at=quote[1]))
        market.enter(side(100, at=MARKET, cross=CLOSING))
        market.enter(other(100, at=f"{float(bound) + (0.01 if side is buy else -0.01):.2f}", cross=CLOSING))
        assert len([event for event in market.phase(POST) if isinstance(event, Executed)]) == 2, "with the quote alone"


@CROSSES
@pytest.mark.parametrize("exchange", ["nasdaq", "bx"])
def test_what_a_quotation_period_has_gathered_never_stays_across_each_other_after_the_close(market, exchange):
    by = "IN1" if exchange == "nasdaq" else "INB"
    market.phase(Phase.QUOTATION, exchange=exchange)
    market.enter(buy(30, at="10.03", by=by, time_in_force=EXTENDED))
    market.enter(sell(15, at="9.00", by=by))
    market.enter(sell(10, at="9.97", by=by, time_in_force=EXTENDED))
    market.enter(sell(5, at=MARKET, by=by, ioc=True))
    assert sum(event.quantity for event in market.phase(POST, exchange=exchange) if isinstance(event, Executed)) == 60
    assert not market.open


@CROSSES
@pytest.mark.parametrize(
    ("close", "at", "is_valid"),
    [("10.00", "11.00", True), ("10.00", "11.01", False), ("4.00", "4.50", True), ("4.00", "4.51", False)],
)
def test_an_opening_too_far_from_all_that_is_known_is_void(close, at, is_valid):
    market = Market(symbols=[symbol_entry("ZWZZT", close)])
    market.phase(PRE)
    market.enter(buy(100, at=at, cross=OPENING))
    market.enter(sell(100, at=at, cross=OPENING))
    void = [Canceled(1, 100, CancelReason.OPEN_PROTECTION), Canceled(2, 100, CancelReason.OPEN_PROTECTION)]
    assert market.phase(MARKET_HOURS) == (crossed(1, 2, 100, at, 1) if is_valid else void)


@CROSSES
@pytest.mark.parametrize("minutes", [14, 16])
def test_a_recent_sale_or_the_quote_may_make_an_opening_price_valid(market, minutes):
    market.enter(sell(1, at="12.00", time_in_force=EXTENDED))
    market.enter(buy(1, at="12.00", ioc=True))
    market.wait(minutes * 60)
    market.enter(buy(100, at="12.00", cross=OPENING))
    market.enter(sell(100, at="12.00", cross=OPENING))
    trades = [event for event in market.phase(MARKET_HOURS) if isinstance(event, Executed)]
    assert bool(trades) is (minutes == 14)


@CROSSES
def test_held_orders_meet_in_the_book_where_the_opening_is_void(market):
    market.enter(buy(100, at="20.00"))
    market.enter(sell(100, at="15.00"))
    assert market.phase(MARKET_HOURS) == [
        Executed(2, 100, "20.00", Liquidity.REMOVED, 1),
        Executed(1, 100, "20.00", Liquidity.ADDED, 1),
    ]


# Precedence.


@CROSSES
def test_orders_without_a_price_come_first_then_price_then_displayed_then_time(market):
    market.enter(buy(10, at="10.00", time_in_force=EXTENDED))
    market.enter(buy(10, at="10.00", cross=OPENING))
    market.enter(buy(10, at="10.01", hidden=True))
    market.enter(buy(10, at="10.01", time_in_force=EXTENDED))
    market.enter(buy(10, at="10.01", cross=OPENING))
    market.enter(buy(10, at="10.00", time_in_force=EXTENDED))
    market.enter(buy(10, at=MARKET, cross=OPENING))
    market.enter(sell(65, at="10.00", cross=OPENING))
    buys = [event.order for event in market.phase(MARKET_HOURS) if event.order != 8 and isinstance(event, Executed)]
    assert buys == [7, 4, 5, 3, 1, 2, 6]


@CROSSES
def test_a_reserve_order_trades_all_that_it_has_behind_what_is_displayed(market):
    market.enter(buy(300, at="10.00", time_in_force=EXTENDED, max_floor=100))
    market.enter(buy(100, at="10.00", time_in_force=EXTENDED))
    market.enter(sell(250, at="10.00", cross=OPENING))
    events = market.phase(MARKET_HOURS)
    assert [(event.order, event.quantity) for event in events if isinstance(event, Executed) and event.order != 3] == [
        *((1, 100), (2, 100), (1, 50)),
    ]
    assert book(market).buys.shown.levels[100_000].quantity == 100


@CROSSES
def test_self_match_prevention_does_not_hold_in_a_cross(market):
    prevention = SelfMatchPrevention(SelfMatchLevel.FIRM, SelfMatchAction.CANCEL_OLDEST)
    market.enter(buy(100, at="10.00", cross=OPENING, self_match_prevention=prevention))
    market.enter(sell(100, at="10.00", cross=OPENING, self_match_prevention=prevention))
    assert market.phase(MARKET_HOURS) == crossed(1, 2, 100, "10.00", 1)


# Imbalance-only orders.


@CROSSES
def test_imbalance_only_orders_meet_what_is_left_over_and_never_improve_on_the_quote(market):
    market.enter(buy(100, at="9.98", time_in_force=EXTENDED))
    market.enter(sell(100, at="10.02", time_in_force=EXTENDED))
    market.enter(buy(500, at="10.10", cross=OPENING, imbalance_only=True))
    market.enter(sell(250, at=MARKET, cross=OPENING))
    assert indication(book(market), OPENING).near == (99_800, 250, 350)
    assert market.phase(MARKET_HOURS) == [
        *crossed(1, 4, 100, "9.98", 1),
        *crossed(3, 4, 150, "9.98", 2, bought=Liquidity.OPENING_IMBALANCE),
        Canceled(3, 350, OVER),
    ]


@CROSSES
def test_imbalance_only_orders_of_the_closing_have_its_flag_and_both_sides_may_be_such(market):
    market.phase(MARKET_HOURS)
    market.enter(buy(100, at="10.00", cross=CLOSING, imbalance_only=True))
    market.enter(short(100, at="10.00", cross=CLOSING, imbalance_only=True, hidden=True))
    flag = Liquidity.CLOSING_IMBALANCE
    assert market.phase(POST) == crossed(1, 2, 100, "10.00", 1, bought=flag, sold=flag)


@CROSSES
@pytest.mark.parametrize("how", [{"at": MARKET, "cross": CLOSING}, {"at": "10.00"}, {"at": "10.00", "cross": HALT}])
def test_an_imbalance_only_order_has_a_limit_and_is_for_the_opening_or_the_closing(market, how):
    assert market.enter(buy(100, imbalance_only=True, **how)) == [Rejected(Reject.INVALID_CROSS)]


@CROSSES
def test_what_a_cross_would_do_is_told_near_far_and_at_the_quote(market):
    market.enter(buy(100, at="10.00", time_in_force=EXTENDED))
    market.enter(sell(100, at="10.10", time_in_force=EXTENDED))
    market.enter(buy(300, at="10.20", cross=OPENING))
    found = indication(book(market), OPENING)
    assert found.near == (101_000, 100, 200)
    assert found.far is None
    assert found.current == (101_000, 100, 200)
    market.enter(sell(50, at="10.15", cross=OPENING))
    found = indication(book(market), OPENING)
    assert found.near == (101_500, 150, 150)
    assert found.far == (101_500, 50, 250)
    assert found.current == (101_000, 100, 200)
