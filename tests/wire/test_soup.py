"""SoupBinTCP's packets, who may send what when, what happens to the rest, and what waits behind a login."""

from itertools import product

import pytest

from wire.soup import (
    NEVER,
    DebugReceived,
    LoginRejectReason,
    LoginRequest,
    LogoutRequest,
    PacketType,
    SoupServer,
    SoupSettings,
    State,
    Violation,
    packet,
    sequenced,
    unsequenced,
)
from wire.soup_client import CLIENT_SETTINGS, SoupClient
from wire.soup_terms import (
    CLIENT_MAY_SEND,
    HELD_BYTES_MAX,
    SERVER_MAY_SEND,
    EndOfSession,
    LoginAccepted,
    LoginRejected,
    UnsequencedReceived,
    read_number,
)

SECOND = 1_000_000_000
LOGIN_3_00 = bytes.fromhex(
    "002f4c4649524d303173656372657420202020202020202020202020202020202020202020202020202020202020202031"
)
LOGIN_4_10 = bytes.fromhex(
    "00344c4649524d3031736563726574202020202020202020202020202020202020202020202020202020202020202020313135303030"
)
FIRM01 = LoginRequest("FIRM01", "SECRET", "", 1, None)


def server_in(state):
    server = SoupServer(SoupSettings(), 0)
    if state is not State.CONNECTED:
        assert server.receive(LOGIN_3_00, 0) == [FIRM01]
    if state in {State.LOGGED_IN, State.CLOSED}:
        assert server.accept("SESS01", 1, 0) == []
    if state is State.CLOSED:
        server.end_of_session(0)
    server.bytes_to_send()
    assert server.state is state
    return server


def client_in(state):
    client = SoupClient(CLIENT_SETTINGS, 0)
    if state is not State.CONNECTED:
        client.login("FIRM01", "secret", 0)
    if state in {State.LOGGED_IN, State.CLOSED}:
        client.receive(packet(PacketType.LOGIN_ACCEPTED, b"    SESS01                   1"), 0)
    if state is State.CLOSED:
        client.logout(0)
    client.bytes_to_send()
    assert client.state is state
    return client


# ------------------------------------------------------------------------------------- packets that others wrote down


@pytest.mark.section("SoupBinTCP", "Login Request")
@pytest.mark.parametrize(
    ("wire", "login"),
    [
        (LOGIN_3_00.hex(), FIRM01),
        (LOGIN_4_10.hex(), LoginRequest("FIRM01", "SECRET", "", 1, 15 * SECOND)),
        (  # Nasdaq's own client, which pads its numbers on the right
            "002f4c6e6f757365726e6f70617373776f726473657373696f6e2020203120202020202020202020202020202020202020",
            LoginRequest("NOUSER", "NOPASSWORD", "session", 1, None),
        ),
        (
            "00344c757365722020707720202020202020202020202020202020202020202020202020202020202020202020202020312032353030",
            LoginRequest("USER", "PW", "", 1, 2_500_000_000),
        ),
    ],
)
def test_a_login_is_read(wire, login):
    assert SoupServer(SoupSettings(), 0).receive(bytes.fromhex(wire), 0) == [login]


@pytest.mark.section("SoupBinTCP", "Login Request")
@pytest.mark.parametrize(("timeout", "wire"), [(None, LOGIN_3_00), (15 * SECOND, LOGIN_4_10)])
def test_a_login_is_written(timeout, wire):
    client = SoupClient(CLIENT_SETTINGS, 0)
    client.login("FIRM01", "secret", 0, heartbeat_timeout_ns=timeout)
    assert client.bytes_to_send() == wire


@pytest.mark.section("SoupBinTCP", "Login Accepted")
@pytest.mark.parametrize(
    ("session", "sequence", "wire"),
    [
        ("SESS01", 1, "001f41202020205345535330312020202020202020202020202020202020202031"),
        ("ABC", 42, "001f41202020202020204142432020202020202020202020202020202020203432"),
    ],
)
def test_an_accepted_login_is_answered_with_the_session_and_the_next_number(session, sequence, wire):
    server, client = server_in(State.LOGGING_IN), client_in(State.LOGGING_IN)
    server.accept(session, sequence, 0)
    answer = server.bytes_to_send()
    assert answer.hex() == wire
    assert client.receive(answer, 0) == [LoginAccepted(session, sequence)]
    assert (client.session, client.next_sequence) == (session, sequence)


@pytest.mark.section("SoupBinTCP", "Login Accepted")
def test_an_answer_padded_on_the_right_is_read_too():
    answer = bytes.fromhex("001f41746573742020202020203220202020202020202020202020202020202020")
    assert client_in(State.LOGGING_IN).receive(answer, 0) == [LoginAccepted("test", 2)]


