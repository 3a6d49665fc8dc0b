"""A trading week on a manual clock: told the same twice, two venues say the same to the byte, as do their replays."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ouch import codec
from venue.log import read_log
from venue.machine import Machine
from venue.recovery import replay

MANUAL = pytest.mark.section("Portcullis", "Manual clock")
SECOND = 1_000_000_000
SETTINGS = 'clock = "manual"\nclock_start = 2026-11-25T12:00:00Z\nroll_at = "20:30"\nlow_disk_mb'
MANUAL_CLOCK = ("low_disk_mb", SETTINGS)
US_DAYS = ('timestamps = "UTC"', 'timestamps = "UTC"\ncalendar = "XNAS"')
"""Else the Nordic market trades on Thanksgiving, and so does the venue."""
BUYER, SELLER, OTHER = ("ouch.nasdaq", "IN19T6"), ("ouch.nasdaq", "AK01T1"), ("ouch.bx", "IN21T7")


def option(tag, value):
    return codec.pack_option(tag, value)


class Day:
    """What three traders and an operator do, one after the other, on a venue; `said` is all that the traders heard."""

    def __init__(self, venue, connect):
        self.venue = venue
        self.connect = connect
        self.clients = {}
        self.said = {}
        self.sessions = []

    def login(self):
        self.clients = {name: self.connect(self.venue, service, name) for service, name in (BUYER, SELLER, OTHER)}
        self.sessions.append([client.session for client in self.clients.values()])

    def send(self, name, *messages):
        """Send messages, and wait until they are answered, so that the venue gets all in the same order each time."""
        client = self.clients[name]
        client.send(*messages)
        client.settle()

    def operate(self, target, body):
        answer = self.venue.ask(target, body)
        assert answer.status == 200, answer.body
        return answer.body

    def advance(self, to):
        return self.operate("clock", {"advanceTo": to})

    def end(self):
        """Read to the end of the session that the roll ended."""
        for name, client in self.clients.items():
            client.read_to_end()
            self.said[name, client.session] = list(client.received)
        self.clients.clear()


def order(client, number, **details):
    return client.order(number, **details)


def play(day):
    """The Wednesday before Thanksgiving, and the half day after it."""
    day.login()
    buyer = day.clients["IN19T6"]
    day.send("IN19T6", order(buyer, 1, tif=b"6", options=option(codec.TAG_EXPIRE_TIME, 3_600)))
    day.send("IN19T6", order(buyer, 2, price=1_890_000))
    day.advance("2026-11-25T12:30:00Z")
    day.send("AK01T1", order(buyer, 1, side=b"S", quantity=60, price=1_900_000))
    day.send(
        "AK01T1", order(buyer, 2, side=b"S", quantity=500, options=option(codec.TAG_MAX_FLOOR, 100), price=1_950_000)
    )
    assert day.advance("2026-11-25T14:30:00.5Z")["fired"] == 1
    day.send("IN19T6", order(buyer, 3, quantity=230, price=1_950_000))
    day.send("IN21T7", order(buyer, 1, tif=b"5"), codec.pack_mass_cancel(2, b"INET", b" " * 8, b""))
    day.operate("books/nasdaq/MSFT/prices", {"last": "401.00"})
    day.operate("trades/nasdaq/1/bust", {"reason": "E"})
    day.send("IN21T7", order(buyer, 3, tif=b"E"))
    day.advance("2026-11-25T21:00:00Z")
    day.send("IN21T7", order(buyer, 4, tif=b"E"))
    for number in range(10, 60):
        day.send("IN19T6", order(buyer, number, tif=b"6", options=option(codec.TAG_EXPIRE_TIME, number * 100)))
    assert day.advance("2026-11-26T01:29:59.999999Z")["fired"] == 50
    assert day.operate("clock", {"advanceMs": 1})["fired"] == 1, "the roll"
    day.end()
    day.login()
    assert [session[:6] for session in day.sessions[-1]] == ["261127"] * 3, "Thanksgiving is no trading day"
    buyer = day.clients["IN19T6"]
    day.send("IN19T6", order(buyer, 1), order(buyer, 2, price=1_800_000))
    assert day.advance("2026-11-27T17:59:59Z")["fired"] == 0, "nobody trades on Thursday, and nothing is due"
    day.send("AK01T1", order(buyer, 1, tif=b"E", side=b"S", price=1_990_000))
    day.operate("clock", {"advanceMs": 1_000})
    day.send("AK01T1", order(buyer, 2, tif=b"E", side=b"S", price=1_990_000))
    day.advance("2026-11-27T22:00:00Z")
    day.send("AK01T1", order(buyer, 3, tif=b"E", side=b"S", price=1_990_000))
    assert day.advance("2026-11-28T12:00:00Z")["fired"] == 1
    day.end()


def streams(machine):
    return {
        port.port.name: [stream.packet(number) for number in range(1, stream.count + 1)]
        for port, stream in zip(machine.ports, machine.streams, strict=True)
    }


@MANUAL
def test_a_week_that_is_told_twice_has_the_same_bytes_sessions_and_state_each_time(
    host, connect, demo_config, tmp_path
):
    outcomes = []
    for run in ("first", "second"):
        venue = host(demo_config(MANUAL_CLOCK, US_DAYS), data=tmp_path / run)
        day, start = Day(venue, connect), time.monotonic()
        play(day)
        print(f"two days of trading and a holiday in {time.monotonic() - start:.2f} s")
        venue.wait_for_leavers()
        live, wanted = venue.call(streams, venue.venue.machine), venue.hash()
        machine = Machine(tmp_path)
        replay(venue.data, machine)
        assert (streams(machine), machine.hash()) == (live, wanted), "a replay says the same"
        # Who hangs up first is the kernel's affair, so the records after the last answer may stand in another order.
        outcomes.append((day.said, day.sessions, live, wanted))
        venue.clock.moment += 12_345 * SECOND  # another wall time
    assert outcomes[0] == outcomes[1]
    said, sessions, *_ = outcomes[0]
    heard = {
        name: [message[:1] for message in messages] for (name, session), messages in said.items() if "1125" in session
    }
    assert heard["IN19T6"].count(b"C") == 52, "51 that were good till a time, and what rested for the day"
    assert heard["IN21T7"] == [b"S", b"A", b"C", b"X", b"Q", b"J", b"Q", b"A", b"Q", b"C", b"S"]
    friday = [message[:1] for message in said["AK01T1", sessions[1][1]]]
    assert friday == [b"S", b"J", b"Q", b"A", b"Q", b"J", b"Q", b"C", b"S"], "after hours are 13:00 to 17:00"


@MANUAL
def test_the_records_of_both_runs_are_the_same_but_for_wall_times(host, connect, demo_config, tmp_path):
    runs = []
    for run in ("first", "second"):
        venue = host(demo_config(MANUAL_CLOCK, US_DAYS), data=tmp_path / run)
        day = Day(venue, connect)
        day.login()
        day.send("IN19T6", order(day.clients["IN19T6"], 1, tif=b"6", options=option(codec.TAG_EXPIRE_TIME, 30)))
        day.advance("2026-11-25T12:01:00Z")
        venue.wait_for_disk()
        runs.append([record._replace(wall_time=0) for _, record in read_log(venue.data)])
        venue.clock.moment += SECOND
    assert runs[0] == runs[1]


LIVES = st.lists(st.integers(1, 40), min_size=1, max_size=12)
STEPS = st.lists(st.integers(0, 9_000), max_size=12)


@MANUAL
@given(lives=LIVES, steps=STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_many_small_moves_bring_what_one_large_one_brings(host, connect, demo_config, tmp_path_factory, lives, steps):
    heard = []
    for moves in ((45_000,), (*steps, 45_000 - sum(steps) % 45_000)):
        config = demo_config(MANUAL_CLOCK, US_DAYS, durability="memory")
        venue = host(config, data=tmp_path_factory.mktemp("moved"))
        day = Day(venue, connect)
        day.login()
        client = day.clients["IN19T6"]
        lived = enumerate(lives, 1)
        day.send(
            "IN19T6",
            *(order(client, number, tif=b"6", options=option(codec.TAG_EXPIRE_TIME, life)) for number, life in lived),
        )
        fired = sum(day.operate("clock", {"advanceMs": move})["fired"] for move in moves)
        assert fired == len(set(lives))
        client.settle()
        heard.append([message for message in client.received if message[:1] == b"C"])
        venue.stop()
    assert heard[0] == heard[1]
    assert len(heard[0]) == len(lives)
