"""Fat finger, and the quotes that it compares with."""

import pytest
from trading import Market
from words import MARKET, Accepted, Rejected, Replaced, buy, fat_finger, sell, short, short_exempt, ticks

from engine.api import MARKET_PRICE_ALTERNATIVE, Cross, Order, Refusal, Reject
from engine.risk import price_checks

FAT_FINGER = pytest.mark.section("EQRC", "3.1.13 Fat finger")
NBBO = pytest.mark.section("Portcullis", "National best bid and offer")


def verdict(market, ticket):
    """Why the order is refused, None when it is not."""
    event = market.enter(ticket)[0]
    return event.reason if isinstance(event, Rejected) else None


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
    assert price_checks.price_range(ticks(reference)) == number
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
    assert (price_checks.fat_finger(order) is not None) is auction


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
