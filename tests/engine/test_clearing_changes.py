"""Post-Trade Risk where what it goes by changes during a day: another clearing firm, other limits, another kill."""

import msgspec
import pytest
from clearing_day import DOLLAR, ENTRIES, Day

from engine.clearing import Clearing
from engine.clearing_commands import BreakReport, ClearingLimits, PermitCounterparty
from engine.clearing_state import ClearingState, RelationState, Standing

pytestmark = pytest.mark.section("PTR", "3.2 Semantics")
LIMITS = ClearingLimits(per_trade=100)


def handed_over(day):
    """Let another firm clear for INET."""
    day.fold.configure([msgspec.structs.replace(ENTRIES[0], firm="CLRB", limits=LIMITS), ENTRIES[1]], day.now)
    return day


def again(fold):
    """The same after a restart."""
    other = Clearing()
    other.load(msgspec.msgpack.decode(msgspec.msgpack.encode(fold.dump()), type=ClearingState))
    return other


def test_what_a_former_clearing_firm_answers_for_is_not_the_next_ones_also_when_it_is_broken():
    day = Day().trade(10).report(20)
    first, day = day.last, handed_over(day)
    assert day.totals() == (0, 0, 0)
    day.trade(5).report(7)
    day.fold = again(day.fold)
    day.bust(first).fold.apply(BreakReport("trf-1"), day.now)
    assert day.totals() == (12, 0, 12)
    assert day.totals("AKAM") == (0, 12, -12), "its own clearing firm is the same"
    day.bust().fold.apply(BreakReport("trf-2"), day.now)
    assert day.totals() == (0, 0, 0)


def test_what_is_held_when_another_firm_takes_over_is_not_cleared_and_not_that_firms_to_allow():
    day = Day(per_trade=10).trade(11)
    day = handed_over(day)
    row = day.fold.audit[-1]
    assert (row.firm, row.user, row.action, row.field) == ("CLRG", "venue", "INHIBIT", "nasdaq-1-B")
    assert [told.kind for told in day.told] == ["held", "inhibited"]
    day.fold = again(day.fold)
    assert day.decide("nasdaq-1-B", allow=True).totals() == (0, 0, 0)
    assert day.fold.legs == {}
    assert day.bust().totals() == (0, 0, 0)


def test_a_counterparty_that_was_opted_out_stays_out_when_another_firm_takes_over():
    day = Day()
    day.fold.apply(PermitCounterparty("INET", "AKAM", False), 1)
    assert not handed_over(day).fold.relations["INET"].permits("AKAM")


def test_what_the_former_firm_cleared_is_forgotten_with_its_day():
    day = handed_over(Day().trade(10))
    day.fold.next_day(2, "2026-11-23", day.now)
    day.match = 0
    assert day.trade(10).bust().totals() == (0, 0, 0)


def test_a_kill_by_hand_takes_the_place_of_one_by_a_breach_and_outlasts_the_day():
    day = Day(aggregate_buy=100, kill_on_breach=True).trade(101).kill(on=True)
    assert day.alerts[-2:] == [("KILL", "aggregate_buy"), ("KILL", "hand")]
    row = day.fold.audit[-1]
    assert (row.user, row.action, row.field, row.old, row.new) == ("client:x", "KILL", "hand", "on", "on")
    day.fold.next_day(2, "2026-11-23", day.now)
    assert day.fold.relations["INET"].kill == "hand"


def test_a_kill_that_is_asked_for_while_a_limit_is_breached_comes_at_once_and_stays_lifted_when_it_is_lifted():
    day = Day(aggregate_buy=100).trade(101).set(next_day=True, today=False, kill_on_breach=True).trade(1)
    assert day.totals() == (102, 0, 102), "that is tomorrow's"
    day.set(kill_on_breach=True).trade(1)
    assert day.totals() == (102, 0, 102)
    assert day.alerts[-1] == ("KILL", "aggregate_buy")
    assert [(row.user, row.action) for row in day.fold.audit][-2:] == [("client:x", "SET_LIMIT"), ("venue", "KILL")]
    assert day.kill(on=False).set(per_trade=1_000, kill_on_breach=True).trade(1).totals() == (103, 0, 103)


@pytest.mark.parametrize("is_reported", [False, True])
def test_what_a_firm_trades_with_itself_is_no_net_neither_when_it_comes_nor_when_it_is_broken(is_reported):
    day = Day(aggregate_net=100, kill_on_breach=True)
    if is_reported:
        day.report(200, contra="INET").fold.apply(BreakReport("trf-1"), day.now)
        day.report(200, contra="INET", is_buy=False)
    else:
        day.trade(200, resting="INET").bust().trade(200, resting="INET", is_buy=False)
    assert (day.totals(), day.alerts) == ((200, 200, 0), [])


def test_a_killed_trade_that_is_broken_is_shown_as_such_and_never_counted():
    day = Day(max_trade=10).trade(11).report(12).bust()
    day.fold.apply(BreakReport("trf-1"), day.now)
    assert [leg.standing for leg in day.fold.relations["INET"].killed] == [Standing.BROKEN] * 2
    assert day.totals() == (0, 0, 0)


def test_limits_of_a_changed_file_are_held_against_what_was_traded_and_stand_in_the_audit():
    day = Day().trade(10)
    day.fold.configure([msgspec.structs.replace(ENTRIES[0], limits=ClearingLimits(aggregate_buy=9)), ENTRIES[1]], 7)
    assert day.alerts == [("PRE_ALERT", "aggregate_buy"), ("BREACH", "aggregate_buy")]
    assert [(row.at, row.user, row.field, row.new) for row in day.fold.audit] == [
        (7, "venue", "today.aggregate_buy", "9"),
        (7, "venue", "next_day.aggregate_buy", "9"),
    ]


def test_a_relation_that_was_kept_before_it_had_former_firms_can_be_read():
    (kept, *_) = Day().trade(10).fold.dump().relations
    older = msgspec.msgpack.decode(msgspec.msgpack.encode(kept))[:-1]
    read = msgspec.convert(older, RelationState)
    assert (read.buy, read.since) == (10 * DOLLAR, {})
