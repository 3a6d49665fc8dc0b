"""Minimum quantity, reserve and post-only through OUCH: what is echoed, refused, told and kept by a Replace."""

import pytest

from ouch.messages import OUT, decode

MINIMUM = pytest.mark.section("OUCH 5.0", "5 MinQty")
RESERVE = pytest.mark.section("OUCH 5.0", "5 MaxFloor and RandomReserves")
RESTATED = pytest.mark.section("OUCH 5.0", "4.13 Order Restated")
POST_ONLY = pytest.mark.section("OUCH 5.0", "5 PostOnly")
CHANGES = pytest.mark.section("OUCH 5.0", "2.5 Replace: options that are left out")
QUERY = pytest.mark.section("OUCH 5.0", "3.8 Account Query")


def accepted(venue):
    """The last Accepted or Replaced that the port was sent."""
    stream = venue.machine.streams[venue.index(venue.PORT)]
    said = [decode(OUT, stream.packet(number)[3:]) for number in range(1, stream.count + 1)]
    return next(message for message in reversed(said) if hasattr(message, "order_state"))


# Minimum quantity.


@MINIMUM
@pytest.mark.parametrize("time_in_force", ["0", "3", "5"])
@pytest.mark.parametrize(("display", "rests"), [("Y", False), ("A", False), ("N", True)])
def test_a_minimum_makes_a_displayed_order_immediate_or_cancel(venue, display, rests, time_in_force):
    rests = rests and time_in_force != "3"
    said = venue.enter("buy", 300, "10.00", display=display, time_in_force=time_in_force, min_qty=100)
    assert said == [f"accepted 1: buy 300 ZWZZT at 10.00{'' if rests else ', dead'} 3=100"]
    message = accepted(venue)
    assert message.display == display
    assert message.time_in_force == (time_in_force if display == "N" else "3")


@MINIMUM
@pytest.mark.parametrize("time_in_force", ["E", "6"])
def test_a_displayed_minimum_is_no_way_around_a_time_in_force(venue, time_in_force):
    """After hours has its hours and good till time its expiry: neither is quietly made immediate or cancel."""
    assert venue.enter("buy", 300, "10.00", time_in_force=time_in_force, min_qty=100) == ["rejected 1: 0x000D"]


@MINIMUM
@pytest.mark.parametrize("display", ["Y", "N"])
def test_a_minimum_of_none_is_no_minimum(venue, display):
    venue.enter("buy", 300, "10.00", display=display, min_qty=0)
    assert accepted(venue).time_in_force == "0"
    assert venue.cancel(1) == ["canceled 1: 300 U"]


@MINIMUM
@pytest.mark.parametrize("display", ["Y", "N"])
@pytest.mark.parametrize("fault", [{"time_in_force": "?"}, {"side": "?"}, {"capacity": "?"}, {"quantity": 99}])
def test_a_minimum_hides_no_other_fault(venue, display, fault):
    reasons = {"side": 0x0009, "quantity": 0x000D}
    reason = reasons.get(next(iter(fault)), 0x000F)
    assert venue.enter(**{"side": "buy", "at": "10.00", "display": display, "min_qty": 100} | fault) == [
        f"rejected 1: 0x{reason:04X}"
    ]


@MINIMUM
def test_a_displayed_one_trades_what_it_can_at_once_and_its_rest_goes(venue):
    venue.enter("sell", 100, "10.00", by=venue.OTHER)
    venue.enter("sell", 100, "10.00", by=venue.OTHER)
    assert venue.enter("buy", 300, "10.00", min_qty=200) == [
        "accepted 1: buy 300 ZWZZT at 10.00 3=200",
        "executed 1: 100 at 10.00 R, trade 1",
        "executed 1: 100 at 10.00 R, trade 2",
        "canceled 1: 100 I",
    ]


