"""Calls: what enters and does not trade, what leaving a call trades and at which price, and what leaves with it."""

import pytest
from nordic import ERIC, VOLV, NordicMarket, account, buy, limits, sell
from words import MARKET, TOMORROW, Accepted, Canceled, Executed, Rejected, accepted

from engine.api import CancelReason, Cross, Liquidity, Phase, Reject, SetPhase, TimeInForce
from engine.auction import equilibrium, expected, interest, reference_price, with_order

CALLS = pytest.mark.section("Market model", "1.3 Calls")
KINDS = {
    Phase.OPENING_CALL: Liquidity.OPENING_CALL,
    Phase.INTRADAY_CALL: Liquidity.INTRADAY_CALL,
    Phase.VOLATILITY_CALL: Liquidity.UNSCHEDULED_CALL,
    Phase.HALT_RELEASE_CALL: Liquidity.UNSCHEDULED_CALL,
    Phase.CLOSING_CALL: Liquidity.CLOSING_CALL,
}
OVER = CancelReason.CALL_OVER
IMMEDIATE = CancelReason.IMMEDIATE_OR_CANCEL


@pytest.fixture
def market():
    market = NordicMarket()
    market.phase(Phase.OPENING_CALL)
    return market


def eric(market):
    return market.engine.markets["nordic"].books[ERIC]


def cross(buyer, seller, quantity, at, match, kind=Liquidity.OPENING_CALL):
    """Both sides of one trade of a call, the buy first."""
    return [Executed(buyer, quantity, at, kind, match), Executed(seller, quantity, at, kind, match)]


@CALLS
@pytest.mark.parametrize("phase", KINDS, ids=lambda phase: phase.name)
def test_orders_of_a_call_are_gathered_and_trade_at_one_price_when_it_is_left(market, phase):
    market.phase(phase)
    for ticket in (buy(100, at="102.00"), buy(50, at="100.00"), sell(80, at="100.00"), sell(40, at="101.00")):
        assert market.enter(ticket) == [accepted(market.last_key, ticket)]
    assert expected(eric(market)) == (1_010_000, 100, -20)
    trades = market.phase(Phase.CONTINUOUS)
    assert trades == [
        *cross(1, 3, 80, "101.00", 1, KINDS[phase]),
        *cross(1, 4, 20, "101.00", 2, KINDS[phase]),
    ]
    assert market.security(ERIC).last == 1_010_000
    assert expected(eric(market)) is None


@CALLS
def test_a_book_that_is_not_crossed_just_opens(market):
    market.enter(buy(100, at="99.00"))
    market.enter(sell(100, at="100.00"))
    assert market.phase(Phase.CONTINUOUS) == []
    assert market.enter(sell(100, at="99.00"))[1:] == [
        Executed(3, 100, "99.00", Liquidity.REMOVED, 1),
        Executed(1, 100, "99.00", Liquidity.ADDED, 1),
    ]


@CALLS
def test_orders_without_a_price_come_first_then_price_then_displayed_then_time(market):
    market.enter(buy(10, at="101.00"))
    market.enter(buy(10, at="102.00", hidden=True))
    market.enter(buy(10, at="102.00"))
    market.enter(buy(10, at="102.00"))
    market.enter(buy(10, at=MARKET))
    market.enter(sell(45, at="101.00"))
    buys = [event.order for event in market.phase(Phase.CONTINUOUS) if event.order != 6]
    assert buys == [5, 3, 4, 2, 1]


@CALLS
def test_only_orders_without_a_price_trade_at_the_reference_price(market):
    market.enter(buy(50, at=MARKET))
    market.enter(sell(30, at=MARKET))
    assert market.phase(Phase.CONTINUOUS) == [*cross(1, 2, 30, "100.00", 1), Canceled(1, 20, OVER)]


@CALLS
def test_an_immediate_order_waits_for_the_call_and_its_rest_goes_with_it(market):
    immediate = buy(50, at="100.00", ioc=True)
    assert market.enter(immediate) == [Accepted(1, 50, "100.00")]
    market.enter(sell(20, at="100.00"))
    assert market.phase(Phase.CONTINUOUS) == [*cross(1, 2, 20, "100.00", 1), Canceled(1, 30, IMMEDIATE)]


