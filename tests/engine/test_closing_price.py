"""Trading at the closing price: who takes part, in which order and at which price, and where the others stand."""

import pytest
from nordic import ERIC, NordicMarket, buy, sell
from words import MARKET, TODAY, TOMORROW, Accepted, Canceled, Executed, Rejected, accepted

from engine.api import CancelReason, Cross, Liquidity, Phase, Reject

SECTION = pytest.mark.section("Market model", "1.2 Phases")
AT_CLOSE = Phase.TRADING_AT_CLOSE
KIND = Liquidity.CLOSING_PRICE


@pytest.fixture
def market():
    """Ericsson has closed at 100.00."""
    market = NordicMarket()
    market.phase(Phase.CLOSING_CALL)
    return market


def trade(first, second, quantity, match, at="100.00"):
    """Both sides of one trade at the closing price, the incoming one first."""
    return [Executed(first, quantity, at, KIND, match), Executed(second, quantity, at, KIND, match)]


@SECTION
@pytest.mark.parametrize(("bid", "ask"), [("100.00", "100.00"), ("105.00", "95.00"), (MARKET, MARKET)])
def test_orders_of_the_phase_trade_at_the_closing_price_whatever_they_would_pay(market, bid, ask):
    market.phase(AT_CLOSE)
    first = buy(50, at=bid)
    assert market.enter(first) == [accepted(1, first)]
    assert market.enter(sell(30, at=ask))[1:] == trade(2, 1, 30, 1)
    assert market.open["G1", 1] == 20


@SECTION
def test_who_came_first_trades_first_at_any_limit(market):
    market.phase(AT_CLOSE)
    for at in ("100.00", "103.00", MARKET):
        market.enter(buy(10, at=at))
    events = [event for event in market.enter(sell(30, at="100.00")) if isinstance(event, Executed)]
    assert [event.order for event in events] == [4, 1, 4, 2, 4, 3]


@SECTION
def test_what_does_not_allow_the_closing_price_rests_and_does_not_trade(market):
    market.phase(AT_CLOSE)
    market.enter(buy(10, at="99.00"))
    market.enter(sell(10, at="101.00"))
    market.enter(buy(10, at="100.00", hidden=True, minimum_quantity=5))
    seller = sell(10, at="95.00")
    assert market.enter(seller) == [accepted(4, seller)]
    book = market.engine.markets["nordic"].books[ERIC]
    assert (book.buys.shown.keys, book.sells.shown.keys) == ([990_000], [-1_010_000])


@SECTION
def test_orders_of_the_day_take_part_where_they_asked_for_it(market):
    market.phase(Phase.CONTINUOUS)
    market.enter(buy(10, at="99.00"))
    market.enter(sell(10, at="99.00"))
    for ticket in (
        buy(10, at="98.50", closing_price=True),
        buy(10, at="99.50"),
        buy(20, at="99.00", closing_price=True, hidden=True),
        buy(30, at="99.00", closing_price=True, max_floor=10),
        sell(15, at="99.60", closing_price=True),
    ):
        market.enter(ticket)
    market.phase(Phase.CLOSING_CALL)
    assert market.phase(AT_CLOSE) == []
    events = [event for event in market.enter(sell(45, at="99.00")) if isinstance(event, Executed)]
    assert [(event.order, event.quantity) for event in events if event.order != 8] == [(6, 30), (5, 15)]


@SECTION
def test_those_that_asked_for_it_on_both_sides_trade_when_it_begins():
    market = NordicMarket()
    market.phase(Phase.CLOSING_CALL)
    market.enter(buy(10, at="100.00"))
    market.enter(sell(10, at="100.00"))
    market.phase(Phase.POST_TRADE)
    market.phase(Phase.HALT)
    market.phase(Phase.OPENING_CALL)
    market.enter(buy(50, at="101.00", closing_price=True))
    market.enter(sell(20, at="100.00", closing_price=True))
    market.phase(Phase.HALT)
    assert market.phase(AT_CLOSE) == trade(3, 4, 20, 2)


