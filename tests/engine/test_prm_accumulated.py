"""What an account traded and has open today, and the locks that follow (PRM guide 3.6 and Appendix I)."""

import pytest
from nordic import ERIC, NOKIA, OTHER, USER, NordicMarket, account, book, buy, limits, money, sell
from words import MARKET, TOMORROW, Accepted, Canceled, Executed, Rejected, Replaced

from engine.api import CommandRefused, Phase, Reject, SelfMatchAction, SelfMatchLevel, SelfMatchPrevention
from engine.risk.diary import HappeningKind
from engine.terms import Lock

ACCUMULATED = pytest.mark.section("PRM", "3.6 Daily accumulated values")
EXAMPLES = pytest.mark.section("PRM", "Appendix I Accumulated values")
LOCKS = pytest.mark.section("PRM", "3.6 Locks by currency")
LOCKED = [Rejected(Reject.LOCKED_IN_CURRENCY)]
SCENARIO = {"total_traded": 100_000, "total_open": 100_000, "total_risk": 100_000}


def theirs(how, quantity, at, **rest):
    """An order of the counterparty."""
    return how(quantity, at, by="C1", user="GP30U1", **rest)


def counted(market, **names):
    """The counters as units of the currency: traded, open, and all of it."""
    state = market.counters(**names)
    return tuple(total / 10_000 for total in (state.total_traded, state.total_open, state.total_risk))


@pytest.fixture
def first():
    """Scenario 1: 50,000 were traded and 40,000 are open, in orders of 10,000 and 30,000."""
    market = NordicMarket(account(SEK=limits(**SCENARIO), EUR=limits(**SCENARIO)))
    market.enter(buy(500, at="100.00"))
    market.enter(theirs(sell, 500, "100.00"))
    market.enter(buy(100, at="100.00"))
    market.enter(buy(300, at="100.00"))
    assert counted(market) == (50_000, 40_000, 90_000)
    assert not market.counters().locked
    return market


@EXAMPLES
def test_example_1_an_order_that_reaches_the_limit_is_accepted_and_locks(first):
    assert isinstance(first.enter(buy(100, at="100.00"))[0], Accepted)
    assert counted(first) == (50_000, 50_000, 100_000)
    assert first.counters().locked == (Lock.TOTAL_RISK,)


@EXAMPLES
def test_example_2_so_does_one_that_exceeds_it(first):
    assert isinstance(first.enter(buy(200, at="100.00"))[0], Accepted)
    assert counted(first) == (50_000, 60_000, 110_000)
    assert first.counters().locked == (Lock.TOTAL_RISK,)


@EXAMPLES
def test_example_3_what_executes_moves_from_open_to_traded(first):
    first.cancel(3)
    first.enter(buy(100, at="99.00"))
    first.enter(buy(1, at="100.00"))
    first.cancel(6)
    first.enter(theirs(sell, 300, "100.00"))
    assert counted(first) == (80_000, 9_900, 89_900)
    assert isinstance(first.enter(buy(200, at="100.00"))[0], Accepted)
    assert counted(first) == (80_000, 29_900, 109_900)
    assert first.counters().locked == (Lock.TOTAL_RISK,)


@EXAMPLES
def test_example_1b_after_it_any_new_order_in_the_currency_is_refused(first):
    first.enter(buy(100, at="100.00"))
    for order in (buy(1, at="1.00"), sell(1, at="1.00"), buy(1, at="250.00", book="102"), buy(1, at=MARKET)):
        assert first.enter(order) == LOCKED
    assert first.refusal[1:] == (money(100_000), money(100_000), None, "total risk", "GP29PR")


@EXAMPLES
def test_example_1c_it_stays_locked_when_what_is_open_is_canceled(first):
    first.enter(buy(100, at="100.00"))
    first.cancel(4, to=100)
    assert counted(first) == (50_000, 30_000, 80_000)
    assert first.enter(buy(1, at="1.00")) == LOCKED


@EXAMPLES
def test_example_1d_other_currencies_are_not_locked(first):
    first.enter(buy(100, at="100.00"))
    assert isinstance(first.enter(buy(1, at="4.00", book=NOKIA))[0], Accepted)
    assert counted(first, currency="EUR") == (0, 4, 4)


@EXAMPLES
def test_scenario_2_an_immediate_order_counts_as_open_for_the_instant_before_it_trades():
    market = NordicMarket(account(SEK=limits(total_open=1_000_000)))
    market.enter(buy(3_000, at="100.00"))
    market.enter(theirs(sell, 8_000, "101.00"))
    events = market.enter(buy(8_000, at="101.00", ioc=True))
    assert [type(event) for event in events] == [Accepted, Executed, Executed]
    assert counted(market) == (808_000, 300_000, 1_108_000)
    assert market.counters().locked == (Lock.TOTAL_OPEN,)


