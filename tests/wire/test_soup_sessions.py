"""SoupBinTCP in time: whole sessions over a fake wire, the timers to the nanosecond, and bytes cut anywhere.

Two machines are joined back to back under one clock; nothing here opens a socket or waits.
"""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nasdaq_protocols.soup import core as nasdaq

from wire.soup import (
    NEVER,
    DebugReceived,
    LoginRequest,
    LoginTimedOut,
    LogoutRequest,
    PacketType,
    PeerSilent,
    SoupServer,
    SoupSettings,
    State,
    packet,
    sequenced,
    unsequenced,
)
from wire.soup_client import CLIENT_SETTINGS, SoupClient
from wire.soup_terms import CLIENT_MAY_SEND, SERVER_MAY_SEND, EndOfSession, LoginAccepted, UnsequencedReceived

SECOND = 1_000_000_000
PAGE = Path(__file__).resolve().parents[2] / "docs" / "soupbintcp.md"


LOGIN = bytes.fromhex(
    "002f4c4649524d303173656372657420202020202020202020202020202020202020202020202020202020202020202031"
)
ACCEPTED = bytes.fromhex("001f41202020205345535330312020202020202020202020202020202020202031")


class Wire:
    """A server and a client joined back to back, and the one clock that both are told."""

    def __init__(self, settings=None, now=0):
        self.now = now
        self.server = SoupServer(settings or SoupSettings(), now)
        self.client = SoupClient(CLIENT_SETTINGS, now)

    def to_server(self):
        return self.server.receive(self.client.bytes_to_send(), self.now)

    def to_client(self, stream=b""):
        return self.client.receive(self.server.bytes_to_send() + stream, self.now)

    def log_in(self, session="SESS01", sequence=1, **form):
        self.client.login("FIRM01", "secret", self.now, sequence=sequence, **form)
        (login,) = self.to_server()
        assert self.server.accept(session, login.sequence, self.now) == []
        assert self.to_client() == [LoginAccepted(session, sequence)]
        return self


# ----------------------------------------------------------------------------------------- the stream and its numbers


@pytest.mark.section("SoupBinTCP", "Sequenced Data")
def test_a_session_from_login_to_its_end():
    wire = Wire().log_in()
    wire.client.send(b"enter", wire.now)
    assert wire.to_server() == [b"enter"]
    assert wire.to_client(sequenced(b"accepted") + sequenced(b"executed")) == [b"accepted", b"executed"]
    assert wire.client.next_sequence == 3
    wire.server.end_of_session(wire.now)
    assert wire.to_client() == [EndOfSession()]
    assert wire.server.state is wire.client.state is State.CLOSED


@pytest.mark.section("SoupBinTCP", "Sequenced Data")
def test_a_client_that_comes_back_misses_nothing_and_hears_nothing_twice():
    stream = [sequenced(b"message %d" % n) for n in range(1, 6)]
    first = Wire().log_in()
    assert first.to_client(b"".join(stream[:3])[:-1]) == [b"message 1", b"message 2"]  # and then the line is lost
    again = Wire()
    again.client.login("firm01", "SECRET", 0, session=first.client.session, sequence=first.client.next_sequence)
    assert again.to_server() == [LoginRequest("FIRM01", "SECRET", "SESS01", 3, None)]
    again.server.accept("SESS01", 3, 0)
    events = again.to_client(b"".join(stream[2:]))
    assert events == [LoginAccepted("SESS01", 3), b"message 3", b"message 4", b"message 5"]
    assert again.client.next_sequence == 6


@pytest.mark.section("SoupBinTCP", "Sequenced Data")
def test_only_sequenced_packets_use_up_numbers():
    wire = Wire().log_in()
    others = packet(PacketType.SERVER_HEARTBEAT) + packet(PacketType.DEBUG, b"x") + unsequenced(b"x")
    wire.to_client(others + sequenced(b"one") + others)
    assert wire.client.next_sequence == 2


