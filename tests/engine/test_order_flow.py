"""What comes too fast in one symbol, or again and again: the port shuts, cancels pass, and who frees it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trading import Market
from words import (
    MARKET,
    TOMORROW,
    Accepted,
    Canceled,
    Rejected,
    buy,
    duplicates,
    message_rate,
    sell,
    symbol_rate,
)

from engine.api import PLAIN, SECOND, CancelReason, CreateRule, Order, Refusal, Reject, SetPort, UpdateRule
from engine.risk.order_flow import OrderFlow

DUPLICATES = pytest.mark.section("EQRC", "3.1.16 Duplicative orders")
BUYS = buy(1, at="9.00").terms
SYMBOL = pytest.mark.section("EQRC", "3.1.15 Message rate of a symbol")


def verdict(market, ticket):
    event = market.enter(ticket)[0]
    return event.reason if isinstance(event, Rejected) else None


def verdicts(market, *tickets, every=0):
    reasons = []
    for ticket in tickets:
        reasons.append(verdict(market, ticket))
        market.wait(every)
    return reasons


@DUPLICATES
def test_two_in_five_seconds_pass_and_the_third_shuts_the_port():
    market = Market(duplicates(2, 5))
    same = buy(100, at="9.00")
    assert verdicts(market, same, same, same, every=1) == [None, None, Reject.DUPLICATE_ORDER]
    assert market.refusal == Refusal(Reject.DUPLICATE_ORDER, 2, 3, rule="same")
    assert verdict(market, buy(7, at="8.00", symbol="AAPL")) == Reject.DUPLICATE_ORDER, "the port is shut"
    assert market.replace(1, buy(101, at="9.00")) == [Rejected(Reject.DUPLICATE_ORDER)]
    assert market.cancel(1) == [Canceled(1, 100, CancelReason.USER)]
    market.wait(60)
    assert verdict(market, buy(7, at="8.00")) == Reject.DUPLICATE_ORDER, "time does not free it"
    assert verdict(market, buy(100, at="9.00", by="IN2")) is None


@DUPLICATES
def test_an_order_as_old_as_the_window_counts_no_longer():
    market = Market(duplicates(1, 5))
    same = buy(100, at="9.00")
    assert verdicts(market, same, every=5) == [None]
    assert verdicts(market, same, every=4) == [None]
    assert verdict(market, same) == Reject.DUPLICATE_ORDER


@DUPLICATES
@pytest.mark.parametrize(
    "other",
    [
        buy(100, at="9.01"),
        buy(101, at="9.00"),
        sell(100, at="9.00"),
        buy(100, at="9.00", symbol="AAPL"),
        buy(100, at=MARKET),
    ],
)
def test_only_the_same_side_price_size_and_symbol_are_duplicates(other):
    market = Market(duplicates(1, 30))
    assert verdicts(market, buy(100, at="9.00"), other) == [None, None]
    assert verdict(market, buy(100, at="9.00")) == Reject.DUPLICATE_ORDER


@DUPLICATES
def test_a_refused_order_counts_and_a_replacement_does_not():
    market = Market(duplicates(2, 30))
    market.halt()
    assert verdict(market, buy(100, at="9.00")) == Reject.HALTED
    market.halt(halted=False)
    market.enter(buy(100, at="9.00"))
    market.enter(buy(50, at="9.00"))
    market.replace(3, buy(100, at="9.00"))
    assert verdict(market, buy(100, at="9.00")) == Reject.DUPLICATE_ORDER


@DUPLICATES
def test_a_limit_of_nothing_lets_nothing_pass():
    assert verdict(Market(duplicates(0)), buy(1, at="9.00")) == Reject.DUPLICATE_ORDER


@SYMBOL
def test_messages_of_one_symbol_are_counted_and_the_port_shuts():
    market = Market(symbol_rate(2))
    assert verdicts(market, buy(1, at="9.00"), buy(2, at="9.00"), buy(3, at="9.00", symbol="AAPL")) == [None] * 3
    assert verdict(market, buy(4, at="9.00")) == Reject.SYMBOL_MESSAGE_RATE
    assert market.refusal == Refusal(Reject.SYMBOL_MESSAGE_RATE, 2, 3, rule="symbol-rate")
    assert verdict(market, buy(5, at="9.00", symbol="AAPL")) == Reject.SYMBOL_MESSAGE_RATE
    assert market.cancel(1) == [Canceled(1, 1, CancelReason.USER)]


@SYMBOL
def test_replacements_and_changes_count_and_cancels_do_not():
    market = Market(symbol_rate(3))
    market.enter(buy(100, at="9.00"))
    market.cancel(1, to=90)
    market.cancel(1, to=80)
    market.replace(1, buy(100, at="9.01"))
    market.modify(2, to=50)
    assert verdict(market, buy(1, at="9.00")) == Reject.SYMBOL_MESSAGE_RATE


@SYMBOL
def test_a_change_on_a_shut_port_is_refused_for_what_shut_it():
    market = Market(symbol_rate(1))
    market.enter(buy(100, at="9.00"))
    assert market.modify(1, to=50) == [Rejected(Reject.SYMBOL_MESSAGE_RATE)]


@SYMBOL
def test_the_rate_of_the_port_comes_first():
    market = Market(message_rate(1), symbol_rate(1), duplicates(1))
    assert verdicts(market, buy(1, at="9.00"), buy(1, at="9.00")) == [None, Reject.PORT_MESSAGE_RATE]
    market = Market(duplicates(1), symbol_rate(1))
    assert verdict(market, buy(1, at="9.00")) is None
    assert verdict(market, buy(1, at="9.00")) == Reject.SYMBOL_MESSAGE_RATE


@SYMBOL
@pytest.mark.parametrize("rule", [symbol_rate(1), duplicates(1)])
def test_operations_and_the_next_day_free_the_port(rule):
    market = Market(rule)
    same = buy(1, at="9.00")
    market.enter(same)
    assert verdict(market, same) is not None
    market.release()
    assert verdict(market, same) is None
    assert verdict(market, same) is not None
    market.next_day(TOMORROW)
    assert isinstance(market.enter(same)[0], Accepted)


@SYMBOL
def test_a_port_that_only_takes_cancels_counts_towards_no_rate():
    market = Market(symbol_rate(1), duplicates(1), message_rate(1))
    market.do(SetPort("IN1", cancel_only=True))
    assert verdicts(market, *[buy(1, at="9.00")] * 5) == [Reject.ENTRY_DISABLED] * 5
    market.do(SetPort("IN1", cancel_only=False))
    assert verdict(market, buy(1, at="9.00")) is None


@SYMBOL
def test_what_is_counted_is_in_snapshots_and_goes_on_when_the_rule_changes():
    market = Market(duplicates(2, 5), symbol_rate(5, 2))
    same = buy(1, at="9.00")
    market.enter(same)
    market.wait(1)
    market.enter(same)
    other = market.reloaded()
    assert other.state() == market.state()
    for venue in (market, other):
        assert verdict(venue, same) == Reject.DUPLICATE_ORDER
    assert other.state() == market.state()
    assert verdict(other.reloaded(), same) == Reject.DUPLICATE_ORDER
    tighter = Market(duplicates(3, 5))
    verdicts(tighter, same, same)
    tighter.configure(duplicates(2, 5))
    assert verdict(tighter, same) == Reject.DUPLICATE_ORDER


@DUPLICATES
def test_what_is_over_is_forgotten_bit_by_bit():
    market = Market(duplicates(1, 1))
    flow = market.engine.ports["IN1"].flows[0]
    for price in ("9.00", "9.01", "9.02"):
        for size in range(1, 200):
            market.enter(buy(size, at=price))
        assert len(flow.young) == 199
        assert not flow.spent, "each order forgot two of the round before the last"
        market.wait(2)
    assert len(flow.old) == 199
    market.enter(buy(1, at="9.00"))
    assert [len(over) for over in flow.spent] == [197]


@DUPLICATES
@given(
    limit=st.integers(0, 4),
    span=st.integers(1, 3),
    orders=st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 2, 5]), st.integers(1, 3), st.booleans()), max_size=60),
)
def test_orders_are_counted_as_a_list_counts_them(limit, span, orders):
    market = Market(duplicates(limit, span))
    scope = market.engine.scope(market.engine.ports["IN1"], "ZWZZT")
    flow, now, came = OrderFlow(duplicates(limit, span)), 0, []
    for seconds, size, restarts in orders:
        now += seconds * SECOND
        came.append((now, size))
        expected = sum(time > now - span * SECOND and size == like for time, like in came)
        order = Order(scope.port, scope, BUYS, PLAIN, size, 90_000, b"", 1)
        assert flow.arrive(order, now, is_new=True) == (Reject.DUPLICATE_ORDER if expected > limit else None)
        if restarts:
            kept = flow.inside()
            flow = OrderFlow(duplicates(limit, span))
            flow.resume(kept)
            assert flow.inside() == kept


def test_a_rule_made_over_rest_changes_the_windows_at_once():
    market = Market()
    market.do(CreateRule(duplicates(3, 5)))
    market.next_day(TOMORROW)
    same = buy(1, at="9.00")
    assert verdicts(market, same, same) == [None, None]
    market.do(UpdateRule("same", {"max_duplicates": 2}))
    assert verdict(market, same) == Reject.DUPLICATE_ORDER
