"""The kit can convict: a proxy before the real venue lies in one way at a time, and each lie makes a scenario fail.

Without a lie the same proxy passes everything, so that it is the lie that is found.
"""

import struct

import pytest

from conformance.declarations.soup import Packet
from conformance.runner import Outcome
from venue.control import ask

TIMESTAMP = slice(1, 9)


def message(letter, *, inbound=False):
    """Make a lie out of what it does to the payload of one kind of message: other bytes, several, or none."""

    def make(change):
        def spoil(packet, wire):
            carrier = "U" if inbound else "S"
            if wire.inbound != inbound or packet.letter != carrier or packet.payload[:1] != letter:
                return [packet]
            changed = change(bytearray(packet.payload), wire)
            changed = changed if isinstance(changed, list) else [changed]
            return [Packet(0, carrier, bytes(one)) for one in changed if one is not None]

        return spoil

    return make


def put(payload, offset, layout, value):
    struct.pack_into(layout, payload, offset, value)
    return payload


def get(payload, offset, layout):
    return struct.unpack_from(layout, payload, offset)[0]


def letter_at(offset, letter):
    return lambda payload, _: put(payload, offset, "c", letter)


def of_server(letter, change):
    """Make a lie about a packet of the server."""
    return lambda packet, wire: change(packet, wire) if not wire.inbound and packet.letter == letter else [packet]


def swap_executions(payload, wire):
    held = wire.memory.pop("held", None)
    if held is None:
        wire.memory["held"] = payload
        return None
    return [payload, held]


def skip_heartbeats(packet, wire):
    wire.memory["beats"] = wire.memory.get("beats", 0) + 1
    return [packet] if wire.memory["beats"] % 3 == 0 else []


def differ_when_repeated(packet, wire):
    if wire.inbound or packet.letter != "S" or wire.number < 2:
        return [packet]
    payload = bytearray(packet.payload)
    return [Packet(0, "S", bytes(put(payload, 1, ">Q", get(payload, 1, ">Q") + 1)))]


def replay_late(packet, wire):
    if wire.number < 2 or packet.letter not in "LA":
        return [packet]
    by = 1 if wire.inbound else -1
    head, number = packet.payload[:-20], int(packet.payload[-20:])
    return [Packet(0, packet.letter, head + str(number + by).encode().rjust(20))]


def answer_stale(payload, wire):
    number = get(payload, 1, ">I")
    last = wire.memory.setdefault("last", 0)
    wire.memory["last"] = max(last, number)
    if number <= last:
        rejected = b"J" + bytes(8) + struct.pack(">IH", number, 15) + bytes(payload[31:45])
        wire.client.write(Packet(0, "S", rejected).data)
        return None
    return payload


def cancel_backwards(payload, _):
    return put(payload, 13, ">I", max(1, 500 - get(payload, 13, ">I")))


def go_back(payload, wire):
    wire.memory["turn"] = not wire.memory.get("turn")
    return put(payload, 1, ">Q", 1) if wire.memory["turn"] else payload


def without_options(fixed):
    return lambda payload, _: payload[:fixed] + b"\0\0"


def not_for(user, change):
    """Lie to everybody but one user."""

    def spoil(packet, wire):
        if wire.inbound and packet.letter == "L":
            wire.memory["user"] = packet.payload[:6]
        return [packet] if wire.memory.get("user") == user else change(packet, wire)

    return spoil


def replace_for_partial_cancel(payload, wire):
    """Turn a Cancel that would keep priority into one that loses it: the order is replaced, in the venue's eyes."""
    number, quantity = get(payload, 1, ">I"), get(payload, 5, ">I")
    if not quantity:
        return payload
    new = number + 900
    replace = b"U" + struct.pack(">IIIQ", number, new, quantity, 100_000) + b"0YN" + b" " * 14 + b"\0\0"
    wire.memory["renamed"] = (number, new)
    return bytearray(replace)


def lose_priority(packet, wire):
    if wire.inbound:
        return message(b"X", inbound=True)(replace_for_partial_cancel)(packet, wire)
    payload = bytearray(packet.payload)
    if packet.letter != "S" or "renamed" not in wire.memory:
        return [packet]
    number, new = wire.memory["renamed"]
    if payload[:1] == b"U":  # what the client expects: Canceled for the shares that are gone
        canceled = b"C" + payload[TIMESTAMP] + struct.pack(">II", number, 100) + b"U"
        return [Packet(0, "S", bytes(canceled))]
    if payload[:1] in b"EC" and get(payload, 9, ">I") == new:
        return [Packet(0, "S", bytes(put(payload, 9, ">I", number)))]
    return [packet]


