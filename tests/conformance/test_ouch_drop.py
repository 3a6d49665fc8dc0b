"""The kit holds OUCH Drop ports to what other ports have told their clients; and one that lies is found out."""

import asyncio
import functools
import json
import operator as operators

import pytest

from conformance.declarations.soup import Packet
from conformance.runner import Outcome
from venue.conformance_commands import OUCH_DROP_DEMO
from venue.control import ask

SUITE, SERVICE = "drop-ouch", "drop.ouch.nordic"
DROP = """
[[port]]
name = "{name}"
mpid = "GP29"
service = "drop.ouch.nordic"
password = "NTFTEST"
guards = {accounts}
drop_ports = {ports}
"""
PORT = """
[[port]]
name = "{name}"
mpid = "{mpid}"
service = "ouch.nordic"
password = "NTFTEST"
"""
SETTINGS = {
    **OUCH_DROP_DEMO,
    "password": "NTFTEST",
    "guarded_trader": "GP29U3",
    "idle_trader": "GP29U4",
}


PLACES = {
    "GP29D6": (("GP29O1", "GP29O2", "GP30O1"), {"book": "101", "price": "100.00"}),
    "GP29D8": (("GP29O3", "GP29O4", "GP30O3"), {"book": "102", "price": "250.00"}),
    "GP29D9": (("GP29O5", "GP29O6", "GP30O5"), {"book": "201", "price": "4.000"}),
    "GP29D5": (("GP29O7", "GP29O8", "GP30O7"), {"book": "201", "price": "4.000"}),
}
"""Drop ports, with the ports that they watch, a counterparty, and a book of their own to trade in."""


@pytest.fixture(scope="module")
def more_configuration():
    """Places to play at one time: the last two guard an account; and a Drop port on which nobody is."""
    new = [port for ports, _ in PLACES.values() for port in ports if port[-1] > "2" or port == "GP30O3"]
    guarded = {"GP29D9": ["GP29P1"], "GP29D5": ["GP29P1"]}
    drops = [(name, json.dumps(guarded.get(name, [])), json.dumps(ports[:2])) for name, (ports, _) in PLACES.items()]
    return "".join(
        [
            *(PORT.format(name=name, mpid=name[:4]) for name in new),
            *(DROP.format(name=name, accounts=accounts, ports=ports) for name, accounts, ports in drops),
            DROP.format(name="GP29D7", accounts='["GP29Q1"]', ports='["GP29O1"]'),
        ]
    )


@pytest.fixture
def judge(venue, hold, operator):
    """Play scenarios, and give the results by their names."""

    async def judge(target, *only, drop="GP29D6", patience=0.5):
        (order, sister, second), place = PLACES[drop]
        users = {"drop": drop, "idle": "GP29D7", "we": order, "sister": sister, "they": second}
        named = {"user": drop, "order_user": order, "sister_user": sister, **place}
        return await hold(
            *(SUITE, target, *only),
            users={party: (user, "NTFTEST") for party, user in users.items()},
            settings=SETTINGS | operator | named | {"order_target": "{}:{}".format(*venue.services["ouch.nordic"])},
            patience=patience,
        )

    return judge


def copies(change, letter=b""):
    """Make a lie out of what it does to each copy: another one, several, or none."""

    def spoil(packet, wire):
        if wire.inbound or packet.letter != "S" or not packet.payload[6:].startswith(letter):
            return [packet]
        changed = change(packet.payload, wire)
        return [Packet(0, "S", one) for one in (changed if isinstance(changed, list) else [changed])]

    return spoil


def late(payload, wire):
    """Tell a message behind the one that came after it."""
    held = wire.memory.pop("held", None)
    if held is None:
        wire.memory["held"] = payload
        return []
    return [payload, held]


