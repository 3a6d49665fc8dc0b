"""Mass Cancel, Disable and Enable Order Entry: whose orders go, what is blocked, who may ask."""

import pytest

MASS_CANCEL = pytest.mark.section("OUCH 5.0", "2.5 Mass Cancel")
ENTRY = pytest.mark.section("OUCH 5.0", "2.5 Disable and Enable Order Entry")

ORDERS = [
    ("buy", "ZWZZT", "9.00", {}),
    ("sell", "ZWZZT", "11.00", {}),
    ("short", "ZWZZT", "11.00", {"group_id": 7}),
    ("exempt", "ZWZZT", "11.00", {"group_id": 0}),
    ("buy", "AAPL", "199.00", {"group_id": 7}),
    ("sell", "AAPL", "201.00", {"group_id": 8}),
    ("buy", "AAPL", "199.00", {}),
    ("sell", "AAPL", "201.00", {"group_id": 65_535}),
]


@pytest.fixture
def booked(venue):
    """A venue in which the port has the orders above, numbered from 1."""
    for side, symbol, price, options in ORDERS:
        venue.enter(side, 100, price, symbol, **options)
    return venue


# Mass Cancel.


@MASS_CANCEL
@pytest.mark.parametrize(
    ("asked", "gone", "echo"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8], "all"),
        ({"symbol": "ZWZZT"}, [1, 2, 3, 4], "ZWZZT"),
        ({"symbol": "AAPL"}, [5, 6, 7, 8], "AAPL"),
        ({"symbol": "MSFT"}, [], "MSFT"),
        ({"symbol": "NOSUCH"}, [], "NOSUCH"),
        ({"symbol": "\xff\xff\0"}, [], "\xff\xff\0"),
        ({"side": "buy"}, [1, 5, 7], "all 27=B"),
        ({"side": "sell"}, [2, 6, 8], "all 27=S"),
        ({"side": "short"}, [3], "all 27=T"),
        ({"side": "exempt"}, [4], "all 27=E"),
        ({"group_id": 7}, [3, 5], "all 24=7"),
        ({"group_id": 8}, [6], "all 24=8"),
        ({"group_id": 65_535}, [8], "all 24=65535"),
        ({"group_id": 9}, [], "all 24=9"),
        ({"group_id": 0}, [1, 2, 4, 7], "all 24=0"),
        ({"symbol": "AAPL", "side": "buy"}, [5, 7], "AAPL 27=B"),
        ({"symbol": "AAPL", "side": "buy", "group_id": 7}, [5], "AAPL 24=7 27=B"),
        ({"symbol": "AAPL", "side": "buy", "group_id": 0}, [7], "AAPL 24=0 27=B"),
        ({"symbol": "ZWZZT", "side": "buy", "group_id": 7}, [], "ZWZZT 24=7 27=B"),
    ],
)
def test_each_order_that_matches_is_canceled_oldest_first_and_then_comes_the_response(booked, asked, gone, echo):
    said = booked.mass_cancel(**asked)
    assert said == [*(f"canceled {number}: 100 U" for number in gone), f"mass canceled 9: INET {echo}"]
    left = [number for number in range(1, 9) if number not in gone]
    assert booked.mass_cancel()[:-1] == [f"canceled {number}: 100 U" for number in left]


@MASS_CANCEL
def test_only_what_is_left_of_an_order_is_canceled(venue):
    venue.enter("sell", 100, "10.00")
    venue.cancel(1, 80)
    venue.enter("buy", 30, "10.00", by=venue.OTHER)
    venue.said()
    assert venue.mass_cancel() == ["canceled 1: 50 U", "mass canceled 2: INET all"]
    assert venue.mass_cancel() == ["mass canceled 3: INET all"]


@MASS_CANCEL
def test_only_the_port_s_own_orders_are_canceled(booked):
    booked.enter("buy", 100, "9.00", by="IN24T4")
    booked.enter("buy", 100, "9.00", by="IN21T7")
    booked.enter("buy", 100, "9.00", by=booked.OTHER)
    booked.mass_cancel()
    assert booked.silent("IN24T4", "IN21T7", booked.OTHER)


@MASS_CANCEL
def test_a_replaced_order_is_as_old_as_its_replacement_and_keeps_its_group(booked):
    booked.replace(3, 100, "11.00")
    assert booked.mass_cancel(group_id=7) == [
        "canceled 5: 100 U",
        "canceled 9: 100 U",
        "mass canceled 10: INET all 24=7",
    ]


@MASS_CANCEL
@pytest.mark.parametrize("firm", ["AKAM", "inet", "", "INE", "\0\0\0\0", "\xff\xff\xff\xff"])
def test_another_firm_s_mass_cancel_is_ignored_and_noted_and_its_number_used(booked, firm):
    assert booked.mass_cancel(firm=firm) == []
    assert len(booked.ignored) == 1
    assert booked.query() == ["next 10"]
    assert len(booked.machine.engine.ports["IN19T6"].orders) == 8


