"""US crosses over FIX: orders at the opening and at the close, imbalance-only ones, and cancels that come late."""

import pytest
from fix_floor import Floor

from engine.api import CrossStage, Phase, SetPhase

CROSSES = pytest.mark.section("FIX orders", "On-open, on-close and imbalance-only orders")
PRE, MARKET, POST = Phase.PRE_MARKET, Phase.CONTINUOUS, Phase.POST_MARKET


@pytest.fixture
def floor():
    return Floor()


def to(floor, phase, stage=CrossStage.OPEN):
    floor.do(SetPhase("nasdaq", "ZWZZT", phase, stage=stage))


@CROSSES
def test_orders_at_the_opening_trade_in_it_and_end_with_it(floor):
    buyer, seller = floor.client("INFX01"), floor.client("AKFX01", "FIX.4.4")
    to(floor, PRE)
    assert buyer.enter("A1", "buy", 100, "10.00", t59="2") == ["0/0 A1 0+100"]
    assert buyer.enter("A2", "buy", 100, "10.00", t9355="O", t9140="I") == ["0/0 A2 0+100"]
    assert seller.enter("B1", "sell", 150, None, t59="2") == ["0/0 B1 0+150"]
    to(floor, MARKET)
    assert buyer.said() == ["2/2 A1 100+0 100@10.0000 O", "1/1 A2 50+50 50@10.0000 M", "4/4 A2 50+0 'T'"]
    assert seller.said() == ["F/1 B1 100+50 100@10.0000 O", "F/2 B1 150+0 50@10.0000 O"]


@CROSSES
def test_orders_at_the_close_wait_for_it(floor):
    client = floor.client("INFX01")
    assert client.enter("A1", "buy", 100, "10.00", t59="7") == ["0/0 A1 0+100"]
    assert client.enter("A2", "buy", 100, "9.00") == ["0/0 A2 0+100"]
    to(floor, POST)
    assert client.said() == ["4/4 A1 0+0 'T'", "4/4 A2 0+0 'T'"]
    assert client.enter("A3", "buy", 100, "9.00") == ["0/0 A3 0+100", "4/4 A3 0+0 'E'"]


@CROSSES
@pytest.mark.parametrize("version", ["FIX.4.0", "FIX.4.2", "FIX.4.4"])
def test_a_late_cancel_is_pending_until_the_cross_is_over(floor, version):
    client = floor.client("INFX01", version)
    client.enter("A1", "buy", 100, "9.00", t59="7")
    to(floor, MARKET, CrossStage.LATE)
    pending = client.cancel("C1", "A1")
    again = client.cancel("C2", "A1")
    changed = client.replace("C3", "A1", "buy", 50, "9.00")
    to(floor, POST)
    wanted = {
        "FIX.4.0": (["-/6 C1 0+-"], "-: 102=-", "-: 102=-", ["-/4 A1 0+- 'U'"]),
        "FIX.4.2": (["6/6 C1<A1 0+100"], "1: 102=3", "2: 102=2", ["4/4 A1 0+0 'U'"]),
        "FIX.4.4": (["6/6 C1<A1 0+100"], "1: 102=3", "2: 102=99", ["4/4 A1 0+0 'U'"]),
    }
    told, for_cancel, for_replace, gone = wanted[version]
    assert pending == told
    assert again == [f"9 C2<A1 {for_cancel} 39=0 'Cancel pending'"]
    assert changed == [f"9 C3<A1 {for_replace} 39=0 'Cancel pending'"]
    assert client.said() == gone


@CROSSES
def test_a_late_cancel_of_a_part_is_refused_each_time():
    floor = Floor({"INFX01": Floor.default("INFX01", partial_cancel=True)})
    client = floor.client("INFX01")
    client.enter("A1", "buy", 100, "9.00", t59="7")
    to(floor, MARKET, CrossStage.LATE)
    for name in ("C1", "C2"):
        assert client.cancel(name, "A1", t38="40") == [f"9 {name}<A1 1: 102=0 39=0 'Too late for the cross'"]
    assert client.cancel("C3", "A1", t38="100") == ["6/6 C3<A1 0+100"]


@CROSSES
def test_a_late_order_is_told_the_price_that_it_is_held_to(floor):
    client = floor.client("INFX01")
    client.enter("A1", "buy", 100, "9.90")
    client.enter("A2", "sell", 100, "10.10")
    to(floor, MARKET, CrossStage.LATE)
    client.send("D", {11: "A3", 21: "1", 38: "100", 40: "2", 44: "11.00", 54: "1", 55: "ZWZZT", 59: "7"})
    (report,) = client.reports()
    assert (report[39], report[44]) == ("0", "10.0000")
    restored = floor.restored()
    assert restored.dump() == floor.dump()
