"""OrderCancelRequest and OrderCancelReplaceRequest: what they change, what becomes of a chain, what is refused."""

import pytest
from fix_floor import Floor

CANCEL = pytest.mark.section("FIX", "OrderCancelRequest")
REPLACE = pytest.mark.section("FIX", "OrderCancelReplaceRequest")
REJECT = pytest.mark.section("FIX", "OrderCancelReject")


@pytest.fixture
def floor():
    return Floor()


@pytest.fixture
def buyer(floor):
    return floor.client("INFX01")


@pytest.fixture
def seller(floor):
    return floor.client("AKFX01")


@pytest.fixture
def partial():
    """A client whose cancels cut down to their quantity."""
    return Floor({"INFX01": Floor.default("INFX01", partial_cancel=True)}).client("INFX01")


@CANCEL
def test_a_cancel_ends_the_order_under_the_request_s_id_with_the_order_s_as_the_original(buyer):
    buyer.enter("A1")
    assert buyer.cancel("C1", "A1") == ["4/4 C1<A1 0+0"]


@CANCEL
def test_what_was_filled_before_stays_filled(buyer, seller):
    buyer.enter("A1")
    seller.enter("B1", "sell", 30)
    buyer.said()
    assert buyer.cancel("C1", "A1") == ["4/4 C1<A1 30+0"]


@CANCEL
def test_a_cancel_takes_all_of_an_order_whatever_quantity_it_says_unless_the_port_is_set_to_cut(buyer):
    buyer.enter("A1")
    assert buyer.cancel("C1", "A1", t38="40") == ["4/4 C1<A1 0+0"]


@CANCEL
def test_a_cancel_cuts_an_order_down_where_the_port_is_set_so(partial):
    partial.enter("A1")
    assert partial.cancel("C1", "A1", t38="40") == ["5/5 C1<A1 0+40"]
    assert partial.cancel("C2", "A1") == ["9 C2<A1 1: 102=0 39=5 'Too late to cancel'"], "its name is the newest now"
    assert partial.cancel("C3", "C1", t38="40") == ["4/4 C3<C1 0+0"], "no fewer than it has: all of it"


@CANCEL
def test_an_order_that_was_cut_down_counts_what_it_filled(partial):
    seller = partial.floor.client("AKFX01")
    partial.enter("A1")
    seller.enter("B1", "sell", 30)
    partial.said()
    partial.send("F", {11: "C1", 41: "A1", 54: "1", 55: "ZWZZT", 38: "40"})
    (report,) = partial.reports()
    assert (report[38], report[14], report[151]) == ("70", "30", "40")
    seller.enter("B2", "sell", 100)
    assert partial.said() == ["2/2 C1 70+0 40@10.0000 A"]


@REJECT
def test_a_cancel_of_what_there_is_not_is_refused(buyer):
    buyer.send("F", {11: "C1", 41: "NO", 54: "1", 55: "ZWZZT", 50: "TRD1"})
    (report,) = buyer.reports()
    wanted = {35: "9", 11: "C1", 41: "NO", 37: "NONE", 39: "8", 102: "1", 434: "1", 57: "TRD1", 58: "Unknown order"}
    assert wanted.items() <= report.items()


@REJECT
@pytest.mark.parametrize(
    ("made", "status"), [("filled", "2"), ("canceled", "4"), ("refused", "8"), ("replaced", "5"), ("expired", "4")]
)
def test_a_cancel_of_what_is_gone_is_too_late_and_says_what_became_of_it(buyer, seller, made, status):
    buyer.enter("A1", quantity=0 if made == "refused" else 100, t59="3" if made == "expired" else "0")
    if made == "filled":
        seller.enter("B1", "sell")
    elif made == "canceled":
        buyer.cancel("C0", "A1")
    elif made == "replaced":
        buyer.replace("A2", "A1", at="9.00")
    buyer.said()
    assert buyer.cancel("C1", "A1") == [f"9 C1<A1 1: 102=0 39={status} 'Too late to cancel'"]
    assert buyer.replace("C2", "A1") == [f"9 C2<A1 2: 102=0 39={status} 'Too late to cancel'"]


