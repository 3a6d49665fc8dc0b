"""The kit holds RASHport to its documents, over both transports; and a port that lies is found out."""

import pytest

from conformance.declarations.soup import Packet
from conformance.decode import decode
from conformance.runner import Outcome
from venue.conformance_commands import RASH_DEMO

SERVICE, OLD_SERVICE = "rash.nasdaq", "rash.nasdaq.soup"
SETTINGS = {**RASH_DEMO, "user": "INRS01", "password": "NTFTEST", "symbol": "ZWZZT", "price": "10.00"}
USERS = {"we": ("INRS01", "NTFTEST"), "again": ("INRS01", "NTFTEST")}
OLD_USERS = {"we": ("INRS02", "NTFTEST"), "again": ("INRS02", "NTFTEST")}
LETTER, TOKEN, FIELDS = 8, slice(9, 23), 23


def of(letter, change):
    """A lie about one kind of message: other bytes, several messages, or none."""

    def spoil(packet, wire):
        if wire.inbound or packet.letter != "S" or packet.payload[LETTER : LETTER + 1] != letter:
            return [packet]
        changed = change(bytearray(packet.payload), wire)
        changed = changed if isinstance(changed, list) else [changed]
        return [Packet(0, "S", bytes(one)) for one in changed if one is not None]

    return spoil


def put(at, text):
    def change(payload, _):
        payload[at : at + len(text)] = text
        return payload

    return change


def of_client(letter, change):
    """A lie about what a client sends."""

    def spoil(packet, wire):
        if not wire.inbound or packet.letter != "U" or packet.payload[:1] != letter:
            return [packet]
        changed = change(bytearray(packet.payload), wire)
        return [] if changed is None else [Packet(0, "U", bytes(changed))]

    return spoil


def answer_again(payload, wire):
    """Give a token that comes again another answer."""
    token = bytes(payload[1:15])
    seen = wire.memory.setdefault("seen", set())
    if token in seen:
        wire.client.write(Packet(0, "S", b"36000000J" + token + b"U").data)
    seen.add(token)
    return payload


LIES = {
    "an Accepted comes twice": (of(b"A", lambda payload, _: [payload, payload]), "An order is accepted*"),
    "an Accepted is lost": (of(b"A", lambda *_: None), "An order is accepted*"),
    "the customer is not given back": (of(b"A", put(124, 32 * b" ")), "An order is accepted*"),
    "the price is another one": (of(b"A", put(38, b"0000100001")), "An order is accepted*"),
    "shares are filled with blanks": (of(b"A", put(24, b"   100")), "An order is accepted*"),
    "a message is too short": (of(b"A", lambda payload, _: payload[:-1]), "An order is accepted*"),
    "the letter is another one's": (of(b"R", put(LETTER, b"A")), "Enter Order with Cross*"),
    "a reference number is given twice": (of(b"A", put(58, b"000000007")), "Tokens need no order"),
    "time goes back": (of(b"A", put(0, b"00000001")), "Tokens need no order"),
    "a Rejected is swallowed": (of(b"J", lambda *_: None), "No shares"),
    "a Rejected has another letter": (of(b"J", put(FIELDS, b"O")), "A side that there is not"),
    "a token that comes again is answered": (of_client(b"O", answer_again), "A token that comes again*"),
    "a cancel is forgotten": (of_client(b"X", lambda *_: None), "A cancel to 0*"),
    "Canceled tells what is left": (of(b"C", put(FIELDS, b"000200")), "A cancel names the size*"),
    "Canceled has another reason": (of(b"C", put(29, b"S")), "A cancel to 0*"),
    "who removed is said to have added": (of(b"E", put(39, b"A")), "Two orders trade*"),
    "the price of a trade is another one": (of(b"E", put(29, b"0000100001")), "Two orders trade*"),
    "more trades than there was": (of(b"E", put(FIELDS, b"000900")), "Two orders trade*"),
    "the sides have different match numbers": (
        of(b"E", lambda p, w: put(40, b"%09d" % w.memory.setdefault("n", 1))(p, w.memory.update(n=w.memory["n"] + 1))),
        "Two orders trade*",
    ),
    "an execution is for nobody's token": (of(b"E", put(9, b"NOBODY        ")), "Two orders trade*"),
    "the day does not begin with its event": (of(b"S", put(9, b"E")), "The day begins*"),
    "a wrong password is let be a wrong session": (
        lambda packet, wire: [Packet(0, "J", b"S")] if packet.letter == "J" and not wire.inbound else [packet],
        "A wrong password*",
    ),
}
KEEPS_ORDERS = {"a cancel is forgotten"}


