"""Clients that mean no good, or know no better: none of them harms the venue or a neighbour.

Each test has a neighbour on another market who goes on trading, and no exception may reach the loop's handler. The
clients are bare sockets; what is asked of the venue for bad input stands in docs/soupbintcp.md.
"""

import asyncio
import os
import random
import socket
import struct
import time
from contextlib import ExitStack, contextmanager, suppress
from threading import Thread

import pytest
import uvloop
from doors import USER, packet
from hostile_bytes import LARGEST, cut, enter, login, message, mutated, order
from msgspec.structs import replace

from venue import config, journal
from venue.app import Venue
from venue.clock import RealClock
from venue.connection import WRITE_LIMIT, WRITE_PIECE
from venue.machine import Machine
from venue.recovery import replay as replay_log

OTHER, NEIGHBOUR = "AK01T1", "AK21T1"
PATIENCE = 10


@contextmanager
def running(folder, durability="memory", **limits):
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


def on_loop(venue, function):
    async def call():
        return function()

    return asyncio.run_coroutine_threadsafe(call(), venue.loop).result(PATIENCE)


def comes_true(venue, what, seconds=PATIENCE):
    """Wait until the venue's thread sees that something is so; gives whether it came to be."""
    end = time.monotonic() + seconds
    while not (found := on_loop(venue, what)) and time.monotonic() < end:
        time.sleep(0.002)
    return found


def is_free(venue, seconds=PATIENCE):
    return comes_true(venue, lambda: USER not in venue.logged_in, seconds)


def stream_of(venue, user=USER):
    stream = venue.machine.streams[venue.machine.engine.ports[user].index]
    return on_loop(venue, lambda: stream.slice(0, stream.length))


