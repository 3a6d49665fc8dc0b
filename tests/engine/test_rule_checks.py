"""The US risk checks of an order's kind, of the day's volume and of the price bands: every boundary, all levels."""

import msgspec
import pytest
from trading import Market
from words import (
    MARKET,
    SYMBOLS,
    TOMORROW,
    Canceled,
    Executed,
    Rejected,
    Replaced,
    buy,
    fat_finger,
    hard_to_borrow,
    located,
    market_impact,
    order_types,
    sell,
    short,
    short_exempt,
    symbol_entry,
    ticks,
    volume_percent,
)

from engine.api import CancelReason, Cross, Phase, PortEntry, PriceType, Refusal, Reject, Side, TimeInForce

VOLUME = pytest.mark.section("EQRC", "3.1.3 Percentage of average daily volume")
TYPES = pytest.mark.section("EQRC", "3.1.4 Order type restrictions")
LOCATE = pytest.mark.section("EQRC", "3.1.11 Shares located")
BORROW = pytest.mark.section("EQRC", "3.1.10 Hard to borrow list")
IMPACT = pytest.mark.section("EQRC", "3.1.14 Market impact")
PEG = pytest.mark.section("EQRC", "3.1.13 Fat finger")


def verdict(market, ticket):
    event = market.enter(ticket)[0]
    return event.reason if isinstance(event, Rejected) else None


# Average daily volume.


@VOLUME
@pytest.mark.parametrize(
    ("percent", "minimum", "volume", "quantity", "refused"),
    [
        ("5", 10_000, 4_000, 500, False),
        ("5", 10_000, 4_000, 501, True),
        ("5", 10_000, 1_000_000, 50_000, False),
        ("5", 10_000, 1_000_000, 50_001, True),
        ("5", None, 4_000, 200, False),
        ("5", None, 4_000, 201, True),
        ("0", 10_000, 4_000, 1, True),
        ("255", None, 100, 255, False),
        ("255", None, 100, 256, True),
        ("0.5", None, 999, 4, False),
        ("0.5", None, 999, 5, True),
        ("5", None, 0, 1, True),
    ],
)
def test_percentage_of_the_average_daily_volume(percent, minimum, volume, quantity, refused):
    market = Market(volume_percent(percent, minimum), symbols=[symbol_entry("ZWZZT", "10.00", volume=volume)])
    assert verdict(market, buy(quantity, at="10.00")) == (Reject.AVERAGE_DAILY_VOLUME if refused else None)


@VOLUME
def test_the_refusal_tells_the_volume():
    market = Market(volume_percent("5", 10_000), symbols=[symbol_entry("ZWZZT", "10.00", volume=4_000)])
    market.enter(sell(501, at="10.00"))
    source = "average daily volume of 4,000"
    assert market.refusal == Refusal(Reject.AVERAGE_DAILY_VOLUME, 500, 501, source=source, rule="adv")


@VOLUME
def test_of_two_rules_the_lower_limit_of_the_symbol_decides():
    rules = volume_percent("5", 10_000, "firm"), volume_percent("10", port="IN1", name="port")
    market = Market(*rules, symbols=[symbol_entry("ZWZZT", volume=4_000), symbol_entry("AAPL", volume=8_000)])
    market.enter(buy(401, at="10.00"))
    assert (market.refusal.rule, market.refusal.limit) == ("port", 400)
    market.enter(buy(501, at="10.00", symbol="AAPL"))
    assert (market.refusal.rule, market.refusal.limit) == ("firm", 500)


@VOLUME
def test_operations_give_a_volume_and_take_it_back():
    market = Market(volume_percent("10"))
    assert verdict(market, buy(1, at="10.00")) == Reject.AVERAGE_DAILY_VOLUME
    market.prices(average_daily_volume=1_000)
    assert verdict(market, buy(100, at="9.00")) is None
    assert verdict(market, buy(101, at="9.00")) == Reject.AVERAGE_DAILY_VOLUME
    market.prices(average_daily_volume=None)
    assert verdict(market, buy(1, at="9.00")) == Reject.AVERAGE_DAILY_VOLUME


