"""What the orders of an account do to it, as its risk desk is told: values, warnings, locks, rates, repeated orders."""

import pytest
from desk import ADMIN, VIEWER

from engine.api import ReleaseAccount
from prmproto import extension as ask
from prmproto.messages import AccountRateBreach, AccumulatedValues

VALUES = pytest.mark.section("PRM protocol", "2.5 Accumulated values")
LOCKS = pytest.mark.section("PRM protocol", "2.5 Meaning of each request")
EVENTS = pytest.mark.section("PRM protocol", "3.7 Events and audit")
ALL = 511


@pytest.fixture
def watching(desk):
    """One port that asks and changes, and another that is told of events."""
    for name in (ADMIN, VIEWER):
        desk.hello(name)
    desk.ask(ask.SubscribeEvents, "", ALL, by=VIEWER)
    return desk


def kinds(said):
    return [(one.kind, one.subject) for one in said if isinstance(one, ask.Event)]


@VALUES
def test_open_and_traded_values_are_told_as_orders_make_them(desk):
    desk.enter(100)
    desk.wait(0.1)
    (told,) = desk.tick()
    assert isinstance(told, AccumulatedValues)
    assert (told.open_buy, told.total_open, told.total_risk) == (100_000_000, 100_000_000, 100_000_000)
    desk.enter(40, side=b"S", user="GP30U1", by="GP30O1")
    desk.wait(0.1)
    (told,) = desk.tick()
    assert (told.traded_buy, told.open_buy, told.total_risk) == (40_000_000, 60_000_000, 100_000_000)


@LOCKS
@EVENTS
def test_a_limit_warns_then_locks_and_the_desk_unlocks(watching):
    watching.limits("GP29PR", total_open=100_000_000)
    watching.said(VIEWER)
    watching.enter(80)
    assert kinds(watching.said(VIEWER)) == [("W", "O")]
    watching.enter(20)
    assert kinds(watching.said(VIEWER)) == [("B", "O")]
    watching.enter(1)
    (refused,) = watching.said(VIEWER)
    assert (refused.kind, refused.currency) == ("J", "SEK")
    assert watching.open_orders() == [1, 2]
    assert watching.currency(lock="N")[0].reject_all == "N"
    assert kinds(watching.said(VIEWER)) == [("U", "O")]
    watching.enter(1)
    assert watching.open_orders() == [1, 2, 4]
    assert kinds(watching.said(VIEWER)) == [("B", "O")]
    rows = [(one.action, one.item) for one in watching.ask(ask.AuditList, "GP29PR", 0)]
    over = "Over Daily Open Order Total Value"
    assert rows[1:4] == [("Breach Lock", over), ("Order Reject", over), ("Breach Unlock", over)]


@LOCKS
def test_an_order_in_another_currency_is_not_locked_and_a_cancel_does_not_unlock(watching):
    watching.limits(total_open=100_000_000)
    watching.enter(100)
    assert watching.currency()[0].reject_all == "Y"
    watching.enter(100, price=40_000, book=201)
    assert watching.open_orders() == [1, 2]
    watching.cancel()
    assert watching.currency()[0].reject_all == "Y"


@LOCKS
@EVENTS
def test_a_symbol_rate_locks_the_account_for_everyone_to_see_and_operations_release_it(watching):
    user = "GP29U3"
    for _ in range(51):
        watching.enter(1, price=900_000, user=user)
    said = watching.said(VIEWER)
    watching.said(ADMIN)
    assert AccountRateBreach(watching.now - watching.machine.engine.midnights["nordic"], "A", "GP29P1") in said
    assert ("B", "B") in kinds(said)
    assert watching.settings("GP29P1", block="U")[0].reason == "U"
    assert watching.ask(ask.AccountList, "GP29P1")[0].lock == "S"
    watching.do(ReleaseAccount("GP29P1"))
    assert [one.state for one in watching.said(VIEWER) if isinstance(one, AccountRateBreach)] == ["I"]
    watching.said(ADMIN)
    assert watching.ask(ask.AccountList, "GP29P1")[0].lock == "-"


@EVENTS
def test_repeated_orders_restrict_their_symbol_with_an_origin_of_their_own_until_it_is_released(watching):
    for _ in range(4):
        watching.enter(5, price=900_000, user="GP29U4")
    assert ("R", "") in kinds(watching.said(VIEWER))
    (entry,) = watching.ask(ask.RestrictionList, "GP29Q1", "O")
    assert (entry.restricted, entry.origin, entry.state) == (101, "R", "A")
    assert watching.book("I", 101, "GP29Q1")[0].state == "I"
    assert watching.ask(ask.RestrictionList, "GP29Q1", "O") == []
    watching.enter(5, price=900_000, user="GP29U4")
    assert len(watching.open_orders()) == 5
