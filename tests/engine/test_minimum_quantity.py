"""Minimum quantity: met on entry by several orders together, by one incoming order once it rests."""

import pytest
from words import (
    Accepted,
    Canceled,
    Modified,
    Prevented,
    Rejected,
    Replaced,
    accepted,
    buy,
    dollars,
    sell,
    ticket,
    ticks,
    trade,
)

from engine.api import (
    CancelReason,
    Liquidity,
    Reject,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
    Side,
)

DETAILS = pytest.mark.section("OUCH 5.0", "5 MinQty: round lots")
ENTRY = pytest.mark.section("Portcullis", "Minimum quantity on entry")
RESTING = pytest.mark.section("Portcullis", "Minimum quantity of a resting order")
CHANGES = pytest.mark.section("Portcullis", "Minimum quantity of an order that changes")

OTHER = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
BOTH_SIDES = pytest.mark.parametrize("side", [Side.BUY, Side.SELL])


def hidden(side, quantity, at, least, **rest):
    return ticket(side, quantity, at, hidden=True, minimum_quantity=least, **rest)


def ioc(side, quantity, at, least, **rest):
    return ticket(side, quantity, at, ioc=True, minimum_quantity=least, **rest)


# What may be asked.


@DETAILS
@pytest.mark.parametrize("how", [{"hidden": True}, {"ioc": True}, {"hidden": True, "ioc": True}])
@pytest.mark.parametrize(
    ("least", "size", "taken"),
    [
        (1, 1_000, False),
        (99, 1_000, False),
        (100, 1_000, True),
        (101, 1_000, False),
        (200, 1_000, True),
        (900, 999, True),
        (1_000, 999, False),
        (1_000, 1_000, True),
        (1_100, 1_000, False),
        (100, 99, False),
        (100, 100, True),
        (999_900, 999_999, True),
        (1_000_000, 999_999, False),
        (2**32 - 1, 999_999, False),
    ],
)
def test_a_minimum_is_whole_round_lots_of_at_most_the_order(market, how, least, size, taken):
    [event] = market.enter(buy(size, at="10.00", minimum_quantity=least, **how))
    assert event == (Accepted(1, size, "10.00", "ioc" in how) if taken else Rejected(Reject.INVALID_MINIMUM_QUANTITY))


@DETAILS
def test_an_order_that_would_be_displayed_has_no_minimum(market):
    """A port takes such an order as immediate or cancel, so the engine is never asked."""
    assert market.enter(buy(100, at="10.00", minimum_quantity=100)) == [Rejected(Reject.INVALID_MINIMUM_QUANTITY)]


# On entry.


@ENTRY
@BOTH_SIDES
@pytest.mark.parametrize(
    ("sizes", "fills"),
    [
        ([], None),
        ([299], None),
        ([300], [300]),
        ([301], [301]),
        ([100, 199], None),
        ([100, 200], [100, 200]),
        ([100, 201], [100, 201]),
        ([1] * 299, None),
        ([1] * 300, [1] * 300),
        ([500], [500]),
        ([501], [500]),
        ([400, 400], [400, 100]),
    ],
    ids=lambda value: str(value)[:20],
)
@pytest.mark.parametrize("rests", [True, False])
def test_several_orders_together_may_meet_a_minimum_of_300(market, side, sizes, fills, rests):
    """500 shares of which at least 300 must trade, or nothing does."""
    for size in sizes:
        market.enter(ticket(OTHER[side], size, "10.00", by="AK1"))
    make = hidden if rests else ioc
    key = len(sizes) + 1
    events = market.enter(make(side, 500, "10.00", 300))
    assert events[0] == Accepted(key, 500, "10.00", dead=fills is None and not rests)
    trades = [
        event
        for number, fill in enumerate(fills or [], start=1)
        for event in trade(key, number, fill, "10.00", match=number)
    ]
    left = 500 - sum(fills or [])
    canceled = [Canceled(key, left, CancelReason.IMMEDIATE_OR_CANCEL)] if fills and left and not rests else []
    assert events[1:] == trades + canceled
    assert market.open.get(("IN1", key), 0) == (left if rests else 0)


