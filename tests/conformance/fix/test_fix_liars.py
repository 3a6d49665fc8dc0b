"""The kit can convict FIX servers too: a proxy before the real venue lies in one way at a time, and each is found out.

Without a lie the same proxy passes everything, so that it is the lie that is found.
"""

import asyncio
import functools
import operator as operators
import re

import pytest
from lies import NORDIC, is_fill, pairs, put, raw, told, whatever_failed

from conformance.fix.frames import SOH, closed, compose
from conformance.runner import Outcome
from conformance.suites import load
from venue.control import ask

SESSION, ORDERS = "fix-session", "fix-orders"


def with_wrong_check_sum(data):
    return data[:-4] + b"%03d" % ((int(data[-4:-1]) + 1) % 256) + SOH


def with_wrong_body_length(data):
    longer = re.sub(rb"\x019=(\d+)", lambda found: b"\x019=%d" % (int(found[1]) + 1), data, count=1)
    return closed(longer[: longer.rindex(b"\x0110=") + 1])


def skip_a_number(frame, _):
    fields = pairs(frame)
    later = [(tag, str(int(value) + (tag == 34 and int(value) > 1)) if tag == 34 else value) for tag, value in fields]
    return [compose(later)]


def seconds_only(frame, _):
    return [compose((tag, value[:17] if tag == 52 else value) for tag, value in pairs(frame))]


def body_backwards(fields, _):
    return fields[:6] + fields[6:-1][::-1] + fields[-1:]


def as_business_reject(frame, _):
    values = frame.values
    if frame.kind != "8" or values.get(39) != "8":
        return [frame.data]
    head = [(tag, value) for tag, value in pairs(frame) if tag in (8, 34, 49, 52, 56)]
    return [compose([(35, "j"), *head, (45, "2"), (58, "No"), (372, "D"), (380, "0")])]


def fill_over_orders(frame, _):
    if frame.kind != "D" or not frame.is_again:
        return [frame.data]
    head = [(tag, value) for tag, value in pairs(frame) if tag in (8, 34, 43, 49, 52, 56, 122)]
    return [compose([(35, "4"), *head, (36, str(frame.number + 1)), (123, "Y")])]