class Client:
    """A connection; `receive_buffer` makes it one that takes little before it is read."""

    def __init__(self, address, receive_buffer=None):
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.packets, self.rest, self.number = [], b"", 0

    def send(self, *packets):
        """Send; that the venue has hung up meanwhile is no fault of the client's."""
        with suppress(ConnectionError):
            self.socket.sendall(b"".join(packets))

    def hear(self, count):
        """The next packets but heartbeats; fewer at the end of the connection."""
        data = b"more"
        while data and len(self.packets) < count:
            data = b""
            with suppress(ConnectionResetError):
                data = self.socket.recv(1 << 18)
            packets, self.rest = cut(self.rest + data)
            self.packets += [one for one in packets if one[0] != b"H"]
        found, self.packets = self.packets[:count], self.packets[count:]
        return found

    def letters(self, count):
        return b"".join(payload[:1] for kind, payload in self.hear(count) if kind == b"S")

    def log_in(self, user=USER):
        self.send(login(user))
        assert [kind for kind, _ in self.hear(2)] == [b"A", b"S"]
        return self

    def place(self, packets, answers=b"A"):
        """Enter orders, and hear of them within a moment."""
        began = time.monotonic()
        self.send(packets)
        assert self.letters(len(answers)) == answers
        assert time.monotonic() - began < 5

    def round_trip(self):
        self.number += 1
        self.place(order(self.number, tif=b"3"))

    def reset(self):
        """Break the connection off."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


@pytest.fixture
def start(tmp_path):
    """Starts a venue with settings of its own."""
    with ExitStack() as stack:
        yield lambda *durability, **limits: stack.enter_context(running(tmp_path, *durability, **limits))


@pytest.fixture
def venue(start):
    return start()


@pytest.fixture
def connect():
    with ExitStack() as stack:

        def connect(venue, service="ouch.nasdaq", **arguments):
            client = Client(venue.addresses[service], **arguments)
            stack.callback(client.socket.close)
            return client

        yield connect


@pytest.fixture
def neighbour(connect):
    """A neighbour who is logged in, on another market."""
    return lambda venue: connect(venue, "ouch.bx").log_in(NEIGHBOUR)


# ----------------------------------------------------------------------------------------------------------- bad input

NUMBERS = ["", "x", "-1", "+1", "1 2", "1.0", "1_0", "0x1", "\u00b2", str(2**64), "9" * 20, "1\0"]
BAD = {
    **{f"length-{length}": struct.pack(">H", length) + b"+" for length in (0, LARGEST + 1, 65_535)},
    "http": b"GET / HTTP/1.1\r\n\r\n",
    **{f"type-{kind!a}": packet(kind.encode("latin-1"), b"x") for kind in "?\0\xffASHJZ"},
}
LOGGED_IN = BAD | {"second-login": login(), "second-login-of-a-wrong-length": packet(b"L")}
BAD_LOGINS = {
    **{f"login-{size}": packet(b"L", b"1" * (size - 1)) for size in (1, 46, 48, 51, 53, 1024)},
    **{f"number-{text!a}": login(text=f"{text:20}") for text in NUMBERS},
    **{f"timeout-{text!a}": login(text=f"{1:20}{text:5}") for text in ("", "x", "-1", "1 2", "1.5")},
}
BEFORE_LOGIN = BAD | BAD_LOGINS | {f"type-{kind}": packet(kind.encode(), b"x") for kind in "URO"}


@pytest.mark.section("SoupBinTCP", "Logical Packets")
@pytest.mark.parametrize("data", BEFORE_LOGIN.values(), ids=BEFORE_LOGIN)
def test_bad_input_before_the_login_gets_a_last_word_and_the_end(venue, connect, neighbour, data):
    client, near = connect(venue), neighbour(venue)
    client.send(data)
    last = client.hear(9)
    assert last == [(b"J", b"A")] if data in BAD_LOGINS.values() else [kind for kind, _ in last] == [b"+"]
    near.round_trip()


@pytest.mark.parametrize("data", LOGGED_IN.values(), ids=LOGGED_IN)
def test_bad_input_behind_the_login_gets_a_last_word_and_the_end(venue, connect, neighbour, data):
    client, near = connect(venue).log_in(), neighbour(venue)
    client.round_trip()
    client.send(data)
    assert [kind for kind, _ in client.hear(9)] == [b"+"]
    near.round_trip()
    assert is_free(venue)


@pytest.mark.section("SoupBinTCP", "Logout Request")
def test_a_payload_on_a_heartbeat_or_logout_is_passed_over(venue, connect):
    client = connect(venue).log_in()
    client.send(packet(b"R", b"x" * 1_023), packet(b"R", order(2)), order(1))
    assert client.hear(1)[0][1][9:13] == b"\0\0\0\1"
    client.send(packet(b"O", order(2)), order(3), b"\0\0garbage")
    assert client.hear(9) == []
    assert is_free(venue)
    assert len(cut(stream_of(venue))[0]) == 2


@pytest.mark.section("OUCH 5.0", "Enter Order")
def test_messages_that_cannot_be_read_are_met_with_silence(venue, connect):
    client, good = connect(venue).log_in(), enter(1)
    bad = [b"", b"\xff" * 100, b"x" * 1_023, good[:-1], good + b"\0", good[:-2] + b"\0\5", good[:-2] + b"\xff\xff"]
    letters = [bytes([letter]) for letter in range(256) if letter != ord("Q")]
    client.send(*(packet(b"U", message) for message in bad + letters), order(1))
    assert client.letters(1) == b"A"


@pytest.mark.parametrize("size", [1, 2, 3, 30])
def test_a_reset_within_a_message_discards_the_fragment(venue, connect, size):
    client = connect(venue).log_in()
    client.send(order(1), order(2)[:size])
    assert client.letters(1) == b"A"
    client.reset()
    assert is_free(venue)
    other = connect(venue).log_in(OTHER)
    other.place(order(1, b"S"), b"AE")


# ---------------------------------------------------------------------------------------------------- crowds and floods


def test_two_hundred_connections_at_once_say_nothing_and_then_one_gets_the_port(venue, neighbour):
    near = neighbour(venue)
    with ExitStack() as stack:
        crowd = [stack.enter_context(socket.socket()) for _ in range(200)]
        for one in crowd:
            one.setblocking(False)
            with suppress(BlockingIOError):
                one.connect(venue.addresses["ouch.nasdaq"])
        near.round_trip()
        assert comes_true(venue, lambda: len(venue.connections) == 201)
        for one in crowd:
            one.settimeout(PATIENCE)
            one.sendall(login())
        assert sorted(one.recv(3)[2:] for one in crowd) == [b"A", *[b"J"] * 199]
        near.round_trip()
    assert comes_true(venue, lambda: len(venue.connections) == 1)


@pytest.mark.parametrize("logged_in", [False, True])
@pytest.mark.parametrize("what", ["garbage", "heartbeats", "no-messages"])
def test_a_flood_leaves_the_venue_and_the_neighbour_alone(venue, connect, neighbour, seed, what, logged_in):
    near, client = neighbour(venue), connect(venue)
    if logged_in:
        client.log_in()
    floods = {"heartbeats": packet(b"R") * 300_000, "no-messages": packet(b"U", b"?") * 5_000}
    thread = Thread(target=client.send, args=(floods.get(what) or random.Random(seed).randbytes(4 << 20),))
    thread.start()
    for _ in range(20):
        near.round_trip()
    thread.join(PATIENCE)
    client.reset()
    assert is_free(venue)
    connect(venue).log_in()


# ----------------------------------------------------------------------------------------------------------------- fuzz


def is_at_work(connection):
    """Whether the venue has yet to answer a login or to work off what it read."""
    return connection.is_waiting or connection.is_behind or (connection.attempt and not connection.port)


@pytest.mark.parametrize("durability", ["memory", "process"])
def test_fuzzed_bytes_never_harm_the_venue(start, connect, neighbour, seed, durability, tmp_path):
    """Random bytes and nearly right packets; the neighbour trades after each round, and the log replays to the end."""
    venue, chance, number = start(durability), random.Random(seed), 0
    near = neighbour(venue)
    for _ in range(80):
        client, packets = connect(venue), [login(sequence=chance.choice((0, 1, 2)))]
        assert comes_true(venue, lambda: len(venue.connections) == 2)
        for _ in range(chance.randrange(40)):
            number += chance.randrange(3)
            packets.append(packet(b"U", message(chance, number)))
        if chance.random() < 0.5:
            at = chance.randrange(len(packets) + 1)
            packets[at:] = [mutated(chance, one) for one in [*packets[at:], packet(b"+"), chance.randbytes(20)]]
        data = b"".join(packets)
        while data:
            client.send(data[: (size := chance.choice((1, 3, 50, 1_000, 100_000)))])
            data = data[size:]
        near.round_trip()
        assert comes_true(venue, lambda: not any(is_at_work(one) for one in venue.connections))
        chance.choice((client.reset, client.socket.close, near.round_trip))()
        client.socket.close()
        assert comes_true(venue, lambda: len(venue.connections) == 1 and USER not in venue.logged_in)
    assert on_loop(venue, lambda: venue.machine.number) > 500, "most of it came through"
    if durability == "process":
        assert comes_true(venue, lambda: venue.journal.writer.unflushed_records == 0)
        machine = Machine(tmp_path)
        replay_log(tmp_path, machine)
        assert machine.hash() == on_loop(venue, venue.machine.hash)


# --------------------------------------------------------------------------------------------------------- slow readers

FILLS = 500  # trades in a round of the counterparty's; each gives the client whose order rests 39 bytes


def narrow(venue, connect):
    """A connection for which the kernel holds little at either end, and the venue's object for it."""
    before = on_loop(venue, lambda: set(venue.connections))
    client = connect(venue, receive_buffer=4096)
    (connection,) = comes_true(venue, lambda: set(venue.connections) - before)
    number = on_loop(venue, lambda: os.dup(connection.transport.get_extra_info("socket").fileno()))
    with socket.socket(fileno=number) as its_socket:
        its_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return client, connection


