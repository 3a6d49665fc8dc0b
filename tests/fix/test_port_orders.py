"""NewOrderSingle: what is taken, what is traded, what comes back, and what is ignored."""

import pytest
from fix_floor import Floor

NEW_ORDER = pytest.mark.section("FIX", "NewOrderSingle")


@pytest.fixture
def floor():
    return Floor()


@pytest.fixture
def buyer(floor):
    return floor.client("INFX01")


@pytest.fixture
def seller(floor):
    return floor.client("AKFX01")


@NEW_ORDER
def test_an_order_is_accepted_and_all_of_it_is_open(buyer):
    assert buyer.enter("A1") == ["0/0 A1 0+100"]


@NEW_ORDER
def test_orders_that_cross_are_filled_at_the_resting_price_and_the_average_follows(buyer, seller):
    buyer.enter("A1", "buy", 100, "10.00")
    buyer.enter("A2", "buy", 200, "9.99")
    assert seller.enter("B1", "sell", 250, "9.99") == [
        "0/0 B1 0+250",
        "1/1 B1 100+150 100@10.0000 R",
        "2/2 B1 250+0 150@9.9900 R",
    ]
    assert buyer.said() == ["2/2 A1 100+0 100@10.0000 A", "1/1 A2 150+50 150@9.9900 A"]


@NEW_ORDER
def test_an_average_price_is_rounded_half_up_to_four_decimals(buyer, seller):
    buyer.enter("A1", "buy", 200, "10.00")
    buyer.enter("A2", "buy", 100, "9.99")
    seller.send("D", {11: "B1", 21: "1", 38: "300", 40: "2", 44: "9.99", 54: "2", 55: "ZWZZT"})
    assert [report[6] for report in seller.reports()] == ["0.0", "10.0000", "9.9967"]


@NEW_ORDER
def test_a_fill_says_its_price_its_quantity_and_which_side_it_was(buyer, seller):
    seller.enter("B1", "sell", 100, "10.00")
    buyer.send("D", {11: "A1", 21: "1", 38: "60", 40: "2", 44: "10.01", 54: "1", 55: "ZWZZT"})
    _, fill = buyer.reports()
    assert {31: "10.0000", 32: "60", 14: "60", 151: "0", 6: "10.0000", 9882: "R", 20: "0"}.items() <= fill.items()
    (other,) = seller.reports()
    assert {31: "10.0000", 32: "60", 14: "60", 151: "40", 9882: "A", 150: "1", 39: "1"}.items() <= other.items()
    assert (fill[17], other[17]) == ("3", "2"), "the number of the trade, twice, and one more for who buys"


@NEW_ORDER
def test_an_immediate_order_that_finds_nothing_is_accepted_and_canceled(buyer):
    assert buyer.enter("A1", t59="3") == ["0/0 A1 0+100", "4/4 A1 0+0 'I'"]


@NEW_ORDER
def test_what_an_immediate_order_leaves_is_canceled(buyer, seller):
    seller.enter("B1", "sell", 60)
    assert buyer.enter("A1", t59="3") == ["0/0 A1 0+100", "1/1 A1 60+40 60@10.0000 R", "4/4 A1 60+0 'I'"]


@NEW_ORDER
def test_a_market_order_takes_any_price_never_rests_and_names_none(buyer, seller):
    seller.enter("B1", "sell", 60, "10.50")
    buyer.send("D", {11: "A1", 21: "1", 38: "100", 40: "1", 54: "1", 55: "ZWZZT"})
    reports = buyer.reports()
    assert [report[39] for report in reports] == ["0", "1", "4"]
    assert not any(44 in report for report in reports)


@NEW_ORDER
@pytest.mark.parametrize("spelling", ["10", "10.0", "10.00", "10.0000", "0010.00", "10.000000"])
def test_a_price_comes_back_in_four_decimals_however_it_was_spelled(buyer, spelling):
    buyer.send("D", {11: "A1", 21: "1", 38: "0100.00", 40: "2", 44: spelling, 54: "1", 55: "ZWZZT"})
    (report,) = buyer.reports()
    assert (report[44], report[38]) == ("10.0000", "100")


@NEW_ORDER
def test_who_sent_an_order_is_told_of_it_in_every_report(floor, buyer, seller):
    buyer.enter("A1", t50="TRD1", t115="INET", t116="DESK")
    seller.enter("B1", "sell", 40, t50="XYZ")
    buyer.said()
    buyer.send("F", {11: "C1", 41: "A1", 54: "1", 55: "ZWZZT", 50: "TRD2"})
    (report,) = buyer.reports()
    assert {57: "TRD1", 128: "INET", 129: "DESK", 109: "INET"}.items() <= report.items()
    header = [field.partition(b"=")[0] for field in floor.streams["INFX01"].packets[-1].split(b"\x01")]
    assert header[:10] == [b"8", b"9", b"35", b"34", b"49", b"52", b"56", b"57", b"128", b"129"]
    assert header[10:-2] == sorted(header[10:-2], key=int), "the body's tags ascend"


