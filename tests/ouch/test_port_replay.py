"""A long dialogue told twice: a second venue that is fed the same records, whole or from a snapshot on, is the same."""

import random

import pytest

from venue.machine import Machine

REPLAY = pytest.mark.section("Portcullis", "Replay of the US port")

PORTS = ("IN19T6", "IN24T4", "IN30T1", "AK01T1", "IN21T7", "AK21T1")
PRICES = ("9.98", "9.99", "10.00", "10.00", "10.01", "10.02", "market", "10.001", 0)
SIDES = ("buy", "buy", "sell", "sell", "short", "exempt")
OPTIONS = (
    {},
    {},
    {"idx": 5},
    {"idx": 255, "group_id": 7},
    {"post_only": "P"},
    {"group_id": 7},
    {"min_qty": 100},
    {"min_qty": 100, "display": "N"},
    {"max_floor": 100},
    {"max_floor": 200, "random_reserves": 150, "idx": 5},
    {"aiq_strategy": "D"},
    {"aiq_strategy": "Y", "max_floor": 100},
    {"aiq_strategy": "o", "aiq_group_id": "AB"},
    {"aiq_strategy": "5", "display": "N", "min_qty": 200},
    {"shares_located": "Y", "locate_broker": "LCTB"},
    {"time_in_force": "3"},
    {"time_in_force": "6", "expire_time": 3},
    {"time_in_force": "6", "expire_time": 3, "idx": 5},
    {"display": "N"},
)


def talk(venue, chance, turns):
    """Say something on some port, many times over; now and then the operators do something, or time goes by."""
    trades = 0
    for _ in range(turns):
        venue.wait(nanoseconds=chance.choice([0, 1, 1_000_000, 20_000_000, 700_000_000]))
        kind = chance.random()
        if kind < 0.02:
            operate(venue, chance)
        elif kind < 0.04:
            venue.send(chance.randbytes(chance.randrange(60)), chance.choice(PORTS))
        else:
            said = speak(venue, chance, chance.choice(PORTS))
            trades += any(" R, trade " in line for line in said)
    return trades


def speak(venue, chance, port):
    kind = chance.random()
    options = dict(chance.choice(OPTIONS))
    size = chance.choice([0, 10, 50, 100, 300, 6_000, 1_000_000]) if chance.random() < 0.1 else chance.randrange(1, 400)
    keys = list(venue.machine.engine.ports[port].orders) or [1]
    key = chance.choice(keys)
    number, idx = key & 0xFFFF_FFFF, key >> 32
    channel = {"idx": idx} if idx else {}
    if kind < 0.55:
        symbol = chance.choice(["ZWZZT", "ZWZZT", "SPCE", "AMD", "NOSUCH"])
        return venue.enter(chance.choice(SIDES), size, chance.choice(PRICES), symbol, by=port, **options)
    if kind < 0.75:
        options.pop("group_id", None)
        options.pop("idx", None)
        return venue.replace(number, size, chance.choice(PRICES), by=port, **options, **channel)
    if kind < 0.85:
        return venue.cancel(number, chance.choice([0, size]), by=port, **channel)
    if kind < 0.92:
        return venue.modify(number, chance.choice(SIDES), size, by=port, **channel)
    asked = chance.choice(["mass", "group", "disable", "enable", "enable", "query", "again"])
    if asked == "mass":
        return venue.mass_cancel(by=port, side=chance.choice(["buy", "sell"]), idx=5)
    if asked == "group":
        return venue.mass_cancel("ZWZZT", by=port, group_id=7)
    if asked == "disable":
        return venue.disable(by=port) + venue.enable(by=port)
    if asked == "enable":
        return venue.enable(by=port, idx=255)
    if asked == "query":
        return venue.query(by=port, idx=5)
    return venue.enter(by=port, number=1)


def operate(venue, chance):
    """What operators and the configuration do; a halt lasts for some turns."""
    what = chance.randrange(6)
    if what == 0:
        venue.halt()
        for _ in range(10):
            speak(venue, chance, chance.choice(PORTS))
        venue.halt(halted=False)
    elif what in (1, 2):
        venue.bust(chance.randint(1, venue.machine.engine.markets["nasdaq"].match_number or 1))
    elif what == 3:
        venue.release("IN30T1")
    elif what == 4:
        venue.prices("ZWZZT", outside_offer=chance.choice(["10.50", "12.00", "9.00"]))
    elif chance.random() < 0.5:
        venue.configure()
    else:
        venue.delist("SPCE")


