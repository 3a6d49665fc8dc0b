"""Reserve: a part of an order is displayed, the rest queues among the hidden; what is displayed is refilled."""

import pytest
from words import (
    MARKET,
    Accepted,
    Canceled,
    Modified,
    Rejected,
    Replaced,
    Restated,
    buy,
    sell,
    ticket,
    trade,
)

from engine.api import CancelReason, Reject, Side

DETAILS = pytest.mark.section("OUCH 5.0", "5 MaxFloor and RandomReserves")
QUEUE = pytest.mark.section("Portcullis", "Reserve: where its two parts queue")
REFILL = pytest.mark.section("OUCH 5.0", "4.13 Display refresh")
RANDOM = pytest.mark.section("Portcullis", "Reserve: random sizes")
CHANGES = pytest.mark.section("Portcullis", "Reserve of an order that changes")

OTHER = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
BOTH_SIDES = pytest.mark.parametrize("side", [Side.BUY, Side.SELL])


def parts(market, key=1):
    """What an order displays, and what it holds back."""
    order = market.find(key)
    return order.quantity, order.open - order.quantity


# What may be asked.


@DETAILS
@pytest.mark.parametrize("how", [{}, {"ioc": True}, {"ioc": True, "hidden": True}, {"hidden": True}])
@pytest.mark.parametrize(
    ("floor", "spread", "taken"),
    [
        (0, 0, True),
        (0, 1, False),
        (1, 0, True),
        (1, 1, False),
        (100, 99, True),
        (100, 100, False),
        (500, 499, True),
        (500, 500, False),
        (500, 501, False),
        (1_000, 0, True),
        (1_001, 0, True),
        (999_999, 999_998, True),
        (1_000_000, 0, False),
        (2**32 - 1, 0, False),
    ],
)
def test_a_floor_is_up_to_the_largest_order_and_the_random_part_is_smaller(market, how, floor, spread, taken):
    taken = taken and (not floor or how != {"hidden": True})
    [event] = market.enter(buy(1_000, at="10.00", max_floor=floor, random_reserve=spread, **how))
    assert event == (Accepted(1, 1_000, "10.00", "ioc" in how) if taken else Rejected(Reject.INVALID_MAX_FLOOR))


@DETAILS
@pytest.mark.parametrize(
    ("floor", "shown", "held"), [(1, 1, 999), (100, 100, 900), (999, 999, 1), (1_000, 1_000, 0), (1_001, 1_000, 0)]
)
def test_a_floor_of_the_whole_order_or_more_leaves_no_reserve(market, floor, shown, held):
    assert market.enter(buy(1_000, at="10.00", max_floor=floor)) == [Accepted(1, 1_000, "10.00")]
    assert parts(market) == (shown, held)
    side = market.find(1).scope.book.buys
    assert side.shown.levels[100_000].quantity == shown
    assert [level.quantity for level in side.hidden.levels.values()] == ([held] if held else [])


@DETAILS
def test_only_what_is_left_after_trading_is_split(market):
    market.enter(sell(650, at="10.00", by="AK1"))
    assert market.enter(buy(1_000, at="10.00", max_floor=300))[1:] == trade(2, 1, 650, "10.00", match=1)
    assert parts(market, 2) == (300, 50)


@DETAILS
@pytest.mark.parametrize("at", ["10.00", MARKET])
def test_what_never_rests_has_no_reserve(market, at):
    market.enter(sell(400, at="10.00", by="AK1"))
    assert market.enter(buy(1_000, at=at, ioc=True, max_floor=100))[1:] == [
        *trade(2, 1, 400, "10.00", match=1),
        Canceled(2, 600, CancelReason.IMMEDIATE_OR_CANCEL),
    ]
    assert market.open == {}


# Where it queues.


@QUEUE
@BOTH_SIDES
def test_the_displayed_part_queues_with_the_displayed_and_the_reserve_with_the_hidden(market, side):
    market.enter(ticket(side, 100, "10.00", hidden=True, by="AK1"))
    market.enter(ticket(side, 300, "10.00", max_floor=100))
    market.enter(ticket(side, 100, "10.00", by="AK1"))
    market.enter(ticket(side, 100, "10.00", hidden=True, by="AK1"))
    assert market.enter(ticket(OTHER[side], 600, "10.00", by="IN2"))[1:] == [
        *trade(5, 2, 100, "10.00", match=1),
        *trade(5, 3, 100, "10.00", match=2),
        *trade(5, 1, 100, "10.00", match=3, hidden=True),
        *trade(5, 2, 200, "10.00", match=4, reserve=True),
        *trade(5, 4, 100, "10.00", match=5, hidden=True),
    ]
    assert market.open == {}


