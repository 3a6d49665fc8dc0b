"""SoupBinTCP at the venue's own sockets: logging in, replaying, timers, the end of a session (SoupBinTCP 3.00 to 4.10).

The client below is a bare socket that packs and cuts packets by hand, so that nothing of ours stands on both sides.
"""

import asyncio
import socket
import struct
import time
from contextlib import ExitStack, contextmanager
from itertools import count
from threading import Thread

import pytest
import uvloop
from msgspec.structs import replace

from venue import config
from venue.app import Venue
from venue.clock import RealClock

PASSWORD = "NTFTEST"
USER, OTHER, THIRD = "IN19T6", "AK01T1", "IN24T4"
PATIENCE = 10


@contextmanager
def running(folder, durability, **limits):
    """The demo venue on free ports, in a thread and on a loop of its own; any fault on that loop fails the test."""
    demo = config.parse(config.sample())
    own = replace(demo.venue, port_base=0, durability=durability)
    faults = []
    loop = uvloop.new_event_loop()
    loop.set_exception_handler(lambda _, context: faults.append(context))
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        venue = Venue(replace(demo, venue=own, soupbintcp=replace(demo.soupbintcp, **limits)), folder, RealClock())
        asyncio.run_coroutine_threadsafe(venue.start(), loop).result(PATIENCE)
        yield venue
        asyncio.run_coroutine_threadsafe(venue.stop(), loop).result(PATIENCE)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert not faults


@pytest.fixture
def start(tmp_path):
    number = count(1)
    with ExitStack() as stack:
        yield lambda durability="memory", **limits: stack.enter_context(
            running(tmp_path / str(next(number)), durability, **limits)
        )


@pytest.fixture
def venue(start):
    return start()


@pytest.fixture(params=["memory", "process"])
def each_venue(start, request):
    """A venue that answers at once, and one that answers when the log has it."""
    return start(request.param)


def packet(kind, payload=b""):
    return struct.pack(">Hc", 1 + len(payload), kind) + payload


def login(user=USER, password=PASSWORD, session="", sequence=1, timeout=None):
    """A Login Request as the text pads it; with a timeout, that of 4.10."""
    payload = f"{user:6}{password:10}{session:>10}{sequence:>20}"
    return packet(b"L", (payload if timeout is None else f"{payload}{timeout:>5}").encode())


def order(number, side=b"B", quantity=100, price=190, tif=b"0", symbol=b"AAPL"):
    head = struct.pack(">cIcI8sQ", b"O", number, side, quantity, symbol.ljust(8), price * 10_000)
    return packet(b"U", head + tif + b"YPNN" + b" " * 14 + bytes(2))


