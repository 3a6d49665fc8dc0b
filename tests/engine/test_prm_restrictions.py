"""Restricted symbols by their origin: persistent list, file, the member's own program, repeated orders."""

import pytest
from nordic import ERIC, NOKIA, NOVO, VOLV, NordicMarket, account, buy
from words import TOMORROW, Rejected

from engine.api import CommandRefused, Origin, Reject, SetFileList
from engine.prm_commands import release_symbol, restrict_symbol

SYMBOLS = pytest.mark.section("PRM", "3.7 Restricted symbols")
FILES = pytest.mark.section("PRM", "3.19 FTP list of restricted symbols")
SNAPSHOT = pytest.mark.section("Portcullis", "Snapshots")


def market_with(*symbols):
    return NordicMarket(account(symbols=symbols))


def subject(market):
    return market.engine.prm.accounts["GP29PR"]


def read(market, *order_books, name="GP29PR"):
    """The account's file lists these now."""
    market.do(SetFileList(name, order_books))


def restrict(market, order_book, origin=Origin.MANUAL):
    restrict_symbol(market.engine, subject(market), order_book, market.now, origin)


def release(market, order_book):
    release_symbol(market.engine, subject(market), order_book, market.now)


def restricted(market):
    """The order books in which orders are refused for being restricted."""
    found = []
    for order_book in (ERIC, VOLV, NOKIA, NOVO):
        answer = market.enter(buy(1, at="1.00", book=order_book))
        if answer == [Rejected(Reject.RESTRICTED_SYMBOL)]:
            found.append(order_book)
    return found


@FILES
def test_a_file_s_list_stands_until_the_next_file():
    market = market_with()
    read(market, ERIC, NOVO)
    assert restricted(market) == [ERIC, NOVO]
    read(market, VOLV)
    assert restricted(market) == [VOLV]
    read(market)
    assert restricted(market) == []


@FILES
def test_a_file_s_list_outlives_the_night():
    market = market_with()
    read(market, ERIC)
    market.next_day(TOMORROW)
    assert restricted(market) == [ERIC]


@FILES
def test_a_file_that_is_gone_takes_its_entries_along_and_nothing_else():
    market = market_with(VOLV)
    read(market, ERIC)
    restrict(market, NOKIA)
    restrict(market, NOVO, Origin.REPEATED_ORDER)
    market.do(SetFileList("GP29PR", None))
    assert restricted(market) == [VOLV, NOKIA, NOVO]


@FILES
def test_a_file_overrides_what_the_member_changed_and_no_other_origin():
    market = market_with(VOLV)
    read(market, ERIC)
    restrict(market, NOKIA)
    restrict(market, NOVO, Origin.REPEATED_ORDER)
    release(market, ERIC)
    release(market, VOLV)
    assert restricted(market) == [NOKIA, NOVO]
    read(market, ERIC)
    assert restricted(market) == [ERIC, VOLV, NOVO]


@SYMBOLS
def test_a_release_takes_away_the_member_s_own_entry_and_that_of_repeated_orders():
    market = market_with()
    restrict(market, ERIC)
    restrict(market, ERIC, Origin.REPEATED_ORDER)
    release(market, ERIC)
    assert restricted(market) == []
    assert not any(subject(market).restricted.values())


@SYMBOLS
def test_a_release_masks_the_persistent_list_and_the_file_for_the_day():
    market = market_with(VOLV)
    read(market, ERIC)
    release(market, VOLV)
    release(market, ERIC)
    assert restricted(market) == []
    assert subject(market).restricted[Origin.PERSISTENT] == (VOLV,)
    assert subject(market).restricted[Origin.FILE] == (ERIC,)
    market.next_day(TOMORROW)
    assert restricted(market) == [ERIC, VOLV]


@SYMBOLS
def test_what_was_restricted_in_the_course_of_the_day_ends_with_it():
    market = market_with()
    restrict(market, ERIC)
    restrict(market, NOVO, Origin.REPEATED_ORDER)
    market.next_day(TOMORROW)
    assert restricted(market) == []


@SYMBOLS
def test_what_was_released_is_restricted_again_by_whoever_says_so():
    market = market_with(VOLV)
    release(market, VOLV)
    restrict(market, VOLV)
    assert restricted(market) == [VOLV]
    release(market, VOLV)
    market.set_account(restricted_symbols=(ERIC,))
    market.set_account(restricted_symbols=(ERIC, VOLV))
    assert restricted(market) == [ERIC, VOLV]


@SYMBOLS
def test_a_release_of_what_is_not_restricted_masks_nothing():
    market = market_with()
    release(market, ERIC)
    read(market)
    market.do(SetFileList("GP29PR", None))
    assert not subject(market).restrictions.released


@FILES
@pytest.mark.parametrize(
    ("command", "field"),
    [(SetFileList("GP29XX", ()), "account"), (SetFileList("GP29PR", (ERIC, "999")), "orderBooks")],
)
def test_a_file_of_no_account_or_with_a_book_that_is_not_there_changes_nothing(command, field):
    market = market_with()
    read(market, NOVO)
    before = market.state()
    with pytest.raises(CommandRefused) as refused:
        market.do(command)
    assert refused.value.field == field
    assert market.state() == before


@SNAPSHOT
def test_each_origin_is_part_of_the_state():
    market = market_with(VOLV)
    states = [market.state()]
    for change in (
        lambda: read(market, ERIC),
        lambda: restrict(market, NOKIA),
        lambda: restrict(market, NOVO, Origin.REPEATED_ORDER),
        lambda: release(market, VOLV),
    ):
        change()
        states.append(market.state())
        other = market.reloaded()
        assert other.state() == states[-1]
        assert subject(other).restricted == subject(market).restricted
        assert restricted(other) == restricted(market)
    assert len(set(states)) == len(states)