@QUEUE
def test_a_reserve_trades_before_the_next_price(market):
    market.enter(sell(300, at="10.00", max_floor=100))
    market.enter(sell(100, at="10.01"))
    assert market.enter(buy(350, at="10.01", by="AK1"))[1:] == [
        *trade(3, 1, 100, "10.00", match=1),
        *trade(3, 1, 200, "10.00", match=2, reserve=True),
        *trade(3, 2, 50, "10.01", match=3),
    ]


@QUEUE
def test_the_order_is_gone_with_the_last_of_its_parts_and_not_before(market):
    market.enter(sell(300, at="10.00", max_floor=100, good_for=60))
    market.enter(buy(299, at="10.00", by="AK1"))
    assert parts(market) == (1, 0)
    market.enter(buy(1, at="10.00", by="AK1"))
    assert market.find(1) is None
    assert market.engine.deadlines_live == 0


@QUEUE
def test_the_best_offer_is_what_is_displayed(market):
    market.enter(sell(300, at="10.00", max_floor=100))
    assert market.security().offer == 100_000
    market.cancel(1)
    assert market.security().offer is None


@QUEUE
def test_a_broken_trade_of_a_reserve_names_its_order(market):
    market.enter(sell(300, at="10.00", max_floor=100))
    market.enter(buy(300, at="10.00", by="AK1"))
    assert [(event.order, event.match) for event in market.bust(2)] == [(2, 2), (1, 2)]


# Refill.


@REFILL
@BOTH_SIDES
@pytest.mark.parametrize(
    ("taken", "shown", "held"), [(1, 299, 700), (200, 100, 700), (201, 300, 499), (299, 300, 401), (300, 300, 400)]
)
def test_the_display_is_refilled_once_less_than_a_round_lot_is_displayed(market, side, taken, shown, held):
    market.enter(ticket(side, 1_000, "10.00", max_floor=300))
    events = market.enter(ticket(OTHER[side], taken, "10.00", by="AK1"))
    restated = [Restated(1, 300)] if taken > 200 else []
    assert events[1:] == [*trade(2, 1, taken, "10.00", match=1), *restated]
    assert parts(market) == (shown, held)


@REFILL
@pytest.mark.parametrize("floor", [1, 50, 99])
def test_a_floor_below_a_round_lot_is_refilled_when_nothing_is_displayed(market, floor):
    market.enter(sell(500, at="10.00", max_floor=floor))
    if floor > 1:
        assert len(market.enter(buy(floor - 1, at="10.00", by="AK1"))) == 3
    assert market.enter(buy(1, at="10.00", by="AK1"))[-1] == Restated(1, floor)
    assert parts(market) == (floor, 500 - 2 * floor)


@REFILL
def test_a_refill_comes_after_the_incoming_order_is_done_and_takes_the_reserve_as_it_is_then(market):
    market.enter(sell(500, at="10.00", max_floor=200))
    assert market.enter(buy(250, at="10.00", by="AK1"))[1:] == [
        *trade(2, 1, 200, "10.00", match=1),
        *trade(2, 1, 50, "10.00", match=2, reserve=True),
        Restated(1, 200),
    ]
    assert parts(market) == (200, 50)


@REFILL
def test_the_last_refill_shows_all_that_is_left(market):
    market.enter(sell(250, at="10.00", max_floor=200))
    assert market.enter(buy(200, at="10.00", by="AK1"))[-1] == Restated(1, 50)
    assert parts(market) == (50, 0)
    assert market.enter(buy(20, at="10.00", by="AK1"))[1:] == trade(3, 1, 20, "10.00", match=2)


@REFILL
def test_a_refilled_display_has_lost_its_time_and_the_reserve_has_not(market):
    market.enter(sell(300, at="10.00", max_floor=100))
    market.enter(sell(100, at="10.00", by="AK1"))
    market.enter(sell(100, at="10.00", hidden=True, by="AK1"))
    market.enter(buy(100, at="10.00", by="IN2"))
    assert market.enter(buy(250, at="10.00", by="IN2"))[1:] == [
        *trade(5, 2, 100, "10.00", match=2),
        *trade(5, 1, 100, "10.00", match=3),
        *trade(5, 1, 50, "10.00", match=4, reserve=True),
        Restated(1, 50),
    ]


