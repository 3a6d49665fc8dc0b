"""The cost of risk rules, counted in calls and folds: of a change, and of an order that all of them let pass."""

from pathlib import Path

import pytest
from test_cost import calls
from trading import Market
from words import (
    TOMORROW,
    buy,
    duplicates,
    fat_finger,
    gross_exposure,
    hard_to_borrow,
    located,
    market_impact,
    max_notional,
    max_shares,
    message_rate,
    order_types,
    restricted,
    sell,
    symbol_rate,
    volume_percent,
)

import engine.book
from engine.api import CreateRule, DeleteRule, PortEntry, RegisterGroups, UpdateRule

pytestmark = [
    pytest.mark.section("EQRC", "3.1 Cost"),
    pytest.mark.skipif(Path(engine.book.__file__).suffix != ".py", reason="calls of compiled code cannot be counted"),
]
KINDS = (
    *("intermarket_sweep", "short_sale", "short_sale_exempt", "non_auction_market"),
    *("pre_market", "post_market", "ipo_market_buy"),
)
FAR = (10**9, 10**10, 10**11)


def controls(port):
    """All nineteen controls of a port, none of which an ordinary order meets."""
    amounts = {"open": FAR, "executed": FAR, "notional": FAR}
    return [
        max_shares(900_000, f"shares-{port}", port=port),
        max_notional(900_000_000, f"notional-{port}", port=port),
        volume_percent("200", 10_000_000, f"adv-{port}", port=port),
        order_types(*KINDS, name=f"types-{port}", port=port),
        located("ABCD", name=f"located-{port}", port=port),
        restricted("AMD", name=f"restricted-{port}", port=port),
        hard_to_borrow("AMD", name=f"hard-{port}", port=port),
        market_impact(f"impact-{port}", port=port),
        fat_finger("50", "90", name=f"fat-{port}", port=port),
        duplicates(900_000, name=f"same-{port}", port=port),
        symbol_rate(900_000, name=f"symbol-{port}", port=port),
        message_rate(900_000, name=f"rate-{port}", port=port),
        gross_exposure(f"exposure-{port}", port=port, **amounts),
    ]


def ruled(count):
    """A firm of so many ports with all controls each, every one of which has traded in two symbols."""
    names = [f"P{number:04d}" for number in range(count)]
    market = Market(ports=tuple(PortEntry(name, "INET", "nasdaq", "ouch-us") for name in names), audited=False)
    for name in names:
        for rule in controls(name):
            market.do(CreateRule(rule))
    market.do(CreateRule(max_shares(900_001, "firm")))
    market.next_day(TOMORROW)
    trade(market, names)
    return market, names


def trade(market, names):
    for name in names:
        market.enter(buy(1, at="9.00", by=name))
        market.enter(buy(1, at="190.00", symbol="AAPL", by=name))


@pytest.fixture(scope="module")
def sizes():
    return ruled(5), ruled(50)


@pytest.mark.parametrize(
    "change",
    [
        lambda: UpdateRule("shares-P0001", {"limit": 800_000}),
        lambda: UpdateRule("rate-P0001", {"max_port_messages": 800_000}),
        lambda: UpdateRule("exposure-P0001", {"open_watch": 5}),
        lambda: UpdateRule("fat-P0001", {"aggressive_only": True}),
        lambda: UpdateRule("hard-P0001", symbols=("AAPL",)),
        lambda: DeleteRule("notional-P0002", next_day=False),
    ],
)
def test_to_change_a_port_s_rule_costs_no_more_where_others_have_more_rules(sizes, change):
    few, many = (calls(lambda market=market: market.do(change())) for market, _ in sizes)
    assert many <= few + 3 * 50, "but for a look at the other ports: whose are they?"


def test_to_register_groups_takes_one_look_at_each_order_however_many_groups_there_are():
    cost = {}
    for orders in (0, 200):
        for groups in (1, 40):
            market = Market(audited=False)
            for number in range(orders):
                market.enter(buy(1, at="9.00", group_id=number % 50))
            command = RegisterGroups("INET", tuple(range(1, groups + 1)))
            cost[orders, groups] = calls(lambda market=market, command=command: market.do(command))
    one, many = (cost[200, groups] - cost[0, groups] for groups in (1, 40))
    assert many == one > 0


def test_a_change_for_the_firm_folds_nothing_before_the_next_order(sizes):
    market, names = sizes[1]
    book = market.engine.rule_book
    trade(market, names)
    before = book.folds
    market.do(UpdateRule("firm", {"limit": 800_002}))
    assert book.folds == before
    market.enter(buy(1, at="9.00", by=names[0]))
    assert book.folds == before + 1
    trade(market, names)
    assert book.folds == before + 2 * len(names)
    assert len(book.spent) <= len(names), "limits that are gone are let go of as others are made"


def test_an_ordinary_order_under_all_controls_is_asked_once_whether_it_is_within():
    few = Market(audited=False)
    many, _ = ruled(1)
    for market, by in ((few, "IN1"), (many, "P0000")):
        market.enter(sell(1, at="20.00", by=by))
        market.enter(buy(1, at="9.00", by=by))
    plain = calls(lambda: few.enter(buy(2, at="9.01")))
    ruled_calls = calls(lambda: many.enter(buy(2, at="9.01", by="P0000")))
    assert ruled_calls - plain <= 40