@MINIMUM
def test_a_hidden_one_waits_for_an_order_that_is_large_enough(venue):
    venue.enter("sell", 199, "10.00", by=venue.OTHER)
    assert venue.enter("buy", 300, "10.00", display="N", min_qty=200) == ["accepted 1: buy 300 ZWZZT at 10.00 3=200"]
    assert venue.silent()
    venue.enter("sell", 200, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 1: 200 at 10.00 J, trade 1"]


@MINIMUM
@CHANGES
def test_a_replacement_keeps_the_minimum_and_displayed_it_is_immediate_or_cancel(venue):
    venue.enter("buy", 300, "10.00", display="N", min_qty=200)
    assert venue.replace(1, 300, "10.01", display="N") == ["replaced 1 by 2: buy 300 ZWZZT at 10.01"]
    venue.enter("sell", 199, "10.01", by=venue.OTHER)
    assert venue.silent()
    assert venue.replace(2, 300, "10.02", display="Y") == ["replaced 2 by 3: buy 300 ZWZZT at 10.02, dead"]
    assert accepted(venue).time_in_force == "3"


@MINIMUM
@CHANGES
@pytest.mark.parametrize(
    ("least", "answer"),
    [
        (0, "replaced 1 by 9: buy 300 ZWZZT at 10.00 3=0"),
        (100, "replaced 1 by 9: buy 300 ZWZZT at 10.00 3=100"),
        (300, "replaced 1 by 9: buy 300 ZWZZT at 10.00 3=300"),
        (400, "canceled 1: 300 U"),
        (150, "canceled 1: 300 U"),
    ],
)
def test_a_replacement_may_name_another(venue, least, answer):
    venue.enter("buy", 300, "10.00", display="N", min_qty=200)
    assert venue.replace(1, 300, "10.00", display="N", min_qty=least, number=9) == [answer]


@MINIMUM
@CHANGES
def test_a_smaller_total_than_the_minimum_that_is_kept_ends_the_order(venue):
    venue.enter("buy", 300, "10.00", display="N", min_qty=200)
    assert venue.replace(1, 199, "10.00", display="N") == ["canceled 1: 300 U"]


# Reserve.


@RESERVE
@pytest.mark.parametrize(
    ("options", "echo"),
    [
        ({"max_floor": 100}, " 5=100"),
        ({"max_floor": 300, "random_reserves": 200}, " 5=300 13=200"),
        ({"max_floor": 0, "random_reserves": 0}, " 5=0 13=0"),
    ],
)
def test_accepted_tells_the_whole_order_and_echoes_what_was_asked(venue, options, echo):
    assert venue.enter("buy", 1_000, "10.00", **options) == [f"accepted 1: buy 1000 ZWZZT at 10.00{echo}"]
    assert venue.silent()


@RESERVE
@pytest.mark.parametrize(
    "fault",
    [
        {"max_floor": 100, "display": "N"},
        {"random_reserves": 1},
        {"max_floor": 100, "random_reserves": 100},
        {"max_floor": 1_000_000},
    ],
)
def test_a_reserve_that_cannot_be(venue, fault):
    assert venue.enter("buy", 1_000, "10.00", **fault) == ["rejected 1: 0x0004"]


@RESTATED
@pytest.mark.parametrize("idx", [None, 0, 5, 255])
def test_a_refill_is_restated_with_a_new_number_and_the_displayed_quantity(venue, idx):
    channel = {} if idx is None else {"idx": idx}
    venue.enter("sell", 500, "10.00", max_floor=200, **channel)
    venue.enter("buy", 150, "10.00", by=venue.OTHER)
    echo = f" 28={idx}" if idx else ""
    assert venue.said() == [
        f"executed 1: 150 at 10.00 A, trade 1{echo}",
        f"restated 1: R 1=3 22=200{echo}",
    ]


@RESTATED
def test_the_bytes_of_a_restated(venue):
    venue.enter("sell", 500, "10.00", max_floor=200)
    venue.said()
    venue.enter("buy", 200, "10.00", by=venue.OTHER)
    _, message = venue.spoken()
    now = (10 * 3600 * 10**9).to_bytes(8, "big")
    assert message == b"R" + now + bytes.fromhex("00000001 52 0010 09 01 0000000000000003 05 16 000000c8")
    assert len(message) == 32


@RESTATED
def test_a_sweep_tells_every_execution_before_any_refill(venue):
    venue.enter("sell", 500, "10.00", max_floor=100)
    venue.enter("sell", 500, "10.00", max_floor=100)
    venue.enter("buy", 250, "10.00", by=venue.OTHER)
    assert venue.said() == [
        "executed 1: 100 at 10.00 A, trade 1",
        "executed 2: 100 at 10.00 A, trade 2",
        "executed 1: 50 at 10.00 u, trade 3",
        "restated 1: R 1=4 22=100",
        "restated 2: R 1=5 22=100",
    ]


@RESERVE
@CHANGES
def test_a_replacement_keeps_the_floor_changes_it_or_ends_it(venue):
    venue.enter("sell", 500, "10.00", max_floor=200)
    assert venue.replace(1, 500, "10.00") == ["replaced 1 by 2: sell 500 ZWZZT at 10.00"]
    venue.enter("buy", 200, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 2: 200 at 10.00 A, trade 1", "restated 2: R 1=4 22=200"]
    assert venue.replace(2, 500, "10.00", max_floor=100) == ["replaced 2 by 3: sell 300 ZWZZT at 10.00 5=100"]
    venue.enter("buy", 100, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 3: 100 at 10.00 A, trade 2", "restated 3: R 1=7 22=100"]
    assert venue.replace(3, 500, "10.00", max_floor=0) == ["replaced 3 by 4: sell 200 ZWZZT at 10.00 5=0"]
    venue.enter("buy", 200, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 4: 200 at 10.00 A, trade 3"]


@RESERVE
@CHANGES
def test_a_reserve_order_that_is_hidden_by_a_replacement_must_give_up_its_floor(venue):
    venue.enter("sell", 500, "10.00", max_floor=200)
    assert venue.replace(1, 500, "10.00", display="N", max_floor=0, number=5) == [
        "replaced 1 by 5: sell 500 ZWZZT at 10.00 5=0"
    ]
    assert venue.replace(5, 500, "10.00", display="N", number=6) == ["canceled 5: 500 U"]


@RESERVE
@CHANGES
def test_cancel_and_modify_speak_of_the_whole_order(venue):
    venue.enter("sell", 500, "10.00", max_floor=200)
    venue.enter("buy", 50, "10.00", by=venue.OTHER)
    venue.said()
    assert venue.cancel(1, 400) == ["canceled 1: 100 U"]
    assert venue.modify(1, "short", 300) == ["modified 1: short 250"]
    venue.enter("buy", 250, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 1: 150 at 10.00 A, trade 2", "executed 1: 100 at 10.00 u, trade 3"]


@RESERVE
@QUERY
def test_numbers_of_the_port_are_not_used_up_by_a_refill(venue):
    venue.enter("sell", 500, "10.00", max_floor=100)
    for _ in range(3):
        venue.enter("buy", 100, "10.00", by=venue.OTHER)
    assert venue.query()[-1] == "next 2"


@RESERVE
def test_the_trade_of_a_reserve_is_broken_like_any_other(venue):
    venue.enter("sell", 300, "10.00", max_floor=100, idx=5, label="MINE")
    venue.enter("buy", 300, "10.00", by=venue.OTHER)
    venue.said()
    assert venue.bust(2) is None
    assert venue.said() == ["broken 1: trade 2 E 28=5"]


# Post-only.


@POST_ONLY
@pytest.mark.parametrize(("display", "letter"), [("Y", "G"), ("N", "F")])
def test_a_lock_is_canceled_by_what_would_be_locked(venue, display, letter):
    venue.enter("sell", 100, "10.00", display=display, by=venue.OTHER)
    assert venue.enter("buy", 100, "10.00", post_only="P") == [
        "accepted 1: buy 100 ZWZZT at 10.00 12=P",
        f"canceled 1: 100 {letter}",
    ]


@POST_ONLY
def test_a_cent_better_is_taken(venue):
    venue.enter("sell", 100, "9.99", by=venue.OTHER)
    venue.enter("sell", 100, "10.00", by=venue.OTHER)
    assert venue.enter("buy", 300, "10.00", post_only="P") == [
        "accepted 1: buy 300 ZWZZT at 10.00 12=P",
        "executed 1: 100 at 9.99 R, trade 1",
        "canceled 1: 200 G",
    ]


@POST_ONLY
@CHANGES
def test_a_replacement_stays_post_only_until_it_says_otherwise(venue):
    venue.enter("sell", 100, "10.00", by=venue.OTHER)
    venue.enter("buy", 100, "9.00", post_only="P")
    venue.enter("buy", 100, "9.00", post_only="P")
    assert venue.replace(1, 100, "10.00", number=8) == [
        "replaced 1 by 8: buy 100 ZWZZT at 10.00",
        "canceled 8: 100 G",
    ]
    assert venue.replace(2, 100, "10.00", post_only="N", number=9) == [
        "replaced 2 by 9: buy 100 ZWZZT at 10.00 12=N",
        "executed 9: 100 at 10.00 R, trade 1",
    ]
