"""Replace Order: its four outcomes and which of them use the new number up, options, chains, priority."""

import pytest

REPLACE = pytest.mark.section("OUCH 5.0", "2.5 Replace")
LAYOUT = pytest.mark.section("OUCH 5.0", "3.2 Replace Order")


@pytest.fixture
def venue(venue):
    """A venue in which order 1 sells 100 at 10.00 and 40 of them have executed."""
    venue.enter("sell", 100, "10.00", label="FIRST")
    venue.enter("buy", 40, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 1: 40 at 10.00 A, trade 1"]
    return venue


# Outcome 1: silence, and the number is not used.


@REPLACE
@pytest.mark.parametrize(("original", "number"), [(2, 9), (0, 9), (1, 1), (1, 0), (4_000_000_000, 9)])
def test_an_order_that_is_not_live_or_a_stale_number_is_met_with_silence(venue, original, number):
    before = venue.machine.hash()
    assert venue.replace(original, 100, "10.00", number=number) == []
    assert venue.machine.hash() == before
    assert venue.query() == ["next 2"]


@REPLACE
@pytest.mark.parametrize("end", ["cancel", "replace", "execute", "kill", "expire", "reject"])
def test_an_order_that_ended_cannot_be_replaced_however_it_ended(venue, end):
    if end == "cancel":
        venue.cancel(1)
    elif end == "replace":
        venue.replace(1, 100, "10.05", number=2)
    elif end == "execute":
        venue.enter("buy", 60, "10.00", by=venue.OTHER)
    elif end == "kill":
        venue.enter("sell", 10, "10.00", number=2, time_in_force="3")
    elif end == "expire":
        venue.enter("sell", 10, "11.00", number=2, time_in_force="6", expire_time=1)
        venue.wait(1)
        venue.timer()
    else:
        venue.enter("sell", 0, "11.00", number=2)
    venue.said()
    original = 2 if end in ("kill", "expire", "reject") else 1
    assert venue.replace(original, 50, "10.01", number=5) == []
    assert venue.enter("sell", 10, "12.00", number=5) == ["accepted 5: sell 10 ZWZZT at 12.00"]


@REPLACE
def test_another_port_of_the_firm_cannot_replace_it(venue):
    assert venue.replace(1, 100, "10.00", number=2, by="IN24T4") == []
    assert venue.replace(1, 100, "10.05", number=2) == ["replaced 1 by 2: sell 60 ZWZZT at 10.05"]


# Outcome 2: the old order is canceled, and the number is not used.

FAULTS = [
    {"quantity": 0},
    {"quantity": 1_000_000},
    {"quantity": 2**32 - 1},
    {"at": 0},
    {"at": "10.001"},
    {"at": 1_999_999_901},
    {"at": 2**64 - 1},
    {"time_in_force": "E"},
    {"time_in_force": "?"},
    {"time_in_force": "6"},
    {"time_in_force": "6", "expire_time": 86_400},
    {"display": "Z"},
    {"display": "?"},
    {"intermarket_sweep": "?"},
    {"side": "?"},
    {"side": "buy"},
    {"min_qty": 99},
    {"min_qty": 200},
    {"max_floor": 100, "display": "N"},
    {"random_reserves": 100},
    {"price_type": "P"},
    {"price_type": "?"},
    {"aiq_strategy": "?"},
    {"handle_inst": "I"},
    {"group_id": 7},
    {"firm": "INET"},
    {"customer_type": "N"},
    {"route": "SCAN"},
    {"appendage": b"\2\x63?"},
    {"appendage": b"\2\x0cN\2\x0cN"},
    {"quantity": 40},
    {"quantity": 39},
    {"quantity": 1},
]
"""New details that cannot be, the last three because the chain has executed as much already."""


@REPLACE
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_new_details_that_cannot_be_cancel_the_old_order_and_use_no_number(venue, fault):
    asked = {"quantity": 100, "at": "10.00"} | fault
    assert venue.replace(1, **asked, number=9) == ["canceled 1: 60 U"]
    assert venue.query() == ["next 2"]
    assert venue.enter("sell", 10, "11.00", number=9) == ["accepted 9: sell 10 ZWZZT at 11.00"]


@REPLACE
def test_after_hours_is_refused_on_a_replacement_even_in_its_hours(venue):
    venue.clock("17:00")
    assert venue.replace(1, 100, "10.00", time_in_force="E") == ["canceled 1: 60 U"]


# Outcome 3: rejected with the new number, which is used; the old order stays.


def halted(venue):
    venue.halt("ZWZZT")


def disabled(venue):
    venue.disable(number=2)


@REPLACE
@pytest.mark.parametrize(("what", "reason"), [(halted, 0x0007), (disabled, 0x000C)])
def test_what_may_not_enter_now_is_rejected_with_the_new_number_and_the_old_order_stays(venue, what, reason):
    what(venue)
    assert venue.replace(1, 200, "10.05", number=9, label="NEW") == [f"rejected 9: 0x{reason:04X}"]
    assert venue.query() == ["next 10"]
    assert venue.replace(1, 200, "10.05", number=9) == []
    assert venue.enter("sell", 10, "11.00", number=9) == []
    assert venue.cancel(1) == ["canceled 1: 60 U"]


@REPLACE
@pytest.mark.parametrize("what", [halted, disabled])
def test_the_old_order_keeps_its_place_when_its_replacement_is_rejected(venue, what):
    venue.enter("sell", 100, "10.00", by="IN24T4")
    what(venue)
    venue.replace(1, 200, "10.00", number=9)
    venue.halt("ZWZZT", halted=False)
    venue.enter("buy", 60, "10.00", by=venue.OTHER)
    assert venue.said()[-1] == "executed 1: 60 at 10.00 A, trade 2"


@REPLACE
def test_details_that_cannot_be_cancel_the_order_even_where_nothing_may_enter(venue):
    venue.halt("ZWZZT")
    venue.disable(number=2)
    assert venue.replace(1, 0, "10.00", number=9) == ["canceled 1: 60 U"]


@REPLACE
@pytest.mark.section("OUCH 5.0", "7.3 Risk checks")
@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"quantity": 5_001, "at": "200.00"}, 0x0031),
        ({"quantity": 5_000, "at": "200.01"}, 0x0030),
        ({"quantity": 100, "at": "179.99"}, 0x0026),
        ({"quantity": 100, "at": "220.01"}, 0x0026),
    ],
)
def test_a_risk_failure_rejects_the_replacement_and_leaves_the_order(venue, asked, reason):
    venue.enter("buy", 100, "200.00", "AAPL", by="IN30T1")
    assert venue.replace(1, **asked, by="IN30T1", number=7) == [f"rejected 7: 0x{reason:04X}"]
    assert venue.query(by="IN30T1") == ["next 8"]
    assert venue.cancel(1, by="IN30T1") == ["canceled 1: 100 U"]


