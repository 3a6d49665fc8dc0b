"""The stream of what happens to risk rules, over a replica's machine: who is told what, and who has to start over."""

import demo
import msgspec
import pytest

from engine.api import NextDay
from engine.rule_instructions import CreateRule, RuleEntry, UpdateRule
from venue.record import Kind, Record
from venue.sidecar.auth.identity import Identity
from venue.sidecar.replica import Replica
from venue.sidecar.rule_feed import ALL_OF_IT, EXPOSURE, RULE_KINDS, RuleFeed, place_of

NOON = 1_795_107_600_000_000_000
ALL = Identity("client:all", frozenset(), None)
INET = Identity("client:inet", frozenset(), frozenset({"INET"}))
PORT = Identity("client:port", frozenset(), frozenset({"INET"}), frozenset({"IN19T6"}))
MIDNIGHTS = dict.fromkeys(("nasdaq", "bx", "psx", "nordic"), NOON)


class Floor:
    """A replica whose machine is told records by hand."""

    def __init__(self, folder):
        self.replica = Replica(folder, folder / "run")
        self.feed = RuleFeed(self.replica)
        self.feed.begin()
        self.do(demo.market())
        self.do(NextDay("2026-11-20", "20261120", MIDNIGHTS))

    def do(self, command):
        record = Record(Kind.COMMAND, 0, NOON, NOON, msgspec.msgpack.encode(command))
        assert self.replica.machine.apply(record) is None
        return self.replica.machine.number

    def make(self, rule_id, mpid="INET", port=None, rule_type="max-shares", **settings):
        entry = RuleEntry(rule_id, rule_type, "NASDAQ", mpid, port, (), settings or {"limit": 5})
        return self.do(CreateRule(entry, "ann"))


@pytest.fixture
def floor(tmp_path):
    return Floor(tmp_path)


def rules(subscription):
    return list(dict.fromkeys(event.data["ruleId"] for event in subscription.take()))


def test_each_follower_hears_of_what_it_may_see(floor):
    followers = {who: floor.feed.open(("revision",), None, who) for who in (ALL, INET, PORT)}
    floor.make("a", "AKAM")
    floor.make("b")
    floor.make("c", port="IN24T4")
    floor.make("d", port="IN19T6")
    assert {who.subject: rules(followers[who]) for who in followers} == {
        "client:all": ["a", "b", "c", "d"],
        "client:inet": ["b", "c", "d"],
        "client:port": ["d"],
    }


def test_who_comes_back_hears_what_it_missed_and_nothing_twice(floor):
    record = floor.make("a")
    floor.make("b")
    assert rules(floor.feed.open(("revision",), (record, ALL_OF_IT), ALL)) == ["b"]
    assert rules(floor.feed.open(("revision",), (record - 1, ALL_OF_IT), ALL)) == ["a", "b"]
    assert rules(floor.feed.open(("breach",), (record - 1, ALL_OF_IT), ALL)) == []


def test_a_break_between_two_events_of_a_record_loses_none_and_tells_none_twice(floor):
    follower = floor.feed.open(("revision",), None, ALL)
    floor.make(
        "a", rule_type="order-type", reject_intermarket_sweep=True, reject_short_sale=True, reject_pre_market=True
    )
    events = follower.take()
    record = events[0].record
    assert [place_of(event) for event in events] == [(record, part) for part in range(1, len(events) + 1)]
    assert len(events) >= 3
    for missed, last in enumerate(events, 1):
        assert floor.feed.open(("revision",), place_of(last), ALL).take() == events[missed:]


def test_what_is_not_kept_any_more_of_a_record_lets_a_follower_start_over(floor):
    record = floor.make("a", rule_type="order-type", reject_intermarket_sweep=True, reject_short_sale=True)
    floor.feed.since = (record, 1)
    assert [event.part for event in floor.feed.open(("revision",), (record, 1), ALL).take()][:1] == [2]
    assert [event.kind for event in floor.feed.open(("revision",), (record, 0), ALL).take()] == ["reset"]


def test_who_was_away_too_long_or_names_a_record_to_come_starts_over(floor):
    floor.feed.since = (2, ALL_OF_IT)
    for after in (1, 10_000):
        assert [event.kind for event in floor.feed.open(("revision",), (after, ALL_OF_IT), ALL).take()] == ["reset"]


def test_an_event_says_who_changed_what(floor):
    follower = floor.feed.open(RULE_KINDS[:-1], None, ALL)
    floor.make("a")
    floor.do(UpdateRule("a", {"limit": 6}, next_day=True, user="bob"))
    told = follower.take()[-1]
    facts = ("ruleId", "revision", "user", "subject", "oldValue", "newValue", "exchange", "mpid", "port", "groupId")
    assert [told.data[name] for name in facts] == [
        "a",
        "UPDATE",
        "bob",
        "limit",
        "5",
        "6",
        "NASDAQ",
        "INET",
        None,
        None,
    ]


async def test_exposures_come_whole_at_first_and_then_as_they_change(floor):
    floor.make("a", rule_type="gross-exposure", open_action=30_000, breach_action="REJECT")
    floor.do(NextDay("2026-11-23", "20261123", MIDNIGHTS))
    follower = floor.feed.open((EXPOSURE,), None, INET)
    (event,) = follower.take()
    assert (event.data["ruleId"], event.data["open"], event.data["level"]) == ("a", "0.0000", "NONE")
    assert floor.feed._look_at_exposures() == []
    assert floor.feed.open((EXPOSURE,), None, PORT).take() == []
    floor.feed.close()
    assert floor.feed._task is None
    assert follower.is_over


def test_on_another_machine_every_follower_starts_over(floor):
    follower = floor.feed.open(("revision",), None, ALL)
    floor.make("a")
    floor.replica.rebuild()
    floor.feed.begin()
    assert [event.kind for event in follower.take()] == ["reset"]