@pytest.mark.section("SoupBinTCP", "Logout Request")
def test_a_client_logs_out():
    wire = Wire().log_in()
    wire.client.logout(wire.now)
    assert wire.to_server() == [LogoutRequest()]
    assert (wire.server.state, wire.client.state) == (State.CLOSED, State.CLOSED)
    assert (wire.server.next_tick, wire.client.next_tick) == (NEVER, NEVER)


@pytest.mark.section("SoupBinTCP", "Debug")
def test_either_end_may_send_a_line_for_people_at_any_time():
    wire = Wire()
    wire.client.debug("who's there? Å", 0)
    assert wire.to_server() == [DebugReceived("who's there? ?")]
    wire.server.debug("me", 0)
    assert wire.to_client() == [DebugReceived("me")]
    assert wire.log_in().server.receive(b"\0\4+\xe5\n\0", 0) == [DebugReceived("\\xe5\n\0")]


# --------------------------------------------------------------------------------------------------------- the timers


@pytest.mark.section("SoupBinTCP", "Login Request")
def test_a_connection_without_a_login_is_closed_after_30_seconds():
    wire = Wire(now=7)
    assert wire.server.next_tick == 7 + 30 * SECOND
    wire.server.receive(packet(PacketType.DEBUG, b"wait for me"), 7 + 29 * SECOND)
    assert wire.server.tick(7 + 30 * SECOND - 1) == []
    assert wire.server.tick(7 + 30 * SECOND) == [LoginTimedOut()]
    assert wire.server.bytes_to_send()[2:] == b"+no login in time"
    assert (wire.server.state, wire.server.next_tick) == (State.CLOSED, NEVER)


@pytest.mark.section("SoupBinTCP", "Login Request")
def test_a_login_may_wait_for_its_answer_as_long_as_the_server_needs():
    wire = Wire()
    wire.client.login("FIRM01", "secret", 0)
    wire.to_server()
    assert (wire.server.next_tick, wire.server.tick(29 * SECOND), wire.server.bytes_to_send()) == (NEVER, [], b"")
    wire.server.accept("SESS01", 1, 29 * SECOND)
    assert wire.server.tick(44 * SECOND - 1) == []
    assert wire.server.tick(44 * SECOND) == [PeerSilent()]


@pytest.mark.section("SoupBinTCP", "Login Request")
def test_a_client_without_an_answer_gives_up_after_30_seconds():
    wire = Wire()
    assert wire.client.next_tick == NEVER
    wire.client.login("FIRM01", "secret", 5)
    assert wire.client.next_tick == 5 + 30 * SECOND
    assert wire.client.tick(5 + 30 * SECOND - 1) == []
    assert wire.client.tick(5 + 30 * SECOND) == [LoginTimedOut()]


@pytest.mark.section("SoupBinTCP", "Server Heartbeat")
def test_each_end_breaks_its_silence_after_a_second():
    wire = Wire().log_in()
    for end, beat in ((wire.server, "000148"), (wire.client, "000152")):
        assert end.next_tick == SECOND
        assert (end.tick(SECOND - 1), end.bytes_to_send()) == ([], b"")
        assert (end.tick(SECOND), end.bytes_to_send().hex()) == ([], beat)
        assert (end.tick(SECOND), end.bytes_to_send()) == ([], b"")
        assert end.next_tick == 2 * SECOND


@pytest.mark.section("SoupBinTCP", "Server Heartbeat")
def test_whatever_is_sent_puts_the_heartbeat_off():
    wire = Wire().log_in()
    wire.server.wrote(SECOND - 1)
    wire.client.send(b"enter", SECOND - 2)
    assert (wire.server.next_tick, wire.client.next_tick) == (2 * SECOND - 1, 2 * SECOND - 2)
    wire.server.debug("still here", SECOND)
    assert wire.server.next_tick == 2 * SECOND


@pytest.mark.section("SoupBinTCP", "Server Heartbeat")
def test_heartbeats_alone_keep_an_idle_session_alive():
    wire = Wire().log_in()
    for _ in range(120):
        wire.now = min(wire.server.next_tick, wire.client.next_tick)
        assert wire.server.tick(wire.now) == wire.client.tick(wire.now) == []
        assert wire.to_client() == wire.to_server() == []
    assert wire.now == 120 * SECOND


