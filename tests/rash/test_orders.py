"""What a RASHport port says of orders, cancels, trades and days."""

import pytest

from rash.messages import OUT, RASH
from venue.record import Kind

ENTER = pytest.mark.section("RASHport 1.1", "4.1 and 4.2 Enter Order")
CANCEL = pytest.mark.section("RASHport 1.1", "4.3 Cancel Order")
TOKENS = pytest.mark.section("RASHport 1.1", "8 Tokens")
VALUES = pytest.mark.section("RASHport 1.1", "6 Values")
OLD, OTHER = "INRS02", "AK01R1"


@ENTER
def test_an_order_is_accepted_with_all_that_it_said(venue):
    venue.enter(
        "sell", 300, "10.02", display="A", capacity="P", customer_id="DESK 7", firm="INET", time_in_force=99_999
    )
    venue.enter("short", 100, "10.03", token="ABC-123", route="INET", customer_id="x", time_in_force=60)
    first, second = accepted(venue, 2), accepted(venue, 3)
    assert (first.display, first.capacity, first.customer_id, first.firm) == ("A", "P", "DESK 7", "INET")
    assert (first.timestamp, first.time_in_force, first.order_reference) == (36_000_000, 99_999, 1)
    assert (second.token, second.time_in_force, second.firm, second.route) == ("ABC-123", 60, "INET", "INET")
    assert (second.side, second.customer_id, second.order_reference) == ("T", "x", 2)


def accepted(venue, sequence):
    return RASH.decode(OUT, venue.machine.streams[venue.index("INRS01")].packet(sequence)[3:])


@ENTER
def test_an_order_with_cross_is_answered_in_kind(venue):
    assert venue.enter(intermarket_sweep="y") == ["accepted with cross T1: buy 100 ZWZZT at 10.00"]
    assert (accepted(venue, 2).intermarket_sweep, accepted(venue, 2).cross_type) == ("y", "N")
    assert venue.enter(letter="Q") == ["accepted with cross T2: buy 100 ZWZZT at 10.00"]


@ENTER
def test_1_0_has_shorter_symbols_and_its_own_frame(venue):
    assert venue.enter(by=OLD) == ["accepted T1: buy 100 ZWZZT at 10.00"]
    assert venue.enter(by=OLD, letter="Q") == ["accepted with cross T2: buy 100 ZWZZT at 10.00"]
    packet = venue.machine.streams[venue.index(OLD)].packet(2)
    assert len(packet) == 154 + 2


@ENTER
def test_both_versions_trade_in_one_book(venue):
    venue.enter("buy", 100, "10.00", by=OLD)
    said = venue.enter("sell", 60, "10.00", by=OTHER)
    assert said == ["accepted T1: sell 60 ZWZZT at 10.00", "executed T1: 60 at 10.00 R, trade 1"]
    assert venue.said(OLD) == ["executed T1: 60 at 10.00 A, trade 1"]


@ENTER
@pytest.mark.parametrize("length", [139, 140, 141])
def test_the_end_of_an_order_may_be_left_off(venue, length):
    assert venue.enter(length=length) == ["accepted T1: buy 100 ZWZZT at 10.00"]


@TOKENS
def test_a_token_that_comes_again_is_met_with_silence(venue):
    venue.enter(token="ONE")
    assert venue.enter("sell", 900, "7.77", symbol="AAPL", token="ONE") == []
    assert venue.enter(shares=0, token="TWO") == ["rejected TWO: Q"]
    assert venue.enter(token="TWO") == []
    assert venue.enter(token="one") == ["accepted one: buy 100 ZWZZT at 10.00"]
    assert venue.enter(token="ONE", by=OTHER) == ["accepted ONE: buy 100 ZWZZT at 10.00"]


@TOKENS
def test_tokens_are_free_again_on_the_next_day(venue):
    venue.enter(token="ONE")
    venue.day("2026-11-23")
    assert venue.said() == ["canceled ONE: 100 T", "end of day", "start of day"]
    assert venue.cancel("ONE") == []
    assert venue.enter(token="ONE") == ["accepted ONE: buy 100 ZWZZT at 10.00"]