@REJECT
def test_a_request_s_own_id_names_no_order(buyer):
    buyer.enter("A1")
    buyer.cancel("C1", "A1")
    assert buyer.cancel("C2", "C1") == ["9 C2<C1 1: 102=1 39=8 'Unknown order'"]


@REJECT
def test_a_request_under_an_id_that_is_used_is_refused_and_changes_nothing(buyer):
    buyer.enter("A1")
    buyer.enter("A2")
    assert buyer.cancel("A2", "A1") == ["9 A2<A1 1: 102=2 39=0 'Duplicate ClOrdID'"]
    assert buyer.replace("A1", "A1") == ["9 A1<A1 2: 102=2 39=0 'Duplicate ClOrdID'"]
    assert buyer.cancel("C1", "A1") == ["4/4 C1<A1 0+0"]


@REJECT
def test_a_request_for_another_symbol_or_side_is_refused(buyer):
    buyer.enter("A1")
    assert buyer.cancel("C1", "A1", "sell") == ["9 C1<A1 1: 102=2 39=0 'Symbol or side is not the order's'"]
    assert buyer.cancel("C2", "A1", t55="AAPL") == ["9 C2<A1 1: 102=2 39=0 'Symbol or side is not the order's'"]
    assert buyer.replace("C3", "A1", "sell") == ["9 C3<A1 2: 102=2 39=0 'Symbol or side is not the order's'"]


@REPLACE
def test_a_replace_takes_the_order_s_place_with_a_new_priority(buyer, seller):
    buyer.enter("A1")
    buyer.enter("A2")
    assert buyer.replace("A3", "A1", quantity=150) == ["5/5 A3<A1 0+150"]
    seller.enter("B1", "sell")
    assert buyer.said() == ["2/2 A2 100+0 100@10.0000 A"]


@REPLACE
def test_fewer_shares_alone_keep_the_priority(buyer, seller):
    buyer.enter("A1")
    buyer.enter("A2")
    assert buyer.replace("A3", "A1", quantity=80) == ["5/5 A3<A1 0+80"]
    seller.enter("B1", "sell")
    assert buyer.said() == ["2/2 A3 80+0 80@10.0000 A", "1/1 A2 20+80 20@10.0000 A"]


@REPLACE
def test_a_replace_that_changes_nothing_keeps_the_priority_and_gives_a_new_name(buyer, seller):
    buyer.enter("A1")
    buyer.enter("A2")
    assert buyer.replace("A3", "A1") == ["5/5 A3<A1 0+100"]
    seller.enter("B1", "sell")
    assert buyer.said() == ["2/2 A3 100+0 100@10.0000 A"]


@REPLACE
def test_the_quantity_is_that_of_the_whole_chain(buyer, seller):
    buyer.enter("A1", "buy", 100)
    seller.enter("B1", "sell", 30)
    buyer.said()
    buyer.send("G", {11: "A2", 41: "A1", 21: "1", 38: "150", 40: "2", 44: "10.50", 54: "1", 55: "ZWZZT"})
    (report,) = buyer.reports()
    assert {38: "150", 14: "30", 151: "120", 6: "10.0000", 44: "10.5000", 41: "A1", 11: "A2"}.items() <= report.items()
    seller.enter("B2", "sell", 120, "10.50")
    assert buyer.reports()[0][6] == "10.4000"


@REPLACE
@pytest.mark.parametrize("quantity", [30, 20, 1])
def test_a_quantity_that_was_filled_already_ends_the_order(buyer, seller, quantity):
    buyer.enter("A1", "buy", 100)
    seller.enter("B1", "sell", 30)
    buyer.said()
    assert buyer.replace("A2", "A1", quantity=quantity) == ["4/4 A2<A1 30+0"]
    assert buyer.replace("A3", "A1") == ["9 A3<A1 2: 102=0 39=4 'Too late to cancel'"]


@REPLACE
def test_a_chain_goes_on_under_its_newest_name_only(buyer):
    buyer.enter("A1")
    for number in range(2, 6):
        said = buyer.replace(f"A{number}", f"A{number - 1}", at=f"9.9{number}")
        assert said == [f"5/5 A{number}<A{number - 1} 0+100"]
    assert buyer.replace("A9", "A3") == ["9 A9<A3 2: 102=0 39=5 'Too late to cancel'"]
    assert buyer.cancel("C1", "A5") == ["4/4 C1<A5 0+0"]