@CALLS
def test_what_is_left_rests_in_its_old_place(market):
    market.enter(buy(50, at="100.00"))
    market.enter(buy(50, at="100.00"))
    market.enter(sell(20, at="100.00"))
    market.phase(Phase.CONTINUOUS)
    fills = [event for event in market.enter(sell(60, at="100.00")) if isinstance(event, Executed)]
    assert [(fill.order, fill.quantity) for fill in fills] == [(4, 30), (1, 30), (4, 30), (2, 30)]


@CALLS
def test_pre_open_gathers_and_its_end_is_no_uncross(market):
    market.phase(Phase.PRE_OPEN)
    market.enter(buy(50, at="101.00"))
    market.enter(sell(50, at="99.00"))
    assert market.phase(Phase.OPENING_CALL) == []
    assert market.phase(Phase.CONTINUOUS) == cross(1, 2, 50, "100.00", 1)


@CALLS
def test_pre_open_that_goes_straight_to_trading_opens_with_a_call(market):
    market.phase(Phase.PRE_OPEN)
    market.enter(buy(50, at="101.00"))
    market.enter(sell(50, at="99.00"))
    assert market.phase(Phase.CONTINUOUS) == cross(1, 2, 50, "100.00", 1)


@CALLS
def test_a_halted_call_keeps_its_orders_for_the_next_one(market):
    tied = buy(10, at="101.00", cross=Cross.OPENING)
    market.enter(buy(50, at="101.00"))
    market.enter(tied)
    market.enter(sell(50, at="99.00"))
    market.enter(buy(5, at=MARKET))
    assert market.phase(Phase.HALT) == []
    assert market.enter(buy(1, at="99.00")) == [Rejected(Reject.HALTED)]
    assert market.phase(Phase.HALT_RELEASE_CALL) == [Canceled(2, 10, OVER)]
    kind = Liquidity.UNSCHEDULED_CALL
    assert market.phase(Phase.CONTINUOUS) == [
        *cross(4, 3, 5, "101.00", 1, kind),
        *cross(1, 3, 45, "101.00", 2, kind),
    ]


@CALLS
def test_a_crossed_book_that_was_halted_trades_before_it_opens(market):
    market.enter(buy(50, at="101.00"))
    market.enter(sell(50, at="99.00"))
    market.phase(Phase.HALT)
    assert market.phase(Phase.CONTINUOUS) == cross(1, 2, 50, "100.00", 1, Liquidity.UNSCHEDULED_CALL)


@CALLS
def test_one_call_may_follow_another(market):
    market.phase(Phase.VOLATILITY_CALL)
    market.enter(buy(50, at="101.00"))
    market.enter(sell(50, at="99.00"))
    assert len(market.phase(Phase.CLOSING_CALL)) == 2
    market.enter(buy(20, at="100.00"))
    market.enter(sell(20, at="100.00"))
    assert market.phase(Phase.POST_TRADE) == cross(3, 4, 20, "100.00", 2, Liquidity.CLOSING_CALL)


@CALLS
def test_a_timetable_s_next_call_of_the_same_kind_ends_the_one_before(market):
    market.phase(Phase.INTRADAY_CALL)
    market.enter(buy(10, at="100.00"))
    market.enter(sell(10, at="100.00"))
    market.enter(buy(10, at="100.00", cross=Cross.INTRADAY))
    assert market.phase(Phase.INTRADAY_CALL) == []
    events = market.do(SetPhase("nordic", ERIC, Phase.INTRADAY_CALL, (), "nordic", 3))
    assert events == [*cross(1, 2, 10, "100.00", 1, Liquidity.INTRADAY_CALL), Canceled(3, 10, OVER)]
    assert eric(market).phase is Phase.INTRADAY_CALL


TIED = [
    (Cross.OPENING, Phase.OPENING_CALL),
    (Cross.INTRADAY, Phase.INTRADAY_CALL),
    (Cross.HALT, Phase.HALT_RELEASE_CALL),
    (Cross.CLOSING, Phase.CLOSING_CALL),
    *((Cross.ANY_CALL, phase) for phase in KINDS),
]


