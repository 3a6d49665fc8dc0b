"""The life of an order in each version: states, fills, busts, the end of a day and the days after it."""

import pytest
from fix_floor import Floor

from engine.api import BrokenTradeReason, LockCurrency, Phase
from fix.codec import parse
from fix.validation import validator

STATES = pytest.mark.section("FIX", "Order states")
US = "INFX01", "AKFX01"
NORDIC = "GP29F1", "GP30F1"
PAIRS = [
    (US, "FIX.4.0"),
    (US, "FIX.4.1"),
    (US, "FIX.4.2"),
    (US, "FIX.4.4"),
    (("INFL01", "AKFX01"), "FIX.4.2"),
    (("INFL01", "AKFX01"), "FIX.4.4"),
    (NORDIC, "FIX.4.2"),
    (NORDIC, "FIX.4.4"),
    (NORDIC, "FIXT.1.1"),
]


def later(version):
    return version in {"FIX.4.4", "FIXT.1.1"}


@pytest.fixture
def floor():
    return Floor()


def life(floor, ports, version):
    """A life with all that happens to an order, as pairs of ExecType and OrdStatus; the seller's last fill is bust."""
    buyer, seller = floor.client(ports[0], version), floor.client(ports[1], version)
    said = [*buyer.enter("A1", quantity=300)]
    seller.enter("B1", "sell", 100)
    said += buyer.said()
    said += buyer.replace("A2", "A1", quantity=250)
    said += buyer.replace("A3", "A2", quantity=250, at="9.99" if ports[0][0] != "G" else "9.50")
    seller.enter("B2", "sell", 50, "9.50")
    said += buyer.said()
    said += buyer.cancel("C1", "A3")
    said += buyer.enter("A4", quantity=0)
    said += buyer.enter("A5", quantity=100)
    seller.enter("B3", "sell", 100, "9.50")
    said += buyer.said()
    floor.bust(3, BrokenTradeReason.ERRONEOUS, "nordic" if ports[0][0] == "G" else "nasdaq")
    said += buyer.said()
    return [line.split(" ")[0] for line in said]


@STATES
@pytest.mark.parametrize(("ports", "version"), PAIRS, ids=lambda value: value if isinstance(value, str) else value[0])
def test_every_event_is_told_in_the_states_of_the_version(floor, ports, version):
    new, rejected, canceled = "0/0", "8/8", "4/4"
    if version == "FIX.4.0":
        assert life(floor, ports, version) == ["-/" + state for state in "0155148020"]
    elif later(version):
        fills, replaced, bust = ["F/1", "F/2"], "5/1", "H/0"
        assert life(floor, ports, version) == [
            *(new, fills[0], replaced, replaced, fills[0], canceled, rejected, new, fills[1], bust)
        ]
    else:
        assert life(floor, ports, version) == [
            *(new, "1/1", "5/5", "5/5", "1/1", canceled, rejected, new, "2/2", "0/0")
        ]


@STATES
@pytest.mark.parametrize(("ports", "version"), PAIRS, ids=lambda value: value if isinstance(value, str) else value[0])
def test_a_report_has_the_tags_of_its_version_and_passes_the_dialect_s_own_check(floor, ports, version):
    life(floor, ports, version)
    dialect = floor.settings[ports[0]].dialect
    check = validator(version.encode(), dialect, "strict-all")
    faults = [
        (check.fault(parse(packet)), packet)
        for packet in floor.streams[ports[0]].packets
        if b"\x0135=8\x01" in packet or b"\x0135=9\x01" in packet
    ]
    assert [fault for fault in faults if fault[0] is not None] == []


@STATES
@pytest.mark.parametrize(("version", "has"), [("FIX.4.0", {20}), ("FIX.4.1", {20, 150, 151}), ("FIX.4.4", {150, 151})])
def test_a_report_has_what_its_version_has(floor, version, has):
    client = floor.client("INFX01", version)
    client.send("D", {11: "A1", 21: "1", 38: "100", 40: "2", 44: "9.00", 54: "1", 55: "ZWZZT"})
    (report,) = client.reports()
    assert {20, 150, 151} & set(report) == has
    assert (31 in report) == (20 in report), "zeros stand on what is no fill up to 4.2"