# Outcome 4: replaced.


@REPLACE
@LAYOUT
def test_the_quantity_told_is_what_is_now_exposed(venue):
    assert venue.replace(1, 150, "10.05") == ["replaced 1 by 2: sell 110 ZWZZT at 10.05"]
    assert venue.replace(2, 41, "10.05") == ["replaced 2 by 3: sell 1 ZWZZT at 10.05"]
    assert venue.replace(3, 999_999, "10.05") == ["replaced 3 by 4: sell 999959 ZWZZT at 10.05"]


@REPLACE
@LAYOUT
def test_every_field_of_a_replacement_is_told(venue):
    venue.send(b"U" + bytes.fromhex("00000001 00000002 00000096") + bytes.fromhex("000000000001 8a88") + REST)
    message = b"U" + (venue.now - venue.midnight).to_bytes(8, "big") + bytes.fromhex("00000001 00000002 53 0000006e")
    message += b"ZWZZT   " + bytes.fromhex("0000000000018a88") + b"5N" + (3).to_bytes(8, "big") + b"AYNL"
    message += b"RE-LABELLED   " + b"\0\0"
    stream = venue.machine.streams[venue.index("IN19T6")]
    assert stream.packet(stream.count) == (len(message) + 1).to_bytes(2, "big") + b"S" + message


