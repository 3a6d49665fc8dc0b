"""RASHport refusals explained: the check behind the letter, its figures, and what would pass.

What is proposed is tried in the place of the message: it must be accepted.
"""

import pytest
from msgspec import structs

from venue.explain.dialects import DIALECTS
from venue.explain.find import Order, matching
from venue.explain.replay import Look
from venue.explain.text import lines
from venue.machine import Machine
from venue.record import Record

EXPLAIN = pytest.mark.section("Portcullis", "Explanations of RASHport refusals")
RULES = """
[[rule]]
id = "shares"
type = "max-shares"
exchange = "NASDAQ"
mpid = "INET"
settings = { limit = 5000 }
[[rule]]
id = "away"
type = "max-shares"
exchange = "ROUTED"
mpid = "INET"
settings = { limit = 100 }
"""


@pytest.fixture
def explained(tmp_path):
    """Look into the last record of a venue."""

    def explained(venue, record=None):
        machine = Machine(tmp_path)
        for earlier in venue.records[:-1]:
            machine.apply(earlier)
        look = Look(machine, record or venue.records[-1])
        look.take()
        return look

    return explained


def would_pass(look, venue, explained):
    """Whether the last message, changed as proposed, is accepted in its place."""
    request = look.request
    for change in look.change.fields:
        keys = [*request.values, *range(1, 22)]
        key = next(key for key in keys if request.dialect.name_of(key) == change.field)
        shown = {request.dialect.show(key, value): value for value in (request.get(key),)}
        assert change.sent in shown or request.get(key) is None
        value = change.value
        if key in request.dialect.price_keys:
            value = round(float(value) * 10_000)
        elif isinstance(value, str):
            width = len(request.get(key)) if isinstance(request.get(key), bytes) else 1
            value = value.encode().ljust(width)
        request = request.changed(key, value)
    last = venue.records[-1]
    record = Record(last.kind, last.port, last.venue_time, last.wall_time, request.pack())
    return explained(venue, record).explanation().outcome == "accepted"


@EXPLAIN
@pytest.mark.parametrize("port", ["INRS01", "INRS02"])
@pytest.mark.parametrize(
    ("order", "check", "letter", "field", "value"),
    [
        ({"shares": 6000, "at": "1.00"}, "MAXIMUM_SHARES", "Z", "shares", 5000),
        ({"shares": 300, "route": "SCAN"}, "MAXIMUM_SHARES", "Z", "shares", 100),
        ({"shares": 0}, "INVALID_QUANTITY", "Q", "shares", 1),
        ({"at": "10.001"}, "INVALID_TICK", "X", "price", "10.0000"),
        ({"at": "0"}, "INVALID_PRICE", "X", "price", "0.0001"),
        ({"side": "X"}, "INVALID_SIDE", "I", "side", "B"),
        ({"symbol": "zwzzt"}, "INVALID_SYMBOL", "S", "symbol", "ZWZZT"),
        ({"firm": "AKAM"}, "FIRM_NOT_AUTHORIZED", "L", "firm", None),
        ({"time_in_force": 99_960}, "INVALID_TIME_IN_FORCE", "V", "timeInForce", None),
        ({"display": "Q"}, "RETAIL_NOT_SERVED", "A", "display", None),
        ({"display": "M", "peg_type": "R"}, "INVALID_PRICE_TYPE", "E", None, None),
        ({"peg_difference": "0.01"}, "INVALID_PRICE_TYPE", "E", "pegDifference", None),
        ({"minimum_quantity": 150, "display": "N"}, "INVALID_MINIMUM_QUANTITY", "K", "minimumQuantity", None),
        ({"random_reserve": 50}, "INVALID_MAX_FLOOR", "Q", None, None),
        ({"cross_type": "I"}, "INVALID_CROSS", "F", "crossType", None),
        ({"route": "NONE"}, "ROUTING_NOT_SERVED", "W", "route", None),
        ({"customer_type": "X"}, "INVALID_ATTRIBUTE", "O", None, None),
    ],
)
def test_a_refusal_names_its_check_and_what_would_pass(new_venue, explained, port, order, check, letter, field, value):
    venue = new_venue(rules=RULES)
    if port == "INRS02" and "customer_type" in order:
        order = order | {"letter": "Q"}
    assert venue.enter(**order, by=port)[-1] == f"rejected T1: {letter}"
    look = explained(venue)
    found = look.explanation()
    assert (found.outcome, found.check, found.code) == ("rejected", check, letter)
    assert found.request.fields["token"] == "T1"
    if field is not None:
        assert found.smallest_change.fields[0].field == field
        assert value is None or found.smallest_change.fields[0].value == value
    assert would_pass(look, venue, explained)
    text = "\n".join(lines(found))
    assert check in text
    assert "T1" in text


@EXPLAIN
@pytest.mark.parametrize(
    ("order", "text"),
    [
        ({"time_in_force": 99_960}, "99,960 is not one that may be sent here (0, 1 to 86,399, 99,998, 99,999)"),
        ({"display": "?"}, "display ? is not one that may be sent here (Y, N, n, A, I, P, L, M, m)"),
        ({"display": "P", "route": "SCAN"}, "with display and route the order asks for routing"),
    ],
)
def test_the_text_names_what_may_be_sent_and_each_field_once(venue, explained, order, text):
    venue.enter(**order)
    assert text in "\n".join(lines(explained(venue).explanation()))


@EXPLAIN
def test_an_order_is_found_by_its_token(new_venue):
    venue = new_venue()
    venue.enter(token="MINE", shares=0)
    message = venue.records[-1].payload
    dialect = DIALECTS["rash-1.1"].dialect
    assert matching(Order("INRS01", cl_ord_id="MINE"), dialect)(message)
    assert not matching(Order("INRS01", cl_ord_id="MIN"), dialect)(message)
    assert not matching(Order("INRS01", user_ref_num=7), dialect)(message)
    assert not matching(Order("INRS01", cl_ord_id="MINE"), dialect)(b"X" + message[1:21])


@EXPLAIN
def test_what_is_no_refusal_is_told_as_what_it_is(new_venue, explained):
    venue = new_venue()
    venue.enter(token="MINE")
    assert explained(venue).explanation().outcome == "accepted"
    venue.enter(token="MINE", shares=500)
    assert "kept silent" in explained(venue).explanation().summary
    venue.send(b"OBAD".ljust(30))
    found = explained(venue).explanation()
    assert found.outcome == "rejected"
    assert found.summary == "Rejected with O (other): the message cannot be read."
    venue.send(b"Z")
    assert explained(venue).explanation().outcome == "ignored"


@EXPLAIN
def test_a_shut_port_and_a_halted_book_are_no_fault_of_the_order(new_venue, explained):
    venue = new_venue()
    venue.phase("HALT")
    venue.enter()
    found = explained(venue).explanation()
    assert (found.check, found.decided_by, found.code) == ("HALTED", "book", "H")
    assert structs.asdict(found.smallest_change)["fields"] == []


@EXPLAIN
def test_a_market_order_is_explained_as_one(new_venue, explained):
    venue = new_venue(rules=RULES)
    venue.enter(shares=6000, at="0", peg_type="P", time_in_force=0)
    found = explained(venue).explanation()
    assert found.check == "MAXIMUM_SHARES"
    assert found.request.fields["price"] == "MARKET"