class Client:
    """A connection, read packet by packet."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.session = ""
        self.heartbeats = 0

    def send(self, *packets):
        self.socket.sendall(b"".join(packets))

    def read(self):
        """The next packet as type and payload, or None at the end of the connection."""
        while len(self.buffer) < 2 or len(self.buffer) < 2 + int.from_bytes(self.buffer[:2], "big"):
            try:
                data = self.socket.recv(65_536)
            except ConnectionResetError:
                data = b""
            if not data:
                assert not self.buffer, f"ended within a packet: {self.buffer!r}"
                return None
            self.buffer += data
        end = 2 + int.from_bytes(self.buffer[:2], "big")
        kind, payload, self.buffer = self.buffer[2:3], self.buffer[3:end], self.buffer[end:]
        return kind, payload

    def next(self):
        """The next packet that is no heartbeat."""
        while (found := self.read()) == (b"H", b""):
            self.heartbeats += 1
        return found

    def hear(self, count):
        """The next messages of the stream, each in short: its letter, and the UserRefNum where it has one."""
        short = []
        for _ in range(count):
            kind, payload = self.next()
            assert kind == b"S"
            short.append(
                payload[:1].decode() + ("" if payload[:1] == b"S" else str(int.from_bytes(payload[9:13], "big")))
            )
        return short

    def log_in(self, *arguments, **fields):
        """Log in; gives the number of the next message."""
        self.send(login(*arguments, **fields))
        return self.let_in()

    def let_in(self):
        kind, payload = self.next()
        assert (kind, len(payload)) == (b"A", 30), (kind, payload)
        self.session, sequence = payload[:10].decode().lstrip(), int(payload[10:])
        assert payload == f"{self.session:>10}{sequence:>20}".encode()
        return sequence

    def join(self, user=USER):
        """Log in from the beginning; the System Event that opens the day is heard."""
        assert self.log_in(user) == 1
        assert self.hear(1) == ["S"]
        return self

    def place(self, number, **fields):
        self.send(order(number, **fields))
        assert self.hear(1) == [f"A{number}"]

    def is_refused(self, request, code):
        self.send(request)
        return (self.next(), self.next()) == ((b"J", code), None)

    def is_quiet(self):
        """Whether nothing is there to be read but the answer to a question asked now."""
        self.send(packet(b"U", b"Q"))
        return self.hear(1)[0][0] == "Q"


@pytest.fixture
def connect():
    with ExitStack() as stack:

        def connect(venue, service="ouch.nasdaq"):
            client = Client(venue.addresses[service])
            stack.callback(client.socket.close)
            return client

        yield connect


# ----------------------------------------------------------------------------------------------------------- the login


@pytest.mark.section("SoupBinTCP", "Login Request")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("IN19T6NTFTEST             " + " " * 19 + "1", id="3.00"),
        pytest.param("IN19T6NTFTEST             " + " " * 19 + "115000", id="4.10"),
        pytest.param("IN19T6NTFTEST             1" + " " * 19, id="number-left"),
        pytest.param("IN19T6NTFTEST             " + " " * 19 + "12000 ", id="4.10-timeout-left"),
        pytest.param("IN19T6NTFTEST             " + "0" * 19 + "1", id="zeros"),
        pytest.param("IN19T6NTFTEST                  1" + " " * 14, id="number-in-the-middle"),
        pytest.param("IN19T6   NTFTEST          " + " " * 19 + "100500", id="password-right-and-timeout-zeros"),
        pytest.param("in19t6ntftest             " + " " * 19 + "1", id="lower-case"),
    ],
)
def test_a_login_is_read_however_it_is_padded(venue, connect, text):
    client = connect(venue)
    client.send(packet(b"L", text.encode()))
    assert client.let_in() == 1
    assert client.session == venue.machine.engine.session
    assert client.hear(1) == ["S"]


@pytest.mark.section("SoupBinTCP", "Login Rejected")
@pytest.mark.parametrize(
    ("service", "request_", "code"),
    [
        pytest.param("ouch.nasdaq", login(password="WRONG"), b"A", id="wrong-password"),
        pytest.param("ouch.nasdaq", login(password=""), b"A", id="no-password"),
        pytest.param("ouch.nasdaq", login(user="NOBODY"), b"A", id="unknown-user"),
        pytest.param("ouch.nasdaq", login(user="NOBODY", password=""), b"A", id="nobody-without-password"),
        pytest.param("ouch.nasdaq", login(user=""), b"A", id="no-user"),
        pytest.param("ouch.nasdaq", login(user="IN21T7"), b"A", id="user-of-bx"),
        pytest.param("ouch.bx", login(user="IN19T6"), b"A", id="user-of-nasdaq"),
        pytest.param("ouch.nasdaq", login(password="NOPE", session="X"), b"A", id="password-goes-before-session"),
        pytest.param("ouch.nasdaq", login(session="X"), b"S", id="unknown-session"),
        pytest.param("ouch.nasdaq", login(sequence=3), b"S", id="beyond-next"),
        pytest.param("ouch.nasdaq", login(sequence=2**64 - 1), b"S", id="far-beyond-next"),
    ],
)
def test_a_login_that_is_refused_is_told_so_and_closed(venue, connect, service, request_, code):
    client = connect(venue, service)
    assert client.is_refused(request_, code)
    connect(venue).join()


@pytest.mark.section("SoupBinTCP", "Sequenced Data")
@pytest.mark.parametrize(
    ("setting", "requested", "first"),
    [
        *(({}, number, number) for number in (1, 3, 5, 6)),
        ({}, 0, 5),
        ({"sequence_zero": "next"}, 0, 6),
        ({}, 7, None),
        ({"sequence_beyond_next": "next"}, 7, 6),
        ({"sequence_beyond_next": "next"}, 2**64 - 1, 6),
    ],
)
def test_the_requested_number_says_where_the_replay_begins(start, connect, setting, requested, first):
    venue = start(**setting)
    client = connect(venue).join()
    client.send(*(order(number) for number in (1, 2, 3, 4)))
    stream = ["S", *client.hear(4)]
    client.send(packet(b"O"))
    assert client.next() is None
    client = connect(venue)
    if first is None:
        assert client.is_refused(login(sequence=requested), b"S")
        return
    assert client.log_in(sequence=requested) == first
    assert client.hear(6 - first) == stream[first - 1 :]
    assert client.is_quiet()


@pytest.mark.section("SoupBinTCP", "Sequenced Data")
def test_a_reconnect_replays_exactly_what_was_missed(each_venue, connect):
    client, other = connect(each_venue).join(), connect(each_venue).join(OTHER)
    client.place(1, quantity=1_000)
    client.socket.close()
    other.send(*(order(number, b"S", 10) for number in range(1, 51)))
    assert other.hear(100) == [f"{letter}{number}" for number in range(1, 51) for letter in "AE"]
    client = connect(each_venue)
    assert client.log_in(session=each_venue.machine.engine.session, sequence=3) == 3
    assert client.hear(50) == ["E1"] * 50
    other.send(order(51, b"S", 10))
    assert client.hear(1) == ["E1"]
    assert client.is_quiet()


@pytest.mark.section("SoupBinTCP", "Login Request")
def test_a_second_login_is_refused_and_the_first_goes_on(venue, connect):
    client = connect(venue).join()
    assert connect(venue).is_refused(login(), b"S")
    client.place(1)


@pytest.mark.section("SoupBinTCP", "Login Request")
def test_a_second_login_may_take_the_port_over_and_its_orders_live_on(start, connect):
    venue = start(second_login="take-over")
    client, other = connect(venue).join(), connect(venue).join(OTHER)
    client.place(1)
    second = connect(venue)
    assert second.log_in(sequence=3) == 3
    assert client.next() is None
    other.send(order(1, b"S"))
    assert other.hear(2) == ["A1", "E1"]
    assert second.hear(1) == ["E1"]
    second.place(2)
    assert sorted(venue.logged_in) == sorted([USER, OTHER])


@pytest.mark.section("SoupBinTCP", "Logout Request")
def test_logout_closes_at_once_and_the_orders_live_on(venue, connect):
    client, other = connect(venue).join(), connect(venue).join(OTHER)
    client.place(1)
    client.send(packet(b"O"), order(2), b"\0\0\0\0")
    assert client.next() is None
    other.send(order(1, b"S"))
    assert other.hear(2) == ["A1", "E1"]
    client = connect(venue)
    assert client.log_in() == 1
    assert client.hear(3) == ["S", "A1", "E1"]
    client.place(2)


# ------------------------------------------------------------------------------------------------------------ timers


@pytest.mark.section("SoupBinTCP", "Server Heartbeat")
def test_an_idle_server_sends_heartbeats(start, connect):
    client = connect(start(heartbeat_interval_ms=150)).join()
    began = time.monotonic()
    assert [client.read() for _ in range(3)] == [(b"H", b"")] * 3
    assert 0.4 < time.monotonic() - began < 5


@pytest.mark.section("SoupBinTCP", "Server Heartbeat")
def test_no_heartbeat_is_due_while_the_server_has_something_to_say(start, connect):
    client = connect(start(heartbeat_interval_ms=900)).join()
    for number in range(1, 31):
        client.send(order(number))
        assert client.hear(1) == [f"A{number}"]
        time.sleep(0.04)
    assert client.heartbeats == 0


@pytest.mark.section("SoupBinTCP", "Client Heartbeat")
@pytest.mark.parametrize("last", [b"", b"\0", order(1)[:20], packet(b"R"), packet(b"+", b"hello")])
def test_a_silent_client_is_closed_after_the_limit(start, connect, last):
    venue = start(client_silence_limit_ms=400)
    client = connect(venue).join()
    time.sleep(0.2)
    began = time.monotonic()
    client.send(last)
    kind, _ = client.next()
    assert (kind, client.next()) == (b"+", None)
    assert (0.35 if last else 0.1) < time.monotonic() - began < 5


@pytest.mark.section("SoupBinTCP", "Client Heartbeat")
def test_heartbeats_alone_keep_a_client_connected(start, connect):
    client = connect(start(client_silence_limit_ms=400)).join()
    for _ in range(10):
        time.sleep(0.1)
        client.send(packet(b"R"))
    assert client.is_quiet()


@pytest.mark.section("SoupBinTCP", "Login Request")
def test_the_heartbeat_timeout_of_a_4_10_login_replaces_the_limit(start, connect):
    """A longer one is longer; a shorter one is shorter, but two seconds at least."""
    longer, shorter = connect(start(client_silence_limit_ms=500)), connect(start())
    longer.log_in(timeout=8_000)
    shorter.log_in(timeout=10)
    assert (longer.hear(1), shorter.hear(1)) == (["S"], ["S"])
    began = time.monotonic()
    assert (shorter.next()[0], shorter.next()) == (b"+", None)
    assert 1.8 < time.monotonic() - began < 6
    assert longer.is_quiet()


@pytest.mark.section("SoupBinTCP", "Login Request")
@pytest.mark.parametrize("sent", [b"", login()[:30], packet(b"+", b"hello")])
def test_a_connection_that_does_not_log_in_is_closed(start, connect, sent):
    client = connect(start(login_wait_ms=300))
    began = time.monotonic()
    client.send(sent)
    assert (client.next()[0], client.next()) == (b"+", None)
    assert 0.25 < time.monotonic() - began < 5


# ------------------------------------------------------------------------------------- packets, segments, fragments


@pytest.mark.section("SoupBinTCP", "Unsequenced Data")
@pytest.mark.parametrize("size", [10_000, 7, 1])
def test_what_stands_behind_the_login_is_served_in_one_segment_or_byte_by_byte(each_venue, connect, size):
    client = connect(each_venue)
    data = login(timeout=9_000) + order(1) + packet(b"R") + packet(b"+", b"hello") + order(2) + order(3)[:25]
    for at in range(0, len(data), size):
        client.send(data[at : at + size])
    assert client.let_in() == 1
    assert client.hear(3) == ["S", "A1", "A2"]
    client.send(order(3)[25:])
    assert client.hear(1) == ["A3"]


@pytest.mark.section("SoupBinTCP", "Logical Packets")
def test_a_thousand_orders_in_one_segment(each_venue, connect):
    client = connect(each_venue).join()
    client.send(*(order(number) for number in range(1, 1_001)))
    assert client.hear(1_000) == [f"A{number}" for number in range(1, 1_001)]


@pytest.mark.section("SoupBinTCP", "Unsequenced Data")
def test_a_connection_lost_within_a_packet_loses_the_fragment_only(each_venue, connect):
    client = connect(each_venue).join()
    client.send(order(1), order(2)[:30])
    assert client.hear(1) == ["A1"]
    client.socket.close()
    client = connect(each_venue)
    assert client.log_in(sequence=2) == 2
    assert client.hear(1) == ["A1"]
    client.place(2)


@pytest.mark.section("SoupBinTCP", "Debug Packet")
def test_debug_packets_are_ignored_both_ways(venue, connect):
    client = connect(venue)
    client.send(packet(b"+", b"before"), packet(b"+"), login(), packet(b"+", bytes(range(256))), order(1))
    assert client.let_in() == 1
    assert client.hear(2) == ["S", "A1"]
    client.send(packet(b"+", b"x" * 1_023), b"\0\2?x")
    assert (client.next()[0], client.next()) == (b"+", None)
    client = connect(venue)
    assert client.log_in(sequence=3) == 3, "the Debug packet used up no number"
    client.place(2)


# ------------------------------------------------------------------------------------------------- End of Session


@pytest.mark.section("SoupBinTCP", "End of Session")
def test_the_day_ends_with_end_of_session_and_the_next_one_begins_anew(each_venue, connect):
    client, other = connect(each_venue).join(), connect(each_venue).join(OTHER)
    client.place(1)
    each_venue.loop.call_soon_threadsafe(each_venue.next_day)
    for ended, messages in ((client, 2), (other, 1)):
        last = [ended.next() for _ in range(messages)]
        assert [kind for kind, _ in last] == [b"S"] * messages
        assert (b"S", b"SE") in [(kind, payload[:1] + payload[-1:]) for kind, payload in last]
        assert (ended.next(), ended.next()) == ((b"Z", b""), None)

    assert connect(each_venue).is_refused(login(session=client.session), b"S")
    assert connect(each_venue).is_refused(login(sequence=4), b"S")

    fresh = connect(each_venue)
    assert fresh.log_in() == 1
    assert fresh.session == each_venue.machine.engine.session != client.session
    assert fresh.next()[1][-1:] == b"S"
    fresh.place(1)


@pytest.mark.section("SoupBinTCP", "End of Session")
def test_a_venue_that_stops_closes_but_does_not_end_the_session(tmp_path, connect):
    with running(tmp_path, "process") as venue:
        client = connect(venue).join()
        client.place(1)
    assert client.next() is None
    with running(tmp_path, "process") as venue:
        again = connect(venue)
        assert again.log_in(session=client.session, sequence=2) == 2
        assert again.hear(1) == ["A1"]
        again.send(order(1), order(2))
        assert again.hear(1) == ["A2"]
