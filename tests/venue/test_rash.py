"""RASHport over TCP: 1.0 in lines and 1.1 in packets, logins, replays, days, a kill, and what Drop ports hear of it."""

import socket
import time

import pytest

from rash import codec, codec_10
from venue.explain.find import Order, explain_order
from venue.machine import Machine
from venue.problem import Problem
from venue.tail import Follower, line

SOUP = pytest.mark.section("SoupTCP 2.00", "2 Sessions")
RASH = pytest.mark.section("RASHport 1.1", "2 Transport")
PATIENCE = 15.0
BINARY = "rash.nasdaq", "INRS01"
TEXT = "rash.nasdaq.soup", "INRS02"


def order(token, side=b"B", shares=100, price=2_000_000, module=codec, tif=99_998):
    """An order in AAPL, as 1.1 or 1.0 has it."""
    width = 8 if module is codec else 6
    tail = (b"N", b"N", b" ") if module is codec else (b"N",)
    packed = module.pack_enter_order(
        *(token.encode().ljust(14), side, shares, b"AAPL".ljust(width), price, tif, b"    ", b"Y"),
        *(0, 0, b"N", b"+", 0, 0, b"N", b"+", 0, b"A", 0, b"    ", b" " * 32),
        *tail,
    )
    return packed[:141]