@CANCEL
def test_a_cancel_names_the_size_that_the_order_shall_have(venue):
    venue.enter("buy", 500)
    venue.enter("sell", 300, by=OTHER)
    venue.said()
    assert venue.cancel("T1", 400) == ["canceled T1: 100 U"]
    assert venue.cancel("T1", 400) == []
    assert venue.cancel("T1", 900) == []
    assert venue.cancel("T1", 250) == ["canceled T1: 100 U"]
    assert venue.cancel("T1") == []


@CANCEL
def test_a_partial_cancel_keeps_the_place_in_the_queue(venue):
    venue.enter("buy", 300)
    venue.enter("buy", 300)
    venue.cancel("T1", 100)
    venue.enter("sell", 100, by=OTHER)
    assert venue.said()[-1] == "executed T1: 100 at 10.00 A, trade 1"


@CANCEL
def test_a_cancel_of_nothing_is_met_with_silence(venue):
    venue.enter(token="MINE", by=OTHER)
    assert venue.cancel("MINE") == []
    assert venue.cancel("NONE") == []
    assert venue.said(OTHER) == []


@VALUES
def test_what_an_immediate_order_does_not_trade_is_accepted_and_canceled(venue):
    assert venue.enter(time_in_force=0) == ["accepted T1: buy 100 ZWZZT at 10.00", "canceled T1: 100 I"]
    venue.enter("sell", 40, by=OTHER)
    assert venue.enter(time_in_force=0) == [
        "accepted T2: buy 100 ZWZZT at 10.00",
        "executed T2: 40 at 10.00 R, trade 1",
        "canceled T2: 60 I",
    ]


@VALUES
def test_an_order_for_some_seconds_ends_with_them(venue):
    venue.enter(time_in_force=5)
    venue.wait(4.9)
    venue.timer()
    assert venue.said() == []
    venue.wait(0.1)
    venue.timer()
    assert venue.said() == ["canceled T1: 100 T"]


@VALUES
def test_a_market_order_is_a_market_peg_without_a_price(venue):
    venue.enter("sell", 50, "10.03", by=OTHER)
    assert venue.enter(at="0", peg_type="P", time_in_force=0) == [
        "accepted T1: buy 100 ZWZZT at 0.00",
        "executed T1: 50 at 10.03 R, trade 1",
        "canceled T1: 50 I",
    ]


@VALUES
def test_pegs_follow_the_quotes_within_their_price(venue):
    venue.enter("buy", 100, "10.00", by=OTHER)
    venue.enter("sell", 100, "10.10", by=OTHER)
    venue.said(OTHER)
    assert venue.enter("buy", at="9.99", peg_type="R") == ["accepted T1: buy 100 ZWZZT at 9.99"]
    assert venue.enter("buy", at="0", peg_type="R", peg_sign="-", peg_difference="0.01")[0].endswith("at 0.00")
    assert venue.enter("buy", 200, "0", display="M")[0] == "accepted T3: buy 200 ZWZZT at 0.00"
    said = venue.enter("sell", 100, "9.99", by=OTHER, time_in_force=0)
    assert said[1].startswith("executed T3: 100 at 10.05 m")
    assert venue.said() == ["executed T3: 100 at 10.05 k, trade 1"]
    venue.enter("buy", 100, "10.02", by=OTHER)
    assert venue.said() == []


@VALUES
def test_post_only_reserve_minimum_and_discretion_are_those_of_every_protocol(venue):
    venue.enter("sell", 100, "10.02", by=OTHER)
    assert venue.enter(at="10.02", display="P") == ["accepted T1: buy 100 ZWZZT at 10.02", "canceled T1: 100 G"]
    assert venue.enter(shares=500, at="9.90", max_floor=100) == ["accepted T2: buy 500 ZWZZT at 9.90"]
    (_, dead) = venue.enter(at="10.02", shares=200, minimum_quantity=200, time_in_force=0)
    assert dead == "canceled T3: 200 I"
    (_, traded) = venue.enter(at="9.95", discretion_price="10.02")
    assert traded == "executed T4: 100 at 10.02 R, trade 1"


