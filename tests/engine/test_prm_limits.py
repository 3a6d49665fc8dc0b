"""What one order of an account may be: quantity and value by currency, lists of books and segments, the block."""

import pytest
from nordic import ERIC, FIRST_NORTH, NOKIA, NOVO, OTHER, USER, VOLV, NordicMarket, account, book, buy, limits, sell
from words import MARKET, TOMORROW, Accepted, Canceled, Rejected, Replaced

from engine.api import CommandRefused, CurrencyLimits, Reject, Side

QUANTITY = pytest.mark.section("PRM", "3.4 Maximum order quantity")
VALUE = pytest.mark.section("PRM", "3.5 Maximum order value")
SYMBOLS = pytest.mark.section("PRM", "3.7 Restricted symbols")
SEGMENTS = pytest.mark.section("PRM", "3.8 Restricted market segments")
BLOCK = pytest.mark.section("PRM", "3.18 Account block")
REDUCE = pytest.mark.section("PRM", "3.6 What only gets smaller is allowed")


def verdict(market, order):
    """Why the order is refused, None when it is not."""
    event = market.enter(order)[0]
    return event.reason if isinstance(event, Rejected) else None


# Quantity.


@QUANTITY
@pytest.mark.parametrize(
    ("limit", "quantity", "reason"),
    [
        (10_000, 9_999, None),
        (10_000, 10_000, None),
        (10_000, 10_001, Reject.MAXIMUM_ORDER_QUANTITY),
        (0, 4_294_967_295, None),
        (1, 2, Reject.MAXIMUM_ORDER_QUANTITY),
    ],
)
@pytest.mark.parametrize("side", [buy, sell])
def test_an_order_above_the_quantity_of_its_currency_is_refused(limit, quantity, reason, side):
    assert verdict(NordicMarket(account(SEK=limits(limit))), side(quantity, at="1.00")) == reason


@QUANTITY
@pytest.mark.parametrize("order_book", [ERIC, VOLV, NOKIA, FIRST_NORTH])
def test_a_quantity_is_that_of_the_book_s_currency(order_book):
    market = NordicMarket(account(SEK=limits(100_000), EUR=limits(200_000)))
    expected = None if order_book == NOKIA else Reject.MAXIMUM_ORDER_QUANTITY
    assert verdict(market, buy(150_000, at="1.00", book=order_book)) == expected


@QUANTITY
def test_a_currency_without_limits_has_none():
    assert verdict(NordicMarket(account(SEK=limits(1, 1))), buy(1_000_000, at="700.00", book=NOVO)) is None


@QUANTITY
def test_a_refusal_tells_limit_quantity_and_account():
    market = NordicMarket(account(SEK=limits(10)))
    market.enter(buy(11, at="1.00"))
    assert market.refusal[1:] == (10, 11, None, None, "GP29PR")


@QUANTITY
def test_a_replacement_is_held_to_the_new_total():
    market = NordicMarket(account(SEK=limits(100)))
    market.enter(buy(100, at="1.00"))
    assert market.replace(1, buy(101, at="1.01")) == [Rejected(Reject.MAXIMUM_ORDER_QUANTITY)]
    assert market.open == {("G1", 1): 100}
    assert market.replace(1, buy(100, at="1.01")) == [Replaced(3, 1, 100, "1.01")]


# Value.


@VALUE
@pytest.mark.parametrize(
    ("limit", "quantity", "at", "reason"),
    [
        (1_000_000, 9_999, "100.00", None),
        (1_000_000, 10_000, "100.00", None),
        (1_000_000, 10_000, "100.0001", Reject.MAXIMUM_ORDER_VALUE),
        (1_000_000, 10_001, "100.00", Reject.MAXIMUM_ORDER_VALUE),
        ("0.0001", 1, "0.0001", None),
        ("0.0001", 1, "0.0002", Reject.MAXIMUM_ORDER_VALUE),
        (0, 4_294_967_295, "199999.99", None),
    ],
)
@pytest.mark.parametrize("side", [buy, sell])
def test_an_order_above_the_value_of_its_currency_is_refused(limit, quantity, at, reason, side):
    assert verdict(NordicMarket(account(SEK=limits(0, limit))), side(quantity, at=at)) == reason


