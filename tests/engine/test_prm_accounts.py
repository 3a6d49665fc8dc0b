"""Whom a PRM account covers, and what becomes of a user who is nobody's (PRM guide 3.1)."""

import pytest
from nordic import (
    BOOKS,
    ERIC,
    MEMBERS,
    NORDIC_PORTS,
    NOVO,
    OTHER,
    STRANGER,
    THIRD,
    USER,
    NordicMarket,
    account,
    buy,
    limits,
    port_entry,
    sell,
)
from words import Accepted, Canceled, Rejected, Replaced, accepted, trade

from engine.api import MemberEntry, Reject

ACCOUNTS = pytest.mark.section("PRM", "3.1 Accounts")
SMALL = {"SEK": limits(10)}


def held(market):
    """Which of GP29's users may not send eleven shares."""
    return [
        user
        for user in (USER, OTHER, THIRD)
        if market.enter(buy(11, at="100.00", user=user)) == [Rejected(Reject.MAXIMUM_ORDER_QUANTITY)]
    ]


@ACCOUNTS
@pytest.mark.parametrize(
    ("users", "exclusion", "expected"),
    [
        ((USER, OTHER), False, [USER, OTHER]),
        ((USER, OTHER), True, [THIRD]),
        ((), False, [USER, OTHER, THIRD]),
        ((), True, [USER, OTHER, THIRD]),
    ],
    ids=["inclusion", "exclusion", "none named, inclusion", "none named, exclusion"],
)
def test_an_account_covers_the_users_named_or_all_but_those(users, exclusion, expected):
    assert held(NordicMarket(account(users=users, exclusion=exclusion, **SMALL))) == expected


@ACCOUNTS
def test_two_accounts_of_a_member_hold_each_their_own_users():
    one = account("GP29PR", users=[USER], SEK=limits(10))
    two = account("GP29P1", users=[USER], exclusion=True, SEK=limits(20))
    market = NordicMarket(one, two)
    assert held(market) == [USER]
    assert market.enter(buy(21, at="100.00", user=THIRD)) == [Rejected(Reject.MAXIMUM_ORDER_QUANTITY)]
    assert market.refusal.rule == "GP29P1"


@ACCOUNTS
def test_an_account_holds_its_users_on_every_port_of_the_member():
    market = NordicMarket(account(**SMALL))
    for port in ("G1", "G2"):
        assert market.enter(buy(11, at="100.00", by=port)) == [Rejected(Reject.MAXIMUM_ORDER_QUANTITY)]


@ACCOUNTS
def test_an_account_does_not_hold_another_member():
    market = NordicMarket(account(**SMALL))
    assert isinstance(market.enter(buy(11, at="100.00", by="C1", user="GP30U1"))[0], Accepted)


@ACCOUNTS
@pytest.mark.parametrize("user", [STRANGER, "GP30U1", ""], ids=["undeclared", "another member's", "none"])
def test_an_undeclared_user_is_refused(user):
    market = NordicMarket()
    assert market.enter(buy(1, at="100.00", user=user)) == [Rejected(Reject.UNKNOWN_USER)]


@ACCOUNTS
def test_users_who_are_nobody_s_leave_nothing_behind():
    market = NordicMarket()
    before = market.state()
    for number in range(50):
        market.enter(buy(1, at="100.00", user=f"NO{number:04d}"))
    assert market.engine.ports["G1"].scopes == {}
    market.wait(2)
    assert market.engine.ports["G1"].orders.find(1) is None
    assert len(before) <= len(market.state()) < len(before) + 1_000


@ACCOUNTS
def test_a_replacement_by_an_undeclared_user_leaves_the_original():
    market = NordicMarket()
    market.enter(buy(100, at="100.00"))
    assert market.replace(1, buy(50, at="100.00", user=STRANGER)) == [Rejected(Reject.UNKNOWN_USER)]
    assert market.open == {("G1", 1): 100}


@ACCOUNTS
def test_a_replacement_by_another_user_meets_that_one_s_account():
    market = NordicMarket(account(users=[OTHER], **SMALL))
    market.enter(buy(100, at="100.00"))
    assert market.replace(1, buy(50, at="100.00", user=OTHER)) == [Rejected(Reject.MAXIMUM_ORDER_QUANTITY)]
    assert market.replace(1, buy(10, at="100.00", user=OTHER)) == [Replaced(3, 1, 10, "100.00")]
    assert market.find(3).user == OTHER


@ACCOUNTS
def test_a_user_who_is_declared_no_more_keeps_orders_and_sends_none():
    market = NordicMarket()
    market.enter(buy(100, at="100.00"))
    market.configure(members=(MemberEntry("GP29", (OTHER,)), MEMBERS[1]))
    other = market.reloaded()
    for venue in (market, other):
        assert venue.enter(buy(1, at="99.00")) == [Rejected(Reject.UNKNOWN_USER)]
        assert venue.open == {("G1", 1): 100}
        assert venue.cancel(1) == [Canceled(1, 100)]
    assert other.state() == market.state()


@ACCOUNTS
def test_orders_of_different_users_and_members_trade():
    market = NordicMarket()
    market.enter(sell(100, at="100.00", user=OTHER))
    assert market.enter(buy(40, at="100.00", by="C1", user="GP30U1"))[1:] == trade(2, 1, 40, "100.00", match=1)


@ACCOUNTS
def test_order_books_are_of_the_nordic_market_only_and_symbols_of_the_others():
    market = NordicMarket()
    assert set(market.engine.markets["nordic"].books) == {entry.order_book for entry in BOOKS}
    for exchange in ("nasdaq", "bx", "psx"):
        assert set(market.engine.markets[exchange].books) == {"ZWZZT", "AAPL", "AMD", "NEWCO"}
    assert market.enter(buy(1, at="10.00", book="ZWZZT")) == [Rejected(Reject.INVALID_SYMBOL)]
    assert market.enter(buy(1, at="100.00", book=ERIC, by="IN1", user="")) == [Rejected(Reject.INVALID_SYMBOL)]


@ACCOUNTS
@pytest.mark.parametrize("quantity", [1_000_000, 4_294_967_295])
def test_a_nordic_order_may_be_larger_than_a_us_one(quantity):
    market = NordicMarket()
    order = buy(quantity, at="700.00", book=NOVO)
    assert market.enter(order) == [accepted(1, order)]
    assert market.enter(sell(quantity + 1, at="700.00", book=NOVO, by="C1", user="GP30U1")) in (
        [Rejected(Reject.INVALID_QUANTITY)],
        [Accepted(2, quantity + 1, "700.00"), *trade(2, 1, quantity, "700.00", match=1)],
    )
    assert market.enter(buy(0, at="700.00", book=NOVO)) == [Rejected(Reject.INVALID_QUANTITY)]


@ACCOUNTS
def test_timestamps_and_hours_count_from_midnights_of_their_own():
    market = NordicMarket()
    port, exchange = market.engine.ports["G1"], market.engine.markets["nordic"]
    assert exchange.midnight - port.midnight == 3600 * 10**9
    other = market.reloaded()
    assert other.engine.markets["nordic"].midnight == exchange.midnight
    assert other.engine.ports["G1"].midnight == port.midnight
    market.configure(ports=(*NORDIC_PORTS, port_entry("G3")))
    assert market.engine.ports["G3"].midnight == port.midnight
