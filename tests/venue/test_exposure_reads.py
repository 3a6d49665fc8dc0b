"""A breach of gross exposure in the middle of one read: what follows it there is refused, then open orders go."""

import pytest
from floor import ENTER, Floor, heard

from engine.api import RuleEntry
from ouch import messages
from ouch.messages import encode
from ouch.terms import RejectReason
from venue.machine import Machine
from venue.record import Kind, Record

pytestmark = pytest.mark.section("EQRC", "3.1.17 Gross exposure: breaches")
OPEN = {"open_action": 1_000, "breach_action": "CANCEL_ALL"}


@pytest.fixture
def floor(tmp_path):
    return Floor(tmp_path, [RuleEntry("exposure", "gross-exposure", "NASDAQ", "INET", None, (), OPEN)])


def enters(count):
    """Orders for 1,000 dollars each."""
    return [encode(messages.EnterOrder(**ENTER | {"user_ref_num": number})) for number in range(1, count + 1)]


def read(machine, port, payloads, now):
    """What a port is told of what came in one read."""
    index = machine.engine.ports[port].index
    before = machine.streams[index].count
    assert machine.messages(index, payloads, now, now) == len(payloads), "nothing waits for what is to be canceled"
    return heard(machine, index, before)


def test_what_was_read_together_with_the_order_that_breached_is_refused(floor):
    first, breaching, *others = read(floor.machine, "IN30T1", enters(4), floor.now)
    assert isinstance(first, messages.OrderAccepted)
    assert isinstance(breaching, messages.OrderAccepted)
    assert [said.reason for said in others] == [RejectReason.RISK_AGGREGATE_EXPOSURE] * 2
    said = read(floor.machine, "IN19T6", enters(1), floor.now)
    assert [each.reason for each in said] == [RejectReason.RISK_AGGREGATE_EXPOSURE]


def test_then_orders_go_and_entry_goes_on_whether_records_came_together_or_one_by_one(floor, tmp_path):
    machine, index = floor.machine, floor.index("IN30T1")
    read(machine, "IN30T1", enters(3), floor.now)
    before = machine.streams[index].count
    machine.apply(Record(Kind.SLICE, 0, floor.now, floor.now, b""))
    canceled = heard(machine, index, before)
    assert [(type(said), said.user_ref_num) for said in canceled] == [
        (messages.OrderCanceled, 1),
        (messages.OrderCanceled, 2),
    ]
    again = Machine(tmp_path / "again")
    for record in floor.records:
        again.apply(record)
    for payload in enters(3):
        again.apply(Record(Kind.MESSAGE, index, floor.now, floor.now, payload))
    again.apply(Record(Kind.SLICE, 0, floor.now, floor.now, b""))
    assert again.hash() == machine.hash()
    (said,) = floor.enter(user_ref_num=4)
    assert isinstance(said, messages.OrderAccepted)
