"""The cost of an order does not depend on how many others rest: counted in function calls, which no machine changes."""

import gc
import sys
from pathlib import Path

import nordic
import pytest
from nordic import NordicMarket, account, book, limits
from nordic import buy as nordic_buy
from nordic import sell as nordic_sell
from trading import Market
from words import buy, fat_finger, max_notional, max_shares, message_rate, sell

import engine.book
from engine.api import MemberEntry, Phase, PriceType, SetPhase, Side
from engine.commands import handle

pytestmark = [
    pytest.mark.section("Portcullis", "Cost independent of depth"),
    pytest.mark.skipif(Path(engine.book.__file__).suffix != ".py", reason="calls of compiled code cannot be counted"),
]

FEW, MANY = 10, 10_000
RULES = (max_shares(900_000), max_notional(900_000_000), fat_finger("0", "400"), message_rate(1_000_000))


def calls(act):
    """How many functions `act` calls, C functions included."""
    count = 0

    def profile(_frame, event, _argument):
        nonlocal count
        count += event in {"call", "c_call"}

    gc.collect()
    gc.disable()  # what earlier tests left must not be finalized, and counted, here
    sys.setprofile(profile)
    try:
        act()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


def crowd(orders, spread):
    """Resting orders on both sides: `spread` over prices of their own, or all at two prices."""
    market = Market(*RULES, audited=False)
    for number in range(orders // 2):
        off = (1 + number) * 100 if spread else 100
        by = ("AK1", "AKB", "AKP")[number % 3] if number > 2 else "AK1"
        hidden = number % 5 == 4
        market.enter(buy(10, at=10_000_000 - off, by=by, hidden=hidden))
        market.enter(sell(10, at=10_000_000 + off, by=by, hidden=hidden))
    return market


NEAR = 10_000_000


def cancel_in_the_middle(market):
    """Order 5 came early: deep in the spread book, near the front of the queue in the other."""
    market.cancel(5)


OPERATIONS = {
    "an order that rests": lambda market: market.enter(buy(10, at=NEAR - 100)),
    "an order that rests at a new price": lambda market: market.enter(buy(10, at=NEAR - 50 * 100)),
    "an order that trades": lambda market: market.enter(buy(10, at=NEAR + 100)),
    "an order that trades in part and rests": lambda market: market.enter(sell(15, at=NEAR - 100, ioc=True)),
    "an immediate order that is dead": lambda market: market.enter(buy(10, at=NEAR, ioc=True)),
    "a refused order": lambda market: market.enter(buy(999_999, at=NEAR)),
    "a cancel": cancel_in_the_middle,
    "a cut": lambda market: market.cancel(5, to=5),
    "a replace": lambda market: market.replace(5, buy(10, at=NEAR - 300)),
    "a modify": lambda market: market.modify(6, side=Side.SELL_SHORT, to=5),
    "a good-till-time order": lambda market: market.enter(buy(10, at=NEAR - 100, good_for=60)),
}


@pytest.fixture(scope="module", params=[True, False], ids=["many prices", "two prices"])
def crowds(request):
    return crowd(FEW, request.param), crowd(MANY, request.param)


@pytest.mark.parametrize("name", OPERATIONS)
def test_calls_do_not_grow_with_the_orders_that_rest(crowds, name):
    few, many = (calls(lambda market=market: OPERATIONS[name](market)) for market in crowds)
    assert few > 0
    assert abs(many - few) <= 2


def test_calls_grow_with_the_trades_and_with_nothing_else():
    def sweep(orders):
        market = crowd(orders, spread=True)
        one = calls(lambda: market.enter(buy(10, at=NEAR + 10_000 * 100, ioc=True)))
        three = calls(lambda: market.enter(buy(30, at=NEAR + 10_000 * 100, ioc=True)))
        return one, three

    few, many = sweep(40), sweep(MANY)
    assert few[1] - few[0] == many[1] - many[0]


def pegged(pegs):
    """A quoted book in which so many pegs stand at the bid, behind the order that they follow."""
    market = crowd(FEW, spread=True)
    for _ in range(pegs):
        market.enter(buy(10, at=NEAR + 5_000, price_type=PriceType.PRIMARY_PEG))
    return market


def calls_with(pegs, act):
    market = pegged(pegs)
    return calls(lambda: act(market))


def test_what_moves_no_quote_costs_no_more_with_many_pegs():
    for act in (
        lambda market: market.enter(buy(10, at=NEAR - 300)),
        lambda market: market.enter(buy(10, at=NEAR - 100)),
        lambda market: market.enter(buy(10, at=NEAR - 300, price_type=PriceType.PRIMARY_PEG)),
        lambda market: market.cancel(5),
        lambda market: market.cancel(FEW + 1),
    ):
        assert calls_with(10, act) == calls_with(60, act)


def test_a_quote_that_moves_costs_in_proportion_to_the_pegs_that_move():
    one, two, three = (calls_with(pegs, lambda market: market.enter(buy(10, at=NEAR))) for pegs in (10, 20, 30))
    assert three - two == two - one > 0


def instructions(act):
    """How many bytecode instructions `act` takes: loops without calls count too."""
    count = 0

    def trace(frame, event, _argument):
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(None)
    return count


def test_a_trade_of_a_call_costs_the_same_in_a_deep_book():
    def uncross(trades):
        market = NordicMarket(audited=False)
        market.phase(Phase.OPENING_CALL)
        for number in range(trades):
            market.enter(nordic.buy(1, at=f"{101 + number % 10 / 100:.2f}"))
            market.enter(nordic.sell(1, at=f"{99 + number % 10 / 100:.2f}", by="C1", user="GP30U1"))
        command = SetPhase("nordic", nordic.ERIC, Phase.CONTINUOUS)
        return instructions(lambda: handle(market.engine, command, market.now, None))

    hundred, three_hundred, five_hundred = map(uncross, (100, 300, 500))
    assert abs((five_hundred - three_hundred) - (three_hundred - hundred)) < 200


def test_a_shut_port_is_refused_as_cheaply_whatever_its_limit():
    def refusal(limit):
        market = Market(message_rate(limit), audited=False)
        for _ in range(limit + 1):
            market.message()
        return instructions(lambda: market.enter(buy(1, at=NEAR)))

    assert abs(refusal(MANY) - refusal(FEW)) <= 20


CURRENCIES = ("SEK", "EUR", "DKK", "NOK", "ISK")


def guarded(accounts):
    """A Nordic market with so many accounts, each with all limits in five currencies, and one user."""
    every = dict.fromkeys(("total_risk", "total_traded", "total_open", "traded_buy", "open_sell"), 10**9)
    most = {currency: limits(10**6, 10**9, **every) for currency in CURRENCIES}
    names = [f"A{number:05}" for number in range(accounts)]
    members = (MemberEntry("GP29", tuple(names)), MemberEntry("GP30", ("GP30U1",)))
    books = tuple(book(str(101 + place), name, name, "100.00") for place, name in enumerate(CURRENCIES))
    settings = {"repeated_order_limit": 10**6, "symbol_rate": 10**6}
    entries = (account(name, users=[name], **settings, **most) for name in names)
    market = NordicMarket(*entries, books=books, members=members, audited=False)
    for symbol in books:
        market.enter(nordic_buy(10, at="90.00", user=names[-1], book=symbol.order_book))
        market.enter(nordic_sell(1_000, at="110.00", by="C1", user="GP30U1", book=symbol.order_book))
    return market, names[-1]


@pytest.mark.section("PRM", "3.6 Daily accumulated values")
def test_an_order_costs_no_more_with_ten_thousand_accounts_in_five_currencies_than_with_one():
    costs = []
    for accounts in (1, 10_000):
        market, user = guarded(accounts)
        resting = calls(lambda market=market, user=user: market.enter(nordic_buy(7, at="91.00", user=user)))
        trading = calls(lambda market=market, user=user: market.enter(nordic_buy(8, at="110.00", user=user)))
        costs.append((resting, trading))
    assert costs[0] == costs[1]