@pytest.mark.parametrize("lie", [lie for lie in LIES if lie not in KEEPS_ORDERS])
async def test_a_lie_is_found_out(lie, proxy, hold):
    spoil, only = LIES[lie]
    liar = await proxy(spoil, service=SERVICE)
    results = await hold("rash", liar.address, only, settings=SETTINGS, users=USERS, patience=0.5)
    assert [result.outcome for result in results.values()] == [Outcome.FAILED]


@pytest.mark.parametrize(
    ("service", "users", "version"), [(SERVICE, USERS, "1.1"), ("rash.nasdaq.soup", OLD_USERS, "1.0")]
)
async def test_the_honest_venue_passes_everything_in_both_versions(venue, hold, service, users, version):
    settings = SETTINGS | {"version": version, "user": users["we"][0]}
    results = await hold("rash", tuple(venue.services[service]), settings=settings, users=users, patience=10.0)
    assert {name: result.failure for name, result in results.items() if result.failure} == {}
    assert {result.why for result in results.values() if result.outcome is Outcome.SKIPPED} <= {
        "slow: needs --slow",
        "not for 1.1",
    }


async def test_a_forgotten_cancel_is_found_out(proxy, hold):
    spoil, only = LIES["a cancel is forgotten"]
    liar = await proxy(spoil, service=SERVICE)
    settings = SETTINGS | {"price": "3.00"}
    results = await hold("rash", liar.address, only, settings=settings, users=USERS, patience=0.5)
    assert [result.outcome for result in results.values()] == [Outcome.FAILED]


def test_lines_are_taken_apart():
    login = b"Linrs02NTFTEST" + 12 * b" " + 10 * b" " + b"1\n"
    lines, is_sound = decode(login + b"UXT1            000400\nR\nO\n", None, None, None, None)
    assert is_sound
    assert any(line.split()[2:4] == ["Shares", "400"] for line in lines)
    assert any(line.split()[2:4] == ["Sequence", "1"] for line in lines)
    lines, is_sound = decode(b"S25200000SS\nS\nS2520", None, None, None, None)
    assert not is_sound
    assert any("EndOfSession" in line for line in lines)


def test_messages_are_taken_apart():
    text = b"34201500ET0001         0003000001872400R000000077"
    lines, is_sound = decode(b"\x00\x32S" + text, None, None, None, None)
    assert is_sound
    assert any("RASHport 1.1" in line for line in lines)
    assert any("09:30:01.500" in line for line in lines)
    assert any(line.split()[2:4] == ["Price", "187.2400"] for line in lines)


@pytest.mark.parametrize(("letter", "cross"), [("O", ""), ("Q", "NC")])
def test_the_byte_that_1_2_adds_to_an_order_is_taken_apart(letter, cross):
    text = f"{letter}T1            T000100ZWZZT   000010000099998    Y{12 * '0'}N+{20 * '0'}N+{10 * '0'}A000000"
    order = (text + 36 * " " + cross + "NNY").encode()
    lines, is_sound = decode(bytes((0, 1 + len(order))) + b"U" + order, None, None, None, None)
    assert is_sound
    assert lines[-1].split()[2:] == ["SharesLocated", "Y", "located"]
