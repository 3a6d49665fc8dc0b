"""Which level's limit wins, and which check speaks first."""

from itertools import combinations

import pytest
from trading import Market
from words import (
    Rejected,
    buy,
    duplicates,
    fat_finger,
    hard_to_borrow,
    located,
    market_impact,
    max_notional,
    max_shares,
    message_rate,
    order_types,
    restricted,
    symbol_rate,
    ticket,
    volume_percent,
)

from engine.api import Cross, Reject, Side, TimeInForce
from engine.risk import eqrc

FAT_FINGER = pytest.mark.section("EQRC", "3.1.13 Fat finger")
LEVELS = pytest.mark.section("EQRC", "3.1 The most restrictive level wins")
ORDER = pytest.mark.section("EQRC", "3.1 Order of evaluation")


def verdict(market, ticket):
    """Why the order is refused, None when it is not."""
    event = market.enter(ticket)[0]
    return event.reason if isinstance(event, Rejected) else None


# Levels.


@LEVELS
@pytest.mark.parametrize("rules", [[100, 200], [200, 100]], ids=str)
@pytest.mark.parametrize("port_first", [True, False])
def test_the_tightest_of_mpid_and_port_wins(rules, port_first):
    first, second = ("IN1", None) if port_first else (None, "IN1")
    market = Market(max_shares(rules[0], name="one", port=first), max_shares(rules[1], name="two", port=second))
    assert verdict(market, buy(101, at="10.00")) == Reject.MAXIMUM_SHARES
    assert (market.refusal.limit, market.refusal.rule) == (100, "one" if rules[0] == 100 else "two")
    assert verdict(market, buy(100, at="10.00")) is None
    mpid_limit = rules[1] if port_first else rules[0]
    assert verdict(market, buy(mpid_limit, at="10.00", by="IN2")) is None
    assert verdict(market, buy(mpid_limit + 1, at="10.00", by="IN2")) == Reject.MAXIMUM_SHARES


@LEVELS
def test_each_limit_is_the_tightest_of_its_own():
    market = Market(
        max_shares(100, port="IN1"),
        max_shares(200),
        max_notional(5_000, port="IN1"),
        max_notional(1_000),
        max_notional(3_000, name="third"),
    )
    assert verdict(market, buy(101, at="1.00")) == Reject.MAXIMUM_SHARES
    assert verdict(market, buy(100, at="10.01")) == Reject.MAXIMUM_NOTIONAL
    assert verdict(market, buy(100, at="10.00")) is None


@LEVELS
@pytest.mark.parametrize("port_first", [True, False])
def test_an_order_must_pass_the_fat_finger_of_every_level(port_first):
    ports = ("IN1", None) if port_first else (None, "IN1")
    market = Market(fat_finger("2", "0", name="wide", port=ports[0]), fat_finger("1", "0", name="tight", port=ports[1]))
    market.prices(outside_offer="20.00")
    assert verdict(market, buy(100, at="21.00")) is None
    assert verdict(market, buy(100, at="21.01")) == Reject.FAT_FINGER
    assert market.refusal.rule == "tight"


@LEVELS
def test_a_level_that_excludes_sweeps_does_not_excuse_them_from_another():
    market = Market(fat_finger("1", "0", sweeps=False), fat_finger("2", "0", name="two", port="IN1"))
    assert verdict(market, buy(100, at="11.50", intermarket_sweep=True)) is None
    assert verdict(market, buy(100, at="12.01", intermarket_sweep=True)) == Reject.FAT_FINGER


@LEVELS
def test_restricted_on_any_level_is_restricted():
    market = Market(restricted("AMD", enabled=False), restricted("AMD", name="port", port="IN1"))
    assert verdict(market, buy(1, at="20.00", symbol="AMD")) == Reject.RESTRICTED_STOCK
    assert verdict(market, buy(1, at="20.00", symbol="AMD", by="IN2")) is None


@LEVELS
@pytest.mark.parametrize(
    ("scope", "held"),
    [
        ({}, ["IN1", "IN2"]),
        ({"port": "IN2"}, ["IN2"]),
        ({"exchange": "BX"}, ["INB"]),
        ({"exchange": "PSX"}, ["INP"]),
        ({"exchange": "ROUTED"}, []),
        ({"mpid": "AKAM"}, ["AK1"]),
        ({"mpid": "AKAM", "port": "IN1"}, []),
        ({"mpid": "NONE"}, []),
        ({"symbols": ("ZWZZT",)}, ["IN1", "IN2"]),
        ({"symbols": ("AMD",)}, []),
    ],
    ids=str,
)
def test_a_rule_holds_for_its_exchange_mpid_port_and_symbols_only(scope, held):
    market = Market(max_shares(100, **scope))
    ports = ("IN1", "IN2", "INB", "INP", "AK1", "AKB", "AKP")
    refused = [port for port in ports if verdict(market, buy(101, at="1.00", by=port)) is not None]
    assert refused == held


