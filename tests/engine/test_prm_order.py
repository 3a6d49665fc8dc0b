"""Which of PRM's checks speaks first, and what a refused order leaves behind."""

from itertools import combinations

import pytest
from nordic import BOOKS, ERIC, STRANGER, NordicMarket, account, book, buy, limits, port_entry, sell
from words import MARKET, Rejected

from engine.api import Cross, Phase, Reject
from engine.phases import CALLS
from engine.risk import prm

ORDER = pytest.mark.section("PRM", "Order of evaluation")

# The order is to buy 1,000 at 106.00, whose last paid price is 100.00; each hindrance refuses it.


def halt(market):
    market.halt(ERIC, "nordic")


def storage(market):
    market.storage(low=True)


def disable(market):
    market.set_entry("G1", enabled=False)


def cancel_only(market):
    market.set_port("G1", cancel_only=True)


def block(market):
    market.block()


def shut(market):
    market.set_port("G1", maximum_orders=1)
    for _ in range(2):
        market.message("G1")


def hurry(market):
    market.set_account(symbol_rate=1)
    for _ in range(2):
        market.enter(buy(1, at="1.00", by="G2"))


def lock(market):
    market.lock()


def watch(market):
    market.set_port("G1", fat_finger=True)


PRECEDENCE = [
    (Reject.INVALID_QUANTITY, {"ticket": {"quantity": 4_294_967_296}}),
    (Reject.INVALID_CROSS, {"ticket": {"cross": Cross.SUPPLEMENTAL}}),
    (Reject.HALTED, {"act": halt}),
    (Reject.LOW_DISK_SPACE, {"act": storage}),
    (Reject.CALL_MISSED, {"ticket": {"cross": Cross.OPENING}}),
    (Reject.UNKNOWN_USER, {"ticket": {"user": STRANGER}}),
    (Reject.ENTRY_DISABLED, {"act": disable}),
    (Reject.ACCOUNT_BLOCKED, {"act": block}),
    (Reject.ACCOUNT_ORDER_RATE, {"act": hurry}),
    (Reject.PORT_ORDER_RATE, {"act": shut}),
    (Reject.LOCKED_IN_CURRENCY, {"act": lock}),
    (Reject.RESTRICTED_SEGMENT, {"account": {"segments": [100]}}),
    (Reject.RESTRICTED_SYMBOL, {"account": {"symbols": [ERIC]}}),
    (Reject.MAXIMUM_ORDER_QUANTITY, {"limits": (999, 0)}),
    (Reject.MAXIMUM_ORDER_VALUE, {"limits": (0, 105_999)}),
    (Reject.CONTINUOUS_FAT_FINGER, {"act": watch}),
]


IN_A_CALL = [
    (Reject.MAXIMUM_AUCTION_QUANTITY, {"limits": {"auction_quantity": 999}}),
    (Reject.MAXIMUM_AUCTION_VALUE, {"limits": {"auction_value": 99_999}}),
    (Reject.AUCTION_FAT_FINGER, {"account": {"fat_finger_in_auctions": True}, "ticket": {"at": "120.00"}}),
    (Reject.MARKET_ORDER_PREVENTION, {"account": {"market_order_prevention": True}}),
    (Reject.MARKET_ORDER_EQUILIBRIUM, {"account": {"market_order_protection": True}, "now": "100.00"}),
    (Reject.MARKET_ORDER_REFERENCE, {"account": {"market_order_protection": True}}),
]
"""Of a market order of 1,000 that brings the price of a call to 110.00, but where it says otherwise."""


MARKET_ORDERS = {reason for reason, how in IN_A_CALL if reason.name.startswith("MARKET_ORDER")}
CROSSES = {Reject.INVALID_CROSS, Reject.CALL_MISSED}
"""An order is tied to one call only, so no order can meet both."""


