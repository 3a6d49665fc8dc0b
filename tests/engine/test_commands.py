"""What operators ask: reference data and rules, halts, prices, broken trades, the next day."""

import pytest
from trading import Market
from words import (
    HOUR,
    MARKETS,
    PORTS,
    SYMBOLS,
    TODAY,
    TOMORROW,
    Accepted,
    Broken,
    Canceled,
    Day,
    Rejected,
    buy,
    fat_finger,
    max_shares,
    message_rate,
    sell,
    ticks,
    trade,
)

from engine.api import (
    BrokenTradeReason,
    BustTrade,
    CancelReason,
    CommandRefused,
    Configure,
    NextDay,
    PortEntry,
    Reject,
    ReleasePort,
    SetHalt,
    SetPrices,
    SystemEvent,
    TimeInForce,
)

DAYS = pytest.mark.section("OUCH 5.0", "4.1 System Event")
BUST = pytest.mark.section("OUCH 5.0", "4.7 Broken Trade")
REFUSED = pytest.mark.section("Portcullis", "A command that is refused changes nothing")
PRICES = pytest.mark.section("Portcullis", "Prices of a security")


# The next day.


@DAYS
def test_the_day_ends_with_its_orders_and_the_next_begins(market):
    market.enter(buy(100, at="10.00"))
    market.enter(buy(200, at="9.00", by="AKB", good_for=3_600))
    market.enter(sell(30, at="10.00", by="IN2"))
    events = market.next_day(TOMORROW)
    assert events[:2] == [Canceled(1, 70, CancelReason.EXPIRED), Canceled(2, 200, CancelReason.EXPIRED)]
    names = [entry.name for entry in PORTS]
    told = [(event.where.port, event.event) for event in events[2:]]
    assert told == [(name, SystemEvent.END_OF_DAY) for name in names] + [
        (name, SystemEvent.START_OF_DAY) for name in names
    ]
    assert market.open == {}
    assert (market.engine.date, market.engine.session, market.engine.days) == (TOMORROW, TOMORROW, 2)


@DAYS
def test_the_first_day_only_begins():
    market = Market()
    assert market.events == [Day(SystemEvent.START_OF_DAY)] * len(PORTS)


@DAYS
def test_nothing_of_yesterday_expires_today(market):
    market.enter(buy(100, at="10.00", good_for=60))
    market.next_day(TOMORROW)
    assert market.wait(3_600) == []


@DAYS
def test_every_kind_of_resting_order_ends_with_the_day(market):
    market.now += 6 * HOUR
    for time_in_force in (TimeInForce.DAY, TimeInForce.EXTENDED_HOURS, TimeInForce.AFTER_HOURS):
        market.enter(buy(100, at="9.00", time_in_force=time_in_force))
    market.enter(sell(100, at="11.00", hidden=True, group_id=7, good_for=60))
    market.now += 24 * HOUR
    market.next_day(TOMORROW)
    assert market.open == {}


@DAYS
def test_locks_are_gone_the_next_day():
    market = Market(message_rate(1))
    market.set_entry("IN1", enabled=False)
    market.message()
    market.set_entry("IN2", enabled=False)
    assert market.enter(buy(1, at="10.00")) == [Rejected(Reject.ENTRY_DISABLED)]
    market.next_day(TOMORROW)
    for port in ("IN1", "IN2"):
        assert isinstance(market.enter(buy(1, at="10.00", by=port))[0], Accepted)


@DAYS
def test_the_last_sale_becomes_the_previous_close():
    market = Market(fat_finger("0", "10"))
    market.enter(sell(10, at="50.00", by="AK1"))
    market.enter(buy(10, at="50.00", by="AK1"))
    market.next_day(TOMORROW)
    market.enter(buy(10, at="55.01"))
    assert market.refusal[3:5] == (ticks("50.00"), "previous close")
    assert market.security("AMD").previous_close == ticks("20.00")


@DAYS
def test_a_security_that_did_not_trade_keeps_its_previous_close(market):
    market.prices(last=None)
    market.next_day(TOMORROW)
    assert market.security().previous_close == ticks("10.00")
    assert market.security("NEWCO").previous_close is None


@DAYS
def test_windows_of_the_day_move_with_midnight(market):
    market.now += 24 * HOUR
    market.next_day(TOMORROW)
    order = buy(100, at="10.00", time_in_force=TimeInForce.AFTER_HOURS)
    assert market.enter(order) == [Rejected(Reject.AFTER_HOURS_CLOSED)]
    market.now += 6 * HOUR
    assert isinstance(market.enter(order)[0], Accepted)


@DAYS
def test_numbers_begin_anew(market):
    market.enter(sell(100, at="10.00"))
    market.enter(buy(100, at="10.00"))
    market.next_day(TOMORROW)
    [accepted] = market.enter(sell(100, at="10.00"))
    assert accepted.where.reference == 1
    assert market.enter(buy(100, at="10.00"))[1:] == trade(4, 3, 100, "10.00", match=1)


@DAYS
def test_rules_and_reference_data_stay():
    market = Market(max_shares(100))
    market.next_day(TOMORROW)
    assert market.enter(buy(101, at="10.00")) == [Rejected(Reject.MAXIMUM_SHARES)]


