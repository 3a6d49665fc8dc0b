"""Long answers go in slices: each step is bounded, orders flow in between, and nothing is lost, told twice or torn."""

import msgspec
import pytest
from desk import ADMIN, SECOND, Desk

from prmproto import extension as ask
from prmproto import listing
from prmproto.codes import ErrorCode
from prmproto.counters import COUNTERS, MESSAGES_A_SLICE
from prmproto.extension import CounterEntry, EndOfReply
from prmproto.messages import AccumulatedValues
from venue import config
from venue.machine import Machine
from venue.record import Kind

LISTS = {
    "a": ask.AccountList(5, ""),
    "u": ask.UserList(5, ""),
    "k": ask.CheckList(5, ""),
    "l": ask.LimitList(5, "", ""),
    "v": ask.CounterList(5, "", "", "S", 0),
    "V": ask.CounterList(5, "", "", "U", 0),
    "o": ask.RestrictionList(5, "", "*"),
}
MANY = 300
AT_ONCE = 16
"""The most that is told in one piece: an account's checks."""
PRINCIPLES = pytest.mark.section("PRM protocol", "3.1 Principles")
COUNTING = pytest.mark.section("PRM protocol", "3.4 Limits and counters")
CLEAN_UP = pytest.mark.section("PRM protocol", "3.10 Clean-up rules")


@pytest.fixture(scope="module")
def profile():
    """The demo with very many accounts of one member, each with a user of its own."""
    names = [f"GP29{number:02X}".ljust(6, "Z")[:6] for number in range(256)]
    names += [f"GP29Z{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"] + [f"GP29Y{number}" for number in range(10)]
    names += [f"GP29X{number}" for number in range(MANY - len(names))]
    users = 'users = ["GP29U1", "GP29U2", "GP29U3", "GP29U4", "GP29U5"'
    listed = ", ".join(f'"{name}"' for name in names)
    text = config.sample().replace(f"{users}]", f"{users}, {listed}]")
    table = '\n[[account]]\nname = "{0}"\nmpid = "GP29"\nusers = ["{0}"]\nrestricted_symbols = [101]\n'
    return text + "".join(table.format(name) + "[account.limits.SEK]\ntotal_open = 5000\n" for name in names)


@pytest.fixture
def crowd(profile, tmp_path):
    desk = Desk(tmp_path, profile, logged_in=(ADMIN,))
    while port(desk).is_under_way:
        step(desk)
    desk.hello()
    return desk


@pytest.fixture
def small(desk, monkeypatch):
    """The demo's accounts, a few messages a slice."""
    desk.hello()
    monkeypatch.setattr(listing, "MESSAGES_A_SLICE", 1)
    return desk


def port(desk, name=ADMIN):
    return desk.machine.ports[desk.index(name)]


def step(desk, name=ADMIN):
    """The next slice, as the port's timer asks for it."""
    desk.apply(Kind.SESSION_TIMER, desk.index(name), b"")
    return desk.said(name)


def steps(desk, request):
    """All slices of an answer."""
    slices = [desk.send(request)]
    while port(desk).listing is not None:
        slices.append(step(desk))
    return slices


def whole(slices):
    return [message for one in slices for message in one]


@PRINCIPLES
@pytest.mark.parametrize("letter", LISTS)
def test_an_answer_about_very_many_accounts_is_told_in_many_steps_each_of_few_messages(crowd, letter, monkeypatch):
    slices = steps(crowd, LISTS[letter])
    *entries, end = whole(slices)
    assert (end.request, end.count, end.status) == (5, len(entries), ErrorCode.OK)
    assert end.count >= MANY
    assert max(map(len, slices)) <= listing.MESSAGES_A_SLICE + AT_ONCE
    assert len(slices) >= len(entries) / (listing.MESSAGES_A_SLICE + AT_ONCE)
    monkeypatch.setattr(listing, "MESSAGES_A_SLICE", 100_000)
    assert [[*entries, end]] == steps(crowd, LISTS[letter]), "the same as in one piece"


@PRINCIPLES
def test_orders_are_answered_between_the_slices_of_an_answer(crowd):
    crowd.send(LISTS["l"])
    number = crowd.enter()
    assert crowd.open_orders() == [number]
    assert port(crowd).listing is not None, "the answer goes on behind the order"
    while port(crowd).listing is not None:
        said = step(crowd)
    assert said[-1].status == ErrorCode.OK


@PRINCIPLES
def test_an_entry_tells_what_is_so_when_its_turn_comes(small):
    said = small.send(LISTS["v"])
    assert {entry.account for entry in said} == {"GP29PR"}
    for account in ("GP29PR", "GP29Q1"):
        small.count(account, open_buy=7)
    while port(small).listing is not None:
        said += step(small)
    *entries, end = said
    told = {(one.account, one.currency): one.current for one in entries if one.counter == "B"}
    assert (told["GP29PR", "SEK"], told["GP29Q1", "SEK"]) == (0, 7) or told["GP29PR", "EUR"] == 0
    assert end.count == len(entries)


