"""SoupTCP: the server's end as a machine, byte by byte, in bad hands, and fuzzed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wire.soup import LoginRejectReason, LoginRequest, LoginTimedOut, LogoutRequest, PeerSilent, State, Violation
from wire.soup_tcp import SoupTcpServer, line, sequenced_line
from wire.soup_terms import DebugReceived, SoupSettings

SOUP = pytest.mark.section("SoupTCP 2.00", "2 Packets")
SETTINGS = SoupSettings()
SECOND = 1_000_000_000
LOGIN = b"Lacme01secret" + 14 * b" " + 9 * b" " + b"1\n"
LONG_LOGIN = b"Lacme01secret" + 14 * b" " + 19 * b" " + b"1\n"


def server(login=b""):
    end = SoupTcpServer(SETTINGS, 0)
    if login:
        end.receive(login, 0)
        end.accept("SESSION01", 1, 0)
        end.bytes_to_send()
    return end


@SOUP
@pytest.mark.parametrize(
    ("login", "length", "answer"),
    [
        (LOGIN, 38, b"A SESSION01         1\n"),
        (LONG_LOGIN, 48, b"A SESSION01                   1\n"),
    ],
    ids=["2.00", "3.00"],
)
def test_a_login_is_answered_in_its_own_width(login, length, answer):
    assert len(login) == length
    end = server()
    assert end.receive(login, 0) == [LoginRequest("ACME01", "SECRET", "", 1, None)]
    assert end.accept("SESSION01", 1, 0) == []
    assert end.bytes_to_send() == answer
    assert end.state is State.LOGGED_IN


@SOUP
@pytest.mark.parametrize("reason", LoginRejectReason)
def test_a_login_may_be_rejected(reason):
    end = server()
    end.receive(LOGIN, 0)
    end.reject(reason, 0)
    assert end.bytes_to_send() == b"J" + reason.value.encode() + b"\n"
    assert end.state is State.CLOSED


@SOUP
def test_messages_come_in_lines_however_they_are_cut():
    stream = b"UOne\nR\nUTwo\n+hello\nUThree\n"
    for size in (1, 2, 3, 7, len(stream)):
        end, events = server(LOGIN), []
        for at in range(0, len(stream), size):
            events += end.receive(stream[at : at + size], 0)
        assert events == [b"One", b"Two", DebugReceived("hello"), b"Three"]


@SOUP
def test_what_came_behind_a_login_is_held_until_its_answer():
    end = server()
    assert end.receive(LOGIN + b"UOne\nU", 0) == [LoginRequest("ACME01", "SECRET", "", 1, None)]
    assert end.receive(b"Two\n", 0) == []
    assert end.accept("SESSION01", 1, 0) == [b"One", b"Two"]


@SOUP
def test_a_session_ends_with_an_empty_sequenced_packet():
    end = server(LOGIN)
    end.end_of_session(0)
    assert end.bytes_to_send() == b"S\n"
    assert end.state is State.CLOSED


@SOUP
def test_heartbeats_break_silence_and_silence_ends_the_connection():
    end = server(LOGIN)
    assert end.tick(SECOND) == []
    assert end.bytes_to_send() == b"H\n"
    assert end.tick(SECOND * 15) == [PeerSilent()]
    late = server()
    assert late.tick(SECOND * 30) == [LoginTimedOut()]


@SOUP
def test_a_logout_ends_the_connection():
    assert server(LOGIN).receive(b"O\n", 0) == [LogoutRequest()]


@pytest.mark.parametrize(
    "data",
    [b"\n", b"\r\n", b"Sx\n", b"Q\n", b"A\n", LOGIN, b"U" + 1023 * b"x", b"U" + 2000 * b"x" + b"\n", b"\0\0"],
)
def test_what_may_not_be_sent_closes_the_connection(data):
    end = server(LOGIN)
    (event,) = end.receive(data, 0)
    assert isinstance(event, Violation)
    assert end.bytes_to_send().startswith(b"+")
    assert end.receive(b"UOne\n", 0) == []


@pytest.mark.parametrize(
    "data", [b"Lacme01\n", LOGIN[:-2] + b"x\n", LOGIN[:27] + b" " * 10 + b"\n", LOGIN[:-1] + b" \n", b"Ux\n", b"R\n"]
)
def test_a_login_that_cannot_be_read_is_none(data):
    end = server()
    (event,) = end.receive(data, 0)
    assert isinstance(event, Violation)
    assert end.state is State.CLOSED


def test_what_is_framed_holds_one_line():
    assert line(ord("H")) == b"H\n"
    assert sequenced_line(b"x") == b"Sx\n"
    for payload in (b"", b"a\nb"):
        with pytest.raises(AssertionError):
            sequenced_line(payload)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=50), st.sampled_from([LOGIN, b"Uxyz\n", b"R\n", b"O\n"])), max_size=12))
def test_arbitrary_bytes_are_taken_or_refused(chunks):
    end, accepted = SoupTcpServer(SETTINGS, 0), 0
    for chunk in chunks:
        for event in end.receive(chunk, 0):
            assert accepted or not isinstance(event, bytes)
            if isinstance(event, LoginRequest):
                accepted += 1
                end.accept("SESSION01", 1, 0)
        assert all(out[:1] in (b"A", b"J", b"+", b"H", b"") for out in end.bytes_to_send().split(b"\n"))
