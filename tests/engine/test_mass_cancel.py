"""A mass cancel in slices: what is settled when it is asked for, what may happen between two slices, how it ends."""

import pytest
from trading import Market
from words import (
    Accepted,
    Canceled,
    MassCanceled,
    Restated,
    buy,
    sell,
    trade,
    whole,
)

from engine.api import CancelReason, Side
from engine.mass_cancel import ORDERS_A_SLICE
from engine.orders import PAGE_BITS

SLICES = pytest.mark.section("Portcullis", "Mass cancel in slices")
SLICE = ORDERS_A_SLICE


def booked(count, **how):
    """A market in which IN1 has `count` orders of 100 at 9.00, numbered from 1."""
    market = Market(audited=False)
    for _ in range(count):
        market.enter(buy(100, at="9.00", **how))
    market.audited = True
    return market


def ended(events):
    """The orders that were told to go, in order, and whether the port was told that it is done."""
    gone = [event.order for event in events if isinstance(event, Canceled)]
    return gone, events[len(gone) :] == [MassCanceled()]


@SLICES
@pytest.mark.parametrize(
    ("count", "slices"),
    [
        (0, [0]),
        (1, [1]),
        (SLICE - 1, [SLICE - 1]),
        (SLICE, [SLICE]),
        (SLICE + 1, [SLICE, 1]),
        (2 * SLICE, [SLICE, SLICE]),
        (2 * SLICE + 1, [SLICE, SLICE, 1]),
    ],
)
def test_a_slice_is_of_a_fixed_count_and_the_last_one_tells_that_it_is_done(count, slices):
    market = booked(count)
    heard = [market.mass_cancel()]
    while market.engine.mass_cancels:
        heard.append(market.work_off())
    numbers = iter(range(1, count + 1))
    expected = [[next(numbers) for _ in range(size)] for size in slices]
    assert [ended(events) for events in heard] == [(gone, gone == expected[-1]) for gone in expected]
    assert market.open == {}
    assert market.work_off() == []


@SLICES
def test_orders_that_do_not_match_are_looked_at_too(market):
    """A slice takes as long as any other whether or not anything matches."""
    market = booked(2 * SLICE)
    market.enter(buy(100, at="19.00", symbol="AMD"))
    assert market.mass_cancel(symbol="AMD") == []
    assert market.work_off() == []
    assert ended(market.work_off()) == ([2 * SLICE + 1], True)
    assert len(market.open) == 2 * SLICE


@SLICES
def test_between_two_slices_other_ports_trade_on_even_with_what_is_to_go():
    market = booked(SLICE + 2)
    market.mass_cancel()
    assert market.enter(sell(130, at="9.00", by="AK1"))[1:] == [
        *trade(SLICE + 3, SLICE + 1, 100, "9.00", match=1),
        *trade(SLICE + 3, SLICE + 2, 30, "9.00", match=2),
    ]
    assert market.work_off() == [Canceled(SLICE + 2, 70), MassCanceled()]


@SLICES
def test_what_ended_meanwhile_is_passed_over_and_told_of_once():
    market = booked(SLICE + 1, good_for=5)
    market.mass_cancel()
    assert market.wait(5) == [Canceled(SLICE + 1, 100, CancelReason.EXPIRED)]
    assert market.work_off() == [MassCanceled()]


@SLICES
def test_a_reserve_order_is_refilled_meanwhile_and_goes_whole():
    market = booked(SLICE)
    market.enter(buy(1_000, at="9.50", max_floor=100))
    market.mass_cancel()
    assert market.enter(sell(100, at="9.50", by="AK1"))[-1] == Restated(SLICE + 1, 100)
    assert market.work_off() == [Canceled(SLICE + 1, 900), MassCanceled()]


@SLICES
def test_two_ports_take_turns():
    market = Market(audited=False)
    for port in ("IN1", "AK1"):
        for _ in range(2 * SLICE + 1):
            market.enter(buy(100, at="9.00", by=port))
    market.audited = True
    first = market.mass_cancel(by="IN1")
    second = market.mass_cancel(by="AK1")
    assert {event.where.port for event in first} == {"IN1"}
    assert {event.where.port for event in second} == {"AK1"}
    turns = []
    while market.engine.mass_cancels:
        turns.append(market.work_off())
    assert [events[0].where.port for events in turns] == ["IN1", "AK1", "IN1", "AK1"]
    assert [ended(events)[1] for events in turns] == [False, False, True, True]
    assert market.open == {}


