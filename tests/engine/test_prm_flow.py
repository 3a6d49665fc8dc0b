"""How fast an account's orders come in one symbol, and the same order again and again (PRM guide 3.12, 3.13)."""

import pytest
from nordic import ERIC, NOKIA, OTHER, VOLV, NordicMarket, account, buy, sell
from words import TOMORROW, Accepted, Canceled, Rejected, Replaced

from engine.api import CancelReason, Reject
from engine.prm_commands import release_symbol
from engine.risk.diary import HappeningKind
from engine.terms import Origin

RATE = pytest.mark.section("PRM", "3.12 Maximum orders per second per symbol")
REPEATED = pytest.mark.section("PRM", "3.13 Repeated order generation")
TOO_FAST = [Rejected(Reject.ACCOUNT_ORDER_RATE)]
RESTRICTED = [Rejected(Reject.RESTRICTED_SYMBOL)]


def hear(market):
    told = []
    market.engine.prm.diary.listeners.append(told.append)
    return told


def passes(events):
    return isinstance(events[0], Accepted | Replaced)


def send(market, count, **rest):
    """As many different orders, one after the other; gives whether each passed."""
    return [passes(market.enter(buy(1 + number, at="100.00", **rest))) for number in range(count)]


# The rate of a symbol.


@RATE
def test_the_order_that_goes_over_the_limit_is_accepted_and_locks_the_whole_account():
    market = NordicMarket(account(symbol_rate=3))
    assert send(market, 5) == [True, True, True, True, False]
    assert market.enter(buy(1, at="250.00", book=VOLV)) == TOO_FAST
    assert market.enter(buy(1, at="4.00", book=NOKIA, by="G2", user=OTHER)) == TOO_FAST
    assert market.refusal[1:] == (3, 4, None, ERIC, "GP29PR")
    market.wait(3_600)
    assert market.enter(buy(1, at="1.00")) == TOO_FAST


@RATE
def test_a_symbol_s_orders_count_over_all_ports_and_other_symbols_apart():
    market = NordicMarket(account(symbol_rate=3))
    assert all(send(market, 2, by="G1"))
    assert all(send(market, 3, book=VOLV))
    assert all(send(market, 2, by="G2", user=OTHER))
    assert market.enter(buy(1, at="1.00", book=VOLV)) == TOO_FAST


@RATE
def test_an_order_exactly_one_second_old_is_out():
    market = NordicMarket(account(symbol_rate=2))
    send(market, 2)
    market.wait(1)
    assert send(market, 2) == [True, True]
    market.wait(nanoseconds=999_999_999)
    assert send(market, 2) == [True, False]


@RATE
def test_refused_orders_and_replacements_count_and_cancels_and_reductions_do_not():
    market = NordicMarket(account(symbol_rate=3))
    market.enter(buy(100, at="100.00"))
    market.cancel(1, to=90)
    market.replace(1, buy(80, at="100.00"))
    market.replace(2, buy(80, at="99.00"))
    market.enter(buy(0, at="100.00"))
    assert passes(market.enter(buy(1, at="1.00")))
    assert market.enter(buy(1, at="1.00")) == TOO_FAST


@RATE
def test_a_replacement_may_lock_too():
    market = NordicMarket(account(symbol_rate=2))
    market.enter(buy(100, at="100.00"))
    assert passes(market.replace(1, buy(110, at="100.00")))
    assert passes(market.replace(2, buy(120, at="100.00")))
    assert market.replace(3, buy(130, at="100.00")) == TOO_FAST


@RATE
def test_a_locked_account_cancels_and_gets_smaller():
    market = NordicMarket(account(symbol_rate=1))
    market.enter(buy(100, at="100.00"))
    market.enter(buy(100, at="99.00"))
    assert market.replace(1, buy(90, at="100.00")) == [Replaced(3, 1, 90, "100.00")]
    assert market.cancel(2) == [Canceled(2, 100)]


@RATE
def test_its_orders_in_all_symbols_end_where_it_asks_for_that_and_others_stay():
    market = NordicMarket(account(users=["GP29U1"], symbol_rate=1, cancel_on_symbol_rate=True))
    market.enter(buy(1, at="250.00", book=VOLV))
    market.enter(buy(2, at="250.00", book=VOLV, user=OTHER))
    market.enter(buy(3, at="100.00", by="G2"))
    ended = market.enter(buy(4, at="100.00"))
    assert ended[1:] == [Canceled(key, key if key < 2 else key - 0, CancelReason.SUPERVISORY) for key in (1, 4, 3)]
    assert list(market.open) == [("G1", 2)]


@RATE
def test_operations_release_it_and_what_was_sent_is_forgotten():
    market = NordicMarket(account(symbol_rate=1))
    send(market, 2)
    market.release_account()
    assert send(market, 3) == [True, True, False]


@RATE
def test_the_next_day_begins_without_the_lock():
    market = NordicMarket(account(symbol_rate=1))
    send(market, 2)
    market.block()
    market.block(blocked=False)
    assert market.enter(buy(1, at="1.00")) == TOO_FAST
    market.next_day(TOMORROW)
    assert passes(market.enter(buy(1, at="1.00")))


@RATE
def test_a_limit_that_is_set_sees_what_came_before_and_0_is_none():
    market = NordicMarket(account())
    assert all(send(market, 200))
    market.set_account(symbol_rate=200)
    assert send(market, 2) == [True, False]


