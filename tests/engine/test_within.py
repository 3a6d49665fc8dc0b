"""The quick answer: an order that is within every limit is one that no check refuses."""

from hypothesis import given
from hypothesis import strategies as st
from trading import Market
from words import MARKET, TICKS, buy, fat_finger, max_notional, max_shares, restricted, sell, symbol_entry

from engine.api import Cross
from engine.risk.eqrc import CHECKS, is_within

PRICES = st.sampled_from(["9.00", "9.90", "9.99", "10.00", "10.01", "10.10", "10.11", "11.00", "12.00"])
QUOTES = st.none() | PRICES
RULES = st.lists(
    st.one_of(
        st.builds(max_shares, st.sampled_from([0, 99, 100, 101, 1_000])),
        st.builds(max_notional, st.sampled_from([0, 999, 1_000, 1_001, 1_200, 2_000])),
        st.builds(restricted, st.sampled_from(["ZWZZT", "AMD"]), enabled=st.booleans()),
        st.builds(
            fat_finger,
            st.sampled_from(["0", "0.10", "1"]),
            st.sampled_from(["0", "1", "10"]),
            aggressive_only=st.booleans(),
            sweeps=st.booleans(),
            auction=st.booleans(),
        ),
    ),
    max_size=4,
)
ORDERS = st.builds(
    lambda side, *arguments, **details: side(*arguments, **details),
    st.sampled_from([buy, sell]),
    st.sampled_from([1, 99, 100, 101]),
    PRICES | st.just(MARKET),
    intermarket_sweep=st.booleans(),
    cross=st.sampled_from([Cross.CONTINUOUS, Cross.OPENING]),
)


@given(RULES, st.none() | PRICES, st.lists(st.tuples(QUOTES, QUOTES), min_size=1, max_size=3), st.lists(ORDERS))
def test_what_is_within_every_limit_is_refused_by_no_check(rules, close, quotes, orders):
    market = Market(*rules, symbols=[symbol_entry("ZWZZT", close, TICKS)])
    port = market.engine.ports["IN1"]
    scope = market.engine.scope(port, "ZWZZT")
    for bid, offer in quotes:
        market.prices(outside_bid=bid, outside_offer=offer)
        for ticket in orders:
            order = market.order(port, scope, ticket)
            refused = any(check(order) is not None for check in CHECKS)
            assert not (refused and is_within(order))


def test_an_ordinary_order_is_within():
    market = Market(max_shares(100), max_notional(1_000), fat_finger("1", "10"), restricted("AMD"))
    port = market.engine.ports["IN1"]
    scope = market.engine.scope(port, "ZWZZT")
    assert is_within(market.order(port, scope, buy(100, at="10.00")))
    assert is_within(market.order(port, scope, sell(99, at="10.10")))
    assert not is_within(market.order(port, scope, buy(101, at="9.00")))
    assert not is_within(market.order(port, market.engine.scope(port, "AMD"), buy(1, at="20.00")))
