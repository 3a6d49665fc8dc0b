"""The US risk checks: every boundary, which level wins, which check speaks first, and the figures it gives."""

from itertools import combinations

import pytest
from trading import (
    MARKET,
    Accepted,
    Market,
    Rejected,
    Replaced,
    buy,
    fat_finger,
    max_notional,
    max_shares,
    message_rate,
    restricted,
    sell,
    short,
    short_exempt,
    ticks,
)

from engine.api import (
    MARKET_PRICE_ALTERNATIVE,
    PRICE_SCALE,
    Cross,
    Order,
    Refusal,
    Reject,
    TimeInForce,
)
from engine.risk import eqrc

SHARES = pytest.mark.section("EQRC", "3.1.2 Maximum shares per order")
NOTIONAL = pytest.mark.section("EQRC", "3.1.1 Maximum notional value per order")
RESTRICTED = pytest.mark.section("EQRC", "3.1.9 Restricted stock list")
FAT_FINGER = pytest.mark.section("EQRC", "3.1.13 Fat finger")
LEVELS = pytest.mark.section("EQRC", "3.1 The most restrictive level wins")
ORDER = pytest.mark.section("EQRC", "3.1 Order of evaluation")
NBBO = pytest.mark.section("Portcullis", "National best bid and offer")


def verdict(market, ticket):
    """Why the order is refused, None when it is not."""
    event = market.enter(ticket)[0]
    return event.reason if isinstance(event, Rejected) else None


# Maximum shares.


@SHARES
@pytest.mark.parametrize(
    ("limit", "quantity", "refused"),
    [
        (500_000, 499_999, False),
        (500_000, 500_000, False),
        (500_000, 500_001, True),
        (0, 1, True),
        (1, 1, False),
        (1, 2, True),
        (999_998, 999_998, False),
        (999_998, 999_999, True),
        (999_999, 999_999, False),
        (None, 999_999, False),
    ],
)
@pytest.mark.parametrize("make", [buy, sell, short, short_exempt])
def test_maximum_shares(limit, quantity, refused, make):
    market = Market(*([] if limit is None else [max_shares(limit)]))
    assert verdict(market, make(quantity, at="10.00")) == (Reject.MAXIMUM_SHARES if refused else None)


@SHARES
@pytest.mark.parametrize("how", [{"at": MARKET}, {"at": "10.00", "ioc": True}, {"at": "10.00", "hidden": True}])
def test_every_kind_of_order_is_held_to_maximum_shares(how):
    market = Market(max_shares(100))
    assert verdict(market, buy(101, **how)) == Reject.MAXIMUM_SHARES
    assert verdict(market, buy(100, **how)) is None


@SHARES
def test_maximum_shares_tells_its_figures():
    market = Market(max_shares(5_000, name="R-7"))
    market.enter(buy(5_001, at="10.00"))
    assert market.refusal == Refusal(Reject.MAXIMUM_SHARES, limit=5_000, observed=5_001, rule="R-7")


@SHARES
def test_a_replacement_is_held_to_maximum_shares_with_its_total():
    market = Market(max_shares(100))
    market.enter(buy(50, at="10.00"))
    assert market.replace(1, buy(101, at="10.00")) == [Rejected(Reject.MAXIMUM_SHARES)]
    assert market.replace(1, buy(100, at="10.00")) == [Replaced(3, 1, 100, "10.00")]


# Maximum notional.


@NOTIONAL
@pytest.mark.parametrize(
    ("limit", "quantity", "at", "refused"),
    [
        (20_000_000, 99_999, "200.00", False),
        (20_000_000, 100_000, "200.00", False),
        (20_000_000, 100_001, "200.00", True),
        (20_000_000, 100_000, "200.01", True),
        (20_000_000, 100_000, "199.99", False),
        (1_000, 999_999, "0.0010", False),
        (1_000, 999_999, "0.0011", True),
        (0, 1, "0.0001", True),
        (199_999_791_000, 999_999, "199999.99", False),
        (199_999_790_000, 999_999, "199999.99", True),
        (None, 999_999, "199999.99", False),
    ],
)
@pytest.mark.parametrize("make", [buy, sell, short, short_exempt])
def test_maximum_notional(limit, quantity, at, refused, make):
    market = Market(*([] if limit is None else [max_notional(limit)]))
    assert verdict(market, make(quantity, at=at)) == (Reject.MAXIMUM_NOTIONAL if refused else None)