@NEW_ORDER
def test_a_client_order_id_names_one_thing_a_day(buyer):
    buyer.enter("A1")
    assert buyer.enter("A1", "sell", 5) == ["8/8 A1 0+0 'Duplicate ClOrdID' 103=6"]
    assert buyer.enter("A2", quantity=0) == ["8/8 A2 0+0 'Invalid quantity' 103=0"]
    assert buyer.enter("A2") == ["8/8 A2 0+0 'Duplicate ClOrdID' 103=6"], "one that was refused is used up"
    buyer.cancel("C1", "A1")
    assert buyer.enter("C1") == ["8/8 C1 0+0 'Duplicate ClOrdID' 103=6"], "and so is a cancel's"
    assert buyer.enter("A1") == ["8/8 A1 0+0 'Duplicate ClOrdID' 103=6"]


@NEW_ORDER
def test_two_ports_may_use_one_client_order_id(buyer, seller):
    assert buyer.enter("A1") == ["0/0 A1 0+100"]
    assert seller.enter("A1", at="9.00") == ["0/0 A1 0+100"]


@NEW_ORDER
def test_ids_are_free_again_on_the_next_day(floor, buyer):
    buyer.enter("A1")
    floor.day("2026-11-23")
    buyer.log_on()
    assert buyer.enter("A1") == ["0/0 A1 0+100"]


@NEW_ORDER
def test_a_possible_repetition_of_what_is_known_is_ignored(buyer):
    buyer.enter("A1")
    assert buyer.enter("A1", t97="Y") == []
    assert buyer.enter("A2", t97="Y") == ["0/0 A2 0+100"], "but not of what is not known"
    assert buyer.enter("A1", t97="N") == ["8/8 A1 0+0 'Duplicate ClOrdID' 103=6"]
    buyer.cancel("C1", "A1")
    assert buyer.cancel("C1", "A1", t97="Y") == []
    assert buyer.replace("C1", "A2", t97="Y") == []


@NEW_ORDER
def test_an_order_good_till_a_time_ends_at_that_time(floor, buyer):
    assert buyer.enter("A1", t59="6", t126="20261120-15:00:30.500") == ["0/0 A1 0+100"]
    floor.wait(30.4)
    assert buyer.said() == []
    floor.wait(0.1)
    assert buyer.said() == ["4/4 A1 0+0 'T'"]


@NEW_ORDER
@pytest.mark.parametrize("time", [None, "20261120-14:59:59", "20261120-15:00:00"])
def test_a_time_that_is_missing_or_over_is_no_time_to_live(buyer, time):
    assert buyer.enter("A1", t59="6", t126=time) == ["8/8 A1 0+0 'Invalid expire time' 103=0"]


@NEW_ORDER
def test_a_day_order_ends_with_its_day(floor, buyer):
    buyer.enter("A1")
    stream = floor.streams["INFX01"]
    floor.day("2026-11-23")
    assert stream.packets[-2].split(b"\x0158=")[1].startswith(b"T\x01")
    assert b"58=End of trading day" in stream.packets[-1]


@NEW_ORDER
def test_a_hidden_order_trades_unseen_and_its_flag_says_so(buyer, seller):
    buyer.enter("A1", t9140="N")
    assert seller.enter("B1", "sell")[-1] == "2/2 B1 100+0 100@10.0000 R"
    assert buyer.said() == ["2/2 A1 100+0 100@10.0000 J"]


@NEW_ORDER
def test_a_post_only_order_that_would_lock_is_canceled(buyer, seller):
    seller.enter("B1", "sell")
    assert buyer.enter("A1", t9140="P") == ["0/0 A1 0+100", "4/4 A1 0+0 'G'"]


@NEW_ORDER
def test_a_reserve_is_displayed_part_by_part_and_each_is_told(buyer, seller):
    assert buyer.enter("A1", quantity=300, t111="100") == ["0/0 A1 0+300"]
    seller.enter("B1", "sell", 100)
    fill, restated = buyer.reports()
    assert (fill[150], fill[151]) == ("1", "200")
    assert {150: "D", 39: "1", 378: "8", 14: "100", 151: "200", 38: "300"}.items() <= restated.items()
    assert restated[37] == fill[37] != restated[198]


@NEW_ORDER
def test_a_short_sale_needs_a_locate(buyer):
    assert buyer.enter("A1", "short") == ["0/0 A1 0+100"]
    assert buyer.enter("A2", "exempt") == ["0/0 A2 0+100"]
    for number, located in enumerate((None, "Y")):
        buyer.send(
            "D",
            {11: f"S{number}", 21: "1", 38: "100", 40: "2", 44: "10.00", 54: "5", 55: "ZWZZT", 114: located},
        )
        (report,) = buyer.reports()
        assert (report[58], report[103], report[22204]) == ("Easy to Borrow (ETB) reject", "0", "39")


@NEW_ORDER
def test_orders_of_one_firm_that_must_not_meet_are_canceled(floor):
    floor.prevent_self_match()
    client = floor.client("INFX01")
    client.enter("A1", "sell", 300)
    client.send("D", {11: "A2", 21: "1", 38: "100", 40: "2", 44: "10.00", 54: "1", 55: "ZWZZT"})
    accepted, gone, smaller = client.reports()
    assert accepted[39] == "0"
    assert (gone[11], gone[150], gone[39], gone[58]) == ("A2", "4", "4", "Q")
    assert {11: "A1", 150: "D", 39: "0", 378: "8", 58: "Q", 38: "200", 14: "0", 151: "200"}.items() <= smaller.items()


@NEW_ORDER
def test_what_the_venue_cancels_names_its_reason(floor, buyer):
    buyer.enter("A1")
    floor.engine.cancel_all(floor.engine.ports["INFX01"], floor.now)
    assert buyer.said() == ["4/4 A1 0+0 'S'"]
