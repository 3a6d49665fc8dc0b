"""What each thing that happens in a market is as ITCH, and what is never told."""

import sys
from pathlib import Path

import msgspec
import pytest

sys.path += [str(Path(__file__).parents[up]) for up in (0, 1)] + [str(Path(__file__).parents[3] / "engine")]

from banded import BandedMarket
from beside import Follower, Stage, snapshot_of
from trading import Market
from words import MARKET, PORTS, TOMORROW, buy, sell, short, symbol_entry

from engine.api import Cross, Display, Phase, PriceType, TimeInForce
from venue.record import Kind

FEED = pytest.mark.section("TotalView-ITCH 5.0", "What each event of the market produces")
STOCKS = ("AAPL", "AMD", "NEWCO", "ZWZZT")
FIELDS = {
    "S": "event_code",
    "H": "trading_state reason",
    "Y": "reg_sho_action",
    "h": "market_code operational_halt_action",
    "J": "auction_collar_reference_price upper_auction_collar_price lower_auction_collar_price "
    "auction_collar_extention",
    "A": "order_reference_number buy_sell_indicator shares price",
    "F": "order_reference_number buy_sell_indicator shares price attribution",
    "E": "order_reference_number executed_shares match_number",
    "C": "order_reference_number executed_shares match_number printable execution_price",
    "X": "order_reference_number cancelled_shares",
    "D": "order_reference_number",
    "U": "order_reference_number new_order_reference_number shares price",
    "P": "shares price match_number",
    "Q": "shares cross_price cross_type",
    "B": "match_number",
    "I": "paired_shares imbalance_shares imbalance_direction far_price near_price current_reference_price cross_type "
    "variation_indicator",
    "R": "stock",
}
"""What is looked at of each message."""


def plain(value):
    return value.decode().strip() if isinstance(value, bytes) else value


class Watched:
    """A market, and what its feed tells of each thing that is done to it."""

    def __init__(self, market, tmp_path):
        self.market = market
        self.follower = Follower(Stage(market), tmp_path)
        self.reader = self.follower.reader

    def __call__(self, *_done, kind=Kind.COMMAND):
        found = []
        for message in self.follower.step(kind):
            letter = message.message_type.decode()
            found.append((letter, *(plain(getattr(message, name)) for name in FIELDS[letter].split())))
        return found


@pytest.fixture
def market():
    return Market()


@pytest.fixture
def told(market, tmp_path):
    return Watched(market, tmp_path)


@FEED
def test_a_day_begins_with_its_stocks_and_their_states(told):
    letters = "".join(told.reader.letters)
    assert letters == "S" + "RRRR" + "HHHH" + "YYYY" + "SS"
    assert told.reader.events == ["O", "S", "Q"]
    assert [stock.decode().strip() for stock in told.reader.stocks.values()] == sorted(STOCKS)
    assert set(told.reader.states.values()) == {"T"}
    assert set(told.reader.short.values()) == {"0"}


@FEED
def test_an_order_is_added_executed_cut_replaced_and_deleted(market, told):
    assert told(market.enter(buy(100, at="10.00"))) == [("A", 1, "B", 100, 100_000)]
    assert told(market.enter(sell(30, at="10.00", by="AK1"))) == [("E", 1, 30, 1)]
    assert told(market.cancel(1, to=80)) == [("X", 1, 20)]
    assert told(market.replace(1, buy(80, at="9.90"))) == [("U", 1, 3, 50, 99_000)]
    assert told(market.cancel(3)) == [("D", 3)]


@FEED
def test_all_of_an_order_that_trades_is_gone_without_a_word_more(market, told):
    told(market.enter(buy(100, at="10.00")))
    assert told(market.enter(sell(100, at="10.00", by="AK1"))) == [("E", 1, 100, 1)]


@FEED
def test_short_sales_are_plain_sales_and_attributed_orders_have_their_firm(market, told):
    assert told(market.enter(short(100, at="10.00"))) == [("A", 1, "S", 100, 100_000)]
    named = sell(200, at="10.01", display=Display.ATTRIBUTABLE, by="AK1")
    assert told(market.enter(named)) == [("F", 2, "S", 200, 100_100, "AKAM")]


@FEED
def test_what_comes_in_is_told_by_whom_it_hits_and_its_rest_is_added_afterwards(market, told):
    told(market.enter(sell(10, at="10.00", by="AK1")))
    told(market.enter(sell(20, at="10.00", hidden=True, by="AK1")))
    hit = told(market.enter(buy(50, at="10.05")))
    assert hit == [("E", 1, 10, 1), ("P", 20, 100_000, 2), ("A", 3, "B", 20, 100_500)]


@FEED
def test_nothing_is_told_of_a_hidden_order_until_it_trades(market, told):
    assert told(market.enter(buy(100, at="10.00", hidden=True))) == []
    assert told(market.replace(1, buy(200, at="10.01", hidden=True))) == []
    assert told(market.cancel(2, to=150)) == []
    assert told(market.enter(sell(40, at="10.00", by="AK1"))) == [("P", 40, 100_100, 1)]
    assert told(market.cancel(2)) == []
    assert snapshot_of(told.follower.feed)[0].orders == {}