@ACCUMULATED
@pytest.mark.parametrize("lock", [lock for lock in Lock if lock is not Lock.BY_HAND], ids=lambda lock: lock.name)
def test_each_of_the_seven_counters_locks_when_it_reaches_its_limit_and_not_before(lock):
    def after(limit):
        """What is locked after 100 were bought and 100 sold, with 200 more of each open."""
        market = NordicMarket(account(SEK=limits(**{lock.name.lower(): limit})))
        market.enter(theirs(sell, 100, "10.00"))
        market.enter(buy(300, at="10.00"))
        market.enter(theirs(buy, 100, "11.00"))
        market.enter(sell(300, at="11.00", user=OTHER))
        return market.counters().locked

    final = {"TOTAL_RISK": 6_300, "TOTAL_TRADED": 2_100, "TOTAL_OPEN": 5_300}
    final |= {"TRADED_BUY": 1_000, "TRADED_SELL": 1_100, "OPEN_BUY": 3_000, "OPEN_SELL": 3_300}
    assert after(final[lock.name]) == (lock,)
    assert after(str(final[lock.name]) + ".0001") == ()


@ACCUMULATED
def test_a_trade_counts_at_its_own_price_and_what_was_open_goes_at_the_orders():
    market = NordicMarket(account())
    market.enter(theirs(sell, 100, "99.00"))
    market.enter(buy(150, at="100.00"))
    state = market.counters()
    assert (state.traded_buy, state.open_buy) == (money(9_900), money(5_000))
    market.enter(theirs(sell, 50, "98.00"))
    assert (state.traded_buy, state.open_buy) == (money(14_900), 0)


@ACCUMULATED
def test_both_sides_of_one_account_count():
    market = NordicMarket(account())
    market.enter(buy(100, at="100.00"))
    market.enter(sell(40, at="100.00", user=OTHER))
    state = market.counters()
    assert (state.traded_buy, state.traded_sell) == (money(4_000), money(4_000))
    assert (state.open_buy, state.open_sell) == (money(6_000), 0)


@ACCUMULATED
def test_a_dead_order_leaves_nothing_open_and_can_still_lock():
    market = NordicMarket(account(SEK=limits(open_buy=1_000)))
    assert market.enter(buy(10, at="99.99", ioc=True)) == [Accepted(1, 10, "99.99", dead=True)]
    assert counted(market) == (0, 0, 0)
    assert not market.counters().locked
    market.enter(buy(10, at="100.00", ioc=True))
    assert counted(market) == (0, 0, 0)
    assert market.counters().locked == (Lock.OPEN_BUY,)


@ACCUMULATED
@pytest.mark.parametrize(
    ("last", "quote", "at"),
    [("100.00", None, 100), ("100.00", "101.00", 101), ("100.00", "99.50", 100), (None, None, 98), (None, "101", 101)],
)
def test_a_market_order_counts_at_its_valuation_price_until_it_is_gone(last, quote, at):
    market = NordicMarket(account())
    market.phase(Phase.CLOSING_CALL)
    market.prices(ERIC, last=last, previous_close="98.00", outside_offer=quote)
    market.enter(buy(10, at=MARKET))
    assert counted(market) == (0, 10 * at, 10 * at)
    market.prices(ERIC, last="50.00", outside_offer=None)
    market.cancel(1, to=4)
    assert counted(market) == (0, 4 * at, 4 * at)
    assert counted(market.reloaded()) == (0, 4 * at, 4 * at)
    market.cancel(1)
    assert counted(market) == (0, 0, 0)


@ACCUMULATED
def test_a_replacement_counts_by_the_difference():
    market = NordicMarket(account(SEK=limits(total_open=20_000)))
    market.enter(buy(100, at="100.00"))
    market.enter(theirs(sell, 40, "100.00"))
    market.replace(1, buy(150, at="99.00"))
    assert counted(market) == (4_000, 10_890, 14_890)
    market.replace(3, buy(250, at="100.00"))
    assert counted(market)[1] == 21_000
    assert market.counters().locked == (Lock.TOTAL_OPEN,)


@ACCUMULATED
def test_a_refused_order_or_replacement_counts_nothing():
    market = NordicMarket(account(SEK=limits(quantity=100)))
    market.enter(buy(100, at="100.00"))
    market.enter(buy(101, at="100.00"))
    market.replace(1, buy(101, at="100.00"))
    assert counted(market) == (0, 10_000, 10_000)


@ACCUMULATED
def test_a_reserve_counts_whole():
    market = NordicMarket(account())
    market.enter(buy(1_000, at="100.00", max_floor=100))
    assert counted(market)[1] == 100_000
    market.enter(theirs(sell, 250, "100.00"))
    assert counted(market) == (25_000, 75_000, 100_000)
    market.cancel(1)
    assert counted(market) == (25_000, 0, 25_000)


