"""Crosses as a client of US OUCH sees them: what is taken, how fills are marked, and what a late cancel is told."""

import pytest

from engine.api import CrossStage, Phase

CROSSES = pytest.mark.section("OUCH 5.0", "6.6 CrossType, 6.11 HandleInst")
PENDING = pytest.mark.section("OUCH 5.0", "4.9 Cancel Pending and 4.10 Cancel Reject")
PRE, MARKET, POST, QUOTATION = Phase.PRE_MARKET, Phase.CONTINUOUS, Phase.POST_MARKET, Phase.QUOTATION


@CROSSES
def test_the_opening_cross_has_its_flags_and_what_is_left_its_letters(venue):
    venue.phase(PRE)
    assert venue.enter("buy", 100, "10.00", cross_type="O") == ["accepted 1: buy 100 ZWZZT at 10.00"]
    venue.enter("buy", 50, "market", cross_type="O", time_in_force="3")
    (said,) = venue.enter("buy", 50, "9.99", cross_type="O", options={17: "I"})
    assert said == "accepted 3: buy 50 ZWZZT at 9.99 17=I"
    venue.enter("buy", 10, "9.00")
    venue.enter("sell", 180, "9.99", cross_type="O", by="AK01T1")
    venue.phase(MARKET)
    assert venue.said() == [
        "executed 2: 50 at 9.99 O, trade 1",
        "executed 1: 100 at 9.99 O, trade 2",
        "executed 3: 30 at 9.99 M, trade 3",
        "canceled 3: 20 T",
    ]
    assert venue.said("AK01T1") == [
        f"executed 1: {size} at 9.99 O, trade {i}" for i, size in enumerate((50, 100, 30), 1)
    ]


@CROSSES
def test_the_closing_cross_ends_what_is_for_it_and_day_orders(venue):
    venue.enter("buy", 100, "10.00", cross_type="C", options={17: "I"})
    venue.enter("buy", 100, "9.00", cross_type="C", time_in_force="3")
    venue.enter("buy", 100, "9.50", time_in_force="5")
    venue.enter("buy", 100, "9.40")
    venue.enter("sell", 40, "9.00", cross_type="C", by="AK01T1")
    venue.phase(POST)
    assert venue.said() == [
        "executed 3: 40 at 9.50 C, trade 1",
        "canceled 1: 100 T",
        "canceled 2: 100 I",
        "canceled 4: 100 T",
    ]
    assert venue.enter("sell", 10, "9.00") == [
        "accepted 5: sell 10 ZWZZT at 9.00",
        "canceled 5: 10 E",
    ]


@CROSSES
def test_a_halt_cross_and_a_halt_that_outlasts_the_opening_have_letters_of_their_own(venue):
    venue.phase(PRE)
    venue.enter("buy", 100, "10.00", cross_type="O")
    venue.phase(QUOTATION)
    venue.enter("buy", 100, "10.00", cross_type="H")
    venue.enter("sell", 60, "10.00", by="AK01T1")
    venue.phase(MARKET)
    assert sorted(venue.said()) == ["canceled 1: 100 H", "canceled 2: 40 T", "executed 2: 60 at 10.00 H, trade 1"]


@CROSSES
def test_an_opening_that_is_void_has_its_letter(venue):
    venue.phase(PRE)
    venue.enter("buy", 100, "13.00", cross_type="O")
    venue.enter("sell", 100, "12.00", cross_type="O", by="AK01T1")
    venue.phase(MARKET)
    assert venue.said() == ["canceled 1: 100 X"]


@CROSSES
@pytest.mark.parametrize("port", ["IN21T7", "IN20T9"])
def test_other_markets_have_no_crosses(venue, port):
    assert venue.enter("buy", 100, "10.00", cross_type="C", by=port) == ["rejected 1: 0x0014"]


@CROSSES
@pytest.mark.parametrize(
    "how",
    [
        {"cross_type": "H"},
        {"cross_type": "O"},
        {"cross_type": "S"},
        {"cross_type": "C", "at": "market", "options": {17: "I"}},
        {"options": {17: "I"}},
        {"cross_type": "C", "options": {17: "D"}},
    ],
)
def test_what_is_for_no_cross_to_come_is_refused(venue, how):
    assert venue.enter("buy", 100, **how) == ["rejected 1: 0x0014"]


@PENDING
def test_a_late_cancel_is_pending_once_and_done_after_the_cross(venue):
    venue.enter("buy", 100, "9.00", cross_type="C")
    venue.enter("buy", 100, "9.00", cross_type="C", idx=5)
    venue.enter("sell", 40, "9.00", cross_type="C", by="AK01T1")
    venue.phase(MARKET, stage=CrossStage.LATE)
    assert venue.cancel(1) == ["cancel pending 1"]
    assert venue.cancel(1) == []
    assert venue.replace(1, 50, "9.00") == ["rejected 2: 0x000B"]
    assert venue.modify(1, "buy", 50) == []
    assert venue.cancel(1, idx=5) == ["cancel pending 1 28=5"]
    venue.phase(POST)
    assert venue.said() == [
        "executed 1: 40 at 9.00 C, trade 1",
        "canceled 1: 60 U",
        "canceled 1: 100 U 28=5",
    ]


@PENDING
def test_a_late_cut_is_rejected_once_and_a_late_replace_with_its_number(venue):
    venue.enter("buy", 100, "9.00", cross_type="C")
    venue.phase(MARKET, stage=CrossStage.LATE)
    assert venue.cancel(1, 50) == ["cancel rejected 1"]
    assert venue.cancel(1, 40) == []
    assert venue.replace(1, 50, "9.00") == ["rejected 2: 0x0015"]
    assert venue.replace(1, 0, "9.00") == ["cancel pending 1"], "with bad details it would end"


@PENDING
def test_a_late_order_is_accepted_at_the_price_that_it_is_held_to(venue):
    venue.enter("buy", 100, "9.90")
    venue.enter("sell", 100, "10.10")
    venue.phase(MARKET, stage=CrossStage.LATE)
    assert venue.enter("buy", 10, "11.00", cross_type="C") == ["accepted 3: buy 10 ZWZZT at 10.00"]
    venue.phase(MARKET, stage=CrossStage.NO_MARKET_ORDERS)
    assert venue.enter("buy", 10, "market", cross_type="C") == ["rejected 4: 0x0014"]
