"""FIX clients that flood, stall, ask for everything again without end, never read, or guess: they harm nobody else."""

import random
import re

import pytest

from venue import config
from venue.clock import RealClock
from venue.connection import WRITE_LIMIT
from venue.fix_ports import EFFECTS_WAITING, REPLAY_PIECE

PASSWORD = "OpenSesame"
LOCKED = 'name = "AKFX01"\nmpid = "AKAM"\nservice = "fix.nasdaq"\n'


def with_password(*keys):
    """A change of the sample: AKFX01 has a password, and other keys."""
    own = "".join(f"{key}\n" for key in keys)
    return LOCKED, f'{LOCKED}password = "{PASSWORD}"\n\n[port.fix]\n{own}'


@pytest.fixture
def neighbour(connect):
    """An OUCH client on another exchange, who sends one order after the other and gets all answers."""

    def neighbour(venue):
        client = connect(venue, "ouch.bx", "IN21T7")
        client.take()
        number = 0

        def round_trip():
            nonlocal number
            number += 1
            client.enter(number)
            assert client.expect("A")[1] == number

        return round_trip

    return neighbour


def connection_of(venue, name):
    return venue.venue.logged_in[name]


def fill(client, count):
    """Let a port have sent some echoes."""
    for first in range(0, count, 200):
        data = [client.message("D", *client.order(f"{first + n}")) for n in range(200)]
        client.socket.sendall(b"".join(data))
        for _ in data:
            client.expect("D")


def test_who_floods_and_does_not_read_is_dropped_and_others_have_their_turns(host, fix, demo_config, neighbour):
    change = ("# [fix]", "[fix]"), ("# slow_reader_limit_ms = 30000        # a client", "slow_reader_limit_ms = 500  #")
    venue = host(demo_config(*change))
    round_trip = neighbour(venue)
    client = fix(venue, receive_buffer=4096)
    client.logon()
    connection = connection_of(venue, "FXT1")
    client.socket.settimeout(0.02)
    rest = b""
    while "FXT1" in venue.venue.logged_in:
        rest += b"".join(client.message("D", *client.order("1", t58="x" * 1000)) for _ in range(100))
        try:
            rest = rest[client.socket.send(rest) :]
        except TimeoutError:
            pass
        except ConnectionError:
            break
        round_trip()
    assert connection.why == "does not read"
    venue.wait_for_disk()
    assert fix(venue).logon()[34] == "1"


def test_a_resend_of_everything_in_a_loop_is_served_and_others_have_their_turns(host, fix, neighbour):
    venue = host()
    round_trip = neighbour(venue)
    client = fix(venue)
    client.logon()
    fill(client, 1000)
    for _ in range(10):
        client.send("2", (7, 1), (16, 0))
        round_trip()
        client.read(0)
    client.send("2", (7, 1), (16, 0))
    client.send("1", (112, "END"))
    came = []
    while (message := client.take()).get(112) != "END":
        came.append(message)
    repeated = [message[11] for message in came if message[35] == "D"]
    assert repeated[-1000:] == [str(n) for n in range(1000)]
    assert came[-1001][35] == "4"
    assert came[-1001][36] == "2"


def test_who_asks_for_everything_again_and_never_reads_costs_a_bounded_piece(host, fix, neighbour):
    venue = host()
    round_trip = neighbour(venue)
    client = fix(venue)
    client.logon()
    fill(client, 1000)
    client.socket.settimeout(0.02)
    connection = connection_of(venue, "FXT1")
    for _ in range(400):
        data = b"".join(client.message("2", (7, 1), (16, 0)) for _ in range(20))
        try:
            client.socket.sendall(data)
        except TimeoutError:
            break
        round_trip()
        assert len(connection.waiting) <= EFFECTS_WAITING + 20
        unsent = venue.call(connection.transport.get_write_buffer_size)
        assert unsent <= WRITE_LIMIT + 2 * REPLAY_PIECE


def test_bytes_that_never_become_a_frame_are_no_sign_of_life(host, fix):
    client = fix(host(clock=RealClock()))
    client.logon(heartbeat=1)
    client.socket.sendall(b"8=FIX.4.2\x019=100\x0135=0\x01")
    while not client.is_closed:
        client.read(0.1)
        try:
            client.socket.send(b"5")
        except OSError:
            break
    client.read_to_end()