@pytest.mark.section("SoupBinTCP", "Login Rejected")
@pytest.mark.parametrize(
    ("reason", "wire"),
    [(LoginRejectReason.NOT_AUTHORIZED, "00024a41"), (LoginRejectReason.SESSION_NOT_AVAILABLE, "00024a53")],
)
def test_a_rejected_login_ends_the_connection_at_both_ends(reason, wire):
    server, client = server_in(State.LOGGING_IN), client_in(State.LOGGING_IN)
    server.reject(reason, 0)
    answer = server.bytes_to_send()
    assert answer.hex() == wire
    assert client.receive(answer, 0) == [LoginRejected(reason)]
    assert server.state is client.state is State.CLOSED


@pytest.mark.section("SoupBinTCP", "Packet types")
@pytest.mark.parametrize(
    ("kind", "payload", "wire"),
    [
        (PacketType.SERVER_HEARTBEAT, b"", "000148"),
        (PacketType.CLIENT_HEARTBEAT, b"", "000152"),
        (PacketType.LOGOUT_REQUEST, b"", "00014f"),
        (PacketType.END_OF_SESSION, b"", "00015a"),
        (PacketType.DEBUG, b"hello", "00062b68656c6c6f"),
        (PacketType.DEBUG, b"test_txt", "00092b746573745f747874"),
        (PacketType.SEQUENCED_DATA, b"test_txt", "000953746573745f747874"),
        (PacketType.UNSEQUENCED_DATA, b"test_txt", "000955746573745f747874"),
    ],
)
def test_a_packet_is_framed(kind, payload, wire):
    assert packet(kind, payload).hex() == wire


@pytest.mark.section("SoupBinTCP", "Packet types")
def test_packets_are_read_by_the_end_they_are_meant_for():
    to_client = bytes.fromhex("000953746573745f747874 000955746573745f747874 00062b68656c6c6f 000148 00015a")
    expected = [b"test_txt", UnsequencedReceived(b"test_txt"), DebugReceived("hello"), EndOfSession()]
    assert client_in(State.LOGGED_IN).receive(to_client, 0) == expected
    to_server = bytes.fromhex("000955746573745f747874 00062b68656c6c6f 000152 00014f")
    assert server_in(State.LOGGED_IN).receive(to_server, 0) == [b"test_txt", DebugReceived("hello"), LogoutRequest()]


@pytest.mark.section("SoupBinTCP", "Packet types")
@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 65_534])
def test_messages_of_any_size_are_framed_alike(size):
    payload = bytes(size)
    assert sequenced(payload) == packet(PacketType.SEQUENCED_DATA, payload)
    assert unsequenced(payload) == packet(PacketType.UNSEQUENCED_DATA, payload)
    assert client_in(State.LOGGED_IN).receive(sequenced(payload), 0) == [payload]


def test_what_cannot_be_framed_is_our_fault():
    with pytest.raises(AssertionError, match="two bytes"):
        sequenced(bytes(65_535))
    with pytest.raises(AssertionError, match="empty message"):
        sequenced(b"")


@pytest.mark.parametrize(("username", "password", "session"), [("FIRM001", "", ""), ("", "p" * 11, ""), ("Ü", "", "")])
def test_a_login_that_does_not_fit_its_fields_is_not_written(username, password, session):
    client = client_in(State.CONNECTED)
    with pytest.raises(ValueError):
        client.login(username, password, 0, session=session)
    assert (client.state, client.bytes_to_send()) == (State.CONNECTED, b"")


# -------------------------------------------------------------------------------------------- who may send what when


@pytest.mark.section("SoupBinTCP", "Bad input")
@pytest.mark.parametrize(("make", "table"), [(server_in, CLIENT_MAY_SEND), (client_in, SERVER_MAY_SEND)])
def test_each_end_takes_what_the_table_has_and_refuses_the_rest(make, table):
    for state, kind in product(State, range(256)):
        end = make(state)
        payload = {
            PacketType.LOGIN_REQUEST: LOGIN_3_00[3:],
            PacketType.LOGIN_ACCEPTED: b"1".rjust(30),
            PacketType.LOGIN_REJECTED: b"A",
        }.get(kind, b"?")
        events = end.receive(packet(kind, payload), 0)
        if make is server_in and state is State.LOGGING_IN:
            assert events == []
            events = end.accept("SESS01", 1, 0)
            expected = State.LOGGED_IN if table.get((state, kind)) is state else State.CLOSED
        else:
            expected = table.get((state, kind), State.CLOSED)
        assert end.state is expected
        refused = any(isinstance(event, Violation) for event in events)
        assert refused == (state is not State.CLOSED and (state, kind) not in table)