@SLICES
def test_all_that_is_left_is_done_at_once_when_the_port_is_heard_again():
    """As the machine does before it gives a port its next message: two mass cancels never overlap."""
    market = booked(3 * SLICE)
    market.mass_cancel()
    again = market.mass_cancel()
    assert ended(again[:-1]) == (list(range(SLICE + 1, 3 * SLICE + 1)), True)
    assert again[-1] == MassCanceled()
    assert not market.engine.mass_cancels


@SLICES
def test_the_day_s_end_finishes_it_first():
    market = booked(SLICE + 1)
    market.enter(buy(100, at="9.00", by="AK1"))
    market.mass_cancel()
    told = [event for event in market.next_day("2026-11-23") if event.where.port in ("IN1", "AK1")]
    assert told[:2] == [Canceled(SLICE + 1, 100), MassCanceled()]
    assert told[2] == Canceled(SLICE + 2, 100, CancelReason.EXPIRED)
    assert market.work_off() == []


@SLICES
def test_a_halt_a_disabled_and_a_withdrawn_port_do_not_hold_it_up():
    market = booked(SLICE + 1)
    market.mass_cancel()
    market.halt()
    market.set_entry("IN1", enabled=False)
    market.configure(ports=tuple(entry.entry for entry in market.engine.ports.values() if entry.name != "IN1"))
    assert market.work_off() == [Canceled(SLICE + 1, 100), MassCanceled()]


@SLICES
@pytest.mark.section("Portcullis", "Snapshots")
def test_a_restart_in_the_middle_goes_on_where_it_was():
    market = Market(audited=False)
    for port in ("IN1", "AK1"):
        for number in range(2 * SLICE + 10):
            market.enter(buy(100, at="9.00", by=port, group_id=number % 2, good_for=60))
    market.mass_cancel("IN1", "ZWZZT", Side.BUY, 1)
    market.mass_cancel("AK1")
    market.work_off()
    other = market.reloaded()
    assert other.state() == market.state()
    while market.engine.mass_cancels:
        assert whole(other.work_off()) == whole(market.work_off())
        assert other.state() == market.state()
    assert not other.engine.mass_cancels
    assert {port for port, _ in other.open} == {"IN1"}
    assert {event.order for event in other.wait(60)} == {key for _, key in market.open}


@SLICES
def test_a_port_without_orders_to_go_is_told_at_once(market):
    market.enter(buy(100, at="9.00", by="AK1"))
    assert market.mass_cancel() == [MassCanceled()]
    assert market.enter(buy(100, at="9.00")) == [Accepted(2, 100, "9.00")]


def test_a_restored_mass_cancel_is_cut_where_the_other_is_though_some_of_its_orders_are_gone():
    market = Market(audited=False)
    for _ in range(3 * ORDERS_A_SLICE):
        market.enter(buy(100, at="9.00"))
    market.mass_cancel()
    market.enter(sell(100 * 50, at="9.00", by="AK1"))
    copy = market.reloaded()
    while market.engine.mass_cancels:
        assert market.state() == copy.state()
        assert whole(market.work_off()) == whole(copy.work_off())
    assert market.state() == copy.state()


def test_a_restored_mass_cancel_goes_through_the_same_pages():
    market = Market(audited=False)
    page = 1 << PAGE_BITS
    for _ in range(page + ORDERS_A_SLICE):
        market.enter(buy(1, at="9.00"))
    market.mass_cancel()
    copy = market.reloaded()
    for one in (market, copy):
        one.enter(sell(page, at="9.00", by="AK1"))
    while market.engine.mass_cancels:
        assert whole(market.work_off()) == whole(copy.work_off())
    assert market.state() == copy.state()


@SLICES
def test_a_lost_connection_ends_orders_in_slices_too_and_nobody_is_answered():
    market = booked(SLICE + 1)
    market.engine.ports["IN1"].cancel_on_disconnect = True
    first, second = market.disconnect(), market.work_off()
    assert first + second == [Canceled(number, 100, CancelReason.SYSTEM) for number in range(1, SLICE + 2)]
    assert (market.open, market.work_off(), market.disconnect()) == ({}, [], [])


@SLICES
def test_a_connection_lost_behind_a_mass_cancel_ends_what_that_one_leaves():
    market = booked(SLICE + 1)
    market.enter(buy(100, at="19.00", symbol="AMD"))
    market.engine.ports["IN1"].cancel_on_disconnect = True
    market.mass_cancel(symbol="ZWZZT")
    assert market.disconnect() == [
        Canceled(SLICE + 1, 100),
        MassCanceled(),
        Canceled(SLICE + 2, 100, CancelReason.SYSTEM),
    ]


@SLICES
def test_a_lost_connection_leaves_orders_that_are_not_to_end_with_it():
    market = booked(1)
    assert market.disconnect() == []
    assert len(market.open) == 1