@pytest.mark.section("SoupBinTCP", "Client Heartbeat")
@pytest.mark.parametrize("who", ["server", "client"])
def test_a_silent_peer_is_given_up_after_15_seconds(who):
    end = getattr(Wire().log_in(), who)
    end.receive(b"\0", 3)  # half a packet is a sign of life, but only one
    for second in range(1, 16):
        assert end.tick(second * SECOND) == []
    assert end.next_tick == 15 * SECOND + 3
    assert end.tick(15 * SECOND + 2) == []
    assert end.tick(15 * SECOND + 3) == [PeerSilent()]
    assert end.state is State.CLOSED
    assert end.bytes_to_send().endswith(b"+silent for too long")
    assert end.tick(16 * SECOND) == []


@pytest.mark.section("SoupBinTCP", "Heartbeat Timeout")
@pytest.mark.parametrize(
    ("asked_ms", "got_ms"), [(0, 2_000), (1, 2_000), (2_000, 2_000), (2_500, 2_500), (15_000, 15_000), (99_999, 99_999)]
)
def test_a_4_10_client_says_how_long_it_may_be_silent(asked_ms, got_ms):
    server = Wire().log_in(heartbeat_timeout_ns=asked_ms * 1_000_000).server
    assert server.tick(got_ms * 1_000_000 - 1) == []
    assert server.tick(got_ms * 1_000_000) == [PeerSilent()]


@pytest.mark.section("SoupBinTCP", "Client Heartbeat")
def test_every_timer_is_a_setting():
    wire = Wire(SoupSettings(heartbeat_interval_ns=10, silence_limit_ns=35, login_wait_ns=50, packet_length_max=60))
    assert wire.server.next_tick == 50
    server = wire.log_in().server
    assert (server.next_tick, server.tick(10), server.next_tick) == (10, [], 20)
    assert (server.tick(34), server.tick(35)) == ([], [PeerSilent()])


# -------------------------------------------------------------------------------------------------- bytes cut anywhere


def server_hears(chunks, accept_at=0):
    """All that a server tells and says when chunks come, and its login is accepted `accept_at` chunks later."""
    server, events, due = SoupServer(SoupSettings(), 0), [], None
    for chunk in [*chunks, *[b""] * accept_at]:
        events += server.receive(chunk, 0)
        if due is None and any(isinstance(event, LoginRequest) for event in events):
            due = accept_at
        elif due:
            due -= 1
        if due == 0:
            due = -1
            events += server.accept("SESS01", 1, 0)
    return events, server.state, server.bytes_to_send()


def client_hears(chunks):
    client = SoupClient(CLIENT_SETTINGS, 0)
    client.login("FIRM01", "secret", 0)
    events = [event for chunk in chunks for event in client.receive(chunk, 0)]
    return events, client.state, client.next_sequence, client.bytes_to_send()


def cut(data, places):
    return [
        data[start:end] for start, end in pairwise([0, *sorted(place % (len(data) + 1) for place in places), len(data)])
    ]


LOGINS = st.sampled_from([LOGIN, packet(PacketType.LOGIN_REQUEST, b"?" * 46)])
ANSWERS = st.sampled_from([ACCEPTED, packet(PacketType.LOGIN_REJECTED, b"S"), packet(PacketType.LOGIN_REJECTED, b"?")])
PACKETS = st.builds(packet, st.sampled_from(list(PacketType)) | st.integers(0, 255), st.binary(max_size=60))
MESSAGES = st.builds(packet, st.sampled_from(b"USR+H"), st.binary(max_size=60))
STREAMS = st.lists(MESSAGES | MESSAGES | PACKETS | st.binary(max_size=9)).map(b"".join)
CUTS = st.lists(st.integers(0, 1000))


@pytest.mark.section("SoupBinTCP", "Packets")
@given(LOGINS, STREAMS, CUTS, st.integers(0, 5))
def test_a_server_hears_the_same_however_the_bytes_are_cut_and_however_late_it_answers(login, stream, places, late):
    whole = server_hears([login + stream])
    assert server_hears(cut(login + stream, places), late) == whole
    assert server_hears([bytes([byte]) for byte in login + stream]) == whole


