"""The trades of a day: found by match number, kept as bytes, gone with the day."""

import pytest
from trading import Market
from words import buy, sell

from engine.api import BrokenTradeReason, CommandRefused
from engine.state import dump_trades
from engine.trades import LABEL_MAX, MemoryStore, Party, Trade, Trades, pack_trade


@pytest.fixture
def market():
    market = Market()
    for number in range(3):
        market.enter(sell(10 * (number + 1), at="10.00"))
        market.enter(buy(10 * (number + 1), at="10.00", by="AK1"))
    return market


def test_each_trade_is_found_by_its_match_number_with_both_its_parties(market):
    trades = market.engine.markets["nasdaq"].trades
    ports = market.engine.ports
    for match in (1, 2, 3):
        incoming = Party(ports["AK1"].index, 2 * match, b"order-%d" % (2 * match))
        resting = Party(ports["IN1"].index, 2 * match - 1, b"order-%d" % (2 * match - 1))
        assert trades.find(match) == Trade(incoming, resting, "ZWZZT", 10 * match, 100_000, market.now)
    assert [trades.find(number) for number in (-1, 0, 4, 2**40)] == [None] * 4


def test_a_trade_takes_the_same_bytes_whatever_it_says():
    assert len(pack_trade(0, 1, b"", 0, 1, b"", b"A", 1, 1, 1)) == len(
        pack_trade(2**16 - 1, 2**40, b"x" * LABEL_MAX, 1, 2**40, b"y" * LABEL_MAX, b"ABCD.EFG", 999_999, 2**31, 2**62)
    )


def test_labels_come_back_with_the_zeros_and_blanks_that_they_had():
    trades = Trades(MemoryStore())
    trades.pending.append(pack_trade(3, 7, b"a\0\0", 4, 8, b"  ", b"AAPL", 5, 6, 7))
    assert trades.find(1) == Trade(Party(3, 7, b"a\0\0"), Party(4, 8, b"  "), "AAPL", 5, 6, 7)


def test_a_snapshot_keeps_the_trades_and_which_of_them_are_broken(market):
    market.bust(2)
    copy = market.reloaded()
    assert copy.state() == market.state()
    assert dump_trades(copy.engine) == dump_trades(market.engine)
    with pytest.raises(CommandRefused, match="broken already"):
        copy.bust(2)
    assert [event.match for event in copy.bust(3, BrokenTradeReason.CONSENT)] == [3, 3]


def test_two_states_with_other_trades_differ_though_nothing_rests(market):
    other = Market()
    for number in range(3):
        other.enter(sell(10 * (number + 1), at="10.00"))
        other.enter(buy(10 * (number + 1), at="10.00", by="IN2"))
    trades = [engine.markets["nasdaq"].trades.store for engine in (market.engine, other.engine)]
    assert trades[0].length == trades[1].length
    assert trades[0].digest() != trades[1].digest()


def test_the_next_day_begins_without_trades(market):
    market.bust(1)
    market.next_day("2026-11-23")
    with pytest.raises(CommandRefused, match="no trade 1"):
        market.bust(1)
    assert dump_trades(market.engine)["nasdaq"] == b""
