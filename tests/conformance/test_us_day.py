"""A US trading day in the kit: the demo passes it, liars do not, and without an operator it is not run."""

import shlex
import sys
from pathlib import Path

import pytest

from conformance.declarations.soup import Packet
from conformance.runner import Outcome

DAY = "trading-day"
OPERATE = Path(__file__).with_name("operate.py")


def of(letter, change):
    """A lie about one kind of message: other bytes, or with None silence."""

    def spoil(packet, wire):
        if wire.inbound or packet.letter != "S" or packet.payload[:1] != letter:
            return [packet]
        return [] if change is None else [Packet(0, "S", change(bytes(packet.payload)))]

    return spoil


def put(offset, new):
    """Put other bytes at an offset."""
    return lambda payload: payload[:offset] + new + payload[offset + len(new) :]


LIES = {
    "a cross is said to be continuous trading": (of(b"E", put(25, b"R")), "the opening cross*"),
    "a late cancel is met with silence": (of(b"P", None), "a late cancel*"),
    "a closed market has another letter": (of(b"C", put(17, b"U")), "day orders end*"),
}


@pytest.fixture
def us_operator(venue):
    call = f"{shlex.quote(sys.executable)} -I -S {shlex.quote(str(OPERATE))} {shlex.quote(str(venue.data))} phase"
    where = '\\"venue\\": \\"nasdaq\\", \\"book\\": \\"$book\\", \\"phase\\": \\"$phase\\"'
    return {"phase": f'{call} "{{{where}}}"', "stage": f'{call} "{{{where}, \\"stage\\": \\"$stage\\"}}"'}


@pytest.mark.section("Market model", "2.1 Sessions")
async def test_the_demo_passes_a_us_day(venue, hold, us_operator):
    results = await hold("ouch", venue.target, DAY, patience=10.0, more=us_operator)
    assert {name: str(result.failure) for name, result in results.items() if result.failure} == {}
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_of_the_day_is_found_out(lie, proxy, hold, us_operator):
    spoil, only = LIES[lie]
    liar = await proxy(spoil)
    results = await hold("ouch", liar.address, only, more=us_operator, patience=0.4)
    (result,) = results.values()
    assert result.outcome is Outcome.FAILED
    text = "title T\nsection 6.6\nscenario Open again\n    operator runs $phase book=$symbol phase=MARKET\n"
    await hold("ouch", liar.address, text=text, more=us_operator)


async def test_a_day_is_counted_as_not_run_where_nobody_leads_through_it(venue, hold):
    results = await hold("ouch", venue.target, DAY)
    assert {result.outcome for result in results.values()} == {Outcome.SKIPPED}
    assert all("--phase" in result.why for result in results.values())