@CALLS
@pytest.mark.parametrize(("tie", "phase"), TIED, ids=lambda value: value.name)
def test_an_order_that_is_tied_to_a_call_waits_for_it_trades_in_it_and_leaves_with_it(tie, phase):
    market = NordicMarket()
    market.phase(Phase.CLOSED)
    market.phase(Phase.PRE_OPEN if tie is Cross.OPENING else Phase.CONTINUOUS)
    tied = buy(50, at="101.00", cross=tie)
    assert market.enter(tied) == [accepted(1, tied)]
    if tie is not Cross.OPENING:
        assert market.enter(sell(10, at="101.00")) == [Accepted(2, 10, "101.00")]
    else:
        market.enter(sell(10, at="101.00"))
    assert market.phase(phase) == []
    assert expected(eric(market)) == (1_010_000, 10, 40)
    assert market.phase(Phase.CONTINUOUS) == [*cross(1, 2, 10, "101.00", 1, KINDS[phase]), Canceled(1, 40, OVER)]


@CALLS
def test_an_order_takes_its_place_in_the_queue_when_its_call_begins():
    market = NordicMarket()
    market.enter(buy(10, at="100.00", cross=Cross.CLOSING))
    market.enter(buy(10, at="100.00"))
    market.phase(Phase.CLOSING_CALL)
    market.enter(buy(10, at="100.00", cross=Cross.CLOSING))
    market.enter(sell(30, at="100.00"))
    fills = [event.order for event in market.phase(Phase.POST_TRADE) if event.order != 4]
    assert fills == [2, 1, 3]


@CALLS
def test_a_reserve_is_held_back_only_in_the_queue_of_a_price():
    market = NordicMarket()
    market.enter(buy(100, at="100.00", cross=Cross.CLOSING, max_floor=10))
    order = market.find(1)
    assert (order.quantity, order.reserve, order.is_displayed) == (100, None, False)
    market.phase(Phase.CLOSING_CALL)
    assert (order.quantity, order.reserve.quantity) == (10, 90)
    market.phase(Phase.HALT)
    assert (order.quantity, order.reserve) == (100, None)
    market.phase(Phase.CLOSING_CALL)
    market.enter(sell(100, at="100.00"))
    events = market.phase(Phase.POST_TRADE)
    assert sum(event.quantity for event in events if event.order == 1) == 100


@CALLS
def test_what_a_reserve_holds_back_trades_after_all_that_is_displayed_and_is_refilled(market):
    market.enter(buy(100, at="100.00", max_floor=10))
    market.enter(buy(20, at="100.00"))
    market.enter(sell(60, at="100.00"))
    fills = [(event.order, event.quantity) for event in market.phase(Phase.CONTINUOUS) if event.order == 2]
    assert fills == [(2, 20)]
    order = market.find(1)
    assert (order.open, order.quantity) == (60, 10)


@CALLS
@pytest.mark.parametrize(
    ("phase", "missed"),
    [
        (Phase.CONTINUOUS, {Cross.OPENING}),
        (Phase.VOLATILITY_CALL, {Cross.OPENING}),
        (Phase.CLOSING_CALL, {Cross.OPENING, Cross.INTRADAY}),
        (Phase.OPENING_CALL, set()),
    ],
)
def test_an_order_for_a_call_that_is_over_is_refused_and_one_that_waited_goes(phase, missed):
    for tie in (Cross.OPENING, Cross.INTRADAY, Cross.HALT, Cross.CLOSING, Cross.ANY_CALL):
        market = NordicMarket()
        market.phase(phase)
        events = market.enter(buy(10, at="90.00", cross=tie))
        assert (events == [Rejected(Reject.CALL_MISSED)]) == (tie in missed)
    market = NordicMarket()
    market.enter(buy(10, at="90.00", cross=Cross.INTRADAY))
    gone = [Canceled(1, 10, OVER)] if Cross.INTRADAY in missed else []
    assert market.phase(phase) == gone


@CALLS
def test_a_us_order_is_tied_to_no_call(market):
    ticket = buy(10, at="10.00", book="ZWZZT", by="IN1", user="", cross=Cross.INTRADAY)
    assert market.enter(ticket) == [Rejected(Reject.INVALID_CROSS)]