@ACCUMULATED
@pytest.mark.parametrize("action", list(SelfMatchAction), ids=lambda action: action.name)
def test_what_self_match_prevention_removes_is_open_no_more(action):
    market = NordicMarket(account())
    strategy = SelfMatchPrevention(SelfMatchLevel.FIRM, action)
    market.enter(buy(100, at="100.00", self_match_prevention=strategy))
    market.enter(sell(60, at="100.00", self_match_prevention=strategy, user=OTHER))
    shares = sum(market.open.values())
    assert counted(market) == (0, shares * 100, shares * 100)


@ACCUMULATED
@pytest.mark.parametrize("blow_through", [False, True])
@pytest.mark.parametrize("at", ["101.00", "104.00"])
def test_what_a_volatility_guard_keeps_from_trading_is_open_as_long_as_it_is_there(blow_through, at):
    books = (book(ERIC, "ERIC B", "SEK", "100.00", dynamic=3),)
    market = NordicMarket(account(SEK=limits(blow_through=blow_through)), books=books)
    market.enter(theirs(sell, 50, at))
    market.enter(theirs(sell, 50, "105.00"))
    market.enter(buy(100, at="105.00", ioc=True))
    shares = 50 if at == "101.00" else 0
    assert counted(market)[:2] == (shares * 101, 0)
    assert market.security(ERIC).books[0].phase is (Phase.CONTINUOUS if blow_through else Phase.VOLATILITY_CALL)


@ACCUMULATED
def test_a_broken_trade_stays_counted():
    market = NordicMarket(account())
    market.enter(buy(100, at="100.00"))
    market.enter(theirs(sell, 100, "100.00"))
    market.bust(1, exchange="nordic")
    assert counted(market) == (10_000, 0, 10_000)


@ACCUMULATED
def test_without_limits_counters_run_and_one_set_at_noon_sees_the_morning():
    market = NordicMarket(account())
    market.enter(buy(100, at="100.00"))
    market.set_account(limits={"SEK": {"total_open": money(10_000)}})
    assert not market.counters().locked  # not by the change
    assert isinstance(market.enter(buy(1, at="1.00"))[0], Accepted)
    assert market.counters().locked == (Lock.TOTAL_OPEN,)


@ACCUMULATED
def test_users_of_other_accounts_and_of_none_count_elsewhere():
    market = NordicMarket(account(users=[USER]), account("GP29P1", users=[OTHER]))
    market.enter(buy(100, at="100.00"))
    market.enter(buy(50, at="100.00", user=OTHER))
    market.enter(buy(25, at="100.00", user="GP29U3"))
    assert counted(market)[1] == 10_000
    assert counted(market, name="GP29P1")[1] == 5_000
    market.configure(account(users=[OTHER]), account("GP29P1", users=["GP29U3"]))
    assert counted(market)[1] == 5_000
    assert counted(market, name="GP29P1")[1] == 2_500


# Locks.


@LOCKS
def test_no_order_over_any_port_comes_through_after_the_one_that_breaks_the_limit():
    market = NordicMarket(account(SEK=limits(total_open=10_000)))
    assert isinstance(market.enter(buy(100, at="100.00", by="G1"))[0], Accepted)
    assert market.enter(buy(100, at="100.00", by="G2", user=OTHER)) == LOCKED
    assert market.enter(buy(100, at="100.00", by="G1")) == LOCKED


@LOCKS
def test_while_locked_orders_trade_and_may_be_canceled_or_made_smaller_and_nothing_else():
    market = NordicMarket(account(SEK=limits(total_open=10_000)))
    market.enter(buy(100, at="100.00"))
    assert market.replace(1, buy(100, at="99.00")) == LOCKED
    assert market.replace(1, buy(101, at="100.00")) == LOCKED
    assert market.replace(1, buy(90, at="100.00")) == [Replaced(4, 1, 90, "100.00")]
    assert market.cancel(4, to=80) == [Canceled(4, 10)]
    assert isinstance(market.enter(theirs(sell, 10, "100.00"))[1], Executed)
    assert market.cancel(4) == [Canceled(4, 70)]


@LOCKS
def test_an_execution_locks_too():
    market = NordicMarket(account(SEK=limits(traded_buy=1_000)))
    market.enter(buy(10, at="100.00"))
    assert isinstance(market.enter(buy(10, at="99.00"))[0], Accepted)
    market.enter(theirs(sell, 10, "100.00"))
    assert market.enter(buy(1, at="1.00")) == LOCKED
    assert market.counters().locked == (Lock.TRADED_BUY,)