@MASS_CANCEL
@pytest.mark.parametrize("letter", ["?", " ", "b", "\0"])
def test_an_unknown_side_cancels_nothing(booked, letter):
    assert booked.mass_cancel(side=letter) == []
    assert booked.query() == ["next 10"]
    assert len(booked.machine.engine.ports["IN19T6"].orders) == 8


@MASS_CANCEL
def test_orders_of_every_channel_are_canceled_and_each_named_by_its_own(venue):
    venue.enter("buy", 100, "9.00", number=1)
    venue.enter("buy", 100, "9.00", number=1, idx=5)
    venue.enter("buy", 100, "9.00", number=1, idx=6)
    assert venue.mass_cancel(number=2) == [
        "canceled 1: 100 U",
        "canceled 1: 100 U 28=5",
        "canceled 1: 100 U 28=6",
        "mass canceled 2: INET all",
    ]


@MASS_CANCEL
def test_a_mass_cancel_is_served_while_the_book_is_halted_and_the_port_shut(booked):
    booked.halt()
    booked.disable()
    assert len(booked.mass_cancel()) == 9


# Disable and Enable.


@ENTRY
def test_disable_blocks_enter_and_replace_and_nothing_else(booked):
    assert booked.disable() == ["disabled 9: INET"]
    assert booked.enter(number=20) == ["rejected 20: 0x000C"]
    assert booked.replace(1, 100, "9.50", number=21) == ["rejected 21: 0x000C"]
    assert booked.query() == ["next 22"]
    assert booked.modify(2, "short", 50) == ["modified 2: short 50"]
    assert booked.cancel(2, 40) == ["canceled 2: 10 U"]
    assert booked.cancel(1) == ["canceled 1: 100 U"]
    assert booked.mass_cancel(group_id=8)[0] == "canceled 6: 100 U"


@ENTRY
def test_a_resting_order_trades_while_order_entry_is_disabled(venue):
    venue.enter("sell", 100, "10.00")
    venue.disable()
    venue.enter("buy", 100, "10.00", by=venue.OTHER)
    assert venue.said() == ["executed 1: 100 at 10.00 A, trade 1"]


@ENTRY
def test_enable_lets_orders_in_again(venue):
    venue.disable()
    assert venue.enable() == ["enabled 2: INET"]
    assert venue.enter() == ["accepted 3: buy 100 ZWZZT at 10.00"]


@ENTRY
def test_both_are_answered_each_time_they_are_asked(venue):
    assert [venue.enable(), venue.disable(), venue.disable()] == [
        ["enabled 1: INET"],
        ["disabled 2: INET"],
        ["disabled 3: INET"],
    ]
    assert venue.enter() == ["rejected 4: 0x000C"]
    assert [venue.enable(), venue.enable()] == [["enabled 5: INET"], ["enabled 6: INET"]]


@ENTRY
def test_only_this_port_is_blocked_and_all_its_channels_are(venue):
    venue.disable(idx=5)
    assert venue.enter(by="IN24T4")[0].startswith("accepted")
    assert venue.enter(by="IN21T7")[0].startswith("accepted")
    assert venue.enter() == ["rejected 1: 0x000C"]
    assert venue.enter(idx=5) == ["rejected 2: 0x000C 28=5"]
    assert venue.enter(idx=6) == ["rejected 1: 0x000C 28=6"]


@ENTRY
@pytest.mark.parametrize("firm", ["AKAM", "inet", "", "INE"])
def test_another_firm_s_request_is_ignored_and_noted_and_its_number_used(venue, firm):
    assert venue.disable(firm=firm) == []
    assert venue.enter() == ["accepted 2: buy 100 ZWZZT at 10.00"]
    venue.disable()
    assert venue.enable(firm=firm) == []
    assert venue.enter() == ["rejected 5: 0x000C"]
    assert len(venue.ignored) == 2


@ENTRY
def test_the_next_day_starts_enabled(venue):
    venue.disable()
    venue.day("2026-11-23")
    venue.said()
    assert venue.enter() == ["accepted 1: buy 100 ZWZZT at 10.00"]


@ENTRY
@pytest.mark.section("EQRC", "3.1.15 Port message rate")
def test_enable_does_not_open_a_port_that_its_message_rate_shut(venue):
    for _ in range(101):
        venue.query(by=venue.RISK)
    venue.said(venue.RISK)
    assert venue.enter(by=venue.RISK) == ["rejected 1: 0x0029"]
    assert venue.enable(by=venue.RISK) == ["enabled 2: INET"]
    assert venue.enter(by=venue.RISK) == ["rejected 3: 0x0029"]
    assert venue.disable(by=venue.RISK) == ["disabled 4: INET"]
    assert venue.enter(by=venue.RISK) == ["rejected 5: 0x000C"], "of the two, what the firm asked for comes first"
    assert venue.release(venue.RISK) is None
    assert venue.enter(by=venue.RISK) == ["rejected 6: 0x000C"], "and a release does not lift it"
    venue.enable(by=venue.RISK)
    assert venue.enter(by=venue.RISK) == ["accepted 8: buy 100 ZWZZT at 10.00"]
