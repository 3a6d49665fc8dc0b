"""Calls that are extended: whose price is too far from its reference when a timetable would end them."""

import pytest
from nordic import ERIC, VOLV, NordicMarket, buy, sell
from words import SECOND, TOMORROW, Executed

from engine.api import Phase, SetPhase

EXTENSION = pytest.mark.section("Market model", "1.3 Safeguards")
LONGER = 180 * SECOND


@pytest.fixture
def market():
    """Ericsson in its opening call, with a previous close of 100.00; how far it may open is six percent."""
    market = NordicMarket()
    entry = market.security(ERIC).entry
    market.configure(books=tuple(with_extension(book, entry) for book in market.books))
    market.phase(Phase.OPENING_CALL)
    return market


def with_extension(book, entry):
    values = {name: getattr(book, name) for name in book.__struct_fields__}
    return type(book)(**values | {"extension": 60_000 if book.order_book == entry.order_book else None})


def trade_at(market, price):
    market.enter(buy(10, at=price))
    market.enter(sell(10, at=price))


def end_call(market, phase=Phase.CONTINUOUS, extension=LONGER):
    events = market.do(SetPhase("nordic", ERIC, phase, (), "nordic", 2, extension))
    return [event.at for event in events if isinstance(event, Executed)]


def eric(market):
    return market.engine.markets["nordic"].books[ERIC]


@EXTENSION
@pytest.mark.parametrize(
    ("price", "is_extended"), [("106.00", False), ("106.01", True), ("94.00", False), ("93.99", True)]
)
def test_a_price_farther_from_the_reference_than_allowed_extends_the_call(market, price, is_extended):
    trade_at(market, price)
    assert (end_call(market) == []) == is_extended
    assert (eric(market).phase is Phase.OPENING_CALL) == is_extended
    assert eric(market).extended_until == (market.now + LONGER if is_extended else 0)


@EXTENSION
def test_the_result_at_the_end_of_the_extension_stands(market):
    trade_at(market, "120.00")
    assert end_call(market) == []
    assert market.reloaded().state() == market.state()
    assert end_call(market.reloaded()) == ["120.00", "120.00"]
    assert end_call(market) == ["120.00", "120.00"]
    assert (eric(market).phase, eric(market).extended_until) == (Phase.CONTINUOUS, 0)


@EXTENSION
def test_operations_end_a_call_without_one(market):
    trade_at(market, "120.00")
    assert len(market.phase(Phase.CONTINUOUS)) == 2


@EXTENSION
def test_a_call_in_which_nothing_would_trade_and_one_without_a_threshold_end(market):
    market.enter(buy(10, at="150.00"))
    assert end_call(market) == []
    assert eric(market).phase is Phase.CONTINUOUS
    market.phase(Phase.OPENING_CALL, VOLV)
    market.enter(buy(10, at="900.00", book=VOLV))
    market.enter(sell(10, at="900.00", book=VOLV))
    assert len(market.do(SetPhase("nordic", VOLV, Phase.CONTINUOUS, (), "", 0, LONGER))) == 2


@EXTENSION
def test_a_command_may_be_for_some_books_and_a_timetable_s_place_is_forgotten_with_the_day(market):
    market.do(SetPhase("nordic", None, Phase.CLOSED, (VOLV, "none"), "nordic", 4))
    assert [book.phase is Phase.CLOSED for book in (eric(market), market.engine.markets["nordic"].books[VOLV])] == [
        False,
        True,
    ]
    assert market.engine.timetables == {"nordic": 4} == market.reloaded().engine.timetables
    market.next_day(TOMORROW)
    assert market.engine.timetables == {}
