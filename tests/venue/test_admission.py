"""The door of the venue: caps, the login wait, source addresses, and one answer to every wrong login."""

import socket
import threading

import pytest
from doors import ELSEWHERE, FIRST_PORT, NEIGHBOUR, OTHER, PATIENCE, USER, comes_true, login, order, packet, setting
from structlog.testing import capture_logs

from venue import listener, passwords
from venue.passwords import hash_password

HASHED = (FIRST_PORT, FIRST_PORT.replace('password = "NTFTEST"', f'password_hash = "{hash_password("Secret1")}"'))
NEAR_ONLY = (FIRST_PORT, f'{FIRST_PORT}\naddresses = ["127.0.0.1", "10.0.0.0/8", "::1"]')


# ------------------------------------------------------------------------------------------------------ how many come


def test_beyond_the_cap_connections_are_closed_at_once_and_a_place_given_back_is_taken(host, visit, demo_config):
    with capture_logs() as lines:
        venue = host(demo_config(setting("max_connections = 3")))
        inside = [visit(venue) for _ in range(3)]
        assert inside[0].log_in() == "A"
        made = venue.call(lambda: len(venue.venue.connections))
        refused = [visit(venue) for _ in range(20)]
        assert all(one.read() is None for one in refused)
        assert venue.call(lambda: (len(venue.venue.connections), made)) == (3, 3), "no session was made for them"
        inside[1].close()
        comes_true(venue, lambda: venue.venue.crowd.count == 2)
        assert visit(venue).log_in(OTHER) == "A"
        assert inside[0].hear() == "S"
        venue.stop()
    (line,) = [line for line in lines if line["event"] == "connections refused"]
    assert (line["count"], venue.venue.crowd.refused.total) == (20, 20)
    assert "venue.max_connections" in line["why"]
    assert (venue.venue.crowd.count, dict(venue.venue.crowd.by_address)) == (0, {})


def test_the_cap_of_an_address_holds_that_address_alone(host, visit, demo_config):
    venue = host(demo_config(setting("max_connections_per_address = 2")))
    here = [visit(venue) for _ in range(3)]
    assert here[2].read() is None
    assert visit(venue, source=ELSEWHERE).log_in() == "A"
    assert here[0].log_in(OTHER) == "A"
    assert venue.call(lambda: dict(venue.venue.crowd.by_address)) == {"127.0.0.1": 2, ELSEWHERE: 1}


def test_a_place_is_given_back_however_a_connection_ends(host, visit):
    venue = host()
    assert visit(venue).log_in("NOBODY") == "JA"
    visit(venue).send(b"\xff\xff\xff")
    out = visit(venue)
    assert out.log_in() == "A"
    out.send(packet(b"O"))
    reset = visit(venue)
    reset.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    reset.close()
    gone = visit(venue)
    assert gone.log_in(OTHER) == "A"
    gone.close()
    comes_true(venue, lambda: venue.venue.crowd.count == 0)
    assert not venue.faults


def test_a_crowd_is_accepted_a_few_a_turn_and_all_of_it_comes_in(host, visit, monkeypatch):
    monkeypatch.setattr(listener, "ACCEPTS_A_TURN", 2)
    venue = host()
    free = threading.Event()
    venue.loop.call_soon_threadsafe(free.wait, PATIENCE)
    crowd = [visit(venue) for _ in range(50)]
    free.set()
    comes_true(venue, lambda: len(venue.venue.connections) == 50)
    assert crowd[49].log_in() == "A"


def test_where_no_descriptor_is_free_connections_wait_and_the_venue_says_so_and_goes_on(host, visit, monkeypatch):
    venue = host()
    near = visit(venue, "ouch.bx")
    assert near.log_in(NEIGHBOUR) == "A"
    room = threading.Event()
    accept = socket.socket.accept

    def accept_when_there_is_room(bound):
        if not room.is_set():
            raise OSError(24, "Too many open files")
        return accept(bound)

    monkeypatch.setattr(socket.socket, "accept", accept_when_there_is_room)
    with capture_logs() as lines:
        late = visit(venue)
        late.send(login())
        comes_true(venue, lambda: venue.venue.crowd.refused.total)
        near.send(order(1))
        assert near.hear(2) == "SA"
        room.set()
        assert late.answer() == "A"
        venue.stop()
    assert any("Too many open files" in line.get("why", "") for line in lines)
    assert not venue.faults


# ------------------------------------------------------------------------------------------------------ the login wait


@pytest.mark.parametrize("sent", [b"", login()[:30], packet(b"+", b"hello")])
def test_who_does_not_log_in_is_closed_and_gives_the_place_back(host, visit, demo_config, sent):
    venue = host(demo_config(("login_wait_ms = 30000", "login_wait_ms = 200")))
    visitor = visit(venue)
    visitor.send(sent)
    assert (visitor.read()[0], visitor.read()) == (b"+", None)
    comes_true(venue, lambda: venue.venue.crowd.count == 0)


def test_a_client_that_trickles_is_closed_though_it_never_falls_silent(host, visit, demo_config):
    venue = host(demo_config(("login_wait_ms = 30000", "login_wait_ms = 300")))
    visitor = visit(venue)
    ended = threading.Event()

    def trickle():
        for byte in packet(b"+", b"x" * 1_000) * 100:
            visitor.send(bytes([byte]))
            if ended.wait(0.01):
                return

    thread = threading.Thread(target=trickle)
    thread.start()
    assert (visitor.read()[0], visitor.read()) == (b"+", None)
    ended.set()
    thread.join()
    comes_true(venue, lambda: venue.venue.crowd.count == 0)


