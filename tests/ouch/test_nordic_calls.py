"""Calls as a client of Nordic OUCH sees them: what is taken, how trades are marked, and why the rest leaves."""

import pytest
from nordic_venue import OURS, THEIRS

from engine.api import Phase

CALLS = pytest.mark.section("Nordic OUCH 5", "Auctions")
MODES = {
    Phase.OPENING_CALL: "O",
    Phase.INTRADAY_CALL: "I",
    Phase.VOLATILITY_CALL: "U",
    Phase.HALT_RELEASE_CALL: "U",
    Phase.CLOSING_CALL: "K",
}


@CALLS
@pytest.mark.parametrize(("phase", "mode"), MODES.items(), ids=lambda value: getattr(value, "name", ""))
def test_a_trade_of_a_call_says_so(nordic, phase, mode):
    nordic.phase(phase)
    nordic.enter("buy", 100, "101.00")
    nordic.enter("sell", 60, "99.00", by=THEIRS)
    nordic.phase(Phase.CONTINUOUS)
    for port, number in ((OURS, 1), (THEIRS, 1)):
        (said,) = nordic.heard(port)
        assert (said.user_ref_num, said.quantity, said.price) == (number, 60, 1_010_000)
        assert (said.liquidity_flag, said.trading_mode, said.liquidity_attributes) == ("C", mode, 0x10)


@CALLS
def test_what_cannot_rest_leaves_when_the_call_is_over_each_with_its_letter(nordic):
    nordic.phase(Phase.CLOSING_CALL)
    for options in ({"time_in_force": "3"}, {"cross_type": "C"}, {"time_in_force": "B"}, {"cross_type": "A"}):
        assert nordic.enter("buy", 10, "99.00", **options)[0].startswith("accepted")
    nordic.enter("buy", 10, "market")
    nordic.enter("buy", 10, "99.00")
    nordic.phase(Phase.POST_TRADE)
    assert sorted(nordic.said()) == [
        "canceled 1: 10 I",
        "canceled 2: 10 R",
        "canceled 3: 10 R",
        "canceled 4: 10 R",
        "canceled 5: 10 R",
    ]


@CALLS
def test_an_order_tied_to_a_call_says_so_waits_and_keeps_its_tie_when_replaced(nordic):
    (said,) = nordic.enter("buy", 10, "101.00", cross_type="C")
    assert said == "accepted 1: buy 10 101 at 101.0000 for GP29U5 cross_type=C"
    assert nordic.enter("sell", 10, "101.00", by=THEIRS) == ["accepted 1: sell 10 101 at 101.0000 for GP30U1"]
    assert nordic.replace(1, 20, "101.00")[0].startswith("replaced 1 by 2: buy 20")
    assert nordic.said(THEIRS) == []
    nordic.phase(Phase.CLOSING_CALL)
    nordic.phase(Phase.POST_TRADE)
    assert nordic.said() == ["executed 2: 10 at 101.0000 0x10, trade 1", "canceled 2: 10 R"]


@CALLS
def test_what_is_over_or_closed_is_rejected(nordic):
    assert nordic.enter("buy", 10, cross_type="O") == ["rejected 1: 0x0014"]
    nordic.phase(Phase.POST_TRADE)
    assert nordic.enter("buy", 10) == ["rejected 2: 0x0002"]
    assert nordic.enter("buy", 10, cross_type="C") == ["rejected 3: 0x0002"]
    nordic.phase(Phase.PRE_OPEN)
    assert nordic.enter("buy", 10, cross_type="O")[0].startswith("accepted 4")