@RATE
def test_it_is_told_that_80_percent_are_reached_and_that_the_limit_is_passed():
    market = NordicMarket(account(symbol_rate=5))
    happenings = hear(market)
    told = []
    for _ in range(6):
        market.enter(buy(1, at="100.00"))
        told.append([(one.kind, one.subject, one.order_book, one.current, one.limit) for one in happenings])
        happenings.clear()
    warned = [(HappeningKind.WARNING, "symbol_rate", ERIC, 4, 5)]
    assert told[:5] == [[], [], [], warned, []]
    assert told[5][0] == (HappeningKind.BREACH, "symbol_rate", ERIC, 6, 5)


@pytest.mark.section("PRM", "3.16 E-mail notifications")
def test_of_a_port_s_rate_both_are_told_too():
    market = NordicMarket(account())
    market.set_port(maximum_orders=5)
    happenings = hear(market)
    for _ in range(6):
        market.enter(buy(1, at="100.00"))
    told = [(one.kind, one.subject, one.port, one.current, one.limit) for one in happenings[:2]]
    assert told == [
        (HappeningKind.WARNING, "port_rate", "G1", 4, 5),
        (HappeningKind.RATE, "port_rate", "G1", 6, 5),
    ]


@pytest.mark.section("PRM", "3.16 E-mail notifications")
def test_that_a_port_was_warned_is_kept_until_its_count_begins_anew():
    market = NordicMarket(account())
    market.set_port(maximum_orders=5)
    happenings = hear(market)
    for _ in range(4):
        market.enter(buy(1, at="100.00"))
    market = market.reloaded()
    later = hear(market)
    market.enter(buy(1, at="100.00"))
    market.wait(2)
    for _ in range(4):
        market.enter(buy(1, at="100.00"))
    market.next_day(TOMORROW)
    for _ in range(4):
        market.enter(buy(1, at="100.00"))
    assert [[one.kind for one in told] for told in (happenings, later)] == [[HappeningKind.WARNING]] * 2


# Repeated orders.


def again(market, count, **rest):
    return [passes(market.enter(buy(10, at="100.00", **rest))) for _ in range(count)]


@REPEATED
def test_the_order_that_comes_again_as_often_as_the_limit_is_accepted_and_restricts_the_symbol():
    market = NordicMarket(account(repeated_order_limit=3, restrict_on_repeated_order=True))
    happenings = hear(market)
    assert again(market, 5) == [True, True, True, True, False]
    assert market.events[-1:] == RESTRICTED
    repeated = [one for one in happenings if one.kind is HappeningKind.REPEATED]
    assert [(one.order_book, one.current, one.limit) for one in repeated] == [(ERIC, 3, 3)]
    assert market.engine.prm.accounts["GP29PR"].restricted[Origin.REPEATED_ORDER] == (ERIC,)
    assert passes(market.enter(buy(10, at="250.00", book=VOLV)))


@REPEATED
@pytest.mark.parametrize("other", [buy(11, at="100.00"), buy(10, at="99.99"), sell(10, at="101.00")], ids=str)
def test_an_order_that_differs_in_side_price_or_quantity_begins_the_count_anew(other):
    market = NordicMarket(account(repeated_order_limit=3, restrict_on_repeated_order=True))
    assert all(again(market, 3))
    assert passes(market.enter(other))
    assert again(market, 5) == [True, True, True, True, False]


@REPEATED
def test_the_count_is_the_account_s_in_a_symbol_whatever_the_port_user_and_time():
    market = NordicMarket(account(repeated_order_limit=2, restrict_on_repeated_order=True))
    market.enter(buy(10, at="100.00"))
    market.enter(buy(10, at="250.00", book=VOLV))
    market.wait(3_600)
    market.enter(buy(10, at="100.00", by="G2", user=OTHER))
    market.wait(3_600)
    market.enter(buy(10, at="100.00", ioc=True))
    assert market.enter(buy(10, at="100.00")) == RESTRICTED


@REPEATED
def test_refused_orders_and_replacements_neither_count_nor_begin_anew():
    market = NordicMarket(account(repeated_order_limit=2, restrict_on_repeated_order=True))
    assert all(again(market, 2))
    market.enter(buy(0, at="100.00"))
    market.replace(1, buy(7, at="98.00"))
    assert again(market, 2) == [True, False]


@REPEATED
def test_without_the_trigger_it_is_told_and_nothing_else():
    market = NordicMarket(account(repeated_order_limit=1))
    happenings = hear(market)
    assert all(again(market, 4))
    assert {one.kind for one in happenings} == {HappeningKind.REPEATED}


@REPEATED
def test_a_limit_of_0_is_none_and_one_set_later_sees_what_came_before():
    market = NordicMarket(account(restrict_on_repeated_order=True))
    assert all(again(market, 10))
    market.set_account(repeated_order_limit=10)
    assert again(market, 2) == [True, False]


@REPEATED
def test_who_takes_the_symbol_off_the_list_lets_the_count_begin_anew():
    market = NordicMarket(account(repeated_order_limit=2, restrict_on_repeated_order=True))
    again(market, 3)
    release_symbol(market.engine, market.engine.prm.accounts["GP29PR"], ERIC, market.now)
    assert again(market, 3) == [True, True, False]


@REPEATED
def test_the_next_day_begins_without_the_restriction_and_the_count():
    market = NordicMarket(account(repeated_order_limit=2, restrict_on_repeated_order=True))
    again(market, 3)
    market.next_day(TOMORROW)
    assert again(market, 4) == [True, True, True, False]
