"""What is wrong with an order whatever the market does: quantities, prices, ticks, attributes."""

from itertools import combinations

import pytest
from trading import Market
from words import MARKET, Accepted, Rejected, buy, sell, symbol_entry

from engine.api import Cross, PriceType, Reject, SelfMatchAction, SelfMatchLevel, SelfMatchPrevention, TimeInForce
from engine.phases import US_CROSSES

EDGES = pytest.mark.section("OUCH 5.0", "2.1 Data types")
ATTRIBUTES = pytest.mark.section("OUCH 5.0", "5 Options: what is served")
SUB_PENNY = pytest.mark.section("OUCH 5.0", "2.6 Sub-penny prices")


def verdict(market, ticket):
    [event] = market.enter(ticket)
    return event.reason if isinstance(event, Rejected) else None


@EDGES
@pytest.mark.parametrize(
    ("quantity", "reason"),
    [
        (-1, Reject.INVALID_QUANTITY),
        (0, Reject.INVALID_QUANTITY),
        (1, None),
        (999_999, None),
        (1_000_000, Reject.INVALID_QUANTITY),
        (0x7FFF_FFFF, Reject.INVALID_QUANTITY),
        (0x8000_0000, Reject.INVALID_QUANTITY),
        (2**32 - 1, Reject.INVALID_QUANTITY),
        (2**63, Reject.INVALID_QUANTITY),
    ],
)
def test_quantity(market, quantity, reason):
    assert verdict(market, buy(quantity, at="10.00")) == reason


@EDGES
@pytest.mark.parametrize("make", [buy, sell])
@pytest.mark.parametrize(
    ("price", "reason"),
    [
        (-1, Reject.INVALID_PRICE),
        (0, Reject.INVALID_PRICE),
        (1, None),
        (1_999_999_800, None),
        (1_999_999_899, Reject.INVALID_TICK),
        (1_999_999_900, None),
        (1_999_999_901, Reject.INVALID_PRICE),
        (1_999_999_999, Reject.INVALID_PRICE),
        (2_000_000_000, None),
        (2_000_000_001, Reject.INVALID_PRICE),
        (0x7FFF_FFFE, Reject.INVALID_PRICE),
        (0x7FFF_FFFF, None),
        (0x8000_0000, Reject.INVALID_PRICE),
        (2**32 - 1, Reject.INVALID_PRICE),
        (2**63 - 1, Reject.INVALID_PRICE),
        (2**63, Reject.INVALID_PRICE),
        (2**64 - 1, Reject.INVALID_PRICE),
    ],
)
def test_price(market, make, price, reason):
    assert verdict(market, make(100, at=price)) == reason


@EDGES
def test_the_largest_order_at_the_highest_price_trades(market):
    market.enter(sell(999_999, at=1_999_999_900))
    accepted, took, gave = market.enter(buy(999_999, at=1_999_999_900))
    assert (took.quantity, gave.quantity, took.at) == (999_999, 999_999, "199999.99")
    assert accepted == Accepted(2, 999_999, "199999.99")


@SUB_PENNY
@pytest.mark.parametrize(
    ("price", "reason"),
    [
        ("0.0001", None),
        ("0.9999", None),
        ("1.00", None),
        ("1.0001", Reject.INVALID_TICK),
        ("1.0099", Reject.INVALID_TICK),
        ("1.01", None),
        ("10.005", Reject.INVALID_TICK),
        ("199999.9899", Reject.INVALID_TICK),
    ],
)
def test_cents_from_one_dollar_up_and_hundredths_of_a_cent_below(market, price, reason):
    assert verdict(market, buy(100, at=price)) == reason


@SUB_PENNY
@pytest.mark.parametrize(
    ("price", "reason"),
    [
        (4_999, Reject.INVALID_TICK),
        (5_000, None),
        (5_010, None),
        (5_005, Reject.INVALID_TICK),
        (99_990, None),
        (100_000, None),
        (100_010, Reject.INVALID_TICK),
        (100_500, None),
        (MARKET, None),
    ],
)
def test_each_symbol_has_a_tick_table_of_its_own(price, reason):
    market = Market(symbols=(symbol_entry("ODD", ticks_table=((100_000, 500), (5_000, 10))),))
    assert verdict(market, buy(100, at=price, symbol="ODD")) == reason


@EDGES
def test_a_symbol_that_the_market_does_not_have(market):
    assert verdict(market, buy(100, at="10.00", symbol="NOPE")) == Reject.INVALID_SYMBOL


