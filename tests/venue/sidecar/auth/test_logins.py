"""Logins of clients and people: the same work whoever asks, later after failures, and nothing that grows for ever."""

import asyncio
import threading
from ipaddress import ip_address

import pytest
from gatehouse import added, changed, secret_of
from structlog.testing import capture_logs

from venue import admission, passwords
from venue.desk import Client, Desk, hash_secret
from venue.problem import Problem
from venue.sidecar.auth import logins as module
from venue.sidecar.auth.logins import Logins
from venue.sidecar.auth.principals import Principals

HERE, THERE = ip_address("127.0.0.1"), ip_address("127.0.0.2")
OWN = passwords.hash_password("a-Secret-of-my-own", exact=True)
TABLES = added(
    f"[[client]]\nid = 'own'\nsecret_hash = '{OWN}'\nroles = ['prm-read']\n"
    f"[[person]]\nname = 'kim'\npassword_hash = '{OWN}'\nroles = ['prm-read']\n"
)


def settings(text):
    return ("[soupbintcp]\n", f"[login]\n{text}\n[soupbintcp]\n")


@pytest.fixture
async def build():
    """Make logins of the demo's configuration with changes."""
    made = []

    def build(*changes):
        desk = Desk()
        desk.clients["made"] = Client("made", ("prm-read",), None, hash_secret("s" * 32))
        config = changed(TABLES, *changes)
        made.append(Logins(config.login, Principals(config, lambda: desk, [])))
        return made[-1]

    yield build
    for each in made:
        each.close()


@pytest.fixture
def walks(monkeypatch):
    """The argon2 hashes that were walked, each with the thread that did it."""
    walked = []
    real = passwords.is_of

    def is_of(secret, hash_):
        walked.append((hash_, threading.current_thread()))
        return real(secret, hash_)

    monkeypatch.setattr(passwords, "is_of", is_of)
    return walked


@pytest.mark.parametrize(
    ("kind", "name", "secret"),
    [
        ("client", "eqrc-inet", "wrong"),
        ("client", "nobody", "wrong"),
        ("client", "nobody", ""),
        ("client", "docs", ""),
        ("client", "docs", "wrong"),
        ("client", "own", "wrong"),
        ("client", "made", "wrong"),
        ("client", "desk", "NTFTEST"),
        ("person", "desk", "wrong"),
        ("person", "kim", "wrong"),
        ("person", "kim", "A-SECRET-OF-MY-OWN"),
        ("person", "nobody", "NTFTEST"),
        ("person", "eqrc-inet", secret_of("eqrc-inet")),
        ("person", "made", "s" * 32),
    ],
)
async def test_a_failure_is_one_walk_off_the_loop_whatever_was_wrong(build, walks, kind, name, secret):
    assert await getattr(build(), kind)(name, secret, HERE) is None
    ((_, thread),) = walks
    assert thread is not threading.main_thread()


@pytest.mark.parametrize(
    ("kind", "name", "secret", "most"),
    [
        ("client", "eqrc-inet", secret_of("eqrc-inet"), 0),
        ("client", "made", "s" * 32, 0),
        ("client", "own", "a-Secret-of-my-own", 1),
        ("person", "desk", "NTFTEST", 0),
        ("person", "kim", "a-Secret-of-my-own", 1),
    ],
)
async def test_what_is_right_is_walked_at_most_once_and_then_remembered(build, walks, kind, name, secret, most):
    logins = build()
    for _ in range(3):
        found = await getattr(logins, kind)(name, secret, HERE)
        assert found.subject == f"{kind}:{name}"
    assert len(walks) == most


async def test_many_logins_of_one_that_is_right_at_once_are_all_let_in_by_one_walk(build, walks):
    logins = build()
    found = await asyncio.gather(*(logins.person("kim", "a-Secret-of-my-own", HERE) for _ in range(15)))
    assert {person.subject for person in found} == {"person:kim"}
    assert len(walks) == 1


