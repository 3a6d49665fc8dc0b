"""The kit holds PRM ports to their protocol; and one that lies is found out."""

import struct

import pytest

from conformance.declarations.soup import Packet
from conformance.decode import decode
from conformance.runner import Outcome
from venue.conformance_commands import PRM_DEMO

SERVICE = "prm"
MORE = """
[[port]]
name = "{name}"
mpid = "GP29"
service = "prm"
password = "NTFTEST"

[port.prm]
role = "{role}"
max_requests_per_second = 10000
"""
"""Ports that may be asked as fast as tests go."""
SETTINGS = {**PRM_DEMO, "user": "GP29A8", "password": "NTFTEST", "book": "101", "price": "100.00"}
NAMES = {"we": "GP29A8", "again": "GP29A8", "viewer": "GP29A9", "other": "GP31A1"}
NAMES |= {"trader": "GP29O1", "taker": "GP30O1"}
USERS = {party: (user, "NTFTEST") for party, user in NAMES.items()}
RESTORE = """
title    Restore
section  2.5
scenario Restore
    we log in
    we send ModifyAccountSettings UserRefNum=n1 Account=$account RepeatedOrders=0 RestrictOnRepeated=N \
MarketOrderPrevention=N FatFingerInAuctions=N MarketOrderProtection=N Block=U
    we get AccountSettingsResponse UserRefNum=n1
    we send ModifyOrderBookRestriction UserRefNum=n2 Account=$account OrderBook=$book State=I
    we get OrderBookRestrictionResponse UserRefNum=n2
    we send ModifyAccountCurrency UserRefNum=n3 Account=$account Currency=$currency RejectAll=N BlowThrough=?
    we get AccountCurrencyResponse UserRefNum=n3
    we send ModifyLimitSettings UserRefNum=n4 Account=$account Currency=$currency MaxQuantity=keep MaxValue=keep \
Unused=0 TotalRisk=keep TradedBuy=keep TradedSell=keep TotalTraded=keep OpenBuy=0 OpenSell=keep TotalOpen=0 \
MaxQuantityAuction=keep MaxValueAuction=keep
    we get LimitSettingsResponse UserRefNum=n4
"""


@pytest.fixture(scope="module")
def more_configuration():
    return MORE.format(name="GP29A8", role="admin") + MORE.format(name="GP29A9", role="read-only")


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
    def change(payload):
        struct.pack_into(layout, payload, offset, struct.unpack_from(layout, payload, offset)[0] + by)
        return payload

    return change


def put(offset, data):
    def change(payload):
        payload[offset : offset + len(data)] = data
        return payload

    return change


def early(packet, wire):
    """Events before the answers that they follow from."""
    if wire.inbound or packet.letter != "S":
        return [packet]
    held = wire.memory.pop("held", None)
    if packet.payload[:1] == b"C":
        wire.memory["held"] = packet
        return []
    return [packet] if held is None else [packet, held]


def unasked(packet, wire):
    """An event for who never said hello."""
    lie = Packet(0, "S", b"b" + bytes(7) + b"\1" + bytes(8) + b"GP29PRK    " + bytes(4) + b" " * 16 + bytes(22))
    return [packet] if wire.inbound or packet.payload[:1] != b"C" else [packet, lie]


def obeys(packet, wire):
    """A request sent twice is carried out twice: its number is made a new one."""
    if wire.inbound and packet.letter == "U" and packet.payload[:1] == b"C" and packet.payload[-1:] == b"B":
        return [Packet(0, "U", packet.payload[:1] + bytes([0, 0, 255, 255]) + packet.payload[5:])]
    return [packet]


