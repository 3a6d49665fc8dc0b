"""The kit holds ITCH and GLIMPSE to what order ports have done; and a feed that lies is found out."""

import socket
import struct
import tomllib

import pytest

from conformance.declarations import soup
from conformance.declarations.soup import Packet
from conformance.runner import Outcome
from venue.config import sample
from venue.conformance_commands import BEHIND, ITCH_DEMO

SUITE, SERVICE, SNAPSHOT = "itch", "itch.nasdaq", "glimpse.nasdaq"
REFERENCE, SHARES, ADDED_SHARES, PRICE = 11, 19, 20, 32
PATIENCE = 60.0


@pytest.fixture(scope="module")
def served(venue):
    """The venue, when its second process answers: it takes a while to start."""
    with socket.create_connection(venue.services[SNAPSHOT], PATIENCE) as reader:
        reader.sendall(soup.pack("L", b"ITCH01NTFTEST" + b" " * 13 + b"%20d" % 1))
        assert reader.recv(3)[2:] == b"A"
    return venue


@pytest.fixture
def judge(served, hold):
    """Play scenarios, and give the results by their names."""

    async def judge(target, *only, glimpse=None, patience=1.0):
        users = {"feed": "ITCH01", "glimpse": "ITCH01", "we": "IN19T6", "they": "AK01T1"}
        glimpse = glimpse or served.services[SNAPSHOT]
        return await hold(
            *(SUITE, target, *only),
            users={party: (user, "NTFTEST") for party, user in users.items()},
            settings=ITCH_DEMO
            | {"user": "ITCH01", "password": "NTFTEST", "symbol": "ZWZZT", "price": "10.00"}
            | {"order_target": "{}:{}".format(*served.target), "glimpse_target": "{}:{}".format(*glimpse)},
            patience=patience,
        )

    return judge


def told(letter, change):
    """Make a lie out of what it does to each message of a kind: another one, several, or none."""

    def spoil(packet, wire):
        if wire.inbound or packet.letter != "S" or packet.payload[:1] != letter:
            return [packet]
        changed = change(bytearray(packet.payload), wire)
        changed = changed if isinstance(changed, list) else [changed]
        return [Packet(0, "S", bytes(one)) for one in changed]

    return spoil


def put(offset, layout, by):
    """Add to a number of a message."""

    def change(payload, _):
        (value,) = struct.unpack_from(layout, payload, offset)
        struct.pack_into(layout, payload, offset, value + by)
        return payload

    return change


def letter_at(offset, letter):
    def change(payload, _):
        payload[offset : offset + 1] = letter
        return payload

    return change


def cut(payload, _):
    return payload[:-1]


def lose(*_):
    return []


def twice(payload, _):
    return [payload, payload]


def go_back(payload, _):
    payload[5:11] = bytes(6)
    return payload


def show_hidden(payload, _):
    """Tell of a hidden order that trades as if it had been displayed."""
    added = b"A" + payload[1:11] + struct.pack(">Q", 999_999) + payload[19:36]
    executed = b"E" + payload[1:11] + struct.pack(">Q", 999_999) + payload[20:24] + payload[36:44]
    return [added, executed]


def keep_reference(payload, _):
    payload[19:27] = payload[11:19]
    return payload


def late(payload, wire):
    """Tell an added order behind the next one."""
    held = wire.memory.pop("held", None)
    if held is None:
        wire.memory["held"] = payload
        return []
    return [payload, held]


def as_anonymous(payload, _):
    return b"A" + payload[1:36]


def next_by(by):
    def change(payload, _):
        return b"G" + b"%20d" % (int(payload[1:]) + by)

    return change


