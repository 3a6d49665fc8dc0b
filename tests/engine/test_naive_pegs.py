"""The engine's pegs held against a market that is too simple to be wrong, and against a snapshot of themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_pegs import NaivePegs
from scripts import action, days, weighted
from trading import Market
from words import MARKET, ticket

from engine.api import PriceType, Side

PRICES = [f"{cents / 100:.2f}" for cents in range(995, 1006)]
KINDS = [PriceType.PRIMARY_PEG, PriceType.MARKET_PEG, PriceType.MIDPOINT_PEG, PriceType.MIDPOINT]
MIDPOINTS = (PriceType.MIDPOINT_PEG, PriceType.MIDPOINT)
SIZES = st.sampled_from([10, 30, 100])
SIDES = st.sampled_from([Side.BUY, Side.SELL])


@st.composite
def limits(draw):
    at, hidden, ioc = draw(st.sampled_from([*PRICES, MARKET])), draw(st.booleans()), draw(st.integers(0, 4))
    return ticket(draw(SIDES), draw(SIZES), at, hidden=hidden and ioc > 0, ioc=not ioc)


@st.composite
def pegs(draw):
    kind, at = draw(st.sampled_from(KINDS)), draw(st.sampled_from([*PRICES, MARKET, MARKET, MARKET]))
    offset = draw(st.sampled_from([0, 0, 0, -100, 100, -200, 50]))
    hidden = kind in MIDPOINTS or draw(st.booleans())
    ioc = draw(st.integers(0, 9)) == 0
    how = {"hidden": hidden, "ioc": ioc}
    return ticket(draw(SIDES), draw(SIZES), at, price_type=kind, peg_offset=offset, **how)


QUOTES = st.sampled_from([*PRICES, None, None])
TRADING = weighted(
    limit=(6, action("enter", limits())),
    peg=(5, action("enter", pegs())),
    cancel=(3, action("cancel", pick=st.integers(0, 1_000), to=st.just(0))),
    bid=(1, action("prices", st.just("ZWZZT"), outside_bid=QUOTES)),
    offer=(1, action("prices", st.just("ZWZZT"), outside_offer=QUOTES)),
)


@pytest.mark.section("OUCH 5.0", "6.10 PriceType")
@given(days(TRADING, 40))
def test_pegs_move_and_trade_as_in_the_naive_market(actions):
    market, naive = Market(), NaivePegs()
    for one in actions:
        mine, theirs = one.act(market, naive)
        assert mine == theirs
    assert {order.key: order.quantity for order in naive.orders} == {
        key: left for (_, key), left in market.open.items()
    }


@pytest.mark.section("Portcullis", "Snapshots")
@given(before=days(TRADING, 30), after=days(TRADING, 10))
def test_pegs_go_on_from_a_snapshot_as_they_were(before, after):
    market = Market()
    for one in before:
        one.act(market)
    other = market.reloaded()
    for one in after:
        mine, theirs = one.act(market, other)
        assert mine == theirs
        assert other.state() == market.state()