@VALUE
def test_values_are_exact_beyond_a_machine_word():
    market = NordicMarket(account(SEK=CurrencyLimits(0, 4_294_967_295 * 1_999_999_900)))
    assert verdict(market, buy(4_294_967_295, at="199999.99")) is None
    market.configure(account(SEK=CurrencyLimits(0, 4_294_967_295 * 1_999_999_900 - 1)))
    assert verdict(market, buy(4_294_967_295, at="199999.99")) == Reject.MAXIMUM_ORDER_VALUE


@VALUE
@pytest.mark.parametrize(
    ("last", "close", "bid", "ask", "side", "price", "source"),
    [
        ("100", "98", "99", "101", Side.BUY, "101", "best ask"),
        ("100", "98", "99", "99.5", Side.BUY, "100", "last paid"),
        ("100", "98", "99", "100", Side.BUY, "100", "last paid"),
        ("100", "98", "99", "101", Side.SELL, "100", "last paid"),
        ("100", "98", "100.5", "101", Side.SELL, "100.5", "best bid"),
        (None, "98", "97", None, Side.BUY, "98", "previous close"),
        (None, "98", "97", "101", Side.BUY, "101", "best ask"),
        (None, "98", "99", None, Side.SELL, "99", "best bid"),
        ("100", "98", None, None, Side.SELL, "100", "last paid"),
        (None, None, None, "101", Side.BUY, "101", "best ask"),
        (None, None, "97", None, Side.SELL, "97", "best bid"),
    ],
)
def test_a_market_order_is_valued_at_the_higher_of_last_and_quote(last, close, bid, ask, side, price, source):
    order = (buy if side is Side.BUY else sell)(100, at=MARKET)
    for spare, expected in ((0, None), (-1, Reject.MAXIMUM_ORDER_VALUE)):
        market = NordicMarket(account(SEK=CurrencyLimits(0, 100 * int(float(price) * 10_000) + spare)))
        market.prices(ERIC, last=last, previous_close=close, outside_bid=bid, outside_offer=ask)
        assert verdict(market, order) == expected
    assert market.refusal[3:] == (int(float(price) * 10_000), source, "GP29PR")


@VALUE
def test_a_market_order_without_any_price_passes():
    market = NordicMarket(account(SEK=limits(0, 1)))
    market.prices(ERIC, last=None, previous_close=None)
    assert verdict(market, buy(1_000, at=MARKET)) is None


@VALUE
def test_the_best_ask_is_that_of_the_book():
    market = NordicMarket(account(SEK=limits(0, 1_000)))
    market.enter(sell(5, at="101.00", by="C1", user="GP30U1"))
    assert verdict(market, buy(10, at=MARKET)) == Reject.MAXIMUM_ORDER_VALUE
    assert market.refusal.reference == 1_010_000


@VALUE
def test_a_limit_order_is_valued_at_its_limit():
    market = NordicMarket(account(SEK=limits(0, 1_000)))
    market.enter(sell(100, at="101.00", by="C1", user="GP30U1"))
    assert verdict(market, buy(10, at="100.00")) is None
    assert verdict(market, sell(11, at="99.00")) == Reject.MAXIMUM_ORDER_VALUE
    assert market.refusal[1:] == (10_000_000, 10_890_000, 990_000, "limit price", "GP29PR")


# Lists.


