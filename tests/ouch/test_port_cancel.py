"""Cancel Order and Modify Order: intended totals, silence where there is nothing to do, sides that may."""

import pytest

CANCEL = pytest.mark.section("OUCH 5.0", "2.5 Cancel")
MODIFY = pytest.mark.section("OUCH 5.0", "2.5 Modify")


@pytest.fixture
def venue(venue):
    """A venue in which order 1 sells 100 at 10.00 and 40 of them have executed."""
    venue.enter("sell", 100, "10.00")
    venue.enter("buy", 40, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 1: 40 at 10.00 A, trade 1"]
    return venue


SIZES = [
    (2**32 - 1, None),
    (101, None),
    (100, None),
    (99, 1),
    (60, 40),
    (41, 59),
    (40, 60),
    (39, 60),
    (1, 60),
    (0, 60),
]
"""An intended size of the order above, and how many shares leave."""


@CANCEL
@pytest.mark.parametrize(("size", "removed"), SIZES)
def test_a_cancel_gives_the_intended_total_and_what_executed_counts(venue, size, removed):
    assert venue.cancel(1, size) == ([] if removed is None else [f"canceled 1: {removed} U"])
    left = 60 - (removed or 0)
    assert venue.mass_cancel(number=9) == [f"canceled 1: {left} U"] * bool(left) + ["mass canceled 9: INET all"]


@CANCEL
def test_cancels_go_down_step_by_step_and_each_tells_its_own_shares(venue):
    assert venue.cancel(1, 90) == ["canceled 1: 10 U"]
    assert venue.cancel(1, 90) == []
    assert venue.cancel(1, 95) == []
    assert venue.cancel(1, 70) == ["canceled 1: 20 U"]
    venue.enter("buy", 10, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 1: 10 at 10.00 A, trade 2"]
    assert venue.cancel(1, 70) == []
    assert venue.cancel(1, 51) == ["canceled 1: 19 U"]
    assert venue.cancel(1, 50) == ["canceled 1: 1 U"]
    assert venue.cancel(1) == []


@CANCEL
def test_a_partial_cancel_keeps_the_place_in_the_queue(venue):
    venue.enter("sell", 100, "10.00", by="IN24T4")
    venue.cancel(1, 50)
    venue.enter("buy", 15, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 1: 10 at 10.00 A, trade 2"]
    assert venue.said("IN24T4") == ["executed 1: 5 at 10.00 A, trade 3"]


@CANCEL
@pytest.mark.parametrize("number", [0, 2, 3, 2**32 - 1])
def test_an_unknown_or_refused_order_is_not_canceled_and_not_answered(venue, number):
    venue.enter("sell", 0, "10.00", number=3)
    before = venue.machine.hash()
    assert venue.cancel(number) == []
    assert venue.machine.hash() == before
    assert venue.ignored == []


@CANCEL
def test_a_finished_order_is_not_canceled_and_there_is_no_too_late(venue):
    venue.enter("buy", 60, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 1: 60 at 10.00 A, trade 2"]
    assert venue.cancel(1) == []


@CANCEL
def test_a_cancel_reaches_its_own_port_only(venue):
    assert venue.cancel(1, by="IN24T4") == []
    assert venue.cancel(1, by="AK01T1") == []
    assert venue.cancel(1) == ["canceled 1: 60 U"]


@CANCEL
def test_a_cancel_is_served_while_the_book_is_halted_and_the_port_may_not_enter(venue):
    venue.halt()
    venue.disable(number=2)
    assert venue.cancel(1, 50) == ["canceled 1: 50 U"]
    assert venue.cancel(1) == ["canceled 1: 10 U"]


# Modify.

ALLOWED = {("sell", "exempt"), ("sell", "short"), ("exempt", "short")}


@MODIFY
@pytest.mark.parametrize("new", ["buy", "sell", "short", "exempt"])
@pytest.mark.parametrize("old", ["buy", "sell", "short", "exempt"])
def test_a_side_may_change_three_ways_or_stay(venue, old, new):
    venue.enter(old, 100, "9.00" if old == "buy" else "11.00")
    noted = len(venue.ignored)
    before = venue.machine.hash()
    if old == new or (old, new) in ALLOWED:
        assert venue.modify(2, new, 70) == [f"modified 2: {new} 70"]
        assert venue.replace(2, 70, "9.00" if old == "buy" else "11.00")[0].startswith(f"replaced 2 by 3: {new} 70 ")
        assert len(venue.ignored) == noted
    else:
        assert venue.modify(2, new, 70) == []
        assert venue.machine.hash() == before
        assert len(venue.ignored) == noted + 1


@MODIFY
@pytest.mark.parametrize("new", ["buy", "sell", "short", "exempt"])
@pytest.mark.parametrize("old", ["buy", "sell", "short", "exempt"])
def test_a_modify_to_nothing_cancels_but_only_with_a_side_that_may_be(venue, old, new):
    venue.enter(old, 100, "9.00" if old == "buy" else "11.00")
    may = old == new or (old, new) in ALLOWED
    assert venue.modify(2, new, 0) == (["canceled 2: 100 U"] if may else [])


@MODIFY
@pytest.mark.parametrize("letter", ["?", " ", "s", "\0", "\xff"])
def test_an_unknown_side_is_ignored(venue, letter):
    assert venue.modify(1, letter, 50) == []
    assert venue.ignored[0][0] == "IN19T6"
    assert venue.cancel(1) == ["canceled 1: 60 U"]


@MODIFY
@pytest.mark.parametrize(
    ("size", "said"),
    [
        (2**32 - 1, []),
        (101, []),
        (100, ["modified 1: short 60"]),
        (99, ["modified 1: short 59"]),
        (41, ["modified 1: short 1"]),
        (40, ["canceled 1: 60 U"]),
        (39, ["canceled 1: 60 U"]),
        (0, ["canceled 1: 60 U"]),
    ],
)
def test_a_modify_gives_the_intended_total_and_tells_what_is_outstanding(venue, size, said):
    assert venue.modify(1, "short", size) == said


@MODIFY
def test_an_increase_is_ignored_whole_its_side_change_too(venue):
    assert venue.modify(1, "short", 101) == []
    assert venue.ignored
    assert venue.modify(1, "sell", 90) == ["modified 1: sell 50"]
    assert venue.modify(1, "sell", 91) == [], "what was cut does not come back"


@MODIFY
def test_a_modify_keeps_the_place_in_the_queue(venue):
    venue.enter("sell", 100, "10.00", by="IN24T4")
    assert venue.modify(1, "short", 50) == ["modified 1: short 10"]
    venue.enter("buy", 15, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 1: 10 at 10.00 A, trade 2"]
    assert venue.said("IN24T4") == ["executed 1: 5 at 10.00 A, trade 3"]


@MODIFY
@pytest.mark.parametrize("number", [0, 2, 2**32 - 1])
def test_an_unknown_or_finished_order_is_not_modified_and_not_answered(venue, number):
    venue.enter("sell", 10, "12.00", number=2, time_in_force="3")
    assert venue.modify(number, "sell", 10) == []
    assert venue.ignored == []


@MODIFY
def test_a_modify_reaches_its_own_port_only(venue):
    assert venue.modify(1, "short", 50, by="IN24T4") == []
    assert venue.modify(1, "short", 50) == ["modified 1: short 10"]


@MODIFY
def test_the_locate_options_are_echoed_to_a_channel_and_to_nobody_else(venue):
    assert venue.modify(1, "short", 90, shares_located="Y", locate_broker="LCTB") == ["modified 1: short 50"]
    venue.enter("sell", 100, "11.00", idx=5)
    said = venue.modify(1, "short", 90, idx=5, shares_located="Y", locate_broker="LCTB")
    assert said == ["modified 1: short 90 25=Y 26=LCTB 28=5"]
    assert venue.modify(1, "short", 80, idx=5) == ["modified 1: short 80 28=5"]


@MODIFY
def test_a_modified_order_keeps_its_group_its_label_and_the_time_it_has_left(venue):
    venue.enter("sell", 100, "11.00", label="MINE", group_id=7, time_in_force="6", expire_time=10)
    venue.wait(5)
    venue.modify(2, "short", 80, shares_located="Y")
    venue.enter("sell", 100, "11.00", group_id=7)
    venue.modify(3, "short", 80)
    venue.enter("buy", 70, "11.00", by=venue.OTHER)
    venue.said()
    venue.bust(3)
    assert [broken.cl_ord_id for broken in venue.heard()] == ["MINE"]
    venue.wait(5)
    venue.timer()
    assert venue.said() == ["canceled 2: 70 T"]
    assert venue.mass_cancel(group_id=7) == ["canceled 3: 80 U", "mass canceled 4: INET all 24=7"]


@MODIFY
def test_a_modify_is_served_while_the_book_is_halted_and_while_order_entry_is_disabled(venue):
    venue.halt()
    venue.disable(number=2)
    assert venue.modify(1, "short", 90) == ["modified 1: short 50"]


@MODIFY
def test_a_modify_of_a_port_that_its_message_rate_shut_is_ignored(venue):
    venue.enter("sell", 100, "11.00", by=venue.RISK)
    for _ in range(100):
        venue.query(by=venue.RISK)
    before = venue.machine.hash()
    assert venue.modify(1, "short", 50, by=venue.RISK) == []
    assert venue.modify(1, "sell", 0, by=venue.RISK) == []
    assert venue.machine.hash() == before
    assert [(port, why.rpartition(" ")[2]) for port, why, _ in venue.ignored] == [("IN30T1", "PORT_MESSAGE_RATE")] * 2
    assert venue.cancel(1, by=venue.RISK) == ["canceled 1: 100 U"]
