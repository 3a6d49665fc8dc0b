"""The Nordic suite against an honest peer: the real venue behind a proxy that speaks Nordic OUCH 5 to clients.

Each message is turned into the US one that asks the same, and each answer back. What the venue would not refuse by
itself (a book or a user that there is not) becomes something that it does.
"""

import pytest

from conformance.declarations.message import build, build_option, dissect
from conformance.declarations.nordic import NORDIC
from conformance.declarations.soup import Packet
from conformance.declarations.us import US
from conformance.runner import Outcome

SETTINGS = {
    "user": "IN19T6",
    "password": "NTFTEST",
    "price": "10.00",
    "book": "101",
    "trader": "GP29U1",
    "second_trader": "GP30U1",
}
USERS = {party: (user, "NTFTEST") for party, user in (("we", "IN19T6"), ("they", "AK01T1"), ("again", "IN19T6"))}
TRADERS = ("GP29U1", "GP30U1")


def speak_nordic(packet, wire):
    if wire.inbound:
        if packet.letter == "L":
            wire.memory["user"] = packet.payload[:6]
        return [packet if packet.letter != "U" else Packet(0, "U", towards_venue(packet.payload, wire))]
    return [packet if packet.letter != "S" else Packet(0, "S", towards_client(packet.payload, wire))]


def towards_venue(payload, wire):
    found = dissect(NORDIC, payload, inbound=True)
    if found.message is None or len(payload) < found.message.size:
        return payload
    asked = found.values
    common = {"Symbol": "ZWZZT   ", "TimeInForce": "0", "Display": "Y", "Capacity": "P", "ClOrdID": " " * 14}
    values = {**common, "InterMarketSweep": "N", "CrossType": "N", **asked}
    if found.name == "AccountQuery":
        return payload
    appendage = b""
    if found.name == "EnterOrder":
        is_known = asked["OrderBook"] == 101 and asked["User"] in TRADERS
        values |= {"Symbol": "ZWZZT   " if is_known else "NOSUCH  ", "Capacity": "P"}
        values |= {"Side": asked["Side"] if asked["Side"] in "BS" else "X"}
        values |= {"TimeInForce": (found.options or {}).get("TimeInForce", "0")}
    if found.name in ("EnterOrder", "ReplaceOrder"):
        known = wire.proxy.memory.setdefault(wire.memory["user"], {})
        before = known.get(asked.get("OrigUserRefNum"), ({}, {}))[0]
        known.setdefault(asked["UserRefNum"], ({**before, **asked}, dict(found.options or {})))
    if found.name == "CancelOrder":
        appendage = None
    message = US.named(found.name, inbound=True)
    return build(message, {name: values[name] for name in message.fields}, appendage)


def towards_client(payload, wire):
    found = dissect(US, payload, inbound=False)
    told = found.values
    message = NORDIC.named(found.name, inbound=False)
    if found.name in ("SystemEvent", "Canceled", "AccountQueryResponse"):
        return payload
    sent, options = wire.proxy.memory[wire.memory["user"]][told["UserRefNum"]]
    values = {**sent, **told}
    if found.name == "Executed":
        removed = 8 if told["Liquidity"] == "R" else 0
        values |= {"Liquidity": "A", "ContraFirm": "    ", "LiquidityAttributes": removed}
        values |= dict.fromkeys(("TradingMode", "Category", "AlgoOfTrade", "LastMarket", "Benchmark"), " ")
    elif found.name in ("Accepted", "Replaced"):
        values |= {"Capacity": sent.get("Capacity", "2")}
        echo = b"".join(build_option(NORDIC.options_by_name[name.lower()], value) for name, value in options.items())
        return build(message, {name: values[name] for name in message.fields}, echo)
    return build(message, {name: values[name] for name in message.fields}, None)


@pytest.mark.section("Nordic OUCH 5", "Basic rules")
async def test_an_honest_nordic_peer_passes_the_whole_suite(proxy, hold):
    peer = await proxy(speak_nordic)
    results = await hold("ouch-nordic", peer.address, settings=SETTINGS, users=USERS, patience=5.0)
    assert {name: str(result.failure) for name, result in results.items() if result.failure} == {}
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}


async def test_a_peer_that_speaks_the_us_dialect_passes_nothing_with_orders(venue, hold):
    results = await hold("ouch-nordic", venue.target, "4-cancel", settings=SETTINGS, users=USERS, patience=0.5)
    assert {result.outcome for result in results.values()} >= {Outcome.FAILED}