@ATTRIBUTES
@pytest.mark.parametrize(
    ("attribute", "reason"),
    [
        ({"firm": b"AKAM"}, Reject.FIRM_NOT_AUTHORIZED),
        ({"firm": b"\xff"}, Reject.FIRM_NOT_AUTHORIZED),
        ({"firm": b"INET"}, None),
        ({"minimum_quantity": 100}, Reject.INVALID_MINIMUM_QUANTITY),
        ({"random_reserve": 100}, Reject.INVALID_MAX_FLOOR),
        ({"price_type": PriceType.MARKET_MAKER_PEG}, Reject.PEGGING_NOT_SERVED),
        ({"peg_offset": 100}, Reject.INVALID_PRICE_TYPE),
        ({"peg_offset": -100}, Reject.INVALID_PRICE_TYPE),
        ({"discretion_price": 10_000}, None),
        ({"discretion_peg_offset": -1}, Reject.INVALID_PRICE_TYPE),
        ({"discretion_price_type": PriceType.PRIMARY_PEG}, None),
        ({"minimum_quantity": 100, "hidden": True}, None),
        ({"max_floor": 100}, None),
        ({"max_floor": 100, "hidden": True}, Reject.INVALID_MAX_FLOOR),
        ({"self_match_prevention": SelfMatchPrevention(SelfMatchLevel.FIRM, SelfMatchAction.CANCEL_OLDEST)}, None),
        ({"self_match_group": b"AB"}, None),
        ({"handling_instruction": True}, Reject.INVALID_CROSS),
        ({"route": b"SCAN"}, Reject.ROUTING_NOT_SERVED),
        ({"post_only": True}, None),
        ({"group_id": 65_535}, None),
        ({"shares_located": True, "locate_broker": b"BRKR"}, None),
        ({"options": {24: 7, 26: b"BRKR"}}, None),
    ],
    ids=str,
)
def test_an_attribute_is_served_or_refused_with_its_own_reason(market, attribute, reason):
    assert verdict(market, sell(100, at="10.00", **attribute)) == reason


@ATTRIBUTES
@pytest.mark.parametrize("cross", [cross for cross in Cross if cross not in {Cross.CONTINUOUS, *US_CROSSES}])
def test_other_crosses_are_not_served(market, cross):
    reason = Reject.RETAIL_NOT_SERVED if cross == Cross.RETAIL else Reject.INVALID_CROSS
    assert verdict(market, buy(100, at="10.00", cross=cross)) == reason


@ATTRIBUTES
@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(0, Reject.INVALID_EXPIRE_TIME), (1, None), (86_399, None), (86_400, Reject.INVALID_EXPIRE_TIME)],
)
def test_good_till_time_needs_a_life_of_less_than_a_day(market, seconds, reason):
    assert verdict(market, buy(100, at="10.00", good_for=seconds)) == reason


@ATTRIBUTES
def test_good_till_time_without_any_attribute_has_no_life(market):
    order = buy(100, at="10.00", time_in_force=TimeInForce.GOOD_TILL_TIME)
    assert verdict(market, order) == Reject.INVALID_EXPIRE_TIME


@ATTRIBUTES
def test_a_refused_order_leaves_no_trace(market):
    before = market.state()
    for order in (
        buy(0, at="10.00"),
        buy(1, at=0),
        buy(1, at="1.001"),
        buy(1, at="1.00", max_floor=1, random_reserve=1),
    ):
        assert verdict(market, order) is not None
        assert market.state() == before


PRECEDENCE = [
    (Reject.INVALID_QUANTITY, {"quantity": 1_000_000}),
    (Reject.INVALID_PRICE, {"at": 2_000_000_001}),
    (Reject.INVALID_TICK, {"at": "12.3456"}),
    (Reject.INVALID_CROSS, {"cross": Cross.SUPPLEMENTAL}),
    (Reject.FIRM_NOT_AUTHORIZED, {"firm": b"AKAM"}),
    (Reject.INVALID_PRICE_TYPE, {"peg_offset": 1}),
    (Reject.DISCRETION_NOT_SERVED, {"discretion_price": 100, "max_floor": 1}),
    (Reject.INVALID_MINIMUM_QUANTITY, {"minimum_quantity": 1}),
    (Reject.INVALID_MAX_FLOOR, {"random_reserve": 1}),
    (Reject.ROUTING_NOT_SERVED, {"route": b"SCAN"}),
    (Reject.INVALID_EXPIRE_TIME, {"expire_time": 86_400}),
]


@pytest.mark.section("Portcullis", "An order's own details: quantity, price, terms, attributes")
@pytest.mark.parametrize(("first", "second"), list(combinations(PRECEDENCE, 2)), ids=str)
def test_of_two_faults_the_earlier_gives_the_reason(market, first, second):
    faults = {"quantity": 100, "at": "10.00"} | second[1] | first[1]
    assert verdict(market, buy(**faults)) == first[0]
