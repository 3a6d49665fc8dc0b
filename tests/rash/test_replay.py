"""A long dialogue told twice: a second venue that is fed the same records, whole or from a snapshot on, is the same."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rash.messages import OUT, RASH
from venue.machine import Machine
from venue.record import Kind

REPLAY = pytest.mark.section("Portcullis", "Replay of RASHport ports")
PORTS = ("INRS01", "INRS02", "AK01R1")
OPTIONS = (
    {},
    {},
    {"time_in_force": 0},
    {"time_in_force": 3},
    {"display": "N", "minimum_quantity": 100},
    {"minimum_quantity": 100},
    {"max_floor": 100, "random_reserve": 50},
    {"peg_type": "R", "peg_sign": "-", "peg_difference": "0.01"},
    {"peg_type": "P", "at": "0"},
    {"display": "M", "at": "0"},
    {"display": "P"},
    {"discretion_price": "10.05"},
    {"route": "SCAN"},
    {"route": "AWAY", "time_in_force": 0},
    {"cross_type": "C"},
    {"intermarket_sweep": "Y"},
    {"firm": "NONE"},
    {"display": "Q"},
)
PRICES = ("9.98", "9.99", "10.00", "10.00", "10.01", "10.02", "0", "10.001")


def talk(venue, chance, turns):
    """Say something on some port, many times over; now and then the operators do something, or time goes by."""
    for _ in range(turns):
        venue.now += chance.choice([0, 1, 1_000_000, 700_000_000])
        port, kind = chance.choice(PORTS), chance.random()
        if kind < 0.65:
            order = {"at": chance.choice(PRICES)} | chance.choice(OPTIONS)
            token = f"T{chance.randrange(400)}" if chance.random() < 0.2 else None
            shares = chance.choice((0, 60, 100, 300))
            venue.enter(chance.choice(("buy", "sell", "short")), shares, **order, by=port, token=token)
        elif kind < 0.85:
            venue.cancel(f"T{chance.randint(1, venue.last.get(port, 0) + 1)}", chance.choice((0, 50, 200)), by=port)
        elif kind < 0.9:
            venue.send(chance.randbytes(chance.randrange(160)), port)
        elif kind < 0.93:
            venue.prices(outside_bid=chance.choice(("9.97", "9.99")), outside_offer=chance.choice(("10.01", "10.03")))
        elif kind < 0.95:
            venue.phase(chance.choice(("HALT", "CONTINUOUS", "CONTINUOUS")))
        else:
            venue.timer()


def streams(machine):
    return {endpoint.port.name: machine.streams[endpoint.port.index].dump() for endpoint in machine.ports}


@REPLAY
@pytest.mark.parametrize("seed", [1, 2])
def test_a_dialogue_replayed_is_the_same_to_the_byte(new_venue, tmp_path, seed):
    venue = new_venue()
    talk(venue, random.Random(seed), 250)
    blob, count = venue.machine.snapshot(), len(venue.records)
    talk(venue, random.Random(seed + 20), 150)
    venue.day("2026-11-23")
    talk(venue, random.Random(seed + 40), 60)
    whole = Machine(tmp_path)
    for record in venue.records:
        whole.apply(record)
    half = Machine(tmp_path)
    half.restore(blob)
    for record in venue.records[count:]:
        half.apply(record)
    for other in (whole, half):
        assert other.hash() == venue.machine.hash()
        assert streams(other) == streams(venue.machine)
    said = {type(RASH.decode(OUT, packet[3:])).__name__ for packet in packets(venue.machine, "INRS01")}
    assert said >= {"SystemEvent", "Accepted", "Rejected"}


def packets(machine, port):
    stream = machine.streams[machine.engine.ports[port].index]
    return [stream.packet(number) for number in range(1, stream.count + 1)]


@REPLAY
def test_a_restored_port_remembers_its_tokens(new_venue, tmp_path):
    venue = new_venue()
    venue.enter(token="LIVE")
    venue.enter(token="DONE", time_in_force=0)
    venue.enter(token="BAD", shares=0)
    restored = Machine(tmp_path)
    restored.restore(venue.machine.snapshot())
    assert restored.hash() == venue.machine.hash()
    venue.machine = restored
    venue.heard.clear()
    venue.said()
    for token in ("LIVE", "DONE", "BAD"):
        assert venue.enter(token=token) == []
    assert venue.cancel("LIVE", 40) == ["canceled LIVE: 60 U"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_arbitrary_messages_break_nothing(new_venue, data):
    venue = FUZZED["venue"] = FUZZED.get("venue") or new_venue()
    message = data.draw(
        st.one_of(
            st.binary(max_size=160),
            st.text(st.sampled_from("OQXTB019 +-NYPRM\n"), max_size=144).map(str.encode),
            st.tuples(st.sampled_from([b"O", b"Q", b"X"]), st.binary(min_size=138, max_size=143)).map(b"".join),
        )
    )
    port = data.draw(st.sampled_from(["INRS01", "INRS02"]))
    said = venue.send(message, port)
    assert len(said) <= 3
    assert all(line.startswith(("accepted", "rejected", "canceled", "executed")) for line in said)
    assert venue.apply(Kind.TIMER, 0, b"") is None


FUZZED = {}
"""One venue for all examples."""