@LEVELS
def test_a_scope_that_no_rule_names_meets_no_check():
    market = Market(max_shares(100, symbols=("AMD",)))
    port = market.engine.ports["IN1"]
    assert market.engine.scope(port, "ZWZZT").limits.armed == ()
    assert market.engine.scope(port, "AMD").limits.armed == (eqrc.maximum_shares,)


# Order of evaluation. The order is 1,000 at 12.00 in AMD, whose previous close is 10.00; each hindrance refuses it.


def hinder_halted(market):
    market.halt("AMD")


def hinder_storage(market):
    market.storage(low=True)


def hinder_disabled(market):
    market.set_entry("IN1", enabled=False)


SHORT = {"side": Side.SELL_SHORT}
PRECEDENCE = [
    (Reject.INVALID_QUANTITY, {"ticket": {"quantity": 1_000_000}}),
    (Reject.INVALID_TICK, {"ticket": {"at": "12.001"}}),
    (Reject.INVALID_CROSS, {"ticket": {"cross": Cross.SUPPLEMENTAL}}),
    (Reject.INVALID_MAX_FLOOR, {"ticket": {"random_reserve": 1}}),
    (Reject.HALTED, {"act": hinder_halted}),
    (Reject.LOW_DISK_SPACE, {"act": hinder_storage}),
    (Reject.AFTER_HOURS_CLOSED, {"ticket": {"time_in_force": TimeInForce.AFTER_HOURS}}),
    (Reject.ENTRY_DISABLED, {"act": hinder_disabled}),
    (Reject.PORT_MESSAGE_RATE, {"rule": message_rate(0)}),
    (Reject.SYMBOL_MESSAGE_RATE, {"rule": symbol_rate(0)}),
    (Reject.DUPLICATE_ORDER, {"rule": duplicates(0)}),
    (Reject.RESTRICTED_STOCK, {"rule": restricted("AMD")}),
    (Reject.HARD_TO_BORROW, {"rule": hard_to_borrow("AMD"), "ticket": SHORT}),
    (
        Reject.INTERMARKET_SWEEP_NOT_ALLOWED,
        {"rule": order_types("intermarket_sweep"), "ticket": {"intermarket_sweep": True}},
    ),
    (Reject.SHORT_SALE_NOT_ALLOWED, {"rule": order_types("short_sale", name="short"), "ticket": SHORT}),
    (Reject.LOCATE_REQUIRED, {"rule": located(), "ticket": SHORT}),
    (Reject.MAXIMUM_SHARES, {"rule": max_shares(999)}),
    (Reject.MAXIMUM_NOTIONAL, {"rule": max_notional(11_000)}),
    (Reject.AVERAGE_DAILY_VOLUME, {"rule": volume_percent("5", 19_999)}),
    (Reject.FAT_FINGER, {"rule": fat_finger("1.99", "0")}),
    (Reject.MARKET_IMPACT, {"rule": market_impact()}),
]


def hindered(*hindrances):
    market = Market(*(how["rule"] for how in hindrances if "rule" in how))
    market.prices("AMD", previous_close="10.00", luld_upper="11.99", luld_lower="12.01")
    for how in hindrances:
        how.get("act", lambda _: None)(market)
    terms = {"quantity": 1_000, "at": "12.00", "symbol": "AMD"}
    for how in reversed(hindrances):
        terms |= how.get("ticket", {})
    return verdict(market, ticket(terms.pop("side", Side.BUY), **terms))


@ORDER
def test_the_order_passes_without_hindrance():
    assert hindered() is None


@ORDER
@pytest.mark.parametrize(("reason", "how"), PRECEDENCE, ids=lambda value: getattr(value, "name", ""))
def test_each_hindrance_refuses_it_alone(reason, how):
    assert hindered(how) == reason


@ORDER
@pytest.mark.parametrize(
    ("first", "second"), list(combinations(PRECEDENCE, 2)), ids=lambda hindrance: hindrance[0].name
)
@pytest.mark.parametrize("turned", [False, True])
def test_of_two_hindrances_the_earlier_gives_the_reason(first, second, turned):
    pair = (second[1], first[1]) if turned and "ticket" not in second[1] else (first[1], second[1])
    assert hindered(*pair) == first[0]


@ORDER
def test_an_unknown_symbol_comes_before_the_port_and_its_rate():
    market = Market(message_rate(0))
    market.set_entry("IN1", enabled=False)
    assert verdict(market, buy(100, at="10.00", symbol="NOPE")) == Reject.INVALID_SYMBOL


@ORDER
def test_a_refused_order_leaves_no_trace_but_the_count_of_its_breach():
    market = Market(restricted("AMD"), max_shares(100), max_notional(1_000), fat_finger("1", "0"))
    before = market.state()
    for order in (
        buy(1, at="20.00", symbol="AMD"),
        buy(101, at="10.00"),
        buy(100, at="10.01"),
        buy(1, at="11.01"),
    ):
        assert verdict(market, order) is not None
        assert market.engine.rules.diary.breaches
        market.engine.rules.diary.breaches.clear()
        assert market.state() == before