def trade(market, quantity, symbol="ZWZZT"):
    market.enter(sell(quantity, at="10.00", symbol=symbol, by="AK1"))
    market.enter(buy(quantity, at="10.00", symbol=symbol, by="AK1"))


def next_days(market, count, quantity=0):
    for _ in range(count):
        if quantity:
            trade(market, quantity)
        market.next_day(f"2026-12-{market.engine.days:02d}")


@VOLUME
def test_without_a_given_volume_it_is_the_mean_of_the_last_twenty_days_that_traded(market):
    security = market.security()
    trade(market, 100)
    assert security.average_daily_volume == 0, "the day is not over"
    next_days(market, 1)
    assert security.average_daily_volume == 100
    next_days(market, 1)
    assert security.average_daily_volume == 100, "nothing traded"
    next_days(market, 2, quantity=400)
    assert security.average_daily_volume == 300
    next_days(market, 20, quantity=500)
    assert security.average_daily_volume == 500
    assert len(security.volumes) == 20
    assert market.reloaded().security().volumes == security.volumes


@VOLUME
def test_all_markets_count_and_broken_trades_do_not(market):
    trade(market, 100)
    market.enter(sell(50, at="10.00", by="AKB"))
    market.enter(buy(50, at="10.00", by="INB"))
    trade(market, 30)
    market.bust(2)
    next_days(market, 1)
    assert market.security().average_daily_volume == 150


@VOLUME
def test_a_new_average_holds_on_the_next_day():
    market = Market(volume_percent("10"))
    trade(market, 100)
    next_days(market, 1)
    assert verdict(market, buy(10, at="9.00")) is None
    assert verdict(market, buy(11, at="9.00")) == Reject.AVERAGE_DAILY_VOLUME


# Order types.

KINDS = [
    ("intermarket_sweep", Reject.INTERMARKET_SWEEP_NOT_ALLOWED, buy(1, at="10.00", intermarket_sweep=True)),
    ("short_sale", Reject.SHORT_SALE_NOT_ALLOWED, short(1, at="10.00")),
    ("short_sale_exempt", Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED, short_exempt(1, at="10.00")),
    ("non_auction_market", Reject.MARKET_ORDER_NOT_ALLOWED, sell(1, at=MARKET)),
    (
        "post_market",
        Reject.POST_MARKET_NOT_ALLOWED,
        buy(1, at="10.00", time_in_force=TimeInForce.EXTENDED_HOURS),
    ),
]


@TYPES
@pytest.mark.parametrize(("kind", "reason", "ticket"), KINDS)
def test_a_kind_of_order_is_refused_where_a_rule_says_so(kind, reason, ticket):
    others = [name for name, _, _ in KINDS if name != kind]
    assert verdict(Market(order_types(kind)), ticket) == reason
    assert verdict(Market(order_types(*others, "pre_market", "ipo_market_buy")), ticket) is None
    both = Market(order_types(*others), order_types(kind, port="IN1", name="port"))
    assert verdict(both, ticket) == reason
    assert both.refusal == Refusal(reason, rule="port")
    for ordinary in (buy(1, at="10.00"), sell(1, at="10.00")):
        assert verdict(Market(order_types(*(name for name, _, _ in KINDS))), ordinary) is None


@TYPES
def test_a_market_order_for_a_cross_is_no_matter_of_non_auction_market():
    market = Market(order_types("non_auction_market"))
    assert verdict(market, buy(1, at=MARKET, cross=Cross.CLOSING)) is None


@TYPES
@pytest.mark.parametrize(
    ("kind", "phase", "reason"),
    [
        ("pre_market", Phase.PRE_MARKET, Reject.PRE_MARKET_NOT_ALLOWED),
        ("post_market", Phase.POST_MARKET, Reject.POST_MARKET_NOT_ALLOWED),
    ],
)
def test_what_comes_outside_market_hours_is_refused_unless_it_is_for_a_cross(kind, phase, reason):
    market = Market(order_types(kind))
    assert verdict(market, buy(1, at="9.00")) is None
    market.phase(phase)
    assert verdict(market, buy(1, at="9.00")) == reason
    assert verdict(market, buy(1, at="9.00", time_in_force=TimeInForce.EXTENDED_HOURS)) == reason
    if phase is Phase.PRE_MARKET:
        assert verdict(market, buy(1, at="9.00", cross=Cross.OPENING)) is None