@VALUES
def test_a_displayed_order_with_a_minimum_is_taken_as_immediate(venue):
    venue.enter(minimum_quantity=100)
    assert accepted(venue, 2).time_in_force == 0


@VALUES
def test_what_the_book_cannot_fill_goes_to_the_away_market(venue):
    venue.prices(outside_bid="9.98", outside_offer="10.01")
    venue.enter("sell", 40, "10.00", by=OTHER)
    assert venue.enter(at="10.01", route="SCAN") == [
        "accepted T1: buy 100 ZWZZT at 10.01",
        "executed T1: 40 at 10.00 R, trade 1",
        "executed T1: 60 at 10.01 X, trade 2",
    ]
    assert venue.enter(at="10.00", route="SCAN") == ["accepted T2: buy 100 ZWZZT at 10.00"]
    assert venue.enter(at="10.01", route="AWAY", time_in_force=0)[1] == "executed T3: 100 at 10.01 X, trade 3"


@VALUES
def test_orders_for_a_cross_trade_in_it(venue):
    venue.phase("PRE_MARKET")
    assert venue.enter(at="0", peg_type="P", cross_type="O") == ["accepted with cross T1: buy 100 ZWZZT at 0.00"]
    assert venue.enter("sell", 100, "10.00", by=OTHER, cross_type="O")[0].startswith("accepted with cross T1")
    venue.phase("CONTINUOUS")
    assert venue.said() == ["executed T1: 100 at 10.00 O, trade 1"]


@VALUES
def test_a_late_cancel_is_silent_and_done_after_the_cross(venue):
    venue.phase("PRE_MARKET")
    venue.enter(at="9.00", cross_type="O")
    venue.enter(at="9.00", cross_type="O")
    venue.phase("PRE_MARKET", stage="NO_MARKET_ORDERS")
    assert venue.cancel("T1") == []
    assert venue.cancel("T2", 50) == []
    venue.phase("CONTINUOUS")
    assert venue.said() == ["canceled T1: 100 U", "canceled T2: 100 T"]


def test_a_self_match_is_a_cancel(new_venue):
    venue = new_venue(keys='aiq_strategy = "D"\n')
    venue.enter("buy", 100)
    assert venue.enter("sell", 60) == ["accepted T2: sell 60 ZWZZT at 10.00", "canceled T2: 60 Q", "canceled T1: 60 Q"]


@pytest.mark.parametrize(("keys", "said"), [("", []), ("cancel_on_disconnect = true\n", ["canceled T1: 100 Z"])])
def test_orders_outlive_their_connection_unless_the_port_is_told_otherwise(new_venue, keys, said):
    venue = new_venue(keys=keys)
    venue.enter()
    venue.apply(Kind.LOGIN, venue.index("INRS01"), b"")
    venue.apply(Kind.DISCONNECT, venue.index("INRS01"), b"")
    assert venue.said() == said


def test_a_broken_trade_is_told(venue):
    venue.enter()
    venue.enter("sell", by=OTHER)
    venue.said()
    venue.bust(1)
    assert venue.said() == ["broken T1: trade 1 E"]
    assert venue.said(OTHER) == ["broken T1: trade 1 E"]


def test_numbers_beyond_nine_digits_are_told_by_the_last_nine(venue):
    venue.machine.engine.markets["nasdaq"].order_reference_number = 3_000_000_000
    venue.enter()
    assert accepted(venue, 2).order_reference == 1


def test_a_day_that_is_too_long_for_eight_digits_stays_at_the_last_time(venue):
    venue.wait(86_400)
    venue.enter()
    assert accepted(venue, 2).timestamp == 99_999_999