@ENTRY
@BOTH_SIDES
@pytest.mark.parametrize(("limit", "meets"), [(0, False), (1, False), (2, True), (3, True)])
def test_only_what_the_price_allows_counts(market, side, limit, meets):
    toward = 100 if side is Side.BUY else -100
    for step in range(3):
        market.enter(ticket(OTHER[side], 100, ticks("10.00") + step * toward, by="AK1"))
    order = ioc(side, 300, dollars(ticks("10.00") + limit * toward), 300)
    events = market.enter(order)
    assert events[0] == accepted(4, order, dead=not meets)
    assert len(events) == (7 if meets else 1)


@ENTRY
def test_displayed_and_hidden_orders_count_alike_and_a_reserve_does(market):
    market.enter(sell(100, at="10.00", by="AK1"))
    market.enter(sell(100, at="10.00", by="AK1", hidden=True))
    market.enter(sell(300, at="10.00", by="AK1", max_floor=100))
    assert market.enter(ioc(Side.BUY, 600, "10.00", 600)) == [Accepted(4, 600, "10.00", dead=True)]
    assert market.enter(ioc(Side.BUY, 500, "10.00", 500))[1:] == [
        *trade(5, 1, 100, "10.00", match=1),
        *trade(5, 3, 100, "10.00", match=2),
        *trade(5, 2, 100, "10.00", match=3, hidden=True),
        *trade(5, 3, 200, "10.00", match=4, reserve=True),
    ]


@ENTRY
def test_orders_whose_own_minimum_is_too_large_do_not_count_and_are_passed_over(market):
    market.enter(hidden(Side.SELL, 600, "10.00", 600, by="AK1"))
    market.enter(sell(200, at="10.01", by="AK1"))
    assert market.enter(ioc(Side.BUY, 500, "10.01", 300)) == [Accepted(3, 500, "10.01", dead=True)]
    assert market.enter(ioc(Side.BUY, 500, "10.01", 200)) == [
        Accepted(4, 500, "10.01"),
        *trade(4, 2, 200, "10.01", match=1),
        Canceled(4, 300, CancelReason.IMMEDIATE_OR_CANCEL),
    ]


@ENTRY
def test_what_the_incoming_order_has_traded_is_not_brought_to_the_next_minimum(market):
    """300 come; after the first 100 only 200 are left for an order that wants 300."""
    market.enter(sell(100, at="10.00", by="AK1"))
    market.enter(hidden(Side.SELL, 300, "10.01", 300, by="AK1"))
    assert market.enter(ioc(Side.BUY, 300, "10.01", 200)) == [Accepted(3, 300, "10.01", dead=True)]
    assert market.enter(ioc(Side.BUY, 300, "10.01", 100))[1:] == [
        *trade(4, 1, 100, "10.00", match=1),
        Canceled(4, 200, CancelReason.IMMEDIATE_OR_CANCEL),
    ]


@ENTRY
@pytest.mark.parametrize(
    ("action", "least", "traded"),
    [
        (SelfMatchAction.DECREMENT_BOTH, 300, 300),
        (SelfMatchAction.DECREMENT_BOTH, 400, None),
        (SelfMatchAction.CANCEL_OLDEST, 400, 400),
        (SelfMatchAction.CANCEL_NEWEST, 100, None),
    ],
)
def test_shares_that_self_match_prevention_takes_do_not_count(market, action, least, traded):
    prevention = SelfMatchPrevention(SelfMatchLevel.FIRM, action)
    market.enter(sell(100, at="10.00"))
    market.enter(sell(500, at="10.01", by="AK1"))
    events = market.enter(ioc(Side.BUY, 400, "10.01", least, self_match_prevention=prevention))
    assert events[0] == Accepted(3, 400, "10.01", dead=traded is None)
    assert [event.order for event in events if isinstance(event, Prevented)] == {
        (SelfMatchAction.DECREMENT_BOTH, 300): [3, 1],
        (SelfMatchAction.CANCEL_OLDEST, 400): [1],
    }.get((action, least), [])
    if traded is not None:
        assert events[-2:] == trade(3, 2, traded, "10.01", match=1)