class Lines:
    """A client of SoupTCP."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, PATIENCE)
        self.rest, self.lines = b"", []
        self.is_closed = False

    def login(self, name="INRS02", password="NTFTEST", session="", sequence=1, width=10):
        self.socket.sendall(f"L{name:<6}{password:<10}{session:>10}{sequence:>{width}}\n".encode())
        return self.line()

    def send(self, *messages):
        self.socket.sendall(b"".join(b"U" + message + b"\n" for message in messages))

    def line(self, patience=PATIENCE):
        """The next line but heartbeats; None where none comes in time, b"" at the end."""
        end = time.monotonic() + patience
        while not self.lines and not self.is_closed:
            self.socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                data = self.socket.recv(1 << 16)
            except TimeoutError:
                return None
            except ConnectionError:
                data = b""
            self.is_closed = not data
            *whole, self.rest = (self.rest + data).split(b"\n")
            self.lines += [line for line in whole if line != b"H"]
        return self.lines.pop(0) if self.lines else b""

    def close(self):
        self.socket.close()


@pytest.fixture
def lines():
    clients = []

    def lines(venue, **login):
        client = Lines(tuple(venue.addresses[TEXT[0]]))
        clients.append(client)
        if login.pop("logs_in", True):
            assert client.login(**login).startswith(b"A"), login
        return client

    yield lines
    for client in clients:
        client.close()


def said(line):
    """A sequenced line without its time."""
    assert line[:1] == b"S"
    return line[9:].decode().rstrip()


@RASH
def test_both_versions_trade_with_each_other(host, connect, lines):
    venue = host()
    old, new = lines(venue), connect(venue, *BINARY)
    assert said(old.line()) == "SS"
    old.send(order("OLD", module=codec_10), b"X" + b"OLD".ljust(14) + b"000080")
    assert [said(old.line())[:4], said(old.line())] == ["AOLD", "COLD           000020U"]
    new.send(order("NEW", b"S", 60))
    assert said(old.line()) == "EOLD           0000600002000000A000000001"
    new.take(3)
    assert new.received[-1][8:] == b"ENEW           0000600002000000R000000001"


@SOUP
@pytest.mark.parametrize(
    ("login", "answer"),
    [
        ({"password": "WRONG"}, b"JA"),
        ({"name": "NOBODY"}, b"JA"),
        ({"name": "INRS01"}, b"JA"),
        ({"session": "19990101"}, b"JS"),
        ({"session": "present"}, None),
        ({"sequence": "x"}, b"JA"),
        ({"password": "ntftest", "width": 20}, None),
    ],
)
def test_a_login_is_answered(host, lines, login, answer):
    venue = host()
    client = lines(venue, logs_in=False)
    session = venue.call(lambda: venue.venue.machine.engine.session)
    if login.get("session") == "present":
        login = {"session": session}
    said = client.login(**login)
    if answer is None:
        assert said == f"A{session:>10}{1:>{login.get('width', 10)}}".encode()
    else:
        assert said == answer
        assert client.line() in (b"", b"+a number in the login cannot be read")


@SOUP
def test_a_second_login_is_turned_away_and_the_first_stays(host, lines):
    venue = host()
    first, second = lines(venue), lines(venue, logs_in=False)
    assert second.login() == b"JS"
    first.line()
    first.send(order("ONE", module=codec_10))
    assert said(first.line()).startswith("AONE")


@SOUP
def test_the_stream_is_sent_again_from_any_number(host, lines):
    venue = host()
    client = lines(venue)
    client.send(*(order(f"T{number}", module=codec_10) for number in range(5)))
    whole = [client.line() for _ in range(6)]
    client.send()
    client.socket.sendall(b"O\n")
    assert client.line() == b""
    for first in (1, 2, 6):
        again = lines(venue, sequence=first)
        assert [again.line() for _ in whole[first - 1 :]] == whole[first - 1 :]
        again.socket.sendall(b"O\n")
        assert again.line() == b""


@SOUP
def test_zero_asks_for_what_comes_and_a_later_number_is_waited_for(host, lines):
    venue = host()
    live = lines(venue, sequence=0)
    live.send(order("ONE", module=codec_10))
    assert said(live.line()).startswith("AONE")
    live.socket.sendall(b"O\n")
    assert live.line() == b""
    waiting = lines(venue, sequence=4)
    waiting.send(order("TWO", module=codec_10), order("THREE", module=codec_10), order("FOUR", module=codec_10))
    assert said(waiting.line()).startswith("ATHREE")
    assert said(waiting.line()).startswith("AFOUR")


@SOUP
def test_heartbeats_break_a_silence(host, lines, demo_config):
    venue = host(demo_config(("heartbeat_interval_ms = 1000", "heartbeat_interval_ms = 30")))
    client = lines(venue)
    client.line()
    assert client.socket.recv(2) == b"H\n"


@SOUP
def test_a_day_ends_with_an_empty_sequenced_packet(host, lines):
    venue = host()
    client = lines(venue)
    client.line()
    assert venue.ask("trading-day/next", {}).status == 200
    assert said(client.line()) == "SE"
    assert client.line() == b"S"
    assert client.line() == b""
    assert said(lines(venue).line()) == "SS"


@SOUP
def test_what_breaks_the_protocol_is_told_and_hung_up_on(host, lines):
    venue = host()
    client = lines(venue)
    client.line()
    client.socket.sendall(b"Qx\n")
    assert client.line().startswith(b"+packet type")
    assert client.line() == b""


@RASH
def test_a_restart_and_a_replay_say_the_same(host, lines, connect):
    venue = host()
    old, new = lines(venue), connect(venue, *BINARY)
    old.send(*(order(f"T{number}", module=codec_10) for number in range(3)))
    new.send(order("ONE", b"S", 150), order("ONE", b"S", 150), b"X" + b"ONE".ljust(14) + b"000160")
    told = [old.line() for _ in range(6)]
    new.take(4)
    venue.wait_for_disk()
    venue.stop()
    again = host()
    client = lines(again)
    assert [client.line() for _ in told] == told
    assert connect(again, *BINARY).take(4) == new.received
    client.send(order("T0", module=codec_10), b"X" + b"T2".ljust(14) + b"000000")
    assert said(client.line()) == "CT2            000100U"


@RASH
def test_a_drop_port_tells_of_rashport_orders(host, connect, fix, demo_config):
    venue = host(demo_config(('name = "INDRP1"', 'name = "INDRP1"\ninclude_rejects = true')))
    watcher = fix(venue, "INDRP1", "drop.us")
    watcher.logon()
    client = connect(venue, *BINARY)
    client.send(order("MINE"), order("BAD", shares=0), b"X" + b"MINE".ljust(14) + b"000000")
    new, refused, canceled = (watcher.expect("8") for _ in range(3))
    assert (new[128], new[11], new[150], new[38], new[44], new[47]) == ("INRS01", "MINE", "0", "100", "200.0000", "A")
    assert (refused[11], refused[150], refused[38], refused[54], refused[58]) == (
        "BAD",
        "8",
        "0",
        "1",
        "Invalid quantity",
    )
    assert (canceled[11], canceled[150]) == ("MINE", "4")


@RASH
def test_tail_and_explain_tell_of_orders_by_their_tokens(host, lines, tmp_path):
    venue = host()
    client = lines(venue)
    client.send(order("FINE", module=codec_10), order("BAD", shares=0, module=codec_10))
    assert [said(client.line())[:4] for _ in range(3)] == ["SS", "AFIN", "JBAD"]
    venue.stop()
    entries = [entry for entry in Follower(Machine(tmp_path)).follow(venue.data, forever=False) if "message" in entry]
    mine = [line(entry) for entry in entries if entry["port"] == "INRS02"]
    assert len(mine) == 5
    assert "EnterOrder" in mine[1]
    assert "token=FINE" in mine[1]
    assert "price=200.0000" in mine[1]
    assert "Rejected" in mine[4]
    assert "reason=Q" in mine[4]
    assert "check: INVALID_QUANTITY" in mine[4]
    found = explain_order(venue.data, Order("INRS02", cl_ord_id="BAD"))
    assert (found.check, found.code, found.smallest_change.fields[0].value) == ("INVALID_QUANTITY", "Q", 1)
    with pytest.raises(Problem, match="was accepted"):
        explain_order(venue.data, Order("INRS02", cl_ord_id="FINE"))


@pytest.mark.slow
@RASH
def test_nothing_acknowledged_is_lost_by_a_kill(launch, connect, lines):
    venue = launch("--durability", "process")
    old, new = lines(venue), connect(venue, *BINARY)
    old.send(*(order(f"T{number}", module=codec_10) for number in range(400)))
    new.send(*(order(f"N{number}", b"S", 60) for number in range(200)))
    heard = [old.line() for _ in range(300)]
    venue.kill()
    while old.line():
        pass
    venue = launch("--durability", "process")
    client = lines(venue)
    assert [client.line() for _ in heard] == heard
    again = connect(venue, *BINARY)
    again.take(len(new.received))
    assert again.received[: len(new.received)] == new.received
    client.send(order("T0", module=codec_10))
    assert venue.stop() == 0
