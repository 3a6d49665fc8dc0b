"""Orders that change: replaced, cut, modified, cancelled together; ports that may not enter; books that halt."""

import pytest
from trading import Market
from words import (
    MARKET,
    Accepted,
    Canceled,
    MassCanceled,
    Modified,
    Rejected,
    Replaced,
    buy,
    max_shares,
    message_rate,
    sell,
    short,
    short_exempt,
    ticket,
    trade,
)

from engine.api import CancelReason, Reject, Side

REPLACE = pytest.mark.section("OUCH 5.0", "2.5 Replace")
CANCEL = pytest.mark.section("OUCH 5.0", "2.5 Cancel")
MODIFY = pytest.mark.section("OUCH 5.0", "2.5 Modify")
MASS_CANCEL = pytest.mark.section("OUCH 5.0", "2.5 Mass Cancel")
DISABLE = pytest.mark.section("OUCH 5.0", "2.5 Disable and Enable Order Entry")
HALT = pytest.mark.section("OUCH 5.0", "7.1 Halted")


# Replace.


@REPLACE
def test_a_replacement_takes_the_place_of_the_original(market):
    market.enter(buy(100, at="10.00"))
    assert market.replace(1, buy(200, at="9.99")) == [Replaced(2, 1, 200, "9.99")]
    assert market.find(1) is None
    assert market.open == {("IN1", 2): 200}


@REPLACE
def test_a_replacement_goes_to_the_end_of_the_queue_even_at_the_same_price_and_size(market):
    market.enter(buy(100, at="10.00"))
    market.enter(buy(100, at="10.00", by="AK1"))
    market.replace(1, buy(100, at="10.00"))
    assert market.enter(sell(100, at="10.00"))[1:] == trade(4, 2, 100, "10.00", match=1)


@REPLACE
def test_the_size_is_the_total_and_what_has_executed_counts(market):
    market.enter(buy(100, at="10.00"))
    market.enter(sell(30, at="10.00"))
    assert market.replace(1, buy(100, at="9.00")) == [Replaced(3, 1, 70, "9.00")]
    market.enter(sell(20, at="9.00"))
    assert market.replace(3, buy(51, at="9.00")) == [Replaced(5, 3, 1, "9.00")]
    assert market.find(5).size == 51


@REPLACE
@pytest.mark.parametrize(("total", "live"), [(29, False), (30, False), (31, True)])
def test_a_total_at_or_below_what_has_executed_ends_the_order(market, total, live):
    market.enter(buy(100, at="10.00"))
    market.enter(sell(30, at="10.00"))
    events = market.replace(1, buy(total, at="10.00"))
    assert events == ([Replaced(3, 1, 1, "10.00")] if live else [Canceled(1, 70)])


@REPLACE
def test_a_cut_is_not_an_execution(market):
    market.enter(buy(100, at="10.00"))
    market.cancel(1, to=40)
    assert market.replace(1, buy(60, at="10.00")) == [Replaced(2, 1, 60, "10.00")]


@REPLACE
def test_a_chain_of_replacements_executes_no_more_than_its_last_total(market):
    market.enter(buy(999_999, at="10.00"))
    key = 1
    for done in range(1, 6):
        market.enter(sell(100_000, at="10.00"))
        [replaced] = market.replace(key, buy(999_999, at="10.00"))
        assert replaced.quantity == 999_999 - 100_000 * done
        key = replaced.order


@REPLACE
def test_a_replacement_may_trade_at_once(market):
    market.enter(sell(50, at="10.01"))
    market.enter(buy(100, at="10.00"))
    assert market.replace(2, buy(100, at="10.01")) == [
        Replaced(3, 2, 100, "10.01"),
        *trade(3, 1, 50, "10.01", match=1),
    ]


@REPLACE
@pytest.mark.parametrize("how", [{"at": "10.00", "ioc": True}, {"at": MARKET}])
def test_a_replacement_that_must_not_rest_is_dead_or_loses_its_rest(market, how):
    market.enter(buy(100, at="9.00"))
    [replaced] = market.replace(1, buy(100, **how))
    assert replaced.dead
    assert market.open == {}
    market.enter(buy(100, at="9.00"))
    market.enter(sell(40, at="9.50"))
    events = market.replace(3, buy(100, **how))
    assert events[1:] == [*trade(5, 4, 40, "9.50", match=1), Canceled(5, 60, CancelReason.IMMEDIATE_OR_CANCEL)]


