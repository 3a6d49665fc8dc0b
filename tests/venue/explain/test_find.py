"""An order's reject is found by what its client calls the order, on a real log, with the venue running or not."""

from datetime import date

import pytest

from ouch import codec
from venue.explain.find import CANDIDATES_MAX, Order, explain_order, find
from venue.explain.replay import explain
from venue.log import read_log
from venue.problem import Problem

THURSDAY, FRIDAY = date(2026, 11, 19), date(2026, 11, 20)


@pytest.fixture
def venue(host):
    return host()


@pytest.fixture
def client(venue, connect):
    return connect(venue, name="IN30T1")


def problem(directory, order):
    with pytest.raises(Problem) as raised:
        find(directory, order)
    (error,) = raised.value.errors
    return raised.value.status, error.field, error.message


def refuse(venue, client, number, **details):
    """Have an order refused for its size; gives its record."""
    client.enter(number, **{"quantity": 5_001, **details})
    client.settle()
    venue.wait_for_disk()
    return next(
        record
        for record, (_, _, _, _, payload) in reversed(list(read_log(venue.data)))
        if payload[:1] == b"O" and payload[1:5] == number.to_bytes(4, "big")
    )


def test_a_reject_is_found_by_its_number_and_by_its_label(venue, client):
    record = refuse(venue, client, 7, cl_ord_id="MY ORDER")
    refuse(venue, client, 8, cl_ord_id="ANOTHER")
    assert find(venue.data, Order("IN30T1", 7)) == record
    assert find(venue.data, Order("IN30T1", cl_ord_id="MY ORDER")) == record
    assert explain_order(venue.data, Order("IN30T1", 7)) == explain(venue.data, record)


def test_a_number_is_one_of_its_port_and_its_channel(venue, client, connect):
    plain = refuse(venue, client, 7)
    other = connect(venue, name="IN24T4")
    other.enter(7)
    other.settle()
    in_channel = refuse(venue, client, 7, options=codec.pack_options({codec.TAG_USER_REF_IDX: 3}))
    assert find(venue.data, Order("IN30T1", 7)) == plain
    assert find(venue.data, Order("IN30T1", 7, 3)) == in_channel
    assert problem(venue.data, Order("IN30T1", 7, 4))[:2] == (404, "userRefNum")
    assert problem(venue.data, Order("IN24T4", 7))[0] == 409


def test_a_number_that_was_sent_again_is_still_that_of_the_reject(venue, client):
    record = refuse(venue, client, 7)
    for _ in range(3):
        client.enter(7, quantity=100)
    client.settle()
    venue.wait_for_disk()
    assert find(venue.data, Order("IN30T1", 7)) == record


def test_of_one_label_on_many_orders_the_newest_reject_is_meant(venue, client):
    refuse(venue, client, 1, cl_ord_id="SAME")
    newest = refuse(venue, client, 2, cl_ord_id="SAME")
    for number in range(3, 3 + CANDIDATES_MAX - 1):
        client.enter(number, cl_ord_id="SAME")
    client.settle()
    venue.wait_for_disk()
    assert find(venue.data, Order("IN30T1", cl_ord_id="SAME")) == newest


def test_a_reject_of_a_replace_is_found_by_its_new_number(venue, client):
    client.enter(1)
    client.send(client.replacement(1, 2, quantity=5_001))
    client.settle()
    venue.wait_for_disk()
    explanation = explain_order(venue.data, Order("IN30T1", 2))
    assert (explanation.outcome, explanation.check) == ("rejected", "MAXIMUM_SHARES")
    assert explanation.request.message == "ReplaceOrder"


def test_an_order_that_was_accepted_says_so(venue, client):
    client.enter(1)
    client.settle()
    venue.wait_for_disk()
    status, field, message = problem(venue.data, Order("IN30T1", 1))
    assert (status, field) == (409, "userRefNum")
    assert "was accepted (R" in message


@pytest.mark.parametrize(
    ("order", "status", "field"),
    [
        (Order("NOBODY", 1), 404, "port"),
        (Order("IN30T1", 99), 404, "userRefNum"),
        (Order("IN30T1", cl_ord_id="NONE"), 404, "clOrdId"),
        (Order("IN30T1", 0), 422, "userRefNum"),
        (Order("IN30T1", 2**32), 422, "userRefNum"),
        (Order("IN30T1", 1, 256), 422, "userRefIdx"),
        (Order("IN30T1", cl_ord_id=""), 422, "clOrdId"),
        (Order("IN30T1", cl_ord_id="FIFTEEN LETTERS"), 422, "clOrdId"),
        (Order("IN30T1"), 422, "userRefNum"),
        (Order("IN30T1", 1, cl_ord_id="X"), 422, "userRefNum"),
        (Order("IN30T1", 1, day=date(2020, 1, 1)), 404, "day"),
    ],
    ids=str,
)
def test_what_cannot_be_found_is_told_with_the_field_to_blame(venue, client, order, status, field):
    refuse(venue, client, 1)
    assert problem(venue.data, order)[:2] == (status, field)


def test_an_unknown_port_is_told_which_ports_there_are(venue):
    assert "IN30T1" in problem(venue.data, Order("NOBODY", 1))[2]


def test_the_newest_day_is_meant_unless_one_is_named(venue, client, connect):
    first = refuse(venue, client, 7)
    venue.ask("trading-day/next")
    client.read_to_end()
    assert find(venue.data, Order("IN30T1", 7)) == first, "of an earlier day, where the newest has none"
    client = connect(venue, name="IN30T1")
    second = refuse(venue, client, 7, symbol="AMD", price=200_000, quantity=100)
    assert find(venue.data, Order("IN30T1", 7)) == second
    assert find(venue.data, Order("IN30T1", 7, day=THURSDAY)) == first
    assert find(venue.data, Order("IN30T1", 7, day=FRIDAY)) == second
    earlier = explain_order(venue.data, Order("IN30T1", 7, day=THURSDAY))
    assert (earlier.trading_day, earlier.check) == ("2026-11-19", "MAXIMUM_SHARES")


def test_it_is_found_after_a_stop_and_a_start_from_a_snapshot(host, venue, client, connect):
    first = refuse(venue, client, 7)
    venue.stop()
    assert find(venue.data, Order("IN30T1", 7)) == first
    again = host(data=venue.data)
    client = connect(again, name="IN30T1", sequence=4)  # behind what the client has had already
    second = refuse(again, client, 9)
    assert find(again.data, Order("IN30T1", 9)) == second
    assert find(again.data, Order("IN30T1", 7)) == first
    assert explain(again.data, second).check == explain(again.data, first).check == "MAXIMUM_SHARES"
