"""Volatility guards and price bands of a running venue: set off by clients, ended by the clock, shown and replayed."""

import pytest

from ouch import nordic_codec
from venue.machine import Machine
from venue.recovery import replay

GUARDS = pytest.mark.section("Market model", "1.4 Volatility guards")
BANDS = pytest.mark.section("Market model", "2.2 LULD")
STANDING = ("low_disk_mb", 'clock = "manual"\nclock_start = 2026-11-25T15:00:00Z\nlow_disk_mb')


def replayed(venue, tmp_path):
    venue.stop()
    machine = Machine(tmp_path)
    replay(venue.data, machine)
    return machine.hash()


def advance(venue, seconds):
    answer = venue.ask("clock", {"advanceMs": seconds * 1_000})
    assert answer.status == 200, answer.body


@GUARDS
def test_a_client_sets_off_a_volatility_call_and_the_clock_ends_it(host, demo_config, connect, tmp_path):
    venue = host(demo_config(STANDING, ('key = "nordic"\n', 'key = "nordic"\nguard_random_seconds = 5\n')))
    buyer, seller = (connect(venue, "ouch.nordic", name) for name in ("GP29O1", "GP30O1"))
    for client, side, price, user in ((seller, b"S", 1_031_000, b"GP30U1"), (buyer, b"B", 1_040_000, b"GP29U5")):
        client.send(nordic_codec.pack_enter_order(1, side, 100, 101, price, user, 0, 0, 0, 0, b"1", b"-", b""))
        client.take(2)
    shown = venue.ask("books/nordic/101").body
    assert (shown["phase"], shown["indicative"]["price"]) == ("VOLATILITY_CALL", "103.1000"), "more than 3 % from 100"
    assert "2026-11-25T15:01:00" <= shown["endsAt"] <= "2026-11-25T15:01:05.1"
    assert venue.ask("clock").body["nextDeadline"][:24] == shown["endsAt"][:24]
    advance(venue, 59)
    assert venue.ask("books/nordic/101").body["phase"] == "VOLATILITY_CALL"
    advance(venue, 6)
    assert [message[:1] for client in (buyer, seller) for message in client.take()] == [b"E", b"E"]
    shown = venue.ask("books/nordic/101").body
    assert (shown["phase"], shown["last"], shown["endsAt"]) == ("CONTINUOUS", "103.1000", None)
    before = venue.hash()
    assert replayed(venue, tmp_path) == before


@BANDS
def test_a_market_under_bands_pauses_after_a_limit_state(host, demo_config, connect, tmp_path):
    rules = 'key = "nasdaq"\nluld = true\nshort_sale_test = true\n'
    venue = host(
        demo_config(STANDING, ('key = "nasdaq"\n', rules), ('symbol = "AAPL"\n', 'symbol = "AAPL"\nluld_tier = 1\n'))
    )
    advance(venue, 1)
    buyer, other = connect(venue, name="IN19T6"), connect(venue, "ouch.bx", "IN21T7")
    buyer.enter(1, price=2_200_000)
    other.enter(1, price=2_200_000)
    buyer.take(2)
    shown = venue.ask("books/nasdaq/AAPL").body
    assert (shown["luldLower"], shown["luldUpper"], shown["bids"][0]["price"]) == ("190.0000", "210.0000", "210.0000")
    assert venue.ask("books/bx/AAPL").body["bids"][0]["price"] == "220.0000", (
        "which has no bands, and a bid beyond them"
    )
    advance(venue, 14)
    assert venue.ask("books/nasdaq/AAPL").body["limitState"] is True
    advance(venue, 1)
    shown = venue.ask("books/nasdaq/AAPL").body
    assert (shown["phase"], shown["endsAt"]) == ("QUOTATION", "2026-11-25T15:05:16.000000Z")
    assert venue.ask("books/bx/AAPL").body["phase"] == "MARKET"
    advance(venue, 300)
    assert venue.ask("books/nasdaq/AAPL").body["phase"] == "MARKET"
    before = venue.hash()
    assert replayed(venue, tmp_path) == before


@BANDS
def test_the_demo_has_no_bands_and_no_short_sale_test(host, connect):
    venue = host()
    buyer = connect(venue, name="IN19T6")
    buyer.enter(1, price=2_200_000)
    buyer.take(2)
    shown = venue.ask("books/nasdaq/AAPL").body
    assert (shown["bids"][0]["price"], shown["limitState"], shown["shortSalesRestricted"]) == ("220.0000", False, False)