LIES = {
    "the day begins with another message": (told(b"S", letter_at(11, b"S")), "A day begins*"),
    "a stock is not told of": (told(b"R", lose), "A day begins*"),
    "two stocks have one locate": (told(b"R", letter_at(2, b"\1")), "A day begins*"),
    "an order has another stock's locate": (told(b"A", letter_at(2, b"\1")), "A displayed order is*"),
    "an order has a locate that nobody knows": (told(b"A", letter_at(1, b"\1")), "A displayed order is*"),
    "an added order is lost": (told(b"A", lose), "A displayed order is*"),
    "an added order comes twice": (told(b"A", twice), "A displayed order is*"),
    "an added order is a byte short": (told(b"A", cut), "A displayed order is*"),
    "an added order has another price": (told(b"A", put(PRICE, ">I", 1)), "A displayed order is*"),
    "an added order has other shares": (told(b"A", put(ADDED_SHARES, ">I", 1)), "A displayed order is*"),
    "an added order has another number": (told(b"A", put(REFERENCE, ">Q", 7)), "A displayed order is*"),
    "a short sale is told as one": (told(b"A", letter_at(19, b"T")), "A short sale*"),
    "a firm is not told": (told(b"F", as_anonymous), "An attributable order*"),
    "a time goes back": (told(b"D", go_back), "What is canceled whole*"),
    "a cancel tells what is left": (told(b"X", put(SHARES, ">I", -100)), "What is canceled in part*"),
    "a cancel takes more than there is": (told(b"X", put(SHARES, ">I", 200)), "What is canceled in part*"),
    "a delete is lost": (told(b"D", lose), "What is canceled whole*"),
    "a delete is of another order": (told(b"D", put(REFERENCE, ">Q", 1)), "What is canceled whole*"),
    "a replacement keeps its number": (told(b"U", keep_reference), "A replacement is told*"),
    "an execution is lost": (told(b"E", lose), "A trade is told by*"),
    "an execution has another match number": (told(b"E", put(23, ">Q", 1)), "A trade is told by*"),
    "an execution is followed by a delete": (
        told(b"E", lambda payload, _: [payload, b"D" + payload[1:19]]),
        "What trades whole*",
    ),
    "what comes in is added before it trades": (told(b"E", late), "What comes in is added*"),
    "a hidden order is shown": (told(b"P", show_hidden), "A trade with a hidden order*"),
    "a hidden order's side is told": (told(b"P", letter_at(19, b"S")), "A trade with a hidden order*"),
    "what is told again is something else": (
        lambda packet, wire: told(b"R", put(21, ">I", wire.number - 1))(packet, wire),
        "*A reader may begin*",
    ),
}
GLIMPSE_LIES = {
    "a snapshot says to go on one too late": told(b"G", next_by(1)),
    "a snapshot says to go on one too early": told(b"G", next_by(-1)),
    "an order is not in it": told(b"A", lose),
    "an order has the shares that it came with": told(b"A", put(ADDED_SHARES, ">I", 200)),
    "a snapshot does not end": told(b"G", lose),
}


async def test_the_honest_venue_passes_everything_through_the_same_proxy(proxy, judge):
    honest = await proxy(lambda packet, _: [packet], SERVICE)
    results = await judge(honest.address, patience=5.0)
    assert {name: str(result.failure) for name, result in results.items() if result.failure} == {}
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}
    assert len(results) == 23


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_found_out(lie, proxy, judge):
    spoil, only = LIES[lie]
    liar = await proxy(spoil, SERVICE)
    results = (await judge(liar.address, *(["A day begins*"] if only[0] == "*" else []), only)).values()
    assert Outcome.FAILED in {result.outcome for result in results}


@pytest.mark.parametrize("lie", GLIMPSE_LIES)
async def test_a_snapshot_that_lies_is_found_out(lie, proxy, judge, venue):
    liar = await proxy(GLIMPSE_LIES[lie], SNAPSHOT)
    (result,) = (await judge(tuple(venue.services[SERVICE]), "A snapshot has*", glimpse=liar.address)).values()
    assert result.outcome is Outcome.FAILED


def test_snapshots_are_looked_for_where_the_command_line_says(served, command):
    addresses = [
        f"{host}:{port}" for host, port in (served.services[SERVICE], served.target, served.services[SNAPSHOT])
    ]
    targets = zip(("--target", "--order-target", "--glimpse-target"), addresses, strict=True)
    words = [word for pair in targets for word in pair]
    run = command("conform", SUITE, "--user", "ITCH01", "--demo", *words, "--only", "A snapshot has*")
    assert run.returncode == 0, run.stderr
    assert "1 passed" in run.stderr


def test_without_it_the_demo_has_them_eight_ports_behind_the_feed():
    demo = tomllib.loads(sample())
    offsets = {service["key"]: service["offset"] for service in demo["service"]}
    assert BEHIND["itch"] == ("glimpse_target", "target", offsets[SNAPSHOT] - offsets[SERVICE])