# At rest.


@RESTING
@BOTH_SIDES
@pytest.mark.parametrize(("size", "trades"), [(1, False), (299, False), (300, True), (301, True), (500, True)])
def test_one_incoming_order_must_bring_the_minimum(market, side, size, trades):
    market.enter(hidden(side, 500, "10.00", 300))
    events = market.enter(ticket(OTHER[side], size, "10.00", by="AK1"))
    assert events[1:] == (trade(2, 1, size, "10.00", match=1, hidden=True) if trades else [])


@RESTING
@pytest.mark.parametrize(("size", "trades"), [(149, False), (150, True), (151, True)])
def test_the_minimum_is_never_more_than_what_is_open(market, size, trades):
    market.enter(hidden(Side.SELL, 500, "10.00", 300))
    market.enter(buy(350, at="10.00", by="AK1"))
    events = market.enter(buy(size, at="10.00", by="AK1", ioc=True))
    assert events[0] == Accepted(3, size, "10.00", dead=not trades)
    assert events[1:3] == (trade(3, 1, 150, "10.00", match=2, hidden=True) if trades else [])


@RESTING
def test_two_small_orders_do_not_meet_it_together(market):
    market.enter(hidden(Side.SELL, 500, "10.00", 300))
    market.enter(buy(150, at="10.00", by="AK1"))
    assert market.enter(buy(150, at="10.00", by="AK1")) == [Accepted(3, 150, "10.00")]
    assert market.open == {("IN1", 1): 500, ("AK1", 2): 150, ("AK1", 3): 150}


@RESTING
def test_an_order_that_is_passed_over_keeps_its_place(market):
    market.enter(hidden(Side.SELL, 300, "10.00", 300))
    market.enter(sell(300, at="10.00", hidden=True, by="AK1"))
    assert market.enter(buy(200, at="10.00", by="IN2"))[1:] == trade(3, 2, 200, "10.00", match=1, hidden=True)
    assert market.enter(buy(400, at="10.00", by="IN2"))[1:] == [
        *trade(4, 1, 300, "10.00", match=2, hidden=True),
        *trade(4, 2, 100, "10.00", match=3, hidden=True),
    ]


@RESTING
def test_a_better_price_is_passed_over_too(market):
    market.enter(hidden(Side.SELL, 300, "9.99", 300))
    market.enter(sell(100, at="10.00", by="AK1"))
    assert market.enter(buy(299, at="10.00", by="IN2", ioc=True))[1:] == [
        *trade(3, 2, 100, "10.00", match=1),
        Canceled(3, 199, CancelReason.IMMEDIATE_OR_CANCEL),
    ]
    assert market.enter(buy(300, at="10.00", by="IN2"))[1:] == trade(4, 1, 300, "9.99", match=2, hidden=True)


@RESTING
def test_two_resting_orders_that_cross_wait_for_others(market):
    """What rests is never matched with what rests: a cut of one does not make it fit the other either."""
    market.enter(hidden(Side.BUY, 300, "10.01", 300))
    market.enter(hidden(Side.SELL, 200, "10.00", 200, by="AK1"))
    assert market.cancel(1, to=100) == [Canceled(1, 200)]
    assert market.open == {("IN1", 1): 100, ("AK1", 2): 200}
    assert market.enter(sell(100, at="10.01", by="AK1"))[1:] == trade(3, 1, 100, "10.01", match=1, hidden=True)
    assert market.enter(buy(200, at="10.00", by="IN2"))[1:] == trade(4, 2, 200, "10.00", match=2, hidden=True)