@STATES
def test_open_and_filled_make_the_quantity_while_an_order_lives(floor):
    buyer, seller = floor.client("INFX01"), floor.client("AKFX01")
    buyer.send("D", {11: "A1", 21: "1", 38: "300", 40: "2", 44: "10.00", 54: "1", 55: "ZWZZT"})
    for number in range(3):
        seller.enter(f"B{number}", "sell", 70)
    buyer.send("G", {11: "A2", 41: "A1", 21: "1", 38: "290", 40: "2", 44: "10.00", 54: "1", 55: "ZWZZT"})
    reports = buyer.reports()
    assert [int(report[14]) + int(report[151]) for report in reports] == [int(report[38]) for report in reports]
    assert [report[38] for report in reports] == ["300", "300", "300", "300", "290"]


@STATES
def test_a_bust_names_its_fill_and_takes_it_back_without_opening_the_order_again(floor):
    buyer, seller = floor.client("INFX01"), floor.client("AKFX01")
    seller.enter("B1", "sell", 60)
    seller.enter("B2", "sell", 40, "10.10")
    buyer.send("D", {11: "A1", 21: "1", 38: "100", 40: "2", 44: "10.10", 54: "1", 55: "ZWZZT"})
    _, first, second = buyer.reports()
    floor.bust(1, BrokenTradeReason.SUPERVISORY)
    (bust,) = buyer.reports()
    wanted = {20: "1", 19: first[17], 11: "A1", 14: "40", 6: "10.1000", 151: "0", 39: "1", 32: "60", 31: "10.0000"}
    assert wanted.items() <= bust.items()
    assert (bust[58], bust[38], bust[44], bust[55]) == ("S", "100", "10.1000", "ZWZZT")
    floor.bust(2)
    (bust,) = buyer.reports()
    assert {19: second[17], 14: "0", 6: "0.0", 39: "0"}.items() <= bust.items()
    assert buyer.cancel("C1", "A1") == ["9 C1<A1 1: 102=0 39=0 'Too late to cancel'"]


@STATES
def test_a_bust_of_an_early_fill_is_told_of_the_newest_order_of_the_chain(floor):
    buyer, seller = floor.client("INFX01"), floor.client("AKFX01")
    buyer.send("D", {11: "A1", 21: "1", 38: "100", 40: "2", 44: "10.00", 54: "1", 55: "ZWZZT"})
    seller.enter("B1", "sell", 30)
    _, fill = buyer.reports()
    buyer.replace("A2", "A1", quantity=100, at="10.50")
    buyer.replace("A3", "A2", quantity=90, at="10.50")
    floor.bust(1)
    (bust,) = buyer.reports()
    assert {11: "A3", 19: fill[17], 14: "0", 151: "60", 38: "90"}.items() <= bust.items()
    assert buyer.replace("A4", "A3", quantity=50, at="10.50") == ["5/5 A4<A3 0+50"]


@STATES
def test_a_trade_of_a_port_with_itself_has_two_exec_ids(floor):
    client = floor.client("INFX01")
    client.enter("A1")
    client.send("D", {11: "A2", 21: "1", 38: "100", 40: "2", 44: "10.00", 54: "2", 55: "ZWZZT"})
    _, one, other = client.reports()
    assert one[17] != other[17]
    floor.bust(1)
    busts = client.reports()
    assert [(bust[11], bust[19]) for bust in busts] == [("A2", one[17]), ("A1", other[17])]


@STATES
def test_no_exec_id_comes_twice_in_a_day(floor):
    for ports, version in ((US, "FIX.4.2"), (NORDIC, "FIXT.1.1")):
        life(floor, ports, version)
        packets = floor.streams[ports[0]].packets
        ids = [packet.split(b"\x0117=")[1].split(b"\x01")[0] for packet in packets if b"\x0117=" in packet]
        assert len(ids) == len(set(ids)) >= 10


@STATES
@pytest.mark.parametrize(
    ("port", "version", "state"),
    [("INFX01", "FIX.4.2", "4/4"), ("INFX01", "FIX.4.4", "C/C"), ("GP29F1", "FIX.4.2", "C/C")],
)
def test_an_order_whose_time_is_up_is_canceled_or_expired_by_dialect(floor, port, version, state):
    client = floor.client(port, version)
    client.enter("A1", at="9.00", t59="6", t126="20261120-15:00:30")
    floor.wait(30)
    assert client.said() == [f"{state} A1 0+0 'T'"]


