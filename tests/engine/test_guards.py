"""Volatility guards: which trades set them off, what becomes of the order and of the book, and how it goes on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nordic import ERIC, NordicMarket, book, buy, percent, sell
from words import MARKET, TOMORROW, Accepted, Canceled, Executed, Replaced, Repriced, ticks, trade

from engine.api import (
    CancelReason,
    Cross,
    Phase,
    PriceType,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
    SetPhase,
)

GUARDS = pytest.mark.section("Market model", "1.4 Volatility guards")
BLOW_THROUGH = pytest.mark.section("PRM", "3.10 Blow-through protection")
CALL = Phase.VOLATILITY_CALL


def guarded(dynamic=3, static=10, **how):
    """Ericsson, last paid 100.00, between guards."""
    return NordicMarket(books=(with_guards(book(ERIC, "ERIC B", "SEK", "100.00"), dynamic, static),), **how)


def with_guards(entry, dynamic, static):
    values = {name: getattr(entry, name) for name in entry.__struct_fields__}
    return type(entry)(**values | {"dynamic_guard": percent(dynamic), "static_guard": percent(static)})


@pytest.fixture
def market():
    return guarded()


def eric(market):
    return market.engine.markets["nordic"].books[ERIC]


def asks(market, *prices):
    """Sales of ten shares each; gives their keys."""
    return [rest(market, sell(10, at=price, by="C1", user="GP30U1")) for price in prices]


def bids(market, *prices):
    return [rest(market, buy(10, at=price, by="C1", user="GP30U1")) for price in prices]


def rest(market, ticket):
    market.enter(ticket)
    return market.last_key


def open_at(market, price):
    """An opening that trades at a price."""
    market.phase(Phase.OPENING_CALL)
    market.enter(buy(10, at=price))
    market.enter(sell(10, at=price, by="C1", user="GP30U1"))
    market.phase(Phase.CONTINUOUS)


@GUARDS
@pytest.mark.parametrize(
    ("make", "rests", "at", "is_stopped"),
    [
        (buy, sell, "103.00", False),
        (buy, sell, "103.0001", True),
        (sell, buy, "97.00", False),
        (sell, buy, "96.9999", True),
    ],
)
def test_a_trade_farther_than_three_percent_from_last_paid_starts_a_call(market, make, rests, at, is_stopped):
    market.enter(rests(10, at=at, by="C1", user="GP30U1"))
    events = market.enter(make(10, at=at))
    assert events == [Accepted(2, 10, events[0].at), *([] if is_stopped else trade(2, 1, 10, events[0].at, 1))]
    assert (eric(market).phase is CALL) == is_stopped


@GUARDS
def test_the_order_trades_up_to_the_last_permitted_level_and_its_rest_waits_for_the_call(market):
    asks(market, "101.00", "103.00", "104.00")
    assert market.enter(buy(50, at="105.00")) == [
        Accepted(4, 50, "105.00"),
        *trade(4, 1, 10, "101.00", 1),
        *trade(4, 2, 10, "103.00", 2),
    ]
    assert eric(market).phase is CALL
    assert market.find(4).open == 30
    assert market.enter(sell(5, at="105.00", by="C1", user="GP30U1")) == [Accepted(5, 5, "105.00")]


@GUARDS
def test_last_paid_is_as_it_was_before_the_incoming_order(market):
    asks(market, "102.00", "104.00")
    assert len(market.enter(buy(20, at="104.00"))) == 1 + 2
    assert eric(market).phase is CALL, "104 is less than 3 percent above the 102 that this order paid itself"


@GUARDS
def test_each_trade_moves_the_dynamic_guard_for_the_next_order(market):
    asks(market, "102.00", "104.00")
    market.enter(buy(10, at="102.00"))
    assert len(market.enter(buy(10, at="104.00"))) == 3
    assert eric(market).phase is Phase.CONTINUOUS


@GUARDS
@pytest.mark.parametrize(("at", "is_stopped"), [("110.00", False), ("110.01", True)])
def test_the_static_guard_compares_with_the_opening_price(at, is_stopped):
    market = guarded(dynamic=None)
    open_at(market, "100.00")
    market.prices(ERIC, previous_close="50.00", last="109.00")
    asks(market, at)
    market.enter(buy(10, at=at))
    assert (eric(market).phase is CALL) == is_stopped


@GUARDS
def test_without_an_opening_trade_the_static_guard_compares_with_the_previous_close():
    market = guarded(dynamic=None)
    market.prices(ERIC, last="120.00")
    asks(market, "110.00", "111.00")
    market.enter(buy(10, at="110.00"))
    assert eric(market).phase is Phase.CONTINUOUS
    market.enter(buy(10, at="111.00"))
    assert eric(market).phase is CALL


@GUARDS
def test_an_operator_s_reference_is_the_static_guard_s_until_it_is_cleared():
    market = guarded(dynamic=None)
    market.prices(ERIC, reference="130.00")
    asks(market, "140.00", "118.00", "112.00")
    assert len(market.enter(buy(10, at="118.00"))) == 1, "112 is too far below"
    assert eric(market).phase is CALL
    market.phase(Phase.CONTINUOUS)
    market.prices(ERIC, reference=None)
    assert eric(market).guards.static_upper == ticks("110.00")


@GUARDS
@pytest.mark.parametrize(("at", "seconds"), [("104.00", 60), ("111.00", 180)])
def test_a_dynamic_call_lasts_a_minute_and_a_static_one_three(market, at, seconds):
    asks(market, at)
    market.enter(buy(10, at=at))
    assert market.wait(seconds - 1) == []
    assert eric(market).phase is CALL
    assert [event.at for event in market.wait(1) if isinstance(event, Executed)] == [f"{at}"] * 2
    assert eric(market).phase is Phase.CONTINUOUS
    assert eric(market).timer == 0
    assert market.security(ERIC).last == ticks(at)


@GUARDS
def test_a_call_may_end_at_a_random_moment_that_a_replay_finds_again():
    def ended(seed):
        market = guarded()
        market.engine.session = seed
        guards = eric(market).guards
        guards.volatility = type(guards.volatility)(random_end=5_000_000_000)
        asks(market, "104.00")
        market.enter(buy(10, at="104.00"))
        return eric(market).timer - market.now

    assert ended("A") == ended("A") != ended("B")
    assert 60_000_000_000 <= ended("A") <= 65_000_000_000


@GUARDS
def test_a_call_beyond_the_static_guard_is_its_new_reference_or_each_trade_would_begin_another():
    market = guarded(dynamic=None)
    asks(market, "115.00", "115.00")
    market.enter(buy(10, at="115.00"))
    assert len(market.wait(180)) == 2
    assert len(market.enter(buy(10, at="115.00"))) == 3
    market.next_day(TOMORROW)
    assert eric(market).guards.static_upper == ticks("115.00") * 11 // 10, "the close of the day before"


@GUARDS
def test_a_scheduled_event_ends_the_call_just_before_it(market):
    asks(market, "104.00")
    market.enter(buy(10, at="104.00"))
    events = market.do(SetPhase("nordic", None, Phase.CLOSING_CALL, (), "nordic", 3, 180_000_000_000))
    assert [event.at for event in events] == ["104.00", "104.00"]
    assert eric(market).phase is Phase.CLOSING_CALL
    market.wait(300)
    assert eric(market).phase is Phase.CLOSING_CALL


@GUARDS
def test_a_halt_keeps_the_orders_of_the_call_and_nothing_ends_by_itself_any_more(market):
    asks(market, "104.00")
    market.enter(buy(10, at="104.00"))
    assert market.phase(Phase.HALT) == []
    assert market.wait(300) == []
    assert eric(market).phase is Phase.HALT


@GUARDS
def test_a_market_order_s_rest_waits_for_the_call_at_any_price(market):
    asks(market, "101.00", "104.00")
    assert market.enter(buy(25, at=MARKET))[1:] == trade(3, 1, 10, "101.00", 1)
    assert eric(market).phase is CALL
    events = market.wait(60)
    assert [event.quantity for event in events] == [10, 10, 5]
    assert events[2] == Canceled(3, 5, CancelReason.CALL_OVER)


@GUARDS
@pytest.mark.parametrize("at", ["105.00", MARKET])
def test_an_immediate_order_starts_the_call_and_is_canceled_before(market, at):
    asks(market, "101.00", "104.00")
    assert market.enter(buy(25, at=at, ioc=True)) == [
        Accepted(3, 25, at),
        *trade(3, 1, 10, "101.00", 1),
        Canceled(3, 15, CancelReason.IMMEDIATE_OR_CANCEL),
    ]
    assert eric(market).phase is CALL


@GUARDS
def test_an_immediate_order_that_may_trade_nothing_is_dead_and_starts_the_call(market):
    asks(market, "104.00")
    assert market.enter(buy(25, at="105.00", ioc=True)) == [Accepted(2, 25, "105.00", dead=True)]
    assert eric(market).phase is CALL


@GUARDS
def test_a_replacement_is_guarded_like_a_new_order(market):
    asks(market, "104.00")
    market.enter(buy(10, at="100.00"))
    assert market.replace(2, buy(10, at="104.00")) == [Replaced(3, 2, 10, "104.00")]
    assert eric(market).phase is CALL
    assert market.find(3).open == 10


@GUARDS
def test_a_price_that_is_too_good_is_beyond_the_guard_too(market):
    asks(market, "90.00")
    assert market.enter(buy(10, at="100.00")) == [Accepted(2, 10, "100.00")]
    assert eric(market).phase is CALL
    assert [event.at for event in market.wait(180)] == ["100.00", "100.00"]


@GUARDS
def test_what_nobody_would_trade_with_sets_off_nothing(market):
    asks(market, "103.00")
    apart = SelfMatchPrevention(SelfMatchLevel.FIRM, SelfMatchAction.CANCEL_OLDEST)
    market.enter(sell(10, at="104.00"))
    assert market.enter(buy(30, at="105.00", self_match_prevention=apart))[1:3] == trade(3, 1, 10, "103.00", 1)
    assert eric(market).phase is Phase.CONTINUOUS
    assert (market.find(2), market.find(3).open) == (None, 20)


@GUARDS
def test_a_minimum_that_only_forbidden_prices_would_meet_trades_nothing_and_starts_the_call(market):
    asks(market, "101.00", "104.00")
    assert len(market.enter(buy(20, at="105.00", minimum_quantity=15, hidden=True))) == 1
    assert eric(market).phase is CALL


@GUARDS
def test_hidden_and_reserve_orders_are_guarded_alike(market):
    market.enter(sell(40, at="104.00", max_floor=10, by="C1", user="GP30U1"))
    market.enter(sell(10, at="101.00", hidden=True, by="C1", user="GP30U1"))
    assert len(market.enter(buy(60, at="104.00"))) == 3
    assert sum(event.quantity for event in market.wait(60) if isinstance(event, Executed)) == 80


@GUARDS
def test_a_peg_that_would_move_beyond_a_guard_starts_the_call_and_stands_aside(market):
    market.enter(sell(10, at="104.00", hidden=True, by="C1", user="GP30U1"))
    bids(market, "99.00")
    market.enter(buy(10, at="98.50", price_type=PriceType.PRIMARY_PEG))
    market.enter(buy(10, at="110.00", price_type=PriceType.PRIMARY_PEG))
    market.enter(buy(10, at="98.00", price_type=PriceType.PRIMARY_PEG))
    assert market.prices(ERIC, outside_bid="104.50") == [Repriced(3, None), Repriced(4, None), Repriced(5, None)]
    assert eric(market).phase is CALL
    market.prices(ERIC, outside_bid=None)
    assert market.wait(60) == [Repriced(3, "98.50"), Repriced(4, "99.00"), Repriced(5, "98.00")]


@GUARDS
def test_a_market_peg_that_takes_level_after_level_is_held_to_what_was_paid_before_it(market):
    bids(market, "99.00", "98.00", "96.00", "95.00")
    peg = sell(40, at="90.00", price_type=PriceType.MARKET_PEG)
    assert [event.at for event in market.enter(peg) if isinstance(event, Executed)] == ["99.00"] * 2 + ["98.00"] * 2
    assert eric(market).phase is CALL


@GUARDS
def test_a_peg_that_comes_back_after_a_call_is_held_to_what_was_paid_in_it(market):
    market.enter(buy(10, at="99.00"))
    market.enter(buy(10, at="109.00", price_type=PriceType.PRIMARY_PEG))
    market.enter(sell(10, at="108.00", hidden=True, by="C1", user="GP30U1"))
    market.phase(Phase.OPENING_CALL)
    market.prices(ERIC, outside_bid="108.00")
    open_at(market, "106.00")
    assert market.find(2) is None
    assert eric(market).phase is Phase.CONTINUOUS


@GUARDS
def test_discretion_ends_at_the_guards_and_sets_off_none(market):
    market.enter(buy(10, at="99.00", discretion_price=ticks("105.00"), by="C1", user="GP30U1"))
    assert market.enter(sell(10, at="103.50")) == [Accepted(2, 10, "103.50")]
    assert len(market.enter(sell(5, at="103.00"))) == 3
    asks(market, "107.00")
    assert market.enter(buy(10, at="99.00", discretion_price=ticks("110.00"))) == [
        Accepted(5, 10, "99.00"),
        *trade(5, 2, 10, "103.50", 2),
    ]
    assert market.enter(buy(10, at="99.00", discretion_price=ticks("110.00"))) == [Accepted(6, 10, "99.00")]
    assert market.enter(sell(5, at="99.50"))[0] == Accepted(7, 5, "99.50")
    assert eric(market).phase is Phase.CONTINUOUS


@GUARDS
def test_a_book_without_thresholds_or_prices_is_not_guarded():
    market = guarded(dynamic=None, static=None)
    assert eric(market).guards is None
    market = guarded()
    market.prices(ERIC, last=None, previous_close=None)
    asks(market, "300.00")
    assert len(market.enter(buy(10, at="300.00"))) == 3


@GUARDS
def test_operations_set_the_thresholds_and_a_changed_entry_sets_them_again(market):
    market.prices(ERIC, dynamic_guard=percent(20), static_guard=None)
    asks(market, "119.00")
    assert len(market.enter(buy(10, at="119.00"))) == 3
    market.configure(books=market.books)
    assert eric(market).guards.dynamic == percent(20) * 100
    market.configure(books=(with_guards(market.books[0], 4, 5),))
    assert market.security(ERIC).dynamic_guard == percent(4)


@GUARDS
def test_orders_that_are_tied_to_calls_take_their_places_in_it(market):
    asks(market, "104.00")
    market.enter(buy(10, at="104.00", cross=Cross.ANY_CALL))
    market.enter(buy(10, at="104.00"))
    assert [event.order for event in market.wait(60) if isinstance(event, Executed)] in ([3, 1], [2, 1])


@GUARDS
def test_a_start_from_a_snapshot_in_the_call_ends_it_at_the_same_moment(market):
    open_at(market, "100.00")
    asks(market, "104.00")
    market.enter(buy(10, at="104.00"))
    market.wait(20)
    other = market.reloaded()
    assert other.state() == market.state()
    assert other.engine.next_deadline == market.engine.next_deadline == eric(market).timer
    assert market.wait(40) == other.wait(40) != []
    assert other.state() == market.state()


@BLOW_THROUGH
@pytest.mark.parametrize("ioc", [False, True])
@pytest.mark.parametrize("at", ["120.00", MARKET])
def test_a_protected_order_stops_one_level_before_the_guard_and_its_rest_is_canceled(market, at, ioc):
    asks(market, "101.00", "103.00", "120.00")
    protect(market)
    assert market.enter(buy(50, at=at, ioc=ioc)) == [
        Accepted(4, 50, at),
        *trade(4, 1, 10, "101.00", 1),
        *trade(4, 2, 10, "103.00", 2),
        Canceled(4, 30, CancelReason.BLOW_THROUGH),
    ]
    assert eric(market).phase is Phase.CONTINUOUS
    assert market.enter(buy(50, at=at, ioc=ioc)) == [Accepted(5, 50, at), Canceled(5, 50, CancelReason.BLOW_THROUGH)]


@BLOW_THROUGH
def test_a_protected_order_that_stays_within_the_guards_is_like_any_other(market):
    asks(market, "101.00")
    protect(market)
    assert market.enter(buy(50, at="110.00")) == [Accepted(2, 50, "110.00"), *trade(2, 1, 10, "101.00", 1)]
    assert market.find(2).open == 40


def protect(market):
    """Let GP29U1 trade on G1 under blow-through protection."""
    scope = market.engine.scope(market.engine.ports["G1"], ERIC, "GP29U1")
    scope.protection.blow_through = True


PRICES = st.integers(90, 112)


@given(st.lists(st.tuples(st.booleans(), PRICES, st.integers(1, 30), st.booleans()), max_size=25))
def test_no_trade_of_continuous_trading_is_beyond_a_guard(orders):
    market = guarded()
    for is_buy, price, size, ioc in orders:
        last = market.security(ERIC).last
        guards = eric(market).guards
        was = eric(market).phase
        ticket = (buy if is_buy else sell)(size, at=f"{price}.00", ioc=ioc)
        events = market.enter(ticket)
        for event in events if was is Phase.CONTINUOUS else ():
            if isinstance(event, Executed):
                paid = ticks(event.at)
                assert abs(paid - last) * 100 <= 3 * last
                assert guards.static_lower <= paid <= guards.static_upper
        if size % 7 == 0:
            market.wait(60)
    market.wait(200)
    assert eric(market).phase is Phase.CONTINUOUS