@FEED
def test_of_a_reserve_only_what_it_displays_is_told(market, told):
    assert told(market.enter(sell(300, at="10.00", max_floor=100))) == [("A", 1, "S", 100, 100_000)]
    assert told(market.cancel(1, to=250)) == []
    assert told(market.enter(buy(150, at="10.00", by="AK1"))) == [
        ("E", 1, 100, 1),
        ("P", 50, 100_000, 2),
        ("A", 3, "S", 100, 100_000),
    ]


@FEED
def test_an_order_that_is_replaced_by_a_hidden_one_is_gone_and_one_that_shows_itself_is_new(market, told):
    told(market.enter(buy(100, at="10.00")))
    assert told(market.replace(1, buy(100, at="10.00", hidden=True))) == [("D", 1)]
    assert told(market.replace(2, buy(100, at="10.00"))) == [("A", 3, "B", 100, 100_000)]


@FEED
def test_a_peg_moves_under_a_new_number_and_a_midpoint_is_not_shown(market, told):
    told(market.enter(buy(100, at="9.90")))
    told(market.enter(sell(100, at="10.10", by="AK1")))
    assert told(market.enter(buy(200, at="10.00", price_type=PriceType.PRIMARY_PEG))) == [("A", 3, "B", 200, 99_000)]
    assert told(market.enter(buy(50, at="10.05", price_type=PriceType.MIDPOINT_PEG, hidden=True))) == []
    assert told(market.enter(buy(100, at="9.95"))) == [("A", 5, "B", 100, 99_500), ("U", 3, 6, 200, 99_500)]


@FEED
def test_discretion_trades_at_another_price_than_that_which_is_displayed(market, told):
    told(market.enter(buy(100, at="10.00", discretion_price=100_500)))
    assert told(market.enter(sell(40, at="10.03", by="AK1"))) == [("C", 1, 40, 1, "Y", 100_300)]


@FEED
def test_a_trade_on_the_away_market_is_not_told_nor_that_it_was_broken(tmp_path):
    market = Market(ports=tuple(msgspec.structs.replace(entry, routing=True) for entry in PORTS))
    told = Watched(market, tmp_path)
    told(market.prices(outside_offer="10.00"))
    assert told(market.enter(buy(100, at="10.05", route=b"SCAN"))) == []
    assert told(market.bust(1)) == []


@FEED
def test_a_bust_is_told_once_and_the_book_does_not_change(market, told):
    told(market.enter(buy(100, at="10.00")))
    told(market.enter(sell(30, at="10.00", by="AK1")))
    assert told(market.bust(1)) == [("B", 1)]
    assert told.reader.volume == 0


@FEED
def test_a_closing_cross_is_told_by_displayed_orders_and_then_as_one(market, told):
    told(market.enter(buy(200, at="10.00")))
    told(market.enter(sell(300, at="10.02", by="AK1")))
    tied = buy(300, at="10.02", cross=Cross.CLOSING, time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL, by="AK1")
    (imbalance,) = told(market.enter(tied))
    assert imbalance[0] == "I"
    assert imbalance[-2] == "C"
    assert told(market.phase(Phase.POST_MARKET)) == [
        ("C", 2, 300, 1, "N", 100_200),
        ("Q", 300, 100_200, "C"),
        ("D", 1),
    ]


@FEED
def test_a_cross_without_trades_is_told_with_nothing_in_it_and_so_are_hours(market, told):
    assert told(market.phase(Phase.POST_MARKET, symbol=None)) == [("S", "M"), *[("Q", 0, 0, "C")] * 4]
    told(market.phase(Phase.PRE_MARKET, symbol=None))
    opened = told(market.phase(Phase.CONTINUOUS, symbol=None))
    assert opened == [("S", "Q"), *[("Q", 0, 0, "O")] * 4]


@FEED
def test_a_halt_a_quoting_period_and_its_cross(market, told):
    told(market.enter(buy(100, at="10.00")))
    assert told(market.halt()) == [("H", "H", "")]
    assert told(market.phase(Phase.QUOTATION))[0] == ("H", "Q", "")
    gathered = told(market.enter(sell(60, at="9.98", by="AK1")))
    assert gathered[0] == ("A", 2, "S", 60, 99_800)
    market.wait(1)
    (imbalance,) = told(kind=Kind.TIMER)
    assert imbalance[:2] == ("I", 60)
    assert told(market.phase(Phase.CONTINUOUS)) == [
        ("C", 1, 60, 1, "N", 100_000),
        ("C", 2, 60, 1, "N", 100_000),
        ("Q", 60, 100_000, "H"),
        ("H", "T", ""),
    ]