@TYPES
def test_a_purchase_at_the_market_price_waits_for_the_opening_of_a_new_issue():
    market = Market(order_types("ipo_market_buy"))
    assert verdict(market, buy(1, at=MARKET)) is None
    market.phase(Phase.QUOTATION)
    assert verdict(market, buy(1, at=MARKET, cross=Cross.HALT)) == Reject.IPO_MARKET_BUY_NOT_ALLOWED
    assert verdict(market, sell(1, at=MARKET, cross=Cross.HALT)) is None
    assert verdict(market, buy(1, at="10.00", cross=Cross.HALT)) is None


# Lists and locates.


@BORROW
@pytest.mark.parametrize(("make", "refused"), [(short, True), (short_exempt, False), (sell, False), (buy, False)])
def test_hard_to_borrow(make, refused):
    market = Market(hard_to_borrow("AMD"))
    assert verdict(market, make(1, at="20.00", symbol="AMD")) == (Reject.HARD_TO_BORROW if refused else None)
    assert verdict(market, make(1, at="10.00")) is None


@LOCATE
@pytest.mark.parametrize(
    ("rule", "ticket", "reason"),
    [
        (located(), short(1, at="10.00"), Reject.LOCATE_REQUIRED),
        (located(), short(1, at="10.00", shares_located=True), None),
        (located(), short_exempt(1, at="10.00"), None),
        (located(exempt=True), short_exempt(1, at="10.00"), Reject.LOCATE_REQUIRED),
        (located(exempt=True), short_exempt(1, at="10.00", shares_located=True), None),
        (located(), sell(1, at="10.00"), None),
        (located(), buy(1, at="10.00"), None),
        (located("ABCD"), short(1, at="10.00", shares_located=True, locate_broker=b"ABCD"), None),
        (located("AB"), short(1, at="10.00", shares_located=True, locate_broker=b"AB  "), None),
        (located("ABCD"), short(1, at="10.00", shares_located=True, locate_broker=b"WXYZ"), Reject.LOCATE_BROKER),
        (located("ABCD"), short(1, at="10.00", shares_located=True), Reject.LOCATE_BROKER),
        (located("ABCD", required=False), short(1, at="10.00"), None),
        (located("ABCD", required=False), short(1, at="10.00", locate_broker=b"WXYZ"), Reject.LOCATE_BROKER),
        (located("ABCD"), short_exempt(1, at="10.00", shares_located=True, locate_broker=b"WXYZ"), None),
        (located(symbols=("AMD",)), short(1, at="10.00"), None),
        (located(required=False), short(1, at="10.00"), None),
    ],
)
def test_shares_located(rule, ticket, reason):
    assert verdict(Market(rule), ticket) == reason


@LOCATE
def test_every_level_has_its_own_brokers():
    market = Market(located("ABCD", "EFGH"), located("EFGH", port="IN1", name="port"))
    assert verdict(market, short(1, at="10.00", shares_located=True, locate_broker=b"ABCD")) == Reject.LOCATE_BROKER
    assert market.refusal.rule == "port"
    assert verdict(market, short(1, at="10.00", shares_located=True, locate_broker=b"EFGH")) is None


# Price bands.


def banded(*rules, lower="9.50", upper="10.50"):
    market = Market(*rules)
    market.prices(luld_lower=lower, luld_upper=upper)
    return market


@IMPACT
@pytest.mark.parametrize(
    ("ticket", "refused"),
    [
        (buy(1, at="10.50"), False),
        (buy(1, at="10.51"), True),
        (sell(1, at="9.50"), False),
        (sell(1, at="9.49"), True),
        (short(1, at="9.49"), True),
        (buy(1, at="9.00"), False),
        (sell(1, at="11.00"), False),
        (buy(1, at=MARKET), False),
        (buy(1, at="10.51", cross=Cross.CLOSING), False),
    ],
)
def test_market_impact(ticket, refused):
    assert verdict(banded(market_impact()), ticket) == (Reject.MARKET_IMPACT if refused else None)