def trade(venue, connection, other, rounds):
    """Have a counterparty trade with the order, each round heard of before the next; gives the most that was unsent."""
    peak = 0
    for first in range(other.number + 1, other.number + rounds * FILLS, FILLS):
        sells = [order(number, b"S", 1, tif=b"3") for number in range(first, first + FILLS)]
        other.place(b"".join(sells), b"AE" * FILLS)
        peak = max(peak, on_loop(venue, connection.transport.get_write_buffer_size))
    other.number += rounds * FILLS
    return peak


@pytest.mark.section("SoupBinTCP", "Sequenced Data")
def test_a_slow_reader_holds_back_nobody_and_gets_all_of_it_later(start, connect, neighbour):
    venue = start(slow_reader_limit_ms=1_000)
    near, other, (slow, connection) = neighbour(venue), connect(venue).log_in(OTHER), narrow(venue, connect)
    slow.log_in().place(order(1, quantity=999_999))
    peaks = []
    for _ in range(12):
        peaks.append(trade(venue, connection, other, 10))
        near.round_trip()
    assert WRITE_LIMIT < max(peaks) <= WRITE_LIMIT + WRITE_PIECE
    assert is_free(venue), "dropped after the limit"

    stream = stream_of(venue)
    again = connect(venue)
    again.send(login())
    accepted, *replayed = again.hear(3 + other.number)
    assert accepted[0] == b"A"
    assert b"".join(packet(*one) for one in replayed) == stream
    other.send(order(other.number + 1, b"S", 1, tif=b"3"))
    assert again.letters(1) == b"E"