@REPLACE
def test_a_post_only_replacement_that_would_trade_is_canceled_and_the_original_is_gone(market):
    market.enter(sell(50, at="10.01"))
    market.enter(buy(100, at="10.00"))
    assert market.replace(2, buy(100, at="10.01", post_only=True)) == [
        Replaced(3, 2, 100, "10.01"),
        Canceled(3, 100, CancelReason.POST_ONLY_DISPLAYED),
    ]
    assert market.open == {("IN1", 1): 50}


@REPLACE
def test_a_replacement_may_hide_the_order_or_change_the_kind_of_sale(market):
    market.enter(sell(100, at="10.00"))
    market.replace(1, short(100, at="10.00", hidden=True))
    assert market.security().offer is None
    assert market.enter(buy(100, at="10.00"))[1:] == trade(3, 2, 100, "10.00", match=1, hidden=True)


@REPLACE
def test_faulty_details_end_the_original(market):
    for faulty in (
        buy(1_000_000, at="10.00"),
        buy(100, at="10.001"),
        buy(100, at=0),
        buy(100, at="10.00", max_floor=1, hidden=True),
    ):
        market.enter(buy(100, at="10.00"))
        key = market.last_key
        assert market.replace(key, faulty) == [Canceled(key, 100)]


@REPLACE
def test_what_is_gone_cannot_be_replaced(market):
    market.enter(buy(100, at="10.00"))
    market.cancel(1)
    assert market.replace(1, buy(100, at="10.00")) == []


@REPLACE
@pytest.mark.parametrize(
    ("hinder", "reason"),
    [
        (lambda market: market.configure(max_shares(150)), Reject.MAXIMUM_SHARES),
        (lambda market: market.halt(), Reject.HALTED),
        (lambda market: market.set_entry("IN1", enabled=False), Reject.ENTRY_DISABLED),
    ],
    ids=["risk", "halted", "disabled"],
)
def test_a_refused_replacement_leaves_the_original_and_its_priority(market, hinder, reason):
    market.enter(buy(100, at="10.00"))
    market.enter(buy(100, at="10.00", by="AK1"))
    hinder(market)
    before = market.state()
    assert market.replace(1, buy(200, at="10.01")) == [Rejected(reason)]
    market.engine.rules.diary.breaches.clear()
    assert market.state() == before
    market.halt(halted=False)
    assert market.enter(sell(100, at="10.00", by="AK1"))[1:] == trade(4, 1, 100, "10.00", match=1)


@REPLACE
def test_a_replacement_takes_a_reference_number_and_a_refused_one_does_not(market):
    market.enter(buy(100, at="10.00"))
    market.configure(max_shares(150))
    market.replace(1, buy(151, at="10.00"))
    [replaced] = market.replace(1, buy(150, at="10.00"))
    assert replaced.where.reference == 2


# Cancel.


@CANCEL
@pytest.mark.parametrize(
    ("to", "removed"), [(0, 100), (1, 99), (99, 1), (100, None), (101, None), (999_999, None), (2**32 - 1, None)]
)
def test_a_cancel_names_the_size_that_is_intended(market, to, removed):
    market.enter(buy(100, at="10.00"))
    assert market.cancel(1, to=to) == ([] if removed is None else [Canceled(1, removed)])
    assert market.open == ({("IN1", 1): 100 - (removed or 0)} if to else {})


@CANCEL
@pytest.mark.parametrize(("to", "removed"), [(0, 70), (29, 70), (30, 70), (31, 69), (99, 1), (100, None)])
def test_what_has_executed_counts_towards_the_intended_size(market, to, removed):
    market.enter(buy(100, at="10.00"))
    market.enter(sell(30, at="10.00"))
    assert market.cancel(1, to=to) == ([] if removed is None else [Canceled(1, removed)])


@CANCEL
def test_an_order_that_is_cut_keeps_its_place(market):
    market.enter(buy(100, at="10.00"))
    market.enter(buy(100, at="10.00", by="AK1"))
    market.cancel(1, to=50)
    market.cancel(1, to=40)
    assert market.enter(sell(60, at="10.00"))[1:] == [
        *trade(3, 1, 40, "10.00", match=1),
        *trade(3, 2, 20, "10.00", match=2),
    ]


@CANCEL
def test_cuts_across_the_chain(market):
    market.enter(buy(100, at="10.00"))
    market.enter(sell(30, at="10.00"))
    market.replace(1, buy(90, at="10.00"))
    assert market.cancel(3, to=50) == [Canceled(3, 40)]
    assert market.open == {("IN1", 3): 20}