LIES = {
    "a CheckSum is wrong": (SESSION, raw("0", with_wrong_check_sum), "A TestRequest is answered at once*"),
    "a BodyLength is wrong": (SESSION, raw("0", with_wrong_body_length), "A TestRequest is answered at once*"),
    "a TestRequest is not answered": (SESSION, told("0", lambda *_: None), "A TestRequest is answered at once*"),
    "a Heartbeat answers another TestRequest": (SESSION, told("0", put(112, "OTHER")), "A TestRequest is answered at*"),
    "a number is skipped": (SESSION, skip_a_number, "Messages with the next number*"),
    "SendingTime counts seconds only": (SESSION, seconds_only, "A Logon is answered by*"),
    "SendingTime is long ago": (SESSION, told("A", put(52, "20200101-00:00:00.000")), "A Logon is answered by*"),
    "fields come in another order": (SESSION, told("3", body_backwards), "A quantity with a plus sign*"),
    "a message sent again does not say so": (SESSION, told("D", put(43, None), again=True), "One message may be*"),
    "a message sent again does not say when it was sent first": (
        SESSION,
        told("D", put(122, None), again=True),
        "One message may be*",
    ),
    "a message sent again is another one": (SESSION, told("D", put(38, "7"), again=True), "One message may be*"),
    "a gap fill is missing": (SESSION, told("4", lambda *_: None), "Gap fills and messages come*"),
    "a gap fill leads too far": (
        SESSION,
        told("4", put(36, lambda fields: str(int(fields[36]) + 1))),
        "A run of administrative messages*",
    ),
    "orders are filled over": (SESSION, fill_over_orders, "Application messages come again*"),
    "a SessionRejectReason is another one": (SESSION, told("3", put(373, "1")), "A quantity with a plus sign*"),
    "a Reject names another tag": (SESSION, told("3", put(371, "44")), "A quantity with a plus sign*"),
    "a Reject names another message": (SESSION, told("3", put(45, "1")), "A quantity with a plus sign*"),
    "a Reject says something else": (SESSION, told("3", put(58, "No")), "A quantity with a plus sign*"),
    "a Reject is swallowed": (SESSION, told("3", lambda *_: None), "A quantity with a plus sign*"),
    "too much is asked for again": (SESSION, told("2", put(7, "1")), "A number too high is met*"),
    "a gap is not asked for": (SESSION, told("2", lambda *_: None), "A number too high is met*"),
    "a Logout names another number": (
        SESSION,
        told("5", put(58, "MsgSeqNum too low, expecting 5 but received 2")),
        "A number too low ends*",
    ),
    "a Logout is not answered": (SESSION, told("5", lambda *_: None), "A Logout is answered*"),
    "a Logon has another interval": (SESSION, told("A", put(108, "60")), "A Logon is answered by*"),
    "a Logon comes from somebody else": (SESSION, told("A", put(49, "OTHER")), "A Logon is answered by*"),
    "an order is refused by j": (ORDERS, as_business_reject, "An order for what is not traded*"),
    "a risk check is not named": (ORDERS, told("8", put(22204, None)), "An order for too many shares*"),
    "another risk check is named": (ORDERS, told("8", put(22204, "38")), "An order for too many shares*"),
    "CumQty is too high": (ORDERS, told("8", put(14, "90", where=is_fill)), "Two orders trade*"),
    "AvgPx is another one": (ORDERS, told("8", put(6, "9.99", where=is_fill)), "Two orders trade*"),
    "LastPx is another one": (ORDERS, told("8", put(31, "9.99", where=is_fill)), "Two orders trade*"),
    "a fill is not told": (
        ORDERS,
        told("8", lambda fields, _: None if is_fill(dict(fields)) else fields),
        "Two orders trade*",
    ),
    "a canceled order has shares left": (
        ORDERS,
        told("8", put(151, "100", where=lambda fields: fields[39] == "4")),
        "A cancel is answered*",
    ),
    "a cancel does not name its order": (ORDERS, told("8", put(41, None)), "A cancel is answered*"),
    "a cancel is rejected for another reason": (ORDERS, told("9", put(102, "0")), "A cancel of an order that nobody*"),
    "an ExecID comes twice": (ORDERS, told("8", put(17, "1")), "Every report has an ExecID*"),
    "a report has no OrderID": (ORDERS, told("8", put(37, None)), "An order is accepted*"),
    "a report has no ExecTransType": (ORDERS, told("8", put(20, None)), "An order is accepted*"),
    "a report says another state": (ORDERS, told("8", put(39, "1")), "An order is accepted*"),
    "a report is of another order": (ORDERS, told("8", put(11, "OTHER")), "An order is accepted*"),
    "a report has a field without a value": (ORDERS, told("8", put(37, "")), "An order is accepted*"),
}
LIMITS = {
    "restricted_symbol": "AMD",
    "restricted_price": "20",
    "too_many_shares": "5001",
    "fat_finger_price": "8.50",
    "dear_symbol": "MSFT",
    "dear_price": "400",
    "dear_shares": "2501",
}
PORTS = {
    SESSION: {"user": "FXT1"},
    ORDERS: {"user": "INFX01", "second_user": "AKFX01", "guarded_user": "INFX30", **LIMITS},
}
WAITING = ("FXT3", "FXT4", "FXT5")
SERVICES = {SESSION: "fix.nasdaq", ORDERS: "fix.nasdaq"}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_found_out(lie, fix_proxy, judge):
    suite, spoil, only = LIES[lie]
    liar = await fix_proxy(spoil, SERVICES[suite])
    results = await judge(suite, liar.address, only, patience=0.5, **PORTS[suite])
    (result,) = results.values()
    assert result.outcome is Outcome.FAILED
    assert result.failure.step.text
    assert result.log


async def judge_version(judge, target, version, *only, **ports):
    results = await judge(SESSION, target, *only, fix=version, patience=10.0, **ports)
    return {(version, name): result for name, result in results.items()}


async def test_the_honest_venue_keeps_the_session_layer_through_the_same_proxy(fix_proxy, judge):
    honest = await fix_proxy(lambda frame, _: [frame.data])
    nordic = await fix_proxy(lambda frame, _: [frame.data], "fix.nordic")
    quick = [f"{number}-*" for number in (1, 2, 3, 4, 6, 7)]
    versions = {"4.0": "FXT2", "4.1": "FXT6", "4.4": "FXT7", "5.0": "FXT8"}
    found = await asyncio.gather(
        judge(SESSION, honest.address, *quick, "9-*", user="FXT1", patience=10.0),
        *(judge(SESSION, honest.address, *share, user=user, patience=10.0) for user, share in shares()),
        *(
            judge_version(judge, nordic.address, version, *quick, user=user, venue="INORD")
            for version, user in versions.items()
        ),
    )
    assert whatever_failed(functools.reduce(operators.or_, found)) == {}
    results = functools.reduce(operators.or_, found[: -len(versions)])
    assert set(results) == {scenario.name for scenario in load(SESSION)}
    skipped = {result.why for result in results.values() if result.outcome is Outcome.SKIPPED}
    assert skipped == {"slow: needs --slow", "for 5.0", "for 4.4, 5.0"}


def shares():
    """Deal scenarios that wait among ports, so that they wait at one time."""
    names = [scenario.name for scenario in load(SESSION) if scenario.file[0] in "58"]
    return [(user, names[at :: len(WAITING)]) for at, user in enumerate(WAITING)]