@REFILL
def test_what_was_still_displayed_loses_its_time_with_the_refill(market):
    market.enter(sell(500, at="10.00", max_floor=200))
    market.enter(sell(100, at="10.00", by="AK1"))
    assert market.enter(buy(150, at="10.00", by="IN2"))[-1] == Restated(1, 200)
    assert market.enter(buy(150, at="10.00", by="IN2"))[1:] == [
        *trade(4, 2, 100, "10.00", match=2),
        *trade(4, 1, 50, "10.00", match=3),
    ]


@REFILL
def test_each_refill_takes_the_next_number_and_the_order_keeps_its_own(market):
    market.enter(sell(500, at="10.00", max_floor=100))
    market.enter(sell(500, at="10.00", max_floor=100, by="AK1"))
    restated = market.enter(buy(200, at="10.00", by="IN2"))[-2:]
    assert [(event.order, event.where.reference) for event in restated] == [(1, 4), (2, 5)]
    assert (market.find(1).order_reference_number, market.find(2).order_reference_number) == (1, 2)
    assert market.enter(buy(1, at="9.00", by="IN2"))[0].where.reference == 6


@REFILL
def test_orders_are_refilled_in_the_order_in_which_they_traded(market):
    for port in ("IN1", "AK1", "IN2"):
        market.enter(sell(300, at="10.00", max_floor=100, by=port))
    events = market.enter(buy(300, at="10.00", by="IN2"))
    assert [event.order for event in events if isinstance(event, Restated)] == [1, 2, 3]


# Random sizes.


@RANDOM
@pytest.mark.parametrize(
    ("floor", "spread", "sizes"),
    [
        (500, 49, {500}),
        (500, 50, {450}),
        (500, 100, {400, 500}),
        (500, 200, {300, 400, 500, 600}),
        (550, 100, {450, 550}),
        (100, 99, {100}),
        (200, 150, {100, 150, 250}),
        (300, 299, {100, 101, 201, 301, 401}),
        (99, 98, {99}),
        (50, 49, {50}),
    ],
)
def test_each_display_is_a_round_lot_step_of_the_range(market, floor, spread, sizes):
    """From floor - random up to floor + random - 100, never less than a round lot (or than a smaller floor)."""
    market.enter(sell(999_999, at="10.00", max_floor=floor, random_reserve=spread))
    seen = {parts(market)[0]}
    for _ in range(100):
        restated = market.enter(buy(market.find(1).quantity, at="10.00", by="AK1"))[-1]
        assert restated.displayed == parts(market)[0]
        seen.add(restated.displayed)
    assert seen == sizes


@RANDOM
def test_sizes_follow_from_the_numbers_alone(market):
    """A replay and a restart choose the same sizes, and another order chooses others."""
    market.enter(sell(99_999, at="10.00", max_floor=5_000, random_reserve=4_000))
    market.enter(sell(99_999, at="10.01", max_floor=5_000, random_reserve=4_000))
    assert parts(market, 1)[0] != parts(market, 2)[0]
    other = market.reloaded()
    for _ in range(5):
        taken = market.find(1).quantity
        assert other.enter(buy(taken, at="10.00", by="AK1")) == market.enter(buy(taken, at="10.00", by="AK1"))
    assert market.state() == other.state()


# Changes.


@CHANGES
@pytest.mark.parametrize(
    ("to", "shown", "held"),
    [(1_001, 300, 700), (1_000, 300, 700), (999, 300, 699), (301, 300, 1), (300, 300, 0), (299, 299, 0), (1, 1, 0)],
)
@pytest.mark.parametrize("how", ["cancel", "modify"])
def test_a_cut_takes_the_reserve_first_and_keeps_the_place(market, how, to, shown, held):
    market.enter(sell(1_000, at="10.00", max_floor=300))
    market.enter(sell(100, at="10.00", by="AK1"))
    if how == "cancel":
        assert market.cancel(1, to=to) == ([Canceled(1, 1_000 - to)] if to < 1_000 else [])
    else:
        event = Modified(1, to, Side.SELL) if to <= 1_000 else Rejected(Reject.INVALID_QUANTITY)
        assert market.modify(1, to=to) == [event]
    assert parts(market) == (shown, held)
    assert market.enter(buy(1, at="10.00", by="AK1"))[1:] == trade(3, 1, 1, "10.00", match=1)


