"""What PRM asks while a call gathers orders (PRM guide 3.3, 3.4, 3.5, 3.14, 3.15)."""

import pytest
from nordic import ERIC, NOKIA, NordicMarket, account, book, buy, limits, money, sell
from words import MARKET, Rejected, Replaced

from engine.api import Cross, Phase, Reject
from engine.phases import CALLS

FAT_FINGER = pytest.mark.section("PRM", "3.3 Fat finger in auctions")
QUANTITY = pytest.mark.section("PRM", "3.4 Maximum order quantity in auctions")
VALUE = pytest.mark.section("PRM", "3.5 Maximum order value in auctions")
PREVENTION = pytest.mark.section("PRM", "3.14 Market order restriction")
PROTECTION = pytest.mark.section("PRM", "3.15 Market order protection in calls")
EVERY_CALL = pytest.mark.parametrize("call", CALLS, ids=lambda phase: phase.name)
BOOKS = (
    book(ERIC, "ERIC B", "SEK", "100.00", extension=6, static=10),
    book(NOKIA, "NOKIA", "EUR", "4.00"),
)


def in_call(call=Phase.CLOSING_CALL, **settings):
    market = NordicMarket(account(**settings), books=BOOKS)
    market.phase(call)
    market.phase(call, symbol=NOKIA)
    return market


def verdict(market, order):
    event = market.enter(order)[0]
    return event.reason if isinstance(event, Rejected) else None


def theirs(how, quantity, at, **rest):
    return how(quantity, at, by="C1", user="GP30U1", **rest)


# Fat finger.


@FAT_FINGER
@EVERY_CALL
@pytest.mark.parametrize(("at", "passes"), [("110.00", True), ("110.01", False), ("90.00", True), ("89.99", False)])
@pytest.mark.parametrize("how", [buy, sell])
def test_a_price_farther_from_its_reference_than_the_static_guard_is_refused(call, at, passes, how):
    market = in_call(call, fat_finger_in_auctions=True)
    assert verdict(market, how(10, at=at)) == (None if passes else Reject.AUCTION_FAT_FINGER)