@NOTIONAL
def test_maximum_notional_tells_its_figures():
    market = Market(max_notional(1_000, name="N-1"))
    market.enter(buy(101, at="10.00"))
    assert market.refusal == Refusal(
        Reject.MAXIMUM_NOTIONAL,
        limit=1_000 * PRICE_SCALE,
        observed=1_010 * PRICE_SCALE,
        reference=ticks("10.00"),
        source="limit price",
        rule="N-1",
    )


@NOTIONAL
@pytest.mark.parametrize("at", [MARKET, MARKET_PRICE_ALTERNATIVE])
@pytest.mark.parametrize("make", [buy, sell])
@pytest.mark.parametrize(
    ("prices", "at_most", "source"),
    [
        ({}, 100, "national best"),
        ({"outside_bid": None, "outside_offer": None}, 50, "last sale"),
        ({"outside_bid": None, "outside_offer": None, "last": None}, 40, "previous close"),
        ({"outside_bid": None, "outside_offer": None, "last": None, "previous_close": None}, 999_999, None),
    ],
    ids=["quote", "last", "close", "nothing"],
)
def test_a_market_order_is_valued_by_the_first_price_there_is(at, make, prices, at_most, source):
    market = Market(max_notional(1_000))
    quote = {"outside_bid": "10.00", "outside_offer": "10.00", "last": "20.00", "previous_close": "25.00"}
    market.prices(**(quote | prices))
    assert verdict(market, make(at_most, at=at)) is None
    if source is not None:
        assert verdict(market, make(at_most + 1, at=at)) == Reject.MAXIMUM_NOTIONAL
        assert market.refusal.source.startswith(source)


@NOTIONAL
def test_a_market_order_is_valued_at_the_other_sides_quote():
    market = Market(max_notional(1_000))
    market.prices(outside_bid="5.00", outside_offer="20.00")
    assert verdict(market, buy(51, at=MARKET)) == Reject.MAXIMUM_NOTIONAL
    assert market.refusal[3:5] == (ticks("20.00"), "national best offer")
    assert verdict(market, buy(50, at=MARKET)) is None
    assert verdict(market, sell(201, at=MARKET)) == Reject.MAXIMUM_NOTIONAL
    assert market.refusal[3:5] == (ticks("5.00"), "national best bid")
    assert verdict(market, sell(200, at=MARKET)) is None


@NOTIONAL
def test_the_last_sale_moves_with_each_trade():
    market = Market(max_notional(1_000))
    market.enter(sell(10, at="50.00", by="AK1"))
    market.enter(buy(10, at="50.00"))
    assert verdict(market, buy(20, at=MARKET)) is None
    assert verdict(market, buy(21, at=MARKET)) == Reject.MAXIMUM_NOTIONAL
    assert market.refusal[3:5] == (ticks("50.00"), "last sale")


@NOTIONAL
def test_before_the_first_trade_of_a_listing_its_value_is_the_previous_close():
    market = Market(max_notional(1_000))
    assert verdict(market, buy(101, at=MARKET)) == Reject.MAXIMUM_NOTIONAL
    assert market.refusal.reference == ticks("10.00")


@NOTIONAL
def test_a_limit_order_counts_at_its_own_price_whatever_the_quote():
    market = Market(max_notional(1_000))
    market.prices(outside_offer="5.00")
    assert verdict(market, buy(101, at="10.00")) == Reject.MAXIMUM_NOTIONAL


# Restricted stock.


@RESTRICTED
@pytest.mark.parametrize("make", [buy, sell, short, short_exempt])
@pytest.mark.parametrize("at", ["20.00", MARKET])
def test_every_side_of_a_listed_symbol_is_refused(make, at):
    market = Market(restricted("AMD", "TSLA", name="L-1"))
    assert verdict(market, make(1, at=at, symbol="AMD")) == Reject.RESTRICTED_STOCK
    assert market.refusal == Refusal(Reject.RESTRICTED_STOCK, rule="L-1")
    assert verdict(market, make(1, at=at, symbol="ZWZZT")) is None


@RESTRICTED
def test_a_list_that_is_off_refuses_nothing():
    assert verdict(Market(restricted("AMD", enabled=False)), buy(1, at="20.00", symbol="AMD")) is None


@RESTRICTED
def test_a_symbol_that_is_restricted_later_keeps_its_orders_and_their_cancels():
    market = Market()
    market.enter(buy(100, at="20.00", symbol="AMD"))
    market.configure(restricted("AMD"))
    assert market.replace(1, buy(100, at="19.00")) == [Rejected(Reject.RESTRICTED_STOCK)]
    assert market.cancel(1, to=50) != []
    assert market.open == {("IN1", 1): 50}