# Broken trades.


@BUST
@pytest.mark.parametrize("reason", BrokenTradeReason)
def test_both_sides_hear_that_their_trade_does_not_stand(market, reason):
    market.enter(sell(100, at="10.00", by="AK1"))
    market.enter(buy(40, at="10.00", by="IN1"))
    took, gave = market.bust(1, reason)
    assert (took, gave) == (Broken(2, 1, reason), Broken(1, 1, reason))
    assert (took.where.port, gave.where.port) == ("IN1", "AK1")
    assert market.open == {("AK1", 1): 60}


@BUST
def test_a_trade_of_orders_that_are_long_gone_may_be_broken(market):
    market.enter(sell(100, at="10.00"))
    market.enter(buy(150, at="10.00"))
    market.replace(2, buy(160, at="9.00"))
    market.cancel(3)
    assert [event.order for event in market.bust(1)] == [2, 1]


@BUST
def test_a_bust_changes_neither_book_nor_last_sale(market):
    market.enter(sell(100, at="12.00"))
    market.enter(buy(40, at="12.00"))
    market.bust(1)
    assert market.security().last == ticks("12.00")
    assert market.enter(buy(60, at="12.00"))[1:] == trade(3, 1, 60, "12.00", match=2)


@BUST
def test_each_exchange_has_trades_of_its_own(market):
    for port in ("IN1", "INB"):
        market.enter(sell(100, at="10.00", by=port))
        market.enter(buy(100, at="10.00", by=port))
    assert [event.order for event in market.bust(1, exchange="bx")] == [4, 3]
    assert [event.order for event in market.bust(1, exchange="nasdaq")] == [2, 1]


# Prices.


@PRICES
def test_some_prices_are_set_and_others_left(market):
    market.prices(outside_bid="9.00", luld_upper="11.00")
    security = market.security()
    assert (security.outside_bid, security.outside_offer) == (ticks("9.00"), None)
    assert (security.luld_lower, security.luld_upper, security.last) == (None, ticks("11.00"), ticks("10.00"))
    market.prices(outside_bid=None, last="3.00")
    assert (security.outside_bid, security.last) == (None, ticks("3.00"))


@PRICES
@pytest.mark.parametrize(("volume", "stands"), [(1_000, 1_000), (0, 0), (None, 0)])
def test_average_daily_volume_is_set_with_them(market, volume, stands):
    market.prices(average_daily_volume=volume)
    assert market.security().average_daily_volume == stands


# Refused commands.

MIDNIGHTS = {entry.key: 0 for entry in MARKETS}


def traded(market):
    market.enter(sell(100, at="10.00"))
    market.enter(buy(40, at="10.00"))
    market.bust(1)


@REFUSED
@pytest.mark.parametrize(
    ("command", "field"),
    [
        (NextDay(TODAY, "again", MIDNIGHTS), "date"),
        (NextDay("2026-11-19", "yesterday", MIDNIGHTS), "date"),
        (SetPrices("NOPE", {"last": 1}), "book"),
        (SetPrices("ZWZZT", {"last": 1, "fat_finger_passive": 1}), "fat_finger_passive"),
        (SetPrices("ZWZZT", {"outside_bid": 1, "symbol": 1}), "symbol"),
        (SetHalt("nordic", None, True), "venue"),
        (SetHalt("nasdaq", "NOPE", True), "book"),
        (BustTrade("nasdaq", 0, BrokenTradeReason.ERRONEOUS), "matchNumber"),
        (BustTrade("nasdaq", 1, BrokenTradeReason.ERRONEOUS), "matchNumber"),
        (BustTrade("nasdaq", 2, BrokenTradeReason.ERRONEOUS), "matchNumber"),
        (BustTrade("bx", 1, BrokenTradeReason.ERRONEOUS), "matchNumber"),
        (BustTrade("nordic", 1, BrokenTradeReason.ERRONEOUS), "venue"),
        (ReleasePort("NOPE"), "port"),
    ],
    ids=str,
)
def test_a_refused_command_names_the_field_and_changes_nothing(market, command, field):
    traded(market)
    before, events = market.state(), list(market.events)
    with pytest.raises(CommandRefused) as refused:
        market.do(command)
    assert refused.value.field == field
    assert market.state() == before
    assert market.events == events


@REFUSED
def test_yesterdays_trades_cannot_be_broken(market):
    market.enter(sell(100, at="10.00"))
    market.enter(buy(40, at="10.00"))
    market.next_day(TOMORROW)
    with pytest.raises(CommandRefused, match="no trade 1"):
        market.bust(1)


@REFUSED
@pytest.mark.parametrize(
    "command",
    [
        NextDay(TOMORROW, "tomorrow", {"nasdaq": 0, "bx": 0}),
        Configure(MARKETS, SYMBOLS, (*PORTS, PortEntry("NEW", "INET", "nordic", "ouch-us")), (max_shares(1),)),
    ],
    ids=["a market without midnight", "a port of no market"],
)
def test_a_command_that_contradicts_itself_is_refused_as_a_whole(market, command):
    market.enter(buy(100, at="10.00"))
    before = market.state()
    with pytest.raises(CommandRefused):
        market.do(command)
    assert market.state() == before