@RESTING
def test_it_ends_when_its_time_is_up(market):
    market.enter(hidden(Side.BUY, 300, "10.01", 300, good_for=5))
    market.enter(sell(200, at="10.00", by="AK1"))
    assert market.wait(5) == [Canceled(1, 300, CancelReason.EXPIRED)]


# Changes.


@CHANGES
@pytest.mark.parametrize(("to", "least"), [(300, 300), (299, 299), (100, 100), (1, 1)])
def test_a_cut_below_the_minimum_cuts_the_minimum(market, to, least):
    market.enter(hidden(Side.SELL, 500, "10.00", 300))
    market.cancel(1, to=to)
    if least > 1:
        assert market.enter(buy(least - 1, at="10.00", by="AK1", ioc=True))[0].dead
    assert market.enter(buy(least, at="10.00", by="AK1"))[-1].liquidity is Liquidity.ADDED_HIDDEN


@CHANGES
def test_a_modified_order_keeps_its_minimum(market):
    market.enter(hidden(Side.SELL, 500, "10.00", 300))
    assert market.modify(1, side=Side.SELL_SHORT, to=400) == [Modified(1, 400, Side.SELL_SHORT)]
    assert market.enter(buy(299, at="10.00", by="AK1", ioc=True))[0].dead
    assert market.enter(buy(300, at="10.00", by="AK1"))[1:] == trade(3, 1, 300, "10.00", match=1, hidden=True)


@CHANGES
@pytest.mark.parametrize(("size", "taken"), [(299, False), (300, True)])
def test_a_replacement_s_minimum_is_at_most_the_size_of_the_chain(market, size, taken):
    market.enter(hidden(Side.SELL, 500, "10.00", 300))
    assert market.replace(1, hidden(Side.SELL, size, "10.00", 300)) == (
        [Replaced(2, 1, 300, "10.00")] if taken else [Canceled(1, 500)]
    )


@CHANGES
@pytest.mark.parametrize("rests", [True, False])
@pytest.mark.parametrize(("offered", "trades"), [(49, False), (50, True)])
def test_a_replacement_of_what_has_traded_asks_for_no_more_than_it_has_open(market, rests, offered, trades):
    """450 of 500 have executed: the minimum of 300 is one of 50 now, on entry as at rest."""
    market.enter(hidden(Side.BUY, 500, "10.00", 300))
    market.enter(sell(450, at="10.00", by="AK1"))
    market.enter(sell(offered, at="10.01", by="AK1"))
    make = hidden if rests else ioc
    events = market.replace(1, make(Side.BUY, 500, "10.01", 300))
    assert events[0] == Replaced(4, 1, 50, "10.01", dead=not trades and not rests)
    assert events[1:] == (trade(4, 3, 50, "10.01", match=2) if trades else [])


@CHANGES
def test_a_replacement_may_end_the_minimum_and_trades_at_once(market):
    market.enter(hidden(Side.BUY, 300, "10.00", 300))
    market.enter(sell(100, at="10.00", by="AK1"))
    assert market.replace(1, buy(300, at="10.00")) == [
        Replaced(3, 1, 300, "10.00"),
        *trade(3, 2, 100, "10.00", match=1),
    ]


@CHANGES
def test_it_is_there_again_after_a_restart(market):
    market.enter(hidden(Side.BUY, 300, "10.00", 300))
    market.enter(sell(100, at="10.00", by="AK1"))
    other = market.reloaded()
    for venue in (market, other):
        assert venue.enter(sell(299, at="10.00", by="AK1", ioc=True))[0].dead
        assert venue.enter(sell(300, at="10.00", by="AK1"))[1:] == trade(4, 1, 300, "10.00", match=1, hidden=True)
    assert market.state() == other.state()


@RESTING
def test_it_is_never_a_part_of_the_best_bid(market):
    market.enter(hidden(Side.BUY, 300, "10.00", 100))
    assert market.security().bid is None