# Fat finger.


@FAT_FINGER
@pytest.mark.parametrize(
    ("amount", "percent", "offer", "at", "refused"),
    [
        ("70", "10", "20.00", "21.99", False),
        ("70", "10", "20.00", "22.00", False),
        ("70", "10", "20.00", "22.01", True),
        ("100", "5", "4000.00", "4099.99", False),
        ("100", "5", "4000.00", "4100.00", False),
        ("100", "5", "4000.00", "4100.01", True),
        ("0", "10", "20.00", "22.00", False),
        ("0", "10", "20.00", "22.01", True),
        ("1", "0", "20.00", "21.00", False),
        ("1", "0", "20.00", "21.01", True),
        ("1", "10", "20.00", "21.01", True),
        ("0", "0", "20.00", "199999.99", False),
        ("0", "500", "20.00", "120.00", False),
        ("0", "500", "20.00", "120.01", True),
        ("0.01", "0", "20.00", "20.01", False),
        ("0.01", "0", "20.00", "20.02", True),
        ("0.0001", "0", "20.00", "20.00", False),
        ("0.0001", "0", "20.00", "20.01", True),
        ("0", "0.25", "20.00", "20.05", False),
        ("0", "0.25", "20.00", "20.06", True),
        ("0", "0.0001", "199999.99", "199999.99", False),
        ("0", "0.1", "33.33", "33.36", False),
        ("0", "0.1", "33.33", "33.37", True),
        ("0", "12.5", "0.3333", "0.3749", False),
        ("0", "12.5", "0.3333", "0.3750", True),
        ("0", "12.5", "0.3336", "0.3753", False),
        ("0", "12.5", "0.3336", "0.3754", True),
    ],
)
def test_a_buy_above_the_offer(amount, percent, offer, at, refused):
    market = Market(fat_finger(amount, percent))
    market.prices(outside_offer=offer)
    assert verdict(market, buy(100, at=at)) == (Reject.FAT_FINGER if refused else None)


@FAT_FINGER
@pytest.mark.parametrize(
    ("make", "at", "refused"),
    [
        (buy, "22.00", False),
        (buy, "22.01", True),
        (buy, "18.00", False),
        (buy, "17.99", True),
        (sell, "9.00", False),
        (sell, "8.99", True),
        (sell, "11.00", False),
        (sell, "11.01", True),
        (short, "8.99", True),
        (short_exempt, "8.99", True),
    ],
)
@pytest.mark.parametrize("aggressive_only", [False, True])
def test_both_directions_are_checked_or_only_the_aggressive_one(make, at, refused, aggressive_only):
    market = Market(fat_finger("0", "10", aggressive_only=aggressive_only))
    market.prices(outside_bid="10.00", outside_offer="20.00")
    passive = at in {"17.99", "11.01"}
    expected = Reject.FAT_FINGER if refused and not (passive and aggressive_only) else None
    assert verdict(market, make(100, at=at)) == expected


@FAT_FINGER
@pytest.mark.parametrize(
    ("reference", "number"),
    [
        ("0.0001", 1),
        ("0.9999", 1),
        ("1.00", 2),
        ("9.99", 2),
        ("10.00", 3),
        ("49.99", 3),
        ("50.00", 4),
        ("99.99", 4),
        ("100.00", 5),
        ("499.99", 5),
        ("500.00", 6),
        ("199999.99", 6),
    ],
)
def test_the_range_is_chosen_by_the_reference_price(reference, number):
    assert eqrc.price_range(ticks(reference)) == number
    market = Market(
        fat_finger(ranges=[("0.01", "0"), ("0.02", "0"), ("0.03", "0"), ("0.04", "0"), ("0.05", "0"), ("0.06", "0")])
    )
    market.prices(outside_bid=reference)
    market.enter(sell(100, at="5000.00"))
    assert market.refusal.limit == number * 100
    assert market.refusal.reference == ticks(reference)