@STATES
def test_fill_or_kill_takes_all_or_nothing(floor):
    buyer, seller = floor.client("GP29F1"), floor.client("GP30F1")
    seller.enter("B1", "sell", 60, "100.00")
    seller.enter("B2", "sell", 40, "100.00")
    assert buyer.enter("A1", "buy", 101, "100.00", t59="4") == ["0/0 A1 0+101", "4/4 A1 0+0 'I'"]
    assert buyer.enter("A2", "buy", 100, "100.00", t59="4") == [
        "0/0 A2 0+100",
        "1/1 A2 60+40 60@100.0000 R",
        "2/2 A2 100+0 40@100.0000 R",
    ]


@STATES
def test_an_order_good_till_canceled_goes_on_in_the_next_day_under_its_name(floor):
    buyer, seller = floor.client("GP29F1"), floor.client("GP30F1")
    buyer.enter("A1", "buy", 100, "100.00", t59="1")
    buyer.enter("A2", "buy", 100, "100.00", t59="1")
    seller.enter("B1", "sell", 130, "100.00")
    floor.day("2026-11-23")
    (report,) = buyer.reports()
    assert {150: "D", 39: "1", 11: "A2", 14: "30", 151: "70", 6: "100.0000", 378: "1"}.items() <= report.items()
    buyer.log_on()
    seller.log_on()
    assert buyer.enter("A1", at="99.00") == ["0/0 A1 0+100"], "the name of what is gone is free"
    assert buyer.enter("A2") == ["8/8 A2 0+0 'Duplicate ClOrdID' 103=6"], "that of what lives is not"
    assert buyer.replace("A3", "A2", quantity=90, at="100.00") == ["5/5 A3<A2 30+60"]
    seller.enter("B1", "sell", 60, "100.00")
    (fill,) = buyer.reports()
    floor.bust(1, market="nordic")
    (bust,) = buyer.reports()
    assert (bust[19], bust[11], bust[14]) == (fill[17], "A3", "30")


@STATES
def test_a_member_who_only_takes_shares_off_is_held_by_no_check_and_keeps_its_priority(floor):
    buyer = floor.client("GP29F1")
    buyer.enter("A1", at="100.00")
    port = floor.engine.ports["GP29F1"]
    port.rate_limited = True
    port.settle()
    assert buyer.enter("A2", at="100.00") == ["8/8 A2 0+0 'Exceeded order rate' 103=0"]
    assert buyer.replace("A3", "A1", quantity=120, at="100.00") == ["9 A3<A1 2: 102=2 39=0 'Exceeded order rate'"]
    assert buyer.replace("A4", "A1", quantity=60, at="100.00") == ["5/5 A4<A1 0+60"]
    assert buyer.cancel("C1", "A4") == ["4/4 C1<A4 0+0"]


@STATES
def test_nordic_cancels_count_towards_the_rate_of_the_port(floor):
    client = floor.client("GP29F1")
    window = dict(floor.engine.ports["GP29F1"].windows)["prm"]
    client.enter("A1", at="100.00")
    client.replace("A2", "A1", at="99.00")
    client.cancel("C1", "A2")
    assert len(window.inside()) == 3


@STATES
@pytest.mark.parametrize(("port", "version"), [("INFX01", "FIX.4.2"), ("INFX01", "FIX.4.4"), ("GP29F1", "FIXT.1.1")])
def test_a_fill_on_the_away_market_names_it(port, version):
    floor = Floor(routing={port})
    client = floor.client(port, version)
    at = "100.00" if port[0] == "G" else "10.00"
    floor.prices(client.symbol, outside_offer=at)
    order = {11: "A1", 21: "1", 38: "100", 40: "2", 44: at, 54: "1", 55: client.symbol, 59: "3"}
    routed = {76: "SCAN"} if port[0] == "G" else {9303: "SCAN"}
    client.send("D", order | routed)
    new, fill = client.reports()
    assert (new[39], fill[39], fill[14], fill[31], fill[30]) == ("0", "2", "100", f"{at}00", "AWAY")
    assert (new.get(76), fill.get(76)) == {"INFX01": ("INET", "AWAY"), "GP29F1": ("BOOK", "AWAY")}[port] or (
        version == "FIX.4.4"
    )


@STATES
def test_an_order_may_be_sent_past_its_book():
    floor = Floor(routing={"INFX01"})
    floor.client("AKFX01").enter("B1", "sell", 100, "10.00")
    floor.prices("ZWZZT", outside_offer="10.00")
    client = floor.client("INFX01")
    assert client.enter("A1", t100="AWAY", t59="3") == ["0/0 A1 0+100", "2/2 A1 100+0 100@10.0000 X"]
    floor.bust(1)
    assert client.said() == ["0/0 A1 0+0 100@10.0000 - 'E'"]