REST = b"5NY" + b"RE-LABELLED   " + b"\0\0"


@REPLACE
def test_a_replacement_has_a_new_reference_number_and_the_old_name_is_gone(venue):
    venue.replace(1, 100, "10.05")
    stream = venue.machine.streams[venue.index("IN19T6")]
    entered, replaced = stream.packet(2), stream.packet(stream.count)
    assert (entered[3 + 36 : 3 + 44], replaced[3 + 40 : 3 + 48]) == ((1).to_bytes(8, "big"), (3).to_bytes(8, "big"))
    assert venue.cancel(1) == venue.replace(1, 100, "10.05", number=9) == []
    assert venue.cancel(2) == ["canceled 2: 60 U"]


@REPLACE
def test_time_priority_is_lost_even_where_nothing_changes(venue):
    venue.enter("sell", 100, "10.00", by="IN24T4")
    assert venue.replace(1, 100, "10.00") == ["replaced 1 by 2: sell 60 ZWZZT at 10.00"]
    venue.enter("buy", 100, "10.00", by=venue.OTHER)
    assert venue.silent("IN19T6")
    assert venue.said("IN24T4") == ["executed 1: 100 at 10.00 A, trade 2"]


@REPLACE
def test_a_replacement_that_reaches_the_other_side_trades_at_once(venue):
    venue.enter("buy", 25, "9.90", by=venue.OTHER)
    assert venue.replace(1, 100, "9.80") == [
        "replaced 1 by 2: sell 60 ZWZZT at 9.80",
        "executed 2: 25 at 9.90 R, trade 2",
    ]
    assert venue.cancel(2) == ["canceled 2: 35 U"]


@REPLACE
def test_a_replacement_that_must_not_rest_is_dead_or_canceled_for_the_rest(venue):
    assert venue.replace(1, 100, "9.80", time_in_force="3") == ["replaced 1 by 2: sell 60 ZWZZT at 9.80, dead"]
    assert venue.cancel(2) == []
    venue.enter("sell", 100, "10.00")
    venue.enter("buy", 25, "9.90", by=venue.OTHER)
    assert venue.replace(3, 100, "9.80", time_in_force="3") == [
        "replaced 3 by 4: sell 100 ZWZZT at 9.80",
        "executed 4: 25 at 9.90 R, trade 2",
        "canceled 4: 75 I",
    ]
    venue.enter("sell", 100, "10.00")
    assert venue.replace(5, 100, "market") == ["replaced 5 by 6: sell 100 ZWZZT at market, dead"]


@REPLACE
@pytest.mark.parametrize("side", ["sell", "short", "exempt"])
def test_the_side_option_changes_the_kind_of_sale_and_is_not_echoed(venue, side):
    assert venue.replace(1, 100, "10.00", side=side) == [f"replaced 1 by 2: {side} 60 ZWZZT at 10.00"]
    assert venue.replace(2, 100, "10.00") == [f"replaced 2 by 3: {side} 60 ZWZZT at 10.00"]


@REPLACE
def test_an_ended_side_change_leaves_nothing_behind(venue):
    venue.enter("buy", 100, "9.00")
    assert venue.replace(2, 100, "9.00", side="sell") == ["canceled 2: 100 U"]
    assert venue.enter("sell", 10, "9.00", number=9)[0].startswith("accepted 9")


# Options.