# ------------------------------------------------------------------------------------------ one answer to every fault


@pytest.mark.parametrize("password", ["NTFTEST", "Secret1"], ids=["plain", "hashed"])
def test_every_wrong_login_gets_the_same_answer_over_the_same_path(host, visit, demo_config, walks, password):
    change = NEAR_ONLY if password == "NTFTEST" else (HASHED[0], f'{HASHED[1]}\naddresses = ["127.0.0.1"]')
    venue = host(demo_config(change))
    with capture_logs() as lines:
        for number, (source, service, name, secret) in enumerate(
            [
                (None, "ouch.nasdaq", "NOBODY", password),
                (None, "ouch.nasdaq", USER, "WRONG"),
                (None, "ouch.nasdaq", USER, ""),
                (None, "ouch.bx", USER, password),
                (ELSEWHERE, "ouch.nasdaq", USER, password),
                (ELSEWHERE, "ouch.nasdaq", USER, "WRONG"),
            ],
            1,
        ):
            visitor = visit(venue, service, source=source)
            assert visitor.log_in(name, secret) == "JA"
            assert visitor.read() is None
            assert len(walks) == number, "each walks one hash, whatever is wrong"
    assert [line["why"] for line in lines if line["event"] == "login rejected"] == [
        *("unknown user", "wrong password", "wrong password", "unknown user"),
        *["the port's addresses do not name this one"] * 2,
    ]
    assert visit(venue).log_in(USER, password) == "A"


def test_a_hashed_password_walks_its_hash_once_and_is_then_known(host, visit, demo_config, walks):
    venue = host(demo_config(HASHED))
    for secret in ("Secret1", "SECRET1", "secret1"):
        visitor = visit(venue)
        assert visitor.log_in(USER, secret) == "A"
        visitor.send(packet(b"O"))
        assert visitor.is_at_its_end()
        comes_true(venue, lambda: USER not in venue.venue.logged_in)
    assert len(walks) == 1
    assert visit(venue).log_in(USER, "NTFTEST") == "JA"


def test_a_plain_password_never_waits_for_the_thread(host, visit, walks):
    assert visit(host()).log_in() == "A"
    assert walks == []


def test_while_a_password_is_checked_the_venue_goes_on_and_what_is_behind_the_login_is_kept(
    host, visit, demo_config, monkeypatch
):
    venue = host(demo_config(HASHED))
    near = visit(venue, "ouch.bx")
    assert near.log_in(NEIGHBOUR) == "A"
    go_on = threading.Event()
    real = passwords.is_of
    monkeypatch.setattr(passwords, "is_of", lambda *arguments: go_on.wait(PATIENCE) and real(*arguments))
    visitor = visit(venue)
    visitor.send(login(USER, "SECRET1"), order(1), order(2))
    assert near.hear() == "S"
    for number in range(1, 11):
        near.send(order(number))
        assert near.hear() == "A"
    assert visit(venue).log_in(OTHER) == "A", "a known password passes by"
    go_on.set()
    assert visitor.answer() == "A"
    assert visitor.hear(3) == "SAA"


def test_a_client_that_does_not_wait_for_its_answer_leaves_nothing_behind(host, visit, demo_config, walks, monkeypatch):
    venue = host(demo_config(HASHED))
    go_on = threading.Event()
    counted = passwords.is_of
    monkeypatch.setattr(passwords, "is_of", lambda *arguments: go_on.wait(PATIENCE) and counted(*arguments))
    gone = [visit(venue) for _ in range(40)]
    for number, visitor in enumerate(gone):
        visitor.send(login(f"NO{number % 20}"))
    door = venue.venue.door
    comes_true(venue, lambda: sum(map(len, door._lines.values())) == 40)
    for visitor in gone:
        visitor.close()
    comes_true(venue, lambda: venue.venue.crowd.count == 0)
    go_on.set()
    assert visit(venue).log_in(USER, "Secret1") == "A"
    assert len(walks) == 2, "of those who left, only the one that was begun"
    comes_true(venue, lambda: not door._lines)


# ----------------------------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("addresses", "source", "answer"),
    [
        (["127.0.0.1"], None, "A"),
        (["127.0.0.2"], None, "JA"),
        (["127.0.0.0/8"], ELSEWHERE, "A"),
        (["127.0.0.0/31"], ELSEWHERE, "JA"),
        (["10.0.0.0/8", "::1", "127.0.0.2"], ELSEWHERE, "A"),
        (["::/0"], None, "JA"),
    ],
)
def test_a_port_takes_logins_from_its_addresses_only(host, visit, demo_config, addresses, source, answer):
    venue = host(demo_config((FIRST_PORT, f"{FIRST_PORT}\naddresses = {addresses}")))
    assert visit(venue, source=source).log_in() == answer
    assert visit(venue, source=source).log_in(OTHER) == "A", "a port without addresses takes any"


def test_an_ipv6_address_is_held_against_ipv6_networks(host, visit, demo_config):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no ::1")
    change = (FIRST_PORT, f'{FIRST_PORT}\naddresses = ["::/64"]')
    venue = host(demo_config(change, ('host = "127.0.0.1"', 'host = "::1"')))
    assert visit(venue).log_in() == "A"