@SYMBOLS
@pytest.mark.parametrize("order", [buy(1, at="700.00", book=NOVO), sell(1, at=MARKET, book=NOVO, ioc=True)])
def test_a_restricted_symbol_takes_no_order_of_the_account(order):
    market = NordicMarket(account(users=[USER], symbols=[NOVO]))
    assert verdict(market, order) == Reject.RESTRICTED_SYMBOL
    assert verdict(market, buy(1, at="100.00")) is None
    assert verdict(market, buy(1, at="700.00", book=NOVO, user=OTHER)) is None


@SEGMENTS
def test_a_restricted_segment_takes_no_order_in_any_of_its_books():
    market = NordicMarket(account(segments=[100, 900]))
    for order_book in (ERIC, VOLV, FIRST_NORTH):
        assert verdict(market, buy(1, at="1.00", book=order_book)) == Reject.RESTRICTED_SEGMENT
    for order_book in (NOKIA, NOVO):
        assert verdict(market, buy(1, at="1.00", book=order_book)) is None


@SYMBOLS
def test_orders_in_a_symbol_that_becomes_restricted_stay_and_may_be_canceled():
    market = NordicMarket(account())
    market.enter(buy(100, at="700.00", book=NOVO))
    market.set_account(restricted_symbols=(NOVO,))
    assert market.replace(1, buy(200, at="700.00", book=NOVO)) == [Rejected(Reject.RESTRICTED_SYMBOL)]
    assert market.replace(1, buy(60, at="700.00", book=NOVO)) == [Replaced(3, 1, 60, "700.00")]
    assert market.cancel(3) == [Canceled(3, 60)]


# Block.


@BLOCK
def test_a_blocked_account_enters_nothing_in_any_book_on_any_port():
    market = NordicMarket(account(users=[USER]))
    market.enter(buy(100, at="100.00"))
    assert market.block() == []
    for order in (buy(1, at="1.00"), buy(1, at="1.00", book=NOKIA), buy(1, at="1.00", by="G2")):
        assert verdict(market, order) == Reject.ACCOUNT_BLOCKED
    assert market.refusal.rule == "GP29PR"
    assert verdict(market, buy(1, at="1.00", user=OTHER)) is None
    assert market.open[("G1", 1)] == 100


@BLOCK
def test_orders_of_a_blocked_account_trade_and_may_be_canceled():
    market = NordicMarket(account())
    market.enter(buy(100, at="100.00"))
    market.block()
    assert len(market.enter(sell(40, at="100.00", by="C1", user="GP30U1"))) == 3
    assert market.cancel(1, to=50) == [Canceled(1, 50)]
    assert market.cancel(1) == [Canceled(1, 10)]


@BLOCK
@pytest.mark.parametrize("how", ["unblocked", "the next day"])
def test_a_block_is_lifted_by_operations_and_by_the_next_day(how):
    market = NordicMarket(account())
    market.block()
    if how == "unblocked":
        market.block(blocked=False)
    else:
        market.wait(86_400)
        market.next_day(TOMORROW)
    assert verdict(market, buy(1, at="100.00")) is None


@BLOCK
def test_an_account_that_is_not_there_cannot_be_blocked():
    with pytest.raises(CommandRefused, match="no such account: GP29XX") as refused:
        NordicMarket().block("GP29XX")
    assert refused.value.missing


# What only gets smaller.


@REDUCE
@pytest.mark.parametrize(
    ("change", "passes"),
    [
        ({}, True),
        ({"quantity": 1}, True),
        ({"quantity": 100}, False),
        ({"quantity": 101}, False),
        ({"at": "99.99"}, False),
        ({"at": "100.01"}, False),
        ({"user": OTHER}, False),
        ({"ioc": True}, False),
        ({"hidden": True}, False),
        ({"minimum_quantity": 10, "hidden": True}, False),
        ({"options": ((15, b"LABEL"),)}, True),
    ],
    ids=str,
)
def test_on_a_blocked_account_only_a_smaller_quantity_is_a_reduction(change, passes):
    market = NordicMarket(account())
    market.enter(buy(100, at="100.00"))
    market.block()
    events = market.replace(1, buy(**({"quantity": 50, "at": "100.00"} | change)))
    if passes:
        assert isinstance(events[0], Replaced)
    else:
        assert events == [Rejected(Reject.ACCOUNT_BLOCKED)]
        assert market.open == {("G1", 1): 100}


