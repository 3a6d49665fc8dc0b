"""Post-Trade Risk: totals, limits, held and killed trades, days, and the same state however often it is told."""

from dataclasses import dataclass, field

import msgspec
import pytest
from clearing_day import DOLLAR, ENTRIES, Day
from hypothesis import given
from hypothesis import strategies as some

from engine.clearing import Clearing
from engine.clearing_commands import (
    BreakReport,
    PermitCounterparty,
)
from engine.clearing_state import AlertKind, ClearingState, Execution, Standing

PTR = pytest.mark.section("PTR", "3.2 Semantics")


@PTR
def test_each_side_of_a_trade_counts_for_its_own_correspondent_and_net_has_a_sign():
    day = Day().trade(100, 20).trade(30, 10, is_buy=False)
    assert day.totals() == (2_000, 300, 1_700)
    assert day.totals("AKAM") == (300, 2_000, -1_700)


@PTR
def test_a_trade_with_somebody_who_has_no_clearing_firm_here_counts_on_one_side():
    day = Day().trade(10, resting="OTHR").trade(10, incoming="OTHR").trade(10, incoming="OTHR", resting="ELSE")
    assert day.totals() == (10, 0, 10)
    assert day.totals("AKAM") == (0, 10, -10)


@PTR
def test_a_firm_that_trades_with_itself_both_buys_and_sells():
    assert Day().trade(10, resting="INET").totals() == (10, 10, 0)


@PTR
def test_reported_trades_count_as_executions_do_and_can_be_taken_back():
    day = Day().report(10, 5).report(20, 5, is_buy=False)
    assert day.totals() == (50, 100, -50)
    assert day.totals("AKAM") == (100, 50, 50)
    day.fold.apply(BreakReport("trf-2"), 9)
    day.fold.apply(BreakReport("trf-2"), 9)
    day.fold.apply(BreakReport("trf-7"), 9)
    assert day.totals() == (50, 0, 50)


@PTR
def test_a_broken_trade_is_taken_back_once():
    day = Day().trade(10).trade(5, is_buy=False).bust().bust()
    assert day.totals() == (10, 0, 10)
    assert day.totals("AKAM") == (0, 10, -10)


@PTR
@pytest.mark.parametrize(("quantity", "alerts"), [(69, []), (70, ["PRE_ALERT"]), (100, ["PRE_ALERT"])])
def test_the_pre_alert_comes_when_its_percentage_is_reached(quantity, alerts):
    assert [kind for kind, _ in Day(aggregate_buy=100).trade(quantity).alerts] == alerts


@PTR
def test_a_limit_is_breached_by_what_is_more_than_it():
    day = Day(aggregate_buy=100).trade(100)
    assert ("BREACH", "aggregate_buy") not in day.alerts
    assert day.trade(1, 0.0001).alerts == [("PRE_ALERT", "aggregate_buy"), ("BREACH", "aggregate_buy")]
    assert day.trade(50).alerts[2:] == [], "a limit is told of once"


@PTR
@pytest.mark.parametrize("is_buy", [True, False])
def test_the_net_limit_holds_whichever_side_is_more(is_buy):
    day = Day(aggregate_net=100).trade(101, is_buy=is_buy)
    assert day.alerts == [("PRE_ALERT", "aggregate_net"), ("BREACH", "aggregate_net")]
    assert day.trade(101, is_buy=not is_buy).totals()[2] == 0


@PTR
def test_a_percentage_can_be_set_and_taken_off():
    assert Day(aggregate_sell=100, pre_alert_percent=50).trade(50, is_buy=False).alerts == [
        ("PRE_ALERT", "aggregate_sell")
    ]
    assert Day(aggregate_sell=100, pre_alert_percent=None).trade(100, is_buy=False).alerts == []


@PTR
def test_a_limit_of_zero_is_one_and_nothing_traded_does_not_near_it():
    day = Day(aggregate_buy=0)
    assert day.set(per_trade=None).alerts == []
    assert ("BREACH", "aggregate_buy") in day.trade(1, 0.0001).alerts


