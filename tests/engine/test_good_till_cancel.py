"""Orders that are good till canceled rest on when the day ends: with their place, their reserve and what has traded."""

import pytest
from words import (
    AFTER_HOURS,
    HOUR,
    MARKETS,
    MIDNIGHT,
    PORTS,
    SYMBOLS,
    TOMORROW,
    Canceled,
    CarriedOver,
    Day,
    Rejected,
    buy,
    sell,
    trade,
    whole,
)

from engine.api import CancelReason, NextDay, Reject, SelfMatchAction, SelfMatchLevel, SelfMatchPrevention, TimeInForce

DAY_END = pytest.mark.section("Portcullis", "End of the trading day")
REPLAY = pytest.mark.section("Portcullis", "Snapshots")


def carried(events):
    return [event for event in events if isinstance(event, CarriedOver)]


@DAY_END
def test_only_orders_that_are_good_till_canceled_rest_on(market):
    market.enter(buy(100, at="10.00", gtc=True))
    market.enter(buy(100, at="10.00"))
    market.enter(buy(100, at="10.00", good_for=86_399))
    events = market.next_day(TOMORROW)
    assert [event for event in events if isinstance(event, Canceled)] == [
        Canceled(2, 100, CancelReason.EXPIRED),
        Canceled(3, 100, CancelReason.EXPIRED),
    ]
    assert carried(events) == [CarriedOver(1, 100)]
    assert market.find(1).quantity == 100


@DAY_END
def test_a_port_hears_that_its_day_ends_and_starts_before_it_hears_what_rests_on(market):
    market.enter(buy(100, at="10.00", gtc=True))
    heard = [type(event) for event in market.next_day(TOMORROW) if event.where.port == "IN1"]
    assert heard == [Day, Day, CarriedOver]


@DAY_END
def test_the_new_day_numbers_them_in_the_order_of_their_queues_and_goes_on_behind_them(market):
    market.enter(buy(100, at="10.00"))
    market.enter(buy(100, at="9.00", gtc=True))
    market.enter(buy(100, at="10.00", gtc=True, by="AK1"))
    market.enter(sell(100, at="11.00", gtc=True))
    market.enter(buy(100, at="10.00", gtc=True, hidden=True))
    market.enter(buy(100, at="10.00", gtc=True, by="INB"))
    numbers = [(event.order, event.where.reference) for event in carried(market.next_day(TOMORROW))]
    assert numbers == [(6, 1), (3, 1), (2, 2), (5, 3), (4, 4)], "by market and book, best first, buys before sells"
    [accepted] = market.enter(buy(100, at="8.00"))
    assert accepted.where.reference == 5


@DAY_END
def test_they_keep_their_places_before_whoever_comes_on_the_next_day(market):
    market.enter(sell(100, at="10.00", gtc=True))
    market.enter(sell(100, at="10.00", gtc=True, by="AK1"))
    market.next_day(TOMORROW)
    market.enter(sell(100, at="10.00", by="IN2"))
    assert market.enter(buy(250, at="10.00"))[1:] == [
        *trade(4, 1, 100, "10.00", match=1),
        *trade(4, 2, 100, "10.00", match=2),
        *trade(4, 3, 50, "10.00", match=3),
    ]


@DAY_END
def test_what_has_traded_counts_on_the_next_day_too(market):
    market.enter(sell(100, at="10.00", gtc=True))
    market.enter(buy(30, at="10.00"))
    assert carried(market.next_day(TOMORROW)) == [CarriedOver(1, 70)]
    assert market.cancel(1, to=50) == [Canceled(1, 50)]
    assert market.enter(buy(100, at="10.00"))[1:] == trade(3, 1, 20, "10.00", match=1)


@DAY_END
def test_a_reserve_and_its_place_are_kept(market):
    market.enter(sell(1_000, at="10.00", gtc=True, max_floor=100))
    market.enter(buy(40, at="10.00"))
    assert carried(market.next_day(TOMORROW)) == [CarriedOver(1, 960)]
    order = market.find(1)
    assert (order.quantity, order.reserve.quantity) == (100, 860)
    market.enter(buy(70, at="10.00"))
    assert (order.quantity, order.reserve.quantity) == (100, 790)