@FAT_FINGER
@pytest.mark.parametrize(
    ("amount", "percent", "limit"),
    [("70", "10", "2.00"), ("1.50", "10", "1.50"), ("2", "10", "2.00"), ("0", "10", "2.00"), ("3", "0", "3.00")],
)
def test_fat_finger_tells_the_tighter_limit_and_where_the_reference_came_from(amount, percent, limit):
    market = Market(fat_finger(amount, percent, name="F-1"))
    market.prices(outside_offer="20.00")
    market.enter(buy(100, at="25.00"))
    assert market.refusal == Refusal(
        Reject.FAT_FINGER, ticks(limit), ticks("5.00"), ticks("20.00"), "national best offer", "F-1"
    )
    market.prices(outside_bid="20.00")
    market.enter(sell(100, at="15.00"))
    assert market.refusal.source == "national best bid"
    assert market.refusal.observed == ticks("5.00")


@FAT_FINGER
def test_without_a_quote_the_reference_is_the_previous_close_and_never_the_last_sale():
    market = Market(fat_finger("0", "10"))
    market.prices(last="50.00")
    assert verdict(market, buy(100, at="11.00")) is None
    assert verdict(market, buy(100, at="11.01")) == Reject.FAT_FINGER
    assert market.refusal[3:5] == (ticks("10.00"), "previous close")


@FAT_FINGER
def test_a_quote_on_the_own_side_is_no_reference():
    market = Market(fat_finger("0", "10"))
    market.prices(outside_bid="20.00")
    assert verdict(market, buy(100, at="11.01")) == Reject.FAT_FINGER
    assert market.refusal.source == "previous close"


@FAT_FINGER
def test_without_any_reference_there_is_nothing_to_compare():
    assert verdict(Market(fat_finger("0", "10")), buy(100, at="199999.99", symbol="NEWCO")) is None


@FAT_FINGER
@pytest.mark.parametrize("at", [MARKET, MARKET_PRICE_ALTERNATIVE])
def test_a_market_order_has_no_limit_price(at):
    assert verdict(Market(fat_finger("0.01", "1")), buy(100, at=at)) is None


@FAT_FINGER
@pytest.mark.parametrize("sweeps", [True, False])
def test_intermarket_sweeps_are_included_unless_excluded(sweeps):
    market = Market(fat_finger("0", "10", sweeps=sweeps))
    refused = verdict(market, buy(100, at="11.01", intermarket_sweep=True))
    assert refused == (Reject.FAT_FINGER if sweeps else None)
    assert verdict(market, buy(100, at="11.01")) == Reject.FAT_FINGER


@FAT_FINGER
@pytest.mark.parametrize("auction", [True, False])
def test_auction_orders_are_excluded_unless_included(auction):
    """Asked of the check itself: crosses do not enter yet."""
    market = Market(fat_finger("0", "10", auction=auction))
    port = market.engine.ports["IN1"]
    scope = market.engine.scope(port, "ZWZZT")
    far = buy(100, at="11.01", cross=Cross.OPENING)
    order = Order(port, scope, far.terms, far.attributes, 100, ticks("11.01"), b"", 1)
    assert (eqrc.fat_finger(order) is not None) is auction


@FAT_FINGER
def test_a_replacement_is_compared_too():
    market = Market(fat_finger("0", "10"))
    market.enter(buy(100, at="10.00"))
    assert market.replace(1, buy(100, at="11.01")) == [Rejected(Reject.FAT_FINGER)]
    assert market.replace(1, buy(100, at="11.00")) == [Replaced(3, 1, 100, "11.00")]


# The national best bid and offer.


@NBBO
def test_the_best_offer_is_the_best_of_three_books():
    market = Market(fat_finger("1", "0"))
    for port, at, expected in (("AK1", "22.00", "22.00"), ("AKP", "20.00", "20.00"), ("AKB", "21.00", "20.00")):
        market.enter(sell(100, at=at, by=port))
        market.enter(buy(100, at="1.00"))
        assert market.refusal[3:5] == (ticks(expected), "national best offer")
    market.cancel(3)
    market.enter(buy(100, at="1.00"))
    assert market.refusal.reference == ticks("21.00")


@NBBO
def test_the_best_bid_is_the_best_of_three_books():
    market = Market(fat_finger("1", "0"))
    for port, at, expected in (("AK1", "18.00", "18.00"), ("AKP", "20.00", "20.00"), ("AKB", "19.00", "20.00")):
        market.enter(buy(100, at=at, by=port))
        market.enter(sell(100, at="30.00"))
        assert market.refusal[3:5] == (ticks(expected), "national best bid")