@PTR
def test_a_limit_that_is_set_below_what_was_traded_is_breached_at_once_and_again_once_it_was_lifted():
    day = Day().trade(100).set(aggregate_buy=50)
    breaches = [("PRE_ALERT", "aggregate_buy"), ("BREACH", "aggregate_buy")]
    assert day.alerts == breaches
    assert day.set(aggregate_buy=1_000).alerts == breaches
    assert day.trade(901).alerts == breaches * 2


@PTR
def test_a_trade_over_the_limit_of_one_is_held_and_counts_when_it_is_allowed():
    day = Day(per_trade=100).trade(100).trade(101)
    assert (day.totals(), day.held) == ((100, 0, 100), ["nasdaq-2-B"])
    assert day.totals("AKAM") == (0, 201, -201), "its other side is not the clearing firm's to hold"
    assert day.decide("nasdaq-2-B", allow=True).totals() == (201, 0, 201)
    assert day.held == []
    assert day.decide("nasdaq-2-B", allow=False).totals() == (201, 0, 201), "it was decided"


@PTR
def test_a_held_trade_that_is_inhibited_never_counts():
    day = Day(per_trade=100).trade(101).decide("nasdaq-1-B", allow=False)
    assert (day.totals(), day.held) == ((0, 0, 0), [])
    assert day.bust().totals() == (0, 0, 0)


@PTR
@pytest.mark.parametrize("allow", [None, True, False])
def test_a_held_trade_that_is_broken_is_gone_whatever_was_decided(allow):
    day = Day(per_trade=100).trade(101)
    if allow is not None:
        day.decide("nasdaq-1-B", allow=allow)
    assert (day.bust().totals(), day.held) == ((0, 0, 0), [])
    assert day.decide("nasdaq-1-B", allow=True).totals() == (0, 0, 0)


@PTR
def test_an_allowed_trade_may_breach():
    day = Day(per_trade=10, aggregate_buy=20).trade(21).decide("nasdaq-1-B", allow=True)
    assert ("BREACH", "aggregate_buy") in day.alerts


@PTR
def test_a_trade_over_the_largest_is_killed_and_no_other():
    day = Day(per_trade=10, max_trade=100).trade(101).trade(10)
    assert day.totals() == (10, 0, 10)
    assert day.alerts == [("KILL", "max_trade")]
    (leg,) = day.fold.relations["INET"].killed
    assert (leg.standing, leg.why, leg.amount) == (Standing.KILLED, "max_trade", 101 * DOLLAR)
    assert day.bust(Execution("nasdaq", 1, "INET", True, "AKAM", "AAPL", 101, DOLLAR)).totals() == (10, 0, 10)


@PTR
def test_where_it_is_asked_for_a_breach_kills_what_comes_behind_it():
    day = Day(aggregate_buy=100, kill_on_breach=True).trade(101).trade(1).trade(1, is_buy=False).report(1)
    assert day.totals() == (101, 0, 101)
    assert day.alerts[-1] == ("KILL", "aggregate_buy")
    assert day.kill(on=False).trade(1).totals() == (102, 0, 102)


@PTR
def test_a_kill_by_hand_lasts_until_it_is_lifted_and_one_by_a_breach_until_the_day_ends():
    day = Day(aggregate_buy=100, kill_on_breach=True).kill(on=True).trade(5)
    assert day.totals() == (0, 0, 0)
    day.fold.next_day(2, "2026-11-23", day.now)
    assert day.fold.relations["INET"].kill == "hand"
    day.kill(on=False).match = 0
    day.trade(101)
    assert day.fold.relations["INET"].kill == "aggregate_buy"
    day.fold.next_day(3, "2026-11-24", day.now)
    assert day.fold.relations["INET"].kill == ""


@PTR
@pytest.mark.parametrize(
    ("today", "next_day", "now", "then"),
    [(True, False, 500, 900), (False, True, 900, 500), (True, True, 500, 500)],
    ids=["intra", "next-day", "both"],
)
def test_limits_of_today_and_of_the_next_day_are_apart(today, next_day, now, then):
    day = Day(aggregate_buy=900).set(today=today, next_day=next_day, aggregate_buy=500)
    relation = day.fold.relations["INET"]
    assert relation.today.aggregate_buy == now
    day.trade(10)
    day.fold.next_day(2, "2026-11-23", day.now)
    assert relation.today.aggregate_buy == relation.next_day.aggregate_buy == then
    assert day.totals() == (0, 0, 0)


