"""What waits for Drop ports: in order, in turns, never more than so much."""

from types import SimpleNamespace

import pytest

from engine.api import Port, PortEntry
from engine.watch import NOTES_A_TURN, WAITING_MAX, Notes

FIX_DROP = pytest.mark.section("Portcullis", "FIX Drop")


ONE, TWO = (Port(PortEntry(name, "FIRM", "nasdaq", "ouch"), place) for place, name in enumerate(("ONE", "TWO")))


class Hearer:
    def __init__(self):
        self.heard = []

    def take(self, port, note):
        self.heard.append((port, note))


@pytest.fixture
def notes():
    return Notes(SimpleNamespace(wall_time=0))


@FIX_DROP
def test_who_comes_to_tell_is_asked_for_with_the_first_note_that_waits(notes):
    asked = []
    notes.begun = lambda: asked.append(len(notes.waiting))
    hearer = Hearer()
    for number in range(5):
        notes.add((hearer,), ONE, number)
    assert (asked, hearer.heard) == ([1], [])
    notes.settle(3)
    notes.add((hearer,), ONE, 5)
    assert asked == [1]
    notes.settle()
    notes.add((hearer,), ONE, 6)
    assert asked == [1, 1]
    assert [note for _, note in hearer.heard] == [0, 1, 2, 3, 4, 5]


@FIX_DROP
def test_each_note_is_told_to_all_who_hear_the_port_before_the_next(notes):
    first, second, told = Hearer(), Hearer(), []
    for name, hearer in (("first", first), ("second", second)):
        hearer.take = lambda _, note, name=name: told.append((name, note))
    notes.add((first, second), ONE, 1)
    notes.add((second,), TWO, 2)
    notes.settle()
    assert told == [("first", 1), ("second", 1), ("second", 2)]


@FIX_DROP
def test_no_more_waits_than_the_bound(notes):
    hearer = Hearer()
    most = 0
    for number in range(3 * WAITING_MAX):
        notes.add((hearer,), ONE, number)
        most = max(most, len(notes.waiting))
    assert most == WAITING_MAX
    assert len(hearer.heard) >= 3 * WAITING_MAX - WAITING_MAX
    assert len(hearer.heard) % NOTES_A_TURN == 0
    notes.settle()
    assert [note for _, note in hearer.heard] == list(range(3 * WAITING_MAX))