@pytest.mark.parametrize("sent", [b"\0\0", login(), b""], ids=["length-0", "second-login", "silence"])
def test_a_last_word_to_a_slow_reader_stands_between_packets_and_not_within_one(start, connect, sent):
    venue = start(client_silence_limit_ms=2_000)
    client, other = connect(venue), connect(venue).log_in(OTHER)
    client.log_in().place(order(1, quantity=999_999))
    client.reset()
    assert is_free(venue)
    trade(venue, next(iter(venue.connections)), other, 100)
    client, connection = narrow(venue, connect)
    client.send(login())
    assert comes_true(venue, lambda: connection.paused)
    client.send(sent)
    assert comes_true(venue, lambda: connection.closing)
    packets = client.hear(1 << 30)
    read = b"".join(packet(*one) for one in packets[1:] if one[0] != b"+") + client.rest
    stream = stream_of(venue)
    same = next((at for at, pair in enumerate(zip(read, stream, strict=False)) if pair[0] != pair[1]), len(read))
    assert read[same:] == b"", f"after {same} bytes comes {read[same : same + 40]!r}"


@pytest.mark.parametrize("how", ["silence", "logout", "next-day"])
def test_a_client_that_has_stopped_reading_does_not_keep_its_port(start, connect, how):
    """A connection that is to end ends in a while, though what is unsent, less than makes a slow reader, never goes."""
    venue = start(client_silence_limit_ms=2_000, slow_reader_limit_ms=500)
    other, (client, connection) = connect(venue).log_in(OTHER), narrow(venue, connect)
    client.log_in().place(order(1, quantity=999_999))
    assert 0 < trade(venue, connection, other, 10) < WRITE_LIMIT
    if how == "logout":
        client.send(packet(b"O"))
    if how == "next-day":
        on_loop(venue, venue.next_day)
    assert is_free(venue, seconds=6)
    connect(venue).log_in()


@pytest.mark.section("SoupBinTCP", "Client Heartbeat")
def test_a_client_is_not_called_silent_while_the_venue_does_not_listen(start, connect, monkeypatch):
    """The venue stops reading while the disk is far behind; what a client says meanwhile waits in the kernel."""
    venue = start("process", client_silence_limit_ms=600)
    client = connect(venue).log_in()
    append = venue.log.append
    monkeypatch.setattr(journal, "RUN_AHEAD_RECORDS", 0)
    monkeypatch.setattr(venue.log, "append", lambda *arguments: (time.sleep(1.5), append(*arguments))[1])
    client.send(order(1))
    for _ in range(20):
        time.sleep(0.1)
        client.send(packet(b"R"))
    client.place(order(2), b"AA")