@IMPACT
def test_the_refusal_tells_the_band():
    market = banded(market_impact())
    market.enter(buy(1, at="10.51"))
    assert market.refusal == Refusal(Reject.MARKET_IMPACT, 105_000, 105_100, 105_000, "upper price band", rule="impact")


@IMPACT
def test_without_bands_and_outside_market_hours_nothing_is_refused():
    assert verdict(Market(market_impact()), buy(1, at="99.00")) is None
    market = banded(market_impact())
    market.phase(Phase.PRE_MARKET)
    assert verdict(market, buy(1, at="10.51", time_in_force=TimeInForce.EXTENDED_HOURS)) is None


@IMPACT
def test_orders_that_come_to_lie_beyond_the_bands_are_canceled():
    market = banded(market_impact(), market_impact("bx", exchange="BX", port="INB"))
    for number, (at, by) in enumerate([("10.30", "IN1"), ("10.20", "IN2"), ("10.10", "AK1"), ("10.30", "INB")], 1):
        market.enter(buy(number, at=at, by=by))
    market.enter(buy(9, at="10.30", cross=Cross.CLOSING))
    assert market.prices(luld_upper="10.25") == [
        Canceled(4, 4, CancelReason.SUPERVISORY),
        Canceled(1, 1, CancelReason.SUPERVISORY),
    ]
    assert market.prices(luld_upper="10.00") == [Canceled(2, 2, CancelReason.SUPERVISORY)], "AKAM has no rule"
    assert market.find(3) is not None


@IMPACT
def test_orders_that_market_hours_find_beyond_the_bands_are_canceled_before_any_of_them_trades():
    market = banded(market_impact(exchange="BX", port="INB"))
    market.phase(Phase.PRE_MARKET, exchange="bx")
    early = {"time_in_force": TimeInForce.EXTENDED_HOURS}
    market.enter(buy(1, at="10.51", by="INB", **early))  # lies on the book
    market.enter(buy(2, at="10.61", by="INB"))  # is held, and would trade with the offer as market hours begin
    market.enter(buy(3, at="10.50", by="INB", **early))
    market.enter(buy(4, at="10.53", by="AKB", **early))
    market.enter(sell(5, at="10.60", by="AKB", **early))
    told = [Canceled(number, number, CancelReason.SUPERVISORY) for number in (1, 2)]
    assert market.phase(Phase.CONTINUOUS, exchange="bx") == told
    assert [number for number in range(1, 6) if market.find(number) is not None] == [3, 4, 5]


@IMPACT
def test_the_opening_cross_takes_what_is_beyond_the_bands_and_what_it_leaves_ends():
    market = banded(market_impact())
    market.phase(Phase.PRE_MARKET)
    market.enter(buy(5, at="10.51"))
    market.enter(sell(2, at="10.00", by="AK1"))
    market.enter(buy(7, at="10.51", cross=Cross.CLOSING))
    told = market.phase(Phase.CONTINUOUS)
    assert [type(event) for event in told] == [Executed, Executed, Canceled]
    assert told[-1] == Canceled(1, 3, CancelReason.SUPERVISORY)


@IMPACT
def test_what_a_halt_leaves_beyond_bands_that_moved_ends_as_trading_goes_on():
    market = banded(market_impact())
    market.enter(buy(1, at="10.40"))
    market.phase(Phase.HALT)
    assert market.prices(luld_upper="10.30") == []
    assert Canceled(1, 1, CancelReason.SUPERVISORY) in market.phase(Phase.CONTINUOUS)


@IMPACT
def test_bands_that_a_configuration_moves_end_what_rests_beyond_them():
    market = Market(market_impact())
    market.enter(buy(1, at="10.50"))
    market.enter(buy(2, at="10.40"))
    banded = msgspec.structs.replace(SYMBOLS[0], luld_lower=ticks("9.50"), luld_upper=ticks("10.40"))
    assert market.configure(market_impact(), symbols=(banded, *SYMBOLS[1:])) == [
        Canceled(1, 1, CancelReason.SUPERVISORY)
    ]