@FAT_FINGER
@pytest.mark.parametrize(("call", "highest"), [(Phase.OPENING_CALL, "110.00"), (Phase.INTRADAY_CALL, "132.00")])
def test_the_reference_is_the_previous_close_in_the_opening_and_the_last_sale_in_every_other_call(call, highest):
    market = in_call(call, fat_finger_in_auctions=True)
    market.prices(ERIC, last="120.00")
    assert verdict(market, buy(10, at=highest)) is None
    assert verdict(market, buy(10, at=money(highest) + 100)) == Reject.AUCTION_FAT_FINGER
    source = "previous close" if call is Phase.OPENING_CALL else "last paid"
    assert market.refusal[3:] == (money(highest) * 10 // 11, source, "GP29PR")


@FAT_FINGER
def test_without_the_setting_a_reference_or_a_guard_and_for_market_orders_nothing_is_compared():
    assert verdict(in_call(), buy(10, at="150.00")) is None
    market = in_call(fat_finger_in_auctions=True)
    assert verdict(market, buy(10, at=MARKET)) is None
    assert verdict(market, buy(10, at="9.00", book=NOKIA)) is None
    market.prices(ERIC, last=None, previous_close=None)
    assert verdict(market, buy(10, at="150.00")) is None


@FAT_FINGER
def test_it_holds_for_changes_in_a_call_and_in_calls_only():
    market = NordicMarket(account(fat_finger_in_auctions=True), books=BOOKS)
    assert verdict(market, buy(10, at="120.00")) is None
    market.phase(Phase.CLOSING_CALL)
    assert market.replace(1, buy(10, at="121.00")) == [Rejected(Reject.AUCTION_FAT_FINGER)]
    assert market.replace(1, buy(5, at="120.00")) == [Replaced(3, 1, 5, "120.00")]


# Maximum quantity and value.


@QUANTITY
@EVERY_CALL
def test_a_quantity_in_a_call_is_held_to_the_limit_of_auctions(call):
    market = in_call(call, SEK=limits(100_000, auction_quantity=20_000))
    assert verdict(market, buy(50_000, at="1.00")) == Reject.MAXIMUM_AUCTION_QUANTITY
    assert market.refusal[1:3] == (20_000, 50_000)
    assert verdict(market, buy(20_000, at="1.00")) is None
    market.phase(Phase.CONTINUOUS)
    assert verdict(market, buy(50_000, at="1.00")) is None


@QUANTITY
@pytest.mark.parametrize("unset", [None, 0])
def test_where_none_is_set_the_general_limit_holds_in_calls_too(unset):
    market = in_call(SEK=limits(100_000, auction_quantity=unset))
    assert verdict(market, buy(50_000, at="1.00")) is None
    assert verdict(market, buy(100_001, at="1.00")) == Reject.MAXIMUM_ORDER_QUANTITY


@QUANTITY
def test_that_of_auctions_may_be_the_larger_one_and_pre_open_is_no_call():
    market = in_call(SEK=limits(100, auction_quantity=200))
    assert verdict(market, buy(200, at="1.00")) is None
    market.phase(Phase.PRE_OPEN)
    assert verdict(market, buy(200, at="1.00")) == Reject.MAXIMUM_ORDER_QUANTITY


@VALUE
def test_a_value_in_a_call_is_held_to_the_limit_of_auctions():
    market = in_call(SEK=limits(value=100_000, auction_value=20_000))
    assert verdict(market, buy(200, at="100.00")) is None
    assert verdict(market, buy(201, at="100.00")) == Reject.MAXIMUM_AUCTION_VALUE
    assert verdict(market, buy(201, at=MARKET)) == Reject.MAXIMUM_AUCTION_VALUE
    assert market.refusal[1:] == (money(20_000), money(20_100), money(100), "last paid", "GP29PR")
    market.phase(Phase.CONTINUOUS)
    assert verdict(market, buy(201, at="90.00")) is None


@VALUE
@pytest.mark.parametrize("unset", [None, 0])
def test_without_one_the_general_value_holds_in_calls_too(unset):
    market = in_call(SEK=limits(value=20_000, auction_value=unset))
    assert verdict(market, buy(201, at="100.00")) == Reject.MAXIMUM_ORDER_VALUE


# Market orders.


@PREVENTION
@EVERY_CALL
def test_market_orders_are_refused_in_every_call(call):
    market = in_call(call, market_order_prevention=True)
    assert verdict(market, buy(10, at=MARKET)) == Reject.MARKET_ORDER_PREVENTION
    assert verdict(market, sell(10, at=MARKET, ioc=True)) == Reject.MARKET_ORDER_PREVENTION
    assert verdict(market, buy(10, at="150.00")) is None


@PREVENTION
def test_those_for_the_opening_are_caught_and_those_for_the_close_never_are():
    market = in_call(Phase.OPENING_CALL, market_order_prevention=True)
    assert verdict(market, buy(10, at=MARKET, cross=Cross.OPENING)) == Reject.MARKET_ORDER_PREVENTION
    assert verdict(market, buy(10, at=MARKET, cross=Cross.ANY_CALL)) == Reject.MARKET_ORDER_PREVENTION
    assert verdict(market, buy(10, at=MARKET, cross=Cross.CLOSING)) is None
    market.phase(Phase.CLOSING_CALL)
    assert verdict(market, buy(10, at=MARKET, cross=Cross.CLOSING)) is None


@PREVENTION
def test_what_came_before_the_call_stays_in_it_and_without_the_setting_all_may_enter():
    market = in_call(Phase.PRE_OPEN, market_order_prevention=True)
    assert verdict(market, buy(10, at=MARKET)) is None
    market.phase(Phase.OPENING_CALL)
    assert market.open == {("G1", 1): 10}
    market.set_account(market_order_prevention=False)
    assert verdict(market, buy(10, at=MARKET)) is None


# Market order protection.


def moved(call, now, then, how=buy):
    """The verdict on an order that moves a call's price; `now` None is a book that is not crossed."""
    other = sell if how is buy else buy
    market = in_call(call, market_order_protection=True)
    if now is not None:
        market.enter(theirs(how, 100, now))
        market.enter(theirs(other, 100, now))
    if then is not None:
        market.enter(theirs(other, 300, then))
    reason = verdict(market, how(400, at=MARKET))
    return reason, market


EP, REF = Reject.MARKET_ORDER_EQUILIBRIUM, Reject.MARKET_ORDER_REFERENCE


@PROTECTION
@pytest.mark.parametrize(
    ("call", "now", "then", "how", "reason"),
    [
        (Phase.CLOSING_CALL, "100.00", "103.00", buy, None),
        (Phase.CLOSING_CALL, "100.00", "103.01", buy, EP),
        (Phase.CLOSING_CALL, "100.00", "97.00", sell, None),
        (Phase.CLOSING_CALL, "100.00", "96.99", sell, EP),
        (Phase.CLOSING_CALL, "104.00", "106.00", buy, None),
        (Phase.CLOSING_CALL, "104.00", "106.01", buy, REF),
        (Phase.OPENING_CALL, "104.00", "106.01", buy, None),
        (Phase.OPENING_CALL, "128.00", "130.01", buy, REF),
        (Phase.CLOSING_CALL, None, "107.00", buy, REF),
        (Phase.CLOSING_CALL, None, None, buy, None),
        (Phase.PRE_OPEN, "100.00", "150.00", buy, None),
    ],
)
def test_a_market_order_may_move_the_price_so_far_and_no_farther(call, now, then, how, reason):
    assert moved(call, now, then, how)[0] == reason


@PROTECTION
@pytest.mark.parametrize("call", [call for call in CALLS if call is not Phase.OPENING_CALL], ids=lambda call: call.name)
def test_every_other_call_has_the_parameters_of_the_closing_call(call):
    assert moved(call, "104.00", "106.00")[0] is None
    assert moved(call, "104.00", "106.01")[0] == REF


@PROTECTION
def test_the_refusal_names_the_price_that_it_began_from():
    _, market = moved(Phase.CLOSING_CALL, "100.00", "103.01")
    assert market.refusal[1:] == (money(3), money("3.01"), money(100), "equilibrium price", "GP29PR")
    _, market = moved(Phase.OPENING_CALL, "128.00", "130.01")
    assert market.refusal[1:] == (money(30), money("30.01"), money(100), "previous close", "GP29PR")


@PROTECTION
def test_only_a_move_to_the_order_s_own_side_counts():
    market = in_call(market_order_protection=True)
    market.enter(theirs(buy, 100, "110.00"))
    market.enter(theirs(sell, 100, "110.00"))
    market.enter(theirs(sell, 300, "105.00"))
    assert verdict(market, buy(10, at=MARKET)) is None


@PROTECTION
def test_the_opening_is_held_against_the_reference_price_where_there_is_one():
    market = in_call(Phase.OPENING_CALL, market_order_protection=True)
    market.prices(ERIC, reference="80.00")
    market.enter(theirs(sell, 100, "104.01"))
    assert verdict(market, buy(10, at=MARKET)) == REF
    assert market.refusal.source == "reference price"


@PROTECTION
def test_limit_orders_other_calls_and_books_without_a_threshold_are_not_asked():
    market = in_call(market_order_protection=True)
    market.enter(theirs(sell, 100, "150.00"))
    market.enter(theirs(sell, 100, "9.00", book=NOKIA))
    assert verdict(market, buy(10, at="150.00")) is None
    assert verdict(market, buy(10, at=MARKET, book=NOKIA)) is None
    market.set_account(market_order_protection=False)
    assert verdict(market, buy(10, at=MARKET)) is None


@PROTECTION
def test_a_market_order_that_waits_for_another_call_moves_nothing():
    market = in_call(Phase.OPENING_CALL, market_order_protection=True)
    market.enter(theirs(sell, 100, "150.00"))
    assert verdict(market, buy(10, at=MARKET, cross=Cross.CLOSING)) is None
    assert verdict(market, buy(10, at=MARKET, cross=Cross.OPENING)) == REF