@CHANGES
@pytest.mark.parametrize("how", ["cancel", "modify"])
@pytest.mark.parametrize("to", [0, 40, 39])
def test_a_cut_to_what_has_executed_ends_both_parts(market, how, to):
    market.enter(sell(1_000, at="10.00", max_floor=300))
    market.enter(buy(40, at="10.00", by="AK1"))
    assert getattr(market, how)(1, to=to) == [Canceled(1, 960)]
    assert market.open == {}


@CHANGES
def test_a_modified_sale_changes_both_parts(market):
    market.enter(sell(1_000, at="10.00", max_floor=300))
    assert market.modify(1, side=Side.SELL_SHORT) == [Modified(1, 1_000, Side.SELL_SHORT)]
    order = market.find(1)
    assert order.terms.side == order.reserve.terms.side == Side.SELL_SHORT


@CHANGES
def test_a_replacement_is_split_anew_and_both_parts_lose_their_time(market):
    market.enter(sell(1_000, at="10.00", max_floor=300))
    market.enter(sell(100, at="10.00", by="AK1"))
    market.enter(sell(100, at="10.00", by="AK1", hidden=True))
    market.enter(buy(50, at="10.00", by="IN2"))
    assert market.replace(1, sell(1_000, at="10.00", max_floor=200)) == [Replaced(5, 1, 950, "10.00")]
    assert parts(market, 5) == (200, 750)
    assert market.enter(buy(500, at="10.00", by="IN2"))[1:] == [
        *trade(6, 2, 100, "10.00", match=2),
        *trade(6, 5, 200, "10.00", match=3),
        *trade(6, 3, 100, "10.00", match=4, hidden=True),
        *trade(6, 5, 100, "10.00", match=5, reserve=True),
        Restated(5, 200),
    ]


@CHANGES
@pytest.mark.parametrize(("floor", "shown", "held"), [(0, 950, 0), (949, 949, 1), (950, 950, 0)])
def test_a_replacement_may_end_or_change_the_reserve(market, floor, shown, held):
    market.enter(sell(1_000, at="10.00", max_floor=300))
    market.enter(buy(50, at="10.00", by="AK1"))
    market.replace(1, sell(1_000, at="10.00", max_floor=floor))
    assert parts(market, 3) == (shown, held)


@CHANGES
@pytest.mark.parametrize(("total", "live"), [(350, False), (351, True)])
def test_what_the_reserve_executed_counts_towards_a_replacement(market, total, live):
    market.enter(sell(1_000, at="10.00", max_floor=300))
    market.enter(buy(350, at="10.00", by="AK1"))
    assert market.replace(1, sell(total, at="10.00")) == ([Replaced(3, 1, 1, "10.00")] if live else [Canceled(1, 650)])


@CHANGES
def test_a_replacement_that_may_not_be_leaves_both_parts(market):
    market.enter(sell(1_000, at="10.00", max_floor=300))
    market.halt()
    before = market.state()
    assert market.replace(1, sell(500, at="10.00")) == [Rejected(Reject.HALTED)]
    assert market.state() == before


@CHANGES
@pytest.mark.parametrize("how", ["mass_cancel", "expiry", "day end"])
def test_both_parts_end_together(market, how):
    market.enter(sell(1_000, at="10.00", max_floor=300, good_for=5))
    if how == "mass_cancel":
        assert market.mass_cancel()[0] == Canceled(1, 1_000)
    elif how == "expiry":
        assert market.wait(5) == [Canceled(1, 1_000, CancelReason.EXPIRED)]
    else:
        assert Canceled(1, 1_000, CancelReason.EXPIRED) in market.next_day("2026-11-23")
    assert market.open == {}
    assert (market.engine.deadlines_live, market.wait(5)) == (0, [])


@CHANGES
@pytest.mark.section("Portcullis", "Snapshots")
def test_a_reserve_comes_back_as_it_is(market):
    """Traded from, cut, modified and refilled: a restart and a restart of that one give the same bytes."""
    market.enter(sell(1_000, at="10.00", max_floor=300, good_for=60))
    market.enter(sell(500, at="10.00", hidden=True, by="AK1"))
    market.enter(buy(290, at="10.00", by="IN2"))
    market.cancel(1, to=900)
    market.modify(1, side=Side.SELL_SHORT, to=800)
    market.enter(sell(500, at="10.00", by="AK1", max_floor=100, random_reserve=50))
    other = market.reloaded()
    assert other.state() == market.state() == other.reloaded().state()
    taking = buy(1_200, at="10.00", by="IN2")
    assert other.enter(taking) == market.enter(taking)
    assert other.wait(60) == market.wait(60)
    assert other.state() == market.state()