@NBBO
def test_hidden_orders_are_no_part_of_it():
    market = Market(fat_finger("1", "0"))
    market.enter(sell(100, at="20.00", by="AK1"))
    market.enter(sell(100, at="15.00", by="AKB", hidden=True))
    market.enter(sell(100, at="15.00", by="AK1", hidden=True))
    market.enter(buy(100, at="1.00"))
    assert market.refusal.reference == ticks("20.00")


@NBBO
@pytest.mark.parametrize("outside", ["15.00", "25.00"])
def test_an_outside_quote_replaces_the_books_until_it_is_cleared(outside):
    market = Market(fat_finger("1", "0"))
    market.enter(sell(100, at="20.00", by="AK1"))
    market.prices(outside_offer=outside)
    market.enter(buy(100, at="1.00"))
    assert market.refusal.reference == ticks(outside)
    market.prices(outside_offer=None)
    market.enter(buy(100, at="1.00"))
    assert market.refusal.reference == ticks("20.00")


@NBBO
def test_symbols_have_quotes_of_their_own():
    market = Market(fat_finger("1", "0"))
    market.enter(sell(100, at="15.00", by="AK1", symbol="AMD"))
    market.enter(buy(100, at="1.00"))
    assert market.refusal.source == "previous close"


@NBBO
def test_another_books_quote_never_trades_or_stops_an_order(market):
    market.enter(sell(100, at="10.00", by="AKB"))
    assert market.enter(buy(100, at="10.50", by="IN1")) == [Accepted(2, 100, "10.50")]


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
        ({}, {"IN1", "IN2"}),
        ({"port": "IN2"}, {"IN2"}),
        ({"exchange": "BX"}, {"INB"}),
        ({"exchange": "PSX"}, {"INP"}),
        ({"exchange": "ROUTED"}, set()),
        ({"mpid": "AKAM"}, {"AK1"}),
        ({"mpid": "AKAM", "port": "IN1"}, set()),
        ({"mpid": "NONE"}, set()),
        ({"symbols": ("ZWZZT",)}, {"IN1", "IN2"}),
        ({"symbols": ("AMD",)}, set()),
    ],
    ids=str,
)
def test_a_rule_holds_for_its_exchange_mpid_port_and_symbols_only(scope, held):
    market = Market(max_shares(100, **scope))
    ports = ("IN1", "IN2", "INB", "INP", "AK1", "AKB", "AKP")
    refused = {port for port in ports if verdict(market, buy(101, at="1.00", by=port)) is not None}
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


def hinder_disabled(market):
    market.set_entry("IN1", enabled=False)


PRECEDENCE = [
    (Reject.INVALID_QUANTITY, {"ticket": {"quantity": 1_000_000}}),
    (Reject.INVALID_TICK, {"ticket": {"at": "12.001"}}),
    (Reject.INVALID_CROSS, {"ticket": {"cross": Cross.CLOSING}}),
    (Reject.INVALID_MAX_FLOOR, {"ticket": {"max_floor": 1}}),
    (Reject.HALTED, {"act": hinder_halted}),
    (Reject.AFTER_HOURS_CLOSED, {"ticket": {"time_in_force": TimeInForce.AFTER_HOURS}}),
    (Reject.ENTRY_DISABLED, {"act": hinder_disabled}),
    (Reject.PORT_MESSAGE_RATE, {"rule": message_rate(0)}),
    (Reject.RESTRICTED_STOCK, {"rule": restricted("AMD")}),
    (Reject.MAXIMUM_SHARES, {"rule": max_shares(999)}),
    (Reject.MAXIMUM_NOTIONAL, {"rule": max_notional(11_000)}),
    (Reject.FAT_FINGER, {"rule": fat_finger("1.99", "0")}),
]


def hindered(*hindrances):
    market = Market(*(how["rule"] for how in hindrances if "rule" in how))
    market.prices("AMD", previous_close="10.00")
    for how in hindrances:
        how.get("act", lambda _: None)(market)
    terms = {"quantity": 1_000, "at": "12.00", "symbol": "AMD"}
    for how in reversed(hindrances):
        terms |= how.get("ticket", {})
    return verdict(market, buy(**terms))


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
def test_a_refused_order_leaves_no_trace():
    market = Market(restricted("AMD"), max_shares(100), max_notional(1_000), fat_finger("1", "0"))
    before = market.state()
    for order in (
        buy(1, at="20.00", symbol="AMD"),
        buy(101, at="10.00"),
        buy(100, at="10.01"),
        buy(1, at="11.01"),
    ):
        assert verdict(market, order) is not None
        assert market.state() == before