@STATES
def test_orders_of_a_call_wait_for_it_trade_at_its_price_and_what_is_for_it_alone_ends_with_it(floor):
    buyer, seller = floor.client("GP29F1"), floor.client("GP30F1")
    assert buyer.enter("A1", "buy", 100, "100.00", t59="7") == ["0/0 A1 0+100"]
    assert seller.enter("B1", "sell", 50, None, t9355="C", t59="3") == ["0/0 B1 0+50"]
    assert buyer.enter("A2", t59="2") == ["8/8 A2 0+0 'Not allowed in this cross' 103=0"], "that call is over"
    assert seller.replace("B2", "B1", "sell", 60, "1.00", t40="1") == ["5/5 B2<B1 0+60"]
    floor.phase(Phase.CLOSING_CALL)
    assert buyer.said() == []
    floor.phase(Phase.POST_TRADE)
    assert buyer.said() == ["1/1 A1 60+40 60@100.0000 C", "4/4 A1 60+0 'T'"]
    assert seller.said() == ["2/2 B2 60+0 60@100.0000 C"]
    assert buyer.enter("A3", at="100.00") == ["8/8 A3 0+0 'Market is closed' 103=2"]


@STATES
def test_behind_the_closing_call_orders_trade_at_its_price_and_stand_at_their_own_afterwards(floor):
    buyer, seller = floor.client("GP29F1"), floor.client("GP30F1")
    floor.phase(Phase.CLOSING_CALL)
    for client, side in ((buyer, "buy"), (seller, "sell")):
        client.enter("A1", side, 10, "100.00")
    floor.phase(Phase.TRADING_AT_CLOSE)
    assert buyer.said() == seller.said() == ["2/2 A1 10+0 10@100.0000 C"]
    assert buyer.enter("A2", "buy", 100, "101.00") == ["0/0 A2 0+100"]
    assert buyer.replace("A3", "A2", "buy", 80, "102.00") == ["5/5 A3<A2 0+80"]
    assert seller.enter("A2", "sell", 30, "99.00", t59="3") == ["0/0 A2 0+30", "2/2 A2 30+0 30@100.0000 C"]
    assert buyer.said() == ["1/1 A3 30+50 30@100.0000 C"]
    copy = floor.restored()
    floor.phase(Phase.POST_TRADE)
    copy.phase(Phase.POST_TRADE)
    assert copy.dump() == floor.dump()
    assert buyer.cancel("A4", "A3") == ["4/4 A4<A3 30+0"]


@STATES
def test_an_imbalance_order_is_none_that_there_is(floor):
    refused = "8/8 A1 0+0 'Not allowed in this cross' 103=0"
    assert floor.client("GP29F1").enter("A1", at="100.00", t9140="I") == [refused]


@pytest.mark.section("PRM", "3.12 Maximum orders per second per symbol")
def test_orders_and_replaces_that_the_port_itself_refuses_count_towards_the_rate_of_their_symbol(floor):
    client = floor.client("GP29F1")
    window = floor.engine.prm.accounts["GP29PR"].flow("101").window
    client.enter("A1", at="100.00")
    client.enter("A2", at="0")
    client.enter("A3", at="100.00", quantity=0)
    client.replace("A4", "A1", at="1000000")
    client.replace("A5", "A1", at="100.001")
    assert len(window.inside()) == 5
    client.enter("A6", at="nothing")
    client.cancel("C1", "A1")
    assert len(window.inside()) == 5, "a message that the session refuses is no order, and a cancel does not count"


@pytest.mark.section("PRM", "3.6 Locks by currency")
def test_a_replace_that_changes_nothing_is_a_new_order_to_each_check_of_its_member(floor):
    client = floor.client("GP29F1")
    client.enter("A1", at="100.00")
    assert client.replace("A2", "A1", at="100.00") == ["5/5 A2<A1 0+100"]
    floor.do(LockCurrency("GP29PR", "SEK", locked=True))
    (refused,) = client.replace("A3", "A2", at="100.00")
    assert refused.startswith("9 A3<A2")
    floor.do(LockCurrency("GP29PR", "SEK", locked=False))
    port = floor.engine.ports["GP29F1"]
    port.rate_limited = True
    port.settle()
    assert client.replace("A4", "A2", at="100.00") == ["9 A4<A2 2: 102=2 39=0 'Exceeded order rate'"]
    assert client.replace("A5", "A2", at="100.00", quantity=90)[0].startswith("5/5 A5<A2")
