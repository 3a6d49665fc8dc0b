"""The Nordic suite against the demo's Nordic service, and against the same service behind a proxy that lies."""

import struct

import pytest

from conformance.declarations.soup import Packet
from conformance.runner import Outcome
from venue.conformance_commands import NORDIC_DEMO
from venue.control import ask

SETTINGS = {**NORDIC_DEMO, "user": "GP29O1", "password": "NTFTEST", "price": "100.00", "book": "101"}
USERS = {
    party: (user, "NTFTEST")
    for party, user in (
        *(("we", "GP29O1"), ("again", "GP29O1"), ("they", "GP30O1")),
        *(("sister", "GP29O2"), ("guarded", "GP29O2"), ("restricted", "GP31O1"), ("spent", "GP29O8")),
    )
}
SERVICE = "ouch.nordic"
SHUT = """
[[port]]
name = "{}"
mpid = "GP29"
service = "ouch.nordic"
password = "NTFTEST"
max_orders_per_second = 100
cancel_on_breach = true
"""


@pytest.fixture(scope="module")
def more_configuration():
    """Ports that scenarios may shut."""
    return SHUT.format("GP29O8") + SHUT.format("GP29O7")


def of(letter, change):
    """A lie about one kind of message: other bytes, several messages, or none."""

    def spoil(packet, wire):
        if wire.inbound or packet.letter != "S" or packet.payload[:1] != letter:
            return [packet]
        changed = change(bytearray(packet.payload))
        changed = changed if isinstance(changed, list) else [changed]
        return [Packet(0, "S", bytes(one)) for one in changed if one is not None]

    return spoil


def add(offset, layout, by=1):
    """Make a number greater."""

    def change(payload):
        struct.pack_into(layout, payload, offset, struct.unpack_from(layout, payload, offset)[0] + by)
        return payload

    return change


def put(offset, data):
    def change(payload):
        payload[offset : offset + len(data)] = data
        return payload

    return change


LIES = {
    "an Accepted comes twice": (of(b"A", lambda payload: [payload, payload]), "an order is accepted*"),
    "Accepted names another book": (of(b"A", add(26, ">I")), "an order is accepted*"),
    "Accepted names another user": (of(b"A", put(34, b"GP29U3")), "an order is accepted*"),
    "Accepted has another short code": (of(b"A", add(48, ">I")), "short codes*"),
    "Accepted has other roles": (of(b"A", put(52, b"\x15")), "short codes*"),
    "Accepted has another capacity": (of(b"A", put(53, b"7")), "a client's order*"),
    "options are not given back": (of(b"A", lambda p: p[:55] + b"\0\0"), "every option*"),
    "an order reference number is given twice": (of(b"A", put(17, bytes(7) + b"\7")), "order reference numbers*"),
    "an execution is lost": (of(b"E", lambda _: None), "two orders trade*"),
    "an execution has another price": (of(b"E", add(17, ">I")), "two orders trade*"),
    "who removed is said to have added": (of(b"E", put(33, b"\0")), "two orders trade*"),
    "two trades have one match number": (of(b"E", put(22, b"\0\0\0\x4d")), "a partial execution*"),
    "Executed has reserved bits": (of(b"E", put(33, b"\x01")), "two orders trade*"),
    "the second in the queue trades first": (of(b"E", add(9, ">I")), "the first at a price*"),
    "a Rejected is swallowed": (of(b"J", lambda _: None), "no shares*"),
    "a Rejected has another number": (of(b"J", add(13, ">H")), "no shares*"),
    "a risk check has another number": (of(b"J", add(13, ">H")), "the largest value*"),
    "Rejected is as long as in the US": (of(b"J", lambda p: p + b" " * 14), "no shares*"),
    "an order in a restricted book is told as another check": (of(b"J", add(13, ">H")), "an order in a restricted*"),
    "a restricted segment is not refused": (of(b"J", lambda _: None), "an order in a book of*"),
    "a message within the rate is not answered": (of(b"I", lambda _: None), "as many orders*"),
    "a Cancel Rejected is swallowed": (of(b"I", lambda _: None), "a cancel of an unknown order is cancel rejected"),
    "Canceled tells what is left": (of(b"C", put(13, (200).to_bytes(4, "big"))), "a cancel names the size*"),
    "what an immediate order leaves is not Canceled": (of(b"C", lambda _: None), "what is left of an immediate*"),
    "Replaced tells the total": (of(b"U", put(34, (150).to_bytes(4, "big"))), "a replace of a partly*"),
    "the next free number is wrong": (of(b"Q", add(9, ">I")), "an order takes its number*"),
}