async def waits(logins, name="desk", password="WRONG", address=HERE):
    """The seconds that a login is told to wait; None where it is looked at."""
    try:
        await logins.person(name, password, address)
    except Problem as problem:
        return {429: int(problem.headers["Retry-After"])}[problem.status]
    return None


async def test_who_fails_again_and_again_waits_longer_and_longer_and_the_right_password_waits_too(build, monkeypatch):
    monkeypatch.setattr(passwords, "is_of", lambda *_: False)
    now = 1_000.0
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
    logins = build(settings("failures_before_delay = 3\nfirst_delay_ms = 1000\nlongest_delay_ms = 10000"))
    told = []
    for _ in range(9):
        seconds = await waits(logins)
        told.append(seconds)
        if seconds is not None:
            now += seconds
            assert await waits(logins) is None
    assert told == [None, None, None, 1, 2, 4, 8, 10, 10]
    assert await waits(logins, password="NTFTEST") == 10
    assert await waits(logins, address=THERE) is None
    assert await waits(logins, "inet-risk") is None
    now += 10
    assert (await logins.person("desk", "NTFTEST", HERE)).name == "desk"
    assert [await waits(logins) for _ in range(3)] == [None] * 3, "and it begins afresh"


async def test_of_a_crowd_of_guesses_that_are_not_looked_at_the_log_has_a_line_and_not_a_crowd_of_them(build):
    logins = build(settings("failures_before_delay = 1"))
    with capture_logs() as lines:
        for _ in range(50):
            await waits(logins)
        logins.close()
    assert [line["event"] for line in lines] == ["login failed", "logins refused unseen"]
    assert lines[1]["count"] == 49


async def test_a_guesser_has_no_more_tries_for_having_a_whole_ipv6_network(build):
    logins = build(settings("failures_before_delay = 2"))
    told = [await waits(logins, address=ip_address(f"2001:db8::{number}")) for number in (1, 2, 3)]
    assert told == [None, None, 1]
    assert await waits(logins, address=ip_address("2001:db8:0:1::1")) is None


async def test_a_client_and_a_person_of_one_name_fail_apart(build):
    logins = build(settings("failures_before_delay = 1"))
    assert await logins.client("desk", "WRONG", HERE) is None
    assert (await logins.person("desk", "NTFTEST", HERE)).name == "desk"


async def test_many_at_once_guess_no_faster_than_one(build, walks):
    logins = build(settings("failures_before_delay = 3\nfirst_delay_ms = 600000\nlongest_delay_ms = 600000"))
    answers = await asyncio.gather(*(waits(logins) for _ in range(20)))
    assert len(walks) == answers.count(None) == 3


async def test_who_waits_is_bounded_for_one_and_for_all_and_leaves_nothing_behind(build, monkeypatch):
    monkeypatch.setattr(module, "WAITING_MOST_PER_PAIR", 2)
    monkeypatch.setattr(module, "WAITING_MOST", 3)
    logins = build()
    answers = await asyncio.gather(*(waits(logins, name) for name in ("a", "a", "a", "b", "c", "d")))
    assert answers == [None, None, 5, None, 5, 5]
    assert (logins._lines, logins._waiting) == ({}, 0)


async def test_who_leaves_while_waiting_gives_the_place_back(build):
    logins = build()
    tasks = [asyncio.create_task(logins.person("kim", str(number), HERE)) for number in range(5)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (logins._lines, logins._waiting) == ({}, 0)
    assert (await logins.person("kim", "a-Secret-of-my-own", HERE)).name == "kim"


async def test_failures_of_ever_new_names_are_forgotten_from_the_oldest_on(build, monkeypatch):
    monkeypatch.setattr(admission, "FAILURES_KEPT", 20)
    monkeypatch.setattr(passwords, "is_of", lambda *_: False)
    logins = build()
    for number in range(60):
        await logins.person(f"n{number}" + "x" * 1_000 * (number % 2), "WRONG", HERE)
    assert len(logins._backoff) == 20
    assert max(len(name) for _, name in logins._backoff) < 80
