"""How far from the last paid price an order may be, by port, book and member (PRM guide 3.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nordic import ERIC, MEMBERS, NOVO, VOLV, NordicMarket, account, book, buy, port_entry, sell
from words import MARKET, Accepted, Rejected, Replaced

from engine.api import CommandRefused, MemberEntry, Reject, Side

FAT_FINGER = pytest.mark.section("PRM", "3.2 Fat finger in continuous trading")
GUARDED = (port_entry("G1", fat_finger=True), port_entry("G2"), port_entry("C1", "GP30"))


def guarded(*accounts, **how):
    """A market in which fat finger is on for port G1."""
    return NordicMarket(*accounts, ports=GUARDED, **how)


def verdict(market, order):
    """Why the order is refused, None when it is not."""
    event = market.enter(order)[0]
    return event.reason if isinstance(event, Rejected) else None


REJECT = Reject.CONTINUOUS_FAT_FINGER


@FAT_FINGER
@pytest.mark.parametrize(
    ("side", "at", "multipliers", "reason"),
    [
        (buy, "105.00", (100, 100), None),
        (buy, "105.01", (100, 100), REJECT),
        (buy, "105.0001", (100, 100), REJECT),
        (sell, "95.00", (100, 100), None),
        (sell, "94.99", (100, 100), REJECT),
        (sell, "94.9999", (100, 100), REJECT),
        (buy, "90.00", (100, 100), None),
        (buy, "89.99", (100, 100), REJECT),
        (sell, "110.00", (100, 100), None),
        (sell, "110.01", (100, 100), REJECT),
        (buy, "100.00", (100, 100), None),
        (buy, "110.00", (200, 100), None),
        (buy, "110.01", (200, 100), REJECT),
        (sell, "120.00", (100, 200), None),
        (sell, "120.01", (100, 200), REJECT),
        (buy, "100.01", (0, 100), REJECT),
        (buy, "100.00", (0, 0), None),
        (buy, "99.99", (0, 0), REJECT),
        (sell, "50.05", (999, 100), None),
        (sell, "50.04", (999, 100), REJECT),
    ],
)
def test_a_price_beyond_threshold_times_multiplier_is_refused(side, at, multipliers, reason):
    market = guarded(members=(MemberEntry("GP29", MEMBERS[0].users, *multipliers), MEMBERS[1]))
    assert verdict(market, side(100, at=at)) == reason


@FAT_FINGER
def test_a_refusal_tells_distance_limit_reference_and_port():
    market = guarded()
    market.enter(buy(1, at="105.01"))
    assert market.refusal[1:] == (50_000, 50_100, 1_000_000, "last paid", "G1")
    market.prices(ERIC, last=None)
    market.enter(sell(1, at="110.01"))
    assert market.refusal[1:] == (100_000, 100_100, 1_000_000, "previous close", "G1")


@FAT_FINGER
def test_the_reference_is_the_last_paid_price_and_moves_with_each_trade():
    market = guarded()
    market.enter(sell(100, at="104.00", by="C1", user="GP30U1"))
    assert verdict(market, buy(10, at="105.01")) == REJECT
    assert verdict(market, buy(10, at="104.00")) is None
    assert verdict(market, buy(10, at="109.20")) is None
    assert verdict(market, buy(10, at="109.21")) == REJECT


@FAT_FINGER
def test_a_trade_of_a_port_without_the_check_moves_the_reference_of_one_with_it():
    market = guarded()
    market.enter(sell(1, at="150.00", by="G2"))
    market.enter(buy(1, at="150.00", by="C1", user="GP30U1"))
    assert verdict(market, buy(1, at="150.00")) is None
    assert verdict(market, buy(1, at="100.00")) == REJECT


@FAT_FINGER
@pytest.mark.parametrize(
    ("last", "close", "at", "reason"),
    [
        (None, "200.00", "210.00", None),
        (None, "200.00", "210.01", REJECT),
        ("100.00", "200.00", "105.01", REJECT),
        (None, None, "199999.99", None),
    ],
    ids=["close", "beyond close", "last before close", "neither"],
)
def test_without_a_last_paid_price_the_close_is_compared_with_and_without_either_nothing(last, close, at, reason):
    market = guarded()
    market.prices(ERIC, last=last, previous_close=close)
    assert verdict(market, buy(100, at=at)) == reason


@FAT_FINGER
def test_market_orders_are_not_checked():
    market = guarded()
    market.enter(sell(100, at="150.00", by="C1", user="GP30U1"))
    assert isinstance(market.enter(buy(10, at=MARKET))[0], Accepted)


@FAT_FINGER
def test_it_holds_the_ports_on_which_it_is_on_and_no_others():
    market = guarded()
    wild = {"at": "500.00"}
    assert verdict(market, buy(1, **wild)) == REJECT
    assert verdict(market, buy(1, by="G2", **wild)) is None
    assert verdict(market, buy(1, by="C1", user="GP30U1", **wild)) is None
    market.set_port("G1", fat_finger=False)
    market.set_port("G2", fat_finger=True)
    market.prices(ERIC, last="100.00")
    assert verdict(market, buy(1, **wild)) is None
    assert verdict(market, buy(1, by="G2", **wild)) == REJECT


@FAT_FINGER
@pytest.mark.parametrize(("order_book", "at"), [(NOVO, "199999.99"), (VOLV, "275.00")])
def test_thresholds_are_the_book_s_and_one_without_them_is_not_checked(order_book, at):
    assert verdict(guarded(), buy(1, at=at, book=order_book)) is None


@FAT_FINGER
@pytest.mark.parametrize(("aggressive", "passive", "refused"), [(5, None, ["105.01"]), (None, 10, ["89.99"])])
def test_a_threshold_that_is_not_set_checks_nothing_of_its_class(aggressive, passive, refused):
    market = guarded(books=(book(ERIC, "ERIC B", "SEK", "100.00", aggressive=aggressive, passive=passive),))
    assert [at for at in ("105.01", "89.99") if verdict(market, buy(1, at=at)) == REJECT] == refused


@FAT_FINGER
def test_operations_set_thresholds_and_clear_them():
    market = guarded()
    market.prices(ERIC, fat_finger_aggressive=20_000)
    assert verdict(market, buy(1, at="102.01")) == REJECT
    assert verdict(market, buy(1, at="102.00")) is None
    market.prices(ERIC, fat_finger_aggressive=None)
    assert verdict(market, buy(1, at="9000.00")) is None
    assert verdict(market, buy(1, at="89.99")) == REJECT


@FAT_FINGER
def test_a_multiplier_holds_for_all_ports_of_its_member():
    market = NordicMarket(
        ports=(*GUARDED[:1], port_entry("G2", fat_finger=True), port_entry("C1", "GP30", fat_finger=True))
    )
    market.set_member(aggressive=200)
    for port in ("G1", "G2"):
        assert verdict(market, buy(1, at="110.00", by=port)) is None
        assert verdict(market, buy(1, at="110.01", by=port)) == REJECT
    assert verdict(market, buy(1, at="105.01", by="C1", user="GP30U1")) == REJECT


@FAT_FINGER
@pytest.mark.parametrize("multiplier", [-1, 1_000])
def test_a_multiplier_is_from_0_to_999_percent(multiplier):
    market = guarded()
    with pytest.raises(CommandRefused, match="0 to 999 percent"):
        market.set_member(passive=multiplier)


@FAT_FINGER
@pytest.mark.parametrize("set_by_operations", [True, False])
def test_the_port_of_a_sponsored_client_keeps_it_on(set_by_operations):
    market = guarded(account("GP29P1", sponsored=["G1"]))
    if set_by_operations:
        with pytest.raises(CommandRefused, match="sponsored by GP29P1"):
            market.set_port("G1", fat_finger=False)
    market.set_port("G1", fat_finger=True)
    assert verdict(market, buy(1, at="105.01")) == REJECT


@pytest.mark.section("PRM", "5 Sponsored access")
@pytest.mark.parametrize("days", [{"today": False}, {"next_day": False}])
def test_a_rate_of_the_symbol_that_is_not_for_all_days_is_none_for_a_sponsored_port(days):
    market = guarded(account("GP29P1", sponsored=["G1"], symbol_rate=50))
    market.set_port("G1", maximum_orders=10)
    market.set_account("GP29P1", symbol_rate=0, **days)
    with pytest.raises(CommandRefused, match="no symbol rate"):
        market.set_port("G1", maximum_orders=0)


@FAT_FINGER
def test_a_replacement_is_checked_at_its_new_price():
    market = guarded()
    market.enter(buy(100, at="100.00"))
    assert market.replace(1, buy(100, at="105.01")) == [Rejected(REJECT)]
    assert market.replace(1, buy(100, at="105.00")) == [Replaced(3, 1, 100, "105.00")]


@FAT_FINGER
def test_a_resting_order_is_not_checked_when_the_market_moves():
    market = guarded()
    market.enter(buy(100, at="95.00"))
    market.prices(ERIC, last="200.00")
    assert market.open == {("G1", 1): 100}
    assert market.replace(1, buy(60, at="95.00")) == [Replaced(2, 1, 60, "95.00")]


@given(
    st.sampled_from([Side.BUY, Side.SELL]),
    st.integers(1, 3_000_000),
    st.integers(1, 3_000_000),
    st.tuples(st.integers(0, 100_000), st.integers(0, 100_000)),
    st.tuples(st.integers(0, 999), st.integers(0, 999)),
)
@FAT_FINGER
def test_it_is_the_guide_s_formula_to_the_last_digit(side, price, last, thresholds, multipliers):
    """dev = |p - last| / last x 100, limit = T x M / 100, refused when dev > limit, in whole numbers."""
    is_aggressive = price >= last if side is Side.BUY else price <= last
    threshold, multiplier = (pair[0 if is_aggressive else 1] for pair in (thresholds, multipliers))
    refused = abs(price - last) * 100 * 10_000 * 100 > threshold * multiplier * last
    market = guarded(members=(MemberEntry("GP29", MEMBERS[0].users, *multipliers), MEMBERS[1]), audited=False)
    market.prices(ERIC, last=last, fat_finger_aggressive=thresholds[0], fat_finger_passive=thresholds[1])
    order = (buy if side is Side.BUY else sell)(1, at=price)
    assert verdict(market, order) == (REJECT if refused else None)
