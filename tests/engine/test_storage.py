"""While room for the log is low nothing new enters any book; who wants out gets out."""

import pytest
from words import Accepted, Canceled, Modified, Rejected, buy, sell

from engine.api import CancelReason, Reject, Side

STORAGE = pytest.mark.section("Portcullis", "Low disk space")
LOW = [Rejected(Reject.LOW_DISK_SPACE)]


@STORAGE
def test_enter_and_replace_are_refused_in_every_book_and_the_original_stands(market):
    market.enter(buy(100, at="10.00"))
    market.storage(low=True)
    for port in ("IN1", "IN2", "INB", "INP", "AK1"):
        assert market.enter(buy(100, at="10.00", by=port)) == LOW
        assert market.enter(sell(100, at="10.00", symbol="AMD", by=port, ioc=True)) == LOW
    assert market.replace(1, buy(200, at="10.01")) == LOW
    assert market.open == {("IN1", 1): 100}


@STORAGE
def test_cancels_modify_and_expiries_pass(market):
    for seconds in (0, 0, 0, 1):
        market.enter(sell(100, at="10.00", good_for=seconds) if seconds else sell(100, at="10.00"))
    market.storage(low=True)
    assert market.cancel(1, to=40) == [Canceled(1, 60, CancelReason.USER)]
    assert market.modify(2, to=70) == [Modified(2, 70, Side.SELL)]
    assert market.wait(1) == [Canceled(4, 100, CancelReason.EXPIRED)]
    assert [event.order for event in market.mass_cancel()[:3]] == [1, 2, 3]
    assert market.open == {}


@STORAGE
def test_it_ends_when_space_returns_and_outlives_halts_days_configurations_and_snapshots(market):
    market.storage(low=True)
    market.halt()
    assert market.enter(buy(100, at="10.00")) == [Rejected(Reject.HALTED)]
    market.halt(halted=False)
    market.next_day("2026-11-24")
    market.configure()
    other = market.reloaded()
    for venue in (market, other):
        assert venue.enter(buy(100, at="10.00")) == LOW
        venue.storage(low=False)
        assert isinstance(venue.enter(buy(100, at="10.00"))[0], Accepted)
    assert other.state() == market.state()