@CANCEL
@pytest.mark.parametrize("first", [1, 2, 3])
def test_the_queue_holds_whoever_leaves_it(market, first):
    for _ in range(3):
        market.enter(buy(100, at="10.00"))
    market.cancel(first)
    stay = [key for key in (1, 2, 3) if key != first]
    assert market.enter(sell(200, at="10.00"))[1:] == [
        *trade(4, stay[0], 100, "10.00", match=1),
        *trade(4, stay[1], 100, "10.00", match=2),
    ]


@CANCEL
def test_a_cancel_is_taken_while_halted_disabled_and_shut():
    market = Market(message_rate(2))
    for _ in range(2):
        market.enter(buy(100, at="10.00"))
    market.halt()
    market.set_entry("IN1", enabled=False)
    assert market.engine.ports["IN1"].rate_limited
    assert market.cancel(1, to=50) == [Canceled(1, 50)]
    assert market.cancel(1) == [Canceled(1, 50)]
    assert market.mass_cancel() == [Canceled(2, 100), MassCanceled()]


# Modify.

ALLOWED = {
    (Side.SELL, Side.SELL_SHORT_EXEMPT),
    (Side.SELL, Side.SELL_SHORT),
    (Side.SELL_SHORT_EXEMPT, Side.SELL_SHORT),
}


@MODIFY
@pytest.mark.parametrize("new", Side)
@pytest.mark.parametrize("old", Side)
def test_which_side_may_become_which(market, old, new):
    market.enter(ticket(old, 100, "10.00"))
    events = market.modify(1, side=new)
    allowed = old == new or (old, new) in ALLOWED
    assert events == ([Modified(1, 100, new)] if allowed else [Rejected(Reject.INVALID_SIDE)])
    assert market.find(1).terms.side == (new if allowed else old)


@MODIFY
@pytest.mark.parametrize(
    ("to", "event"),
    [
        (0, Canceled(1, 70)),
        (29, Canceled(1, 70)),
        (30, Canceled(1, 70)),
        (31, Modified(1, 1)),
        (99, Modified(1, 69)),
        (100, Modified(1, 70)),
        (101, Rejected(Reject.INVALID_QUANTITY)),
        (2**32 - 1, Rejected(Reject.INVALID_QUANTITY)),
    ],
)
def test_a_modify_names_the_size_that_is_intended_and_only_cuts(market, to, event):
    market.enter(sell(100, at="10.00"))
    market.enter(buy(30, at="10.00"))
    assert market.modify(1, to=to) == [event]


@MODIFY
def test_a_modified_order_keeps_its_place(market):
    market.enter(sell(100, at="10.00"))
    market.enter(sell(100, at="10.00"))
    assert market.modify(1, side=Side.SELL_SHORT, to=60) == [Modified(1, 60, Side.SELL_SHORT)]
    assert market.enter(buy(100, at="10.00"))[1:] == [
        *trade(3, 1, 60, "10.00", match=1),
        *trade(3, 2, 40, "10.00", match=2),
    ]


@MODIFY
def test_a_modified_size_is_the_total_for_what_comes_next(market):
    market.enter(sell(100, at="10.00"))
    market.enter(buy(30, at="10.00"))
    market.modify(1, to=80)
    assert market.cancel(1, to=80) == []
    assert market.cancel(1, to=40) == [Canceled(1, 40)]
    assert market.replace(1, sell(31, at="10.00")) == [Replaced(3, 1, 1, "10.00")]


@MODIFY
def test_a_refused_modify_changes_nothing(market):
    market.enter(sell(100, at="10.00"))
    before = market.state()
    market.modify(1, side=Side.BUY, to=50)
    market.modify(1, side=Side.SELL_SHORT, to=101)
    assert market.state() == before


@MODIFY
def test_a_disabled_port_may_modify_and_a_rate_shut_one_may_not():
    market = Market(message_rate(3))
    market.enter(sell(100, at="10.00"))
    market.set_entry("IN1", enabled=False)
    assert market.modify(1, to=90) == [Modified(1, 90)]
    assert market.modify(1, to=80) == [Rejected(Reject.PORT_MESSAGE_RATE)]
    assert market.find(1).quantity == 90


# Mass cancel.


def crowd(market):
    """Orders 1 to 8 of IN1, 9 of IN2 and 10 of AK1."""
    market.enter(buy(100, at="9.00"))
    market.enter(sell(100, at="11.00"))
    market.enter(short(100, at="11.00", group_id=7))
    market.enter(short_exempt(100, at="11.00"))
    market.enter(buy(100, at="19.00", symbol="AMD"))
    market.enter(buy(100, at="9.50", group_id=7, hidden=True))
    market.enter(sell(100, at="21.00", symbol="AMD", group_id=8))
    market.enter(buy(100, at="9.00", good_for=60))
    market.enter(buy(100, at="9.00", by="IN2"))
    market.enter(buy(100, at="9.00", by="AK1"))
    return market


