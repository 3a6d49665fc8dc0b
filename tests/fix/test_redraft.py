"""A report told in one version, put into the words of another: it is the report that the other would have told."""

import pytest

from fix.order_dialect import order_dialect
from fix.redraft import joined, put, redraft, taken_apart, value, words
from fix.reports import Event, Figures, execution_report
from fix.versions import VERSIONS

REDRAFT = pytest.mark.section("Portcullis", "FIX Drop")
ECHO = ((54, b"54=1\x01"), (55, b"55=AAPL\x01"), (59, b"59=0\x01"))
FIGURES = Figures(b"ID", b"17", 300, 1_795_107_600_000_000_000, 7, 1_900_000, 100, 190_000_000, 200)
DEAD = FIGURES._replace(leaves=0)
TOLD = {
    Event.NEW: FIGURES._replace(quantity=200, executed=0, value=0),
    Event.REJECTED: Figures(b"ID", b"-1", 300, FIGURES.time, price=1_900_000, text=b"No", reason=1),
    Event.TRADE: FIGURES._replace(last_quantity=100, last_price=1_900_000, match=3, liquidity=b"A"),
    Event.CANCELED: DEAD._replace(text=b"S"),
    Event.EXPIRED: DEAD._replace(text=b"T"),
    Event.REPLACED: FIGURES._replace(orig_cl_ord_id=b"OLD"),
    Event.RESTATED: FIGURES._replace(restatement=8),
    Event.PENDING_CANCEL: FIGURES._replace(orig_cl_ord_id=b"OLD"),
    Event.REPRICED: FIGURES._replace(restatement=8, secondary=9),
    Event.BROKEN: DEAD._replace(executed=0, value=0, exec_ref_id=b"9", last_quantity=100, last_price=1_900_000),
}
PAIRS = [
    ("inet", source, target) for source in ("FIX.4.1", "FIX.4.2", "FIX.4.4") for target in ("FIX.4.2", "FIX.4.4")
] + [("nordic", source, target) for source in ("FIX.4.2", "FIX.4.4", "FIXT.1.1") for target in ("FIX.4.2", "FIXT.1.1")]
BY_VERSION = {527, 1003}
"""What only some versions tell: the trade's number."""


def report(dialect, event):
    return execution_report(dialect.version, dialect.style._replace(restated=frozenset()), event, TOLD[event], ECHO)


def redrafted(body, name, source, target):
    parts = taken_apart(body, words(source.encode(), name).groups)
    redraft(parts, VERSIONS[source.encode()], order_dialect(name, target.encode()))
    return parts


@REDRAFT
@pytest.mark.parametrize("event", Event, ids=lambda event: event.name.lower())
@pytest.mark.parametrize(("name", "source", "target"), PAIRS)
def test_a_redrafted_report_is_what_the_other_version_tells(name, source, target, event):
    body = report(order_dialect(name, source.encode()), event)
    wanted = taken_apart(report(order_dialect(name, target.encode()), event), {})
    parts = redrafted(body, name, source, target)
    assert {tag: text for tag, text in parts.items() if tag not in BY_VERSION} == {
        tag: text for tag, text in wanted.items() if tag not in BY_VERSION
    }


@REDRAFT
@pytest.mark.parametrize(
    "event", [event for event in Event if event is not Event.REPLACED], ids=lambda e: e.name.lower()
)
def test_the_oldest_version_which_tells_less_is_filled_up(event):
    body = report(order_dialect("inet", b"FIX.4.0"), event)
    wanted = taken_apart(report(order_dialect("inet", b"FIX.4.2"), event), {})
    parts = redrafted(body, "inet", "FIX.4.0", "FIX.4.2")
    told = {tag: (value(parts, tag), value(wanted, tag)) for tag in (20, 39, 150)}
    assert all(mine == other for mine, other in told.values()), told
    if event is not Event.BROKEN:
        assert value(parts, 151) == value(wanted, 151)


@REDRAFT
def test_a_group_goes_along_with_its_count_and_is_left_out_as_a_whole():
    body = b"11=A\x01453=2\x01448=F\x01447=D\x01452=1\x01448=G\x01447=D\x01452=7\x0155=X\x01"
    parts = taken_apart(body, words(b"FIXT.1.1", "nordic").groups)
    assert list(parts) == [11, 453, 55]
    assert parts[453].count(b"448=") == 2
    assert 453 in words(b"FIXT.1.1", "nordic").tags
    assert 453 not in words(b"FIX.4.2", "nordic").tags
    put(parts, 58, b"T")
    assert joined(parts).startswith(b"11=A\x0155=X\x0158=T\x01453=2\x01448=F")


@REDRAFT
def test_a_reason_that_the_other_version_has_no_number_for_is_an_option_of_the_exchange():
    parts = redrafted(b"39=8\x01103=25\x01150=8\x0114=0\x01", "nordic", "FIXT.1.1", "FIX.4.2")
    assert value(parts, 103) == b"0"
    parts = redrafted(b"39=8\x01103=1\x01150=8\x0114=0\x01", "nordic", "FIXT.1.1", "FIX.4.2")
    assert value(parts, 103) == b"1"