@PTR
def test_what_is_held_at_the_end_of_a_day_is_not_cleared_and_the_audit_says_so():
    day = Day(per_trade=10).trade(11)
    day.fold.next_day(2, "2026-11-23", day.now)
    assert (day.held, day.fold.legs) == ([], {})
    row = day.fold.audit[-1]
    assert (row.user, row.action, row.field, row.new) == ("venue", "INHIBIT", "nasdaq-1-B", "INHIBITED")


@PTR
def test_everything_that_somebody_did_is_in_the_audit_with_who_it_was():
    day = Day(per_trade=10).trade(11).decide("nasdaq-1-B", allow=True).kill(on=True).kill(on=False)
    day.set(today=True, next_day=True, aggregate_buy=7)
    day.fold.apply(PermitCounterparty("INET", "AKAM", False, "client:y"), 1)
    assert [(row.user, row.action, row.field, row.old, row.new) for row in day.fold.audit] == [
        ("client:x", "ALLOW", "nasdaq-1-B", "HELD", "ALLOWED"),
        ("client:x", "KILL", "hand", "off", "on"),
        ("client:x", "KILL", "hand", "on", "off"),
        ("client:x", "SET_LIMIT", "today.aggregate_buy", "none", "7"),
        ("client:x", "SET_LIMIT", "next_day.aggregate_buy", "none", "7"),
        ("client:y", "PERMIT", "AKAM", "true", "false"),
    ]


@PTR
def test_a_counterparty_that_was_opted_out_is_shut_out_until_it_is_let_in_again():
    day = Day()
    inet = day.fold.relations["INET"]
    assert inet.permits("AKAM")
    assert not inet.permits("CLRG")
    day.fold.apply(PermitCounterparty("INET", "AKAM", False), 1)
    day.fold.next_day(2, "2026-11-23", 2)
    assert not inet.permits("AKAM")
    assert inet.permits("ZZZZ")
    day.fold.apply(PermitCounterparty("INET", "AKAM", True), 3)
    assert inet.permits("AKAM")


def test_what_is_shown_of_a_relation_is_new_only_when_something_of_it_is():
    day = Day()
    inet, akam = day.fold.relations["INET"], day.fold.relations["AKAM"]
    before = inet.revision, akam.revision
    day.trade(1, resting="OTHR")
    assert inet.revision > before[0]
    assert akam.revision == before[1]


def test_a_relation_that_the_file_leaves_out_counts_nothing_until_it_comes_back():
    day = Day().trade(10)
    day.fold.configure(ENTRIES[1:], day.now)
    day.trade(10)
    day.fold.configure(ENTRIES, day.now)
    assert day.trade(10).totals() == (20, 0, 20)


# ------------------------------------------------------------------------------------------- against a recomputation


@dataclass
class Naive:
    """Every side of every trade in a list, from which all is summed up anew each time that it is asked."""

    limits: dict
    sides: list = field(default_factory=list)
    killed: str = ""

    def total(self, is_buy):
        return sum(amount for _, buys, amount, counts in self.sides if counts and buys is is_buy)

    def trade(self, name, is_buy, amount, *, is_whole=True):
        standing = True
        if self.killed or amount > self.limits["max_trade"] * DOLLAR:
            standing = False
        elif amount > self.limits["per_trade"] * DOLLAR:
            standing = None
        self.sides.append([name, is_buy, amount, standing])
        if is_whole:
            self.look()

    def look(self):
        for limit, total in (("aggregate_buy", self.total(True)), ("aggregate_sell", self.total(False))):
            over = total > self.limits[limit] * DOLLAR
            if over and limit not in self.over and not self.killed:
                self.killed = limit
            self.over = self.over | {limit} if over else self.over - {limit}

    over: frozenset = frozenset()