def count_on(packet, wire):
    """Say a number too high when the client comes for the third time."""
    if wire.inbound or packet.letter != "A" or wire.number != 3:
        return [packet]
    head, number = packet.payload[:-20], int(packet.payload[-20:])
    return [Packet(0, "A", head + str(number + 1).encode().rjust(20))]


LIES = {
    "a copy has no name before it": (copies(lambda payload, _: payload[6:]), "An order that is accepted*"),
    "the name has other letters around it": (
        copies(lambda payload, _: payload[:6].lower() + payload[6:]),
        "An order that is accepted*",
    ),
    "the name stands on the right": (
        copies(lambda payload, _: b" " + payload[:5] + payload[6:]),
        "An order that is accepted*",
    ),
    "a copy names another port": (copies(lambda payload, _: b"GP29O2" + payload[6:], b"A"), "An order that is*"),
    "a copy is lost": (copies(lambda *_: [], b"A"), "An order that is accepted*"),
    "a copy comes twice": (copies(lambda payload, _: [payload, payload], b"A"), "An order that is accepted*"),
    "an execution is lost": (copies(lambda *_: [], b"E"), "A fill is told*"),
    "a price is another one": (
        copies(lambda payload, _: payload[:23] + bytes(4) + payload[27:], b"E"),
        "A fill is told*",
    ),
    "a time is another one": (copies(lambda payload, _: payload[:7] + bytes(8) + payload[15:], b"C"), "A cancel is*"),
    "a replace is told as what was before": (
        copies(lambda payload, _: payload[:15] + payload[19:23] + payload[19:], b"U"),
        "A replace is told*",
    ),
    "messages of two ports change places": (copies(late, b"A"), "Two ports are told*"),
    "another firm's orders are told": (
        copies(lambda payload, _: [payload, b"GP30O1" + payload[6:]], b"A"),
        "An order that is accepted*",
    ),
    "the day begins one message late": (
        lambda packet, wire: [] if packet.letter == "S" and wire.number == 2 else [packet],
        "Who comes late*",
    ),
    "a login is told another number": (count_on, "The drop counts its own*"),
    "who was away is told nothing": (
        lambda packet, wire: [] if packet.letter == "S" and wire.number == 2 else [packet],
        "What was told while nobody*",
    ),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_found_out(lie, proxy, judge):
    spoil, only = LIES[lie]
    liar = await proxy(spoil, SERVICE)
    (result,) = (await judge(liar.address, only)).values()
    assert result.outcome is Outcome.FAILED
    assert result.log


async def test_a_safeguard_that_does_not_cancel_is_found_out(proxy, judge):
    liar = await proxy(lambda packet, _: [packet], SERVICE, clings=True)
    (result,) = (await judge(liar.address, "A line that is closed*", drop="GP29D5", patience=1.5)).values()
    assert result.outcome is Outcome.FAILED
    assert "expected Canceled" in str(result.failure)
    await liar.let_go("GP29D5")


async def test_a_safeguard_that_who_comes_back_lifts_is_found_out(proxy, judge, venue):
    def lift(packet, wire):
        if not wire.inbound and packet.letter == "A" and wire.number > 1:
            ask(venue.data, "prm/accounts/GP29P1/release", {"what": "block"})
        return [packet]

    liar = await proxy(lift, SERVICE)
    (result,) = (await judge(liar.address, "Who comes back is told*", drop="GP29D9", patience=3.0)).values()
    assert result.outcome is Outcome.FAILED
    assert "we get Rejected" in str(result.failure)


async def test_the_honest_venue_passes_everything_through_the_same_proxy(proxy, judge):
    honest = await proxy(lambda packet, _: [packet], SERVICE)
    shares = zip(PLACES, ("1-*", "2-*", "3-*"), strict=False)
    found = await asyncio.gather(*(judge(honest.address, only, drop=drop, patience=10.0) for drop, only in shares))
    results = functools.reduce(operators.or_, found)
    assert {name: str(result.failure) for name, result in results.items() if result.failure} == {}
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}
    assert len(results) == 20
