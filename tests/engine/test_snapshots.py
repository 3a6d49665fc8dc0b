"""What a snapshot holds, and what comes back from it."""

import msgspec
import pytest
from trading import Market, label
from words import (
    MARKET,
    TOMORROW,
    Accepted,
    Broken,
    Canceled,
    Day,
    Rejected,
    Replaced,
    buy,
    max_shares,
    message_rate,
    sell,
)

from engine.api import CommandRefused, OrderAttributes, Reject
from engine.engine import Engine
from engine.state import dump

SNAPSHOT = pytest.mark.section("Portcullis", "Snapshots")


@SNAPSHOT
def test_before_it_is_configured_an_engine_has_no_state():
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
        "midnights",
        "ports",
        "deadlines",
        "storage_low",
        "mass_cancels",
        "after_hours",
        "local_midnights",
        "accounts",
        "multipliers",
        "timetables",
        "audit",
        "rules",
        "band_cancels",
    }


def test_the_fields_of_an_order_s_attributes_keep_their_places():
    """Snapshots of earlier versions are read by place: a new field goes to the end, with a default."""
    assert OrderAttributes.__struct_fields__[:19] == (
        *("firm", "minimum_quantity", "max_floor", "random_reserve", "price_type", "peg_offset", "discretion_price"),
        *("discretion_price_type", "discretion_peg_offset", "post_only", "expire_time", "group_id", "shares_located"),
        *("locate_broker", "self_match_prevention", "self_match_group", "handling_instruction", "route", "options"),
    )
    assert len(OrderAttributes.__struct_defaults__) == len(OrderAttributes.__struct_fields__)
