"""Passwords: hashes that are taken and refused, one thread by turns, and what this process remembers."""

import asyncio
import threading

import pytest

from venue import passwords
from venue.passwords import USUAL_COST, BadHash, Check, Cost, Remembered, Verifier, cost_of, dummy, hash_password, is_of

SALT, DIGEST = "A" * 22, "A" * 43
HASH = hash_password("Secret1")
GOOD = dummy(USUAL_COST)
DEAR = f"$argon2id$v=19$m=256,t=1,p=2${SALT}${DIGEST}"


def test_a_hash_is_of_its_password_in_upper_and_lower_case_and_of_no_other():
    assert is_of(b"SECRET1", HASH)
    assert hash_password("sECRET1") != HASH, "each has a salt of its own"
    assert is_of(b"SECRET1", hash_password("sECRET1"))
    for other in (b"", b"SECRET", b"SECRET11", b"secret1"):
        assert not is_of(other, HASH)
    assert not is_of(b"SECRET1", dummy(USUAL_COST))


def test_a_dummy_costs_what_the_real_one_costs():
    assert cost_of(HASH) == cost_of(dummy(USUAL_COST)) == USUAL_COST
    assert cost_of(dummy(Cost(3, 4_096, 2))) == Cost(3, 4_096, 2)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no argon2id"),
        ("NTFTEST", "no argon2id"),
        (GOOD.replace("argon2id", "argon2i"), "no argon2id"),
        (GOOD.replace("v=19", "v=16"), "no argon2id"),
        (f"{GOOD}\n", "no argon2id"),
        (GOOD.rsplit("$", 1)[0], "no argon2id"),
        (GOOD[:-1] + "!", "no argon2id"),
        (f"$argon2id$v=19$m=256,t=1,p=1${SALT[:-1]}B${DIGEST}", "no argon2id"),
        (f"$argon2id$v=19$m=256,t=1,p=1${SALT[:-1]}${DIGEST}", "no argon2id"),
        (f"$argon2id$v=19$m=0,t=1,p=1${SALT}${DIGEST}", "no argon2id"),
        (f"$argon2id$v=19$m=15,t=1,p=2${SALT}${DIGEST}", "eight times"),
        (f"$argon2id$v=19$m=262145,t=1,p=1${SALT}${DIGEST}", "costs more"),
        (f"$argon2id$v=19$m=256,t=11,p=1${SALT}${DIGEST}", "costs more"),
        (f"$argon2id$v=19$m=256,t=1,p=5${SALT}${DIGEST}", "costs more"),
    ],
)
def test_what_is_no_hash_or_too_dear_is_refused(text, why):
    with pytest.raises(BadHash, match=why):
        cost_of(text)


def test_what_is_remembered_is_a_keyed_hash_that_differs_from_process_to_process():
    one, two = Remembered(), Remembered()
    for each in (one, two):
        assert not each.matches("IN19T6", "NTFTEST")
        each.remember("IN19T6", "ntftest")
        assert each.matches("IN19T6", "NTFTEST")
        assert each.matches("IN19T6", "ntfTEST")
        assert not each.matches("IN19T6", "NTFTES")
        assert not each.matches("IN24T4", "NTFTEST")
    assert one._known != two._known
    assert b"NTFTEST" not in one._known["IN19T6"]


# ----------------------------------------------------------------------------------------------------------- the thread


@pytest.fixture
def walks(monkeypatch):
    """The hashes that were walked, each with whether it was the loop's thread that did it."""
    walked = []
    real = is_of

    def is_of_counted(secret, hash_):
        walked.append((hash_, threading.current_thread() is threading.main_thread()))
        return real(secret, hash_)

    monkeypatch.setattr(passwords, "is_of", is_of_counted)
    return walked


@pytest.fixture
async def verifier():
    made = Verifier(asyncio.get_running_loop(), [HASH])
    yield made
    made.close()


async def ask(verifier, *checks):
    """Submit (address, password, hash) all at once; gives the answers in the order they came."""
    answers = []
    everything = asyncio.Event()

    def found(name, right):
        answers.append((name, right))
        if len(answers) == len(checks):
            everything.set()

    made = [
        Check(address, secret, hash_, lambda right, name=(address, secret): found(name, right))
        for address, secret, hash_ in checks
    ]
    for check in made:
        verifier.submit(check)
    await asyncio.wait_for(everything.wait(), 30)
    return answers


async def test_right_wrong_and_nobodys_password_walk_one_hash_each_and_never_on_the_loop(verifier, walks):
    assert await ask(verifier, ("a", "SECRET1", HASH), ("a", "WRONG", HASH), ("a", "SECRET1", None)) == [
        (("a", "SECRET1"), True),
        (("a", "WRONG"), False),
        (("a", "SECRET1"), False),
    ]
    assert walks == [(HASH, False), (HASH, False), (dummy(USUAL_COST), False)]


async def test_where_hashes_cost_differently_every_check_walks_each_cost_once(walks):
    verifier = Verifier(asyncio.get_running_loop(), [HASH, DEAR, hash_password("X")])
    for hash_, right in ((HASH, True), (DEAR, False), (None, False)):
        walks.clear()
        ((_, found),) = await ask(verifier, ("a", "SECRET1", hash_))
        assert found is right
        assert [cost_of(walked) for walked, _ in walks] == [USUAL_COST, cost_of(DEAR)]
    verifier.close()


async def test_addresses_take_turns_so_that_a_crowd_waits_for_itself(verifier):
    crowd = [("crowd", str(number), None) for number in range(5)]
    answers = await ask(verifier, *crowd, ("near", "SECRET1", HASH), ("far", "SECRET1", HASH))
    assert [address for (address, _), _ in answers] == ["crowd", "crowd", "near", "far", "crowd", "crowd", "crowd"]


async def test_a_check_that_nobody_waits_for_any_more_is_not_done(verifier, walks):
    answers = []
    checks = [Check("a", str(number), None, answers.append) for number in range(100)]
    for check in checks:
        verifier.submit(check)
        check.dropped = True
    assert await ask(verifier, ("a", "SECRET1", HASH)) == [(("a", "SECRET1"), True)]
    assert answers == [False, *[None] * 99]
    assert len(walks) == 2


async def test_after_close_nobody_is_answered(verifier):
    answers = []
    for number in range(3):
        verifier.submit(Check("a", str(number), None, answers.append))
    verifier.close()
    assert verifier.waiting == 0
    verifier._thread.shutdown(wait=True)
    for _ in range(5):  # what the thread handed to the loop comes within these turns
        await asyncio.sleep(0)
    assert answers == []