def hindered(*hindrances):
    settings = {}
    quantity, value = 0, 0
    for how in hindrances:
        settings |= how.get("account", {})
        quantity, value = (max(pair) for pair in zip((quantity, value), how.get("limits", (0, 0)), strict=True))
    market = NordicMarket(account(SEK=limits(quantity, value), **settings))
    for how in hindrances:
        how.get("act", lambda _: None)(market)
    terms = {"quantity": 1_000, "at": "106.00"}
    for how in reversed(hindrances):
        terms |= how.get("ticket", {})
    event = market.enter(buy(**terms))[0]
    return event.reason if isinstance(event, Rejected) else None


@ORDER
def test_the_order_passes_without_hindrance():
    assert hindered() is None


@ORDER
@pytest.mark.parametrize(("reason", "how"), PRECEDENCE, ids=lambda value: getattr(value, "name", ""))
def test_each_hindrance_refuses_it_alone(reason, how):
    assert hindered(how) == reason


@ORDER
@pytest.mark.parametrize(
    ("first", "second"),
    [pair for pair in combinations(PRECEDENCE, 2) if {hindrance[0] for hindrance in pair} != CROSSES],
    ids=lambda hindrance: hindrance[0].name,
)
@pytest.mark.parametrize("turned", [False, True])
def test_of_two_hindrances_the_earlier_gives_the_reason(first, second, turned):
    pair = (second[1], first[1]) if turned else (first[1], second[1])
    expected = first[0]
    assert hindered(*pair) == expected


def hindered_in_a_call(*hindrances):
    settings, most, terms, now = {}, {}, {"quantity": 1_000, "at": MARKET}, None
    for how in hindrances:
        settings |= how.get("account", {})
        most |= how.get("limits", {})
        terms |= how.get("ticket", {})
        now = now or how.get("now")
    books = (book(ERIC, "ERIC B", "SEK", "100.00", extension=6, static=10),)
    market = NordicMarket(account(SEK=limits(**most), **settings), books=books)
    market.phase(Phase.CLOSING_CALL)
    if now is not None:
        market.enter(buy(1, at=now, by="C1", user="GP30U1"))
        market.enter(sell(1, at=now, by="C1", user="GP30U1"))
    market.enter(sell(2_000, at="110.00", by="C1", user="GP30U1"))
    event = market.enter(buy(**terms))[0]
    return event.reason if isinstance(event, Rejected) else None


@ORDER
def test_of_two_hindrances_in_a_call_the_earlier_gives_the_reason_too():
    assert hindered_in_a_call() is None
    for reason, how in IN_A_CALL:
        assert hindered_in_a_call(how) == reason
    for first, second in combinations(IN_A_CALL, 2):
        kinds = {first[0], second[0]}
        if Reject.AUCTION_FAT_FINGER in kinds and len(kinds - MARKET_ORDERS) < 2:
            continue  # one asks limit orders only, the other market orders
        assert hindered_in_a_call(first[1], second[1]) == first[0]
        assert hindered_in_a_call(second[1], first[1]) == first[0]


@ORDER
def test_a_port_that_only_cancels_enters_nothing():
    assert hindered({"act": cancel_only}) == Reject.ENTRY_DISABLED


@ORDER
def test_the_checks_stand_in_the_order_of_the_matrix():
    asked = [check.__name__.upper() for check in prm.CHECKS]
    in_calls = [reason.name for reason, _ in IN_A_CALL]
    assert [name for name in asked if name not in in_calls] == [reason.name for reason, _ in PRECEDENCE[5:]]
    assert [name for name in asked if name in in_calls] == in_calls
    for general, in_auctions in (("ORDER_QUANTITY", "AUCTION_QUANTITY"), ("ORDER_VALUE", "AUCTION_VALUE")):
        assert asked.index(f"MAXIMUM_{in_auctions}") == asked.index(f"MAXIMUM_{general}") + 1
    assert asked.index("AUCTION_FAT_FINGER") == asked.index("CONTINUOUS_FAT_FINGER") + 1