@LOCKS
def test_a_lock_may_be_lifted_while_over_the_limit_and_the_next_order_locks_again():
    market = NordicMarket(account(SEK=limits(total_open=10_000)))
    market.enter(buy(100, at="100.00"))
    market.unlock()
    market.cancel(1, to=100)
    assert isinstance(market.enter(buy(1, at="1.00"))[0], Accepted)
    assert market.enter(buy(1, at="1.00")) == LOCKED
    market.set_account(limits={"SEK": {"total_open": money(20_000)}})
    market.unlock()
    for _ in range(3):
        assert isinstance(market.enter(buy(1, at="1.00"))[0], Accepted)


@LOCKS
def test_a_limit_below_what_is_counted_locks_with_the_next_order_and_not_with_a_cancel():
    market = NordicMarket(account())
    market.enter(buy(100, at="100.00"))
    market.enter(buy(100, at="99.00"))
    market.set_account(limits={"SEK": {"total_open": money(5_000)}})
    market.cancel(2)
    assert not market.counters().locked
    market.enter(theirs(sell, 1, "100.00"))
    assert market.counters().locked == (Lock.TOTAL_OPEN,)


@LOCKS
def test_all_counters_that_are_reached_are_named():
    market = NordicMarket(account(SEK=limits(total_open=10_000, open_buy=10_000, total_traded=5_000)))
    market.enter(buy(100, at="100.00"))
    assert market.counters().locked == (Lock.TOTAL_OPEN, Lock.OPEN_BUY)
    market.enter(theirs(sell, 50, "100.00"))
    assert market.counters().locked == (Lock.TOTAL_OPEN, Lock.OPEN_BUY, Lock.TOTAL_TRADED)


@LOCKS
def test_an_account_may_be_locked_by_hand():
    market = NordicMarket(account())
    market.lock()
    market.lock()
    assert market.enter(buy(1, at="1.00")) == LOCKED
    assert market.refusal[1:] == (None, None, None, "by hand", "GP29PR")
    assert isinstance(market.enter(buy(1, at="4.00", book=NOKIA))[0], Accepted)
    market.unlock()
    assert isinstance(market.enter(buy(1, at="1.00"))[0], Accepted)
    with pytest.raises(CommandRefused, match="no order book is in USD"):
        market.lock(currency="USD")


@LOCKS
def test_an_unblock_lifts_no_lock_and_an_unlock_no_block():
    market = NordicMarket(account(SEK=limits(total_open=10_000)))
    market.enter(buy(100, at="100.00"))
    market.block()
    market.unlock()
    assert market.enter(buy(1, at="1.00")) == [Rejected(Reject.ACCOUNT_BLOCKED)]
    market.lock()
    market.block(blocked=False)
    assert market.enter(buy(1, at="1.00")) == LOCKED


@LOCKS
def test_the_next_day_begins_without_locks_and_with_what_was_carried_over():
    market = NordicMarket(account(SEK=limits(total_open=10_000)))
    market.enter(buy(150, at="100.00", gtc=True))
    market.enter(theirs(sell, 30, "100.00"))
    market.next_day(TOMORROW)
    assert counted(market) == (0, 12_000, 12_000)
    assert not market.counters().locked
    assert isinstance(market.enter(buy(1, at="1.00"))[0], Accepted)
    assert market.counters().locked == (Lock.TOTAL_OPEN,)


# What is told.


@ACCUMULATED
def test_it_is_told_once_a_day_that_80_percent_are_reached_and_each_time_that_the_limit_is():
    market = NordicMarket(account(SEK=limits(total_open=10_000)))
    told = []
    market.engine.prm.diary.listeners.append(told.append)
    for quantity in (79, 1, 5, 15):
        market.enter(buy(quantity, at="100.00"))
    assert [(one.kind, one.subject, one.currency) for one in told] == [
        (HappeningKind.WARNING, "total_open", "SEK"),
        (HappeningKind.BREACH, "total_open", "SEK"),
    ]
    market.unlock()
    market.enter(buy(1, at="1.00"))
    assert [one.kind for one in told[2:]] == [HappeningKind.UNLOCK, HappeningKind.BREACH]


@ACCUMULATED
def test_a_lock_its_end_and_what_it_refused_are_rows_of_the_audit():
    market = NordicMarket(account(SEK=limits(open_buy=10_000)))
    market.enter(buy(100, at="100.00"))
    market.enter(buy(100, at="100.00"))
    market.unlock()
    words = "Over Daily Open Order Buy/Sell Value"
    rows = [(row.action, row.item, row.currency) for row in market.engine.prm.diary.rows("GP29")]
    assert rows == [(action, words, "SEK") for action in ("Breach Lock", "Order Reject", "Breach Unlock")]