@pytest.mark.section("Nordic OUCH 5", "Basic rules")
async def test_the_demos_nordic_service_passes_the_whole_suite(venue, hold, operator):
    target = tuple(venue.services[SERVICE])
    results = await hold("ouch-nordic", target, settings=SETTINGS, users=USERS, patience=10.0, more=operator)
    assert {name: str(result.failure) for name, result in results.items() if result.failure} == {}
    assert {result.why for result in results.values()} == {"", "needs --cancel-on-disconnect"}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_found_out(lie, proxy, hold):
    spoil, only = LIES[lie]
    liar = await proxy(spoil, SERVICE)
    results = await hold("ouch-nordic", liar.address, only, settings=SETTINGS, users=USERS, patience=0.4)
    assert Outcome.FAILED in {result.outcome for result in results.values()}


DAY_LIES = {
    "a call trades at another price": (of(b"E", add(17, ">I")), "the opening call*"),
    "a call's trade is said to be of continuous trading": (of(b"E", put(30, b"2")), "the opening call*"),
    "what a call leaves of a market order stays": (of(b"C", lambda _: None), "an order at the market price*"),
    "behind the close orders trade at their own price": (of(b"E", add(17, ">I", -10_000)), "the closing call*"),
    "an order enters behind the day": (of(b"J", put(0, b"A")), "behind the day*"),
}
OPEN_AGAIN = """
title    Open again
section  8.1
scenario Open again
    operator runs $phase book=$book phase=CONTINUOUS
"""


@pytest.mark.parametrize("lie", DAY_LIES)
async def test_a_lie_of_the_day_is_found_out(lie, proxy, hold, operator):
    spoil, only = DAY_LIES[lie]
    liar = await proxy(spoil, SERVICE)
    how = {"settings": SETTINGS, "users": USERS, "more": operator}
    results = await hold("ouch-nordic", liar.address, only, **how, patience=0.4)
    assert Outcome.FAILED in {result.outcome for result in results.values()}
    await hold("ouch-nordic", liar.address, **how, text=OPEN_AGAIN)


async def test_a_day_is_counted_as_not_run_where_nobody_leads_through_it(venue, hold):
    target = tuple(venue.services[SERVICE])
    results = await hold("ouch-nordic", target, "trading-day", settings=SETTINGS, users=USERS)
    assert len(results) == 10
    assert {result.outcome for result in results.values()} == {Outcome.SKIPPED}
    assert all("--phase" in result.why for result in results.values())


async def test_a_port_that_is_shut_and_keeps_its_orders_is_found_out(proxy, hold):
    liar = await proxy(of(b"C", lambda _: None), SERVICE)
    users = {**USERS, "spent": ("GP29O7", "NTFTEST")}
    (result,) = (
        await hold("ouch-nordic", liar.address, "one order more*", settings=SETTINGS, users=users, patience=2.0)
    ).values()
    assert result.failure is not None
    assert "expected Canceled" in str(result.failure)


async def test_a_peer_that_speaks_the_us_dialect_passes_nothing_with_orders(venue, hold):
    users = {"we": ("IN19T6", "NTFTEST")}
    results = await hold("ouch-nordic", venue.target, "a cancel names*", settings=SETTINGS, users=users, patience=0.5)
    assert {result.outcome for result in results.values()} >= {Outcome.FAILED}


@pytest.mark.parametrize(("is_set", "outcome"), [(True, Outcome.PASSED), (False, Outcome.FAILED)])
async def test_a_port_whose_orders_end_with_its_connection_is_told_from_one_whose_orders_stay(
    is_set, outcome, venue, hold
):
    settings = {**SETTINGS, "cancel_on_disconnect": "1"}
    assert ask(venue.data, "ports/GP29O1", {"cancelOnDisconnect": is_set}, "PUT").status == 200
    target = tuple(venue.services[SERVICE])
    details = {"settings": settings, "users": USERS, "patience": 5.0 if is_set else 1.0}
    results = await hold("ouch-nordic", target, "a lost connection*", **details)
    ask(venue.data, "ports/GP29O1", {"cancelOnDisconnect": False}, "PUT")
    assert [result.outcome for result in results.values()] == [outcome]