@FEED
def test_an_imbalance_is_told_when_it_is_new_and_not_too_often(market, told):
    told(market.phase(Phase.QUOTATION))
    told(market.enter(buy(100, at="10.00")))
    market.wait(1)
    assert [message[0] for message in told(kind=Kind.TIMER)] == ["I"]
    assert [message[0] for message in told(market.enter(buy(50, at="10.00")))] == ["A"]
    market.wait(0.5)
    assert told(kind=Kind.TIMER) == []
    market.wait(0.5)
    (imbalance,) = told(kind=Kind.TIMER)
    assert imbalance == ("I", 0, 150, "B", 0, 0, 100_000, "H", "")
    market.wait(5)
    assert told(kind=Kind.TIMER) == []


@FEED
def test_a_pause_of_price_bands_its_collar_and_its_end(tmp_path):
    market = BandedMarket()
    market.wait()
    told = Watched(market, tmp_path)
    told(market.enter(buy(100, at="10.60")), kind=Kind.MESSAGE)
    assert told.reader.queues() == {("ZWZZT", "B", 105_000): [(100, None)]}
    market.wait(1)
    told(kind=Kind.TIMER)
    market.wait(15)
    paused = [message for message in told(kind=Kind.TIMER) if message[0] in "HJ"]
    assert paused == [("H", "P", "LUDP"), ("J", 100_000, 105_000, 95_000, 0), ("H", "Q", "T7")]
    market.wait(300)
    assert told(kind=Kind.TIMER)[:2] == [("Q", 0, 0, "H"), ("H", "T", "")]


@FEED
def test_a_fall_restricts_short_sales_today_and_tomorrow(tmp_path):
    market = Market()
    told = Watched(market, tmp_path)
    market.engine.securities["ZWZZT"].tape = FallenTape(market.engine.markets["nasdaq"].books["ZWZZT"], 2)
    assert told() == [("Y", "1")]
    market.engine.securities["ZWZZT"].tape.days_restricted = 1
    assert told() == [("Y", "2")]
    assert told.reader.short[b"ZWZZT   "] == "2"


class FallenTape:
    """What the feed looks at of a tape."""

    def __init__(self, book, days):
        self.tests, self.bands, self.days_restricted, self.paused_until = [book], [], days, 0


@FEED
def test_a_disk_that_is_nearly_full_stops_the_market_and_halts_no_stock(market, told):
    assert told(market.storage(low=True)) == [("h", "Q", "H")] * 4
    assert told(market.enter(buy(100, at="10.00"))) == []
    assert set(snapshot_of(told.follower.feed)[0].stopped.values()) == {"H"}
    assert told(market.storage(low=False)) == [("h", "Q", "T")] * 4


@FEED
def test_a_stock_that_is_added_is_told_of_first_and_one_that_goes_is_halted(market, told):
    market.configure(symbols=(symbol_entry("ZWZZT", "10.00"), symbol_entry("IBM", "250.00")))
    found = told()
    assert found[:3] == [("R", "IBM"), ("H", "T", ""), ("Y", "0")]
    assert found[3:] == [("H", "H", "")] * 3
    assert told(market.enter(buy(100, at="250.00", symbol="IBM"))) == [("A", 1, "B", 100, 2_500_000)]
    assert told.reader.stocks[5] == b"IBM     "


@FEED
def test_a_day_ends_with_all_displayed_orders_gone_and_the_next_begins_with_those_that_rest_on(market, told):
    told(market.enter(buy(100, at="10.00")))
    told(market.enter(sell(100, at="10.10", gtc=True, by="AK1")))
    told(market.next_day(TOMORROW))
    (old,) = told.follower.old
    assert old.letters[-5:] == ["D", "D", "S", "S", "S"]
    assert old.events == ["O", "S", "Q", "M", "E", "C"]
    assert told.follower.reader.events == ["O", "S", "Q"]
    assert told.follower.reader.queues() == {("ZWZZT", "S", 101_000): [(100, None)]}


@FEED
def test_a_market_order_and_one_that_waits_for_a_cross_are_never_displayed(market, told):
    assert told(market.enter(buy(100, at=MARKET))) == []
    assert [one[0] for one in told(market.enter(buy(100, at="10.00", cross=Cross.CLOSING)))] == ["I"]
    assert told.reader.orders == {}


@FEED
def test_a_snapshot_gives_what_the_messages_come_to_and_says_where_to_go_on(market, told):
    for price in ("10.00", "9.99", "10.00"):
        told(market.enter(buy(100, at=price)))
    told(market.enter(sell(30, at="10.00", by="AK1")))
    told(market.halt("AMD"))
    reader, following = snapshot_of(told.follower.feed)
    assert reader.queues() == told.reader.queues()
    assert list(reader.orders) == [1, 3, 2]
    assert reader.states == told.reader.states
    assert following == told.reader.messages + 1
    *_, end = told.follower.feed.day.snapshot(names_last=True)
    assert int(end[1:]) == told.reader.messages