@CALLS
def test_orders_of_a_call_are_replaced_cut_cancelled_and_expire(market):
    market.enter(buy(50, at="101.00", good_for=5))
    market.enter(buy(50, at=MARKET))
    market.enter(buy(50, at="101.00"))
    assert market.cancel(2, to=20) == [Canceled(2, 30)]
    assert [type(event).__name__ for event in market.replace(2, buy(30, at="100.00"))] == ["Replaced"]
    assert market.cancel(3) == [Canceled(3, 50)]
    assert market.wait(5) == [Canceled(1, 50, CancelReason.EXPIRED)]
    market.enter(sell(30, at="100.00"))
    assert market.phase(Phase.CONTINUOUS) == cross(4, 5, 30, "100.00", 1)


@CALLS
def test_a_minimum_quantity_takes_no_part(market):
    market.enter(buy(50, at="101.00", hidden=True, minimum_quantity=10))
    market.enter(sell(50, at="101.00"))
    assert market.phase(Phase.CONTINUOUS) == []


@CALLS
def test_continuous_fat_finger_looks_at_continuous_trading_only(market):
    market.set_port("G1", fat_finger=True)
    far = buy(10, at="150.00")
    assert market.enter(far) == [accepted(1, far)]
    market.cancel(1)
    market.phase(Phase.CONTINUOUS)
    assert market.enter(far) == [Rejected(Reject.CONTINUOUS_FAT_FINGER)]


@CALLS
def test_other_checks_hold_in_a_call_too():
    market = NordicMarket(account(SEK=limits(quantity=100)))
    market.phase(Phase.OPENING_CALL)
    assert market.enter(buy(101, at="100.00")) == [Rejected(Reject.MAXIMUM_ORDER_QUANTITY)]


@CALLS
def test_the_opening_is_held_against_the_previous_close_and_what_follows_against_the_last_sale(market):
    market.prices(ERIC, last="104.00")
    assert reference_price(eric(market), Phase.OPENING_CALL) == 1_000_000
    assert reference_price(eric(market), Phase.CLOSING_CALL) == 1_040_000
    market.prices(ERIC, reference="98.00")
    assert reference_price(eric(market.reloaded()), Phase.OPENING_CALL) == 980_000
    assert reference_price(eric(market), Phase.CLOSING_CALL) == 1_040_000
    market.next_day(TOMORROW)
    assert reference_price(eric(market), Phase.OPENING_CALL) == 1_040_000


@CALLS
def test_what_an_order_would_do_to_the_price_can_be_asked(market):
    market.enter(sell(10, at="100.00"))
    market.enter(sell(10, at="103.00"))
    market.enter(buy(10, at="100.00"))
    book = eric(market)
    order = market.order(market.engine.ports["G1"], market.find(1).scope, buy(15, at=MARKET))
    found = equilibrium(with_order(interest(book.buys), order), interest(book.sells), 1_000_000)
    assert (expected(book), found) == ((1_000_000, 10, 0), (1_030_000, 15, -5))
    order = market.order(market.engine.ports["G1"], market.find(1).scope, buy(5, at="100.00"))
    assert equilibrium(with_order(interest(book.buys), order), interest(book.sells), 1_000_000) == (1_000_000, 10, 5)


@CALLS
def test_nothing_of_a_call_outlives_the_day_but_orders_that_could_rest(market):
    market.enter(buy(10, at="99.00", gtc=True))
    market.enter(buy(10, at="99.00", gtc=True, cross=Cross.CLOSING))
    market.enter(buy(10, at=MARKET, gtc=True))
    market.enter(buy(10, at="99.00", time_in_force=TimeInForce.AUCTION, cross=Cross.ANY_CALL))
    events = market.next_day(TOMORROW)
    assert [event.order for event in events if isinstance(event, Canceled)] == [2, 3, 4]
    assert [*market.open] == [("G1", 1)]


@CALLS
def test_books_uncross_by_name_whatever_came_first(market):
    market.phase(Phase.OPENING_CALL, None)
    for book in (VOLV, ERIC):
        market.enter(buy(10, at="200.00", book=book))
        market.enter(sell(10, at="200.00", book=book))
    copy = market.reloaded()
    events = market.phase(Phase.CONTINUOUS, None)
    assert [event.order for event in events] == [3, 4, 1, 2]
    assert copy.phase(Phase.CONTINUOUS, None) == events