@REPLACE
def test_a_replace_may_trade_at_once(buyer, seller):
    seller.enter("B1", "sell", 40, "10.10")
    buyer.enter("A1")
    assert buyer.replace("A2", "A1", at="10.10") == ["5/5 A2<A1 0+100", "1/1 A2 40+60 40@10.1000 R"]


@REPLACE
def test_what_a_replace_leaves_out_stays_as_it_was(buyer):
    buyer.enter("A1", t1="CMT2", t47="P", t9140="N", t18="N")
    buyer.send("G", {11: "A2", 41: "A1", 21: "1", 38: "50", 40: "2", 44: "9.00", 54: "1", 55: "ZWZZT"})
    (report,) = buyer.reports()
    assert {1: "CMT2", 47: "P", 29: "4", 9140: "N", 18: "N", 59: "0"}.items() <= report.items()


@REPLACE
@pytest.mark.parametrize("tag", ["t59=3", "t1=OTHER", "t47=P", "t9140=N", "t110=100"])
def test_what_may_not_change_is_refused_by_its_tag(buyer, tag):
    buyer.enter("A1", t47="A")
    name, _, value = tag.partition("=")
    refused = f"9 A2<A1 2: 102=2 39=0 'Tag {name[1:]} may not be changed by a replace'"
    assert buyer.replace("A2", "A1", **{name: value}) == [refused]
    assert buyer.cancel("C1", "A1") == ["4/4 C1<A1 0+0"]


@REPLACE
def test_what_is_said_again_as_it_was_is_no_change(buyer):
    buyer.enter("A1", t1="CMT2")
    assert buyer.replace("A2", "A1", quantity=90, t1="CMT2", t59="0", t18="N") == ["5/5 A2<A1 0+90"]


@REPLACE
def test_a_max_floor_may_be_given_by_a_replace(buyer, seller):
    buyer.enter("A1", quantity=300)
    assert buyer.replace("A2", "A1", quantity=300, t111="100") == ["5/5 A2<A1 0+300"]
    seller.enter("B1", "sell", 100)
    assert buyer.said() == ["1/1 A2 100+200 100@10.0000 A", "D/1 A2 100+200"]


@REPLACE
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"at": "10.001"}, "Invalid Price"),
        ({"at": "0"}, "Invalid Price"),
        ({"at": "214748.3647"}, "Invalid Price"),
        ({"quantity": 1_000_000}, "Invalid quantity"),
        ({"t111": "0.5"}, "Invalid max floor"),
    ],
)
def test_a_replace_with_a_bad_field_is_refused_and_the_order_stays(buyer, change, text):
    buyer.enter("A1")
    assert buyer.replace("A2", "A1", **change) == [f"9 A2<A1 2: 102=2 39=0 '{text}'"]
    assert buyer.cancel("C1", "A1") == ["4/4 C1<A1 0+0"]


@REPLACE
def test_a_replace_that_a_risk_check_refuses_leaves_the_order_unless_the_port_is_set_otherwise():
    for cancels, said in ((False, []), (True, ["4/4 A1 0+0 'U'"])):
        settings = Floor.default("IN30F1", replace_reject_cancels_original=cancels)
        client = Floor({"IN30F1": settings}).client("IN30F1")
        client.enter("A1")
        refused = "9 A2<A1 2: 102=2 39=0 'Exceeded shares limit'"
        assert client.replace("A2", "A1", quantity=5_001) == [refused, *said]
        assert client.replace("A3", "A1", at="10.001")[0].startswith("9 A3<A1"), "a bad field is no risk check"


@REPLACE
def test_shares_that_self_match_prevention_took_do_not_count_as_filled(floor):
    floor.prevent_self_match()
    client = floor.client("INFX01")
    client.enter("A1", "sell", 300)
    client.enter("A2", "buy", 100)
    assert client.replace("A3", "A1", "sell", quantity=250) == ["5/5 A3<A1 0+250"]
    assert client.replace("A4", "A3", "sell", quantity=50) == ["5/5 A4<A3 0+50"]