@PRINCIPLES
def test_what_is_asked_behind_a_long_answer_is_answered_behind_its_end(small):
    said = small.send(LISTS["l"])
    said += small.limits("GP29Q1", total_open=1)
    kinds = [type(message).__name__ for message in said]
    assert kinds.index("EndOfReply") == len(kinds) - 2 == kinds.index("LimitSettingsResponse") - 1
    assert {one.today for one in said[:-2] if (one.account, one.limit) == ("GP29Q1", "O")} == {10_000_000_000}


@COUNTING
def test_a_change_behind_its_entry_is_told_by_the_subscription_and_none_twice(small):
    small.count("GP29PR", traded_buy=1)
    small.tick()
    said = small.send(LISTS["V"])
    told = said[0].account
    small.count(told, said[0].currency, traded_buy=2)
    while port(small).listing is not None:
        said += step(small)
    assert isinstance(said[-1], EndOfReply)
    assert all(entry.request for entry in said[:-1]), "nothing by subscription before the end"
    small.wait(1)
    later = [entry for entry in small.tick() if isinstance(entry, CounterEntry)]
    assert [(one.account, one.current) for one in later if one.counter == "b"] == [(told, 2)]


@CLEAN_UP
def test_an_answer_whose_client_is_gone_is_ended_and_says_so(small):
    said = small.send(LISTS["l"])
    small.leave()
    end = small.said()[-1]
    assert (end.request, end.count, end.status) == (5, len(said), ErrorCode.HELLO_REQUIRED)
    assert not any(isinstance(message, EndOfReply) for message in small.log_in())
    assert port(small).listing is None


@CLEAN_UP
def test_the_day_ends_an_answer_with_its_stream(small):
    small.send(LISTS["l"])
    small.day()
    assert port(small).listing is None
    assert step(small) == []


@CLEAN_UP
def test_an_account_that_a_configuration_takes_away_meanwhile_is_left_out(small, monkeypatch):
    said = small.send(LISTS["a"])
    fewer = msgspec.structs.replace(port(small).settings, accounts=("GP29PR", "GP29P1"))
    monkeypatch.setattr(port(small), "settings", fewer)
    while port(small).listing is not None:
        said += step(small)
    assert [entry.account for entry in said[:-1]] == ["GP29PR", "GP29P1"]


@CLEAN_UP
@pytest.mark.parametrize("letter", LISTS)
def test_replay_and_a_start_from_a_snapshot_go_on_in_the_middle_of_an_answer(small, letter, tmp_path):
    small.book("A")
    said = small.send(LISTS[letter])
    assert port(small).listing is not None or letter == "o"
    other = Desk(tmp_path)
    other.machine = Machine(tmp_path)
    other.machine.restore(small.machine.snapshot())
    other.heard_of[ADMIN] = (other.machine.streams[other.index(ADMIN)], small.heard_of[ADMIN][1])
    other.now, other.records = small.now, small.records[:]
    while port(small).listing is not None:
        said = step(small)
        assert step(other) == said
    assert isinstance(said[-1], EndOfReply)
    again = Machine(tmp_path)
    for record in small.records:
        again.apply(record)
    assert again.hash() == small.machine.hash() == other.machine.hash()


# --------------------------------------------------------------------------------------------------------- counters


@COUNTING
def test_counters_at_login_come_in_slices_each_once(crowd):
    names = [account.name for account in port(crowd).accounts()]
    for name in names:
        crowd.count(name, open_sell=3)
    crowd.leave()
    slices = [crowd.log_in()]
    while port(crowd).is_under_way:
        slices.append(step(crowd))
    assert [one.account for one in whole(slices)] == names
    assert len(slices) == -(-len(names) // MESSAGES_A_SLICE)
    assert all(isinstance(message, AccumulatedValues) for message in whole(slices))
    assert step(crowd) == []


@COUNTING
def test_changes_on_very_many_accounts_are_told_in_slices_and_those_at_the_end_do_not_starve(crowd):
    names = [account.name for account in port(crowd).accounts()]
    whole(steps(crowd, LISTS["V"]))
    latest = {}
    for value in (1, 2):
        crowd.wait(1)
        for name in names:
            crowd.count(name, traded_sell=value)
        slices = [step(crowd)]
        while port(crowd).is_under_way:
            slices.append(step(crowd))
            for name in names[:50]:  # they change on, and wait for their next turn
                crowd.count(name, traded_sell=value + 100)
        assert max(map(len, slices)) <= MESSAGES_A_SLICE + len(COUNTERS) + 1
        latest |= {one.account: one.traded_sell for one in whole(slices) if isinstance(one, AccumulatedValues)}
        assert {latest[name] for name in names[50:]} == {value}


@COUNTING
def test_a_look_goes_through_a_slice_of_accounts_and_comes_round(crowd):
    counters, at, looks = port(crowd).counters, 0, []
    crowd.count(port(crowd).accounts()[-1].name, open_buy=1)
    while not looks or at:
        is_due, at = counters.look(at, crowd.now + SECOND)
        looks.append(is_due)
    assert looks == [False] * (len(looks) - 1) + [True]
    assert len(looks) > 1
