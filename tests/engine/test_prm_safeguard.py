"""Block and cancel of PRM accounts: which orders go, in what order and slices, what is refused after, what lifts it."""

import pytest
from nordic import ERIC, NOKIA, NORDIC_PORTS, OTHER, THIRD, USER, NordicMarket, account, buy, port_entry, sell
from words import TOMORROW, Canceled, Rejected, whole

from engine.api import BlockAccount, CancelReason, CommandRefused, DropEntry, Reject
from engine.mass_cancel import ORDERS_A_SLICE

SAFEGUARD = pytest.mark.section("PRM", "3.9 On-disconnect safeguard")
BLOCK = pytest.mark.section("PRM", "3.18 Account block")
SLICE = ORDERS_A_SLICE
FIRST, SECOND_ONE = account("GP29PR", users=[USER]), account("GP29P1", users=[OTHER])


def drop(*guards, **how):
    """A Drop port that guards these accounts."""
    return port_entry("DROP", drop=DropEntry(guards=guards, **how))


PORTS = (*NORDIC_PORTS, drop("GP29PR"))


def gone(number, quantity=100):
    return Canceled(number, quantity, CancelReason.SUPERVISORY)


@SAFEGUARD
def test_all_orders_of_the_account_end_on_all_ports_in_the_order_of_the_ports_and_others_stay():
    market = NordicMarket(FIRST, SECOND_ONE, ports=PORTS)
    market.enter(buy(100, at="99.00", by="G2"))
    market.enter(buy(100, at="99.00"))
    market.enter(sell(100, at="4.10", book=NOKIA))
    market.enter(buy(100, at="99.00", user=OTHER))
    market.enter(buy(100, at="99.00", user=THIRD))
    market.enter(buy(100, at="99.00", by="C1", user="GP30U1"))
    assert market.safeguard() == [gone(2), gone(3), gone(1)]
    assert sorted(market.open) == [("C1", 6), ("G1", 4), ("G1", 5)]
    assert not market.engine.mass_cancels


@SAFEGUARD
def test_the_account_is_blocked_on_all_ports_by_the_drop_port_and_its_fellows_are_not():
    market = NordicMarket(FIRST, SECOND_ONE, ports=PORTS)
    market.safeguard()
    for order in (buy(1, at="100.00"), buy(1, at="100.00", by="G2"), buy(1, at="4.00", book=NOKIA)):
        assert market.enter(order) == [Rejected(Reject.ACCOUNT_BLOCKED)]
    market.enter(buy(1, at="100.00", user=OTHER))
    states = {name: (one.blocked, one.blocked_by) for name, one in market.engine.prm.accounts.items()}
    assert states == {"GP29PR": (True, "DROP"), "GP29P1": (False, "")}


@SAFEGUARD
def test_several_accounts_go_in_one_pass_over_each_port():
    market = NordicMarket(FIRST, SECOND_ONE, ports=[*NORDIC_PORTS, drop("GP29PR", "GP29P1")])
    for user in (USER, OTHER, THIRD, USER):
        market.enter(buy(100, at="99.00", user=user))
    assert market.safeguard() == [gone(1), gone(2), gone(4)]


@SAFEGUARD
def test_an_account_that_is_no_more_is_guarded_no_more():
    market = NordicMarket(FIRST, ports=[*NORDIC_PORTS, drop("GP29XX", "GP29PR")])
    market.enter(buy(100, at="99.00"))
    assert market.safeguard() == [gone(1)]


@SAFEGUARD
def test_a_port_that_guards_nothing_ends_nothing():
    market = NordicMarket(FIRST, ports=[*NORDIC_PORTS, drop()])
    market.enter(buy(100, at="99.00"))
    assert (market.safeguard(), market.safeguard("G1"), market.open) == ([], [], {("G1", 1): 100})


@SAFEGUARD
def test_whether_a_restart_of_the_venue_counts_is_a_setting_of_the_port():
    market = NordicMarket(FIRST, ports=[*NORDIC_PORTS, drop("GP29PR", guard_on_restart=False)])
    market.enter(buy(100, at="99.00"))
    assert market.safeguard(is_restart=True) == []
    assert market.safeguard() == [gone(1)]
    market = NordicMarket(FIRST, ports=PORTS)
    market.enter(buy(100, at="99.00"))
    assert market.safeguard(is_restart=True) == [gone(1)]


@SAFEGUARD
def test_a_block_that_somebody_set_stays_theirs_though_the_orders_go():
    market = NordicMarket(FIRST, ports=PORTS)
    market.enter(buy(100, at="99.00"))
    market.block()
    assert market.safeguard() == [gone(1)]
    assert market.engine.prm.accounts["GP29PR"].blocked_by == ""