@REPLACE
def test_only_the_options_of_this_replacement_are_echoed(venue):
    venue.enter("sell", 50, "11.00", post_only="N", group_id=7, trade_now="Y", firm="INET", aiq_group_id="AB")
    assert venue.replace(2, 50, "11.01") == ["replaced 2 by 3: sell 50 ZWZZT at 11.01"]
    said = venue.replace(3, 50, "11.02", trade_now="N", shares_located="Y", locate_broker="LCTB", post_only="N")
    assert said == ["replaced 3 by 4: sell 50 ZWZZT at 11.02 12=N 16=N"], "25 and 26 may not stand in Replaced"


@REPLACE
def test_an_option_left_out_keeps_the_value_of_the_enter(venue):
    venue.enter("buy", 50, "9.00", post_only="P", group_id=7)
    venue.replace(2, 50, "9.50")
    assert venue.replace(3, 50, "10.00") == ["replaced 3 by 4: buy 50 ZWZZT at 10.00", "canceled 4: 50 G"]
    venue.enter("buy", 50, "9.00", group_id=7)
    venue.replace(5, 50, "9.50")
    assert venue.mass_cancel(group_id=7) == ["canceled 6: 50 U", "mass canceled 7: INET all 24=7"]


@REPLACE
def test_what_one_replacement_gave_is_not_what_the_next_one_falls_back_to(venue):
    """The values that stand in for what is left out are the Enter's, not those of the replacement between."""
    venue.enter("buy", 50, "9.00", post_only="P")
    venue.replace(2, 50, "9.50", post_only="N")
    assert venue.replace(3, 50, "10.00") == ["replaced 3 by 4: buy 50 ZWZZT at 10.00", "canceled 4: 50 G"]


@REPLACE
def test_shares_located_and_locate_broker_are_to_be_given_again(venue):
    venue.enter("short", 50, "11.00", shares_located="Y", locate_broker="LCTB", group_id=3)
    attributes = [order.attributes for order in venue.machine.engine.ports["IN19T6"].orders.values()]
    assert (attributes[-1].shares_located, attributes[-1].locate_broker) == (True, b"LCTB")
    venue.replace(2, 50, "11.01")
    attributes = [order.attributes for order in venue.machine.engine.ports["IN19T6"].orders.values()]
    assert (attributes[-1].shares_located, attributes[-1].locate_broker) == (False, b"")
    assert attributes[-1].group_id == 3


# Chains.


@REPLACE
def test_a_chain_has_no_end_and_counts_all_that_it_executed(venue):
    executed, number = 40, 1
    for price in range(1_000):
        if price % 10 == 0:
            venue.enter("buy", 1, "market", by=venue.OTHER)
            executed += 1
            assert venue.said() == [f"executed {number}: 1 at {venue_price(price - 1)} A, trade {executed - 39}"]
        said = venue.replace(number, 500, venue_price(price))
        assert said == [f"replaced {number} by {number + 1}: sell {500 - executed} ZWZZT at {venue_price(price)}"]
        number += 1
    assert executed == 140
    assert venue.cancel(number, 141) == [f"canceled {number}: 359 U"]
    assert venue.replace(number, 140, "10.00") == [f"canceled {number}: 1 U"]


def venue_price(step):
    return "10.00" if step < 0 else f"{10 + step % 7}.{step % 100:02d}" if step % 10 else f"{10 + step % 7}.00"


@REPLACE
def test_a_chain_executes_no_more_than_999_999(venue):
    venue.replace(1, 999_999, "10.00")
    assert venue.enter("buy", 999_999, "10.00", by=venue.OTHER)[1:] == ["executed 2: 999959 at 10.00 R, trade 2"]
    assert venue.said() == ["executed 2: 999959 at 10.00 A, trade 2"]
    assert venue.replace(2, 999_999, "10.00") == []


@REPLACE
def test_a_cut_is_no_execution_and_a_replacement_may_ask_for_it_again(venue):
    venue.cancel(1, 70)
    assert venue.replace(1, 100, "10.00") == ["replaced 1 by 2: sell 60 ZWZZT at 10.00"]