@IMPACT
def test_what_was_within_the_bands_is_asked_anew_when_they_move():
    market = banded(market_impact(), fat_finger("5", "0"))
    assert verdict(market, buy(1, at="10.40")) is None
    market.prices(luld_upper="10.30")
    assert verdict(market, buy(1, at="10.40")) == Reject.MARKET_IMPACT


@IMPACT
def test_a_replacement_is_held_to_the_bands():
    market = banded(market_impact())
    market.enter(buy(1, at="10.00"))
    assert market.replace(1, buy(2, at="10.51")) == [Rejected(Reject.MARKET_IMPACT)]
    assert isinstance(market.replace(1, buy(2, at="10.50"))[0], Replaced)


@PEG
def test_market_maker_pegs_are_not_held_to_the_fat_finger(market):
    market = Market(fat_finger("1", "0"))
    scope = market.engine.scope(market.engine.ports["IN1"], "ZWZZT")
    order = market.order(scope.port, scope, buy(1, at="99.00", price_type=PriceType.MARKET_MAKER_PEG))
    assert market.engine.rule_book.refold(order) is None


# What goes away.

ROUTING = (PortEntry("RT1", "INET", "nasdaq", "ouch-us", routing=True),)
AWAY = [
    (order_types("short_sale", exchange="ROUTED"), short(1, at="10.00", by="RT1"), Reject.SHORT_SALE_NOT_ALLOWED),
    (hard_to_borrow("ZWZZT", exchange="ROUTED"), short(1, at="10.00", by="RT1"), Reject.HARD_TO_BORROW),
    (located(exchange="ROUTED"), short(1, at="10.00", by="RT1"), Reject.LOCATE_REQUIRED),
    (volume_percent("5", exchange="ROUTED"), buy(1, at="10.00", by="RT1"), Reject.AVERAGE_DAILY_VOLUME),
    (market_impact(exchange="ROUTED"), buy(1, at="10.51", by="RT1"), Reject.MARKET_IMPACT),
]


@pytest.mark.section("EQRC", "2 Venues")
@pytest.mark.parametrize(("rule", "ticket", "reason"), AWAY)
def test_what_goes_away_is_held_to_the_rules_of_routed(rule, ticket, reason):
    market = Market(rule, ports=ROUTING)
    market.prices(luld_lower="9.50", luld_upper="10.50")
    routed = type(ticket)(**{**vars(ticket), "attributes": type(ticket.attributes)(route=b"SCAN")})
    assert verdict(market, ticket) is None
    assert verdict(market, routed) == reason


def test_a_day_later_the_same_holds():
    market = banded(market_impact(), order_types("short_sale"))
    market.next_day(TOMORROW)
    assert verdict(market, short(1, at="10.00")) == Reject.SHORT_SALE_NOT_ALLOWED


@pytest.mark.parametrize(
    ("rules", "side", "reason"),
    [
        ([hard_to_borrow("ZWZZT")], Side.SELL_SHORT, Reject.HARD_TO_BORROW),
        ([hard_to_borrow("ZWZZT")], Side.SELL_SHORT_EXEMPT, None),
        ([order_types("short_sale")], Side.SELL_SHORT, Reject.SHORT_SALE_NOT_ALLOWED),
        ([order_types("short_sale")], Side.SELL_SHORT_EXEMPT, None),
        ([order_types("short_sale_exempt")], Side.SELL_SHORT_EXEMPT, Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED),
        ([located()], Side.SELL_SHORT, Reject.LOCATE_REQUIRED),
        ([order_types("pre_market", "intermarket_sweep")], Side.SELL_SHORT, None),
    ],
)
@BORROW
def test_a_sale_becomes_no_short_sale_that_could_not_have_entered(rules, side, reason):
    market = Market(*rules)
    market.enter(sell(100, at="11.00"))
    events = market.modify(1, side=side, to=50)
    assert market.open == {("IN1", 1): 100 if reason else 50}
    assert market.find(1).terms.side is (Side.SELL if reason else side)
    if reason:
        assert events == [Rejected(reason)]
        assert [key.subject for key in market.engine.rules.diary.breaches] == [reason.name]
