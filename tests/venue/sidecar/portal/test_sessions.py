"""Sessions and begun logins: how long they last, whom they are of, how many there may be."""

import pytest

from venue.sidecar.auth.principals import Principal
from venue.sidecar.portal import login, sessions
from venue.sidecar.portal.login import Logins
from venue.sidecar.portal.sessions import Sessions

ROLES = frozenset({"prm-read", "prm-write"})
RISK = Principal("person:gp29-risk", ROLES, frozenset({"GP29"}), "secret")


class People:
    """Who there is."""

    def __init__(self):
        self.known = {RISK.subject: RISK}

    def find(self, subject):
        return self.known.get(subject)


@pytest.fixture
def people():
    return People()


@pytest.fixture
def clock():
    return [1_000.0]


@pytest.fixture
def kept(people, clock):
    return Sessions(people, lambda: clock[0])


def test_a_session_is_found_by_its_key_alone(kept):
    session = kept.begin(RISK, ROLES)
    assert kept.find(session.key) is session
    assert kept.find("") is kept.find(session.csrf) is None
    assert kept.identity(session) == ("person:gp29-risk", ROLES, frozenset({"GP29"}), None)
    assert session.key not in repr(session)
    assert session.csrf not in repr(session)


def test_a_session_ends_with_its_person_or_its_password(kept, people):
    first, second = kept.begin(RISK, ROLES), kept.begin(RISK, ROLES)
    people.known[RISK.subject] = RISK._replace(credential="another")
    assert kept.find(first.key) is None
    people.known.clear()
    assert not kept.lives(second)
    assert kept.find(second.key) is None


def test_a_session_ends_when_it_was_idle_or_is_old(kept, clock):
    idle, used = kept.begin(RISK, ROLES), kept.begin(RISK, ROLES)
    while clock[0] < 1_000 + sessions.LONGEST_SECONDS - 60:
        assert kept.find(used.key) is used
        clock[0] += sessions.IDLE_SECONDS - 60
    assert kept.find(idle.key) is None
    clock[0] = 1_000 + sessions.LONGEST_SECONDS
    assert kept.find(used.key) is None


def test_what_a_page_asks_for_by_itself_keeps_no_session(kept, clock):
    session = kept.begin(RISK, ROLES)
    clock[0] += sessions.IDLE_SECONDS - 1
    assert kept.find(session.key, is_use=False) is session
    clock[0] += 1
    assert kept.find(session.key, is_use=False) is None


def test_roles_that_were_taken_away_are_gone_at_once(kept, people):
    session = kept.begin(RISK, ROLES)
    roles, ports = frozenset({"prm-read", "operations"}), frozenset({"GP29O1"})
    people.known[RISK.subject] = RISK._replace(roles=roles, mpids=None, ports=ports)
    assert kept.identity(session) == ("person:gp29-risk", frozenset({"prm-read"}), frozenset({"GP29"}), ports)


def test_sessions_and_logins_are_bounded(kept, people, monkeypatch):
    monkeypatch.setattr(sessions, "SESSIONS_KEPT", 20)
    monkeypatch.setattr(sessions, "SESSIONS_OF_ONE", 3)
    monkeypatch.setattr(login, "PENDING_KEPT", 3)
    mine = [kept.begin(RISK, ROLES) for _ in range(5)]
    assert [kept.find(one.key) is not None for one in mine] == [False, False, True, True, True]
    for number in range(30):
        other = RISK._replace(subject=f"person:{number}")
        people.known[other.subject] = other
        kept.begin(other, ROLES)
    assert len(kept) == 20
    logins = Logins()
    begun = [logins.begin("http://here/portal/callback", "", 0.0) for _ in range(5)]
    assert len(logins.pending) == 3
    state, last = begun[-1]
    assert logins.take(state, "another browser", 0.0) is None
    assert logins.take(state, last.browser, 0.0) is None, "it is used up by trying"
    state, last = begun[-2]
    assert logins.take(state, last.browser, login.PENDING_SECONDS) is None
    state, last = begun[-3]
    assert logins.take(state, last.browser, 1.0) is last