@pytest.mark.section("SoupBinTCP", "Bad input")
def test_what_waits_for_a_logins_answer_is_judged_by_the_same_rows_afterwards():
    waiting = {kind for state, kind in CLIENT_MAY_SEND if state is State.LOGGING_IN}
    assert waiting == {kind for state, kind in CLIENT_MAY_SEND if state is State.LOGGED_IN}


@pytest.mark.section("SoupBinTCP", "Bad input")
@pytest.mark.parametrize(
    ("state", "wire", "reason", "last_word"),
    [
        (State.CONNECTED, "0000", "packet length 0", "+"),
        (State.LOGGED_IN, "0000", "packet length 0", "+"),
        (State.LOGGED_IN, "0401", "packet length 1025", "+"),  # from two bytes alone
        (State.CONNECTED, "ffff4c", "packet length 65535", "+"),
        (State.CONNECTED, "00023e", "packet type '>' must not be sent when connected", "+"),
        (State.LOGGED_IN, "00023e", "packet type '>' must not be sent when logged in", "+"),
        (State.LOGGED_IN, "0002ff", r"packet type '\xff' must not be sent when logged in", "+"),
        (State.LOGGED_IN, "000153", "packet type 'S' must not be sent when logged in", "+"),
        (State.LOGGED_IN, "000148", "packet type 'H' must not be sent when logged in", "+"),
        (State.LOGGED_IN, "00015a", "packet type 'Z' must not be sent when logged in", "+"),
        (State.CONNECTED, "000255", "packet type 'U' must not be sent when connected", "+"),
        (State.CONNECTED, "000152", "packet type 'R' must not be sent when connected", "+"),
        (State.CONNECTED, "00014f", "packet type 'O' must not be sent when connected", "+"),
        (State.LOGGED_IN, LOGIN_3_00.hex(), "packet type 'L' must not be sent when logged in", "+"),
        (State.CONNECTED, "002e4c", "packet length 46 with type 'L'", "J"),
        (State.CONNECTED, "00304c", "packet length 48 with type 'L'", "J"),
        (State.CONNECTED, "00334c", "packet length 51 with type 'L'", "J"),
        (State.CONNECTED, "00354c", "packet length 53 with type 'L'", "J"),
    ],
)
def test_bad_input_is_answered_with_a_last_word_and_the_end(state, wire, reason, last_word):
    server = server_in(state)
    assert server.receive(bytes.fromhex(wire), 0) == [Violation(reason)]
    farewell = packet(PacketType.DEBUG, reason.encode()) if last_word == "+" else bytes.fromhex("00024a41")
    assert server.bytes_to_send() == farewell
    assert server.state is State.CLOSED
    assert server.receive(LOGIN_3_00 + unsequenced(b"message"), 0) == []
    assert (server.tick(NEVER), server.next_tick) == ([], NEVER)


@pytest.mark.section("SoupBinTCP", "Bad input")
def test_the_largest_packet_passes_and_one_byte_more_does_not():
    server = server_in(State.LOGGED_IN)
    assert server.receive(unsequenced(bytes(1023)), 0) == [bytes(1023)]
    assert server.receive(unsequenced(bytes(1024)), 0) == [Violation("packet length 1025")]


@pytest.mark.section("SoupBinTCP", "Bad input")
def test_a_payload_where_none_belongs_is_passed_over():
    server = server_in(State.LOGGED_IN)
    beat, leave = packet(PacketType.CLIENT_HEARTBEAT, b"junk"), packet(PacketType.LOGOUT_REQUEST, b"junk")
    assert server.receive(beat + leave, 0) == [LogoutRequest()]


@pytest.mark.section("SoupBinTCP", "Bad input")
def test_nothing_is_heard_after_the_logout():
    server = server_in(State.LOGGED_IN)
    chunk = unsequenced(b"last") + packet(PacketType.LOGOUT_REQUEST) + unsequenced(b"late") + b"\0\0"
    assert server.receive(chunk, 0) == [b"last", LogoutRequest()]
    assert server.bytes_to_send() == b""


@pytest.mark.section("SoupBinTCP", "Bad input")
def test_messages_before_a_violation_count_and_those_behind_it_do_not():
    server = server_in(State.LOGGED_IN)
    events = server.receive(unsequenced(b"good") + packet(ord("?")) + unsequenced(b"late"), 0)
    assert events == [b"good", Violation("packet type '?' must not be sent when logged in")]


