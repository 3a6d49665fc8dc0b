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
from msgspec.structs import replace

from venue import config, journal
from venue.app import Venue
from venue.clock import RealClock
from venue.machine import Machine
from venue.ports import WRITE_LIMIT, WRITE_PIECE
from venue.recovery import replay as replay_log

PASSWORD = "NTFTEST"
USER, OTHER, NEIGHBOUR = "IN19T6", "AK01T1", "AK21T1"
PATIENCE = 20
LARGEST = 1024


class Hosted:
    """The demo venue on free ports, in a thread and on a loop of its own."""

    def __init__(self, folder, durability, limits):
        demo = config.parse(config.sample())
        settings = replace(
            demo,
            venue=replace(demo.venue, port_base=0, durability=durability),
            soupbintcp=replace(demo.soupbintcp, **limits),
        )
        self.loop = uvloop.new_event_loop()
        self.faults = []
        self.loop.set_exception_handler(lambda _, context: self.faults.append(context))
        self.venue = Venue(settings, folder, RealClock())

    @contextmanager
    def running(self):
        thread = Thread(target=self.loop.run_forever)
        thread.start()
        try:
            self.run(self.venue.start())
            yield self
            self.run(self.venue.stop())
        finally:
            self.loop.call_soon_threadsafe(self.loop.stop)
            thread.join()
            self.loop.close()
        assert not self.faults

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE)

    def call(self, function):
        """Call a function in the venue's own thread."""

        async def call():
            return function()

        return self.run(call())

    def stream(self, user):
        """All bytes that a port has been sent today."""
        venue = self.venue

        def read():
            stream = venue.machine.streams[venue.machine.engine.ports[user].index]
            return stream.slice(0, stream.length)

        return self.call(read)

    def unsent(self, user):
        """Bytes that the transport of a port holds, or None where nobody is logged in."""

        def read():
            connection = self.venue.logged_in.get(user)
            return None if connection is None else connection.transport.get_write_buffer_size()

        return self.call(read)

    def narrow(self, user):
        """Let the kernel hold little of what is sent to a port, so that the venue itself has to."""

        def read():
            with socket.socket(fileno=os.dup(self.venue.logged_in[user].transport.get_extra_info("socket").fileno())) as it:
                it.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)

        self.call(read)

    def wait_for(self, what, seconds=PATIENCE):
        """Wait until the venue's thread sees that something is so; gives whether it came to be."""
        end = time.monotonic() + seconds
        while not (found := self.call(what)) and time.monotonic() < end:
            time.sleep(0.02)
        return found

    def is_free(self, user, seconds=PATIENCE):
        return self.wait_for(lambda: user not in self.venue.logged_in, seconds)


def packet(kind, payload=b""):
    return struct.pack(">Hc", 1 + len(payload), kind) + payload


def login(user=USER, sequence=1, text="", password=PASSWORD):
    """A Login Request; `text` stands in for the sequence number, and what comes behind it."""
    return packet(b"L", f"{user:6}{password:10}{'':10}".encode() + (text or f"{sequence:>20}").encode("latin-1"))


def enter(number, side=b"B", quantity=100, price=10, tif=b"0"):
    """An Enter Order for ZWZZT."""
    head = struct.pack(">cIcI8sQ", b"O", number, side, quantity, b"ZWZZT".ljust(8), price * 10_000)
    return head + tif + b"YPNN" + b" " * 14 + bytes(2)


def order(*arguments, **fields):
    return packet(b"U", enter(*arguments, **fields))


def cut(data):
    """Whole packets at the beginning of `data` as type and payload, and the rest."""
    packets, at = [], 0
    while len(data) - at > 2 and (end := at + 2 + int.from_bytes(data[at : at + 2], "big")) <= len(data):
        packets.append((data[at + 2 : at + 3], data[at + 3 : end]))
        at = end
    return packets, data[at:]