LIES = {
    "the next number is wrong": (of(b"Q", add(1, ">I")), "a refused request*"),
    "a number that was used is taken": (obeys, "a number that was used*"),
    "a rejected request has another reason": (of(b"J", put(5, b"U")), "a refused request*"),
    "a Rejected is swallowed": (of(b"J", lambda _: None), "a refused request*"),
    "an answer has another account": (of(b"C", put(5, b"GP29Q1")), "a number that was used*"),
    "an answer keeps what was changed": (of(b"C", put(11, bytes(4))), "settings change*"),
    "an answer says as it is": (of(b"C", put(19, b"?")), "an account is blocked*"),
    "a canceled account is told as blocked only": (of(b"C", put(19, b"B")), "an account is blocked*"),
    "an amount has another scale": (of(b"L", put(86, (250_000).to_bytes(8, "big"))), "limits change*"),
    "the unused field is lost": (of(b"L", put(30, bytes(8))), "a request in which all is kept*"),
    "a lock is not told": (of(b"F", put(14, b"N")), "a currency is locked*"),
    "a restriction is not told": (of(b"R", put(23, b"I")), "an order book is restricted*"),
    "a segment's answer is too short": (of(b"S", lambda p: p[:-1]), "a segment is restricted*"),
    "a read-only login is rejected": (of(b"C", lambda p: b"J" + p[1:5] + b"U"), "a login that may look only*"),
    "times go back": (
        of(b"R", lambda p: put(5, bytes(8))(p) if p.endswith(b"I") else p),
        "an order book is restricted*",
    ),
    "an event comes unasked": (unasked, "an account is blocked*"),
    "an event comes before its answer": (early, "an event comes behind*"),
    "events are not numbered one by one": (of(b"b", add(1, ">Q", 7)), "an event comes behind*"),
    "an event is lost": (of(b"b", lambda _: None), "an event comes behind*"),
    "an entry is lost": (of(b"l", lambda p: None if p[14:15] == b"w" else p), "every limit*"),
    "the end of a reply counts wrong": (of(b"e", add(5, ">I")), "every counter*"),
    "an origin is another": (of(b"o", put(32, b"P")), "a restriction by hand*"),
    "another version is taken": (of(b"j", lambda p: b"h" + p[2:6] + bytes(21)), "another major*"),
    "a cancel counts what was not there": (of(b"x", add(19, ">I")), "a cancel where*"),
    "a cancel counts too few": (of(b"x", put(19, bytes(4))), "orders are canceled*"),
    "a counter stands still": (of(b"v", put(23, bytes(8))), "open and traded values*"),
    "a lock that orders have set is not told": (of(b"b", lambda p: p if p[23:24] != b"J" else None), "a lock and an*"),
}


def with_orders(venue):
    return SETTINGS | {"order_target": "{}:{}".format(*venue.services["ouch.nordic"])}


def test_messages_of_this_protocol_are_found_out_and_taken_apart():
    block = bytes.fromhex("0015 55 43 00000007 475032395052 ffffffff 3f 3f 3f 3f 43")
    lines, is_sound = decode(block, "raw", "soup", None, None)
    assert is_sound
    text = "\n".join(lines)
    assert "ModifyAccountSettings, 20 bytes to the server, PRM protocol" in text
    assert "RepeatedOrders         keep" in text
    assert "blocked and canceled" in text


@pytest.mark.section("PRM protocol", "2.5 Meaning of each request")
async def test_without_a_place_for_orders_nothing_is_traded(venue, hold):
    results = await hold("prm", tuple(venue.services[SERVICE]), "3-orders", settings=SETTINGS, users=USERS)
    assert {(result.outcome, result.why) for result in results.values()} == {
        (Outcome.SKIPPED, "needs --order-target"),
    }


@pytest.mark.section("PRM protocol", "2.5 Meaning of each request")
async def test_the_demos_prm_service_passes_the_whole_suite(venue, hold):
    target = tuple(venue.services[SERVICE])
    results = await hold("prm", target, settings=with_orders(venue), users=USERS, patience=10.0)
    assert {name: str(result.failure) for name, result in results.items() if result.failure} == {}
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_found_out(lie, venue, proxy, hold):
    spoil, only = LIES[lie]
    target, how = tuple(venue.services[SERVICE]), {"settings": with_orders(venue), "users": USERS}
    liar = await proxy(spoil, SERVICE)
    results = await hold("prm", liar.address, only, **how, patience=0.4)
    assert Outcome.FAILED in {result.outcome for result in results.values()}
    (restored,) = (await hold("prm", target, text=RESTORE, **how, patience=5.0)).values()
    assert restored.outcome is Outcome.PASSED, restored.failure