def streams(machine):
    machine.drops.notes.settle()  # what waits for Drop ports is told behind all else, live or replayed
    return [(stream.session, stream.ended, stream.dump().content) for stream in machine.streams]


@pytest.fixture(scope="module")
def told(new_venue, request):
    """A venue after two days of talk, with what it was like in the middle of each, seed printed."""
    seed = request.config.option.seed
    print(f"--seed {seed}")
    venue = new_venue()
    chance = random.Random(seed)
    middles, ends = [], []
    trades = 0
    for date in (None, "2026-11-23"):
        if date is not None:
            ends.append((len(venue.records), streams(venue.machine)))
            venue.day(date)
        trades += talk(venue, chance, 1_500)
        middles.append((len(venue.records), venue.machine.snapshot(), venue.machine.hash()))
        trades += talk(venue, chance, 1_500)
    assert trades > 200
    return venue, middles, ends


@REPLAY
def test_the_talk_says_every_kind_of_message(told):
    venue, _, _ = told
    ports = zip(venue.machine.ports, venue.machine.streams, strict=True)
    spoken = [stream for endpoint, stream in ports if endpoint.port.entry.protocol.startswith("ouch-")]
    heard = {stream.packet(number)[3:4] for stream in spoken for number in range(1, stream.count + 1)}
    assert b"".join(sorted(heard)) == b"ABCDEGJKMQRSUX"


@REPLAY
def test_the_same_records_give_the_same_streams_byte_by_byte_and_the_same_hash(told, tmp_path):
    venue, _, ((end, yesterday),) = told
    again = Machine(tmp_path)
    for record in venue.records[:end]:
        again.apply(record)
    assert streams(again) == yesterday
    for record in venue.records[end:]:
        again.apply(record)
    assert streams(again) == streams(venue.machine)
    assert again.hash() == venue.machine.hash()


@REPLAY
@pytest.mark.parametrize("day", [0, 1])
def test_a_venue_restored_from_a_snapshot_in_the_middle_ends_the_same(told, tmp_path, day):
    venue, middles, _ = told
    number, snapshot, state = middles[day]
    restored = Machine(tmp_path)
    restored.restore(snapshot)
    assert (restored.number, restored.hash()) == (number, state)
    assert restored.snapshot() == snapshot
    for record in venue.records[number:]:
        restored.apply(record)
    assert streams(restored) == streams(venue.machine)
    assert restored.hash() == venue.machine.hash()


@REPLAY
def test_a_venue_restored_after_every_record_ends_the_same(new_venue, tmp_path, seed):
    venue = new_venue()
    talk(venue, random.Random(seed), 60)
    restored = Machine(tmp_path)
    for record in venue.records:
        restored.apply(record)
        before, restored = restored, Machine(tmp_path)
        restored.restore(before.snapshot())
        assert restored.hash() == before.hash()
    assert streams(restored) == streams(venue.machine)
    assert restored.hash() == venue.machine.hash()


@REPLAY
@pytest.mark.section("Portcullis", "What the configuration no longer lists")
@pytest.mark.parametrize(("quantity", "options"), [(100, {}), (0, {}), (100, {"min_qty": 100})])
def test_a_symbol_that_went_is_as_unknown_to_a_restored_venue_as_to_one_that_ran_through(
    venue, tmp_path, quantity, options
):
    """A port's memory of symbols that it traded must not outlast what the snapshot holds."""
    venue.enter("buy", 100, "4.00", "SPCE")
    venue.cancel(1)
    venue.delist("SPCE")
    restored = Machine(tmp_path)
    restored.restore(venue.machine.snapshot())
    start = len(venue.records)
    assert venue.enter("buy", quantity, "4.00", "SPCE", **options) == ["rejected 2: 0x0017"]
    for record in venue.records[start:]:
        restored.apply(record)
    assert restored.hash() == venue.machine.hash()