ACTS = some.lists(
    some.tuples(
        some.sampled_from(["trade", "report", "bust", "break", "allow", "inhibit", "restart", "lift"]),
        some.integers(1, 90),
        some.booleans(),
        some.sampled_from(["AKAM", "INET", "OTHR"]),
        some.integers(0, 30),
    ),
    max_size=60,
)
LIMITS = {"aggregate_buy": 300, "aggregate_sell": 300, "per_trade": 50, "max_trade": 80}


@PTR
@given(ACTS)
def test_totals_are_what_all_trades_come_to_whatever_is_held_killed_broken_or_begun_again(acts):
    day, naive, shown = Day(**LIMITS, kill_on_breach=True), Naive(LIMITS), []
    for act, quantity, is_buy, other, which in acts:
        names = sorted({side[0] for side in naive.sides})
        name = names[which % len(names)] if names else ""
        if act == "trade":
            day.trade(quantity, is_buy=is_buy, resting=other)
            shown.append(day.last)
            _naively(naive, f"nasdaq-{day.match}", quantity, is_buy, other)
        elif act == "report":
            day.report(quantity, is_buy=is_buy, contra=other)
            _naively(naive, f"trf-{day.reported}", quantity, is_buy, other)
        elif act == "bust" and shown:
            execution = shown[which % len(shown)]
            day.bust(execution)
            _broken(naive, f"nasdaq-{execution.match}")
        elif act == "break" and day.reported:
            number = which % day.reported + 1
            day.fold.apply(BreakReport(f"trf-{number}"), day.now)
            _broken(naive, f"trf-{number}")
        elif act in ("allow", "inhibit"):
            for side in naive.sides:
                trade_id = f"{side[0]}-{'B' if side[1] else 'S'}"
                if side[0] == name and side[3] is None:
                    side[3] = act == "allow"
                    day.decide(trade_id, allow=act == "allow")
                    naive.look()
        elif act == "lift":
            day.kill(on=False)
            naive.killed = ""
        elif act == "restart":
            kept = msgspec.msgpack.encode(day.fold.dump())
            day.fold = Clearing()
            day.fold.load(msgspec.msgpack.decode(kept, type=ClearingState))
            assert msgspec.msgpack.encode(day.fold.dump()) == kept
            for execution in shown:  # a restart shows again what was seen
                day.fold.executed(execution, day.now)
        inet = day.fold.relations["INET"]
        assert (inet.buy, inet.sell) == (naive.total(True), naive.total(False))
        assert inet.kill == naive.killed
        assert len(inet.held) == sum(side[3] is None for side in naive.sides)


def _naively(naive, name, quantity, is_buy, other):
    naive.trade(name, is_buy, quantity * DOLLAR, is_whole=other != "INET")
    if other == "INET":
        naive.trade(name, not is_buy, quantity * DOLLAR)


def _broken(naive, name):
    for side in naive.sides:
        if side[0] == name:
            side[3] = False
    naive.look()


@PTR
def test_totals_of_any_size_are_kept_to_the_last_tick():
    day = Day(aggregate_buy=1)
    for _ in range(3):
        day.report(10**9, 999_999, is_buy=True)
    again = Clearing()
    again.load(msgspec.msgpack.decode(msgspec.msgpack.encode(day.fold.dump()), type=ClearingState))
    assert again.relations["INET"].buy == again.relations["AKAM"].sell == 3 * 10**9 * 999_999 * DOLLAR
    day.set(aggregate_buy=None).set(aggregate_buy=1)
    again.load(msgspec.msgpack.decode(msgspec.msgpack.encode(day.fold.dump()), type=ClearingState))
    assert again.relations["INET"].alerts[-1].observed == 3 * 10**9 * 999_999 * DOLLAR


def test_alerts_say_what_the_limit_was_and_what_came_together():
    day = Day(aggregate_buy=100).trade(101)
    pre, breach = day.fold.relations["INET"].alerts
    assert (pre.kind, breach.kind) == (AlertKind.PRE_ALERT, AlertKind.BREACH)
    assert (breach.threshold, breach.observed, breach.at) == (100 * DOLLAR, 101 * DOLLAR, 1)
    assert [told.kind for told in day.told] == ["alert", "alert"]
