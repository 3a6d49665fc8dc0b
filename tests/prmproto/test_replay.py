"""Whatever a PRM port said, replay and a start from a snapshot say again; arbitrary bytes change nothing of that."""

import pytest
from desk import ADMIN, OTHER, VIEWER, Desk
from hypothesis import given, settings
from hypothesis import strategies as st

from prmproto import extension as ask
from prmproto.messages import IN, PRM
from venue.machine import Machine

CLEAN_UP = pytest.mark.section("PRM protocol", "3.10 Clean-up rules")
LETTERS = [ord(layout.letter) for layout in PRM.messages if layout.direction is IN]


def busy(desk):
    desk.hello()
    desk.hello(VIEWER)
    desk.ask(ask.SubscribeEvents, "", 511)
    desk.ask(ask.CounterList, "", "", "U", 250, by=VIEWER)
    desk.enter()
    desk.limits(total_open=5, maximum_quantity=50)
    desk.settings(repeated=3, switches="YYYY", block="C")
    desk.book("A")
    desk.segment("A", 200, "GP29Q1")
    desk.currency(lock="Y", blow_through="Y")
    desk.enter(60)
    desk.settings("GP31P8", block="B", by=OTHER)
    desk.leave(OTHER)
    for _ in range(101):
        desk.query(VIEWER)
    return desk


def afternoon(desk):
    said = [
        *desk.settings(block="U"),
        *desk.currency(lock="N"),
        *desk.cancel(),
        *desk.query(VIEWER),
        *desk.ask(ask.AuditList, "", 0),
        *desk.ask(ask.RestrictionList, "", "*"),
        *desk.ask(ask.AccountList, ""),
        *desk.log_in(OTHER),
    ]
    desk.wait(2)
    return [*said, *desk.tick(VIEWER), *desk.said(VIEWER), *desk.tick()]


@CLEAN_UP
def test_replay_rebuilds_streams_and_state_byte_for_byte(tmp_path):
    desk = busy(Desk(tmp_path))
    afternoon(desk)
    again = Machine(tmp_path)
    for record in desk.records:
        again.apply(record)
    again.settle()
    desk.machine.settle()
    assert [stream.digest() for stream in again.streams] == desk.streams()
    assert again.hash() == desk.machine.hash()


@CLEAN_UP
def test_a_start_from_a_snapshot_goes_on_where_the_first_one_was(tmp_path):
    desk = busy(Desk(tmp_path))
    other = Desk(tmp_path)
    other.machine = Machine(tmp_path, desk.machine.ignored)
    other.machine.restore(desk.machine.snapshot())
    assert other.machine.hash() == desk.machine.hash()
    other.numbers, other.now, other.order = dict(desk.numbers), desk.now, desk.order
    for name in (ADMIN, VIEWER, OTHER):
        desk.said(name)
        other.heard_of[name] = (other.machine.streams[other.index(name)], desk.heard_of[name][1])
    assert afternoon(other) == afternoon(desk)
    assert other.machine.hash() == desk.machine.hash()


@CLEAN_UP
def test_the_days_stream_is_there_for_who_comes_back_subscriptions_included(tmp_path):
    desk = busy(Desk(tmp_path))
    stream = desk.machine.streams[desk.index(ADMIN)]
    before = [stream.packet(number) for number in range(1, stream.count + 1)]
    desk.leave()
    desk.log_in()
    assert [stream.packet(number) for number in range(1, len(before) + 1)] == before


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return Desk(tmp_path_factory.mktemp("desk"))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LETTERS), st.binary(max_size=112)), max_size=6), st.booleans())
def test_arbitrary_messages_are_answered_or_end_the_session_and_raise_nothing(shared, messages, hello):
    shared.wait(1)
    shared.log_in()
    if hello:
        shared.hello()
    fixed = {ord(layout.letter): layout.fixed for layout in PRM.messages if layout.direction is IN}
    for letter, rest in messages:
        message = bytes([letter]) + rest
        shared.send_bytes(message)
        shared.send_bytes(message.ljust(fixed[letter], b"\xff")[: fixed[letter]])