def test_arbitrary_bytes_never_harm_the_venue(host, fix, seed, neighbour):
    venue = host()
    round_trip = neighbour(venue)
    rng = random.Random(seed)
    for name in ("INFX01", "FXT1") * 10:
        client = fix(venue, name)
        client.number = 1
        client.send("A", (98, 0), (108, 30), (141, "Y"))
        for _ in range(20):
            message = bytearray(client.message(rng.choice("DFG012345AjVx"), *client.order("X")))
            for _ in range(rng.randrange(3)):
                message[rng.randrange(len(message))] = rng.randrange(256)
            if rng.random() < 0.5:  # else the sum is wrong, mostly
                body = bytes(message[:-7])
                message = body + b"10=%03d\x01" % (sum(body) % 256)
            try:
                client.socket.sendall(bytes(message))
            except OSError:
                break
        round_trip()
        client.close()
        while name in venue.venue.logged_in:
            round_trip()
    assert not venue.faults


# --------------------------------------------------------------------------------------------------------- credentials


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        (((554, PASSWORD),), ()),
        (((553, "DESK"), (554, PASSWORD)), ('username = "DESK"',)),
        (((95, len(PASSWORD)), (96, PASSWORD)), ("password_tag = 96",)),
    ],
    ids=["Password", "Username and Password", "RawData"],
)
def test_a_password_lets_in_and_is_written_down_nowhere(launch, fix, tmp_path, fields, keys):
    file = tmp_path / "own.toml"
    text = re.sub(r'\[\[service\]\]\nkey = "http".*?(?=# --- Ports)', "", config.sample(), flags=re.DOTALL)
    file.write_text(text.replace(*with_password(*keys)).replace("show_logins = true", "show_logins = false"))
    venue = launch("--config", file, command="serve")
    client = fix(venue, "AKFX01", version="FIX.4.4")
    client.logon(*fields)
    client.number = 1
    client.logon(*fields, (141, "Y"))
    client.send("BE", (923, 1), (924, 1), (553, "DESK"), (554, PASSWORD), (925, PASSWORD))
    client.send("D", *client.order("1"), (554, PASSWORD))
    client.settle()
    wrong = fix(venue, "INFX01", version="FIX.4.4")
    wrong.logon((554, PASSWORD))
    for one in (client, wrong):
        one.close()
    venue.process.terminate()
    assert venue.process.wait(15) == 0
    written = [path for path in venue.data.rglob("*") if path.is_file()]
    assert written
    for path in (*written, venue.errors):
        assert PASSWORD.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    "fields",
    [(), ((554, "WRONG"),), ((95, 10), (96, PASSWORD.upper())), ((553, "OTHER"), (554, PASSWORD.upper()))],
    ids=["none", "wrong", "at another place", "of another user"],
)
def test_a_wrong_password_is_hung_up_on_without_a_word(host, fix, demo_config, fields):
    venue = host(demo_config(with_password('username = "DESK"')))
    client = fix(venue, "AKFX01", version="FIX.4.4")
    client.send("A", (98, 0), (108, 30), *fields)
    assert client.read_to_end() == []
    right = fix(venue, "AKFX01", version="FIX.4.4")
    assert right.logon((553, "DESK"), (554, PASSWORD.upper()))[34] == "1"


def test_a_port_takes_logons_from_its_addresses_only(host, fix, demo_config):
    old = LOCKED + "\n"
    venue = host(demo_config((old, f'{LOCKED}addresses = ["10.0.0.0/8"]\n\n')))
    client = fix(venue, "AKFX01")
    client.send("A", (98, 0), (108, 30))
    assert client.read_to_end() == []
    assert fix(venue, "INFX01").logon()[34] == "1"


def test_who_guesses_waits_longer_and_longer(host, fix, demo_config):
    wait = ("# [login]", "[login]"), ("# failures_before_delay = 10  ", "failures_before_delay = 1  ")
    venue = host(demo_config(with_password(), *wait))
    for _ in range(2):
        client = fix(venue, "AKFX01", version="FIX.4.4")
        client.send("A", (98, 0), (108, 30), (554, "WRONG"))
        client.read_to_end()
    assert venue.venue.door._failures.count(("127.0.0.1", "AKFX01")) == 2
    assert fix(venue, "INFX01").logon()[34] == "1"
