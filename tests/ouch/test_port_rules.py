"""Rules that a firm made over REST as its OUCH port meets them: each check has its code, and a shut port keeps it."""

import pytest

from engine.api import (
    CancelAction,
    CreateRule,
    Phase,
    PortAction,
    RegisterGroups,
    RuleEntry,
    SafetySwitch,
)

RISK = pytest.mark.section("OUCH 5.0", "7.3 Risk checks")
KINDS = ("intermarket_sweep", "short_sale", "short_sale_exempt", "non_auction_market", "pre_market", "post_market")
ORDER_TYPES = {f"reject_{kind}": True for kind in KINDS}
DAY = "2026-11-23"


def ruled(venue, kind, *, port=None, symbols=(), group=None, **settings):
    venue.do(CreateRule(RuleEntry("own", kind, "NASDAQ", "INET", port, symbols, settings, group), "ann"))
    venue.day(DAY)
    venue.heard()


CASES = [
    ("hard-to-borrow", {"symbols": ("ZWZZT",)}, {"side": "short"}, 0x0023),
    ("order-type", ORDER_TYPES, {"intermarket_sweep": "Y"}, 0x0024),
    ("order-type", ORDER_TYPES, {"side": "short"}, 0x002B),
    ("order-type", ORDER_TYPES, {"side": "exempt"}, 0x002F),
    ("order-type", ORDER_TYPES, {"at": "market"}, 0x002C),
    ("order-type", ORDER_TYPES, {"time_in_force": "5"}, 0x002E),
    ("shares-located", {"require_locate": True}, {"side": "short"}, 0x0027),
    ("shares-located", {"brokers": ("ABCD",)}, {"side": "short", "locate_broker": "WXYZ"}, 0x0027),
    ("adv", {"percent": 50_000, "minimum_volume": 1_000}, {"quantity": 51}, 0x0025),
    ("market-impact", {}, {"at": "11.01"}, 0x0021),
    ("order-rate", {"port": "IN19T6", "max_duplicates": 0}, {}, 0x002A),
    ("order-rate", {"port": "IN19T6", "max_symbol_messages": 0}, {}, 0x0028),
]


@RISK
@pytest.mark.parametrize(("kind", "rule", "order", "reason"), CASES)
def test_each_check_refuses_with_its_own_code(venue, kind, rule, order, reason):
    ruled(venue, kind, **rule)
    assert venue.enter(**order) == [f"rejected 1: 0x{reason:04X}"]
    ordinary = venue.enter("buy", 1, "9.00")
    assert ordinary == [f"rejected 2: 0x{reason:04X}"] if "port" in rule else ordinary[0].startswith("accepted 2")


@RISK
@pytest.mark.parametrize(("phase", "reason"), [("PRE_MARKET", 0x002D), ("POST_MARKET", 0x002E)])
def test_what_comes_outside_market_hours_has_the_code_of_its_phase(venue, phase, reason):
    ruled(venue, "order-type", **ORDER_TYPES)
    venue.phase(Phase[phase])
    assert venue.enter("buy", 1, "9.00") == [f"rejected 1: 0x{reason:04X}"]


@RISK
def test_orders_name_their_group_by_the_option_and_are_held_to_its_rules(venue):
    venue.do(RegisterGroups("INET", (7,)))
    ruled(venue, "gross-exposure", group=7, open_action=1_000, breach_action="REJECT")
    assert venue.enter("buy", 101, "10.00", group_id=7)[0].startswith("accepted 1")
    assert venue.enter("buy", 1, "10.00", group_id=7) == ["rejected 2: 0x0020"]
    assert venue.enter("buy", 1, "10.00")[0].startswith("accepted 3")
    assert venue.enter("buy", 1, "10.00", group_id=8)[0].startswith("accepted 4")


@RISK
def test_the_safety_switch_cancels_and_closes_and_opens_again(venue):
    venue.enter("buy", 100, "9.00")
    venue.do(SafetySwitch("NASDAQ", "INET", None, CancelAction.ALL, PortAction.DISABLE, "ann"))
    (canceled,) = venue.heard()
    assert (canceled.user_ref_num, canceled.quantity, canceled.reason.value) == (1, 100, "S")
    assert venue.enter("buy", 100, "9.00") == ["rejected 2: 0x000C"]
    venue.enable()
    assert venue.enter("buy", 100, "9.00")[-1] == "rejected 4: 0x000C"
    venue.do(SafetySwitch("NASDAQ", "INET", "IN19T6", CancelAction.NONE, PortAction.ENABLE, "ann"))
    assert venue.enter("buy", 100, "9.00")[-1].startswith("accepted 5")
