"""Discretion: how far beyond its price an order trades, with whom, and at which price."""

import pytest
from trading import Market
from words import MARKET, Accepted, Canceled, Executed, Rejected, accepted, buy, sell, trade

from engine.api import CancelReason, PriceType, Reject, SelfMatchAction, SelfMatchLevel, SelfMatchPrevention

pytestmark = pytest.mark.section("OUCH 5.0", "5 Options: discretion")

PRIMARY, MARKET_PEG, MIDPOINT = PriceType.PRIMARY_PEG, PriceType.MARKET_PEG, PriceType.MIDPOINT_PEG


def resting(*tickets):
    market = Market()
    for ticket in tickets:
        market.enter(ticket)
    return market


def test_an_order_that_enters_takes_what_its_discretion_reaches_and_rests_at_its_price():
    market = resting(sell(50, at="10.03", by="AK1"), sell(50, at="10.06", by="AK1"))
    ticket = buy(100, at="10.00", discretion_price=100_500)
    assert market.enter(ticket) == [accepted(3, ticket), *trade(3, 1, 50, "10.03", 1)]
    assert market.find(3).price == 100_000


def test_an_order_that_comes_within_the_discretion_of_another_trades_at_its_own_price():
    market = resting(buy(100, at="10.00", discretion_price=100_500))
    assert market.enter(sell(30, at="10.06", by="AK1"))[1:] == []
    assert market.enter(sell(30, at="10.05", by="AK1"))[1:] == trade(3, 1, 30, "10.05", 1)
    assert market.enter(sell(30, at="10.02", by="AK1", ioc=True))[1:] == trade(4, 1, 30, "10.02", 2)
    assert market.enter(sell(30, at="9.99", by="AK1"))[1:] == trade(5, 1, 30, "10.00", 3)


def test_discretion_comes_behind_all_who_stand_at_a_price_by_age():
    market = resting(
        buy(100, at="10.00", discretion_price=100_500),
        buy(100, at="10.01", discretion_price=100_500),
        buy(100, at="10.04"),
    )
    assert market.enter(sell(250, at="10.04", by="AK1"))[1:] == [
        *trade(4, 3, 100, "10.04", 1),
        *trade(4, 1, 100, "10.04", 2),
        *trade(4, 2, 50, "10.04", 3),
    ]


def test_of_two_discretions_the_incoming_one_gives_no_more_than_it_needs_to():
    market = resting(buy(100, at="10.00", discretion_price=100_400))
    ticket = sell(100, at="10.06", discretion_price=100_200, by="AK1")
    assert market.enter(ticket)[1:] == trade(2, 1, 100, "10.04", 1)
    market = resting(buy(100, at="10.00", discretion_price=100_700))
    assert market.enter(ticket)[1:] == trade(2, 1, 100, "10.06", 1)


def test_an_immediate_order_lives_on_its_discretion():
    market = resting(sell(50, at="10.03", by="AK1"))
    ticket = buy(100, at="10.00", discretion_price=100_500, ioc=True)
    assert market.enter(ticket) == [
        accepted(2, ticket),
        *trade(2, 1, 50, "10.03", 1),
        Canceled(2, 50, CancelReason.IMMEDIATE_OR_CANCEL),
    ]
    assert market.enter(ticket) == [accepted(3, ticket, dead=True)]


@pytest.mark.parametrize(
    ("kind", "offset", "limit", "at"),
    [
        (MARKET_PEG, -100, 0, "10.09"),
        (MARKET_PEG, -300, 0, "10.07"),
        (MARKET_PEG, -100, 100_800, "10.08"),
        (MIDPOINT, 0, 0, "10.05"),
        (PRIMARY, 200, 0, "10.02"),
        (PRIMARY, 250, 0, "10.02"),
    ],
    ids=repr,
)
def test_discretion_may_follow_a_quote(kind, offset, limit, at):
    market = resting(buy(10, at="10.00", by="AK1"), sell(10, at="10.10", by="AK1"))
    market.enter(buy(100, at="9.95", discretion_price_type=kind, discretion_peg_offset=offset, discretion_price=limit))
    better = sell(10, at=at, by="AK1", hidden=True, ioc=True)
    assert market.enter(better)[1:] == trade(4, 3, 10, at, 1)
    beyond = sell(10, at=f"{float(at) + 0.01:.2f}", by="AK1", ioc=True)
    assert market.enter(beyond) == [accepted(5, beyond, dead=True)]


def test_discretion_without_a_quote_to_follow_is_none():
    market = resting(buy(100, at="10.00", discretion_price_type=MARKET_PEG))
    assert market.enter(sell(10, at="10.01", by="AK1"))[1:] == []


def test_a_peg_may_have_discretion_too():
    market = resting(buy(10, at="10.00", by="AK1"), buy(100, at=MARKET, price_type=PRIMARY, discretion_price=100_500))
    market.enter(buy(10, at="10.02", by="AK1"))
    assert market.find(2).price == 100_200
    assert market.enter(sell(10, at="10.05", by="AK1"))[1:] == trade(4, 2, 10, "10.05", 1)


def test_conditions_hold_for_discretion_too():
    prevention = SelfMatchPrevention(SelfMatchLevel.FIRM, SelfMatchAction.CANCEL_NEWEST, details=False)
    market = resting(
        buy(
            300,
            at="10.00",
            discretion_price=100_500,
            minimum_quantity=200,
            hidden=True,
            self_match_prevention=prevention,
        )
    )
    assert market.enter(sell(100, at="10.03", by="AK1", ioc=True))[0] == Accepted(2, 100, "10.03", dead=True)
    events = market.enter(sell(200, at="10.03", by="IN2"))
    assert not [event for event in events if isinstance(event, Executed)]
    assert market.enter(sell(200, at="10.03", by="AK1"))[1:] == trade(4, 1, 200, "10.03", 1, hidden=True)


def test_discretion_goes_on_from_a_snapshot():
    market = resting(
        buy(100, at="10.00", discretion_price=100_500),
        buy(100, at="10.01", discretion_price=100_500),
        buy(100, at="9.99", discretion_price=100_500),
    )
    market.replace(1, buy(100, at="10.00", discretion_price=100_500))
    other = market.reloaded()
    assert other.state() == market.state()
    assert other.enter(sell(250, at="10.05", by="AK1")) == market.enter(sell(250, at="10.05", by="AK1"))
    assert other.state() == market.state()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"discretion_peg_offset": 1}, Reject.INVALID_PRICE_TYPE),
        ({"discretion_price": 100_550}, Reject.INVALID_PRICE),
        ({"discretion_price": 2_000_000_000}, Reject.INVALID_PRICE),
        ({"discretion_price": 100_500, "post_only": True}, Reject.DISCRETION_NOT_SERVED),
        ({"discretion_price": 100_500, "max_floor": 100}, Reject.DISCRETION_NOT_SERVED),
        ({"discretion_price": 100_500, "route": b"SCAN"}, Reject.DISCRETION_NOT_SERVED),
    ],
    ids=str,
)
def test_discretion_that_cannot_be_is_refused(how, reason):
    assert Market().enter(buy(100, at="10.00", **how)) == [Rejected(reason)]