@pytest.mark.parametrize(
    ("version", "service", "user", "venue_id"),
    [("4.4", "fix.nasdaq", "INETN1", "INET"), ("5.0", "fix.nordic", "GP30N1", "INORD")],
)
async def test_the_honest_venue_follows_the_number_that_a_logon_expects(version, service, user, venue_id, venue, judge):
    results = await judge(
        *(SESSION, tuple(venue.services[service]), "9-*"), user=user, fix=version, venue=venue_id, next_expected="1"
    )
    assert whatever_failed(results) == {}
    assert {(result.outcome, result.why) for result in results.values()} == {(Outcome.PASSED, "")}


@pytest.mark.parametrize(
    ("version", "service", "users", "market"),
    [
        ("4.4", "fix.nasdaq", ("INETN2", "AKFX44"), "us"),
        ("5.0", "fix.nordic", ("GP29N2", "GP30F1"), "nordic"),
    ],
)
async def test_the_honest_venue_sends_what_was_missed_without_being_asked(
    version, service, users, market, venue, judge
):
    we, they = users
    more = NORDIC if market == "nordic" else {}
    results = await judge(
        *(ORDERS, tuple(venue.services[service]), "A Logon that says what it expects*"),
        user=we,
        second_user=they,
        fix=version,
        market=market,
        next_expected="1",
        **more,
    )
    assert whatever_failed(results) == {}
    assert {(result.outcome, result.why) for result in results.values()} == {(Outcome.PASSED, "")}


async def test_a_port_with_too_many_messages_says_so(venue, judge):
    target, more = tuple(venue.services["fix.nasdaq"]), {"rate_user": "INFX31", "max_messages": "3"}
    results = await judge(ORDERS, target, "One order more than*", user="INFX01", **more)
    assert {name: result.outcome for name, result in results.items()} == {
        "One order more than a port may send in a second names that check": Outcome.PASSED
    }


@pytest.mark.parametrize(
    ("version", "market", "service", "ports"),
    [
        ("4.0", "us", "fix.nasdaq", ("INFX40", "AKFX40")),
        ("4.1", "us", "fix.nasdaq", ("INFX41", "AKFX41")),
        ("4.2", "us", "fix.nasdaq", ("INFX01", "AKFX01")),
        ("4.4", "us", "fix.nasdaq", ("INFX44", "AKFX44")),
        ("4.2", "flite", "fix.nasdaq", ("INFL01", "AKFX01")),
        ("4.2", "nordic", "fix.nordic", ("GP29F2", "GP30F2")),
        ("4.4", "nordic", "fix.nordic", ("GP29F4", "GP30F4")),
        ("5.0", "nordic", "fix.nordic", ("GP29F1", "GP30F1")),
    ],
)
async def test_the_honest_venue_takes_orders_through_the_same_proxy(version, market, service, ports, fix_proxy, judge):
    honest = await fix_proxy(lambda frame, _: [frame.data], service)
    us = {"guarded_user": "INFX30", **LIMITS} if (version, market) == ("4.2", "us") else {}
    more = us | (NORDIC if market == "nordic" else {})
    we, they = ports
    results = await judge(
        *(ORDERS, honest.address), user=we, second_user=they, fix=version, market=market, patience=10.0, **more
    )
    assert whatever_failed(results) == {}
    assert len([result for result in results.values() if result.outcome is Outcome.PASSED]) > 40


@pytest.fixture
def port_setting(venue):
    """Change settings of a port for a test."""
    changed = []

    def port_setting(name):
        changed.append(name)
        assert ask(venue.data, f"ports/{name}", {"cancelOnDisconnect": True}, "PUT").status == 200

    yield port_setting
    for name in changed:
        ask(venue.data, f"ports/{name}", {"cancelOnDisconnect": False}, "PUT")


@pytest.mark.parametrize(("is_set", "outcome"), [(True, Outcome.PASSED), (False, Outcome.FAILED)])
async def test_a_port_whose_orders_end_with_its_line_is_told_from_one_whose_orders_stay(
    is_set, outcome, venue, judge, port_setting
):
    if is_set:
        port_setting("INFX01")
    target, more = tuple(venue.services["fix.nasdaq"]), {"second_user": "AKFX01", "cancel_on_disconnect": "1"}
    results = await judge(
        ORDERS, target, "A lost line cancels*", user="INFX01", patience=5.0 if is_set else 1.0, **more
    )
    assert [result.outcome for result in results.values()] == [outcome]


async def test_what_is_routed_is_filled_away_or_comes_back(venue, judge, operator):
    target, more = tuple(venue.services["fix.nasdaq"]), {"second_user": "AKFX01", "route": "SCAN"}
    results = await judge(ORDERS, target, "7-routing", user="INFX01", **more, **operator)
    ask(venue.data, "books/nasdaq/ZWZZT/prices", {"offer": None}, "PUT")
    assert whatever_failed(results) == {}
    assert {(result.outcome, result.why) for result in results.values()} == {(Outcome.PASSED, "")}