@ORDER
def test_only_checks_with_something_to_compare_are_armed():
    market = NordicMarket(account(SEK=limits(10)), ports=(port_entry("G1"),))
    always = ("unknown_user", "entry_disabled")

    def armed(user, order_book=ERIC):
        scope = market.engine.scope(market.engine.ports["G1"], order_book, user)
        return tuple(check.__name__ for check in scope.protection.armed)

    of_the_account = ("account_blocked", "account_order_rate", "port_order_rate", "locked_in_currency")
    assert armed("GP29U1") == (*always, *of_the_account, "maximum_order_quantity")
    assert armed("GP29U1", BOOKS[2].order_book) == (*always, *of_the_account)
    market.configure(ports=(port_entry("G1"),))
    assert armed("GP29U1") == (*always, "port_order_rate")


@ORDER
def test_in_continuous_trading_the_orders_of_an_open_account_meet_its_limits_alone():
    counted = dict.fromkeys(("total_risk", "total_traded", "total_open"), 10_000)
    calls = dict.fromkeys(("fat_finger_in_auctions", "market_order_prevention", "market_order_protection"), True)
    everything = account(SEK=limits(10, 1_000, 10, 1_000, **counted), symbols=["301"], symbol_rate=9, **calls)
    market = NordicMarket(everything)
    market.set_port("G1", fat_finger=True)

    def in_trading(order_book):
        scope = market.engine.scope(market.engine.ports["G1"], order_book, "GP29U1")
        return tuple(check.__name__ for check in scope.protection.in_trading)

    assert in_trading(ERIC) == ("maximum_order_quantity", "maximum_order_value", "continuous_fat_finger")
    assert in_trading("301") == ("restricted_symbol",)
    assert Phase.CONTINUOUS not in CALLS, "what is left out there has nothing to object to"


@ORDER
def test_what_is_plainly_within_all_limits_is_held_to_the_same_bounds():
    market = NordicMarket(account(SEK=limits(100, 5_000)))
    market.set_port("G1", fat_finger=True)

    def refused(quantity, at):
        return getattr(market.enter(buy(quantity, at=at))[0], "reason", None)

    for _ in range(2):  # the second time its reference price is known
        assert refused(1, "105.00") == refused(1, "90.00") == refused(50, "100.00") is None
        assert refused(1, "105.01") == refused(1, "89.99") == Reject.CONTINUOUS_FAT_FINGER
        assert refused(51, "99.00") == Reject.MAXIMUM_ORDER_VALUE
        assert refused(101, "1.00") == Reject.MAXIMUM_ORDER_QUANTITY
    market.enter(sell(1, at="105.00", by="C1", user="GP30U1"))
    assert refused(1, "110.25") is None, "the last paid price is 105.00 now"
    assert refused(1, "110.26") == refused(1, "94.49") == Reject.CONTINUOUS_FAT_FINGER


@ORDER
def test_a_refused_order_leaves_no_trace_but_its_count_and_a_row_of_the_audit():
    market = NordicMarket(account(symbols=["301"], segments=[900], SEK=limits(100, 1_000)))
    market.set_port("G1", fat_finger=True)
    market.enter(buy(1, at="100.00"))
    market.wait(5)
    market.message("G1")
    before = without_rates(market)
    for order in (
        buy(1, at="700.00", book="301"),
        sell(1, at="2.00", book="901"),
        buy(101, at="1.00"),
        buy(11, at="100.00"),
        buy(1, at="120.00"),
        buy(50, at=MARKET),
        buy(1, at="100.00", user=STRANGER),
    ):
        market.wait(1)
        assert isinstance(market.enter(order)[0], Rejected)
    market.wait(1)
    market.message("G1")
    times = market.engine.ports["G1"].windows[0][1].inside()
    assert times == [market.now]
    assert market.engine.prm.diary.count("GP29") == 5  # those of the account
    market.engine.prm.diary.next_day()
    assert len(without_rates(market)) == len(before)


def without_rates(market):
    """The state without the times of orders by symbol, among which refused ones stand too."""
    for flow in market.engine.prm.accounts["GP29PR"].flows.values():
        flow.window.clear()
    return market.state()