LIES = {
    "a sequenced message comes twice": (message(b"A")(lambda payload, _: [payload, payload]), "one share*"),
    "a sequenced message is lost": (message(b"E")(lambda *_: None), "both sides of one port*"),
    "an Appendage Length is wrong": (message(b"A")(lambda payload, _: payload[:-1] + b"\1"), "one share*"),
    "Executed has no Appendage Length": (message(b"E")(lambda payload, _: payload[:34]), "both sides of one port*"),
    "Canceled has an Appendage Length": (message(b"C")(lambda payload, _: payload + b"\0\0"), "a cancel to 0*"),
    "the price of an execution is another one": (
        message(b"E")(lambda payload, _: put(payload, 17, ">Q", get(payload, 17, ">Q") + 1)),
        "both sides of one port*",
    ),
    "a Rejected is swallowed": (message(b"J")(lambda *_: None), "0x0013 invalid quantity: none"),
    "a Rejected has another reason": (
        message(b"J")(lambda payload, _: put(payload, 13, ">H", 15)),
        "0x0013 invalid quantity: none",
    ),
    "a Rejected has a reason that there is not": (
        message(b"J")(lambda payload, _: put(payload, 13, ">H", 0x34)),
        "0x0013 invalid quantity: none",
    ),
    "heartbeats come late": (of_server("H", skip_heartbeats), "the server sends a heartbeat*"),
    "a wrong password is rejected with another letter": (
        of_server("J", lambda *_: [Packet(0, "J", b"S")]),
        "a wrong password*",
    ),
    "executions come in another order": (message(b"E")(swap_executions), "every trade has*"),
    "the two sides have different match numbers": (
        not_for(
            b"IN19T6", message(b"E")(lambda payload, _: put(payload, 26, ">Q", get(payload, 26, ">Q") + 7_000_000))
        ),
        "two orders trade*",
    ),
    "two trades have one match number": (
        message(b"E")(lambda payload, _: put(payload, 26, ">Q", 77)),
        "every trade has*",
    ),
    "a replay has other bytes": (differ_when_repeated, "number 1 replays*"),
    "a stale number is answered": (message(b"O", inbound=True)(answer_stale), "a number that was used*"),
    "a Cancel is forgotten": (message(b"X", inbound=True)(lambda *_: None), "a cancel to 0*"),
    "Canceled tells what is left": (message(b"C")(cancel_backwards), "a cancel names the size*"),
    "a partial Cancel loses priority": (lose_priority, "a partial cancel keeps priority"),
    "the second in the queue trades first": (
        message(b"E")(lambda p, _: put(p, 9, ">I", get(p, 9, ">I") + 1) if p[25:26] == b"A" else p),
        "the first at a price trades first",
    ),
    "Login Accepted names another number": (
        of_server("A", lambda packet, _: [Packet(0, "A", packet.payload[:10] + b"9999".rjust(20))]),
        "the current session may be joined*",
    ),
    "Login Accepted is padded on the right": (
        of_server("A", lambda packet, _: [Packet(0, "A", packet.payload[:10] + packet.payload[10:].strip().ljust(20))]),
        "the current session may be joined*",
    ),
    "sequenced data comes before Login Accepted": (
        of_server("A", lambda packet, _: [Packet(0, "S", b"S" + bytes(8) + b"S"), packet]),
        "the current session may be joined*",
    ),
    "an immediate order that finds nothing is said to live": (
        message(b"A")(letter_at(47, b"L")),
        "an immediate order that finds nothing*",
    ),
    "who removed is said to have added": (message(b"E")(letter_at(25, b"A")), "both sides of one port*"),
    "a liquidity flag is none": (message(b"E")(letter_at(25, b"?")), "both sides of one port*"),
    "timestamps go back": (message(b"A")(go_back), "numbers may have gaps"),
    "an order reference number is given twice": (
        message(b"A")(lambda payload, _: put(payload, 36, ">Q", 4)),
        "order reference numbers differ",
    ),
    "ClOrdID is not given back": (
        message(b"A")(lambda payload, _: payload[:48] + b" " * 14 + payload[62:]),
        "clordid is given back*",
    ),
    "a number is echoed in small end first": (
        message(b"A")(lambda payload, _: put(payload, 14, "<I", get(payload, 14, ">I"))),
        "one share*",
    ),
    "options are not echoed": (message(b"A")(without_options(62)), "many options*"),
    "a channel is not named": (message(b"C")(lambda payload, _: payload[:18]), "a cancel without the channel*"),
    "the next free number is wrong": (
        message(b"Q")(lambda payload, _: put(payload, 9, ">I", get(payload, 9, ">I") + 1)),
        "an order takes its number*",
    ),
    "Replaced tells the total": (
        message(b"U")(lambda payload, _: put(payload, 18, ">I", 150)),
        "replaced names what is now open*",
    ),
    "a Replace is Accepted": (
        message(b"U")(lambda payload, _: b"A" + payload[1:9] + payload[13:]),
        "a replace is answered*",
    ),
    "an expired order is said to be canceled by its user": (
        message(b"C")(letter_at(17, b"U")),
        "a good till time order*",
    ),
    "a replay begins one message late": (replay_late, "the last number replays the last message"),
    "a self-match is an execution": (
        message(b"D")(lambda p, _: b"E" + p[1:17] + p[22:30] + p[30:31] + bytes(8) + b"\0\0"),
        "d decrements both*",
    ),
    "a server sends a client's packet": (of_server("A", lambda packet, _: [packet, Packet(0, "R", b"")]), "one share*"),
}
LEAVES_ORDERS = {"a Cancel is forgotten", "a partial Cancel loses priority"}
SOUP = {
    *("heartbeats come late", "a wrong password is rejected with another letter", "a replay has other bytes"),
    *("Login Accepted names another number", "Login Accepted is padded on the right"),
    *("sequenced data comes before Login Accepted", "a replay begins one message late"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_found_out(lie, proxy, hold, request):
    if lie in LEAVES_ORDERS:
        request.getfixturevalue("sweep")
    spoil, only = LIES[lie]
    liar = await proxy(spoil)
    results = await hold("soup" if lie in SOUP else "ouch", liar.address, only, patience=0.5)
    assert Outcome.FAILED in {result.outcome for result in results.values()}
    failed = next(result for result in results.values() if result.outcome is Outcome.FAILED)
    assert failed.failure.step.text
    assert failed.log


async def test_a_server_that_does_not_hang_up_after_a_logout_is_found_out(proxy, hold):
    liar = await proxy(lambda packet, _: [packet], keeps_open=True)
    (result,) = (await hold("soup", liar.address, "a logout request ends*", patience=0.4)).values()
    assert result.outcome is Outcome.FAILED


async def test_an_option_that_nobody_sent_is_let_pass_where_only_what_is_settled_counts(proxy, hold):
    with_group = message(b"A")(lambda p, _: p[:62] + b"\0\4\3\x18\0\0" if p[62:] == b"\0\0" else p)
    server = await proxy(with_group)
    for settled, outcome in ((False, Outcome.FAILED), (True, Outcome.PASSED)):
        (result,) = (await hold("ouch", server.address, "one share*", settled=settled)).values()
        assert result.outcome is outcome, result.failure


@pytest.mark.parametrize("suite", ["soup", "ouch"])
async def test_the_honest_venue_passes_everything_through_the_same_proxy(suite, proxy, hold):
    honest = await proxy(lambda packet, _: [packet])
    results = await hold(suite, honest.address, patience=10.0)
    assert {name: result.failure for name, result in results.items() if result.failure} == {}
    skipped = {result.why for result in results.values() if result.outcome is Outcome.SKIPPED}
    operators = {"needs --phase", "needs --phase, --stage"}
    assert skipped <= operators | {"slow: needs --slow", "needs --end-of-day", "needs --cancel-on-disconnect"}


async def test_a_port_whose_orders_end_with_its_connection_passes_where_that_is_said(venue, hold):
    assert ask(venue.data, "ports/IN19T6", {"cancelOnDisconnect": True}, "PUT").status == 200
    results = await hold("ouch", venue.target, "a lost connection*", more={"cancel_on_disconnect": "1"})
    ask(venue.data, "ports/IN19T6", {"cancelOnDisconnect": False}, "PUT")
    assert [result.outcome for result in results.values()] == [Outcome.PASSED]
