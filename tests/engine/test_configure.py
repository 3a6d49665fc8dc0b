"""Reference data and rules, set and set again in the middle of the day."""

import pytest
from trading import Market
from words import (
    HOUR,
    MARKETS,
    PORTS,
    SYMBOLS,
    Accepted,
    Canceled,
    Day,
    MassCanceled,
    Rejected,
    buy,
    max_shares,
    message_rate,
    sell,
    symbol_entry,
    symbol_rate,
    ticks,
    trade,
)

from engine.api import CommandRefused, MarketEntry, PortEntry, Reject, SystemEvent, TimeInForce

CONFIGURE = pytest.mark.section("Portcullis", "Reference data and rules")


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
    assert market.mass_cancel() == [Canceled(1, 30), MassCanceled()]


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
def test_messages_in_a_dropped_symbol_count_the_same_after_a_start_from_a_snapshot():
    market = Market(symbol_rate(1))
    market.enter(buy(100, at="20.00", symbol="AMD"))
    market.cancel(1)
    market.configure(symbol_rate(1), symbols=WITHOUT_AMD)
    market.wait(2)
    other = market.reloaded()
    for venue in (market, other):
        events = [venue.enter(buy(size, at="20.00", symbol="AMD")) for size in (100, 200)]
        assert events == [[Rejected(Reject.INVALID_SYMBOL)]] * 2
        assert venue.engine.ports["IN1"].rate_limited
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


@CONFIGURE
def test_a_market_that_is_added_at_noon_has_to_wait_for_the_next_day(market):
    bond = PortEntry("IN9", "INET", "bond", "ouch-us")
    before = market.state()
    with pytest.raises(CommandRefused, match="bond can be added from the next trading day on"):
        market.configure(markets=(*MARKETS, MarketEntry("bond", 9 * HOUR, 11 * HOUR)), ports=(*PORTS, bond))
    assert market.state() == before


@CONFIGURE
def test_a_port_does_not_change_hands(market):
    ports = tuple(PortEntry("IN2", "AKAM", "nasdaq", "ouch-us") if entry.name == "IN2" else entry for entry in PORTS)
    before = market.state()
    with pytest.raises(CommandRefused, match="a port does not change hands"):
        market.configure(max_shares(100, mpid="AKAM"), ports=ports)
    assert market.state() == before
