"""What operators ask: reference data and rules, halts, prices, broken trades, the next day."""

import msgspec
import pytest
from trading import (
    HOUR,
    MARKET,
    MARKETS,
    PORTS,
    SYMBOLS,
    TODAY,
    TOMORROW,
    Accepted,
    Broken,
    Canceled,
    Day,
    Market,
    Rejected,
    Replaced,
    buy,
    fat_finger,
    label,
    max_shares,
    message_rate,
    sell,
    symbol_entry,
    ticks,
    trade,
)

from engine.api import (
    BrokenTradeReason,
    BustTrade,
    CancelReason,
    CommandRefused,
    Configure,
    MarketEntry,
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
CONFIGURE = pytest.mark.section("Portcullis", "Reference data and rules")
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
        (BustTrade("nordic", 1, BrokenTradeReason.ERRONEOUS), "matchNumber"),
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


# Reference data and rules.


@CONFIGURE
def test_the_same_configuration_again_changes_nothing(market):
    market.enter(sell(100, at="50.00"))
    market.enter(buy(40, at="50.00"))
    market.prices(outside_bid="9.00", luld_lower="8.00", average_daily_volume=7, previous_close="3.00")
    market.halt("AMD")
    market.set_entry("IN2", enabled=False)
    before = market.state()
    assert market.configure() == []
    assert market.state() == before


@CONFIGURE
def test_a_new_symbol_has_a_book_on_every_exchange(market):
    market.configure(symbols=(*SYMBOLS, symbol_entry("FRESH", "5.00")))
    for port in ("IN1", "INB", "INP"):
        assert isinstance(market.enter(buy(100, at="5.00", symbol="FRESH", by=port))[0], Accepted)
    assert market.security("FRESH").previous_close == ticks("5.00")


@CONFIGURE
def test_a_new_port_is_of_today(market):
    [event] = market.configure(ports=(*PORTS, PortEntry("NEW", "AKAM", "bx", "ouch-us")))
    assert (event, event.where.port) == (Day(SystemEvent.START_OF_DAY), "NEW")
    market.enter(sell(100, at="10.00", by="INB"))
    assert market.enter(buy(100, at="10.00", by="NEW"))[1:] == trade(2, 1, 100, "10.00", match=1)
    assert market.engine.ports["NEW"].index == len(PORTS)
    assert market.engine.ports["NEW"].midnight == market.engine.ports["INB"].midnight


WITHOUT_AMD = tuple(entry for entry in SYMBOLS if entry.symbol != "AMD")


@CONFIGURE
@pytest.mark.parametrize("traded_before", [False, True], ids=["never traded here", "traded here before"])
def test_a_dropped_symbol_takes_no_new_orders(market, traded_before):
    if traded_before:
        market.enter(buy(100, at="20.00", symbol="AMD"))
    market.configure(symbols=WITHOUT_AMD)
    [event] = market.enter(buy(100, at="20.00", symbol="AMD"))
    assert event == Rejected(Reject.INVALID_SYMBOL)


@CONFIGURE
def test_a_dropped_symbol_keeps_its_orders_which_may_be_canceled(market):
    market.enter(buy(100, at="20.00", symbol="AMD"))
    market.configure(symbols=WITHOUT_AMD)
    assert market.open == {("IN1", 1): 100}
    assert market.cancel(1, to=30) == [Canceled(1, 70)]
    assert market.mass_cancel() == [Canceled(1, 30)]


@CONFIGURE
@pytest.mark.parametrize("quantity", [100, 0], ids=["sound", "faulty"])
def test_a_dropped_symbol_is_the_same_to_a_venue_that_starts_from_a_snapshot(market, quantity):
    market.enter(buy(100, at="20.00", symbol="AMD"))
    market.cancel(1)
    market.configure(symbols=WITHOUT_AMD)
    other = market.reloaded()
    order = buy(quantity, at="20.00", symbol="AMD")
    assert other.enter(order) == market.enter(order)
    assert other.state() == market.state()


@CONFIGURE
def test_a_symbol_that_comes_back_finds_its_orders(market):
    market.enter(buy(100, at="20.00", symbol="AMD"))
    market.configure(symbols=WITHOUT_AMD)
    market.configure()
    assert market.enter(sell(100, at="20.00", symbol="AMD"))[1:] == trade(2, 1, 100, "20.00", match=1)


@CONFIGURE
def test_a_dropped_port_keeps_its_orders_and_takes_no_new_ones(market):
    market.enter(buy(100, at="10.00", by="IN2"))
    market.configure(ports=tuple(entry for entry in PORTS if entry.name != "IN2"))
    assert market.open == {("IN2", 1): 100}
    [event] = market.enter(buy(100, at="9.00", by="IN2"))
    assert isinstance(event, Rejected)
    assert market.cancel(1) == [Canceled(1, 100)]


@CONFIGURE
def test_a_dropped_port_is_the_same_to_a_venue_that_starts_from_a_snapshot_and_may_come_back(market):
    market.enter(buy(100, at="10.00", by="IN2"))
    market.configure(ports=tuple(entry for entry in PORTS if entry.name != "IN2"))
    other = market.reloaded()
    order = buy(100, at="9.00", by="IN2")
    assert other.enter(order) == market.enter(order)
    assert other.replace(1, order) == market.replace(1, order)
    assert market.open == other.open == {("IN2", 1): 100}
    assert market.configure() == []
    assert isinstance(market.enter(order)[0], Accepted)


@CONFIGURE
def test_a_changed_entry_brings_its_values(market):
    market.prices(last="50.00")
    changed = symbol_entry("ZWZZT", "12.00", ticks_table=((0, 5),), volume=9)
    market.configure(symbols=(changed, *SYMBOLS[1:]))
    security = market.security()
    assert (security.previous_close, security.last) == (ticks("12.00"), ticks("12.00"))
    assert (security.ticks, security.average_daily_volume) == (((0, 5),), 9)
    assert isinstance(market.enter(buy(100, at="10.0005"))[0], Accepted)


@CONFIGURE
def test_an_entry_that_did_not_change_leaves_what_the_day_brought(market):
    market.prices("AMD", last="50.00", luld_lower="1.00")
    market.configure(symbols=(symbol_entry("ZWZZT", "12.00"), *SYMBOLS[1:]))
    assert (market.security("AMD").last, market.security("AMD").luld_lower) == (ticks("50.00"), ticks("1.00"))


@CONFIGURE
def test_a_resting_order_keeps_its_place_when_its_tick_table_changes(market):
    market.enter(buy(100, at="10.01"))
    market.configure(symbols=(symbol_entry("ZWZZT", "10.00", ticks_table=((0, 500),)), *SYMBOLS[1:]))
    assert market.enter(sell(100, at="10.01")) == [Rejected(Reject.INVALID_TICK)]
    assert market.enter(sell(100, at="10.00"))[1:] == trade(3, 1, 100, "10.01", match=1)


@CONFIGURE
def test_rules_that_change_hold_for_orders_from_then_on():
    market = Market(max_shares(100))
    market.enter(buy(100, at="9.00"))
    assert market.enter(buy(150, at="10.00")) == [Rejected(Reject.MAXIMUM_SHARES)]
    market.configure(max_shares(50, name="tighter"))
    assert market.open == {("IN1", 1): 100}
    assert market.enter(buy(51, at="10.00")) == [Rejected(Reject.MAXIMUM_SHARES)]
    assert market.refusal.rule == "tighter"
    assert market.replace(1, buy(51, at="10.00")) == [Rejected(Reject.MAXIMUM_SHARES)]
    market.configure()
    assert market.enter(buy(999_999, at="10.00"))[0].dead is False


@CONFIGURE
def test_two_rules_of_one_name_are_two_rules_after_a_load_too():
    market = Market(message_rate(3, window=3), message_rate(9, window=1))
    for _ in range(3):
        market.message()
        market.wait(0.5)
    other = market.reloaded()
    assert other.state() == market.state()
    assert other.enter(buy(1, at="10.00")) == market.enter(buy(1, at="10.00"))


@CONFIGURE
def test_hours_change_with_the_configuration(market):
    order = buy(100, at="10.00", time_in_force=TimeInForce.AFTER_HOURS)
    assert market.enter(order) == [Rejected(Reject.AFTER_HOURS_CLOSED)]
    market.configure(markets=tuple(MarketEntry(entry.key, 9 * HOUR, 11 * HOUR) for entry in MARKETS))
    assert isinstance(market.enter(order)[0], Accepted)


# Snapshots of what only few orders carry.

SNAPSHOT = pytest.mark.section("Portcullis", "Snapshots")


@SNAPSHOT
def test_before_it_is_configured_an_engine_has_no_state():
    from engine.engine import Engine  # noqa: PLC0415 - the only test without a market
    from engine.state import dump  # noqa: PLC0415

    assert dump(Engine()) is None


@SNAPSHOT
def test_everything_that_an_order_carries_comes_back(market):
    market.enter(buy(100, at="10.00", group_id=7, post_only=True, good_for=60, options=((24, 7), (26, b"BRKR"))))
    market.enter(sell(100, at="11.00", hidden=True, intermarket_sweep=True, shares_located=True))
    market.enter(sell(30, at="10.00", by="AK1"))
    other = market.reloaded()
    assert other.state() == market.state()
    for key in (1, 2):
        mine, theirs = market.find(key), other.find(key)
        assert (mine.terms, mine.attributes, mine.entered) == (theirs.terms, theirs.attributes, theirs.entered)
        assert (theirs.cl_ord_id, theirs.size, theirs.quantity) == (label(key), mine.size, mine.quantity)
        assert theirs.expires_at == mine.expires_at
        assert theirs.order_reference_number == mine.order_reference_number


@SNAPSHOT
def test_a_loaded_venue_goes_on_where_the_first_one_was():
    market = Market(message_rate(3), max_shares(500))
    market.enter(buy(100, at="10.00", good_for=2))
    market.enter(buy(100, at="10.00", by="AK1"))
    market.enter(sell(30, at="10.00"))
    market.halt("AMD")
    market.prices(outside_bid="9.00")
    market.set_entry("IN2", enabled=False)
    other = market.reloaded()

    def afternoon(venue):
        return [
            *venue.bust(1),
            *venue.enter(buy(100, at="20.00", symbol="AMD", by="AK1")),
            *venue.enter(buy(1, at="1.00", by="IN2")),
            *venue.enter(buy(501, at="1.00")),
            *venue.replace(1, buy(200, at="10.01", good_for=2)),
            *venue.enter(sell(300, at=MARKET, by="AK1")),
            *venue.wait(2),
            *venue.enter(buy(1, at="1.00")),
            *venue.release("IN1"),
            *venue.enter(buy(1, at="1.00")),
            *venue.next_day(TOMORROW),
        ]

    heard = afternoon(market)
    assert {type(event) for event in heard} >= {Broken, Rejected, Accepted, Canceled, Day}
    assert Replaced not in {type(event) for event in heard}, "the port is shut by then"
    assert afternoon(other) == heard
    assert other.state() == market.state()


@SNAPSHOT
def test_a_shut_port_a_disabled_port_and_a_broken_trade_come_back_so():
    market = Market(message_rate(3))
    market.enter(sell(100, at="10.00"))
    market.enter(buy(100, at="10.00"))
    market.bust(1)
    market.message()
    market.message()
    market.set_entry("IN2", enabled=False)
    other = market.reloaded()
    assert other.enter(buy(1, at="10.00")) == [Rejected(Reject.PORT_MESSAGE_RATE)]
    assert other.refusal[1:3] == (3, 4)
    assert other.enter(buy(1, at="10.00", by="IN2")) == [Rejected(Reject.ENTRY_DISABLED)]
    with pytest.raises(CommandRefused, match="broken already"):
        other.bust(1)


@SNAPSHOT
def test_orders_of_equal_deadlines_end_in_the_order_in_which_they_came_after_a_load_too(market):
    for at, port in (("9.00", "IN1"), ("9.50", "AK1"), ("8.00", "IN1"), ("9.70", "INB"), ("9.60", "IN2")):
        market.enter(buy(100, at=at, by=port, good_for=2))
    other = market.reloaded()
    assert [event.order for event in other.wait(2)] == [1, 2, 3, 4, 5]


@SNAPSHOT
def test_what_is_derived_stands_in_no_snapshot(market):
    plain = msgspec.msgpack.decode(market.state())
    assert set(plain) == {
        "configuration",
        "date",
        "session",
        "days",
        "securities",
        "markets",
        "ports",
        "deadlines",
    }