@MASS_CANCEL
@pytest.mark.parametrize(
    ("criteria", "gone"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8]),
        ({"symbol": "ZWZZT"}, [1, 2, 3, 4, 6, 8]),
        ({"symbol": "AMD"}, [5, 7]),
        ({"symbol": "AAPL"}, []),
        ({"symbol": "NOPE"}, []),
        ({"side": Side.BUY}, [1, 5, 6, 8]),
        ({"side": Side.SELL}, [2, 7]),
        ({"side": Side.SELL_SHORT}, [3]),
        ({"side": Side.SELL_SHORT_EXEMPT}, [4]),
        ({"group": 7}, [3, 6]),
        ({"group": 0}, [1, 2, 4, 5, 8]),
        ({"group": 9}, []),
        ({"symbol": "ZWZZT", "side": Side.BUY}, [1, 6, 8]),
        ({"symbol": "AMD", "side": Side.SELL, "group": 8}, [7]),
        ({"symbol": "ZWZZT", "side": Side.SELL, "group": 8}, []),
        ({"by": "IN2"}, [9]),
        ({"by": "INB"}, []),
    ],
    ids=str,
)
def test_a_mass_cancel_ends_what_matches_oldest_first(market, criteria, gone):
    crowd(market)
    assert market.mass_cancel(**criteria) == [*(Canceled(key, 100) for key in gone), MassCanceled()]
    assert {key for _, key in market.open} == set(range(1, 11)) - set(gone)


@MASS_CANCEL
def test_a_replacement_is_as_young_as_its_replacing(market):
    crowd(market)
    market.replace(1, buy(100, at="9.00"))
    assert [event.order for event in market.mass_cancel(side=Side.BUY)[:-1]] == [5, 6, 8, 11]


@MASS_CANCEL
def test_only_what_is_open_is_canceled(market):
    market.enter(buy(100, at="10.00"))
    market.enter(sell(30, at="10.00", by="AK1"))
    assert market.mass_cancel() == [Canceled(1, 70), MassCanceled()]
    assert market.mass_cancel() == [MassCanceled()]


# Disable and enable.


@DISABLE
def test_a_disabled_port_enters_nothing_until_it_is_enabled(market):
    market.set_entry("IN1", enabled=False)
    assert market.enter(buy(100, at="10.00")) == [Rejected(Reject.ENTRY_DISABLED)]
    market.set_entry("IN1", enabled=True)
    assert market.enter(buy(100, at="10.00")) == [Accepted(2, 100, "10.00")]


@DISABLE
def test_disabling_leaves_resting_orders_and_other_ports_alone(market):
    market.enter(buy(100, at="10.00"))
    market.set_entry("IN1", enabled=False)
    assert market.open == {("IN1", 1): 100}
    assert market.enter(sell(100, at="10.00", by="IN2"))[1:] == trade(2, 1, 100, "10.00", match=1)


# Halts.


@HALT
def test_a_halted_book_takes_no_order_and_keeps_what_rests(market):
    market.enter(buy(100, at="10.00"))
    market.halt()
    assert market.enter(sell(100, at="10.00")) == [Rejected(Reject.HALTED)]
    assert market.enter(sell(100, at="10.00", ioc=True)) == [Rejected(Reject.HALTED)]
    assert market.open == {("IN1", 1): 100}
    market.halt(halted=False)
    assert market.enter(sell(100, at="10.00"))[1:] == trade(4, 1, 100, "10.00", match=1)


@HALT
def test_a_halt_is_of_one_book_or_of_a_whole_exchange(market):
    market.halt("ZWZZT", "nasdaq")
    assert market.enter(buy(100, at="10.00", symbol="AMD")) == [Accepted(1, 100, "10.00")]
    assert market.enter(buy(100, at="10.00", by="INB")) == [Accepted(2, 100, "10.00")]
    market.halt(None, "bx")
    for symbol in ("ZWZZT", "AMD", "AAPL"):
        assert market.enter(buy(100, at="10.00", symbol=symbol, by="INB")) == [Rejected(Reject.HALTED)]
        assert market.enter(buy(100, at="10.00", symbol=symbol, by="INP"))[0].dead is False


@HALT
def test_an_order_may_expire_while_its_book_is_halted(market):
    market.enter(buy(100, at="10.00", good_for=1))
    market.halt()
    assert market.wait(1) == [Canceled(1, 100, CancelReason.EXPIRED)]
