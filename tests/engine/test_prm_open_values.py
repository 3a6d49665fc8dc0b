"""What an account has open ends with the order, whatever way that goes, and is the same after a start."""

import pytest
from nordic import ERIC, NordicMarket, account, book, buy, limits, port_entry, sell
from words import MARKET, Accepted, Canceled, Executed, Rejected

from engine.api import Phase, PriceType, Reject

OPEN = pytest.mark.section("PRM", "3.6 Daily accumulated values")
RATE = pytest.mark.section("PRM", "3.12 Maximum orders per second per symbol")
REPEATED = pytest.mark.section("PRM", "3.13 Repeated order generation")
PORTS = (port_entry("G1", routing=True), port_entry("G2"), port_entry("C1", "GP30"))
LOCKED_AT = 20_000
"""Units that the account may have open."""


@pytest.fixture
def market():
    """A market whose first port routes, with an outside quote of 100.00 on both sides."""
    market = NordicMarket(account(SEK=limits(total_open=LOCKED_AT)), ports=PORTS)
    market.prices(ERIC, outside_bid="100.00", outside_offer="100.00")
    return market


def open_and_traded(market):
    counters = market.counters()
    return counters.total_open, counters.total_traded


@OPEN
def test_what_the_away_market_fills_is_open_no_more_and_is_no_trade(market):
    assert [type(event) for event in market.enter(buy(100, at="100.00", route=b"SCAN"))] == [Accepted, Executed]
    assert open_and_traded(market) == (0, 0)
    assert isinstance(market.enter(sell(150, at="100.00", route=b"SCAN"))[0], Accepted)
    assert open_and_traded(market) == (0, 0)
    assert open_and_traded(market.reloaded()) == (0, 0)


@OPEN
def test_a_routed_order_that_finds_nothing_here_or_away_leaves_nothing_open(market):
    (event,) = market.enter(buy(100, at="99.00", route=b"SCAN", ioc=True))
    assert event.dead
    assert open_and_traded(market) == (0, 0)


@OPEN
def test_an_immediate_order_that_finds_nobody_at_the_closing_price_leaves_nothing_open(market):
    market.enter(buy(1, at="100.00"))
    market.enter(sell(1, at="100.00", by="C1", user="GP30U1"))
    for phase in (Phase.CLOSING_CALL, Phase.TRADING_AT_CLOSE):
        market.phase(phase)
    (event,) = market.enter(buy(100, at="100.00", ioc=True))
    assert event.dead
    assert market.counters().total_open == 0


@OPEN
def test_what_was_counted_at_no_price_is_so_after_a_start_too_whatever_is_paid_by_then():
    market = NordicMarket(account(SEK=limits(total_open=LOCKED_AT)), books=(book(ERIC, "ERIC B", "SEK", None),))
    market.phase(Phase.OPENING_CALL)
    market.enter(buy(100, at=MARKET))
    market.prices(ERIC, last="100.00")
    other = market.reloaded()
    for venue in (market, other):
        assert venue.counters().total_open == 0
        assert venue.cancel(1) == [Canceled(1, 100)]
        assert venue.counters().total_open == 0
    assert other.state() == market.state()


@RATE
def test_that_80_percent_of_a_rate_were_told_of_outlives_a_release_and_a_start():
    market = NordicMarket(account(symbol_rate=5, symbols=[ERIC]))
    for _ in range(6):
        assert market.enter(buy(1, at="100.00")) == [Rejected(Reject.RESTRICTED_SYMBOL)]
    market.release_account()
    other = market.reloaded()
    for venue in (market, other):
        venue.set_account(restricted_symbols=())
        venue.enter(buy(1, at="100.00"))
    assert other.state() == market.state()


@REPEATED
def test_a_peg_comes_again_by_the_limit_that_it_was_sent_with_wherever_its_quote_has_it():
    market = NordicMarket(account(repeated_order_limit=2, restrict_on_repeated_order=True))
    passed = []
    for bid in ("99.00", "99.10", "99.20", "99.30"):
        market.enter(buy(100, at=bid, by="C1", user="GP30U1"))
        (event,) = market.enter(buy(10, at="100.00", price_type=PriceType.PRIMARY_PEG))
        passed.append(isinstance(event, Accepted))
    assert passed == [True, True, True, False]
    assert event == Rejected(Reject.RESTRICTED_SYMBOL)


@REPEATED
def test_pegs_that_differ_in_their_limits_are_no_repetition_at_the_same_quote():
    market = NordicMarket(account(repeated_order_limit=1, restrict_on_repeated_order=True))
    market.enter(buy(100, at="99.00", by="C1", user="GP30U1"))
    for at in ("100.00", "100.10", "100.20"):
        (event,) = market.enter(buy(10, at=at, price_type=PriceType.PRIMARY_PEG))
        assert isinstance(event, Accepted)


@OPEN
def test_values_beyond_sixty_four_bits_are_counted_and_outlive_a_start():
    market, most, at = NordicMarket(account(SEK=limits(total_risk=1))), 4_294_967_295, "199999.99"
    for _ in range(4):
        market.enter(buy(most, at=at))
        market.enter(sell(most, at=at, by="C1", user="GP30U1"))
        market.unlock()
    market.enter(buy(most, at=at))
    other = market.reloaded()
    for venue in (market, other):
        counters = venue.counters()
        assert (counters.traded_buy, counters.open_buy) == (4 * most * 1_999_999_900, most * 1_999_999_900)
    assert other.state() == market.state()
