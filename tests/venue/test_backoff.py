"""Logins that fail again and again: looked at later and later, to nobody else's harm.

Through TCP on a real venue; the arithmetic on a door whose loop has its time set by hand.
"""

import asyncio
from concurrent.futures import Future

import pytest
from doors import ELSEWHERE, OTHER, USER, comes_true, login, order
from structlog.testing import capture_logs

from venue import admission, passwords
from venue.admission import Admitted, Door, Refused


def patient(limits):
    """Settings of the back-off, as a change of the sample."""
    return ("[soupbintcp]\n", f"[login]\n{limits}\n\n[soupbintcp]\n")


def test_who_fails_too_often_waits_and_then_the_right_password_is_let_in_and_forgiven(host, visit, demo_config):
    limits = "failures_before_delay = 2\nfirst_delay_ms = 50\nlongest_delay_ms = 100"
    with capture_logs() as lines:
        venue = host(demo_config(patient(limits)))
        assert [visit(venue).log_in(password="WRONG") for _ in range(5)] == ["JA"] * 5
        assert visit(venue).log_in() == "A"
    waits = [line for line in lines if line["event"] == "login waits"]
    assert {(line["username"], line["address"]) for line in waits} == {(USER, "127.0.0.1")}
    assert sorted({line["failures"] for line in waits}) == [2, 3, 4, 5]
    assert not venue.venue.door._failures


def test_who_waits_holds_back_no_other_name_and_no_other_address(host, visit, demo_config):
    venue = host(demo_config(patient("failures_before_delay = 1\nfirst_delay_ms = 600000\nlongest_delay_ms = 600000")))
    assert visit(venue).log_in(password="WRONG") == "JA"
    waiting = visit(venue)
    waiting.send(login())
    comes_true(venue, lambda: venue.venue.door._timers)
    assert visit(venue).log_in(OTHER) == "A"
    elsewhere = visit(venue, source=ELSEWHERE)
    assert elsewhere.log_in() == "A"
    elsewhere.send(order(1))
    assert elsewhere.hear(2) == "SA"
    waiting.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        waiting.socket.recv(1)


class HandLoop:
    """A loop as the door needs it: its time is set by hand, and its thread answers at once."""

    def __init__(self):
        self.now = 0.0
        self.timers = []

    def time(self):
        return self.now

    def call_soon(self, function, *arguments):
        function(*arguments)

    def call_later(self, seconds, function, *arguments):
        timer = asyncio.TimerHandle(self.now + seconds, function, arguments, self)
        self.timers.append(timer)
        return timer

    def get_debug(self):
        return False

    def _timer_handle_cancelled(self, timer):
        self.timers.remove(timer)

    def run_in_executor(self, _, function, *arguments):
        future = Future()
        future.set_result(function(*arguments))
        return future

    def advance(self):
        """Go to the next timer; gives how long that took."""
        timer = min(self.timers, key=lambda timer: timer.when())
        self.timers.remove(timer)
        passed, self.now = timer.when() - self.now, timer.when()
        timer._run()
        return passed


@pytest.fixture
def door(demo_config, monkeypatch):
    """A door with a delay after three failures, from one second up to ten; passwords cost nothing to check."""
    monkeypatch.setattr(passwords, "is_of", lambda *_: False)
    limits = "failures_before_delay = 3\nfirst_delay_ms = 1000\nlongest_delay_ms = 10000"
    loop = HandLoop()
    made = Door(loop, demo_config(patient(limits)))
    yield made
    made.close()


def ask(door, answers, password="WRONG", name=USER, address="10.0.0.1"):
    return door.ask("ouch.nasdaq", name, password, address, answers.append)


def test_the_delay_doubles_up_to_its_bound_and_a_success_ends_it(door):
    answers, waited = [], []
    for _ in range(9):
        before = len(answers)
        ask(door, answers)
        waited.append(0.0 if len(answers) > before else door._loop.advance())
    assert answers == [Refused("wrong password")] * 9
    assert waited == [0, 0, 0, 1, 2, 4, 8, 10, 10]
    ask(door, answers, "NTFTEST")
    assert len(answers) == 9
    assert door._loop.advance() == 10
    assert isinstance(answers.pop(), Admitted)
    for _ in range(3):
        ask(door, answers)
    assert (len(answers), door._loop.timers) == (12, [])


def test_many_at_once_guess_no_faster_than_one(door):
    answers = []
    for _ in range(20):
        ask(door, answers)
    assert len(answers) == 3
    assert [door._loop.advance() for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    assert len(answers) == 9


def test_time_that_passed_is_not_waited_for_again(door):
    answers = []
    for _ in range(3):
        ask(door, answers)
    door._loop.now += 5
    ask(door, answers)
    assert (len(answers), door._loop.timers) == (4, [])


def test_an_attempt_that_is_dropped_frees_the_next(door):
    answers = []
    attempts = [ask(door, answers) for _ in range(10)]
    for attempt in attempts[3:]:
        door.forget(attempt)
    assert len(door._lines[attempts[0].pair]) == 1, "the one whose timer runs"
    ask(door, answers, "NTFTEST")
    door._loop.advance()
    assert [type(answer) for answer in answers] == [Refused] * 3 + [Admitted]
    assert (door._lines, door._timers) == ({}, {})


def test_failures_of_ever_new_names_are_forgotten_from_the_oldest_on(door, monkeypatch):
    monkeypatch.setattr(admission, "FAILURES_KEPT", 50)
    answers = []
    for number in range(500):
        ask(door, answers, name=f"N{number}", address=f"10.0.{number % 7}.1")
    assert len(answers) == 500
    assert [name for _, name in door._failures] == [f"N{number}" for number in range(450, 500)]
    assert (door._lines, door._timers, door._verifier.waiting) == ({}, {}, 0)