@DAY_END
def test_attributes_hold_on_the_next_day(market):
    strategy = SelfMatchPrevention(SelfMatchLevel.FIRM, SelfMatchAction.CANCEL_OLDEST)
    market.enter(sell(100, at="10.00", gtc=True, group_id=7, self_match_prevention=strategy))
    market.enter(sell(200, at="10.00", gtc=True, hidden=True, minimum_quantity=200, by="AK1"))
    market.next_day(TOMORROW)
    assert market.enter(buy(100, at="10.00", by="AKB"))[0].order == 3
    events = market.enter(buy(100, at="10.00", by="AK1"))
    assert events[1:] == trade(4, 1, 100, "10.00", match=1), "the minimum of the other is not met"
    market.enter(sell(100, at="9.00", gtc=True, group_id=7))
    market.next_day("2026-11-24")
    market.mass_cancel(group=7)
    assert market.find(5) is None


@DAY_END
def test_they_go_on_for_days_until_they_are_canceled(market):
    market.enter(buy(100, at="10.00", gtc=True))
    for date in (TOMORROW, "2026-11-24", "2026-11-25"):
        assert [(event.order, event.where.reference) for event in carried(market.next_day(date))] == [(1, 1)]
    assert market.cancel(1) == [Canceled(1, 100)]
    assert carried(market.next_day("2026-11-26")) == []


@DAY_END
def test_a_mass_cancel_that_is_not_done_is_done_before_the_day_ends(market):
    for _ in range(501):
        market.enter(buy(1, at="10.00", gtc=True))
    market.mass_cancel()
    assert len(market.open) == 1
    assert carried(market.next_day(TOMORROW)) == []


@DAY_END
@pytest.mark.parametrize(
    "changes",
    [{"ports": PORTS[1:]}, {"symbols": SYMBOLS[1:]}],
    ids=["its port", "its symbol"],
)
def test_one_that_nobody_could_cancel_any_more_ends_with_the_day(market, changes):
    market.enter(buy(100, at="10.00", gtc=True))
    market.configure(**changes)
    assert Canceled(1, 100, CancelReason.EXPIRED) in market.next_day(TOMORROW)
    assert market.open == {}


@REPLAY
def test_the_numbers_of_the_next_day_are_the_same_after_a_start_from_a_snapshot(market):
    for by, symbol in (("INP", "ZWZZT"), ("IN1", "ZWZZT"), ("INB", "AMD"), ("IN1", "AAPL"), ("IN2", "AMD")):
        market.enter(buy(100, at="10.00", gtc=True, by=by, symbol=symbol))
    other = market.reloaded()
    assert whole(market.next_day(TOMORROW)) == whole(other.next_day(TOMORROW))
    assert other.state() == market.state()


@REPLAY
def test_a_snapshot_keeps_them_as_they_are(market):
    market.enter(sell(1_000, at="10.00", gtc=True, max_floor=100, random_reserve=50))
    market.enter(sell(100, at="10.00", gtc=True, by="AK1"))
    market.next_day(TOMORROW)
    other = market.reloaded()
    assert other.state() == market.state()
    for ask in (lambda one: one.enter(buy(450, at="10.00")), lambda one: one.next_day("2026-11-24")):
        assert whole(ask(market)) == whole(ask(other))
    assert other.state() == market.state()


# The hours of a day of its own.


def short_day(market, date, hours):
    midnights = {entry.key: market.now - 10 * HOUR for entry in MARKETS}
    return market.do(NextDay(date, date, midnights, hours))


def may_enter(market, time_of_day, by="IN1"):
    market.now = MIDNIGHT + time_of_day
    events = market.enter(buy(100, at="10.00", time_in_force=TimeInForce.AFTER_HOURS, by=by))
    return events != [Rejected(Reject.AFTER_HOURS_CLOSED)]


EARLY = (13 * HOUR, 17 * HOUR)
AFTER = pytest.mark.section("OUCH 5.0", "2.6 After hours")


@AFTER
def test_a_half_day_has_after_hours_of_its_own_for_the_markets_that_it_names(market):
    short_day(market, TOMORROW, {"nasdaq": EARLY})
    times = (13 * HOUR - 1, 13 * HOUR, 16 * HOUR, 17 * HOUR - 1, 17 * HOUR)
    assert [may_enter(market, time) for time in times] == [False, True, True, True, False]
    assert may_enter(market, 17 * HOUR, by="INB")


@AFTER
def test_the_day_after_a_half_day_has_the_usual_hours(market):
    short_day(market, TOMORROW, {"nasdaq": EARLY})
    short_day(market, "2026-11-24", {})
    assert (may_enter(market, 13 * HOUR), may_enter(market, AFTER_HOURS[0])) == (False, True)


@AFTER
def test_neither_a_configuration_nor_a_snapshot_changes_the_hours_of_a_half_day(market):
    short_day(market, TOMORROW, {"nasdaq": EARLY})
    market.configure()
    other = market.reloaded()
    for one in (market, other):
        assert (may_enter(one, 13 * HOUR), may_enter(one, 17 * HOUR)) == (True, False)
