"""The phases of a running venue: set by operations, shown, and kept over a restart."""

import pytest

from engine.phases import NORDIC_PHASES, US_PHASES
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
