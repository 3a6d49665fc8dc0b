"""How many orders, changes and cancels a port may send within a second (PRM guide 3.11)."""

import pytest
from nordic import OTHER, USER, NordicMarket, account, buy, port_entry, sell
from words import TOMORROW, Accepted, Canceled, Rejected, Replaced

from engine.api import BlockAccount, CancelReason, CommandRefused, Reject
from engine.mass_cancel import ORDERS_A_SLICE

RATE = pytest.mark.section("PRM", "3.11 Maximum orders per second per port")
CANCEL = pytest.mark.section("PRM", "3.11 Cancel on breach")


def limited(limit, *, cancel=False):
    """A market in which port G1 may send so many orders a second."""
    first = port_entry("G1", maximum_orders=limit, cancel_on_breach=cancel)
    return NordicMarket(account(), ports=(first, port_entry("G2"), port_entry("C1", "GP30")))


def reasons(events):
    return [event.reason for event in events if isinstance(event, Rejected)]


@RATE
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_the_order_that_goes_over_the_limit_is_refused_and_all_after_it(limit):
    market = limited(limit)
    for _ in range(limit):
        assert isinstance(market.enter(buy(1, at="100.00"))[0], Accepted)
    assert market.enter(buy(1, at="100.00")) == [Rejected(Reject.PORT_ORDER_RATE)]
    assert market.refusal[1:] == (limit, limit + 1, None, None, "G1")
    market.wait(3600)
    assert market.enter(buy(1, at="100.00")) == [Rejected(Reject.PORT_ORDER_RATE)]


@RATE
def test_a_message_exactly_one_second_old_is_out():
    market = limited(2)
    market.enter(buy(1, at="100.00"))
    market.wait(0.5)
    market.enter(buy(1, at="100.00"))
    market.wait(0.5)
    assert isinstance(market.enter(buy(1, at="100.00"))[0], Accepted)
    market.wait(nanoseconds=500_000_000 - 1)
    assert market.enter(buy(1, at="100.00")) == [Rejected(Reject.PORT_ORDER_RATE)]


@RATE
def test_replacements_and_cancels_count():
    market = limited(3)
    market.enter(buy(100, at="100.00"))
    market.replace(1, buy(100, at="99.00"))
    market.cancel(2, to=50)
    assert market.replace(2, buy(100, at="98.00")) == [Rejected(Reject.PORT_ORDER_RATE)]


@RATE
def test_refused_orders_count():
    market = limited(1)
    market.block()
    assert market.enter(buy(1, at="100.00")) == [Rejected(Reject.ACCOUNT_BLOCKED)]
    market.block(blocked=False)
    assert market.enter(buy(1, at="100.00")) == [Rejected(Reject.PORT_ORDER_RATE)]


@RATE
def test_a_shut_port_takes_cancels_and_replacements_that_only_get_smaller():
    market = limited(2)
    market.enter(buy(100, at="100.00"))
    market.enter(buy(100, at="99.00"))
    assert market.cancel(1) == [Canceled(1, 100)]
    assert market.replace(2, buy(60, at="99.00")) == [Replaced(3, 2, 60, "99.00")]
    assert market.replace(3, buy(60, at="98.00")) == [Rejected(Reject.PORT_ORDER_RATE)]


@RATE
def test_other_ports_go_on():
    market = limited(0)
    market.set_port("G1", maximum_orders=1)
    for _ in range(3):
        market.enter(buy(1, at="100.00"))
        assert isinstance(market.enter(buy(1, at="100.00", by="G2"))[0], Accepted)


@RATE
@pytest.mark.parametrize("how", ["released", "the next day"])
def test_a_shut_port_is_freed_by_operations_or_the_next_day_and_counts_anew(how):
    market = limited(2)
    for _ in range(3):
        market.enter(buy(1, at="100.00"))
    if how == "released":
        market.release("G1")
    else:
        market.next_day(TOMORROW)
    events = [event for _ in range(3) for event in market.enter(buy(1, at="100.00"))]
    assert [type(event) for event in events] == [Accepted, Accepted, Rejected]


@RATE
def test_a_limit_that_is_set_sees_what_was_sent_before():
    market = limited(0)
    for _ in range(5):
        market.enter(buy(1, at="100.00"))
    market.set_port("G1", maximum_orders=5)
    assert market.enter(buy(1, at="100.00")) == [Rejected(Reject.PORT_ORDER_RATE)]