@pytest.mark.section("SoupBinTCP", "Login Request")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"1", 1),
        (b"0", 0),
        (b"   7", 7),
        (b"7   ", 7),
        (b" 7 ", 7),
        (b"00000000000000000042", 42),
        (b"18446744073709551615", 2**64 - 1),
        (b"18446744073709551616", None),
        (b"99999999999999999999", None),
        (b"", None),
        (b"     ", None),
        (b"1 2", None),
        (b"+1", None),
        (b"-1", None),
        (b"1a", None),
        (b"0x1", None),
        (b"1.0", None),
        (b"1_0", None),
        (b"1\0", None),
        (b"\t1", None),
        ("\u0661".encode(), None),
        (b"\xb2", None),
    ],
)
def test_a_number_in_a_login_is_read_or_the_login_is_not_authorized(text, value):
    assert read_number(text) == value
    server = server_in(State.CONNECTED)
    events = server.receive(packet(PacketType.LOGIN_REQUEST, b" " * 26 + text.ljust(20)), 0)
    if value is None:
        assert events == [Violation("a number in the login cannot be read")]
        assert server.bytes_to_send().hex() == "00024a41"
    else:
        assert events == [LoginRequest("", "", "", value, None)]


@pytest.mark.section("SoupBinTCP", "Login Request")
@pytest.mark.parametrize("timeout", [b"     ", b"1 000", b"-1000", b"1e3  "])
def test_a_timeout_that_is_no_number_is_not_authorized(timeout):
    server = server_in(State.CONNECTED)
    server.receive(packet(PacketType.LOGIN_REQUEST, LOGIN_3_00[3:] + timeout), 0)
    assert (server.state, server.bytes_to_send().hex()) == (State.CLOSED, "00024a41")


@pytest.mark.section("SoupBinTCP", "Login Request")
def test_a_login_does_not_show_its_password():
    assert "SECRET" not in repr(FIRM01)


# ------------------------------------------------------------------------------------- what comes before the answer


@pytest.mark.section("SoupBinTCP", "Login Request")
def test_messages_right_behind_the_login_wait_for_its_answer():
    server = server_in(State.CONNECTED)
    assert server.receive(LOGIN_3_00 + unsequenced(b"one") + unsequenced(b"two")[:4], 0) == [FIRM01]
    assert server.receive(unsequenced(b"two")[4:] + packet(PacketType.CLIENT_HEARTBEAT), 5) == []
    assert server.bytes_to_send() == b""
    assert server.accept("SESS01", 1, 9) == [b"one", b"two"]
    assert server.receive(unsequenced(b"three"), 9) == [b"three"]


@pytest.mark.section("SoupBinTCP", "Login Request")
def test_messages_right_behind_a_rejected_login_are_dropped():
    server = server_in(State.CONNECTED)
    assert server.receive(LOGIN_3_00 + unsequenced(b"one"), 0) == [FIRM01]
    server.reject(LoginRejectReason.NOT_AUTHORIZED, 1)
    assert server.receive(unsequenced(b"two"), 2) == []


@pytest.mark.section("SoupBinTCP", "Login Request")
@pytest.mark.parametrize("split", [False, True])
def test_what_waits_for_the_answer_is_bounded(split):
    enough = unsequenced(bytes(1021)) * (HELD_BYTES_MAX // 1024)
    chunks = [LOGIN_3_00, enough] if split else [LOGIN_3_00 + enough]
    server = server_in(State.CONNECTED)
    assert [event for chunk in chunks for event in server.receive(chunk, 0)] == [FIRM01]
    assert server.receive(b"\0", 0) == [Violation("too much sent before the login was answered")]
    assert server.accept("SESS01", 1, 0) == []
    assert server.bytes_to_send()[2:] == b"+too much sent before the login was answered"


@pytest.mark.section("SoupBinTCP", "Login Request")
def test_an_answer_without_a_question_is_our_fault():
    with pytest.raises(AssertionError, match="must not be sent when connected"):
        server_in(State.CONNECTED).accept("SESS01", 1, 0)
    with pytest.raises(AssertionError, match="must not be sent when logged in"):
        server_in(State.LOGGED_IN).reject(LoginRejectReason.NOT_AUTHORIZED, 0)


def test_a_closed_end_has_nothing_more_to_say():
    server, client = server_in(State.CLOSED), client_in(State.CLOSED)
    assert server.accept("SESS01", 1, 0) == []
    server.end_of_session(0)
    server.debug("too late", 0)
    client.send(b"too late", 0)
    client.logout(0)
    assert server.bytes_to_send() == client.bytes_to_send() == b""


@pytest.mark.section("SoupBinTCP", "Login Accepted")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (packet(PacketType.LOGIN_ACCEPTED, b" " * 30), "the number in Login Accepted cannot be read"),
        (packet(PacketType.LOGIN_ACCEPTED, b" " * 29), "packet length 30 with type 'A'"),
        (packet(PacketType.LOGIN_REJECTED, b"X"), "no such reason"),
        (sequenced(b"x"), "packet type 'S' must not be sent when logging in"),
    ],
)
def test_a_client_refuses_an_answer_that_is_none(answer, reason):
    client = client_in(State.LOGGING_IN)
    assert client.receive(answer + sequenced(b"x"), 0) == [Violation(reason)]
    assert client.state is State.CLOSED