class Client:
    """A connection; `receive_buffer` makes it one that takes little before it is read."""

    def __init__(self, address, receive_buffer=None):
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def send(self, *packets):
        """Send; that the venue has hung up meanwhile is no fault of the client's."""
        with suppress(ConnectionError):
            self.socket.sendall(b"".join(packets))

    def hear(self, count):
        """The next packets but heartbeats; fewer at the end of the connection."""
        found = []
        while len(found) < count:
            packets, self.rest = cut(self.rest)
            found += [one for one in packets if one[0] != b"H"]
            if len(found) < count:
                with suppress(ConnectionResetError):
                    if data := self.socket.recv(1 << 18):
                        self.rest += data
                        continue
                break
        assert len(found) <= count, f"more than {count}: {found[count:]}"
        return found

    def to_end(self):
        """All that comes up to the end of the connection, heartbeats too, and what is left of a packet."""
        data = self.rest
        with suppress(ConnectionResetError):
            while more := self.socket.recv(1 << 18):
                data += more
        return cut(data)

    def log_in(self, user=USER):
        """Log in and hear the System Event that opens the day."""
        self.send(login(user))
        accepted, event = self.hear(2)
        assert (accepted[0], event[0]) == (b"A", b"S")
        return self

    def reset(self):
        """Break the connection off."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Neighbour(Client):
    """A trader on another market, who wants an answer within a moment."""

    number = 0

    def round_trip(self):
        self.number += 1
        began = time.monotonic()
        self.send(order(self.number, tif=b"3"))
        answers = [payload[:1] for _, payload in self.hear(2)]
        assert (answers, time.monotonic() - began < 5) == ([b"A", b"C"], True)


@pytest.fixture
def start(tmp_path):
    """Starts a venue with settings of its own."""
    with ExitStack() as stack:
        yield lambda durability="memory", **limits: stack.enter_context(Hosted(tmp_path, durability, limits).running())


@pytest.fixture
def connect():
    """Opens connections, and closes them."""
    with ExitStack() as stack:

        def connect(hosted, service="ouch.nasdaq", kind=Client, **arguments):
            client = kind(hosted.venue.addresses[service], **arguments)
            stack.callback(client.socket.close)
            return client

        yield connect


@pytest.fixture
def hosted(start):
    return start()


@pytest.fixture
def neighbour(connect):
    """A neighbour who is logged in."""

    def neighbour(hosted):
        return connect(hosted, "ouch.bx", Neighbour).log_in(NEIGHBOUR)

    return neighbour


# ----------------------------------------------------------------------------------------------------------- bad input

WHOLE = packet(b"L", b" " * 46)
NUMBERS = ["", "x", "-1", "+1", "1 2", "1.0", "1_0", "0x1", "²", str(2**64), "9" * 20, "1\0"]
NOT_AUTHORIZED = [(b"J", b"A")]
BEFORE_LOGIN = {
    "length-0": b"\0\0",
    "length-above-the-limit": struct.pack(">H", LARGEST + 1) + b"+",
    "length-65535": b"\xff\xff",
    "http": b"GET / HTTP/1.1\r\n\r\n",
    **{f"type-{kind}": packet(kind.encode("latin-1"), b"x") for kind in "?\0ÿASHJZURO"},
}
LOGGED_IN = {
    **{name: data for name, data in BEFORE_LOGIN.items() if name not in {"type-U", "type-R", "type-O"}},
    "second-login": login(),
    "second-login-of-a-wrong-length": packet(b"L"),
}
BAD_LOGINS = {
    **{f"login-{size}": packet(b"L", b"1" * (size - 1)) for size in (1, 46, 48, 51, 53, 1024)},
    **{f"number-{text!a}": login(text=f"{text:20}") for text in NUMBERS},
    **{f"timeout-{text!a}": login(text=f"{1:20}{text:5}") for text in ("", "x", "-1", "1 2", "1.5")},
}


@pytest.mark.section("SoupBinTCP", "Logical Packets")
@pytest.mark.parametrize("data", BEFORE_LOGIN.values(), ids=BEFORE_LOGIN)
def test_bad_input_before_the_login_gets_a_last_word_and_the_end(hosted, connect, neighbour, data):
    client, near = connect(hosted), neighbour(hosted)
    client.send(data)
    assert [kind for kind, _ in client.hear(9)] == [b"+"]
    near.round_trip()


@pytest.mark.section("SoupBinTCP", "Logical Packets")
@pytest.mark.parametrize("data", LOGGED_IN.values(), ids=LOGGED_IN)
def test_bad_input_behind_the_login_gets_a_last_word_and_the_end(hosted, connect, neighbour, data):
    client, near = connect(hosted).log_in(), neighbour(hosted)
    client.send(order(1))
    assert client.hear(1)[0][1][:1] == b"A"
    client.send(data)
    assert [kind for kind, _ in client.hear(9)] == [b"+"]
    near.round_trip()
    assert hosted.is_free(USER)
    client = connect(hosted).log_in()
    client.send(order(2))
    assert [payload[9:13] for _, payload in client.hear(2)] == [struct.pack(">I", number) for number in (1, 2)]


@pytest.mark.section("SoupBinTCP", "Login Rejected")
@pytest.mark.parametrize("data", BAD_LOGINS.values(), ids=BAD_LOGINS)
def test_a_login_that_cannot_be_read_is_not_authorized(hosted, connect, neighbour, data):
    client, near = connect(hosted), neighbour(hosted)
    client.send(data)
    assert [one for one in client.hear(9) if one[0] != b"+"] == NOT_AUTHORIZED
    near.round_trip()


@pytest.mark.section("SoupBinTCP", "Logout Request")
def test_a_payload_on_a_heartbeat_or_logout_is_passed_over(hosted, connect):
    client = connect(hosted).log_in()
    client.send(packet(b"R", b"x" * 1_023), packet(b"R", order(1)), order(1))
    assert client.hear(1)[0][1][9:13] == b"\0\0\0\1"
    client.send(packet(b"O", order(2)), order(3), b"\0\0garbage")
    assert client.hear(9) == []
    assert hosted.is_free(USER)
    assert len(cut(hosted.stream(USER))[0]) == 2


@pytest.mark.section("OUCH 5.0", "Enter Order")
def test_messages_that_cannot_be_read_are_met_with_silence(hosted, connect):
    client = connect(hosted).log_in()
    good = enter(1)
    bad = [b"", b"?", b"\xff" * 100, b"x" * 1_023, good[:-1], good + b"\0", good[:-2] + b"\0\5", good[:-2] + b"\xff\xff"]
    client.send(*(packet(b"U", message) for message in [*bad, *(bytes([kind]) for kind in range(256) if kind != ord("Q"))]))
    client.send(order(1))
    assert [(kind, payload[:1]) for kind, payload in client.hear(1)] == [(b"S", b"A")]


@pytest.mark.section("SoupBinTCP", "Unsequenced Data")
@pytest.mark.parametrize("sent", [order(2)[:30], order(2)[:1], login()])
def test_a_reset_within_a_message_discards_the_fragment(hosted, connect, neighbour, sent):
    client, near = connect(hosted).log_in(), neighbour(hosted)
    client.send(order(1), sent)
    assert client.hear(1)[0][1][:1] == b"A"
    client.reset()
    near.round_trip()
    assert hosted.is_free(USER)
    other = connect(hosted).log_in(OTHER)
    other.send(order(1, b"S"))
    assert [payload[:1] for _, payload in other.hear(2)] == [b"A", b"E"], "the order lives on"


# ---------------------------------------------------------------------------------------------- crowds and floods


@pytest.mark.section("SoupBinTCP", "Login Request")
def test_two_hundred_connections_at_once_and_one_gets_the_port(hosted, connect, neighbour):
    near = neighbour(hosted)
    with ExitStack() as stack:
        crowd = [stack.enter_context(socket.socket()) for _ in range(200)]
        for one in crowd:
            one.setblocking(False)
            with suppress(BlockingIOError):
                one.connect(hosted.venue.addresses["ouch.nasdaq"])
        near.round_trip()
        for one in crowd:
            one.settimeout(PATIENCE)
            one.sendall(login()) if not one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) else None
        answers = sorted(one.recv(3)[2:] for one in crowd)
        assert answers == [b"A", *[b"J"] * 199]
        near.round_trip()
    assert hosted.wait_for(lambda: len(hosted.venue.connections) == 1)
    near.round_trip()


def test_connections_that_say_nothing_take_nothing_from_others(start, connect, neighbour):
    hosted = start(login_wait_ms=700, client_silence_limit_ms=5_000)
    near = neighbour(hosted)
    silent = [connect(hosted) for _ in range(100)]
    near.round_trip()
    assert [[kind for kind, _ in client.hear(9)] for client in silent] == [[b"+"]] * 100
    near.round_trip()
    assert len(hosted.venue.connections) == 1


@pytest.mark.parametrize("logged_in", [False, True])
@pytest.mark.parametrize("what", ["garbage", "heartbeats", "no-messages"])
def test_a_flood_leaves_the_venue_and_the_neighbour_alone(hosted, connect, neighbour, seed, what, logged_in):
    near = neighbour(hosted)
    flood = {
        "garbage": random.Random(seed).randbytes(4 << 20),
        "heartbeats": packet(b"R") * 300_000,
        "no-messages": packet(b"U", b"?") * 5_000,
    }[what]
    client = connect(hosted)
    if logged_in:
        client.log_in()
    thread = Thread(target=client.send, args=(flood,))
    thread.start()
    for _ in range(20):
        near.round_trip()
    thread.join(PATIENCE)
    client.reset()
    assert hosted.wait_for(lambda: len(hosted.venue.connections) == 1)
    near.round_trip()
    connect(hosted).log_in()


# ------------------------------------------------------------------------------------------------------------- fuzz


def mutated(chance, data):
    """Bytes with a few of them changed, added, left out or doubled."""
    data = bytearray(data)
    for _ in range(chance.choice((0, 1, 1, 2, 5))):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0 if data:
                data[at % len(data)] = chance.randrange(256)
            case 1:
                data[at:at] = chance.randbytes(chance.choice((1, 2, 40)))
            case 2:
                del data[at : at + chance.choice((1, 2, 40))]
            case 3:
                data += data[at : at + 60]
            case _ if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
    return bytes(data)


def one_message(chance, number):
    """An OUCH message that is right, or nearly."""
    symbol, firm = chance.choice((b"AAPL    ", b" " * 8, b"NONE    ")), chance.choice((b"INET", b"AKAM"))
    options = chance.choice((b"\0\0", b"\0\4\3\x18\0\7", b"\0\3\2\x1c\5", b"\0\2\1\x1c"))
    old = chance.randrange(number + 2)
    return chance.choice(
        (
            enter(number, chance.choice((b"B", b"S", b"T")), chance.choice((0, 1, 100, 999_999)), chance.randrange(9, 12)),
            enter(number)[:-2] + options,
            struct.pack(">cIIIQ", b"U", old, number, chance.randrange(300), 100_000) + b"0YN" + b" " * 14 + options,
            struct.pack(">cII", b"X", old, chance.randrange(200)) + options,
            struct.pack(">cIcI", b"M", old, b"S", chance.randrange(200)) + options,
            struct.pack(">cI", b"C", number) + firm + symbol + options,
            struct.pack(">cI", chance.choice((b"D", b"E")), number) + firm + options,
            b"Q" + options,
            chance.randbytes(chance.randrange(80)),
        )
    )


@pytest.mark.parametrize("durability", ["memory", "process"])
def test_fuzzed_bytes_never_harm_the_venue(start, connect, neighbour, seed, durability, tmp_path):
    """Random bytes and nearly right packets; the neighbour trades after each round, and the log replays to the end."""
    hosted, chance, number = start(durability), random.Random(seed), 0
    near = neighbour(hosted)
    for _ in range(60):
        client, packets = connect(hosted), []
        if chance.random() < 0.8:
            packets.append(login(sequence=chance.choice((0, 1, 2))))
        for _ in range(chance.randrange(40)):
            number += chance.randrange(3)
            message = one_message(chance, number)
            packets.append(packet(b"U", mutated(chance, message)[:LARGEST]))
        if chance.random() < 0.5:
            at = chance.randrange(len(packets) + 1)
            packets[at:] = [mutated(chance, one) for one in [*packets[at:], packet(b"+"), packet(b"R"), chance.randbytes(20)]]
        data = b"".join(packets)
        while data:
            size = chance.choice((1, 3, 50, 1_000, 100_000))
            client.send(data[:size])
            data = data[size:]
        chance.choice((client.reset, client.socket.close, lambda: None))()
        near.round_trip()
        client.socket.close()
        assert hosted.is_free(USER)
    if durability == "process":
        state = hosted.call(hosted.venue.machine.hash)
        assert hosted.wait_for(lambda: hosted.venue.journal.writer.unflushed_records == 0)
        machine = Machine(tmp_path)
        replay_log(tmp_path, machine)
        assert machine.hash() == state


# ----------------------------------------------------------------------------------------------------- slow readers


class Slow(Client):
    """A client that logs in, has an order rest, and then does not read; what it is owed it is made to want by others."""

    def rest(self, hosted, quantity=900_000):
        raise NotImplementedError