@RATE
def test_a_limit_that_is_taken_off_or_raised_lets_more_through():
    market = limited(2)
    market.enter(buy(1, at="100.00"))
    market.enter(buy(1, at="100.00"))
    market.set_port("G1", maximum_orders=3)
    assert isinstance(market.enter(buy(1, at="100.00"))[0], Accepted)
    market.set_port("G1", maximum_orders=0)
    for _ in range(100):
        assert isinstance(market.enter(buy(1, at="100.00"))[0], Accepted)


@RATE
def test_a_limit_that_the_configuration_changes_sees_what_was_sent_before():
    market = limited(0)
    for _ in range(5):
        market.enter(buy(1, at="100.00"))
    market.configure(account(), ports=(port_entry("G1", maximum_orders=5),))
    assert market.enter(buy(1, at="100.00")) == [Rejected(Reject.PORT_ORDER_RATE)]


@RATE
def test_a_us_port_has_no_such_limit():
    with pytest.raises(CommandRefused, match="IN1 is of nasdaq"):
        NordicMarket().set_port("IN1", maximum_orders=5)


@CANCEL
def test_a_breach_cancels_all_orders_of_the_port_before_the_answer():
    market = limited(3, cancel=True)
    market.enter(buy(100, at="100.00"))
    market.enter(sell(100, at="101.00", book="102"))
    market.enter(buy(50, at="100.00", by="G2"))
    market.enter(buy(1, at="99.00"))
    assert market.enter(buy(1, at="98.00")) == [
        Canceled(1, 100, CancelReason.SUPERVISORY),
        Canceled(2, 100, CancelReason.SUPERVISORY),
        Canceled(4, 1, CancelReason.SUPERVISORY),
        Rejected(Reject.PORT_ORDER_RATE),
    ]
    assert market.open == {("G2", 3): 50}


@CANCEL
def test_without_the_option_the_orders_stay():
    market = limited(1)
    market.enter(buy(100, at="100.00"))
    market.enter(buy(1, at="98.00"))
    assert market.open == {("G1", 1): 100}


@CANCEL
def test_a_cancel_that_goes_over_the_limit_finds_its_order_gone():
    market = limited(1, cancel=True)
    market.enter(buy(100, at="100.00"))
    assert market.cancel(1) == []
    assert market.events[-1] == Canceled(1, 100, CancelReason.SUPERVISORY)


@CANCEL
def test_it_goes_slice_by_slice_and_others_trade_in_between():
    market = limited(0, cancel=True)
    count = 2 * ORDERS_A_SLICE + 1
    for _ in range(count):
        market.enter(buy(1, at="100.00"))
    market.set_port("G1", maximum_orders=1)
    assert len(market.enter(buy(1, at="100.00"))) == ORDERS_A_SLICE + 1
    other = market.reloaded()
    for venue in (market, other):
        assert len(venue.enter(sell(1, at="100.00", by="C1", user="GP30U1"))) == 3
        assert [event.reason for event in venue.work_off()] == [CancelReason.SUPERVISORY] * (ORDERS_A_SLICE - 1)
        assert [event.reason for event in venue.work_off()] == [CancelReason.SUPERVISORY]
        assert venue.open == {}
    assert other.state() == market.state()


@CANCEL
def test_it_happens_once_until_the_port_is_released():
    market = limited(1, cancel=True)
    market.enter(buy(100, at="100.00"))
    market.enter(buy(1, at="100.00"))
    assert market.enter(buy(1, at="100.00")) == [Rejected(Reject.PORT_ORDER_RATE)]
    market.release("G1")
    market.enter(buy(7, at="100.00"))
    assert market.enter(buy(1, at="100.00"))[0] == Canceled(4, 7, CancelReason.SUPERVISORY)


@CANCEL
def test_a_breach_while_the_port_s_orders_end_already_ends_the_others_behind_them():
    market = NordicMarket(account(users=[USER]), audited=False)
    market.enter(buy(1, at="99.00", user=OTHER))
    for _ in range(ORDERS_A_SLICE + 10):
        market.enter(buy(1, at="99.00"))
    market.set_port("G1", maximum_orders=1, cancel_on_breach=True)
    market.wait(2)
    market.do(BlockAccount("GP29PR", True, True))
    port = market.engine.ports["G1"]
    assert port.mass_cancel is not None
    for _ in range(2):  # as messages of FIX that waited for a gap to close, all in one record
        market.engine.arrived(port, market.now)
    assert port.rate_limited
    assert len(market.engine.mass_cancels) == 2
    other = market.reloaded()
    for venue in (market, other):
        venue.engine.finish(venue.engine.ports["G1"], venue.now)
        assert len(venue.engine.ports["G1"].orders) == 0
        assert not venue.engine.mass_cancels
    assert other.state() == market.state()
