"""Port message rate, and the sliding window under it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trading import Market
from words import Accepted, Canceled, MassCanceled, Rejected, buy, message_rate

from engine.api import SECOND, Refusal, Reject
from engine.risk.windows import FORGOTTEN_A_TIME, SMALLEST_ROOM, SlidingWindow

RATE = pytest.mark.section("EQRC", "3.1.15 Port message rate")
WINDOW = pytest.mark.section("Portcullis", "Sliding window")

SHUT = [Rejected(Reject.PORT_MESSAGE_RATE)]


def is_shut(market, by="IN1"):
    return market.engine.ports[by].rate_limited


@RATE
@pytest.mark.parametrize("limit", [1, 2, 15, 16, 17, 100])
def test_the_limit_passes_and_one_more_shuts_the_port(limit):
    market = Market(message_rate(limit))
    for _ in range(limit):
        assert isinstance(market.enter(buy(1, at="10.00"))[0], Accepted)
    assert market.enter(buy(1, at="10.00")) == SHUT
    assert market.refusal == Refusal(Reject.PORT_MESSAGE_RATE, limit, limit + 1, rule="rate")
    assert len(market.open) == limit


@RATE
def test_without_a_limit_nothing_is_counted():
    market = Market()
    for _ in range(1_000):
        market.message()
    assert not is_shut(market)


@RATE
def test_a_limit_of_zero_lets_nothing_pass_but_cancels():
    market = Market()
    market.enter(buy(100, at="10.00"))
    market.configure(message_rate(0))
    assert market.cancel(1, to=50) == [Canceled(1, 50)]
    assert not is_shut(market)
    assert market.enter(buy(1, at="10.00")) == SHUT
    assert market.cancel(1) == [Canceled(1, 50)]


@RATE
@pytest.mark.parametrize(
    ("later", "shut"), [(0, True), (1, True), (SECOND - 1, True), (SECOND, False), (SECOND + 1, False)]
)
def test_a_message_that_is_exactly_one_second_old_is_out(later, shut):
    market = Market(message_rate(3))
    for _ in range(3):
        market.message()
    market.now += later
    market.message()
    assert is_shut(market) is shut


@RATE
@pytest.mark.parametrize(("seconds", "shut"), [(2.999, True), (3, False)])
def test_a_window_may_be_longer_than_a_second(seconds, shut):
    market = Market(message_rate(3, window=3))
    for _ in range(3):
        market.message()
    market.wait(seconds)
    market.message()
    assert is_shut(market) is shut


@RATE
def test_the_second_slides():
    market = Market(message_rate(2))
    for _ in range(20):
        market.message()
        market.now += SECOND // 2
    assert not is_shut(market)
    market.message()
    market.now += SECOND // 2 - 1
    market.message()
    assert is_shut(market)


@RATE
def test_a_refused_order_counts_too():
    market = Market(message_rate(2))
    market.enter(buy(0, at="10.00"))
    market.enter(buy(0, at="10.00", symbol="NOPE"))
    assert market.enter(buy(1, at="10.00")) == SHUT


@RATE
def test_only_the_port_that_was_too_fast_is_shut():
    market = Market(message_rate(1), message_rate(5, port="IN2", name="two"))
    market.message()
    market.message()
    assert market.enter(buy(1, at="10.00", by="IN1")) == SHUT
    for _ in range(5):
        assert isinstance(market.enter(buy(1, at="10.00", by="IN2"))[0], Accepted)
    for _ in range(100):
        assert isinstance(market.enter(buy(1, at="10.00", by="AK1"))[0], Accepted)


@RATE
def test_a_shut_port_replaces_nothing_and_its_orders_trade_on():
    market = Market(message_rate(1))
    market.enter(buy(100, at="10.00"))
    assert market.replace(1, buy(50, at="10.00")) == SHUT
    assert market.find(1).quantity == 100
    assert market.mass_cancel() == [Canceled(1, 100), MassCanceled()]


@RATE
def test_a_shut_port_stays_shut_whatever_the_time_and_enable_does_not_help():
    market = Market(message_rate(1))
    market.message()
    market.message()
    market.wait(3_600)
    assert market.enter(buy(1, at="10.00")) == SHUT
    market.set_entry("IN1", enabled=True)
    assert market.enter(buy(1, at="10.00")) == SHUT


@RATE
def test_release_counts_anew():
    market = Market(message_rate(2))
    for _ in range(3):
        market.message()
    market.release("IN1")
    for _ in range(2):
        assert isinstance(market.enter(buy(1, at="10.00"))[0], Accepted)
    assert market.enter(buy(1, at="10.00")) == SHUT


@RATE
def test_the_next_day_counts_anew():
    market = Market(message_rate(2))
    for _ in range(3):
        market.message()
    market.next_day("2026-11-23")
    for _ in range(2):
        assert isinstance(market.enter(buy(1, at="10.00"))[0], Accepted)
    assert market.enter(buy(1, at="10.00")) == SHUT


@RATE
def test_the_tightest_rule_of_a_port_wins():
    for limits in ((2, 5), (5, 2)):
        market = Market(*(message_rate(limit, name=f"R-{limit}") for limit in limits))
        market.message()
        market.message()
        assert market.enter(buy(1, at="10.00")) == SHUT
        assert (market.refusal.limit, market.refusal.rule) == (2, "R-2")


@RATE
def test_of_two_spans_both_hold():
    market = Market(message_rate(5, window=1, name="burst"), message_rate(6, window=30, name="long"))
    for _ in range(6):
        market.message()
        market.now += SECOND
    assert not is_shut(market)
    market.message()
    assert is_shut(market), "seven messages within thirty seconds, where six are allowed"


@RATE
def test_rules_that_change_at_noon_keep_what_was_counted():
    market = Market(message_rate(5))
    for _ in range(3):
        market.message()
    market.configure(message_rate(3))
    assert not is_shut(market)
    market.message()
    assert is_shut(market)


@RATE
def test_a_rule_of_another_name_or_span_keeps_what_was_counted_too():
    market = Market(message_rate(5, window=3))
    for _ in range(3):
        market.message()
        market.wait(0.5)
    market.configure(message_rate(3, window=2, name="other"), message_rate(100, name="third"))
    market.message()
    assert is_shut(market)
    market.enter(buy(1, at="10.00"))
    assert market.refusal == Refusal(Reject.PORT_MESSAGE_RATE, 3, 4, rule="other")


@RATE
def test_a_lower_limit_shuts_at_the_next_message_not_at_the_change():
    market = Market(message_rate(10))
    for _ in range(8):
        market.message()
    market.configure(message_rate(2))
    assert not is_shut(market)
    market.message()
    assert is_shut(market)


@RATE
def test_a_shut_port_stays_shut_when_the_rules_change_or_go():
    market = Market(message_rate(1))
    market.message()
    market.message()
    market.configure(message_rate(100))
    assert market.enter(buy(1, at="10.00")) == SHUT
    market.configure()
    assert market.enter(buy(1, at="10.00")) == SHUT
    market.release("IN1")
    assert isinstance(market.enter(buy(1, at="10.00"))[0], Accepted)


# The window alone.


class NaiveWindow:
    def __init__(self, limit, span):
        self.limit, self.span, self.times = limit, span, []

    def arrive(self, now):
        self.times.append(now)
        return len(self.inside()) > self.limit

    def inside(self):
        return [time for time in self.times if time > self.times[-1] - self.span]


SPANS = st.sampled_from([1, 7, 100])
LIMITS = st.integers(0, 3 * SMALLEST_ROOM)
GAPS = st.lists(st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 120)), max_size=150)


@WINDOW
@given(limit=LIMITS, span=SPANS, gaps=GAPS, start=st.sampled_from([0, 1, 50, 1_795_150_800 * SECOND]))
def test_it_counts_as_a_list_does(limit, span, gaps, start):
    window, naive, now = SlidingWindow(limit, span), NaiveWindow(limit, span), start
    assert window.inside() == []
    for gap in gaps:
        now += gap
        assert window.arrive(now) == naive.arrive(now)
        assert window.inside() == naive.inside()


@WINDOW
@given(limit=LIMITS, span=SPANS, before=GAPS, after=GAPS)
def test_a_window_that_is_resumed_goes_on_as_the_first_one(limit, span, before, after):
    first, now = SlidingWindow(limit, span), 1_000
    for gap in before:
        now += gap
        first.arrive(now)
    second = SlidingWindow(limit, span)
    second.resume(first.inside())
    assert second.inside() == first.inside()
    for gap in after:
        now += gap
        assert second.arrive(now) == first.arrive(now)
        assert second.inside() == first.inside()


@WINDOW
@given(limit=LIMITS, before=GAPS, after=GAPS)
def test_a_window_that_is_cleared_is_a_new_one(limit, before, after):
    window, fresh, now = SlidingWindow(limit, 100), SlidingWindow(limit, 100), 1_000
    for gap in before:
        now += gap
        window.arrive(now)
    window.clear()
    assert window.inside() == []
    for gap in after:
        now += gap
        assert window.arrive(now) == fresh.arrive(now)


@WINDOW
def test_memory_follows_what_is_inside_and_not_the_limit():
    window = SlidingWindow(1_000_000, SECOND)
    for number in range(10_000):
        window.arrive(number * SECOND)
        assert len(window.times) <= 2 * SMALLEST_ROOM
    for _ in range(1_000):
        window.arrive(20_000 * SECOND)
    assert len(window.times) <= 1_000 + 2 * SMALLEST_ROOM


@WINDOW
def test_a_flood_is_forgotten_in_pieces():
    window, before = SlidingWindow(1_000_000, SECOND), 0
    for number in range(500_000):
        window.arrive(number * 10_000)  # a hundred thousand within each second
        assert before - len(window.times) < FORGOTTEN_A_TIME
        before = len(window.times)
    assert 100_000 <= len(window.times) < 300_000
    assert len(window.inside()) == 100_000