@SECTION
def test_an_immediate_order_trades_or_is_gone_and_one_without_a_price_goes_with_the_phase(market):
    market.phase(AT_CLOSE)
    assert market.enter(sell(10, at="100.00", ioc=True)) == [Accepted(1, 10, "100.00", dead=True)]
    market.enter(buy(10, at=MARKET))
    immediate = market.enter(sell(15, at="100.00", ioc=True))
    assert immediate[1:] == [*trade(3, 2, 10, 1), Canceled(3, 5, CancelReason.IMMEDIATE_OR_CANCEL)]
    market.enter(buy(10, at=MARKET))
    assert market.phase(Phase.POST_TRADE) == [Canceled(4, 10, CancelReason.CALL_OVER)]


@SECTION
def test_afterwards_orders_stand_in_the_queues_of_their_prices_again(market):
    market.enter(buy(50, at="99.00"))
    market.phase(AT_CLOSE)
    market.enter(buy(40, at="100.00", max_floor=10, gtc=True))
    market.enter(sell(5, at="100.00"))
    order = market.find(2)
    assert (order.quantity, order.reserve) == (35, None)
    market.phase(Phase.POST_TRADE)
    assert (order.quantity, order.reserve.quantity) == (10, 25)
    book = market.engine.markets["nordic"].books[ERIC]
    assert [level.price for level in book.buys.shown.levels.values()] == [990_000, 1_000_000]
    assert market.enter(sell(5, at="100.00")) == [Rejected(Reject.MARKET_CLOSED)]


@SECTION
def test_orders_in_line_are_replaced_cut_cancelled_and_expire(market):
    market.phase(AT_CLOSE)
    market.enter(buy(50, at="101.00", good_for=5))
    market.enter(buy(50, at="101.00"))
    market.enter(buy(50, at="101.00"))
    assert market.cancel(2, to=20) == [Canceled(2, 30)]
    assert market.cancel(3) == [Canceled(3, 50)]
    assert [type(event).__name__ for event in market.replace(2, buy(30, at="99.00"))] == ["Replaced"]
    assert market.wait(5) == [Canceled(1, 50, CancelReason.EXPIRED)]
    assert len(market.enter(sell(30, at="99.00"))) == 1, "the replacement does not allow the closing price any more"


@SECTION
def test_orders_that_are_tied_to_a_call_find_it_over(market):
    market.enter(buy(10, at="90.00", cross=Cross.CLOSING))
    market.phase(AT_CLOSE)
    for tie in (Cross.CLOSING, Cross.ANY_CALL):
        assert market.enter(buy(10, at="100.00", cross=tie)) == [Rejected(Reject.CALL_MISSED)]


@SECTION
def test_without_a_closing_price_nothing_trades():
    market = NordicMarket()
    market.phase(AT_CLOSE)
    market.enter(buy(10, at="101.00"))
    assert len(market.enter(sell(10, at="100.00"))) == 1


@SECTION
@pytest.mark.parametrize("ending", [Phase.CONTINUOUS, Phase.HALT, Phase.OPENING_CALL, AT_CLOSE])
def test_a_copy_from_a_snapshot_goes_on_alike(market, ending):
    market.enter(buy(30, at="100.00", closing_price=True))
    market.phase(AT_CLOSE)
    for ticket in (
        buy(20, at="101.00", gtc=True),
        buy(20, at=MARKET),
        buy(40, at="100.00", max_floor=10),
        buy(10, at="99.00"),
    ):
        market.enter(ticket)
    copy = market.reloaded()
    for seller in (sell(35, at="100.00"), sell(10, at="98.00", ioc=True)):
        assert copy.enter(seller) == market.enter(seller)
    assert copy.phase(ending) == market.phase(ending)
    assert copy.next_day(TOMORROW) == market.next_day(TOMORROW)
    assert copy.state() == market.state()


@SECTION
def test_the_phase_outlives_the_day_and_its_closing_price_does_not(market):
    market.phase(AT_CLOSE)
    market.enter(buy(10, at="101.00", gtc=True))
    assert TODAY != TOMORROW
    market.next_day(TOMORROW)
    assert len(market.enter(sell(10, at="100.00"))) == 1
    assert market.reloaded().state() == market.state()
