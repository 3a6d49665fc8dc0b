"""The quick answer: an order that is within every limit is one that no check refuses."""

from hypothesis import given
from hypothesis import strategies as st
from trading import Market
from words import (
    MARKET,
    TICKS,
    buy,
    fat_finger,
    hard_to_borrow,
    located,
    market_impact,
    max_notional,
    max_shares,
    order_types,
    restricted,
    sell,
    short,
    short_exempt,
    symbol_entry,
    volume_percent,
)

from engine.api import Cross, Phase, TimeInForce
from engine.risk.eqrc import CHECKS, is_within

PRICES = st.sampled_from(["9.00", "9.90", "9.99", "10.00", "10.01", "10.10", "10.11", "11.00", "12.00"])
QUOTES = st.none() | PRICES
KINDS = [
    *("intermarket_sweep", "short_sale", "short_sale_exempt", "non_auction_market"),
    *("pre_market", "post_market", "ipo_market_buy"),
]
BANDS = st.sampled_from([(None, None), ("9.90", "10.10"), ("10.00", "10.00"), ("9.99", None)])
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
        st.builds(volume_percent, st.sampled_from(["0", "5", "10"]), st.sampled_from([None, 1_000])),
        st.builds(order_types, st.sampled_from(KINDS), st.sampled_from(KINDS)),
        st.builds(located, exempt=st.booleans()),
        st.builds(hard_to_borrow, st.sampled_from(["ZWZZT", "AMD"])),
        st.builds(market_impact),
    ),
    max_size=5,
)
ORDERS = st.builds(
    lambda side, *arguments, **details: side(*arguments, **details),
    st.sampled_from([buy, sell, short, short_exempt]),
    st.sampled_from([1, 99, 100, 101]),
    PRICES | st.just(MARKET),
    intermarket_sweep=st.booleans(),
    cross=st.sampled_from([Cross.CONTINUOUS, Cross.OPENING]),
    time_in_force=st.sampled_from([TimeInForce.DAY, TimeInForce.EXTENDED_HOURS]),
)
MOMENTS = st.tuples(
    QUOTES, QUOTES, BANDS, st.sampled_from([*[Phase.CONTINUOUS] * 3, Phase.PRE_MARKET, Phase.QUOTATION])
)


@given(RULES, st.none() | PRICES, st.lists(MOMENTS, min_size=1, max_size=3), st.lists(ORDERS))
def test_what_is_within_every_limit_is_refused_by_no_check(rules, close, moments, orders):
    market = Market(*rules, symbols=[symbol_entry("ZWZZT", close, TICKS, 1_000)])
    port = market.engine.ports["IN1"]
    scope = market.engine.scope(port, "ZWZZT")
    for bid, offer, (lower, upper), phase in moments:
        market.prices(outside_bid=bid, outside_offer=offer, luld_lower=lower, luld_upper=upper)
        market.phase(phase)
        market.engine.rule_book.settle(scope)
        for ticket in orders:
            order = market.order(port, scope, ticket)
            refused = any(check(order) is not None for check in CHECKS)
            assert not (refused and is_within(order))


def test_an_ordinary_order_is_within():
    rules = max_shares(100), max_notional(1_000), fat_finger("1", "10"), restricted("AMD")
    others = order_types(*KINDS), located("ABCD", exempt=True), hard_to_borrow("ZWZZT"), market_impact()
    market = Market(*rules, *others, volume_percent("5", 10_000))
    market.prices(luld_lower="9.00", luld_upper="11.00")
    port = market.engine.ports["IN1"]
    scope = market.engine.scope(port, "ZWZZT")
    market.engine.rule_book.settle(scope)
    assert is_within(market.order(port, scope, buy(100, at="10.00")))
    assert is_within(market.order(port, scope, sell(99, at="10.10")))
    assert not is_within(market.order(port, scope, buy(101, at="9.00")))
    assert not is_within(market.order(port, market.engine.scope(port, "AMD"), buy(1, at="20.00")))