@SAFEGUARD
def test_who_blocks_an_account_that_the_safeguard_blocked_changes_nothing_and_operations_keep_it():
    market = NordicMarket(FIRST, ports=PORTS)
    market.safeguard()
    one = market.engine.prm.accounts["GP29PR"]
    market.do(BlockAccount("GP29PR", True, by_operations=False))
    assert (one.blocked_by, one.by_operations) == ("DROP", False)
    market.block()
    assert (one.blocked_by, one.by_operations) == ("DROP", True)
    with pytest.raises(CommandRefused, match="operations blocked"):
        market.do(BlockAccount("GP29PR", False, by_operations=False))


@SAFEGUARD
@pytest.mark.parametrize("how", ["unblocked", "the next day"])
def test_operations_or_the_next_day_lift_the_block(how):
    market = NordicMarket(FIRST, ports=PORTS)
    market.safeguard()
    if how == "unblocked":
        market.block(blocked=False)
    else:
        market.wait(86_400)
        market.next_day(TOMORROW)
    assert whole(market.enter(buy(1, at="100.00")))
    one = market.engine.prm.accounts["GP29PR"]
    assert (one.blocked, one.blocked_by) == (False, "")


@SAFEGUARD
@pytest.mark.parametrize(
    ("counts", "slices"),
    [
        ({"G1": SLICE}, [SLICE]),
        ({"G1": SLICE + 1}, [SLICE, 1]),
        ({"G1": SLICE - 1, "G2": 1}, [SLICE]),
        ({"G1": SLICE, "G2": 1}, [SLICE, 1]),
        ({"G1": SLICE + 1, "G2": SLICE + 1}, [SLICE, 1, SLICE, 1]),
    ],
    ids=str,
)
def test_no_record_looks_at_more_orders_than_a_slice_has(counts, slices):
    market = NordicMarket(FIRST, ports=PORTS, audited=False)
    for port, count in counts.items():
        for _ in range(count):
            market.enter(buy(100, at="99.00", by=port))
    heard = [len(market.safeguard())]
    while market.engine.mass_cancels:
        heard.append(len(market.work_off()))
    assert heard == slices
    assert market.open == {}


@SAFEGUARD
def test_a_port_is_busy_until_its_orders_are_gone_and_others_trade_on():
    market = NordicMarket(FIRST, ports=PORTS, audited=False)
    for _ in range(SLICE + 1):
        market.enter(buy(100, at="99.00"))
    assert len(market.safeguard()) == SLICE
    ports = market.engine.ports
    assert ports["G1"].mass_cancel is not None
    assert ports["C1"].mass_cancel is None
    assert len(market.enter(sell(100, at="99.00", by="C1", user="GP30U1"))) == 3
    while market.engine.mass_cancels:
        market.work_off()
    assert (market.open, ports["G1"].mass_cancel) == ({}, None)


@SAFEGUARD
def test_it_waits_for_the_ports_own_mass_cancel_which_is_answered_first():
    market = NordicMarket(FIRST, ports=PORTS, audited=False)
    for _ in range(SLICE + 1):
        market.enter(buy(100, at="99.00"))
    market.enter(sell(100, at="4.10", book=NOKIA))
    market.mass_cancel(by="G1", symbol=ERIC)
    assert market.safeguard() == []
    heard = [market.work_off(), market.work_off()]
    assert heard[0][0] == Canceled(SLICE + 1, 100)
    assert heard[1] == [gone(SLICE + 2)]
    assert not market.engine.mass_cancels


@SAFEGUARD
def test_a_restart_between_two_slices_goes_on_as_if_there_had_been_none():
    market = NordicMarket(FIRST, ports=PORTS, audited=False)
    for _ in range(SLICE + 1):
        market.enter(buy(100, at="99.00"))
    for _ in range(2):
        market.enter(buy(100, at="99.00", by="G2", user=USER))
    market.mass_cancel(by="G1", symbol=NOKIA)
    for _ in range(SLICE):
        market.enter(buy(100, at="99.00", by="G2"))
    market.mass_cancel(by="G2")
    market.safeguard()
    copy = market.reloaded()
    while market.engine.mass_cancels:
        assert market.state() == copy.state()
        assert whole(market.work_off()) == whole(copy.work_off())
    assert market.state() == copy.state()
    assert market.open == {}


@BLOCK
def test_a_command_blocks_and_cancels_in_one():
    market = NordicMarket(FIRST, ports=PORTS)
    market.enter(buy(100, at="99.00"))
    assert market.do(BlockAccount("GP29PR", blocked=True, cancel=True)) == [gone(1)]
    assert market.enter(buy(1, at="100.00")) == [Rejected(Reject.ACCOUNT_BLOCKED)]
    assert market.do(BlockAccount("GP29PR", blocked=False, cancel=True)) == []
    assert whole(market.enter(buy(1, at="100.00")))