@pytest.mark.section("SoupBinTCP", "Packets")
@given(ANSWERS, STREAMS, CUTS)
def test_a_client_hears_the_same_however_the_bytes_are_cut(answer, stream, places):
    whole = client_hears([answer + stream])
    assert client_hears(cut(answer + stream, places)) == whole
    assert client_hears([bytes([byte]) for byte in answer + stream]) == whole


@pytest.mark.section("SoupBinTCP", "Packets")
def test_the_rest_of_a_message_that_looks_like_a_packet_is_the_rest_of_the_message():
    inner = unsequenced(b"inner")
    outer = unsequenced(inner)
    server = Wire().log_in().server
    assert server.receive(outer[:3], 0) == []
    assert server.receive(outer[3:], 0) == [inner]


@given(st.lists(st.binary(max_size=80)), st.booleans())
def test_arbitrary_bytes_never_raise(chunks, logged_in):
    server_hears([LOGIN, *chunks] if logged_in else chunks)
    client_hears([ACCEPTED, *chunks] if logged_in else chunks)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_what_one_end_sends_the_other_hears(payloads):
    wire = Wire().log_in()
    for payload in payloads:
        wire.client.send(payload, 0)
    assert wire.to_server() == payloads
    stream = [payload for payload in payloads if payload]
    assert wire.to_client(b"".join(map(sequenced, stream))) == stream
    assert wire.client.next_sequence == 1 + len(stream)


# ---------------------------------------------------------------------------------------- an independent peer, the page


@pytest.mark.section("SoupBinTCP", "Packet types")
def test_nasdaqs_own_library_reads_what_we_write_and_we_what_it_writes():
    _, login = nasdaq.SoupMessage.from_bytes(LOGIN)
    assert (login.user, login.password, login.session, login.sequence) == ("FIRM01", "secret", "", "1")
    _, accepted = nasdaq.SoupMessage.from_bytes(ACCEPTED)
    assert (accepted.session_id, accepted.sequence) == ("SESS01", 1)
    wire = Wire()
    _, theirs = nasdaq.LoginRequest("firm01", "secret", "SESS01", "12").to_bytes()
    assert wire.server.receive(theirs, 0) == [LoginRequest("FIRM01", "SECRET", "SESS01", 12, None)]
    wire.client.login("FIRM01", "secret", 0)
    theirs = b"".join(
        message.to_bytes()[1]
        for message in (
            nasdaq.LoginAccepted("SESS01", 12),
            nasdaq.SequencedData(b"one"),
            nasdaq.UnSequencedData(b"two"),
            nasdaq.ServerHeartbeat(),
            nasdaq.EndOfSession(),
        )
    )
    events = [LoginAccepted("SESS01", 12), b"one", UnsequencedReceived(b"two"), EndOfSession()]
    assert wire.client.receive(theirs, 0) == events


def drawing():
    """The two tables as a diagram: an arrow for each pair of states, with who sends what along it."""
    arrows = {}
    for sender, table in (("client", CLIENT_MAY_SEND), ("server", SERVER_MAY_SEND)):
        for (state, kind), following in table.items():
            arrows.setdefault((state, following), {}).setdefault(sender, []).append(chr(kind))
    lines = ["stateDiagram-v2", f"    [*] --> {State.CONNECTED.name}"]
    for (state, following), senders in arrows.items():
        label = ", ".join(f"{sender} {' '.join(kinds)}" for sender, kinds in senders.items())
        lines.append(f"    {state.name} --> {following.name}: {label}")
    return "\n".join([*lines, f"    {State.CLOSED.name} --> [*]"])


def test_the_page_draws_what_the_tables_say():
    (drawn,) = re.findall(r"```mermaid\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert drawn == drawing()


def test_the_page_names_every_packet():
    letters = re.findall(r"^\| `(.)` ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(letters) == sorted(chr(kind) for kind in PacketType)
