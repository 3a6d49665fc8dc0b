"""The phases of a running venue: set by operations, shown, and kept over a restart."""

import pytest

from engine.phases import NORDIC_PHASES, US_PHASES
from ouch import nordic_codec
from venue.machine import Machine
from venue.recovery import replay

PHASES = pytest.mark.section("Portcullis", "Operations: phases")
MARKETS = {"nordic": ("101", NORDIC_PHASES), "psx": ("AAPL", US_PHASES)}


@PHASES
def test_every_phase_of_a_market_is_set_shown_and_replayed(host, tmp_path):
    venue = host()
    for market, (book, phases) in MARKETS.items():
        for name in phases:
            body = {"venue": market, "book": book, "phase": name}
            response = venue.ask("phase", body)
            assert (response.status, response.body) == (200, body)
            assert venue.ask(f"books/{market}/{book}").body["phase"] == name
        others = {name for other, (_, phases) in MARKETS.items() if other != market for name in phases} - set(phases)
        for name in others:
            response = venue.ask("phase", {"venue": market, "book": book, "phase": name})
            assert (response.status, response.body["errors"][0]["field"]) == (422, "phase")
    before = venue.hash()
    venue.stop()
    machine = Machine(tmp_path)
    replay(venue.data, machine)
    assert machine.hash() == before


@PHASES
def test_a_book_in_a_call_shows_what_it_would_trade(host, connect):
    venue = host()
    body = {"venue": "nordic", "book": "101", "phase": "OPENING_CALL"}
    assert venue.ask("phase", body).status == 200
    assert venue.ask("books/nordic/101").body["indicative"] == {
        "price": None,
        "paired": 0,
        "imbalance": 0,
        "imbalanceSide": None,
        "reference": "100.0000",
        "extended": False,
        "far": None,
    }
    buyer, seller = (connect(venue, "ouch.nordic", name) for name in ("GP29O1", "GP30O1"))
    for client, side, quantity, user in ((buyer, b"B", 100, b"GP29U5"), (seller, b"S", 60, b"GP30U1")):
        client.send(nordic_codec.pack_enter_order(1, side, quantity, 101, 1_010_000, user, 0, 0, 0, 0, b"1", b"-", b""))
        client.take(2)
    shown = venue.ask("books/nordic/101").body
    assert shown["indicative"] == {
        "price": "101.0000",
        "paired": 60,
        "imbalance": 40,
        "imbalanceSide": "B",
        "reference": "100.0000",
        "extended": False,
        "far": None,
    }
    venue.ask("phase", body | {"phase": "CONTINUOUS"})
    assert [message[:1] for client in (buyer, seller) for message in client.take()] == [b"E", b"E"]
    shown = venue.ask("books/nordic/101").body
    assert (shown["indicative"], shown["last"], shown["bids"][0]["quantity"]) == (None, "101.0000", 40)