@REDUCE
def test_a_reduction_is_still_refused_in_a_halted_book():
    market = NordicMarket(account())
    market.enter(buy(100, at="100.00"))
    market.block()
    market.halt(ERIC, "nordic")
    assert market.replace(1, buy(50, at="100.00")) == [Rejected(Reject.HALTED)]


@REDUCE
def test_what_has_executed_counts_towards_a_reduction():
    market = NordicMarket(account())
    market.enter(buy(100, at="100.00"))
    market.enter(sell(30, at="100.00", by="C1", user="GP30U1"))
    market.block()
    assert market.replace(1, buy(50, at="100.00")) == [Replaced(3, 1, 20, "100.00")]


# Settings that change.


@QUANTITY
def test_a_changed_limit_holds_for_orders_from_then_on():
    market = NordicMarket(account(SEK=limits(10)))
    assert verdict(market, buy(11, at="1.00")) == Reject.MAXIMUM_ORDER_QUANTITY
    market.set_account(limits={"SEK": {"maximum_quantity": 11}})
    assert isinstance(market.enter(buy(11, at="1.00"))[0], Accepted)
    assert verdict(market, buy(12, at="1.00")) == Reject.MAXIMUM_ORDER_QUANTITY


@QUANTITY
@pytest.mark.parametrize(
    ("today", "next_day", "now", "then"), [(True, False, 5, 10), (False, True, 10, 5), (True, True, 5, 5)]
)
def test_a_change_holds_today_from_the_next_day_on_or_both(today, next_day, now, then):
    market = NordicMarket(account(SEK=limits(10, 1_000)))
    market.set_account(limits={"SEK": {"maximum_quantity": 5}}, today=today, next_day=next_day)
    assert verdict(market, buy(now + 1, at="1.00")) == Reject.MAXIMUM_ORDER_QUANTITY
    assert verdict(market, buy(now, at="1.00")) is None
    assert verdict(market, buy(1, at="1000.01")) == Reject.MAXIMUM_ORDER_VALUE
    market.next_day(TOMORROW)
    assert verdict(market, buy(then + 1, at="1.00")) == Reject.MAXIMUM_ORDER_QUANTITY
    assert verdict(market, buy(then, at="1.00")) is None


@QUANTITY
def test_what_was_changed_stands_until_the_configuration_s_own_entry_changes():
    market = NordicMarket(account(SEK=limits(10)))
    market.set_account(limits={"SEK": {"maximum_quantity": 5}})
    market.configure(account(SEK=limits(10)))
    assert verdict(market, buy(6, at="1.00")) == Reject.MAXIMUM_ORDER_QUANTITY
    market.configure(account(SEK=limits(20)))
    assert verdict(market, buy(20, at="1.00")) is None


@QUANTITY
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"limits": {"USD": {"maximum_quantity": 5}}}, "currency"),
        ({"restricted_symbols": ("999",)}, "restrictedSymbols"),
    ],
)
def test_a_change_that_names_what_is_not_there_is_refused_whole(change, field):
    market = NordicMarket(account(SEK=limits(10)))
    before = market.state()
    with pytest.raises(CommandRefused) as refused:
        market.set_account(restricted_segments=(1,), **change)
    assert refused.value.field == field
    assert market.state() == before


@QUANTITY
def test_a_book_s_currency_may_change_with_its_entry():
    market = NordicMarket(account(SEK=limits(10)))
    market.enter(buy(1, at="1.00"))
    market.configure(account(SEK=limits(10)), books=(book(ERIC, "ERIC B", "EUR", "100.00"),))
    assert verdict(market, buy(11, at="1.00")) is None
