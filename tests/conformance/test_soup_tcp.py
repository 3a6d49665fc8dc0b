"""A server of SoupTCP that gets lines, numbers, heartbeats or replay wrong is found out by what is for RASHport 1.0."""

import pytest

from conformance.declarations import soup
from conformance.lines import as_line, as_packet
from conformance.runner import Outcome
from conformance.scenario import ScenarioError, read_step
from venue.conformance_commands import RASH_DEMO

SETTINGS = RASH_DEMO | {"user": "INRS02", "password": "NTFTEST", "symbol": "ZWZZT", "price": "9.00", "version": "1.0"}
USERS = {"we": ("INRS02", "NTFTEST"), "again": ("INRS02", "NTFTEST")}


def said(letter, change):
    """A lie about what the server says in a line of this letter: other lines, several, or none."""
    return lambda line, wire: change(line, wire) if not wire.inbound and line[:1] == letter else [line]


def heard(letter, change):
    """A lie about what a client says."""
    return lambda line, wire: change(line, wire) if wire.inbound and line[:1] == letter else [line]


def only_first(line, wire):
    """Hear one order of a connection and no other."""
    wire.memory["orders"] = wire.memory.get("orders", 0) + 1
    return [line] if wire.memory["orders"] == 1 else []


def later(line, wire):
    """Say nothing of the first message of a replay."""
    wire.memory["said"] = wire.memory.get("said", 0) + 1
    return [] if wire.memory["said"] == 1 and wire.number > 1 else [line]


def from_the_next(line, _):
    """Take a login for one that wants nothing again: number 0."""
    return [line[:27] + b"%10d\n" % 0]


def other_number(line, _):
    """Say the number of a login one too high."""
    return [line[:11] + b"%10d\n" % (int(line[11:]) + 1)]


LIES = {
    "lines end in CR LF": (
        lambda line, wire: [line if wire.inbound else line[:-1] + b"\r\n"],
        "A letter may be split*",
    ),
    "orders behind the first are lost": (heard(b"U", only_first), "Lines that come in one write*"),
    "a heartbeat is answered": (heard(b"R", lambda line, wire: [line, answer(wire, b"+\nS\n")]), "Heartbeats are not*"),
    "heartbeats never come": (said(b"H", lambda *_: []), "The server sends a heartbeat*"),
    "heartbeats have a number": (said(b"H", lambda *_: [b"S25200000SQ\n"]), "The server sends a heartbeat*"),
    "heartbeats hold something": (said(b"H", lambda *_: [b"H1\n"]), "The server sends a heartbeat*"),
    "an empty message comes": (said(b"S", lambda line, _: [line, b"S\n"]), "Live messages follow*"),
    "ten digits are answered with twenty": (
        said(b"A", lambda line, _: [line[:11] + line[11:-1].rjust(20) + b"\n"]),
        "A login with a number of ten*",
    ),
    "twenty digits are answered with ten": (
        said(b"A", lambda line, _: [line if len(line) == 22 else line[:11] + line[21:]]),
        "A login with a number of twenty*",
    ),
    "the number in Login Accepted is another one": (said(b"A", other_number), "A number in the midst*"),
    "the session's name is another one": (
        said(b"A", lambda line, _: [b"A     OTHER" + line[11:]]),
        "A Logout Request ends*",
    ),
    "a replay is left out": (heard(b"L", from_the_next), "A number in the midst*"),
    "a replay begins too late": (said(b"S", later), "What was lost with the connection*"),
    "a replay says something else": (
        said(
            b"S", lambda line, wire: [line if wire.number == 1 else line.replace(b"00000A", b"00001A", 1)[:-1] + b" \n"]
        ),
        "A number in the midst*",
    ),
    "an unknown user is let be a wrong session": (said(b"J", lambda *_: [b"JS\n"]), "An unknown user*"),
    "a Debug line is taken for an order": (
        heard(b"+", lambda line, wire: [line, answer(wire, b"S25200000JT             O\n")]),
        "A Debug line of the client*",
    ),
    "number 0 gets the last message": (
        heard(b"L", lambda line, _: [line if line[27:].strip() != b"0" else line[:27] + b"%10d\n" % 1]),
        "Number 0 gets only*",
    ),
}


def answer(wire, text):
    """Say something to the client; nothing goes on to the server in its place."""
    wire.client.write(text)
    return b""


async def test_what_goes_on_as_it_is_passes(line_proxy, hold):
    truth = await line_proxy(lambda line, _: [line])
    names = {only for _, only in LIES.values() if "heartbeat" not in only}
    results = {}
    for only in sorted(names):
        results |= await hold("rash", truth.address, only, settings=SETTINGS, users=USERS)
    assert len(results) == len(names)
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_in_lines_is_found_out(lie, line_proxy, hold):
    spoil, only = LIES[lie]
    liar = await line_proxy(spoil)
    results = await hold("rash", liar.address, only, settings=SETTINGS, users=USERS, patience=0.5)
    assert [result.outcome for result in results.values()] == [Outcome.FAILED]


@pytest.mark.parametrize(
    "only", ["A line that goes on*", "An empty line*", "A letter of the server's*", "A Logout Request*"]
)
async def test_a_server_that_does_not_hang_up_is_found_out(only, line_proxy, hold):
    liar = await line_proxy(lambda line, _: [line], keeps_open=True)
    results = await hold("rash", liar.address, only, settings=SETTINGS, users=USERS, patience=0.5)
    assert [result.outcome for result in results.values()] == [Outcome.FAILED]


def test_a_login_in_lines_has_ten_digits_unless_more_are_written_out():
    names = b"inrs02NTFTEST" + 13 * b" "
    for digits, written in ((10, b"7".rjust(20)), (20, b"7".rjust(20, b"0"))):
        (packet,) = soup.cut(soup.pack("L", names + written))
        line = as_line(packet)
        assert len(line) == 1 + 26 + digits + 1
        accepted = b"A" + b"S1".rjust(10) + b"7".rjust(digits)
        assert as_packet(accepted, digits) == soup.pack("A", b"S1".rjust(10) + b"7".rjust(20))
        assert as_packet(accepted, 30 - digits) != as_packet(accepted, digits)


def test_bytes_may_be_written_many_times():
    assert read_step("f", 1, "we send bytes 2b 41x3 0d0ax2 0a").name == "2b 414141 0d0a0d0a 0a"
    assert read_step("f", 1, "we send bytes 2b 41x3").name == "2b 414141"
    with pytest.raises(ScenarioError, match="odd"):
        read_step("f", 1, "we send bytes 2b 4x3")
