"""The trading day on a Nordic port, PRM's numbers on the wire, and the same bytes from the same records."""

from random import Random

import pytest
from nordic_venue import EXCLUDED, GUARDED, OURS, PORTS, THEIRS, TOMORROW

from venue.machine import Machine

DAY = pytest.mark.section("Nordic OUCH 5", "Trading day")
PRM = pytest.mark.section("PRM", "Reject identifiers")
REPLAY = pytest.mark.section("Portcullis", "Replay of the Nordic port")


# The day.


@DAY
def test_a_day_order_ends_with_its_day_and_one_good_till_canceled_goes_on(nordic):
    nordic.enter("buy", 100)
    nordic.enter("buy", 200, time_in_force="1", order_reference="KEEP")
    nordic.said()
    nordic.day(TOMORROW)
    origin = "orig_entry_date=20261120 orig_order_ref_num=2 time_in_force=1"
    assert nordic.said() == [
        "canceled 1: 100 T",
        "end of day",
        "start of day",
        f"accepted 2: buy 200 101 at 100.0000 for GP29U5 order_reference=KEEP {origin}",
    ]


@DAY
def test_what_is_carried_over_keeps_its_number_its_origin_and_what_it_has_executed(nordic):
    nordic.enter("buy", 100, number=7, time_in_force="1")
    nordic.enter("sell", 30, by=THEIRS)
    nordic.day(TOMORROW)
    nordic.said()
    assert nordic.query() == ["next 8"]
    nordic.day("2026-11-24")
    origin = "orig_entry_date=20261120 orig_order_ref_num=1 time_in_force=1 cumulative_quantity=30"
    assert nordic.said()[-1] == f"accepted 7: buy 70 101 at 100.0000 for GP29U5 {origin}"
    assert nordic.replace(7, 60, number=8) == ["replaced 7 by 8: buy 30 101 at 100.0000 for GP29U5"]
    nordic.day("2026-11-25")
    assert "orig_entry_date=20261124 orig_order_ref_num=2" in nordic.said()[-1], "a replacement is entered anew"
    assert nordic.cancel(8) == ["canceled 8: 30 U"]


@DAY
def test_a_carried_order_may_get_smaller_on_a_blocked_account(nordic):
    nordic.enter("buy", 100, time_in_force="1", user="GP29U1")
    nordic.day(TOMORROW)
    nordic.said()
    nordic.block("GP29PR")
    assert nordic.replace(1, 50, number=2, user="GP29U1") == ["replaced 1 by 2: buy 50 101 at 100.0000 for GP29U1"]
    assert nordic.replace(2, 70, number=3, user="GP29U1") == ["rejected 3: 0x0101"]


@DAY
def test_numbers_start_anew_where_nothing_is_carried_over(nordic):
    nordic.enter(number=9)
    nordic.day(TOMORROW)
    nordic.said()
    assert nordic.query() == ["next 1"]


# PRM's numbers.


@PRM
def test_each_reason_of_prm_has_its_number(nordic):
    def enter(**how):
        (said,) = nordic.enter(**how)
        return said.split()[-1] if said.startswith("rejected") else "accepted"

    assert enter(user="GP29U1", quantity=100_000, at="99.00") == "accepted"
    assert enter(user="GP29U1", quantity=100_001, at="1.00") == "0x0107"
    assert enter(user="GP29U1", quantity=100_000, at="100.01") == "0x0108"
    assert enter(user="GP29U1", quantity=150_000, at="4.000", book=201) == "accepted", "EUR has a limit of its own"
    assert enter(user="GP31U1", book=301, at="700.00", by=EXCLUDED) == "0x0105"
    assert enter(user="GP31U1", book=901, at="2.00", by=EXCLUDED) == "0x0106"
    assert enter(user="GP31U9", book=901, at="2.00", by=EXCLUDED) == "accepted", (
        "an exclusion account covers the others"
    )
    assert enter(at="105.01", by=GUARDED) == "0x010B"
    assert enter(at="105.01") == "accepted", "this port has no fat finger"
    nordic.block("GP29PR")
    assert enter(user="GP29U2") == "0x0101"
    assert enter(user="GP29U5") == "accepted"


@PRM
def test_the_port_that_sends_too_much_is_shut_and_its_orders_are_canceled(nordic):
    for _ in range(100):
        assert nordic.enter("buy", 1, "99.00", by=GUARDED)[0].startswith("accepted")
    said = nordic.enter("buy", 1, "99.00", by=GUARDED)
    assert said[:2] == ["canceled 1: 1 S", "canceled 2: 1 S"]
    assert (said[-1], len(said)) == ("rejected 101: 0x0104", 101)
    nordic.wait(2)
    assert nordic.enter(by=GUARDED) == ["rejected 102: 0x0104"]
    assert nordic.query(GUARDED) == ["next 103"]
    nordic.release(GUARDED)
    assert nordic.enter("buy", 1, "99.00", by=GUARDED)[0].startswith("accepted 103")


@PRM
def test_queries_and_instructions_count_towards_no_rate(nordic):
    for _ in range(150):
        nordic.query(GUARDED)
    assert nordic.enter("buy", 1, "99.00", by=GUARDED)[0].startswith("accepted")


# Replay.


def talk(nordic, chance, turns):
    """Say something on some port, many times over; days pass on the way."""
    users = {OURS: ("GP29U1", "GP29U5", "NOBODY"), GUARDED: ("GP29U3",), THEIRS: ("GP30U1",), EXCLUDED: ("GP31U1",)}
    options = (
        {},
        {},
        {"time_in_force": "1"},
        {"time_in_force": "3"},
        {"display": "N"},
        {"max_floor": 10},
        {"stp_action": "1"},
    )
    options += (
        {"time_in_force": "6", "expire_time": 3},
        {"cross_type": "C"},
        {"order_reference": "R1", "dea_indicator": "2"},
    )
    trades = 0
    for turn in range(turns):
        nordic.now += chance.choice((0, 1, 10**6, 10**9))
        by = chance.choice(PORTS)
        user, number = chance.choice(users[by]), chance.randint(1, nordic.last.get(by, 0) + 1)
        price, side = chance.choice(("99.95", "100.00", "100.00", "100.05", "market")), chance.choice(("buy", "sell"))
        match chance.randrange(10):
            case 0 | 1:
                nordic.cancel(number, chance.choice((0, 0, 50)), by=by, user=user)
            case 2 | 3:
                nordic.replace(number, chance.randint(1, 300), price, by=by, user=user, **chance.choice(options[:6]))
            case 4:
                nordic.query(by)
            case _:
                book = chance.choice((101, 101, 101, 102, 301))
                how = chance.choice(options)
                said = nordic.enter(side, chance.randint(0, 300), price, by=by, user=user, book=book, **how)
                trades += sum(text.startswith("executed") for text in said)
        if turn % (turns // 3) == turns // 6:
            nordic.day(f"2026-12-{1 + turn * 20 // turns:02d}")
    return trades


@REPLAY
def test_the_same_records_give_the_same_bytes_and_state(nordic, seed, tmp_path):
    assert talk(nordic, Random(seed), 600) > 20
    again = Machine(tmp_path)
    half = len(nordic.records) // 2
    for record in nordic.records[:half]:
        again.apply(record)
    restored = Machine(tmp_path)
    restored.restore(again.snapshot())
    for record in nordic.records[half:]:
        again.apply(record)
        restored.apply(record)
    assert again.hash() == restored.hash() == nordic.machine.hash()
    for one, other, third in zip(nordic.machine.streams, again.streams, restored.streams, strict=True):
        assert one.digest() == other.digest() == third.digest()
