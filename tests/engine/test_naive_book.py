"""The engine held against a market that is too simple to be wrong, with every attribute that an order may have."""

from dataclasses import replace

import pytest
from hypothesis import given
from naive import NaiveMarket
from scripts import FIRMS, TRADERS, days
from scripts import trading as trading_actions
from trading import Market, label
from words import Rejected, whole


def without_figures(events):
    """Whole events, refusals by their reasons: the naive market has no figures."""
    return whole(replace(event, refusal=None) if isinstance(event, Rejected) else event for event in events)


def market_and_oracle():
    market = Market(ports=TRADERS)
    market.configure(ports=TRADERS, firms=FIRMS)
    firms = {name: (port.mpid, port.organization, port.affiliation) for name, port in market.engine.ports.items()}
    return market, NaiveMarket(market.now, firms)


@pytest.mark.section("Portcullis", "Price, display, time, and what an order asks besides")
@given(days(trading_actions(), 80))
def test_the_engine_trades_as_the_naive_market_does(actions):
    market, naive = market_and_oracle()
    for action in actions:
        mine, theirs = action.act(market, naive)
        assert without_figures(mine) == without_figures(theirs)
    assert {(order.port, order.key): order.open for order in naive.resting} == market.open
    assert {order.key: order.parts for order in naive.resting} == {
        order.key: [(found := market.find(order.key)).quantity, found.open - found.quantity] for order in naive.resting
    }
    assert all(market.find(order.key).cl_ord_id == label(order.key) for order in naive.resting)
