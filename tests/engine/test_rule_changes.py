"""Rules that are changed again before a change holds, and lists of thousands: what is told of it, and what it costs."""

import pytest
from trading import Market
from words import SYMBOLS, TOMORROW, Rejected, buy, max_shares, restricted, symbol_entry

from engine.api import ChangeList, CreateRule, UpdateRule

LIFE = pytest.mark.section("EQRC", "3.3 Rule lifecycle")
AUDIT = pytest.mark.section("EQRC", "4 Audit")
LATER = "2026-11-24"


def active(*entries, **more):
    """A market in which rules hold that were made over REST."""
    market = Market(**more)
    for entry in entries:
        market.do(CreateRule(entry, "ann"))
    market.next_day(TOMORROW)
    return market


def told(market, first):
    return [row[5:8] for row in market.engine.rules.diary.rows("INET", first)]


def passes(market, ticket):
    return not any(isinstance(event, Rejected) for event in market.enter(ticket))


@AUDIT
def test_each_change_that_waits_is_told_from_what_waited_before_it():
    market = active(max_shares(100))
    for limit in (50, 100, 100):
        market.do(UpdateRule("shares", {"limit": limit}, next_day=True))
    assert told(market, 4) == [("limit", "100", "50 (NEXT DAY)"), ("limit", "50", "100 (NEXT DAY)")]


@AUDIT
def test_a_change_at_once_tells_what_it_gives_up_that_waited():
    market = active(max_shares(100), restricted("AMD", name="list"))
    first = market.engine.rules.diary.count_rows("INET") + 1
    market.do(UpdateRule("shares", {"limit": 50}, next_day=True))
    market.do(UpdateRule("shares", {"limit": 70}))
    market.do(ChangeList("restricted-stock", "NASDAQ", "INET", add=("AAPL",)))
    market.do(UpdateRule("list", symbols=("AMD",)))
    assert told(market, first) == [
        ("limit", "100", "50 (NEXT DAY)"),
        ("limit", "100", "70"),
        ("limit", "50", "70 (NEXT DAY)"),
        ("symbols", "", "AAPL (NEXT DAY)"),
        ("symbols", "AAPL", "(NEXT DAY)"),
    ]
    market.next_day(LATER)
    states = market.engine.rules.states
    assert (states["shares"].rule.settings["limit"], states["list"].rule.symbols) == (70, ("AMD",))


@LIFE
def test_what_is_taken_off_a_list_is_so_off_every_list_of_its_entity():
    market = active(restricted("AMD", name="list"), restricted("AAPL", "AMD", name="other"))
    market.do(ChangeList("restricted-stock", "NASDAQ", "INET", remove=("AMD",)))
    market.next_day(LATER)
    assert passes(market, buy(1, at="20.00", symbol="AMD"))
    assert not passes(market, buy(1, at="200.00", symbol="AAPL"))


@AUDIT
def test_a_list_of_thousands_tells_what_changes_of_it_and_no_more():
    names = tuple(f"S{number:03}" for number in range(1_000))
    listed = (*SYMBOLS, *(symbol_entry(name, "10.00") for name in names))
    market = active(restricted(*names, name="list"), symbols=listed, audited=False)
    first = market.engine.rules.diary.count_rows("INET") + 1
    market.do(ChangeList("restricted-stock", "NASDAQ", "INET", add=("AMD", names[7]), remove=(names[1], names[2])))
    market.do(UpdateRule("list", {"enabled": False}))
    assert told(market, first) == [
        ("symbols", names[1], "(NEXT DAY)"),
        ("symbols", names[2], "(NEXT DAY)"),
        ("symbols", "", "AMD (NEXT DAY)"),
        ("enabled", "true", "false"),
    ]
    market.next_day(LATER)
    assert market.engine.rules.states["list"].rule.symbols == (names[0], *names[3:], "AMD")
